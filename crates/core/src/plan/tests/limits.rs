//! Limits that look back, seats, invitations and what exactly an approval covers.

use super::*;
use crate::snapshot::Overlooked;

fn refusals(plan: &Plan) -> Vec<Refusal> {
    plan.check(&Limits::default(), &[]).refusals().to_vec()
}

/// A plan in which the people with these numbers, of `managed`, are gone.
fn leaving(managed: usize, gone: std::ops::Range<usize>, recent: &ApprovalScope) -> Plan {
    let mut world = World::new().managed_crowd(managed).leavers(LeaverAction::Revoke, LeaverAction::Keep);
    world.recent = recent.clone();
    for number in gone.clone() {
        world = world.answer(&format!("crowd{number}"), Presence::NotFound);
    }
    let left = (0..managed).filter(|it| !gone.contains(it)).map(|it| format!("crowd{it}"));
    world.plan(left.fold(Sample::new(), |sample, it| sample.person(&it, &format!("{it}@x"))))
}

#[test]
fn many_small_runs_take_no_more_than_one_large() {
    let mut recent = ApprovalScope::default();
    for run in 0..3 {
        let plan = leaving(1000, run * 3..run * 3 + 3, &recent);
        assert!(is_go(&plan), "run {run}");
        recent.add(&plan.counted(&Limits::default()));
    }
    assert!(is_go(&leaving(1000, 9..10, &recent)));
    let refused = refusals(&leaving(1000, 9..12, &recent));
    assert_eq!(
        refused,
        [Refusal::TooManyRemovals {
            planned: 12,
            allowed: 10,
            managed: 1000,
            earlier: 9,
            hours: 24,
            needed: needed(Some(12), None)
        }]
    );
    // The same people again, after a run that failed half-way, are not counted twice.
    assert!(is_go(&leaving(1000, 0..9, &recent)));
    // Who takes nothing away is not held up by what was taken before.
    assert!(is_go(&leaving(1000, 0..0, &recent)));
}

#[test]
fn three_may_leave_a_small_organization_but_never_more_than_half_of_it() {
    let none = ApprovalScope::default();
    for (managed, most) in
        [(2, 1), (3, 1), (4, 2), (5, 2), (6, 3), (20, 3), (40, 3), (59, 3), (79, 3), (80, 4)]
    {
        assert!(is_go(&leaving(managed, 0..most, &none)), "{most} of {managed}");
        assert!(!is_go(&leaving(managed, 0..most + 1, &none)), "{} of {managed}", most + 1);
    }
    // What somebody set is never raised.
    let plan = leaving(40, 0..3, &none);
    let set = |removals, removals_percent| Limits { removals, removals_percent, ..Limits::default() };
    for (limits, passes) in [
        (set(10, None), true),
        (set(10, Some(5)), false),
        (set(2, None), false),
        (set(10, Some(8)), true),
        (set(0, None), false),
    ] {
        assert_eq!(plan.check(&limits, &[]) == Verdict::Go, passes, "{limits:?}");
    }
}

fn needed(removals: Option<usize>, removals_percent: Option<usize>) -> RemovalLimits {
    RemovalLimits { removals, removals_percent }
}

/// The smaller of the two counts: each that is in the way is named, with the least that lets the plan pass.
#[test]
fn what_would_let_leavers_pass_is_noted_and_lets_them_pass() {
    let set = |removals, removals_percent| Limits { removals, removals_percent, ..Limits::default() };
    for (managed, leavers, limits, expected) in [
        (1000, 12, set(10, None), needed(Some(12), None)),
        (100, 7, set(10, None), needed(None, Some(7))),
        (97, 7, set(10, Some(5)), needed(None, Some(8))),
        (100, 12, set(10, None), needed(Some(12), Some(12))),
        (40, 4, set(3, Some(50)), needed(Some(4), None)),
        (6, 4, set(10, None), needed(None, Some(67))),
    ] {
        let plan = leaving(managed, 0..leavers, &ApprovalScope::default());
        let verdict = plan.check(&limits, &[]);
        let told = verdict.refusals().iter().find_map(|it| match it {
            Refusal::TooManyRemovals { needed, .. } => Some(*needed),
            _ => None,
        });
        assert_eq!(told, Some(expected), "{leavers} of {managed}");
        let raised = Limits {
            removals: expected.removals.map_or(limits.removals, |it| it as u32),
            removals_percent: expected.removals_percent.map_or(limits.removals_percent, |it| Some(it as u32)),
            ..limits
        };
        assert_eq!(plan.check(&raised, &[]), Verdict::Go, "{leavers} of {managed}");
    }
}

#[test]
fn one_person_who_leaves_in_spite_of_a_limit_of_none_is_said() {
    let plan = |removals, leavers: usize| {
        let mut world = World::new().managed_crowd(40).leavers(LeaverAction::Revoke, LeaverAction::Keep);
        world.connector.limits.removals = removals;
        for number in 0..leavers {
            world = world.answer(&format!("crowd{number}"), Presence::NotFound);
        }
        let left = (leavers..40).map(|it| format!("crowd{it}"));
        world.plan(left.fold(Sample::new(), |sample, it| sample.person(&it, &format!("{it}@x"))))
    };
    for (removals, leavers, said) in [(0, 0, false), (0, 1, true), (0, 2, false), (1, 1, false)] {
        let plan = plan(removals, leavers);
        assert_eq!(
            plan.notices == [PlanNotice::OneMayLeave],
            said,
            "{removals} {leavers}: {:?}",
            plan.notices
        );
    }
}

#[test]
fn somebody_revoked_and_then_removed_is_one_person() {
    let id = || std::collections::BTreeSet::from(["gone".to_owned()]);
    let recent = ApprovalScope { revoked: id(), removed: id(), ..ApprovalScope::default() };
    // 5 % of 79 members and of the one who was among them are four.
    let refused = refusals(&leaving(79, 0..4, &recent));
    assert_eq!(
        refused,
        [Refusal::TooManyRemovals {
            planned: 5,
            allowed: 4,
            managed: 80,
            earlier: 1,
            hours: 24,
            needed: needed(None, Some(7))
        }]
    );
}

#[test]
fn what_was_approved_does_not_count_against_later_runs() {
    let plan = leaving(100, 0..7, &ApprovalScope::default());
    let approved = plan.refused(&Limits::default());
    assert_eq!(plan.check(&Limits::default(), &[approved]), Verdict::Go);
    let recent = plan.counted(&Limits::default());
    assert!(recent.takes_nothing());
    assert!(is_go(&leaving(100, 7..12, &recent)) && !is_go(&leaving(100, 7..13, &recent)));
}

#[test]
fn an_approval_covers_the_refused_actions_and_leaves_the_rest_alone() {
    let mut world = World::new().managed_crowd(100).leavers(LeaverAction::Revoke, LeaverAction::Keep).group(
        "g",
        "g",
        &[0, 1, 2],
    );
    for number in 90..98 {
        world = world.answer(&format!("crowd{number}"), Presence::NotFound);
    }
    let directory = |members: &[&str]| {
        let stay = crowd(90).person("crowd98", "crowd98@x").person("crowd99", "crowd99@x");
        stay.group("g", members)
    };
    let refused = world.plan(directory(&["crowd0", "crowd1", "crowd2"])).refused(&Limits::default());
    assert_eq!((refused.revoked.len(), refused.memberships.len()), (8, 0));
    // Something else that is within its own limit does not need the approval.
    let plan = world.plan(directory(&["crowd0", "crowd1"]).person("new", "new@x"));
    assert_eq!(plan.check(&Limits::default(), &[refused]), Verdict::Go);
}

#[test]
fn small_groups_are_not_emptied_one_after_the_other() {
    let world = |recent: ApprovalScope| {
        let groups = (0..30).fold(World::new().managed_crowd(30), |world, it| {
            world.group(&format!("g{it}"), &format!("g{it}"), &[it])
        });
        World { recent, ..groups }
    };
    let directory = |emptied: std::ops::Range<usize>| {
        (0..30).fold(crowd(30), |sample, it| {
            let member = format!("crowd{it}");
            let members = [member.as_str()];
            sample.group(&format!("g{it}"), if emptied.contains(&it) { &[] } else { &members[..] })
        })
    };
    let first = world(ApprovalScope::default()).plan(directory(0..3));
    assert!(is_go(&first));
    assert_eq!(
        refusals(&world(ApprovalScope::default()).plan(directory(0..4))),
        [Refusal::TooManyGroups { planned: 4, allowed: 3, earlier: 0 }]
    );
    assert!(!is_go(&world(first.counted(&Limits::default())).plan(directory(3..4))));
}

#[test]
fn a_group_that_loses_more_than_half_by_and_by_is_seen() {
    let world = World::new().managed_crowd(10).group("g", "g", &[0, 1, 2, 3, 4, 5]);
    let recent = ApprovalScope {
        memberships: [6, 7, 8].map(|it| ("g".to_owned(), format!("crowd{it}"))).into(),
        ..ApprovalScope::default()
    };
    let world = World { recent, ..world };
    let plan = |members: &[&str]| world.plan(crowd(10).group("g", members));
    assert!(is_go(&plan(&["crowd0", "crowd1", "crowd2", "crowd3", "crowd4"])));
    assert_eq!(
        refusals(&plan(&["crowd0", "crowd1", "crowd2", "crowd3"])),
        [Refusal::GroupEmptied { group: "g".into(), before: 9, lost: 5, earlier: 3 }]
    );
}

#[test]
fn memberships_of_leavers_are_counted_with_the_leavers() {
    let world = World::new()
        .managed_crowd(200)
        .leavers(LeaverAction::Remove, LeaverAction::Keep)
        .group("g", "g", &[0, 1, 2, 3])
        .answer("crowd0", Presence::NotFound)
        .answer("crowd1", Presence::NotFound)
        .answer("crowd2", Presence::NotFound);
    let directory =
        (3..200).fold(Sample::new(), |it, n| it.person(&format!("crowd{n}"), &format!("crowd{n}@x")));
    assert!(is_go(&world.plan(directory.group("g", &["crowd3"]))));
}

#[test]
fn groups_switched_off_and_on_again_have_not_vanished() {
    let mut world = World::new().managed("a", "a@x").group("g", "g", &[0]);
    world.sync.groups = false;
    let organization = OrganizationState { members: world.state.members.clone(), groups: Vec::new() };
    let desired = Sample::new().person("a", "a@x").desired(&world.sync).expect("valid");
    let observed = Observed::Live(organization.clone());
    let input = world.input(&desired, &observed);
    let next = Plan::build(&input).ledger_after(&input, After::Observed(&organization), Timestamp(1));
    world.ledger = next;
    world.sync.groups = true;
    assert_eq!(
        refusals(&world.plan(Sample::new().person("a", "a@x"))),
        [Refusal::NoGroups { source: SourceName::primary(), managed: 1 }]
    );
}

#[test]
fn a_flood_of_invitations_waits_but_for_the_first_run() {
    let mut world = World::new().managed_crowd(300);
    assert!(is_go(&world.plan(crowd(330))));
    assert_eq!(refusals(&world.plan(crowd(331))), [Refusal::TooManyInvitations { planned: 31, allowed: 30 }]);
    let approval = world.plan(crowd(331)).refused(&Limits::default());
    assert_eq!(
        world.plan(crowd(331)).check(&Limits::default(), std::slice::from_ref(&approval)),
        Verdict::Go
    );
    assert!(matches!(world.plan(crowd(332)).check(&Limits::default(), &[approval]), Verdict::Refused(_)));
    world.ledger.baseline_taken = false;
    assert!(is_go(&world.plan(crowd(331))));
}

/// A first run on an organization in which `members` people are in no group, and a directory that finds all of them in one.
fn taken_over(members: usize, baseline_taken: bool) -> Plan {
    let mut world = World::new().managed_crowd(members + 1).group("g", "g", &[members]);
    if !baseline_taken {
        world.ledger = LedgerState::default();
    }
    let names: Vec<String> = (0..=members).map(|it| format!("crowd{it}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let sample = crowd(members + 1).group("g", &names).overlooked(0, 0..members, Overlooked::PrimaryGroup);
    world.plan(sample)
}

#[test]
fn memberships_found_anew_are_named_by_cause_and_limited_on_the_first_run() {
    let allowed = Limits::default().memberships as usize;
    let few = taken_over(allowed, false);
    let [PlanNotice::FoundAnew { members, why: Overlooked::PrimaryGroup, group }] = &few.notices[..] else {
        panic!("{:?}", few.notices)
    };
    assert_eq!((members.len(), group.name.as_str()), (allowed, "g"));
    assert_eq!(members[0], "crowd0@x");
    assert!(is_go(&few));

    let many = taken_over(allowed + 1, false);
    assert_eq!(refusals(&many), [Refusal::TooManyFoundAnew { planned: allowed + 1, allowed }]);
    let approved = many.refused(&Limits::default());
    assert_eq!(approved.anew.len(), allowed + 1);
    assert_eq!(many.check(&Limits::default(), std::slice::from_ref(&approved)), Verdict::Go);
    let more = taken_over(allowed + 2, false);
    assert!(
        matches!(more.check(&Limits::default(), &[approved]), Verdict::Refused(_)),
        "one whom nobody approved"
    );
    assert_eq!(many.check(&Limits { off: true, ..Limits::default() }, &[]), Verdict::Go);

    let later = taken_over(allowed + 1, true);
    assert!(is_go(&later) && later.notices.is_empty(), "who joins after that has joined");
}

#[test]
fn overwriting_waits_for_groups_whose_members_were_not_read() {
    let mut world = World::new().managed("a", "a@x").managed("b", "b@x").group("g", "g", &[0, 1]);
    world.sync.overwrite_existing = true;
    let directory = || Sample::new().person("a", "a@x").person("b", "b@x").person("c", "c@x");
    let whole = |world: &World| {
        let requests = world.plan(directory().group("g", &["a"])).requests();
        requests.iter().any(|it| matches!(it, Request::WholeImport(_)))
    };
    assert!(whole(&world));
    world.state.groups[0].members = Membership::NotRead;
    let plan = world.plan(directory().group("g", &["a"]));
    assert!(plan.overwrite_withheld && !whole(&world));
    let [Request::Import(import)] = &plan.requests()[..] else { panic!("one request") };
    assert!(import.groups.is_empty(), "{:?}", import.groups);
}

/// A take-over that reads another base than before would follow nobody from then on.
#[test]
fn a_first_run_that_finds_few_of_the_directorys_own_people_is_refused() {
    let world = |unfound| {
        let mut world = World::new().managed_crowd(40);
        world.ledger = LedgerState::default();
        world.unfound_of_directory = unfound;
        world
    };
    let verdict = |world: &World, found| world.plan(crowd(found)).check(&world.connector.limits, &[]);
    let refusal = |nothing_synced| Refusal::FewFound { found: 1, members: 40, percent: 50, nothing_synced };
    assert_eq!(verdict(&world(39), 1), Verdict::Refused(vec![refusal(false)]));
    let mut nothing = world(39);
    (nothing.sync.users, nothing.sync.groups) = (false, false);
    assert_eq!(verdict(&nothing, 1), Verdict::Refused(vec![refusal(true)]), "and the settings are the cause");
    assert_eq!(verdict(&world(20), 20), Verdict::Go);
    // Ids of another connector are none of this directory's.
    assert_eq!(verdict(&world(0), 1), Verdict::Go);
    let refused = world(39).plan(crowd(1)).refused(&Limits::default());
    assert!(refused.few_found && refused.takes_nothing());
    assert_eq!(world(39).plan(crowd(1)).check(&Limits::default(), &[refused]), Verdict::Go);
    let mut lenient = world(39);
    lenient.connector.limits.first_read_percent = 2;
    assert_eq!(verdict(&lenient, 1), Verdict::Go);
    // Later runs follow the ledger.
    let mut later = world(39);
    later.ledger.baseline_taken = true;
    assert_eq!(verdict(&later, 1), Verdict::Go);
}

/// With another address attribute the directory shows everybody, and nobody's address.
fn without_addresses(managed: usize, lacking: usize) -> Sample {
    (0..managed).fold(Sample::new(), |sample, it| match it < lacking {
        true => sample.person_without_address(&format!("crowd{it}")),
        false => sample.person(&format!("crowd{it}"), &format!("crowd{it}@x")),
    })
}

fn addresses_lost(lost: usize) -> Refusal {
    let settings = vec!["sync.userEmailAttribute".to_owned()];
    Refusal::AddressesLost { lost, allowed: 3, managed: 62, source: SourceName::primary(), settings }
}

#[test]
fn many_who_lost_their_address_are_a_wrong_attribute_and_not_a_standstill() {
    let mut world = World::new().managed_crowd(62);
    let verdict = |world: &World, lacking| refusals(&world.plan(without_addresses(62, lacking)));
    for lacking in [4, 61, 62] {
        assert_eq!(verdict(&world, lacking), [addresses_lost(lacking)], "{lacking}");
    }
    // Blank and invalid ones are none either.
    let odd = |n: usize| if n.is_multiple_of(2) { String::new() } else { format!("Ann {n}") };
    let odd = (0..62).fold(Sample::new(), |it, n| it.person(&format!("crowd{n}"), &odd(n)));
    assert!(matches!(refusals(&world.plan(odd))[..], [Refusal::AddressesLost { lost: 62, .. }]));
    assert_eq!(verdict(&world, 3), []);
    // Approved once, these and no others.
    let approval = world.plan(without_addresses(62, 9)).refused(&Limits::default());
    assert_eq!((approval.addresses_lost.len(), approval.takes_nothing()), (9, true));
    let approved = |lacking| {
        world.plan(without_addresses(62, lacking)).check(&Limits::default(), std::slice::from_ref(&approval))
    };
    assert_eq!((approved(9), approved(8)), (Verdict::Go, Verdict::Go));
    assert!(matches!(approved(10), Verdict::Refused(_)));
    assert_eq!(
        world.plan(without_addresses(62, 62)).check(&Limits { off: true, ..Limits::default() }, &[]),
        Verdict::Go
    );

    // What a run has seen is not new in the next; who has an address again is forgotten.
    let carry_out = |world: &World, lacking| {
        let desired = without_addresses(62, lacking).desired(&world.sync).expect("valid");
        let observed = Observed::Live(world.state.clone());
        let input = world.input(&desired, &observed);
        Plan::build(&input).ledger_after(&input, After::Observed(&world.state), Timestamp(1))
    };
    world.ledger = carry_out(&world, 9);
    assert_eq!(world.ledger.without_address.len(), 9);
    assert_eq!((verdict(&world, 9), verdict(&world, 12)), (vec![], vec![]));
    assert_eq!(verdict(&world, 13), [addresses_lost(4)]);
    world.ledger = carry_out(&world, 2);
    assert_eq!(world.ledger.without_address.len(), 2);
    // Who has left keeps nobody waiting: nobody is known of those whom the ledger does not know.
    world.ledger.people.clear();
    assert_eq!(verdict(&world, 9), []);
}

#[test]
fn a_directory_of_people_without_an_address_is_an_empty_one() {
    let world = World::new().managed("a", "a@x");
    let plan = world.plan(Sample::new().person_without_address("a"));
    let empty = Refusal::EmptyDirectory {
        source: SourceName::primary(),
        managed: 1,
        listed: 1,
        settings: vec!["sync.userEmailAttribute".to_owned()],
    };
    assert_eq!(refusals(&plan), [empty]);
    // Deleted people have none any more: they are no sign of a wrong attribute.
    let plan = world.plan(Sample::new().deleted_without_address("b"));
    assert!(matches!(refusals(&plan)[..], [Refusal::EmptyDirectory { listed: 0, .. }]), "{plan:#?}");
    // Where nobody is a member yet, it is no refusal, and said all the same.
    let told = |sample: Sample| {
        let plan = World::new().plan(sample);
        let told = plan.notices.iter().filter(|it| matches!(it, PlanNotice::NobodyHasAddress { .. }));
        (told.cloned().collect::<Vec<_>>(), is_go(&plan))
    };
    let notice = PlanNotice::NobodyHasAddress {
        source: SourceName::primary(),
        listed: 2,
        settings: vec!["sync.userEmailAttribute".to_owned()],
    };
    assert_eq!(told(without_addresses(2, 2)), (vec![notice], true));
    assert_eq!(told(without_addresses(2, 1)), (vec![], true));
    // A first run, whose ledger knows nobody, has to find those with an address.
    let mut world = World::new().managed_crowd(40);
    world.ledger = LedgerState::default();
    let desired = without_addresses(40, 39).desired(&world.sync).expect("valid");
    assert_eq!(unfound(&desired, &Observed::Live(world.state)).len(), 39);
}

/// Who is in it may be anybody: to invite others first, or nobody, would be a guess.
#[test]
fn a_pilot_group_whose_members_are_not_shown_lets_no_run_pass() {
    let mut world = World::new();
    world.connector.invitations.pilot_group = Some("pilots".to_owned());
    let directory = || crowd(3).group("pilots", &["inner"]).group("inner", &[]);
    for (pilot_only, per_run) in [(true, None), (false, Some(1)), (false, None)] {
        world.connector.invitations.pilot_only = pilot_only;
        world.connector.invitations.per_run = per_run;
        // Nor one in which nobody is for sure, while somebody may be.
        let nobody_shown = || crowd(3).group("pilots", &[]).hides_groups(&["crowd0"]);
        let hidden = ["pilots", "inner"].map(|it| directory().hides_members(&[it]));
        for hides in hidden.into_iter().chain([nobody_shown()]) {
            let plan = world.plan(hides);
            let refused = Verdict::Refused(vec![Refusal::PilotGroupHidden { group: "pilots".to_owned() }]);
            assert_eq!(plan.check(&Limits::default(), &[plan.refused(&Limits::default())]), refused);
            assert_eq!(plan.check(&Limits { off: true, ..Limits::default() }, &[]), refused);
        }
        assert!(is_go(&world.plan(directory())));
    }
    world.connector.invitations.pilot_group = None;
    assert!(is_go(&world.plan(directory().hides_members(&["pilots"]))));
}
