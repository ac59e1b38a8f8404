//! What the official import does, step by step, and what a failure leaves behind.

use bwdc_sandbox::organization::{
    KnownAddresses, MemberStatus, NewMember, Official, OrganizationState, Role,
};
use serde_json::json;

use super::support::{ImportExt as _, Organization, members, official, pairs, self_hosted};

const SYNC_FAILED: &str =
    "Sync failed. To proceed, disable the 'Remove and re-add users during next sync' setting and try again.";
const UNHANDLED: &str = "An unhandled server error has occurred.";

fn someone(email: &str, external_id: &str) -> NewMember {
    NewMember::confirmed(email).external_id(external_id)
}

async fn with(people: Vec<NewMember>) -> Organization {
    let organization = self_hosted().await;
    for member in people {
        organization.server.add_member(member);
    }
    organization
}

#[tokio::test]
async fn step_0_unknown_organization_is_not_found() {
    let organization = self_hosted().await;
    organization.server.set_organization_state(OrganizationState::Deleted);
    organization.import(members(&[])).await.expect(404, "Resource not found.");
}

#[tokio::test]
async fn step_0_plan_without_directory_is_refused() {
    let organization = official(Official { use_directory: false, ..Official::default() }).await;
    let reply = organization.import(members(&[("a@x", "1")])).await;
    reply.expect(400, "Organization cannot use directory syncing.");
    assert_eq!(reply.json()["errors"], json!(null));
    assert!(organization.people().is_empty());
}

#[tokio::test]
async fn step_1_deleted_is_matched_by_external_id_and_the_email_is_ignored() {
    let organization = with(vec![someone("a@x", "1"), someone("b@x", "2")]).await;
    organization.import(members(&[]).deleted(Some("b@x"), "1")).await.ok();
    assert_eq!(organization.people(), pairs(&[("b@x", "2")]));
}

#[tokio::test]
async fn step_1_deleted_is_skipped_when_the_external_id_is_also_live() {
    let organization = with(vec![someone("a@x", "1")]).await;
    organization.import(members(&[("a@x", "1")]).deleted(None, "1")).await.ok();
    assert_eq!(organization.people(), pairs(&[("a@x", "1")]));
}

#[tokio::test]
async fn step_1_deleted_that_nobody_has_is_skipped() {
    let organization = with(vec![someone("a@x", "1")]).await;
    organization.import(members(&[]).deleted(None, "2")).await.ok();
    assert_eq!(organization.people().len(), 1);
}

#[tokio::test]
async fn step_1_owners_of_any_status_are_never_removed() {
    let invited = NewMember::invited("b@x").external_id("2").role(Role::Owner);
    let organization = with(vec![someone("a@x", "1").role(Role::Owner), invited]).await;
    organization.import(members(&[]).deleted(None, "1").deleted(None, "2")).await.ok();
    assert_eq!(organization.people().len(), 2);
}

#[tokio::test]
async fn step_1_the_membership_is_deleted_outright() {
    let organization = with(vec![someone("a@x", "1")]).await;
    organization.import(members(&[]).deleted(None, "1")).await.ok();
    assert!(organization.server.member("a@x").is_none());
}

#[tokio::test]
async fn step_2_overwrite_deletes_members_who_are_not_listed() {
    let organization = with(vec![someone("a@x", "1"), someone("b@x", "2")]).await;
    organization.import(members(&[("a@x", "1")]).overwrite()).await.ok();
    assert_eq!(organization.people(), pairs(&[("a@x", "1")]));
}

#[tokio::test]
async fn step_2_overwrite_leaves_members_without_external_id_alone() {
    let organization = with(vec![NewMember::confirmed("hand@x")]).await;
    organization.import(members(&[]).overwrite()).await.ok();
    assert_eq!(organization.people(), pairs(&[("hand@x", "")]));
}

#[tokio::test]
async fn step_2_overwrite_leaves_owners_alone() {
    let organization = with(vec![someone("a@x", "1").role(Role::Owner)]).await;
    organization.import(members(&[]).overwrite()).await.ok();
    assert_eq!(organization.people().len(), 1);
}

#[tokio::test]
async fn step_2_overwrite_stops_at_anyone_without_a_master_password() {
    for (name, keyless) in [
        ("single sign-on", someone("k@x", "9").without_master_password()),
        ("invited", NewMember::invited("k@x").external_id("9")),
        ("staged", NewMember::invited("k@x").external_id("9").status(MemberStatus::Staged)),
    ] {
        let organization = with(vec![someone("a@x", "1"), keyless]).await;
        organization.import(members(&[("n@x", "5")]).overwrite()).await.expect(400, SYNC_FAILED);
        assert_eq!(organization.people(), pairs(&[("a@x", "1"), ("k@x", "9")]), "{name}");
    }
}

#[tokio::test]
async fn step_2_those_of_step_1_are_still_checked_and_are_already_gone() {
    let organization = with(vec![NewMember::invited("k@x").external_id("9")]).await;
    let body = members(&[]).deleted(None, "9").overwrite();
    organization.import(body).await.expect(400, SYNC_FAILED);
    assert!(organization.people().is_empty());
}

#[tokio::test]
async fn step_2_a_deleted_entry_counts_as_absent() {
    let organization = with(vec![someone("a@x", "1")]).await;
    organization.import(members(&[]).deleted(Some("a@x"), "1").overwrite()).await.ok();
    assert!(organization.people().is_empty());
}

#[tokio::test]
async fn step_2_overwrite_never_deletes_groups() {
    let organization = self_hosted().await;
    organization.server.add_group("G", Some("g"), &[]);
    organization.import(members(&[]).overwrite()).await.ok();
    assert_eq!(organization.groups(), pairs(&[("G", "g")]));
}

#[tokio::test]
async fn step_3_member_with_blank_external_id_is_adopted_by_email() {
    let organization =
        with(vec![NewMember::confirmed("a@x"), NewMember::confirmed("b@x").external_id(" ")]).await;
    organization.import(members(&[("A@x", "1"), ("b@x", "2")])).await.ok();
    assert_eq!(organization.people(), pairs(&[("a@x", "1"), ("b@x", "2")]));
    assert_eq!(organization.server.member("a@x").unwrap().status, MemberStatus::Confirmed);
}

#[tokio::test]
async fn step_3_stored_email_is_compared_exactly() {
    let organization =
        official(Official { known_addresses: KnownAddresses::All, ..Official::default() }).await;
    organization.server.add_member(NewMember::confirmed("Anna@x"));
    organization.import(members(&[("Anna@x", "1")])).await.ok();
    assert_eq!(organization.people(), pairs(&[("Anna@x", "")]));
}

#[tokio::test]
async fn step_3_member_with_another_external_id_is_not_touched_and_loses_memberships() {
    let organization = with(vec![someone("a@x", "old")]).await;
    organization.import(members(&[("a@x", "new")]).group("G", "g", &["new"])).await.ok();
    assert_eq!(organization.people(), pairs(&[("a@x", "old")]));
    assert!(organization.in_group("g").is_empty());
}

#[tokio::test]
async fn step_3_with_overwrite_another_external_id_removes_and_invites_anew() {
    let organization = with(vec![someone("a@x", "old")]).await;
    organization.import(members(&[("a@x", "new")]).overwrite()).await.ok();
    assert_eq!(organization.people(), pairs(&[("a@x", "new")]));
    assert_eq!(organization.server.member("a@x").unwrap().status, MemberStatus::Invited);
}

#[tokio::test]
async fn step_4_unknown_members_are_invited_as_plain_users() {
    let organization = self_hosted().await;
    organization.import(members(&[("a@x", "1")])).await.ok();
    let member = organization.server.member("a@x").unwrap();
    assert_eq!((member.role, member.status), (Role::User, MemberStatus::Invited));
    assert!(member.collections.is_empty());
    assert!(!member.has_master_password);
}

#[tokio::test]
async fn step_4_new_email_under_a_known_external_id_changes_nothing() {
    let organization = with(vec![someone("old@x", "1")]).await;
    organization.import(members(&[("new@x", "1")])).await.ok();
    assert_eq!(organization.people(), pairs(&[("old@x", "1")]));
}

#[tokio::test]
async fn step_4_address_with_an_account_is_skipped_on_every_database() {
    for known_addresses in [KnownAddresses::All, KnownAddresses::WithAccount] {
        let organization = official(Official { known_addresses, ..Official::default() }).await;
        organization.server.add_member(someone("a@x", "old"));
        organization.import(members(&[("a@x", "new")])).await.ok();
        assert_eq!(organization.people(), pairs(&[("a@x", "old")]));
    }
}

#[tokio::test]
async fn step_4_invited_person_is_invited_twice_where_only_accounts_are_known() {
    let organization =
        official(Official { known_addresses: KnownAddresses::WithAccount, ..Official::default() }).await;
    for (email, status) in [
        ("invited@x", MemberStatus::Invited),
        ("staged@x", MemberStatus::Staged),
        ("revoked@x", MemberStatus::Revoked),
    ] {
        organization.server.add_member(NewMember::invited(email).external_id(email).status(status));
        // Once for each new id, and the groups go to the newest.
        for id in ["new", "newest"] {
            let id = format!("{id} {email}");
            organization.import(members(&[(email, &id)]).group("G", email, &[&id])).await.ok();
            assert_eq!(organization.in_group(email), [id]);
        }
        let all = organization.people().into_iter().filter(|it| it.0 == email).count();
        assert_eq!(all, 3, "{email}");
    }
}

#[tokio::test]
async fn step_4_revoked_member_stays_revoked() {
    let organization = with(vec![someone("a@x", "1").status(MemberStatus::Revoked)]).await;
    organization.import(members(&[("a@x", "1")])).await.ok();
    assert_eq!(organization.server.member("a@x").unwrap().status_number, -1);
}

#[tokio::test]
async fn step_4_without_a_confirmed_owner_nobody_is_invited() {
    let mut options = bwdc_sandbox::organization::Options::official();
    options.owner = None;
    let organization = Organization::start(options).await;
    organization
        .import(members(&[("a@x", "1")]))
        .await
        .expect(400, "Organization must have at least one confirmed owner.");
    assert!(organization.people().is_empty());
    // It is asked only where somebody would be added.
    organization.server.add_member(someone("b@x", "2"));
    organization.import(members(&[("b@x", "2")]).group("G", "g", &["2"])).await.ok();
    assert_eq!(organization.in_group("g"), ["2"]);
}

#[tokio::test]
async fn step_5_plan_without_groups_is_refused_after_the_members_were_imported() {
    let organization = official(Official { use_groups: false, ..Official::default() }).await;
    let body = members(&[("a@x", "1")]).group("G", "g", &["1"]);
    organization.import(body).await.expect(400, "Organization cannot use groups.");
    assert_eq!(organization.people().len(), 1);
    assert!(organization.groups().is_empty());
}

#[tokio::test]
async fn step_5_empty_list_of_groups_needs_no_plan() {
    let organization = official(Official { use_groups: false, ..Official::default() }).await;
    organization.import(members(&[("a@x", "1")])).await.ok();
}

#[tokio::test]
async fn step_5_group_is_created_with_its_members() {
    let organization = self_hosted().await;
    organization.import(members(&[("a@x", "1"), ("b@x", "2")]).group("G", "g", &["1", "2"])).await.ok();
    assert_eq!(organization.groups(), pairs(&[("G", "g")]));
    assert_eq!(organization.in_group("g"), ["1", "2"]);
}

#[tokio::test]
async fn step_5_existing_group_is_renamed() {
    let organization = self_hosted().await;
    let id = organization.server.add_group("Old", Some("g"), &[]);
    organization.import(members(&[]).group("New", "g", &[])).await.ok();
    assert_eq!(organization.groups(), pairs(&[("New", "g")]));
    assert_eq!(organization.server.groups()[0].id, id);
}

#[tokio::test]
async fn step_5_external_id_is_compared_with_exact_case() {
    let organization = self_hosted().await;
    organization.server.add_group("G", Some("g"), &[]);
    organization.import(members(&[]).group("G", "G", &[])).await.ok();
    assert_eq!(organization.groups(), pairs(&[("G", "g"), ("G", "G")]));
}

#[tokio::test]
async fn step_5_hand_made_group_of_the_same_name_is_not_adopted() {
    let organization = self_hosted().await;
    organization.server.add_group("G", None, &[]);
    organization.import(members(&[]).group("G", "g", &[])).await.ok();
    assert_eq!(organization.groups(), pairs(&[("G", ""), ("G", "g")]));
}

#[tokio::test]
async fn step_5_membership_is_replaced_and_people_added_by_hand_are_taken_out() {
    let organization = self_hosted().await;
    let hand = organization.server.add_member(NewMember::confirmed("hand@x"));
    let group = organization.server.add_group("G", Some("g"), &[&hand]);
    organization.import(members(&[("a@x", "1")]).group("G", "g", &["1"])).await.ok();
    let groups = organization.server.groups();
    let found = groups.iter().find(|found| found.id == group).unwrap();
    let member = organization.server.member("a@x").unwrap().id;
    assert_eq!(found.members.iter().collect::<Vec<_>>(), [&member]);
}

#[tokio::test]
async fn step_5_unknown_external_ids_in_a_group_are_ignored() {
    let organization = self_hosted().await;
    organization.import(members(&[("a@x", "1")]).group("G", "g", &["1", "nobody"])).await.ok();
    assert_eq!(organization.in_group("g"), ["1"]);
}

#[tokio::test]
async fn step_5_known_members_who_are_not_listed_can_be_in_a_group() {
    let organization = with(vec![someone("a@x", "1")]).await;
    organization.import(members(&[]).group("G", "g", &["1"])).await.ok();
    assert_eq!(organization.in_group("g"), ["1"]);
}

#[tokio::test]
async fn step_5_group_that_is_not_listed_is_untouched() {
    let organization = with(vec![someone("a@x", "1")]).await;
    let member = organization.server.member("a@x").unwrap().id;
    organization.server.add_group("Other", Some("o"), &[&member]);
    organization.import(members(&[]).group("G", "g", &[])).await.ok();
    assert_eq!(organization.in_group("o"), ["1"]);
}

#[tokio::test]
async fn step_5_group_external_id_of_a_member_is_no_member() {
    let organization = self_hosted().await;
    let body = members(&[("a@x", "1")]).group("Inner", "inner", &["1"]).group("Outer", "outer", &["inner"]);
    organization.import(body).await.ok();
    assert!(organization.in_group("outer").is_empty());
}

#[tokio::test]
async fn step_6_removal_is_an_event_that_a_later_failure_leaves_unwritten() {
    let organization = with(vec![someone("a@x", "1"), someone("b@x", "2")]).await;
    let removed = async || {
        let events = organization.get("/events").await.json();
        events["data"].as_array().unwrap().iter().filter(|event| event["type"] == 1503).count()
    };
    let failing = members(&[("c@x", "3"), ("C@x", "4")]).deleted(None, "1");
    organization.import(failing).await.expect(500, UNHANDLED);
    assert_eq!(organization.people().len(), 1);
    assert_eq!(removed().await, 0);
    organization.import(members(&[]).deleted(None, "2")).await.ok();
    assert_eq!(removed().await, 1);
}

#[tokio::test]
async fn fails_500_for_one_email_twice_after_steps_1_and_2() {
    for second in ["n@x", "N@X"] {
        let organization = with(vec![someone("a@x", "1"), someone("b@x", "2")]).await;
        let body = members(&[("n@x", "8"), (second, "9")]).deleted(None, "1").overwrite();
        organization.import(body).await.expect(500, UNHANDLED);
        assert!(organization.people().is_empty(), "{second}");
    }
}

#[tokio::test]
async fn fails_500_for_one_group_external_id_twice_after_all_members() {
    let organization = self_hosted().await;
    let body = members(&[("a@x", "1")]).group("G", "g", &["1"]).group("H", "g", &[]);
    organization.import(body).await.expect(500, UNHANDLED);
    assert_eq!(organization.people().len(), 1);
    assert!(organization.groups().is_empty());
}

#[tokio::test]
async fn fails_500_when_email_and_external_id_belong_to_two_members() {
    let organization = with(vec![NewMember::confirmed("a@x"), someone("b@x", "1")]).await;
    organization.import(members(&[("a@x", "1")])).await.expect(500, UNHANDLED);
    assert_eq!(organization.people(), pairs(&[("a@x", ""), ("b@x", "1")]));
}

#[tokio::test]
async fn fails_500_for_two_members_without_external_id_and_with_one_address() {
    let twins = || vec![NewMember::confirmed("a@x"), NewMember::confirmed("a@x"), someone("b@x", "1")];
    let organization = with(twins()).await;
    organization.import(members(&[("n@x", "2")]).deleted(None, "1")).await.expect(500, UNHANDLED);
    assert_eq!(organization.people(), pairs(&[("a@x", ""), ("a@x", "")]));
    organization.import(members(&[]).group("G", "g", &[])).await.ok();
    assert_eq!(organization.groups(), pairs(&[("G", "g")]));
}

#[tokio::test]
async fn of_two_entries_with_one_external_id_the_other_is_dropped_when_one_is_adopted() {
    for entries in [[("a@x", "1"), ("b@x", "1")], [("b@x", "1"), ("a@x", "1")]] {
        let organization = with(vec![NewMember::confirmed("a@x")]).await;
        organization.import(members(&entries)).await.ok();
        assert_eq!(organization.people(), pairs(&[("a@x", "1")]));
        organization.import(members(&[])).await.ok();
    }
}

#[tokio::test]
async fn group_loses_whom_the_same_request_removes_and_an_id_may_be_replaced_in_one() {
    let organization = with(vec![someone("a@x", "old"), someone("b@x", "2")]).await;
    let body = members(&[("a@x", "new")]).deleted(None, "old").deleted(None, "2");
    organization.import(body.group("G", "g", &["old", "new", "2"])).await.ok();
    assert_eq!(organization.people(), pairs(&[("a@x", "new")]));
    assert_eq!(organization.server.member("a@x").unwrap().status, MemberStatus::Invited);
    assert_eq!(organization.in_group("g"), ["new"]);
}

#[tokio::test]
async fn one_external_id_on_two_members_is_stored_and_poisons_every_later_import() {
    let organization = self_hosted().await;
    organization.import(members(&[("a@x", "1"), ("b@x", "1")])).await.ok();
    assert_eq!(organization.people(), pairs(&[("a@x", "1"), ("b@x", "1")]));
    organization.import(members(&[])).await.expect(500, UNHANDLED);
    organization.import(members(&[]).deleted(None, "1")).await.expect(500, UNHANDLED);
    assert_eq!(organization.people().len(), 2);
    organization.server.set_external_id("b@x", Some("2"));
    organization.import(members(&[])).await.ok();
}

#[tokio::test]
async fn two_groups_with_one_external_id_poison_every_import_of_groups_after_the_members() {
    let organization = self_hosted().await;
    organization.server.add_group("G", Some("g"), &[]);
    organization.server.add_group("H", Some("g"), &[]);
    let body = members(&[("a@x", "1")]).group("N", "n", &[]);
    organization.import(body).await.expect(500, UNHANDLED);
    assert_eq!(organization.people().len(), 1);
    assert_eq!(organization.groups().len(), 2);
}

#[tokio::test]
async fn the_same_import_again_changes_nothing() {
    let organization = self_hosted().await;
    let body = members(&[("a@x", "1"), ("b@x", "2")]).group("G", "g", &["1"]).group("H", "h", &["1", "2"]);
    organization.import(body.clone()).await.ok();
    let before = (organization.server.members(), organization.server.groups());
    organization.import(body).await.ok();
    assert_eq!((organization.server.members(), organization.server.groups()), before);
}

#[tokio::test]
async fn twenty_thousand_members_in_two_thousand_groups_take_seconds() {
    let organization = self_hosted().await;
    let people: Vec<_> = (0..20_000)
        .map(|number| json!({ "email": format!("p{number}@x.example"), "externalId": format!("p{number}") }))
        .collect();
    let groups: Vec<_> = (0..2_000)
        .map(|group| {
            let ids: Vec<String> = (0..30).map(|n| format!("p{}", (group * 17 + n * 31) % 20_000)).collect();
            json!({ "name": format!("G{group}"), "externalId": format!("g{group}"), "memberExternalIds": ids })
        })
        .collect();
    let body = json!({ "overwriteExisting": false, "members": people, "groups": groups });
    let started = std::time::Instant::now();
    organization.import(body).await.ok();
    let took = started.elapsed();
    assert_eq!(organization.server.membership_by_external_ids()["g3"].len(), 30);
    assert!(took.as_secs() < 20, "{took:?}");
    println!("imported in {took:?}");
}
