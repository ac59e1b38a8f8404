//! The same screens line by line: for readers who hear a screen, for terminals that can do no more, for scripts through a
//! pipe. A number chooses a row, a line answers a question, a word after a colon is a key: `:back`, `:save`, `:keys`.

use crate::app::{App, Start};
use crate::key::Key;
use crate::office::Office;
use crate::screen::{List, Screen};
use bwdc_engine::paths::ProcessEnvironment;
use bwdc_messages::foreign::{fit, fit_in_a_line};
use bwdc_messages::text;
use bwdc_messages::wrap::broken;
use std::io::{self, BufRead, Write};
use std::time::Duration;

/// How long a report is waited for at once.
const TICK: Duration = Duration::from_millis(200);
/// Columns of a line that is broken.
const WIDTH: usize = 80;
/// Rows that are printed of a long list.
const ROWS: usize = 60;
/// Characters of a line without sense that are repeated.
const SHOWN: usize = 12;
/// The word that explains the others.
const KEYS: &str = "keys";

/// Where lines come from.
pub trait Lines {
    /// The next line without its end; None: there are no more. A secret is read unseen where somebody types.
    ///
    /// # Errors
    /// What the input says.
    fn line(&mut self, is_secret: bool) -> io::Result<Option<String>>;

    /// Whether a line that was typed stands in the output already, as at a terminal.
    fn is_seen(&self) -> bool {
        false
    }

    /// Whether somebody asked to end what is under way.
    fn is_interrupted(&mut self) -> bool {
        false
    }
}

/// Lines of a pipe or a file.
pub struct Piped<R>(pub R);

impl<R: BufRead> Lines for Piped<R> {
    fn line(&mut self, _is_secret: bool) -> io::Result<Option<String>> {
        let mut line = String::new();
        let length = self.0.read_line(&mut line)?;
        Ok((length > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything was asked, or the reader left.
    Over,
    /// There were no more lines.
    InputEnded,
}

/// The console line by line, until the reader leaves it or there are no more lines.
///
/// # Errors
/// What the input or the output says.
pub fn run(
    environment: ProcessEnvironment,
    start: Start,
    lines: &mut dyn Lines,
    out: &mut dyn Write,
) -> io::Result<Ended> {
    let mut app = App::new(environment, start);
    let office = Office::open()?;
    let ended = converse(&mut app, &office, lines, out);
    // However it ended: a run is not cut off in the middle of a request.
    office.runs().leave();
    ended
}

fn converse(app: &mut App, office: &Office, lines: &mut dyn Lines, out: &mut dyn Write) -> io::Result<Ended> {
    let mut said = String::new();
    let mut is_explained = false;
    loop {
        for order in app.orders() {
            office.order(order);
        }
        if app.is_over() {
            return Ok(Ended::Over);
        }
        if app.is_waiting() {
            tell_progress(&app.screen(), &mut said, out)?;
            if lines.is_interrupted() {
                app.key(&Key::Stop);
            }
            if let Some(report) = office.report(TICK) {
                app.report(report);
            }
            continue;
        }
        said.clear();
        let is_secret = {
            let screen = app.screen();
            if !is_explained && screen.list.is_some() {
                writeln!(out, "{}", in_lines(&how()))?;
                is_explained = true;
            }
            print(&screen, out)?;
            screen.input.as_ref().is_some_and(|it| it.is_secret)
        };
        let Some(line) = lines.line(is_secret)? else {
            writeln!(out)?;
            return Ok(Ended::InputEnded);
        };
        let meant = meaning(&app.screen(), &line);
        if !lines.is_seen() {
            writeln!(out, "{}", echo(&app.screen(), &meant, &line))?;
        }
        match meant {
            Meaning::Keys(keys) => keys.iter().for_each(|key| app.key(key)),
            Meaning::Help => help(&app.screen(), out)?,
            Meaning::Unknown => {
                writeln!(out, "{}", in_lines(&format!("! {}", unknown(&app.screen(), &line))))?;
            }
        }
    }
}

/// What is repeated of a line that came by a pipe: what was chosen, so that whoever reads it later can follow. What was typed for a
/// question is not, and neither is what has no sense here: lines that got out of step may hold a secret.
fn echo(screen: &Screen<'_>, meant: &Meaning, line: &str) -> String {
    match meant {
        Meaning::Unknown => String::new(),
        Meaning::Keys(_) | Meaning::Help if screen.input.is_none() || line.trim().starts_with(':') => {
            fit_in_a_line(line.trim()).into_owned()
        }
        Meaning::Keys(_) | Meaning::Help => String::new(),
    }
}

/// What goes on, each thing once.
fn tell_progress(screen: &Screen<'_>, said: &mut String, out: &mut dyn Write) -> io::Result<()> {
    if let Some(busy) = screen.busy.as_ref().filter(|it| *it != said) {
        writeln!(out, "{}", fit_in_a_line(busy))?;
        out.flush()?;
        said.clone_from(busy);
    }
    Ok(())
}

fn print(screen: &Screen<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n== {} ==", fit_in_a_line(&screen.title))?;
    for line in screen.head.iter().chain(&screen.question) {
        writeln!(out, "{}", in_lines(&line.text))?;
    }
    // Where a line is asked for, the list behind it says nothing new.
    if let Some(list) = screen.list.as_ref().filter(|_| screen.input.is_none()) {
        if list.total == 0 && !list.empty.is_empty() {
            writeln!(out, "{}", fit(&list.empty))?;
        }
        print_rows(list, out)?;
    }
    if screen.list.is_none() || screen.input.is_some() {
        for line in &screen.detail {
            writeln!(out, "{}", in_lines(&line.text))?;
        }
    }
    print_end(screen, out)
}

/// The rows of a list with the numbers that choose them; a text as it is.
fn print_rows(list: &List<'_>, out: &mut dyn Write) -> io::Result<()> {
    if list.is_text {
        return (0..list.total).try_for_each(|at| writeln!(out, "{}", fit_in_a_line(&(list.row)(at).left)));
    }
    let first = crate::draw::first_row(list.total, list.selected.unwrap_or(0), ROWS);
    for at in first..list.total.min(first + ROWS) {
        let row = (list.row)(at);
        let mark = if list.selected == Some(at) { '*' } else { ' ' };
        if row.is_title {
            // It stands for the rows below it.
            writeln!(out, "{mark}  -- {}", fit_in_a_line(&row.left))?;
            continue;
        }
        let number = row.key.map_or_else(|| (at + 1).to_string(), String::from);
        let right =
            if row.right.is_empty() { String::new() } else { format!(": {}", fit_in_a_line(&row.right)) };
        let indent = "  ".repeat(row.level.into());
        writeln!(out, "{mark}{number:>3}  {indent}{}{right}", fit_in_a_line(&row.left))?;
    }
    if list.total > ROWS {
        writeln!(
            out,
            "{}",
            text!("plain.of", "({shown} of {total} rows)", shown = ROWS, total = list.total)
        )?;
    }
    Ok(())
}

/// What came of the last line, what can be typed, and what is asked.
fn print_end(screen: &Screen<'_>, out: &mut dyn Write) -> io::Result<()> {
    if let Some(note) = &screen.note {
        writeln!(out, "{}", in_lines(&format!("! {}", note.text)))?;
    }
    let words: Vec<String> =
        screen.hints.iter().filter(|it| !it.word.is_empty()).map(|it| format!(":{}", it.word)).collect();
    if !words.is_empty() {
        writeln!(out, "({})", words.join(" "))?;
    }
    match &screen.input {
        Some(input) => {
            if let Some(error) = &input.error {
                writeln!(out, "{}", in_lines(&format!("! {error}")))?;
            }
            let default =
                if input.default.is_empty() { String::new() } else { format!(" [{}]", input.default) };
            write!(out, "{}{}: ", fit_in_a_line(&input.label), fit_in_a_line(&default))?;
        }
        None => write!(out, "> ")?,
    }
    out.flush()
}

/// A text that breaks between words.
fn in_lines(text: &str) -> String {
    let lines = fit(text);
    lines.split('\n').map(|it| broken(it, Some(WIDTH), 0)).collect::<Vec<_>>().join("\n")
}

/// What a line is.
enum Meaning {
    /// Keys that are pressed for it.
    Keys(Vec<Key>),
    /// What can be typed here.
    Help,
    /// Nothing that was asked for.
    Unknown,
}

/// How to answer, once for everything that follows.
fn how() -> String {
    text!(
        "plain.how",
        "A number chooses a line, Enter alone the one marked with *. A word after a colon does what it says: `:back` goes back, \
         `:keys` explains the words, `:quit` ends."
    )
}

/// The words that can be typed here.
fn help(screen: &Screen<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", in_lines(&how()))?;
    for hint in screen.hints.iter().filter(|it| !it.word.is_empty() && it.word != KEYS) {
        writeln!(out, "  :{:<9} {}", hint.word, fit_in_a_line(&hint.what))?;
    }
    writeln!(out, "  :{:<9} {}", "quit", text!("plain.quit", "end"))
}

/// Why nothing came of a line.
fn unknown(screen: &Screen<'_>, line: &str) -> String {
    // A long line may be a secret that was meant for another question.
    let typed: String = fit_in_a_line(line.trim()).chars().take(SHOWN).collect();
    let typed = if line.trim().chars().count() > SHOWN { "…".to_owned() } else { typed };
    if typed.starts_with(':') {
        let words = screen.hints.iter().filter(|it| !it.word.is_empty()).map(|it| format!("`:{}`", it.word));
        let words = words.chain(["`:quit`".to_owned()]).collect::<Vec<_>>().join(", ");
        return text!("plain.unknown-word", "`{typed}` is not one of {words}.", typed, words);
    }
    match screen.list.as_ref().map(|it| it.total) {
        Some(rows) if rows > 0 => text!(
            "plain.unknown-row",
            "`{typed}` is not an answer here: type the number of a line, or press Enter for the one marked with *.",
            typed
        ),
        _ => {
            text!("plain.unknown", "`{typed}` is not an answer here: `:keys` shows what can be typed.", typed)
        }
    }
}

/// What a line means here.
fn meaning(screen: &Screen<'_>, line: &str) -> Meaning {
    if let Some(word) = line.trim().strip_prefix(':') {
        let hint = screen.hints.iter().find(|it| it.word == word);
        return match word {
            "q" | "quit" | "exit" => Meaning::Keys(vec![Key::Stop]),
            KEYS => Meaning::Help,
            _ => hint.map_or(Meaning::Unknown, |it| Meaning::Keys(vec![it.press.clone()])),
        };
    }
    if screen.input.is_some() {
        return Meaning::Keys(vec![Key::Clear, Key::Paste(line.to_owned()), Key::Enter]);
    }
    let line = line.trim();
    if line.is_empty() {
        return Meaning::Keys(vec![Key::Enter]);
    }
    if let Some(list) = &screen.list
        && let Some(place) = place(list, line)
    {
        let moves = std::iter::repeat_n(Key::Down, place);
        return Meaning::Keys([Key::Home].into_iter().chain(moves).chain([Key::Enter]).collect());
    }
    let lower = line.to_lowercase();
    if let Some(hint) = screen.hints.iter().find(|it| it.word == lower && it.word != KEYS) {
        return Meaning::Keys(vec![hint.press.clone()]);
    }
    let mut letters = line.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if letter.is_alphabetic() => Meaning::Keys(vec![Key::Char(letter)]),
        _ => Meaning::Unknown,
    }
}

/// The row that a line names: by its key, else by its number.
fn place(list: &List<'_>, line: &str) -> Option<usize> {
    if list.is_text {
        return None;
    }
    let rows = list.total.min(ROWS);
    let by_key = (0..rows).find(|at| (list.row)(*at).key.is_some_and(|it| line == it.to_string()));
    let has_keys = (0..rows).any(|at| (list.row)(at).key.is_some());
    let by_number = || line.parse::<usize>().ok()?.checked_sub(1).filter(|it| *it < list.total);
    by_key.or_else(|| if has_keys { None } else { by_number() })
}
