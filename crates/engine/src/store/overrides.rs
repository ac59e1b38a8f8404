//! Settings from environment variables: `BWDC_LDAP_HOSTNAME` for `ldap.hostname`, and so on for every setting.
//!
//! They go before both files for as long as the program runs, and are never written to either.

use super::data::{DataFile, account_fields, address_fields, directory_key, part, secret_field};
use super::setting::put;
use crate::paths::ProcessEnvironment;
use bwdc_core::settings::{DirectoryKind, Setting, SettingValue, SettingsError, SettingsFile};
use serde_json::{Map, Value};
use uuid::Uuid;

/// What stands in `data.json` in the place of a secret that is kept elsewhere.
pub(crate) const MARKER: &str = "[STORED SECURELY]";

/// A variable with a value that its setting does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverrideError {
    /// The value is not one that the setting takes.
    #[error("the environment variable `{variable}` cannot be used: {source}")]
    Invalid {
        /// The variable.
        variable: String,
        /// What would be accepted.
        #[source]
        source: SettingsError,
    },
    /// The value is no text.
    #[error("the environment variable `{variable}` holds something else than UTF-8 text")]
    NotText {
        /// The variable.
        variable: String,
    },
}

/// The settings that the environment gives, in the order of the table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides(Vec<(&'static Setting, SettingValue)>);

impl Overrides {
    /// Reads the variable of every setting that has one; a secret has its own way.
    ///
    /// # Errors
    /// [`OverrideError`] names the variable.
    pub fn from_environment(environment: &ProcessEnvironment) -> Result<Self, OverrideError> {
        let mut found = Vec::new();
        for setting in Setting::all().iter().filter(|it| !it.is_secret()) {
            let variable = setting.variable();
            let Some(typed) = environment.variable(&variable) else { continue };
            let Some(typed) = typed.to_str() else { return Err(OverrideError::NotText { variable }) };
            let value = setting.parse(typed).map_err(|source| OverrideError::Invalid { variable, source })?;
            found.push((setting, value));
        }
        Ok(Self(found))
    }

    /// The value that the environment gives a setting.
    pub fn get(&self, setting: &Setting) -> Option<&SettingValue> {
        self.0.iter().find(|(it, _)| *it == setting).map(|(_, value)| value)
    }

    /// `data.json` as it counts. What cannot be changed, since it is damaged, is left for its reader to complain about.
    ///
    /// The stored secret of a directory belongs to the account that is stored. Where the environment names another
    /// account, it is as if it were kept elsewhere; an account that was not named before is the environment's to name.
    pub(super) fn apply_to_data(&self, stored: &DataFile) -> DataFile {
        let mut data = stored.clone();
        for (setting, value) in self.0.iter().filter(|(it, _)| it.place.file == SettingsFile::Data) {
            if let (None, field) = (setting.place.object, setting.place.field) {
                // The choice of a directory clears nothing here: this is no change of the settings.
                data.as_map_mut().insert(field.to_owned(), value.to_json());
            } else {
                let _ = put(&mut data, setting, Some(value));
            }
        }
        for kind in DirectoryKind::ALL {
            keep_account(stored, &mut data, kind);
        }
        data
    }

    /// `connector.toml` as it counts.
    pub(super) fn apply_to_connector(&self, stored: &mut Value) {
        for (setting, value) in self.0.iter().filter(|(it, _)| it.place.file == SettingsFile::Connector) {
            let place = setting.place;
            let object = match place.object {
                Some(name) => stored.get_mut(name),
                None => Some(&mut *stored),
            };
            let Some(Value::Object(object)) = object else { continue };
            match value.to_json() {
                Value::Null => object.shift_remove(place.field),
                value => object.insert(place.field.to_owned(), value),
            };
        }
    }
}

/// The field of a directory in `data.json` that says for which account its secret was entered, where a variable gave another one
/// than is stored.
const ENTERED_FOR: &str = "secretEnteredFor";

/// Takes the secret away from an account that it was not entered for.
fn keep_account(stored: &DataFile, data: &mut DataFile, kind: DirectoryKind) {
    let key = directory_key(kind);
    let Ok(before) = stored.directory(kind) else { return };
    let Some(Value::Object(after)) = data.as_map_mut().get_mut(key) else { return };
    let entered_for = before.get(ENTERED_FOR).and_then(Value::as_object);
    if before.is_empty() || is_same_account(entered_for.unwrap_or(before), after, kind) {
        match before.get("id") {
            Some(id) => after.insert("id".to_owned(), id.clone()),
            None => after.shift_remove("id"),
        };
    } else if part(after, secret_field(kind)).is_some() {
        after.insert(secret_field(kind).to_owned(), MARKER.into());
        // No store has a secret of that name.
        after.insert("id".to_owned(), Uuid::new_v4().to_string().into());
    }
}

/// Whether a secret of the account `before` is one of `after`, too.
fn is_same_account(before: &Map<String, Value>, after: &Map<String, Value>, kind: DirectoryKind) -> bool {
    let named = |field: &&str| part(before, field).is_none_or(|value| part(after, field) == Some(value));
    // Where no address is stored, the service's own counts.
    let same = |field: &&str| part(before, field) == part(after, field);
    account_fields(kind).iter().all(named) && address_fields(kind).iter().all(same)
}

/// The account that a secret is entered for, to be kept beside it; None: it is the one that is stored.
pub(crate) fn entered_for(
    stored: &DataFile,
    data: &DataFile,
    kind: DirectoryKind,
) -> Option<Map<String, Value>> {
    let (before, after) = (stored.directory(kind).ok()?, data.directory(kind).ok()?);
    if is_same_account(before, after, kind) {
        return None;
    }
    let fields = account_fields(kind).iter().chain(address_fields(kind));
    Some(fields.filter_map(|field| Some(((*field).to_owned(), after.get(*field)?.clone()))).collect())
}

/// Notes for which account the secret of a directory was entered.
pub(crate) fn note_entered_for(object: &mut Map<String, Value>, entered_for: Option<Map<String, Value>>) {
    match entered_for {
        Some(account) => object.insert(ENTERED_FOR.to_owned(), account.into()),
        None => object.shift_remove(ENTERED_FOR),
    };
}
