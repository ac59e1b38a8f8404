//! From an installation's settings to a Google Workspace account that can be read.

use super::GoogleDirectory;
use crate::directory::open::SourceError;
use crate::directory::{Directory, ReadError};
use crate::engine::Engine;
use crate::installation::SetupError;
use crate::secrets::SecretName;
use bwdc_core::settings::{DirectoryKind, GoogleFilters, GoogleSettings, SettingsError};

impl Engine {
    /// The Google Workspace account of the settings, with the stored key.
    ///
    /// # Errors
    /// [`SourceError`] names what is missing or of no use.
    pub(crate) fn google_directory(&self) -> Result<Directory, SourceError> {
        let data = self.store.data();
        let stored = data.directory(DirectoryKind::Google)?;
        if stored.is_empty() {
            return Err(SetupError::NoDirectory.into());
        }
        let settings = GoogleSettings::from_stored(stored).map_err(|error| match error {
            error @ SettingsError::Missing { .. } => SetupError::DirectoryIncomplete(error),
            error => SetupError::Settings(error),
        })?;
        let connector = self.connector_settings()?;
        let mut filters = GoogleFilters::from_stored(data.sync()?)?;
        filters.wants_inactive |= connector.leavers.disabled.is_some();
        let missing = SettingsError::Missing { key: "gsuite.key" };
        let key = self.secrets().get(data, SecretName::GsuiteKey)?;
        let key = key.ok_or(SetupError::DirectoryIncomplete(missing))?;
        let options = GoogleDirectory::options(&settings).configured(&connector);
        let directory = GoogleDirectory::new(settings, filters, &key, options);
        Ok(Directory::Google(Box::new(directory.map_err(ReadError::from)?)))
    }
}
