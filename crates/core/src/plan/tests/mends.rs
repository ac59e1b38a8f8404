//! External ids that somebody exchanged or doubled by hand are set right by what the ledger knows.

use super::*;
use crate::import::RefusedRecord;
use crate::ledger::RefusedKind;

fn put(email: &str, id: &str) -> Request {
    Request::PutMember { id: MemberId::new(format!("m-{email}")), external_id: ExternalId::new(id) }
}

fn held_by(world: &mut World, place: usize, id: &str) {
    world.state.members[place].external_id = Some(ExternalId::new(id));
}

fn two() -> (World, impl Fn() -> Sample) {
    let world = World::new().managed_crowd(40).managed("a", "a@x").managed("b", "b@x").group("g", "g", &[40]);
    (world, || crowd(40).person("a", "a@x").person("b", "b@x").group("g", &["a"]))
}

#[test]
fn exchanged_ids_are_exchanged_back_and_nothing_else_changes() {
    let (mut world, directory) = two();
    held_by(&mut world, 40, "b");
    held_by(&mut world, 41, "a");
    let plan = world.plan(directory());
    assert_eq!(plan.requests(), [put("a@x", "a"), put("b@x", "b")]);
    let cause = Cause::ChangedThere;
    let all = plan
        .changes
        .iter()
        .all(|it| matches!(it, Change::ReplaceExternalId { cause: it, .. } if *it == cause));
    assert!(all && plan.changes.len() == 2 && plan.waits_for.is_empty(), "{:?}", plan.changes);
    assert!(plan.standing.is_empty(), "{:?}", plan.standing);

    // The ledger goes on knowing each of them by the own id.
    let desired = directory().desired(&world.sync).expect("valid");
    let observed = Observed::Live(world.state.clone());
    held_by(&mut world, 40, "a");
    held_by(&mut world, 41, "b");
    let after =
        plan.ledger_after(&world.input(&desired, &observed), After::Observed(&world.state), Timestamp(1));
    let known: Vec<_> =
        after.people[40..].iter().map(|it| (it.external_id.as_str(), it.email.as_str())).collect();
    assert_eq!(known, [("a", "a@x"), ("b", "b@x")]);
    assert!(world.plan(directory()).is_empty());
}

#[test]
fn accounts_that_exchanged_their_addresses_are_no_ids_to_mend() {
    let (mut world, _) = two();
    held_by(&mut world, 40, "b");
    held_by(&mut world, 41, "a");
    // The directory says so, too.
    let plan = world.plan(crowd(40).person("a", "b@x").person("b", "a@x").group("g", &["a"]));
    assert!(
        plan.requests().iter().all(|it| !matches!(it, Request::PutMember { .. })),
        "{:?}",
        plan.requests()
    );
}

#[test]
fn an_id_that_two_have_is_given_back_to_whom_the_ledger_knows_and_the_import_goes_out() {
    let (mut world, directory) = two();
    held_by(&mut world, 41, "a");
    let plan = world.plan(directory().person("new", "new@x"));
    assert!(plan.waits_for.is_empty(), "{:?}", plan.waits_for);
    let [mend, Request::Import(import)] = &plan.requests()[..] else { panic!("{:?}", plan.requests()) };
    assert_eq!((mend, import.members.len()), (&put("b@x", "b"), 1));
    assert!(!plan.can_import_without(std::slice::from_ref(mend)) && plan.can_import_without(&[]));
    // A leaver who has a colleague's id loses access in the same run.
    let mut leaves = world.answer("b", Presence::NotFound).leavers(LeaverAction::Revoke, LeaverAction::Keep);
    let plan = leaves.plan(crowd(40).person("a", "a@x").group("g", &["a"]));
    assert_eq!(plan.requests(), [Request::Revoke(MemberId::new("m-b@x")), put("b@x", "b")]);
    // From whom the ledger does not know it is taken away.
    leaves.ledger.people.pop();
    let plan = leaves.plan(directory());
    assert!(plan.waits_for.is_empty() && plan.requests().contains(&put("b@x", "")), "{:?}", plan.requests());
}

/// The ledger knows the membership of everybody of `two`.
fn remembered() -> (World, impl Fn() -> Sample) {
    let (mut world, directory) = two();
    for person in &mut world.ledger.people {
        person.member_id = Some(MemberId::new(format!("m-{}", person.email.as_str())));
    }
    (world, directory)
}

#[test]
fn a_copy_of_an_id_is_taken_away_from_whom_nobody_knows() {
    let (mut world, directory) = remembered();
    world = world.member("a", "strange@x", MemberStatus::Confirmed, Role::Admin);
    let plan = world.plan(directory().person("new", "new@x"));
    assert!(plan.waits_for.is_empty(), "{:?}", plan.waits_for);
    let [mend, Request::Import(import)] = &plan.requests()[..] else { panic!("{:?}", plan.requests()) };
    assert_eq!((mend, import.members.len()), (&put("strange@x", ""), 1));
    assert!(!plan.can_import_without(std::slice::from_ref(mend)));
    assert_eq!(plan.changes.len(), 2, "{:?}", plan.changes);
    // It is done when it is not there any more.
    assert_eq!(plan.unfinished(&world.state).len(), 2);
    world.state.members[42].external_id = None;
    assert_eq!(plan.unfinished(&world.state).len(), 1);
    assert!(world.plan(directory()).is_empty());
    held_by(&mut world, 42, "a");
    // Where another connector writes, too, it may be that one's.
    world.connector.shared_organization = true;
    let plan = world.plan(directory());
    assert_eq!((plan.requests().len(), plan.waits_for.len()), (0, 1), "{:?}", plan.requests());
    world.connector.shared_organization = false;
    // Where the directory gives the address to whose id it is, it is no copy: the memory can be wrong.
    let moved = crowd(40).person("a", "strange@x").person("b", "b@x").group("g", &["a"]);
    assert!(!world.plan(moved).requests().contains(&put("strange@x", "")));
}

#[test]
fn the_leaver_whose_id_was_copied_and_then_changed_is_who_loses_access() {
    for held in [Some("foreign"), None] {
        let (world, directory) = remembered();
        let mut world = world
            .member("a", "strange@x", MemberStatus::Confirmed, Role::User)
            .answer("a", Presence::NotFound)
            .leavers(LeaverAction::Revoke, LeaverAction::Keep);
        world.state.members[40].external_id = held.map(ExternalId::new);
        recognize(&mut world.state, &world.ledger, false);
        let stays = world.plan(directory());
        let without = crowd(40).person("b", "b@x");
        let leaves = world.plan(without.group("g", &[]));
        let copy = put("strange@x", "");
        assert_eq!(stays.requests()[0], copy, "{:?}", stays.requests());
        assert!(
            leaves.requests().contains(&Request::Revoke(MemberId::new("m-a@x"))),
            "{:?}",
            leaves.requests()
        );
        assert!(!leaves.requests().contains(&Request::Revoke(MemberId::new("m-strange@x"))));
        if held.is_none() {
            continue;
        }
        assert_eq!(stays.requests()[1], put("a@x", "a"), "the copy first: {:?}", stays.requests());
        // While the copy cannot be taken away nobody is given it a second time.
        let desired = directory().desired(&world.sync).expect("valid");
        let observed = Observed::Live(world.state.clone());
        let record = RefusedRecord {
            name: "strange@x".to_owned(),
            external_id: ExternalId::new(""),
            is_group: false,
            reason: "no".to_owned(),
        };
        let met = [(copy, record)];
        let input = world.input(&desired, &observed);
        world.ledger.refused = stays.refusals_after(&met, &input, Timestamp(5));
        world.now = Timestamp(6);
        let again = world.plan(directory());
        assert!(again.requests().is_empty() && again.waits_for.len() == 1, "{:?}", again.requests());
    }
}

#[test]
fn a_copy_of_a_groups_id_is_taken_away_from_the_group_that_nobody_knows() {
    let (mut world, directory) = two();
    let copy = ObservedGroup {
        id: Some(GroupId::new("other")),
        name: "Other".to_owned(),
        ..world.state.groups[0].clone()
    };
    world.state.groups.push(copy);
    let plan = world.plan(directory());
    let request = Request::PutGroup {
        id: GroupId::new("other"),
        name: "Other".to_owned(),
        external_id: ExternalId::new(""),
    };
    assert_eq!((plan.requests(), plan.waits_for.len()), (vec![request], 0));
    assert_eq!(plan.unfinished(&world.state).len(), 1);
    world.state.groups[1].external_id = None;
    assert!(plan.unfinished(&world.state).is_empty());
}

#[test]
fn what_the_server_refused_is_told_and_not_asked_for_again_within_a_day() {
    let (mut world, directory) = two();
    held_by(&mut world, 41, "a");
    let desired = directory().desired(&world.sync).expect("valid");
    let observed = Observed::Live(world.state.clone());
    let plan = Plan::build(&world.input(&desired, &observed));
    let record = RefusedRecord {
        name: "b@x".to_owned(),
        external_id: ExternalId::new("b"),
        is_group: false,
        reason: "no".to_owned(),
    };
    let met = [(put("b@x", "b"), record)];
    let remembered = plan.refusals_after(&met, &world.input(&desired, &observed), Timestamp(5));
    world.ledger.refused = remembered;
    world.now = Timestamp(6);
    let again = world.plan(directory());
    assert!(again.requests().is_empty() && again.waits_for.len() == 1, "{:?}", again.requests());
    let told = |it: &Standing| matches!(it, Standing::Refused { what: RefusedKind::MemberId, about, .. } if about.name == "b@x");
    assert!(again.standing.iter().any(told), "{:?}", again.standing);
    let kept = again.refusals_after(&[], &world.input(&desired, &observed), Timestamp(6));
    assert_eq!(kept, world.ledger.refused, "until the day is over");
    world.now = Timestamp(25 * 60 * 60 * 1000);
    assert_eq!(world.plan(directory()).requests(), [put("b@x", "b")]);
    (world.now, world.resend) = (Timestamp(7), true);
    assert_eq!(world.plan(directory()).requests(), [put("b@x", "b")], "somebody asks for everything");
}

#[test]
fn groups_are_known_by_the_organizations_own_ids() {
    let world = World::new().managed("a", "a@x").group("g", "One", &[0]).group("h", "Other", &[]);
    let directory =
        || Sample::new().person("a", "a@x").named_group("g", "One", &["a"]).named_group("h", "Other", &[]);
    for (one, other, mends) in [("h", "g", 2), ("g", "g", 1), ("h", "h", 1), ("g", "h", 0)] {
        let mut world = World { state: world.state.clone(), ledger: world.ledger.clone(), ..World::new() };
        for (place, id) in [(0, one), (1, other)] {
            world.state.groups[place].external_id = Some(ExternalId::new(id));
        }
        let plan = world.plan(directory());
        let puts = plan.requests();
        assert!(puts.iter().all(|it| matches!(it, Request::PutGroup { .. })), "{puts:?}");
        assert_eq!(
            (puts.len(), plan.changes.len(), plan.waits_for.len()),
            (mends, mends, 0),
            "{one} {other}"
        );
    }
}

#[test]
fn vaultwarden_sets_ids_right_by_the_import_and_restores_nobody_by_it() {
    let (mut world, directory) = two();
    world.server = ServerKind::Vaultwarden;
    held_by(&mut world, 41, "a");
    for (status, deleted) in [(MemberStatus::Confirmed, false), (MemberStatus::Revoked, true)] {
        world.state.members[41].status = status;
        let plan = world.plan(directory());
        let [Request::Import(import)] = &plan.requests()[..] else { panic!("{:?}", plan.requests()) };
        let [member] = &import.members[..] else { panic!("{import:?}") };
        let told = (member.external_id.as_str(), member.email.as_deref(), member.deleted);
        assert_eq!(told, ("b", Some("b@x"), deleted));
    }
}

#[test]
fn the_ledger_takes_over_an_id_that_two_have_once() {
    let (mut world, directory) = two();
    world = world.member("a", "strange@x", MemberStatus::Confirmed, Role::User).group("h", "One", &[]);
    world
        .state
        .groups
        .push(ObservedGroup { id: Some(GroupId::new("other")), ..world.state.groups[1].clone() });
    world.state.members.swap(40, 42);
    let desired = directory().named_group("h", "One", &[]).desired(&world.sync).expect("valid");
    let observed = Observed::Live(world.state.clone());
    let plan = Plan::build(&world.input(&desired, &observed));
    assert!(plan.waits_for.is_empty(), "{:?}", plan.waits_for);
    let after =
        plan.ledger_after(&world.input(&desired, &observed), After::Observed(&world.state), Timestamp(1));
    let of_a: Vec<_> =
        after.people.iter().filter(|it| it.external_id.as_str() == "a").map(|it| it.email.as_str()).collect();
    assert_eq!(of_a, ["a@x"], "the one that it knew");
    let of_h = after.groups.iter().filter(|it| it.external_id.as_str() == "h");
    assert_eq!(of_h.filter_map(|it| it.group_id.as_ref()).collect::<Vec<_>>(), [&GroupId::new("h")]);
}
