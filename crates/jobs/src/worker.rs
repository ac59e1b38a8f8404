//! Where jobs are carried out: a thread of its own with a runtime, so that no work ever holds a key or a window up.
//!
//! Each job opens the installation for itself: what another program changed meanwhile counts.

mod account;
mod facts;
mod remote;
mod run;
mod service;
mod setup;
mod state;

use crate::job::{Happened, Job, JobId, Report};
use crate::runs::Runs;
use bwdc_core::settings::{Setting, SettingValue};
use bwdc_engine::event::RunEvent;
use bwdc_engine::failpoint::may_panic;
use bwdc_engine::paths::ProcessEnvironment;
use bwdc_engine::secrets::SecretName;
use bwdc_engine::service::keeper;
use bwdc_engine::{Cancel, Control, Engine, EngineError, FrontEnd, ReadMode};
use bwdc_messages::finding::Described;
use bwdc_messages::refused_run::withdrawn;
use bwdc_messages::{Condition, ErrorKind, ErrorText, describe, notice, progress, text};
use run::Run;
use state::refused;
pub use state::state;
use std::rc::Rc;
use std::sync::Arc;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::LocalSet;

/// A run is many futures one in the other; only what is used of it is taken from the machine.
const STACK: usize = 16 * 1024 * 1024;
/// Runs that are looked at.
const RUNS: u32 = 200;

/// A job on its way to where it is carried out.
pub struct Order {
    /// Its number.
    pub id: JobId,
    /// What to do.
    pub job: Job,
    /// The means to end it.
    pub cancel: Cancel,
    /// The installation that it is about.
    pub environment: ProcessEnvironment,
}

/// Who hears of jobs, on the thread that carries them out.
pub trait Listener: Send + Sync + 'static {
    /// Something happened in a job.
    fn report(&self, report: Report);

    /// Something happened in a run, as data. Whoever takes it gets no report about it in words.
    fn takes(&self, _job: JobId, _event: &RunEvent) -> bool {
        false
    }
}

/// The other end of the thread.
pub struct Worker {
    orders: UnboundedSender<Order>,
    runs: Runs,
}

impl Worker {
    /// Starts the thread for a front end, whose name its runs have in the history.
    ///
    /// # Errors
    /// What the operating system says when it gives no thread.
    pub fn start(by: FrontEnd, listener: Arc<dyn Listener>) -> std::io::Result<Self> {
        let (orders, incoming) = unbounded_channel();
        let runs = Runs::default();
        let under_way = runs.clone();
        std::thread::Builder::new()
            .name("bwdc-jobs".to_owned())
            .stack_size(STACK)
            .spawn(move || work(incoming, by, &listener, &under_way))?;
        Ok(Self { orders, runs })
    }

    /// The runs under way.
    pub fn runs(&self) -> &Runs {
        &self.runs
    }

    /// Hands a job over.
    pub fn order(&self, order: Order) {
        if order.job.sends() {
            self.runs.begin(order.id, order.cancel.clone());
        }
        // The thread ends with the program only.
        let _ = self.orders.send(order);
    }
}

fn work(mut incoming: UnboundedReceiver<Order>, by: FrontEnd, listener: &Arc<dyn Listener>, runs: &Runs) {
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
    let desk = Rc::new(account::Conversation::default());
    LocalSet::new().block_on(&runtime, async move {
        while let Some(order) = incoming.recv().await {
            let teller = Teller { id: order.id, by, listener: Arc::clone(listener) };
            let (runs, desk) = (runs.clone(), Rc::clone(&desk));
            tokio::task::spawn_local(async move {
                let id = order.id;
                let work = carry_out(order, teller.clone(), desk);
                // A job that panics ends alone, and whoever waits for it hears of it.
                if tokio::task::spawn_local(work).await.is_err() {
                    teller.tell(Happened::Failed(Box::new(broken())));
                }
                runs.end(id);
            });
        }
    });
}

/// That the program itself failed at a job.
fn broken() -> ErrorText {
    ErrorText {
        kind: ErrorKind::Storage,
        condition: Condition::Broken,
        message: text!(
            "job.broken",
            "The program failed at this, which is an error in it. What was sent until then is in the history of runs, and the next run \
             looks at the organization before it goes on. The log says where it failed."
        ),
        next_steps: Vec::new(),
        official: false,
    }
}

/// Where the reports of one job go.
#[derive(Clone)]
struct Teller {
    id: JobId,
    by: FrontEnd,
    listener: Arc<dyn Listener>,
}

impl Teller {
    fn tell(&self, what: Happened) {
        self.listener.report(Report { job: self.id, what });
    }

    fn failed(&self, error: &EngineError) {
        self.tell(Happened::Failed(Box::new(describe(error))));
    }

    fn finish(&self, result: Result<Happened, EngineError>) {
        match result {
            Ok(what) => self.tell(what),
            Err(error) => self.failed(&error),
        }
    }

    /// Says what is waited for, where nothing else of an event matters.
    fn waits(&self, event: &bwdc_engine::event::Event) {
        if let (bwdc_engine::event::Event::Waiting { .. }, Some(text)) = (event, progress::event(event)) {
            self.tell(Happened::Progress(text));
        }
    }

    fn event(&self, event: RunEvent) {
        if self.listener.takes(self.id, &event) {
            return;
        }
        if let bwdc_engine::event::Event::Notice(found) = &event.event {
            self.tell(Happened::Notice(notice::notice_of(found, event.source.as_ref())));
        }
        if let Some(text) = progress::event(&event.event) {
            self.tell(Happened::Progress(text));
        }
    }
}

async fn carry_out(order: Order, teller: Teller, conversation: Rc<account::Conversation>) {
    let Order { job, cancel, environment, .. } = order;
    let job = match keeper(&environment) {
        None => job,
        Some(machine) => match remote::carry_out(job, machine, &environment, &cancel, &teller).await {
            Some(job) => job,
            None => return,
        },
    };
    match job {
        Job::Setup(work) => setup::carry_out(work, &environment, &cancel, &teller, &conversation).await,
        Job::Doctor => doctor(&environment, &teller).await,
        job @ (Job::Sync { .. } | Job::ScheduledSync) => {
            let run = Run { environment: &environment, cancel: &cancel, teller: &teller };
            let done = match job {
                Job::Sync { expected, approved } => run.sync(expected.as_ref(), approved).await,
                _ => run.scheduled().await,
            };
            match done {
                Ok(report) => teller.tell(Happened::Synced(Box::new(report))),
                Err(error) => teller.tell(Happened::Failed(error)),
            }
        }
        Job::Repair { picks, agreed } => {
            let run = Run { environment: &environment, cancel: &cancel, teller: &teller };
            teller.finish(run.repair(&picks, &agreed).await.map(Happened::Repaired));
        }
        Job::Service(work) => service::carry_out(work, &environment, &teller).await,
        job => teller.finish(quick(job, &environment, &cancel, &teller).await),
    }
}

async fn quick(
    job: Job,
    environment: &ProcessEnvironment,
    cancel: &Cancel,
    teller: &Teller,
) -> Result<Happened, EngineError> {
    match job {
        Job::Profiles => return profiles(environment),
        Job::CreateProfile(name) => {
            Engine::create_profile(environment, &name)?;
            return profiles(environment);
        }
        Job::LookElsewhere(folder) => {
            return Ok(Happened::Found(Box::new(Engine::look_elsewhere(environment, &folder)?)));
        }
        Job::TakeOver { folder, name } => {
            return Ok(Happened::TakenOver(Box::new(Engine::take_over(environment, &folder, &name)?)));
        }
        Job::Files(typed) => return Ok(Happened::Files(files(&typed))),
        Job::ReadSettings(path) => {
            let typed = |(setting, value): (&'static Setting, Option<SettingValue>)| {
                let value = value.map(|it| it.to_json()).unwrap_or_default();
                (setting.name, bwdc_messages::setting::value(setting, &value))
            };
            let read = bwdc_engine::read_settings_file(&path)?;
            return Ok(Happened::SettingsRead(read.into_iter().map(typed).collect()));
        }
        Job::WritePlan { path, saved } => {
            saved.write(&path)?;
            return Ok(Happened::Written(path));
        }
        _ => {}
    }
    let mut engine = Engine::open(environment.clone())?;
    Ok(match job {
        Job::State => Happened::State(Box::new(state(&engine, environment)?)),
        Job::Refused => Happened::Refused(Box::new(refused(&engine)?)),
        Job::Withdraw(run) => Happened::Said(withdrawn(&engine.withdraw_approval(Some(run))?)),
        Job::Repairs(picks) => {
            let events = |event| teller.event(event);
            Happened::Repairs(Box::new(engine.repairs(&picks, Control { events: &events, cancel }).await?))
        }
        Job::Save { settings, secrets } => {
            if !settings.is_empty() {
                let changes: Vec<_> =
                    settings.iter().map(|(setting, value)| (*setting, value.clone())).collect();
                engine.set_all(&changes)?;
            }
            for (setting, secret) in secrets {
                if let bwdc_core::settings::SettingKind::Secret(kind) = setting.kind {
                    engine.set_secret(SecretName::of_directory(kind), &secret)?;
                }
            }
            Happened::State(Box::new(state(&engine, environment)?))
        }
        Job::LogOut => {
            engine.log_out()?;
            Happened::State(Box::new(state(&engine, environment)?))
        }
        Job::Renew(secret) => {
            engine.renew_key(secret, &|_| ()).await?;
            Happened::State(Box::new(state(&engine, environment)?))
        }
        Job::Observe(key) => {
            engine.set_observer(key, &|_| ()).await?;
            Happened::State(Box::new(state(&engine, environment)?))
        }
        Job::Plan => {
            may_panic("plan-job");
            let events = |event| teller.event(event);
            let control = Control { events: &events, cancel };
            Happened::Planned(Box::new(engine.plan(ReadMode::Incremental, control).await?))
        }
        Job::History => Happened::History(engine.history(RUNS)?),
        Job::Run(run) => {
            let (record, entries) = engine.run_of_history(run)?;
            Happened::Run(Box::new(record), entries)
        }
        // Carried out before.
        Job::Profiles
        | Job::CreateProfile(_)
        | Job::LookElsewhere(_)
        | Job::TakeOver { .. }
        | Job::Files(_)
        | Job::ReadSettings(_)
        | Job::WritePlan { .. }
        | Job::Setup(_)
        | Job::Doctor
        | Job::Repair { .. }
        | Job::Service(_)
        | Job::Sync { .. }
        | Job::ScheduledSync => Happened::Examined,
    })
}

fn profiles(environment: &ProcessEnvironment) -> Result<Happened, EngineError> {
    Ok(Happened::Profiles(Engine::profiles(environment)?, Engine::folders_elsewhere(environment)))
}

/// Files and folders whose names begin with what was typed, in order.
fn files(typed: &str) -> Vec<String> {
    let (folder, begins) = typed
        .rsplit_once(std::path::is_separator)
        .map_or(("", typed), |(_, begins)| (typed.strip_suffix(begins).unwrap_or_default(), begins));
    let place = if folder.is_empty() { "." } else { folder };
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let name = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let is_folder = entry.path().is_dir();
        name.starts_with(begins).then(|| format!("{folder}{name}{}", if is_folder { "/" } else { "" }))
    };
    let mut found: Vec<String> = entries.filter_map(Result::ok).filter_map(name).collect();
    found.sort();
    found
}

async fn doctor(environment: &ProcessEnvironment, teller: &Teller) {
    let result = Engine::examine(environment, &|_| (), &mut |finding| {
        teller.tell(Happened::Finding(Box::new(Described::new(finding))));
    })
    .await;
    match result {
        Ok(()) => teller.tell(Happened::Examined),
        Err(error) => teller.failed(&error),
    }
}
