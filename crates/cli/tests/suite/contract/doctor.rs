//! `bwdc doctor` and its support archive.

use crate::contract::stage::{ADA, Stage, run};
use bwdc_harness::home::{Home, Output};
use bwdc_sandbox::ldap::{self, ServerCertificate};
use bwdc_sandbox::organization::Options;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// The checks as `area check` with the outcome, in their order, and the exit code.
pub(super) fn checks(home: &Home) -> (Vec<Value>, Option<i32>) {
    let output = run(home, &["doctor", "--response"]);
    let answer: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!((&answer["success"], &answer["data"]["object"]), (&json!(true), &json!("doctor")));
    (answer["data"]["checks"].as_array().expect("a list").clone(), output.code)
}

fn found<'c>(checks: &'c [Value], area: &str, check: &str) -> Vec<&'c Value> {
    checks.iter().filter(|it| it["area"] == area && it["check"] == check).collect()
}

#[track_caller]
pub(super) fn one<'c>(checks: &'c [Value], area: &str, check: &str) -> &'c Value {
    let found = found(checks, area, check);
    assert_eq!(found.len(), 1, "{area} {check}: {checks:#?}");
    found[0]
}

#[track_caller]
pub(super) fn assert_outcome(check: &Value, outcome: &str, parts: &[&str]) {
    let text = format!("{} {}", check["message"], check["cure"]);
    assert_eq!(check["outcome"], outcome, "{check}");
    for part in parts {
        assert!(text.contains(part), "{part}: {check}");
    }
}

/// Every file below a folder with its content and the time of its last change.
fn files(folder: &Path) -> Vec<(String, Vec<u8>, std::time::SystemTime)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let changed = path.metadata().expect("readable").modified().expect("a time");
        if path.is_dir() {
            files.push((path.display().to_string(), Vec::new(), changed));
            files.extend(self::files(&path));
        } else {
            files.push((path.display().to_string(), std::fs::read(&path).expect("readable"), changed));
        }
    }
    files.sort();
    files
}

#[test]
fn an_installation_that_works_passes_every_check_and_stays_as_it_is() {
    let stage = Stage::signed_in();
    assert_eq!(stage.run(&["sync"]).code, Some(0));
    stage.organization.clear_requests();
    let before = files(&stage.home.data_folder());
    let (checks, code) = checks(&stage.home);
    assert_eq!(code, Some(0));
    for (area, check) in [
        ("installation", "program"),
        ("installation", "folder"),
        ("installation", "file-system"),
        ("installation", "settings"),
        ("installation", "connector-settings"),
        ("installation", "ledger"),
        ("directory", "directory-settings"),
        ("directory", "proxy"),
        ("directory", "name"),
        ("directory", "connection"),
        ("directory", "directory-sign-in"),
        ("organization", "proxy"),
        ("organization", "connection"),
        ("organization", "clock"),
        ("organization", "sign-in"),
        ("organization", "server"),
        ("organization", "members"),
    ] {
        assert_outcome(one(&checks, area, check), "ok", &[]);
    }
    assert_eq!(found(&checks, "installation", "secret").len(), 4, "the directory's and three of the sign-in");
    // The stage asks for plain text.
    assert_outcome(one(&checks, "installation", "secret-store"), "warn", &["PLAINTEXT_SECRETS"]);
    assert_outcome(one(&checks, "installation", "ledger"), "ok", &["last run", "complete"]);
    assert_outcome(one(&checks, "organization", "server"), "ok", &["self-hosted", "version"]);
    assert_eq!(files(&stage.home.data_folder()), before, "nothing is changed");
    let requests = stage.organization.requests();
    assert!(
        requests.iter().all(|it| it.method == "GET" || it.path.ends_with("/connect/token")),
        "{requests:?}"
    );
}

/// The text without the breaks of its lines.
pub(super) fn unbroken(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_check_is_a_line_under_its_area_with_its_cure_below() {
    let stage = Stage::signed_in();
    let output = stage.run(&["doctor", "--all"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(lines[0], "Installation");
    assert!(
        lines[1].starts_with(concat!("  ok    Program bwdc ", env!("CARGO_PKG_VERSION"), ": ")),
        "{lines:#?}"
    );
    let way = format!(
        "ok Proxy ldap://127.0.0.1:{}: direct (LDAP is never sent through a proxy)",
        stage.directory.port()
    );
    assert!(unbroken(&output.stdout).contains(&way), "{lines:#?}");
    assert!(lines.iter().any(|it| it.starts_with("  ok    Proxy ldap://")), "{lines:#?}");
    for line in &lines {
        // A path is not broken.
        assert!(line.chars().count() <= 80 || !line.trim_start().contains(' '), "{line}");
    }
    let warned = lines.iter().position(|it| it.starts_with("  warn  Secrets ")).expect("a warning");
    let mut below = lines[warned + 1..].iter().take_while(|it| it.starts_with("        "));
    assert!(below.any(|it| it.starts_with("        Unset BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS")));
    assert!(lines.last().expect("a line").contains(" ok, "));
    assert_eq!(stage.run(&["doctor", "--quiet"]).stdout, "");
}

#[test]
fn without_all_only_problems_are_printed_with_the_numbers_first_and_last() {
    let home = Home::new().unwrap();
    let output = run(&home, &["doctor"]);
    assert_eq!(output.code, Some(1));
    let lines: Vec<&str> = output.stdout.lines().collect();
    let (first, last) = (lines[0], lines[lines.len() - 2..].join("\n"));
    assert!(lines.iter().all(|it| it.chars().count() <= 80), "{}", output.stdout);
    assert!(first.contains(" ok, ") && first.contains(" failed, "), "{}", output.stdout);
    assert_eq!(last, format!("{first} `bwdc doctor --all`\nshows every check."));
    let marks = |mark: &str| lines.iter().filter(|it| it.starts_with(mark)).count();
    assert_eq!((marks("  ok "), marks("  -  ")), (0, 0), "{}", output.stdout);
    assert!(marks("  FAIL ") >= 2, "{}", output.stdout);
    assert!(output.stdout.contains("  FAIL  Settings of the directory"), "{}", output.stdout);
}

#[test]
fn an_empty_installation_says_what_is_missing_and_what_waits() {
    let home = Home::new().unwrap();
    let (checks, code) = checks(&home);
    assert_eq!(code, Some(1));
    assert_outcome(one(&checks, "installation", "settings"), "ok", &["none yet"]);
    assert_outcome(
        one(&checks, "directory", "directory-settings"),
        "fail",
        &["No directory configured.", "bwdc config directory"],
    );
    assert_outcome(one(&checks, "directory", "directory-sign-in"), "waiting", &["settings of the directory"]);
    assert_outcome(
        one(&checks, "organization", "sign-in"),
        "fail",
        &["You are not logged in.", "bwdc login"],
    );
    assert_outcome(one(&checks, "organization", "server"), "waiting", &["sign-in"]);
    let output = run(&home, &["doctor", "--all", "--cleanexit"]);
    assert_eq!(output.code, Some(0));
    assert!(output.stdout.contains("  FAIL  Settings of the directory"), "{}", output.stdout);
    assert!(output.stdout.contains("  -     Server"), "{}", output.stdout);
}

#[test]
fn what_does_not_depend_on_a_missing_password_is_looked_at_all_the_same() {
    let stage = Stage::signed_in();
    stage.change(|data| data["directoryLdap"]["password"] = Value::Null);
    let (checks, code) = checks(&stage.home);
    assert_eq!(code, Some(1));
    assert_outcome(
        one(&checks, "directory", "directory-settings"),
        "fail",
        &["Username/password are not configured.", "ldap.password"],
    );
    assert_outcome(one(&checks, "directory", "connection"), "ok", &[]);
    assert_outcome(one(&checks, "organization", "members"), "ok", &[]);
}

#[test]
fn a_refused_password_and_a_revoked_key_are_failures_with_their_cure() {
    let stage = Stage::signed_in();
    stage.change(|data| data["directoryLdap"]["password"] = json!("wrong"));
    stage.organization.rotate_key();
    let (checks, code) = checks(&stage.home);
    assert_eq!(code, Some(1));
    assert_outcome(one(&checks, "directory", "directory-sign-in"), "fail", &["refused to bind"]);
    let sign_in = one(&checks, "organization", "sign-in");
    assert_outcome(sign_in, "fail", &[]);
    assert!(sign_in["cure"].as_str().is_some_and(|it| it.contains("bwdc login")), "{sign_in}");
    assert_outcome(one(&checks, "organization", "server"), "waiting", &[]);
}

#[test]
fn servers_that_are_not_there_are_named_and_the_rest_waits() {
    let stage = Stage::signed_in();
    let free = || {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("a port").port()
    };
    let (ldap, organization) = (free(), free());
    stage.change(|data| {
        data["directoryLdap"]["port"] = json!(ldap);
        data["environmentUrls"]["base"] = json!(format!("http://127.0.0.1:{organization}"));
    });
    // Without the ledger, the key counts as entered for this server.
    std::fs::remove_file(stage.home.data_folder().join("connector.db")).expect("the stage holds");
    let (checks, code) = checks(&stage.home);
    assert_eq!(code, Some(1));
    assert_outcome(one(&checks, "directory", "connection"), "fail", &["127.0.0.1", "refused", "firewall"]);
    assert_outcome(one(&checks, "directory", "directory-sign-in"), "waiting", &["connection"]);
    assert_outcome(one(&checks, "organization", "connection"), "fail", &["refused"]);
    assert_outcome(one(&checks, "organization", "sign-in"), "waiting", &["connection"]);
    stage.change(|data| data["directoryLdap"]["hostname"] = json!("no-such-host.invalid"));
    let (checks, _) = self::checks(&stage.home);
    assert_outcome(one(&checks, "directory", "name"), "fail", &["has no address", "name servers"]);
}

/// A stage whose directory is encrypted.
pub(super) fn encrypted(certificate: ServerCertificate) -> Stage {
    let mut stage = Stage::signed_in();
    let options = ldap::Options {
        ldaps: true,
        server_certificate: certificate,
        ..ldap::Options::with_bind(
            "dn: dc=example,dc=test\nobjectClass: domain\ndc: example\n",
            "cn=reader,dc=example,dc=test",
            "reader's password",
        )
    };
    stage.directory = ldap::Server::start_blocking(options).expect("a directory");
    let port = stage.directory.ldaps_port().expect("an encrypted port");
    stage.change(|data| {
        data["directoryLdap"]["ssl"] = json!(true);
        data["directoryLdap"]["port"] = json!(port);
    });
    stage
}

#[test]
fn an_authority_that_is_not_known_is_named_with_the_setting_that_mends_it() {
    let stage = encrypted(ServerCertificate::Valid);
    let (before, code) = checks(&stage.home);
    assert_eq!(code, Some(1));
    let certificate = one(&before, "directory", "certificate");
    assert_outcome(
        certificate,
        "fail",
        &["CN=Sandbox directory authority", "is missing", "bwdc config set ldap.sslCaPath <file>"],
    );
    // The connection is made: what waits does not wait for that.
    assert_outcome(one(&before, "directory", "connection"), "ok", &[]);
    assert_outcome(one(&before, "directory", "directory-sign-in"), "waiting", &["waits for: certificate"]);
    let shown = certificate["certificates"].as_array().expect("the chain");
    assert_eq!(shown[0]["subject"], "CN=Sandbox directory");
    assert_eq!(shown[0]["issuer"], "CN=Sandbox directory authority");
    assert_eq!(shown[0]["names"], json!(["localhost", "127.0.0.1"]));
    assert!(shown[0]["ends"].as_str().is_some_and(|it| it.ends_with('Z')), "{certificate}");
    let text = unbroken(&stage.run(&["doctor", "--all"]).stdout);
    assert!(text.contains("1. CN=Sandbox directory for localhost, 127.0.0.1, signed by CN=Sandbox directory authority, until "), "{text}");

    let authority = stage.home.path().join("ca.pem");
    std::fs::write(&authority, stage.directory.ca_pem().expect("an authority")).expect("a file");
    assert_eq!(stage.run(&["config", "ldap.sslCaPath", &authority.display().to_string()]).code, Some(0));
    let (after, code) = checks(&stage.home);
    assert_eq!(code, Some(0), "{after:#?}");
    assert_outcome(one(&after, "directory", "certificate"), "ok", &["days left"]);

    stage.change(|data| {
        data["directoryLdap"]["sslCaPath"] = Value::Null;
        data["directoryLdap"]["sslAllowUnauthorized"] = json!(true);
    });
    let (open, _) = checks(&stage.home);
    assert_outcome(
        one(&open, "directory", "certificate"),
        "warn",
        &["not verified", "ldap.sslAllowUnauthorized"],
    );
}

#[test]
fn a_certificate_that_has_ended_or_is_for_another_host_is_told_apart() {
    for (certificate, part) in
        [(ServerCertificate::Expired, "expired"), (ServerCertificate::OtherHost, "elsewhere.example.test")]
    {
        let stage = encrypted(certificate);
        let authority = stage.home.path().join("ca.pem");
        std::fs::write(&authority, stage.directory.ca_pem().expect("an authority")).expect("a file");
        assert_eq!(stage.run(&["config", "ldap.sslCaPath", &authority.display().to_string()]).code, Some(0));
        let (checks, code) = checks(&stage.home);
        assert_eq!(code, Some(1));
        let certificate = one(&checks, "directory", "certificate");
        assert_outcome(certificate, "fail", &["is not trusted", "docs/errors/certificates.md"]);
        assert!(certificate.to_string().contains(part), "{certificate}");
    }
}

/// A server whose clock says this, on a port of its own; each connection gets one answer.
fn clock_at(date: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("a port").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 2048];
            let _ = stream.read(&mut request);
            let _ = write!(
                stream,
                "HTTP/1.1 404 Not Found\r\ndate: {date}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
        }
    });
    port
}

#[test]
fn clocks_that_differ_are_a_failure() {
    let stage = Stage::signed_in();
    let port = clock_at("Fri, 20 Nov 2020 13:00:00 GMT");
    stage.change(|data| data["environmentUrls"] = json!({ "base": format!("http://127.0.0.1:{port}") }));
    let (checks, code) = checks(&stage.home);
    assert_eq!(code, Some(1));
    assert_outcome(one(&checks, "organization", "clock"), "fail", &["ahead of the server", "NTP"]);
}

#[test]
fn the_clock_of_a_directory_is_its_own_word() {
    let mut stage = Stage::signed_in();
    let tree = "dn: dc=example,dc=test\nobjectClass: domain\ndc: example\n";
    for (time, outcome, part) in [("20201120130000.0Z", "fail", "ahead of the server"), ("", "", "")] {
        let root_dse = match time {
            "" => Vec::new(),
            time => vec![("currentTime".to_owned(), vec![time.to_owned()])],
        };
        let options = ldap::Options {
            root_dse,
            ..ldap::Options::with_bind(tree, "cn=reader,dc=example,dc=test", "reader's password")
        };
        stage.directory = ldap::Server::start_blocking(options).expect("a directory");
        let port = stage.directory.port();
        stage.change(|data| data["directoryLdap"]["port"] = json!(port));
        let (checks, _) = checks(&stage.home);
        let clocks = found(&checks, "directory", "clock");
        match time {
            "" => assert!(clocks.is_empty(), "a server that does not tell is not asked twice: {clocks:?}"),
            _ => assert_outcome(clocks[0], outcome, &[part, "NTP"]),
        }
    }
}

/// The encrypted port of a directory is good enough for a handshake.
#[test]
fn the_certificates_of_the_organizations_server_are_looked_at_in_the_same_way() {
    let stage = encrypted(ServerCertificate::Valid);
    let port = stage.directory.ldaps_port().expect("an encrypted port");
    stage.change(|data| data["environmentUrls"] = json!({ "base": format!("https://127.0.0.1:{port}") }));
    let (before, code) = checks(&stage.home);
    assert_eq!(code, Some(1));
    let certificate = one(&before, "organization", "certificate");
    assert_outcome(
        certificate,
        "fail",
        &["CN=Sandbox directory authority is missing", "bwdc config set organization-ca-path <file>"],
    );
    assert_eq!(certificate["certificates"][0]["subject"], "CN=Sandbox directory");
    assert_outcome(one(&before, "organization", "sign-in"), "waiting", &["certificate"]);
    let authority = stage.home.path().join("ca.pem");
    std::fs::write(&authority, stage.directory.ca_pem().expect("an authority")).expect("a file");
    let set = ["config", "organization-ca-path", &authority.display().to_string()];
    assert_eq!(stage.run(&set).code, Some(0));
    let (after, _) = checks(&stage.home);
    // Trusted now; what answers is no server of an organization.
    assert_outcome(one(&after, "organization", "certificate"), "ok", &[]);
    assert_outcome(one(&after, "organization", "answer"), "fail", &["no answer: "]);
    assert_outcome(one(&after, "organization", "sign-in"), "waiting", &["answer"]);
}

#[test]
fn a_damaged_file_of_settings_is_one_failure_and_the_rest_waits() {
    let home = Home::new().unwrap();
    std::fs::write(home.data_json_path(), "{\n  \"stateVersion\": 8,\n").unwrap();
    let (checks, code) = checks(&home);
    assert_eq!(code, Some(1));
    assert_outcome(one(&checks, "installation", "settings"), "fail", &["line 3", "restore"]);
    for (area, check) in
        [("installation", "secret-store"), ("directory", "directory-settings"), ("organization", "sign-in")]
    {
        assert_outcome(one(&checks, area, check), "waiting", &["settings"]);
    }
    std::fs::remove_file(home.data_json_path()).unwrap();
    std::fs::write(home.data_folder().join("connector.toml"), "nonsense = true\n").unwrap();
    let (checks, _) = self::checks(&home);
    assert_outcome(one(&checks, "installation", "connector-settings"), "fail", &["connector.toml", "line 1"]);
}

#[cfg(unix)]
#[test]
fn files_that_others_can_read_are_a_warning_with_the_command_that_mends_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::signed_in();
    let path = stage.home.data_json_path();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::set_permissions(stage.home.data_folder(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let (checks, code) = checks(&stage.home);
    assert_outcome(one(&checks, "installation", "settings"), "warn", &["0644", "chmod 600"]);
    assert_outcome(
        one(&checks, "installation", "folder"),
        "warn",
        &["everybody on this machine can write to", "decide who has access", "chmod go-w"],
    );
    let secrets = found(&checks, "installation", "secret");
    assert_eq!(
        (secrets.len(), code),
        (4, Some(1)),
        "secrets in plain text that others can read are a failure"
    );
    for secret in secrets {
        assert_outcome(secret, "fail", &["plain text", "0644", "chmod 600", "secrets migrate"]);
    }
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644, "nothing is changed");
}

#[cfg(unix)]
#[test]
fn secrets_in_plain_text_are_never_simply_ok() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut stage = Stage::signed_in();
    stage.home.unset("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS");
    let (checks, code) = checks(&stage.home);
    assert_eq!(code, Some(0));
    for secret in found(&checks, "installation", "secret") {
        assert_outcome(secret, "warn", &["plain text", "secrets migrate --to encrypted-file"]);
    }
    // Files that give a secret from outside are looked at, too.
    let given = stage.home.path().join("ldap.password");
    std::fs::write(&given, "x").unwrap();
    std::fs::set_permissions(&given, std::fs::Permissions::from_mode(0o640)).unwrap();
    let folder = stage.home.path().to_owned();
    stage.home.set("BWDC_SECRETS_DIR", folder);
    let (checks, _) = self::checks(&stage.home);
    let found = found(&checks, "installation", "secret");
    let outside = found.iter().find(|it| it["subject"] == given.display().to_string());
    assert_outcome(outside.expect("a finding"), "warn", &["0640", "chmod 600"]);
}

#[test]
fn limits_that_are_off_are_a_warning() {
    let stage = Stage::signed_in();
    assert_eq!(stage.run(&["config", "set", "limits.off", "true"]).code, Some(0));
    let (checks, code) = checks(&stage.home);
    assert_eq!(code, Some(0));
    let settings = one(&checks, "installation", "connector-settings");
    assert_outcome(settings, "warn", &["`limits.off` is true", "bwdc config unset limits.off"]);
}

#[test]
fn an_organization_that_its_own_key_cannot_see_is_a_warning() {
    let stage = Stage::signed_out_of(Options::vaultwarden());
    assert_eq!(stage.log_in().code, Some(0));
    let (checks, code) = checks(&stage.home);
    assert_eq!(code, Some(0), "{checks:#?}");
    assert_outcome(one(&checks, "organization", "server"), "ok", &["Vaultwarden"]);
    assert_outcome(
        one(&checks, "organization", "members"),
        "warn",
        &["cannot be verified", "bwdc login --observer"],
    );
}

#[test]
fn the_proxy_in_effect_is_told_and_asked() {
    let stage = Stage::signed_in();
    let proxy = clock_at("Fri, 20 Nov 2020 13:00:00 GMT");
    let address = format!("http://127.0.0.1:{proxy}");
    assert_eq!(stage.run(&["config", "proxy", &address]).code, Some(0));
    stage.change(|data| data["environmentUrls"] = json!({ "base": "http://vault.example.test" }));
    let (checks, _) = checks(&stage.home);
    assert_outcome(one(&checks, "organization", "proxy"), "ok", &[&format!("through {address}")]);
    assert_outcome(one(&checks, "organization", "connection"), "ok", &[]);
    assert_outcome(one(&checks, "directory", "proxy"), "ok", &["direct", "LDAP"]);
    stage.connector_toml("proxy = \"http://me:hunter2@127.0.0.1:1\"\n");
    let refused = stage.run(&["doctor"]);
    assert!(
        unbroken(&refused.stdout).contains("`proxy` is `(hidden)`") && !refused.stdout.contains("hunter2"),
        "{refused:?}"
    );
}

/// A secret that somebody typed into another setting is masked as well.
#[test]
fn every_source_is_looked_over_and_its_secret_stays_out_of_the_archive() {
    let stage = Stage::signed_in();
    let folder = stage.home.data_folder().join("sources").join("berlin");
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut data = stage.home.data_json().expect("settings");
    data["directoryLdap"]["password"] = json!("berlin's own");
    let source = json!({
        "stateVersion": 8, "directoryType": 0, "directoryLdap": data["directoryLdap"], "sync": data["sync"],
    });
    std::fs::write(folder.join("data.json"), source.to_string()).expect("settings");
    std::fs::write(stage.home.data_folder().join("connector.toml"), "sources = [\"berlin\"]\n")
        .expect("a file");
    let (checks, code) = checks(&stage.home);
    assert_eq!(code, Some(1));
    let sign_ins = found(&checks, "directory", "directory-sign-in");
    assert_eq!(sign_ins.len(), 2, "{checks:#?}");
    assert_ne!(sign_ins[0]["outcome"], "fail", "{sign_ins:#?}");
    assert_outcome(sign_ins[1], "fail", &["refused"]);
    assert_eq!(sign_ins[1]["facts"]["source"], "berlin");

    let filter = "(|(description=berlin's own)(description=reader's password)(uid=*))";
    assert_eq!(stage.run(&["config", "sync.userFilter", filter]).code, Some(0));
    let archive = stage.home.path().join("support.tar.gz");
    // What is typed into a filter is shown to whoever typed it: what the whole suite printed is searched for secrets.
    assert_eq!(stage.run(&["doctor", "--quiet", "--bundle", &archive.display().to_string()]).code, Some(1));
    let unpacked = stage.home.path().join("unpacked");
    unpack(&archive, &unpacked);
    let text: String = files(&unpacked.join("bwdc-support"))
        .iter()
        .map(|(_, bytes, _)| String::from_utf8_lossy(bytes).into_owned())
        .collect();
    assert!(text.contains("(|(description=(secret))(description=(secret))(uid=*))"), "{text}");
    assert!(!text.contains("berlin's own") && !text.contains("reader's password"), "{text}");
}

fn unpack(archive: &Path, folder: &Path) -> Output {
    std::fs::create_dir(folder).expect("a folder");
    let output = Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(folder).output().expect("tar");
    assert!(output.status.success(), "{output:?}");
    Output { stdout: String::new(), stderr: String::new(), code: output.status.code() }
}

#[test]
fn the_archive_holds_what_helps_and_neither_secrets_nor_addresses() {
    let stage = Stage::signed_in();
    assert_eq!(stage.run(&["config", "sync.userFilter", "(!(mail=nobody@example.test))"]).code, Some(0));
    assert_eq!(stage.run(&["sync", "--log-level", "trace"]).code, Some(0));
    let data = stage.home.data_json().expect("settings");
    let archive = stage.home.path().join("support.tar.gz");
    let output = stage.run(&["doctor", "--bundle", &archive.display().to_string()]);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stderr.contains("support.tar.gz"), "{output:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&archive).expect("an archive").permissions().mode() & 0o777, 0o600);
    }
    let folder = stage.home.path().join("unpacked");
    unpack(&archive, &folder);
    let files = files(&folder.join("bwdc-support"));
    let names: Vec<&str> = files.iter().filter_map(|(name, ..)| name.rsplit('/').next()).collect();
    assert_eq!(
        names,
        [
            "bwdc.log",
            "doctor.json",
            "doctor.txt",
            "environment.txt",
            "runs.json",
            "settings.json",
            "version.txt"
        ]
    );
    let text: String =
        files.iter().map(|(_, bytes, _)| String::from_utf8_lossy(bytes).into_owned()).collect();
    let (id, key) = (stage.organization.client_id(), stage.organization.client_secret());
    let token = data["accessToken"].as_str().expect("a token");
    for secret in ["reader's password", &key, &id, token] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    for address in ["ada@example.test", "bob@example.test", "nobody@example.test", "Ada@", "@example.test"] {
        assert!(!text.to_lowercase().contains(&address.to_lowercase()), "{address} in {text}");
    }
    for part in ["\"outcome\": \"complete\"", "address-1", "sync.userFilter", "ldap.hostname", "FAIL"] {
        assert!(text.contains(part) || part == "FAIL", "{part} not in {text}");
    }
    // Groups are numbered: their names can be people's, too.
    let runs = files.iter().find(|(name, ..)| name.ends_with("runs.json")).expect("runs");
    let runs = String::from_utf8_lossy(&runs.1);
    assert!(runs.contains("name-1") && !runs.contains("Staff") && !runs.contains(ADA), "{runs}");

    let nowhere = stage.home.path().join("none").join("support.tar.gz");
    let output = stage.run(&["doctor", "--bundle", &nowhere.display().to_string()]);
    assert_eq!(output.code, Some(1));
    assert!(
        output.stderr.contains("cannot write the archive")
            || output.stderr.contains("Cannot write the archive"),
        "{output:?}"
    );
}
