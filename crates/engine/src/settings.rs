//! Reading and changing settings by name, in whichever file they are.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::secrets::{SecretName, SecretPlace};
use crate::store::{
    DataFile, StoreError, change_connector_settings, directory_key, read_connector_settings,
    stored_connector_settings,
};
use bwdc_core::settings::{DirectoryKind, Setting, SettingKind, SettingValue, SettingsFile};
use serde_json::{Map, Value};

/// Where a setting's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A file of settings holds it.
    Set,
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

impl Engine {
    /// Every setting as it counts now, in the order of the table.
    ///
    /// # Errors
    /// [`EngineError::Store`] when a file of settings cannot be read.
    pub fn settings(&self) -> Result<Vec<Entry>, EngineError> {
        let defaults = serde_json::to_value(bwdc_core::settings::ConnectorSettings::default())
            .expect("settings are JSON");
        read_connector_settings(&self.profile)?;
        let stored = stored_connector_settings(&self.profile)?;
        Setting::all().iter().map(|setting| self.entry(setting, &stored, &defaults)).collect()
    }

    fn entry(
        &self,
        setting: &'static Setting,
        connector: &Value,
        defaults: &Value,
    ) -> Result<Entry, EngineError> {
        let place = setting.place;
        if let SettingKind::Secret(kind) = setting.kind {
            let place = self.secrets().place(self.store.data(), SecretName::of_directory(kind));
            let origin = place.map_or(Origin::Default, Origin::Secret);
            return Ok(Entry { setting, value: Value::Null, origin });
        }
        let find = |root: &Value| -> Option<Value> {
            let object = place.object.map_or(Some(root), |name| root.get(name))?;
            object.get(place.field).filter(|value| !value.is_null()).cloned()
        };
        let (found, default) = match place.file {
            SettingsFile::Connector => (find(connector), find(defaults)),
            SettingsFile::Data => {
                let map = self.store.data().as_map();
                let object = match place.object {
                    None => Some(map),
                    Some(name) => map.get(name).and_then(Value::as_object),
                };
                let found = object.and_then(|it| it.get(place.field)).filter(|it| !it.is_null()).cloned();
                (found, matches!(setting.kind, SettingKind::Flag).then_some(Value::Bool(false)))
            }
        };
        let origin = if found.is_some() { Origin::Set } else { Origin::Default };
        Ok(Entry { setting, value: found.or(default).unwrap_or_default(), origin })
    }

    /// Stores one setting.
    ///
    /// # Errors
    /// [`EngineError::Store`] when the settings cannot be written.
    pub fn set(&mut self, setting: &Setting, value: &SettingValue) -> Result<(), EngineError> {
        self.set_all(&[(setting, Some(value.clone()))])
    }

    /// Takes one setting, or secret, back to its default.
    ///
    /// # Errors
    /// [`EngineError`] when the settings or secrets cannot be written.
    pub fn unset(&mut self, setting: &Setting) -> Result<(), EngineError> {
        if let SettingKind::Secret(kind) = setting.kind {
            self.secrets().remove(&mut self.store, SecretName::of_directory(kind))?;
            return Ok(());
        }
        self.set_all(&[(setting, None)])
    }

    /// Stores several settings, each file with one write; None takes a setting back to its default.
    ///
    /// # Errors
    /// [`EngineError::Store`] when the settings cannot be written; when `connector.toml` cannot, nothing was changed.
    pub fn set_all(&mut self, changes: &[(&Setting, Option<SettingValue>)]) -> Result<(), EngineError> {
        let (ours, shared): (Vec<_>, Vec<_>) =
            changes.iter().partition(|(setting, _)| setting.place.file == SettingsFile::Connector);
        if !ours.is_empty() {
            change_connector_settings(
                &self.profile,
                ours.iter().map(|(setting, value)| (setting.place, value.as_ref())),
            )?;
        }
        if shared.is_empty() {
            return Ok(());
        }
        let all = |data: &mut DataFile| {
            shared.iter().try_for_each(|(setting, value)| store(data, setting, value.as_ref()))
        };
        // A change that fails half-way must not be written: it is tried on a copy.
        let mut copy = self.store.data().clone();
        all(&mut copy)?;
        self.store.update(all)?.value?;
        Ok(())
    }
}

fn store(data: &mut DataFile, setting: &Setting, value: Option<&SettingValue>) -> Result<(), StoreError> {
    let field = setting.place.field;
    let put = |object: &mut Map<String, Value>| match value {
        Some(value) => {
            object.insert(field.to_owned(), value.to_json());
        }
        // The official connector keeps the fields of its settings.
        None => {
            if let Some(stored) = object.get_mut(field) {
                *stored = Value::Null;
            }
        }
    };
    match (value, setting.place.object) {
        (Some(SettingValue::Directory(kind)), _) => data.set_directory_kind(*kind),
        (_, None) => put(data.as_map_mut()),
        (_, Some("sync")) => {
            if value.is_some() || !data.sync()?.is_empty() {
                put(data.sync_mut()?);
            }
        }
        (_, Some("environmentUrls")) => {
            let mut urls = data.environment_urls()?.clone();
            if field == "base" {
                // Another server: addresses of single services belonged to the one before.
                urls.values_mut().for_each(|url| *url = Value::Null);
            }
            put(&mut urls);
            if value.is_some() || !urls.is_empty() {
                data.set_environment_urls(urls);
            }
        }
        (_, Some(object)) => {
            let kind = DirectoryKind::ALL.into_iter().find(|kind| directory_key(*kind) == object);
            let kind = kind.expect("the table of settings names known objects");
            if value.is_some() || !data.directory(kind)?.is_empty() {
                data.update_directory(kind, put)?;
            }
        }
    }
    Ok(())
}
