//! Secrets: where they are kept, and the one way to read and write them.
//!
//! `data.json` tells where a secret is: a value is the secret itself, a marker means a store of its own. A secret that
//! stands there in plain text is read whatever the settings say, and is moved only when that secret is set again: an
//! installation that is taken over keeps working, also for the official connector beside us.

mod encrypted_file;
mod provided;

use crate::lock::LockError;
use crate::paths::{ProcessEnvironment, Profile};
use crate::store::{DataFile, MARKER, Store, StoreError, directory_key, secret_field};
use bwdc_core::names::SourceName;
use bwdc_core::settings::DirectoryKind;
use encrypted_file::EncryptedFile;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::path::PathBuf;

/// The secrets that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SecretName {
    /// The password of the LDAP bind.
    LdapPassword,
    /// The client secret of the Entra application.
    EntraKey,
    /// The private key of the Google service account.
    GsuiteKey,
    /// The Okta token.
    OktaToken,
    /// The OneLogin client secret.
    OneLoginSecret,
    /// The token of the current sign-in. Its presence is what "logged in" means.
    AccessToken,
    /// The token that renews it.
    RefreshToken,
    /// The id of the organization's API key.
    ApiKeyClientId,
    /// The secret of the organization's API key.
    ApiKeyClientSecret,
    /// By which a person's sign-in needs no second step.
    TwoStepToken,
    /// The id of the personal API key by which the organization is observed.
    ObserverClientId,
    /// The secret of that key.
    ObserverClientSecret,
}

impl SecretName {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::LdapPassword,
        Self::EntraKey,
        Self::GsuiteKey,
        Self::OktaToken,
        Self::OneLoginSecret,
        Self::AccessToken,
        Self::RefreshToken,
        Self::ApiKeyClientId,
        Self::ApiKeyClientSecret,
        Self::TwoStepToken,
        Self::ObserverClientId,
        Self::ObserverClientSecret,
    ];

    /// The secret by which a kind of directory is read.
    pub fn of_directory(kind: DirectoryKind) -> Self {
        match kind {
            DirectoryKind::Ldap => Self::LdapPassword,
            DirectoryKind::Entra => Self::EntraKey,
            DirectoryKind::Google => Self::GsuiteKey,
            DirectoryKind::Okta => Self::OktaToken,
            DirectoryKind::OneLogin => Self::OneLoginSecret,
        }
    }

    /// The name under which a person knows the secret.
    pub fn label(self) -> &'static str {
        match self {
            Self::LdapPassword => "ldap.password",
            Self::EntraKey => "entra.key",
            Self::GsuiteKey => "gsuite.key",
            Self::OktaToken => "okta.token",
            Self::OneLoginSecret => "onelogin.secret",
            Self::AccessToken => "access token",
            Self::RefreshToken => "refresh token",
            Self::ApiKeyClientId => "API key id",
            Self::ApiKeyClientSecret => "API key secret",
            Self::TwoStepToken => "remembered two-step login",
            Self::ObserverClientId => "observer's key id",
            Self::ObserverClientSecret => "observer's key secret",
        }
    }

    /// What a sign-in leaves, besides the refresh token that only other programs keep.
    pub(crate) const SIGN_IN: [Self; 6] = [
        Self::AccessToken,
        Self::ApiKeyClientId,
        Self::ApiKeyClientSecret,
        Self::TwoStepToken,
        Self::ObserverClientId,
        Self::ObserverClientSecret,
    ];

    /// The command that enters the secret.
    pub fn entered_by(self) -> &'static str {
        match self {
            Self::LdapPassword => "bwdc config ldap.password",
            Self::EntraKey => "bwdc config entra.key",
            Self::GsuiteKey => "bwdc config gsuite.key",
            Self::OktaToken => "bwdc config okta.token",
            Self::OneLoginSecret => "bwdc config onelogin.secret",
            Self::AccessToken
            | Self::RefreshToken
            | Self::ApiKeyClientId
            | Self::ApiKeyClientSecret
            | Self::TwoStepToken => "bwdc login",
            Self::ObserverClientId | Self::ObserverClientSecret => "bwdc login --observer",
        }
    }

    /// The environment variable that provides it, where it is a directory's.
    pub(crate) fn variable(self) -> String {
        format!("BWDC_SECRET_{}", self.label().to_ascii_uppercase().replace('.', "_"))
    }

    fn directory(self) -> Option<DirectoryKind> {
        match self {
            Self::LdapPassword => Some(DirectoryKind::Ldap),
            Self::EntraKey => Some(DirectoryKind::Entra),
            Self::GsuiteKey => Some(DirectoryKind::Google),
            Self::OktaToken => Some(DirectoryKind::Okta),
            Self::OneLoginSecret => Some(DirectoryKind::OneLogin),
            Self::AccessToken
            | Self::RefreshToken
            | Self::ApiKeyClientId
            | Self::ApiKeyClientSecret
            | Self::TwoStepToken
            | Self::ObserverClientId
            | Self::ObserverClientSecret => None,
        }
    }

    /// The key in `data.json`, within the directory's settings where the secret is a directory's.
    fn field(self) -> &'static str {
        match self {
            Self::LdapPassword => secret_field(DirectoryKind::Ldap),
            Self::EntraKey => secret_field(DirectoryKind::Entra),
            Self::GsuiteKey => secret_field(DirectoryKind::Google),
            Self::OktaToken => secret_field(DirectoryKind::Okta),
            Self::OneLoginSecret => secret_field(DirectoryKind::OneLogin),
            Self::AccessToken => "accessToken",
            Self::RefreshToken => "refreshToken",
            Self::ApiKeyClientId => "apiKeyClientId",
            Self::ApiKeyClientSecret => "apiKeyClientSecret",
            Self::TwoStepToken => "twoFactorToken",
            Self::ObserverClientId => "observerClientId",
            Self::ObserverClientSecret => "observerClientSecret",
        }
    }

    /// The name in a store, the official connector's own: a directory's secret belongs to the directory's account.
    fn account(self, data: &DataFile) -> String {
        let (name, kind) = match self {
            Self::LdapPassword => ("secretLdap", DirectoryKind::Ldap),
            Self::EntraKey => ("secretEntra", DirectoryKind::Entra),
            Self::GsuiteKey => ("secretGsuite", DirectoryKind::Google),
            Self::OktaToken => ("secretOkta", DirectoryKind::Okta),
            Self::OneLoginSecret => ("secretOneLogin", DirectoryKind::OneLogin),
            account => return account.field().to_owned(),
        };
        data.directory_id(kind).map_or_else(|| name.to_owned(), |id| format!("{name}:{id}"))
    }
}

/// Why a secret cannot be read or written. No variant holds one.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// `data.json` says that the secret is stored, and none of our stores has it.
    #[error(
        "the {} is not stored here: it was entered for another account, or another program, such as the official connector, keeps it in a store of its own; enter it again with `{}`",
        name.label(),
        name.entered_by()
    )]
    NotHere {
        /// The secret.
        name: SecretName,
    },
    /// The encrypted value does not fit the key, or was changed.
    #[error("the {} in `secrets.json` cannot be decrypted with `secrets.key`; enter it again with `{}`", name.label(), name.entered_by())]
    Undecipherable {
        /// The secret.
        name: SecretName,
    },
    /// There are encrypted secrets and no key.
    #[error(
        "`{}` is missing: restore it from a backup, or remove `secrets.json` and enter the secrets again",
        path.display()
    )]
    KeyMissing {
        /// The key's file.
        path: PathBuf,
    },
    /// The key file does not hold a key.
    #[error(
        "`{}` is damaged: restore it from a backup, or remove it and `secrets.json` and enter the secrets again",
        path.display()
    )]
    KeyDamaged {
        /// The key's file.
        path: PathBuf,
    },
    /// Others than the owner may read the key.
    #[error(
        "`{}` can be read by others (mode {mode:04o}): run `chmod 600 \"{}\"`, and change the secrets if others use this machine",
        path.display(),
        path.display()
    )]
    KeyTooOpen {
        /// The key's file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file of encrypted secrets is not what it should be.
    #[error("`{}` is damaged: restore it from a backup, or remove it and enter the secrets again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("cannot read or write `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// What the environment provides cannot be used.
    #[error("{what} for the {} {problem}", name.label())]
    Provided {
        /// The secret.
        name: SecretName,
        /// The variable or the file.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// Another program of ours is writing.
    #[error("another `bwdc` is changing the secrets")]
    Busy(#[source] LockError),
    /// `data.json` cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where secrets that are set go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretStore {
    /// Into `data.json` as they are, as the official variable asks.
    Plaintext,
    /// Into `secrets.json`, encrypted with a key in a file of its own: works without a desktop session. It keeps the
    /// secrets out of copies of the settings; who can read the whole folder has the key as well.
    EncryptedFile,
}

/// Where a secret that is set is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// In `data.json` as it is.
    Plaintext,
    /// In `secrets.json`.
    EncryptedFile,
    /// In an environment variable.
    Variable,
    /// In a file of its own, in the folder that the environment names.
    File,
    /// `data.json` says that it is stored, and none of our stores has it.
    Elsewhere,
}

/// The secrets of one profile.
pub struct Secrets {
    store: SecretStore,
    file: EncryptedFile,
    environment: ProcessEnvironment,
    source: SourceName,
}

impl Secrets {
    /// The profile's secrets, kept where the environment asks for it. Touches no file.
    pub fn open(profile: &Profile, environment: &ProcessEnvironment) -> Self {
        let store =
            if environment.plaintext_secrets() { SecretStore::Plaintext } else { SecretStore::EncryptedFile };
        Self {
            store,
            file: EncryptedFile::new(profile),
            environment: environment.clone(),
            source: profile.source.clone(),
        }
    }

    /// Where secrets that are set go.
    pub fn store(&self) -> SecretStore {
        self.store
    }

    /// Whether the environment or `data.json` holds the secret, or `data.json` says that it is stored; asks no store.
    pub fn is_set(&self, data: &DataFile, name: SecretName) -> bool {
        provided::place(&self.environment, &self.source, name).is_some() || stored(data, name).is_some()
    }

    /// Where the secret is kept; None when it is not set. Decrypts nothing.
    pub fn place(&self, data: &DataFile, name: SecretName) -> Option<SecretPlace> {
        if let Some(place) = provided::place(&self.environment, &self.source, name) {
            return Some(place);
        }
        Some(match stored(data, name)? {
            MARKER if self.file.contains(&name.account(data)) => SecretPlace::EncryptedFile,
            MARKER => SecretPlace::Elsewhere,
            _ => SecretPlace::Plaintext,
        })
    }

    /// Reads a secret; None when none is set. What the environment provides goes before what is stored.
    ///
    /// # Errors
    /// [`SecretError::NotHere`] when it is kept by another program; else why the store cannot be read.
    pub fn get(&self, data: &DataFile, name: SecretName) -> Result<Option<SecretString>, SecretError> {
        if let Some(value) = provided::get(&self.environment, &self.source, name)? {
            return Ok(Some(value));
        }
        match stored(data, name) {
            None => Ok(None),
            Some(MARKER) => {
                let found = self.file.get(name, &name.account(data))?;
                found.map(Some).ok_or(SecretError::NotHere { name })
            }
            Some(plain) => Ok(Some(SecretString::from(plain))),
        }
    }

    /// Stores a secret, on disk when this returns.
    ///
    /// Encrypted, the store gets the value before `data.json` gets the marker: a kill between the two leaves the old
    /// plaintext, or the new value behind a marker that was there before. In plain text, `data.json` comes first and the
    /// store forgets after it.
    ///
    /// # Errors
    /// [`SecretError`]; the old secret is then still in place.
    pub fn set(&self, store: &mut Store, name: SecretName, value: &SecretString) -> Result<(), SecretError> {
        self.prepare(store, name)?;
        let account = name.account(store.stored());
        match self.store {
            SecretStore::EncryptedFile => {
                self.file.set(&account, value)?;
                write(store, name, Some(MARKER))
            }
            SecretStore::Plaintext => {
                write(store, name, Some(value.expose_secret()))?;
                self.file.remove(&account)
            }
        }
    }

    /// Forgets a secret; that it was not there is no error.
    ///
    /// # Errors
    /// [`SecretError`] when a file cannot be written.
    pub fn remove(&self, store: &mut Store, name: SecretName) -> Result<(), SecretError> {
        store.reload()?;
        let account = name.account(store.stored());
        if stored(store.stored(), name).is_some() {
            write(store, name, None)?;
        }
        self.file.remove(&account)
    }

    /// Makes sure that the name under which the secret will be stored is the one by which it will be looked up.
    fn prepare(&self, store: &mut Store, name: SecretName) -> Result<(), SecretError> {
        store.reload()?;
        let Some(kind) = name.directory() else { return Ok(()) };
        if store.stored().directory(kind)?.is_empty() {
            // Gives the directory its id.
            store.update(|data| data.update_directory(kind, |_| ()))?.value?;
        }
        Ok(())
    }
}

/// The secret's field in `data.json`, unless it is absent or empty.
fn stored(data: &DataFile, name: SecretName) -> Option<&str> {
    let object = match name.directory() {
        None => data.as_map(),
        Some(kind) => data.directory(kind).ok()?,
    };
    object.get(name.field()).and_then(Value::as_str).filter(|value| !value.is_empty())
}

fn write(store: &mut Store, name: SecretName, value: Option<&str>) -> Result<(), SecretError> {
    let updated = store.update(|data| {
        let object = match name.directory() {
            None => data.as_map_mut(),
            Some(kind) => match data.as_map_mut().get_mut(directory_key(kind)) {
                Some(Value::Object(object)) => object,
                _ => {
                    return Err(StoreError::WrongType { key: directory_key(kind), expected: "an object" });
                }
            },
        };
        match (value, name.directory()) {
            (Some(value), _) => {
                object.insert(name.field().to_owned(), value.into());
            }
            // The official connector keeps the fields of its settings, and drops those of the account.
            (None, Some(_)) => {
                object.insert(name.field().to_owned(), Value::Null);
            }
            (None, None) => {
                object.shift_remove(name.field());
            }
        }
        Ok(())
    })?;
    Ok(updated.value?)
}
