//! Groups of the organization that become groups of the directory although they are not known by its id.
//!
//! A group's access to collections goes with it: that is given to another entry only where the one that had it is gone.

use super::group_identity::GroupIdentity;
use super::{Index, PlanInput};
use crate::ledger::ManagedGroup;
use crate::names::{ExternalId, GroupId};
use crate::observed::{ObservedGroup, Presence, ServerKind};
use hashbrown::{HashMap, HashSet};

/// A group of the organization that becomes one of the directory.
#[derive(Clone, Copy)]
pub(super) struct Successor {
    /// The position in the organization.
    pub(super) place: usize,
    pub(super) why: Takeover,
}

/// Why it does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Takeover {
    /// The entry that had it is gone, and exactly one new entry has its name and lies in the same unit.
    Replaced,
    /// It was made by hand, and the settings let it be adopted.
    ByHand,
    /// It is the group that we brought over: somebody took its id away, or gave it another one.
    IdLost,
}

/// Who becomes whom.
#[derive(Default)]
pub(super) struct Successors {
    /// By position in the directory.
    of: HashMap<usize, Successor>,
    /// The positions in the organization.
    taken: HashSet<usize>,
    /// Names of groups made by hand that are left alone.
    by_hand: HashSet<String>,
}

impl Successors {
    pub(super) fn new(input: &PlanInput<'_>, index: &Index<'_>) -> Self {
        let mut found = Self::default();
        let groups = 0..input.desired.groups().len();
        for number in groups.clone() {
            if let GroupIdentity::Replaces(id) = input.identity.group(number)
                && let Some(&place) = index.groups.get(id.as_str())
            {
                found.take(number, place, Takeover::Replaced);
            }
        }
        if input.server == ServerKind::Vaultwarden || index.state.is_none() {
            // It knows no request for one group.
            found.notice_names(groups, input, index);
            return found;
        }
        let new: Vec<usize> = groups.filter(|&it| is_new(it, input, index)).collect();
        if new.is_empty() {
            return found;
        }
        let organization = Candidates::new(input, index);
        let (lost, new): (Vec<_>, Vec<_>) = new
            .into_iter()
            .map(|number| (number, organization.lost(number, input)))
            .partition(|(_, lost)| lost.is_some());
        for (number, place) in lost {
            found.take(number, place.expect("parted so"), Takeover::IdLost);
        }
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (number, _) in new {
            by_name.entry(input.desired.text(input.desired.groups()[number].name)).or_default().push(number);
        }
        for (name, numbers) in by_name {
            found.by_name(name, &numbers, &organization, input);
        }
        found
    }

    /// Notes which names of new groups are those of groups made by hand.
    fn notice_names(&mut self, groups: std::ops::Range<usize>, input: &PlanInput<'_>, index: &Index<'_>) {
        let is_by_hand =
            |it: &&ObservedGroup| it.external_id.as_ref().is_none_or(|id| id.as_str().trim().is_empty());
        let by_hand = index.state.into_iter().flat_map(|it| &it.groups).filter(is_by_hand);
        let by_hand: HashSet<&str> = by_hand.map(|it| it.name.as_str()).collect();
        let new = groups.filter(|&it| is_new(it, input, index));
        let names = new.map(|it| input.desired.text(input.desired.groups()[it].name));
        self.by_hand.extend(names.filter(|it| by_hand.contains(it)).map(str::to_owned));
    }

    /// The group of the organization that this group of the directory becomes.
    pub(super) fn of(&self, number: usize) -> Option<Successor> {
        self.of.get(&number).copied()
    }

    /// Whether a group of the organization becomes another one of the directory.
    pub(super) fn is_taken(&self, place: usize) -> bool {
        self.taken.contains(&place)
    }

    /// Whether a group made by hand has this name and is left alone.
    pub(super) fn is_by_hand(&self, name: &str) -> bool {
        self.by_hand.contains(name)
    }

    fn take(&mut self, number: usize, place: usize, why: Takeover) {
        self.of.insert(number, Successor { place, why });
        self.taken.insert(place);
    }

    fn by_name(&mut self, name: &str, numbers: &[usize], groups: &Candidates<'_>, input: &PlanInput<'_>) {
        let is_near = |place: &usize| match numbers {
            [number] => groups.names.get(place).is_some_and(|old| {
                is_same_unit(old, input.desired.text(input.desired.groups()[*number].reference))
            }),
            _ => false,
        };
        let vanished = one(&groups.vanished, name).filter(is_near);
        let by_hand = one(&groups.by_hand, name).filter(|it| !self.taken.contains(it));
        match (numbers, vanished, by_hand) {
            ([number], Some(place), _) => self.take(*number, place, Takeover::Replaced),
            ([number], None, Some(place)) if input.connector.adopt_groups => {
                self.take(*number, place, Takeover::ByHand);
            }
            _ => self.by_hand.extend(groups.by_hand.get(name).map(|_| name.to_owned())),
        }
    }
}

/// Whether a group of the directory is none of the organization's by its id.
fn is_new(number: usize, input: &PlanInput<'_>, index: &Index<'_>) -> bool {
    input.identity.group(number).id().is_some_and(|id| !index.groups.contains_key(id.as_str()))
}

/// Groups of the organization that could become others.
struct Candidates<'a> {
    /// Managed ones whose entry is gone, by name.
    vanished: HashMap<&'a str, Vec<usize>>,
    /// Those without an external id, by name.
    by_hand: HashMap<&'a str, Vec<usize>>,
    /// The directory's names for those whose entry is gone.
    names: HashMap<usize, &'a str>,
    /// Those whose external id is nobody's, by their own id.
    nobodys: HashMap<&'a GroupId, usize>,
    managed: HashMap<&'a str, &'a ManagedGroup>,
}

impl<'a> Candidates<'a> {
    fn new(input: &PlanInput<'a>, index: &Index<'a>) -> Self {
        let desired = 0..input.desired.groups().len();
        let listed: HashSet<&ExternalId> = desired.filter_map(|it| input.identity.group(it).id()).collect();
        let managed: HashMap<&str, &ManagedGroup> =
            input.ledger.groups.iter().map(|it| (it.external_id.as_str(), it)).collect();
        // Of a group of ours whose id somebody took away nobody knows yet who it is.
        let in_doubt = input.ledger.groups.iter().filter(|it| !is_gone(it, input, index));
        let in_doubt: HashSet<&GroupId> = in_doubt.filter_map(|it| it.group_id.as_ref()).collect();
        let (mut vanished, mut by_hand): (HashMap<_, Vec<_>>, HashMap<_, Vec<_>>) = Default::default();
        let (mut names, mut nobodys) = (HashMap::new(), HashMap::new());
        let groups: &'a [ObservedGroup] = index.state.map_or(&[], |it| &it.groups);
        for (place, group) in groups.iter().enumerate() {
            let Some(own_id) = &group.id else { continue };
            let id = group.external_id.as_ref().filter(|it| !it.as_str().trim().is_empty());
            let Some(id) = id else {
                if !in_doubt.contains(own_id) {
                    by_hand.entry(group.name.as_str()).or_default().push(place);
                }
                nobodys.insert(own_id, place);
                continue;
            };
            match managed.get(id.as_str()) {
                None if !listed.contains(id) && !input.connector.shared_organization => {
                    nobodys.insert(own_id, place);
                }
                Some(known) if !listed.contains(id) && is_gone(known, input, index) => {
                    vanished.entry(group.name.as_str()).or_default().push(place);
                    names.insert(place, known.reference.as_deref().unwrap_or(id.as_str()));
                }
                _ => {}
            }
        }
        Self { vanished, by_hand, names, nobodys, managed }
    }

    /// The group that we brought over for this one, where somebody took its id away.
    fn lost(&self, number: usize, input: &PlanInput<'_>) -> Option<usize> {
        let known = self.managed.get(input.identity.group(number).id()?.as_str())?;
        match &known.group_id {
            Some(id) => self.nobodys.get(id).copied(),
            None => one(&self.by_hand, &known.name),
        }
    }
}

/// Whether the directory says that it has no such entry any more.
fn is_gone(group: &ManagedGroup, input: &PlanInput<'_>, index: &Index<'_>) -> bool {
    // One of a directory to which no source leads any more has no entry.
    group.source.is_former()
        || index.sources.tells_of_groups(&group.source)
            && input.identity.group_answer(&group.external_id) == Some(&Presence::NotFound)
}

fn one(groups: &HashMap<&str, Vec<usize>>, name: &str) -> Option<usize> {
    match groups.get(name).map(Vec::as_slice) {
        Some([place]) => Some(*place),
        _ => None,
    }
}

/// Whether two names lie in the same unit, or in directories of different naming contexts. What is no name lies nowhere.
fn is_same_unit(old: &str, new: &str) -> bool {
    let unit = |name: &str| {
        let mut escaped = false;
        let comma = name.char_indices().find(|&(_, it)| {
            let ends = it == ',' && !escaped;
            escaped = it == '\\' && !escaped;
            ends
        });
        comma.map(|(place, _)| name[place + 1..].trim().to_lowercase())
    };
    let context = |unit: &str| unit.find("dc=").map(|place| unit[place..].to_owned());
    match (unit(old), unit(new)) {
        (Some(old), Some(new)) => old == new || context(&old) != context(&new),
        _ => true,
    }
}
