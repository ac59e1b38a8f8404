//! Health and metrics: who may ask, and that they agree with `status` and the history whatever runs come to.

use crate::laws::stage::{Stage, Tree, dn, mail};
use crate::service::daemon::{AGREED, Daemon, until};
use bwdc_engine::service::Command;
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::organization::Options;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Runs of the comparison; the full number belongs to a release.
const FAILURES: &str = "BWDC_TEST_FAILURES";
/// Where a scrape is kept.
const SCRAPE: &str = "BWDC_TEST_SCRAPE";
const SEED: &str = "PROPTEST_RNG_SEED";
const IMPORT: &str = "/api/public/organization/import";

fn listening() -> String {
    AGREED.replace("[service]\n", "[service]\nlisten = \"127.0.0.1:0\"\n")
}

/// Where a service says that it answers.
fn address(daemon: &Daemon) -> String {
    let line = daemon.says("Health and metrics");
    let (_, address) = line.split_once("http://").expect("an address");
    address.trim_end_matches(['.', '`']).to_owned()
}

fn get(address: &str, path: &str, token: Option<&str>) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let token = token.map(|it| format!("authorization: Bearer {it}\r\n")).unwrap_or_default();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{token}\r\n")
        .expect("taken");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("text");
    let status = text.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("a status");
    (status, text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

/// The samples of a scrape by name and labels.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|it| !it.starts_with('#') && it.contains(' '));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a sample");
            (name.to_owned(), value.parse().expect("a number"))
        })
        .collect()
}

fn scrape(address: &str) -> BTreeMap<String, f64> {
    let (status, text) = get(address, "/metrics", None);
    assert_eq!(status, 200, "{text}");
    // Not chunked: the format is one line a sample.
    samples(&text)
}

#[test]
fn nothing_listens_unless_it_is_set() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let daemon = Daemon::start(&stage);
    daemon.says("did not do everything");
    let listening = std::fs::read_to_string("/proc/net/tcp").expect("a table");
    let own: Vec<String> = std::fs::read_dir(format!("/proc/{}/fd", daemon.id()))
        .expect("files")
        .filter_map(|it| std::fs::read_link(it.ok()?.path()).ok()?.to_str().map(str::to_owned))
        .collect();
    // State 0A is that of a listener; the tenth field is its inode.
    for line in listening.lines().skip(1).filter(|it| it.split_whitespace().nth(3) == Some("0A")) {
        let inode = line.split_whitespace().nth(9).expect("a field");
        assert!(!own.iter().any(|it| it.contains(inode)), "{line}");
    }
}

#[test]
fn health_is_for_everybody_and_metrics_for_whoever_has_the_token() {
    let mut stage = Stage::new(Options::official(), &listening(), |_| {});
    let directory = Tree::of(3).serve();
    stage.read(&directory);
    stage.home.set("BWDC_SECRET_SERVICE_METRICS_TOKEN", "s3cr3t-0f-the-metrics");
    let daemon = Daemon::start(&stage);
    let address = address(&daemon);
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    daemon.says("made");
    assert_eq!(get(&address, "/healthz", None), (200, "ok\n".to_owned()));
    assert_eq!(get(&address, "/readyz", None), (200, "ready\n".to_owned()));
    assert_eq!(get(&address, "/metrics", None).0, 401);
    assert_eq!(get(&address, "/metrics", Some("s3cr3t-0f-somebody")).0, 401);
    assert_eq!(get(&address, "/nothing", None).0, 404);
    let (status, text) = get(&address, "/metrics", Some("s3cr3t-0f-the-metrics"));
    assert_eq!(status, 200);
    // For whoever knows the format.
    if let Some(file) = std::env::var_os(SCRAPE) {
        std::fs::write(file, &text).expect("written");
    }
    let found = samples(&text);
    assert_eq!(found["bwdc_managed_members{profile=\"default\"}"], 3.0);
    assert_eq!(found["bwdc_changes_total{profile=\"default\",kind=\"invite\"}"], 3.0);
    assert!(found["bwdc_http_requests_total{service=\"organization\"}"] > 0.0);
    assert!(!text.contains("example.test") && !text.contains("s3cr3t"), "{text}");
}

#[test]
fn other_machines_are_let_in_with_a_token_only() {
    let settings = listening().replace("\"127.0.0.1:0\"", "\"0.0.0.0:0\"");
    let stage = Stage::new(Options::official(), &settings, |_| {});
    let daemon = Daemon::start(&stage);
    assert!(daemon.says("cannot be offered").contains("token"));
    // Everything else goes on.
    assert_eq!(daemon.ask(Command::Status).data["object"], "status");
}

/// Something that goes wrong, and how it is mended.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    Nothing,
    Directory,
    Organization,
    Settings,
    Person,
    Limits,
}

impl Trouble {
    fn of(number: u64) -> Self {
        [Self::Nothing, Self::Directory, Self::Organization, Self::Settings, Self::Person, Self::Limits]
            [usize::try_from(number % 6).expect("small")]
    }
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }
}

#[test]
fn status_metrics_and_history_agree_whatever_runs_come_to() {
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
    let (rounds, seed) = (number(FAILURES).unwrap_or(40), number(SEED).unwrap_or(1));
    println!("{SEED}={seed}");
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let settings = format!("{}out-of-scope = \"revoke\"\n", listening());
    let stage = Stage::new(Options::official(), &settings, |_| {});
    let directory = Tree::of(30).serve();
    stage.read(&directory);
    let daemon = Daemon::start(&stage);
    let address = address(&daemon);
    daemon.says("made");
    let file = stage.home.data_folder().join("connector.toml");
    for round in 0..rounds {
        let trouble = Trouble::of(random.next());
        // There is something to send in each round.
        let name = format!("n{round:03}");
        let entry =
            format!("dn: {}\nobjectClass: inetOrgPerson\ncn: n\nsn: n\nmail: {}\n", dn(&name), mail(&name));
        directory.add(&entry).expect("taken");
        cause(trouble, &stage, &file, &mail(&name));
        let error = daemon.ask_within(Command::Sync { full: false }, Duration::from_secs(1200)).error;
        mend(&stage, &file, &settings, directory.port());
        assert_agree(&daemon, &address, &format!("round {round}, {trouble:?}, {error:?}, {SEED}={seed}"));
    }
}

fn cause(trouble: Trouble, stage: &Stage, file: &std::path::Path, address: &str) {
    let faults = stage.organization.faults();
    let server_error = || {
        let body = r#"{"object":"error","message":"An unhandled server error has occurred."}"#;
        Fault::Answer(Answer::json(500, body))
    };
    match trouble {
        Trouble::Nothing => {}
        Trouble::Directory => stage.point("directoryLdap", "port", 9.into()),
        Trouble::Organization => faults.add(Rule::new("*", "/api/public/", server_error())),
        Trouble::Settings => std::fs::write(file, "[schedul]\n").expect("written"),
        Trouble::Person => faults.add(Rule::new("POST", IMPORT, server_error()).containing(address)),
        Trouble::Limits => stage.point("sync", "userFilter", "(cn=p01)".into()),
    }
}

fn mend(stage: &Stage, file: &std::path::Path, settings: &str, port: u16) {
    stage.organization.faults().clear();
    std::fs::write(file, settings).expect("written");
    stage.point("directoryLdap", "port", port.into());
    stage.point("sync", "userFilter", "(!(employeeType=external))".into());
}

fn assert_agree(daemon: &Daemon, address: &str, when: &str) {
    let history = daemon.ask(Command::History { most: 10_000 }).data;
    let runs = history["data"].as_array().expect("a list");
    let (status, scraped) = until("both are of the same moment", || {
        let status = daemon.ask(Command::Status);
        let running = status.data["profiles"][0]["running"] == true;
        (!running).then(|| (status, scrape(address)))
    });
    let profile = &status.data["profiles"][0];
    let gauge = |name: &str| scraped.get(&format!("{name}{{profile=\"default\"}}")).copied();
    for outcome in ["complete", "unchanged", "partial", "refused", "failed", "interrupted"] {
        let counted = scraped[&format!("bwdc_runs_total{{profile=\"default\",outcome=\"{outcome}\"}}")];
        let listed = runs.iter().filter(|it| it["outcome"] == outcome).count();
        assert_eq!(counted, listed as f64, "{outcome}, {when}");
    }
    assert_eq!(gauge("bwdc_run_duration_seconds_count"), Some(runs.len() as f64), "{when}");
    let failures =
        runs.iter().filter(|it| it["outcome"] != "interrupted").take_while(|it| is_failure(it)).count();
    assert_eq!(profile["failures"], failures, "{when}");
    assert_eq!(gauge("bwdc_consecutive_failures"), Some(failures as f64), "{when}");
    assert_eq!(gauge("bwdc_profile_health"), Some(status.code.into()), "{when}\n{}", status.text);
    assert_eq!(profile["lastRun"]["id"], runs[0]["id"], "{when}");
    let pending = !profile["pendingApproval"].is_null();
    assert_eq!(gauge("bwdc_pending_approvals"), Some(f64::from(u8::from(pending))), "{when}");
    assert_eq!(pending, is_held(&runs[0]), "{when}");
    assert_eq!(gauge("bwdc_managed_members"), profile["people"].as_f64(), "{when}");
}

fn is_held(run: &Value) -> bool {
    run["outcome"] == "refused" || (run["outcome"] == "partial" && run["counts"]["heldBack"].is_u64())
}

fn is_failure(run: &Value) -> bool {
    let partly = || run["counts"]["notTaken"].is_u64() || is_held(run);
    run["outcome"] == "failed" || (run["outcome"] == "partial" && !partly())
}
