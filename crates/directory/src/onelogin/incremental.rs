//! Reads people by what changed since the last read (`updated_since`), roles and who is in them in full: a role has no date.
//!
//! Deleted people have no date either, but the list of all people tells its total. Who was known and who changed together
//! must be as many as there are: since everybody who is new is among those who changed, only a deletion makes them more, and
//! then everybody is listed again. Only the second version of the API tells totals. OneLogin's clock decides, less a margin.

use super::OneLoginDirectory;
use super::list::Listed;
use super::model::{UserResponse, UserWithRolesResponse};
use super::read::{self, everybody};
use crate::ReadError;
use crate::snapshot_cache::{ObjectKind, RawObject, Refresh, SnapshotCache};
use crate::web::incremental::{Changes, IncrementalSource, margin_before};
use crate::web::{WebReadError, WebSession};
use bwdc_base::clock::{from_iso, to_iso};
use bwdc_base::event::Events;
use bwdc_core::names::Timestamp;
use bwdc_core::settings::OneLoginApi;
use bwdc_core::snapshot::{ReadScope, Snapshot};
use std::collections::HashMap;

/// One read of an account.
pub(super) struct Source<'r, 'a> {
    pub(super) directory: &'r OneLoginDirectory,
    pub(super) session: &'r WebSession<'a>,
    pub(super) scope: ReadScope,
    pub(super) events: Events<'r>,
}

impl IncrementalSource for Source<'_, '_> {
    type Known = Known;
    type State = Vec<UserWithRolesResponse>;

    fn tells_changes(&self) -> bool {
        self.directory.settings.api == OneLoginApi::Second
            && self.scope.people
            && self.directory.filters.users.native().is_none()
    }

    fn known(&self, cache: &SnapshotCache) -> Option<Known> {
        Known::of(cache)
    }

    async fn by_changes(&self, known: Known) -> Result<Option<Changes<Self::State>>, ReadError> {
        Ok(by_changes(self.directory, self.session, known).await?)
    }

    async fn whole(&self) -> Result<(Self::State, Option<SnapshotCache>), ReadError> {
        if !self.tells_changes() {
            let wanted = self.scope.people;
            let people = if wanted { read::people(self.directory, self.session).await? } else { Vec::new() };
            return Ok((people, None));
        }
        let Listed { entries, begun } = everybody(self.directory, self.session).await?;
        // Without the service's time nobody knows since when to ask.
        let objects = |entries: &[UserResponse]| entries.iter().map(user_object).collect();
        let cache = begun.map(|begun| SnapshotCache { cursor: to_iso(begun), objects: objects(&entries) });
        Ok((without_roles(entries), cache))
    }

    async fn snapshot(&self, people: Self::State) -> Result<Snapshot, ReadError> {
        read::snapshot(self.directory, self.session, self.scope, None, &people, self.events).await
    }
}

fn without_roles(users: Vec<UserResponse>) -> Vec<UserWithRolesResponse> {
    users.into_iter().map(|user| UserWithRolesResponse { user, roles: None }).collect()
}

/// The cache, legible.
pub(super) struct Known {
    since: Timestamp,
    users: Vec<UserResponse>,
}

impl Known {
    /// None where an object cannot be understood.
    fn of(snapshot_cache: &SnapshotCache) -> Option<Self> {
        let user = |object: &RawObject| match object.kind {
            ObjectKind::Person => serde_json::from_slice(&object.body).ok(),
            ObjectKind::Group | ObjectKind::Other => None,
        };
        let users = snapshot_cache.objects.iter().map(user).collect::<Option<_>>()?;
        Some(Self { since: from_iso(&snapshot_cache.cursor)?, users })
    }
}

/// Everybody as they are now and what becomes of the cache; None where somebody is not there any more.
async fn by_changes(
    directory: &OneLoginDirectory,
    session: &WebSession<'_>,
    known: Known,
) -> Result<Option<Changes<Vec<UserWithRolesResponse>>>, WebReadError> {
    let Known { since, mut users } = known;
    let Listed { entries: changed, begun } =
        match read::changed(directory, session, &margin_before(since)).await {
            // A list whose later pages are those of another list.
            Err(WebReadError::Count { .. }) => return Ok(None),
            listed => listed?,
        };
    let put: Vec<RawObject> = changed.iter().map(user_object).collect();
    let mut places: HashMap<u64, usize> =
        users.iter().enumerate().map(|(place, user)| (user.id, place)).collect();
    for user in changed {
        match places.get(&user.id) {
            Some(&place) => users[place] = user,
            None => {
                places.insert(user.id, users.len());
                users.push(user);
            }
        }
    }
    if read::count(directory, session).await? != users.len() as u64 {
        return Ok(None);
    }
    // Without the service's time the next read looks as far back as this one.
    let cursor = to_iso(begun.unwrap_or(since));
    let entries = put.len();
    let refresh = Refresh::Change { cursor, put, gone: Vec::new() };
    Ok(Some(Changes { state: without_roles(users), refresh, entries }))
}

fn user_object(user: &UserResponse) -> RawObject {
    let body = serde_json::to_vec(user).expect("texts and numbers are JSON");
    RawObject { kind: ObjectKind::Person, id: user.id.to_string(), body }
}
