//! Locks that somebody else holds.

use super::sentence::{because, say};
use crate::NextStep;
use crate::text;
use crate::time::moment;
use bwdc_engine::clock::from_iso;
use bwdc_engine::lock::{Found, GROUP, LockError};

/// When a holder took the lock, as it wrote it.
pub(crate) fn since(written: &str) -> String {
    from_iso(written).map_or_else(|| written.to_owned(), moment)
}

pub(super) fn message(error: &LockError) -> String {
    match error {
        LockError::Held { path, holder: Some(holder) } => text!(
            "error.lock.held-by",
            "`{path}` is held by `bwdc {command}` (process {pid}, since {since}).",
            path = path.display().to_string(),
            command = holder.command,
            pid = holder.pid,
            since = since(&holder.since)
        ),
        LockError::Held { path, holder: None } => text!(
            "error.lock.held",
            "`{path}` is held by another process.",
            path = path.display().to_string()
        ),
        LockError::Strange { path, found } => {
            let path = path.display().to_string();
            match found {
                Found::Link => {
                    text!("error.lock.link", "`{path}` is a symbolic link, and a lock is none.", path = path)
                }
                Found::Folder => {
                    text!("error.lock.folder", "`{path}` is a folder, not a lock file.", path = path)
                }
                Found::Special => text!(
                    "error.lock.special",
                    "`{path}` is not what it should be: a pipe, a device or a file is in its place.",
                    path = path
                ),
                Found::OfAnother => {
                    text!("error.lock.of-another", "`{path}` belongs to another account.", path = path)
                }
                Found::Writable => text!(
                    "error.lock.writable",
                    "Other accounts can write `{path}`, and could stop every run.",
                    path = path
                ),
            }
        }
        LockError::OfService { path } => text!(
            "error.lock.of-service",
            "The service of this machine syncs this organization. Only root and the group `{group}` can open its lock `{path}`.",
            group = GROUP,
            path = path.display().to_string()
        ),
        LockError::Io { path, source } => because(
            text!("error.lock.io", "Cannot lock `{path}`", path = path.display().to_string()),
            Some(source),
        ),
    }
}

pub(super) fn steps(error: &LockError) -> Vec<NextStep> {
    match error {
        LockError::Held { .. } => say(text!("step.lock.held", "Wait until it has ended, or end it.")),
        LockError::Strange { found: Found::OfAnother | Found::Writable, .. } => say(text!(
            "step.lock.owner",
            "Give it to the account that runs `bwdc`, and let no other account write it."
        )),
        LockError::Strange { .. } => say(text!("step.lock.move", "Move it away.")),
        LockError::OfService { .. } => say(text!(
            "step.lock.of-service",
            "Let the service do it, run `bwdc` as root, or add this account to the group `{group}`.",
            group = GROUP
        )),
        LockError::Io { .. } => {
            say(text!("step.lock.io", "Check the permissions of the folder that holds the file."))
        }
    }
}
