//! `overwriteExisting`: the whole desired state goes out in one request, and the plan names everybody whom the server will delete
//! for it. Members whom no removal may touch are listed in it, so that the server leaves them alone.

use super::change::{Cause, Kept, KeptBecause, Subject};
use super::group_requests::{GroupFate, MembersChange};
use super::leavers::is_protected;
use super::person_requests::{PersonFate, Taking};
use super::refusal::Refusal;
use super::request_order::Sent;
use super::roster::Roster;
use super::shown::Shown;
use super::standing::Standing;
use super::{Evidence, Index, PlanInput, Totals};
use crate::import::{BATCH, official_request};
use crate::names::ExternalId;
use crate::observed::{ChangedId, MemberStatus, ObservedMember, Role, ServerKind};
use crate::settings::LeaverAction;
use crate::wire::{ImportGroup, ImportMember, ImportRequest};
use hashbrown::{HashMap, HashSet};

/// What becomes of `overwriteExisting`.
#[derive(Default)]
pub(super) struct Overwriting {
    /// Set, and not carried out: whom it would delete cannot be seen, or may not be removed in this run.
    pub(super) withheld: bool,
    pub(super) refusal: Option<Refusal>,
    /// The members of the whole request; None: there is none.
    members: Option<Vec<ImportMember>>,
}

/// Decides whom the server would delete, and adds that to the fates.
pub(super) fn decide(
    input: &PlanInput<'_>,
    index: &Index<'_>,
    roster: &Roster<'_>,
    totals: Totals,
    people: &mut Vec<PersonFate>,
    groups: &[GroupFate],
) -> Overwriting {
    let nothing = Overwriting::default();
    if !input.sync.overwrite_existing || !input.desired.people_wanted() {
        return nothing;
    }
    if input.sync.large_import && totals.people + totals.groups > BATCH {
        return Overwriting { refusal: Some(Refusal::OverwriteWithLargeImport), ..nothing };
    }
    // Of a group whose members were not read, nobody could count who would go out.
    let unread =
        |it: &GroupFate| matches!(it, GroupFate::Known(it) if matches!(it.members, MembersChange::Unread));
    let certain = index.sources.all_read() && index.sources.all_known() && !groups.iter().any(unread);
    let shared = input.connector.shared_organization;
    if index.baseline || index.evidence != Evidence::Live || !certain || shared {
        return Overwriting { withheld: true, ..nothing };
    }
    let members = people.iter().filter_map(PersonFate::live).collect();
    let mut whole = Whole { input, roster, members, pending: Vec::new() };
    whole.everybody(index, people);
    let Whole { members, pending, .. } = whole;
    let refused = !pending.is_empty() && input.server != ServerKind::Vaultwarden;
    let refusal = refused.then_some(Refusal::ServerRefusesOverwrite { pending });
    Overwriting { refusal, members: Some(members), ..nothing }
}

/// The members of a whole request while they are gathered.
struct Whole<'a, 'b> {
    input: &'b PlanInput<'a>,
    roster: &'b Roster<'a>,
    members: Vec<ImportMember>,
    /// Addresses of those for whom the server refuses the request.
    pending: Vec<String>,
}

impl Whole<'_, '_> {
    fn everybody(&mut self, index: &Index<'_>, people: &mut Vec<PersonFate>) {
        let vaultwarden = self.input.server == ServerKind::Vaultwarden;
        let live: HashSet<ExternalId> = self.members.iter().map(|it| it.external_id.clone()).collect();
        let places = places(people);
        for member in index.state.into_iter().flat_map(|it| &it.members) {
            let Some(id) = member.external_id.as_ref().filter(|it| !it.as_str().trim().is_empty()) else {
                continue;
            };
            if live.contains(id) || self.roster.replaced.contains_key(id.as_str()) {
                continue;
            }
            // Vaultwarden restores whom it is shown, unless as deleted: that counts as listed, and takes nothing more away.
            let deleted = vaultwarden && member.status == MemberStatus::Revoked;
            let email = Some(member.email.as_str().to_owned());
            let listed = ImportMember { email, external_id: id.clone(), deleted };
            let place = places.get(id).copied();
            match place.map(|it| &mut people[it]) {
                Some(PersonFate::Leaves { by, .. }) => {
                    // The server looks at those whom the same request marks as deleted, too.
                    if matches!(by, Taking::RemoveByImport | Taking::RevokeByImport(_)) {
                        match self.taken_out(member) {
                            Some(taking) => *by = taking,
                            None => self.note_pending(member),
                        }
                    }
                    // Listed, the server leaves a revoked member as he is; Vaultwarden's `deleted` entry is in the import.
                    let revoked = matches!(by, Taking::Revoke(_) | Taking::RevokeByImport(_));
                    self.members.extend((revoked && !vaultwarden).then_some(listed));
                }
                Some(PersonFate::Kept(kept)) if kept.because != KeptBecause::Parity => {
                    self.members.push(listed);
                }
                Some(PersonFate::Unusable { .. }) => self.members.push(listed),
                _ => {
                    let fate = self.stranger(member, listed, index);
                    match place {
                        Some(place) => people[place] = fate,
                        None => people.push(fate),
                    }
                }
            }
        }
    }

    /// A member for whom the plan has no reason of its own: deleted by the server, unless listed.
    fn stranger(&mut self, member: &ObservedMember, listed: ImportMember, index: &Index<'_>) -> PersonFate {
        let id = listed.external_id.clone();
        // A leaver of ours is not the colleague who has the address now; who a stranger is, nobody knows.
        let ours = index.managed.contains_key(id.as_str());
        let addresses = if ours { &self.roster.entered_anew } else { &self.roster.emails };
        let because = if index.is_unclear(id.as_str()) {
            Some(KeptBecause::MembershipUnclear)
        } else if member.role != Role::User {
            Some(KeptBecause::Role)
        } else if addresses.contains(member.email.as_str()) {
            Some(KeptBecause::AddressInUse)
        } else {
            is_protected(member, id.as_str(), member.email.as_str(), self.input)
                .then_some(KeptBecause::Protected)
        };
        let person = Subject { name: member.email.as_str().to_owned(), external_id: id };
        let cause = Cause::Overwritten;
        if let Some(because) = because {
            self.members.push(listed);
            return PersonFate::Kept(Kept { person, cause: Some(cause), because });
        }
        let by = self.taken_out(member).unwrap_or_else(|| {
            self.note_pending(member);
            self.overwritten(member, &person.external_id)
        });
        PersonFate::Leaves { person, cause, by }
    }

    /// Whoever has not joined, and nobody else, is taken out by a request of its own, since the server refuses to overwrite otherwise:
    /// where no line of `leavers` says anything else than what overwriting does.
    fn taken_out(&self, member: &ObservedMember) -> Option<Taking> {
        let policy = &self.input.connector.leavers;
        let lines = [policy.disabled, policy.deleted, policy.gone, policy.out_of_scope];
        let overwrites = lines.iter().all(|it| matches!(it, None | Some(LeaverAction::Remove)));
        let official = self.input.server != ServerKind::Vaultwarden;
        let id = member.id.clone().filter(|_| official && overwrites && policy.hidden.is_none());
        id.filter(|_| has_not_joined(member)).map(Taking::Remove)
    }

    /// Who is not listed. The server overwrites nobody without an external id: whose somebody cleared gets it back before.
    fn overwritten(&self, member: &ObservedMember, ours: &ExternalId) -> Taking {
        let cleared = member.changed_id == Some(ChangedId::Cleared);
        match &member.id {
            Some(_) if cleared && self.input.server == ServerKind::Vaultwarden => {
                Taking::RevokeByImport(vec![member.email.as_str().to_owned()])
            }
            Some(id) if cleared => Taking::OverwriteByOwnId(id.clone(), ours.clone()),
            _ => Taking::Overwrite,
        }
    }

    fn note_pending(&mut self, member: &ObservedMember) {
        self.pending.extend(has_not_joined(member).then(|| member.email.as_str().to_owned()));
    }
}

/// Where the fates of those stand who have no cause to be members.
fn places(people: &[PersonFate]) -> HashMap<ExternalId, usize> {
    let place = |(place, fate): (usize, &PersonFate)| {
        let person = match fate {
            PersonFate::Leaves { person, .. } | PersonFate::Unusable { member: person, .. } => person,
            PersonFate::Kept(kept) => &kept.person,
            _ => return None,
        };
        Some((person.external_id.clone(), place))
    };
    people.iter().enumerate().filter_map(place).collect()
}

impl Overwriting {
    /// The request that overwrites, in place of the import; None: there is none.
    pub(super) fn request(
        self,
        input: &PlanInput<'_>,
        index: &Index<'_>,
        roster: &Roster<'_>,
        shown: &Shown,
        sent: &Sent,
    ) -> Option<ImportRequest> {
        let mut members = self.members.filter(|_| !shown.changes.is_empty())?;
        if input.server == ServerKind::Vaultwarden {
            let restored = shown.restored();
            let revoked = |it: &ImportMember| {
                let number = index.by_external_id.get(it.external_id.as_str());
                number.is_some_and(|&number| index.member(number).status == MemberStatus::Revoked)
            };
            for member in &mut members {
                member.deleted |= revoked(member) && !restored.contains(&member.external_id);
            }
        }
        members.extend(sent.import.members.iter().filter(|it| it.deleted).cloned());
        let groups = whole_groups(input, roster, &shown.standing);
        Some(ImportRequest { groups, members, overwrite_existing: true, ..sent.import.clone() })
    }
}

/// Whether nobody has accepted the invitation. Of a revoked member it cannot be told.
fn has_not_joined(member: &ObservedMember) -> bool {
    matches!(member.status, MemberStatus::Invited | MemberStatus::Staged)
}

/// Every group of the directory, but for those whose list of members says nothing: the server leaves out what is not sent.
fn whole_groups(input: &PlanInput<'_>, roster: &Roster<'_>, standing: &[Standing]) -> Vec<ImportGroup> {
    if !input.sync.groups {
        return Vec::new();
    }
    let stay = |it: &'_ Standing| match it {
        Standing::MembershipsKept { group, members, .. } => {
            Some((group.external_id.clone(), members.iter().map(|it| ExternalId::new(it.as_str())).collect()))
        }
        _ => None,
    };
    let mut stay: HashMap<ExternalId, Vec<ExternalId>> = standing.iter().filter_map(stay).collect();
    let groups = official_request(input.desired, input.sync).groups;
    let as_known = |(number, group): (usize, ImportGroup)| {
        let external_id = input.identity.group(number).id()?.clone();
        // So it is with a group in doubt of whose members nobody knows who is in it over there.
        let is_seen = || stay.contains_key(&external_id) || input.observed.state().is_some();
        if !input.desired.groups()[number].shows_members || input.desired.is_doubtful(number) && !is_seen() {
            return None;
        }
        let listed = input.desired.members(number).iter();
        let mut member_external_ids: Vec<ExternalId> =
            listed.filter_map(|&person| roster.ids[person as usize].clone()).collect();
        member_external_ids.extend(stay.remove(&external_id).unwrap_or_default());
        Some(ImportGroup { external_id, member_external_ids: member_external_ids.into(), ..group })
    };
    groups.into_iter().enumerate().filter_map(as_known).collect()
}
