//! The organization's key travels encrypted, or by an administrator's word.
//!
//! `0.0.0.0` is this machine to the system, and another one to whoever reads the address.
#![cfg(target_os = "linux")]

use crate::contract::stage::{Stage, assert_answer, run};
use bwdc_harness::home::{Home, Output};
use serde_json::{Value, json};

const SAID: &str = "travels in clear text";

fn clear(stage: &Stage) -> String {
    stage.organization.url().replace("127.0.0.1", "0.0.0.0")
}

/// A text whose lines are broken at a width.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn refused(output: &Output, address: &str) {
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{}", output.stderr);
    for part in [address, "is not encrypted", "Nothing was sent", "allow-http"] {
        assert!(output.stderr.contains(part), "`{part}` is not in: {}", output.stderr);
    }
}

#[test]
fn a_new_sign_in_goes_nowhere_in_clear_text_unless_a_setting_says_so() {
    let stage = Stage::signed_out();
    let address = clear(&stage);
    for url in ["base", "identity", "api"] {
        stage.change(|data| {
            data["environmentUrls"] = json!({ "base": stage.organization.url(), url: &address });
        });
        refused(&stage.log_in(), &address);
    }
    stage.change(|data| data["environmentUrls"] = json!({ "base": &address }));
    std::fs::write(stage.home.path().join("password"), "a password\n").expect("a file");
    let password = stage.home.path().join("password");
    let password = password.to_str().expect("a path");
    let owner = ["login", "--nointeraction", "--email", "ann@example.test", "--password-file", password];
    refused(&stage.run(&owner), &address);
    assert!(stage.organization.requests().is_empty(), "{:?}", stage.organization.requests());

    assert_answer(&stage.run(&["config", "allow-http", "true"]), "Saved setting `allow-http`.\n");
    assert_answer(&stage.log_in(), "You are logged in!\n");
    let output = stage.run(&["sync"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "it was permitted");
    let doctor = stage.run(&["doctor"]);
    assert!(one_line(&doctor.stdout).contains(SAID), "{}", doctor.stdout);
}

#[test]
fn an_address_in_clear_text_is_set_by_no_command_file_or_variable() {
    let mut stage = Stage::signed_in();
    let before = stage.data_bytes();
    let address = clear(&stage);
    for name in ["server", "server.api", "server.identity"] {
        refused(&stage.run(&["config", name, &address]), &address);
        let file = stage.home.path().join("settings.json");
        let (section, key) = name.split_once('.').unwrap_or(("server", "base"));
        std::fs::write(&file, json!({ section: { key: &address } }).to_string()).expect("a file");
        let output = stage.run(&["config", "apply", file.to_str().expect("a path")]);
        assert_ne!(output.code, Some(0), "{name}: {}", output.stdout);
    }
    assert_eq!(stage.data_bytes(), before);

    stage.organization.clear_requests();
    stage.home.set("BWDC_SERVER", &address);
    for command in [&["plan"][..], &["sync"], &["sync", "--full"]] {
        refused(&stage.run(command), &address);
    }
    let doctor = stage.run(&["doctor"]);
    assert!(
        doctor.code == Some(1) && one_line(&doctor.stdout).contains("is not encrypted"),
        "{}",
        doctor.stdout
    );
    assert!(stage.organization.requests().iter().all(|it| !it.path.contains("connect")));
    assert_eq!(stage.data_bytes(), before);
}

#[test]
fn an_installation_that_was_taken_over_goes_on_and_says_so_in_each_run() {
    let stage = Stage::signed_in();
    let address = clear(&stage);
    // As the official connector left it: its own file alone.
    stage.change(|data| data["environmentUrls"] = json!({ "base": &address }));
    for file in ["connector.toml", "connector.db", "connector.db-wal", "connector.db-shm"] {
        let _ = std::fs::remove_file(stage.home.data_folder().join(file));
    }
    for command in [&["plan"][..], &["sync"], &["sync"]] {
        let output = stage.run(command);
        assert_eq!(output.code, Some(0), "{command:?}: {}", output.stderr);
        assert!(output.stderr.contains(SAID) && output.stderr.contains(&address), "{}", output.stderr);
        assert!(output.stderr.contains("`bwdc config server https://"), "{}", output.stderr);
    }
    let doctor = stage.run(&["doctor", "--response"]);
    let told: Value = serde_json::from_str(&doctor.stdout).expect("JSON");
    assert!(told.to_string().contains(SAID), "{told}");
    let log = std::fs::read_to_string(stage.home.data_folder().join("bwdc.log")).unwrap_or_default();
    assert!(log.contains(SAID), "{log}");
}

#[test]
fn a_list_of_releases_is_asked_in_clear_text_only_if_a_setting_says_so() {
    let mut home = Home::new().expect("a home");
    for url in ["http://0.0.0.0:9/releases", "HTTP://0.0.0.0:9/releases"] {
        home.set("BWDC_UPDATE_FEED", url);
        let output = run(&home, &["update"]);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
        assert!(output.stderr.contains("is not encrypted"), "{}", output.stderr);
    }
    home.set("BWDC_ALLOW_HTTP", "true");
    let output = run(&home, &["update"]);
    assert!(!output.stderr.contains("is not encrypted"), "{}", output.stderr);
}
