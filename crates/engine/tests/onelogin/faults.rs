//! Whatever happens at a page: the whole, or one error.

use super::{Setup, VERSIONS, WHOLE, small, start};
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

#[tokio::test]
async fn a_fault_at_any_page_is_overcome_or_fails_the_read() {
    let server = few_roles();
    for version in VERSIONS {
        let setup = Setup::new(&server, version);
        server.faults().clear();
        server.forget_requests();
        let whole = shape(&setup.read().await.unwrap());
        let pages: Vec<String> =
            server.requests().into_iter().filter(|path| !path.contains("/token")).collect();
        assert!(pages.len() >= 4, "{pages:?}");
        let throttled = || Fault::Answer(Answer::json(429, "{}").header("retry-after", "1"));
        for page in &pages {
            let passing = [
                Fault::Answer(Answer::empty(500)),
                Fault::CutAfterHandling,
                Fault::TruncateBody(9),
                Fault::ReplaceBody("[{\"id\":1".to_owned()),
                Fault::Answer(Answer::json(
                    401,
                    r#"{"status":{"error":true,"code":401,"type":"Unauthorized"}}"#,
                )),
                throttled(),
            ];
            for fault in passing {
                server.faults().clear();
                server.faults().add(Rule::new("GET", page, fault.clone()).first(1));
                let snapshot =
                    setup.read().await.unwrap_or_else(|error| panic!("{fault:?} at {page}: {error}"));
                assert_eq!(shape(&snapshot), whole, "{fault:?} at {page}");
                assert_eq!(server.faults().fired(), [1], "{fault:?} at {page}");
            }
            let lasting = [
                Fault::Answer(Answer::empty(500)),
                Fault::CutAfterHandling,
                Fault::TruncateBody(9),
                Fault::ReplaceBody("[{\"id\":1".to_owned()),
                throttled(),
                Fault::Answer(Answer::json(
                    401,
                    r#"{"status":{"error":true,"code":401,"type":"Unauthorized"}}"#,
                )),
                Fault::Answer(Answer::json(200, "[]")),
                Fault::Answer(Answer::json(200, "{}")),
                Fault::Answer(Answer::json(404, r#"{"statusCode":404,"name":"NotFoundError"}"#)),
            ];
            for fault in lasting {
                server.faults().clear();
                server.faults().add(Rule::new("GET", page, fault.clone()));
                let error = setup.read().await.err();
                let error = error.unwrap_or_else(|| panic!("a partial read: {fault:?} at {page}"));
                let text = error.to_string();
                assert!(
                    text.contains("OneLogin") && text.contains("/api/") && text.contains("page"),
                    "{text}"
                );
                assert!(!text.contains('?') && !text.contains(server.client_secret()), "{text}");
                assert!(error.hint().is_some());
            }
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
        assert!(error.hint().unwrap().contains("enter new ones"));
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
        let entry = r#"[{"id":100000,"name":"a","email":null,"username":null,"status":1,"group_id":null}]"#;
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
