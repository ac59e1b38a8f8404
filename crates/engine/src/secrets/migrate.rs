//! Secrets moved from one store to another.

use super::master_key::KeyKind;
use super::{SecretError, SecretName, SecretPlace, SecretStore, Secrets, stored};
use crate::store::Store;
use secrecy::{ExposeSecret, SecretString};

/// What a move did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Secrets that are in the new place now, with the place they came from.
    pub moved: Vec<(SecretName, SecretPlace)>,
    /// Secrets that were there already.
    pub stayed: Vec<SecretName>,
}

impl Secrets {
    /// Moves every stored secret:
    ///
    /// 1. reads all of them: one that cannot be read ends it, and nothing was changed;
    /// 2. stores each in the new place and reads it back from there;
    /// 3. when all are there, forgets them in the old places.
    ///
    /// What the environment or a command provides is not stored, and stays where it is.
    ///
    /// # Errors
    /// [`SecretError`]; whatever was moved until then is still in its old place, too.
    pub fn migrate(&self, store: &mut Store, to: SecretStore) -> Result<Moved, SecretError> {
        if to == SecretStore::Plaintext && !self.environment.plaintext_secrets() {
            return Err(SecretError::PlaintextNotAsked);
        }
        store.reload()?;
        let mut result = Moved { moved: Vec::new(), stayed: Vec::new() };
        let mut values = Vec::new();
        for name in SecretName::ALL {
            let Some(value) = self.read_stored(store, name)? else { continue };
            match self.stored_place(store.stored(), name) {
                Some(place) if is_in(place, to) => result.stayed.push(name),
                place => {
                    result.moved.push((name, place.unwrap_or(SecretPlace::Elsewhere)));
                    values.push((name, value));
                }
            }
        }
        for (name, value) in &values {
            self.put(store, *name, value, to)?;
            if !self.holds(store, *name, value, to)? {
                return Err(SecretError::NotVerified { name: *name });
            }
        }
        for (name, _) in &values {
            self.forget_elsewhere(store.stored(), *name, to)?;
        }
        Ok(result)
    }

    /// Encrypts the file of secrets anew, with a key of this kind.
    ///
    /// # Errors
    /// [`SecretError`]; the file is then as it was.
    pub fn change_key(&self, kind: KeyKind) -> Result<(), SecretError> {
        self.file.change_key(kind)
    }

    /// Forgets what this profile has in the keychain; its files are not touched.
    ///
    /// # Errors
    /// [`SecretError::KeychainChange`] when a keychain that has one of them does not forget it.
    pub(crate) fn forget_keychain(&self, store: &Store) -> Result<(), SecretError> {
        let Some(keychain) = &self.keychain else { return Ok(()) };
        for name in SecretName::ALL {
            if self.stored_place(store.stored(), name) == Some(SecretPlace::Keychain) {
                keychain
                    .remove(name.accounts(store.stored()))
                    .map_err(|source| SecretError::KeychainChange { name, source })?;
            }
        }
        Ok(())
    }

    fn read_stored(&self, store: &Store, name: SecretName) -> Result<Option<SecretString>, SecretError> {
        match stored(store.stored(), name) {
            None => Ok(None),
            Some(super::MARKER) => self.read_from_stores(store.stored(), name).map(Some),
            Some(plain) => Ok(Some(SecretString::from(plain))),
        }
    }

    fn holds(
        &self,
        store: &Store,
        name: SecretName,
        value: &SecretString,
        to: SecretStore,
    ) -> Result<bool, SecretError> {
        let data = store.stored();
        let found = match to {
            SecretStore::EncryptedFile => self.file.get(name, &name.account(data))?,
            SecretStore::Keychain => match &self.keychain {
                Some(keychain) => keychain
                    .get(vec![name.account(data)])
                    .map_err(|source| SecretError::KeychainChange { name, source })?,
                None => None,
            },
            SecretStore::Plaintext => stored(data, name).map(SecretString::from),
        };
        Ok(found.is_some_and(|it| it.expose_secret() == value.expose_secret()))
    }
}

fn is_in(place: SecretPlace, store: SecretStore) -> bool {
    matches!(
        (place, store),
        (SecretPlace::Plaintext, SecretStore::Plaintext)
            | (SecretPlace::Keychain, SecretStore::Keychain)
            | (SecretPlace::EncryptedFile, SecretStore::EncryptedFile)
    )
}
