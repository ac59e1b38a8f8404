//! What the organization shall look like according to the directory: addresses made, groups flattened, everybody who is
//! left out with the reason.

mod conflicts;
mod doubtful;
mod overlook;
mod slots;
mod source;
mod stable_ids;

pub use conflicts::{Alias, DuplicateAddresses, Merged};
pub use slots::{Unresolved, UnresolvedBecause};
pub use source::{DesiredSource, Source, SourceRead};

use crate::flatten::{Rows, contain_marked, flatten};
use crate::names::{Marks, SourceName};
use crate::normalize::{Address, address, is_acceptable};
use crate::settings::{ConflictRules, SyncSettings};
use crate::snapshot::{AccountState, Overlooked, Parts, PersonEntry, PersonMarks, SetAside, Snapshot};
use crate::text::{Text, TextTable};
use hashbrown::HashSet;
use slots::{Names, Slot, Slots};
use std::collections::BTreeMap;

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
    /// Where the person comes from: the position in [`Desired::sources`].
    pub source: u16,
    /// What tells the person apart from somebody else who gets the same address.
    pub marks: PersonMarks,
}

/// Why a person has no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAddress {
    /// The directory holds none, and none could be composed.
    Missing,
    /// Longer than [`crate::normalize::LONGEST_ADDRESS`].
    TooLong,
    /// Others have the same one, and the settings leave them out.
    Shared {
        /// The address.
        address: Text,
    },
    /// The entry is disabled, and an enabled one has the same: that one is the person by now.
    Replaced {
        /// The directory's name for the enabled entry.
        by: Text,
    },
}

/// Why an entry of the directory brings nobody over, as far as the directory alone tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoUse {
    /// There is no address.
    None(NoAddress),
    /// The address is blank.
    Blank,
    /// The server would not take it for an address.
    Invalid,
}

impl NoUse {
    /// Whether there is no address, or none that is one; false where somebody else has it.
    pub fn is_lack(self) -> bool {
        !matches!(self, Self::None(NoAddress::Shared { .. } | NoAddress::Replaced { .. }))
    }
}

/// One group of the directory.
#[derive(Clone, Copy, Debug)]
pub struct DesiredGroup {
    /// The directory's name for the group.
    pub reference: Text,
    /// The id that the directory gives for the organization.
    pub external_id: Text,
    /// The id that survives renames, where it was read.
    pub stable_id: Option<Text>,
    /// The name shown to people.
    pub name: Text,
    /// Whether the entry changed since the time that was asked about; true where no time was.
    pub changed: bool,
    /// Whether the source shows who is in it and in the groups inside it; where it does not, the list of its members says nothing.
    pub shows_members: bool,
    /// Where the group comes from: the position in [`Desired::sources`].
    pub source: u16,
}

/// The state of the organization that the directory asks for.
pub struct Desired {
    texts: TextTable,
    people: Vec<DesiredPerson>,
    groups: Vec<DesiredGroup>,
    memberships: Rows,
    overlooked: Vec<OverlookedMembership>,
    unresolved: Vec<Unresolved>,
    doubtful: BTreeMap<usize, Vec<u32>>,
    unplaced: BTreeMap<u16, Vec<u32>>,
    set_aside: Vec<SetAside>,
    shared_ids: Vec<Text>,
    people_wanted: bool,
    disabled_leave: bool,
    sources: Vec<DesiredSource>,
    merged: Vec<Merged>,
    dropped_groups: Vec<DesiredGroup>,
}

/// Somebody who is in a group, directly or by a group in it, and whom the official connector does not find there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverlookedMembership {
    /// The group's external id, as the directory gives it.
    pub group: Text,
    /// The person's external id, as the directory gives it.
    pub person: Text,
    /// Why it is not found.
    pub why: Overlooked,
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

impl Desired {
    /// Makes the desired state out of one complete read.
    ///
    /// # Errors
    /// [`DesiredError`] when two people share an address or two entries an external id.
    pub fn build(snapshot: Snapshot, settings: &SyncSettings) -> Result<Self, DesiredError> {
        let read = SourceRead { snapshot, settings: settings.clone() };
        let source = Source { name: SourceName::primary(), read: Ok(read) };
        Self::merge(vec![source], settings.users, ConflictRules::default())
    }

    /// Makes the desired state out of several sources, the first ones before the others. A source that could not be read
    /// brings nobody, and says nothing of anybody. `users`: whether people are brought over.
    ///
    /// # Errors
    /// [`DesiredError`] when two people share an address or two entries an external id, and `rules` do not say what then.
    pub fn merge(sources: Vec<Source>, users: bool, rules: ConflictRules) -> Result<Self, DesiredError> {
        let mut whole = Self {
            texts: TextTable::default(),
            people: Vec::new(),
            groups: Vec::new(),
            memberships: Rows::default(),
            overlooked: Vec::new(),
            unresolved: Vec::new(),
            doubtful: BTreeMap::new(),
            unplaced: BTreeMap::new(),
            set_aside: Vec::new(),
            shared_ids: Vec::new(),
            people_wanted: users,
            disabled_leave: false,
            sources: Vec::new(),
            merged: Vec::new(),
            dropped_groups: Vec::new(),
        };
        for Source { name, read } in sources {
            let number = u16::try_from(whole.sources.len()).expect("fewer than 2^16 sources");
            let source = match read {
                Err(reason) => DesiredSource::unread(name, reason),
                Ok(read) => {
                    let source = DesiredSource::read(name, &read);
                    // Without people there are no addresses that could be in each other's way.
                    whole.people_wanted &= read.snapshot.scope().people;
                    whole.append(Part::new(read, number));
                    source
                }
            };
            whole.sources.push(source);
        }
        conflicts::resolve(&mut whole, rules)?;
        Ok(whole)
    }

    fn append(&mut self, part: Part) {
        let (people, groups) = (self.people.len(), self.groups.len());
        let Part {
            texts,
            people: new_people,
            groups: new_groups,
            memberships,
            overlooked,
            unresolved,
            doubtful,
            unplaced,
            set_aside,
            shared_ids,
        } = part;
        let shift = u32::try_from(people).expect("fewer than 2^32 people");
        for (source, people) in unplaced {
            self.unplaced.insert(source, people.into_iter().map(|it| it + shift).collect());
        }
        if self.texts.is_empty() {
            self.texts = texts;
            self.people = new_people;
            self.groups = new_groups;
            self.memberships = memberships;
            self.overlooked = overlooked;
            self.unresolved = unresolved;
            self.doubtful = doubtful;
            self.set_aside = set_aside;
            self.shared_ids = shared_ids;
            return;
        }
        let new: Vec<Text> = texts.iter().map(|text| self.texts.intern(text)).collect();
        let text = |old: Text| new[old.index()];
        self.shared_ids.extend(shared_ids.into_iter().map(text));
        self.people.extend(new_people.into_iter().map(|it| DesiredPerson {
            reference: text(it.reference),
            external_id: text(it.external_id),
            stable_id: it.stable_id.map(text),
            email: it.email.map(text),
            marks: PersonMarks { number: it.marks.number.map(text), name: it.marks.name.map(text) },
            ..it
        }));
        self.groups.extend(new_groups.into_iter().map(|it| DesiredGroup {
            reference: text(it.reference),
            external_id: text(it.external_id),
            stable_id: it.stable_id.map(text),
            name: text(it.name),
            ..it
        }));
        for number in 0..memberships.len() {
            self.memberships.push(memberships.row(number).iter().map(|it| it + shift));
        }
        self.overlooked.extend(overlooked.into_iter().map(|it| OverlookedMembership {
            group: text(it.group),
            person: text(it.person),
            ..it
        }));
        let moved = unresolved.into_iter().map(|it| Unresolved {
            group: it.group + groups,
            member: text(it.member),
            ..it
        });
        self.unresolved.extend(moved);
        let moved = doubtful.into_iter();
        self.doubtful
            .extend(moved.map(|(group, it)| (group + groups, it.iter().map(|it| it + shift).collect())));
        self.set_aside.extend(set_aside.into_iter().map(|it| SetAside {
            reference: text(it.reference),
            key: text(it.key),
            external_id: text(it.external_id),
            stable_id: it.stable_id.map(text),
            ..it
        }));
    }

    /// The string behind a [`Text`] of this state.
    pub fn text(&self, text: Text) -> &str {
        self.texts.get(text)
    }

    /// Everybody who was read, in the directory's order, also those who are left out.
    pub fn everybody(&self) -> &[DesiredPerson] {
        &self.people
    }

    /// As it is where the settings take access from disabled people: they are brought over no more.
    #[must_use]
    pub fn with_disabled_leaving(self, leave: bool) -> Self {
        Self { disabled_leave: leave, ..self }
    }

    /// Why nobody can be brought over under this entry; None: the address can be used.
    pub fn no_use(&self, person: &DesiredPerson) -> Option<NoUse> {
        match (person.email.map(|it| self.text(it)), person.unusable) {
            (None, because) => Some(NoUse::None(because.unwrap_or(NoAddress::Missing))),
            (Some(""), _) => Some(NoUse::Blank),
            (Some(email), _) => (!is_acceptable(email)).then_some(NoUse::Invalid),
        }
    }

    /// Whether the settings let this entry bring somebody over, whatever its address: neither deleted, nor disabled where disabled
    /// people lose access.
    pub fn may_bring(&self, person: &DesiredPerson) -> bool {
        match person.state {
            AccountState::Enabled => true,
            AccountState::Disabled => !self.disabled_leave,
            AccountState::Deleted => false,
        }
    }

    /// The people of a group who are brought over, and those who are not: positions in [`Desired::everybody`].
    pub fn members_by_use(&self, group: usize) -> (Vec<u32>, Vec<u32>) {
        let brings = |it: &DesiredPerson| self.may_bring(it) && self.no_use(it).is_none();
        self.members(group).iter().partition(|&&it| brings(&self.people[it as usize]))
    }

    /// People with a usable address, in the directory's order; nobody when `sync.users` is off.
    pub fn people(&self) -> impl Iterator<Item = &DesiredPerson> {
        self.people.iter().filter(|person| self.people_wanted && person.email.is_some())
    }

    /// Whether people are brought over at all (`sync.users`).
    pub fn people_wanted(&self) -> bool {
        self.people_wanted
    }

    /// The directories that were to be read, in their order.
    pub fn sources(&self) -> &[DesiredSource] {
        &self.sources
    }

    /// The name of the source at this position.
    pub fn source(&self, number: u16) -> &SourceName {
        &self.sources[usize::from(number)].name
    }

    /// People whom several sources have, and who are one.
    pub fn merged(&self) -> &[Merged] {
        &self.merged
    }

    /// Groups that are left out, since an earlier source has one with their id.
    pub fn dropped_groups(&self) -> &[DesiredGroup] {
        &self.dropped_groups
    }

    /// Groups in the directory's order.
    pub fn groups(&self) -> &[DesiredGroup] {
        &self.groups
    }

    /// The people of a group, nested ones included: positions in [`Desired::everybody`].
    pub fn members(&self, group: usize) -> &[u32] {
        self.memberships.row(group)
    }

    /// Who was read and is left out by a setting.
    pub fn set_aside(&self) -> &[SetAside] {
        &self.set_aside
    }

    /// The external ids of a group's people, in the contract's order.
    pub fn member_external_ids(&self, group: usize) -> impl Iterator<Item = &str> {
        self.members(group).iter().map(|&person| self.text(self.people[person as usize].external_id))
    }

    /// What the entry says of the person.
    pub fn marks(&self, person: &DesiredPerson) -> Marks {
        let owned = |it: Option<Text>| it.map(|it| self.text(it).to_owned());
        Marks { number: owned(person.marks.number), name: owned(person.marks.name) }
    }

    /// What a person is shown as: the address, else the directory's name.
    pub fn display_name(&self, person: &DesiredPerson) -> &str {
        self.text(person.email.unwrap_or(person.reference))
    }
}

/// What one source brings, with strings of its own.
struct Part {
    texts: TextTable,
    people: Vec<DesiredPerson>,
    groups: Vec<DesiredGroup>,
    memberships: Rows,
    overlooked: Vec<OverlookedMembership>,
    unresolved: Vec<Unresolved>,
    doubtful: BTreeMap<usize, Vec<u32>>,
    unplaced: BTreeMap<u16, Vec<u32>>,
    set_aside: Vec<SetAside>,
    shared_ids: Vec<Text>,
}

impl Part {
    fn new(read: SourceRead, source: u16) -> Self {
        let SourceRead { snapshot, settings } = read;
        let Parts {
            mut texts,
            people: entries,
            groups: group_entries,
            members,
            unchanged,
            further_logins,
            comparable,
            said,
            undecided,
            overlooked,
            set_aside,
            hidden_members,
            hidden_groups,
            doubts,
        } = snapshot.into_parts();
        let mut people: Vec<DesiredPerson> = entries
            .iter()
            .map(|entry| desired_person(entry, &settings, &unchanged, source, &mut texts))
            .collect();
        let names = Names { comparable: &comparable, said: &said, undecided: &undecided };
        let slots = Slots::new(&texts, &entries, &group_entries, &further_logins, names);
        let (mut direct, mut inner) = (Rows::default(), Rows::default());
        for group in &group_entries {
            let slots_of = || members[group.member_range()].iter().map(|&member| slots.of(member));
            direct.push(slots_of().filter_map(Slot::person));
            inner.push(slots_of().filter_map(Slot::group));
        }
        let unresolved = slots::unresolved((&group_entries, &members), &doubts, &set_aside, &slots);
        let hidden: Vec<bool> = group_entries.iter().map(|it| hidden_members.contains(&it.key)).collect();
        let hidden = contain_marked(&inner, hidden);
        let memberships = flatten(&direct, &inner, people.len());
        let doubtful =
            doubtful::find((&group_entries, &members), &doubts, &slots, &memberships, people.len());
        let unplaced = doubtful::unplaced(&hidden_groups, &slots, &memberships, source);
        let overlooked = overlook::find(
            &overlooked,
            &group_entries,
            &members,
            |member| slots.of(member),
            &memberships,
            &people,
        );
        let mut groups: Vec<DesiredGroup> = group_entries
            .iter()
            .zip(hidden)
            .map(|(it, hidden)| DesiredGroup {
                reference: it.reference,
                external_id: it.external_id,
                stable_id: it.stable_id,
                name: it.name,
                changed: !unchanged.contains(&it.key),
                shows_members: !hidden,
                source,
            })
            .collect();
        let shared_ids = stable_ids::doubt(&mut people, &mut groups);
        Self {
            texts,
            people,
            groups,
            memberships,
            overlooked,
            unresolved,
            doubtful,
            unplaced,
            set_aside,
            shared_ids,
        }
    }
}

fn desired_person(
    entry: &PersonEntry,
    settings: &SyncSettings,
    unchanged: &HashSet<Text>,
    source: u16,
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
        source,
        marks: entry.marks,
    }
}

#[cfg(test)]
mod tests;
