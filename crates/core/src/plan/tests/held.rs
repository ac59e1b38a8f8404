//! A limit holds back what it is about, and what belongs together stays together.

use super::*;
use std::ops::Range;

/// People `crowd0`, …, of whom these are disabled.
fn with_disabled(number: usize, out: Range<usize>) -> Sample {
    (0..number).fold(Sample::new(), |sample, it| {
        let state = if out.contains(&it) { AccountState::Disabled } else { AccountState::Enabled };
        sample.in_state(&format!("crowd{it}"), &format!("crowd{it}@x"), state)
    })
}

fn world(number: usize) -> World {
    let mut world = World::new().managed_crowd(number);
    world.connector.leavers.disabled = Some(LeaverAction::Revoke);
    world
}

/// What is held back of a plan, and what is left of it.
fn held(world: &World, sample: Sample) -> (Plan, Option<Plan>, Verdict) {
    let desired = sample.desired(&world.sync).expect("a valid directory");
    let observed = Observed::Live(world.state.clone());
    let input = world.input(&desired, &observed);
    let plan = Plan::build(&input);
    let verdict = plan.check(&Limits::default(), &[]);
    let left = match &verdict {
        Verdict::Held(held) => Plan::build_without(&input, held),
        _ => None,
    };
    (plan, left, verdict)
}

fn is_refused(world: &World, sample: Sample) -> bool {
    matches!(held(world, sample).2, Verdict::Refused(_))
}

fn listed(plan: &Plan, group: &str) -> Option<Vec<String>> {
    let groups = plan.requests().into_iter().flat_map(|it| match it {
        Request::Import(import) => import.groups,
        _ => Vec::new(),
    });
    let mut groups = groups.filter(|it| it.external_id.as_str() == group);
    groups.next().map(|it| it.member_external_ids.iter().map(ToString::to_string).collect())
}

#[test]
fn a_refusal_over_one_group_holds_back_that_groups_list_only() {
    let world = world(40).group("g", "g", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).group("h", "h", &[0]);
    let directory = || {
        with_disabled(40, 38..39)
            .person("new", "new@x")
            .group("g", &["crowd0", "crowd1", "crowd2", "crowd3", "new"])
            .group("h", &["crowd20", "crowd9"])
    };
    let (plan, left, _) = held(&world, directory());
    let left = left.expect("the rest goes");
    assert_eq!(listed(&left, "g"), None);
    // Who stays in one group does not come into another.
    assert_eq!(listed(&left, "h"), Some(vec!["crowd20".to_owned()]));
    assert!(
        left.requests().contains(&Request::Revoke(MemberId::new("m-crowd38@x"))),
        "{:?}",
        left.requests()
    );
    assert!(left.changes.iter().any(|it| it.joins() == Some("new")));
    let kept = |it: &Standing| {
        let because = MembershipsKeptBecause::HeldBack;
        matches!(it, Standing::MembershipsKept { group, members, because: why } if group.name == "g" && members.len() == 7 && *why == because)
    };
    assert!(left.standing.iter().any(kept), "{:?}", left.standing);
    // An approval covers exactly that, and is enough.
    let approval = plan.taken_beyond(&left);
    assert_eq!((approval.memberships.len(), approval.people().count()), (7, 0));
    assert_eq!(plan.check(&Limits::default(), &[approval]), Verdict::Go);
}

#[test]
fn a_group_that_would_lose_too_many_is_not_deleted_either() {
    let members: Vec<usize> = (0..10).collect();
    let mut world = world(40).group("g", "g", &members).group("h", "h", &[0]);
    world.connector.leavers.vanished_groups = crate::settings::VanishedGroups::Delete;
    let directory = || with_disabled(40, 38..39).group("h", &["crowd0", "crowd9", "crowd20"]);
    let (plan, left, _) = held(&world, directory());
    let deleted = |plan: &Plan| {
        let groups = plan.changes.iter().filter_map(|it| match it {
            Change::DeleteGroup { group, .. } => Some(group.name.clone()),
            _ => None,
        });
        groups.collect::<Vec<_>>()
    };
    assert_eq!(deleted(&plan), ["g"]);
    let left = left.expect("the rest goes");
    assert!(deleted(&left).is_empty(), "{:?}", left.changes);
    assert!(!left.requests().iter().any(|it| matches!(it, Request::DeleteGroup(_))));
    // Who stays in it does not come into another one.
    assert_eq!(listed(&left, "h"), Some(vec!["crowd0".to_owned(), "crowd20".to_owned()]));
    let approval = plan.taken_beyond(&left);
    assert_eq!(approval.memberships.len(), 10);
    assert_eq!(plan.check(&Limits::default(), &[approval]), Verdict::Go);
}

#[test]
fn a_refusal_over_people_holds_back_whatever_takes_access_and_nothing_else() {
    let mut world = world(40).group("g", "g", &[0, 1, 2, 3, 4, 5]).group("h", "h", &[7]);
    world.state.members[39].status = MemberStatus::Revoked;
    world.ledger.people[39].revoked_by_us = true;
    let directory = || {
        with_disabled(40, 30..36)
            .person("new", "new@x")
            .group("g", &["crowd0", "crowd1", "crowd2", "crowd3", "crowd4", "new"])
            .group("h", &["crowd5", "crowd8"])
            .group("fresh", &["crowd5", "crowd9"])
    };
    let (plan, left, _) = held(&world, directory());
    let left = left.expect("the rest goes");
    assert_eq!(left.removals().count(), 0);
    assert!(left.requests().contains(&Request::Restore(MemberId::new("m-crowd39@x"))), "{left:?}");
    assert!(left.changes.iter().any(|it| it.joins() == Some("new")));
    let own = |names: &[&str]| Some(names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
    let whole = ["crowd0", "crowd1", "crowd2", "crowd3", "crowd4", "new", "crowd5"];
    assert_eq!(listed(&left, "g"), own(&whole));
    assert_eq!(listed(&left, "h"), own(&["crowd8", "crowd7"]));
    assert_eq!(listed(&left, "fresh"), own(&["crowd9"]));
    assert!(left.scope().takes_nothing(), "{:?}", left.scope());
    let waiting = left.kept.iter().filter(|it| it.because == KeptBecause::HeldBack).count();
    assert_eq!(waiting, 6);
    let approval = plan.taken_beyond(&left);
    assert_eq!((approval.people().count(), approval.memberships.len()), (6, 2));
    assert_eq!(plan.check(&Limits::default(), &[approval]), Verdict::Go);
}

#[test]
fn everything_is_held_back_where_anything_else_is_in_doubt() {
    let many = || with_disabled(40, 30..36).person("new", "new@x");
    assert!(!is_refused(&world(40), many()));
    let mut changed = world(40);
    changed.settled = false;
    assert!(is_refused(&changed, many()), "settings of no accepted run");
    let newcomers = (0..30).fold(many(), |sample, it| sample.person(&format!("n{it}"), &format!("n{it}@x")));
    assert!(is_refused(&world(40), newcomers), "too many invitations");
    let mut overwriting = world(40);
    overwriting.sync.overwrite_existing = true;
    assert!(is_refused(&overwriting, many()), "one request that cannot be cut");
    // Five are not found, and nobody says that they are gone.
    let shrunken = with_disabled(35, 25..31);
    let mut missing = world(40);
    for number in 35..40 {
        missing = missing.answer(&format!("crowd{number}"), Presence::Found { at: None });
    }
    assert!(is_refused(&missing, shrunken), "a read that shrank");
    assert!(is_refused(&world(40), Sample::new()), "an empty one");
}

#[test]
fn people_who_have_been_out_of_scope_for_long_are_no_sign_of_a_read_that_shrank() {
    let mut before = world(40);
    for number in 35..40 {
        before = before.answer(&format!("crowd{number}"), Presence::Found { at: None });
        before.ledger.people[number].out = Some(Out { cause: OutCause::OutOfScope, since: Timestamp(0) });
    }
    assert!(matches!(held(&before, with_disabled(35, 25..31)).2, Verdict::Held(_)));
}

#[test]
fn what_is_held_back_counts_in_full_toward_every_other_limit() {
    let mut world = world(100);
    let mut sample = with_disabled(100, 0..0);
    for group in 0..20 {
        let members: Vec<usize> = (0..4).map(|it| group * 5 + it).collect();
        world = world.group(&format!("g{group}"), &format!("g{group}"), &members);
        sample = sample.group(&format!("g{group}"), &[]);
    }
    assert!(is_refused(&world, sample), "emptied groups and memberships");
}

#[test]
fn a_seat_that_somebody_keeps_is_not_given_to_another() {
    let mut full = world(40);
    full.seats = Some(Seats { total: 40, most: Some(40) });
    let (_, left, verdict) = held(&full, with_disabled(40, 30..36).person("new", "new@x"));
    assert!(matches!(verdict, Verdict::Held(_)), "{verdict:?}");
    let gets_a_seat = |it: &Plan| it.changes.iter().any(|it| it.joins().is_some());
    assert!(!left.is_some_and(|it| gets_a_seat(&it)));
}

#[test]
fn a_group_with_a_member_without_an_id_waits_as_a_whole() {
    let by_hand = world(40).member("", "hand@x", MemberStatus::Confirmed, Role::User);
    let by_hand = by_hand.group("g", "g", &[0, 1, 40]);
    let directory = with_disabled(40, 30..36).group("g", &["crowd0", "crowd1", "crowd2"]);
    let (_, left, _) = held(&by_hand, directory);
    assert_eq!(listed(&left.expect("the rest goes"), "g"), None);
}

#[test]
fn an_address_of_somebody_who_stays_goes_to_nobody_else() {
    let directory = with_disabled(40, 30..36).person("new", "crowd30@x");
    let mut skips = world(40);
    skips.connector.conflicts.same_address = crate::settings::SameAddress::PreferEnabled;
    let (_, left, _) = held(&skips, directory);
    let gives = |it: &Plan| it.changes.iter().any(|it| it.joins() == Some("new"));
    assert!(!left.is_some_and(|it| gives(&it)));
}

/// A leaver who stays keeps the id and the address, so that nobody gets them in the same run.
#[test]
fn whoever_waits_for_the_id_or_the_address_of_somebody_who_stays_goes_on_waiting() {
    for server in [ServerKind::OfficialCloud, ServerKind::Vaultwarden] {
        let mut world = world(40);
        world.server = server;
        for place in 0..5 {
            world.ledger.people[place].stable_id = Some(StableId::new(format!("id:{place}")));
            world.ledger.people[place].marks = named("Of before");
            world = world.answer(&format!("crowd{place}"), Presence::NotFound);
        }
        world = world.leavers(LeaverAction::Revoke, LeaverAction::Revoke);
        world.connector.leavers.returning = crate::settings::Returning::Invite;
        let rest =
            (5..40).fold(Sample::new(), |it, n| it.person(&format!("crowd{n}"), &format!("crowd{n}@x")));
        // One has a leaver's name, another one a leaver's address.
        let directory = rest.marked("crowd0", "id:new", "new@x", named("Newcomer")).marked(
            "another",
            "id:another",
            "crowd1@x",
            named("Successor"),
        );
        let (plan, left, verdict) = held(&world, directory);
        assert!(matches!(verdict, Verdict::Held(_)), "{verdict:?}");
        assert!(plan.changes.iter().any(|it| it.joins() == Some("crowd0")), "{:?}", plan.changes);
        let left = left.expect("the rest goes");
        assert!(left.requests().is_empty() && left.is_empty(), "{server:?}: {:?}", left.changes);
        let waits =
            |it: &Standing| matches!(it, Standing::ExternalIdTaken { person, .. } if person.name == "new@x");
        assert!(left.standing.iter().any(waits), "{:?}", left.standing);
        let held_back = AddressHeldBecause::HeldBack;
        let waits =
            |it: &Standing| matches!(it, Standing::AddressOfLeaver { because, .. } if *because == held_back);
        assert_eq!(
            left.standing.iter().any(waits),
            server == ServerKind::OfficialCloud,
            "{:?}",
            left.standing
        );
    }
}

#[test]
fn a_baseline_takes_no_membership_away() {
    let mut world = World::new().managed("a", "a@x").managed("b", "b@x").group("g", "g", &[0, 1]);
    world.ledger = LedgerState::default();
    let directory = || Sample::new().person("a", "a@x").person("b", "b@x").person("c", "c@x");
    let plan = world.plan(directory().group("g", &["a"]));
    assert!(!plan.changes.iter().any(|it| matches!(it, Change::ChangeMembers { .. })), "{:?}", plan.changes);
    assert!(matches!(&plan.standing[..], [Standing::MembershipsKept { members, .. }] if members == &["b"]));
    let plan = world.plan(directory().group("g", &["a", "c"]));
    let [Request::Import(import)] = &plan.requests()[..] else { panic!("{plan:?}") };
    let listed: Vec<&str> = import.groups[0].member_external_ids.iter().map(|it| it.as_str()).collect();
    assert_eq!(listed, ["a", "c", "b"]);
}
