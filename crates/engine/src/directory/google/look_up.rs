//! Asks for single people by id, without any filter: does Google still have them?
//!
//! Somebody who was deleted less than twenty days ago is found by the list of the deleted only, not by id: asked for by id,
//! the person is gone.

use super::GoogleDirectory;
use super::model::UserResponse;
use crate::directory::web::{WebReadError, WebSession, only_if_others_are_found};
use bwdc_core::names::ExternalId;
use bwdc_core::observed::{Presence, Presences, Sought};
use futures_util::{StreamExt, TryStreamExt, stream};

/// Google's reason for "no such object"; a 404 without it comes from a proxy or from another service.
const NOT_FOUND: &str = "notFound";

pub(super) async fn look_up(
    directory: &GoogleDirectory,
    sought: &[Sought],
) -> Result<Presences, WebReadError> {
    let session = directory.service.session(&|_| {});
    let asked: Vec<_> = sought.iter().map(|person| ask(directory, &session, person)).collect();
    let presences: Presences = stream::iter(asked).buffer_unordered(super::IN_FLIGHT).try_collect().await?;
    only_if_others_are_found(presences, somebody_is_found(directory, &session)).await
}

/// Whether anybody of the list of people is found by id.
async fn somebody_is_found(
    directory: &GoogleDirectory,
    session: &WebSession<'_>,
) -> Result<bool, WebReadError> {
    for query in directory.domains() {
        if let Some(first) = directory.first::<UserResponse>(session, &["users"], &query).await? {
            let found = directory.id(session, &["users", &first.id]).await;
            return Ok(found.is_ok_and(|id| id == first.id));
        }
    }
    Ok(false)
}

async fn ask(
    directory: &GoogleDirectory,
    session: &WebSession<'_>,
    person: &Sought,
) -> Result<(ExternalId, Presence), WebReadError> {
    let id = person.stable_id.as_ref().map_or(person.external_id.as_str(), |id| id.as_str());
    let unknown = |reason: String| Presence::Unknown { reason };
    // Google takes an address in the place of an id, and an id of another directory would be denied rightly and wrongly.
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok((person.external_id.clone(), unknown(format!("`{id}` is no id of Google's"))));
    }
    let presence = match directory.account(session, id).await {
        Ok(found) if found.id != id => unknown(format!("Google returned somebody else for `{id}`")),
        Ok(found) if found.is_disabled() => Presence::Disabled { at: None },
        Ok(_) => Presence::Found { at: None },
        Err(error) if error.status() == Some(404) && error.code() == Some(NOT_FOUND) => Presence::NotFound,
        Err(error) if error.status() == Some(401) => return Err(error),
        Err(error) => unknown(error.to_string()),
    };
    Ok((person.external_id.clone(), presence))
}
