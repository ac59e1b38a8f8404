//! In which ways a directory can be asked for one person.

use super::super::{name, value};
use bwdc_core::names::StableId;
use bwdc_core::observed::LookupRequest;
use bwdc_core::settings::IdAttribute;
use ldap3::ldap_escape;

/// How a person is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Questions {
    /// By ids that survive a rename: the first that finds somebody counts.
    pub(super) ids: Vec<Question>,
    /// By the name that was pushed, where no such id is known.
    pub(super) name: Option<String>,
    /// Where the entry was last seen, as far as anybody knows.
    pub(super) place: Option<String>,
    /// Whether it is certain of which attribute the ids are values: only then it says something that nobody has them.
    pub(super) certain: bool,
}

/// One way to ask for a person by an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Active Directory's own id.
    Guid(String),
    /// Does anybody have this value?
    Value {
        /// The attribute.
        attribute: &'static str,
        /// The value as a directory returns it, in lower case.
        value: String,
    },
    /// This id cannot be asked for.
    Impossible(String),
}

impl Questions {
    /// The stable id first: it finds a person who was moved.
    pub(super) fn new(
        person: &LookupRequest,
        active_directory: bool,
        id_attribute: Option<IdAttribute>,
    ) -> Self {
        let pushed = person.external_id.as_str();
        let is_name = name::normalize(pushed, &mut String::new());
        let place = person.reference.clone().or_else(|| is_name.then(|| pushed.to_owned()));
        let mut ids = Vec::new();
        let mut certain = true;
        if let Some(stable) = &person.stable_id {
            let (kind, id) = stable.as_str().split_once(':').unwrap_or(("", stable.as_str()));
            ids.push(match (kind, value::guid_bytes(id)) {
                ("objectGUID", Some(_)) => by_guid(id, active_directory),
                _ => by_attribute(kind, id),
            });
        }
        let is_stable =
            |stable: &StableId| stable.as_str().split_once(':').is_some_and(|(_, id)| id == pushed);
        if !is_name && !person.stable_id.as_ref().is_some_and(is_stable) {
            let guid = value::guid_bytes(pushed).map(|_| by_guid(pushed, active_directory));
            match (guid, id_attribute) {
                (_, Some(attribute)) if person.stable_id.is_some() => {
                    ids.push(by_attribute(attribute.name(), pushed));
                }
                // It may come from the time before the attribute was chosen.
                (guid, Some(attribute)) => {
                    certain = false;
                    ids.extend(guid);
                    ids.push(by_attribute(attribute.name(), pushed));
                }
                (Some(guid), None) => ids.push(guid),
                (None, None) => ids.push(Question::Impossible(format!(
                    "`{pushed}` is neither a GUID nor a distinguished name"
                ))),
            }
        }
        ids.dedup();
        let name = (is_name && ids.is_empty()).then(|| pushed.to_owned());
        Self { ids, name, place, certain }
    }
}

impl Question {
    /// The attribute by which it searches, and the value.
    pub(super) fn searches(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Guid(guid) => Some((OBJECT_GUID, guid)),
            Self::Value { attribute, value } => Some((attribute, value)),
            Self::Impossible(_) => None,
        }
    }
}

/// The attribute of Active Directory's own id.
pub(super) const OBJECT_GUID: &str = "objectGUID";

fn by_guid(guid: &str, active_directory: bool) -> Question {
    let guid = guid.to_ascii_lowercase();
    if active_directory {
        Question::Guid(guid)
    } else {
        Question::Value { attribute: OBJECT_GUID, value: guid }
    }
}

fn by_attribute(kind: &str, id: &str) -> Question {
    let attribute = IdAttribute::ALL.into_iter().find(|it| it.name() == kind);
    match attribute.filter(|_| !id.is_empty()) {
        Some(attribute) => Question::Value { attribute: attribute.name(), value: id.to_lowercase() },
        None => Question::Impossible(format!("`{kind}:{id}` is no id of an LDAP directory")),
    }
}

/// The filter for one value.
pub(super) fn filter(attribute: &str, value: &str) -> String {
    let bytes = if attribute == OBJECT_GUID {
        value::guid_bytes(value)
    } else {
        let binary = IdAttribute::ALL.into_iter().any(|it| it.is_binary() && it.name() == attribute);
        value::octets(value).filter(|_| binary)
    };
    match bytes {
        Some(bytes) => {
            let escaped: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
            format!("({attribute}={escaped})")
        }
        None => format!("({attribute}={})", ldap_escape(value)),
    }
}

/// The value of an entry in the form of [`Question::searches`].
pub(super) fn spelled(attribute: &str, bytes: &[u8]) -> String {
    let binary = IdAttribute::ALL.into_iter().any(|it| it.is_binary() && it.name() == attribute);
    let id = if attribute == OBJECT_GUID {
        value::guid_text(bytes)
    } else if binary {
        value::octets_text(bytes)
    } else {
        None
    };
    id.unwrap_or_else(|| String::from_utf8_lossy(bytes).to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::names::ExternalId;

    const GUID: &str = "03020100-0504-0706-0809-0a0b0c0d0e0f";

    fn ask(external: &str, stable: Option<&str>, attribute: Option<IdAttribute>) -> Questions {
        let (external_id, stable_id) = (ExternalId::new(external), stable.map(StableId::new));
        Questions::new(&LookupRequest { external_id, stable_id, reference: None }, false, attribute)
    }

    fn value(attribute: &'static str, value: &str) -> Question {
        Question::Value { attribute, value: value.to_owned() }
    }

    #[test]
    fn the_id_that_survives_renames_goes_before_the_name() {
        let asked = ask("cn=a\\2Cb,dc=x", Some("entryUUID:A*b"), None);
        assert_eq!(asked.ids, [value("entryUUID", "a*b")]);
        assert_eq!((asked.name, asked.place.as_deref()), (None, Some("cn=a\\2Cb,dc=x")));
        let asked = ask("cn=a,dc=x", None, Some(IdAttribute::EntryUuid));
        assert_eq!((asked.ids.len(), asked.name.as_deref()), (0, Some("cn=a,dc=x")));
    }

    #[test]
    fn ids_are_asked_for_in_the_directorys_own_way() {
        let stable = format!("objectGUID:{GUID}");
        let lookups = LookupRequest {
            external_id: ExternalId::new(GUID),
            stable_id: Some(StableId::new(stable)),
            reference: Some("cn=a,dc=x".to_owned()),
        };
        let asked = Questions::new(&lookups, true, None);
        assert_eq!(asked.ids, [Question::Guid(GUID.to_owned())]);
        assert_eq!(asked.place.as_deref(), Some("cn=a,dc=x"));
        assert_eq!(ask(GUID, None, None).ids, [value("objectGUID", GUID)]);
        assert_eq!(ask("abc", Some("entryUUID:abc"), None).ids, [value("entryUUID", "abc")]);
        let spelled = "00010203-0405-0607-0809-0a0b0c0d0e0f";
        assert_eq!(
            ask(spelled, Some("nsUniqueId:x"), Some(IdAttribute::Guid)).ids[1],
            value("GUID", spelled)
        );
        for foreign in [ask("00u1", Some("okta:00u1"), None), ask("jdoe", None, None)] {
            assert!(matches!(foreign.ids[..], [Question::Impossible(_)]), "{foreign:?}");
        }
    }

    #[test]
    fn an_id_from_the_time_before_the_attribute_was_chosen_is_asked_for_in_both_ways() {
        let asked = ask(GUID, None, Some(IdAttribute::EntryUuid));
        assert_eq!(asked.ids, [value("objectGUID", GUID), value("entryUUID", GUID)]);
        assert!(!asked.certain && ask(GUID, None, None).certain);
    }

    #[test]
    fn values_are_escaped_by_their_kind() {
        let bytes: String = (0..16).map(|byte| format!("\\{byte:02x}")).collect();
        assert_eq!(filter("objectGUID", GUID), format!("(objectGUID={bytes})"));
        assert_eq!(filter("GUID", "00010203-0405-0607-0809-0a0b0c0d0e0f"), format!("(GUID={bytes})"));
        assert_eq!(filter("entryUUID", "a*b"), "(entryUUID=a\\2ab)");
        let raw: Vec<u8> = (0..16).collect();
        assert_eq!(spelled("objectGUID", &raw), GUID);
        assert_eq!(spelled("entryUUID", b"ABC"), "abc");
    }
}
