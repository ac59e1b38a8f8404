//! What administrators do through the socket.

use crate::laws::stage::{Stage, Tree, dn};
use crate::service::daemon::{AGREED, Daemon, PATIENCE, until};
use bwdc_engine::service::{AskError, Command, PROTOCOL, Request, ask, name_of};
use bwdc_sandbox::organization::{MemberStatus, Options};
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn a_refused_run_is_approved_through_the_socket_and_the_next_one_passes() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let directory = Tree::of(60).serve();
    stage.read(&directory);
    let daemon = Daemon::start(&stage);
    daemon.says("made");
    stage.everybody_confirms();
    for number in 50..=60 {
        directory.delete(&dn(&format!("p{number:02}"))).expect("is there");
    }
    let refused = daemon.ask(Command::Sync { full: false });
    assert_eq!((refused.code, refused.error.expect("an error").kind.as_str()), (1, "refused"));
    let status = stage.run(&["status"]);
    assert_eq!(status.code, Some(1), "{}", status.stdout);
    assert!(
        status.stdout.starts_with("WARNING: run 2 was refused and waits for an approval"),
        "{}",
        status.stdout
    );
    let approved = daemon.ask(Command::Approve { run: None });
    assert_eq!((approved.error, &approved.data["run"]), (None, &2.into()));
    assert_eq!(daemon.ask(Command::Sync { full: false }).error, None);
    assert_eq!(stage.state().status("p60"), Some(MemberStatus::Revoked));
    let run = daemon.ask(Command::Run { run: 2, verbose: false });
    let actions = run.data["actions"].as_array().expect("a list");
    let approval = actions.iter().find(|it| it["action"] == "approved").expect("on record");
    assert_eq!(approval["subject"], name_of(rustix_user()).as_str());
    assert_eq!(daemon.ask(Command::Status).code, 0);
}

fn rustix_user() -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").expect("this process").uid()
}

#[test]
fn the_socket_is_its_owners_and_settings_are_changed_through_it_but_for_secrets_and_programs() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let directory = Tree::of(1).serve();
    stage.read(&directory);
    let daemon = Daemon::start(&stage);
    daemon.says("made");
    let mode = std::fs::metadata(&daemon.socket).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let set = |name: &str, value: &str| {
        daemon.ask(Command::Set { setting: name.to_owned(), value: Some(value.to_owned()) })
    };
    assert_eq!(set("sync.interval", "60").error, None);
    until("the service counts with it", || {
        (daemon.ask(Command::Status).data["profiles"][0]["schedule"]["intervalMinutes"] == 60).then_some(())
    });
    for (name, value) in [
        ("ldap.password", "s3cr3t-0f-somebody"),
        ("secrets.command", "/bin/sh"),
        // Nor what sends a secret of the environment, or a file of the service, to another place.
        ("ldap.hostname", "127.0.0.1"),
        ("ldap.further-servers", "127.0.0.1:10389"),
        ("server", "https://127.0.0.1:10443"),
        ("entra.token-file", "/etc/shadow"),
        ("notify.mail-server", "127.0.0.1:10025"),
        ("notify.command", "/bin/sh"),
        ("no.such", "1"),
        ("sync.interval", "4"),
        ("schedule.cron", "whenever"),
    ] {
        assert_eq!(set(name, value).code, 1, "{name}");
    }
    let settings = daemon.ask(Command::Settings);
    assert!(!settings.text.contains("s3cr3t-0f"), "{}", settings.text);
}

#[test]
fn a_second_service_of_an_account_leaves_the_socket_to_the_first() {
    let stage = Stage::new(Options::official(), "", |_| {});
    let first = Daemon::start(&stage);
    let second = Daemon::start(&stage);
    second.says("cannot be offered");
    second.kill();
    assert_eq!(first.ask(Command::Status).data["object"], "status");
}

/// Somebody else's socket, in a folder to which others may write, is neither asked nor offered.
#[test]
fn a_folder_of_others_is_no_place_for_a_socket() {
    let mut stage = Stage::new(Options::official(), AGREED, |_| {});
    let run = stage.home.path().join("run");
    std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o777)).expect("ours");
    let folder = run.join("bwdc");
    std::fs::create_dir(&folder).expect("made");
    let listener = std::os::unix::net::UnixListener::bind(folder.join("bwdc.sock")).expect("a socket");
    listener.set_nonblocking(true).expect("set");
    // It looks at the files by itself.
    let status = stage.run(&["status"]);
    assert!(status.stdout.contains("default"), "{}", status.stdout);
    assert!(listener.accept().is_err(), "somebody asked");
    // A folder in it, too.
    stage.home.set("XDG_RUNTIME_DIR", &folder);
    std::fs::create_dir(folder.join("bwdc")).expect("made");
    std::fs::set_permissions(folder.join("bwdc"), std::fs::Permissions::from_mode(0o777)).expect("ours");
    let request = Request { protocol: PROTOCOL, profile: None, command: Command::Status };
    let refused = ask(&folder.join("bwdc/bwdc.sock"), &request, PATIENCE).expect_err("not asked");
    assert!(matches!(refused, AskError::OfAnother { .. }), "{refused:?}");
    let mut service = stage.home.spawn(env!("CARGO_BIN_EXE_bwdc"), &["run"]).expect("starts");
    let lines = std::io::BufReader::new(service.stderr.take().expect("piped"));
    let said =
        std::io::BufRead::lines(lines).map_while(Result::ok).find(|it| it.contains("cannot be offered"));
    assert!(said.is_some());
    service.kill().expect("a child");
    service.wait().expect("a child");
}
