//! An administrator settles what becomes of somebody who waits.

use super::marks::{anna, ledger_after, successor};
use super::*;
use crate::ledger::{Choice, Decision, EntryKey, Waiting};

/// A word about the entry with this lasting id and the membership with that external id.
fn decision(address: &str, choice: Choice, entry: &str, membership: &str) -> Decision {
    let entry = EntryKey { source: SourceName::primary(), id: entry.to_owned() };
    let of = Some(Waiting { entry, membership: ExternalId::new(membership) });
    Decision { address: Email::new(address), choice, of }
}

fn decided(address: &str, choice: Choice, revoked: bool) -> World {
    let mut world = anna(revoked);
    world.ledger.decisions.push(decision(address, choice, "id:new", "old"));
    world
}

fn member() -> MemberId {
    MemberId::new("m-a@x")
}

/// The organization after the membership got this id and has access; None: it was removed, and the newcomer invited.
fn afterwards(world: &World, id: Option<&str>) -> OrganizationState {
    let mut after = world.state.clone();
    after.members[40].external_id = Some(ExternalId::new(id.unwrap_or("new")));
    after.members[40].status = if id.is_some() { MemberStatus::Confirmed } else { MemberStatus::Invited };
    after
}

#[test]
fn a_membership_is_given_to_whoever_has_the_address_now_by_an_administrators_word() {
    for marks in [named("Otto Beispiel"), Marks::default()] {
        for id in ["new", "old"] {
            let world = decided("a@x", Choice::Restore, true);
            let plan = world.plan(successor(id, marks.clone()));
            assert!(plan.requests().contains(&Request::Restore(member())), "{id} {:?}", plan.requests());
            assert!(plan.standing.is_empty(), "{:?}", plan.standing);
            // Not carried out, it holds; carried out, it does not.
            let ledger = ledger_after(&world, successor(id, marks.clone()), &world.state);
            assert_eq!(ledger.decisions, world.ledger.decisions, "{id}");
            let ledger = ledger_after(&world, successor(id, marks.clone()), &afterwards(&world, Some(id)));
            assert!(ledger.decisions.is_empty(), "{id}");
        }
    }
}

#[test]
fn a_membership_is_removed_and_the_address_invited_by_an_administrators_word() {
    for marks in [named("Otto Beispiel"), Marks::default()] {
        let world = decided("a@x", Choice::Invite, true);
        let plan = world.plan(successor("new", marks.clone()));
        let [Request::Remove(removed), Request::Import(import)] = &plan.requests()[..] else {
            panic!("{:?}", plan.requests())
        };
        assert_eq!((removed, import.members[0].email.as_deref()), (&member(), Some("a@x")));
        let ledger = ledger_after(&world, successor("new", marks.clone()), &world.state);
        assert_eq!(ledger.decisions, world.ledger.decisions);
        let mut after = afterwards(&world, None);
        after.members[40].id = Some(MemberId::new("m-new"));
        let ledger = ledger_after(&world, successor("new", marks), &after);
        assert!(ledger.decisions.is_empty());
    }
}

#[test]
fn a_word_is_about_one_entry_and_one_membership() {
    let word = |entry, membership| decision("a@x", Choice::Restore, entry, membership);
    // Another entry has the address by now, another membership has it, and a ledger of before does not know.
    let old = Decision { of: None, ..word("", "") };
    for decision in [word("id:anna", "old"), word("id:new", "other"), old] {
        let mut world = anna(true);
        world.ledger.decisions.push(decision);
        let plan = world.plan(successor("new", named("Otto Beispiel")));
        assert!(plan.standing.iter().any(|it| matches!(it, Standing::AddressOfLeaver { .. })), "{plan:?}");
        assert!(!plan.requests().contains(&Request::Restore(member())));
        assert!(plan.notices.contains(&PlanNotice::NothingToDecide { address: "a@x".to_owned() }));
        // It must not decide about somebody else one day.
        let ledger = ledger_after(&world, successor("new", named("Otto Beispiel")), &world.state);
        assert!(ledger.decisions.is_empty());
    }
}

#[test]
fn a_plan_tells_for_whom_a_word_can_be_given() {
    let plan = anna(true).plan(successor("new", named("Otto Beispiel")));
    let [Waits { address, of, invitable: true, .. }] = plan.waits() else { panic!("{:?}", plan.waits()) };
    assert_eq!(address.as_str(), "a@x");
    assert_eq!(Some(of), decision("a@x", Choice::Restore, "id:new", "old").of.as_ref());
    let nobody = anna(true).plan(crowd(40));
    assert!(nobody.waits().is_empty());
}

#[test]
fn what_nobody_may_decide_waits_all_the_same() {
    let mut protected = decided("a@x", Choice::Restore, true);
    protected.connector.protected = vec!["a@x".to_owned()];
    let mut admin = decided("a@x", Choice::Invite, true);
    admin.state.members[40].role = Role::Admin;
    let mut unknown = decided("a@x", Choice::Restore, true);
    unknown.presences.clear();
    for world in [protected, admin, unknown] {
        let plan = world.plan(successor("new", named("Otto Beispiel")));
        assert!(plan.standing.iter().any(|it| matches!(it, Standing::AddressOfLeaver { .. })), "{plan:?}");
        let single = |it: &Request| matches!(it, Request::Restore(_) | Request::Remove(_));
        assert!(!plan.requests().iter().any(single), "{:?}", plan.requests());
        let ledger = ledger_after(&world, successor("new", named("Otto Beispiel")), &world.state);
        assert_eq!(ledger.decisions, world.ledger.decisions, "it holds until it can be carried out");
    }
}
