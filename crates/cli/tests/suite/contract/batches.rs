//! Large imports: the batches of `sync.largeImport`, and what another organization or directory makes of the cursors.

use crate::contract::stage::{ADA, BOB, NIGHT, STAFF, Stage, assert_answer, assert_failure};
use serde_json::{Value, json};
use std::fmt::Write as _;

const BATCH: usize = 2_000;

fn uid(number: usize) -> String {
    format!("uid=p{number:04},ou=People,dc=example,dc=test")
}

/// More people than a batch holds, and limits that let them in.
fn large() -> Stage {
    let stage = Stage::signed_in();
    stage.connector_toml("[limits]\ninvitations = 5000\ninvitations-percent = 100000\n");
    for number in 0..BATCH {
        let mut entry = format!("dn: {}\nobjectClass: person\nobjectClass: inetOrgPerson\n", uid(number));
        let _ =
            write!(entry, "uid: p{number:04}\ncn: p{number:04}\nsn: x\nmail: p{number:04}@example.test\n");
        stage.directory.add(&entry).expect("an entry");
    }
    stage.directory.add_value(NIGHT, "member", uid(BATCH - 1)).expect("a member");
    stage.change(|data| data["sync"]["largeImport"] = json!(true));
    stage.organization.clear_requests();
    stage
}

#[test]
fn more_than_two_thousand_entries_go_in_batches_members_first() {
    let stage = large();
    let output = stage.run(&["sync"]);
    assert_answer(&output, "Syncing complete.\nSynced 2 group(s) and 2002 user(s).\n");
    let requests = stage.organization.requests();
    let bodies: Vec<Value> = requests
        .iter()
        .filter(|it| it.path.ends_with("/public/organization/import"))
        .map(|it| serde_json::from_str(&it.body).expect("JSON"))
        .collect();
    let sizes =
        |key: &str| bodies.iter().map(|it| it[key].as_array().expect("a list").len()).collect::<Vec<_>>();
    assert_eq!(sizes("members"), [BATCH, 2, 0]);
    assert_eq!(sizes("groups"), [0, 0, 2]);
    for body in &bodies {
        assert_eq!(
            (&body["overwriteExisting"], &body["largeImport"], &body["inviteUsersAfterProvisioning"]),
            (&json!(false), &json!(true), &json!(false))
        );
    }
    assert_eq!(
        bodies[0]["members"][0],
        json!({ "email": "ada@example.test", "externalId": ADA, "deleted": false })
    );
    assert_eq!(
        bodies[2]["groups"],
        json!([
            { "name": "Night", "externalId": NIGHT, "memberExternalIds": [BOB, uid(BATCH - 1)] },
            { "name": "Staff", "externalId": STAFF, "memberExternalIds": [ADA, BOB] }
        ])
    );

    stage.organization.clear_requests();
    assert_answer(&stage.run(&["sync"]), "Syncing complete.\nSynced 0 group(s) and 0 user(s).\n");
    assert_eq!(stage.changes(), [""; 0]);
}

#[test]
fn a_large_import_cannot_remove_and_re_add_in_the_first_run_or_a_later_one() {
    let stage = large();
    let overwrite = |on: bool| stage.change(|data| data["sync"]["overwriteExisting"] = json!(on));
    let message = "You cannot use the 'Remove and re-add organization users during the next sync' option with large imports.\n";
    overwrite(true);
    assert_failure(&stage.run(&["sync"]), message);
    assert_eq!(stage.changes(), [""; 0]);

    overwrite(false);
    assert_eq!(stage.run(&["sync"]).code, Some(0));
    stage.organization.clear_requests();
    overwrite(true);
    assert_failure(&stage.run(&["sync"]), message);
    assert_eq!(stage.changes(), [""; 0]);
}

const CURSORS: [&str; 4] = ["userDeltaToken", "groupDeltaToken", "lastUserSync", "lastGroupSync"];

/// Leaves what a sync of an organization leaves.
fn with_cursors(stage: &Stage, organization: &str) {
    stage.change(|data| {
        data["organizationId"] = json!(organization);
        data["userDeltaToken"] = json!("of the people");
        data["groupDeltaToken"] = json!("of the groups");
        data["lastUserSync"] = json!("2026-11-20T13:18:40.171Z");
        data["lastGroupSync"] = json!("2026-11-20T13:18:40.171Z");
    });
}

fn cursors(stage: &Stage) -> usize {
    let data = stage.home.data_json().expect("settings");
    CURSORS.iter().filter(|key| !data[**key].is_null()).count()
}

#[test]
fn another_organization_clears_cursors_and_times_and_the_same_one_keeps_them() {
    for (other, left) in [(false, 4), (true, 0)] {
        let stage = Stage::signed_out();
        let id = stage.organization.organization_id();
        with_cursors(&stage, if other { "5f6a2c7e-3f0b-4a0e-9a57-b0f3f3a5b001" } else { &id });
        assert_answer(&stage.log_in(), "You are logged in!\n");
        assert_eq!(cursors(&stage), left, "another organization: {other}");
        assert_eq!(stage.home.data_json().expect("settings")["organizationId"], json!(id));
    }
}

#[test]
fn another_directory_clears_cursors_and_times_and_the_same_one_keeps_them() {
    let stage = Stage::signed_in();
    let id = stage.organization.organization_id();
    for (number, left) in [("0", 4), ("1", 0)] {
        with_cursors(&stage, &id);
        assert_answer(&stage.run(&["config", "directory", number]), "Saved setting `directory`.\n");
        assert_eq!(cursors(&stage), left, "directory {number}");
    }
    assert_answer(&stage.run(&["last-sync", "users"]), "");
    let never = "{\"success\":true,\"data\":{\"object\":\"string\",\"data\":null}}\n";
    assert_answer(&stage.run(&["last-sync", "users", "--response"]), never);
}
