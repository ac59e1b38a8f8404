//! The key of the encrypted file: where it comes from, and how.
//!
//! The file itself says which kind of key it was made with, so that a secret never becomes unreadable by a variable that
//! is set one day and not the next.

use super::SecretError;
use crate::file;
use crate::paths::owner_only::{self, Places};
use crate::paths::{ProcessEnvironment, Profile};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

pub(super) const KEY_BYTES: usize = 32;
const SALT_BYTES: usize = 16;
/// Argon2id as RFC 9106 recommends it for little memory, in KiB.
const MEMORY: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;
/// What a file may ask for: less would be easy to guess, more would keep this machine busy.
const USUAL_MEMORY: RangeInclusive<u32> = 16 * 1024..=1024 * 1024;
const USUAL_PASSES: RangeInclusive<u32> = 1..=50;
const USUAL_LANES: RangeInclusive<u32> = 1..=16;
/// Fewer bytes are no key.
const SHORTEST_CREDENTIAL: usize = 16;
/// Where systemd puts it: `LoadCredential=bwdc.key:…`.
const CREDENTIAL: &str = "bwdc.key";
const PASSPHRASE: &str = "BWDC_SECRETS_PASSPHRASE";
pub(super) const PASSPHRASE_FILE: &str = "BWDC_SECRETS_PASSPHRASE_FILE";

const PLACES: Places = Places {
    before: "secrets.key.write.before",
    on_disk: "secrets.key.fsync.after",
    before_rename: "secrets.key.rename.before",
    after_rename: "secrets.key.rename.after",
};

pub(super) type Key = SecretBox<[u8; KEY_BYTES]>;

/// The kinds of key that somebody can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Random, in `secrets.key`, for its owner only; on Windows bound to the machine as well.
    File,
    /// From the credential `bwdc.key` of systemd.
    Credential,
    /// From a passphrase, in `BWDC_SECRETS_PASSPHRASE` or in the file that `BWDC_SECRETS_PASSPHRASE_FILE` names.
    Passphrase,
}

/// How the key of a file is found again. Nothing here is secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum KeySource {
    /// The bytes of `secrets.key`.
    #[default]
    File,
    /// The bytes of `secrets.key`, which only this machine can open.
    Machine,
    Credential,
    Passphrase {
        salt: String,
        memory: u32,
        passes: u32,
        lanes: u32,
    },
}

impl KeySource {
    pub(super) fn kind(&self) -> KeyKind {
        match self {
            Self::File | Self::Machine => KeyKind::File,
            Self::Credential => KeyKind::Credential,
            Self::Passphrase { .. } => KeyKind::Passphrase,
        }
    }
}

/// What the profile and the environment offer.
#[derive(Clone)]
pub(super) struct KeyPlaces {
    file: PathBuf,
    environment: ProcessEnvironment,
}

impl KeyPlaces {
    pub(super) fn new(profile: &Profile, environment: &ProcessEnvironment) -> Self {
        Self { file: profile.secrets_key(), environment: environment.clone() }
    }

    /// The kind for a new file: what the environment offers, else a file.
    pub(super) fn offered(&self) -> KeyKind {
        let set = |name| self.environment.variable(name).is_some();
        if set(PASSPHRASE) || set(PASSPHRASE_FILE) {
            KeyKind::Passphrase
        } else if self.credential().is_some_and(|path| path.exists()) {
            KeyKind::Credential
        } else {
            KeyKind::File
        }
    }

    /// The key of a file that exists.
    pub(super) fn find(&self, source: &KeySource) -> Result<Key, SecretError> {
        match source {
            KeySource::File | KeySource::Machine => {
                let bytes =
                    self.read_file()?.ok_or_else(|| SecretError::KeyMissing { path: self.file.clone() })?;
                let bytes = if *source == KeySource::Machine { machine::open(&bytes)? } else { bytes };
                exactly(&bytes).ok_or_else(|| SecretError::KeyDamaged { path: self.file.clone() })
            }
            KeySource::Credential => self.read_credential(),
            KeySource::Passphrase { salt, memory, passes, lanes } => {
                let usual = USUAL_MEMORY.contains(memory)
                    && USUAL_PASSES.contains(passes)
                    && USUAL_LANES.contains(lanes);
                let params =
                    usual.then(|| Params::new(*memory, *passes, *lanes, Some(KEY_BYTES)).ok()).flatten();
                let salt = STANDARD.decode(salt).ok().filter(|it| it.len() == SALT_BYTES);
                match (params, salt) {
                    (Some(params), Some(salt)) => derived(&self.passphrase()?, &salt, params),
                    _ => Err(SecretError::KeyDescription),
                }
            }
        }
    }

    /// A new key of this kind, and how it is found again.
    pub(super) fn make(&self, kind: KeyKind) -> Result<(KeySource, Key), SecretError> {
        match kind {
            KeyKind::File => self.make_file(),
            KeyKind::Credential => Ok((KeySource::Credential, self.read_credential()?)),
            KeyKind::Passphrase => {
                let mut salt = [0; SALT_BYTES];
                getrandom::fill(&mut salt).map_err(SecretError::Random)?;
                let source = KeySource::Passphrase {
                    salt: STANDARD.encode(salt),
                    memory: MEMORY,
                    passes: PASSES,
                    lanes: LANES,
                };
                let key = self.find(&source)?;
                Ok((source, key))
            }
        }
    }

    fn make_file(&self) -> Result<(KeySource, Key), SecretError> {
        // A key that is there may belong to a backup of the secrets.
        if let Some(bytes) = self.read_file()? {
            if let Some(key) = exactly(&bytes) {
                return Ok((KeySource::File, key));
            }
            if let Some(key) = machine::open(&bytes).ok().and_then(|bytes| exactly(&bytes)) {
                return Ok((KeySource::Machine, key));
            }
            return Err(SecretError::KeyDamaged { path: self.file.clone() });
        }
        let mut random = Ok(());
        let key = SecretBox::init_with_mut(|key: &mut [u8; KEY_BYTES]| random = getrandom::fill(key));
        random.map_err(SecretError::Random)?;
        let (source, content) = machine::seal(key.expose_secret())?;
        owner_only::replace(&self.file, &content, &PLACES, || Ok::<_, io::Error>(()))
            .map_err(|source| SecretError::Io { path: self.file.clone(), source })?;
        Ok((source, key))
    }

    fn read_file(&self) -> Result<Option<Zeroizing<Vec<u8>>>, SecretError> {
        if let Some(found) = owner_only::too_open(&self.file) {
            return Err(SecretError::KeyTooOpen { path: found.path, mode: found.mode });
        }
        match file::read(&self.file, file::SETTINGS) {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(SecretError::Io { path: self.file.clone(), source }),
        }
    }

    fn credential(&self) -> Option<PathBuf> {
        self.environment.variable("CREDENTIALS_DIRECTORY").map(|folder| Path::new(folder).join(CREDENTIAL))
    }

    fn read_credential(&self) -> Result<Key, SecretError> {
        let path = self.credential().ok_or(SecretError::CredentialMissing)?;
        let bytes = match file::read(&path, file::SETTINGS) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(SecretError::CredentialMissing);
            }
            Err(source) => return Err(SecretError::Io { path, source }),
        };
        let bytes = bytes.trim_ascii_end();
        if bytes.len() < SHORTEST_CREDENTIAL {
            return Err(SecretError::KeyDamaged { path });
        }
        let mut hash = Sha256::new();
        hash.update(b"bwdc secrets\0");
        hash.update(bytes);
        Ok(SecretBox::new(Box::new(hash.finalize().into())))
    }

    fn passphrase(&self) -> Result<Zeroizing<String>, SecretError> {
        let not_text = |path: PathBuf| SecretError::Io { path, source: io::ErrorKind::InvalidData.into() };
        let text = match (self.environment.variable(PASSPHRASE), self.environment.variable(PASSPHRASE_FILE)) {
            (Some(text), _) => text.to_str().map(str::to_owned).ok_or_else(|| not_text(PASSPHRASE.into()))?,
            (None, Some(path)) => {
                let path = PathBuf::from(path);
                crate::file::read_named_text(&path, crate::file::SETTINGS)
                    .map_err(|source| SecretError::Io { path, source })?
            }
            (None, None) => return Err(SecretError::PassphraseMissing),
        };
        let text = Zeroizing::new(text);
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err(SecretError::PassphraseMissing),
            text => Ok(Zeroizing::new(text.to_owned())),
        }
    }
}

fn exactly(bytes: &[u8]) -> Option<Key> {
    <[u8; KEY_BYTES]>::try_from(bytes).ok().map(|key| SecretBox::new(Box::new(key)))
}

/// Keys that this process derived, by a fingerprint of what they were derived from: it takes a while, on purpose, and one
/// command asks for several secrets.
static DERIVED: Mutex<Vec<([u8; 32], Key)>> = Mutex::new(Vec::new());

fn derived(passphrase: &str, salt: &[u8], params: Params) -> Result<Key, SecretError> {
    let mut fingerprint = Sha256::new();
    for part in [salt, &params.m_cost().to_le_bytes(), &params.t_cost().to_le_bytes(), passphrase.as_bytes()]
    {
        fingerprint.update(part);
    }
    let fingerprint: [u8; 32] = fingerprint.finalize().into();
    let mut known = DERIVED.lock().unwrap_or_else(PoisonError::into_inner);
    let copy = |key: &Key| SecretBox::new(Box::new(*key.expose_secret()));
    if let Some((_, key)) = known.iter().find(|(it, _)| *it == fingerprint) {
        return Ok(copy(key));
    }
    let mut key: Key = SecretBox::new(Box::new([0; KEY_BYTES]));
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, key.expose_secret_mut())
        .map_err(|_| SecretError::KeyDescription)?;
    known.push((fingerprint, copy(&key)));
    Ok(key)
}

/// On Windows a key file is sealed by the machine (DPAPI): a copy of it on another one is of no use. Every account of the
/// machine can open it, so that a service can, too; the access list of the folder decides who may read it.
#[cfg(windows)]
mod machine {
    use super::{KEY_BYTES, KeySource, SecretError};
    use secrecy::zeroize::Zeroizing;
    use windows_dpapi::{Scope, decrypt_data, encrypt_data};

    const PURPOSE: &[u8] = b"bwdc secrets";

    pub(super) fn seal(key: &[u8; KEY_BYTES]) -> Result<(KeySource, Vec<u8>), SecretError> {
        let sealed = encrypt_data(key, Scope::Machine, Some(PURPOSE));
        Ok((KeySource::Machine, sealed.map_err(|_| SecretError::OtherMachine)?))
    }

    pub(super) fn open(bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let opened = decrypt_data(bytes, Scope::Machine, Some(PURPOSE));
        opened.map(Zeroizing::new).map_err(|_| SecretError::OtherMachine)
    }
}

#[cfg(not(windows))]
mod machine {
    use super::{KEY_BYTES, KeySource, SecretError};
    use secrecy::zeroize::Zeroizing;

    pub(super) fn seal(key: &[u8; KEY_BYTES]) -> Result<(KeySource, Vec<u8>), SecretError> {
        Ok((KeySource::File, key.to_vec()))
    }

    pub(super) fn open(_bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        Err(SecretError::OtherMachine)
    }
}
