//! The organization as a program, driven by nothing but its arguments, its one line of output, and HTTP.

#![expect(clippy::unwrap_used, reason = "a failed expectation is how a test speaks")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::organization_rules::support::{ImportExt as _, Reply, http, members, send};

/// The example, beside the test's own folder; built when it is not there, or older than this test and so perhaps than
/// what it shall show.
fn program() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let path = BUILT.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let folder = test.parent().and_then(Path::parent).unwrap();
        let built = folder.join("examples/cloud").with_extension(std::env::consts::EXE_EXTENSION);
        let age = |file: &Path| file.metadata().and_then(|it| it.modified()).ok();
        if age(&built) < age(&test) {
            let profile = match folder.file_name().and_then(|it| it.to_str()) {
                Some("debug") | None => "dev",
                Some(other) => other,
            };
            let build = ["build", "--package", "bwdc-sandbox", "--example", "cloud", "--profile", profile];
            assert!(Command::new(env!("CARGO")).args(build).status().unwrap().success());
        }
        built
    });
    path.clone()
}

struct Program {
    child: Child,
    line: Value,
    token: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    fn launch(options: &str) -> Program {
        let mut command = Command::new(program());
        command.arg("organization").args(options.split_whitespace().map(|it| it.replace('~', " ")));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Program { child, line: serde_json::from_str(&line).unwrap(), token: String::new() }
    }

    async fn start(options: &str) -> Program {
        let mut program = Program::launch(options);
        let reply = program.ask_token(program.text("client_secret")).await;
        program.token = reply.ok().json()["access_token"].as_str().unwrap().to_owned();
        program
    }

    fn text(&self, name: &str) -> &str {
        self.line[name].as_str().unwrap()
    }

    async fn ask_token(&self, secret: &str) -> Reply {
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", "api.organization"),
            ("client_id", self.text("client_id")),
            ("client_secret", secret),
            ("device_identifier", "d"),
            ("device_name", "d"),
            ("device_type", "8"),
        ];
        send(http().post(format!("{}/connect/token", self.text("identity"))).form(&form)).await
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> Reply {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = http().request(method, format!("{}/public{path}", self.text("api")));
        let request = request.header("authorization", format!("Bearer {}", self.token));
        send(if body.is_null() { request } else { request.json(&body) }).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, Value::Null).await
    }

    async fn import(&self, body: Value) -> Reply {
        self.call("POST", "/organization/import", body).await
    }

    async fn people(&self) -> Vec<Value> {
        self.get("/members").await.ok().json()["data"].as_array().unwrap().clone()
    }

    async fn person(&self, email: &str) -> Value {
        self.people().await.into_iter().find(|it| it["email"] == email).unwrap()
    }

    async fn control(&self, deed: Value) -> Reply {
        send(http().post(self.text("control")).json(&deed)).await
    }

    async fn done(&self, deed: Value) {
        let reply = self.control(deed.clone()).await;
        assert_eq!((reply.status, reply.json()), (200, json!({ "done": true })), "{deed}");
    }
}

fn one() -> Value {
    members(&[("a@x", "1")])
}

#[tokio::test]
async fn it_prints_one_line_and_serves_until_its_input_ends() {
    let mut program = Program::start("").await;
    for name in ["url", "api", "identity", "control", "organization_id", "client_id", "client_secret"] {
        assert!(program.line[name].is_string(), "{name}");
    }
    program.import(one()).await.ok();
    drop(program.child.stdin.take());
    let mut rest = String::new();
    program.child.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
    assert_eq!((program.child.wait().unwrap().code(), rest.as_str()), (Some(0), ""));
}

#[test]
fn wrong_arguments_are_named_and_help_names_every_option() {
    let run = |arguments: &[&str]| {
        let output = Command::new(program()).arg("organization").args(arguments).output().unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    for arguments in [["--seats", "many"], ["--colour", "red"], ["--vaultwarden", "--staged"]] {
        let (success, _, complaint) = run(&arguments);
        assert!(!success && arguments.iter().any(|it| complaint.contains(it)), "{complaint}");
    }
    let (success, help, _) = run(&["--help"]);
    assert!(success);
    let program = include_str!("../../examples/cloud/organization.rs");
    let read = program.split('"').filter(|it| it.starts_with("--") && !it.contains([' ', '\n']));
    let (named, read) = (options(&help), read.collect::<BTreeSet<_>>());
    assert!(read.iter().all(|it| named.contains(it)), "of {read:?} the help names {named:?}");
    for option in named {
        assert!(
            THIS_TEST.matches(option).count() > usize::from(option == "--help"),
            "{option} is not driven here"
        );
    }
}

/// This file, in which every option and deed has to be driven.
const THIS_TEST: &str = include_str!("organization_program.rs");

/// The options that a text names.
fn options(text: &str) -> BTreeSet<&str> {
    let words = text.split(|it: char| !it.is_ascii_lowercase() && it != '-');
    words.filter(|it| it.len() > 2 && it.starts_with("--")).collect()
}

#[tokio::test]
async fn every_deed_is_described_and_driven() {
    let program = Program::start("").await;
    let told = program.control(json!({ "do": "dance" })).await.json()["error"].as_str().unwrap().to_owned();
    let deeds: Vec<&str> = told.split('`').skip(3).step_by(2).collect();
    assert!(deeds.len() > 10, "{told}");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/organization-rules.md");
    let page = std::fs::read_to_string(page).unwrap();
    for deed in deeds {
        assert!(page.contains(&format!(r#"{{"do":"{deed}""#)), "{deed} is not described");
        assert!(THIS_TEST.contains(&format!(r#"{{ "do": "{deed}""#)), "{deed} is not driven here");
    }
}

#[tokio::test]
async fn hosting_seats_and_who_pays() {
    for (options, status, text) in [
        ("--hosting self-hosted --seats 1", 400, "Cannot autoscale on self-hosted instance."),
        ("--seats 2", 200, ""),
        ("--hosting cloud --seats 1", 200, ""),
        ("--hosting cloud --seats 1 --subscription active", 200, ""),
        ("--hosting cloud --seats 1 --max-seats 1", 400, "Seat limit has been reached."),
        (
            "--hosting cloud --seats 1 --provider managed",
            400,
            "Please contact your provider to add more seats.",
        ),
        (
            "--hosting cloud --seats 1 --provider reseller",
            400,
            "Contact your provider to purchase additional seats.",
        ),
        ("--hosting cloud --seats 1 --subscription canceled", 400, "You do not have an active subscription."),
        ("--hosting cloud --seats 1 --subscription failing:No~money", 400, "No money"),
    ] {
        let program = Program::start(options).await;
        let reply = program.import(one()).await;
        assert!(reply.status == status && reply.text.contains(text), "{options}: {}", reply.text);
        let limits = program.get("/organization/subscription").await.status;
        assert_eq!(limits, if options.contains("cloud") { 200 } else { 400 }, "{options}");
    }
}

#[tokio::test]
async fn known_addresses_flag_and_plan() {
    for (options, count) in [
        ("--known-addresses all", 2),
        ("--known-addresses with-account", 3),
        ("", 3),
        ("--hosting cloud", 2),
        ("--hosting cloud --known-addresses with-account", 3),
    ] {
        let program = Program::start(options).await;
        program.import(one()).await.ok();
        program.import(members(&[("a@x", "2")])).await.ok();
        assert_eq!(program.people().await.len(), count, "{options}");
    }
    for (options, status) in [("--staged", 3), ("", 0)] {
        let program = Program::start(options).await;
        program.import(one().set("inviteUsersAfterProvisioning", false)).await.ok();
        assert_eq!(program.person("a@x").await["status"], status, "{options}");
        let config = send(http().get(format!("{}/config", program.text("api")))).await.json();
        assert_eq!(config["featureStates"]["pm-34423-staged-status"], status == 3);
    }
    let program = Program::start("--no-directory").await;
    program.import(one()).await.expect(400, "Organization cannot use directory syncing.");
    let program = Program::start("--no-groups").await;
    program.import(one().group("G", "g", &[])).await.expect(400, "Organization cannot use groups.");
    let program = Program::start("--no-custom-permissions").await;
    program.import(one()).await.ok();
    let path = format!("/members/{}", program.person("a@x").await["id"].as_str().unwrap());
    assert!(program.call("PUT", &path, json!({ "type": 4 })).await.message().contains("Enterprise plan"));
    for (options, status) in [("--no-revoke", 404), ("", 200)] {
        let program = Program::start(options).await;
        program.import(one()).await.ok();
        let id = program.person("a@x").await["id"].as_str().unwrap().to_owned();
        for action in ["revoke", "restore"] {
            let reply = program.call("POST", &format!("/members/{id}/{action}"), json!({})).await;
            assert_eq!(reply.status, status, "{options}");
        }
    }
    let program = Program::launch("--no-api");
    assert_eq!(program.ask_token(program.text("client_secret")).await.status, 400);
}

#[tokio::test]
async fn pace_of_imports() {
    let body = || members(&[("a@x", "1"), ("b@x", "2")]).group("G", "g", &["1"]);
    for (options, least) in [("--pace at-once", 0), ("--pace measured", 29), ("--pace 100,150", 350)] {
        let program = Program::start(options).await;
        let began = Instant::now();
        program.import(body()).await.ok();
        assert!(began.elapsed() >= Duration::from_millis(least), "{options}: {:?}", began.elapsed());
    }
    let program = Program::start("--pace 150,0").await;
    let (first, second) = tokio::join!(program.import(body()), program.import(body()));
    assert_eq!((first.status, second.status, program.people().await.len()), (200, 200, 5));
    assert_eq!(program.import(one()).await.status, 500);

    let program = Program::start("").await;
    program.done(json!({ "do": "pace", "member_ms": 100, "group_ms": 0 })).await;
    let began = Instant::now();
    program.import(body()).await.ok();
    assert!(began.elapsed() >= Duration::from_millis(200), "{:?}", began.elapsed());
}

#[tokio::test]
async fn limits_caches_and_pages() {
    let program = Program::start("--hosting cloud --rate-limits 1").await;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(program.import(members(&[])).await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");

    let program = Program::start("--events-page 1").await;
    program.import(members(&[("a@x", "1"), ("b@x", "2")])).await.ok();
    assert!(program.get("/events").await.ok().json()["continuationToken"].is_string());

    for (options, status) in [("", 400), ("--client-cache 300", 200)] {
        let program = Program::start(options).await;
        let answer = program.control(json!({ "do": "rotate_key" })).await.ok().json();
        assert_ne!(answer["client_secret"], program.line["client_secret"]);
        assert_eq!(program.ask_token(program.text("client_secret")).await.status, status, "{options}");
    }

    let program = Program::start("--token-lifetime 0.2").await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(program.get("/members").await.status, 401);
}

#[tokio::test]
async fn owner_secret_port_and_database() {
    let program = Program::start("--owner boss@x --client-secret open-sesame").await;
    assert_eq!(program.person("boss@x").await["type"], 0);
    assert_eq!(program.text("client_secret"), "open-sesame");
    assert!(Program::start("--no-owner").await.people().await.is_empty());

    let folder = bwdc_harness::home::Home::new().unwrap();
    let file = folder.path().join("organization.db");
    let options = format!("--database {}", file.display());
    let port = {
        let program = Program::start(&options).await;
        program.import(one()).await.ok();
        program.text("url").rsplit(':').next().unwrap().to_owned()
    };
    let program = Program::start(&format!("{options} --port {port}")).await;
    assert!(program.text("url").ends_with(&port));
    assert_eq!(program.people().await.len(), 2);
}

#[tokio::test]
async fn vaultwarden_and_its_options() {
    let state = async |program: &Program| {
        send(http().get(format!("{}/sandbox/state", program.text("url")))).await.ok().json()
    };
    let body = one().group("G", "g", &["1"]);
    for (options, groups) in [("--vaultwarden", 1), ("--vaultwarden --no-groups", 0)] {
        let program = Program::start(options).await;
        let version = send(http().get(format!("{}/version", program.text("api")))).await;
        assert_eq!(version.json(), "1.37.2");
        program.import(body.clone()).await.ok();
        assert_eq!(state(&program).await["groups"].as_array().unwrap().len(), groups, "{options}");
        program.done(json!({ "do": "confirm", "member": "a@x" })).await;
        program.done(json!({ "do": "revoke", "member": "a@x" })).await;
        assert_eq!(state(&program).await["members"][1]["statusNumber"], -126);
        let pace = json!({ "do": "pace", "member_ms": 1, "group_ms": 1 });
        assert_eq!(program.control(pace).await.status, 400);
    }
    let program = Program::start("--vaultwarden --login-limit 1").await;
    let mut statuses = Vec::new();
    for _ in 0..10 {
        statuses.push(program.ask_token(program.text("client_secret")).await.status);
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
}

#[tokio::test]
async fn what_people_do() {
    let program = Program::start("--seats 5").await;
    program.import(members(&[("a@x", "1"), ("b@x", "2"), ("c@x", "3")])).await.ok();
    program.done(json!({ "do": "accept", "member": "a@x" })).await;
    assert_eq!(program.person("a@x").await["status"], 1);
    program.done(json!({ "do": "confirm", "member": "a@x", "master_password": true })).await;
    let id = program.person("b@x").await["id"].clone();
    program.done(json!({ "do": "confirm", "member": id, "master_password": false })).await;
    assert_eq!(program.person("b@x").await["status"], 2);
    // Who signs in otherwise has no master password: nobody is removed and added again.
    assert!(program.import(members(&[("a@x", "1")]).overwrite()).await.message().starts_with("Sync failed."));
    program.done(json!({ "do": "accept", "member": "c@x", "master_password": false })).await;

    program.done(json!({ "do": "account_address", "member": "a@x", "address": "new@x" })).await;
    assert_eq!(program.person("new@x").await["externalId"], "1");
    program.done(json!({ "do": "role", "member": "new@x", "type": 1 })).await;
    assert_eq!(program.person("new@x").await["type"], 1);
    program.done(json!({ "do": "external_id", "member": "new@x", "external_id": "9" })).await;
    assert_eq!(program.person("new@x").await["externalId"], "9");
    program.done(json!({ "do": "external_id", "member": "new@x", "external_id": null })).await;
    assert_eq!(program.person("new@x").await["externalId"], Value::Null);
    program.done(json!({ "do": "seats", "seats": 3 })).await;
    assert!(program.import(members(&[])).await.message().starts_with("Cannot autoscale"));
    program.done(json!({ "do": "seats", "seats": null })).await;
    program.import(members(&[])).await.ok();
    program.done(json!({ "do": "revoke", "member": "c@x" })).await;
    assert_eq!(program.person("c@x").await["status"], -1);
}

#[tokio::test]
async fn policies_and_what_becomes_of_the_organization() {
    let program = Program::start("").await;
    program.import(members(&[("a@x", "1"), ("b@x", "2")])).await.ok();
    for email in ["a@x", "b@x"] {
        program.done(json!({ "do": "confirm", "member": email })).await;
    }
    program.done(json!({ "do": "two_step", "member": "a@x", "on": true })).await;
    program.done(json!({ "do": "policy", "type": 0, "enabled": true })).await;
    assert_eq!(program.person("a@x").await["status"], 2);
    assert_eq!(program.person("b@x").await["status"], -1);
    program.done(json!({ "do": "other_organization", "member": "a@x", "on": true })).await;
    program.done(json!({ "do": "policy", "type": 3, "enabled": true })).await;
    assert_eq!(program.person("a@x").await["status"], -1);
    let id = program.person("a@x").await["id"].as_str().unwrap().to_owned();
    let restore = async || program.call("POST", &format!("/members/{id}/restore"), json!({})).await;
    assert!(restore().await.message().contains("other organization vaults"));
    program.done(json!({ "do": "other_organization", "member": "a@x", "on": false })).await;
    program.done(json!({ "do": "two_step", "member": "a@x", "on": false })).await;
    assert!(restore().await.message().contains("two-step login"));
    program.done(json!({ "do": "policy", "type": 0, "enabled": false })).await;
    program.done(json!({ "do": "policy", "type": 3, "enabled": false })).await;
    restore().await.ok();

    program.done(json!({ "do": "organization", "state": "disabled" })).await;
    assert_eq!(program.ask_token(program.text("client_secret")).await.status, 400);
    program.done(json!({ "do": "organization", "state": "deleted" })).await;
    program.import(one()).await.expect(404, "Resource not found.");
    program.done(json!({ "do": "organization", "state": "enabled" })).await;
    program.done(json!({ "do": "revoke_tokens" })).await;
    assert_eq!(program.get("/members").await.status, 401);
}

#[tokio::test]
async fn deeds_that_cannot_be_done_say_why() {
    let program = Program::start("").await;
    for id in ["1", "2"] {
        program.import(members(&[("twice@x", id)])).await.ok();
    }
    for (deed, status) in [
        (json!({ "do": "accept", "member": "twice@x" }), 400),
        (json!({ "do": "accept", "member": "nobody@x" }), 404),
        (json!({ "do": "role", "member": "owner@sandbox.example", "type": 3 }), 400),
        (json!({ "do": "pace", "member_ms": -1, "group_ms": 0 }), 400),
        (json!({ "do": "dance" }), 400),
        (json!({ "do": "seats", "seats": 1, "more": true }), 400),
    ] {
        let reply = program.control(deed.clone()).await;
        assert_eq!(reply.status, status, "{deed}");
        assert!(reply.json()["error"].is_string(), "{deed}");
    }
}
