//! An organization that is seen with an administrator's own key.

use super::{connect, requests, silent, start};
use crate::hint::hint;
use bwdc_core::observed::{MemberStatus, Membership, Role};
use bwdc_engine::organization::{ApiKey, Organization, OrganizationError, Reading};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::organization::{
    Account, KeyDerivation, NewMember, Options, Role as SandboxRole, Server, Vaultwarden,
};
use secrecy::SecretString;

const ANN: &str = "ann@example.test";

async fn stand() -> Server {
    let server = start(Options { owner: Some(ANN.to_owned()), ..Options::vaultwarden() }).await;
    server.sign_up(Account::new(ANN, "hash", KeyDerivation::Pbkdf2 { iterations: 600_000 }));
    server
}

fn observing(server: &Server) -> Organization {
    let (client_id, secret) = server.personal_key(ANN).expect("an account");
    connect(server).with_observer(ApiKey { client_id, client_secret: SecretString::from(secret) })
}

#[tokio::test]
async fn members_groups_and_memberships_are_seen_in_two_requests() {
    let server = stand().await;
    let bob = server.add_member(NewMember::confirmed("Bob@Example.test").external_id("e-bob"));
    let cy = server.add_member(NewMember::invited("cy@example.test").role(SandboxRole::Admin));
    server.revoke("bob@example.test");
    server.add_group("Crew", Some("g-crew"), &[&cy, &bob]);
    server.add_group("By hand", None, &[]);
    let organization = observing(&server);
    assert_eq!(organization.members(&silent).await.expect("an answer"), Reading::NotOffered);

    let state = organization.observed(true, &silent).await.expect("seen").expect("an observer");
    let members: Vec<_> = state
        .members
        .iter()
        .map(|it| (it.email.as_str(), it.external_id.as_ref().map(|id| id.as_str()), it.status, it.role))
        .collect();
    assert_eq!(
        members,
        [
            (ANN, None, MemberStatus::Confirmed, Role::Owner),
            ("bob@example.test", Some("e-bob"), MemberStatus::Revoked, Role::User),
            ("cy@example.test", None, MemberStatus::Invited, Role::Admin),
        ]
    );
    let groups: Vec<_> = state.groups.iter().map(|it| (it.name.as_str(), it.members.clone())).collect();
    assert_eq!(groups, [("Crew", Membership::Read(vec![1, 2])), ("By hand", Membership::Read(Vec::new()))]);
    assert_eq!(requests(&server, "/api/organizations/").len(), 2);
}

#[tokio::test]
async fn without_such_a_key_nothing_is_asked() {
    let server = stand().await;
    assert!(connect(&server).observed(true, &silent).await.expect("no error").is_none());
    assert!(requests(&server, "/api/").is_empty());
}

#[tokio::test]
async fn a_list_that_hides_the_groups_of_a_member_is_no_list() {
    let server = stand().await;
    let body = r#"{"data":[{"id":"m1","type":2,"status":2,"email":"a@example.test","groups":null}]}"#;
    server
        .faults()
        .add(Rule::new("GET", "/api/organizations/", Fault::Answer(Answer::json(200, body))).first(1));
    let error = observing(&server).observed(true, &silent).await.expect_err("unreadable");
    assert!(matches!(error, OrganizationError::Unreadable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_fault_is_not_a_refusal_of_the_key() {
    let server = stand().await;
    server.faults().add(Rule::new("GET", "/api/organizations/", Fault::Answer(Answer::empty(500))));
    let error = observing(&server).observed(true, &silent).await.expect_err("a fault");
    assert!(matches!(error, OrganizationError::Refused(_)), "{error:?}");
    server.faults().clear();
    server.set_role(ANN, SandboxRole::User);
    let error = observing(&server).observed(true, &silent).await.expect_err("a refusal");
    assert!(matches!(error, OrganizationError::Observer { .. }), "{error:?}");
    assert!(hint(&error).is_some_and(|it| it.contains("bwdc logout --observer")));
}

#[tokio::test]
async fn groups_that_are_switched_off_are_none() {
    let flavor = bwdc_sandbox::organization::Flavor::Vaultwarden(Vaultwarden {
        groups_enabled: false,
        ..Vaultwarden::default()
    });
    let server = start(Options { flavor, owner: Some(ANN.to_owned()), ..Options::vaultwarden() }).await;
    server.sign_up(Account::new(ANN, "hash", KeyDerivation::Pbkdf2 { iterations: 600_000 }));
    server.add_group("Crew", Some("g-crew"), &[]);
    let state = observing(&server).observed(true, &silent).await.expect("seen").expect("an observer");
    assert!(state.groups.is_empty());
}
