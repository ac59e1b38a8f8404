//! Collections, policies and the subscription of the public API.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::body::{Answer, beside, list, not_valid, path_id, read_body};
use super::errors::Refusal;
use super::options::{Hosting, Official, Subscription};
use super::policies;
use super::sent::{SentSeats, read_collection, read_policy, read_subscription};
use super::shared::Shared;
use super::store::{CollectionRow, PolicyRow, Store, StoreError};

type App = State<Arc<Shared>>;

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/collections", get(collections))
        .route("/collections/{id}", get(collection).put(replace_collection).delete(delete_collection))
        .route("/policies", get(list_policies))
        .route("/policies/{type}", get(policy).put(replace_policy))
        .route("/organization/subscription", get(subscription).put(replace_subscription))
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
    let id = path_id(id)?;
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
    let sent = read_body(&headers, &body).and_then(|body| read_collection(&body));
    let (_, external_id) = beside(path_id(&id), sent)?;
    let store = shared.store();
    let mut collection = find(&store, &id)?;
    if shared.cannot_store([external_id.as_deref()]) {
        return Err(Refusal::Unhandled);
    }
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

async fn list_policies(State(shared): App) -> Answer {
    Ok(list(shared.store().policies()?.iter().map(policy_json).collect()))
}

/// Reads the number of a policy in a path.
fn policy_type(text: &str) -> Result<i64, Refusal> {
    text.parse().map_err(|_| not_valid("type", text))
}

async fn policy(State(shared): App, Path(kind): Path<String>) -> Answer {
    let kind = policy_type(&kind)?;
    let policies = shared.store().policies()?;
    let found = policies.iter().find(|policy| policy.kind == kind).ok_or(Refusal::MissingBare)?;
    Ok(Json(policy_json(found)).into_response())
}

async fn replace_policy(
    State(shared): App,
    Path(kind): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let sent = read_body(&headers, &body).and_then(|body| read_policy(&body));
    let (kind, (enabled, data)) = beside(policy_type(&kind), sent)?;
    let data = data.map(|data| data.to_string());
    let policies = {
        let store = shared.store();
        store.step(|store| policies::switch(store, kind, enabled, data.as_deref()))?;
        store.policies()?
    };
    let found = policies.iter().find(|policy| policy.kind == kind).ok_or(Refusal::MissingBare)?;
    Ok(Json(policy_json(found)).into_response())
}

async fn subscription(State(shared): App) -> Answer {
    let Some(official) = shared.official() else { return Err(Refusal::MissingBare) };
    if official.hosting == Hosting::SelfHosted {
        return Err(Refusal::bad("Only allowed when not self hosted."));
    }
    Ok(Json(json!({
        "passwordManager": {
            "seats": shared.seats(),
            "maxAutoScaleSeats": shared.most_seats(),
            "storage": null,
        },
        "secretsManager": null,
    }))
    .into_response())
}

async fn replace_subscription(State(shared): App, headers: HeaderMap, body: Bytes) -> Answer {
    let Some(official) = shared.official() else { return Err(Refusal::MissingBare) };
    let sent = read_subscription(&read_body(&headers, &body)?)?;
    if official.hosting == Hosting::SelfHosted {
        return Err(Refusal::bad("Only allowed when not self hosted."));
    }
    let done = sent.seats.is_none_or(|seats| buy(&shared, official, seats));
    let (status, message) = match (done, sent.secrets_manager) {
        (false, _) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "An error occurred while updating the subscription.")
        }
        (true, true) => (StatusCode::OK, "Organization has no access to Secrets Manager."),
        (true, false) => (StatusCode::OK, "Subscription updated successfully."),
    };
    Ok((status, Json(json!({ "message": message }))).into_response())
}

/// Buys or gives back seats; whatever is in the way is told in one sentence.
fn buy(shared: &Shared, official: &Official, sent: SentSeats) -> bool {
    let most = sent.most.or(shared.most_seats());
    let wanted = sent.seats.or(shared.seats());
    let (Some(bought), Some(wanted)) = (shared.seats(), wanted) else {
        // Where seats are not counted, none can be bought.
        shared.set_most_seats(most);
        return sent.seats.is_none();
    };
    let is_full = wanted < bought && shared.store().occupied_seats().is_ok_and(|occupied| wanted < occupied);
    let is_paid = wanted == bought || official.subscription == Subscription::Active;
    if most.is_some_and(|most| most < wanted) || is_full || !is_paid {
        return false;
    }
    shared.set_seats(Some(wanted));
    shared.set_most_seats(most);
    true
}
