//! Clauses of the contract that stand in no other file: each expectation is a sentence of it.

use crate::contract::stage::{ADA, BOB, NIGHT, STAFF, Stage, assert_answer, assert_failure, run};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bwdc_harness::home::Home;
use bwdc_sandbox::organization::{Official, Options};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fs;

#[test]
fn the_short_option_of_a_test_is_the_long_one() {
    let stage = Stage::signed_in();
    let output = stage.run(&["test", "-l"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stdout.starts_with("{\"groups\":[") && output.stdout.ends_with(",\"object\":\"test\"}\n"));
    assert_eq!(output.stdout, stage.run(&["test", "--last"]).stdout);
}

#[test]
fn version_and_help_stand_before_or_after_the_command() {
    let home = Home::new().unwrap();
    let version = concat!(env!("CARGO_PKG_VERSION"), "\n");
    for option in ["-v", "--version"] {
        for arguments in [[option, "sync"], ["sync", option]] {
            assert_answer(&run(&home, &arguments), version);
        }
    }
    for option in ["-h", "--help"] {
        for arguments in [[option, "sync"], ["sync", option]] {
            let output = run(&home, &arguments);
            assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{arguments:?}");
            assert!(output.stdout.contains("Usage: bwdc"), "{arguments:?}: {}", output.stdout);
        }
    }
    let help = run(&home, &["help"]).stdout;
    for command in [
        "login",
        "logout",
        "test",
        "sync",
        "last-sync",
        "config",
        "data-file",
        "clear-cache",
        "update",
        "help",
    ] {
        assert!(help.lines().any(|it| it.trim_start().split(' ').next() == Some(command)), "{command}");
        let own = run(&home, &["help", command]);
        assert_eq!((own.code, own.stderr.as_str()), (Some(0), ""), "{command}");
        for line in own.stdout.lines().chain(help.lines()) {
            assert!(line.chars().count() <= 80, "{command}: {line}");
        }
    }
}

/// `--raw` is about messages only.
#[test]
fn raw_leaves_strings_and_tests_as_they_are() {
    let stage = Stage::signed_in();
    for arguments in [&["data-file"][..], &["last-sync", "users"], &["test"]] {
        let plain = stage.run(arguments);
        assert_eq!((plain.code, plain.stderr.as_str()), (Some(0), ""));
        assert_eq!(stage.run(&[arguments, &["--raw"]].concat()), plain, "{arguments:?}");
    }
}

#[test]
fn three_shared_addresses_are_all_there_is_and_a_fourth_is_one_more() {
    let stage = Stage::signed_in();
    let twins = |number: usize| {
        for twin in ["a", "b"] {
            let uid = format!("p{number}{twin}");
            let entry = format!(
                "dn: uid={uid},ou=People,dc=example,dc=test\nobjectClass: person\nuid: {uid}\ncn: {uid}\nsn: x\nmail: p{number}@example.test\n"
            );
            stage.directory.add(&entry).expect("an entry");
        }
    };
    let three = "Emails must be unique. Multiple entries pulled with the following emails:\n\
                 p1@example.test\np2@example.test\np3@example.test\n";
    (1..=3).for_each(twins);
    assert_failure(&stage.run(&["sync"]), three);
    twins(4);
    assert_failure(&stage.run(&["sync"]), &format!("{three}and 1 more...\n"));
}

#[test]
fn arguments_go_before_variables() {
    let mut stage = Stage::signed_out();
    stage.home.set("BW_CLIENTID", "organization.00000000-0000-0000-0000-000000000000");
    stage.home.set("BW_CLIENTSECRET", "of somebody else");
    assert_eq!(stage.run(&["login", "--nointeraction"]).code, Some(1));
    assert_answer(&stage.log_in(), "You are logged in!\n");
    assert_eq!(stage.home.data_json().unwrap()["apiKeyClientId"], json!(stage.organization.client_id()));
}

#[test]
fn what_is_asked_stands_on_the_error_stream() {
    let stage = Stage::signed_out();
    let (id, secret) = (stage.organization.client_id(), stage.organization.client_secret());
    let output =
        crate::contract::stage::answer(&stage.home, &["login", "--response"], &format!("{id}\n{secret}\n"));
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (
            Some(0),
            "{\"success\":true,\"data\":{\"noColor\":false,\"object\":\"message\",\"title\":\"You are logged in!\",\"message\":null}}\n"
        )
    );
    assert!(output.stderr.to_lowercase().contains("client"), "{}", output.stderr);
}

#[test]
fn each_kind_of_directory_has_its_number() {
    let home = Home::new().unwrap();
    for number in 0..=4 {
        assert_answer(
            &run(&home, &["config", "directory", &number.to_string()]),
            "Saved setting `directory`.\n",
        );
        assert_eq!(home.data_json().unwrap()["directoryType"], json!(number));
    }
}

#[test]
fn the_settings_lie_where_the_variables_say() {
    let mut home = Home::new().unwrap();
    let place = |home: &Home| run(home, &["data-file"]).stdout;
    let (first, second) = (home.path().join("first"), home.path().join("second"));
    home.set("BITWARDENCLI_CONNECTOR_APPDATA_DIR", &first);
    home.set("BITWARDEN_CONNECTOR_APPDATA_DIR", &second);
    assert_eq!(place(&home), format!("{}\n", first.join("data.json").display()));
    home.unset("BITWARDENCLI_CONNECTOR_APPDATA_DIR");
    assert_eq!(place(&home), format!("{}\n", second.join("data.json").display()));
    home.unset("BITWARDEN_CONNECTOR_APPDATA_DIR");
    if cfg!(target_os = "linux") {
        const NAME: &str = "Bitwarden Directory Connector/data.json";
        let config = home.path().join("config");
        assert_eq!(place(&home), format!("{}\n", config.join(NAME).display()));
        home.unset("XDG_CONFIG_HOME");
        assert_eq!(place(&home), format!("{}\n", home.path().join(".config").join(NAME).display()));
    }
}

/// Every key that today's connector has in a file of version 8, in an order that is nobody's own.
fn every_flat_key(url: &str) -> Value {
    json!({
        "stateVersion": 8, "installedVersion": "2026.6.1", "enableAlwaysOnTop": false,
        "appId": "0d7c1c0e-53a4-4f0c-8f0a-64c1b86b1c55", "alwaysShowDock": false, "directoryType": 0,
        "directoryLdap": { "id": "l", "hostname": "ldap.example.test", "port": 389, "password": null },
        "directoryGsuite": { "id": "g", "clientEmail": "c@example.test", "privateKey": null },
        "directoryEntra": { "id": "e", "tenant": "t", "key": null },
        "directoryOkta": { "id": "o", "orgUrl": "https://example.okta.com", "token": null },
        "directoryOnelogin": { "id": "1", "clientId": "c", "clientSecret": null, "region": "us" },
        "sync": { "users": true, "groups": true, "interval": 5, "inviteUsersAfterProvisioning": true },
        "environmentUrls": { "base": url, "webVault": null, "api": null, "identity": null },
        "organizationId": "o", "entityId": "o", "accessToken": "an older token", "refreshToken": "an older one",
        "apiKeyClientId": "organization.o", "apiKeyClientSecret": "s", "lastSyncHash": "h",
        "userDeltaToken": "u", "groupDeltaToken": "g", "lastUserSync": "2026-11-20T13:18:40.171Z",
        "lastGroupSync": "2026-11-20T13:18:40.171Z", "syncingDir": false, "locale": "de",
        "window": { "width": 800, "height": 600 }, "enableTray": true, "enableMinimizeToTray": false,
        "enableCloseToTray": true
    })
}

#[test]
fn a_logout_takes_tokens_and_key_and_nothing_else_and_clear_cache_the_marks() {
    let stage = Stage::signed_out();
    let mut expected = every_flat_key(&stage.organization.url());
    stage.home.write_data_json(&expected).unwrap();
    let without = |expected: &mut Value, keys: &[&str]| {
        for key in keys {
            expected.as_object_mut().unwrap().shift_remove(*key);
        }
        let mut data = stage.home.data_json().unwrap();
        // Today's leaves null in its place, which is as good as nothing.
        data.as_object_mut().unwrap().retain(|key, value| !(keys.contains(&key.as_str()) && value.is_null()));
        // The order counts, hence text.
        assert_eq!(format!("{data:#}"), format!("{expected:#}"));
    };
    assert_answer(&stage.run(&["logout"]), "You have logged out.\n");
    without(&mut expected, &["accessToken", "refreshToken", "apiKeyClientId", "apiKeyClientSecret"]);
    assert_failure(&stage.run(&["logout"]), "You are not logged in.\n");
    assert_answer(&stage.run(&["clear-cache"]), "The sync cache has been cleared.\n");
    without(
        &mut expected,
        &["userDeltaToken", "groupDeltaToken", "lastUserSync", "lastGroupSync", "lastSyncHash"],
    );
}

/// "Logged in" is the access token, and nothing else.
#[test]
fn logged_in_is_who_has_an_access_token() {
    let stage = Stage::signed_out();
    stage.change(|data| {
        data["organizationId"] = json!("o");
        data["apiKeyClientId"] = json!("organization.o");
        data["apiKeyClientSecret"] = json!("s");
    });
    for command in ["logout", "test", "sync"] {
        assert_failure(&stage.run(&[command]), "You are not logged in.\n");
    }
    stage.change(|data| data["accessToken"] = json!("any"));
    let output = stage.run(&["login", "organization.x", "y"]);
    assert_failure(&output, "You are already logged in as organization.o.\n");
}

#[test]
fn without_the_official_variable_a_sign_in_leaves_markers() {
    let mut stage = Stage::signed_out();
    stage.home.unset("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS");
    assert_answer(&stage.log_in(), "You are logged in!\n");
    let data = stage.home.data_json().unwrap();
    for key in ["accessToken", "apiKeyClientId", "apiKeyClientSecret"] {
        assert_eq!(data[key], json!("[STORED SECURELY]"), "{key}");
    }
    assert_eq!(data["organizationId"], json!(stage.organization.organization_id()));
    for entry in fs::read_dir(stage.home.data_folder()).unwrap() {
        let content = fs::read(entry.unwrap().path()).unwrap_or_default();
        let content = String::from_utf8_lossy(&content).into_owned();
        assert!(!content.contains(&stage.organization.client_secret()));
    }
}

/// Of a server that cannot be asked, the fingerprint alone tells; an older one has no organization id in it.
#[test]
fn a_fingerprint_of_either_age_says_that_nothing_is_new() {
    let stage = Stage::signed_out_of(Options::vaultwarden());
    assert_answer(&stage.log_in(), "You are logged in!\n");
    let body = [
        r#"{"groups":["#,
        &format!(r#"{{"name":"Night","externalId":"{NIGHT}","memberExternalIds":["{BOB}"]}},"#),
        &format!(r#"{{"name":"Staff","externalId":"{STAFF}","memberExternalIds":["{ADA}","{BOB}"]}}],"#),
        &format!(r#""members":[{{"email":"ada@example.test","externalId":"{ADA}","deleted":false}},"#),
        &format!(r#"{{"email":"bob@example.test","externalId":"{BOB}","deleted":false}}],"#),
        r#""overwriteExisting":false,"largeImport":false,"inviteUsersAfterProvisioning":false}"#,
    ]
    .concat();
    let api = format!("{}/api", stage.organization.url());
    let hash = |parts: [&str; 3]| {
        let mut hash = Sha256::new();
        parts.iter().for_each(|it| hash.update(it));
        STANDARD.encode(hash.finalize())
    };
    let id = stage.organization.organization_id();
    for (parts, known) in [
        ([&api, "", body.as_str()], true),
        ([&api, id.as_str(), body.as_str()], true),
        ([&api, "another organization", body.as_str()], false),
    ] {
        for file in ["connector.db", "connector.db-wal", "connector.db-shm"] {
            let _ = fs::remove_file(stage.home.data_folder().join(file));
        }
        stage.change(|data| data["lastSyncHash"] = json!(hash(parts)));
        stage.organization.clear_requests();
        let output = stage.run(&["sync"]);
        let (counts, sent) = if known { ("0 group(s) and 0", 0) } else { ("2 group(s) and 2", 1) };
        assert_eq!(
            (output.code, output.stdout),
            (Some(0), format!("Syncing complete.\nSynced {counts} user(s).\n")),
            "{}",
            output.stderr
        );
        assert_eq!(stage.changes().len(), sent);
    }
}

/// Names are sorted as ICU does with numbers as numbers and without regard to accents and case; members are in the
/// directory's order, those of an inner group behind the direct ones.
#[test]
fn lists_are_sorted_by_name_and_members_stand_in_the_directorys_order() {
    let stage = Stage::signed_in();
    for name in ["Team 10", "team 9", "Änderung", "anbau", "zoo"] {
        stage
            .directory
            .add(&format!(
                "dn: cn={name},ou=Groups,dc=example,dc=test\nobjectClass: groupOfNames\ncn: {name}\nmember: {BOB}\n"
            ))
            .expect("an entry");
    }
    // The inner group comes first in the list, and its one further member is not direct.
    let outer = format!(
        "dn: cn=All,ou=Groups,dc=example,dc=test\nobjectClass: groupOfNames\ncn: All\nmember: {STAFF}\nmember: {BOB}\n"
    );
    stage.directory.add(&outer).expect("an entry");
    let test: Value = serde_json::from_str(&stage.run(&["test"]).stdout).expect("JSON");
    let groups = test["groups"].as_array().expect("a list");
    let names: Vec<_> = groups.iter().map(|it| it["displayName"].as_str().expect("a name")).collect();
    assert_eq!(names, ["All", "anbau", "Änderung", "Night", "Staff", "team 9", "Team 10", "zoo"]);
    assert_eq!(groups[0]["userIds"], json!([BOB, ADA]));
}

const EVE: &str = "04030201-0605-0807-090a-0b0c0d0e0f10";
const KIM: &str = "14131211-1615-1817-191a-1b1c1d1e1f20";

const KIMS_TOMBSTONE: &str = "dn: CN=Kim\\0ADEL:1,CN=Deleted Objects,dc=example,dc=test\nobjectClass: person\ncn: Kim\n\
                              isDeleted: TRUE\nmail: kim@example.test\nobjectGUID:: ERITFBUWFxgZGhscHR4fIA==\n";

/// The stage as an Active Directory with somebody disabled, somebody deleted with an address and somebody without.
fn active_directory(change: impl FnOnce(&mut Value)) -> Stage {
    let stage = Stage::signed_in();
    for entry in [
        "dn: uid=eve,ou=People,dc=example,dc=test\nobjectClass: person\nuid: eve\ncn: Eve\nsn: E\nmail: eve@example.test\n\
         userAccountControl: 514\nobjectGUID:: AQIDBAUGBwgJCgsMDQ4PEA==\n",
        "dn: CN=Deleted Objects,dc=example,dc=test\nobjectClass: container\ncn: Deleted Objects\nisDeleted: TRUE\n",
        KIMS_TOMBSTONE,
        "dn: CN=Lou\\0ADEL:2,CN=Deleted Objects,dc=example,dc=test\nobjectClass: person\ncn: Lou\nisDeleted: TRUE\n\
         objectGUID:: ISIjJCUmJygpKissLS4vMA==\n",
    ] {
        stage.directory.add(entry).expect("an entry");
    }
    for group in [NIGHT, STAFF] {
        stage.directory.add_value(group, "objectClass", "group").expect("a class");
    }
    stage.directory.add_value(NIGHT, "member", "uid=eve,ou=People,dc=example,dc=test").expect("a member");
    stage.change(|data| {
        data["directoryLdap"]["ad"] = json!(true);
        data["sync"]["userPath"] = json!("ou=People");
        data["sync"]["groupPath"] = json!("ou=Groups");
        change(data);
    });
    stage.organization.clear_requests();
    stage
}

#[test]
fn a_test_of_active_directory_tells_the_disabled_and_the_deleted_apart() {
    let stage = active_directory(|_| ());
    let expected = [
        r#"{"groups":["#,
        &format!(r#"{{"externalId":"{NIGHT}","displayName":"Night","userIds":["{BOB}","{EVE}"]}},"#),
        &format!(r#"{{"externalId":"{STAFF}","displayName":"Staff","userIds":["{ADA}","{BOB}"]}}],"#),
        &format!(r#""enabledUsers":[{{"externalId":"{ADA}","displayName":"ada@example.test"}},"#),
        &format!(r#"{{"externalId":"{BOB}","displayName":"bob@example.test"}}],"#),
        &format!(r#""disabledUsers":[{{"externalId":"{EVE}","displayName":"eve@example.test"}}],"#),
        &format!(
            r#""deletedUsers":[{{"externalId":"{KIM}","displayName":"kim@example.test"}}],"object":"test"}}"#
        ),
    ]
    .concat();
    let output = stage.run(&["test"]);
    assert_eq!((output.code, output.stdout.trim_end()), (Some(0), expected.as_str()), "{}", output.stderr);
}

/// External ids and `deleted` of the members of the one import that a sync sends, and its groups.
#[track_caller]
fn imported(stage: &Stage) -> (Vec<(String, bool)>, Value) {
    stage.organization.clear_requests();
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let requests = stage.organization.requests();
    let imports: Vec<_> =
        requests.iter().filter(|it| it.path.ends_with("/public/organization/import")).collect();
    assert_eq!(imports.len(), 1);
    let mut body: Value = serde_json::from_str(&imports[0].body).expect("JSON");
    let members = body["members"].as_array().expect("a list").iter().map(|it| {
        (it["externalId"].as_str().expect("an id").to_owned(), it["deleted"].as_bool().expect("yes or no"))
    });
    (members.collect(), body["groups"].take())
}

/// The deleted are, whom a sync reads only to overwrite, and with `removeDisabled` the disabled.
#[test]
fn disabled_and_deleted_people_are_sent_as_the_settings_say() {
    let members = |people: &[(&str, bool)]| -> Vec<(String, bool)> {
        people.iter().map(|&(id, deleted)| (id.to_owned(), deleted)).collect()
    };
    let stage = active_directory(|_| ());
    let (sent, groups) = imported(&stage);
    assert_eq!(sent, members(&[(ADA, false), (BOB, false), (EVE, false)]));
    assert_eq!(groups[0]["memberExternalIds"], json!([BOB, EVE]));
    stage.change(|data| data["sync"]["removeDisabled"] = json!(true));
    let (sent, _) = imported(&stage);
    assert!(sent.contains(&(EVE.to_owned(), true)), "{sent:?}");
    assert!(sent.iter().all(|(id, deleted)| *deleted == (id == EVE)), "{sent:?}");

    // Kim was there before.
    const TOMBSTONE: &str = "CN=Kim\\0ADEL:1,CN=Deleted Objects,dc=example,dc=test";
    const ALIVE: &str = "dn: uid=kim,ou=People,dc=example,dc=test\nobjectClass: person\nuid: kim\ncn: Kim\nsn: K\n\
                         mail: kim@example.test\nobjectGUID:: ERITFBUWFxgZGhscHR4fIA==\n";
    let stage = active_directory(|_| ());
    stage.directory.delete(TOMBSTONE).expect("an entry");
    stage.directory.add(ALIVE).expect("an entry");
    let (sent, _) = imported(&stage);
    assert!(sent.contains(&(KIM.to_owned(), false)), "{sent:?}");
    for address in ["ada", "bob", "eve", "kim"] {
        assert!(stage.organization.confirm(&format!("{address}@example.test")));
    }
    stage.directory.delete("uid=kim,ou=People,dc=example,dc=test").expect("an entry");
    stage.directory.add(KIMS_TOMBSTONE).expect("an entry");
    stage.change(|data| data["sync"]["overwriteExisting"] = json!(true));
    let (sent, _) = imported(&stage);
    assert_eq!(sent, members(&[(ADA, false), (BOB, false), (EVE, false), (KIM, true)]));
    assert!(stage.organization.member("kim@example.test").is_none());
}

/// A blank attribute is an address, and stays as an empty one.
#[test]
fn a_blank_address_is_one() {
    let stage = Stage::signed_in();
    let blank = "uid=blank,ou=People,dc=example,dc=test";
    stage
        .directory
        .add(&format!("dn: {blank}\nobjectClass: person\nuid: blank\ncn: Blank\nsn: B\nmail:: IA==\n"))
        .expect("an entry");
    let test: Value = serde_json::from_str(&stage.run(&["test"]).stdout).expect("JSON");
    let users = test["enabledUsers"].as_array().expect("a list");
    assert!(users.contains(&json!({ "externalId": blank, "displayName": "" })), "{users:?}");
}

/// An installation that is taken over keeps its leavers, and says how many.
#[test]
fn leavers_of_an_installation_that_is_taken_over_stay_and_are_counted() {
    let stage = Stage::signed_in();
    assert_eq!(stage.run(&["sync"]).code, Some(0));
    stage.directory.delete(BOB).expect("an entry");
    let before = stage.organization.members().len();
    stage.organization.clear_requests();
    let plan = stage.run(&["plan"]).stdout;
    for line in ["Kept although not brought over (1)", "  = bob@example.test"] {
        assert!(plan.lines().any(|it| it == line), "{line}: {plan}");
    }
    assert_eq!(stage.run(&["sync"]).code, Some(0));
    assert_eq!(stage.organization.members().len(), before);
    assert!(stage.organization.member("bob@example.test").is_some());
}

/// A new file asks for no mail; of a server that stages the plan says that nobody gets one.
#[test]
fn a_new_file_mails_nobody_and_the_plan_says_so() {
    let home = Home::new().unwrap();
    assert_answer(&run(&home, &["config", "sync.users", "true"]), "Saved setting `sync.users`.\n");
    assert_answer(&run(&home, &["config", "get", "sync.inviteUsersAfterProvisioning"]), "false\n");
    assert_ne!(home.data_json().unwrap()["sync"]["inviteUsersAfterProvisioning"], json!(true));

    let said = |stages: bool, invite: bool| {
        let stage = Stage::signed_out_of(Options::with_official(Official {
            staged_status: stages,
            ..Official::default()
        }));
        assert_answer(&stage.log_in(), "You are logged in!\n");
        stage.change(|data| data["sync"]["inviteUsersAfterProvisioning"] = json!(invite));
        let plan = stage.run(&["plan"]).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        (plan.contains("nobody is mailed yet (2)"), plan.contains("invited by e-mail (2)"), plan)
    };
    let (staged, invited, plan) = said(true, false);
    assert!(staged && !invited && plan.contains("nobody is invited by e-mail"), "{plan}");
    let (staged, invited, plan) = said(false, false);
    assert!(!staged && invited && plan.contains("new members are invited by e-mail"), "{plan}");
    let (staged, invited, plan) = said(true, true);
    assert!(!staged && invited && !plan.contains("inviteUsersAfterProvisioning"), "{plan}");
}
