//! Earlier runs, and what each of them did.

use super::chosen::{Chosen, back, hints};
use super::loading::{Loading, with_again};
use super::search::{self, Search};
use super::text::{ROOM, TextView};
use crate::desk::{Desk, Turn, View};
use crate::job::{Happened, Job, JobId};
use crate::key::Key;
use crate::screen::{Hint, Row, Screen, Tone};
use bwdc_engine::ledger::{RunOutcome, RunRecord};
use bwdc_messages::plan::Extent;
use bwdc_messages::time::moment;
use bwdc_messages::{history, text};

/// The runs.
pub(crate) struct HistoryView {
    loading: Loading,
    runs: Vec<RunRecord>,
    at: Chosen,
    search: Search,
}

impl HistoryView {
    pub(crate) fn begin(desk: &mut Desk) -> Self {
        Self {
            loading: Loading::of(desk.start(Job::History)),
            runs: Vec::new(),
            at: Chosen::default(),
            search: Search::default(),
        }
    }
}

impl HistoryView {
    fn shown(&self) -> Vec<&RunRecord> {
        let row = |it: &RunRecord| format!("{} {}", left(it), right(it));
        self.runs.iter().filter(|it| self.search.shows(&row(it))).collect()
    }
}

fn left(run: &RunRecord) -> String {
    format!("{:>5}  {}", run.id.0, moment(run.started_at))
}

fn right(run: &RunRecord) -> String {
    let outcome = history::outcome_in_words(run);
    if history::has_changes(run) { format!("{outcome:<11}  {}", history::changes(run)) } else { outcome }
}

impl View for HistoryView {
    fn key(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        if self.loading.has_failed() && *key == Key::Char('r') {
            return Turn::Replace(Box::new(Self::begin(desk)));
        }
        if let Some(turn) = self.loading.key(key) {
            return turn;
        }
        if self.search.key(key) {
            self.at.within(self.shown().len());
            return Turn::Stay;
        }
        match key {
            Key::Enter => {
                if let Some(run) = self.shown().get(self.at.0).map(|it| it.id) {
                    self.loading = Loading::of(desk.start(Job::Run(run)));
                }
                Turn::Stay
            }
            Key::Char('r') => {
                self.loading = Loading::of(desk.start(Job::History));
                Turn::Stay
            }
            key if self.at.key(key, self.shown().len()) => Turn::Stay,
            _ => Turn::Unknown,
        }
    }

    fn report(&mut self, job: JobId, what: Happened, desk: &mut Desk) -> Result<Turn, Happened> {
        let Some(what) = self.loading.report(job, what, desk)? else { return Ok(Turn::Stay) };
        match what {
            Happened::History(runs) => {
                self.runs = runs;
                self.at.within(self.runs.len());
            }
            Happened::Run(record, entries) => {
                let title = text!("history-view.run", "Run {run}", run = record.id.0);
                let lines = history::run_lines(&record, &entries, (Extent::Whole, ROOM), &desk.commands);
                return Ok(Turn::Open(Box::new(TextView::of_paragraphs(title, lines))));
            }
            other => return Err(other),
        }
        Ok(Turn::Stay)
    }

    fn is_waiting(&self) -> bool {
        self.loading.is_waiting()
    }

    fn screen<'s>(&'s self, _desk: &'s Desk) -> Screen<'s> {
        let title = text!("menu.history", "History");
        if let Some(failed) = self.loading.screen(title.clone()) {
            return with_again(failed);
        }
        let mut screen = Screen::new(title);
        let row = |run: &RunRecord| Row {
            left: left(run).into(),
            right: right(run).into(),
            tone: tone(run),
            ..Row::default()
        };
        let rows = self.shown().into_iter().map(row).collect();
        screen = screen.with_rows(rows, self.at.0, 30);
        if let Some(list) = &mut screen.list {
            let loading = self.loading.is_waiting();
            let none = || text!("history.none", "There are no runs yet.");
            list.empty = if loading { String::new() } else { self.search.nothing().unwrap_or_else(none) };
        }
        screen.input = self.search.input();
        screen.hints = hints();
        screen.hints.push(search::hint());
        screen.hints.push(Hint::new("r", text!("menu.refresh", "refresh"), "refresh", Key::Char('r')));
        screen.hints.push(back());
        screen
    }
}

fn tone(run: &RunRecord) -> Tone {
    match run.outcome {
        Some(RunOutcome::Complete) => Tone::Good,
        Some(RunOutcome::Unchanged) => Tone::Faint,
        Some(RunOutcome::Refused | RunOutcome::Failed) => Tone::Bad,
        Some(RunOutcome::Partial | RunOutcome::Interrupted) | None => Tone::Warning,
    }
}
