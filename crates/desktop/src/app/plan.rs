//! What a sync would change, and the decision about it.

use super::ask::AskKind;
use super::{App, Ask, Notice, RunKind};
use crate::job::{Failure, Job};
use crate::rows::{Listed, matches};
use bwdc_core::plan::Verdict;
use bwdc_engine::{Planned, SavedPlan};
use bwdc_jobs::job::Told;
use bwdc_messages::approval::{Approval, approval};
use bwdc_messages::desktop::{
    PlanPart, RowText, may_apply, plan_rows, plan_summary, plan_verdict, refused_lines,
};
use std::rc::Rc;

/// The tabs, by their labels.
pub const TABS: [&str; 7] =
    ["plan.all", "plan.added", "plan.changed", "plan.removed", "plan.groups", "plan.kept", "plan.left-out"];

/// The plan as it is looked at.
#[derive(Default)]
pub struct Plan {
    planned: Option<Box<Planned>>,
    rows: Vec<(PlanPart, bool, RowText)>,
    /// Which tab is shown.
    pub chosen: usize,
    /// What was typed to search.
    pub search: String,
    /// What is shown.
    pub shown: Rc<Listed>,
    /// The line whose detail is shown.
    pub line: Option<usize>,
    /// Something to be read first.
    pub notice: Option<Notice>,
    pub(super) is_for_overwriting: bool,
    /// What the machine's service said of it, where it keeps the profile.
    told: Option<Told>,
}

impl Plan {
    /// Whether there is one.
    pub fn is_made(&self) -> bool {
        self.planned.is_some() || self.told.is_some()
    }

    /// Whether it is sorted by what becomes of whom.
    pub fn is_sorted(&self) -> bool {
        self.told.is_none()
    }

    /// Whether it can be written to a file.
    pub fn can_save(&self) -> bool {
        self.planned.is_some()
    }

    /// What it comes to.
    pub fn summary(&self) -> String {
        self.planned.as_ref().map(|it| plan_summary(it)).unwrap_or_default()
    }

    /// Whether it may be carried out, in a sentence.
    pub fn verdict(&self) -> String {
        if let Some(told) = &self.told {
            return told.lines.first().map(|it| it.text.clone()).unwrap_or_default();
        }
        self.planned.as_ref().map(|it| plan_verdict(it)).unwrap_or_default()
    }

    /// Whether the limits refuse it.
    pub fn is_refused(&self) -> bool {
        self.told.as_ref().is_some_and(|it| it.is_refused)
            || self.planned.as_ref().is_some_and(|it| it.verdict != Verdict::Go)
    }

    /// Whether it can be carried out as it is.
    pub fn can_apply(&self) -> bool {
        self.planned
            .as_ref()
            .is_some_and(|it| !matches!(it.verdict, Verdict::Refused(_)) && !it.plan.is_empty())
    }

    /// Whether somebody can approve what the limits refuse.
    pub fn can_approve(&self) -> bool {
        self.approval().is_some()
    }

    /// What is typed for that.
    fn approval(&self) -> Option<Approval> {
        approval(self.planned.as_ref()?.verdict.refusals())
    }

    /// It as it is saved.
    pub fn saved(&self) -> Option<SavedPlan> {
        self.planned.as_ref().map(|it| it.saved.clone())
    }

    /// How many lines stand under each tab.
    pub fn counts(&self) -> [usize; 7] {
        let mut counts = [0; 7];
        for (tab, count) in counts.iter_mut().enumerate() {
            *count = self.rows.iter().filter(|row| stands_under(tab, row)).count();
        }
        counts
    }

    /// The title and the text of the line that was chosen.
    pub fn detail(&self) -> Option<(String, String)> {
        let row = self.shown.0.get(self.line?)?;
        Some((row.title.clone(), row.detail.clone()))
    }

    pub(super) fn is_stale(&mut self) {
        let notice = self.notice.take();
        *self = Self { chosen: self.chosen, search: std::mem::take(&mut self.search), ..Self::default() };
        self.notice = notice;
    }

    fn find(&mut self) {
        let rows = self.rows.iter().filter(|row| stands_under(self.chosen, row));
        let found = rows.filter(|(_, _, row)| matches(row, &self.search));
        self.shown = Rc::new(Listed(found.map(|(_, _, row)| row.clone()).collect()));
        self.line = None;
    }
}

fn stands_under(tab: usize, (part, group, _): &(PlanPart, bool, RowText)) -> bool {
    match tab {
        1 => *part == PlanPart::Added,
        2 => *part == PlanPart::Changed,
        3 => *part == PlanPart::Removed,
        4 => *group,
        5 => *part == PlanPart::Kept,
        6 => *part == PlanPart::LeftOut,
        _ => true,
    }
}

impl App {
    /// Compares directory and organization.
    pub fn make_plan(&mut self) {
        if self.can_run() {
            self.plan.is_for_overwriting = false;
            self.start(RunKind::Plan, Job::Plan);
        }
    }

    pub(super) fn planned(&mut self, result: Result<Box<Planned>, Failure>) {
        let said = self.ended();
        let overwriting = std::mem::take(&mut self.plan.is_for_overwriting);
        match result {
            Ok(planned) => {
                if overwriting {
                    if planned.verdict == Verdict::Go && self.ask_to_overwrite(&planned) {
                        return;
                    }
                    self.start_sync(Job::Sync { scheduled: false });
                    return;
                }
                let lines = refused_lines(planned.verdict.refusals());
                let tone = if lines.is_empty() { super::Tone::Plain } else { super::Tone::Warn };
                let mut lines = lines.into_iter().chain(said);
                self.plan.notice = lines.next().map(|first| Notice::new(tone, first).with(lines));
                self.plan.rows = plan_rows(&planned);
                self.plan.told = None;
                self.plan.planned = Some(planned);
                self.plan.find();
                if self.waits_for_plan {
                    self.waits_for_plan = false;
                }
            }
            Err(failure) => {
                let place = if overwriting { &mut self.notice } else { &mut self.plan.notice };
                *place = Some(Notice::of(&failure));
                if !overwriting {
                    self.plan.planned = None;
                    self.plan.rows.clear();
                }
            }
        }
    }

    /// The machine's service made a plan: what it says of it is a list of lines.
    pub(super) fn service_planned(&mut self, told: &Told) {
        self.ended();
        let row = |line: &bwdc_messages::line::Line| {
            let inset = line.text.starts_with(' ');
            let title = line.text.trim().trim_start_matches("- ").to_owned();
            (PlanPart::Changed, false, RowText { title, inset, heading: !inset, ..RowText::default() })
        };
        let lines = told.lines.iter().skip(1).filter(|it| !it.text.trim().is_empty());
        self.plan.rows = lines.map(row).collect();
        self.plan.planned = None;
        let mut notices = told.notices.iter().cloned();
        self.plan.notice = notices.next().map(|first| Notice::new(super::Tone::Warn, first).with(notices));
        self.plan.told = Some(told.clone());
        self.plan.find();
    }

    /// Another tab of the plan is shown, or another search.
    pub fn look_at_plan(&mut self, chosen: Option<usize>, search: Option<&str>) {
        self.plan.chosen = chosen.unwrap_or(self.plan.chosen).min(TABS.len() - 1);
        if let Some(search) = search {
            search.clone_into(&mut self.plan.search);
        }
        self.plan.find();
    }

    /// A line of the plan is chosen; once more puts it away.
    pub fn choose_plan_line(&mut self, line: usize) {
        self.plan.line = Some(line).filter(|it| self.plan.line != Some(*it) && *it < self.plan.shown.0.len());
    }

    /// The sentence above the plan was read.
    pub fn close_plan_notice(&mut self) {
        self.plan.notice = None;
    }

    /// Asks whether the plan is carried out.
    pub fn apply_plan(&mut self) {
        if let Some(planned) = self.plan.planned.as_ref().filter(|_| self.plan.can_apply()) {
            let message = may_apply(planned.plan.changes.len(), planned.plan.removals().count());
            self.ask = Some(Ask::new(AskKind::Apply, "ask.apply.title", message, "plan.apply"));
        }
    }

    /// Asks for the number by which a refused plan is approved.
    pub fn approve_plan(&mut self) {
        let Some(approval) = self.plan.approval() else { return };
        let Some(planned) = &self.plan.planned else { return };
        let refusals = planned.verdict.refusals();
        self.ask = Some(Ask::approve(approval, refused_lines(refusals).join("\n")));
    }

    pub(super) fn carry_out_plan(&mut self, approved: Option<usize>) {
        if let Some(saved) = self.plan.saved() {
            self.tab = super::Tab::Dashboard;
            self.start_sync(Job::Apply { saved: Box::new(saved), approved });
        }
    }
}
