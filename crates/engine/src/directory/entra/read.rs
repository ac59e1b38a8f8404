//! From Graph's lists to a snapshot: people, deleted people, groups, and who is in them.

use super::address::address;
use super::batch::{List, read_lists};
use super::graph::Graph;
use super::members::{Member, Members};
use super::message::{GroupResponse, UserResponse};
use crate::directory::ReadError;
use crate::directory::web::WebReadError;
use crate::event::{Event, Events};
use bwdc_core::filter::{Filter, Keyword};
use bwdc_core::settings::EntraFilters;
use bwdc_core::snapshot::{AccountState, PersonEntry, ReadScope, Section, Snapshot, SnapshotBuilder};
use bwdc_core::text::Text;
use std::collections::HashSet;

const PEOPLE: &str = "/users?$select=id,mail,userPrincipalName,accountEnabled&$top=999";
const DELETED: &str =
    "/directory/deletedItems/microsoft.graph.user?$select=id,mail,userPrincipalName&$top=999";
const GROUPS: &str = "/groups?$select=id,displayName&$top=999";

/// Reads every section of the scope: 1. the groups and units that the filters name, 2. people, 3. deleted people,
/// 4. groups, 5. members, and those of groups inside them that the filter hides.
pub(super) async fn read(
    graph: &Graph<'_>,
    filters: &EntraFilters,
    scope: ReadScope,
    events: Events<'_>,
) -> Result<Snapshot, ReadError> {
    let mut reader =
        Reader { graph, events, builder: SnapshotBuilder::new(scope), members: Members::default() };
    if scope.people {
        let chosen = reader.chosen(&filters.users).await?;
        reader.people(&filters.users, &chosen).await?;
        reader.builder.end(Section::People);
    }
    if scope.deleted {
        reader.deleted().await?;
        reader.builder.end(Section::DeletedPeople);
    }
    if scope.groups {
        reader.groups(&filters.groups).await?;
        reader.builder.end(Section::Groups);
    }
    reader.report();
    Ok(reader.builder.finish()?)
}

/// The ids that a filter's groups and units let through or leave out; None: no such clause.
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

struct Reader<'r> {
    graph: &'r Graph<'r>,
    events: Events<'r>,
    builder: SnapshotBuilder,
    members: Members,
}

impl Reader<'_> {
    async fn chosen(&mut self, filter: &Filter) -> Result<Chosen, WebReadError> {
        let mut chosen = Chosen::default();
        for keyword in [Keyword::IncludeGroup, Keyword::ExcludeGroup] {
            let Some(groups) = self.named(filter, keyword) else { continue };
            self.read_groups(groups.clone()).await?;
            let people = self.members.people_below(&groups);
            if keyword == Keyword::IncludeGroup {
                chosen.within.push(people);
            } else {
                chosen.without.extend(people);
            }
        }
        let units =
            self.in_units(filter, |member| if let Member::Person(id) = member { Some(id) } else { None });
        units.await.map(|(within, without)| {
            chosen.within.extend(within);
            chosen.without.extend(without);
            chosen
        })
    }

    /// What stands in the administrative units that a filter names: to be let through, to be left out.
    async fn in_units(
        &mut self,
        filter: &Filter,
        pick: impl Fn(Member) -> Option<Text>,
    ) -> Result<(Option<HashSet<Text>>, HashSet<Text>), WebReadError> {
        let mut found = [None, None];
        for (place, keyword) in
            found.iter_mut().zip([Keyword::IncludeAdministrativeUnit, Keyword::ExcludeAdministrativeUnit])
        {
            let Some(units) = self.named(filter, keyword) else { continue };
            let mut inside = Members::default();
            let lists =
                units.iter().map(|unit| List::of_unit(*unit, self.builder.texts().get(*unit))).collect();
            read_lists(self.graph, lists, &mut self.builder, &mut inside, self.events).await?;
            *place =
                Some(units.iter().flat_map(|unit| inside.of(*unit)).filter_map(|it| pick(*it)).collect());
        }
        let [within, without] = found;
        Ok((within, without.unwrap_or_default()))
    }

    fn named(&mut self, filter: &Filter, keyword: Keyword) -> Option<Vec<Text>> {
        let ids = filter.values(keyword)?;
        Some(ids.iter().map(|id| self.builder.text(&id.to_lowercase())).collect())
    }

    async fn people(&mut self, filter: &Filter, chosen: &Chosen) -> Result<(), WebReadError> {
        let (graph, events) = (self.graph, self.events);
        let builder = &mut self.builder;
        graph
            .pages(PEOPLE, |users: Vec<UserResponse>| {
                for user in users {
                    let id = builder.text(&user.id);
                    let address = address(&user);
                    if !filter.admits(address.unwrap_or_default()) || !chosen.admits(id) {
                        continue;
                    }
                    let mail = address.map(|address| builder.text(address));
                    let state = match user.account_enabled {
                        Some(false) => AccountState::Disabled,
                        _ => AccountState::Enabled,
                    };
                    let reference = user.user_principal_name.as_deref().map_or(id, |name| builder.text(name));
                    builder.person(person(reference, id, mail, state));
                }
                let (people, groups) = builder.counts();
                events(Event::Reading { people, groups });
            })
            .await
    }

    /// Graph renames deleted accounts, so that they come without an address: the organization knows them by their id.
    async fn deleted(&mut self) -> Result<(), WebReadError> {
        let builder = &mut self.builder;
        self.graph
            .pages(DELETED, |users: Vec<UserResponse>| {
                for user in users {
                    let id = builder.text(&user.id);
                    builder.person(person(id, id, None, AccountState::Deleted));
                }
            })
            .await
    }

    async fn groups(&mut self, filter: &Filter) -> Result<(), WebReadError> {
        let (within, without) = self
            .in_units(filter, |member| if let Member::Group(id) = member { Some(id) } else { None })
            .await?;
        let mut shown: Vec<(Text, Text)> = Vec::new();
        let mut unnamed: Vec<String> = Vec::new();
        let builder = &mut self.builder;
        self.graph
            .pages(GROUPS, |groups: Vec<GroupResponse>| {
                for group in groups {
                    let id = builder.text(&group.id);
                    let Some(name) = group.display_name.filter(|name| !name.trim().is_empty()) else {
                        unnamed.push(group.id);
                        continue;
                    };
                    if filter.admits(&name)
                        && within.as_ref().is_none_or(|set| set.contains(&id))
                        && !without.contains(&id)
                    {
                        shown.push((id, builder.text(&name)));
                    }
                }
            })
            .await?;
        for id in unnamed {
            (self.events)(Event::Notice(format!("The group `{id}` is left out: it has no name.")));
        }
        self.read_groups(shown.iter().map(|(id, _)| *id).collect()).await?;
        let visible: HashSet<Text> = shown.iter().map(|(id, _)| *id).collect();
        for (id, name) in shown {
            let members = self.members.shown(id, |group| !visible.contains(&group));
            self.builder.group(name, id, id, name, &members);
        }
        Ok(())
    }

    /// Reads the members of these groups and of all groups inside them.
    async fn read_groups(&mut self, groups: Vec<Text>) -> Result<(), WebReadError> {
        let mut wanted: Vec<Text> = groups.into_iter().filter(|it| !self.members.is_read(*it)).collect();
        while !wanted.is_empty() {
            let lists =
                wanted.iter().map(|group| List::of_group(*group, self.builder.texts().get(*group))).collect();
            read_lists(self.graph, lists, &mut self.builder, &mut self.members, self.events).await?;
            wanted = self.members.unread(&wanted);
        }
        Ok(())
    }

    fn report(&self) {
        let (people, groups) = self.builder.counts();
        (self.events)(Event::Reading { people, groups });
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
    }
}
