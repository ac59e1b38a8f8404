//! From an installation's settings to an Okta organization that can be read.

use super::OktaDirectory;
use crate::directory::open::SourceError;
use crate::directory::{Directory, ReadError};
use crate::engine::Engine;
use crate::installation::SetupError;
use crate::secrets::SecretName;
use bwdc_core::settings::{DirectoryKind, OktaFilters, OktaSettings, SettingsError};

impl Engine {
    /// The Okta organization of the settings, with the stored token.
    ///
    /// # Errors
    /// [`SourceError`] names what is missing or of no use.
    pub(crate) fn okta_directory(&self) -> Result<Directory, SourceError> {
        let data = self.store.data();
        let stored = data.directory(DirectoryKind::Okta)?;
        if stored.is_empty() {
            return Err(SetupError::NoDirectory.into());
        }
        let settings = OktaSettings::from_stored(stored).map_err(|error| match error {
            error @ SettingsError::Missing { .. } => SetupError::DirectoryIncomplete(error),
            error => SetupError::Settings(error),
        })?;
        let filters = OktaFilters::from_stored(data.sync()?)?;
        let missing = SettingsError::Missing { key: "okta.token" };
        let token = self.secrets().get(data, SecretName::OktaToken)?;
        let token = token.ok_or(SetupError::DirectoryIncomplete(missing))?;
        let options = self.web(OktaDirectory::options(settings.rate_share))?;
        let directory = OktaDirectory::new(&settings, filters, token, options);
        Ok(Directory::Okta(Box::new(directory.map_err(ReadError::from)?)))
    }
}
