//! The guard: what one run may take away, and the states of directory and organization in which nothing is sent at all.

use super::approval::Takings;
use super::change::Change;
use super::{Plan, PlanInput};
use crate::names::ExternalId;
use crate::settings::Limits;
use serde::Serialize;

/// Fewest memberships that a run may always take away.
const FREE_MEMBERSHIPS: usize = 20;
/// Groups of this size and below may lose any share of their members.
const SMALL_GROUP: usize = 3;

/// Whether a plan may be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Go,
    /// No, and nothing at all is sent.
    Refused(Vec<Refusal>),
}

/// Why a plan is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Refusal {
    /// More people would lose access than one run may take.
    TooManyRemovals {
        /// People who would lose access.
        planned: usize,
        /// People who may.
        allowed: usize,
        /// Members with an external id.
        managed: usize,
    },
    /// More memberships would be taken away than one run may take.
    TooManyMemberships {
        /// Memberships that would go.
        planned: usize,
        /// Memberships that may.
        allowed: usize,
    },
    /// A group would lose more than half of its members.
    GroupEmptied {
        /// The group's name.
        group: String,
        /// Members before.
        before: usize,
        /// Members who would go out.
        lost: usize,
    },
    /// The directory returned nobody, and the organization has managed members.
    EmptyDirectory {
        /// Members with an external id.
        managed: usize,
    },
    /// The directory returned no group, and the organization has managed groups.
    NoGroups {
        /// Groups with an external id.
        managed: usize,
    },
    /// Two members or two groups of the organization share an external id: the server would answer 500.
    RepeatedExternalId {
        /// The id.
        external_id: ExternalId,
        /// Whether it is groups that share it.
        of_groups: bool,
    },
    /// The server refuses `overwriteExisting` as long as somebody whom it would delete has not finished joining.
    ServerRefusesOverwrite {
        /// Their addresses.
        pending: Vec<String>,
    },
    /// `overwriteExisting` and batches exclude each other.
    OverwriteWithLargeImport,
}

impl Refusal {
    /// Whether an administrator can approve it; what the server would answer with an error has to be mended.
    pub fn can_be_approved(&self) -> bool {
        match self {
            Self::TooManyRemovals { .. }
            | Self::TooManyMemberships { .. }
            | Self::GroupEmptied { .. }
            | Self::EmptyDirectory { .. }
            | Self::NoGroups { .. } => true,
            Self::RepeatedExternalId { .. }
            | Self::ServerRefusesOverwrite { .. }
            | Self::OverwriteWithLargeImport => false,
        }
    }
}

impl Plan {
    /// Judges the plan. An approval lets a run pass when everything that it takes away is in the approved set.
    pub fn check(&self, limits: &Limits, approvals: &[Takings]) -> Verdict {
        let mut refusals = self.refusals.clone();
        if !limits.off {
            refusals.extend(self.too_many_removals(limits));
            refusals.extend(self.too_many_memberships(limits));
        }
        let approved = || {
            let takings = self.takings();
            approvals.iter().any(|approval| approval.covers(&takings))
        };
        if refusals.is_empty() || (refusals.iter().all(Refusal::can_be_approved) && approved()) {
            Verdict::Go
        } else {
            Verdict::Refused(refusals)
        }
    }

    fn too_many_removals(&self, limits: &Limits) -> Option<Refusal> {
        let (planned, managed) = (self.removals().count(), self.totals.managed);
        let share = managed.saturating_mul(limits.removals_percent as usize) / 100;
        let allowed = share.min(limits.removals as usize).max(1);
        (planned > allowed).then_some(Refusal::TooManyRemovals { planned, allowed, managed })
    }

    /// Memberships of people who lose access are counted there, not here.
    fn too_many_memberships(&self, limits: &Limits) -> Vec<Refusal> {
        let mut planned = 0;
        let mut refusals = Vec::new();
        for change in &self.changes {
            if let Change::ChangeMembers { group, removed, before, .. } = change {
                planned += removed.len();
                if *before > SMALL_GROUP && removed.len() * 2 > *before {
                    let (group, lost) = (group.name.clone(), removed.len());
                    refusals.push(Refusal::GroupEmptied { group, before: *before, lost });
                }
            }
        }
        let share = self.totals.memberships.saturating_mul(limits.memberships_percent as usize) / 100;
        let allowed = share.max(FREE_MEMBERSHIPS);
        if planned > allowed {
            refusals.push(Refusal::TooManyMemberships { planned, allowed });
        }
        refusals
    }
}

/// A directory that turned empty is taken for a fault, not for the truth.
pub(super) fn look(input: &PlanInput<'_>, plan: &mut Plan) {
    if input.connector.limits.allow_empty_directory || input.connector.limits.off {
        return;
    }
    let (managed, groups) = (plan.totals.managed, plan.totals.managed_groups);
    let nobody = input.desired.everybody().is_empty() && (input.desired.people_wanted() || input.sync.groups);
    if nobody && managed > 0 {
        plan.refusals.push(Refusal::EmptyDirectory { managed });
    }
    let known = input.ledger.groups.len().min(groups);
    if input.sync.groups && input.desired.groups().is_empty() && known > 0 {
        plan.refusals.push(Refusal::NoGroups { managed: known });
    }
}
