//! Requests, written down before they are sent.
//!
//! An intent is open as long as its request is kept. The request of a closed one is dropped: it holds a directory, and
//! nobody will ask for it again.

use super::{Ledger, LedgerError, RunId};
use crate::failpoint::hit;
use bwdc_core::ledger::{Intent, IntentId, IntentState};
use bwdc_core::names::Timestamp;
use bwdc_core::wire::Request;
use rusqlite::Connection;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The organization said yes.
    Accepted,
    /// The organization said no: nothing changed there.
    Refused,
    /// No answer: it may or may not have been carried out.
    Unknown,
}

impl Ledger {
    /// Writes down what is about to be sent; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`LedgerError`]; the request must then not be sent.
    pub fn intend(&mut self, run: RunId, request: &Request, now: Timestamp) -> Result<IntentId, LedgerError> {
        hit("ledger.intend.before");
        let text = serde_json::to_string(request).expect("a request has string keys and no floats");
        let id = self.connection.query_row(
            "INSERT INTO intents (run, sequence, state, intended_at, request)
             VALUES (?1, (SELECT count(*) FROM intents WHERE run = ?1), 'intended', ?2, ?3) RETURNING id",
            (run.0, now.0, text),
            |row| row.get(0).map(IntentId),
        )?;
        hit("ledger.intend.after");
        Ok(id)
    }

    /// Notes what became of a request: of this run, or of an earlier one that was looked up in the organization.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchIntent`], or why it cannot be written.
    pub fn resolve(&mut self, intent: IntentId, outcome: Outcome, now: Timestamp) -> Result<(), LedgerError> {
        let state = match outcome {
            Outcome::Accepted => "accepted",
            Outcome::Refused => "refused",
            Outcome::Unknown => "unknown",
        };
        hit("ledger.resolve.before");
        let changed = self.connection.execute(
            "UPDATE intents SET state = ?2, resolved_at = ?3 WHERE id = ?1",
            (intent.0, state, now.0),
        )?;
        hit("ledger.resolve.after");
        if changed == 0 { Err(LedgerError::NoSuchIntent { intent: intent.0 }) } else { Ok(()) }
    }
}

/// The intents that no run has accounted for, in the order in which they were written.
pub(super) fn read_open(connection: &Connection) -> Result<Vec<Intent>, LedgerError> {
    let mut statement = connection.prepare(
        "SELECT id, state, intended_at, request FROM intents WHERE request IS NOT NULL ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    let mut intents = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        let state: String = row.get(1)?;
        let request: String = row.get(3)?;
        intents.push(Intent {
            id: IntentId(id),
            state: match state.as_str() {
                "accepted" => IntentState::Accepted,
                "refused" => IntentState::Refused,
                "unknown" => IntentState::Unknown,
                _ => IntentState::Intended,
            },
            intended_at: Timestamp(row.get(2)?),
            request: serde_json::from_str(&request)
                .map_err(|source| LedgerError::Request { intent: id, source })?,
        });
    }
    Ok(intents)
}

/// Closes the intents of earlier runs, and those of this run that were answered. What this run sent without an answer
/// stays open for the next one.
pub(super) fn close(connection: &Connection, run: RunId) -> Result<(), LedgerError> {
    connection.execute(
        "UPDATE intents SET request = NULL
         WHERE request IS NOT NULL AND (run < ?1 OR state IN ('accepted', 'refused'))",
        [run.0],
    )?;
    Ok(())
}
