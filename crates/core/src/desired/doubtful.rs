//! Who may be meant by members that several entries answer to.

use super::Desired;
use super::slots::{Slot, Slots};
use crate::flatten::{Rows, flatten};
use crate::snapshot::{Doubt, GroupEntry};
use crate::text::Text;
use hashbrown::{HashMap, HashSet};
use std::collections::{BTreeMap, BTreeSet};

impl Desired {
    /// People of whom it cannot be told whether they are in a group, since others answer to what the group lists, too, or since the
    /// source does not show in which groups they are: positions in [`Desired::everybody`].
    pub fn doubtful(&self, group: usize) -> impl Iterator<Item = u32> {
        let named = self.doubtful.get(&group).into_iter().flatten();
        let unplaced = self.unplaced.get(&self.groups[group].source).into_iter().flatten();
        named.chain(unplaced).copied()
    }

    /// Whether there is somebody of whom it cannot be told whether a group has them.
    pub fn is_doubtful(&self, group: usize) -> bool {
        self.doubtful(group).next().is_some()
    }

    /// Whether what the group lists may mean several people.
    pub fn names_doubtful(&self, group: usize) -> bool {
        self.doubtful.get(&group).is_some_and(|it| !it.is_empty())
    }

    /// People of whom their source does not show in which groups they are: positions in [`Desired::everybody`].
    pub fn unplaced(&self) -> impl Iterator<Item = u32> {
        self.unplaced.values().flatten().copied()
    }
}

/// The people of a source who are, or are in, one of these entries that do not show in which groups they are.
pub(super) fn unplaced(
    hidden: &HashSet<Text>,
    slots: &Slots<'_>,
    whole: &Rows,
    source: u16,
) -> BTreeMap<u16, Vec<u32>> {
    let mut people = BTreeSet::new();
    for &key in hidden {
        match slots.of(key) {
            Slot::Person(person) => drop(people.insert(person)),
            Slot::Group(group) => people.extend(whole.row(group as usize)),
            Slot::Nobody | Slot::Several => {}
        }
    }
    if people.is_empty() { BTreeMap::new() } else { BTreeMap::from([(source, people.into_iter().collect())]) }
}

/// For each group the people who are in it if a doubtful member of it, or of a group in it, means them, but for those who are in
/// it anyway. Groups without a doubt are missing.
pub(super) fn find(
    (groups, members): (&[GroupEntry], &[Text]),
    doubts: &[Doubt],
    slots: &Slots<'_>,
    whole: &Rows,
    people: usize,
) -> BTreeMap<usize, Vec<u32>> {
    if doubts.is_empty() && members.iter().all(|it| slots.candidates(*it).is_empty()) {
        return BTreeMap::new();
    }
    let mut of_group: HashMap<Text, Vec<Slot>> = HashMap::new();
    for it in doubts {
        of_group.entry(it.group).or_default().push(slots.of(it.member));
    }
    let (mut direct, mut inner) = (Rows::default(), Rows::default());
    for group in groups {
        let (mut of_people, mut of_groups) = (Vec::new(), Vec::new());
        for &member in &members[group.member_range()] {
            let one = [slots.of(member)];
            let all = match one {
                [Slot::Several] => slots.candidates(member),
                _ => &one[..],
            };
            of_people.extend(all.iter().filter_map(|it| it.person()));
            of_groups.extend(all.iter().filter_map(|it| it.group()));
        }
        let more = of_group.get(&group.key).into_iter().flatten();
        of_people.extend(more.clone().filter_map(|it| it.person()));
        of_groups.extend(more.filter_map(|it| it.group()));
        direct.push(of_people);
        inner.push(of_groups);
    }
    let widest = flatten(&direct, &inner, people);
    let mut doubtful = BTreeMap::new();
    for group in (0..groups.len()).filter(|&it| widest.row(it).len() > whole.row(it).len()) {
        let known: HashSet<u32> = whole.row(group).iter().copied().collect();
        let more = widest.row(group).iter().copied().filter(|it| !known.contains(it));
        doubtful.insert(group, more.collect());
    }
    doubtful
}
