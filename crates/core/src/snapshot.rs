//! What a directory holds, as it was read: complete, in the directory's order, not yet judged.
//!
//! A [`Snapshot`] comes only out of [`SnapshotBuilder::finish`], which refuses as long as a part of the scope has not
//! been read to its end. Nothing else in the program can make one, so "partial" has no value that could travel on.

mod hidden;
mod kept_addresses;

use crate::text::{Text, TextTable};
use hashbrown::{HashMap, HashSet};
use serde::Serialize;
use std::ops::Range;

/// Which parts of the directory a read has to bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadScope {
    /// People are read (always needed where groups are: members resolve to people).
    pub people: bool,
    /// Groups and their direct members are read.
    pub groups: bool,
    /// People whom the directory keeps as deleted are read too.
    pub deleted: bool,
    /// Ids that survive a rename are read for the ledger.
    pub stable_ids: bool,
}

/// A part of a read that has an end of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// People in the search bases.
    People,
    /// People whom the directory keeps as deleted.
    DeletedPeople,
    /// Groups with their direct members.
    Groups,
}

/// What the directory says of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// May sign in.
    Enabled,
    /// Exists and may not sign in.
    Disabled,
    /// Was deleted; the directory still knows of it.
    Deleted,
}

/// One person as the directory returned it.
#[derive(Clone, Debug)]
pub struct PersonEntry {
    /// The directory's own name for the entry (a distinguished name), as spelled there: what a person is shown as when
    /// there is no address.
    pub reference: Text,
    /// What the entry is called among members of groups, letter by letter: the distinguished name, or an id. Nobody else has it.
    pub key: Text,
    /// A second name by which groups may list this person (`uid` for `memberUid`).
    pub login: Option<Text>,
    /// The id that is pushed to the organization.
    pub external_id: Text,
    /// The id that survives a rename, where it was read.
    pub stable_id: Option<Text>,
    /// The first value of the address attribute, untouched.
    pub mail: Option<Text>,
    /// The first value of the prefix attribute, untouched.
    pub prefix: Option<Text>,
    /// Enabled, disabled or deleted.
    pub state: AccountState,
    /// What tells the person apart from somebody else who gets the same address.
    pub marks: PersonMarks,
}

/// What tells people apart who have one address, one after the other; blank is as if it were not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PersonMarks {
    /// The employee number.
    pub number: Option<Text>,
    /// The name, as the directory shows it to people.
    pub name: Option<Text>,
}

/// One group as the directory returned it.
#[derive(Clone, Debug)]
pub struct GroupEntry {
    /// The directory's own name for the entry, as spelled there.
    pub reference: Text,
    /// What the entry is called among members of other groups, letter by letter.
    pub key: Text,
    /// The id that is pushed to the organization.
    pub external_id: Text,
    /// The id that survives a rename, where it was read.
    pub stable_id: Option<Text>,
    /// The name shown to people.
    pub name: Text,
    members: Range<u32>,
}

/// Why the official connector does not see a membership that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Overlooked {
    /// The server hands out a long list in parts, of which it takes none.
    LongList,
    /// It is told by the member's primary group only.
    PrimaryGroup,
    /// The member is spelled otherwise than in its own entry, by case or blanks.
    Spelling,
    /// The attribute that holds the members is spelled otherwise in the settings, by case.
    AttributeName,
}

/// A complete read of one source.
pub struct Snapshot {
    texts: TextTable,
    people: Vec<PersonEntry>,
    groups: Vec<GroupEntry>,
    members: Vec<Text>,
    unchanged: HashSet<Text>,
    further_logins: Vec<(Text, Text)>,
    /// Further values of the address attribute, with the number of the person.
    further_mails: Vec<(usize, Text)>,
    /// The form in which a name or login is compared, where it is another one.
    comparable: HashMap<Text, Text>,
    /// Names of which the source said whose they are: the key of the entry, or None where it is none of those that were read.
    said: HashMap<Text, Option<Text>>,
    /// Names of which the source was asked in vain whose they are.
    undecided: HashSet<Text>,
    /// Stretches of `members`, in no order.
    overlooked: Vec<(Range<u32>, Overlooked)>,
    set_aside: Vec<SetAside>,
    hidden_members: HashSet<Text>,
    hidden_groups: HashSet<Text>,
    doubts: Vec<Doubt>,
    address_settings: Vec<&'static str>,
    scope: ReadScope,
}

/// Somebody of whom the source does not tell in which group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doubt {
    /// The key of a group that may be meant.
    pub(crate) group: Text,
    /// The key of the person or group that may be in it.
    pub(crate) member: Text,
    /// The name of the group, as the member tells it.
    pub(crate) said: Text,
}

/// Somebody who was read and is left out all the same: out of scope, and worth telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// What the entry is called to people: an address or a name, where there is one.
    pub reference: Text,
    /// What the entry is called among members of groups, letter by letter.
    pub key: Text,
    /// The id that would be pushed.
    pub external_id: Text,
    /// The id that survives a rename, where it was read.
    pub stable_id: Option<Text>,
    /// Which setting.
    pub because: SetAsideBecause,
}

/// What leaves somebody out who was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetAsideBecause {
    /// A guest, and `entra.guests` is `skip`.
    Guest,
    /// The source does not tell whether the account is enabled.
    StateNotTold,
}

impl Snapshot {
    /// The strings behind every [`Text`] of this snapshot.
    pub fn texts(&self) -> &TextTable {
        &self.texts
    }

    /// People in the directory's order, deleted ones last.
    pub fn people(&self) -> &[PersonEntry] {
        &self.people
    }

    /// Groups in the directory's order.
    pub fn groups(&self) -> &[GroupEntry] {
        &self.groups
    }

    /// The keys of a group's direct members, in the directory's order.
    pub fn members(&self, group: &GroupEntry) -> &[Text] {
        &self.members[group.members.start as usize..group.members.end as usize]
    }

    /// What was read.
    pub fn scope(&self) -> ReadScope {
        self.scope
    }

    /// Keys of the settings that say where the source has addresses.
    pub(crate) fn address_settings(&self) -> &[&'static str] {
        &self.address_settings
    }

    /// Forgets what the official connector would not have seen: it matters only when its installation is taken over.
    pub fn forget_overlooked(&mut self) {
        self.overlooked.clear();
    }

    pub(crate) fn into_parts(self) -> Parts {
        let Self {
            texts,
            people,
            groups,
            members,
            unchanged,
            further_logins,
            further_mails: _,
            comparable,
            said,
            undecided,
            overlooked,
            set_aside,
            hidden_members,
            hidden_groups,
            doubts,
            address_settings: _,
            scope: _,
        } = self;
        Parts {
            texts,
            people,
            groups,
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
        }
    }
}

/// A snapshot, taken apart.
pub(crate) struct Parts {
    pub(crate) texts: TextTable,
    pub(crate) people: Vec<PersonEntry>,
    pub(crate) groups: Vec<GroupEntry>,
    pub(crate) members: Vec<Text>,
    pub(crate) unchanged: HashSet<Text>,
    /// The key of a person, and a further name by which groups may list that person.
    pub(crate) further_logins: Vec<(Text, Text)>,
    pub(crate) comparable: HashMap<Text, Text>,
    pub(crate) said: HashMap<Text, Option<Text>>,
    pub(crate) undecided: HashSet<Text>,
    pub(crate) overlooked: Vec<(Range<u32>, Overlooked)>,
    pub(crate) set_aside: Vec<SetAside>,
    pub(crate) hidden_members: HashSet<Text>,
    /// Keys of people and groups.
    pub(crate) hidden_groups: HashSet<Text>,
    pub(crate) doubts: Vec<Doubt>,
}

impl GroupEntry {
    pub(crate) fn member_range(&self) -> Range<usize> {
        self.members.start as usize..self.members.end as usize
    }
}

/// Collects a read until every section of its scope has reached its end.
pub struct SnapshotBuilder {
    snapshot: Snapshot,
    ended: Vec<Section>,
}

/// A read stopped before this section had reached its end.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the section {0:?} was not read to its end")]
pub struct IncompleteRead(pub Section);

impl SnapshotBuilder {
    /// Starts a read of `scope`.
    pub fn new(scope: ReadScope) -> Self {
        let snapshot = Snapshot {
            texts: TextTable::default(),
            people: Vec::new(),
            groups: Vec::new(),
            members: Vec::new(),
            unchanged: HashSet::new(),
            further_logins: Vec::new(),
            further_mails: Vec::new(),
            comparable: HashMap::new(),
            said: HashMap::new(),
            undecided: HashSet::new(),
            overlooked: Vec::new(),
            set_aside: Vec::new(),
            hidden_members: HashSet::new(),
            hidden_groups: HashSet::new(),
            doubts: Vec::new(),
            address_settings: Vec::new(),
            scope,
        };
        Self { snapshot, ended: Vec::new() }
    }

    /// Keys of the settings that say where the source has addresses.
    pub fn addresses_by(&mut self, settings: &[&'static str]) {
        self.snapshot.address_settings = settings.to_vec();
    }

    /// The handle of a string of this read.
    pub fn text(&mut self, value: &str) -> Text {
        self.snapshot.texts.intern(value)
    }

    /// The strings of this read so far.
    pub fn texts(&self) -> &TextTable {
        &self.snapshot.texts
    }

    /// Adds a person.
    pub fn person(&mut self, person: PersonEntry) {
        self.snapshot.people.push(person);
    }

    /// Adds another value of the address attribute to the person who was added last.
    pub fn further_mail(&mut self, mail: Text) {
        if let Some(person) = self.snapshot.people.len().checked_sub(1) {
            self.snapshot.further_mails.push((person, mail));
        }
    }

    /// Adds a further name by which groups may list the person who was added last.
    pub fn further_login(&mut self, login: Text) {
        if let Some(person) = self.snapshot.people.last() {
            self.snapshot.further_logins.push((person.key, login));
        }
    }

    /// Notes the form in which a name or login is compared where nobody is called so letter by letter. Several entries may have it.
    pub fn compares_as(&mut self, name: Text, comparable: Text) {
        if name != comparable {
            self.snapshot.comparable.insert(name, comparable);
        }
    }

    /// Notes what the source says of a name: the key of the entry whose it is, or None where it is nobody's who was read.
    pub fn belongs_to(&mut self, name: Text, key: Option<Text>) {
        self.snapshot.said.insert(name, key);
    }

    /// Notes that the source was asked whose a name is, and did not tell: whoever answers to it may be meant, or somebody else.
    pub fn belongs_to_no_one_known(&mut self, name: Text) {
        self.snapshot.undecided.insert(name);
    }

    /// Whether the source was asked in vain whose a name is.
    pub fn is_undecided(&self, name: Text) -> bool {
        self.snapshot.undecided.contains(&name)
    }

    /// What the source said of a name, as [`SnapshotBuilder::belongs_to`] takes it; None: it was not asked.
    pub fn owner(&self, name: Text) -> Option<Option<Text>> {
        self.snapshot.said.get(&name).copied()
    }

    /// The form in which a name or login is compared.
    pub fn comparable(&self, name: Text) -> Text {
        self.snapshot.comparable.get(&name).copied().unwrap_or(name)
    }

    /// Adds a group with the keys of its direct members, in the directory's order.
    pub fn group(&mut self, reference: Text, key: Text, external_id: Text, name: Text, members: &[Text]) {
        let start = u32::try_from(self.snapshot.members.len()).expect("fewer than 2^32 memberships");
        self.snapshot.members.extend_from_slice(members);
        let end = u32::try_from(self.snapshot.members.len()).expect("fewer than 2^32 memberships");
        let members = start..end;
        self.snapshot.groups.push(GroupEntry { reference, key, external_id, stable_id: None, name, members });
    }

    /// Notes the id that survives renames of the group that was added last.
    pub fn group_stable_id(&mut self, stable_id: Option<Text>) {
        if let Some(group) = self.snapshot.groups.last_mut() {
            group.stable_id = stable_id;
        }
    }

    /// Notes that the official connector does not see these members of a group: the group's number and positions in its list.
    pub fn overlooked(&mut self, group: usize, members: Range<usize>, why: Overlooked) {
        let Some(group) = self.snapshot.groups.get(group) else { return };
        let place = |position: usize| {
            group.members.start + u32::try_from(position).unwrap_or(u32::MAX - group.members.start)
        };
        let stretch = place(members.start)..place(members.end).min(group.members.end);
        if !stretch.is_empty() {
            self.snapshot.overlooked.push((stretch, why));
        }
    }

    /// Notes that the person or group of this key has not changed since the time that was asked about.
    pub fn unchanged(&mut self, key: Text) {
        self.snapshot.unchanged.insert(key);
    }

    /// Notes that somebody was read and is left out by a setting.
    pub fn set_aside(&mut self, person: SetAside) {
        self.snapshot.set_aside.push(person);
    }

    /// Notes that somebody says to be in a group by a name, `said`, that the group of this key answers to, and others, too.
    pub fn doubtful_member(&mut self, group: Text, member: Text, said: Text) {
        self.snapshot.doubts.push(Doubt { group, member, said });
    }

    /// Keeps only people who are directly in one of the groups that were added, and deleted ones: what today's connector
    /// does for every directory but LDAP where a filter of groups is set. Disabled people stay if `keep_disabled`.
    pub fn keep_people_of_groups(&mut self, keep_disabled: bool) {
        let members: HashSet<Text> = self.snapshot.members.iter().copied().collect();
        self.snapshot.people.retain(|person| {
            person.state == AccountState::Deleted
                || (person.state == AccountState::Disabled && keep_disabled)
                || members.contains(&person.key)
        });
    }

    /// How many people and groups have been added so far, for progress.
    pub fn counts(&self) -> (usize, usize) {
        (self.snapshot.people.len(), self.snapshot.groups.len())
    }

    /// Notes that the source has returned the last page of `section`.
    pub fn end(&mut self, section: Section) {
        self.ended.push(section);
    }

    /// The snapshot.
    ///
    /// # Errors
    /// [`IncompleteRead`] names the first section of the scope that did not reach its end.
    pub fn finish(self) -> Result<Snapshot, IncompleteRead> {
        let scope = self.snapshot.scope;
        let needed = [
            (scope.people, Section::People),
            (scope.deleted, Section::DeletedPeople),
            (scope.groups, Section::Groups),
        ];
        match needed.into_iter().find(|(wanted, section)| *wanted && !self.ended.contains(section)) {
            Some((_, section)) => Err(IncompleteRead(section)),
            None => Ok(self.snapshot),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERYTHING: ReadScope = ReadScope { people: true, groups: true, deleted: true, stable_ids: true };

    #[test]
    fn a_read_without_its_last_section_is_no_snapshot() {
        let mut builder = SnapshotBuilder::new(EVERYTHING);
        builder.end(Section::People);
        builder.end(Section::Groups);
        assert_eq!(builder.finish().err(), Some(IncompleteRead(Section::DeletedPeople)));
    }

    #[test]
    fn sections_outside_the_scope_are_not_waited_for() {
        let mut builder = SnapshotBuilder::new(ReadScope { deleted: false, groups: false, ..EVERYTHING });
        builder.end(Section::People);
        assert!(builder.finish().is_ok());
    }
}
