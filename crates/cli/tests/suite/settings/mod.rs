//! `bwdc config get|set|unset|list|schema`: every setting of both files, and secrets wherever they are.

mod advice;
#[cfg(unix)]
mod command;
mod files;
mod going_back;
mod keys;
mod rules;
mod variables;
mod walk;

use bwdc_harness::home::{Home, Output};
use serde_json::{Value, json};
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

fn run(home: &Home, arguments: &[&str]) -> Output {
    home.run(env!("CARGO_BIN_EXE_bwdc"), arguments).expect("a home")
}

#[track_caller]
fn answer(home: &Home, arguments: &[&str]) -> String {
    let output = run(home, arguments);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    output.stdout
}

fn home() -> Home {
    let home = Home::with_plaintext_secrets().expect("a home");
    home.write_data_json(&json!({ "stateVersion": 8, "appId": "a" })).expect("settings");
    home
}

#[test]
fn a_change_keeps_the_comments_of_connector_toml() {
    let home = home();
    let file = home.data_folder().join("connector.toml");
    let text = "# ours\nprotected = [\"a\"] # the boss\n\n[limits] # careful\nremovals = 3 # three\n# last\n";
    fs::write(&file, text).unwrap();
    answer(&home, &["config", "limits.removals", "20"]);
    answer(&home, &["config", "set", "protected", "b@example.test, c"]);
    answer(&home, &["config", "set", "leavers.gone", "Revoke"]);
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        "# ours\nprotected = [\"b@example.test\", \"c\"] # the boss\n\n[limits] # careful\nremovals = 20 # three\n\n[leavers]\ngone = \"revoke\"\n# last\n"
    );
    answer(&home, &["config", "unset", "leavers.gone"]);
    assert!(!fs::read_to_string(&file).unwrap().contains("gone"));
}

#[test]
fn a_password_that_is_another_accounts_is_named_when_the_account_changes() {
    let home = Home::new().expect("a home");
    home.write_data_json(&json!({ "stateVersion": 8, "appId": "a" })).expect("settings");
    answer(&home, &["config", "directory", "0"]);
    answer(&home, &["config", "ldap.password", "x"]);
    let output = run(&home, &["config", "ldap.hostname", "h"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), "Saved setting `ldap.hostname`.\n"));
    assert!(output.stderr.contains("Enter it again with `bwdc config ldap.password`"), "{}", output.stderr);
    // It was said once.
    answer(&home, &["config", "ldap.username", "cn=reader"]);
    assert!(answer(&home, &["config", "get", "ldap.password"]).starts_with("not here: "));
    answer(&home, &["config", "ldap.password", "y"]);
    answer(&home, &["config", "ldap.port", "636"]);
}

#[test]
fn a_wrong_value_names_the_allowed_ones_and_changes_nothing() {
    let home = home();
    for (name, value, expected) in [
        ("leavers.gone", "delete", "keep, revoke or remove"),
        ("onelogin.region", "asia", "us or eu"),
        ("limits.removals-percent", "101", "from 0 to 100"),
        ("time-limits.page", "0", "from 1 to 86400"),
    ] {
        let output = run(&home, &["config", "set", name, value]);
        assert_eq!(output.code, Some(1));
        assert!(output.stderr.contains(name) && output.stderr.contains(expected), "{}", output.stderr);
    }
    assert!(!home.data_folder().join("connector.toml").exists());
    assert_eq!(home.data_json().unwrap(), json!({ "stateVersion": 8, "appId": "a" }));

    let broken = "[limits]\nremoval = 3\n";
    fs::write(home.data_folder().join("connector.toml"), broken).unwrap();
    let output = run(&home, &["config", "set", "limits.off", "true"]);
    assert!(output.code == Some(1) && output.stderr.contains("line 2"), "{}", output.stderr);
    assert_eq!(fs::read_to_string(home.data_folder().join("connector.toml")).unwrap(), broken);
}

#[test]
fn a_password_of_a_proxy_is_not_saved_and_one_that_stands_in_the_file_is_not_shown() {
    let mut home = home();
    let file = home.data_folder().join("connector.toml");
    let applied = home.path().join("proxy.toml");
    fs::write(&applied, "proxy = \"http://me:hunter2@proxy.test:3128\"\n").unwrap();
    let typed = "http://me:hunter2@proxy.test:3128";
    let refused = |home: &Home, arguments: &[&str]| {
        let output = run(home, arguments);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(!output.stderr.contains("hunter2"), "{}", output.stderr);
        assert!(output.stderr.contains("HTTPS_PROXY"), "{}", output.stderr);
        assert!(!file.exists(), "{arguments:?}");
    };
    refused(&home, &["config", "proxy", typed]);
    refused(&home, &["config", "set", "update-feed", typed]);
    refused(&home, &["config", "apply", applied.to_str().expect("a path")]);
    home.set("BWDC_PROXY", typed);
    refused(&home, &["config", "list"]);
    home.set("BWDC_PROXY", "");

    fs::write(&file, format!("proxy = \"{typed}\"\nupdate-feed = \"{typed}\"\n")).unwrap();
    fs::write(&applied, "proxy = \"http://other.test:3128\"\n").unwrap();
    for arguments in [
        &["config", "list"][..],
        &["config", "list", "--response"],
        &["config", "get", "proxy"],
        &["config", "export"],
        &["config", "export", "--format", "json"],
        &["config", "apply", "--dry-run", applied.to_str().expect("a path")],
        &["config", "validate"],
        &["doctor"],
        &["update"],
    ] {
        let output = run(&home, arguments);
        let told = format!("{}{}", output.stdout, output.stderr);
        assert!(!told.contains("hunter2") && !told.contains("me:"), "{arguments:?}: {told}");
    }
    let exported = run(&home, &["config", "export"]).stdout;
    assert!(!exported.contains("proxy"), "a value that would not be taken is no value: {exported}");
    assert!(fs::read_to_string(&file).unwrap().contains("hunter2"), "the file is the administrator's");
}

/// A secret goes to these addresses: neither a file nor a variable brings in one in clear text.
#[test]
fn an_address_in_clear_text_is_refused_wherever_it_comes_from() {
    let mut home = home();
    answer(&home, &["config", "okta.orgUrl", "https://example.okta.com"]);
    let before = fs::read_to_string(home.data_json_path()).expect("settings");
    for name in [
        "okta.url",
        "onelogin.url",
        "entra.authority-url",
        "entra.graph-url",
        "google.api-url",
        "google.token-url",
    ] {
        let (section, key) = name.split_once('.').expect("a section");
        let file = home.path().join("clear-text.toml");
        fs::write(&file, format!("[{section}]\n{key} = \"http://service.example.test\"\n")).unwrap();
        let output = run(&home, &["config", "apply", file.to_str().expect("a path")]);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{name}");
        assert!(output.stderr.contains("line 2") && output.stderr.contains("https"), "{}", output.stderr);
        assert_eq!(fs::read_to_string(home.data_json_path()).expect("settings"), before, "{name}");
    }
    home.set("BWDC_OKTA_ORG_URL", "http://other.example.test");
    let output = run(&home, &["config", "validate"]);
    assert!(output.code == Some(1) && output.stderr.contains("BWDC_OKTA_ORG_URL"), "{}", output.stderr);
}

#[test]
fn a_list_shows_what_a_preset_stands_for_and_that_it_comes_from_the_preset() {
    let home = home();
    for (name, value) in [("directory", "ldap"), ("sync.users", "true"), ("sync.groups", "true")] {
        answer(&home, &["config", "set", name, value]);
    }
    let line = |name: &str| {
        let list = answer(&home, &["config", "list"]);
        let found = list.lines().find(|it| it.starts_with(&format!("  {name} "))).expect("listed");
        found.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("ldap.disabled-by"), "userAccountControl (default)");
    assert_eq!(line("sync.userObjectClass"), "(default)");
    answer(&home, &["config", "set", "ldap.preset", "open-directory"]);
    assert_eq!(line("ldap.primary-groups"), "true (preset open-directory)");
    assert_eq!(line("sync.memberAttribute"), "memberUid (preset open-directory)");
    answer(&home, &["config", "set", "ldap.preset", "freeipa"]);
    assert_eq!(line("ldap.disabled-by"), "nsAccountLock (preset freeipa)");
    assert_eq!(line("sync.userPath"), "cn=users,cn=accounts (preset freeipa)");
    assert_eq!(line("sync.memberAttribute"), "member (default)");
    answer(&home, &["config", "set", "ldap.disabled-by", "shadowExpire"]);
    assert_eq!(line("ldap.disabled-by"), "shadowExpire (set)");
}

#[test]
fn a_list_for_scripts_tells_value_and_origin() {
    let home = home();
    answer(&home, &["config", "set", "ldap.port", "636"]);
    let list: Value =
        serde_json::from_str(&answer(&home, &["config", "list", "--all", "--response"])).expect("JSON");
    let settings = list["data"]["settings"].as_array().expect("a list");
    let entry = |name: &str| settings.iter().find(|it| it["name"] == name).expect("listed");
    assert_eq!((&entry("ldap.port")["value"], &entry("ldap.port")["origin"]), (&json!(636), &json!("set")));
    let limit = entry("limits.removals");
    assert_eq!((&limit["value"], &limit["origin"]), (&json!(10), &json!("default")));
    assert_eq!(entry("ldap.password")["origin"], json!("not set"));
}

#[test]
fn a_list_shows_what_matters_for_the_chosen_directory_in_sections() {
    let home = home();
    for (name, value) in
        [("directory", "3"), ("okta.orgUrl", "https://example.okta.com"), ("ldap.port", "636")]
    {
        answer(&home, &["config", "set", name, value]);
    }
    let list = answer(&home, &["config", "list"]);
    assert!(
        list.starts_with(
            "\
Bitwarden server
  server                           (default)
      Address of your own server; `bitwarden.com` for Bitwarden's cloud
"
        ),
        "{list}"
    );
    let okta = list.split("\n\n").find(|it| it.starts_with("Okta\n")).expect("a section");
    assert_eq!(
        okta,
        "\
Okta
  okta.orgUrl                      https://example.okta.com (set)
      Address of the Okta organization
  okta.client-id                   (default)
      Id of a service app; without one, an API token is used
  okta.key-id                      (default)
      Id of the service app's key, where it has several
  okta.active-statuses             STAGED,PROVISIONED,ACTIVE,RECOVERY,PASSWORD_EXPIRED,LOCKED_OUT (default)
      Statuses of people who count as enabled
  okta.rate-share                  50 (default)
      How much of Okta's rate limit bwdc may use, in percent
  okta.token                       (not set)
      API token, or the service app's private key"
    );
    assert!(!list.contains("ldap.") && !list.contains("LDAP"), "{list}");
    assert!(list.trim_end().ends_with("`bwdc config list --all` shows everything."), "{list}");
    let all = answer(&home, &["config", "list", "--all"]);
    assert!(all.contains("\n  ldap.port                        636 (set)\n"), "{all}");
}

#[test]
fn a_provided_secret_goes_before_a_stored_one_and_stands_nowhere() {
    let mut home = home();
    home.unset("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS");
    let origin = |home: &Home| answer(home, &["config", "get", "ldap.password"]);
    assert_eq!(origin(&home), "not set\n");
    answer(&home, &["config", "ldap.password", "stored"]);
    assert_eq!(origin(&home), "set (encrypted file)\n");
    let folder = home.path().join("provided");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("ldap.password"), "provided\n").unwrap();
    home.set("CREDENTIALS_DIRECTORY", &folder);
    assert_eq!(origin(&home), "from a file of its own\n");
    home.set("BWDC_SECRET_LDAP_PASSWORD", "provided");
    assert_eq!(origin(&home), "from environment\n");
    assert!(!fs::read_to_string(home.data_json_path()).unwrap().contains("provided"));
}

#[test]
fn a_secret_may_come_from_standard_input() {
    let home = home();
    let mut command =
        home.command(env!("CARGO_BIN_EXE_bwdc"), &["config", "set", "ldap.password", "--stdin"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"typed in\r\nmore\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(home.data_json().unwrap()["directoryLdap"]["password"], json!("typed in"));
}

#[test]
fn a_value_that_is_also_the_name_of_a_command_is_a_value() {
    let home = home();
    answer(&home, &["config", "sync.userObjectClass", "list"]);
    assert_eq!(home.data_json().unwrap()["sync"]["userObjectClass"], json!("list"));
}

#[test]
fn the_manual_has_every_setting() {
    const BEGINNING: &str = "## Every setting\n";
    let published = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/settings.md");
    let manual = fs::read_to_string(published).expect("the manual");
    let (before, after) = manual.split_once(BEGINNING).expect("a section");
    let reference = format!(
        "\nWritten from the table of settings; `BWDC_WRITE_DOCS=1` writes it again.\n\n{}",
        bwdc_messages::form::reference()
    );
    if std::env::var_os("BWDC_WRITE_DOCS").is_some() {
        fs::write(published, format!("{before}{BEGINNING}{reference}")).expect("written");
        return;
    }
    assert!(after == reference, "run the test with BWDC_WRITE_DOCS=1 and look at the difference");
}

#[test]
fn the_published_schema_is_the_one_that_the_program_prints() {
    let schema = format!("{:#}\n", bwdc_messages::setting::schema());
    let published = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/settings.schema.json");
    if std::env::var_os("BWDC_WRITE_DOCS").is_some() {
        fs::write(published, &schema).unwrap();
    }
    assert!(
        fs::read_to_string(published).unwrap_or_default() == schema,
        "run the test with BWDC_WRITE_DOCS=1 and look at the difference"
    );
    assert_eq!(answer(&home(), &["config", "schema"]), schema);
}

#[test]
fn a_new_installation_begins_with_its_leavers_and_one_that_is_taken_over_goes_on_as_before() {
    let new = Home::with_plaintext_secrets().expect("a home");
    answer(&new, &["config", "directory", "0"]);
    let get = |home: &Home, name: &str| answer(home, &["config", "get", name]).trim().to_owned();
    let actions = ["disabled", "deleted", "gone", "out-of-scope"].map(|it| format!("leavers.{it}"));
    assert_eq!(actions.each_ref().map(|it| get(&new, it)), ["revoke", "revoke", "revoke", "keep"]);
    // What the administrator changes stays changed.
    answer(&new, &["config", "unset", "leavers.gone"]);
    fs::remove_file(new.data_json_path()).unwrap();
    answer(&new, &["config", "directory", "0"]);
    assert_eq!(get(&new, "leavers.gone"), "");
    // Whichever file is written first.
    let preset = Home::with_plaintext_secrets().expect("a home");
    answer(&preset, &["config", "ldap.preset", "openldap"]);
    answer(&preset, &["config", "directory", "0"]);
    assert_eq!(actions.each_ref().map(|it| get(&preset, it)), ["revoke", "revoke", "revoke", "keep"]);
    let applied = Home::with_plaintext_secrets().expect("a home");
    let file = applied.data_folder().with_extension("toml");
    fs::write(&file, "directory = 0\n[ldap]\npreset = \"openldap\"\n[leavers]\ngone = \"remove\"\n").unwrap();
    answer(&applied, &["config", "apply", file.to_str().expect("text")]);
    assert_eq!(actions.each_ref().map(|it| get(&applied, it)), ["revoke", "revoke", "remove", "keep"]);
    let taken_over = home();
    answer(&taken_over, &["config", "directory", "0"]);
    assert_eq!(actions.each_ref().map(|it| get(&taken_over, it)), [""; 4]);
    assert!(!taken_over.data_folder().join("connector.toml").exists());
}
