//! One run at a time, per profile and per organization.
//!
//! Locks of the operating system on open files: they end with the process, however it ends, and no stale number of a
//! process is ever believed. Who holds one is written into a file beside it, which informs and decides nothing.

use crate::clock;
use crate::paths::{Profile, owner_only};
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
        let file = owner_only::open_to_lock(&profile.lock).map_err(failed)?;
        Ok(Self { _held: HeldLock::take(file, &profile.lock, command, now)? })
    }
}

/// The right to change one organization from this machine, whatever the profile and the user, until it is dropped.
#[derive(Debug)]
pub struct OrganizationLock {
    _held: HeldLock,
}

impl OrganizationLock {
    /// Takes the organization's lock in `folder` (see [`machine_folder`]), or tells who holds it.
    ///
    /// The name of the file is a fingerprint: it tells nobody which organization is meant. Other users open the file to
    /// read only, which is enough to lock it.
    ///
    /// # Errors
    /// [`LockError::Held`] at once when another process, or another part of this one, holds it.
    pub fn acquire(
        folder: &Path,
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
        let path = folder.join(format!("bwdc-{name}.lock"));
        let file =
            open_shared(folder, &path).map_err(|source| LockError::Io { path: path.clone(), source })?;
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
    let file = owner_only::open_to_lock(path).map_err(failed)?;
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

/// The folder for locks that all users of the machine share.
///
/// On Unix the first of the usual ones in which everybody may make files; on Windows a folder of ours that everybody may
/// read. `program_data` is the value of `ProgramData`, needed on Windows only.
pub fn machine_folder(program_data: Option<&std::ffi::OsStr>) -> PathBuf {
    shared::machine_folder(program_data)
}

fn open_shared(folder: &Path, path: &Path) -> io::Result<File> {
    std::fs::create_dir_all(folder)?;
    loop {
        // Not "create if missing": Linux forbids that for files of other users in folders that all may write to.
        match OpenOptions::new().read(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match OpenOptions::new().read(true).write(true).create_new(true).open(path) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    Ok(file) => {
                        shared::readable_by_all(&file)?;
                        return Ok(file);
                    }
                    failed => return failed,
                }
            }
            opened => return opened,
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
    File::open(path).ok()?.take(HOLDER_BYTES).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(unix)]
mod shared {
    use std::ffi::OsStr;
    use std::fs::{File, Permissions};
    use std::io;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    /// Writable for all, and nobody removes what belongs to another.
    const SHARED: u32 = 0o1002;

    pub(super) fn machine_folder(_program_data: Option<&OsStr>) -> PathBuf {
        let all_may_write = |path: &Path| {
            std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & SHARED == SHARED)
        };
        let usual = ["/run/lock", "/var/lock", "/tmp"].map(PathBuf::from);
        usual.into_iter().find(|path| all_may_write(path)).unwrap_or_else(std::env::temp_dir)
    }

    pub(super) fn readable_by_all(file: &File) -> io::Result<()> {
        file.set_permissions(Permissions::from_mode(0o644))
    }
}

#[cfg(windows)]
mod shared {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::io;
    use std::path::PathBuf;

    pub(super) fn machine_folder(program_data: Option<&OsStr>) -> PathBuf {
        let parent = program_data.map_or_else(|| PathBuf::from(r"C:\ProgramData"), PathBuf::from);
        parent.join("bwdc").join("locks")
    }

    pub(super) fn readable_by_all(_file: &File) -> io::Result<()> {
        Ok(())
    }
}
