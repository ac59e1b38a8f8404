//! What is done once a day: a digest of who joined and left, and a look at what expires.

use crate::clock::Clock;
use crate::history::HistoryError;
use crate::ledger::{Ledger, RecordedAction, RunOutcome, RunRecord};
use crate::lock::RunLock;
use crate::paths::Profile;
use bwdc_core::names::Timestamp;

/// What is done once a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Daily {
    /// A digest of who joined and left: the first one after a day.
    Digest,
    /// A look at certificates: the first one at once.
    Expiry,
}

/// Since when something that is done once a day is due; None: it is not. It counts as done from now on.
///
/// # Errors
/// Why the ledger cannot be written, or who holds it.
pub(crate) fn due_daily(
    profile: &Profile,
    clock: Clock,
    what: Daily,
) -> Result<Option<Timestamp>, HistoryError> {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let now = clock.now();
    let _run_lock = RunLock::acquire(profile, "run", now)?;
    if Ledger::open_to_read(&profile.connector_db)?.is_none() {
        return Ok(None);
    }
    let mut ledger = Ledger::open(&profile.connector_db, clock)?.into_ledger();
    let fact = match what {
        Daily::Digest => "digest_at",
        Daily::Expiry => "expiry_at",
    };
    let last = ledger.last_time(fact)?;
    // One in the future is of a clock that was set back.
    let due = last.is_none_or(|it| now.0 - it.0 >= DAY || it > now);
    if due {
        ledger.note_time(fact, now)?;
    }
    Ok(match (last, what) {
        (Some(last), _) => Some(last).filter(|_| due),
        (None, Daily::Digest) => None,
        (None, Daily::Expiry) => Some(now),
    })
}

/// Who joined and who left within a time, as the history tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// The time of the last one.
    pub since: Timestamp,
    /// Its own.
    pub until: Timestamp,
    /// How many runs there were.
    pub runs: usize,
    /// How many of them failed.
    pub failed: usize,
    /// Who was invited or got access back.
    pub joined: Vec<String>,
    /// Whose access was taken.
    pub left: Vec<String>,
}

/// Who joined and who left in runs that began within this time.
///
/// # Errors
/// Why the ledger cannot be read.
pub(crate) fn digest(profile: &Profile, since: Timestamp, until: Timestamp) -> Result<Digest, HistoryError> {
    const JOINED: [&str; 3] = ["invite", "stage", "restore"];
    const LEFT: [&str; 2] = ["revoke", "remove"];
    let mut digest = Digest { since, until, runs: 0, failed: 0, joined: Vec::new(), left: Vec::new() };
    let Some(ledger) = Ledger::open_to_read(&profile.connector_db)? else { return Ok(digest) };
    let within = |it: &RunRecord| it.started_at > since && it.started_at <= until;
    for run in ledger.runs(u32::MAX)?.iter().rev().filter(|it| within(it)) {
        digest.runs += 1;
        digest.failed += usize::from(run.is_failure());
        if !matches!(run.outcome, Some(RunOutcome::Complete | RunOutcome::Partial)) {
            continue;
        }
        for RecordedAction { action, subject, .. } in ledger.actions(run.id)? {
            if JOINED.contains(&action.as_str()) {
                digest.joined.push(subject);
            } else if LEFT.contains(&action.as_str()) {
                digest.left.push(subject);
            }
        }
    }
    Ok(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Counts, Ending, Trigger};
    use serde_json::json;

    const HOUR: i64 = 60 * 60 * 1000;

    fn run(ledger: &mut Ledger, at: i64, outcome: RunOutcome, actions: &[(&str, &str)]) {
        let action = |(action, subject): &(&str, &str)| RecordedAction {
            action: (*action).to_owned(),
            subject: (*subject).to_owned(),
            cause: json!({}),
        };
        let actions: Vec<RecordedAction> = actions.iter().map(action).collect();
        let id = ledger.begin_run(Timestamp(at), Trigger::default()).expect("begun");
        let (finished_at, counts) = (Timestamp(at + 1), Counts::new());
        let ending = Ending { finished_at, outcome, counts: &counts, actions: &actions };
        ledger.end_run(id, &ending).expect("ended");
    }

    #[test]
    fn a_day_has_one_digest_and_the_first_comes_after_a_day() {
        let folder = tempfile::tempdir().expect("a folder");
        let profile = Profile::new(folder.path());
        let due = |hour: i64| {
            let clock = Clock::Fixed(Timestamp(hour * HOUR));
            due_daily(&profile, clock, Daily::Digest).expect("told")
        };
        assert_eq!(due(0), None, "without a ledger nothing is due");
        drop(Ledger::open(&profile.connector_db, Clock::Fixed(Timestamp(0))).expect("a local disk"));
        assert_eq!((due(1), due(24)), (None, None));
        assert_eq!(due(25), Some(Timestamp(HOUR)));
        assert_eq!((due(25), due(48)), (None, None));
        assert_eq!(due(51), Some(Timestamp(25 * HOUR)), "nothing of the time between is left out");
        let expiry = due_daily(&profile, Clock::Fixed(Timestamp(HOUR)), Daily::Expiry).expect("told");
        assert!(expiry.is_some(), "certificates are looked at at once");
    }

    #[test]
    fn a_digest_names_who_joined_and_left_in_runs_that_did_something() {
        let folder = tempfile::tempdir().expect("a folder");
        let profile = Profile::new(folder.path());
        let clock = Clock::Fixed(Timestamp(0));
        let mut ledger = Ledger::open(&profile.connector_db, clock).expect("a local disk").into_ledger();
        run(&mut ledger, 1, RunOutcome::Complete, &[("invite", "before")]);
        run(&mut ledger, 5, RunOutcome::Complete, &[("invite", "ann"), ("changeMembers", "staff")]);
        run(&mut ledger, 6, RunOutcome::Failed, &[("invite", "ben")]);
        run(&mut ledger, 7, RunOutcome::Partial, &[("revoke", "eve"), ("restore", "cat")]);
        run(&mut ledger, 9, RunOutcome::Refused, &[("remove", "ann")]);
        let Digest { joined, left, runs, failed, .. } =
            digest(&profile, Timestamp(1), Timestamp(9)).expect("readable");
        assert_eq!((joined.join(" "), left.join(" ")), ("ann cat".to_owned(), "eve".to_owned()));
        assert_eq!((runs, failed), (4, 2));
    }
}
