//! Tokens of Vaultwarden.

use std::time::Duration;

use bwdc_sandbox::organization::{RateLimits, Vaultwarden};
use serde_json::json;

use super::support::{Organization, Reply, members, send, vaultwarden, vaultwarden_with};

const DEVICE: [(&str, &str); 3] =
    [("device_identifier", "id"), ("device_name", "sandbox"), ("device_type", "8")];

async fn log_in(organization: &Organization, leave_out: &str) -> Reply {
    let (id, secret) = (organization.server.client_id(), organization.server.client_secret());
    let mut fields = vec![
        ("grant_type", "client_credentials"),
        ("scope", "api.organization"),
        ("client_id", id.as_str()),
        ("client_secret", secret.as_str()),
    ];
    fields.extend(DEVICE);
    fields.retain(|(name, _)| *name != leave_out);
    organization.ask_token(&fields).await
}

#[tokio::test]
async fn token_answer() {
    let organization = vaultwarden().await;
    let answer = log_in(&organization, "").await.ok().json();
    assert_eq!((&answer["expires_in"], &answer["token_type"]), (&json!(3600), &json!("Bearer")));
    assert_eq!(answer["scope"], "api.organization");
    let mut organization = organization;
    organization.token = answer["access_token"].as_str().unwrap().to_owned();
    organization.import(members(&[])).await.ok();
}

#[tokio::test]
async fn token_needs_the_device_fields() {
    let organization = vaultwarden().await;
    for (field, _) in DEVICE {
        log_in(&organization, field).await.expect(400, &format!("{field} cannot be blank"));
    }
}

#[tokio::test]
async fn token_field_names_with_or_without_underscore_in_any_case() {
    let organization = vaultwarden().await;
    let (id, secret) = (organization.server.client_id(), organization.server.client_secret());
    let fields = [
        ("grantType", "client_credentials"),
        ("SCOPE", "api.organization"),
        ("clientId", id.as_str()),
        ("Client_Secret", secret.as_str()),
        ("deviceIdentifier", "id"),
        ("deviceName", "sandbox"),
        ("devicetype", "8"),
    ];
    organization.ask_token(&fields).await.ok();
}

#[tokio::test]
async fn token_json_body_is_415_and_basic_is_not_understood() {
    let organization = vaultwarden().await;
    let url = format!("{}/connect/token", organization.server.identity_url());
    let json = organization.http.post(&url).header("accept", "application/json").json(&json!({}));
    let reply = send(json).await;
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (415, &json!(415)));
    let mut fields = vec![("grant_type", "client_credentials"), ("scope", "api.organization")];
    fields.extend(DEVICE);
    let (id, secret) = (organization.server.client_id(), organization.server.client_secret());
    send(organization.http.post(&url).basic_auth(id, Some(secret)).form(&fields))
        .await
        .expect(400, "client_id cannot be blank");
}

#[tokio::test]
async fn rotated_key_fails_at_once_and_tokens_keep_working() {
    let organization = vaultwarden().await;
    let old = organization.server.client_secret();
    log_in(&organization, "").await.ok();
    organization.server.rotate_key();
    let id = organization.server.client_id();
    let mut fields = vec![
        ("grant_type", "client_credentials"),
        ("scope", "api.organization"),
        ("client_id", id.as_str()),
        ("client_secret", old.as_str()),
    ];
    fields.extend(DEVICE);
    assert_eq!(organization.ask_token(&fields).await.status, 400);
    organization.import(members(&[])).await.ok();
}

#[tokio::test]
async fn ten_logins_at_once_then_429_without_retry_after() {
    let login_limit = RateLimits::On { clock: 0.01 };
    let organization = vaultwarden_with(Vaultwarden { login_limit, ..Vaultwarden::default() }).await;
    for _ in 0..10 {
        log_in(&organization, "").await.ok();
    }
    let refused = log_in(&organization, "").await;
    refused.expect(429, "Too many login requests");
    assert!(!refused.headers.contains_key("retry-after"));
    assert_eq!(refused.json()["error"], "");
}

#[tokio::test]
async fn logins_are_counted_for_the_address_that_a_proxy_names() {
    let login_limit = RateLimits::On { clock: 0.01 };
    let organization = vaultwarden_with(Vaultwarden { login_limit, ..Vaultwarden::default() }).await;
    let url = format!("{}/connect/token", organization.server.identity_url());
    let status = async |address: &str| {
        let mut fields =
            vec![("grant_type", "client_credentials"), ("scope", "api"), ("client_id", "user.x")];
        fields.push(("client_secret", "s"));
        fields.extend(DEVICE);
        send(organization.http.post(&url).header("x-real-ip", address).form(&fields)).await.status
    };
    for _ in 0..10 {
        assert_eq!(status("192.0.2.1").await, 400);
    }
    assert_eq!((status("192.0.2.1").await, status("192.0.2.2").await), (429, 400));
    log_in(&organization, "").await.ok();
}

#[tokio::test]
async fn token_names_its_issuer_with_the_scope() {
    let organization = vaultwarden().await;
    let token = log_in(&organization, "").await.ok().json()["access_token"].as_str().unwrap().to_owned();
    let claims = token.split('.').nth(1).unwrap();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["iss"], format!("{}|api.organization", organization.server.url()));
}

#[tokio::test]
async fn one_login_a_minute_is_regained() {
    let login_limit = RateLimits::On { clock: 60.0 };
    let organization = vaultwarden_with(Vaultwarden { login_limit, ..Vaultwarden::default() }).await;
    while log_in(&organization, "").await.status == 200 {}
    tokio::time::sleep(Duration::from_millis(1010)).await;
    log_in(&organization, "").await.ok();
}
