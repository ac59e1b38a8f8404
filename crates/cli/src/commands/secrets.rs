//! `bwdc secrets`

use super::session::open;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use bwdc_engine::secrets::{KeyKind, SecretStore};
use bwdc_messages::secret;
use clap::{Args, Subcommand};
use serde_json::json;

/// Show where secrets are kept, and move them.
///
/// A secret that you enter again stays where it is. The first one goes into the keychain of the session, if there is one,
/// else into an encrypted file.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc secrets list
  bwdc secrets migrate --to encrypted-file
  bwdc secrets migrate --to keychain")]
#[command(disable_help_subcommand = true)]
pub(crate) struct SecretsArguments {
    #[command(subcommand)]
    pub(crate) command: SecretsCommand,
}

#[derive(Subcommand)]
pub(crate) enum SecretsCommand {
    /// Print every secret that is set, where it is kept, and where new ones go.
    #[command(after_help = "\
Examples:
  bwdc secrets list
  bwdc secrets list --response --pretty")]
    List,
    /// Move all stored secrets into one store; each is read back from there before the old one is deleted.
    ///
    /// A passphrase for the encrypted file comes from BWDC_SECRETS_PASSPHRASE, or from the file that
    /// BWDC_SECRETS_PASSPHRASE_FILE names.
    #[command(after_help = "\
Examples:
  bwdc secrets migrate --to encrypted-file
  bwdc secrets migrate --to encrypted-file --key passphrase
  bwdc secrets migrate --to keychain")]
    Migrate {
        /// `keychain`, `encrypted-file`, or `plaintext`, which needs BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS.
        #[arg(long, value_name = "STORE", value_parser = secret_store)]
        to: SecretStore,

        /// The key of the encrypted file: `file`, `credential` (of systemd) or `passphrase`.
        #[arg(long, value_name = "KIND", value_parser = key_kind)]
        key: Option<KeyKind>,
    },
}

fn secret_store(typed: &str) -> Result<SecretStore, &'static str> {
    match typed {
        "keychain" => Ok(SecretStore::Keychain),
        "encrypted-file" => Ok(SecretStore::EncryptedFile),
        "plaintext" => Ok(SecretStore::Plaintext),
        _ => Err("give keychain, encrypted-file or plaintext"),
    }
}

fn key_kind(typed: &str) -> Result<KeyKind, &'static str> {
    match typed {
        "file" => Ok(KeyKind::File),
        "credential" => Ok(KeyKind::Credential),
        "passphrase" => Ok(KeyKind::Passphrase),
        _ => Err("give file, credential or passphrase"),
    }
}

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
    let data: Vec<_> = places
        .iter()
        .map(|(name, place)| json!({ "name": name, "place": secret::place(*place), "object": "secret" }))
        .collect();
    let data = json!({ "secrets": data, "store": secret::store(store, key), "object": "secrets" });
    Ok(Answer::Report { data, text: secret::list(&places, (store, key)) }.into())
}

fn migrate(to: SecretStore, key: Option<KeyKind>, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open(global)?;
    let moved = engine.migrate_secrets(to, key)?;
    let (_, key) = engine.secret_store()?;
    let from: Vec<_> = moved.moved.iter().map(|(name, from)| (name.label(), *from)).collect();
    let text = secret::moved(&from, moved.stayed.len(), (to, key));
    let data: Vec<_> = moved.moved.iter().map(|(name, _)| name.label()).collect();
    let data = json!({ "moved": data, "store": secret::store(to, key), "object": "secrets-moved" });
    Ok(Answer::Report { data, text }.into())
}
