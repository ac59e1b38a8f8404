//! OneLogin by both versions of its API.

use super::Stage;
use bwdc_sandbox::cloud::onelogin::{Options, Server, Tenant};
use bwdc_sandbox::organization::MemberStatus;

pub(super) fn stage(server: &Server, version: &str) -> Stage {
    let stage = Stage::new("4");
    for (name, value) in [
        ("onelogin.clientId", server.client_id()),
        ("onelogin.url", server.url()),
        ("onelogin.api-version", version),
        ("onelogin.secret", server.client_secret()),
    ] {
        stage.set(name, value);
    }
    stage.ok(&["config", "set", "limits.removals-percent", "50"]);
    stage
}

#[test]
fn people_roles_and_leavers_follow() {
    for version in ["1", "2"] {
        let server = Server::start(Options::new(Tenant::generate(30, 4, 3))).expect("a stand-in");
        let stage = stage(&server, version);
        stage.sync(4, 30);
        stage.everybody_confirms();
        stage.sync_quietly();
        assert_eq!(stage.memberships()["500001"].len(), 3);

        let now = server.now();
        server.forget_requests();
        server.change(|tenant| {
            tenant.users[5].status = 2;
            tenant.users[5].updated_at.clone_from(&now);
            tenant.roles[1].users.pop();
        });
        stage.sync(4, 30);
        // The second version tells who changed.
        assert_eq!(server.requests().iter().any(|it| it.contains("updated_since=")), version == "2");
        assert_eq!(stage.memberships()["500001"].len(), 2, "version {version}");
        assert_eq!(
            stage.status("person5@example.test"),
            Some(MemberStatus::Revoked),
            "a new installation revokes"
        );

        // Somebody is deleted: OneLogin keeps no trace, the ledger asks for the id.
        server.change(|tenant| {
            tenant.users.retain(|user| user.email.as_deref() != Some("person9@example.test"));
        });
        stage.sync_quietly();
        assert_eq!(stage.status("person9@example.test"), Some(MemberStatus::Revoked), "version {version}");
        stage.sync_quietly();
    }
}

#[test]
fn what_is_missing_is_named_and_a_lost_right_removes_nobody() {
    let server = Server::start(Options::new(Tenant::generate(12, 1, 3))).expect("a stand-in");
    let stage = stage(&server, "2");
    stage.sync(1, 12);
    stage.everybody_confirms();
    stage.ok(&["config", "onelogin.secret", "n0nsense"]);
    let refused = stage.run(&["sync"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("OneLogin answered 401"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("n0nsense"), "{}", refused.stderr);
    assert!(stage.organization.members().iter().all(|it| it.status != MemberStatus::Revoked));
    stage.ok(&["config", "unset", "onelogin.clientId"]);
    let incomplete = stage.run(&["sync"]);
    assert_eq!(incomplete.stderr.trim(), "Directory configuration incomplete.");
    // Nothing was forgotten over it: the ledger still knows whom it manages.
    stage.ok(&["config", "onelogin.clientId", server.client_id()]);
    stage.ok(&["config", "onelogin.secret", server.client_secret()]);
    server.change(|tenant| drop(tenant.users.remove(5)));
    stage.ok(&["sync"]);
    assert_eq!(stage.status("person5@example.test"), Some(MemberStatus::Revoked));
}
