//! Whether the organization is afterwards as a plan wanted it: each change is looked for. What somebody else changed meanwhile
//! is no failure of the plan.

use super::Plan;
use super::change::{Cause, Change, Subject};
use crate::names::ExternalId;
use crate::observed::{MemberStatus, Membership, ObservedGroup, ObservedMember, OrganizationState};
use hashbrown::{HashMap, HashSet};
use std::sync::Arc;

impl Plan {
    /// The changes that the organization does not show afterwards. Members of groups that were not read count as changed.
    pub fn unfinished<'p>(&'p self, after: &OrganizationState) -> Vec<&'p Change> {
        let after = Afterwards::new(after);
        let mut new_groups: HashMap<&ExternalId, &Arc<[ExternalId]>> = self.new_groups().collect();
        let is_left = |change: &&Change| match change {
            Change::Invite { person, cause: Cause::AddressCorrected } => {
                after.member(&person.external_id).is_none_or(|it| it.email.as_str() != person.name)
            }
            // A copy was taken away.
            Change::ReplaceExternalId { person, old, .. } if person.external_id.as_str().is_empty() => after
                .state
                .members
                .iter()
                .any(|it| it.email.as_str() == person.name && it.external_id.as_ref() == Some(old)),
            Change::AdoptGroup { old, cause: Cause::IdCopied, .. } => {
                old.is_some() && after.state.groups.iter().filter(|it| it.external_id == *old).count() > 1
            }
            Change::Invite { person, .. }
            | Change::Stage { person, .. }
            | Change::Adopt { person, .. }
            | Change::ReplaceExternalId { person, .. } => after.member(&person.external_id).is_none(),
            Change::Restore { person, .. } => {
                after.with(person, self).is_none_or(|it| it.status == MemberStatus::Revoked)
            }
            Change::Revoke { person, .. } => {
                after.with(person, self).is_some_and(|it| it.status != MemberStatus::Revoked)
            }
            Change::Remove { person, .. } => after.with(person, self).is_some(),
            Change::AdoptGroup { group, .. } => after.group(&group.external_id).is_none(),
            Change::RenameGroup { group, .. } => {
                after.group(&group.external_id).is_none_or(|it| it.name != group.name)
            }
            Change::DeleteGroup { group, .. } => after.group(&group.external_id).is_some(),
            Change::CreateGroup { group, .. } => {
                let members = new_groups.remove(&group.external_id).into_iter().flat_map(|it| it.iter());
                let members = members.map(ExternalId::as_str);
                after.group(&group.external_id).is_none_or(|it| !after.holds(it, members))
            }
            Change::ChangeMembers { group, added, removed, .. } => {
                after.group(&group.external_id).is_none_or(|found| {
                    let added = added.iter().map(String::as_str);
                    !after.holds(found, added) || after.holds_any(found, removed)
                })
            }
        };
        self.changes.iter().filter(is_left).collect()
    }
}

/// The organization by its ids.
struct Afterwards<'a> {
    state: &'a OrganizationState,
    members: HashMap<&'a str, &'a ObservedMember>,
    groups: HashMap<&'a str, &'a ObservedGroup>,
    /// External ids that several members have.
    repeated: HashSet<&'a str>,
}

impl<'a> Afterwards<'a> {
    fn new(state: &'a OrganizationState) -> Self {
        let members = state.members.iter().filter_map(|it| Some((it.external_id.as_ref()?.as_str(), it)));
        let groups = state.groups.iter().filter_map(|it| Some((it.external_id.as_ref()?.as_str(), it)));
        let mut seen = HashSet::new();
        let ids = state.members.iter().filter_map(|it| it.external_id.as_ref()).map(ExternalId::as_str);
        let repeated = ids.filter(|it| !seen.insert(*it)).collect();
        Self { state, members: members.collect(), groups: groups.collect(), repeated }
    }

    fn member(&self, id: &ExternalId) -> Option<&'a ObservedMember> {
        self.members.get(id.as_str()).copied()
    }

    fn group(&self, id: &ExternalId) -> Option<&'a ObservedGroup> {
        self.groups.get(id.as_str()).copied()
    }

    /// The member whom the plan means by this id: it may have another one.
    fn with(&self, person: &Subject, plan: &Plan) -> Option<&'a ObservedMember> {
        let id = &person.external_id;
        // Of two who have one id, the one whom the request is about.
        let asked = || plan.sent.member_of(person).filter(|_| self.repeated.contains(id.as_str()));
        match plan.recognized.get(id).map(|it| &it.member).or_else(asked) {
            Some(known) => self.state.members.iter().find(|it| it.id.as_ref() == Some(known)),
            None => self.member(id),
        }
    }

    /// Whether the group has all of these, in so far as they are members.
    fn holds<'i>(&self, group: &ObservedGroup, mut ids: impl Iterator<Item = &'i str>) -> bool {
        let Some(held) = self.names(group) else { return true };
        ids.all(|it| held.contains(it) || !self.members.contains_key(it))
    }

    fn holds_any(&self, group: &ObservedGroup, ids: &[String]) -> bool {
        !ids.is_empty()
            && self.names(group).is_some_and(|held| ids.iter().any(|it| held.contains(it.as_str())))
    }

    /// External ids, and addresses of members without one; None: not known.
    fn names<'g>(&self, group: &'g ObservedGroup) -> Option<HashSet<&'g str>>
    where
        'a: 'g,
    {
        let name = |it: &'a ObservedMember| {
            let id = it.external_id.as_ref().map(ExternalId::as_str).filter(|it| !it.trim().is_empty());
            id.unwrap_or(it.email.as_str())
        };
        match &group.members {
            Membership::Read(places) => {
                Some(places.iter().map(|&place| name(&self.state.members[place])).collect())
            }
            Membership::Remembered(ids) => Some(ids.iter().map(ExternalId::as_str).collect()),
            Membership::NotRead => None,
        }
    }
}
