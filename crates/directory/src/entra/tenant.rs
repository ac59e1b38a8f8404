//! What a tenant holds, as far as it was read, and the snapshot that it makes: after a full read and after a read of what
//! changed alike.

use super::address::address;
use super::members::{Hiding, Member, Members};
use super::message::UserResponse;
use crate::ReadError;
use bwdc_core::filter::{Filter, Keyword};
use bwdc_core::settings::{EntraFilters, Guests};
use bwdc_core::snapshot::{
    AccountState, IncompleteRead, PersonEntry, PersonMarks, ReadScope, Section, SetAside, SetAsideBecause,
    Snapshot, SnapshotBuilder,
};
use bwdc_core::text::{Text, TextTable};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// People, deleted people, groups and lists of members, each in the order in which it came first.
#[derive(Default)]
pub(super) struct Tenant {
    pub(super) texts: TextTable,
    users: Vec<User>,
    user_places: HashMap<Text, usize>,
    groups: Vec<Group>,
    group_places: HashMap<Text, usize>,
    /// Ids of people who can still be restored.
    pub(super) deleted: Vec<Text>,
    /// Direct members of groups.
    pub(super) members: Members,
    /// Direct members of the administrative units that filters name.
    pub(super) units: Members,
    /// Those of these units that were asked whether they hide their members, by their ids.
    pub(super) units_asked: HashMap<Text, Group>,
}

/// One account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub(super) id: Text,
    pub(super) mail: Option<Text>,
    /// The sign-in name.
    pub(super) name: Option<Text>,
    /// None: Graph does not tell.
    pub(super) enabled: Option<bool>,
    pub(super) guest: bool,
    pub(super) marks: PersonMarks,
}

/// One group, or one administrative unit, without its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) id: Text,
    pub(super) name: Option<Text>,
    /// Whether its members are shown to those only who may see hidden ones.
    pub(super) hidden: bool,
}

/// What is wanted of a tenant.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) filters: EntraFilters,
    pub(super) guests: Guests,
    /// Whether groups that the filter hides lend their people to those around them.
    pub(super) flatten_hidden_groups: bool,
}

impl Tenant {
    pub(super) fn users(&self) -> &[User] {
        &self.users
    }

    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    pub(super) fn user(&self, id: Text) -> Option<&User> {
        self.user_places.get(&id).map(|&place| &self.users[place])
    }

    pub(super) fn group(&self, id: Text) -> Option<&Group> {
        self.group_places.get(&id).map(|&place| &self.groups[place])
    }

    /// Takes somebody as a list has it; somebody who moved between two pages while they were read comes twice.
    pub(super) fn put_listed(&mut self, user: &UserResponse) {
        let user = User {
            id: self.texts.intern(&user.id),
            mail: user.mail.as_deref().map(|it| self.texts.intern(it)),
            name: user.user_principal_name.as_deref().map(|it| self.texts.intern(it)),
            enabled: user.account_enabled,
            guest: user.user_type.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("guest")),
            marks: PersonMarks {
                number: user.employee_id.as_deref().map(|it| self.texts.intern(it)),
                name: user.display_name.as_deref().map(|it| self.texts.intern(it)),
            },
        };
        self.put_user(user);
    }

    /// Adds somebody, or takes a newer state.
    pub(super) fn put_user(&mut self, user: User) {
        match self.user_places.get(&user.id) {
            Some(&place) => self.users[place] = user,
            None => {
                self.user_places.insert(user.id, self.users.len());
                self.users.push(user);
            }
        }
    }

    /// Adds a group, or takes a newer state.
    pub(super) fn put_group(&mut self, group: Group) {
        match self.group_places.get(&group.id) {
            Some(&place) => self.groups[place] = group,
            None => {
                self.group_places.insert(group.id, self.groups.len());
                self.groups.push(group);
            }
        }
    }

    /// Forgets everybody who was listed: the list is begun again.
    pub(super) fn forget_users(&mut self) {
        self.users.clear();
        self.user_places.clear();
    }

    /// Forgets the groups that were listed: the list is begun again.
    pub(super) fn forget_groups(&mut self) {
        self.groups.clear();
        self.group_places.clear();
    }

    /// Takes these people away.
    pub(super) fn drop_users(&mut self, gone: &HashSet<Text>) {
        self.users.retain(|user| !gone.contains(&user.id));
        self.user_places = self.users.iter().enumerate().map(|(place, user)| (user.id, place)).collect();
    }

    /// Takes these groups away, and their lists of members.
    pub(super) fn drop_groups(&mut self, gone: &HashSet<Text>) {
        self.groups.retain(|group| !gone.contains(&group.id));
        self.group_places = self.groups.iter().enumerate().map(|(place, group)| (group.id, place)).collect();
        gone.iter().for_each(|group| self.members.drop_list(*group));
    }

    /// The ids that a clause of a filter names; None: there is no such clause.
    pub(super) fn named(&mut self, filter: &Filter, keyword: Keyword) -> Option<Vec<Text>> {
        let ids = filter.values(keyword)?;
        Some(ids.iter().map(|id| self.texts.intern(&id.to_lowercase())).collect())
    }

    /// The administrative units that the filters name.
    pub(super) fn units_named(&mut self, filters: &EntraFilters, scope: ReadScope) -> Vec<Text> {
        let mut units = Vec::new();
        for (filter, counts) in [(&filters.users, scope.people), (&filters.groups, scope.groups)] {
            for keyword in [Keyword::IncludeAdministrativeUnit, Keyword::ExcludeAdministrativeUnit] {
                units.extend(self.named(filter, keyword).filter(|_| counts).unwrap_or_default());
            }
        }
        let mut seen = HashSet::new();
        units.retain(|unit| seen.insert(*unit));
        units
    }

    /// The groups of which the filter of people names members.
    pub(super) fn groups_of_people(&mut self, wanted: &Wanted, scope: ReadScope) -> Vec<Text> {
        let filter = &wanted.filters.users;
        let keywords = [Keyword::IncludeGroup, Keyword::ExcludeGroup].into_iter().filter(|_| scope.people);
        keywords.flat_map(|keyword| self.named(filter, keyword).unwrap_or_default()).collect()
    }

    /// The groups that the filter shows; the lists of the units that it names have to be there.
    pub(super) fn shown(&mut self, filters: &EntraFilters) -> Vec<Group> {
        let filter = &filters.groups;
        let within = self.in_units(filter, Keyword::IncludeAdministrativeUnit);
        let without = self.in_units(filter, Keyword::ExcludeAdministrativeUnit).unwrap_or_default();
        let named = self.groups.iter().filter(|group| {
            group.name.is_some_and(|name| filter.admits(self.texts.get(name)))
                && within.as_ref().is_none_or(|set| set.contains(&group.id))
                && !without.contains(&group.id)
        });
        named.copied().collect()
    }

    fn in_units(&mut self, filter: &Filter, keyword: Keyword) -> Option<HashSet<Text>> {
        let units = self.named(filter, keyword)?;
        let members = units.iter().flat_map(|unit| self.units.of(*unit));
        Some(members.map(|member| member.id()).collect())
    }

    /// Of these groups, and where `inner` says so of those inside them, the ones that `due` names.
    pub(super) fn reached(&self, roots: &[Text], inner: bool, due: impl Fn(Text) -> bool) -> Vec<Text> {
        let mut entered: HashSet<Text> = HashSet::new();
        let mut waiting: Vec<Text> = roots.to_vec();
        let mut found = Vec::new();
        while let Some(group) = waiting.pop() {
            if !entered.insert(group) {
                continue;
            }
            if due(group) {
                found.push(group);
            }
            if inner {
                waiting.extend(self.members.of(group).iter().filter_map(|member| member.group()));
            }
        }
        found
    }

    /// Whom groups and units of the filter of people let through.
    fn chosen(&mut self, wanted: &Wanted) -> Chosen {
        let filter = &wanted.filters.users;
        let mut chosen = Chosen::default();
        if let Some(groups) = self.named(filter, Keyword::IncludeGroup) {
            chosen.within.push(self.members.people_below(&groups));
        }
        if let Some(groups) = self.named(filter, Keyword::ExcludeGroup) {
            chosen.without.extend(self.members.people_below(&groups));
        }
        chosen.within.extend(self.in_units(filter, Keyword::IncludeAdministrativeUnit));
        chosen.without.extend(self.in_units(filter, Keyword::ExcludeAdministrativeUnit).unwrap_or_default());
        chosen
    }

    /// The snapshot, where no right is missing on which it depends.
    pub(super) fn whole_snapshot(mut self, wanted: &Wanted, scope: ReadScope) -> Result<Snapshot, ReadError> {
        let hiding = self.hiding();
        if let Some(error) = self.missing_right(wanted, scope, &hiding) {
            return Err(error.into());
        }
        Ok(self.snapshot(wanted, scope, &hiding)?)
    }

    /// The snapshot; every list of members that it takes has to be there.
    fn snapshot(
        &mut self,
        wanted: &Wanted,
        scope: ReadScope,
        hiding: &Hiding,
    ) -> Result<Snapshot, IncompleteRead> {
        let mut builder = SnapshotBuilder::new(scope);
        // Who is left out by a filter is nobody who could not be found.
        let mut left_out: HashSet<Text> = HashSet::new();
        if scope.people {
            let chosen = self.chosen(wanted);
            for user in &self.users {
                if !self.person(user, wanted, &chosen, &mut builder) {
                    left_out.insert(user.id);
                }
            }
            builder.end(Section::People);
        }
        if scope.deleted {
            // Graph renames deleted accounts, so that they have no address: the organization knows them by their id.
            // Who was deleted or restored between two requests is in both lists: the next read tells which.
            let here = |id: &Text| scope.people && self.user_places.contains_key(id);
            for id in self.deleted.iter().filter(|id| !here(id)) {
                let id = builder.text(self.texts.get(*id));
                builder.person(person(id, id, None, AccountState::Deleted));
            }
            builder.end(Section::DeletedPeople);
        }
        if scope.groups {
            let groups = self.shown(&wanted.filters);
            let visible: HashSet<Text> = groups.iter().map(|group| group.id).collect();
            for group in groups {
                let hidden = |it: Text| wanted.flatten_hidden_groups && !visible.contains(&it);
                let members = self.members.shown(group.id, hidden);
                let is_person = |it: &Text| self.user_places.contains_key(it) && !left_out.contains(it);
                let live = |it: &Text| is_person(it) || self.group_places.contains_key(it);
                let members: Vec<Text> =
                    members.into_iter().filter(live).map(|it| builder.text(self.texts.get(it))).collect();
                let name = group.name.map_or("", |name| self.texts.get(name));
                let (id, name) = (builder.text(self.texts.get(group.id)), builder.text(name));
                builder.group(name, id, id, name, &members);
                if hiding.contains(group.id) {
                    builder.hides_members(id);
                }
            }
            if !wanted.filters.groups.is_empty() {
                builder.keep_people_of_groups(wanted.filters.keeps_disabled);
            }
            builder.end(Section::Groups);
        }
        builder.finish()
    }

    /// Whether the filters let somebody through, who is added then.
    fn person(&self, user: &User, wanted: &Wanted, chosen: &Chosen, builder: &mut SnapshotBuilder) -> bool {
        let text = |text: Option<Text>| text.map(|it| self.texts.get(it));
        let guests = if user.guest { wanted.guests } else { Guests::Mail };
        let (mail, name) = (text(user.mail), text(user.name));
        let address = match guests {
            Guests::Upn => name.filter(|name| !name.trim().is_empty()),
            Guests::Mail | Guests::Skip => address(mail, name),
        };
        if !wanted.filters.users.admits(address.unwrap_or_default()) || !chosen.admits(user.id) {
            return false;
        }
        let id = builder.text(self.texts.get(user.id));
        let reference = name.map_or(id, |name| builder.text(name));
        let aside = |because: SetAsideBecause, builder: &mut SnapshotBuilder| {
            let names = [address, name, text(user.marks.name)].into_iter().flatten();
            let shown = names.map(str::trim).find(|it| !it.is_empty());
            let reference = shown.map_or(id, |shown| builder.text(shown));
            builder.set_aside(SetAside { reference, key: id, external_id: id, stable_id: Some(id), because });
        };
        if guests == Guests::Skip {
            aside(SetAsideBecause::Guest, builder);
            return true;
        }
        let state = match user.enabled {
            Some(true) => AccountState::Enabled,
            Some(false) => AccountState::Disabled,
            None => {
                aside(SetAsideBecause::StateNotTold, builder);
                return true;
            }
        };
        let mail = address.map(|address| builder.text(address));
        let PersonMarks { number, name } = user.marks;
        let marks = [number, name].map(|it| text(it).map(|it| builder.text(it)));
        let marks = PersonMarks { number: marks[0], name: marks[1] };
        builder.person(PersonEntry { marks, ..person(reference, id, mail, state) });
        true
    }

    /// How many people and groups were read so far.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.users.len(), self.groups.len())
    }
}

/// Whom a filter's groups and units let through or leave out.
#[derive(Default)]
struct Chosen {
    within: Vec<HashSet<Text>>,
    without: HashSet<Text>,
}

impl Chosen {
    fn admits(&self, id: Text) -> bool {
        self.within.iter().all(|set| set.contains(&id)) && !self.without.contains(&id)
    }
}

impl Member {
    pub(super) fn id(self) -> Text {
        match self {
            Self::Person(id) | Self::Group(id) => id,
        }
    }

    pub(super) fn group(self) -> Option<Text> {
        if let Self::Group(id) = self { Some(id) } else { None }
    }
}

fn person(reference: Text, id: Text, mail: Option<Text>, state: AccountState) -> PersonEntry {
    PersonEntry {
        reference,
        key: id,
        login: None,
        external_id: id,
        stable_id: None,
        mail,
        prefix: None,
        state,
        marks: PersonMarks::default(),
    }
}

/// The tenant in its place, which is never held over a request.
pub(super) fn lock(tenant: &Mutex<Tenant>) -> MutexGuard<'_, Tenant> {
    tenant.lock().unwrap_or_else(PoisonError::into_inner)
}
