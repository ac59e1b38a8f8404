//! What is looked at and decided between runs.

use super::Engine;
use crate::clock::{Clock, to_iso};
use crate::directory::snapshot_cache::ReadMode;
use crate::error::EngineError;
use crate::event::Control;
use crate::history::{self, ApprovalState, HistoryEntry, RefusedRun, WithdrawnApproval};
use crate::lease::{self, LeaseError};
use crate::ledger::{Ledger, LedgerError, RunId, RunRecord, Tally};
use crate::notify::{self, Channel, Delivered, Message};
use crate::paths::{ProcessEnvironment, ProfileName};
use crate::run::RunError;
use crate::status::{self, ProfileStatus};
use crate::store::SyncedKind;
use bwdc_core::ledger::{Choice, Decision};
use bwdc_core::names::Timestamp;
use bwdc_core::plan::ApprovalScope;
use bwdc_core::settings::{NotifySettings, ServiceSettings};
use futures_util::future::LocalBoxFuture;

/// What is looked at and decided between runs.
impl Engine {
    /// Whether somebody is signed in.
    ///
    /// # Errors
    /// [`SetupError::NotSignedIn`](crate::SetupError::NotSignedIn) when nobody is.
    pub fn expect_signed_in(&self) -> Result<(), EngineError> {
        Ok(self.installation.signed_in().map(drop)?)
    }

    /// When people or groups were last brought over, as ISO 8601 text.
    pub fn last_sync(&self, kind: SyncedKind) -> Option<String> {
        self.installation.data().last_sync(kind).map(to_iso)
    }

    /// Forgets everything by which a run decides that nothing is new.
    ///
    /// # Errors
    /// [`EngineError::History`] when it cannot be written.
    pub fn clear_cache(&mut self) -> Result<(), EngineError> {
        Ok(history::clear_cache(&mut self.installation)?)
    }

    /// The latest runs, newest first.
    ///
    /// # Errors
    /// [`EngineError::History`] when the ledger cannot be read.
    pub fn history(&self, most: u32) -> Result<Vec<RunRecord>, EngineError> {
        Ok(history::list(&self.installation, most)?)
    }

    /// What one run did, or would have done when it was refused.
    ///
    /// # Errors
    /// [`EngineError::History`] when it is not remembered, or the ledger cannot be read.
    pub fn run_of_history(&self, run: RunId) -> Result<(RunRecord, Vec<HistoryEntry>), EngineError> {
        Ok(history::of_run(&self.installation, run)?)
    }

    /// Forgets runs that began before a point in time, or all of them, and with all of them the copies of directories that
    /// incremental reads keep. Returns how many runs are forgotten.
    ///
    /// # Errors
    /// [`EngineError::History`] when the ledger cannot be written, or who holds it.
    pub fn forget_history(&mut self, before: Option<Timestamp>) -> Result<usize, EngineError> {
        Ok(history::forget(&self.installation, before)?)
    }

    /// Forgets whom we manage and what was sent last. The next run takes a baseline and removes nobody; the history stays.
    ///
    /// # Errors
    /// [`EngineError::History`] when the ledger cannot be written, or who holds it.
    pub fn forget_ledger(&mut self) -> Result<(), EngineError> {
        Ok(history::forget_ledger(&mut self.installation)?)
    }

    /// Approves what a refused run would have taken away, the last one unless told: for 24 hours, runs pass that take
    /// nothing beyond it.
    ///
    /// # Errors
    /// [`EngineError::History`] when no such run was refused, or no limit refused it.
    pub fn approve(&mut self, run: Option<RunId>) -> Result<(RunId, ApprovalScope), EngineError> {
        self.approve_as(run, None)
    }

    /// Decides about somebody who waits under an address: the next run carries it out, within the limits. Directory and
    /// organization are read, since the decision is about the entry that waits now, and no other.
    ///
    /// # Errors
    /// [`EngineError::Run`] when either cannot be read; [`EngineError::History`] when nobody waits under this address.
    pub fn decide<'a>(
        &'a mut self,
        address: &'a str,
        choice: Choice,
        control: Control<'a>,
    ) -> LocalBoxFuture<'a, Result<Decision, EngineError>> {
        Box::pin(async move {
            let planned = self.plan(ReadMode::Incremental, control).await?;
            Ok(history::decide(&self.installation, address, choice, planned.plan.waits())?)
        })
    }

    /// Takes a decision back that no run has carried out.
    ///
    /// # Errors
    /// [`EngineError::History`] when there is none.
    pub fn withdraw_decision(&mut self, address: &str) -> Result<Decision, EngineError> {
        Ok(history::withdraw_decision(&self.installation, address)?)
    }

    /// As [`Engine::approve`]; who approved it is written down with the run.
    ///
    /// # Errors
    /// As [`Engine::approve`].
    pub fn approve_as(
        &mut self,
        run: Option<RunId>,
        by: Option<&str>,
    ) -> Result<(RunId, ApprovalScope), EngineError> {
        Ok(history::approve(&self.installation, run, by)?)
    }

    /// The refused run that [`Engine::approve`] would approve, with whom it is about.
    ///
    /// # Errors
    /// As [`Engine::approve`].
    pub fn refused_run(&self, run: Option<RunId>) -> Result<RefusedRun, EngineError> {
        Ok(history::refused_run(&self.installation, run)?)
    }

    /// How far the approval of a refused run counts.
    ///
    /// # Errors
    /// [`EngineError::History`] when the ledger cannot be read.
    pub fn approval_of(&self, run: RunId) -> Result<ApprovalState, EngineError> {
        Ok(history::approval_of(&self.installation, run)?)
    }

    /// Takes an approval back that still counts, the last one unless told.
    ///
    /// # Errors
    /// [`EngineError::History`] when there is none.
    pub fn withdraw_approval(&mut self, run: Option<RunId>) -> Result<WithdrawnApproval, EngineError> {
        Ok(history::withdraw(&self.installation, run)?)
    }

    /// What the last runs come to.
    ///
    /// # Errors
    /// [`EngineError::History`] when the ledger cannot be read.
    pub fn tally(&self) -> Result<Tally, EngineError> {
        Ok(history::tally(self.installation.profile())?)
    }

    /// How the profile of this name is, as its files tell.
    ///
    /// # Errors
    /// [`EngineError`] when its settings or its ledger cannot be read.
    pub fn status_of(
        environment: &ProcessEnvironment,
        name: &ProfileName,
    ) -> Result<ProfileStatus, EngineError> {
        status::look(environment, name, Clock::System)
    }

    /// What a service of this installation may do, and offers.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the settings cannot be read.
    pub(crate) fn service_settings(&self) -> Result<ServiceSettings, EngineError> {
        Ok(self.installation.connector_settings()?.service)
    }

    /// Takes the lease that the settings ask for, and with it the ledger of whoever had it before; keeps one that is ours.
    ///
    /// # Errors
    /// [`EngineError::Run`] names the machine that has it.
    pub(crate) fn take_lease(&self) -> Result<(), EngineError> {
        let ledger = &self.installation.profile().connector_db;
        if self.installation.connector_settings()?.lease.database.is_none() {
            return Ok(());
        }
        let failed = |error: LeaseError| EngineError::from(RunError::from(LedgerError::from(error)));
        if lease::of(ledger).map_err(failed)?.is_some_and(|it| it.counts()) {
            return Ok(());
        }
        let _run_lock = self.installation.lock("run").map_err(RunError::from)?;
        if lease::of(ledger).map_err(failed)?.is_some() {
            Ledger::open(ledger, self.installation.clock()).map_err(RunError::from)?;
        }
        Ok(())
    }

    /// Whom notifications of this installation go to.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the settings cannot be read.
    pub(crate) fn notify_settings(&self) -> Result<NotifySettings, EngineError> {
        Ok(self.installation.connector_settings()?.notify)
    }

    /// Delivers a notification now, by every way that the settings ask for but for those that took it before, and tells what
    /// became of each.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the settings cannot be read.
    pub fn notify<'a>(
        &'a self,
        message: Message,
        before: &'a [Channel],
    ) -> LocalBoxFuture<'a, Result<Vec<Delivered>, EngineError>> {
        Box::pin(async move {
            let (settings, environment) = (self.notify_settings()?, self.installation.environment());
            let message = if settings.addresses { message } else { message.masked() }.short();
            let place = notify::Place { environment, profile: self.installation.profile() };
            let time = self.installation.now().0 / 1000;
            let mut results = Vec::new();
            let channels = notify::channels(&settings, environment);
            for channel in channels.into_iter().filter(|it| !before.contains(it)) {
                let sent = notify::send(channel, &settings, place, &message, time).await;
                results.push((channel, sent));
            }
            Ok(results)
        })
    }
}
