//! Whether an import whose end nobody knows still changes the organization.
//!
//! Imports are not serialized: a second one beside the first invites everybody twice. So what the first one names is looked at
//! until it stops changing. People appear all at once after a while, groups one after the other, so two equal looks alone
//! prove nothing: either everything is as the import asks, or it has been still for as long as such an import may take.

use crate::names::{ExternalId, GroupId, MemberId};
use crate::observed::{
    MemberStatus, Membership, ObservedGroup, ObservedMember, OrganizationState, Role, ServerKind,
};
use crate::wire::{ImportGroup, ImportMember, ImportRequest};
use core::time::Duration;
use hashbrown::{HashMap, HashSet};
use std::collections::{BTreeMap, BTreeSet};

/// Most groups whose members one look reads.
const SAMPLED: usize = 20;

/// What imports name: where to look for them.
pub struct Named<'a> {
    imports: Vec<&'a ImportRequest>,
    ids: HashSet<&'a str>,
    addresses: HashSet<String>,
    groups: HashMap<&'a str, &'a [ExternalId]>,
    sampled: HashSet<&'a str>,
    server: ServerKind,
}

/// What a look shows of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    people: BTreeMap<MemberId, Option<ExternalId>>,
    groups: BTreeMap<GroupId, (String, Option<BTreeSet<MemberId>>)>,
}

/// How much differs between two looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Members who appeared, vanished or got another id.
    pub people: usize,
    /// Groups that appeared, vanished, or changed their name or members.
    pub groups: usize,
}

impl<'a> Named<'a> {
    /// Collects what the imports name. Of their groups those are looked at closely whose members are not the `known`
    /// ones, from the end of each request, and the last of each in any case.
    pub fn new(
        imports: impl IntoIterator<Item = &'a ImportRequest>,
        known: &HashMap<&str, &[ExternalId]>,
        server: ServerKind,
    ) -> Self {
        let imports: Vec<&ImportRequest> = imports.into_iter().collect();
        let last = imports.iter().filter_map(|it| it.groups.last());
        let from_the_end = imports.iter().flat_map(|it| it.groups.iter().rev());
        let changing =
            from_the_end.filter(|it| known.get(it.external_id.as_str()) != Some(&&*it.member_external_ids));
        let mut sampled = HashSet::new();
        for group in last.chain(changing) {
            if sampled.len() < SAMPLED {
                sampled.insert(group.external_id.as_str());
            }
        }
        let members = || imports.iter().flat_map(|it| &it.members);
        let groups = imports.iter().flat_map(|it| &it.groups);
        Self {
            ids: members().map(|it| it.external_id.as_str()).collect(),
            addresses: members().filter_map(|it| Some(it.email.as_ref()?.to_lowercase())).collect(),
            groups: groups.map(|it| (it.external_id.as_str(), &*it.member_external_ids)).collect(),
            sampled,
            server,
            imports,
        }
    }

    /// The groups whose members one look reads, as positions in the organization.
    pub fn sample(&self, state: &OrganizationState) -> Vec<usize> {
        positions(state, |id| self.sampled.contains(id))
    }

    /// All groups that the imports name, as positions in the organization.
    pub fn all_groups(&self, state: &OrganizationState) -> Vec<usize> {
        positions(state, |id| self.groups.contains_key(id))
    }

    /// What this look shows. Members whom the imports do not name are other people's work.
    pub fn traces(&self, state: &OrganizationState) -> Traces {
        let is_named = |it: &&ObservedMember| {
            it.external_id.as_ref().is_some_and(|id| self.ids.contains(id.as_str()))
                || self.addresses.contains(&it.email.as_str().to_lowercase())
        };
        let people = state.members.iter().filter(is_named);
        let people = people.filter_map(|it| Some((it.id.clone()?, it.external_id.clone()))).collect();
        let groups = state.groups.iter().filter_map(|group| {
            let listed = self.groups.get(group.external_id.as_ref()?.as_str())?;
            let listed: HashSet<&str> = listed.iter().map(ExternalId::as_str).collect();
            let members = members_of(group, state).map(|members| {
                let counts = |it: &&ObservedMember| {
                    let id = it.external_id.as_ref().map(ExternalId::as_str);
                    id.is_some_and(|id| self.ids.contains(id) || listed.contains(id))
                };
                members.filter(counts).filter_map(|it| it.id.clone()).collect()
            });
            Some((group.id.clone()?, (group.name.clone(), members)))
        });
        Traces { people, groups: groups.collect() }
    }

    /// Whether the organization is in everything that was read as the imports ask for.
    pub fn is_complete(&self, state: &OrganizationState) -> bool {
        let members: HashMap<&str, &ObservedMember> =
            state.members.iter().filter_map(|it| Some((it.external_id.as_ref()?.as_str(), it))).collect();
        let groups: HashMap<&str, &ObservedGroup> =
            state.groups.iter().filter_map(|it| Some((it.external_id.as_ref()?.as_str(), it))).collect();
        let addresses: HashMap<String, &ObservedMember> =
            state.members.iter().map(|it| (it.email.as_str().to_lowercase(), it)).collect();
        // Vaultwarden finds members by their addresses, and gives them the ids.
        let is_as_listed = |member: &ImportMember| {
            let address = member.email.as_deref().unwrap_or_default().to_lowercase();
            let found = addresses.get(&address);
            found.map(|it| {
                it.external_id.as_ref() == Some(&member.external_id)
                    && (it.status == MemberStatus::Revoked) == member.deleted
            })
        };
        let is_there = |member: &ImportMember| match (member.deleted, self.server) {
            (deleted, ServerKind::Vaultwarden) => is_as_listed(member).unwrap_or(deleted),
            (deleted, _) => members.contains_key(member.external_id.as_str()) != deleted,
        };
        let is_filled = |group: &ImportGroup| {
            let Some(found) = groups.get(group.external_id.as_str()) else { return false };
            let renamed = self.server != ServerKind::Vaultwarden && found.name != group.name;
            let listed = group.member_external_ids.iter().map(ExternalId::as_str);
            let listed: HashSet<&str> = listed.filter(|id| members.contains_key(id)).collect();
            let same = members_of(found, state).is_none_or(|inside| {
                let inside: HashSet<&str> =
                    inside.map(|it| it.external_id.as_ref().map_or("", ExternalId::as_str)).collect();
                inside == listed
            });
            !renamed && same
        };
        let are_gone = |import: &ImportRequest| {
            let listed: HashSet<&str> = import.members.iter().map(|it| it.external_id.as_str()).collect();
            members.values().all(|it| {
                let id = it.external_id.as_ref().map_or("", ExternalId::as_str);
                id.trim().is_empty() || it.role == Role::Owner || listed.contains(id)
            })
        };
        self.imports.iter().all(|it| {
            it.members.iter().all(is_there)
                && it.groups.iter().all(is_filled)
                && (!it.overwrite_existing || are_gone(it))
        })
    }
}

fn positions(state: &OrganizationState, which: impl Fn(&str) -> bool) -> Vec<usize> {
    let is_one = |it: &ObservedGroup| it.external_id.as_ref().is_some_and(|id| which(id.as_str()));
    state.groups.iter().enumerate().filter(|(_, it)| is_one(it)).map(|(place, _)| place).collect()
}

/// The members of a group, where this look read them.
fn members_of<'s>(
    group: &'s ObservedGroup,
    state: &'s OrganizationState,
) -> Option<impl Iterator<Item = &'s ObservedMember>> {
    let Membership::Read(places) = &group.members else { return None };
    Some(places.iter().map(|&place| &state.members[place]))
}

impl Traces {
    /// What differs from an earlier look.
    pub fn moved_since(&self, earlier: &Self) -> Moved {
        Moved {
            people: differences(&self.people, &earlier.people),
            groups: differences(&self.groups, &earlier.groups),
        }
    }
}

fn differences<K: Ord, V: PartialEq>(one: &BTreeMap<K, V>, other: &BTreeMap<K, V>) -> usize {
    let new = one.iter().filter(|(key, value)| other.get(key) != Some(value)).count();
    new + other.keys().filter(|key| !one.contains_key(key)).count()
}

/// What follows from the looks so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Look again, after a pause.
    NotYet,
    /// Everything that was read is as the imports ask, twice: where all of their groups are, they are over.
    IfAllGroupsAre,
    /// Nothing has changed for as long as the imports may take.
    Yes,
}

/// Looks at the organization in their order. All times count from when the last of the imports was sent.
pub struct Looks {
    may_take: Duration,
    last: Option<Traces>,
    changed_at: Duration,
    moved: Moved,
}

impl Looks {
    /// Before the first look.
    pub fn new(may_take: Duration) -> Self {
        Self { may_take, last: None, changed_at: Duration::ZERO, moved: Moved::default() }
    }

    /// Takes one look, made at this time.
    pub fn take(&mut self, at: Duration, traces: Traces, complete: bool) -> Settled {
        let moved = self.last.as_ref().map(|last| traces.moved_since(last));
        self.last = Some(traces);
        match moved {
            None => Settled::NotYet,
            Some(moved) if moved != Moved::default() => {
                (self.moved, self.changed_at) = (moved, at);
                Settled::NotYet
            }
            Some(_) if complete => Settled::IfAllGroupsAre,
            Some(_) if self.still_for(at) >= self.may_take => Settled::Yes,
            Some(_) => Settled::NotYet,
        }
    }

    /// How long it takes from now until they count as over, if nothing changes any more.
    pub fn left(&self, at: Duration) -> Duration {
        self.may_take.saturating_sub(self.still_for(at))
    }

    /// What the last look with a change found changed.
    pub fn moved(&self) -> Moved {
        self.moved
    }

    fn still_for(&self, at: Duration) -> Duration {
        at.saturating_sub(self.changed_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Email;

    fn import(members: &[&str], groups: &[(&str, &[&str])]) -> ImportRequest {
        ImportRequest {
            members: members
                .iter()
                .map(|it| ImportMember {
                    email: Some(format!("{}@X", it.trim_start_matches('-'))),
                    external_id: ExternalId::new(it.trim_start_matches('-')),
                    deleted: it.starts_with('-'),
                })
                .collect(),
            groups: groups
                .iter()
                .map(|(id, members)| ImportGroup {
                    name: (*id).to_owned(),
                    external_id: ExternalId::new(*id),
                    member_external_ids: members.iter().map(|it| ExternalId::new(*it)).collect(),
                })
                .collect(),
            overwrite_existing: false,
            large_import: false,
            invite_users_after_provisioning: true,
        }
    }

    fn organization(members: &[&str], groups: &[(&str, &[usize])]) -> OrganizationState {
        OrganizationState {
            members: members
                .iter()
                .map(|it| ObservedMember {
                    id: Some(MemberId::new(format!("m-{it}"))),
                    email: Email::new(format!("{it}@x")),
                    external_id: Some(ExternalId::new(*it)),
                    changed_id: None,
                    status: MemberStatus::Invited,
                    role: Role::User,
                })
                .collect(),
            groups: groups
                .iter()
                .map(|(id, members)| ObservedGroup {
                    id: Some(GroupId::new(format!("g-{id}"))),
                    name: (*id).to_owned(),
                    external_id: Some(ExternalId::new(*id)),
                    members: Membership::Read(members.to_vec()),
                    collections: None,
                })
                .collect(),
        }
    }

    fn named(import: &ImportRequest) -> Named<'_> {
        Named::new([import], &HashMap::new(), ServerKind::OfficialSelfHosted)
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn people_who_appear_late_keep_two_equal_looks_from_counting() {
        let import = import(&["a", "b"], &[("g", &["a"])]);
        let named = named(&import);
        let nobody = organization(&["hand"], &[]);
        let people = organization(&["hand", "a", "b"], &[("g", &[])]);
        let done = organization(&["hand", "a", "b"], &[("g", &[1])]);
        let mut looks = Looks::new(seconds(60));
        let mut look = |at, state: &OrganizationState| {
            looks.take(seconds(at), named.traces(state), named.is_complete(state))
        };
        assert_eq!(look(1, &nobody), Settled::NotYet);
        assert_eq!(look(11, &nobody), Settled::NotYet, "nobody is there twice, and they come yet");
        assert_eq!(look(21, &people), Settled::NotYet);
        assert_eq!(look(31, &people), Settled::NotYet, "the group is filled yet");
        assert_eq!(look(41, &done), Settled::NotYet, "seen once");
        assert_eq!(look(51, &done), Settled::IfAllGroupsAre);
    }

    #[test]
    fn what_stays_as_it_is_for_as_long_as_an_import_may_take_is_over() {
        let import = import(&["a"], &[]);
        let named = named(&import);
        let nobody = organization(&[], &[]);
        let mut looks = Looks::new(seconds(60));
        let mut look = |at| looks.take(seconds(at), named.traces(&nobody), named.is_complete(&nobody));
        assert_eq!([look(1), look(51), look(61)], [Settled::NotYet, Settled::NotYet, Settled::Yes]);
        let mut later = Looks::new(seconds(60));
        assert_eq!(later.take(seconds(7_200), named.traces(&nobody), false), Settled::NotYet, "seen once");
        assert_eq!(later.take(seconds(7_210), named.traces(&nobody), false), Settled::Yes);
    }

    #[test]
    fn other_peoples_work_is_no_movement() {
        let import = import(&["a"], &[("g", &["a"])]);
        let named = named(&import);
        let before = organization(&["a", "hand"], &[("g", &[0]), ("other", &[])]);
        let after = organization(&["a", "hand", "new"], &[("g", &[0, 1]), ("other", &[1])]);
        assert_eq!(named.traces(&after).moved_since(&named.traces(&before)), Moved::default());
        assert!(named.is_complete(&before) && !named.is_complete(&after), "the group is not as asked for");
    }

    #[test]
    fn a_deleted_entry_is_done_when_the_member_is_gone_and_on_vaultwarden_revoked() {
        let import = import(&["-a"], &[]);
        let (there, gone) = (organization(&["a"], &[]), organization(&[], &[]));
        assert!(!named(&import).is_complete(&there) && named(&import).is_complete(&gone));
        let vaultwarden = Named::new([&import], &HashMap::new(), ServerKind::Vaultwarden);
        let mut revoked = there.clone();
        revoked.members[0].status = MemberStatus::Revoked;
        assert!(!vaultwarden.is_complete(&there) && vaultwarden.is_complete(&revoked));
    }

    #[test]
    fn on_vaultwarden_ids_that_are_exchanged_are_so_only_at_their_addresses() {
        let import = import(&["a", "b"], &[]);
        let vaultwarden = Named::new([&import], &HashMap::new(), ServerKind::Vaultwarden);
        let after = organization(&["a", "b"], &[]);
        let mut before = after.clone();
        before.members[0].external_id = Some(ExternalId::new("b"));
        before.members[1].external_id = Some(ExternalId::new("a"));
        assert!(vaultwarden.is_complete(&after) && !vaultwarden.is_complete(&before));
    }

    #[test]
    fn who_is_there_already_proves_nothing_of_what_an_import_has_yet_to_do() {
        let state = organization(&["a", "leaver"], &[]);
        let whole = ImportRequest { overwrite_existing: true, ..import(&["a"], &[]) };
        assert!(named(&import(&["a"], &[])).is_complete(&state) && !named(&whole).is_complete(&state));
        assert!(named(&whole).is_complete(&organization(&["a"], &[])));
        let mut without_id = organization(&["a"], &[]);
        without_id.members[0].external_id = None;
        assert!(!named(&import(&["a"], &[])).is_complete(&without_id), "the id is adopted yet");
    }

    #[test]
    fn at_most_twenty_groups_are_looked_at_and_the_last_one_among_them() {
        let ids: Vec<String> = (0..50).map(|it| format!("g{it}")).collect();
        let groups: Vec<(&str, &[&str])> = ids.iter().map(|it| (it.as_str(), &["a"][..])).collect();
        let import = import(&["a"], &groups);
        let state: Vec<(&str, &[usize])> = ids.iter().map(|it| (it.as_str(), &[0][..])).collect();
        let state = organization(&["a"], &state);
        let sample = named(&import).sample(&state);
        assert!(sample.len() == SAMPLED && sample.contains(&49), "{sample:?}");
        assert_eq!(named(&import).all_groups(&state).len(), 50);
    }
}
