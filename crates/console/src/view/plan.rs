//! A plan: the verdict first, then what would happen, by kind, to be folded, searched and looked into.

mod rows;

use super::chosen::{Chosen, back};
use super::run::{RunView, number_input, other_number};
use super::text::TextView;
use super::told::ToldView;
use super::trouble::{Trouble, hints as trouble_hints};
use crate::desk::{Desk, Turn, View};
use crate::job::{Happened, Job, JobId};
use crate::key::Key;
use crate::screen::{Hint, Input, Line, List, Row, Screen, Tone};
use crate::typing::Typing;
use bwdc_core::plan::Verdict;
use bwdc_engine::{Cancel, Planned};
use bwdc_messages::approval::{Approval, approval};
use bwdc_messages::plan::sections::{PlanIndex, verdict};
use bwdc_messages::text;
use rows::{At, Filter, Rows};
use std::path::PathBuf;

/// What is typed or asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Nothing,
    /// What is looked for.
    Search,
    /// The file into which the plan goes.
    File,
    /// The number that approves.
    Number,
    /// Whether to carry the plan out.
    Sync,
}

/// A plan.
pub(crate) struct PlanView {
    job: Option<JobId>,
    cancel: Cancel,
    progress: String,
    planned: Option<Box<Planned>>,
    head: Vec<Line>,
    notices: Vec<String>,
    failure: Option<Trouble>,
    index: PlanIndex,
    rows: Rows,
    at: Chosen,
    asked: Asked,
    typing: Typing,
    error: Option<String>,
}

impl PlanView {
    pub(crate) fn begin(desk: &mut Desk) -> Self {
        let cancel = Cancel::default();
        let job = desk.start_with(Job::Plan, cancel.clone());
        Self {
            job: Some(job),
            cancel,
            progress: text!("plan-view.begins", "Comparing the directory with the organization"),
            planned: None,
            head: Vec::new(),
            notices: Vec::new(),
            failure: None,
            index: PlanIndex::default(),
            rows: Rows::default(),
            at: Chosen::default(),
            asked: Asked::Nothing,
            typing: Typing::default(),
            error: None,
        }
    }

    /// Shows a plan that is there.
    pub(crate) fn show(&mut self, planned: Box<Planned>) {
        self.head = verdict(&planned);
        self.index = PlanIndex::of(&planned.plan);
        self.rows = Rows::of(&self.index);
        self.planned = Some(planned);
    }

    fn approval(&self) -> Option<Approval> {
        approval(self.planned.as_ref()?.verdict.refusals())
    }

    /// How many changes a sync would send.
    fn sent(&self) -> usize {
        let Some(planned) = &self.planned else { return 0 };
        match &planned.verdict {
            Verdict::Go => planned.plan.changes.len(),
            Verdict::Held(_) => planned.left.as_ref().map_or(0, |it| it.changes.len()),
            Verdict::Refused(_) => 0,
        }
    }

    fn can_sync(&self) -> bool {
        self.sent() > 0
    }

    fn ask(&mut self, asked: Asked, typed: &str) -> Turn {
        self.asked = asked;
        self.error = None;
        self.typing = Typing::of(typed);
        Turn::Stay
    }

    fn search(&mut self) {
        if let Some(planned) = &self.planned {
            self.rows.choose(&self.index, &planned.plan);
            self.at.within(self.rows.total());
        }
    }

    fn typed(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        match key {
            Key::Esc => {
                if self.asked == Asked::Search {
                    self.rows.search.clear();
                    self.search();
                }
                self.asked = Asked::Nothing;
            }
            Key::Enter => return self.take(desk),
            key if self.typing.key(key) => {
                self.error = None;
                if self.asked == Asked::Search {
                    self.typing.text().to_lowercase().clone_into(&mut self.rows.search);
                    self.search();
                }
            }
            _ => return Turn::Unknown,
        }
        Turn::Stay
    }

    fn take(&mut self, desk: &mut Desk) -> Turn {
        let typed = self.typing.text().trim().to_owned();
        match self.asked {
            Asked::File if typed.is_empty() => {
                self.error = Some(text!("plan-view.no-file", "Type the name of a file."));
            }
            Asked::File => {
                let Some(planned) = &self.planned else { return Turn::Stay };
                let job = Job::WritePlan { path: PathBuf::from(typed), saved: planned.saved.clone() };
                self.job = Some(desk.start(job));
                self.asked = Asked::Nothing;
            }
            Asked::Number => {
                let Some(approval) = self.approval() else { return Turn::Stay };
                if typed.parse() == Ok(approval.number) {
                    return Turn::Replace(Box::new(RunView::begin(None, Some(approval.number), desk)));
                }
                self.error = Some(other_number(&approval));
            }
            Asked::Search | Asked::Sync | Asked::Nothing => self.asked = Asked::Nothing,
        }
        Turn::Stay
    }

    fn open(&mut self) -> Turn {
        let Some(planned) = &self.planned else { return Turn::Stay };
        match self.rows.at(self.at.0) {
            Some(At::Title(section)) => {
                self.rows.fold(section);
                Turn::Stay
            }
            Some(At::Row(row)) => {
                let title = text!("plan-view.detail", "Plan: {section}", section = row.section.title());
                Turn::Open(Box::new(TextView::new(title, &row.detail(&planned.plan))))
            }
            None => Turn::Stay,
        }
    }

    fn command(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        match key {
            Key::Enter | Key::Left | Key::Right => self.open(),
            Key::Char('/') => {
                let search = self.rows.search.clone();
                self.ask(Asked::Search, &search)
            }
            Key::Char('f') => {
                self.rows.filter = self.rows.filter.next();
                self.search();
                Turn::Stay
            }
            Key::Char('w') if self.planned.is_some() => self.ask(Asked::File, "plan.json"),
            Key::Char('a') if self.approval().is_some() => self.ask(Asked::Number, ""),
            Key::Char('s') if self.can_sync() => self.ask(Asked::Sync, ""),
            Key::Char('n') if !self.notices.is_empty() => {
                let lines: Vec<Line> = self.notices.iter().map(|it| Line::new(it, Tone::Warning)).collect();
                Turn::Open(Box::new(TextView::new(text!("plan.notices", "Please check"), &lines)))
            }
            Key::Char('r') if self.job.is_none() => Turn::Replace(Box::new(Self::begin(desk))),
            key if self.at.key(key, self.rows.total()) => Turn::Stay,
            _ => Turn::Unknown,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        let mut hints = vec![
            Hint::new("↑↓", text!("console.choose", "choose"), "", Key::Down),
            Hint::new("Enter", text!("plan-view.enter", "fold, or show details"), "", Key::Enter),
            Hint::new("/", text!("console.search", "search"), "search", Key::Char('/')),
            Hint::new("f", self.rows.filter.label(), "filter", Key::Char('f')),
            Hint::new("w", text!("plan-view.write", "save as a file"), "write", Key::Char('w')),
        ];
        if self.can_sync() {
            let is_whole = self.planned.as_ref().is_some_and(|it| it.verdict == Verdict::Go);
            let what = if is_whole {
                text!("plan-view.sync", "sync exactly this")
            } else {
                text!("plan-view.sync-rest", "sync what is not held back")
            };
            hints.push(Hint::new("s", what, "sync", Key::Char('s')));
        }
        if self.approval().is_some() {
            hints.push(Hint::new("a", text!("run.approve", "approve"), "approve", Key::Char('a')));
        }
        if !self.notices.is_empty() {
            hints.push(Hint::new("n", text!("plan-view.notices", "notices"), "notices", Key::Char('n')));
        }
        hints.push(back());
        hints
    }

    fn input(&self, label: String) -> Input {
        Input {
            label,
            shown: self.typing.text().to_owned(),
            cursor: self.typing.cursor(),
            default: String::new(),
            is_secret: false,
            error: self.error.clone(),
        }
    }
}

impl View for PlanView {
    fn key(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        if self.planned.is_none() && matches!(key, Key::Esc | Key::Stop) {
            self.cancel.cancel();
            return Turn::Back;
        }
        if let Some(trouble) = &self.failure {
            return match trouble.place(key, self.at) {
                Some(place) => trouble.go(place),
                None if *key == Key::Char('r') => Turn::Replace(Box::new(Self::begin(desk))),
                None if *key == Key::Enter => Turn::Back,
                None if self.at.key(key, trouble.total()) => Turn::Stay,
                None => Turn::Unknown,
            };
        }
        match (self.asked, key) {
            (Asked::Nothing, key) => self.command(key, desk),
            (Asked::Sync, Key::Char('y')) => match &self.planned {
                Some(planned) => {
                    // What is held back in part is no saved plan: the run carries out the rest.
                    let expected = (planned.verdict == Verdict::Go).then(|| planned.saved.clone());
                    Turn::Replace(Box::new(RunView::begin(expected, None, desk)))
                }
                None => Turn::Stay,
            },
            (Asked::Sync, _) => self.ask(Asked::Nothing, ""),
            (_, key) => self.typed(key, desk),
        }
    }

    fn report(&mut self, job: JobId, what: Happened, desk: &mut Desk) -> Result<Turn, Happened> {
        if self.job != Some(job) {
            return Err(what);
        }
        match what {
            Happened::Progress(text) => self.progress = text,
            Happened::Notice(text) => self.notices.push(text),
            Happened::Planned(planned) => {
                self.job = None;
                self.show(planned);
            }
            Happened::Written(path) => {
                self.job = None;
                let path = path.display().to_string();
                let command = self.apply_command(desk, &path);
                desk.say(
                    text!(
                        "plan-view.written",
                        "Saved the plan to `{path}`. Run `{command}` to carry it out.",
                        path,
                        command
                    ),
                    Tone::Good,
                );
            }
            Happened::Failed(error) => {
                self.job = None;
                if self.planned.is_some() {
                    desk.fail(&error);
                } else {
                    self.failure = Some(Trouble::of(&error, &desk.commands));
                }
            }
            Happened::Told(told) => return Ok(Turn::Replace(Box::new(ToldView::new(*told)))),
            other => return Err(other),
        }
        Ok(Turn::Stay)
    }

    fn is_waiting(&self) -> bool {
        self.job.is_some()
    }

    fn screen<'s>(&'s self, _desk: &'s Desk) -> Screen<'s> {
        let mut screen = Screen::new(text!("plan-view.title", "Plan: what a sync would do"));
        let Some(planned) = &self.planned else {
            if let Some(trouble) = &self.failure {
                trouble.show(&mut screen, self.at);
                screen.head.extend(self.notices.iter().map(|it| Line::new(it, Tone::Warning)));
                screen.hints = trouble_hints(trouble);
                let again = text!("plan-view.again", "try again");
                screen.hints.push(Hint::new("r", again, "again", Key::Char('r')));
                screen.hints.push(back());
            } else {
                screen.busy = Some(format!("{} …", self.progress));
                screen.hints = vec![Hint::new("Esc", text!("setup.stop", "stop"), "stop", Key::Esc)];
            }
            return screen;
        };
        screen.head = self.head.clone();
        let plan = &planned.plan;
        screen.list = Some(List {
            total: self.rows.total(),
            selected: Some(self.at.0),
            row: Box::new(move |at| match self.rows.at(at) {
                None => Row::default(),
                Some(At::Title(section)) => self.rows.title(section),
                Some(At::Row(row)) => Row {
                    level: 1,
                    left: row.name(plan),
                    right: row.why(plan).into(),
                    tone: row.section.tone(),
                    ..Row::default()
                },
            }),
            left_width: 40,
            is_text: false,
            empty: if self.rows.search.is_empty() && self.rows.filter == Filter::All {
                text!("plan.nothing", "Nothing to do.")
            } else {
                text!("console.nothing-found", "Nothing is found.")
            },
        });
        match self.asked {
            Asked::Nothing => {}
            Asked::Search => {
                screen.input = Some(self.input(text!("plan-view.ask-search", "Show only names with")));
            }
            Asked::File => screen.input = Some(self.input(text!("plan-view.ask-file", "Save the plan as"))),
            Asked::Number => {
                screen.input =
                    self.approval().map(|it| number_input(&it, &self.typing, self.error.as_deref()));
            }
            Asked::Sync => {
                let changes = self.sent();
                screen.note = Some(Line::new(
                    text!(
                        "plan-view.ask-sync",
                        "Send {changes:change/changes} to the organization now? (y/n)",
                        changes
                    ),
                    Tone::Warning,
                ));
                screen.hints = super::yes_no();
                return screen;
            }
        }
        screen.hints = self.hints();
        screen
    }
}

impl PlanView {
    fn apply_command(&self, desk: &Desk, path: &str) -> String {
        desk.commands.command(&format!("apply {path}"))
    }
}
