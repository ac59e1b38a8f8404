//! What another program changes again after a run set it right is left alone, and named.

use super::*;
use crate::ledger::{Mended, MendedKind};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// One run at `now` against what the organization holds: the plan, and the ledger after it was carried out and read back as `after`.
fn run(world: &World, sample: Sample, after: &OrganizationState) -> (Plan, LedgerState) {
    let mut state = world.state.clone();
    recognize(&mut state, &world.ledger, false);
    let desired = sample.desired(&world.sync).expect("valid");
    let observed = Observed::Live(state);
    let input = world.input(&desired, &observed);
    let plan = Plan::build(&input);
    let ledger = plan.ledger_after(&input, After::Observed(after), world.now);
    (plan, ledger)
}

/// Anna and Bob are in the group Staff, as the directory has it.
fn world() -> World {
    let mut world = World::new().managed("a", "a@x").managed("b", "b@x").group("g", "Staff", &[0, 1]);
    for person in &mut world.ledger.people {
        person.member_id = Some(MemberId::new(format!("m-{}", person.email.as_str())));
    }
    world.ledger.groups[0].observed_at = Some(Timestamp(0));
    world
}

fn directory() -> Sample {
    Sample::new().person("a", "a@x").person("b", "b@x").named_group("g", "Staff", &["a", "b"])
}

fn changed_again(plan: &Plan) -> Vec<MendedKind> {
    let of = |it: &Standing| match it {
        Standing::ChangedAgain { what, .. } => Some(*what),
        _ => None,
    };
    plan.standing.iter().filter_map(of).collect()
}

#[test]
fn an_id_that_is_changed_again_is_left_and_groups_go_by_it() {
    let mut world = world();
    let right = world.state.clone();
    world.state.members[0].external_id = Some(ExternalId::new("foreign"));
    let (plan, ledger) = run(&world, directory(), &right);
    let put = Request::PutMember { id: MemberId::new("m-a@x"), external_id: ExternalId::new("a") };
    assert_eq!(plan.requests(), *std::slice::from_ref(&put), "once");
    assert!(changed_again(&plan).is_empty());

    let refused = run(&world, directory(), &world.state).1;
    assert!(refused.mended.is_empty(), "the server refused it");

    world.ledger = ledger;
    world.now = Timestamp(DAY);
    let changed = world.state.clone();
    // Carl comes into the group, which is sent for it.
    let with_carl = || directory().person("c", "c@x").named_group("h", "Hall", &["a", "c"]);
    let (plan, ledger) = run(&world, with_carl(), &changed);
    assert_eq!(changed_again(&plan), [MendedKind::MemberId]);
    let [Request::Import(import)] = &plan.requests()[..] else { panic!("{:?}", plan.requests()) };
    let members: Vec<&str> = import.groups[0].member_external_ids.iter().map(|it| it.as_str()).collect();
    assert_eq!(members, ["foreign", "c"]);
    assert_eq!(ledger.mended.len(), 1);

    // A leaver loses access all the same.
    world.ledger = ledger;
    let mut leaves = World { connector: world.connector.clone(), ..world }
        .leavers(LeaverAction::Revoke, LeaverAction::Revoke)
        .answer("a", Presence::NotFound)
        .managed_crowd(40);
    leaves.now = Timestamp(DAY);
    let (plan, _) = run(&leaves, crowd(40).person("b", "b@x"), &changed);
    assert!(plan.requests().contains(&Request::Revoke(MemberId::new("m-a@x"))), "{:?}", plan.requests());

    // Who asks for everything to be sent again gets it right, and so does a change of another month.
    leaves.resend = true;
    let (plan, _) = run(&leaves, crowd(40).person("a", "a@x").person("b", "b@x"), &changed);
    assert!(plan.requests().contains(&put));
    leaves.resend = false;
    leaves.now = Timestamp(40 * DAY);
    let mut after = leaves.state.clone();
    after.members[0].external_id = Some(ExternalId::new("a"));
    let (plan, ledger) = run(&leaves, crowd(40).person("a", "a@x").person("b", "b@x"), &after);
    assert!(plan.requests().contains(&put));
    assert_eq!(ledger.mended.iter().map(|it| it.at).collect::<Vec<_>>(), [leaves.now]);
}

#[test]
fn an_id_that_was_taken_away_is_given_back_in_each_run() {
    let mut world = world();
    let right = world.state.clone();
    world.state.members[0].external_id = None;
    for _ in 0..3 {
        let (plan, ledger) = run(&world, directory(), &right);
        assert!(matches!(plan.changes[..], [Change::Adopt { .. }]), "{:?}", plan.changes);
        world.ledger = ledger;
    }
}

#[test]
fn a_group_that_is_changed_again_is_left_until_the_directory_asks_for_something_else() {
    let mut world = world().managed("c", "c@x");
    let sample = || directory().person("c", "c@x");
    let right = world.state.clone();
    world.state.groups[0].members = Membership::Read(vec![0, 1, 2]);
    let changed = world.state.clone();
    let (plan, ledger) = run(&world, sample(), &right);
    assert!(matches!(plan.changes[..], [Change::ChangeMembers { .. }]), "{:?}", plan.changes);
    let mended: Vec<(MendedKind, &str)> = ledger.mended.iter().map(|it| (it.kind, it.id.as_str())).collect();
    assert_eq!(mended, [(MendedKind::Group, "g")]);

    world.ledger = ledger;
    for day in 1..3 {
        world.now = Timestamp(day * DAY);
        let (plan, ledger) = run(&world, sample(), &changed);
        assert!(plan.is_empty() && plan.requests().is_empty(), "{:?}", plan.changes);
        assert_eq!(changed_again(&plan), [MendedKind::Group]);
        world.ledger = ledger;
    }
    // The directory takes Bob out of it.
    let other = Sample::new().person("a", "a@x").person("b", "b@x").person("c", "c@x");
    let (plan, _) = run(&world, other.named_group("g", "Staff", &["a"]), &right);
    let [Change::ChangeMembers { removed, .. }] = &plan.changes[..] else { panic!("{:?}", plan.changes) };
    assert_eq!(removed, &["b", "c"]);
}

/// What follows from a change of the directory, or of who is a member, is no other program's work.
#[test]
fn what_the_directory_changes_is_sent_however_often() {
    let mut world = world();
    let right = world.state.clone();
    world.state.groups[0].members = Membership::Read(vec![0]);
    // The last run left the group with Anna alone.
    world.ledger.groups[0].members = vec![ExternalId::new("a")].into();
    let (plan, ledger) = run(&world, directory(), &right);
    assert!(matches!(plan.changes[..], [Change::ChangeMembers { .. }]), "{:?}", plan.changes);
    assert!(ledger.mended.is_empty());
    // Bob was removed from the organization by hand, and is invited again.
    let mut world = super::mended_once::world();
    world.state.members.remove(1);
    world.state.groups[0].members = Membership::Read(vec![0]);
    let (plan, ledger) = run(&world, directory(), &right);
    assert!(plan.changes.iter().any(|it| matches!(it, Change::Invite { .. })), "{:?}", plan.changes);
    assert!(ledger.mended.is_empty());
    let held = Mended { kind: MendedKind::Group, id: String::new(), mark: String::new(), at: Timestamp(0) };
    assert!(held.holds(Timestamp(29 * DAY)) && !held.holds(Timestamp(31 * DAY)));
}
