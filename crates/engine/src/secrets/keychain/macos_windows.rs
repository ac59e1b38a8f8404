//! macOS Keychain and Windows Credential Manager, which are always there.

use super::KeychainError;
use crate::paths::{Platform, ProcessEnvironment};
use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use secrecy::zeroize::Zeroizing;

/// There is one for each user.
#[derive(Clone)]
pub(super) struct Place;

/// None where the environment is one that was made for another platform, as tests do.
pub(super) fn place(environment: &ProcessEnvironment) -> Option<Place> {
    (environment.platform() != Platform::Linux).then_some(Place)
}

#[expect(clippy::unnecessary_wraps, reason = "the other platform's can fail")]
pub(super) fn is_usable(_place: &Place) -> Result<bool, KeychainError> {
    Ok(true)
}

pub(super) fn get(_place: &Place, service: &str, account: &str) -> Result<Option<Vec<u8>>, KeychainError> {
    match entry(service, account)?.get_secret() {
        Ok(bytes) => Ok(Some(bytes)),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

pub(super) fn set(
    _place: &Place,
    service: &str,
    account: &str,
    text: &Zeroizing<String>,
) -> Result<(), KeychainError> {
    entry(service, account)?.set_password(text).map_err(|error| failed(&error))
}

pub(super) fn remove(_place: &Place, service: &str, account: &str) -> Result<(), KeychainError> {
    match entry(service, account)?.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(failed(&error)),
    }
}

#[cfg(windows)]
fn entry(service: &str, account: &str) -> Result<Entry, KeychainError> {
    // The official connector's name for an entry.
    let target = format!("{service}/{account}");
    let modifiers = std::collections::HashMap::from([("target", target.as_str())]);
    let store = windows_native_keyring_store::Store::new().map_err(|error| failed(&error))?;
    store.build(service, account, Some(&modifiers)).map_err(|error| failed(&error))
}

#[cfg(target_os = "macos")]
fn entry(service: &str, account: &str) -> Result<Entry, KeychainError> {
    let store = apple_native_keyring_store::keychain::Store::new().map_err(|error| failed(&error))?;
    store.build(service, account, None).map_err(|error| failed(&error))
}

/// Never with what was stored: some of these errors carry it.
fn failed(error: &Error) -> KeychainError {
    match error {
        Error::NoStorageAccess(cause) => KeychainError::Unreachable(cause.to_string()),
        Error::PlatformFailure(cause) => KeychainError::Refused(cause.to_string()),
        Error::TooLong(what, most) => {
            KeychainError::Refused(format!("the {what} is longer than {most}; use the encrypted file"))
        }
        Error::BadEncoding(_) | Error::BadDataFormat(..) => KeychainError::NotText,
        _ => KeychainError::Refused("it is not available".to_owned()),
    }
}
