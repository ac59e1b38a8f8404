//! Which memberships the official connector would not have found, nested ones included.

use super::slots::Slot;
use super::{Desired, DesiredPerson, OverlookedMembership};
use crate::flatten::{Rows, flatten};
use crate::snapshot::{GroupEntry, Overlooked};
use crate::text::Text;
use hashbrown::{HashMap, HashSet};
use std::ops::Range;

impl Desired {
    /// Memberships that the official connector would not have found; none where nobody wants to know.
    pub fn overlooked(&self) -> &[OverlookedMembership] {
        &self.overlooked
    }
}

/// Flattens once more without what is overlooked: what is missing then is not found there either.
pub(super) fn find(
    overlooked: &[(Range<u32>, Overlooked)],
    groups: &[GroupEntry],
    members: &[Text],
    slot: impl Fn(Text) -> Slot,
    whole: &Rows,
    people: &[DesiredPerson],
) -> Vec<OverlookedMembership> {
    if overlooked.is_empty() {
        return Vec::new();
    }
    let mut why: HashMap<usize, Overlooked> = HashMap::new();
    for (stretch, reason) in overlooked {
        for place in stretch.clone() {
            // The worst reason counts: of a list that is not seen at all the spelling does not matter.
            let known = why.entry(place as usize).or_insert(*reason);
            *known = (*known).min(*reason);
        }
    }
    let (mut direct, mut inner) = (Rows::default(), Rows::default());
    let mut of_person: HashMap<(usize, u32), Overlooked> = HashMap::new();
    let mut anywhere: HashMap<u32, Overlooked> = HashMap::new();
    let mut of_groups = None;
    for (number, group) in groups.iter().enumerate() {
        let (mut seen_people, mut seen_groups) = (Vec::new(), Vec::new());
        for place in group.member_range() {
            match (slot(members[place]), why.get(&place)) {
                (Slot::Person(person), None) => seen_people.push(person),
                (Slot::Group(inner), None) => seen_groups.push(inner),
                (Slot::Person(person), Some(&reason)) => {
                    of_person.insert((number, person), reason);
                    anywhere.entry(person).or_insert(reason);
                }
                (Slot::Group(_), Some(&reason)) => of_groups = of_groups.or(Some(reason)),
                (Slot::Nobody | Slot::Several, _) => {}
            }
        }
        direct.push(seen_people);
        inner.push(seen_groups);
    }
    let seen = flatten(&direct, &inner, people.len());
    let mut found = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        if whole.row(number).len() == seen.row(number).len() {
            continue;
        }
        let seen: HashSet<u32> = seen.row(number).iter().copied().collect();
        for &person in whole.row(number).iter().filter(|it| !seen.contains(*it)) {
            let of_its_own = of_person.get(&(number, person)).copied();
            let by_another = || anywhere.get(&person).copied().or(of_groups);
            let why = of_its_own.or_else(by_another).unwrap_or(Overlooked::LongList);
            found.push(OverlookedMembership {
                group: group.external_id,
                person: people[person as usize].external_id,
                why,
            });
        }
    }
    found
}
