//! Lookups: does the service still have these people, or these groups? They are asked for by id, without any filter.
//!
//! One driver asks all services: it tells ids that are the service's own from others, asks side by side, keeps a failed
//! question as "unknown", and believes "not found" only where somebody else is found. A service knows its endpoint.

use super::error::WebReadError;
use super::not_found::only_if_others_are_found;
use bwdc_core::names::ExternalId;
use bwdc_core::observed::{LookupRequest, Presence, Presences};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::future::Future;

/// How one service is asked by id for people, or for groups.
pub trait LookupEndpoint: Sync {
    /// The service's name.
    const SERVICE: &'static str;
    /// Ids in one question.
    const BATCH: usize;
    /// Questions under way at one time.
    const IN_FLIGHT: usize;
    /// Whether whoever is found was found by the question that says "not found" of the others.
    const FINDS_BY_ID: bool = true;

    /// Whether a text is an id of this service's. What it would take in the place of an id is none: an id of another
    /// directory would be denied rightly and wrongly.
    fn is_id(&self, text: &str) -> bool;

    /// What the service says of at most [`LookupEndpoint::BATCH`] ids, in their order.
    fn ask(&self, ids: &[&str]) -> impl Future<Output = Result<Vec<Presence>, WebReadError>> + Send;

    /// The id of anybody of the list of people, or of any group.
    fn anybody(&self) -> impl Future<Output = Result<Option<String>, WebReadError>> + Send;
}

/// Asks for all of `lookups`.
///
/// # Errors
/// [`WebReadError`] when the service does not accept the credentials, or cannot be asked whether it finds anybody.
pub async fn lookup<E: LookupEndpoint>(
    endpoint: &E,
    lookups: &[LookupRequest],
) -> Result<Presences, WebReadError> {
    let (known, foreign): (Vec<_>, Vec<_>) =
        lookups.iter().map(|person| (person, id_of(person))).partition(|(_, id)| endpoint.is_id(id));
    let questions: Vec<_> = known.chunks(E::BATCH).map(|chunk| ask(endpoint, chunk)).collect();
    let answers: Vec<_> = stream::iter(questions).buffer_unordered(E::IN_FLIGHT).try_collect().await?;
    let mut presences: Presences = answers.into_iter().flatten().collect();
    presences.extend(foreign.into_iter().map(|(person, id)| {
        let reason = format!("`{id}` is not an id of {}", E::SERVICE);
        (person.external_id.clone(), Presence::Unknown { reason })
    }));
    only_if_others_are_found(presences, E::FINDS_BY_ID, somebody_is_found(endpoint)).await
}

/// The id that survives renames, else the one that was pushed.
fn id_of(person: &LookupRequest) -> &str {
    person.stable_id.as_ref().map_or(person.external_id.as_str(), |id| id.as_str())
}

async fn ask<E: LookupEndpoint>(
    endpoint: &E,
    people: &[(&LookupRequest, &str)],
) -> Result<Vec<(ExternalId, Presence)>, WebReadError> {
    let ids: Vec<&str> = people.iter().map(|(_, id)| *id).collect();
    let answers = match endpoint.ask(&ids).await {
        Ok(answers) => answers,
        Err(error) if error.status() == Some(401) => return Err(error),
        Err(error) => vec![Presence::Unknown { reason: error.to_string() }; ids.len()],
    };
    Ok(people.iter().map(|(person, _)| person.external_id.clone()).zip(answers).collect())
}

/// Whether anybody of the list is found in the same way.
async fn somebody_is_found<E: LookupEndpoint>(endpoint: &E) -> Result<bool, WebReadError> {
    let Some(id) = endpoint.anybody().await? else { return Ok(false) };
    let answers = endpoint.ask(&[id.as_str()]).await.unwrap_or_default();
    Ok(matches!(answers[..], [Presence::Found { .. } | Presence::Disabled { .. }]))
}
