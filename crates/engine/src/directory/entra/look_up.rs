//! Asks for single people by their object ids, without any filter.

use super::graph::Graph;
use super::message::{IdResponse, PageResponse, is_enabled};
use crate::directory::web::{WebReadError, only_if_others_are_found};
use bwdc_core::observed::{Presence, Presences, Sought};
use uuid::Uuid;

/// "Not found" is said only where Graph itself denies a well-formed object id; an account that was deleted and can still
/// be restored is denied too.
pub(super) async fn look_up(graph: &Graph<'_>, sought: &[Sought]) -> Result<Presences, WebReadError> {
    let mut presences = Presences::new();
    let (ids, foreign): (Vec<&Sought>, Vec<&Sought>) =
        sought.iter().partition(|person| Uuid::parse_str(person.external_id.as_str()).is_ok());
    for person in foreign {
        let reason = "the id is not one of Microsoft Entra ID".to_owned();
        presences.insert(person.external_id.clone(), Presence::Unknown { reason });
    }
    for chunk in ids.chunks(Graph::BATCH) {
        let path =
            |person: &Sought| format!("/users/{}?$select=id,accountEnabled", person.external_id.as_str());
        let mut due: Vec<_> = chunk.iter().map(|person| (*person, path(person), graph.attempts())).collect();
        loop {
            let paths: Vec<&str> = due.iter().map(|(_, path, _)| path.as_str()).collect();
            let answers = graph.batch(&paths).await?;
            let (mut again, mut pause) = (Vec::new(), None);
            for ((person, path, mut attempts), answer) in due.into_iter().zip(answers) {
                if let Some(asked) = attempts.next(answer.again()) {
                    pause = pause.max(Some(asked));
                    again.push((person, path, attempts));
                    continue;
                }
                let code = answer.body["error"]["code"].as_str().unwrap_or_default();
                let presence = match (answer.status, code) {
                    (200, _) if is_enabled(answer.body["accountEnabled"].as_bool()) => {
                        Presence::Found { at: None }
                    }
                    (200, _) => Presence::Disabled { at: None },
                    (404, "Request_ResourceNotFound") => Presence::NotFound,
                    (status, code) => {
                        Presence::Unknown { reason: format!("Microsoft Entra ID answered {status} {code}") }
                    }
                };
                presences.insert(person.external_id.clone(), presence);
            }
            let Some(pause) = pause else { break };
            graph.wait(pause).await;
            due = again;
        }
    }
    only_if_others_are_found(presences, somebody_is_found(graph)).await
}

/// Whether anybody of the list of people is found by id.
async fn somebody_is_found(graph: &Graph<'_>) -> Result<bool, WebReadError> {
    let request = graph.get("/users?$select=id&$top=1")?;
    let listed = graph.session().json::<PageResponse<IdResponse>>(&request).await?;
    let Some(first) = listed.value.value.first() else { return Ok(false) };
    let answers = graph.batch(&[&format!("/users/{}?$select=id", first.id)]).await?;
    Ok(answers.iter().all(|answer| answer.status == 200))
}
