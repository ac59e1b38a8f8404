//! One run at a time, per profile and per organization.
//!
//! Locks of the operating system on open files: they end with the process, however it ends, and no stale number of a
//! process is ever believed. Who holds one is written into a file beside it, which informs and decides nothing.

mod folders;
mod open;

pub(crate) use folders::open_or_make;
pub use folders::{GROUP, LockFolders, ServiceAccount, machine_folder, make_machine_folder};
pub use open::Found;

use crate::clock;
use crate::paths::Profile;
use bwdc_core::names::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// More than a holder file ever has; what is longer was not written by us.
const HOLDER_BYTES: u64 = 4096;

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The number of the process.
    pub pid: u32,
    /// The name of the command, without its arguments, which may hold a secret.
    pub command: String,
    /// Since when, as ISO 8601 text.
    pub since: String,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "`bwdc {}`, process {}, since {}", self.command, self.pid, self.since)
    }
}

/// Why a lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it.
    #[error("`{}` is held by {}", path.display(), holder.as_ref().map_or_else(|| "another process".to_owned(), Holder::to_string))]
    Held {
        /// The lock file.
        path: PathBuf,
        /// The holder, where it could be read.
        holder: Option<Holder>,
    },
    /// The lock file cannot be made, opened or locked.
    #[error("cannot lock `{}`", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Something else lies where the lock file or its folder should.
    #[error("`{}` {}", path.display(), match found {
        Found::Link => "is a symbolic link, which no lock is",
        Found::Folder => "is a folder, which no lock is",
        Found::Special => "is not what it should be: a pipe, a device or a file lies there",
        Found::OfAnother => "belongs to another account",
        Found::Writable => "can be written by other accounts, who could keep every run out",
    })]
    Strange {
        /// The place.
        path: PathBuf,
        /// What lies there.
        found: Found,
    },
    /// The service of this machine works for the organization, and this account may not open its lock.
    #[error("the service of this machine syncs this organization: only root and the group `{GROUP}` can open its lock `{}`", path.display())]
    OfService {
        /// The lock file.
        path: PathBuf,
    },
}

/// The right to run in one profile, until it is dropped.
#[derive(Debug)]
pub struct RunLock {
    _held: HeldLock,
}

impl RunLock {
    /// Takes the profile's lock, or tells who holds it. `command` is the name of the command, without arguments.
    ///
    /// # Errors
    /// [`LockError::Held`] at once when another process, or another part of this one, holds it.
    pub fn acquire(profile: &Profile, command: &str, now: Timestamp) -> Result<Self, LockError> {
        let failed = |source| LockError::Io { path: profile.lock.clone(), source };
        profile.create_folder().map_err(failed)?;
        let file = open_or_make(&profile.lock)?;
        Ok(Self { _held: HeldLock::take(file, &profile.lock, command, now)? })
    }
}

/// The right to change one organization from this machine, whatever the profile and the user, until it is dropped.
#[derive(Debug)]
pub struct OrganizationLock {
    _held: HeldLock,
}

impl OrganizationLock {
    /// Takes the organization's lock, or tells who holds it.
    ///
    /// The name of the file is a fingerprint: it tells nobody which organization is meant.
    ///
    /// # Errors
    /// [`LockError::Held`] at once when another process, or another part of this one, holds it; [`LockError::OfService`]
    /// when the service of this machine works for the organization and this account is not of its group.
    pub fn acquire(
        folders: &LockFolders,
        api_url: &str,
        organization_id: &str,
        command: &str,
        now: Timestamp,
    ) -> Result<Self, LockError> {
        let mut fingerprint = Sha256::new();
        fingerprint.update(api_url.trim_end_matches('/').to_ascii_lowercase());
        fingerprint.update([0]);
        fingerprint.update(organization_id.to_ascii_lowercase());
        let name: String = fingerprint.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let (file, path) = folders.open(&format!("bwdc-{name}.lock"))?;
        Ok(Self { _held: HeldLock::take(file, &path, command, now)? })
    }
}

#[derive(Debug)]
struct HeldLock {
    /// Closing it gives the lock back.
    _file: File,
    holder: PathBuf,
}

impl HeldLock {
    fn take(file: File, path: &Path, command: &str, now: Timestamp) -> Result<Self, LockError> {
        let holder = holder_path(path);
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held { path: path.to_owned(), holder: read_holder(&holder) });
            }
            Err(TryLockError::Error(source)) => {
                return Err(LockError::Io { path: path.to_owned(), source });
            }
        }
        let about =
            Holder { pid: std::process::id(), command: command.to_owned(), since: clock::to_iso(now) };
        // Who holds the lock is worth telling and not worth failing for.
        let _ = write_holder(&holder, &about);
        Ok(Self { _file: file, holder })
    }
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        // Left behind, it is only read while the lock is held, and replaced by the next holder.
        let _ = std::fs::remove_file(&self.holder);
    }
}

/// Waits at most `patience` for a lock that is held for moments.
pub(crate) fn wait_for(path: &Path, patience: Duration) -> Result<File, LockError> {
    let failed = |source| LockError::Io { path: path.to_owned(), source };
    let file = open_or_make(path)?;
    let end = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
            Err(TryLockError::WouldBlock) if Instant::now() >= end => {
                return Err(LockError::Held { path: path.to_owned(), holder: None });
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

fn holder_path(lock: &Path) -> PathBuf {
    let mut name = lock.as_os_str().to_owned();
    name.push(".holder");
    name.into()
}

/// Replaces the holder file; a file of another user, or a link, is never written through.
fn write_holder(path: &Path, holder: &Holder) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(&serde_json::to_vec(holder)?)
}

fn read_holder(path: &Path) -> Option<Holder> {
    let mut text = String::new();
    let file = open::existing(path, None).ok()??;
    file.take(HOLDER_BYTES).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}
