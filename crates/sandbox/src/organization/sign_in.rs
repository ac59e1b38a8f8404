//! Signing in as a person: password, second step, new device, and the personal API key.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::account::{KeyDerivation, Person, TwoStep, Verdict};
use super::errors;
use super::options::Flavor;
use super::shared::Shared;

/// The scope of a signed-in person.
pub(crate) const PERSON_SCOPE: &str = "api";
const SCOPES: &str = "api offline_access";

/// Answers POST /accounts/prelogin: an address that nobody has gets an answer, too.
pub(crate) async fn prelogin(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let Ok(Value::Object(body)) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let email = body.get("email").and_then(Value::as_str).unwrap_or_default();
    let derivation = shared
        .accounts
        .lock()
        .find(email)
        .map_or(KeyDerivation::Pbkdf2 { iterations: 600_000 }, |it| it.account.derivation);
    let (kdf, iterations, memory, parallelism) = numbers(derivation);
    let salt = match shared.options.flavor {
        Flavor::Official(_) => json!(email.trim().to_lowercase()),
        Flavor::Vaultwarden(_) => Value::Null,
    };
    Json(json!({
        "kdf": kdf,
        "kdfIterations": iterations,
        "kdfMemory": memory,
        "kdfParallelism": parallelism,
        "kdfSettings": {
            "kdfType": kdf, "iterations": iterations, "memory": memory, "parallelism": parallelism,
        },
        "salt": salt,
    }))
    .into_response()
}

fn numbers(derivation: KeyDerivation) -> (u32, u32, Option<u32>, Option<u32>) {
    match derivation {
        KeyDerivation::Pbkdf2 { iterations } => (0, iterations, None, None),
        KeyDerivation::Argon2id { iterations, memory, parallelism } => {
            (1, iterations, Some(memory), Some(parallelism))
        }
    }
}

/// Answers the password grant. Fields come by their names without underscores and in lower case.
pub(crate) fn password_grant(shared: &Shared, fields: &HashMap<String, String>) -> Response {
    let official = matches!(shared.options.flavor, Flavor::Official(_));
    let field = |name: &str| fields.get(name).map(String::as_str).filter(|value| !value.is_empty());
    for (name, label) in [
        ("clientid", "client_id"),
        ("password", "password"),
        ("scope", "scope"),
        ("username", "username"),
        ("deviceidentifier", "device_identifier"),
        ("devicename", "device_name"),
        ("devicetype", "device_type"),
    ] {
        if field(name).is_none() {
            return match official {
                true => errors::oauth("invalid_request"),
                false => errors::vaultwarden(StatusCode::BAD_REQUEST, &format!("{label} cannot be blank")),
            };
        }
    }
    if field("scope") != Some(SCOPES) {
        return match official {
            true => errors::oauth("invalid_scope"),
            false => errors::vaultwarden(StatusCode::BAD_REQUEST, "Scope not supported"),
        };
    }
    let email = field("username").unwrap_or_default();
    let device = field("deviceidentifier").unwrap_or_default();
    let mut accounts = shared.accounts.lock();
    let known =
        accounts.find(email).filter(|it| Some(it.account.master_password_hash.as_str()) == field("password"));
    let Some(person) = known else {
        return match official {
            true => grant_error("Username or password is incorrect. Try again."),
            false => {
                errors::vaultwarden(StatusCode::BAD_REQUEST, "Username or password is incorrect. Try again")
            }
        };
    };
    let mut remembered = None;
    if !person.account.two_step.is_empty() {
        let verdict = match (field("twofactorprovider"), field("twofactortoken")) {
            (Some(provider), Some(token)) => person.verify(provider, token),
            _ => Verdict::AskAgain,
        };
        match verdict {
            Verdict::Right => {}
            Verdict::Wrong if official => return grant_error("Two-step token is invalid. Try again."),
            Verdict::Wrong => {
                return errors::vaultwarden(
                    StatusCode::BAD_REQUEST,
                    "Invalid TOTP code! Server time: 2026-11-20 13:00:00 UTC",
                );
            }
            Verdict::AskAgain => {
                let answer = two_step_required(person, official);
                if person.account.two_step == [TwoStep::Email] {
                    accounts.mail_code(email);
                }
                return answer;
            }
        }
        if field("twofactorremember") == Some("1") {
            remembered = Some(person.remember());
        }
    } else if official && person.is_new_device(device) {
        match field("newdeviceotp") {
            Some(code) if person.accept_device(device, code) => {}
            Some(_) => return device_error("Invalid New Device OTP", "invalid new device otp"),
            None => {
                accounts.mail_code(email);
                let text = "new device verification required";
                return device_error("New device verification required", text);
            }
        }
    }
    let mut answer = granted(shared, person, SCOPES, signed_in_for(shared));
    answer.insert("refresh_token".to_owned(), json!(person.refreshing()));
    if let Some(token) = remembered {
        answer.insert("TwoFactorToken".to_owned(), json!(token));
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

/// Answers the refresh grant.
pub(crate) fn refresh_grant(shared: &Shared, fields: &HashMap<String, String>) -> Response {
    let token = fields.get("refreshtoken").map(String::as_str).unwrap_or_default();
    let accounts = shared.accounts.lock();
    let Some(person) = accounts.find_by_refresh_token(token) else { return errors::oauth("invalid_grant") };
    let mut answer = granted(shared, person, SCOPES, signed_in_for(shared));
    answer.insert("refresh_token".to_owned(), json!(token));
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

/// Answers a `user.<id>` key with its secret, or says what is wrong with it.
pub(crate) fn personal_key_grant(shared: &Shared, client: &str, secret: &str) -> Response {
    let official = matches!(shared.options.flavor, Flavor::Official(_));
    let refused = |message: &str| match official {
        true => errors::oauth("invalid_client"),
        false => errors::vaultwarden(StatusCode::BAD_REQUEST, message),
    };
    let Some(id) = client.strip_prefix("user.") else { return refused("Malformed client_id") };
    let mut accounts = shared.accounts.lock();
    let Some(person) = accounts.find_by_id(id) else { return refused("Invalid client_id") };
    if person.api_key != secret {
        return refused("Incorrect client_secret");
    }
    let answer = granted(shared, person, PERSON_SCOPE, shared.options.token_lifetime);
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

/// How long somebody is signed in by password: on the official server a day, where a key's token is good for an hour.
fn signed_in_for(shared: &Shared) -> Duration {
    let hours = if shared.official().is_some() { 24 } else { 1 };
    shared.options.token_lifetime.saturating_mul(hours)
}

fn granted(shared: &Shared, person: &Person, scope: &str, lifetime: Duration) -> Map<String, Value> {
    let issuer = format!("{}/identity", shared.url);
    let token = shared.tokens.issue_for(&person.account.email, &person.id, &issuer, PERSON_SCOPE, lifetime);
    let (kdf, iterations, memory, parallelism) = numbers(person.account.derivation);
    let answer = json!({
        "access_token": token,
        "expires_in": lifetime.as_secs(),
        "token_type": "Bearer",
        "scope": scope,
        "Key": "2.sandbox|sandbox|sandbox",
        "PrivateKey": "2.sandbox|sandbox|sandbox",
        "Kdf": kdf,
        "KdfIterations": iterations,
        "KdfMemory": memory,
        "KdfParallelism": parallelism,
        "ResetMasterPassword": false,
        "ForcePasswordReset": false,
        "MasterPasswordPolicy": { "Object": "masterPasswordPolicy" },
    });
    answer.as_object().cloned().unwrap_or_default()
}

fn two_step_required(person: &Person, official: bool) -> Response {
    let steps = &person.account.two_step;
    let parameters: Map<String, Value> = steps
        .iter()
        .map(|step| {
            let value = match step {
                TwoStep::Email => json!({ "Email": "an*****@example.test" }),
                TwoStep::YubiKey(_) => json!({ "Nfc": true }),
                TwoStep::Duo => json!({ "Host": "api.duo.test", "AuthUrl": "https://api.duo.test/" }),
                TwoStep::WebAuthn => json!({ "challenge": "sandbox" }),
                TwoStep::Authenticator(_) => Value::Null,
            };
            (step.number().to_owned(), value)
        })
        .collect();
    let list: Vec<&str> = steps.iter().map(TwoStep::number).collect();
    let mut body = json!({
        "error": "invalid_grant",
        "error_description": "Two factor required.",
        "TwoFactorProviders": list,
        "TwoFactorProviders2": parameters,
        "MasterPasswordPolicy": { "Object": "masterPasswordPolicy" },
    });
    if official && steps.contains(&TwoStep::Email) {
        body["SsoEmail2faSessionToken"] = json!("sandbox");
        body["Email"] = json!(person.account.email);
    }
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

fn grant_error(message: &str) -> Response {
    let body = json!({
        "error": "invalid_grant",
        "error_description": "invalid_username_or_password",
        "ErrorModel": { "Message": message, "Object": "error" },
    });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

fn device_error(description: &str, message: &str) -> Response {
    let body = json!({
        "error": "device_error",
        "error_description": description,
        "ErrorModel": { "Message": message, "Object": "error" },
    });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
