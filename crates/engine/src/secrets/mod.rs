//! Secrets: where they are kept, and the one way to read and write them.
//!
//! `data.json` tells where a secret is: a value is the secret itself, a marker means a store of its own. A secret that
//! stands there in plain text is read whatever the settings say, and is moved only when that secret is set again: an
//! installation that is taken over keeps working, also for the official connector beside us.

mod command;
mod encrypted_file;
mod error;
mod keychain;
mod master_key;
mod migrate;
mod name;
mod provided;

pub use command::CommandProblem;
pub(crate) use command::check_owner;
pub use error::SecretError;
pub use keychain::KeychainError;
pub use master_key::KeyKind;
pub use migrate::Moved;
pub use name::SecretName;
pub(crate) use provided::from_outside;

use crate::paths::{ProcessEnvironment, Profile};
use crate::store::{
    DataFile, MARKER, Overrides, Store, StoreError, directory_key, entered_for, note_entered_for,
    read_connector_settings,
};
use bwdc_core::settings::{SecretOptions, SecretStoreChoice, Setting};
use encrypted_file::EncryptedFile;
use keychain::Keychain;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::path::PathBuf;

/// No secret is longer, in bytes. Some come from a server, and one without end would make the file in which it is kept unreadable.
const LONGEST: usize = 64 * 1024;

/// Where secrets that are set go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretStore {
    /// Into `data.json` as they are, as the official variable asks.
    Plaintext,
    /// Into the keychain of the operating system, where the official connector keeps them.
    Keychain,
    /// Into `secrets.json`, encrypted: works without a desktop session. With the key in a file beside it, it keeps the
    /// secrets out of copies of the settings; who can read the whole folder has the key as well.
    EncryptedFile,
}

/// Where a secret that is set is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// In `data.json` as it is.
    Plaintext,
    /// In the keychain of the operating system.
    Keychain,
    /// In `secrets.json`.
    EncryptedFile,
    /// In an environment variable.
    Variable,
    /// In a file of its own, in the folder that the environment names.
    File,
    /// Wherever the command of `secrets.command` has it from.
    Command,
    /// `data.json` says that it is stored, and none of our stores has it.
    Elsewhere,
}

/// The secrets of one profile.
pub struct Secrets {
    profile: Profile,
    file: EncryptedFile,
    keychain: Option<Keychain>,
    environment: ProcessEnvironment,
    /// What the settings say, where they have been read already.
    options: Option<SecretOptions>,
}

impl Secrets {
    /// The profile's secrets, kept where settings and environment ask for it. Touches no file.
    pub fn open(profile: &Profile, environment: &ProcessEnvironment) -> Self {
        Self {
            profile: profile.clone(),
            file: EncryptedFile::new(profile, environment),
            keychain: Keychain::new(profile, environment),
            environment: environment.clone(),
            options: None,
        }
    }

    /// The same under settings that have been read: they are not read again.
    #[must_use]
    pub(crate) fn under(self, options: SecretOptions) -> Self {
        Self { options: Some(options), ..self }
    }

    /// Where a secret that is not set yet would go:
    ///
    /// 1. into `data.json`, when the official variable asks for it;
    /// 2. where `secrets.store` says;
    /// 3. into the encrypted file, when others are there, or when there is no keychain that can be used now;
    /// 4. into the keychain.
    ///
    /// # Errors
    /// [`SecretError`] when the settings cannot be read.
    pub fn store(&self) -> Result<SecretStore, SecretError> {
        if self.environment.plaintext_secrets() {
            return Ok(SecretStore::Plaintext);
        }
        Ok(match self.options()?.store {
            Some(SecretStoreChoice::Keychain) => SecretStore::Keychain,
            Some(SecretStoreChoice::EncryptedFile) => SecretStore::EncryptedFile,
            None if self.file.is_in_use() => SecretStore::EncryptedFile,
            None if self.keychain.as_ref().is_some_and(Keychain::is_usable) => SecretStore::Keychain,
            None => SecretStore::EncryptedFile,
        })
    }

    /// Where this secret goes when it is set: it stays where it is, unless the settings say otherwise.
    fn store_for(&self, data: &DataFile, name: SecretName) -> Result<SecretStore, SecretError> {
        let free = !self.environment.plaintext_secrets() && self.options()?.store.is_none();
        match self.stored_place(data, name) {
            Some(SecretPlace::Keychain) if free => Ok(SecretStore::Keychain),
            Some(SecretPlace::EncryptedFile) if free => Ok(SecretStore::EncryptedFile),
            _ => self.store(),
        }
    }

    /// The kind of key that the encrypted file has, or would be made with.
    pub fn key_kind(&self) -> KeyKind {
        self.file.key_kind()
    }

    fn options(&self) -> Result<SecretOptions, SecretError> {
        if let Some(options) = &self.options {
            return Ok(options.clone());
        }
        let overrides = Overrides::from_environment(&self.environment)?;
        Ok(read_connector_settings(&self.profile.of_organization(), &overrides)?.secrets)
    }

    /// Whether the environment, a command or `data.json` holds the secret, or `data.json` says that it is stored; asks no
    /// store.
    pub fn is_set(&self, data: &DataFile, name: SecretName) -> bool {
        self.provided_place(name).is_some() || stored(data, name).is_some()
    }

    /// Where the secret is kept; None when it is not set. Decrypts nothing.
    pub fn place(&self, data: &DataFile, name: SecretName) -> Option<SecretPlace> {
        self.provided_place(name).or_else(|| self.stored_place(data, name))
    }

    fn provided_place(&self, name: SecretName) -> Option<SecretPlace> {
        let by_command = || {
            let command = self.options().is_ok_and(|it| !it.command.is_empty()) && name.directory().is_some();
            command.then_some(SecretPlace::Command)
        };
        provided::place(&self.environment, &self.profile.source, name).or_else(by_command)
    }

    fn stored_place(&self, data: &DataFile, name: SecretName) -> Option<SecretPlace> {
        Some(match stored(data, name)? {
            MARKER if self.file.contains(&name.account(data)) => SecretPlace::EncryptedFile,
            MARKER => match self.keychain.as_ref().map(|it| it.get(name.accounts(data))) {
                Some(Ok(Some(_))) => SecretPlace::Keychain,
                _ => SecretPlace::Elsewhere,
            },
            _ => SecretPlace::Plaintext,
        })
    }

    /// The files outside of the profile in which the environment gives this directory's secrets, or the passphrase.
    pub(crate) fn files_given(&self) -> Vec<PathBuf> {
        let secrets = SecretName::ALL.into_iter();
        let files = secrets.filter_map(|name| provided::file(&self.environment, &self.profile.source, name));
        let passphrase = self.environment.variable(master_key::PASSPHRASE_FILE).map(PathBuf::from);
        files.chain(passphrase).collect()
    }

    /// Reads a secret; None when none is set. What the environment or a command provides goes before what is stored.
    ///
    /// # Errors
    /// [`SecretError::NotHere`] when it is kept by another program; else why the store cannot be read.
    pub fn get(&self, data: &DataFile, name: SecretName) -> Result<Option<SecretString>, SecretError> {
        if let Some(value) = provided::get(&self.environment, &self.profile.source, name)? {
            return Ok(Some(value));
        }
        if let Some(value) = self.by_command(name)? {
            return Ok(Some(value));
        }
        match stored(data, name) {
            None => Ok(None),
            Some(MARKER) => self.read_from_stores(data, name).map(Some),
            Some(plain) => Ok(Some(SecretString::from(plain))),
        }
    }

    /// A command that fails is an error: an older secret in a store must not take its place.
    fn by_command(&self, name: SecretName) -> Result<Option<SecretString>, SecretError> {
        if name.directory().is_none() {
            return Ok(None);
        }
        let options = self.options()?;
        if options.command.is_empty() {
            return Ok(None);
        }
        let failed = |source| SecretError::Command { name, source };
        let setting = Setting::find("secrets.command");
        let by_variable = Overrides::from_environment(&self.environment)?;
        if setting.is_none_or(|setting| by_variable.get(setting).is_none()) {
            command::check_owner(&self.profile.of_organization()).map_err(failed)?;
        }
        let label = provided::label(&self.profile.source, name);
        command::run(&options.command, &label, &self.environment).map(Some).map_err(failed)
    }

    fn read_from_stores(&self, data: &DataFile, name: SecretName) -> Result<SecretString, SecretError> {
        let keychain_first = self.options()?.store == Some(SecretStoreChoice::Keychain);
        let from_keychain = || match &self.keychain {
            Some(keychain) => keychain.get(name.accounts(data)),
            None => Ok(None),
        };
        if keychain_first && let Ok(Some(value)) = from_keychain() {
            return Ok(value);
        }
        if let Some(value) = self.file.get(name, &name.account(data))? {
            return Ok(value);
        }
        match from_keychain() {
            Ok(found) => found.ok_or(SecretError::NotHere { name }),
            Err(source) => Err(SecretError::Keychain { name, source }),
        }
    }

    /// Stores a secret, on disk when this returns.
    ///
    /// In a store of its own, that gets the value before `data.json` gets the marker: a kill between the two leaves the old
    /// plaintext, or the new value behind a marker that was there before. In plain text, `data.json` comes first. What
    /// other stores held is forgotten last.
    ///
    /// # Errors
    /// [`SecretError`]; the old secret is then still in place.
    pub fn set(&self, store: &mut Store, name: SecretName, value: &SecretString) -> Result<(), SecretError> {
        if value.expose_secret().len() > LONGEST {
            return Err(SecretError::TooLong { name });
        }
        self.prepare(store, name)?;
        let target = self.store_for(store.stored(), name)?;
        self.put(store, name, value, target)?;
        self.forget_elsewhere(store.stored(), name, target)
    }

    /// Stores the value and says in `data.json` where; what other stores hold stays.
    fn put(
        &self,
        store: &mut Store,
        name: SecretName,
        value: &SecretString,
        target: SecretStore,
    ) -> Result<(), SecretError> {
        let account = name.account(store.stored());
        match target {
            SecretStore::EncryptedFile => self.file.set(&account, value)?,
            SecretStore::Keychain => self
                .keychain
                .as_ref()
                .map_or(Err(KeychainError::Absent), |it| it.set(&account, value))
                .map_err(|source| SecretError::KeychainChange { name, source })?,
            SecretStore::Plaintext => return write(store, name, Some(value.expose_secret())),
        }
        write(store, name, Some(MARKER))
    }

    fn forget_elsewhere(
        &self,
        data: &DataFile,
        name: SecretName,
        kept: SecretStore,
    ) -> Result<(), SecretError> {
        if kept != SecretStore::EncryptedFile {
            self.file.remove(&name.account(data))?;
        }
        if kept != SecretStore::Keychain
            && let Some(keychain) = &self.keychain
        {
            // Where it cannot be reached now, an old value stays; the new one is read before it.
            let _ = keychain.remove(name.accounts(data));
        }
        Ok(())
    }

    /// Forgets a secret; that it was not there is no error.
    ///
    /// # Errors
    /// [`SecretError`] when a file cannot be written, or a keychain that has it does not forget it.
    pub fn remove(&self, store: &mut Store, name: SecretName) -> Result<(), SecretError> {
        store.reload()?;
        let (account, accounts) = (name.account(store.stored()), name.accounts(store.stored()));
        let in_keychain = stored(store.stored(), name) == Some(MARKER) && !self.file.contains(&account);
        if in_keychain && let Some(keychain) = &self.keychain {
            match keychain.remove(accounts) {
                // Nothing is kept by a keychain that does not exist.
                Ok(()) | Err(KeychainError::Absent | KeychainError::Unreachable(_)) => {}
                Err(source) => return Err(SecretError::KeychainChange { name, source }),
            }
        }
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
    let entered_for = name
        .directory()
        .filter(|_| value.is_some())
        .and_then(|kind| entered_for(store.stored(), store.data(), kind));
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
            (Some(value), kind) => {
                object.insert(name.field().to_owned(), value.into());
                if kind.is_some() {
                    note_entered_for(object, entered_for);
                }
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
