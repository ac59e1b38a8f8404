//! Whom a name among the members of a group means.

use crate::snapshot::{AccountState, GroupEntry, PersonEntry};
use crate::text::{Text, TextTable};

/// A member that is neither a person nor a group of the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The number of the group that lists it.
    pub group: usize,
    /// What the group lists, normalized.
    pub member: Text,
}

/// For each interned string who answers to it as a group member.
pub(super) struct Slots(Vec<u32>);

#[derive(Clone, Copy)]
pub(super) enum Slot {
    Nobody,
    Person(u32),
    Group(u32),
}

impl Slot {
    pub(super) fn person(self) -> Option<u32> {
        if let Self::Person(number) = self { Some(number) } else { None }
    }

    pub(super) fn group(self) -> Option<u32> {
        if let Self::Group(number) = self { Some(number) } else { None }
    }
}

impl Slots {
    const GROUP: u32 = 1 << 31;

    /// Names count before logins, people before groups, the first before a second.
    pub(super) fn new(
        texts: &TextTable,
        people: &[PersonEntry],
        groups: &[GroupEntry],
        further_logins: &[(Text, Text)],
    ) -> Self {
        let mut slots = vec![u32::MAX; texts.len()];
        let mut claim = |text: Text, value: u32| {
            let slot = &mut slots[text.index()];
            if *slot == u32::MAX {
                *slot = value;
            }
        };
        for (number, person) in (0u32..).zip(people).filter(|(_, it)| it.state != AccountState::Deleted) {
            claim(person.key, number);
        }
        for (number, group) in (0u32..).zip(groups) {
            claim(group.key, number | Self::GROUP);
        }
        for (number, person) in (0u32..).zip(people).filter(|(_, it)| it.state != AccountState::Deleted) {
            if let Some(login) = person.login {
                claim(login, number);
            }
        }
        for (key, login) in further_logins {
            let owner = slots[key.index()];
            if owner != u32::MAX && slots[login.index()] == u32::MAX {
                slots[login.index()] = owner;
            }
        }
        Self(slots)
    }

    pub(super) fn of(&self, text: Text) -> Slot {
        match self.0[text.index()] {
            u32::MAX => Slot::Nobody,
            value if value & Self::GROUP != 0 => Slot::Group(value & !Self::GROUP),
            value => Slot::Person(value),
        }
    }
}
