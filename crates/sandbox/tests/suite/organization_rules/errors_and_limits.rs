//! Errors of the official public API, and the limits on the number of requests.

use std::time::Duration;

use bwdc_sandbox::organization::{Official, RateLimits};
use serde_json::json;

use super::support::{Organization, Reply, members, official, self_hosted, send};

const IMPORT: &str = "/api/public/organization/import";

#[tokio::test]
async fn no_bad_or_expired_token_is_401_without_a_body_and_with_a_challenge() {
    let organization = self_hosted().await;
    let expired = organization.server.issue_token("api.organization", Duration::ZERO);
    let url = format!("{}{IMPORT}", organization.server.url());
    let post = || organization.http.post(&url).json(&members(&[]));
    for (name, request) in
        [("none", post()), ("bad", post().bearer_auth("nonsense")), ("expired", post().bearer_auth(expired))]
    {
        let reply = send(request).await;
        assert_eq!((reply.status, reply.text.as_str()), (401, ""), "{name}");
        assert!(reply.headers.contains_key("www-authenticate"), "{name}");
    }
}

#[tokio::test]
async fn revoked_tokens_are_401() {
    let organization = self_hosted().await;
    organization.server.revoke_tokens();
    assert_eq!(organization.import(members(&[("a@x", "1")])).await.status, 401);
    assert!(organization.people().is_empty());
}

#[tokio::test]
async fn token_of_another_scope_is_403_without_a_body() {
    let mut organization = self_hosted().await;
    organization.token = organization.server.issue_token("api", Duration::from_secs(60));
    let reply = organization.import(members(&[])).await;
    assert_eq!((reply.status, reply.text.as_str()), (403, ""));
}

#[tokio::test]
async fn token_is_looked_at_before_the_body() {
    let mut organization = self_hosted().await;
    organization.token = "nonsense".to_owned();
    assert_eq!(organization.import_text("not json").await.status, 401);
}

#[tokio::test]
async fn broken_rule_has_its_text_and_null_errors() {
    let organization = official(Official { use_directory: false, ..Official::default() }).await;
    let answer = organization.import(members(&[])).await.json();
    let expected = json!({
        "object": "error",
        "message": "Organization cannot use directory syncing.",
        "errors": null,
    });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn not_found_inside_a_controller_has_no_body() {
    let organization = self_hosted().await;
    let nobody = "00000000-0000-0000-0000-000000000001";
    for path in ["/members/{}", "/members/{}/group-ids", "/groups/{}", "/groups/{}/member-ids"] {
        let path = path.replace("{}", nobody);
        let reply = organization.get(&path).await;
        assert_eq!((reply.status, reply.text.as_str()), (404, ""), "{path}");
    }
}

async fn limited(clock: f64) -> Organization {
    official(Official { rate_limits: RateLimits::On { clock }, ..Official::cloud() }).await
}

async fn until_refused(most: usize, ask: impl AsyncFn() -> Reply) -> (usize, Reply) {
    for done in 0..most {
        let reply = ask().await;
        if reply.status == 429 {
            return (done, reply);
        }
    }
    panic!("never refused");
}

/// Slow enough that no window ends while a test runs.
const STANDING: f64 = 0.01;

#[tokio::test]
async fn five_writes_a_second_are_let_in() {
    let organization = limited(STANDING).await;
    let (let_in, refused) = until_refused(20, async || organization.import(members(&[])).await).await;
    assert_eq!(let_in, 5);
    assert_eq!(refused.message(), "Slow down! Too many requests. Try again in 1s.");
}

#[tokio::test]
async fn methods_are_counted_apart() {
    let organization = limited(STANDING).await;
    until_refused(20, async || organization.import(members(&[])).await).await;
    assert_eq!(organization.get("/members").await.status, 200);
    for method in ["PUT", "DELETE"] {
        let body = json!({ "name": "G" });
        let ask = async || organization.call(method, "/groups/none", body.clone()).await;
        let (let_in, _) = until_refused(20, ask).await;
        assert_eq!(let_in, 5, "{method}");
    }
}

#[tokio::test]
async fn two_hundred_reads_a_minute_are_let_in() {
    let organization = limited(STANDING).await;
    let (let_in, refused) = until_refused(300, async || organization.get("/policies").await).await;
    assert_eq!(let_in, 200);
    assert_eq!(refused.message(), "Slow down! Too many requests. Try again in 1m.");
}

#[tokio::test]
async fn refusal_has_retry_after_and_the_internal_shape() {
    let organization = limited(STANDING).await;
    let (_, refused) = until_refused(20, async || organization.import(members(&[])).await).await;
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=100).contains(&wait), "{wait}");
    let answer = refused.json();
    assert!(answer.get("validationErrors").is_some());
    assert!(answer.get("errors").is_none());
}

#[tokio::test]
async fn ten_tokens_a_minute_are_given() {
    // Fast enough that the limit of five a second never holds, and slow enough for the one of a minute.
    let organization = limited(1.0).await;
    let ask = async || organization.ask_token(&[("grant_type", "client_credentials")]).await;
    assert_eq!(until_the_minute_is_full(ask).await, 10);
}

/// Asks until the limit of a minute refuses, waiting where only that of a second does.
async fn until_the_minute_is_full(ask: impl AsyncFn() -> Reply) -> usize {
    let patient = async || {
        loop {
            let reply = ask().await;
            if reply.status != 429 || !reply.message().ends_with("1s.") {
                return reply;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let (let_in, refused) = until_refused(100, patient).await;
    assert_eq!(refused.message(), "Slow down! Too many requests. Try again in 1m.");
    let_in
}

#[tokio::test]
async fn sixty_writes_a_minute_are_let_in() {
    let organization = limited(2.0).await;
    assert_eq!(until_the_minute_is_full(async || organization.import(members(&[])).await).await, 60);
}

#[tokio::test]
async fn ten_preludes_to_a_sign_in_a_minute_are_answered() {
    let organization = limited(1.0).await;
    let url = format!("{}/accounts/prelogin", organization.server.api_url());
    let ask = async || send(organization.http.post(&url).json(&json!({ "email": "a@x" }))).await;
    assert_eq!(until_the_minute_is_full(ask).await, 10);
}

#[tokio::test]
async fn five_requests_a_second_are_let_in_by_the_identity_service() {
    let organization = limited(STANDING).await;
    let url = format!("{}/accounts/prelogin", organization.server.identity_url());
    let ask = async || send(organization.http.post(&url).json(&json!({ "email": "a@x" }))).await;
    let (let_in, refused) = until_refused(20, ask).await;
    assert_eq!((let_in, refused.message().as_str()), (5, "Slow down! Too many requests. Try again in 1s."));
}

#[tokio::test]
async fn retry_after_is_true_on_another_clock() {
    let organization = limited(0.5).await;
    let (_, refused) = until_refused(20, async || organization.import(members(&[])).await).await;
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    tokio::time::sleep(Duration::from_secs(wait)).await;
    organization.import(members(&[])).await.ok();
}

#[tokio::test]
async fn refused_import_did_nothing() {
    let organization = limited(STANDING).await;
    until_refused(20, async || organization.import(members(&[])).await).await;
    assert_eq!(organization.import(members(&[("a@x", "1")])).await.status, 429);
    assert!(organization.people().is_empty());
}

#[tokio::test]
async fn self_hosted_has_no_limits() {
    let options = Official { rate_limits: RateLimits::On { clock: STANDING }, ..Official::default() };
    let organization = official(options).await;
    for _ in 0..20 {
        organization.import(members(&[])).await.ok();
    }
}
