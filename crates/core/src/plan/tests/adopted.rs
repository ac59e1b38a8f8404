//! Groups made by hand that become the directory's, with their access to collections.

use super::*;

/// Groups made by hand, each with an owner whom the directory does not list and one of its people; the ledger knows one group.
fn by_hand(names: &[&str], collections: Option<usize>) -> World {
    let world = World::new().managed_crowd(40).group("eng", "eng", &[0, 1]);
    let mut world = world.member("", "owner@x", MemberStatus::Confirmed, Role::Owner);
    world.connector.adopt_groups = true;
    for name in names {
        world.state.groups.push(ObservedGroup {
            id: Some(GroupId::new(format!("hand-{name}"))),
            name: (*name).to_owned(),
            external_id: None,
            members: Membership::Read(vec![40, 2]),
            collections,
        });
    }
    world
}

/// The directory with a group of each name, which somebody made below an entry of his own.
fn claims(names: &[&str]) -> Sample {
    let sample = crowd(40).group("eng", &["crowd0", "crowd1"]);
    names.iter().fold(sample, |sample, it| {
        sample.identified_group(&format!("cn={it},cn=u"), &format!("id:{it}"), it, &["crowd9"])
    })
}

fn adopted(plan: &Plan) -> usize {
    plan.changes.iter().filter(|it| matches!(it, Change::AdoptGroup { .. })).count()
}

#[test]
fn who_leaves_a_group_that_is_adopted_is_told_and_counted_in_the_same_run() {
    let world = by_hand(&["Payroll"], Some(3));
    let desired = claims(&["Payroll"]).desired(&world.sync).expect("valid");
    let identity = Identity::new(&desired, &world.ledger, Some(&world.state));
    let read = |adopts| to_read(&desired, &world.ledger, &identity, &world.state, adopts).0;
    assert_eq!((read(false), read(true)), (vec![], vec![1]), "it is read before anything is decided");
    let plan = world.plan(claims(&["Payroll"]));
    let [Change::AdoptGroup { old: None, collections: Some(3), .. }, Change::ChangeMembers { removed, .. }] =
        &plan.changes[..]
    else {
        panic!("{:?}", plan.changes)
    };
    assert_eq!(removed, &["owner@x", "crowd2"]);
    assert_eq!(plan.scope().memberships.len(), 2);
    assert!(is_go(&plan), "one may pass");
}

#[test]
fn more_groups_with_collections_than_may_wait_for_an_approval_and_nothing_else_does() {
    let names = ["Payroll", "Root CA"];
    for collections in [Some(1), None] {
        let mut world = by_hand(&names, collections);
        world = world.managed("gone", "gone@x").answer("gone", Presence::NotFound);
        world = world.leavers(LeaverAction::Revoke, LeaverAction::Keep);
        let desired = claims(&names).desired(&world.sync).expect("valid");
        let observed = Observed::Live(world.state.clone());
        let input = world.input(&desired, &observed);
        let plan = Plan::build(&input);
        let Verdict::Held(held) = plan.check(&Limits::default(), &[]) else { panic!("{plan:?}") };
        assert_eq!(
            held.refusals,
            [Refusal::TooManyAdoptedGroups { planned: 2, allowed: 1, earlier: 0, hours: 24 }]
        );
        let left = Plan::build_without(&input, &held).expect("the rest");
        assert_eq!((adopted(&left), left.removals().count()), (0, 1), "{:?}", left.changes);
        assert!(!left.changes.iter().any(|it| matches!(it, Change::CreateGroup { .. })), "nor a second one");
        let waits =
            left.left_out.iter().filter(|it| it.because == LeftOutBecause::AdoptionHeld { collections });
        assert_eq!(waits.count(), 2);
        assert!(left.requests().iter().all(|it| matches!(it, Request::Revoke(_))), "{:?}", left.requests());
        // The approval covers these groups, and no other of the same entries.
        let approval = plan.taken_beyond(&left);
        assert_eq!(plan.check(&Limits::default(), std::slice::from_ref(&approval)), Verdict::Go);
        world.state.groups[1].name = "Vault Admins".to_owned();
        let renamed = crowd(40).group("eng", &["crowd0", "crowd1"]);
        let renamed = renamed.identified_group("cn=Payroll,cn=u", "id:Payroll", "Vault Admins", &["crowd9"]);
        let renamed = renamed.identified_group("cn=Root CA,cn=u", "id:Root CA", "Root CA", &["crowd9"]);
        let other = world.plan(renamed).check(&Limits::default(), &[approval]);
        assert!(matches!(other, Verdict::Held(_)), "{other:?}");
    }
    // Those that give access to nothing are names only.
    let plan = by_hand(&names, Some(0)).plan(claims(&names));
    assert_eq!((adopted(&plan), is_go(&plan)), (2, true));
}

#[test]
fn one_group_a_run_is_as_many_within_the_window() {
    let (first, second) = (["Payroll"], ["Root CA"]);
    let mut world = by_hand(&["Payroll", "Root CA"], Some(1));
    let plan = world.plan(claims(&first));
    world.recent = plan.counted(&Limits::default());
    assert!(matches!(world.plan(claims(&second)).check(&Limits::default(), &[]), Verdict::Held(_)));
}

#[test]
fn a_group_whose_adoption_the_server_refuses_is_neither_made_twice_nor_changed() {
    let mut plan = by_hand(&["Payroll"], Some(1)).plan(claims(&["Payroll"]));
    let put = plan.requests()[0].clone();
    assert!(matches!(put, Request::PutGroup { .. }));
    plan.give_up(&put);
    assert!(
        plan.changes.is_empty() && plan.requests().is_empty(),
        "{:?} {:?}",
        plan.changes,
        plan.requests()
    );
}
