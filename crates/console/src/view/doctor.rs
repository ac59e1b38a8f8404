//! The checks of doctor as they come in; what to do next is carried out from here.

use super::chosen::{Chosen, back};
use super::search::{self, Search};
use super::trouble::{Trouble, TroubleView};
use crate::desk::{Desk, Turn, View};
use crate::job::{Happened, Job, JobId};
use crate::key::Key;
use crate::screen::{Hint, Line, Row, Screen, Tone};
use bwdc_messages::finding::Described;
use bwdc_messages::text;

/// The checks.
pub(crate) struct DoctorView {
    job: Option<JobId>,
    found: Vec<Described>,
    failure: Option<Line>,
    at: Chosen,
    /// Whether only what needs attention is shown.
    problems_only: bool,
    search: Search,
}

impl DoctorView {
    pub(crate) fn begin(desk: &mut Desk) -> Self {
        let job = Some(desk.start(Job::Doctor));
        Self {
            job,
            found: Vec::new(),
            failure: None,
            at: Chosen::default(),
            problems_only: false,
            search: Search::default(),
        }
    }

    /// Whoever has not moved meanwhile is shown what matters most.
    fn choose_first_problem(&mut self) {
        if self.at.0 != 0 {
            return;
        }
        let shown = self.shown();
        let failed = shown.iter().position(|it| it.is_failure());
        let problem = failed.or_else(|| shown.iter().position(|it| !it.is_good()));
        self.at = Chosen(problem.unwrap_or(0));
    }

    fn shown(&self) -> Vec<&Described> {
        let wanted =
            |it: &&Described| (!self.problems_only || !it.is_good()) && self.search.shows(&it.line());
        self.found.iter().filter(wanted).collect()
    }
}

impl View for DoctorView {
    fn key(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        if self.search.key(key) {
            self.at.within(self.shown().len());
            return Turn::Stay;
        }
        match key {
            Key::Enter => match self.shown().get(self.at.0) {
                Some(found) => Turn::Open(Box::new(of_finding(found, desk))),
                None => Turn::Stay,
            },
            Key::Char('r') if self.job.is_none() => Turn::Replace(Box::new(Self::begin(desk))),
            Key::Char('f') => {
                self.problems_only = !self.problems_only;
                self.at = Chosen::default();
                Turn::Stay
            }
            key if self.at.key(key, self.shown().len()) => Turn::Stay,
            _ => Turn::Unknown,
        }
    }

    fn report(&mut self, job: JobId, what: Happened, desk: &mut Desk) -> Result<Turn, Happened> {
        if self.job != Some(job) {
            return Err(what);
        }
        match what {
            Happened::Finding(found) => self.found.push(*found),
            Happened::Examined => {
                self.job = None;
                let failed = self.found.iter().filter(|it| it.is_failure()).count();
                let warned = self.found.iter().filter(|it| !it.is_good()).count() - failed;
                let tone = match (failed, warned) {
                    (0, 0) => Tone::Good,
                    (0, _) => Tone::Warning,
                    _ => Tone::Bad,
                };
                let checks = self.found.len();
                desk.say(
                    text!(
                        "doctor-view.done",
                        "{checks:check/checks}: {failed} failed, {warned:warning/warnings}.",
                        checks,
                        failed,
                        warned
                    ),
                    tone,
                );
                self.choose_first_problem();
            }
            Happened::Failed(error) => {
                self.job = None;
                self.failure = Some(Line::new(desk.error_text(&error), Tone::Bad));
            }
            other => return Err(other),
        }
        Ok(Turn::Stay)
    }

    fn is_waiting(&self) -> bool {
        self.job.is_some()
    }

    fn screen<'s>(&'s self, desk: &'s Desk) -> Screen<'s> {
        let mut screen = Screen::new(text!("menu.doctor", "Doctor"));
        screen.head = self.failure.clone().into_iter().collect();
        let shown = self.shown();
        let row = |it: &&Described| {
            let line = it.lines(&desk.commands).into_iter().next().unwrap_or_default();
            Row { left: line.text.into(), tone: line.tone, ..Row::default() }
        };
        let rows: Vec<Row<'_>> = shown.iter().map(row).collect();
        screen.detail = shown.get(self.at.0).map(|it| it.lines(&desk.commands)).unwrap_or_default();
        screen = screen.with_rows(rows, self.at.0, 0);
        if let Some(list) = &mut screen.list {
            list.empty = self.search.nothing().unwrap_or_default();
        }
        screen.input = self.search.input();
        if self.job.is_some() {
            screen.busy = Some(text!("doctor-view.checking", "Checking …"));
        }
        let filter = if self.problems_only {
            text!("doctor-view.all", "show all")
        } else {
            text!("doctor-view.problems", "problems only")
        };
        screen.hints = vec![
            Hint::new("↑↓", text!("console.choose", "choose"), "", Key::Down),
            Hint::new("Enter", text!("doctor-view.enter", "what to do"), "", Key::Enter),
            search::hint(),
            Hint::new("f", filter, "filter", Key::Char('f')),
            Hint::new("r", text!("doctor-view.again", "check again"), "again", Key::Char('r')),
            back(),
        ];
        screen
    }
}

/// A check with what to do about it.
fn of_finding(found: &Described, desk: &Desk) -> TroubleView {
    let mut lines: Vec<Line> = found.lines(&desk.commands).into_iter().take(1).collect();
    if found.steps().is_empty() {
        lines.push(Line::plain(text!("doctor-view.nothing", "There is nothing to do.")));
    }
    let title = text!("doctor-view.next", "What to do");
    TroubleView::new(title, Trouble::with_steps(lines, found.steps(), &desk.commands))
}
