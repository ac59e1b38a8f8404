//! Whom a name among the members of a group means.
//!
//! Servers do not agree on which names are equal: what one keeps apart (letters composed and decomposed, `ß` and `ẞ`) is one name
//! to another. So a member means whoever is called so letter by letter, or whom the source names; else it means the one entry whose name
//! compares equal; and where several entries do, or the source was asked in vain, it means none of them.

use super::Desired;
use crate::snapshot::{AccountState, Doubt, GroupEntry, PersonEntry, SetAside};
use crate::text::{Text, TextTable};
use hashbrown::{HashMap, HashSet};

/// A member of whom it is not known who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The number of the group that lists it.
    pub group: usize,
    /// What the group lists.
    pub member: Text,
    /// Why.
    pub because: UnresolvedBecause,
}

/// Why it is not known who a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnresolvedBecause {
    /// It is neither a person nor a group of the snapshot.
    Unknown,
    /// Several entries answer to the name, or one of which the source does not tell whether it is meant; none has it letter by letter.
    Several,
}

impl Desired {
    /// Members of whom it is not known who they are.
    pub fn unresolved(&self) -> &[Unresolved] {
        &self.unresolved
    }
}

/// For each interned string who answers to it as a group member.
pub(super) struct Slots<'s> {
    comparable: &'s HashMap<Text, Text>,
    said: &'s HashMap<Text, Option<Text>>,
    /// Names of which the source did not tell whose they are, with the entries that answer to them.
    undecided: HashMap<Text, Vec<Slot>>,
    names: Level,
    logins: Level,
    comparable_names: Level,
    comparable_logins: Level,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Nobody,
    Person(u32),
    Group(u32),
    Several,
}

impl Slot {
    pub(super) fn person(self) -> Option<u32> {
        if let Self::Person(number) = self { Some(number) } else { None }
    }

    pub(super) fn group(self) -> Option<u32> {
        if let Self::Group(number) = self { Some(number) } else { None }
    }

    fn number(self) -> u32 {
        match self {
            Self::Nobody => NOBODY,
            Self::Several => SEVERAL,
            Self::Group(number) => number | GROUP,
            Self::Person(number) => number,
        }
    }

    fn of(number: u32) -> Self {
        match number {
            NOBODY => Self::Nobody,
            SEVERAL => Self::Several,
            it if it & GROUP != 0 => Self::Group(it & !GROUP),
            it => Self::Person(it),
        }
    }
}

const GROUP: u32 = 1 << 31;
const NOBODY: u32 = u32::MAX;
const SEVERAL: u32 = u32::MAX - 1;

/// What a snapshot holds of names that may mean an entry that is not called so letter by letter.
#[derive(Clone, Copy)]
pub(super) struct Names<'s> {
    pub(super) comparable: &'s HashMap<Text, Text>,
    pub(super) said: &'s HashMap<Text, Option<Text>>,
    pub(super) undecided: &'s HashSet<Text>,
}

impl<'s> Slots<'s> {
    /// Names count before logins, people before groups of the same name.
    pub(super) fn new(
        texts: &TextTable,
        people: &[PersonEntry],
        groups: &[GroupEntry],
        further_logins: &[(Text, Text)],
        Names { comparable, said, undecided }: Names<'s>,
    ) -> Self {
        let level = |is_used: bool| Level::new(if is_used { texts.len() } else { 0 });
        let has_logins = people.iter().any(|it| it.login.is_some()) || !further_logins.is_empty();
        let mut slots = Self {
            comparable,
            said,
            undecided: HashMap::new(),
            names: level(true),
            logins: level(has_logins),
            comparable_names: level(!comparable.is_empty()),
            comparable_logins: level(has_logins && !comparable.is_empty()),
        };
        let living = || (0_u32..).zip(people).filter(|(_, it)| it.state != AccountState::Deleted);
        for (number, person) in living() {
            slots.names.give(person.key, Slot::Person(number));
        }
        for (number, group) in (0_u32..).zip(groups) {
            slots.names.give(group.key, Slot::Group(number));
        }
        let keys = living().map(|(_, it)| it.key).chain(groups.iter().map(|it| it.key));
        let logins = living().filter_map(|(_, it)| Some((it.key, it.login?)));
        for (key, login) in logins.chain(further_logins.iter().copied()) {
            let owner = slots.names.of(key);
            if owner != Slot::Nobody {
                slots.logins.claim(login, owner);
                slots.comparable_logins.claim(slots.compared(login), owner);
            }
        }
        for key in keys {
            slots.comparable_names.claim(slots.compared(key), slots.names.of(key));
        }
        let answering = |name: &Text| (*name, slots.comparable_names.all(slots.compared(*name)));
        slots.undecided = undecided.iter().map(answering).filter(|(_, all)| !all.is_empty()).collect();
        slots
    }

    pub(super) fn of(&self, member: Text) -> Slot {
        self.found(member).0
    }

    /// The entries that answer to the name of a member, where none may be chosen.
    pub(super) fn candidates(&self, member: Text) -> &[Slot] {
        if let Some(all) = self.undecided.get(&member) {
            return all;
        }
        match self.found(member) {
            (Slot::Several, Some((level, name))) => level.several.get(&name).map_or(&[], Vec::as_slice),
            _ => &[],
        }
    }

    fn found(&self, member: Text) -> (Slot, Option<(&Level, Text)>) {
        if let Some(said) = self.said.get(&member) {
            return (said.map_or(Slot::Nobody, |key| self.names.of(key)), None);
        }
        if self.undecided.contains_key(&member) {
            return (Slot::Several, None);
        }
        let compared = self.compared(member);
        let levels = [
            (&self.names, member),
            (&self.logins, member),
            (&self.comparable_names, compared),
            (&self.comparable_logins, compared),
        ];
        let found = levels.into_iter().find(|(level, name)| level.of(*name) != Slot::Nobody);
        (found.map_or(Slot::Nobody, |(level, name)| level.of(name)), found)
    }

    fn compared(&self, name: Text) -> Text {
        self.comparable.get(&name).copied().unwrap_or(name)
    }
}

/// Members of groups of whom it is not known who they are. Who was set aside is known, and told by that.
pub(super) fn unresolved(
    (groups, members): (&[GroupEntry], &[Text]),
    doubts: &[Doubt],
    set_aside: &[SetAside],
    slots: &Slots<'_>,
) -> Vec<Unresolved> {
    let aside: HashSet<Text> = set_aside.iter().map(|it| slots.compared(it.key)).collect();
    let all = groups.iter().enumerate();
    let all =
        all.flat_map(|(group, it)| members[it.member_range()].iter().map(move |&member| (group, member)));
    let of = |(group, member)| {
        let because = match slots.of(member) {
            Slot::Nobody if aside.contains(&slots.compared(member)) => return None,
            Slot::Nobody => UnresolvedBecause::Unknown,
            Slot::Several => UnresolvedBecause::Several,
            Slot::Person(_) | Slot::Group(_) => return None,
        };
        Some(Unresolved { group, member, because })
    };
    let listed = all.filter_map(of);
    let mut known = HashSet::new();
    let doubts = doubts.iter().filter(|it| known.insert((it.group, it.said)));
    let said = doubts.filter_map(|it| {
        let group = slots.of(it.group).group()? as usize;
        Some(Unresolved { group, member: it.said, because: UnresolvedBecause::Several })
    });
    listed.chain(said).collect()
}

/// Who answers to a name, by one way of comparing.
struct Level {
    slots: Vec<u32>,
    several: HashMap<Text, Vec<Slot>>,
}

impl Level {
    fn new(texts: usize) -> Self {
        Self { slots: vec![NOBODY; texts], several: HashMap::new() }
    }

    fn of(&self, name: Text) -> Slot {
        self.slots.get(name.index()).map_or(Slot::Nobody, |&it| Slot::of(it))
    }

    /// Everybody who answers to a name.
    fn all(&self, name: Text) -> Vec<Slot> {
        match self.of(name) {
            Slot::Nobody => Vec::new(),
            Slot::Several => self.several.get(&name).cloned().unwrap_or_default(),
            one => vec![one],
        }
    }

    /// The first who has the name keeps it: a second one is the same entry.
    fn give(&mut self, name: Text, to: Slot) {
        if self.of(name) == Slot::Nobody {
            self.slots[name.index()] = to.number();
        }
    }

    /// Nobody has the name alone once a second entry claims it.
    fn claim(&mut self, name: Text, by: Slot) {
        let Some(slot) = self.slots.get_mut(name.index()) else { return };
        match Slot::of(*slot) {
            Slot::Nobody => *slot = by.number(),
            first if first == by => {}
            Slot::Several => {
                let all = self.several.entry(name).or_default();
                if !all.contains(&by) {
                    all.push(by);
                }
            }
            first => {
                *slot = SEVERAL;
                self.several.insert(name, vec![first, by]);
            }
        }
    }
}
