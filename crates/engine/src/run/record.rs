//! What history keeps of a plan: numbers and one line for each change.

use super::Verification;
use crate::causes::with_causes;
use crate::ledger::{
    Counts, Ending, FAILED, NOT_VERIFIED, REFUSED, RecordedAction, RunOutcome, SENT_AGAIN, VERIFIED,
};
use bwdc_core::names::Timestamp;
use bwdc_core::plan::{Change, Plan, Refusal};
use serde_json::{Value, json};
use std::error::Error;

/// A plan as history keeps it.
#[derive(Clone)]
pub(super) struct Record {
    counts: Counts,
    actions: Vec<RecordedAction>,
}

impl Record {
    pub(super) fn of(plan: &Plan) -> Self {
        Self::after(&[], plan)
    }

    /// What is kept of changes, by a run that came to nothing else.
    pub(super) fn of_changes(changes: &[Change]) -> Self {
        let value = |change: &Change| serde_json::to_value(change).ok();
        let actions: Vec<RecordedAction> = changes.iter().filter_map(value).map(action).collect();
        let mut counts = Counts::new();
        for action in &actions {
            *counts.entry(action.action.clone()).or_default() += 1;
        }
        Self { counts, actions }
    }

    /// What is kept of a plan, and of the changes that were made before it.
    pub(super) fn after(early: &[Change], plan: &Plan) -> Self {
        let changes: Vec<Change> = early.iter().chain(&plan.changes).cloned().collect();
        let Self { mut counts, actions } = Self::of_changes(&changes);
        let more = [
            ("kept", plan.staying().count()),
            ("leftOut", plan.entries_left_out()),
            ("standing", plan.standing.len()),
            ("people", plan.totals.people),
            ("groups", plan.totals.groups),
        ];
        counts.extend(more.map(|(name, number)| (name.to_owned(), number as u64)));
        let mut record = Self { counts, actions };
        record.note(SENT_AGAIN, plan.sent_again.people + plan.sent_again.groups);
        record
    }

    /// Takes out changes that were not made.
    pub(super) fn without(&mut self, changes: &[&Change]) {
        for change in changes {
            let Some(one) = serde_json::to_value(change).ok().map(action) else { continue };
            let Some(place) = self.actions.iter().position(|it| *it == one) else { continue };
            self.actions.remove(place);
            if let Some(count) = self.counts.get_mut(&one.action) {
                *count = count.saturating_sub(1);
            }
        }
    }

    /// Adds a number; 0 adds nothing.
    pub(super) fn note(&mut self, name: &str, number: usize) {
        if number > 0 {
            self.counts.insert(name.to_owned(), number as u64);
        }
    }

    /// Adds what a look at the organization afterwards showed.
    pub(super) fn verified(&mut self, verification: &Verification) {
        match verification {
            Verification::NothingSent => {}
            Verification::Verified | Verification::VerifiedExcept { .. } => self.note(VERIFIED, 1),
            Verification::SentNotVerified => self.note(NOT_VERIFIED, 1),
        }
    }

    /// Adds why nothing was sent.
    pub(super) fn refused(&mut self, refusals: &[Refusal]) {
        let reasons = refusals.iter().filter_map(|it| serde_json::to_value(it).ok());
        self.actions.extend(reasons.map(|cause| RecordedAction {
            action: REFUSED.to_owned(),
            subject: String::new(),
            cause,
        }));
    }

    /// Adds the error that ended it.
    pub(super) fn failed(&mut self, error: &dyn Error) {
        let cause = json!({ "error": with_causes(error) });
        self.actions.push(RecordedAction { action: FAILED.to_owned(), subject: String::new(), cause });
    }

    pub(super) fn ending(&self, finished_at: Timestamp, outcome: RunOutcome) -> Ending<'_> {
        let done = !matches!(outcome, RunOutcome::Unchanged);
        let actions = if done { self.actions.as_slice() } else { &[] };
        Ending { finished_at, outcome, counts: &self.counts, actions }
    }
}

fn action(change: Value) -> RecordedAction {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let subject = change.get("person").or_else(|| change.get("group"));
    RecordedAction {
        action: text(change.get("action")),
        subject: text(subject.and_then(|it| it.get("name"))),
        cause: change,
    }
}
