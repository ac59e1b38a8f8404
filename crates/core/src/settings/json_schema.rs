//! The settings as a JSON Schema: names, kinds and allowed values for other programs.

use super::{DirectoryKind, Setting, SettingKind};
use serde_json::{Map, Value, json};

/// The schema, made from the table of settings; secrets are not in it, because no such file holds one. `description` says
/// what it is, `describe` what a setting is.
pub fn settings_schema(description: &str, describe: &dyn Fn(&Setting) -> String) -> Value {
    let mut root = Map::new();
    for setting in Setting::all().iter().filter(|setting| !setting.is_secret()) {
        match settings_file_name(setting) {
            (None, name) => {
                root.insert(name.to_owned(), leaf(setting, describe));
            }
            (Some(section), key) => {
                let section = root.entry(section).or_insert_with(
                    || json!({ "type": "object", "additionalProperties": false, "properties": {} }),
                );
                section["properties"][key] = leaf(setting, describe);
            }
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of bwdc",
        "description": description,
        "type": "object",
        "additionalProperties": false,
        "properties": root,
    })
}

/// Section and key of a setting in a file.
pub(super) fn settings_file_name(setting: &Setting) -> (Option<&'static str>, &'static str) {
    // A name that is also the beginning of others is spelled out.
    let name = if setting.name == "server" { "server.base" } else { setting.name };
    name.split_once('.').map_or((None, name), |(section, key)| (Some(section), key))
}

fn leaf(setting: &Setting, describe: &dyn Fn(&Setting) -> String) -> Value {
    let mut leaf = match &setting.kind {
        SettingKind::Flag => json!({ "type": ["boolean", "null"] }),
        SettingKind::Number { range, .. } => {
            json!({ "type": ["integer", "null"], "minimum": range.start(), "maximum": range.end() })
        }
        SettingKind::Directory => {
            let numbers = DirectoryKind::ALL.map(|kind| json!(kind.number()));
            let words = DirectoryKind::WORDS.map(|word| json!(word));
            let kinds = numbers.into_iter().chain(words).chain([Value::Null]);
            json!({ "type": ["integer", "string", "null"], "enum": kinds.collect::<Vec<_>>() })
        }
        SettingKind::Choice(words) => {
            let words = words.iter().map(|word| json!(word)).chain([Value::Null]);
            json!({ "type": ["string", "null"], "enum": words.collect::<Vec<_>>() })
        }
        SettingKind::Words(words) => {
            json!({ "type": ["array", "null"], "items": { "type": "string", "enum": words } })
        }
        SettingKind::List
        | SettingKind::Domains
        | SettingKind::Attributes
        | SettingKind::Servers
        | SettingKind::Sources
        | SettingKind::Mailboxes
        | SettingKind::Names => {
            json!({ "type": ["array", "null"], "items": { "type": "string" } })
        }
        SettingKind::Text
        | SettingKind::Form(_)
        | SettingKind::File
        | SettingKind::DistinguishedName
        | SettingKind::Attribute
        | SettingKind::Hosts
        | SettingKind::Url
        | SettingKind::Service
        | SettingKind::Address
        | SettingKind::Webhook
        | SettingKind::Server
        | SettingKind::Listen
        | SettingKind::Mailbox
        | SettingKind::Secret(_) => {
            json!({ "type": ["string", "null"] })
        }
    };
    leaf["description"] = json!(describe(setting));
    leaf
}
