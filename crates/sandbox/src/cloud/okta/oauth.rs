//! Tokens for a service app: client assertions and proofs of possession, checked as Okta checks them.

use super::super::jwt::verified;
use super::{Shared, lock};
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

const LONGEST_BODY: usize = 100_000;
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The longest life of an assertion, and how far a clock may be off, in seconds.
const LONGEST_LIFE: i64 = 3_600;
const SKEW: i64 = 300;
const SCOPES: [&str; 2] = ["okta.users.read", "okta.groups.read"];

/// A service app that the organization knows.
#[derive(Clone, Debug)]
pub struct ServiceApp {
    /// Its client id.
    pub client_id: String,
    /// The public half of its key, as a JSON web key; with a `kid` only assertions that name it are accepted.
    pub public_key: Value,
    /// Whether tokens are given out and accepted only with a proof of possession.
    pub wants_proof: bool,
    /// Whether every request needs the nonce of the moment in its proof, and not only the one for a token.
    pub wants_nonce: bool,
    /// What it was granted of `okta.users.read` and `okta.groups.read`.
    pub scopes: Vec<String>,
}

impl ServiceApp {
    /// An app with all that is needed.
    pub fn new(client_id: &str, public_key: Value) -> Self {
        let scopes = SCOPES.map(str::to_owned).to_vec();
        Self { client_id: client_id.to_owned(), public_key, wants_proof: false, wants_nonce: false, scopes }
    }
}

/// What was given out.
#[derive(Default)]
pub(super) struct Issued {
    /// Tokens with the key that each is bound to; null for none.
    tokens: HashMap<String, Value>,
    seen: HashSet<String>,
    nonce: Option<String>,
    /// The one for everything but tokens.
    request_nonce: Option<String>,
}

/// How a request is signed.
pub(super) enum Signed {
    Well,
    Badly,
    /// Well, but for this nonce.
    WithoutNonce(String),
}

/// The token endpoint.
pub(super) async fn token(shared: &Shared, request: Request) -> Response {
    let headers = request.headers().clone();
    let url = format!("{}{}", shared.front.url, request.uri().path());
    let body = to_bytes(request.into_body(), LONGEST_BODY).await.unwrap_or_default();
    let form: HashMap<String, String> = form(&body);
    let Some(app) = &shared.options.service_app else {
        return refusal("invalid_client", "no service app", None);
    };
    if form.get("grant_type").map(String::as_str) != Some("client_credentials")
        || form.get("client_assertion_type").map(String::as_str) != Some(ASSERTION)
    {
        return refusal("invalid_request", "grant type or assertion type is missing", None);
    }
    if let Err(reason) = check_assertion(app, form.get("client_assertion").map_or("", String::as_str), &url) {
        return refusal("invalid_client", reason, None);
    }
    let asked = form.get("scope").map_or("", String::as_str);
    if asked.split(' ').any(|scope| !app.scopes.iter().any(|granted| granted == scope)) {
        return refusal("invalid_scope", "One or more scopes are not configured for the app.", None);
    }
    let mut issued = lock(&shared.issued);
    let mut key = Value::Null;
    if app.wants_proof {
        let Some(proof) = text(&headers, "dpop") else {
            return refusal("invalid_dpop_proof", "The DPoP proof JWT header is missing.", None);
        };
        match check_proof(&mut issued, proof, "POST", &url, None) {
            Ok((jwk, nonce)) => {
                let wanted = issued.nonce.get_or_insert_with(random).clone();
                if nonce.as_deref() != Some(wanted.as_str()) {
                    return refusal("use_dpop_nonce", "Authorization server requires nonce.", Some(&wanted));
                }
                key = jwk;
            }
            Err(reason) => return refusal("invalid_dpop_proof", reason, None),
        }
    }
    let token = random();
    let kind = if key.is_null() { "Bearer" } else { "DPoP" };
    issued.tokens.insert(token.clone(), key);
    let body = json!({ "token_type": kind, "expires_in": 3600, "access_token": token, "scope": asked });
    axum::Json(body).into_response()
}

/// Whether a request carries a token that was given out, with the proof that it needs.
pub(super) fn signed(shared: &Shared, request: &Request) -> Signed {
    let headers = request.headers();
    let Some((kind, token)) = text(headers, "authorization").and_then(|it| it.split_once(' ')) else {
        return Signed::Badly;
    };
    let mut issued = lock(&shared.issued);
    let Some(key) = issued.tokens.get(token).cloned() else { return Signed::Badly };
    if key.is_null() {
        return if kind == "Bearer" { Signed::Well } else { Signed::Badly };
    }
    let url = format!("{}{}", shared.front.url, request.uri().path());
    let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()));
    let proof = text(headers, "dpop").unwrap_or_default().to_owned();
    let checked = check_proof(&mut issued, &proof, request.method().as_str(), &url, Some(&hash));
    let nonce = match checked {
        Ok((jwk, nonce)) if kind == "DPoP" && jwk == key => nonce,
        _ => return Signed::Badly,
    };
    if shared.options.service_app.as_ref().is_some_and(|app| app.wants_nonce) {
        let wanted = issued.request_nonce.get_or_insert_with(random).clone();
        if nonce.as_deref() != Some(wanted.as_str()) {
            return Signed::WithoutNonce(wanted);
        }
    }
    Signed::Well
}

/// Refuses a proof without the nonce of the moment (RFC 9449, section 9).
pub(super) fn nonce_wanted(nonce: &str) -> Response {
    let mut response = StatusCode::UNAUTHORIZED.into_response();
    let challenge = "DPoP error=\"use_dpop_nonce\", error_description=\"Resource server requires nonce.\"";
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    if let Ok(nonce) = HeaderValue::try_from(nonce) {
        response.headers_mut().insert("dpop-nonce", nonce);
    }
    response
}

/// Ends the nonces of the moment.
pub(super) fn end_nonces(shared: &Shared) {
    let mut issued = lock(&shared.issued);
    (issued.nonce, issued.request_nonce) = (None, None);
}

/// Ends every token that was given out.
pub(super) fn end_tokens(shared: &Shared) {
    lock(&shared.issued).tokens.clear();
}

fn check_assertion(app: &ServiceApp, token: &str, url: &str) -> Result<(), &'static str> {
    let (head, claims) = verified(token, |_| Some(app.public_key.clone()))?;
    if app.public_key.get("kid").is_some_and(|kid| head["kid"] != *kid) {
        return Err("the assertion names another key");
    }
    let now = jiff::Timestamp::now().as_second();
    let ends = claims["exp"].as_i64().unwrap_or(0);
    if claims["iss"] != app.client_id.as_str() || claims["sub"] != app.client_id.as_str() {
        return Err("the assertion is another app's");
    }
    if claims["aud"] != url {
        return Err("the assertion is for another audience");
    }
    if ends <= now || ends > now + LONGEST_LIFE {
        return Err("the assertion has ended or lives too long");
    }
    Ok(())
}

/// The key of a proof and its nonce.
fn check_proof(
    issued: &mut Issued,
    proof: &str,
    method: &str,
    url: &str,
    token_hash: Option<&str>,
) -> Result<(Value, Option<String>), &'static str> {
    let (head, claims) = verified(proof, |head| head.get("jwk").cloned())?;
    let now = jiff::Timestamp::now().as_second();
    if head["typ"] != "dpop+jwt" || head["jwk"].get("d").is_some() {
        return Err("the proof has a wrong header");
    }
    if claims["htm"] != method || claims["htu"] != url {
        return Err("the proof is for another request");
    }
    if (claims["iat"].as_i64().unwrap_or(0) - now).abs() > SKEW {
        return Err("the proof is not of now");
    }
    if token_hash.is_some_and(|hash| claims["ath"] != hash) {
        return Err("the proof is for another token");
    }
    let id = claims["jti"].as_str().filter(|id| !id.is_empty()).ok_or("the proof has no id")?;
    if !issued.seen.insert(id.to_owned()) {
        return Err("the proof was used before");
    }
    Ok((head["jwk"].clone(), claims["nonce"].as_str().map(str::to_owned)))
}

fn form(body: &[u8]) -> HashMap<String, String> {
    let uri = format!("/?{}", String::from_utf8_lossy(body)).parse().unwrap_or_default();
    axum::extract::Query::<HashMap<String, String>>::try_from_uri(&uri).map(|it| it.0).unwrap_or_default()
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn random() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn refusal(code: &str, words: &str, nonce: Option<&str>) -> Response {
    let status = if code == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    let mut response =
        (status, axum::Json(json!({ "error": code, "error_description": words }))).into_response();
    if let Some(nonce) = nonce.and_then(|nonce| HeaderValue::try_from(nonce).ok()) {
        response.headers_mut().insert("dpop-nonce", nonce);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
