//! The real program, killed: at every named place of a sync, and at random moments.
//!
//! After each kill both files of the profile can be read, the next run ends with the state that an undisturbed run leads
//! to, nobody is invited twice, nobody beyond the plan loses anything, and it is remembered whom we revoked.

mod answers;
mod large;
mod outages;
mod places;
mod random;
mod scenario;

use crate::laws::stage::Stage;
use bwdc_sandbox::organization::{Member, MemberStatus};
use rusqlite::Connection;
use scenario::Scenario;
use std::collections::BTreeMap;
use std::fs::{File, FileTimes};
use std::time::{Duration, SystemTime};

/// Tells figures past the test runner, which keeps what a passing test prints.
fn say(text: &str) {
    use std::io::Write as _;
    // A figure that nobody can read fails no test.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The membership of each address; an address with two of them fails the test.
fn memberships(stage: &Stage) -> BTreeMap<String, String> {
    let mut ids = BTreeMap::new();
    for Member { email, id, .. } in stage.organization.members() {
        assert!(ids.insert(email.clone(), id).is_none(), "{email} was invited twice");
    }
    ids
}

/// Everything that has to be true after a kill.
fn assert_recovers(scenario: &Scenario, stage: &Stage, what: &str) {
    assert_readable(stage, what);
    let invited = memberships(stage);
    age_official_lock(stage);

    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(0), "{what}: {}", output.stderr);
    let after = memberships(stage);
    assert_eq!(stage.state(), scenario.expected, "{what}");
    for (address, id) in invited.iter().chain(&scenario.memberships) {
        if let Some(kept) = after.get(address) {
            assert_eq!(kept, id, "{what}: {address} is not the same member any more");
        }
    }
    // Members have the ids of the undisturbed run: whoever else loses anything shows here.
    for write in stage.writes() {
        assert!(scenario.writes.contains(&write), "{what}: nobody planned {write}");
    }

    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0], "{what}: a run with nothing new");

    if let Some((name, directory)) = &scenario.returning {
        stage.read(directory);
        stage.sync();
        let status = stage.state().status(name);
        assert_eq!(status, Some(MemberStatus::Confirmed), "{what}: {name} was revoked by us and is back");
    }
}

fn assert_readable(stage: &Stage, what: &str) {
    let settings = stage.home.data_json().map_err(|error| format!("{what}: {error}"));
    assert!(settings.expect("readable after a kill").is_object(), "{what}");
    if let Some(ledger) = ledger(stage) {
        let verdict: String =
            ledger.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("an answer");
        assert_eq!(verdict, "ok", "{what}");
    }
}

/// The ledger, where a run has come that far.
fn ledger(stage: &Stage) -> Option<Connection> {
    let path = stage.home.data_folder().join("connector.db");
    path.exists().then(|| Connection::open(path).expect("opens"))
}

/// What ten seconds of waiting would do: the killed process left the official connector's lock behind.
fn age_official_lock(stage: &Stage) {
    if let Ok(folder) = File::open(stage.home.data_folder().join("data.json.lock")) {
        let old = SystemTime::now() - Duration::from_secs(11);
        folder.set_times(FileTimes::new().set_modified(old)).expect("is ours");
    }
}
