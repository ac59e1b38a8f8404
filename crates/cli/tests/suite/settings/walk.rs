//! Every setting of the table, by the real program, on a machine without a session bus and with no secret in plain text.

use crate::settings::{answer, run};
use bwdc_core::settings::{Setting, SettingKind, TextRule};
use bwdc_harness::home::Home;
use bwdc_harness::secret;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A value of each kind that is not its default: as typed, and as it is stored.
pub(crate) fn sample(setting: &Setting) -> (String, Value) {
    let known = |text: &str| (text.to_owned(), json!(text));
    match setting.name {
        "schedule.cron" => return known("0 2 * * 1-5"),
        // The largest value is the default.
        "schedule.full-hours" => return ("12".to_owned(), json!(12)),
        "schedule.time-zone" => return known("Europe/Berlin"),
        "schedule.quiet-hours" => {
            return ("22:00-06:00,12:00-12:30".to_owned(), json!(["22:00-06:00", "12:00-12:30"]));
        }
        "sync.userFilter" => return known("include:a@example.test,\u{fc}@example.test"),
        "sync.groupFilter" => return known("exclude:Staff"),
        _ => {}
    }
    match &setting.kind {
        SettingKind::Text => ("a text; with, \"all\" ü #".to_owned(), json!("a text; with, \"all\" ü #")),
        SettingKind::Form(rule) => known(match rule {
            TextRule::Address => "reader@example.test",
            TextRule::ApplicationId => "00001111-aaaa-2222-bbbb-3333cccc4444",
            TextRule::Authority => "login.microsoftonline.us",
            TextRule::Customer => "C01234567",
            TextRule::Database => "postgres://bwdc@db.example.test/bwdc",
            TextRule::Domain => "corp.example.test",
            TextRule::Domains => "example.test,two.example.test",
            TextRule::EmailSuffix => "@example.test",
            TextRule::Identifier => "0oa1-b2",
            TextRule::Tenant => "example.onmicrosoft.com",
            TextRule::WebAddress => "http://127.0.0.1:40342/metadata",
        }),
        SettingKind::File => known(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")),
        SettingKind::DistinguishedName if setting.name == "ldap.rootPath" => known("ou=a\\, b,dc=ü"),
        SettingKind::DistinguishedName => known("ou=c\\, d"),
        SettingKind::Attribute => known("x-attribute;lang-de"),
        SettingKind::Attributes => ("one,two".to_owned(), json!(["one", "two"])),
        SettingKind::Flag => {
            // Whatever the default is: both are tried below.
            ("true".to_owned(), json!(true))
        }
        SettingKind::Number { range, .. } => (range.end().to_string(), json!(range.end())),
        SettingKind::Directory => ("3".to_owned(), json!(3)),
        SettingKind::Service => ("https://api.example.test".to_owned(), json!("https://api.example.test")),
        SettingKind::Webhook => known("https://hooks.example.test/a?b=c&d=e"),
        SettingKind::Address => {
            ("http://proxy.example.test:3128".to_owned(), json!("http://proxy.example.test:3128"))
        }
        SettingKind::Url => ("https://vault.example.test".to_owned(), json!("https://vault.example.test")),
        SettingKind::Choice(words) => {
            let last = words.last().expect("a word");
            ((*last).to_owned(), json!(last))
        }
        SettingKind::Words(words) => (words.join(","), json!(words)),
        SettingKind::Hosts => known("ldap.example.test,two.example.test:3890"),
        SettingKind::Server => ("mail.test:465".to_owned(), json!("mail.test:465")),
        SettingKind::Listen => ("9464".to_owned(), json!("9464")),
        SettingKind::Mailbox => ("bwdc@x.test".to_owned(), json!("bwdc@x.test")),
        SettingKind::Mailboxes => ("a@x.test,b@x.test".to_owned(), json!(["a@x.test", "b@x.test"])),
        SettingKind::Servers => ("one.test,two.test:3890".to_owned(), json!(["one.test", "two.test:3890"])),
        SettingKind::Domains => ("one.test,@two.test".to_owned(), json!(["one.test", "@two.test"])),
        SettingKind::Sources => ("hr,site-2".to_owned(), json!(["hr", "site-2"])),
        SettingKind::List => ("one,two words".to_owned(), json!(["one", "two words"])),
        SettingKind::Names => ("ou=a,dc=b;ou=c,dc=b".to_owned(), json!(["ou=a,dc=b", "ou=c,dc=b"])),
        SettingKind::Secret(_) => (secret(setting.name), Value::Null),
    }
}

/// The settings as `config list` tells them to a script, without where they come from.
fn listed(home: &Home) -> Vec<(String, Value)> {
    let list: Value =
        serde_json::from_str(&answer(home, &["config", "list", "--all", "--response"])).expect("JSON");
    let settings = list["data"]["settings"].as_array().expect("a list");
    settings.iter().map(|it| (it["name"].as_str().expect("a name").to_owned(), it["value"].clone())).collect()
}

/// A home in which everything is set, each by its own command.
fn everything_set() -> Home {
    let home = Home::new().expect("a home");
    for setting in Setting::all() {
        answer(&home, &["config", "set", setting.name, "--", &sample(setting).0]);
    }
    home
}

fn assert_no_secret_in(folder: &Path) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            assert_no_secret_in(&path);
        } else {
            let text = String::from_utf8_lossy(&fs::read(&path).expect("readable")).into_owned();
            assert!(!text.contains(&secret("")), "{}", path.display());
        }
    }
}

#[test]
fn every_setting_is_set_read_listed_exported_brought_in_and_unset() {
    let home = everything_set();
    // A command goes before all stores.
    assert_eq!(answer(&home, &["config", "get", "ldap.password"]), "from a command\n");
    assert_eq!(answer(&home, &["config", "get", "secrets.command"]), "one,two words\n");
    answer(&home, &["config", "unset", "secrets.command"]);
    for setting in Setting::all().iter().filter(|it| it.name != "secrets.command") {
        let (typed, stored) = sample(setting);
        let expected = if setting.is_secret() { "set (encrypted file)" } else { &typed };
        assert_eq!(
            answer(&home, &["config", "get", setting.name]),
            format!("{expected}\n"),
            "{}",
            setting.name
        );
        let seen = listed(&home).into_iter().find(|(name, _)| name == setting.name).expect("listed");
        assert_eq!(seen.1, stored, "{}", setting.name);
    }
    let list = answer(&home, &["config", "list", "--all"]);
    let names = list.lines().filter(|it| it.starts_with("  ") && !it.starts_with("   "));
    assert_eq!(names.count(), Setting::all().len());
    let left: Vec<_> =
        list.lines().filter(|it| it.contains("(default)") || it.contains("(not set)")).collect();
    assert!(matches!(left[..], [only] if only.starts_with("  secrets.command")), "{left:?}");
    assert_no_secret_in(home.path());

    for format in ["toml", "json"] {
        let exported = run(&home, &["config", "export", "--format", format]);
        assert_eq!(exported.code, Some(0));
        assert!(!exported.stdout.contains(&secret("")), "{}", exported.stdout);
        for setting in Setting::all().iter().filter(|it| it.is_secret()) {
            let named = format!("The secret `{}` is not exported: set (encrypted file).", setting.name);
            assert!(exported.stdout.contains(&named) || exported.stderr.contains(&named), "{named}");
        }
        let other = Home::new().expect("a home");
        let file = other.path().join("settings");
        fs::write(&file, &exported.stdout).expect("writable");
        let file = file.to_str().expect("a path");
        let changed = answer(&other, &["config", "apply", file]);
        let count = Setting::all().iter().filter(|it| !it.is_secret()).count() - 1;
        assert!(changed.ends_with(&format!("{count} settings changed.\n")), "{changed}");
        assert_eq!(listed(&other), listed(&home), "{format}");
        assert_eq!(answer(&other, &["config", "apply", file]), "Nothing to change.\n");
    }

    for setting in Setting::all() {
        answer(&home, &["config", "unset", setting.name]);
    }
    let untouched = Home::new().expect("a home");
    // What a new installation begins with is set, and was unset here.
    assert_eq!(
        listed(&home).into_iter().filter(|(name, _)| !name.starts_with("leavers.")).collect::<Vec<_>>(),
        listed(&untouched).into_iter().filter(|(name, _)| !name.starts_with("leavers.")).collect::<Vec<_>>()
    );
    let list = answer(&home, &["config", "list", "--all"]);
    let set: Vec<_> = list.lines().filter(|line| line.contains("(set")).collect();
    assert!(set.is_empty(), "{set:?}");
}

#[test]
fn a_switch_is_turned_off_as_well_as_on() {
    let home = Home::new().expect("a home");
    for setting in Setting::all().iter().filter(|it| it.kind == SettingKind::Flag) {
        for value in ["false", "true", "false"] {
            answer(&home, &["config", "set", setting.name, value]);
            assert_eq!(
                answer(&home, &["config", "get", setting.name]),
                format!("{value}\n"),
                "{}",
                setting.name
            );
        }
    }
}
