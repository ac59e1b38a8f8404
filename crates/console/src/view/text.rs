//! A text that is read and left again.

use super::chosen::{Chosen, back};
use super::search::{self, Search};
use crate::desk::{Desk, Turn, View};
use crate::key::Key;
use crate::screen::{Hint, Line, Row, Screen, Tone};
use crate::width::wrapped;
use bwdc_messages::text;

/// Columns in which a text is broken: it has to fit the smallest window.
pub(crate) const ROOM: usize = 76;

/// A text.
pub(crate) struct TextView {
    title: String,
    rows: Vec<Line>,
    at: Chosen,
    search: Search,
}

impl TextView {
    pub(crate) fn new(title: String, lines: &[Line]) -> Self {
        let broken = |line: &Line| {
            let tone = line.tone;
            let rows = wrapped(&line.text, ROOM);
            let rows = if rows.is_empty() { vec![String::new()] } else { rows };
            rows.into_iter().map(move |it| Line::new(it, tone))
        };
        Self {
            title,
            rows: lines.iter().flat_map(broken).collect(),
            at: Chosen::default(),
            search: Search::default(),
        }
    }

    /// The same of lines that were broken for another width: each is put together before it is broken for this one.
    pub(crate) fn of_paragraphs(title: String, lines: Vec<Line>) -> Self {
        let whole = |mut line: Line| {
            let mut parts = line.text.split('\n');
            let first = parts.next().unwrap_or_default().to_owned();
            line.text = parts.fold(first, |text, more| format!("{text} {}", more.trim_start()));
            line
        };
        Self::new(title, &lines.into_iter().map(whole).collect::<Vec<_>>())
    }

    /// The same, at its last row: what is newest stands there.
    pub(crate) fn at_end(title: String, lines: &[Line]) -> Self {
        let mut view = Self::new(title, lines);
        view.at = Chosen(view.rows.len().saturating_sub(1));
        view
    }

    /// Whether what is looked for is being typed.
    pub(crate) fn is_searching(&self) -> bool {
        self.search.input().is_some()
    }

    /// The keys of a screen.
    pub(crate) fn keys(hints: &[Hint]) -> Self {
        let mut lines: Vec<Line> =
            hints.iter().map(|it| Line::plain(format!("{:<10} {}", it.key, it.what))).collect();
        lines.push(Line::default());
        for (key, what) in [
            ("↑ ↓", text!("keys.rows", "the row above, the row below")),
            ("PgUp PgDn", text!("keys.pages", "ten rows up, ten rows down")),
            ("Home End", text!("keys.ends", "the first row, the last row")),
            ("Esc", text!("keys.back", "back; what was typed is not lost without a question")),
            ("Ctrl-C", text!("keys.stop", "end what is under way, else the program")),
            ("Ctrl-Z", text!("keys.suspend", "leave the program for a while; `fg` comes back")),
        ] {
            lines.push(Line::new(format!("{key:<10} {what}"), Tone::Faint));
        }
        Self::new(text!("keys.title", "Keys"), &lines)
    }
}

impl TextView {
    fn shown(&self) -> impl Iterator<Item = &Line> {
        self.rows.iter().filter(|it| self.search.shows(&it.text))
    }
}

impl View for TextView {
    fn key(&mut self, key: &Key, _desk: &mut Desk) -> Turn {
        if self.search.key(key) {
            self.at.within(self.shown().count());
            return Turn::Stay;
        }
        let total = self.shown().count();
        match key {
            _ if self.at.key(key, total) => Turn::Stay,
            Key::Enter | Key::Char('?') => Turn::Back,
            _ => Turn::Unknown,
        }
    }

    fn screen<'s>(&'s self, _desk: &'s Desk) -> Screen<'s> {
        let mut screen = Screen::new(self.title.as_str());
        let row = |it: &Line| Row { left: it.text.clone().into(), tone: it.tone, ..Row::default() };
        screen = screen.with_rows(self.shown().map(row).collect(), self.at.0, 0);
        if let Some(list) = &mut screen.list {
            list.empty = self.search.nothing().unwrap_or_default();
            list.is_text = true;
        }
        screen.input = self.search.input();
        screen.hints = vec![
            Hint::new("↑↓", text!("console.scroll", "scroll"), "", Key::Down),
            search::hint(),
            Hint::new("Enter", text!("console.close", "close"), "close", Key::Enter),
            back(),
        ];
        screen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line that was broken for a terminal of 80 columns is not broken once more at each of its ends.
    #[test]
    fn a_text_is_broken_once() {
        let words = |count: usize| vec!["abcdefg"; count].join(" ");
        let broken = format!("- {}\n  {}", words(9), words(9));
        let view = TextView::of_paragraphs(String::new(), vec![Line::plain(broken)]);
        let rows: Vec<usize> = view.rows.iter().map(|it| it.text.split_whitespace().count()).collect();
        assert_eq!(rows, [10, 9], "the sign counts as a word: {:?}", view.rows);
    }
}
