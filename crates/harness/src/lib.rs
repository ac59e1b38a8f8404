//! Real directory servers, sealed home folders and measurements, for tests and benchmarks.
//!
//! Every server is a process of its own on loopback with its own configuration and database in a folder that goes with
//! it. That costs some tens of milliseconds a test and buys tests that never meet each other, nor the machine's own
//! services. Nothing here is used by the product.

pub mod awkward;
pub mod certificates;
#[cfg(unix)]
pub mod dirsrv;
pub mod home;
#[cfg(unix)]
pub mod keyring;
pub mod measure;
pub mod oracle;
pub mod output;
#[cfg(unix)]
pub mod samba;
pub mod slapd;

use std::io;
use std::path::{Path, PathBuf};

/// A secret for a test. All of them begin alike, so that one search finds any of them where none should be.
#[must_use]
pub fn secret(name: &str) -> String {
    format!("s3cr3t-0f-{name}")
}

/// A server, home folder or measurement that could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// A file or folder could not be read or written.
    #[error("cannot {action} `{}`", path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A program is not installed on this machine.
    #[error("`{program}` is not installed (Debian package `{package}`)")]
    Missing {
        /// The program's name.
        program: &'static str,
        /// The package that brings it.
        package: &'static str,
    },
    /// A program could not be started or waited for.
    #[error("cannot run `{program}`")]
    Run {
        /// The program's name or path.
        program: String,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A program ended with an error.
    #[error("`{program}` failed ({status}): {stderr}")]
    Failed {
        /// The program's name or path.
        program: String,
        /// How it ended.
        status: String,
        /// What it wrote to its standard error.
        stderr: String,
    },
    /// A program did not answer or end in time, and was ended.
    #[error("`{program}` did not finish within {seconds} s; it wrote: {stderr}")]
    TimedOut {
        /// The program's name or path.
        program: String,
        /// The limit, in seconds.
        seconds: u64,
        /// What it wrote to its standard error until then.
        stderr: String,
    },
    /// No free pair of ports was found.
    #[error("no free port on 127.0.0.1")]
    NoPort(#[source] io::Error),
    /// A test certificate could not be made.
    #[error("cannot make a test certificate")]
    Certificate(#[from] rcgen::Error),
    /// A file does not hold JSON.
    #[error("`{}` is not JSON", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where it went wrong.
        #[source]
        source: serde_json::Error,
    },
}

pub(crate) fn write_file(path: &Path, text: impl AsRef<[u8]>) -> Result<(), HarnessError> {
    std::fs::write(path, text).map_err(|source| HarnessError::File {
        action: "write",
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn create_folder(path: &Path) -> Result<(), HarnessError> {
    std::fs::create_dir_all(path).map_err(|source| HarnessError::File {
        action: "create",
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn temporary_folder() -> Result<tempfile::TempDir, HarnessError> {
    tempfile::Builder::new().prefix("bwdc-harness-").tempdir().map_err(|source| HarnessError::File {
        action: "create",
        path: std::env::temp_dir(),
        source,
    })
}

/// Finds a program in `PATH` and in the folders for system programs, which an ordinary user's `PATH` lacks.
pub(crate) fn find_program(program: &'static str, package: &'static str) -> Result<PathBuf, HarnessError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
        .ok_or(HarnessError::Missing { program, package })
}
