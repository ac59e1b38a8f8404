//! What needs a decision of an administrator: listed, and carried out after a yes. `sync` never does it by itself.

use super::RunError;
use super::ending::{Conclusion, Ended, Times, conclude};
use super::inputs::counted_since;
use super::record::Record;
use super::remembered::{Place, begin_ledger};
use super::send::Wire;
use super::settle::{OpenImports, Wait, Waits};
use super::source::open_all;
use crate::accounts;
use crate::event::{Control, Events, Phase};
use crate::installation::{Configuration, Installation};
use crate::ledger::{Ledger, RunId, RunOutcome, Trigger};
use crate::organization::{Organization, Reading};
use bwdc_core::import::RefusedRecord;
use bwdc_core::names::Timestamp;
use bwdc_core::observed::OrganizationState;
use bwdc_core::plan::{ApprovalScope, Change, Picks, RepairCase, repairs};
use bwdc_core::settings::{ConnectorSettings, Limits};

/// What needs a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repairs {
    /// In the order of addresses and ids: members, then groups.
    pub cases: Vec<RepairCase>,
    /// Cases that would be carried out, and have to wait: the limit of removals counts them.
    pub beyond_limit: usize,
}

impl Repairs {
    /// The cases that a yes carries out.
    pub fn decided(&self) -> impl Iterator<Item = &RepairCase> {
        self.cases.iter().filter(|it| !it.requests().is_empty())
    }

    /// Takes out what the limit of removals leaves to a later day.
    fn within(mut self, limits: &Limits, taken: usize) -> Self {
        let mut room = match limits.off {
            true => usize::MAX,
            false => (limits.removals as usize).saturating_sub(taken),
        };
        let all = self.decided().count();
        self.cases.retain(|case| {
            let fits = case.removals() <= room;
            room = if fits { room - case.removals() } else { room };
            fits
        });
        self.beyond_limit = all - self.decided().count();
        self
    }
}

/// Lists what needs a decision. Nothing is sent.
///
/// # Errors
/// [`RunError::MembersHidden`] where the server does not show the organization; else whatever could not be read.
pub(crate) async fn find(
    installation: &mut Installation,
    picks: &Picks,
    control: Control<'_>,
) -> Result<Repairs, RunError> {
    installation.signed_in()?;
    installation.reload()?;
    let configuration = Configuration::read(installation)?;
    let organization = accounts::access(&configuration.organization, &configuration.keys).await?.open()?;
    let ledger = Ledger::open_to_read(&installation.profile().connector_db)?;
    let events = control.begin(Phase::Organization, None);
    look(&configuration, &organization, ledger.as_ref(), (picks, installation.now()), &events).await
}

/// Carries out what was agreed to.
///
/// # Errors
/// [`RunError::PlanChanged`] where something else needs a decision by now, and nothing was sent; [`RunError::RecordsRefused`] when the
/// server refused some, and everything else was done; else whatever could not be read, sent or written.
pub(crate) async fn carry_out(
    installation: &mut Installation,
    picks: &Picks,
    agreed: &Repairs,
    trigger: Trigger,
    control: Control<'_>,
) -> Result<usize, RunError> {
    const COMMAND: &str = "repair";
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
    let events = control.begin(Phase::Organization, None);
    let found = look(&configuration, &organization, Some(&ledger), (picks, now), &events).await?;
    if found != *agreed {
        let missing = agreed.cases.iter().filter(|it| !found.cases.contains(it)).count();
        let new = found.cases.iter().filter(|it| !agreed.cases.contains(it)).count();
        return Err(RunError::PlanChanged { missing, new });
    }
    drop(events);
    let run = ledger.begin_run(now, trigger)?;
    let events = control.begin(Phase::Sending, None);
    let mut wire = Wire {
        organization: &organization,
        ledger: &mut ledger,
        run,
        clock,
        cancel: control.cancel,
        events: &events,
    };
    let (made, result) = send(&mut wire, &found, (run, now)).await;
    drop(events);
    let outcome = match (&result, made.is_empty()) {
        (Ok(_), _) => RunOutcome::Complete,
        (Err(_), true) => RunOutcome::Failed,
        (Err(_), false) => RunOutcome::Partial,
    };
    let ending = Conclusion {
        record: Record::of_changes(&made),
        outcome,
        ledger: None,
        quarantine: None,
        times: Times::Forgotten,
        result,
    };
    let (settings, token, observer_token) = (None, None, None);
    let ledger = &mut ledger;
    let id = Some(run);
    let ended = Ended { installation, ledger, id, started_at: now, trigger, settings, token, observer_token };
    conclude(ended, ending)
}

async fn look(
    configuration: &Configuration,
    organization: &Organization,
    ledger: Option<&Ledger>,
    (picks, now): (&Picks, Timestamp),
    events: Events<'_>,
) -> Result<Repairs, RunError> {
    let Configuration { connector, sync, .. } = configuration;
    let hidden = || RunError::MembersHidden { server: configuration.organization.endpoints.api.clone() };
    let Reading::Read(members) = organization.members(events).await? else { return Err(hidden()) };
    let groups = match sync.groups {
        false => Vec::new(),
        true => match organization.groups(events).await? {
            Reading::Read(groups) => groups,
            Reading::NotOffered => return Err(hidden()),
        },
    };
    let state = OrganizationState { members, groups };
    let known = ledger.map(Ledger::state).transpose()?.unwrap_or_default();
    let taken = taken(connector, ledger, now)?;
    let cases = repairs(&state, &known, connector, picks);
    Ok(Repairs { cases, beyond_limit: 0 }.within(&connector.limits, taken))
}

/// How many people lost access within the window of the limits.
fn taken(connector: &ConnectorSettings, ledger: Option<&Ledger>, now: Timestamp) -> Result<usize, RunError> {
    let since = counted_since(&connector.limits, now);
    let recent = match (ledger, since) {
        (Some(ledger), Some(since)) => ledger.taken_since(since)?,
        _ => ApprovalScope::default(),
    };
    Ok(recent.people().count())
}

/// Sends case by case; what is refused for one changes nothing for another. Returns the changes that were made.
async fn send(
    wire: &mut Wire<'_>,
    found: &Repairs,
    (run, now): (RunId, Timestamp),
) -> (Vec<Change>, Result<usize, RunError>) {
    let mut made = Vec::new();
    let mut refused = Vec::new();
    let mut counted = ApprovalScope::default();
    for (change, request) in found.decided().flat_map(RepairCase::requests) {
        if let Change::Remove { person, .. } = change {
            counted.removed.insert(person.external_id.as_str().to_owned());
        }
        if !counted.takes_nothing()
            && let Err(error) = wire.ledger.note_taken(run, &counted, now)
        {
            return (made, Err(error.into()));
        }
        match wire.send_one(request).await {
            Ok((_, Ok(()))) => made.push(change.clone()),
            Ok((_, Err(error))) if error.concerns_one() => {
                let subject = change.subject().clone();
                let is_group = change.person().is_none();
                let reason = error.to_string();
                refused.push(RefusedRecord {
                    name: subject.name,
                    external_id: subject.external_id,
                    is_group,
                    reason,
                });
            }
            Ok((_, Err(error))) => return (made, Err(RunError::Apply(error))),
            Err(failure) => return (made, Err(failure.error)),
        }
    }
    let done = made.len();
    let result =
        if refused.is_empty() { Ok(done) } else { Err(RunError::RecordsRefused { records: refused }) };
    (made, result)
}
