//! Microsoft Entra ID: leavers in each of their states, what a tenant is asked for, and what is said when a right is missing.

use super::Stage;
use bwdc_sandbox::cloud::graph::{DeltaHabits, Options, Server, Spec, Tenant, User};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::organization::{self, MemberStatus};

fn tenant(users: usize, groups: usize) -> Tenant {
    Tenant::generate(Spec { users, groups, members_per_group: 5, nested_every: 2, seed: 3 })
}

fn set_up(stage: &Stage, server: &Server) {
    for (name, value) in [
        ("entra.tenant", server.options().tenant_id.as_str()),
        ("entra.applicationId", &server.options().application_id),
        ("entra.authority-url", server.url()),
        ("entra.graph-url", server.url()),
        ("entra.key", &server.options().secret),
        ("limits.removals-percent", "50"),
        ("limits.memberships-percent", "100"),
    ] {
        stage.set(name, value);
    }
}

fn id(server: &Server, number: usize) -> (String, String) {
    let user = &server.tenant().users[number];
    (user.id.clone(), user.mail.clone().expect("generated people have one"))
}

/// How many requests of the last run asked for changes, and how many there were.
fn asked(server: &Server) -> (usize, usize) {
    let requests = server.requests();
    let delta = requests.iter().filter(|it| it.path.contains("deltatoken")).count();
    (delta, requests.len())
}

#[test]
fn deleted_purged_and_restored_people_reach_the_organization_by_their_id() {
    for options in [organization::Options::official(), organization::Options::vaultwarden()] {
        let server = Server::start(Options::new(tenant(30, 4))).expect("a stand-in");
        let stage = Stage::with("1", options);
        set_up(&stage, &server);
        stage.sync(4, 30);
        stage.everybody_confirms();
        stage.sync_quietly();
        for member in stage.organization.members().iter().filter(|it| it.email.starts_with("user")) {
            let number = member.email.trim_start_matches("user").split('@').next().expect("a number");
            let expected = format!("00000000-0000-4000-8000-{number:0>12}");
            assert_eq!(member.external_id.as_deref(), Some(expected.as_str()));
        }
        let memberships = stage.memberships();
        server.forget_requests();
        stage.sync_is_empty();
        assert_eq!(asked(&server), (2, 4), "a token, two deltas, the list of deleted people");

        // Deleted, and to be restored: Graph has no address for them any more.
        let (five, five_mail) = id(&server, 5);
        server.change(|tenant| tenant.delete_user(&five));
        server.forget_requests();
        stage.ok(&["sync"]);
        assert_eq!(asked(&server), (2, 4));
        assert_eq!(stage.status(&five_mail), Some(MemberStatus::Revoked));
        stage.sync_is_empty();

        server.change(|tenant| tenant.restore_user(&five));
        stage.ok(&["sync"]);
        assert_ne!(stage.status(&five_mail), Some(MemberStatus::Revoked), "access is given back");
        stage.sync_is_empty();
        assert_eq!(stage.memberships(), memberships);

        // Purged before the next run: nothing of the tenant names them, and they are asked for by id.
        let (six, six_mail) = id(&server, 6);
        server.change(|tenant| {
            tenant.delete_user(&six);
            tenant.purge_user(&six);
        });
        server.forget_requests();
        stage.ok(&["sync"]);
        let lookups: Vec<String> = server.requests().into_iter().flat_map(|it| it.items).collect();
        // One who is there is asked for too: an application that finds nobody by id proves nothing.
        assert_eq!((lookups.len(), &lookups[0]), (2, &format!("/users/{six}?$select=id,accountEnabled")));
        assert_eq!(stage.status(&six_mail), Some(MemberStatus::Revoked));
        stage.sync_is_empty();

        // Purged after a run has seen them deleted: still gone, still revoked, and not asked for again and again.
        let (seven, seven_mail) = id(&server, 6);
        server.change(|tenant| tenant.delete_user(&seven));
        stage.ok(&["sync"]);
        assert_eq!(stage.status(&seven_mail), Some(MemberStatus::Revoked));
        server.change(|tenant| tenant.purge_user(&seven));
        stage.sync_is_empty();
        assert_eq!(stage.status(&seven_mail), Some(MemberStatus::Revoked));
    }
}

/// Not told is neither enabled nor disabled: nobody is invited on it, gets access back on it, or loses any by it.
#[test]
fn whose_state_is_not_told_is_neither_invited_nor_restored_nor_taken() {
    let server = Server::start(Options::new(tenant(12, 2))).expect("a stand-in");
    let stage = Stage::new("1");
    set_up(&stage, &server);
    stage.set("leavers.disabled", "revoke");
    stage.sync(2, 12);
    stage.everybody_confirms();
    stage.sync_quietly();
    let [(_, one), (_, two)] = [1, 2].map(|number| id(&server, number));
    server.change(|tenant| tenant.users[1].enabled = false);
    stage.ok(&["sync"]);
    assert_eq!(stage.status(&one), Some(MemberStatus::Revoked));

    // Enabled again as far as anybody could know, and nobody is told.
    server.change(|tenant| {
        tenant.users[1].enabled = true;
        tenant.users.push(User::new("00000000-0000-4000-8000-000000000099", "new@example.test"));
        let hidden: Vec<String> = [1, 2, 12].map(|it| tenant.users[it].id.clone()).into();
        tenant.states_hidden.extend(hidden);
    });
    for again in [false, true] {
        let output = stage.run(&["plan"]);
        let words = output.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("does not show whether the account is enabled"), "{words}");
        stage.ok(if again { &["sync", "--full"] } else { &["sync"] });
        assert_eq!(stage.status(&one), Some(MemberStatus::Revoked), "access is not given back");
        assert_eq!(stage.status(&two), Some(MemberStatus::Confirmed), "nor taken");
        assert_eq!(stage.status("new@example.test"), None, "nobody is invited");
    }
    server.change(|tenant| tenant.states_hidden.clear());
    stage.ok(&["sync"]);
    assert_eq!(stage.status(&one), Some(MemberStatus::Confirmed));
    assert_eq!(stage.status("new@example.test"), Some(MemberStatus::Invited));
}

/// Where nobody's state is told every read ends: doctor meets it, since it reads as well.
#[test]
fn doctor_says_that_nobodys_state_is_told() {
    let server = Server::start(Options::new(tenant(12, 2))).expect("a stand-in");
    let stage = Stage::new("1");
    set_up(&stage, &server);
    assert_eq!(stage.run(&["doctor"]).code, Some(0));
    server.change(|tenant| {
        let everybody: Vec<String> = tenant.users.iter().map(|it| it.id.clone()).collect();
        tenant.states_hidden.extend(everybody);
    });
    for command in ["plan", "doctor"] {
        let output = stage.run(&[command]);
        let said = format!("{}{}", output.stdout, output.stderr);
        assert!(output.code == Some(1) && said.contains("User.Read.All"), "{command}: {said}");
    }
}

#[test]
fn a_service_that_fails_removes_nobody_and_is_named() {
    let server = Server::start(Options::new(tenant(12, 2))).expect("a stand-in");
    let stage = Stage::new("1");
    set_up(&stage, &server);
    stage.sync(2, 12);
    stage.everybody_confirms();
    stage.sync_quietly();
    let refusal =
        "{\"error\":{\"code\":\"Authorization_RequestDenied\",\"message\":\"Insufficient privileges\"}}";
    server.faults().add(Rule::new("GET", "/v1.0/users/delta", Fault::Answer(Answer::json(403, refusal))));
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(1));
    assert!(
        output.stderr.contains("403") && output.stderr.contains("Insufficient privileges"),
        "{}",
        output.stderr
    );
    assert!(!output.stderr.contains("deltatoken"), "{}", output.stderr);
    server.heal();
    stage.sync_is_empty();
    assert!(stage.organization.members().iter().all(|it| it.status != MemberStatus::Revoked));
}

#[test]
fn guests_who_are_left_out_are_listed() {
    let mut tenant = tenant(6, 1);
    tenant.users[2].guest = true;
    let server = Server::start(Options::new(tenant)).expect("a stand-in");
    let stage = Stage::new("1");
    set_up(&stage, &server);
    assert!(stage.ok(&["test"]).contains("user2@example.test"));
    stage.set("entra.guests", "skip");
    assert!(!stage.ok(&["test"]).contains("user2@example.test"));
    let explained = stage.ok(&["test", "--explain"]);
    assert!(explained.contains("user2@example.test") && explained.contains("entra.guests"), "{explained}");
}

#[test]
fn a_managed_identity_needs_no_secret() {
    let options = Options { identity: Some("header-secret".to_owned()), ..Options::new(tenant(6, 1)) };
    let server = Server::start(options).expect("a stand-in");
    let stage = Stage::new("1");
    set_up(&stage, &server);
    stage.ok(&["config", "unset", "entra.key"]);
    stage.ok(&["config", "unset", "entra.applicationId"]);
    let incomplete = stage.run(&["test"]);
    assert_eq!(incomplete.stderr.trim(), "Directory configuration incomplete.");
    stage.set("entra.sign-in", "managed-identity");
    stage.set("entra.metadata-url", server.url());
    stage.sync(1, 6);
}

#[test]
fn a_certificate_comes_from_its_file() {
    let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/../engine/tests/suite/entra/keys");
    let certificate = bwdc_sandbox::cloud::graph::AppCertificate {
        der: std::fs::read(format!("{keys}/app.certificate.der")).expect("a certificate"),
        public_key: std::fs::read(format!("{keys}/app.public.der")).expect("a key"),
    };
    let options = Options { certificate: Some(certificate), ..Options::new(tenant(6, 1)) };
    let server = Server::start(options).expect("a stand-in");
    let stage = Stage::new("1");
    set_up(&stage, &server);
    stage.set("entra.sign-in", "certificate");
    stage.set("entra.key", "pfx-password");
    stage.set("entra.certificate", &format!("{keys}/modern.pfx"));
    stage.sync(1, 6);
    stage.set("entra.key", "another");
    let output = stage.run(&["test"]);
    assert!(output.code == Some(1) && output.stderr.contains("modern.pfx"), "{}", output.stderr);
    assert!(output.stderr.contains("entra.key") && !output.stderr.contains("another"), "{}", output.stderr);
}

#[test]
fn a_large_tenant_takes_few_requests_and_little_memory() {
    let spec = Spec { users: 20_000, groups: 2_000, members_per_group: 30, nested_every: 10, seed: 1 };
    let server = Server::start(Options::new(Tenant::generate(spec))).expect("a stand-in");
    let stage = Stage::new("1");
    set_up(&stage, &server);
    server.forget_requests();
    let mut command = stage.home.command(env!("CARGO_BIN_EXE_bwdc"), &["test"]);
    let output = stage.home.path().join("output");
    command.stdout(std::fs::File::create(&output).expect("a file"));
    let cost = bwdc_harness::measure::measure(&mut command).expect("the program runs");
    assert!(cost.status.success());
    let read: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&output).expect("a file")).expect("JSON");
    let count = |list: &str| read[list].as_array().map_or(0, Vec::len);
    assert_eq!((count("enabledUsers"), count("groups")), (20_000, 2_000));
    let requests = server.requests().len();
    eprintln!("{requests} requests, {:?}, {} MB", cost.cpu, cost.peak_resident / 1_000_000);
    assert!(requests <= 170, "{requests} requests");
    assert!(cost.peak_resident <= 100_000_000, "{} bytes", cost.peak_resident);
}

/// The tenant stays as it is, and limits are off: whatever were read in part would take somebody's access or membership.
#[test]
fn a_fault_at_any_request_takes_nothing_away() {
    let delta = DeltaHabits { page: 20, ..DeltaHabits::default() };
    let server = Server::start(Options { delta, ..Options::new(tenant(30, 3)) }).expect("a stand-in");
    let stage = Stage::new("1");
    set_up(&stage, &server);
    stage.sync(3, 30);
    stage.everybody_confirms();
    for (name, value) in [
        ("limits.off", "true"),
        ("leavers.gone", "remove"),
        ("leavers.out-of-scope", "remove"),
        ("leavers.vanished-groups", "delete"),
        ("time-limits.total", "2"),
    ] {
        stage.set(name, value);
    }
    stage.sync_quietly();
    let (members, memberships) = (stage.organization.members(), stage.memberships());
    for mode in [&["sync"][..], &["sync", "--full"]] {
        server.forget_requests();
        stage.ok(mode);
        let log = server.requests();
        let mut places: Vec<String> =
            log.iter().map(|it| it.path.split("token=").next().expect("a path").to_owned()).collect();
        places.sort();
        places.dedup();
        assert!(places.len() >= 4, "{places:?}");
        for place in places {
            for fault in [
                // An hour is more than the whole read may take: these are not tried again.
                Fault::Answer(Answer::empty(500).header("retry-after", "3600")),
                Fault::Answer(Answer::json(429, "{}").header("retry-after", "3600")),
                Fault::Answer(Answer::json(403, "{}")),
                Fault::CutAfterHandling,
            ] {
                server.heal();
                server.faults().add(Rule::new("*", &place, fault.clone()));
                stage.organization.clear_requests();
                let output = stage.run(mode);
                let what = format!("{mode:?}, {fault:?} at {place}: {}", output.stderr);
                // Tokens that cannot be minted are a matter of the next read.
                let minting = mode.len() > 1 && place.contains("/delta");
                assert_eq!(output.code, Some(i32::from(!minting)), "{what}");
                assert!(minting || output.stderr.contains("Microsoft Entra ID"), "{what}");
                let sent = stage.organization.requests();
                let reads = |it: &organization::RecordedRequest| {
                    it.method == "GET" || it.path.contains("/connect/token")
                };
                assert!(sent.iter().all(reads), "{what}");
                assert_eq!(
                    (stage.organization.members(), stage.memberships()),
                    (members.clone(), memberships.clone()),
                    "{what}"
                );
            }
        }
        server.heal();
        stage.ok(&["sync", "--full"]);
    }
}

#[test]
fn doctor_names_the_missing_permission() {
    let server = Server::start(Options::new(tenant(6, 1))).expect("a stand-in");
    let stage = Stage::new("1");
    set_up(&stage, &server);
    let refusal =
        "{\"error\":{\"code\":\"Authorization_RequestDenied\",\"message\":\"Insufficient privileges\"}}";
    server.faults().add(Rule::new("GET", "/v1.0/groups", Fault::Answer(Answer::json(403, refusal))));
    let output = stage.run(&["doctor"]);
    assert_eq!(output.code, Some(1), "{}", output.stdout);
    let said = format!("{}{}", output.stdout, output.stderr);
    assert!(said.contains("GroupMember.Read.All") && !said.contains("AdministrativeUnit"), "{said}");
}
