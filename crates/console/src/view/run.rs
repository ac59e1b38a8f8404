//! A sync: how far it is, and what came of it. Another run is waited for, and it is said whose.

use super::account::AccountView;
use super::chosen::{Chosen, back};
use super::trouble::{Trouble, hints as trouble_hints};
use crate::desk::{Desk, Turn, View};
use crate::job::{Happened, Job, JobId};
use crate::key::Key;
use crate::screen::{Hint, Input, Line, Row, Screen, Tone};
use crate::typing::Typing;
use bwdc_engine::{Cancel, SavedPlan, Verification};
use bwdc_messages::approval::{Approval, approval};
use bwdc_messages::setup::run_lines;
use bwdc_messages::{Condition, ErrorKind, Step, sync, text};

/// How a run stands.
#[derive(Clone, Debug)]
enum Stage {
    /// It is under way, or waits for its turn.
    Running { progress: String, asked_to_end: bool },
    /// It ended well.
    Done { is_verified: bool },
    /// The limits refused it.
    Refused,
    /// It came to nothing.
    Failed(Trouble),
}

/// A run.
pub(crate) struct RunView {
    stage: Stage,
    lines: Vec<Line>,
    notices: Vec<Line>,
    job: JobId,
    cancel: Cancel,
    at: Chosen,
    /// The number that approves, while it is typed.
    typing: Option<Typing>,
    error: Option<String>,
}

impl RunView {
    /// Starts a run: of exactly a plan, or after an approval by its number.
    pub(crate) fn begin(expected: Option<SavedPlan>, approved: Option<usize>, desk: &mut Desk) -> Self {
        let cancel = Cancel::default();
        let job = desk.start_with(Job::Sync { expected, approved }, cancel.clone());
        Self {
            stage: Stage::Running { progress: text!("run.begins", "Beginning"), asked_to_end: false },
            lines: Vec::new(),
            notices: Vec::new(),
            job,
            cancel,
            at: Chosen::default(),
            typing: None,
            error: None,
        }
    }

    fn ends(&mut self) {
        if let Stage::Running { asked_to_end, .. } = &mut self.stage {
            *asked_to_end = true;
            self.cancel.cancel();
        }
    }

    fn number(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        let Some(typing) = &mut self.typing else { return Turn::Unknown };
        match key {
            Key::Esc => self.typing = None,
            Key::Enter => {
                let Some(approval) = waiting_approval(desk) else { return Turn::Stay };
                if typing.text().trim().parse() == Ok(approval.number) {
                    return Turn::Replace(Box::new(Self::begin(None, Some(approval.number), desk)));
                }
                self.error = Some(other_number(&approval));
            }
            key if typing.key(key) => self.error = None,
            _ => return Turn::Unknown,
        }
        Turn::Stay
    }

    /// Rows that can be chosen: what can be done about a failure, else what is to be checked.
    fn shown(&self) -> usize {
        match &self.stage {
            Stage::Failed(trouble) => trouble.total(),
            _ => self.notices.len(),
        }
    }

    /// Takes a key where the run came to nothing.
    fn failed(&mut self, key: &Key, desk: &mut Desk) -> Option<Turn> {
        let Stage::Failed(trouble) = &self.stage else { return None };
        if let Some(place) = trouble.place(key, self.at) {
            return Some(trouble.go(place));
        }
        (*key == Key::Char('r')).then(|| Turn::Replace(Box::new(Self::begin(None, None, desk))))
    }
}

/// What would approve the run that was refused last.
pub(crate) fn waiting_approval(desk: &Desk) -> Option<Approval> {
    approval(&desk.installation()?.refused)
}

/// That another number was typed.
pub(crate) fn other_number(approval: &Approval) -> String {
    text!(
        "run.other-number",
        "That is not the number. Type {number} to approve; Esc leaves it as it is.",
        number = approval.number
    )
}

/// The question for a number, and what was typed.
pub(crate) fn number_input(approval: &Approval, typing: &Typing, error: Option<&str>) -> Input {
    Input {
        label: approval.question.clone(),
        shown: typing.text().to_owned(),
        cursor: typing.cursor(),
        default: String::new(),
        is_secret: false,
        error: error.map(str::to_owned),
    }
}

impl View for RunView {
    fn key(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        if self.typing.is_some() {
            return self.number(key, desk);
        }
        if let Some(turn) = self.failed(key, desk) {
            return turn;
        }
        let is_running = matches!(self.stage, Stage::Running { .. });
        match key {
            Key::Esc | Key::Stop if is_running => self.ends(),
            Key::Char('a') if matches!(self.stage, Stage::Refused) && waiting_approval(desk).is_some() => {
                self.typing = Some(Typing::default());
            }
            Key::Char('o') if matches!(self.stage, Stage::Done { is_verified: false }) => {
                return Turn::Open(Box::new(AccountView::default()));
            }
            Key::Char('v') if matches!(self.stage, Stage::Refused) => {
                let step = Step::run("approve");
                return Turn::Go(Box::new(step.into()));
            }
            Key::Enter if !is_running => return Turn::Back,
            key if self.at.key(key, self.shown()) => {}
            _ => return Turn::Unknown,
        }
        Turn::Stay
    }

    fn report(&mut self, job: JobId, what: Happened, desk: &mut Desk) -> Result<Turn, Happened> {
        if job != self.job {
            return Err(what);
        }
        match what {
            Happened::Progress(text) | Happened::Held(text) => {
                if let Stage::Running { progress, .. } = &mut self.stage {
                    *progress = text;
                }
            }
            Happened::Notice(text) => self.notices.push(Line::new(text, Tone::Warning)),
            Happened::Synced(report) => {
                self.notices.extend(sync::notices(&report).map(|it| Line::new(it, Tone::Warning)));
                self.lines = run_lines(&report);
                let is_verified = report.verification != Verification::SentNotVerified;
                self.stage = Stage::Done { is_verified };
                desk.look();
            }
            Happened::Told(told) => {
                self.lines = told.lines;
                self.notices.extend(told.notices.into_iter().map(|it| Line::new(it, Tone::Warning)));
                self.stage = Stage::Done { is_verified: true };
                desk.look();
            }
            Happened::Failed(error) => {
                self.at = Chosen::default();
                self.stage = if error.kind == ErrorKind::Refused && error.condition != Condition::PlanChanged
                {
                    // What can be done about a refusal is done from here.
                    self.lines = vec![Line::new(error.message.as_str(), Tone::Bad)];
                    Stage::Refused
                } else {
                    Stage::Failed(Trouble::of(&error, &desk.commands))
                };
                desk.look();
            }
            other => return Err(other),
        }
        Ok(Turn::Stay)
    }

    fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Running { .. })
    }

    fn screen<'s>(&'s self, desk: &'s Desk) -> Screen<'s> {
        let mut screen = Screen::new(text!("run.title", "Sync"));
        screen.head = self.lines.clone();
        if let Stage::Failed(trouble) = &self.stage {
            trouble.show(&mut screen, self.at);
            screen.head.extend(self.notices.iter().cloned());
            screen.hints = trouble_hints(trouble);
            let again = text!("plan-view.again", "try again");
            screen.hints.push(Hint::new("r", again, "again", Key::Char('r')));
            screen.hints.push(back());
            return screen;
        }
        let rows = self.notices.iter().map(|it| Row {
            left: it.text.as_str().into(),
            tone: it.tone,
            ..Row::default()
        });
        let rows: Vec<Row<'_>> = rows.collect();
        if !rows.is_empty() {
            screen.head.push(Line::new(text!("plan.notices", "Please check"), Tone::Strong));
            screen.detail = self.notices.get(self.at.0).cloned().into_iter().collect();
            screen = screen.with_rows(rows, self.at.0, 0);
        }
        match &self.stage {
            Stage::Running { asked_to_end: true, progress } => {
                screen.busy =
                    Some(text!("run.ending", "Ending at the next safe place. {progress}", progress));
                return screen;
            }
            Stage::Running { progress, .. } => {
                screen.busy = Some(format!("{progress} …"));
                screen.hints = vec![Hint::new(
                    "Esc",
                    text!("run.end", "end the run at the next safe place"),
                    "end",
                    Key::Esc,
                )];
                return screen;
            }
            Stage::Refused => {
                if let Some(approval) = waiting_approval(desk) {
                    if let Some(typing) = &self.typing {
                        screen.input = Some(number_input(&approval, typing, self.error.as_deref()));
                    }
                    screen.hints.push(Hint::new(
                        "a",
                        text!("run.approve", "approve"),
                        "approve",
                        Key::Char('a'),
                    ));
                }
                let who = text!("run.who", "whose access is in question");
                screen.hints.push(Hint::new("v", who, "view", Key::Char('v')));
            }
            Stage::Done { is_verified: false } => {
                let what = text!("run.observe", "sign in to read the organization");
                screen.hints.push(Hint::new("o", what, "observe", Key::Char('o')));
            }
            Stage::Done { .. } | Stage::Failed(_) => {}
        }
        screen.hints.push(Hint::new("Enter", text!("console.close", "close"), "close", Key::Enter));
        screen.hints.push(back());
        screen
    }
}
