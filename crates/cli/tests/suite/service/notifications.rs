//! Who hears of what: once, with the next step, and never with a secret.

use crate::laws::stage::{LDAP_PASSWORD, Stage, Tree, mail};
use crate::service::daemon::{AGREED, Daemon, PATIENCE, until};
use bwdc_engine::service::Command;
use bwdc_sandbox::faults::{Answer, Fault, Occurrence, Rule};
use bwdc_sandbox::organization::Options;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::mpsc::{Receiver, channel};

/// Settings by which each notification becomes a line of a file.
fn into_file(stage: &Stage) -> std::path::PathBuf {
    let file = stage.home.path().join("notifications");
    let script = stage.home.path().join("keep");
    // What it was given in its environment would be in there, too.
    std::fs::write(
        &script,
        format!("#!/bin/sh\ncat >> '{0}'; echo >> '{0}'; env > '{0}.env'\n", file.display()),
    )
    .expect("written");
    let made = std::process::Command::new("chmod").arg("0700").arg(&script).status().expect("chmod");
    assert!(made.success());
    let settings = format!("{AGREED}[notify]\ncommand = [\"{}\"]\n", script.display());
    std::fs::write(stage.home.data_folder().join("connector.toml"), settings).expect("our settings");
    file
}

fn kept(file: &std::path::Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().filter(|it| !it.is_empty()).map(|it| serde_json::from_str(it).expect("JSON")).collect()
}

#[test]
fn an_outage_is_told_once_and_so_is_its_end() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let file = into_file(&stage);
    let directory = Tree::of(3).serve();
    stage.read(&directory);
    let daemon = Daemon::start(&stage);
    daemon.says("made");
    stage.point("directoryLdap", "port", 9.into());
    for _ in 0..20 {
        assert!(daemon.ask(Command::Sync { full: false }).error.is_some());
    }
    stage.read(&directory);
    for _ in 0..2 {
        assert_eq!(daemon.ask(Command::Sync { full: false }).error, None);
    }
    let told = until("both are told", || Some(kept(&file)).filter(|it| it.len() >= 2));
    let events: Vec<_> = told.iter().map(|it| it["data"]["event"].clone()).collect();
    assert_eq!(events, ["failing", "recovered"], "{told:?}");
    assert_eq!(told[1]["data"]["failures"], 20);
    let text = std::fs::read_to_string(&file).expect("told");
    for secret in [LDAP_PASSWORD, &stage.organization.client_secret()] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn a_command_is_told_no_secret_and_not_run_where_others_may_choose_it() {
    let mut stage = Stage::new(Options::official(), AGREED, |_| {});
    let file = into_file(&stage);
    stage.home.set("BWDC_SECRET_NOTIFY_WEBHOOK_KEY", "s3cr3t-0f-the-signature");
    stage.home.set("BWDC_SECRETS_PASSPHRASE", "s3cr3t-0f-the-store");
    assert_eq!(stage.run(&["notify", "test"]).stdout.trim(), "command: delivered.");
    let given = std::fs::read_to_string(file.with_extension("env")).expect("told");
    assert!(given.contains("HOME=") && !given.contains("s3cr3t-0f"), "{given}");
    let settings = stage.home.data_folder().join("connector.toml");
    std::fs::set_permissions(&settings, std::fs::Permissions::from_mode(0o666)).expect("ours");
    let refused = stage.run(&["notify", "test"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stdout.contains("others may write"), "{}", refused.stdout);
    assert_eq!(kept(&file).len(), 1);
}

#[test]
fn a_way_that_took_it_does_not_get_it_again_for_one_that_did_not() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let file = into_file(&stage);
    assert_eq!(stage.run(&["config", "set", "notify.webhook-url", "http://127.0.0.1:9/"]).code, Some(0));
    let mut service = stage.command(&["run"]);
    service.env("BWDC_WAIT_SPEED", "500").stderr(std::process::Stdio::piped());
    let mut service = service.spawn().expect("starts");
    until("the failure is told", || Some(kept(&file)).filter(|it| !it.is_empty()));
    std::thread::sleep(std::time::Duration::from_secs(3));
    service.kill().expect("a child");
    service.wait().expect("a child");
    assert_eq!(kept(&file).len(), 1, "{:?}", kept(&file));
}

#[test]
fn what_could_not_be_delivered_is_delivered_by_the_next_service() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let file = into_file(&stage);
    let (script, away) = (stage.home.path().join("keep"), stage.home.path().join("away"));
    std::fs::rename(&script, &away).expect("moved");
    let waits = stage.home.data_folder().join("undelivered.json");
    let daemon = Daemon::start(&stage);
    daemon.says("did not do everything");
    let kept_there = || std::fs::read_to_string(&waits).ok().filter(|it| it.contains("failing"));
    until("it waits on disk", kept_there);
    let mode = std::fs::metadata(&waits).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    daemon.kill();
    assert_eq!(kept(&file), [] as [Value; 0]);
    std::fs::rename(&away, &script).expect("moved");
    let daemon = Daemon::start(&stage);
    let told = until("it is told", || Some(kept(&file)).filter(|it| !it.is_empty()));
    assert_eq!((told.len(), &told[0]["data"]["event"]), (1, &"failing".into()), "{told:?}");
    until("nothing waits", || (!waits.exists()).then_some(()));
    drop(daemon);
}

#[test]
fn people_whom_the_server_does_not_take_are_told_once_and_put_no_run_off() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let file = into_file(&stage);
    let directory = Tree::of(30).serve();
    stage.read(&directory);
    // The second of all in the first run, and the only one later.
    for (place, occurrence) in [(1, Occurrence::First(1)), (0, Occurrence::After(1))] {
        let error = format!(
            r#"{{"object":"error","message":"The request's model state is invalid.","errors":{{"Members[{place}].Email":["The Email field is not a valid e-mail address."]}}}}"#
        );
        let fault = Fault::Answer(Answer::json(400, &error));
        let rule = Rule::new("POST", "/api/public/organization/import", fault).containing(&mail("p02"));
        stage.organization.faults().add(Rule { occurrence, ..rule });
    }
    let daemon = Daemon::start(&stage);
    daemon.says("did not do everything");
    let mut errors = Vec::new();
    for _ in 0..2 {
        errors.push(daemon.ask(Command::Sync { full: false }).error.expect("one is not brought over"));
    }
    let told = until("it is told", || Some(kept(&file)).filter(|it| !it.is_empty()));
    let status = daemon.ask(Command::Status);
    assert_eq!(
        (status.code, &status.data["profiles"][0]["failures"]),
        (1, &0.into()),
        "{}\n{errors:?}\n{}",
        status.text,
        daemon.ask(Command::History { most: 9 }).data
    );
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["data"]["event"], "partlyRefused");
}

#[test]
fn a_refusal_names_the_command_that_approves_and_no_addresses() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let file = into_file(&stage);
    let directory = Tree::of(60).serve();
    stage.read(&directory);
    let daemon = Daemon::start(&stage);
    daemon.says("made");
    stage.everybody_confirms();
    for number in 1..=30 {
        directory.delete(&crate::laws::stage::dn(&format!("p{number:02}"))).expect("is there");
    }
    for _ in 0..3 {
        assert_eq!(daemon.ask(Command::Sync { full: false }).error.expect("refused").kind, "refused");
    }
    let told = until("it is told", || Some(kept(&file)).filter(|it| !it.is_empty()));
    assert_eq!(told.len(), 1, "{told:?}");
    let text = told[0]["text"].as_str().expect("a text");
    assert!(text.contains("`bwdc approve 2`") && text.contains("30 of 60"), "{text}");
    assert!(!told[0].to_string().contains("@example.test"), "{told:?}");
}

/// A server for one conversation: gives each line to `answer`, whose text goes back.
fn serve(
    greeting: &'static str,
    mut answer: impl FnMut(&str) -> Option<&'static str> + Send + 'static,
) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (sender, heard) = channel();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a caller");
        let mut out: TcpStream = stream.try_clone().expect("a socket");
        out.write_all(greeting.as_bytes()).expect("taken");
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let back = answer(&line);
            let _ = sender.send(line);
            if let Some(back) = back {
                let _ = out.write_all(back.as_bytes());
            }
        }
    });
    (port, heard)
}

#[test]
fn a_mail_goes_to_everybody_who_is_named() {
    let mut in_text = false;
    let (port, heard) = serve("220 mail.example.test\r\n", move |line| match line {
        "." => {
            in_text = false;
            Some("250 taken\r\n")
        }
        _ if in_text => None,
        "DATA" => {
            in_text = true;
            Some("354 go on\r\n")
        }
        "QUIT" => Some("221 bye\r\n"),
        _ => Some("250 ok\r\n"),
    });
    let stage = Stage::new(Options::official(), "", |_| {});
    for (name, value) in [
        ("notify.mail-server", format!("127.0.0.1:{port}")),
        ("notify.mail-security", "none".to_owned()),
        ("notify.mail-from", "bwdc@example.test".to_owned()),
        ("notify.mail-to", "ann@example.test,ben@example.test".to_owned()),
    ] {
        assert_eq!(stage.run(&["config", "set", name, &value]).code, Some(0), "{name}");
    }
    let sent = stage.run(&["notify", "test"]);
    assert_eq!((sent.code, sent.stdout.trim()), (Some(0), "mail: delivered."), "{}", sent.stderr);
    let mut lines = Vec::new();
    while let Ok(line) = heard.recv_timeout(PATIENCE) {
        lines.push(line);
        if lines.last().is_some_and(|it| it == ".") {
            break;
        }
    }
    for wanted in [
        "MAIL FROM:<bwdc@example.test>",
        "RCPT TO:<ann@example.test>",
        "RCPT TO:<ben@example.test>",
        "Subject: bwdc: test",
    ] {
        assert!(lines.iter().any(|it| it.starts_with(wanted)), "{wanted}: {lines:?}");
    }
}

#[test]
fn a_webhook_is_signed_and_a_way_that_fails_is_named_without_its_secrets() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = std::thread::spawn(move || {
        let mut heard = Vec::new();
        for status in ["200 OK", "503 Service Unavailable"] {
            let (mut stream, _) = listener.accept().expect("a caller");
            let mut text = Vec::new();
            let mut part = [0; 4096];
            while !text.ends_with(b"}") {
                let read = stream.read(&mut part).expect("readable");
                text.extend_from_slice(&part[..read]);
            }
            write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                .expect("taken");
            heard.push(String::from_utf8(text).expect("text"));
        }
        heard
    });
    let mut stage = Stage::new(Options::official(), "", |_| {});
    stage.home.set("BWDC_SECRET_NOTIFY_WEBHOOK_URL", format!("http://127.0.0.1:{port}/s3cr3t-0f-the-hook"));
    stage.home.set("BWDC_SECRET_NOTIFY_WEBHOOK_KEY", "s3cr3t-0f-the-signature");
    assert_eq!(stage.run(&["config", "validate"]).code, Some(0), "the variables are known");
    let sent = stage.run(&["notify", "test"]);
    assert_eq!((sent.code, sent.stdout.trim()), (Some(0), "webhook: delivered."), "{}", sent.stderr);
    let failed = stage.run(&["notify", "test"]);
    assert_eq!(failed.code, Some(1));
    assert!(
        failed.stdout.contains("status 503") && !failed.stdout.contains("s3cr3t-0f"),
        "{}",
        failed.stdout
    );
    let heard = server.join().expect("no panic");
    let (head, body) = heard[0].split_once("\r\n\r\n").expect("a request");
    assert!(head.contains("x-bwdc-signature: sha256=") && head.contains("x-bwdc-timestamp: "), "{head}");
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["data"]["event"], "test");
}

#[test]
fn without_a_way_a_test_says_so() {
    let stage = Stage::new(Options::official(), "", |_| {});
    let nobody = stage.run(&["notify", "test"]);
    assert_eq!(nobody.code, Some(1));
    assert!(nobody.stdout.starts_with("No notifications are set up"), "{}", nobody.stdout);
}
