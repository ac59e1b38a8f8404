//! A value that no program can use is refused wherever it is given: by `set`, by `apply`, by a variable.

use crate::settings::{answer, home, run};
use std::fs;

/// Kind of directory, setting, value, what is said.
const REFUSED: &[(&str, &str, &str, &str)] = &[
    (
        "ldap",
        "ldap.hostname",
        "ldap://dc.example.test",
        "`ldap.hostname` is `ldap://dc.example.test`, expected a host name or address without scheme and port, or several separated by commas; '' clears it.\nNothing was changed.\n",
    ),
    (
        "ldap",
        "sync.userFilter",
        "(mail=*",
        "`sync.userFilter` is not an LDAP filter: the parenthesis that opens here is never closed (character 1 of `(mail=*`).\nTo correct it, run `bwdc config set sync.userFilter <value>`. A filter looks like `(&(department=Sales)(mail=*))`.\n",
    ),
    (
        "okta",
        "sync.groupFilter",
        "nonsense:x",
        "`sync.groupFilter`: `nonsense` at position 1 is not understood; accepted here: `include:`, `exclude:`, `|` and a query of the directory's own.\nTo correct it, run `bwdc config set sync.groupFilter <value>`.\n",
    ),
    (
        "ldap",
        "ldap.disabled-by",
        "sambaAcctFlags",
        "`ldap.disabled-by` is `sambaAcctFlags`, expected a comma-separated list of userAccountControl, accountExpires, nsAccountLock, pwdAccountLockedTime, shadowExpire, loginDisabled; '' clears it.\nNothing was changed.\n",
    ),
    (
        "ldap",
        "server",
        "https://vault.example.test/#/login",
        "`server` is `https://vault.example.test/#/login`, expected a URL such as https://vault.example.com, without name, password, `?` and `#`.\nNothing was changed.\n",
    ),
    (
        "ldap",
        "server",
        "javascript:alert(1)",
        "`server` is `javascript:alert(1)`, expected a URL such as https://vault.example.com, without name, password, `?` and `#`.\nNothing was changed.\n",
    ),
];

#[test]
fn set_refuses_what_no_program_can_use() {
    let home = home();
    for (directory, name, value, said) in REFUSED {
        answer(&home, &["config", "directory", directory]);
        let before = fs::read(home.data_folder().join("data.json")).expect("settings");
        let output = run(&home, &["config", "set", name, value]);
        assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (Some(1), "", *said));
        assert_eq!(fs::read(home.data_folder().join("data.json")).expect("settings"), before, "{name}");
    }
    assert!(!home.data_folder().join("connector.toml").exists());
}

#[test]
fn a_file_and_a_variable_are_held_to_the_same_rules() {
    let mut home = home();
    answer(&home, &["config", "directory", "ldap"]);
    let file = home.path().join("settings.toml");
    fs::write(&file, "[sync]\nuserFilter = \"(mail=*\"\n").expect("writable");
    let applied = run(&home, &["config", "apply", file.to_str().expect("a path")]);
    let filter = "`sync.userFilter` is not an LDAP filter: the parenthesis that opens here is never closed (character 1 of `(mail=*`).";
    assert_eq!(applied.code, Some(1));
    assert_eq!(applied.stderr.lines().next(), Some(filter));
    assert_eq!(answer(&home, &["config", "get", "sync.userFilter"]), "\n");
    home.set("BWDC_SYNC_USER_FILTER", "(mail=*");
    let checked = run(&home, &["config", "validate"]);
    assert_eq!(checked.code, Some(1));
    assert!(checked.stderr.lines().any(|it| it.starts_with(&format!("- {filter}"))), "{}", checked.stderr);
}

#[test]
fn a_filter_is_in_the_language_of_the_directory_that_is_chosen_with_it() {
    let home = home();
    let file = home.path().join("settings.toml");
    let path = file.to_str().expect("a path");
    fs::write(&file, "directory = 0\n[sync]\nuserFilter = \"include:a@example.test\"\n").expect("writable");
    assert_eq!(run(&home, &["config", "apply", path]).code, Some(1));
    fs::write(&file, "directory = 3\n[sync]\nuserFilter = \"include:a@example.test\"\n").expect("writable");
    assert_eq!(run(&home, &["config", "apply", path]).code, Some(0));
    assert_eq!(answer(&home, &["config", "get", "sync.userFilter"]), "include:a@example.test\n");
}

#[test]
fn a_name_and_a_password_in_an_address_are_named_as_what_is_wrong_with_it() {
    let home = home();
    let output = run(&home, &["config", "server", "https://user:secret@vault.example.test"]);
    assert_eq!(
        (output.code, output.stdout.as_str(), output.stderr.as_str()),
        (
            Some(1),
            "",
            "`server` is `https://(hidden)@vault.example.test`, expected a URL such as https://vault.example.com, without name, \
             password, `?` and `#`.\nNothing was changed.\n"
        )
    );
}

#[test]
fn a_path_that_repeats_the_root_path_is_said_to_be_relative() {
    let home = home();
    for (name, value) in [
        ("directory", "ldap"),
        ("ldap.hostname", "ldap.example.test"),
        ("ldap.rootPath", "dc=example,dc=test"),
        ("sync.userPath", "ou=people,DC=example,DC=test"),
        ("sync.groupPath", "ou=groups"),
    ] {
        assert_eq!(run(&home, &["config", name, value]).code, Some(0), "{name}");
    }
    let output = run(&home, &["config", "validate"]);
    let said = "`sync.userPath` is relative to `ldap.rootPath` and repeats it. Run `bwdc config set sync.userPath ou=people`.";
    assert!(output.stderr.contains(said) && !output.stderr.contains("`sync.groupPath`"), "{}", output.stderr);
    // Where the root has no `dc=`, a path may be a whole name.
    assert_eq!(run(&home, &["config", "ldap.rootPath", "o=example"]).code, Some(0));
    assert_eq!(run(&home, &["config", "sync.userPath", "ou=people,o=example"]).code, Some(0));
    assert!(!run(&home, &["config", "validate"]).stderr.contains("repeats it"));
}
