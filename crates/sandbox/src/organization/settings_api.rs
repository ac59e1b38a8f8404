//! Collections and policies of the public API.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::body::{Answer, list, read_body};
use super::errors::Refusal;
use super::shared::Shared;
use super::store::{CollectionRow, PolicyRow, Store, StoreError};
use super::validation::Node;

type App = State<Arc<Shared>>;

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/collections", get(collections))
        .route("/collections/{id}", get(collection).put(replace_collection).delete(delete_collection))
        .route("/policies", get(policies))
        .route("/policies/{type}", get(policy).put(replace_policy))
}

fn collection_json(store: &Store, collection: &CollectionRow) -> Result<Value, StoreError> {
    let groups: Vec<Value> = store
        .groups_with_collection(&collection.id)?
        .into_iter()
        .map(|(id, access)| {
            json!({
                "id": id,
                "readOnly": access.read_only,
                "hidePasswords": access.hide_passwords,
                "manage": access.manage,
            })
        })
        .collect();
    Ok(json!({
        "externalId": collection.external_id,
        "object": "collection",
        "id": collection.id,
        "groups": groups,
    }))
}

fn find(store: &Store, id: &str) -> Result<CollectionRow, Refusal> {
    let id = id.to_ascii_lowercase();
    store.collections()?.into_iter().find(|collection| collection.id == id).ok_or(Refusal::MissingBare)
}

async fn collections(State(shared): App) -> Answer {
    let store = shared.store();
    let data =
        store.collections()?.iter().map(|row| collection_json(&store, row)).collect::<Result<_, _>>()?;
    Ok(list(data))
}

async fn collection(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let collection = find(&store, &id)?;
    Ok(Json(collection_json(&store, &collection)?).into_response())
}

async fn replace_collection(
    State(shared): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let value = read_body(&headers, &body)?;
    let external_id =
        Node::root(&value).object()?.property("externalId").optional(Node::permissive_string)?;
    let store = shared.store();
    let mut collection = find(&store, &id)?;
    store.set_collection_external_id(collection.row, external_id.as_deref())?;
    collection.external_id = external_id;
    Ok(Json(collection_json(&store, &collection)?).into_response())
}

async fn delete_collection(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let collection = find(&store, &id)?;
    store.delete_collection(collection.row)?;
    Ok(StatusCode::OK.into_response())
}

fn policy_json(policy: &PolicyRow) -> Value {
    let data: Option<Value> = policy.data.as_deref().and_then(|data| serde_json::from_str(data).ok());
    json!({
        "enabled": policy.enabled,
        "data": data,
        "object": "policy",
        "id": policy.id,
        "type": policy.kind,
    })
}

async fn policies(State(shared): App) -> Answer {
    Ok(list(shared.store().policies()?.iter().map(policy_json).collect()))
}

async fn policy(State(shared): App, Path(kind): Path<i64>) -> Answer {
    let policies = shared.store().policies()?;
    let found = policies.iter().find(|policy| policy.kind == kind).ok_or(Refusal::MissingBare)?;
    Ok(Json(policy_json(found)).into_response())
}

async fn replace_policy(
    State(shared): App,
    Path(kind): Path<i64>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let value = read_body(&headers, &body)?;
    let object = Node::root(&value).object()?;
    let Some(enabled) = object.property("enabled").optional(Node::boolean)? else {
        let error = super::validation::required("Enabled");
        return Err(Refusal::Invalid(vec![("Enabled".to_owned(), error)]));
    };
    let data = object.property("data").json().map(Value::to_string);
    let policies = {
        let store = shared.store();
        store.put_policy(kind, enabled, data.as_deref())?;
        store.policies()?
    };
    let found = policies.iter().find(|policy| policy.kind == kind).ok_or(Refusal::MissingBare)?;
    Ok(Json(policy_json(found)).into_response())
}
