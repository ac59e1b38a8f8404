//! `bwdc config export`, `apply` and `validate`.

use crate::settings::{answer, home, run};
use bwdc_harness::home::Home;
use serde_json::{Value, json};
use std::fs;

fn file(home: &Home, text: &str) -> String {
    let path = home.path().join("settings-file");
    fs::write(&path, text).expect("writable");
    path.to_str().expect("a path").to_owned()
}

fn both_files(home: &Home) -> [Option<String>; 2] {
    [home.data_json_path(), home.data_folder().join("connector.toml")]
        .map(|path| fs::read_to_string(path).ok())
}

#[test]
fn a_mistake_anywhere_in_a_file_is_named_with_its_place_and_changes_nothing() {
    let home = home();
    let before = both_files(&home);
    for (text, place, part) in [
        ("[ldap]\nhostname = \"h\"\nhostnam = \"x\"\n", "line 3, column 1", "unknown setting `ldap.hostnam`"),
        ("protected = [\"a\"]\n\n[limit]\nremovals = 3\n", "line 3, column", "unknown setting `limit`"),
        ("[ldap]\nport = 70000\n", "line 2, column 8", "`ldap.port` is `70000`, expected a port"),
        ("[ldap]\nssl = \"true\"\n", "line 2, column 7", "expected true or false"),
        ("[ldap]\npassword = \"x\"\n", "line 2, column", "`ldap.password` is a secret"),
        ("[ldap]\nport = 1\nport = 2\n", "line 3, column", "duplicate key"),
        ("[ldap\n", "line 1, column", ""),
        ("{\n  \"ldap\": {\n    \"hostnam\": 1\n  }\n}", "line 3, column", "unknown setting `ldap.hostnam`"),
        ("{\n  \"ldap\": {\n    \"port\": \"x\"\n  }\n}", "line 3, column", "expected a port"),
        ("{ \"directory\": 0, \"directory\": 1 }", "line 1, column", "`directory` occurs twice"),
        ("{ \"directory\": 0 } x", "line 1, column 20", "trailing characters"),
        ("{ \"directory\": 0", "line 1, column", "EOF"),
    ] {
        let path = file(&home, text);
        let output = run(&home, &["config", "apply", &path]);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{text}");
        for part in [&path, place, part] {
            assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
        }
        assert_eq!(both_files(&home), before, "{text}");
    }
    let output = run(&home, &["config", "apply", "/no/such/file"]);
    assert!(output.code == Some(1) && output.stderr.contains("/no/such/file"), "{}", output.stderr);
}

#[test]
fn a_dry_run_shows_the_difference_and_writes_nothing() {
    let home = home();
    answer(&home, &["config", "ldap.port", "389"]);
    let path = file(
        &home,
        "[ldap]\nport = 636\nhostname = \"h\"\n[limits]\nremovals = 10\n[leavers]\ngone = \"revoke\"\n",
    );
    let before = both_files(&home);
    let expected =
        "ldap.hostname: (nothing) -> h\nldap.port: 389 -> 636\nleavers.gone: (nothing) -> revoke\n";
    assert_eq!(
        answer(&home, &["config", "apply", &path, "--dry-run"]),
        format!("{expected}3 settings would be changed.\n")
    );
    assert_eq!(both_files(&home), before);
    assert_eq!(answer(&home, &["config", "apply", &path]), format!("{expected}3 settings changed.\n"));
    assert_eq!(home.data_json().unwrap()["directoryLdap"]["port"], json!(636));
    assert_eq!(answer(&home, &["config", "get", "leavers.gone"]), "revoke\n");
    let answered: Value =
        serde_json::from_str(&answer(&home, &["config", "apply", &path, "--response"])).expect("JSON");
    assert_eq!(answered["data"], json!({ "changes": [], "applied": true, "object": "settings-changes" }));
}

#[test]
fn null_and_exact_take_settings_back_to_their_default_and_secrets_stay() {
    let home = home();
    for (name, value) in
        [("ldap.port", "389"), ("ldap.hostname", "h"), ("limits.removals", "3"), ("ldap.password", "x")]
    {
        answer(&home, &["config", name, value]);
    }
    let path = file(&home, "{ \"ldap\": { \"port\": null } }");
    assert_eq!(
        answer(&home, &["config", "apply", &path]),
        "ldap.port: 389 -> (nothing)\n1 setting changed.\n"
    );
    let path = file(&home, "[ldap]\nssl = true\n");
    assert_eq!(
        answer(&home, &["config", "apply", &path, "--exact"]),
        "ldap.hostname: h -> (nothing)\nldap.ssl: false -> true\nlimits.removals: 3 -> 10\n3 settings changed.\n"
    );
    assert_eq!(answer(&home, &["config", "apply", &path, "--exact"]), "Nothing to change.\n");
}

#[test]
fn a_file_that_is_missing_and_a_limit_that_lets_one_through_are_said_when_they_are_set() {
    let home = home();
    let output = run(&home, &["config", "limits.removals", "0"]);
    let said = "One person may always lose access within the window: with `keep` in `leavers` nobody does.\n";
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), said));
    let path = file(&home, "directory = \"ldap\"\n[ldap]\nsslCaPath = \"/no/such.pem\"\n");
    let output = run(&home, &["config", "apply", &path]);
    let said = "The file `/no/such.pem` of `ldap.sslCaPath` cannot be read: ";
    assert!(output.code == Some(0) && output.stderr.starts_with(said), "{}", output.stderr);
    assert_eq!(answer(&home, &["config", "get", "directory"]), "0\n");
}

/// The second file cannot be written: the first is as it was.
#[cfg(unix)]
#[test]
fn a_file_is_brought_in_whole_or_not_at_all() {
    let home = home();
    fs::write(home.data_folder().join("connector.toml"), "# ours\n").unwrap();
    let before = both_files(&home);
    let path = file(&home, "[ldap]\nhostname = \"h\"\n[limits]\nremovals = 3\n");
    // The place of the new `data.json` is taken by something that cannot be replaced.
    let taken = home.data_folder().join("data.json.bwdc-new");
    fs::create_dir(&taken).unwrap();
    let output = run(&home, &["config", "apply", &path]);
    assert!(output.code == Some(1) && output.stderr.contains("data.json"), "{}", output.stderr);
    assert_eq!(both_files(&home), before);
    fs::remove_dir(&taken).unwrap();
    answer(&home, &["config", "apply", &path]);
    assert_ne!(both_files(&home), before);
}

#[test]
fn validate_names_everything_that_is_missing_or_wrong() {
    let mut home = Home::new().expect("a home");
    let problems = |home: &Home| {
        let output = run(home, &["config", "validate"]);
        assert_eq!(output.code, Some(1), "{}", output.stdout);
        output.stderr
    };
    let text = problems(&home);
    for part in ["You are not logged in.", "No directory configured.", "Neither users nor groups are synced"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    home.write_data_json(&json!({
        "stateVersion": 8, "appId": "a", "directoryType": 0,
        "directoryLdap": { "id": "i", "hostname": 3, "port": "389", "ssl": "yes" },
        "sync": { "users": true, "interval": 2 },
    }))
    .unwrap();
    home.set("BWDC_LDAP_HOSTNAM", "x");
    home.set("BWDC_OTHER", "x");
    let output = run(&home, &["config", "organization-ca-path", "/no/such.pem"]);
    let expected = "The environment variable `BWDC_LDAP_HOSTNAM` does not belong to any setting. Did you mean \
                    `BWDC_LDAP_HOSTNAME`?\nThe file `/no/such.pem` of `organization-ca-path` cannot be read: ";
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), "Saved setting `organization-ca-path`.\n"));
    assert!(output.stderr.starts_with(expected) && output.stderr.lines().count() == 2, "{}", output.stderr);
    let text = problems(&home);
    for part in [
        "`ldap.hostname` is `3`",
        "`ldap.ssl` is `\"yes\"`",
        "`sync.interval` is `2`",
        "`BWDC_LDAP_HOSTNAM` does not belong to any setting",
        "/no/such.pem",
        "You are not logged in.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("`ldap.port`") && !text.contains("BWDC_OTHER"), "{text}");
    home.write_data_json(&json!({
        "stateVersion": 8, "appId": "a", "directoryType": 0, "organizationId": "o",
        "directoryLdap": { "id": "i", "hostname": "h.test", "port": 389, "rootPath": "dc=a", "username": "u",
            "ssl": false, "startTls": true, "password": "[STORED SECURELY]" },
        "sync": { "users": true }, "accessToken": "[STORED SECURELY]",
    }))
    .unwrap();
    let text = problems(&home);
    for part in ["`ldap.startTls`", "there is no access token for this server and account"] {
        assert!(text.to_lowercase().contains(&part.to_lowercase()), "{part}: {text}");
    }
}

#[test]
fn a_complete_configuration_is_said_to_be_complete() {
    let home = home();
    home.write_data_json(&json!({
        "stateVersion": 8, "appId": "a", "directoryType": 0, "organizationId": "o",
        "directoryLdap": { "id": "i", "hostname": "h.test", "port": 389, "rootPath": "dc=a", "username": "u", "password": "p" },
        "sync": { "users": true, "userObjectClass": "person", "userEmailAttribute": "mail" }, "accessToken": "t", "apiKeyClientId": "organization.o", "apiKeyClientSecret": "s",
    }))
    .unwrap();
    assert_eq!(answer(&home, &["config", "validate"]), "The configuration is complete.\n");
}

/// Two folders of settings that share a keychain must not send one directory into the other's organization.
#[test]
fn the_key_of_another_organization_sends_nothing() {
    let home = home();
    home.write_data_json(&json!({
        "stateVersion": 8, "appId": "a", "directoryType": 0, "organizationId": "mine",
        "environmentUrls": { "base": "http://127.0.0.1:9" },
        "directoryLdap": { "id": "i", "hostname": "127.0.0.1", "port": 9, "rootPath": "dc=a", "username": "u", "password": "p" },
        "sync": { "users": true, "userObjectClass": "person", "userEmailAttribute": "mail" },
        "accessToken": "t", "apiKeyClientId": "organization.other", "apiKeyClientSecret": "s",
    }))
    .unwrap();
    for command in ["plan", "sync"] {
        let output = run(&home, &[command]);
        assert_eq!(output.code, Some(1));
        assert!(
            output.stderr.contains("`organization.other`") && output.stderr.contains("the organization mine"),
            "{}",
            output.stderr
        );
    }
}

/// Killed at every place that it passes: both files can be read, and the same command again changes what is left.
#[cfg(feature = "failpoints")]
#[test]
fn a_killed_application_is_finished_by_the_next_one() {
    const TEXT: &str = "[ldap]\nhostname = \"h\"\n[limits]\nremovals = 3\n";
    let mut first = home();
    let log = first.path().join("passed");
    first.set("BWDC_FAILPOINT_LOG", &log);
    let path = file(&first, TEXT);
    answer(&first, &["config", "apply", &path]);
    let passed = fs::read_to_string(&log).expect("places");
    assert!(passed.contains("connector.rename.after") && passed.contains("store.write.before"), "{passed}");
    let mut halves = 0;
    for place in passed.lines() {
        let mut home = home();
        let path = file(&home, TEXT);
        home.set("BWDC_FAILPOINT", place);
        assert_eq!(run(&home, &["config", "apply", &path]).code, None, "{place}");
        home.unset("BWDC_FAILPOINT");
        // A lock that a killed process left goes stale with time.
        if let Ok(folder) = fs::File::open(home.data_folder().join("data.json.lock")) {
            let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
            folder.set_times(fs::FileTimes::new().set_modified(long_ago)).expect("a time");
        }
        let left = answer(&home, &["config", "apply", &path, "--dry-run"]);
        halves += usize::from(left == "ldap.hostname: (nothing) -> h\n1 setting would be changed.\n");
        answer(&home, &["config", "apply", &path]);
        let [data, connector] = both_files(&home).map(Option::unwrap);
        assert!(data.contains("\"hostname\": \"h\"") && connector.contains("removals = 3"), "{place}");
        assert_eq!(answer(&home, &["config", "apply", &path]), "Nothing to change.\n", "{place}");
        assert!(!home.data_folder().join("data.json.bwdc-new").exists(), "{place}");
    }
    assert!(halves > 0, "no kill came between the two files");
}

/// As Windows' editors and PowerShell write texts: with a byte order mark, in UTF-8 or in UTF-16.
#[test]
fn each_text_file_takes_a_byte_order_mark() {
    let marked = |text: &str| format!("\u{feff}{text}").into_bytes();
    let wide = |text: &str| -> Vec<u8> {
        format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    let in_file = |home: &Home, name: &str, bytes: Vec<u8>| {
        let path = home.path().join(name);
        fs::write(&path, bytes).expect("writable");
        path.to_str().expect("a path").to_owned()
    };
    for bytes in [&marked as &dyn Fn(&str) -> Vec<u8>, &wide] {
        let home = home();
        // A file of settings, and a secret of one line and of several.
        let settings = in_file(&home, "settings", bytes("[ldap]\r\nhostname = \"dc.example.test\"\r\n"));
        answer(&home, &["config", "apply", &settings]);
        let password = in_file(&home, "password", bytes("correct horse\r\nand a note\r\n"));
        answer(&home, &["config", "ldap.password", "--secretfile", &password]);
        let key =
            in_file(&home, "key", bytes("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
        answer(&home, &["config", "gsuite.key", "--secretfile", &key]);
        // A file that an editor saved.
        let toml = home.data_folder().join("connector.toml");
        fs::write(toml, bytes("[limits]\r\nremovals = 7\r\n")).expect("writable");
        assert_eq!(answer(&home, &["config", "get", "limits.removals"]), "7\n");
        let data = home.data_json().expect("settings");
        let ldap = &data["directoryLdap"];
        assert_eq!(
            (&ldap["hostname"], &ldap["password"]),
            (&json!("dc.example.test"), &json!("correct horse"))
        );
        let key = data["directoryGsuite"]["privateKey"].as_str().expect("a key");
        assert!(key.starts_with("-----BEGIN") && key.contains("\nAAAA\n"), "{key:?}");
        // A saved plan is read as far as its contents: this one is of another organization.
        let plan = json!({"version": 2, "server": "https://x.test", "organizationId": "x", "changes": []});
        let plan = in_file(&home, "plan.json", bytes(&plan.to_string()));
        let output = run(&home, &["apply", &plan]);
        assert!(!output.stderr.contains("plan.json"), "{}", output.stderr);
    }
}
