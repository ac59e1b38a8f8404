//! Law 14 against a real server: an address or a name that was handed on is not the person.

use crate::laws::hidden::{REVOKING, company, delete, in_unit, settled};
use crate::laws::stage::{Stage, mail};
use bwdc_harness::slapd::Slapd as Server;
use bwdc_sandbox::organization::MemberStatus;

/// An entry at `name` with the address of `address`.
fn entry(name: &str, address: &str, marks: &str) -> String {
    format!(
        "dn: {}\nchangetype: add\nobjectClass: inetOrgPerson\ncn: {name}\nsn: {name}\nmail: {}\n{marks}\n",
        in_unit(name, "team"),
        mail(address)
    )
}

const ANNA: &str = "displayName: Anna Muster\nemployeeNumber: 7\n";

/// Anna is known with her employee number.
fn with_anna() -> (Server, Stage) {
    let server = company(&[("team", &["other"])]);
    server.ldapmodify(&entry("anna", "anna", ANNA)).expect("a change");
    let stage = settled(&server, REVOKING);
    assert_eq!(stage.state().status("anna"), Some(MemberStatus::Confirmed));
    (server, stage)
}

#[test]
fn law_14_who_gets_a_leavers_address_does_not_get_the_membership() {
    for name in ["otto", "anna"] {
        let (server, stage) = with_anna();
        server.ldapmodify(&delete(&in_unit("anna", "team"))).expect("a change");
        stage.sync();
        assert_eq!(stage.state().status("anna"), Some(MemberStatus::Revoked));
        let otto = entry(name, "anna", "displayName: Otto Beispiel\nemployeeNumber: 8\n");
        server.ldapmodify(&otto).expect("a change");
        stage.organization.clear_requests();
        let output = stage.run(&["sync"]);
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        assert_eq!(stage.writes(), [""; 0], "{name}");
        assert_eq!(stage.state().status("anna"), Some(MemberStatus::Revoked), "{name}");
        let plan = stage.run(&["plan"]).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        let told = format!("`{}` waits", in_unit(name, "team"));
        assert!(plan.contains(&told) && plan.contains("employee number"), "{plan}");
        assert!(plan.contains(&in_unit("anna", "team")) && plan.contains("leavers.returning"), "{plan}");
    }
}

#[test]
fn law_14_who_is_entered_again_gets_the_membership_back() {
    let (server, stage) = with_anna();
    server.ldapmodify(&delete(&in_unit("anna", "team"))).expect("a change");
    stage.sync();
    assert_eq!(stage.state().status("anna"), Some(MemberStatus::Revoked));
    let again = entry("anna.beispiel", "anna", "displayName: Anna Beispiel\nemployeeNumber: 7\n");
    server.ldapmodify(&again).expect("a change");
    let plan = stage.run(&["plan"]).stdout;
    assert!(plan.contains("another entry of the directory has this address now"), "{plan}");
    stage.sync();
    assert_eq!(stage.state().status("anna"), Some(MemberStatus::Confirmed));
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0], "run again with nothing new");
}

#[test]
fn law_14_a_newcomer_at_a_leavers_name_comes_in_by_the_run_that_takes_the_access() {
    let (server, stage) = with_anna();
    let new = entry("anna", "annina", "displayName: Annina Neu\nemployeeNumber: 9\n");
    server.ldapmodify(&(delete(&in_unit("anna", "team")) + &new)).expect("a change");
    stage.sync();
    assert_eq!(stage.state().status("anna"), Some(MemberStatus::Revoked));
    assert_eq!(stage.state().status("annina"), Some(MemberStatus::Invited));
    stage.organization.clear_requests();
    stage.sync();
    assert_eq!(stage.writes(), [""; 0], "run again with nothing new");
}
