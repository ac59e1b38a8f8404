//! Both sides of a run, read: every source completely or not at all, the organization, and who is missing.

use super::missing::ask_for_missing;
use super::observe::{Wanted, assumed_kind, observe, server};
use super::source::{RunSource, of_source, settings_of};
use super::unfound;
use super::{RunError, UnreadSource};
use crate::causes::with_causes;
use crate::clock::Clock;
use crate::directory::snapshot_cache::{IncrementalRead, ReadMode};
use crate::event::{Control, Events, Phase};
use crate::installation::{Configuration, Installation, strangers};
use crate::ledger::Ledger;
use crate::notice::Notice;
use crate::organization::{Organization, SeatReading};
use crate::paths::{Profile, open_folder, owner_only};
use bwdc_core::desired::{Desired, Source, SourceRead};
use bwdc_core::ledger::{Addresses, LedgerState};
use bwdc_core::names::{SourceName, Timestamp};
use bwdc_core::observed::{LookupRequest, Observed, Presence, Presences, Seats, ServerKind};
use bwdc_core::plan::{
    ApprovalScope, Change, Identity, Plan, PlanInput, meet_again, newly_told, settled_absences,
};
use bwdc_core::settings::{ConnectorSettings, Limits, SyncSettings};
use bwdc_core::snapshot::Snapshot;
use std::borrow::Cow;
use std::sync::Arc;

/// Everything that a plan is made of.
pub(super) struct Inputs<'c> {
    pub(super) desired: Desired,
    identity: Identity,
    pub(super) observed: Observed,
    pub(super) ledger: LedgerState,
    presences: Presences,
    pub(super) sync: Cow<'c, SyncSettings>,
    pub(super) connector: &'c ConnectorSettings,
    pub(super) server: ServerKind,
    /// Whether the server says that it stores members without an invitation; None: it says nothing of itself.
    stages: Option<bool>,
    /// Whether the server can take access and keep the membership.
    revokes: bool,
    seats: Option<Seats>,
    recent: ApprovalScope,
    unfound_of_directory: usize,
    /// The sources that could not be read, with why.
    pub(super) unread: Vec<UnreadSource>,
    /// How many seconds the last import took that overwrites.
    whole_import: Option<u64>,
    /// Whether everything is sent again where nobody can look.
    pub(super) resend: bool,
    /// Whether the settings are those of the last run that the limits let pass as a whole.
    settled: bool,
    pub(super) now: Timestamp,
}

/// In seconds: gateways give up after 60 to 100.
const NEAR_A_GATEWAYS_LIMIT: u64 = 50;

impl Inputs<'_> {
    /// What a plan does otherwise than the settings say.
    pub(super) fn tell(&self, plan: &Plan, control: Control<'_>) {
        if plan.overwrite_withheld {
            control.notice(Notice::OverwriteWithheld);
        }
        if let Some(seconds) = self.whole_import.filter(|it| *it > NEAR_A_GATEWAYS_LIMIT)
            && plan.overwrites()
        {
            control.notice(Notice::WholeImportSlow { seconds });
        }
    }

    /// Whether a plan invites people whom the settings would have staged.
    pub(super) fn invites_all_the_same(&self, plan: &Plan) -> bool {
        let invites = plan.changes.iter().any(|it| matches!(it, Change::Invite { .. }));
        invites && !self.sync.invite_users_after_provisioning && self.stages != Some(true)
    }

    /// Every address that the directories have told of managed people, until now.
    pub(super) fn newly_told(&self) -> Addresses {
        newly_told(&self.ledger, &self.desired, &self.identity)
    }

    pub(super) fn borrow(&self) -> PlanInput<'_> {
        PlanInput {
            desired: &self.desired,
            identity: &self.identity,
            observed: &self.observed,
            ledger: &self.ledger,
            presences: &self.presences,
            sync: &self.sync,
            connector: self.connector,
            server: self.server,
            seats: self.seats,
            stages: self.stages,
            revokes: self.revokes,
            recent: &self.recent,
            unfound_of_directory: self.unfound_of_directory,
            resend: self.resend,
            settled: self.settled,
            now: self.now,
        }
    }
}

/// How a run reads the directories, and what it remembers of them.
pub(super) enum Reading<'l> {
    /// Everything; nothing is kept. The mode says how much of the organization is looked at, and whether everybody is asked for.
    Whole(ReadMode),
    /// As the mode says, with the last snapshots in the ledger.
    Remembered { ledger: &'l mut Ledger, mode: ReadMode, clock: Clock },
}

/// What earlier runs left behind.
#[derive(Default)]
pub(super) struct Remembered {
    pub(super) state: LedgerState,
    pub(super) recent: ApprovalScope,
    /// The settings of the last run that the limits let pass as a whole.
    pub(super) accepted: Option<i64>,
    pub(super) whole_import: Option<u64>,
    /// How many entries the longest list of the organization had in the last run.
    pub(super) entries_read: Option<usize>,
}

/// What a run reads from.
#[derive(Clone, Copy)]
pub(super) struct Sides<'c> {
    pub(super) configuration: &'c Configuration,
    pub(super) sources: &'c [RunSource],
    pub(super) organization: &'c Organization,
}

/// Reads both sides. The organization is asked for a token before the directory is read: a wrong key shows at once.
pub(super) async fn read_both<'c>(
    sides: Sides<'c>,
    remembered: Remembered,
    now: Timestamp,
    reading: Reading<'_>,
    control: Control<'_>,
) -> Result<Inputs<'c>, RunError> {
    let work = read_sides(sides, remembered, now, reading, control);
    control.cancel.unless_cancelled(work).await.unwrap_or(Err(RunError::Cancelled))
}

async fn read_sides<'c>(
    sides: Sides<'c>,
    remembered: Remembered,
    now: Timestamp,
    reading: Reading<'_>,
    control: Control<'_>,
) -> Result<Inputs<'c>, RunError> {
    let Sides { configuration: Configuration { connector, sync, .. }, sources, organization } = sides;
    let Remembered { state, recent, accepted, whole_import, entries_read } = remembered;
    entries_read.into_iter().for_each(|it| organization.read_before(it));
    let alone = sources.len() == 1;
    let source = if alone { SourceName::primary() } else { SourceName::untold() };
    let addresses = sides.configuration.organization.in_clear_text();
    if !addresses.is_empty() {
        control.notice(Notice::OrganizationInClearText { addresses });
    }
    let facts = server(organization, &control.begin(Phase::Organization, None)).await?;
    let (Reading::Whole(mode) | Reading::Remembered { mode, .. }) = &reading;
    let full = *mode == ReadMode::Full;
    let ReadAll { mut reads, unread } = read_all(sources, reading, control).await?;
    if state.baseline_taken {
        reads.iter_mut().flat_map(|it| &mut it.read).for_each(|it| it.snapshot.forget_overlooked());
    }
    keep_addresses(&mut reads, &state);
    let desired = Desired::merge(reads, sync.users, connector.conflicts)?;
    let mut state = state;
    meet_again(&mut state, &desired);
    let events = control.begin(Phase::Organization, None);
    let sync = with_groups_of_server(sync, organization, control, &events).await;
    let shared = connector.shared_organization;
    let wanted =
        Wanted { groups: sync.groups, all_members: full, shared, adopts: connector.adopt_groups, now };
    let (observed, identity, ledger) =
        observe(organization, &desired, state, &source, wanted, &events).await?;
    if let (Some(facts), Observed::Believed(_) | Observed::Unknown) = (&facts, &observed)
        && facts.kind != ServerKind::Vaultwarden
    {
        let server = sides.configuration.organization.endpoints.api.clone();
        return Err(RunError::MembersHidden { server });
    }
    let stages = facts.as_ref().map(|it| it.stages);
    let revokes = facts.as_ref().is_none_or(|it| it.revokes);
    let server = facts.map_or_else(|| assumed_kind(&observed), |facts| facts.kind);
    let seats = match server {
        ServerKind::Vaultwarden => None,
        _ => seats(organization.seats(&events).await?, server, &observed, &connector.limits, control),
    };
    let lookups = if sync.groups { identity.group_lookups(&desired, &ledger) } else { Vec::new() };
    let groups = ask_for_groups(sources, &lookups, control).await;
    let identity = identity.with_group_answers(&desired, groups);
    let settled = observed.state().map(|state| settled_absences(&ledger, state, connector.leavers.gone));
    let mut settled = settled.unwrap_or_default();
    if full {
        let asked_alone = sources.iter().any(|it| it.directory.asks_for_each_alone());
        settled = unfound::still_settled(settled, asked_alone, now);
    }
    let presences = ask_for_missing(sources, &desired, &ledger, &identity, settled, control).await?;
    let unfound_of_directory = if ledger.baseline_taken || connector.limits.off {
        0
    } else {
        unfound::of_directory(sources, &desired, &observed, connector.limits.first_read_percent).await?
    };
    Ok(Inputs {
        desired,
        identity,
        observed,
        ledger,
        presences,
        sync,
        connector,
        server,
        stages,
        revokes,
        seats,
        recent,
        unfound_of_directory,
        unread,
        whole_import,
        resend: false,
        settled: accepted.is_some_and(|it| it == settings_of(sources)),
        now,
    })
}

/// Whoever has several addresses keeps the one that was pushed.
pub(super) fn keep_addresses(reads: &mut [Source], ledger: &LedgerState) {
    for Source { name, read } in reads {
        if let Ok(read) = read {
            read.snapshot.keep_addresses(ledger, name);
        }
    }
}

/// The settings, without groups where an observer sees that the server has none: they would be ignored, and every run would fail.
async fn with_groups_of_server<'c>(
    sync: &'c SyncSettings,
    organization: &Organization,
    control: Control<'_>,
    events: Events<'_>,
) -> Cow<'c, SyncSettings> {
    if !sync.groups || organization.groups_are_on(events).await != Some(false) {
        return Cow::Borrowed(sync);
    }
    control.notice(Notice::GroupsOff);
    Cow::Owned(SyncSettings { groups: false, ..sync.clone() })
}

/// What makes every run dangerous, said in each.
pub(super) fn tell_of_dangers(
    installation: &Installation,
    configuration: &Configuration,
    control: Control<'_>,
) {
    if let Some(path) = open_folder(&installation.profile().folder) {
        control.notice(Notice::OpenToEverybody { path });
    }
    for source in &configuration.sources {
        tell_of_owners(&installation.profile().of(&source.name), control);
    }
    if configuration.connector.limits.off {
        control.notice(Notice::LimitsOff);
    }
}

/// Accounts other than its owner that can change what lies in a folder, or did.
fn tell_of_owners(profile: &Profile, control: Control<'_>) {
    let others = owner_only::writable_by_others(&profile.folder);
    // That everybody can write is said already of the first folder.
    let is_said = |mode: u32| mode & 0o002 != 0 && profile.source.is_primary();
    let is_own = |mode: u32| mode & 0o002 == 0 && owner_only::is_group_of_its_owner(&profile.folder);
    if others.is_some_and(|mode| !is_said(mode) && !is_own(mode)) {
        control.notice(Notice::OpenToGroup { path: profile.folder.clone() });
    }
    for (path, user) in strangers(profile) {
        control.notice(Notice::FileOfAnother { path, user });
    }
}

/// The seats that count. Where the cloud does not tell, nobody gets one but those that this run frees: any other could be bought.
fn seats(
    read: SeatReading,
    server: ServerKind,
    observed: &Observed,
    limits: &Limits,
    control: Control<'_>,
) -> Option<Seats> {
    match read {
        SeatReading::Number(seats) => Some(seats),
        SeatReading::NoNumber => None,
        SeatReading::Hidden if server != ServerKind::OfficialCloud || limits.buy_seats || limits.off => None,
        SeatReading::Hidden => {
            control.notice(Notice::SeatsHidden);
            let taken = observed.state()?.members.iter().filter(|it| it.status.takes_seat()).count();
            Some(Seats { total: u32::try_from(taken).unwrap_or(u32::MAX), most: None })
        }
    }
}

/// Since when runs count against the limits; None: each run by itself.
pub(super) fn counted_since(limits: &Limits, now: Timestamp) -> Option<Timestamp> {
    let hours = i64::from(limits.window_hours);
    (hours > 0).then(|| Timestamp(now.0.saturating_sub(hours * 3_600_000)))
}

/// Every source as far as it could be read.
struct ReadAll {
    reads: Vec<Source>,
    unread: Vec<UnreadSource>,
}

/// Reads every source. One alone has to be read; of several, at least one: the others' people are unknown then.
async fn read_all(
    sources: &[RunSource],
    mut reading: Reading<'_>,
    control: Control<'_>,
) -> Result<ReadAll, RunError> {
    let (mut reads, mut failures) = (Vec::new(), Vec::new());
    for source in sources {
        let read = match read_one(source, &mut reading, control).await {
            Ok(snapshot) => Ok(SourceRead { snapshot, settings: source.sync.clone() }),
            Err(RunError::Directory(error)) if sources.len() > 1 => {
                let reason = with_causes(&error);
                failures.push((&source.name, error));
                Err(reason)
            }
            Err(error) => return Err(error),
        };
        reads.push(Source { name: source.name.clone(), read });
    }
    let all_failed = failures.len() == sources.len();
    let mut failures = failures.into_iter();
    if all_failed && let Some((name, error)) = failures.next() {
        return Err(of_source(error.into(), name));
    }
    let unread = failures.map(|(name, error)| UnreadSource { name: name.clone(), error: Arc::new(error) });
    Ok(ReadAll { reads, unread: unread.collect() })
}

/// Reads a source; its last snapshot is brought up to date as soon as the read is complete, since it tells of the directory
/// only.
async fn read_one(
    source: &RunSource,
    reading: &mut Reading<'_>,
    control: Control<'_>,
) -> Result<Snapshot, RunError> {
    let events = control.begin(Phase::Directory, Some(&source.name));
    let Reading::Remembered { ledger, mode, clock } = reading else {
        return Ok(source.directory.read(source.scope, &events).await?);
    };
    let now = clock.now();
    let snapshot_cache = match mode {
        ReadMode::Incremental => ledger.snapshot_cache(&source.snapshot_cache, &source.basis, now)?,
        ReadMode::Full => None,
    };
    let IncrementalRead { snapshot, refresh } =
        source.directory.follow(source.scope, snapshot_cache, &events).await?;
    ledger.refresh_snapshot_cache(&source.snapshot_cache, &source.basis, &refresh, now)?;
    Ok(snapshot)
}

/// Asks each source for its own groups that are missing. What a source cannot say stays unknown, and ends no run.
async fn ask_for_groups(
    sources: &[RunSource],
    lookups: &[(SourceName, Vec<LookupRequest>)],
    control: Control<'_>,
) -> Presences {
    let mut presences = Presences::new();
    for (name, missing) in lookups {
        let Some(source) = sources.iter().find(|it| it.name == *name) else { continue };
        control.tell_of(Phase::Lookup, name);
        match source.directory.look_up_groups(missing).await {
            Ok(answers) => presences.extend(answers),
            Err(error) => {
                let unknown = Presence::Unknown { reason: with_causes(&error) };
                presences.extend(missing.iter().map(|it| (it.external_id.clone(), unknown.clone())));
            }
        }
    }
    presences
}
