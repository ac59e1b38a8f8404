//! The token endpoint of both servers: an organization's key, a person's key, a person's password.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::errors::{self, Accepts};
use super::options::{Flavor, Official};
use super::rate_limit::Limit;
use super::shared::{OrganizationState, Shared};
use super::sign_in;
use super::tokens::ORGANIZATION_SCOPE;
use crate::host::Peer;

type Fields = Result<Form<Vec<(String, String)>>, FormRejection>;

/// Answers POST /connect/token as the server that is imitated.
pub(crate) async fn token(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    match &shared.options.flavor {
        Flavor::Official(official) => match fields {
            Ok(Form(fields)) => {
                let is = |name: &str, wanted: &str| fields.iter().any(|it| it.0 == name && it.1 == wanted);
                if is("grant_type", "password") && is("client_id", "connector") {
                    return sign_in::password_grant(&shared, &by_name(fields, plain));
                }
                if is("grant_type", "refresh_token") && is("client_id", "connector") {
                    return sign_in::refresh_grant(&shared, &by_name(fields, plain));
                }
                official_token(&shared, official, &headers, &by_name(fields, str::to_owned))
            }
            Err(_) => errors::oauth("invalid_request"),
        },
        Flavor::Vaultwarden(_) => match fields {
            Ok(Form(fields)) => vaultwarden_token(&shared, &peer, &headers, &by_name(fields, plain)),
            Err(_) => {
                let accepts = Accepts::from_header(headers.get(header::ACCEPT));
                errors::catcher(StatusCode::UNSUPPORTED_MEDIA_TYPE, accepts)
            }
        },
    }
}

fn plain(name: &str) -> String {
    name.replace('_', "").to_ascii_lowercase()
}

fn by_name(fields: Vec<(String, String)>, name: impl Fn(&str) -> String) -> HashMap<String, String> {
    fields.into_iter().map(|(key, value)| (name(&key), value)).collect()
}

fn official_token(
    shared: &Shared,
    official: &Official,
    headers: &HeaderMap,
    fields: &HashMap<String, String>,
) -> Response {
    let field = |name: &str| fields.get(name).map(String::as_str);
    let basic = basic_credentials(headers);
    let (client, secret) = match &basic {
        Some((client, secret)) => (Some(client.as_str()), Some(secret.as_str())),
        None => (field("client_id"), field("client_secret")),
    };
    if let (Some(client), Some(secret)) = (client, secret)
        && client.starts_with("user.")
        && field("grant_type") == Some("client_credentials")
    {
        return sign_in::personal_key_grant(shared, client, secret);
    }
    let is_open = official.use_api && shared.organization_state() == OrganizationState::Enabled;
    let is_known = client == Some(shared.client_id().as_str())
        && secret.is_some_and(|secret| shared.key().accepts(secret, official.client_cache));
    if !is_open || !is_known {
        return errors::oauth("invalid_client");
    }
    match field("grant_type") {
        Some("client_credentials") => {}
        Some("password" | "authorization_code" | "refresh_token") => {
            return errors::oauth("unauthorized_client");
        }
        _ => return errors::oauth("unsupported_grant_type"),
    }
    let scopes = field("scope").unwrap_or(ORGANIZATION_SCOPE);
    if scopes.split_whitespace().any(|scope| scope != ORGANIZATION_SCOPE) {
        return errors::oauth("invalid_scope");
    }
    issued(shared, &format!("{}/identity", shared.url))
}

fn vaultwarden_token(
    shared: &Shared,
    peer: &Peer,
    headers: &HeaderMap,
    fields: &HashMap<String, String>,
) -> Response {
    let refused = |message: &str| errors::vaultwarden(StatusCode::BAD_REQUEST, message);
    let field = |name: &str| fields.get(name).map(String::as_str).filter(|value| !value.is_empty());
    match fields.get("granttype").map(String::as_str) {
        Some("client_credentials") => {}
        Some("password") => {
            let login = Limit { count: 10, seconds: 60 };
            if shared.limiter.take(client_address(peer, headers), "login", login).is_err() {
                return errors::vaultwarden(StatusCode::TOO_MANY_REQUESTS, "Too many login requests");
            }
            return sign_in::password_grant(shared, fields);
        }
        Some("refresh_token") => return sign_in::refresh_grant(shared, fields),
        Some(_) => return refused("Invalid type"),
        None => {
            let accepts = Accepts::from_header(headers.get(header::ACCEPT));
            return errors::catcher(StatusCode::UNPROCESSABLE_ENTITY, accepts);
        }
    }
    for (name, label) in [
        ("clientid", "client_id"),
        ("clientsecret", "client_secret"),
        ("scope", "scope"),
        ("deviceidentifier", "device_identifier"),
        ("devicename", "device_name"),
        ("devicetype", "device_type"),
    ] {
        if field(name).is_none() {
            return refused(&format!("{label} cannot be blank"));
        }
    }
    let login = Limit { count: 10, seconds: 60 };
    if shared.limiter.take(client_address(peer, headers), "login", login).is_err() {
        return errors::vaultwarden(StatusCode::TOO_MANY_REQUESTS, "Too many login requests");
    }
    match field("scope") {
        Some(ORGANIZATION_SCOPE) => {}
        Some("api") => {
            let of = |name| field(name).unwrap_or_default();
            return sign_in::personal_key_grant(shared, of("clientid"), of("clientsecret"));
        }
        _ => return refused("Scope not supported"),
    }
    let client = field("clientid").unwrap_or_default();
    if !client.starts_with("organization.") {
        return refused("Malformed client_id");
    }
    if client != shared.client_id() {
        return refused("Invalid client_id");
    }
    let secret = field("clientsecret").unwrap_or_default();
    if !shared.key().accepts(secret, std::time::Duration::ZERO) {
        return refused("Incorrect client_secret");
    }
    issued(shared, &format!("{}|{ORGANIZATION_SCOPE}", shared.url))
}

/// The address that Vaultwarden counts logins for: the one that a proxy on the same machine names, else the peer's.
fn client_address(peer: &Peer, headers: &HeaderMap) -> IpAddr {
    let named = headers.get("x-real-ip").and_then(|value| value.to_str().ok()?.trim().parse().ok());
    named.filter(|_| peer.address.ip().is_loopback()).unwrap_or_else(|| peer.address.ip())
}

fn issued(shared: &Shared, issuer: &str) -> Response {
    let lifetime = shared.options.token_lifetime;
    let token = shared.tokens.issue(&shared.client_id(), issuer, ORGANIZATION_SCOPE, lifetime);
    let body = json!({
        "access_token": token,
        "expires_in": lifetime.as_secs(),
        "token_type": "Bearer",
        "scope": ORGANIZATION_SCOPE,
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let decoded = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    let (client, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((client.to_owned(), secret.to_owned()))
}
