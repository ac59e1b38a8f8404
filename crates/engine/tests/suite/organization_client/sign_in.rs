//! Tokens: asked for, refused, reused, renewed.

use super::{MEMBERS, TOKEN, Told, connect, connect_with, requests, silent, start};
use crate::hint::hint;
use bwdc_engine::organization::{AccessToken, Organization, OrganizationError};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::organization::{Options, Server};
use secrecy::SecretString;
use std::time::Duration;

const SCOPE: &str = "api.organization";

async fn refused(organization: &Organization) -> OrganizationError {
    organization.sign_in(&silent).await.err().expect("no token")
}

#[tokio::test]
async fn the_token_request_has_the_form_and_headers_of_the_official_connector() {
    let server = start(Options::official()).await;
    let token: AccessToken = connect(&server).sign_in(&silent).await.expect("a token");
    assert!(token.is_fresh() && token.expiry().is_some());

    let sent = requests(&server, TOKEN);
    let [sent] = sent.as_slice() else { panic!("one request, not {}", sent.len()) };
    let (number, name) = if cfg!(windows) {
        ("6", "windows")
    } else if cfg!(target_os = "macos") {
        ("7", "macos")
    } else {
        ("8", "linux")
    };
    assert_eq!(
        sent.body,
        format!(
            "scope=api.organization&client_id={}&deviceType={number}\
             &deviceIdentifier=3f1c1d46-0000-4000-8000-000000000001&deviceName={name}\
             &grant_type=client_credentials&client_secret=(hidden)",
            server.client_id()
        )
    );
    assert_eq!(sent.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(sent.header("accept"), Some("application/json"));
    assert_eq!(sent.header("device-type"), Some(number));
    assert_eq!(sent.header("bitwarden-client-name"), Some("connector"));
    assert_eq!(sent.header("bitwarden-client-version"), Some("2026.6.1"));
    assert_eq!(sent.header("authorization"), None);
    assert!(sent.header("user-agent").is_some_and(|agent| agent.starts_with("bwdc/")));
}

#[tokio::test]
async fn vaultwarden_gives_a_token_for_the_same_request() {
    let server = start(Options::vaultwarden()).await;
    assert!(connect(&server).sign_in(&silent).await.is_ok_and(|token| token.is_fresh()));
}

#[tokio::test]
async fn a_wrong_secret_is_told_in_the_servers_words_with_the_next_step() {
    let official = start(Options::official()).await;
    let error = refused(&connect_with(&official, "wrong-secret")).await;
    let OrganizationError::SignIn(message) = &error else { panic!("{error:?}") };
    assert_eq!((message.status, message.code.as_deref()), (400, Some("invalid_client")));
    assert!(hint(&error).is_some_and(|hint| hint.contains("`bwdc login --renew`")));
    assert!(!format!("{error} {error:?}").contains("wrong-secret"));
    assert_eq!(requests(&official, TOKEN).len(), 1, "a refusal is not asked for twice");

    let vaultwarden = start(Options::vaultwarden()).await;
    let error = refused(&connect_with(&vaultwarden, "wrong-secret")).await;
    let OrganizationError::SignIn(message) = &error else { panic!("{error:?}") };
    assert!(message.is_worded() && message.details.is_empty(), "{message:?}");
}

#[tokio::test]
async fn an_agreement_without_a_token_is_an_error_and_nothing_is_kept() {
    for (body, found) in [("{}", "an empty object `{}`"), ("", "an empty answer"), ("<html>", "a web page")] {
        let server = start(Options::official()).await;
        server.faults().add(Rule::new("POST", TOKEN, Fault::Answer(Answer::json(200, body))));
        let organization = connect(&server);
        let error = refused(&organization).await;
        assert!(matches!(error, OrganizationError::NoToken { .. }), "{error:?}");
        assert!(error.to_string().contains(found) && error.to_string().contains(TOKEN), "{error}");
        assert!(organization.token().await.is_none());
    }
}

async fn tokens_asked_for_with(server: &Server, stored: String) -> usize {
    server.clear_requests();
    let organization = connect(server).with_token(SecretString::from(stored));
    organization.members(&silent).await.expect("the members");
    requests(server, TOKEN).len()
}

#[tokio::test]
async fn a_stored_token_is_reused_until_fewer_than_five_minutes_remain() {
    let server = start(Options::official()).await;
    let long = server.issue_token(SCOPE, Duration::from_secs(3_600));
    assert_eq!(tokens_asked_for_with(&server, long).await, 0);
    let short = server.issue_token(SCOPE, Duration::from_secs(290));
    assert_eq!(tokens_asked_for_with(&server, short).await, 1);
    assert_eq!(tokens_asked_for_with(&server, "not a token".to_owned()).await, 1);
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_again_only_when_it_is_running_out() {
    let server = start(Options::official()).await;
    let organization = connect(&server);
    for _ in 0..3 {
        organization.members(&silent).await.expect("the members");
    }
    assert_eq!(requests(&server, TOKEN).len(), 1);

    let brief = start(Options { token_lifetime: Duration::from_secs(200), ..Options::official() }).await;
    let organization = connect(&brief);
    for _ in 0..3 {
        organization.members(&silent).await.expect("the members");
    }
    assert_eq!(requests(&brief, TOKEN).len(), 3);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_and_the_request_sent_again() {
    let server = start(Options::official()).await;
    let organization = connect(&server);
    organization.members(&silent).await.expect("the members");
    server.revoke_tokens();
    server.clear_requests();
    organization.members(&silent).await.expect("the members, with a fresh token");
    assert_eq!(requests(&server, TOKEN).len(), 1);
    let statuses: Vec<_> = requests(&server, MEMBERS).iter().map(|request| request.status).collect();
    assert_eq!(statuses, [Some(401), Some(200)]);
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_too_ends_it() {
    let server = start(Options::official()).await;
    server.faults().add(Rule::new("GET", MEMBERS, Fault::Answer(Answer::empty(401))));
    let told = Told::default();
    let error = connect(&server).members(&told.listen()).await.expect_err("a refusal");
    assert_eq!(error.message().map(|message| message.status), Some(401));
    assert!(error.to_string().contains(MEMBERS) && error.to_string().contains("401"), "{error}");
    assert!(
        hint(&error)
            .is_some_and(|hint| hint.contains("`bwdc login --renew`") && hint.contains("key was kept"))
    );
    assert_eq!((requests(&server, MEMBERS).len(), requests(&server, TOKEN).len()), (2, 2));
    assert!(told.waits().is_empty());
}

#[tokio::test]
async fn a_token_request_is_tried_again_when_the_server_is_busy() {
    let server = start(Options::official()).await;
    let busy = Answer::json(429, r#"{"message":"Slow down!"}"#).header("retry-after", "17");
    server.faults().add(Rule::new("POST", TOKEN, Fault::Answer(busy)).first(2));
    let told = Told::default();
    assert!(connect(&server).sign_in(&told.listen()).await.is_ok());
    assert_eq!(told.waits(), [17, 17]);
}
