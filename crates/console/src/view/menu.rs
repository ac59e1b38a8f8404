//! The main menu: the state of the installation, and what can be done with it, by number as in the first generation. Where the
//! installation cannot be used, what to do about that takes its place.

use super::account::sign_in_view;
use super::approval::ApprovalView;
use super::chosen::Chosen;
use super::doctor::DoctorView;
use super::form::FormView;
use super::form::part::FormPart;
use super::history::HistoryView;
use super::plan::PlanView;
use super::profiles::ProfilesView;
use super::repair::RepairView;
use super::run::RunView;
use super::service::ServiceView;
use super::setup::SetupView;
use super::trouble::{Trouble, TroubleView};
use crate::desk::{Desk, Turn, View};
use crate::key::Key;
use crate::screen::{Hint, Line, Row, Screen, Tone};
use crate::width::columns;
use bwdc_messages::overview::Overview;
use bwdc_messages::setup::SetupExtent;
use bwdc_messages::{remote, text};

/// What can be done, in order.
const ITEMS: [(char, Item); 12] = [
    ('1', Item::LogIn),
    ('2', Item::Form(FormPart::Organization)),
    ('3', Item::Form(FormPart::Directory)),
    ('4', Item::Form(FormPart::Sync)),
    ('5', Item::Plan),
    ('6', Item::Sync),
    ('7', Item::Service),
    ('8', Item::History),
    ('9', Item::Doctor),
    ('d', Item::Repair),
    ('s', Item::Setup),
    ('0', Item::Quit),
];

/// What can be done where the installation cannot be used.
const WITHOUT: [(char, Item); 4] =
    [('7', Item::Service), ('9', Item::Doctor), ('p', Item::Profiles), ('0', Item::Quit)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    LogIn,
    Form(FormPart),
    Plan,
    Sync,
    Service,
    History,
    Doctor,
    Repair,
    Setup,
    Profiles,
    Quit,
}

impl Item {
    /// The command for what the machine's service does not do through its socket; None: it does, or it is none of its matters.
    fn by_hand(self) -> Option<&'static str> {
        match self {
            Self::LogIn => Some("bwdc login"),
            Self::Doctor => Some("bwdc doctor"),
            Self::Repair => Some("bwdc repair"),
            Self::Setup => Some("bwdc setup"),
            Self::Form(_) | Self::Plan | Self::Sync | Self::Service => None,
            Self::History | Self::Profiles | Self::Quit => None,
        }
    }
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
        let is_new = desk.installation().is_some_and(|it| it.client_id.is_none() && !it.by_service);
        let setup = ITEMS.iter().position(|(_, it)| *it == Item::Setup).unwrap_or(0);
        if is_new && !self.moved { setup } else { self.at.0 }
    }

    fn open(item: Item, desk: &mut Desk) -> Turn {
        if desk.installation().is_some_and(|it| it.by_service)
            && let Some(command) = item.by_hand()
        {
            let error = remote::not_through_it(command, desk.environment.platform());
            return Turn::Open(Box::new(TroubleView::of(label(item, true), &error, desk)));
        }
        Turn::Open(match item {
            Item::LogIn => sign_in_view(desk),
            Item::Form(part) => match FormView::open(part, desk) {
                Some(form) => Box::new(form),
                None => return Turn::Stay,
            },
            Item::Plan => Box::new(PlanView::begin(desk)),
            Item::Sync => Box::new(RunView::begin(None, None, desk)),
            Item::Service => Box::new(ServiceView::begin(desk)),
            Item::History => Box::new(HistoryView::begin(desk)),
            Item::Doctor => Box::new(DoctorView::begin(desk)),
            Item::Repair => Box::new(RepairView::begin(desk)),
            Item::Setup => Box::new(SetupView::begin(SetupExtent::Whole, desk)),
            Item::Profiles => Box::new(ProfilesView::begin(desk)),
            Item::Quit => return Turn::Quit,
        })
    }

    /// Where the installation cannot be used: its steps first, then what can be done all the same.
    fn without(&mut self, trouble: &Trouble, key: &Key, desk: &mut Desk) -> Turn {
        let total = trouble.total();
        let place = match key {
            Key::Enter => Some(self.at.0),
            Key::Char(letter) => trouble
                .place(key, self.at)
                .or_else(|| WITHOUT.iter().position(|(it, _)| it == letter).map(|it| it + total)),
            _ => None,
        };
        match place {
            Some(step) if step < total => trouble.go(step),
            Some(place) => match WITHOUT.get(place - total) {
                Some((_, item)) => Self::open(*item, desk),
                None => Turn::Stay,
            },
            None if self.at.key(key, total + WITHOUT.len()) => Turn::Stay,
            None => Turn::Unknown,
        }
    }
}

fn trouble_of(desk: &Desk) -> Option<Trouble> {
    let error = desk.state.as_ref()?.as_ref().err()?;
    // The rows below offer the rest.
    Some(Trouble::plain(error, &desk.commands))
}

impl View for MenuView {
    fn key(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        match key {
            Key::Char('r') => {
                desk.look();
                return Turn::Stay;
            }
            Key::Char('q') => return Turn::Quit,
            // Nobody leaves the program by one Esc too many.
            Key::Esc => return Turn::Stay,
            _ => {}
        }
        if let Some(trouble) = trouble_of(desk) {
            return self.without(&trouble, key, desk);
        }
        let mut at = Chosen(self.selected(desk));
        if at.key(key, ITEMS.len()) {
            self.at = at;
            self.moved = true;
            return Turn::Stay;
        }
        let item = match key {
            Key::Enter => ITEMS.get(at.0),
            Key::Char('p') => return Turn::Open(Box::new(ProfilesView::begin(desk))),
            Key::Char('a') if waits(desk) => return Turn::Open(Box::new(ApprovalView::begin(desk))),
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
        if let Some(trouble) = trouble_of(desk) {
            return self.show_trouble(screen, &trouble);
        }
        screen.head = head(desk);
        let signed_in = desk.installation().is_some_and(|it| it.client_id.is_some());
        let by_service = desk.installation().is_some_and(|it| it.by_service);
        let rows = ITEMS.iter().map(|(key, item)| row(*key, *item, signed_in, by_service));
        screen = screen.with_rows(rows.collect(), self.selected(desk), 34);
        screen.hints = hints();
        if waits(desk) {
            let approval = text!("menu.approval", "approval");
            screen.hints.insert(2, Hint::new("a", approval, "approval", Key::Char('a')));
        }
        screen
    }
}

impl MenuView {
    fn show_trouble<'s>(&self, mut screen: Screen<'s>, trouble: &Trouble) -> Screen<'s> {
        let unusable = text!("menu.unusable", "The settings cannot be used as they are.");
        let title = trouble.title.clone().unwrap_or(unusable);
        screen.head = vec![Line::new(title, Tone::Strong)];
        screen.head.extend(trouble.head());
        let mut rows = trouble.rows();
        rows.extend(WITHOUT.iter().map(|(key, item)| row(*key, *item, false, false)));
        // A long step has the whole row.
        screen = screen.with_rows(rows, self.at.0, 34);
        screen.hints = hints();
        screen
    }
}

fn row(key: char, item: Item, signed_in: bool, by_service: bool) -> Row<'static> {
    let by_hand = by_service && item.by_hand().is_some();
    let right = if by_hand { text!("menu.by-hand", "not through the service") } else { about(item) };
    let tone = if by_hand { Tone::Faint } else { Tone::Plain };
    Row { key: Some(key), left: label(item, signed_in).into(), right: right.into(), tone, ..Row::default() }
}

fn hints() -> Vec<Hint> {
    vec![
        Hint::new("↑↓", text!("console.choose", "choose"), "", Key::Down),
        Hint::new("Enter", text!("console.open", "open"), "", Key::Enter),
        Hint::new("p", text!("menu.profiles", "profiles"), "profiles", Key::Char('p')),
        Hint::new("r", text!("menu.refresh", "refresh"), "refresh", Key::Char('r')),
        Hint::new("q", text!("menu.quit-key", "quit"), "quit", Key::Char('q')),
    ]
}

/// Whether a refused run waits for a decision.
fn waits(desk: &Desk) -> bool {
    desk.installation().is_some_and(|it| !it.refused.is_empty())
}

/// The four lines of the state, and what else is to be known.
fn head(desk: &Desk) -> Vec<Line> {
    let Some(state) = desk.installation() else {
        return vec![Line::new(text!("menu.looking", "Looking at the installation …"), Tone::Faint)];
    };
    let overview = Overview {
        client_id: state.client_id.as_deref(),
        entries: &state.entries,
        last: state.runs.first(),
        next: state.next,
        refused: &state.refused,
        approval: state.approval,
        ledger_error: state.ledger_error.as_deref(),
        later_version: state.later_version,
        by_service: state.by_service,
    };
    let lines = overview.lines();
    let widest = lines.iter().map(|(label, _)| columns(label)).max().unwrap_or(0);
    let line = |(label, line): (String, Line)| {
        let gap = " ".repeat(widest + 2 - columns(&label));
        Line::new(format!("{label}{gap}{}", line.text), line.tone)
    };
    lines.into_iter().map(line).chain(overview.notes()).collect()
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
        Item::Repair => text!("menu.repair", "Repair duplicates"),
        Item::Setup => text!("menu.setup", "Guided set-up"),
        Item::Profiles => text!("menu.all-profiles", "Profiles"),
        Item::Quit => text!("menu.quit", "Quit"),
    }
}

fn about(item: Item) -> String {
    match item {
        Item::LogIn => text!("menu.about-log-in", "who acts on the organization"),
        Item::Form(FormPart::Organization) => text!("menu.about-organization", "addresses, network, secrets"),
        Item::Form(FormPart::Directory) => text!("menu.about-directory", "which one, and how it is read"),
        Item::Form(FormPart::Sync) => text!("menu.about-sync-settings", "who is brought over, limits"),
        Item::Form(FormPart::Service) => text!("menu.about-schedule", "when runs start, who is told"),
        Item::Plan => text!("menu.about-plan", "what a sync would do"),
        Item::Sync => text!("menu.about-sync", "carry it out"),
        Item::Service => text!("menu.about-service", "syncs by itself"),
        Item::History => text!("menu.about-history", "earlier runs"),
        Item::Doctor => text!("menu.about-doctor", "check everything"),
        Item::Repair => text!("menu.about-repair", "two members or groups of one address or id"),
        Item::Setup => text!("menu.about-setup", "from nothing to the first sync"),
        Item::Profiles => text!("menu.about-profiles", "another installation of this account"),
        Item::Quit => String::new(),
    }
}
