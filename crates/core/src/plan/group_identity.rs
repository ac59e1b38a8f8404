//! Which group of the directory is which in the ledger and the organization.
//!
//! The id that survives renames decides: a group that was renamed or moved keeps the id of its first push, and with it its members
//! and its access to collections. A newcomer at a name that was pushed for another group is another group. It takes over only
//! where the directory itself says that the old entry is gone.

use crate::desired::{Desired, DesiredGroup};
use crate::ledger::{LedgerState, ManagedGroup};
use crate::names::{ExternalId, SourceName};
use crate::observed::{LookupRequest, OrganizationState, Presence, Presences};
use crate::wire::Request;
use hashbrown::{HashMap, HashSet};

/// The id under which a group of the directory is pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GroupIdentity {
    /// The one of its first push, or a free one.
    Own(ExternalId),
    /// The directory's id was pushed for another entry; nobody knows yet what became of that one.
    Taken(ExternalId),
    /// The directory's id was pushed for another entry, which is gone: this one takes its place.
    Replaces(ExternalId),
    /// Another connector has given the id to a group of the organization.
    OfAnother(ExternalId),
}

impl GroupIdentity {
    /// None: the group waits.
    pub(super) fn id(&self) -> Option<&ExternalId> {
        match self {
            Self::Own(id) | Self::Replaces(id) => Some(id),
            Self::Taken(_) | Self::OfAnother(_) => None,
        }
    }
}

/// Decides for every group of the directory, as far as the ledger and the organization tell.
fn decide<'l>(
    desired: &Desired,
    ledger: &'l LedgerState,
    organization: Option<&OrganizationState>,
) -> Vec<GroupIdentity> {
    let owners: HashMap<&str, &ManagedGroup> =
        ledger.groups.iter().map(|it| (it.external_id.as_str(), it)).collect();
    // Ids belong to their source.
    let stable = |it: &'l ManagedGroup| Some((it.source.as_str(), it.stable_id.as_ref()?.as_str()));
    let known: HashMap<(&str, &str), &ExternalId> =
        ledger.groups.iter().filter_map(|it| Some((stable(it)?, &it.external_id))).collect();
    let there: HashSet<&str> = organization
        .into_iter()
        .flat_map(|it| &it.groups)
        .filter_map(|it| it.external_id.as_ref().map(ExternalId::as_str))
        .collect();
    let own = |group: &DesiredGroup| {
        let stable_id = group.stable_id.map(|it| desired.text(it));
        let source = desired.source(group.source);
        if let Some(id) = stable_id.and_then(|it| known.get(&(source.as_str(), it))) {
            return GroupIdentity::Own((*id).clone());
        }
        let id = desired.text(group.external_id);
        let another = |owner: &&&ManagedGroup| {
            let owned = owner.stable_id.as_ref().map(|it| it.as_str());
            (owner.source == *source || owner.source.is_former())
                && owned.zip(stable_id).is_some_and(|(owned, it)| owned != it)
        };
        match owners.get(id).filter(another) {
            Some(owner) => GroupIdentity::Taken(owner.external_id.clone()),
            // As it was named when another one had the directory's id, in a ledger that was lost.
            None => match stable_id.filter(|it| there.contains(it)) {
                Some(minted) => GroupIdentity::Own(ExternalId::new(minted)),
                None => GroupIdentity::Own(
                    owners.get(id).map_or_else(|| ExternalId::new(id), |it| it.external_id.clone()),
                ),
            },
        }
    };
    desired.groups().iter().map(own).collect()
}

/// Who every group of the directory is, and what the directory answered for managed groups that it did not return.
#[derive(Clone, Debug)]
pub(super) struct GroupIdentities {
    groups: Vec<GroupIdentity>,
    answers: Presences,
    /// Ids of groups that come from a directory to which no source leads any more.
    former: HashSet<ExternalId>,
}

impl GroupIdentities {
    pub(super) fn new(
        desired: &Desired,
        ledger: &LedgerState,
        organization: Option<&OrganizationState>,
    ) -> Self {
        let former = ledger.groups.iter().filter(|it| it.source.is_former());
        Self {
            groups: decide(desired, ledger, organization),
            answers: Presences::new(),
            former: former.map(|it| it.external_id.clone()).collect(),
        }
    }

    /// Leaves groups alone that have ids which this connector never gave.
    pub(super) fn spare_others(
        &mut self,
        desired: &Desired,
        ledger: &LedgerState,
        organization: &OrganizationState,
    ) {
        let mut given: HashSet<&ExternalId> = ledger.groups.iter().map(|it| &it.external_id).collect();
        for intent in ledger.open_intents.iter().filter(|it| it.may_have_happened()) {
            match &intent.request {
                Request::Import(import) | Request::WholeImport(import) => {
                    given.extend(import.groups.iter().map(|it| &it.external_id));
                }
                Request::PutGroup { external_id, .. } => drop(given.insert(external_id)),
                _ => {}
            }
        }
        let of_others = organization.groups.iter();
        let of_others = of_others.filter_map(|it| Some((it.external_id.as_ref()?, it.name.as_str())));
        let mut names: HashMap<&ExternalId, Vec<&str>> = HashMap::new();
        for (id, name) in of_others.filter(|(id, _)| !given.contains(id)) {
            names.entry(id).or_default().push(name);
        }
        for (identity, group) in self.groups.iter_mut().zip(desired.groups()) {
            let GroupIdentity::Own(id) = identity else { continue };
            let Some(names) = names.get(id) else { continue };
            let is_first = ledger.is_first_run_of(desired.source(group.source));
            if !is_first || !names.iter().all(|it| *it == desired.text(group.name)) {
                *identity = GroupIdentity::OfAnother(id.clone());
            }
        }
    }

    pub(super) fn of(&self, number: usize) -> &GroupIdentity {
        &self.groups[number]
    }

    /// None: the directory was not asked.
    pub(super) fn answer(&self, external_id: &ExternalId) -> Option<&Presence> {
        self.answers.get(external_id)
    }

    pub(super) fn lookups(
        &self,
        desired: &Desired,
        ledger: &LedgerState,
    ) -> Vec<(SourceName, Vec<LookupRequest>)> {
        let own = |it: &GroupIdentity| match it {
            GroupIdentity::Own(id) => Some(id.clone()),
            GroupIdentity::Taken(_) | GroupIdentity::Replaces(_) | GroupIdentity::OfAnother(_) => None,
        };
        let listed: HashSet<ExternalId> = self.groups.iter().filter_map(own).collect();
        let was_read = |it: &ManagedGroup| {
            desired.sources().iter().any(|source| source.name == it.source && source.groups)
        };
        let mut lookups: Vec<(SourceName, Vec<LookupRequest>)> = Vec::new();
        for group in ledger.groups.iter().filter(|it| !listed.contains(&it.external_id) && was_read(it)) {
            let one = LookupRequest {
                external_id: group.external_id.clone(),
                stable_id: group.stable_id.clone(),
                reference: group.reference.clone(),
            };
            match lookups.iter_mut().find(|(source, _)| *source == group.source) {
                Some((_, of_source)) => of_source.push(one),
                None => lookups.push((group.source.clone(), vec![one])),
            }
        }
        lookups
    }

    /// Settles who has a name that was used before: whoever took the place of an entry that is gone, and who is new beside one that
    /// still exists.
    pub(super) fn settle(&mut self, desired: &Desired, answers: Presences) {
        let listed: HashSet<ExternalId> = self
            .groups
            .iter()
            .filter_map(|it| if let GroupIdentity::Own(id) = it { Some(id.clone()) } else { None })
            .collect();
        for (identity, group) in self.groups.iter_mut().zip(desired.groups()) {
            let GroupIdentity::Taken(id) = identity else { continue };
            let still_exists = listed.contains(id)
                || matches!(answers.get(id), Some(Presence::Found { .. } | Presence::Disabled { .. }));
            *identity = match (answers.get(id), group.stable_id) {
                (_, Some(stable_id)) if still_exists => {
                    GroupIdentity::Own(ExternalId::new(desired.text(stable_id)))
                }
                (Some(Presence::NotFound), _) => GroupIdentity::Replaces(id.clone()),
                (None, _) if self.former.contains(id) => GroupIdentity::Replaces(id.clone()),
                _ => continue,
            };
        }
        self.answers = answers;
    }
}
