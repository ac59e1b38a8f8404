//! Rows of the contract that need more than one command to be seen, byte for byte: global options, the requests of a
//! sign-in and of an import, the fingerprint, and mistakes of today's program that ours must not make.

use crate::contract::stage::{ADA, BOB, NIGHT, STAFF, Stage, answer, assert_answer, assert_failure, run};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bwdc_harness::home::{Home, Output};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

fn seen(output: &Output) -> (Option<i32>, &str, &str) {
    (output.code, &output.stdout, &output.stderr)
}

/// The options; the answer of `clear-cache`; code and both streams of `logout`.
type Row<'a> = (&'a [&'a str], &'a str, (i32, &'a str, &'a str));

/// Every global option in both places, for an answer and for a failure.
#[test]
fn global_options_stand_before_or_after_the_command() {
    let home = Home::new().unwrap();
    const TITLE: &str = "The sync cache has been cleared.";
    let message = format!(
        "{{\"success\":true,\"data\":{{\"noColor\":false,\"object\":\"message\",\"title\":\"{TITLE}\",\"message\":null}}}}\n"
    );
    let pretty = format!(
        "{{\n  \"success\": true,\n  \"data\": {{\n    \"noColor\": false,\n    \"object\": \"message\",\n    \"title\": \"{TITLE}\",\n    \"message\": null\n  }}\n}}\n"
    );
    let refused = "{\"success\":false,\"message\":\"You are not logged in.\"}\n";
    let plain = format!("{TITLE}\n");
    let error = "You are not logged in.\n";
    let rows: [Row<'_>; 9] = [
        (&[], &plain, (1, "", error)),
        (&["--pretty"], &plain, (1, "", error)),
        (&["--raw"], "", (1, "", error)),
        (&["--response"], &message, (1, refused, "")),
        (
            &["--response", "--pretty"],
            &pretty,
            (1, "{\n  \"success\": false,\n  \"message\": \"You are not logged in.\"\n}\n", ""),
        ),
        (&["--cleanexit"], &plain, (0, "", error)),
        (&["--quiet"], "", (1, "", "")),
        (&["--quiet", "--response", "--cleanexit"], "", (0, "", "")),
        (&["--nointeraction"], &plain, (1, "", error)),
    ];
    for (options, good, (code, stdout, stderr)) in rows {
        for before in [true, false] {
            let line = |command: &'static str| match before {
                true => [options, &[command]].concat(),
                false => [&[command], options].concat(),
            };
            let output = run(&home, &line("clear-cache"));
            assert_eq!(seen(&output), (Some(0), good, ""), "{options:?} before: {before}");
            let output = run(&home, &line("logout"));
            assert_eq!(seen(&output), (Some(code), stdout, stderr), "{options:?} before: {before}");
        }
    }
}

#[test]
fn a_token_is_asked_for_in_the_official_form_and_with_the_official_headers() {
    let stage = Stage::signed_out();
    let (id, secret) = (stage.organization.client_id(), stage.organization.client_secret());
    assert_answer(&stage.log_in(), "You are logged in!\n");
    let requests = stage.organization.requests();
    let request = requests.iter().find(|it| it.path.ends_with("/connect/token")).expect("a sign-in");
    let (number, name) = match std::env::consts::OS {
        "windows" => ("6", "windows"),
        "macos" => ("7", "macos"),
        _ => ("8", "linux"),
    };
    let body = request.body.clone();
    let form: Vec<(&str, &str)> = body.split('&').filter_map(|it| it.split_once('=')).collect();
    let names: Vec<&str> = form.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        ["scope", "client_id", "deviceType", "deviceIdentifier", "deviceName", "grant_type", "client_secret"]
    );
    let data = stage.home.data_json().expect("settings");
    for (field, value) in [
        ("scope", "api.organization"),
        ("client_id", id.as_str()),
        ("deviceType", number),
        ("deviceIdentifier", data["appId"].as_str().expect("an id")),
        ("deviceName", name),
        ("grant_type", "client_credentials"),
    ] {
        let found = form.iter().find(|(name, _)| *name == field).map(|(_, value)| *value);
        assert_eq!(found, Some(value), "{field}");
    }
    assert!(!body.contains(&secret), "the recorder keeps no secret");
    let header = |name: &str| request.header(name);
    assert_eq!(header("device-type"), Some(number));
    assert_eq!(header("bitwarden-client-name"), Some("connector"));
    assert_eq!(header("bitwarden-client-version"), Some("2026.6.1"));
    assert_eq!(header("accept"), Some("application/json"));
    assert_eq!(header("content-type"), Some("application/x-www-form-urlencoded"));
    // Today's says `[object Promise]`.
    assert_eq!(header("user-agent"), Some(concat!("bwdc/", env!("CARGO_PKG_VERSION"))));
}

/// Into an empty organization the request is today's, whatever `largeImport` says: everything in the directory's order,
/// which here is that of the names and not that of the addresses. The fingerprint is of its bytes.
#[test]
fn the_first_import_is_the_official_request_and_leaves_its_fingerprint() {
    const ZOE: &str = "uid=aaa,ou=People,dc=example,dc=test";
    let stage = Stage::signed_in();
    stage.directory.add(&person("aaa", "mail: Zoe@example.test\n")).expect("an entry");
    stage.directory.add_value(STAFF, "member", ZOE).expect("a member");
    stage.change(|data| data["sync"]["largeImport"] = json!(true));
    stage.organization.clear_requests();
    assert_answer(&stage.run(&["sync"]), "Syncing complete.\nSynced 2 group(s) and 3 user(s).\n");
    let requests = stage.organization.requests();
    let imports: Vec<_> =
        requests.iter().filter(|it| it.path.ends_with("/public/organization/import")).collect();
    assert_eq!(imports.len(), 1);
    let body = imports[0].body.clone();
    let expected = [
        r#"{"groups":["#,
        &format!(r#"{{"name":"Night","externalId":"{NIGHT}","memberExternalIds":["{BOB}"]}},"#),
        &format!(
            r#"{{"name":"Staff","externalId":"{STAFF}","memberExternalIds":["{ADA}","{BOB}","{ZOE}"]}}],"#
        ),
        &format!(r#""members":[{{"email":"zoe@example.test","externalId":"{ZOE}","deleted":false}},"#),
        &format!(r#"{{"email":"ada@example.test","externalId":"{ADA}","deleted":false}},"#),
        &format!(r#"{{"email":"bob@example.test","externalId":"{BOB}","deleted":false}}],"#),
        r#""overwriteExisting":false,"largeImport":false,"inviteUsersAfterProvisioning":false}"#,
    ]
    .concat();
    assert_eq!(body, expected);
    let mut hash = Sha256::new();
    hash.update(format!("{}/api", stage.organization.url()));
    hash.update(stage.organization.organization_id());
    hash.update(&body);
    let data = stage.home.data_json().expect("settings");
    assert_eq!(data["lastSyncHash"], json!(STANDARD.encode(hash.finalize())));
    for time in [&data["lastUserSync"], &data["lastGroupSync"]] {
        let time = time.as_str().expect("a time");
        let shape: String = time.chars().map(|it| if it.is_ascii_digit() { '0' } else { it }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000Z");
    }
    assert_answer(
        &stage.run(&["last-sync", "users"]),
        &format!("{}\n", data["lastUserSync"].as_str().expect("a time")),
    );
}

fn person(uid: &str, more: &str) -> String {
    format!(
        "dn: uid={uid},ou=People,dc=example,dc=test\nobjectClass: person\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: x\n{more}"
    )
}

#[test]
fn of_many_shared_addresses_three_are_listed_and_the_rest_is_counted() {
    let stage = Stage::signed_in();
    for number in 0..17 {
        for twin in ["a", "b"] {
            let entry = person(&format!("p{number:02}{twin}"), &format!("mail: p{number:02}@example.test\n"));
            stage.directory.add(&entry).expect("an entry");
        }
    }
    let text = "Emails must be unique. Multiple entries pulled with the following emails:\n\
                p00@example.test\np01@example.test\np02@example.test\nand 14 more...\n";
    assert_failure(&stage.run(&["test"]), text);
    assert_failure(&stage.run(&["sync"]), text);
}

#[test]
fn people_without_a_usable_address_are_dropped_and_stay_in_the_groups_of_a_test() {
    let stage = Stage::signed_in();
    let long = format!("{}@example.test", "x".repeat(250));
    stage.directory.add(&person("none", "")).expect("an entry");
    stage.directory.add(&person("long", &format!("mail: {long}\n"))).expect("an entry");
    for uid in ["none", "long"] {
        stage
            .directory
            .add_value(NIGHT, "member", format!("uid={uid},ou=People,dc=example,dc=test"))
            .expect("a member");
    }
    let output = stage.run(&["test"]);
    let test: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let names: Vec<&str> =
        test["enabledUsers"].as_array().unwrap().iter().filter_map(|it| it["displayName"].as_str()).collect();
    assert_eq!(names, ["ada@example.test", "bob@example.test"]);
    assert_eq!(test["groups"][0]["displayName"], "Night");
    assert_eq!(
        test["groups"][0]["userIds"],
        json!([BOB, "uid=none,ou=People,dc=example,dc=test", "uid=long,ou=People,dc=example,dc=test"])
    );
}

#[test]
fn distinguished_names_are_spelled_with_hex_pairs() {
    let stage = Stage::signed_in();
    for (typed, address) in [("Comma\\, Inc", "comma"), ("Plus\\+One", "plus"), ("Quote\\\"d", "quote")] {
        let entry = format!(
            "dn: cn={typed},ou=People,dc=example,dc=test\nobjectClass: person\nobjectClass: inetOrgPerson\nsn: x\nmail: {address}@example.test\n"
        );
        stage.directory.add(&entry).expect("an entry");
    }
    let output = stage.run(&["test"]);
    let test: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let id = |address: &str| {
        let users = test["enabledUsers"].as_array().expect("a list");
        users.iter().find(|it| it["displayName"] == address).map(|it| it["externalId"].clone())
    };
    for (address, spelled) in [("comma", "Comma\\2C Inc"), ("plus", "Plus\\2BOne"), ("quote", "Quote\\22d")] {
        assert_eq!(
            id(&format!("{address}@example.test")),
            Some(json!(format!("cn={spelled},ou=People,dc=example,dc=test")))
        );
    }
}

/// Today's compares with case, and the group goes out without its members.
#[test]
fn members_are_found_whatever_the_case_of_their_name() {
    let stage = Stage::signed_in();
    stage.directory.modify(NIGHT, "member", ["UID=Ada, OU=people,DC=Example,dc=TEST"]).expect("a change");
    assert_eq!(stage.run(&["sync"]).code, Some(0));
    assert!(stage.organization.membership_by_external_ids()[NIGHT].contains(ADA));
}

/// Today's asks for them as the settings spell them, and finds none under the server's spelling.
#[test]
fn attributes_are_found_whatever_the_case_of_their_name() {
    let stage = Stage::signed_in();
    stage.change(|data| {
        data["sync"]["userEmailAttribute"] = json!("MAIL");
        data["sync"]["memberAttribute"] = json!("MEMBER");
        data["sync"]["groupNameAttribute"] = json!("CN");
    });
    assert_eq!(stage.run(&["sync"]).stdout, "Syncing complete.\nSynced 2 group(s) and 2 user(s).\n");
    assert!(stage.organization.member("ada@example.test").is_some());
    assert!(stage.organization.membership_by_external_ids()[STAFF].contains(ADA));
}

/// Today's finds nothing from then on, and moves the dates of the last sync all the same.
#[test]
fn what_changed_cannot_be_told_by_an_attribute_that_nobody_has() {
    let stage = Stage::signed_in();
    assert_eq!(stage.run(&["sync"]).code, Some(0));
    let time = stage.run(&["last-sync", "users"]);
    stage.change(|data| data["sync"]["revisionDateAttribute"] = json!("whenChanged"));
    let output = stage.run(&["test", "--last"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    assert!(output.stderr.contains("`whenChanged`"), "{}", output.stderr);
    // A sync reads what there is, whatever that attribute is.
    stage.directory.add(&person("eve", "mail: eve@example.test\n")).expect("an entry");
    assert_eq!(stage.run(&["sync"]).code, Some(0));
    assert!(stage.organization.member("eve@example.test").is_some());
    assert_ne!(stage.run(&["last-sync", "users"]).stdout, time.stdout);
}

/// Today's ignores it, and connects without.
#[test]
fn an_authority_file_that_cannot_be_read_is_an_error() {
    let stage = Stage::signed_in();
    stage.change(|data| {
        data["directoryLdap"]["ssl"] = json!(true);
        data["directoryLdap"]["sslCaPath"] = json!("/no/such/authority.pem");
    });
    let output = stage.run(&["test"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    for part in ["`/no/such/authority.pem`", "`ldap.sslCaPath`"] {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
    assert_eq!(stage.directory.counts().connections, 0);
}

#[cfg(unix)]
#[test]
fn settings_that_others_can_read_are_told_with_the_cure() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::signed_in();
    std::fs::set_permissions(stage.home.data_json_path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(0));
    for part in ["data.json", "can be read by others (mode 0644)", "chmod 600"] {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
    let mode = std::fs::metadata(stage.home.data_json_path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "a write tightens it");
}

#[cfg(unix)]
#[test]
fn what_makes_every_run_dangerous_is_said_in_each() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::signed_in();
    let dangers = ["Everybody on this machine can write to", "`limits.off` is true"];
    for arguments in [&["plan"][..], &["sync"]] {
        let output = stage.run(arguments);
        assert_eq!(output.code, Some(0));
        assert!(dangers.iter().all(|it| !output.stderr.contains(it)), "{}", output.stderr);
    }
    std::fs::set_permissions(stage.home.data_folder(), std::fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(stage.run(&["config", "set", "limits.off", "true"]).code, Some(0));
    for arguments in [&["plan"][..], &["sync"], &["sync"]] {
        let output = stage.run(arguments);
        assert_eq!(output.code, Some(0));
        for part in dangers {
            assert!(output.stderr.contains(part), "{arguments:?}: {part}: {}", output.stderr);
        }
    }
}

#[test]
fn last_sync_is_for_who_is_signed_in() {
    let stage = Stage::signed_out();
    for arguments in [&["last-sync", "users"][..], &["last-sync", "members"]] {
        assert_failure(&stage.run(arguments), "You are not logged in.\n");
    }
}

#[test]
fn a_byte_order_mark_is_no_damage() {
    let home = Home::new().unwrap();
    let text = "\u{feff}{\"stateVersion\":8,\"directoryType\":3}";
    std::fs::write(home.data_json_path(), text).unwrap();
    assert_answer(&run(&home, &["config", "get", "directory"]), "3\n");
}

/// Today's prints stacks for each of these.
#[test]
fn nothing_that_goes_wrong_prints_a_stack() {
    let stage = Stage::signed_out();
    let mut printed = String::new();
    for arguments in [
        &["login"][..],
        &["config", "ldap.password", "--secretfile", "/no/such/file"],
        &["apply", "/no/such/plan"],
        &["sync"],
    ] {
        let output = answer(&stage.home, arguments, "");
        assert_eq!(output.code, Some(1), "{arguments:?}");
        let _ = write!(printed, "{}{}", output.stdout, output.stderr);
        assert!(output.stderr.lines().count() <= 3, "{arguments:?}: {}", output.stderr);
    }
    for part in ["panicked", "   at ", ".rs:", "backtrace", "Error {"] {
        assert!(!printed.contains(part), "{part}: {printed}");
    }
}

/// What a terminal shows, through `script`, which gives the program one.
#[cfg(target_os = "linux")]
fn at_a_terminal(home: &Home, line: &str, input: &str) -> Option<String> {
    use std::io::Write as _;
    use std::process::Stdio;
    let program = env!("CARGO_BIN_EXE_bwdc");
    let typed = format!("{program} {line}");
    let mut command = home.command("script", &["-qec", &typed, "/dev/null"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut stdin = child.stdin.take()?;
    for part in input.split_inclusive('\n') {
        // A question that turns the echo off has to be there first.
        std::thread::sleep(std::time::Duration::from_millis(700));
        stdin.write_all(part.as_bytes()).ok()?;
    }
    let output = child.wait_with_output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(target_os = "linux")]
#[test]
fn colors_are_for_terminals_and_can_be_turned_off() {
    let mut home = Home::new().unwrap();
    let Some(shown) = at_a_terminal(&home, "clear-cache", "") else { return };
    assert!(shown.contains("\u{1b}[92mThe sync cache has been cleared.\u{1b}[0m"), "{shown:?}");
    let shown = at_a_terminal(&home, "logout", "").expect("a terminal");
    assert!(shown.contains("\u{1b}[91mYou are not logged in.\u{1b}[0m"), "{shown:?}");
    assert!(shown.contains("Run `bwdc login`."), "the next step is for people: {shown:?}");
    home.set("NO_COLOR", "1");
    let shown = at_a_terminal(&home, "clear-cache", "").expect("a terminal");
    assert_eq!(shown.trim_end(), "The sync cache has been cleared.");
}

/// Whoever reads along gets what matters; JSON is for pipes and for whoever asks for it.
#[cfg(target_os = "linux")]
#[test]
fn test_is_summed_up_on_a_terminal() {
    let mut stage = Stage::signed_in();
    stage.home.set("NO_COLOR", "1");
    let Some(shown) = at_a_terminal(&stage.home, "test", "") else { return };
    let expected = "The directory has 2 enabled people and 2 groups to sync.\n\
                    \n\
                    Groups (2)\n  \
                      Night                                             1 member\n  \
                      Staff                                             2 members\n\
                    \n\
                    `bwdc test --explain`  lists who is left out, and why\n\
                    `bwdc test --pretty`   prints everybody as JSON, as a pipe gets it\n\
                    `bwdc plan`            compares with the organization\n";
    assert_eq!(shown.replace('\r', ""), expected);
    let shown = at_a_terminal(&stage.home, "test --pretty", "").expect("a terminal");
    assert!(shown.contains("\"enabledUsers\": ["), "{shown}");
}

/// Today's shows the secret while it is typed.
#[cfg(target_os = "linux")]
#[test]
fn a_secret_is_not_shown_while_it_is_typed() {
    let stage = Stage::signed_out();
    let (id, secret) = (stage.organization.client_id(), stage.organization.client_secret());
    let Some(shown) = at_a_terminal(&stage.home, "login", &format!("{id}\n{secret}\n")) else { return };
    assert!(shown.contains("You are logged in!"), "{shown:?}");
    assert!(shown.contains(&id) && !shown.contains(&secret), "{shown:?}");
}

/// Ctrl-D at either question.
#[test]
fn the_end_of_what_is_typed_is_a_missing_answer() {
    let stage = Stage::signed_out();
    let id = stage.organization.client_id();
    let typed = ["\u{4}".to_owned(), format!("{id}\n\u{4}")];
    for (typed, message) in typed.iter().zip(["Client ID is required.", "Client Secret is required."]) {
        let Some(shown) = at_a_terminal(&stage.home, "login", typed) else { return };
        assert!(shown.contains(message) && !shown.contains("panicked"), "{shown:?}");
    }
}
