//! Who in the directory is whom: by the id that survives renames, by the one that was pushed, by the address.

use super::*;

fn identified(mut world: World, external_id: &str, stable_id: &str, email: &str) -> World {
    world = world.managed(external_id, email);
    world.ledger.people.last_mut().expect("just added").stable_id = Some(StableId::new(stable_id));
    world
}

#[test]
fn a_renamed_entry_keeps_the_id_of_its_first_push() {
    let mut world = World::new().managed("cn=old", "a@x").group("g", "g", &[0]);
    world.ledger.people[0].stable_id = Some(StableId::new("entryUUID:1"));
    let directory = || Sample::new().with_stable_id("cn=new", "entryUUID:1", "a@x").group("g", &["cn=new"]);
    let plan = world.plan(directory());
    assert!(plan.is_empty() && plan.standing.is_empty(), "{plan:?}");
    assert!(
        Identity::new(&directory().desired(&world.sync).expect("valid"), &world.ledger, None)
            .lookups(&world.ledger)
            .is_empty()
    );
}

#[test]
fn a_member_whose_address_lives_on_under_a_new_id_is_not_taken() {
    let world = World::new()
        .managed_crowd(40)
        .managed("old", "a@x")
        .leavers(LeaverAction::Remove, LeaverAction::Remove)
        .answer("old", Presence::NotFound);
    let plan = world.plan(crowd(40).person("new", "a@x"));
    let new = Request::PutMember { id: MemberId::new("m-a@x"), external_id: ExternalId::new("new") };
    assert_eq!(plan.requests(), [new]);
    assert!(plan.kept.is_empty() && plan.standing.is_empty(), "{plan:?}");
    // Somebody may still be there under the old id: nothing is given away.
    for presence in [Presence::Found { at: None }, Presence::Unknown { reason: "busy".into() }] {
        let unknown = matches!(presence, Presence::Unknown { .. });
        let plan = World::new()
            .managed_crowd(40)
            .managed("old", "a@x")
            .leavers(LeaverAction::Remove, LeaverAction::Remove)
            .answer("old", presence)
            .plan(crowd(40).person("new", "a@x"));
        assert!(plan.is_empty(), "{:?}", plan.changes);
        match &plan.standing[0] {
            Standing::AddressOfLeaver { because: AddressHeldBecause::Unconfirmed, .. } if unknown => {}
            Standing::HeldUnderOtherId { .. } if !unknown => {}
            standing => panic!("{standing:?}"),
        }
    }
}

#[test]
fn a_newcomer_at_a_used_name_is_nobody_else() {
    let world =
        || identified(World::new().managed_crowd(40), "cn=p", "entryUUID:1", "old@x").group("g", "g", &[]);
    // The first owner of the name has moved, with a new address; a disabled newcomer has it now.
    let mut moved = world();
    moved.sync.remove_disabled = true;
    let plan = moved.plan(
        crowd(40)
            .with_stable_id("cn=moved", "entryUUID:1", "new@x")
            .identified_in_state("cn=p", "entryUUID:2", "other@x", AccountState::Disabled)
            .group("g", &[]),
    );
    assert!(plan.is_empty(), "{:?}", plan.changes);
    // The first owner is gone: the leaver goes, and the newcomer inherits neither membership nor groups.
    let gone = world().leavers(LeaverAction::Revoke, LeaverAction::Keep).answer("cn=p", Presence::NotFound);
    let newcomer = || crowd(40).with_stable_id("cn=p", "entryUUID:2", "other@x").group("g", &["cn=p"]);
    let desired = newcomer().desired(&gone.sync).expect("valid");
    assert_eq!(Identity::new(&desired, &gone.ledger, None).lookups(&gone.ledger).len(), 1);
    let plan = gone.plan(newcomer());
    let [Request::Revoke(revoked), Request::PutMember { id, external_id }, Request::Import(import)] =
        &plan.requests()[..]
    else {
        panic!("{plan:?}")
    };
    assert_eq!((revoked, id), (&MemberId::new("m-old@x"), &MemberId::new("m-old@x")));
    assert_eq!(external_id.as_str(), "entryUUID:1");
    assert_eq!(import.members[0].external_id.as_str(), "cn=p");
    assert_eq!(*import.groups[0].member_external_ids, [ExternalId::new("cn=p")]);
    assert!(plan.standing.is_empty(), "{:?}", plan.standing);
    // Whose access is not taken keeps the id, and the newcomer waits.
    let kept = world().leavers(LeaverAction::Keep, LeaverAction::Keep).answer("cn=p", Presence::NotFound);
    let plan = kept.plan(newcomer());
    assert!(plan.is_empty(), "{:?}", plan.changes);
    assert!(matches!(&plan.standing[0], Standing::ExternalIdTaken { holder, .. } if holder == "old@x"));
    // Entered anew under the same address: nothing tells that it is another person, and the member has access.
    let anew = || crowd(40).with_stable_id("cn=p", "entryUUID:2", "old@x").group("g", &[]);
    let plan = world().answer("cn=p", Presence::NotFound).plan(anew());
    assert!(plan.is_empty() && plan.standing.is_empty(), "{:?}", plan.standing);
    assert!(
        matches!(plan.notices[..], [PlanNotice::EntryReplaced { compared: false, .. }]),
        "{:?}",
        plan.notices
    );
}

#[test]
fn groups_keep_whom_the_organization_has_under_another_id() {
    let world = World::new().managed("b", "b@x").member("old", "a@x", MemberStatus::Confirmed, Role::User);
    let mut world = world.group("g", "g", &[0, 1]);
    let directory = || Sample::new().person("b", "b@x").person("new", "a@x").group("g", &["b", "new"]);
    // The member gets the new id, and stays in the group: nothing of the group is sent.
    assert!(matches!(&world.plan(directory()).requests()[..], [Request::PutMember { .. }]));
    world.connector.protected = vec!["a@x".to_owned()];
    let plan = world.plan(directory());
    assert!(plan.is_empty(), "{:?}", plan.changes);
    assert!(matches!(plan.standing[..], [Standing::HeldUnderOtherId { .. }]));
}

#[test]
fn a_name_whose_holder_has_the_address_of_somebody_else_is_not_the_newcomers() {
    // `old` was a@x's name in the directory, who is `new` there by now; c@x has that name since.
    let directory = |kind: &str| {
        let own = |id: &str| if kind == "name" { format!("uuid-{id}") } else { format!("{kind}{id}") };
        let people =
            Sample::new().with_stable_id("b", &own("b"), "b@x").with_stable_id("new", &own("new"), "a@x");
        people.with_stable_id("old", &own("old"), "c@x").group("g", &["b", "new"]).group("h", &["old"])
    };
    let is_taken = |plan: &Plan| {
        let taken = |it: &Standing| matches!(it, Standing::ExternalIdTaken { person, holder } if person.name == "c@x" && holder == "a@x");
        plan.standing.iter().any(taken)
    };
    let world = World::new().managed("b", "b@x").member("old", "a@x", MemberStatus::Confirmed, Role::User);
    let mut world = world.group("g", "g", &[0, 1]).group("h", "h", &[]);
    // The account gets its own id back, and c@x waits until the other one is free.
    let plan = world.plan(directory("name"));
    assert!(is_taken(&plan), "{:?}", plan.standing);
    assert!(
        matches!(&plan.requests()[..], [Request::PutMember { external_id, .. }] if external_id.as_str() == "new"),
        "{:?}",
        plan.requests()
    );
    // Where that must not be, nothing is done; least of all is c@x's group given to a@x.
    world.connector.protected = vec!["a@x".to_owned()];
    let plan = world.plan(directory("name"));
    assert!(is_taken(&plan) && plan.is_empty(), "{:?}", plan.changes);
    assert!(plan.standing.iter().any(|it| matches!(it, Standing::HeldUnderOtherId { .. })));
    // The ledger knows the name, and no stable id beside it: a run that was cut off had invited a@x.
    let world = World::new().managed("b", "b@x").managed("old", "a@x").group("g", "g", &[0, 1]);
    let world = world.group("h", "h", &[]).answer("old", Presence::Found { at: None });
    let plan = world.plan(directory("name"));
    assert!(is_taken(&plan) && plan.is_empty(), "{:?}", plan.changes);
    // An id that is nobody else's, ever, is right about the person, and the address is what went over.
    for kind in ["", "objectGUID:"] {
        let plan = world.plan(directory(kind));
        assert!(!is_taken(&plan), "{:?}", plan.standing);
        let differs = |it: &Standing| matches!(it, Standing::AddressDiffers { person, .. } if person.external_id.as_str() == "old");
        assert!(plan.standing.iter().any(differs), "{:?}", plan.standing);
    }
    // A new address that nobody else has is the same person's.
    let renamed = Sample::new().with_stable_id("b", "uuid-b", "b@x").with_stable_id("old", "uuid-old", "c@x");
    let plan = world.plan(renamed.group("g", &["b", "old"]).group("h", &[]));
    assert!(matches!(plan.standing[..], [Standing::AddressDiffers { .. }]), "{:?}", plan.standing);
}
