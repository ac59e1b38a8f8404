//! Two directories, one organization, the real program.

use crate::laws::stage::{LDAP_PASSWORD, READER, SUFFIX, Stage, Tree, group_dn, mail};
use bwdc_sandbox::faults::{self, Rule};
use bwdc_sandbox::ldap::{self, Action, At, Fault, ResultCode};
use bwdc_sandbox::organization::{MemberStatus, Options};
use serde_json::Value;

const CONNECTOR: &str = "\
[leavers]
disabled = \"revoke\"
gone = \"revoke\"
out-of-scope = \"revoke\"
[limits]
removals-percent = 50
";

fn set(stage: &Stage, arguments: &[&str]) {
    let output = stage.run(&[&["config"], arguments].concat());
    assert_eq!(output.code, Some(0), "{arguments:?}: {}", output.stderr);
}

/// Describes a further directory, by commands alone.
fn describe(stage: &Stage, name: &str, directory: &ldap::Server) {
    let port = directory.port().to_string();
    for (setting, value) in [
        ("directory", "0"),
        ("ldap.hostname", "127.0.0.1"),
        ("ldap.port", port.as_str()),
        ("ldap.rootPath", SUFFIX),
        ("ldap.username", READER),
        ("ldap.pagedSearch", "true"),
        ("sync.userFilter", "(!(employeeType=external))"),
        ("sync.userObjectClass", "inetOrgPerson"),
        ("sync.userEmailAttribute", "mail"),
        ("sync.groupObjectClass", "groupOfNames"),
        ("sync.groupNameAttribute", "description"),
        ("sync.memberAttribute", "member"),
    ] {
        set(stage, &["--source", name, setting, value]);
    }
    let mut password =
        stage.command(&["config", "--source", name, "ldap.password", "--secretenv", "TEST_SECRET"]);
    assert!(password.env("TEST_SECRET", LDAP_PASSWORD).status().expect("starts").success());
}

/// Two directories: p01 to p10 in one, q01 to q03 in the other, a group in each.
fn two() -> (Stage, ldap::Server, ldap::Server) {
    two_into(Options::official(), CONNECTOR)
}

fn two_into(organization: Options, connector: &str) -> (Stage, ldap::Server, ldap::Server) {
    let stage = Stage::new(organization, connector, |_| {});
    let first = Tree::of(10).group("a", "Here", &["p01", "p02"]).serve();
    let second = berlin().serve();
    stage.read(&first);
    set(&stage, &["sources", "berlin"]);
    describe(&stage, "berlin", &second);
    (stage, first, second)
}

fn berlin() -> Tree {
    Tree::default().person("q01").person("q02").person("q03").group("b", "Berlin", &["q01", "q02", "q03"])
}

fn read_berlin(stage: &Stage, directory: &ldap::Server) {
    set(stage, &["--source", "berlin", "ldap.port", &directory.port().to_string()]);
}

fn plan(stage: &Stage) -> Value {
    let output = stage.run(&["plan", "--response"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    serde_json::from_str(&output.stdout).expect("an answer")
}

#[test]
fn people_and_groups_of_both_are_brought_over_and_a_second_run_is_empty() {
    let (stage, _first, _second) = two();
    stage.sync();
    let state = stage.state();
    assert_eq!(state.people.len(), 14, "the owner, ten and three");
    assert_eq!(state.groups[&group_dn("a")].1.len(), 2);
    assert_eq!(state.groups[&group_dn("b")].1.len(), 3);
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);
    let listed = stage.run(&["test"]).stdout;
    assert!(listed.contains(&mail("p01")) && listed.contains(&mail("q03")), "{listed}");
}

#[test]
fn a_leaver_of_either_is_asked_for_in_his_own_directory() {
    let (stage, _first, second) = two();
    stage.sync();
    stage.everybody_confirms();
    drop(second);
    let second = berlin().without("q03").serve();
    read_berlin(&stage, &second);
    stage.sync();
    assert_eq!(stage.state().status("q03"), Some(MemberStatus::Revoked));
    assert_eq!(stage.state().groups[&group_dn("b")].1.len(), 2);
}

#[test]
fn a_directory_that_cannot_be_read_loses_nobody_and_the_run_says_so() {
    let (stage, _first, second) = two();
    stage.sync();
    stage.everybody_confirms();
    let before = stage.state();
    let times = stage.home.data_json().expect("readable")["lastUserSync"].clone();
    for fault in [
        Fault::new(At::Search(1), Action::Cut { after_entries: 1 }),
        Fault::new(
            At::Search(1),
            Action::Answer {
                code: ResultCode::SizeLimitExceeded,
                message: "enough".to_owned(),
                after_entries: 1,
            },
        ),
        Fault::new(
            At::Bind,
            Action::Answer { code: ResultCode::InvalidCredentials, message: String::new(), after_entries: 0 },
        ),
    ] {
        second.clear_faults();
        second.inject(fault);
        let output = stage.run(&["sync", "--response"]);
        assert_eq!(output.code, Some(1), "{}", output.stdout);
        let told: Value = serde_json::from_str(&output.stdout).expect("an answer");
        assert_eq!(told["kind"], "directory");
        assert!(told["message"].as_str().is_some_and(|it| it.contains("berlin")), "{told}");
        assert_eq!(stage.state(), before);
    }
    assert_ne!(stage.home.data_json().expect("readable")["lastUserSync"], times, "not all was brought over");
    // Somebody new in the other one is brought over all the same.
    let first = Tree::of(11).group("a", "Here", &["p01", "p02"]).serve();
    stage.read(&first);
    assert_eq!(stage.run(&["sync"]).code, Some(1));
    assert_eq!(stage.state().people.len(), before.people.len() + 1);
    let planned = plan(&stage);
    assert!(planned.to_string().contains("sourceNotRead"), "{planned}");
    second.clear_faults();
    stage.sync();
}

#[test]
fn a_directory_that_turned_empty_refuses_the_run() {
    let (stage, _first, second) = two();
    stage.sync();
    stage.everybody_confirms();
    let before = stage.state();
    drop(second);
    let second = Tree::default().serve();
    read_berlin(&stage, &second);
    let output = stage.run(&["sync", "--response"]);
    assert_eq!(output.code, Some(1));
    assert!(
        output.stdout.contains("berlin") && output.stdout.contains(r#""kind":"refused""#),
        "{}",
        output.stdout
    );
    assert_eq!(stage.state(), before);
}

#[test]
fn a_source_that_becomes_another_directory_or_none_takes_nobody() {
    let (stage, _first, _second) = two();
    stage.sync();
    stage.everybody_confirms();
    let before = stage.state();
    set(&stage, &["sources", ""]);
    let planned = plan(&stage);
    assert!(planned.to_string().contains("sourceNotConfigured"), "{planned}");
    stage.sync();
    assert_eq!(stage.state(), before);
    set(&stage, &["sources", "berlin"]);
    set(&stage, &["--source", "berlin", "ldap.rootPath", &format!("ou=people,{SUFFIX}")]);
    stage.sync();
    let people = |state: &crate::laws::stage::State| state.people.clone();
    assert_eq!(people(&stage.state()), people(&before));
}

#[test]
fn somebody_in_both_is_refused_until_a_setting_says_who_counts() {
    let (stage, _first, second) = two();
    drop(second);
    let second = berlin().person("p01").group("b", "Berlin", &["p01", "q01"]).serve();
    read_berlin(&stage, &second);
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains(&mail("p01")), "{}", output.stderr);
    let explained = stage.run(&["test", "--explain"]).stdout;
    assert!(
        explained.contains("(source `berlin`)") && explained.contains("conflicts.across-sources"),
        "{explained}"
    );
    assert_eq!(stage.state().people.len(), 1);
    set(&stage, &["conflicts.across-sources", "first"]);
    stage.sync();
    let state = stage.state();
    assert_eq!(state.people.len(), 14);
    assert!(state.groups[&group_dn("b")].1.contains(&mail("p01")));
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);
}

#[test]
fn a_mistake_in_a_source_is_named_with_the_source() {
    let stage = Stage::new(Options::official(), CONNECTOR, |_| {});
    let output = stage.run(&["config", "--source", "berlin", "directory", "0"]);
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("`bwdc config set sources berlin`"), "{}", output.stderr);
    let first = Tree::of(2).serve();
    stage.read(&first);
    set(&stage, &["sources", "berlin"]);
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(1));
    assert!(
        output.stderr.contains("berlin") && output.stderr.contains("config directory --source berlin"),
        "{}",
        output.stderr
    );
    let output = stage.run(&["config", "--source", "berlin", "limits.removals", "3"]);
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("limits.removals"), "{}", output.stderr);
    assert_eq!(stage.state().people.len(), 1);
}

#[test]
fn somebody_whose_invitation_was_cut_off_is_gone_only_where_every_directory_says_so() {
    let (stage, _first, second) = two_into(
        Options::vaultwarden(),
        "[leavers]\ngone = \"revoke\"\nout-of-scope = \"keep\"\n[limits]\nremovals-percent = 50\n",
    );
    stage.sync();
    drop(second);
    let second = berlin().person("q04").serve();
    read_berlin(&stage, &second);
    let cut = faults::Fault::CutAfterHandling;
    stage.organization.faults().add(Rule::new("POST", "/api/public/organization/import", cut));
    assert_eq!(stage.run(&["sync"]).code, Some(1));
    stage.organization.faults().clear();
    assert_eq!(stage.state().status("q04"), Some(MemberStatus::Invited));
    drop(second);
    // Still there, and not selected any more: the other directory has never had such an entry.
    let second = berlin().out_of_scope("q04").serve();
    read_berlin(&stage, &second);
    for _ in 0..2 {
        stage.sync();
        assert_eq!(stage.state().status("q04"), Some(MemberStatus::Invited));
    }
    drop(second);
    let second = berlin().serve();
    read_berlin(&stage, &second);
    stage.sync();
    assert_eq!(stage.state().status("q04"), Some(MemberStatus::Revoked));
}
