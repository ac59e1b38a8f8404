//! `connector.db` after a kill at every named place. Runs with `--features failpoints`.

use bwdc_core::ledger::{IntentState, LedgerState, ManagedPerson, Marks};
use bwdc_core::names::{Email, ExternalId, MemberId, SourceName, Timestamp};
use bwdc_core::wire::Request;
use bwdc_engine::clock::Clock;
use bwdc_engine::ledger::{Counts, Ending, Ledger, Opened, Outcome, RunOutcome, Trigger};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const NOW: Timestamp = Timestamp(1_795_180_720_171);

const PLACES: [&str; 9] = [
    "ledger.begin.before",
    "ledger.begin.after",
    "ledger.intend.before",
    "ledger.intend.after",
    "ledger.resolve.before",
    "ledger.resolve.after",
    "ledger.commit.before",
    "ledger.commit.inside",
    "ledger.commit.after",
];

fn state(names: &[&str]) -> LedgerState {
    let people = names.iter().map(|name| ManagedPerson {
        external_id: ExternalId::new(*name),
        source: SourceName::primary(),
        stable_id: None,
        reference: None,
        email: Email::new(format!("{name}@example.test")),
        revoked_by_us: false,
        out: None,
        member_id: None,
        marks: Marks::default(),
    });
    LedgerState { people: people.collect(), baseline_taken: true, ..LedgerState::default() }
}

fn sync(path: &Path, new: &LedgerState) {
    let mut ledger = Ledger::open(path, Clock::System).expect("readable").into_ledger();
    let run = ledger.begin_run(NOW, Trigger::default()).expect("writable");
    let intent = ledger.intend(run, &Request::Revoke(MemberId::new("m")), NOW).expect("writable");
    ledger.resolve(intent, Outcome::Accepted, NOW).expect("writable");
    let ending =
        Ending { finished_at: NOW, outcome: RunOutcome::Complete, counts: &Counts::new(), actions: &[] };
    ledger.commit(run, new, &ending).expect("writable");
}

/// A ledger that has seen one run.
fn home() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("connector.db");
    let mut ledger = Ledger::open(&path, Clock::System).expect("new").into_ledger();
    let run = ledger.begin_run(NOW, Trigger::default()).expect("writable");
    let ending =
        Ending { finished_at: NOW, outcome: RunOutcome::Complete, counts: &Counts::new(), actions: &[] };
    ledger.commit(run, &state(&["old"]), &ending).expect("writable");
    (folder, path)
}

fn run_part(path: &Path, variable: &str, value: &str) -> bool {
    Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "ledger_kill::one_sync", "--ignored"])
        .env("BWDC_TEST_LEDGER", path)
        .env(variable, value)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("starts")
        .success()
}

#[test]
fn the_ledger_is_as_before_or_as_after_and_never_forgets_what_was_sent() {
    let (folder, path) = home();
    let log = folder.path().join("log");
    assert!(run_part(&path, "BWDC_FAILPOINT_LOG", log.to_str().expect("UTF-8")));
    let passed = std::fs::read_to_string(log).expect("written");
    assert_eq!(passed.lines().collect::<Vec<_>>(), PLACES);

    for place in PLACES {
        let (_folder, path) = home();
        assert!(!run_part(&path, "BWDC_FAILPOINT", place), "{place} was not passed");
        let Opened::Existing(ledger) = Ledger::open(&path, Clock::System).expect("readable after a kill")
        else {
            panic!("{place}: not the same ledger")
        };
        let found = ledger.state().expect("readable after a kill");
        let committed = place == "ledger.commit.after";
        assert_eq!(found.people, state(if committed { &["old", "new"] } else { &["old"] }).people, "{place}");
        assert!(found.baseline_taken, "{place}");
        let open: Vec<_> = found.open_intents.iter().map(|it| it.state).collect();
        let expected: &[IntentState] = match place {
            "ledger.begin.before" | "ledger.begin.after" | "ledger.intend.before" | "ledger.commit.after" => {
                &[]
            }
            "ledger.intend.after" | "ledger.resolve.before" => &[IntentState::Intended],
            _ => &[IntentState::Accepted],
        };
        assert_eq!(open, expected, "{place}");
        let runs = ledger.runs(1).expect("readable");
        let last_has_ended = committed || place == "ledger.begin.before";
        assert_eq!(runs[0].outcome, last_has_ended.then_some(RunOutcome::Complete), "{place}");
        drop(ledger);

        sync(&path, &state(&["old", "new"]));
        let ledger = Ledger::open(&path, Clock::System).expect("readable").into_ledger();
        assert_eq!(ledger.state().expect("readable"), state(&["old", "new"]), "{place}");
    }
}

#[test]
#[ignore = "a part of the other test, in a process of its own"]
fn one_sync() {
    let path = PathBuf::from(std::env::var_os("BWDC_TEST_LEDGER").expect("set by the other test"));
    sync(&path, &state(&["old", "new"]));
}
