//! `secrets.json`: values encrypted one by one, with a key from a file, a credential or a passphrase.
//!
//! XChaCha20-Poly1305 with a random nonce for each value and the value's name as associated data, so that no value can
//! be put in another's place. File and key are made when the first secret is stored.

use super::master_key::{Key as CipherKey, KeyKind, KeyPlaces, KeySource};
use super::{SecretError, SecretName};
use crate::file;
use crate::lock::wait_for;
use crate::paths::owner_only::{self, Places};
use crate::paths::{ProcessEnvironment, Profile};
use crate::store::WRITER_PATIENCE;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

const NONCE_BYTES: usize = 24;
const VERSION: u32 = 1;

const VALUE_PLACES: Places = Places {
    before: "secrets.write.before",
    on_disk: "secrets.fsync.after",
    before_rename: "secrets.rename.before",
    after_rename: "secrets.rename.after",
};
/// The file's shape. Values are base64 of nonce and ciphertext.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    /// Which key; absent: the one in `secrets.key`.
    #[serde(default, skip_serializing_if = "is_usual")]
    key: KeySource,
    secrets: BTreeMap<String, String>,
}

fn is_usual(source: &KeySource) -> bool {
    *source == KeySource::File
}

pub(super) struct EncryptedFile {
    values: PathBuf,
    key_file: PathBuf,
    keys: KeyPlaces,
    lock: PathBuf,
    profile: Profile,
}

impl EncryptedFile {
    pub(super) fn new(profile: &Profile, environment: &ProcessEnvironment) -> Self {
        Self {
            values: profile.secrets_json(),
            key_file: profile.secrets_key(),
            keys: KeyPlaces::new(profile, environment),
            lock: profile.write_lock(),
            profile: profile.clone(),
        }
    }

    pub(super) fn get(&self, name: SecretName, account: &str) -> Result<Option<SecretString>, SecretError> {
        let stored = self.read()?;
        let Some(encoded) = stored.secrets.get(account) else { return Ok(None) };
        let key = self.keys.find(&stored.key)?;
        let text = decrypt(&key, account, encoded).ok_or(SecretError::Undecipherable { name })?;
        Ok(Some(text))
    }

    /// Whether there is a value of this name, whether or not it can be decrypted.
    pub(super) fn contains(&self, account: &str) -> bool {
        self.read().is_ok_and(|stored| stored.secrets.contains_key(account))
    }

    pub(super) fn set(&self, account: &str, value: &SecretString) -> Result<(), SecretError> {
        self.profile.create_folder().map_err(io_at(&self.profile.folder))?;
        let _lock = wait_for(&self.lock, WRITER_PATIENCE).map_err(SecretError::Busy)?;
        let mut stored = self.read()?;
        let key = if stored.secrets.is_empty() {
            // Nothing depends on the key of before.
            let (source, key) = self.keys.make(self.keys.offered())?;
            stored.key = source;
            key
        } else {
            self.keys.find(&stored.key)?
        };
        stored.secrets.insert(account.to_owned(), encrypt(&key, account, value)?);
        self.write(&stored)
    }

    pub(super) fn remove(&self, account: &str) -> Result<(), SecretError> {
        if !self.values.exists() {
            return Ok(());
        }
        let _lock = wait_for(&self.lock, WRITER_PATIENCE).map_err(SecretError::Busy)?;
        let mut stored = self.read()?;
        if stored.secrets.remove(account).is_some() { self.write(&stored) } else { Ok(()) }
    }

    /// Whether there is a value at all.
    pub(super) fn is_in_use(&self) -> bool {
        self.read().is_ok_and(|stored| !stored.secrets.is_empty())
    }

    /// The kind of key, of the file or of the one that would be made.
    pub(super) fn key_kind(&self) -> KeyKind {
        let stored = self.read().ok().filter(|stored| !stored.secrets.is_empty());
        stored.map_or_else(|| self.keys.offered(), |stored| stored.key.kind())
    }

    /// Encrypts every value anew with a key of this kind, and forgets a key file that is not needed any more.
    pub(super) fn change_key(&self, kind: KeyKind) -> Result<(), SecretError> {
        let _lock = wait_for(&self.lock, WRITER_PATIENCE).map_err(SecretError::Busy)?;
        let mut stored = self.read()?;
        if stored.secrets.is_empty() || stored.key.kind() == kind {
            return Ok(());
        }
        let old = self.keys.find(&stored.key)?;
        let (source, new) = self.keys.make(kind)?;
        for (account, encoded) in &mut stored.secrets {
            let value = decrypt(&old, account, encoded)
                .ok_or_else(|| SecretError::Damaged { path: self.values.clone() })?;
            *encoded = encrypt(&new, account, &value)?;
            let same =
                decrypt(&new, account, encoded).is_some_and(|it| it.expose_secret() == value.expose_secret());
            if !same {
                return Err(SecretError::Damaged { path: self.values.clone() });
            }
        }
        stored.key = source;
        self.write(&stored)?;
        if kind != KeyKind::File {
            match std::fs::remove_file(&self.key_file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(io_at(&self.key_file)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn read(&self) -> Result<Stored, SecretError> {
        let bytes = match file::read(&self.values, file::SETTINGS) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Stored { version: VERSION, key: KeySource::File, secrets: BTreeMap::new() });
            }
            Err(error) => return Err(io_at(&self.values)(error)),
        };
        let stored = serde_json::from_slice::<Stored>(&bytes).ok().filter(|it| it.version == VERSION);
        stored.ok_or_else(|| SecretError::Damaged { path: self.values.clone() })
    }

    fn write(&self, stored: &Stored) -> Result<(), SecretError> {
        let bytes = serde_json::to_vec_pretty(stored).expect("names and base64 text are JSON");
        replace(&self.values, &bytes, &VALUE_PLACES)
    }
}

fn encrypt(key: &CipherKey, account: &str, value: &SecretString) -> Result<String, SecretError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(SecretError::Random)?;
    let payload = Payload { msg: value.expose_secret().as_bytes(), aad: account.as_bytes() };
    let sealed = cipher(key)
        .encrypt(&XNonce::from(nonce), payload)
        .expect("a secret is far shorter than the cipher's limit of 256 GB");
    Ok(STANDARD.encode([nonce.as_slice(), &sealed].concat()))
}

fn decrypt(key: &CipherKey, account: &str, encoded: &str) -> Option<SecretString> {
    let bytes = STANDARD.decode(encoded).ok()?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
    let payload = Payload { msg: sealed, aad: account.as_bytes() };
    let plain = cipher(key).decrypt(&XNonce::from(*nonce), payload).ok()?;
    String::from_utf8(plain).ok().map(SecretString::from)
}

fn cipher(key: &CipherKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key.expose_secret()))
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> SecretError {
    let path = path.to_owned();
    move |source| SecretError::Io { path, source }
}

fn replace(path: &Path, content: &[u8], places: &Places) -> Result<(), SecretError> {
    owner_only::replace(path, content, places, || Ok::<_, io::Error>(())).map_err(io_at(path))
}
