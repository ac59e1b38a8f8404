//! Secrets that a command prints, such as a vault's client.
//!
//! The command is what the settings say, so whoever can write them can run programs as this user: a file that others may
//! write is refused. Nothing secret is among its arguments.

use crate::paths::{Profile, owner_only};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// In an argument it stands for the name of the secret.
const NAME: &str = "{name}";
/// In seconds.
const PATIENCE: u64 = 30;
/// No secret is longer, in bytes.
const LONGEST: u64 = 64 * 1024;

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
    /// It cannot be started.
    #[error("it cannot be started: {0}")]
    NotStarted(#[source] io::Error),
    /// It failed.
    #[error("it ended with {0}")]
    Failed(std::process::ExitStatus),
    /// It took too long, and was ended.
    #[error("it did not end within {PATIENCE} seconds")]
    Slow,
    /// It printed nothing.
    #[error("it printed nothing")]
    Silent,
    /// It printed something else than a short text.
    #[error("it printed something else than UTF-8 text of at most 64 KiB")]
    NotText,
}

/// Refuses a command from a file that others may write, or may replace.
pub(super) fn check_owner(profile: &Profile) -> Result<(), CommandProblem> {
    for path in [&profile.connector_toml, &profile.folder] {
        if let Some(mode) = owner_only::writable_by_others(path) {
            return Err(CommandProblem::Writable { path: path.clone(), mode });
        }
    }
    Ok(())
}

/// Runs the command for the secret of this name, and takes what it prints, without the line's end.
pub(super) fn run(command: &[String], label: &str) -> Result<SecretString, CommandProblem> {
    let filled: Vec<_> = command.iter().map(|part| part.replace(NAME, label)).collect();
    let (program, arguments) = filled.split_first().ok_or(CommandProblem::Silent)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // What a vault complains about may hold what it was asked for.
        .stderr(Stdio::null())
        .spawn()
        .map_err(CommandProblem::NotStarted)?;
    let output = child.stdout.take().ok_or(CommandProblem::Silent)?;
    let (sender, printed) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::new());
        let read = output.take(LONGEST + 1).read_to_end(&mut bytes).map(|_| bytes);
        // Nobody listens any more when the time is up.
        let _ = sender.send(read);
    });
    let printed = printed.recv_timeout(Duration::from_secs(PATIENCE));
    let Ok(printed) = printed else {
        // It may have ended in this very moment.
        let _ = child.kill();
        let _ = child.wait();
        return Err(CommandProblem::Slow);
    };
    let printed = printed.map_err(|_| CommandProblem::NotText)?;
    let too_long = printed.len() as u64 > LONGEST;
    if too_long {
        // It would wait for ever for somebody to read the rest.
        let _ = child.kill();
    }
    let status = child.wait().map_err(CommandProblem::NotStarted)?;
    if too_long {
        return Err(CommandProblem::NotText);
    }
    if !status.success() {
        return Err(CommandProblem::Failed(status));
    }
    let text = std::str::from_utf8(&printed).map_err(|_| CommandProblem::NotText)?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(CommandProblem::Silent),
        text => Ok(SecretString::from(text)),
    }
}
