//! One clear error for each thing that can fail: what failed, for what, the next step; and nothing changed.

use crate::contract::stage::{Stage, assert_failure};
use bwdc_core::names::Timestamp;
use bwdc_engine::lock::RunLock;
use bwdc_engine::paths::Profile;
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::ldap::{Action, At, Fault as DirectoryFault, LoggedOperation};
use serde_json::json;

const IMPORT: &str = "/api/public/organization/import";

/// A failed sync that names all parts and leaves the settings as they were; a fresh token may have been kept.
#[track_caller]
pub(crate) fn assert_sync_fails(stage: &Stage, parts: &[&str]) -> String {
    let settings = || {
        let mut data = stage.home.data_json().expect("settings");
        data["accessToken"].take();
        format!("{data:#}")
    };
    let before = settings();
    let output = stage.run(&["sync"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{}", output.stderr);
    for part in parts {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
    assert!(output.stderr.lines().count() >= 2, "the next step is missing: {}", output.stderr);
    assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
    assert!(settings() == before, "the settings were changed");
    output.stderr
}

fn answered(answer: Answer) -> Stage {
    let stage = Stage::signed_in();
    stage.organization.faults().add(Rule::new("POST", IMPORT, Fault::Answer(answer)));
    stage
}

#[test]
fn incomplete_settings_have_their_fixed_messages() {
    let stage = Stage::signed_in();
    let whole = stage.home.data_json().unwrap();
    for (pointer, key, message) in [
        ("", "directoryType", "No directory configured.\n"),
        ("/directoryLdap", "hostname", "Directory configuration incomplete.\n"),
        ("/directoryLdap", "username", "Username/password are not configured.\n"),
        ("/directoryLdap", "password", "Username/password are not configured.\n"),
        ("", "organizationId", "Organization not set.\n"),
    ] {
        stage.change(|data| {
            *data = whole.clone();
            data.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(key);
        });
        assert_failure(&stage.run(&["sync"]), message);
    }
}

#[test]
fn start_tls_without_tls_names_the_setting_to_change() {
    let stage = Stage::signed_in();
    stage.change(|data| data["directoryLdap"]["startTls"] = json!(true));
    assert_sync_fails(&stage, &["`ldap.startTls`", "`ldap.ssl`"]);
    assert_eq!(stage.directory.counts().connections, 0);
}

/// Today's waits for minutes.
#[test]
fn a_refused_start_tls_is_given_up_at_once_and_nothing_goes_in_clear_text() {
    let stage = Stage::signed_in();
    stage.change(|data| {
        data["directoryLdap"]["ssl"] = json!(true);
        data["directoryLdap"]["startTls"] = json!(true);
    });
    let started = std::time::Instant::now();
    assert_sync_fails(&stage, &["StartTLS", &stage.directory.url(), "`ldap."]);
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
    let log = stage.directory.log();
    assert!(log.iter().any(|it| matches!(it, LoggedOperation::StartTls { .. })), "{log:?}");
    assert!(!log.iter().any(|it| matches!(it, LoggedOperation::Bind { .. })), "{log:?}");
}

#[test]
fn a_filter_that_is_none_names_its_place() {
    let stage = Stage::signed_in();
    stage.change(|data| data["sync"]["userFilter"] = json!("(cn=a"));
    assert_sync_fails(&stage, &["`sync.userFilter`", "(cn=a"]);
}

#[test]
fn a_wrong_password_names_server_and_account() {
    let stage = Stage::signed_in();
    stage.change(|data| data["directoryLdap"]["password"] = json!("not this one"));
    let text =
        assert_sync_fails(&stage, &[&stage.directory.url(), "cn=reader,dc=example,dc=test", "password"]);
    assert!(!text.contains("not this one"), "{text}");
}

#[test]
fn an_unknown_base_is_named() {
    let stage = Stage::signed_in();
    stage.change(|data| data["sync"]["userPath"] = json!("ou=Nowhere"));
    assert_sync_fails(&stage, &["ou=Nowhere,dc=example,dc=test", "`sync.userPath`"]);
}

#[test]
fn a_server_that_is_down_is_named() {
    let stage = Stage::signed_in();
    stage.change(|data| data["directoryLdap"]["port"] = json!(1));
    assert_sync_fails(&stage, &["ldap://127.0.0.1:1", "`ldap.hostname`"]);
}

#[test]
fn a_mistake_in_our_own_settings_names_the_line() {
    let stage = Stage::signed_in();
    stage.connector_toml("[limits]\nremoval = 5\n");
    assert_sync_fails(&stage, &["connector.toml", "line 2", "removal"]);
}

#[test]
fn a_refused_key_is_kept() {
    for status in [401, 403] {
        let stage = answered(Answer::json(status, r#"{"object":"error","message":"Not for you."}"#));
        stage.organization.clear_requests();
        let text = assert_sync_fails(&stage, &["Not for you."]);
        assert!(text.starts_with("Not for you.\n"), "the server's words come first: {text}");
        let data = stage.home.data_json().unwrap();
        assert_eq!(data["apiKeyClientSecret"], json!(stage.organization.client_secret()));
        // A token that is not accepted is replaced once; one that is, and may not do this, is not the cause.
        let requests = stage.organization.requests();
        let count = |part: &str| requests.iter().filter(|it| it.path.ends_with(part)).count();
        let wanted = if status == 401 { (1, 2) } else { (0, 1) };
        assert_eq!((count("/connect/token"), count(IMPORT)), wanted, "{status}");
        assert_eq!(stage.organization.members().len(), 1);
    }
}

#[test]
fn an_import_that_is_too_large_names_the_cure() {
    let stage = answered(Answer::empty(413));
    assert_sync_fails(&stage, &["413", "`sync.largeImport`"]);
}

#[test]
fn a_busy_server_is_asked_again_as_late_as_it_wishes() {
    let stage = Stage::signed_in();
    let busy = Answer::json(429, r#"{"message":"Slow down! Too many requests."}"#).header("retry-after", "1");
    stage.organization.faults().add(Rule::new("POST", IMPORT, Fault::Answer(busy)).first(1));
    let output = stage.run(&["sync"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    assert_eq!(output.stdout, "Syncing complete.\nSynced 2 group(s) and 2 user(s).\n");

    let stage = Stage::signed_in();
    let later =
        Answer::json(429, r#"{"message":"Slow down! Too many requests."}"#).header("retry-after", "3600");
    stage.organization.faults().add(Rule::new("POST", IMPORT, Fault::Answer(later)));
    assert_sync_fails(&stage, &["Slow down! Too many requests.", "3600 seconds"]);
}

#[test]
fn a_failed_server_leaves_no_doubt_about_the_doubt() {
    let stage = answered(Answer::json(500, r#"{"message":"An unhandled server error has occurred."}"#));
    let output = stage.run(&["sync"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    let mut lines = output.stderr.lines();
    assert_eq!(lines.next(), Some("An unhandled server error has occurred."));
    assert!(lines.next().is_some(), "the next step is missing");
    let output = stage.run(&["sync", "--response"]);
    let failure: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(failure["kind"], json!("unknown-effect"));

    stage.organization.faults().clear();
    let output = stage.run(&["sync"]);
    assert_eq!(output.stdout, "Syncing complete.\nSynced 2 group(s) and 2 user(s).\n", "{}", output.stderr);
}

#[test]
fn a_second_run_is_told_who_is_at_it() {
    let stage = Stage::signed_in();
    let profile = Profile::new(stage.home.data_folder());
    let lock = RunLock::acquire(&profile, "sync", Timestamp(0)).unwrap();
    let text = assert_sync_fails(&stage, &["bwdc.lock", "held by"]);
    assert!(text.contains(&std::process::id().to_string()), "{text}");
    assert_eq!(stage.directory.counts().connections, 0);
    drop(lock);
    assert_eq!(stage.run(&["sync"]).code, Some(0));
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_says_so_and_leaves_the_next_one_free() {
    use std::process::Command;
    use std::time::Duration;

    // Ctrl-C, and what a service manager or a shutdown sends.
    for signal in ["-INT", "-TERM"] {
        let stage = Stage::signed_in();
        let settings = stage.data_bytes();
        stage.directory.inject(DirectoryFault::new(At::Bind, Action::Silence).once());
        let running = stage.home.spawn(env!("CARGO_BIN_EXE_bwdc"), &["sync"]).unwrap();
        let bound = |log: &[LoggedOperation]| log.iter().any(|it| matches!(it, LoggedOperation::Bind { .. }));
        assert!(
            stage.directory.wait_for(bound, Duration::from_secs(30)),
            "the run never reached the directory"
        );
        let sent = Command::new("kill").args([signal, &running.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let output = running.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{signal}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.starts_with("Interrupted during the run.\n"), "{signal}: {text}");
        assert_eq!(stage.data_bytes(), settings);
        assert_eq!(stage.run(&["sync"]).stdout, "Syncing complete.\nSynced 2 group(s) and 2 user(s).\n");
    }
}
