//! Members whom the organization has under another external id than our runs gave, or under none: known by the membership's own id.
//!
//! Somebody cleared or changed the id by hand, or another program did. The person is still ours: a leaver loses access, everybody
//! else gets the id back. Everything that follows goes by our id; what the organization holds stands beside it.

use super::change::{Kept, Subject};
use super::person_requests::{GivingBack, IdChange, PersonFate, Taking};
use super::witnesses::Addressed;
use super::{Index, Plan, PlanInput};
use crate::ledger::LedgerState;
use crate::names::{ExternalId, MemberId};
use crate::observed::{ChangedId, MemberStatus, ObservedMember, OrganizationState, ServerKind};
use hashbrown::{HashMap, HashSet};
use std::borrow::Cow;

/// A member whose id somebody changed.
#[derive(Clone, Debug)]
pub(super) struct Recognized {
    pub(super) member: MemberId,
    /// The id that the organization has; None: it was cleared.
    pub(super) held: Option<ExternalId>,
}

impl Plan {
    /// Notes the membership of somebody who keeps another one's id.
    pub(super) fn recognize(&mut self, ours: ExternalId, member: MemberId, held: ExternalId) {
        self.recognized.insert(ours, Recognized { member, held: Some(held) });
    }
}

/// Gives the members of a state the ids under which the ledger has them. `shared`: another connector has members here, whose ids
/// are not ours to change; a cleared id is nobody's.
pub fn recognize(state: &mut OrganizationState, ledger: &LedgerState, shared: bool) {
    for (place, ours, changed) in changed_ids(state, ledger, shared, &HashMap::new()) {
        state.members[place].external_id = Some(ours);
        state.members[place].changed_id = Some(changed);
    }
}

/// The organization after a run, with the ids under which the ledger has its members: `replaced` are those that the run gave, by
/// those before; `learned` are memberships of which the ledger takes over what is shown.
pub(super) fn recognized_after<'s>(
    state: &'s OrganizationState,
    ledger: &LedgerState,
    shared: bool,
    replaced: &HashMap<&ExternalId, &ExternalId>,
    learned: &HashSet<&MemberId>,
) -> Cow<'s, OrganizationState> {
    let mut state = Cow::Borrowed(state);
    // Most often nobody changed anything, and a large organization is not copied.
    for (place, ours, changed) in changed_ids(&state, ledger, shared, replaced) {
        let member = &mut state.to_mut().members[place];
        member.external_id = Some(ours);
        member.changed_id = Some(changed);
    }
    for (place, ours) in unmended(&state, ledger, replaced, learned) {
        state.to_mut().members[place].external_id = Some(ours);
    }
    state
}

/// Members under another id than the ledger knows: where they stand, the ledger's id, and what there is in its place.
fn changed_ids(
    state: &OrganizationState,
    ledger: &LedgerState,
    shared: bool,
    replaced: &HashMap<&ExternalId, &ExternalId>,
) -> Vec<(usize, ExternalId, ChangedId)> {
    let known = known(ledger);
    let is_under_another = |it: &ObservedMember| {
        let ours = it.id.as_ref().and_then(|id| known.get(id).copied());
        ours.is_some_and(|ours| it.external_id.as_ref() != Some(ours))
    };
    // Most often there is nobody.
    if !state.members.iter().any(is_under_another) {
        return Vec::new();
    }
    // An id that is another one's, or held twice, is set right by address (`mends.rs`).
    let managed: HashSet<&ExternalId> = ledger.people.iter().map(|it| &it.external_id).collect();
    let twice: HashSet<ExternalId> = {
        let mut seen = HashSet::new();
        let ids = state.members.iter().filter_map(|it| it.external_id.as_ref());
        ids.filter(|it| !seen.insert(*it)).cloned().collect()
    };
    let other = |id: Option<&MemberId>, held: Option<&ExternalId>| {
        let ours = *known.get(id?)?;
        let held = held.filter(|it| !it.as_str().trim().is_empty());
        let is_ours = held.is_some_and(|it| it == ours || replaced.get(ours) == Some(&it));
        let is_anothers = held.is_some_and(|it| managed.contains(it) || twice.contains(it));
        (!is_ours && !is_anothers).then(|| (ours.clone(), held.cloned()))
    };
    let found = |(place, member): (usize, &ObservedMember)| {
        let (ours, held) = other(member.id.as_ref(), member.external_id.as_ref())?;
        (held.is_none() || !shared).then_some((place, ours, held))
    };
    let changed: Vec<_> = state.members.iter().enumerate().filter_map(found).collect();
    if changed.is_empty() {
        return Vec::new();
    }
    // Whoever has one of these ids now, and is no such member, has it by right: both are named, and nothing is guessed. Of whom
    // the ledger knows under another id that one is set right.
    let places: HashSet<usize> = changed.iter().map(|(place, ..)| *place).collect();
    let is_anothers = |it: &ObservedMember| {
        let ours = it.id.as_ref().and_then(|id| known.get(id).copied());
        is_under_another(it)
            && ours.is_some_and(|ours| it.external_id.as_ref() != replaced.get(ours).copied())
    };
    // But where the address says, too, that it is whose id it has: then the memory can be wrong.
    let addressed = Addressed::remembered(ledger);
    let is_its_own =
        |it: &ObservedMember| it.external_id.as_ref().is_some_and(|id| addressed.is(it.email.as_str(), id));
    // Whom nobody knows has a copy of the id, where the address of the member whose it was says so, too.
    let confirmed: HashSet<ExternalId> = changed
        .iter()
        .filter(|(place, ours, _)| addressed.is(state.members[*place].email.as_str(), ours))
        .map(|(_, ours, _)| ours.clone())
        .collect();
    let is_copy = |it: &ObservedMember| {
        let unknown = it.id.as_ref().is_some_and(|id| !known.contains_key(id));
        !shared && unknown && it.external_id.as_ref().is_some_and(|id| confirmed.contains(id))
    };
    let others = state.members.iter().enumerate().filter(|(place, it)| {
        !places.contains(place) && (is_its_own(it) || !is_anothers(it) && !is_copy(it))
    });
    let taken: HashSet<ExternalId> = others.filter_map(|(_, it)| it.external_id.clone()).collect();
    let changed = changed.into_iter().filter(|(_, ours, _)| !taken.contains(ours));
    changed
        .map(|(place, ours, held)| (place, ours, held.map_or(ChangedId::Cleared, ChangedId::Other)))
        .collect()
}

/// Whoever still has an id that is another one's, because the server refuses the right one, is known by the membership all the same.
fn unmended(
    state: &OrganizationState,
    ledger: &LedgerState,
    replaced: &HashMap<&ExternalId, &ExternalId>,
    learned: &HashSet<&MemberId>,
) -> Vec<(usize, ExternalId)> {
    let known = known(ledger);
    let found = |(place, member): (usize, &ObservedMember)| {
        let ours = *member.id.as_ref().filter(|it| !learned.contains(it)).and_then(|it| known.get(it))?;
        let held = member.external_id.as_ref().filter(|it| *it != ours && replaced.get(ours) != Some(it))?;
        (!ledger.may_have_put(member.id.as_ref())).then(|| (place, ours.clone(), held.clone()))
    };
    let mut found: Vec<_> = state.members.iter().enumerate().filter_map(found).collect();
    if !found.is_empty() {
        let managed: HashSet<&ExternalId> = ledger.people.iter().map(|it| &it.external_id).collect();
        found.retain(|(.., held)| managed.contains(held));
    }
    found.into_iter().map(|(place, ours, _)| (place, ours)).collect()
}

/// Whose each membership is that our runs have seen.
pub(super) fn known(ledger: &LedgerState) -> HashMap<&MemberId, &ExternalId> {
    ledger.people.iter().filter_map(|it| Some((it.member_id.as_ref()?, &it.external_id))).collect()
}

/// Whoever has no cause to be a member, and stays in the organization, gets back the id that somebody changed: groups go by it.
pub(super) fn ids_given_back(
    fates: &[PersonFate],
    input: &PlanInput<'_>,
    index: &Index<'_>,
) -> Vec<PersonFate> {
    let stays = |fate: &PersonFate| match fate {
        PersonFate::Kept(Kept { person, .. })
        | PersonFate::Unusable { member: person, .. }
        | PersonFate::Leaves { person, by: Taking::Revoke(_), .. } => Some(person.external_id.clone()),
        _ => None,
    };
    let given_back = |id: ExternalId| {
        let member = index.member(*index.by_external_id.get(id.as_str())?);
        let old = member.changed_id.as_ref()?.held().cloned();
        let person = Subject { name: member.email.as_str().to_owned(), external_id: id };
        let by = match input.server {
            ServerKind::Vaultwarden => GivingBack::Import { deleted: member.status == MemberStatus::Revoked },
            _ => GivingBack::Put(member.id.clone()?),
        };
        Some(PersonFate::IdGivenBack { person, old, by })
    };
    fates.iter().filter_map(stays).filter_map(given_back).collect()
}

/// Somebody changed the id that our runs gave: it is given back.
pub(super) fn given_back(member: &ObservedMember, pushed: &str, input: &PlanInput<'_>) -> IdChange {
    match (&member.changed_id, &member.id) {
        (None, _) => IdChange::None,
        (Some(ChangedId::Cleared), _) => IdChange::Adopted,
        (Some(ChangedId::Other(held)), Some(id)) if input.server != ServerKind::Vaultwarden => {
            IdChange::Put { old: held.clone(), member: id.clone() }
        }
        (Some(ChangedId::Other(held)), _) if held.as_str() == pushed => IdChange::None,
        (Some(ChangedId::Other(held)), _) => IdChange::Replaced(held.clone()),
    }
}
