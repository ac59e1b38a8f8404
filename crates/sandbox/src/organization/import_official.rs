//! The directory import of the official server, step by step, with what a failure leaves behind.
//!
//! Each step is one transaction and there is none around them, and imports are not serialised: while one takes its
//! time, others see the organization as it is then; one that was begun goes on when the client is gone. That is how the real server behaves, and what a client has to live
//! with.

use std::collections::{HashMap, HashSet};

use super::errors::Refusal;
use super::events;
use super::import_groups::import_groups;
use super::import_request::{ImportRequest, ImportedGroup, ImportedMember};
use super::lower_case::lower;
use super::model::{MemberStatus, NewMember};
use super::options::{Hosting, KnownAddresses, Official};
use super::pace::Pacer;
use super::seats::{self, Asker, Scaling};
use super::shared::{OrganizationState, Shared};
use super::store::{MemberRow, Store};

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

/// Who is to be added, and how.
struct Newcomers {
    people: Vec<Live>,
    status: MemberStatus,
    scaling: Scaling,
}

/// Imports members and groups.
///
/// 0. The organization and its plan are checked.
/// 1. Members marked as deleted are removed, by external id.
/// 2. With `overwriteExisting`, members who are not listed are removed.
/// 3. Members without external id are adopted by their address.
/// 4. Unknown members are looked up and, after the time that takes, all invited or staged at once.
/// 5. Groups are created, then renamed and filled, one after the other.
/// 6. The events about removed members are written.
///
/// # Errors
///
/// The answer of the real server; the steps before the failing one stay done.
pub(crate) async fn import(shared: &Shared, request: ImportRequest) -> Result<(), Refusal> {
    let Some(official) = shared.official() else { return Err(Refusal::MissingBare) };
    check_size(official, &request)?;
    let (Some(groups), Some(members)) = (request.groups, request.members) else {
        return Err(Refusal::Unhandled);
    };
    if shared.organization_state() == OrganizationState::Deleted {
        return Err(Refusal::Missing);
    }
    if !official.use_directory {
        return Err(Refusal::bad("Organization cannot use directory syncing."));
    }
    let members = members.into_iter().collect::<Option<Vec<_>>>().ok_or(Refusal::Unhandled)?;
    let (deleted, live): (Vec<ImportedMember>, Vec<ImportedMember>) =
        members.into_iter().partition(|member| member.deleted);
    let live: Vec<Live> = live
        .into_iter()
        .map(|member| Live { email: member.email.unwrap_or_default(), external_id: member.external_id })
        .collect();

    let mut pacer = Pacer::start(shared.import_pace());
    let mut removed;
    let mut existing;
    let newcomers;
    {
        let store = shared.store();
        existing = Existing::read(&store, &live)?;
        removed = remove_deleted(&store, &existing, &deleted)?;
        if request.overwrite_existing {
            removed.extend(remove_unlisted(&store, &existing)?);
        }
        adopt(official, &store, &mut existing, &live)?;
        let is_staging = !request.invite_users_after_provisioning && official.staged_status;
        newcomers = newcomers_among(shared, official, &store, &existing, live, is_staging)?;
    }
    pacer.members(newcomers.people.len()).await;
    add(shared, official, &mut existing, newcomers)?;
    import_groups(shared, official, &existing.known, groups, &mut pacer).await?;
    let store = shared.store();
    store
        .step(|store| removed.iter().try_for_each(|id| events::member(store, events::MEMBER_REMOVED, id)))?;
    Ok(())
}

/// The limit of the cloud. Counting what is not there fails as well.
fn check_size(official: &Official, request: &ImportRequest) -> Result<(), Refusal> {
    if official.hosting != Hosting::Cloud || request.large_import {
        return Ok(());
    }
    let too_much = || Refusal::bad("You cannot import this much data at once.");
    let groups: &[Option<ImportedGroup>] = request.groups.as_deref().ok_or(Refusal::Unhandled)?;
    if groups.len() > MOST_AT_ONCE {
        return Err(too_much());
    }
    let members = request.members.as_deref().ok_or(Refusal::Unhandled)?;
    let mut live = 0;
    for member in members {
        let member = member.as_ref().ok_or(Refusal::Unhandled)?;
        live += usize::from(!member.deleted);
    }
    if live > MOST_AT_ONCE { Err(too_much()) } else { Ok(()) }
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

fn adopt(official: &Official, store: &Store, existing: &mut Existing, live: &[Live]) -> Result<(), Refusal> {
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
            if official.refuses_nul(&entry.external_id) {
                return Err(Refusal::Unhandled);
            }
            adopted.push((member.row, entry.external_id.clone()));
        }
    }
    store.step(|store| adopted.iter().try_for_each(|(row, id)| store.set_external_id(*row, id)))?;
    Ok(())
}

/// Finds who is to be added, and whether there is room: asked for even when nobody is.
fn newcomers_among(
    shared: &Shared,
    official: &Official,
    store: &Store,
    existing: &Existing,
    live: Vec<Live>,
    is_staging: bool,
) -> Result<Newcomers, Refusal> {
    let unknown: Vec<Live> =
        live.into_iter().filter(|entry| !existing.known.contains_key(&entry.external_id)).collect();
    let asks = !unknown.is_empty();
    let taken = known_addresses(official, store)?;
    let people: Vec<Live> = unknown.into_iter().filter(|entry| !taken.contains(&entry.email)).collect();
    if is_staging {
        return Ok(Newcomers { people, status: MemberStatus::Staged, scaling: Scaling::NotNeeded });
    }
    let scaling = seats::admit(shared, official, store, people.len(), Asker::Organization)?;
    if asks && store.confirmed_owners()? == 0 {
        return Err(Refusal::bad("Organization must have at least one confirmed owner."));
    }
    Ok(Newcomers { people, status: MemberStatus::Invited, scaling })
}

/// The addresses that count as already there.
fn known_addresses(official: &Official, store: &Store) -> Result<HashSet<String>, Refusal> {
    let members = store.members()?.into_iter();
    Ok(match official.known_addresses {
        KnownAddresses::All => members.map(|member| lower(&member.email)).collect(),
        KnownAddresses::WithAccount => {
            members.filter(|member| member.user_id.is_some()).map(|member| member.email).collect()
        }
    })
}

fn add(
    shared: &Shared,
    official: &Official,
    existing: &mut Existing,
    newcomers: Newcomers,
) -> Result<(), Refusal> {
    let Newcomers { people, status, scaling } = newcomers;
    let has_nul =
        |entry: &Live| official.refuses_nul(&entry.email) || official.refuses_nul(&entry.external_id);
    if people.iter().any(has_nul) {
        return Err(Refusal::Errors("An error occurred while saving the entity changes.".to_owned()));
    }
    shared.store().step(|store| -> Result<(), Refusal> {
        for entry in people {
            let invitation = NewMember::invited(&entry.email).external_id(&entry.external_id).status(status);
            let member = store.insert_member(&invitation, status.number())?;
            existing.known.entry(entry.external_id).or_insert(member.row);
            if status == MemberStatus::Invited {
                events::member(store, events::MEMBER_INVITED, &member.id)?;
            }
        }
        seats::scale(shared, official, scaling)
    })
}
