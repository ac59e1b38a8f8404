//! Whom a request that overwrites deletes, and whom it must not.

use super::*;
use crate::ledger::{Intent, IntentId, IntentState};
use crate::wire::{ImportMember, ImportRequest};

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
}

#[test]
fn whoever_has_not_joined_is_taken_out_before_a_request_that_overwrites_and_nobody_else() {
    for status in [MemberStatus::Invited, MemberStatus::Staged] {
        let mut world =
            World::new().managed_crowd(40).managed("left", "left@x").managed("joined", "joined@x");
        world = world.answer("left", Presence::NotFound).answer("joined", Presence::NotFound);
        world.sync.overwrite_existing = true;
        world.state.members[40].status = status;
        let plan = world.plan(crowd(40));
        let [Request::Remove(removed), Request::WholeImport(whole)] = &plan.requests()[..] else {
            panic!("{:?}", plan.requests())
        };
        assert_eq!(removed, &MemberId::new("m-left@x"), "a confirmed member is left to the request itself");
        assert!(is_go(&plan) && whole.members.len() == 40);
        assert_eq!(plan.removals().count(), 2);
        // Disabled, and removed as the official connector does it.
        let mut disabled = World { sync: world.sync.clone(), ..World::new().managed_crowd(41) };
        disabled.sync.remove_disabled = true;
        disabled.state.members[40].status = status;
        let plan = disabled.plan(crowd(40).in_state("crowd40", "crowd40@x", AccountState::Disabled));
        assert!(matches!(&plan.requests()[..], [Request::Remove(_), Request::WholeImport(_)]), "{plan:?}");
        // A line that says something else is no leave to remove.
        world.connector.leavers.out_of_scope = Some(LeaverAction::Keep);
        assert!(!is_go(&world.plan(crowd(40))));
    }
}

#[test]
fn who_was_never_in_was_not_removed_there() {
    let mut world = World::new().managed_crowd(40);
    world.ledger.people.push(managed_person("crowd40", "crowd40@x"));
    let cause = |world: &World| match &world.plan(crowd(41)).changes[..] {
        [Change::Invite { cause, .. }] => *cause,
        other => panic!("{other:?}"),
    };
    assert_eq!(cause(&world), Cause::RemovedThere);
    // Known from an import that failed, and from nothing else.
    world.ledger.people.pop();
    let request = Request::Import(ImportRequest {
        groups: Vec::new(),
        members: vec![ImportMember {
            email: Some("crowd40@x".to_owned()),
            external_id: ExternalId::new("crowd40"),
            deleted: false,
        }],
        overwrite_existing: false,
        large_import: false,
        invite_users_after_provisioning: true,
    });
    let state = IntentState::Over;
    let times = (Timestamp(0), None);
    let open = Intent { id: IntentId(1), request, state, intended_at: times.0, resolved_at: times.1 };
    world.ledger.open_intents.push(open);
    world.ledger = world.ledger.with_people_of_open_intents(&SourceName::primary());
    assert_eq!(cause(&world), Cause::Joined);
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
