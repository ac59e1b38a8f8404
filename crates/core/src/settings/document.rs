//! A file of settings by section and name, as `bwdc config export` writes it and `bwdc config apply` reads it.
//!
//! The shape is that of the JSON Schema. It is read from any format that serde reads, name by name, so that a mistake is
//! found where it stands: the format's own parser adds line and column.

use super::{Setting, SettingValue, settings_file_name};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::fmt;

/// A setting and what a file says of it; None: back to its default.
pub type Change = (&'static Setting, Option<SettingValue>);

/// Reads a whole file.
///
/// # Errors
/// The format's own error, with our words, for a name that is no setting, a secret, a value of the wrong kind and a
/// setting that occurs twice.
pub fn read_document<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Change>, D::Error> {
    let changes = RefCell::new(Vec::new());
    Node { name: String::new(), changes: &changes }.deserialize(deserializer)?;
    Ok(changes.into_inner())
}

/// The settings as a file holds them: sections in the order of the table, and nothing that is not in it.
pub fn write_document<'a>(values: impl Iterator<Item = (&'a Setting, &'a Value)>) -> Map<String, Value> {
    let (mut plain, mut sections) = (Map::new(), Map::new());
    for (setting, value) in values {
        match settings_file_name(setting) {
            (None, key) => {
                plain.insert(key.to_owned(), value.clone());
            }
            (Some(section), key) => {
                let section = sections.entry(section).or_insert_with(|| Map::new().into());
                if let Value::Object(section) = section {
                    section.insert(key.to_owned(), value.clone());
                }
            }
        }
    }
    // TOML wants what is in no section before all sections.
    plain.extend(sections);
    plain
}

struct Node<'c> {
    name: String,
    changes: &'c RefCell<Vec<Change>>,
}

impl Node<'_> {
    fn leaf<E: Error>(self, value: Value) -> Result<(), E> {
        let Some(setting) = Setting::find(&self.name) else {
            let what = if self.name.is_empty() { "the file".to_owned() } else { format!("`{}`", self.name) };
            return Err(E::custom(format!("{what} is a section, with settings in it")));
        };
        if setting.is_secret() {
            return Err(E::custom(format!(
                "`{}` is a secret, and secrets are not kept in such a file",
                setting.name
            )));
        }
        let value = match value {
            Value::Null => None,
            value => Some(setting.parse_json(&value).map_err(E::custom)?),
        };
        let mut changes = self.changes.borrow_mut();
        if changes.iter().any(|(known, _)| *known == setting) {
            return Err(E::custom(format!("`{}` occurs twice", setting.name)));
        }
        changes.push((setting, value));
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("settings by section and name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Name { within: &self.name })? {
            map.next_value_seed(Node { name, changes: self.changes })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Value>()? {
            list.push(item);
        }
        self.leaf(list.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.leaf(value.into())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.leaf(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.leaf(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.leaf(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.leaf(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.leaf(Value::Null)
    }
}

/// A key, which has to be a section or a setting.
struct Name<'n> {
    within: &'n str,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name<'_> {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a section or a setting")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<String, E> {
        let name = match self.within {
            "" => key.to_owned(),
            within => format!("{within}.{key}"),
        };
        let section = format!("{}.", name.to_ascii_lowercase());
        let known = Setting::find(&name).is_some()
            || Setting::all()
                .iter()
                .flat_map(|it| it.aliases.iter().chain([&it.name]))
                .any(|known| known.to_ascii_lowercase().starts_with(&section));
        if known { Ok(name) } else { Err(E::custom(format!("unknown setting `{name}`"))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: &Value) -> Result<Vec<(&'static str, Option<Value>)>, String> {
        let changes = read_document(value).map_err(|error| error.to_string())?;
        Ok(changes.into_iter().map(|(it, value)| (it.name, value.map(|it| it.to_json()))).collect())
    }

    #[test]
    fn sections_dotted_names_and_null_are_read() {
        let file = json!({
            "protected": ["a"], "ldap": { "port": 636, "HOSTNAME": "h", "rootPath": null }, "limits.off": true,
            "server": { "base": "vault.example.test/" }, "directory": 0,
        });
        assert_eq!(
            read(&file),
            Ok(vec![
                ("protected", Some(json!(["a"]))),
                ("ldap.port", Some(json!(636))),
                ("ldap.hostname", Some(json!("h"))),
                ("ldap.rootPath", None),
                ("limits.off", Some(json!(true))),
                ("server", Some(json!("https://vault.example.test"))),
                ("directory", Some(json!(0))),
            ])
        );
        assert_eq!(read(&json!({ "server": "vault.example.test" })).map(|it| it.len()), Ok(1));
    }

    #[test]
    fn what_is_no_setting_of_a_file_is_named() {
        for (file, part) in [
            (json!({ "ldap": { "hostnam": "h" } }), "unknown setting `ldap.hostnam`"),
            (json!({ "ldapp": {} }), "unknown setting `ldapp`"),
            (json!({ "ldap": { "hostname": { "x": 1 } } }), "unknown setting `ldap.hostname.x`"),
            (json!({ "ldap": 3 }), "`ldap` is a section"),
            (json!([1]), "the file is a section"),
            (json!({ "ldap": { "password": "hunter2" } }), "`ldap.password` is a secret"),
            (json!({ "ldap": { "port": "636" } }), "expected a port from 1 to 65535"),
            (json!({ "protected": [1] }), "`protected`"),
            (json!({ "ldap": { "port": 1, "Port": 2 } }), "`ldap.port` occurs twice"),
            (json!({ "server": "a.test", "server.base": "b.test" }), "`server` occurs twice"),
        ] {
            let error = read(&file).expect_err("refused");
            assert!(error.contains(part) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let file =
            json!({ "ldap": { "port": 636 }, "protected": ["a"], "server": { "base": "https://x.test" } });
        let changes = read_document(&file).expect("valid");
        let values: Vec<_> =
            changes.into_iter().map(|(it, value)| (it, value.expect("a value").to_json())).collect();
        let written = write_document(values.iter().map(|(setting, value)| (*setting, value)));
        assert_eq!(Value::Object(written.clone()), file);
        assert_eq!(written.keys().next().map(String::as_str), Some("protected"));
    }
}
