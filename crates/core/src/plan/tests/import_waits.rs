//! What keeps an import from being sent keeps nobody in who leaves.

use super::*;

fn without_first(number: usize) -> Sample {
    (1..number).fold(Sample::new(), |it, n| it.person(&format!("crowd{n}"), &format!("crowd{n}@x")))
}

#[test]
fn a_repeated_id_holds_back_the_import_and_nobody_who_leaves() {
    let mut world = World::new().managed_crowd(40).managed("a", "a@x");
    world = world.leavers(LeaverAction::Revoke, LeaverAction::Keep);
    world = world.member("a", "b@x", MemberStatus::Confirmed, Role::User);
    // Another connector may have given it.
    world.connector.shared_organization = true;
    for id in ["crowd0", "a"] {
        world = world.answer(id, Presence::NotFound);
    }
    let plan = world.plan(without_first(40).person("c", "c@x").group("g", &["crowd1"]));
    let holders = vec!["a@x".to_owned(), "b@x".to_owned()];
    let repeated =
        Refusal::RepeatedExternalId { external_id: ExternalId::new("a"), of_groups: false, holders };
    assert_eq!(plan.waits_for, [repeated]);
    let revoked = |it: &str| Request::Revoke(MemberId::new(format!("m-{it}")));
    assert_eq!(plan.requests(), ["crowd0@x", "a@x"].map(revoked), "by the address that the ledger knows");
    assert_eq!(plan.changes.len(), 2, "{:?}", plan.changes);
    // What was done is seen as done, whoever else has the id.
    let mut after = world.state.clone();
    assert_eq!(plan.unfinished(&after).len(), 2);
    for member in after.members.iter_mut().filter(|it| ["crowd0@x", "a@x"].contains(&it.email.as_str())) {
        member.status = MemberStatus::Revoked;
    }
    assert!(plan.unfinished(&after).is_empty());
    // Where the ledger does not tell who is meant, nobody is.
    world.ledger.people[40].email = Email::new("old@x");
    assert_eq!(world.plan(without_first(40)).requests(), [revoked("crowd0@x")]);
}

#[test]
fn who_has_to_leave_a_group_is_taken_out_without_an_import_and_nobody_comes_in() {
    let world = World::new().managed_crowd(4).managed("a", "a@x").group("g", "g", &[0, 1, 2]);
    let mut world = world.member("a", "b@x", MemberStatus::Confirmed, Role::User);
    world.connector.shared_organization = true;
    let plan = world.plan(crowd(4).person("a", "a@x").group("g", &["crowd0", "crowd1", "crowd3"]));
    let out = Request::TakeOut { group: GroupId::new("g"), members: vec![MemberId::new("m-crowd2@x")] };
    assert_eq!(plan.requests(), [out]);
    let [Change::ChangeMembers { added, removed, .. }] = &plan.changes[..] else {
        panic!("{:?}", plan.changes)
    };
    assert_eq!((added.len(), removed.as_slice()), (0, &["crowd2".to_owned()][..]));
    assert_eq!(plan.scope().memberships.len(), 1, "limits count it");
}

#[test]
fn a_repeated_id_of_groups_holds_back_groups_alone() {
    let world = World::new().managed("a", "a@x").group("g", "One", &[0]).group("g", "Other", &[]);
    let plan = world.plan(Sample::new().person("a", "a@x").person("b", "b@x").group("new", &["a"]));
    let holders = vec!["One".to_owned(), "Other".to_owned()];
    let repeated =
        Refusal::RepeatedExternalId { external_id: ExternalId::new("g"), of_groups: true, holders };
    assert_eq!(plan.waits_for, [repeated]);
    assert!(matches!(&plan.changes[..], [Change::Invite { person, .. }] if person.name == "b@x"));
    assert!(
        matches!(&plan.requests()[..], [Request::Import(it)] if it.groups.is_empty() && it.members.len() == 1)
    );
}

#[test]
fn more_seats_taken_than_there_are_hold_back_the_import_and_nobody_who_leaves() {
    let mut world = World::new().managed_crowd(10).leavers(LeaverAction::Revoke, LeaverAction::Keep);
    world = world.answer("crowd0", Presence::NotFound);
    for (total, most, held) in [(9, None, false), (8, None, true), (8, Some(8), true)] {
        world.seats = Some(Seats { total, most });
        let plan = world.plan(without_first(10).person("new", "new@x").group("g", &["crowd1"]));
        let over = Refusal::OverOccupied { occupied: 9, seats: total as usize, most };
        assert_eq!(plan.waits_for == [over], held, "{total} {most:?}");
        let revokes = matches!(plan.requests()[..], [Request::Revoke(_)]);
        assert_eq!((revokes, plan.changes.len() == 1), (held, held), "{:?}", plan.changes);
    }
    world.connector.limits.buy_seats = true;
    world.seats = Some(Seats { total: 8, most: Some(9) });
    assert!(world.plan(without_first(10)).waits_for.is_empty());
}
