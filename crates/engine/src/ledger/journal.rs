//! Requests, written down before they are sent.
//!
//! An intent is open as long as its request is kept. The request of a closed one is dropped: it holds a directory, and
//! nobody will ask for it again.

use super::schema::{fact, set_fact};
use super::{Ledger, LedgerError, RunId};
use crate::failpoint::hit;
use bwdc_core::import::ImportPace;
use bwdc_core::ledger::{Intent, IntentId, IntentState, LedgerState};
use bwdc_core::names::{ExternalId, Timestamp};
use bwdc_core::wire::Request;
use rusqlite::Connection;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The organization said yes.
    Accepted,
    /// The organization said no: nothing changed there.
    Refused,
    /// No answer: it may or may not have been carried out, and may still be.
    Unknown,
    /// It failed, and the organization is done with it: a part may have been carried out.
    Over,
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

    /// Notes that a request goes out later than it was written down.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub(crate) fn postpone(&mut self, intent: IntentId, until: Timestamp) -> Result<(), LedgerError> {
        let time = (intent.0, until.0);
        self.connection.execute("UPDATE intents SET intended_at = ?2 WHERE id = ?1", time)?;
        Ok(())
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
            Outcome::Over => "over",
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

/// Until when an import that was forgotten with the ledger may still be under way.
const IMPORT_UNTIL: &str = "import_until";
/// How fast the server imports, in thousandths of the guess.
const IMPORT_PACE: &str = "import_pace";
/// How many newcomers fitted when there were too few seats.
const SEATS_FITTED: &str = "seats_fitted";
/// How many seconds the last import took that overwrites.
const WHOLE_IMPORT: &str = "whole_import_seconds";

impl Ledger {
    /// Remembers how fast the server imports, in thousandths of the guess.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub(crate) fn note_import_pace(&mut self, thousandths: u64) -> Result<(), LedgerError> {
        set_fact(&self.connection, IMPORT_PACE, i64::try_from(thousandths).unwrap_or(i64::MAX))
    }

    /// How fast the server imports; as guessed where no import has shown it.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub(crate) fn import_pace(&self) -> Result<ImportPace, LedgerError> {
        let noted = fact(&self.connection, IMPORT_PACE)?.and_then(|it| u64::try_from(it).ok());
        Ok(noted.map_or_else(ImportPace::default, ImportPace::of_thousandths))
    }

    /// Remembers how many seconds an import took that overwrites.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub(crate) fn note_whole_import(&mut self, seconds: u64) -> Result<(), LedgerError> {
        set_fact(&self.connection, WHOLE_IMPORT, i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    /// How many seconds the last import took that overwrites; None: there was none.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub(crate) fn whole_import_seconds(&self) -> Result<Option<u64>, LedgerError> {
        Ok(fact(&self.connection, WHOLE_IMPORT)?.and_then(|it| u64::try_from(it).ok()))
    }

    /// Remembers how many newcomers fitted when there were too few seats.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub(crate) fn note_seats_fitted(&mut self, people: usize) -> Result<(), LedgerError> {
        set_fact(&self.connection, SEATS_FITTED, i64::try_from(people).unwrap_or(i64::MAX))
    }

    /// How many newcomers fitted the last time when there were too few seats.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub(crate) fn seats_fitted(&self) -> Result<Option<usize>, LedgerError> {
        Ok(fact(&self.connection, SEATS_FITTED)?.and_then(|it| usize::try_from(it).ok()))
    }

    /// External ids of people who wait for a seat, those first who wait for longest.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub(crate) fn waiting(&self) -> Result<Vec<ExternalId>, LedgerError> {
        super::refusals::read_waiting(&self.connection)
    }

    /// Requests that no run has accounted for, in the order in which they were written.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read.
    pub(crate) fn open_intents(&self) -> Result<Vec<Intent>, LedgerError> {
        read_open(&self.connection)
    }

    /// Until when an import may be under way of which nothing else is known any more; None: there is none.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub(crate) fn import_until(&self) -> Result<Option<Timestamp>, LedgerError> {
        Ok(fact(&self.connection, IMPORT_UNTIL)?.map(Timestamp))
    }
}

/// Until when the imports may be under way whose end nobody knows, for whoever forgets what they were.
pub(super) fn imports_until(connection: &Connection) -> Result<Option<i64>, LedgerError> {
    // A request that cannot be read must not keep anybody from clearing the ledger.
    let state =
        LedgerState { open_intents: read_open(connection).unwrap_or_default(), ..LedgerState::default() };
    let until =
        state.open_imports().map(|(intent, import)| intent.may_take_until(import, ImportPace::default()));
    let noted = fact(connection, IMPORT_UNTIL)?;
    Ok(until.map(|it| it.0).chain(noted).max())
}

/// Writes down what [`imports_until`] said.
pub(super) fn note_imports_until(connection: &Connection, until: Option<i64>) -> Result<(), LedgerError> {
    until.map_or(Ok(()), |until| set_fact(connection, IMPORT_UNTIL, until))
}

/// The intents that no run has accounted for, in the order in which they were written.
pub(super) fn read_open(connection: &Connection) -> Result<Vec<Intent>, LedgerError> {
    let mut statement = connection.prepare(
        "SELECT id, state, intended_at, request, resolved_at FROM intents WHERE request IS NOT NULL ORDER BY id",
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
                "over" => IntentState::Over,
                _ => IntentState::Intended,
            },
            intended_at: Timestamp(row.get(2)?),
            resolved_at: row.get::<_, Option<i64>>(4)?.map(Timestamp),
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
