//! Secrets in a real keychain: GNOME Keyring on a session bus of its own. Needs packages; `scripts/test keyring` runs it.

use bwdc_harness::home::{Home, Output};
use bwdc_harness::keyring::Session;
use bwdc_harness::secret;
use serde_json::json;
use std::fs;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

const SERVICE: &str = "Bitwarden Directory Connector";

fn run(home: &Home, arguments: &[&str]) -> Output {
    home.run(env!("CARGO_BIN_EXE_bwdc"), arguments).expect("a home")
}

#[track_caller]
fn answer(home: &Home, arguments: &[&str]) -> String {
    let output = run(home, arguments);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    output.stdout
}

/// A home whose settings are in the usual folder, on a bus.
fn home(address: &str) -> Home {
    let mut home = Home::new().expect("a home");
    home.set("DBUS_SESSION_BUS_ADDRESS", address);
    home
}

fn lookup(session: &Session, service: &str, account: &str) -> String {
    session.secret_tool(&["lookup", "service", service, "account", account], "").expect("installed")
}

fn store(session: &Session, account: &str, text: &str) {
    let arguments = ["store", "--label", account, "service", SERVICE, "account", account];
    session.secret_tool(&arguments, text).expect("installed");
}

fn password_id(home: &Home) -> String {
    home.data_json().expect("settings")["directoryLdap"]["id"].as_str().expect("an id").to_owned()
}

#[test]
#[ignore = "needs dbus, gnome-keyring and libsecret-tools"]
fn what_the_official_connector_stored_is_found_and_changed_in_place() {
    let session = Session::with_keyring("pw").expect("installed");
    let home = home(session.address());
    let official = json!({
        "stateVersion": 8, "appId": "a", "directoryType": 0, "organizationId": "o", "accessToken": "[STORED SECURELY]",
        "apiKeyClientId": "[STORED SECURELY]", "apiKeyClientSecret": "[STORED SECURELY]",
        "directoryLdap": { "id": "one", "hostname": "h", "username": "u", "password": "[STORED SECURELY]" },
        "directoryEntra": { "tenant": "t", "applicationId": "a", "key": "[STORED SECURELY]" },
    });
    home.write_data_json(&official).expect("writable");
    for (account, value) in [
        ("secretLdap:one", secret("ldap \"quoted\" ü")),
        ("secretAzure", secret("older name without an id")),
        ("accessToken", secret("token")),
        ("apiKeyClientId", "organization.o".to_owned()),
        ("apiKeyClientSecret", secret("key")),
    ] {
        store(&session, account, &json!(value).to_string());
    }
    for name in ["ldap.password", "entra.key"] {
        assert_eq!(answer(&home, &["config", "get", name]), "set (keychain)\n");
    }
    // Signed in: the token is there, and the client id is shown.
    let output = run(&home, &["login"]);
    assert!(output.stderr.contains("already logged in as organization.o"), "{}", output.stderr);
    answer(&home, &["config", "ldap.password", &secret("new")]);
    assert_eq!(lookup(&session, SERVICE, "secretLdap:one"), json!(secret("new")).to_string());
    assert!(!home.data_folder().join("secrets.json").exists());
    assert_eq!(
        home.data_json().expect("settings"),
        official,
        "the official connector goes on with the same file"
    );
    answer(&home, &["config", "unset", "ldap.password"]);
    assert_eq!(lookup(&session, SERVICE, "secretLdap:one"), "");
}

/// The names under which the official connector keeps each directory's secret, with the account's id and, of older
/// installations, without one.
#[test]
#[ignore = "needs dbus, gnome-keyring and libsecret-tools"]
fn every_directory_has_the_official_name() {
    let session = Session::with_keyring("pw").expect("installed");
    const KEPT: &str = "[STORED SECURELY]";
    for (number, object, fields, account, setting) in [
        (0, "directoryLdap", json!({ "username": "u", "password": KEPT }), "secretLdap", "ldap.password"),
        (1, "directoryEntra", json!({ "tenant": "t", "key": KEPT }), "secretEntra", "entra.key"),
        (
            2,
            "directoryGsuite",
            json!({ "domain": "x.test", "privateKey": KEPT }),
            "secretGsuite",
            "gsuite.key",
        ),
        (
            3,
            "directoryOkta",
            json!({ "orgUrl": "https://x.test", "token": KEPT }),
            "secretOkta",
            "okta.token",
        ),
        (
            4,
            "directoryOnelogin",
            json!({ "clientId": "c", "clientSecret": KEPT }),
            "secretOneLogin",
            "onelogin.secret",
        ),
    ] {
        for id in [Some("one"), None] {
            let home = home(session.address());
            let mut data = json!({ "stateVersion": 8, "appId": "a", "directoryType": number });
            data[object] = fields.clone();
            data[object]["id"] = json!(id);
            home.write_data_json(&data).expect("writable");
            let account = id.map_or(account.to_owned(), |id| format!("{account}:{id}"));
            let shown = || answer(&home, &["config", "get", setting]);
            assert_ne!(shown(), "set (keychain)\n", "{account}");
            store(&session, &account, &json!(secret(setting)).to_string());
            assert_eq!(shown(), "set (keychain)\n", "{account}");
            answer(&home, &["config", "unset", setting]);
            assert_eq!(lookup(&session, SERVICE, &account), "", "{account}");
        }
    }
}

#[test]
#[ignore = "needs dbus, gnome-keyring and libsecret-tools"]
fn the_first_secret_goes_into_the_keychain_and_moves_where_it_is_told() {
    let session = Session::with_keyring("pw").expect("installed");
    let mut home = home(session.address());
    assert!(answer(&home, &["config", "list"]).contains("keychain (default)"));
    answer(&home, &["config", "ldap.password", &secret("ldap")]);
    answer(&home, &["config", "okta.token", &secret("okta")]);
    assert_eq!(answer(&home, &["config", "get", "ldap.password"]), "set (keychain)\n");
    let account = format!("secretLdap:{}", password_id(&home));
    assert_eq!(lookup(&session, SERVICE, &account), json!(secret("ldap")).to_string());

    let text = answer(&home, &["secrets", "migrate", "--to", "encrypted-file"]);
    assert!(
        text.ends_with("Moved 2 secrets into the encrypted file, whose key is in `secrets.key`.\n"),
        "{text}"
    );
    assert_eq!(lookup(&session, SERVICE, &account), "");
    assert_eq!(answer(&home, &["config", "get", "secrets.store"]), "encrypted-file\n");
    let text = answer(&home, &["secrets", "migrate", "--to", "encrypted-file"]);
    assert!(text.starts_with("No secret had to be moved: 2 secrets are in"), "{text}");

    let text = answer(&home, &["secrets", "migrate", "--to", "keychain"]);
    assert!(text.ends_with("Moved 2 secrets into the keychain.\n"), "{text}");
    assert_eq!(lookup(&session, SERVICE, &account), json!(secret("ldap")).to_string());
    let file = fs::read_to_string(home.data_folder().join("secrets.json")).expect("readable");
    assert!(!file.contains("secretLdap") && !file.contains("secretOkta"), "{file}");

    let output = run(&home, &["secrets", "migrate", "--to", "plaintext"]);
    assert!(output.code == Some(1) && output.stderr.contains("PLAINTEXT_SECRETS=true"), "{}", output.stderr);
    home.set("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS", "true");
    answer(&home, &["secrets", "migrate", "--to", "plaintext"]);
    assert_eq!(home.data_json().expect("settings")["directoryLdap"]["password"], json!(secret("ldap")));
    assert_eq!(lookup(&session, SERVICE, &account), "");
}

#[test]
#[ignore = "needs dbus, gnome-keyring and libsecret-tools"]
fn two_profiles_never_share_an_entry() {
    let session = Session::with_keyring("pw").expect("installed");
    let home = home(session.address());
    for name in ["one", "two"] {
        assert_eq!(run(&home, &["profile", "create", name]).code, Some(0));
    }
    let settings = json!({
        "stateVersion": 8, "appId": "a", "directoryLdap": { "id": "same", "hostname": "h", "password": null }
    });
    home.write_data_json(&settings).expect("writable");
    let folders = ["one", "two"].map(|name| home.data_folder().join("profiles").join(name));
    for folder in &folders {
        // The same file in each, as a copy by hand makes it.
        fs::copy(home.data_json_path(), folder.join("data.json")).expect("writable");
    }
    for (profile, value) in [("default", "of default"), ("one", "of one"), ("two", "of two")] {
        answer(&home, &["--profile", profile, "config", "ldap.password", &secret(value)]);
        assert_eq!(
            answer(&home, &["--profile", profile, "config", "get", "ldap.password"]),
            "set (keychain)\n"
        );
    }
    assert_eq!(lookup(&session, SERVICE, "secretLdap:same"), json!(secret("of default")).to_string());
    answer(&home, &["profile", "remove", "one", "--force"]);
    assert_eq!(lookup(&session, SERVICE, "secretLdap:same"), json!(secret("of default")).to_string());
    let left =
        session.secret_tool(&["search", "--all", "account", "secretLdap:same"], "").expect("installed");
    assert!(left.contains(&secret("of two")) && !left.contains(&secret("of one")), "{left}");
    answer(&home, &["--profile", "two", "secrets", "migrate", "--to", "encrypted-file"]);
    assert_eq!(lookup(&session, SERVICE, "secretLdap:same"), json!(secret("of default")).to_string());
}

/// A failure within this time is no hang.
fn soon(run: impl FnOnce() -> Output) -> Output {
    let start = Instant::now();
    let output = run();
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    output
}

#[test]
#[ignore = "needs dbus, gnome-keyring and libsecret-tools"]
fn a_locked_keychain_a_wrong_password_and_a_bus_without_one_are_told_and_nothing_hangs() {
    let mut session = Session::with_keyring("pw").expect("installed");
    let mut home = home(session.address());
    answer(&home, &["config", "ldap.password", &secret("ldap")]);
    let before = fs::read(home.data_json_path()).expect("settings");
    let assert_told = |home: &Home, part: &str| {
        assert_eq!(
            soon(|| run(home, &["config", "get", "ldap.password"])).stdout,
            "not here: entered for another server or account, or kept by another program\n"
        );
        let output = soon(|| run(home, &["secrets", "migrate", "--to", "encrypted-file"]));
        assert_eq!(output.code, Some(1), "{}", output.stdout);
        for part in ["ldap.password may be in the keychain", part, "`bwdc config set ldap.password`"] {
            assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
        }
        assert_eq!(fs::read(home.data_json_path()).expect("settings"), before);
    };
    session.start_keyring(Some("not the password")).expect("starts");
    assert_told(&home, "the keychain is locked");
    session.start_keyring(None).expect("starts");
    assert_told(&home, "the keychain is locked");
    // With a screen somebody is asked; here nobody shows the question.
    home.set("DISPLAY", ":77");
    assert_told(&home, "the keychain is locked");
    home.unset("DISPLAY");
    // A new secret goes where it can be kept.
    assert_eq!(soon(|| run(&home, &["config", "okta.token", &secret("okta")])).code, Some(0));
    assert_eq!(answer(&home, &["config", "get", "okta.token"]), "set (encrypted file)\n");
    answer(&home, &["config", "unset", "okta.token"]);
    fs::write(home.data_json_path(), &before).expect("writable");

    let empty = Session::start().expect("installed");
    home.set("DBUS_SESSION_BUS_ADDRESS", empty.address());
    assert_told(&home, "no Secret Service");
    home.set("DBUS_SESSION_BUS_ADDRESS", "unix:path=/no/such/bus");
    assert_told(&home, "cannot be reached");
    // A bus that accepts and never says a word.
    let path = home.path().join("silent");
    let _silent = UnixListener::bind(&path).expect("a socket");
    home.set("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", path.display()));
    assert_told(&home, "does not answer");

    home.unset("DBUS_SESSION_BUS_ADDRESS");
    let output = run(&home, &["secrets", "migrate", "--to", "encrypted-file"]);
    assert!(output.stderr.contains("a keychain that this session does not have"), "{}", output.stderr);

    home.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    session.start_keyring(Some("pw")).expect("starts");
    assert_eq!(answer(&home, &["config", "get", "ldap.password"]), "set (keychain)\n");
}
