//! What a plan takes away, as a set: an administrator approves exactly this, and nothing beyond it.

use super::{Change, Plan, Refusal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Everything that a plan takes from people and groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Takings {
    /// External ids of people whose access is revoked.
    pub revoked: BTreeSet<String>,
    /// External ids of people who are removed.
    pub removed: BTreeSet<String>,
    /// Memberships that end: external id of the group, then that of the member or the address of one without.
    pub memberships: BTreeSet<(String, String)>,
    /// The directory returned nobody.
    pub empty_directory: bool,
    /// The directory returned no group.
    pub no_groups: bool,
}

impl Takings {
    /// Whether everything in `other` is in here. Who may be removed may also be revoked.
    pub fn covers(&self, other: &Self) -> bool {
        other.removed.is_subset(&self.removed)
            && other.revoked.iter().all(|id| self.revoked.contains(id) || self.removed.contains(id))
            && other.memberships.is_subset(&self.memberships)
            && (self.empty_directory || !other.empty_directory)
            && (self.no_groups || !other.no_groups)
    }
}

impl Plan {
    /// What this plan takes away.
    pub fn takings(&self) -> Takings {
        let state = |wanted: fn(&Refusal) -> bool| self.refusals.iter().any(wanted);
        let mut takings = Takings {
            empty_directory: state(|it| matches!(it, Refusal::EmptyDirectory { .. })),
            no_groups: state(|it| matches!(it, Refusal::NoGroups { .. })),
            ..Takings::default()
        };
        for change in &self.changes {
            match change {
                Change::Revoke { person, .. } => {
                    takings.revoked.insert(person.external_id.as_str().to_owned());
                }
                Change::Remove { person, .. } => {
                    takings.removed.insert(person.external_id.as_str().to_owned());
                }
                Change::ChangeMembers { group, removed, .. } => {
                    let group = group.external_id.as_str();
                    takings.memberships.extend(removed.iter().map(|it| (group.to_owned(), it.clone())));
                }
                _ => {}
            }
        }
        takings
    }
}
