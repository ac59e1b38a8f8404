//! A company moves to a new directory: new entries with the addresses and names of before, in one run or spread over ten.

use super::*;
use crate::desired::{Source, SourceRead};
use crate::wire::ImportRequest;
use hashbrown::HashMap;

const PEOPLE: usize = 5_000;
const GROUPS: usize = 500;
/// Each group has so many people.
const IN_A_GROUP: usize = 10;

fn address(person: usize) -> String {
    format!("p{person}@x")
}

fn name(person: usize) -> Marks {
    named(&format!("Person {person}"))
}

fn group_id(directory: &str, group: usize) -> String {
    format!("cn=g{group},ou=groups,dc={directory}")
}

fn people_of(group: usize) -> impl Iterator<Item = usize> {
    (0..IN_A_GROUP).map(move |it| (group * IN_A_GROUP + it * 7) % PEOPLE)
}

/// Everybody has joined from the old directory.
fn company() -> World {
    let mut world = World::new().leavers(LeaverAction::Revoke, LeaverAction::Keep);
    for person in 0..PEOPLE {
        world = world.managed(&format!("cn=p{person},dc=old"), &address(person));
        let known = world.ledger.people.last_mut().expect("just added");
        known.stable_id = Some(StableId::new(format!("id:old{person}")));
        known.marks = name(person);
    }
    for group in 0..GROUPS {
        world =
            world.group(&group_id("old", group), &format!("g{group}"), &people_of(group).collect::<Vec<_>>());
        let known = world.ledger.groups.last_mut().expect("just added");
        known.stable_id = Some(StableId::new(format!("id:oldg{group}")));
        known.reference = Some(group_id("old", group));
    }
    world
}

/// What one of the directories lists: people and groups for which `lists` says so, with all of the company's people in the groups.
fn directory(
    which: &str,
    lists_person: impl Fn(usize) -> bool,
    lists_group: impl Fn(usize) -> bool,
) -> Sample {
    let mut sample = Sample::new();
    for person in (0..PEOPLE).filter(|it| lists_person(*it)) {
        let (id, stable) = (format!("cn=p{person},dc={which}"), format!("id:{which}{person}"));
        sample = sample.marked(&id, &stable, &address(person), name(person));
    }
    for group in (0..GROUPS).filter(|it| lists_group(*it)) {
        let members: Vec<String> = people_of(group)
            .filter(|it| lists_person(*it))
            .map(|person| format!("cn=p{person},dc={which}"))
            .collect();
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        let stable = format!("id:{which}g{group}");
        sample = sample.identified_group(&group_id(which, group), &stable, &format!("g{group}"), &members);
    }
    sample
}

/// One run against these sources. Whoever is asked for and not listed is gone. Returns the plan and whether it needed an approval.
fn run(world: &mut World, sources: Vec<Source>) -> (Plan, bool) {
    let desired = Desired::merge(sources, true, world.connector.conflicts).expect("valid");
    let observed = Observed::Live(world.state.clone());
    let identity = Identity::new(&desired, &world.ledger, observed.state());
    let gone = |(_, lookups): (SourceName, Vec<crate::observed::LookupRequest>)| {
        lookups.into_iter().map(|it| (it.external_id, Presence::NotFound))
    };
    let groups = identity.group_lookups(&desired, &world.ledger).into_iter().flat_map(gone).collect();
    let identity = identity.with_group_answers(&desired, groups);
    world.presences = identity.lookups(&world.ledger).into_iter().flat_map(gone).collect();
    let input = PlanInput { identity: &identity, ..world.input(&desired, &observed) };
    let plan = Plan::build(&input);
    let approval = match plan.check(&Limits::default(), &[]) {
        Verdict::Go => None,
        Verdict::Held(_) | Verdict::Refused(_) => Some(plan.refused(&Limits::default())),
    };
    let approvals: Vec<ApprovalScope> = approval.iter().cloned().collect();
    assert_eq!(plan.check(&Limits::default(), &approvals), Verdict::Go, "one approval is enough");
    let mut after = world.state.clone();
    for request in plan.requests() {
        apply(&request, &mut after);
    }
    let ledger = plan.ledger_after(&input, After::Observed(&after), Timestamp(1));
    assert!(plan.unfinished(&after).is_empty(), "{:?}", plan.unfinished(&after));
    world.state = after;
    world.ledger = ledger;
    (plan, approval.is_some())
}

/// As Bitwarden's server carries it out, of what a migration may need.
fn apply(request: &Request, state: &mut OrganizationState) {
    match request {
        Request::PutMember { id, external_id } => {
            let member = state.members.iter_mut().find(|it| it.id.as_ref() == Some(id)).expect("a member");
            member.external_id = Some(external_id.clone());
        }
        Request::PutGroup { id, name, external_id } => {
            let group = state.groups.iter_mut().find(|it| it.id.as_ref() == Some(id)).expect("a group");
            (group.name, group.external_id) = (name.clone(), Some(external_id.clone()));
        }
        Request::Import(import) => import_groups(import, state),
        other => panic!("a migration needs no {other:?}"),
    }
}

fn import_groups(import: &ImportRequest, state: &mut OrganizationState) {
    assert!(import.members.is_empty(), "nobody is mailed: {:?}", import.members);
    let ids =
        state.members.iter().enumerate().filter_map(|(place, it)| Some((it.external_id.clone()?, place)));
    let places: HashMap<ExternalId, usize> = ids.collect();
    for group in &import.groups {
        let known = state.groups.iter_mut().find(|it| it.external_id.as_ref() == Some(&group.external_id));
        let known = known.expect("no group appears");
        let members = group.member_external_ids.iter();
        known.members = Membership::Read(members.map(|it| places[it]).collect());
    }
}

/// Nobody and nothing is lost: the same memberships, with the same people in the same groups.
#[track_caller]
fn assert_nothing_lost(before: &OrganizationState, after: &OrganizationState) {
    let members = |state: &OrganizationState| {
        let people = state.members.iter().map(|it| (it.id.clone(), it.email.clone(), it.status));
        people.collect::<Vec<_>>()
    };
    assert_eq!(members(before), members(after));
    let groups = |state: &OrganizationState| {
        let of = |it: &ObservedGroup| {
            let Membership::Read(places) = &it.members else { panic!("{:?}", it.members) };
            let mut places = places.clone();
            places.sort_unstable();
            (it.id.clone(), it.name.clone(), places)
        };
        state.groups.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(groups(before), groups(after));
}

fn source(name: &str, sample: Sample) -> Source {
    let read = SourceRead { snapshot: sample.snapshot(), settings: settings() };
    Source { name: SourceName::new(name), read: Ok(read) }
}

#[test]
fn a_migration_in_one_run_takes_one_approval_and_loses_nothing() {
    let mut world = company();
    let before = world.state.clone();
    let new = || vec![source("", directory("new", |_| true, |_| true))];
    let (plan, approved) = run(&mut world, new());
    assert!(approved, "more than the limit at once");
    assert_nothing_lost(&before, &world.state);
    assert_eq!(plan.requests().iter().filter(|it| matches!(it, Request::PutMember { .. })).count(), PEOPLE);
    assert!(
        world
            .state
            .members
            .iter()
            .all(|it| it.external_id.as_ref().is_some_and(|it| it.as_str().ends_with("dc=new")))
    );
    let (plan, approved) = run(&mut world, new());
    assert!(plan.is_empty() && !approved, "run again with nothing new: {:?}", plan.changes);
}

#[test]
fn a_migration_spread_over_ten_runs_takes_one_approval_each_and_loses_nothing() {
    let mut world = company();
    let before = world.state.clone();
    world.connector.conflicts.same_group = crate::settings::SameGroup::Merge;
    let moved = |step: usize| move |it: usize| it * 10 < step * PEOPLE;
    for step in 1..=10 {
        // The groups move with the last of the people.
        let last = step == 10;
        let old = directory("old", |it| !moved(step)(it), move |_| !last);
        let new = directory("new", moved(step), move |_| last);
        let before_step = world.state.clone();
        let (plan, approved) = run(&mut world, vec![source("", old), source("new", new)]);
        assert!(approved, "step {step}");
        let members = |state: &OrganizationState| {
            state.members.iter().map(|it| (it.id.clone(), it.status)).collect::<Vec<_>>()
        };
        assert_eq!(members(&before_step), members(&world.state), "step {step}: nobody is mailed or revoked");
        assert_eq!(plan.removals().count(), 0, "step {step}");
    }
    assert_nothing_lost(&before, &world.state);
}

/// A run that falls between the two changes finds nobody, and takes nobody.
#[test]
fn a_run_in_the_middle_of_a_migration_is_refused() {
    let world = company();
    let desired = Desired::merge(
        vec![source("", directory("new", |it| it >= PEOPLE - 10, |_| false))],
        true,
        world.connector.conflicts,
    );
    let desired = desired.expect("valid");
    let observed = Observed::Live(world.state.clone());
    let mut world = world;
    let identity = Identity::new(&desired, &world.ledger, observed.state());
    let lookups = identity.lookups(&world.ledger).into_iter().flat_map(|(_, it)| it);
    world.presences = lookups.map(|it| (it.external_id, Presence::NotFound)).collect();
    let plan = Plan::build(&world.input(&desired, &observed));
    assert!(matches!(plan.check(&Limits::default(), &[]), Verdict::Refused(_) | Verdict::Held(_)));
    assert!(!is_go(&plan));
}
