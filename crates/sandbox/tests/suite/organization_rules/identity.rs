//! Tokens of the official server.

use std::time::Duration;

use bwdc_sandbox::organization::{Official, Options, OrganizationState};

use super::support::{Organization, official, self_hosted, send};

async fn credentials(
    organization: &Organization,
    change: impl Fn(&mut Vec<(String, String)>),
) -> super::support::Reply {
    let mut fields = vec![
        ("grant_type".to_owned(), "client_credentials".to_owned()),
        ("scope".to_owned(), "api.organization".to_owned()),
        ("client_id".to_owned(), organization.server.client_id()),
        ("client_secret".to_owned(), organization.server.client_secret()),
    ];
    change(&mut fields);
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    organization.ask_token(&fields).await
}

fn put(fields: &mut [(String, String)], name: &str, value: &str) {
    fields.iter_mut().find(|(key, _)| key == name).unwrap().1 = value.to_owned();
}

#[tokio::test]
async fn token_is_given_without_device_fields_for_an_hour_and_without_a_refresh_token() {
    let organization = self_hosted().await;
    let answer = credentials(&organization, |_| {}).await.ok().json();
    assert_eq!(answer["expires_in"], 3600);
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["scope"], "api.organization");
    assert!(answer.get("refresh_token").is_none());
    let token = answer["access_token"].as_str().unwrap();
    let url = format!("{}/public/members", organization.server.api_url());
    assert_eq!(send(organization.http.get(url).bearer_auth(token)).await.status, 200);
}

#[tokio::test]
async fn client_that_is_unknown_or_has_a_wrong_secret_is_invalid_client() {
    let organization = self_hosted().await;
    for (field, value) in [
        ("client_secret", "wrong"),
        ("client_secret", ""),
        ("client_id", "organization.00000000-0000-0000-0000-000000000000"),
        ("client_id", "user.00000000-0000-0000-0000-000000000000"),
    ] {
        let answer = credentials(&organization, |fields| put(fields, field, value)).await;
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (400, Some("invalid_client")),
            "{field}={value}"
        );
    }
}

#[tokio::test]
async fn client_of_a_plan_without_api_is_invalid_client() {
    let organization = official(Official { use_api: false, ..Official::default() }).await;
    assert_eq!(credentials(&organization, |_| {}).await.json()["error"], "invalid_client");
}

#[tokio::test]
async fn client_of_a_disabled_organization_is_invalid_client_but_its_token_still_imports() {
    let organization = self_hosted().await;
    organization.server.set_organization_state(OrganizationState::Disabled);
    assert_eq!(credentials(&organization, |_| {}).await.json()["error"], "invalid_client");
    organization.import(super::support::members(&[("a@x.example", "1")])).await.ok();
    assert_eq!(organization.people().len(), 1);
}

#[tokio::test]
async fn scope_that_is_not_allowed_is_invalid_scope() {
    let organization = self_hosted().await;
    let answer = credentials(&organization, |fields| put(fields, "scope", "api")).await;
    assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("invalid_scope")));
}

#[tokio::test]
async fn grant_other_than_client_credentials_is_refused() {
    let organization = self_hosted().await;
    let answer = credentials(&organization, |fields| put(fields, "grant_type", "password")).await;
    assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("unauthorized_client")));
}

#[tokio::test]
async fn rotated_key_replaces_the_old_one_and_tokens_stay_good() {
    let organization = self_hosted().await;
    let old = organization.server.client_secret();
    let new = organization.server.rotate_key();
    assert_ne!(old, new);
    let answer = credentials(&organization, |fields| put(fields, "client_secret", &old)).await;
    assert_eq!(answer.json()["error"], "invalid_client");
    credentials(&organization, |fields| put(fields, "client_secret", &new)).await.ok();
    assert_eq!(organization.get("/members").await.status, 200);
}

#[tokio::test]
async fn rotated_key_is_not_noticed_while_the_identity_service_remembers_the_old_one() {
    let organization =
        official(Official { client_cache: Duration::from_secs(300), ..Official::default() }).await;
    let old = organization.server.client_secret();
    credentials(&organization, |_| {}).await.ok();
    let new = organization.server.rotate_key();
    credentials(&organization, |fields| put(fields, "client_secret", &old)).await.ok();
    let answer = credentials(&organization, |fields| put(fields, "client_secret", &new)).await;
    assert_eq!(answer.json()["error"], "invalid_client");
}

#[tokio::test]
async fn token_lifetime_is_what_was_asked_for() {
    let mut options = Options::official();
    options.token_lifetime = Duration::from_secs(7);
    let organization = Organization::start(options).await;
    assert_eq!(credentials(&organization, |_| {}).await.json()["expires_in"], 7);
}

#[tokio::test]
async fn configuration_lists_the_staged_flag() {
    for staged_status in [false, true] {
        let organization = official(Official { staged_status, ..Official::default() }).await;
        let url = format!("{}/config", organization.server.api_url());
        let config = send(organization.http.get(url)).await.ok().json();
        assert_eq!(config["featureStates"]["pm-34423-staged-status"], staged_status);
    }
}
