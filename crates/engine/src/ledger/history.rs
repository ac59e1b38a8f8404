//! Runs and what each of them did, kept for a year.

use super::quarantine::{APPROVAL, TAKEN};
use super::schema;
use super::{Ledger, LedgerError};
use crate::failpoint::hit;
use bwdc_core::names::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// A day in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;
/// How long runs are kept unless told otherwise, in days: one year.
pub(super) const RETENTION: u32 = 366;

/// The number of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub i64);

/// Where somebody asked for a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FrontEnd {
    /// The command line.
    #[default]
    Command,
    /// The console UI.
    Console,
    /// The desktop app.
    Desktop,
    /// The background service.
    Service,
}

impl FrontEnd {
    const ALL: [Self; 4] = [Self::Command, Self::Console, Self::Desktop, Self::Service];

    /// The front end in one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Console => "console",
            Self::Desktop => "desktop",
            Self::Service => "service",
        }
    }
}

/// What started a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trigger {
    /// Where it was asked for.
    pub by: FrontEnd,
    /// Whether a schedule made it due; else somebody asked.
    pub scheduled: bool,
}

impl Trigger {
    /// Somebody at this front end.
    pub fn asked(by: FrontEnd) -> Self {
        Self { by, scheduled: false }
    }

    fn text(self) -> String {
        format!("{}{}", self.by.name(), if self.scheduled { SCHEDULED } else { "" })
    }

    /// Reads what was written down. The word `schedule` alone is what versions before front ends wrote for their service.
    pub fn read(text: &str) -> Option<Self> {
        if text == SCHEDULED.trim_start() {
            return Some(Self { by: FrontEnd::Service, scheduled: true });
        }
        let (name, scheduled) = text.strip_suffix(SCHEDULED).map_or((text, false), |name| (name, true));
        let by = FrontEnd::ALL.into_iter().find(|it| it.name() == name)?;
        Some(Self { by, scheduled })
    }
}

/// What follows the front end's name where a schedule made a run due.
const SCHEDULED: &str = " schedule";

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// Everything that was planned was accepted.
    Complete,
    /// There was nothing to send.
    Unchanged,
    /// Some of what was planned was not accepted.
    Partial,
    /// The limits stopped it before anything was sent.
    Refused,
    /// An error ended it.
    Failed,
    /// It was asked to end, or its process ended, in the middle of it.
    Interrupted,
}

impl RunOutcome {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Complete, Self::Unchanged, Self::Partial, Self::Refused, Self::Failed, Self::Interrupted];

    /// The outcome in one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Unchanged => "unchanged",
            Self::Partial => "partial",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Numbers of a run by name, such as `removed`.
pub type Counts = BTreeMap<String, u64>;

/// The word for why nothing was sent; its cause is the refusal.
pub(crate) const REFUSED: &str = "refused";
/// The word for what ended a run; its cause holds the error.
pub(crate) const FAILED: &str = "failed";

/// One thing that a run did, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedAction {
    /// What was done, in one word.
    pub action: String,
    /// To whom or what: an address or a group's name.
    pub subject: String,
    /// Why, in the shape that the plan gave it.
    pub cause: Value,
}

/// How a run ended, to be recorded.
#[derive(Clone, Debug)]
pub struct Ending<'a> {
    /// When.
    pub finished_at: Timestamp,
    /// How.
    pub outcome: RunOutcome,
    /// Numbers for people.
    pub counts: &'a Counts,
    /// Everything that was done, in order.
    pub actions: &'a [RecordedAction],
}

/// One run as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// Its number.
    pub id: RunId,
    /// What started it.
    pub trigger: Trigger,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; None while it goes on.
    pub finished_at: Option<Timestamp>,
    /// How it ended; None while it goes on, or when its process was killed and no run has followed.
    pub outcome: Option<RunOutcome>,
    /// Numbers for people.
    pub counts: Counts,
}

impl Ledger {
    /// Begins a run. Earlier runs without an end are marked as interrupted: the caller holds the profile's run lock.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn begin_run(&mut self, now: Timestamp, trigger: Trigger) -> Result<RunId, LedgerError> {
        hit("ledger.begin.before");
        let transaction = self.writing()?;
        transaction.execute(
            "UPDATE runs SET outcome = ?1 WHERE outcome IS NULL",
            [RunOutcome::Interrupted.name()],
        )?;
        transaction
            .execute("INSERT INTO runs (kind, started_at) VALUES (?1, ?2)", (trigger.text(), now.0))?;
        let run = RunId(transaction.last_insert_rowid());
        transaction.commit()?;
        hit("ledger.begin.after");
        Ok(run)
    }

    /// For how many days runs are kept.
    pub fn keep_runs_for(&mut self, days: u32) {
        self.retention = days;
    }

    /// Forgets runs that began before a point in time, with everything that they did; None: all of them. What the limits
    /// still count of a run stays, without names of what was done besides; so does a run whose requests are still open.
    /// Returns how many runs are forgotten. No trace is left in the file.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn forget_runs(&mut self, before: Option<Timestamp>) -> Result<usize, LedgerError> {
        let before = before.map_or(i64::MAX, |it| it.0);
        let transaction = self.writing()?;
        let forgotten = forget(&transaction, before, None, Timestamp(i64::MIN))?;
        transaction.commit()?;
        self.connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")?;
        Ok(forgotten)
    }

    /// The latest runs, newest first.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read.
    pub fn runs(&self, most: u32) -> Result<Vec<RunRecord>, LedgerError> {
        self.runs_by("ORDER BY id DESC LIMIT ?1", i64::from(most))
    }

    /// The runs after one, oldest first; None: all of them.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read.
    pub fn runs_after(&self, run: Option<RunId>) -> Result<Vec<RunRecord>, LedgerError> {
        self.runs_by("WHERE id > ?1 ORDER BY id", run.map_or(0, |it| it.0))
    }

    /// The number of the last run that ever began here, whether or not it is remembered.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn last_number(&self) -> Result<Option<RunId>, LedgerError> {
        let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'runs'";
        Ok(self.connection.query_row(sql, [], |row| row.get(0)).optional()?.map(RunId))
    }

    fn runs_by(&self, which: &str, number: i64) -> Result<Vec<RunRecord>, LedgerError> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT id, kind, started_at, finished_at, outcome, counts FROM runs {which}"
        ))?;
        let runs = statement.query_map([number], |row| {
            Ok(RunRecord {
                id: RunId(row.get(0)?),
                trigger: Trigger::read(&row.get::<_, String>(1)?).unwrap_or_default(),
                started_at: Timestamp(row.get(2)?),
                finished_at: row.get::<_, Option<i64>>(3)?.map(Timestamp),
                outcome: known(row, 4, &RunOutcome::ALL, RunOutcome::name)?,
                counts: json(row, 5)?,
            })
        })?;
        Ok(runs.collect::<Result<_, _>>()?)
    }

    /// The address of each managed person, by external id.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read.
    pub fn addresses_by_id(&self) -> Result<HashMap<String, String>, LedgerError> {
        let mut statement = self.connection.prepare(
            "SELECT text, email FROM people JOIN external_ids ON external_ids.id = people.external_id",
        )?;
        let addresses = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(addresses.collect::<Result<_, _>>()?)
    }

    /// The name of each managed group, by external id.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read.
    pub fn group_names_by_id(&self) -> Result<HashMap<String, String>, LedgerError> {
        let mut statement = self.connection.prepare("SELECT external_id, name FROM groups")?;
        let names = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(names.collect::<Result<_, _>>()?)
    }

    /// When something that is done once a day was last done; None: it never was.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn last_time(&self, what: &str) -> Result<Option<Timestamp>, LedgerError> {
        Ok(schema::fact(&self.connection, what)?.map(Timestamp))
    }

    /// Writes down that it was done.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn note_time(&mut self, what: &str, now: Timestamp) -> Result<(), LedgerError> {
        schema::set_fact(&self.connection, what, now.0)
    }

    /// What a run did, in its order; empty for a run that is not remembered.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn actions(&self, run: RunId) -> Result<Vec<RecordedAction>, LedgerError> {
        let mut statement = self
            .connection
            .prepare("SELECT action, subject, cause FROM actions WHERE run = ?1 ORDER BY sequence")?;
        let actions = statement.query_map([run.0], |row| {
            Ok(RecordedAction { action: row.get(0)?, subject: row.get(1)?, cause: json(row, 2)? })
        })?;
        Ok(actions.collect::<Result<_, _>>()?)
    }
}

/// Forgets what runs did that began before a point in time, and the runs but for one; those stay of which the limits, an
/// approval or the journal still know as of `now`. Returns how many runs are forgotten.
fn forget(
    connection: &Connection,
    before: i64,
    but_for: Option<RunId>,
    now: Timestamp,
) -> Result<usize, LedgerError> {
    let but_for = but_for.map(|it| it.0);
    connection.execute(
        "DELETE FROM actions WHERE run IS NOT ?2 AND run IN (SELECT id FROM runs WHERE started_at < ?1)",
        (before, but_for),
    )?;
    Ok(connection.execute(
        "DELETE FROM runs WHERE started_at < ?1 AND id IS NOT ?2 AND id NOT IN
         (SELECT run FROM intents WHERE request IS NOT NULL
          UNION SELECT run FROM taken WHERE at >= ?3
          UNION SELECT run FROM quarantine WHERE approved_at >= ?4)",
        (before, but_for, now.0.saturating_sub(TAKEN), now.0.saturating_sub(APPROVAL)),
    )?)
}

/// Closes a run, and forgets runs older than the retention, in days.
pub(super) fn close(
    connection: &Connection,
    run: RunId,
    ending: &Ending<'_>,
    retention: u32,
) -> Result<(), LedgerError> {
    let counts = serde_json::to_string(ending.counts).expect("names and numbers are JSON");
    let changed = connection.execute(
        "UPDATE runs SET finished_at = ?2, outcome = ?3, counts = ?4 WHERE id = ?1 AND finished_at IS NULL",
        (run.0, ending.finished_at.0, ending.outcome.name(), counts),
    )?;
    if changed == 0 {
        return Err(LedgerError::NoSuchRun { run: run.0 });
    }
    let mut insert = connection.prepare("INSERT INTO actions VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (action, sequence) in ending.actions.iter().zip(0_i64..) {
        insert.execute((run.0, sequence, &action.action, &action.subject, action.cause.to_string()))?;
    }
    let kept_since = ending.finished_at.0.saturating_sub(i64::from(retention) * DAY);
    forget(connection, kept_since, Some(run), ending.finished_at)?;
    Ok(())
}

fn known<T: Copy>(
    row: &Row<'_>,
    column: usize,
    all: &[T],
    text: impl Fn(T) -> &'static str,
) -> rusqlite::Result<Option<T>> {
    let stored: Option<String> = row.get(column)?;
    Ok(all.iter().copied().find(|it| Some(text(*it)) == stored.as_deref()))
}

fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_started_a_run_is_read_back_and_so_is_what_older_versions_wrote() {
        for by in FrontEnd::ALL {
            for scheduled in [false, true] {
                let trigger = Trigger { by, scheduled };
                assert_eq!(Trigger::read(&trigger.text()), Some(trigger));
            }
        }
        let scheduled = Trigger { by: FrontEnd::Service, scheduled: true };
        assert_eq!(Trigger::read("command"), Some(Trigger::default()));
        assert_eq!(Trigger::read("schedule"), Some(scheduled));
        assert_eq!(Trigger::read("another"), None);
    }
}
