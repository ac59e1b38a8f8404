//! The paths of the official server.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use super::body::read_body;
use super::errors::{self, Refusal};
use super::import_request::read_import;
use super::rate_limit::Limit;
use super::recorder::Oversized;
use super::shared::Shared;
use super::tokens::Access;
use super::{
    events_api, groups_api, identity, import_official, members_api, person_api, settings_api, sign_in,
};
use crate::host::Peer;

const VERSION: &str = "2026.8.0";
/// The last one whose members cannot be revoked.
const WITHOUT_REVOKE: &str = "2026.1.1";

pub(crate) fn router(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    let public = members_api::router()
        .merge(groups_api::router())
        .merge(settings_api::router())
        .merge(events_api::router())
        .route("/organization/import", post(import))
        .layer(middleware::from_fn_with_state(Arc::clone(shared), authorize));
    let api = Router::new()
        .nest("/public", public)
        .merge(person_api::router())
        .route("/config", get(config))
        .route("/version", get(|state| async move { Json(version(&state)) }))
        .route("/alive", get(now));
    let identity = Router::new()
        .route("/connect/token", post(identity::token))
        .route("/accounts/prelogin", post(sign_in::prelogin))
        .route("/accounts/prelogin/password", post(sign_in::prelogin))
        .route("/alive", get(now));
    let server = Router::new()
        .nest("/api", api)
        .nest("/identity", identity)
        .route("/alive", get(now))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(middleware::from_fn_with_state(Arc::clone(shared), limit))
        .with_state(Arc::clone(shared));
    Router::new().fallback_service(server).layer(middleware::from_fn(plain_path))
}

/// Paths are matched without regard to case, and with a slash at the end.
async fn plain_path(mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") {
        let plain = path.strip_suffix('/').unwrap_or(path).to_ascii_lowercase();
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        if let Ok(uri) = format!("{plain}{query}").parse() {
            *request.uri_mut() = uri;
        }
    }
    next.run(request).await
}

async fn now() -> Json<String> {
    Json(jiff::Timestamp::now().to_string())
}

fn version(State(shared): &State<Arc<Shared>>) -> &'static str {
    if shared.official().is_none_or(|official| official.revoke) { VERSION } else { WITHOUT_REVOKE }
}

async fn config(State(shared): State<Arc<Shared>>) -> Response {
    let staged = shared.official().is_some_and(|official| official.staged_status);
    Json(json!({
        "version": version(&State(Arc::clone(&shared))),
        "gitHash": "sandbox",
        "server": null,
        "environment": {
            "cloudRegion": null,
            "vault": shared.url,
            "api": format!("{}/api", shared.url),
            "identity": format!("{}/identity", shared.url),
            "notifications": null,
            "sso": null,
        },
        "featureStates": { "pm-34423-staged-status": staged },
        "object": "config",
    }))
    .into_response()
}

async fn import(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    let request = read_import(&read_body(&headers, &body)?)?;
    import_official::import(&shared, request).await?;
    Ok(StatusCode::OK)
}

async fn authorize(
    State(shared): State<Arc<Shared>>,
    oversized: Option<Extension<Oversized>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    match token.map_or(Access::Nothing, |token| shared.tokens.check(token)) {
        Access::Organization => {}
        Access::OtherScope => return Err(Refusal::Forbidden),
        Access::Nothing => return Err(Refusal::Unauthorized),
    }
    if oversized.is_some() {
        return Err(Refusal::TooLarge);
    }
    // The server has no path for it, while the router here answers it wherever there is a GET.
    if request.method() == Method::HEAD {
        return Err(Refusal::WrongMethod);
    }
    Ok(next.run(request).await)
}

async fn limit(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let writing = [Limit { count: 5, seconds: 1 }, Limit { count: 60, seconds: 60 }];
    let ten_a_minute = [Limit { count: 10, seconds: 60 }];
    let rules: Vec<(&'static str, &[Limit])> = if path.starts_with("/identity") {
        let mut rules: Vec<(&'static str, &[Limit])> = vec![("identity", &writing)];
        if request.method() == Method::POST && path == "/identity/connect/token" {
            rules.push(("token", &ten_a_minute));
        }
        rules
    } else if path.starts_with("/api") {
        match request.method().as_str() {
            "POST" if path == "/api/accounts/prelogin" => {
                vec![("post", &writing), ("prelogin", &ten_a_minute)]
            }
            "POST" => vec![("post", &writing)],
            "PUT" => vec![("put", &writing)],
            "DELETE" => vec![("delete", &writing)],
            "GET" => vec![("get", &[Limit { count: 200, seconds: 60 }])],
            _ => Vec::new(),
        }
    } else {
        Vec::new()
    };
    for (counter, limits) in rules {
        if let Err(refused) = shared.limiter.admit(peer.address.ip(), counter, limits) {
            let message = format!("Slow down! Too many requests. Try again in {}.", refused.limit.period());
            let mut response = errors::internal(StatusCode::TOO_MANY_REQUESTS, &message);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(refused.retry_after));
            return response;
        }
    }
    next.run(request).await
}
