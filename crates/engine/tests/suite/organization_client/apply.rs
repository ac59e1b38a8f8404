//! Changes: sent once, sent again only when nothing can have happened, and judged.

use super::{
    IMPORT, MEMBERS, TOKEN, Told, brief, connect, connection, direct, import, import_request, requests,
    silent, start,
};
use crate::hint::{hint, hint as told};
use bwdc_core::names::{ExternalId, GroupId, MemberId};
use bwdc_core::observed::Seats;
use bwdc_core::wire::Request;
use bwdc_engine::http::{self, ClientOptions, ProxyChoice, TransportError};
use bwdc_engine::notice::Belonging;
use bwdc_engine::organization::{ApplyError, Effect, OrganizationError, Reading, SeatReading, UnknownCause};
use bwdc_sandbox::faults::{Answer, Arrival, Fault, Moment, Rule};
use bwdc_sandbox::organization::{
    CollectionAccess, Member, MemberStatus, NewMember, Official, Options, OrganizationState, RecordedRequest,
    Role, Server,
};
use std::sync::Arc;
use std::time::Duration;

async fn failed(server: &Server) -> ApplyError {
    connect(server).apply(&import_request(), &silent).await.expect_err("a change that cannot succeed")
}

async fn failed_by(fault: Fault) -> (ApplyError, usize) {
    let server = start(Options::official()).await;
    server.faults().add(Rule::new("POST", IMPORT, fault));
    (failed(&server).await, requests(&server, IMPORT).len())
}

#[tokio::test]
async fn an_import_carries_exactly_the_bytes_of_the_request() {
    for options in [Options::official(), Options::vaultwarden()] {
        let server = start(options).await;
        connect(&server).apply(&import_request(), &silent).await.expect("an import");
        let sent = requests(&server, IMPORT);
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].body, serde_json::to_string(&import()).expect("a request"));
        assert_eq!(sent[0].header("content-type"), Some("application/json; charset=utf-8"));
        assert_eq!(sent[0].header("accept"), Some("application/json"));
        assert_eq!(sent[0].header("authorization"), Some("Bearer (hidden)"));
        assert_eq!(sent[0].header("bitwarden-client-name"), Some("connector"));
        assert!(server.membership_by_external_ids()["g1"].contains("e1"));
    }
}

#[tokio::test]
async fn members_are_revoked_restored_and_removed_by_id() {
    let server = start(Options::official()).await;
    let id = MemberId::new(server.add_member(NewMember::confirmed("ann@example.test")));
    let organization = connect(&server);
    let status = || server.member("ann@example.test").map(|member| member.status);
    // The server refuses the second of each: somebody was faster, and the member is as asked for.
    for _ in 0..2 {
        organization.apply(&Request::Revoke(id.clone()), &silent).await.expect("a revocation");
        assert_eq!(status(), Some(MemberStatus::Revoked));
    }
    for _ in 0..2 {
        organization.apply(&Request::Restore(id.clone()), &silent).await.expect("a restoration");
        assert_eq!(status(), Some(MemberStatus::Confirmed));
    }
    for _ in 0..2 {
        organization.apply(&Request::Remove(id.clone()), &silent).await.expect("a removal");
        assert_eq!(status(), None);
    }
    organization.apply(&Request::Revoke(id.clone()), &silent).await.expect("whoever is gone has no access");
    let error = organization.apply(&Request::Restore(id), &silent).await.expect_err("nobody left");
    assert!(matches!(&error, ApplyError::Refused { message, effect: Effect::None } if message.status == 404));
}

#[tokio::test]
async fn another_external_id_leaves_everything_else_of_a_member() {
    let server = start(Options::official()).await;
    let collection = server.add_collection(None);
    let access = CollectionAccess { manage: true, ..CollectionAccess::to(&collection) };
    let member = NewMember::confirmed("ann@example.test").external_id("old").role(Role::Admin);
    let id = MemberId::new(server.add_member(member.collection(access)));
    let group = server.add_group("Crew", Some("g"), &[id.as_str()]);
    let before = server.member("ann@example.test").expect("a member");
    let request = Request::PutMember { id: id.clone(), external_id: ExternalId::new("new") };
    for _ in 0..2 {
        connect(&server).apply(&request, &silent).await.expect("a new id");
        let after = server.member("ann@example.test").expect("a member");
        assert_eq!(after, Member { external_id: Some("new".to_owned()), ..before.clone() });
        assert!(server.groups().iter().any(|it| it.id == group && it.members.contains(id.as_str())));
    }
    let puts = |server: &Server| requests(server, MEMBERS).iter().filter(|it| it.method == "PUT").count();
    assert_eq!(puts(&server), 1, "the second time there was nothing to do");
    // The endpoint itself takes away what it is not given: otherwise this test could not fail.
    let token = server.issue_token("api.organization", Duration::from_secs(60));
    let options = ClientOptions { proxy: ProxyChoice::Direct, ..ClientOptions::default() };
    let answer = http::client(&options)
        .expect("a client")
        .put(format!("{}{MEMBERS}/{id}", server.url()))
        .bearer_auth(token)
        .header("content-type", "application/json")
        .body(r#"{"type":1,"externalId":"bare"}"#)
        .send()
        .await
        .expect("an answer");
    assert!(answer.status().is_success(), "{}", answer.status());
    assert!(server.member("ann@example.test").expect("a member").collections.is_empty());
}

/// The requests about one member, as method and what follows the id.
fn about(server: &Server, id: &MemberId) -> Vec<String> {
    let path = format!("{MEMBERS}/{id}");
    let told = |it: RecordedRequest| Some(format!("{}{}", it.method, it.path.strip_prefix(&path)?));
    requests(server, MEMBERS).into_iter().filter_map(told).collect()
}

#[tokio::test]
async fn a_member_is_read_before_and_after_an_external_id_is_sent_and_the_newest_is_sent_back() {
    let server = start(Options::official()).await;
    let [first, newest] = [(); 2].map(|()| CollectionAccess::to(&server.add_collection(None)));
    let member = NewMember::confirmed("ann@example.test").external_id("old").collection(first);
    let id = MemberId::new(server.add_member(member));
    let organization = connect(&server);
    let Reading::Read(_) = organization.members(&silent).await.expect("a list") else { panic!("no list") };
    // After the list was read, somebody makes her an administrator with access to another collection.
    assert!(server.set_role("ann@example.test", Role::Admin));
    assert!(server.set_collections("ann@example.test", std::slice::from_ref(&newest)));
    server.clear_requests();
    let request = Request::PutMember { id: id.clone(), external_id: ExternalId::new("new") };
    organization.apply(&request, &silent).await.expect("a new id");
    assert_eq!(about(&server, &id), ["GET", "GET/group-ids", "PUT", "GET", "GET/group-ids"]);
    let after = server.member("ann@example.test").expect("a member");
    assert_eq!((after.external_id.as_deref(), after.role), (Some("new"), Role::Admin));
    assert_eq!(after.collections, [newest]);
}

#[tokio::test]
async fn an_invitation_goes_to_another_address_with_what_it_had() {
    let server = start(Options::official()).await;
    let access = CollectionAccess::to(&server.add_collection(None));
    let invited = NewMember::invited("wrong@example.test").external_id("ann").collection(access.clone());
    let id = MemberId::new(server.add_member(invited));
    server.add_group("By hand", None, &[id.as_str()]);
    let organization = connect(&server);
    let request = |id: &MemberId| Request::InviteAnew {
        id: id.clone(),
        from: "wrong@example.test".to_owned(),
        email: "right@example.test".to_owned(),
        external_id: ExternalId::new("ann"),
    };
    organization.apply(&request(&id), &silent).await.expect("an invitation");
    assert!(server.member("wrong@example.test").is_none());
    let member = server.member("right@example.test").expect("a member");
    assert_eq!((member.external_id.as_deref(), member.status), (Some("ann"), MemberStatus::Invited));
    assert_eq!((member.role, member.collections), (Role::User, vec![access]));
    let groups = server.groups();
    assert!(groups[0].members.contains(&member.id));

    // Whoever has accepted keeps the membership.
    server.accept("right@example.test");
    let id = MemberId::new(member.id);
    server.clear_requests();
    let error = organization.apply(&request(&id), &silent).await.expect_err("it is theirs");
    assert!(matches!(error, ApplyError::JoinedMeanwhile) && error.certainly_nothing_happened());
    assert!(requests(&server, MEMBERS).iter().all(|it| it.method == "GET"));
    assert!(server.member("right@example.test").is_some());
}

#[tokio::test]
async fn of_two_memberships_one_gets_what_the_other_had() {
    let server = start(Options::official()).await;
    let [first, second] = [(); 2].map(|()| CollectionAccess::to(&server.add_collection(None)));
    let confirmed = NewMember::confirmed("ann@example.test").external_id("old").collection(first.clone());
    let into = MemberId::new(server.add_member(confirmed));
    let invited = NewMember::invited("twin@example.test").external_id("new").collection(second.clone());
    let from = MemberId::new(server.add_member(invited.collection(first.clone())));
    server.add_group("Hers", None, &[into.as_str()]);
    server.add_group("The other's", None, &[from.as_str()]);
    let request = Request::Merge { into: into.clone(), from: from.clone() };
    connect(&server).apply(&request, &silent).await.expect("one of the two");
    assert!(server.member("twin@example.test").is_none());
    let member = server.member("ann@example.test").expect("a member");
    assert_eq!((member.external_id.as_deref(), member.status), (Some("old"), MemberStatus::Confirmed));
    let mut access = member.collections.clone();
    access.sort_by(|one, other| one.id.cmp(&other.id));
    let mut expected = vec![first, second];
    expected.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(access, expected);
    assert!(server.groups().iter().all(|it| it.members.contains(&member.id)));

    // Nothing is removed where the other one gets nothing.
    let other = MemberId::new(server.add_member(NewMember::invited("twin@example.test")));
    server.faults().add(Rule::new("PUT", MEMBERS, Fault::Answer(Answer::json(400, "{}"))));
    let request = Request::Merge { into, from: other };
    connect(&server).apply(&request, &silent).await.expect_err("refused");
    assert!(server.member("twin@example.test").is_some());
}

#[tokio::test]
async fn what_changes_while_an_external_id_is_sent_is_named_and_not_undone() {
    for what in [Belonging::Role, Belonging::Collections, Belonging::Groups] {
        let server = Arc::new(start(Options::official()).await);
        let access = CollectionAccess::to(&server.add_collection(None));
        let member = NewMember::confirmed("ann@example.test").external_id("old");
        let id = MemberId::new(server.add_member(member));
        let administrator = Arc::downgrade(&server);
        let hers = id.clone();
        server.faults().on_request(move |it: &Arrival| {
            let Some(server) = administrator.upgrade().filter(|_| it.method == "PUT") else { return };
            if it.moment == Moment::Handled {
                let done = match what {
                    Belonging::Role => server.set_role("ann@example.test", Role::Admin),
                    Belonging::Collections => {
                        server.set_collections("ann@example.test", std::slice::from_ref(&access))
                    }
                    _ => !server.add_group("By hand", None, &[hers.as_str()]).is_empty(),
                };
                assert!(done, "{what:?}");
            }
        });
        let request = Request::PutMember { id: id.clone(), external_id: ExternalId::new("new") };
        let error = connect(&server).apply(&request, &silent).await.expect_err("something changed");
        assert!(matches!(&error, ApplyError::Altered { what: told, .. } if *told == what), "{error:?}");
        let puts = about(&server, &id).iter().filter(|it| it.starts_with("PUT")).count();
        let after = server.member("ann@example.test").expect("a member");
        assert_eq!((puts, after.external_id.as_deref()), (1, Some("new")), "{what:?}");
        assert_eq!(after.role == Role::Admin, what == Belonging::Role);
        assert_eq!(after.collections.len(), usize::from(what == Belonging::Collections));
        assert_eq!(server.groups().len(), usize::from(what == Belonging::Groups));
        server.faults().forget_hook();
    }
}

#[tokio::test]
async fn groups_get_another_id_and_are_deleted_by_id() {
    let server = start(Options::official()).await;
    let id = server.add_member(NewMember::confirmed("ann@example.test").external_id("e1"));
    let group = GroupId::new(server.add_group("Crew", Some("old"), &[&id]));
    let collection = server.add_collection(None);
    server.give_group(group.as_str(), &CollectionAccess::to(&collection));
    let organization = connect(&server);
    let put =
        Request::PutGroup { id: group.clone(), name: "Crew".to_owned(), external_id: ExternalId::new("new") };
    organization.apply(&put, &silent).await.expect("a new id");
    let after = server.groups().remove(0);
    assert_eq!(
        (after.external_id.as_deref(), after.members.len(), after.collections.len()),
        (Some("new"), 1, 1)
    );
    for _ in 0..2 {
        organization.apply(&Request::DeleteGroup(group.clone()), &silent).await.expect("a deletion");
        assert!(server.groups().is_empty());
    }
}

#[tokio::test]
async fn seats_are_told_by_the_cloud_alone() {
    let cloud = Official { seats: Some(7), max_autoscale: Some(9), ..Official::cloud() };
    let server = start(Options::with_official(cloud)).await;
    let seats = connect(&server).seats(&silent).await.expect("an answer");
    assert_eq!(seats, SeatReading::Number(Seats { total: 7, most: Some(9) }));
    for (options, expected) in [
        (Options::official(), SeatReading::Hidden),
        (Options::vaultwarden(), SeatReading::Hidden),
        (Options::with_official(Official::cloud()), SeatReading::NoNumber),
    ] {
        assert_eq!(connect(&start(options).await).seats(&silent).await.expect("an answer"), expected);
    }
}

#[tokio::test]
async fn a_cut_leaves_the_effect_unknown_and_the_import_is_sent_once() {
    for (fault, arrived) in [(Fault::CutBeforeHandling, false), (Fault::CutAfterHandling, true)] {
        let server = start(Options::official()).await;
        server.faults().add(Rule::new("POST", IMPORT, fault));
        let error = failed(&server).await;
        assert!(matches!(error, ApplyError::Unknown { cause: UnknownCause::Lost(_) }), "{error:?}");
        assert!(!error.certainly_nothing_happened());
        assert!(hint(&error).is_some_and(|hint| hint.contains("waits until that has ended")));
        assert_eq!(requests(&server, IMPORT).len(), 1);
        assert_eq!(server.member("ann@example.test").is_some(), arrived);
    }
}

#[tokio::test]
async fn a_late_answer_leaves_the_effect_unknown() {
    let server = start(Options::official()).await;
    let organization = connect(&server).with_timeouts(brief(Duration::from_millis(300)));
    organization.sign_in(&silent).await.expect("a token");
    server.faults().add(Rule::new("POST", IMPORT, Fault::Delay(Duration::from_secs(60))));
    let error = organization.apply(&import_request(), &silent).await.expect_err("no answer in time");
    let ApplyError::Unknown { cause: UnknownCause::Lost(cause) } = error else { panic!("{error:?}") };
    assert!(matches!(*cause, OrganizationError::Transport(TransportError::Timeout { .. })));
    assert_eq!(requests(&server, IMPORT).len(), 1);
}

#[tokio::test]
async fn a_server_error_leaves_the_effect_unknown_and_is_told_as_sent() {
    let body = r#"{"object":"error","message":"An unhandled server error has occurred.","errors":null}"#;
    let (error, sent) = failed_by(Fault::AnswerAfterHandling(Answer::json(500, body))).await;
    assert!(matches!(error, ApplyError::Unknown { cause: UnknownCause::Answer(_) }));
    assert_eq!(error.to_string(), "An unhandled server error has occurred.");
    assert_eq!((error.message().map(|message| message.status), sent), (Some(500), 1));

    let page = Answer { body: "<html><title>502 Bad Gateway</title></html>".into(), ..Answer::empty(502) };
    let (error, sent) = failed_by(Fault::Answer(page)).await;
    assert!(!error.certainly_nothing_happened());
    assert!(error.to_string().contains(IMPORT) && error.to_string().contains("502"), "{error}");
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn success_from_a_sign_in_page_is_not_taken_for_success() {
    let page = Answer { body: "<!DOCTYPE html><title>Sign in</title>".into(), ..Answer::empty(200) };
    let (error, _) = failed_by(Fault::Answer(page)).await;
    assert!(matches!(error, ApplyError::Unknown { cause: UnknownCause::Page { status: 200, .. } }));
}

#[tokio::test]
async fn a_refusal_tells_its_next_step_and_whether_something_can_have_happened() {
    let validation = r#"{"object":"error","message":"The request's model state is invalid.","errors":{"Members[0].Email":["No address."]}}"#;
    let seats = r#"{"object":"error","message":"Seat limit has been reached.","errors":null}"#;
    let table = [
        (400, validation, Effect::None, None),
        (400, seats, Effect::Partial, Some("No seat is free")),
        (
            404,
            r#"{"object":"error","message":"Resource not found.","errors":null}"#,
            Effect::Partial,
            Some("server URL"),
        ),
        (403, "", Effect::None, Some("key belongs to this organization")),
        (413, "<html>413</html>", Effect::None, Some("`client_max_body_size`")),
        (422, r#"{"error":{"code":422,"reason":"Unprocessable Entity"}}"#, Effect::None, None),
    ];
    for (status, body, wanted, hint) in table {
        let (error, sent) = failed_by(Fault::Answer(Answer::json(status, body))).await;
        let ApplyError::Refused { message, effect } = &error else { panic!("{status}: {error:?}") };
        assert_eq!((message.status, *effect, sent), (status, wanted, 1));
        assert_eq!(error.certainly_nothing_happened(), wanted == Effect::None);
        match hint {
            Some(words) => assert!(told(&error).is_some_and(|hint| hint.contains(words)), "{status}"),
            None => assert_eq!(told(&error), None, "{status}"),
        }
    }
}

#[tokio::test]
async fn too_many_requests_are_waited_out_and_the_import_arrives_once() {
    for (header, waits) in [(Some("7"), [7, 7]), (None, [2, 3])] {
        let server = start(Options::official()).await;
        let busy = Answer::json(429, r#"{"message":"Slow down!","validationErrors":null}"#);
        let busy = header.into_iter().fold(busy, |busy, value| busy.header("retry-after", value));
        server.faults().add(Rule::new("POST", IMPORT, Fault::Answer(busy)).first(2));
        let told = Told::default();
        connect(&server).apply(&import_request(), &told.listen()).await.expect("an import");
        assert_eq!(told.waits(), waits);
        assert_eq!(requests(&server, IMPORT).len(), 3);
        assert_eq!(server.groups().len(), 1);
    }
}

#[tokio::test]
async fn an_import_that_is_too_large_is_refused_while_it_is_still_being_sent() {
    let server = start(Options::vaultwarden()).await;
    let mut import = import();
    let member = import.members[0].clone();
    import.members = vec![member; 350_000];
    let error = connect(&server).apply(&Request::Import(import), &silent).await.expect_err("too large");
    assert_eq!(error.message().map(|message| message.status), Some(413), "{error:?}");
    assert!(error.certainly_nothing_happened());
}

#[tokio::test]
async fn a_server_that_stays_busy_has_refused() {
    let (error, sent) = failed_by(Fault::Answer(Answer::empty(429))).await;
    assert!(matches!(&error, ApplyError::Refused { effect: Effect::None, .. }), "{error:?}");
    assert_eq!((error.message().map(|message| message.status), sent), (Some(429), 5));
    assert!(hint(&error).is_some_and(|hint| hint.contains("Wait a few minutes")));
}

#[tokio::test]
async fn a_date_to_wait_for_is_understood() {
    let server = start(Options::official()).await;
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(100);
    let date = until.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let busy = Answer::json(429, "{}").header("retry-after", &date);
    server.faults().add(Rule::new("POST", IMPORT, Fault::Answer(busy)).first(1));
    let told = Told::default();
    connect(&server).apply(&import_request(), &told.listen()).await.expect("an import");
    let waits = told.waits();
    assert!(matches!(waits.as_slice(), [90..=101]), "{waits:?}");
}

#[tokio::test]
async fn a_refused_token_on_an_import_is_replaced_once() {
    let server = start(Options::official()).await;
    let organization = connect(&server);
    organization.sign_in(&silent).await.expect("a token");
    server.revoke_tokens();
    organization.apply(&import_request(), &silent).await.expect("an import with a fresh token");
    assert_eq!((requests(&server, TOKEN).len(), requests(&server, IMPORT).len()), (2, 2));

    let (error, sent) = failed_by(Fault::Answer(Answer::empty(401))).await;
    assert!(error.certainly_nothing_happened());
    assert!(hint(&error).is_some_and(|hint| hint.contains("key was kept")));
    assert_eq!(sent, 2);
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let server = start(Options::official()).await;
    server.set_organization_state(OrganizationState::Disabled);
    let error = failed(&server).await;
    assert!(matches!(error, ApplyError::NotSent(OrganizationError::SignIn(_))), "{error:?}");
    assert!(error.certainly_nothing_happened());
    assert_eq!(requests(&server, IMPORT).len(), 0);
}

#[tokio::test]
async fn a_connection_that_never_came_about_is_tried_again_and_nothing_happened() {
    let server = start(Options::official()).await;
    let mut connection = connection(&server.url(), &server.client_id(), &server.client_secret());
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    connection.endpoints.api = format!("http://{}/api", free.local_addr().expect("its address"));
    drop(free);
    let told = Told::default();
    let error =
        direct(connection).apply(&import_request(), &told.listen()).await.expect_err("nobody listens");
    assert!(
        matches!(
            error,
            ApplyError::NotSent(OrganizationError::Transport(TransportError::Unreachable { .. }))
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains("cannot reach http://127.0.0.1:"), "{error}");
    assert_eq!(told.waits().len(), 4);
}
