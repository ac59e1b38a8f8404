//! `bwdc profile`, `--profile` and `BWDC_PROFILE`: installations that know nothing of each other.

use bwdc_harness::home::{Home, Output};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

fn run(home: &Home, arguments: &[&str]) -> Output {
    home.run(env!("CARGO_BIN_EXE_bwdc"), arguments).expect("a home")
}

#[track_caller]
fn answer(home: &Home, arguments: &[&str]) -> String {
    let output = run(home, arguments);
    assert_eq!(output.code, Some(0), "{arguments:?}: {}", output.stderr);
    output.stdout
}

#[track_caller]
fn refused(home: &Home, arguments: &[&str], parts: &[&str]) {
    let output = run(home, arguments);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{arguments:?}");
    for part in parts {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
}

fn folder(home: &Home, name: &str) -> PathBuf {
    home.data_folder().join("profiles").join(name)
}

fn data(home: &Home, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder(home, name).join("data.json")).expect("settings"))
        .expect("JSON")
}

#[test]
fn a_profile_has_settings_secrets_and_state_of_its_own() {
    let mut home = Home::new().expect("a home");
    assert_eq!(answer(&home, &["profile", "create", "Berlin"]), "Created profile `berlin`.\n");
    answer(&home, &["config", "ldap.hostname", "default.test"]);
    answer(&home, &["--profile", "berlin", "config", "ldap.hostname", "berlin.test"]);
    answer(&home, &["config", "ldap.password", "s3cr3t-0f-default"]);
    assert_eq!(answer(&home, &["config", "get", "ldap.password", "--profile", "BERLIN"]), "not set\n");
    answer(&home, &["--profile", "berlin", "config", "ldap.password", "s3cr3t-0f-berlin"]);
    home.set("BWDC_PROFILE", "berlin");
    assert_eq!(answer(&home, &["config", "get", "ldap.hostname"]), "berlin.test\n");
    assert_eq!(answer(&home, &["--profile", "default", "config", "get", "ldap.hostname"]), "default.test\n");
    assert_eq!(
        answer(&home, &["data-file"]),
        format!("{}\n", folder(&home, "berlin").join("data.json").display())
    );
    let ids =
        [home.data_json().unwrap(), data(&home, "berlin")].map(|it| it["appId"].as_str().unwrap().to_owned());
    assert_ne!(ids[0], ids[1]);
    assert!(folder(&home, "berlin").join("secrets.key").exists());
    home.set("BWDC_PROFILE", "");
    assert_eq!(answer(&home, &["config", "get", "ldap.hostname"]), "default.test\n");
}

#[test]
fn a_name_that_is_wrong_or_that_nobody_made_is_refused_and_makes_nothing() {
    let mut home = Home::new().expect("a home");
    for name in ["../x", "a/b", "con", "", ".", "-"] {
        let output = run(&home, &["profile", "create", "--", name]);
        assert_eq!(output.code, Some(1), "{name}");
        assert!(output.stderr.contains("cannot be the name of a profile"), "{}", output.stderr);
    }
    refused(
        &home,
        &["--profile", "nope", "config", "directory", "0"],
        &["no profile `nope`", "bwdc profile create nope"],
    );
    home.set("BWDC_PROFILE", "../nope");
    refused(&home, &["config", "directory", "0"], &["`../nope` cannot be the name"]);
    home.set("BWDC_PROFILE", "nope");
    refused(&home, &["sync"], &["no profile `nope`"]);
    assert_eq!(fs::read_dir(home.data_folder()).unwrap().count(), 0);
}

#[test]
fn the_list_shows_the_default_folder_and_the_one_that_is_meant() {
    let home = Home::new().expect("a home");
    for name in ["zurich", "berlin"] {
        answer(&home, &["profile", "create", name]);
    }
    fs::create_dir(folder(&home, "Not A Profile")).unwrap();
    fs::write(folder(&home, "file"), "").unwrap();
    refused(&home, &["profile", "create", "berlin"], &["already a profile `berlin`"]);
    refused(
        &home,
        &["profile", "create", "default"],
        &["already a profile `default`", "Choose another name.\n"],
    );
    let list: Value =
        serde_json::from_str(&answer(&home, &["--profile", "zurich", "profile", "list", "--response"]))
            .unwrap();
    let entries = list["data"]["profiles"].as_array().unwrap();
    let seen: Vec<_> =
        entries.iter().map(|it| (it["name"].as_str().unwrap(), it["current"].as_bool().unwrap())).collect();
    assert_eq!(seen, [("default", false), ("berlin", false), ("zurich", true)]);
    assert_eq!(entries[0]["folder"], json!(home.data_folder().display().to_string()));
    let text = answer(&home, &["profile", "list"]);
    assert!(text.lines().next().is_some_and(|line| line.starts_with("* default")), "{text}");
}

#[test]
fn a_copy_takes_the_settings_and_leaves_account_state_and_secrets() {
    let home = Home::new().expect("a home");
    let original = json!({
        "stateVersion": 8, "installedVersion": "2026.6.1", "appId": "a", "directoryType": 0,
        "directoryLdap": { "id": "one", "hostname": "h", "username": "u", "password": "[STORED SECURELY]" },
        "sync": { "users": true }, "environmentUrls": { "base": "https://vault.example.test" },
        "organizationId": "o", "entityId": "o", "accessToken": "s3cr3t-0f-token", "apiKeyClientId": "organization.o",
        "apiKeyClientSecret": "s3cr3t-0f-key", "lastSyncHash": "h", "lastUserSync": "2026-11-20T13:18:40.171Z",
        "userDeltaToken": "t", "unknown": { "kept": true },
    });
    home.write_data_json(&original).unwrap();
    answer(&home, &["config", "ldap.password", "s3cr3t-0f-default"]);
    fs::write(home.data_folder().join("connector.toml"), "# ours\nprotected = [\"a\"]\n").unwrap();
    fs::write(home.data_folder().join("connector.db"), "not to be copied").unwrap();
    let before = fs::read(home.data_json_path()).unwrap();
    let output = run(&home, &["profile", "copy", "default", "second"]);
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (Some(0), "Copied the settings of `default` to `second`.\n")
    );
    assert!(
        output.stderr.contains(
            "Not copied: `ldap.password`. Enter each with `bwdc --profile second config set <name>`."
        ),
        "{}",
        output.stderr
    );
    let copy = data(&home, "second");
    let keys: Vec<_> = copy.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "stateVersion",
            "installedVersion",
            "directoryType",
            "directoryLdap",
            "sync",
            "environmentUrls",
            "unknown",
            "appId"
        ]
    );
    assert_eq!(copy["directoryLdap"]["password"], Value::Null);
    assert_ne!(copy["directoryLdap"]["id"], json!("one"));
    assert_ne!(copy["appId"], json!("a"));
    let files: Vec<_> =
        fs::read_dir(folder(&home, "second")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(
        !files.iter().any(|it| it == "connector.db" || it == "secrets.json" || it == "secrets.key"),
        "{files:?}"
    );
    assert_eq!(
        fs::read_to_string(folder(&home, "second").join("connector.toml")).unwrap(),
        "# ours\nprotected = [\"a\"]\n"
    );
    assert_eq!(fs::read(home.data_json_path()).unwrap(), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder(&home, "second")), 0o700);
        assert_eq!(mode(folder(&home, "second").join("data.json")), 0o600);
    }
    refused(&home, &["profile", "copy", "default", "second"], &["already"]);
    refused(&home, &["profile", "copy", "nope", "third"], &["no profile `nope`"]);

    let output = run(&home, &["profile", "copy", "second", "third", "--secrets"]);
    assert!(output.code == Some(0) && !output.stderr.contains("ldap.password"), "{}", output.stderr);
    let output = run(&home, &["profile", "copy", "default", "fourth", "--secrets"]);
    assert!(output.stderr.contains("Also copied: `ldap.password`"), "{}", output.stderr);
    assert_eq!(
        answer(&home, &["--profile", "fourth", "config", "get", "ldap.password"]),
        "set (encrypted file)\n"
    );
    let keys = ["", "profiles/fourth/"]
        .map(|it| fs::read(home.data_folder().join(format!("{it}secrets.key"))).unwrap());
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn a_profile_is_removed_when_told_twice_and_the_default_one_never() {
    let home = Home::new().expect("a home");
    home.write_data_json(&json!({ "stateVersion": 8, "appId": "a" })).unwrap();
    answer(&home, &["profile", "create", "old"]);
    answer(&home, &["--profile", "old", "config", "ldap.password", "s3cr3t-0f-old"]);
    refused(&home, &["profile", "remove", "old"], &["`old` was not removed", "--force"]);
    refused(&home, &["profile", "remove", "default", "--force"], &["never removed"]);
    refused(&home, &["profile", "remove", "nope", "--force"], &["no profile `nope`"]);
    assert!(folder(&home, "old").join("secrets.json").exists());
    assert_eq!(answer(&home, &["profile", "remove", "old", "--force"]), "Removed profile `old`.\n");
    assert!(!folder(&home, "old").exists());
    assert_eq!(home.data_json().unwrap()["appId"], json!("a"));
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_profile_is_removed_and_what_it_leads_to_is_not() {
    let home = Home::new().expect("a home");
    answer(&home, &["profile", "create", "here"]);
    let elsewhere = home.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("data.json"), "{\"stateVersion\": 8, \"appId\": \"a\"}").unwrap();
    std::os::unix::fs::symlink(&elsewhere, folder(&home, "linked")).unwrap();
    assert_eq!(answer(&home, &["profile", "remove", "linked", "--force"]), "Removed profile `linked`.\n");
    assert!(fs::symlink_metadata(folder(&home, "linked")).is_err());
    assert!(elsewhere.join("data.json").exists());
}

#[test]
fn a_profile_in_which_a_run_is_going_on_is_not_removed_and_others_are_not_kept_from_running() {
    use bwdc_core::names::Timestamp;
    use bwdc_engine::lock::RunLock;
    use bwdc_engine::paths::Profile;
    let home = Home::new().expect("a home");
    for name in ["busy", "free"] {
        answer(&home, &["profile", "create", name]);
        answer(&home, &["--profile", name, "config", "directory", "0"]);
    }
    let lock = RunLock::acquire(&Profile::new(folder(&home, "busy")), "sync", Timestamp(0)).unwrap();
    refused(&home, &["profile", "remove", "busy", "--force"], &["is held by `bwdc sync`"]);
    assert!(folder(&home, "busy").join("data.json").exists());
    answer(&home, &["profile", "remove", "free", "--force"]);
    drop(lock);
    // Another test's child holds a copy of the lock until it has become its program.
    let mut tries = 0;
    while run(&home, &["profile", "remove", "busy", "--force"]).code != Some(0) {
        tries += 1;
        assert!(tries < 20, "the profile is still held");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(!folder(&home, "busy").exists());
}

#[test]
fn a_copy_takes_further_sources_along_and_gives_each_an_account_of_its_own() {
    let home = Home::new().expect("a home");
    answer(&home, &["config", "ldap.hostname", "first.test"]);
    answer(&home, &["config", "sources", "berlin"]);
    answer(&home, &["config", "set", "--source", "berlin", "ldap.hostname", "berlin.test"]);
    answer(&home, &["config", "set", "--source", "berlin", "ldap.password", "s3cr3t-0f-berlin"]);
    let output = run(&home, &["profile", "copy", "default", "second"]);
    assert!(output.stderr.contains("`ldap.password` of the source `berlin`"), "{}", output.stderr);
    let get = |arguments: &[&str]| {
        answer(&home, &[&["--profile", "second", "config", "get", "--source", "berlin"], arguments].concat())
    };
    assert_eq!(get(&["ldap.hostname"]), "berlin.test\n");
    assert_eq!(get(&["ldap.password"]), "not set\n");
    let id = |folder: PathBuf| {
        let text = fs::read_to_string(folder.join("sources/berlin/data.json")).expect("settings");
        let data: Value = serde_json::from_str(&text).expect("JSON");
        data["directoryLdap"]["id"].as_str().expect("an id").to_owned()
    };
    assert_ne!(id(home.data_folder()), id(folder(&home, "second")));
    let output = run(&home, &["profile", "copy", "default", "third", "--secrets"]);
    assert!(
        output.stderr.contains("Also copied: `ldap.password` of the source `berlin`"),
        "{}",
        output.stderr
    );
    let list = answer(&home, &["--profile", "third", "secrets", "list"]);
    assert!(list.contains("berlin.ldap.password"), "{list}");
    answer(&home, &["profile", "remove", "third", "--force"]);
}

#[test]
fn a_folder_elsewhere_is_taken_over_with_its_secrets_and_marked() {
    let (home, other) = (Home::new().expect("a home"), Home::new().expect("another account"));
    answer(&other, &["config", "ldap.hostname", "dc1.test"]);
    answer(&other, &["config", "ldap.password", "s3cr3t-0f-other"]);
    let folder = other.data_folder();
    let path = folder.display().to_string();
    refused(&home, &["profile", "take-over", &path], &["was not taken over", "`--force`"]);
    assert!(!folder.join("moved.json").exists() && !home.data_folder().join("data.json").exists());
    let missing = home.path().display().to_string();
    refused(&home, &["profile", "take-over", &missing, "--force"], &["There are no settings in"]);
    assert_eq!(
        answer(&home, &["profile", "take-over", &path, "--force"]),
        format!("Took over `{path}` as profile `default`.\n")
    );
    assert_eq!(answer(&home, &["config", "get", "ldap.hostname"]), "dc1.test\n");
    assert_ne!(answer(&home, &["config", "get", "ldap.password"]), "not set\n");
    refused(&other, &["sync"], &["moved"]);
    refused(&home, &["profile", "take-over", &path, "berlin", "--force"], &["taken over before"]);
    refused(&home, &["profile", "take-over", &path, "default", "--force"], &["taken over before"]);
}
