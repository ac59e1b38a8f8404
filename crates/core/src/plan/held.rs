//! What a run does not carry out, where a limit is no reason to keep everything back: one group's list, or whatever takes access.
//!
//! What belongs together stays together: who stays in one group because of it does not come into another one, and nobody gets an
//! address or a seat of somebody who stays.

use super::change::{Kept, KeptBecause, Subject};
use super::group_requests::{GroupChange, GroupFate, MembersChange, Renaming, Stay};
use super::person_requests::PersonFate;
use super::refusal::{Held, Verdict};
use super::roster::Roster;
use super::standing::{GroupKeptBecause, MembershipsKeptBecause};
use super::{ApprovalScope, Index, Plan, PlanInput};
use crate::names::ExternalId;
use hashbrown::HashSet;

impl Plan {
    /// The plan without what a run has to hold back. None: what is left needs something that only the whole has, as a seat, or is
    /// itself more than the limits allow.
    pub fn build_without(input: &PlanInput<'_>, held: &Held) -> Option<Self> {
        let left = Self::build_holding(input, Some(held));
        let is_within = left.refusals.is_empty() && left.check(&input.connector.limits, &[]) == Verdict::Go;
        is_within.then_some(left)
    }

    /// What this plan takes and the other one does not: an approval covers exactly that.
    pub fn taken_beyond(&self, other: &Self) -> ApprovalScope {
        let mut beyond = self.scope();
        beyond.remove(&other.scope());
        beyond.invited.clear();
        beyond
    }
}

/// Lets everybody stay.
pub(super) fn keep_people<'a>(
    held: &Held,
    fates: &mut [PersonFate],
    index: &Index<'a>,
    roster: &mut Roster<'a>,
) {
    for fate in fates.iter_mut().filter(|_| held.access) {
        if let PersonFate::Leaves { person, cause, .. } = fate {
            let id = index.by_external_id.get_key_value(person.external_id.as_str());
            roster.present.extend(id.map(|(&id, _)| id));
            let kept = Kept { person: person.clone(), cause: Some(*cause), because: KeptBecause::HeldBack };
            *fate = PersonFate::Kept(kept);
        }
    }
}

/// Lets groups keep the members whom they would lose, and all of their list where that is held back.
pub(super) fn keep_memberships(held: &Held, fates: &mut [GroupFate], index: &Index<'_>) {
    let stay: HashSet<String> = fates.iter().flat_map(|it| staying(held, it)).cloned().collect();
    for fate in fates {
        match fate {
            GroupFate::Deleted { group, .. } if is_kept(held, group) => {
                *fate = GroupFate::Vanished { group: group.clone(), because: GroupKeptBecause::Gone };
            }
            GroupFate::Created { members, listed, .. } => {
                let before = listed.len();
                listed.retain(|it| !stay.contains(it.as_str()));
                *members = members.saturating_sub(before - listed.len());
            }
            GroupFate::Known(change) if held.groups.contains(change.group.external_id.as_str()) => {
                keep_list(change);
            }
            GroupFate::Known(change) => {
                if held.access {
                    keep_members(change, index);
                }
                keep_out(change, &stay);
            }
            _ => {}
        }
    }
}

/// Members who would go out of a group, and stay.
fn staying<'f>(held: &Held, fate: &'f GroupFate) -> &'f [String] {
    match fate {
        GroupFate::Deleted { group, removed, .. } if is_kept(held, group) => removed,
        GroupFate::Known(change) => match &change.members {
            MembersChange::Differ { removed, .. } if is_kept(held, &change.group) => removed,
            _ => &[],
        },
        _ => &[],
    }
}

/// Whether nobody goes out of this group.
fn is_kept(held: &Held, group: &Subject) -> bool {
    held.access || held.groups.contains(group.external_id.as_str())
}

/// The group is not sent at all. A new name goes with the list, and waits.
fn keep_list(change: &mut GroupChange) {
    let members = std::mem::replace(&mut change.members, MembersChange::Same);
    if let MembersChange::Differ { removed, .. } = members {
        hold(&mut change.stay, removed);
    }
    change.listed = None;
    change.renamed = change.renamed.take().filter(|it| matches!(it, Renaming::Kept(_)));
}

/// Whoever would go out stays; the group is sent where somebody comes in. An import would take out whoever has no id: such a group
/// waits as a whole.
fn keep_members(change: &mut GroupChange, index: &Index<'_>) {
    let MembersChange::Differ { removed, outside, .. } = &mut change.members else { return };
    if removed.iter().any(|it| !index.by_external_id.contains_key(it.as_str())) {
        return keep_list(change);
    }
    outside.clear();
    let removed = std::mem::take(removed);
    if let Some(listed) = &mut change.listed {
        listed.extend(removed.iter().map(|it| ExternalId::new(it.as_str())));
    }
    hold(&mut change.stay, removed);
}

/// Whoever stays elsewhere does not come in.
fn keep_out(change: &mut GroupChange, stay: &HashSet<String>) {
    let MembersChange::Differ { added, removed, .. } = &mut change.members else { return };
    let moved: HashSet<String> = added.extract_if(.., |it| stay.contains(it.as_str())).collect();
    if let Some(listed) = &mut change.listed {
        listed.retain(|it| !moved.contains(it.as_str()));
    }
    if added.is_empty() && removed.is_empty() {
        change.members = MembersChange::Same;
        if !matches!(change.renamed, Some(Renaming::From(_))) {
            change.listed = None;
        }
    }
}

fn hold(stay: &mut Stay, members: Vec<String>) {
    if !members.is_empty() {
        stay.because = Some(MembershipsKeptBecause::HeldBack);
        stay.members.extend(members);
    }
}
