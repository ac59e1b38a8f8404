//! Pages that take the place of the tabs for a while: the guided set-up, a refused run, repairs, the service, a new key. Each is
//! a value that gives a [`Page`] to draw and takes what is done on it; what comes of that is an [`Outcome`].

mod approval;
mod files;
mod key;
mod profiles;
mod repairs;
mod service;
mod setup;

pub use key::KeyKind;

use super::ask::{Ask, AskKind};
use super::{App, Notice, Screen, Tab, Tone};
use crate::job::{Job, Overview, Ticket};
use crate::rows::Listed;
use bwdc_engine::paths::ProfileName;
use bwdc_jobs::job::{Happened, Job as SharedJob};
use bwdc_jobs::service::ServiceItem;
use bwdc_messages::desktop::label;
use bwdc_messages::line::Line;
use bwdc_messages::setup::SetupExtent;
use std::rc::Rc;

/// A line that is filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageField {
    /// What it asks for.
    pub label: String,
    /// What it is about.
    pub help: String,
    /// What was typed.
    pub value: String,
    /// What counts where nothing is typed.
    pub placeholder: String,
    /// Why it cannot be used.
    pub error: String,
    /// Whether it is typed unseen.
    pub secret: bool,
}

/// What a button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// Goes on with what was typed or chosen.
    Next,
    /// Looks again.
    Refresh,
    /// Shows what is to be prepared elsewhere, or puts it away.
    Prepare,
    /// Approves what was refused.
    Approve,
    /// Takes an approval back.
    Withdraw,
    /// Syncs.
    Sync,
    /// Carries out what was picked.
    CarryOut,
    /// Something about the service.
    Service(ServiceItem),
    /// Installs the service as shown.
    Install,
    /// Asks for the name of something new.
    Name,
    /// Asks for a folder elsewhere.
    Elsewhere,
}

/// How a button is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PressKind {
    /// One of several.
    #[default]
    Usual,
    /// What most people want: Enter presses it.
    Primary,
    /// It takes something away.
    Danger,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageButton {
    /// What it does.
    pub press: Press,
    /// What it says.
    pub label: String,
    /// How it is meant.
    pub kind: PressKind,
}

impl PageButton {
    fn new(press: Press, label: impl Into<String>) -> Self {
        Self { press, label: label.into(), kind: PressKind::Usual }
    }

    fn primary(self) -> Self {
        Self { kind: PressKind::Primary, ..self }
    }

    fn danger(self) -> Self {
        Self { kind: PressKind::Danger, ..self }
    }
}

/// What is drawn.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Its title.
    pub title: String,
    /// Which step of how many.
    pub place: Option<(usize, usize)>,
    /// What stays until it was read.
    pub notice: Option<Notice>,
    /// What is known.
    pub head: Vec<Line>,
    /// What is waited for; empty: nothing.
    pub busy: String,
    /// The question over choices.
    pub question: String,
    /// What can be chosen.
    pub choices: Vec<String>,
    /// Which of it is.
    pub choice: usize,
    /// What is filled in.
    pub fields: Vec<PageField>,
    /// What the question is about.
    pub help: String,
    /// A list, and whether its rows can be chosen.
    pub rows: Option<(Rc<Listed>, bool)>,
    /// The row that was chosen.
    pub row: Option<usize>,
    /// All of that row.
    pub detail: String,
    /// What can be done.
    pub buttons: Vec<PageButton>,
}

/// What comes of something that was done on a page.
pub(super) enum Outcome {
    /// The page shows it.
    Stay,
    /// Something is carried out, and the page waits for it.
    Job(SharedJob),
    /// Something is asked first.
    Ask(Box<Ask>),
    /// The page goes, and a run begins.
    Run(Job),
    /// The page goes, with something to be read where there is any.
    Close(Option<Notice>),
    /// The page goes, and these settings are filled in, not saved.
    Fill(Vec<(&'static str, String)>),
    /// The page goes, and the settings come, at one of them.
    Settings(&'static str),
    /// Another profile is opened, in a window of its own.
    Profile(ProfileName),
    /// The page goes, and the installation is opened anew.
    Reopen(Notice),
}

/// A question of a page, which the page answers when it is agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageAsk {
    /// Whether a refused run is approved.
    Approve,
    /// Whether repairs are carried out.
    Repair,
    /// Whether the service is stopped.
    Stop,
    /// Whether it is removed.
    Remove,
    /// Whether it may run what another account chose.
    Commands,
    /// Whether what was typed may be lost.
    Leave,
}

/// What is asked for a page: only who types the word, where there is one, agrees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageQuestion {
    /// What.
    pub what: PageAsk,
    /// What has to be typed.
    pub word: Option<String>,
    /// What is said when something else is typed.
    pub other: String,
}

/// A page.
pub(super) trait SheetPage {
    /// How it looks.
    fn page(&self, overview: &Overview) -> Page;

    /// A button is pressed.
    fn press(&mut self, press: Press) -> Outcome;

    /// A field is filled in.
    fn typed(&mut self, _field: usize, _text: &str) {}

    /// A choice or a row is chosen.
    fn chosen(&mut self, _number: usize) -> Outcome {
        Outcome::Stay
    }

    /// Somebody wants to go back.
    fn back(&mut self) -> Outcome {
        Outcome::Close(None)
    }

    /// Whether something was typed that is kept nowhere.
    fn has_unsaved(&self) -> bool {
        false
    }

    /// Something that was asked is agreed to.
    fn agreed(&mut self, _what: PageAsk) -> Outcome {
        Outcome::Stay
    }

    /// Something came of what it asked for.
    fn report(&mut self, what: Happened) -> Outcome;
}

/// A page, and what it waits for.
pub(super) struct Sheet {
    page: Box<dyn SheetPage>,
    ticket: Option<Ticket>,
    /// Whether what it waits for is a run.
    sends: bool,
}

impl App {
    /// What is drawn of the page that is open.
    pub fn page(&self) -> Option<Page> {
        self.sheet.as_ref().map(|it| it.page.page(&self.overview))
    }

    /// Opens the guided set-up, or the part of it that signs in.
    pub fn open_setup(&mut self, extent: SetupExtent) {
        let (page, work) = setup::SetupSheet::begin(extent);
        self.open(Box::new(page), SharedJob::Setup(work));
    }

    /// Opens the run that was refused last.
    pub fn open_approval(&mut self) {
        self.open(Box::new(approval::ApprovalSheet::default()), SharedJob::Refused);
    }

    /// Opens what no sync decides by itself.
    pub fn open_repairs(&mut self) {
        let (page, job) = repairs::RepairSheet::begin();
        self.open(Box::new(page), job);
    }

    /// Opens the background service.
    pub fn open_service(&mut self) {
        let (page, job) = service::ServiceSheet::begin();
        self.open(Box::new(page), job);
    }

    /// Opens the choice of a profile.
    pub fn open_profiles(&mut self) {
        let (page, job) = profiles::ProfileSheet::begin();
        self.open(Box::new(page), job);
    }

    /// Opens the choice of a file for a setting.
    pub fn open_files(&mut self, name: &str) {
        let purpose = match bwdc_core::settings::Setting::find(name) {
            Some(setting) if setting.name == "gsuite.clientEmail" => files::FileUse::GoogleKey,
            Some(setting) => files::FileUse::Path(setting.name),
            None => return,
        };
        // Where the file is that is set; else beside the installation.
        let stored = self.settings.fields().into_iter().find(|it| it.name == name).map(|it| it.value);
        let set = stored.filter(|it| purpose != files::FileUse::GoogleKey && !it.is_empty());
        let path = set.unwrap_or_else(|| self.overview.folder.join("").display().to_string());
        let (page, job) = files::FileSheet::begin(purpose, path);
        self.open(Box::new(page), job);
    }

    /// Opens the choice of a file of settings, which fill the form; nothing is written before Save.
    pub fn import_settings(&mut self) {
        if self.running.is_some() {
            return;
        }
        self.select_tab(super::Tab::Settings);
        if self.tab == super::Tab::Settings {
            let folder = self.overview.folder.join("").display().to_string();
            let (page, job) = files::FileSheet::begin(files::FileUse::Settings, folder);
            self.open(Box::new(page), job);
        }
    }

    /// Opens where a key is typed.
    pub fn open_key(&mut self, kind: KeyKind) {
        if self.running.is_none() {
            self.sheet = Some(Sheet { page: Box::new(key::KeySheet::new(kind)), ticket: None, sends: false });
        }
    }

    fn open(&mut self, page: Box<dyn SheetPage>, job: SharedJob) {
        if self.running.is_some() {
            return;
        }
        self.sheet = Some(Sheet { page, ticket: None, sends: false });
        self.page_job(job);
    }

    fn page_job(&mut self, job: SharedJob) {
        self.tickets = Ticket(self.tickets.0 + 1);
        if let Some(sheet) = &mut self.sheet {
            sheet.ticket = Some(self.tickets);
            sheet.sends = job.is_run();
            self.job(Job::Page { ticket: self.tickets, job });
        }
    }

    /// A button of the page is pressed.
    pub fn press_page(&mut self, number: usize) {
        let button = self.page().and_then(|it| it.buttons.get(number).map(|it| it.press));
        if let (Some(press), Some(sheet)) = (button, &mut self.sheet) {
            let outcome = sheet.page.press(press);
            self.page_outcome(outcome);
        }
    }

    /// Enter is pressed: what most people want.
    pub fn accept_page(&mut self) {
        let primary = |page: super::Page| page.buttons.iter().position(|it| it.kind == PressKind::Primary);
        if let Some(number) = self.page().and_then(primary) {
            self.press_page(number);
        }
    }

    /// A field of the page is filled in.
    pub fn type_page(&mut self, field: usize, text: &str) {
        if let Some(sheet) = &mut self.sheet {
            sheet.page.typed(field, text);
        }
    }

    /// A choice or a row of the page is chosen.
    pub fn choose_on_page(&mut self, number: usize) {
        if let Some(sheet) = &mut self.sheet {
            let outcome = sheet.page.chosen(number);
            self.page_outcome(outcome);
        }
    }

    /// A button of what is to be read on the page is pressed: the page goes, and what the button does comes.
    pub fn act_on_page(&mut self, number: usize) {
        let notice = self.page().and_then(|it| it.notice);
        if let Some(action) = notice.and_then(|it| it.actions.get(number).cloned()) {
            self.close_page();
            self.act(&action);
        }
    }

    /// Somebody goes back.
    pub fn leave_page(&mut self) {
        if self.page_sends() {
            let ask = Ask::new(AskKind::EndRun, "ask.close.title", label("ask.close"), "ask.end.yes");
            self.ask = Some(ask.dangerous());
            return;
        }
        let Some(sheet) = &mut self.sheet else { return };
        if sheet.ticket.take().is_some() {
            self.effects.push(super::Effect::CancelRun);
        }
        let outcome = sheet.page.back();
        self.page_outcome(outcome);
    }

    pub(super) fn page_agreed(&mut self, what: PageAsk) {
        if let Some(sheet) = &mut self.sheet {
            let outcome = sheet.page.agreed(what);
            self.page_outcome(outcome);
        }
    }

    pub(super) fn page_reported(&mut self, ticket: Ticket, what: Happened) {
        // What a page asked for that was left since is nobody's.
        let Some(sheet) = self.sheet.as_mut().filter(|it| it.ticket == Some(ticket)) else { return };
        if !matches!(what, Happened::Progress(_) | Happened::Held(_) | Happened::Notice(_)) {
            sheet.ticket = None;
        }
        let outcome = sheet.page.report(what);
        self.page_outcome(outcome);
    }

    fn page_outcome(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Stay => {}
            Outcome::Job(job) => self.page_job(job),
            Outcome::Ask(ask) => self.ask = Some(*ask),
            Outcome::Run(job) => {
                self.close_page();
                self.tab = Tab::Dashboard;
                self.notice = None;
                self.start_sync(job);
            }
            Outcome::Close(notice) => {
                self.close_page();
                if let Some(notice) = notice {
                    self.tab = Tab::Dashboard;
                    self.notice = Some(notice);
                }
                self.job(Job::Overview);
            }
            Outcome::Fill(values) => {
                self.close_page();
                values.iter().for_each(|(name, value)| self.settings.type_value(name, value));
            }
            Outcome::Profile(name) => {
                self.close_page();
                self.effects.push(super::Effect::OpenProfile(name));
                self.job(Job::Overview);
            }
            Outcome::Reopen(notice) => {
                self.close_page();
                self.retry();
                self.notice = Some(notice);
            }
            Outcome::Settings(name) => {
                self.close_page();
                self.act(&super::Action::Settings { setting: Some(name.to_owned()), value: None });
            }
        }
    }

    pub(super) fn close_page(&mut self) {
        self.sheet = None;
        self.ask = None;
    }

    /// Whether a page waits for a run.
    pub(super) fn page_sends(&self) -> bool {
        self.sheet.as_ref().is_some_and(|it| it.ticket.is_some() && it.sends)
    }

    /// Whether something was typed on a page that is kept nowhere.
    pub(super) fn page_has_unsaved(&self) -> bool {
        self.sheet.as_ref().is_some_and(|it| it.page.has_unsaved())
    }

    /// Whether a page covers everything else.
    pub fn is_on_page(&self) -> bool {
        self.sheet.is_some() && self.screen != Screen::Loading
    }
}

/// A question of a page.
fn ask(what: PageAsk, title: &str, message: String, confirm: &str) -> Ask {
    Ask::new(AskKind::Page(PageQuestion { what, word: None, other: String::new() }), title, message, confirm)
}

/// A question of a page that is agreed to by typing a word.
fn ask_word(
    what: PageAsk,
    title: &str,
    message: String,
    line: String,
    word: String,
    other: String,
    confirm: &str,
) -> Ask {
    let kind = AskKind::Page(PageQuestion { what, word: Some(word), other });
    Ask { line: Some((line, String::new())), ..Ask::new(kind, title, message, confirm).dangerous() }
}

/// What a page came to, as something to be read there.
fn failed(error: bwdc_messages::ErrorText) -> Notice {
    Notice::of(&crate::job::Failure::from(error))
}

fn said(text: String) -> Notice {
    Notice::new(Tone::Good, text)
}
