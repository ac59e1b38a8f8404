//! What the program tells of itself while it works: into `bwdc.log`, and to the error stream where that is asked for.
//!
//! Only our own crates are heard: libraries tell headers, and headers are secrets. Above debug, addresses are replaced by
//! numbers, whoever wrote the line. A line that cannot be written is dropped: a full disk must not stop a run.

use crate::global::GlobalArguments;
use bwdc_core::settings::{LogFormat, LogLevel, LogSettings};
use bwdc_engine::log_file::LogFile;
use bwdc_engine::mask::Mask;
use bwdc_messages::foreign::fit_in_a_line;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Our crates' names all begin so.
const OURS: &str = "bwdc";
const DEBUG: &str = "BITWARDENCLI_CONNECTOR_DEBUG";

/// Starts the log of a command. Commands that only look at this machine leave no trace in the file: `in_file` is false.
pub(crate) fn start(global: &GlobalArguments, in_file: bool) {
    let environment = global.environment();
    let debugged = environment.variable(DEBUG).map(|_| LogLevel::Debug);
    let on_stderr = global.log_level.or(debugged).filter(|_| !global.quiet).unwrap_or(LogLevel::Off);
    let file = in_file.then(|| LogFile::of_environment(&environment)).flatten();
    let settings = file.as_ref().map_or_else(LogSettings::default, |(_, settings)| *settings);
    let format = global.log_format.unwrap_or(settings.format);
    let level_in_file = global.log_level.unwrap_or(settings.level);
    let file =
        file.map(|(file, _)| layer(Lines::to(Place::File(Box::new(file)), format), format, level_in_file));
    let stderr =
        (on_stderr != LogLevel::Off).then(|| layer(Lines::to(Place::Stderr, format), format, on_stderr));
    if file.is_none() && stderr.is_none() {
        return;
    }
    // It fails only where a log was started before: there is one per process.
    let _ = Registry::default().with(file).with(stderr).try_init();
}

fn layer<S: Subscriber + for<'s> LookupSpan<'s>>(
    lines: Lines,
    format: LogFormat,
    level: LogLevel,
) -> Box<dyn Layer<S> + Send + Sync> {
    let layer = fmt::layer().with_ansi(false).with_writer(lines).log_internal_errors(false);
    let heard = Targets::new().with_target(OURS, filter(level));
    match format {
        LogFormat::Text => layer.with_filter(heard).boxed(),
        LogFormat::Json => layer.json().with_span_list(false).with_filter(heard).boxed(),
    }
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

enum Place {
    File(Box<LogFile>),
    Stderr,
}

/// Where lines go.
#[derive(Clone)]
struct Lines {
    to: Arc<Mutex<Place>>,
    format: LogFormat,
}

impl Lines {
    fn to(place: Place, format: LogFormat) -> Self {
        Self { to: Arc::new(Mutex::new(place)), format }
    }

    /// In text, what comes from outside neither begins a line nor moves a cursor; JSON has escapes of its own.
    fn one_line(&self, text: String) -> String {
        match self.format {
            LogFormat::Json => text,
            LogFormat::Text => format!("{}\n", fit_in_a_line(text.trim_end_matches('\n'))),
        }
    }
}

/// One line; the formatter writes it in one piece.
struct Line {
    lines: Lines,
    masked: bool,
}

impl<'w> MakeWriter<'w> for Lines {
    type Writer = Line;

    fn make_writer(&'w self) -> Line {
        Line { lines: self.clone(), masked: true }
    }

    fn make_writer_for(&'w self, metadata: &Metadata<'_>) -> Line {
        // More important is less.
        Line { lines: self.clone(), masked: *metadata.level() <= Level::INFO }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let masked = if self.masked { Mask::new(Vec::new()).text(&text) } else { text.into_owned() };
        let line = self.lines.one_line(masked).into_bytes();
        let mut to = self.lines.to.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = match &mut *to {
            Place::File(file) => file.add(&line),
            Place::Stderr => io::stderr().lock().write_all(&line),
        };
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
