//! Settings from environment variables, as containers have them.

use crate::settings::walk::sample;
use crate::settings::{answer, run};
use bwdc_core::settings::Setting;
use bwdc_harness::home::Home;
use serde_json::{Value, json};
use std::fs;

#[test]
fn every_setting_has_a_variable_that_goes_before_the_files_and_is_written_to_none() {
    let mut home = Home::new().expect("a home");
    answer(&home, &["config", "ldap.hostname", "stored.test"]);
    answer(&home, &["config", "limits.removals", "3"]);
    let files = ["data.json", "connector.toml"].map(|name| home.data_folder().join(name));
    let before = files.each_ref().map(|path| fs::read_to_string(path).unwrap());
    for setting in Setting::all().iter().filter(|it| !it.is_secret()) {
        home.set(setting.variable(), sample(setting).0);
    }
    let list: Value =
        serde_json::from_str(&answer(&home, &["config", "list", "--all", "--response"])).unwrap();
    let list = list["data"]["settings"].as_array().unwrap();
    assert_eq!(list.len(), Setting::all().len());
    for setting in Setting::all() {
        let seen = list.iter().find(|it| it["name"] == setting.name).expect("listed");
        let expected = if setting.is_secret() { "from a command" } else { "from environment" };
        assert_eq!(
            (&seen["origin"], &seen["value"]),
            (&json!(expected), &sample(setting).1),
            "{}",
            setting.variable()
        );
    }
    // A command that writes keeps them out of the files, too.
    let output = run(&home, &["config", "ldap.port", "636"]);
    assert!(output.stderr.contains("`BWDC_LDAP_PORT` is set and takes precedence"), "{}", output.stderr);
    answer(&home, &["config", "unset", "ldap.port"]);
    let exported = answer(&home, &["config", "export"]);
    assert!(exported.contains("hostname = \"stored.test\"") && !exported.contains("a text"), "{exported}");
    assert!(exported.contains("# `ldap.hostname` comes from the environment here"), "{exported}");
    let after = files.each_ref().map(|path| fs::read_to_string(path).unwrap());
    assert_eq!(after[1], before[1]);
    assert_eq!(after[0].replace(",\n    \"port\": null", ""), before[0]);
}

#[test]
fn a_wrong_value_names_the_variable_and_what_would_be_right() {
    for (variable, value, part) in [
        ("BWDC_LDAP_PORT", "many", "a port from 1 to 65535"),
        ("BWDC_SYNC_USERS", "yes", "true or false"),
        ("BWDC_LIMITS_REMOVALS_PERCENT", "101", "from 0 to 100"),
        ("BWDC_DIRECTORY", "nds", "0 (Active Directory / LDAP)"),
    ] {
        let mut home = Home::new().expect("a home");
        home.set(variable, value);
        for arguments in [&["config", "list"][..], &["test"], &["config", "ldap.hostname", "h"]] {
            let output = run(&home, arguments);
            assert_eq!(output.code, Some(1), "{arguments:?}");
            assert!(
                output.stderr.contains(&format!("`{variable}`")) && output.stderr.contains(part),
                "{}",
                output.stderr
            );
        }
        assert!(!home.data_json_path().exists());
    }
}

#[cfg(unix)]
#[test]
fn a_value_that_is_no_text_names_the_variable() {
    use std::os::unix::ffi::OsStrExt;
    let mut home = Home::new().expect("a home");
    home.set("BWDC_LDAP_HOSTNAME", std::ffi::OsStr::from_bytes(b"h\xff"));
    let output = run(&home, &["config", "list"]);
    assert!(
        output.code == Some(1) && output.stderr.contains("`BWDC_LDAP_HOSTNAME` is not UTF-8 text"),
        "{}",
        output.stderr
    );
}

/// The account of a stored password is the one that it was entered for.
#[test]
fn a_stored_secret_is_not_given_to_an_account_that_the_environment_names_instead() {
    let mut home = Home::new().expect("a home");
    answer(&home, &["config", "ldap.password", &bwdc_harness::secret("before the account")]);
    let password = |home: &Home| answer(home, &["config", "get", "ldap.password"]);
    // Nothing was named before: the environment completes the account.
    home.set("BWDC_LDAP_HOSTNAME", "first.test");
    home.set("BWDC_LDAP_USERNAME", "reader");
    assert_eq!(password(&home), "set (encrypted file)\n");
    home.unset("BWDC_LDAP_HOSTNAME");
    answer(&home, &["config", "ldap.hostname", "first.test"]);
    answer(&home, &["config", "ldap.password", &bwdc_harness::secret("of first")]);
    assert_eq!(password(&home), "set (encrypted file)\n");
    home.set("BWDC_LDAP_HOSTNAME", "second.test");
    assert_eq!(
        password(&home),
        "not here: entered for another server or account, or kept by another program\n"
    );
    home.set("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS", "true");
    home.unset("BWDC_LDAP_HOSTNAME");
    answer(&home, &["config", "ldap.password", &bwdc_harness::secret("in plain text")]);
    assert_eq!(password(&home), "set (plain text in data.json)\n");
    home.set("BWDC_LDAP_HOSTNAME", "second.test");
    assert_eq!(
        password(&home),
        "not here: entered for another server or account, or kept by another program\n"
    );
}

/// A secret that is entered while variables name the account, or the service's address, is that account's.
#[test]
fn a_secret_is_found_by_the_account_that_it_was_entered_for() {
    for (kind, secret, variable, value) in [
        ("ldap", "ldap.password", "BWDC_LDAP_HOSTNAME", "second.test"),
        ("entra", "entra.key", "BWDC_ENTRA_GRAPH_URL", "https://graph.test"),
        ("entra", "entra.key", "BWDC_ENTRA_AUTHORITY_URL", "https://login.test"),
        ("entra", "entra.key", "BWDC_ENTRA_TENANT", "second.test"),
        ("google", "gsuite.key", "BWDC_GSUITE_API_URL", "https://api.test"),
        ("google", "gsuite.key", "BWDC_GSUITE_TOKEN_URL", "https://token.test"),
        ("okta", "okta.token", "BWDC_OKTA_ORG_URL", "https://second.test"),
        ("onelogin", "onelogin.secret", "BWDC_ONELOGIN_URL", "https://second.test"),
    ] {
        for (plain, found) in [("", "set (encrypted file)\n"), ("true", "set (plain text in data.json)\n")] {
            let mut home = Home::new().expect("a home");
            home.set("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS", plain);
            answer(&home, &["config", "directory", kind]);
            let stored = match kind {
                "ldap" => Some(["ldap.hostname", "first.test"]),
                "entra" => Some(["entra.tenant", "first.test"]),
                "okta" => Some(["okta.orgUrl", "https://first.test"]),
                _ => None,
            };
            if let Some([name, value]) = stored {
                answer(&home, &["config", name, value]);
            }
            let place = |home: &Home| answer(home, &["config", "get", secret]);
            let elsewhere = "not here: entered for another server or account, or kept by another program\n";
            home.set(variable, value);
            answer(&home, &["config", secret, &bwdc_harness::secret("of the second")]);
            assert_eq!(place(&home), found, "{variable}");
            home.unset(variable);
            assert_eq!(place(&home), elsewhere, "{variable}");
            home.set(variable, value.replace(".test", "2.test"));
            assert_eq!(place(&home), elsewhere, "{variable}");
            home.unset(variable);
            answer(&home, &["config", secret, &bwdc_harness::secret("of the first")]);
            assert_eq!(place(&home), found, "{variable}");
        }
    }
}
