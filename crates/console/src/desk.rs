//! What all views share, and what a view is.

use crate::job::{Happened, Job, JobId, State};
use crate::key::Key;
use crate::office::Order;
use crate::screen::{Line, Screen, Tone};
use bwdc_engine::Cancel;
use bwdc_engine::paths::ProcessEnvironment;
use bwdc_messages::{CommandLine, ErrorText, NextStep};

/// What a view wants after a key or a report.
pub(crate) enum Turn {
    /// Nothing.
    Stay,
    /// The key means nothing here.
    Unknown,
    /// To go back to the view below.
    Back,
    /// Another view on top.
    Open(Box<dyn View>),
    /// Another view in its place.
    Replace(Box<dyn View>),
    /// What a next step stands for, on top.
    Go(Box<NextStep>),
    /// The end.
    Quit,
}

/// One of the things that fill the screen.
pub(crate) trait View {
    /// Takes a key.
    fn key(&mut self, key: &Key, desk: &mut Desk) -> Turn;

    /// Takes what came of a job of its own; what is another's is given back.
    fn report(&mut self, job: JobId, what: Happened, _desk: &mut Desk) -> Result<Turn, Happened> {
        let _ = job;
        Err(what)
    }

    /// The view on top of it is gone.
    fn resume(&mut self, _desk: &mut Desk) {}

    /// What it shows.
    fn screen<'s>(&'s self, desk: &'s Desk) -> Screen<'s>;

    /// Whether it waits for a job, without which there is nothing to answer.
    fn is_waiting(&self) -> bool {
        false
    }
}

/// What all views share.
pub(crate) struct Desk {
    pub(crate) environment: ProcessEnvironment,
    pub(crate) commands: CommandLine,
    /// The installation; None: not looked at yet.
    pub(crate) state: Option<Result<State, ErrorText>>,
    pub(crate) note: Option<Line>,
    orders: Vec<Order>,
    next: u64,
    state_job: Option<JobId>,
}

impl Desk {
    pub(crate) fn new(environment: ProcessEnvironment) -> Self {
        let commands = CommandLine::of(&environment);
        Self { environment, commands, state: None, note: None, orders: Vec::new(), next: 0, state_job: None }
    }

    /// The jobs that nobody has carried out yet.
    pub(crate) fn orders(&mut self) -> Vec<Order> {
        std::mem::take(&mut self.orders)
    }

    /// Whether the installation is being looked at.
    pub(crate) fn is_looking(&self) -> bool {
        self.state_job.is_some()
    }

    /// Takes what a look at the installation found; what is another job's is given back.
    pub(crate) fn take(&mut self, job: JobId, what: Happened) -> Option<Happened> {
        if self.state_job != Some(job) {
            return Some(what);
        }
        self.state_job = None;
        match what {
            Happened::State(state) => self.state = Some(Ok(*state)),
            Happened::Failed(error) => self.state = Some(Err(*error)),
            _ => {}
        }
        None
    }

    /// Has a job done.
    pub(crate) fn start(&mut self, job: Job) -> JobId {
        self.start_with(job, Cancel::default())
    }

    /// Has a job done that can be ended.
    pub(crate) fn start_with(&mut self, job: Job, cancel: Cancel) -> JobId {
        self.next += 1;
        let id = JobId(self.next);
        self.orders.push(Order { id, job, cancel, environment: self.environment.clone() });
        id
    }

    /// Looks at the installation again.
    pub(crate) fn look(&mut self) {
        self.state_job = Some(self.start(Job::State));
    }

    pub(crate) fn say(&mut self, text: impl Into<String>, tone: Tone) {
        self.note = Some(Line::new(text, tone));
    }

    /// Says what failed and what to do.
    pub(crate) fn fail(&mut self, error: &ErrorText) {
        self.note = Some(Line::new(self.error_text(error), Tone::Bad));
    }

    pub(crate) fn error_text(&self, error: &ErrorText) -> String {
        let steps = self.commands.sentences(&error.next_steps);
        if steps.is_empty() { error.message.clone() } else { format!("{}\n{steps}", error.message) }
    }

    pub(crate) fn installation(&self) -> Option<&State> {
        self.state.as_ref().and_then(|it| it.as_ref().ok())
    }
}
