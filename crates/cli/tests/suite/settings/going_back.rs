//! The official connector goes on with a file that this one wrote: same order, same layout, nothing lost.

use crate::settings::{answer, run};
use bwdc_harness::home::Home;
use serde_json::Value;
use std::fs;

/// As the official connector writes it: two spaces, its own order of the keys, no newline at the end.
const OFFICIAL: &str = r#"{
  "stateVersion": 8,
  "installedVersion": "2026.6.1",
  "appId": "0c6f8b2e-1f0e-4a0b-9d43-5f4f6f1c1a11",
  "window": {
    "width": 800,
    "x": -4.5
  },
  "enableTray": true,
  "environmentUrls": {
    "base": "https://vault.example.test",
    "webVault": null,
    "api": null,
    "identity": null
  },
  "directoryType": 0,
  "directoryLdap": {
    "id": "6f1c1a11-1f0e-4a0b-9d43-5f4f0c6f8b2e",
    "ssl": false,
    "hostname": "ldap.example.test",
    "port": 389,
    "username": "cn=reader",
    "password": null,
    "ad": false,
    "someLaterKey": [
      1,
      "zwei"
    ]
  },
  "sync": {
    "users": true,
    "groups": false,
    "interval": 5,
    "userFilter": "(cn=ü*)",
    "overwriteExisting": false
  },
  "organizationId": "o",
  "entityId": "o",
  "lastSyncHash": "h",
  "userDeltaToken": null,
  "lastUserSync": "2026-11-20T13:18:40.171Z",
  "aLaterSection": {
    "z": {},
    "a": []
  }
}"#;

fn official() -> Home {
    let home = Home::new().expect("a home");
    fs::write(home.data_json_path(), OFFICIAL).expect("writable");
    home
}

fn text(home: &Home) -> String {
    fs::read_to_string(home.data_json_path()).expect("settings")
}

#[test]
fn a_setting_changes_its_line_and_no_other() {
    let home = official();
    for (name, value) in [("ldap.port", "636"), ("sync.groups", "true"), ("sync.removeDisabled", "true")] {
        answer(&home, &["config", name, value]);
    }
    let expected = OFFICIAL
        .replace("\"port\": 389", "\"port\": 636")
        .replace("\"groups\": false", "\"groups\": true")
        .replace(
            "\"overwriteExisting\": false\n",
            "\"overwriteExisting\": false,\n    \"removeDisabled\": true\n",
        );
    assert_eq!(text(&home), expected);
    // Back by the official connector, and forward again: nothing else has moved.
    fs::write(home.data_json_path(), OFFICIAL).expect("writable");
    answer(&home, &["config", "ldap.port", "389"]);
    assert_eq!(text(&home), OFFICIAL);
}

#[test]
fn what_is_ours_alone_is_in_files_of_our_own() {
    let home = official();
    for (name, value) in
        [("limits.removals", "3"), ("leavers.gone", "revoke"), ("secrets.store", "encrypted-file")]
    {
        answer(&home, &["config", name, value]);
    }
    assert_eq!(text(&home), OFFICIAL);
}

#[test]
fn clearing_the_cache_takes_exactly_what_the_official_connector_decides_by() {
    let home = official();
    assert_eq!(answer(&home, &["clear-cache"]), "The sync cache has been cleared.\n");
    let expected = OFFICIAL
        .replace("  \"lastSyncHash\": \"h\",\n", "")
        .replace("  \"userDeltaToken\": null,\n", "")
        .replace("  \"lastUserSync\": \"2026-11-20T13:18:40.171Z\",\n", "");
    assert_eq!(text(&home), expected);
}

#[test]
fn a_secret_leaves_the_marker_that_the_official_connector_knows() {
    let home = official();
    answer(&home, &["config", "ldap.password", &bwdc_harness::secret("ldap")]);
    assert_eq!(text(&home), OFFICIAL.replace("\"password\": null", "\"password\": \"[STORED SECURELY]\""));
    answer(&home, &["config", "unset", "ldap.password"]);
    assert_eq!(text(&home), OFFICIAL);
}

/// Files that somebody else made or broke: read as JavaScript reads them, or refused, and never replaced.
#[test]
fn files_of_every_kind_are_read_whole_or_refused_and_kept() {
    let deep = format!("{{\"stateVersion\": 8, \"x\": {}{}}}", "[".repeat(5000), "]".repeat(5000));
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("{}".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let bad: [(&[u8], &str); 12] = [
        (b"", "line 1"),
        (b"   \n\n", "line 3"),
        (&OFFICIAL.as_bytes()[..200], "line"),
        (b"{\"stateVersion\": 8,}", "line 1, column 20"),
        (b"{\"stateVersion\": 8} trailing", "line 1"),
        (b"{\"stateVersion\": 1e999}", "line 1"),
        (b"{\"stateVersion\": \"eight\"}", "`stateVersion`"),
        (b"{\"stateVersion\": 2, \"global\": {}}", "version 2"),
        (b"{\"a\": \"\xff\"}", "line 1"),
        (deep.as_bytes(), "recursion"),
        (&utf16, "UTF-16"),
        (b"\x00\x00\x00\x00\x00", "line 1"),
    ];
    for (bytes, part) in bad {
        let home = Home::new().expect("a home");
        fs::write(home.data_json_path(), bytes).expect("writable");
        for arguments in [&["config", "list"][..], &["config", "directory", "0"], &["sync"]] {
            let output = run(&home, arguments);
            assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{part}: {arguments:?}");
            assert!(
                output.stderr.contains("data.json") && output.stderr.contains(part),
                "{part}: {}",
                output.stderr
            );
        }
        assert_eq!(fs::read(home.data_json_path()).expect("kept"), bytes, "{part}");
    }
    let good: [(Vec<u8>, &str); 5] = [
        (format!("\u{feff}{OFFICIAL}").into_bytes(), "byte order mark"),
        (OFFICIAL.replace('\n', "\r\n").into_bytes(), "lines of Windows"),
        (format!("{OFFICIAL}\n").into_bytes(), "a newline at the end"),
        (OFFICIAL.replace("\"stateVersion\": 8", "\"stateVersion\": 12").into_bytes(), "a later version"),
        (
            OFFICIAL.replace("\"port\": 389", "\"port\": 1, \"port\": 389").into_bytes(),
            "a key twice: the last counts",
        ),
    ];
    for (bytes, what) in good {
        let home = Home::new().expect("a home");
        fs::write(home.data_json_path(), &bytes).expect("writable");
        assert_eq!(answer(&home, &["config", "get", "ldap.port"]), "389\n", "{what}");
        assert_eq!(fs::read(home.data_json_path()).expect("kept"), bytes, "{what}");
        answer(&home, &["config", "ldap.port", "636"]);
        let written: Value = serde_json::from_str(&text(&home)).expect("JSON");
        let mut expected: Value = serde_json::from_str(OFFICIAL).expect("JSON");
        expected["directoryLdap"]["port"] = 636.into();
        expected["stateVersion"] = written["stateVersion"].clone();
        assert_eq!(written, expected, "{what}");
        assert_eq!(written["stateVersion"], if what.contains("later") { 12 } else { 8 });
    }
}

#[cfg(unix)]
#[test]
fn a_folder_in_its_place_is_named() {
    let home = Home::new().expect("a home");
    fs::create_dir(home.data_json_path()).expect("ours");
    for arguments in [&["config", "list"][..], &["config", "directory", "0"]] {
        let output = run(&home, arguments);
        assert!(output.code == Some(1) && output.stderr.contains("data.json"), "{}", output.stderr);
    }
}
