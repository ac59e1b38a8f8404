//! The public API of the official server beside the import: its paths, and members.
//!
//! Writes replace what they are given and clear what they are not, exactly as the real ones do: a client that
//! does not send back what it read loses it here as well.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::body::{Answer, check_external_id, list, read_body, sent_collections};
use super::errors::Refusal;
use super::events;
use super::model::{CollectionAccess, MemberStatus, NewMember, Role};
use super::options::Hosting;
use super::seats;
use super::shared::Shared;
use super::store::{Holder, MemberRow, Store, StoreError};
use super::validation::{self, Errors, Node, Object, required};
use super::{events_api, groups_api, settings_api};

type App = State<Arc<Shared>>;

const NO_OWNER: &str = "Organization must have at least one confirmed owner.";

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/members", get(members).post(invite_member))
        .route("/members/{id}", get(member).put(replace_member).delete(delete_member))
        .route("/members/{id}/group-ids", get(group_ids).put(replace_group_ids))
        .route("/members/{id}/reinvite", post(reinvite))
        .route("/members/{id}/revoke", post(revoke))
        .route("/members/{id}/restore", post(restore))
        .route("/organization/subscription", get(subscription))
        .merge(groups_api::router())
        .merge(settings_api::router())
        .merge(events_api::router())
}

async fn members(State(shared): App) -> Answer {
    let store = shared.store();
    let mut access = store.full_members()?.into_iter().map(|member| (member.id, member.collections));
    let data = store.members()?.into_iter().map(|member| {
        let collections = access.next().filter(|(id, _)| *id == member.id).map(|(_, access)| access);
        member_json(&member, &collections.unwrap_or_default())
    });
    Ok(list(data.collect()))
}

async fn member(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let member = find_member(&store, &id)?;
    one_member(&store, &member)
}

fn one_member(store: &Store, member: &MemberRow) -> Answer {
    let collections = store.collections_of(Holder::Member(member.row))?;
    Ok(Json(member_json(member, &collections)).into_response())
}

fn member_json(member: &MemberRow, collections: &[CollectionAccess]) -> Value {
    let permissions = member
        .permissions
        .as_deref()
        .filter(|_| member.role == Role::Custom.number())
        .and_then(|permissions| serde_json::from_str(permissions).ok());
    json!({
        "type": member.role,
        "externalId": member.external_id,
        "permissions": permissions.unwrap_or(Value::Null),
        "object": "member",
        "id": member.id,
        "userId": member.user_id,
        "name": member.name,
        "email": member.email,
        "twoFactorEnabled": false,
        "status": member.status,
        "collections": collections,
        "resetPasswordEnrolled": false,
        "ssoExternalId": null,
    })
}

fn find_member(store: &Store, id: &str) -> Result<MemberRow, Refusal> {
    store.member(&id.to_ascii_lowercase())?.ok_or(Refusal::MissingBare)
}

/// The writable part of a member, as sent.
struct SentMember {
    role: Role,
    external_id: Option<String>,
    permissions: Option<String>,
    collections: Vec<CollectionAccess>,
    groups: Option<Vec<String>>,
}

fn sent_member(object: &Object<'_>, errors: &mut Errors) -> Result<SentMember, Refusal> {
    let role = object.property("type").optional(Node::integer)?;
    let external_id = object.property("externalId").optional(Node::permissive_string)?;
    if role.is_none() {
        errors.push("Type", required("Type"));
    }
    let role = role.and_then(Role::from_number);
    if role.is_none() {
        errors.push("Type", "The field Type is invalid.".to_owned());
    }
    check_external_id(external_id.as_deref(), errors);
    Ok(SentMember {
        role: role.unwrap_or(Role::User),
        external_id,
        permissions: object.property("permissions").json().map(Value::to_string),
        collections: sent_collections(object)?.unwrap_or_default(),
        groups: object.property("groups").optional(Node::permissive_strings)?,
    })
}

async fn invite_member(State(shared): App, headers: HeaderMap, body: Bytes) -> Answer {
    let Some(official) = shared.official() else { return Err(Refusal::MissingBare) };
    let value = read_body(&headers, &body)?;
    let object = Node::root(&value).object()?;
    let mut errors = Errors::default();
    let email = object.property("email").optional(Node::string)?;
    let email = errors.text("", "Email", email, 256);
    let is_supported = validation::is_address(&email) && !email.contains(' ');
    if !email.trim().is_empty() && !is_supported {
        errors.push("Email", "The Email field is not a supported e-mail address format.".to_owned());
    }
    let sent = sent_member(&object, &mut errors)?;
    errors.into_result()?;
    let email = email.to_lowercase();

    let store = shared.store();
    if !store.members_by_email(&email)?.is_empty() {
        return Err(Refusal::bad("This user has already been invited."));
    }
    let scaling = seats::admit(&shared, official, &store, 1)?;
    let member = store.step(|store| -> Result<MemberRow, Refusal> {
        let new = NewMember {
            external_id: sent.external_id,
            role: sent.role,
            collections: sent.collections,
            ..NewMember::invited(&email)
        };
        let mut member = store.insert_member(&new, new.status.number())?;
        member.permissions = sent.permissions;
        store.update_member(&member)?;
        if let Some(groups) = sent.groups {
            set_groups(store, &member, &groups)?;
        }
        events::member(store, events::MEMBER_INVITED, &member.id)?;
        seats::scale(&shared, official, scaling)?;
        Ok(member)
    })?;
    one_member(&store, &member)
}

async fn replace_member(
    State(shared): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let value = read_body(&headers, &body)?;
    let object = Node::root(&value).object()?;
    let mut errors = Errors::default();
    let sent = sent_member(&object, &mut errors)?;
    errors.into_result()?;

    let store = shared.store();
    let mut member = find_member(&store, &id)?;
    if sent.role != Role::Owner {
        keep_an_owner(&store, &member)?;
    }
    member.role = sent.role.number();
    member.external_id = sent.external_id;
    member.permissions = sent.permissions.or(member.permissions);
    store.step(|store| -> Result<(), Refusal> {
        store.update_member(&member)?;
        store.replace_collections(Holder::Member(member.row), &sent.collections)?;
        if let Some(groups) = &sent.groups {
            set_groups(store, &member, groups)?;
        }
        Ok(events::member(store, events::MEMBER_UPDATED, &member.id)?)
    })?;
    one_member(&store, &member)
}

fn set_groups(store: &Store, member: &MemberRow, ids: &[String]) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        rows.extend(store.group(&id.to_ascii_lowercase())?.map(|group| group.row));
    }
    store.replace_groups_of_member(member.row, rows)
}

fn keep_an_owner(store: &Store, member: &MemberRow) -> Result<(), Refusal> {
    if member.is_confirmed_owner() && store.confirmed_owners()? <= 1 {
        return Err(Refusal::bad(NO_OWNER));
    }
    Ok(())
}

async fn delete_member(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let member = find_member(&store, &id)?;
    keep_an_owner(&store, &member)?;
    store.step(|store| -> Result<(), StoreError> {
        store.delete_member(member.row)?;
        events::member(store, events::MEMBER_REMOVED, &member.id)
    })?;
    Ok(StatusCode::OK.into_response())
}

async fn reinvite(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let member = find_member(&store, &id)?;
    if member.status != MemberStatus::Invited.number() {
        return Err(Refusal::bad("User invalid."));
    }
    events::member(&store, events::MEMBER_INVITED, &member.id)?;
    Ok(StatusCode::OK.into_response())
}

async fn revoke(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let mut member = find_member(&store, &id)?;
    if member.status == MemberStatus::Revoked.number() {
        return Err(Refusal::bad("Already revoked."));
    }
    keep_an_owner(&store, &member)?;
    member.status = MemberStatus::Revoked.number();
    store.update_member(&member)?;
    events::member(&store, events::MEMBER_REVOKED, &member.id)?;
    Ok(StatusCode::OK.into_response())
}

async fn restore(State(shared): App, Path(id): Path<String>) -> Answer {
    let Some(official) = shared.official() else { return Err(Refusal::MissingBare) };
    let store = shared.store();
    let mut member = find_member(&store, &id)?;
    if member.status != MemberStatus::Revoked.number() {
        return Err(Refusal::bad("Already active."));
    }
    let scaling = seats::admit(&shared, official, &store, 1)?;
    seats::scale(&shared, official, scaling)?;
    let status = match (&member.user_id, member.confirmed) {
        (None, _) => MemberStatus::Invited,
        (Some(_), false) => MemberStatus::Accepted,
        (Some(_), true) => MemberStatus::Confirmed,
    };
    member.status = status.number();
    store.update_member(&member)?;
    events::member(&store, events::MEMBER_RESTORED, &member.id)?;
    Ok(StatusCode::OK.into_response())
}

async fn group_ids(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let member = find_member(&store, &id)?;
    let ids: Vec<String> = store.groups_of_member(member.row)?.into_iter().map(|group| group.id).collect();
    Ok(Json(ids).into_response())
}

async fn replace_group_ids(
    State(shared): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let value = read_body(&headers, &body)?;
    let ids = Node::root(&value).object()?.property("groupIds").optional(Node::permissive_strings)?;
    let store = shared.store();
    let member = find_member(&store, &id)?;
    store.step(|store| -> Result<(), StoreError> {
        set_groups(store, &member, &ids.unwrap_or_default())?;
        events::member(store, events::MEMBER_GROUPS_UPDATED, &member.id)
    })?;
    Ok(StatusCode::OK.into_response())
}

async fn subscription(State(shared): App) -> Answer {
    let Some(official) = shared.official() else { return Err(Refusal::MissingBare) };
    if official.hosting == Hosting::SelfHosted {
        return Err(Refusal::bad("Only allowed when not self hosted."));
    }
    Ok(Json(json!({
        "passwordManager": {
            "seats": shared.seats(),
            "maxAutoScaleSeats": official.max_autoscale,
            "storage": null,
        },
        "secretsManager": null,
    }))
    .into_response())
}
