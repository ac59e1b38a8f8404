//! Managed groups with their members: read whole, replaced by difference.
//!
//! The members of a group are one text, a list of the numbers of their ids: half a million rows would take longer to read than
//! everything else.

use super::LedgerError;
use super::external_ids::{ExternalIds, Numbered};
use super::people::source;
use bwdc_core::ledger::ManagedGroup;
use bwdc_core::names::{ExternalId, GroupId, StableId, Timestamp};
use hashbrown::{HashMap, HashSet};
use rusqlite::{Connection, Transaction};

/// Reads all groups with their members, in the order in which they were stored.
pub(super) fn read(connection: &Connection, ids: &Numbered) -> Result<Vec<ManagedGroup>, LedgerError> {
    let mut statement = connection.prepare(
        "SELECT groups.external_id, name, observed_at, source, stable_id, groups.group_id, reference, members
         FROM groups LEFT JOIN memberships ON memberships.group_id = groups.id ORDER BY position",
    )?;
    let mut rows = statement.query([])?;
    let mut groups = Vec::new();
    while let Some(row) = rows.next()? {
        let members = row.get_ref(7)?.as_str_or_null().map_err(rusqlite::Error::from)?.unwrap_or("[]");
        groups.push(ManagedGroup {
            external_id: ExternalId::new(row.get::<_, Box<str>>(0)?),
            source: source(row.get(3)?),
            stable_id: row.get::<_, Option<Box<str>>>(4)?.map(StableId::new),
            group_id: row.get::<_, Option<Box<str>>>(5)?.map(GroupId::new),
            reference: row.get(6)?,
            name: row.get(1)?,
            members: numbers(members).filter_map(|it| ids.get(it).cloned()).collect(),
            observed_at: row.get::<_, Option<i64>>(2)?.map(Timestamp),
        });
    }
    Ok(groups)
}

/// The numbers of a list as it is stored, `[1,2]`.
fn numbers(list: &str) -> impl Iterator<Item = i64> {
    list.trim_matches(['[', ']']).split(',').filter_map(|it| it.trim().parse().ok())
}

/// Number, and what of a group may differ.
type GroupRow = (i64, GroupValues);

/// Position, name, time of the last look, source, id that survives renames, the organization's own id, the directory's name.
type GroupValues = (i64, String, Option<i64>, String, Option<String>, Option<String>, Option<String>);

/// Makes the tables equal to the new state; touches only rows that differ.
pub(super) fn replace<'a>(
    transaction: &Transaction<'_>,
    groups: &'a [ManagedGroup],
    ids: &mut ExternalIds<'a>,
) -> Result<(), LedgerError> {
    let mut stored = stored(transaction)?;
    let memberships = memberships(transaction)?;
    let mut insert = transaction.prepare(
        "INSERT INTO groups (external_id, position, name, observed_at, source, stable_id, group_id, reference)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let mut update = transaction.prepare(
        "UPDATE groups SET position = ?2, name = ?3, observed_at = ?4, source = ?5, stable_id = ?6, group_id = ?7,
         reference = ?8 WHERE external_id = ?1",
    )?;
    let mut fill = transaction.prepare(
        "INSERT INTO memberships (group_id, members) VALUES (?1, ?2)
         ON CONFLICT (group_id) DO UPDATE SET members = ?2",
    )?;
    let mut seen = HashSet::with_capacity(groups.len());
    for (group, position) in groups.iter().zip(0_i64..) {
        let external_id = group.external_id.as_str();
        if !seen.insert(external_id) {
            return Err(LedgerError::Twice { external_id: group.external_id.clone() });
        }
        let before = stored.remove(external_id);
        let values = values(group, position);
        if before.as_ref().is_none_or(|(_, stored)| *stored != values) {
            let (position, name, observed_at, source, stable_id, group_id, reference) = values;
            let write = if before.is_some() { &mut update } else { &mut insert };
            write.execute((
                external_id,
                position,
                name,
                observed_at,
                source,
                stable_id,
                group_id,
                reference,
            ))?;
        }
        let id = before.map_or_else(|| transaction.last_insert_rowid(), |(id, _)| id);
        let members = list(&group.members, ids)?;
        if memberships.get(&id).map_or("[]", String::as_str) != members {
            fill.execute((id, members))?;
        }
    }
    // Their members go with them.
    let mut delete = transaction.prepare("DELETE FROM groups WHERE id = ?1")?;
    for (id, ..) in stored.values() {
        delete.execute([id])?;
    }
    Ok(())
}

fn stored(transaction: &Transaction<'_>) -> Result<HashMap<String, GroupRow>, LedgerError> {
    let mut statement = transaction.prepare(
        "SELECT external_id, id, position, name, observed_at, source, stable_id, group_id, reference FROM groups",
    )?;
    let mut rows = statement.query([])?;
    let mut stored = HashMap::new();
    while let Some(row) = rows.next()? {
        let values =
            (row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?);
        stored.insert(row.get(0)?, (row.get(1)?, values));
    }
    Ok(stored)
}

fn memberships(transaction: &Transaction<'_>) -> Result<HashMap<i64, String>, LedgerError> {
    let mut statement = transaction.prepare("SELECT group_id, members FROM memberships")?;
    let lists = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(lists.collect::<Result<_, _>>()?)
}

fn list<'a>(members: &'a [ExternalId], ids: &mut ExternalIds<'a>) -> Result<String, LedgerError> {
    use std::fmt::Write;
    let mut list = String::from("[");
    for member in members {
        let comma = if list.len() > 1 { "," } else { "" };
        let _ = write!(list, "{comma}{}", ids.number(member)?);
    }
    list.push(']');
    Ok(list)
}

fn values(group: &ManagedGroup, position: i64) -> GroupValues {
    (
        position,
        group.name.clone(),
        group.observed_at.map(|time| time.0),
        group.source.as_str().to_owned(),
        group.stable_id.as_ref().map(|it| it.as_str().to_owned()),
        group.group_id.as_ref().map(|it| it.as_str().to_owned()),
        group.reference.clone(),
    )
}
