//! What the stand-in answers.

use super::list::{asked, first, matches, query, second, success};
use super::tenant::{Role, Tenant, User};
use super::{Shared, lock};
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

/// Largest pages of people, and of roles and their people.
const MOST_USERS: usize = 1_000;
const MOST_ROLES: usize = 650;
const LONGEST_BODY: usize = 100_000;

pub(super) async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let uri = request.uri().clone();
    if uri.path() == "/auth/oauth2/v2/token" {
        return token(&shared, request).await;
    }
    if !is_signed_in(&shared, request.headers()) {
        return refusal(401, "Unauthorized", "Authentication Failure");
    }
    if request.method() != Method::GET {
        return refusal(400, "bad request", "Bad request");
    }
    let (headers, over) = count(&shared, uri.path() == "/auth/rate_limit");
    let mut response = if over {
        *lock(&shared.throttled) += 1;
        refusal(429, "Too Many Requests", "rate limit exceeded")
    } else if uri.path() == "/auth/rate_limit" {
        let data: serde_json::Map<String, Value> =
            headers.iter().map(|(name, number)| ((*name).to_owned(), json!(number))).collect();
        axum::Json(json!({ "status": success(), "data": data })).into_response()
    } else {
        answer(&shared, &uri)
    };
    for (name, number) in headers.into_iter().filter(|_| shared.options.limit_in_headers) {
        if let Ok(name) = HeaderName::try_from(name) {
            response.headers_mut().insert(name, HeaderValue::from(number));
        }
    }
    response
}

/// Client credentials, as Basic authorization.
async fn token(shared: &Shared, request: Request) -> Response {
    let options = &shared.options;
    let expected = STANDARD.encode(format!("{}:{}", options.client_id, options.client_secret));
    let signed =
        request.headers().get(header::AUTHORIZATION).and_then(|it| it.to_str().ok()).map(str::to_owned);
    let body = to_bytes(request.into_body(), LONGEST_BODY).await.unwrap_or_default();
    let asked = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    if signed.is_none_or(|it| it != format!("Basic {expected}")) {
        return refusal(401, "Unauthorized", "Authentication Failure");
    }
    if asked["grant_type"] != "client_credentials" {
        return refusal(400, "bad request", "grant_type is incorrect/absent");
    }
    let mut random = [0; 16];
    if getrandom::fill(&mut random).is_err() {
        return refusal(500, "error", "no chance");
    }
    let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    lock(&shared.tokens).insert(token.clone(), Instant::now() + options.token_lifetime);
    axum::Json(json!({
        "access_token": token, "created_at": "2026-01-01T00:00:00.000Z", "expires_in": options.token_lifetime.as_secs(),
        "refresh_token": "unused", "token_type": "bearer", "account_id": 1,
    }))
    .into_response()
}

/// `bearer <token>`, or `bearer:<token>` as the first version's description has it.
fn is_signed_in(shared: &Shared, headers: &HeaderMap) -> bool {
    let signed = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let token =
        signed.get(..7).filter(|it| it.eq_ignore_ascii_case("bearer ") || it.eq_ignore_ascii_case("bearer:"));
    token.is_some()
        && lock(&shared.tokens).get(signed[7..].trim()).is_some_and(|until| Instant::now() < *until)
}

/// Counts a request against the window; returns the headers and whether the window was used up.
fn count(shared: &Shared, free: bool) -> (Vec<(&'static str, u64)>, bool) {
    let now = shared.started.elapsed().as_secs_f64() * shared.options.speed;
    let mut window = lock(&shared.window);
    while window.0 <= now {
        *window = (window.0 + shared.options.window.as_secs_f64().max(1.0), 0);
    }
    let over = !free && window.1 >= shared.options.limit;
    window.1 += u32::from(!over && !free);
    let headers = vec![
        ("X-RateLimit-Limit", u64::from(shared.options.limit)),
        ("X-RateLimit-Remaining", u64::from(shared.options.limit - window.1)),
        ("X-RateLimit-Reset", (window.0 - now).max(0.0) as u64),
    ];
    (headers, over)
}

fn answer(shared: &Shared, uri: &Uri) -> Response {
    let tenant = lock(&shared.tenant);
    let path: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    let cursor = || match path[..] {
        ["api", "2", ..] => invalid("Invalid pagination cursor"),
        _ => refusal(400, "bad request", "invalid cursor"),
    };
    let query = match path[..] {
        ["api", "2", ..] => asked(query(uri)),
        _ => Some(query(uri)),
    };
    let Some(query) = query else { return cursor() };
    match path.as_slice() {
        ["api", "2", "users"] => {
            let since = query.get("updated_since");
            let ids: Option<Vec<&str>> = query.get("user_ids").map(|ids| ids.split(',').collect());
            let users = tenant
                .users
                .iter()
                .filter(|user| since.is_none_or(|since| user.updated_at >= *since))
                .filter(|user| ids.as_ref().is_none_or(|ids| ids.contains(&user.id.to_string().as_str())))
                .map(|it| user(it, None));
            let users: Vec<Value> = users.filter(|it| matches(it, &query)).collect();
            second(&users, &query, MOST_USERS).unwrap_or_else(cursor)
        }
        ["api", "2", "users", id] => match find(&tenant, id) {
            Some(found) => axum::Json(user(found, None)).into_response(),
            None => missing(),
        },
        ["api", "2", "roles"] => {
            let roles: Vec<Value> = tenant.roles.iter().map(role).filter(|it| matches(it, &query)).collect();
            second(&roles, &query, MOST_ROLES).unwrap_or_else(cursor)
        }
        ["api", "2", "roles", id] => match tenant.roles.iter().find(|role| role.id.to_string() == *id) {
            Some(found) => axum::Json(role(found)).into_response(),
            None => missing(),
        },
        ["api", "2", "roles", id, "users"] => {
            match tenant.roles.iter().find(|role| role.id.to_string() == *id) {
                Some(role) => {
                    let users: Vec<Value> = role.users.iter().filter_map(|id| member(&tenant, *id)).collect();
                    second(&users, &query, MOST_ROLES).unwrap_or_else(cursor)
                }
                None => missing(),
            }
        }
        ["api", "1", "users"] => {
            let users = tenant.users.iter().map(|it| user(it, Some(&tenant)));
            let users: Vec<Value> = users.filter(|it| matches(it, &query)).collect();
            first(shared, uri, &users, &query).unwrap_or_else(cursor)
        }
        ["api", "1", "users", id] => match find(&tenant, id) {
            Some(found) => {
                let data = [user(found, Some(&tenant))];
                axum::Json(json!({ "status": success(), "data": data })).into_response()
            }
            None => refusal(404, "Not Found", "Resource not found"),
        },
        ["api", "1", kind @ ("roles" | "groups")] => {
            let list = if *kind == "roles" { &tenant.roles } else { &tenant.groups };
            let items: Vec<Value> = list.iter().map(named).filter(|it| matches(it, &query)).collect();
            first(shared, uri, &items, &query).unwrap_or_else(cursor)
        }
        ["api", "1", kind @ ("roles" | "groups"), id] => {
            let list = if *kind == "roles" { &tenant.roles } else { &tenant.groups };
            match list.iter().find(|role| role.id.to_string() == *id) {
                Some(found) => {
                    axum::Json(json!({ "status": success(), "data": [named(found)] })).into_response()
                }
                None => refusal(404, "Not Found", "Resource not found"),
            }
        }
        _ => refusal(404, "Not Found", "Resource not found"),
    }
}

fn find<'t>(tenant: &'t Tenant, id: &str) -> Option<&'t User> {
    tenant.users.iter().find(|user| user.id.to_string() == id)
}

/// A person; the first version lists the roles too.
fn user(user: &User, tenant: Option<&Tenant>) -> Value {
    let mut json = json!({
        "id": user.id, "email": user.email, "username": user.username, "status": user.status, "state": 1,
        "group_id": user.group_id, "firstname": user.name.as_ref().map(|it| &it.0),
        "lastname": user.name.as_ref().map(|it| &it.1), "updated_at": user.updated_at,
    });
    if let Some(tenant) = tenant {
        let roles = tenant.roles.iter().filter(|role| role.users.contains(&user.id));
        json["role_id"] = roles.map(|role| role.id).collect();
    }
    json
}

fn role(role: &Role) -> Value {
    json!({ "id": role.id, "name": role.name, "admins": [], "apps": [], "users": role.users })
}

fn named(role: &Role) -> Value {
    json!({ "id": role.id, "name": role.name, "reference": null })
}

fn member(tenant: &Tenant, id: u64) -> Option<Value> {
    let user = tenant.users.iter().find(|user| user.id == id)?;
    Some(json!({
        "id": user.id, "name": "Somebody", "username": user.username, "assigned": true,
        "added_at": user.updated_at, "added_by": { "id": 1, "name": "Somebody" },
    }))
}

/// The second version's own way to say that a request is none.
fn invalid(description: &str) -> Response {
    let body = json!({ "status": 400, "error": "BadRequestError", "description": description });
    (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
}

/// The second version's own way to say that there is no such thing.
fn missing() -> Response {
    let body = json!({
        "statusCode": 404, "name": "NotFoundError", "message": "The resource with the given id could not be found",
    });
    (StatusCode::NOT_FOUND, axum::Json(body)).into_response()
}

fn refusal(status: u16, kind: &str, message: &str) -> Response {
    let body = json!({ "status": { "error": true, "code": status, "type": kind, "message": message } });
    (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), axum::Json(body))
        .into_response()
}
