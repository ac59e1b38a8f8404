//! The named pipe by which administrators reach a service of Windows.
//!
//! A pipe that nobody gives an access list lets the system, the administrators and the service's account write, and whoever cannot
//! write cannot ask. Its name is a new one at each start and stands in a file of the service's folder, which the same accounts can
//! open: nobody else can answer under a name that callers believe.

use super::asking::AskError;
use super::conversation::{MOST, MOST_ANSWER, PATIENCE, converse, read_reply};
use super::duty::Duty;
use super::protocol::{Reply, Request};
use super::{Caller, Host, ServiceSocket};
use crate::file;
use crate::paths::owner_only;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};

/// Whoever answers learns who asks, and cannot act in the caller's name.
const SECURITY_IDENTIFICATION: u32 = 0x0001_0000;
/// All pipes of this name are taken at this moment, in the system's numbers.
const PIPE_BUSY: i32 = 231;
const EACH_TRY: Duration = Duration::from_millis(20);

/// A pipe that callers can reach.
pub(super) struct Listener {
    name: String,
    first: std::cell::Cell<Option<NamedPipeServer>>,
    path: PathBuf,
}

impl Drop for Listener {
    fn drop(&mut self) {
        // A name that is left behind is known by nobody listening.
        let _ = std::fs::remove_file(&self.path);
    }
}

pub(super) fn listen(socket: &ServiceSocket) -> io::Result<Listener> {
    let path = socket.path.clone();
    if read_name(&path).is_ok_and(|name| open(&name).is_ok()) {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let random: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let name = format!(r"\\.\pipe\bwdc-{random}");
    let first = ServerOptions::new().first_pipe_instance(true).create(&name)?;
    if let Some(folder) = path.parent() {
        owner_only::create_folder(folder)?;
    }
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    owner_only::create_new(&path)?.write_all(name.as_bytes())?;
    Ok(Listener { name, first: std::cell::Cell::new(Some(first)), path })
}

/// Answers callers for as long as it is awaited.
pub(super) async fn serve(listener: &Listener, duties: &[Duty<'_>], host: &dyn Host) {
    let mut open = FuturesUnordered::new();
    let mut waiting = listener.first.take();
    loop {
        let pipe = match waiting.take() {
            Some(pipe) => pipe,
            None => match ServerOptions::new().create(&listener.name) {
                Ok(pipe) => pipe,
                Err(error) => {
                    tracing::warn!(%error, "callers are not answered for a moment");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
            },
        };
        let called = loop {
            tokio::select! {
                Some(()) = open.next(), if !open.is_empty() => {}
                called = pipe.connect(), if open.len() < MOST => break called,
            }
        };
        if called.is_ok() {
            open.push(async move {
                // Why a caller went is no matter of ours.
                let _ = converse(pipe, Caller::administrator(), duties, host).await;
            });
        }
    }
}

/// Asks a service, and waits for its answer for at most so long.
///
/// # Errors
/// [`AskError`] when there is none.
pub fn ask(path: &Path, request: &Request, patience: Duration) -> Result<Reply, AskError> {
    let place = || path.to_owned();
    let broken = |source| AskError::Broken { path: place(), source };
    let unreachable = |error: io::Error| match error.kind() {
        io::ErrorKind::PermissionDenied => AskError::NotAllowed { path: place() },
        io::ErrorKind::NotFound => AskError::NotRunning { path: place() },
        _ => broken(error),
    };
    let name = read_name(path).map_err(unreachable)?;
    let pipe = connect(&name, patience.min(PATIENCE)).map_err(unreachable)?;
    let mut text = serde_json::to_vec(request).map_err(|error| broken(error.into()))?;
    text.push(b'\n');
    let (tell, told) = channel();
    // A pipe has no time limit of its own: a thread that still waits ends with the process.
    std::thread::spawn(move || {
        let _ = tell.send(exchange(pipe, &text));
    });
    let line = match told.recv_timeout(patience) {
        Ok(line) => line.map_err(broken)?,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            return Err(broken(io::ErrorKind::TimedOut.into()));
        }
    };
    read_reply(&line).ok_or_else(|| AskError::OtherProtocol { path: place() })
}

fn exchange(mut pipe: File, text: &[u8]) -> io::Result<String> {
    pipe.write_all(text)?;
    let mut line = String::new();
    BufReader::new(pipe.take(MOST_ANSWER)).read_line(&mut line)?;
    Ok(line)
}

fn read_name(path: &Path) -> io::Result<String> {
    let name = file::read(path, file::SETTINGS)?;
    let name = String::from_utf8(name).map_err(|_| io::ErrorKind::InvalidData)?;
    // Nothing but a pipe of this machine.
    if name.starts_with(r"\\.\pipe\bwdc-") { Ok(name) } else { Err(io::ErrorKind::InvalidData.into()) }
}

fn open(name: &str) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).security_qos_flags(SECURITY_IDENTIFICATION).open(name)
}

/// A connection, within this time: each pipe takes one caller, and the next one is made when it has.
fn connect(name: &str, patience: Duration) -> io::Result<File> {
    let end = Instant::now() + patience;
    loop {
        match open(name) {
            Err(error) if error.raw_os_error() == Some(PIPE_BUSY) && Instant::now() < end => {
                std::thread::sleep(EACH_TRY);
            }
            opened => return opened,
        }
    }
}
