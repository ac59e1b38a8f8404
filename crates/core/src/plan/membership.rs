//! Who is in a group, against who shall be. Both are compared by number: a company has a million memberships.

use super::Index;
use super::roster::Roster;
use crate::by_id::ById;
use crate::names::ExternalId;
use crate::observed::{Membership, ObservedGroup, OrganizationState};
use std::sync::Arc;

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
    /// Members by the ids under which the ledger remembers them.
    members: ById<'a, usize>,
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
            members: ById::new(index.by_external_id.iter().map(|(id, number)| (*id, *number))),
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
        found: &'a ObservedGroup,
        (listed, doubtful): (&[u32], impl Iterator<Item = u32>),
        index: &Index<'a>,
        people: &Roster<'a>,
    ) -> Option<Difference> {
        let (doubted, wanted, held) = (self.mark + 1, self.mark + 2, self.mark + 3);
        self.mark = held;
        let marked = doubtful.map(|it| (it, doubted)).chain(listed.iter().map(|&it| (it, wanted)));
        for (person, mark) in marked {
            if let Some((Seat::Member(number), _)) = self.seats[person as usize] {
                self.marks[number] = mark;
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
                ids.iter().filter_map(|it| self.members.get(it)).for_each(look);
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

/// Some of the members of a group; most often all of them, and then the same list.
pub(super) fn those_of(
    listed: &Arc<[ExternalId]>,
    is_one: impl Fn(&ExternalId) -> bool,
) -> Arc<[ExternalId]> {
    if listed.iter().all(&is_one) {
        return Arc::clone(listed);
    }
    listed.iter().filter(|it| is_one(it)).cloned().collect()
}

/// Tells whether a group still has the members that are remembered, in whichever order a server lists them: what is the same is
/// not written anew.
pub(super) struct SameMembers<'a> {
    state: &'a OrganizationState,
    ids: ById<'a, usize>,
    marks: Vec<u32>,
    mark: u32,
}

impl<'a> SameMembers<'a> {
    pub(super) fn new(state: &'a OrganizationState) -> Self {
        let ids = state.members.iter().enumerate();
        let ids = ids.filter_map(|(place, it)| Some((it.external_id.as_ref()?.as_str(), place)));
        Self { state, ids: ById::new(ids), marks: vec![0; state.members.len()], mark: 0 }
    }

    /// `read`: places of members.
    pub(super) fn are(&mut self, known: &'a [ExternalId], read: &[usize]) -> bool {
        self.mark += 1;
        let with_id = read.iter().filter(|&&it| self.state.members[it].external_id.is_some());
        let mut count = 0;
        for place in with_id {
            count += 1;
            self.marks[*place] = self.mark;
        }
        // Each counts once: whoever is remembered twice is not found a second time.
        let mut is_there = |id| {
            let place = self.ids.get(id);
            place.is_some_and(|it| std::mem::take(&mut self.marks[it]) == self.mark)
        };
        count == known.len() && known.iter().all(&mut is_there)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Email;
    use crate::observed::{MemberStatus, ObservedMember, Role};

    fn member(id: char) -> ObservedMember {
        ObservedMember {
            id: None,
            email: Email::new(format!("{id}@x")),
            external_id: Some(ExternalId::new(id.to_string())),
            changed_id: None,
            status: MemberStatus::Confirmed,
            role: Role::User,
        }
    }

    #[test]
    fn who_is_in_a_group_is_no_matter_of_order() {
        let members = "abcd".chars().map(member).collect();
        let state = OrganizationState { members, groups: Vec::new() };
        let same = |known: &str, read: &[usize]| {
            let known: Vec<_> = known.chars().map(|it| ExternalId::new(it.to_string())).collect();
            SameMembers::new(&state).are(&known, read)
        };
        assert!(same("abc", &[0, 1, 2]) && same("abc", &[2, 0, 1]) && same("", &[]));
        assert!(!same("abc", &[0, 1]) && !same("ab", &[0, 1, 2]) && !same("abc", &[0, 1, 3]));
        assert!(!same("aab", &[0, 1, 2]) && !same("abe", &[0, 1, 2]));
    }
}
