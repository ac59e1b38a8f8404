//! Why an installation cannot be used as it is.

use crate::ledger::LedgerError;
use crate::paths::PathError;
use crate::secrets::{SecretError, SecretName};
use crate::store::{OverrideError, StoreError};
use bwdc_core::names::SourceName;
use bwdc_core::settings::SettingsError;
use bwdc_directory::ldap::LdapReadError;
use std::path::PathBuf;

/// What is missing or wrong in an installation, before anything is asked of a server.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// No access token is stored.
    #[error("You are not logged in.")]
    NotSignedIn,
    /// The profile went to the folder of the machine's service.
    #[error("this profile was moved to `{}`; nothing was sent", to.display())]
    Moved {
        /// Where it is.
        to: PathBuf,
    },
    /// The settings, with the addresses to which secrets go, belong to an account that is neither this one, nor root, nor the
    /// owner of the folder.
    #[error("`{}` belongs to another account (uid {user}), which so chooses where secrets go; nothing was sent", path.display())]
    SettingsOfAnother {
        /// The file.
        path: PathBuf,
        /// The number of the account.
        user: u32,
    },
    /// The stored key is not of the organization that the settings name.
    #[error(
        "the stored API key is `{client_id}`, and the settings are those of the organization {organization_id}; nothing was sent"
    )]
    KeyOfAnother {
        /// Whose key it is.
        client_id: String,
        /// Whose settings they are.
        organization_id: String,
    },
    /// An address of the organization's server is not encrypted.
    #[error(
        "`{address}` is not encrypted: everybody on the way could read the organization's key; nothing was sent"
    )]
    ClearText {
        /// The address.
        address: String,
    },
    /// A secret was entered for other addresses than those of the settings.
    #[error("{} was entered for {bound}, and the settings name {address} now; nothing was sent", match secret {
        SecretName::ObserverClientSecret => "the observer's key",
        _ => "the organization's key",
    })]
    EnteredForAnother {
        /// Which.
        secret: SecretName,
        /// The addresses for which it was entered.
        bound: String,
        /// The address that is another one.
        address: String,
        /// Whether a variable of the environment gives it.
        by_variable: bool,
    },
    /// No kind of directory was chosen.
    #[error("No directory configured.")]
    NoDirectory,
    /// Something that the directory needs is not set, or of no use.
    #[error("Directory configuration incomplete.")]
    DirectoryIncomplete(#[source] SettingsError),
    /// The directory wants a name and a password.
    #[error("Username/password are not configured.")]
    CredentialsMissing {
        /// Whether the name is missing.
        name: bool,
        /// Whether the password is missing.
        password: bool,
    },
    /// The organization is not known.
    #[error("Organization not set.")]
    OrganizationMissing,
    /// The settings name no such source.
    #[error("`sources` names no source `{name}`")]
    NoSuchSource {
        /// What was asked for.
        name: String,
    },
    /// A path that is looked for below the root path repeats it.
    #[error("`{setting}` is relative to `ldap.rootPath` and repeats it")]
    RepeatsRoot {
        /// The setting of the path.
        setting: &'static str,
        /// What it would be without the root.
        relative: String,
    },
    /// A setting of the organization, which a source has none of.
    #[error("`{setting}` is a setting of the organization, not of a source")]
    NotOfSource {
        /// The setting.
        setting: &'static str,
    },
    /// A source's name is none.
    #[error("`{name}` cannot be the name of a source, or is there twice")]
    SourceName {
        /// As set.
        name: String,
    },
    /// A further source cannot be used.
    #[error("source `{name}`: {source}")]
    OfSource {
        /// Which.
        name: SourceName,
        /// Why.
        #[source]
        source: Box<SetupError>,
    },
    /// A setting is of no use.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A filter of an LDAP directory cannot be understood.
    #[error(transparent)]
    LdapFilter(#[from] Box<LdapReadError>),
    /// The environment does not tell where settings are kept.
    #[error(transparent)]
    Path(#[from] PathError),
    /// An environment variable gives a setting that cannot be used.
    #[error(transparent)]
    Override(#[from] OverrideError),
    /// Settings cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A secret cannot be read or written.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// It cannot be told for which addresses a secret was entered.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl SetupError {
    /// The same of a further source; the first one goes without saying.
    #[must_use]
    pub(crate) fn of_source(self, name: &SourceName) -> Self {
        match name.is_primary() {
            true => self,
            false => Self::OfSource { name: name.clone(), source: Box::new(self) },
        }
    }
}
