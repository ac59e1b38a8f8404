//! Whose a membership is, where the organization shows something else than the ledger remembers: each row of the table.

use super::*;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// A company with `a`, `b` and `c`, as an honest server shows it, and a ledger that remembers these memberships.
struct Company(World);

impl Company {
    fn remembering(memberships: [(&str, &str); 3]) -> Self {
        let mut world = World::new().managed_crowd(40).leavers(LeaverAction::Revoke, LeaverAction::Keep);
        for person in ["a", "b", "c"] {
            world = world.managed(person, &format!("{person}@x"));
        }
        let mut company = Self(world.group("g", "g", &[40, 41, 42]));
        for (person, member) in memberships {
            company.known(person).member_id = Some(MemberId::new(format!("m-{member}@x")));
        }
        company
    }

    /// As one look at a server left it that showed two members' own ids exchanged.
    fn misled() -> Self {
        Self::remembering([("a", "b"), ("b", "a"), ("c", "c")])
    }

    fn right() -> Self {
        Self::remembering([("a", "a"), ("b", "b"), ("c", "c")])
    }

    fn known(&mut self, person: &str) -> &mut ManagedPerson {
        let mut people = self.0.ledger.people.iter_mut();
        people.find(|it| it.external_id.as_str() == person).expect("known")
    }

    /// What the organization shows of a membership by now.
    fn shows(mut self, member: &str, id: Option<&str>, email: &str) -> Self {
        let id_of = MemberId::new(format!("m-{member}@x"));
        let found = self.0.state.members.iter_mut().find(|it| it.id.as_ref() == Some(&id_of));
        let found = found.expect("a member");
        (found.external_id, found.email) = (id.map(ExternalId::new), Email::new(email));
        self
    }

    fn seen(&self) -> Observed {
        let mut state = self.0.state.clone();
        recognize(&mut state, &self.0.ledger, false);
        Observed::Live(state)
    }

    fn plan(&self, sample: Sample) -> Plan {
        let desired = sample.desired(&self.0.sync).expect("a valid directory");
        Plan::build(&self.0.input(&desired, &self.seen()))
    }

    /// Plans, carries nothing out, and takes over what is shown.
    fn run(&mut self, sample: Sample) -> Plan {
        let desired = sample.desired(&self.0.sync).expect("a valid directory");
        let seen = self.seen();
        let input = self.0.input(&desired, &seen);
        let plan = Plan::build(&input);
        let next = plan.ledger_after(&input, After::Observed(&self.0.state), self.0.now);
        self.0.ledger = next;
        plan
    }
}

/// The directory with these of the three.
fn with(people: &[&str]) -> Sample {
    let sample = people.iter().fold(crowd(40), |sample, it| sample.person(it, &format!("{it}@x")));
    sample.group("g", people)
}

fn put(member: &str, id: &str) -> Request {
    Request::PutMember { id: MemberId::new(format!("m-{member}@x")), external_id: ExternalId::new(id) }
}

fn revoke(member: &str) -> Request {
    Request::Revoke(MemberId::new(format!("m-{member}@x")))
}

/// Whom the plan cannot tell apart: as the organization shows them, and as the ledger remembers.
fn unclear(plan: &Plan) -> Vec<(&str, &str)> {
    let unclear = plan.standing.iter().filter_map(|it| match it {
        Standing::MembershipUnclear { person, remembered, .. } => {
            Some((person.name.as_str(), remembered.name.as_str()))
        }
        _ => None,
    });
    unclear.collect()
}

#[test]
fn where_the_memory_stands_against_id_and_address_nothing_is_taken_or_exchanged_and_both_are_named() {
    // Whoever leaves, and whatever is asked for besides.
    for (stay, leave) in [(&["a", "b", "c"][..], None), (&["a", "c"], Some("b")), (&["b", "c"], Some("a"))] {
        let mut company = Company::misled();
        if let Some(leave) = leave {
            company.0 = company.0.answer(leave, Presence::NotFound);
        }
        for overwrite in [false, true] {
            company.0.sync.overwrite_existing = overwrite;
            let plan = company.plan(with(stay));
            assert!(plan.requests().is_empty(), "{leave:?}: {:?}", plan.requests());
            assert_eq!(unclear(&plan), [("a@x", "b@x"), ("b@x", "a@x")]);
            let kept: Vec<_> = plan.kept.iter().map(|it| (it.person.name.as_str(), &it.because)).collect();
            let name = leave.map(|it| format!("{it}@x"));
            let expected = name.iter().map(|it| (it.as_str(), &KeptBecause::MembershipUnclear));
            assert_eq!(kept, expected.collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_colleague_is_not_concerned_by_two_who_cannot_be_told_apart() {
    let mut company = Company::misled();
    company.0 = company.0.answer("c", Presence::NotFound);
    let plan = company.plan(with(&["a", "b"]));
    assert!(plan.requests().contains(&revoke("c")), "{:?}", plan.requests());
}

#[test]
fn nothing_is_given_back_to_whoever_cannot_be_told_apart() {
    let mut company = Company::misled();
    company.0.state.members[40].status = MemberStatus::Revoked;
    company.known("a").revoked_by_us = true;
    let plan = company.plan(with(&["a", "b", "c"]));
    assert!(plan.requests().is_empty(), "{:?}", plan.requests());
    assert_eq!(plan.kept[0].because, KeptBecause::MembershipUnclear);
}

#[test]
fn what_is_shown_for_a_day_is_learned_and_the_right_one_loses_access_then() {
    let mut company = Company::misled();
    company.0 = company.0.answer("b", Presence::NotFound);
    for at in [0, 1, DAY - 1, DAY] {
        company.0.now = Timestamp(at);
        let plan = company.run(with(&["a", "c"]));
        assert!(plan.requests().is_empty() && unclear(&plan).len() == 2, "{at}: {:?}", plan.requests());
        let learned = company.known("b").member_id == Some(MemberId::new("m-b@x"));
        assert_eq!((learned, company.known("b").email.as_str()), (at == DAY, "b@x"), "{at}");
    }
    let plan = company.run(with(&["a", "c"]));
    assert_eq!(plan.requests()[0], revoke("b"));
    assert!(unclear(&plan).is_empty());
}

#[test]
fn a_day_begins_anew_when_the_organization_shows_what_is_remembered() {
    // The memory is right, and a look shows otherwise.
    let lies = || Company::right().shows("a", Some("b"), "b@x").shows("b", Some("a"), "a@x");
    let mut company = lies();
    company.run(with(&["a", "b", "c"]));
    company.0.state = Company::right().0.state;
    company.0.now = Timestamp(DAY / 2);
    assert!(company.run(with(&["a", "b", "c"])).standing.is_empty());
    company.0.state = lies().0.state;
    company.0.now = Timestamp(DAY * 2);
    assert_eq!(unclear(&company.run(with(&["a", "b", "c"]))).len(), 2);
    assert_eq!(company.known("a").member_id, Some(MemberId::new("m-a@x")), "what is remembered stays");
}

#[test]
fn ids_exchanged_by_hand_are_set_right_by_memory_and_address() {
    let exchanged = || Company::right().shows("a", Some("b"), "a@x").shows("b", Some("a"), "b@x");
    let plan = exchanged().plan(with(&["a", "b", "c"]));
    assert_eq!(plan.requests(), [put("a", "a"), put("b", "b")]);
    // Whose address the directory does not list any more is told by what the ledger knows.
    let mut company = exchanged();
    company.0 = company.0.answer("b", Presence::NotFound);
    assert_eq!(company.plan(with(&["a", "c"])).requests()[0], revoke("b"));
}

#[test]
fn an_address_that_says_nothing_leaves_the_memory_alone_against_nothing_that_agrees() {
    // One of two who exchanged ids has another address by now, and the other one is certain.
    let company = Company::right().shows("a", Some("b"), "private@x").shows("b", Some("a"), "b@x");
    assert_eq!(company.plan(with(&["a", "b", "c"])).requests(), [put("a", "a"), put("b", "b")]);
    // The id is a colleague's, who has it, too; the address is a third one's.
    let twice = Company::right().shows("a", Some("b"), "c2@x");
    assert_eq!(twice.plan(with(&["a", "b", "c"])).requests(), [put("a", "a")]);
    // Nobody's id, or none, and another address: by the membership.
    for id in [Some("by hand"), None] {
        let mut company = Company::right().shows("a", id, "private@x");
        company.0 = company.0.answer("a", Presence::NotFound);
        let requests = company.plan(with(&["b", "c"])).requests();
        assert_eq!(requests[0], revoke("a"), "{id:?}");
    }
}

#[test]
fn two_whose_addresses_say_nothing_are_not_told_apart_and_nothing_is_learned() {
    let mut company = Company::right().shows("a", Some("b"), "one@x").shows("b", Some("a"), "two@x");
    company.0 = company.0.answer("b", Presence::NotFound);
    for at in [0, DAY, DAY * 3] {
        company.0.now = Timestamp(at);
        let plan = company.run(with(&["a", "c"]));
        assert!(plan.requests().is_empty() && unclear(&plan).len() == 2, "{:?}", plan.requests());
        assert_eq!(company.known("b").member_id, Some(MemberId::new("m-b@x")));
    }
}

#[test]
fn three_in_a_ring_are_told_apart_by_one_address_each_or_not_at_all() {
    let ring = |one: &str, two: &str, three: &str| {
        Company::right().shows("a", Some("b"), one).shows("b", Some("c"), two).shows("c", Some("a"), three)
    };
    let plan = ring("a@x", "elsewhere@x", "c@x").plan(with(&["a", "b", "c"]));
    assert_eq!(plan.requests(), [put("a", "a"), put("b", "b"), put("c", "c")]);
    let plan = ring("one@x", "two@x", "three@x").plan(with(&["a", "b", "c"]));
    assert!(plan.requests().is_empty() && unclear(&plan).len() == 3, "{:?}", plan.requests());
    // Who has to do with somebody who cannot be told apart waits, too.
    let plan = ring("b@x", "elsewhere@x", "c@x").plan(with(&["a", "b", "c"]));
    assert!(plan.requests().is_empty() && unclear(&plan).len() == 3, "{:?}", plan.requests());
}

#[test]
fn whose_id_is_cleared_is_not_known_by_a_memory_that_another_member_contradicts() {
    for id in [None, Some("by hand")] {
        let mut company = Company::misled().shows("a", id, "a@x");
        company.0 = company.0.answer("b", Presence::NotFound);
        let plan = company.plan(with(&["a", "c"]));
        assert!(!plan.requests().iter().any(|it| matches!(it, Request::Revoke(_))), "{:?}", plan.requests());
        assert!(!plan.requests().contains(&put("a", "b")), "{:?}", plan.requests());
        company.run(with(&["a", "c"]));
        assert!(
            company.0.ledger.people.iter().any(|it| it.external_id.as_str() == "b"),
            "nobody is forgotten"
        );
    }
}
