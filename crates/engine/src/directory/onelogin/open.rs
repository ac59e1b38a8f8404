//! From an installation's settings to a OneLogin account that can be read.

use super::OneLoginDirectory;
use crate::directory::open::SourceError;
use crate::directory::{Directory, ReadError};
use crate::engine::Engine;
use crate::installation::SetupError;
use crate::secrets::SecretName;
use bwdc_core::settings::{DirectoryKind, OneLoginFilters, OneLoginSettings, SettingsError};

impl Engine {
    /// The OneLogin account of the settings, with the stored secret.
    ///
    /// # Errors
    /// [`SourceError`] names what is missing or of no use.
    pub(crate) fn onelogin_directory(&self) -> Result<Directory, SourceError> {
        let data = self.store.data();
        let stored = data.directory(DirectoryKind::OneLogin)?;
        if stored.is_empty() {
            return Err(SetupError::NoDirectory.into());
        }
        let settings = OneLoginSettings::from_stored(stored).map_err(|error| match error {
            error @ SettingsError::Missing { .. } => SetupError::DirectoryIncomplete(error),
            error => SetupError::Settings(error),
        })?;
        let filters = OneLoginFilters::from_stored(data.sync()?)?;
        let missing = SettingsError::Missing { key: "onelogin.secret" };
        let secret = self.secrets().get(data, SecretName::OneLoginSecret)?;
        let secret = secret.ok_or(SetupError::DirectoryIncomplete(missing))?;
        let options = self.web(OneLoginDirectory::options())?;
        let directory = OneLoginDirectory::new(settings, filters, secret, options);
        Ok(Directory::OneLogin(Box::new(directory.map_err(ReadError::from)?)))
    }
}
