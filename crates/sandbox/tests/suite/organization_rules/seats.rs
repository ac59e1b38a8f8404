//! Seats, scaling and staged members of the official server.

use bwdc_sandbox::organization::{KnownAddresses, MemberStatus, NewMember, Official, Provider, Subscription};
use serde_json::json;

use super::support::{ImportExt as _, Organization, members, official};

fn cloud(seats: u32) -> Official {
    Official { seats: Some(seats), ..Official::cloud() }
}

async fn refused(options: Official, message: &str) -> Organization {
    let organization = official(options).await;
    let reply = organization.import(members(&[("a@x", "1"), ("b@x", "2")])).await;
    reply.expect(400, message);
    assert_eq!(reply.json()["errors"], json!(null));
    assert!(organization.people().is_empty());
    organization
}

#[tokio::test]
async fn organization_without_a_seat_number_is_not_limited() {
    let organization = official(Official::cloud()).await;
    organization.import(members(&[("a@x", "1"), ("b@x", "2")])).await.ok();
    assert_eq!(organization.server.seats(), None);
}

#[tokio::test]
async fn invited_accepted_and_confirmed_take_a_seat_and_revoked_and_staged_do_not() {
    let seats = |status| async move {
        let organization = official(Official { seats: Some(2), ..Official::default() }).await;
        organization.server.add_member(NewMember::confirmed("s@x").status(status));
        organization.import(members(&[("a@x", "1")])).await.status
    };
    for status in [MemberStatus::Invited, MemberStatus::Accepted, MemberStatus::Confirmed] {
        assert_eq!(seats(status).await, 400, "{status:?}");
    }
    for status in [MemberStatus::Revoked, MemberStatus::Staged] {
        assert_eq!(seats(status).await, 200, "{status:?}");
    }
}

#[tokio::test]
async fn self_hosted_cannot_grow() {
    let options = Official { seats: Some(2), ..Official::default() };
    refused(options, "Cannot autoscale on self-hosted instance.").await;
}

#[tokio::test]
async fn cloud_grows_by_what_is_missing() {
    let organization = official(cloud(2)).await;
    organization.import(members(&[("a@x", "1"), ("b@x", "2")])).await.ok();
    assert_eq!(organization.server.seats(), Some(3));
}

#[tokio::test]
async fn autoscale_maximum_is_the_limit_and_may_be_reached() {
    let at_most = |most| Official { max_autoscale: Some(most), ..cloud(2) };
    refused(at_most(2), "Seat limit has been reached.").await;
    let organization = official(at_most(3)).await;
    organization.import(members(&[("a@x", "1"), ("b@x", "2")])).await.ok();
}

#[tokio::test]
async fn provider_has_to_be_asked() {
    let with = |provider| Official { provider: Some(provider), ..cloud(2) };
    let managed = "Seat limit has been reached. Please contact your provider to add more seats.";
    refused(with(Provider::ManagedService), managed).await;
    let reseller = "Seat limit has been reached. Contact your provider to purchase additional seats.";
    refused(with(Provider::Reseller), reseller).await;
}

#[tokio::test]
async fn canceled_subscription_is_refused() {
    let options = Official { subscription: Subscription::Canceled, ..cloud(2) };
    let message = "You do not have an active subscription. Reinstate your subscription to make changes";
    refused(options, message).await;
}

#[tokio::test]
async fn late_failure_tells_its_reason_in_errors_and_takes_the_new_members_back() {
    let reason = "No payment method found.";
    let options = Official { subscription: Subscription::Failing(reason.to_owned()), ..cloud(3) };
    let organization = official(options).await;
    organization.server.add_member(NewMember::confirmed("hand@x"));
    organization.server.add_member(NewMember::confirmed("gone@x").external_id("g"));
    let body =
        members(&[("hand@x", "h"), ("a@x", "1"), ("b@x", "2")]).deleted(None, "g").group("G", "g", &[]);
    let reply = organization.import(body).await;
    reply.expect(400, "Errors have occurred.");
    assert_eq!(reply.json()["errors"], json!({ "An error has occurred.": [reason] }));
    assert_eq!(organization.people(), super::support::pairs(&[("hand@x", "h")]));
    assert!(organization.groups().is_empty());
    assert_eq!(organization.server.seats(), Some(3));
}

#[tokio::test]
async fn seats_freed_by_the_same_import_count() {
    let organization = official(Official { seats: Some(2), ..Official::default() }).await;
    organization.server.add_member(NewMember::confirmed("old@x").external_id("0"));
    organization.import(members(&[("new@x", "1")]).deleted(None, "0")).await.ok();
    assert_eq!(organization.people(), super::support::pairs(&[("new@x", "1")]));
}

#[tokio::test]
async fn without_invitation_and_with_the_flag_members_are_staged_and_take_no_seat() {
    let options = Official { staged_status: true, seats: Some(1), ..Official::default() };
    let organization = official(options).await;
    let body = members(&[("a@x", "1")]).set("inviteUsersAfterProvisioning", false);
    organization.import(body).await.ok();
    let member = organization.server.member("a@x").unwrap();
    assert_eq!((member.status, member.status_number), (MemberStatus::Staged, 3));
}

#[tokio::test]
async fn without_invitation_and_with_the_flag_known_addresses_are_looked_up_as_with_one() {
    let again = [("a@x", "new"), ("a@x", "old")];
    for (known_addresses, people) in
        [(KnownAddresses::All, &again[1..]), (KnownAddresses::WithAccount, &again[..])]
    {
        let options = Official { staged_status: true, known_addresses, ..Official::default() };
        let organization = official(options).await;
        organization.server.add_member(NewMember::invited("a@x").external_id("old"));
        let body = members(&[("a@x", "new")]).set("inviteUsersAfterProvisioning", false);
        organization.import(body).await.ok();
        assert_eq!(organization.people(), super::support::pairs(people));
    }
}

#[tokio::test]
async fn without_invitation_but_with_the_flag_off_people_are_invited_all_the_same() {
    let organization = official(Official::default()).await;
    let body = members(&[("a@x", "1")]).set("inviteUsersAfterProvisioning", false);
    organization.import(body).await.ok();
    assert_eq!(organization.server.member("a@x").unwrap().status, MemberStatus::Invited);
}

#[tokio::test]
async fn invitation_is_the_default_when_the_field_is_missing() {
    let organization = official(Official { staged_status: true, ..Official::default() }).await;
    organization.import(members(&[("a@x", "1")])).await.ok();
    assert_eq!(organization.server.member("a@x").unwrap().status, MemberStatus::Invited);
}

#[tokio::test]
async fn later_import_with_invitation_does_not_invite_the_staged() {
    let organization = official(Official { staged_status: true, ..Official::default() }).await;
    let body = members(&[("a@x", "1")]);
    organization.import(body.clone().set("inviteUsersAfterProvisioning", false)).await.ok();
    organization.import(body.set("inviteUsersAfterProvisioning", true)).await.ok();
    assert_eq!(organization.server.member("a@x").unwrap().status, MemberStatus::Staged);
}

/// An organization with more members than seats.
async fn overfull(base: Official) -> Organization {
    let organization = official(base).await;
    organization.server.add_member(NewMember::confirmed("a@x").external_id("1"));
    organization.server.add_member(NewMember::confirmed("b@x").external_id("2"));
    organization.server.set_seats(Some(1));
    organization
}

#[tokio::test]
async fn more_members_than_seats_refuse_every_import_after_its_removals() {
    let organization = overfull(Official::default()).await;
    let refused = "Cannot autoscale on self-hosted instance.";
    organization.import(members(&[])).await.expect(400, refused);
    organization.import(members(&[]).group("G", "g", &[])).await.expect(400, refused);
    organization.server.add_member(NewMember::confirmed("hand@x"));
    let body = members(&[("hand@x", "h"), ("new@x", "n")]).deleted(None, "1").group("G", "g", &["h"]);
    organization.import(body).await.expect(400, refused);
    assert_eq!(organization.people(), super::support::pairs(&[("b@x", "2"), ("hand@x", "h")]));
    organization.import(members(&[]).deleted(None, "h")).await.expect(400, refused);
    assert!(organization.groups().is_empty());
    organization.import(members(&[]).deleted(None, "2").group("G", "g", &[])).await.ok();
}

#[tokio::test]
async fn more_members_than_seats_buy_them_in_the_cloud_up_to_the_maximum() {
    let organization = overfull(cloud(3)).await;
    organization.import(members(&[])).await.ok();
    assert_eq!(organization.server.seats(), Some(3));
    let organization = overfull(Official { max_autoscale: Some(2), ..cloud(3) }).await;
    organization.import(members(&[])).await.expect(400, "Seat limit has been reached.");
}

#[tokio::test]
async fn restored_member_is_bought_one_seat_where_none_is_free() {
    let restored = async |options: Official| {
        let organization = overfull(options).await;
        let id = organization.server.member("b@x").unwrap().id;
        organization.call("POST", &format!("/members/{id}/revoke"), json!({})).await.ok();
        let reply = organization.call("POST", &format!("/members/{id}/restore"), json!({})).await;
        (reply.status, reply.message_or_nothing(), organization.server.seats())
    };
    // Two of three are left, with one seat: one more is bought, and not what all of them need.
    assert_eq!(restored(cloud(3)).await, (200, String::new(), Some(2)));
    let at_most = |most| Official { max_autoscale: Some(most), ..cloud(3) };
    assert_eq!(restored(at_most(2)).await, (200, String::new(), Some(2)));
    assert_eq!(restored(at_most(1)).await, (400, "Seat limit has been reached.".to_owned(), Some(1)));
    let reason = "No payment method found.";
    let failing = Official { subscription: Subscription::Failing(reason.to_owned()), ..cloud(3) };
    assert_eq!(restored(failing).await, (400, reason.to_owned(), Some(1)));
    let refused = "Cannot autoscale on self-hosted instance.".to_owned();
    assert_eq!(restored(Official::default()).await, (400, refused, Some(1)));
}

#[tokio::test]
async fn invitation_by_hand_words_some_refusals_in_its_own_way() {
    for (options, refused) in [
        (Official { seats: Some(1), ..Official::default() }, "Cannot auto scale self-host."),
        (
            Official { subscription: Subscription::Canceled, ..cloud(1) },
            "You do not have an active subscription. Reinstate your subscription to make changes.",
        ),
        (Official { max_autoscale: Some(1), ..cloud(1) }, "Seat limit has been reached."),
        (
            Official { subscription: Subscription::Failing("No money".to_owned()), ..cloud(1) },
            "Failed to invite users",
        ),
    ] {
        let organization = official(options).await;
        let new = json!({ "type": 2, "email": "n@x.example" });
        organization.call("POST", "/members", new).await.expect(400, refused);
        assert!(organization.people().is_empty(), "{refused}");
    }
}
