//! Members of the public API.
//!
//! Writes replace what they are given and clear what they are not, exactly as the real ones do: a client that
//! does not send back what it read loses it here as well.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::body::{Answer, beside, list, path_id, read_body};
use super::errors::Refusal;
use super::events;
use super::lower_case::lower;
use super::model::{CollectionAccess, MemberStatus, NewMember, Role};
use super::options::{KnownAddresses, Official};
use super::policies;
use super::seats::{self, Asker};
use super::sent::{Purpose, all_permissions, read_ids, read_member};
use super::shared::Shared;
use super::store::{Holder, MemberRow, Store, StoreError};

type App = State<Arc<Shared>>;

const NO_OWNER: &str = "Organization must have at least one confirmed owner.";
const NOT_ENTERPRISE: &str = "To enable custom permissions the organization must be on an Enterprise plan.";

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/members", get(members).post(invite_member))
        .route("/members/{id}", get(member).put(replace_member).delete(delete_member))
        .route("/members/{id}/group-ids", get(group_ids).put(replace_group_ids))
        .route("/members/{id}/reinvite", post(reinvite))
        .route("/members/{id}/revoke", post(revoke))
        .route("/members/{id}/restore", post(restore))
}

async fn members(State(shared): App) -> Answer {
    let store = shared.store();
    let mut access = store.full_members()?.into_iter().map(|member| (member.id, member.collections));
    let data = store.members()?.into_iter().map(|member| {
        let collections = access.next().filter(|(id, _)| *id == member.id).map(|(_, access)| access);
        member_json(&member, Some(&collections.unwrap_or_default()))
    });
    Ok(list(data.collect()))
}

async fn member(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let member = find(&store, &id)?;
    let collections = store.collections_of(Holder::Member(member.row))?;
    Ok(Json(member_json(&member, Some(&collections))).into_response())
}

/// Writes a member. An answer to a write has the collections as they were sent: none where none were.
fn member_json(member: &MemberRow, collections: Option<&[CollectionAccess]>) -> Value {
    let permissions = (member.role == Role::Custom.number()).then(|| {
        let stored = member.permissions.clone().unwrap_or_else(|| all_permissions(&[]));
        serde_json::from_str(&stored).unwrap_or(Value::Null)
    });
    json!({
        "type": member.role,
        "externalId": member.external_id,
        "permissions": permissions,
        "object": "member",
        "id": member.id,
        "userId": member.user_id,
        "name": member.name,
        "email": member.email,
        "twoFactorEnabled": member.two_step,
        "status": member.status,
        "collections": collections,
        "resetPasswordEnrolled": false,
        "ssoExternalId": null,
    })
}

fn find(store: &Store, id: &str) -> Result<MemberRow, Refusal> {
    store.member(&path_id(id)?)?.ok_or(Refusal::MissingBare)
}

async fn invite_member(State(shared): App, headers: HeaderMap, body: Bytes) -> Answer {
    let Some(official) = shared.official() else { return Err(Refusal::MissingBare) };
    let sent = read_member(&read_body(&headers, &body)?, Purpose::Invite)?;
    let email = sent.email.unwrap_or_default();
    let store = shared.store();
    check_custom(official, sent.role)?;
    if is_known(official, &store, &email)? {
        return Err(Refusal::bad("This user has already been invited."));
    }
    let scaling = seats::admit(&shared, official, &store, 1, Asker::Invitation)?;
    let member = store.step(|store| -> Result<MemberRow, Refusal> {
        let groups = sent.groups.as_deref().unwrap_or_default();
        let collections = sent.collections.as_deref().unwrap_or_default();
        let cannot_store = shared.cannot_store([sent.external_id.as_deref()]);
        if cannot_store || !has_groups(store, groups)? || !has_collections(store, collections)? {
            return Err(Refusal::bad("Failed to invite users"));
        }
        let new = NewMember {
            external_id: sent.external_id.filter(|id| !id.trim().is_empty()),
            role: sent.role,
            collections: collections.to_vec(),
            ..NewMember::invited(&lower(&email))
        };
        let mut member = store.insert_member(&new, new.status.number())?;
        member.permissions = sent.permissions;
        store.update_member(&member)?;
        set_groups(store, &member, groups)?;
        events::member(store, events::MEMBER_INVITED, &member.id)?;
        seats::scale(&shared, official, scaling).map_err(|_| Refusal::bad("Failed to invite users"))?;
        Ok(member)
    })?;
    Ok(Json(member_json(&member, sent.collections.as_deref())).into_response())
}

/// Whether somebody with this address counts as invited. Where only accounts are looked at, the address is compared as
/// it was sent.
fn is_known(official: &Official, store: &Store, email: &str) -> Result<bool, Refusal> {
    let mut members = store.members()?.into_iter();
    Ok(match official.known_addresses {
        KnownAddresses::All => members.any(|member| lower(&member.email) == lower(email)),
        KnownAddresses::WithAccount => {
            members.any(|member| member.user_id.is_some() && member.email == email)
        }
    })
}

fn check_custom(official: &Official, role: Role) -> Result<(), Refusal> {
    if role == Role::Custom && !official.use_custom_permissions {
        return Err(Refusal::bad(NOT_ENTERPRISE));
    }
    Ok(())
}

async fn replace_member(
    State(shared): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let Some(official) = shared.official() else { return Err(Refusal::MissingBare) };
    let sent = read_body(&headers, &body).and_then(|body| read_member(&body, Purpose::Replace));
    let (_, sent) = beside(path_id(&id), sent)?;
    let store = shared.store();
    let mut member = find(&store, &id)?;
    let collections = sent.collections.as_deref().unwrap_or_default();
    if !has_collections(&store, collections)?
        || !has_groups(&store, sent.groups.as_deref().unwrap_or_default())?
    {
        return Err(Refusal::Missing);
    }
    check_custom(official, sent.role)?;
    if sent.role != Role::Owner {
        need_another_owner(&store, &member)?;
    }
    if shared.cannot_store([sent.external_id.as_deref()]) {
        return Err(Refusal::Unhandled);
    }
    member.role = sent.role.number();
    member.external_id = sent.external_id;
    member.permissions = sent.permissions.or(member.permissions);
    store.step(|store| -> Result<(), Refusal> {
        store.update_member(&member)?;
        store.replace_collections(Holder::Member(member.row), collections)?;
        if let Some(groups) = &sent.groups {
            set_groups(store, &member, groups)?;
        }
        Ok(events::member(store, events::MEMBER_UPDATED, &member.id)?)
    })?;
    Ok(Json(member_json(&member, sent.collections.as_deref())).into_response())
}

fn has_groups(store: &Store, ids: &[String]) -> Result<bool, StoreError> {
    for id in ids {
        if store.group(id)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn has_collections(store: &Store, access: &[CollectionAccess]) -> Result<bool, StoreError> {
    let known = store.collections()?;
    Ok(access.iter().all(|access| known.iter().any(|it| it.id == access.id)))
}

/// Puts a member into exactly these groups; ids that are not known are passed over.
fn set_groups(store: &Store, member: &MemberRow, ids: &[String]) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        rows.extend(store.group(id)?.map(|group| group.row));
    }
    store.replace_groups_of_member(member.row, rows)
}

/// Refuses when nobody but this member is a confirmed owner.
fn need_another_owner(store: &Store, member: &MemberRow) -> Result<(), Refusal> {
    let others = store.confirmed_owners()? - u32::from(member.is_confirmed_owner());
    if others == 0 { Err(Refusal::bad(NO_OWNER)) } else { Ok(()) }
}

async fn delete_member(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let member = find(&store, &id)?;
    if member.is_owner() {
        need_another_owner(&store, &member)?;
    }
    store.step(|store| -> Result<(), StoreError> {
        store.delete_member(member.row)?;
        events::member(store, events::MEMBER_REMOVED, &member.id)
    })?;
    Ok(StatusCode::OK.into_response())
}

async fn reinvite(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let member = find(&store, &id)?;
    if member.status != MemberStatus::Invited.number() {
        return Err(Refusal::bad("User invalid."));
    }
    events::member(&store, events::MEMBER_INVITED, &member.id)?;
    Ok(StatusCode::OK.into_response())
}

/// An older server does not know the address, whoever the member is.
fn knows_revoke(shared: &Shared) -> Result<(), Refusal> {
    let known = shared.official().is_some_and(|official| official.revoke);
    if known { Ok(()) } else { Err(Refusal::MissingBare) }
}

async fn revoke(State(shared): App, Path(id): Path<String>) -> Answer {
    knows_revoke(&shared)?;
    let store = shared.store();
    let mut member = find(&store, &id)?;
    if member.status == MemberStatus::Revoked.number() {
        return Err(Refusal::bad("Already revoked."));
    }
    if member.is_owner() {
        need_another_owner(&store, &member)?;
    }
    policies::revoke(&store, &mut member)?;
    Ok(StatusCode::OK.into_response())
}

async fn restore(State(shared): App, Path(id): Path<String>) -> Answer {
    knows_revoke(&shared)?;
    let Some(official) = shared.official() else { return Err(Refusal::MissingBare) };
    let store = shared.store();
    let mut member = find(&store, &id)?;
    if member.status != MemberStatus::Revoked.number() {
        return Err(Refusal::bad("Already active."));
    }
    seats::make_room(&shared, official, &store)?;
    policies::check_restore(&store, &member)?;
    member.status = member.status_without_revocation().number();
    store.update_member(&member)?;
    events::member(&store, events::MEMBER_RESTORED, &member.id)?;
    Ok(StatusCode::OK.into_response())
}

async fn group_ids(State(shared): App, Path(id): Path<String>) -> Answer {
    let store = shared.store();
    let member = find(&store, &id)?;
    let ids: Vec<String> = store.groups_of_member(member.row)?.into_iter().map(|group| group.id).collect();
    Ok(Json(ids).into_response())
}

async fn replace_group_ids(
    State(shared): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let ids = read_body(&headers, &body).and_then(|body| read_ids(&body, "groupids"));
    let (_, ids) = beside(path_id(&id), ids)?;
    let store = shared.store();
    let member = find(&store, &id)?;
    let ids = ids.ok_or(Refusal::Unhandled)?;
    store.step(|store| -> Result<(), StoreError> {
        set_groups(store, &member, &ids)?;
        events::member(store, events::MEMBER_GROUPS_UPDATED, &member.id)
    })?;
    Ok(StatusCode::OK.into_response())
}
