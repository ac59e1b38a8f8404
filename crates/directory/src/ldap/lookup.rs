//! Asks for people without any filter: does the entry still exist?
//!
//! Ids that survive a rename are asked for in batches, over whole naming contexts; a name only where there is no such id.
//! "Not found" is said only of somebody who was last seen in a unit that can be read, since a server that hides a unit
//! denies everything in it, and of somebody whom Active Directory lists among its deleted entries: everybody else is deleted
//! or hidden. An id that the server cannot search by would look like everybody's absence, so before the first "not
//! found" by such an id it is checked that anybody is found by it.

pub(super) mod held;
mod question;

use super::account::{self, Accounts};
use super::connect::Connection;
use super::entry::Entry;
use super::error::LdapReadError;
use super::incremental::usn;
use super::name;
use super::request::{Elsewhere, Request, SHOW_DELETED, SHOW_RECYCLED};
use super::value::text;
use bwdc_core::names::Timestamp;
use bwdc_core::observed::{HiddenBecause, LookupRequest, Presence, Presences};
use bwdc_core::settings::{LdapLayout, LdapSettings};
use ldap3::Scope;
use ldap3::controls::RawControl;
use question::{OBJECT_GUID, Question, Questions, filter, spelled};
use std::collections::{BTreeMap, HashMap};

const NO_SUCH_OBJECT: u32 = 32;
/// No attributes at all (RFC 4511, section 4.5.1.8).
const NO_ATTRIBUTES: [&str; 1] = ["1.1"];
/// Ids in one search.
const BATCH: usize = 100;
const ANYTHING: &str = "(objectClass=*)";

/// Asks for each of `lookups`.
pub(super) async fn lookup(
    connection: &mut Connection,
    settings: &LdapSettings,
    layout: &LdapLayout,
    lookups: &[LookupRequest],
    now: Timestamp,
) -> Result<Presences, LdapReadError> {
    let mut lookup = Lookup {
        contexts: contexts(connection, settings, layout),
        connection,
        layout,
        accounts: Accounts::new(&layout.disabled_by, now),
        searchable: BTreeMap::new(),
        readable: HashMap::new(),
        sees_deleted: None,
        batches: HashMap::new(),
    };
    let questions: Vec<Questions> =
        lookups.iter().map(|it| Questions::new(it, settings.active_directory, layout.id_attribute)).collect();
    lookup.ask_in_batches(&questions).await?;
    let mut presences = Presences::new();
    for (person, questions) in lookups.iter().zip(&questions) {
        presences.insert(person.external_id.clone(), lookup.person(questions).await?);
    }
    Ok(presences)
}

/// The naming contexts that hold what is read, the root's first.
fn contexts(connection: &Connection, settings: &LdapSettings, layout: &LdapLayout) -> Vec<String> {
    let mut contexts: Vec<String> = Vec::new();
    for base in std::iter::once(&settings.root_path).chain(&layout.user_bases) {
        let context = connection.naming_context(base);
        if !contexts.iter().any(|it| it.eq_ignore_ascii_case(context)) {
            contexts.push(context.to_owned());
        }
    }
    contexts
}

/// What was answered to one search.
#[derive(Clone)]
enum Answer {
    Found(Seen),
    /// Active Directory lists it among its deleted entries.
    Deleted,
    /// The server says that there is no such entry.
    Denied,
    /// The search succeeded and returned nothing.
    Nothing,
    /// Nothing here; parts of what was searched are on these servers.
    Elsewhere(Vec<String>),
    Unclear(String),
}

/// An entry that was found.
#[derive(Clone)]
struct Seen {
    account: Account,
    at: String,
}

/// What was seen of the account that was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Account {
    /// All that was found is disabled.
    Disabled,
    /// It has a state that is not shown.
    Untold,
    /// It may be used, or nothing was said about that.
    Usable,
}

impl From<Seen> for Presence {
    fn from(seen: Seen) -> Self {
        match seen.account {
            Account::Usable => Self::Found { at: Some(seen.at) },
            Account::Disabled => Self::Disabled { at: Some(seen.at) },
            Account::Untold => Self::Unknown {
                reason: format!("the directory does not show whether `{}` is enabled", seen.at),
            },
        }
    }
}

/// What is asked about an entry.
#[derive(Clone, Copy)]
enum Wanted {
    /// Whether it is there.
    Existence,
    /// Whether it is there, and whether the account may be used.
    State,
}

struct Lookup<'a> {
    connection: &'a mut Connection,
    contexts: Vec<String>,
    layout: &'a LdapLayout,
    accounts: Accounts<'a>,
    searchable: BTreeMap<&'static str, bool>,
    /// Units, and whether each can be read.
    readable: HashMap<String, bool>,
    sees_deleted: Option<bool>,
    /// What the batches brought, by attribute and value.
    batches: HashMap<(&'static str, String), Answer>,
}

impl Lookup<'_> {
    async fn person(&mut self, questions: &Questions) -> Result<Presence, LdapReadError> {
        if let Some(name) = &questions.name {
            return self.by_name(name).await;
        }
        let mut reason = None;
        let mut gone = false;
        let mut among_deleted = false;
        let mut elsewhere = None;
        for question in &questions.ids {
            match self.by_id(question).await? {
                Answer::Found(seen) => return Ok(seen.into()),
                Answer::Deleted => among_deleted = true,
                Answer::Denied | Answer::Nothing => gone = true,
                Answer::Elsewhere(servers) => elsewhere = Some(servers),
                Answer::Unclear(why) => reason = reason.or(Some(why)),
            }
        }
        if let Some(servers) = elsewhere.filter(|_| reason.is_none()) {
            return self.elsewhere(questions, servers).await;
        }
        match reason {
            None if among_deleted => Ok(Presence::NotFound),
            None if gone => self.absent(questions).await,
            reason => self.unclear(questions, reason.unwrap_or_default()).await,
        }
    }

    /// Somebody of whom no id could be asked for: there, where the pushed name is; nobody's absence, where it is not.
    async fn unclear(&mut self, questions: &Questions, reason: String) -> Result<Presence, LdapReadError> {
        if let Some(place) = &questions.place
            && let Answer::Found(seen) =
                self.ask(place.clone(), Scope::Base, ANYTHING.to_owned(), Wanted::State).await?
        {
            return Ok(seen.into());
        }
        Ok(Presence::Unknown { reason })
    }

    /// Nobody on this server has the ids. Where the unit in which the entry was last seen can be read, and has it no more, the
    /// person is deleted, or was moved to one of the other servers.
    async fn elsewhere(
        &mut self,
        questions: &Questions,
        servers: Vec<String>,
    ) -> Result<Presence, LdapReadError> {
        let reason = format!("parts of the directory are on other servers: {}", servers.join(" "));
        let Some(place) = &questions.place else { return Ok(Presence::Unknown { reason }) };
        match self.ask(place.clone(), Scope::Base, ANYTHING.to_owned(), Wanted::State).await? {
            Answer::Found(seen) => Ok(seen.into()),
            Answer::Denied if self.unreadable_unit(place).await?.is_none() => {
                Ok(Presence::Hidden(HiddenBecause::Elsewhere { servers }))
            }
            _ => Ok(Presence::Unknown { reason }),
        }
    }

    /// Nobody has the ids: gone where the unit in which the entry was last seen can be read, unless Active Directory knows
    /// better.
    async fn absent(&mut self, questions: &Questions) -> Result<Presence, LdapReadError> {
        let place = questions.place.as_deref();
        if let Some(place) = place {
            // What lies in another naming context was not searched.
            for question in &questions.ids {
                if let Some(seen) = self.at_its_place(place, question).await? {
                    return Ok(seen.into());
                }
            }
        }
        let unit = match place {
            Some(place) => self.unreadable_unit(place).await?,
            None => None,
        };
        let asks_active_directory = questions.ids.iter().any(|it| matches!(it, Question::Guid(_)));
        let hidden = if asks_active_directory && !self.sees_deleted().await? {
            let account = self.connection.username().to_owned();
            HiddenBecause::DeletedEntriesNotReadable { account, unit }
        } else if let Some(unit) = unit {
            HiddenBecause::UnitNotReadable { unit }
        } else if asks_active_directory {
            HiddenBecause::NotAmongDeleted
        } else if place.is_none() || !questions.certain {
            HiddenBecause::PlaceUnknown
        } else {
            return Ok(Presence::NotFound);
        };
        Ok(Presence::Hidden(hidden))
    }

    async fn at_its_place(&mut self, place: &str, id: &Question) -> Result<Option<Seen>, LdapReadError> {
        let Some((attribute, value)) = id.searches() else { return Ok(None) };
        let searched = |it: &String| self.connection.naming_context(place).eq_ignore_ascii_case(it);
        if self.contexts.iter().any(searched) || !self.connection.holds(place) {
            return Ok(None);
        }
        match self.ask(place.to_owned(), Scope::Base, filter(attribute, value), Wanted::State).await? {
            Answer::Found(seen) => Ok(Some(seen)),
            _ => Ok(None),
        }
    }

    /// The unit of an entry that has this name, where it cannot be read. A server that hides a unit, or has it no more, says
    /// "no such object" of everything in it: only what is missing in a unit that can be seen is missing.
    async fn unreadable_unit(&mut self, name: &str) -> Result<Option<String>, LdapReadError> {
        let Some(unit) = name::parent(name).map(str::trim).filter(|it| !it.is_empty()) else {
            return Ok(None);
        };
        let known = self.readable.get(unit).copied();
        let readable = match known {
            Some(readable) => readable,
            None => {
                let answer =
                    self.ask(unit.to_owned(), Scope::Base, ANYTHING.to_owned(), Wanted::Existence).await?;
                let readable = matches!(answer, Answer::Found(_));
                self.readable.insert(unit.to_owned(), readable);
                readable
            }
        };
        Ok((!readable).then(|| unit.to_owned()))
    }

    async fn by_name(&mut self, name: &str) -> Result<Presence, LdapReadError> {
        let unknown = |reason: &str| Ok(Presence::Unknown { reason: reason.to_owned() });
        if !self.connection.holds(name) {
            return unknown(&format!("`{name}` does not belong to this server"));
        }
        match self.ask(name.to_owned(), Scope::Base, ANYTHING.to_owned(), Wanted::State).await? {
            Answer::Found(seen) => Ok(seen.into()),
            Answer::Deleted => Ok(Presence::NotFound),
            Answer::Unclear(reason) => unknown(&reason),
            Answer::Elsewhere(servers) => unknown(&format!("it is on another server: {}", servers.join(" "))),
            Answer::Nothing => unknown("the entry exists and may not be seen"),
            Answer::Denied => Ok(match self.unreadable_unit(name).await? {
                Some(unit) => Presence::Hidden(HiddenBecause::UnitNotReadable { unit }),
                None => Presence::NotFound,
            }),
        }
    }

    /// Who has this id, in all that the server holds.
    async fn by_id(&mut self, question: &Question) -> Result<Answer, LdapReadError> {
        let (attribute, value) = match question {
            Question::Impossible(reason) => return Ok(Answer::Unclear(reason.clone())),
            Question::Guid(guid) => return self.by_guid(guid).await,
            Question::Value { attribute, value } => (*attribute, value),
        };
        let answer = match self.batches.get(&(attribute, value.clone())) {
            Some(answer) => answer.clone(),
            None => self.search(attribute, value).await?,
        };
        match answer {
            Answer::Nothing if !self.is_searchable(attribute).await? => {
                Ok(Answer::Unclear(format!("the server finds nobody at all by `{attribute}`")))
            }
            answer => Ok(answer),
        }
    }

    /// Active Directory finds by GUID in all that the controller holds. It says "no such object" also of an entry that the
    /// account may not see, that was moved to another domain, or that has not reached this controller yet: only who is found
    /// among the deleted entries is gone.
    async fn by_guid(&mut self, guid: &str) -> Result<Answer, LdapReadError> {
        if let Some(answer) = self.batches.get(&(OBJECT_GUID, guid.to_owned()))
            && !matches!(answer, Answer::Nothing)
        {
            return Ok(answer.clone());
        }
        let name = format!("<GUID={guid}>");
        match self.ask(name.clone(), Scope::Base, ANYTHING.to_owned(), Wanted::State).await? {
            Answer::Denied => {}
            Answer::Nothing => return Ok(Answer::Unclear("the entry exists and may not be seen".to_owned())),
            answer => return Ok(answer),
        }
        let mut request = self.request(name, Scope::Base, ANYTHING.to_owned(), Wanted::Existence);
        request.controls = deleted_entries();
        Ok(match self.answer(request).await? {
            Answer::Found(_) | Answer::Deleted => Answer::Deleted,
            answer => answer,
        })
    }

    /// Asks every naming context that is read.
    async fn search(&mut self, attribute: &str, value: &str) -> Result<Answer, LdapReadError> {
        for context in self.contexts.clone() {
            let asked =
                self.ask(context.clone(), Scope::Subtree, filter(attribute, value), Wanted::State).await?;
            match asked {
                Answer::Nothing => {}
                Answer::Denied => {
                    return Ok(Answer::Unclear(format!("the server knows no entry `{context}`")));
                }
                answer => return Ok(answer),
            }
        }
        Ok(Answer::Nothing)
    }

    /// Asks for many ids at once. A batch that does not come says nothing: its people are asked for one by one.
    async fn ask_in_batches(&mut self, questions: &[Questions]) -> Result<(), LdapReadError> {
        let mut asked: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
        for (attribute, value) in questions.iter().flat_map(|it| &it.ids).filter_map(Question::searches) {
            asked.entry(attribute).or_default().push(value);
        }
        let guids = questions.iter().flat_map(|it| &it.ids).any(|it| matches!(it, Question::Guid(_)));
        for (attribute, mut values) in asked {
            values.sort_unstable();
            values.dedup();
            for batch in values.chunks(BATCH).filter(|it| it.len() > 1) {
                let Some(found) = self.batch(attribute, batch, guids).await? else { continue };
                for value in batch {
                    let answer = found.get(*value).cloned().unwrap_or(Answer::Nothing);
                    self.batches.insert((attribute, (*value).to_owned()), answer);
                }
            }
        }
        Ok(())
    }

    /// Who has one of these values; None where a part of the answer did not come.
    async fn batch(
        &mut self,
        attribute: &'static str,
        values: &[&str],
        guids: bool,
    ) -> Result<Option<HashMap<String, Answer>>, LdapReadError> {
        let any: String = values.iter().map(|value| filter(attribute, value)).collect();
        let mut found: HashMap<String, Answer> = HashMap::new();
        for context in self.contexts.clone() {
            let mut request = self.request(context, Scope::Subtree, format!("(|{any})"), Wanted::State);
            let mut attributes = vec![attribute.to_owned()];
            attributes.extend(request.attributes.iter().filter(|it| **it != NO_ATTRIBUTES[0]).cloned());
            if guids && attribute == OBJECT_GUID {
                attributes.push("isDeleted".to_owned());
                request.controls = deleted_entries();
                // Whom another server holds is asked for alone.
                request.elsewhere = Elsewhere::Ignored;
            }
            request.attributes = attributes.into();
            let mut pages = self.connection.search(request);
            loop {
                let tag = match pages.next().await {
                    Ok(Some(tag)) => tag,
                    Ok(None) => break,
                    Err(LdapReadError::Refused { .. } | LdapReadError::References { .. }) => return Ok(None),
                    Err(error) => return Err(error),
                };
                let Some(entry) = Entry::parse(&tag) else { return Ok(None) };
                let deleted =
                    entry.first_value("isDeleted").is_some_and(|it| it.eq_ignore_ascii_case(b"true"));
                let seen = seen(&entry, &self.accounts);
                for value in entry.values(attribute).map(|it| spelled(attribute, it)) {
                    let answer = if deleted { Answer::Deleted } else { Answer::Found(seen.clone()) };
                    let known = found.entry(value).or_insert_with(|| answer.clone());
                    if let Answer::Found(first) = &mut *known {
                        first.account = first.account.max(seen.account);
                    }
                }
            }
        }
        if !found.is_empty() {
            self.searchable.insert(attribute, true);
        }
        Ok(Some(found))
    }

    async fn sees_deleted(&mut self) -> Result<bool, LdapReadError> {
        if let Some(known) = self.sees_deleted {
            return Ok(known);
        }
        let root = self.contexts.first().cloned().unwrap_or_default();
        let seen = match usn::sees_deleted(self.connection, &root).await {
            Ok(seen) => seen,
            Err(LdapReadError::Refused { .. } | LdapReadError::References { .. }) => false,
            Err(error) => return Err(error),
        };
        self.sees_deleted = Some(seen);
        Ok(seen)
    }

    async fn is_searchable(&mut self, attribute: &'static str) -> Result<bool, LdapReadError> {
        if let Some(known) = self.searchable.get(attribute) {
            return Ok(*known);
        }
        let mut searchable = false;
        for context in self.contexts.clone() {
            let anybody = format!("({attribute}=*)");
            let mut request = self.request(context, Scope::Subtree, anybody, Wanted::Existence);
            request.enough = Some(1);
            searchable |= matches!(self.answer(request).await?, Answer::Found(_));
        }
        self.searchable.insert(attribute, searchable);
        Ok(searchable)
    }

    async fn ask(
        &mut self,
        base: String,
        scope: Scope,
        filter: String,
        wanted: Wanted,
    ) -> Result<Answer, LdapReadError> {
        let request = self.request(base, scope, filter, wanted);
        self.answer(request).await
    }

    fn request(&self, base: String, scope: Scope, filter: String, wanted: Wanted) -> Request {
        let attributes: Vec<&str> = match wanted {
            Wanted::State if !self.layout.disabled_by.is_empty() => {
                let signs = self.layout.disabled_by.iter().map(|sign| sign.attribute());
                signs.chain([account::IDENTIFIER]).collect()
            }
            Wanted::Existence | Wanted::State => NO_ATTRIBUTES.to_vec(),
        };
        Request::new(base, scope, filter, &attributes, "ldap.rootPath")
    }

    async fn answer(&mut self, request: Request) -> Result<Answer, LdapReadError> {
        let mut pages = self.connection.search(request);
        let mut found: Option<Seen> = None;
        loop {
            let error = match pages.next().await {
                Ok(Some(tag)) => {
                    let Some(entry) = Entry::parse(&tag) else { continue };
                    let seen = seen(&entry, &self.accounts);
                    match &mut found {
                        Some(first) => first.account = first.account.max(seen.account),
                        None => found = Some(seen),
                    }
                    continue;
                }
                Ok(None) => return Ok(found.map_or(Answer::Nothing, Answer::Found)),
                Err(error) => error,
            };
            return match error {
                // What else there is was not seen: it may be usable.
                LdapReadError::Refused { .. } | LdapReadError::References { .. } if found.is_some() => {
                    Ok(found.map_or(Answer::Nothing, |seen| {
                        Answer::Found(Seen { account: Account::Usable, ..seen })
                    }))
                }
                LdapReadError::Refused { outcome, .. } if outcome.code == NO_SUCH_OBJECT => {
                    Ok(Answer::Denied)
                }
                LdapReadError::References { urls, .. } => Ok(Answer::Elsewhere(urls)),
                LdapReadError::Refused { .. } => Ok(Answer::Unclear(error.to_string())),
                other => Err(other),
            };
        }
    }
}

fn seen(entry: &Entry<'_>, accounts: &Accounts<'_>) -> Seen {
    let account = if accounts.is_disabled(entry) {
        Account::Disabled
    } else if accounts.hides_state(entry) {
        Account::Untold
    } else {
        Account::Usable
    };
    Seen { account, at: name::with_hex_escapes(&text(entry.name())).into_owned() }
}

/// Asks for the deleted entries as well, also for those that the Recycle Bin has let go of.
fn deleted_entries() -> Vec<RawControl> {
    let control = |kind: &str| RawControl { ctype: kind.to_owned(), crit: false, val: None };
    [SHOW_DELETED, SHOW_RECYCLED].map(control).into()
}
