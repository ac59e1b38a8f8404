//! The socket of a service, and those who mean harm at it. Garbage, lines without end and callers who say nothing are in
//! `service::hostile`; here is who may not even ask, and who takes a long time over little.

use crate::hostile::account::{NOBODY, in_an_open_place, is_root};
use crate::laws::stage::Stage;
use crate::service::daemon::{AGREED, Daemon, until};
use bwdc_engine::service::Command;
use bwdc_sandbox::organization::Options;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Asks how everything is, and prints the answer, or what kept it from asking. Hung up on, it has no answer.
const ASK: &str = r#"
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.settimeout(20)
answer = ""
try:
    client.connect(sys.argv[1])
    try:
        client.sendall(b'{"protocol":1,"command":"status"}\n')
        answer = client.makefile().readline()
    except (BrokenPipeError, ConnectionResetError):
        pass
    print(repr(answer))
except PermissionError as error:
    print(type(error).__name__)
"#;

#[test]
fn nobody_gets_an_answer_also_where_the_socket_was_opened_by_hand() {
    if !is_root("nobody_gets_an_answer_also_where_the_socket_was_opened_by_hand") {
        return;
    }
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let daemon = Daemon::start(&stage);
    in_an_open_place(&stage.home);
    let open = |path: &Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
    };
    let folder = daemon.socket.parent().expect("a folder");
    open(folder.parent().expect("a folder"), 0o755);
    open(folder, 0o755);
    // Without a permission for the socket there is no connection, and with one no answer.
    for (mode, ended) in [(0o600, "PermissionError"), (0o666, "''")] {
        open(&daemon.socket, mode);
        let mut client = std::process::Command::new("/usr/bin/python3");
        client.args(["-c", ASK]).arg(&daemon.socket).env_clear().uid(NOBODY).gid(NOBODY).current_dir("/");
        let output = client.output().expect("a client");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), ended, "{mode:o}: {output:?}");
    }
    assert_eq!(daemon.ask(Command::Status).data["object"], "status", "the account itself is answered");
}

/// A question in small pieces has ten seconds, all pieces together, and holds up nobody else.
#[test]
fn a_caller_who_speaks_slowly_is_left_and_others_are_answered_meanwhile() {
    let stage = Stage::new(Options::official(), "", |_| {});
    let daemon = Daemon::start(&stage);
    let mut slow = UnixStream::connect(&daemon.socket).expect("a socket");
    let begun = Instant::now();
    let mut asked = 0;
    until("the slow caller is left", || {
        if asked < 3 {
            assert_eq!(daemon.ask(Command::Status).data["object"], "status");
            asked += 1;
        }
        std::thread::sleep(Duration::from_millis(200));
        slow.write_all(b" ").is_err().then_some(())
    });
    assert!(begun.elapsed() >= Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(asked, 3);
}

/// Whoever asks and does not take the answer holds up nobody else, and neither does whoever hangs up.
#[test]
fn callers_who_take_no_answer_or_hang_up_hold_nobody_up() {
    let stage = Stage::new(Options::official(), "", |_| {});
    let daemon = Daemon::start(&stage);
    let question = b"{\"protocol\":1,\"command\":\"settings\"}\n";
    let mut open = Vec::new();
    for number in 0..40 {
        // Beyond sixteen of one account they are closed without an answer.
        let Ok(mut stream) = UnixStream::connect(&daemon.socket) else { continue };
        if stream.write_all(question).is_ok() && number % 2 == 0 {
            open.push(stream);
        }
    }
    let answered = until("there is room again", || {
        let mut stream = UnixStream::connect(&daemon.socket).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        stream.write_all(b"{\"protocol\":1,\"command\":\"status\"}\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        (!answer.is_empty()).then_some(answer)
    });
    assert!(answered.contains("\"object\":\"status\""), "{answered}");
    drop(open);
}
