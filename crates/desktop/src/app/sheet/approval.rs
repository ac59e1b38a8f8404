//! A run that the limits refused: whose access is in question, and whether somebody has approved it.

use super::{Outcome, Page, PageAsk, PageButton, Press, SheetPage, ask_word, failed, said};
use crate::app::Notice;
use crate::job::{Job, Overview};
use bwdc_engine::ApprovalState;
use bwdc_jobs::job::{Happened, Job as SharedJob, RefusedRunState};
use bwdc_messages::desktop::{label, other_number};
use bwdc_messages::refused_run::state_line;

/// The refused run.
#[derive(Default)]
pub(super) struct ApprovalSheet {
    found: Option<RefusedRunState>,
    notice: Option<Notice>,
}

impl ApprovalSheet {
    fn is_approved(&self) -> bool {
        self.found.as_ref().is_some_and(|it| matches!(it.state, ApprovalState::Counts { .. }))
    }

    fn buttons(&self) -> Vec<PageButton> {
        if self.is_approved() {
            return vec![
                PageButton::new(Press::Withdraw, label("approval.withdraw")),
                PageButton::new(Press::Sync, label("dashboard.sync-now")).primary(),
            ];
        }
        let can_be = |it: &RefusedRunState| {
            it.approval.is_some() && !matches!(it.state, ApprovalState::CarriedOut { .. })
        };
        let can_be = self.found.as_ref().is_some_and(can_be);
        let approve = PageButton::new(Press::Approve, label("plan.approve")).danger();
        if can_be { vec![approve] } else { Vec::new() }
    }
}

impl SheetPage for ApprovalSheet {
    fn page(&self, _overview: &Overview) -> Page {
        let mut page =
            Page { title: label("approval.title"), notice: self.notice.clone(), ..Page::default() };
        match &self.found {
            Some(found) => {
                page.head = vec![state_line(found.run, found.approval.is_some(), found.state)];
                page.head.extend(found.lines.iter().cloned());
                page.buttons = self.buttons();
            }
            None if self.notice.is_none() => page.busy = label("approval.looking"),
            None => {}
        }
        page
    }

    fn press(&mut self, press: Press) -> Outcome {
        let Some(found) = &self.found else { return Outcome::Stay };
        match (press, &found.approval) {
            (Press::Approve, Some(approval)) => {
                let number = approval.number;
                Outcome::Ask(Box::new(ask_word(
                    PageAsk::Approve,
                    "ask.approve.title",
                    String::new(),
                    approval.question.clone(),
                    number.to_string(),
                    other_number(number),
                    "approval.approve",
                )))
            }
            (Press::Withdraw, _) => Outcome::Job(SharedJob::Withdraw(found.run)),
            (Press::Sync, _) => Outcome::Run(Job::Sync { scheduled: false }),
            _ => Outcome::Stay,
        }
    }

    fn agreed(&mut self, what: PageAsk) -> Outcome {
        let approval = self.found.as_ref().and_then(|it| it.approval.as_ref());
        match (what, approval) {
            (PageAsk::Approve, Some(approval)) => Outcome::Run(Job::SyncApproved(approval.number)),
            _ => Outcome::Stay,
        }
    }

    fn report(&mut self, what: Happened) -> Outcome {
        match what {
            Happened::Refused(found) => self.found = Some(*found),
            Happened::Said(text) => {
                self.notice = Some(said(text));
                return Outcome::Job(SharedJob::Refused);
            }
            Happened::Failed(error) => {
                self.found = None;
                self.notice = Some(failed(*error));
            }
            _ => {}
        }
        Outcome::Stay
    }
}
