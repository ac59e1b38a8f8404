//! What needs a decision, and what would be sent for it.

use super::*;

fn found(world: &World, picks: &Picks) -> Vec<RepairCase> {
    repairs(&world.state, &world.ledger, &world.connector, picks)
}

fn none() -> Picks {
    Picks::default()
}

fn keep(ids: &[&str]) -> Picks {
    Picks { keep: ids.iter().map(|it| (*it).to_owned()).collect(), first: false }
}

fn sent(cases: &[RepairCase]) -> Vec<Request> {
    cases.iter().flat_map(RepairCase::requests).map(|(_, request)| request.clone()).collect()
}

/// Anna joined under an id of before, and was invited again under a new one.
fn twins(statuses: [MemberStatus; 2], role: Role) -> World {
    let mut world =
        World::new().member("old", "a@x", statuses[0], Role::User).member("new", "a@x", statuses[1], role);
    world.state.members[0].id = Some(MemberId::new("first"));
    world.state.members[1].id = Some(MemberId::new("second"));
    world
}

fn merge(into: &str, from: &str) -> Request {
    Request::Merge { into: MemberId::new(into), from: MemberId::new(from) }
}

#[test]
fn of_two_memberships_the_one_that_never_joined_goes() {
    for pending in [MemberStatus::Invited, MemberStatus::Staged] {
        for joined in [MemberStatus::Confirmed, MemberStatus::Accepted, MemberStatus::Revoked] {
            let cases = found(&twins([joined, pending], Role::User), &none());
            assert_eq!(sent(&cases), [merge("first", "second")]);
            assert_eq!((cases[0].kept.as_deref(), cases[0].removals()), (Some("first"), 1));
            assert_eq!(
                sent(&found(&twins([pending, joined], Role::User), &none())),
                [merge("second", "first")]
            );
        }
    }
}

#[test]
fn where_both_or_none_have_joined_the_administrator_picks() {
    for both in [MemberStatus::Confirmed, MemberStatus::Invited] {
        let world = twins([both, both], Role::User);
        let cases = found(&world, &none());
        assert_eq!((cases.len(), sent(&cases).len(), cases[0].kept.clone()), (1, 0, None));
        assert_eq!(sent(&found(&world, &keep(&["second"]))), [merge("second", "first")]);
        let first = found(&world, &Picks { first: true, ..none() });
        let expected =
            if both == MemberStatus::Invited { vec![merge("first", "second")] } else { Vec::new() };
        assert_eq!(sent(&first), expected);
        assert!(sent(&found(&world, &keep(&["first", "second"]))).is_empty(), "both are none");
    }
}

#[test]
fn nobody_is_removed_whom_no_removal_may_touch() {
    for role in [Role::Owner, Role::Admin, Role::Custom] {
        let world = twins([MemberStatus::Confirmed, MemberStatus::Invited], role);
        for picks in [none(), keep(&["first"])] {
            let cases = found(&world, &picks);
            assert!(sent(&cases).is_empty() && cases[0].holders[1].untouchable, "{role:?}");
        }
    }
    let mut world = twins([MemberStatus::Confirmed, MemberStatus::Invited], Role::User);
    world.connector.protected = vec![" A@x".to_owned()];
    assert!(sent(&found(&world, &none())).is_empty());
}

#[test]
fn an_id_of_two_is_settled_by_a_pick_where_the_ledger_does_not_tell() {
    let mut world = World::new().managed("a", "a@x").member("a", "b@x", MemberStatus::Confirmed, Role::User);
    assert!(found(&world, &none()).is_empty(), "each run mends it");
    world.ledger.people.clear();
    let cases = found(&world, &none());
    assert_eq!(cases[0].disorder, Disorder::MembersOfOneId { external_id: ExternalId::new("a") });
    assert!(sent(&cases).is_empty());
    let cleared = Request::PutMember { id: MemberId::new("m-b@x"), external_id: ExternalId::new("") };
    assert_eq!(sent(&found(&world, &keep(&["m-a@x"]))), [cleared]);

    let mut world = World::new().group("g", "One", &[]).group("g", "Two", &[]);
    world.state.groups[1].id = Some(GroupId::new("g2"));
    assert!(found(&world, &none()).is_empty(), "the ledger knows the first by its own id");
    world.ledger.groups.clear();
    let cleared =
        Request::PutGroup { id: GroupId::new("g"), name: "One".to_owned(), external_id: ExternalId::new("") };
    assert_eq!(sent(&found(&world, &keep(&["g2"]))), [cleared]);
}
