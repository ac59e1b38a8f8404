//! Window, service and command line over one folder and one organization: one after another, and each sees what the others did.

use super::desk::{Desk, configured};
use super::support::Stage;
use bwdc_desktop::job::Reply;
use bwdc_engine::ledger::RunRecord;
use bwdc_engine::service::{Command as Asked, PROTOCOL, Request, ask};
use bwdc_sandbox::faults::Moment;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(120);

/// The command line of the same build.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("this program");
    let folder = test.parent().and_then(|it| it.parent()).expect("a folder of a build");
    let program = folder.join(format!("bwdc{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "build it first: cargo build -p bwdc");
    program
}

fn command(stage: &Stage, arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    let home = stage.folder.path();
    command.args(arguments).env_clear().env("HOME", home).env("XDG_RUNTIME_DIR", home.join("run"));
    command.env("BITWARDENCLI_CONNECTOR_APPDATA_DIR", home.join("profile"));
    command.env("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS", "true");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A program that ends with the test.
struct Running(Option<Child>);

impl Running {
    fn start(stage: &Stage, arguments: &[&str]) -> Self {
        Self(Some(command(stage, arguments).spawn().expect("the command line starts")))
    }

    fn id(&self) -> u32 {
        self.0.as_ref().map(Child::id).unwrap_or_default()
    }

    fn end(mut self) -> Output {
        self.0.take().expect("it runs").wait_with_output().expect("it ends")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // One that ended by itself needs no end.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The next request that changes something waits: tells that it came, and goes on when the sender is dropped.
fn hold_writes(stage: &Stage) -> (Receiver<()>, Sender<()>) {
    let (arrived, has_arrived) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let may_go_on = Mutex::new(may_go_on);
    stage.organization.faults().on_request(move |request| {
        let writes = request.method != "GET" && request.path.starts_with("/api/public");
        if request.moment == Moment::Arrived && writes {
            let _ = arrived.send(());
            let _ = may_go_on.lock().expect("nobody panics here").recv_timeout(PATIENCE);
        }
    });
    (has_arrived, go_on)
}

impl Desk {
    /// Looks at what others did, as the window does each minute.
    fn glance(&self) {
        self.view.with(bwdc_desktop::app::App::glance);
        self.settle();
    }

    fn runs(&self) -> Vec<RunRecord> {
        let mut runs = self.view.app(|app| app.overview.state.runs.clone());
        runs.sort_by_key(|it| it.started_at);
        runs
    }
}

#[test]
#[ignore = "takes the command line of the same build: scripts/test desktop"]
fn window_service_and_command_line_go_one_after_another_and_see_each_other() {
    let stage = configured();
    stage.set(&[("service.first-sync-agreed", "true"), ("schedule.jitter-seconds", "0")]).expect("settings");
    std::fs::create_dir(stage.folder.path().join("run")).expect("a folder");
    let (has_arrived, go_on) = hold_writes(&stage);
    let desk = Desk::over(stage);
    desk.press("Sync Now");
    has_arrived.recv_timeout(PATIENCE).expect("the window sends something");

    let refused = command(&desk.stage, &["sync"]).output().expect("ends");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("process {}", std::process::id())), "it says who is at work: {said}");
    let service = Running::start(&desk.stage, &["run"]);
    let socket = desk.stage.folder.path().join("run/bwdc/bwdc.sock");
    let asked = std::thread::spawn(move || {
        let begun = std::time::Instant::now();
        while !socket.exists() && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(50));
        }
        let request = Request { protocol: PROTOCOL, profile: None, command: Asked::Sync { full: false } };
        ask(&socket, &request, PATIENCE)
    });
    let waiting = Running::start(&desk.stage, &["sync", "--wait", "300"]);
    drop(go_on);
    desk.idle();
    let ended = waiting.end();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let answered = asked.join().expect("nobody panics there").expect("the service answers");
    assert_eq!(answered.code, 0, "{}", answered.text);
    let begun = std::time::Instant::now();
    loop {
        desk.glance();
        let runs = desk.runs();
        // What the service is asked for has the name of who asked.
        if runs.iter().filter(|it| it.outcome.is_some()).count() == 3 {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "the window sees only {runs:?}");
    }
    for pair in desk.runs().windows(2) {
        assert!(pair[0].finished_at.is_some_and(|it| it <= pair[1].started_at), "two at work: {pair:?}");
    }
    let imports = desk.stage.organization.requests();
    let imports =
        imports.iter().filter(|it| it.method == "POST" && it.path.ends_with("/organization/import"));
    assert_eq!(imports.count(), 1, "who comes later has nothing to send");
    drop(service);

    // The other way round: the window waits, and says for whom.
    desk.stage.life().expect("people come and go");
    let (has_arrived, go_on) = hold_writes(&desk.stage);
    let first = Running::start(&desk.stage, &["sync"]);
    has_arrived.recv_timeout(PATIENCE).expect("the command line sends something");
    if desk.view.app(|app| app.notice.is_some()) {
        desk.press("Dismiss");
    }
    desk.press("Sync Now");
    desk.wait(|app| app.running.as_ref().is_some_and(|it| it.waits));
    let text = desk.view.app(|app| app.running.as_ref().map(|it| it.text.clone())).unwrap_or_default();
    assert!(text.contains(&format!("`bwdc sync` (process {}", first.id())), "{text}");
    drop(go_on);
    assert!(first.end().status.success());
    desk.idle();
    assert!(
        desk.shows("Nothing to change: the organization is as the directory asks."),
        "{:?}",
        desk.names()
    );
}

#[test]
fn what_others_change_is_seen_without_a_restart_and_an_unchanged_folder_is_not_read_again() {
    let desk = Desk::configured();
    assert_eq!(desk.view.app(|app| app.overview.interval()), Some(15));
    desk.stage.set(&[("sync.interval", "30")]).expect("settings");
    desk.glance();
    assert_eq!(desk.view.app(|app| app.overview.interval()), Some(30));
    desk.view.with(bwdc_desktop::app::App::glance);
    assert!(matches!(desk.next_reply(), Reply::Done(Ok(()))));
}
