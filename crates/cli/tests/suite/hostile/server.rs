//! The organization's server: sizes, depth, redirects, slowness, endless lists, headers, answers that are none.

use crate::hostile::directory::{people, serve};
use crate::hostile::{KEY, MORE, Run, home, run, unbroken};
use bwdc_harness::home::Home;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const COUNT: usize = 300;
const TOKEN: &str = "/identity/connect/token";
const CONFIG: &str = "/api/config";
const MEMBERS: &str = "/api/public/members";
const GROUPS: &str = "/api/public/groups";
const IMPORT: &str = "/api/public/organization/import";
/// Runs at once.
const WORKERS: usize = 4;

/// Answers in its own way, or leaves it to the honest server.
type Play = dyn Fn(&str, &mut TcpStream) -> io::Result<bool> + Send + Sync;

/// Listens until the test process ends, and keeps what it is asked, heads and bodies.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(count: usize, play: Arc<Play>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (play, asked) = (Arc::clone(&play), Arc::clone(&into));
                // A client that hangs up ends its own thread.
                std::thread::spawn(move || converse(stream, count, &*play, &asked));
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The port of a server of so many members that does nothing wrong.
pub(super) fn honest_server(count: usize) -> u16 {
    Server::start(count, Arc::new(|_, _| Ok(false))).port
}

/// The port of a server that takes calls and says nothing, and how many it took.
pub(super) fn silent_server() -> (u16, impl Fn() -> usize) {
    let wait = |_: &str, _: &mut TcpStream| loop {
        std::thread::sleep(Duration::from_secs(60));
    };
    let server = Server::start(0, Arc::new(wait));
    (server.port, move || server.asked().len())
}

fn converse(mut stream: TcpStream, count: usize, play: &Play, asked: &Mutex<Vec<String>>) -> io::Result<()> {
    let request = request(&mut stream)?;
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
    let path = request.split_whitespace().nth(1).unwrap_or_default().to_owned();
    if !play(&path, &mut stream)? {
        honest(&path, count, &mut stream)?;
    }
    Ok(())
}

/// The head and the body of a request.
fn request(stream: &mut TcpStream) -> io::Result<String> {
    let mut bytes = Vec::new();
    let mut piece = [0; 8192];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return Ok(text);
            }
        }
        match stream.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

fn answer(stream: &mut TcpStream, status: &str, headers: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}

fn json(stream: &mut TcpStream, body: &str) -> io::Result<()> {
    answer(stream, "200 OK", "content-type: application/json\r\n", body)
}

/// As a server of so many members does.
fn honest(path: &str, count: usize, stream: &mut TcpStream) -> io::Result<()> {
    match path {
        TOKEN => json(
            stream,
            r#"{"access_token":"e30.eyJleHAiOjQxMDI0NDQ4MDB9.c2ln","expires_in":3600,"token_type":"Bearer"}"#,
        ),
        CONFIG => {
            json(stream, r#"{"version":"2026.6.0","server":null,"environment":null,"featureStates":{}}"#)
        }
        MEMBERS => json(stream, &members(count)),
        GROUPS => json(
            stream,
            r#"{"object":"list","data":[{"id":"g0","name":"Staff","externalId":"cn=Staff,dc=example,dc=test"}],"continuationToken":null}"#,
        ),
        "/api/public/organization/subscription" => {
            json(stream, r#"{"passwordManager":{"seats":1000,"maxAutoScaleSeats":null}}"#)
        }
        path if path.ends_with("/member-ids") => json(stream, r#"["m0","m1"]"#),
        _ => json(stream, "{}"),
    }
}

fn member(number: usize) -> String {
    format!(
        r#"{{"id":"m{number}","type":2,"status":2,"email":"u{number}@example.test","externalId":"uid=u{number},dc=example,dc=test"}}"#
    )
}

fn members(count: usize) -> String {
    let list: Vec<String> = (0..count).map(member).collect();
    format!(r#"{{"object":"list","data":[{}],"continuationToken":null}}"#, list.join(","))
}

/// A body without an end: what `next` gives for each number, until the client has had enough.
fn endless(stream: &mut TcpStream, begin: &str, next: impl Fn(usize) -> String) -> io::Result<bool> {
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n")?;
    stream.write_all(begin.as_bytes())?;
    for number in (0..).step_by(64) {
        let piece: String = (number..number + 64).map(&next).collect();
        stream.write_all(piece.as_bytes())?;
    }
    Ok(true)
}

/// A server's settings with so many flags, each nested deeply.
fn nested(stream: &mut TcpStream, flags: usize) -> io::Result<bool> {
    let deep = |open: &str, close: &str| open.repeat(100) + "1" + &close.repeat(100);
    let value = deep("{\"a\":", "}") + "," + &deep("[", "]");
    let flags: String = (0..flags).map(|number| format!("\"f{number}\":[{value}],")).collect();
    json(stream, &format!("{{\"featureStates\":{{{flags}\"z\":1}}}}"))?;
    Ok(true)
}

/// One byte after the other, slower than any server.
fn drip(stream: &mut TcpStream, text: &str) -> io::Result<bool> {
    for byte in text.bytes().cycle() {
        stream.write_all(&[byte])?;
        stream.flush()?;
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(true)
}

/// A trick: which path, what is done there, and what the run says of it.
struct Trick {
    name: &'static str,
    play: Arc<Play>,
    says: &'static [&'static str],
}

fn trick(
    name: &'static str,
    at: &'static str,
    says: &'static [&'static str],
    play: impl Fn(&mut TcpStream) -> io::Result<bool> + Send + Sync + 'static,
) -> Trick {
    let play = move |path: &str, stream: &mut TcpStream| if path == at { play(stream) } else { Ok(false) };
    Trick { name, play: Arc::new(play), says }
}

const WORDS: usize = 1_000_000;

fn sizes() -> Vec<Trick> {
    let gigabyte = |stream: &mut TcpStream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n[")?;
        loop {
            stream.write_all(&[b' '; 65_536])?;
        }
    };
    vec![
        trick("members-gigabyte", MEMBERS, &["answered with more than"], gigabyte),
        trick("config-gigabyte", CONFIG, &["answered with more than"], gigabyte),
        trick("token-gigabyte", TOKEN, &["answered with more than"], gigabyte),
        trick(
            "members-endless",
            MEMBERS,
            &["list of more than 100000", "organization-list-limit"],
            |stream| endless(stream, "{\"data\":[", |number| member(number) + ","),
        ),
        trick("members-endless-long", MEMBERS, &["list of more than 100000"], |stream| {
            let long = "x".repeat(4000);
            endless(stream, "{\"data\":[", move |number| {
                format!(
                    r#"{{"id":"m{number}","type":2,"status":2,"email":"{long}@x","externalId":"{long}"}},"#
                )
            })
        }),
        trick("members-one-endless", MEMBERS, &["answered with more than"], |stream| {
            endless(stream, "{\"data\":[{\"id\":\"", |_| "m".repeat(1000))
        }),
        trick("members-ignored-endless", MEMBERS, &["answered with more than"], |stream| {
            endless(stream, "{\"more\":[", |_| "{\"a\":[1,2,3]},".to_owned())
        }),
        trick("groups-endless", GROUPS, &["list of more than 100000"], |stream| {
            endless(stream, "{\"data\":[", |number| {
                format!(r#"{{"id":"g{number}","name":"g{number}","externalId":null}},"#)
            })
        }),
        trick(
            "group-members-endless",
            "/api/public/groups/g0/member-ids",
            &["list of more than 10300"],
            |stream| endless(stream, "[", |_| "\"m0\",".to_owned()),
        ),
        trick("refusal-endless", MEMBERS, &["403"], |stream| {
            stream.write_all(b"HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n")?;
            loop {
                stream.write_all(&[b'x'; 65_536])?;
            }
        }),
        // As deep as may be: what fits lacks the version only, what is a megabyte is not read to its end.
        trick("config-nested", CONFIG, &["cannot be read"], |stream| nested(stream, 600)),
        trick("config-nested-long", CONFIG, &["answered with more than"], |stream| nested(stream, 1_200)),
        trick("config-flags", CONFIG, &["answered with more than"], |stream| {
            let flags: String = (0..400_000).map(|number| format!("\"f{number}\":[[],[],[]],")).collect();
            json(stream, &format!(r#"{{"version":"2026.6.0","featureStates":{{{flags}"z":1}}}}"#))?;
            Ok(true)
        }),
    ]
}

fn depths() -> Vec<Trick> {
    vec![
        trick("members-deep", MEMBERS, &["cannot be read"], |stream| {
            json(stream, &format!("{{\"data\":{}", "[".repeat(WORDS)))?;
            Ok(true)
        }),
        trick("members-deep-ignored", MEMBERS, &["cannot be read"], |stream| {
            let deep = "[".repeat(WORDS);
            json(stream, &format!(r#"{{"data":[{{"id":"m","more":{deep}"#))?;
            Ok(true)
        }),
        trick("config-deep", CONFIG, &["cannot be read"], |stream| {
            json(
                stream,
                &format!("{{\"version\":\"1\",\"featureStates\":{{\"a\":{}", "{\"a\":".repeat(100_000)),
            )?;
            Ok(true)
        }),
        trick("token-deep", TOKEN, &["token"], |stream| {
            json(stream, &"[".repeat(WORDS / 2))?;
            Ok(true)
        }),
    ]
}

fn answers_that_are_none() -> Vec<Trick> {
    vec![
        trick("members-drip", MEMBERS, &["did not answer within 1 s"], |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")?;
            drip(stream, "[ ")
        }),
        trick("head-drip", MEMBERS, &["did not answer within 1 s"], |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            drip(stream, "x-slow: 1\r\n")
        }),
        trick("headers-many", MEMBERS, &["/members"], |stream| {
            let headers: String = (0..20_000).map(|number| format!("x-{number}: 1\r\n")).collect();
            answer(stream, "200 OK", &headers, &members(COUNT))?;
            Ok(true)
        }),
        trick("header-endless", MEMBERS, &["/members"], |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\nx: ")?;
            loop {
                stream.write_all(&[b'x'; 65_536])?;
            }
        }),
        trick("members-page", MEMBERS, &["web page"], |stream| {
            answer(
                stream,
                "200 OK",
                "content-type: application/json\r\n",
                "<!DOCTYPE html><html>sign in</html>",
            )?;
            Ok(true)
        }),
        trick("members-empty", MEMBERS, &["empty"], |stream| {
            answer(stream, "200 OK", "content-type: application/json\r\n", "")?;
            Ok(true)
        }),
        trick("members-no-content", MEMBERS, &["empty"], |stream| {
            stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")?;
            Ok(true)
        }),
        trick("members-part", MEMBERS, &["a part of a list"], |stream| {
            json(
                stream,
                &members(COUNT).replace("\"continuationToken\":null", "\"continuationToken\":\"more\""),
            )?;
            Ok(true)
        }),
        trick("members-truncated", MEMBERS, &["ended before the whole answer"], |stream| {
            let body = members(COUNT);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len() + 100);
            stream.write_all(head.as_bytes())?;
            stream.write_all(body.as_bytes())?;
            Ok(true)
        }),
        trick("members-chunks", MEMBERS, &["/members"], |stream| {
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff1\r\n[]\r\n";
            stream.write_all(head)?;
            Ok(true)
        }),
        trick("members-bomb", MEMBERS, &["cannot be read"], |stream| {
            // Packed 1 GB of blanks, which nobody asked to be packed.
            let head = "content-encoding: gzip\r\ncontent-type: application/json\r\n";
            answer(stream, "200 OK", head, &"\u{1f}\u{0}".repeat(500_000))?;
            Ok(true)
        }),
        trick("members-other-protocol", MEMBERS, &["/members"], |stream| {
            stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n")?;
            Ok(true)
        }),
        trick("members-strange", MEMBERS, &["has the status 99"], |stream| {
            json(stream, r#"{"data":[{"id":"m","type":2,"status":99,"email":"a@x","externalId":null}]}"#)?;
            Ok(true)
        }),
        trick("group-elsewhere", GROUPS, &["id"], |stream| {
            json(
                stream,
                r#"{"data":[{"id":"../../identity/connect/token?x=\r\nhost: evil","name":"Staff","externalId":"cn=Staff,dc=example,dc=test"}]}"#,
            )?;
            Ok(true)
        }),
    ]
}

fn play(trick: &Trick, directory: u16) -> (Home, Server, Run) {
    let server = Server::start(COUNT, Arc::clone(&trick.play));
    let home = home(directory, server.port);
    // What drips is given up; everything else has to end for another reason.
    let seconds = if trick.name.ends_with("drip") { 1 } else { 60 };
    let limits = format!("[time-limits]\norganization = {seconds}\n");
    std::fs::write(home.data_folder().join("connector.toml"), limits).expect("settings");
    let run = run(&home, trick.name, &["plan"]);
    (home, server, run)
}

/// What does not fit, one line a trick.
fn complaints(trick: &Trick, directory: u16, most: u64) -> Option<String> {
    let (_home, _server, Run { code, said, size }) = play(trick, directory);
    let mut wrong = String::new();
    if code != Some(1) {
        let _ = write!(wrong, " ended with {code:?};");
    }
    let told = unbroken(&said);
    for part in trick.says.iter().filter(|it| !told.contains(**it)) {
        let _ = write!(wrong, " does not say `{part}`;");
    }
    if size > most {
        let _ = write!(wrong, " took {size} bytes, and {most} were allowed;");
    }
    let begin: String = told.chars().take(600).collect();
    (!wrong.is_empty()).then(|| format!("{}:{wrong} it said: {begin}", trick.name))
}

#[test]
fn whatever_the_server_answers_ends_in_one_error_in_time_and_in_little_memory() {
    let directory = serve(&people(COUNT));
    let nothing = Trick { name: "honest", play: Arc::new(|_, _| Ok(false)), says: &[] };
    let (_, _, honest) = play(&nothing, directory.port());
    assert_eq!(honest.code, Some(0), "{}", honest.said);
    let tricks: VecDeque<Trick> =
        sizes().into_iter().chain(depths()).chain(answers_that_are_none()).collect();
    let (tricks, found) = (Mutex::new(tricks), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(trick) = { tricks.lock().expect("no panic").pop_front() } {
                    let wrong = complaints(&trick, directory.port(), honest.size + MORE);
                    found.lock().expect("no panic").extend(wrong);
                }
            });
        }
    });
    let found = found.into_inner().expect("no panic");
    assert!(found.is_empty(), "beside {} bytes of an honest run:\n{}", honest.size, found.join("\n"));
}

#[test]
fn a_redirect_takes_no_secret_anywhere() {
    // Three of them are to be invited.
    let directory = serve(&people(8));
    let elsewhere = Server::start(5, Arc::new(|_, _| Ok(false)));
    for at in [TOKEN, CONFIG, MEMBERS, IMPORT] {
        for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
            let to = format!("http://127.0.0.1:{}{at}?x", elsewhere.port);
            let play = move |path: &str, stream: &mut TcpStream| {
                if path != at {
                    return Ok(false);
                }
                answer(stream, status, &format!("location: {to}\r\n"), "")?;
                Ok(true)
            };
            let server = Server::start(5, Arc::new(play));
            let home = home(directory.port(), server.port);
            let ended = run(&home, "redirect", &["sync"]);
            assert_eq!(ended.code, Some(1), "{at} {status}: {}", ended.said);
            assert!(unbroken(&ended.said).contains("redirect"), "{at} {status}: {}", ended.said);
            assert!(server.asked().iter().any(|it| it.contains(KEY)), "the bound server gets the key");
        }
    }
    assert_eq!(elsewhere.asked(), Vec::<String>::new());
}

/// Once a run has read the lists, none can be a hundred times as long.
#[test]
fn a_list_is_cut_off_at_what_the_last_run_read() {
    let directory = serve(&people(COUNT));
    let turned = Arc::new(Mutex::new(false));
    let is_turned = Arc::clone(&turned);
    let play = move |path: &str, stream: &mut TcpStream| {
        if path != MEMBERS || !*is_turned.lock().expect("no panic") {
            return Ok(false);
        }
        endless(stream, "{\"data\":[", |number| member(number) + ",")
    };
    let server = Server::start(COUNT, Arc::new(play));
    let home = home(directory.port(), server.port);
    let before = run(&home, "before", &["sync"]);
    *turned.lock().expect("no panic") = true;
    for command in ["plan", "sync"] {
        let ended = run(&home, command, &[command]);
        assert_eq!(ended.code, Some(1), "{}", ended.said);
        let said = unbroken(&ended.said);
        assert!(said.contains("list of more than 10600"), "{said}");
        assert!(said.contains("organization-list-limit"), "{said}");
        assert!(ended.size < before.size + MORE / 4, "{} after {}", ended.size, before.size);
    }
}

/// The next run of an installation that was taken over compares with what the server shows: a company of any size passes.
#[test]
fn a_hundred_thousand_members_pass_on_a_first_run() {
    let directory = serve(&people(5));
    let list: Vec<String> = (0..100_000).map(member).collect();
    let list = format!(r#"{{"object":"list","data":[{}],"continuationToken":null}}"#, list.join(","));
    let play = move |path: &str, stream: &mut TcpStream| {
        if path != MEMBERS {
            return Ok(false);
        }
        json(stream, &list)?;
        Ok(true)
    };
    let server = Server::start(5, Arc::new(play));
    let home = home(directory.port(), server.port);
    let ended = run(&home, "large", &["plan"]);
    assert!(!ended.said.contains("list of more than"), "{}", ended.said);
    assert!(ended.said.contains("The directory lists 5 people"), "{}", ended.said);
}
