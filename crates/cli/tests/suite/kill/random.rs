//! Kills at random moments.
//!
//! A run is short, so most moments lie before its first request or after its last commit. Three kills of five wait for
//! the first request that changes something and strike at a random delay after it; the organization answers slowly
//! meanwhile. Where a kill fell is judged by what arrived and by the ledger, not by the clock.

use crate::kill::scenario::Scenario;
use crate::kill::{assert_recovers, ledger, say};
use crate::laws::stage::{Stage, is_write};
use bwdc_sandbox::faults::{Fault, Moment, Rule};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

const KILLS: usize = 100;
const SEED: u64 = 20_260_917;
const SLOWNESS: Duration = Duration::from_millis(12);
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a kill fell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fell {
    BeforeTheFirstRequest,
    BetweenFirstRequestAndLastCommit,
    AfterTheLastCommit,
}

#[test]
fn a_hundred_random_kills() {
    let seed = std::env::var("BWDC_TEST_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(SEED);
    say(&format!("seed {seed} (`BWDC_TEST_SEED`)"));
    let scenario = Scenario::of_everything();
    let span = measure(&scenario);
    say(&format!("undisturbed: {:?} to the first request, then {:?}", span.before, span.sending));
    let plan = Mutex::new((0, Random(seed)));
    let histogram = Mutex::new(BTreeMap::<Fell, usize>::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let (number, share) = {
                        let mut plan = plan.lock().expect("nobody panics here");
                        if plan.0 == KILLS {
                            return;
                        }
                        plan.0 += 1;
                        (plan.0, plan.1.share())
                    };
                    let stage = scenario.stage();
                    let fell = kill(&stage, &span, Aim::of(number), share);
                    *histogram.lock().expect("nobody panics here").entry(fell).or_default() += 1;
                    assert_recovers(&scenario, &stage, &format!("kill {number}, share {share:.4}, {fell:?}"));
                }
            });
        }
    });
    let histogram = histogram.into_inner().expect("nobody panicked");
    say(&format!("{histogram:#?}"));
    assert_eq!(histogram.values().sum::<usize>(), KILLS);
    let middle = histogram.get(&Fell::BetweenFirstRequestAndLastCommit).copied().unwrap_or_default();
    assert!(middle * 3 >= KILLS, "only {middle} kills fell into the time that matters");
}

/// When a kill is to strike.
#[derive(Clone, Copy)]
enum Aim {
    BeforeSending,
    WhileSending,
    Anywhere,
}

impl Aim {
    fn of(number: usize) -> Self {
        match number % 5 {
            0 => Self::BeforeSending,
            1 => Self::Anywhere,
            _ => Self::WhileSending,
        }
    }
}

/// How long an undisturbed run takes.
struct Span {
    before: Duration,
    sending: Duration,
}

fn measure(scenario: &Scenario) -> Span {
    let stage = scenario.stage();
    let watch = Watch::over(&stage);
    let start = Instant::now();
    let mut child = stage.home.spawn(env!("CARGO_BIN_EXE_bwdc"), &["sync"]).expect("starts");
    watch.wait(|seen| seen.arrived > 0);
    let before = start.elapsed();
    assert!(child.wait().expect("ends").success());
    Span { before, sending: start.elapsed() - before }
}

/// Starts a run, kills it, and waits until the organization has finished what it was asked for.
fn kill(stage: &Stage, span: &Span, aim: Aim, share: f64) -> Fell {
    let watch = Watch::over(stage);
    let mut child = stage.home.spawn(env!("CARGO_BIN_EXE_bwdc"), &["sync"]).expect("starts");
    let delay = match aim {
        Aim::BeforeSending => span.before.mul_f64(share),
        Aim::WhileSending => {
            watch.wait(|seen| seen.arrived > 0);
            // Rather early, so that a machine that was busier while it was measured spoils nothing.
            span.sending.mul_f64(share * share)
        }
        Aim::Anywhere => (span.before + span.sending).mul_f64(share * 1.3),
    };
    // The random moment itself, not a wait for something.
    std::thread::sleep(delay);
    child.kill().expect("is ours");
    child.wait().expect("ends");
    watch.wait(|seen| seen.arrived == seen.handled);
    stage.organization.faults().clear();
    stage.organization.faults().forget_hook();
    let committed = ledger(stage).is_some_and(|ledger| {
        let sql = "SELECT outcome IS NOT NULL FROM runs ORDER BY id DESC LIMIT 1";
        ledger.query_row(sql, [], |row| row.get(0)).expect("an earlier run")
    });
    match stage.writes().len() {
        0 => Fell::BeforeTheFirstRequest,
        _ if committed => Fell::AfterTheLastCommit,
        _ => Fell::BetweenFirstRequestAndLastCommit,
    }
}

#[derive(Default)]
struct Seen {
    arrived: usize,
    handled: usize,
}

/// Slows down what changes something, and tells when it comes and when it is done.
struct Watch(Arc<(Mutex<Seen>, Condvar)>);

impl Watch {
    fn over(stage: &Stage) -> Self {
        let faults = stage.organization.faults();
        faults.add(Rule::new("POST", "/api/public/", Fault::Delay(SLOWNESS)));
        faults.add(Rule::new("DELETE", "/api/public/", Fault::Delay(SLOWNESS)));
        let seen = Arc::<(Mutex<Seen>, Condvar)>::default();
        let told = Arc::clone(&seen);
        faults.on_request(move |arrival| {
            if !is_write(&arrival.method, &arrival.path) {
                return;
            }
            let mut seen = told.0.lock().expect("nobody panics here");
            match arrival.moment {
                Moment::Arrived => seen.arrived += 1,
                Moment::Handled => seen.handled += 1,
            }
            told.1.notify_all();
        });
        Self(seen)
    }

    fn wait(&self, until: impl Fn(&Seen) -> bool) {
        let seen = self.0.0.lock().expect("nobody panics here");
        let waited = self.0.1.wait_timeout_while(seen, PATIENCE, |seen| !until(seen)).expect("nobody panics");
        assert!(!waited.1.timed_out(), "the organization heard nothing");
    }
}

/// SplitMix64: small, and the same on every machine.
struct Random(u64);

impl Random {
    /// From 0 up to 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let bits = u32::try_from((word ^ (word >> 31)) >> 32).expect("32 bits are left");
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }
}
