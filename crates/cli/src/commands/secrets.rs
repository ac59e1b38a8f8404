//! `bwdc secrets`

use super::open;
use crate::args::{GlobalArguments, SecretsCommand};
use crate::output::{Answer, Done, Failed};
use bwdc_engine::secrets::{KeyKind, SecretStore};
use bwdc_messages::secret;
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
