//! What a large Google Workspace account costs the real program: requests, and memory.

use bwdc_harness::home::Home;
use bwdc_harness::measure::measure;
use bwdc_sandbox::cloud::google::{Options, Server, Tenant};
use serde_json::{Value, json};
use std::fs::File;
use std::time::Duration;

const PEOPLE: usize = 20_000;
/// In bytes.
const MOST_MEMORY: u64 = 100_000_000;

/// Runs `bwdc test` against answers that take 50 ms; requests, and the peak in bytes.
fn test(groups: usize, members: usize) -> (usize, u64) {
    let tenant = Tenant::generate(PEOPLE, groups, members);
    let server = Server::start(Options { latency: Duration::from_millis(50), ..Options::new(tenant) })
        .expect("a stand-in");
    let home = Home::with_plaintext_secrets().expect("a home");
    home.write_data_json(&json!({
        "stateVersion": 8,
        "appId": "0d7c1c0e-53a4-4f0c-8f0a-64c1b86b1c55",
        "directoryType": 2,
        "directoryGsuite": {
            "clientEmail": server.client_email(), "privateKey": server.private_key(), "domain": "example.test",
            "adminUser": "admin@example.test", "customer": "my_customer",
            "tokenUrl": server.token_url(), "apiUrl": server.url(),
        },
        "sync": { "users": true, "groups": true },
        "apiKeyClientId": "organization.6d1f7f0a-3f0b-4e0e-9a5b-2c1f6a7c9d10",
        "apiKeyClientSecret": "not-a-real-secret",
        "accessToken": "e30.eyJleHAiOjQxMDI0NDQ4MDB9.c2ln",
        "organizationId": "6d1f7f0a-3f0b-4e0e-9a5b-2c1f6a7c9d10",
    }))
    .expect("settings");
    let answer = home.path().join("answer.json");
    let mut command = home.command(env!("CARGO_BIN_EXE_bwdc"), &["test"]);
    let measured = measure(command.stdout(File::create(&answer).expect("a file"))).expect("the program runs");
    assert!(measured.status.success());
    assert_eq!(server.throttled(), 0);
    let answer: Value =
        serde_json::from_reader(File::open(&answer).expect("the answer")).expect("the answer is JSON");
    let list = |value: &Value| value.as_array().map_or(0, Vec::len);
    assert_eq!((list(&answer["enabledUsers"]), list(&answer["groups"])), (PEOPLE, groups));
    assert_eq!(list(&answer["groups"][0]["userIds"]), members);
    let requests = server.requests().len();
    (requests, measured.peak_resident)
}

#[test]
fn a_large_account_costs_little_memory() {
    let (requests, peak) = test(150, 300);
    assert_eq!(requests, 1 + 40 + 1 + 1 + 150 + 150);
    assert!(peak <= MOST_MEMORY, "{peak}");
}

#[test]
#[ignore = "waits nearly a minute for the quota"]
fn two_thousand_groups_stay_within_the_requests_and_the_memory() {
    let (requests, peak) = test(2_000, 20);
    assert_eq!(requests, 1 + 40 + 1 + 10 + 2_000);
    assert!(peak <= MOST_MEMORY, "{peak}");
}
