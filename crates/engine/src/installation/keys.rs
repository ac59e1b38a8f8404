//! The secrets of an installation as one moment has them, with the settings that say where they are.

use super::{Installation, ORGANIZATION, SetupError, expect_own};
use crate::paths::{ProcessEnvironment, Profile};
use crate::secrets::{SecretName, Secrets};
use crate::store::DataFile;
use bwdc_core::settings::{SecretOptions, SettingsError};
use secrecy::{ExposeSecret, SecretString};

/// What opens secrets. None is read before it is asked for.
pub(crate) struct Keys {
    secrets: Secrets,
    data: DataFile,
    environment: ProcessEnvironment,
    profile: Profile,
}

impl Keys {
    /// `options`: what the settings say of secrets, where they have been read already.
    pub(super) fn of(installation: &Installation, options: Option<&SecretOptions>) -> Self {
        let secrets = installation.secrets();
        Self {
            secrets: match options {
                Some(options) => secrets.under(options.clone()),
                None => secrets,
            },
            data: installation.data().clone(),
            environment: installation.environment().clone(),
            profile: installation.profile().clone(),
        }
    }

    /// One secret; None when it is not set.
    ///
    /// # Errors
    /// [`SetupError::Secret`] when it cannot be read, [`SetupError::SettingsOfAnother`] when another account chose where it goes.
    pub(crate) fn get(&self, name: SecretName) -> Result<Option<SecretString>, SetupError> {
        expect_own(&self.profile)?;
        Ok(self.secrets.get(&self.data, name)?)
    }

    /// A secret without which a directory cannot be read; `key` is the setting that it stands for.
    ///
    /// # Errors
    /// [`SetupError::DirectoryIncomplete`] when it is not set.
    pub(crate) fn needed(&self, name: SecretName, key: &'static str) -> Result<SecretString, SetupError> {
        self.get(name)?.ok_or(SetupError::DirectoryIncomplete(SettingsError::Missing { key }))
    }

    /// What an environment variable holds.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        self.environment.variable(name).map(|it| it.to_string_lossy().into_owned())
    }

    /// The token and the client id of the organization's key; None for whoever is not signed in.
    pub(super) fn signed_in(&self) -> Result<Option<(SecretString, String)>, SetupError> {
        let Some(token) = self.get(SecretName::AccessToken)? else { return Ok(None) };
        let stored = self.get(SecretName::ApiKeyClientId)?;
        let organization = || self.data.organization_id().map(|id| format!("{ORGANIZATION}{id}"));
        let client_id = stored.map(|it| it.expose_secret().to_owned()).or_else(organization);
        Ok(Some((token, client_id.unwrap_or_default())))
    }

    /// The token and the client id of the organization's key.
    ///
    /// # Errors
    /// [`SetupError::NotSignedIn`] without a token.
    pub(crate) fn organization(&self) -> Result<(SecretString, String), SetupError> {
        self.signed_in()?.ok_or(SetupError::NotSignedIn)
    }

    /// The id of the installation, blank before it has one.
    pub(crate) fn app_id(&self) -> &str {
        self.data.app_id().unwrap_or_default()
    }
}
