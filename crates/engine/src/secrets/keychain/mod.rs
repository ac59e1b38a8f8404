//! The keychain of the operating system: Secret Service, macOS Keychain, Windows Credential Manager.
//!
//! Entries are the official connector's: service `Bitwarden Directory Connector`, the secret's name as account, the value as
//! JSON text. So whatever it stored is found after a take-over, and the other way round. Any other folder than the official
//! one has a service of its own, by its path: two profiles never share an entry.
//!
//! A keychain may wait for somebody to unlock it, for ever if need be. Every call has a time limit, on a thread of its own.

#[cfg(any(windows, target_os = "macos"))]
mod macos_windows;
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;

#[cfg(any(windows, target_os = "macos"))]
use macos_windows as platform;
#[cfg(all(unix, not(target_os = "macos")))]
use secret_service as platform;

use crate::paths::{ProcessEnvironment, Profile};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// How long a keychain may take, in seconds; somebody may have to type its password.
const PATIENCE: u64 = 30;

const SERVICE: &str = "Bitwarden Directory Connector";

/// Why the keychain did not serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeychainError {
    /// This session has none.
    #[error("this session has no keychain")]
    Absent,
    /// It cannot be reached.
    #[error("the keychain cannot be reached: {0}")]
    Unreachable(String),
    /// It is locked, and nobody unlocked it.
    #[error("the keychain is locked")]
    Locked,
    /// It did not answer in time.
    #[error("the keychain does not answer; it may be waiting for its password")]
    Silent,
    /// It refused.
    #[error("the keychain refused: {0}")]
    Refused(String),
    /// What it holds is no text.
    #[error("the keychain holds something else than text")]
    NotText,
}

/// The keychain, as one profile sees it.
#[derive(Clone)]
pub(super) struct Keychain {
    service: String,
    place: platform::Place,
}

impl Keychain {
    /// The keychain of this session, if there is one; nothing is asked of it yet.
    pub(super) fn new(profile: &Profile, environment: &ProcessEnvironment) -> Option<Self> {
        if !environment.has_keychain() {
            return None;
        }
        let official = environment.data_folder().is_ok_and(|folder| folder == profile.folder);
        Some(Self { service: service(profile, official), place: platform::place(environment)? })
    }

    /// Whether a new secret could be stored now, if need be with somebody typing the keychain's password.
    pub(super) fn is_usable(&self) -> bool {
        let place = self.place.clone();
        in_time(move || platform::is_usable(&place)).unwrap_or(false)
    }

    /// Reads the first of the accounts that has an entry.
    pub(super) fn get(&self, accounts: Vec<String>) -> Result<Option<SecretString>, KeychainError> {
        let Self { service, place } = self.clone();
        let found = in_time(move || {
            for account in &accounts {
                if let Some(bytes) = platform::get(&place, &service, account)? {
                    return Ok(Some(Zeroizing::new(bytes)));
                }
            }
            Ok(None)
        })?;
        found.map(|bytes| decode(&bytes).ok_or(KeychainError::NotText)).transpose()
    }

    /// Stores a value, and reads it back.
    pub(super) fn set(&self, account: &str, value: &SecretString) -> Result<(), KeychainError> {
        let Self { service, place } = self.clone();
        let name = account.to_owned();
        let text = serde_json::to_string(value.expose_secret()).expect("text is JSON");
        let text = Zeroizing::new(text);
        in_time(move || platform::set(&place, &service, &name, &text))?;
        match self.get(vec![account.to_owned()])? {
            Some(read) if read.expose_secret() == value.expose_secret() => Ok(()),
            _ => Err(KeychainError::Refused("it gives back something else than was stored".to_owned())),
        }
    }

    /// Forgets the entries; that one was not there is no error.
    pub(super) fn remove(&self, accounts: Vec<String>) -> Result<(), KeychainError> {
        let Self { service, place } = self.clone();
        in_time(move || accounts.iter().try_for_each(|account| platform::remove(&place, &service, account)))
    }
}

fn service(profile: &Profile, official: bool) -> String {
    if official && !profile.is_named() {
        return SERVICE.to_owned();
    }
    let folder = std::fs::canonicalize(&profile.folder).unwrap_or_else(|_| profile.folder.clone());
    let hash = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let mark: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let name = profile.folder.file_name().unwrap_or_default().to_string_lossy();
    format!("{SERVICE} profile {name} {mark}")
}

/// JSON text, as every current program writes it; else the bytes as older ones did.
///
/// On Windows those are UTF-16, or UTF-8 with or without a zero at the end.
fn decode(bytes: &[u8]) -> Option<SecretString> {
    let as_text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(|text| Zeroizing::new(text.to_owned()));
    let has_zeros = bytes.strip_suffix(&[0]).unwrap_or(bytes).contains(&0);
    let text = if has_zeros && bytes.len().is_multiple_of(2) {
        let units: Zeroizing<Vec<u16>> = Zeroizing::new(
            bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect(),
        );
        Zeroizing::new(String::from_utf16(&units).ok()?)
    } else {
        as_text(bytes)?
    };
    let text = text.trim_end_matches('\0');
    let value = serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned());
    Some(SecretString::from(value))
}

/// Whether the keychain was silent once: a command that asks for several secrets waits for it once only.
static SILENT: AtomicBool = AtomicBool::new(false);

fn in_time<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KeychainError> + Send + 'static,
) -> Result<T, KeychainError> {
    if SILENT.load(Ordering::Relaxed) {
        return Err(KeychainError::Silent);
    }
    let (sender, result) = mpsc::channel();
    let thread = std::thread::Builder::new().name("keychain".to_owned()).spawn(move || {
        // Nobody listens any more when the time is up.
        let _ = sender.send(work());
    });
    thread.map_err(|error| KeychainError::Unreachable(error.to_string()))?;
    let result = result.recv_timeout(Duration::from_secs(PATIENCE)).unwrap_or(Err(KeychainError::Silent));
    if matches!(result, Err(KeychainError::Silent)) {
        SILENT.store(true, Ordering::Relaxed);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_in_which_a_value_was_ever_stored_is_read() {
        let utf16: Vec<u8> = "\"päss\"".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in
            ["\"päss\"".as_bytes(), "päss".as_bytes(), "päss\0".as_bytes(), "\"päss\"\0".as_bytes(), &utf16]
        {
            let text = decode(bytes).map(|it| it.expose_secret().to_owned());
            assert_eq!(text.as_deref(), Some("päss"), "{bytes:?}");
        }
        assert!(decode(b"\xff\xfe\xfd").is_none());
    }

    #[test]
    fn the_official_folder_has_the_official_service_and_every_other_profile_one_of_its_own() {
        assert_eq!(service(&Profile::new("/a/Bitwarden Directory Connector"), true), SERVICE);
        let folders = ["/a/profiles/x", "/a/profiles/y", "/b/profiles/x", "/tmp/x"];
        let services: std::collections::BTreeSet<_> =
            folders.iter().map(|it| service(&Profile::new(it), false)).collect();
        assert_eq!(services.len(), folders.len());
        assert!(services.iter().all(|it| it.starts_with("Bitwarden Directory Connector profile ")));
        assert_ne!(service(&Profile::new("/a/profiles/x"), true), SERVICE);
    }
}
