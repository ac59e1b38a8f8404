//! Asks for single people by id, without any filter: OneLogin keeps no trace of who was deleted.

use super::model::{AccountResponse, NumberResponse, OneResponse};
use super::{IN_FLIGHT, OneLoginDirectory};
use crate::directory::web::{WebReadError, WebSession, only_if_others_are_found};
use bwdc_core::names::ExternalId;
use bwdc_core::observed::{Presence, Presences, Sought};
use bwdc_core::settings::OneLoginApi;
use futures_util::{StreamExt, TryStreamExt, stream};

/// How the two versions say that there is no such thing, in capitals or not; a 404 without it comes from somebody else.
const NOT_FOUND: [&str; 2] = ["Not Found", "NotFoundError"];

pub(super) async fn look_up(
    directory: &OneLoginDirectory,
    sought: &[Sought],
) -> Result<Presences, WebReadError> {
    let session = directory.service.session(&|_| {});
    let asked: Vec<_> = sought.iter().map(|person| ask(directory, &session, person)).collect();
    let presences: Presences = stream::iter(asked).buffer_unordered(IN_FLIGHT).try_collect().await?;
    only_if_others_are_found(presences, somebody_is_found(directory, &session)).await
}

async fn ask(
    directory: &OneLoginDirectory,
    session: &WebSession<'_>,
    person: &Sought,
) -> Result<(ExternalId, Presence), WebReadError> {
    let id = person.stable_id.as_ref().map_or(person.external_id.as_str(), |id| id.as_str());
    let presence = match id.parse::<u64>() {
        Ok(number) if number.to_string() == id => match found(directory, session, number).await {
            Ok(found) if found.id != number => {
                Presence::Unknown { reason: format!("OneLogin returned somebody else for `{id}`") }
            }
            Ok(found) if directory.is_active(found.status) => Presence::Found { at: None },
            Ok(_) => Presence::Disabled { at: None },
            Err(error) if error.status() == Some(404) && error.code().is_some_and(says_not_found) => {
                Presence::NotFound
            }
            Err(error) if error.status() == Some(401) => return Err(error),
            Err(error) => Presence::Unknown { reason: error.to_string() },
        },
        _ => Presence::Unknown { reason: format!("`{id}` is no id of OneLogin's") },
    };
    Ok((person.external_id.clone(), presence))
}

fn says_not_found(code: &str) -> bool {
    NOT_FOUND.iter().any(|known| known.eq_ignore_ascii_case(code))
}

/// The person whom OneLogin returns for a number.
async fn found(
    directory: &OneLoginDirectory,
    session: &WebSession<'_>,
    number: u64,
) -> Result<AccountResponse, WebReadError> {
    let path = ["users", &number.to_string()];
    match directory.settings.api {
        OneLoginApi::Second => {
            let request = directory.request(OneLoginApi::Second, &path, &[]);
            Ok(session.json::<AccountResponse>(&request).await?.value)
        }
        OneLoginApi::First => {
            let request = directory.request(OneLoginApi::First, &path, &[]);
            let answer = session.json::<OneResponse<AccountResponse>>(&request).await?.value;
            let one: Result<[AccountResponse; 1], _> = answer.data.try_into();
            match one {
                Ok([one]) if !answer.status.error => Ok(one),
                _ => Err(session.malformed(&request, "it is not about one person".to_owned())),
            }
        }
    }
}

/// Whether anybody of the list of people is found in the same way.
async fn somebody_is_found(
    directory: &OneLoginDirectory,
    session: &WebSession<'_>,
) -> Result<bool, WebReadError> {
    let api = directory.settings.api;
    let request = directory.request(api, &["users"], &[("limit", "1"), ("fields", "id")]);
    let first = match api {
        OneLoginApi::Second => {
            session.json::<Vec<NumberResponse>>(&request).await?.value.first().map(|it| it.id)
        }
        OneLoginApi::First => {
            session.json::<OneResponse<NumberResponse>>(&request).await?.value.data.first().map(|it| it.id)
        }
    };
    match first {
        Some(number) => Ok(found(directory, session, number).await.is_ok_and(|found| found.id == number)),
        None => Ok(false),
    }
}
