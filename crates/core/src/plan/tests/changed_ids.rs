//! External ids that somebody changed, cleared, exchanged or handed round: the membership's own id tells whose each one is.

use super::*;
use crate::import::RefusedRecord;

/// A crowd, and these people beside it, whose memberships the ledger knows.
fn known(people: &[&str]) -> World {
    let world =
        people.iter().fold(World::new().managed_crowd(40), |world, it| world.managed(it, &format!("{it}@x")));
    let mut world = world.leavers(LeaverAction::Revoke, LeaverAction::Keep);
    for person in &mut world.ledger.people {
        person.member_id = Some(MemberId::new(format!("m-{}", person.email.as_str())));
    }
    world
}

fn everybody(people: &[&str]) -> Sample {
    people.iter().fold(crowd(40), |sample, it| sample.person(it, &format!("{it}@x")))
}

fn hold(world: &mut World, email: &str, id: Option<&str>) {
    let member = world.state.members.iter_mut().find(|it| it.email.as_str() == email);
    member.expect("a member").external_id = id.map(ExternalId::new);
}

fn put(email: &str, id: &str) -> Request {
    Request::PutMember { id: MemberId::new(format!("m-{email}")), external_id: ExternalId::new(id) }
}

impl World {
    fn seen(&self) -> Observed {
        let mut state = self.state.clone();
        recognize(&mut state, &self.ledger, self.connector.shared_organization);
        Observed::Live(state)
    }

    /// Plans as a run does, which knows members by the memberships' own ids.
    fn recognized(&self, sample: Sample) -> Plan {
        let desired = sample.desired(&self.sync).expect("a valid directory");
        Plan::build(&self.input(&desired, &self.seen()))
    }

    /// The server has refused this within the day.
    fn refuses(&mut self, sample: Sample, request: &Request) {
        let desired = sample.desired(&self.sync).expect("a valid directory");
        let seen = self.seen();
        let input = self.input(&desired, &seen);
        let plan = Plan::build(&input);
        let about = plan.about(request).expect("it is sent").clone();
        let record = RefusedRecord {
            name: about.name,
            external_id: about.external_id,
            is_group: false,
            reason: "no".to_owned(),
        };
        let remembered = plan.refusals_after(&[(request.clone(), record)], &input, self.now);
        self.ledger.refused = remembered;
    }
}

fn imported(plan: &Plan) -> crate::wire::ImportRequest {
    let import = plan.requests().into_iter().find_map(|it| match it {
        Request::Import(import) | Request::WholeImport(import) => Some(import),
        _ => None,
    });
    import.unwrap_or_else(|| panic!("{:?}", plan.requests()))
}

#[test]
fn on_vaultwarden_nobody_gets_access_back_with_the_id() {
    let mut world = known(&["a"]);
    world.server = ServerKind::Vaultwarden;
    world.state.members[40].status = MemberStatus::Revoked;
    for held in [Some("foreign"), None] {
        hold(&mut world, "a@x", held);
        let plan = world.recognized(everybody(&["a"]));
        assert!(imported(&plan).members[0].deleted, "{held:?}: {:?}", plan.requests());
        assert!(plan.standing.iter().any(|it| matches!(it, Standing::RevokedByHand { .. })));
    }
}

#[test]
fn on_vaultwarden_a_leaver_who_stays_gets_the_id_back_by_the_import() {
    let mut world = known(&["a"]).answer("a", Presence::Found { at: None });
    world.server = ServerKind::Vaultwarden;
    hold(&mut world, "a@x", Some("foreign"));
    for (status, deleted) in [(MemberStatus::Confirmed, false), (MemberStatus::Revoked, true)] {
        world.state.members[40].status = status;
        let plan = world.recognized(everybody(&[]));
        let [member] = &imported(&plan).members[..] else { panic!("{:?}", plan.requests()) };
        assert_eq!((member.external_id.as_str(), member.deleted), ("a", deleted));
    }
}

#[test]
fn a_membership_that_passes_on_at_the_same_name_gets_the_id_back() {
    let mut world = known(&["a"]).answer("a", Presence::NotFound);
    world.ledger.people[40].stable_id = Some(StableId::new("one"));
    world.ledger.people[40].marks = named("Ann");
    let directory = || crowd(40).marked("a", "two", "a@x", named("Ann"));
    hold(&mut world, "a@x", Some("foreign"));
    assert_eq!(world.recognized(directory()).requests(), [put("a@x", "a")]);
    hold(&mut world, "a@x", None);
    assert_eq!(imported(&world.recognized(directory())).members[0].external_id.as_str(), "a");
}

#[test]
fn the_time_of_grace_runs_although_the_id_is_changed_again_and_again() {
    let mut world = known(&["a"]).answer("a", Presence::NotFound);
    world.connector.leavers.gone_grace_hours = 30;
    hold(&mut world, "a@x", Some("foreign"));
    let desired = everybody(&[]).desired(&world.sync).expect("valid");
    let seen = world.seen();
    let input = world.input(&desired, &seen);
    let after = Plan::build(&input).ledger_after(&input, After::Observed(&world.state), Timestamp(7));
    let noted = after.people.iter().find(|it| it.email.as_str() == "a@x").and_then(|it| it.out);
    assert_eq!(noted.map(|it| it.cause), Some(OutCause::Gone));
}

#[test]
fn whoever_has_a_protected_persons_id_is_told_from_that_person() {
    let mut world = known(&["a", "b"]).answer("b", Presence::NotFound);
    world.connector.protected = vec!["a@x".to_owned()];
    hold(&mut world, "a@x", Some("b"));
    hold(&mut world, "b@x", Some("a"));
    let requests = world.recognized(everybody(&["a"])).requests();
    let all = [Request::Revoke(MemberId::new("m-b@x")), put("a@x", "a"), put("b@x", "b")];
    assert_eq!(requests, all);
}

#[test]
fn nobody_is_invited_again_whose_id_a_colleague_got() {
    let mut world = known(&["a", "b"]);
    for held in [Some("foreign"), None] {
        hold(&mut world, "a@x", held);
        hold(&mut world, "b@x", Some("a"));
        let plan = world.recognized(crowd(40).person("a", "new@x").person("b", "b@x"));
        assert!(plan.changes.iter().all(|it| it.joins().is_none()), "{:?}", plan.changes);
        assert!(plan.requests().contains(&put("b@x", "b")), "{:?}", plan.requests());
    }
}

#[test]
fn where_the_server_refuses_the_right_ids_the_leaver_loses_access_and_not_the_colleague() {
    let mut world = known(&["a", "b"]);
    hold(&mut world, "a@x", Some("b"));
    hold(&mut world, "b@x", Some("a"));
    world.refuses(everybody(&["a", "b"]), &put("a@x", "a"));
    let world = world.group("g", "g", &[]).answer("a", Presence::NotFound);
    let desired = everybody(&["b"]).group("g", &["b"]).desired(&world.sync).expect("valid");
    let seen = world.seen();
    let input = world.input(&desired, &seen);
    let plan = Plan::build(&input);
    assert!(plan.requests().contains(&Request::Revoke(MemberId::new("m-a@x"))), "{:?}", plan.requests());
    // The import means the colleague, by the id that the organization has.
    assert_eq!(*imported(&plan).groups[0].member_external_ids, [ExternalId::new("a")]);
    let after = plan.ledger_after(&input, After::Observed(&world.state), Timestamp(1));
    let known = |id: &str| after.people.iter().find(|it| it.external_id.as_str() == id);
    let email = |id| known(id).map(|it| it.email.as_str());
    assert_eq!((email("a"), email("b")), (Some("a@x"), Some("b@x")), "the ledger is not led astray");
}

#[test]
fn what_the_server_refuses_about_a_cleared_id_is_no_change() {
    let mut world = known(&["a"]).answer("a", Presence::Found { at: None });
    hold(&mut world, "a@x", None);
    let plan = world.recognized(everybody(&[]));
    let mut left = plan.clone();
    let [request] = &plan.requests()[..] else { panic!("{:?}", plan.requests()) };
    left.give_up(request);
    assert!(plan.changes.len() == 1 && left.changes.is_empty(), "{:?}", left.changes);
}

#[test]
fn whoever_waits_for_an_id_is_not_told_as_a_member_of_groups() {
    let mut world = known(&["a"]).answer("a", Presence::NotFound).group("g", "g", &[]);
    world.ledger.people[40].stable_id = Some(StableId::new("one"));
    let plan = world.recognized(crowd(40).with_stable_id("a", "two", "new@x").group("g", &["a"]));
    let refused = put("a@x", "one");
    assert!(plan.requests().contains(&refused), "{:?}", plan.requests());
    let mut left = plan.clone();
    left.give_up(&refused);
    let of_group = |it: &Change| matches!(it, Change::ChangeMembers { .. });
    assert!(plan.changes.iter().any(of_group) && !left.changes.iter().any(of_group), "{:?}", left.changes);
    // Also where somebody changed the leaver's id meanwhile: it is nobody else's all the same.
    hold(&mut world, "a@x", Some("foreign"));
    let mut left = world.recognized(crowd(40).with_stable_id("a", "two", "new@x"));
    left.give_up(&refused);
    assert!(left.changes.iter().all(|it| it.joins().is_none()), "{:?}", left.changes);
}

#[test]
fn overwriting_removes_whose_id_somebody_changed_and_says_nothing_else() {
    let mut world = known(&["a"]).answer("a", Presence::NotFound);
    world.sync.overwrite_existing = true;
    world.connector.leavers.gone = None;
    world.connector.leavers.out_of_scope = None;
    for (held, first) in [(Some("foreign"), 0), (None, 1)] {
        hold(&mut world, "a@x", held);
        let plan = world.recognized(everybody(&[]));
        assert!(
            matches!(&plan.changes[..], [Change::Remove { cause: Cause::Overwritten, .. }]),
            "{:?}",
            plan.changes
        );
        // The server overwrites nobody without an id.
        assert_eq!(plan.requests()[..first], vec![put("a@x", "a"); first]);
        assert!(imported(&plan).members.iter().all(|it| it.external_id.as_str() != "a"));
    }
}

#[test]
fn on_vaultwarden_overwriting_revokes_whom_it_could_not_remove() {
    let mut world = known(&["a", "b"]).answer("a", Presence::NotFound);
    world.server = ServerKind::Vaultwarden;
    world.sync.overwrite_existing = true;
    (world.connector.leavers.gone, world.connector.leavers.out_of_scope) = (None, None);
    for held in [None, Some("b")] {
        hold(&mut world, "a@x", held);
        hold(&mut world, "b@x", held.map_or(Some("b"), |_| Some("foreign")));
        let plan = world.recognized(everybody(&["b"]));
        let revoked = |it: &Change| matches!(it, Change::Revoke { cause: Cause::Overwritten, .. });
        assert!(plan.changes.iter().any(revoked), "{held:?}: {:?}", plan.changes);
        let members = imported(&plan).members;
        let entry = members.iter().find(|it| it.email.as_deref() == Some("a@x")).expect("listed");
        assert_eq!((entry.external_id.as_str(), entry.deleted), ("a", true), "{held:?}");
    }
}

#[test]
fn nobody_gets_an_id_that_another_one_keeps() {
    let mut world = known(&["a", "b", "c"]).answer("c", Presence::NotFound).answer("b", Presence::NotFound);
    (world.ledger.people[42].stable_id, world.ledger.people[42].marks) =
        (Some(StableId::new("c1")), named("Cy"));
    hold(&mut world, "a@x", Some("b"));
    world.refuses(everybody(&["a", "b", "c"]), &put("a@x", "a"));
    // Whose id it is has been removed by hand, and somebody else is entered anew under that name.
    world.state.members.remove(41);
    world.ledger.people[41].stable_id = Some(StableId::new("b1"));
    let directory = everybody(&["a"]).marked("b", "c2", "c@x", named("Cy"));
    let plan = world.recognized(directory);
    assert!(!plan.requests().contains(&put("c@x", "b")), "{:?}", plan.requests());
    assert!(
        plan.standing.iter().any(|it| matches!(it, Standing::ExternalIdTaken { .. })),
        "{:?}",
        plan.standing
    );
}

#[test]
fn what_is_left_alone_is_no_reason_to_overwrite() {
    let mut world = known(&["a"]);
    world.sync.overwrite_existing = true;
    hold(&mut world, "a@x", Some("foreign"));
    assert!(!world.recognized(everybody(&["a"])).requests().is_empty());
    let (id, mark, at) = ("m-a@x".to_owned(), "a".to_owned(), world.now);
    world.ledger.mended.push(crate::ledger::Mended {
        kind: crate::ledger::MendedKind::MemberId,
        id,
        mark,
        at,
    });
    let plan = world.recognized(everybody(&["a"]));
    assert!(
        plan.standing.iter().any(|it| matches!(it, Standing::ChangedAgain { .. })),
        "{:?}",
        plan.standing
    );
    assert!(plan.is_empty() && plan.requests().is_empty(), "{:?}", plan.requests());
}

#[test]
fn in_a_shared_organization_nobody_comes_back_to_us_because_another_connectors_id_is_cleared() {
    let mut world = known(&["a"]);
    world.connector.shared_organization = true;
    world.connector.allowed_domains = vec!["elsewhere".to_owned()];
    hold(&mut world, "a@x", Some("foreign"));
    let desired = everybody(&["a"]).desired(&world.sync).expect("valid");
    let seen = world.seen();
    let input = world.input(&desired, &seen);
    let after = Plan::build(&input).ledger_after(&input, After::Observed(&world.state), Timestamp(7));
    world.ledger = after;
    world = world.answer("a", Presence::NotFound);
    hold(&mut world, "a@x", None);
    let plan = world.recognized(crowd(40));
    assert!(plan.requests().is_empty() && plan.removals().count() == 0, "{:?}", plan.requests());
}

#[test]
fn two_ids_that_the_server_refuses_one_membership_are_not_asked_for_again_within_a_day() {
    let mut world = known(&["a", "b"]).answer("a", Presence::NotFound);
    (world.ledger.people[40].stable_id, world.ledger.people[40].marks) =
        (Some(StableId::new("one")), named("Ann"));
    hold(&mut world, "a@x", Some("b"));
    hold(&mut world, "b@x", Some("a"));
    world.refuses(everybody(&["b"]).with_stable_id("a", "one", "a@x"), &put("a@x", "a"));
    let directory = || everybody(&["b"]).marked("new", "two", "a@x", named("Ann"));
    let asks = |world: &World| world.recognized(directory()).requests().contains(&put("a@x", "new"));
    assert!(asks(&world));
    world.refuses(directory(), &put("a@x", "new"));
    assert!(!asks(&world), "{:?}", world.recognized(directory()).requests());
}
