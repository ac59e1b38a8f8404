//! Asks for single people and groups by their object ids, twenty to a request.
//!
//! "Not found" is said only where Graph itself denies a well-formed object id; an account that was deleted and can still
//! be restored is denied too.

use super::NAME;
use super::graph::Graph;
use super::message::{BatchItemResponse, IdResponse, PageResponse};
use crate::web::{LookupEndpoint, WebReadError};
use bwdc_core::observed::Presence;
use uuid::Uuid;

/// The endpoint of single people.
pub(super) struct Lookup<'r, 'a> {
    pub(super) graph: &'r Graph<'a>,
}

impl LookupEndpoint for Lookup<'_, '_> {
    const SERVICE: &'static str = NAME;
    const BATCH: usize = Graph::BATCH;
    const IN_FLIGHT: usize = 1;

    fn is_id(&self, text: &str) -> bool {
        Uuid::parse_str(text).is_ok()
    }

    async fn ask(&self, ids: &[&str]) -> Result<Vec<Presence>, WebReadError> {
        let path = |id: &&str| format!("/users/{id}?$select=id,accountEnabled");
        let paths: Vec<String> = ids.iter().map(path).collect();
        let answers = self.graph.batch_until_answered(&paths).await?;
        Ok(answers.iter().map(presence).collect())
    }

    async fn anybody(&self) -> Result<Option<String>, WebReadError> {
        first(self.graph, "/users?$select=id&$top=1").await
    }
}

/// The endpoint of single groups. A group that was deleted and can still be restored is denied, as people are.
pub(super) struct GroupLookup<'r, 'a> {
    pub(super) graph: &'r Graph<'a>,
}

impl LookupEndpoint for GroupLookup<'_, '_> {
    const SERVICE: &'static str = NAME;
    const BATCH: usize = Graph::BATCH;
    const IN_FLIGHT: usize = 1;

    fn is_id(&self, text: &str) -> bool {
        Uuid::parse_str(text).is_ok()
    }

    async fn ask(&self, ids: &[&str]) -> Result<Vec<Presence>, WebReadError> {
        let paths: Vec<String> = ids.iter().map(|id| format!("/groups/{id}?$select=id")).collect();
        let answers = self.graph.batch_until_answered(&paths).await?;
        Ok(answers.iter().zip(ids).map(|(answer, id)| group_presence(answer, id)).collect())
    }

    async fn anybody(&self) -> Result<Option<String>, WebReadError> {
        first(self.graph, "/groups?$select=id&$top=1").await
    }
}

/// The id of the first entry of a list.
async fn first(graph: &Graph<'_>, path: &str) -> Result<Option<String>, WebReadError> {
    let request = graph.get(path)?;
    let listed = graph.session().json::<PageResponse<IdResponse>>(&request).await?;
    Ok(listed.value.value.into_iter().next().map(|it| it.id))
}

fn presence(answer: &BatchItemResponse) -> Presence {
    match answer.status {
        200 => match answer.body["accountEnabled"].as_bool() {
            Some(true) => Presence::Found { at: None },
            Some(false) => Presence::Disabled { at: None },
            None => {
                Presence::Unknown { reason: format!("{NAME} does not show whether the account is enabled") }
            }
        },
        _ => denied(answer),
    }
}

fn group_presence(answer: &BatchItemResponse, id: &str) -> Presence {
    let is_it = answer.body["id"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(id));
    match answer.status {
        200 if is_it => Presence::Found { at: None },
        200 => Presence::Unknown { reason: format!("{NAME} returned another group for `{id}`") },
        _ => denied(answer),
    }
}

/// What an answer means that shows nobody.
fn denied(answer: &BatchItemResponse) -> Presence {
    match (answer.status, answer.body["error"]["code"].as_str().unwrap_or_default()) {
        (404, "Request_ResourceNotFound") => Presence::NotFound,
        (status, code) => Presence::Unknown { reason: format!("{NAME} answered {status} {code}") },
    }
}
