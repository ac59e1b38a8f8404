//! Reads by what changed since the last read, in three requests where nothing did: people by `lastUpdated`, deprovisioned
//! ones apart, and the list of all groups, whose dates tell which members to read again and which are gone.
//!
//! What no date tells is somebody who was deprovisioned and deleted for good between two runs: that shows in the daily
//! full read. Okta's clock decides, less a margin, and a date within the margin is not trusted to be the last of its
//! second. A query of Okta's own in a filter may change its verdict without a date, so that there is no incremental read.

use super::OktaDirectory;
use super::model::UserResponse;
use super::read::{DEPROVISIONED, MOST_GROUPS, Reading, whole};
use super::tenant::{Group, Tenant};
use crate::clock::{from_iso, to_iso};
use crate::directory::ReadError;
use crate::directory::mirror::{Followed, Mirror, ObjectKind, RawObject, Refresh};
use crate::directory::web::{WebReadError, WebSession};
use crate::event::{Event, Events};
use bwdc_core::names::Timestamp;
use bwdc_core::snapshot::ReadScope;
use std::collections::{HashMap, HashSet};

/// How far back a read looks beyond the last one, in milliseconds.
const MARGIN: i64 = 60_000;

pub(super) async fn follow(
    directory: &OktaDirectory,
    scope: ReadScope,
    mirror: Option<Mirror>,
    events: Events<'_>,
) -> Result<Followed, ReadError> {
    let session = directory.service.session(events);
    let filters = &directory.filters;
    let can_follow = scope.people && filters.users.native().is_none() && filters.groups.native().is_none();
    if let Some(mirror) = mirror.filter(|_| can_follow)
        && let Some(known) = Known::of(&mirror)
    {
        return by_changes(directory, &session, scope, known, events).await;
    }
    let (tenant, begun) = whole(directory, &session, scope, events).await?;
    let snapshot = tenant.snapshot(directory, scope, None)?;
    let refresh = match begun.filter(|_| can_follow) {
        Some(begun) => Refresh::Replace(Mirror {
            cursor: to_iso(begun),
            objects: tenant
                .users()
                .iter()
                .map(user_object)
                .chain(tenant.groups().iter().map(|group| group_object(group, begun)))
                .collect(),
        }),
        None => Refresh::Drop,
    };
    Ok(Followed { snapshot, refresh })
}

/// The mirror, legible.
struct Known {
    since: Timestamp,
    tenant: Tenant,
    groups: Vec<Group>,
}

impl Known {
    /// None where an object cannot be understood.
    fn of(mirror: &Mirror) -> Option<Self> {
        let since = from_iso(&mirror.cursor)?;
        let (mut tenant, mut groups) = (Tenant::default(), Vec::new());
        for object in &mirror.objects {
            match object.kind {
                ObjectKind::Person => tenant.put_user(serde_json::from_slice(&object.body).ok()?),
                ObjectKind::Group => groups.push(serde_json::from_slice(&object.body).ok()?),
                ObjectKind::Other => return None,
            }
        }
        Some(Self { since, tenant, groups })
    }
}

async fn by_changes(
    directory: &OktaDirectory,
    session: &WebSession<'_>,
    scope: ReadScope,
    known: Known,
    events: Events<'_>,
) -> Result<Followed, ReadError> {
    let Known { since, mut tenant, groups: before } = known;
    let reading = Reading { directory, session, events };
    let changed = format!("lastUpdated gt \"{}\"", to_iso(Timestamp(since.0.saturating_sub(MARGIN))));
    let mut people = Tenant::default();
    let begun = reading.people(Some(changed.clone()), &mut people).await?;
    if scope.deleted {
        reading.people(Some(format!("{DEPROVISIONED} and {changed}")), &mut people).await?;
    }
    let mut entries = people.users().len();
    let mut put: Vec<RawObject> = people.users().iter().map(user_object).collect();
    let mut gone = Vec::new();
    // Without the service's time the next read looks as far back as this one.
    let begun = begun.unwrap_or(since);
    if scope.groups {
        let groups = changed_groups(&reading, before, begun, &mut put, &mut gone).await?;
        entries += groups.1;
        for group in groups.0 {
            tenant.put_group(group);
        }
    }
    for user in people.into_users() {
        tenant.put_user(user);
    }
    events(Event::Followed { entries: entries as u64 });
    reading.tell(&tenant);
    let snapshot = tenant.snapshot(directory, scope, None)?;
    Ok(Followed { snapshot, refresh: Refresh::Change { cursor: to_iso(begun), put, gone } })
}

/// All groups as they are now, those known before in their order, and how many were read again.
async fn changed_groups(
    reading: &Reading<'_, '_>,
    before: Vec<Group>,
    begun: Timestamp,
    put: &mut Vec<RawObject>,
    gone: &mut Vec<(ObjectKind, String)>,
) -> Result<(Vec<Group>, usize), WebReadError> {
    let listed = reading.groups(MOST_GROUPS).await?;
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
    let count = read.len();
    put.extend(read.iter().map(|group| group_object(group, begun)));
    let mut new: HashMap<String, Group> = HashMap::new();
    let mut order = Vec::new();
    for group in read {
        order.push(group.id.clone());
        new.insert(group.id.clone(), group);
    }
    let mut groups = Vec::new();
    for group in before {
        if !there.contains(&group.id) {
            gone.push((ObjectKind::Group, group.id));
        } else {
            let now = new.remove(&group.id);
            groups.push(now.unwrap_or(group));
        }
    }
    groups.extend(order.iter().filter_map(|id| new.remove(id)));
    Ok((groups, count))
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
