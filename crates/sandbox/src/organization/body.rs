//! What the paths of the public API have in common: reading a body, and answering a list.

use axum::Json;
use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::errors::Refusal;
use super::model::CollectionAccess;
use super::validation::{self, Errors, Object};

pub(crate) type Answer = Result<Response, Refusal>;

pub(crate) fn list(data: Vec<Value>) -> Response {
    Json(json!({ "object": "list", "data": data })).into_response()
}

/// Reads a JSON body into an object, with the errors of the official server.
pub(crate) fn read_body(headers: &HeaderMap, body: &Bytes) -> Result<Value, Refusal> {
    if body.is_empty() {
        return Err(Refusal::Invalid(vec![(String::new(), "Body is empty.".to_owned())]));
    }
    require_json(headers)?;
    serde_json::from_slice(body).map_err(|error| Refusal::Invalid(vec![("$".to_owned(), error.to_string())]))
}

/// Refuses a body that does not call itself JSON, as the framework does.
pub(crate) fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind == "application/json" || kind == "text/json" || kind.ends_with("+json") {
        return Ok(());
    }
    Err(Refusal::UnsupportedMediaType)
}

pub(crate) fn check_external_id(external_id: Option<&str>, errors: &mut Errors) {
    if external_id.is_some_and(|id| validation::length(id) > 300) {
        errors.push("ExternalId", validation::too_long("ExternalId", 300));
    }
}

pub(crate) fn sent_collections(object: &Object<'_>) -> Result<Option<Vec<CollectionAccess>>, Refusal> {
    let Some(value) = object.property("collections").json() else { return Ok(None) };
    let invalid =
        |error: serde_json::Error| Refusal::Invalid(vec![("$.collections".to_owned(), error.to_string())]);
    Vec::<CollectionAccess>::deserialize(value).map(Some).map_err(invalid)
}
