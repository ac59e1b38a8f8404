//! An import that outlives its connection is not sent again before it is over: two at once invite everybody twice.

use crate::laws::stage::{Stage, Tree, mail};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::organization::{ImportPace, MemberStatus, Official, Options};
use std::collections::BTreeSet;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);
/// Pauses pass so many times as fast: ten seconds between looks take a third of one.
const SPEED: &str = "30";
const IMPORT: &str = "/api/public/organization/import";
const SETTINGS: &str = "\
[leavers]
disabled = \"remove\"
gone = \"revoke\"
[limits]
removals-percent = 50
invitations-percent = 1000
";

/// Everybody twice is what two imports at once come to: here each takes over a second and a half.
fn slow() -> Options {
    let (member, group) = (Duration::from_millis(8), Duration::from_millis(80));
    Options::with_official(Official {
        import_pace: ImportPace::Paced { member, group },
        ..Official::default()
    })
}

/// A hundred newcomers in ten groups.
fn hundred() -> Tree {
    let names: Vec<String> = (1..=100).map(|it| format!("p{it:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    (0..10).fold(Tree::of(100), |tree, it| {
        tree.group(&format!("g{it}"), &format!("Group {it}"), &names[it * 10..][..10])
    })
}

fn stage(options: Options) -> Stage {
    let mut stage = Stage::new(options, SETTINGS, |_| {});
    stage.home.set("BWDC_WAIT_SPEED", SPEED);
    stage
}

fn imports(stage: &Stage) -> usize {
    stage.writes().iter().filter(|it| it.ends_with("/organization/import")).count()
}

/// Starts a sync, and waits until its import has reached the server.
fn import_under_way(stage: &Stage) -> Child {
    let before = imports(stage);
    let child = stage.home.spawn(env!("CARGO_BIN_EXE_bwdc"), &["sync"]).expect("starts");
    let begun = Instant::now();
    while imports(stage) == before {
        assert!(begun.elapsed() < PATIENCE, "the run imports nothing");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn assert_nobody_is_doubled(stage: &Stage, people: usize, groups: usize, what: &str) {
    let members = stage.organization.members();
    let addresses: BTreeSet<&str> = members.iter().map(|it| it.email.as_str()).collect();
    assert_eq!((members.len(), addresses.len()), (people + 1, people + 1), "{what}: with the owner");
    assert_eq!(stage.organization.groups().len(), groups, "{what}");
    assert!(stage.organization.groups().iter().all(|it| it.members.len() == 10), "{what}");
}

/// A second run with nothing new, which sends nothing.
fn assert_nothing_is_left(stage: &Stage, what: &str) {
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0], "{what}");
}

#[test]
fn a_run_that_is_killed_while_the_server_imports_is_followed_at_once_by_one_that_doubles_nobody() {
    let rounds = if std::env::var_os("BWDC_EVERY_PASS").is_some() { 60 } else { 5 };
    let directory = hundred().serve();
    for round in 0..rounds {
        let stage = stage(slow());
        stage.read(&directory);
        let mut child = import_under_way(&stage);
        // Before anybody is there, and while groups are made and filled.
        std::thread::sleep(Duration::from_millis(1_500 * round / rounds));
        child.kill().expect("is ours");
        child.wait().expect("ends");
        let what = format!("round {round} of {rounds}");
        let output = stage.run(&["sync"]);
        assert_eq!(output.code, Some(0), "{what}: {}", output.stderr);
        assert!(output.stderr.contains("had ended without an answer"), "{what}: {}", output.stderr);
        assert_nobody_is_doubled(&stage, 100, 10, &what);
        assert_nothing_is_left(&stage, &what);
    }
}

#[test]
fn a_time_limit_that_is_shorter_than_the_import_doubles_nobody() {
    let stage = stage(slow());
    let limited = format!("{SETTINGS}[time-limits]\norganization = 1\n");
    std::fs::write(stage.home.data_folder().join("connector.toml"), limited).expect("our settings");
    let directory = hundred().serve();
    stage.read(&directory);
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(1), "{}", output.stdout);
    let plan = stage.run(&["plan"]);
    assert!(plan.stderr.contains("may still be working on it"), "{}", plan.stderr);
    stage.sync();
    assert_eq!(imports(&stage), 1, "all of it had arrived");
    assert_nobody_is_doubled(&stage, 100, 10, "after a time limit");
    assert_nothing_is_left(&stage, "after a time limit");
}

#[test]
fn whoever_leaves_meanwhile_loses_access_before_the_wait_is_over() {
    let stage = stage(slow());
    let directory = Tree::of(20).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    // Two hundred newcomers take their time.
    let directory = Tree::of(220).serve();
    stage.read(&directory);
    let mut child = import_under_way(&stage);
    child.kill().expect("is ours");
    child.wait().expect("ends");
    let directory = Tree::of(220).without("p01").disabled("p02").serve();
    stage.read(&directory);
    stage.organization.clear_requests();
    let running = stage.home.spawn(env!("CARGO_BIN_EXE_bwdc"), &["sync"]).expect("starts");
    let begun = Instant::now();
    let revoked = |name| stage.state().status(name) == Some(MemberStatus::Revoked);
    while !(revoked("p01") && revoked("p02")) {
        assert!(begun.elapsed() < PATIENCE, "nobody loses access: {:?}", stage.writes());
        std::thread::sleep(Duration::from_millis(5));
    }
    let there = stage.organization.members().len();
    assert_eq!(there, 20 + 1, "the import had not come to its people");
    let output = running.wait_with_output().expect("ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let state = stage.state();
    assert_eq!((state.status("p01"), state.status("p02")), (Some(MemberStatus::Revoked), None));
    assert_eq!(imports(&stage), 0, "it had come to its end: {:?}", stage.writes());
    assert_eq!(stage.organization.members().len(), 220, "the owner, and p02 is gone");

    let directory = Tree::of(220).disabled("p02").serve();
    stage.read(&directory);
    stage.sync();
    assert_eq!(stage.state().status("p01"), Some(MemberStatus::Confirmed), "revoked by us: {}", mail("p01"));
}

#[test]
fn whoever_leaves_meanwhile_does_not_wait_for_a_group_that_is_held_back() {
    let names: Vec<String> = (1..=20).map(|it| format!("p{it:02}")).collect();
    let of = |count: usize| -> Vec<&str> { names.iter().take(count).map(String::as_str).collect() };
    let stage = stage(slow());
    let directory = Tree::of(20).group("g", "G", &of(20)).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    let directory = Tree::of(220).group("g", "G", &of(20)).serve();
    stage.read(&directory);
    let mut child = import_under_way(&stage);
    child.kill().expect("is ours");
    child.wait().expect("ends");
    // The group would lose most of its members, which waits for an approval; p20 does not.
    let directory = Tree::of(220).without("p20").group("g", "G", &of(5)).serve();
    stage.read(&directory);
    let running = stage.home.spawn(env!("CARGO_BIN_EXE_bwdc"), &["sync"]).expect("starts");
    let begun = Instant::now();
    while stage.state().status("p20") != Some(MemberStatus::Revoked) {
        assert!(begun.elapsed() < PATIENCE, "nobody loses access: {:?}", stage.writes());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(stage.organization.members().len(), 20 + 1, "the import had not come to its people");
    let output = running.wait_with_output().expect("ends");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let group = stage.organization.groups().into_iter().find(|it| it.name == "G").expect("a group");
    assert_eq!(group.members.len(), 20, "{text}");
}

/// Whoever is asked to wait has not been served: neither does the wait show how fast the server is, nor is the import older by it.
#[test]
fn a_wait_that_the_server_asks_for_is_no_part_of_an_import() {
    let stage = stage(Options::official());
    let directory = hundred().serve();
    stage.read(&directory);
    let busy = Answer::json(429, "{}").header("retry-after", "3");
    stage.organization.faults().add(Rule::new("POST", IMPORT, Fault::Answer(busy)).first(1));
    let begun = Instant::now();
    stage.sync();
    assert!(begun.elapsed() >= Duration::from_secs(3), "it waited");
    let path = stage.home.data_folder().join("connector.db");
    let ledger = rusqlite::Connection::open(path).expect("opens");
    let one = |query: &str| ledger.query_row(query, [], |row| row.get::<_, i64>(0));
    let pace = one("SELECT value FROM facts WHERE name = 'import_pace'");
    assert!(matches!(pace, Err(rusqlite::Error::QueryReturnedNoRows)), "{pace:?}");
    let took = one("SELECT max(resolved_at - intended_at) FROM intents").expect("an import");
    assert!(took < 2_000, "{took}");
}

#[test]
fn clearing_the_ledger_does_not_end_the_wait() {
    let stage = stage(slow());
    let directory = hundred().serve();
    stage.read(&directory);
    let mut child = import_under_way(&stage);
    child.kill().expect("is ours");
    child.wait().expect("ends");
    let output = stage.run(&["ledger", "purge", "--force"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    stage.sync();
    assert_nobody_is_doubled(&stage, 100, 10, "after a purge");
}

#[cfg(unix)]
#[test]
fn ctrl_c_waits_for_the_import_and_says_so_and_a_second_one_leaves() {
    let directory = hundred().serve();
    for (signal, presses) in [("-INT", 1), ("-INT", 2), ("-TERM", 1)] {
        let stage = stage(slow());
        stage.read(&directory);
        let running = import_under_way(&stage);
        for _ in 0..presses {
            let mut kill = Command::new("kill");
            assert!(kill.args([signal, &running.id().to_string()]).status().expect("starts").success());
            std::thread::sleep(Duration::from_millis(200));
        }
        let output = running.wait_with_output().expect("ends");
        let text = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.starts_with("The run ends as soon as the server has answered"), "{text}");
        let filled = stage.organization.groups().iter().filter(|it| it.members.len() == 10).count();
        assert_eq!(filled == 10, presses == 1, "{signal} {presses} times, {filled} groups are filled");
        stage.sync();
        assert_nobody_is_doubled(&stage, 100, 10, "after Ctrl-C");
        assert_eq!(imports(&stage), 1);
    }
}
