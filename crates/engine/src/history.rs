//! What an administrator looks at and decides between runs: the history, and approvals of refused runs.

mod approval;
mod decision;

pub(crate) use approval::approval_of;
pub use approval::{ApprovalState, WithdrawnApproval};
pub(crate) use decision::{decide, withdraw_decision};

use crate::causes::with_causes;
use crate::clock::Clock;
use crate::installation::{Installation, SetupError};
use crate::ledger::{
    Counts, Ending, FAILED, Ledger, LedgerError, REFUSED, RecordedAction, RunId, RunOutcome, RunRecord,
    Tally, Trigger,
};
use crate::lock::{LockError, RunLock};
use crate::paths::Profile;
use crate::settings::digest;
use crate::store::DataFile;
use bwdc_core::names::Timestamp;
use bwdc_core::plan::{ApprovalScope, Refusal};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;

/// Why the history, or the ledger beside it, could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The installation cannot be used as it is.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A run is going on.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger is a file that cannot be read; nothing was done to it.
    #[error("the ledger `{}` cannot be read: the next sync sets it aside, records who is there and removes nobody", path.display())]
    LedgerDamaged {
        /// The file.
        path: PathBuf,
    },
    /// No refused run is there to be approved.
    #[error("{}", match run {
        Some(run) => format!("run {} was not refused, or is not remembered", run.0),
        None => "no run was refused".to_owned(),
    })]
    NothingToApprove {
        /// The run that was named.
        run: Option<RunId>,
    },
    /// No limit refused the run: the server would have answered with an error.
    #[error("what refused run {} cannot be approved, only mended", run.0)]
    OnlyMended {
        /// The run.
        run: RunId,
    },
    /// What was typed is no address.
    #[error("`{typed}` is not a valid e-mail address")]
    NoAddress {
        /// What was typed.
        typed: String,
    },
    /// No run has been here: nobody waits.
    #[error("there was no run yet")]
    NoLedger,
    /// No entry of the directory waits for the membership that has this address.
    #[error("nobody waits for the membership of `{address}`")]
    NobodyWaits {
        /// The address.
        address: String,
        /// Under which addresses others wait.
        waiting: Vec<String>,
    },
    /// The server's import removes nobody, so that nobody can be invited anew.
    #[error("the server removes no membership by an import: `{address}` cannot be invited anew")]
    CannotInviteAnew {
        /// The address.
        address: String,
    },
    /// Nothing was decided about this address, or a run has carried it out.
    #[error("nothing was decided about `{address}`")]
    NotDecided {
        /// The address.
        address: String,
    },
    /// No approval is there to be taken back.
    #[error("{}", match run {
        Some(run) => format!("run {} has no approval that counts", run.0),
        None => "no approval counts".to_owned(),
    })]
    NothingToWithdraw {
        /// The run that was named.
        run: Option<RunId>,
    },
    /// A run that the history does not have.
    #[error("run {} is not remembered", run.0)]
    NoSuchRun {
        /// The run that was named.
        run: RunId,
    },
}

/// One thing that a run did, or why it did nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// What was done, in one word.
    pub action: String,
    /// To whom or what: an address or a group's name.
    pub subject: String,
    /// What it was.
    pub what: Happened,
    /// Of a refusal: what became of the run since.
    pub approval: ApprovalState,
    /// The same as the ledger keeps it, for scripts.
    pub json: Value,
}

/// What an entry of the history is.
#[derive(Clone, Debug, PartialEq)]
pub enum Happened {
    /// Something was changed.
    Change {
        /// Why, in the word that a plan has for it.
        cause: Option<String>,
        /// Who came into a group, by address where it is known.
        added: Vec<String>,
        /// Who went out of a group, by address where it is known.
        removed: Vec<String>,
    },
    /// Nothing was sent.
    Refused(Refusal),
    /// An error ended the run.
    Failed {
        /// In one line, with its causes.
        error: String,
    },
}

impl HistoryEntry {
    /// As the ledger keeps it, or as a service tells it.
    pub fn of(kept: RecordedAction) -> Self {
        let RecordedAction { action, subject, cause: json } = kept;
        let refusal = (action == REFUSED).then(|| serde_json::from_value(json.clone()).ok()).flatten();
        let error = json.get("error").and_then(Value::as_str).filter(|_| action == FAILED);
        let what = match (refusal, error) {
            (Some(refusal), _) => Happened::Refused(refusal),
            (None, Some(error)) => Happened::Failed { error: error.to_owned() },
            // Also what a later version wrote of which this one knows nothing.
            (None, None) => Happened::Change {
                cause: json.get("cause").and_then(Value::as_str).map(str::to_owned),
                added: names(&json, "added"),
                removed: names(&json, "removed"),
            },
        };
        Self { action, subject, what, approval: ApprovalState::Missing, json }
    }
}

impl HistoryEntry {
    fn names_members(&self) -> bool {
        matches!(&self.what, Happened::Change { added, removed, .. } if !added.is_empty() || !removed.is_empty())
    }

    /// People know each other by address. Whoever is managed no more keeps the external id.
    fn call_by_address(&mut self, addresses: &HashMap<String, String>) {
        if let Happened::Change { added, removed, .. } = &mut self.what {
            for name in added.iter_mut().chain(removed) {
                if let Some(address) = addresses.get(name) {
                    name.clone_from(address);
                }
            }
        }
    }
}

fn names(change: &Value, kind: &str) -> Vec<String> {
    let list = change.get(kind).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Approves what a refused run would have taken away, the last one unless told: for 24 hours, runs pass that take
/// nothing beyond it.
///
/// # Errors
/// [`HistoryError::NothingToApprove`] when no such run was refused; [`HistoryError::OnlyMended`] when no limit refused it;
/// else why the ledger cannot be written.
pub(crate) fn approve(
    installation: &Installation,
    run: Option<RunId>,
    by: Option<&str>,
) -> Result<(RunId, ApprovalScope), HistoryError> {
    let now = installation.now();
    let _run_lock = installation.lock("approve")?;
    if !installation.profile().connector_db.exists() {
        return Err(HistoryError::NothingToApprove { run });
    }
    expect_readable_ledger(installation)?;
    let mut ledger = Ledger::open(&installation.profile().connector_db, installation.clock())?.into_ledger();
    match ledger.approve(run, now)? {
        None => Err(HistoryError::NothingToApprove { run }),
        Some((run, scope)) if scope == ApprovalScope::default() => Err(HistoryError::OnlyMended { run }),
        Some((run, scope)) => {
            if let Some(by) = by {
                ledger.note_approver(run, by, now)?;
            }
            Ok((run, scope))
        }
    }
}

fn open_ledger(installation: &Installation) -> Result<Ledger, HistoryError> {
    let path = &installation.profile().connector_db;
    if !path.exists() {
        return Err(HistoryError::NoLedger);
    }
    expect_readable_ledger(installation)?;
    Ok(Ledger::open(path, installation.clock())?.into_ledger())
}

/// A refused run as an approval would let it pass.
pub struct RefusedRun {
    /// The run.
    pub record: RunRecord,
    /// What it would have done, and why it did not.
    pub entries: Vec<HistoryEntry>,
    /// What it would have taken away.
    pub scope: ApprovalScope,
    /// What people and groups are called whose ids stand there, as far as it is known.
    pub names: HashMap<String, String>,
    /// Whether somebody approved it.
    pub approval: ApprovalState,
    /// What happened after it.
    pub since: SinceRefused,
}

/// What happened after a refused run, so that the next one may plan something else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SinceRefused {
    /// The last run after it that came to an end.
    pub later_run: Option<RunId>,
    /// Whether settings that decide what a run does are others than those that it had.
    pub settings_changed: bool,
}

impl RefusedRun {
    /// Why it was refused.
    pub fn refusals(&self) -> Vec<Refusal> {
        let refusals = self.entries.iter().filter_map(|entry| match &entry.what {
            Happened::Refused(refusal) => Some(refusal.clone()),
            Happened::Change { .. } | Happened::Failed { .. } => None,
        });
        refusals.collect()
    }
}

/// The refused run that [`approve`] would approve.
///
/// # Errors
/// As [`approve`].
pub(crate) fn refused_run(
    installation: &Installation,
    run: Option<RunId>,
) -> Result<RefusedRun, HistoryError> {
    expect_readable_ledger(installation)?;
    let ledger = Ledger::open_to_read(&installation.profile().connector_db)?;
    let found = ledger.map(|it| it.quarantined(run)).transpose()?.flatten();
    match found {
        None => Err(HistoryError::NothingToApprove { run }),
        Some((run, scope)) if scope == ApprovalScope::default() => Err(HistoryError::OnlyMended { run }),
        Some((run, scope)) => {
            let (record, entries) = of_run(installation, run)?;
            let names = names_of(installation, &entries)?;
            let approval = approval_of(installation, run)?;
            let since = since_refused(installation, &record)?;
            Ok(RefusedRun { record, entries, scope, names, approval, since })
        }
    }
}

fn since_refused(installation: &Installation, refused: &RunRecord) -> Result<SinceRefused, HistoryError> {
    let last = tally(installation.profile())?.last;
    let is_later = |it: &RunRecord| it.id > refused.id && it.outcome != Some(RunOutcome::Interrupted);
    let ledger = Ledger::open_to_read(&installation.profile().connector_db)?;
    let had = ledger.map(|it| it.settings_of_refused(refused.id)).transpose()?.flatten();
    // Where nothing can be compared, nothing is said.
    let changed = had.zip(digest(installation).ok()).is_some_and(|(had, now)| had != now);
    Ok(SinceRefused { later_run: last.filter(is_later).map(|it| it.id), settings_changed: changed })
}

/// Names by id: of whom the ledger knows, and of whom the run was about.
fn names_of(
    installation: &Installation,
    entries: &[HistoryEntry],
) -> Result<HashMap<String, String>, HistoryError> {
    let mut names = HashMap::new();
    if let Some(ledger) = Ledger::open_to_read(&installation.profile().connector_db)? {
        names = ledger.addresses_by_id()?;
        names.extend(ledger.group_names_by_id()?);
    }
    for entry in entries {
        let about = entry.json.get("person").or_else(|| entry.json.get("group"));
        if let Some(id) = about.and_then(|it| it.get("externalId")).and_then(Value::as_str) {
            names.insert(id.to_owned(), entry.subject.clone());
        }
    }
    Ok(names)
}

/// Takes an approval back that still counts: that of the given run, else the last one that is not carried out yet.
///
/// # Errors
/// [`HistoryError::NothingToWithdraw`] when there is none; else why the ledger cannot be written.
pub(crate) fn withdraw(
    installation: &Installation,
    run: Option<RunId>,
) -> Result<WithdrawnApproval, HistoryError> {
    let _run_lock = installation.lock("approve")?;
    if !installation.profile().connector_db.exists() {
        return Err(HistoryError::NothingToWithdraw { run });
    }
    expect_readable_ledger(installation)?;
    let mut ledger = Ledger::open(&installation.profile().connector_db, installation.clock())?.into_ledger();
    let withdrawn = approval::take_back(&mut ledger, run, installation.now())?;
    withdrawn.ok_or(HistoryError::NothingToWithdraw { run })
}

/// Forgets runs that began before a point in time, or all of them, and with all of them the copies of directories that
/// incremental reads keep. Returns how many runs are forgotten.
///
/// # Errors
/// Why the ledger cannot be written, or who holds it.
pub(crate) fn forget(installation: &Installation, before: Option<Timestamp>) -> Result<usize, HistoryError> {
    let _run_lock = installation.lock("history purge")?;
    if before.is_none() {
        // Names of people are in there, too. A service that runs keeps what it still has to deliver.
        match std::fs::remove_file(installation.profile().undelivered()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "undelivered notifications cannot be forgotten");
            }
            _ => {}
        }
    }
    if !installation.profile().connector_db.exists() {
        return Ok(0);
    }
    expect_readable_ledger(installation)?;
    if before.is_none() {
        Ledger::forget_snapshot_caches(&installation.profile().connector_db)?;
    }
    Ok(Ledger::open(&installation.profile().connector_db, installation.clock())?
        .into_ledger()
        .forget_runs(before)?)
}

/// Forgets whom we manage, the copies of directories, and the fingerprint of what was sent last: the next run takes a
/// baseline, removes nobody, and sends what it finds missing. The history stays.
///
/// # Errors
/// Why the ledger or `data.json` cannot be written, or who holds it.
pub(crate) fn forget_ledger(installation: &mut Installation) -> Result<(), HistoryError> {
    let _run_lock = installation.lock("ledger purge")?;
    if installation.profile().connector_db.exists() {
        Ledger::open(&installation.profile().connector_db, installation.clock())?.into_ledger().purge()?;
    }
    installation.update(|data| data.set_last_sync_hash(None))?;
    Ok(())
}

/// The latest runs, newest first.
///
/// # Errors
/// Why the ledger cannot be read.
pub(crate) fn list(installation: &Installation, most: u32) -> Result<Vec<RunRecord>, HistoryError> {
    expect_readable_ledger(installation)?;
    let ledger = Ledger::open_to_read(&installation.profile().connector_db)?;
    Ok(ledger.map_or_else(|| Ok(Vec::new()), |it| it.runs(most))?)
}

/// Writes down a run that failed before it had opened the ledger, unless it is there. False: there is no ledger to write it into,
/// or none that can be read.
///
/// # Errors
/// Why it cannot be written, or who holds it.
pub(crate) fn note_failure(
    profile: &Profile,
    clock: Clock,
    began: Timestamp,
    trigger: Trigger,
    error: &dyn Error,
) -> Result<bool, HistoryError> {
    let _run_lock = RunLock::acquire(profile, "run", clock.now())?;
    if Ledger::open_to_read(&profile.connector_db)?.is_none() {
        return Ok(false);
    }
    let mut ledger = Ledger::open(&profile.connector_db, clock)?.into_ledger();
    let last = ledger.runs(1)?;
    if last.iter().any(|it| it.started_at >= began && it.trigger == trigger) {
        return Ok(true);
    }
    // How long runs are kept is a matter of settings, which may be what cannot be read.
    ledger.keep_runs_for(u32::MAX);
    let run = ledger.begin_run(began, trigger)?;
    let cause = json!({ "error": with_causes(error) });
    let actions = [RecordedAction { action: FAILED.to_owned(), subject: String::new(), cause }];
    let (outcome, counts) = (RunOutcome::Failed, Counts::new());
    ledger.end_run(run, &Ending { finished_at: clock.now(), outcome, counts: &counts, actions: &actions })?;
    Ok(true)
}

/// What the last runs come to.
///
/// # Errors
/// Why the ledger cannot be read.
pub(crate) fn tally(profile: &Profile) -> Result<Tally, HistoryError> {
    let ledger = Ledger::open_to_read(&profile.connector_db)?;
    Ok(ledger.map_or_else(|| Ok(Tally::default()), |it| it.tally())?)
}

/// What one run did, or would have done when it was refused.
///
/// # Errors
/// [`HistoryError::NoSuchRun`] when it is not remembered; else why the ledger cannot be read.
pub(crate) fn of_run(
    installation: &Installation,
    run: RunId,
) -> Result<(RunRecord, Vec<HistoryEntry>), HistoryError> {
    expect_readable_ledger(installation)?;
    let missing = || HistoryError::NoSuchRun { run };
    let ledger = Ledger::open_to_read(&installation.profile().connector_db)?.ok_or_else(missing)?;
    let record = ledger.runs(u32::MAX)?.into_iter().find(|it| it.id == run).ok_or_else(missing)?;
    let mut entries: Vec<HistoryEntry> = ledger.actions(run)?.into_iter().map(HistoryEntry::of).collect();
    if entries.iter().any(HistoryEntry::names_members) {
        let addresses = ledger.addresses_by_id()?;
        entries.iter_mut().for_each(|it| it.call_by_address(&addresses));
    }
    if entries.iter().any(|it| matches!(it.what, Happened::Refused(_))) {
        let approval = approval_of(installation, run)?;
        entries.iter_mut().for_each(|it| it.approval = approval);
    }
    Ok((record, entries))
}

/// Only a run sets a damaged ledger aside: it says so.
fn expect_readable_ledger(installation: &Installation) -> Result<(), HistoryError> {
    let path = &installation.profile().connector_db;
    match Ledger::is_damaged(path)? {
        true => Err(HistoryError::LedgerDamaged { path: path.clone() }),
        false => Ok(()),
    }
}

/// Forgets everything by which a run decides that nothing is new.
///
/// # Errors
/// [`HistoryError::Ledger`] or [`HistoryError::Setup`] when it cannot be written.
pub(crate) fn clear_cache(installation: &mut Installation) -> Result<(), HistoryError> {
    Ledger::forget_cache(&installation.profile().connector_db)?;
    installation.update(DataFile::clear_cache)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: &str, cause: Value) -> Happened {
        let (action, subject) = (action.to_owned(), "Staff".to_owned());
        HistoryEntry::of(RecordedAction { action, subject, cause }).what
    }

    #[test]
    fn what_the_ledger_keeps_is_read_back_as_what_it_was() {
        let change = json!({ "cause": "memberAdded", "added": ["ann", "ben"], "group": { "name": "Staff" } });
        let added = vec!["ann".to_owned(), "ben".to_owned()];
        let cause = Some("memberAdded".to_owned());
        assert_eq!(entry("changeMembers", change), Happened::Change { cause, added, removed: Vec::new() });
        let refusal = Refusal::OverwriteWithLargeImport;
        let kept = serde_json::to_value(&refusal).expect("a refusal is JSON");
        assert_eq!(entry("refused", kept), Happened::Refused(refusal));
        let error = "no answer".to_owned();
        assert_eq!(entry("failed", json!({ "error": error })), Happened::Failed { error });
    }

    #[test]
    fn what_a_later_version_wrote_is_shown_without_its_reason() {
        let unknown = entry("refused", json!({ "reason": "ofTheFuture" }));
        assert_eq!(unknown, Happened::Change { cause: None, added: Vec::new(), removed: Vec::new() });
    }
}
