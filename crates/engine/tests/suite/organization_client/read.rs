//! Reads: what each server offers, and what is tried again.

use super::{MEMBERS, Told, brief, connect, requests, silent, start};
use crate::hint::hint;
use bwdc_core::names::{ExternalId, GroupId, MemberId};
use bwdc_core::observed::{MemberStatus, Membership, Role, ServerKind};
use bwdc_engine::http::TransportError;
use bwdc_engine::organization::{OrganizationError, Reading};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::organization::{NewMember, Official, Options, Server};
use std::time::Duration;

async fn failed(server: &Server) -> OrganizationError {
    connect(server).members(&silent).await.expect_err("a read that cannot succeed")
}

#[tokio::test]
async fn members_groups_and_memberships_are_read_from_the_official_server() {
    let server = start(Options::official()).await;
    let ann = server.add_member(NewMember::invited("ann@example.test").external_id("e1"));
    server.add_member(NewMember::confirmed("bo@example.test"));
    assert!(server.revoke("bo@example.test"));
    let crew = server.add_group("Crew", Some("g1"), &[&ann]);
    let organization = connect(&server);

    let Reading::Read(members) = organization.members(&silent).await.expect("the members") else {
        panic!("the official server offers its members");
    };
    let seen: Vec<_> =
        members.iter().map(|member| (member.email.as_str(), member.status, member.role)).collect();
    assert_eq!(
        seen,
        [
            ("owner@sandbox.example", MemberStatus::Confirmed, Role::Owner),
            ("ann@example.test", MemberStatus::Invited, Role::User),
            ("bo@example.test", MemberStatus::Revoked, Role::User),
        ]
    );
    assert_eq!(members[1].external_id, Some(ExternalId::new("e1")));

    let Reading::Read(groups) = organization.groups(&silent).await.expect("the groups") else {
        panic!("the official server offers its groups");
    };
    assert_eq!(groups.len(), 1);
    assert_eq!((groups[0].name.as_str(), &groups[0].members), ("Crew", &Membership::NotRead));
    let inside = organization.group_members(&GroupId::new(crew), &silent).await.expect("a membership");
    assert_eq!(inside, [MemberId::new(ann)]);
}

#[tokio::test]
async fn vaultwarden_is_known_and_what_it_does_not_offer_is_no_error() {
    let server = start(Options::vaultwarden()).await;
    let organization = connect(&server);
    let facts = organization.server(&silent).await.expect("a configuration");
    assert_eq!((facts.kind, facts.stages), (ServerKind::Vaultwarden, false));
    assert_eq!(organization.members(&silent).await.expect("an answer"), Reading::NotOffered);
    assert!(matches!(organization.groups(&silent).await.expect("an answer"), Reading::NotOffered));
}

#[tokio::test]
async fn the_official_server_tells_whether_it_stages() {
    for staged_status in [false, true] {
        let options = Options::with_official(Official { staged_status, ..Official::default() });
        let server = start(options).await;
        let facts = connect(&server).server(&silent).await.expect("a configuration");
        assert_eq!((facts.kind, facts.stages), (ServerKind::OfficialSelfHosted, staged_status));
    }
}

#[tokio::test]
async fn a_web_page_in_place_of_a_missing_endpoint_is_an_error() {
    let server = start(Options::official()).await;
    let page = Answer::empty(404).header("content-type", "text/html");
    let page = Answer { body: "<html><title>404</title></html>".to_owned(), ..page };
    server.faults().add(Rule::new("GET", MEMBERS, Fault::Answer(page)));
    let error = failed(&server).await;
    assert_eq!(error.message().map(|message| (message.status, message.page)), Some((404, true)));
}

#[tokio::test]
async fn what_is_no_server_is_not_taken_for_one() {
    for (body, reason) in [("<!DOCTYPE html><p>web vault", "web page"), ("{}", "missing field `version`")] {
        let server = start(Options::official()).await;
        server.faults().add(Rule::new("GET", "/api/config", Fault::Answer(Answer::json(200, body))));
        let error = connect(&server).server(&silent).await.expect_err("no configuration");
        assert!(error.to_string().contains(reason), "{error}");
        assert!(hint(&error).is_some_and(|hint| hint.contains("server URL")));
    }
}

#[tokio::test]
async fn a_group_that_is_gone_is_a_refusal_and_an_id_that_is_none_is_not_sent() {
    let server = start(Options::official()).await;
    let organization = connect(&server);
    let gone = GroupId::new("11111111-1111-4111-8111-111111111111");
    let error = organization.group_members(&gone, &silent).await.expect_err("no such group");
    assert_eq!(error.message().map(|message| message.status), Some(404));
    server.clear_requests();
    for id in ["", "../members", "a/b", "a?b"] {
        let error = organization.group_members(&GroupId::new(id), &silent).await.expect_err("no id");
        assert!(matches!(error, OrganizationError::Id { .. }), "{id}");
    }
    assert_eq!(server.requests(), []);
}

#[tokio::test]
async fn a_read_is_tried_again_after_a_cut_a_server_error_and_a_body_that_breaks_off() {
    let server = start(Options::official()).await;
    server.faults().add(Rule::new("GET", MEMBERS, Fault::CutBeforeHandling).nth(1));
    server.faults().add(Rule::new("GET", MEMBERS, Fault::CutAfterHandling).nth(2));
    server.faults().add(Rule::new("GET", MEMBERS, Fault::Answer(Answer::empty(503))).nth(3));
    server.faults().add(Rule::new("GET", MEMBERS, Fault::TruncateBody(20)).nth(4));
    let told = Told::default();
    let read = connect(&server).members(&told.listen()).await.expect("the members in the end");
    assert!(matches!(read, Reading::Read(members) if members.len() == 1));
    assert_eq!((requests(&server, MEMBERS).len(), told.waits().len()), (5, 4));
    assert_eq!(server.faults().fired(), [1, 1, 1, 1]);
}

#[tokio::test]
async fn five_attempts_are_all() {
    let server = start(Options::official()).await;
    let page = Answer { body: "<html><title>502 Bad Gateway</title></html>".into(), ..Answer::empty(502) };
    server.faults().add(Rule::new("GET", MEMBERS, Fault::Answer(page)));
    let told = Told::default();
    let error = connect(&server).members(&told.listen()).await.expect_err("a server that stays away");
    assert!(error.to_string().contains("“502 Bad Gateway”"), "{error}");
    assert!(hint(&error).is_some_and(|hint| hint.contains("proxy")));
    assert_eq!(requests(&server, MEMBERS).len(), 5);
    let waits = told.waits();
    assert_eq!(waits.len(), 4);
    assert!(waits.is_sorted() && waits[0] <= 2 && waits[3] >= 8, "{waits:?}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_in_time_is_an_error() {
    let server = start(Options::official()).await;
    let organization = connect(&server).with_timeouts(brief(Duration::from_millis(300)));
    organization.sign_in(&silent).await.expect("a token");
    server.faults().add(Rule::new("GET", MEMBERS, Fault::Delay(Duration::from_secs(60))));
    let error = organization.members(&silent).await.expect_err("no answer");
    assert!(matches!(error, OrganizationError::Transport(TransportError::Timeout { .. })), "{error:?}");
    assert_eq!(requests(&server, MEMBERS).len(), 5);
}

#[tokio::test]
async fn an_answer_that_cannot_be_understood_is_an_error_at_once() {
    for (body, reason) in [
        (r#"{"object":"list","data":[{"id":"m1","#, "breaks off"),
        ("{}", "missing field `data`"),
        ("<html>sign in</html>", "web page"),
        (r#"{"data":[{"id":"m1","type":2,"status":7,"email":"ann@example.test"}]}"#, "the status 7"),
    ] {
        let server = start(Options::official()).await;
        server.faults().add(Rule::new("GET", MEMBERS, Fault::ReplaceBody(body.to_owned())));
        let error = failed(&server).await;
        assert!(error.to_string().contains(reason), "{error}");
        assert!(!error.to_string().contains("ann@"), "{error}");
        assert_eq!(requests(&server, MEMBERS).len(), 1, "{body}");
    }
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_a_refusal() {
    let server = start(Options::official()).await;
    let message = r#"{"message":"Slow down! Too many requests. Try again in 1h.","object":"error"}"#;
    let busy = Answer::json(429, message).header("retry-after", "3600");
    server.faults().add(Rule::new("GET", MEMBERS, Fault::Answer(busy)));
    let error = failed(&server).await;
    assert_eq!(error.to_string(), "Slow down! Too many requests. Try again in 1h.");
    assert_eq!(hint(&error).as_deref(), Some("The server asks to wait 3600 seconds. Run again after that."));
    assert_eq!(requests(&server, MEMBERS).len(), 1);
}
