//! What the organization shall look like according to the directory: addresses made, groups flattened, everybody who is
//! left out with the reason.

use crate::flatten::{Rows, flatten};
use crate::normalize::{Address, address};
use crate::settings::SyncSettings;
use crate::snapshot::{AccountState, Parts, PersonEntry, Snapshot};
use crate::text::{Text, TextTable};
use hashbrown::{HashMap, HashSet};
use std::fmt;

/// One person of the directory.
#[derive(Clone, Copy, Debug)]
pub struct DesiredPerson {
    /// The directory's name for the person.
    pub reference: Text,
    /// The id that the directory gives for the organization.
    pub external_id: Text,
    /// The id that survives renames, where it was read.
    pub stable_id: Option<Text>,
    /// The address, trimmed and in lower case; None when there is none that could be used.
    pub email: Option<Text>,
    /// Why there is no address.
    pub unusable: Option<NoAddress>,
    /// Enabled, disabled or deleted.
    pub state: AccountState,
    /// Whether the entry changed since the time that was asked about; true where no time was.
    pub changed: bool,
}

/// Why a person has no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAddress {
    /// The directory holds none, and none could be composed.
    Missing,
    /// Longer than [`crate::normalize::LONGEST_ADDRESS`].
    TooLong,
}

/// One group of the directory.
#[derive(Clone, Copy, Debug)]
pub struct DesiredGroup {
    /// The directory's name for the group.
    pub reference: Text,
    /// The id that is pushed.
    pub external_id: Text,
    /// The name shown to people.
    pub name: Text,
    /// Whether the entry changed since the time that was asked about; true where no time was.
    pub changed: bool,
}

/// A member that is neither a person nor a group of the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The number of the group that lists it.
    pub group: usize,
    /// What the group lists, normalized.
    pub member: Text,
}

/// The state of the organization that the directory asks for.
pub struct Desired {
    texts: TextTable,
    people: Vec<DesiredPerson>,
    groups: Vec<DesiredGroup>,
    memberships: Rows,
    unresolved: Vec<Unresolved>,
    people_wanted: bool,
}

/// A directory that cannot be brought over as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DesiredError {
    /// Several people have one address.
    #[error("{0}")]
    DuplicateAddresses(DuplicateAddresses),
    /// Several entries have one external id: stored twice, it would make every later import fail.
    #[error("the entries `{first}` and `{second}` have one external id, `{external_id}`")]
    DuplicateExternalId {
        /// The directory's name for the first entry.
        first: String,
        /// The directory's name for the second entry.
        second: String,
        /// What both have.
        external_id: String,
    },
}

/// Addresses that several people have, each with the directory's names of all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateAddresses(pub Vec<(String, Vec<String>)>);

impl fmt::Display for DuplicateAddresses {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Emails must be unique. Multiple entries pulled with the following emails:")?;
        for (address, _) in self.0.iter().take(3) {
            write!(formatter, "\n{address}")?;
        }
        match self.0.len() {
            0..=3 => Ok(()),
            more => write!(formatter, "\nand {} more...", more - 3),
        }
    }
}

impl Desired {
    /// Makes the desired state out of one complete read.
    ///
    /// # Errors
    /// [`DesiredError`] when two people share an address or two entries an external id.
    pub fn build(snapshot: Snapshot, settings: &SyncSettings) -> Result<Self, DesiredError> {
        let scope = snapshot.scope();
        let Parts { mut texts, people: entries, groups: group_entries, members, unchanged } =
            snapshot.into_parts();
        let people: Vec<DesiredPerson> =
            entries.iter().map(|entry| desired_person(entry, settings, &unchanged, &mut texts)).collect();
        let people_wanted = settings.users && scope.people;
        unique_external_ids(&texts, people.iter().map(|it| (it.external_id, it.reference)))?;
        unique_external_ids(&texts, group_entries.iter().map(|it| (it.external_id, it.reference)))?;
        if people_wanted {
            unique_addresses(&texts, &people)?;
        }

        let slots = Slots::new(&texts, &entries, &group_entries);
        let (mut direct, mut inner, mut unresolved) = (Rows::default(), Rows::default(), Vec::new());
        for (number, group) in group_entries.iter().enumerate() {
            let range = group.member_range();
            let slots_of = || members[range.clone()].iter().map(|&member| (member, slots.of(member)));
            direct.push(slots_of().filter_map(|(_, slot)| slot.person()));
            inner.push(slots_of().filter_map(|(_, slot)| slot.group()));
            unresolved.extend(
                slots_of()
                    .filter(|(_, slot)| matches!(slot, Slot::Nobody))
                    .map(|(member, _)| Unresolved { group: number, member }),
            );
        }
        let memberships = flatten(&direct, &inner, people.len());
        let groups = group_entries
            .iter()
            .map(|it| DesiredGroup {
                reference: it.reference,
                external_id: it.external_id,
                name: it.name,
                changed: !unchanged.contains(&it.key),
            })
            .collect();
        Ok(Self { texts, people, groups, memberships, unresolved, people_wanted })
    }

    /// The string behind a [`Text`] of this state.
    pub fn text(&self, text: Text) -> &str {
        self.texts.get(text)
    }

    /// Everybody who was read, in the directory's order, also those who are left out.
    pub fn everybody(&self) -> &[DesiredPerson] {
        &self.people
    }

    /// People with a usable address, in the directory's order; nobody when `sync.users` is off.
    pub fn people(&self) -> impl Iterator<Item = &DesiredPerson> {
        self.people.iter().filter(|person| self.people_wanted && person.email.is_some())
    }

    /// Whether people are brought over at all (`sync.users`).
    pub fn people_wanted(&self) -> bool {
        self.people_wanted
    }

    /// Groups in the directory's order.
    pub fn groups(&self) -> &[DesiredGroup] {
        &self.groups
    }

    /// The people of a group, nested ones included: positions in [`Desired::everybody`].
    pub fn members(&self, group: usize) -> &[u32] {
        self.memberships.row(group)
    }

    /// Members that could not be resolved.
    pub fn unresolved(&self) -> &[Unresolved] {
        &self.unresolved
    }

    /// The external ids of a group's people, in the contract's order.
    pub fn member_external_ids(&self, group: usize) -> impl Iterator<Item = &str> {
        self.members(group).iter().map(|&person| self.text(self.people[person as usize].external_id))
    }

    /// What a person is shown as: the address, else the directory's name.
    pub fn display_name(&self, person: &DesiredPerson) -> &str {
        self.text(person.email.unwrap_or(person.reference))
    }
}

fn desired_person(
    entry: &PersonEntry,
    settings: &SyncSettings,
    unchanged: &HashSet<Text>,
    texts: &mut TextTable,
) -> DesiredPerson {
    let raw = |text: Option<Text>| text.map(|it| texts.get(it));
    let (email, unusable) = match address(raw(entry.mail), raw(entry.prefix), &settings.address) {
        Address::Usable(address) => (Some(texts.intern(&address)), None),
        Address::TooLong => (None, Some(NoAddress::TooLong)),
        Address::Missing => (None, Some(NoAddress::Missing)),
    };
    DesiredPerson {
        reference: entry.reference,
        external_id: entry.external_id,
        stable_id: entry.stable_id,
        email,
        unusable,
        state: entry.state,
        changed: !unchanged.contains(&entry.key),
    }
}

fn unique_external_ids(
    texts: &TextTable,
    entries: impl Iterator<Item = (Text, Text)>,
) -> Result<(), DesiredError> {
    let mut owner: Vec<Option<Text>> = vec![None; texts.len()];
    for (external_id, reference) in entries {
        if let Some(first) = owner[external_id.index()].replace(reference) {
            let name = |text| texts.get(text).to_owned();
            return Err(DesiredError::DuplicateExternalId {
                first: name(first),
                second: name(reference),
                external_id: name(external_id),
            });
        }
    }
    Ok(())
}

/// Blank addresses are nobody's; deleted people keep an address that somebody else may have by now.
fn unique_addresses(texts: &TextTable, people: &[DesiredPerson]) -> Result<(), DesiredError> {
    let mut first_with: Vec<Option<Text>> = vec![None; texts.len()];
    let mut order: Vec<Text> = Vec::new();
    let mut sharing: HashMap<Text, Vec<Text>> = HashMap::new();
    for person in people.iter().filter(|it| it.state != AccountState::Deleted) {
        let Some(email) = person.email.filter(|&it| !texts.get(it).is_empty()) else { continue };
        match first_with[email.index()] {
            None => first_with[email.index()] = Some(person.reference),
            Some(first) => sharing
                .entry(email)
                .or_insert_with(|| {
                    order.push(email);
                    vec![first]
                })
                .push(person.reference),
        }
    }
    if order.is_empty() {
        return Ok(());
    }
    let name = |text: &Text| texts.get(*text).to_owned();
    let duplicates =
        order.iter().map(|email| (name(email), sharing[email].iter().map(name).collect())).collect();
    Err(DesiredError::DuplicateAddresses(DuplicateAddresses(duplicates)))
}

/// For each interned string who answers to it as a group member.
struct Slots(Vec<u32>);

#[derive(Clone, Copy)]
enum Slot {
    Nobody,
    Person(u32),
    Group(u32),
}

impl Slot {
    fn person(self) -> Option<u32> {
        if let Self::Person(number) = self { Some(number) } else { None }
    }

    fn group(self) -> Option<u32> {
        if let Self::Group(number) = self { Some(number) } else { None }
    }
}

impl Slots {
    const GROUP: u32 = 1 << 31;

    /// Names count before logins, people before groups, the first before a second.
    fn new(texts: &TextTable, people: &[PersonEntry], groups: &[crate::snapshot::GroupEntry]) -> Self {
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
        Self(slots)
    }

    fn of(&self, text: Text) -> Slot {
        match self.0[text.index()] {
            u32::MAX => Slot::Nobody,
            value if value & Self::GROUP != 0 => Slot::Group(value & !Self::GROUP),
            value => Slot::Person(value),
        }
    }
}

#[cfg(test)]
mod tests;
