//! A program run to its end: what it printed and how it ended, within a limit of time.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::HarnessError;

/// What a program printed and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its standard output; bytes that are not UTF-8 are replaced.
    pub stdout: String,
    /// Its standard error; bytes that are not UTF-8 are replaced.
    pub stderr: String,
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
}

/// Runs a command to its end within `limit`, reading both outputs as they come.
pub(crate) fn finish(mut command: Command, limit: Duration) -> Result<Output, HarnessError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let deadline = Instant::now() + limit;
    let mut child = start(&mut command)?;
    let stdout = child.stdout.take().map(read_to_end);
    let stderr = child.stderr.take().map(read_to_end);
    let until = |deadline: Instant| deadline.saturating_duration_since(Instant::now());
    let receive = |pipe: Option<Receiver<Vec<u8>>>| match pipe {
        Some(pipe) => pipe.recv_timeout(until(deadline)).ok(),
        None => Some(Vec::new()),
    };
    let stdout = receive(stdout);
    let stderr = receive(stderr);
    loop {
        let ended =
            child.try_wait().map_err(|source| HarnessError::Run { program: program.clone(), source })?;
        if let (Some(status), Some(stdout), Some(stderr)) = (ended, &stdout, &stderr) {
            record(stdout, stderr)?;
            return Ok(Output { stdout: text(stdout), stderr: text(stderr), code: status.code() });
        }
        if until(deadline).is_zero() {
            let _ = child.kill();
            let _ = child.wait();
            let stderr = text(&stderr.unwrap_or_default());
            return Err(HarnessError::TimedOut { program, seconds: limit.as_secs(), stderr });
        }
        // Both outputs are closed: the process is on its last instructions.
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Where this variable names a folder, everything that a program printed is kept in a file there.
pub const RECORD: &str = "BWDC_TEST_RECORD";

static RECORDED: AtomicU32 = AtomicU32::new(0);

fn record(stdout: &[u8], stderr: &[u8]) -> Result<(), HarnessError> {
    let Some(folder) = std::env::var_os(RECORD).map(PathBuf::from) else { return Ok(()) };
    let number = RECORDED.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!("{}-{number}", std::process::id()));
    std::fs::write(&path, [stdout, b"\n", stderr].concat()).map_err(|source| HarnessError::File {
        action: "write",
        path,
        source,
    })
}

pub(crate) fn start(command: &mut Command) -> Result<Child, HarnessError> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|source| HarnessError::Run {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    })
}

fn read_to_end(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
