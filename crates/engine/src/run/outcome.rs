//! What a run whose requests were all answered came to.

use super::inputs::Inputs;
use super::remembered::Place;
use super::{RunError, SyncReport, UnreadSource, Verification};
use crate::ledger::RunOutcome;
use bwdc_core::import::{RefusedRecord, fingerprint, official_request};
use bwdc_core::names::ExternalId;
use bwdc_core::observed::{Membership, OrganizationState};
use bwdc_core::plan::{Change, Plan, Refusal};
use bwdc_core::wire::Request;
use std::collections::HashSet;

/// How a run ended whose requests were all answered.
pub(super) struct Finished {
    /// Whether anything was sent.
    pub(super) sent: bool,
    /// Whether the organization was read again.
    pub(super) read_back: bool,
    /// Groups whose members later runs read back.
    pub(super) unread_groups: usize,
    /// Changes that are still to be made.
    pub(super) left: usize,
    /// Those of the plan, as far as it is known.
    pub(super) not_made: Vec<Change>,
    /// Changes that were made before the plan.
    pub(super) early: Vec<Change>,
    /// Records that the server did not take.
    pub(super) refused: Vec<RefusedRecord>,
    /// Sources that could not be read, with why.
    pub(super) unread: Vec<UnreadSource>,
    /// What kept the import from being sent.
    pub(super) held_back: Vec<Refusal>,
}

impl Finished {
    pub(super) fn everything_is_done(&self) -> bool {
        self.left == 0 && self.refused.is_empty() && self.unread.is_empty() && self.held_back.is_empty()
    }

    pub(super) fn outcome(&self) -> RunOutcome {
        if !self.everything_is_done() {
            RunOutcome::Partial
        } else if self.sent {
            RunOutcome::Complete
        } else {
            RunOutcome::Unchanged
        }
    }

    pub(super) fn verification(&self) -> Verification {
        match (self.sent, self.read_back) {
            (false, _) => Verification::NothingSent,
            (true, true) if self.unread_groups > 0 => {
                Verification::VerifiedExcept { groups: self.unread_groups }
            }
            (true, true) => Verification::Verified,
            (true, false) => Verification::SentNotVerified,
        }
    }

    /// What whoever asked for it is told of the run.
    pub(super) fn report(self, plan: Plan, requests: usize, inputs: &Inputs<'_>) -> SyncReport {
        SyncReport {
            invited_all_the_same: inputs.invites_all_the_same(&plan),
            users: if self.sent { plan.totals.people } else { 0 },
            groups: if self.sent { plan.totals.groups } else { 0 },
            requests,
            verification: self.verification(),
            early: self.early,
            left: self.not_made,
            plan,
        }
    }

    /// What is not done, the gravest first; None: nothing.
    pub(super) fn error(&self, sent: usize) -> Option<RunError> {
        let other = if !self.held_back.is_empty() {
            Some(RunError::ImportHeldBack { refusals: self.held_back.clone() })
        } else if self.left > 0 {
            Some(RunError::NotTaken { left: self.left, sent })
        } else if !self.unread.is_empty() {
            Some(RunError::SourcesNotRead { sources: self.unread.clone() })
        } else {
            None
        };
        match other {
            other if self.refused.is_empty() => other,
            None => Some(RunError::RecordsRefused { records: self.refused.clone() }),
            // Not everybody else was synced.
            Some(other) => Some(other.after(self.refused.clone())),
        }
    }
}

pub(super) fn touched_groups(plan: &Plan) -> HashSet<ExternalId> {
    plan.changes
        .iter()
        .filter_map(|change| match change {
            Change::CreateGroup { group, .. }
            | Change::RenameGroup { group, .. }
            | Change::AdoptGroup { group, .. }
            | Change::ChangeMembers { group, .. } => Some(group.external_id.clone()),
            _ => None,
        })
        .collect()
}

/// Managed groups whose members were not read, and are not remembered.
pub(super) fn unread_groups(state: &OrganizationState) -> usize {
    let managed = state.groups.iter().filter(|it| it.external_id.is_some());
    managed.filter(|it| it.members == Membership::NotRead).count()
}

/// How many changes are still to be made, after every request was answered, besides those of refused people and groups.
pub(super) fn left_to_do(
    plan: &Plan,
    after: Option<&OrganizationState>,
    requests: &[Request],
    refused: &[RefusedRecord],
) -> usize {
    let Some(state) = after.filter(|_| !requests.is_empty()) else { return 0 };
    plan.unfinished(state).into_iter().filter(|it| !is_about(it, refused)).count()
}

fn is_about(change: &Change, refused: &[RefusedRecord]) -> bool {
    let (is_group, subject) = (change.person().is_none(), change.subject());
    refused.iter().any(|it| it.is_group == is_group && it.external_id == subject.external_id)
}

/// The changes of a plan that what is left of it has no more.
pub(super) fn given_up<'p>(planned: &'p [Change], left: &[Change]) -> Vec<&'p Change> {
    let mut left = left.iter().peekable();
    planned.iter().filter(|it| left.next_if(|next| next == it).is_none()).collect()
}

/// The changes that were not made: what a look afterwards does not show, or, where nobody can look, what the server refused.
pub(super) fn not_made(
    plan: &Plan,
    after: Option<&OrganizationState>,
    requests: &[Request],
    refused: &[RefusedRecord],
) -> Vec<Change> {
    if requests.is_empty() {
        return Vec::new();
    }
    match after {
        Some(state) => plan.unfinished(state).into_iter().cloned().collect(),
        None => plan.changes.iter().filter(|it| is_about(it, refused)).cloned().collect(),
    }
}

/// The fingerprint of what was sent, where it is just what the official connector would have sent: it knows one directory.
pub(super) fn official_hash(inputs: &Inputs<'_>, requests: &[Request], place: &Place) -> Option<String> {
    let [Request::Import(sent) | Request::WholeImport(sent)] = requests else { return None };
    let alone = inputs.desired.sources().len() == 1;
    let official = alone && *sent == official_request(&inputs.desired, &inputs.sync);
    let body = serde_json::to_vec(sent).ok().filter(|_| official)?;
    Some(fingerprint(&place.api, &place.organization_id, &body))
}
