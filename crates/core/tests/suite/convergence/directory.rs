//! A small directory: people with ids that survive renames, groups, and questions by id.

use bwdc_core::names::ExternalId;
use bwdc_core::observed::{HiddenBecause, LookupRequest, Presence, Presences};
use bwdc_core::snapshot::{
    AccountState, PersonEntry, PersonMarks, ReadScope, Section, Snapshot, SnapshotBuilder,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Enabled,
    Disabled,
    Deleted,
    /// There, and not selected.
    OutOfScope,
    /// There, disabled, and not selected.
    DisabledOutOfScope,
    /// Deleted or hidden: not to be told apart, as where a unit was renamed.
    Hidden,
}

impl State {
    pub(crate) fn is_out_of_scope(self) -> bool {
        matches!(self, Self::OutOfScope | Self::DisabledOutOfScope | Self::Hidden)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) stable: String,
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) state: State,
    /// Who it is, whatever the entry says: entered again, somebody is the same.
    pub(crate) human: usize,
    pub(crate) number: Option<String>,
    pub(crate) name: Option<String>,
}

impl Entry {
    /// Whether employee number or name can be compared with those of the other one.
    pub(crate) fn is_comparable(&self, other: &Entry) -> bool {
        self.number.is_some() && other.number.is_some() || self.name.is_some() && other.name.is_some()
    }
}

/// Who somebody is, and what an entry says of it.
pub(crate) struct Marks {
    pub(crate) human: usize,
    pub(crate) number: Option<String>,
    pub(crate) name: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// The id that survives renames, where the directory has one.
    pub(crate) stable: Option<String>,
    pub(crate) id: String,
    pub(crate) name: String,
    /// Stable ids.
    pub(crate) members: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    pub(crate) people: Vec<Entry>,
    pub(crate) groups: Vec<Group>,
    /// Answers no question about a single id.
    pub(crate) silent: bool,
    next: usize,
}

impl Directory {
    pub(crate) fn number(&mut self) -> usize {
        self.next += 1;
        self.next
    }

    /// Somebody of whom the directory says no more than the address.
    pub(crate) fn hire(&mut self, id: String, email: String) {
        let stable = format!("entryUUID:{}", self.number());
        let (human, number, name) = (self.next, None, None);
        self.people.push(Entry { stable, id, email, state: State::Enabled, human, number, name });
    }

    /// Somebody new, with an employee number, a name, both, or nothing that tells people apart.
    pub(crate) fn hire_somebody(&mut self, id: String, email: String) {
        let human = self.number();
        let number = (human % 4 < 2).then(|| human.to_string());
        let name = (!human.is_multiple_of(4)).then(|| format!("Person {human}"));
        self.enter(id, email, &Marks { human, number, name });
    }

    /// An entry for somebody who had another one.
    pub(crate) fn enter(&mut self, id: String, email: String, Marks { human, number, name }: &Marks) {
        let stable = format!("entryUUID:{}", self.number());
        let (human, number, name) = (*human, number.clone(), name.clone());
        self.people.push(Entry { stable, id, email, state: State::Enabled, human, number, name });
    }

    pub(crate) fn has_address(&self, email: &str) -> bool {
        self.people.iter().any(|it| it.email == email)
    }

    /// Whether two entries of the same kind, enabled or disabled without an enabled one beside, have one address.
    pub(crate) fn has_conflict(&self) -> bool {
        let of =
            |email: &str, state| self.selected().filter(|it| it.email == email && it.state == state).count();
        self.people.iter().any(|it| match of(&it.email, State::Enabled) {
            0 => of(&it.email, State::Disabled) > 1,
            enabled => enabled > 1,
        })
    }

    /// Whether nobody else's entry has this one's address.
    pub(crate) fn is_alone(&self, place: usize) -> bool {
        self.people.iter().filter(|it| it.email == self.people[place].email).count() == 1
    }

    pub(crate) fn leave(&mut self, place: usize) -> Entry {
        let gone = self.people.remove(place);
        for group in &mut self.groups {
            group.members.retain(|it| *it != gone.stable);
        }
        gone
    }

    /// Who is read: everybody but those out of scope.
    pub(crate) fn selected(&self) -> impl Iterator<Item = &Entry> {
        self.people.iter().filter(|it| !it.state.is_out_of_scope())
    }

    pub(crate) fn snapshot(&self, groups: bool) -> Snapshot {
        let mut builder =
            SnapshotBuilder::new(ReadScope { people: true, groups, deleted: true, stable_ids: true });
        for entry in self.selected() {
            let name = builder.text(&entry.id);
            let stable_id = Some(builder.text(&entry.stable));
            let mail = Some(builder.text(&entry.email));
            let number = entry.number.as_deref().map(|it| builder.text(it));
            let name_shown = entry.name.as_deref().map(|it| builder.text(it));
            builder.person(PersonEntry {
                reference: name,
                key: name,
                login: None,
                external_id: name,
                stable_id,
                mail,
                prefix: None,
                marks: PersonMarks { number, name: name_shown },
                state: match entry.state {
                    State::Disabled => AccountState::Disabled,
                    State::Deleted => AccountState::Deleted,
                    State::Enabled | State::OutOfScope | State::DisabledOutOfScope | State::Hidden => {
                        AccountState::Enabled
                    }
                },
            });
        }
        for group in self.groups.iter().filter(|_| groups) {
            let (id, name) = (builder.text(&group.id), builder.text(&group.name));
            let members: Vec<_> = self
                .people
                .iter()
                .filter(|it| group.members.contains(&it.stable))
                .map(|it| builder.text(&it.id))
                .collect();
            builder.group(id, id, id, name, &members);
            let stable_id = group.stable.as_deref().map(|it| builder.text(it));
            builder.group_stable_id(stable_id);
        }
        for section in [Section::People, Section::DeletedPeople, Section::Groups] {
            builder.end(section);
        }
        builder.finish().expect("every section has ended")
    }

    pub(crate) fn look_up(&self, lookups: &[LookupRequest]) -> Presences {
        lookups.iter().map(|it| (it.external_id.clone(), self.presence(it))).collect()
    }

    /// The same for groups.
    pub(crate) fn look_up_groups(&self, lookups: &[LookupRequest]) -> Presences {
        let presence = |it: &LookupRequest| {
            let is = |group: &Group| match &it.stable_id {
                Some(stable) => group.stable.as_deref() == Some(stable.as_str()),
                None => group.id == it.external_id.as_str(),
            };
            match self.groups.iter().any(is) {
                _ if self.silent => Presence::Unknown { reason: "no right".to_owned() },
                true => Presence::Found { at: None },
                false => Presence::NotFound,
            }
        };
        lookups.iter().map(|it| (it.external_id.clone(), presence(it))).collect()
    }

    /// A group that nobody had before.
    pub(crate) fn found(&mut self, id: String, name: String) {
        let stable = Some(format!("entryUUID:{}", self.number()));
        self.groups.push(Group { stable, id, name, members: Vec::new() });
    }

    fn presence(&self, lookups: &LookupRequest) -> Presence {
        if self.silent {
            return Presence::Unknown { reason: "no right".to_owned() };
        }
        let is = |entry: &&Entry| match &lookups.stable_id {
            Some(stable) => entry.stable == stable.as_str(),
            None => entry.id == lookups.external_id.as_str(),
        };
        match self.people.iter().find(is).map(|it| it.state) {
            Some(State::Disabled | State::DisabledOutOfScope) => Presence::Disabled { at: None },
            Some(State::Enabled | State::Deleted | State::OutOfScope) => Presence::Found { at: None },
            Some(State::Hidden) => Presence::Hidden(HiddenBecause::PlaceUnknown),
            None => Presence::NotFound,
        }
    }

    pub(crate) fn by_stable(&self, stable: &str) -> Option<&Entry> {
        self.people.iter().find(|it| it.stable == stable)
    }

    pub(crate) fn by_id(&self, id: &ExternalId) -> Option<&Entry> {
        self.people.iter().find(|it| it.id == id.as_str())
    }
}
