//! What the program tells of itself: into the file, on the error stream, never on standard output.

use crate::contract::stage::{Stage, run};
use bwdc_harness::home::Home;
use serde_json::Value;
use std::path::PathBuf;

fn log(home: &Home) -> Option<String> {
    std::fs::read_to_string(home.data_folder().join("bwdc.log")).ok()
}

#[test]
fn a_run_is_told_from_its_beginning_to_its_end_without_addresses_or_secrets() {
    let stage = Stage::signed_in();
    assert_eq!(stage.run(&["sync"]).code, Some(0));
    let text = log(&stage.home).expect("a log");
    let of_sync: Vec<&str> = text.lines().filter(|it| it.contains("run{command=\"sync\"}")).collect();
    assert!(of_sync[0].contains(" INFO ") && of_sync[0].contains("started"), "{text}");
    assert!(of_sync.iter().any(|it| it.contains("synced users=2 groups=2")), "{text}");
    assert!(of_sync.last().expect("lines").contains("ended code=0 milliseconds="), "{text}");
    for hidden in ["@example.test", "reader's password", &stage.organization.client_secret()] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(stage.home.data_folder().join("bwdc.log")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_failure_is_told_once_with_its_kind_and_addresses_as_numbers() {
    let stage = Stage::signed_in();
    stage
        .directory
        .add("dn: uid=ada2,ou=People,dc=example,dc=test\nobjectClass: person\nobjectClass: inetOrgPerson\nuid: ada2\ncn: Ada\nsn: A\nmail: ada@example.test\n")
        .expect("an entry");
    let output = stage.run(&["sync"]);
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("ada@example.test"), "the person at the terminal is told: {output:?}");
    let text = log(&stage.home).expect("a log");
    let errors: Vec<&str> = text.lines().filter(|it| it.contains("ERROR")).collect();
    assert_eq!(errors.len(), 1, "{text}");
    assert!(errors[0].contains("Emails must be unique.") && text.contains("address-1"), "{text}");
    assert!(!text.contains("ada@example.test"), "{text}");
}

#[test]
fn the_variable_brings_details_to_the_error_stream_and_never_to_standard_output() {
    let mut stage = Stage::signed_in();
    let plain = stage.run(&["test"]);
    assert_eq!((plain.code, plain.stderr.as_str()), (Some(0), ""));
    stage.home.set("BITWARDENCLI_CONNECTOR_DEBUG", "true");
    let told = stage.run(&["test"]);
    assert_eq!((told.code, &told.stdout), (Some(0), &plain.stdout));
    assert!(
        told.stderr.contains("DEBUG") && told.stderr.contains("reading the directory"),
        "{}",
        told.stderr
    );
    assert_eq!(stage.run(&["test", "--quiet"]).stderr, "", "quiet is quiet");
    let response = stage.run(&["sync", "--response"]);
    assert!(serde_json::from_str::<Value>(&response.stdout).is_ok(), "{}", response.stdout);
    assert!(response.stderr.contains("DEBUG"), "{}", response.stderr);
}

#[test]
fn the_level_counts_for_both_places_and_the_setting_for_the_file() {
    let stage = Stage::signed_in();
    let output = stage.run(&["test", "--log-level", "error"]);
    assert_eq!(output.stderr, "");
    let before = log(&stage.home).expect("a log").len();
    let output = stage.run(&["--log-level", "info", "test"]);
    assert!(output.stderr.contains("INFO") && !output.stderr.contains("DEBUG"), "{}", output.stderr);
    assert!(log(&stage.home).expect("a log").len() > before);
    assert_eq!(stage.run(&["config", "log.level", "off"]).code, Some(0));
    let before = log(&stage.home).expect("a log");
    assert_eq!(stage.run(&["test"]).code, Some(0));
    assert_eq!(log(&stage.home), Some(before));
    let output = stage.run(&["test", "--log-level", "loud"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    assert!(output.stderr.contains("off, error, warn, info, debug, trace"), "{}", output.stderr);
}

#[test]
fn lines_of_json_carry_their_values_and_their_command() {
    let stage = Stage::signed_in();
    std::fs::remove_file(stage.home.data_folder().join("bwdc.log")).expect("a log");
    assert_eq!(stage.run(&["config", "log.format", "json"]).code, Some(0));
    let output = stage.run(&["sync", "--log-level", "debug"]);
    assert_eq!(output.code, Some(0));
    let text = log(&stage.home).expect("a log");
    let lines: Vec<Value> = text.lines().map(|it| serde_json::from_str(it).expect("JSON")).collect();
    assert!(lines.iter().all(|it| it["span"]["command"] == "sync"), "{text}");
    let synced = lines.iter().find(|it| it["fields"]["message"] == "synced").expect("a line");
    assert_eq!((&synced["fields"]["users"], &synced["level"]), (&Value::from(2), &Value::from("INFO")));
    let asked = lines.iter().find(|it| it["fields"]["message"] == "asked the organization's server");
    assert_eq!(asked.expect("a line")["fields"]["status"], Value::from(200));
    let read = lines.iter().filter(|it| it["fields"]["message"] == "asked the LDAP server");
    let entries: u64 = read.filter_map(|it| it["fields"]["entries"].as_u64()).sum();
    assert_eq!(entries, 4, "two people and two groups");
    // Each place takes the time for itself.
    let told = |text: &str| -> Vec<Value> {
        let lines = text.lines().map(|it| serde_json::from_str::<Value>(it).expect("JSON"));
        lines.map(|mut it| std::mem::take(&mut it["fields"])).collect()
    };
    assert_eq!(told(&output.stderr), told(&text), "both places are told the same");
}

#[test]
fn the_file_stays_within_its_size() {
    let stage = Stage::signed_in();
    let file = stage.home.data_folder().join("bwdc.log");
    for (name, value) in [("log.megabytes", "1"), ("log.older-files", "2")] {
        assert_eq!(stage.run(&["config", name, value]).code, Some(0));
    }
    for _ in 0..4 {
        std::fs::write(&file, "x".repeat(999_990) + "\n").expect("a full log");
        assert_eq!(stage.run(&["sync"]).code, Some(0));
    }
    let folder = std::fs::read_dir(stage.home.data_folder()).expect("a folder");
    let mut names: Vec<String> = folder
        .map(|it| it.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|it| it.starts_with("bwdc.log"))
        .collect();
    names.sort();
    assert_eq!(names, ["bwdc.log", "bwdc.log.1", "bwdc.log.2"]);
    assert!(std::fs::metadata(&file).expect("a log").len() < 100_000);
}

/// A folder stands where the log should be: nothing can be written there, whoever runs the test.
#[test]
fn a_log_that_cannot_be_written_stops_nothing_and_says_nothing() {
    let stage = Stage::signed_in();
    let file: PathBuf = stage.home.data_folder().join("bwdc.log");
    std::fs::remove_file(&file).expect("a log");
    std::fs::create_dir(&file).expect("a folder");
    let output = stage.run(&["sync"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    assert_eq!(output.stdout, "Syncing complete.\nSynced 2 group(s) and 2 user(s).\n");
}

#[test]
fn commands_that_only_look_at_this_machine_leave_no_trace() {
    let home = Home::new().unwrap();
    for arguments in [
        &["last-sync", "users"][..],
        &["data-file"],
        &["config", "list"],
        &["history"],
        &["doctor"],
        &["sync", "--help"],
    ] {
        run(&home, arguments);
    }
    assert_eq!(log(&home), None);
}
