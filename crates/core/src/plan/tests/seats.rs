//! Who has a seat, who gets one, and whose stays taken.

use super::*;

#[test]
fn seats_are_counted_with_those_that_leavers_free_and_never_bought_unasked() {
    let seats = |total, most| Some(Seats { total, most });
    let mut world = World::new().managed_crowd(5).leavers(LeaverAction::Revoke, LeaverAction::Keep);
    world = world.answer("crowd0", Presence::NotFound).member("", "r@x", MemberStatus::Revoked, Role::User);
    let directory = |new: usize| {
        let stay =
            (1..5).fold(Sample::new(), |it, n| it.person(&format!("crowd{n}"), &format!("crowd{n}@x")));
        (0..new).fold(stay, |it, n| it.person(&format!("new{n}"), &format!("new{n}@x")))
    };
    world.seats = seats(6, None);
    let plan = world.plan(directory(2));
    assert_eq!(plan.seats, SeatCount { needed: 2, free: Some(2), bought: 0, most: None, missing: 0 });
    assert!(is_go(&plan));
    let plan = world.plan(directory(3));
    assert!(is_go(&plan), "everything else is sent");
    assert_eq!((plan.seats.needed, plan.seats.bought, plan.seats.missing), (2, 0, 1));
    let waits = [LeftOut { reference: "new2".to_owned(), because: LeftOutBecause::NoSeat { missing: 1 } }];
    assert_eq!(plan.left_out, waits);
    assert!(plan.new_groups().next().is_none() && plan.requests().len() == 2, "{:?}", plan.requests());
    // Who waits stays first in line.
    world.ledger.waiting = vec![ExternalId::new("new2")];
    let joins =
        |plan: &Plan| plan.changes.iter().filter_map(Change::joins).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(joins(&world.plan(directory(3))), ["new0", "new2"]);
    world.ledger.waiting.clear();
    world.connector.limits.buy_seats = true;
    assert_eq!(joins(&world.plan(directory(3))).len(), 3);
    world.seats = seats(6, Some(6));
    assert_eq!(joins(&world.plan(directory(3))).len(), 2);
}

#[test]
fn whoever_had_a_seat_gets_one_before_newcomers_and_a_group_names_nobody_without_one() {
    let mut world = World::new().managed_crowd(3);
    world.ledger.people[2].revoked_by_us = true;
    world.state.members[2].status = MemberStatus::Revoked;
    world.seats = Some(Seats { total: 3, most: None });
    let directory = || crowd(3).person("new", "new@x").group("g", &["new", "crowd0", "crowd2"]);
    let plan = world.plan(directory());
    assert!(
        matches!(&plan.changes[0], Change::Restore { person, .. } if person.name == "crowd2@x"),
        "{plan:?}"
    );
    assert_eq!(plan.left_out[0].because, LeftOutBecause::NoSeat { missing: 1 });
    assert!(plan.changes.iter().any(|it| matches!(it, Change::CreateGroup { members: 2, .. })), "{plan:?}");
    world.seats = Some(Seats { total: 2, most: None });
    let plan = world.plan(directory());
    assert_eq!((plan.seats.missing, plan.kept[0].because.clone()), (2, KeptBecause::NoSeat { missing: 2 }));
}

fn refused(name: &str) -> crate::import::RefusedRecord {
    let external_id = ExternalId::new(name);
    crate::import::RefusedRecord {
        name: format!("{name}@x"),
        external_id,
        is_group: false,
        reason: "no".to_owned(),
    }
}

#[test]
fn who_is_not_let_back_keeps_no_seat_from_a_newcomer() {
    let mut world = World::new().managed("a", "a@x").managed("b", "b@x");
    world.state.members[0].status = MemberStatus::Revoked;
    world.ledger.people[0].revoked_by_us = true;
    world.seats = Some(Seats { total: 2, most: None });
    let directory = || Sample::new().person("a", "a@x").person("b", "b@x").person("n", "n@x");
    let restore = Request::Restore(MemberId::new("m-a@x"));
    let desired = directory().desired(&world.sync).expect("valid");
    let observed = Observed::Live(world.state.clone());
    let input = world.input(&desired, &observed);
    let plan = Plan::build(&input);
    assert_eq!((plan.requests(), plan.seats.missing), (vec![restore.clone()], 1), "restored before invited");
    let remembered = plan.refusals_after(&[(restore.clone(), refused("a"))], &input, world.now);
    world.ledger.refused = remembered;
    let joins = |plan: &Plan| plan.changes.iter().any(|it| it.joins() == Some("n"));
    let again = world.plan(directory());
    assert!(joins(&again) && !again.requests().contains(&restore), "{:?}", again.changes);
    // Asked for again, the seat is kept again.
    world.now = Timestamp(25 * 60 * 60 * 1000);
    assert_eq!(world.plan(directory()).requests(), [restore]);
}

#[test]
fn the_seat_of_whom_the_server_does_not_let_go_is_nobody_elses() {
    let mut world = World::new()
        .managed_crowd(40)
        .managed("a", "a@x")
        .managed("back", "back@x")
        .leavers(LeaverAction::Revoke, LeaverAction::Keep)
        .answer("a", Presence::NotFound);
    world.state.members[41].status = MemberStatus::Revoked;
    world.ledger.people[41].revoked_by_us = true;
    let directory = || {
        crowd(40).person("back", "back@x").person("one", "one@x").person("two", "two@x").group("g", &["two"])
    };
    let (revoke, restore) =
        (Request::Revoke(MemberId::new("m-a@x")), Request::Restore(MemberId::new("m-back@x")));
    for (total, buys, joins, comes_back) in [
        (43, false, &["one"][..], true),
        (44, false, &["one", "two"], true),
        (43, true, &["one", "two"], true),
    ] {
        world.seats = Some(Seats { total, most: None });
        world.connector.limits.buy_seats = buys;
        let plan = world.plan(directory());
        let import = plan.requests().into_iter().find_map(|it| match it {
            Request::Import(import) => Some(import),
            _ => None,
        });
        let import = import.unwrap_or_else(|| panic!("{plan:?}"));
        assert_eq!((import.members.len(), plan.has_seat(&restore, &[])), (2, true));
        let left = plan.after_refusals(import, std::slice::from_ref(&revoke));
        let ids: Vec<_> = left.members.iter().map(|it| it.external_id.as_str()).collect();
        assert_eq!(ids, joins, "{total} {buys}");
        assert_eq!(left.groups[0].member_external_ids.len(), joins.len() - 1);
        assert_eq!(plan.has_seat(&restore, std::slice::from_ref(&revoke)), comes_back);
        // Who had no access took no seat.
        let other = Request::Remove(MemberId::new("m-back@x"));
        assert!(plan.without_seat(&[other]).is_empty());
    }
    world.seats = Some(Seats { total: 41, most: None });
    world.connector.limits.buy_seats = false;
    let plan = world.plan(crowd(40).person("back", "back@x"));
    assert!(plan.requests().contains(&restore) && !plan.has_seat(&restore, &[revoke]));
}
