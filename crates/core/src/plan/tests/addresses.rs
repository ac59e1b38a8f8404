//! Whoever leaves loses access under every address that was told, where the server goes by addresses and nobody can look.

use super::*;
use crate::ledger::{Choice, Decision};

impl World {
    fn plan_unseen(&self, sample: Sample) -> Plan {
        let desired = sample.desired(&self.sync).expect("a valid directory");
        let observed = believed(&self.ledger);
        Plan::build(&self.input(&desired, &observed))
    }
}

struct Unseen(World);

impl Unseen {
    /// Managed people of a Vaultwarden that only shows itself to people.
    fn new(people: &[(&str, &str)]) -> Self {
        let mut world = World::new().managed_crowd(40);
        world.server = ServerKind::Vaultwarden;
        world.ledger.people.extend(people.iter().map(|(id, email)| managed_person(id, email)));
        world.connector.leavers.disabled = Some(LeaverAction::Revoke);
        Self(world)
    }

    /// Plans, and takes over what the server accepted.
    fn run(&mut self, sample: Sample) -> Plan {
        let desired = sample.desired(&self.0.sync).expect("a valid directory");
        let observed = believed(&self.0.ledger);
        let input = self.0.input(&desired, &observed);
        let plan = Plan::build(&input);
        let next = plan.ledger_after(&input, After::Accepted, self.0.now);
        self.0.ledger = next;
        plan
    }
}

fn disabled(sample: Sample, name: &str, mail: &str) -> Sample {
    sample.in_state(name, mail, AccountState::Disabled)
}

/// What an import says of addresses: which, and whether they are deleted.
fn sent(plan: &Plan) -> Vec<(String, bool)> {
    let requests = plan.requests();
    let members = requests.iter().flat_map(|it| match it {
        Request::Import(import) => import.members.clone(),
        _ => panic!("{it:?}"),
    });
    members.map(|it| (it.email.expect("Vaultwarden needs it"), it.deleted)).collect()
}

fn deleted(addresses: &[&str]) -> Vec<(String, bool)> {
    addresses.iter().map(|it| ((*it).to_owned(), true)).collect()
}

#[test]
fn a_leaver_is_sent_as_deleted_under_every_address_that_was_told_and_only_once() {
    let mut unseen = Unseen::new(&[("a", "first@x")]);
    for address in ["second@x", "third@x"] {
        let plan = unseen.run(crowd(40).person("a", address));
        assert!(plan.requests().is_empty(), "{plan:?}");
        assert!(matches!(plan.standing[..], [Standing::AddressUnseen { .. }]), "{:?}", plan.standing);
    }
    let leaves = || disabled(crowd(40), "a", "fourth@x");
    let plan = unseen.run(leaves());
    assert_eq!(sent(&plan), deleted(&["first@x", "second@x", "third@x", "fourth@x"]));
    let plan = unseen.run(leaves());
    assert!(plan.is_empty() && plan.requests().is_empty(), "{plan:?}");
    assert_eq!(plan.kept[0].because, KeptBecause::SentAsDeleted);
    // An address that is told later could be the account's all along.
    assert_eq!(sent(&unseen.run(disabled(crowd(40), "a", "fifth@x"))), deleted(&["fifth@x"]));
}

#[test]
fn an_address_that_a_colleague_may_have_is_not_sent_and_both_are_named_in_each_run() {
    let mut unseen = Unseen::new(&[("a", "a@x"), ("b", "b@x")]);
    unseen.run(crowd(40).person("a", "new-a@x").person("b", "b@x"));
    let leaves = || disabled(crowd(40).person("b", "a@x"), "a", "new-a@x");
    for expected in [deleted(&["new-a@x"]), Vec::new()] {
        let plan = unseen.run(leaves());
        assert_eq!(sent(&plan), expected);
        let KeptBecause::AddressShared { shared } = &plan.kept[0].because else { panic!("{:?}", plan.kept) };
        let named = (plan.kept[0].person.name.as_str(), &*shared[0].address, &*shared[0].holder.name);
        assert_eq!((shared.len(), named), (1, ("a@x", "a@x", "b@x")));
    }
    // Once the colleague leaves, too, nobody is in the way.
    let both = disabled(disabled(crowd(40), "a", "new-a@x"), "b", "a@x");
    assert_eq!(sent(&unseen.run(both)), deleted(&["a@x", "b@x", "a@x"]));
}

#[test]
fn who_was_never_brought_over_protects_no_address() {
    let mut unseen = Unseen::new(&[("a", "a@x")]);
    unseen.run(crowd(40).person("a", "a2@x"));
    let plan = unseen.run(disabled(crowd(40).person("new", "a2@x"), "a", "a3@x"));
    assert_eq!(sent(&plan), deleted(&["a@x", "a2@x", "a3@x"]));
    let waits =
        |it: &Standing| matches!(it, Standing::AddressOfAnother { person, .. } if person.name == "a2@x");
    assert!(plan.standing.iter().any(waits), "{:?}", plan.standing);
}

#[test]
fn whose_address_changed_is_not_listed_as_a_member_and_stays_in_the_groups() {
    let mut unseen = Unseen::new(&[("a", "a@x")]);
    unseen.0.resend = true;
    let plan = unseen.run(crowd(1).person("a", "a2@x").group("g", &["a", "crowd0"]));
    let requests = plan.requests();
    let [Request::Import(import)] = &requests[..] else { panic!("{plan:?}") };
    assert_eq!(import.members.len(), 1, "{:?}", import.members);
    assert_eq!(*import.groups[0].member_external_ids, [ExternalId::new("a"), ExternalId::new("crowd0")]);
}

#[test]
fn access_under_an_uncertain_address_is_not_given_back_and_is_taken_again() {
    let mut unseen = Unseen::new(&[("a", "a@x")]);
    let leaves = || disabled(crowd(40), "a", "a2@x");
    assert_eq!(sent(&unseen.run(leaves())), deleted(&["a@x", "a2@x"]));
    let plan = unseen.run(crowd(40).person("a", "a2@x"));
    assert!(plan.requests().is_empty(), "{plan:?}");
    let unsure = |it: &Standing| matches!(it, Standing::AddressUnseen { revoked: true, .. });
    assert!(plan.standing.iter().any(unsure), "{:?}", plan.standing);
    // Somebody may have given it back by hand.
    assert_eq!(sent(&unseen.run(leaves())), deleted(&["a@x", "a2@x"]));
}

#[test]
fn somebody_with_one_address_is_sent_as_before() {
    let mut unseen = Unseen::new(&[("a", "a@x")]);
    assert_eq!(sent(&unseen.run(disabled(crowd(40), "a", "a@x"))), deleted(&["a@x"]));
    assert_eq!(sent(&unseen.run(crowd(40).person("a", "a@x"))), [("a@x".to_owned(), false)]);
}

#[test]
fn a_server_that_is_read_goes_by_the_address_that_it_shows() {
    let mut world = World::new().managed_crowd(40).managed("a", "account@x");
    world.server = ServerKind::Vaultwarden;
    world.connector.leavers.disabled = Some(LeaverAction::Revoke);
    world.ledger.addresses.note(&ExternalId::new("a"), "older@x", false);
    let plan = world.plan(disabled(crowd(40), "a", "newer@x"));
    assert_eq!(sent(&plan), deleted(&["account@x"]));
}

#[test]
fn whoever_is_protected_under_any_told_address_stays() {
    let mut unseen = Unseen::new(&[("a", "a@x")]);
    unseen.run(crowd(40).person("a", "a2@x"));
    unseen.0.connector.protected = vec!["A2@x".to_owned()];
    let plan = unseen.run(disabled(crowd(40), "a", "a3@x"));
    assert!(plan.is_empty() && plan.kept[0].because == KeptBecause::Protected, "{plan:?}");
    let mut unseen = Unseen::new(&[("a", "a@x")]);
    unseen.run(crowd(40).person("a", "ä@x"));
    unseen.0.connector.protected = vec!["Ä@x".to_owned()];
    let plan = unseen.run(disabled(crowd(40), "a", "a3@x"));
    assert!(plan.is_empty() && plan.kept[0].because == KeptBecause::Protected, "{plan:?}");
}

#[test]
fn whoever_was_entered_anew_with_one_of_the_addresses_and_the_same_marks_keeps_access() {
    for address in ["a2@x", "a@x"] {
        let mut unseen = Unseen::new(&[("a", "a@x")]);
        unseen.0.connector.leavers.gone = Some(LeaverAction::Revoke);
        unseen.0.presences.insert(ExternalId::new("a"), Presence::NotFound);
        unseen.run(crowd(40).marked("a", "id:a", "a2@x", named("Anna")).group("g", &["a"]));
        let new = |marks| crowd(40).marked("new", "id:new", address, marks).group("g", &["new"]);
        // Another person with her address is not she.
        let mut other = Unseen(World { ledger: unseen.0.ledger.clone(), ..World::new() });
        other.0.server = ServerKind::Vaultwarden;
        other.0.connector.leavers.gone = Some(LeaverAction::Revoke);
        other.0.presences.insert(ExternalId::new("a"), Presence::NotFound);
        assert_eq!(sent(&other.run(new(named("Otto")))), deleted(&["a@x", "a2@x"]), "{address}");
        // Nor does whoever has the other address keep her out.
        let beside = if address == "a@x" { "a2@x" } else { "a@x" };
        for others in [false, true] {
            let directory = || match others {
                false => new(named("Anna")),
                true => new(named("Anna")).marked("other", "id:other", beside, named("Otto")),
            };
            let plan = unseen.run(directory());
            assert!(plan.requests().is_empty() && plan.removals().count() == 0, "{address}: {plan:?}");
            let waits = plan.standing.iter().filter(|it| matches!(it, Standing::AddressOfAnother { .. }));
            assert_eq!(waits.count(), usize::from(others), "{:?}", plan.standing);
            assert!(plan.standing.iter().any(|it| matches!(it, Standing::AddressUnseen { .. })), "{plan:?}");
            let known = unseen.0.ledger.people.iter().find(|it| it.external_id.as_str() == "a");
            let stable = known.and_then(|it| it.stable_id.as_ref()).map(StableId::as_str);
            assert_eq!(stable, Some("id:new"), "known by the new entry from now on");
        }
    }
}

#[test]
fn of_two_whom_a_ledger_has_under_one_address_the_one_who_was_brought_over_last_is_meant() {
    let mut unseen = Unseen::new(&[("a", "a@x"), ("b", "a@x")]);
    unseen.0.connector.leavers.gone = Some(LeaverAction::Keep);
    for (id, name) in [("a", None), ("b", Some("Berta"))] {
        unseen.0.presences.insert(ExternalId::new(id), Presence::NotFound);
        let known = unseen.0.ledger.people.iter_mut().find(|it| it.external_id.as_str() == id);
        let known = known.expect("known");
        (known.stable_id, known.marks.name) =
            (Some(StableId::new(format!("id:{id}"))), name.map(str::to_owned));
    }
    let plan = unseen.run(crowd(40).marked("new", "id:new", "a@x", named("Otto")));
    assert!(plan.requests().is_empty(), "{:?}", plan.requests());
    let waits = |it: &Standing| matches!(it, Standing::AddressOfLeaver { person, because: AddressHeldBecause::AnotherPerson { .. }, .. } if person.external_id.as_str() == "b" || person.external_id.as_str() == "new");
    assert!(plan.standing.iter().any(waits), "{:?}", plan.standing);
}

/// Who leaves after having had these addresses, one a run, in a company of forty.
fn after_many(addresses: &[&str]) -> (Unseen, Plan) {
    let mut unseen = Unseen::new(&[("a", "a@x")]);
    for address in addresses {
        unseen.run(crowd(40).person("a", address));
    }
    let before = unseen.0.ledger.clone();
    let plan = unseen.run(disabled(crowd(40), "a", "a@x"));
    unseen.0.ledger = before;
    (unseen, plan)
}

#[test]
fn each_further_address_of_a_leaver_is_shown_and_counts_for_the_limits() {
    let (_, plan) = after_many(&["one@x"]);
    assert!(is_go(&plan), "whoever changed the address once");
    let (mut unseen, plan) = after_many(&["one@x", "two@x", "three@x"]);
    let shown: Vec<_> = plan.changes.iter().map(|it| (it.subject().name.as_str(), it.cause())).collect();
    let further = ["one@x", "two@x", "three@x"].map(|it| (it, Cause::FurtherAddress));
    assert_eq!(shown, [&[("a@x", Cause::Disabled)], &further[..]].concat());
    let scope = plan.scope();
    assert_eq!((scope.revoked.len(), scope.addresses.len(), plan.totals.managed), (1, 3, 41));
    let Verdict::Held(held) = plan.check(&Limits::default(), &[]) else { panic!("held back") };
    let needed = RemovalLimits { removals: None, removals_percent: Some(10) };
    assert_eq!(
        held.refusals,
        [Refusal::TooManyRemovals { planned: 4, allowed: 3, managed: 41, earlier: 0, hours: 24, needed }]
    );
    // An approval of some of them is none of the others.
    let mut approval = plan.refused(&Limits::default());
    assert_eq!(plan.check(&Limits::default(), std::slice::from_ref(&approval)), Verdict::Go);
    approval.addresses.pop_last();
    assert_ne!(plan.check(&Limits::default(), &[approval]), Verdict::Go);
    // So do those of earlier runs of the day.
    unseen.0.recent = ApprovalScope { addresses: scope.addresses, ..ApprovalScope::default() };
    let plan = unseen.run(disabled(crowd(39), "crowd39", "crowd39@x").person("a", "a@x"));
    assert_ne!(plan.check(&Limits::default(), &[]), Verdict::Go);
}

#[test]
fn an_address_of_somebody_who_may_have_got_access_back_is_not_sent_as_anothers() {
    let mut unseen = Unseen::new(&[("a", "a@x"), ("b", "b@x")]);
    // Whom a run took access from, and whose account nobody knows, is given it back by hand.
    unseen.run(disabled(crowd(40).person("a", "a@x"), "b", "b2@x"));
    unseen.run(crowd(40).person("b", "b2@x").person("a", "a@x"));
    unseen.0.ledger.people.iter_mut().filter(|it| it.external_id.as_str() == "b").for_each(|it| {
        it.revoked_by_us = true;
    });
    unseen.0.ledger.addresses.note(&ExternalId::new("a"), "b@x", false);
    let plan = unseen.run(disabled(crowd(40).person("b", "b2@x"), "a", "a@x"));
    assert_eq!(sent(&plan), deleted(&["a@x"]));
    assert!(matches!(&plan.kept[0].because, KeptBecause::AddressShared { .. }), "{:?}", plan.kept);
}

#[test]
fn an_administrator_can_say_that_an_account_does_not_have_an_address_that_was_told_once() {
    let mut unseen = Unseen::new(&[("a", "a@x")]);
    unseen.run(crowd(40).person("a", "future@x"));
    unseen.run(crowd(40).person("a", "a@x"));
    let later = || crowd(40).person("a", "a@x").person("new", "future@x");
    let plan = unseen.run(later());
    assert!(matches!(plan.standing[..], [.., Standing::AddressOfAnother { .. }]), "{:?}", plan.standing);
    let [waits] = plan.waits() else { panic!("{:?}", plan.waits()) };
    assert!(waits.invitable && !waits.restorable && waits.address.as_str() == "future@x");
    let decision = |address: &str| Decision {
        address: Email::new(address),
        choice: Choice::Invite,
        of: Some(waits.of.clone()),
    };
    // It frees no address that the person has.
    unseen.0.ledger.decisions = vec![decision("a@x")];
    assert!(unseen.0.plan_unseen(later()).requests().is_empty());
    unseen.0.ledger.decisions = vec![decision("future@x")];
    let plan = unseen.run(later());
    assert_eq!(sent(&plan), [("future@x".to_owned(), false)]);
    assert!(!plan.notices.iter().any(|it| matches!(it, PlanNotice::NothingToDecide { .. })), "{plan:?}");
    // Carried out, it is over: the newcomer stays, and the other one is sent as deleted under the own address only.
    let plan = unseen.run(later());
    assert!(plan.requests().is_empty() && plan.standing.is_empty(), "{plan:?}");
    assert!(unseen.0.ledger.decisions.is_empty());
    let plan = unseen.run(disabled(crowd(40).person("new", "future@x"), "a", "a@x"));
    assert_eq!(sent(&plan), deleted(&["a@x"]));
}

/// Values of one attribute have no order: another one comes first, and nothing has changed.
#[test]
fn who_has_several_addresses_keeps_the_one_that_was_pushed() {
    let world = World::new().managed("ann", "ann@x").managed("ben", "ben@x");
    let plan = |mails: [&str; 2], ben: &str, keeps: bool| {
        let sample = Sample::new().person("ann", mails[0]).further_mail(mails[1]).person("ben", ben);
        let mut snapshot = sample.snapshot();
        if keeps {
            snapshot.keep_addresses(&world.ledger, &SourceName::primary());
        }
        let desired = Desired::build(snapshot, &settings()).expect("valid");
        let observed = Observed::Live(world.state.clone());
        let plan = Plan::build(&world.input(&desired, &observed));
        let ann = desired.people().next().and_then(|it| it.email).map(|it| desired.text(it).to_owned());
        (ann.unwrap_or_default(), plan.changes.len() + plan.standing.len())
    };
    for mails in [["ann@x", "a@x"], ["a@x", " Ann@X"]] {
        assert_eq!(plan(mails, "ben@x", true), ("ann@x".to_owned(), 0), "{mails:?}");
    }
    assert_ne!(plan(["a@x", "ann@x"], "ben@x", false).1, 0);
    // One that is no value any more is not kept, nor one that is somebody else's first.
    assert_eq!(plan(["a@x", "b@x"], "ben@x", true).0, "a@x");
    assert_eq!(plan(["a@x", "ann@x"], "Ann@x", true).0, "a@x");
    // Nor does a second person get it for whom it was pushed, too: an address that two have would stop every run.
    let mut shared = World::new().managed("ann", "ann@x").managed("ben", "ben@x");
    shared.ledger.people[1].email = Email::new("ann@x");
    let sample = Sample::new().person("ann", "a@x").further_mail("ann@x");
    let mut snapshot = sample.person("ben", "b@x").further_mail("ann@x").snapshot();
    snapshot.keep_addresses(&shared.ledger, &SourceName::primary());
    let desired = Desired::build(snapshot, &settings()).expect("no address that two have");
    let emails: Vec<&str> = desired.people().filter_map(|it| it.email).map(|it| desired.text(it)).collect();
    assert_eq!(emails, ["ann@x", "b@x"]);
}

/// The first value of each is what the other one was pushed with.
#[test]
fn two_people_with_both_addresses_keep_their_own() {
    let world = World::new().managed("ann", "ann@x").managed("ben", "ben@x").managed("cyd", "cyd@x");
    let emails = |cyd: [&str; 2]| {
        let mut sample = Sample::new();
        for (name, [first, further]) in
            [("ann", ["ben@x", "ann@x"]), ("ben", ["ann@x", "ben@x"]), ("cyd", cyd)]
        {
            sample = sample.person(name, first).further_mail(further);
        }
        let mut snapshot = sample.snapshot();
        snapshot.keep_addresses(&world.ledger, &SourceName::primary());
        let desired = Desired::build(snapshot, &settings()).map_err(drop)?;
        let emails = desired.people().filter_map(|it| it.email).map(|it| desired.text(it).to_owned());
        Ok::<_, ()>(emails.collect::<Vec<_>>())
    };
    assert_eq!(emails(["ann@y", "cyd@x"]), Ok(["ann@x", "ben@x", "cyd@x"].map(str::to_owned).into()));
    // Where a third one has one of them for good, its owner goes back to the first value, and so does the next one.
    assert_eq!(emails(["ann@x", "c@x"]), Err(()), "the directory gives two people one address");
}
