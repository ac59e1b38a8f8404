//! Okta with a token, and as a service app.

use super::Stage;
use bwdc_sandbox::cloud::okta::{Options, Server, ServiceApp, Tenant};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::organization::MemberStatus;

const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../engine/tests/suite/okta/keys/rsa.pem");
const PUBLIC: &str = include_str!("../../../../engine/tests/suite/okta/keys/rsa.public.jwk");

#[test]
fn people_groups_and_leavers_follow_by_what_changed() {
    let server = Server::start(Options::new(Tenant::generate(30, 4, 3))).expect("a stand-in");
    let stage = Stage::new("3");
    stage.set("okta.url", server.url());
    stage.set("okta.token", server.token());
    stage.sync(4, 30);
    stage.everybody_confirms();
    stage.sync_quietly();
    server.forget_requests();
    stage.sync_is_empty();
    let requests = server.requests();
    assert_eq!(requests.len(), 3, "nothing changed: {requests:?}");

    let now = server.now();
    server.change(|tenant| {
        tenant.groups[1].members.pop();
        tenant.groups[1].last_membership_updated.clone_from(&now);
        tenant.users[5].status = "DEPROVISIONED".to_owned();
        tenant.users[5].last_updated.clone_from(&now);
    });
    server.forget_requests();
    stage.ok(&["sync"]);
    let requests = server.requests();
    // The lists, the group that changed, and who left the last group.
    assert_eq!(requests.len(), 3 + 1 + 1, "{requests:?}");
    assert_eq!(stage.memberships()["00g00000000000000001"].len(), 2);
    assert_eq!(
        stage.status("person5@example.test"),
        Some(MemberStatus::Revoked),
        "a new installation revokes"
    );
    stage.sync_quietly();

    server.forget_requests();
    stage.ok(&["sync", "--full"]);
    assert!(server.requests().len() > 4, "everything is read when asked for");
    // `plan` reads everything and keeps nothing.
    assert!(
        stage.ok(&["plan"]).contains("Nothing to do")
            || stage.run(&["plan", "--detailed-exitcode"]).code == Some(0)
    );
}

/// Asked for by its id: what a filter hides is there, and what is not told of is not gone.
#[test]
fn only_a_group_that_is_gone_is_deleted() {
    let server = Server::start(Options::new(Tenant::generate(6, 4, 3))).expect("a stand-in");
    let stage = Stage::new("3");
    stage.set("okta.url", server.url());
    stage.set("okta.token", server.token());
    stage.set("leavers.vanished-groups", "delete");
    stage.sync(4, 6);
    stage.everybody_confirms();
    stage.sync_quietly();
    let names: Vec<String> = stage.organization.groups().into_iter().map(|it| it.name).collect();
    let kept = names.iter().filter(|it| **it != names[0]).cloned().collect::<Vec<_>>().join(",");
    stage.set("sync.groupFilter", &format!("include:{kept}"));
    let planned = stage.ok(&["plan"]);
    assert!(planned.contains("no longer selected, but still in the directory"), "{planned}");
    stage.sync_quietly();
    assert_eq!(stage.memberships().len(), 4, "a filter hides it");

    let mut gone = String::new();
    server.change(|tenant| gone = tenant.groups.remove(0).id);
    let path = format!("/api/v1/groups/{gone}");
    server.faults().add(Rule::new("GET", &path, Fault::Answer(Answer::json(403, "{}"))));
    assert!(stage.ok(&["plan"]).contains("nobody knows whether it still exists"));
    stage.sync_quietly();
    assert_eq!(stage.memberships().len(), 4, "Okta does not tell");
    server.faults().clear();
    stage.ok(&["sync"]);
    assert_eq!(stage.memberships().len(), 3);
    assert!(!stage.memberships().contains_key(&gone));
    stage.sync_quietly();
}

#[test]
fn a_service_app_reads_with_its_key_from_a_file() {
    let mut app = ServiceApp::new("0oa1sandboxapp", serde_json::from_str(PUBLIC).expect("a key"));
    app.wants_proof = true;
    let options = Options { service_app: Some(app), ..Options::new(Tenant::generate(8, 2, 3)) };
    let server = Server::start(options).expect("a stand-in");
    let stage = Stage::new("3");
    stage.set("okta.url", server.url());
    stage.set("okta.client-id", "0oa1sandboxapp");
    stage.set("okta.key-id", "key-1");
    stage.ok(&["config", "okta.token", "--secretfile", KEY]);
    stage.sync(2, 8);
    let members = stage.organization.members();
    assert_eq!(members.iter().filter(|it| it.external_id.is_some()).count(), 8);
    let stored = std::fs::read_to_string(stage.home.data_json_path()).expect("settings");
    assert!(!stored.contains("PRIVATE KEY"), "{stored}");
}
