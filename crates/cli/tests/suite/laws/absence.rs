//! Law 2: whoever is missing stays until the directory has said why, and never do more go than the limits allow.

use crate::laws::TAKING;
use crate::laws::stage::{Stage, Tree};
use bwdc_sandbox::ldap::{Action, At, Fault, ResultCode};
use bwdc_sandbox::organization::{MemberStatus, Options};
use serde_json::Value;

/// Thirty managed people, and the settings under which as many as possible would go.
fn thirty(overwrite: bool) -> Stage {
    let connector = "[leavers]\ngone = \"remove\"\nout-of-scope = \"remove\"\n";
    let stage = Stage::new(Options::official(), connector, |settings| {
        settings["sync"]["overwriteExisting"] = overwrite.into();
    });
    let directory = Tree::of(30).serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();
    stage.organization.clear_requests();
    stage
}

/// A run against this directory is refused, changes nothing and says why.
fn assert_refused(stage: &Stage, tree: &Tree, reason: &str) {
    let before = stage.state();
    let times = stage.home.data_json().expect("readable")["lastUserSync"].clone();
    let directory = tree.serve();
    stage.read(&directory);
    let output = stage.run(&["sync", "--response"]);
    assert_eq!(output.code, Some(1), "{}", output.stdout);
    let answer: Value = serde_json::from_str(&output.stdout).expect("one JSON object");
    assert_eq!((&answer["success"], &answer["kind"]), (&false.into(), &"refused".into()));
    let message = format!("{} {}", answer["message"], answer["hint"]);
    assert!(message.contains(reason), "{message}");
    assert_eq!(stage.writes(), [""; 0]);
    assert_eq!(stage.state(), before);
    assert_eq!(stage.home.data_json().expect("readable")["lastUserSync"], times);
}

#[test]
fn law_02_a_directory_that_shrank_is_refused() {
    assert_refused(&thirty(false), &Tree::of(10), "20 of 30");
}

#[test]
fn law_02_an_empty_directory_is_refused() {
    assert_refused(&thirty(false), &Tree::default(), "allow-empty-directory");
}

#[test]
fn law_02_overwriting_obeys_the_limits() {
    let stage = thirty(true);
    assert_refused(&stage, &Tree::of(10), "20 of 30");
    assert_refused(&stage, &Tree::default(), "allow-empty-directory");
    let directory = Tree::of(29).serve();
    stage.read(&directory);
    stage.sync();
    assert_eq!(stage.state().status("p30"), None);
    assert_eq!(stage.state().people.len(), 29 + 1);
}

#[test]
fn law_02_each_answer_of_the_directory_has_its_own_end() {
    let stage = Stage::new(Options::official(), TAKING, |_| {});
    let all = Tree::of(8);
    let directory = all.serve();
    stage.read(&directory);
    stage.sync();
    stage.everybody_confirms();

    // After people and groups everybody who is missing is asked for.
    let directory = all.without("p01").out_of_scope("p02").serve();
    stage.read(&directory);
    for search in 3..12 {
        let refusal = Action::answer(ResultCode::InsufficentAccessRights);
        directory.inject(Fault::new(At::Search(search), refusal));
    }
    stage.sync();
    assert_eq!(stage.state().status("p01"), Some(MemberStatus::Confirmed));
    assert_eq!(stage.state().status("p02"), Some(MemberStatus::Confirmed));

    directory.clear_faults();
    stage.sync();
    let state = stage.state();
    assert_eq!(state.status("p01"), Some(MemberStatus::Revoked));
    assert_eq!(state.status("p02"), None);
    assert_eq!(state.people.len(), 8);
}

/// How most people leave: the account is disabled and goes to where nobody is selected.
#[test]
fn law_02_who_is_disabled_and_no_longer_selected_counts_as_disabled() {
    let (confirmed, revoked) = (MemberStatus::Confirmed, MemberStatus::Revoked);
    let new = "[leavers]\ndisabled = \"revoke\"\ndeleted = \"revoke\"\ngone = \"revoke\"\nout-of-scope = \"keep\"\n";
    // An installation that is taken over has no lines of ours: today's connector does not see such people.
    for (connector, expected, writes) in [(new, revoked, 1), ("", confirmed, 0)] {
        let stage = Stage::new(Options::official(), connector, |settings| {
            settings["sync"]["removeDisabled"] = true.into();
        });
        let all = Tree::of(30);
        let directory = all.serve();
        stage.read(&directory);
        stage.sync();
        stage.everybody_confirms();
        let directory = all.disabled_out_of_scope("p01").out_of_scope("p02").serve();
        stage.read(&directory);
        stage.organization.clear_requests();
        stage.sync();
        assert_eq!(stage.state().status("p01"), Some(expected), "{connector}");
        assert_eq!(stage.state().status("p02"), Some(confirmed), "{connector}");
        assert_eq!(stage.writes().len(), writes, "{:?}", stage.writes());
        stage.organization.clear_requests();
        stage.sync();
        assert_eq!(stage.writes(), [""; 0], "a second run");
        assert_eq!(stage.state().status("p01"), Some(expected), "{connector}");
    }
}
