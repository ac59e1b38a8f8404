//! `bwdc secrets`

use super::config::kept;
use super::open;
use crate::args::{GlobalArguments, SecretsCommand};
use crate::output::{Answer, Done, Failed};
use bwdc_engine::secrets::{KeyKind, SecretStore};
use serde_json::json;

pub(super) fn run(command: SecretsCommand, global: &GlobalArguments) -> Result<Done, Failed> {
    match command {
        SecretsCommand::List => list(global),
        SecretsCommand::Migrate { to, key } => migrate(to, key, global),
    }
}

fn list(global: &GlobalArguments) -> Result<Done, Failed> {
    let engine = open(global)?;
    let (store, key) = engine.secret_store()?;
    let places: Vec<_> = engine
        .secret_places()?
        .into_iter()
        .map(|(source, name, place)| match source.is_primary() {
            true => (name.label().to_owned(), place),
            false => (format!("{source}.{}", name.label()), place),
        })
        .collect();
    let mut lines: Vec<_> =
        places.iter().map(|(name, place)| format!("{name:<34} {}", kept(*place))).collect();
    lines.push(format!("New secrets go into {}.", named(store, key)));
    let data: Vec<_> = places
        .iter()
        .map(|(name, place)| json!({ "name": name, "place": kept(*place), "object": "secret" }))
        .collect();
    let data = json!({ "secrets": data, "store": named(store, key), "object": "secrets" });
    Ok(Answer::Report { data, text: lines.join("\n") }.into())
}

fn migrate(to: SecretStore, key: Option<KeyKind>, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open(global)?;
    let moved = engine.migrate_secrets(to, key)?;
    let (_, key) = engine.secret_store()?;
    let mut lines: Vec<_> =
        moved.moved.iter().map(|(name, from)| format!("{:<34} was {}", name.label(), kept(*from))).collect();
    let count = match moved.moved.len() {
        0 => "No secret had to be moved".to_owned(),
        1 => "Moved 1 secret".to_owned(),
        many => format!("Moved {many} secrets"),
    };
    lines.push(match moved.moved.len() {
        0 => format!("{count}: {} are in {}.", moved.stayed.len(), named(to, key)),
        _ => format!("{count} into {}.", named(to, key)),
    });
    let data: Vec<_> = moved.moved.iter().map(|(name, _)| name.label()).collect();
    let data = json!({ "moved": data, "store": named(to, key), "object": "secrets-moved" });
    Ok(Answer::Report { data, text: lines.join("\n") }.into())
}

fn named(store: SecretStore, key: KeyKind) -> &'static str {
    match (store, key) {
        (SecretStore::Plaintext, _) => "`data.json`, in plain text",
        (SecretStore::Keychain, _) => "the keychain",
        (SecretStore::EncryptedFile, KeyKind::File) => "the encrypted file, whose key is in `secrets.key`",
        (SecretStore::EncryptedFile, KeyKind::Credential) => {
            "the encrypted file, whose key is the systemd credential `bwdc.key`"
        }
        (SecretStore::EncryptedFile, KeyKind::Passphrase) => "the encrypted file, which has a passphrase",
    }
}
