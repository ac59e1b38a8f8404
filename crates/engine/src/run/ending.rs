//! How a run ends, whatever it came to: one place that writes, in one order.

use super::RunError;
use super::record::Record;
use super::remembered::shared_marks;
use crate::installation::Installation;
use crate::ledger::{Ledger, RunId, RunOutcome, Trigger};
use crate::secrets::SecretName;
use crate::store::{DataFile, SyncedKind};
use bwdc_core::ledger::LedgerState;
use bwdc_core::names::Timestamp;
use bwdc_core::plan::ApprovalScope;
use secrecy::SecretString;

/// What a run came to.
pub(super) struct Conclusion<T> {
    /// What history keeps of it.
    pub(super) record: Record,
    /// How it ended.
    pub(super) outcome: RunOutcome,
    /// What the ledger takes over; None: it stays as it was.
    pub(super) ledger: Option<LedgerState>,
    /// What an approval would cover, of a run that the limits refused.
    pub(super) quarantine: Option<ApprovalScope>,
    /// What `data.json` says of the last sync from now on.
    pub(super) times: Times,
    /// What whoever asked for the run is told.
    pub(super) result: Result<T, RunError>,
}

/// What `data.json` says of the last sync: the official connector goes by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Times {
    /// What it said before: nothing was about to be sent.
    Untouched,
    /// What it said before; the hash was taken out and comes back, for certainly nothing was sent.
    Restored(Option<String>),
    /// What it said before, which this run has seen: nothing was to be sent.
    Seen,
    /// Nothing: whoever goes on from here reads everything.
    Forgotten,
    /// That this run did everything; the hash where just the official request was sent.
    Noted {
        /// People were brought over.
        users: bool,
        /// Groups were brought over.
        groups: bool,
        /// The fingerprint of the request.
        hash: Option<String>,
    },
}

impl<T> Conclusion<T> {
    /// The end of a run that came to no plan, or to none that could be judged.
    pub(super) fn failed(mut record: Record, error: RunError) -> Self {
        record.failed(&error);
        Self {
            record,
            outcome: failure(&error),
            ledger: None,
            quarantine: None,
            times: Times::Untouched,
            result: Err(error),
        }
    }
}

/// The outcome that an error stands for, where nothing of the run is in the ledger.
pub(super) fn failure(error: &RunError) -> RunOutcome {
    match error {
        RunError::Cancelled => RunOutcome::Interrupted,
        RunError::Refused { .. } | RunError::PlanChanged { .. } | RunError::PlanOfAnother { .. } => {
            RunOutcome::Refused
        }
        _ => RunOutcome::Failed,
    }
}

/// The run that ends.
pub(super) struct Ended<'r> {
    pub(super) installation: &'r mut Installation,
    pub(super) ledger: &'r mut Ledger,
    /// Its number; None when nothing was about to be sent.
    pub(super) id: Option<RunId>,
    pub(super) started_at: Timestamp,
    pub(super) trigger: Trigger,
    /// The fingerprint of the settings that decided, of a run that the limits can refuse.
    pub(super) settings: Option<String>,
    /// What the organization gave to go on with.
    pub(super) token: Option<SecretString>,
    /// The same for the key of an observer.
    pub(super) observer_token: Option<SecretString>,
}

/// Writes the end of a run: 1. record and ledger, in one transaction; 2. times and hash in `data.json`; 3. the marks by which
/// our own times are known again; 4. the tokens.
///
/// Each is tried whatever became of the one before; times are not noted for what the ledger could not take over. The run's
/// own error goes before those of writing.
pub(super) fn conclude<T>(run: Ended<'_>, ending: Conclusion<T>) -> Result<T, RunError> {
    let Ended { installation, ledger, id, started_at, trigger, settings, token, observer_token } = run;
    let Conclusion { record, outcome, ledger: state, quarantine, times, result } = ending;
    let recorded = (|| -> Result<RunId, RunError> {
        let id = match id {
            Some(id) => id,
            None => ledger.begin_run(started_at, trigger)?,
        };
        if let Some(scope) = &quarantine {
            ledger.quarantine(id, scope, settings.as_deref())?;
        }
        let ending = record.ending(installation.now(), outcome);
        match &state {
            Some(state) => ledger.commit(id, state, &ending)?,
            None => ledger.end_run(id, &ending)?,
        }
        Ok(id)
    })();
    let number = recorded.as_ref().ok().copied();
    let times = match (&recorded, times) {
        (Err(_), Times::Noted { .. }) => Times::Forgotten,
        (_, times) => times,
    };
    let marked = times != Times::Untouched;
    let timed = write_times(installation, times, started_at);
    let noted = match marked {
        true => ledger.note_shared_marks(&shared_marks(installation)).map_err(RunError::from),
        false => Ok(()),
    };
    let mut keep = |name, token: Option<SecretString>| match token {
        Some(token) => installation.set_secret(name, &token).map_err(RunError::from),
        None => Ok(()),
    };
    let kept = keep(SecretName::AccessToken, token);
    let kept_too = keep(SecretName::ObserverToken, observer_token);
    let written = [recorded.map(drop), timed, noted, kept, kept_too].into_iter().filter_map(Result::err);
    match result {
        Ok(done) => written.into_iter().next().map_or(Ok(done), Err),
        Err(error) => {
            for other in written {
                tracing::error!(error = %other, "the end of the run could not be written in full");
            }
            Err(match number {
                Some(number) => error.of_run(number),
                None => error,
            })
        }
    }
}

fn write_times(installation: &mut Installation, times: Times, now: Timestamp) -> Result<(), RunError> {
    match times {
        Times::Untouched | Times::Seen | Times::Restored(None) => {}
        Times::Restored(Some(hash)) => {
            installation.update(|data| data.set_last_sync_hash(Some(&hash)))?;
        }
        Times::Forgotten => {
            installation.update(DataFile::clear_cache)?;
        }
        Times::Noted { users, groups, hash } => {
            installation.update(|data| {
                data.clear_sync_times();
                if users {
                    data.set_last_sync(SyncedKind::Users, Some(now));
                }
                if groups {
                    data.set_last_sync(SyncedKind::Groups, Some(now));
                }
                data.set_last_sync_hash(hash.as_deref());
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::installation::SetupError;
    use crate::paths::{Platform, ProcessEnvironment, Profile};
    use crate::secrets::SecretError;
    use bwdc_core::ledger::{ManagedPerson, Marks};
    use bwdc_core::names::{Email, ExternalId, SourceName};
    use tempfile::TempDir;

    const EARLIER: Timestamp = Timestamp(1_000);
    const NOW: Timestamp = Timestamp(1_795_180_720_171);

    /// An installation whose secrets are encrypted with a passphrase that this process was not given: none can be stored.
    fn installation(folder: &TempDir) -> Installation {
        let profile = Profile::new(folder.path());
        let open = |variables: &[(&str, &str)]| {
            let environment = ProcessEnvironment::new(Platform::Linux, None, variables.iter().copied());
            Installation::open(environment, profile.clone(), Clock::Fixed(NOW)).expect("readable")
        };
        let token = SecretString::from("of an earlier run");
        let mut before = open(&[("BWDC_SECRETS_PASSPHRASE", "correct horse")]);
        before.set_secret(SecretName::AccessToken, &token).expect("stored");
        before
            .update(|data| {
                data.set_last_sync(SyncedKind::Users, Some(EARLIER));
                data.set_last_sync_hash(Some("of an earlier run"));
            })
            .expect("written");
        open(&[])
    }

    fn ending(times: Times, result: Result<(), RunError>) -> Conclusion<()> {
        Conclusion {
            record: Record::of_changes(&[]),
            outcome: RunOutcome::Partial,
            ledger: None,
            quarantine: None,
            times,
            result,
        }
    }

    /// Ends a run, and tells what came of it: the answer, and what stands in `data.json` and the ledger.
    fn ended(change: impl FnOnce(&mut Conclusion<()>), times: Times, result: Result<(), RunError>) -> After {
        let folder = tempfile::tempdir().expect("a folder");
        let mut installation = installation(&folder);
        let path = folder.path().join("connector.db");
        let mut ledger = Ledger::open(&path, Clock::Fixed(NOW)).expect("a local disk").into_ledger();
        let mut ending = ending(times, result);
        change(&mut ending);
        let run = Ended {
            installation: &mut installation,
            ledger: &mut ledger,
            id: None,
            started_at: NOW,
            trigger: Trigger::default(),
            settings: None,
            token: Some(SecretString::from("of this run")),
            observer_token: None,
        };
        let answer = conclude(run, ending);
        let outcome = ledger.runs(1).expect("readable").first().and_then(|it| it.outcome);
        let marks = ledger.shared_marks().expect("readable");
        assert!(marks.is_none_or(|it| it == shared_marks(&installation)), "the marks are what stands there");
        let (users, hash) = {
            let data = installation.data();
            (data.last_sync(SyncedKind::Users), data.last_sync_hash().map(str::to_owned))
        };
        After { answer, outcome, users, hash }
    }

    struct After {
        answer: Result<(), RunError>,
        outcome: Option<RunOutcome>,
        users: Option<Timestamp>,
        hash: Option<String>,
    }

    #[test]
    fn a_secret_store_that_fails_neither_hides_the_runs_own_error_nor_keeps_the_rest_from_being_written() {
        let error = || RunError::NotTaken { left: 1, sent: 2 };
        let after = ended(|_| (), Times::Forgotten, Err(error()));
        assert!(matches!(after.answer, Err(RunError::NotTaken { left: 1, sent: 2 })), "{:?}", after.answer);
        assert_eq!((after.outcome, after.users, after.hash), (Some(RunOutcome::Partial), None, None));
    }

    #[test]
    fn a_run_that_did_everything_says_that_its_token_could_not_be_kept_and_is_on_record() {
        let times = Times::Noted { users: true, groups: false, hash: Some("of this run".to_owned()) };
        let after = ended(|it| it.outcome = RunOutcome::Complete, times, Ok(()));
        let Err(RunError::Setup(SetupError::Secret(SecretError::PassphraseMissing))) = after.answer else {
            panic!("{:?}", after.answer)
        };
        assert_eq!(after.outcome, Some(RunOutcome::Complete));
        assert_eq!((after.users, after.hash.as_deref()), (Some(NOW), Some("of this run")));
    }

    #[test]
    fn what_the_ledger_could_not_take_over_is_not_noted_as_synced() {
        let person = ManagedPerson {
            external_id: ExternalId::new("1"),
            source: SourceName::primary(),
            stable_id: None,
            reference: None,
            email: Email::new("a@example.test"),
            revoked_by_us: false,
            out: None,
            member_id: None,
            marks: Marks::default(),
        };
        let twice = LedgerState { people: vec![person.clone(), person], ..LedgerState::default() };
        let times = Times::Noted { users: true, groups: true, hash: None };
        let after = ended(|it| it.ledger = Some(twice), times, Ok(()));
        assert!(matches!(after.answer, Err(RunError::Ledger(_))), "{:?}", after.answer);
        assert_eq!((after.users, after.hash), (None, None));
    }

    #[test]
    fn a_run_that_certainly_sent_nothing_gives_back_the_hash_that_it_took_out() {
        let hash = Some("of an earlier run".to_owned());
        let refused = || RunError::Refused { refusals: Vec::new(), run: None };
        let after = ended(|_| (), Times::Restored(hash.clone()), Err(refused()));
        assert_eq!((after.users, after.hash), (Some(EARLIER), hash.clone()));
        let after = ended(|_| (), Times::Untouched, Err(refused()));
        assert_eq!((after.users, after.hash), (Some(EARLIER), hash));
    }
}
