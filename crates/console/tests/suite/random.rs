//! Ten thousand keys without sense, and windows of any size: nothing panics, and nothing is changed that nobody saved.

use crate::plans::planned;
use crate::scenes::refusals;
use crate::stage::{Stage, entries, signed_in};
use bwdc_console::app::Start;
use bwdc_console::draw::Colors;
use bwdc_console::job::{Happened, Job, RefusedRunState, ServiceState, ServiceWork, State};
use bwdc_console::key::Key;
use bwdc_core::names::Timestamp;
use bwdc_engine::ledger::RunId;
use bwdc_engine::{ApprovalState, Discovered, EngineError, Repairs, SetupError};
use bwdc_messages::approval::approval;
use bwdc_messages::describe;
use bwdc_messages::line::Line;
use bwdc_messages::setup::{Counted, SetupDone, SetupFacts, SetupWork};
use serde_json::json;
use std::collections::BTreeSet;

const KEYS: usize = 10_000;
/// Keys after which it begins at the menu again.
const FRESH: usize = 80;
/// Where it then begins.
const BEGINNINGS: [&str; 12] = ["", "2", "3", "4", "5", "6", "7", "71", "8", "9", "d", "a"];

/// Numbers that look random and are the same each time (a linear congruential generator, Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn key(numbers: &mut Numbers) -> Key {
    const LETTERS: [char; 29] = [
        'a', 'c', 'd', 'f', 'n', 'o', 'p', 'r', 's', 't', 'u', 'v', 'w', 'y', '/', '?', '1', '2', '3', '4',
        '5', '6', '7', '8', '9', ' ', '山', '\u{301}', '\u{202e}',
    ];
    match numbers.below(40) {
        0..=23 => Key::Char(LETTERS[numbers.below(LETTERS.len() as u64) as usize]),
        24..=27 => Key::Enter,
        28 | 29 => Key::Esc,
        30 | 31 => Key::Down,
        32 => Key::Up,
        33 => Key::PageDown,
        34 => Key::End,
        35 => Key::Tab,
        36 => Key::Backspace,
        37 => Key::Save,
        38 => Key::Left,
        _ => Key::Paste("dc=example,dc=test\nx\u{1b}[2J".to_owned()),
    }
}

fn state() -> State {
    signed_in(&[("directory", json!(0)), ("ldap.hostname", json!("dc1")), ("sync.users", json!(true))])
}

/// What a job could come to.
fn outcome(job: &Job, numbers: &mut Numbers) -> Happened {
    if numbers.below(4) == 0 {
        return Happened::Failed(Box::new(describe(&EngineError::Setup(SetupError::NotSignedIn))));
    }
    let facts = || SetupFacts { entries: state().entries, client_id: None, has_synced: false };
    match job {
        Job::Setup(work) => Happened::Setup(Box::new(match work {
            SetupWork::Discover(_) => SetupDone::Discovered(Discovered::default()),
            SetupWork::Try(_) => SetupDone::Tried(Vec::new()),
            SetupWork::Count(_) => SetupDone::Counted(Counted::default()),
            SetupWork::SignIn { .. } => {
                SetupDone::Asks { question: "Code".to_owned(), choices: Vec::new(), error: None }
            }
            SetupWork::KeyFile(_) => SetupDone::Failed("no such file".to_owned()),
            _ => SetupDone::Facts(facts()),
        })),
        Job::Plan => Happened::Planned(Box::new(planned(&["Ada", "Ben"], &[("Staff", &["Ada"])], 1))),
        Job::History => Happened::History(Vec::new()),
        Job::Doctor => Happened::Examined,
        Job::Profiles => Happened::Profiles(Vec::new(), Vec::new()),
        Job::Files(_) => Happened::Files(vec!["a/".to_owned(), "ab".to_owned()]),
        Job::Repairs(picks) => {
            Happened::Repairs(Box::new(Repairs { cases: crate::states::cases(picks), beyond_limit: 0 }))
        }
        Job::Repair { .. } => Happened::Repaired(1),
        Job::Refused => Happened::Refused(Box::new(RefusedRunState {
            run: RunId(13),
            lines: vec![Line::plain("Run 13 was refused.")],
            approval: approval(&refusals()),
            state: match numbers.below(3) {
                0 => ApprovalState::Missing,
                1 => ApprovalState::Counts { until: Timestamp(1) },
                _ => ApprovalState::Expired { since: Timestamp(1) },
            },
        })),
        Job::Withdraw(_) => Happened::Said("withdrawn".to_owned()),
        Job::Service(work) => service(work, numbers),
        _ => Happened::State(Box::new(any_state(numbers))),
    }
}

fn service(work: &ServiceWork, numbers: &mut Numbers) -> Happened {
    match work {
        ServiceWork::Look => Happened::Service(Box::new(ServiceState {
            running: [None, Some(false), Some(true)][numbers.below(3) as usize],
            ..ServiceState::default()
        })),
        ServiceWork::Draft(_) => Happened::Drafted(Box::new(crate::service::draft(numbers.below(2) == 0))),
        ServiceWork::Log => Happened::Told(Box::default()),
        _ => Happened::Said("done".to_owned()),
    }
}

/// The installation in one of its states.
fn any_state(numbers: &mut Numbers) -> State {
    match numbers.below(4) {
        0 => State { by_service: true, ..state() },
        1 => State { refused: refusals(), later_version: Some(9), ..state() },
        _ => state(),
    }
}

/// A job in a word, where it is one that a storm has to reach.
fn word(job: &Job) -> Option<&'static str> {
    Some(match job {
        Job::Save { .. } => "save",
        Job::Plan => "plan",
        Job::Sync { .. } => "sync",
        Job::Setup(_) => "set-up",
        Job::History => "history",
        Job::Doctor => "doctor",
        Job::Profiles => "profiles",
        Job::Repairs(_) => "repairs",
        Job::Refused => "refused",
        Job::Withdraw(_) => "withdraw",
        Job::Service(ServiceWork::Look) => "service",
        Job::Service(ServiceWork::Draft(_)) => "draft",
        Job::Service(ServiceWork::Install(_)) => "install",
        Job::Service(ServiceWork::Control(_)) => "control",
        Job::Service(ServiceWork::Log) => "log",
        _ => return None,
    })
}

/// Presses keys; `allowed` leaves some out. Gives what was asked for, and how often something was asked to be stored.
fn storm(seed: u64, allowed: impl Fn(&Key) -> bool) -> (BTreeSet<&'static str>, usize) {
    let mut numbers = Numbers(seed);
    let mut stage = Stage::menu(state());
    let (mut seen, mut saves) = (BTreeSet::new(), 0);
    for number in 0..KEYS {
        // A search or a form can keep whoever presses keys without sense for long.
        if stage.app.is_over() || number % FRESH == 0 {
            stage = Stage::menu(any_state(&mut numbers));
            for letter in BEGINNINGS[numbers.below(BEGINNINGS.len() as u64) as usize].chars() {
                stage.press(&letter.to_string());
                seen.extend(stage.orders.iter().filter_map(|it| word(&it.job)));
                while let Some(order) = stage.orders.pop_front() {
                    let what = outcome(&order.job, &mut numbers);
                    stage.tell(order.id, what);
                }
            }
        }
        let pressed = key(&mut numbers);
        if allowed(&pressed) {
            stage.app.key(&pressed);
            stage.collect();
        }
        seen.extend(stage.orders.iter().filter_map(|it| word(&it.job)));
        saves += stage.orders.iter().filter(|it| matches!(it.job, Job::Save { .. })).count();
        if numbers.below(2) == 0
            && let Some(order) = stage.orders.pop_front()
        {
            let what = outcome(&order.job, &mut numbers);
            stage.tell(order.id, what);
        }
        if numbers.below(8) == 0 {
            let (width, height) = (numbers.below(200) as u16, numbers.below(70) as u16);
            let colors = if numbers.below(2) == 0 { Colors::None } else { Colors::Sixteen };
            stage.buffer(width, height, colors);
        }
    }
    (seen, saves)
}

#[test]
fn keys_without_sense_never_panic() {
    let (seen, saves) = storm(1, |_| true);
    let reached = [
        "save", "plan", "sync", "set-up", "history", "doctor", "profiles", "repairs", "refused", "service",
        "draft", "control", "log",
    ];
    let missing: Vec<_> = reached.into_iter().filter(|it| !seen.contains(it)).collect();
    assert!(saves > 0 && missing.is_empty(), "the storm never reached {missing:?}");
}

#[test]
fn without_a_save_nothing_is_changed() {
    let is_save = |key: &Key| matches!(key, Key::Save | Key::Char('s'));
    assert_eq!(storm(2, |key| !is_save(key)).1, 0);
}

#[test]
fn resize_storms_never_panic() {
    let mut numbers = Numbers(3);
    let mut stages = [
        Stage::menu(state()),
        Stage::new(Start::Setup),
        Stage::menu(State { entries: entries(&[]), ..state() }),
    ];
    stages[1].facts(None, &[]);
    stages[2].press("3");
    let mut stages: Vec<Stage> = stages.into();
    stages.extend(crate::states::table().into_iter().map(|(_, _, stage)| stage));
    for _ in 0..150 {
        let (width, height) = (numbers.below(300) as u16, numbers.below(100) as u16);
        for stage in &stages {
            stage.buffer(width, height, Colors::Sixteen);
        }
    }
}
