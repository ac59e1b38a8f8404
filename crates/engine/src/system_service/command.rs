//! Programs of the operating system, with no secret of ours in their environment.

use super::SystemServiceError;
use crate::paths::ProcessEnvironment;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Runs a program of the operating system.
pub(super) fn run(
    environment: &ProcessEnvironment,
    program: &str,
    arguments: &[&str],
) -> Result<(), SystemServiceError> {
    said(environment, program, arguments).map(drop)
}

/// Runs a program of the operating system; what it prints.
pub(super) fn said(
    environment: &ProcessEnvironment,
    program: &str,
    arguments: &[&str],
) -> Result<String, SystemServiceError> {
    run_with(environment, program, arguments, b"").map(|it| it.trim_end().to_owned())
}

/// The same with this on its standard input, and nothing cut off what it prints.
pub(super) fn run_with(
    environment: &ProcessEnvironment,
    program: &str,
    arguments: &[&str],
    input: &[u8],
) -> Result<String, SystemServiceError> {
    let command = || format!("{program} {}", arguments.join(" "));
    let mut started = Command::new(program);
    environment.keep_secrets_from(started.args(arguments));
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => SystemServiceError::NoManager,
        _ => SystemServiceError::Command { command: command(), said: error.to_string() },
    };
    started.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = started.spawn().map_err(failed)?;
    if let Some(mut pipe) = child.stdin.take() {
        // Short enough for a pipe; who does not read it says why by its exit.
        let _ = pipe.write_all(input);
    }
    let output = child.wait_with_output().map_err(failed)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(SystemServiceError::Command { command: command(), said })
}
