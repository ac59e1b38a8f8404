//! A guided set-up: what is asked, in which order, what the answers mean, and what is to be carried out. There is no terminal
//! and no window in it: the line-by-line front, the console and the desktop app draw its pages and carry out its work.
//!
//! A step can be left and taken up again at any time: what is stored is stored, and a new set-up begins at the first step
//! that is not done.

mod answer;
mod check;
mod kind;
mod leavers;
mod outcome;
mod page;
mod server;
mod summary;
mod work;

pub use kind::SetupKind;
pub use page::{Ask, SetupPage, service_lines};
pub use summary::{Counted, run_lines, shared_addresses};
pub use work::{SetupDone, SetupFacts, SetupPlan, SetupWork, Typed};

use crate::finding::Described;
use crate::form::Choice;
use crate::line::Line;
use bwdc_core::settings::{DirectoryKind, Setting};
use bwdc_engine::{Discovered, Entry, Origin};
use kind::Asked;
use secrecy::SecretString;
use serde_json::Value;
use std::collections::BTreeMap;

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SetupStep {
    /// Which server the organization is on.
    Server,
    /// Who signs in to it.
    SignIn,
    /// Which kind of directory is read.
    Directory,
    /// How it is reached.
    Connection,
    /// Who of it is brought over.
    Selection,
    /// What a sync would do.
    Plan,
    /// The first sync.
    FirstSync,
    /// What runs from then on.
    Service,
}

impl SetupStep {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Server,
        Self::SignIn,
        Self::Directory,
        Self::Connection,
        Self::Selection,
        Self::Plan,
        Self::FirstSync,
        Self::Service,
    ];
}

/// What is asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// Where to go on.
    Overview,
    Server,
    ServerUrl,
    ClientId,
    ClientSecret,
    Password,
    /// What the sign-in asks.
    Account,
    Kind,
    /// One of those of the kind.
    Connection(usize),
    Base,
    BaseTyped,
    Software,
    /// What a test found.
    Tried,
    Authorities,
    What,
    Invite,
    /// What becomes of entries that have one address.
    SameAddress,
    /// What a read brought.
    Counted,
    /// One of the settings that choose people and groups.
    Refine(usize),
    /// Whether to make the plan now.
    BeforePlan,
    Planned,
    Synced,
    Service,
    End,
}

impl Question {
    fn step(self) -> Option<SetupStep> {
        Some(match self {
            Self::Overview | Self::End => return None,
            Self::Server | Self::ServerUrl => SetupStep::Server,
            Self::ClientId | Self::ClientSecret | Self::Password | Self::Account => SetupStep::SignIn,
            Self::Kind => SetupStep::Directory,
            Self::Connection(_)
            | Self::Base
            | Self::BaseTyped
            | Self::Software
            | Self::Tried
            | Self::Authorities => SetupStep::Connection,
            Self::What | Self::Invite | Self::SameAddress | Self::Counted | Self::Refine(_) => {
                SetupStep::Selection
            }
            Self::BeforePlan | Self::Planned => SetupStep::Plan,
            Self::Synced => SetupStep::FirstSync,
            Self::Service => SetupStep::Service,
        })
    }
}

/// What comes after the work that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Waiting {
    /// The installation is looked at for the first time.
    Facts,
    /// Something is stored; then this is asked.
    Saved(Question),
    SignIn,
    KeyFile,
    Discovery,
    Trial,
    Count,
    Plan,
    Sync,
}

/// What the sign-in asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct AccountQuestion {
    question: String,
    choices: Vec<Choice>,
}

/// How far a set-up goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupExtent {
    /// From the server to the service.
    Whole,
    /// It ends when somebody is signed in.
    SignInOnly,
}

/// An answer to what is asked.
pub enum SetupReply {
    /// A line; empty: what counts unless something is typed.
    Text(String),
    /// A secret.
    Secret(SecretString),
    /// The position of a choice.
    Choice(usize),
}

/// A set-up on its way.
pub struct Setup {
    extent: SetupExtent,
    facts: SetupFacts,
    question: Question,
    /// Questions before this one, in this step.
    before: Vec<Question>,
    waiting: Option<Waiting>,
    progress: Option<String>,
    /// Settings that were typed and are not stored yet.
    typed: BTreeMap<&'static str, String>,
    secret: Option<(&'static Setting, SecretString)>,
    kind: Option<SetupKind>,
    /// Whether a port was typed with the server.
    port_given: bool,
    /// Whether a path is typed in place of a container that was found.
    types_path: bool,
    /// Who signs in: a client id or an address.
    name: String,
    account: AccountQuestion,
    discovered: Discovered,
    /// Why the server could not be asked what it is.
    unreached: Option<String>,
    tried: Vec<Described>,
    counted: Counted,
    planned: SetupPlan,
    synced: Vec<Line>,
    error: Option<String>,
}

impl Setup {
    /// Begins; the work is to be carried out first.
    pub fn begin(extent: SetupExtent) -> (Self, SetupWork) {
        let setup = Self {
            extent,
            facts: SetupFacts::default(),
            question: Question::Overview,
            before: Vec::new(),
            waiting: Some(Waiting::Facts),
            progress: None,
            typed: BTreeMap::new(),
            secret: None,
            kind: None,
            port_given: false,
            types_path: false,
            name: String::new(),
            account: AccountQuestion::default(),
            discovered: Discovered::default(),
            unreached: None,
            tried: Vec::new(),
            counted: Counted::default(),
            planned: SetupPlan::default(),
            synced: Vec::new(),
            error: None,
        };
        (setup, SetupWork::Read)
    }

    /// Whether everything was asked.
    pub fn is_over(&self) -> bool {
        self.question == Question::End
    }

    /// Whether work is under way.
    pub fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Whether a sync ended well in this set-up.
    pub fn has_synced(&self) -> bool {
        !self.synced.is_empty()
    }

    /// Whether something was typed in this step that is not stored: leaving it should be asked about.
    pub fn has_unsaved(&self) -> bool {
        !self.typed.is_empty() || self.secret.is_some()
    }

    /// The kind of directory that was chosen.
    pub fn kind(&self) -> Option<SetupKind> {
        self.kind
    }

    /// One question back, or to the list of steps; false: there is nothing before.
    pub fn back(&mut self) -> bool {
        self.error = None;
        if self.waiting.take().is_some() {
            self.progress = None;
            return self.question != Question::Overview || self.has_choice_of_steps();
        }
        if let Some(question) = self.before.pop() {
            self.question = question;
            return true;
        }
        let from = self.question;
        self.question = Question::Overview;
        from != Question::Overview && self.has_choice_of_steps()
    }

    /// Goes on at a step.
    pub fn go_to(&mut self, step: SetupStep) {
        self.before.clear();
        self.error = None;
        self.question = self.first_of(step);
    }

    fn first_of(&self, step: SetupStep) -> Question {
        match step {
            SetupStep::Server => Question::Server,
            SetupStep::SignIn => Question::ClientId,
            SetupStep::Directory => Question::Kind,
            SetupStep::Connection if self.kind.is_some() => Question::Connection(0),
            SetupStep::Connection => Question::Kind,
            SetupStep::Selection => Question::What,
            SetupStep::Plan | SetupStep::FirstSync => Question::BeforePlan,
            SetupStep::Service => Question::Service,
        }
    }

    /// Whether a step is done, as far as the installation shows.
    pub fn is_done(&self, step: SetupStep) -> bool {
        let signed_in = self.facts.client_id.is_some();
        let is_set = |name: &&str| {
            let found = self.entry(name);
            found.is_some_and(|it| {
                it.origin != Origin::Default && (it.setting.is_secret() || !it.value.is_null())
            })
        };
        match step {
            SetupStep::Server => signed_in || is_set(&"server"),
            SetupStep::SignIn => signed_in,
            SetupStep::Directory => self.kind.is_some() && is_set(&"directory"),
            SetupStep::Connection => {
                is_set(&"directory") && self.kind.is_some_and(|it| it.needed().iter().all(is_set))
            }
            SetupStep::Selection => ["sync.users", "sync.groups"]
                .iter()
                .any(|it| self.entry(it).is_some_and(|it| it.value == true)),
            SetupStep::Plan | SetupStep::FirstSync => self.facts.has_synced,
            SetupStep::Service => false,
        }
    }

    /// The first step that is not done.
    pub fn next_step(&self) -> SetupStep {
        SetupStep::ALL.into_iter().find(|it| !self.is_done(*it)).unwrap_or(SetupStep::Service)
    }

    /// Somebody who has nothing is asked for nothing that has one answer.
    fn has_choice_of_steps(&self) -> bool {
        self.extent == SetupExtent::Whole && self.next_step() > SetupStep::Server
    }

    fn ask(&mut self, question: Question) {
        if self.question.step() == question.step() {
            self.before.push(self.question);
        } else {
            self.before.clear();
        }
        self.error = None;
        self.question = question;
    }

    fn wait(&mut self, waiting: Waiting, work: SetupWork) -> Option<SetupWork> {
        self.error = None;
        self.progress = None;
        self.waiting = Some(waiting);
        Some(work)
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.facts.entries.iter().find(|it| it.setting.name == name)
    }

    /// What counts for a setting: what was typed, else what is stored.
    fn value(&self, name: &str) -> String {
        if let Some(typed) = self.typed.get(name) {
            return typed.clone();
        }
        let found = self.entry(name).filter(|it| it.origin != Origin::Default);
        found.map(|it| crate::setting::value(it.setting, &it.value)).unwrap_or_default()
    }

    fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.typed.insert(name, value.into());
    }

    fn asked(&self) -> &'static [Asked] {
        self.kind.map_or(&[], SetupKind::asked)
    }

    fn typed(&self) -> Typed {
        let found = self.typed.iter().filter_map(|(name, value)| Some((Setting::find(name)?, value.clone())));
        Typed { settings: found.collect(), secret: self.secret.clone() }
    }

    /// The kind that is stored.
    fn stored_kind(&self) -> Option<SetupKind> {
        let number = self.entry("directory").map(|it| &it.value).and_then(Value::as_i64)?;
        let directory = DirectoryKind::from_number(number)?;
        let active_directory = self.entry("ldap.ad").is_some_and(|it| it.value == true);
        Some(SetupKind::of(directory, active_directory))
    }
}

#[cfg(test)]
mod tests;
