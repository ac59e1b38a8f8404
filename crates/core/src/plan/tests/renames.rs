//! New ids, new addresses, groups under another id, and signs of somebody else at work.

use super::*;

fn put(member: &str, external_id: &str) -> Request {
    Request::PutMember { id: MemberId::new(member), external_id: ExternalId::new(external_id) }
}

#[test]
fn a_new_id_takes_everything_of_the_old_one_along() {
    let mut world = World::new().managed("old", "a@x").answer("old", Presence::NotFound);
    world.ledger.people[0].revoked_by_us = true;
    world.state.members[0].status = MemberStatus::Revoked;
    world.ledger.people[0].marks = named("Anna Muster");
    let directory = || Sample::new().marked("new", "entryUUID:2", "a@x", named("Muster, Anna"));
    let plan = world.plan(directory());
    assert_eq!(plan.requests(), [put("m-a@x", "new"), Request::Restore(MemberId::new("m-a@x"))]);
    let desired = directory().desired(&world.sync).expect("valid");
    let observed = Observed::Live(world.state.clone());
    let mut after = world.state.clone();
    after.members[0].external_id = Some(ExternalId::new("new"));
    let input = world.input(&desired, &observed);
    let ledger = Plan::build(&input).ledger_after(&input, After::Observed(&after), Timestamp(1));
    assert_eq!(ledger.people.len(), 1);
    assert!(ledger.people[0].revoked_by_us, "the restoration has not been seen yet");
    assert_eq!(ledger.people[0].stable_id, Some(StableId::new("entryUUID:2")));
}

#[test]
fn vaultwarden_changes_an_id_by_the_import_and_restores_nobody_by_it() {
    let mut world = World::new().managed("old", "a@x").answer("old", Presence::NotFound);
    world.server = ServerKind::Vaultwarden;
    world.state.members[0].status = MemberStatus::Revoked;
    world.ledger.people[0].marks = named("Anna");
    let directory = || Sample::new().marked("new", "entryUUID:2", "a@x", named("Anna"));
    let plan = world.plan(directory());
    let [Request::Import(import)] = &plan.requests()[..] else { panic!("{plan:?}") };
    assert!(import.members[0].deleted, "revoked by hand");
    world.ledger.people[0].revoked_by_us = true;
    let plan = world.plan(directory());
    let [Request::Import(import)] = &plan.requests()[..] else { panic!("{plan:?}") };
    assert!(!import.members[0].deleted);
}

#[test]
fn an_address_that_another_member_has_is_explained_and_not_sent() {
    let world = World::new().managed("a", "old@x").member("", "new@x", MemberStatus::Confirmed, Role::User);
    let plan = world.plan(Sample::new().person("a", "new@x"));
    assert!(plan.is_empty(), "{:?}", plan.changes);
    assert!(matches!(&plan.standing[..], [Standing::AddressHeld { observed, .. }] if observed == "old@x"));
}

#[test]
fn a_group_under_a_new_id_keeps_its_place_by_its_name() {
    let world = World::new().managed("a", "a@x").group("old", "Staff", &[0]);
    let named = |name: &str| world.plan(Sample::new().person("a", "a@x").named_group("new", name, &["a"]));
    let plan = named("Staff");
    let adopted = Request::PutGroup {
        id: GroupId::new("old"),
        name: "Staff".to_owned(),
        external_id: ExternalId::new("new"),
    };
    assert_eq!(plan.requests(), [adopted]);
    assert!(plan.standing.is_empty(), "{:?}", plan.standing);
    assert!(matches!(named("Crew").changes[..], [Change::CreateGroup { .. }]));
}

#[test]
fn a_group_made_by_hand_is_adopted_only_where_the_settings_say_so() {
    let mut world = World::new().managed("a", "a@x");
    world.state.groups.push(ObservedGroup {
        id: Some(GroupId::new("hand")),
        name: "g".to_owned(),
        external_id: None,
        members: Membership::NotRead,
        collections: None,
    });
    let directory = || Sample::new().person("a", "a@x").group("g", &["a"]);
    let plan = world.plan(directory());
    assert!(matches!(plan.changes[..], [Change::CreateGroup { .. }]));
    assert!(matches!(plan.notices[..], [PlanNotice::SameName { adoptable: true, .. }]));
    // Vaultwarden gives no id to a group that exists.
    let server = std::mem::replace(&mut world.server, ServerKind::Vaultwarden);
    let plan = world.plan(directory());
    assert!(
        matches!(plan.notices[..], [PlanNotice::SameName { adoptable: false, .. }]),
        "{:?}",
        plan.notices
    );
    world.server = server;
    world.connector.adopt_groups = true;
    let plan = world.plan(directory());
    assert!(matches!(&plan.requests()[..], [Request::PutGroup { .. }]), "{:?}", plan.requests());
    // Who is in it can be read only afterwards: taking people in or out is left to the next run.
    world.state.groups[0].external_id = Some(ExternalId::new("g"));
    world.state.groups[0].members = Membership::Read(Vec::new());
    assert!(plan.unfinished(&world.state).is_empty());
    assert_eq!(world.plan(directory()).changes.len(), 1);
}

#[test]
fn people_put_into_a_managed_group_by_hand_are_named_before_they_are_taken_out() {
    let world = World::new()
        .managed("a", "a@x")
        .member("", "hand@x", MemberStatus::Confirmed, Role::User)
        .managed("b", "b@x")
        .group("g", "g", &[0, 1, 2]);
    let plan = world.plan(Sample::new().person("a", "a@x").person("b", "b@x").group("g", &["a"]));
    let [Change::ChangeMembers { removed, outside, .. }] = &plan.changes[..] else { panic!("{plan:?}") };
    assert_eq!(removed, &["hand@x", "b"]);
    assert_eq!(outside, &["hand@x"]);
}

#[test]
fn a_member_made_by_hand_who_gets_the_directorys_id_stays_in_the_group() {
    let world = World::new().managed("b", "b@x").member("", "a@x", MemberStatus::Confirmed, Role::User);
    let mut world = world.group("g", "g", &[0, 1]);
    for server in [ServerKind::OfficialCloud, ServerKind::Vaultwarden] {
        world.server = server;
        let plan = world.plan(Sample::new().person("a", "a@x").person("b", "b@x").group("g", &["a", "b"]));
        assert!(matches!(plan.changes[..], [Change::Adopt { .. }]), "{:?}", plan.changes);
    }
}

#[test]
fn somebody_else_at_work_is_noticed() {
    let mut world = World::new()
        .managed("a", "a@x")
        .member("theirs", "t@x", MemberStatus::Confirmed, Role::User)
        .managed("gone", "gone@x");
    world.state.members.pop();
    world.state.members[0].external_id = Some(ExternalId::new("changed"));
    let plan = world.plan(Sample::new().person("gone", "gone@x"));
    assert!(matches!(&plan.changes[..], [Change::Invite { cause: Cause::RemovedThere, .. }]), "{plan:?}");
    let [
        PlanNotice::IdChanged { observed, .. },
        PlanNotice::ForeignIds { people: 2, groups: 0, examples, .. },
    ] = &plan.notices[..]
    else {
        panic!("{:?}", plan.notices)
    };
    assert_eq!(observed.as_str(), "changed");
    assert_eq!(examples, &["a@x", "t@x"]);
}

#[test]
fn who_waits_for_confirmation_is_named() {
    let world = World::new().member("a", "a@x", MemberStatus::Accepted, Role::User).managed("b", "b@x");
    let plan = world.plan(Sample::new().person("a", "a@x").person("b", "b@x"));
    assert_eq!(plan.unconfirmed, ["a@x"]);
}

#[test]
fn overwriting_on_vaultwarden_gives_back_only_what_we_took() {
    let mut world = World::new().managed_crowd(40).managed("hand", "hand@x").managed("ours", "ours@x");
    world = world.leavers(LeaverAction::Revoke, LeaverAction::Keep).answer("ours", Presence::NotFound);
    world.server = ServerKind::Vaultwarden;
    world.sync.overwrite_existing = true;
    for place in [40, 41] {
        world.state.members[place].status = MemberStatus::Revoked;
    }
    world.ledger.people[41].revoked_by_us = true;
    let plan = world.plan(crowd(41).person("hand", "hand@x"));
    let [Request::WholeImport(whole)] = &plan.requests()[..] else { panic!("{plan:?}") };
    let deleted: Vec<&str> =
        whole.members.iter().filter(|it| it.deleted).map(|it| it.external_id.as_str()).collect();
    assert_eq!(deleted, ["hand", "ours"]);
}
