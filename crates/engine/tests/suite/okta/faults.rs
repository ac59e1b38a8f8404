//! Whatever happens at any request: the whole, or one clear error. The requests are those of the service's own log, with
//! an API token and as a service app.

use super::{WHOLE, place_of, service_app, settings, shape, small};
use crate::hint::hint;
use bwdc_core::settings::OktaFilters;
use bwdc_core::snapshot::Snapshot;
use bwdc_engine::directory::ReadError;
use bwdc_engine::directory::okta::OktaDirectory;
use bwdc_sandbox::cloud::okta::{Server, Tenant};
use bwdc_sandbox::faults::{Answer, Arrival, Fault, Moment, Rule};
use secrecy::SecretString;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How the program proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Token,
    App,
}

const BOTH: [By; 2] = [By::Token, By::App];

fn few_groups() -> Tenant {
    let mut tenant = small();
    tenant.groups.truncate(4);
    tenant
}

fn start(by: By) -> Server {
    match by {
        By::Token => super::server(few_groups()),
        By::App => service_app::start_with(few_groups(), |app| app.wants_proof = true),
    }
}

async fn read(server: &Server, by: By) -> Result<Snapshot, ReadError> {
    let (more, secret) = match by {
        By::Token => (json!({}), server.token()),
        By::App => (json!({ "clientId": service_app::APP, "keyId": "key-2" }), service_app::EC),
    };
    let options = OktaDirectory::options(0.5)
        .retrying(|it| (it.speed, it.attempts, it.throttled_attempts) = (1_000.0, 3, 4));
    let filters = OktaFilters::default();
    OktaDirectory::new(&settings(server, more), filters, SecretString::from(secret), options)?
        .read(WHOLE, &|_| {})
        .await
}

/// A token that stays the same and was good a moment ago: one refusal in the middle is Okta's error, a second is the end.
#[tokio::test]
async fn one_refusal_of_a_token_that_was_good_is_overcome() {
    let server = start(By::Token);
    let whole = shape(&read(&server, By::Token).await.expect("a whole read"));
    let refused = || {
        let body = r#"{"errorCode":"E0000011","errorSummary":"Invalid token provided"}"#;
        Rule::new("GET", "/api/v1/groups", Fault::Answer(Answer::json(401, body)))
    };
    server.faults().add(refused().first(1));
    let again = read(&server, By::Token).await.expect("a whole read in spite of it");
    assert_eq!(shape(&again), whole);
    assert_eq!(server.faults().fired(), [1]);
    server.faults().clear();
    server.faults().add(refused());
    assert!(read(&server, By::Token).await.is_err());
    assert_eq!(server.faults().fired(), [2]);
    // One that was never good is not tried again.
    server.faults().clear();
    let never = Rule::new("GET", "/api/v1/", Fault::Answer(Answer::json(401, "{}")));
    server.faults().add(never);
    assert!(read(&server, By::Token).await.is_err());
    assert_eq!(server.faults().fired(), [1]);
}

/// The distinct requests of a read.
async fn requests(server: &Server, by: By) -> Vec<String> {
    server.faults().clear();
    server.forget_requests();
    read(server, by).await.expect("a whole read");
    let mut requests = server.requests();
    requests.sort();
    requests.dedup();
    assert!(requests.len() >= 9, "{requests:?}");
    requests
}

/// Answers that are cut, throttled or broken; most mend themselves.
fn passing() -> Vec<Fault> {
    vec![
        Fault::Answer(Answer::empty(500)),
        Fault::Answer(Answer::json(503, "<html>")),
        Fault::CutBeforeHandling,
        Fault::CutAfterHandling,
        Fault::TruncateBody(0),
        Fault::TruncateBody(9),
        Fault::ReplaceBody("[{\"id\":\"00u".to_owned()),
        Fault::ReplaceBody(String::new()),
        Fault::Answer(Answer::json(429, "{}").header("retry-after", "1")),
    ]
}

/// JSON, but not what was asked for.
const WRONG_SHAPES: [&str; 12] = [
    "{}",
    "null",
    "7",
    "\"\"",
    "[null]",
    "[{}]",
    "[[]]",
    "[{\"id\":7,\"status\":\"ACTIVE\",\"profile\":{\"login\":\"a\",\"name\":\"a\"}}]",
    "[{\"id\":null}]",
    "{\"errorCode\":\"E0000009\",\"errorSummary\":\"Internal Server Error\"}",
    "{\"value\":[]}",
    "{\"access_token\":7,\"expires_in\":3600}",
];

fn is_one_clear_error(error: &ReadError, page: &str, secret: &str) {
    let text = error.to_string();
    let path = page.split('?').next().expect("a path");
    assert!(text.contains("Okta") && text.contains(path), "{text}");
    assert!(!text.contains('?') && !text.contains(secret) && !text.contains('\n'), "{text}");
    assert!(hint(&error).is_some(), "{text}");
}

#[tokio::test]
async fn one_fault_at_any_request_is_overcome() {
    for by in BOTH {
        let server = start(by);
        let requests = requests(&server, by).await;
        let whole = shape(&read(&server, by).await.expect("a whole read"));
        for page in &requests {
            for fault in passing() {
                // The first answer to a request for a token says "with a proof"; without these words it is a refusal.
                if page.contains("/token") && matches!(fault, Fault::ReplaceBody(_)) {
                    continue;
                }
                server.faults().clear();
                server.faults().add(Rule::new("*", page, fault.clone()).first(1));
                let snapshot =
                    read(&server, by).await.unwrap_or_else(|error| panic!("{fault:?} at {page}: {error}"));
                assert_eq!(shape(&snapshot), whole, "{fault:?} at {page}");
                assert_eq!(server.faults().fired(), [1], "{fault:?} at {page}");
            }
        }
    }
}

#[tokio::test]
async fn a_lasting_fault_at_any_request_is_one_clear_error() {
    let refusals = [
        Answer::json(401, r#"{"errorCode":"E0000011","errorSummary":"Invalid token provided"}"#),
        Answer::json(403, r#"{"errorCode":"E0000006","errorSummary":"You do not have permission"}"#),
        Answer::json(404, r#"{"errorCode":"E0000007","errorSummary":"Not found"}"#),
        Answer::json(302, "").header("location", "https://elsewhere.test/"),
        // Without Okta's own end of a list.
        Answer::json(200, "[]"),
    ];
    let wrong = WRONG_SHAPES.iter().map(|body| Fault::ReplaceBody((*body).to_owned()));
    let lasting: Vec<Fault> = passing().into_iter().chain(wrong).chain(refusals.map(Fault::Answer)).collect();
    for by in BOTH {
        let server = start(by);
        for page in &requests(&server, by).await {
            for fault in &lasting {
                server.faults().clear();
                server.faults().add(Rule::new("*", place_of(page), fault.clone()));
                let error = read(&server, by).await.err();
                let error = error.unwrap_or_else(|| panic!("a partial read: {fault:?} at {page}"));
                assert!(matches!(error, ReadError::Web(_)), "{error}");
                is_one_clear_error(&error, page, server.token());
            }
        }
    }
}

#[tokio::test]
async fn a_storm_of_refusals_is_weathered_or_one_error() {
    let refusal =
        || Fault::Answer(Answer::json(429, r#"{"errorCode":"E0000047"}"#).header("retry-after", "2"));
    for by in BOTH {
        let server = start(by);
        let whole = shape(&read(&server, by).await.expect("a whole read"));
        // Every third request is refused, for a while.
        for nth in (1..30).step_by(3) {
            server.faults().add(Rule::new("*", "/", refusal()).nth(nth));
        }
        assert_eq!(shape(&read(&server, by).await.expect("a whole read")), whole);
        server.faults().clear();
        server.faults().add(Rule::new("*", "/", refusal()));
        let error = read(&server, by).await.err().expect("no read");
        assert!(error.to_string().contains("429"), "{error}");
        assert!(hint(&error).is_some_and(|hint| hint.contains("rate limit")), "{error}");
    }
}

#[tokio::test]
async fn a_token_may_end_before_any_request() {
    let server = Arc::new(start(By::App));
    let count = requests(&server, By::App).await.len();
    for number in 1..=count {
        let (weak, seen) = (Arc::downgrade(&server), AtomicUsize::new(0));
        server.faults().on_request(move |arrival: &Arrival| {
            if arrival.moment == Moment::Arrived
                && arrival.path.starts_with("/api/")
                && seen.fetch_add(1, Ordering::SeqCst) + 1 == number
                && let Some(server) = weak.upgrade()
            {
                server.end_tokens();
            }
        });
        let snapshot = read(&server, By::App).await.expect("a whole read");
        assert_eq!(shape(&snapshot).0, 450, "{number}");
    }
    server.faults().forget_hook();
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let refusal = || {
        let summary = "You do not have permission to perform the requested action";
        Answer::json(403, &json!({ "errorCode": "E0000006", "errorSummary": summary }).to_string())
    };
    for (by, users, groups) in [
        (By::Token, "may view users", "may view groups"),
        (By::App, "`okta.users.read`", "`okta.groups.read`"),
    ] {
        let server = start(by);
        for (path, named) in
            [("/api/v1/users", users), ("/api/v1/groups?", groups), ("/api/v1/groups/", groups)]
        {
            server.faults().clear();
            server.faults().add(Rule::new("GET", path, Fault::Answer(refusal())));
            let error = read(&server, by).await.err().expect("no read");
            assert!(hint(&error).is_some_and(|hint| hint.contains(named)), "{error}: {:?}", hint(&error));
        }
    }
}
