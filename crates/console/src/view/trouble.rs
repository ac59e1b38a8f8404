//! What failed, why, and what can be done about it: what is done in the console is a row that does it, the rest is said.

use super::chosen::{Chosen, back, digit};
use super::place::can_be_done;
use crate::desk::{Desk, Turn, View};
use crate::key::Key;
use crate::screen::{Hint, Line, Row, Screen, Tone};
use crate::width::columns;
use bwdc_messages::{CommandLine, ErrorText, NextStep, text};

/// Columns of a step that every window has room for.
const LONGEST: usize = 68;

/// What is said of an error, and the steps that the console can carry out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trouble {
    pub(crate) title: Option<String>,
    lines: Vec<Line>,
    steps: Vec<(NextStep, String)>,
}

impl Trouble {
    /// An error with what it asks for.
    pub(crate) fn plain(error: &ErrorText, commands: &CommandLine) -> Self {
        let message = Line::new(error.message.as_str(), Tone::Bad);
        let trouble = Self::with_steps(vec![message], &error.next_steps, commands);
        Self { title: error.condition.title(), ..trouble }
    }

    /// The same, and what else helps.
    pub(crate) fn of(error: &ErrorText, commands: &CommandLine) -> Self {
        let mut trouble = Self::plain(error, commands);
        for (step, label) in error.condition.helpful() {
            // What the error itself asks for is not offered twice.
            if trouble.steps.iter().all(|(it, _)| it.step != step) {
                trouble.steps.push((step.into(), label));
            }
        }
        trouble
    }

    /// Lines, with steps below them.
    pub(crate) fn with_steps(mut lines: Vec<Line>, steps: &[NextStep], commands: &CommandLine) -> Self {
        let (here, elsewhere): (Vec<&NextStep>, Vec<&NextStep>) =
            steps.iter().partition(|it| can_be_done(it));
        let elsewhere: Vec<NextStep> = elsewhere.into_iter().cloned().collect();
        let said = commands.sentences(&elsewhere);
        if !said.is_empty() {
            lines.push(Line::plain(said));
        }
        let steps = here.into_iter().map(|it| (it.clone(), commands.sentence(it))).collect();
        Self { title: None, lines, steps }
    }

    /// How many steps can be carried out.
    pub(crate) fn total(&self) -> usize {
        self.steps.len()
    }

    /// The step that a key chooses.
    pub(crate) fn place(&self, key: &Key, at: Chosen) -> Option<usize> {
        let place = if *key == Key::Enter { Some(at.0) } else { digit(key, self.steps.len()) };
        place.filter(|it| *it < self.steps.len())
    }

    /// Has a step carried out.
    pub(crate) fn go(&self, place: usize) -> Turn {
        self.steps.get(place).map_or(Turn::Stay, |(step, _)| Turn::Go(Box::new(step.clone())))
    }

    /// The rows of the steps.
    pub(crate) fn rows(&self) -> Vec<Row<'static>> {
        let row = |(place, (_, sentence)): (usize, &(NextStep, String))| Row {
            key: char::from_digit(place as u32 + 1, 10),
            left: sentence.clone().into(),
            ..Row::default()
        };
        self.steps.iter().enumerate().map(row).collect()
    }

    /// The lines above the rows.
    pub(crate) fn head(&self) -> Vec<Line> {
        self.lines.clone()
    }

    /// Puts all of it on a screen.
    pub(crate) fn show(&self, screen: &mut Screen<'_>, at: Chosen) {
        if let Some(title) = &self.title {
            screen.title.clone_from(title);
        }
        screen.head.extend(self.head());
        if self.steps.is_empty() {
            return;
        }
        screen.question = Some(Line::new(text!("trouble.next", "What to do"), Tone::Strong));
        let filled = std::mem::replace(screen, Screen::new(String::new())).with_rows(self.rows(), at.0, 0);
        *screen = filled;
        // A row that is cut is said whole below.
        let long = self.steps.get(at.0).map(|(_, it)| it.as_str()).filter(|it| columns(it) > LONGEST);
        screen.detail = long.map(Line::plain).into_iter().collect();
    }
}

/// An error on a screen of its own.
pub(crate) struct TroubleView {
    title: String,
    trouble: Trouble,
    at: Chosen,
}

impl TroubleView {
    /// The title counts where the error has none of its own.
    pub(crate) fn new(title: String, trouble: Trouble) -> Self {
        Self { title, trouble, at: Chosen::default() }
    }

    pub(crate) fn of(title: String, error: &ErrorText, desk: &Desk) -> Self {
        Self::new(title, Trouble::of(error, &desk.commands))
    }
}

impl View for TroubleView {
    fn key(&mut self, key: &Key, _desk: &mut Desk) -> Turn {
        if let Some(place) = self.trouble.place(key, self.at) {
            return self.trouble.go(place);
        }
        match key {
            Key::Enter => Turn::Back,
            key if self.at.key(key, self.trouble.total()) => Turn::Stay,
            _ => Turn::Unknown,
        }
    }

    fn screen<'s>(&'s self, _desk: &'s Desk) -> Screen<'s> {
        let mut screen = Screen::new(self.title.as_str());
        self.trouble.show(&mut screen, self.at);
        screen.hints = hints(&self.trouble);
        screen.hints.push(back());
        screen
    }
}

/// The keys of what can be done.
pub(crate) fn hints(trouble: &Trouble) -> Vec<Hint> {
    if trouble.total() == 0 {
        return vec![Hint::new("Enter", text!("console.close", "close"), "close", Key::Enter)];
    }
    vec![
        Hint::new("↑↓", text!("console.choose", "choose"), "", Key::Down),
        Hint::new("Enter", text!("doctor-view.do", "do it"), "", Key::Enter),
    ]
}
