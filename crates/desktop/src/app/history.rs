//! Earlier runs, and what one of them did.

use super::{App, Notice, local};
use crate::job::{Failure, Job};
use crate::rows::{Listed, matches};
use bwdc_engine::HistoryEntry;
use bwdc_engine::ledger::RunRecord;
use bwdc_messages::desktop::{RowText, action_row, run_row};
use jiff::tz::TimeZone;
use std::rc::Rc;

/// The runs as they are looked at.
#[derive(Default)]
pub struct History {
    runs: Vec<RunRecord>,
    /// All of them.
    pub rows: Rc<Listed>,
    /// The one whose details are shown.
    pub chosen: Option<usize>,
    /// What was typed to search in its details.
    pub search: String,
    details: Option<(RunRecord, Vec<HistoryEntry>)>,
    /// What it did.
    pub actions: Rc<Listed>,
}

impl History {
    pub(super) fn list(&mut self, runs: &[RunRecord], zone: &TimeZone) {
        let same = self.chosen.and_then(|it| self.runs.get(it)).map(|it| it.id);
        self.runs = runs.to_vec();
        self.chosen = same.and_then(|id| self.runs.iter().position(|it| it.id == id));
        let row = |run: &RunRecord| RowText { title: local(run.started_at, zone), ..run_row(run) };
        self.rows = Rc::new(Listed(runs.iter().map(row).collect()));
    }

    /// The title of the run that is shown.
    pub fn title(&self) -> String {
        self.chosen.and_then(|it| self.rows.0.get(it)).map(|it| it.title.clone()).unwrap_or_default()
    }

    /// What it came to.
    pub fn detail(&self) -> String {
        let row = self.chosen.and_then(|it| self.rows.0.get(it));
        row.map(|it| format!("{} · {}", it.tail, it.note)).unwrap_or_default()
    }

    /// What it did, for a spreadsheet.
    pub fn csv(&self) -> String {
        self.details.as_ref().map(|(_, it)| bwdc_messages::history::run_csv(it)).unwrap_or_default()
    }

    fn find(&mut self) {
        let entries = self.details.iter().flat_map(|(_, it)| it);
        let rows = entries.map(action_row).filter(|it| matches(it, &self.search));
        self.actions = Rc::new(Listed(rows.collect()));
    }
}

impl App {
    /// Reads the runs again.
    pub fn refresh_history(&mut self) {
        self.job(Job::Overview);
    }

    /// Shows what a run did.
    pub fn choose_run(&mut self, number: usize) {
        let Some(run) = self.history.runs.get(number) else { return };
        let job = Job::RunDetails(run.id);
        self.history.chosen = Some(number);
        self.history.details = None;
        self.history.actions = Rc::default();
        self.job(job);
    }

    /// Searches in what it did.
    pub fn search_run(&mut self, text: &str) {
        text.clone_into(&mut self.history.search);
        self.history.find();
    }

    pub(super) fn run_details(&mut self, result: Result<(RunRecord, Vec<HistoryEntry>), Failure>) {
        match result {
            Ok(details) => {
                let wanted = self.history.chosen.and_then(|it| self.history.runs.get(it)).map(|it| it.id);
                if wanted == Some(details.0.id) {
                    self.history.details = Some(details);
                    self.history.find();
                }
            }
            Err(failure) => self.more.notice = Some(Notice::of(&failure)),
        }
    }
}
