//! The main menu: the state of the installation, and what can be done with it, by number as in the first generation.

use super::account::sign_in_view;
use super::chosen::Chosen;
use super::doctor::DoctorView;
use super::form::{FormPart, FormView};
use super::history::HistoryView;
use super::plan::PlanView;
use super::profiles::ProfilesView;
use super::run::RunView;
use super::setup::SetupView;
use super::text::TextView;
use crate::desk::{Desk, Turn, View};
use crate::key::Key;
use crate::screen::{Hint, Line, Row, Screen, Tone};
use crate::width::columns;
use bwdc_messages::overview::Overview;
use bwdc_messages::setup::{SetupExtent, service_lines};
use bwdc_messages::text;

/// What can be done, in order.
const ITEMS: [(char, Item); 11] = [
    ('1', Item::LogIn),
    ('2', Item::Form(FormPart::Organization)),
    ('3', Item::Form(FormPart::Directory)),
    ('4', Item::Form(FormPart::Sync)),
    ('5', Item::Plan),
    ('6', Item::Sync),
    ('7', Item::Service),
    ('8', Item::History),
    ('9', Item::Doctor),
    ('s', Item::Setup),
    ('0', Item::Quit),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    LogIn,
    Form(FormPart),
    Plan,
    Sync,
    Service,
    History,
    Doctor,
    Setup,
    Quit,
}

/// The menu.
#[derive(Default)]
pub(crate) struct MenuView {
    at: Chosen,
    /// Whether somebody has moved in it: until then the row that helps most is chosen.
    moved: bool,
}

impl MenuView {
    fn selected(&self, desk: &Desk) -> usize {
        let is_new = desk.installation().is_some_and(|it| it.client_id.is_none());
        let setup = ITEMS.iter().position(|(_, it)| *it == Item::Setup).unwrap_or(0);
        if is_new && !self.moved { setup } else { self.at.0 }
    }

    fn open(item: Item, desk: &mut Desk) -> Turn {
        Turn::Open(match item {
            Item::LogIn => sign_in_view(desk),
            Item::Form(part) => match FormView::open(part, desk) {
                Some(form) => Box::new(form),
                None => return Turn::Stay,
            },
            Item::Plan => Box::new(PlanView::begin(desk)),
            Item::Sync => Box::new(RunView::begin(None, None, desk)),
            Item::Service => {
                Box::new(TextView::new(text!("menu.service", "Background service"), &service_lines()))
            }
            Item::History => Box::new(HistoryView::begin(desk)),
            Item::Doctor => Box::new(DoctorView::begin(desk)),
            Item::Setup => Box::new(SetupView::begin(SetupExtent::Whole, desk)),
            Item::Quit => return Turn::Quit,
        })
    }
}

impl View for MenuView {
    fn key(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        let mut at = Chosen(self.selected(desk));
        if at.key(key, ITEMS.len()) {
            self.at = at;
            self.moved = true;
            return Turn::Stay;
        }
        let item = match key {
            Key::Enter => ITEMS.get(at.0),
            Key::Char('p') => return Turn::Open(Box::new(ProfilesView::begin(desk))),
            Key::Char('r') => {
                desk.look();
                return Turn::Stay;
            }
            Key::Char('q') => return Turn::Quit,
            // Nobody leaves the program by one Esc too many.
            Key::Esc => return Turn::Stay,
            Key::Char(letter) => ITEMS.iter().find(|(key, _)| key == letter),
            _ => None,
        };
        match item {
            Some((_, item)) => Self::open(*item, desk),
            None => Turn::Unknown,
        }
    }

    fn resume(&mut self, desk: &mut Desk) {
        desk.look();
    }

    fn screen<'s>(&'s self, desk: &'s Desk) -> Screen<'s> {
        let mut screen = Screen::new(text!("menu.title", "Directory connector"));
        screen.head = head(desk);
        let signed_in = desk.installation().is_some_and(|it| it.client_id.is_some());
        let rows = ITEMS.iter().map(|(key, item)| Row {
            key: Some(*key),
            left: label(*item, signed_in).into(),
            right: about(*item).into(),
            ..Row::default()
        });
        screen = screen.with_rows(rows.collect(), self.selected(desk), 34);
        screen.hints = vec![
            Hint::new("↑↓", text!("console.choose", "choose"), "", Key::Down),
            Hint::new("Enter", text!("console.open", "open"), "", Key::Enter),
            Hint::new("p", text!("menu.profiles", "profiles"), "profiles", Key::Char('p')),
            Hint::new("r", text!("menu.refresh", "refresh"), "refresh", Key::Char('r')),
            Hint::new("q", text!("menu.quit-key", "quit"), "quit", Key::Char('q')),
        ];
        screen
    }
}

/// The four lines of the state; where the installation cannot be opened, why and what to do.
fn head(desk: &Desk) -> Vec<Line> {
    let state = match &desk.state {
        None => return vec![Line::new(text!("menu.looking", "Looking at the installation …"), Tone::Faint)],
        Some(Err(error)) => {
            let title = text!("menu.unusable", "The settings cannot be used as they are.");
            return vec![Line::new(title, Tone::Bad), Line::plain(desk.error_text(error))];
        }
        Some(Ok(state)) => state,
    };
    let overview = Overview {
        client_id: state.client_id.as_deref(),
        entries: &state.entries,
        last: state.runs.first(),
        next: state.next,
        refused: &state.refused,
        ledger_error: state.ledger_error.as_deref(),
    };
    let lines = overview.lines();
    let widest = lines.iter().map(|(label, _)| columns(label)).max().unwrap_or(0);
    let line = |(label, line): (String, Line)| {
        let gap = " ".repeat(widest + 2 - columns(&label));
        Line::new(format!("{label}{gap}{}", line.text), line.tone)
    };
    lines.into_iter().map(line).collect()
}

fn label(item: Item, signed_in: bool) -> String {
    match item {
        Item::LogIn if signed_in => text!("menu.account", "Account"),
        Item::LogIn => text!("menu.log-in", "Log in"),
        Item::Form(part) => part.title(),
        Item::Plan => text!("menu.plan", "Simulate (plan)"),
        Item::Sync => text!("menu.sync", "Sync now"),
        Item::Service => text!("menu.service", "Background service"),
        Item::History => text!("menu.history", "History"),
        Item::Doctor => text!("menu.doctor", "Doctor"),
        Item::Setup => text!("menu.setup", "Guided set-up"),
        Item::Quit => text!("menu.quit", "Quit"),
    }
}

fn about(item: Item) -> String {
    match item {
        Item::LogIn => text!("menu.about-log-in", "who acts on the organization"),
        Item::Form(FormPart::Organization) => text!("menu.about-organization", "addresses, network, secrets"),
        Item::Form(FormPart::Directory) => text!("menu.about-directory", "which one, and how it is read"),
        Item::Form(FormPart::Sync) => text!("menu.about-sync-settings", "who is brought over, limits"),
        Item::Plan => text!("menu.about-plan", "what a sync would do"),
        Item::Sync => text!("menu.about-sync", "carry it out"),
        Item::Service => text!("menu.about-service", "syncs by itself"),
        Item::History => text!("menu.about-history", "earlier runs"),
        Item::Doctor => text!("menu.about-doctor", "check everything"),
        Item::Setup => text!("menu.about-setup", "from nothing to the first sync"),
        Item::Quit => String::new(),
    }
}
