//! Whatever happens at a page: the whole, or one error.

use super::{Setup, VERSIONS, WHOLE, small, start};
use crate::hint::hint;
use bwdc_core::snapshot::Snapshot;
use bwdc_engine::directory::ReadError;
use bwdc_engine::directory::web::WebReadError;
use bwdc_sandbox::cloud::onelogin::Server;
use bwdc_sandbox::faults::{Answer, Arrival, Fault, Moment, Rule};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

fn shape(snapshot: &Snapshot) -> (usize, usize, usize) {
    let members = snapshot.groups().iter().map(|group| snapshot.members(group).len()).sum();
    (snapshot.people().len(), snapshot.groups().len(), members)
}

fn few_roles() -> Server {
    let mut tenant = small();
    tenant.roles.truncate(3);
    start(tenant)
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
        Fault::ReplaceBody("[{\"id\":1".to_owned()),
        Fault::ReplaceBody(String::new()),
        Fault::Answer(Answer::json(429, "{}").header("retry-after", "1")),
    ]
}

fn unauthorized() -> Fault {
    Fault::Answer(Answer::json(401, r#"{"status":{"error":true,"code":401,"type":"Unauthorized"}}"#))
}

/// JSON, but not what was asked for: also entries that lack a field, which must not be taken for "none".
const WRONG_SHAPES: [&str; 13] = [
    "{}",
    "null",
    "7",
    "[null]",
    "[{}]",
    "[[]]",
    r#"[{"id":"x"}]"#,
    r#"{"status":{"error":false},"data":[]}"#,
    r#"{"status":{"error":false},"pagination":{},"data":[]}"#,
    r#"{"status":{"error":true},"pagination":{"next_link":null},"data":[]}"#,
    r#"{"status":{"error":false},"pagination":{"next_link":null},"data":[{"id":100000}]}"#,
    r#"{"status":{"error":false},"pagination":{"next_link":null},"data":[{"id":100000,"email":null,"username":null,"status":1,"group_id":null,"updated_at":null}]}"#,
    r#"{"access_token":"","expires_in":3600}"#,
];

/// The distinct requests of a read, with its result.
async fn requests(server: &Server, setup: &Setup) -> (Vec<String>, (usize, usize, usize)) {
    server.faults().clear();
    server.forget_requests();
    let whole = shape(&setup.read().await.unwrap());
    let mut requests = server.requests();
    requests.sort();
    requests.dedup();
    assert!(requests.len() >= 5, "{requests:?}");
    (requests, whole)
}

#[tokio::test]
async fn one_fault_at_any_request_is_overcome() {
    let server = few_roles();
    for version in VERSIONS {
        let setup = Setup::new(&server, version);
        let (requests, whole) = requests(&server, &setup).await;
        for page in &requests {
            let token = page.contains("/token");
            for fault in passing().into_iter().chain((!token).then(unauthorized)) {
                server.faults().clear();
                server.faults().add(Rule::new("*", page, fault.clone()).first(1));
                let read = setup.read().await;
                let snapshot = read.unwrap_or_else(|error| unreachable!("{fault:?} at {page}: {error}"));
                assert_eq!(shape(&snapshot), whole, "{fault:?} at {page}");
                assert_eq!(server.faults().fired(), [1], "{fault:?} at {page}");
            }
        }
    }
}

#[tokio::test]
async fn a_lasting_fault_at_any_request_is_one_clear_error() {
    let server = few_roles();
    let wrong = WRONG_SHAPES.iter().map(|body| Fault::ReplaceBody((*body).to_owned()));
    let refusals = [
        Answer::json(403, r#"{"statusCode":403,"name":"ForbiddenError"}"#),
        Answer::json(404, r#"{"statusCode":404,"name":"NotFoundError"}"#),
        Answer::json(302, "").header("location", "https://elsewhere.test/"),
        // Without a total, and without a link.
        Answer::json(200, "[]"),
    ];
    let lasting: Vec<Fault> = passing()
        .into_iter()
        .chain(wrong)
        .chain(refusals.map(Fault::Answer))
        .chain([unauthorized()])
        .collect();
    for version in VERSIONS {
        let setup = Setup::new(&server, version);
        for page in &requests(&server, &setup).await.0 {
            for fault in &lasting {
                server.faults().clear();
                server.faults().add(Rule::new("*", page, fault.clone()));
                let error = setup.read().await.err();
                let error = error.unwrap_or_else(|| unreachable!("a partial read: {fault:?} at {page}"));
                let text = error.to_string();
                let path = page.split('?').next().unwrap();
                assert!(text.contains("OneLogin") && text.contains(path), "{fault:?} at {page}: {text}");
                assert!(!text.contains('?') && !text.contains(server.client_secret()), "{text}");
                assert!(hint(&error).is_some());
            }
        }
    }
}

#[tokio::test]
async fn a_storm_of_refusals_is_weathered_or_one_error() {
    let server = few_roles();
    let refusal = || Fault::Answer(Answer::json(429, "{}").header("retry-after", "2"));
    for version in VERSIONS {
        let setup = Setup::new(&server, version);
        let (_, whole) = requests(&server, &setup).await;
        for nth in (1..20).step_by(3) {
            server.faults().add(Rule::new("*", "/", refusal()).nth(nth));
        }
        assert_eq!(shape(&setup.read().await.unwrap()), whole);
        server.faults().clear();
        server.faults().add(Rule::new("*", "/", refusal()));
        let error = setup.read().await.err().unwrap();
        assert!(error.to_string().contains("429") && hint(&error).unwrap().contains("rate limit"), "{error}");
    }
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let server = few_roles();
    for (version, path, named) in [
        (2, "/api/2/users", "`Read users`"),
        (2, "/api/2/roles?", "`Read all`"),
        (2, "/api/2/roles/", "`Read all`"),
        (1, "/api/1/users", "`Read users`"),
        (1, "/api/1/roles", "`Read users`"),
    ] {
        for status in [401, 403] {
            server.faults().clear();
            let refusal = r#"{"statusCode":403,"name":"ForbiddenError","message":"insufficient scope"}"#;
            server.faults().add(Rule::new("GET", path, Fault::Answer(Answer::json(status, refusal))));
            let error = Setup::new(&server, version).read().await.err().unwrap();
            assert!(hint(&error).unwrap().contains(named), "{error}: {:?}", hint(&error));
        }
    }
}

#[tokio::test]
async fn a_refused_credential_is_one_clear_error() {
    let server = few_roles();
    for version in VERSIONS {
        let mut setup = Setup::new(&server, version);
        setup.secret = "wrong".to_owned();
        let error = setup.read().await.err().unwrap();
        let ReadError::Web(web) = &error else { panic!("{error:?}") };
        assert_eq!(web.status(), Some(401), "{error}");
        assert!(
            error.to_string().contains("Authentication Failure") && !error.to_string().contains("wrong"),
            "{error}"
        );
        assert!(hint(&error).unwrap().contains("enter new ones"));
    }
    server.faults().add(Rule::new("POST", "/auth/oauth2/v2/token", Fault::Answer(Answer::json(200, "{}"))));
    let error = Setup::new(&server, 2).read().await.err().unwrap();
    assert!(matches!(error, ReadError::Web(web) if matches!(*web, WebReadError::Malformed { .. })));
}

#[tokio::test]
async fn a_short_list_against_its_total_is_an_error_that_names_both() {
    let server = few_roles();
    for (path, what) in
        [("/api/2/users", "people"), ("/api/2/roles?", "roles"), ("/api/2/roles/", "people of a role")]
    {
        server.faults().clear();
        let entry = r#"[{"id":100000,"name":"a","email":null,"username":null,"status":1,"group_id":null,"updated_at":null}]"#;
        let short = Answer::json(200, entry).header("total-count", "7");
        server.faults().add(Rule::new("GET", path, Fault::Answer(short)));
        let error = Setup::new(&server, 2).read().await.err().unwrap();
        let text = error.to_string();
        assert!(text.contains(&format!("announced 7 {what} and returned 1")), "{text}");
    }
}

#[tokio::test]
async fn a_list_that_changes_while_it_is_read_is_read_again() {
    let mut tenant = small();
    tenant.roles.clear();
    let more: Vec<_> = (130..1_200).map(bwdc_sandbox::cloud::onelogin::User::new).collect();
    tenant.users.extend(more);
    let server = Arc::new(start(tenant));
    // Somebody of the first page is deleted before the second page is read: once, then at every reading.
    for (times, succeeds) in [(1, true), (2, false)] {
        let (weak, left) = (Arc::downgrade(&server), AtomicU32::new(times));
        server.faults().on_request(move |arrival: &Arrival| {
            if arrival.moment == Moment::Arrived
                && arrival.path.contains("cursor=")
                && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |it| it.checked_sub(1)).is_ok()
                && let Some(server) = weak.upgrade()
            {
                server.change(|tenant| drop(tenant.users.remove(0)));
            }
        });
        let result = Setup::new(&server, 2).directory().read(WHOLE, &|_| ()).await;
        assert_eq!(result.is_ok(), succeeds, "{:?}", result.err());
    }
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_is_renewed() {
    let server = Arc::new(few_roles());
    let (weak, done) = (Arc::downgrade(&server), AtomicU32::new(0));
    server.faults().on_request(move |arrival: &Arrival| {
        if arrival.moment == Moment::Arrived
            && arrival.path.contains("/roles")
            && done.fetch_add(1, Ordering::SeqCst) == 0
            && let Some(server) = weak.upgrade()
        {
            server.end_tokens();
        }
    });
    let snapshot = Setup::new(&server, 2).read().await.unwrap();
    assert_eq!(snapshot.groups().len(), 3);
    let tokens = server.requests().iter().filter(|path| path.contains("/token")).count();
    assert_eq!(tokens, 2);
}
