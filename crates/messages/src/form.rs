//! The settings as a form: sections with fields, which every front end draws in its own way.
//!
//! What was typed and is not stored yet lies over what is stored, so that a form shows and hides fields while somebody
//! fills it in. A front end writes only what was changed.

mod consequence;
mod list;

pub use consequence::{consequences, may_shrink};
pub use list::{Listed, list, list_data, reference};

use crate::setting::{accepted, help, label, takes, title, value};
use crate::{describe, text};
use bwdc_core::settings::{DirectoryKind, Section, Setting, SettingKind, SettingsError, TextRule, Unit};
use bwdc_engine::{EngineError, Entry, Origin, check_filter};
use serde_json::Value;
use std::collections::BTreeMap;

/// All settings, in sections.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// In the order in which they are shown; a section without fields that are visible is among them.
    pub sections: Vec<FormSection>,
    /// The kind of directory that counts.
    kind: Option<DirectoryKind>,
}

/// Settings that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct FormSection {
    /// Which.
    pub section: Section,
    /// Its title.
    pub title: String,
    /// Its settings.
    pub fields: Vec<Field>,
}

/// One setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Which.
    pub setting: &'static Setting,
    /// What it is called.
    pub label: String,
    /// What it is, in a line.
    pub help: String,
    /// What it takes, in words.
    pub takes: String,
    /// How it is filled in.
    pub input: Input,
    /// What counts where it is not set, as it would be typed; empty for nothing.
    pub default: String,
    /// The preset that the default is owed to; None: it would be the same without one.
    pub preset: Option<String>,
    /// What is set or typed, as it would be typed; empty for nothing, and for a secret.
    pub value: String,
    /// Where the value comes from; None: it was typed and is not stored yet.
    pub origin: Option<Origin>,
    /// Why the value cannot be used.
    pub error: Option<String>,
    /// Whether it matters as things are.
    pub visible: bool,
    /// Whether it belongs to the chosen kind of directory, or to none.
    pub of_directory: bool,
}

/// How a setting is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A line of text.
    Text,
    /// An address.
    Url,
    /// On or off.
    Switch,
    /// A number.
    Number {
        /// The smallest.
        from: i64,
        /// The largest.
        to: i64,
        /// What it counts.
        unit: Unit,
    },
    /// One of these values.
    Choice(Vec<Choice>),
    /// Several texts; the character stands between them.
    List(char),
    /// A text that is not shown.
    Secret,
}

/// A value that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// As it is typed.
    pub value: String,
    /// As it is shown.
    pub label: String,
}

impl Form {
    /// The form over what is stored, with what was typed, by the settings' names.
    pub fn new(entries: &[Entry], typed: &BTreeMap<&str, String>) -> Self {
        let effective = Effective::new(entries, typed);
        let value_of = |name: &str| effective.value_of(name);
        let section = |section: Section| FormSection {
            section,
            title: title(section),
            fields: entries
                .iter()
                .filter(|it| it.setting.section == section)
                .map(|entry| field(entry, typed.get(entry.setting.name).map(String::as_str), &value_of))
                .collect(),
        };
        Self { sections: Section::ALL.into_iter().map(section).collect(), kind: kind_in(&value_of) }
    }

    /// Why what was typed for a setting cannot be used; None: it can. Nothing at all goes back to the default.
    pub fn refusal(&self, setting: &Setting, typed: &str) -> Option<String> {
        if typed.is_empty() { None } else { refusal(self.kind, setting, typed) }
    }

    /// All fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.sections.iter().flat_map(|it| &it.fields)
    }
}

impl Field {
    /// Whether it says something as things are: it matters, or it is set and belongs to the directory.
    pub fn is_relevant(&self) -> bool {
        let is_set = self.origin != Some(Origin::Default);
        self.visible || (self.of_directory && is_set)
    }
}

/// What counts: typed, stored, or the default.
struct Effective<'a> {
    values: BTreeMap<&'a str, Value>,
}

impl<'a> Effective<'a> {
    fn new(entries: &'a [Entry], typed: &BTreeMap<&str, String>) -> Self {
        let value = |entry: &'a Entry| {
            let typed = typed.get(entry.setting.name).and_then(|it| entry.setting.parse(it).ok());
            (entry.setting.name, typed.map_or_else(|| entry.value.clone(), |it| it.to_json()))
        };
        Self { values: entries.iter().map(value).collect() }
    }

    fn value_of(&self, name: &str) -> Value {
        let set = self.values.get(name).cloned().unwrap_or_default();
        match (set, Setting::find(name)) {
            // A default that depends on others depends on one that does not.
            (Value::Null, Some(setting)) => setting.default_in(&|_| Value::Null),
            (set, _) => set,
        }
    }
}

fn field(entry: &Entry, typed: Option<&str>, value_of: &dyn Fn(&str) -> Value) -> Field {
    let setting = entry.setting;
    let is_set = entry.origin != Origin::Default;
    let (shown, origin) = match typed {
        Some(_) if setting.is_secret() => (String::new(), None),
        Some(typed) => (typed.to_owned(), None),
        None if is_set => (value(setting, &entry.value), Some(entry.origin)),
        None => (String::new(), Some(entry.origin)),
    };
    let default = match setting.default_in(value_of) {
        // The engine knows what it chooses where nobody chose.
        Value::Null if !is_set => value(setting, &entry.value),
        default => value(setting, &default),
    };
    let error = match typed {
        Some(typed) if !setting.is_secret() => refusal(kind_in(value_of), setting, typed),
        None if is_set && !setting.is_secret() => setting.parse(&shown).err().map(|error| refused(&error)),
        _ => None,
    };
    Field {
        setting,
        label: of_roles(setting, value_of).unwrap_or_else(|| label(setting)),
        help: help(setting),
        takes: takes(setting),
        input: input(setting),
        default,
        value: shown,
        origin,
        error,
        preset: preset_of(setting, value_of),
        visible: setting.is_shown(value_of),
        of_directory: setting.is_of_directory(value_of),
    }
}

fn kind_in(value_of: &dyn Fn(&str) -> Value) -> Option<DirectoryKind> {
    value_of("directory").as_i64().and_then(DirectoryKind::from_number)
}

/// By the setting's own rule, and a filter in the language of the directory, too.
fn refusal(kind: Option<DirectoryKind>, setting: &Setting, typed: &str) -> Option<String> {
    if let Err(error) = setting.parse(typed) {
        return Some(refused(&error));
    }
    let kind = kind.filter(|_| !typed.trim().is_empty())?;
    check_filter(kind, setting, typed).err().map(|error| describe(&EngineError::from(error)).message)
}

/// What a setting about groups is called where they are OneLogin's roles.
fn of_roles(setting: &Setting, value_of: &dyn Fn(&str) -> Value) -> Option<String> {
    match setting.name {
        _ if kind_in(value_of) != Some(DirectoryKind::OneLogin) => None,
        "sync.groups" => Some(text!("form.sync-roles", "Sync roles")),
        "sync.groupFilter" => Some(text!("form.role-filter", "Role filter")),
        _ => None,
    }
}

/// The preset that the default is owed to; None: it would be the same without one.
fn preset_of(setting: &Setting, value_of: &dyn Fn(&str) -> Value) -> Option<String> {
    const PRESET: &str = "ldap.preset";
    let without = |name: &str| if name == PRESET { Value::Null } else { value_of(name) };
    let chosen = value_of(PRESET).as_str().map(str::to_owned)?;
    (setting.default_in(value_of) != setting.default_in(&without)).then_some(chosen)
}

/// Why a value cannot be used.
pub fn refused(error: &SettingsError) -> String {
    match error {
        SettingsError::Invalid { key, expected, .. } => {
            text!("form.expected", "Enter {accepted}.", accepted = accepted(key, *expected))
        }
        other => other.to_string(),
    }
}

fn input(setting: &Setting) -> Input {
    let choice = |value: &&str| Choice { value: (*value).to_owned(), label: (*value).to_owned() };
    match &setting.kind {
        SettingKind::Form(TextRule::WebAddress) => Input::Url,
        SettingKind::Text
        | SettingKind::Form(_)
        | SettingKind::File
        | SettingKind::DistinguishedName
        | SettingKind::Attribute
        | SettingKind::Hosts
        | SettingKind::Server
        | SettingKind::Listen
        | SettingKind::Mailbox => Input::Text,
        SettingKind::Url | SettingKind::Service | SettingKind::Address | SettingKind::Webhook => Input::Url,
        SettingKind::Flag => Input::Switch,
        SettingKind::Number { range, unit } => {
            Input::Number { from: *range.start(), to: *range.end(), unit: *unit }
        }
        SettingKind::Directory => Input::Choice(
            DirectoryKind::ALL
                .map(|it| Choice { value: it.number().to_string(), label: it.name().to_owned() })
                .to_vec(),
        ),
        SettingKind::Choice(words) => Input::Choice(words.iter().map(choice).collect()),
        SettingKind::List
        | SettingKind::Domains
        | SettingKind::Attributes
        | SettingKind::Words(_)
        | SettingKind::Sources
        | SettingKind::Servers
        | SettingKind::Mailboxes => Input::List(','),
        SettingKind::Names => Input::List(';'),
        SettingKind::Secret(_) => Input::Secret,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entries(set: &[(&str, Value)]) -> Vec<Entry> {
        let entry = |setting: &'static Setting| {
            let found = set.iter().find(|(name, _)| *name == setting.name).map(|(_, value)| value.clone());
            let origin = if found.is_some() { Origin::Set } else { Origin::Default };
            let default = setting.default_in(&|_| Value::Null);
            Entry { setting, value: found.unwrap_or(default), origin }
        };
        Setting::all().iter().map(entry).collect()
    }

    fn field<'f>(form: &'f Form, name: &str) -> &'f Field {
        form.fields().find(|it| it.setting.name == name).expect("a field")
    }

    #[test]
    fn every_setting_stands_in_one_section() {
        let form = Form::new(&entries(&[]), &BTreeMap::new());
        assert_eq!(form.fields().count(), Setting::all().len());
        assert_eq!(form.sections.first().map(|it| it.title.as_str()), Some("Bitwarden server"));
    }

    #[test]
    fn what_is_typed_shows_and_hides_fields_and_is_checked() {
        let stored =
            entries(&[("directory", json!(0)), ("ldap.port", json!(636)), ("okta.rate-share", json!(9))]);
        let form = Form::new(&stored, &BTreeMap::new());
        let port = field(&form, "ldap.port");
        assert_eq!((port.value.as_str(), port.visible, &port.error), ("636", true, &None));
        assert!(!field(&form, "ldap.startTls").visible);
        assert!(!field(&form, "okta.rate-share").is_relevant());

        let typed = BTreeMap::from([("ldap.ssl", "true".to_owned()), ("ldap.port", "70000".to_owned())]);
        let form = Form::new(&stored, &typed);
        assert!(field(&form, "ldap.startTls").visible);
        let port = field(&form, "ldap.port");
        assert_eq!(port.error.as_deref(), Some("Enter a port from 1 to 65535."));
        assert_eq!(port.origin, None);

        let typed = BTreeMap::from([("directory", "3".to_owned())]);
        let form = Form::new(&stored, &typed);
        assert!(field(&form, "okta.rate-share").visible && !field(&form, "ldap.port").is_relevant());
    }

    #[test]
    fn a_filter_is_checked_as_typed_in_the_language_of_its_directory() {
        let filter = |kind: i64, typed: &str| {
            let form = Form::new(
                &entries(&[("directory", json!(kind))]),
                &BTreeMap::from([("sync.userFilter", typed.to_owned())]),
            );
            let setting = Setting::find("sync.userFilter").expect("a setting");
            let error = field(&form, "sync.userFilter").error.clone();
            assert_eq!(error, form.refusal(setting, typed), "{typed}");
            error
        };
        let error = filter(0, "(mail=*").expect("a parenthesis that is open");
        assert!(error.contains("never closed") && !error.contains('\n'), "{error}");
        assert_eq!((filter(0, "(mail=*)"), filter(0, ""), filter(3, "include:a@x.test")), (None, None, None));
        assert!(filter(3, "(mail=*)").is_some());
    }

    #[test]
    fn a_default_is_the_one_that_counts_here() {
        let stored = entries(&[("directory", json!(0)), ("ldap.preset", json!("freeipa"))]);
        let form = Form::new(&stored, &BTreeMap::new());
        assert_eq!(field(&form, "sync.userPath").default, "cn=users,cn=accounts");
        assert_eq!(field(&form, "sync.userPath").value, "");
        assert_eq!(field(&form, "limits.removals").default, "10");
    }
}
