//! The ledger made anew from directory and organization, without anything being sent.

use super::Place;
use super::RunError;
use super::inputs::{Reading, Remembered, places};
use crate::directory::mirror::ReadMode;
use crate::engine::Engine;
use crate::event::Events;
use crate::ledger::{RunKind, RunOutcome};
use crate::lock::{OrganizationLock, RunLock, machine_folder};
use crate::record::Record;
use bwdc_core::ledger::LedgerState;
use bwdc_core::observed::Observed;
use bwdc_core::plan::{After, Plan};

/// What a new ledger holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// People whom the directory lists and the organization has under their external id.
    pub people: usize,
    /// Groups of the same kind.
    pub groups: usize,
}

impl Engine {
    /// Forgets whom we manage and records it anew from what directory and organization hold now. Nothing is sent, and
    /// nobody counts as revoked by us any more. History and what the limits count stay.
    ///
    /// # Errors
    /// [`RunError::CannotRebuild`] where the organization cannot be read, or a source: the ledger is as it was then; else
    /// whatever could not be read or written.
    pub async fn rebuild_ledger(&mut self, events: Events<'_>) -> Result<Rebuilt, RunError> {
        let now = self.clock.now();
        self.signed_in()?;
        let _run_lock = RunLock::acquire(&self.profile, "ledger rebuild", now)?;
        self.store.reload()?;
        let place: Place = self.organization_place()?;
        let folder = machine_folder(self.environment.variable("ProgramData"));
        let _organization_lock =
            OrganizationLock::acquire(&folder, &place.api, &place.organization_id, "ledger rebuild", now)?;
        let sources = self.sources(&self.sync_settings()?)?;
        let mut ledger = self.begin_ledger(&place, &sources, events)?;
        let new_sources = places(&sources).into_iter().map(|it| it.name).collect();
        let remembered = Remembered {
            state: LedgerState { new_sources, ..LedgerState::default() },
            recent: ledger.taken_since(self.window(now)?)?,
        };
        let reading = Reading::Remembered { ledger: &mut ledger, mode: ReadMode::Full };
        let (inputs, _) = self.inputs(&sources, remembered, now, reading, events).await?;
        let Observed::Live(state) = &inputs.observed else { return Err(RunError::CannotRebuild) };
        if let Some((name, reason)) = inputs.unread().into_iter().next() {
            return Err(RunError::SourcesNotRead { sources: vec![(name, reason)] });
        }
        let input = inputs.borrow();
        let plan = Plan::build(&input);
        let next = plan.ledger_after(&input, After::Observed(state), now);
        let run = ledger.begin_run(now, RunKind::Command)?;
        let record = Record::of(&plan);
        ledger.commit(run, &next, &record.ending(self.clock.now(), RunOutcome::Unchanged))?;
        Ok(Rebuilt { people: next.people.len(), groups: next.groups.len() })
    }
}
