//! The engine's threads: that of runs and pages, which the console UI has, too; one of the window's own for what takes long, of
//! which there is one thing at a time, and one for what is short. Each job opens the installation anew, so that what another
//! program changed meanwhile counts.

mod shared;

use crate::autostart::Autostart;
use crate::job::{Failure, Job, Overview, Reply};
use crate::results::Results;
use bwdc_core::desired::Desired;
use bwdc_core::settings::Setting;
use bwdc_engine::clock::from_iso;
use bwdc_engine::event::RunEvent;
use bwdc_engine::organization::ApiKey;
use bwdc_engine::paths::{ProcessEnvironment, Profile};
use bwdc_engine::secrets::SecretName;
use bwdc_engine::store::SyncedKind;
use bwdc_engine::system_service::{self, Scope};
use bwdc_engine::{Cancel, Control, DesktopKey, Engine, EngineError, RunError};
use bwdc_messages::error::update;
use bwdc_messages::finding::Described;
use bwdc_messages::{Condition, describe};
use secrecy::{ExposeSecret as _, SecretString};
use shared::Shared;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::SystemTime;

/// Runs that the window shows.
const RUNS: u32 = 200;

/// Room for the futures of a run, which lie on the stack.
const STACK: usize = 16 << 20;

/// Where replies go.
pub type Sink = Arc<dyn Fn(Reply) + Send + Sync>;

/// The threads.
pub struct Worker {
    shared: Shared,
    long: Option<Sender<Job>>,
    short: Option<Sender<Job>>,
    cancel: Arc<Mutex<Cancel>>,
    busy: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Worker {
    /// Starts them for the installation that the environment names.
    ///
    /// # Errors
    /// What the operating system says of threads.
    pub fn start(environment: &ProcessEnvironment, sink: &Sink) -> io::Result<Self> {
        let cancel = Arc::new(Mutex::new(Cancel::default()));
        let busy = Arc::new(AtomicBool::new(false));
        let (long, long_jobs) = channel();
        let (short, short_jobs) = channel();
        let lane = |name: &str, jobs: Receiver<Job>| {
            let lane = Lane {
                environment: environment.clone(),
                sink: Arc::clone(sink),
                cancel: Arc::clone(&cancel),
                busy: Arc::clone(&busy),
                seen: Mutex::default(),
            };
            Builder::new().name(name.to_owned()).stack_size(STACK).spawn(move || lane.serve(&jobs))
        };
        let threads = vec![lane("runs", long_jobs)?, lane("settings", short_jobs)?];
        let shared = Shared::start(environment, sink)?;
        Ok(Self { shared, long: Some(long), short: Some(short), cancel, busy, threads })
    }

    /// Has a job done.
    pub fn send(&self, job: Job) {
        let cancel = Cancel::default();
        if job.is_long() || matches!(job, Job::Page { .. }) {
            *self.cancel.lock().unwrap_or_else(PoisonError::into_inner) = cancel.clone();
        }
        let Some(job) = self.shared.take(job, &cancel) else { return };
        let lane = if job.is_long() { &self.long } else { &self.short };
        // A lane ends only when this does.
        let _ = lane.as_ref().map(|it| it.send(job));
    }

    /// Asks the run that is under way to end at its next safe place.
    pub fn cancel(&self) {
        self.cancel.lock().unwrap_or_else(PoisonError::into_inner).cancel();
    }

    /// Whether something long is under way.
    pub fn is_busy(&self) -> bool {
        self.busy.load(Ordering::SeqCst)
    }

    /// Waits until everything that was asked for is done.
    pub fn finish(mut self) {
        self.shared.leave();
        self.long = None;
        self.short = None;
        for thread in std::mem::take(&mut self.threads) {
            // A job that panicked has said so by then.
            let _ = thread.join();
        }
    }
}

/// One of the threads.
struct Lane {
    environment: ProcessEnvironment,
    sink: Sink,
    cancel: Arc<Mutex<Cancel>>,
    busy: Arc<AtomicBool>,
    /// How the files were when they were last read for the window.
    seen: Mutex<Stamps>,
}

/// When each file was last written, and how long it is.
type Stamps = Vec<Option<(SystemTime, u64)>>;

impl Lane {
    fn serve(&self, jobs: &Receiver<Job>) {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        while let Ok(job) = jobs.recv() {
            let long = job.is_long();
            let cancel = Cancel::default();
            if long {
                *self.cancel.lock().unwrap_or_else(PoisonError::into_inner) = cancel.clone();
                self.busy.store(true, Ordering::SeqCst);
                (self.sink)(Reply::Began);
            }
            let reply = runtime.block_on(self.carry_out(job, &cancel));
            if long {
                self.busy.store(false, Ordering::SeqCst);
            }
            (self.sink)(reply);
        }
    }

    fn open(&self) -> Result<Engine, EngineError> {
        Engine::open(self.environment.clone())
    }

    async fn carry_out(&self, job: Job, cancel: &Cancel) -> Reply {
        let events = |event: RunEvent| (self.sink)(Reply::Event(event));
        let control = Control { events: &events, cancel };
        match job {
            Job::Test { since_last } => {
                let tested = self.test(&self.environment, since_last, control).await;
                Reply::Tested(tested.map(|it| Box::new(Results::new(it))).map_err(failure))
            }
            Job::Examine { typed, secrets, of } => {
                let environment = overlaid(&self.environment, &typed, &secrets);
                Reply::Examined { of, result: self.examine(&environment, cancel).await }
            }
            Job::Count { typed } => {
                let counted = self.count(&overlaid(&self.environment, &typed, &[]), control).await;
                Reply::Counted(counted.map_err(failure))
            }
            Job::SignIn { client_id, secret } => {
                let work = async {
                    let mut engine = self.open()?;
                    if engine.client_id()?.is_some() {
                        engine.log_out()?;
                    }
                    engine.log_in(ApiKey { client_id, client_secret: secret }, &|_| ()).await
                };
                let ended = cancel.unless_cancelled(work).await;
                Reply::SignedIn(ended.unwrap_or(Err(EngineError::Run(RunError::Cancelled))).map_err(failure))
            }
            Job::Update => {
                let newer = Engine::newer_version(&self.environment).await;
                let newer = newer.map(|it| it.map(|it| (it.version, it.page)));
                Reply::Update(newer.map_err(|error| update::message(&error)))
            }
            short => self.short(short),
        }
    }

    fn short(&self, job: Job) -> Reply {
        match job {
            Job::Overview => Reply::Overview(self.overview().map(Box::new).map_err(failure)),
            Job::Glance if self.stamps() == *self.seen.lock().unwrap_or_else(PoisonError::into_inner) => {
                Reply::Done(Ok(()))
            }
            Job::Glance => self.short(Job::Overview),
            Job::Settings => {
                Reply::Settings(self.open().and_then(|engine| engine.settings()).map_err(failure))
            }
            Job::Save { changes, secrets, of } => {
                Reply::Saved { of, result: self.save(&changes, &secrets).map_err(failure) }
            }
            Job::Remember(values) => {
                let kept = self.open().and_then(|mut it| it.set_desktop_state(&values));
                Reply::Done(kept.map_err(failure))
            }
            Job::StartAtLogin(on) => match Autostart::of(&self.environment).map_or(Ok(()), |it| it.set(on)) {
                Ok(()) => self.short(Job::Overview),
                Err(error) => Reply::Written(Err(plain_failure(&error))),
            },
            Job::RunDetails(run) => {
                Reply::RunDetails(self.open().and_then(|it| it.run_of_history(run)).map_err(failure))
            }
            Job::ClearCache => {
                Reply::CacheCleared(self.open().and_then(|mut it| it.clear_cache()).map_err(failure))
            }
            Job::LogOut => Reply::LoggedOut(self.open().and_then(|mut it| it.log_out()).map_err(failure)),
            Job::Write { path, text } => Reply::Written(write(path, &text)),
            Job::WritePlan { path, saved } => {
                let written = saved.write(&path).map_err(EngineError::from);
                Reply::Written(written.map(|()| path).map_err(failure))
            }
            Job::WriteArchive { path, report } => {
                let written = Engine::write_bundle(&path, &self.environment, (&report.0, &report.1));
                Reply::Written(written.map(|_| path).map_err(|error| plain_failure(&error)))
            }
            Job::WriteSettings { path } => self.write_settings(path),
            // Long ones do not come here.
            _ => Reply::Done(Ok(())),
        }
    }

    async fn test(
        &self,
        environment: &ProcessEnvironment,
        since_last: bool,
        control: Control<'_>,
    ) -> Result<Desired, EngineError> {
        Engine::open(environment.clone())?.test(since_last, control).await
    }

    async fn examine(
        &self,
        environment: &ProcessEnvironment,
        cancel: &Cancel,
    ) -> Result<Vec<Described>, Failure> {
        let mut findings = Vec::new();
        let work = async {
            let mut keep = |finding| findings.push(Described::new(finding));
            Engine::examine(environment, &|_| (), &mut keep).await
        };
        let ended = cancel.unless_cancelled(work).await;
        ended.unwrap_or(Err(EngineError::Run(RunError::Cancelled))).map_err(failure)?;
        Ok(findings)
    }

    async fn count(
        &self,
        changed: &ProcessEnvironment,
        control: Control<'_>,
    ) -> Result<[(usize, usize); 2], EngineError> {
        let mut counts = [(0, 0); 2];
        for (count, environment) in counts.iter_mut().zip([&self.environment, changed]) {
            let desired = self.test(environment, false, control).await?;
            *count = (desired.people().count(), desired.groups().len());
        }
        Ok(counts)
    }

    fn stamps(&self) -> Stamps {
        let Ok(profile) = Profile::from_environment(&self.environment) else { return Stamps::new() };
        let log = profile.connector_db.with_extension("db-wal");
        let files = [profile.data_json, profile.connector_toml, profile.connector_db, log];
        let stamp = |path: &PathBuf| {
            let found = std::fs::metadata(path).ok()?;
            Some((found.modified().ok()?, found.len()))
        };
        files.iter().map(stamp).collect()
    }

    fn overview(&self) -> Result<Overview, EngineError> {
        // Before they are read: what is written meanwhile is read once more.
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = self.stamps();
        let engine = self.open()?;
        let mut state = bwdc_jobs::worker::state(&engine, &self.environment)?;
        // A ledger that cannot be read is told of: the settings are there all the same.
        state.runs = engine.history(RUNS).unwrap_or_default();
        let last = |kind| engine.last_sync(kind).as_deref().and_then(from_iso);
        let keys = [
            DesktopKey::Window,
            DesktopKey::AlwaysOnTop,
            DesktopKey::Tray,
            DesktopKey::CloseToTray,
            DesktopKey::MinimizeToTray,
            DesktopKey::Syncing,
            DesktopKey::Scheme,
            DesktopKey::Zoom,
        ];
        Ok(Overview {
            // A service of the machine that does not keep this profile leaves it alone.
            service_runs: system_service::installed(&self.environment) == Some(Scope::Account)
                && system_service::is_running(&self.environment) == Some(true),
            profile: self.environment.profile_name().unwrap_or_default(),
            others: if engine.data_file().exists() { 0 } else { self.others() },
            last_users: last(SyncedKind::Users),
            last_groups: last(SyncedKind::Groups),
            folder: engine.data_file().parent().map(Path::to_owned).unwrap_or_default(),
            starts_at_login: Autostart::of(&self.environment).and_then(|it| it.is_on()),
            remembered: keys.map(|key| (key, engine.desktop_state(key))).to_vec(),
            ..Overview::of(state)
        })
    }

    /// What else is there, where nobody has set this profile up.
    fn others(&self) -> usize {
        let profiles = Engine::profiles(&self.environment).unwrap_or_default();
        let set_up = profiles.iter().filter(|it| it.has_settings && !it.current).count();
        set_up + Engine::folders_elsewhere(&self.environment).len()
    }

    fn save(
        &self,
        changes: &[(&'static str, Option<String>)],
        secrets: &[(SecretName, SecretString)],
    ) -> Result<usize, EngineError> {
        let mut engine = self.open()?;
        let mut parsed = Vec::new();
        for (name, typed) in changes {
            let Some(setting) = Setting::find(name) else { continue };
            let value = match typed {
                None => None,
                // The form lets nothing be saved that cannot be parsed.
                Some(typed) => setting.parse(typed).ok(),
            };
            parsed.push((setting, value));
        }
        engine.set_all(&parsed)?;
        for (name, secret) in secrets {
            engine.set_secret(*name, secret)?;
        }
        Ok(parsed.len() + secrets.len())
    }

    fn write_settings(&self, path: PathBuf) -> Reply {
        match self.open().and_then(|engine| engine.export()) {
            Ok(export) => Reply::Written(write(path, &export.to_toml())),
            Err(error) => Reply::Written(Err(failure(error))),
        }
    }
}

/// The environment with typed values before those that are stored.
fn overlaid(
    environment: &ProcessEnvironment,
    typed: &[(&'static str, String)],
    secrets: &[(SecretName, SecretString)],
) -> ProcessEnvironment {
    let settings = typed.iter().filter_map(|(name, value)| {
        Some((Setting::find(name)?.variable(), value.clone())).filter(|(_, value)| !value.is_empty())
    });
    let secrets = secrets.iter().map(|(name, secret)| (name.variable(), secret.expose_secret().to_owned()));
    environment.clone().with_variables(settings.chain(secrets))
}

fn write(path: PathBuf, text: &str) -> Result<PathBuf, Failure> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A temporary file is its owner's, and so is what it becomes.
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.persist(&path).map(drop).map_err(|error| error.error)
    });
    written.map(|()| path).map_err(|error| plain_failure(&error))
}

fn failure(error: EngineError) -> Failure {
    Failure::from(describe(&error))
}

fn plain_failure(error: &(dyn std::error::Error + 'static)) -> Failure {
    let message = bwdc_messages::error::with_causes(error);
    Failure { condition: Condition::Other, message, steps: Vec::new() }
}
