//! What a screen shows, as data: controllers make it, the drawing layer and the plain mode read it.

pub use bwdc_messages::line::{Line, Tone};

use crate::key::Key;
use bwdc_messages::CommandLine;
use std::borrow::Cow;

/// One row of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row<'a> {
    /// The key that chooses it, where it has one.
    pub key: Option<char>,
    /// How far it is moved in.
    pub level: u16,
    /// What it is.
    pub left: Cow<'a, str>,
    /// What is said of it, in a column of its own; empty: the first column has the whole row.
    pub right: Cow<'a, str>,
    /// How it is meant.
    pub tone: Tone,
    /// Whether it is a title, which stands for the rows below it.
    pub is_title: bool,
}

/// The rows of a list, made when they are asked for: a list of a hundred thousand costs what is seen of it.
pub struct List<'a> {
    /// How many there are.
    pub total: usize,
    /// Which is chosen.
    pub selected: Option<usize>,
    /// Gives one by its position.
    pub row: Box<dyn Fn(usize) -> Row<'a> + 'a>,
    /// Columns of the left part, as far as the window has room.
    pub left_width: u16,
    /// What is said where there is none.
    pub empty: String,
    /// Whether the rows are a text that is read: none of them is chosen.
    pub is_text: bool,
}

/// A line that is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What is asked.
    pub label: String,
    /// What was typed so far; of a secret, a dot a letter.
    pub shown: String,
    /// Where the next letter goes, in letters.
    pub cursor: usize,
    /// What counts where nothing is typed.
    pub default: String,
    /// Whether it is a secret.
    pub is_secret: bool,
    /// Why it cannot be taken.
    pub error: Option<String>,
}

/// A key with what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The key as it is printed on keyboards.
    pub key: &'static str,
    /// What it does.
    pub what: String,
    /// What is typed for it in a line-by-line conversation, after a colon; empty: it makes no sense there.
    pub word: &'static str,
    /// The key itself.
    pub press: Key,
}

impl Hint {
    /// A key with what it does, and the word for it.
    pub fn new(key: &'static str, what: String, word: &'static str, press: Key) -> Self {
        Self { key, what, word, press }
    }
}

/// A whole screen.
pub struct Screen<'a> {
    /// What it is called.
    pub title: String,
    /// What stands above the list.
    pub head: Vec<Line>,
    /// What is to be chosen, right above the list; it is never left out.
    pub question: Option<Line>,
    /// The list.
    pub list: Option<List<'a>>,
    /// What is said of the chosen row, below the list.
    pub detail: Vec<Line>,
    /// What is asked.
    pub input: Option<Input>,
    /// What goes on meanwhile.
    pub busy: Option<String>,
    /// What came of the last key.
    pub note: Option<Line>,
    /// The keys that do something here.
    pub hints: Vec<Hint>,
}

impl<'a> Screen<'a> {
    /// A screen with nothing but a title.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            head: Vec::new(),
            question: None,
            list: None,
            detail: Vec::new(),
            input: None,
            busy: None,
            note: None,
            hints: Vec::new(),
        }
    }

    /// The same with the commands that its texts name as the reader types them.
    #[must_use]
    pub fn with_commands(mut self, commands: &'a CommandLine) -> Self {
        if *commands == CommandLine::default() {
            return self;
        }
        let typed = |text: &mut String| {
            if let Cow::Owned(shown) = commands.in_text(text) {
                *text = shown;
            }
        };
        let lines =
            self.head.iter_mut().chain(&mut self.question).chain(&mut self.detail).chain(&mut self.note);
        lines.for_each(|it| typed(&mut it.text));
        self.busy.iter_mut().for_each(typed);
        if let Some(input) = &mut self.input {
            typed(&mut input.label);
            input.error.iter_mut().for_each(typed);
        }
        self.list = self.list.map(|mut list| {
            typed(&mut list.empty);
            let row = list.row;
            list.row = Box::new(move |at| {
                let mut row = row(at);
                for part in [&mut row.left, &mut row.right] {
                    if let Cow::Owned(shown) = commands.in_text(part) {
                        *part = Cow::Owned(shown);
                    }
                }
                row
            });
            list
        });
        self
    }

    /// The same with these rows.
    #[must_use]
    pub fn with_rows(mut self, rows: Vec<Row<'a>>, selected: usize, left_width: u16) -> Self {
        let total = rows.len();
        self.list = Some(List {
            total,
            selected: (total > 0).then(|| selected.min(total - 1)),
            row: Box::new(move |at| rows.get(at).cloned().unwrap_or_default()),
            left_width,
            empty: String::new(),
            is_text: false,
        });
        self
    }
}
