//! What the last runs come to: for schedules, for status, for whoever is to hear of failures.

use super::{Ledger, LedgerError, RunId, RunOutcome, RunRecord};
use bwdc_core::names::Timestamp;
use bwdc_core::plan::ApprovalScope;
use rusqlite::OptionalExtension as _;

/// The name under which the counts of a run say that it read everything.
pub(crate) const FULL_READ: &str = "fullRead";
/// The name under which they say how many people and groups were sent although nothing was known to differ.
pub const SENT_AGAIN: &str = "sentAgain";
/// The name under which they say how many people and groups the server did not take.
pub(crate) const NOT_TAKEN: &str = "notTaken";
/// The name under which they say how many limits held a part of it back.
pub(crate) const HELD_BACK: &str = "heldBack";

/// The name under which they say that the organization was read back and was as planned.
pub(crate) const VERIFIED: &str = "verified";
/// The name under which they say that nobody could read it back.
pub(crate) const NOT_VERIFIED: &str = "notVerified";

/// More runs than a day has at the smallest interval.
const OF_A_DAY: u32 = 400;

/// What the last runs come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The last run that ended.
    pub last: Option<RunRecord>,
    /// When the last run began, whether or not it has ended.
    pub last_start: Option<Timestamp>,
    /// When the first run that is remembered began; only looked for where none did what it should.
    pub first_start: Option<Timestamp>,
    /// When the last run began that did what it should.
    pub last_success: Option<Timestamp>,
    /// When the last one of those began that read everything.
    pub last_full: Option<Timestamp>,
    /// Runs that failed since the last one that did not.
    pub failures: u32,
    /// Whether a person asked for one that did what it should.
    pub by_person: bool,
}

impl Tally {
    /// Of these runs, newest first.
    pub fn of(runs: &[RunRecord]) -> Self {
        let ended = || runs.iter().filter(|it| it.outcome.is_some());
        let mut done = runs.iter().filter(|it| it.is_success());
        let judged = ended().filter(|it| it.outcome != Some(RunOutcome::Interrupted));
        let failed = judged.take_while(|it| it.is_failure()).count();
        Self {
            last: ended().next().cloned(),
            last_start: runs.first().map(|it| it.started_at),
            last_full: done.clone().find(|it| it.counts.contains_key(FULL_READ)).map(|it| it.started_at),
            first_start: runs.last().map(|it| it.started_at),
            by_person: done.clone().any(|it| !it.trigger.scheduled),
            last_success: done.next().map(|it| it.started_at),
            failures: u32::try_from(failed).unwrap_or(u32::MAX),
        }
    }
}

impl RunRecord {
    /// Whether it did what it should: also when the server did not take single people or groups.
    pub fn is_success(&self) -> bool {
        match self.outcome {
            Some(RunOutcome::Complete | RunOutcome::Unchanged) => true,
            Some(RunOutcome::Partial) => self.is_partly_refused() && !self.is_refused(),
            _ => false,
        }
    }

    /// Whether it did not do what it should, and nobody decided so.
    pub fn is_failure(&self) -> bool {
        match self.outcome {
            Some(RunOutcome::Failed) => true,
            Some(RunOutcome::Partial) => !self.is_partly_refused() && !self.is_refused(),
            _ => false,
        }
    }

    /// Whether the limits, or a rule, stopped it or held a part of it back.
    pub fn is_refused(&self) -> bool {
        match self.outcome {
            Some(RunOutcome::Refused) => true,
            Some(RunOutcome::Partial) => self.counts.contains_key(HELD_BACK),
            _ => false,
        }
    }

    /// Whether it did everything but for single people or groups that the server did not take.
    pub fn is_partly_refused(&self) -> bool {
        self.outcome == Some(RunOutcome::Partial) && self.counts.contains_key(NOT_TAKEN)
    }
}

impl Ledger {
    /// What the last runs come to.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read.
    pub fn tally(&self) -> Result<Tally, LedgerError> {
        let tally = Tally::of(&self.runs(OF_A_DAY)?);
        if tally.last_success.is_some() && tally.by_person {
            return Ok(tally);
        }
        Ok(Tally::of(&self.runs(u32::MAX)?))
    }

    /// How many people and groups are managed.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn sizes(&self) -> Result<(u64, u64), LedgerError> {
        let sql = "SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM groups)";
        let count = |it: i64| u64::try_from(it).unwrap_or_default();
        Ok(self.connection.query_row(sql, [], |row| Ok((count(row.get(0)?), count(row.get(1)?))))?)
    }

    /// What a refused run would have taken; None where no approval would let it pass, or one was given.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn waits_for_approval(&self, run: RunId) -> Result<Option<ApprovalScope>, LedgerError> {
        let sql = "SELECT takings FROM quarantine WHERE run = ?1 AND approved_at IS NULL";
        let text: Option<String> = self.connection.query_row(sql, [run.0], |row| row.get(0)).optional()?;
        let scope = text.and_then(|it| serde_json::from_str::<ApprovalScope>(&it).ok());
        Ok(scope.filter(|it| *it != ApprovalScope::default()))
    }

    /// Writes down, with a refused run, who approved it.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn note_approver(&mut self, run: RunId, by: &str, now: Timestamp) -> Result<(), LedgerError> {
        let cause = serde_json::json!({ "cause": "approved", "at": crate::clock::to_iso(now) }).to_string();
        self.connection.execute(
            "INSERT INTO actions (run, sequence, action, subject, cause)
             SELECT ?1, 1 + coalesce(max(sequence), -1), ?2, ?3, ?4 FROM actions WHERE run = ?1",
            (run.0, APPROVED, by, cause),
        )?;
        Ok(())
    }
}

/// The word in history for an approval; its subject is whoever gave it.
const APPROVED: &str = "approved";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Counts, FrontEnd, Trigger};

    fn run(id: i64, outcome: Option<RunOutcome>, counts: &[&str]) -> RunRecord {
        RunRecord {
            id: RunId(id),
            trigger: Trigger { by: FrontEnd::Service, scheduled: true },
            started_at: Timestamp(id * 10),
            finished_at: outcome.map(|_| Timestamp(id * 10 + 1)),
            outcome,
            counts: counts.iter().map(|it| ((*it).to_owned(), 1)).collect::<Counts>(),
        }
    }

    #[test]
    fn failures_count_back_to_the_last_run_that_was_none() {
        use RunOutcome::{Complete, Failed, Interrupted, Partial, Refused};
        let runs = [
            run(9, None, &[]),
            run(8, Some(Failed), &[]),
            run(7, Some(Interrupted), &[]),
            run(6, Some(Partial), &[]),
            run(5, Some(Refused), &[]),
            run(4, Some(Failed), &[]),
            run(3, Some(Partial), &[NOT_TAKEN]),
            run(2, Some(Complete), &[FULL_READ]),
        ];
        let tally = Tally::of(&runs);
        assert_eq!(
            tally.failures, 2,
            "an interrupted run neither counts nor ends the count, a refused one ends it"
        );
        assert_eq!(tally.last.as_ref().map(|it| it.id), Some(RunId(8)));
        assert_eq!((tally.last_start, tally.last_success), (Some(Timestamp(90)), Some(Timestamp(30))));
        assert_eq!(tally.last_full, Some(Timestamp(20)));
        assert!(!tally.by_person);
    }

    #[test]
    fn a_run_that_was_held_back_is_none_that_did_what_it_should_also_where_single_people_were_refused() {
        let both = run(1, Some(RunOutcome::Partial), &[NOT_TAKEN, HELD_BACK]);
        assert!(both.is_refused() && both.is_partly_refused());
        assert!(!both.is_success() && !both.is_failure(), "it waits for a person");
    }

    #[test]
    fn a_run_that_a_person_asked_for_counts_as_agreed_to_once_it_did_what_it_should() {
        let asked = Trigger::asked(FrontEnd::Command);
        let failed = RunRecord { trigger: asked, ..run(1, Some(RunOutcome::Failed), &[]) };
        assert!(!Tally::of(std::slice::from_ref(&failed)).by_person);
        let done = RunRecord { trigger: asked, ..run(1, Some(RunOutcome::Unchanged), &[]) };
        assert!(Tally::of(&[failed, done]).by_person);
    }
}
