//! Where the secrets of an installation and of its further sources are kept, and how they move.

use crate::installation::{Installation, SetupError};
use crate::secrets::{KeyKind, Moved, SecretName, SecretPlace, SecretStore};
use crate::settings;
use bwdc_core::names::SourceName;
use bwdc_core::settings::{Setting, SettingValue};

/// Where a secret that is entered for the first time goes, and the kind of key that the encrypted file has.
///
/// # Errors
/// [`SetupError::Secret`] when the settings cannot be read.
pub(crate) fn chosen(installation: &Installation) -> Result<(SecretStore, KeyKind), SetupError> {
    let secrets = installation.secrets();
    Ok((secrets.store()?, secrets.key_kind()))
}

/// Every secret that is set, those of further sources too, with the place where it is kept.
///
/// # Errors
/// [`SetupError`] when the settings cannot be read.
pub(crate) fn places(
    installation: &Installation,
) -> Result<Vec<(SourceName, SecretName, SecretPlace)>, SetupError> {
    let mut places = own_places(installation);
    for source in installation.further_sources()? {
        places.extend(own_places(&source));
    }
    Ok(places)
}

fn own_places(source: &Installation) -> Vec<(SourceName, SecretName, SecretPlace)> {
    let secrets = source.secrets();
    let place = |name| Some((source.profile().source.clone(), name, secrets.place(source.data(), name)?));
    SecretName::ALL.into_iter().filter_map(place).collect()
}

/// Moves all stored secrets into one store, in which those that are entered later go, too. `key` is the kind of key that
/// the encrypted file shall have.
///
/// # Errors
/// [`SetupError`]; whatever was moved until then is still in its old place, too.
pub(crate) fn migrate(
    installation: &mut Installation,
    to: SecretStore,
    key: Option<KeyKind>,
) -> Result<Moved, SetupError> {
    let mut moved = migrate_own(installation, to, key)?;
    for mut source in installation.further_sources()? {
        let further = migrate_own(&mut source, to, key)?;
        moved.moved.extend(further.moved);
        moved.stayed.extend(further.stayed);
    }
    let choice = match to {
        SecretStore::Keychain => "keychain",
        SecretStore::EncryptedFile => "encrypted-file",
        // The official variable decides that, for as long as it is set.
        SecretStore::Plaintext => return Ok(moved),
    };
    if let Some(setting) = Setting::find("secrets.store") {
        settings::set(installation, setting, &SettingValue::Text(Some(choice.to_owned())))?;
    }
    Ok(moved)
}

fn migrate_own(
    source: &mut Installation,
    to: SecretStore,
    key: Option<KeyKind>,
) -> Result<Moved, SetupError> {
    let (secrets, store) = source.secrets_and_store();
    let moved = secrets.migrate(store, to)?;
    if let (SecretStore::EncryptedFile, Some(key)) = (to, key) {
        secrets.change_key(key)?;
    }
    Ok(moved)
}
