//! What a plan shows, while the fates are unfolded.

use super::change::{Change, Kept, LeftOut};
use super::notice::PlanNotice;
use super::standing::Standing;
use crate::names::ExternalId;
use hashbrown::HashSet;

/// What a plan shows.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) changes: Vec<Change>,
    pub(super) kept: Vec<Kept>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) standing: Vec<Standing>,
    pub(super) notices: Vec<PlanNotice>,
}

impl Shown {
    /// External ids of people who get their access back.
    pub(super) fn restored(&self) -> HashSet<ExternalId> {
        let restored = |change: &Change| match change {
            Change::Restore { person, .. } => Some(person.external_id.clone()),
            _ => None,
        };
        self.changes.iter().filter_map(restored).collect()
    }
}
