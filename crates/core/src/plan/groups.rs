//! What happens to each group.

use super::change::{Cause, Change, LeftOut, LeftOutBecause, Remark, Standing, Subject};
use super::identity::Identity;
use super::membership::{Memberships, names};
use super::people::LONGEST_EXTERNAL_ID;
use super::roster::Roster;
use super::{Evidence, Index, Plan, PlanInput};
use crate::desired::Desired;
use crate::ledger::{LedgerState, ManagedGroup};
use crate::names::{ExternalId, SourceName, Timestamp};
use crate::observed::{OrganizationState, ServerKind};
use crate::settings::VanishedGroups;
use crate::wire::{ImportGroup, Request};
use hashbrown::{HashMap, HashSet};

/// Longest group name that the official server takes, in characters.
const LONGEST_NAME: usize = 100;

/// Which groups' members have to be read before a plan, and the rest with those first that were not read for longest.
///
/// Positions are those of the organization's groups. A group has to be read when the desired membership is not the one that was
/// last accepted; the others are looked at in rotation, so that what was changed by hand comes to light too: each with the
/// time when it was read last, the longest ago first.
pub fn to_read(
    desired: &Desired,
    ledger: &LedgerState,
    identity: &Identity,
    organization: &OrganizationState,
) -> (Vec<usize>, Vec<(Option<Timestamp>, usize)>) {
    let numbers: HashMap<&str, usize> = desired
        .groups()
        .iter()
        .enumerate()
        .map(|(number, it)| (desired.text(it.external_id), number))
        .collect();
    let remembered: HashMap<&str, &ManagedGroup> =
        ledger.groups.iter().map(|it| (it.external_id.as_str(), it)).collect();
    let managed: HashSet<&str> = ledger.people.iter().map(|it| it.external_id.as_str()).collect();
    let counted = |&person: &u32| {
        let has_address = desired.everybody()[person as usize].email.is_some();
        let id = identity.people()[person as usize].as_ref().map(ExternalId::as_str);
        id.filter(|&id| has_address || managed.contains(id))
    };
    let (mut needed, mut rest) = (Vec::new(), Vec::new());
    for (place, group) in organization.groups.iter().enumerate() {
        let Some(id) = group.external_id.as_ref().map(|it| it.as_str()) else { continue };
        let Some(&number) = numbers.get(id) else { continue };
        let known = remembered.get(id).filter(|known| {
            let wanted: HashSet<&str> = desired.members(number).iter().filter_map(counted).collect();
            wanted.len() == known.members.len() && known.members.iter().all(|it| wanted.contains(it.as_str()))
        });
        match known {
            None => needed.push(place),
            Some(known) => rest.push((known.observed_at, place)),
        }
    }
    rest.sort_unstable();
    (needed, rest)
}

/// Decides for every group of the directory, then for those that vanished from it.
pub(super) fn decide<'a>(input: &PlanInput<'a>, index: &Index<'a>, people: &Roster<'a>, plan: &mut Plan) {
    let desired = input.desired;
    for unresolved in desired.unresolved() {
        let group = desired.text(desired.groups()[unresolved.group].reference).to_owned();
        let reference = desired.text(unresolved.member).to_owned();
        plan.left_out.push(LeftOut { reference, because: LeftOutBecause::UnresolvedMember { group } });
    }
    for dropped in desired.dropped_groups() {
        let reference = desired.text(dropped.reference).to_owned();
        plan.left_out.push(LeftOut { reference, because: LeftOutBecause::GroupIdTaken });
    }
    let successors = Successors::new(input, index);
    let mut memberships = Memberships::new(index, people);
    for number in 0..desired.groups().len() {
        group(number, &successors, &mut memberships, input, index, people, plan);
    }
    let present: HashSet<&str> = desired.groups().iter().map(|it| desired.text(it.external_id)).collect();
    for managed in &input.ledger.groups {
        let id = managed.external_id.as_str();
        let Some(&number) = index.groups.get(id).filter(|it| !successors.taken.contains(*it)) else {
            continue;
        };
        if !present.contains(id) && index.sources.tells_of_groups(&managed.source) {
            vanished(number, input, index, plan);
        }
    }
}

/// Groups of the organization that become groups of the directory under another external id, since both have one name:
/// managed ones that vanished from the directory, and, where the settings say so, those made by hand.
struct Successors {
    /// Position in the organization by position in the directory.
    of: HashMap<usize, usize>,
    /// The positions in the organization.
    taken: HashSet<usize>,
    /// Names of groups made by hand that are left alone.
    by_hand: HashSet<String>,
}

impl Successors {
    fn new(input: &PlanInput<'_>, index: &Index<'_>) -> Self {
        let mut found = Self { of: HashMap::new(), taken: HashSet::new(), by_hand: HashSet::new() };
        let Some(state) = index.state.filter(|_| input.server != ServerKind::Vaultwarden) else {
            return found;
        };
        let desired = input.desired;
        let mut new: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut listed = HashSet::new();
        for (number, wanted) in desired.groups().iter().enumerate() {
            let id = desired.text(wanted.external_id);
            listed.insert(id);
            if !index.groups.contains_key(id) {
                new.entry(desired.text(wanted.name)).or_default().push(number);
            }
        }
        if new.is_empty() {
            return found;
        }
        let told = input.ledger.groups.iter().filter(|it| index.sources.tells_of_groups(&it.source));
        let managed: HashSet<&str> = told.map(|it| it.external_id.as_str()).collect();
        let mut vanished: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut by_hand: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, group) in state.groups.iter().enumerate().filter(|(_, it)| it.id.is_some()) {
            match group.external_id.as_ref().map(|it| it.as_str()).filter(|it| !it.trim().is_empty()) {
                None => by_hand.entry(&group.name).or_default().push(place),
                Some(id) if managed.contains(id) && !listed.contains(id) => {
                    vanished.entry(&group.name).or_default().push(place);
                }
                Some(_) => {}
            }
        }
        for (name, numbers) in new {
            let one = |groups: &HashMap<&str, Vec<usize>>| match groups.get(name).map(Vec::as_slice) {
                Some([place]) => Some(*place),
                _ => None,
            };
            let chosen = one(&vanished).or_else(|| one(&by_hand).filter(|_| input.connector.adopt_groups));
            match (numbers.as_slice(), chosen) {
                ([number], Some(place)) => {
                    found.of.insert(*number, place);
                    found.taken.insert(place);
                }
                _ if by_hand.contains_key(name) => {
                    found.by_hand.insert(name.to_owned());
                }
                _ => {}
            }
        }
        found
    }
}

/// A managed group that the directory does not list.
fn vanished(number: usize, input: &PlanInput<'_>, index: &Index<'_>, plan: &mut Plan) {
    let Some(found) = index.state.map(|it| &it.groups[number]) else { return };
    let Some(external_id) = found.external_id.clone() else { return };
    let group = Subject { name: found.name.clone(), external_id };
    let members = names(found, index);
    match (input.connector.leavers.vanished_groups, &found.id, members) {
        (VanishedGroups::Delete, Some(id), Some(members))
            if !plan.baseline && input.server != ServerKind::Vaultwarden =>
        {
            let removed = members.into_iter().map(str::to_owned).collect();
            plan.changes.push(Change::DeleteGroup { group, removed, cause: Cause::Gone });
            plan.takings.push(Request::DeleteGroup(id.clone()));
        }
        _ => plan.standing.push(Standing::GroupVanished { group }),
    }
}

fn group<'a>(
    number: usize,
    successors: &Successors,
    memberships: &mut Memberships<'a>,
    input: &PlanInput<'a>,
    index: &Index<'a>,
    people: &Roster<'a>,
    plan: &mut Plan,
) {
    let desired = input.desired;
    let wanted = &desired.groups()[number];
    let (id, name) = (desired.text(wanted.external_id), desired.text(wanted.name));
    if let Some(because) = unusable(id, name, input.server) {
        plan.left_out.push(LeftOut { reference: desired.text(wanted.reference).to_owned(), because });
        return;
    }
    if managed_source(id, input).is_some_and(|it| index.sources.stands_back(it, wanted.source)) {
        let reference = desired.text(wanted.reference).to_owned();
        plan.left_out.push(LeftOut { reference, because: LeftOutBecause::GroupIdTaken });
        return;
    }
    let listed = desired.members(number);
    let subject = || Subject { name: name.to_owned(), external_id: ExternalId::new(id) };
    let before = plan.changes.len();
    let mut stay = Vec::new();
    let successor = successors.of.get(&number);
    match successor.or_else(|| index.groups.get(id)).zip(index.state) {
        // It may well exist: an empty list would empty it.
        None if plan.evidence != Evidence::Live && memberships.count(listed) == 0 => {
            let reference = desired.text(wanted.reference).to_owned();
            plan.left_out.push(LeftOut { reference, because: LeftOutBecause::EmptyUnseen });
            return;
        }
        None => {
            if successors.by_hand.contains(name) {
                plan.remarks.push(Remark::SameName { group: subject() });
            }
            let cause = if index.managed_groups.contains(id) { Cause::RemovedThere } else { Cause::Joined };
            plan.changes.push(Change::CreateGroup {
                group: subject(),
                members: memberships.count(listed),
                cause,
            });
        }
        Some((&found, state)) => {
            let found = &state.groups[found];
            if successor.is_some()
                && let Some(place) = &found.id
            {
                let old = found.external_id.clone().filter(|it| !it.as_str().trim().is_empty());
                plan.changes.push(Change::AdoptGroup { group: subject(), old, cause: Cause::Differs });
                plan.repairs.push(Request::PutGroup {
                    id: place.clone(),
                    name: name.to_owned(),
                    external_id: ExternalId::new(id),
                });
            }
            let adopted = plan.changes.len();
            if found.name != name {
                let observed = found.name.clone();
                if input.server == ServerKind::Vaultwarden {
                    plan.standing.push(Standing::GroupNameKept { group: subject(), observed });
                } else {
                    plan.changes.push(Change::RenameGroup {
                        group: subject(),
                        old: observed,
                        cause: Cause::Differs,
                    });
                }
            }
            let Some(mut difference) = memberships.difference(found, listed, index, people) else {
                plan.changes.truncate(adopted);
                plan.unread.insert(ExternalId::new(id));
                return;
            };
            let source = managed_source(id, input).unwrap_or(desired.source(wanted.source));
            let may_shrink = !plan.baseline && index.sources.may_shrink(source);
            if !may_shrink && !difference.removed.is_empty() {
                let members = std::mem::take(&mut difference.removed);
                let (kept, by_hand): (Vec<_>, Vec<_>) =
                    members.iter().partition(|it| index.by_external_id.contains_key(it.as_str()));
                stay.extend(kept.into_iter().map(|it| ExternalId::new(it.as_str())));
                let unlisted = !by_hand.is_empty();
                plan.standing.push(Standing::MembershipsKept { group: subject(), members });
                if unlisted {
                    // An import would take out whoever has no id: the group waits for the next run.
                    plan.changes.truncate(adopted);
                    return;
                }
            }
            if difference.is_any() || index.uncertain_groups.contains(id) {
                let outside =
                    difference.removed.iter().filter(|it| !is_selected(it, people)).cloned().collect();
                plan.changes.push(Change::ChangeMembers {
                    group: subject(),
                    added: difference.added,
                    removed: difference.removed,
                    outside,
                    before: difference.before,
                    cause: Cause::Differs,
                });
            }
            if plan.changes.len() == adopted && !plan.resends {
                return;
            }
        }
    }
    if plan.changes.len() > before || plan.resends {
        let mut member_external_ids: Vec<ExternalId> =
            desired.members(number).iter().filter_map(|&it| people.ids[it as usize].clone()).collect();
        member_external_ids.extend(stay);
        plan.import.groups.push(ImportGroup {
            name: name.to_owned(),
            external_id: ExternalId::new(id),
            member_external_ids,
        });
    }
}

/// The source that brought a group over.
fn managed_source<'a>(id: &str, input: &PlanInput<'a>) -> Option<&'a SourceName> {
    // A look through all groups, and only where sources differ.
    let several = input.desired.sources().len() > 1;
    input
        .ledger
        .groups
        .iter()
        .filter(|_| several)
        .find(|it| it.external_id.as_str() == id)
        .map(|it| &it.source)
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
