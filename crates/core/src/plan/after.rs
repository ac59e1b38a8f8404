//! What the ledger remembers after a run: only what the organization holds, or has accepted.

use super::leavers::Outs;
use super::listed::{Directory, Listed, listed_groups};
use super::membership::{SameMembers, those_of};
use super::no_address::without_address;
use super::recognized::recognized_after;
use super::seen::seen_after;
use super::{Cause, Change, Plan, PlanInput, once};
use crate::desired::Desired;
use crate::ledger::{LedgerState, ManagedGroup, ManagedPerson, Marks};
use crate::names::{Email, ExternalId, GroupId, MemberId, SourceName, StableId, Timestamp};
use crate::observed::{MemberStatus, Membership, ObservedMember, OrganizationState, Presence, ServerKind};
use crate::snapshot::AccountState;
use crate::wire::ImportGroup;
use hashbrown::{HashMap, HashSet};
use std::sync::Arc;

/// How the outcome of a run is known.
#[derive(Clone, Copy, Debug)]
pub enum After<'a> {
    /// The organization was read again.
    Observed(&'a OrganizationState),
    /// The server cannot be read; it accepted every request.
    Accepted,
}

impl Plan {
    /// The ledger after this plan was carried out at `now`.
    pub fn ledger_after(&self, input: &PlanInput<'_>, after: After<'_>, now: Timestamp) -> LedgerState {
        let mended = self.mended_after(input, after);
        let directory = Directory::new(input, &self.ids);
        let recognized = match after {
            After::Observed(state) => {
                let replaced = self.replaced_ids().map(|(new, old)| (old, new)).collect();
                let shared = input.connector.shared_organization;
                let learned = self.unclear.iter().filter(|it| it.learned).map(|it| &it.member).collect();
                Some(recognized_after(state, input.ledger, shared, &replaced, &learned))
            }
            After::Accepted => None,
        };
        let after = recognized.as_deref().map_or(After::Accepted, After::Observed);
        let people = match after {
            After::Observed(state) => self.observed_people(input, &directory, state),
            After::Accepted => self.accepted_people(input, &directory),
        };
        let outs = Outs::new(input, &self.ids);
        let asked_by: HashMap<&ExternalId, &ExternalId> = self.replaced_ids().collect();
        let people: Vec<ManagedPerson> = people
            .into_iter()
            .map(|person| {
                let asked = asked_by.get(&person.external_id).copied().unwrap_or(&person.external_id);
                let found = outs.of(&person.external_id, asked, person.out);
                // What another source says starts no clock of one that was not read.
                let unread = is_unread(&person.source, input.desired);
                let out = if unread && found.is_some() { person.out } else { found };
                let seen = if unread { None } else { directory.seen_at(&person.external_id, asked, input) };
                let reference = seen.map(str::to_owned).or(person.reference);
                let marks = if unread {
                    person.marks
                } else {
                    directory.marks(person.marks, &person.external_id, input)
                };
                ManagedPerson { out, reference, marks, ..person }
            })
            .collect();
        let groups = match after {
            After::Observed(state) => self.observed_groups(input, state, now),
            After::Accepted => self.accepted_groups(input, &people),
        };
        let read = input.desired.sources().iter().filter(|it| it.failure.is_none());
        let read: HashSet<&SourceName> = read.map(|it| &it.name).collect();
        let new_sources = input.ledger.new_sources.iter().filter(|it| !read.contains(it)).cloned().collect();
        let refused = self.refusals_after(&[], input, now);
        let ours: HashSet<&ExternalId> = people.iter().map(|it| &it.external_id).collect();
        let is_ours = |number: usize| {
            input.identity.is_known(number) || self.ids[number].as_ref().is_some_and(|it| ours.contains(it))
        };
        let seen = seen_after(input, is_ours);
        drop(ours);
        let addresses = self.addresses_after(input, after, &people);
        LedgerState {
            people,
            groups,
            open_intents: Vec::new(),
            baseline_taken: true,
            new_sources,
            refused,
            addresses,
            waiting: self.waiting.clone(),
            without_address: without_address(input, &self.ids),
            seen,
            decisions: self.decisions_after(input, after),
            mended,
        }
    }

    fn observed_people(
        &self,
        input: &PlanInput<'_>,
        directory: &Directory<'_>,
        state: &OrganizationState,
    ) -> Vec<ManagedPerson> {
        let before: HashMap<&str, &ManagedPerson> =
            input.ledger.people.iter().map(|it| (it.external_id.as_str(), it)).collect();
        let old_ids: HashMap<&str, &str> =
            self.replaced_ids().map(|(new, old)| (new.as_str(), old.as_str())).collect();
        let taken: HashSet<&str> = self
            .changes
            .iter()
            .filter_map(|it| {
                if let Change::Revoke { person, .. } = it { Some(person.external_id.as_str()) } else { None }
            })
            .collect();
        let freed = self.changes.iter().filter_map(|it| match it {
            Change::ReplaceExternalId { person, old, cause: Cause::NameUsed } => {
                Some((old.as_str(), person.name.as_str()))
            }
            _ => None,
        });
        let freed: HashSet<(&str, &str)> = freed.collect();
        let mut people = Vec::with_capacity(state.members.len());
        for member in &state.members {
            let Some(id) = member.external_id.as_ref().filter(|it| !it.as_str().trim().is_empty()) else {
                continue;
            };
            let known = before.get(id.as_str()).or_else(|| before.get(old_ids.get(id.as_str()).copied()?));
            // What belongs to a source that was not read goes on belonging to it.
            let unknown = known.is_some_and(|it| is_unread(&it.source, input.desired));
            // Nor is an id a newcomer's that a leaver still has.
            let kept = freed.contains(&(id.as_str(), member.email.as_str()));
            let listed = directory.listed.get(id.as_str()).filter(|_| !unknown && !kept);
            if known.is_none() && listed.is_none() {
                continue;
            }
            let ours = known.is_some_and(|it| it.revoked_by_us)
                || taken.contains(id.as_str())
                || member.id.as_ref().is_some_and(|it| input.ledger.may_have_revoked(it));
            people.push(ManagedPerson {
                external_id: id.clone(),
                source: match (listed, known) {
                    (Some(listed), _) => listed.source.clone(),
                    (None, Some(known)) => known.source.clone(),
                    (None, None) => SourceName::primary(),
                },
                stable_id: listed
                    .and_then(|it| it.stable_id.map(StableId::new))
                    .or_else(|| known.and_then(|it| it.stable_id.clone())),
                reference: known.and_then(|it| it.reference.clone()),
                email: member.email.clone(),
                revoked_by_us: ours && member.status == MemberStatus::Revoked,
                out: known.and_then(|it| it.out),
                member_id: member.id.clone(),
                marks: known
                    .filter(|it| is_same_entry(it, listed))
                    .map(|it| it.marks.clone())
                    .unwrap_or_default(),
            });
        }
        let mut people =
            once::people(people, &input.ledger.people, |it| directory.is_address_of(it, input.desired));
        people.extend(self.still_listed(input, state, &people));
        self.remember_unclear(input, &mut people);
        people
    }

    /// People whom the directory still lists, and who are no members by now: forgotten, they would pass for entries that nobody
    /// knows, and could take the place of somebody whose address they have.
    fn still_listed(
        &self,
        input: &PlanInput<'_>,
        state: &OrganizationState,
        members: &[ManagedPerson],
    ) -> Vec<ManagedPerson> {
        let members: HashSet<&ExternalId> = members.iter().map(|it| &it.external_id).collect();
        let replaced: HashSet<&ExternalId> = self.replaced_ids().map(|(_, old)| old).collect();
        let everybody = input.desired.everybody().iter().zip(input.identity.people()).enumerate();
        let listed: HashSet<&ExternalId> = everybody
            .filter(|(number, (it, _))| it.state == AccountState::Enabled && input.identity.is_known(*number))
            .filter_map(|(_, (_, id))| id.as_ref())
            .collect();
        let is_left = |it: &&ManagedPerson| {
            let id = &it.external_id;
            listed.contains(id) && !members.contains(id) && !replaced.contains(id)
        };
        let left = input.ledger.people.iter().filter(is_left);
        // What another connector gave an id is that one's, also once somebody clears it.
        let has_id =
            |it: &&ObservedMember| it.external_id.as_ref().is_some_and(|id| !id.as_str().trim().is_empty());
        let foreign: HashSet<&MemberId> = match input.connector.shared_organization {
            true => state.members.iter().filter(has_id).filter_map(|it| it.id.as_ref()).collect(),
            false => HashSet::new(),
        };
        let member_id = |it: &ManagedPerson| it.member_id.clone().filter(|id| !foreign.contains(id));
        left.map(|it| ManagedPerson { revoked_by_us: false, member_id: member_id(it), ..it.clone() })
            .collect()
    }

    fn accepted_people(&self, input: &PlanInput<'_>, directory: &Directory<'_>) -> Vec<ManagedPerson> {
        let mut people = input.ledger.people.clone();
        let mut places: HashMap<ExternalId, usize> =
            people.iter().enumerate().map(|(place, it)| (it.external_id.clone(), place)).collect();
        for (new, old) in self.replaced_ids() {
            if let Some(place) = places.remove(old) {
                people[place].external_id = new.clone();
                places.insert(new.clone(), place);
            }
        }
        let removed: HashSet<&ExternalId> = self
            .changes
            .iter()
            .filter_map(
                |it| if let Change::Remove { person, .. } = it { Some(&person.external_id) } else { None },
            )
            .collect();
        let sent = &self.import().members;
        for member in sent {
            let place = *places.entry(member.external_id.clone()).or_insert_with(|| {
                people.push(ManagedPerson {
                    external_id: member.external_id.clone(),
                    source: SourceName::primary(),
                    stable_id: None,
                    reference: None,
                    email: Email::new(member.email.clone().unwrap_or_default()),
                    revoked_by_us: false,
                    out: None,
                    member_id: None,
                    marks: Marks::default(),
                });
                people.len() - 1
            });
            people[place].revoked_by_us = member.deleted;
        }
        let before: HashSet<&str> = input.ledger.people.iter().map(|it| it.external_id.as_str()).collect();
        for person in &mut people {
            let Some(listed) = directory.listed.get(person.external_id.as_str()) else { continue };
            let was_known = before.contains(person.external_id.as_str());
            if was_known && is_unread(&person.source, input.desired) {
                continue;
            }
            person.source = listed.source.clone();
            if !is_same_entry(person, Some(listed)) {
                person.marks = Marks::default();
            }
            if let Some(stable_id) = listed.stable_id {
                person.stable_id = Some(StableId::new(stable_id));
            }
        }
        people.retain(|it| !removed.contains(&it.external_id));
        people
    }

    /// Groups that were sent hold what was sent, the others what they held.
    fn accepted_groups(&self, input: &PlanInput<'_>, people: &[ManagedPerson]) -> Vec<ManagedGroup> {
        let managed: HashMap<&str, &ExternalId> =
            people.iter().map(|it| (it.external_id.as_str(), &it.external_id)).collect();
        let new_ids: HashMap<&str, &str> =
            self.replaced_ids().map(|(new, old)| (old.as_str(), new.as_str())).collect();
        let still = |ids: &[ExternalId]| {
            let ids = ids.iter().map(|it| new_ids.get(it.as_str()).copied().unwrap_or(it.as_str()));
            ids.filter_map(|it| managed.get(it).map(|&it| it.clone())).collect()
        };
        // What is sent goes by the new ids already.
        let as_sent =
            |ids: &Arc<[ExternalId]>| those_of(ids, |it: &ExternalId| managed.contains_key(it.as_str()));
        let listed = listed_groups(input);
        let order = &self.import().groups;
        let mut sent: HashMap<&str, &ImportGroup> =
            order.iter().map(|it| (it.external_id.as_str(), it)).collect();
        let known = input.ledger.groups.iter().map(|known| {
            let Origin { source, stable_id, reference } =
                Origin::new(&known.external_id, Some(known), &listed, input);
            let known = ManagedGroup { source, stable_id, reference, ..known.clone() };
            let Some(group) = sent.remove(known.external_id.as_str()) else {
                return ManagedGroup { members: still(&known.members), ..known };
            };
            // Vaultwarden never renames a group.
            let keeps_name = input.server == ServerKind::Vaultwarden;
            let name = if keeps_name { known.name } else { group.name.clone() };
            let members = as_sent(&group.member_external_ids);
            ManagedGroup { name, members, observed_at: None, ..known }
        });
        let mut groups: Vec<ManagedGroup> = known.collect();
        groups.extend(order.iter().filter(|it| sent.contains_key(it.external_id.as_str())).map(|it| {
            let Origin { source, stable_id, reference } = Origin::new(&it.external_id, None, &listed, input);
            ManagedGroup {
                external_id: it.external_id.clone(),
                source,
                stable_id,
                reference,
                group_id: None,
                name: it.name.clone(),
                members: as_sent(&it.member_external_ids),
                observed_at: None,
            }
        }));
        groups
    }

    /// Groups as they were seen, or as they were sent where nobody looked.
    fn observed_groups(
        &self,
        input: &PlanInput<'_>,
        state: &OrganizationState,
        now: Timestamp,
    ) -> Vec<ManagedGroup> {
        if !input.sync.groups {
            // They were not looked at. Forgotten, they could all vanish unseen when groups are switched on again.
            return input.ledger.groups.clone();
        }
        let listed = listed_groups(input);
        let before: HashMap<&str, &ManagedGroup> =
            input.ledger.groups.iter().map(|it| (it.external_id.as_str(), it)).collect();
        let sent: HashMap<&str, &Arc<[ExternalId]>> = self
            .import()
            .groups
            .iter()
            .map(|it| (it.external_id.as_str(), &it.member_external_ids))
            .collect();
        let present: HashSet<&str> =
            state.members.iter().filter_map(|it| it.external_id.as_ref().map(ExternalId::as_str)).collect();
        let mut same = SameMembers::new(state);
        let mut groups = Vec::new();
        for group in &state.groups {
            let Some(id) = group.external_id.as_ref() else { continue };
            let known = before.get(id.as_str()).copied();
            if known.is_none() && !listed.contains_key(id.as_str()) {
                continue;
            }
            let Origin { source, stable_id, reference } = Origin::new(id, known, &listed, input);
            let (members, observed_at) = match &group.members {
                Membership::Read(members) => {
                    let ids =
                        || members.iter().filter_map(|&number| state.members[number].external_id.as_ref());
                    let same = known.filter(|it| same.are(&it.members, members));
                    (same.map_or_else(|| ids().cloned().collect(), |it| it.members.clone()), Some(now))
                }
                Membership::Remembered(members) => (members.clone(), known.and_then(|it| it.observed_at)),
                // Accepted, and not read back in this run: remembered as it was sent, so that the next run sees what changes.
                Membership::NotRead => match sent.get(id.as_str()) {
                    Some(listed) => (those_of(listed, |it| present.contains(it.as_str())), None),
                    None => continue,
                },
            };
            groups.push(ManagedGroup {
                external_id: id.clone(),
                source,
                stable_id,
                reference,
                group_id: group.id.clone().or_else(|| known.and_then(|it| it.group_id.clone())),
                name: group.name.clone(),
                members,
                observed_at,
            });
        }
        let mut groups = once::groups(groups, &input.ledger.groups);
        let still = still_ours(input, state, &groups);
        groups.extend(still);
        groups
    }

    /// Members that get another id: the new one and the old one.
    pub(super) fn replaced_ids(&self) -> impl Iterator<Item = (&ExternalId, &ExternalId)> {
        self.changes.iter().filter_map(|it| match it {
            // The ledger knows both by their own ids.
            Change::ReplaceExternalId { cause: Cause::ChangedThere | Cause::IdChanged, .. } => None,
            Change::ReplaceExternalId { person, old, .. } => Some((&person.external_id, old)),
            _ => None,
        })
    }
}

/// Groups whose id somebody took away: they stay ours until they get it back.
fn still_ours(
    input: &PlanInput<'_>,
    state: &OrganizationState,
    groups: &[ManagedGroup],
) -> Vec<ManagedGroup> {
    let seen: HashSet<&ExternalId> = groups.iter().map(|it| &it.external_id).collect();
    let nobodys =
        state.groups.iter().filter(|it| it.external_id.as_ref().is_none_or(|id| !seen.contains(id)));
    let nobodys: HashSet<&GroupId> = nobodys.filter_map(|it| it.id.as_ref()).collect();
    let is_one = |it: &&ManagedGroup| {
        !seen.contains(&it.external_id) && it.group_id.as_ref().is_some_and(|id| nobodys.contains(id))
    };
    input.ledger.groups.iter().filter(is_one).cloned().collect()
}

/// Whether the ledger's person is known by the entry that is listed, and not by another one that had its address.
fn is_same_entry(known: &ManagedPerson, listed: Option<&Listed<'_>>) -> bool {
    let listed = listed.and_then(|it| it.stable_id);
    known.stable_id.as_ref().zip(listed).is_none_or(|(known, listed)| known.as_str() == listed)
}

fn is_unread(source: &SourceName, desired: &Desired) -> bool {
    desired.sources().iter().any(|it| it.name == *source && it.failure.is_some())
}

/// Where a group belongs.
struct Origin {
    source: SourceName,
    stable_id: Option<StableId>,
    reference: Option<String>,
}

impl Origin {
    /// As the directory lists the group now, or answered for it, but for what belongs to a source that was not read.
    fn new(
        id: &ExternalId,
        known: Option<&ManagedGroup>,
        listed: &HashMap<&str, Listed<'_>>,
        input: &PlanInput<'_>,
    ) -> Self {
        let unread = known.is_some_and(|it| is_unread(&it.source, input.desired));
        let listed = listed.get(id.as_str()).filter(|_| !unread);
        let source = listed.map(|it| it.source).or(known.map(|it| &it.source));
        let stable_id = listed.and_then(|it| it.stable_id.map(StableId::new));
        let reference = match (listed, input.identity.group_answer(id)) {
            (Some(listed), _) => listed.reference.map(str::to_owned),
            (None, Some(Presence::Found { at } | Presence::Disabled { at })) => at.clone(),
            _ => None,
        };
        Self {
            source: source.cloned().unwrap_or_else(SourceName::primary),
            stable_id: stable_id.or_else(|| known.and_then(|it| it.stable_id.clone())),
            reference: reference.or_else(|| known.and_then(|it| it.reference.clone())),
        }
    }
}
