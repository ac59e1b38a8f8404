//! From an installation's settings and secrets to a directory that can be read: the one place that knows every kind.

use super::entra::EntraDirectory;
use super::entra_credential::{CredentialError, entra_credential};
use super::google::GoogleDirectory;
use super::ldap::LdapDirectory;
use super::okta::OktaDirectory;
use super::onelogin::OneLoginDirectory;
use super::web::{WebOptions, WebReadError};
use super::{Directory, ReadError};
use crate::installation::{DirectoryConfiguration, SetupError};
use crate::secrets::SecretName;
use bwdc_core::settings::{Bind, DirectorySettings};

/// Why a source cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Its settings or secrets are not complete.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// Something that they name is of no use, such as a certificate.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<WebReadError> for SourceError {
    fn from(error: WebReadError) -> Self {
        Self::Read(error.into())
    }
}

impl From<CredentialError> for SourceError {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::Setup(error) => Self::Setup(error),
            CredentialError::Unusable(error) => error.into(),
        }
    }
}

/// Prepares a directory; nothing is sent.
///
/// # Errors
/// [`SourceError`] names what is missing or of no use.
pub(crate) fn open(configuration: DirectoryConfiguration) -> Result<Directory, SourceError> {
    let DirectoryConfiguration { settings, connector, keys, clock, .. } = configuration;
    let web = |options: WebOptions| WebOptions { clock, ..options.configured(&connector) };
    Ok(match settings {
        DirectorySettings::Ldap { settings, layout } => {
            let password = match settings.bind {
                Bind::CurrentUser | Bind::External | Bind::Anonymous => None,
                Bind::Simple { .. } => {
                    let missing = SetupError::CredentialsMissing { name: false, password: true };
                    Some(keys.get(SecretName::LdapPassword)?.ok_or(missing)?)
                }
            };
            let directory = LdapDirectory::new(*settings, *layout, password, connector.time_limits);
            Directory::Ldap(directory.with_clock(clock))
        }
        DirectorySettings::Entra { settings, filters, options } => {
            let credential = entra_credential(&options, &keys)?;
            let web = web(EntraDirectory::options());
            Directory::Entra(Box::new(EntraDirectory::new(*settings, *filters, &options, credential, web)?))
        }
        DirectorySettings::Google { settings, filters } => {
            let key = keys.needed(SecretName::GsuiteKey, "gsuite.key")?;
            let web = web(GoogleDirectory::options(&settings));
            Directory::Google(Box::new(GoogleDirectory::new(*settings, *filters, &key, web)?))
        }
        DirectorySettings::Okta { settings, filters } => {
            let token = keys.needed(SecretName::OktaToken, "okta.token")?;
            let web = web(OktaDirectory::options(settings.rate_share));
            Directory::Okta(Box::new(OktaDirectory::new(&settings, *filters, token, web)?))
        }
        DirectorySettings::OneLogin { settings, filters } => {
            let secret = keys.needed(SecretName::OneLoginSecret, "onelogin.secret")?;
            let web = web(OneLoginDirectory::options());
            Directory::OneLogin(Box::new(OneLoginDirectory::new(*settings, *filters, secret, web)?))
        }
    })
}
