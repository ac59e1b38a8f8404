//! Random directories, random organizations, random changes, three kinds of server: the organization follows, and nobody is
//! hurt on the way.

mod directory;
mod found;
mod model;
mod observe;
mod oracle;
mod several;
mod world;

use bwdc_core::ledger::RefusedKind;
use bwdc_core::plan::{
    AddressHeldBecause, Cause, Change, Held, KeptBecause, LeftOutBecause, Plan, PlanNotice, Refusal,
    Standing, Verdict,
};
use oracle::Guarded;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::RefCell;
use std::collections::BTreeMap;
use world::{Carried, EVENTS, Event, Mode, World};

/// Runs that a world may need: the first one takes nobody, and invitations can come in portions.
const PATIENCE: usize = 20;

fn a_run(
    world: &mut World,
    approve: bool,
    reached: &RefCell<BTreeMap<&'static str, usize>>,
) -> Result<bool, TestCaseError> {
    for _ in 0..PATIENCE {
        let limits = world.connector.limits;
        let (verdict, approval) = world.plan(|plan, _| (plan.check(&limits, &[]), plan.refused(&limits)));
        let refusals = verdict.refusals();
        if !refusals.is_empty() {
            if let (Verdict::Held(held), false) = (&verdict, approve) {
                held_back(world, held, reached)?;
                return Ok(false);
            }
            if !approve || !refusals.iter().all(Refusal::can_be_approved) {
                return Ok(false);
            }
            let approved = world.plan(|plan, _| plan.check(&limits, std::slice::from_ref(&approval)));
            prop_assert_eq!(approved, Verdict::Go, "an approval of everything that was refused");
        }
        let guarded = Guarded::before(world, matches!(verdict, Verdict::Go));
        let doubled = world.has_doubled_ids();
        let sent = world.carry_out(None);
        if sent.is_err() && world.overwrites_somebody_unfinished() {
            // Whether a revoked member ever joined cannot be read: the server says so itself, and nobody is lost.
            return Ok(false);
        }
        prop_assert!(sent.is_ok(), "the server refused what the guard let pass: {sent:?}");
        let Ok(Carried { plan, refused, .. }) = sent else { return Ok(false) };
        count(&plan, reached);
        guarded.after(world, &plan)?;
        if doubled {
            // Whom the ledger knows is mended, and everything that goes by ids may be another's until then.
            world.nobody_is_told_by_memberships();
            return Ok(true);
        }
        oracle::nobody_elses(world)?;
        if !refused.is_empty() {
            *reached.borrow_mut().entry("refused by the server").or_default() += 1;
            oracle::only_refused(world, &plan, &refused)?;
            let imported = plan.can_import_without(&refused);
            if !imported || refused.iter().any(|it| RefusedKind::of(it).is_none()) {
                // Tried again in each run.
                return Ok(false);
            }
        }
        let unfinished = world.observed().state().map(|it| plan.unfinished(it).len());
        prop_assert_eq!(
            unfinished.unwrap_or_default(),
            0,
            "sent, and not there: {:#?} {:#?}",
            plan.changes,
            plan.requests()
        );
        let again = world.plan(|plan, _| plan.clone());
        if again.is_empty() {
            prop_assert!(again.requests().is_empty());
            if !again.waits_for.is_empty() {
                return Ok(true);
            }
            oracle::equal(world, &again)?;
            oracle::same_groups(world)?;
            return Ok(true);
        }
        // What was decided while ids were another's is decided once more.
        let mended = |it: &Change| matches!(it, Change::ReplaceExternalId { cause: Cause::ChangedThere, .. });
        let mended = plan.changes.iter().any(mended);
        if !plan.baseline && refused.is_empty() && !mended {
            let of = |it: &Plan| format!("{:#?}, kept {:#?}, {:#?}", it.changes, it.kept, it.standing);
            let told = || format!("after {}\nagain {}", of(&plan), of(&again));
            prop_assert!(oracle::only_waits(&plan, &again) && waits(&plan), "{}", told());
        }
    }
    Err(TestCaseError::fail("it never comes to rest"))
}

/// A run of which the limits hold a part back: the rest is done, within them, and whoever keeps access for it is named.
fn held_back(
    world: &mut World,
    held: &Held,
    reached: &RefCell<BTreeMap<&'static str, usize>>,
) -> Result<(), TestCaseError> {
    if world.plan(|_, input| Plan::build_without(input, held).is_none()) {
        return Ok(());
    }
    let guarded = Guarded::before(world, true);
    let sent = world.carry_out(Some(held));
    if sent.is_err() && world.overwrites_somebody_unfinished() {
        return Ok(());
    }
    prop_assert!(sent.is_ok(), "the server refused what the guard let pass: {sent:?}");
    let Ok(Carried { plan, refused, .. }) = sent else { return Ok(()) };
    count(&plan, reached);
    if !refused.is_empty() {
        return Ok(());
    }
    guarded.after(world, &plan)?;
    oracle::nobody_elses(world)?;
    let unfinished = world.observed().state().map(|it| plan.unfinished(it).len());
    prop_assert_eq!(unfinished.unwrap_or_default(), 0, "sent, and not there: {:#?}", plan.changes);
    oracle::held_back(world, &plan)
}

fn waits(plan: &Plan) -> bool {
    // For a turn, or for an id that a leaver had until now.
    plan.left_out
        .iter()
        .any(|it| matches!(it.because, LeftOutBecause::WaitsForTurn | LeftOutBecause::NoSeat { .. }))
        || plan
            .standing
            .iter()
            .any(|it| matches!(it, Standing::ExternalIdTaken { .. } | Standing::AddressHeld { .. }))
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec((0..EVENTS, any::<u8>(), any::<u8>()), 0..12)
}

/// What the rules come to, each at least so often in a run of the property.
const REACHED: [(&str, usize); 28] = [
    ("passes on, compared", 50),
    ("passes on, not compared", 40),
    ("waits: another person", 50),
    ("waits: not compared", 3),
    ("waits: unconfirmed", 50),
    ("the id becomes free", 3),
    ("the newcomer waits for the id", 50),
    ("an id is given back", 50),
    ("the import waits", 20),
    ("address held", 20),
    ("address not seen", 20),
    ("a group is renamed", 10),
    ("a group takes a place", 3),
    ("revoked: deleted or hidden", 8),
    ("refused by the server", 1),
    ("refused before", 1),
    ("kept: policy", 50),
    ("kept: as today", 50),
    ("kept: grace", 50),
    ("kept: deleted or hidden", 50),
    ("kept: revoked already", 50),
    ("kept: sent as deleted already", 50),
    ("kept: address in use", 15),
    ("kept: role", 20),
    ("kept: protected", 50),
    ("kept: unknown", 50),
    ("kept: a server without revoke", 5),
    ("kept: limit", 5),
];

fn count(plan: &Plan, reached: &RefCell<BTreeMap<&'static str, usize>>) {
    let mut reached = reached.borrow_mut();
    let mut one = |what: &'static str| *reached.entry(what).or_default() += 1;
    for plan_notice in &plan.notices {
        if let PlanNotice::EntryReplaced { compared, .. } = plan_notice {
            one(if *compared { "passes on, compared" } else { "passes on, not compared" });
        }
    }
    for change in &plan.changes {
        match change {
            Change::ReplaceExternalId { cause: Cause::NameUsed, .. } => one("the id becomes free"),
            Change::ReplaceExternalId { cause: Cause::ChangedThere, .. } => one("an id is given back"),
            Change::Revoke { cause: Cause::Hidden, .. } => one("revoked: deleted or hidden"),
            Change::AdoptGroup { cause: Cause::Gone, .. } => one("a group takes a place"),
            Change::AdoptGroup { cause: Cause::ChangedThere, .. } => one("a group's id is given back"),
            Change::RenameGroup { .. } => one("a group is renamed"),
            _ => {}
        }
    }
    if !plan.waits_for.is_empty() {
        one("the import waits");
    }
    for kept in &plan.kept {
        if kept.cause == Some(Cause::Hidden) {
            one("kept: deleted or hidden");
        }
        one(why_kept(&kept.because));
    }
    for standing in &plan.standing {
        match standing {
            Standing::AddressOfLeaver { because, .. } => one(match because {
                AddressHeldBecause::AnotherPerson { .. } => "waits: another person",
                AddressHeldBecause::NotCompared => "waits: not compared",
                AddressHeldBecause::Unconfirmed => "waits: unconfirmed",
                AddressHeldBecause::HeldBack => "waits: held back",
            }),
            Standing::ExternalIdTaken { .. } => one("the newcomer waits for the id"),
            Standing::Refused { .. } => one("refused before"),
            Standing::AddressUnseen { .. } => one("address not seen"),
            Standing::AddressHeld { .. } => one("address held"),
            _ => {}
        }
    }
}

/// The closed list of reasons for which somebody keeps access, or does not get it back.
fn why_kept(because: &KeptBecause) -> &'static str {
    match because {
        KeptBecause::Policy => "kept: policy",
        KeptBecause::Parity => "kept: as today",
        KeptBecause::Grace { .. } => "kept: grace",
        KeptBecause::AlreadyRevoked => "kept: revoked already",
        KeptBecause::SentAsDeleted => "kept: sent as deleted already",
        KeptBecause::AddressShared { .. } => "kept: shared address",
        KeptBecause::AddressInUse => "kept: address in use",
        KeptBecause::Role => "kept: role",
        KeptBecause::Protected => "kept: protected",
        KeptBecause::Unconfirmed { .. } => "kept: unknown",
        KeptBecause::FormerDirectory { .. } => "kept: former directory",
        KeptBecause::NoUsableAddress => "kept: no usable address",
        KeptBecause::Baseline => "kept: baseline",
        KeptBecause::NoSeat { .. } => "kept: no seat",
        KeptBecause::ServerCannotRevoke => "kept: a server without revoke",
        KeptBecause::HeldBack => "kept: limit",
    }
}

#[test]
fn the_organization_follows_the_directory() {
    let config = ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() };
    let mode = prop::sample::select(vec![Mode::Official, Mode::Vaultwarden, Mode::VaultwardenRead]);
    let begin = prop::collection::vec((0u8..3, any::<u8>(), any::<u8>()), 0..12);
    let steps = prop::collection::vec((events(), any::<bool>()), 1..8);
    let reached = RefCell::default();
    let world = ((mode, any::<u64>(), any::<u8>()), begin, steps);
    let property = |(how, begin, steps): (_, Vec<Event>, Vec<(Vec<Event>, bool)>)| {
        follows_counted(how, &begin, &steps, &reached)
    };
    TestRunner::new(config).run(&world, property).unwrap_or_else(|it| panic!("{it}"));
    let reached = reached.into_inner();
    for (what, least) in REACHED {
        let times = reached.get(what).copied().unwrap_or_default();
        assert!(times >= least, "{what}: {times} times: {reached:?}");
    }
}

fn follows(
    mode: Mode,
    settings: u64,
    begin: &[Event],
    steps: &[(Vec<Event>, bool)],
) -> Result<(), TestCaseError> {
    follows_counted((mode, settings, 0), begin, steps, &RefCell::default())
}

fn follows_counted(
    (mode, settings, more): (Mode, u64, u8),
    begin: &[Event],
    steps: &[(Vec<Event>, bool)],
    reached: &RefCell<BTreeMap<&'static str, usize>>,
) -> Result<(), TestCaseError> {
    let mut world = World::new(mode, settings, more);
    begin.iter().for_each(|&it| world.happen(it));
    for (events, approve) in steps {
        events.iter().for_each(|&it| world.happen(it));
        a_run(&mut world, *approve, reached)?;
        world.now += 60_000;
    }
    Ok(())
}
