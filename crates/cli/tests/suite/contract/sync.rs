//! `bwdc test`, `plan` and `sync` between a directory and an organization.

use crate::contract::stage::{ADA, BOB, NIGHT, STAFF, Stage, assert_answer, assert_failure};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn test_object() -> String {
    [
        r#"{"groups":["#,
        &format!(r#"{{"externalId":"{NIGHT}","displayName":"Night","userIds":["{BOB}"]}},"#),
        &format!(r#"{{"externalId":"{STAFF}","displayName":"Staff","userIds":["{ADA}","{BOB}"]}}],"#),
        &format!(r#""enabledUsers":[{{"externalId":"{ADA}","displayName":"ada@example.test"}},"#),
        &format!(r#"{{"externalId":"{BOB}","displayName":"bob@example.test"}}],"#),
        r#""disabledUsers":[],"deletedUsers":[],"object":"test"}"#,
    ]
    .concat()
}

#[test]
fn a_test_prints_the_directory_and_changes_nothing() {
    let stage = Stage::signed_in();
    let before = stage.data_bytes();
    stage.organization.clear_requests();
    assert_answer(&stage.run(&["test"]), &format!("{}\n", test_object()));
    assert_answer(&stage.run(&["test", "--last"]), &format!("{}\n", test_object()));
    assert_answer(
        &stage.run(&["test", "--response"]),
        &format!("{{\"success\":true,\"data\":{}}}\n", test_object()),
    );
    let value: Value = serde_json::from_str(&test_object()).unwrap();
    assert_answer(&stage.run(&["--pretty", "test"]), &format!("{value:#}\n"));
    assert_answer(&stage.run(&["test", "--quiet"]), "");
    assert!(stage.organization.requests().is_empty());
    assert_eq!(stage.data_bytes(), before);
}

#[test]
fn a_second_sync_sends_nothing() {
    let stage = Stage::signed_in();
    assert_answer(&stage.run(&["last-sync", "users"]), "");
    assert_answer(&stage.run(&["sync"]), "Syncing complete.\nSynced 2 group(s) and 2 user(s).\n");
    assert_eq!(stage.changes(), ["POST /api/public/organization/import"]);
    let members = stage.organization.membership_by_external_ids();
    let people = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(members[STAFF], people(&[ADA, BOB]));
    assert_eq!(members[NIGHT], people(&[BOB]));
    for kind in ["users", "groups"] {
        let time = stage.run(&["last-sync", kind]).stdout;
        assert!(time.len() == 25 && time.ends_with("Z\n") && time.starts_with("20"), "{time}");
    }

    stage.organization.clear_requests();
    assert_answer(&stage.run(&["sync"]), "Syncing complete.\nSynced 0 group(s) and 0 user(s).\n");
    assert_eq!(stage.changes(), [""; 0]);
    assert_answer(
        &stage.run(&["sync", "--response"]),
        "{\"success\":true,\"data\":{\"noColor\":false,\"object\":\"message\",\"title\":\"Syncing complete.\",\"message\":\"Synced 0 group(s) and 0 user(s).\"}}\n",
    );
    assert_answer(&stage.run(&["sync", "--raw"]), "");
    assert_eq!(stage.changes(), [""; 0]);
}

#[test]
fn a_plan_shows_each_change_with_its_cause_and_sends_nothing() {
    let stage = Stage::signed_in();
    stage.organization.clear_requests();
    let output = stage.run(&["plan", "--detailed-exitcode"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(2), ""));
    for line in [
        "Within the limits: `bwdc sync` would carry out 4 changes.",
        "  + 2 people are invited by e-mail",
        "  + 2 groups are created",
        "New members, invited by e-mail (2): new in the directory",
        "  + ada@example.test",
        "  + bob@example.test",
        "New and changed groups (2): new in the directory",
        "  + Night with 1 member",
        "  + Staff with 2 members",
        "The directory lists 2 people and 2 groups.",
        "Within the limits: `bwdc sync` would carry this out.",
    ] {
        assert!(output.stdout.lines().any(|it| it == line), "{line}\n{}", output.stdout);
    }
    assert_eq!(stage.run(&["plan"]).code, Some(0));
    assert_eq!(stage.changes(), [""; 0]);

    assert_eq!(stage.run(&["sync", "--detailed-exitcode"]).code, Some(2));
    assert_eq!(stage.run(&["sync", "--detailed-exitcode"]).code, Some(0));
    let output = stage.run(&["plan", "--detailed-exitcode"]);
    assert_eq!((output.code, output.stdout.lines().last()), (Some(0), Some("Nothing to do.")));
}

#[test]
fn a_plan_in_json_carries_changes_and_verdict() {
    let stage = Stage::signed_in();
    let output = stage.run(&["plan", "--response"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let plan: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(plan["success"], json!(true));
    let data = &plan["data"];
    assert_eq!((&data["object"], &data["allowed"]), (&json!("plan"), &json!(true)));
    assert_eq!(data["refusals"], json!([]));
    let actions: Vec<_> = data["changes"].as_array().unwrap().iter().map(|it| &it["action"]).collect();
    assert_eq!(actions, ["invite", "invite", "createGroup", "createGroup"]);
}

#[test]
fn a_directory_that_turned_empty_is_refused_in_words() {
    let stage = Stage::signed_in();
    assert_eq!(stage.run(&["sync"]).code, Some(0));
    for dn in [STAFF, NIGHT, ADA, BOB] {
        stage.directory.delete(dn).unwrap();
    }
    stage.organization.clear_requests();
    let before = stage.data_bytes();
    let output = stage.run(&["sync"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    for part in [
        "nothing was sent",
        "2 managed members",
        "set limits.allow-empty-directory true`",
        "`bwdc approve 2`",
    ] {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
    let output = stage.run(&["sync", "--response"]);
    let failure: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.code, &failure["kind"]), (Some(1), &json!("refused")));
    assert!(output.stdout.starts_with("{\"success\":false,\"message\":\"The run was refused"));
    assert_eq!(stage.run(&["sync", "--detailed-exitcode"]).code, Some(3));
    assert_eq!(stage.run(&["sync", "--detailed-exitcode", "--cleanexit"]).code, Some(0));
    let output = stage.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(output.code, Some(3));
    assert!(output.stdout.contains("Refused: `bwdc sync` would send nothing."), "{}", output.stdout);
    assert_eq!(stage.changes(), [""; 0]);
    assert_eq!(stage.data_bytes(), before);
}

#[test]
fn addresses_that_several_people_have_stop_everything() {
    let stage = Stage::signed_in();
    stage.directory.modify(BOB, "mail", ["ADA@example.test"]).unwrap();
    let text =
        "Emails must be unique. Multiple entries pulled with the following emails:\nada@example.test\n";
    assert_failure(&stage.run(&["test"]), text);
    assert_failure(&stage.run(&["sync"]), text);
    assert_eq!(stage.changes(), [""; 0]);
}

/// The external ids of members and groups by address and name.
fn external_ids(stage: &Stage) -> std::collections::BTreeMap<String, String> {
    let members = stage.organization.members().into_iter().map(|it| (it.email, it.external_id));
    let groups = stage.organization.groups().into_iter().map(|it| (it.name, it.external_id));
    members.chain(groups).map(|(name, id)| (name, id.unwrap_or_default())).collect()
}

#[test]
fn another_id_attribute_makes_nobody_new() {
    let stage = Stage::signed_in();
    assert_answer(&stage.run(&["sync"]), "Syncing complete.\nSynced 2 group(s) and 2 user(s).\n");
    let before = external_ids(&stage);
    assert_answer(
        &stage.run(&["config", "ldap.id-attribute", "entryuuid"]),
        "Saved setting `ldap.id-attribute`.\n",
    );
    for _ in 0..2 {
        stage.organization.clear_requests();
        let output = stage.run(&["sync"]);
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{}", output.stdout);
    }
    assert_eq!(stage.changes(), [""; 0], "run again with nothing new");
    let after = external_ids(&stage);
    assert_eq!(after.len(), before.len(), "{after:?}");
    for address in ["ada@example.test", "bob@example.test"] {
        assert_eq!(after[address], before[address]);
    }
    assert_eq!(stage.organization.membership_by_external_ids()[&after["Staff"]].len(), 2);

    let newcomer = "dn: uid=cid,ou=People,dc=example,dc=test\nobjectClass: inetOrgPerson\nobjectClass: person\nuid: cid\n\
                    cn: Cid\nsn: C\nmail: cid@example.test\n";
    stage.directory.add(newcomer).expect("an entry");
    let output = stage.run(&["sync"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{}", output.stdout);
    let id = &external_ids(&stage)["cid@example.test"];
    assert!(id.len() == 36 && !id.contains('='), "{id}");
}

#[test]
fn another_id_attribute_and_a_lost_ledger_make_nobody_new_either() {
    let stage = Stage::signed_in();
    assert_answer(&stage.run(&["sync"]), "Syncing complete.\nSynced 2 group(s) and 2 user(s).\n");
    let members = |stage: &Stage| {
        stage.organization.members().into_iter().map(|it| (it.id, it.email)).collect::<BTreeSet<_>>()
    };
    let before = members(&stage);
    assert_answer(
        &stage.run(&["config", "ldap.id-attribute", "entryUUID"]),
        "Saved setting `ldap.id-attribute`.\n",
    );
    std::fs::remove_file(stage.home.data_folder().join("connector.db")).expect("a ledger");
    for _ in 0..3 {
        stage.organization.clear_requests();
        let output = stage.run(&["sync"]);
        assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    }
    assert_eq!(stage.changes(), [""; 0], "run again with nothing new");
    assert_eq!(members(&stage), before);
    let after = external_ids(&stage);
    assert!(["ada@example.test", "bob@example.test"].iter().all(|it| after[*it].len() == 36), "{after:?}");
    let staff = &stage.organization.membership_by_external_ids()[&after["Staff"]];
    assert_eq!(staff.len(), 2, "{staff:?}");
}
