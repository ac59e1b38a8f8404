//! What happens meanwhile, on the error stream, and only where somebody looks at it.

use bwdc_engine::event::{Event, RunEvent};
use bwdc_messages::foreign::fit;
use bwdc_messages::notice::notice;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const FRAME: Duration = Duration::from_millis(120);

/// Draws the events of a run and keeps its notices.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    notices: Mutex<Vec<String>>,
}

impl Progress {
    /// Starts to draw when `wanted` and the error stream is a terminal.
    pub(crate) fn start(wanted: bool) -> Self {
        let bar = (wanted && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(FRAME);
            bar
        });
        Self { bar, notices: Mutex::default() }
    }

    /// Takes one event of a run.
    pub(crate) fn tell(&self, event: RunEvent) {
        self.event(event.event);
    }

    /// Takes one event.
    pub(crate) fn event(&self, event: Event) {
        log(&event);
        let text = match event {
            Event::Began => return,
            Event::Reading { people, groups } => {
                format!("Reading the directory: {people} people, {groups} groups")
            }
            Event::Followed { entries } => format!("Read the directory by what changed: {entries} entries"),
            Event::Observing { done, of } => format!("Reading the organization: {done} of {of}"),
            Event::Sending { number, of } => format!("Sending request {number} of {of}"),
            Event::Splitting { records } => {
                format!("The server did not take a request: trying a part of {records}")
            }
            Event::Waiting { seconds, reason } => format!("Waiting {seconds} s: {reason}"),
            Event::Notice(found) => {
                self.keep(notice(&found));
                return;
            }
        };
        if let Some(bar) = &self.bar {
            bar.set_message(fit(&text).into_owned());
        }
    }

    fn keep(&self, notice: String) {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    }

    /// Stops drawing and gives the notices out.
    pub(crate) fn finish(self) -> Vec<String> {
        std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn log(event: &Event) {
    match event {
        Event::Began => {}
        Event::Reading { people, groups } => {
            tracing::debug!(people, groups, "reading the directory");
        }
        Event::Followed { entries } => {
            tracing::info!(entries, "read the directory by what changed");
        }
        Event::Observing { done, of } => {
            tracing::debug!(done, of, "reading the organization");
        }
        Event::Sending { number, of } => {
            tracing::info!(number, of, "sending a request");
        }
        Event::Splitting { records } => {
            tracing::info!(records, "sending a part of a request that was refused");
        }
        Event::Waiting { seconds, reason } => {
            tracing::info!(seconds, reason, "waiting");
        }
        Event::Notice(found) => {
            tracing::warn!("{}", notice(found));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
