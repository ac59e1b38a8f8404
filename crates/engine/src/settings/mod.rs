//! Reading and changing settings by name, in whichever file they are.

mod check;
mod digest;
mod file;
mod variable;

pub use check::{Problem, relative_path, unreadable_file};
pub(crate) use check::{validate, wrong_values};
pub(crate) use digest::digest;
pub use file::{Difference, Export, SettingsFileError, Unnamed, read_settings_file};
pub(crate) use file::{bring_in, differences, export};
pub use variable::{UnknownVariable, unknown_variables};

use crate::installation::{Installation, SetupError, bind_before_a_move, expect_encrypted_changes};
use crate::schedule;
use crate::secrets::{SecretName, SecretPlace, SecretStore};
use crate::store::{
    DataFile, Overrides, change_connector_settings, put, read_connector_settings, restore_connector_settings,
    stored_connector_settings,
};
use bwdc_core::settings::{
    ConnectorSettings, DirectoryKind, DirectorySettings, Setting, SettingKind, SettingValue, SettingsFile,
    TextRule, without_credentials,
};
use serde_json::Value;

/// Where a setting's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A file of settings holds it.
    Set,
    /// An environment variable gives it, for as long as it is set.
    Variable,
    /// A secret is set, and kept there.
    Secret(SecretPlace),
}

/// One setting as it counts now.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The setting.
    pub setting: &'static Setting,
    /// Its value; null for one without, and for every secret.
    pub value: Value,
    /// Where the value comes from.
    pub origin: Origin,
}

/// Every setting as it counts now, in the order of the table.
///
/// # Errors
/// [`SetupError::Store`] when a file of settings cannot be read.
pub(crate) fn list(installation: &Installation) -> Result<Vec<Entry>, SetupError> {
    list_those(installation, &|_| true)
}

/// The same of some settings: nobody looks for the secret of one that is not wanted.
fn list_those(
    installation: &Installation,
    is_wanted: &dyn Fn(&Setting) -> bool,
) -> Result<Vec<Entry>, SetupError> {
    let defaults = serde_json::to_value(ConnectorSettings::default()).expect("settings are JSON");
    read_connector_settings(installation.profile(), &Overrides::default())?;
    let stored = stored_connector_settings(installation.profile())?;
    let overrides = installation.store().overrides();
    let of_source = |it: &&Setting| installation.profile().source.is_primary() || it.is_of_source();
    let wanted = Setting::all().iter().filter(of_source).filter(|it| is_wanted(it));
    let entries = wanted.map(|setting| {
        let mut entry = entry(installation, setting, overrides, &stored, &defaults)?;
        if setting.name == "secrets.store" && entry.origin == Origin::Default {
            // What is chosen where nobody chose.
            entry.value = match installation.secrets().store()? {
                SecretStore::Plaintext => "plaintext",
                SecretStore::Keychain => "keychain",
                SecretStore::EncryptedFile => "encrypted-file",
            }
            .into();
        }
        Ok(entry)
    });
    entries.collect()
}

fn entry(
    installation: &Installation,
    setting: &'static Setting,
    overrides: &Overrides,
    connector: &Value,
    defaults: &Value,
) -> Result<Entry, SetupError> {
    let place = setting.place;
    if let SettingKind::Secret(kind) = setting.kind {
        let place = installation.secrets().place(installation.data(), SecretName::of_directory(kind));
        let origin = place.map_or(Origin::Default, Origin::Secret);
        return Ok(Entry { setting, value: Value::Null, origin });
    }
    if let Some(value) = overrides.get(setting) {
        return Ok(Entry { setting, value: value.to_json(), origin: Origin::Variable });
    }
    let found = match place.file {
        SettingsFile::Connector => within(connector, setting),
        SettingsFile::Data => {
            let map = installation.store().stored().as_map();
            let object = match place.object {
                None => Some(map),
                Some(name) => map.get(name).and_then(Value::as_object),
            };
            object.and_then(|it| it.get(place.field)).filter(|it| !it.is_null()).cloned()
        }
    };
    let default = default_of(setting, defaults);
    let origin = if found.is_some() { Origin::Set } else { Origin::Default };
    Ok(Entry { setting, value: found.map_or(default, |it| fit_to_be_shown(setting, it)), origin })
}

/// What counts where nothing is set; null for nothing. `connector`: the defaults of `connector.toml`.
fn default_of(setting: &Setting, connector: &Value) -> Value {
    match setting.place.file {
        SettingsFile::Connector => within(connector, setting).unwrap_or_default(),
        SettingsFile::Data if setting.kind == SettingKind::Flag => Value::Bool(false),
        SettingsFile::Data => Value::Null,
    }
}

/// Stores one setting.
///
/// # Errors
/// [`SetupError::Store`] when the settings cannot be written.
pub(crate) fn set(
    installation: &mut Installation,
    setting: &Setting,
    value: &SettingValue,
) -> Result<(), SetupError> {
    set_all(installation, &[(setting, Some(value.clone()))])
}

/// Takes one setting, or secret, back to its default.
///
/// # Errors
/// [`SetupError`] when the settings or secrets cannot be written.
pub(crate) fn unset(installation: &mut Installation, setting: &Setting) -> Result<(), SetupError> {
    if let SettingKind::Secret(kind) = setting.kind {
        return installation.remove_secret(SecretName::of_directory(kind));
    }
    set_all(installation, &[(setting, None)])
}

/// Stores several settings, each file with one write; None takes a setting back to its default.
///
/// # Errors
/// [`SetupError::Store`] when the settings cannot be written; both files are then as they were.
pub(crate) fn set_all(
    installation: &mut Installation,
    changes: &[(&Setting, Option<SettingValue>)],
) -> Result<(), SetupError> {
    if let Some((setting, _)) =
        changes.iter().find(|(it, _)| !installation.profile().source.is_primary() && !it.is_of_source())
    {
        return Err(SetupError::NotOfSource { setting: setting.name });
    }
    expect_encrypted_changes(installation, changes)?;
    check_filters(installation, changes)?;
    check_paths(installation, changes)?;
    for (setting, value) in changes {
        value.as_ref().map_or(Ok(()), |value| schedule::check(setting, value))?;
    }
    if changes.iter().any(|(setting, _)| setting.place.object == Some("environmentUrls")) {
        bind_before_a_move(installation);
    }
    let (ours, shared): (Vec<_>, Vec<_>) =
        changes.iter().partition(|(setting, _)| setting.place.file == SettingsFile::Connector);
    let all = |data: &mut DataFile| {
        shared.iter().try_for_each(|(setting, value)| put(data, setting, value.as_ref()))
    };
    // A change that fails half-way must not be written: it is tried on a copy.
    all(&mut installation.store().stored().clone())?;
    let before = if ours.is_empty() {
        None
    } else {
        Some(change_connector_settings(
            installation.profile(),
            ours.iter().map(|(setting, value)| (setting.place, value.as_ref())),
        )?)
    };
    if shared.is_empty() {
        return Ok(());
    }
    let written = installation.update(all).and_then(|written| Ok(written?));
    if let (Err(_), Some(before)) = (&written, before) {
        // What could not be written is the error to tell.
        let _ = restore_connector_settings(installation.profile(), before.as_deref());
    }
    written
}

/// Filters are written in the language of the directory that is chosen, or is being chosen.
fn check_filters(
    installation: &Installation,
    changes: &[(&Setting, Option<SettingValue>)],
) -> Result<(), SetupError> {
    let chosen = changes.iter().find_map(|(_, value)| match value {
        Some(SettingValue::Directory(kind)) => Some(*kind),
        _ => None,
    });
    let kind = chosen.or_else(|| installation.data().directory_kind().ok().flatten());
    for (setting, value) in changes {
        if let Some(SettingValue::Text(Some(filter))) = value {
            kind.map_or_else(|| check_any_filter(setting, filter), |it| check_filter(it, setting, filter))?;
        }
    }
    Ok(())
}

/// Before a directory is chosen, a filter has to be one of any of them. LDAP's begin with a parenthesis, those of the others with a
/// keyword.
fn check_any_filter(setting: &Setting, filter: &str) -> Result<(), SetupError> {
    let is_ldap = filter.trim_start().starts_with('(');
    if is_ldap || DirectoryKind::ALL.iter().all(|it| check_filter(*it, setting, filter).is_err()) {
        return check_filter(
            if is_ldap { DirectoryKind::Ldap } else { DirectoryKind::Entra },
            setting,
            filter,
        );
    }
    Ok(())
}

/// Settings that are looked for below the root path.
const PATHS: [&str; 2] = ["sync.userPath", "sync.groupPath"];

/// A path that is set is looked for below the root path, and does not repeat it.
fn check_paths(
    installation: &Installation,
    changes: &[(&Setting, Option<SettingValue>)],
) -> Result<(), SetupError> {
    let changed = |name: &str| changes.iter().find(|(it, _)| it.name == name).map(|(_, value)| value.clone());
    let text = |value: Option<SettingValue>| match value {
        Some(SettingValue::Text(text)) => text.unwrap_or_default(),
        _ => String::new(),
    };
    if !changes.iter().any(|(it, _)| PATHS.contains(&it.name) || it.name == "ldap.rootPath") {
        return Ok(());
    }
    let stored = list(installation)?;
    let after = |name: &str| match changed(name) {
        Some(value) => text(value),
        None => {
            let entry = stored.iter().find(|it| it.setting.name == name);
            entry.and_then(|it| it.value.as_str()).unwrap_or_default().to_owned()
        }
    };
    let root = after("ldap.rootPath");
    // A path that is as it was is looked at where the root is new.
    let is_looked_at = |name: &str| changed(name).is_some() || changed("ldap.rootPath").is_some();
    for setting in PATHS.into_iter().filter(|it| is_looked_at(it)) {
        if let Some(relative) = relative_path(after(setting).trim(), root.trim()) {
            return Err(SetupError::RepeatsRoot { setting, relative });
        }
    }
    Ok(())
}

/// Checks a value of a setting that holds a filter; any other passes.
///
/// # Errors
/// [`SetupError`] says where the filter is wrong.
pub fn check_filter(kind: DirectoryKind, setting: &Setting, filter: &str) -> Result<(), SetupError> {
    let field = setting.place.field;
    if !matches!(field, "userFilter" | "groupFilter") {
        return Ok(());
    }
    if kind == DirectoryKind::Ldap {
        bwdc_directory::ldap::check_filter(filter, setting.name).map_err(Box::new)?;
    }
    Ok(DirectorySettings::check_filter(kind, field, filter)?)
}

/// A value that stands in a file although it would not be taken: a password in it stays there.
fn fit_to_be_shown(setting: &Setting, value: Value) -> Value {
    match value {
        // Here a name belongs into the address, and a password is refused.
        Value::String(text)
            if setting.kind == SettingKind::Form(TextRule::Database) && setting.parse(&text).is_ok() =>
        {
            Value::String(text)
        }
        Value::String(text) => Value::String(without_credentials(&text).into_owned()),
        other => other,
    }
}

/// Whether a value is shown otherwise than it is stored: it is no value to be set.
fn is_hidden(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains("://(hidden)@"))
}

fn within(connector: &Value, setting: &Setting) -> Option<Value> {
    let object = setting.place.object.map_or(Some(connector), |name| connector.get(name))?;
    object.get(setting.place.field).filter(|value| !value.is_null()).cloned()
}
