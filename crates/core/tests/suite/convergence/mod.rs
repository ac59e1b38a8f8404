//! Random directories, random organizations, random changes, three kinds of server: the organization follows, and nobody is
//! hurt on the way.

mod counts;
mod directory;
mod found;
mod model;
mod observe;
mod oracle;
mod possible;
mod several;
mod under_way;
mod world;

use bwdc_core::ledger::RefusedKind;
use bwdc_core::names::ExternalId;
use bwdc_core::plan::{
    Cause, Change, Held, Kept, KeptBecause, LeftOutBecause, Plan, Refusal, Standing, Verdict,
};
use counts::{Begun, LEAST, Reached};
use oracle::Guarded;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use world::{Carried, EVENTS, Event, Mode, OFTEN, World};

/// Runs that a world may need: the first one takes nobody, and invitations can come in portions.
const PATIENCE: usize = 20;

fn a_run(world: &mut World, approve: bool, reached: &Reached) -> Result<bool, TestCaseError> {
    for _ in 0..PATIENCE {
        world.note_moves();
        let (waited, is_over) = world.settle();
        prop_assert!(is_over, "a run went on while the server was at an import");
        if waited {
            reached.cut_off();
        }
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
        if world.cut.is_some() && world.send_and_be_cut_off() {
            continue;
        }
        let begun = Begun::of(world);
        let guarded = Guarded::before(world, matches!(verdict, Verdict::Go));
        let disturbed = world.meanwhile.is_some();
        let doubled = world.has_doubled_ids();
        let sent = world.carry_out(None);
        if sent.is_err() && world.overwrites_somebody_unfinished() {
            // Whether a revoked member ever joined cannot be read: the server says so itself, and nobody is lost.
            return Ok(false);
        }
        prop_assert!(sent.is_ok(), "the server refused what the guard let pass: {sent:?}");
        let Ok(Carried { plan, refused, .. }) = sent else { return Ok(false) };
        reached.run(&begun, world, &plan, &refused);
        if disturbed {
            // What an administrator changed meanwhile is judged by the run that follows.
            continue;
        }
        guarded.after(world, &plan)?;
        if doubled {
            // Whom the ledger knows is mended, and everything that goes by ids may be another's until then.
            world.nobody_is_told_by_memberships();
            return Ok(true);
        }
        oracle::nobody_elses(world)?;
        if !refused.is_empty() {
            oracle::only_refused(world, &plan, &refused)?;
            let imported = plan.can_import_without(&refused);
            if !imported || refused.iter().any(|it| RefusedKind::of(it).is_none()) {
                // Tried again in each run.
                return Ok(false);
            }
        }
        let unfinished = world.state().map(|it| plan.unfinished(&it).len());
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
        let mended = |it: &Change| {
            // Vaultwarden overwrites nobody whose id it does not know, but revokes.
            matches!(
                it,
                Change::ReplaceExternalId {
                    cause: Cause::ChangedThere | Cause::IdChanged | Cause::IdCopied,
                    ..
                } | Change::Adopt { cause: Cause::IdChanged, .. }
                    | Change::Revoke { cause: Cause::Overwritten, .. }
            )
        };
        let mended = plan.changes.iter().any(mended);
        // An entry that nobody knew has a leaver's address, and is known by the next run.
        // Whose former address is protected is so no longer once another one has it, who may come in this run.
        let somebody_joins = plan.changes.iter().any(|it| it.joins().is_some());
        let mended = mended
            || plan.kept.iter().any(|it| {
                it.because == KeptBecause::AddressInUse
                    || it.because == KeptBecause::Protected
                        && (it.cause == Some(Cause::Overwritten) || somebody_joins)
            });
        // Who has somebody's id besides is overwritten, and that one known by the membership from then on.
        let is_ours = |id: &ExternalId| world.ledger.people.iter().any(|it| it.external_id == *id);
        let mended = mended
            || plan.changes.iter().any(|it| {
                matches!(it, Change::Remove { person, cause: Cause::Overwritten } if is_ours(&person.external_id))
            });
        // What waited for an import, because two had one id, is decided once more when none of them has it any more.
        let mended = mended || !plan.waits_for.is_empty();
        if !plan.baseline && refused.is_empty() && !mended {
            let of = |it: &Plan| format!("{:#?}, kept {:#?}, {:#?}", it.changes, it.kept, it.standing);
            let told = || format!("after {}\nagain {}", of(&plan), of(&again));
            prop_assert!(oracle::only_waits(&plan, &again) && waits(&plan, &again), "{}", told());
        }
    }
    Err(TestCaseError::fail("it never comes to rest"))
}

/// A run of which the limits hold a part back: the rest is done, within them, and whoever keeps access for it is named.
fn held_back(world: &mut World, held: &Held, reached: &Reached) -> Result<(), TestCaseError> {
    if world.plan(|_, input| Plan::build_without(input, held).is_none()) {
        return Ok(());
    }
    let begun = Begun::of(world);
    let guarded = Guarded::before(world, true);
    let disturbed = world.meanwhile.is_some();
    let sent = world.carry_out(Some(held));
    if sent.is_err() && world.overwrites_somebody_unfinished() {
        return Ok(());
    }
    prop_assert!(sent.is_ok(), "the server refused what the guard let pass: {sent:?}");
    let Ok(Carried { plan, refused, .. }) = sent else { return Ok(()) };
    reached.run(&begun, world, &plan, &refused);
    if !refused.is_empty() || disturbed {
        return Ok(());
    }
    guarded.after(world, &plan)?;
    oracle::nobody_elses(world)?;
    let unfinished = world.state().map(|it| plan.unfinished(&it).len());
    prop_assert_eq!(unfinished.unwrap_or_default(), 0, "sent, and not there: {:#?}", plan.changes);
    oracle::held_back(world, &plan)
}

fn waits(plan: &Plan, again: &Plan) -> bool {
    // What `only_waits` says of each is enough.
    let is_next = |it: &Change| {
        matches!(it, Change::Remove { .. } | Change::Invite { cause: Cause::AddressCorrected, .. })
    };
    if again.changes.iter().all(is_next) {
        return true;
    }
    // For a turn, or for an id that a leaver had until now.
    let is_another_ones = |it: &Standing| {
        matches!(
            it,
            Standing::ExternalIdTaken { .. }
                | Standing::HeldUnderOtherId { .. }
                | Standing::AddressHeld { .. }
                | Standing::AddressDiffers { .. }
                | Standing::Refused { what: RefusedKind::MemberId, .. }
        )
    };
    let has_no_seat = |it: &Kept| matches!(it.because, KeptBecause::NoSeat { .. });
    plan.kept.iter().any(has_no_seat)
        || plan
            .left_out
            .iter()
            .any(|it| matches!(it.because, LeftOutBecause::WaitsForTurn | LeftOutBecause::NoSeat { .. }))
        || plan.standing.iter().any(is_another_ones)
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let kinds = prop_oneof![2 => 0..EVENTS, 1 => prop::sample::select(OFTEN.to_vec())];
    prop::collection::vec((kinds, any::<u8>(), any::<u8>()), 0..12)
}

/// Cases of a whole run; `PROPTEST_CASES` chooses another number.
const CASES: u32 = 6_144;

#[test]
fn the_organization_follows_the_directory() {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let cases = std::env::var_os("PROPTEST_CASES").map_or(CASES, |_| config.cases);
    let config = ProptestConfig { cases, ..config };
    let mode = prop::sample::select(vec![Mode::Official, Mode::Vaultwarden, Mode::VaultwardenRead]);
    let kinds = prop_oneof![9 => Just(0u8), 1 => Just(4), 1 => Just(44)];
    let begin = prop::collection::vec((kinds, any::<u8>(), any::<u8>()), 0..12);
    let steps = prop::collection::vec((events(), any::<bool>()), 1..8);
    let reached = Reached::default();
    let world = ((mode, any::<u64>(), any::<u8>()), begin, steps);
    let property = |(how, begin, steps): (_, Vec<Event>, Vec<(Vec<Event>, bool)>)| {
        follows_counted(how, &begin, &steps, &reached)
    };
    TestRunner::new(config).run(&world, property).unwrap_or_else(|it| panic!("{it}"));
    // A short run reaches each of them; how often is chance.
    let share = LEAST * cases as usize / CASES as usize;
    let least = if cases < CASES { share.min(1) } else { LEAST };
    let rare = reached.rarer_than(least);
    assert!(rare.is_empty(), "each at least {least} times: {rare:?} of\n{}", reached.table());
    println!("{}", reached.table());
}

fn follows(
    mode: Mode,
    settings: u64,
    begin: &[Event],
    steps: &[(Vec<Event>, bool)],
) -> Result<(), TestCaseError> {
    follows_counted((mode, settings, 0), begin, steps, &Reached::default())
}

fn follows_counted(
    (mode, settings, more): (Mode, u64, u8),
    begin: &[Event],
    steps: &[(Vec<Event>, bool)],
    reached: &Reached,
) -> Result<(), TestCaseError> {
    let mut world = World::new(mode, settings, more);
    begin.iter().for_each(|&it| world.happen(it));
    for (events, approve) in steps {
        events.iter().for_each(|&it| world.happen(it));
        let at_rest = a_run(&mut world, *approve, reached)?;
        if at_rest && world.purge() {
            a_run(&mut world, *approve, reached)?;
        }
        world.now += 60_000;
    }
    Ok(())
}
