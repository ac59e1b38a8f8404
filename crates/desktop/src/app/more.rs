//! Checks, data, signing out, updates.

use super::ask::AskKind;
use super::{App, Ask, Effect, Notice, RunKind, Tone};
use crate::job::{Asked, Failure, Job};
use crate::rows::Listed;
use bwdc_messages::desktop::{examined, finding_row, label, written};
use bwdc_messages::finding::{Described, Level};
use bwdc_messages::{CommandLine, account, finding, program, sync};
use serde_json::Value;
use std::path::PathBuf;
use std::rc::Rc;

const LICENCES: &str = "https://www.gnu.org/licenses/gpl-3.0.html";

/// What the last tab shows.
#[derive(Default)]
pub struct More {
    findings: Vec<Described>,
    /// What was found.
    pub rows: Rc<Listed>,
    /// The finding whose detail is shown.
    pub finding: Option<usize>,
    /// What came of asking for updates.
    pub update: String,
    /// Whether it is being asked.
    pub update_busy: bool,
    /// Something to be read first.
    pub notice: Option<Notice>,
}

impl More {
    /// Whether anything was checked.
    pub fn is_examined(&self) -> bool {
        !self.findings.is_empty()
    }

    /// What came of it.
    pub fn summary(&self) -> String {
        if self.findings.is_empty() {
            return label("more.doctor-help");
        }
        let count = |level| self.findings.iter().filter(|it| it.level() == level).count();
        examined(count(Level::Ok), count(Level::Warn), count(Level::Fail))
    }

    /// The detail of the finding that was chosen.
    pub fn detail(&self) -> String {
        self.finding.and_then(|it| self.rows.0.get(it)).map(|it| it.detail.clone()).unwrap_or_default()
    }

    /// The findings as text and as JSON, for the archive.
    pub(super) fn report(&self) -> Option<(String, Value)> {
        let commands = CommandLine::default();
        self.is_examined().then(|| {
            (finding::text(&self.findings, None, &commands), finding::data(&self.findings, &commands))
        })
    }
}

impl App {
    /// Checks everything.
    pub fn examine(&mut self) {
        if self.running.is_none() {
            self.more.finding = None;
            let job = Job::Examine { typed: Vec::new(), secrets: Vec::new(), of: Asked::More };
            self.start(RunKind::Check, job);
        }
    }

    pub(super) fn examined_all(&mut self, result: Result<Vec<Described>, Failure>) {
        self.ended();
        match result {
            Ok(mut findings) => {
                // What does not work stands first; the order within is that of the checks.
                findings.sort_by_key(|it| match it.level() {
                    Level::Fail => 0,
                    Level::Warn => 1,
                    Level::Waiting => 2,
                    Level::Ok => 3,
                });
                let commands = CommandLine::default();
                let rows = findings.iter().map(|it| finding_row(it, &commands)).collect();
                self.more.rows = Rc::new(Listed(rows));
                self.more.findings = findings;
                self.more.notice = None;
            }
            Err(failure) => self.more.notice = Some(Notice::of(&failure)),
        }
    }

    /// Shows what is known of a finding.
    pub fn choose_finding(&mut self, number: usize) {
        self.more.finding = Some(number).filter(|it| *it < self.more.rows.0.len());
    }

    /// Asks whether the key is deleted.
    pub fn ask_to_log_out(&mut self) {
        if self.running.is_none() {
            let ask = Ask::new(AskKind::LogOut, "ask.log-out.title", label("ask.log-out"), "step.log-out");
            self.ask = Some(ask);
        }
    }

    pub(super) fn logged_out(&mut self, result: Result<(), Failure>) {
        match result {
            Ok(()) => {
                self.lost_session();
                self.sign_in.notice = Some(Notice::new(Tone::Plain, account::logged_out()));
                self.overview.state.client_id = None;
            }
            Err(failure) => self.more.notice = Some(Notice::of(&failure)),
        }
    }

    /// Asks whether the cache is cleared.
    pub fn ask_to_clear(&mut self) {
        if self.running.is_none() {
            let message = label("more.clear-help");
            self.ask = Some(Ask::new(AskKind::ClearCache, "ask.clear.title", message, "ask.clear.yes"));
        }
    }

    pub(super) fn cache_cleared(&mut self, result: Result<(), Failure>) {
        self.more.notice = Some(match result {
            Ok(()) => Notice::new(Tone::Good, sync::cache_cleared()),
            Err(failure) => Notice::of(&failure),
        });
        self.plan.is_stale();
        self.job(Job::Overview);
    }

    /// Opens the folder of the installation.
    pub fn open_folder(&mut self) {
        self.effects.push(Effect::Open(self.overview.folder.clone()));
    }

    /// Opens the texts of the licences.
    pub fn open_licences(&mut self) {
        self.effects.push(Effect::Open(PathBuf::from(LICENCES)));
    }

    /// Asks whether there is a newer version.
    pub fn check_updates(&mut self) {
        if !self.more.update_busy {
            self.more.update_busy = true;
            self.more.update.clear();
            self.job(Job::Update);
        }
    }

    pub(super) fn updated(&mut self, result: Result<Option<(String, String)>, String>) {
        self.more.update_busy = false;
        self.more.update = match result {
            Ok(Some((version, page))) => {
                self.effects.push(Effect::Open(PathBuf::from(page)));
                program::newer(&version)
            }
            Ok(None) => program::newest(env!("CARGO_PKG_VERSION")),
            Err(message) => message,
        };
    }

    pub(super) fn written(&mut self, result: Result<PathBuf, Failure>) {
        let notice = match result {
            Ok(path) => Notice::new(Tone::Good, written(&path)),
            Err(failure) => Notice::of(&failure),
        };
        match self.tab {
            super::Tab::Dashboard => self.notice = Some(notice),
            super::Tab::Plan => self.plan.notice = Some(notice),
            super::Tab::Settings => self.settings.notice = Some(notice),
            super::Tab::History | super::Tab::More => self.more.notice = Some(notice),
        }
    }

    /// The sentence on the last tab was read.
    pub fn close_more_notice(&mut self) {
        self.more.notice = None;
    }

    /// The sentence in the settings was read.
    pub fn close_settings_notice(&mut self) {
        self.settings.notice = None;
    }
}
