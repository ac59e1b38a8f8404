//! One run: read, compare, guard, send, look again, and one ending.

use super::ending::{Conclusion, Ended, Times, conclude};
use super::inputs::{Inputs, Reading, Sides, read_both, tell_of_dangers};
use super::observe::observe_again;
use super::outcome::{self, Finished};
use super::record::Record;
use super::remembered::{Place, begin_ledger, look_for_others, remembered};
use super::send::{Sent, Wire};
use super::source::{RunSource, open_all};
use super::{RunError, SavedPlan, SyncReport};
use crate::accounts;
use crate::directory::mirror::ReadMode;
use crate::event::{Control, Phase};
use crate::installation::{Configuration, Installation};
use crate::ledger::{Ledger, RunId, RunOutcome, Trigger};
use crate::notice::Notice;
use crate::organization::Organization;
use bwdc_core::import::{RefusedRecord, fingerprint, official_request, older_fingerprint};
use bwdc_core::ledger::LedgerState;
use bwdc_core::names::Timestamp;
use bwdc_core::observed::{Observed, OrganizationState};
use bwdc_core::plan::{After, Evidence, Plan, Verdict};
use bwdc_core::wire::Request;

/// What a run is asked to do.
#[derive(Clone, Copy)]
pub(crate) struct Work<'w> {
    /// Who asks.
    pub(crate) trigger: Trigger,
    /// How the directories are read. With [`ReadMode::Full`] an organization that nobody can look at is sent everything again.
    pub(crate) mode: ReadMode,
    /// The plan that it has to come to, or nothing is sent.
    pub(crate) expected: Option<&'w SavedPlan>,
}

/// Makes the organization follow the directory.
///
/// 1. takes the profile's lock and reads the settings, once; takes the organization's lock; 2. reads directory and
///    organization; 3. builds the plan, which the guard may refuse: nothing is sent then; 4. sends each request, written
///    down before and after; 5. reads the organization again; 6. writes the end, see `ending`.
///
/// # Errors
/// [`RunError::Refused`] when a limit is exceeded; [`RunError::Apply`] when a request failed, what was accepted before it is
/// remembered; [`RunError::RecordsRefused`] and [`RunError::SourcesNotRead`] when everything else was done;
/// [`RunError::Cancelled`] when it was asked to end; else whatever could not be read or written.
pub(crate) async fn sync(
    installation: &mut Installation,
    work: Work<'_>,
    control: Control<'_>,
) -> Result<SyncReport, RunError> {
    let now = installation.now();
    installation.signed_in()?;
    if let Some(found) = installation.too_open() {
        control.notice(Notice::OpenToOthers(found));
    }
    let _run_lock = installation.lock("sync")?;
    installation.reload()?;
    let mut configuration = Configuration::read(installation)?;
    tell_of_dangers(installation, &configuration, control);
    let (api, id) =
        (configuration.organization.endpoints.api.clone(), configuration.organization.known_id()?.to_owned());
    let _organization_lock = installation.lock_organization(&api, &id, "sync")?;

    // Before the ledger is bound to them: a setting that is missing must not look like another directory.
    let sources = open_all(std::mem::take(&mut configuration.sources))?;
    let organization = accounts::access(&configuration.organization, &configuration.keys).await?.open()?;
    let place = Place::of(&api, &id, &sources);
    let keep_days = configuration.connector.history.keep_days;
    let mut ledger = begin_ledger(installation, &place, &sources, keep_days, control)?;
    configuration.organization.keep_bindings(&configuration.keys, &mut ledger)?;
    let others = look_for_others(installation, &ledger, control)?;
    let mut run = Run {
        installation,
        configuration: &configuration,
        sources: &sources,
        organization: &organization,
        ledger: &mut ledger,
        place,
        now,
        trigger: work.trigger,
        id: None,
        control,
    };
    let mode = if others { ReadMode::Full } else { work.mode };
    let resend = work.mode == ReadMode::Full && work.expected.is_none();
    let ending = run.carry_out(mode, resend, work.expected).await.unwrap_or_else(|ending| *ending);
    let token = organization.token().await.map(|it| it.secret().clone());
    let Run { installation, ledger, id, .. } = run;
    conclude(Ended { installation, ledger, id, started_at: now, trigger: work.trigger, token }, ending)
}

/// A run between its locks and its ending.
struct Run<'r> {
    installation: &'r mut Installation,
    configuration: &'r Configuration,
    sources: &'r [RunSource],
    organization: &'r Organization,
    ledger: &'r mut Ledger,
    place: Place,
    now: Timestamp,
    trigger: Trigger,
    /// Its number, once something is about to be sent.
    id: Option<RunId>,
    control: Control<'r>,
}

/// The end of a run that did not come further, or that of one that did.
type Stage<T> = Result<T, Box<Conclusion<SyncReport>>>;

/// Ends a run with an error that leaves everything as it was.
fn stop(record: Record) -> impl FnOnce(RunError) -> Box<Conclusion<SyncReport>> {
    move |error| Box::new(Conclusion::failed(record, error))
}

impl<'r> Run<'r> {
    async fn carry_out(
        &mut self,
        mode: ReadMode,
        resend: bool,
        expected: Option<&SavedPlan>,
    ) -> Stage<Conclusion<SyncReport>> {
        let mut inputs = self.read(mode).await.map_err(stop(Record::without_plan()))?;
        inputs.resend = resend;
        let plan = Plan::build(&inputs.borrow());
        let record = Record::of(&plan);
        self.judge(&inputs, &plan, &record, expected)?;
        self.tell(&inputs, &plan);
        let requests = if self.was_sent_before(&plan, &inputs) { Vec::new() } else { plan.requests() };
        let hash = self.prepare(&inputs, &plan, &requests).map_err(stop(record.clone()))?;
        let sent = self.send(&plan, &requests).await;
        let looked = self.look_again(&inputs, &plan, &requests).await;
        match (sent.failure, looked) {
            (Some(failure), looked) => {
                let reached = sent.accepted > 0 || !sent.refused.is_empty() || !failure.without_effect;
                let times = if reached { Times::Forgotten } else { Times::Restored(hash) };
                let looked = looked.ok().flatten();
                Ok(self.broken_off(&inputs, &plan, record, failure.error, looked.as_ref(), times))
            }
            (None, Err(error)) => {
                Ok(Conclusion { times: Times::Forgotten, ..Conclusion::failed(record, error) })
            }
            (None, Ok(after)) => {
                Ok(self.finished(&inputs, plan, record, &requests, sent.refused, after.as_ref()))
            }
        }
    }

    async fn read(&mut self, mode: ReadMode) -> Result<Inputs<'r>, RunError> {
        let before = remembered(self.ledger, self.sources, &self.configuration.connector, self.now)?;
        let Self { configuration, sources, organization, .. } = *self;
        let reading = Reading::Remembered { ledger: self.ledger, mode, clock: self.installation.clock() };
        let sides = Sides { configuration, sources, organization };
        read_both(sides, before, self.now, reading, self.control).await
    }

    /// The plan has to be the expected one, and within the limits.
    fn judge(
        &self,
        inputs: &Inputs<'_>,
        plan: &Plan,
        record: &Record,
        expected: Option<&SavedPlan>,
    ) -> Stage<()> {
        if let Some(saved) = expected {
            let same = saved.expect(plan, &self.place.api, &self.place.organization_id);
            same.map_err(stop(record.clone()))?;
        }
        let approvals = self.ledger.approvals(self.now).map_err(RunError::from);
        let approvals = approvals.map_err(stop(record.clone()))?;
        let Verdict::Refused(refusals) = plan.check(&inputs.connector.limits, &approvals) else {
            return Ok(());
        };
        let mut record = record.clone();
        record.refused(&refusals);
        Err(Box::new(Conclusion {
            record,
            outcome: RunOutcome::Refused,
            ledger: None,
            quarantine: Some(plan.refused(&inputs.connector.limits)),
            times: Times::Untouched,
            result: Err(RunError::Refused { refusals }),
        }))
    }

    fn tell(&self, inputs: &Inputs<'_>, plan: &Plan) {
        inputs.tell(plan, self.control);
        if plan.baseline && !plan.kept.is_empty() {
            self.control.notice(Notice::KeptAtFirst { people: plan.kept.len() });
        }
    }

    /// Puts on record what is about to happen: 1. the run itself; 2. what the limits count of it; 3. in `data.json`, that
    /// the last sync is not the last any more: ended from here on, the official connector must not take the state of before
    /// for the present one. Returns the hash that stood there.
    fn prepare(
        &mut self,
        inputs: &Inputs<'_>,
        plan: &Plan,
        requests: &[Request],
    ) -> Result<Option<String>, RunError> {
        let run = self.ledger.begin_run(self.now, self.trigger)?;
        self.id = Some(run);
        if requests.is_empty() {
            return Ok(None);
        }
        let counted = plan.counted(&inputs.connector.limits);
        if !counted.takes_nothing() {
            self.ledger.note_taken(run, &counted, self.now)?;
        }
        let former = self.installation.data().last_sync_hash().map(str::to_owned);
        if former.is_some() {
            self.installation.update(|data| data.set_last_sync_hash(None))?;
        }
        Ok(former)
    }

    async fn send(&mut self, plan: &Plan, requests: &[Request]) -> Sent {
        let Some(run) = self.id.filter(|_| !requests.is_empty()) else { return Sent::default() };
        let events = self.control.begin(Phase::Sending, None);
        let mut wire = Wire {
            organization: self.organization,
            ledger: self.ledger,
            run,
            clock: self.installation.clock(),
            cancel: self.control.cancel,
            events: &events,
        };
        wire.send(plan, requests).await
    }

    /// The organization after everything that was sent; None where nobody can look.
    async fn look_again(
        &self,
        inputs: &Inputs<'_>,
        plan: &Plan,
        requests: &[Request],
    ) -> Result<Option<OrganizationState>, RunError> {
        let Observed::Live(before) = &inputs.observed else { return Ok(None) };
        if requests.is_empty() {
            return Ok(Some(before.clone()));
        }
        let touched = outcome::touched_groups(plan);
        let events = self.control.begin(Phase::Verification, None);
        let work = observe_again(self.organization, before, &touched, inputs.sync.groups, &events);
        let looked = self.control.cancel.unless_cancelled(work).await;
        Ok(looked.ok_or(RunError::Cancelled)??)
    }

    /// The end of a run in the middle of its requests. What the organization is seen to hold is remembered all the same.
    fn broken_off(
        &self,
        inputs: &Inputs<'_>,
        plan: &Plan,
        record: Record,
        error: RunError,
        looked: Option<&OrganizationState>,
        times: Times,
    ) -> Conclusion<SyncReport> {
        let ledger = looked.map(|state| LedgerState {
            // A first run that failed is followed by another first run.
            baseline_taken: inputs.ledger.baseline_taken,
            new_sources: inputs.ledger.new_sources.clone(),
            ..plan.ledger_after(&inputs.borrow(), After::Observed(state), self.now)
        });
        let ending = Conclusion::failed(record, error);
        let outcome = match ledger {
            Some(_) if ending.outcome == RunOutcome::Failed => RunOutcome::Partial,
            _ => ending.outcome,
        };
        Conclusion { ledger, times, outcome, ..ending }
    }

    /// The end of a run whose requests were all answered.
    fn finished(
        &self,
        inputs: &Inputs<'_>,
        plan: Plan,
        mut record: Record,
        requests: &[Request],
        refused: Vec<RefusedRecord>,
        after: Option<&OrganizationState>,
    ) -> Conclusion<SyncReport> {
        let plan = plan.without(&refused);
        let state = after.map_or(After::Accepted, After::Observed);
        let next = plan.ledger_after(&inputs.borrow(), state, self.now);
        let finished = Finished {
            sent: !requests.is_empty(),
            read_back: after.is_some(),
            unread_groups: after.map_or(0, outcome::unread_groups),
            left: outcome::left_to_do(&plan, after, requests),
            refused,
            unread: inputs.unread.clone(),
        };
        let outcome = finished.outcome();
        let times = match (finished.everything_is_done(), finished.sent) {
            (false, _) => Times::Forgotten,
            (true, false) => Times::Seen,
            (true, true) => Times::Noted {
                users: inputs.sync.users,
                groups: inputs.sync.groups,
                hash: outcome::official_hash(inputs, requests, &self.place),
            },
        };
        let result = if finished.everything_is_done() {
            Ok(finished.report(plan, requests.len(), inputs))
        } else {
            Err(finished.error(plan.changes.len()))
        };
        if let Err(error) = &result {
            record.failed(error);
        }
        Conclusion { record, outcome, ledger: Some(next), quarantine: None, times, result }
    }

    /// Whether the official connector, or we, sent just this to a server that cannot be asked.
    fn was_sent_before(&self, plan: &Plan, inputs: &Inputs<'_>) -> bool {
        let stored = self.installation.data().last_sync_hash();
        let Some(stored) = stored.filter(|_| plan.evidence == Evidence::Unknown) else { return false };
        let official = official_request(&inputs.desired, inputs.sync);
        let Place { api, organization_id, .. } = &self.place;
        serde_json::to_vec(&official).is_ok_and(|body| {
            stored == fingerprint(api, organization_id, &body) || stored == older_fingerprint(api, &body)
        })
    }
}
