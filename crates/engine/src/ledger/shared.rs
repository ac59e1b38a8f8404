//! What we last wrote into `data.json` for the official connector: a difference later is another program's work.

use super::{Ledger, LedgerError};
use bwdc_core::names::Timestamp;
use rusqlite::OptionalExtension;

/// The marks of the last sync in `data.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedMarks {
    /// `lastUserSync`.
    pub users: Option<Timestamp>,
    /// `lastGroupSync`.
    pub groups: Option<Timestamp>,
    /// `lastSyncHash`.
    pub hash: Option<String>,
}

impl Ledger {
    /// The marks as of our last run; None: no run of ours has written any.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn shared_marks(&self) -> Result<Option<SharedMarks>, LedgerError> {
        let row =
            self.connection.query_row("SELECT users_at, groups_at, hash FROM shared_marks", [], |row| {
                Ok(SharedMarks {
                    users: row.get::<_, Option<i64>>(0)?.map(Timestamp),
                    groups: row.get::<_, Option<i64>>(1)?.map(Timestamp),
                    hash: row.get(2)?,
                })
            });
        Ok(row.optional()?)
    }

    /// Notes the marks that `data.json` holds at the end of a run.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn note_shared_marks(&mut self, marks: &SharedMarks) -> Result<(), LedgerError> {
        self.connection.execute(
            "INSERT OR REPLACE INTO shared_marks (only, users_at, groups_at, hash) VALUES (1, ?1, ?2, ?3)",
            (marks.users.map(|it| it.0), marks.groups.map(|it| it.0), &marks.hash),
        )?;
        Ok(())
    }
}
