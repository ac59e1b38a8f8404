//! Gone is said only where OneLogin itself says so, and only where it finds others.

use super::{Setup, VERSIONS, small, start};
use bwdc_core::names::ExternalId;
use bwdc_core::observed::{LookupRequest, Presence, Presences};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use serde_json::json;

async fn ask(setup: &Setup, ids: &[&str]) -> Presences {
    let lookups: Vec<LookupRequest> = ids
        .iter()
        .map(|id| LookupRequest { external_id: ExternalId::new(*id), stable_id: None, reference: None })
        .collect();
    setup.directory().lookup(&lookups).await.unwrap()
}

/// The second version is asked for many at once, and alone for those whom that list does not show.
#[tokio::test]
async fn many_are_asked_for_at_once_and_only_the_missing_alone() {
    let server = start(small());
    let setup = Setup::new(&server, 2);
    let here: Vec<String> = (0..130).map(|number| (100_000 + number).to_string()).collect();
    let ids: Vec<&str> = here.iter().map(String::as_str).chain(["7", "8"]).collect();
    server.forget_requests();
    let found = ask(&setup, &ids).await;
    let count = |presence: &Presence| found.values().filter(|it| *it == presence).count();
    assert_eq!(
        (
            count(&Presence::Found { at: None }),
            count(&Presence::Disabled { at: None }),
            count(&Presence::NotFound)
        ),
        (129, 1, 2)
    );
    // A token, two lists, two people alone, and somebody of the list of people to see that anybody is found so.
    assert_eq!(server.requests().len(), 1 + 2 + 2 + 2);
}

#[tokio::test]
async fn each_answer_has_its_meaning() {
    let server = start(small());
    for version in VERSIONS {
        let setup = Setup::new(&server, version);
        server.faults().clear();
        // A list of several people by their ids that does not come: each is asked for alone.
        server.faults().add(Rule::new("GET", "/api/2/users?limit=100&", Fault::Answer(Answer::empty(400))));
        let one = format!("/api/{version}/users/100004");
        server.faults().add(Rule::new("GET", &one, Fault::Answer(Answer::empty(404))));
        let another = format!("/api/{version}/users/100005");
        server.faults().add(Rule::new("GET", &another, Fault::Answer(Answer::empty(403))));
        // The first version writes the kinds of its other refusals in small letters.
        let small = r#"{"status":{"error":true,"code":404,"type":"not found","message":"not found"}}"#;
        let third = format!("/api/{version}/users/8");
        server.faults().add(Rule::new("GET", &third, Fault::Answer(Answer::json(404, small))));
        let ids = ["100000", "100001", "7", "8", "cn=x,dc=y", "0100000", "100004", "100005"];
        let found = ask(&setup, &ids).await;
        let of = |id: &str| &found[&ExternalId::new(id)];
        assert_eq!(of("100000"), &Presence::Found { at: None });
        assert_eq!(of("100001"), &Presence::Disabled { at: None }, "suspended people are there");
        assert_eq!(of("7"), &Presence::NotFound);
        assert_eq!(of("8"), &Presence::NotFound);
        for unknown in ["cn=x,dc=y", "0100000", "100004", "100005"] {
            assert!(matches!(of(unknown), Presence::Unknown { .. }), "{unknown} by version {version}");
        }
    }
}

/// Number 1 is suspended; number 2 has no status, number 3 one that OneLogin added later.
#[tokio::test]
async fn the_settings_say_who_counts_as_disabled() {
    let mut tenant = small();
    tenant.users[3].status = 99;
    let server = start(tenant);
    for version in VERSIONS {
        server.faults().clear();
        let bare = match version {
            1 => r#"{"status":{"error":false,"code":200},"data":[{"id":100002}]}"#,
            _ => r#"{"id":100002}"#,
        };
        // A list of several people by their ids that does not come: each is asked for alone.
        server.faults().add(Rule::new("GET", "/api/2/users?limit=100&", Fault::Answer(Answer::empty(400))));
        let path = format!("/api/{version}/users/100002");
        server.faults().add(Rule::new("GET", &path, Fault::Answer(Answer::json(200, bare))));
        let ids = ["100000", "100001", "100002", "100003"];
        // Neither enabled nor gone.
        let untold =
            || Presence::Unknown { reason: "OneLogin does not tell the status of the account".to_owned() };
        let unheard_of = || Presence::Unknown {
            reason: "OneLogin says that the account has the status 99, which is not known here".to_owned(),
        };
        for (active, expected) in [
            (
                json!(["active"]),
                [Presence::Found { at: None }, Presence::Disabled { at: None }, untold(), unheard_of()],
            ),
            (
                json!(["suspended"]),
                [Presence::Disabled { at: None }, Presence::Found { at: None }, untold(), unheard_of()],
            ),
        ] {
            let setup = Setup::new(&server, version).with("activeStatuses", active);
            server.forget_requests();
            let found = ask(&setup, &ids).await;
            assert_eq!(ids.map(|id| found[&ExternalId::new(id)].clone()), expected, "version {version}");
            // A token, and one for each person, by the second version after one for all of them.
            assert_eq!(server.requests().len(), 1 + ids.len() + usize::from(version == 2));
        }
    }
}

#[tokio::test]
async fn nobody_is_gone_where_nobody_is_found() {
    let server = start(small());
    for version in VERSIONS {
        let setup = Setup::new(&server, version);
        server.faults().clear();
        let ids = ["100000", "100002", "7"];
        let refusal = if version == 1 {
            r#"{"status":{"error":true,"code":404,"type":"Not Found","message":"Resource not found"}}"#
        } else {
            r#"{"statusCode":404,"name":"NotFoundError","message":"not found"}"#
        };
        let path = format!("/api/{version}/users/");
        server.faults().add(Rule::new("GET", &path, Fault::Answer(Answer::json(404, refusal))));
        let found = ask(&setup, &ids).await;
        // The second version's list shows who is there; that nobody is found by id counts for the others all the same.
        let shown = |it: &Presence| version == 2 && *it == Presence::Found { at: None };
        assert!(found.values().all(|it| matches!(it, Presence::Unknown { .. }) || shown(it)), "{found:?}");
        assert!(matches!(found[&ExternalId::new("7")], Presence::Unknown { .. }), "version {version}");
        server.faults().clear();
        assert_eq!(ask(&setup, &["7"]).await[&ExternalId::new("7")], Presence::NotFound);
    }
}

#[tokio::test]
async fn a_refused_credential_is_an_error_for_everybody() {
    let server = start(small());
    let mut setup = Setup::new(&server, 2);
    setup.secret = "wrong".to_owned();
    let lookups = [LookupRequest { external_id: ExternalId::new("7"), stable_id: None, reference: None }];
    assert!(setup.directory().lookup(&lookups).await.is_err());
}
