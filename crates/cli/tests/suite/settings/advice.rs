//! Advice is about the place that the value came from: a further source, or a variable of the environment.

use crate::settings::{answer, home, run};
use bwdc_harness::home::Home;

const BROKEN: &str = "`sync.userFilter` is not an LDAP filter: the parenthesis that opens here is never closed (character 1 of `(a`).";

/// With a further source `hr`, both of them LDAP directories.
fn with_a_source() -> Home {
    let home = home();
    answer(&home, &["config", "directory", "ldap"]);
    answer(&home, &["config", "sources", "hr"]);
    answer(&home, &["config", "set", "--source", "hr", "directory", "ldap"]);
    answer(&home, &["config", "sync.users", "true"]);
    home
}

#[track_caller]
fn refused(home: &Home, arguments: &[&str], stderr: &str) {
    let output = run(home, arguments);
    assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (Some(1), "", stderr));
}

#[test]
fn what_is_refused_of_a_further_source_names_it() {
    let home = with_a_source();
    refused(
        &home,
        &["config", "set", "--source", "hr", "sync.userFilter", "(a"],
        &format!(
            "Source `hr`: {BROKEN}\nTo correct it, run `bwdc config set --source hr sync.userFilter <value>`. A filter looks like `(&(department=Sales)(mail=*))`.\n"
        ),
    );
    answer(&home, &["config", "set", "--source", "hr", "ldap.rootPath", "dc=x,dc=test"]);
    refused(
        &home,
        &["config", "set", "--source", "hr", "sync.userPath", "ou=a,dc=x,dc=test"],
        "Source `hr`: `sync.userPath` is relative to `ldap.rootPath` and repeats it.\nRun `bwdc config set --source hr sync.userPath ou=a`.\n",
    );
}

#[test]
fn advice_names_the_variable_that_gives_the_value() {
    let mut home = with_a_source();
    home.set("BWDC_SYNC_USER_FILTER", "(a");
    home.set("BWDC_LDAP_SSL", "false");
    home.set("BWDC_LDAP_START_TLS", "true");
    home.set("BWDC_LDAP_HOSTNAME", "h.test");
    home.set("BWDC_LDAP_PORT", "389");
    answer(&home, &["config", "set", "--source", "hr", "ldap.startTls", "true"]);
    let checked = run(&home, &["config", "validate"]).stderr;
    assert!(
        checked.contains(&format!("- {BROKEN} To correct it, correct or unset the environment variable `BWDC_SYNC_USER_FILTER`. A filter")),
        "{checked}"
    );
    home.unset("BWDC_SYNC_USER_FILTER");
    answer(&home, &["config", "ldap.rootPath", "dc=x,dc=test"]);
    answer(&home, &["config", "ldap.username", "cn=a"]);
    let checked = run(&home, &["config", "validate"]).stderr;
    assert!(
        checked.contains(
            "To change one of them, correct or unset the environment variable `BWDC_LDAP_START_TLS`. Or, correct or unset the environment variable `BWDC_LDAP_SSL`."
        ),
        "{checked}"
    );
}

#[test]
fn validate_looks_at_further_sources() {
    let home = with_a_source();
    answer(&home, &["config", "ldap.hostname", "h.test"]);
    answer(&home, &["config", "ldap.ad", "true"]);
    answer(&home, &["config", "ldap.port", "389"]);
    answer(&home, &["config", "ldap.rootPath", "dc=x,dc=test"]);
    answer(&home, &["config", "ldap.username", "cn=a"]);
    answer(&home, &["config", "ldap.password", "p"]);
    let not_signed_in = "- You are not logged in. Run `bwdc login`.\n";
    let of_hr = "`ldap.hostname` is not set. Run `bwdc config set --source hr ldap.hostname <value>`.\n";
    refused(
        &home,
        &["config", "validate"],
        &format!(
            "The configuration has 2 problems:\n{not_signed_in}- Source `hr`: Directory configuration incomplete. {of_hr}"
        ),
    );
    refused(
        &home,
        &["config", "validate", "--source", "hr"],
        &format!("The configuration has a problem:\n- Directory configuration incomplete. {of_hr}"),
    );
    for (name, value) in [
        ("ldap.hostname", "h"),
        ("ldap.port", "389"),
        ("ldap.ad", "true"),
        ("ldap.rootPath", "dc=x"),
        ("ldap.username", "cn=a"),
        ("ldap.password", "p"),
    ] {
        answer(&home, &["config", "set", "--source", "hr", name, value]);
    }
    refused(&home, &["config", "validate"], &format!("The configuration has a problem:\n{not_signed_in}"));
    answer(&home, &["config", "validate", "--source", "hr"]);
}

#[test]
fn a_directory_that_is_chosen_and_no_more_names_what_is_missing() {
    for (kind, setting) in [
        ("ldap", "ldap.hostname"),
        ("entra", "entra.tenant"),
        ("google", "gsuite.clientEmail"),
        ("okta", "okta.orgUrl"),
        ("onelogin", "onelogin.clientId"),
    ] {
        let home = home();
        answer(&home, &["config", "directory", kind]);
        let checked = run(&home, &["config", "validate"]).stderr;
        let expected = format!(
            "- Directory configuration incomplete. `{setting}` is not set. Run `bwdc config set {setting} <value>`.\n"
        );
        assert!(checked.contains(&expected), "{checked}");
    }
}

#[test]
fn a_file_that_is_no_plan_is_told_from_one_that_cannot_be_read() {
    let home = home();
    let path = home.path().join("plan.json");
    let name = path.display();
    let told = |text: &[u8]| {
        std::fs::write(&path, text).expect("writable");
        run(&home, &["apply", path.to_str().expect("a path")]).stderr
    };
    let hint = format!("Nothing was sent. To make a plan again, run `bwdc plan --out {name}`.\n");
    for text in [&b"{\"version\": 3"[..], b"[]", b"", b"\xff"] {
        let said = told(text);
        assert!(
            said.starts_with(&format!("`{name}` is not a saved plan: ")) && said.ends_with(&hint),
            "{said}"
        );
    }
    std::fs::remove_file(&path).expect("there");
    let said = run(&home, &["apply", path.to_str().expect("a path")]).stderr;
    assert!(said.starts_with(&format!("Cannot read or write the plan `{name}`: ")), "{said}");
}

#[test]
fn doctor_names_the_source_that_a_finding_is_about() {
    let home = with_a_source();
    let doctor = run(&home, &["doctor"]).stdout;
    let doctor = doctor.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        doctor.contains("Active Directory / LDAP of source `hr`: Directory configuration incomplete."),
        "{doctor}"
    );
    assert!(doctor.contains("Active Directory / LDAP: Directory configuration incomplete."), "{doctor}");
}
