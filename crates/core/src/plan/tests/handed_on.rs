//! Addresses and names that pass from one person or group to another: the id that survives renames decides.

use super::*;
use crate::desired::{Source, SourceRead};
use crate::settings::SameAddress;

/// Forty people, a leaver with `l@x` and a colleague whom the ledger knows with `p@x`.
fn leaver_and_colleague(presence: Presence) -> World {
    let mut world = World::new()
        .managed_crowd(40)
        .managed("l", "l@x")
        .managed("p", "p@x")
        .leavers(LeaverAction::Revoke, LeaverAction::Revoke)
        .answer("l", presence);
    for (place, id) in [(40, "id:l"), (41, "id:p")] {
        world.ledger.people[place].stable_id = Some(StableId::new(id));
    }
    world
}

#[test]
fn a_leaver_whose_address_a_known_colleague_has_loses_access() {
    for presence in [Presence::NotFound, Presence::Found { at: None }] {
        let world = leaver_and_colleague(presence);
        let plan = world.plan(crowd(40).with_stable_id("p", "id:p", "l@x"));
        assert_eq!(plan.requests(), [Request::Revoke(MemberId::new("m-l@x"))]);
        assert!(matches!(plan.standing[..], [Standing::AddressHeld { .. }]), "{:?}", plan.standing);
        // Also a colleague without an id that survives renames is known, by the one that was pushed.
        let mut without = leaver_and_colleague(Presence::NotFound);
        without.ledger.people[41].stable_id = None;
        assert_eq!(without.plan(crowd(40).person("p", "l@x")).removals().count(), 1);
    }
}

#[test]
fn of_two_who_swapped_addresses_the_one_who_leaves_loses_access() {
    let mut world = leaver_and_colleague(Presence::NotFound);
    world.connector.leavers.disabled = Some(LeaverAction::Revoke);
    let swapped = crowd(40).with_stable_id("p", "id:p", "l@x").identified_in_state(
        "l",
        "id:l",
        "p@x",
        AccountState::Disabled,
    );
    let plan = world.plan(swapped);
    assert_eq!(plan.requests(), [Request::Revoke(MemberId::new("m-l@x"))]);
}

/// `a` in a group that the ledger knows by its stable id, and what the directory says of it when it is asked.
struct Groups {
    world: World,
    answer: Option<Presence>,
}

impl Groups {
    fn new(answer: Option<Presence>) -> Self {
        let mut world = World::new().managed("a", "a@x").group("cn=staff,ou=groups,dc=x", "staff", &[0]);
        world.ledger.groups[0].stable_id = Some(StableId::new("id:1"));
        Self { world, answer }
    }

    fn plan(&self, sample: Sample) -> (Plan, LedgerState) {
        let world = &self.world;
        let desired = sample.desired(&world.sync).expect("valid");
        let observed = Observed::Live(world.state.clone());
        let identity = Identity::new(&desired, &world.ledger, observed.state());
        let lookups = identity.group_lookups(&desired, &world.ledger);
        let asked = lookups.into_iter().flat_map(|(_, it)| it);
        let answers = asked.filter_map(|it| Some((it.external_id, self.answer.clone()?))).collect();
        let identity = identity.with_group_answers(&desired, answers);
        let input = PlanInput { identity: &identity, ..world.input(&desired, &observed) };
        let plan = Plan::build(&input);
        let ledger = plan.ledger_after(&input, After::Observed(&world.state), Timestamp(1));
        (plan, ledger)
    }
}

fn staff(id: &str, stable: &str, name: &str) -> Sample {
    Sample::new().person("a", "a@x").identified_group(id, stable, name, &["a"])
}

#[test]
fn a_group_that_is_renamed_or_moved_keeps_its_id() {
    let old = ExternalId::new("cn=staff,ou=groups,dc=x");
    for (id, name) in [
        ("cn=crew,ou=groups,dc=x", "crew"),
        ("cn=staff,ou=elsewhere,dc=x", "staff"),
        ("cn=Staff,ou=groups,dc=x", "Staff"),
    ] {
        // It is listed: nobody is asked.
        let groups = Groups::new(None);
        let (plan, ledger) = groups.plan(staff(id, "id:1", name));
        assert!(plan.standing.is_empty(), "{:?}", plan.standing);
        if name == "staff" {
            assert!(plan.is_empty(), "{:?}", plan.changes);
        } else {
            assert!(matches!(&plan.changes[..], [Change::RenameGroup { .. }]), "{:?}", plan.changes);
            let [Request::Import(import)] = &plan.requests()[..] else { panic!("{plan:?}") };
            assert_eq!((&import.groups[0].external_id, import.groups[0].name.as_str()), (&old, name));
        }
        assert_eq!(ledger.groups[0].external_id, old);
    }
}

#[test]
fn a_new_group_at_a_name_that_another_one_had_is_a_group_of_its_own() {
    // The old one was renamed, or is no longer selected.
    for (moved, answer) in [(true, None), (false, Some(Presence::Found { at: None }))] {
        let mut sample = staff("cn=staff,ou=groups,dc=x", "id:2", "staff");
        if moved {
            sample = sample.identified_group("cn=crew,ou=groups,dc=x", "id:1", "crew", &["a"]);
        }
        let (plan, _) = Groups::new(answer).plan(sample);
        let created: Vec<&str> = plan
            .changes
            .iter()
            .filter_map(|it| match it {
                Change::CreateGroup { group, .. } => Some(group.external_id.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(created, ["id:2"], "{:?}", plan.changes);
        assert!(plan.changes.iter().all(|it| !matches!(it, Change::AdoptGroup { .. })), "{:?}", plan.changes);
        assert_eq!(plan.standing.len(), usize::from(!moved), "the vanished one is named");
    }
}

#[test]
fn a_group_takes_the_place_of_another_only_where_that_one_is_gone() {
    let same = || staff("cn=staff,ou=groups,dc=x", "id:2", "staff");
    let (plan, ledger) = Groups::new(Some(Presence::NotFound)).plan(same());
    assert!(matches!(&plan.changes[..], [Change::AdoptGroup { cause: Cause::Gone, .. }]), "{plan:?}");
    assert!(plan.requests().is_empty(), "it has the id already");
    assert_eq!(ledger.groups[0].stable_id, Some(StableId::new("id:2")));
    for unknown in [None, Some(Presence::Unknown { reason: "busy".into() })] {
        let (plan, ledger) = Groups::new(unknown).plan(same());
        assert!(plan.is_empty(), "{:?}", plan.changes);
        assert_eq!(plan.left_out[0].because, LeftOutBecause::GroupOfBefore);
        assert_eq!(ledger.groups[0].stable_id, Some(StableId::new("id:1")), "nothing was settled");
    }
    // Under another name of the same unit it takes over, too, and elsewhere it is another group.
    let taken = |id: &str| Groups::new(Some(Presence::NotFound)).plan(staff(id, "id:2", "staff")).0;
    assert!(matches!(taken("cn=staff2,ou=groups,dc=x").changes[..], [Change::AdoptGroup { .. }]));
    assert!(matches!(taken("cn=staff,ou=groups,dc=new").changes[..], [Change::AdoptGroup { .. }]));
    assert!(matches!(taken("cn=staff,ou=other,dc=x").changes[..], [Change::CreateGroup { .. }]));
    let found = Groups::new(Some(Presence::Found { at: None }))
        .plan(staff("cn=staff2,ou=groups,dc=x", "id:2", "staff"))
        .0;
    assert!(matches!(found.changes[..], [Change::CreateGroup { .. }]), "{:?}", found.changes);
}

#[test]
fn only_a_group_that_is_gone_is_deleted() {
    for (answer, deleted) in [
        (Some(Presence::NotFound), true),
        (Some(Presence::Found { at: None }), false),
        (Some(Presence::Unknown { reason: "busy".into() }), false),
        (None, false),
    ] {
        let mut groups = Groups::new(answer.clone());
        groups.world.connector.leavers.vanished_groups = crate::settings::VanishedGroups::Delete;
        let (plan, _) = groups.plan(Sample::new().person("a", "a@x").group("other", &[]));
        let deletes = plan.changes.iter().any(|it| matches!(it, Change::DeleteGroup { .. }));
        assert_eq!(deletes, deleted, "{answer:?}");
        let because = plan.standing.iter().find_map(|it| match it {
            Standing::GroupVanished { because, .. } => Some(because.clone()),
            _ => None,
        });
        let expected = match answer {
            Some(Presence::NotFound) => None,
            Some(Presence::Unknown { reason }) => {
                Some(GroupKeptBecause::Unconfirmed { reason: Some(reason) })
            }
            None => Some(GroupKeptBecause::Unconfirmed { reason: None }),
            _ => Some(GroupKeptBecause::OutOfScope),
        };
        assert_eq!(because, expected);
    }
}

#[test]
fn a_group_whose_id_somebody_took_away_or_changed_gets_it_back() {
    for observed in [None, Some(ExternalId::new("foreign"))] {
        let mut groups = Groups::new(None);
        groups.world.state.groups[0].external_id = observed.clone();
        groups.world.state.groups[0].name = "by hand".to_owned();
        let (plan, _) = groups.plan(staff("cn=staff,ou=groups,dc=x", "id:1", "staff"));
        let put = Request::PutGroup {
            id: GroupId::new("cn=staff,ou=groups,dc=x"),
            name: "staff".to_owned(),
            external_id: ExternalId::new("cn=staff,ou=groups,dc=x"),
        };
        assert_eq!(plan.requests()[0], put, "{observed:?}");
        assert!(!plan.changes.iter().any(|it| matches!(it, Change::CreateGroup { .. })));
        // A ledger of before knows it by its name.
        groups.world.ledger.groups[0].group_id = None;
        groups.world.state.groups[0].name = "staff".to_owned();
        let (plan, _) = groups.plan(staff("cn=staff,ou=groups,dc=x", "id:1", "staff"));
        assert_eq!(plan.requests().first() == Some(&put), observed.is_none());
    }
}

#[test]
fn a_group_whose_id_is_gone_and_that_waits_stays_ours() {
    // A new entry has the old one's name, and the directory does not say what became of the old one.
    let mut groups = Groups::new(Some(Presence::Unknown { reason: "busy".into() }));
    groups.world.state.groups[0].external_id = None;
    groups.world.connector.adopt_groups = true;
    let new = || staff("cn=staff,ou=groups,dc=x", "id:2", "staff");
    let (plan, ledger) = groups.plan(new());
    assert!(plan.is_empty(), "{:?}", plan.changes);
    groups.world.ledger = ledger;
    let (again, _) = groups.plan(new());
    assert!(again.is_empty(), "no group made by hand, also later: {:?}", again.changes);
}

#[test]
fn an_older_ledger_learns_the_id_that_survives_renames() {
    let mut groups = Groups::new(None);
    groups.world.ledger.groups[0].stable_id = None;
    let (plan, ledger) = groups.plan(staff("cn=staff,ou=groups,dc=x", "id:1", "staff"));
    assert!(plan.is_empty(), "{:?}", plan.changes);
    assert_eq!(ledger.groups[0].stable_id, Some(StableId::new("id:1")));
}

#[test]
fn many_groups_that_take_the_place_of_others_wait_for_an_approval() {
    let mut groups = Groups::new(Some(Presence::NotFound));
    groups.world = groups.world.group("cn=b,ou=groups,dc=x", "b", &[]);
    groups.world.ledger.groups[1].stable_id = Some(StableId::new("id:3"));
    let (plan, _) = groups.plan(staff("cn=staff,ou=groups,dc=x", "id:2", "staff").identified_group(
        "cn=b,ou=groups,dc=x",
        "id:4",
        "b",
        &[],
    ));
    let refused = [Refusal::TooManyReplacedGroups { planned: 2, allowed: 1, earlier: 0 }];
    assert_eq!(plan.check(&Limits::default(), &[]), Verdict::Refused(refused.into()));
    let approval = plan.refused(&Limits::default());
    assert_eq!(plan.check(&Limits::default(), &[approval]), Verdict::Go);
    // One a run is as many, within the window of the limits.
    let one = || {
        let unchanged = staff("cn=staff,ou=groups,dc=x", "id:1", "staff");
        unchanged.identified_group("cn=b,ou=groups,dc=x", "id:4", "b", &[])
    };
    assert!(is_go(&groups.plan(one()).0));
    let counted = groups.plan(one()).0.counted(&Limits::default());
    assert_eq!(counted.replaced_groups.len(), 1, "later runs go by it");
    groups.world.recent.replaced_groups.insert("cn=earlier,ou=groups,dc=x".to_owned());
    let refused = [Refusal::TooManyReplacedGroups { planned: 2, allowed: 1, earlier: 1 }];
    assert_eq!(groups.plan(one()).0.check(&Limits::default(), &[]), Verdict::Refused(refused.into()));
}

#[test]
fn who_was_never_brought_over_may_be_the_leaver_entered_anew() {
    let plan = leaver_and_colleague(Presence::Found { at: None })
        .plan(crowd(40).with_stable_id("p", "id:p", "p@x").with_stable_id("n", "id:n", "l@x"));
    assert_eq!(plan.removals().count(), 0);
    assert_eq!(plan.kept[0].because, KeptBecause::AddressInUse);
}

/// Two colleagues could otherwise keep a leaver's access for as long as they like, by taking the address themselves.
#[test]
fn a_leaver_whose_address_known_colleagues_share_loses_access() {
    let mut world = leaver_and_colleague(Presence::NotFound).managed("q", "q@x");
    world.ledger.people[42].stable_id = Some(StableId::new("id:q"));
    world.connector.conflicts.same_address = SameAddress::Skip;
    let kept = |sample: Sample| {
        let read = SourceRead { snapshot: sample.snapshot(), settings: world.sync.clone() };
        let source = Source { name: SourceName::primary(), read: Ok(read) };
        let desired = Desired::merge(vec![source], true, world.connector.conflicts).expect("valid");
        let observed = Observed::Live(world.state.clone());
        let plan = Plan::build(&world.input(&desired, &observed));
        plan.removals().count() == 0
    };
    let with = |third: &str| crowd(40).with_stable_id("p", "id:p", "l@x").with_stable_id("q", third, "l@x");
    assert!(!kept(with("id:q")), "both are known");
    assert!(kept(with("id:new")), "one of them may be the leaver, entered anew");
}

#[test]
fn a_colleague_who_was_taken_out_does_not_get_the_leavers_membership() {
    let mut world = leaver_and_colleague(Presence::NotFound).group("g", "g", &[]);
    world.state.members.pop();
    let directory = || crowd(40).with_stable_id("p", "id:p", "l@x").group("g", &["p"]);
    let plan = world.plan(directory());
    assert_eq!(plan.requests(), [Request::Revoke(MemberId::new("m-l@x"))]);
    assert!(matches!(plan.standing[..], [Standing::HeldUnderOtherId { .. }]), "{:?}", plan.standing);
    // Nor in a later run: the colleague is remembered as long as the directory lists her.
    let desired = directory().desired(&world.sync).expect("valid");
    let observed = Observed::Live(world.state.clone());
    let input = world.input(&desired, &observed);
    let after = world.state.clone();
    world.ledger = Plan::build(&input).ledger_after(&input, After::Observed(&after), Timestamp(1));
    assert_eq!(world.plan(directory()).requests(), [Request::Revoke(MemberId::new("m-l@x"))]);
    world.connector.leavers.gone = None;
    assert!(world.plan(directory()).is_empty(), "nor do groups take the leaver in for the colleague");
}

/// `a` is disabled under the old entry, and enabled under a new one with the same address.
fn entered_anew() -> Sample {
    crowd(40)
        .identified_in_state("old", "id:old", "a@x", AccountState::Disabled)
        .with_stable_id("new", "id:new", "a@x")
        .group("g", &["new"])
}

fn before_entered_anew(disabled: Option<LeaverAction>) -> World {
    let mut world = World::new().managed_crowd(40).managed("old", "a@x").group("g", "g", &[40]);
    world.ledger.people[40].stable_id = Some(StableId::new("id:old"));
    world.connector.leavers.disabled = disabled;
    world
}

#[test]
fn a_disabled_entry_and_an_enabled_one_with_its_address_are_one_person() {
    for disabled in [None, Some(LeaverAction::Revoke), Some(LeaverAction::Remove)] {
        for reversed in [false, true] {
            let mut world = before_entered_anew(disabled);
            world.sync.remove_disabled = reversed;
            let plan = world.plan(entered_anew());
            let put = Request::PutMember { id: MemberId::new("m-a@x"), external_id: ExternalId::new("new") };
            assert_eq!(plan.requests(), [put], "neither a leaver nor a joiner: {:?}", plan.changes);
            assert!(plan.kept.is_empty() && plan.standing.is_empty(), "{plan:?}");
            // Carried out, nothing is left to do.
            let desired = entered_anew().desired(&world.sync).expect("valid");
            let observed = Observed::Live(world.state.clone());
            let input = world.input(&desired, &observed);
            let mut after = world.state.clone();
            after.members[40].external_id = Some(ExternalId::new("new"));
            let ledger = Plan::build(&input).ledger_after(&input, After::Observed(&after), Timestamp(1));
            let person = ledger.people.iter().find(|it| it.email.as_str() == "a@x").expect("still ours");
            assert_eq!(person.stable_id, Some(StableId::new("id:new")));
            let again = World { state: after, ledger, ..before_entered_anew(disabled) };
            assert!(again.plan(entered_anew()).is_empty(), "{:?}", again.plan(entered_anew()).changes);
        }
    }
}

#[test]
fn an_old_entry_whose_member_is_revoked_or_protected_gives_nothing_to_the_new_one() {
    let mut revoked = before_entered_anew(Some(LeaverAction::Revoke));
    revoked.state.members[40].status = MemberStatus::Revoked;
    revoked.ledger.people[40].revoked_by_us = true;
    let mut protected = before_entered_anew(Some(LeaverAction::Revoke));
    protected.connector.protected = vec!["a@x".to_owned()];
    for (world, waits) in [(revoked, true), (protected, false)] {
        let plan = world.plan(entered_anew());
        assert!(
            plan.changes.iter().all(|it| matches!(it, Change::ChangeMembers { .. })),
            "{:?}",
            plan.changes
        );
        match &plan.standing[..] {
            [Standing::AddressOfLeaver { because: AddressHeldBecause::NotCompared, active: false, .. }]
                if waits => {}
            [Standing::HeldUnderOtherId { .. }] if !waits => {}
            standing => panic!("{standing:?}"),
        }
    }
}

#[test]
fn a_disabled_entry_that_is_no_member_is_left_out_beside_the_enabled_one() {
    let world = World::new().managed_crowd(40);
    let plan = world.plan(entered_anew());
    assert!(
        matches!(&plan.changes[0], Change::Invite { person, .. } if person.external_id.as_str() == "new")
    );
    assert_eq!(plan.left_out[0].because, LeftOutBecause::Replaced { by: "new".to_owned() });
}

#[test]
fn what_was_sent_and_not_read_back_is_remembered_and_what_changed_is_read_first() {
    let mut world = World::new().managed("a", "a@x").managed("b", "b@x").group("g", "g", &[0]);
    let directory = |members: &[&str]| {
        Sample::new().person("a", "a@x").person("b", "b@x").group("h", &["a"]).group("g", members)
    };
    let desired = directory(&["a"]).desired(&world.sync).expect("valid");
    let observed = Observed::Live(world.state.clone());
    let input = world.input(&desired, &observed);
    let plan = Plan::build(&input);
    assert!(matches!(plan.changes[..], [Change::CreateGroup { .. }]));
    // `h` is there, and a run reads so many groups back only.
    let mut after = world.state.clone();
    after.groups.insert(
        0,
        ObservedGroup {
            id: Some(GroupId::new("h")),
            name: "h".to_owned(),
            external_id: Some(ExternalId::new("h")),
            members: Membership::NotRead,
            collections: None,
        },
    );
    let ledger = plan.ledger_after(&input, After::Observed(&after), Timestamp(1));
    let remembered = ledger.groups.iter().find(|it| it.external_id.as_str() == "h").expect("remembered");
    assert_eq!((&*remembered.members, remembered.observed_at), (&[ExternalId::new("a")][..], None));
    // A group that no run knows waits behind one that changed.
    world.state = after;
    let desired = directory(&["b"]).desired(&world.sync).expect("valid");
    let identity = Identity::new(&desired, &world.ledger, Some(&world.state));
    assert_eq!(to_read(&desired, &world.ledger, &identity, &world.state, false).0, [1, 0]);
}
