//! Members of groups of whom it cannot be told who they are.

use super::*;

/// What a group lists can mean either of two people: who is in it stays, who is not does not come in, and the rest goes on.
#[test]
fn a_member_of_whom_nobody_knows_who_it_is_changes_nothing() {
    let world =
        World::new().managed("a", "a@x").managed("A", "other@x").managed("b", "b@x").managed("c", "c@x");
    let world = world.group("g", "g", &[1, 2]);
    let people =
        || Sample::new().person("a", "a@x").person("A", "other@x").person("b", "b@x").person("c", "c@x");
    let sample = people().group("g", &["aA", "c"]).compared_as("a", &["A", "aA"]);
    let plan = world.plan(sample);
    let [Request::PutGroup { .. } | Request::Import(_)] = &plan.requests()[..] else { panic!("{plan:?}") };
    let [Change::ChangeMembers { added, removed, .. }] = &plan.changes[..] else { panic!("{plan:?}") };
    assert_eq!((&added[..], &removed[..]), (&["c".to_owned()][..], &["b".to_owned()][..]));
    assert!(
        matches!(&plan.standing[..], [Standing::MembershipsKept { members, because: MembershipsKeptBecause::InDoubt, .. }]
            if members[..] == ["A".to_owned()]),
        "{:?}",
        plan.standing
    );
    let named: Vec<_> = plan.left_out.iter().map(|it| (it.reference.as_str(), &it.because)).collect();
    assert_eq!(named, [("aA", &LeftOutBecause::SeveralMembers { group: "g".to_owned() })]);
    let sample = people().group("g", &["aA", "b"]).compared_as("a", &["A", "aA"]);
    assert!(world.plan(sample).requests().is_empty(), "the group is as it may be");
}

/// Where the organization cannot be read, a group that is sent could take out whoever is meant.
#[test]
fn a_group_in_doubt_is_not_sent_where_nobody_sees_who_is_in_it() {
    let world = World::new();
    let sample =
        Sample::new().person("a", "a@x").person("A", "other@x").group("g", &["aA"]).group("h", &["a"]);
    let desired = sample.compared_as("a", &["A", "aA"]).desired(&world.sync).expect("valid");
    let plan = Plan::build(&world.input(&desired, &Observed::Unknown));
    let [Request::Import(import)] = &plan.requests()[..] else { panic!("{plan:?}") };
    let groups: Vec<_> = import.groups.iter().map(|it| it.external_id.as_str()).collect();
    assert_eq!(groups, ["h"]);
    let in_doubt = |it: &LeftOut| it.reference == "g" && it.because == LeftOutBecause::MembersInDoubt;
    assert!(plan.left_out.iter().any(in_doubt), "{:?}", plan.left_out);
}

/// Who does not show any groups stays in those in which they are, and comes into none; the others do as the directory says.
#[test]
fn whose_groups_are_not_shown_stays_where_they_are() {
    let world = World::new().managed("a", "a@x").managed("b", "b@x").managed("c", "c@x");
    let world = world.group("g", "g", &[0, 1]).group("h", "h", &[2]);
    let people = || Sample::new().person("a", "a@x").person("b", "b@x").person("c", "c@x");
    let plan = world.plan(people().group("g", &["c"]).group("h", &["c"]).hides_groups(&["a"]));
    let [Change::ChangeMembers { added, removed, .. }] = &plan.changes[..] else { panic!("{plan:?}") };
    assert_eq!((&added[..], &removed[..]), (&["c".to_owned()][..], &["b".to_owned()][..]));
    let [Standing::MembershipsKept { members, because: MembershipsKeptBecause::InDoubt, .. }] =
        &plan.standing[..]
    else {
        panic!("{:?}", plan.standing)
    };
    assert_eq!(members[..], ["a".to_owned()]);
    let named: Vec<_> = plan.left_out.iter().map(|it| (it.reference.as_str(), &it.because)).collect();
    assert_eq!(named, [("a@x", &LeftOutBecause::GroupsHidden)]);
}

/// On a server that nobody can look at, a group that was never sent is a new one, but for the run that takes a baseline.
#[test]
fn whose_groups_are_not_shown_stops_no_new_group() {
    let groups = |baseline_taken| {
        let mut world = World::new();
        world.ledger.baseline_taken = baseline_taken;
        let nothing = OrganizationState { members: Vec::new(), groups: Vec::new() };
        let sample = Sample::new().person("a", "a@x").person("c", "c@x").group("g", &["c"]);
        let desired = sample.hides_groups(&["a"]).desired(&world.sync).expect("valid");
        let plan = Plan::build(&world.input(&desired, &Observed::Believed(nothing)));
        let [Request::Import(import)] = &plan.requests()[..] else { panic!("{plan:?}") };
        import.groups.len()
    };
    assert_eq!((groups(true), groups(false)), (1, 0));
}

/// Whoever was never brought over is named, too.
#[test]
fn whose_state_is_not_told_is_left_out_by_name() {
    let mut world = World::new().managed("a", "a@x");
    let sample = || Sample::new().state_not_told("a", "a@x").state_not_told("b", "b@x").person("c", "c@x");
    let plan = world.plan(sample());
    let named: Vec<_> = plan.left_out.iter().map(|it| (it.reference.as_str(), &it.because)).collect();
    assert_eq!(named, [("b@x", &LeftOutBecause::StateNotTold)]);
    // Where people are not brought over at all, nobody is left out.
    world.sync.users = false;
    assert!(world.plan(sample()).left_out.is_empty());
}
