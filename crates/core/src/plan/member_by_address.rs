//! A member whom the organization knows by the address of somebody in the directory, under another external id or none: the
//! usual case of a first run.

use super::change::Subject;
use super::leavers::is_protected;
use super::person_requests::{Access, AddressDifference, IdChange, MemberFate};
use super::recognized::given_back;
use super::roster::Roster;
use super::{Index, PlanInput};
use crate::names::ExternalId;
use crate::observed::{MemberStatus, ObservedMember, ServerKind};
use crate::wire::ImportMember;

/// A member who has the address of somebody in the directory, and another external id or none.
pub(super) struct Found<'a> {
    pub(super) member: &'a ObservedMember,
    pub(super) old: Option<&'a ExternalId>,
    pub(super) pushed: &'a str,
}

/// Gives a member the directory's external id, in place of another one or of none.
pub(super) fn identify(
    found: &Found<'_>,
    person: Subject,
    input: &PlanInput<'_>,
    index: &Index<'_>,
) -> MemberFate {
    let Found { member, old, pushed } = *found;
    let vaultwarden = input.server == ServerKind::Vaultwarden;
    let ids = [pushed, old.map_or(pushed, |it| it.as_str())];
    let access = match &member.id {
        _ if member.status != MemberStatus::Revoked => Access::Has,
        _ if !was_revoked_by_us(member, &ids, input, index) => Access::TakenByHand,
        Some(id) if !vaultwarden => Access::Restored(id.clone()),
        _ => Access::RestoredByImport,
    };
    let id = match (&member.id, old) {
        (_, None) => IdChange::Adopted,
        (_, Some(old)) if old.as_str() == pushed => given_back(member, pushed, input),
        // The official import does nothing about a member with another id.
        (Some(id), Some(old)) if !vaultwarden => IdChange::Put { old: old.clone(), member: id.clone() },
        (_, Some(old)) => IdChange::Replaced(old.clone()),
    };
    let name = member.email.as_str().to_owned();
    let person = Subject { name, ..person };
    let entry = ImportMember {
        email: Some(person.name.clone()),
        external_id: person.external_id.clone(),
        deleted: stays_revoked(member, &access, input),
    };
    MemberFate {
        person,
        entry,
        address: AddressDifference::None,
        id,
        access,
        sent_again: false,
        passed_on: false,
        given_back: false,
    }
}

/// Vaultwarden restores whom an import lists, unless as deleted.
pub(super) fn stays_revoked(member: &ObservedMember, access: &Access, input: &PlanInput<'_>) -> bool {
    let stays = matches!(access, Access::Has | Access::TakenByHand | Access::Unsure(_));
    input.server == ServerKind::Vaultwarden && member.status == MemberStatus::Revoked && stays
}

/// Whether the member may get another external id: nobody in the directory has the present one, and no run has brought it over.
pub(super) fn may_replace(
    member: &ObservedMember,
    old: &ExternalId,
    input: &PlanInput<'_>,
    index: &Index<'_>,
    roster: &Roster<'_>,
) -> bool {
    let reachable = input.server == ServerKind::Vaultwarden || member.id.is_some();
    // Whose the ledger knows it is was settled before, by more than the address.
    let gone = !index.managed.contains_key(old.as_str());
    reachable
        && !input.connector.shared_organization
        && index.sources.all_read()
        && !roster.asked_for.contains(old.as_str())
        && gone
        && !is_protected(member, old.as_str(), member.email.as_str(), input)
}

/// Whether our runs took the access; `ids` are those under which the ledger may have the person.
pub(super) fn was_revoked_by_us(
    member: &ObservedMember,
    ids: &[&str],
    input: &PlanInput<'_>,
    index: &Index<'_>,
) -> bool {
    let mut known = ids.iter().filter_map(|id| index.managed.get(id));
    known.any(|&number| input.ledger.people[number].revoked_by_us)
        || member.id.as_ref().is_some_and(|id| input.ledger.may_have_revoked(id))
}
