//! From an installation's settings to a OneLogin account that can be read.

use super::OneLoginDirectory;
use crate::directory::{Directory, ReadError};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::secrets::SecretName;
use bwdc_core::settings::{DirectoryKind, OneLoginFilters, OneLoginSettings, SettingsError};

impl Engine {
    /// The OneLogin account of the settings, with the stored secret.
    ///
    /// # Errors
    /// [`EngineError`] names what is missing or of no use.
    pub(crate) fn onelogin_directory(&self) -> Result<Directory, EngineError> {
        let data = self.store.data();
        let stored = data.directory(DirectoryKind::OneLogin)?;
        if stored.is_empty() {
            return Err(EngineError::NoDirectory);
        }
        let settings = OneLoginSettings::from_stored(stored).map_err(|error| match error {
            error @ SettingsError::Missing { .. } => EngineError::DirectoryIncomplete(error),
            error => EngineError::Settings(error),
        })?;
        let filters = OneLoginFilters::from_stored(data.sync()?)?;
        let missing = SettingsError::Missing { key: "onelogin.secret" };
        let secret = self.secrets().get(data, SecretName::OneLoginSecret)?;
        let secret = secret.ok_or(EngineError::DirectoryIncomplete(missing))?;
        let options = self.web(OneLoginDirectory::options())?;
        let directory = OneLoginDirectory::new(settings, filters, secret, options);
        Ok(Directory::OneLogin(Box::new(directory.map_err(ReadError::from)?)))
    }
}
