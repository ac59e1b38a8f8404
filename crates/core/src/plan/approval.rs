//! What a plan takes away and hands out, as a set: an administrator approves exactly this, and nothing beyond it.

use super::{Cause, Change, Plan};
use hashbrown::HashSet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Everything that a plan takes from people and groups, and whom it invites.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApprovalScope {
    /// External ids of people whose access is revoked.
    pub revoked: BTreeSet<String>,
    /// Further addresses under which leavers are sent as deleted: the external id, then the address. Somebody else can be the member
    /// there.
    pub addresses: BTreeSet<(String, String)>,
    /// External ids of people who are removed.
    pub removed: BTreeSet<String>,
    /// Memberships that end: external id of the group, then that of the member or the address of one without. Those of
    /// people who lose access are not among them.
    pub memberships: BTreeSet<(String, String)>,
    /// External ids of groups that have members before and none after, or are deleted.
    pub emptied_groups: BTreeSet<String>,
    /// External ids of groups that take the place of an entry that is gone, and with it its access to collections.
    pub replaced_groups: BTreeSet<String>,
    /// Groups made by hand that become the directory's, with access to collections: external id, then name.
    pub adopted_groups: BTreeSet<(String, String)>,
    /// External ids of people whose membership was another entry's before.
    pub replaced_people: BTreeSet<String>,
    /// Memberships that begin on a first run because the directory is read better than before: group, then member.
    pub anew: BTreeSet<(String, String)>,
    /// External ids of people who are invited.
    pub invited: BTreeSet<String>,
    /// The directory returned nobody.
    pub empty_directory: bool,
    /// The directory returned no group.
    pub no_groups: bool,
    /// External ids of people who have no address any more.
    pub addresses_lost: BTreeSet<String>,
    /// A first run found few of those who carry ids of the directory.
    pub few_found: bool,
}

impl ApprovalScope {
    /// Whether everything in `other` is in here. Who may be removed may also be revoked.
    pub fn covers(&self, other: &Self) -> bool {
        other.removed.is_subset(&self.removed)
            && other.revoked.iter().all(|id| self.revoked.contains(id) || self.removed.contains(id))
            && other.addresses.is_subset(&self.addresses)
            && other.memberships.is_subset(&self.memberships)
            && other.emptied_groups.is_subset(&self.emptied_groups)
            && other.replaced_groups.is_subset(&self.replaced_groups)
            && other.adopted_groups.is_subset(&self.adopted_groups)
            && other.replaced_people.is_subset(&self.replaced_people)
            && other.anew.is_subset(&self.anew)
            && other.invited.is_subset(&self.invited)
            && other.addresses_lost.is_subset(&self.addresses_lost)
            && (self.empty_directory || !other.empty_directory)
            && (self.no_groups || !other.no_groups)
            && (self.few_found || !other.few_found)
    }

    /// Adds everything of `other`.
    pub fn add(&mut self, other: &Self) {
        self.revoked.extend(other.revoked.iter().cloned());
        self.addresses.extend(other.addresses.iter().cloned());
        self.removed.extend(other.removed.iter().cloned());
        self.memberships.extend(other.memberships.iter().cloned());
        self.emptied_groups.extend(other.emptied_groups.iter().cloned());
        self.replaced_groups.extend(other.replaced_groups.iter().cloned());
        self.adopted_groups.extend(other.adopted_groups.iter().cloned());
        self.replaced_people.extend(other.replaced_people.iter().cloned());
        self.anew.extend(other.anew.iter().cloned());
        self.invited.extend(other.invited.iter().cloned());
        self.addresses_lost.extend(other.addresses_lost.iter().cloned());
        self.empty_directory |= other.empty_directory;
        self.no_groups |= other.no_groups;
        self.few_found |= other.few_found;
    }

    /// Takes everything of `other` out.
    pub(super) fn remove(&mut self, other: &Self) {
        self.revoked.retain(|it| !other.revoked.contains(it));
        self.addresses.retain(|it| !other.addresses.contains(it));
        self.removed.retain(|it| !other.removed.contains(it));
        self.memberships.retain(|it| !other.memberships.contains(it));
        self.emptied_groups.retain(|it| !other.emptied_groups.contains(it));
        self.anew.retain(|it| !other.anew.contains(it));
        self.replaced_people.retain(|it| !other.replaced_people.contains(it));
        self.replaced_groups.retain(|it| !other.replaced_groups.contains(it));
        self.adopted_groups.retain(|it| !other.adopted_groups.contains(it));
        self.invited.retain(|it| !other.invited.contains(it));
        self.addresses_lost.retain(|it| !other.addresses_lost.contains(it));
    }

    /// What is left of it once a run has done this.
    #[must_use]
    pub fn without(&self, done: &Self) -> Self {
        let mut rest = self.clone();
        rest.remove(done);
        // Who was removed lost access, too.
        rest.revoked.retain(|it| !done.removed.contains(it));
        rest.removed.retain(|it| !done.revoked.contains(it));
        let found = Self { empty_directory: false, no_groups: false, few_found: false, ..rest.clone() };
        // What was found, or not, is no change of its own: it was let pass with the last of the changes.
        if found == Self::default() { found } else { rest }
    }

    /// External ids of people who lose access.
    pub fn people(&self) -> impl Iterator<Item = &String> {
        self.revoked.iter().chain(&self.removed)
    }

    /// How many memberships people may lose: one each, and one under each further address.
    pub(super) fn takes_from(&self) -> usize {
        self.people().count() + self.addresses.len()
    }

    /// Whether nothing is taken away: invitations do not count.
    pub fn takes_nothing(&self) -> bool {
        self.takes_from() == 0 && self.memberships.is_empty() && self.emptied_groups.is_empty()
    }
}

impl Plan {
    /// What this plan takes away, and whom it invites.
    pub fn scope(&self) -> ApprovalScope {
        let leaving: HashSet<&str> = self
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::Revoke { person, .. } | Change::Remove { person, .. } => {
                    Some(person.external_id.as_str())
                }
                _ => None,
            })
            .collect();
        let mut scope = ApprovalScope { anew: self.anew.clone(), ..ApprovalScope::default() };
        scope.replaced_people.clone_from(&self.replaced_people);
        for change in &self.changes {
            match change {
                Change::Invite { person, .. } | Change::Stage { person, .. } => {
                    scope.invited.insert(person.external_id.as_str().to_owned());
                }
                Change::Revoke { person, cause: Cause::FurtherAddress } => {
                    let id = person.external_id.as_str().to_owned();
                    scope.addresses.insert((id, person.name.clone()));
                }
                Change::Revoke { person, .. } => {
                    scope.revoked.insert(person.external_id.as_str().to_owned());
                }
                Change::Remove { person, .. } => {
                    scope.removed.insert(person.external_id.as_str().to_owned());
                }
                Change::ChangeMembers { group, added, removed, before, .. } => {
                    let group = group.external_id.as_str();
                    let lost = || removed.iter().filter(|it| !leaving.contains(it.as_str()));
                    scope.memberships.extend(lost().map(|it| (group.to_owned(), it.clone())));
                    if lost().next().is_some() && added.is_empty() && removed.len() == *before {
                        scope.emptied_groups.insert(group.to_owned());
                    }
                }
                Change::AdoptGroup { group, cause: Cause::Gone, .. } => {
                    scope.replaced_groups.insert(group.external_id.as_str().to_owned());
                }
                Change::AdoptGroup { group, old: None, collections, cause: Cause::Differs }
                    if *collections != Some(0) =>
                {
                    let id = group.external_id.as_str().to_owned();
                    scope.adopted_groups.insert((id, group.name.clone()));
                }
                Change::DeleteGroup { group, removed, .. } => {
                    let group = group.external_id.as_str();
                    let lost = removed.iter().filter(|it| !leaving.contains(it.as_str()));
                    scope.memberships.extend(lost.map(|it| (group.to_owned(), it.clone())));
                    scope.emptied_groups.insert(group.to_owned());
                }
                _ => {}
            }
        }
        scope
    }
}
