//! Copies of external ids: a member or a group that the ledger does not know has the id of one that it knows, which is there as well.
//!
//! Somebody copied it by hand, or a program restored an old list. While two have it every import of the official server fails, and
//! whoever is meant by it cannot be told from the id alone. Where the ledger knows whose it is by more than the id, the copy is
//! taken away; who has it keeps everything else.

use super::PlanInput;
use super::witnesses::Addressed;
use crate::ledger::{LedgerState, ManagedPerson};
use crate::names::{ExternalId, GroupId, MemberId};
use crate::observed::{ObservedGroup, ObservedMember, OrganizationState, ServerKind};
use hashbrown::{HashMap, HashSet};

/// Where members stand that have a copy: not those in `settled`, who get an id of their own.
pub(super) fn members(
    input: &PlanInput<'_>,
    state: &OrganizationState,
    settled: &HashSet<usize>,
) -> Vec<usize> {
    if is_left_alone(input) {
        return Vec::new();
    }
    let twice = twice(state.members.iter().filter_map(|it| it.external_id.as_ref()));
    if twice.is_empty() {
        return Vec::new();
    }
    let owners = owners(input.ledger, state);
    let known: HashSet<&MemberId> =
        input.ledger.people.iter().filter_map(|it| it.member_id.as_ref()).collect();
    let addressed = Addressed::remembered(input.ledger).listed(input);
    let is_copy = |(place, member): (usize, &ObservedMember)| {
        let (id, held) = (member.id.as_ref()?, member.external_id.as_ref()?);
        let owner = &state.members[*owners.get(held)?];
        let is_its_own = owner.changed_id.is_none() || addressed.is(owner.email.as_str(), held);
        (twice.contains(held)
            && is_its_own
            && !known.contains(id)
            && owners.get(held) != Some(&place)
            && !settled.contains(&place)
            && !addressed.is(member.email.as_str(), held)
            && !input.ledger.may_have_given(Some(id), held))
        .then_some(place)
    };
    state.members.iter().enumerate().filter_map(is_copy).collect()
}

/// Where groups stand that have a copy.
pub(super) fn groups(input: &PlanInput<'_>, state: &OrganizationState) -> Vec<usize> {
    if is_left_alone(input) {
        return Vec::new();
    }
    let known: HashMap<&GroupId, &ExternalId> =
        input.ledger.groups.iter().filter_map(|it| Some((it.group_id.as_ref()?, &it.external_id))).collect();
    let is_known = |it: &ObservedGroup| it.id.as_ref().and_then(|id| known.get(id)).copied();
    let there: HashSet<&ExternalId> = state
        .groups
        .iter()
        .filter_map(|it| is_known(it).filter(|known| it.external_id.as_ref() == Some(known)))
        .collect();
    let is_copy = |(place, group): (usize, &ObservedGroup)| {
        let held = group.external_id.as_ref().filter(|it| !it.as_str().trim().is_empty())?;
        let unknown = group.id.is_some() && is_known(group).is_none();
        (unknown && there.contains(held) && !may_have_made(input.ledger, held)).then_some(place)
    };
    state.groups.iter().enumerate().filter_map(is_copy).collect()
}

/// Where nobody is harmed by a copy, or another connector writes, too, nothing is taken away.
fn is_left_alone(input: &PlanInput<'_>) -> bool {
    input.server == ServerKind::Vaultwarden || input.connector.shared_organization
}

/// Members that are whose id they have by more than the id: by the membership's own one or, where none was noted, by the address.
/// Positions by external id.
fn owners<'s>(ledger: &LedgerState, state: &'s OrganizationState) -> HashMap<&'s ExternalId, usize> {
    let known: HashMap<&ExternalId, &ManagedPerson> =
        ledger.people.iter().map(|it| (&it.external_id, it)).collect();
    let is_its_own = |member: &ObservedMember, known: &ManagedPerson| match &known.member_id {
        Some(id) => member.id.as_ref() == Some(id),
        None => member.email == known.email,
    };
    let owner = |(place, member): (usize, &'s ObservedMember)| {
        let id = member.external_id.as_ref()?;
        known.get(id).filter(|known| is_its_own(member, known)).map(|_| (id, place))
    };
    state.members.iter().enumerate().filter_map(owner).collect()
}

fn twice<'s>(ids: impl Iterator<Item = &'s ExternalId>) -> HashSet<&'s ExternalId> {
    let mut seen = HashSet::new();
    ids.filter(|it| !it.as_str().trim().is_empty() && !seen.insert(*it)).collect()
}

/// Whether a run that was cut off may have made a group with this id without noting it.
fn may_have_made(ledger: &LedgerState, id: &ExternalId) -> bool {
    ledger.open_imports().any(|(_, import)| import.groups.iter().any(|it| it.external_id == *id))
}
