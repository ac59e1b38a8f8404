//! One profile in the service: when it is due, what it is doing, and a run of it.

use super::daily::{Day, Expiring};
use super::metrics::{Counters, Scraped};
use super::newest::Newest;
use super::postman::Postman;
use super::unrecorded::Unrecorded;
use super::{Host, News, ServiceOptions};
use crate::clock::Clock;
use crate::directory::snapshot_cache::ReadMode;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::event::{Cancel, Control, Event, Phase, RunEvent};
use crate::history;
use crate::installation::SetupError;
use crate::lease::LeaseError;
use crate::ledger::{FrontEnd, LedgerError, Tally, Trigger};
use crate::lock::LockError;
use crate::paths::{ProcessEnvironment, Profile, ProfileName};
use crate::run::{RunError, SyncReport};
use crate::schedule::{Past, Schedule, nap};
use crate::status::{self, Activity, ProfileStatus, Readiness};
use bwdc_core::names::Timestamp;
use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use tokio::sync::{Mutex, Notify};

/// How often a lock that somebody holds is tried.
const EACH_TRY: Duration = Duration::from_secs(1);

/// One profile of the service.
pub(super) struct Duty<'s> {
    pub(super) name: ProfileName,
    environment: ProcessEnvironment,
    clock: Clock,
    host: &'s dyn Host,
    stop: Cancel,
    /// When the service began.
    since: Timestamp,
    /// What counts of the settings.
    plan: RefCell<Plan>,
    pub(super) activity: RefCell<Activity>,
    /// Whether requests are being sent.
    sending: AtomicBool,
    /// Wakes the task.
    wake: Notify,
    pub(super) postman: Postman,
    /// Whether another machine had the lease until now.
    took_over: Cell<bool>,
    /// Whether the service manager wants no run to start by a schedule.
    paused: Cell<bool>,
    /// Whether settings are to be read whatever their files look like.
    anew: Cell<bool>,
    /// Certificates that were told to expire.
    expiring: Expiring,
    /// Whether there is a newer version of the program.
    newest: Newest,
    /// What history told last.
    tally: RefCell<Tally>,
    /// What its runs come to.
    counters: RefCell<Counters>,
    /// Runs that failed and are not in the ledger.
    unrecorded: Unrecorded,
    /// Held for the length of a run, or of a look at the directory.
    pub(super) turn: Mutex<()>,
}

/// What counts of the settings, and of which files.
struct Plan {
    of: Option<[Stamp; 2]>,
    schedule: Option<Schedule>,
    readiness: Readiness,
}

/// By which it is known that something has changed of what tells how a profile is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Settings, and the ledger with its log.
    pub(super) files: [Stamp; 4],
    /// Failures that are in no ledger.
    pub(super) unrecorded: u32,
}

/// By which a file that was changed is known.
pub(super) type Stamp = Option<(SystemTime, u64)>;

impl<'s> Duty<'s> {
    pub(super) fn new(options: &ServiceOptions, name: ProfileName, host: &'s dyn Host, stop: Cancel) -> Self {
        let environment = options.environment.clone().for_profile(name.clone());
        let undelivered = Profile::from_environment(&environment).ok().map(|it| it.undelivered());
        Self {
            environment,
            name,
            clock: options.clock,
            host,
            stop,
            since: options.clock.now(),
            plan: RefCell::new(Plan { of: None, schedule: None, readiness: Readiness::NoSchedule }),
            activity: RefCell::new(Activity::Idle),
            sending: AtomicBool::new(false),
            wake: Notify::new(),
            postman: Postman::new(options.clock, undelivered),
            took_over: Cell::new(false),
            paused: Cell::new(false),
            anew: Cell::new(true),
            expiring: Expiring::default(),
            newest: Newest::default(),
            tally: RefCell::default(),
            counters: RefCell::default(),
            unrecorded: Unrecorded::default(),
            turn: Mutex::new(()),
        }
    }

    /// Whether requests are being sent.
    pub(super) fn is_sending(&self) -> bool {
        self.sending.load(Ordering::Relaxed)
    }

    /// Whether neither a run nor a look at the directory is going on.
    pub(super) fn is_idle(&self) -> bool {
        self.turn.try_lock().is_ok()
    }

    /// Reads the settings again, soon.
    pub(super) fn reload(&self) {
        self.anew.set(true);
        self.wake.notify_one();
    }

    /// Starts no run by the schedule until it is told to go on.
    #[cfg(windows)]
    pub(super) fn pause(&self, paused: bool) {
        self.paused.set(paused);
        self.wake.notify_one();
    }

    /// Syncs whenever a run is due, until the service is asked to stop.
    pub(super) async fn serve(&self) {
        while !self.stop.is_cancelled() {
            if !self.has_lease() {
                let waiting = async {
                    tokio::select! {
                        () = self.wake.notified() => {}
                        () = tokio::time::sleep(EACH_TRY) => {}
                    }
                };
                self.stop.unless_cancelled(waiting).await;
                continue;
            }
            // What the other machine left undone is done at once.
            let due = if self.took_over.replace(false) && !self.paused.get() {
                Some(self.clock.now())
            } else {
                self.due()
            };
            if due.is_some_and(|due| due <= self.clock.now()) {
                // What was missed while somebody else held the lock is one run, if it is any.
                if !self.run_scheduled().await {
                    self.stop.unless_cancelled(tokio::time::sleep(EACH_TRY)).await;
                }
                self.newest.ask(&self.environment, self.clock, &self.stop).await;
                continue;
            }
            let waiting = async {
                tokio::select! {
                    () = self.wake.notified() => {}
                    () = tokio::time::sleep(nap(due, self.clock)) => {}
                }
            };
            self.stop.unless_cancelled(waiting).await;
        }
    }

    /// Whether this machine is the one that syncs. One that stands by tries again and again: it takes over when it can.
    fn has_lease(&self) -> bool {
        let Ok(engine) = self.engine() else { return true };
        let stood_by = matches!(*self.activity.borrow(), Activity::Standby { .. });
        match engine.take_lease() {
            Err(error) if lease_of_another(&error).is_some() => {
                if !stood_by {
                    self.host.tell(News::Waits { profile: &self.name, error: &error });
                }
                self.activity.replace(waits(&error));
                false
            }
            Ok(()) if stood_by => {
                self.activity.replace(Activity::Idle);
                self.read_settings();
                self.took_over.set(self.plan.borrow().readiness == Readiness::Scheduled);
                true
            }
            // Whatever else is wrong is said by a run.
            Ok(()) | Err(_) => true,
        }
    }

    /// When the next run is due; None: none starts by itself.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.read_settings();
        let plan = self.plan.borrow();
        let starts = plan.readiness == Readiness::Scheduled && !self.paused.get();
        let schedule = plan.schedule.as_ref().filter(|_| starts)?;
        Some(schedule.next(&self.past()))
    }

    fn past(&self) -> Past {
        // Settings that cannot be read in this moment are no reason to forget when the last run was.
        let found = self.profile().ok().and_then(|profile| history::tally(&profile).ok());
        if let Some(tally) = found {
            self.tally.replace(tally);
        }
        self.past_of(&self.tally.borrow())
    }

    fn past_of(&self, tally: &Tally) -> Past {
        self.unrecorded.add_to(Past::of(tally, self.since)).not_after(self.clock.now())
    }

    /// A run that a schedule made due. False: somebody else holds the lock.
    pub(super) async fn run_scheduled(&self) -> bool {
        let full = {
            let (plan, past) = (self.plan.borrow(), self.past());
            plan.schedule.as_ref().is_some_and(|it| it.is_full_due(&past, self.clock.now()))
        };
        let mode = if full { ReadMode::Full } else { ReadMode::Incremental };
        let trigger = Trigger { by: FrontEnd::Service, scheduled: true };
        let _turn = self.turn.lock().await;
        let waits = self.run(trigger, mode).await.is_err_and(|error| is_held(&error));
        if !waits && !self.stop.is_cancelled() {
            self.end_of_day().await;
        }
        !waits
    }

    async fn end_of_day(&self) {
        let (Ok(profile), Ok(engine)) = (self.profile(), self.engine()) else { return };
        let Ok(settings) = engine.notify_settings() else { return };
        let day = Day {
            name: &self.name,
            profile: &profile,
            environment: &self.environment,
            clock: self.clock,
            stop: &self.stop,
            host: self.host,
            postman: &self.postman,
            expiring: &self.expiring,
        };
        day.end(&settings).await;
    }

    /// A run that a caller asked for. It waits for the lock.
    pub(super) async fn run_asked(&self, by: FrontEnd, mode: ReadMode) -> Result<SyncReport, EngineError> {
        let _turn = self.turn.lock().await;
        loop {
            match self.run(Trigger::asked(by), mode).await {
                // Nobody waits for hours until another machine fails.
                Err(error)
                    if is_held(&error) && lease_of_another(&error).is_none() && !self.stop.is_cancelled() =>
                {
                    self.stop.unless_cancelled(tokio::time::sleep(EACH_TRY)).await;
                }
                result => {
                    self.wake.notify_one();
                    return result;
                }
            }
        }
    }

    async fn run(&self, trigger: Trigger, mode: ReadMode) -> Result<SyncReport, EngineError> {
        let began = self.clock.now();
        let waited =
            matches!(*self.activity.borrow(), Activity::WaitsForLock { .. } | Activity::Standby { .. });
        if !waited {
            self.activity.replace(Activity::Running { since: began });
        }
        let result = self.carry_out(trigger, mode, began).await;
        self.sending.store(false, Ordering::Relaxed);
        match &result {
            Err(error) if is_held(error) => {
                if !waited {
                    self.host.tell(News::Waits { profile: &self.name, error });
                }
                self.activity.replace(waits(error));
            }
            _ => {
                self.activity.replace(Activity::Idle);
                self.expect_on_record(trigger, began, result.as_ref().err());
                self.postman.hear(&self.name, result.as_ref(), self.host);
                self.host.tell(News::Ended { profile: &self.name, trigger, result: result.as_ref() });
            }
        }
        result
    }

    async fn carry_out(
        &self,
        trigger: Trigger,
        mode: ReadMode,
        began: Timestamp,
    ) -> Result<SyncReport, EngineError> {
        let mut engine = self.engine()?;
        let sending = &self.sending;
        let events = |event: RunEvent| {
            if event.event == Event::Began {
                sending.store(event.phase == Phase::Sending, Ordering::Relaxed);
            }
        };
        let control = Control { events: &events, cancel: &self.stop };
        let failures = engine.tally().map(|it| it.failures).unwrap_or_default();
        self.postman.begin(failures, began);
        engine.sync(trigger, mode, control).await
    }

    /// A run that failed before the ledger was opened is written down, or remembered here where there is none that could be
    /// written: it would be due again at once.
    fn expect_on_record(&self, trigger: Trigger, began: Timestamp, error: Option<&EngineError>) {
        let failed = error.filter(|it| !matches!(it, EngineError::Run(RunError::Cancelled)));
        let recorded = failed.is_none_or(|error| {
            let note = |profile| history::note_failure(&profile, self.clock, began, trigger, error);
            self.profile().is_ok_and(|profile| note(profile).unwrap_or_default())
        });
        if recorded {
            self.unrecorded.forget();
        } else {
            self.unrecorded.note(began);
        }
    }

    /// How the profile is, with what the service does with it.
    pub(super) fn status(&self) -> Result<ProfileStatus, EngineError> {
        let mut status = status::look(&self.environment, &self.name, self.clock)?;
        status.activity = Some(self.activity.borrow().clone());
        status.newer = self.newest.known();
        let next = status.schedule.as_ref().filter(|_| status.readiness == Readiness::Scheduled);
        status.next = next.map(|it| it.next(&self.past_of(&status.tally)));
        status.tally.failures = status.tally.failures.saturating_add(self.unrecorded.failures());
        Ok(status)
    }

    /// By which it is known that the profile may be otherwise now. It costs a look at some files.
    pub(super) fn mark(&self) -> Mark {
        let files = self.profile().map(|it| {
            let mut log = it.connector_db.clone().into_os_string();
            log.push("-wal");
            [&it.data_json, &it.connector_toml, &it.connector_db, Path::new(&log)].map(stamp)
        });
        Mark { files: files.unwrap_or_default(), unrecorded: self.unrecorded.failures() }
    }

    /// How the profile is, for metrics.
    pub(super) fn scraped(&self) -> Scraped<'_> {
        let mut counters = self.counters.borrow_mut();
        if let Ok(profile) = self.profile()
            && let Err(error) = counters.read(&profile.connector_db)
        {
            tracing::warn!(%error, "runs cannot be counted");
        }
        Scraped { profile: &self.name, status: self.status().ok(), counters: counters.clone() }
    }

    /// The profile's installation, as it is now.
    pub(super) fn engine(&self) -> Result<Engine, EngineError> {
        Engine::open_at(self.environment.clone(), self.profile()?, self.clock)
    }

    pub(super) fn profile(&self) -> Result<Profile, EngineError> {
        Ok(Profile::from_environment(&self.environment).map_err(SetupError::from)?)
    }

    /// Reads the settings where a file has changed. What cannot be used leaves in place what counted before.
    fn read_settings(&self) {
        let Ok(profile) = self.profile() else { return };
        let stamps = [stamp(&profile.data_json), stamp(&profile.connector_toml)];
        // Until the first sync was agreed to, the ledger decides, too.
        let waits = self.plan.borrow().readiness == Readiness::WaitsForFirstSync;
        if self.plan.borrow().of == Some(stamps) && !waits && !self.anew.replace(false) {
            return;
        }
        self.anew.set(false);
        let found = status::look(&self.environment, &self.name, self.clock);
        let mut plan = self.plan.borrow_mut();
        let changed = plan.of != Some(stamps);
        plan.of = Some(stamps);
        match found {
            Ok(status) => {
                let changed = changed || plan.readiness != status.readiness;
                plan.schedule = status.schedule;
                plan.readiness = status.readiness;
                if changed {
                    let (profile, next, readiness) = (&self.name, status.next, status.readiness);
                    self.host.tell(News::Scheduled { profile, next, readiness });
                }
            }
            Err(error) if changed => self.host.tell(News::Unusable { profile: &self.name, error: &error }),
            Err(_) => {}
        }
    }
}

impl Past {
    /// What history tells. `since`: when the service began.
    pub(crate) fn of(tally: &Tally, since: Timestamp) -> Self {
        Self { since, last_start: tally.last_start, last_full: tally.last_full, failures: tally.failures }
    }
}

/// What the service does, in a line for the service manager: numbers of profiles.
pub(super) fn summary(duties: &[Duty<'_>]) -> String {
    let running =
        duties.iter().filter(|it| matches!(*it.activity.borrow(), Activity::Running { .. })).count();
    let next = duties.iter().filter_map(Duty::due).min();
    let next = next.map_or_else(|| "-".to_owned(), crate::clock::to_iso);
    format!("profiles={} running={running} next={next}", duties.len())
}

fn stamp(path: &Path) -> Stamp {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn is_held(error: &EngineError) -> bool {
    matches!(error, EngineError::Run(RunError::Lock(LockError::Held { .. })))
        || lease_of_another(error).is_some()
}

/// The other machine that syncs.
fn lease_of_another(error: &EngineError) -> Option<&str> {
    match error {
        EngineError::Run(RunError::Ledger(LedgerError::Lease(LeaseError::Held { who }))) => Some(who),
        _ => None,
    }
}

/// What the service does while somebody else is at work.
fn waits(error: &EngineError) -> Activity {
    match (lease_of_another(error), error) {
        (Some(holder), _) => Activity::Standby { holder: holder.to_owned() },
        (None, EngineError::Run(RunError::Lock(LockError::Held { holder, .. }))) => {
            Activity::WaitsForLock { holder: holder.as_ref().map(|it| it.to_string()) }
        }
        (None, _) => Activity::WaitsForLock { holder: None },
    }
}
