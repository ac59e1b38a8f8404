//! Reads by what changed since the last read, where the server tells it completely.
//!
//! Two kinds of servers do: an Active Directory numbers its changes (`uSNChanged`), others synchronize content (RFC 4533).
//! Either says which entries changed and which are gone, over the whole naming context and without the administrator's
//! filter; the filter is asked again for each entry that changed. Names of members follow a rename without a change of
//! their group, so every group that lists an old or a new name of somebody is fetched again. What could change more than
//! is told (a unit that is renamed, a filter over values that the server works out) is a doubt, and a doubt is a full read.

mod changes;
mod filters;
mod synchronization;
pub(super) mod usn;

use super::codec;
use super::computed::Shown;
use super::connect::Connection;
use super::entry::Entry;
use super::error::LdapReadError;
use super::hidden;
use super::locate::GLOBAL_CATALOG;
use super::name::{self, is_within};
use super::raw;
use super::reader::{self, Reader};
use super::request::Request;
use super::selection::{Reading, base_setting, without_range};
use super::value::text;
use crate::ReadError;
use crate::snapshot_cache::{IncrementalRead, ObjectKind, RawObject, Refresh, SnapshotCache};
use bwdc_base::event::{Event, Events};
use bwdc_core::settings::LdapScope;
use changes::{Changed, Changes, Children, Known, Update};
use ldap3::{Scope, ldap_escape};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// More changes than these are read faster by a full read.
const MOST_CHANGES: usize = 500;
/// Names in one filter.
const NAMES_AT_ONCE: usize = 20;
const NO_SUCH_OBJECT: u32 = 32;

/// Where a server goes on telling what changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Cursor {
    /// The controller, by its invocation id, and the number of its last change that is known.
    Usn { controller: String, last: u64 },
    /// The server's cookie, in Base64, and the server: another one may be behind.
    Synchronization {
        #[serde(default)]
        server: String,
        cookie: String,
    },
}

/// By what the server would tell changes, with these settings.
pub(super) enum Offer {
    /// Change numbers of an Active Directory.
    Numbers,
    /// Content synchronization.
    Synchronization,
    /// Nothing.
    Nothing,
    /// The server would; this setting, with this value, asks for what changes without being told.
    NotWith(&'static str, String),
    /// An Active Directory that does not show this account what was deleted.
    DeletedHidden,
    /// An OpenLDAP that does not show this account by what it finds changes.
    ChangesHidden,
}

/// What an incremental read would be made of.
pub(super) async fn offer(connection: &mut Connection, reading: Reading<'_>) -> Result<Offer, LdapReadError> {
    let is_catalog = GLOBAL_CATALOG.contains(&reading.settings.port);
    let offered = |offer| match filters::in_the_way(reading) {
        Some((setting, value)) => Offer::NotWith(setting, value),
        None => offer,
    };
    Ok(if connection.is_active_directory() {
        match usn::sees_deleted(connection, &reading.settings.root_path).await {
            Ok(true) if is_catalog => Offer::Nothing,
            Ok(true) => offered(Offer::Numbers),
            Ok(false) | Err(LdapReadError::Refused { .. }) => Offer::DeletedHidden,
            Err(error) => return Err(error),
        }
    } else if !connection.synchronizes() {
        Offer::Nothing
    } else {
        let base = reading.layout.user_bases.first().unwrap_or(&reading.settings.root_path);
        match synchronization::shows_changes(connection, base).await {
            Ok(false) => Offer::ChangesHidden,
            Ok(true) | Err(LdapReadError::Refused { .. }) => offered(Offer::Synchronization),
            Err(error) => return Err(error),
        }
    })
}

/// Reads everything, by the cache where that leaves no doubt.
pub(super) async fn follow(
    connection: &mut Connection,
    reading: Reading<'_>,
    snapshot_cache: Option<SnapshotCache>,
    events: Events<'_>,
) -> Result<IncrementalRead, ReadError> {
    if !filters::are_own(reading) {
        let snapshot = reader::read(connection, reading, events).await?;
        return Ok(IncrementalRead { snapshot, refresh: Refresh::Drop });
    }
    if let Some(snapshot_cache) = snapshot_cache
        && let Some(followed) = unless_refused(by_changes(connection, reading, snapshot_cache, events).await)?
    {
        return Ok(followed);
    }
    let cursor = unless_refused(begin(connection, reading).await.map_err(ReadError::from))?;
    let Some(cursor) = cursor.and_then(|cursor| serde_json::to_string(&cursor).ok()) else {
        let snapshot = reader::read(connection, reading, events).await?;
        return Ok(IncrementalRead { snapshot, refresh: Refresh::Drop });
    };
    let (snapshot, kept) = reader::read_and_keep(connection, reading, events).await?;
    let refresh = kept.map_or(Refresh::Drop, |objects| Refresh::Replace(SnapshotCache { cursor, objects }));
    Ok(IncrementalRead { snapshot, refresh })
}

/// A server that refuses to tell what changed can still be read.
fn unless_refused<T>(result: Result<Option<T>, ReadError>) -> Result<Option<T>, ReadError> {
    match result {
        Err(ReadError::Ldap(error)) if matches!(*error, LdapReadError::Refused { .. }) => {
            tracing::debug!(%error, "no incremental read");
            Ok(None)
        }
        other => other,
    }
}

/// Where to go on after a full read that begins now; None where the server does not tell what changed.
async fn begin(connection: &mut Connection, reading: Reading<'_>) -> Result<Option<Cursor>, LdapReadError> {
    if connection.is_active_directory() {
        usn::begin(connection, reading).await
    } else if connection.synchronizes() {
        synchronization::begin(connection, reading).await
    } else {
        Ok(None)
    }
}

/// The state of the directory from the cache and what changed since; None at any doubt.
async fn by_changes(
    connection: &mut Connection,
    reading: Reading<'_>,
    mut snapshot_cache: SnapshotCache,
    events: Events<'_>,
) -> Result<Option<IncrementalRead>, ReadError> {
    let Ok(cursor) = serde_json::from_str::<Cursor>(&snapshot_cache.cursor) else { return Ok(None) };
    let Some(known) = Known::of(&snapshot_cache.objects, &reading.layout.member_attribute) else {
        return Ok(None);
    };
    let changes = match &cursor {
        Cursor::Usn { controller, last } => usn::changes(connection, reading, controller, *last).await?,
        Cursor::Synchronization { server, .. } if server != connection.server() => None,
        Cursor::Synchronization { cookie, .. } => {
            synchronization::changes(connection, reading, cookie).await?
        }
    };
    let Some(Changes { cursor, changed, gone, deleted }) =
        changes.filter(|it| it.changed.len() <= MOST_CHANGES)
    else {
        return Ok(None);
    };
    let fetch = Fetch { connection: &mut *connection, reading, events };
    let Some(mut update) = fetch.update(&known, changed, &gone).await? else { return Ok(None) };
    for object in deleted {
        update.put(object);
    }
    update.apply(&mut snapshot_cache.objects);
    let Ok(cursor) = serde_json::to_string(&cursor) else { return Ok(None) };
    let Some(snapshot) = reader::read_again(reading, &snapshot_cache.objects, events)? else {
        return Ok(None);
    };
    events(Event::IncrementalRead { entries: connection.entries });
    let (put, gone) = update.into_parts();
    Ok(Some(IncrementalRead { snapshot, refresh: Refresh::Change { cursor, put, gone } }))
}

/// Fetches what changed, as it is now.
struct Fetch<'f> {
    connection: &'f mut Connection,
    reading: Reading<'f>,
    events: Events<'f>,
}

impl Fetch<'_> {
    /// What becomes of the cache; None at any doubt.
    async fn update(
        mut self,
        known: &Known,
        changed: Vec<Changed>,
        gone: &changes::Gone,
    ) -> Result<Option<Update>, LdapReadError> {
        let mut update = Update::default();
        // Names that somebody had or has now: groups that list one of them may not tell the truth any more.
        let mut moved: HashSet<String> = HashSet::new();
        let mut new_names: Vec<String> = Vec::new();
        for object in known.gone(gone, &changed) {
            moved.insert(object.name.clone());
            update.take_out(object.kind, &object.id);
        }
        for entry in changed {
            let Some(now) = name::normalized(&entry.name) else { return Ok(None) };
            let mut is_known = false;
            let mut is_moved = false;
            for kind in [ObjectKind::Person, ObjectKind::Group] {
                let before = known.find(&entry.mark, kind);
                is_known |= before.is_some();
                let found = match self.fetch(kind, &entry.name, &now).await? {
                    Fetched::Entry(object) => Some(object),
                    Fetched::OutOfScope => None,
                    Fetched::Unclear => return Ok(None),
                };
                is_moved |= before.is_some_and(|before| before.name != now);
                match (before, found) {
                    (before, Some(object)) => {
                        if before.is_none_or(|before| before.name != now || before.id != object.id) {
                            moved.extend(before.map(|before| before.name.clone()));
                            moved.insert(now.clone());
                            new_names.push(entry.name.clone());
                        }
                        if let Some(before) = before.filter(|before| before.id != object.id) {
                            update.take_out(kind, &before.id);
                        }
                        is_known = true;
                        update.put(object);
                    }
                    (Some(before), None) => {
                        moved.insert(before.name.clone());
                        update.take_out(kind, &before.id);
                    }
                    (None, None) => {}
                }
                if before.is_some_and(|before| before.name != now && known.is_above_somebody(&before.name)) {
                    return Ok(None);
                }
            }
            if let Some(deleted) = known.find(&entry.mark, ObjectKind::Other) {
                update.take_out(ObjectKind::Other, &deleted.id);
            }
            if (!is_known || is_moved) && self.has_children(&entry).await? {
                return Ok(None);
            }
        }
        let names: Vec<String> = known.groups_that_list(&moved).map(|group| group.spelled.clone()).collect();
        for spelled in names {
            let Some(now) = name::normalized(&spelled) else { return Ok(None) };
            if update.settles(known, &now) {
                continue;
            }
            match self.fetch(ObjectKind::Group, &spelled, &now).await? {
                Fetched::Entry(object) => update.put(object),
                Fetched::OutOfScope | Fetched::Unclear => return Ok(None),
            }
        }
        if self.reading.scope.groups {
            for names in new_names.chunks(NAMES_AT_ONCE) {
                for object in self.groups_of(names).await? {
                    let Some(object) = object else { return Ok(None) };
                    update.put(object);
                }
            }
        }
        Ok(Some(update))
    }

    /// The entry of this name, where base and filter of its kind still select it.
    async fn fetch(&mut self, kind: ObjectKind, spelled: &str, now: &str) -> Result<Fetched, LdapReadError> {
        let Reading { layout, filters, scope, .. } = self.reading;
        let reader = Reader::keeping(self.reading, self.events);
        let (wanted, bases, depth) = match kind {
            ObjectKind::Person => (scope.people, &layout.user_bases, layout.user_scope),
            _ => (scope.groups, &layout.group_bases, layout.group_scope),
        };
        let Some(is_below) = is_below(now, bases, depth) else { return Ok(Fetched::Unclear) };
        if !wanted || !is_below {
            return Ok(Fetched::OutOfScope);
        }
        let base = spelled.to_owned();
        let mut request = match kind {
            ObjectKind::Person => reader.people_request(base, &filters.people, layout.user_base_setting),
            _ => reader.group_request(base, &filters.groups, layout.group_base_setting),
        };
        request.scope = Scope::Base;
        match self.objects(kind, request).await {
            Ok(objects) => match objects.into_iter().next() {
                None => Ok(Fetched::OutOfScope),
                Some(None) => Ok(Fetched::Unclear),
                Some(Some(object)) => {
                    let is_unclear = kind == ObjectKind::Group && self.is_computed(&object, spelled).await?
                        || self.hides(kind, &object, spelled).await?;
                    Ok(if is_unclear { Fetched::Unclear } else { Fetched::Entry(object) })
                }
            },
            // Moved or deleted in the meantime.
            Err(LdapReadError::Refused { outcome, .. }) if outcome.code == NO_SUCH_OBJECT => {
                Ok(Fetched::Unclear)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a group that changed shows other members than it holds, or may, so that it is one that the server works out from now on.
    async fn is_computed(&mut self, object: &RawObject, spelled: &str) -> Result<bool, LdapReadError> {
        if self.connection.is_active_directory() {
            return Ok(false);
        }
        let Some(tag) = codec::decode(&object.body) else { return Ok(true) };
        let Some(entry) = Entry::parse(&tag) else { return Ok(true) };
        let attribute = without_range(&self.reading.layout.member_attribute);
        let mut shown = Shown::new(self.connection, attribute).await?;
        shown.add(&entry);
        shown.differs(self.connection, spelled, Scope::Base, &self.reading.filters.groups).await
    }

    /// Whether an entry that changed hides who is in a group, in which one somebody is, or whether somebody is disabled: rights may
    /// follow from what an entry says.
    async fn hides(
        &mut self,
        kind: ObjectKind,
        object: &RawObject,
        spelled: &str,
    ) -> Result<bool, LdapReadError> {
        let filters = self.reading.filters;
        let (filter, attributes) = match kind {
            ObjectKind::Person => (&filters.people, hidden::of_person(self.reading)),
            _ => (&filters.groups, hidden::of_group(self.reading)),
        };
        let tag = codec::decode(&object.body);
        let entry = tag.as_ref().and_then(Entry::parse);
        for attribute in attributes {
            let shows = |entry: &Entry<'_>| entry.values(attribute).next().is_some();
            if !entry.as_ref().is_some_and(shows)
                && hidden::may_be_known(self.connection, attribute).await?
                && !hidden::is_without(self.connection, filter, attribute, spelled).await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The groups that list one of these names now.
    async fn groups_of(&mut self, names: &[String]) -> Result<Vec<Option<RawObject>>, LdapReadError> {
        let attribute = without_range(&self.reading.layout.member_attribute);
        let lists: String =
            names.iter().map(|name| format!("({attribute}={})", ldap_escape(name.as_str()))).collect();
        let filter = format!("(&{}(|{lists}))", self.reading.filters.groups);
        let layout = self.reading.layout;
        let mut groups = Vec::new();
        for base in &layout.group_bases {
            let reader = Reader::keeping(self.reading, self.events);
            let setting = base_setting(base, self.reading.settings, layout.group_base_setting);
            let request = reader.group_request(base.clone(), &filter, setting);
            groups.extend(self.objects(ObjectKind::Group, request).await?);
        }
        Ok(groups)
    }

    /// Entries as they are kept; None for one that cannot be.
    async fn objects(
        &mut self,
        kind: ObjectKind,
        request: Request,
    ) -> Result<Vec<Option<RawObject>>, LdapReadError> {
        let mut pages = self.connection.search(request);
        let mut objects = Vec::new();
        while let Some(tag) = pages.next().await? {
            let tag = raw::complete(tag, None, &mut pages).await?;
            objects.push(raw::object(kind, tag));
        }
        Ok(objects)
    }

    /// Whether there is anything below an entry that is new here, or has moved.
    async fn has_children(&mut self, entry: &Changed) -> Result<bool, LdapReadError> {
        match entry.children {
            Children::None => return Ok(false),
            Children::Some => return Ok(true),
            Children::Unknown => {}
        }
        let filter = "(objectClass=*)".to_owned();
        let mut request =
            Request::new(entry.name.clone(), Scope::OneLevel, filter, &["1.1"], "ldap.rootPath");
        request.enough = Some(1);
        let mut pages = self.connection.search(request);
        let mut any = false;
        while pages.next().await?.is_some() {
            any = true;
        }
        Ok(any)
    }
}

/// Whether a comparable name lies where one of the searches looks; None where a base cannot be compared.
pub(super) fn is_below(now: &str, bases: &[String], depth: LdapScope) -> Option<bool> {
    let bases: Option<Vec<String>> = bases.iter().map(|base| name::normalized(base)).collect();
    Some(bases?.iter().any(|base| match depth {
        LdapScope::Subtree => is_within(now, base),
        LdapScope::OneLevel => name::parent(now) == Some(base.as_str()),
    }))
}

/// What came of fetching one entry.
enum Fetched {
    Entry(RawObject),
    OutOfScope,
    Unclear,
}

/// The name of an entry as the server spells it.
fn spelled(entry: &Entry<'_>) -> String {
    text(entry.name()).into_owned()
}
