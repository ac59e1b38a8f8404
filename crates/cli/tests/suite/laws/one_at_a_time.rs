//! Law 10: the second caller is told who is at it, and sends nothing.

use crate::laws::TAKING;
use crate::laws::stage::{Stage, Tree, is_write};
use bwdc_harness::home::Home;
use bwdc_sandbox::faults::Moment;
use bwdc_sandbox::organization::Options;
use serde_json::Value;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// Runs `meanwhile` at the moment at which a sync's first change has arrived and is not handled; it gets the process.
fn while_syncing(stage: &Stage, meanwhile: impl FnOnce(u32)) {
    let (arrived, has_arrived) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let may_go_on = Mutex::new(may_go_on);
    stage.organization.faults().on_request(move |request| {
        if request.moment == Moment::Arrived && is_write(&request.method, &request.path) {
            arrived.send(()).expect("somebody waits");
            // Later requests find the other end closed.
            let _ = may_go_on.lock().expect("nobody panics here").recv_timeout(PATIENCE);
        }
    });
    let mut first = stage.home.spawn(env!("CARGO_BIN_EXE_bwdc"), &["sync"]).expect("starts");
    has_arrived.recv_timeout(PATIENCE).expect("the first run sends something");
    meanwhile(first.id());
    drop(go_on);
    assert!(first.wait().expect("ends").success());
    assert_eq!(stage.writes().len(), 1, "{:?}", stage.writes());
    stage.organization.faults().forget_hook();
}

#[test]
fn law_10_the_second_caller_is_told_who_holds_the_profile() {
    let stage = Stage::new(Options::official(), TAKING, |_| {});
    let directory = Tree::of(3).serve();
    stage.read(&directory);
    while_syncing(&stage, |process| {
        let requests = stage.organization.requests().len();
        let second = stage.run(&["sync"]);
        assert_eq!(second.code, Some(1), "{}", second.stdout);
        assert!(second.stderr.contains(&format!("`bwdc sync` (process {process}")), "{}", second.stderr);
        let lock = stage.home.data_folder().join("bwdc.lock");
        assert!(second.stderr.contains(&format!("`{}`", lock.display())), "{}", second.stderr);
        let second = stage.run(&["sync", "--response"]);
        let answer: Value = serde_json::from_str(&second.stdout).expect("one JSON object");
        assert_eq!(answer["kind"], "busy");
        assert_eq!(stage.organization.requests().len(), requests);
    });
    stage.sync();
}

#[test]
fn law_10_an_organization_is_held_whatever_the_profile() {
    let stage = Stage::new(Options::official(), TAKING, |_| {});
    let directory = Tree::of(3).serve();
    stage.read(&directory);
    let mut other = Home::new().expect("a home folder");
    // The same account with another folder of settings.
    other.set("HOME", stage.home.path());
    for entry in std::fs::read_dir(stage.home.data_folder()).expect("a folder") {
        let entry = entry.expect("an entry");
        std::fs::copy(entry.path(), other.data_folder().join(entry.file_name())).expect("a copy");
    }
    while_syncing(&stage, |process| {
        let requests = stage.organization.requests().len();
        let second = other.run(env!("CARGO_BIN_EXE_bwdc"), &["sync"]).expect("a run that ends");
        assert_eq!(second.code, Some(1), "{}", second.stdout);
        assert!(second.stderr.contains(&format!("process {process}")), "{}", second.stderr);
        assert_eq!(stage.organization.requests().len(), requests);
    });
}
