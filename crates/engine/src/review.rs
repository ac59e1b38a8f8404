//! What an administrator looks at and decides between runs: the history, and approvals of refused runs.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::ledger::{Ledger, RecordedAction, RunId, RunRecord};
use crate::lock::RunLock;
use bwdc_core::plan::Takings;

impl Engine {
    /// Approves what a refused run would have taken away, the last one unless told: for 24 hours, runs pass that take
    /// nothing beyond it.
    ///
    /// # Errors
    /// [`EngineError::NothingToApprove`] when no such run was refused; else why the ledger cannot be written.
    pub fn approve(&mut self, run: Option<RunId>) -> Result<(RunId, Takings), EngineError> {
        let now = self.clock.now();
        let _run_lock = RunLock::acquire(&self.profile, "approve", now)?;
        if !self.profile.connector_db.exists() {
            return Err(EngineError::NothingToApprove { run });
        }
        let mut ledger = Ledger::open(&self.profile.connector_db)?.into_ledger();
        ledger.approve(run, now)?.ok_or(EngineError::NothingToApprove { run })
    }

    /// The latest runs, newest first.
    ///
    /// # Errors
    /// Why the ledger cannot be read.
    pub fn history(&self, most: u32) -> Result<Vec<RunRecord>, EngineError> {
        let ledger = Ledger::open_to_read(&self.profile.connector_db)?;
        Ok(ledger.map_or_else(|| Ok(Vec::new()), |it| it.runs(most))?)
    }

    /// What one run did, or would have done when it was refused.
    ///
    /// # Errors
    /// [`EngineError::NoSuchRun`] when it is not remembered; else why the ledger cannot be read.
    pub fn run_of_history(&self, run: RunId) -> Result<(RunRecord, Vec<RecordedAction>), EngineError> {
        let missing = || EngineError::NoSuchRun { run };
        let ledger = Ledger::open_to_read(&self.profile.connector_db)?.ok_or_else(missing)?;
        let record = ledger.runs(u32::MAX)?.into_iter().find(|it| it.id == run).ok_or_else(missing)?;
        Ok((record, ledger.actions(run)?))
    }
}
