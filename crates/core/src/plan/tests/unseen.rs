//! Servers that show nothing of what they hold.

use super::*;

#[test]
fn groups_are_sent_unconfirmed_where_nobody_can_see_whether_the_server_takes_them() {
    let mut world = World::new();
    let directory = || Sample::new().person("a", "a@x").group("g", &["a"]);
    let desired = directory().desired(&world.sync).expect("valid");
    let told = |plan: &Plan| plan.notices.contains(&PlanNotice::GroupsUnseen { groups: 1 });
    world.server = ServerKind::Vaultwarden;
    assert!(told(&Plan::build(&world.input(&desired, &Observed::Unknown))), "the first run");
    let mut before = World::new().managed("a", "a@x");
    before.server = ServerKind::Vaultwarden;
    assert!(told(&Plan::build(&before.input(&desired, &believed(&before.ledger)))), "a later one");
    let seen = Observed::Live(world.state.clone());
    assert!(!told(&Plan::build(&world.input(&desired, &seen))), "an observer can see");
    let alone = Sample::new().person("a", "a@x").desired(&world.sync).expect("valid");
    assert!(!told(&Plan::build(&world.input(&alone, &Observed::Unknown))), "no groups");
}

#[test]
fn an_unreadable_server_is_believed_after_its_baseline() {
    let mut world = World::new();
    world.server = ServerKind::Vaultwarden;
    world.sync.remove_disabled = true;
    world.ledger = LedgerState::default();
    let now = Timestamp(1);
    let first = crowd(3).group("g", &["crowd1"]).desired(&world.sync).expect("valid");
    let unknown = believed(&world.ledger);
    assert!(matches!(unknown, Observed::Unknown));
    let plan = Plan::build(&world.input(&first, &unknown));
    assert_eq!(plan.requests().len(), 1);
    world.ledger = plan.ledger_after(&world.input(&first, &unknown), After::Accepted, now);

    let observed = believed(&world.ledger);
    assert!(Plan::build(&world.input(&first, &observed)).is_empty());
    let second = crowd(2).in_state("crowd2", "crowd2@x", AccountState::Disabled).group("g", &[]);
    let second = second.desired(&world.sync).expect("valid");
    let plan = Plan::build(&world.input(&second, &observed));
    assert!(
        matches!(&plan.changes[..], [Change::Revoke { .. }, Change::ChangeMembers { .. }]),
        "{:?}",
        plan.changes
    );
    let after = plan.ledger_after(&world.input(&second, &observed), After::Accepted, now);
    assert!(after.people[2].revoked_by_us);
}

#[test]
fn what_cannot_be_seen_is_sent_again_on_demand() {
    let mut world = World::new().managed("a", "a@x").managed("b", "b@x").managed("c", "c@x");
    let directory = || Sample::new().person("a", "a@x").person("b", "b@x").group("g", &["a"]).group("h", &[]);
    world = world.group("g", "g", &[0]).group("h", "h", &[]).answer("c", Presence::NotFound);
    world.ledger.people[1].revoked_by_us = false;
    world.server = ServerKind::Vaultwarden;
    world.connector.leavers.gone = Some(LeaverAction::Revoke);
    let plan = |world: &World| {
        let observed = believed(&world.ledger);
        Plan::build(&world.input(&directory().desired(&world.sync).expect("valid"), &observed))
    };
    let usual = plan(&world);
    let [Request::Import(import)] = &usual.requests()[..] else { panic!("{usual:?}") };
    assert_eq!((import.members.len(), import.groups.len()), (1, 0));
    world.resend = true;
    let again = plan(&world);
    assert_eq!(again.changes, usual.changes, "nothing is known to be different");
    let sent = SentAgain { people: 2, groups: 2 };
    assert_eq!((usual.sent_again, again.sent_again), (SentAgain::default(), sent));
    assert!(again.notices.contains(&PlanNotice::SentAgain { people: 2, groups: 2 }), "{:?}", again.notices);
    let [Request::Import(import)] = &again.requests()[..] else { panic!("{again:?}") };
    let members: Vec<_> = import.members.iter().map(|it| (it.external_id.as_str(), it.deleted)).collect();
    assert_eq!(members, [("a", false), ("b", false), ("c", true)], "in the order of the directory");
    let groups: Vec<_> =
        import.groups.iter().map(|it| (it.external_id.as_str(), it.member_external_ids.len())).collect();
    assert_eq!(groups, [("g", 1), ("h", 0)]);
    assert!(again.notices.contains(&PlanNotice::RestoresByHand), "{:?}", again.notices);
    // Where nothing differs at all, such a plan is not empty.
    let mut same = World::new().managed("a", "a@x");
    same.server = ServerKind::Vaultwarden;
    for (resend, people) in [(false, 0), (true, 1)] {
        same.resend = resend;
        let desired = Sample::new().person("a", "a@x").desired(&same.sync).expect("valid");
        let plan = Plan::build(&same.input(&desired, &believed(&same.ledger)));
        assert_eq!((plan.changes.len(), plan.sent_again.people), (0, people));
        assert_eq!(plan.is_empty(), !resend);
    }
    // Whoever can look sends what differs.
    let live = world.plan(directory());
    let Some(Request::Import(import)) = live.requests().pop() else { panic!("{live:?}") };
    assert_eq!((import.members.len(), import.groups.len()), (1, 0));
}
