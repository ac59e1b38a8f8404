//! What the app signs in with, as settings, secrets and environment have it.

use super::entra::{Certificate, EntraCredential, IdentityEndpoint, METADATA, NAME};
use super::web::WebReadError;
use crate::file;
use crate::installation::{Keys, SetupError};
use crate::secrets::SecretName;
use bwdc_core::settings::{EntraOptions, EntraSignIn, SettingsError};
use secrecy::{ExposeSecret, SecretString};
use std::path::Path;
use std::path::PathBuf;

/// Why there is nothing to sign in with.
pub(super) enum CredentialError {
    /// It is not set.
    Setup(SetupError),
    /// It is of no use.
    Unusable(WebReadError),
}

impl From<SetupError> for CredentialError {
    fn from(error: SetupError) -> Self {
        Self::Setup(error)
    }
}

/// Reads the one that the settings choose.
pub(super) fn entra_credential(
    options: &EntraOptions,
    keys: &Keys,
) -> Result<EntraCredential, CredentialError> {
    const KEY: &str = "entra.key";
    let missing = |key| SetupError::DirectoryIncomplete(SettingsError::Missing { key });
    Ok(match options.sign_in {
        EntraSignIn::Secret => EntraCredential::Secret(keys.needed(SecretName::EntraKey, KEY)?),
        EntraSignIn::Certificate => EntraCredential::Certificate(Box::new(certificate(options, keys)?)),
        EntraSignIn::ManagedIdentity => {
            let app = keys.variable("IDENTITY_ENDPOINT").zip(keys.variable("IDENTITY_HEADER"));
            let own = options.metadata_url.clone();
            EntraCredential::ManagedIdentity(match (own, app) {
                (None, Some((url, header))) => {
                    IdentityEndpoint::AppService { url, header: SecretString::from(header) }
                }
                (own, _) => IdentityEndpoint::Machine(own.unwrap_or_else(|| METADATA.to_owned())),
            })
        }
        EntraSignIn::WorkloadFederation => {
            let file = options.token_file.clone().or_else(|| keys.variable("AZURE_FEDERATED_TOKEN_FILE"));
            EntraCredential::Federation(PathBuf::from(file.ok_or_else(|| missing("entra.token-file"))?))
        }
    })
}

/// From the file of the settings, with the secret as its passphrase; without a file the secret is the certificate.
fn certificate(options: &EntraOptions, keys: &Keys) -> Result<Certificate, CredentialError> {
    let unusable =
        |reason: String| CredentialError::Unusable(WebReadError::Credentials { service: NAME, reason });
    match &options.certificate {
        Some(path) => {
            let key = keys.get(SecretName::EntraKey)?;
            let bytes = file::read(Path::new(path), file::CERTIFICATES)
                .map_err(|error| unusable(format!("cannot read `{path}`: {error}")))?;
            Certificate::parse(&bytes, key.as_ref()).map_err(|error| unusable(format!("`{path}`: {error}")))
        }
        None => {
            let text = keys.needed(SecretName::EntraKey, "entra.certificate")?;
            Certificate::parse(text.expose_secret().trim().as_bytes(), None)
                .map_err(|error| unusable(format!("the certificate in `entra.key`: {error}")))
        }
    }
}
