//! Groups of the public API.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::body::{Answer, check_external_id, list, read_body, sent_collections};
use super::errors::Refusal;
use super::events;
use super::model::CollectionAccess;
use super::shared::Shared;
use super::store::{GroupRow, Holder, Store, StoreError};
use super::validation::{Errors, Node};

type App = State<Arc<Shared>>;

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/groups", get(groups).post(create_group))
        .route("/groups/{id}", get(group).put(replace_group).delete(delete_group))
        .route("/groups/{id}/member-ids", get(member_ids).put(replace_member_ids))
}

fn group_json(store: &Store, group: &GroupRow) -> Result<Value, StoreError> {
    Ok(json!({
        "name": group.name,
        "externalId": group.external_id,
        "object": "group",
        "id": group.id,
        "collections": store.collections_of(Holder::Group(group.row))?,
    }))
}

fn find_group(store: &Store, id: &str) -> Result<GroupRow, Refusal> {
    store.group(&id.to_ascii_lowercase())?.ok_or(Refusal::MissingBare)
}

async fn groups(State(shared): App) -> Answer {
    let store = shared.store();
    let data = store.groups()?.iter().map(|group| group_json(&store, group)).collect::<Result<_, _>>()?;
    Ok(list(data))
}

async fn group(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let group = find_group(&store, &id)?;
    Ok(Json(group_json(&store, &group)?).into_response())
}

/// The writable part of a group, as sent.
struct SentGroup {
    name: String,
    external_id: Option<String>,
    collections: Option<Vec<CollectionAccess>>,
}

fn sent_group(headers: &HeaderMap, body: &Bytes) -> Result<SentGroup, Refusal> {
    let value = read_body(headers, body)?;
    let object = Node::root(&value).object()?;
    let mut errors = Errors::default();
    let name = object.property("name").optional(Node::string)?;
    let external_id = object.property("externalId").optional(Node::permissive_string)?;
    let name = errors.text("", "Name", name, 100);
    check_external_id(external_id.as_deref(), &mut errors);
    let collections = sent_collections(&object)?;
    errors.into_result()?;
    Ok(SentGroup { name, external_id, collections })
}

async fn create_group(State(shared): App, headers: HeaderMap, body: Bytes) -> Answer {
    let sent = sent_group(&headers, &body)?;
    if shared.official().is_some_and(|official| !official.use_groups) {
        return Err(Refusal::bad("This organization cannot use groups."));
    }
    let store = shared.store();
    let group = store.step(|store| -> Result<GroupRow, StoreError> {
        let group = store.insert_group(&sent.name, sent.external_id.as_deref())?;
        store.replace_collections(Holder::Group(group.row), &sent.collections.unwrap_or_default())?;
        events::group(store, events::GROUP_CREATED, &group.id)?;
        Ok(group)
    })?;
    Ok(Json(group_json(&store, &group)?).into_response())
}

async fn replace_group(
    State(shared): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let sent = sent_group(&headers, &body)?;
    let store = shared.store();
    let mut group = find_group(&store, &id)?;
    group.name = sent.name;
    group.external_id = sent.external_id;
    store.step(|store| -> Result<(), StoreError> {
        store.update_group(&group)?;
        if let Some(collections) = &sent.collections {
            store.replace_collections(Holder::Group(group.row), collections)?;
        }
        events::group(store, events::GROUP_UPDATED, &group.id)
    })?;
    Ok(Json(group_json(&store, &group)?).into_response())
}

async fn delete_group(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let group = find_group(&store, &id)?;
    store.step(|store| -> Result<(), StoreError> {
        store.delete_group(group.row)?;
        events::group(store, events::GROUP_DELETED, &group.id)
    })?;
    Ok(StatusCode::OK.into_response())
}

async fn member_ids(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let group = find_group(&store, &id)?;
    let ids: Vec<String> = store.members_in_group(group.row)?.into_iter().map(|member| member.id).collect();
    Ok(Json(ids).into_response())
}

async fn replace_member_ids(
    State(shared): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let value = read_body(&headers, &body)?;
    let ids = Node::root(&value).object()?.property("memberIds").optional(Node::permissive_strings)?;
    let store = shared.store();
    let group = find_group(&store, &id)?;
    store.step(|store| -> Result<(), StoreError> {
        let mut rows = Vec::new();
        for id in ids.unwrap_or_default() {
            rows.extend(store.member(&id.to_ascii_lowercase())?.map(|member| member.row));
        }
        store.replace_group_members(group.row, rows)?;
        events::group(store, events::GROUP_UPDATED, &group.id)
    })?;
    Ok(StatusCode::OK.into_response())
}
