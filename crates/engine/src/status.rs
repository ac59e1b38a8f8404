//! How a profile is: who it is, its last run and its next one, and whether somebody has to do something. Read from settings
//! and ledger alone, so that it is the same whether a service runs or not.

use crate::clock::Clock;
use crate::error::EngineError;
use crate::history::HistoryError;
use crate::installation::{Installation, sync_settings};
use crate::ledger::{Ledger, RunId, RunOutcome, RunRecord, Tally};
use crate::paths::{ProcessEnvironment, Profile, ProfileName};
use crate::schedule::{Past, Schedule};
use crate::update::Newer;
use bwdc_core::ledger::Decision;
use bwdc_core::names::Timestamp;
use bwdc_core::plan::ApprovalScope;

/// Whether runs of a profile start by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// They do.
    Scheduled,
    /// Neither an interval nor a cron expression is set.
    NoSchedule,
    /// Somebody paused them.
    Paused,
    /// Nobody has carried out, or agreed to, the first sync.
    WaitsForFirstSync,
}

/// How one profile is.
#[derive(Debug)]
pub struct ProfileStatus {
    /// Which.
    pub profile: ProfileName,
    /// As whom it is signed in.
    pub client_id: Option<String>,
    /// Whether its runs start by themselves.
    pub readiness: Readiness,
    /// When they do; None without an interval and an expression.
    pub schedule: Option<Schedule>,
    /// What history tells.
    pub tally: Tally,
    /// When its settings were last changed; None: that is not known.
    pub since: Option<Timestamp>,
    /// When the next run is due; None: none starts by itself.
    pub next: Option<Timestamp>,
    /// The refused run that waits for an approval.
    pub pending: Option<Pending>,
    /// What was approved and counts still.
    pub approved: Approved,
    /// Managed people and groups; None before the first run.
    pub managed: Option<(u64, u64)>,
    /// What the service is doing with it now; None where no service was asked.
    pub activity: Option<Activity>,
    /// A newer version of the program, where a service knows of one.
    pub newer: Option<Newer>,
}

/// A refused run that an approval would let pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The run.
    pub run: RunId,
    /// What it would have taken.
    pub scope: ApprovalScope,
}

/// Approvals that the next run goes by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approved {
    /// Of refused runs: which, until when, and what it may take.
    pub runs: Vec<(RunId, Timestamp, ApprovalScope)>,
    /// Of people who wait.
    pub people: Vec<Decision>,
}

/// What a service does with a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It waits until the next run is due.
    Idle,
    /// It syncs.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// Somebody else holds the lock.
    WaitsForLock {
        /// Who, where that is known.
        holder: Option<String>,
    },
    /// Another machine has the lease and syncs.
    Standby {
        /// Which.
        holder: String,
    },
}

/// How urgent it is to look at a profile; each outranks those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// Nothing is to be done.
    Healthy,
    /// Somebody has to decide or look at something.
    NeedsPerson,
    /// It does not do its work.
    Failing,
    /// It cannot be told.
    Unknown,
}

/// Why a profile is not healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Nobody is signed in.
    NotSetUp,
    /// A refused run waits for an approval.
    ApprovalPending,
    /// The refused run is approved, and no run has carried it out yet.
    ApprovedNext,
    /// The last run was refused, and no approval would let it pass.
    Refused,
    /// No run has ever begun, and none starts by itself.
    NeverSynced,
    /// The server did not take single people or groups.
    PartlyRefused,
    /// Somebody paused it.
    Paused,
    /// Nobody has agreed to the first sync.
    WaitsForFirstSync,
    /// Runs start by themselves, the first one is due, and none has begun.
    NeverRan,
    /// The last runs failed.
    Failing,
    /// No run has succeeded for three intervals.
    Overdue,
}

impl Reason {
    /// How urgent it is.
    pub fn health(self) -> Health {
        match self {
            Self::NotSetUp => Health::Unknown,
            Self::Failing | Self::Overdue => Health::Failing,
            Self::ApprovalPending
            | Self::ApprovedNext
            | Self::Refused
            | Self::NeverSynced
            | Self::PartlyRefused
            | Self::Paused
            | Self::WaitsForFirstSync
            | Self::NeverRan => Health::NeedsPerson,
        }
    }
}

impl ProfileStatus {
    /// Why it is not healthy, the most urgent first; empty: it is.
    pub fn reasons(&self, now: Timestamp) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if self.client_id.is_none() {
            return vec![Reason::NotSetUp];
        }
        if self.tally.failures > 0 {
            reasons.push(Reason::Failing);
        }
        if self.is_overdue(now) {
            reasons.push(Reason::Overdue);
        } else if self.never_ran(now) {
            reasons.push(Reason::NeverRan);
        }
        let refused = self.tally.last.as_ref().is_some_and(RunRecord::is_refused);
        match (refused, &self.pending) {
            (true, Some(_)) => reasons.push(Reason::ApprovalPending),
            (true, None) if self.is_approved() => reasons.push(Reason::ApprovedNext),
            (true, None) => reasons.push(Reason::Refused),
            (false, _) => {}
        }
        if self.tally.last.as_ref().is_some_and(RunRecord::is_partly_refused) {
            reasons.push(Reason::PartlyRefused);
        }
        match self.readiness {
            Readiness::Paused => reasons.push(Reason::Paused),
            Readiness::WaitsForFirstSync => reasons.push(Reason::WaitsForFirstSync),
            Readiness::NoSchedule if self.tally.last_start.is_none() => reasons.push(Reason::NeverSynced),
            Readiness::Scheduled | Readiness::NoSchedule if self.was_only_interrupted() => {
                reasons.push(Reason::NeverSynced);
            }
            Readiness::Scheduled | Readiness::NoSchedule => {}
        }
        reasons.sort_by_key(|it| std::cmp::Reverse(it.health()));
        reasons
    }

    /// Whether no run has ever done what it should, and somebody ended the last one, or it came to no end. A run that goes on
    /// has synced nothing either.
    fn was_only_interrupted(&self) -> bool {
        let last = self.tally.last.as_ref().and_then(|it| it.outcome);
        let was_killed = self.tally.last.is_none() && self.tally.last_start.is_some() && !self.is_at_work();
        self.tally.last_success.is_none() && (last == Some(RunOutcome::Interrupted) || was_killed)
    }

    /// Whether a service says that a run goes on, here or on another machine.
    fn is_at_work(&self) -> bool {
        matches!(self.activity, Some(Activity::Running { .. } | Activity::Standby { .. }))
    }

    /// Whether an approval counts for the last run.
    fn is_approved(&self) -> bool {
        let last = self.tally.last.as_ref().map(|it| it.id);
        self.approved.runs.iter().any(|(run, ..)| Some(*run) == last)
    }

    /// The most urgent of its reasons.
    pub fn health(&self, now: Timestamp) -> Health {
        self.reasons(now).first().map_or(Health::Healthy, |it| it.health())
    }

    /// Where nothing has succeeded yet, three intervals count from the first run, else from the day that it could have begun.
    fn is_overdue(&self, now: Timestamp) -> bool {
        if matches!(self.activity, Some(Activity::Standby { .. })) {
            return false;
        }
        let last = self.tally.last_success.or(self.tally.first_start).or(self.since);
        match (&self.schedule, self.readiness, last) {
            (Some(schedule), Readiness::Scheduled, Some(last)) => schedule.overdue_after(last) < now,
            _ => false,
        }
    }
}

impl ProfileStatus {
    fn never_ran(&self, now: Timestamp) -> bool {
        let due = self.readiness == Readiness::Scheduled && self.next.is_some_and(|it| it <= now);
        due && self.tally.last_start.is_none() && !self.is_at_work()
    }
}

/// How the profile of this name is, as its files tell.
///
/// # Errors
/// [`EngineError`] when its settings or its ledger cannot be read.
pub(crate) fn look(
    environment: &ProcessEnvironment,
    name: &ProfileName,
    clock: Clock,
) -> Result<ProfileStatus, EngineError> {
    let environment = environment.clone().for_profile(name.clone());
    let profile = Profile::from_environment(&environment).map_err(crate::installation::SetupError::from)?;
    of(&Installation::open(environment, profile, clock)?, name)
}

/// How an installation is.
///
/// # Errors
/// As [`look`].
pub(crate) fn of(installation: &Installation, name: &ProfileName) -> Result<ProfileStatus, EngineError> {
    let now = installation.now();
    let (schedule, readiness, FromLedger { tally, managed, pending, approved }) = known(installation)?;
    let since = installation.settings_changed_at().map(|it| it.min(now));
    let scheduled = schedule.as_ref().filter(|_| readiness == Readiness::Scheduled);
    let next = scheduled.map(|it| next(it, &tally, since, now));
    Ok(ProfileStatus {
        profile: name.clone(),
        client_id: installation.client_id()?,
        readiness,
        schedule,
        tally,
        since,
        next,
        pending,
        approved,
        managed,
        activity: None,
        newer: None,
    })
}

/// When the next run is due, whether or not anything would start it. Where none has begun yet, the first one was due when the
/// settings asked for it.
fn next(schedule: &Schedule, tally: &Tally, since: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let begin = tally.last_start.or(since).unwrap_or(now);
    schedule.next(&Past::of(tally, begin).not_after(now))
}

type Known = (Option<Schedule>, Readiness, FromLedger);

/// What the ledger tells: the last runs, how many people and groups are managed, what waits for an approval and what has one.
#[derive(Default)]
struct FromLedger {
    tally: Tally,
    managed: Option<(u64, u64)>,
    pending: Option<Pending>,
    approved: Approved,
}

fn known(installation: &Installation) -> Result<Known, EngineError> {
    let connector = installation.connector_settings()?;
    let schedule = schedule(installation)?;
    let ledger = Ledger::open_to_read(&installation.profile().connector_db).map_err(HistoryError::from)?;
    let told = match &ledger {
        Some(ledger) => read(ledger, installation.now()).map_err(HistoryError::from)?,
        None => FromLedger::default(),
    };
    let agreed = connector.service.first_sync_agreed || told.tally.by_person;
    let readiness = match &schedule {
        None => Readiness::NoSchedule,
        Some(_) if connector.schedule.paused => Readiness::Paused,
        Some(_) if !agreed => Readiness::WaitsForFirstSync,
        Some(_) => Readiness::Scheduled,
    };
    Ok((schedule, readiness, told))
}

fn read(ledger: &Ledger, now: Timestamp) -> Result<FromLedger, crate::ledger::LedgerError> {
    let tally = ledger.tally()?;
    let refused = tally.last.as_ref().filter(|it| it.is_refused()).map(|it| it.id);
    let pending = match refused {
        Some(run) => ledger.waits_for_approval(run)?.map(|scope| Pending { run, scope }),
        None => None,
    };
    let approved = Approved { runs: open_approvals(ledger, now)?, people: ledger.standing_decisions()? };
    Ok(FromLedger { tally, managed: Some(ledger.sizes()?), pending, approved })
}

/// The approvals that count, each with what no run has done yet.
fn open_approvals(
    ledger: &Ledger,
    now: Timestamp,
) -> Result<Vec<(RunId, Timestamp, ApprovalScope)>, crate::ledger::LedgerError> {
    let mut open = Vec::new();
    for (run, until, scope) in ledger.standing_approvals(now)? {
        match ledger.use_of_approval(run, &scope)? {
            None => open.push((run, until, scope)),
            Some(used) if used.is_whole() => {}
            Some(used) => open.push((run, until, used.rest)),
        }
    }
    Ok(open)
}

/// When runs of an installation are due, as its settings have it.
///
/// # Errors
/// [`EngineError::Setup`] when they cannot be read or used.
pub(crate) fn schedule(installation: &Installation) -> Result<Option<Schedule>, EngineError> {
    let connector = installation.connector_settings()?;
    let interval = sync_settings(installation)?.interval_minutes;
    let id = installation.data().app_id().unwrap_or_default();
    let found = Schedule::of(interval, &connector.schedule, id);
    Ok(found.map_err(crate::installation::SetupError::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Counts, RunOutcome, Trigger};
    use bwdc_core::settings::ScheduleSettings;

    const HOUR: i64 = 3_600_000;

    fn record(outcome: RunOutcome) -> RunRecord {
        RunRecord {
            id: RunId(7),
            trigger: Trigger::default(),
            started_at: Timestamp(0),
            finished_at: Some(Timestamp(1)),
            outcome: Some(outcome),
            counts: Counts::new(),
        }
    }

    fn status(runs: &[RunRecord]) -> ProfileStatus {
        let settings = ScheduleSettings { jitter_seconds: 0, ..ScheduleSettings::default() };
        ProfileStatus {
            profile: ProfileName::default(),
            client_id: Some("organization.1".to_owned()),
            readiness: Readiness::Scheduled,
            schedule: Schedule::of(Some(60), &settings, "").expect("settings"),
            tally: Tally::of(runs),
            since: None,
            next: None,
            pending: None,
            approved: Approved::default(),
            managed: None,
            activity: None,
            newer: None,
        }
    }

    #[test]
    fn what_succeeded_within_three_intervals_is_healthy() {
        let status = status(&[record(RunOutcome::Complete)]);
        assert_eq!(status.health(Timestamp(3 * HOUR)), Health::Healthy);
        assert_eq!(status.reasons(Timestamp(3 * HOUR + 1)), [Reason::Overdue]);
        assert_eq!(status.health(Timestamp(3 * HOUR + 1)), Health::Failing);
    }

    #[test]
    fn what_is_due_does_not_move_on_by_being_looked_at() {
        let status = status(&[record(RunOutcome::Complete)]);
        let schedule = status.schedule.as_ref().expect("a schedule");
        for hours in [0, 1, 5, 500] {
            let due = next(schedule, &status.tally, Some(Timestamp(HOUR / 2)), Timestamp(hours * HOUR));
            assert_eq!(due, Timestamp(HOUR), "looked at after {hours} hours");
        }
    }

    #[test]
    fn a_first_run_that_somebody_ended_synced_nothing() {
        let mut interrupted = status(&[record(RunOutcome::Interrupted)]);
        assert_eq!(interrupted.reasons(Timestamp(0)), [Reason::NeverSynced]);
        interrupted.readiness = Readiness::NoSchedule;
        assert_eq!(interrupted.reasons(Timestamp(0)), [Reason::NeverSynced]);
        let mut killed =
            status(&[RunRecord { outcome: None, finished_at: None, ..record(RunOutcome::Failed) }]);
        assert_eq!(killed.reasons(Timestamp(0)), [Reason::NeverSynced], "killed, and no run has begun since");
        killed.activity = Some(Activity::Running { since: Timestamp(0) });
        assert_eq!(killed.reasons(Timestamp(0)), [], "the first one goes on");
        let later = status(&[record(RunOutcome::Interrupted), record(RunOutcome::Complete)]);
        assert_eq!(later.health(Timestamp(0)), Health::Healthy);
    }

    #[test]
    fn a_failure_outranks_what_waits_for_a_person_and_is_over_with_the_next_success() {
        let failed = record(RunOutcome::Failed);
        let mut failing = status(std::slice::from_ref(&failed));
        failing.readiness = Readiness::Paused;
        assert_eq!(failing.reasons(Timestamp(0)), [Reason::Failing, Reason::Paused]);
        let over = status(&[record(RunOutcome::Unchanged), failed]);
        assert_eq!(over.health(Timestamp(0)), Health::Healthy);
    }

    #[test]
    fn a_refused_run_waits_for_a_person_and_is_no_failure() {
        let mut refused = status(&[record(RunOutcome::Refused), record(RunOutcome::Complete)]);
        assert_eq!(refused.reasons(Timestamp(0)), [Reason::Refused]);
        refused.approved.runs.push((RunId(7), Timestamp(1), ApprovalScope::default()));
        assert_eq!(refused.reasons(Timestamp(0)), [Reason::ApprovedNext]);
        refused.pending = Some(Pending { run: RunId(7), scope: ApprovalScope::default() });
        assert_eq!(refused.reasons(Timestamp(0)), [Reason::ApprovalPending]);
        assert_eq!(refused.health(Timestamp(0)), Health::NeedsPerson);
    }

    #[test]
    fn a_schedule_by_which_nothing_ever_ran_is_not_healthy_and_overdue_after_three_intervals() {
        let mut never = status(&[]);
        never.since = Some(Timestamp(0));
        never.next = Some(Timestamp(5));
        assert_eq!(never.reasons(Timestamp(4)), [], "the first one is not due yet");
        assert_eq!(never.reasons(Timestamp(5)), [Reason::NeverRan]);
        assert_eq!(never.health(Timestamp(5)), Health::NeedsPerson);
        assert_eq!(never.reasons(Timestamp(3 * HOUR + 1)), [Reason::Overdue]);
        never.activity = Some(Activity::Running { since: Timestamp(5) });
        assert_eq!(never.reasons(Timestamp(6)), []);
        never.readiness = Readiness::NoSchedule;
        assert_eq!(never.reasons(Timestamp(9 * HOUR)), [Reason::NeverSynced], "nobody asked for runs");
        // One that was only ever refused has not done its work either.
        let refused = status(&[record(RunOutcome::Refused)]);
        assert_eq!(refused.reasons(Timestamp(HOUR)), [Reason::Refused]);
        assert_eq!(refused.reasons(Timestamp(4 * HOUR)), [Reason::Overdue, Reason::Refused]);
    }

    #[test]
    fn who_is_not_signed_in_is_not_set_up() {
        let mut nobody = status(&[]);
        nobody.client_id = None;
        assert_eq!(nobody.health(Timestamp(0)), Health::Unknown);
    }
}
