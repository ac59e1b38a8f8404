//! Asks for single people by id, without any filter: does Okta still have them?
//!
//! Somebody who is deprovisioned counts as not found: that is what "deleted" means with Okta, where only a deprovisioned
//! account can be removed for good, and a full read reports such people as deleted as well.

use super::OktaDirectory;
use super::model::UserResponse;
use crate::directory::web::{WebReadError, WebRequest, WebSession, below, only_if_others_are_found};
use bwdc_core::names::ExternalId;
use bwdc_core::observed::{Presence, Presences, Sought};
use bwdc_core::snapshot::AccountState;
use futures_util::{StreamExt, TryStreamExt, stream};

/// Okta's code for "no such object"; a 404 without it comes from a proxy or from another service.
const NOT_FOUND: &str = "E0000007";

pub(super) async fn look_up(directory: &OktaDirectory, sought: &[Sought]) -> Result<Presences, WebReadError> {
    let session = directory.service.session(&|_| {});
    let asked: Vec<_> = sought.iter().map(|person| ask(directory, &session, person)).collect();
    let presences: Presences = stream::iter(asked).buffer_unordered(super::IN_FLIGHT).try_collect().await?;
    only_if_others_are_found(presences, somebody_is_found(directory, &session)).await
}

/// Whether anybody of the list of people is found by id.
async fn somebody_is_found(
    directory: &OktaDirectory,
    session: &WebSession<'_>,
) -> Result<bool, WebReadError> {
    let mut url = below(&directory.api, &["users"]);
    url.query_pairs_mut().append_pair("limit", "1");
    let listed = session
        .json::<Vec<UserResponse>>(&WebRequest::get(url).bucket("users").needs(directory.needs.users))
        .await?;
    let Some(first) = listed.value.first() else { return Ok(false) };
    let request = WebRequest::get(below(&directory.api, &["users", &first.id])).bucket("user");
    Ok(session.json::<UserResponse>(&request).await.is_ok_and(|found| found.value.id == first.id))
}

async fn ask(
    directory: &OktaDirectory,
    session: &WebSession<'_>,
    person: &Sought,
) -> Result<(ExternalId, Presence), WebReadError> {
    let id = person.stable_id.as_ref().map_or(person.external_id.as_str(), |id| id.as_str());
    let unknown = |reason: String| Presence::Unknown { reason };
    // Okta takes a login in the place of an id, and an id of another directory would be denied rightly and wrongly.
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok((person.external_id.clone(), unknown(format!("`{id}` is no id of Okta's"))));
    }
    let presence = match by_id(directory, session, id).await {
        Ok(Answered::Found(user)) => match directory.state(&user.status) {
            AccountState::Enabled => Presence::Found { at: None },
            AccountState::Disabled => Presence::Disabled { at: None },
            AccountState::Deleted => Presence::NotFound,
        },
        Ok(Answered::NotFound) => Presence::NotFound,
        Err(error) if error.status() == Some(401) => return Err(error),
        Err(error) => unknown(error.to_string()),
    };
    Ok((person.external_id.clone(), presence))
}

/// What Okta says of an id.
pub(super) enum Answered {
    Found(UserResponse),
    NotFound,
}

/// Asks for one person by id.
pub(super) async fn by_id(
    directory: &OktaDirectory,
    session: &WebSession<'_>,
    id: &str,
) -> Result<Answered, WebReadError> {
    let request =
        WebRequest::get(below(&directory.api, &["users", id])).bucket("user").needs(directory.needs.users);
    match session.json::<UserResponse>(&request).await {
        Ok(answer) if answer.value.id == id => Ok(Answered::Found(answer.value)),
        Ok(_) => Err(session.malformed(&request, "it is about somebody else".to_owned())),
        Err(error) if error.status() == Some(404) && error.code() == Some(NOT_FOUND) => {
            Ok(Answered::NotFound)
        }
        Err(error) => Err(error),
    }
}
