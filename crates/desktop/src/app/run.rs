//! What is under way.

use super::{Action, App, Effect, Notice, Tone};
use crate::job::{Failure, Job};
use bwdc_engine::event::{Event, RunEvent};
use bwdc_engine::{SyncReport, Verification};
use bwdc_jobs::job::Told;
use bwdc_messages::desktop::{nothing_changed, part, running, synced};
use bwdc_messages::{Condition, notice, sync};

/// What kind of work it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    /// The directory is read.
    Test,
    /// Both sides are compared.
    Plan,
    /// Changes are sent.
    Sync,
    /// Everything is checked, or counted.
    Check,
}

/// Something long.
#[derive(Clone, Debug)]
pub struct Running {
    /// What.
    pub kind: RunKind,
    /// What it is at, in a line.
    pub text: String,
    /// How much of its phase is done, where that is known.
    pub part: Option<f32>,
    /// Whether it waits for another run, or for the service.
    pub waits: bool,
    /// Whether it was asked to end.
    pub cancelling: bool,
    /// What it said on the way.
    pub notices: Vec<String>,
}

impl Running {
    /// Whether it changes the organization.
    pub fn sends(&self) -> bool {
        self.kind == RunKind::Sync
    }
}

impl App {
    /// Whether something long may begin.
    pub fn can_run(&self) -> bool {
        self.running.is_none() && !self.is_on_page() && self.is_usable()
    }

    fn is_usable(&self) -> bool {
        (self.overview.state.client_id.is_some() || self.overview.state.by_service)
            && self.overview.directory().is_some()
    }

    pub(super) fn start(&mut self, kind: RunKind, job: Job) {
        self.running = Some(Running {
            kind,
            text: String::new(),
            part: None,
            waits: false,
            cancelling: false,
            notices: Vec::new(),
        });
        self.job(job);
    }

    pub(super) fn start_sync(&mut self, job: Job) {
        if self.running.is_none() {
            self.schedule.attempted(self.now);
            self.start(RunKind::Sync, job);
        }
    }

    /// Asks what is under way to end.
    pub fn cancel_run(&mut self) {
        if let Some(running) = &mut self.running {
            running.cancelling = true;
            self.effects.push(Effect::CancelRun);
        }
    }

    pub(super) fn event(&mut self, event: &RunEvent) {
        let Some(run) = &mut self.running else { return };
        if let Event::Notice(found) = &event.event {
            run.notices.push(notice::notice_of(found, event.source.as_ref()));
        }
        if let Some(text) = running(event) {
            run.text = text;
            run.part = part(event);
            run.waits = false;
        }
    }

    /// It waits for another run, or for the service.
    pub(super) fn waits(&mut self, text: String) {
        if let Some(run) = &mut self.running {
            run.text = text;
            run.part = None;
            run.waits = true;
        }
    }

    pub(super) fn said_on_the_way(&mut self, text: String) {
        if let Some(run) = &mut self.running {
            run.notices.push(text);
        }
    }

    /// The machine's service synced.
    pub(super) fn service_synced(&mut self, told: &Told) {
        self.ended();
        self.plan.is_stale();
        self.schedule.ended(true);
        let mut lines = told.lines.iter().map(|it| it.text.clone()).chain(told.notices.iter().cloned());
        self.notice = lines.next().map(|first| Notice::new(Tone::Good, first).with(lines));
        self.job(Job::Overview);
    }

    /// The end of something long, with what it said on the way.
    pub(super) fn ended(&mut self) -> Vec<String> {
        self.running.take().map(|it| it.notices).unwrap_or_default()
    }

    pub(super) fn synced(&mut self, scheduled: bool, result: Result<Box<SyncReport>, Failure>) {
        let said = self.ended();
        self.plan.is_stale();
        self.schedule.ended(result.is_ok());
        if std::mem::take(&mut self.schedule.starts) && result.is_ok() {
            self.keep_automatic(true);
        }
        match result {
            Ok(report) => {
                let text = if report.verification == Verification::NothingSent {
                    nothing_changed()
                } else {
                    synced(report.plan.changes.len(), report.plan.totals.people, report.plan.totals.groups)
                };
                // What the timer did well is in the history; nobody has to read it.
                let worth_reading = !scheduled || !said.is_empty();
                if worth_reading {
                    let lines =
                        sync::afterwards(&report).into_iter().chain(sync::notices(&report)).chain(said);
                    let mut notice = Notice::new(Tone::Good, text).with(lines);
                    if report.verification == Verification::SentNotVerified {
                        notice = notice.and(Action::Observe);
                        notice.tone = Tone::Warn;
                    }
                    self.notice = Some(notice);
                } else if self.notice.as_ref().is_some_and(|it| it.tone == Tone::Good) {
                    self.notice = None;
                }
            }
            Err(failure) => {
                let notice = Notice::of(&failure);
                self.notice = Some(match failure.condition {
                    // What was refused is shown by the overview that follows, with its approval.
                    Condition::Refused | Condition::HeldInPart | Condition::PlanChanged => {
                        notice.and(Action::Plan)
                    }
                    Condition::KeyRefused => notice.first(Action::RenewKey),
                    _ => notice,
                });
                if failure.condition == Condition::SignedOut {
                    self.lost_session();
                }
            }
        }
        self.job(Job::Overview);
    }
}
