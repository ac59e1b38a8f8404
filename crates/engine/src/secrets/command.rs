//! Secrets that a command prints, such as a vault's client.
//!
//! The command is what the settings say, so whoever can write them can run programs as this user: a file that others may
//! write is refused. Nothing secret is among its arguments, nor among the variables that it inherits.

use crate::mask::Mask;
use crate::paths::{ProcessEnvironment, Profile, owner_only};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// In an argument it stands for the name of the secret.
const NAME: &str = "{name}";
/// In seconds.
const PATIENCE: u64 = 30;
/// How often it is looked whether it has ended.
const EACH_LOOK: Duration = Duration::from_millis(5);
/// No secret is longer, in bytes.
const LONGEST: u64 = 64 * 1024;
/// Of what it complains about, this many bytes are kept, and this many characters told.
const KEPT: usize = 16 * 1024;
const TOLD: usize = 600;
/// What it started may keep its error stream open.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Why a command brought no secret.
#[derive(Debug, thiserror::Error)]
pub enum CommandProblem {
    /// Others than the owner could change what is run.
    #[error("others may write `{}` (mode {mode:04o}), and with it choose the command; run `chmod go-w \"{}\"`", path.display(), path.display())]
    Writable {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Another account chose what is run.
    #[error("`{}` belongs to another account, which could choose the command", path.display())]
    OfAnother {
        /// The file or folder.
        path: PathBuf,
    },
    /// It cannot be started.
    #[error("it cannot be started: {0}")]
    NotStarted(#[source] io::Error),
    /// It failed.
    #[error("it ended with {status}: {complaint}")]
    Failed {
        /// How it ended.
        status: ExitStatus,
        /// What it wrote to its error stream, in one line and without secrets.
        complaint: String,
    },
    /// It took too long, and was ended.
    #[error("it did not end within {PATIENCE} seconds: {complaint}")]
    Slow {
        /// As for [`CommandProblem::Failed`].
        complaint: String,
    },
    /// It printed nothing.
    #[error("it printed nothing: {complaint}")]
    Silent {
        /// As for [`CommandProblem::Failed`].
        complaint: String,
    },
    /// It printed something else than a short text.
    #[error("it printed something else than UTF-8 text of at most 64 KiB")]
    NotText,
}

/// Refuses a command from a file that others own, may write, or may replace: root would run what another account chose.
pub(crate) fn check_owner(profile: &Profile) -> Result<(), CommandProblem> {
    for path in [&profile.connector_toml, &profile.folder] {
        if owner_only::belongs_to_another(path) {
            return Err(CommandProblem::OfAnother { path: path.clone() });
        }
        if let Some(mode) = owner_only::writable_by_others(path) {
            return Err(CommandProblem::Writable { path: path.clone(), mode });
        }
    }
    Ok(())
}

/// Runs the command for the secret of this name, and takes what it prints, without the line's end.
pub(super) fn run(
    command: &[String],
    label: &str,
    environment: &ProcessEnvironment,
) -> Result<SecretString, CommandProblem> {
    let filled: Vec<_> = command.iter().map(|part| part.replace(NAME, label)).collect();
    let silent = || CommandProblem::Silent { complaint: String::new() };
    let (program, arguments) = filled.split_first().ok_or_else(silent)?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    environment.keep_secrets_from(&mut command);
    let mut child = command.spawn().map_err(CommandProblem::NotStarted)?;
    let words = child.stderr.take().map(Words::hear);
    let mut printed = Zeroizing::new(Vec::new());
    let ended = wait(&mut child, &mut printed, Duration::from_secs(PATIENCE));
    let complaint = || words.map(|it| it.told(&printed, environment)).unwrap_or_default();
    match ended? {
        Ended::Late => Err(CommandProblem::Slow { complaint: complaint() }),
        Ended::With(status) if !status.success() => {
            Err(CommandProblem::Failed { status, complaint: complaint() })
        }
        Ended::With(_) => {
            let text = std::str::from_utf8(&printed).map_err(|_| CommandProblem::NotText)?;
            match text.trim_end_matches(['\r', '\n']) {
                "" => Err(CommandProblem::Silent { complaint: complaint() }),
                text => Ok(SecretString::from(text)),
            }
        }
    }
}

/// How a command ended.
enum Ended {
    With(ExitStatus),
    Late,
}

/// Reads what the command prints, and waits for its end, which may come later than that of its output.
fn wait(
    child: &mut Child,
    printed: &mut Zeroizing<Vec<u8>>,
    patience: Duration,
) -> Result<Ended, CommandProblem> {
    let end = Instant::now() + patience;
    let output = child.stdout.take().expect("its output is a pipe");
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::new());
        let read = output.take(LONGEST + 1).read_to_end(&mut bytes).map(|_| bytes);
        // Nobody listens any more when the time is up.
        let _ = sender.send(read);
    });
    let read = receiver.recv_timeout(patience);
    let is_too_long = |it: &Zeroizing<Vec<u8>>| it.len() as u64 > LONGEST;
    // Who prints too much would wait for ever for somebody to read the rest.
    let ended = match &read {
        Ok(Ok(bytes)) if !is_too_long(bytes) => ended_by(child, end),
        _ => Ok(None),
    };
    if !matches!(ended, Ok(Some(_))) {
        // It may have ended in this very moment.
        let _ = child.kill();
        let _ = child.wait();
    }
    let Ok(read) = read else { return Ok(Ended::Late) };
    *printed = read.map_err(|_| CommandProblem::NotText)?;
    if is_too_long(printed) {
        return Err(CommandProblem::NotText);
    }
    Ok(ended.map_err(CommandProblem::NotStarted)?.map_or(Ended::Late, Ended::With))
}

/// How the command ended; None: it goes on.
fn ended_by(child: &mut Child, end: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        let ended = child.try_wait()?;
        if ended.is_some() || Instant::now() >= end {
            return Ok(ended);
        }
        std::thread::sleep(EACH_LOOK);
    }
}

/// What a command writes to its error stream.
struct Words {
    heard: Arc<Mutex<Zeroizing<Vec<u8>>>>,
    end: mpsc::Receiver<()>,
}

impl Words {
    /// Listens on a thread of its own: a command whose words nobody takes waits for ever.
    fn hear(mut stream: ChildStderr) -> Self {
        let heard = Arc::new(Mutex::new(Zeroizing::new(Vec::new())));
        let (sender, end) = mpsc::channel();
        let into = Arc::clone(&heard);
        std::thread::spawn(move || {
            let mut piece = Zeroizing::new([0; 4096]);
            while let Ok(read @ 1..) = stream.read(&mut *piece) {
                let mut heard = into.lock().unwrap_or_else(PoisonError::into_inner);
                let room = KEPT.saturating_sub(heard.len()).min(read);
                heard.extend_from_slice(&piece[..room]);
            }
            // Nobody waits any more when it took too long.
            let _ = sender.send(());
        });
        Self { heard, end }
    }

    /// In one line, without what the command printed and without the secrets of the environment.
    fn told(&self, printed: &[u8], environment: &ProcessEnvironment) -> String {
        // What was heard until then counts.
        let _ = self.end.recv_timeout(LAST_WORDS);
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let printed = String::from_utf8_lossy(printed);
        let of_environment = environment.secret_variables().map(|(_, value)| value.to_string_lossy());
        let secrets = printed.lines().map(Into::into).chain(of_environment);
        let mut mask = Mask::new(secrets.map(|it| SecretString::from(it.trim())).collect());
        let masked = mask.text(&String::from_utf8_lossy(&heard));
        let lines: Vec<_> = masked.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let line = lines.join("; ");
        match line.char_indices().nth(TOLD) {
            Some((end, _)) => format!("{}\u{2026}", &line[..end]),
            None => line,
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_not_waited_for_because_it_ended_its_output() {
        let shell = |script: &str| {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
            command.spawn().expect("a shell")
        };
        let mut printed = Zeroizing::new(Vec::new());
        let mut slow = shell("echo secret; exec >&-; exec sleep 600");
        let ended = wait(&mut slow, &mut printed, Duration::from_millis(300)).expect("it is ended");
        assert!(matches!(ended, Ended::Late));
        assert!(slow.try_wait().expect("a child").is_some(), "nothing is left of it");
        let mut quick = shell("echo secret; exec >&-; sleep 0.1; exit 3");
        let ended = wait(&mut quick, &mut printed, Duration::from_secs(60)).expect("it ends");
        assert!(matches!(ended, Ended::With(status) if status.code() == Some(3)));
        assert_eq!(printed.as_slice(), b"secret\n");
    }
}
