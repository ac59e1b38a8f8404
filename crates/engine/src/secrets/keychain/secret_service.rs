//! The Secret Service of a desktop session (GNOME Keyring, KDE Wallet, KeePassXC), over the session's message bus.
//!
//! Attributes are `service` and `account`, which is what the official connector's libraries have always searched by.

use super::KeychainError;
use crate::paths::ProcessEnvironment;
use secrecy::zeroize::Zeroizing;
use secret_service::{Collection, EncryptionType, Error, Item, SecretService};
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;
use zbus::connection::Builder;

/// To connect and to be answered, where nobody has to type anything.
const ANSWER: Duration = Duration::from_secs(10);
/// For somebody to type the keychain's password.
const UNLOCKED: Duration = Duration::from_secs(25);

/// Where the bus is, and whether somebody could be asked for the keychain's password.
#[derive(Clone)]
pub(super) struct Place {
    address: String,
    has_screen: bool,
}

pub(super) fn place(environment: &ProcessEnvironment) -> Option<Place> {
    let address = match environment.variable("DBUS_SESSION_BUS_ADDRESS") {
        Some(address) => address.to_str()?.to_owned(),
        None => {
            let socket = Path::new(environment.variable("XDG_RUNTIME_DIR")?).join("bus");
            format!("unix:path={}", Some(socket).filter(|it| it.exists())?.to_str()?)
        }
    };
    let has_screen = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| environment.variable(name).is_some());
    Some(Place { address, has_screen })
}

pub(super) fn is_usable(place: &Place) -> Result<bool, KeychainError> {
    run(async {
        let keychain = connect(place).await?;
        let collection = soon(keychain.get_default_collection()).await?;
        Ok(place.has_screen || !soon(collection.is_locked()).await?)
    })
}

pub(super) fn get(place: &Place, service: &str, account: &str) -> Result<Option<Vec<u8>>, KeychainError> {
    run(async {
        let keychain = connect(place).await?;
        match find(place, &keychain, service, account).await?.first() {
            Some(item) => item.get_secret().await.map(Some).map_err(failed),
            None => Ok(None),
        }
    })
}

pub(super) fn set(
    place: &Place,
    service: &str,
    account: &str,
    text: &Zeroizing<String>,
) -> Result<(), KeychainError> {
    run(async {
        let keychain = connect(place).await?;
        let found = find(place, &keychain, service, account).await?;
        if let Some(item) = found.first() {
            return item.set_secret(text.as_bytes(), "text/plain").await.map_err(failed);
        }
        let collection = soon(keychain.get_default_collection()).await?;
        unlock(place, &collection).await?;
        let label = format!("{service}/{account}");
        let made =
            collection.create_item(&label, attributes(service, account), text.as_bytes(), true, "text/plain");
        soon(made).await.map(drop)
    })
}

pub(super) fn remove(place: &Place, service: &str, account: &str) -> Result<(), KeychainError> {
    run(async {
        let keychain = connect(place).await?;
        for item in find(place, &keychain, service, account).await? {
            soon(item.delete()).await?;
        }
        Ok(())
    })
}

fn run<T>(work: impl Future<Output = Result<T, KeychainError>>) -> Result<T, KeychainError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| KeychainError::Unreachable(error.to_string()))?.block_on(work)
}

async fn connect(place: &Place) -> Result<SecretService<'static>, KeychainError> {
    let connection = async {
        let connection = Builder::address(place.address.as_str())?.build().await?;
        SecretService::connect_with_existing(EncryptionType::Dh, connection).await
    };
    soon(connection).await
}

/// The entries of an account, unlocked.
async fn find<'k>(
    place: &Place,
    keychain: &'k SecretService<'_>,
    service: &str,
    account: &str,
) -> Result<Vec<Item<'k>>, KeychainError> {
    let found = soon(keychain.search_items(attributes(service, account))).await?;
    let mut items = found.unlocked;
    for item in found.locked {
        if !place.has_screen {
            return Err(KeychainError::Locked);
        }
        tokio::time::timeout(UNLOCKED, item.unlock())
            .await
            .map_err(|_| KeychainError::Locked)?
            .map_err(failed)?;
        items.push(item);
    }
    Ok(items)
}

async fn unlock(place: &Place, collection: &Collection<'_>) -> Result<(), KeychainError> {
    if !soon(collection.is_locked()).await? {
        return Ok(());
    }
    if !place.has_screen {
        return Err(KeychainError::Locked);
    }
    tokio::time::timeout(UNLOCKED, collection.unlock())
        .await
        .map_err(|_| KeychainError::Locked)?
        .map_err(failed)
}

fn attributes<'t>(service: &'t str, account: &'t str) -> HashMap<&'t str, &'t str> {
    HashMap::from([("service", service), ("account", account)])
}

async fn soon<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, KeychainError> {
    tokio::time::timeout(ANSWER, work).await.map_err(|_| KeychainError::Silent)?.map_err(failed)
}

fn failed(error: Error) -> KeychainError {
    let nobody =
        || KeychainError::Unreachable("no Secret Service is on the session's message bus".to_owned());
    match error {
        Error::Locked | Error::Prompt => KeychainError::Locked,
        Error::Unavailable | Error::NoResult => nobody(),
        error @ (Error::Zbus(_) | Error::ZbusFdo(_)) => match error.to_string() {
            said if said.contains("org.freedesktop.DBus.Error.ServiceUnknown") => nobody(),
            said => KeychainError::Unreachable(said),
        },
        error => KeychainError::Refused(error.to_string()),
    }
}
