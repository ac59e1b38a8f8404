//! The groups of an import by the official server: one after the other, each for itself.

use std::collections::{HashMap, HashSet};

use super::errors::Refusal;
use super::events;
use super::import_request::ImportedGroup;
use super::options::Official;
use super::pace::Pacer;
use super::shared::Shared;
use super::store::{GroupRow, Store};

/// Creates the groups that are not there, then renames and fills those that are.
///
/// The members are the rows by external id, those that are gone by now too.
///
/// # Errors
///
/// A list that is missing or a group that is null, where it is reached; a plan without groups; one external id on two
/// groups, listed or there.
pub(crate) async fn import_groups(
    shared: &Shared,
    official: &Official,
    members: &HashMap<String, i64>,
    groups: Vec<Option<ImportedGroup>>,
    pacer: &mut Pacer,
) -> Result<(), Refusal> {
    let is_whole = |group: &Option<ImportedGroup>| {
        group.as_ref().is_some_and(|group| group.member_external_ids.is_some())
    };
    match groups.first() {
        None => return Ok(()),
        Some(first) if !is_whole(first) => return Err(Refusal::Unhandled),
        Some(_) => {}
    }
    if !official.use_groups {
        return Err(Refusal::bad("Organization cannot use groups."));
    }
    if !groups.iter().all(is_whole) {
        return Err(Refusal::Unhandled);
    }
    let groups: Vec<ImportedGroup> = groups.into_iter().flatten().collect();
    let known = known_groups(&shared.store())?;
    let mut listed = HashSet::new();
    if !groups.iter().all(|group| listed.insert(group.external_id.as_str())) {
        return Err(Refusal::Unhandled);
    }

    let mut created = Vec::new();
    for group in groups.iter().filter(|group| !known.contains_key(&group.external_id)) {
        pacer.group().await;
        if official.refuses_nul(&group.name) || official.refuses_nul(&group.external_id) {
            return Err(Refusal::Unhandled);
        }
        let row = shared.store().step(|store| -> Result<GroupRow, Refusal> {
            let row = store.insert_group(&group.name, Some(&group.external_id))?;
            fill(store, members, row.row, group)?;
            Ok(row)
        })?;
        created.push(row.id);
    }
    log(shared, events::GROUP_CREATED, &created)?;

    let mut updated: Vec<(&GroupRow, &ImportedGroup)> =
        groups.iter().filter_map(|group| known.get(&group.external_id).map(|row| (row, group))).collect();
    updated.sort_unstable_by_key(|(row, _)| row.row);
    for (row, group) in &updated {
        pacer.group().await;
        if row.name != group.name && official.refuses_nul(&group.name) {
            return Err(Refusal::Unhandled);
        }
        shared.store().step(|store| -> Result<(), Refusal> {
            if row.name != group.name {
                store.update_group(&GroupRow { name: group.name.clone(), ..(*row).clone() })?;
            }
            fill(store, members, row.row, group)
        })?;
    }
    let updated: Vec<String> = updated.into_iter().map(|(row, _)| row.id.clone()).collect();
    log(shared, events::GROUP_UPDATED, &updated)
}

fn known_groups(store: &Store) -> Result<HashMap<String, GroupRow>, Refusal> {
    let mut known = HashMap::new();
    for group in store.groups()? {
        if let Some(external_id) = group.known_external_id().map(str::to_owned)
            && known.insert(external_id, group).is_some()
        {
            return Err(Refusal::Unhandled);
        }
    }
    Ok(known)
}

/// Replaces who is in a group; ids that are not known, and members who are gone, are passed over.
fn fill(
    store: &Store,
    members: &HashMap<String, i64>,
    row: i64,
    group: &ImportedGroup,
) -> Result<(), Refusal> {
    let ids = group.member_external_ids.iter().flatten();
    store.replace_group_members(row, ids.filter_map(|id| members.get(id)).copied())?;
    Ok(())
}

fn log(shared: &Shared, kind: i64, ids: &[String]) -> Result<(), Refusal> {
    shared.store().step(|store| ids.iter().try_for_each(|id| events::group(store, kind, id)))?;
    Ok(())
}
