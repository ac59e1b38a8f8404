//! What happens meanwhile, on the error stream, and only where somebody looks at it.

use crate::global::GlobalArguments;
use bwdc_core::names::SourceName;
use bwdc_engine::event::{Event, Phase, RunEvent};
use bwdc_messages::CommandLine;
use bwdc_messages::foreign::fit;
use bwdc_messages::notice::notice_of;
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
    commands: CommandLine,
    /// Whether a request that changes something may be under way.
    sends: AtomicBool,
    notices: Mutex<Vec<String>>,
}

impl Progress {
    /// Starts to draw where words are wanted and the error stream is a terminal.
    pub(crate) fn start(global: &GlobalArguments) -> Self {
        let bar = (!global.quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(FRAME);
            bar
        });
        Self { bar, commands: global.commands(), sends: AtomicBool::new(false), notices: Mutex::default() }
    }

    /// Takes one event of a run.
    pub(crate) fn tell(&self, event: RunEvent) {
        self.sends.store(event.phase == Phase::Sending, Ordering::Relaxed);
        self.take(&event.event, event.source.as_ref());
    }

    /// Takes one event.
    pub(crate) fn event(&self, event: Event) {
        self.take(&event, None);
    }

    fn take(&self, event: &Event, source: Option<&SourceName>) {
        log(event);
        if let Event::Notice(found) = event {
            let said = self.commands.in_text(&notice_of(found, source)).into_owned();
            tracing::warn!("{said}");
            self.keep(said);
        }
        let Some(text) = progress::event(event) else { return };
        if let Some(bar) = &self.bar {
            bar.set_message(fit(&self.commands.in_text(&text)).into_owned());
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
        Event::Began | Event::Notice(_) => {}
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
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
