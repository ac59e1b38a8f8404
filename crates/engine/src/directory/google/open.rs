//! From an installation's settings to a Google Workspace account that can be read.

use super::{GoogleDirectory, KeyFile};
use crate::directory::{Directory, ReadError};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::secrets::SecretName;
use bwdc_core::settings::{
    DirectoryKind, GoogleFilters, GoogleSettings, Setting, SettingValue, SettingsError,
};
use secrecy::SecretString;

impl Engine {
    /// The Google Workspace account of the settings, with the stored key.
    ///
    /// # Errors
    /// [`EngineError`] names what is missing or of no use.
    pub(crate) fn google_directory(&self) -> Result<Directory, EngineError> {
        let data = self.store.data();
        let stored = data.directory(DirectoryKind::Google)?;
        if stored.is_empty() {
            return Err(EngineError::NoDirectory);
        }
        let settings = GoogleSettings::from_stored(stored).map_err(|error| match error {
            error @ SettingsError::Missing { .. } => EngineError::DirectoryIncomplete(error),
            error => EngineError::Settings(error),
        })?;
        let connector = self.connector_settings()?;
        let mut filters = GoogleFilters::from_stored(data.sync()?)?;
        filters.wants_inactive |= connector.leavers.disabled.is_some();
        let missing = SettingsError::Missing { key: "gsuite.key" };
        let key = self.secrets().get(data, SecretName::GsuiteKey)?;
        let key = key.ok_or(EngineError::DirectoryIncomplete(missing))?;
        let options = GoogleDirectory::options(&settings).configured(&connector);
        let directory = GoogleDirectory::new(settings, filters, &key, options);
        Ok(Directory::Google(Box::new(directory.map_err(ReadError::from)?)))
    }

    /// Stores what a service account's key file holds: its address, and the key where secrets are.
    ///
    /// # Errors
    /// [`EngineError::KeyFile`] when it is none; nothing was changed then.
    pub fn set_google_key_file(&mut self, text: &SecretString) -> Result<(), EngineError> {
        let KeyFile { client_email, private_key } = KeyFile::parse(text)?;
        let setting = Setting::find("gsuite.clientEmail").expect("the table of settings has it");
        self.set(setting, &SettingValue::Text(Some(client_email)))?;
        self.set_secret(SecretName::GsuiteKey, &private_key)
    }
}
