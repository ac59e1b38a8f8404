//! Questions. The safe answer is always there; what is asked for says what happens on yes.

use super::{App, Effect, PageQuestion, Tab};
use crate::job::Job;
use bwdc_engine::SavedPlan;
use bwdc_messages::approval::Approval;
use bwdc_messages::desktop::{label, may_leave, other_number};
use std::path::PathBuf;

/// What is asked.
pub enum AskKind {
    /// Whether the key is deleted.
    LogOut,
    /// Whether the cache is cleared.
    ClearCache,
    /// Whether changed settings are left; None: the window closes.
    Leave(Option<Tab>),
    /// What becomes of the run that is under way when the window closes.
    CloseInRun,
    /// Whether the run that a page waits for is ended.
    EndRun,
    /// Whether a plan is carried out.
    Apply,
    /// Whether what the limits refused is approved: only who types the number agrees.
    Approve {
        /// The number.
        number: usize,
    },
    /// Whether people are deleted whom the directory does not list.
    Overwrite(Box<SavedPlan>),
    /// Where something is written.
    SaveTo(SaveWhat),
    /// Whether settings are saved by which the read becomes smaller.
    Narrow,
    /// Whether settings are saved that somebody else changed meanwhile.
    Clash,
    /// What a page asks.
    Page(PageQuestion),
}

/// What is written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveWhat {
    /// What a test found.
    Results,
    /// The plan.
    Plan,
    /// What a run did.
    Run,
    /// An archive for support.
    Archive,
    /// The settings.
    Settings,
}

/// A question.
pub struct Ask {
    /// What is asked.
    pub kind: AskKind,
    /// In a few words.
    pub title: String,
    /// What happens on yes.
    pub message: String,
    /// What the button for yes says.
    pub confirm: String,
    /// What a third button says; empty: there is none.
    pub other: String,
    /// Whether yes takes something away.
    pub danger: bool,
    /// The label of a line that is to be filled in, and what it begins with.
    pub line: Option<(String, String)>,
    /// What is wrong with what was typed there.
    pub error: String,
}

impl Ask {
    pub(super) fn new(kind: AskKind, title: &str, message: String, confirm: &str) -> Self {
        Self {
            kind,
            title: label(title),
            message,
            confirm: label(confirm),
            other: String::new(),
            danger: false,
            line: None,
            error: String::new(),
        }
    }

    pub(super) fn dangerous(mut self) -> Self {
        self.danger = true;
        self
    }

    pub(super) fn leave(changes: usize, to: Option<Tab>) -> Self {
        Self::new(AskKind::Leave(to), "ask.leave.title", may_leave(changes), "settings.leave").dangerous()
    }

    pub(super) fn approve(approval: Approval, message: String) -> Self {
        let Approval { number, question } = approval;
        let ask = Self::new(AskKind::Approve { number }, "ask.approve.title", message, "ask.approve.yes")
            .dangerous();
        Self { line: Some((question, String::new())), ..ask }
    }

    pub(super) fn save_to(what: SaveWhat, folder: PathBuf, name: &str) -> Self {
        let ask = Self::new(AskKind::SaveTo(what), "ask.file", String::new(), "ask.save");
        Self { line: Some((label("ask.file"), folder.join(name).display().to_string())), ..ask }
    }
}

/// What somebody answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The safe one.
    No,
    /// Yes.
    Yes,
    /// The third one.
    Other,
}

impl App {
    /// A question is answered.
    pub fn answer(&mut self, answer: Answer, typed: &str) {
        let Some(ask) = self.ask.take() else { return };
        match (answer, ask.kind) {
            (Answer::No, AskKind::Narrow | AskKind::Clash) => self.settings.is_saving = false,
            (Answer::No, AskKind::Overwrite(_)) => self.schedule.starts = false,
            (Answer::No, _) => {}
            (Answer::Yes, AskKind::Approve { number }) if typed.trim() != number.to_string() => {
                let line = ask.line.map(|(label, _)| (label, typed.to_owned()));
                let kind = AskKind::Approve { number };
                self.ask = Some(Ask { kind, line, error: other_number(number), ..ask });
            }
            (Answer::Yes, AskKind::Page(question))
                if question.word.as_deref().is_some_and(|it| it != typed.trim()) =>
            {
                let line = ask.line.map(|(label, _)| (label, typed.to_owned()));
                let error = question.other.clone();
                self.ask = Some(Ask { kind: AskKind::Page(question), line, error, ..ask });
            }
            (Answer::Yes | Answer::Other, AskKind::CloseInRun) => {
                self.closing = true;
                if answer == Answer::Yes {
                    self.cancel_run();
                    if self.page_sends() {
                        self.effects.push(Effect::CancelRun);
                    }
                }
                self.finish_closing();
            }
            (Answer::Other, _) => {}
            (Answer::Yes, kind) => self.agreed(kind, typed),
        }
    }

    fn agreed(&mut self, kind: AskKind, typed: &str) {
        match kind {
            AskKind::LogOut => self.job(Job::LogOut),
            AskKind::ClearCache => self.job(Job::ClearCache),
            AskKind::Leave(to) => {
                self.settings.revert();
                match to {
                    Some(tab) => self.show_tab(tab),
                    None => {
                        if !self.is_sending() {
                            self.close_page();
                        }
                        self.quit();
                    }
                }
            }
            AskKind::Apply => self.carry_out_plan(None),
            AskKind::Approve { number } => self.carry_out_plan(Some(number)),
            AskKind::Overwrite(saved) => self.start_sync(Job::Apply { saved, approved: None }),
            AskKind::SaveTo(what) => self.save_to(what, PathBuf::from(typed.trim())),
            AskKind::Clash => self.count_or_save(),
            AskKind::Narrow => self.save_now(),
            AskKind::CloseInRun => {}
            AskKind::EndRun => self.effects.push(Effect::CancelRun),
            AskKind::Page(question) => self.page_agreed(question.what),
        }
    }

    /// Asks where something is to be written.
    pub fn ask_where(&mut self, what: SaveWhat) {
        let name = match what {
            SaveWhat::Results => "test.txt",
            SaveWhat::Plan => "plan.json",
            SaveWhat::Run => "run.csv",
            SaveWhat::Archive => "support.tar.gz",
            SaveWhat::Settings => "settings.toml",
        };
        self.ask = Some(Ask::save_to(what, self.overview.folder.clone(), name));
    }

    fn save_to(&mut self, what: SaveWhat, path: PathBuf) {
        let job = match what {
            SaveWhat::Results => {
                self.lists.as_ref().map(|it| Job::Write { path, text: it.results.to_text() })
            }
            SaveWhat::Plan => self.plan.saved().map(|saved| Job::WritePlan { path, saved: Box::new(saved) }),
            SaveWhat::Run => Some(Job::Write { path, text: self.history.csv() }),
            SaveWhat::Archive => self.more.report().map(|report| Job::WriteArchive { path, report }),
            SaveWhat::Settings => Some(Job::WriteSettings { path }),
        };
        if let Some(job) = job {
            self.job(job);
        }
    }

    /// The window is to be closed. Gives whether it may go at once.
    pub fn close(&mut self) {
        if self.ask.is_some() {
            return;
        }
        if self.window.hides_on_close() {
            // What was typed is still there when it comes back.
            self.effects.push(Effect::Hide);
        } else {
            self.quit();
        }
    }

    /// The program is to end. What would be lost is asked about, in a window that can be seen.
    pub fn quit(&mut self) {
        // What was asked before gets its safe answer.
        self.answer(Answer::No, "");
        if let Some(ask) = self.before_quitting() {
            self.ask = Some(ask);
            self.effects.push(Effect::Show);
        } else {
            self.cancel_run();
            self.effects.push(Effect::Quit);
        }
    }

    fn before_quitting(&self) -> Option<Ask> {
        if self.settings.is_changed() {
            return Some(Ask::leave(self.settings.changes(), None));
        }
        if self.is_sending() {
            let ask = Ask::new(AskKind::CloseInRun, "ask.close.title", label("ask.close"), "ask.close.yes");
            return Some(Ask { other: label("ask.close.wait"), ..ask.dangerous() });
        }
        let leave =
            || Ask::new(AskKind::Leave(None), "ask.leave.title", label("setup.leave"), "settings.leave");
        self.page_has_unsaved().then(|| leave().dangerous())
    }

    fn is_sending(&self) -> bool {
        self.running.as_ref().is_some_and(super::Running::sends) || self.page_sends()
    }

    /// Ends the program once the run is over that somebody waited for.
    pub(super) fn finish_closing(&mut self) {
        if self.closing && !self.is_sending() && self.running.is_none() {
            self.effects.push(Effect::Quit);
        }
    }
}
