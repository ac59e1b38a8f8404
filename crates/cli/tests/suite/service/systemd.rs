//! The machine's service under a real systemd. `scripts/test service` boots one in a container and starts these tests in it:
//! they install things, and are ignored everywhere else.

use crate::laws::stage::{Stage, Tree, dn, mail};
use crate::service::daemon::{AGREED, until};
use bwdc_engine::service::{AskError, Command as Wanted, PROTOCOL, Reply, Request, ask};
use bwdc_harness::home::Output as Ended;
use bwdc_sandbox::faults::{Fault, Rule};
use bwdc_sandbox::ldap::{Action, At, Fault as DirectoryFault};
use bwdc_sandbox::organization::{MemberStatus, Options};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

const SOCKET: &str = "/run/bwdc/bwdc.sock";
/// Kills in a round of `scripts/test`; the full number belongs to a release.
const KILLS: &str = "BWDC_TEST_KILLS";

/// Runs a program of the machine, as root, with nothing of a test's environment.
fn system(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", "/root");
    command.output().expect("starts")
}

fn expect(program: &str, arguments: &[&str]) -> String {
    let output = system(program, arguments);
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {text}");
    text
}

fn wanted(command: Wanted) -> Result<Reply, AskError> {
    let request = Request { protocol: PROTOCOL, profile: None, command };
    ask(Path::new(SOCKET), &request, Duration::from_secs(60))
}

/// Asks the service, which may be about to start.
fn answered(command: &Wanted) -> Reply {
    until("the service answers", || wanted(command.clone()).ok())
}

fn as_account(account: &str, arguments: &[&str]) -> Output {
    let home = format!("HOME=/home/{account}");
    let mut all = vec!["-u", account, "--", "env", &home, "/usr/local/bin/bwdc"];
    all.extend(arguments);
    system("runuser", &all)
}

/// What the console says to an account, line by line.
fn console(account: &str, lines: &str) -> String {
    let script = format!("printf '{lines}' | HOME=/home/{account} /usr/local/bin/bwdc ui --plain");
    let output = system("runuser", &["-u", account, "--", "sh", "-c", &script]);
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The console of somebody in the group goes through the socket; who is not in it is told so.
fn consoles() {
    let said = console("ann", r"5\n:close\n8\n1\n:close\n:back\n1\n:back\n7\n:back\n6\n:close\n0\n");
    for part in [
        "The service of this machine keeps this profile",
        "== Plan: what a sync would do ==",
        "== History ==",
        "sudo -u bwdc env BITWARDENCLI_CONNECTOR_APPDATA_DIR",
        "The service runs.",
        "Syncing complete",
    ] {
        // Lines end where the width does.
        assert!(said.replace('\n', " ").contains(part), "{part}: {said}");
    }
    let said = console("eve", r"0\n").replace('\n', " ");
    assert!(said.contains("The service cannot be asked") && said.contains("the group `bwdc`"), "{said}");
}

fn process() -> String {
    expect("systemctl", &["show", "-p", "MainPID", "--value", "bwdc.service"]).trim().to_owned()
}

fn install(stage: &Stage) {
    let from = stage.home.data_folder();
    let from = from.to_str().expect("a path");
    let program = env!("CARGO_BIN_EXE_bwdc");
    let shown = expect(program, &["service", "install", "--from", from, "--dry-run"]);
    assert!(shown.contains("as the account `bwdc`") && !Path::new(SOCKET).exists(), "{shown}");
    // Waits are short, as in other tests.
    let more = Path::new("/etc/systemd/system/bwdc.service.d");
    std::fs::create_dir_all(more).expect("made");
    std::fs::write(more.join("test.conf"), "[Service]\nEnvironment=BWDC_WAIT_SPEED=500\n").expect("written");
    let asked = system(program, &["service", "install", "--from", from]);
    assert!(!asked.status.success() && !Path::new(SOCKET).exists(), "nobody said yes: {asked:?}");
    foreign_commands(stage);
    let said = expect(program, &["service", "install", "--from", from, "--yes"]);
    assert!(said.contains("found no failure"), "{said}");
    sealed(&said);
}

/// What another account chose is not run by the service because root installs it.
fn foreign_commands(stage: &Stage) {
    let folder = stage.home.data_folder();
    let (settings, folder) = (folder.join("connector.toml"), folder.to_str().expect("a path"));
    let before = std::fs::read_to_string(&settings).expect("readable");
    std::fs::write(&settings, format!("{before}[notify]\ncommand = [\"/home/eve/run-me\"]\n"))
        .expect("written");
    let owner = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(&settings).expect("a file"));
    std::os::unix::fs::chown(&settings, Some(4242), None).expect("root may");
    let refused = system(env!("CARGO_BIN_EXE_bwdc"), &["service", "install", "--from", folder, "--yes"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("/home/eve/run-me") && said.contains("--keep-commands"),
        "{said}"
    );
    assert!(!Path::new(SOCKET).exists() && !Path::new("/etc/systemd/system/bwdc.service").exists());
    std::os::unix::fs::chown(&settings, Some(owner), None).expect("root may");
    std::fs::write(&settings, before).expect("written");
}

/// The key of the secrets is a credential of systemd, and not beside them.
fn sealed(said: &str) {
    let data = Path::new("/var/lib/bwdc/data");
    let unit = std::fs::read_to_string("/etc/systemd/system/bwdc.service").expect("a unit");
    assert!(unit.contains("LoadCredentialEncrypted=bwdc.key:"), "{said}\n{unit}");
    let secrets = std::fs::read_to_string(data.join("secrets.json")).expect("secrets");
    assert!(secrets.contains("\"credential\"") && !data.join("secrets.key").exists(), "{said}\n{secrets}");
}

#[test]
#[ignore = "needs a systemd of its own: `scripts/test service`"]
fn a_service_of_the_machine_from_installation_to_removal() {
    let stage = Stage::new(Options::official(), AGREED, |_| {});
    let mut directory = Tree::of(40).serve();
    stage.read(&directory);
    install(&stage);
    until("everybody is a member", || (stage.organization.members().len() == 41).then_some(()));
    assert!(system("/usr/local/bin/bwdc", &["service", "status"]).status.success());
    until("the service is healthy", || {
        system("/usr/local/bin/bwdc", &["status"]).status.success().then_some(())
    });
    hardened();
    journalled();
    folder_is_left(&stage);
    let killed = std::env::var(KILLS).ok().and_then(|it| it.parse().ok()).unwrap_or(5);
    for round in 0..killed {
        killed_and_converged(&stage, &directory, round);
    }
    stage.everybody_confirms();
    accounts(&stage, &directory);
    consoles();
    // The directory is gone, and comes back with another port: nobody sends the service's password there through the socket, so that
    // root writes it into the file.
    let before = directory.port().to_string();
    drop(directory);
    assert!(answered(&Wanted::Sync { full: false }).error.is_some());
    assert_eq!(answered(&Wanted::Status).code, 2);
    directory = Tree::of(41).serve();
    let port = directory.port().to_string();
    let set = Wanted::Set { setting: "ldap.port".to_owned(), value: Some(port.clone()) };
    assert_eq!(answered(&set).error.map(|it| it.kind), Some("settings".to_owned()));
    let settings = Path::new("/var/lib/bwdc/data/data.json");
    let text = std::fs::read_to_string(settings).expect("readable").replace(&before, &port);
    std::fs::write(settings, text).expect("written");
    let synced = answered(&Wanted::Sync { full: false });
    assert!(
        synced.error.is_none_or(|it| it.kind == "refused"),
        "the directory is another, its people are the same"
    );
    upgraded();
    removed();
}

/// `systemd-analyze` finds little to say against the unit.
fn hardened() {
    let text = expect("systemd-analyze", &["security", "--no-pager", "bwdc.service"]);
    let line = text.lines().find(|it| it.contains("Overall exposure level")).expect("a verdict");
    let level: f64 = line.split_whitespace().find_map(|it| it.parse().ok()).expect("a number");
    assert!(level <= 1.5, "{line}");
}

/// The journal has a priority and fields, so that lines are found by profile and event.
fn journalled() {
    let found = |filter: &str| {
        let text = expect("journalctl", &["--no-pager", "-o", "json", "-u", "bwdc.service", filter]);
        text.lines()
            .filter(|it| it.contains("\"BWDC_PROFILE\":\"default\"") && it.contains("\"PRIORITY\":\"6\""))
            .count()
    };
    until("the journal has the run", || (found("BWDC_EVENT=ended") > 0).then_some(()));
}

/// Nothing syncs from the folder that the profile left.
fn folder_is_left(stage: &Stage) {
    let mut own = stage.command(&["apply", "no-such-plan"]);
    assert!(!own.output().expect("starts").status.success());
    let mark = std::fs::read_to_string(stage.home.data_folder().join("moved.json")).expect("a mark");
    assert!(mark.contains("/var/lib/bwdc/data"), "{mark}");
    let Ended { code, stderr, .. } = stage.run(&["sync"]);
    // This home names its folder, so that the command stays in it.
    assert_eq!(code, Some(1));
    assert!(stderr.contains("moved to `/var/lib/bwdc/data`"), "{stderr}");
}

/// In the middle of a run ends the service, the organization's server or the directory, in turns: the next run, after systemd
/// started the service again, does the rest, once.
fn killed_and_converged(stage: &Stage, directory: &bwdc_sandbox::ldap::Server, round: usize) {
    let name = format!("k{round:02}");
    let entry = format!(
        "dn: {}\nobjectClass: inetOrgPerson\ncn: {name}\nsn: {name}\nmail: {}\n",
        dn(&name),
        mail(&name)
    );
    directory.add(&entry).expect("taken");
    match round % 3 {
        0 => service_killed(round),
        1 => {
            // It did its work, or did not, and nobody hears of it.
            let fault =
                if round.is_multiple_of(2) { Fault::CutBeforeHandling } else { Fault::CutAfterHandling };
            let rule = Rule::new("POST", "/api/public/organization/import", fault);
            stage.organization.faults().add(rule.first(1));
            assert!(wanted(Wanted::Sync { full: false }).expect("an answer").error.is_some(), "{round}");
            stage.organization.faults().clear();
        }
        _ => {
            let cut = Action::Cut { after_entries: round % 40 };
            directory.inject(DirectoryFault::new(At::Search(1 + round % 2), cut).once());
            // What the read of changes cannot see is read in full: it may come to a good end.
            wanted(Wanted::Sync { full: false }).expect("an answer");
        }
    }
    let synced = answered(&Wanted::Sync { full: false });
    assert_eq!(synced.error, None, "round {round}");
    assert_eq!(stage.state().status(&name), Some(MemberStatus::Invited), "round {round}: invited, and once");
}

fn service_killed(round: usize) {
    let before = process();
    let caller = std::thread::spawn(|| wanted(Wanted::Sync { full: false }));
    std::thread::sleep(Duration::from_millis(u64::try_from(round).expect("small") * 37 % 200));
    expect("systemctl", &["kill", "-s", "KILL", "bwdc.service"]);
    // Its answer may have come before.
    let _ = caller.join().expect("no panic");
    until("systemd starts it again", || {
        let now = process();
        (now != before && now != "0").then_some(())
    });
}

/// Who is in the group approves, and is named; who is not is refused.
fn accounts(stage: &Stage, directory: &bwdc_sandbox::ldap::Server) {
    expect("useradd", &["-m", "-G", "bwdc", "ann"]);
    expect("useradd", &["-m", "eve"]);
    for number in 20..=40 {
        directory.delete(&dn(&format!("p{number:02}"))).expect("is there");
    }
    let refused = answered(&Wanted::Sync { full: false });
    assert_eq!(refused.error.expect("a refusal").kind, "refused");
    let run = answered(&Wanted::History { most: 1 }).data["data"][0]["id"].to_string();
    let eve = as_account("eve", &["approve", &run]);
    assert_eq!(eve.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&eve.stderr).contains("only root and the group `bwdc`"), "{eve:?}");
    assert_eq!(as_account("eve", &["status"]).status.code(), Some(3));
    let ann = as_account("ann", &["approve", &run]);
    let history = answered(&Wanted::History { most: 5 }).text;
    assert!(ann.status.success(), "{ann:?}\n{history}");
    assert!(as_account("ann", &["sync"]).status.success());
    assert_eq!(stage.state().status("p40"), Some(MemberStatus::Revoked));
    let history = answered(&Wanted::History { most: 5 }).data;
    let runs = history["data"].as_array().expect("runs");
    let held = runs.iter().find(|it| it["counts"]["heldBack"].is_u64()).expect("a run that was held back");
    let run = as_account("ann", &["history", &held["id"].to_string()]);
    let run = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.lines().any(|it| it.contains("approved") && it.contains("ann")), "{run}");
}

/// The program is replaced while the service runs, and counts after a restart.
fn upgraded() {
    let before = process();
    expect("cp", &["--remove-destination", env!("CARGO_BIN_EXE_bwdc"), "/usr/local/bin/bwdc"]);
    assert_eq!(answered(&Wanted::Status).data["object"], "status");
    expect("/usr/local/bin/bwdc", &["service", "restart"]);
    assert_ne!(process(), before);
    assert_eq!(answered(&Wanted::Status).data["object"], "status");
}

fn removed() {
    assert!(expect("/usr/local/bin/bwdc", &["service", "logs"]).contains("Started with"));
    expect("/usr/local/bin/bwdc", &["service", "stop"]);
    assert_eq!(system("/usr/local/bin/bwdc", &["service", "status"]).status.code(), Some(1));
    assert_eq!(
        system("/usr/local/bin/bwdc", &["status"]).status.code(),
        Some(3),
        "its files are not to be read here"
    );
    expect("/usr/local/bin/bwdc", &["service", "uninstall"]);
    assert!(Path::new("/var/lib/bwdc/data/connector.db").exists());
    assert!(!Path::new("/etc/systemd/system/bwdc.service").exists());
    // What stays can be taken elsewhere: its key is beside it again.
    let data = Path::new("/var/lib/bwdc/data");
    let secrets = std::fs::read_to_string(data.join("secrets.json")).expect("secrets");
    assert!(!secrets.contains("\"credential\"") && data.join("secrets.key").exists(), "{secrets}");
}
