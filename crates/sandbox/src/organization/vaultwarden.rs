//! The paths of Vaultwarden: one import, and nothing that an organization's key could read.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use super::errors::{self, Accepts};
use super::options::Flavor;
use super::recorder::Oversized;
use super::shared::{OrganizationState, Shared};
use super::tokens::Access;
use super::{identity, import_vaultwarden, person_api, sign_in};

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/public/organization/import", post(import))
        .route("/api/public/organization/import/", post(import))
        .route("/api/config", get(config))
        .route("/api/version", get(|| async { Json("1.37.2") }))
        .route("/api/alive", get(now))
        .route("/alive", get(now))
        .route("/identity/connect/token", post(identity::token))
        .route("/identity/accounts/prelogin", post(sign_in::prelogin))
        .route("/identity/accounts/prelogin/password", post(sign_in::prelogin))
        .nest("/api", person_api::router().merge(person_api::administration()))
        .fallback(missing)
        .method_not_allowed_fallback(missing)
}

async fn now() -> Json<String> {
    Json(jiff::Timestamp::now().to_string())
}

async fn config(State(shared): State<Arc<Shared>>) -> Response {
    Json(json!({
        "version": "2026.6.0",
        "gitHash": "sandbox",
        "server": { "name": "Vaultwarden", "url": "https://github.com/dani-garcia/vaultwarden" },
        "settings": { "disableUserRegistration": true },
        "environment": {
            "vault": shared.url,
            "api": format!("{}/api", shared.url),
            "identity": format!("{}/identity", shared.url),
            "notifications": format!("{}/notifications", shared.url),
            "sso": "",
        },
        "featureStates": {},
        "object": "config",
    }))
    .into_response()
}

async fn missing(uri: Uri, headers: HeaderMap) -> Response {
    let accepts = if uri.path().starts_with("/api") {
        Accepts::Json
    } else {
        Accepts::from_header(headers.get(header::ACCEPT))
    };
    errors::catcher(StatusCode::NOT_FOUND, accepts)
}

async fn import(
    State(shared): State<Arc<Shared>>,
    oversized: Option<Extension<Oversized>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let accepts = Accepts::from_header(headers.get(header::ACCEPT));
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let access = token.map_or(Access::Nothing, |token| shared.tokens.check(token));
    if access != Access::Organization || shared.organization_state() == OrganizationState::Deleted {
        return errors::catcher(StatusCode::UNAUTHORIZED, accepts);
    }
    if oversized.is_some() {
        return errors::catcher(StatusCode::PAYLOAD_TOO_LARGE, accepts);
    }
    let Flavor::Vaultwarden(vaultwarden) = &shared.options.flavor else {
        return errors::catcher(StatusCode::NOT_FOUND, accepts);
    };
    let done = import_vaultwarden::read(&body)
        .and_then(|request| import_vaultwarden::import(vaultwarden, &shared.store(), &request));
    match done {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => error.into_response(accepts),
    }
}
