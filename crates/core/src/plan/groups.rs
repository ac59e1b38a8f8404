//! What happens to each group.

use super::change::{Cause, LeftOutBecause, Subject};
use super::group_identity::GroupIdentity;
use super::group_requests::{Adoption, GroupChange, GroupFate, MembersChange, Renaming, Stay};
use super::identity::Identity;
use super::joining::LONGEST_EXTERNAL_ID;
use super::membership::{Difference, Memberships, names};
use super::mended_once::Once;
use super::refusal::Held;
use super::roster::Roster;
use super::standing::{GroupKeptBecause, MembershipsKeptBecause};
use super::successors::{Successor, Successors, Takeover};
use super::{Evidence, Index, PlanInput};
use crate::by_id::ById;
use crate::desired::{Desired, DesiredGroup, DesiredPerson, UnresolvedBecause};
use crate::ledger::{LedgerState, ManagedGroup};
use crate::names::{ExternalId, Timestamp};
use crate::observed::{ObservedGroup, OrganizationState, Presence, ServerKind};
use crate::settings::VanishedGroups;
use hashbrown::{HashMap, HashSet};

/// Longest group name that the official server takes, in characters.
const LONGEST_NAME: usize = 100;

/// Which groups' members have to be read before a plan, and the rest with those first that were not read for longest.
///
/// Positions are those of the organization's groups. A group has to be read when the desired membership is not the one that was
/// last accepted; the others are looked at in rotation, so that what was changed by hand comes to light too: each with the
/// time when it was read last, the longest ago first. What changed comes before what no run has looked at. `adopts`: whether a group
/// made by hand becomes the directory's where it has the name: who leaves it by that is to be seen before.
pub fn to_read(
    desired: &Desired,
    ledger: &LedgerState,
    identity: &Identity,
    organization: &OrganizationState,
    adopts: bool,
) -> (Vec<usize>, Vec<(Option<Timestamp>, usize)>) {
    let numbered = (0..desired.groups().len()).filter_map(|it| Some((identity.group(it).id()?.as_str(), it)));
    let numbers: HashMap<&str, usize> = numbered.collect();
    let remembered: HashMap<&str, &ManagedGroup> =
        ledger.groups.iter().map(|it| (it.external_id.as_str(), it)).collect();
    let mut wanted = Wanted::new(desired, ledger, identity);
    let names = desired.groups().iter().filter(|_| adopts).map(|it| desired.text(it.name));
    let names: HashSet<&str> = names.collect();
    let (mut changed, mut unknown, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for (place, group) in organization.groups.iter().enumerate() {
        let id = group.external_id.as_ref().map_or("", ExternalId::as_str);
        if id.trim().is_empty() && names.contains(group.name.as_str()) {
            unknown.push(place);
            continue;
        }
        let Some(&number) = numbers.get(id) else { continue };
        let Some(known) = remembered.get(id) else {
            unknown.push(place);
            continue;
        };
        if wanted.are(desired.members(number), &known.members) {
            rest.push((known.observed_at, place));
        } else {
            changed.push(place);
        }
    }
    rest.sort_unstable();
    // What the directory changed comes before what nobody has looked at yet.
    changed.extend(unknown);
    (changed, rest)
}

/// Whom the directory wants in groups, by number: a company has a million memberships.
struct Wanted<'a> {
    /// By person of the directory; None: nobody who can be a member.
    numbers: Vec<Option<usize>>,
    ids: ById<'a, usize>,
    marks: Vec<u32>,
    mark: u32,
}

impl<'a> Wanted<'a> {
    fn new(desired: &Desired, ledger: &'a LedgerState, identity: &'a Identity) -> Self {
        let managed: HashSet<&str> = ledger.people.iter().map(|it| it.external_id.as_str()).collect();
        let mut known: HashMap<&str, usize> = HashMap::new();
        let number = |(person, id): (&DesiredPerson, &'a Option<ExternalId>)| {
            let id = id.as_ref()?.as_str();
            let next = known.len();
            let counts = person.email.is_some() || managed.contains(id);
            counts.then(|| *known.entry(id).or_insert(next))
        };
        let numbers = desired.everybody().iter().zip(identity.people()).map(number).collect();
        let marks = vec![0; known.len()];
        Self { numbers, ids: ById::new(known), marks, mark: 0 }
    }

    /// Whether these people of the directory are just these members.
    fn are(&mut self, people: &[u32], members: &'a [ExternalId]) -> bool {
        self.mark += 1;
        let mut count = 0;
        for number in people.iter().filter_map(|&it| self.numbers[it as usize]) {
            count += usize::from(self.marks[number] != self.mark);
            self.marks[number] = self.mark;
        }
        let mut is_wanted = |id| self.ids.get(id).is_some_and(|it| self.marks[it] == self.mark);
        count == members.len() && members.iter().all(&mut is_wanted)
    }
}

/// Decides for every group of the directory, then for those that vanished from it.
pub(super) fn decide<'a>(
    input: &PlanInput<'a>,
    index: &Index<'a>,
    roster: &Roster<'a>,
    held: Option<&Held>,
) -> Vec<GroupFate> {
    let desired = input.desired;
    let mut fates = Vec::new();
    for unresolved in desired.unresolved() {
        let group = desired.text(desired.groups()[unresolved.group].reference).to_owned();
        let because = match unresolved.because {
            UnresolvedBecause::Unknown => LeftOutBecause::UnresolvedMember { group },
            UnresolvedBecause::Several => LeftOutBecause::SeveralMembers { group },
        };
        fates.push(GroupFate::left_out(desired.text(unresolved.member), because));
    }
    for person in desired.unplaced() {
        let name = desired.display_name(&desired.everybody()[person as usize]);
        fates.push(GroupFate::left_out(name, LeftOutBecause::GroupsHidden));
    }
    for dropped in desired.dropped_groups() {
        fates.push(GroupFate::left_out(desired.text(dropped.reference), LeftOutBecause::GroupIdTaken));
    }
    let successors = Successors::new(input, index);
    let mut memberships = Memberships::new(index, roster);
    let once = Once::new(input);
    let adopts = held.is_none_or(|it| !it.adoptions);
    for (number, wanted) in desired.groups().iter().enumerate() {
        let one = One { number, wanted, listed: desired.members(number) };
        fates.push(group(
            &one,
            &successors,
            &mut memberships,
            &Sides { input, index, roster, once: &once, adopts },
        ));
    }
    let present: HashSet<&ExternalId> =
        (0..desired.groups().len()).filter_map(|it| input.identity.group(it).id()).collect();
    for managed in &input.ledger.groups {
        let id = managed.external_id.as_str();
        let Some(&number) = index.groups.get(id).filter(|it| !successors.is_taken(**it)) else {
            continue;
        };
        if !present.contains(&managed.external_id) && index.sources.tells_of_groups(&managed.source) {
            fates.extend(vanished(number, managed, input, index));
        }
    }
    fates
}

/// A managed group that the directory does not list.
fn vanished(
    number: usize,
    managed: &ManagedGroup,
    input: &PlanInput<'_>,
    index: &Index<'_>,
) -> Option<GroupFate> {
    let found = index.state.map(|it| &it.groups[number])?;
    let group = Subject { name: found.name.clone(), external_id: found.external_id.clone()? };
    // An entry that is still there, or of which nobody knows, is not gone.
    let because = match input.identity.group_answer(&managed.external_id) {
        Some(Presence::NotFound) => GroupKeptBecause::Gone,
        Some(Presence::Found { .. } | Presence::Disabled { .. }) => GroupKeptBecause::OutOfScope,
        Some(Presence::Unknown { reason }) => GroupKeptBecause::Unconfirmed { reason: Some(reason.clone()) },
        Some(Presence::Hidden(_)) | None => GroupKeptBecause::Unconfirmed { reason: None },
    };
    let gone = because == GroupKeptBecause::Gone;
    Some(match (input.connector.leavers.vanished_groups, &found.id, names(found, index)) {
        (VanishedGroups::Delete, Some(id), Some(members))
            if gone && !index.baseline && input.server != ServerKind::Vaultwarden =>
        {
            let removed = members.into_iter().map(str::to_owned).collect();
            GroupFate::Deleted { group, id: id.clone(), removed }
        }
        _ => GroupFate::Vanished { group, because },
    })
}

/// One group of the directory.
struct One<'a> {
    number: usize,
    wanted: &'a DesiredGroup,
    /// Positions of its people.
    listed: &'a [u32],
}

/// What groups are decided by.
struct Sides<'a, 'b> {
    input: &'b PlanInput<'a>,
    index: &'b Index<'a>,
    roster: &'b Roster<'a>,
    once: &'b Once<'a>,
    /// Whether groups made by hand may become the directory's with their collections.
    adopts: bool,
}

fn group<'a>(
    one: &One<'a>,
    successors: &Successors,
    memberships: &mut Memberships<'a>,
    sides: &Sides<'a, '_>,
) -> GroupFate {
    let Sides { input, index, roster, adopts, .. } = *sides;
    let desired = input.desired;
    let One { number, wanted, listed } = *one;
    let name = desired.text(wanted.name);
    let left_out = |because| GroupFate::left_out(desired.text(wanted.reference), because);
    if let GroupIdentity::OfAnother(id) = input.identity.group(number) {
        let found = index.groups.get(id.as_str()).and_then(|&it| index.state.map(|state| &state.groups[it]));
        let holder = found.map_or_else(String::new, |it| it.name.clone());
        return GroupFate::OfAnother {
            group: Subject { name: name.to_owned(), external_id: id.clone() },
            holder,
        };
    }
    let Some(external_id) = input.identity.group(number).id() else {
        return left_out(LeftOutBecause::GroupOfBefore);
    };
    let id = external_id.as_str();
    if let Some(because) = unusable(id, name, input.server) {
        return left_out(because);
    }
    if index.sources.of_group(id).is_some_and(|it| index.sources.stands_back(it, wanted.source)) {
        return left_out(LeftOutBecause::GroupIdTaken);
    }
    if !wanted.shows_members {
        return left_out(LeftOutBecause::MembersHidden);
    }
    let subject = Subject { name: name.to_owned(), external_id: external_id.clone() };
    let successor = successors.of(number);
    let place = successor.map(|it| it.place).or_else(|| index.groups.get(id).copied());
    let Some((place, state)) = place.zip(index.state) else {
        // It may well exist, with members of whom it cannot be told whether they shall be in it. A person who shows no groups at all
        // is no reason to wait for ever: where the ledger was there before, a group that it does not know is a new one.
        let may_lose = desired.is_doubtful(number) && (index.baseline || desired.names_doubtful(number));
        if index.evidence != Evidence::Live && may_lose {
            return left_out(LeftOutBecause::MembersInDoubt);
        }
        let members = memberships.count(listed);
        // It may well exist: an empty list would empty it.
        if index.evidence != Evidence::Live && members == 0 {
            return left_out(LeftOutBecause::EmptyUnseen);
        }
        let cause = if index.managed_groups.contains(id) { Cause::RemovedThere } else { Cause::Joined };
        let adoptable = input.server != ServerKind::Vaultwarden;
        let same_name = successors.is_by_hand(name).then_some(adoptable);
        let listed = ids(listed, roster);
        return GroupFate::Created { group: subject, cause, members, same_name, listed };
    };
    let found = &state.groups[place];
    let by_hand = successor.is_some_and(|it| it.why == Takeover::ByHand);
    if by_hand && !adopts && found.collections != Some(0) {
        return left_out(LeftOutBecause::AdoptionHeld { collections: found.collections });
    }
    let adopted = successor.map(|Successor { why, .. }| {
        let old = found.external_id.clone().filter(|it| !it.as_str().trim().is_empty());
        // A newcomer at the same name has the id already.
        let id = found.id.clone().filter(|_| old.as_ref() != Some(external_id));
        let cause = match why {
            Takeover::Replaced => Cause::Gone,
            Takeover::ByHand => Cause::Differs,
            Takeover::IdLost => Cause::RemovedThere,
        };
        Adoption { id, old, collections: found.collections, cause }
    });
    let difference = memberships.difference(found, (listed, desired.doubtful(number)), index, roster);
    GroupFate::Known(Box::new(GroupChange { adopted, ..known(one, subject, found, difference, sides) }))
}

/// What happens to a group that is there.
fn known(
    one: &One<'_>,
    group: Subject,
    found: &ObservedGroup,
    difference: Option<Difference>,
    sides: &Sides<'_, '_>,
) -> GroupChange {
    let Sides { input, index, roster, once, .. } = *sides;
    let desired = input.desired;
    let observed = || found.name.clone();
    let renamed = (found.name != group.name).then(|| match input.server {
        ServerKind::Vaultwarden => Renaming::Kept(observed()),
        _ => Renaming::From(observed()),
    });
    // Whatever waits for a later run, its new name waits too.
    let name_kept = |renamed: Option<Renaming>| renamed.filter(|it| matches!(it, Renaming::Kept(_)));
    let nothing = GroupChange {
        group,
        adopted: None,
        renamed: None,
        members: MembersChange::Same,
        stay: Stay::default(),
        listed: None,
        sent_again: false,
        mended: None,
        left_alone: false,
    };
    let Some(mut difference) = difference else {
        return GroupChange { renamed: name_kept(renamed), members: MembersChange::Unread, ..nothing };
    };
    let id = nothing.group.external_id.as_str();
    let source = index.sources.of_group(id).unwrap_or(desired.source(one.wanted.source));
    let may_shrink = !index.baseline && index.sources.may_shrink(source);
    let because = if may_shrink {
        MembershipsKeptBecause::Unconfirmed
    } else if index.sources.all_read() {
        MembershipsKeptBecause::FirstRun
    } else {
        MembershipsKeptBecause::SourceNotRead
    };
    // What a group loses by a doubt about a person is not what the directory says of the group.
    let stays = |it: &String| !may_shrink || roster.unconfirmed.contains(it.as_str());
    let (mut members, removed): (Vec<_>, Vec<_>) =
        std::mem::take(&mut difference.removed).into_iter().partition(stays);
    difference.removed = removed;
    let because = if members.is_empty() { MembershipsKeptBecause::InDoubt } else { because };
    members.append(&mut difference.doubtful);
    let stay = Stay { because: (!members.is_empty()).then_some(because), members };
    if stay.members.iter().any(|it| !index.by_external_id.contains_key(it.as_str())) {
        // An import would take out whoever has no id: the group waits for the next run.
        return GroupChange { renamed: name_kept(renamed), stay, ..nothing };
    }
    let differs = difference.is_any() || index.uncertain_groups.contains(id);
    let differs_at_all = differs || matches!(renamed, Some(Renaming::From(_)));
    let is_sent = differs_at_all || index.resends;
    let listed = is_sent.then(|| {
        let mut listed = ids(one.listed, roster);
        listed.extend(stay.members.iter().map(|it| ExternalId::new(it.as_str())));
        listed
    });
    // Newcomers, and who came back, are no change that somebody else made to the group.
    let is_there = |it: &String| index.by_external_id.contains_key(it.as_str());
    let mended = listed
        .as_ref()
        .filter(|_| {
            differs_at_all && index.evidence == Evidence::Live && difference.added.iter().all(is_there)
        })
        .and_then(|it| once.of_group(&nothing.group, it, input));
    if let Some((mended, true)) = mended {
        return GroupChange { mended: Some(mended), left_alone: true, stay, ..nothing };
    }
    let mended = mended.map(|(it, _)| it);
    let members = if differs {
        let Difference { added, removed, before, doubtful: _ } = difference;
        // Whom we brought over and who has left was not put in by hand.
        let by_hand = |it: &&String| !is_selected(it, roster) && !index.managed.contains_key(it.as_str());
        let outside = removed.iter().filter(by_hand).cloned().collect();
        MembersChange::Differ { added, removed, outside, before }
    } else {
        MembersChange::Same
    };
    GroupChange { renamed, members, stay, listed, sent_again: !differs_at_all, mended, ..nothing }
}

fn ids(listed: &[u32], roster: &Roster<'_>) -> Vec<ExternalId> {
    let mut ids = Vec::with_capacity(listed.len());
    ids.extend(listed.iter().filter_map(|&it| roster.ids[it as usize].clone()));
    ids
}

/// Whether the directory selects this person: by external id, or by the address of a member without one.
fn is_selected(member: &str, people: &Roster<'_>) -> bool {
    people.asked_for.contains(member) || people.emails.contains(member)
}

fn unusable(id: &str, name: &str, server: ServerKind) -> Option<LeftOutBecause> {
    if server == ServerKind::Vaultwarden {
        return None;
    }
    if id.chars().count() > LONGEST_EXTERNAL_ID {
        Some(LeftOutBecause::ExternalIdTooLong)
    } else if name.trim().is_empty() || name.chars().count() > LONGEST_NAME {
        Some(LeftOutBecause::GroupName)
    } else {
        None
    }
}
