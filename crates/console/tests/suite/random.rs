//! Ten thousand keys without sense, and windows of any size: nothing panics, and nothing is changed that nobody saved.

use crate::plans::planned;
use crate::stage::{Stage, entries, signed_in};
use bwdc_console::app::Start;
use bwdc_console::draw::Colors;
use bwdc_console::job::{Happened, Job, State};
use bwdc_console::key::Key;
use bwdc_engine::{Discovered, EngineError, SetupError};
use bwdc_messages::describe;
use bwdc_messages::setup::{Counted, SetupDone, SetupFacts, SetupWork};
use serde_json::json;

const KEYS: usize = 10_000;

/// Numbers that look random and are the same each time (a linear congruential generator, Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn key(numbers: &mut Numbers) -> Key {
    const LETTERS: [char; 24] = [
        'a', 'd', 'f', 'n', 'o', 'p', 'r', 's', 't', 'u', 'w', 'y', '/', '?', '1', '2', '3', '4', '5', '9',
        ' ', '山', '\u{301}', '\u{202e}',
    ];
    match numbers.below(40) {
        0..=23 => Key::Char(LETTERS[numbers.below(24) as usize]),
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
        Job::Profiles => Happened::Profiles(Vec::new()),
        Job::Files(_) => Happened::Files(vec!["a/".to_owned(), "ab".to_owned()]),
        _ => Happened::State(Box::new(state())),
    }
}

/// Presses keys; `allowed` leaves some out. Gives how often something was asked to be stored.
fn storm(seed: u64, allowed: impl Fn(&Key) -> bool) -> usize {
    let mut numbers = Numbers(seed);
    let mut stage = Stage::menu(state());
    let mut saves = 0;
    for _ in 0..KEYS {
        if stage.app.is_over() {
            stage = Stage::menu(state());
        }
        let pressed = key(&mut numbers);
        if allowed(&pressed) {
            stage.app.key(&pressed);
            stage.collect();
        }
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
    saves
}

#[test]
fn keys_without_sense_never_panic() {
    assert!(storm(1, |_| true) > 0, "the storm reaches what it should: it saves now and then");
}

#[test]
fn without_a_save_nothing_is_changed() {
    let is_save = |key: &Key| matches!(key, Key::Save | Key::Char('s'));
    assert_eq!(storm(2, |key| !is_save(key)), 0);
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
    for _ in 0..3_000 {
        let (width, height) = (numbers.below(300) as u16, numbers.below(100) as u16);
        for stage in &stages {
            stage.buffer(width, height, Colors::Sixteen);
        }
    }
}
