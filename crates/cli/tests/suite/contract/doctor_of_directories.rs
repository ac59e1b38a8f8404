//! What `bwdc doctor` says of a directory without being asked for every check.

use crate::contract::doctor::{assert_outcome, checks, encrypted, one, unbroken};
use crate::contract::stage::{LDIF, PASSWORD, READER, Stage};
use bwdc_sandbox::ldap::{self, ServerCertificate};
use serde_json::{Value, json};
use std::net::TcpListener;

/// Who names a unit in the root sees what is around it, too: that is a line of its own, unless the paths lie below the unit.
#[test]
fn a_root_that_is_cut_is_said_where_it_makes_searches_look_elsewhere() {
    let stage = Stage::signed_in();
    stage.change(|data| {
        data["directoryLdap"]["rootPath"] = json!("ou=people,dc=example,dc=test");
        for path in ["userPath", "groupPath"] {
            data["sync"][path] = Value::Null;
        }
    });
    let output = stage.run(&["doctor"]);
    let text = unbroken(&output.stdout);
    assert!(
        text.contains("`ou=people` in `ldap.rootPath` does not count") && text.contains("`sync.userPath`"),
        "{}",
        output.stdout
    );
    stage.change(|data| {
        for path in ["userPath", "groupPath"] {
            data["sync"][path] = json!("ou=people");
        }
    });
    let output = stage.run(&["doctor"]);
    assert!(!unbroken(&output.stdout).contains("does not count"), "{}", output.stdout);
}

/// Whether a read comes to its end is seen by reading: what ends it in a run is told with the same words.
#[test]
fn what_ends_every_read_is_found_by_reading() {
    let mut stage = Stage::signed_in();
    let (before, code) = checks(&stage.home);
    let read = one(&before, "directory", "read");
    assert_eq!((code, &read["outcome"]), (Some(0), &json!("ok")), "{before:#?}");
    assert_eq!(read["facts"], json!({ "people": "2", "groups": "2" }));

    // A first page comes, and the account may not have the rest.
    let limited = |limit| {
        let options = ldap::Options::with_bind(LDIF, READER, PASSWORD);
        ldap::Options { paged_total_limit: Some(limit), ..options }
    };
    stage.directory = ldap::Server::start_blocking(limited(1)).expect("a directory");
    let port = stage.directory.port();
    stage.change(|data| data["directoryLdap"]["port"] = json!(port));
    assert_ends(&stage, "sizeLimitExceeded");

    // Two people with one address.
    let twice = LDIF.replace("bob@example.test", "ada@example.test");
    let options = ldap::Options::with_bind(twice, READER, PASSWORD);
    stage.directory = ldap::Server::start_blocking(options).expect("a directory");
    let port = stage.directory.port();
    stage.change(|data| data["directoryLdap"]["port"] = json!(port));
    assert_ends(&stage, "ada@example.test");
}

#[track_caller]
fn assert_ends(stage: &Stage, words: &str) {
    let plan = stage.run(&["plan"]);
    assert!(plan.code == Some(1) && plan.stderr.contains(words), "{plan:?}");
    let (found, code) = checks(&stage.home);
    let failed: Vec<&Value> = found.iter().filter(|it| it["outcome"] == "fail").collect();
    assert_eq!((code, failed.len()), (Some(1), 1), "{failed:#?}");
    assert_outcome(one(&found, "directory", "read"), "fail", &[words]);
}

/// What Node programs trust, doctor names, with the file.
#[test]
fn authorities_of_the_environment_are_named_with_their_file() {
    let mut stage = encrypted(ServerCertificate::Valid);
    let (before, _) = checks(&stage.home);
    assert_outcome(one(&before, "directory", "certificate"), "fail", &["is missing"]);
    let authority = stage.home.path().join("ca.pem");
    std::fs::write(&authority, stage.directory.ca_pem().expect("an authority")).expect("a file");
    stage.home.set("NODE_EXTRA_CA_CERTS", &authority);
    let (after, _) = checks(&stage.home);
    assert_outcome(one(&after, "directory", "certificate"), "ok", &[]);
    let output = stage.run(&["doctor", "--all"]);
    let named = format!("{} (1)", authority.display());
    let text = unbroken(&output.stdout);
    assert!(text.contains("NODE_EXTRA_CA_CERTS") && text.contains(&named), "{}", output.stdout);

    // So it is where they do not help, and where there are none.
    let other = encrypted(ServerCertificate::Valid);
    let other = other.directory.ca_pem().expect("an authority");
    std::fs::write(&authority, other).expect("a file");
    let (refused, _) = checks(&stage.home);
    let of_others = ["BadSignature", "authorities of NODE_EXTRA_CA_CERTS", &named];
    assert_outcome(one(&refused, "directory", "certificate"), "fail", &of_others);
    std::fs::remove_file(&authority).expect("a file");
    let (without, _) = checks(&stage.home);
    let path = authority.display().to_string();
    let nothing = ["is missing", "NODE_EXTRA_CA_CERTS names a file of which nothing can be trusted", &path];
    assert_outcome(one(&without, "directory", "certificate"), "fail", &nothing);
}

/// Accepts connections and hangs up without an answer.
fn silent() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || listener.incoming().for_each(drop));
    port
}

/// What one report says of a host it says once: a connection that was made is not one that was not.
#[test]
fn a_server_that_takes_connections_and_does_not_answer_has_one_verdict_for_each_check() {
    let stage = Stage::signed_in();
    for scheme in ["http", "https"] {
        let address = format!("{scheme}://127.0.0.1:{}", silent());
        stage.change(|data| data["environmentUrls"] = json!({ "base": address }));
        let (checks, code) = checks(&stage.home);
        assert_eq!(code, Some(1), "{checks:#?}");
        assert_outcome(one(&checks, "organization", "connection"), "ok", &[]);
        // Who hangs up during the handshake may have a certificate of which nothing can be used; who is faster says less.
        let is_told = |it: &&Value| {
            it["area"] == "organization" && (it["check"] == "answer" || it["check"] == "certificate")
        };
        let told: Vec<&Value> = checks.iter().filter(is_told).collect();
        assert_eq!(told.len(), 1, "{told:#?}");
        assert_eq!((&told[0]["outcome"], &told[0]["subject"]), (&json!("fail"), &json!(address)));
        assert!(scheme == "https" || told[0]["check"] == "answer", "{told:#?}");
    }
}
