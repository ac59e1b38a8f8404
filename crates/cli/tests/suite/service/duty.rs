//! When runs start, and how they end.

use crate::laws::stage::{Stage, Tree, dn, is_write, mail};
use crate::service::daemon::{AGREED, Daemon, PATIENCE, until};
use bwdc_core::names::Timestamp;
use bwdc_engine::clock::{Clock, to_iso};
use bwdc_engine::service::Command;
use bwdc_sandbox::faults::Moment;
use bwdc_sandbox::organization::Options;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

fn synced(stage: &Stage, people: usize) {
    // The owner is one, too.
    until("everybody is a member", || (stage.organization.members().len() > people).then_some(()));
}

#[test]
fn nothing_starts_by_itself_before_a_person_synced_and_everything_after() {
    let stage = Stage::new(Options::official(), "[schedule]\njitter-seconds = 0\n", |_| {});
    let directory = Tree::of(3).serve();
    stage.read(&directory);
    let daemon = Daemon::start(&stage);
    daemon.says("waiting for the first sync");
    assert_eq!(stage.writes(), [""; 0]);
    let status = stage.run(&["status"]);
    assert_eq!(status.code, Some(1), "{}", status.stdout);
    assert!(status.stdout.starts_with("WARNING: waiting for the first sync"), "{}", status.stdout);
    stage.sync();
    let settings = std::fs::read_to_string(stage.home.data_folder().join("connector.toml")).expect("ours");
    assert!(settings.contains("first-sync-agreed = true"), "{settings}");
    daemon.signal("-HUP");
    daemon.says("the next run is due at");
    let status = stage.run(&["status"]);
    assert_eq!(status.code, Some(0), "{}", status.stdout);
    assert!(status.stdout.starts_with("OK: 1 profile healthy"), "{}", status.stdout);
    // The run by hand was the last one: nothing was repeated.
    assert_eq!(stage.writes().len(), 1);
}

#[test]
fn a_schedule_without_a_service_that_never_ran_is_not_said_to_be_well() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let status = stage.run(&["status"]);
    assert_eq!(status.code, Some(1), "{}", status.stdout);
    assert!(
        status.stdout.starts_with("WARNING: the first scheduled run is due and has not started"),
        "{}",
        status.stdout
    );
    // Three intervals after anybody changed a setting.
    let old = std::time::SystemTime::now() - Duration::from_secs(400 * 24 * 60 * 60);
    for name in ["data.json", "connector.toml"] {
        let file =
            std::fs::File::options().write(true).open(stage.home.data_folder().join(name)).expect("ours");
        file.set_modified(old).expect("ours");
    }
    let status = stage.run(&["status"]);
    assert_eq!(status.code, Some(2), "{}", status.stdout);
    assert!(
        status.stdout.starts_with("CRITICAL: no run has succeeded within three intervals"),
        "{}",
        status.stdout
    );
}

#[test]
fn a_newer_version_that_a_service_heard_of_is_told_with_the_status() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let feed = format!("http://{}/", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut stream, _) = listener.accept().expect("a caller");
        let mut part = [0; 4096];
        assert!(stream.read(&mut part).expect("a request") > 0);
        let list = r#"[{"tag_name":"v99.1.0","html_url":"https://releases.example.test/99.1.0"}]"#;
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{list}",
            list.len()
        )
        .expect("taken");
    });
    let mut stage = Stage::new(Options::official(), AGREED, |_| {});
    let directory = Tree::of(1).serve();
    stage.read(&directory);
    stage.home.set("BWDC_UPDATE_FEED", &feed);
    let daemon = Daemon::start(&stage);
    daemon.says("made");
    let status =
        until("it asked", || Some(daemon.ask(Command::Status)).filter(|it| !it.data["newer"].is_null()));
    assert_eq!(status.data["newer"]["version"], "99.1.0");
    assert!(
        status.text.contains("Version 99.1.0 is available: https://releases.example.test/99.1.0"),
        "{}",
        status.text
    );
    assert_eq!(status.code, 0, "it is no reason to worry: {}", status.text);
}

#[test]
fn a_service_syncs_what_is_due_when_it_starts_and_again_after_a_kill() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let directory = Tree::of(3).serve();
    stage.read(&directory);
    let daemon = Daemon::start(&stage);
    synced(&stage, 3);
    daemon.says("made");
    daemon.kill();
    let daemon = Daemon::start(&stage);
    // Its socket is a new one, and the last run was a moment ago.
    let status = daemon.ask(Command::Status);
    assert_eq!((status.code, &status.data["profiles"][0]["lastRun"]["outcome"]), (0, &"complete".into()));
    assert_eq!(stage.writes().len(), 1);
}

#[test]
fn a_settings_file_that_changes_counts_without_a_restart_and_one_that_is_wrong_does_not() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let directory = Tree::of(1).serve();
    stage.read(&directory);
    let daemon = Daemon::start(&stage);
    daemon.says("made");
    let file = stage.home.data_folder().join("connector.toml");
    std::fs::write(&file, format!("{AGREED}[schedul]\n")).expect("written");
    daemon.signal("-HUP");
    daemon.says("the schedule stays as it was");
    std::fs::write(&file, AGREED.replace("[schedule]\n", "[schedule]\npaused = true\n")).expect("written");
    daemon.signal("-HUP");
    daemon.says("default: paused");
    let status = daemon.ask(Command::Status);
    assert_eq!((status.code, &status.data["profiles"][0]["schedule"]["state"]), (1, &"paused".into()));
}

/// Runs `meanwhile` while the first import of a service is under way.
fn while_importing(stage: &Stage, meanwhile: impl FnOnce(&mut Daemon)) -> Daemon {
    let (arrived, has_arrived) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let may_go_on = Mutex::new(may_go_on);
    stage.organization.faults().on_request(move |request| {
        if request.moment == Moment::Arrived && is_write(&request.method, &request.path) {
            // Later ones find the other end closed.
            let _ = arrived.send(());
            let _ = may_go_on.lock().expect("nobody panics here").recv_timeout(PATIENCE);
        }
    });
    let mut daemon = Daemon::start(stage);
    has_arrived.recv_timeout(PATIENCE).expect("the run sends something");
    meanwhile(&mut daemon);
    drop(go_on);
    daemon
}

#[test]
fn a_stop_waits_for_the_import_that_is_under_way() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let directory = Tree::of(3).serve();
    stage.read(&directory);
    let mut daemon = while_importing(&stage, |daemon| {
        daemon.signal("-TERM");
        daemon.says("Stopping.");
        // Longer than anything but an import is waited for.
        std::thread::sleep(Duration::from_secs(6));
    });
    assert!(daemon.ended().success());
    assert_eq!(stage.organization.members().len(), 4, "with the owner");
    stage.organization.faults().forget_hook();
    // It was asked to end before it looked at the organization again: the next run does, and sends nothing twice.
    stage.sync();
    assert_eq!(stage.writes().len(), 1, "{:?}", stage.writes());
}

#[test]
fn an_idle_service_stops_at_once() {
    let stage = Stage::new(Options::official(), "", |_| {});
    let mut daemon = Daemon::start(&stage);
    let asked = Instant::now();
    daemon.signal("-TERM");
    assert!(daemon.ended().success());
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert!(!daemon.socket.exists());
}

#[test]
fn a_service_waits_for_a_run_by_hand_and_the_two_become_one() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let directory = Tree::of(3).serve();
    stage.read(&directory);
    let (arrived, has_arrived) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let may_go_on = Mutex::new(may_go_on);
    stage.organization.faults().on_request(move |request| {
        // Before the run is on record.
        if request.moment == Moment::Arrived && request.method == "GET" {
            let _ = arrived.send(());
            let _ = may_go_on.lock().expect("nobody panics here").recv_timeout(PATIENCE);
        }
    });
    let mut by_hand = stage.home.spawn(env!("CARGO_BIN_EXE_bwdc"), &["sync"]).expect("starts");
    has_arrived.recv_timeout(PATIENCE).expect("the run by hand has begun");
    let daemon = Daemon::start(&stage);
    let line = daemon.says("waiting.");
    assert!(line.contains(&format!("process {}", by_hand.id())), "{line}");
    drop(go_on);
    assert!(by_hand.wait().expect("ends").success());
    let status = until("the service is idle again", || {
        let status = daemon.ask(Command::Status);
        let idle = status.data["profiles"][0]["lastRun"]["outcome"] == "complete";
        idle.then_some(status)
    });
    assert_eq!(status.data["profiles"][0]["lastRun"]["startedBy"], "command");
    std::thread::sleep(Duration::from_secs(2));
    let history = daemon.ask(Command::History { most: 10 });
    assert_eq!(history.data["data"].as_array().map(Vec::len), Some(1), "{}", history.text);
}

#[test]
fn a_rotated_password_is_a_failure_until_it_is_entered_and_needs_no_restart() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let directory = Tree::of(2).serve();
    stage.read(&directory);
    let daemon = Daemon::start(&stage);
    synced(&stage, 2);
    daemon.says("made");
    let enter = |secret: &str| {
        let mut config = stage.command(&["config", "ldap.password", "--secretenv", "TEST_SECRET"]);
        assert!(config.env("TEST_SECRET", secret).output().expect("starts").status.success());
    };
    enter("s3cr3t-0f-yesterday");
    let failed = daemon.ask(Command::Sync { full: false });
    assert_eq!(failed.error.expect("a failure").kind, "directory");
    let status = daemon.ask(Command::Status);
    assert_eq!((status.code, &status.data["profiles"][0]["failures"]), (2, &1.into()), "{}", status.text);
    enter(crate::laws::stage::LDAP_PASSWORD);
    directory.delete(&dn("p02")).expect("is there");
    assert_eq!(daemon.ask(Command::Sync { full: false }).error, None);
    assert_eq!(daemon.ask(Command::Status).code, 0);
    assert!(stage.organization.member(&mail("p02")).is_some());
}

#[test]
fn a_run_that_fails_before_anything_is_opened_is_not_due_again_at_once() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    assert_eq!(stage.run(&["logout"]).code, Some(0));
    let daemon = Daemon::start(&stage);
    daemon.says("did not do everything");
    let status = until("the service is idle", || {
        let status = daemon.ask(Command::Status);
        (status.data["profiles"][0]["failures"] == 1).then_some(status)
    });
    let next = status.data["profiles"][0]["nextRun"].as_str().expect("a time");
    let soon = to_iso(Timestamp(Clock::System.now().0 + 200_000));
    assert!(next > soon.as_str(), "{next}");
}

#[test]
fn a_run_that_settings_made_fail_is_in_the_history() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let directory = Tree::of(1).serve();
    stage.read(&directory);
    let daemon = Daemon::start(&stage);
    daemon.says("made");
    let file = stage.home.data_folder().join("connector.toml");
    std::fs::write(&file, "[schedul]\n").expect("written");
    assert!(daemon.ask(Command::Sync { full: false }).error.is_some());
    std::fs::write(&file, AGREED).expect("written");
    let history = daemon.ask(Command::History { most: 10 });
    let runs = history.data["data"].as_array().expect("runs");
    let outcomes: Vec<_> = runs.iter().map(|it| it["outcome"].clone()).collect();
    assert_eq!(outcomes, ["failed", "complete"], "{}", history.text);
    let status = daemon.ask(Command::Status);
    assert_eq!((status.code, &status.data["profiles"][0]["failures"]), (2, &1.into()), "{}", status.text);
}

#[test]
fn a_file_that_is_being_written_makes_no_run_due() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let directory = Tree::of(1).serve();
    stage.read(&directory);
    let daemon = Daemon::start(&stage);
    daemon.says("made");
    let whole = std::fs::read(stage.home.data_json_path()).expect("readable");
    std::fs::write(stage.home.data_json_path(), "").expect("written");
    daemon.signal("-HUP");
    daemon.says("the schedule stays as it was");
    std::fs::write(stage.home.data_json_path(), whole).expect("written");
    let history = daemon.ask(Command::History { most: 10 });
    assert_eq!(history.data["data"].as_array().map(Vec::len), Some(1), "{}", history.text);
}

/// What `/proc/PID/status` says, as a number.
fn of_process(process: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find(|it| it.starts_with(field)).expect("a field");
    line.split_whitespace().nth(1).and_then(|it| it.parse().ok()).expect("a number")
}

#[test]
fn an_idle_service_holds_little_and_sleeps() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let directory = Tree::of(20).serve();
    stage.read(&directory);
    let daemon = Daemon::start(&stage);
    daemon.says("made");
    until("the service is idle", || (daemon.ask(Command::Status).code == 0).then_some(()));
    // What is its own: how much of the program itself is in memory depends on how it was built.
    let held = of_process(daemon.id(), "RssAnon");
    assert!(held <= 12 * 1024, "{held} KB");
    let before = of_process(daemon.id(), "voluntary_ctxt_switches");
    std::thread::sleep(Duration::from_secs(10));
    // It looks at the clock once a minute.
    let woken = of_process(daemon.id(), "voluntary_ctxt_switches") - before;
    assert!(woken <= 5, "it woke {woken} times within 10 seconds");
}
