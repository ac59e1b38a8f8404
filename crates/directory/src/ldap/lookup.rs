//! Asks for people without any filter: does the entry still exist?
//!
//! Ids that survive a rename are asked for in batches, over whole naming contexts; a name only where there is no such id.
//! "Not found" is said only of somebody who was last seen in a unit that can be read, since a server that hides a unit
//! denies everything in it, and of somebody whom Active Directory lists among its deleted entries: everybody else is deleted
//! or hidden. An id that the server cannot search by would look like everybody's absence, so before the first "not
//! found" by such an id it is checked that anybody is found by it.

mod batches;
pub(super) mod held;
mod question;
mod state;

use super::account::{self, Accounts};
use super::connect::Connection;
use super::error::LdapReadError;
use super::incremental::usn;
use super::name;
use super::request::{Request, SHOW_DELETED, SHOW_RECYCLED};
use bwdc_core::names::Timestamp;
use bwdc_core::observed::{HiddenBecause, LookupRequest, Presence, Presences};
use bwdc_core::settings::{DisabledBy, LdapLayout, LdapSettings};
use ldap3::Scope;
use ldap3::controls::RawControl;
use question::{OBJECT_GUID, Question, Questions, filter};
use state::Seen;
use std::collections::{BTreeMap, HashMap};

const NO_SUCH_OBJECT: u32 = 32;
/// No attributes at all (RFC 4511, section 4.5.1.8).
const NO_ATTRIBUTES: [&str; 1] = ["1.1"];
const ANYTHING: &str = "(objectClass=*)";

/// Asks for each of `lookups`; `signs` tell who is disabled, none of groups.
pub(super) async fn lookup(
    connection: &mut Connection,
    settings: &LdapSettings,
    layout: &LdapLayout,
    lookups: &[LookupRequest],
    (signs, now): (&[DisabledBy], Timestamp),
) -> Result<Presences, LdapReadError> {
    let mut lookup = Lookup {
        contexts: contexts(connection, settings, layout),
        connection,
        accounts: Accounts::new(signs, layout.disabled_by_chosen, now),
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
            Wanted::State if self.accounts.attributes().next().is_some() => {
                self.accounts.attributes().chain([account::IDENTIFIER]).collect()
            }
            Wanted::Existence | Wanted::State => NO_ATTRIBUTES.to_vec(),
        };
        Request::new(base, scope, filter, &attributes, "ldap.rootPath")
    }
}

/// Asks for the deleted entries as well, also for those that the Recycle Bin has let go of.
fn deleted_entries() -> Vec<RawControl> {
    let control = |kind: &str| RawControl { ctype: kind.to_owned(), crit: false, val: None };
    [SHOW_DELETED, SHOW_RECYCLED].map(control).into()
}
