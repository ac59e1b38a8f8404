//! The settings lead to another directory: what came from the former one is memory.

use super::*;
use crate::settings::VanishedGroups;

fn former() -> SourceName {
    SourceName::former("0 dc=old")
}

/// Anna, Bob and Carl came from the former directory with the group Staff; whoever leaves is revoked.
fn world() -> World {
    let mut world = World::new().leavers(LeaverAction::Revoke, LeaverAction::Revoke);
    for (id, name) in [("anna", "Anna"), ("bob", "Bob"), ("carl", "Carl")] {
        world = world.managed(&format!("cn={id},dc=old"), &format!("{id}@x"));
        let known = world.ledger.people.last_mut().expect("just added");
        known.stable_id = Some(StableId::new(format!("id:old-{id}")));
        known.marks = named(name);
        known.source = former();
    }
    world = world.group("cn=staff,ou=groups,dc=old", "Staff", &[0, 2]);
    let known = world.ledger.groups.last_mut().expect("just added");
    known.stable_id = Some(StableId::new("id:old-staff"));
    known.reference = Some("cn=staff,ou=groups,dc=old".to_owned());
    known.source = former();
    world.ledger.new_sources = vec![SourceName::primary()];
    world.connector.leavers.vanished_groups = VanishedGroups::Delete;
    world
}

fn entry(sample: Sample, id: &str, address: &str, name: &str) -> Sample {
    sample.marked(&format!("cn={id},dc=new"), &format!("id:new-{id}"), address, named(name))
}

#[test]
fn nobody_of_it_is_asked_for_and_nobody_is_a_leaver_by_it() {
    for baseline_taken in [true, false] {
        let mut world = world();
        world.ledger.baseline_taken = baseline_taken;
        world.ledger.people[2].out = Some(Out { cause: OutCause::Gone, since: Timestamp(0) });
        let sample = entry(Sample::new(), "dora", "dora@x", "Dora");
        let desired = sample.desired(&world.sync).expect("valid");
        let observed = Observed::Live(world.state.clone());
        let identity = Identity::new(&desired, &world.ledger, observed.state());
        assert!(identity.lookups(&world.ledger).is_empty());
        assert!(identity.group_lookups(&desired, &world.ledger).is_empty());
        let input = world.input(&desired, &observed);
        let plan = Plan::build(&input);
        assert_eq!(plan.removals().count(), 0);
        assert!(matches!(&plan.changes[..], [Change::Invite { .. }]), "{:?}", plan.changes);
        let because = KeptBecause::FormerDirectory { directory: "dc=old".to_owned() };
        assert_eq!(plan.kept.iter().filter(|it| it.because == because).count(), 3);
        let remark = PlanNotice::FormerDirectory { directory: "dc=old".to_owned(), people: 3, groups: 1 };
        assert!(plan.notices.contains(&remark), "{:?}", plan.notices);
        // Memory stays.
        let after = plan.ledger_after(&input, After::Observed(&world.state), Timestamp(1));
        assert_eq!(after.people.iter().filter(|it| it.source == former()).count(), 3);
        assert_eq!(after.groups[0].source, former());
    }
}

#[test]
fn the_marks_decide_whose_membership_goes_on() {
    let mut world = world();
    world.state.members[2].status = MemberStatus::Revoked;
    world.ledger.people[2].revoked_by_us = true;
    let sample = entry(Sample::new(), "anna", "anna@x", "Anna");
    let sample = entry(sample, "berta", "bob@x", "Berta");
    let plan = world.plan(entry(sample, "carl", "carl@x", "Carl"));
    let replaced: Vec<&str> = plan
        .changes
        .iter()
        .filter_map(|it| match it {
            Change::ReplaceExternalId { person, .. } => Some(person.external_id.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(replaced, ["cn=anna,dc=new", "cn=carl,dc=new"]);
    let restored = |it: &&Change| matches!(it, Change::Restore { person, .. } if person.name == "carl@x");
    assert_eq!(plan.changes.iter().filter(restored).count(), 1, "{:?}", plan.changes);
    let waits = |it: &&Standing| {
        matches!(it, Standing::AddressOfLeaver { because: AddressHeldBecause::AnotherPerson { .. }, .. })
    };
    assert_eq!(plan.standing.iter().filter(waits).count(), 1, "{:?}", plan.standing);
    assert_eq!(plan.removals().count(), 0);
    let is_bob = |it: &&Kept| it.person.name == "bob@x";
    assert_eq!(plan.kept.iter().filter(is_bob).count(), 1);
}

#[test]
fn a_group_of_the_same_name_takes_the_group_over() {
    let staff = |name: &str| {
        let sample = entry(Sample::new(), "anna", "anna@x", "Anna");
        let id = "cn=staff,ou=groups,dc=new";
        world().plan(sample.identified_group(id, "id:new-staff", name, &["cn=anna,dc=new"]))
    };
    let plan = staff("Staff");
    let adopted = |it: &&Change| matches!(it, Change::AdoptGroup { cause: Cause::Gone, .. });
    assert_eq!(plan.changes.iter().filter(adopted).count(), 1, "{:?}", plan.changes);
    assert_eq!(plan.changes.iter().filter(|it| matches!(it, Change::DeleteGroup { .. })).count(), 0);
    // Carl stays in it: nobody can say that he left.
    let takes = |it: &&Change| matches!(it, Change::ChangeMembers { removed, .. } if !removed.is_empty());
    assert_eq!(plan.changes.iter().filter(takes).count(), 0, "{:?}", plan.changes);
    let plan = staff("Crew");
    assert!(plan.changes.iter().any(|it| matches!(it, Change::CreateGroup { .. })), "{:?}", plan.changes);
    assert!(!plan.changes.iter().any(|it| matches!(it, Change::DeleteGroup { .. })));
}

#[test]
fn more_than_the_limit_of_replaced_entries_wait_for_an_approval() {
    let mut world = World::new();
    let mut sample = Sample::new();
    for number in 0..40 {
        let (id, address) = (format!("cn=p{number},dc=old"), format!("p{number}@x"));
        world = world.managed(&id, &address);
        let known = world.ledger.people.last_mut().expect("just added");
        (known.source, known.marks) = (former(), named(&address));
        sample = entry(sample, &format!("p{number}"), &address, &address);
    }
    let plan = world.plan(sample);
    assert_eq!(plan.changes.iter().filter(|it| matches!(it, Change::ReplaceExternalId { .. })).count(), 40);
    assert!(!is_go(&plan));
    let approval = plan.refused(&Limits::default());
    assert_eq!(plan.check(&Limits::default(), &[approval]), Verdict::Go);
}

/// The settings lead to another root, or to a copy: the entries are the same.
#[test]
fn an_entry_that_is_found_again_by_an_id_made_at_random_is_the_same() {
    const UUID: &str = "entryUUID:0b6d3d5e-1111-4222-8333-944455556666";
    let mut world = world();
    world.ledger.people[0].stable_id = Some(StableId::new(UUID));
    world.ledger.groups[0].stable_id = Some(StableId::new(UUID));
    let sample = Sample::new().marked("cn=anna,dc=old", UUID, "anna@x", named("Anna Married"));
    let sample = sample.identified_group("cn=staff,ou=groups,dc=old", UUID, "Staff", &["cn=anna,dc=old"]);
    let desired = sample.desired(&world.sync).expect("valid");
    meet_again(&mut world.ledger, &desired);
    assert!(world.ledger.people[0].source.is_primary() && world.ledger.people[1].source.is_former());
    assert!(world.ledger.groups[0].source.is_primary());
    let observed = Observed::Live(world.state.clone());
    let plan = Plan::build(&world.input(&desired, &observed));
    assert!(plan.changes.is_empty(), "{:?}", plan.changes);
}
