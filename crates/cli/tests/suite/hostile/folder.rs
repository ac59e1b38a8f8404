//! What somebody put into the data folder: things that are no files, files without end, damage.

use crate::hostile::directory::{people, serve};
use crate::hostile::server::honest_server;
use crate::hostile::{MORE, home, run, unbroken};
use bwdc_harness::home::Home;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What can lie where a file should.
const KINDS: [&str; 7] = ["pipe", "socket", "folder", "loop", "nowhere", "device", "endless"];

/// Puts it there; what has to be kept for as long as it lies there comes back.
fn put(kind: &str, path: &Path) -> Option<UnixListener> {
    match kind {
        "pipe" => {
            let made = Command::new("mkfifo").arg(path).status().expect("mkfifo");
            assert!(made.success(), "{}", path.display());
        }
        "socket" => return Some(UnixListener::bind(path).expect("a socket")),
        "folder" => fs::create_dir(path).expect("a folder"),
        "loop" => symlink(path, path).expect("a link"),
        "nowhere" => symlink("/no/such/folder/file", path).expect("a link"),
        "device" => symlink("/dev/zero", path).expect("a link"),
        _ => {
            let file = fs::File::create(path).expect("a file");
            // Without a block on the disk.
            file.set_len(1 << 40).expect("a large file");
        }
    }
    None
}

fn take_away(path: &Path) {
    let _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
}

fn data(home: &Home, name: &str) -> PathBuf {
    home.data_folder().join(name)
}

/// Files that a run reads: whatever lies there instead is named. A link to nowhere is a file that is not there yet.
#[test]
fn whatever_lies_in_the_place_of_a_file_is_named_at_once() {
    let directory = serve(&people(3));
    let server = honest_server(3);
    let honest = run(&home(directory.port(), server), "honest", &["plan"]);
    for name in [
        "data.json",
        "connector.toml",
        "secrets.json",
        "connector.db",
        "connector.db-wal",
        "connector.db-journal",
    ] {
        for kind in KINDS {
            if kind == "endless" && name.starts_with("connector.db") || kind == "nowhere" {
                continue;
            }
            let home = home(directory.port(), server);
            if name == "secrets.json" {
                let hidden = fs::read_to_string(home.data_json_path()).expect("settings");
                let hidden = hidden.replace(crate::hostile::PASSWORD, "[STORED SECURELY]");
                fs::write(home.data_json_path(), hidden).expect("settings");
            }
            take_away(&data(&home, name));
            let _kept = put(kind, &data(&home, name));
            for arguments in [&["plan"][..], &["sync"], &["doctor"], &["config", "list"], &["history"]] {
                let ended = run(&home, "there", arguments);
                let about = format!("{name} as {kind}, {arguments:?}: {}", ended.said);
                assert!(ended.size <= honest.size + MORE, "{} bytes: {about}", ended.size);
                if matches!(arguments[0], "plan" | "sync") {
                    assert_eq!(ended.code, Some(1), "{about}");
                    assert!(unbroken(&ended.said).contains(name), "{about}");
                }
            }
        }
    }
}

/// A log that cannot be written stops nothing, and is not waited for.
#[test]
fn whatever_lies_in_the_place_of_the_log_stops_nothing() {
    let directory = serve(&people(3));
    let server = honest_server(3);
    for name in ["bwdc.log", "bwdc.log.1"] {
        for kind in KINDS {
            let home = home(directory.port(), server);
            let _kept = put(kind, &data(&home, name));
            let ended = run(&home, "log", &["plan"]);
            assert_eq!(ended.code, Some(0), "{name} as {kind}: {}", ended.said);
            let archive = home.path().join("support.tar.gz");
            run(&home, "log", &["doctor", "--bundle", archive.to_str().expect("a path")]);
        }
    }
}

/// Locks and what is written beside a file before it takes its place.
#[test]
fn whatever_lies_in_the_place_of_a_lock_or_of_a_new_file_ends_in_time() {
    let directory = serve(&people(3));
    let server = honest_server(3);
    for name in ["bwdc.lock", "bwdc.lock.holder", "data.json.lock", "data.json.bwdc-new", "bwdc-write.lock"] {
        for kind in KINDS {
            // The official connector's lock is a folder, which is waited for as long as it waits.
            if name == "data.json.lock" && kind != "pipe" {
                continue;
            }
            let home = home(directory.port(), server);
            let _kept = put(kind, &data(&home, name));
            let before = fs::read(home.data_json_path()).expect("settings");
            let ended = run(&home, "lock", &["config", "sync.interval", "7"]);
            let about = format!("{name} as {kind}: {}", ended.said);
            assert!(matches!(ended.code, Some(0 | 1)), "{about}");
            let after = fs::read(home.data_json_path()).expect("settings");
            assert_eq!(ended.code == Some(1), before == after, "{about}");
            let ended = run(&home, "lock", &["sync"]);
            assert!(matches!(ended.code, Some(0 | 1)), "{name} as {kind}: {}", ended.said);
        }
    }
}

/// Administrators keep the settings elsewhere, and link to them.
#[test]
fn links_to_files_are_followed_and_stay_links() {
    let directory = serve(&people(3));
    let home = home(directory.port(), honest_server(3));
    for name in ["data.json", "connector.toml"] {
        let elsewhere = home.path().join(name);
        if name == "data.json" {
            fs::rename(data(&home, name), &elsewhere).expect("moved");
        } else {
            fs::write(&elsewhere, "[time-limits]\norganization = 60\n").expect("settings");
        }
        symlink(&elsewhere, data(&home, name)).expect("a link");
    }
    for arguments in [&["plan"][..], &["config", "sync.interval", "7"], &["config", "limits.removals", "3"]] {
        let ended = run(&home, "links", arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.said);
    }
    for (name, part) in [("data.json", "\"interval\": 7"), ("connector.toml", "removals = 3")] {
        assert!(fs::symlink_metadata(data(&home, name)).expect("it is there").is_symlink(), "{name}");
        let text = fs::read_to_string(home.path().join(name)).expect("it is there");
        assert!(text.contains(part), "{text}");
        let mode = fs::metadata(home.path().join(name)).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

/// Settings that are meant to take memory or the stack.
#[test]
fn settings_without_end_and_settings_without_ground_are_refused() {
    let directory = serve(&people(3));
    let server = honest_server(3);
    let honest = run(&home(directory.port(), server), "honest", &["plan"]);
    let deep = 200_000;
    for (name, text) in [
        ("data.json", format!("{{\"stateVersion\":8,\"a\":{}", "[".repeat(deep))),
        ("data.json", format!("{{\"stateVersion\":8,\"a\":[{}1]}}", "[[],[]],".repeat(1_000_000))),
        ("connector.toml", format!("a = {}{}", "[".repeat(deep), "]".repeat(deep))),
        ("connector.toml", format!("{}\n", "a.".repeat(deep) + "b = 1")),
        ("connector.toml", format!("[{}b]\n", "a.".repeat(deep))),
        ("connector.db", "x".repeat(5_000_000)),
    ] {
        let home = home(directory.port(), server);
        fs::write(data(&home, name), text).expect("written");
        for arguments in [&["plan"][..], &["config", "list"], &["doctor"]] {
            let ended = run(&home, "content", arguments);
            let said: String = ended.said.chars().take(1000).collect();
            assert!(ended.size <= honest.size + MORE, "{name}, {arguments:?}: {} bytes: {said}", ended.size);
            assert!(
                ended.code.is_some_and(|code| code <= 1),
                "{name}, {arguments:?}: {:?} {said}",
                ended.code
            );
        }
    }
}
