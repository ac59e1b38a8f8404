//! The ledger made anew from directory and organization, without anything being sent.

use super::RunError;
use super::ending::{Conclusion, Ended, Times, conclude};
use super::inputs::{Reading, Remembered, Sides, read_both};
use super::record::Record;
use super::remembered::{Place, begin_ledger, remembered};
use super::settle::{OpenImports, Wait, Waits};
use super::source::{open_all, places};
use crate::accounts;
use crate::directory::snapshot_cache::ReadMode;
use crate::event::Control;
use crate::installation::{Configuration, Installation};
use crate::ledger::{RunOutcome, Trigger};
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

/// Forgets whom we manage and records it anew from what directory and organization hold now. Nothing is sent, and nobody
/// counts as revoked by us any more. History and what the limits count stay.
///
/// # Errors
/// [`RunError::CannotRebuild`] where the organization cannot be read, or a source: the ledger is as it was then; else
/// whatever could not be read or written.
pub(crate) async fn rebuild(
    installation: &mut Installation,
    trigger: Trigger,
    control: Control<'_>,
) -> Result<Rebuilt, RunError> {
    const COMMAND: &str = "ledger rebuild";
    let now = installation.now();
    installation.signed_in()?;
    let _run_lock = installation.lock(COMMAND)?;
    installation.reload()?;
    let mut configuration = Configuration::read(installation)?;
    let (api, id) =
        (configuration.organization.endpoints.api.clone(), configuration.organization.known_id()?.to_owned());
    let _organization_lock = installation.lock_organization(&api, &id, COMMAND)?;
    let sources = open_all(std::mem::take(&mut configuration.sources))?;
    let organization = accounts::access(&configuration.organization, &configuration.keys).await?.open()?;
    let place = Place::of(&api, &id, &sources);
    let keep_days = configuration.connector.history.keep_days;
    let mut ledger = begin_ledger(installation, &place, &sources, keep_days, control)?;
    let clock = installation.clock();
    if let Some(mut open) = OpenImports::of(&ledger, clock, Waits::default())? {
        if open.look_twice(&organization, control).await? == Wait::Longer {
            open.wait(&organization, control).await?;
        }
        open.close(&mut ledger, clock, control)?;
    }
    let new_sources = places(&sources).into_iter().map(|it| it.name).collect();
    let before = Remembered {
        state: LedgerState { new_sources, ..LedgerState::default() },
        ..remembered(&ledger, &sources, &configuration.connector, now)?
    };
    let reading =
        Reading::Remembered { ledger: &mut ledger, mode: ReadMode::Full, clock: installation.clock() };
    let sides = Sides { configuration: &configuration, sources: &sources, organization: &organization };
    let inputs = read_both(sides, before, now, reading, control).await?;
    let Observed::Live(state) = &inputs.observed else { return Err(RunError::CannotRebuild) };
    if let Some(unread) = inputs.unread.first() {
        return Err(RunError::SourcesNotRead { sources: vec![unread.clone()] });
    }
    let plan = Plan::build(&inputs.borrow());
    let next = plan.ledger_after(&inputs.borrow(), After::Observed(state), now);
    let rebuilt = Rebuilt { people: next.people.len(), groups: next.groups.len() };
    let ending = Conclusion {
        record: Record::of(&plan),
        outcome: RunOutcome::Unchanged,
        ledger: Some(next),
        quarantine: None,
        times: Times::Untouched,
        result: Ok(rebuilt),
    };
    let (token, observer_token) = (None, None);
    let ledger = &mut ledger;
    let settings = None;
    let ended =
        Ended { installation, ledger, id: None, started_at: now, trigger, settings, token, observer_token };
    conclude(ended, ending)
}
