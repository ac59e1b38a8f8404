//! Options, streams, exit codes and everything else that needs no server.

use crate::contract::stage::{answer, assert_answer, assert_failure, run};
use bwdc_core::names::Timestamp;
use bwdc_engine::lock::RunLock;
use bwdc_engine::paths::Profile;
use bwdc_harness::home::Home;
use bwdc_harness::measure::measure;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

const NOT_LOGGED_IN: &str = r#"{"success":false,"message":"You are not logged in."}"#;

#[test]
fn the_version_is_a_number_alone() {
    let home = Home::new().unwrap();
    for option in ["--version", "-v"] {
        assert_answer(&run(&home, &[option]), concat!(env!("CARGO_PKG_VERSION"), "\n"));
    }
    assert!(std::fs::read_dir(home.data_folder()).unwrap().next().is_none(), "nothing is written");
}

/// Today's waits for a lock of its own, loads everything and takes 1.7 s and 205 MB.
#[test]
fn the_version_opens_no_file_of_ours_takes_no_lock_and_asks_nobody() {
    let asked = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", asked.local_addr().unwrap());
    let mut home = Home::new().unwrap();
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "BWDC_UPDATE_FEED"] {
        home.set(name, &url);
    }
    home.set(
        "DBUS_SESSION_BUS_ADDRESS",
        format!("tcp:host=127.0.0.1,port={}", asked.local_addr().unwrap().port()),
    );
    let lock = RunLock::acquire(&Profile::new(home.data_folder()), "sync", Timestamp(0)).unwrap();
    let files = || {
        let mut found = Vec::new();
        let mut folders = vec![home.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let metadata = entry.metadata().unwrap();
                if metadata.is_dir() {
                    folders.push(entry.path());
                }
                found.push((entry.path(), metadata.len(), metadata.modified().unwrap()));
            }
        }
        found.sort();
        found
    };
    for damaged in [false, true] {
        // Whoever wrote would be seen in the first, whoever read in the second; the lock is held in both.
        if damaged {
            std::fs::write(home.data_json_path(), "{").unwrap();
            std::fs::write(home.data_folder().join("connector.toml"), "[").unwrap();
        }
        let before = files();
        for option in ["--version", "-v"] {
            let mut command = home.command(env!("CARGO_BIN_EXE_bwdc"), &[option]);
            let measured =
                measure(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())).unwrap();
            assert!(measured.status.success());
            assert!(measured.cpu < Duration::from_millis(500), "{measured:?}");
            assert!(measured.peak_resident < 128 * 1024 * 1024, "{measured:?}");
            assert_answer(&run(&home, &[option]), concat!(env!("CARGO_PKG_VERSION"), "\n"));
        }
        assert_eq!(files(), before);
    }
    asked.set_nonblocking(true).unwrap();
    assert_eq!(asked.accept().map(|_| ()).unwrap_err().kind(), ErrorKind::WouldBlock, "somebody was asked");
    drop(lock);
}

#[test]
fn commands_that_need_a_sign_in_say_so() {
    let home = Home::new().unwrap();
    for command in ["logout", "test", "plan", "sync"] {
        assert_failure(&run(&home, &[command]), "You are not logged in.\n");
    }
}

#[test]
fn a_failure_in_json_goes_to_standard_output_and_stays_a_failure() {
    let home = Home::new().unwrap();
    for arguments in [["--response", "sync"], ["sync", "--response"]] {
        let output = run(&home, &arguments);
        assert_eq!((output.code, output.stderr.as_str()), (Some(1), ""));
        assert_eq!(output.stdout, format!("{NOT_LOGGED_IN}\n"));
    }
    let output = run(&home, &["sync", "--response", "--pretty"]);
    assert_eq!(output.stdout, "{\n  \"success\": false,\n  \"message\": \"You are not logged in.\"\n}\n");
}

#[test]
fn cleanexit_changes_the_code_and_quiet_the_streams() {
    let home = Home::new().unwrap();
    for arguments in [["--cleanexit", "sync"], ["sync", "--cleanexit"]] {
        let output = run(&home, &arguments);
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), "You are not logged in.\n"));
    }
    for arguments in [&["--quiet", "sync"][..], &["sync", "--quiet", "--response"]] {
        assert_failure(&run(&home, arguments), "");
    }
    assert_answer(&run(&home, &["clear-cache", "--quiet"]), "");
}

#[test]
fn usage_errors_ignore_every_option() {
    let home = Home::new().unwrap();
    for arguments in [
        &["no-such-command", "--quiet", "--cleanexit", "--response"][..],
        &["sync", "--no-such-option", "--quiet", "--cleanexit", "--response"],
        &["last-sync", "--quiet", "--cleanexit"],
        &["config", "--quiet", "--cleanexit"],
        &["help", "no-such-command"],
    ] {
        let output = run(&home, arguments);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(output.stderr.starts_with("error: "), "{arguments:?}: {}", output.stderr);
    }
}

#[test]
fn a_private_key_that_is_taken_for_an_option_is_not_repeated() {
    let home = Home::new().unwrap();
    let key = "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----";
    for arguments in [&["config", "gsuite.key", key][..], &["config", "set", "gsuite.key", key, "more"]] {
        let output = run(&home, arguments);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
        assert!(!output.stderr.contains("hunter2"), "{}", output.stderr);
        assert!(output.stderr.contains("--secretfile"), "{}", output.stderr);
    }
}

#[test]
fn help_is_an_answer() {
    let home = Home::new().unwrap();
    for (arguments, code, part) in [
        (&["help"][..], 0, "Sync commands:"),
        (&["--help"], 0, "Sync commands:"),
        (&[], 1, "Sync commands:"),
        (&["help", "config"], 0, "sync.inviteUsersAfterProvisioning"),
        (&["sync", "--help"], 0, "--detailed-exitcode"),
    ] {
        let output = run(&home, arguments);
        assert_eq!((output.code, output.stderr.as_str()), (Some(code), ""), "{arguments:?}");
        assert!(output.stdout.contains(part), "{arguments:?}: {}", output.stdout);
    }
}

#[test]
fn messages_come_plain_wrapped_and_raw() {
    let home = Home::new().unwrap();
    assert_answer(&run(&home, &["clear-cache"]), "The sync cache has been cleared.\n");
    assert_answer(
        &run(&home, &["clear-cache", "--response"]),
        "{\"success\":true,\"data\":{\"noColor\":false,\"object\":\"message\",\"title\":\"The sync cache has been cleared.\",\"message\":null}}\n",
    );
    assert_answer(
        &run(&home, &["--pretty", "clear-cache", "--response"]),
        "{\n  \"success\": true,\n  \"data\": {\n    \"noColor\": false,\n    \"object\": \"message\",\n    \"title\": \"The sync cache has been cleared.\",\n    \"message\": null\n  }\n}\n",
    );
    assert_answer(&run(&home, &["clear-cache", "--raw"]), "");
}

#[test]
fn the_data_file_is_named_even_when_it_is_damaged() {
    let home = Home::new().unwrap();
    let path = home.data_json_path();
    std::fs::write(&path, "{").unwrap();
    assert_answer(&run(&home, &["data-file"]), &format!("{}\n", path.display()));
    assert_answer(
        &run(&home, &["data-file", "--response"]),
        &format!("{{\"success\":true,\"data\":{{\"object\":\"string\",\"data\":\"{}\"}}}}\n", path.display()),
    );
}

#[test]
fn the_last_sync_is_a_time_or_empty() {
    let home = Home::new().unwrap();
    assert_failure(&run(&home, &["last-sync", "users"]), "You are not logged in.\n");
    let signed_in = serde_json::json!({
        "stateVersion": 8, "organizationId": "o", "accessToken": "t",
        "apiKeyClientId": "organization.o", "apiKeyClientSecret": "s",
    });
    let mut synced = signed_in.clone();
    synced["lastUserSync"] = "2026-11-20T13:18:40.171Z".into();
    synced["userDeltaToken"] = "token".into();
    synced["lastSyncHash"] = "hash".into();
    home.write_data_json(&synced).unwrap();
    assert_answer(&run(&home, &["last-sync", "users"]), "2026-11-20T13:18:40.171Z\n");
    assert_answer(&run(&home, &["last-sync", "Groups"]), "");
    assert_answer(
        &run(&home, &["last-sync", "users", "--response"]),
        "{\"success\":true,\"data\":{\"object\":\"string\",\"data\":\"2026-11-20T13:18:40.171Z\"}}\n",
    );
    assert_failure(&run(&home, &["last-sync", "people"]), "Unknown object.\n");
    assert_answer(&run(&home, &["clear-cache"]), "The sync cache has been cleared.\n");
    assert_eq!(home.data_json().unwrap(), signed_in);
    assert_answer(&run(&home, &["last-sync", "users"]), "");
}

#[test]
fn a_damaged_data_file_is_refused_by_its_line_and_kept() {
    let home = Home::new().unwrap();
    let damaged = "{\n  \"stateVersion\": 8,\n  \"appId\": ";
    std::fs::write(home.data_json_path(), damaged).unwrap();
    for arguments in [&["sync"][..], &["config", "directory", "0"], &["clear-cache"], &["logout"]] {
        let output = run(&home, arguments);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{arguments:?}");
        for part in ["data.json", "line 3", "backup"] {
            assert!(output.stderr.contains(part), "{arguments:?}: {}", output.stderr);
        }
        assert_eq!(std::fs::read_to_string(home.data_json_path()).unwrap(), damaged);
    }
}

#[test]
fn an_interrupted_question_is_a_clean_error() {
    let home = Home::new().unwrap();
    for (input, message) in
        [("", "Client ID is required."), ("organization.1\n", "Client Secret is required.")]
    {
        let output = answer(&home, &["login"], input);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
        assert_eq!(output.stderr.lines().last(), Some(message));
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_went_away_is_no_failure_and_a_full_disk_is_one() {
    let home = Home::new().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = home.command(env!("CARGO_BIN_EXE_bwdc"), &["clear-cache"]);
    let output = command.stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));

    if let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") {
        let mut command = home.command(env!("CARGO_BIN_EXE_bwdc"), &["clear-cache"]);
        let output = command.stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("Cannot write the answer: "));
    }
}
