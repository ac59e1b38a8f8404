//! The directory import of the official server, step by step, with what a failure leaves behind.
//!
//! Each step is one transaction and there is none around them: that is how the real server behaves, and what a
//! client has to live with.

use std::collections::{HashMap, HashSet};

use super::errors::Refusal;
use super::events;
use super::model::{MemberStatus, NewMember};
use super::options::{Hosting, KnownAddresses, Official};
use super::seats;
use super::shared::{OrganizationState, Shared};
use super::store::{MemberRow, Store};
use super::validation::{ImportRequest, ImportedGroup, ImportedMember};

/// The most groups, and the most live members, of an import in the cloud that is not called large.
const MOST_AT_ONCE: usize = 2000;

const SYNC_FAILED: &str =
    "Sync failed. To proceed, disable the 'Remove and re-add users during next sync' setting and try again.";

/// A live entry: its address is in lower case and not blank.
struct Live {
    email: String,
    external_id: String,
}

/// What the organization held when the import began, and which ids it knows by now.
struct Existing {
    members: Vec<MemberRow>,
    /// Row of the member by external id.
    known: HashMap<String, i64>,
    /// External ids of the live entries.
    imported: HashSet<String>,
}

/// Imports members and groups.
///
/// 0. The organization and its plan are checked.
/// 1. Members marked as deleted are removed, by external id.
/// 2. With `overwriteExisting`, members who are not listed are removed.
/// 3. Members without external id are adopted by their address.
/// 4. Unknown members are invited, or staged.
/// 5. Groups are created, renamed and filled.
/// 6. The events about removed members are written.
///
/// # Errors
///
/// The answer of the real server; the steps before the failing one stay done.
pub(crate) fn import(shared: &Shared, official: &Official, request: ImportRequest) -> Result<(), Refusal> {
    let ImportRequest { groups, members, overwrite_existing, large_import, invite_users_after_provisioning } =
        request;
    let (Some(groups), Some(members)) = (groups, members) else { return Err(Refusal::Unhandled) };
    check_size(official, &groups, &members, large_import)?;
    let groups = groups.into_iter().collect::<Option<Vec<_>>>().ok_or(Refusal::Unhandled)?;
    let members = members.into_iter().collect::<Option<Vec<_>>>().ok_or(Refusal::Unhandled)?;

    if shared.organization_state() == OrganizationState::Deleted {
        return Err(Refusal::Missing);
    }
    if !official.use_directory {
        return Err(Refusal::bad("Organization cannot use directory syncing."));
    }

    let (deleted, live): (Vec<ImportedMember>, Vec<ImportedMember>) =
        members.into_iter().partition(|member| member.deleted);
    let live: Vec<Live> = live
        .into_iter()
        .map(|member| Live { email: member.email.unwrap_or_default(), external_id: member.external_id })
        .collect();
    let store = shared.store();
    let mut existing = Existing::read(&store, &live)?;

    let mut removed = remove_deleted(&store, &existing, &deleted)?;
    if overwrite_existing {
        removed.extend(remove_unlisted(&store, &existing)?);
    }
    adopt(&store, &mut existing, &live)?;
    let is_staging = !invite_users_after_provisioning && official.staged_status;
    add(shared, official, &store, &mut existing, &live, is_staging)?;
    import_groups(official, &store, &existing, groups)?;
    store
        .step(|store| removed.iter().try_for_each(|id| events::member(store, events::MEMBER_REMOVED, id)))?;
    Ok(())
}

fn check_size(
    official: &Official,
    groups: &[Option<ImportedGroup>],
    members: &[Option<ImportedMember>],
    large: bool,
) -> Result<(), Refusal> {
    let live = members.iter().flatten().filter(|member| !member.deleted).count();
    let is_too_much = groups.len() > MOST_AT_ONCE || live > MOST_AT_ONCE;
    if official.hosting == Hosting::Cloud && !large && is_too_much {
        return Err(Refusal::bad("You cannot import this much data at once."));
    }
    Ok(())
}

impl Existing {
    /// Fails, as the real server does, when two members have one external id.
    fn read(store: &Store, live: &[Live]) -> Result<Existing, Refusal> {
        let members = store.members()?;
        let mut known = HashMap::with_capacity(members.len());
        for member in &members {
            if let Some(external_id) = member.known_external_id()
                && known.insert(external_id.to_owned(), member.row).is_some()
            {
                return Err(Refusal::Unhandled);
            }
        }
        let imported = live.iter().map(|member| member.external_id.clone()).collect();
        Ok(Existing { members, known, imported })
    }
}

fn remove_deleted(
    store: &Store,
    existing: &Existing,
    deleted: &[ImportedMember],
) -> Result<Vec<String>, Refusal> {
    let deleted: HashSet<&str> = deleted.iter().map(|member| member.external_id.as_str()).collect();
    let removable = existing.members.iter().filter(|member| {
        member.known_external_id().is_some_and(|id| deleted.contains(id) && !existing.imported.contains(id))
            && !member.is_owner()
    });
    remove(store, removable)
}

fn remove_unlisted(store: &Store, existing: &Existing) -> Result<Vec<String>, Refusal> {
    let unlisted: Vec<&MemberRow> = existing
        .members
        .iter()
        .filter(|member| {
            member.known_external_id().is_some_and(|id| !existing.imported.contains(id)) && !member.is_owner()
        })
        .collect();
    if unlisted.iter().any(|member| !member.has_master_password) {
        return Err(Refusal::bad(SYNC_FAILED));
    }
    remove(store, unlisted.into_iter())
}

fn remove<'a>(store: &Store, members: impl Iterator<Item = &'a MemberRow>) -> Result<Vec<String>, Refusal> {
    store.step(|store| {
        members
            .map(|member| {
                store.delete_member(member.row)?;
                Ok(member.id.clone())
            })
            .collect()
    })
}

fn adopt(store: &Store, existing: &mut Existing, live: &[Live]) -> Result<(), Refusal> {
    if live.is_empty() {
        return Ok(());
    }
    let mut without_id: HashMap<&str, &MemberRow> = HashMap::new();
    for member in existing.members.iter().filter(|member| member.known_external_id().is_none()) {
        if without_id.insert(&member.email, member).is_some() {
            return Err(Refusal::Unhandled);
        }
    }
    let mut addresses = HashSet::with_capacity(live.len());
    if !live.iter().all(|member| addresses.insert(member.email.as_str())) {
        return Err(Refusal::Unhandled);
    }
    let mut adopted = Vec::new();
    for entry in live {
        if let Some(member) = without_id.get(entry.email.as_str()) {
            if existing.known.insert(entry.external_id.clone(), member.row).is_some() {
                return Err(Refusal::Unhandled);
            }
            adopted.push(MemberRow { external_id: Some(entry.external_id.clone()), ..(*member).clone() });
        }
    }
    store.step(|store| adopted.iter().try_for_each(|member| store.update_member(member)))?;
    Ok(())
}

fn add(
    shared: &Shared,
    official: &Official,
    store: &Store,
    existing: &mut Existing,
    live: &[Live],
    is_staging: bool,
) -> Result<(), Refusal> {
    let unknown: Vec<&Live> =
        live.iter().filter(|entry| !existing.known.contains_key(&entry.external_id)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let taken: HashSet<String> = store
        .members()?
        .into_iter()
        .filter(|member| {
            is_staging || official.known_addresses == KnownAddresses::All || member.user_id.is_some()
        })
        .map(|member| member.email.to_lowercase())
        .collect();
    let new: Vec<&Live> = unknown.into_iter().filter(|entry| !taken.contains(&entry.email)).collect();
    let (status, event) = if is_staging {
        (MemberStatus::Staged, None)
    } else {
        (MemberStatus::Invited, Some(events::MEMBER_INVITED))
    };
    let scaling = if is_staging {
        seats::Scaling::NotNeeded
    } else {
        seats::admit(shared, official, store, new.len())?
    };
    store.step(|store| -> Result<(), Refusal> {
        for entry in new {
            let invitation = NewMember::invited(&entry.email).external_id(&entry.external_id).status(status);
            let member = store.insert_member(&invitation, status.number())?;
            existing.known.entry(entry.external_id.clone()).or_insert(member.row);
            if let Some(event) = event {
                events::member(store, event, &member.id)?;
            }
        }
        seats::scale(shared, official, scaling)
    })
}

fn import_groups(
    official: &Official,
    store: &Store,
    existing: &Existing,
    groups: Vec<ImportedGroup>,
) -> Result<(), Refusal> {
    if groups.is_empty() {
        return Ok(());
    }
    if groups.iter().any(|group| group.member_external_ids.is_none()) {
        return Err(Refusal::Unhandled);
    }
    if !official.use_groups {
        return Err(Refusal::bad("Organization cannot use groups."));
    }
    let mut known = HashMap::new();
    for group in store.groups()? {
        if let Some(external_id) = group.known_external_id().map(str::to_owned)
            && known.insert(external_id, group).is_some()
        {
            return Err(Refusal::Unhandled);
        }
    }
    let mut listed = HashSet::new();
    if !groups.iter().all(|group| listed.insert(group.external_id.as_str())) {
        return Err(Refusal::Unhandled);
    }
    let rows: HashSet<i64> = store.members()?.into_iter().map(|member| member.row).collect();
    store.step(|store| {
        for group in &groups {
            let row = match known.get(&group.external_id) {
                None => {
                    let made = store.insert_group(&group.name, Some(&group.external_id))?;
                    events::group(store, events::GROUP_CREATED, &made.id)?;
                    made.row
                }
                Some(found) => {
                    if found.name != group.name {
                        let mut renamed = found.clone();
                        renamed.name.clone_from(&group.name);
                        store.update_group(&renamed)?;
                        events::group(store, events::GROUP_UPDATED, &found.id)?;
                    }
                    found.row
                }
            };
            let ids = group.member_external_ids.iter().flatten();
            let members =
                ids.filter_map(|id| existing.known.get(id)).copied().filter(|row| rows.contains(row));
            store.replace_group_members(row, members)?;
        }
        Ok(())
    })
}
