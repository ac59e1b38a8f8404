//! Whom a request that overwrites deletes, and whom it must not.

use super::*;

#[test]
fn overwriting_names_everybody_it_removes_and_lists_whom_it_must_not() {
    let mut world = World::new()
        .managed_crowd(40)
        .managed("left", "left@x")
        .answer("left", Presence::NotFound)
        .member("admin", "admin@x", MemberStatus::Confirmed, Role::Admin)
        .member("", "byhand@x", MemberStatus::Confirmed, Role::User);
    world.sync.overwrite_existing = true;
    let plan = world.plan(crowd(40));
    let [Request::WholeImport(whole)] = &plan.requests()[..] else { panic!("{plan:?}") };
    assert!(whole.overwrite_existing && whole.members.len() == 41);
    assert_eq!(whole.members[40].external_id, ExternalId::new("admin"));
    let removed: Vec<_> = plan.removals().collect();
    assert!(matches!(removed[..], [Change::Remove { cause: Cause::Overwritten, .. }]), "{removed:?}");
    assert!(is_go(&plan));
    world.state.members[40].status = MemberStatus::Invited;
    assert!(!is_go(&world.plan(crowd(40))));
}

#[test]
fn overwriting_does_not_take_whom_a_doubt_or_a_setting_keeps() {
    let mut world = World::new().managed_crowd(40).managed("a", "a@x").managed("b", "b@x");
    world.sync.overwrite_existing = true;
    world.connector.leavers.out_of_scope = Some(LeaverAction::Keep);
    let world = world
        .answer("a", Presence::Unknown { reason: "busy".into() })
        .answer("b", Presence::Found { at: None });
    assert!(world.plan(crowd(40)).is_empty());
}

#[test]
fn overwriting_and_batches_exclude_each_other() {
    let mut world = World::new();
    world.sync.overwrite_existing = true;
    world.sync.large_import = true;
    let plan = world.plan(crowd(2001));
    assert_eq!(
        plan.check(&Limits::default(), &[]),
        Verdict::Refused(vec![Refusal::OverwriteWithLargeImport])
    );
}

#[test]
fn nobody_is_overwritten_where_nobody_can_look() {
    let mut world = World::new();
    world.server = ServerKind::Vaultwarden;
    world.sync.overwrite_existing = true;
    world.ledger.people.push(managed_person("crowd0", "crowd0@x"));
    let observed = believed(&world.ledger);
    let desired = crowd(2).desired(&world.sync).expect("valid");
    let plan = Plan::build(&world.input(&desired, &observed));
    let [Request::Import(import)] = &plan.requests()[..] else { panic!("{plan:?}") };
    assert!(!import.overwrite_existing && plan.overwrite_withheld);
}

#[test]
fn whoever_lost_access_keeps_the_membership_also_when_the_rest_is_overwritten() {
    let mut world = World::new().managed_crowd(40).managed("a", "a@x").answer("a", Presence::NotFound);
    world = world.leavers(LeaverAction::Revoke, LeaverAction::Keep);
    world.sync.overwrite_existing = true;
    world.state.members[40].status = MemberStatus::Revoked;
    let plan = world.plan(crowd(40));
    assert!(plan.is_empty(), "{:?}", plan.changes);
    assert_eq!(plan.kept[0].because, KeptBecause::AlreadyRevoked);
    let joined = world.plan(crowd(41));
    let [Request::WholeImport(whole)] = &joined.requests()[..] else { panic!("{joined:?}") };
    assert!(whole.members.iter().any(|it| it.external_id.as_str() == "a" && !it.deleted));
}

#[test]
fn overwriting_does_not_remove_and_invite_somebody_under_a_new_id() {
    let mut world = World::new().managed_crowd(40).member("old", "a@x", MemberStatus::Confirmed, Role::User);
    world.sync.overwrite_existing = true;
    let plan = world.plan(crowd(41).person("new", "a@x"));
    let requests = plan.requests();
    let Some(Request::WholeImport(whole)) = requests.last() else { panic!("{plan:?}") };
    let with_address: Vec<&str> = whole
        .members
        .iter()
        .filter(|it| it.email.as_deref() == Some("a@x"))
        .map(|it| it.external_id.as_str())
        .collect();
    assert_eq!(with_address, ["new"]);
    assert!(matches!(&plan.requests()[..], [Request::PutMember { .. }, Request::WholeImport(_)]));
    assert_eq!(plan.removals().count(), 0);
}
