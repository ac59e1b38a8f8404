//! Locks that somebody else holds.

use super::sentence::{because, say};
use crate::NextStep;
use crate::text;
use bwdc_engine::lock::LockError;

pub(super) fn message(error: &LockError) -> String {
    match error {
        LockError::Held { path, holder: Some(holder) } => text!(
            "error.lock.held-by",
            "`{path}` is held by `bwdc {command}` (process {pid}, since {since}).",
            path = path.display().to_string(),
            command = holder.command,
            pid = holder.pid,
            since = holder.since
        ),
        LockError::Held { path, holder: None } => text!(
            "error.lock.held",
            "`{path}` is held by another process.",
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
        LockError::Io { .. } => {
            say(text!("step.lock.io", "Check the permissions of the folder that holds the file."))
        }
    }
}
