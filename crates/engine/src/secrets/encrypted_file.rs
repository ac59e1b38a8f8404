//! `secrets.json`: values encrypted one by one with the key in `secrets.key`.
//!
//! XChaCha20-Poly1305 with a random nonce for each value and the value's name as associated data, so that no value can
//! be put in another's place. Both files are made when the first secret is stored.

use super::{SecretError, SecretName};
use crate::lock::wait_for;
use crate::paths::Profile;
use crate::paths::owner_only::{self, Places};
use crate::store::WRITER_PATIENCE;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const VERSION: u32 = 1;

const VALUE_PLACES: Places = Places {
    before: "secrets.write.before",
    on_disk: "secrets.fsync.after",
    before_rename: "secrets.rename.before",
    after_rename: "secrets.rename.after",
};
const KEY_PLACES: Places = Places {
    before: "secrets.key.write.before",
    on_disk: "secrets.key.fsync.after",
    before_rename: "secrets.key.rename.before",
    after_rename: "secrets.key.rename.after",
};

/// The file's shape. Values are base64 of nonce and ciphertext.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    secrets: BTreeMap<String, String>,
}

pub(super) struct EncryptedFile {
    values: PathBuf,
    key: PathBuf,
    lock: PathBuf,
    profile: Profile,
}

impl EncryptedFile {
    pub(super) fn new(profile: &Profile) -> Self {
        Self {
            values: profile.secrets_json(),
            key: profile.secrets_key(),
            lock: profile.write_lock(),
            profile: profile.clone(),
        }
    }

    pub(super) fn get(&self, name: SecretName, account: &str) -> Result<Option<SecretString>, SecretError> {
        let stored = self.read()?;
        let Some(encoded) = stored.secrets.get(account) else { return Ok(None) };
        let key = self.read_key()?.ok_or_else(|| SecretError::KeyMissing { path: self.key.clone() })?;
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
        let key = match self.read_key()? {
            Some(key) => key,
            None if stored.secrets.is_empty() => self.make_key()?,
            None => return Err(SecretError::KeyMissing { path: self.key.clone() }),
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

    fn read(&self) -> Result<Stored, SecretError> {
        let bytes = match std::fs::read(&self.values) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Stored { version: VERSION, secrets: BTreeMap::new() });
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

    fn read_key(&self) -> Result<Option<SecretBox<[u8; KEY_BYTES]>>, SecretError> {
        if let Some(found) = owner_only::too_open(&self.key) {
            return Err(SecretError::KeyTooOpen { path: found.path, mode: found.mode });
        }
        let bytes = match std::fs::read(&self.key) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_at(&self.key)(error)),
        };
        let bytes = SecretBox::new(bytes.into_boxed_slice());
        let key = <[u8; KEY_BYTES]>::try_from(bytes.expose_secret());
        let key = key.map_err(|_| SecretError::KeyDamaged { path: self.key.clone() })?;
        Ok(Some(SecretBox::new(Box::new(key))))
    }

    fn make_key(&self) -> Result<SecretBox<[u8; KEY_BYTES]>, SecretError> {
        let mut random = Ok(());
        let key = SecretBox::init_with_mut(|key: &mut [u8; KEY_BYTES]| random = getrandom::fill(key));
        random.map_err(SecretError::Random)?;
        replace(&self.key, key.expose_secret(), &KEY_PLACES)?;
        Ok(key)
    }
}

fn encrypt(
    key: &SecretBox<[u8; KEY_BYTES]>,
    account: &str,
    value: &SecretString,
) -> Result<String, SecretError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(SecretError::Random)?;
    let payload = Payload { msg: value.expose_secret().as_bytes(), aad: account.as_bytes() };
    let sealed = cipher(key)
        .encrypt(&XNonce::from(nonce), payload)
        .expect("a secret is far shorter than the cipher's limit of 256 GB");
    Ok(STANDARD.encode([nonce.as_slice(), &sealed].concat()))
}

fn decrypt(key: &SecretBox<[u8; KEY_BYTES]>, account: &str, encoded: &str) -> Option<SecretString> {
    let bytes = STANDARD.decode(encoded).ok()?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
    let payload = Payload { msg: sealed, aad: account.as_bytes() };
    let plain = cipher(key).decrypt(&XNonce::from(*nonce), payload).ok()?;
    String::from_utf8(plain).ok().map(SecretString::from)
}

fn cipher(key: &SecretBox<[u8; KEY_BYTES]>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key.expose_secret()))
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> SecretError {
    let path = path.to_owned();
    move |source| SecretError::Io { path, source }
}

fn replace(path: &Path, content: &[u8], places: &Places) -> Result<(), SecretError> {
    owner_only::replace(path, content, places, || Ok::<_, io::Error>(())).map_err(io_at(path))
}
