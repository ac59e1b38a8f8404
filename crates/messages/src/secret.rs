//! Where secrets are kept, and what became of them when they were moved.

use crate::text;
use bwdc_engine::secrets::{KeyKind, SecretPlace, SecretStore};

/// Whether a secret is set, and where.
pub fn place(place: SecretPlace) -> String {
    match place {
        SecretPlace::Plaintext => text!("secret.plaintext", "set (plain text in data.json)"),
        SecretPlace::Keychain => text!("secret.keychain", "set (keychain)"),
        SecretPlace::EncryptedFile => text!("secret.encrypted-file", "set (encrypted file)"),
        SecretPlace::Command => text!("secret.command", "from a command"),
        SecretPlace::Variable => text!("secret.variable", "from environment"),
        SecretPlace::File => text!("secret.file", "from a file of its own"),
        SecretPlace::Elsewhere => {
            text!(
                "secret.elsewhere",
                "not here: entered for another server or account, or kept by another program"
            )
        }
    }
}

/// A store, as it stands in a sentence.
pub fn store(store: SecretStore, key: KeyKind) -> String {
    match (store, key) {
        (SecretStore::Plaintext, _) => text!("secret.store-plaintext", "`data.json`, in plain text"),
        (SecretStore::Keychain, _) => text!("secret.store-keychain", "the keychain"),
        (SecretStore::EncryptedFile, KeyKind::File) => {
            text!("secret.store-key-file", "the encrypted file, whose key is in `secrets.key`")
        }
        (SecretStore::EncryptedFile, KeyKind::Credential) => text!(
            "secret.store-credential",
            "the encrypted file, whose key is the systemd credential `bwdc.key`"
        ),
        (SecretStore::EncryptedFile, KeyKind::Passphrase) => {
            text!("secret.store-passphrase", "the encrypted file, which has a passphrase")
        }
    }
}

/// Every secret that is set, one line each, and where new ones go.
pub fn list(secrets: &[(String, SecretPlace)], new: (SecretStore, KeyKind)) -> String {
    let mut lines: Vec<_> =
        secrets.iter().map(|(name, kept)| format!("{name:<34} {}", place(*kept))).collect();
    lines.push(text!("secret.new", "New secrets go into {store}.", store = store(new.0, new.1)));
    lines.join("\n")
}

/// Secrets that were moved, by name and former place, and how many stayed where they were.
pub fn moved(moved: &[(&str, SecretPlace)], stayed: usize, to: (SecretStore, KeyKind)) -> String {
    let was = |(name, from): &(&str, SecretPlace)| {
        format!("{name:<34} {}", text!("secret.was", "was {place}", place = place(*from)))
    };
    let mut lines: Vec<_> = moved.iter().map(was).collect();
    let store = store(to.0, to.1);
    lines.push(match moved.len() {
        0 => text!(
            "secret.none-moved",
            "No secret had to be moved: {stayed:secret is/secrets are} in {store}.",
            stayed,
            store
        ),
        moved => text!("secret.moved", "Moved {moved:secret/secrets} into {store}.", moved, store),
    });
    lines.join("\n")
}
