//! Asks for single people without any filter: does the entry still exist?
//!
//! "Not found" is said only when every id that is known was asked for and the server denied each; whatever else stands
//! in the way makes the answer unknown. An id that the server cannot search by would look like everybody's absence, so
//! before the first "not found" by such an id it is checked that anybody is found by it.

use super::account::Accounts;
use super::connect::Connection;
use super::entry::Entry;
use super::error::LdapReadError;
use super::follow::usn;
use super::read::{SHOW_DELETED, SHOW_RECYCLED};
use super::search::Request;
use super::{name, value};
use crate::clock::Clock;
use bwdc_core::names::StableId;
use bwdc_core::observed::{Presence, Presences, Sought};
use bwdc_core::settings::{IdAttribute, LdapLayout, LdapSettings};
use ldap3::controls::RawControl;
use ldap3::{Scope, ldap_escape};
use std::collections::BTreeMap;

const NO_SUCH_OBJECT: u32 = 32;
/// No attributes at all (RFC 4511, section 4.5.1.8).
const NO_ATTRIBUTES: [&str; 1] = ["1.1"];

pub(super) async fn look_up(
    connection: &mut Connection,
    settings: &LdapSettings,
    layout: &LdapLayout,
    sought: &[Sought],
) -> Result<Presences, LdapReadError> {
    let root = connection.naming_context(&settings.root_path).to_owned();
    let mut asker = Asker {
        connection,
        root,
        layout,
        accounts: Accounts::new(&layout.disabled_by, Clock::System.now()),
        searchable: BTreeMap::new(),
        sees_deleted: None,
    };
    let mut presences = Presences::new();
    for person in sought {
        let presence = asker.person(person, settings.active_directory).await?;
        presences.insert(person.external_id.clone(), presence);
    }
    Ok(presences)
}

/// One way to ask for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Question {
    /// Does the entry of this name exist?
    Name(String),
    /// Active Directory's name by GUID: `<GUID=…>`.
    Guid(String),
    /// Does anybody have this value?
    Value { attribute: &'static str, escaped: String },
    /// This id cannot be asked for.
    Impossible(String),
}

/// What was answered to one question.
enum Answer {
    Found(Account),
    /// The server says that there is no such entry.
    Denied,
    /// The search succeeded and returned nothing.
    Nothing,
    Unclear(String),
}

/// What was seen of the account that was found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Account {
    /// All that was found is disabled.
    Disabled,
    /// It may be used, or nothing was said about that.
    Usable,
}

/// What is asked about an entry.
#[derive(Clone, Copy)]
enum Wanted {
    /// Whether it is there.
    Existence,
    /// Whether it is there, and whether the account may be used.
    State,
}

struct Asker<'a> {
    connection: &'a mut Connection,
    root: String,
    layout: &'a LdapLayout,
    accounts: Accounts<'a>,
    searchable: BTreeMap<&'static str, bool>,
    sees_deleted: Option<bool>,
}

impl Asker<'_> {
    async fn person(&mut self, person: &Sought, active_directory: bool) -> Result<Presence, LdapReadError> {
        let mut reason = None;
        let mut denied = None;
        for question in questions(person, active_directory, self.layout.id_attribute) {
            let asked = question.clone();
            match self.question(question).await? {
                Presence::Found | Presence::Disabled
                    if self.is_somebody_else(&asked, denied.as_ref()).await? => {}
                found @ (Presence::Found | Presence::Disabled) => return Ok(found),
                Presence::NotFound => denied = Some(asked),
                Presence::Unknown { reason: why } => reason = reason.or(Some(why)),
            }
        }
        Ok(reason.map_or(Presence::NotFound, |reason| Presence::Unknown { reason }))
    }

    /// Whether the entry that was found by name is a newcomer: the id for good was denied, and the entry has another.
    async fn is_somebody_else(
        &mut self,
        found: &Question,
        denied: Option<&Question>,
    ) -> Result<bool, LdapReadError> {
        let (Question::Name(name), Some(Question::Value { attribute, escaped })) = (found, denied) else {
            return Ok(false);
        };
        let same = self
            .ask(name.clone(), Scope::Base, format!("({attribute}={escaped})"), Wanted::Existence)
            .await?;
        Ok(matches!(same, Answer::Nothing))
    }

    /// A server that hides a unit says "no such object" of everything in it: only what is missing below something that
    /// can be seen is missing.
    async fn parent_can_be_seen(&mut self, name: &str) -> Result<bool, LdapReadError> {
        let Some(parent) = name::parent(name) else { return Ok(true) };
        let answer =
            self.ask(parent.to_owned(), Scope::Base, "(objectClass=*)".to_owned(), Wanted::Existence).await?;
        Ok(matches!(answer, Answer::Found(_)))
    }

    /// Active Directory says "no such object" also of an entry that the account may not see, that was moved to another
    /// domain, or that has not reached this controller yet: only who is found among the deleted entries is gone.
    async fn deleted_or_hidden(&mut self, name: String) -> Result<Presence, LdapReadError> {
        let unknown = |reason| Ok(Presence::Unknown { reason });
        let filter = "(objectClass=*)".to_owned();
        let mut request = self.request(name.clone(), Scope::Base, filter, Wanted::Existence);
        for control in [SHOW_DELETED, SHOW_RECYCLED] {
            request.controls.push(RawControl { ctype: control.to_owned(), crit: false, val: None });
        }
        match self.answer(request).await? {
            Answer::Found(_) => Ok(Presence::NotFound),
            Answer::Unclear(reason) => unknown(reason),
            Answer::Denied | Answer::Nothing if self.sees_deleted().await? => unknown(format!(
                "`{name}` is neither there nor among the deleted entries: hidden from the reading account, moved to another \
                 domain, or deleted longer ago than the directory remembers"
            )),
            Answer::Denied | Answer::Nothing => unknown(format!(
                "`{name}` is deleted or hidden, which looks the same to an account that does not see deleted entries: give `{}` \
                 the right to read `CN=Deleted Objects`",
                self.connection.username()
            )),
        }
    }

    async fn sees_deleted(&mut self) -> Result<bool, LdapReadError> {
        if let Some(known) = self.sees_deleted {
            return Ok(known);
        }
        let seen = match usn::sees_deleted(self.connection, &self.root).await {
            Ok(seen) => seen,
            Err(LdapReadError::Refused { .. } | LdapReadError::References { .. }) => false,
            Err(error) => return Err(error),
        };
        self.sees_deleted = Some(seen);
        Ok(seen)
    }

    async fn question(&mut self, question: Question) -> Result<Presence, LdapReadError> {
        let unknown = |reason| Ok(Presence::Unknown { reason });
        let answer = match &question {
            Question::Impossible(reason) => return unknown(reason.clone()),
            Question::Name(name) if !self.connection.holds(name) => {
                return unknown(format!("`{name}` does not belong to this server"));
            }
            Question::Name(name) | Question::Guid(name) => {
                self.ask(name.clone(), Scope::Base, "(objectClass=*)".to_owned(), Wanted::State).await?
            }
            Question::Value { attribute, escaped } => {
                let filter = format!("({attribute}={escaped})");
                self.ask(self.root.clone(), Scope::Subtree, filter, Wanted::State).await?
            }
        };
        match (answer, question) {
            (Answer::Found(Account::Usable), _) => Ok(Presence::Found),
            (Answer::Found(Account::Disabled), _) => Ok(Presence::Disabled),
            (Answer::Unclear(reason), _) => unknown(reason),
            (Answer::Denied, Question::Value { .. }) => {
                unknown(format!("the server knows no entry `{}`", self.root))
            }
            (Answer::Denied, Question::Name(name)) if !self.parent_can_be_seen(&name).await? => {
                unknown(format!("neither `{name}` nor what is above it can be seen"))
            }
            (Answer::Denied, Question::Guid(name)) => self.deleted_or_hidden(name).await,
            (Answer::Denied, _) => Ok(Presence::NotFound),
            (Answer::Nothing, Question::Value { attribute, .. }) => {
                if self.is_searchable(attribute).await? {
                    Ok(Presence::NotFound)
                } else {
                    unknown(format!("the server finds nobody at all by `{attribute}`"))
                }
            }
            (Answer::Nothing, _) => unknown("the entry exists and may not be seen".to_owned()),
        }
    }

    async fn is_searchable(&mut self, attribute: &'static str) -> Result<bool, LdapReadError> {
        if let Some(known) = self.searchable.get(attribute) {
            return Ok(*known);
        }
        let mut request =
            self.request(self.root.clone(), Scope::Subtree, format!("({attribute}=*)"), Wanted::Existence);
        request.enough = Some(1);
        let searchable = matches!(self.answer(request).await?, Answer::Found(_));
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
                self.layout.disabled_by.iter().map(|sign| sign.attribute()).collect()
            }
            Wanted::Existence | Wanted::State => NO_ATTRIBUTES.to_vec(),
        };
        Request::new(base, scope, filter, &attributes, "ldap.rootPath")
    }

    async fn answer(&mut self, request: Request) -> Result<Answer, LdapReadError> {
        let mut pages = self.connection.search(request);
        let mut found = None;
        loop {
            let error = match pages.next().await {
                Ok(Some(tag)) => {
                    let disabled = Entry::parse(&tag).is_some_and(|entry| self.accounts.is_disabled(&entry))
                        && found != Some(Account::Usable);
                    found = Some(if disabled { Account::Disabled } else { Account::Usable });
                    continue;
                }
                Ok(None) => return Ok(found.map_or(Answer::Nothing, Answer::Found)),
                Err(error) => error,
            };
            return match error {
                // What else there is was not seen: it may be usable.
                LdapReadError::Refused { .. } | LdapReadError::References { .. } if found.is_some() => {
                    Ok(Answer::Found(Account::Usable))
                }
                LdapReadError::Refused { outcome, .. } if outcome.code == NO_SUCH_OBJECT => {
                    Ok(Answer::Denied)
                }
                LdapReadError::Refused { .. } | LdapReadError::References { .. } => {
                    Ok(Answer::Unclear(error.to_string()))
                }
                other => Err(other),
            };
        }
    }
}

/// The stable id first: it finds a person who was moved.
fn questions(person: &Sought, active_directory: bool, id_attribute: Option<IdAttribute>) -> Vec<Question> {
    let by_guid = |guid: &str, bytes: [u8; 16]| {
        if active_directory {
            Question::Guid(format!("<GUID={guid}>"))
        } else {
            let escaped = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
            Question::Value { attribute: "objectGUID", escaped }
        }
    };
    let mut questions = Vec::new();
    if let Some(stable) = &person.stable_id {
        let (kind, id) = stable.as_str().split_once(':').unwrap_or(("", stable.as_str()));
        questions.push(match (kind, value::guid_bytes(id)) {
            ("objectGUID", Some(bytes)) => by_guid(id, bytes),
            _ => by_attribute(kind, id),
        });
    }
    let pushed = person.external_id.as_str();
    let is_stable = |stable: &StableId| stable.as_str().split_once(':').is_some_and(|(_, id)| id == pushed);
    if person.stable_id.as_ref().is_some_and(is_stable) {
        return questions;
    }
    let is_name = name::normalize(pushed, &mut String::new());
    questions.push(match (value::guid_bytes(pushed), id_attribute) {
        (_, Some(attribute)) if !is_name && person.stable_id.is_some() => {
            by_attribute(attribute.name(), pushed)
        }
        // It may come from the time before the attribute was chosen: not to be found by it says nothing.
        (_, Some(_)) if !is_name => {
            Question::Impossible(format!("nothing tells of which attribute `{pushed}` is a value"))
        }
        (Some(bytes), _) => by_guid(pushed, bytes),
        _ if is_name => Question::Name(pushed.to_owned()),
        _ => Question::Impossible(format!("`{pushed}` is neither a GUID nor a distinguished name")),
    });
    questions.dedup();
    questions
}

fn by_attribute(kind: &str, id: &str) -> Question {
    let attribute = IdAttribute::ALL.into_iter().find(|it| it.name() == kind);
    let Some(attribute) = attribute.filter(|_| !id.is_empty()) else {
        return Question::Impossible(format!("`{kind}:{id}` is no id of an LDAP directory"));
    };
    let bytes = value::octets(id).filter(|_| attribute.is_binary());
    let escaped = match bytes {
        Some(bytes) => bytes.iter().map(|byte| format!("\\{byte:02x}")).collect(),
        None => ldap_escape(id).into_owned(),
    };
    Question::Value { attribute: attribute.name(), escaped }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::names::ExternalId;

    const GUID: &str = "03020100-0504-0706-0809-0a0b0c0d0e0f";

    fn sought(external: &str, stable: Option<&str>) -> Sought {
        Sought { external_id: ExternalId::new(external), stable_id: stable.map(StableId::new) }
    }

    #[test]
    fn ids_are_asked_for_in_the_directorys_own_way() {
        let guid = Question::Guid(format!("<GUID={GUID}>"));
        let stable = format!("objectGUID:{GUID}");
        assert_eq!(questions(&sought(GUID, Some(&stable)), true, None), [guid]);
        let bytes: String = (0..16).map(|byte| format!("\\{byte:02x}")).collect();
        let value = Question::Value { attribute: "objectGUID", escaped: bytes.clone() };
        assert_eq!(questions(&sought(GUID, None), false, None), [value]);
        assert_eq!(
            questions(&sought("cn=a\\2Cb,dc=x", Some("entryUUID:a*b")), false, None),
            [
                Question::Value { attribute: "entryUUID", escaped: "a\\2ab".to_owned() },
                Question::Name("cn=a\\2Cb,dc=x".to_owned())
            ]
        );
        let pushed = Question::Value { attribute: "entryUUID", escaped: "abc".to_owned() };
        assert_eq!(questions(&sought("abc", Some("entryUUID:abc")), false, None), [pushed]);
        assert!(matches!(
            questions(&sought("abc", None), false, Some(IdAttribute::EntryUuid))[..],
            [Question::Impossible(_)]
        ));
        let escaped = bytes;
        let spelled = "00010203-0405-0607-0809-0a0b0c0d0e0f";
        let binary = Question::Value { attribute: "GUID", escaped };
        let other = sought(spelled, Some("nsUniqueId:x"));
        assert_eq!(questions(&other, false, Some(IdAttribute::Guid))[1], binary);
        assert!(matches!(
            questions(&sought("00u1", Some("okta:00u1")), false, None)[..],
            [Question::Impossible(_)]
        ));
    }
}
