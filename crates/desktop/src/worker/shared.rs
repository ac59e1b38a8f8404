//! What the console UI has done, too: runs, which wait for their turn, pages that ask for more than one thing, and everything
//! about a profile that the machine's service keeps. It is carried out by `bwdc-jobs`; here its reports become replies.

use super::Sink;
use crate::job::{Asked, Failure, Job, Overview, Reply, Ticket};
use bwdc_core::settings::{Setting, SettingKind};
use bwdc_engine::event::RunEvent;
use bwdc_engine::paths::ProcessEnvironment;
use bwdc_engine::service::keeper;
use bwdc_engine::{Cancel, FrontEnd};
use bwdc_jobs::job::{Happened, Job as SharedJob, JobId, Report};
use bwdc_jobs::worker::{Listener, Order, Worker};
use bwdc_messages::remote::not_through_it;
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Who waits for what comes of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Matter {
    Overview,
    Runs,
    Settings,
    Saved { of: Asked, number: usize },
    RunDetails,
    Plan,
    Sync { scheduled: bool },
    Page(Ticket),
}

/// The thread of `bwdc-jobs`, and who waits for what.
pub(super) struct Shared {
    environment: ProcessEnvironment,
    worker: Worker,
    answers: Arc<Answers>,
    next: AtomicU64,
}

struct Answers {
    sink: Sink,
    matters: Mutex<BTreeMap<JobId, Matter>>,
}

impl Shared {
    /// Starts the thread.
    pub(super) fn start(environment: &ProcessEnvironment, sink: &Sink) -> io::Result<Self> {
        let answers = Arc::new(Answers { sink: Arc::clone(sink), matters: Mutex::default() });
        let listener: Arc<dyn Listener> = answers.clone();
        let worker = Worker::start(FrontEnd::Desktop, listener)?;
        Ok(Self { environment: environment.clone(), worker, answers, next: AtomicU64::new(0) })
    }

    /// Asks what is under way to end, and waits for it.
    pub(super) fn leave(&self) {
        self.worker.runs().leave();
    }

    /// Has a job carried out; gives it back where it is the window's own.
    pub(super) fn take(&self, job: Job, cancel: &Cancel) -> Option<Job> {
        let by_service = keeper(&self.environment).is_some();
        match job {
            Job::Page { ticket, job } => self.order(Matter::Page(ticket), job, cancel),
            Job::Plan => self.order(Matter::Plan, SharedJob::Plan, cancel),
            Job::Sync { scheduled: true } => {
                self.order(Matter::Sync { scheduled: true }, SharedJob::ScheduledSync, cancel);
            }
            Job::Sync { scheduled: false } => {
                self.sync(SharedJob::Sync { expected: None, approved: None }, cancel)
            }
            Job::Apply { saved, approved } => {
                self.sync(SharedJob::Sync { expected: Some(*saved), approved }, cancel);
            }
            Job::SyncApproved(number) => {
                self.sync(SharedJob::Sync { expected: None, approved: Some(number) }, cancel);
            }
            job if by_service => return self.by_service(job, cancel),
            job => return Some(job),
        }
        None
    }

    /// What the machine's service does for the window, and what it does not.
    fn by_service(&self, job: Job, cancel: &Cancel) -> Option<Job> {
        match job {
            Job::Overview | Job::Glance => {
                self.order(Matter::Overview, SharedJob::State, cancel);
                self.order(Matter::Runs, SharedJob::History, cancel);
            }
            Job::Settings => self.order(Matter::Settings, SharedJob::State, cancel),
            Job::RunDetails(run) => self.order(Matter::RunDetails, SharedJob::Run(run), cancel),
            Job::Save { changes, secrets, of } if secrets.is_empty() => {
                let parsed: Vec<_> = changes
                    .into_iter()
                    .filter_map(|(name, typed)| {
                        let setting = Setting::find(name)?;
                        // The form lets nothing be saved that cannot be parsed.
                        Some((setting, typed.and_then(|it| setting.parse(&it).ok())))
                    })
                    .filter(|(setting, _)| !matches!(setting.kind, SettingKind::Secret(_)))
                    .collect();
                let matter = Matter::Saved { of, number: parsed.len() };
                self.order(matter, SharedJob::Save { settings: parsed, secrets: Vec::new() }, cancel);
            }
            // What the window remembers lies in a folder that is the service's.
            Job::Remember(_) => self.answers.say(Reply::Done(Ok(()))),
            Job::Write { .. } | Job::WritePlan { .. } | Job::Update => return Some(job),
            job => self.answers.say(self.elsewhere(&job)),
        }
        None
    }

    /// That something is done by a command on the machine of the service.
    fn elsewhere(&self, job: &Job) -> Reply {
        let failed = |command: &str| Failure::from(not_through_it(command, self.environment.platform()));
        match job {
            Job::Test { .. } => Reply::Tested(Err(failed("bwdc test"))),
            Job::Count { .. } => Reply::Counted(Err(failed("bwdc test"))),
            Job::Examine { of, .. } => Reply::Examined { of: *of, result: Err(failed("bwdc doctor")) },
            Job::SignIn { .. } => Reply::SignedIn(Err(failed("bwdc login"))),
            Job::LogOut => Reply::LoggedOut(Err(failed("bwdc logout"))),
            Job::ClearCache => Reply::CacheCleared(Err(failed("bwdc clear-cache"))),
            Job::Save { of, .. } => Reply::Saved { of: *of, result: Err(failed("bwdc secrets")) },
            _ => Reply::Written(Err(failed("bwdc config export"))),
        }
    }

    fn sync(&self, job: SharedJob, cancel: &Cancel) {
        self.order(Matter::Sync { scheduled: false }, job, cancel);
    }

    fn order(&self, matter: Matter, job: SharedJob, cancel: &Cancel) {
        let id = JobId(self.next.fetch_add(1, Ordering::Relaxed));
        self.answers.matters().insert(id, matter);
        let environment = self.environment.clone();
        self.worker.order(Order { id, job, cancel: cancel.clone(), environment });
    }
}

impl Answers {
    fn say(&self, reply: Reply) {
        (self.sink)(reply);
    }

    fn matters(&self) -> MutexGuard<'_, BTreeMap<JobId, Matter>> {
        self.matters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Answers {
    fn report(&self, report: Report) {
        let Some(matter) = self.matters().get(&report.job).copied() else { return };
        if let Matter::Page(ticket) = matter {
            // A sign-in asks in answer to one job and goes on with the next: who waits for what is the page's to know.
            return self.say(Reply::Page { ticket, what: report.what });
        }
        match report.what {
            Happened::Progress(text) | Happened::Held(text) => self.say(Reply::Waits(text)),
            Happened::Notice(text) => self.say(Reply::Notice(text)),
            what => {
                self.matters().remove(&report.job);
                if let Some(reply) = reply(matter, what) {
                    self.say(reply);
                }
            }
        }
    }

    fn takes(&self, job: JobId, event: &RunEvent) -> bool {
        let is_run = matches!(self.matters().get(&job), Some(Matter::Plan | Matter::Sync { .. }));
        if is_run {
            self.say(Reply::Event(event.clone()));
        }
        is_run
    }
}

/// What a job came to, for whoever waits for it.
fn reply(matter: Matter, what: Happened) -> Option<Reply> {
    let failure = match what {
        Happened::Failed(error) => Failure::from(*error),
        what => return done(matter, what),
    };
    Some(match matter {
        Matter::Overview => Reply::Overview(Err(failure)),
        // The overview says so.
        Matter::Runs => return None,
        Matter::Settings => Reply::Settings(Err(failure)),
        Matter::Saved { of, .. } => Reply::Saved { of, result: Err(failure) },
        Matter::RunDetails => Reply::RunDetails(Err(failure)),
        Matter::Plan => Reply::Planned(Err(failure)),
        Matter::Sync { scheduled } => Reply::Synced { scheduled, result: Err(failure) },
        Matter::Page(_) => return None,
    })
}

fn done(matter: Matter, what: Happened) -> Option<Reply> {
    Some(match (matter, what) {
        (Matter::Overview, Happened::State(state)) => Reply::Overview(Ok(Box::new(Overview::of(*state)))),
        (Matter::Runs, Happened::History(runs)) => Reply::Runs(runs),
        (Matter::Settings, Happened::State(state)) => Reply::Settings(Ok(state.entries)),
        (Matter::Saved { of, number }, Happened::State(_)) => Reply::Saved { of, result: Ok(number) },
        (Matter::RunDetails, Happened::Run(record, entries)) => Reply::RunDetails(Ok((*record, entries))),
        (Matter::Plan, Happened::Planned(planned)) => Reply::Planned(Ok(planned)),
        (Matter::Plan, Happened::Told(told)) => Reply::ServicePlanned(told),
        (Matter::Sync { scheduled }, Happened::Synced(report)) => {
            Reply::Synced { scheduled, result: Ok(report) }
        }
        (Matter::Sync { .. }, Happened::Told(told)) => Reply::ServiceSynced(told),
        _ => return None,
    })
}
