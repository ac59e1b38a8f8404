//! Policies that shut members out, when they are switched on and when a member is restored.

use bwdc_sandbox::organization::{MemberStatus, NewMember, Role, Server};
use serde_json::json;

use super::support::{Organization, members, self_hosted};

fn status(server: &Server, email: &str) -> MemberStatus {
    server.member(email).unwrap().status
}

async fn restore(organization: &Organization, email: &str) -> super::support::Reply {
    let id = organization.server.member(email).unwrap().id;
    organization.call("POST", &format!("/members/{id}/restore"), json!({})).await
}

#[tokio::test]
async fn two_step_revokes_who_has_accepted_is_no_owner_and_does_not_have_it() {
    let organization = self_hosted().await;
    let server = &organization.server;
    server.add_member(NewMember::confirmed("a@x").external_id("1"));
    server.add_member(NewMember::confirmed("b@x").status(MemberStatus::Accepted));
    server.add_member(NewMember::confirmed("with@x").two_step());
    server.add_member(NewMember::invited("i@x"));
    server.add_member(NewMember::confirmed("admin@x").role(Role::Admin));
    organization.call("PUT", "/policies/0", json!({ "enabled": true })).await.ok();
    for (email, wanted) in [
        ("a@x", MemberStatus::Revoked),
        ("b@x", MemberStatus::Revoked),
        ("admin@x", MemberStatus::Revoked),
        ("with@x", MemberStatus::Confirmed),
        ("i@x", MemberStatus::Invited),
        ("owner@sandbox.example", MemberStatus::Confirmed),
    ] {
        assert_eq!(status(server, email), wanted, "{email}");
    }
    organization.import(members(&[("a@x", "1")])).await.ok();
    assert_eq!(status(server, "a@x"), MemberStatus::Revoked);

    let refused = "a@x is not compliant with the two-step login policy.";
    restore(&organization, "a@x").await.expect(400, refused);
    assert!(server.set_two_step("a@x", true));
    restore(&organization, "a@x").await.ok();
    assert_eq!(status(server, "a@x"), MemberStatus::Confirmed);
    assert!(server.revoke("i@x"));
    restore(&organization, "i@x").await.ok();
    server.set_policy(0, false);
    restore(&organization, "b@x").await.ok();
}

#[tokio::test]
async fn single_organization_revokes_who_is_in_another_one() {
    let organization = self_hosted().await;
    let server = &organization.server;
    server.add_member(NewMember::confirmed("a@x").in_another_organization());
    server.add_member(NewMember::confirmed("b@x"));
    organization.call("PUT", "/policies/3", json!({ "enabled": true })).await.ok();
    assert_eq!(status(server, "a@x"), MemberStatus::Revoked);
    assert_eq!(status(server, "b@x"), MemberStatus::Confirmed);
    let refused = "a@x cannot be restored until they leave all other organization vaults.";
    restore(&organization, "a@x").await.expect(400, refused);
    assert!(server.set_in_another_organization("a@x", false));
    restore(&organization, "a@x").await.ok();
}
