//! The files of an installation: settings, `connector.toml`, the ledger.

use super::lock;
use super::sentence::{because, say, sentence};
use crate::NextStep;
use crate::text;
use bwdc_engine::LeaseError;
use bwdc_engine::ledger::LedgerError;
use bwdc_engine::store::StoreError;
use std::path::Path;

pub(super) fn message(error: &StoreError) -> String {
    let shown = |path: &Path| path.display().to_string();
    match error {
        StoreError::Read { path, source } => {
            because(text!("error.store.read", "Cannot read `{path}`", path = shown(path)), Some(source))
        }
        StoreError::Write { path, source } => {
            because(text!("error.store.write", "Cannot write `{path}`", path = shown(path)), Some(source))
        }
        StoreError::Invalid { path, line, column, reason } => text!(
            "error.store.invalid",
            "`{path}` is damaged at line {line}, column {column}: {reason}. The file was left as it is.",
            path = shown(path),
            line,
            column,
            reason
        ),
        StoreError::Foreign { path } => text!(
            "error.store.foreign",
            "`{path}` is not a connector's data file: it has no `stateVersion` and none of its settings.",
            path = shown(path)
        ),
        StoreError::OldVersion { path, version, reason } => text!(
            "error.store.old-version",
            "`{path}` was written by an older connector (version {version} of the file) and cannot be brought up to date: {reason}.",
            path = shown(path),
            version,
            reason
        ),
        StoreError::TooOld { path, version } => text!(
            "error.store.too-old",
            "`{path}` was written by a connector that is too old (version {version} of the file).",
            path = shown(path),
            version
        ),
        StoreError::WrongType { key, expected } => {
            text!("error.store.wrong-type", "`{key}` in `data.json` should be {expected}.", key, expected)
        }
        StoreError::Settings { path, line, reason } => sentence(&text!(
            "error.store.settings",
            "`{path}`, line {line}: {reason}",
            path = shown(path),
            line,
            reason
        )),
        StoreError::Held { path } => text!(
            "error.store.held",
            "`{path}` is held by another program, most likely the official connector.",
            path = shown(path)
        ),
        StoreError::LockLost { path } => text!(
            "error.store.lock-lost",
            "Another program took `{path}` before the change was written. Nothing was changed.",
            path = shown(path)
        ),
        StoreError::Lock { path, source } => {
            because(text!("error.store.lock", "Cannot lock with `{path}`", path = shown(path)), Some(source))
        }
        StoreError::Busy(lock) => text!(
            "error.store.busy",
            "Another process is changing the settings: {reason}",
            reason = lock::message(lock)
        ),
    }
}

pub(super) fn steps(error: &StoreError) -> Vec<NextStep> {
    match error {
        StoreError::Read { .. } | StoreError::Write { .. } | StoreError::Lock { .. } => {
            say(text!("step.store.permissions", "Check the permissions of the file and of its folder."))
        }
        StoreError::Invalid { .. } | StoreError::Foreign { .. } | StoreError::WrongType { .. } => {
            say(text!("step.store.correct", "Correct the file, or restore it from a backup."))
        }
        StoreError::OldVersion { .. } => say(text!(
            "step.store.old-version",
            "Start the official connector 2026.6 once, which brings the file to version 8. Or move the file away, sign in and set the directory up again."
        )),
        StoreError::TooOld { .. } => say(text!(
            "step.store.too-old",
            "Move the file away, then sign in and set the directory up again."
        )),
        StoreError::Settings { .. } => say(text!(
            "step.store.settings",
            "Correct the line in `connector.toml`; a missing file or key means the default."
        )),
        StoreError::Held { .. } => say(text!(
            "step.store.held",
            "Try again when that program has ended. If none is running, remove the folder that is named."
        )),
        StoreError::LockLost { .. } => say(text!("step.try-again", "Try again.")),
        StoreError::Busy(lock) => lock::steps(lock),
    }
}

pub(super) fn of_ledger(error: &LedgerError) -> String {
    match error {
        LedgerError::Network { folder, kind } => text!(
            "error.ledger.network",
            "`{folder}` is on a network file system ({kind}), where a database can be damaged.",
            folder = folder.display().to_string(),
            kind
        ),
        LedgerError::Newer { version, known } => text!(
            "error.ledger.newer",
            "`connector.db` was written by a newer version of this program (version {version} of the file; this program knows {known}).",
            version,
            known
        ),
        LedgerError::File { path, source } => because(
            text!("error.ledger.file", "Cannot open `{path}`", path = path.display().to_string()),
            Some(source),
        ),
        LedgerError::Database(source) => {
            because(text!("error.ledger.database", "Cannot read or write `connector.db`"), Some(source))
        }
        LedgerError::Lease(error) => of_lease(error),
        LedgerError::Request { intent, source } => because(
            text!(
                "error.ledger.request",
                "Request {intent} in the journal of `connector.db` cannot be read",
                intent
            ),
            Some(source),
        ),
        LedgerError::Twice { external_id } => text!(
            "error.ledger.twice",
            "`{external_id}` is in the new state of the ledger twice.",
            external_id = external_id.as_str()
        ),
        LedgerError::NoSuchIntent { intent } => {
            text!("error.ledger.no-intent", "The journal of `connector.db` has no request {intent}.", intent)
        }
        LedgerError::NoSuchRun { run } => {
            text!("error.ledger.no-run", "Run {run} in `connector.db` is not in progress.", run)
        }
    }
}

/// Why there is no lease.
pub(super) fn of_lease(error: &LeaseError) -> String {
    match error {
        LeaseError::Held { who } => {
            text!("error.lease.held", "Another machine has the lease and syncs: {who}.", who)
        }
        LeaseError::Lost => text!(
            "error.lease.lost",
            "The lease was lost, so another machine may be syncing. Nothing more was sent from here."
        ),
        LeaseError::Address { reason } => {
            text!("error.lease.address", "The setting `lease.database` {reason}.", reason)
        }
        LeaseError::Secret { reason } => {
            text!("error.lease.secret", "The secret `lease.password` cannot be read: {reason}.", reason)
        }
        LeaseError::Database { reason } => text!(
            "error.lease.database",
            "The database of the lease cannot be asked, so nothing is synced from here: {reason}.",
            reason
        ),
        LeaseError::Newer { version, known } => text!(
            "error.lease.newer",
            "The ledger in the lease database was written by a newer version of this program (version {version}; this program knows {known}).",
            version,
            known
        ),
        LeaseError::Unreadable { reason } => {
            text!(
                "error.lease.unreadable",
                "The ledger in the lease database cannot be read: {reason}.",
                reason
            )
        }
    }
}

pub(super) fn lease_steps(error: &LeaseError) -> Vec<NextStep> {
    match error {
        LeaseError::Held { .. } => {
            say(text!("step.lease.held", "Run the command there, or stop the service on that machine first."))
        }
        LeaseError::Lost => say(text!("step.lease.lost", "The machine that has the lease goes on.")),
        LeaseError::Address { .. } => vec![NextStep::from(crate::Step::change("lease.database"))],
        LeaseError::Secret { .. } | LeaseError::Database { .. } | LeaseError::Unreadable { .. } => {
            say(text!(
                "step.lease.database",
                "Check that the database runs, and `lease.database`, `lease.ca-path` and the secret `lease.password`."
            ))
        }
        LeaseError::Newer { .. } => {
            say(text!("step.lease.newer", "Update the program on this machine as well."))
        }
    }
}

pub(super) fn ledger_steps(error: &LedgerError) -> Vec<NextStep> {
    match error {
        LedgerError::Network { .. } => say(text!(
            "step.ledger.network",
            "Keep the data folder on a local disk, for example with `BITWARDENCLI_CONNECTOR_APPDATA_DIR`."
        )),
        LedgerError::Newer { .. } => {
            say(text!("step.ledger.newer", "Install the version that wrote the file, or a later one."))
        }
        LedgerError::Lease(error) => lease_steps(error),
        LedgerError::File { .. } | LedgerError::Database(_) => say(text!(
            "step.ledger.file",
            "Check the file `connector.db` in the profile's folder, its permissions, and the free space on the disk."
        )),
        LedgerError::Request { .. }
        | LedgerError::Twice { .. }
        | LedgerError::NoSuchIntent { .. }
        | LedgerError::NoSuchRun { .. } => {
            say(text!("step.fault-of-ours", "This is a fault of the program: please report it."))
        }
    }
}
