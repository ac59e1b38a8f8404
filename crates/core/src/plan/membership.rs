//! Who is in a group, against who shall be. Both are compared by number: a company has a million memberships.

use super::Index;
use super::roster::Roster;
use crate::names::ExternalId;
use crate::observed::{Membership, ObservedGroup};
use hashbrown::HashSet;

/// What stands between a group's members and those whom it should have.
pub(super) struct Difference {
    /// External ids.
    pub(super) added: Vec<String>,
    /// External ids, and addresses of members without one.
    pub(super) removed: Vec<String>,
    /// The same of members who may be meant by what the group lists, and others, too.
    pub(super) doubtful: Vec<String>,
    pub(super) before: usize,
}

impl Difference {
    pub(super) fn is_any(&self) -> bool {
        !self.added.is_empty() || !self.removed.is_empty()
    }
}

/// Somebody who will be a member when the plan is carried out.
#[derive(Clone, Copy)]
enum Seat {
    /// Is one already: the position in the organization.
    Member(usize),
    Newcomer,
}

/// For each person of the directory the place in the organization, and a mark for each member.
pub(super) struct Memberships<'a> {
    seats: Vec<Option<(Seat, &'a str)>>,
    marks: Vec<u32>,
    mark: u32,
}

impl<'a> Memberships<'a> {
    pub(super) fn new(index: &Index<'a>, people: &Roster<'a>) -> Self {
        let seat = |(number, id): (usize, &Option<&'a str>)| {
            let id = id.filter(|id| people.present.contains(id))?;
            let named = index.by_external_id.get(id).filter(|_| !people.freed.contains(id));
            let member = people.identified.get(&number).or(named);
            Some((member.map_or(Seat::Newcomer, |&it| Seat::Member(it)), id))
        };
        Self {
            seats: people.pushed.iter().enumerate().map(seat).collect(),
            marks: vec![0; index.state.map_or(0, |it| it.members.len())],
            mark: 0,
        }
    }

    /// How many of these people will be members.
    pub(super) fn count(&self, listed: &[u32]) -> usize {
        listed.iter().filter(|&&it| self.seats[it as usize].is_some()).count()
    }

    /// None: the members are not known.
    pub(super) fn difference(
        &mut self,
        found: &ObservedGroup,
        (listed, doubtful): (&[u32], &[u32]),
        index: &Index<'a>,
        people: &Roster<'a>,
    ) -> Option<Difference> {
        let (doubted, wanted, held) = (self.mark + 1, self.mark + 2, self.mark + 3);
        self.mark = held;
        for (those, mark) in [(doubtful, doubted), (listed, wanted)] {
            for &person in those {
                if let Some((Seat::Member(number), _)) = self.seats[person as usize] {
                    self.marks[number] = mark;
                }
            }
        }
        let (mut removed, mut stay) = (Vec::new(), Vec::new());
        let mut before = 0;
        let mut look = |number: usize| {
            before += 1;
            if self.marks[number] == wanted || self.marks[number] == held {
                self.marks[number] = held;
            } else {
                let name = name(number, index);
                let name = people.replaced.get(name).copied().unwrap_or(name).to_owned();
                if self.marks[number] == doubted { &mut stay } else { &mut removed }.push(name);
            }
        };
        match &found.members {
            Membership::Read(members) => members.iter().for_each(|&it| look(it)),
            Membership::Remembered(ids) => {
                ids.iter().filter_map(|it| index.by_external_id.get(it.as_str())).for_each(|&it| look(it));
            }
            Membership::NotRead => return None,
        }
        let missing = |seat| match seat {
            Seat::Member(number) => self.marks[number] != held,
            Seat::Newcomer => true,
        };
        let added = listed.iter().filter_map(|&it| self.seats[it as usize]);
        let added = added.filter(|&(seat, _)| missing(seat)).map(|(_, id)| id.to_owned()).collect();
        Some(Difference { added, removed, doubtful: stay, before })
    }
}

/// Who is in a group: external ids, and the addresses of members without one, whom an import takes out. None: not known.
pub(super) fn names<'a>(found: &'a ObservedGroup, index: &Index<'a>) -> Option<Vec<&'a str>> {
    Some(match &found.members {
        Membership::Read(members) => members.iter().map(|&number| name(number, index)).collect(),
        Membership::Remembered(members) => {
            members.iter().map(|it| it.as_str()).filter(|it| index.by_external_id.contains_key(it)).collect()
        }
        Membership::NotRead => return None,
    })
}

fn name<'a>(number: usize, index: &Index<'a>) -> &'a str {
    let member = index.member(number);
    let id = member.external_id.as_ref().map(|it| it.as_str());
    id.filter(|it| !it.trim().is_empty()).unwrap_or(member.email.as_str())
}

/// Whether both name the same members, in whichever order a server lists them: what is the same is not written anew.
pub(super) fn are_same<'m, Read: Iterator<Item = &'m ExternalId>>(
    known: &[ExternalId],
    read: impl Fn() -> Read,
) -> bool {
    if known.iter().eq(read()) {
        return true;
    }
    let mut left: HashSet<&ExternalId> = known.iter().collect();
    left.len() == known.len() && read().all(|it| left.remove(it)) && left.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_in_a_group_is_no_matter_of_order() {
        let ids = |names: &str| names.chars().map(|it| ExternalId::new(it.to_string())).collect::<Vec<_>>();
        let same = |known: &str, read: &str| {
            let read = ids(read);
            are_same(&ids(known), || read.iter())
        };
        assert!(same("abc", "abc") && same("abc", "cab") && same("", ""));
        assert!(!same("abc", "ab") && !same("ab", "abc") && !same("abc", "abd") && !same("ab", "aab"));
    }
}
