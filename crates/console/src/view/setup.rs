//! The guided set-up, page by page. What is asked and what answers mean is the set-up's own; this view has the keys.

use super::chosen::{Chosen, back, digit};
use super::text::TextView;
use crate::desk::{Desk, Turn, View};
use crate::job::{Happened, Job, JobId};
use crate::key::Key;
use crate::screen::{Hint, Input, Line, Row, Screen, Tone};
use crate::typing::Typing;
use bwdc_engine::Cancel;
use bwdc_messages::setup::{Ask, Setup, SetupDone, SetupExtent, SetupPage, SetupReply, SetupWork};
use bwdc_messages::text;
use secrecy::SecretString;

/// The set-up.
pub(crate) struct SetupView {
    setup: Setup,
    page: SetupPage,
    typing: Typing,
    at: Chosen,
    job: Option<JobId>,
    cancel: Cancel,
    /// Whether it is asked if what was typed may be lost.
    leaving: bool,
}

impl SetupView {
    pub(crate) fn begin(extent: SetupExtent, desk: &mut Desk) -> Self {
        let (setup, work) = Setup::begin(extent);
        let mut view = Self {
            page: setup.page(),
            setup,
            typing: Typing::default(),
            at: Chosen::default(),
            job: None,
            cancel: Cancel::default(),
            leaving: false,
        };
        view.carry_out(Some(work), desk);
        view
    }

    fn carry_out(&mut self, work: Option<SetupWork>, desk: &mut Desk) {
        if let Some(work) = work {
            self.cancel = Cancel::default();
            self.job = Some(desk.start_with(Job::Setup(work), self.cancel.clone()));
        }
        self.turn_page();
    }

    fn turn_page(&mut self) {
        self.page = self.setup.page();
        self.typing = Typing::default();
        self.at = Chosen(match &self.page.ask {
            Ask::Choice { default, .. } => *default,
            _ => 0,
        });
    }

    fn answer(&mut self, reply: SetupReply, desk: &mut Desk) -> Turn {
        let work = self.setup.answer(reply);
        self.carry_out(work, desk);
        if self.setup.is_over() { Turn::Back } else { Turn::Stay }
    }

    fn go_back(&mut self) -> Turn {
        if self.setup.is_waiting() {
            self.cancel.cancel();
            self.job = None;
        }
        if self.setup.back() {
            self.turn_page();
            return Turn::Stay;
        }
        if self.setup.has_unsaved() {
            self.leaving = true;
            return Turn::Stay;
        }
        Turn::Back
    }

    fn left(&mut self, key: &Key) -> Turn {
        match key {
            Key::Char('y') | Key::Enter => Turn::Back,
            Key::Char('n') | Key::Esc => {
                self.leaving = false;
                Turn::Stay
            }
            _ => Turn::Unknown,
        }
    }

    fn vendor(&self) -> Option<TextView> {
        let kind = self.setup.kind()?;
        let lines: Vec<Line> = kind.vendor_steps().into_iter().map(Line::plain).collect();
        let title = text!("setup.vendor-title", "To prepare: {kind}", kind = kind.name());
        Some(TextView::new(title, &lines))
    }
}

impl View for SetupView {
    fn key(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        if self.leaving {
            return self.left(key);
        }
        match key {
            Key::Esc => return self.go_back(),
            Key::Stop if self.setup.is_waiting() => return self.go_back(),
            Key::Tab => return self.vendor().map_or(Turn::Stay, |it| Turn::Open(Box::new(it))),
            _ => {}
        }
        match &self.page.ask {
            Ask::Wait { .. } => Turn::Unknown,
            Ask::Choice { choices, .. } => {
                let total = choices.len();
                if let Some(place) = digit(key, total) {
                    return self.answer(SetupReply::Choice(place), desk);
                }
                match key {
                    Key::Enter => self.answer(SetupReply::Choice(self.at.0), desk),
                    _ if self.at.key(key, total) => Turn::Stay,
                    _ => Turn::Unknown,
                }
            }
            Ask::Line { .. } if *key == Key::Enter => {
                let text = self.typing.text().to_owned();
                self.answer(SetupReply::Text(text), desk)
            }
            Ask::Secret { .. } if *key == Key::Enter => {
                let secret = SecretString::from(self.typing.text());
                self.answer(SetupReply::Secret(secret), desk)
            }
            Ask::Line { .. } | Ask::Secret { .. } if self.typing.key(key) => Turn::Stay,
            Ask::Line { .. } | Ask::Secret { .. } => Turn::Unknown,
        }
    }

    fn report(&mut self, job: JobId, what: Happened, desk: &mut Desk) -> Result<Turn, Happened> {
        if self.job != Some(job) {
            return Err(what);
        }
        let done = match what {
            Happened::Setup(done) => *done,
            Happened::Progress(text) | Happened::Held(text) => SetupDone::Progress(text),
            Happened::Failed(error) => SetupDone::Failed(desk.error_text(&error)),
            Happened::Notice(text) => {
                desk.say(text, Tone::Warning);
                return Ok(Turn::Stay);
            }
            other => return Err(other),
        };
        if matches!(done, SetupDone::Progress(_)) {
            self.setup.done(done);
            self.page = self.setup.page();
            return Ok(Turn::Stay);
        }
        self.job = None;
        let work = self.setup.done(done);
        self.carry_out(work, desk);
        Ok(if self.setup.is_over() { Turn::Back } else { Turn::Stay })
    }

    fn is_waiting(&self) -> bool {
        self.setup.is_waiting()
    }

    fn screen<'s>(&'s self, _desk: &'s Desk) -> Screen<'s> {
        let page = &self.page;
        let title = match page.step {
            Some((step, of)) => {
                text!("setup.place", "Step {step} of {of}: {title}", step, of, title = page.title.as_str())
            }
            None => page.title.clone(),
        };
        let mut screen = Screen::new(title);
        screen.head = page.lines.clone();
        screen.note = page.error.as_ref().map(|it| Line::new(it.as_str(), Tone::Bad));
        let help = (!page.help.is_empty()).then(|| Line::new(page.help.as_str(), Tone::Faint));
        let typed = |label: &String, default: String, is_secret| Input {
            label: label.clone(),
            shown: if is_secret { self.typing.dots() } else { self.typing.text().to_owned() },
            cursor: self.typing.cursor(),
            default,
            is_secret,
            error: None,
        };
        match &page.ask {
            Ask::Wait { what } => screen.busy = Some(format!("{what} …")),
            Ask::Line { label, default } => {
                screen.input = Some(typed(label, default.clone(), false));
                screen.head.extend(help);
            }
            Ask::Secret { label, is_stored, is_entered } => {
                let kept = match (is_stored, is_entered) {
                    (_, true) => text!("setup.entered", "entered, not stored yet; Enter keeps it"),
                    (true, false) => text!("setup.stored", "stored; Enter keeps it"),
                    (false, false) => String::new(),
                };
                screen.input = Some(typed(label, kept, true));
                screen.head.extend(help);
            }
            Ask::Choice { label, choices, .. } => {
                screen.head.extend(help);
                screen.question = Some(Line::new(label.as_str(), Tone::Strong));
                let rows = choices.iter().enumerate().map(|(place, it)| Row {
                    key: char::from_digit(place as u32 + 1, 10),
                    left: it.label.as_str().into(),
                    ..Row::default()
                });
                screen = screen.with_rows(rows.collect(), self.at.0, 0);
            }
        }
        if self.leaving {
            screen.note = Some(Line::new(
                text!("setup.leave", "What was typed in this step is not stored. Leave all the same? (y/n)"),
                Tone::Warning,
            ));
            screen.input = None;
            screen.hints = vec![
                Hint::new("y", text!("setup.leave-yes", "leave"), "yes", Key::Char('y')),
                Hint::new("n", text!("setup.leave-no", "stay"), "no", Key::Char('n')),
            ];
            return screen;
        }
        let enter = text!("setup.enter", "next");
        screen.hints = match &page.ask {
            Ask::Wait { .. } => vec![Hint::new("Esc", text!("setup.stop", "stop"), "stop", Key::Esc)],
            _ => vec![Hint::new("Enter", enter, "", Key::Enter), back()],
        };
        if self.setup.kind().is_some() && !self.setup.is_waiting() {
            let what = text!("setup.vendor", "what to prepare in the directory");
            screen.hints.push(Hint::new("Tab", what, "prepare", Key::Tab));
        }
        screen
    }
}
