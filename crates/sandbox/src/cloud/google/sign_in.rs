//! Tokens for a service account that acts for an administrator (Google, "Using OAuth 2.0 for server to server
//! applications"): the assertion is checked as Google checks it, down to its words.

use super::super::jwt::verified;
use super::{Shared, lock};
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::HashMap;

/// Whom an assertion is for, wherever the endpoint is: Google's own clients name this.
const AUDIENCE: &str = "https://oauth2.googleapis.com/token";
const LONGEST_BODY: usize = 100_000;
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The longest life of an assertion, and how far a clock may be off, in seconds.
const LONGEST_LIFE: i64 = 3_600;
const SKEW: i64 = 300;

/// What a directory connector needs.
pub(super) const SCOPES: [&str; 3] = [
    "https://www.googleapis.com/auth/admin.directory.user.readonly",
    "https://www.googleapis.com/auth/admin.directory.group.readonly",
    "https://www.googleapis.com/auth/admin.directory.group.member.readonly",
];

pub(super) async fn token(shared: &Shared, request: Request) -> Response {
    let body = to_bytes(request.into_body(), LONGEST_BODY).await.unwrap_or_default();
    let uri = format!("/?{}", String::from_utf8_lossy(&body)).parse().unwrap_or_default();
    let form: HashMap<String, String> =
        axum::extract::Query::try_from_uri(&uri).map(|it| it.0).unwrap_or_default();
    if form.get("grant_type").map(String::as_str) != Some(GRANT) {
        return refusal(400, "unsupported_grant_type", "Invalid grant_type");
    }
    let assertion = form.get("assertion").map_or("", String::as_str);
    let Ok((head, claims)) = verified(assertion, |_| Some(shared.public_key.clone())) else {
        return refusal(400, "invalid_grant", "Invalid JWT Signature.");
    };
    if head["alg"] != "RS256" {
        return refusal(400, "invalid_grant", "Invalid JWT: unsupported algorithm.");
    }
    let now = jiff::Timestamp::now().as_second();
    let (begun, ends) = (claims["iat"].as_i64().unwrap_or(0), claims["exp"].as_i64().unwrap_or(0));
    if ends <= now || begun > now + SKEW || ends - begun > LONGEST_LIFE {
        let words = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. \
                     Check your iat and exp values in the JWT claim.";
        return refusal(400, "invalid_grant", words);
    }
    if claims["aud"] != AUDIENCE {
        return refusal(400, "invalid_grant", "Invalid JWT: Failed audience check.");
    }
    if claims["iss"] != shared.options.client_email.as_str() {
        return refusal(400, "invalid_grant", "Invalid grant: account not found");
    }
    let asked: Vec<String> =
        claims["scope"].as_str().unwrap_or_default().split(' ').map(str::to_owned).collect();
    if asked.iter().any(|scope| !shared.options.delegated.contains(scope)) {
        let words = "Client is unauthorized to retrieve access tokens using this method, or client not authorized \
                     for any of the scopes requested.";
        return refusal(401, "unauthorized_client", words);
    }
    let subject = claims["sub"].as_str().unwrap_or_default();
    if !shared.options.admins.iter().any(|admin| admin.eq_ignore_ascii_case(subject)) {
        return refusal(400, "invalid_grant", "Invalid email or User ID");
    }
    let token = format!("ya29.{}", uuid::Uuid::new_v4().simple());
    lock(&shared.tokens).push((token.clone(), asked));
    let life = shared.options.token_life;
    axum::Json(json!({ "access_token": token, "expires_in": life, "token_type": "Bearer" })).into_response()
}

/// The scopes of the token that a request carries; None: it carries none that is good.
pub(super) fn scopes(shared: &Shared, authorization: Option<&str>) -> Option<Vec<String>> {
    let token = authorization?.strip_prefix("Bearer ")?;
    lock(&shared.tokens).iter().find(|(known, _)| known == token).map(|(_, scopes)| scopes.clone())
}

fn refusal(status: u16, error: &str, words: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, axum::Json(json!({ "error": error, "error_description": words }))).into_response()
}
