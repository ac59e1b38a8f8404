//! Who is deleted or hidden, which cannot be told apart.

use super::leavers::{DAY, run_at};
use super::*;
use crate::observed::HiddenBecause;
use crate::settings::HiddenAction;

/// `a` is deleted or hidden: the unit `ou=x` cannot be read.
pub(super) fn hidden() -> Presence {
    Presence::Hidden(HiddenBecause::UnitNotReadable { unit: "ou=x".to_owned() })
}

#[test]
fn who_is_deleted_or_hidden_loses_access_after_a_day_and_is_never_removed() {
    for gone in [LeaverAction::Revoke, LeaverAction::Remove] {
        let mut world = World::new().managed_crowd(40).managed("a", "a@x").answer("a", hidden());
        world.connector.leavers.gone = Some(gone);
        // No request that overwrites takes such people either.
        world.sync.overwrite_existing = true;
        let plan = run_at(&mut world, 0, crowd(40));
        assert!(plan.is_empty(), "{:?}", plan.changes);
        assert_eq!(plan.kept[0].because, KeptBecause::Grace { until: Timestamp(DAY) });
        assert_eq!(
            plan.notices,
            [PlanNotice::DeletedOrHidden {
                because: HiddenBecause::UnitNotReadable { unit: "ou=x".to_owned() },
                people: 1,
                examples: vec!["a@x".to_owned()],
                action: HiddenAction::Revoke,
                grace_hours: 24,
            }]
        );
        assert!(run_at(&mut world, DAY - 1, crowd(40)).is_empty());
        let plan = run_at(&mut world, DAY, crowd(40));
        assert!(plan.requests().contains(&Request::Revoke(MemberId::new("m-a@x"))), "{:?}", plan.changes);
        assert!(plan.removals().all(|it| matches!(it, Change::Revoke { cause: Cause::Hidden, .. })));
    }
}

#[test]
fn the_deleted_or_hidden_stay_where_nobody_who_is_gone_loses_access_or_the_settings_say_so() {
    let (keep, revoke) = (HiddenAction::Keep, HiddenAction::Revoke);
    for (gone, hidden_action, stays) in [
        (None, None, true),
        (Some(LeaverAction::Keep), None, true),
        (Some(LeaverAction::Revoke), Some(keep), true),
        (Some(LeaverAction::Keep), Some(revoke), false),
        (None, Some(revoke), false),
    ] {
        for overwrite in [false, true] {
            let mut world = World::new().managed_crowd(40).managed("a", "a@x").answer("a", hidden());
            world.connector.leavers.gone = gone;
            world.connector.leavers.hidden = hidden_action;
            world.connector.leavers.hidden_grace_hours = 0;
            world.sync.overwrite_existing = overwrite;
            let plan = world.plan(crowd(40));
            assert_eq!(plan.is_empty(), stays, "{gone:?} {hidden_action:?} {:?}", plan.changes);
            assert!(!stays || plan.kept[0].because == KeptBecause::Policy);
        }
    }
}

#[test]
fn who_was_deleted_or_hidden_and_is_seen_again_gets_the_access_back() {
    let mut world = World::new().managed_crowd(40).managed("a", "a@x").answer("a", hidden());
    world.connector.leavers.hidden = Some(HiddenAction::Revoke);
    run_at(&mut world, 0, crowd(40));
    let plan = run_at(&mut world, DAY, crowd(40));
    assert_eq!(plan.requests(), [Request::Revoke(MemberId::new("m-a@x"))]);
    // Carried out, and remembered.
    world.state.members.last_mut().expect("a").status = MemberStatus::Revoked;
    world.ledger.people.last_mut().expect("a").revoked_by_us = true;
    let plan = run_at(&mut world, DAY + 1, crowd(40));
    assert!(plan.is_empty() && plan.notices.is_empty(), "not named again: {:?}", plan.notices);
    let plan = run_at(&mut world, DAY + 2, crowd(40).person("a", "a@x"));
    assert_eq!(plan.requests(), [Request::Restore(MemberId::new("m-a@x"))]);
}

/// Twenty people vanish with their unit, as in an accident: no run takes so many, whatever the settings say.
#[test]
fn many_deleted_or_hidden_people_are_held_by_the_limits() {
    let mut world = World::new().managed_crowd(40);
    world.connector.leavers.hidden = Some(HiddenAction::Revoke);
    world.connector.leavers.hidden_grace_hours = 0;
    for number in 20..40 {
        world = world.answer(&format!("crowd{number}"), hidden());
    }
    assert!(matches!(world.plan(crowd(20)).check(&Limits::default(), &[]), Verdict::Refused(_)));
}

/// The ledger keeps the name under which an entry was last seen: listed, or asked for by its id.
#[test]
fn the_ledger_knows_where_everybody_was_last_seen() {
    let mut world = World::new().managed_crowd(40).managed("a", "a@x");
    let place = |world: &World| world.ledger.people.last().expect("a").reference.clone();
    run_at(&mut world, 0, crowd(40).person("a", "a@x"));
    assert_eq!(place(&world).as_deref(), Some("a"));
    world = world.answer("a", Presence::Found { at: Some("cn=a,ou=left".to_owned()) });
    run_at(&mut world, 1, crowd(40));
    assert_eq!(place(&world).as_deref(), Some("cn=a,ou=left"));
    world = world.answer("a", hidden());
    run_at(&mut world, 2, crowd(40));
    assert_eq!(place(&world).as_deref(), Some("cn=a,ou=left"), "what nobody sees changes nothing");
    // Among the deleted entries it has another name, which tells nothing of where it was.
    run_at(&mut world, 3, crowd(40).in_state("a", "a@x", AccountState::Deleted));
    assert_eq!(place(&world).as_deref(), Some("cn=a,ou=left"));
}
