//! A file of settings: what is written for another machine, and what is brought in whole or not at all.

use crate::installation::{Installation, SetupError};
use crate::secrets::{SecretName, SecretPlace};
use crate::settings::Origin;
use crate::store::{Overrides, stored_connector_settings};
use bwdc_core::settings::{
    ConnectorSettings, Setting, SettingChange, SettingKind, read_document, write_document,
};
use serde_json::{Map, Value};
use std::io;
use std::path::{Path, PathBuf};
use toml_edit::{Array, DocumentMut, Item, Table, value};

/// Bytes of the largest file of settings that is read.
const LARGEST: u64 = 16 << 20;

/// Why a file of settings is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SettingsFileError {
    /// The file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Something in it is not what it should be.
    #[error("`{}`, line {line}, column {column}: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong there; never a secret.
        reason: String,
    },
}

/// What becomes of settings that a file does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unnamed {
    /// They stay as they are.
    Stay,
    /// They go back to their default.
    Reset,
}

/// A setting that a file changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The setting.
    pub setting: &'static Setting,
    /// What counts now, whatever the environment says; null for nothing.
    pub before: Value,
    /// What the file makes of it.
    pub after: Value,
}

/// What an installation has set, for a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// By section and name, as the JSON Schema says.
    pub settings: Map<String, Value>,
    /// Secrets that are set, and where; they are not exported.
    pub secrets: Vec<(SecretName, SecretPlace)>,
    /// Settings that the environment gives; the file has what is stored.
    pub from_environment: Vec<&'static Setting>,
}

impl Export {
    /// The settings as TOML.
    pub fn to_toml(&self) -> String {
        let mut document = DocumentMut::new();
        for (name, found) in &self.settings {
            let item = match found {
                Value::Object(section) => {
                    let mut table = Table::new();
                    for (key, found) in section {
                        table.insert(key, item(found));
                    }
                    Item::Table(table)
                }
                found => item(found),
            };
            document.insert(name, item);
        }
        document.to_string()
    }
}

fn item(found: &Value) -> Item {
    match found {
        Value::Bool(flag) => value(*flag),
        Value::Number(number) => value(number.as_i64().unwrap_or_default()),
        Value::Array(items) => value(items.iter().filter_map(Value::as_str).collect::<Array>()),
        Value::String(text) => value(text),
        // Settings without a value are not exported, and none is an object.
        Value::Null | Value::Object(_) => Item::None,
    }
}

/// Reads a file of settings: JSON where it begins with a brace, else TOML.
///
/// # Errors
/// [`SettingsFileError`] says where something is wrong; nothing of the file counts then.
pub fn read_settings_file(path: &Path) -> Result<Vec<SettingChange>, SettingsFileError> {
    let text = crate::file::read_named_text(path, LARGEST)
        .map_err(|source| SettingsFileError::Read { path: path.to_owned(), source })?;
    parse(path, &text)
}

fn parse(path: &Path, text: &str) -> Result<Vec<SettingChange>, SettingsFileError> {
    let invalid = |line, column, reason: String| SettingsFileError::Invalid {
        path: path.to_owned(),
        line,
        column,
        reason,
    };
    if text.trim_start().starts_with('{') {
        let mut json = serde_json::Deserializer::from_str(text);
        return read_document(&mut json).and_then(|changes| json.end().map(|()| changes)).map_err(|error| {
            let said = error.to_string();
            let reason = said.rsplit_once(" at line ").map_or(said.as_str(), |(reason, _)| reason);
            invalid(error.line(), error.column().max(1), reason.to_owned())
        });
    }
    let failed = |error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        invalid(
            before.matches('\n').count() + 1,
            line.chars().count() + 1,
            error.message().trim().replace('\n', ", "),
        )
    };
    read_document(toml::Deserializer::parse(text).map_err(failed)?).map_err(failed)
}

/// What is set, without secrets and without what the environment gives.
///
/// # Errors
/// [`SetupError`] when a file of settings cannot be read.
pub(crate) fn export(installation: &Installation) -> Result<Export, SetupError> {
    let entries = stored_settings(installation)?;
    let is_set = |it: &&super::Entry| it.origin == Origin::Set && !super::is_hidden(&it.value);
    let set = entries.iter().filter(is_set).map(|it| (it.setting, &it.value));
    let secrets =
        super::list(installation)?.into_iter().filter_map(|it| match (&it.setting.kind, it.origin) {
            (SettingKind::Secret(kind), Origin::Secret(place)) => {
                Some((SecretName::of_directory(*kind), place))
            }
            _ => None,
        });
    Ok(Export {
        settings: write_document(set),
        secrets: secrets.collect(),
        from_environment: Setting::all()
            .iter()
            .filter(|it| installation.store().overrides().get(it).is_some())
            .collect(),
    })
}

/// What a file would change.
///
/// # Errors
/// [`SetupError`] when a file of settings cannot be read.
pub(crate) fn differences(
    installation: &Installation,
    changes: &[SettingChange],
    unnamed: Unnamed,
) -> Result<Vec<Difference>, SetupError> {
    let entries = stored_settings(installation)?;
    let defaults = serde_json::to_value(ConnectorSettings::default()).expect("settings are JSON");
    let mut differences = Vec::new();
    for entry in entries.iter().filter(|it| !it.setting.is_secret()) {
        let named = changes.iter().find(|(setting, _)| *setting == entry.setting);
        let after = match (named, unnamed) {
            (Some((_, Some(value))), _) => value.to_json(),
            (Some((_, None)), _) | (None, Unnamed::Reset) => super::default_of(entry.setting, &defaults),
            (None, Unnamed::Stay) => continue,
        };
        let reset = entry.origin == Origin::Set && !matches!(named, Some((_, Some(_))));
        if after != entry.value || reset {
            differences.push(Difference { setting: entry.setting, before: entry.value.clone(), after });
        }
    }
    Ok(differences)
}

/// Brings a file in, whole or not at all, and tells what it changed.
///
/// # Errors
/// [`SetupError`] when the settings cannot be read or written; they are then as they were.
pub(crate) fn bring_in(
    installation: &mut Installation,
    changes: &[SettingChange],
    unnamed: Unnamed,
) -> Result<Vec<Difference>, SetupError> {
    let differences = differences(installation, changes, unnamed)?;
    let changes: Vec<_> = differences
        .iter()
        .map(|it| {
            let named = changes.iter().find(|(setting, _)| *setting == it.setting);
            (it.setting, named.and_then(|(_, value)| value.clone()))
        })
        .collect();
    super::set_all(installation, &changes)?;
    Ok(differences)
}

/// Every setting as the files have it.
fn stored_settings(installation: &Installation) -> Result<Vec<super::Entry>, SetupError> {
    let defaults = serde_json::to_value(ConnectorSettings::default()).expect("settings are JSON");
    let stored = stored_connector_settings(installation.profile())?;
    let none = Overrides::default();
    Setting::all()
        .iter()
        .map(|setting| super::entry(installation, setting, &none, &stored, &defaults))
        .collect()
}
