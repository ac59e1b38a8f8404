//! `connector.toml`: the administrator's own file. A change by command keeps everything else in it, comments too.

use super::{Overrides, StoreError, WRITER_PATIENCE};
use crate::file;
use crate::lock::wait_for;
use crate::paths::Profile;
use crate::paths::owner_only::{self, Places};
use bwdc_core::settings::{ConnectorSettings, Place, SettingValue};
use serde_json::Value;
use std::io;
use toml_edit::{Array, DocumentMut, Item, Table, value};

const PLACES: Places = Places {
    before: "connector.write.before",
    on_disk: "connector.fsync.after",
    before_rename: "connector.rename.before",
    after_rename: "connector.rename.after",
};

/// What a new installation begins with. One that is taken over has no such lines, and goes on as before.
const NEW_INSTALLATION: &str = "\
# Written for a new installation, and yours to change: `bwdc config list` shows every setting.

# Who leaves the directory loses access and keeps the membership, so that it can be given back.
[leavers]
disabled = \"revoke\"
deleted = \"revoke\"
gone = \"revoke\"
out-of-scope = \"keep\"

# Groups of Microsoft Entra ID that a filter hides lend their people to the groups around them.
[entra]
flatten-hidden-groups = true
";

/// Writes the first `connector.toml` of a new installation, unless there is one.
pub(super) fn begin(profile: &Profile) -> Result<(), StoreError> {
    let path = &profile.connector_toml;
    if path.exists() {
        return Ok(());
    }
    owner_only::replace(path, NEW_INSTALLATION.as_bytes(), &PLACES, || Ok::<_, io::Error>(()))
        .map_err(|source| StoreError::Write { path: path.clone(), source })
}

/// Reads `connector.toml`, with what the environment gives before it; a missing file means the defaults.
///
/// # Errors
/// [`StoreError::Settings`] names the line of an unknown key or a value of the wrong kind.
pub fn read_connector_settings(
    profile: &Profile,
    overrides: &Overrides,
) -> Result<ConnectorSettings, StoreError> {
    let text = read(profile)?;
    let mut value =
        serde_json::to_value(parse::<ConnectorSettings>(profile, &text)?).expect("settings are JSON");
    overrides.apply_to_connector(&mut value);
    Ok(serde_json::from_value(value).expect("the table of settings checks each value for this file"))
}

/// Writes the `connector.toml` of one profile into another, comments and all, where there is one.
///
/// # Errors
/// As [`read_connector_settings`], and when the file cannot be written.
pub(crate) fn copy_connector_settings(from: &Profile, to: &Profile) -> Result<(), StoreError> {
    let text = read(from)?;
    parse::<ConnectorSettings>(from, &text)?;
    if text.is_empty() {
        return Ok(());
    }
    let path = &to.connector_toml;
    owner_only::replace(path, text.as_bytes(), &PLACES, || Ok::<_, io::Error>(()))
        .map_err(|source| StoreError::Write { path: path.clone(), source })
}

/// What `connector.toml` holds, without defaults.
///
/// # Errors
/// As [`read_connector_settings`].
pub(crate) fn stored_connector_settings(profile: &Profile) -> Result<Value, StoreError> {
    parse(profile, &read(profile)?)
}

/// Changes keys of `connector.toml`; None removes one. A file that would not be valid afterwards is not written.
///
/// Gives back the text as it was before; None where there was no file.
///
/// # Errors
/// [`StoreError`]; the file is then as it was.
pub(crate) fn change_connector_settings<'a>(
    profile: &Profile,
    changes: impl Iterator<Item = (Place, Option<&'a SettingValue>)>,
) -> Result<Option<String>, StoreError> {
    let failed = |path: &std::path::Path| {
        let path = path.to_owned();
        move |source| StoreError::Write { path, source }
    };
    profile.create_folder().map_err(failed(&profile.folder))?;
    let _lock = wait_for(&profile.write_lock(), WRITER_PATIENCE).map_err(StoreError::Busy)?;
    let existed = profile.connector_toml.exists();
    // Whichever file comes first, a new installation begins the same.
    let is_new = !existed && !profile.data_json.exists() && profile.source.is_primary();
    let before = if is_new { NEW_INSTALLATION.to_owned() } else { read(profile)? };
    // Names the line of whatever is wrong before anything is added to it.
    parse::<ConnectorSettings>(profile, &before)?;
    let mut document: DocumentMut =
        before.parse().map_err(|error: toml_edit::TomlError| StoreError::Settings {
            path: profile.connector_toml.clone(),
            line: 1,
            reason: error.message().to_owned(),
        })?;
    for (place, value) in changes {
        change(document.as_table_mut(), place, value);
    }
    let after = document.to_string();
    parse::<ConnectorSettings>(profile, &after)?;
    if after != before {
        write(profile, &after)?;
    }
    Ok(existed.then_some(before))
}

/// Puts `connector.toml` back to an earlier text; None: no file.
///
/// # Errors
/// [`StoreError::Write`], [`StoreError::Busy`].
pub(crate) fn restore_connector_settings(profile: &Profile, text: Option<&str>) -> Result<(), StoreError> {
    let _lock = wait_for(&profile.write_lock(), WRITER_PATIENCE).map_err(StoreError::Busy)?;
    let path = &profile.connector_toml;
    match text {
        Some(text) => write(profile, text),
        None => std::fs::remove_file(path).map_err(|source| StoreError::Write { path: path.clone(), source }),
    }
}

fn write(profile: &Profile, text: &str) -> Result<(), StoreError> {
    let path = &profile.connector_toml;
    file::to_replace(path)
        .and_then(|path| owner_only::replace(&path, text.as_bytes(), &PLACES, || Ok::<_, io::Error>(())))
        .map_err(|source| StoreError::Write { path: path.clone(), source })
}

fn change(root: &mut Table, place: Place, to: Option<&SettingValue>) {
    let table = match place.object {
        None => Some(root as &mut dyn toml_edit::TableLike),
        Some(name) => {
            if to.is_some() && !root.contains_key(name) {
                root.insert(name, Item::Table(Table::new()));
            }
            root.get_mut(name).and_then(Item::as_table_like_mut)
        }
    };
    let Some(table) = table else { return };
    let new = match to {
        None | Some(SettingValue::Text(None) | SettingValue::Url(None)) => {
            table.remove(place.field);
            return;
        }
        Some(SettingValue::Text(Some(text)) | SettingValue::Url(Some(text))) => value(text),
        Some(SettingValue::Flag(flag)) => value(*flag),
        Some(SettingValue::Number(number)) => value(*number),
        Some(SettingValue::Directory(kind)) => value(i64::from(kind.number())),
        Some(SettingValue::List(texts)) => value(texts.iter().collect::<Array>()),
    };
    match (table.get_mut(place.field), new) {
        (Some(Item::Value(old)), Item::Value(mut new)) => {
            // A comment at the end of the line belongs to the value before it.
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        (_, new) => {
            table.insert(place.field, new);
        }
    }
}

fn read(profile: &Profile) -> Result<String, StoreError> {
    let path = &profile.connector_toml;
    match file::read_text(path, file::SETTINGS) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(StoreError::Read { path: path.clone(), source }),
    }
}

fn parse<T: serde::de::DeserializeOwned>(profile: &Profile, text: &str) -> Result<T, StoreError> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        StoreError::Settings {
            path: profile.connector_toml.clone(),
            line: before.matches('\n').count() + 1,
            reason: error.message().trim().replace('\n', ", "),
        }
    })
}
