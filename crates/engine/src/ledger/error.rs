//! Why the ledger cannot be read or written.

use crate::lease::LeaseError;
use bwdc_core::names::ExternalId;
use rusqlite::ErrorCode;
use std::cell::RefCell;
use std::io;
use std::path::PathBuf;

/// Why the ledger cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The folder is on a network file system.
    #[error(
        "`{}` is on a network file system ({kind}), where a database can be damaged: keep the data folder on a local disk, for example with `BITWARDENCLI_CONNECTOR_APPDATA_DIR`",
        folder.display()
    )]
    Network {
        /// The folder.
        folder: PathBuf,
        /// The kind of file system.
        kind: String,
    },
    /// A later version of this program made the file.
    #[error(
        "`connector.db` was written by a newer version of this program (version {version} of the file, this program knows {known}): install that version again"
    )]
    Newer {
        /// The file's version.
        version: i32,
        /// The latest version that we read.
        known: i32,
    },
    /// The file, or its folder, cannot be opened, made or moved.
    #[error("cannot open `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The database says no.
    #[error("cannot read or write `connector.db`")]
    Database(#[source] rusqlite::Error),
    /// The lease is another machine's, or was lost: nothing was written.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// A request in the journal has a shape that we do not know.
    #[error("request {intent} in the journal of `connector.db` cannot be read")]
    Request {
        /// Its number.
        intent: i64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A state names the same person or group twice.
    #[error("`{external_id}` is in the ledger's new state twice")]
    Twice {
        /// The id.
        external_id: ExternalId,
    },
    /// There is no such intent.
    #[error("the journal has no request {intent}")]
    NoSuchIntent {
        /// The number asked for.
        intent: i64,
    },
    /// There is no such run, or it has ended.
    #[error("run {run} is not going on")]
    NoSuchRun {
        /// The number asked for.
        run: i64,
    },
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        refusal(&error).map_or_else(|| Self::Database(error), Self::Lease)
    }
}

impl LedgerError {
    /// Whether the file is not a database, or a damaged one.
    pub(super) fn is_damage(&self) -> bool {
        let Self::Database(error) = self else { return false };
        matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::SchemaChanged)
        )
    }
}

thread_local! {
    /// Why the database of the lease did not take a commit of this thread.
    static REFUSED: RefCell<Option<LeaseError>> = const { RefCell::new(None) };
}

/// Notes why a commit of this thread is refused: the hook that refuses it cannot say so.
pub(super) fn note_refusal(error: LeaseError) {
    REFUSED.set(Some(error));
}

fn refusal(error: &rusqlite::Error) -> Option<LeaseError> {
    /// `SQLITE_CONSTRAINT_COMMITHOOK`
    const BY_HOOK: i32 = 531;
    let by_hook = error.sqlite_error().is_some_and(|it| it.extended_code == BY_HOOK);
    by_hook.then(|| REFUSED.take().unwrap_or(LeaseError::Lost))
}
