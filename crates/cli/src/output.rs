//! The one printer. Commands return data; here it becomes bytes on a stream and an exit code.

use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::json;
use bwdc_core::desired::Desired;
use bwdc_core::plan::{Plan, Refusal};
use bwdc_core::test_report::TestReport;
use bwdc_engine::Planned;
use bwdc_messages::foreign::fit;
use bwdc_messages::line::{Line, Tone};
use bwdc_messages::plan::Extent;
use bwdc_messages::program::cannot_answer;
use bwdc_messages::refusal::Stage;
use bwdc_messages::wrap::for_terminal;
use bwdc_messages::{CommandLine, plan, refusal, summary};
use console::Term;
use serde::Serialize;
use std::io::{self, BufWriter, IsTerminal as _, Write};

const FAILURE: u8 = 1;
/// Columns of a terminal that does not tell.
const WIDTH: usize = 80;
const GREEN: &str = "\u{1b}[92m";
const RED: &str = "\u{1b}[91m";
const YELLOW: &str = "\u{1b}[93m";
const BOLD: &str = "\u{1b}[1m";
const FAINT: &str = "\u{1b}[2m";
const PLAIN: &str = "\u{1b}[0m";

/// What a command has to say.
pub(crate) enum Answer {
    /// A title, further text, and the part that `--raw` asks for.
    Message { title: String, message: Option<String>, raw: Option<String> },
    /// Nothing: everything was said in a conversation.
    Nothing,
    /// The end of a run: title, further text, and what the run leaves to be known, for scripts.
    Run { title: String, message: String, run: Option<serde_json::Value> },
    /// A text, which may be empty.
    Text(String),
    /// A text, or nothing at all.
    Perhaps(Option<String>),
    /// Data for scripts, and the same for people.
    Report { data: serde_json::Value, text: String },
    /// Data, and a text that programs read, too: it stays as it is.
    Data { data: serde_json::Value, text: String },
    /// The answer of `test`.
    Test { desired: Box<Desired>, last: bool },
    /// The answer of `plan`.
    Plan { planned: Box<Planned>, extent: Extent },
}

impl Answer {
    /// A message that is all title.
    pub(crate) fn title(title: impl Into<String>) -> Self {
        Self::Message { title: title.into(), message: None, raw: None }
    }
}

/// How a command ended.
pub(crate) struct Done {
    /// What it says.
    pub(crate) answer: Answer,
    /// What the administrator should know besides, also from a log.
    pub(crate) notices: Vec<String>,
    /// What somebody at a terminal may like to know besides.
    pub(crate) asides: Vec<String>,
    /// The exit code.
    pub(crate) code: u8,
}

impl From<Answer> for Done {
    fn from(answer: Answer) -> Self {
        Self { answer, notices: Vec::new(), asides: Vec::new(), code: 0 }
    }
}

/// A failure, and the exit code that it asks for.
pub(crate) struct Failed {
    /// What went wrong.
    pub(crate) error: Box<CommandError>,
    /// What the administrator should know besides, also from a log.
    pub(crate) notices: Vec<String>,
    /// What a run did all the same, after the message.
    pub(crate) after: Vec<String>,
    /// The same for scripts.
    pub(crate) run: Option<Box<serde_json::Value>>,
    /// The exit code.
    pub(crate) code: u8,
}

impl<E: Into<CommandError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self {
            error: Box::new(error.into()),
            notices: Vec::new(),
            after: Vec::new(),
            run: None,
            code: FAILURE,
        }
    }
}

/// Prints as the global options say.
pub(crate) struct Printer {
    response: bool,
    pretty: bool,
    raw: bool,
    quiet: bool,
    clean_exit: bool,
    commands: CommandLine,
}

impl Printer {
    /// Takes the options.
    pub(crate) fn new(global: &GlobalArguments) -> Self {
        Self {
            response: global.response,
            pretty: global.pretty,
            raw: global.raw,
            quiet: global.quiet,
            clean_exit: global.cleanexit,
            commands: global.commands(),
        }
    }

    /// Prints one text whatever the options say, and gives the exit code.
    pub(crate) fn line(&self, text: &str) -> u8 {
        let written = writeln!(io::stdout().lock(), "{}", fit(text.trim_end_matches('\n')));
        self.written(written, 0)
    }

    /// Prints the end of a command and gives the exit code.
    pub(crate) fn finish(&self, result: Result<Done, Failed>) -> u8 {
        let code = match result {
            Ok(done) => {
                self.beside(&done.notices);
                if io::stderr().is_terminal() {
                    self.beside(&done.asides);
                }
                let written = if self.quiet { Ok(()) } else { self.answer(&done.answer) };
                self.written(written, done.code)
            }
            Err(failed) => {
                self.beside(&failed.notices);
                let written = if self.quiet { Ok(()) } else { self.failure(&failed) };
                self.written(written, failed.code)
            }
        };
        if self.clean_exit { 0 } else { code }
    }

    /// A reader that has seen enough is no failure; a full disk is one.
    fn written(&self, written: io::Result<()>, code: u8) -> u8 {
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                if !self.quiet {
                    // There is nowhere left to say that the error stream failed too.
                    let _ = writeln!(io::stderr(), "{}", cannot_answer(&error.to_string()));
                }
                code.max(FAILURE)
            }
            _ => code,
        }
    }

    fn answer(&self, answer: &Answer) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let columns = columns(&Term::stdout());
        match answer {
            Answer::Message { title, message, raw } if self.response => self.json(
                &mut out,
                &Success::of(MessageData {
                    no_color: false,
                    object: "message",
                    title,
                    message: message.as_deref(),
                    raw: raw.as_deref(),
                }),
            )?,
            Answer::Run { title, message, run } if self.response => {
                let (message, raw) = (Some(message.as_str()), None);
                let message = MessageData { no_color: false, object: "message", title, message, raw };
                self.json(&mut out, &Success::of(RunData { message, run: run.as_ref() }))?;
            }
            Answer::Run { .. } if self.raw => return Ok(()),
            Answer::Run { title, message, .. } => {
                colored(&mut out, GREEN, &self.shown(title, columns), colors(&io::stdout()))?;
                write!(out, "\n{}", self.shown(message, columns))?;
            }
            Answer::Message { raw, .. } if self.raw => {
                let Some(raw) = raw else { return Ok(()) };
                out.write_all(fit(raw).as_bytes())?;
            }
            Answer::Message { title, message, .. } => {
                colored(&mut out, GREEN, &self.shown(title, columns), colors(&io::stdout()))?;
                if let Some(message) = message {
                    write!(out, "\n{}", self.shown(message, columns))?;
                }
            }
            Answer::Nothing => return Ok(()),
            Answer::Text(data) if self.response => {
                self.json(&mut out, &Success::of(StringData { object: "string", data: Some(data) }))?;
            }
            Answer::Perhaps(data) if self.response => {
                self.json(&mut out, &Success::of(StringData { object: "string", data: data.as_deref() }))?;
            }
            Answer::Perhaps(None) => return Ok(()),
            Answer::Perhaps(Some(text)) => out.write_all(fit(text).as_bytes())?,
            Answer::Text(text) => out.write_all(fit(text).as_bytes())?,
            Answer::Report { data, .. } | Answer::Data { data, .. } if self.response => {
                self.json(&mut out, &Success::of(data))?;
            }
            Answer::Report { text, .. } => out.write_all(self.shown(text, columns).as_bytes())?,
            Answer::Data { text, .. } => out.write_all(fit(text).as_bytes())?,
            Answer::Test { desired, .. } if self.response => {
                self.json(&mut out, &Success::of(TestReport::new(desired)))?;
            }
            // Somebody who reads along gets what matters; what is piped, and who asks for JSON, gets all of it.
            Answer::Test { desired, last } if !self.pretty && io::stdout().is_terminal() => {
                let text = summary::text(desired, *last, &self.commands);
                out.write_all(self.shown(&text, columns).as_bytes())?;
            }
            Answer::Test { desired, .. } => self.json(&mut out, &TestReport::new(desired))?,
            Answer::Plan { planned, .. } if self.response => {
                self.json(&mut out, &Success::of(PlanData::of(planned)))?;
            }
            Answer::Plan { planned, extent } => {
                let lines = plan::lines(planned, *extent, &self.commands);
                let lines = self.shown_lines(lines, columns);
                colored_lines(&mut out, &lines, colors(&io::stdout()))?;
            }
        }
        out.write_all(b"\n")?;
        out.flush()
    }

    fn failure(&self, failed: &Failed) -> io::Result<()> {
        let error = &*failed.error;
        let message = self.commands.in_text(&error.message()).into_owned();
        if self.response {
            let fixed = error.has_fixed_text();
            let failure = Failure {
                success: false,
                message: &message,
                kind: error.kind(),
                hint: error
                    .hint(&self.commands)
                    .filter(|_| !fixed)
                    .map(|it| self.commands.in_text(&it).into_owned()),
                run: failed.run.as_deref(),
            };
            let mut out = io::stdout().lock();
            self.json(&mut out, &failure)?;
            return out.write_all(b"\n");
        }
        let (terminal, columns) = (io::stderr().is_terminal(), columns(&Term::stderr()));
        let mut out = BufWriter::new(io::stderr().lock());
        if terminal && error.is_interruption() {
            out.write_all(b"\n")?;
        }
        colored(&mut out, RED, &self.shown(&message, columns), colors(&io::stderr()))?;
        for line in &failed.after {
            write!(out, "\n{}", self.shown(line, columns))?;
        }
        if let Some(hint) = error.hint(&self.commands).filter(|_| terminal || !error.has_fixed_text()) {
            write!(out, "\n{}", self.shown(&hint, columns))?;
        }
        out.write_all(b"\n")?;
        out.flush()
    }

    /// Prints what is to be known besides, on the error stream.
    pub(crate) fn beside(&self, lines: &[String]) {
        if self.quiet {
            return;
        }
        let mut out = BufWriter::new(io::stderr().lock());
        let columns = columns(&Term::stderr());
        for line in lines {
            // The answer says what counts; an error stream that is full or gone must not stop it.
            let _ = writeln!(out, "{}", self.shown(line, columns));
        }
    }

    /// A text for people as it is printed: its commands as they are typed here, in lines that fit the terminal.
    fn shown(&self, text: &str, columns: Option<usize>) -> String {
        in_columns(&self.commands.in_text(text), columns)
    }

    fn shown_lines(&self, lines: Vec<Line>, columns: Option<usize>) -> Vec<Line> {
        let shown = |it: Line| Line { text: self.shown(&it.text, columns), ..it };
        lines.into_iter().map(shown).collect()
    }

    fn json(&self, out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
        json::write(out, value, self.pretty)
    }
}

pub(crate) fn colors(stream: &impl io::IsTerminal) -> bool {
    stream.is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && terminal_takes_colors()
}

/// A Windows console shows the codes of colors as text until it is asked to interpret them.
#[cfg(windows)]
fn terminal_takes_colors() -> bool {
    [console::Term::stdout(), console::Term::stderr()].iter().any(|term| term.features().colors_supported())
}

#[cfg(not(windows))]
fn terminal_takes_colors() -> bool {
    true
}

/// How wide a stream is; None: it is no terminal, where lines are as long as they are.
pub(crate) fn columns(stream: &Term) -> Option<usize> {
    let known = || stream.size_checked().map_or(WIDTH, |(_, columns)| usize::from(columns));
    stream.is_term().then(known)
}

/// A text that can be shown; on a terminal in lines that fit.
pub(crate) fn in_columns(text: &str, columns: Option<usize>) -> String {
    let text = fit(text);
    match columns {
        Some(columns) => for_terminal(&text, columns),
        None => text.into_owned(),
    }
}

fn colored(out: &mut impl Write, color: &str, text: &str, colors: bool) -> io::Result<()> {
    let text = fit(text);
    if colors { write!(out, "{color}{text}{PLAIN}") } else { out.write_all(text.as_bytes()) }
}

/// Lines with the colors of what they mean, which only repeat what the words say. Without a final line end.
pub(crate) fn colored_lines(out: &mut impl Write, lines: &[Line], colors: bool) -> io::Result<()> {
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            out.write_all(b"\n")?;
        }
        match color_of(line.tone).filter(|_| !line.text.is_empty()) {
            Some(color) => colored(out, color, &line.text, colors)?,
            None => out.write_all(fit(&line.text).as_bytes())?,
        }
    }
    Ok(())
}

fn color_of(tone: Tone) -> Option<&'static str> {
    match tone {
        Tone::Plain => None,
        Tone::Strong => Some(BOLD),
        Tone::Faint => Some(FAINT),
        Tone::Good => Some(GREEN),
        Tone::Warning => Some(YELLOW),
        Tone::Bad => Some(RED),
    }
}

#[derive(Serialize)]
struct Success<T> {
    success: bool,
    data: T,
}

impl<T> Success<T> {
    fn of(data: T) -> Self {
        Self { success: true, data }
    }
}

#[derive(Serialize)]
struct Failure<'a> {
    success: bool,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'a serde_json::Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MessageData<'a> {
    no_color: bool,
    object: &'static str,
    title: &'a str,
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<&'a str>,
}

#[derive(Serialize)]
struct RunData<'a> {
    #[serde(flatten)]
    message: MessageData<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'a serde_json::Value>,
}

#[derive(Serialize)]
struct StringData<'a> {
    object: &'static str,
    data: Option<&'a str>,
}

#[derive(Serialize)]
struct PlanData<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    allowed: bool,
    refusals: Vec<RefusalData<'a>>,
    object: &'static str,
}

/// A plan as scripts read it.
pub(crate) fn plan_data(planned: &Planned) -> serde_json::Value {
    serde_json::to_value(PlanData::of(planned)).expect("a plan is JSON")
}

#[derive(Serialize)]
struct RefusalData<'a> {
    #[serde(flatten)]
    refusal: &'a Refusal,
    message: String,
}

impl<'a> PlanData<'a> {
    fn of(planned: &'a Planned) -> Self {
        let refusals = planned.verdict.refusals();
        Self {
            plan: &planned.plan,
            allowed: refusals.is_empty(),
            refusals: refusals
                .iter()
                .map(|refusal| RefusalData { refusal, message: refusal::refusal(refusal, Stage::Plan) })
                .collect(),
            object: "plan",
        }
    }
}
