//! Callers who want nothing good.

use crate::laws::stage::Stage;
use crate::service::daemon::{Daemon, until};
use bwdc_engine::service::Command;
use bwdc_sandbox::organization::Options;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find(|it| it.starts_with("VmRSS")).expect("a size");
    line.split_whitespace().nth(1).and_then(|it| it.parse().ok()).expect("a number")
}

#[test]
fn what_is_no_question_gets_a_short_answer_or_none() {
    let stage = Stage::new(Options::official(), "", |_| {});
    let daemon = Daemon::start(&stage);
    assert_eq!(daemon.ask(Command::Status).data["object"], "status");
    let before = memory(daemon.id());
    for text in [
        &b"\n"[..],
        b"{}\n",
        b"GET / HTTP/1.1\n\n",
        b"\xff\xfe\n",
        b"{\"protocol\":99,\"command\":\"status\"}\n",
        b"[[[[[[[[[[\n",
    ] {
        let mut stream = UnixStream::connect(&daemon.socket).expect("a socket");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
        stream.write_all(text).expect("taken");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an end");
        assert!(answer.contains("\"kind\":\"protocol\""), "{text:?}: {answer}");
    }
    // A line without an end.
    let mut stream = UnixStream::connect(&daemon.socket).expect("a socket");
    let flood = vec![b'a'; 1 << 20];
    let mut sent = 0;
    while sent < 256 && stream.write_all(&flood).is_ok() {
        sent += 1;
    }
    assert!(sent < 256, "the service took {sent} MB");
    assert_eq!(daemon.ask(Command::Status).data["object"], "status");
    let after = memory(daemon.id());
    assert!(after < before + 4096, "{before} KB before, {after} KB after");
}

#[test]
fn callers_who_say_nothing_are_limited_in_number_and_time() {
    let stage = Stage::new(Options::official(), "", |_| {});
    let daemon = Daemon::start(&stage);
    let silent: Vec<UnixStream> = (0..200).filter_map(|_| UnixStream::connect(&daemon.socket).ok()).collect();
    let begun = Instant::now();
    assert!(silent.len() >= 17, "{}", silent.len());
    let one = until("there is room again", || {
        let request = b"{\"protocol\":1,\"command\":\"status\"}\n";
        let mut stream = UnixStream::connect(&daemon.socket).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        stream.write_all(request).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        (!answer.is_empty()).then_some(answer)
    });
    assert!(one.contains("\"object\":\"status\""), "{one}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
