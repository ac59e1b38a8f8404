//! What a signed-in person asks: the own organizations and keys, and on Vaultwarden the members of the organization.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::errors::{self, Accepts};
use super::model::{MemberStatus, Role};
use super::options::Flavor;
use super::shared::Shared;
use super::store::{Holder, MemberRow, Store, StoreError};

type App = State<Arc<Shared>>;

/// The paths of both servers, below `/api`.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/accounts/prelogin", post(super::sign_in::prelogin))
        .route("/accounts/profile", get(profile))
        .route("/accounts/api-key", post(personal_key))
        .route("/two-factor/send-email-login", post(send_code))
        .route("/organizations/{id}/api-key", post(organization_key))
        .route("/organizations/{id}/rotate-api-key", post(rotated_organization_key))
}

/// The paths by which Vaultwarden shows an organization to its administrators, below `/api`.
pub(crate) fn administration() -> Router<Arc<Shared>> {
    Router::new()
        .route("/organizations/{id}/users", get(members))
        .route("/organizations/{id}/groups", get(groups))
        .route("/organizations/{id}/users/{member}", delete(remove))
        .route("/organizations/{id}/users/{member}/revoke", put(revoke))
        .route("/organizations/{id}/users/{member}/restore", put(restore))
}

/// The address of the person whose token came.
fn person(shared: &Shared, headers: &HeaderMap) -> Result<String, Box<Response>> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| value.strip_prefix("Bearer "));
    token.and_then(|token| shared.tokens.person(token)).ok_or_else(|| Box::new(unauthorized(shared, headers)))
}

fn unauthorized(shared: &Shared, headers: &HeaderMap) -> Response {
    match shared.options.flavor {
        Flavor::Official(_) => StatusCode::UNAUTHORIZED.into_response(),
        Flavor::Vaultwarden(_) => {
            errors::catcher(StatusCode::UNAUTHORIZED, Accepts::from_header(headers.get(header::ACCEPT)))
        }
    }
}

fn refused(shared: &Shared, official: &str, vaultwarden: &str) -> Response {
    match shared.options.flavor {
        Flavor::Official(_) => errors::internal(StatusCode::BAD_REQUEST, official),
        Flavor::Vaultwarden(_) => errors::vaultwarden(StatusCode::BAD_REQUEST, vaultwarden),
    }
}

/// The membership of a confirmed person in the organization that this server holds.
fn membership(shared: &Shared, email: &str) -> Result<Option<MemberRow>, StoreError> {
    let found = shared.store().members_by_email(email)?.into_iter().next();
    Ok(found.filter(|it| it.status == MemberStatus::Confirmed.number()))
}

async fn profile(State(shared): App, headers: HeaderMap) -> Response {
    let email = match person(&shared, &headers) {
        Ok(email) => email,
        Err(refusal) => return *refusal,
    };
    let Ok(own) = membership(&shared, &email) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut accounts = shared.accounts.lock();
    let Some(person) = accounts.find(&email) else { return unauthorized(&shared, &headers) };
    let uses_groups = match &shared.options.flavor {
        Flavor::Official(official) => official.use_groups,
        Flavor::Vaultwarden(vaultwarden) => vaultwarden.groups_enabled,
    };
    let entry = |id: &str, name: &str, role: i64, enabled: bool| {
        json!({
            "id": id, "name": name, "type": role, "status": 2, "enabled": enabled, "useApi": true,
            "useDirectory": true, "useGroups": uses_groups, "permissions": {}, "object": "profileOrganization",
        })
    };
    let mut organizations: Vec<Value> = Vec::new();
    if let Some(own) = own {
        organizations.push(entry(&shared.organization_id, "Sandbox", own.role, true));
    }
    let listed = person.account.organizations.iter();
    organizations.extend(listed.map(|it| entry(&it.id, &it.name, it.role, it.enabled)));
    Json(json!({
        "id": person.id,
        "name": "Sandbox Person",
        "email": person.account.email,
        "emailVerified": true,
        "twoFactorEnabled": !person.account.two_step.is_empty(),
        "organizations": organizations,
        "providers": [],
        "providerOrganizations": [],
        "object": "profile",
    }))
    .into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verification {
    master_password_hash: Option<String>,
}

/// Compares the password's hash, as both servers do before they hand out a key.
fn verified(shared: &Shared, email: &str, body: &[u8]) -> Result<(), Box<Response>> {
    let sent = serde_json::from_slice::<Verification>(body).ok().and_then(|it| it.master_password_hash);
    let Some(sent) = sent else {
        return Err(Box::new(refused(shared, "Invalid password.", "No validation provided")));
    };
    let mut accounts = shared.accounts.lock();
    if accounts.find(email).is_some_and(|it| it.account.master_password_hash == sent) {
        Ok(())
    } else {
        Err(Box::new(refused(shared, "Invalid password.", "Invalid password")))
    }
}

fn key_answer(key: &str) -> Response {
    Json(json!({ "apiKey": key, "revisionDate": "2026-11-20T13:00:00.0000000Z", "object": "apiKey" }))
        .into_response()
}

async fn organization_key(
    State(shared): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match may_have_key(&shared, &id, &headers, &body) {
        Err(refusal) => *refusal,
        Ok(()) if id == shared.organization_id => key_answer(shared.key().secret()),
        Ok(()) => key_answer("the-key-of-another-organization"),
    }
}

async fn rotated_organization_key(
    State(shared): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match may_have_key(&shared, &id, &headers, &body) {
        Err(refusal) => *refusal,
        Ok(()) if id == shared.organization_id => match shared.rotate_key() {
            Ok(key) => key_answer(&key),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
        Ok(()) => key_answer("the-new-key-of-another-organization"),
    }
}

/// Lets pass who is told the key of an organization, for the password: its owners; on Vaultwarden administrators, too.
fn may_have_key(shared: &Shared, id: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), Box<Response>> {
    let email = person(shared, headers)?;
    let role = if id == shared.organization_id {
        membership(shared, &email).ok().flatten().map(|it| it.role)
    } else {
        listed_role(shared, &email, id)
    };
    let allowed = match shared.options.flavor {
        Flavor::Official(_) => role == Some(Role::Owner.number()),
        Flavor::Vaultwarden(_) => role.is_some_and(|it| it <= Role::Admin.number()),
    };
    if !allowed {
        return Err(Box::new(match shared.options.flavor {
            Flavor::Official(_) => errors::internal(StatusCode::NOT_FOUND, "Resource not found."),
            Flavor::Vaultwarden(_) => unauthorized(shared, headers),
        }));
    }
    verified(shared, &email, body)
}

fn listed_role(shared: &Shared, email: &str, id: &str) -> Option<i64> {
    let mut accounts = shared.accounts.lock();
    accounts.find(email)?.account.organizations.iter().find(|it| it.id == id).map(|it| it.role)
}

async fn personal_key(State(shared): App, headers: HeaderMap, body: Bytes) -> Response {
    let email = match person(&shared, &headers) {
        Ok(email) => email,
        Err(refusal) => return *refusal,
    };
    if let Err(refusal) = verified(&shared, &email, &body) {
        return *refusal;
    }
    let key = shared.accounts.lock().find(&email).map(|it| it.api_key.clone());
    key.map_or_else(|| unauthorized(&shared, &headers), |key| key_answer(&key))
}

async fn send_code(State(shared): App, body: Bytes) -> Response {
    #[derive(Deserialize)]
    struct Sent {
        email: String,
    }
    let Ok(Sent { email }) = serde_json::from_slice(&body) else {
        return refused(
            &shared,
            "Cannot send two-factor email.",
            "Username or password is incorrect. Try again.",
        );
    };
    if let Err(refusal) = verified(&shared, &email, &body) {
        return *refusal;
    }
    shared.accounts.lock().mail_code(&email);
    StatusCode::OK.into_response()
}

/// Lets owners and administrators of the organization pass, as Vaultwarden does.
fn administrator(shared: &Shared, id: &str, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let email = person(shared, headers)?;
    let role = membership(shared, &email).ok().flatten().map(|it| it.role);
    if id == shared.organization_id && role.is_some_and(|it| it <= Role::Admin.number()) {
        Ok(())
    } else {
        Err(Box::new(unauthorized(shared, headers)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    #[serde(default)]
    include_groups: bool,
    #[serde(default)]
    include_collections: bool,
}

async fn members(
    State(shared): App,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = administrator(&shared, &id, &headers) {
        return *refusal;
    }
    let store = shared.store();
    let data = store.members().and_then(|members| {
        members.iter().map(|member| member_json(&store, member, &wanted)).collect::<Result<Vec<_>, _>>()
    });
    list(data)
}

fn member_json(store: &Store, member: &MemberRow, wanted: &Wanted) -> Result<Value, StoreError> {
    let groups: Vec<String> = if wanted.include_groups {
        store.groups_of_member(member.row)?.into_iter().map(|it| it.id).collect()
    } else {
        Vec::new()
    };
    let collections = if wanted.include_collections {
        json!(store.collections_of(Holder::Member(member.row))?)
    } else {
        json!([])
    };
    Ok(json!({
        "id": member.id,
        "userId": member.user_id,
        "name": member.name,
        "email": member.email,
        "externalId": member.external_id,
        "groups": groups,
        "collections": collections,
        // Every revoked member shows as -1, whatever the stored number keeps.
        "status": member.status.max(-1),
        "type": member.role,
        "accessAll": false,
        "twoFactorEnabled": false,
        "resetPasswordEnrolled": false,
        "object": "organizationUserUserDetails",
    }))
}

async fn groups(State(shared): App, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Err(refusal) = administrator(&shared, &id, &headers) {
        return *refusal;
    }
    let enabled = matches!(&shared.options.flavor, Flavor::Vaultwarden(it) if it.groups_enabled);
    let groups = if enabled { shared.store().groups() } else { Ok(Vec::new()) };
    list(groups.map(|groups| {
        let group = |it: super::store::GroupRow| {
            json!({
                "id": it.id, "organizationId": shared.organization_id, "name": it.name,
                "externalId": it.external_id, "object": "group",
            })
        };
        groups.into_iter().map(group).collect()
    }))
}

/// What an administrator does to a membership.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Remove,
    Revoke,
    Restore,
}

async fn remove(
    State(shared): App,
    Path((id, member)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    act(&shared, &id, &member, &headers, Act::Remove)
}

async fn revoke(
    State(shared): App,
    Path((id, member)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    act(&shared, &id, &member, &headers, Act::Revoke)
}

async fn restore(
    State(shared): App,
    Path((id, member)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    act(&shared, &id, &member, &headers, Act::Restore)
}

fn act(shared: &Shared, id: &str, member: &str, headers: &HeaderMap, act: Act) -> Response {
    if let Err(refusal) = administrator(shared, id, headers) {
        return *refusal;
    }
    let store = shared.store();
    match acted(&store, member, act) {
        Ok(None) => StatusCode::OK.into_response(),
        Ok(Some(reason)) => errors::vaultwarden(StatusCode::BAD_REQUEST, reason),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Does it, or says why not. A revoked member keeps what was before in the number.
fn acted(store: &Store, member: &str, act: Act) -> Result<Option<&'static str>, StoreError> {
    let Some(mut member) = store.member(member)? else { return Ok(Some("User not found in organization")) };
    let is_last_owner = member.is_confirmed_owner() && store.confirmed_owners()? < 2;
    let refused = match act {
        Act::Remove if is_last_owner => Some("Can't delete the last owner"),
        Act::Revoke if member.status < 0 => Some("User is already revoked"),
        Act::Revoke if is_last_owner => Some("Organization must have at least one confirmed owner"),
        Act::Restore if member.status >= 0 => Some("User is already active"),
        Act::Remove | Act::Revoke | Act::Restore => None,
    };
    if refused.is_some() {
        return Ok(refused);
    }
    member.status += match act {
        Act::Remove => return store.delete_member(member.row).map(|()| None),
        Act::Revoke => -128,
        Act::Restore => 128,
    };
    store.update_member(&member).map(|()| None)
}

fn list(data: Result<Vec<Value>, StoreError>) -> Response {
    match data {
        Ok(data) => {
            Json(json!({ "data": data, "object": "list", "continuationToken": null })).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
