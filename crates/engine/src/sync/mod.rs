//! One run: read, compare, guard, send, look again, remember.

mod error;
mod inputs;
mod outcome;
mod rebuild;
mod send;

use crate::directory::mirror::ReadMode;
use crate::engine::Engine;
use crate::event::{Event, Events};
use crate::installation::SetupError;
use crate::ledger::{Ledger, Opened, RunKind, RunOutcome, SharedMarks};
use crate::lock::{OrganizationLock, RunLock, machine_folder};
use crate::record::Record;
use crate::review::HistoryError;
use crate::saved_plan::SavedPlan;
use crate::sources::ConfiguredSource;
use bwdc_core::import::{fingerprint, official_request, older_fingerprint};
use bwdc_core::ledger::LedgerState;
use bwdc_core::plan::{After, Evidence, Plan, Takings, Verdict};
pub use error::RunError;
use inputs::{Inputs, Reading, Remembered, places};
use outcome::Ended;
pub use rebuild::Rebuilt;
use send::{Sent, Way};

/// A plan and what the guard says of it.
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// Whether a run may carry it out.
    pub verdict: Verdict,
    /// The plan as it can be saved, reviewed and applied.
    pub saved: SavedPlan,
    /// Whether new members would be invited although the settings ask for none: the server knows no staged members.
    pub invites_all_the_same: bool,
}

/// What a run did.
pub struct SyncReport {
    /// People of the desired state when anything was sent, else 0.
    pub users: usize,
    /// Groups of the desired state when anything was sent, else 0.
    pub groups: usize,
    /// Requests that were sent.
    pub requests: usize,
    /// The plan that was carried out.
    pub plan: Plan,
    /// What a look at the organization afterwards showed.
    pub verification: Verification,
    /// Whether new members were invited although the settings ask for none: the server knows no staged members.
    pub invited_all_the_same: bool,
}

/// Whether the organization is as planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Nothing was sent: the organization was as planned before.
    NothingSent,
    /// Read back, and equal but for the standing differences of the plan.
    Verified,
    /// As [`Verification::Verified`], but that the members of so many groups are read back by later runs: one run asks for
    /// so many only.
    VerifiedExcept {
        /// Groups that are still to be read back.
        groups: usize,
    },
    /// The server cannot be read.
    SentNotVerified,
}

/// Where a run works.
struct Place {
    /// The API's URL.
    api: String,
    organization_id: String,
}

impl Engine {
    /// Compares directory and organization; nothing is written anywhere. The directory is read in full whatever `mode` says;
    /// [`ReadMode::Full`] shows what [`Engine::sync`] does with it: everything is sent again where nobody can look.
    ///
    /// # Errors
    /// [`RunError`] when either side cannot be read.
    pub async fn plan(&mut self, mode: ReadMode, events: Events<'_>) -> Result<Planned, RunError> {
        self.signed_in()?;
        let Place { api, organization_id } = self.organization_place()?;
        let now = self.clock.now();
        let sources = self.sources(&self.sync_settings()?)?;
        if let Err(error @ HistoryError::LedgerDamaged { .. }) = self.expect_readable_ledger() {
            events(Event::Notice(error.to_string()));
        }
        let (state, recent, approvals) = match Ledger::open_to_read(&self.profile.connector_db)? {
            Some(ledger) if ledger.is_about(&self.pair(&api)?, &organization_id)? => {
                self.look_for_others(&ledger, events)?;
                let state = ledger.state_of(&places(&sources))?;
                (state, ledger.taken_since(self.window(now)?)?, ledger.approvals(now)?)
            }
            _ => (LedgerState::default(), Takings::default(), Vec::new()),
        };
        let remembered = Remembered { state, recent };
        let (mut inputs, _) = self.inputs(&sources, remembered, now, Reading::Whole, events).await?;
        inputs.resend = mode == ReadMode::Full;
        let plan = Plan::build(&inputs.borrow());
        inputs.tell(&plan, events);
        let verdict = plan.check(&inputs.connector.limits, &approvals);
        let saved = SavedPlan::of(&plan, api, organization_id);
        let invites_all_the_same = inputs.invites_all_the_same(&plan);
        Ok(Planned { plan, verdict, saved, invites_all_the_same })
    }

    /// Makes the organization follow the directory, which is read as `mode` says. With [`ReadMode::Full`] an organization that
    /// nobody can look at is sent everything again.
    ///
    /// 1. takes the profile's and the organization's lock; 2. reads directory and organization; 3. builds the plan, which
    ///    the guard may refuse: nothing is sent then; 4. sends each request, written down before and after; 5. reads the
    ///    organization again; 6. commits the ledger; 7. notes times and fingerprint in `data.json`.
    ///
    /// # Errors
    /// [`RunError::Refused`] when a limit is exceeded; [`RunError::Apply`] when a request failed, what was accepted
    /// before it is remembered; [`RunError::RecordsRefused`] and [`RunError::SourcesNotRead`] when everything else
    /// was done; else whatever could not be read or written.
    pub async fn sync(&mut self, mode: ReadMode, events: Events<'_>) -> Result<SyncReport, RunError> {
        self.run(None, mode, events).await
    }

    /// As [`Engine::sync`] with a full read, and only when the plan is still the saved one.
    ///
    /// # Errors
    /// [`RunError::PlanChanged`] when it is not, nothing is sent then; else as [`Engine::sync`].
    pub async fn apply(&mut self, saved: &SavedPlan, events: Events<'_>) -> Result<SyncReport, RunError> {
        self.run(Some(saved), ReadMode::Full, events).await
    }

    async fn run(
        &mut self,
        expected: Option<&SavedPlan>,
        mode: ReadMode,
        events: Events<'_>,
    ) -> Result<SyncReport, RunError> {
        let now = self.clock.now();
        self.signed_in()?;
        self.warn(events);
        let _run_lock = RunLock::acquire(&self.profile, "sync", now)?;
        self.store.reload()?;
        let place = self.organization_place()?;
        let folder = machine_folder(self.environment.variable("ProgramData"));
        let _organization_lock =
            OrganizationLock::acquire(&folder, &place.api, &place.organization_id, "sync", now)?;

        // Before the ledger is bound to it: a setting that is missing must not look like another directory.
        let sources = self.sources(&self.sync_settings()?)?;
        let mut ledger = self.begin_ledger(&place, &sources, events)?;
        let others = self.look_for_others(&ledger, events)?;
        let resend = mode == ReadMode::Full && expected.is_none();
        let mode = if others { ReadMode::Full } else { mode };
        let remembered = Remembered {
            state: ledger.state_of(&places(&sources))?,
            recent: ledger.taken_since(self.window(now)?)?,
        };
        let reading = Reading::Remembered { ledger: &mut ledger, mode };
        let read = self.inputs(&sources, remembered, now, reading, events).await;
        let (mut inputs, organization) = match read {
            Ok(read) => read,
            Err(error) => {
                let mut record = Record::without_plan();
                record.failed(&error);
                let run = ledger.begin_run(now, RunKind::Command)?;
                ledger.end_run(run, &record.ending(self.clock.now(), RunOutcome::Failed))?;
                return Err(error);
            }
        };
        inputs.resend = resend;
        let input = inputs.borrow();
        let plan = Plan::build(&input);
        if let Some(saved) = expected {
            saved.expect(&plan, &place.api, &place.organization_id)?;
        }
        let mut record = Record::of(&plan);
        let approvals = ledger.approvals(now)?;
        if let Verdict::Refused(refusals) = plan.check(&inputs.connector.limits, &approvals) {
            let run = ledger.begin_run(now, RunKind::Command)?;
            ledger.quarantine(run, &plan.refused(&inputs.connector.limits))?;
            record.refused(&refusals);
            ledger.end_run(run, &record.ending(self.clock.now(), RunOutcome::Refused))?;
            return Err(RunError::Refused { refusals });
        }
        inputs.tell(&plan, events);
        if plan.baseline && !plan.kept.is_empty() {
            events(Event::Notice(format!(
                "first run with this ledger: {} people who would otherwise lose access are kept, and recorded",
                plan.kept.len()
            )));
        }

        let requests =
            if self.was_sent_before(&plan, &inputs, &place) { Vec::new() } else { plan.requests() };
        let run = ledger.begin_run(now, RunKind::Command)?;
        let counted = plan.counted(&inputs.connector.limits);
        if !requests.is_empty() && !counted.takes_nothing() {
            ledger.note_taken(run, &counted, now)?;
        }
        let former_hash = self.withdraw_hash(&requests)?;
        let way = &mut Way { organization: &organization, ledger: &mut ledger, run };
        let Sent { accepted, refused, failure } = self.send(way, &requests, events).await?;
        let looked = self.look_again(&organization, &inputs, &plan, &requests, events).await;
        let at_the_end = self.clock.now();
        if let Some(failure) = failure {
            record.failed(&failure.error);
            let ending = |outcome| record.ending(at_the_end, outcome);
            if let Ok(Some(state)) = &looked {
                // A first run that failed is followed by another first run.
                let next = LedgerState {
                    baseline_taken: inputs.ledger.baseline_taken,
                    new_sources: inputs.ledger.new_sources.clone(),
                    ..plan.ledger_after(&input, After::Observed(state), now)
                };
                ledger.commit(run, &next, &ending(RunOutcome::Partial))?;
            } else {
                ledger.end_run(run, &ending(RunOutcome::Failed))?;
            }
            if accepted > 0 || !refused.is_empty() || !failure.error.certainly_nothing_happened() {
                self.forget_times()?;
            } else if former_hash.is_some() {
                self.store.update(|data| data.set_last_sync_hash(former_hash.as_deref()))?;
            }
            self.remember_marks(&mut ledger)?;
            return Err(failure.into());
        }
        let after = match looked {
            Ok(after) => after,
            Err(error) => {
                record.failed(&error);
                ledger.end_run(run, &record.ending(at_the_end, RunOutcome::Failed))?;
                self.forget_times()?;
                self.remember_marks(&mut ledger)?;
                return Err(error);
            }
        };
        let plan = plan.without(&refused);
        let outcome = after.as_ref().map_or(After::Accepted, After::Observed);
        let next = plan.ledger_after(&input, outcome, now);
        let left = outcome::left_to_do(&plan, after.as_ref(), &requests);
        let ended = Ended {
            sent: !requests.is_empty(),
            read_back: after.is_some(),
            unread_groups: after.as_ref().map_or(0, outcome::unread_groups),
            left,
            refused,
            unread: inputs.unread(),
        };
        let error = (!ended.everything_is_done()).then(|| ended.error(plan.changes.len()));
        if let Some(error) = &error {
            record.failed(error);
        }
        ledger.commit(run, &next, &record.ending(at_the_end, ended.outcome()))?;
        self.keep_token(&organization).await?;
        if let Some(error) = error {
            self.forget_times()?;
            self.remember_marks(&mut ledger)?;
            return Err(error);
        }
        if ended.sent {
            self.note_success(now, &inputs, &requests, &place)?;
        }
        self.remember_marks(&mut ledger)?;
        let invited_all_the_same = inputs.invites_all_the_same(&plan);
        Ok(SyncReport {
            invited_all_the_same,
            users: if ended.sent { plan.totals.people } else { 0 },
            groups: if ended.sent { plan.totals.groups } else { 0 },
            requests: requests.len(),
            plan,
            verification: ended.verification(),
        })
    }

    /// Opens the ledger for this organization and these directories. What it knows of others is forgotten.
    fn begin_ledger(
        &self,
        place: &Place,
        sources: &[ConfiguredSource],
        events: Events<'_>,
    ) -> Result<Ledger, RunError> {
        let mut ledger = match Ledger::open(&self.profile.connector_db)? {
            Opened::Existing(ledger) | Opened::New(ledger) => ledger,
            Opened::Recovered { ledger, moved_to } => {
                events(Event::Notice(format!(
                    "the ledger could not be read and was set aside as `{}`; this run records who is there and removes nobody",
                    moved_to.display()
                )));
                ledger
            }
        };
        if ledger.begin_with(&self.pair(&place.api)?, &place.organization_id)? {
            events(Event::Notice(
                "the ledger was about another organization or directory: this run records who is there and removes nobody"
                    .to_owned(),
            ));
        }
        ledger.keep_runs_for(self.connector_settings()?.history.keep_days);
        for name in ledger.begin_sources(&places(sources))? {
            events(Event::Notice(format!(
                "source `{name}` is another directory than before: this run records who is there and removes nobody of it"
            )));
        }
        Ok(ledger)
    }

    /// Whether somebody else synced since our last run: the official connector leaves its marks in `data.json`.
    fn look_for_others(&self, ledger: &Ledger, events: Events<'_>) -> Result<bool, RunError> {
        let others = ledger.shared_marks()?.is_some_and(|ours| {
            let now = self.shared_marks();
            // Without any mark, somebody cleared them.
            now != ours && now != SharedMarks::default()
        });
        if others {
            events(Event::Notice(
                "another program has synced since the last run here: the times or the hash in `data.json` are not ours; everything is read and compared anew"
                    .to_owned(),
            ));
        }
        Ok(others)
    }

    /// The API's URL, and the id of the organization there.
    fn organization_place(&self) -> Result<Place, RunError> {
        let id = self.store.data().organization_id().ok_or(SetupError::OrganizationMissing)?.to_owned();
        Ok(Place { api: self.endpoints()?.api, organization_id: id })
    }

    /// The server and the directory that a ledger is about.
    fn pair(&self, api: &str) -> Result<String, RunError> {
        Ok(format!("{api} {}", self.directory_place()?))
    }

    /// Whether the official connector, or we, sent just this to a server that cannot be asked.
    fn was_sent_before(&self, plan: &Plan, inputs: &Inputs, place: &Place) -> bool {
        let Some(stored) = self.store.data().last_sync_hash().filter(|_| plan.evidence == Evidence::Unknown)
        else {
            return false;
        };
        let official = official_request(&inputs.desired, &inputs.sync);
        serde_json::to_vec(&official).is_ok_and(|body| {
            stored == fingerprint(&place.api, &place.organization_id, &body)
                || stored == older_fingerprint(&place.api, &body)
        })
    }
}
