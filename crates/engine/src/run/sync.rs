//! One run: read, compare, guard, send, look again, and one ending.

use super::ending::{Conclusion, Ended, Times, conclude};
use super::held_back::HeldBack;
use super::inputs::{Inputs, Reading, Sides, read_both, tell_of_dangers};
use super::observe::observe_again;
use super::outcome::{self, Finished};
use super::record::Record;
use super::remembered::{Place, begin_ledger, enter_lease, look_for_others_of, remembered, was_cleared};
use super::send::{Sent, Wire};
use super::settle::{OpenImports, Wait, Waits};
use super::source::{RunSource, open_all, settings_of};
use super::{RunError, SavedPlan, SyncReport};
use crate::accounts;
use crate::directory::snapshot_cache::ReadMode;
use crate::event::{Control, Event, Events, Phase, RunEvent};
use crate::installation::{Configuration, Installation, SetupError};
use crate::ledger::{FULL_READ, Ledger, NOT_TAKEN, RunId, RunOutcome, Trigger};
use crate::notice::Notice;
use crate::organization::Organization;
use crate::paths::moved_to;
use crate::settings::digest;
use bwdc_core::import::{RefusedRecord, fingerprint, official_request, older_fingerprint};
use bwdc_core::ledger::LedgerState;
use bwdc_core::names::{ExternalId, Timestamp};
use bwdc_core::observed::{Observed, OrganizationState};
use bwdc_core::plan::{After, ApprovalScope, Change, Evidence, Plan, Verdict};
use bwdc_core::wire::Request;
use std::collections::BTreeSet;

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
/// 1. takes the profile's lock and reads the settings, once; takes the organization's lock; 2. where an import of an earlier
///    run has no known end, takes access from leavers and waits until it is over, see `settle`; 3. reads directory and
///    organization; 4. builds the plan, which the guard may refuse: nothing is sent then; 5. sends each request, written
///    down before and after; 6. reads the organization again; 7. writes the end, see `ending`.
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
    if let Some(to) = moved_to(&installation.profile().folder) {
        return Err(SetupError::Moved { to }.into());
    }
    installation.signed_in()?;
    if let Some(found) = installation.too_open() {
        control.notice(Notice::OpenToOthers(found));
    }
    let _run_lock = installation.lock("sync")?;
    let lease = enter_lease(installation)?;
    installation.reload()?;
    let mut configuration = Configuration::read(installation)?;
    let settings = Some(digest(installation)?);
    tell_of_dangers(installation, &configuration, control);
    let (api, id) =
        (configuration.organization.endpoints.api.clone(), configuration.organization.known_id()?.to_owned());
    let _organization_lock = installation.lock_organization(&api, &id, "sync")?;

    // Before the ledger is bound to them: a setting that is missing must not look like another directory.
    let sources = open_all(std::mem::take(&mut configuration.sources))?;
    let access = accounts::access(&configuration.organization, &configuration.keys).await?;
    let organization = access.open()?.under(lease.clone());
    let place = Place::of(&api, &id, &sources);
    let keep_days = configuration.connector.history.keep_days;
    let mut ledger = begin_ledger(installation, &place, &sources, keep_days, control)?;
    configuration.organization.keep_bindings(&configuration.keys, &mut ledger)?;
    let others = look_for_others_of(lease.as_deref(), installation, &ledger, control)?;
    let cleared = was_cleared(installation, &ledger)?;
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
        early: Early::default(),
        control,
    };
    let mode = if others { ReadMode::Full } else { work.mode };
    // A schedule reads everything now and then, and overrules nobody who changed something by hand. Who clears the cache wants it.
    let asked = cleared || work.mode == ReadMode::Full && !work.trigger.scheduled;
    let resend = asked && work.expected.is_none();
    let ending = run.carry_out(mode, resend, work.expected).await.unwrap_or_else(|ending| *ending);
    let token = organization.token().await.map(|it| it.secret().clone());
    let observer_token = organization.observer_token().await.map(|it| it.secret().clone());
    let Run { installation, ledger, id, .. } = run;
    let trigger = work.trigger;
    let ended = Ended { installation, ledger, id, started_at: now, trigger, settings, token, observer_token };
    conclude(ended, ending)
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
    early: Early,
    control: Control<'r>,
}

/// What a run did before it waited for an import of an earlier one.
#[derive(Default)]
struct Early {
    changes: Vec<Change>,
    taken: ApprovalScope,
}

/// The end of a run that did not come further, or that of one that did.
type Stage<T> = Result<T, Box<Conclusion<SyncReport>>>;

impl<'r> Run<'r> {
    async fn carry_out(
        &mut self,
        mode: ReadMode,
        resend: bool,
        expected: Option<&SavedPlan>,
    ) -> Stage<Conclusion<SyncReport>> {
        self.settle(mode, expected.is_none()).await?;
        let mut inputs = self.read(mode, self.control).await.map_err(self.stop_early())?;
        inputs.resend = resend;
        let plan = Plan::build(&inputs.borrow());
        let mut record = Record::after(&self.early.changes, &plan);
        let held = self.judge(&inputs, &plan, &record, expected)?;
        let plan = held.as_ref().map_or(plan, |it| it.left.clone());
        if let Some(held) = &held {
            record = Record::after(&self.early.changes, &plan);
            record.refused(&held.refusals);
        }
        record.note(FULL_READ, (mode == ReadMode::Full).into());
        self.tell(&inputs, &plan);
        let pace = self.ledger.import_pace().map_err(RunError::from).map_err(self.stop(record.clone()))?;
        let requests = if self.was_sent_before(&plan, &inputs) { Vec::new() } else { plan.requests_at(pace) };
        let hash = self.prepare(&inputs, &plan, &requests).map_err(self.stop(record.clone()))?;
        let mut sent = self.send(&plan, &requests).await;
        let looked = self.look_again(&inputs, &plan, &requests).await;
        match (sent.failure.take(), looked) {
            (Some(failure), looked) => {
                let Sent { accepted, mut refused, forbidden, .. } = sent;
                let answered = accepted > 0 || !refused.is_empty() || !forbidden.is_empty();
                let times = match answered || !failure.without_effect {
                    true => Times::Forgotten,
                    false => Times::Restored(hash),
                };
                let looked = looked.ok().flatten();
                refused.extend(forbidden.into_iter().map(|(_, record)| record));
                let error = failure.error.about(&plan).after(refused);
                let ending = self.broken_off(&inputs, &plan, record, error, looked.as_ref(), times);
                Ok(Conclusion { quarantine: held.map(|it| it.scope), ..ending })
            }
            (None, Err(error)) => {
                let quarantine = held.map(|it| it.scope);
                Ok(Conclusion { times: Times::Forgotten, quarantine, ..Conclusion::failed(record, error) })
            }
            (None, Ok(after)) => {
                let ending = self.finished(&inputs, plan, record, &requests, sent, after.as_ref());
                Ok(match held {
                    Some(held) => held.end(ending),
                    None => ending,
                })
            }
        }
    }

    /// Lets an import of an earlier run come to its end before anything is imported. Whoever is to lose access does not wait for
    /// it; a saved plan is carried out as a whole or not at all.
    async fn settle(&mut self, mode: ReadMode, may_revoke: bool) -> Stage<()> {
        let clock = self.installation.clock();
        let open = OpenImports::of(self.ledger, clock, Waits::default());
        let Some(mut open) = open.map_err(self.stop_early())? else { return Ok(()) };
        let wait = open.look_twice(self.organization, self.control).await.map_err(self.stop_early())?;
        if wait == Wait::Longer {
            if may_revoke {
                self.revoke_first(mode).await?;
            }
            open.wait(self.organization, self.control).await.map_err(self.stop_early())?;
        }
        open.close(self.ledger, clock, self.control).map_err(self.stop_early())
    }

    /// Takes access from those whom the plan of this moment takes it from, within the limits: nothing of it can double anybody.
    async fn revoke_first(&mut self, mode: ReadMode) -> Stage<()> {
        let events = self.control.events;
        // What the directory has to say is told once, by the read that follows.
        let quiet = move |event: RunEvent| {
            if !matches!(event.event, Event::Notice(_)) {
                events(event);
            }
        };
        let control = Control { events: &quiet, cancel: self.control.cancel };
        let inputs = self.read(mode, control).await.map_err(self.stop_early())?;
        let plan = Plan::build(&inputs.borrow());
        let approvals = self.ledger.approvals(self.now).map_err(RunError::from).map_err(self.stop_early())?;
        let plan = match plan.check(&inputs.connector.limits, &approvals) {
            Verdict::Go => Some(plan),
            // Whoever is not held back does not wait for those who are.
            Verdict::Held(held) => Plan::build_without(&inputs.borrow(), &held),
            Verdict::Refused(_) => None,
        };
        let Some(plan) = plan else { return Ok(()) };
        let (changes, requests): (Vec<Change>, Vec<Request>) = plan.revocations().into_iter().unzip();
        if requests.is_empty() {
            return Ok(());
        }
        let counted = plan.counted(&inputs.connector.limits);
        let of = |it: &Change| Some(it.person()?.external_id.as_str().to_owned());
        let taken: BTreeSet<String> = changes.iter().filter_map(of).collect();
        let revoked = counted.people().filter(|it| taken.contains(*it)).cloned().collect();
        self.early = Early { changes, taken: ApprovalScope { revoked, ..ApprovalScope::default() } };
        self.begin(&ApprovalScope::default()).map_err(self.stop_early())?;
        let Some(run) = self.id else { return Ok(()) };
        let events = self.control.begin(Phase::Sending, None);
        let failure = self.wire(run, &events).revoke(&requests).await;
        failure.map_or(Ok(()), |failure| Err(self.stop_early()(failure.error)))
    }

    /// Ends a run that came no further than what it did early.
    fn stop_early(&self) -> impl FnOnce(RunError) -> Box<Conclusion<SyncReport>> + use<> {
        self.stop(Record::of_changes(&self.early.changes))
    }

    /// Ends a run with an error that leaves everything as it was, but for what it did early.
    fn stop(&self, record: Record) -> impl FnOnce(RunError) -> Box<Conclusion<SyncReport>> + use<> {
        let times = self.times_before();
        move |error| Box::new(Conclusion { times, ..Conclusion::failed(record, error) })
    }

    /// What `data.json` says of the last sync where a run sends nothing more.
    fn times_before(&self) -> Times {
        if self.early.changes.is_empty() { Times::Untouched } else { Times::Forgotten }
    }

    async fn read(&mut self, mode: ReadMode, control: Control<'_>) -> Result<Inputs<'r>, RunError> {
        let before = remembered(self.ledger, self.sources, &self.configuration.connector, self.now)?;
        let Self { configuration, sources, organization, .. } = *self;
        let reading = Reading::Remembered { ledger: self.ledger, mode, clock: self.installation.clock() };
        let sides = Sides { configuration, sources, organization };
        let inputs = read_both(sides, before, self.now, reading, control).await?;
        // Whatever this run comes to, the directory has told them.
        self.ledger.note_addresses(&inputs.newly_told())?;
        if let Observed::Live(state) = &inputs.observed {
            self.ledger.note_entries_read(state.members.len().max(state.groups.len()))?;
        }
        Ok(inputs)
    }

    /// The plan has to be the expected one, and within the limits. What they hold back of it comes out; a saved plan is carried out
    /// as a whole or not at all.
    fn judge(
        &mut self,
        inputs: &Inputs<'_>,
        plan: &Plan,
        record: &Record,
        expected: Option<&SavedPlan>,
    ) -> Stage<Option<HeldBack>> {
        if let Some(saved) = expected {
            let same = saved.expect(plan, &self.place.api, &self.place.organization_id);
            same.map_err(self.stop(record.clone()))?;
        }
        let approvals = self.ledger.approvals(self.now).map_err(RunError::from);
        let approvals = approvals.map_err(self.stop(record.clone()))?;
        let refusals = match plan.check(&inputs.connector.limits, &approvals) {
            Verdict::Go => {
                let noted = self.ledger.note_accepted_settings(settings_of(self.sources));
                noted.map_err(RunError::from).map_err(self.stop(record.clone()))?;
                return Ok(None);
            }
            Verdict::Held(held) => {
                let left = Plan::build_without(&inputs.borrow(), &held).filter(|_| expected.is_none());
                if let Some(left) = left {
                    let scope = plan.taken_beyond(&left);
                    return Ok(Some(HeldBack { refusals: held.refusals, scope, left }));
                }
                held.refusals
            }
            Verdict::Refused(refusals) => refusals,
        };
        let mut record = record.clone();
        record.refused(&refusals);
        Err(Box::new(Conclusion {
            record,
            outcome: RunOutcome::Refused,
            ledger: None,
            quarantine: Some(plan.refused(&inputs.connector.limits)),
            times: self.times_before(),
            result: Err(RunError::Refused { refusals, run: None }),
        }))
    }

    fn tell(&self, inputs: &Inputs<'_>, plan: &Plan) {
        inputs.tell(plan, self.control);
        let staying = plan.staying().count();
        if plan.baseline && staying > 0 {
            self.control.notice(Notice::KeptAtFirst { people: staying });
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
        let sends = !requests.is_empty();
        self.begin(&if sends { plan.counted(&inputs.connector.limits) } else { ApprovalScope::default() })?;
        if !sends {
            return Ok(None);
        }
        let former = self.installation.data().last_sync_hash().map(str::to_owned);
        if former.is_some() {
            self.installation.update(|data| data.set_last_sync_hash(None))?;
        }
        Ok(former)
    }

    /// Begins the run on record where it has not begun, and what the limits count of it.
    fn begin(&mut self, counted: &ApprovalScope) -> Result<(), RunError> {
        let run = match self.id {
            Some(run) => run,
            None => self.ledger.begin_run(self.now, self.trigger)?,
        };
        self.id = Some(run);
        let mut counted = counted.clone();
        counted.add(&self.early.taken);
        if !counted.takes_nothing() {
            self.ledger.note_taken(run, &counted, self.now)?;
        }
        Ok(())
    }

    async fn send(&mut self, plan: &Plan, requests: &[Request]) -> Sent {
        let Some(run) = self.id.filter(|_| !requests.is_empty()) else { return Sent::default() };
        let events = self.control.begin(Phase::Sending, None);
        self.wire(run, &events).send(plan, requests).await
    }

    fn wire<'w>(&'w mut self, run: RunId, events: Events<'w>) -> Wire<'w> {
        Wire {
            organization: self.organization,
            ledger: self.ledger,
            run,
            clock: self.installation.clock(),
            cancel: self.control.cancel,
            events,
        }
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
        mut record: Record,
        error: RunError,
        looked: Option<&OrganizationState>,
        times: Times,
    ) -> Conclusion<SyncReport> {
        let ledger = looked.map(|state| LedgerState {
            // A first run that failed is followed by another first run.
            baseline_taken: inputs.ledger.baseline_taken,
            new_sources: inputs.ledger.new_sources.clone(),
            refused: inputs.ledger.refused.clone(),
            ..plan.ledger_after(&inputs.borrow(), After::Observed(state), self.now)
        });
        if let Some(state) = looked {
            record.without(&plan.unfinished(state));
        }
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
        sent: Sent,
        after: Option<&OrganizationState>,
    ) -> Conclusion<SyncReport> {
        let Sent { mut refused, forbidden, without_seat, .. } = sent;
        let waiting: Vec<ExternalId> = without_seat.iter().map(|it| it.external_id.clone()).collect();
        refused.extend(without_seat);
        let borrowed = inputs.borrow();
        let remembered = plan.refusals_after(&forbidden, &borrowed, self.now);
        let is_new = |(request, record): &&(Request, RefusedRecord)| {
            !plan.is_known_refusal(request, &record.reason, &borrowed)
        };
        refused.extend(forbidden.iter().filter(is_new).map(|(_, record)| record.clone()));
        let planned = if forbidden.is_empty() { Vec::new() } else { plan.changes.clone() };
        let plan = plan.without(&refused).without_forbidden(&forbidden, &remembered);
        record.without(&outcome::given_up(&planned, &plan.changes));
        let state = after.map_or(After::Accepted, After::Observed);
        let next = LedgerState { refused: remembered, ..plan.ledger_after(&borrowed, state, self.now) };
        let next = LedgerState { waiting: [waiting, next.waiting].concat(), ..next };
        let finished = Finished {
            sent: !requests.is_empty() || !self.early.changes.is_empty(),
            read_back: after.is_some(),
            unread_groups: after.map_or(0, outcome::unread_groups),
            left: outcome::left_to_do(&plan, after, requests, &refused),
            not_made: outcome::not_made(&plan, after, requests, &refused),
            early: self.early.changes.clone(),
            refused,
            unread: inputs.unread.clone(),
            held_back: plan.waits_for.clone(),
        };
        let outcome = finished.outcome();
        record.without(&finished.not_made.iter().collect::<Vec<_>>());
        if finished.not_made.is_empty() {
            record.verified(&finished.verification());
        }
        // What else is left to do is a failure.
        if finished.left == 0 && finished.unread.is_empty() && finished.held_back.is_empty() {
            record.note(NOT_TAKEN, finished.refused.len());
        }
        let times = match (finished.everything_is_done(), finished.sent) {
            (false, _) => Times::Forgotten,
            (true, false) => Times::Seen,
            (true, true) => Times::Noted {
                users: inputs.sync.users,
                groups: inputs.sync.groups,
                hash: outcome::official_hash(inputs, requests, &self.place),
            },
        };
        let error = finished.error(plan.changes.len());
        let report = finished.report(plan, requests.len(), inputs);
        let result = match error {
            None => Ok(report),
            Some(error) => {
                record.failed(&error);
                Err(RunError::NotDone { report: Box::new(report), error: Box::new(error) })
            }
        };
        Conclusion { record, outcome, ledger: Some(next), quarantine: None, times, result }
    }

    /// Whether the official connector, or we, sent just this to a server that cannot be asked.
    fn was_sent_before(&self, plan: &Plan, inputs: &Inputs<'_>) -> bool {
        let stored = self.installation.data().last_sync_hash();
        let Some(stored) = stored.filter(|_| plan.evidence == Evidence::Unknown) else { return false };
        let official = official_request(&inputs.desired, &inputs.sync);
        let Place { api, organization_id, .. } = &self.place;
        serde_json::to_vec(&official).is_ok_and(|body| {
            stored == fingerprint(api, organization_id, &body) || stored == older_fingerprint(api, &body)
        })
    }
}
