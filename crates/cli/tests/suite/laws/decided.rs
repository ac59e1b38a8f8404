//! An administrator settles what becomes of somebody who waits: the next run carries it out, and nothing else.

use crate::laws::hidden::{REVOKING, company, delete, in_unit, settled};
use crate::laws::stage::{Stage, mail};
use bwdc_harness::slapd::Slapd as Server;
use bwdc_sandbox::organization::MemberStatus;

/// Otto has the address of Anna, who is gone and has no access.
fn waiting() -> (Server, Stage) {
    let server = company(&[("team", &["other"])]);
    let entry = |name: &str, marks: &str| {
        let dn = in_unit(name, "team");
        let mail = mail("anna");
        format!(
            "dn: {dn}\nchangetype: add\nobjectClass: inetOrgPerson\ncn: {name}\nsn: {name}\nmail: {mail}\n{marks}\n"
        )
    };
    server.ldapmodify(&entry("anna", "displayName: Anna Muster\nemployeeNumber: 7\n")).expect("a change");
    let stage = settled(&server, REVOKING);
    server.ldapmodify(&delete(&in_unit("anna", "team"))).expect("a change");
    stage.sync();
    server.ldapmodify(&entry("otto", "displayName: Otto Beispiel\nemployeeNumber: 8\n")).expect("a change");
    stage.organization.clear_requests();
    (server, stage)
}

#[track_caller]
fn said(stage: &Stage, arguments: &[&str]) -> String {
    let output = stage.run(arguments);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    // Wherever a line is broken.
    output.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_membership_is_restored_for_whoever_has_the_address_now_once_somebody_says_so() {
    let (_server, stage) = waiting();
    let plan = said(&stage, &["plan"]);
    assert!(plan.contains("`bwdc approve --restore anna@example.test`"), "{plan}");
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);
    said(&stage, &["approve", "--restore", "Anna@example.test"]);
    // Taken back, it does not count.
    said(&stage, &["approve", "--withdraw", "--restore", "anna@example.test"]);
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);
    let output = stage.run(&["approve", "--withdraw", "--restore", "anna@example.test"]);
    assert_eq!(output.code, Some(1), "{}", output.stdout);

    said(&stage, &["approve", "--restore", "anna@example.test"]);
    let plan = said(&stage, &["plan"]);
    assert!(
        plan.contains(
            "Access given back (1): another entry of the directory has this address now + anna@example.test"
        ),
        "{plan}"
    );
    stage.sync();
    assert_eq!(stage.state().status("anna"), Some(MemberStatus::Confirmed));
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0], "run again with nothing new");
    let output = stage.run(&["approve", "--withdraw", "--restore", "anna@example.test"]);
    assert_eq!(output.code, Some(1), "carried out: {}", output.stdout);
}

#[test]
fn an_address_is_invited_anew_once_somebody_says_so() {
    let (_server, stage) = waiting();
    let before = stage.organization.member(&mail("anna")).expect("a member").id;
    let text = said(&stage, &["approve", "--invite", "anna@example.test"]);
    assert!(text.contains("master password"), "it says what it costs: {text}");
    stage.sync();
    assert_eq!(stage.state().status("anna"), Some(MemberStatus::Invited));
    assert_ne!(stage.organization.member(&mail("anna")).expect("a member").id, before);
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0], "run again with nothing new");
}

#[test]
fn what_names_nobody_who_waits_is_refused_and_says_who_does() {
    let (server, stage) = waiting();
    let refused = |arguments: &[&str]| {
        let output = stage.run(arguments);
        assert_eq!(output.code, Some(1), "{}", output.stdout);
        output.stderr.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let error = refused(&["approve", "--restore", "other@example.test"]);
    assert!(error.contains("Nobody waits for the membership of `other@example.test`"), "{error}");
    assert!(error.contains("anna@example.test"), "{error}");
    refused(&["approve", "--restore", "nobody"]);
    refused(&["approve", "--restore", "a@x.test", "--invite", "a@x.test"]);
    // The word is about Otto: whoever has the address when it is carried out gets nothing by it.
    said(&stage, &["approve", "--restore", "anna@example.test"]);
    server.ldapmodify(&delete(&in_unit("otto", "team"))).expect("a change");
    let dn = in_unit("mallory", "team");
    let mallory = format!(
        "dn: {dn}\nchangetype: add\nobjectClass: inetOrgPerson\ncn: mallory\nsn: mallory\nmail: {}\nemployeeNumber: 9\n",
        mail("anna")
    );
    server.ldapmodify(&mallory).expect("a change");
    let plan = said(&stage, &["plan"]);
    assert!(plan.contains("does not wait under this address"), "{plan}");
    stage.sync();
    assert_eq!(stage.writes(), [""; 0]);
    assert_eq!(stage.state().status("anna"), Some(MemberStatus::Revoked));
    let plan = said(&stage, &["plan"]);
    assert!(!plan.contains("does not wait under this address"), "{plan}");
}
