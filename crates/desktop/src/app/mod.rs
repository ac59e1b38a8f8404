//! What the window shows and what becomes of what is done in it: data and rules, without a toolkit, a thread or a clock.
//!
//! A method stands for one thing that somebody does, [`App::reply`] for what the engine answers, [`App::tick`] for the time
//! that passes. What is to be done about it outside comes back as [`Effect`]s.

mod ask;
mod dashboard;
mod history;
mod more;
mod notice;
mod plan;
mod run;
mod saving;
mod schedule;
mod server;
mod settings;
mod sheet;
mod sign_in;
mod standing;
mod window;

pub use ask::{Answer, Ask, AskKind, SaveWhat};
pub use history::History;
pub use more::More;
pub use notice::{Action, Notice, Tone};
pub use plan::{Plan, TABS as PLAN_TABS};
pub use run::{RunKind, Running};
pub use server::{KINDS as SERVER_KINDS, Server};
pub use settings::{SettingsForm, Shown, ShownKind};
pub use sheet::{KeyKind, Page, PageAsk, PageButton, PageField, PageQuestion, Press, PressKind};
pub use sign_in::SignIn;
pub use window::{SCHEMES, ScreenPlace, WindowPlace, WindowState, WindowSwitch, ZOOMS};

use crate::job::{Job, Overview, Reply, Ticket};
use crate::results::{FoundList, Results};
use bwdc_core::names::Timestamp;
use bwdc_engine::paths::ProfileName;
use jiff::tz::TimeZone;
use std::path::PathBuf;
use std::rc::Rc;

/// What fills the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The installation is being opened.
    Loading,
    /// It cannot be opened.
    Broken,
    /// Nobody is signed in.
    SignIn,
    /// The tabs.
    Main,
}

/// The tabs, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// How synchronization stands.
    Dashboard,
    /// What a sync would change.
    Plan,
    /// The settings.
    Settings,
    /// Earlier runs.
    History,
    /// Everything else.
    More,
}

impl Tab {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Dashboard, Self::Plan, Self::Settings, Self::History, Self::More];
}

/// What is to be done outside.
pub enum Effect {
    /// The engine has work.
    Job(Job),
    /// The run that is under way is to end.
    CancelRun,
    /// The window comes to the front, because it asks something.
    Show,
    /// The window goes out of sight.
    Hide,
    /// The program ends.
    Quit,
    /// A page or folder is opened by the system.
    Open(PathBuf),
    /// Another profile is opened, in a window of its own.
    OpenProfile(ProfileName),
}

/// Results of a test as they are looked at.
pub struct Lists {
    /// What was found.
    pub results: Rc<Results>,
    /// Which list is shown.
    pub chosen: usize,
    /// What was typed to search in it.
    pub search: String,
    /// What of it is shown.
    pub found: Rc<FoundList>,
}

/// Everything that the window shows.
pub struct App {
    /// What fills it.
    pub screen: Screen,
    /// Why the installation cannot be opened.
    pub broken: Notice,
    /// The tab that was chosen.
    pub tab: Tab,
    /// What the engine said of the installation.
    pub overview: Overview,
    /// The sign-in.
    pub sign_in: SignIn,
    /// The dialog for the server, while it is open.
    pub server: Option<Server>,
    /// What is under way.
    pub running: Option<Running>,
    /// What the last run came to, until it is read.
    pub notice: Option<Notice>,
    /// Whether a test looks only at what changed.
    pub since_last: bool,
    /// Whether the timer runs.
    pub automatic: bool,
    /// Whether the timer waits until a plan of this folder was looked at.
    pub waits_for_plan: bool,
    /// What a test found.
    pub lists: Option<Lists>,
    /// What a sync would change.
    pub plan: Plan,
    /// The settings.
    pub settings: SettingsForm,
    /// Earlier runs.
    pub history: History,
    /// The last tab.
    pub more: More,
    /// The window itself.
    pub window: WindowState,
    /// What is asked.
    pub ask: Option<Ask>,
    sheet: Option<sheet::Sheet>,
    tickets: Ticket,
    zone: TimeZone,
    now: Timestamp,
    schedule: schedule::Schedule,
    closing: bool,
    effects: Vec<Effect>,
}

impl App {
    /// A window over an installation that is still to be opened. Times are shown in `zone`.
    pub fn new(zone: TimeZone, now: Timestamp) -> Self {
        let mut app = Self {
            screen: Screen::Loading,
            broken: Notice::default(),
            tab: Tab::Dashboard,
            overview: Overview::default(),
            sign_in: SignIn::default(),
            server: None,
            running: None,
            notice: None,
            since_last: false,
            automatic: false,
            waits_for_plan: false,
            lists: None,
            plan: Plan::default(),
            settings: SettingsForm::default(),
            history: History::default(),
            more: More::default(),
            window: WindowState::default(),
            ask: None,
            sheet: None,
            tickets: Ticket::default(),
            zone,
            now,
            schedule: schedule::Schedule::default(),
            closing: false,
            effects: Vec::new(),
        };
        app.job(Job::Overview);
        app
    }

    /// What is to be done outside since this was last asked.
    pub fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Opens the installation again.
    pub fn retry(&mut self) {
        self.screen = Screen::Loading;
        self.job(Job::Overview);
    }

    /// Shows another tab; changed settings are asked about first.
    pub fn select_tab(&mut self, tab: Tab) {
        if tab == self.tab {
            return;
        }
        if self.tab == Tab::Settings && self.settings.is_changed() {
            self.ask = Some(Ask::leave(self.settings.changes(), Some(tab)));
            return;
        }
        self.show_tab(tab);
    }

    fn show_tab(&mut self, tab: Tab) {
        self.tab = tab;
        if tab == Tab::Settings {
            self.settings.begin();
            self.job(Job::Settings);
        }
    }

    /// Takes what the engine answers.
    pub fn reply(&mut self, reply: Reply) {
        match reply {
            Reply::Began | Reply::Done(Ok(())) => {}
            Reply::Event(event) => self.event(&event),
            Reply::Waits(text) => self.waits(text),
            Reply::Notice(text) => self.said_on_the_way(text),
            Reply::Page { ticket, what } => self.page_reported(ticket, what),
            Reply::ServicePlanned(told) => self.service_planned(&told),
            Reply::ServiceSynced(told) => self.service_synced(&told),
            Reply::Runs(runs) => self.runs_read(runs),
            Reply::Tested(result) => self.tested(result),
            Reply::Planned(result) => self.planned(result),
            Reply::Synced { scheduled, result } => self.synced(scheduled, result),
            Reply::Examined { of, result } => self.examined(of, result),
            Reply::Counted(result) => self.counted(result),
            Reply::SignedIn(result) => self.signed_in(result),
            Reply::Overview(result) => self.overviewed(result),
            Reply::Settings(result) => self.settings_read(result),
            Reply::Saved { of, result } => self.saved(of, result),
            Reply::RunDetails(result) => self.run_details(result),
            Reply::CacheCleared(result) => self.cache_cleared(result),
            Reply::LoggedOut(result) => self.logged_out(result),
            Reply::Update(result) => self.updated(result),
            Reply::Written(result) => self.written(result),
            Reply::Done(Err(failure)) => self.notice = Some(Notice::of(&failure)),
        }
        self.finish_closing();
    }

    fn overviewed(&mut self, result: Result<Box<Overview>, crate::job::Failure>) {
        let overview = match result {
            Ok(overview) => *overview,
            Err(failure) => {
                self.screen = Screen::Broken;
                self.broken = Notice::of(&failure).without_tabs();
                return;
            }
        };
        let first = matches!(self.screen, Screen::Loading | Screen::Broken);
        let runs = std::mem::take(&mut self.overview.state.runs);
        self.overview = overview;
        // A service tells of the runs apart.
        if self.overview.state.by_service && runs.len() > self.overview.state.runs.len() {
            self.overview.state.runs = runs;
        }
        self.history.list(&self.overview.state.runs, &self.zone);
        if first {
            self.window = WindowState::remembered(&self.overview.remembered);
            self.take_up_timer();
            self.tell_of_unfinished();
            self.ask_which_profile();
        }
        // Who signs in to a profile of the service does it where the service is.
        if self.overview.state.client_id.is_some() || self.overview.state.by_service {
            self.screen = Screen::Main;
        } else {
            self.lost_session();
        }
    }

    /// Where this profile was never set up, and others are there, nobody is led into a new one by mistake.
    fn ask_which_profile(&mut self) {
        if self.overview.others > 0 && self.sheet.is_none() {
            self.open_profiles();
        }
    }

    fn runs_read(&mut self, runs: Vec<bwdc_engine::ledger::RunRecord>) {
        self.overview.state.runs = runs;
        self.history.list(&self.overview.state.runs, &self.zone);
    }

    /// Has the engine do something.
    fn job(&mut self, job: Job) {
        self.effects.push(Effect::Job(job));
    }

    /// A point in time as people here read it.
    pub fn moment(&self, time: Timestamp) -> String {
        local(time, &self.zone)
    }
}

/// A point in time on the clock of a zone, to the minute.
pub(crate) fn local(time: Timestamp, zone: &TimeZone) -> String {
    jiff::Timestamp::from_millisecond(time.0).map_or_else(
        |_| bwdc_messages::time::moment(time),
        |time| time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}
