//! Google Workspace with a service account's key file.

use super::Stage;
use bwdc_sandbox::cloud::google::{Group, Member, MemberKind, Options, Server, Tenant, User};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::organization::MemberStatus;
use std::fs;

/// An installation that reads the stand-in, set up as an administrator does it.
fn stage(server: &Server) -> Stage {
    let stage = Stage::new("2");
    for (name, value) in [
        ("gsuite.adminUser", "admin@example.test"),
        ("gsuite.customer", "my_customer"),
        ("google.token-url", &server.token_url()),
        ("google.api-url", server.url()),
    ] {
        stage.set(name, value);
    }
    // Last: a stored key counts for this service account, customer and domain.
    let file = stage.home.data_folder().join("service-account.json");
    fs::write(&file, server.key_file()).expect("a key file");
    stage.ok(&["config", "set", "gsuite.key-file", file.to_str().expect("a path")]);
    fs::remove_file(file).expect("the key file is not needed any more");
    for (name, value) in [
        ("limits.removals-percent", "50"),
        ("limits.memberships-percent", "50"),
        ("leavers.out-of-scope", "revoke"),
    ] {
        stage.ok(&["config", "set", name, value]);
    }
    stage
}

fn user(number: usize) -> MemberKind {
    MemberKind::User(User::new(number).id)
}

fn is_revoked(stage: &Stage, number: usize) -> bool {
    stage.status(&format!("person{number}@example.test")) == Some(MemberStatus::Revoked)
}

#[test]
fn joiners_and_leavers_of_every_kind_follow() {
    let group = |number: usize| Group::new(number).id;
    let mut tenant = Tenant::generate(30, 5, 3);
    tenant.groups[1].members.push(Member::new(MemberKind::Group(group(0))));
    tenant.groups[4].members = vec![Member::new(MemberKind::Customer)];
    let server = Server::start(Options::new(tenant)).expect("a stand-in");
    let stage = stage(&server);
    stage.sync(5, 30);
    assert_eq!(stage.memberships()[&group(1)].len(), 6, "groups within groups are flat");
    assert_eq!(stage.memberships()[&group(4)].len(), 30);
    let pushed = stage.organization.member("person7@example.test").and_then(|it| it.external_id);
    assert_eq!(pushed, Some(User::new(7).id), "the external id is Google's id");
    stage.everybody_confirms();
    stage.sync_quietly();

    // A joiner, one whose address changes, one in another group.
    server.change(|tenant| {
        tenant.users.push(User::new(30));
        tenant.user(8).primary_email = "renamed@example.test".to_owned();
        tenant.groups[2].members.push(Member { kind: user(29), role: "OWNER" });
    });
    stage.sync_quietly();
    assert!(stage.status("person30@example.test").is_some());
    assert_eq!(stage.memberships()[&group(2)].len(), 4);
    assert_eq!(stage.memberships()[&group(4)].len(), 31);

    // Suspended, archived, deleted, gone without a trace, out of scope.
    server.change(|tenant| {
        tenant.user(10).suspended = true;
        tenant.user(11).archived = true;
        tenant.user(12).deleted = true;
        tenant.users.retain(|user| user.id != User::new(13).id);
        tenant.user(14).org_unit_path = "/Interns".to_owned();
    });
    stage.set("sync.userFilter", "excludeOrgUnit:/Interns");
    stage.sync_quietly();
    for number in 10..15 {
        assert!(is_revoked(&stage, number), "person{number}");
    }
    assert!(!is_revoked(&stage, 15));

    // Everybody comes back.
    server.change(|tenant| {
        for number in [10, 11, 12] {
            let user = tenant.user(number);
            (user.suspended, user.archived, user.deleted) = (false, false, false);
        }
        tenant.user(14).org_unit_path = "/".to_owned();
    });
    stage.sync_quietly();
    for number in [10, 11, 12, 14] {
        assert!(!is_revoked(&stage, number), "person{number}");
    }
}

/// Google shows suspended people as members that are not active: a filter that names their group still means them.
#[test]
fn who_is_suspended_is_neither_out_of_scope_nor_let_in_by_it() {
    let mut tenant = Tenant::generate(12, 2, 0);
    tenant.groups[0].members = (0..6).map(|number| Member::new(user(number))).collect();
    tenant.groups[1].members = (4..6).map(|number| Member::new(user(number))).collect();
    let server = Server::start(Options::new(tenant)).expect("a stand-in");
    let stage = stage(&server);
    stage.set("leavers.out-of-scope", "keep");
    stage.set("sync.userFilter", "includeGroup:group0@example.test|excludeGroup:group1@example.test");
    stage.sync(2, 4);
    stage.everybody_confirms();
    stage.sync_quietly();
    server.change(|tenant| {
        tenant.user(1).suspended = true;
        tenant.user(5).suspended = true;
    });
    stage.sync_quietly();
    assert!(is_revoked(&stage, 1), "an employee who was suspended");
    assert_eq!(stage.status("person5@example.test"), None, "somebody of a group that is left out");
}

#[test]
fn the_key_is_kept_where_secrets_are_and_a_wrong_file_changes_nothing() {
    let server = Server::start(Options::new(Tenant::generate(8, 2, 3))).expect("a stand-in");
    let stage = stage(&server);
    stage.sync(2, 8);
    let stored = fs::read_to_string(stage.home.data_json_path()).expect("settings");
    assert!(!stored.contains("PRIVATE KEY") && stored.contains(server.client_email()), "{stored}");

    let file = stage.home.data_folder().join("other.json");
    for (text, said) in [
        ("{\"installed\":{}}", "no key file of a service account"),
        (r#"{"type":"authorized_user","client_email":"a@x.test"}"#, "`authorized_user`"),
        (r#"{"client_email":"a@x.test","private_key":"hunter2"}"#, "`private_key` in it cannot be used"),
    ] {
        fs::write(&file, text).expect("a file");
        let refused = stage.run(&["config", "set", "gsuite.key-file", file.to_str().expect("a path")]);
        assert_eq!(refused.code, Some(1));
        assert!(refused.stderr.contains(said) && !refused.stderr.contains("hunter2"), "{}", refused.stderr);
    }
    assert_eq!(stage.ok(&["config", "get", "gsuite.clientEmail"]).trim(), server.client_email());
    // The secret alone may be given as the file, too.
    fs::write(&file, server.key_file()).expect("a key file");
    stage.ok(&["config", "unset", "gsuite.clientEmail"]);
    stage.ok(&["config", "gsuite.key", "--secretfile", file.to_str().expect("a path")]);
    stage.sync_quietly();
}

/// Every request of a sync is taken from the stand-in's log and disturbed for good: one error, and nobody loses anything,
/// although there is something that could be taken away.
#[test]
fn a_fault_at_any_request_removes_nobody() {
    let mut tenant = Tenant::generate(520, 2, 3);
    tenant.groups[0].members = (0..210).map(|number| Member::new(user(number))).collect();
    let server = Server::start(Options { quota: 1_000_000, ..Options::new(tenant) }).expect("a stand-in");
    let stage = stage(&server);
    stage.ok(&["sync"]);
    stage.everybody_confirms();
    for name in ["leavers.disabled", "leavers.gone", "leavers.out-of-scope"] {
        stage.set(name, "remove");
    }
    stage.sync_quietly();
    server.forget_requests();
    stage.ok(&["sync"]);
    let requests = server.requests();
    assert_eq!(requests.len(), 1 + 2 + 1 + 1 + 3, "{requests:?}");
    server.change(|tenant| {
        tenant.user(500).suspended = true;
        tenant.groups[1].members.pop();
    });
    let before = (stage.organization.members(), stage.memberships());
    // What is tried again is tried once: a second of patience would be doubled beyond this.
    stage.set("time-limits.total", "2");
    let refusal = |reason: &str| {
        format!(r#"{{"error":{{"code":403,"message":"{reason}","errors":[{{"reason":"{reason}"}}]}}}}"#)
    };
    let faults = [
        // An hour is more than the whole read may take: these are not tried again.
        Fault::Answer(Answer::empty(500).header("retry-after", "3600")),
        Fault::Answer(Answer::json(429, "{}").header("retry-after", "3600")),
        Fault::Answer(Answer::json(403, &refusal("quotaExceeded")).header("retry-after", "3600")),
        Fault::Answer(Answer::json(403, &refusal("forbidden"))),
        Fault::Answer(Answer::json(401, &refusal("authError"))),
        Fault::Answer(Answer::json(404, &refusal("notFound"))),
        Fault::Answer(Answer::json(200, r#"{"kind":"admin#directory#somethings"}"#)),
        Fault::CutAfterHandling,
        Fault::TruncateBody(9),
    ];
    for path in &requests {
        let method = if path == "/token" { "POST" } else { "GET" };
        for fault in &faults {
            server.faults().clear();
            server.faults().add(Rule::new(method, path, fault.clone()));
            stage.organization.clear_requests();
            let failed = stage.run(&["sync"]);
            let what = format!("{fault:?} at {path}");
            assert_eq!(failed.code, Some(1), "{what}");
            assert!(failed.stderr.contains("Google Workspace"), "{what}: {}", failed.stderr);
            assert!(!failed.stderr.contains("PRIVATE KEY"), "{what}: {}", failed.stderr);
            let sent = stage.organization.requests();
            assert!(sent.iter().all(|it| it.method == "GET" || it.path.contains("/connect/token")), "{what}");
            assert!((stage.organization.members(), stage.memberships()) == before, "{what}");
        }
    }
    // As soon as Google is well again, what changed is done.
    server.faults().clear();
    stage.ok(&["config", "unset", "time-limits.total"]);
    stage.sync_quietly();
    assert_eq!(stage.organization.members().len(), before.0.len() - 1);
    assert_eq!(stage.status("person500@example.test"), None);
    assert_eq!(stage.memberships()[&Group::new(1).id].len(), 2);
}

#[test]
fn doctor_names_what_is_missing() {
    let mut options = Options::new(Tenant::generate(3, 1, 1));
    let scope = options.delegated.remove(1);
    let server = Server::start(options).expect("a stand-in");
    let looked = stage(&server).run(&["doctor"]);
    let said = format!("{}{}", looked.stdout, looked.stderr);
    assert!(said.contains(&scope) && said.contains("Domain-wide delegation"), "{said}");
    let disabled = Options { api_enabled: false, ..Options::new(Tenant::generate(3, 1, 1)) };
    let server = Server::start(disabled).expect("a stand-in");
    let looked = stage(&server).run(&["doctor"]);
    let said = format!("{}{}", looked.stdout, looked.stderr);
    assert!(said.contains("Enable the Admin SDK API"), "{said}");
    assert!(!said.contains("PRIVATE KEY"), "{said}");
}

#[test]
fn what_is_missing_is_named() {
    let server = Server::start(Options::new(Tenant::generate(3, 1, 1))).expect("a stand-in");
    let stage = stage(&server);
    stage.ok(&["config", "unset", "gsuite.adminUser"]);
    assert_eq!(stage.run(&["sync"]).stderr.trim(), "Directory configuration incomplete.");
    stage.set("gsuite.adminUser", "nobody@example.test");
    let refused = stage.run(&["sync"]);
    assert!(refused.stderr.contains("Invalid email"), "{}", refused.stderr);
    assert!(refused.stderr.contains("Name an active administrator"), "{}", refused.stderr);
    stage.set("gsuite.adminUser", "admin@example.test");
    let refused = stage.run(&["config", "sync.userFilter", "includes:a"]);
    assert!(refused.stderr.contains("`includes` at position 1"), "{}", refused.stderr);
}
