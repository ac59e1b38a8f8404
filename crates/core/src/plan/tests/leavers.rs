//! Grace, groups that vanish, and who is invited.

use super::*;

/// `a` and `b` are in a group; the directory lists `b` only, and answers this about `a`.
fn in_a_group(answer: Option<Presence>) -> World {
    let mut world = World::new().managed_crowd(40).managed("a", "a@x").managed("b", "b@x");
    world = world.leavers(LeaverAction::Revoke, LeaverAction::Revoke).group("g", "g", &[40, 41]);
    if let Some(answer) = answer {
        world.presences.insert(ExternalId::new("a"), answer);
    }
    world
}

#[test]
fn whoever_is_kept_on_a_doubt_keeps_the_groups() {
    let unknown = Presence::Unknown { reason: "accountEnabled is not shown".into() };
    let hidden = Presence::Hidden(HiddenBecause::PlaceUnknown);
    for answer in [None, Some(unknown), Some(hidden)] {
        let world = in_a_group(answer.clone());
        let directory = |members: &[&str]| crowd(40).person("b", "b@x").group("g", members);
        let plan = world.plan(directory(&["b"]));
        assert!(plan.is_empty() && plan.requests().is_empty(), "{answer:?}: {:?}", plan.changes);
        let [Standing::MembershipsKept { members, because, .. }] = &plan.standing[..] else {
            panic!("{:?}", plan.standing)
        };
        assert_eq!((&members[..], *because), (&["a".to_owned()][..], MembershipsKeptBecause::Unconfirmed));
        // Nor does the group lose them when it is sent for somebody else.
        let plan = world.plan(directory(&["b", "crowd0"]));
        let [Request::Import(import)] = &plan.requests()[..] else { panic!("{plan:?}") };
        let listed: Vec<&str> = import.groups[0].member_external_ids.iter().map(ExternalId::as_str).collect();
        assert_eq!(listed, ["b", "crowd0", "a"], "{answer:?}");
    }
    // Whoever is known to have left goes out of it.
    let plan =
        in_a_group(Some(Presence::Found { at: None })).plan(crowd(40).person("b", "b@x").group("g", &["b"]));
    assert!(plan.changes.iter().any(|it| matches!(it, Change::ChangeMembers { .. })), "{:?}", plan.changes);
}

#[test]
fn a_request_that_overwrites_leaves_in_their_groups_whom_nobody_knows() {
    let mut world = in_a_group(Some(Presence::Unknown { reason: "busy".into() }));
    world.sync.overwrite_existing = true;
    let sample = crowd(40).person("b", "b@x").person("new", "new@x").group("g", &["b"]).group("shy", &[]);
    let plan = world.plan(sample.hides_members(&["shy"]));
    let [Request::WholeImport(whole)] = &plan.requests()[..] else { panic!("{plan:?}") };
    let groups: Vec<_> =
        whole.groups.iter().map(|it| (it.name.as_str(), &it.member_external_ids[..])).collect();
    assert_eq!(groups, [("g", &[ExternalId::new("b"), ExternalId::new("a")][..])]);
}
use crate::observed::HiddenBecause;
use crate::settings::VanishedGroups;

pub(super) const DAY: i64 = 24 * 60 * 60 * 1000;

/// Forty people and `a`, who is missing; a day of grace for each cause.
fn waiting(presence: Presence) -> World {
    let mut world = World::new()
        .managed_crowd(40)
        .managed("a", "a@x")
        .leavers(LeaverAction::Revoke, LeaverAction::Revoke)
        .answer("a", presence);
    world.connector.leavers.disabled = Some(LeaverAction::Revoke);
    world.connector.leavers.disabled_grace_hours = 24;
    world.connector.leavers.gone_grace_hours = 24;
    world.connector.leavers.out_of_scope_grace_hours = 24;
    world
}

/// Plans at `now` and takes over what the ledger remembers of it, as a run does.
pub(super) fn run_at(world: &mut World, now: i64, directory: Sample) -> Plan {
    world.now = Timestamp(now);
    let desired = directory.desired(&world.sync).expect("valid");
    let observed = Observed::Live(world.state.clone());
    let input = world.input(&desired, &observed);
    let plan = Plan::build(&input);
    let next = plan.ledger_after(&input, After::Observed(&world.state), world.now);
    world.ledger = next;
    plan
}

#[test]
fn grace_is_a_time_and_not_a_number_of_runs() {
    let mut world = waiting(Presence::NotFound);
    for minute in 0..10 {
        let plan = run_at(&mut world, minute, crowd(40));
        assert!(plan.is_empty(), "{:?}", plan.changes);
        assert_eq!(plan.kept[0].because, KeptBecause::Grace { until: Timestamp(DAY) });
    }
    assert!(run_at(&mut world, DAY - 1, crowd(40)).is_empty());
    assert_eq!(run_at(&mut world, DAY, crowd(40)).removals().count(), 1);
}

#[test]
fn another_cause_begins_anew_and_a_return_ends_it() {
    let mut world = waiting(Presence::Found { at: None });
    assert!(run_at(&mut world, 0, crowd(40)).is_empty());
    world = world.answer("a", Presence::NotFound);
    assert!(run_at(&mut world, DAY - 1, crowd(40)).is_empty());
    assert!(run_at(&mut world, DAY, crowd(40)).is_empty(), "gone for one moment only");
    // What nobody knows neither ends nor begins anything.
    world = world.answer("a", Presence::Unknown { reason: "busy".into() });
    assert!(run_at(&mut world, 2 * DAY - 2, crowd(40)).is_empty());
    world = world.answer("a", Presence::NotFound);
    assert_eq!(run_at(&mut world, 2 * DAY - 1, crowd(40)).removals().count(), 1);
    assert!(run_at(&mut world, 2 * DAY, crowd(40).person("a", "a@x")).is_empty());
    assert!(run_at(&mut world, 2 * DAY + 1, crowd(40)).is_empty(), "the clock began anew");
}

#[test]
fn a_disabled_person_has_grace_too() {
    let mut world = waiting(Presence::Found { at: None });
    let disabled = || crowd(40).in_state("a", "a@x", AccountState::Disabled);
    assert!(run_at(&mut world, 0, disabled()).is_empty());
    let plan = run_at(&mut world, DAY, disabled());
    assert_eq!(plan.requests(), [Request::Revoke(MemberId::new("m-a@x"))]);
}

#[test]
fn who_is_disabled_and_no_longer_selected_counts_as_disabled() {
    let world =
        || World::new().managed_crowd(40).managed("a", "a@x").answer("a", Presence::Disabled { at: None });
    let id = || MemberId::new("m-a@x");
    for (action, requests, kept) in [
        (Some(LeaverAction::Revoke), vec![Request::Revoke(id())], None),
        (Some(LeaverAction::Remove), vec![Request::Remove(id())], None),
        (Some(LeaverAction::Keep), vec![], Some(KeptBecause::Policy)),
        (None, vec![], Some(KeptBecause::Parity)),
    ] {
        for remove_disabled in [false, true] {
            // What is done to others who are not selected, or not there, says nothing of the disabled.
            for others in [LeaverAction::Keep, LeaverAction::Remove] {
                let mut world = world().leavers(others, others);
                world.connector.leavers.disabled = action;
                world.sync.remove_disabled = remove_disabled;
                let plan = world.plan(crowd(40));
                assert_eq!(plan.requests(), requests, "{action:?} {remove_disabled} {others:?}");
                let causes: Vec<_> = plan.kept.iter().map(|it| (it.cause, it.because.clone())).collect();
                let expected = kept.clone().map(|because| (Some(Cause::Disabled), because));
                assert_eq!(causes, Vec::from_iter(expected), "{action:?} {remove_disabled} {others:?}");
                let by_cause = |it: &Change| {
                    matches!(
                        it,
                        Change::Revoke { cause: Cause::Disabled, .. }
                            | Change::Remove { cause: Cause::Disabled, .. }
                    )
                };
                assert!(plan.changes.iter().all(by_cause), "{:?}", plan.changes);
                assert_eq!(plan.changes.len(), requests.len());
            }
        }
    }
}

#[test]
fn vaultwarden_revokes_who_is_disabled_and_no_longer_selected() {
    let mut world =
        World::new().managed_crowd(40).managed("a", "a@x").answer("a", Presence::Disabled { at: None });
    world.server = ServerKind::Vaultwarden;
    assert!(world.plan(crowd(40)).is_empty(), "as today");
    world.connector.leavers.disabled = Some(LeaverAction::Revoke);
    let plan = world.plan(crowd(40));
    assert!(
        matches!(plan.changes[..], [Change::Revoke { cause: Cause::Disabled, .. }]),
        "{:?}",
        plan.changes
    );
    assert!(plan.sent.import.members.iter().any(|it| it.deleted && it.external_id.as_str() == "a"));
}

#[test]
fn the_grace_of_the_disabled_goes_on_when_they_are_no_longer_selected() {
    let mut world = waiting(Presence::Disabled { at: None });
    world.connector.leavers.out_of_scope_grace_hours = 0;
    let listed = || crowd(40).in_state("a", "a@x", AccountState::Disabled);
    assert!(run_at(&mut world, 0, listed()).is_empty());
    let plan = run_at(&mut world, DAY - 1, crowd(40));
    assert!(plan.is_empty(), "{:?}", plan.changes);
    assert_eq!(plan.kept[0].because, KeptBecause::Grace { until: Timestamp(DAY) });
    let plan = run_at(&mut world, DAY, crowd(40));
    assert_eq!(plan.requests(), [Request::Revoke(MemberId::new("m-a@x"))]);
}

#[test]
fn who_is_enabled_again_and_not_selected_is_out_of_scope_from_then_on() {
    let mut world = waiting(Presence::Disabled { at: None });
    assert!(run_at(&mut world, 0, crowd(40)).is_empty());
    world = world.answer("a", Presence::Found { at: None });
    let plan = run_at(&mut world, DAY, crowd(40));
    assert!(plan.is_empty(), "{:?}", plan.changes);
    assert_eq!(plan.kept[0].because, KeptBecause::Grace { until: Timestamp(2 * DAY) });
}

#[test]
fn two_entries_with_one_stable_id_are_two_people_and_nobody_leaves() {
    let stable = |id: &str| Some(StableId::new(id));
    let mut world = World::new().managed_crowd(40).managed("a", "a@x").managed("b", "b@x");
    for person in &mut world.ledger.people {
        if ["a", "b"].contains(&person.external_id.as_str()) {
            person.stable_id = stable(person.external_id.as_str());
        }
    }
    world.connector.leavers.gone = Some(LeaverAction::Remove);
    let plan = world.plan(crowd(40).with_stable_id("a", "a", "a@x").with_stable_id("b", "a", "b@x"));
    assert!(plan.is_empty() && plan.kept.is_empty() && plan.left_out.is_empty(), "{plan:?}");
    let [PlanNotice::SharedIds { entries: 2, examples }] = &plan.notices[..] else { panic!("{plan:?}") };
    assert_eq!(examples, &["a", "b"]);
}

#[test]
fn the_guards_hold_for_who_is_disabled_and_no_longer_selected() {
    let world = || {
        let mut world = World::new().managed_crowd(40).answer("a", Presence::Disabled { at: None });
        world.connector.leavers.disabled = Some(LeaverAction::Remove);
        world
    };
    for role in [Role::Owner, Role::Admin, Role::Custom] {
        let mut world = world();
        world.ledger.people.push(managed_person("a", "a@x"));
        let plan = world.member("a", "a@x", MemberStatus::Confirmed, role).plan(crowd(40));
        assert!(plan.is_empty() && plan.kept[0].because == KeptBecause::Role, "{role:?}");
    }
    let mut protected = world().managed("a", "a@x");
    protected.connector.protected = vec!["a@x".to_owned()];
    assert_eq!(protected.plan(crowd(40)).kept[0].because, KeptBecause::Protected);
    for (typed, stored) in [("ÄNNE@X", "änne@x"), ("ΟΔΟΣ@x", "οδος@x"), ("İda@x", "i\u{307}da@x")]
    {
        let mut protected = world().managed("a", stored);
        protected.connector.protected = vec![typed.to_owned()];
        assert_eq!(protected.plan(crowd(40)).kept[0].because, KeptBecause::Protected, "{typed}");
    }
    // A protected address in the directory protects nobody while another member has it, and for one run only.
    let claims = |told: &[&str], shown: &str| {
        let mut world = world().managed("a", "a@x");
        world.connector.protected = vec!["glass@x".to_owned()];
        told.iter().for_each(|it| world.ledger.addresses.note(&ExternalId::new("a"), it, false));
        (world, crowd(40).in_state("a", shown, AccountState::Disabled))
    };
    for (told, shown, stays) in [
        (&["a@x", "glass@x"][..], "a@x", false),
        (&["a@x", "glass@x"], "glass@x", true),
        (&["glass@x", "a@x"], "a@x", true),
    ] {
        let (world, crowd) = claims(told, shown);
        assert_eq!(world.plan(crowd).removals().count(), usize::from(!stays), "{told:?} {shown}");
        let (world, crowd) = claims(told, shown);
        let owned = world.member("", "glass@x", MemberStatus::Confirmed, Role::Owner);
        assert_eq!(owned.plan(crowd).removals().count(), 1, "{told:?} {shown}");
    }
    let entered_anew = world().managed("a", "a@x").plan(crowd(40).person("other", "a@x"));
    assert_eq!(entered_anew.removals().count(), 0);
    assert!(matches!(entered_anew.notices[..], [PlanNotice::EntryReplaced { compared: false, .. }]));
    let mut first_run = world().managed("a", "a@x");
    first_run.ledger.baseline_taken = false;
    assert_eq!(first_run.plan(crowd(40)).kept[0].because, KeptBecause::Baseline);
    // Ten of forty are more than one run may take.
    let mut many = world();
    for number in 30..40 {
        many = many.answer(&format!("crowd{number}"), Presence::Disabled { at: None });
    }
    let plan = many.plan(crowd(30));
    assert_eq!(plan.removals().count(), 10);
    assert!(!is_go(&plan));
}

#[test]
fn a_vanished_group_stays_unless_the_settings_delete_it() {
    let mut world = World::new().managed("a", "a@x").group("g", "g", &[0]).group("h", "h", &[0]);
    let directory = || Sample::new().person("a", "a@x").group("h", &["a"]);
    let plan = world.plan(directory());
    let gone = GroupKeptBecause::Gone;
    assert!(plan.is_empty());
    assert!(matches!(&plan.standing[..], [Standing::GroupVanished { because, .. }] if *because == gone));
    world.connector.leavers.vanished_groups = VanishedGroups::Delete;
    let plan = world.plan(directory());
    assert_eq!(plan.requests(), [Request::DeleteGroup(GroupId::new("g"))]);
    world.ledger.baseline_taken = false;
    assert!(world.plan(directory()).is_empty());
}

#[test]
fn somebody_outside_the_allowed_domains_is_not_invited_and_a_member_stays_one() {
    let mut world = World::new().managed("b", "b@other");
    world.connector.allowed_domains = vec!["@X".to_owned()];
    let plan = world.plan(Sample::new().person("a", "a@x").person("b", "b@other").person("c", "c@sub.x"));
    assert!(matches!(&plan.changes[..], [Change::Invite { person, .. }] if person.name == "a@x"));
    let address = "c@sub.x".to_owned();
    assert_eq!(plan.left_out[0].because, LeftOutBecause::DomainNotAllowed { address });
    let mut world = World::new();
    world.connector.allowed_domains = vec!["MÜLLER.example".to_owned()];
    assert!(world.plan(Sample::new().person("a", "a@müller.example")).left_out.is_empty());
}

#[test]
fn invitations_come_in_portions_and_the_pilot_group_first() {
    let mut world = World::new();
    world.connector.invitations.per_run = Some(3);
    world.connector.invitations.pilot_group = Some("pilots".to_owned());
    let directory = || crowd(10).group("pilots", &["crowd7", "crowd9"]).group("all", &["crowd0", "crowd5"]);
    let plan = world.plan(directory());
    let invited: Vec<&str> = plan.sent.import.members.iter().map(|it| it.external_id.as_str()).collect();
    assert_eq!(invited, ["crowd0", "crowd7", "crowd9"]);
    assert_eq!(plan.left_out.iter().filter(|it| it.because == LeftOutBecause::WaitsForTurn).count(), 7);
    assert!(
        plan.changes
            .iter()
            .any(|it| matches!(it, Change::CreateGroup { group, members: 1, .. } if group.name == "all"))
    );
    // The next portion is the next run's, not left over from this one.
    let state = after(&plan);
    let is_group = |it: &&Change| matches!(it, Change::CreateGroup { .. });
    assert!(plan.unfinished(&state).iter().all(is_group), "the sample keeps no groups");
    assert_eq!(plan.unfinished(&OrganizationState::default()).len(), plan.changes.len());
    let again = World { state, ..World::new() }.with(&world).plan(directory());
    assert_eq!(again.changes.len(), 5);
    world.connector.invitations.per_run = None;
    world.connector.invitations.pilot_only = true;
    let plan = world.plan(directory());
    assert_eq!(plan.sent.import.members.len(), 2);
    assert_eq!(plan.left_out[0].because, LeftOutBecause::NotInPilot);
    world.connector.invitations.pilot_group = Some("nobody".to_owned());
    let plan = world.plan(directory());
    assert!(plan.sent.import.members.is_empty());
    assert!(matches!(&plan.notices[..], [PlanNotice::NoPilotGroup { .. }]));
}

/// The members that an import makes, without its groups.
fn after(plan: &Plan) -> OrganizationState {
    plan.sent
        .import
        .members
        .iter()
        .fold(World::new(), |world, it| {
            let email = it.email.clone().expect("an address");
            world.member(it.external_id.as_str(), &email, MemberStatus::Invited, Role::User)
        })
        .state
}

impl World {
    fn with(mut self, settings: &World) -> Self {
        self.connector = settings.connector.clone();
        self
    }
}

#[test]
fn nobody_is_mailed_where_the_server_stages_and_the_settings_ask_for_it() {
    let mut world = World::new();
    for (invite, stages, staged) in [
        (false, Some(true), true),
        (false, Some(false), false),
        (false, None, false),
        (true, Some(true), false),
    ] {
        world.sync.invite_users_after_provisioning = invite;
        world.stages = stages;
        let plan = world.plan(crowd(1));
        assert_eq!(matches!(plan.changes[..], [Change::Stage { .. }]), staged, "{invite} {stages:?}");
        assert_eq!(plan.seats.needed, usize::from(!staged));
    }
}

#[test]
fn whoever_is_staged_stays_so_and_the_plan_says_it_once_invitations_are_asked_for() {
    let member = |id: &str, status| World::new().member(id, "a@x", status, Role::User);
    let directory = || Sample::new().person("a", "a@x");
    for (id, status, invite, told) in [
        ("a", MemberStatus::Staged, true, true),
        ("a", MemberStatus::Staged, false, false),
        ("a", MemberStatus::Invited, true, false),
        ("strange", MemberStatus::Staged, true, false),
    ] {
        let mut world = member(id, status);
        world.sync.invite_users_after_provisioning = invite;
        world.connector.protected = vec!["strange".to_owned()];
        let plan = world.plan(directory());
        let plan_notice = PlanNotice::StayStaged { people: 1, examples: vec!["a@x".to_owned()] };
        assert_eq!(plan.notices.contains(&plan_notice), told, "{id} {status:?} {invite}");
        assert!(plan.is_empty(), "{:?}", plan.changes);
    }
}

/// Two thousand who left years ago are not two thousand questions in each run.
#[test]
fn who_was_gone_and_is_revoked_is_not_asked_for_again() {
    let gone = Out { cause: OutCause::Gone, since: Timestamp(0) };
    let mut world =
        World::new().managed("a", "a@x").managed("b", "b@x").managed("c", "c@x").managed("d", "d@x");
    for person in &mut world.ledger.people {
        (person.revoked_by_us, person.out) = (true, Some(gone));
    }
    for member in &mut world.state.members {
        member.status = MemberStatus::Revoked;
    }
    // Given back by hand, taken by hand, and only out of scope: each may have another answer now.
    world.state.members[1].status = MemberStatus::Confirmed;
    world.ledger.people[2].revoked_by_us = false;
    world.ledger.people[3].out = Some(Out { cause: OutCause::OutOfScope, ..gone });
    let settled = |action| settled_absences(&world.ledger, &world.state, action);
    let known: Vec<_> = settled(Some(LeaverAction::Revoke)).into_iter().collect();
    assert_eq!(known, [(ExternalId::new("a"), Presence::NotFound)]);
    // Nobody is removed by an old answer.
    for action in [None, Some(LeaverAction::Keep), Some(LeaverAction::Remove)] {
        assert!(settled(action).is_empty(), "{action:?}");
    }
}

/// "By hand" is who was never ours.
#[test]
fn a_leaver_who_goes_out_of_a_group_was_not_put_in_by_hand() {
    let world = World::new().managed_crowd(5).member("", "hand@x", MemberStatus::Confirmed, Role::User);
    let world = world.group("g", "g", &[0, 1, 2, 5]).leavers(LeaverAction::Revoke, LeaverAction::Keep);
    let world = world.answer("crowd0", Presence::NotFound);
    let sample = (1..5).fold(Sample::new(), |it, n| it.person(&format!("crowd{n}"), &format!("crowd{n}@x")));
    let plan = world.plan(sample.group("g", &["crowd1"]));
    let Some(Change::ChangeMembers { removed, outside, .. }) =
        plan.changes.iter().find(|it| matches!(it, Change::ChangeMembers { .. }))
    else {
        panic!("{:?}", plan.changes)
    };
    assert_eq!((removed.len(), outside.as_slice()), (3, ["hand@x".to_owned()].as_slice()));
}
