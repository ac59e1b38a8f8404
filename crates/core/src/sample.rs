//! Small directories for tests of this crate.

use crate::desired::{Desired, DesiredError};
use crate::ledger::Marks;
use crate::settings::{AddressRule, SyncSettings};
use crate::snapshot::{
    AccountState, Overlooked, PersonEntry, PersonMarks, ReadScope, Section, SetAside, SetAsideBecause,
    Snapshot, SnapshotBuilder,
};

/// A directory under construction; names serve as reference, key and external id.
pub(crate) struct Sample {
    builder: SnapshotBuilder,
    /// Of the next person.
    marks: PersonMarks,
}

impl Sample {
    pub(crate) fn new() -> Self {
        let scope = ReadScope { people: true, groups: true, deleted: true, stable_ids: true };
        let mut builder = SnapshotBuilder::new(scope);
        builder.addresses_by(&["sync.userEmailAttribute"]);
        Self { builder, marks: PersonMarks::default() }
    }

    pub(crate) fn person(self, name: &str, mail: &str) -> Self {
        self.in_state(name, mail, AccountState::Enabled)
    }

    pub(crate) fn in_state(self, name: &str, mail: &str, state: AccountState) -> Self {
        self.add(name, None, Some(mail), None, state)
    }

    pub(crate) fn with_stable_id(self, name: &str, stable_id: &str, mail: &str) -> Self {
        self.add(name, Some(stable_id), Some(mail), None, AccountState::Enabled)
    }

    /// Somebody enabled, with what tells people apart.
    pub(crate) fn marked(self, name: &str, stable_id: &str, mail: &str, marks: Marks) -> Self {
        self.marked_in_state(name, stable_id, mail, marks, AccountState::Enabled)
    }

    pub(crate) fn marked_in_state(
        mut self,
        name: &str,
        stable_id: &str,
        mail: &str,
        marks: Marks,
        state: AccountState,
    ) -> Self {
        let mut optional = |value: Option<String>| value.map(|it| self.builder.text(&it));
        self.marks = PersonMarks { number: optional(marks.number), name: optional(marks.name) };
        self = self.add(name, Some(stable_id), Some(mail), None, state);
        self.marks = PersonMarks::default();
        self
    }

    pub(crate) fn identified_in_state(
        self,
        name: &str,
        stable_id: &str,
        mail: &str,
        state: AccountState,
    ) -> Self {
        self.add(name, Some(stable_id), Some(mail), None, state)
    }

    pub(crate) fn person_without_address(self, name: &str) -> Self {
        self.add(name, None, None, None, AccountState::Enabled)
    }

    pub(crate) fn deleted_without_address(self, name: &str) -> Self {
        self.add(name, None, None, None, AccountState::Deleted)
    }

    pub(crate) fn person_with_prefix(self, name: &str, prefix: &str) -> Self {
        self.add(name, None, None, Some(prefix), AccountState::Enabled)
    }

    /// The settings that say where addresses come from.
    pub(crate) fn addresses_by(mut self, settings: &[&'static str]) -> Self {
        self.builder.addresses_by(settings);
        self
    }

    /// Somebody whose state the source does not tell, with a name for people.
    pub(crate) fn state_not_told(mut self, name: &str, shown: &str) -> Self {
        let (key, reference) = (self.builder.text(name), self.builder.text(shown));
        let because = SetAsideBecause::StateNotTold;
        self.builder.set_aside(SetAside { reference, key, external_id: key, stable_id: None, because });
        self
    }

    /// Another value of the address attribute of the last person.
    pub(crate) fn further_mail(mut self, mail: &str) -> Self {
        let mail = self.builder.text(mail);
        self.builder.further_mail(mail);
        self
    }

    pub(crate) fn group(mut self, name: &str, members: &[&str]) -> Self {
        let text = self.builder.text(name);
        let members: Vec<_> = members.iter().map(|it| self.builder.text(it)).collect();
        self.builder.group(text, text, text, text, &members);
        self
    }

    /// These names are compared as if they were `comparable`.
    pub(crate) fn compared_as(mut self, comparable: &str, names: &[&str]) -> Self {
        let comparable = self.builder.text(comparable);
        for name in names {
            let name = self.builder.text(name);
            self.builder.compares_as(name, comparable);
        }
        self
    }

    /// What the source says of a name.
    pub(crate) fn belongs_to(mut self, name: &str, key: Option<&str>) -> Self {
        let name = self.builder.text(name);
        let key = key.map(|it| self.builder.text(it));
        self.builder.belongs_to(name, key);
        self
    }

    /// The source was asked in vain whose a name is.
    pub(crate) fn belongs_to_no_one_known(mut self, name: &str) -> Self {
        let name = self.builder.text(name);
        self.builder.belongs_to_no_one_known(name);
        self
    }

    /// Somebody says to be in one of these groups by a name that all of them answer to.
    pub(crate) fn says_to_be_in(mut self, member: &str, groups: &[&str], said: &str) -> Self {
        let (member, said) = (self.builder.text(member), self.builder.text(said));
        for group in groups {
            let group = self.builder.text(group);
            self.builder.doubtful_member(group, member, said);
        }
        self
    }

    /// The source does not tell whether the accounts of these are enabled.
    pub(crate) fn hides_states(mut self, people: &[&str]) -> Self {
        let people: Vec<_> = people.iter().map(|it| self.builder.text(it)).collect();
        self.builder.hide_states(|it| people.contains(&it));
        self
    }

    /// The source does not show in which groups these are.
    pub(crate) fn hides_groups(mut self, entries: &[&str]) -> Self {
        for name in entries {
            let text = self.builder.text(name);
            self.builder.hides_groups(text);
        }
        self
    }

    /// The source does not show who is in these groups.
    pub(crate) fn hides_members(mut self, groups: &[&str]) -> Self {
        for name in groups {
            let text = self.builder.text(name);
            self.builder.hides_members(text);
        }
        self
    }

    pub(crate) fn named_group(mut self, id: &str, name: &str, members: &[&str]) -> Self {
        let (id, name) = (self.builder.text(id), self.builder.text(name));
        let members: Vec<_> = members.iter().map(|it| self.builder.text(it)).collect();
        self.builder.group(id, id, id, name, &members);
        self
    }

    pub(crate) fn identified_group(
        mut self,
        id: &str,
        stable_id: &str,
        name: &str,
        members: &[&str],
    ) -> Self {
        self = self.named_group(id, name, members);
        let stable_id = self.builder.text(stable_id);
        self.builder.group_stable_id(Some(stable_id));
        self
    }

    /// Marks members of a group, by their positions, as overlooked by the official connector.
    pub(crate) fn overlooked(
        mut self,
        group: usize,
        members: std::ops::Range<usize>,
        why: Overlooked,
    ) -> Self {
        self.builder.overlooked(group, members, why);
        self
    }

    pub(crate) fn unchanged(mut self, name: &str) -> Self {
        let text = self.builder.text(name);
        self.builder.unchanged(text);
        self
    }

    pub(crate) fn desired(self, settings: &SyncSettings) -> Result<Desired, DesiredError> {
        Desired::build(self.snapshot(), settings)
    }

    pub(crate) fn snapshot(mut self) -> Snapshot {
        for section in [Section::People, Section::DeletedPeople, Section::Groups] {
            self.builder.end(section);
        }
        self.builder.finish().expect("every section has ended")
    }

    fn add(
        mut self,
        name: &str,
        stable_id: Option<&str>,
        mail: Option<&str>,
        prefix: Option<&str>,
        state: AccountState,
    ) -> Self {
        let text = self.builder.text(name);
        let mut optional = |value: Option<&str>| value.map(|it| self.builder.text(it));
        let (stable_id, mail, prefix) = (optional(stable_id), optional(mail), optional(prefix));
        self.builder.person(PersonEntry {
            reference: text,
            key: text,
            login: None,
            external_id: text,
            stable_id,
            mail,
            prefix,
            state,
            marks: self.marks,
        });
        self
    }
}

/// Users and groups on, everything else off.
pub(crate) fn settings() -> SyncSettings {
    SyncSettings {
        users: true,
        groups: true,
        interval_minutes: None,
        remove_disabled: false,
        overwrite_existing: false,
        large_import: false,
        invite_users_after_provisioning: true,
        address: AddressRule::default(),
    }
}
