//! Reads by what changed since the last read: four requests where nothing did, and one for each twenty administrative units
//! that filters name.
//!
//! The tokens are minted by going through everything once by the delta functions, beside the full read and independent of
//! it: both have to show the same, else nothing is kept. A group that no list has confirmed yet is compared with its list
//! before it counts.

use super::delta::{self, Delta, Doubt, Failed, GroupChange, GroupChanges, Touched, UserChange, UserChanges};
use super::graph::Graph;
use super::members::Member;
use super::read::{Lists, Reading};
use super::stored::{self, Cursor, Known};
use super::tenant::{Tenant, User, lock};
use crate::ReadError;
use crate::snapshot_cache::{ObjectKind, RawObject, Refresh, SnapshotCache};
use crate::web::WebReadError;
use crate::web::incremental::{Changes, IncrementalSource};
use bwdc_core::filter::Keyword;
use bwdc_core::snapshot::Snapshot;
use bwdc_core::text::Text;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use url::Url;

/// One read of a tenant that is kept for the next.
pub(super) struct Source<'r, 's>(pub(super) &'s Reading<'r>);

impl IncrementalSource for Source<'_, '_> {
    type Known = Known;
    type State = Tenant;

    fn tells_changes(&self) -> bool {
        true
    }

    fn known(&self, cache: &SnapshotCache) -> Option<Known> {
        match stored::read(cache) {
            Ok(known) if needs_groups(self.0) == known.cursor.groups.is_some() => Some(known),
            Ok(_) => None,
            Err(doubt) => {
                doubt.log();
                None
            }
        }
    }

    async fn by_changes(&self, known: Known) -> Result<Option<Changes<Tenant>>, ReadError> {
        match by_changes(self.0, known).await {
            Ok(changes) => Ok(Some(changes)),
            Err(Failed::Read(error)) => Err(error.into()),
            Err(Failed::Doubt(doubt)) => {
                doubt.log();
                Ok(None)
            }
        }
    }

    async fn whole(&self) -> Result<(Tenant, Option<SnapshotCache>), ReadError> {
        let reading = self.0;
        // What cannot be minted is a matter of the next read, and must not stop this one.
        let (tenant, minted) = tokio::try_join!(reading.whole(), async { Ok(Minted::read(reading).await) })?;
        let cache = match minted {
            Ok(minted) => minted.confirmed(reading, &tenant).await,
            Err(failed) => Err(failed),
        };
        let cache = match cache {
            Ok(cache) => Some(cache),
            Err(Failed::Read(error)) => {
                tracing::warn!(%error, "delta tokens cannot be had; the next read is a full one");
                None
            }
            Err(Failed::Doubt(doubt)) => {
                tracing::info!(because = doubt.0, "delta tokens are not kept; the next read is a full one");
                None
            }
        };
        Ok((tenant, cache))
    }

    async fn snapshot(&self, tenant: Tenant) -> Result<Snapshot, ReadError> {
        tenant.whole_snapshot(self.0.wanted, self.0.scope)
    }
}

/// Both answers of the delta functions; that for groups where groups count.
async fn both(
    graph: &Graph<'_>,
    people: Url,
    groups: Option<Url>,
) -> Result<(Delta<UserChange>, Option<Delta<GroupChange>>), WebReadError> {
    let groups = async {
        match groups {
            Some(groups) => delta::read::<GroupChange>(graph, groups).await.map(Some),
            None => Ok(None),
        }
    };
    tokio::try_join!(delta::read::<UserChange>(graph, people), groups)
}

/// Whether groups matter to this read at all.
fn needs_groups(reading: &Reading<'_>) -> bool {
    let users = &reading.wanted.filters.users;
    let named = |keyword| users.values(keyword).is_some();
    reading.scope.groups
        || reading.scope.people && (named(Keyword::IncludeGroup) || named(Keyword::ExcludeGroup))
}

/// Everything as the delta functions tell it, with the tokens to go on.
struct Minted {
    tenant: Tenant,
    cursor: Cursor,
}

impl Minted {
    async fn read(reading: &Reading<'_>) -> Result<Self, Failed> {
        let graph = reading.graph;
        let groups = match needs_groups(reading) {
            true => Some(graph.address(delta::GROUPS)?),
            false => None,
        };
        let (people, groups) = both(graph, graph.address(delta::PEOPLE)?, groups).await?;
        let mut tenant = Tenant::default();
        let users = UserChanges::gather(people.changes, &mut tenant.texts)?;
        users.apply(&mut tenant, &HashSet::new())?;
        let mut cursor = Cursor { people: people.link, groups: None };
        if let Some(groups) = groups {
            GroupChanges::gather(groups.changes, &mut tenant.texts)?.apply(&mut tenant)?;
            cursor.groups = Some(groups.link);
        }
        Ok(Self { tenant, cursor })
    }

    /// The cache, if the lists show the same. What changed while they were read may differ, and comes once more.
    async fn confirmed(mut self, reading: &Reading<'_>, listed: &Tenant) -> Result<SnapshotCache, Failed> {
        let (people, groups) =
            catch_up(reading.graph, &mut self.tenant, &self.cursor, &HashSet::new()).await?;
        let meanwhile = |id: &Text, of: &Touched| of.put.contains(id) || of.gone.contains(id);
        let minted = &self.tenant;
        let here = |id: &str| minted.texts.find(id);
        let differ = || Doubt("delta functions and lists do not show the same");
        for user in listed.users() {
            let id = here(listed.texts.get(user.id)).ok_or_else(differ)?;
            if !meanwhile(&id, &people.touched)
                && !minted.user(id).is_some_and(|it| same(it, minted, user, listed))
            {
                return Err(differ().into());
            }
        }
        let known = |id: Text| listed.texts.find(minted.texts.get(id));
        for user in minted.users().iter().filter(|user| !meanwhile(&user.id, &people.touched)) {
            known(user.id).and_then(|id| listed.user(id)).ok_or_else(differ)?;
        }
        let mut checked = HashSet::new();
        if reading.scope.groups {
            for group in listed.groups() {
                let id = here(listed.texts.get(group.id)).ok_or_else(differ)?;
                let name =
                    |tenant: &Tenant, name: Option<Text>| name.map(|it| tenant.texts.get(it).to_owned());
                let same = minted.group(id).is_some_and(|it| {
                    name(minted, it.name) == name(listed, group.name) && it.hidden == group.hidden
                });
                if !same && !meanwhile(&id, &groups.touched) {
                    return Err(differ().into());
                }
            }
            for group in minted.groups().iter().filter(|group| !meanwhile(&group.id, &groups.touched)) {
                known(group.id).and_then(|id| listed.group(id)).ok_or_else(differ)?;
            }
        }
        for list in listed.members.lists() {
            let id = here(listed.texts.get(list)).ok_or_else(differ)?;
            if meanwhile(&id, &groups.touched) {
                continue;
            }
            let names = |tenant: &Tenant, list: Text| -> HashSet<(bool, String)> {
                let members = tenant.members.of(list).iter();
                members.map(|it| (it.group().is_some(), tenant.texts.get(it.id()).to_owned())).collect()
            };
            if names(minted, id) != names(listed, list) {
                return Err(differ().into());
            }
            checked.insert(id);
        }
        let deleted: Vec<&str> = listed.deleted.iter().map(|id| listed.texts.get(*id)).collect();
        let mut objects = stored::all(minted, &checked);
        objects.push(stored::deleted(&deleted));
        let cursor = Cursor { people: people.link, groups: groups.link };
        Ok(SnapshotCache { cursor: cursor.to_text(), objects: in_order(objects, listed) })
    }
}

/// As the lists have them; what they do not have comes last.
fn in_order(mut objects: Vec<RawObject>, listed: &Tenant) -> Vec<RawObject> {
    let places: std::collections::HashMap<&str, usize> = listed
        .users()
        .iter()
        .map(|user| user.id)
        .chain(listed.groups().iter().map(|group| group.id))
        .enumerate()
        .map(|(place, id)| (listed.texts.get(id), place))
        .collect();
    objects.sort_by_key(|object| places.get(object.id.as_str()).copied().unwrap_or(usize::MAX));
    objects
}

fn same(one: &User, of: &Tenant, other: &User, of_other: &Tenant) -> bool {
    let text = |tenant: &Tenant, text: Option<Text>| text.map(|it| tenant.texts.get(it).to_owned());
    text(of, one.mail) == text(of_other, other.mail)
        && text(of, one.name) == text(of_other, other.name)
        && (one.enabled, one.guest) == (other.enabled, other.guest)
}

/// What an answer did, and where the next one goes on.
struct Caught<L> {
    touched: Touched,
    link: L,
    said: usize,
}

/// Asks for what changed and makes the changes.
async fn catch_up(
    graph: &Graph<'_>,
    tenant: &mut Tenant,
    cursor: &Cursor,
    deleted: &HashSet<Text>,
) -> Result<(Caught<String>, Caught<Option<String>>), Failed> {
    let groups = cursor.groups.as_deref().map(|link| delta::link(graph, link)).transpose()?;
    let (people, groups) = both(graph, delta::link(graph, &cursor.people)?, groups).await?;
    taken(tenant, people, groups, deleted)
}

fn taken(
    tenant: &mut Tenant,
    people: Delta<UserChange>,
    groups: Option<Delta<GroupChange>>,
    deleted: &HashSet<Text>,
) -> Result<(Caught<String>, Caught<Option<String>>), Failed> {
    let users = UserChanges::gather(people.changes, &mut tenant.texts)?;
    let said = users.len();
    let users = Caught { said, touched: users.apply(tenant, deleted)?, link: people.link };
    let groups = match groups {
        Some(groups) => {
            let changes = GroupChanges::gather(groups.changes, &mut tenant.texts)?;
            let said = changes.len();
            Caught { said, touched: changes.apply(tenant)?, link: Some(groups.link) }
        }
        None => Caught { said: 0, touched: Touched::default(), link: None },
    };
    Ok((users, groups))
}

async fn by_changes(reading: &Reading<'_>, known: Known) -> Result<Changes<Tenant>, Failed> {
    let graph = reading.graph;
    let Known { mut tenant, mut checked, cursor } = known;
    let before: HashSet<Text> = std::mem::take(&mut tenant.deleted).into_iter().collect();
    let (people, groups) = (
        delta::link(graph, &cursor.people)?,
        cursor.groups.as_deref().map(|link| delta::link(graph, link)).transpose()?,
    );
    let tenant = Mutex::new(tenant);
    let ((people, groups), (), ()) = tokio::try_join!(
        async { both(graph, people, groups).await.map_err(Failed::from) },
        async { reading.deleted(&tenant).await.map_err(Failed::Read) },
        async { reading.units(&tenant).await.map_err(Failed::Read) },
    )?;
    let (users, mut groups) = taken(&mut lock(&tenant), people, groups, &before)?;
    confirm(reading, &tenant, &mut checked, &mut groups.touched).await?;
    let tenant = tenant.into_inner().unwrap_or_else(PoisonError::into_inner);
    reading.tell(&tenant);

    let mut put: Vec<RawObject> = tenant
        .users()
        .iter()
        .filter(|it| users.touched.put.contains(&it.id))
        .map(|it| stored::user(&tenant, it))
        .collect();
    put.extend(
        tenant
            .groups()
            .iter()
            .filter(|it| groups.touched.put.contains(&it.id))
            .map(|it| stored::group(&tenant, it, checked.contains(&it.id))),
    );
    // Who was ever seen deleted since the last full read is remembered: one who is back is read in full.
    let ever: Vec<Text> = before
        .iter()
        .copied()
        .chain(tenant.deleted.iter().copied().filter(|it| !before.contains(it)))
        .collect();
    if ever.len() != before.len() {
        let ever: Vec<&str> = ever.iter().map(|id| tenant.texts.get(*id)).collect();
        put.push(stored::deleted(&ever));
    }
    let gone = |of: &HashSet<Text>, kind: ObjectKind| -> Vec<(ObjectKind, String)> {
        of.iter().map(|id| (kind, tenant.texts.get(*id).to_owned())).collect()
    };
    let mut all_gone = gone(&users.touched.gone, ObjectKind::Person);
    all_gone.extend(gone(&groups.touched.gone, ObjectKind::Group));
    let cursor = Cursor { people: users.link, groups: groups.link }.to_text();
    let entries = users.said + groups.said;
    Ok(Changes { state: tenant, refresh: Refresh::Change { cursor, put, gone: all_gone }, entries })
}

/// Compares groups that count and that no list has confirmed with their lists.
async fn confirm(
    reading: &Reading<'_>,
    tenant: &Mutex<Tenant>,
    checked: &mut HashSet<Text>,
    touched: &mut Touched,
) -> Result<(), Failed> {
    // What is hidden from now on is not told as gone: one such list is read each time.
    let mut witness = true;
    loop {
        let due = {
            let mut tenant = lock(tenant);
            let chosen = tenant.groups_of_people(reading.wanted, reading.scope);
            if chosen.iter().any(|group| tenant.group(*group).is_none()) {
                return Err(Doubt("a group that the filter names is not there").into());
            }
            let shown: Vec<Text> = match reading.scope.groups {
                true => tenant.shown(&reading.wanted.filters).iter().map(|group| group.id).collect(),
                false => Vec::new(),
            };
            let unconfirmed = |group: Text| !checked.contains(&group);
            let mut due = tenant.reached(&chosen, true, unconfirmed);
            due.extend(tenant.reached(&shown, reading.wanted.flatten_hidden_groups, unconfirmed));
            if due.iter().any(|group| tenant.group(*group).is_none()) {
                return Err(Doubt("a group within a group is not known").into());
            }
            if std::mem::take(&mut witness) {
                due.extend(tenant.hidden_group_that_shows(|group| checked.contains(&group)));
            }
            due
        };
        if due.is_empty() {
            return Ok(());
        }
        let due: Vec<Text> = due.into_iter().collect::<HashSet<_>>().into_iter().collect();
        let lists = reading.lists(tenant, Lists::Groups, due.clone()).await?;
        let tenant = lock(tenant);
        for group in due {
            let set = |members: &[Member]| -> HashSet<Member> { members.iter().copied().collect() };
            if set(lists.of(group)) != set(tenant.members.of(group)) {
                return Err(Doubt("a group's list does not show what its changes say").into());
            }
            if checked.insert(group) {
                touched.put.insert(group);
            }
        }
    }
}
