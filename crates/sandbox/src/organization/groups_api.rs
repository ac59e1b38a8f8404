//! Groups of the public API.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::body::{Answer, beside, list, path_id, read_body};
use super::errors::Refusal;
use super::events;
use super::model::CollectionAccess;
use super::sent::{SentGroup, read_group, read_ids};
use super::shared::Shared;
use super::store::{GroupRow, Holder, Store, StoreError};

type App = State<Arc<Shared>>;

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/groups", get(groups).post(create_group))
        .route("/groups/{id}", get(group).put(replace_group).delete(delete_group))
        .route("/groups/{id}/member-ids", get(member_ids).put(replace_member_ids))
}

/// Writes a group. An answer to a write has the collections as they were sent: none where none were.
fn group_json(group: &GroupRow, collections: Option<&[CollectionAccess]>) -> Value {
    json!({
        "name": group.name,
        "externalId": group.external_id,
        "object": "group",
        "id": group.id,
        "collections": collections,
    })
}

fn stored_json(store: &Store, group: &GroupRow) -> Result<Value, StoreError> {
    Ok(group_json(group, Some(&store.collections_of(Holder::Group(group.row))?)))
}

fn find(store: &Store, id: &str) -> Result<GroupRow, Refusal> {
    store.group(&path_id(id)?)?.ok_or(Refusal::MissingBare)
}

async fn groups(State(shared): App) -> Answer {
    let store = shared.store();
    let data = store.groups()?.iter().map(|group| stored_json(&store, group)).collect::<Result<_, _>>()?;
    Ok(list(data))
}

async fn group(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let group = find(&store, &id)?;
    Ok(Json(stored_json(&store, &group)?).into_response())
}

fn check_plan(shared: &Shared) -> Result<(), Refusal> {
    if shared.official().is_some_and(|official| !official.use_groups) {
        return Err(Refusal::bad("This organization cannot use groups."));
    }
    Ok(())
}

async fn create_group(State(shared): App, headers: HeaderMap, body: Bytes) -> Answer {
    let sent = read_group(&read_body(&headers, &body)?)?;
    check_plan(&shared)?;
    let store = shared.store();
    check_collections(&store, sent.collections.as_deref())?;
    check_stored(&shared, &sent)?;
    let group = store.step(|store| -> Result<GroupRow, StoreError> {
        let group = store.insert_group(&sent.name, sent.external_id.as_deref())?;
        store
            .replace_collections(Holder::Group(group.row), sent.collections.as_deref().unwrap_or_default())?;
        events::group(store, events::GROUP_CREATED, &group.id)?;
        Ok(group)
    })?;
    Ok(Json(group_json(&group, sent.collections.as_deref())).into_response())
}

/// Fails where the database cannot store the name or the external id.
fn check_stored(shared: &Shared, sent: &SentGroup) -> Result<(), Refusal> {
    let texts = [Some(sent.name.as_str()), sent.external_id.as_deref()];
    if shared.cannot_store(texts) { Err(Refusal::Unhandled) } else { Ok(()) }
}

fn check_collections(store: &Store, sent: Option<&[CollectionAccess]>) -> Result<(), Refusal> {
    let known = store.collections()?;
    let is_known = |access: &CollectionAccess| known.iter().any(|it| it.id == access.id);
    if sent.unwrap_or_default().iter().all(is_known) { Ok(()) } else { Err(Refusal::Missing) }
}

async fn replace_group(
    State(shared): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let sent = read_body(&headers, &body).and_then(|body| read_group(&body));
    let (_, sent) = beside(path_id(&id), sent)?;
    let store = shared.store();
    let mut group = find(&store, &id)?;
    check_plan(&shared)?;
    check_collections(&store, sent.collections.as_deref())?;
    check_stored(&shared, &sent)?;
    group.name = sent.name;
    group.external_id = sent.external_id;
    store.step(|store| -> Result<(), StoreError> {
        store.update_group(&group)?;
        if let Some(collections) = &sent.collections {
            store.replace_collections(Holder::Group(group.row), collections)?;
        }
        events::group(store, events::GROUP_UPDATED, &group.id)
    })?;
    Ok(Json(group_json(&group, sent.collections.as_deref())).into_response())
}

async fn delete_group(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let group = find(&store, &id)?;
    store.step(|store| -> Result<(), StoreError> {
        store.delete_group(group.row)?;
        events::group(store, events::GROUP_DELETED, &group.id)
    })?;
    Ok(StatusCode::OK.into_response())
}

async fn member_ids(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let group = find(&store, &id)?;
    let ids: Vec<String> = store.members_in_group(group.row)?.into_iter().map(|member| member.id).collect();
    Ok(Json(ids).into_response())
}

async fn replace_member_ids(
    State(shared): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let ids = read_body(&headers, &body).and_then(|body| read_ids(&body, "memberids"));
    let (_, ids) = beside(path_id(&id), ids)?;
    let store = shared.store();
    let group = find(&store, &id)?;
    store.step(|store| -> Result<(), StoreError> {
        let mut rows = Vec::new();
        for id in ids.unwrap_or_default() {
            rows.extend(store.member(&id)?.map(|member| member.row));
        }
        store.replace_group_members(group.row, rows)?;
        events::group(store, events::GROUP_UPDATED, &group.id)
    })?;
    Ok(StatusCode::OK.into_response())
}
