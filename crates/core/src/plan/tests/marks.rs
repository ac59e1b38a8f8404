//! Somebody has the address or the name of a leaver: the same person, entered anew, or another one.

use super::*;
use crate::settings::Returning;

fn numbered(number: &str) -> Marks {
    Marks { number: Some(number.to_owned()), name: Some("Anna Muster".to_owned()) }
}

/// Anna, number 7, was `old` and is gone; `revoked`: a run has taken her access.
pub(super) fn anna(revoked: bool) -> World {
    let mut world = World::new().managed_crowd(40).managed("old", "a@x").group("g", "g", &[40]);
    world = world.leavers(LeaverAction::Revoke, LeaverAction::Keep).answer("old", Presence::NotFound);
    world.ledger.people[40].stable_id = Some(StableId::new("id:old"));
    world.ledger.people[40].marks = numbered("7");
    if revoked {
        world.ledger.people[40].revoked_by_us = true;
        world.state.members[40].status = MemberStatus::Revoked;
    }
    world
}

/// Her address is somebody's who is in her group, too.
pub(super) fn successor(id: &str, marks: Marks) -> Sample {
    crowd(40).marked(id, "id:new", "a@x", marks).group("g", &[id])
}

fn held_because(plan: &Plan) -> AddressHeldBecause {
    let held = plan.standing.iter().find_map(|it| match it {
        Standing::AddressOfLeaver { because, .. } => Some(*because),
        _ => None,
    });
    held.unwrap_or_else(|| panic!("{:?}", plan.standing))
}

/// The ledger after the plan was carried out, and the organization was `after`.
pub(super) fn ledger_after(world: &World, sample: Sample, after: &OrganizationState) -> LedgerState {
    let desired = sample.desired(&world.sync).expect("valid");
    let observed = Observed::Live(world.state.clone());
    let input = world.input(&desired, &observed);
    Plan::build(&input).ledger_after(&input, After::Observed(after), Timestamp(1))
}

#[test]
fn a_leavers_address_gives_nobody_else_the_leavers_membership() {
    // At another name, and at the same one.
    for id in ["new", "old"] {
        for mark in [Marks { name: None, ..numbered("8") }, named("Otto Muster")] {
            let plan = anna(true).plan(successor(id, mark.clone()));
            let only_groups = plan
                .changes
                .iter()
                .all(|it| matches!(it, Change::ChangeMembers { added, .. } if added.is_empty()));
            assert!(only_groups, "{id} {mark:?}: {:?}", plan.changes);
            assert!(matches!(held_because(&plan), AddressHeldBecause::AnotherPerson { .. }));
            assert_eq!(plan.kept[0].because, KeptBecause::AlreadyRevoked);
            // Nobody was revoked yet: the leaver loses access now, and is never removed.
            for action in [LeaverAction::Revoke, LeaverAction::Remove] {
                let world = anna(false).leavers(action, LeaverAction::Keep);
                let plan = world.plan(successor(id, mark.clone()));
                assert_eq!(plan.requests()[0], Request::Revoke(MemberId::new("m-a@x")), "{id} {mark:?}");
                assert_eq!(plan.removals().count(), 1);
                assert!(plan.changes.iter().all(|it| it.joins().is_none()), "{:?}", plan.changes);
                // The next run knows whose membership it is.
                let mut after = world.state.clone();
                after.members[40].status = MemberStatus::Revoked;
                let ledger = ledger_after(&world, successor(id, mark.clone()), &after);
                let known = ledger.people.iter().find(|it| it.email.as_str() == "a@x").expect("ours");
                assert_eq!(
                    (known.stable_id.as_ref(), &known.marks),
                    (Some(&StableId::new("id:old")), &numbered("7"))
                );
                assert!(known.revoked_by_us);
            }
        }
    }
}

#[test]
fn the_same_person_entered_anew_gets_the_membership_back() {
    for (id, marks) in [
        ("new", Marks { name: Some("Anna Beispiel".to_owned()), ..numbered("7") }),
        ("new", named("muster, anna")),
        ("old", numbered("7")),
    ] {
        let plan = anna(true).plan(successor(id, marks.clone()));
        let mut expected = vec![Request::Restore(MemberId::new("m-a@x"))];
        if id == "new" {
            let external_id = ExternalId::new("new");
            expected.insert(0, Request::PutMember { id: MemberId::new("m-a@x"), external_id });
        }
        assert_eq!(plan.requests(), expected, "{marks:?}");
        assert!(plan.kept.is_empty() && plan.standing.is_empty(), "{plan:?}");
        let [PlanNotice::EntryReplaced { entry, former, compared: true, .. }] = &plan.notices[..] else {
            panic!("{:?}", plan.notices)
        };
        assert_eq!((entry.as_str(), former.as_str()), (id, "old"));
        // Revoked by hand it stays revoked.
        let mut by_hand = anna(true);
        by_hand.ledger.people[40].revoked_by_us = false;
        let plan = by_hand.plan(successor(id, marks.clone()));
        assert!(!plan.changes.iter().any(|it| matches!(it, Change::Restore { .. })), "{:?}", plan.changes);
        // Carried out, the new entry is known, and nothing is left to do.
        let world = anna(true);
        let mut after = world.state.clone();
        after.members[40].status = MemberStatus::Confirmed;
        after.members[40].external_id = Some(ExternalId::new(id));
        let ledger = ledger_after(&world, successor(id, marks.clone()), &after);
        let known = ledger.people.iter().find(|it| it.email.as_str() == "a@x").expect("ours");
        assert_eq!((known.stable_id.as_ref(), &known.marks), (Some(&StableId::new("id:new")), &marks));
        assert!(known.out.is_none() && !known.revoked_by_us);
        let again = World { state: after, ledger, ..anna(true) }.plan(successor(id, marks));
        assert!(again.is_empty() && again.notices.is_empty(), "{again:?}");
    }
}

#[test]
fn where_no_mark_is_known_of_both_access_goes_on_and_is_not_given_back() {
    for id in ["new", "old"] {
        let plan = anna(false).plan(successor(id, Marks::default()));
        assert_eq!(plan.removals().count(), 0);
        assert!(
            matches!(plan.notices[..], [PlanNotice::EntryReplaced { compared: false, .. }]),
            "{:?}",
            plan.notices
        );
        let plan = anna(true).plan(successor(id, Marks::default()));
        assert_eq!(held_because(&plan), AddressHeldBecause::NotCompared);
        assert!(!plan.changes.iter().any(|it| matches!(it, Change::Restore { .. })), "{:?}", plan.changes);
    }
}

#[test]
fn while_nobody_knows_what_became_of_the_old_entry_nothing_is_done_to_either() {
    for id in ["new", "old"] {
        for answer in [None, Some(Presence::Unknown { reason: "busy".into() })] {
            let mut world = anna(false);
            world.presences.clear();
            world.presences.extend(answer.map(|it| (ExternalId::new("old"), it)));
            for marks in [numbered("7"), numbered("8"), Marks::default()] {
                let plan = world.plan(successor(id, marks));
                assert!(plan.is_empty() && plan.requests().is_empty(), "{:?}", plan.changes);
                assert_eq!(held_because(&plan), AddressHeldBecause::Unconfirmed);
                assert!(matches!(plan.kept[0].because, KeptBecause::Unconfirmed { .. }));
            }
        }
    }
}

#[test]
fn the_settings_say_what_another_person_with_the_address_gets() {
    let other = || named("Otto Beispiel");
    let mut restore = anna(true);
    restore.connector.leavers.returning = Returning::Restore;
    let plan = restore.plan(successor("new", other()));
    assert!(plan.requests().contains(&Request::Restore(MemberId::new("m-a@x"))), "{:?}", plan.requests());
    let mut invite = anna(true);
    invite.connector.leavers.returning = Returning::Invite;
    let plan = invite.plan(successor("new", other()));
    let [Request::Remove(removed), Request::Import(import)] = &plan.requests()[..] else {
        panic!("{plan:?}")
    };
    assert_eq!(removed, &MemberId::new("m-a@x"));
    assert_eq!(import.members[0].external_id.as_str(), "new");
    assert_eq!(*import.groups[0].member_external_ids, [ExternalId::new("new")]);
    // At the same name the id is free in the next run; nobody is removed whose successor may not be invited.
    let plan = invite.plan(successor("old", other()));
    assert_eq!(plan.requests()[0], Request::Remove(MemberId::new("m-a@x")));
    assert!(plan.changes.iter().all(|it| it.joins().is_none()));
    invite.connector.allowed_domains = vec!["elsewhere".to_owned()];
    assert_eq!(invite.plan(successor("new", other())).removals().count(), 0);
    // Vaultwarden's import removes nobody.
    invite.connector.allowed_domains.clear();
    invite.server = ServerKind::Vaultwarden;
    let plan = invite.plan(successor("new", other()));
    assert!(matches!(held_because(&plan), AddressHeldBecause::AnotherPerson { mark: Mark::Name }));
}

#[test]
fn the_seat_of_somebody_who_is_invited_anew_is_nobody_elses() {
    let mut world = anna(false);
    world.connector.leavers.returning = Returning::Invite;
    let total = u32::try_from(world.state.members.len()).expect("a few");
    world.seats = Some(Seats { total, most: None });
    world.ledger.waiting = vec![ExternalId::new("first")];
    let plan = world.plan(successor("new", named("Otto Beispiel")).person("first", "first@x"));
    let joins: Vec<&str> = plan.changes.iter().filter_map(Change::joins).collect();
    assert_eq!((joins, plan.seats.bought), (vec!["new"], 0), "{:?}", plan.left_out);
}

#[test]
fn a_listed_old_entry_is_compared_by_what_it_says_now() {
    let mut world = anna(false);
    world.connector.leavers.disabled = Some(LeaverAction::Revoke);
    let directory = |now: &str| {
        let disabled = AccountState::Disabled;
        crowd(40).marked_in_state("old", "id:old", "a@x", numbered(now), disabled).marked(
            "new",
            "id:new",
            "a@x",
            numbered("8"),
        )
    };
    let plan = world.plan(directory("7"));
    assert_eq!(plan.requests()[0], Request::Revoke(MemberId::new("m-a@x")));
    assert!(matches!(held_because(&plan), AddressHeldBecause::AnotherPerson { mark: Mark::EmployeeNumber }));
    assert_eq!(world.plan(directory("8")).removals().count(), 0);
}

/// People may write their own names: one that says nothing would be a stranger's to nobody.
#[test]
fn a_leaver_who_took_the_own_name_away_is_told_from_who_has_the_address_now() {
    let mut world = anna(false);
    world.ledger.people[40].marks = named("Anna Muster");
    let listed = |name: &str, sample: Sample| {
        let disabled = AccountState::Disabled;
        sample.marked_in_state("old", "id:old", "a@x", named(name), disabled)
    };
    world.connector.leavers.disabled = Some(LeaverAction::Revoke);
    for name in ["-", "...", "\u{301}"] {
        let directory = || listed(name, crowd(40).marked("new", "id:new", "a@x", named("Otto Muster")));
        let plan = world.plan(directory());
        assert_eq!(plan.requests()[0], Request::Revoke(MemberId::new("m-a@x")), "{name:?}");
        assert!(matches!(held_because(&plan), AddressHeldBecause::AnotherPerson { mark: Mark::Name }));
        // Nor does the ledger forget the name while she is there.
        let there = crowd(40).marked("old", "id:old", "a@x", named(name));
        let ledger = ledger_after(&world, there, &world.state);
        let known = ledger.people.iter().find(|it| it.email.as_str() == "a@x").expect("ours");
        assert_eq!(known.marks, named("Anna Muster"), "{name:?}");
    }
}

#[test]
fn a_leaver_out_of_scope_does_not_stay_because_another_person_has_the_address() {
    let found = |action| {
        let mut world = anna(false).answer("old", Presence::Found { at: None });
        world.connector.leavers.out_of_scope = Some(action);
        world
    };
    for action in [LeaverAction::Revoke, LeaverAction::Remove] {
        let plan = found(action).plan(successor("new", Marks { name: None, ..numbered("8") }));
        assert_eq!(plan.requests()[0], Request::Revoke(MemberId::new("m-a@x")), "{action:?}");
        assert!(plan.changes.iter().all(|it| it.joins().is_none()), "{:?}", plan.changes);
        // The same person, or nobody can say: nothing is taken.
        for marks in [numbered("7"), Marks::default()] {
            let plan = found(action).plan(successor("new", marks));
            assert_eq!(plan.removals().count(), 0);
            assert_eq!(plan.kept[0].because, KeptBecause::AddressInUse);
        }
    }
}

#[test]
fn many_memberships_that_go_on_under_other_entries_wait_for_an_approval() {
    let mut world = World::new().leavers(LeaverAction::Revoke, LeaverAction::Keep);
    let mut sample = Sample::new();
    for number in 0..20 {
        let (old, new, address) = (format!("old{number}"), format!("new{number}"), format!("p{number}@x"));
        world = world.managed(&old, &address).answer(&old, Presence::NotFound);
        world.ledger.people[number].marks = named(&address);
        sample = sample.marked(&new, &format!("id:{new}"), &address, named(&address));
    }
    let plan = world.plan(sample);
    let needed = RemovalLimits { removals: Some(20), removals_percent: Some(100) };
    let refused = [Refusal::TooManyReplacedPeople { planned: 20, allowed: 3, needed }];
    assert_eq!(plan.check(&Limits::default(), &[]), Verdict::Refused(refused.into()));
    let approval = plan.refused(&Limits::default());
    assert_eq!(plan.check(&Limits::default(), &[approval]), Verdict::Go);
}

/// `old` was pushed for a leaver; somebody else has that name now, with an address of their own.
fn newcomer() -> Sample {
    crowd(40).marked("old", "id:new", "n@x", named("Nina")).group("g", &["old"])
}

#[test]
fn a_newcomer_at_a_leavers_name_gets_the_id_as_soon_as_the_leaver_has_no_access() {
    for revoked in [false, true] {
        let world = anna(revoked);
        let plan = world.plan(newcomer());
        let put = Request::PutMember { id: MemberId::new("m-a@x"), external_id: ExternalId::new("id:old") };
        let mut requests = plan.requests();
        let Some(Request::Import(import)) = requests.pop() else { panic!("{plan:?}") };
        assert_eq!(requests.pop(), Some(put));
        assert_eq!(requests.pop().is_some(), !revoked);
        assert_eq!(import.members[0].email.as_deref(), Some("n@x"));
        assert_eq!(*import.groups[0].member_external_ids, [ExternalId::new("old")]);
        let mut after = world.state.clone();
        after.members[40].status = MemberStatus::Revoked;
        after.members[40].external_id = Some(ExternalId::new("id:old"));
        after.members.push(ObservedMember {
            id: Some(MemberId::new("m-n@x")),
            email: Email::new("n@x"),
            external_id: Some(ExternalId::new("old")),
            changed_id: None,
            status: MemberStatus::Invited,
            role: Role::User,
        });
        after.groups[0].members = Membership::Read(vec![41]);
        assert!(plan.unfinished(&after).is_empty(), "{:?}", plan.unfinished(&after));
        let ledger = ledger_after(&world, newcomer(), &after);
        let known =
            |email: &str| ledger.people.iter().find(|it| it.email.as_str() == email).expect("ours").clone();
        assert_eq!(
            (known("a@x").stable_id, known("a@x").marks),
            (Some(StableId::new("id:old")), numbered("7"))
        );
        assert_eq!(
            (known("n@x").stable_id, known("n@x").marks),
            (Some(StableId::new("id:new")), named("Nina"))
        );
        assert!(known("a@x").revoked_by_us && !known("n@x").revoked_by_us && known("n@x").out.is_none());
        let again = World { state: after, ledger: ledger.clone(), ..anna(revoked) };
        let again = again.answer("id:old", Presence::NotFound).plan(newcomer());
        assert!(again.is_empty() && again.requests().is_empty(), "{:?}", again.changes);
    }
}

#[test]
fn a_newcomer_waits_where_the_leaver_keeps_the_access() {
    let mut grace = anna(false);
    grace.connector.leavers.gone_grace_hours = 5;
    let mut protected = anna(true);
    protected.connector.protected = vec!["a@x".to_owned()];
    let mut owner = anna(true);
    owner.state.members[40].role = Role::Admin;
    let unknown = anna(false).answer("old", Presence::Unknown { reason: "busy".into() });
    let kept = anna(false).leavers(LeaverAction::Keep, LeaverAction::Keep);
    let mut nameless = anna(true);
    nameless.ledger.people.push(ManagedPerson { stable_id: None, ..managed_person("id:old", "z@x") });
    for world in [grace, protected, owner, unknown, kept, nameless] {
        let plan = world.plan(newcomer());
        assert!(
            plan.changes.iter().all(|it| matches!(it, Change::ChangeMembers { .. })),
            "{:?}",
            plan.changes
        );
        assert!(plan.standing.iter().any(|it| matches!(it, Standing::ExternalIdTaken { .. })), "{plan:?}");
    }
}

#[test]
fn on_vaultwarden_the_leaver_is_listed_as_deleted_under_another_id() {
    for revoked in [false, true] {
        let mut world = anna(revoked);
        world.server = ServerKind::Vaultwarden;
        let plan = world.plan(newcomer());
        let [Request::Import(import)] = &plan.requests()[..] else { panic!("{plan:?}") };
        let members: Vec<_> = import
            .members
            .iter()
            .map(|it| (it.email.as_deref().unwrap_or_default(), it.external_id.as_str(), it.deleted))
            .collect();
        assert!(members.contains(&("a@x", "id:old", true)) && members.contains(&("n@x", "old", false)));
        assert_eq!(members.len(), 2, "{members:?}");
        // The newcomer's turn has to have come.
        world.connector.allowed_domains = vec!["elsewhere".to_owned()];
        assert!(world.plan(newcomer()).changes.iter().all(|it| it.joins().is_none()));
    }
}

#[test]
fn a_newcomer_at_the_name_of_a_renamed_colleague_comes_in_too() {
    let world = anna(false);
    let directory = || newcomer().marked("renamed", "id:old", "a@x", numbered("7"));
    let plan = world.plan(directory());
    let put = Request::PutMember { id: MemberId::new("m-a@x"), external_id: ExternalId::new("renamed") };
    assert_eq!(plan.requests()[0], put);
    let Some(Request::Import(import)) = plan.requests().pop() else { panic!("{plan:?}") };
    assert_eq!(import.members.len(), 1);
    assert_eq!(*import.groups[0].member_external_ids, [ExternalId::new("old")]);
    assert_eq!(plan.removals().count(), 0);
}

/// The old entry is listed among the deleted, as Active Directory, Google and Okta do: no reason to hold back the new one.
#[test]
fn a_deleted_entry_that_is_still_listed_holds_back_nobody_who_was_entered_again() {
    let deleted = |sample: Sample, name: &str, mail: Option<&str>, marks: Marks| match mail {
        Some(mail) => sample.marked_in_state(name, "id:old", mail, marks, AccountState::Deleted),
        None => sample.deleted_without_address(name),
    };
    for revoked in [false, true] {
        for action in [None, Some(LeaverAction::Keep), Some(LeaverAction::Revoke), Some(LeaverAction::Remove)]
        {
            // A tombstone keeps nothing; what can be restored keeps address and marks.
            for (mail, marks) in
                [(None, Marks::default()), (Some("a@x"), numbered("7")), (Some(""), Marks::default())]
            {
                let mut world = anna(revoked);
                world.presences.clear();
                world.connector.leavers.deleted = action;
                let plan = world.plan(deleted(successor("new", numbered("7")), "old", mail, marks));
                let put =
                    Request::PutMember { id: MemberId::new("m-a@x"), external_id: ExternalId::new("new") };
                let restore = revoked.then(|| Request::Restore(MemberId::new("m-a@x")));
                let expected: Vec<Request> = std::iter::once(put).chain(restore).collect();
                assert_eq!(plan.requests(), expected, "{revoked} {action:?} {mail:?}: {:?}", plan.changes);
                assert_eq!(plan.removals().count(), 0);
                assert!(plan.kept.is_empty() && plan.standing.is_empty(), "{plan:?}");
            }
            // Another person's marks: the membership stays whose it was.
            let mut world = anna(revoked);
            world.presences.clear();
            world.connector.leavers.deleted = action;
            let plan = world.plan(deleted(successor("new", numbered("8")), "old", None, Marks::default()));
            assert!(
                !plan.changes.iter().any(|it| matches!(it, Change::ReplaceExternalId { .. })),
                "{:?}",
                plan.changes
            );
        }
    }
}

#[test]
fn who_has_not_changed_the_account_to_the_new_address_is_found_again_by_it() {
    let told = |world: &mut World| world.ledger.addresses.note(&ExternalId::new("old"), "new@x", false);
    let entered = |marks| crowd(40).marked("new", "id:new", "new@x", marks).group("g", &["new"]);
    let mut world = anna(false);
    told(&mut world);
    let plan = world.plan(entered(numbered("7")));
    let put = Request::PutMember { id: MemberId::new("m-a@x"), external_id: ExternalId::new("new") };
    assert_eq!(plan.requests(), [put], "{:?}", plan.changes);
    assert!(plan.removals().count() == 0, "{:?}", plan.changes);
    let [Standing::AddressDiffers { person, observed }] = &plan.standing[..] else { panic!("{plan:?}") };
    assert_eq!((person.name.as_str(), observed.as_str()), ("new@x", "a@x"));
    // Not another person, and not while somebody else has the account's address.
    let mark = Marks { number: Some("8".to_owned()), name: Some("Otto Muster".to_owned()) };
    let leaves = |plan: &Plan| plan.changes.iter().any(|it| matches!(it, Change::Revoke { .. }));
    assert!(leaves(&world.plan(entered(mark.clone()))));
    let beside = entered(numbered("7")).marked("other", "id:other", "a@x", mark);
    let plan = world.plan(beside);
    assert!(!plan.requests().iter().any(|it| matches!(it, Request::PutMember { .. })), "{plan:?}");
}

#[test]
fn where_nobody_can_look_a_newcomer_comes_in_also_when_the_leaver_was_sent_as_deleted_before() {
    let mut world = anna(true);
    world.server = ServerKind::Vaultwarden;
    world.ledger.addresses.note(&ExternalId::new("old"), "a@x", true);
    let desired = newcomer().desired(&world.sync).expect("valid");
    let plan = Plan::build(&world.input(&desired, &believed(&world.ledger)));
    let [Request::Import(import)] = &plan.requests()[..] else { panic!("{plan:?}") };
    let members: Vec<_> = import
        .members
        .iter()
        .map(|it| (it.email.as_deref().unwrap_or_default(), it.external_id.as_str(), it.deleted))
        .collect();
    assert_eq!(members, [("a@x", "id:old", true), ("n@x", "old", false)]);
}
