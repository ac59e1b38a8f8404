//! `--wait`, and the exit codes of `bwdc status` where no service runs.

use crate::laws::stage::{Stage, Tree, is_write};
use crate::service::daemon::{PATIENCE, until};
use bwdc_harness::home::Home;
use bwdc_sandbox::faults::Moment;
use bwdc_sandbox::organization::Options;
use serde_json::Value;
use std::sync::Mutex;
use std::sync::mpsc::channel;

#[test]
fn a_command_waits_for_another_run_as_long_as_it_is_told() {
    let stage = Stage::new(Options::official(), "", |_| {});
    let directory = Tree::of(2).serve();
    stage.read(&directory);
    let (arrived, has_arrived) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let may_go_on = Mutex::new(may_go_on);
    stage.organization.faults().on_request(move |request| {
        if request.moment == Moment::Arrived && is_write(&request.method, &request.path) {
            let _ = arrived.send(());
            let _ = may_go_on.lock().expect("nobody panics here").recv_timeout(PATIENCE);
        }
    });
    let mut first = stage.home.spawn(env!("CARGO_BIN_EXE_bwdc"), &["sync"]).expect("starts");
    has_arrived.recv_timeout(PATIENCE).expect("it sends something");
    let impatient = stage.run(&["sync", "--wait", "1"]);
    assert_eq!(impatient.code, Some(1), "{}", impatient.stdout);
    assert!(impatient.stderr.starts_with("Waiting. "), "{}", impatient.stderr);
    assert!(impatient.stderr.contains(&format!("process {}", first.id())), "{}", impatient.stderr);
    let mut second = stage.home.spawn(env!("CARGO_BIN_EXE_bwdc"), &["sync", "--wait", "60"]).expect("starts");
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(second.try_wait().expect("a child"), None, "it waits");
    drop(go_on);
    assert!(first.wait().expect("ends").success());
    let ended = until("the second ends", || second.try_wait().expect("a child"));
    assert!(ended.success());
    assert_eq!(stage.writes().len(), 1, "the second one read after it had the lock: {:?}", stage.writes());
}

#[test]
fn a_status_says_in_its_exit_code_what_a_monitoring_plugin_would() {
    let stage = Stage::new(Options::official(), "", |_| {});
    let nowhere = stage.run(&["status", "--no-such-option"]);
    assert_eq!(nowhere.code, Some(3), "a usage error");
    let directory = Tree::of(2).serve();
    stage.read(&directory);
    stage.sync();
    let healthy = stage.run(&["status", "--response"]);
    assert_eq!(healthy.code, Some(0), "{}", healthy.stdout);
    let answer: Value = serde_json::from_str(&healthy.stdout).expect("JSON");
    let profile = &answer["data"]["profiles"][0];
    assert_eq!((&profile["health"], &profile["people"]), (&"healthy".into(), &2.into()), "{answer}");
    assert_eq!(profile["clientId"], stage.organization.client_id());
    stage.point("directoryLdap", "port", 9.into());
    assert_eq!(stage.run(&["sync"]).code, Some(1));
    let failing = stage.run(&["status"]);
    assert_eq!(failing.code, Some(2), "{}", failing.stdout);
    assert!(failing.stdout.starts_with("CRITICAL: 1 run failed in a row"), "{}", failing.stdout);
    let nobody = Home::new().expect("a home").run(env!("CARGO_BIN_EXE_bwdc"), &["status"]).expect("ends");
    assert_eq!(nobody.code, Some(3), "{}", nobody.stdout);
    assert!(nobody.stdout.starts_with("UNKNOWN: not signed in"), "{}", nobody.stdout);
}
