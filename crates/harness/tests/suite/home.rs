//! A sealed home keeps the caller's environment out and the program's files in.

use std::time::{Duration, Instant};

use bwdc_harness::HarnessError;
use bwdc_harness::home::Home;
use serde_json::json;

#[test]
fn a_run_sees_the_homes_variables_only() {
    let mut home = Home::with_plaintext_secrets().unwrap();
    home.set("BW_CLIENTID", "organization.x");
    let output = home.run("env", &[]).unwrap();
    let names: Vec<&str> =
        output.stdout.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    for wanted in [
        "HOME",
        "BITWARDENCLI_CONNECTOR_APPDATA_DIR",
        "BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS",
        "BW_CLIENTID",
    ] {
        assert!(names.contains(&wanted), "{names:?}");
    }
    // Cargo sets this one for every test, so a leak of the caller's environment shows.
    assert!(
        std::env::var_os("CARGO_MANIFEST_DIR").is_some() && !names.contains(&"CARGO_MANIFEST_DIR"),
        "{names:?}"
    );
    home.unset("BW_CLIENTID");
    assert!(!home.run("env", &[]).unwrap().stdout.contains("BW_CLIENTID"));
}

#[test]
fn outputs_and_exit_code_are_told_apart() {
    let home = Home::new().unwrap();
    let output = home.run("sh", &["-c", "echo answer; echo trouble >&2; exit 3"]).unwrap();
    assert_eq!(
        (output.stdout.as_str(), output.stderr.as_str(), output.code),
        ("answer\n", "trouble\n", Some(3))
    );
}

#[test]
fn a_run_that_takes_too_long_is_ended() {
    let mut home = Home::new().unwrap();
    home.set_limit(Duration::from_millis(300));
    let started = Instant::now();
    let result = home.run("sleep", &["60"]);
    assert!(matches!(result, Err(HarnessError::TimedOut { .. })), "{result:?}");
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn data_json_keeps_its_order_and_is_the_owners() {
    let home = Home::new().unwrap();
    home.write_data_json(&json!({"stateVersion": 8, "appId": "a", "aardvark": null})).unwrap();
    let text = std::fs::read_to_string(home.data_json_path()).unwrap();
    assert_eq!(text, "{\n  \"stateVersion\": 8,\n  \"appId\": \"a\",\n  \"aardvark\": null\n}");
    assert_eq!(home.data_json().unwrap()["stateVersion"], 8);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(home.data_json_path()).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// The search for secrets in what the suite printed is worth as much as this record.
#[cfg(unix)]
#[test]
fn what_a_program_prints_is_recorded_where_that_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let status = std::process::Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "home::one_recorded_run", "--ignored"])
        .env(bwdc_harness::home::RECORD, folder.path())
        .stdout(std::process::Stdio::null())
        .status()
        .expect("starts");
    assert!(status.success());
    let files: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
    let [Ok(file)] = &files[..] else { panic!("one run, one file: {files:?}") };
    let text = std::fs::read_to_string(file.path()).expect("readable");
    assert_eq!(text, "to be found\n\nthis, too\n");
}

#[cfg(unix)]
#[test]
#[ignore = "a part of what_a_program_prints_is_recorded_where_that_is_asked_for, in a process of its own"]
fn one_recorded_run() {
    let home = bwdc_harness::home::Home::new().expect("a home");
    home.run("sh", &["-c", "echo to be found; echo this, too >&2"]).expect("runs");
}
