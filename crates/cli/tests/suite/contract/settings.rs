//! `bwdc config`: every kind of setting, every way to give a value, and every mistake.

use crate::contract::stage::{assert_answer, assert_failure, contents, run};
use bwdc_harness::home::{Home, Output};
use serde_json::json;
use std::fs;

fn home() -> Home {
    let home = Home::with_plaintext_secrets().expect("a home");
    home.write_data_json(&json!({ "stateVersion": 8, "appId": "a", "window": { "x": 1 } }))
        .expect("settings");
    home
}

fn bytes(home: &Home) -> String {
    fs::read_to_string(home.data_json_path()).expect("settings")
}

/// A failure that names all parts and leaves the settings as they were.
#[track_caller]
fn assert_refused(home: &Home, arguments: &[&str], parts: &[&str]) -> Output {
    let before = bytes(home);
    let output = run(home, arguments);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{}", output.stderr);
    for part in parts {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
    assert_eq!(bytes(home), before);
    output
}

#[test]
fn settings_of_every_kind_are_stored_in_the_official_shape() {
    let home = home();
    for (name, value, saved) in [
        ("directory", "0", "directory"),
        ("SERVER", "vault.example.test//", "server"),
        ("ldap.PORT", "636", "ldap.port"),
        ("ldap.ssl", "true", "ldap.ssl"),
        ("sync.userFilter", "(cn=a*)", "sync.userfilter"),
        ("sync.inviteUsersAfterProvisioning", "true", "sync.inviteusersafterprovisioning"),
        ("okta.token", "okta's", "okta.token"),
    ] {
        assert_answer(&run(&home, &["config", name, value]), &format!("Saved setting `{saved}`.\n"));
    }
    let data = home.data_json().unwrap();
    let ids = [&data["directoryLdap"]["id"], &data["directoryOkta"]["id"]].map(|it| it.as_str().unwrap());
    let keys: Vec<_> = data.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "stateVersion",
            "appId",
            "window",
            "directoryType",
            "environmentUrls",
            "directoryLdap",
            "sync",
            "directoryOkta"
        ]
    );
    assert_eq!(data["directoryType"], json!(0));
    assert_eq!(data["environmentUrls"]["base"], json!("https://vault.example.test"));
    assert_eq!(data["directoryLdap"], json!({ "port": 636, "id": ids[0], "ssl": true }));
    assert_eq!(data["sync"], json!({ "userFilter": "(cn=a*)", "inviteUsersAfterProvisioning": true }));
    assert_eq!(data["directoryOkta"], json!({ "id": ids[1], "token": "okta's" }));
    assert!(
        bytes(&home)
            .starts_with("{\n  \"stateVersion\": 8,\n  \"appId\": \"a\",\n  \"window\": {\n    \"x\": 1\n")
    );
    assert!(bytes(&home).ends_with("\n}"), "two spaces, no final newline");
}

#[test]
fn the_cloud_has_two_names() {
    let home = home();
    for name in ["bitwarden.com", "null"] {
        assert_answer(&run(&home, &["config", "server", "https://x.test/"]), "Saved setting `server`.\n");
        assert_eq!(home.data_json().unwrap()["environmentUrls"]["base"], json!("https://x.test"));
        assert_answer(&run(&home, &["config", "server", name]), "Saved setting `server`.\n");
        assert_eq!(home.data_json().unwrap()["environmentUrls"]["base"], json!(null));
    }
}

#[test]
fn secrets_come_from_an_argument_a_variable_or_a_file() {
    let mut home = home();
    home.set("LDAP_PASSWORD", "from the variable");
    let file = home.path().join("secret");
    fs::write(&file, "from the file\r\nsecond line\n").unwrap();
    let file = file.to_str().unwrap();
    for (name, arguments, object, field, value) in [
        ("ldap.password", &["typed"][..], "directoryLdap", "password", "typed"),
        (
            "ldap.password",
            &["--secretenv", "LDAP_PASSWORD"],
            "directoryLdap",
            "password",
            "from the variable",
        ),
        ("azure.key", &["--secretfile", file], "directoryEntra", "key", "from the file"),
        ("entra.key", &["typed"], "directoryEntra", "key", "typed"),
        ("gsuite.key", &["typed"], "directoryGsuite", "privateKey", "typed"),
        ("onelogin.secret", &["typed"], "directoryOnelogin", "clientSecret", "typed"),
    ] {
        let arguments = [&["config", name], arguments].concat();
        assert_answer(&run(&home, &arguments), &format!("Saved setting `{name}`.\n"));
        assert_eq!(home.data_json().unwrap()[object][field], json!(value), "{name}");
    }
}

#[test]
fn without_the_official_variable_no_secret_stands_in_the_file() {
    let mut home = home();
    home.unset("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS");
    assert_answer(&run(&home, &["config", "ldap.password", "hunter2"]), "Saved setting `ldap.password`.\n");
    assert_eq!(home.data_json().unwrap()["directoryLdap"]["password"], json!("[STORED SECURELY]"));
    for entry in fs::read_dir(home.data_folder()).unwrap() {
        let content = fs::read(entry.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&content).contains("hunter2"));
    }
}

#[test]
fn fixed_messages_stand_alone() {
    let home = home();
    let before = bytes(&home);
    assert_failure(&run(&home, &["config", "no.such", "x"]), "Unknown setting.\n");
    for kind in ["abc", "5", "-1", "-", ""] {
        assert_failure(&run(&home, &["config", "directory", kind]), "Invalid directory type value.\n");
    }
    let output = run(&home, &["config", "directory", "abc", "--response"]);
    assert_eq!(output.stdout, "{\"success\":false,\"message\":\"Invalid directory type value.\"}\n");
    assert_eq!(bytes(&home), before);
}

#[test]
fn a_value_that_is_missing_or_wrong_changes_nothing() {
    let mut home = home();
    home.set("EMPTY", "");
    assert_answer(&run(&home, &["config", "ldap.password", "kept"]), "Saved setting `ldap.password`.\n");
    let empty = home.path().join("empty");
    fs::write(&empty, "\nsecond\n").unwrap();
    let empty = empty.to_str().unwrap();
    assert_refused(&home, &["config", "ldap.password"], &["`ldap.password`", "--secretfile"]);
    assert_refused(&home, &["config", "ldap.password", ""], &["`ldap.password`"]);
    assert_refused(&home, &["config", "ldap.password", "--secretenv", "NOT_SET"], &["`NOT_SET`", "not set"]);
    assert_refused(&home, &["config", "ldap.password", "--secretenv", "EMPTY"], &["`EMPTY`"]);
    assert_refused(
        &home,
        &["config", "ldap.password", "--secretfile", empty],
        &[empty, "first line", "empty"],
    );
    assert_refused(
        &home,
        &["config", "ldap.password", "--secretfile", "/no/such"],
        &["/no/such", "No such file"],
    );
    assert_refused(&home, &["config", "ldap.port", "99999"], &["`ldap.port`", "from 1 to 65535"]);
    assert_refused(&home, &["config", "ldap.ssl", "yes"], &["`ldap.ssl`", "true or false"]);
    assert_refused(&home, &["config", "server", "ftp://x"], &["`server`", "https://vault.example.com"]);
    assert_eq!(home.data_json().unwrap()["directoryLdap"]["password"], json!("kept"));
}

/// An argument counts before a file, and a file before a variable.
#[test]
fn of_several_values_the_official_connectors_first_one_counts() {
    let mut home = home();
    home.set("GIVEN", "variable");
    let file = home.path().join("given");
    fs::write(&file, "file\n").unwrap();
    let file = file.to_str().unwrap();
    for (arguments, stored) in [
        (&["argument", "--secretfile", file, "--secretenv", "GIVEN"][..], "argument"),
        (&["--secretenv", "GIVEN", "--secretfile", file], "file"),
        (&["", "--secretenv", "GIVEN"], "variable"),
    ] {
        let command = [&["config", "ldap.password"], arguments].concat();
        assert_answer(&run(&home, &command), "Saved setting `ldap.password`.\n");
        assert_eq!(home.data_json().unwrap()["directoryLdap"]["password"], json!(stored), "{arguments:?}");
    }
}

/// The same where the secret stands in a store: nothing in the folder is touched, and the secret can still be used.
#[test]
fn a_mistake_leaves_what_is_stored_as_it_was() {
    let mut home = home();
    home.unset("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS");
    for setting in ["directory", "ldap.password"] {
        let value = if setting == "directory" { "0" } else { "kept" };
        assert_answer(&run(&home, &["config", setting, value]), &format!("Saved setting `{setting}`.\n"));
    }
    let stored = || run(&home, &["config", "get", "ldap.password", "--response"]).stdout;
    let (before, kept) = (contents(&home), stored());
    assert!(before.len() > 1, "the secret is in a file of its own");
    let empty = home.path().join("empty");
    fs::write(&empty, "").unwrap();
    for arguments in [
        &["directory", "abc"][..],
        &["ldap.password", "--secretenv", "NOT_SET"],
        &["ldap.password", "--secretfile", empty.to_str().unwrap()],
        &["ldap.password", "--secretfile", "/no/such"],
        &["ldap.password", ""],
    ] {
        let output = run(&home, &[&["config"], arguments].concat());
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(contents(&home) == before, "{arguments:?} changed something");
        assert_eq!(stored(), kept, "{arguments:?}");
    }
}

#[test]
fn a_number_below_zero_is_a_value() {
    let home = home();
    for typed in [&["config", "sync.interval", "-5"][..], &["config", "set", "sync.interval", "-5"]] {
        assert_refused(&home, typed, &["`sync.interval`", "`-5`", "from 5 to 525600"]);
    }
}

/// Secrets are sent to these addresses: what is set in clear text is said at once, not by the first run.
#[test]
fn the_address_of_a_service_is_encrypted_or_on_this_machine() {
    let home = home();
    for setting in [
        "entra.authority-url",
        "entra.graph-url",
        "gsuite.token-url",
        "gsuite.api-url",
        "okta.orgUrl",
        "okta.url",
        "onelogin.url",
    ] {
        for clear in ["http://api.example.test", "http://127.0.0.1.example.test", "ftp://api.example.test"] {
            assert_refused(&home, &["config", setting, clear], &[clear, "https"]);
        }
        let secret = format!("https://reader:{}@api.example.test", "hunter2");
        let refused = assert_refused(&home, &["config", setting, &secret], &["https"]);
        assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
        for good in ["https://api.example.test/", "api.example.test", "http://127.0.0.1:8080", ""] {
            let saved = format!("Saved setting `{}`.\n", setting.to_lowercase());
            assert_answer(&run(&home, &["config", setting, good]), &saved);
        }
    }
    // As it was typed, for the official connector.
    assert_eq!(run(&home, &["config", "okta.orgUrl", "example.okta.test/"]).code, Some(0));
    assert_eq!(home.data_json().unwrap()["directoryOkta"]["orgUrl"], json!("example.okta.test/"));
    // One that stands in the file already is found by a check.
    let mut data = home.data_json().unwrap();
    data["directoryOkta"]["orgUrl"] = json!("http://example.okta.test");
    home.write_data_json(&data).unwrap();
    let output = run(&home, &["config", "validate"]);
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("`okta.orgUrl`") && output.stderr.contains("https"), "{}", output.stderr);
}

#[cfg(unix)]
#[test]
fn the_settings_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = home();
    fs::set_permissions(home.data_json_path(), fs::Permissions::from_mode(0o644)).unwrap();
    assert_answer(&run(&home, &["config", "directory", "0"]), "Saved setting `directory`.\n");
    assert_eq!(fs::metadata(home.data_json_path()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_refused_and_not_repeated() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let mut home = home();
    home.set("BROKEN", OsStr::from_bytes(b"half\xff"));
    let output =
        assert_refused(&home, &["config", "ldap.password", "--secretenv", "BROKEN"], &["`BROKEN`", "UTF-8"]);
    assert!(!output.stderr.contains("half"));
}
