//! A plan in the words of the machine's service, which made it.

use super::run::RunView;
use super::text::TextView;
use crate::desk::{Desk, Turn, View};
use crate::job::Told;
use crate::key::Key;
use crate::screen::{Hint, Line, Screen, Tone};
use bwdc_messages::text;

/// The plan.
pub(crate) struct ToldView {
    text: TextView,
    is_refused: bool,
    asks: bool,
}

impl ToldView {
    pub(crate) fn new(told: Told) -> Self {
        let Told { lines, notices, is_refused } = told;
        let notices = notices.into_iter().map(|it| Line::new(it, Tone::Warning));
        let lines: Vec<Line> = notices.chain(lines).collect();
        let title = text!("plan-view.title", "Plan: what a sync would do");
        Self { text: TextView::new(title, &lines), is_refused, asks: false }
    }
}

impl View for ToldView {
    fn key(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        match (self.asks, key) {
            (true, Key::Char('y')) => Turn::Replace(Box::new(RunView::begin(None, None, desk))),
            (true, _) => {
                self.asks = false;
                Turn::Stay
            }
            (false, Key::Char('s')) if !self.text.is_searching() => {
                self.asks = true;
                Turn::Stay
            }
            (false, key) => self.text.key(key, desk),
        }
    }

    fn screen<'s>(&'s self, desk: &'s Desk) -> Screen<'s> {
        let mut screen = self.text.screen(desk);
        if self.asks {
            let asked = if self.is_refused {
                text!(
                    "told.ask-refused",
                    "The limits refuse this, wholly or in part. Have the service sync what they allow? What they refused can be approved then. (y/n)"
                )
            } else {
                text!("told.ask", "Have the service sync now? (y/n)")
            };
            screen.note = Some(Line::new(asked, Tone::Warning));
            screen.hints = super::yes_no();
            return screen;
        }
        let place = screen.hints.len().saturating_sub(1);
        let sync = text!("told.sync", "sync by the service");
        screen.hints.insert(place, Hint::new("s", sync, "sync", Key::Char('s')));
        screen
    }
}
