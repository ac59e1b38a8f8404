//! Reads people by what changed since the last read (`updated_since`), roles and who is in them in full: a role has no date.
//!
//! Deleted people have no date either, but the list of all people tells its total. Who was known and who changed together
//! must be as many as there are: since everybody who is new is among those who changed, only a deletion makes them more, and
//! then everybody is listed again. Only the second version of the API tells totals. OneLogin's clock decides, less a margin.

use super::OneLoginDirectory;
use super::list::Listed;
use super::model::{UserResponse, UserWithRolesResponse};
use super::read::{self, everybody};
use crate::clock::{from_iso, to_iso};
use crate::directory::ReadError;
use crate::directory::mirror::{Followed, Mirror, ObjectKind, RawObject, Refresh};
use crate::directory::web::{WebReadError, WebSession};
use crate::event::{Event, Events};
use bwdc_core::names::Timestamp;
use bwdc_core::settings::OneLoginApi;
use bwdc_core::snapshot::ReadScope;
use std::collections::HashMap;

/// How far back a read looks beyond the last one, in milliseconds.
const MARGIN: i64 = 60_000;

pub(super) async fn follow(
    directory: &OneLoginDirectory,
    scope: ReadScope,
    mirror: Option<Mirror>,
    events: Events<'_>,
) -> Result<Followed, ReadError> {
    if directory.settings.api == OneLoginApi::First || !scope.people {
        return Ok(Followed {
            snapshot: read::read(directory, scope, None, events).await?,
            refresh: Refresh::Drop,
        });
    }
    let session = directory.service.session(events);
    let changes = match mirror.as_ref().and_then(Known::of) {
        Some(known) => by_changes(directory, &session, known, events).await?,
        None => None,
    };
    let (users, refresh) = match changes {
        Some(changes) => changes,
        None => {
            let Listed { entries, begun } = everybody(directory, &session).await?;
            let refresh = match begun {
                Some(begun) => {
                    let objects = entries.iter().map(user_object).collect();
                    Refresh::Replace(Mirror { cursor: to_iso(begun), objects })
                }
                // Without the service's time nobody knows since when to ask.
                None => Refresh::Drop,
            };
            (entries, refresh)
        }
    };
    let people: Vec<_> = users.into_iter().map(|user| UserWithRolesResponse { user, roles: None }).collect();
    let snapshot = read::snapshot(directory, &session, scope, None, &people, events).await?;
    Ok(Followed { snapshot, refresh })
}

/// The mirror, legible.
struct Known {
    since: Timestamp,
    users: Vec<UserResponse>,
}

impl Known {
    /// None where an object cannot be understood.
    fn of(mirror: &Mirror) -> Option<Self> {
        let user = |object: &RawObject| match object.kind {
            ObjectKind::Person => serde_json::from_slice(&object.body).ok(),
            ObjectKind::Group | ObjectKind::Other => None,
        };
        let users = mirror.objects.iter().map(user).collect::<Option<_>>()?;
        Some(Self { since: from_iso(&mirror.cursor)?, users })
    }
}

/// Everybody as they are now and what becomes of the mirror; None where somebody is not there any more.
async fn by_changes(
    directory: &OneLoginDirectory,
    session: &WebSession<'_>,
    known: Known,
    events: Events<'_>,
) -> Result<Option<(Vec<UserResponse>, Refresh)>, WebReadError> {
    let Known { since, mut users } = known;
    let from = to_iso(Timestamp(since.0.saturating_sub(MARGIN)));
    let Listed { entries: changed, begun } = read::changed(directory, session, &from).await?;
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
    events(Event::Followed { entries: put.len() as u64 });
    // Without the service's time the next read looks as far back as this one.
    let cursor = to_iso(begun.unwrap_or(since));
    Ok(Some((users, Refresh::Change { cursor, put, gone: Vec::new() })))
}

fn user_object(user: &UserResponse) -> RawObject {
    let body = serde_json::to_vec(user).expect("texts and numbers are JSON");
    RawObject { kind: ObjectKind::Person, id: user.id.to_string(), body }
}
