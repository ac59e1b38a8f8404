//! What an administrator looks at and decides between runs: the history, and approvals of refused runs.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::ledger::{Ledger, RecordedAction, RunId, RunRecord};
use crate::lock::RunLock;
use bwdc_core::names::Timestamp;
use bwdc_core::plan::Takings;

impl Engine {
    /// Approves what a refused run would have taken away, the last one unless told: for 24 hours, runs pass that take
    /// nothing beyond it.
    ///
    /// # Errors
    /// [`EngineError::NothingToApprove`] when no such run was refused; [`EngineError::OnlyMended`] when no limit refused it;
    /// else why the ledger cannot be written.
    pub fn approve(&mut self, run: Option<RunId>) -> Result<(RunId, Takings), EngineError> {
        let now = self.clock.now();
        let _run_lock = RunLock::acquire(&self.profile, "approve", now)?;
        if !self.profile.connector_db.exists() {
            return Err(EngineError::NothingToApprove { run });
        }
        self.expect_readable_ledger()?;
        let mut ledger = Ledger::open(&self.profile.connector_db)?.into_ledger();
        match ledger.approve(run, now)? {
            None => Err(EngineError::NothingToApprove { run }),
            Some((run, takings)) if takings == Takings::default() => Err(EngineError::OnlyMended { run }),
            Some(approved) => Ok(approved),
        }
    }

    /// Forgets runs that began before a point in time, or all of them, and with all of them the copies of directories that
    /// incremental reads keep. Returns how many runs are forgotten.
    ///
    /// # Errors
    /// Why the ledger cannot be written, or who holds it.
    pub fn forget_history(&mut self, before: Option<Timestamp>) -> Result<usize, EngineError> {
        let _run_lock = RunLock::acquire(&self.profile, "history purge", self.clock.now())?;
        if !self.profile.connector_db.exists() {
            return Ok(0);
        }
        self.expect_readable_ledger()?;
        if before.is_none() {
            Ledger::forget_mirrors(&self.profile.connector_db)?;
        }
        Ok(Ledger::open(&self.profile.connector_db)?.into_ledger().forget_runs(before)?)
    }

    /// Forgets everything that `connector.db` holds: whom we manage, the history, the copies of directories. The next run
    /// takes a baseline and removes nobody.
    ///
    /// # Errors
    /// Why the ledger cannot be written, or who holds it.
    pub fn forget_ledger(&mut self) -> Result<(), EngineError> {
        let _run_lock = RunLock::acquire(&self.profile, "ledger purge", self.clock.now())?;
        if self.profile.connector_db.exists() {
            Ledger::open(&self.profile.connector_db)?.into_ledger().purge()?;
        }
        Ok(())
    }

    /// The latest runs, newest first.
    ///
    /// # Errors
    /// Why the ledger cannot be read.
    pub fn history(&self, most: u32) -> Result<Vec<RunRecord>, EngineError> {
        self.expect_readable_ledger()?;
        let ledger = Ledger::open_to_read(&self.profile.connector_db)?;
        Ok(ledger.map_or_else(|| Ok(Vec::new()), |it| it.runs(most))?)
    }

    /// What one run did, or would have done when it was refused.
    ///
    /// # Errors
    /// [`EngineError::NoSuchRun`] when it is not remembered; else why the ledger cannot be read.
    pub fn run_of_history(&self, run: RunId) -> Result<(RunRecord, Vec<RecordedAction>), EngineError> {
        self.expect_readable_ledger()?;
        let missing = || EngineError::NoSuchRun { run };
        let ledger = Ledger::open_to_read(&self.profile.connector_db)?.ok_or_else(missing)?;
        let record = ledger.runs(u32::MAX)?.into_iter().find(|it| it.id == run).ok_or_else(missing)?;
        Ok((record, ledger.actions(run)?))
    }

    /// Only a run sets a damaged ledger aside: it says so.
    pub(crate) fn expect_readable_ledger(&self) -> Result<(), EngineError> {
        let path = &self.profile.connector_db;
        if Ledger::is_damaged(path)? {
            Err(EngineError::LedgerDamaged { path: path.clone() })
        } else {
            Ok(())
        }
    }
}
