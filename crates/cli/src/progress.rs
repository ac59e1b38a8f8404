//! What happens meanwhile, on the error stream, and only where somebody looks at it.

use bwdc_engine::event::{Event, Phase, RunEvent};
use bwdc_messages::foreign::fit;
use bwdc_messages::notice::notice;
use bwdc_messages::progress;
use bwdc_messages::sync::ending;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const FRAME: Duration = Duration::from_millis(120);

/// Draws the events of a run and keeps its notices.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    /// Whether a request that changes something may be under way.
    sends: AtomicBool,
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
        Self { bar, sends: AtomicBool::new(false), notices: Mutex::default() }
    }

    /// Takes one event of a run.
    pub(crate) fn tell(&self, event: RunEvent) {
        self.sends.store(event.phase == Phase::Sending, Ordering::Relaxed);
        self.event(event.event);
    }

    /// Takes one event.
    pub(crate) fn event(&self, event: Event) {
        log(&event);
        if let Event::Notice(found) = &event {
            self.keep(notice(found));
        }
        let Some(text) = progress::event(&event) else { return };
        if let Some(bar) = &self.bar {
            bar.set_message(fit(&text).into_owned());
        }
    }

    /// Says at once that the answer to the request is waited for that is under way, where one may be.
    pub(crate) fn say_that_it_ends(&self) {
        if !self.sends.load(Ordering::Relaxed) {
            return;
        }
        let text = ending();
        match &self.bar {
            Some(bar) => bar.println(fit(&text)),
            // Nobody is left to tell that the error stream is closed.
            None => drop(writeln!(std::io::stderr(), "{text}")),
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
        Event::IncrementalRead { entries } => {
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
            tracing::info!(seconds, reason = progress::awaited(reason), "waiting");
        }
        Event::Settling { seconds } => {
            tracing::info!(seconds, "waiting for an import of an earlier run to end");
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
