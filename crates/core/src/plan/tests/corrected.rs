//! An invitation whose address was corrected before anybody joined goes to the new one.

use super::*;
use crate::import::RefusedRecord;
use crate::settings::Limits;

fn world(status: MemberStatus, role: Role) -> World {
    let mut world = World::new().member("a", "wrong@x", status, role);
    world.ledger.people.push(managed_person("a", "wrong@x"));
    world.group("g", "g", &[0])
}

fn directory() -> Sample {
    Sample::new().person("a", "right@x").group("g", &["a"])
}

#[test]
fn it_is_one_change_and_one_request() {
    let plan = world(MemberStatus::Invited, Role::User).plan(directory());
    let [Change::Invite { person, cause: Cause::AddressCorrected }] = &plan.changes[..] else {
        panic!("{:?}", plan.changes)
    };
    assert_eq!((person.name.as_str(), person.external_id.as_str()), ("right@x", "a"));
    let request = Request::InviteAnew {
        id: MemberId::new("m-wrong@x"),
        from: "wrong@x".to_owned(),
        email: "right@x".to_owned(),
        external_id: ExternalId::new("a"),
    };
    assert_eq!(plan.requests(), [request]);
    assert!(plan.standing.is_empty() && plan.removals().count() == 0);
    assert_eq!(plan.seats.needed, 0, "it keeps its seat");
    // Done when the membership has the new address, not before.
    let world = world(MemberStatus::Invited, Role::User);
    assert_eq!(plan.unfinished(&world.state).len(), 1);
    let mut after = world.state;
    after.members[0].email = Email::new("right@x");
    assert!(plan.unfinished(&after).is_empty());
}

#[test]
fn whoever_has_the_wrong_address_is_invited_in_the_same_run() {
    let plan = world(MemberStatus::Invited, Role::User).plan(directory().person("b", "wrong@x"));
    let invited: Vec<(&str, Cause)> =
        plan.changes.iter().map(|it| (it.subject().name.as_str(), it.cause())).collect();
    assert_eq!(invited, [("right@x", Cause::AddressCorrected), ("wrong@x", Cause::Joined)]);
    // Not where the server refuses the first.
    let requests = plan.requests();
    let Request::Import(import) = &requests[1] else { panic!("{requests:?}") };
    assert!(plan.after_refusals(import.clone(), &requests[..1]).members.is_empty());
}

#[test]
fn whoever_has_accepted_or_is_more_than_a_user_is_never_treated_so() {
    let differs = |world: World| {
        let plan = world.plan(directory());
        assert!(plan.is_empty() && plan.requests().is_empty(), "{:?}", plan.changes);
        assert!(matches!(plan.standing[..], [Standing::AddressDiffers { .. }]), "{:?}", plan.standing);
    };
    for status in [MemberStatus::Accepted, MemberStatus::Confirmed, MemberStatus::Staged] {
        differs(world(status, Role::User));
    }
    for role in [Role::Owner, Role::Admin, Role::Custom] {
        differs(world(MemberStatus::Invited, role));
    }
    let mut protected = world(MemberStatus::Invited, Role::User);
    protected.connector.protected = vec!["wrong@x".to_owned()];
    differs(protected);
    // The ledger does not know whose it is.
    let mut unknown = world(MemberStatus::Invited, Role::User);
    unknown.ledger.people.clear();
    differs(unknown);
    let mut first = world(MemberStatus::Invited, Role::User);
    first.ledger.baseline_taken = false;
    differs(first);
}

#[test]
fn it_waits_where_the_invitation_could_not_be_sent() {
    let mut elsewhere = world(MemberStatus::Invited, Role::User);
    elsewhere.connector.allowed_domains = vec!["y".to_owned()];
    assert!(elsewhere.plan(directory()).is_empty());
    let mut full = world(MemberStatus::Invited, Role::User).managed("b", "b@x");
    full.seats = Some(Seats { total: 1, most: Some(1) });
    let plan = full.plan(directory().person("b", "b@x"));
    assert!(plan.requests().is_empty(), "{:?}", plan.requests());
    assert!(matches!(plan.standing[..], [Standing::AddressDiffers { .. }]), "{:?}", plan.standing);
    // Its turn, and the limit of invitations.
    let mut turns = world(MemberStatus::Invited, Role::User);
    turns.connector.invitations.per_run = Some(1);
    assert_eq!(turns.plan(directory()).changes.len(), 1);
    let plan = turns.plan(Sample::new().person("b", "b@x").person("a", "right@x").group("g", &["a"]));
    assert!(matches!(&plan.changes[..], [Change::Invite { person, .. }] if person.name == "b@x"));
    let mut many = World::new();
    let mut sample = Sample::new();
    for number in 0..60 {
        let (id, email) = (format!("p{number}"), format!("wrong{number}@x"));
        many = many.member(&id, &email, MemberStatus::Invited, Role::User);
        many.ledger.people.push(managed_person(&id, &email));
        sample = sample.person(&id, &format!("right{number}@x"));
    }
    let limits = Limits { invitations: 50, invitations_percent: 10, ..Limits::default() };
    let plan = many.plan(sample);
    assert_eq!(plan.changes.len(), 60);
    assert_ne!(plan.check(&limits, &[]), Verdict::Go);
}

#[test]
fn whoever_has_another_ones_id_gets_the_right_one_first() {
    let mut world = world(MemberStatus::Invited, Role::User).managed_crowd(40).managed("b", "b@x");
    for (person, email) in [(0, "wrong@x"), (41, "b@x")] {
        world.ledger.people[person].member_id = Some(MemberId::new(format!("m-{email}")));
    }
    world.state.members[0].external_id = Some(ExternalId::new("b"));
    world.state.members[41].external_id = Some(ExternalId::new("a"));
    let directory = || crowd(40).person("a", "right@x").person("b", "b@x").group("g", &["a"]);
    let plan = world.plan(directory());
    let puts = plan.requests();
    assert!(puts.len() == 2 && puts.iter().all(|it| matches!(it, Request::PutMember { .. })), "{puts:?}");
    assert!(
        plan.standing.iter().any(|it| matches!(it, Standing::AddressDiffers { .. })),
        "{:?}",
        plan.standing
    );
    // Nothing is sent behind what the server refuses.
    let desired = directory().desired(&world.sync).expect("valid");
    let observed = Observed::Live(world.state.clone());
    let record = RefusedRecord {
        name: "wrong@x".to_owned(),
        external_id: ExternalId::new("a"),
        is_group: false,
        reason: "no".to_owned(),
    };
    let met = [(puts[0].clone(), record)];
    world.ledger.refused = plan.refusals_after(&met, &world.input(&desired, &observed), world.now);
    assert_eq!(world.ledger.refused.len(), 1, "{:?}", plan.requests());
    let again = world.plan(directory());
    let anew = |it: &Request| matches!(it, Request::InviteAnew { .. });
    assert!(!again.requests().iter().any(anew), "{:?}", again.requests());
}
