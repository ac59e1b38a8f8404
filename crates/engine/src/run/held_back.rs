//! A run of which the limits hold a part back.

use super::ending::{Conclusion, Times};
use super::{RunError, SyncReport};
use crate::ledger::{HELD_BACK, RunOutcome};
use bwdc_core::plan::{ApprovalScope, Plan, Refusal};

/// What the limits hold back of a plan.
pub(super) struct HeldBack {
    pub(super) refusals: Vec<Refusal>,
    /// What it would have taken: an approval covers exactly that.
    pub(super) scope: ApprovalScope,
    /// The plan without it.
    pub(super) left: Plan,
}

impl HeldBack {
    /// The end of a run that carried out the rest. It is not the last sync.
    pub(super) fn end(self, ending: Conclusion<SyncReport>) -> Conclusion<SyncReport> {
        let (report, other) = match ending.result {
            Ok(report) => (Some(Box::new(report)), None),
            Err(error) => {
                let (error, report) = error.split();
                (report, Some(Box::new(error)))
            }
        };
        let done = report.as_ref().map_or(self.left.changes.len(), |it| it.done());
        let times = if ending.times == Times::Forgotten { Times::Forgotten } else { Times::Seen };
        let mut record = ending.record;
        // What else is not done is a failure, unless the server refused single people.
        if matches!(other.as_deref(), None | Some(RunError::RecordsRefused { .. })) {
            record.note(HELD_BACK, self.refusals.len());
        }
        let held = RunError::Held { refusals: self.refusals, done, other, run: None };
        Conclusion {
            outcome: RunOutcome::Partial,
            quarantine: Some(self.scope),
            times,
            result: Err(match report {
                Some(report) => RunError::NotDone { report, error: Box::new(held) },
                None => held,
            }),
            record,
            ledger: ending.ledger,
        }
    }
}
