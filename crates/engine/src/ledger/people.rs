//! Managed people, groups and memberships: read whole, replaced by difference.
//!
//! Every external id is stored once and memberships are numbers: half a million of them stay small and compare fast.

use super::LedgerError;
use bwdc_core::ledger::{LedgerState, ManagedGroup, ManagedPerson, Marks, Out, OutCause};
use bwdc_core::names::{Email, ExternalId, GroupId, MemberId, SourceName, StableId, Timestamp};
use rusqlite::{Connection, Transaction};
use std::collections::{HashMap, HashSet};

/// Reads all people, in the order in which they were stored.
pub(super) fn read_people(connection: &Connection) -> Result<Vec<ManagedPerson>, LedgerError> {
    let mut statement = connection.prepare(
        "SELECT text, stable_id, email, revoked_by_us, out_since, out_cause, source, reference, mark, name, member_id
         FROM people JOIN external_ids ON external_ids.id = people.external_id ORDER BY position",
    )?;
    let people = statement.query_map([], |row| {
        Ok(ManagedPerson {
            external_id: ExternalId::new(row.get::<_, Box<str>>(0)?),
            member_id: row.get::<_, Option<Box<str>>>(10)?.map(MemberId::new),
            source: source(row.get(6)?),
            stable_id: row.get::<_, Option<Box<str>>>(1)?.map(StableId::new),
            reference: row.get(7)?,
            email: Email::new(row.get::<_, Box<str>>(2)?),
            revoked_by_us: row.get(3)?,
            out: out(row.get(4)?, row.get::<_, Option<String>>(5)?.as_deref()),
            marks: Marks { number: row.get(8)?, name: row.get(9)? },
        })
    })?;
    Ok(people.collect::<Result<_, _>>()?)
}

/// Reads all groups with their members, in the order in which they were stored.
pub(super) fn read_groups(connection: &Connection) -> Result<Vec<ManagedGroup>, LedgerError> {
    let texts: HashMap<i64, ExternalId> =
        read_external_ids(connection)?.into_iter().map(|(text, id)| (id, ExternalId::new(text))).collect();
    let mut memberships = read_memberships(connection)?;
    let mut statement = connection.prepare(
        "SELECT id, external_id, name, observed_at, source, stable_id, group_id, reference FROM groups ORDER BY position",
    )?;
    let mut rows = statement.query([])?;
    let mut groups = Vec::new();
    while let Some(row) = rows.next()? {
        let members = memberships.remove(&row.get(0)?).unwrap_or_default();
        groups.push(ManagedGroup {
            external_id: ExternalId::new(row.get::<_, Box<str>>(1)?),
            source: source(row.get(4)?),
            stable_id: row.get::<_, Option<Box<str>>>(5)?.map(StableId::new),
            group_id: row.get::<_, Option<Box<str>>>(6)?.map(GroupId::new),
            reference: row.get(7)?,
            name: row.get(2)?,
            members: members.iter().filter_map(|id| texts.get(id).cloned()).collect(),
            observed_at: row.get::<_, Option<i64>>(3)?.map(Timestamp),
        });
    }
    Ok(groups)
}

/// Makes the tables equal to the new state; touches only rows that differ.
pub(super) fn replace<'a>(
    transaction: &'a Transaction<'_>,
    state: &'a LedgerState,
) -> Result<(), LedgerError> {
    let mut ids = ExternalIds::new(transaction)?;
    let mut removed = replace_people(transaction, &state.people, &mut ids)?;
    removed |= replace_groups(transaction, &state.groups, &mut ids)?;
    if removed {
        transaction.execute(
            "DELETE FROM external_ids WHERE id NOT IN (SELECT external_id FROM people)
             AND id NOT IN (SELECT member FROM memberships)",
            [],
        )?;
    }
    Ok(())
}

/// A time without a cause was written before causes were kept: the clock begins anew.
fn out(since: Option<i64>, cause: Option<&str>) -> Option<Out> {
    Some(Out { cause: OutCause::from_word(cause?)?, since: Timestamp(since?) })
}

/// One source has most people: its name is stored once.
fn source(name: String) -> SourceName {
    if name.is_empty() { SourceName::primary() } else { SourceName::new(name) }
}

/// Position, id that survives renames, address, whether our runs took access, why out, source, the directory's name, marks, and the
/// organization's own id.
type PersonRow =
    (i64, Option<String>, String, bool, Option<Out>, String, Option<String>, Marks, Option<String>);

fn replace_people<'a>(
    transaction: &Transaction<'_>,
    people: &'a [ManagedPerson],
    ids: &mut ExternalIds<'a>,
) -> Result<bool, LedgerError> {
    let mut stored: HashMap<i64, PersonRow> = HashMap::new();
    {
        let mut statement = transaction.prepare(
            "SELECT external_id, position, stable_id, email, revoked_by_us, out_since, out_cause, source, reference,
             mark, name, member_id FROM people",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let out = out(row.get(5)?, row.get::<_, Option<String>>(6)?.as_deref());
            let marks = Marks { number: row.get(9)?, name: row.get(10)? };
            let (source, reference, member) = (row.get(7)?, row.get(8)?, row.get(11)?);
            let person =
                (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, out, source, reference, marks, member);
            stored.insert(row.get(0)?, person);
        }
    }
    let mut write = transaction.prepare(
        "INSERT INTO people (external_id, source, position, stable_id, email, revoked_by_us,
         out_since, out_cause, reference, mark, name, member_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (external_id) DO UPDATE SET source = ?2, position = ?3, stable_id = ?4, email = ?5,
         revoked_by_us = ?6, out_since = ?7, out_cause = ?8, reference = ?9, mark = ?10, name = ?11, member_id = ?12",
    )?;
    let mut seen = HashSet::with_capacity(people.len());
    for (person, position) in people.iter().zip(0_i64..) {
        let id = ids.number(&person.external_id)?;
        if !seen.insert(id) {
            return Err(LedgerError::Twice { external_id: person.external_id.clone() });
        }
        let stable_id = person.stable_id.as_ref().map(StableId::as_str);
        let member_id = person.member_id.as_ref().map(MemberId::as_str);
        let same = stored.remove(&id).is_some_and(
            |(at, stable, email, revoked, out, source, reference, marks, member)| {
                at == position
                    && stable.as_deref() == stable_id
                    && email == person.email.as_str()
                    && revoked == person.revoked_by_us
                    && out == person.out
                    && source == person.source.as_str()
                    && reference == person.reference
                    && marks == person.marks
                    && member.as_deref() == member_id
            },
        );
        if !same {
            let email = person.email.as_str();
            let revoked = person.revoked_by_us;
            let (since, cause) = (person.out.map(|it| it.since.0), person.out.map(|it| it.cause.word()));
            let source = person.source.as_str();
            let reference = person.reference.as_deref();
            let (mark, name) = (person.marks.number.as_deref(), person.marks.name.as_deref());
            write.execute((
                id, source, position, stable_id, email, revoked, since, cause, reference, mark, name,
                member_id,
            ))?;
        }
    }
    let mut delete = transaction.prepare("DELETE FROM people WHERE external_id = ?1")?;
    for id in stored.keys() {
        delete.execute([id])?;
    }
    Ok(!stored.is_empty())
}

/// Number, and what of a group may differ.
type GroupRow = (i64, GroupValues);

/// Position, name, time of the last look, source, id that survives renames, the organization's own id, the directory's name.
type GroupValues = (i64, String, Option<i64>, String, Option<String>, Option<String>, Option<String>);

fn replace_groups<'a>(
    transaction: &Transaction<'_>,
    groups: &'a [ManagedGroup],
    ids: &mut ExternalIds<'a>,
) -> Result<bool, LedgerError> {
    let mut stored: HashMap<String, GroupRow> = HashMap::new();
    {
        let mut statement = transaction.prepare(
            "SELECT external_id, id, position, name, observed_at, source, stable_id, group_id, reference FROM groups",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let values =
                (row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?);
            stored.insert(row.get(0)?, (row.get(1)?, values));
        }
    }
    let memberships = read_memberships(transaction)?;
    let mut insert = transaction.prepare(
        "INSERT INTO groups (external_id, position, name, observed_at, source, stable_id, group_id, reference)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let mut update = transaction.prepare(
        "UPDATE groups SET position = ?2, name = ?3, observed_at = ?4, source = ?5, stable_id = ?6, group_id = ?7,
         reference = ?8 WHERE external_id = ?1",
    )?;
    let mut empty = transaction.prepare("DELETE FROM memberships WHERE group_id = ?1")?;
    let mut fill = transaction.prepare("INSERT INTO memberships VALUES (?1, ?2, ?3)")?;
    let mut seen = HashSet::with_capacity(groups.len());
    let mut removed = false;
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
        let members = group.members.iter().map(|it| ids.number(it)).collect::<Result<Vec<_>, _>>()?;
        let before = memberships.get(&id).map(Vec::as_slice).unwrap_or_default();
        if before != members {
            removed |= empty.execute([id])? > 0;
            for (member, position) in members.iter().zip(0_i64..) {
                fill.execute((id, position, member))?;
            }
        }
    }
    let mut delete = transaction.prepare("DELETE FROM groups WHERE id = ?1")?;
    for (id, ..) in stored.values() {
        empty.execute([id])?;
        delete.execute([id])?;
    }
    Ok(removed || !stored.is_empty())
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

/// The numbers of external ids; a new one gets its row at once.
struct ExternalIds<'a> {
    numbers: HashMap<Box<str>, i64>,
    /// The same by where an id lies in memory: those of memberships are the same texts again and again, and their numbers need not be
    /// looked for by their characters.
    by_place: HashMap<*const u8, i64>,
    insert: rusqlite::Statement<'a>,
    connection: &'a Connection,
}

impl<'a> ExternalIds<'a> {
    fn new(connection: &'a Connection) -> Result<Self, LedgerError> {
        let numbers = read_external_ids(connection)?;
        let insert = connection.prepare("INSERT INTO external_ids (text) VALUES (?1)")?;
        Ok(Self { numbers, by_place: HashMap::new(), insert, connection })
    }

    /// The number of an id that lives as long as this value.
    fn number(&mut self, id: &'a ExternalId) -> Result<i64, LedgerError> {
        let place = id.as_str().as_ptr();
        if let Some(number) = self.by_place.get(&place) {
            return Ok(*number);
        }
        let number = self.number_of_text(id.as_str())?;
        self.by_place.insert(place, number);
        Ok(number)
    }

    fn number_of_text(&mut self, text: &str) -> Result<i64, LedgerError> {
        if let Some(number) = self.numbers.get(text) {
            return Ok(*number);
        }
        self.insert.execute([text])?;
        let number = self.connection.last_insert_rowid();
        self.numbers.insert(text.into(), number);
        Ok(number)
    }
}

fn read_external_ids(connection: &Connection) -> Result<HashMap<Box<str>, i64>, LedgerError> {
    let mut statement = connection.prepare("SELECT text, id FROM external_ids")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read_memberships(connection: &Connection) -> Result<HashMap<i64, Vec<i64>>, LedgerError> {
    let mut statement =
        connection.prepare("SELECT group_id, member FROM memberships ORDER BY group_id, position")?;
    let mut rows = statement.query([])?;
    let mut memberships: HashMap<i64, Vec<i64>> = HashMap::new();
    while let Some(row) = rows.next()? {
        memberships.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    Ok(memberships)
}
