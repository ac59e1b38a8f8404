//! Options, streams, exit codes and everything else that needs no server.

use crate::stage::{answer, assert_answer, assert_failure, run};
use bwdc_harness::home::Home;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

const NOT_LOGGED_IN: &str = r#"{"success":false,"message":"You are not logged in."}"#;

#[test]
fn the_version_is_a_number_alone() {
    let home = Home::new().unwrap();
    for option in ["--version", "-v"] {
        assert_answer(&run(&home, &[option]), concat!(env!("CARGO_PKG_VERSION"), "\n"));
    }
    assert!(std::fs::read_dir(home.data_folder()).unwrap().next().is_none(), "nothing is written");
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
fn help_is_an_answer() {
    let home = Home::new().unwrap();
    for (arguments, part) in [
        (&["help"][..], "Commands:"),
        (&["--help"], "Commands:"),
        (&[], "Commands:"),
        (&["help", "config"], "sync.inviteUsersAfterProvisioning"),
        (&["sync", "--help"], "--detailed-exitcode"),
    ] {
        let output = run(&home, arguments);
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{arguments:?}");
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
    assert_answer(&run(&home, &["last-sync", "users"]), "\n");
    home.write_data_json(&serde_json::json!({
        "stateVersion": 8,
        "lastUserSync": "2026-11-20T13:18:40.171Z",
        "userDeltaToken": "token",
        "lastSyncHash": "hash",
    }))
    .unwrap();
    assert_answer(&run(&home, &["last-sync", "users"]), "2026-11-20T13:18:40.171Z\n");
    assert_answer(&run(&home, &["last-sync", "Groups"]), "\n");
    assert_answer(
        &run(&home, &["last-sync", "users", "--response"]),
        "{\"success\":true,\"data\":{\"object\":\"string\",\"data\":\"2026-11-20T13:18:40.171Z\"}}\n",
    );
    assert_failure(&run(&home, &["last-sync", "people"]), "Unknown object.\n");
    assert_answer(&run(&home, &["clear-cache"]), "The sync cache has been cleared.\n");
    assert_eq!(home.data_json().unwrap(), serde_json::json!({ "stateVersion": 8 }));
    assert_answer(&run(&home, &["last-sync", "users"]), "\n");
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
fn an_update_without_a_list_of_releases_says_how_to_set_one() {
    let home = Home::new().unwrap();
    let output = run(&home, &["update"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    assert!(output.stderr.contains("BWDC_UPDATE_FEED"), "{}", output.stderr);
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

#[test]
fn a_newer_version_is_named_with_its_address() {
    let feed = r#"[{"tag_name":"v9999.1.0","html_url":"https://releases.test/9999.1.0"},
        {"tag_name":"v9999.2.0","html_url":"https://releases.test/draft","draft":true},
        {"tag_name":"v0.0.1","html_url":"https://releases.test/0.0.1"}]"#;
    for (arguments, expected) in [
        (&["update"][..], "Version 9999.1.0 is available.\nhttps://releases.test/9999.1.0\n"),
        (&["update", "--raw"], "https://releases.test/9999.1.0\n"),
    ] {
        let (home, served) = home_with_feed(feed);
        assert_answer(&run(&home, arguments), expected);
        assert!(served.join().expect("a request").contains("user-agent: bwdc/"));
    }
    let (home, served) = home_with_feed(r#"{"tag_name":"v0.0.1","html_url":"https://releases.test/0.0.1"}"#);
    assert_answer(&run(&home, &["update", "--raw"]), "");
    served.join().expect("a request");
}

/// A home whose list of releases is this text, given once; the thread ends with the request that it got.
fn home_with_feed(feed: &'static str) -> (Home, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut home = Home::new().expect("a home");
    home.set("NO_PROXY", "127.0.0.1");
    home.set("BWDC_UPDATE_FEED", format!("http://{}/releases", listener.local_addr().expect("a port")));
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).expect("a request") > 0 {
            request.push(byte[0]);
        }
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{feed}",
            feed.len()
        )
        .expect("an answer");
        String::from_utf8(request).expect("text").to_lowercase()
    });
    (home, served)
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
