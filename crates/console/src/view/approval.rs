//! A run that the limits refused: whose access is in question, and whether somebody has approved it. Typing the number approves
//! it and syncs.

use super::chosen::back;
use super::loading::Loading;
use super::run::{RunView, number_input, other_number};
use super::text::TextView;
use crate::desk::{Desk, Turn, View};
use crate::job::{Happened, Job, JobId, RefusedRunState};
use crate::key::Key;
use crate::screen::{Hint, Screen, Tone};
use crate::typing::Typing;
use bwdc_engine::ApprovalState;
use bwdc_messages::refused_run::state_line;
use bwdc_messages::text;

/// The refused run.
pub(crate) struct ApprovalView {
    loading: Loading,
    found: Option<(RefusedRunState, TextView)>,
    typing: Option<Typing>,
    error: Option<String>,
}

impl ApprovalView {
    pub(crate) fn begin(desk: &mut Desk) -> Self {
        Self { loading: Loading::of(desk.start(Job::Refused)), found: None, typing: None, error: None }
    }

    fn number(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        let Some(typing) = &mut self.typing else { return Turn::Unknown };
        let approval = self.found.as_ref().and_then(|(it, _)| it.approval.as_ref());
        match (key, approval) {
            (Key::Esc, _) => self.typing = None,
            (Key::Enter, Some(approval)) => {
                if typing.text().trim().parse() == Ok(approval.number) {
                    return Turn::Replace(Box::new(RunView::begin(None, Some(approval.number), desk)));
                }
                self.error = Some(other_number(approval));
            }
            (key, _) if typing.key(key) => self.error = None,
            _ => return Turn::Unknown,
        }
        Turn::Stay
    }

    fn is_approved(&self) -> bool {
        self.found.as_ref().is_some_and(|(it, _)| matches!(it.state, ApprovalState::Counts { .. }))
    }

    fn can_be_approved(&self) -> bool {
        !self.is_approved() && self.found.as_ref().is_some_and(|(it, _)| it.approval.is_some())
    }

    fn refused(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        match key {
            Key::Char('a') if self.can_be_approved() => {
                self.typing = Some(Typing::default());
                self.error = None;
                Turn::Stay
            }
            Key::Char('w') if self.is_approved() => {
                if let Some(run) = self.found.as_ref().map(|(it, _)| it.run) {
                    self.loading = Loading::of(desk.start(Job::Withdraw(run)));
                }
                Turn::Stay
            }
            Key::Char('s') if self.is_approved() => Turn::Replace(Box::new(RunView::begin(None, None, desk))),
            key => match &mut self.found {
                Some((_, text)) => text.key(key, desk),
                None => Turn::Unknown,
            },
        }
    }
}

impl View for ApprovalView {
    fn key(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        if self.typing.is_some() {
            return self.number(key, desk);
        }
        match self.loading.key(key) {
            Some(turn) => turn,
            None => self.refused(key, desk),
        }
    }

    fn report(&mut self, job: JobId, what: Happened, desk: &mut Desk) -> Result<Turn, Happened> {
        let Some(what) = self.loading.report(job, what, desk)? else { return Ok(Turn::Stay) };
        match what {
            Happened::Refused(refused) => {
                let text = TextView::of_paragraphs(String::new(), refused.lines.clone());
                self.found = Some((*refused, text));
            }
            Happened::Said(said) => {
                desk.say(said, Tone::Good);
                desk.look();
                self.loading = Loading::of(desk.start(Job::Refused));
            }
            other => return Err(other),
        }
        Ok(Turn::Stay)
    }

    fn is_waiting(&self) -> bool {
        self.loading.is_waiting()
    }

    fn resume(&mut self, desk: &mut Desk) {
        self.loading = Loading::of(desk.start(Job::Refused));
    }

    fn screen<'s>(&'s self, desk: &'s Desk) -> Screen<'s> {
        let title = text!("approval.title", "Approval");
        if let Some(failed) = self.loading.screen(title.clone()) {
            return failed;
        }
        let Some((refused, text)) = &self.found else {
            let mut screen = Screen::new(title);
            screen.busy = Some(text!("approval.looking", "Looking at the refused run …"));
            screen.hints = vec![back()];
            return screen;
        };
        let mut screen = text.screen(desk);
        screen.title = title;
        screen.head = vec![state_line(refused.run, refused.approval.is_some(), refused.state)];
        screen.hints.retain(|it| it.key != "Enter");
        let place = screen.hints.len().saturating_sub(1);
        if self.can_be_approved() {
            let what = text!("approval.approve", "approve and sync");
            screen.hints.insert(place, Hint::new("a", what, "approve", Key::Char('a')));
        }
        if self.is_approved() {
            let sync = text!("approval.sync", "sync now");
            screen.hints.insert(place, Hint::new("s", sync, "sync", Key::Char('s')));
            let withdraw = text!("approval.withdraw", "withdraw the approval");
            screen.hints.insert(place + 1, Hint::new("w", withdraw, "withdraw", Key::Char('w')));
        }
        if let (Some(typing), Some(approval)) = (&self.typing, &refused.approval) {
            screen.input = Some(number_input(approval, typing, self.error.as_deref()));
        }
        screen
    }
}
