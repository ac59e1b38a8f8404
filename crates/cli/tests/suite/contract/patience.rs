//! Servers that say nothing: every step has a time limit of its own, which is kept and named. Today's program waits for
//! minutes, or for ever.

use crate::contract::failures::assert_sync_fails;
use crate::contract::stage::Stage;
use bwdc_sandbox::faults::{Fault, Rule};
use bwdc_sandbox::ldap::{Action, At, Fault as DirectoryFault};
use serde_json::json;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// Longer than any run here takes on a busy machine, and much shorter than a limit other than the one that was set.
const PATIENCE: Duration = Duration::from_secs(20);
/// The same where reads are asked again, with pauses.
const MORE_PATIENCE: Duration = Duration::from_secs(60);
/// How long a silent organization keeps still.
const SILENCE: Duration = Duration::from_secs(90);

/// A second for the step in question, and more than anybody waits for here for all the others.
fn limited(stage: &Stage, step: &str) {
    let limit = |it: &str| if it == step { 1 } else { 600 };
    let limits = ["connect", "bind", "page", "organization"].map(|it| format!("{it} = {}\n", limit(it)));
    stage.connector_toml(&format!("[time-limits]\n{}", limits.concat()));
}

#[track_caller]
fn assert_given_up(stage: &Stage, step: &str, parts: &[&str], patience: Duration) {
    limited(stage, step);
    let setting = format!("time-limits.{step}");
    let mut expected = vec![setting.as_str()];
    expected.extend(parts);
    let started = Instant::now();
    assert_sync_fails(stage, &expected);
    let waited = started.elapsed();
    assert!(waited >= Duration::from_secs(1), "{step}: given up after {waited:?}");
    assert!(waited < patience, "{step}: given up after {waited:?}");
}

/// An address at which calls are neither taken nor refused: as many wait as may.
fn unanswered() -> (TcpListener, Vec<TcpStream>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("the stage holds");
    let address: SocketAddr = listener.local_addr().expect("the stage holds");
    let mut waiting = Vec::new();
    while let Ok(call) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        waiting.push(call);
        assert!(waiting.len() < 10_000, "this system takes any number of calls");
    }
    (listener, waiting)
}

#[cfg(target_os = "linux")]
#[test]
fn a_directory_that_takes_no_call_is_given_up() {
    let stage = Stage::signed_in();
    let (listener, _waiting) = unanswered();
    stage.change(|data| data["directoryLdap"]["port"] = json!(listener.local_addr().unwrap().port()));
    assert_given_up(&stage, "connect", &["within 1 s"], PATIENCE);
}

#[test]
fn a_directory_that_is_silent_about_tls_is_given_up() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    for start_tls in [false, true] {
        let stage = Stage::signed_in();
        stage.change(|data| {
            data["directoryLdap"]["port"] = json!(listener.local_addr().unwrap().port());
            data["directoryLdap"]["ssl"] = json!(true);
            data["directoryLdap"]["startTls"] = json!(start_tls);
        });
        assert_given_up(
            &stage,
            "connect",
            &["within 1 s", if start_tls { "StartTLS" } else { "TLS" }],
            PATIENCE,
        );
    }
}

#[test]
fn a_directory_that_is_silent_about_a_bind_is_given_up() {
    let stage = Stage::signed_in();
    stage.directory.inject(DirectoryFault::new(At::Bind, Action::Silence));
    assert_given_up(&stage, "bind", &["within 1 s"], PATIENCE);
}

#[test]
fn a_directory_that_is_silent_about_any_search_is_given_up() {
    // The server's own entry, the people, the groups.
    for at in [At::RootEntry, At::Search(1), At::Search(2)] {
        let stage = Stage::signed_in();
        stage.directory.inject(DirectoryFault::new(at, Action::Silence));
        assert_given_up(&stage, "page", &["within 1 s"], PATIENCE);
    }
}

#[test]
fn an_organization_that_is_silent_is_given_up() {
    let silent = |method: &str, path: &str| {
        let stage = Stage::signed_in();
        stage.change(|data| data["accessToken"] = json!("not a token any more"));
        stage.organization.faults().add(Rule::new(method, path, Fault::Delay(SILENCE)));
        // What only reads is asked for again; a change never is.
        let changes = path.ends_with("/import");
        let patience = if changes { PATIENCE } else { MORE_PATIENCE };
        assert_given_up(&stage, "organization", &[path, "within 1 s"], patience);
        let asked = stage.organization.faults().fired()[0];
        assert!(if changes { asked == 1 } else { asked > 1 }, "{path}: {asked} times");
    };
    std::thread::scope(|scope| {
        for (method, path) in [
            ("POST", "/identity/connect/token"),
            ("GET", "/api/config"),
            ("GET", "/api/public/members"),
            ("POST", "/api/public/organization/import"),
        ] {
            let silent = &silent;
            scope.spawn(move || silent(method, path));
        }
    });
}
