//! A kill at every named place that a sync passes, at every pass.

use crate::kill::scenario::Scenario;
use crate::kill::{age_official_lock, assert_recovers, say};
use crate::laws::stage::{Stage, group_dn, mail};
use bwdc_sandbox::organization::MemberStatus;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// A named place, and which pass of it.
pub(crate) type Pass = (String, usize);

#[test]
fn a_sync_that_does_everything() {
    let scenario = Scenario::of_everything();
    let passes = passes(&scenario);
    say(&format!("{} kills: {passes:?}", passes.len()));
    let places: BTreeSet<&str> = passes.iter().map(|(name, _)| name.as_str()).collect();
    for kind in ["request.revoke", "request.remove", "request.import", "request.restore"] {
        for moment in ["before", "after"] {
            assert!(places.contains(format!("{kind}.{moment}").as_str()), "{kind}.{moment}: {places:?}");
        }
    }
    for place in [
        "ledger.begin.before",
        "ledger.begin.after",
        "ledger.intend.before",
        "ledger.intend.after",
        "ledger.resolve.before",
        "ledger.resolve.after",
        "ledger.commit.before",
        "ledger.commit.inside",
        "ledger.commit.after",
        "store.write.before",
        "store.fsync.after",
        "store.rename.before",
        "store.rename.after",
    ] {
        assert!(places.contains(place), "{place}: {places:?}");
    }
    kill_at_each(&scenario, &passes);
}

#[test]
fn a_first_run() {
    let scenario = Scenario::of_a_first_run();
    kill_at_each(&scenario, &importing(&scenario, "request.import.after"));
}

#[test]
fn a_whole_import() {
    let scenario = Scenario::of_a_whole_import();
    kill_at_each(&scenario, &importing(&scenario, "request.whole-import.after"));
}

#[test]
fn a_server_that_cannot_be_read() {
    let scenario = Scenario::of_vaultwarden();
    kill_at_each(&scenario, &importing(&scenario, "request.import.after"));
}

#[test]
fn the_first_run_against_a_server_that_cannot_be_read() {
    let scenario = Scenario::of_a_first_run_of_vaultwarden();
    kill_at_each(&scenario, &importing(&scenario, "request.import.after"));
}

/// Somebody who returns before the next run finds a ledger that does not know of the revocation, only of the intent.
#[test]
fn whoever_returns_right_after_the_kill_gets_access_back() {
    let scenario = Scenario::of_everything();
    let (name, directory) = scenario.returning.as_ref().expect("somebody returns");
    let passes = passes(&scenario);
    let sent = passes.iter().position(|(name, _)| name == "request.revoke.after").expect("passed");
    let committed = passes.iter().position(|(name, _)| name == "ledger.commit.after").expect("passed");
    assert!(sent < committed);
    for (place, number) in &passes[sent..=committed] {
        let stage = scenario.stage();
        kill_at(&stage, place, *number);
        assert_eq!(stage.state().status(name), Some(MemberStatus::Revoked));
        age_official_lock(&stage);
        stage.read(directory);
        stage.sync();
        let status = stage.state().status(name);
        assert_eq!(status, Some(MemberStatus::Confirmed), "{place}:{number}");
    }
}

/// The ledger does not know of the invitation, only of the intent.
#[test]
fn whoever_was_invited_by_the_killed_run_and_leaves_is_not_forgotten() {
    let scenario = Scenario::of_everything();
    let directory = scenario.tree.clone().without("n1").serve();
    for place in ["request.import.after", "ledger.resolve.after", "ledger.commit.before"] {
        let stage = scenario.stage();
        let number = if place.starts_with("ledger.resolve") { 4 } else { 1 };
        kill_at(&stage, place, number);
        assert_eq!(stage.state().status("n1"), Some(MemberStatus::Invited), "{place}");
        age_official_lock(&stage);
        stage.read(&directory);
        stage.sync();
        assert_eq!(stage.state().status("n1"), Some(MemberStatus::Revoked), "{place}");
    }
}

/// The server cannot be asked how far the killed run came: whatever that run had in hand is asked for again.
#[test]
fn a_server_that_cannot_be_read_gets_what_the_next_run_wants() {
    let scenario = Scenario::of_vaultwarden();
    let (name, directory) = scenario.returning.as_ref().expect("somebody returns");
    let others = scenario.tree.clone().without("n1").serve();
    for place in
        ["ledger.intend.after", "request.import.after", "ledger.resolve.after", "ledger.commit.before"]
    {
        let stage = scenario.stage();
        kill_at(&stage, place, 1);
        age_official_lock(&stage);
        stage.read(directory);
        stage.sync();
        let state = stage.state();
        assert_eq!(state.status(name), Some(MemberStatus::Confirmed), "{place}");
        assert_eq!(state.status("n1"), Some(MemberStatus::Invited), "{place}");

        let stage = scenario.stage();
        kill_at(&stage, place, 1);
        age_official_lock(&stage);
        stage.read(&others);
        stage.sync();
        let state = stage.state();
        let status = state.status("n1");
        assert!(matches!(status, None | Some(MemberStatus::Revoked)), "{place}: {status:?}");
        assert_eq!(state.status(name), Some(MemberStatus::Revoked), "{place}");
        let sales = &state.groups[&group_dn("sales")].1;
        assert!(!sales.contains(&mail("n1")) || status.is_some(), "{place}");
        stage.organization.clear_requests();
        stage.sync();
        assert_eq!(stage.writes(), [""; 0], "{place}");
    }
}

/// The killed run may have changed a group, and the directory has changed it back since.
#[test]
fn a_group_that_cannot_be_read_is_set_right_after_a_kill() {
    let scenario = Scenario::of_vaultwarden();
    let back = scenario.tree.clone().group("sales", "Sales", &["p01"]).serve();
    let stage = scenario.stage();
    stage.read(&back);
    stage.sync();
    stage.read(scenario.target());
    kill_at(&stage, "request.import.after", 1);
    assert!(stage.state().groups[&group_dn("sales")].1.contains(&mail("n1")));
    age_official_lock(&stage);
    stage.read(&back);
    stage.sync();
    let sales = stage.state().groups[&group_dn("sales")].1.clone();
    assert_eq!(sales.into_iter().collect::<Vec<_>>(), [mail("p01")]);
}

fn importing(scenario: &Scenario, place: &str) -> Vec<Pass> {
    let passes = passes(scenario);
    assert!(passes.iter().any(|(name, _)| name == place), "{place}: {passes:?}");
    passes
}

/// Every pass of an undisturbed sync, in order.
pub(crate) fn passes(scenario: &Scenario) -> Vec<Pass> {
    let stage = scenario.stage();
    let log = stage.home.path().join("places");
    let output = stage.command(&["sync"]).env("BWDC_FAILPOINT_LOG", &log).output().expect("starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut counts = BTreeMap::<String, usize>::new();
    let log = std::fs::read_to_string(log).expect("written");
    let pass = |name: &str| {
        let count = counts.entry(name.to_owned()).or_default();
        *count += 1;
        (name.to_owned(), *count)
    };
    log.lines().map(pass).collect()
}

pub(crate) fn kill_at_each(scenario: &Scenario, passes: &[Pass]) {
    let next = Mutex::new(passes.iter());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((place, number)) = next.lock().expect("nobody panics here").next() else {
                        return;
                    };
                    let stage = scenario.stage();
                    kill_at(&stage, place, *number);
                    assert_recovers(scenario, &stage, &format!("{place}:{number}"));
                }
            });
        }
    });
}

fn kill_at(stage: &Stage, place: &str, number: usize) {
    let mut command = stage.command(&["sync"]);
    let output = command.env("BWDC_FAILPOINT", format!("{place}:{number}")).output().expect("starts");
    assert_eq!(output.status.code(), None, "{place}:{number} was not passed");
}
