//! Counterparts that mean harm: another account of the machine, a directory, an organization's server, and whatever was put into
//! the data folder. Nothing hangs, leaks, is believed, or takes much more memory than a run against an honest one.
//!
//! | who | where |
//! | --- | --- |
//! | another account of this machine | [`account`]; `contract::failures`, engine `lock.rs` |
//! | names in a directory | [`directory`]; `laws::foreign_text` |
//! | the organization's server | [`server`]; engine `organization_client/network.rs` |
//! | what lies in the data folder | [`folder`]; base `file.rs` |
//! | callers of a service | [`socket`]; `service::hostile` |

mod account;
mod directory;
mod folder;
mod server;
mod socket;

use bwdc_harness::home::Home;
use serde_json::{Value, json};
use std::fs::File;
use std::time::{Duration, Instant};

/// What a run may take beyond one against an honest counterpart, in bytes.
const MORE: u64 = 64_000_000;
/// No run here takes longer on a busy machine, all attempts and pauses included.
const PATIENCE: Duration = Duration::from_secs(240);
/// Secrets of these tests; nothing that is printed or logged shows one.
const PASSWORD: &str = "s3cr3t-0f-the-directory";
const KEY: &str = "s3cr3t-0f-the-organization";
const ORGANIZATION: &str = "6d1f7f0a-3f0b-4e0e-9a5b-2c1f6a7c9d10";

/// One run: how it ended, what it said, and its largest size in bytes, where the system tells it.
struct Run {
    code: Option<i32>,
    said: String,
    size: u64,
}

/// Runs the program to its end, which has to come in time, and looks at its size all the while.
#[track_caller]
fn run(home: &Home, name: &str, arguments: &[&str]) -> Run {
    let place = |stream: &str| home.path().join(format!("{name}.{stream}"));
    let to = |stream: &str| File::create(place(stream)).expect("a file");
    let mut command = home.command(env!("CARGO_BIN_EXE_bwdc"), arguments);
    let mut child = command.stdout(to("out")).stderr(to("err")).spawn().expect("it starts");
    let (process, end) = (child.id(), Instant::now() + PATIENCE);
    let mut size = 0;
    let status = loop {
        size = largest_size(process).unwrap_or(0).max(size);
        match child.try_wait().expect("a child") {
            Some(status) => break Some(status),
            None if Instant::now() >= end => {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    assert!(status.is_some(), "{name}: {arguments:?} hangs");
    let text = |stream: &str| {
        String::from_utf8_lossy(&std::fs::read(place(stream)).expect("its output")).into_owned()
    };
    let said = text("out") + &text("err");
    for secret in [PASSWORD, KEY] {
        assert!(!said.contains(secret), "{name}: {said}");
    }
    for fault in ["panicked", "stack backtrace", "overflowed its stack"] {
        assert!(!said.contains(fault), "{name}: {said}");
    }
    Run { code: status.and_then(|it| it.code()), said, size }
}

fn largest_size(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// Without the breaks of its lines.
fn unbroken(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An installation that is signed in, whose token has expired.
fn home(directory: u16, organization: u16) -> Home {
    let home = Home::with_plaintext_secrets().expect("a home");
    home.write_data_json(&settings(directory, organization)).expect("settings");
    home
}

fn settings(directory: u16, organization: u16) -> Value {
    json!({
        "stateVersion": 8,
        "appId": "0d7c1c0e-53a4-4f0c-8f0a-64c1b86b1c55",
        "directoryType": 0,
        "directoryLdap": {
            "hostname": "127.0.0.1", "port": directory, "rootPath": directory::SUFFIX, "username": directory::READER,
            "password": PASSWORD, "pagedSearch": true
        },
        "sync": {
            "users": true, "groups": true, "groupObjectClass": "groupOfNames", "userObjectClass": "inetOrgPerson",
            "groupNameAttribute": "description", "userEmailAttribute": "mail", "memberAttribute": "member"
        },
        "environmentUrls": { "base": format!("http://127.0.0.1:{organization}") },
        "apiKeyClientId": format!("organization.{ORGANIZATION}"),
        "apiKeyClientSecret": KEY,
        "accessToken": "e30.eyJleHAiOjF9.c2ln",
        "organizationId": ORGANIZATION
    })
}
