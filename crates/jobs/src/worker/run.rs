//! Runs and repairs, which wait for their turn and tell meanwhile whose it is.

use super::Teller;
use crate::job::Happened;
use bwdc_core::plan::Picks;
use bwdc_engine::lock::LockError;
use bwdc_engine::paths::ProcessEnvironment;
use bwdc_engine::{
    Cancel, Control, Engine, EngineError, ReadMode, Repairs, RunError, SavedPlan, SyncReport, Trigger,
};
use bwdc_messages::approval::approval;
use bwdc_messages::{ErrorText, describe, progress, text};
use std::time::Duration;

/// How often a lock that somebody else holds is tried.
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

/// A run, which waits for its turn.
pub(super) struct Run<'a> {
    pub(super) environment: &'a ProcessEnvironment,
    pub(super) cancel: &'a Cancel,
    pub(super) teller: &'a Teller,
}

impl Run<'_> {
    /// Syncs. What the limits refuse is approved when its number is the one that was typed, and synced then.
    pub(super) async fn sync(
        &self,
        expected: Option<&SavedPlan>,
        approved: Option<usize>,
    ) -> Result<SyncReport, Box<ErrorText>> {
        let trigger = Trigger::asked(self.teller.by);
        let error = match self.in_turn(trigger, expected).await {
            Ok(report) => return Ok(report),
            Err(error) => error,
        };
        let words = Box::new(describe(&error));
        let cause = match &error {
            EngineError::Run(error) => Some(error.cause()),
            _ => None,
        };
        let (
            Some(approved),
            Some(RunError::Refused { refusals, run } | RunError::Held { refusals, run, .. }),
        ) = (approved, cause)
        else {
            return Err(words);
        };
        let number = approval(refusals).map(|it| it.number);
        if number != Some(approved) {
            return Err(Box::new(ErrorText { message: other_numbers(&words.message), ..*words }));
        }
        let mut engine =
            Engine::open(self.environment.clone()).map_err(|error| Box::new(describe(&error)))?;
        engine.approve(*run).map_err(|error| Box::new(describe(&error)))?;
        drop(engine);
        self.in_turn(trigger, None).await.map_err(|error| Box::new(describe(&error)))
    }

    /// Syncs because a timer asks.
    pub(super) async fn scheduled(&self) -> Result<SyncReport, Box<ErrorText>> {
        let trigger = Trigger { by: self.teller.by, scheduled: true };
        self.in_turn(trigger, None).await.map_err(|error| Box::new(describe(&error)))
    }

    /// Syncs as soon as nobody else does.
    async fn in_turn(
        &self,
        trigger: Trigger,
        expected: Option<&SavedPlan>,
    ) -> Result<SyncReport, EngineError> {
        let events = |event| self.teller.event(event);
        let control = Control { events: &events, cancel: self.cancel };
        loop {
            let mut engine = Engine::open(self.environment.clone())?;
            let result = match expected {
                Some(saved) => engine.apply(trigger, saved, control).await,
                None => engine.sync(trigger, ReadMode::Incremental, control).await,
            };
            if let Some(report) = self.unless_held(result).await? {
                return Ok(report);
            }
        }
    }

    /// Carries repairs out as soon as nobody else is at work; gives how many requests that were.
    pub(super) async fn repair(&self, picks: &Picks, agreed: &Repairs) -> Result<usize, EngineError> {
        let events = |event| self.teller.event(event);
        let control = Control { events: &events, cancel: self.cancel };
        loop {
            let mut engine = Engine::open(self.environment.clone())?;
            let trigger = Trigger::asked(self.teller.by);
            let result = engine.repair(picks, agreed, trigger, control).await;
            if let Some(done) = self.unless_held(result).await? {
                return Ok(done);
            }
        }
    }

    /// What came of a try; None: somebody else holds the lock, was named, and was waited for a moment.
    async fn unless_held<T>(&self, result: Result<T, EngineError>) -> Result<Option<T>, EngineError> {
        let holder = match result {
            Err(EngineError::Run(RunError::Lock(LockError::Held { holder, .. }))) => holder,
            result => return result.map(Some),
        };
        let holder = holder.as_ref().map(|it| (it.command.as_str(), it.pid, it.since.as_str()));
        self.teller.tell(Happened::Held(progress::held(holder)));
        match self.cancel.unless_cancelled(tokio::time::sleep(BETWEEN_TRIES)).await {
            Some(()) => Ok(None),
            None => Err(RunError::Cancelled.into()),
        }
    }
}

/// That a run was refused for something else than what was approved.
pub(super) fn other_numbers(message: &str) -> String {
    text!(
        "job.number-changed",
        "Nothing was approved: the run was refused for other numbers than those that were shown. {message}",
        message
    )
}
