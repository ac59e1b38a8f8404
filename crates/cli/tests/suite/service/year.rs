//! Many runs in one process on a clock that is moved: nothing piles up.

use crate::laws::stage::{Stage, Tree, dn, mail};
use crate::service::daemon::AGREED;
use bwdc_core::names::Timestamp;
use bwdc_engine::clock::Clock;
use bwdc_engine::ledger::RunOutcome;
use bwdc_engine::paths::{Platform, ProcessEnvironment, Profile};
use bwdc_engine::{Cancel, Control, Engine, FrontEnd, ReadMode, Trigger};
use bwdc_sandbox::organization::Options;

const MINUTE: i64 = 60_000;
/// A Monday of 2027.
const BEGIN: i64 = 1_802_000_000_000;
const RUNS: &str = "BWDC_TEST_RUNS";
/// Set in the process that measures itself.
const ALONE: &str = "BWDC_TEST_ALONE";

/// Bytes that this process holds, and its open files.
fn held() -> (u64, usize) {
    let status = std::fs::read_to_string("/proc/self/status").expect("a process");
    let line = status.lines().find(|it| it.starts_with("VmRSS")).expect("a size");
    let size: u64 = line.split_whitespace().nth(1).and_then(|it| it.parse().ok()).expect("a number");
    (size * 1024, std::fs::read_dir("/proc/self/fd").expect("files").count())
}

fn ledger_size(stage: &Stage) -> u64 {
    std::fs::metadata(stage.home.data_folder().join("connector.db")).expect("a ledger").len()
}

#[test]
fn a_year_of_runs_grows_neither_memory_nor_handles_nor_the_ledger() {
    // Other tests of this process hold memory and files, too: a process of its own holds nothing else.
    if std::env::var_os(ALONE).is_none() {
        let name = "service::year::a_year_of_runs_grows_neither_memory_nor_handles_nor_the_ledger";
        let mut alone = std::process::Command::new(std::env::current_exe().expect("a program"));
        let output = alone.args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().expect("starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        println!("{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let runs: i64 = std::env::var(RUNS).ok().and_then(|it| it.parse().ok()).unwrap_or(300);
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let directory = Tree::of(10).serve();
    stage.read(&directory);
    let environment = ProcessEnvironment::new(
        Platform::Linux,
        None,
        [
            ("HOME", stage.home.path().as_os_str()),
            ("BITWARDENCLI_CONNECTOR_APPDATA_DIR", stage.home.data_folder().as_os_str()),
        ],
    )
    .apart();
    let profile = Profile::new(stage.home.data_folder());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut after_hundred = None;
    for number in 0..runs {
        // Somebody comes and goes now and then.
        if number % 20 == 5 {
            let entry =
                format!("dn: {}\nobjectClass: inetOrgPerson\ncn: v\nsn: v\nmail: {}\n", dn("v"), mail("v"));
            directory.add(&entry).expect("taken");
        }
        if number % 20 == 15 {
            directory.delete(&dn("v")).expect("is there");
        }
        let clock = Clock::Fixed(Timestamp(BEGIN + number * 52 * MINUTE));
        let mut engine =
            Engine::open_at(environment.clone(), profile.clone(), clock).expect("an installation");
        let trigger = Trigger { by: FrontEnd::Service, scheduled: true };
        let mode = if number % 28 == 0 { ReadMode::Full } else { ReadMode::Incremental };
        let (events, cancel) = (|_| (), Cancel::default());
        let control = Control { events: &events, cancel: &cancel };
        runtime.block_on(engine.sync(trigger, mode, control)).expect("a run that does everything");
        if number == 99 {
            after_hundred = Some((held(), ledger_size(&stage)));
        }
        stage.organization.clear_requests();
    }
    let ((memory, files), ledger) = after_hundred.expect("more than a hundred runs");
    let (memory_after, files_after) = held();
    assert!(files_after <= files, "{files} files after 100 runs, {files_after} after {runs}");
    let ledger_after = ledger_size(&stage);
    assert!(memory_after < memory + (2 << 20), "{memory} bytes after 100 runs, {memory_after} after {runs}");
    if runs <= 300 {
        assert!(ledger_after * 2 <= ledger * 3, "{ledger} bytes after 100 runs, {ledger_after} after {runs}");
    }
    println!(
        "memory {memory} -> {memory_after}, files {files} -> {files_after}, ledger {ledger} -> {ledger_after}"
    );
    let engine = Engine::open_at(environment, profile, Clock::System).expect("an installation");
    let history = engine.history(u32::MAX).expect("readable");
    assert_eq!(history.len(), usize::try_from(runs).expect("small"));
    let well = |it: RunOutcome| matches!(it, RunOutcome::Complete | RunOutcome::Unchanged);
    assert!(history.iter().all(|it| it.outcome.is_some_and(well)));
}
