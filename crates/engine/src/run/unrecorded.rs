//! A scheduled run that failed before it could be on record: nobody sees its error, so that history has to tell.

use super::RunError;
use super::record::Record;
use crate::installation::Installation;
use crate::ledger::{Ledger, RunOutcome, Trigger};
use crate::lock::LockError;
use bwdc_core::names::Timestamp;

/// Records the failure of a run that began at `began`, unless it did so itself. What cannot be recorded is in the log.
pub(crate) fn record_failure(
    installation: &Installation,
    began: Timestamp,
    trigger: Trigger,
    error: &RunError,
) {
    if matches!(error, RunError::Lock(LockError::Held { .. }) | RunError::Cancelled) {
        return;
    }
    if let Err(other) = record(installation, began, trigger, error) {
        tracing::error!(error = %other, "a failed run could not be recorded");
    }
}

fn record(
    installation: &Installation,
    began: Timestamp,
    trigger: Trigger,
    error: &RunError,
) -> Result<(), RunError> {
    let _run_lock = installation.lock("sync")?;
    let path = &installation.profile().connector_db;
    // A damaged one is set aside by a run that comes further: that one says so.
    if Ledger::is_damaged(path)? {
        return Ok(());
    }
    let mut ledger = Ledger::open(path, installation.clock())?.into_ledger();
    if ledger.runs(1)?.first().is_some_and(|it| it.started_at >= began && it.trigger == trigger) {
        return Ok(());
    }
    let mut record = Record::of_changes(&[]);
    record.failed(error);
    let run = ledger.begin_run(began, trigger)?;
    ledger.end_run(run, &record.ending(installation.now(), RunOutcome::Failed))?;
    Ok(())
}
