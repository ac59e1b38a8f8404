//! A value that no program can use is refused wherever it is given: by `set`, by `apply`, by a variable.

use crate::settings::{answer, home, run};
use serde_json::Value;
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
        "entra",
        "entra.tenant",
        "my company",
        "`entra.tenant` is `my company`, expected the name or the id of a tenant, such as example.onmicrosoft.com; '' clears it.\nNothing was changed.\n",
    ),
    (
        "entra",
        "entra.applicationId",
        "directory reader",
        "`entra.applicationId` is `directory reader`, expected an id such as 00001111-aaaa-2222-bbbb-3333cccc4444; '' clears it.\nNothing was changed.\n",
    ),
    (
        "google",
        "google.domain",
        "example",
        "`gsuite.domain` is `example`, expected one domain, or several separated by commas, such as example.com; '' clears it.\nNothing was changed.\n",
    ),
    (
        "google",
        "google.adminUser",
        "boss",
        "`gsuite.adminUser` is `boss`, expected an e-mail address; '' clears it.\nNothing was changed.\n",
    ),
    (
        "ldap",
        "sync.emailSuffix",
        "example.com",
        "`sync.emailSuffix` is `example.com`, expected an `@` and a domain, such as @example.com; '' clears it.\nNothing was changed.\n",
    ),
    (
        "ldap",
        "sync.groupPath",
        "ou=x\\",
        "`sync.groupPath` is `ou=x\\`, expected a distinguished name or its beginning, such as ou=people; '' clears it.\nNothing was changed.\n",
    ),
    (
        "ldap",
        "server",
        "javascript:alert(1)",
        "`server` is `javascript:alert(1)`, expected a URL such as https://vault.example.com, without name, password, `?` and `#`.\nNothing was changed.\n",
    ),
];

/// A value that has the form which the setting takes, and is of no use all the same: what is wrong with it.
const FAULTS: &[(&str, &str, &str)] = &[
    ("server", "https://h:99999", "a port from 1 to 65535 after the host"),
    ("server", "https://a b.test", "an address without blanks"),
    ("server", "https://a..test", "a host name without an empty part before, between or after its dots"),
    ("okta.orgUrl", "https://h.test:0", "a port from 1 to 65535 after the host"),
    ("notify.webhook-url", "https://h.test:99999/x?a=b", "a port from 1 to 65535 after the host"),
    ("notify.webhook-url", "https://h.test/a b", "an address without blanks"),
    ("notify.mail-server", "mail.test:99999", "a port from 1 to 65535 after the host"),
    (
        "notify.mail-server",
        "mail..test:25",
        "a host name without an empty part before, between or after its dots",
    ),
    ("ldap.further-servers", "b.test:0", "a port from 1 to 65535 after the host"),
    ("ldap.hostname", "a..b", "a host name without an empty part before, between or after its dots"),
    (
        "ldap.hostname",
        "a.test,.b.test",
        "a host name without an empty part before, between or after its dots",
    ),
    ("proxy", "http://p.test:99999", "a port from 1 to 65535 after the host"),
    ("proxy", "http://p.test:3128/path", "an address that ends with its host or port"),
    ("entra.metadata-url", "http://h.test:x/y", "a port from 1 to 65535 after the host"),
    ("limits.removals-percent", "50%", "a whole number, in digits alone"),
    ("limits.removals", "1,000", "a whole number, in digits alone"),
    ("time-limits.page", "1.5", "a whole number, in digits alone"),
    (
        "schedule.cron",
        "61 2 * * *",
        "five fields within their ranges: minute 0-59, hour 0-23, day 1-31, month 1-12, weekday 0-7",
    ),
    ("schedule.cron", "0 2 30 2 *", "a day that comes, other than the 30th of February"),
    ("schedule.cron", "0 2 * *", "a cron expression of five fields, such as `0 2 * * *`"),
    (
        "ldap.rootPath",
        "ou=\\zz",
        "after each `\\` a special character such as `,`, or two hexadecimal digits such as `2C`",
    ),
    (
        "ldap.user-paths",
        "ou=\\2",
        "after each `\\` a special character such as `,`, or two hexadecimal digits such as `2C`",
    ),
    ("sync.userEmailAttribute", "m\u{e4}il", "one word of the letters a to z, digits, `-`, `_`, `.` and `;`"),
    ("ldap.email-attributes", "m\u{e4}il", "one word of the letters a to z, digits, `-`, `_`, `.` and `;`"),
];

#[test]
fn a_refusal_says_what_is_wrong_with_this_value() {
    let home = home();
    for (name, value, expected) in FAULTS {
        let output = run(&home, &["config", "set", name, value]);
        let shown =
            if name.starts_with("notify.webhook") { value.split('?').next().expect("a part") } else { value };
        let shown = shown.rsplit(',').next().filter(|_| !name.contains("removals")).unwrap_or(shown);
        let said = output.stderr.lines().next().unwrap_or_default();
        assert_eq!(
            (output.code, said),
            (Some(1), format!("`{name}` is `{shown}`, expected {expected}.").as_str())
        );
    }
    for (name, value) in [
        ("server", "https://vault.test:8443/base"),
        ("proxy", "http://p.test:3128/"),
        ("ldap.hostname", "dc1.example.test."),
        ("ldap.hostname", "fe80::1"),
        ("ldap.rootPath", "ou=a\\, b,dc=x"),
    ] {
        assert_eq!(run(&home, &["config", "set", name, value]).code, Some(0), "{name} {value}");
    }
}

/// However it is spaced.
#[test]
fn a_path_that_repeats_the_root_is_refused() {
    let home = home();
    answer(&home, &["config", "ldap.rootPath", "DC=example, dc=test"]);
    for path in ["ou=p,dc=example,dc=test", "ou=p, dc=example, dc=test", "ou = p , DC = Example , DC=test"] {
        let output = run(&home, &["config", "sync.userPath", path]);
        assert_eq!(output.code, Some(1), "{path}");
        assert!(
            output.stderr.starts_with("`sync.userPath` is relative to `ldap.rootPath` and repeats it.\n"),
            "{}",
            output.stderr
        );
        assert!(output.stderr.contains("config set sync.userPath "), "{}", output.stderr);
    }
    answer(&home, &["config", "sync.userPath", "ou=p,dc=child"]);
}

#[test]
fn a_root_that_a_path_repeats_is_refused() {
    let home = home();
    answer(&home, &["config", "sync.groupPath", "ou=g,dc=example,dc=test"]);
    answer(&home, &["config", "sync.userPath", "ou=people"]);
    let output = run(&home, &["config", "ldap.rootPath", "dc=example,dc=test"]);
    assert_eq!(
        (output.code, output.stderr.as_str()),
        (
            Some(1),
            "`sync.groupPath` is relative to `ldap.rootPath` and repeats it.\nRun `bwdc config set sync.groupPath ou=g`.\n"
        )
    );
    answer(&home, &["config", "ldap.rootPath", "dc=other,dc=test"]);
    answer(&home, &["config", "sync.groupPath", "ou=g"]);
    answer(&home, &["config", "ldap.rootPath", "dc=example,dc=test"]);
}

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

/// As an older version, the official connector or somebody with an editor wrote it: it is read, listed and used, and what
/// looks at the settings names it.
#[test]
fn a_value_that_stands_in_the_file_is_used_as_it_is_and_named() {
    let home = home();
    answer(&home, &["config", "directory", "onelogin"]);
    let path = home.data_folder().join("data.json");
    let mut data: Value = serde_json::from_slice(&fs::read(&path).expect("settings")).expect("JSON");
    data["sync"]["emailSuffix"] = "example.com".into();
    fs::write(&path, data.to_string()).expect("writable");
    let said = "`sync.emailSuffix` is `example.com`, expected an `@` and a domain, such as @example.com; '' clears it.";
    assert_eq!(answer(&home, &["config", "get", "sync.emailSuffix"]), "example.com\n");
    assert_eq!(run(&home, &["config", "onelogin.region", "eu"]).code, Some(0), "other settings can be set");
    let checked = run(&home, &["config", "validate"]);
    assert!(checked.stderr.contains(said), "{}", checked.stderr);
    let doctor = run(&home, &["doctor", "--response"]);
    let told: Value = serde_json::from_str(&doctor.stdout).expect("JSON");
    let checks = told["data"]["checks"].as_array().or_else(|| told["checks"].as_array()).expect("checks");
    let named = checks.iter().find(|it| it["message"] == said).expect("named");
    assert_eq!((&named["check"], &named["outcome"]), (&"settings".into(), &"warn".into()));
    assert!(named["cure"].to_string().contains("config set sync.emailSuffix"), "{named}");
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
            "`server` is `https://(hidden)@vault.example.test`, expected an address without a name and a password before the host.\nNothing was changed.\n"
        )
    );
    for (name, typed) in [
        ("server", "https://user:sec/ret@vault.example.test"),
        ("server.api", "user:secret@vault.example.test"),
        ("okta.orgUrl", "https://user:secret@example.okta.com"),
        ("notify.webhook-url", "https://user:secret@hooks.example.test/x"),
    ] {
        let output = run(&home, &["config", name, typed]);
        assert_eq!(output.code, Some(1), "{typed}");
        assert!(output.stderr.contains("without a name and a password"), "{}", output.stderr);
        assert!(!output.stderr.contains("ret@") && !output.stderr.contains("user"), "{}", output.stderr);
    }
}

#[test]
fn a_name_that_no_source_can_have_is_not_saved_and_is_told_where_it_stands() {
    let home = home();
    for typed in ["HR!", "a/b", "hr,it,hr"] {
        let output = run(&home, &["config", "sources", typed]);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{typed}");
        assert!(output.stderr.contains("each once, of lower-case letters"), "{}", output.stderr);
        fs::write(
            home.data_folder().join("connector.toml"),
            format!("sources = {:?}\n", typed.split(',').collect::<Vec<_>>()),
        )
        .expect("writable");
        let output = run(&home, &["config", "validate"]);
        assert!(output.code == Some(1) && output.stderr.contains("`sources`"), "{}", output.stderr);
        fs::remove_file(home.data_folder().join("connector.toml")).expect("there");
    }
    assert_eq!(run(&home, &["config", "sources", "hr,it"]).code, Some(0));
}

#[test]
fn a_path_that_repeats_the_root_path_is_said_to_be_relative() {
    let home = home();
    for (name, value) in [
        ("directory", "ldap"),
        ("ldap.hostname", "ldap.example.test"),
        ("ldap.rootPath", "dc=example,dc=test"),
        ("sync.groupPath", "ou=groups"),
    ] {
        assert_eq!(run(&home, &["config", name, value]).code, Some(0), "{name}");
    }
    // As an installation has it that was set up elsewhere.
    let mut data = home.data_json().expect("settings");
    data["sync"]["userPath"] = "ou=people,DC=example,DC=test".into();
    home.write_data_json(&data).expect("writable");
    let output = run(&home, &["config", "validate"]);
    let said = "`sync.userPath` is relative to `ldap.rootPath` and repeats it. Run `bwdc config set sync.userPath ou=people`.";
    assert!(output.stderr.contains(said) && !output.stderr.contains("`sync.groupPath`"), "{}", output.stderr);
    // Where the root has no `dc=`, a path may be a whole name.
    assert_eq!(run(&home, &["config", "ldap.rootPath", "o=example"]).code, Some(0));
    assert_eq!(run(&home, &["config", "sync.userPath", "ou=people,o=example"]).code, Some(0));
    assert!(!run(&home, &["config", "validate"]).stderr.contains("repeats it"));
}

/// A filter is checked before anybody chose a directory, and again when one is chosen.
#[test]
fn a_filter_is_one_of_the_directory_or_of_any() {
    let home = home();
    for (filter, part) in [
        ("(mail=*", "the parenthesis that opens here is never closed"),
        ("nonsense:x", "`nonsense` at position 1 is not understood"),
    ] {
        let refused = run(&home, &["config", "sync.userFilter", filter]);
        assert_eq!(refused.code, Some(1), "{filter}: {}", refused.stdout);
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
    for filter in ["(mail=*)", "exclude:joe@example.com", "|profile.department eq \"Sales\""] {
        answer(&home, &["config", "sync.userFilter", filter]);
    }
    answer(&home, &["config", "sync.userFilter", "(mail=*)"]);
    let chosen = run(&home, &["config", "directory", "okta"]);
    assert_eq!(chosen.code, Some(0));
    assert!(chosen.stderr.contains("`sync.userFilter`"), "{}", chosen.stderr);
    let chosen = run(&home, &["config", "directory", "ldap"]);
    assert_eq!((chosen.code, chosen.stderr.as_str()), (Some(0), ""));
}

/// What is looked for below the root path does not repeat it: by one value, and by a file with both.
#[test]
fn a_path_that_repeats_the_root_is_refused_where_it_is_set() {
    let home = home();
    answer(&home, &["config", "directory", "ldap"]);
    answer(&home, &["config", "ldap.rootPath", "dc=example,dc=com"]);
    let refused = run(&home, &["config", "sync.userPath", "ou=people,DC=example,dc=com"]);
    assert_eq!(
        (refused.code, refused.stderr.as_str()),
        (
            Some(1),
            "`sync.userPath` is relative to `ldap.rootPath` and repeats it.\nRun `bwdc config set sync.userPath ou=people`.\n"
        )
    );
    let file = home.path().join("both.toml");
    fs::write(&file, "[ldap]\nrootPath = \"dc=b,dc=test\"\n[sync]\ngroupPath = \"ou=g,dc=b,dc=test\"\n")
        .expect("a file");
    let refused = run(&home, &["config", "apply", &file.display().to_string()]);
    assert_eq!(refused.code, Some(1), "{}", refused.stdout);
    assert!(refused.stderr.contains("`bwdc config set sync.groupPath ou=g`"), "{}", refused.stderr);
    answer(&home, &["config", "sync.userPath", "ou=people"]);
    assert_eq!(run(&home, &["config", "get", "ldap.rootPath"]).stdout, "dc=example,dc=com\n");
}
