//! The console from end to end: the guided set-up from nothing to a verified first sync, by a pipe and by keys at a terminal,
//! with real servers.

mod plain;
#[cfg(unix)]
mod terminal;

use crate::contract::stage::{self as contract, answer};
use bwdc_harness::home::Home;
use bwdc_harness::slapd::{Options, Slapd};
use bwdc_sandbox::cloud::graph;
use bwdc_sandbox::faults::Moment;
use bwdc_sandbox::organization;
use std::sync::mpsc::channel;
use std::time::Duration;

const LDIF: &str = "\
dn: dc=example,dc=test
objectClass: top
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=People,dc=example,dc=test
objectClass: organizationalUnit
ou: People

dn: ou=Groups,dc=example,dc=test
objectClass: organizationalUnit
ou: Groups

dn: uid=ada,ou=People,dc=example,dc=test
objectClass: inetOrgPerson
uid: ada
cn: Ada
sn: A
mail: ada@example.test

dn: uid=bob,ou=People,dc=example,dc=test
objectClass: inetOrgPerson
uid: bob
cn: Bob
sn: B
mail: bob@example.test

dn: cn=Staff,ou=Groups,dc=example,dc=test
objectClass: groupOfNames
cn: Staff
member: uid=ada,ou=People,dc=example,dc=test
member: uid=bob,ou=People,dc=example,dc=test
";

/// What the set-up meets.
struct Stage {
    home: Home,
    organization: organization::Server,
}

impl Stage {
    fn new() -> Self {
        let home = Home::new().expect("a home");
        let organization =
            organization::Server::start_blocking(organization::Options::official()).expect("an organization");
        Self { home, organization }
    }

    fn members(&self) -> Vec<String> {
        let mut members: Vec<String> = self
            .organization
            .members()
            .into_iter()
            .filter(|it| it.external_id.is_some())
            .map(|it| it.email)
            .collect();
        members.sort();
        members
    }

    #[track_caller]
    fn second_sync_is_empty(&self) {
        let output = self.home.run(env!("CARGO_BIN_EXE_bwdc"), &["sync"]).expect("the program runs");
        assert!(
            output.stdout.contains("Synced 0 group(s) and 0 user(s)."),
            "{}{}",
            output.stdout,
            output.stderr
        );
    }
}

fn slapd() -> Slapd {
    Options::new("dc=example,dc=test").ldif_text(LDIF).start().expect("slapd")
}

#[test]
fn an_openldap_server_from_nothing_to_a_verified_sync_by_a_pipe() {
    let (stage, server) = (Stage::new(), slapd());
    let lines = [
        "3".to_owned(),
        stage.organization.url(),
        stage.organization.client_id(),
        stage.organization.client_secret(),
        "2".to_owned(),
        format!("127.0.0.1:{}", server.port()),
        "3".to_owned(),
        server.root_dn().to_owned(),
        server.root_password().to_owned(),
        // The base that was found; the connection works; people and groups; nobody is mailed; it is right; sync; done.
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        "1".to_owned(),
        String::new(),
        String::new(),
    ];
    assert!(lines.len() < 25);
    let output = answer(&stage.home, &["setup"], &format!("{}\n", lines.join("\n")));
    assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    for said in [
        "The server answers: OpenLDAP.",
        "2 people, 0 disabled, 1 group.",
        "ada@example.test",
        "The organization was read back and is as planned.",
    ] {
        assert!(output.stdout.contains(said), "`{said}` is not in: {}", output.stdout);
    }
    assert!(!output.stdout.contains(server.root_password()));
    assert_eq!(stage.members(), ["ada@example.test", "bob@example.test"]);
    stage.second_sync_is_empty();
}

/// A tenant, and its addresses in the settings, since it is none of Microsoft's.
fn entra(stage: &Stage) -> graph::Server {
    let spec = graph::Spec { users: 12, groups: 2, members_per_group: 5, nested_every: 2, seed: 3 };
    let server =
        graph::Server::start(graph::Options::new(graph::Tenant::generate(spec))).expect("a stand-in");
    for setting in ["entra.authority-url", "entra.graph-url"] {
        let output = stage.home.run(env!("CARGO_BIN_EXE_bwdc"), &["config", setting, server.url()]);
        assert_eq!(output.expect("the program runs").code, Some(0));
    }
    server
}

#[test]
fn entra_from_nothing_to_a_verified_sync_by_a_pipe() {
    let stage = Stage::new();
    let server = entra(&stage);
    let options = server.options();
    let lines = [
        "3".to_owned(),
        stage.organization.url(),
        stage.organization.client_id(),
        stage.organization.client_secret(),
        "3".to_owned(),
        options.tenant_id.clone(),
        options.application_id.clone(),
        options.secret.clone(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        "1".to_owned(),
        String::new(),
        String::new(),
    ];
    assert!(lines.len() < 25);
    let output = answer(&stage.home, &["setup"], &format!("{}\n", lines.join("\n")));
    assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    assert!(output.stdout.contains("The organization was read back and is as planned."), "{}", output.stdout);
    assert!(!output.stdout.contains(&options.secret));
    assert_eq!(stage.members().len(), 12);
    stage.second_sync_is_empty();
}

#[test]
fn a_sync_of_the_console_waits_for_another_and_says_whose_it_is() {
    let stage = contract::Stage::signed_in();
    let (arrived, has_arrived) = channel();
    stage.organization.faults().on_request(move |request| {
        if request.moment == Moment::Arrived && request.method != "GET" && request.path.starts_with("/api") {
            // Nobody waits for the second one.
            let _ = arrived.send(());
            std::thread::sleep(Duration::from_secs(3));
        }
    });
    let mut first = stage.home.spawn(env!("CARGO_BIN_EXE_bwdc"), &["sync"]).expect("starts");
    has_arrived.recv_timeout(Duration::from_secs(60)).expect("the first run sends something");
    let second = answer(&stage.home, &["ui", "--plain"], "6\n\n0\n");
    assert!(first.wait().expect("ends").success());
    stage.organization.faults().forget_hook();
    assert_eq!(second.code, Some(0), "{}{}", second.stdout, second.stderr);
    let said = format!("Waiting for `bwdc sync` (process {}", first.id());
    assert!(second.stdout.contains(&said), "{}", second.stdout);
    assert!(second.stdout.contains("There was nothing to send."), "{}", second.stdout);
}

#[test]
fn a_set_up_that_was_left_goes_on_where_it_ended() {
    let stage = Stage::new();
    let first = [
        "3".to_owned(),
        stage.organization.url(),
        stage.organization.client_id(),
        stage.organization.client_secret(),
    ];
    let output = answer(&stage.home, &["setup"], &format!("{}\n", first.join("\n")));
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    assert!(output.stderr.contains("The input ended before the set-up was complete."), "{}", output.stderr);
    let output = answer(&stage.home, &["setup"], "\n:quit\n");
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stdout.contains("2  Sign in (done)"), "{}", output.stdout);
    assert!(output.stdout.contains("Which directory is read?"), "{}", output.stdout);
}

#[test]
fn the_program_alone_prints_its_help_and_fails_and_the_help_names_set_up_and_console_first() {
    let home = Home::new().expect("a home");
    let output = home.run(env!("CARGO_BIN_EXE_bwdc"), &[]).expect("the program runs");
    assert_eq!(output.code, Some(1));
    let (setup, ui, login) =
        (output.stdout.find("  setup "), output.stdout.find("  ui "), output.stdout.find("  login "));
    assert!(setup.is_some() && setup < ui && ui < login, "{}", output.stdout);
    let output = home.run(env!("CARGO_BIN_EXE_bwdc"), &["ui"]).expect("the program runs");
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("bwdc ui --plain"), "{}", output.stderr);
}
