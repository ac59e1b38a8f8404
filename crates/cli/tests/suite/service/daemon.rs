//! A running `bwdc run`, with what it says.

use crate::laws::stage::Stage;
use bwdc_engine::service::{Command, PROTOCOL, Reply, Request, ask};
use bwdc_harness::home::Home;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Runs start when they are due, and a first sync is agreed to.
pub(crate) const AGREED: &str =
    "[schedule]\njitter-seconds = 0\n[service]\nfirst-sync-agreed = true\n[leavers]\ngone = \"revoke\"\n";

/// A service that ends with the test.
pub(crate) struct Daemon {
    child: Child,
    lines: Receiver<String>,
    pub(crate) socket: PathBuf,
}

impl Daemon {
    /// Starts one and waits until it has begun.
    pub(crate) fn start(stage: &Stage) -> Self {
        Self::of(&stage.home)
    }

    /// The same for an installation without an organization of its own.
    pub(crate) fn of(home: &Home) -> Self {
        let mut child = home.spawn(env!("CARGO_BIN_EXE_bwdc"), &["run"]).expect("starts");
        let stderr = child.stderr.take().expect("piped");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let daemon = Self { child, lines, socket: home.path().join("run/bwdc/bwdc.sock") };
        daemon.says("Started with");
        daemon
    }

    /// Waits for a line with this text, and gives it back.
    pub(crate) fn says(&self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut before = Vec::new();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.unwrap_or_else(|_| unreachable!("it never said `{text}`: {before:?}"));
            if line.contains(text) {
                return line;
            }
            before.push(line);
        }
    }

    /// Asks it, as another program would.
    pub(crate) fn ask(&self, command: Command) -> Reply {
        self.ask_within(command, PATIENCE)
    }

    /// The same for a run that may take longer, on a machine that has much to do.
    pub(crate) fn ask_within(&self, command: Command, patience: Duration) -> Reply {
        let request = Request { protocol: PROTOCOL, profile: None, command };
        ask(&self.socket, &request, patience).expect("an answer")
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = std::process::Command::new("kill").args([name, &self.id().to_string()]).status();
        assert!(sent.expect("kill starts").success());
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        until("the service ends", || self.child.try_wait().expect("a child"))
    }

    /// Ends it as a power failure would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("a child");
        self.child.wait().expect("a child");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until `found` finds something.
pub(crate) fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < end, "it never came to this: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
