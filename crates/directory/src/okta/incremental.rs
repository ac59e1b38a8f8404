//! Reads by what changed since the last read, in three requests where nothing did: people by `lastUpdated`, deprovisioned
//! ones apart, and the list of all groups, whose dates tell which members to read again and which are gone.
//!
//! Somebody who was deprovisioned and deleted for good between two runs leaves no date, but leaves groups: who left one, is
//! in no other and is not among those who changed is asked for by id. Who was in no group at all shows in the daily full
//! read; who was deprovisioned before stays so until then, which means the same. Okta's clock decides, less a margin, and a
//! date within the margin is not trusted to be the last of its second. A query of Okta's own in a filter may change its
//! verdict without a date, so that there is no incremental read.

use super::OktaDirectory;
use super::lookup::Lookup;
use super::model::UserResponse;
use super::read::{DEPROVISIONED, Reading, whole};
use super::tenant::{Group, Tenant};
use crate::ReadError;
use crate::snapshot_cache::{ObjectKind, RawObject, Refresh, SnapshotCache};
use crate::web::incremental::{Changes, IncrementalSource, MARGIN, margin_before};
use crate::web::{WebReadError, WebSession};
use bwdc_base::clock::{from_iso, to_iso};
use bwdc_base::event::Events;
use bwdc_core::names::Timestamp;
use bwdc_core::snapshot::{AccountState, ReadScope, Snapshot};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::{BTreeSet, HashMap, HashSet};

/// People in one page of the list.
const PEOPLE: usize = 200;

/// One read of an organization.
pub(super) struct Source<'r, 'a> {
    pub(super) directory: &'r OktaDirectory,
    pub(super) session: &'r WebSession<'a>,
    pub(super) scope: ReadScope,
    pub(super) events: Events<'r>,
}

impl IncrementalSource for Source<'_, '_> {
    type Known = Known;
    type State = Tenant;

    fn tells_changes(&self) -> bool {
        let filters = &self.directory.filters;
        self.scope.people && filters.users.native().is_none() && filters.groups.native().is_none()
    }

    fn known(&self, cache: &SnapshotCache) -> Option<Known> {
        Known::of(cache)
    }

    async fn by_changes(&self, known: Known) -> Result<Option<Changes<Tenant>>, ReadError> {
        Ok(Some(by_changes(self, known).await?))
    }

    async fn whole(&self) -> Result<(Tenant, Option<SnapshotCache>), ReadError> {
        let (tenant, begun) = whole(self.directory, self.session, self.scope, self.events).await?;
        let cache = begun.map(|begun| {
            let people = tenant.users().iter().map(user_object);
            let groups = tenant.groups().iter().map(|group| group_object(group, begun));
            SnapshotCache { cursor: to_iso(begun), objects: people.chain(groups).collect() }
        });
        Ok((tenant, cache))
    }

    async fn snapshot(&self, tenant: Tenant) -> Result<Snapshot, ReadError> {
        Ok(tenant.snapshot(self.directory, self.scope, None)?)
    }
}

/// The cache, legible.
pub(super) struct Known {
    since: Timestamp,
    tenant: Tenant,
    groups: Vec<Group>,
}

impl Known {
    /// None where an object cannot be understood.
    fn of(snapshot_cache: &SnapshotCache) -> Option<Self> {
        let since = from_iso(&snapshot_cache.cursor)?;
        let (mut tenant, mut groups) = (Tenant::default(), Vec::new());
        for object in &snapshot_cache.objects {
            match object.kind {
                ObjectKind::Person => tenant.put_user(serde_json::from_slice(&object.body).ok()?),
                ObjectKind::Group => groups.push(serde_json::from_slice(&object.body).ok()?),
                ObjectKind::Other => return None,
            }
        }
        Some(Self { since, tenant, groups })
    }
}

async fn by_changes(source: &Source<'_, '_>, known: Known) -> Result<Changes<Tenant>, WebReadError> {
    let Known { since, mut tenant, groups: before } = known;
    let &Source { directory, session, scope, events } = source;
    let reading = Reading { directory, session, events };
    let changed = format!("lastUpdated gt \"{}\"", margin_before(since));
    let mut people = Tenant::default();
    let begun = reading.people(Some(format!("{DEPROVISIONED} and {changed}")), &mut people).await?;
    reading.people(Some(changed), &mut people).await?;
    // Without the service's time the next read looks as far back as this one.
    let begun = begun.unwrap_or(since);
    let (mut put, mut gone) = (Vec::new(), Vec::new());
    if scope.groups {
        let groups = changed_groups(&reading, before).await?;
        put.extend(groups.read.iter().map(|group| group_object(group, begun)));
        gone.extend(groups.gone.into_iter().map(|id| (ObjectKind::Group, id)));
        let left: Vec<String> = groups
            .left
            .into_iter()
            .filter(|id| people.user(id).is_none())
            .filter(|id| {
                tenant.user(id).is_some_and(|it| directory.state(&it.status) != Some(AccountState::Deleted))
            })
            .collect();
        let purged = purged(&reading, &left, &tenant, &mut people).await?;
        tenant.drop_users(&purged);
        gone.extend(purged.into_iter().map(|id| (ObjectKind::Person, id)));
        for group in groups.now {
            tenant.put_group(group);
        }
    }
    put.extend(people.users().iter().map(user_object));
    for user in people.into_users() {
        tenant.put_user(user);
    }
    reading.tell(&tenant);
    let entries = put.len();
    Ok(Changes { state: tenant, refresh: Refresh::Change { cursor: to_iso(begun), put, gone }, entries })
}

/// Groups as they are now, against those of the last read.
struct Groups {
    /// All of them, those known before in their order.
    now: Vec<Group>,
    /// Those of them whose members were read again.
    read: Vec<Group>,
    /// The ids of those that are not there any more.
    gone: Vec<String>,
    /// Who was in a group before and is in none now.
    left: BTreeSet<String>,
}

async fn changed_groups(reading: &Reading<'_, '_>, before: Vec<Group>) -> Result<Groups, WebReadError> {
    let listed = reading.groups().await?;
    let known: HashMap<&str, &Group> = before.iter().map(|group| (group.id.as_str(), group)).collect();
    let there: HashSet<String> = listed.iter().map(|group| group.id.clone()).collect();
    let due = listed
        .into_iter()
        .filter(|group| {
            known.get(group.id.as_str()).is_none_or(|known| {
                known.name != group.profile.name
                    || known.last_membership_updated.is_none()
                    || known.last_membership_updated != group.last_membership_updated
                    || known.last_updated != group.last_updated
            })
        })
        .collect();
    let read = reading.with_members(due).await?;
    let mut new: HashMap<&str, &Group> = read.iter().map(|group| (group.id.as_str(), group)).collect();
    let (mut now, mut gone, mut left) = (Vec::new(), Vec::new(), BTreeSet::new());
    for group in before {
        match new.remove(group.id.as_str()) {
            Some(group_now) => {
                now.push(group_now.clone());
                left.extend(group.members);
            }
            None if there.contains(&group.id) => now.push(group),
            None => {
                gone.push(group.id);
                left.extend(group.members);
            }
        }
    }
    now.extend(read.iter().filter(|group| new.contains_key(group.id.as_str())).cloned());
    for member in now.iter().flat_map(|group| &group.members) {
        left.remove(member);
    }
    Ok(Groups { now, read, gone, left })
}

/// Who of those who are in no group any more is not in Okta either; the others go to `people` as they are now. Each is
/// asked for by id, or everybody is listed again where that takes fewer requests.
async fn purged(
    reading: &Reading<'_, '_>,
    left: &[String],
    tenant: &Tenant,
    people: &mut Tenant,
) -> Result<HashSet<String>, WebReadError> {
    if left.len() > tenant.users().len().div_ceil(PEOPLE) {
        reading.people(Some(DEPROVISIONED.to_owned()), people).await?;
        reading.people(None, people).await?;
        let known = tenant.users().iter().map(|user| &user.id);
        return Ok(known.filter(|id| people.user(id).is_none()).cloned().collect());
    }
    let lookup = Lookup { directory: reading.directory, session: reading.session };
    let asked: Vec<_> = left.iter().map(|id| lookup.by_id(id)).collect();
    let answers: Vec<Option<UserResponse>> =
        stream::iter(asked).buffered(super::IN_FLIGHT).try_collect().await?;
    let mut purged = HashSet::new();
    for (id, answer) in left.iter().zip(answers) {
        match answer {
            Some(user) => people.put_user(user),
            None => drop(purged.insert(id.clone())),
        }
    }
    Ok(purged)
}

fn user_object(user: &UserResponse) -> RawObject {
    let body = serde_json::to_vec(user).expect("texts are JSON");
    RawObject { kind: ObjectKind::Person, id: user.id.clone(), body }
}

/// A group as it is kept: a membership that changed within the margin is read again next time, since another change may
/// have the same date.
fn group_object(group: &Group, begun: Timestamp) -> RawObject {
    let settled = |date: &Option<String>| {
        date.clone().filter(|date| from_iso(date).is_some_and(|date| date.0 < begun.0.saturating_sub(MARGIN)))
    };
    let kept = Group { last_membership_updated: settled(&group.last_membership_updated), ..group.clone() };
    let body = serde_json::to_vec(&kept).expect("texts are JSON");
    RawObject { kind: ObjectKind::Group, id: group.id.clone(), body }
}
