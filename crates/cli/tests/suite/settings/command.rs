//! `secrets.command`: a secret that a program prints.

use crate::settings::{answer, run};
use bwdc_harness::home::Home;
use bwdc_harness::secret;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn script(home: &Home, name: &str, text: &str) -> String {
    let path = home.path().join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("writable");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("ours");
    path.to_str().expect("a path").to_owned()
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
}

/// A home that reads a server which is not there: how far a command comes tells whether it has the password.
fn home() -> Home {
    let home = Home::new().expect("a home");
    mode(&home.data_folder(), 0o700);
    home.write_data_json(&serde_json::json!({
        "stateVersion": 8, "appId": "a", "directoryType": 0, "organizationId": "o", "accessToken": "t",
        "apiKeyClientId": "organization.o", "apiKeyClientSecret": "s",
        "directoryLdap": { "id": "i", "hostname": "h.test", "port": 389, "rootPath": "dc=a", "username": "u" },
        "sync": { "users": true, "userObjectClass": "person", "userEmailAttribute": "mail" },
    }))
    .expect("writable");
    home
}

#[track_caller]
fn assert_fails(home: &Home, part: &str) {
    let output = run(home, &["config", "validate"]);
    assert_eq!(output.code, Some(1), "{}", output.stdout);
    assert!(
        output.stderr.contains("`secrets.command`") && output.stderr.contains(part),
        "{part}: {}",
        output.stderr
    );
    assert!(!output.stderr.contains(&secret("")), "{}", output.stderr);
}

#[test]
fn a_command_gives_the_secret_it_is_asked_for_and_sees_none_among_its_arguments() {
    let home = home();
    let vault = script(
        &home,
        "vault",
        &format!("echo \"$@\" >> \"$(dirname \"$0\")/asked\"; echo '{}'", secret("vault")),
    );
    answer(&home, &["config", "secrets.command", &format!("{vault},read,kv/{{name}}")]);
    assert_eq!(answer(&home, &["config", "get", "ldap.password"]), "from a command\n");
    assert!(!home.path().join("asked").exists(), "a list runs nothing");
    assert_eq!(answer(&home, &["config", "validate"]), "The configuration is complete.\n");
    assert_eq!(fs::read_to_string(home.path().join("asked")).unwrap(), "read kv/ldap.password\n");
    assert!(answer(&home, &["secrets", "list"]).contains("ldap.password"));
    let stored = fs::read_to_string(home.data_json_path()).unwrap();
    assert!(!stored.contains(&secret("")) && !stored.contains("STORED"), "{stored}");
}

#[test]
fn a_command_that_fails_is_told_and_no_older_secret_takes_its_place() {
    let home = home();
    answer(&home, &["config", "ldap.password", &secret("stored before")]);
    let set = |text: &str| {
        answer(&home, &["config", "secrets.command", &script(&home, "vault", text)]);
    };
    set(&format!("echo '{0}'; echo '{0}' >&2; exit 3", secret("printed")));
    assert_fails(&home, "exit status: 3");
    set(&format!("echo '{0}'; echo 'not signed in with {0}' >&2; exit 3", secret("printed")));
    assert_fails(&home, "and it wrote: not signed in with (secret)");
    set("echo 'vault is sealed.' >&2; echo 'try again' >&2");
    assert_fails(&home, "it printed nothing, and it wrote: vault is sealed.; try again.");
    // More than a pipe holds, and a child that keeps the stream open.
    set("yes complaint | head -c 1000000 >&2; sleep 300 >/dev/null & exit 4");
    assert_fails(&home, "exit status: 4, and it wrote: complaint; complaint");
    set("true");
    assert_fails(&home, "it printed nothing.");
    set("printf '\\377\\376'");
    assert_fails(&home, "something other than UTF-8 text");
    set("yes");
    assert_fails(&home, "at most 64 KiB");
    answer(&home, &["config", "secrets.command", "/no/such/vault"]);
    assert_fails(&home, "cannot be started");
}

#[test]
fn settings_that_others_may_write_choose_no_command() {
    let mut home = home();
    let vault =
        script(&home, "vault", &format!("echo x >> \"$(dirname \"$0\")/asked\"; echo '{}'", secret("vault")));
    answer(&home, &["config", "secrets.command", &vault]);
    let file = home.data_folder().join("connector.toml");
    mode(&file, 0o620);
    assert_fails(&home, "chmod go-w");
    mode(&file, 0o602);
    assert_fails(&home, "mode 0602");
    mode(&file, 0o600);
    mode(&home.data_folder(), 0o770);
    assert_fails(&home, "mode 0770");
    mode(&home.data_folder(), 0o700);
    // Only root can give a file away, and only root would run what another account chose.
    if std::os::unix::fs::chown(&file, Some(65_534), None).is_ok() {
        assert_fails(&home, "belongs to another account");
    }
    assert!(!home.path().join("asked").exists());
    // Whoever sets a variable for this program could run anything anyway.
    home.set("BWDC_SECRETS_COMMAND", vault);
    assert_eq!(answer(&home, &["config", "validate"]), "The configuration is complete.\n");
}

#[test]
fn a_command_inherits_no_secret_and_repeats_none() {
    let mut home = home();
    let vault = script(
        &home,
        "vault",
        &format!(
            "env > \"$(dirname \"$0\")/seen\"; echo \"$BW_SESSION\"; echo 'as {}' >&2; exit 1",
            secret("x")
        ),
    );
    answer(&home, &["config", "secrets.command", &vault]);
    let hidden = [
        "BW_PASSWORD",
        "BW_CLIENTSECRET",
        "BW_OBSERVER_CLIENTSECRET",
        "BWDC_SECRETS_PASSPHRASE",
        "BWDC_SECRET_ENTRA_KEY",
        "BWDC_SECRET_BERLIN_LDAP_PASSWORD",
    ];
    for name in hidden {
        home.set(name, secret("x"));
    }
    home.set("BW_SESSION", "the vault's own");
    home.set("BW_CLIENTID", "organization.o");
    assert_fails(&home, "and it wrote: as (secret).");
    let seen = fs::read_to_string(home.path().join("seen")).expect("it ran");
    assert!(hidden.iter().all(|name| !seen.contains(&format!("{name}="))), "{seen}");
    assert!(seen.contains("BW_SESSION=the vault's own") && seen.contains("BW_CLIENTID="), "{seen}");
}

/// What the program starts has its limit: none may leave an image of its memory.
#[test]
fn a_process_that_holds_secrets_leaves_no_core() {
    let home = home();
    let vault = script(&home, "vault", "ulimit -c > \"$(dirname \"$0\")/limit\"; echo secret");
    answer(&home, &["config", "secrets.command", &vault]);
    let asked = format!(
        "ulimit -c unlimited 2>/dev/null; ulimit -c; exec '{}' config validate",
        env!("CARGO_BIN_EXE_bwdc")
    );
    let output = home.run("sh", &["-c", &asked]).expect("it runs");
    assert!(output.stdout.ends_with("The configuration is complete.\n"), "{output:?}");
    assert_eq!(fs::read_to_string(home.path().join("limit")).expect("it ran"), "0\n", "{}", output.stdout);
}
