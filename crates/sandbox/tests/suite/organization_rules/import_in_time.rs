//! Imports take their time, are not serialised, and go on when the client is gone.

use std::time::{Duration, Instant};

use bwdc_sandbox::organization::{ImportPace, Official};
use serde_json::{Value, json};

use super::support::{ImportExt as _, Organization, members, official, pairs, send};

const UNHANDLED: &str = "An unhandled server error has occurred.";

/// An organization whose imports take so long for each new member and each group.
async fn slow(member: u64, group: u64) -> Organization {
    let (member, group) = (Duration::from_millis(member), Duration::from_millis(group));
    official(Official { import_pace: ImportPace::Paced { member, group }, ..Official::default() }).await
}

fn two_people() -> Value {
    members(&[("a@x", "1"), ("b@x", "2")]).group("G", "g", &["1", "2"])
}

const TWICE: [(&str, &str); 4] = [("a@x", "1"), ("a@x", "1"), ("b@x", "2"), ("b@x", "2")];

#[tokio::test]
async fn two_at_once_double_everybody_and_every_later_one_fails() {
    let organization = slow(400, 200).await;
    let (one, two) = tokio::join!(organization.import(two_people()), organization.import(two_people()));
    assert_eq!((one.status, two.status), (200, 200));
    assert_eq!(organization.people(), pairs(&TWICE));
    assert_eq!(organization.groups(), pairs(&[("G", "g"), ("G", "g")]));
    organization.import(members(&[])).await.expect(500, UNHANDLED);
    organization.import(two_people()).await.expect(500, UNHANDLED);
    assert_eq!(organization.people(), pairs(&TWICE));
}

#[tokio::test]
async fn two_groups_at_once_fail_only_imports_that_list_groups() {
    let organization = slow(0, 500).await;
    let body = members(&[]).group("G", "g", &[]);
    let (one, two) = tokio::join!(organization.import(body.clone()), organization.import(body.clone()));
    assert_eq!((one.status, two.status), (200, 200));
    assert_eq!(organization.groups(), pairs(&[("G", "g"), ("G", "g")]));
    organization.import(members(&[("a@x", "1")])).await.ok();
    organization.import(members(&[("b@x", "2")]).group("G", "g", &[])).await.expect(500, UNHANDLED);
    assert_eq!(organization.people(), pairs(&[("a@x", "1"), ("b@x", "2")]));
}

/// Sends an import that takes over a second, and is gone before it is answered.
async fn import_and_leave(organization: &Organization) {
    let request = organization.request("POST", "/api/public/organization/import").json(&two_people());
    assert!(request.timeout(Duration::from_millis(300)).send().await.unwrap_err().is_timeout());
    assert_eq!(organization.server.requests().len(), 1, "the import did not arrive in time");
}

/// Waits until the group is filled, which is the last that an import does.
async fn until_done(organization: &Organization) {
    let began = Instant::now();
    while organization.server.groups().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(30), "the import does not go on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn client_that_goes_away_does_not_stop_an_import() {
    let organization = slow(600, 50).await;
    import_and_leave(&organization).await;
    assert_eq!(organization.get("/members").await.ok().json()["data"].as_array().unwrap().len(), 1);
    until_done(&organization).await;
    assert_eq!(organization.people(), pairs(&TWICE[1..3]));
    assert_eq!(organization.in_group("g"), ["1", "2"]);
}

#[tokio::test]
async fn repeat_while_the_first_is_at_work_doubles_and_one_after_it_does_not() {
    for waits in [false, true] {
        let organization = slow(600, 20).await;
        import_and_leave(&organization).await;
        if waits {
            until_done(&organization).await;
        }
        organization.import(two_people()).await.ok();
        let people = if waits { &TWICE[1..3] } else { &TWICE[..] };
        assert_eq!(organization.people(), pairs(people), "waits: {waits}");
        let later = organization.import(two_people()).await.status;
        assert_eq!(later, if waits { 200 } else { 500 }, "waits: {waits}");
    }
}

#[tokio::test]
async fn new_members_are_there_all_at_once_and_groups_one_after_the_other() {
    let organization = slow(100, 200).await;
    let body = two_people().group("H", "h", &["1"]).group("I", "i", &["2"]);
    let import = organization.import(body);
    let watch = async {
        let mut seen = Vec::new();
        while organization.server.groups().len() < 3 {
            let counts = (organization.people().len(), organization.server.groups().len());
            if seen.last() != Some(&counts) {
                seen.push(counts);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        seen
    };
    let (reply, seen) = tokio::join!(import, watch);
    reply.ok();
    assert_eq!(seen, [(0, 0), (2, 0), (2, 1), (2, 2)]);
}

#[tokio::test]
async fn other_requests_are_answered_while_an_import_is_at_work() {
    let organization = slow(2000, 0).await;
    let began = Instant::now();
    let (import, read) = tokio::join!(organization.import(members(&[("a@x", "1")])), async {
        send(organization.request("GET", "/api/public/members")).await.ok();
        began.elapsed()
    });
    import.ok();
    assert!(read < Duration::from_millis(1900), "{read:?}");
}

fn large() -> Value {
    let people: Vec<Value> =
        (0..5000).map(|it| json!({ "email": format!("p{it}@x"), "externalId": format!("p{it}") })).collect();
    let groups: Vec<Value> = (0..500)
        .map(|it| {
            let members: Vec<String> = (0..10).map(|at| format!("p{}", it * 10 + at)).collect();
            json!({ "name": "G", "externalId": format!("g{it}"), "memberExternalIds": members })
        })
        .collect();
    json!({ "overwriteExisting": false, "members": people, "groups": groups })
}

#[tokio::test]
async fn pace_makes_5000_people_and_500_groups_take_18_seconds_or_none() {
    let measured = official(Official { import_pace: ImportPace::measured(), ..Official::default() }).await;
    let began = Instant::now();
    measured.import(large()).await.ok();
    let took = began.elapsed();
    println!("at the measured pace: {took:?}");
    assert!(took >= Duration::from_secs(18), "{took:?}");

    let at_once = official(Official::default()).await;
    let began = Instant::now();
    at_once.import(large()).await.ok();
    println!("at once: {:?}", began.elapsed());
    assert!(began.elapsed() < took, "{:?}", began.elapsed());
    for organization in [measured, at_once] {
        assert_eq!((organization.people().len(), organization.groups().len()), (5000, 500));
    }
}
