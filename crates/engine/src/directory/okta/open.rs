//! From an installation's settings to an Okta organization that can be read.

use super::OktaDirectory;
use crate::directory::{Directory, ReadError};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::secrets::SecretName;
use bwdc_core::settings::{DirectoryKind, OktaFilters, OktaSettings, SettingsError};

impl Engine {
    /// The Okta organization of the settings, with the stored token.
    ///
    /// # Errors
    /// [`EngineError`] names what is missing or of no use.
    pub(crate) fn okta_directory(&self) -> Result<Directory, EngineError> {
        let data = self.store.data();
        let stored = data.directory(DirectoryKind::Okta)?;
        if stored.is_empty() {
            return Err(EngineError::NoDirectory);
        }
        let settings = OktaSettings::from_stored(stored).map_err(|error| match error {
            error @ SettingsError::Missing { .. } => EngineError::DirectoryIncomplete(error),
            error => EngineError::Settings(error),
        })?;
        let filters = OktaFilters::from_stored(data.sync()?)?;
        let missing = SettingsError::Missing { key: "okta.token" };
        let token = self.secrets().get(data, SecretName::OktaToken)?;
        let token = token.ok_or(EngineError::DirectoryIncomplete(missing))?;
        let options = self.web(OktaDirectory::options(settings.rate_share))?;
        let directory = OktaDirectory::new(&settings, filters, token, options);
        Ok(Directory::Okta(Box::new(directory.map_err(ReadError::from)?)))
    }
}
