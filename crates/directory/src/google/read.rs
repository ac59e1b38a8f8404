//! From Google's lists to a snapshot.

use super::members::{Below, Member, Members};
use super::model::{GroupResponse, MemberResponse, UserResponse};
use super::{FORBIDDEN, GoogleDirectory, IN_FLIGHT, NAME, NOT_FOUND};
use crate::ReadError;
use crate::web::{WebReadError, WebSession};
use bwdc_base::event::{Event, Events};
use bwdc_base::notice::Notice;
use bwdc_core::filter::Keyword;
use bwdc_core::settings::is_below;
use bwdc_core::snapshot::{
    AccountState, PersonEntry, PersonMarks, ReadScope, Section, SetAside, SetAsideBecause, Snapshot,
    SnapshotBuilder,
};
use bwdc_core::text::Text;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};

const READ_USERS: &str = "the privilege Users > Read for the administrator in `gsuite.adminUser`";

/// Reads side by side: 1. deleted people, then people; 2. the groups that the filter of people names, groups, and the members
/// of each.
pub(super) async fn read(
    directory: &GoogleDirectory,
    scope: ReadScope,
    events: Events<'_>,
) -> Result<Snapshot, ReadError> {
    let session = directory.service.session(events);
    let reading = Reading { directory, session: &session, events, counts: Default::default() };
    let mut builder = SnapshotBuilder::new(scope);
    let both = futures_util::future::try_join(reading.everybody(scope), reading.groups(scope, &mut builder));
    let (people, groups) = both.await?;
    reading.tell();
    if !people.is_empty() && people.iter().all(|it| it.state.is_none()) {
        let what = "whether any account is suspended".to_owned();
        return Err(WebReadError::NotShown { service: NAME, what, right: READ_USERS }.into());
    }
    Ok(assemble(directory, scope, people, groups, builder)?)
}

struct Reading<'r, 'a> {
    directory: &'r GoogleDirectory,
    session: &'r WebSession<'a>,
    events: Events<'r>,
    /// People and groups so far.
    counts: [AtomicUsize; 2],
}

/// Whose groups are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Groups that the account lists, or that a filter names.
    Ours,
    /// Groups within groups, which may be another account's.
    Anybodys,
}

/// Somebody, and whether names and org units let the person through.
struct Person {
    id: String,
    email: Option<String>,
    has_emails: bool,
    /// None: Google does not tell.
    state: Option<AccountState>,
    is_admitted: bool,
    name: Option<String>,
    number: Option<String>,
}

/// The groups that are wanted, the groups that choose people, and who is in them.
#[derive(Default)]
struct Groups {
    /// Id and name, in Google's order.
    listed: Vec<(Text, Text)>,
    /// Every group that the lists had, whatever its name: none of them is another account's.
    own: HashSet<Text>,
    within: Option<Vec<Text>>,
    without: Vec<Text>,
    members: Members,
}

impl Reading<'_, '_> {
    /// Deleted people and people. Who is in both lists was restored in between.
    async fn everybody(&self, scope: ReadScope) -> Result<Vec<Person>, WebReadError> {
        let (mut people, mut places) = (Vec::new(), HashMap::new());
        let mut units = BTreeSet::new();
        if self.directory.settings.customer.is_some() && !self.directory.settings.domains.is_empty() {
            let domains = self.directory.settings.domains.clone();
            (self.events)(Event::Notice(Notice::DomainBesideCustomer { domains }));
        }
        for deleted in [true, false] {
            let wanted = if deleted { scope.deleted } else { scope.people };
            for query in self.directory.domains() {
                if wanted {
                    self.people(deleted, query, &mut people, &mut places, &mut units).await?;
                }
            }
        }
        self.name_empty_units(&units);
        Ok(people)
    }

    async fn people(
        &self,
        deleted: bool,
        mut query: Vec<(&str, &str)>,
        people: &mut Vec<Person>,
        places: &mut HashMap<String, usize>,
        units: &mut BTreeSet<String>,
    ) -> Result<(), WebReadError> {
        if deleted {
            query.push(("showDeleted", "true"));
        }
        let filters = &self.directory.filters;
        query.extend(filters.users.native().map(|native| ("query", native)));
        let take = |_, users: Vec<UserResponse>| {
            for user in users {
                let unit = user.org_unit_path.as_deref().unwrap_or("/");
                let is_admitted = filters.users.admits(user.primary_email.as_deref().unwrap_or_default())
                    && (deleted || filters.admits_unit(unit));
                if !deleted && !units.contains(unit) {
                    units.insert(unit.to_owned());
                }
                let state = match user.is_disabled() {
                    _ if deleted => Some(AccountState::Deleted),
                    Some(true) => Some(AccountState::Disabled),
                    Some(false) => Some(AccountState::Enabled),
                    None => None,
                };
                let UserResponse { id, primary_email: email, has_emails, name, external_ids: number, .. } =
                    user;
                let name = name.and_then(|it| it.full_name);
                let person = Person { id: id.clone(), email, has_emails, state, is_admitted, name, number };
                match places.get(&id) {
                    Some(&place) => people[place] = person,
                    None => {
                        places.insert(id, people.len());
                        people.push(person);
                    }
                }
            }
            self.counts[0].store(people.len(), Ordering::Relaxed);
            self.tell();
        };
        self.directory.list::<UserResponse>(self.session, &["users"], &query, take).await
    }

    /// A unit of a filter in which nobody is may be misspelled.
    fn name_empty_units(&self, units: &BTreeSet<String>) {
        let filters = &self.directory.filters;
        for unit in filters.units().filter(|unit| !units.iter().any(|path| is_below(path, unit))) {
            (self.events)(Event::Notice(Notice::UnitWithoutPeople { unit: unit.to_owned() }));
        }
    }

    async fn groups(&self, scope: ReadScope, builder: &mut SnapshotBuilder) -> Result<Groups, WebReadError> {
        let mut groups = Groups::default();
        if scope.people {
            groups.within = self.named(Keyword::IncludeGroup, builder).await?;
            groups.without = self.named(Keyword::ExcludeGroup, builder).await?.unwrap_or_default();
        }
        if scope.groups {
            groups.listed = self.listed(&mut groups.own, builder).await?;
        }
        let named: Vec<Text> = groups.within.iter().flatten().chain(&groups.without).copied().collect();
        self.read_below(named, &mut groups, builder).await?;
        if let Some(group) = groups.members.foreign_below(&groups.without) {
            let group = builder.texts().get(group).to_owned();
            return Err(WebReadError::ForeignGroup { service: NAME, group });
        }
        if scope.groups {
            let ids: Vec<Text> = groups.listed.iter().map(|group| group.0).collect();
            self.counts[1].store(ids.len(), Ordering::Relaxed);
            if self.directory.settings.flatten_hidden_groups {
                self.read_below(ids, &mut groups, builder).await?;
            } else {
                self.read_members(ids, Whose::Ours, &mut groups, builder).await?;
            }
        }
        Ok(groups)
    }

    /// The ids of the groups that the filter of people names; None: no such clause.
    async fn named(
        &self,
        keyword: Keyword,
        builder: &mut SnapshotBuilder,
    ) -> Result<Option<Vec<Text>>, WebReadError> {
        let Some(keys) = self.directory.filters.users.values(keyword) else { return Ok(None) };
        let mut ids = Vec::new();
        for key in keys {
            let id = self.directory.id(self.session, &["groups", key]).await?;
            ids.push(builder.text(&id));
        }
        Ok(Some(ids))
    }

    async fn listed(
        &self,
        own: &mut HashSet<Text>,
        builder: &mut SnapshotBuilder,
    ) -> Result<Vec<(Text, Text)>, WebReadError> {
        let filter = &self.directory.filters.groups;
        let (mut listed, mut seen) = (Vec::new(), HashSet::new());
        for mut query in self.directory.domains() {
            query.extend(filter.native().map(|native| ("query", native)));
            let take = |_, groups: Vec<GroupResponse>| {
                for group in groups {
                    let filled = |text: Option<String>| text.filter(|it| !it.trim().is_empty());
                    // The organization takes no group without a name.
                    let name = filled(group.name).or(filled(group.email)).unwrap_or_else(|| group.id.clone());
                    let id = builder.text(&group.id);
                    own.insert(id);
                    if filter.admits(&name) && seen.insert(id) {
                        listed.push((id, builder.text(&name)));
                    }
                }
            };
            self.directory.list::<GroupResponse>(self.session, &["groups"], &query, take).await?;
        }
        Ok(listed)
    }

    /// Reads the members of these groups and of all groups inside them.
    async fn read_below(
        &self,
        groups: Vec<Text>,
        into: &mut Groups,
        builder: &mut SnapshotBuilder,
    ) -> Result<(), WebReadError> {
        let mut wanted = groups.clone();
        let mut whose = Whose::Ours;
        while !wanted.is_empty() {
            self.read_members(wanted, whose, into, builder).await?;
            wanted = into.members.unread(&groups);
            whose = Whose::Anybodys;
        }
        Ok(())
    }

    /// Reads the direct members of these groups, side by side.
    async fn read_members(
        &self,
        groups: Vec<Text>,
        whose: Whose,
        into: &mut Groups,
        builder: &mut SnapshotBuilder,
    ) -> Result<(), WebReadError> {
        let Groups { own, members, .. } = into;
        let own = &*own;
        let mut due = HashSet::new();
        let wanted: Vec<(Text, String)> = groups
            .into_iter()
            .filter(|group| !members.is_read(*group) && due.insert(*group))
            .map(|group| (group, builder.texts().get(group).to_owned()))
            .collect();
        let mut read = stream::iter(wanted)
            .map(|(group, id)| async move {
                let mut responses = Vec::new();
                let path = ["groups", id.as_str(), "members"];
                let take = |number, page: Vec<MemberResponse>| {
                    if number == 1 {
                        responses.clear();
                    }
                    responses.extend(page);
                };
                match self.directory.list::<MemberResponse>(self.session, &path, &[], take).await {
                    Ok(()) if responses.iter().any(MemberResponse::is_nobody) => {
                        let what = format!("who every member of the group `{id}` is");
                        Err(WebReadError::NotShown { service: NAME, what, right: READ_USERS })
                    }
                    Ok(()) => Ok((group, Some(responses))),
                    Err(error) if whose == Whose::Ours || own.contains(&group) => Err(error),
                    Err(error) => match self.is_foreign(&error, &id).await? {
                        true => Ok((group, None)),
                        false => Err(error),
                    },
                }
            })
            .buffered(IN_FLIGHT);
        while let Some((group, responses)) = read.try_next().await? {
            match responses {
                Some(responses) => {
                    members.put(group, responses.into_iter().map(|it| Member::of(it, builder)).collect());
                }
                None => members.put_foreign(group),
            }
            self.tell();
        }
        Ok(())
    }

    /// Whether a group whose members are refused is another account's: then the group itself is refused, too. Refused for
    /// another reason, such as a quota that is used up, nothing is known of it.
    async fn is_foreign(&self, refused: &WebReadError, id: &str) -> Result<bool, WebReadError> {
        let says =
            |error: &WebReadError, status, code| (error.status(), error.code()) == (Some(status), Some(code));
        let is_kept_out = |error: &WebReadError| says(error, 403, FORBIDDEN) || says(error, 404, NOT_FOUND);
        if !is_kept_out(refused) {
            return Ok(false);
        }
        match self.directory.id(self.session, &["groups", id]).await {
            Ok(_) => Ok(false),
            Err(error) if is_kept_out(&error) => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn tell(&self) {
        let [people, groups] = [0, 1].map(|it| self.counts[it].load(Ordering::Relaxed));
        (self.events)(Event::Reading { people, groups });
    }
}

/// Chooses people by their groups, and puts everything into the snapshot.
fn assemble(
    directory: &GoogleDirectory,
    scope: ReadScope,
    people: Vec<Person>,
    mut groups: Groups,
    mut builder: SnapshotBuilder,
) -> Result<Snapshot, bwdc_core::snapshot::IncompleteRead> {
    groups.members.settle(&people.iter().map(|it| (builder.text(&it.id), it.state)).collect());
    let visible: HashSet<Text> = groups.listed.iter().map(|group| group.0).collect();
    let through = directory.settings.flatten_hidden_groups;
    let shown: Vec<Vec<Member>> = groups
        .listed
        .iter()
        .map(|group| groups.members.shown(group.0, |inner| through && !visible.contains(&inner)))
        .collect();
    let choice = Choice::new(directory, scope, &groups, &shown);
    let (mut known, mut left_out) = (HashSet::new(), HashSet::new());
    let mut everybody = Vec::new();
    // Deleted people come last.
    let (deleted, others): (Vec<_>, Vec<_>) =
        people.into_iter().partition(|person| person.state == Some(AccountState::Deleted));
    for (person, section) in others
        .into_iter()
        .map(|person| (person, Section::People))
        .chain(deleted.into_iter().map(|person| (person, Section::DeletedPeople)))
    {
        let id = builder.text(&person.id);
        let state = person.state.unwrap_or(AccountState::Enabled);
        if !person.is_admitted || !choice.admits(id, state) {
            left_out.insert(id);
            continue;
        }
        if person.state.is_none() {
            let reference = person.email.as_deref().map_or(id, |email| builder.text(email));
            let because = SetAsideBecause::StateNotTold;
            builder.set_aside(SetAside { reference, key: id, external_id: id, stable_id: Some(id), because });
            left_out.insert(id);
            continue;
        }
        if section == Section::People {
            known.insert(id);
            everybody.push(id);
        }
        let email = person.email.as_deref().map(|email| builder.text(email));
        let number = person.number.as_deref().map(|number| builder.text(number));
        let name = person.name.as_deref().map(|name| builder.text(name));
        builder.person(PersonEntry {
            reference: email.unwrap_or(id),
            key: id,
            login: None,
            external_id: id,
            stable_id: scope.stable_ids.then_some(id),
            // As with today's connector, an account for which Google lists no address has none.
            mail: email.filter(|_| person.has_emails || state == AccountState::Deleted),
            prefix: None,
            state,
            marks: PersonMarks { number, name },
        });
    }
    if scope.people {
        builder.end(Section::People);
    }
    if scope.deleted {
        builder.end(Section::DeletedPeople);
    }
    for ((id, name), members) in groups.listed.iter().zip(shown) {
        let mut keys = Vec::new();
        for member in members {
            match member {
                Member::Everybody => keys.extend(&everybody),
                // As with today's connector, who is not active is in no group.
                Member::Inactive(_) => {}
                Member::Person(person, _) if known.contains(&person) => keys.push(person),
                // Who is left out by a filter is nobody who could not be found.
                Member::Person(person, _) if left_out.contains(&person) => {}
                Member::Group(group, _) if visible.contains(&group) => keys.push(group),
                // What is not read is named by its address.
                Member::Person(_, address)
                | Member::Group(_, address)
                | Member::Untold(_, address)
                | Member::Outside(address) => keys.push(address),
            }
        }
        builder.group(*name, *id, *id, *name, &keys);
    }
    if scope.groups {
        builder.end(Section::Groups);
    }
    builder.finish()
}

/// Whom groups let through.
struct Choice {
    within: Option<Below>,
    without: Below,
    /// The people of the groups that are left by name; None: groups do not choose people.
    of_groups: Option<Below>,
    removes_disabled: bool,
    wants_inactive: bool,
}

impl Choice {
    fn new(directory: &GoogleDirectory, scope: ReadScope, groups: &Groups, shown: &[Vec<Member>]) -> Self {
        let filters = &directory.filters;
        let by_groups = filters.groups_choose_people && scope.groups;
        Self {
            within: groups.within.as_ref().map(|within| groups.members.below(within)),
            without: groups.members.below(&groups.without),
            of_groups: by_groups.then(|| Below::of(shown.iter().flatten())),
            removes_disabled: filters.removes_disabled,
            wants_inactive: filters.wants_inactive,
        }
    }

    /// A deleted account is in no group any more, and a disabled one is sent as deleted where the settings say so.
    fn admits(&self, person: Text, state: AccountState) -> bool {
        if state == AccountState::Deleted {
            return true;
        }
        let removed = state == AccountState::Disabled && self.removes_disabled;
        let wanted = |groups: &Below| groups.has(person, self.wants_inactive);
        self.within.as_ref().is_none_or(wanted)
            && !self.without.has(person, true)
            && (removed || self.of_groups.as_ref().is_none_or(wanted))
    }
}
