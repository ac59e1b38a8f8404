//! A secret goes to the server for which it was entered, and to no other.

use crate::contract::stage::{Stage, assert_answer, run};
use bwdc_harness::home::{Home, Output};
use bwdc_sandbox::organization::{Options, Server};
use serde_json::json;

fn another() -> Server {
    Server::start_blocking(Options::official()).expect("a server")
}

fn lose_the_ledger(stage: &Stage) {
    for file in ["connector.db", "connector.db-wal", "connector.db-shm"] {
        let _ = std::fs::remove_file(stage.home.data_folder().join(file));
    }
}

#[track_caller]
fn refused(output: &Output, stage: &Stage, other: &Server) {
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{}", output.stderr);
    let told = output.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    let addresses = [stage.organization.url(), other.url()];
    for part in
        addresses.iter().map(String::as_str).chain(["was entered for", "Nothing was sent", "bwdc login"])
    {
        assert!(told.contains(part), "`{part}` is not in: {told}");
    }
    assert!(other.requests().is_empty(), "{:?}", other.requests());
}

#[track_caller]
fn works(stage: &Stage) {
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
}

#[test]
fn another_server_gets_nothing_whoever_names_it() {
    let mut stage = Stage::signed_in();
    let other = another();
    assert_answer(&stage.run(&["config", "server", &other.url()]), "Saved setting `server`.\n");
    for command in [&["plan"][..], &["sync"], &["sync", "--full"]] {
        refused(&stage.run(command), &stage, &other);
    }
    let doctor = stage.run(&["doctor"]);
    assert_eq!(doctor.code, Some(1));
    // A connection may be tried; nothing of ours goes over it.
    assert!(other.requests().iter().all(|it| !it.path.contains("connect") && !it.path.contains("public")));
    other.clear_requests();
    assert_answer(&stage.run(&["config", "server", &stage.organization.url()]), "Saved setting `server`.\n");
    works(&stage);

    stage.home.set("BWDC_SERVER", other.url());
    refused(&stage.run(&["plan"]), &stage, &other);
    // Without the note, what `data.json` names counts, and not the variable.
    lose_the_ledger(&stage);
    refused(&stage.run(&["plan"]), &stage, &other);
    refused(&stage.run(&["sync"]), &stage, &other);
    stage.home.set("BWDC_SERVER_IDENTITY", format!("{}/identity", stage.organization.url()));
    refused(&stage.run(&["plan"]), &stage, &other);
    stage.home.set("BWDC_SERVER", "");
    stage.home.set("BWDC_SERVER_IDENTITY", "");
    works(&stage);
}

#[test]
fn a_key_that_was_entered_for_the_server_of_a_variable_goes_there_alone() {
    let mut stage = Stage::signed_out();
    let other = another();
    stage.change(|data| data["environmentUrls"] = json!({ "base": other.url() }));
    stage.home.set("BWDC_SERVER", stage.organization.url());
    assert_answer(&stage.log_in(), "You are logged in!\n");
    works(&stage);
    stage.home.set("BWDC_SERVER", "");
    refused(&stage.run(&["sync"]), &stage, &other);
}

#[test]
fn an_installation_that_is_taken_over_is_bound_before_its_address_changes() {
    let stage = Stage::signed_in();
    let other = another();
    lose_the_ledger(&stage);
    assert_answer(&stage.run(&["config", "server", &other.url()]), "Saved setting `server`.\n");
    refused(&stage.run(&["sync"]), &stage, &other);

    // As the first run finds it.
    let stage = Stage::signed_in();
    lose_the_ledger(&stage);
    works(&stage);
    stage.change(|data| data["environmentUrls"] = json!({ "base": other.url() }));
    refused(&stage.run(&["sync"]), &stage, &other);
}

#[test]
fn another_path_and_the_api_that_the_server_names_are_the_same_place() {
    let stage = Stage::signed_out();
    let here = stage.organization.url().replace("127.0.0.1", "localhost");
    stage.change(|data| data["environmentUrls"] = json!({ "base": &here }));
    assert_answer(&stage.log_in(), "You are logged in!\n");
    works(&stage);
    let api = format!("{}/api", stage.organization.url());
    assert_answer(&stage.run(&["config", "server.api", &api]), "Saved setting `server.api`.\n");
    works(&stage);
    // The server names no other one as its own.
    let other = another();
    assert_answer(
        &stage.run(&["config", "server.api", &format!("{}/api", other.url())]),
        "Saved setting `server.api`.\n",
    );
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("was entered for"), "{}", output.stderr);
    assert!(other.requests().is_empty(), "{:?}", other.requests());
}

#[test]
fn a_key_that_another_program_stored_is_not_meant_by_the_note() {
    let stage = Stage::signed_in();
    works(&stage);
    // As the official connector leaves the file after a sign-in at another server.
    let other = Stage::signed_in();
    let theirs = other.home.data_json().expect("the stage holds");
    stage.change(|data| {
        for key in [
            "environmentUrls",
            "organizationId",
            "entityId",
            "apiKeyClientId",
            "apiKeyClientSecret",
            "accessToken",
        ] {
            data[key] = theirs[key].clone();
        }
    });
    works(&stage);
}

#[test]
fn the_secret_of_a_directory_is_not_sent_to_an_address_that_was_set_later() {
    for (secret, account, address) in [
        ("entra.key", &["entra.tenant", "entra.applicationId"][..], "entra.authority-url"),
        ("entra.key", &["entra.tenant", "entra.applicationId"], "entra.graph-url"),
        ("onelogin.secret", &["onelogin.clientId"], "onelogin.url"),
    ] {
        let mut home = Home::new().expect("a home");
        home.write_data_json(&json!({ "stateVersion": 8, "appId": "a" })).expect("settings");
        let directory = if secret.starts_with("entra") { "1" } else { "4" };
        for (name, value) in account
            .iter()
            .map(|name| (*name, "00001111-aaaa-2222-bbbb-3333cccc4444"))
            .chain([("directory", directory), (secret, "hunter2")])
        {
            let output = run(&home, &["config", name, value]);
            assert_eq!(output.code, Some(0), "{}", output.stderr);
        }
        let place = |home: &Home| run(home, &["config", "get", secret]).stdout;
        assert!(place(&home).starts_with("set ("), "{}", place(&home));
        let setting = address.to_uppercase().replace(['.', '-'], "_");
        home.set(format!("BWDC_{setting}"), "https://service.example.test");
        assert!(place(&home).starts_with("not here"), "{address} of a variable: {}", place(&home));
        home.set(format!("BWDC_{setting}"), "");
        assert!(place(&home).starts_with("set ("), "{}", place(&home));
        let output = run(&home, &["config", address, "https://service.example.test"]);
        assert!(output.stderr.contains("entered for another server or account"), "{}", output.stderr);
        assert!(place(&home).starts_with("not here"), "{address}: {}", place(&home));
    }
}
