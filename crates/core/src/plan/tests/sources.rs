//! Several directories, one organization.

use super::*;
use crate::desired::{Source, SourceRead};
use crate::settings::{AcrossSources, ConflictRules, SameGroup, VanishedGroups};

fn source(name: &str, read: Result<Sample, &str>) -> Source {
    let read = read.map(|it| SourceRead { snapshot: it.snapshot(), settings: settings() });
    Source { name: SourceName::new(name), read: read.map_err(str::to_owned) }
}

fn plan(world: &World, sources: Vec<Source>) -> Plan {
    let desired = Desired::merge(sources, true, world.connector.conflicts).expect("a valid state");
    let observed = Observed::Live(world.state.clone());
    Plan::build(&world.input(&desired, &observed))
}

fn of(mut world: World, external_id: &str, source: &str) -> World {
    for person in world.ledger.people.iter_mut().filter(|it| it.external_id.as_str() == external_id) {
        person.source = SourceName::new(source);
    }
    for group in world.ledger.groups.iter_mut().filter(|it| it.external_id.as_str() == external_id) {
        group.source = SourceName::new(source);
    }
    world
}

fn with(mut world: World, across_sources: AcrossSources, same_group: SameGroup) -> World {
    world.connector.conflicts = ConflictRules { across_sources, same_group, ..ConflictRules::default() };
    world
}

fn revoked(plan: &Plan) -> Vec<&str> {
    plan.removals()
        .filter_map(|it| match it {
            Change::Revoke { person, .. } | Change::Remove { person, .. } => {
                Some(person.external_id.as_str())
            }
            _ => None,
        })
        .collect()
}

fn because<'a>(plan: &'a Plan, external_id: &str) -> &'a KeptBecause {
    let kept = plan.kept.iter().find(|it| it.person.external_id.as_str() == external_id);
    &kept.expect("somebody who is kept").because
}

/// Two people of the first source, two of `b`; nobody of `b` is found any more.
fn two_sources() -> World {
    let world =
        World::new().managed("a1", "a1@x").managed("a2", "a2@x").managed("b1", "b1@x").managed("b2", "b2@x");
    let world = of(of(world, "b1", "b"), "b2", "b").leavers(LeaverAction::Revoke, LeaverAction::Revoke);
    let world = world.answer("a2", Presence::NotFound);
    world.answer("b1", Presence::NotFound).answer("b2", Presence::NotFound)
}

#[test]
fn a_source_that_failed_takes_nobody() {
    let world = two_sources();
    let first = || Ok(Sample::new().person("a1", "a1@x").person("a2", "a2@x"));
    let read = plan(&world, vec![source("", first()), source("b", Ok(Sample::new().person("b1", "b1@x")))]);
    assert_eq!(revoked(&read), ["b2"]);
    let failed = plan(&world, vec![source("", first()), source("b", Err("no answer"))]);
    assert_eq!((revoked(&failed), failed.changes.len()), (vec![], 0));
    assert!(
        matches!(because(&failed, "b2"), KeptBecause::Unconfirmed { reason } if reason.contains("no answer"))
    );
    let told = |it: &PlanNotice| matches!(it, PlanNotice::SourceNotRead { source, people: 2, groups: 0, .. } if source.as_str() == "b");
    assert!(failed.notices.iter().any(told), "{:?}", failed.notices);
}

#[test]
fn while_a_source_fails_nobody_leaves_another_one_for_being_disabled_and_not_selected() {
    let mut world = two_sources().answer("a2", Presence::Disabled { at: None });
    world.connector.leavers.disabled = Some(LeaverAction::Revoke);
    let first = || Ok(Sample::new().person("a1", "a1@x"));
    let second = Ok(Sample::new().person("b1", "b1@x").person("b2", "b2@x"));
    let read = plan(&world, vec![source("", first()), source("b", second)]);
    assert_eq!(revoked(&read), ["a2"]);
    let failed = plan(&world, vec![source("", first()), source("b", Err("no answer"))]);
    assert!(revoked(&failed).is_empty());
    assert!(matches!(because(&failed, "a2"), KeptBecause::Unconfirmed { .. }));
}

#[test]
fn while_a_source_fails_nobody_leaves_another_one_by_absence() {
    // Somebody may have moved over to the directory that cannot be read.
    let world = two_sources();
    let first = Ok(Sample::new().person("a1", "a1@x"));
    let failed = plan(&world, vec![source("", first), source("b", Err("no answer"))]);
    assert!(revoked(&failed).is_empty());
    assert!(matches!(because(&failed, "a2"), KeptBecause::Unconfirmed { .. }));
}

#[test]
fn while_a_source_fails_the_disabled_of_another_one_leave_unless_they_may_be_enabled_there() {
    let mut world = two_sources();
    world.connector.leavers.disabled = Some(LeaverAction::Revoke);
    let sources = || {
        let first = Sample::new().person("a1", "a1@x").in_state("a2", "a2@x", AccountState::Disabled);
        vec![source("", Ok(first)), source("b", Err("no answer"))]
    };
    assert_eq!(revoked(&plan(&world, sources())), ["a2"]);
    let world = with(world, AcrossSources::PreferEnabled, SameGroup::Fail);
    assert!(revoked(&plan(&world, sources())).is_empty());
}

#[test]
fn the_groups_of_a_source_that_failed_are_neither_vanished_nor_shrunk() {
    let mut world = of(two_sources().group("g", "g", &[2, 3]), "g", "b");
    world.connector.leavers.vanished_groups = VanishedGroups::Delete;
    let first = || Ok(Sample::new().person("a1", "a1@x").person("a2", "a2@x"));
    let failed = plan(&world, vec![source("", first()), source("b", Err("no answer"))]);
    assert!(failed.changes.is_empty() && failed.standing.is_empty(), "{:?}", failed.standing);
    let b = Sample::new().person("b1", "b1@x").person("b2", "b2@x");
    let read = plan(&world, vec![source("", first()), source("b", Ok(b))]);
    assert!(read.changes.iter().any(|it| matches!(it, Change::DeleteGroup { .. })));
    // Another source has a group of the same id: what the failed one says of it is not known.
    let world = with(world, AcrossSources::Fail, SameGroup::First);
    let first = Sample::new().person("a1", "a1@x").person("a2", "a2@x").group("g", &["a1"]);
    let failed = plan(&world, vec![source("", Ok(first)), source("b", Err("no answer"))]);
    let [Change::ChangeMembers { added, removed, .. }] = &failed.changes[..] else {
        panic!("{:?}", failed.changes)
    };
    assert_eq!((added.as_slice(), removed.len()), (&["a1".to_owned()][..], 0));
    assert!(
        matches!(&failed.standing[..], [Standing::MembershipsKept { members, .. }] if members == &["b1", "b2"])
    );
}

#[test]
fn a_newcomer_waits_while_a_source_fails_whose_word_would_count() {
    for (rule, failing, waits) in [
        (AcrossSources::First, "", true),
        (AcrossSources::First, "b", false),
        (AcrossSources::Skip, "", true),
        (AcrossSources::Skip, "b", true),
        (AcrossSources::Fail, "", false),
        (AcrossSources::Fail, "b", false),
        (AcrossSources::PreferEnabled, "", false),
        (AcrossSources::PreferEnabled, "b", false),
    ] {
        let mut world = with(two_sources(), rule, SameGroup::Fail);
        world.connector.invitations.per_run = Some(1);
        let newcomer = || Ok(Sample::new().person("new", "new@x"));
        let read = |name| source(name, if name == failing { Err("no answer") } else { newcomer() });
        let plan = plan(&world, vec![read(""), read("b")]);
        let invited = plan.changes.iter().any(|it| matches!(it, Change::Invite { .. }));
        assert_eq!(invited, !waits, "{rule:?} while `{failing}` fails: {:?}", plan.changes);
        let named = plan.left_out.iter().any(|it| {
            matches!(&it.because, LeftOutBecause::SourceNotRead { source } if source.as_str() == failing)
        });
        assert_eq!(named, waits, "{:?}", plan.left_out);
    }
}

#[test]
fn overwriting_waits_until_every_source_is_read() {
    let mut world = two_sources();
    world.sync.overwrite_existing = true;
    let first = || Ok(Sample::new().person("a1", "a1@x").person("a2", "a2@x"));
    let failed = plan(&world, vec![source("", first()), source("b", Err("no answer"))]);
    assert!(failed.overwrite_withheld && revoked(&failed).is_empty());
}

#[test]
fn a_new_source_takes_nothing_in_its_first_run() {
    let mut world =
        World::new().managed("a1", "a1@x").member("b1", "b1@x", MemberStatus::Confirmed, Role::User);
    world = world.member("b2", "b2@x", MemberStatus::Confirmed, Role::User);
    world.state.groups.push(ObservedGroup {
        id: Some(GroupId::new("g")),
        name: "g".to_owned(),
        external_id: Some(ExternalId::new("g")),
        members: Membership::Read(vec![1, 2]),
        collections: None,
    });
    world.ledger.new_sources = vec![SourceName::new("b")];
    world.connector.leavers.disabled = Some(LeaverAction::Revoke);
    let sources = || {
        let b = Sample::new()
            .person("b1", "b1@x")
            .in_state("b2", "b2@x", AccountState::Disabled)
            .group("g", &["b1"]);
        vec![source("", Ok(Sample::new().person("a1", "a1@x"))), source("b", Ok(b))]
    };
    let first = plan(&world, sources());
    assert!(first.changes.is_empty(), "{:?}", first.changes);
    assert_eq!(because(&first, "b2"), &KeptBecause::Baseline);
    assert!(matches!(&first.standing[..], [Standing::MembershipsKept { members, .. }] if members == &["b2"]));
    let desired = Desired::merge(sources(), true, ConflictRules::default()).expect("valid");
    let observed = Observed::Live(world.state.clone());
    let input = world.input(&desired, &observed);
    world.ledger = Plan::build(&input).ledger_after(&input, After::Observed(&world.state), Timestamp(1));
    assert!(world.ledger.new_sources.is_empty());
    assert!(world.ledger.people.iter().any(|it| it.source.as_str() == "b"));
    assert_eq!(revoked(&plan(&world, sources())), ["b2"]);
}

#[test]
fn somebody_of_two_sources_is_one_member_in_the_groups_of_both() {
    let world = with(World::new(), AcrossSources::First, SameGroup::Fail);
    let a = Sample::new().with_stable_id("a1", "A1", "ann@x").group("ga", &["a1"]);
    let b = Sample::new().with_stable_id("b1", "B1", "Ann@x").person("b2", "b2@x").group("gb", &["b2", "b1"]);
    let plan = plan(&world, vec![source("", Ok(a)), source("b", Ok(b))]);
    let [Request::Import(import)] = &plan.requests()[..] else { panic!("one request") };
    let ids: Vec<&str> = import.members.iter().map(|it| it.external_id.as_str()).collect();
    let members = |number: usize| -> Vec<&str> {
        import.groups[number].member_external_ids.iter().map(|it| it.as_str()).collect()
    };
    assert_eq!((ids, members(0), members(1)), (vec!["a1", "b2"], vec!["a1"], vec!["b2", "a1"]));
    assert!(plan.notices.iter().any(|it| matches!(it, PlanNotice::SharedBySources { people: 1, .. })));
}

#[test]
fn somebody_of_two_sources_keeps_the_id_of_the_first_push() {
    // The second source brought her over before the first one had her.
    let mut world = of(World::new().managed("b1", "ann@x").managed("a9", "a9@x"), "b1", "b");
    world.ledger.people[0].stable_id = Some(StableId::new("B1"));
    let world = with(world, AcrossSources::First, SameGroup::Fail);
    let a = Sample::new().with_stable_id("a1", "A1", "ann@x").person("a9", "a9@x");
    let b = Sample::new().with_stable_id("b1", "B1", "ann@x");
    let planned = plan(&world, vec![source("", Ok(a)), source("b", Ok(b))]);
    assert!(planned.changes.is_empty() && planned.standing.is_empty(), "{planned:#?}");
}

#[test]
fn somebody_who_leaves_one_of_two_sources_stays_through_the_other() {
    let world = World::new()
        .managed("a1", "ann@x")
        .managed("a9", "a9@x")
        .leavers(LeaverAction::Remove, LeaverAction::Remove);
    let world = with(world.answer("a1", Presence::NotFound), AcrossSources::First, SameGroup::Fail);
    let sources =
        |b: Result<Sample, &str>| vec![source("", Ok(Sample::new().person("a9", "a9@x"))), source("b", b)];
    let planned = plan(&world, sources(Ok(Sample::new().person("b1", "ann@x"))));
    assert!(revoked(&planned).is_empty());
    assert!(matches!(&planned.changes[..], [Change::ReplaceExternalId { old, .. }] if old.as_str() == "a1"));
    let unknown = plan(&world, sources(Err("no answer")));
    assert!(unknown.changes.is_empty(), "{:?}", unknown.changes);
}

#[test]
fn enabled_in_one_source_is_enabled_where_the_settings_say_so() {
    let world = || {
        let mut world = World::new().managed("a1", "ann@x").managed("a9", "a9@x");
        world.connector.leavers.disabled = Some(LeaverAction::Revoke);
        world.ledger.people[0].stable_id = Some(StableId::new("A1"));
        world
    };
    let sources = || {
        let a = Sample::new()
            .identified_in_state("a1", "A1", "ann@x", AccountState::Disabled)
            .person("a9", "a9@x");
        vec![source("", Ok(a)), source("b", Ok(Sample::new().with_stable_id("b1", "B1", "ann@x")))]
    };
    let first = plan(&with(world(), AcrossSources::First, SameGroup::Fail), sources());
    assert_eq!(revoked(&first), ["a1"]);
    let enabled = plan(&with(world(), AcrossSources::PreferEnabled, SameGroup::Fail), sources());
    assert!(enabled.changes.is_empty() && enabled.standing.is_empty(), "{enabled:#?}");
}

#[test]
fn a_source_that_turned_empty_refuses_the_run_by_itself() {
    let world = two_sources();
    let first = Ok(Sample::new().person("a1", "a1@x").person("a2", "a2@x"));
    let empty = plan(&world, vec![source("", first), source("b", Ok(Sample::new()))]);
    let Verdict::Refused(refusals) = empty.check(&Limits::default(), &[]) else { panic!("it goes") };
    let is_it = |it: &Refusal| matches!(it, Refusal::EmptyDirectory { source, managed: 2, listed: 0, .. } if source.as_str() == "b");
    assert!(refusals.iter().any(is_it), "{refusals:?}");
}

/// The settings that count are those of the source that lost its addresses, also where it composes them.
#[test]
fn the_source_that_lost_its_addresses_is_named_with_its_settings() {
    let world =
        (0..20).fold(World::new().managed_crowd(20), |world, it| of(world, &format!("crowd{it}"), "b"));
    let world = (0..20).fold(world, |world, it| world.managed(&format!("a{it}"), &format!("a{it}@x")));
    let sources = |lacking: usize, suffix: Option<&str>| {
        let all = (0..20).fold(Sample::new(), |it, n| it.person(&format!("a{n}"), &format!("a{n}@x")));
        let b = (0..20).fold(Sample::new(), |it, n| match n < lacking {
            true => it.person_without_address(&format!("crowd{n}")),
            false => it.person(&format!("crowd{n}"), &format!("crowd{n}@x")),
        });
        let mut b = source("b", Ok(b.addresses_by(&["ldap.email-attributes", "sync.emailPrefixAttribute"])));
        if let Ok(read) = &mut b.read {
            read.settings.address.suffix = suffix.map(str::to_owned);
        }
        vec![source("", Ok(all)), b]
    };
    let named = |lacking, suffix| {
        let refusals =
            plan(&world, sources(lacking, suffix)).check(&Limits::default(), &[]).refusals().to_vec();
        match &refusals[..] {
            [Refusal::AddressesLost { source, settings, lost, .. }] => {
                (source.as_str().to_owned(), settings.join(" "), *lost)
            }
            other => panic!("{other:?}"),
        }
    };
    let of_b = "ldap.email-attributes sync.emailPrefixAttribute";
    assert_eq!(named(20, None), ("b".to_owned(), of_b.to_owned(), 20));
    assert_eq!(named(9, Some("@x")), ("b".to_owned(), format!("{of_b} sync.emailSuffix"), 9));
}

#[test]
fn groups_of_one_id_are_one_group_or_the_first_ones() {
    let sources = || {
        let a = Sample::new().person("a1", "a1@x").group("g", &["a1"]);
        vec![source("", Ok(a)), source("b", Ok(Sample::new().person("b1", "b1@x").group("g", &["b1"])))]
    };
    assert!(Desired::merge(sources(), true, ConflictRules::default()).is_err());
    let members = |rule| {
        let plan = plan(&with(World::new(), AcrossSources::Fail, rule), sources());
        let [Request::Import(import)] = &plan.requests()[..] else { panic!("one request") };
        let dropped = plan.left_out.iter().any(|it| it.because == LeftOutBecause::GroupIdTaken);
        (import.groups[0].member_external_ids.len(), import.groups.len(), dropped)
    };
    assert_eq!(members(SameGroup::First), (1, 1, true));
    assert_eq!(members(SameGroup::Merge), (2, 1, false));
}

#[test]
fn ids_belong_to_their_source() {
    // Both directories number their entries, and mean different people by the same number.
    let mut world = of(World::new().managed("b1", "b@x").managed("a1", "a@x"), "b1", "b");
    world.ledger.people[0].stable_id = Some(StableId::new("1"));
    world.ledger.people[1].stable_id = Some(StableId::new("1"));
    let a = Sample::new().with_stable_id("a2", "1", "a@x");
    let b = Sample::new().with_stable_id("b2", "1", "b@x");
    let planned = plan(&world, vec![source("", Ok(a)), source("b", Ok(b))]);
    assert!(planned.changes.is_empty() && planned.standing.is_empty(), "{planned:#?}");
}

#[test]
fn people_of_a_source_that_is_not_configured_any_more_stay() {
    let world = two_sources();
    let first = Ok(Sample::new().person("a1", "a1@x").person("a2", "a2@x"));
    let mut world = world;
    world.presences.insert(ExternalId::new("b1"), Presence::Unknown { reason: "no source".to_owned() });
    world.presences.insert(ExternalId::new("b2"), Presence::Unknown { reason: "no source".to_owned() });
    let planned = plan(&world, vec![source("", first)]);
    assert!(planned.changes.is_empty());
    assert!(planned.notices.iter().any(|it| matches!(it, PlanNotice::SourceNotConfigured { people: 2, .. })));
}

/// Somebody whom both directories have under one id; the first one says whether the account is enabled.
fn shared(status: MemberStatus) -> World {
    let mut world = World::new().member("x", "ann@x", status, Role::User).managed("b9", "b9@x");
    let mut ann = managed_person("x", "ann@x");
    ann.stable_id = Some(StableId::new("A"));
    ann.revoked_by_us = status == MemberStatus::Revoked;
    world.ledger.people.push(ann);
    world.connector.leavers.disabled = Some(LeaverAction::Revoke);
    with(of(world, "b9", "b"), AcrossSources::First, SameGroup::First)
}

fn of_both(first: Result<AccountState, &str>, second: AccountState) -> Vec<Source> {
    let first = first.map(|it| Sample::new().identified_in_state("x", "A", "ann@x", it));
    let b = Sample::new().identified_in_state("x", "B", "ann@x", second).person("b9", "b9@x");
    vec![source("", first), source("b", Ok(b))]
}

#[test]
fn while_the_first_source_fails_another_one_neither_takes_its_people_nor_brings_them_back() {
    use AccountState::{Disabled, Enabled};
    let world = shared(MemberStatus::Confirmed);
    assert_eq!(revoked(&plan(&world, of_both(Ok(Disabled), Enabled))), ["x"]);
    for second in [Disabled, Enabled] {
        let failed = plan(&world, of_both(Err("no answer"), second));
        assert!(failed.changes.is_empty(), "{second:?}: {:?}", failed.changes);
    }
    let failed = plan(&world, of_both(Err("no answer"), Disabled));
    assert!(matches!(because(&failed, "x"), KeptBecause::Unconfirmed { .. }));
    let desired = Desired::merge(of_both(Err("no answer"), Disabled), true, world.connector.conflicts);
    let (desired, observed) = (desired.expect("a valid state"), Observed::Live(world.state.clone()));
    let after =
        failed.ledger_after(&world.input(&desired, &observed), After::Observed(&world.state), world.now);
    assert!(after.people.iter().all(|it| it.out.is_none()), "a grace has begun");
    let world = shared(MemberStatus::Revoked);
    let back = plan(&world, of_both(Ok(Enabled), Disabled));
    assert!(matches!(&back.changes[..], [Change::Restore { .. }]), "{:?}", back.changes);
    let failed = plan(&world, of_both(Err("no answer"), Enabled));
    assert!(failed.changes.is_empty(), "{:?}", failed.changes);
    assert!(matches!(because(&failed, "x"), KeptBecause::Unconfirmed { .. }));
}

#[test]
fn while_the_first_source_fails_its_groups_get_no_members_of_another_one() {
    let world = World::new().managed("a1", "a1@x").managed("b1", "b1@x").group("g", "g", &[0]);
    let world = with(of(world, "b1", "b"), AcrossSources::Fail, SameGroup::First);
    let sources = |first| {
        let b = Sample::new().person("b1", "b1@x").group("g", &["b1"]);
        vec![source("", first), source("b", Ok(b))]
    };
    let a = Sample::new().person("a1", "a1@x").group("g", &["a1"]);
    assert!(plan(&world, sources(Ok(a))).changes.is_empty());
    let failed = plan(&world, sources(Err("no answer")));
    assert!(failed.changes.is_empty(), "{:?}", failed.changes);
    assert!(failed.left_out.iter().any(|it| it.because == LeftOutBecause::GroupIdTaken));
}
