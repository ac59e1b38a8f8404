//! The whole console as one value: keys and reports go in, orders and a screen come out. It knows no terminal and waits for
//! nothing, so that tests drive it as a reader does.

use crate::desk::{Desk, Turn, View};
use crate::job::Report;
use crate::key::Key;
use crate::office::Order;
use crate::screen::{Hint, Screen};
use crate::view::menu::MenuView;
use crate::view::open::view_of;
use crate::view::setup::SetupView;
use crate::view::text::TextView;
use bwdc_engine::paths::ProcessEnvironment;
use bwdc_messages::setup::SetupExtent;
use bwdc_messages::text;

/// Where the console begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the main menu.
    Menu,
    /// With the guided set-up alone.
    Setup,
}

/// The console.
pub struct App {
    views: Vec<Box<dyn View>>,
    desk: Desk,
    over: bool,
}

impl App {
    /// Begins.
    pub fn new(environment: ProcessEnvironment, start: Start) -> Self {
        let mut desk = Desk::new(environment);
        let view: Box<dyn View> = match start {
            Start::Menu => {
                desk.look();
                Box::new(MenuView::default())
            }
            Start::Setup => Box::new(SetupView::begin(SetupExtent::Whole, &mut desk)),
        };
        Self { views: vec![view], desk, over: false }
    }

    /// Takes a key.
    pub fn key(&mut self, key: &Key) {
        self.desk.note = None;
        let types = self.screen().input.is_some();
        let Some(view) = self.views.last_mut() else { return };
        match view.key(key, &mut self.desk) {
            Turn::Unknown => match key {
                Key::Stop => self.over = true,
                Key::Char('?') if !types => {
                    let help = TextView::keys(&self.screen().hints);
                    self.views.push(Box::new(help));
                }
                Key::Esc => self.turn(Turn::Back),
                _ => {}
            },
            turn => self.turn(turn),
        }
    }

    /// Takes what came of a job.
    pub fn report(&mut self, report: Report) {
        let Report { job, mut what } = report;
        match self.desk.take(job, what) {
            None => return,
            Some(other) => what = other,
        }
        for place in (0..self.views.len()).rev() {
            match self.views[place].report(job, what, &mut self.desk) {
                Ok(turn) => {
                    // What is below another view changes itself only.
                    if place + 1 == self.views.len() {
                        self.turn(turn);
                    }
                    return;
                }
                Err(back) => what = back,
            }
        }
    }

    fn turn(&mut self, turn: Turn) {
        match turn {
            Turn::Stay | Turn::Unknown => {}
            Turn::Back => {
                self.views.pop();
                match self.views.last_mut() {
                    Some(view) => view.resume(&mut self.desk),
                    None => self.over = true,
                }
            }
            Turn::Open(view) => self.views.push(view),
            Turn::Replace(view) => {
                self.views.pop();
                self.views.push(view);
            }
            Turn::Go(next) => {
                // A step that has no place here is no row.
                if let Some(view) = view_of(&next, &mut self.desk) {
                    self.views.push(view);
                }
            }
            Turn::Quit => self.over = true,
        }
    }

    /// The jobs that are to be carried out now.
    pub fn orders(&mut self) -> Vec<Order> {
        self.desk.orders()
    }

    /// Whether nothing is left to show.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Whether something has to come before a key makes sense: the plain mode waits for it.
    pub fn is_waiting(&self) -> bool {
        self.desk.is_looking() || self.views.last().is_some_and(|it| it.is_waiting())
    }

    /// What is shown now.
    pub fn screen(&self) -> Screen<'_> {
        let Some(view) = self.views.last() else { return Screen::new(String::new()) };
        let mut screen = view.screen(&self.desk);
        if screen.note.is_none() {
            screen.note = self.desk.note.clone();
        }
        if let Some(profile) = &self.desk.commands.profile {
            screen.title = text!(
                "console.of-profile",
                "{title} (profile {profile})",
                title = screen.title,
                profile = profile.as_str()
            );
        }
        if screen.input.is_none() && !screen.hints.iter().any(|it| it.key == "?") {
            screen.hints.push(Hint::new("?", text!("console.keys", "keys"), "keys", Key::Char('?')));
        }
        screen.with_commands(&self.desk.commands)
    }
}
