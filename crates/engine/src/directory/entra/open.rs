//! The tenant as the settings and the environment have it.

use super::certificate::Certificate;
use super::sign_in::METADATA;
use super::{EntraCredential, EntraDirectory, IdentityEndpoint, NAME};
use crate::directory::open::SourceError;
use crate::directory::web::WebReadError;
use crate::directory::{Directory, ReadError};
use crate::engine::Engine;
use crate::installation::SetupError;
use crate::secrets::SecretName;
use bwdc_core::settings::{
    DirectoryKind, EntraFilters, EntraOptions, EntraSettings, EntraSignIn, SettingsError,
};
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;

impl Engine {
    pub(crate) fn entra_directory(&self) -> Result<Directory, SourceError> {
        let data = self.store.data();
        let stored = data.directory(DirectoryKind::Entra)?;
        if stored.is_empty() {
            return Err(SetupError::NoDirectory.into());
        }
        let options = &self.connector_settings()?.entra;
        let settings = EntraSettings::from_stored(stored, options.sign_in).map_err(|error| match error {
            error @ SettingsError::Missing { .. } => SetupError::DirectoryIncomplete(error),
            error => SetupError::Settings(error),
        })?;
        let filters = EntraFilters::from_stored(data.sync()?)?;
        let credential = self.entra_credential(options)?;
        let web = self.web(EntraDirectory::options())?;
        let directory = EntraDirectory::new(settings, filters, options, credential, web);
        Ok(Directory::Entra(Box::new(directory.map_err(ReadError::from)?)))
    }

    fn entra_credential(&self, options: &EntraOptions) -> Result<EntraCredential, SourceError> {
        let missing = |key| SetupError::DirectoryIncomplete(SettingsError::Missing { key });
        let key = || self.secrets().get(self.store.data(), SecretName::EntraKey);
        let variable =
            |name: &str| self.environment.variable(name).map(|it| it.to_string_lossy().into_owned());
        let unusable = |reason: String| {
            SourceError::from(ReadError::from(WebReadError::Credentials { service: NAME, reason }))
        };
        Ok(match options.sign_in {
            EntraSignIn::Secret => EntraCredential::Secret(key()?.ok_or_else(|| missing("entra.key"))?),
            EntraSignIn::Certificate => {
                let key = key()?;
                let certificate = match &options.certificate {
                    Some(path) => {
                        let bytes = std::fs::read(path)
                            .map_err(|error| unusable(format!("cannot read `{path}`: {error}")))?;
                        Certificate::parse(&bytes, key.as_ref()).map_err(|error| (format!("`{path}`"), error))
                    }
                    None => {
                        let text = key.ok_or_else(|| missing("entra.certificate"))?;
                        let parsed = Certificate::parse(text.expose_secret().trim().as_bytes(), None);
                        parsed.map_err(|error| ("the certificate in `entra.key`".to_owned(), error))
                    }
                };
                let certificate =
                    certificate.map_err(|(what, error)| unusable(format!("{what}: {error}")))?;
                EntraCredential::Certificate(Box::new(certificate))
            }
            EntraSignIn::ManagedIdentity => {
                let app = variable("IDENTITY_ENDPOINT").zip(variable("IDENTITY_HEADER"));
                let own = options.metadata_url.clone();
                EntraCredential::ManagedIdentity(match (own, app) {
                    (None, Some((url, header))) => {
                        IdentityEndpoint::AppService { url, header: SecretString::from(header) }
                    }
                    (own, _) => IdentityEndpoint::Machine(own.unwrap_or_else(|| METADATA.to_owned())),
                })
            }
            EntraSignIn::WorkloadFederation => {
                let file = options.token_file.clone().or_else(|| variable("AZURE_FEDERATED_TOKEN_FILE"));
                EntraCredential::Federation(PathBuf::from(file.ok_or_else(|| missing("entra.token-file"))?))
            }
        })
    }
}
