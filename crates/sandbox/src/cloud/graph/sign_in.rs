//! The token endpoint of the authority, and those by which machines in Azure get tokens.

use super::reply::Reply;
use super::shared::Shared;
use axum::extract::Query;
use axum::http::{HeaderMap, Uri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Answers a request for a token.
pub(super) fn token(shared: &Shared, body: &[u8]) -> Reply {
    let form = fields(&format!("/?{}", String::from_utf8_lossy(body)));
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let options = shared.options();
    if field("grant_type") != "client_credentials" {
        return refused(400, "unsupported_grant_type", "AADSTS70003: The grant type is not supported.");
    }
    if field("scope") != format!("{}/.default", shared.url()) {
        return refused(400, "invalid_scope", "AADSTS1002012: The provided scope is not valid.");
    }
    if field("client_id") != options.application_id {
        return refused(400, "unauthorized_client", "AADSTS700016: Application not found.");
    }
    let assertion = field("client_assertion");
    if !assertion.is_empty() {
        if field("client_assertion_type") != JWT_BEARER {
            return refused(400, "invalid_request", "AADSTS50027: Invalid JWT token.");
        }
        let federated = options.federated_token.as_deref() == Some(assertion);
        if !federated && !is_signed(shared, assertion) {
            let message = "AADSTS700027: Client assertion failed signature validation.";
            return refused(401, "invalid_client", message);
        }
    } else if field("client_secret") != options.secret {
        return refused(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.");
    }
    let seconds = options.token_lifetime.as_secs();
    Reply::ok(json!({"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds,
        "access_token": shared.new_token()}))
}

/// Answers a machine or an app service that asks for the token of its identity.
pub(super) fn identity(shared: &Shared, uri: &Uri, headers: &HeaderMap) -> Option<Reply> {
    let secret = shared.options().identity.as_deref()?;
    let query = fields(&uri.to_string());
    let has = |name: &str, value: &str| headers.get(name).is_some_and(|it| it.as_bytes() == value.as_bytes());
    let asked = |name: &str| query.get(name).map_or("", String::as_str);
    let (permitted, version) = match uri.path() {
        "/metadata/identity/oauth2/token" => (has("metadata", "true"), "2018-02-01"),
        "/msi/token" => (has("x-identity-header", secret), "2019-08-01"),
        _ => return None,
    };
    if !permitted || asked("api-version") != version || asked("resource") != shared.url() {
        return Some(refused(400, "invalid_request", "A required header or parameter is missing."));
    }
    let id = &shared.options().application_id;
    if query.get("client_id").is_some_and(|it| it != id) {
        return Some(refused(400, "invalid_request", "Identity not found"));
    }
    let seconds = shared.options().token_lifetime.as_secs();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
    let mut body = json!({"access_token": shared.new_token(), "expires_on": (now + seconds).to_string(),
        "resource": shared.url(), "token_type": "Bearer", "client_id": id});
    if uri.path() == "/metadata/identity/oauth2/token" {
        body["expires_in"] = json!(seconds.to_string());
        body["refresh_token"] = json!("");
    }
    Some(Reply::ok(body))
}

/// Whether the assertion is signed by the application's certificate (PS256), for this endpoint and this time.
fn is_signed(shared: &Shared, assertion: &str) -> bool {
    let Some(certificate) = &shared.options().certificate else { return false };
    let Some((message, signature)) = assertion.rsplit_once('.') else { return false };
    let part = |number: usize| -> Option<Value> {
        let bytes = URL_SAFE_NO_PAD.decode(message.split('.').nth(number)?).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    let (Some(header), Some(claims), Ok(signature)) = (part(0), part(1), URL_SAFE_NO_PAD.decode(signature))
    else {
        return false;
    };
    let thumbprint = URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, &certificate.der));
    let options = shared.options();
    let audience = format!("{}/{}/oauth2/v2.0/token", shared.url(), options.tenant_id);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
    header["alg"] == "PS256"
        && header["x5t#S256"] == thumbprint.as_str()
        && claims["aud"] == audience.as_str()
        && claims["iss"] == options.application_id.as_str()
        && claims["sub"] == options.application_id.as_str()
        && claims["jti"].as_str().is_some_and(|it| !it.is_empty())
        && claims["exp"].as_u64().is_some_and(|it| it > now && it <= now + 600)
        && UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, &certificate.public_key)
            .verify(message.as_bytes(), &signature)
            .is_ok()
}

fn fields(uri: &str) -> HashMap<String, String> {
    let uri: Option<Uri> = uri.parse().ok();
    uri.and_then(|uri| Query::try_from_uri(&uri).ok()).map(|it| it.0).unwrap_or_default()
}

/// A refusal in the authority's form.
pub(super) fn refused(status: u16, error: &str, description: &str) -> Reply {
    let body = json!({"error": error, "error_description": description, "error_codes": [],
        "timestamp": "2026-01-01 00:00:00Z", "trace_id": "0", "correlation_id": "0"});
    Reply { status, retry_after: None, body }
}
