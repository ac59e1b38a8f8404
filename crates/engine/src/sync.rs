//! One run: read, compare, guard, send, look again, remember.

use crate::directory::Directory;
use crate::directory::mirror::{Followed, ReadMode};
use crate::engine::{Engine, read_scope};
use crate::error::EngineError;
use crate::event::{Event, Events};
use crate::ledger::{Ledger, Opened, Outcome, RunId, RunKind, RunOutcome};
use crate::lock::{OrganizationLock, RunLock, machine_folder};
use crate::observe::{assumed_kind, observe, observe_again, server};
use crate::organization::{ApplyError, Organization};
use crate::record::Record;
use crate::saved_plan::SavedPlan;
use crate::secrets::SecretName;
use crate::store::SyncedKind;
use bwdc_core::desired::Desired;
use bwdc_core::import::{fingerprint, official_request, older_fingerprint};
use bwdc_core::ledger::LedgerState;
use bwdc_core::names::{ExternalId, Timestamp};
use bwdc_core::observed::{Observed, OrganizationState, Presences, Seats, ServerKind};
use bwdc_core::plan::{After, Change, Evidence, Plan, PlanInput, Takings, Verdict, sought};
use bwdc_core::settings::{ConnectorSettings, DirectoryKind, SyncSettings};
use bwdc_core::snapshot::{ReadScope, Snapshot};
use bwdc_core::wire::{ImportRequest, Request};
use std::collections::HashSet;

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
    /// The server cannot be read.
    SentNotVerified,
}

/// Everything that a plan is made of, owned.
struct Inputs {
    desired: Desired,
    observed: Observed,
    ledger: LedgerState,
    presences: Presences,
    sync: SyncSettings,
    connector: ConnectorSettings,
    server: ServerKind,
    /// Whether the server says that it stores members without an invitation; None: it says nothing of itself.
    stages: Option<bool>,
    seats: Option<Seats>,
    recent: Takings,
    now: Timestamp,
}

impl Inputs {
    /// What a plan does otherwise than the settings say.
    fn tell(&self, plan: &Plan, events: Events<'_>) {
        if plan.overwrite_withheld {
            events(Event::Notice(
                "`sync.overwriteExisting` is not carried out: whom it would delete cannot be seen, or this is the first run"
                    .to_owned(),
            ));
        }
    }

    /// Whether a plan invites people whom the settings would have staged.
    fn invites_all_the_same(&self, plan: &Plan) -> bool {
        let invites = plan.changes.iter().any(|it| matches!(it, Change::Invite { .. }));
        invites && !self.sync.invite_users_after_provisioning && self.stages != Some(true)
    }

    fn borrow(&self) -> PlanInput<'_> {
        PlanInput {
            desired: &self.desired,
            observed: &self.observed,
            ledger: &self.ledger,
            presences: &self.presences,
            sync: &self.sync,
            connector: &self.connector,
            server: self.server,
            seats: self.seats,
            stages: self.stages,
            recent: &self.recent,
            now: self.now,
        }
    }
}

/// How a run reads the directory, and what it remembers of it.
enum Reading<'l> {
    /// Everything; nothing is kept.
    Whole,
    /// As the mode says, with the mirror in the ledger.
    Remembered { ledger: &'l mut Ledger, mode: ReadMode },
}

/// The source of people and groups in the mirror: there is one.
const SOURCE: &str = "directory";

/// How far the requests of a run came.
struct Sent {
    accepted: usize,
    failure: Option<ApplyError>,
}

impl Engine {
    /// Compares directory and organization; nothing is written anywhere.
    ///
    /// # Errors
    /// [`EngineError`] when either side cannot be read.
    pub async fn plan(&mut self, events: Events<'_>) -> Result<Planned, EngineError> {
        self.signed_in()?;
        let (api, organization_id) = self.organization_place()?;
        let now = self.clock.now();
        let (state, recent, approvals) = match Ledger::open_to_read(&self.profile.connector_db)? {
            Some(ledger) if ledger.is_about(&self.pair(&api)?, &organization_id)? => {
                (ledger.state()?, ledger.taken_since(self.window(now)?)?, ledger.approvals(now)?)
            }
            _ => (LedgerState::default(), Takings::default(), Vec::new()),
        };
        let (inputs, _) = self.inputs(state, recent, now, Reading::Whole, events).await?;
        let plan = Plan::build(&inputs.borrow());
        inputs.tell(&plan, events);
        let verdict = plan.check(&inputs.connector.limits, &approvals);
        let saved = SavedPlan::of(&plan, api, organization_id);
        let invites_all_the_same = inputs.invites_all_the_same(&plan);
        Ok(Planned { plan, verdict, saved, invites_all_the_same })
    }

    /// Makes the organization follow the directory, which is read as `mode` says.
    ///
    /// 1. takes the profile's and the organization's lock; 2. reads directory and organization; 3. builds the plan, which
    ///    the guard may refuse: nothing is sent then; 4. sends each request, written down before and after; 5. reads the
    ///    organization again; 6. commits the ledger; 7. notes times and fingerprint in `data.json`.
    ///
    /// # Errors
    /// [`EngineError::Refused`] when a limit is exceeded; [`EngineError::Apply`] when a request failed, what was accepted
    /// before it is remembered; else whatever could not be read or written.
    pub async fn sync(&mut self, mode: ReadMode, events: Events<'_>) -> Result<SyncReport, EngineError> {
        self.run(None, mode, events).await
    }

    /// As [`Engine::sync`] with a full read, and only when the plan is still the saved one.
    ///
    /// # Errors
    /// [`EngineError::PlanChanged`] when it is not, nothing is sent then; else as [`Engine::sync`].
    pub async fn apply(&mut self, saved: &SavedPlan, events: Events<'_>) -> Result<SyncReport, EngineError> {
        self.run(Some(saved), ReadMode::Full, events).await
    }

    async fn run(
        &mut self,
        expected: Option<&SavedPlan>,
        mode: ReadMode,
        events: Events<'_>,
    ) -> Result<SyncReport, EngineError> {
        let now = self.clock.now();
        self.signed_in()?;
        self.warn(events);
        let _run_lock = RunLock::acquire(&self.profile, "sync", now)?;
        self.store.reload()?;
        let (api, organization_id) = self.organization_place()?;
        let folder = machine_folder(self.environment.variable("ProgramData"));
        let _organization_lock = OrganizationLock::acquire(&folder, &api, &organization_id, "sync", now)?;

        // Before the ledger is bound to it: a setting that is missing must not look like another directory.
        self.directory()?;
        let mut ledger = self.open_ledger(events)?;
        if ledger.begin_with(&self.pair(&api)?, &organization_id)? {
            events(Event::Notice(
                "the ledger was about another organization or directory: this run records who is there and removes nobody"
                    .to_owned(),
            ));
        }
        let state = ledger.state()?;
        let recent = ledger.taken_since(self.window(now)?)?;
        let (inputs, organization) = self
            .inputs(state, recent, now, Reading::Remembered { ledger: &mut ledger, mode }, events)
            .await?;
        let input = inputs.borrow();
        let plan = Plan::build(&input);
        if let Some(saved) = expected {
            saved.expect(&plan, &api, &organization_id)?;
        }
        let record = Record::of(&plan);
        let approvals = ledger.approvals(now)?;
        if let Verdict::Refused(refusals) = plan.check(&inputs.connector.limits, &approvals) {
            let run = ledger.begin_run(now, RunKind::Command)?;
            ledger.quarantine(run, &plan.refused(&inputs.connector.limits))?;
            ledger.end_run(run, &record.ending(self.clock.now(), RunOutcome::Refused))?;
            return Err(EngineError::Refused { refusals });
        }
        inputs.tell(&plan, events);
        if plan.baseline && !plan.kept.is_empty() {
            events(Event::Notice(format!(
                "first run with this ledger: {} people who would otherwise lose access are kept, and recorded",
                plan.kept.len()
            )));
        }

        let requests = if self.was_sent_before(&plan, &inputs, &api, &organization_id) {
            Vec::new()
        } else {
            plan.requests()
        };
        let run = ledger.begin_run(now, RunKind::Command)?;
        let counted = plan.counted(&inputs.connector.limits);
        if !requests.is_empty() && !counted.takes_nothing() {
            ledger.note_taken(run, &counted, now)?;
        }
        let former_hash =
            self.store.data().last_sync_hash().filter(|_| !requests.is_empty()).map(str::to_owned);
        if former_hash.is_some() {
            // Ended from here on, the official connector must not take the state of before for the present one.
            self.store.update(|data| data.set_last_sync_hash(None))?;
        }
        let Sent { accepted, failure } =
            self.send(&organization, &mut ledger, run, &requests, events).await?;
        let looked = self.look_again(&organization, &inputs, &plan, &requests, events).await;
        let ending = |outcome| record.ending(self.clock.now(), outcome);
        if let Some(error) = failure {
            if let Ok(Some(state)) = &looked {
                let next = plan.ledger_after(&input, After::Observed(state), now);
                ledger.commit(run, &next, &ending(RunOutcome::Partial))?;
            } else {
                ledger.end_run(run, &ending(RunOutcome::Failed))?;
            }
            if accepted > 0 || !error.certainly_nothing_happened() {
                self.forget_times()?;
            } else if former_hash.is_some() {
                self.store.update(|data| data.set_last_sync_hash(former_hash.as_deref()))?;
            }
            return Err(error.into());
        }
        let after = match looked {
            Ok(after) => after,
            Err(error) => {
                ledger.end_run(run, &ending(RunOutcome::Failed))?;
                self.forget_times()?;
                return Err(error);
            }
        };
        let outcome = after.as_ref().map_or(After::Accepted, After::Observed);
        let next = plan.ledger_after(&input, outcome, now);
        let left = left_to_do(&inputs, &plan, &next, after.as_ref(), &requests);
        let verification = match &after {
            _ if requests.is_empty() => Verification::NothingSent,
            Some(_) => Verification::Verified,
            None => Verification::SentNotVerified,
        };
        let outcome = match verification {
            _ if left > 0 => RunOutcome::Partial,
            Verification::NothingSent => RunOutcome::Unchanged,
            Verification::Verified | Verification::SentNotVerified => RunOutcome::Complete,
        };
        ledger.commit(run, &next, &ending(outcome))?;
        self.keep_token(&organization).await?;
        if left > 0 {
            self.forget_times()?;
            return Err(EngineError::NotTaken { left, sent: plan.changes.len() });
        }
        if !requests.is_empty() {
            let hash = match &requests[..] {
                [Request::Import(sent) | Request::WholeImport(sent)]
                    if *sent == official_request(&inputs.desired, &inputs.sync) =>
                {
                    hash_of(sent, &api, &organization_id)
                }
                _ => None,
            };
            self.note_success(now, &inputs.sync, hash.as_deref())?;
        }
        let sent = !requests.is_empty();
        let invited_all_the_same = inputs.invites_all_the_same(&plan);
        Ok(SyncReport {
            invited_all_the_same,
            users: if sent { plan.totals.people } else { 0 },
            groups: if sent { plan.totals.groups } else { 0 },
            requests: requests.len(),
            plan,
            verification,
        })
    }

    /// Reads both sides. The organization is asked for a token before the directory is read: a wrong key shows at once.
    async fn inputs(
        &mut self,
        ledger: LedgerState,
        recent: Takings,
        now: Timestamp,
        reading: Reading<'_>,
        events: Events<'_>,
    ) -> Result<(Inputs, Organization), EngineError> {
        let ledger = ledger.with_people_of_open_intents();
        let sync = self.sync_settings()?;
        let connector = self.connector_settings()?;
        let directory = self.directory()?;
        let organization = self.organization(&connector)?;
        let facts = server(&organization, events).await?;
        let snapshot = self.read(&directory, read_scope(&sync), reading, events).await?;
        let desired = Desired::build(snapshot, &sync)?;
        let observed = observe(&organization, &desired, &ledger, sync.groups, events).await?;
        if let (Some(facts), Observed::Believed(_) | Observed::Unknown) = (&facts, &observed)
            && facts.kind != ServerKind::Vaultwarden
        {
            return Err(EngineError::MembersHidden { server: self.endpoints()?.api });
        }
        let stages = facts.as_ref().map(|it| it.stages);
        let server = facts.map_or_else(|| assumed_kind(&observed), |facts| facts.kind);
        let seats = if server == ServerKind::Vaultwarden { None } else { organization.seats(events).await? };
        let missing = sought(&desired, &ledger);
        let presences =
            if missing.is_empty() { Presences::new() } else { directory.look_up(&missing).await? };
        let inputs = Inputs {
            desired,
            observed,
            ledger,
            presences,
            sync,
            connector,
            server,
            stages,
            seats,
            recent,
            now,
        };
        Ok((inputs, organization))
    }

    /// Since when runs count against the limits.
    fn window(&self, now: Timestamp) -> Result<Timestamp, EngineError> {
        let hours = i64::from(self.connector_settings()?.limits.window_hours);
        Ok(if hours == 0 { Timestamp(i64::MAX) } else { Timestamp(now.0.saturating_sub(hours * 3_600_000)) })
    }

    /// Reads the directory; a mirror is brought up to date as soon as the read is complete, since it tells of the
    /// directory only.
    async fn read(
        &self,
        directory: &Directory,
        scope: ReadScope,
        reading: Reading<'_>,
        events: Events<'_>,
    ) -> Result<Snapshot, EngineError> {
        let Reading::Remembered { ledger, mode } = reading else {
            return Ok(directory.read(scope, events).await?);
        };
        let now = self.clock.now();
        let basis = self.basis(scope)?;
        let mirror = match mode {
            ReadMode::Incremental => ledger.mirror(SOURCE, &basis, now)?,
            ReadMode::Full => None,
        };
        let Followed { snapshot, refresh } = directory.follow(scope, mirror, events).await?;
        ledger.refresh_mirror(SOURCE, &basis, &refresh, now)?;
        Ok(snapshot)
    }

    /// A fingerprint of everything that decides what a read brings: this program's version, too.
    fn basis(&self, scope: ReadScope) -> Result<String, EngineError> {
        let data = self.store.data();
        let kind = data.directory_kind()?.ok_or(EngineError::NoDirectory)?;
        let decides = serde_json::json!([
            env!("CARGO_PKG_VERSION"),
            kind.number(),
            data.directory(kind)?,
            data.sync()?,
            self.connector_settings()?,
            format!("{scope:?}"),
        ]);
        Ok(fingerprint("", "", decides.to_string().as_bytes()))
    }

    /// The API's URL, and the id of the organization there.
    fn organization_place(&self) -> Result<(String, String), EngineError> {
        let id = self.store.data().organization_id().ok_or(EngineError::OrganizationMissing)?.to_owned();
        Ok((self.endpoints()?.api, id))
    }

    /// The server and the directory that a ledger is about. People of another directory would be asked for in this one,
    /// and be "gone"; another host of the same directory is the same.
    fn pair(&self, api: &str) -> Result<String, EngineError> {
        let data = self.store.data();
        let kind = data.directory_kind()?.ok_or(EngineError::NoDirectory)?;
        // A credential may be exchanged for another of the same account, where the account has a name of its own.
        let fields: &[&str] = match kind {
            DirectoryKind::Ldap => &["rootPath"],
            DirectoryKind::Entra => &["tenant"],
            DirectoryKind::Google => &["domain"],
            DirectoryKind::Okta => &["orgUrl"],
            DirectoryKind::OneLogin => &["url", "clientId"],
        };
        let stored = data.directory(kind)?;
        let account = fields.iter().find_map(|field| stored.get(*field)?.as_str()).unwrap_or_default();
        Ok(format!("{api} {} {}", kind.number(), account.trim().trim_end_matches('/').to_lowercase()))
    }

    fn open_ledger(&self, events: Events<'_>) -> Result<Ledger, EngineError> {
        Ok(match Ledger::open(&self.profile.connector_db)? {
            Opened::Existing(ledger) | Opened::New(ledger) => ledger,
            Opened::Recovered { ledger, moved_to } => {
                events(Event::Notice(format!(
                    "the ledger could not be read and was set aside as `{}`; this run records who is there and removes nobody",
                    moved_to.display()
                )));
                ledger
            }
        })
    }

    /// Whether the official connector, or we, sent just this to a server that cannot be asked.
    fn was_sent_before(&self, plan: &Plan, inputs: &Inputs, api: &str, organization_id: &str) -> bool {
        let Some(stored) = self.store.data().last_sync_hash().filter(|_| plan.evidence == Evidence::Unknown)
        else {
            return false;
        };
        let official = official_request(&inputs.desired, &inputs.sync);
        serde_json::to_vec(&official).is_ok_and(|body| {
            stored == fingerprint(api, organization_id, &body) || stored == older_fingerprint(api, &body)
        })
    }

    async fn look_again(
        &self,
        organization: &Organization,
        inputs: &Inputs,
        plan: &Plan,
        requests: &[Request],
        events: Events<'_>,
    ) -> Result<Option<OrganizationState>, EngineError> {
        let Observed::Live(before) = &inputs.observed else { return Ok(None) };
        if requests.is_empty() {
            return Ok(Some(before.clone()));
        }
        let touched = touched_groups(plan);
        Ok(observe_again(organization, before, &touched, inputs.sync.groups, events).await?)
    }

    /// Sends in order and stops at the first failure, which is returned. Every request is on record before it leaves, and
    /// its end after.
    async fn send(
        &self,
        organization: &Organization,
        ledger: &mut Ledger,
        run: RunId,
        requests: &[Request],
        events: Events<'_>,
    ) -> Result<Sent, EngineError> {
        for (place, request) in requests.iter().enumerate() {
            events(Event::Sending { number: place + 1, of: requests.len() });
            let intent = ledger.intend(run, request, self.clock.now())?;
            let answer = organization.apply(request, events).await;
            let outcome = match &answer {
                Ok(()) => Outcome::Accepted,
                Err(error) if error.certainly_nothing_happened() => Outcome::Refused,
                Err(_) => Outcome::Unknown,
            };
            ledger.resolve(intent, outcome, self.clock.now())?;
            if let Err(error) = answer {
                return Ok(Sent { accepted: place, failure: Some(error) });
            }
        }
        Ok(Sent { accepted: requests.len(), failure: None })
    }

    async fn keep_token(&mut self, organization: &Organization) -> Result<(), EngineError> {
        if let Some(token) = organization.token().await {
            let secrets = self.secrets();
            secrets.set(&mut self.store, SecretName::AccessToken, token.secret())?;
        }
        Ok(())
    }

    fn note_success(
        &mut self,
        now: Timestamp,
        sync: &SyncSettings,
        hash: Option<&str>,
    ) -> Result<(), EngineError> {
        self.store.update(|data| {
            data.clear_sync_times();
            if sync.users {
                data.set_last_sync(SyncedKind::Users, Some(now));
            }
            if sync.groups {
                data.set_last_sync(SyncedKind::Groups, Some(now));
            }
            data.set_last_sync_hash(hash);
        })?;
        Ok(())
    }

    fn forget_times(&mut self) -> Result<(), EngineError> {
        self.store.update(crate::store::DataFile::clear_cache)?;
        Ok(())
    }
}

fn touched_groups(plan: &Plan) -> HashSet<ExternalId> {
    plan.changes
        .iter()
        .filter_map(|change| match change {
            Change::CreateGroup { group, .. }
            | Change::RenameGroup { group, .. }
            | Change::AdoptGroup { group, .. }
            | Change::ChangeMembers { group, .. } => Some(group.external_id.clone()),
            _ => None,
        })
        .collect()
}

/// How many changes are still to be made, after every request was accepted.
fn left_to_do(
    inputs: &Inputs,
    plan: &Plan,
    next: &LedgerState,
    after: Option<&OrganizationState>,
    requests: &[Request],
) -> usize {
    let Some(state) = after.filter(|_| !requests.is_empty()) else { return 0 };
    let observed = Observed::Live(state.clone());
    // What a first run leaves to the second is not left over.
    let ledger = LedgerState { baseline_taken: inputs.ledger.baseline_taken, ..next.clone() };
    plan.unfinished(&Plan::build(&PlanInput { observed: &observed, ledger: &ledger, ..inputs.borrow() }))
}

fn hash_of(official: &ImportRequest, api: &str, organization_id: &str) -> Option<String> {
    serde_json::to_vec(official).ok().map(|body| fingerprint(api, organization_id, &body))
}
