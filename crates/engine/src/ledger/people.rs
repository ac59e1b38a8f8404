//! Managed people: read whole, replaced by difference.

use super::LedgerError;
use super::external_ids::{ExternalIds, Numbered};
use bwdc_core::ledger::{ManagedPerson, Marks, Out, OutCause};
use bwdc_core::names::{Email, MemberId, SourceName, StableId, Timestamp};
use hashbrown::HashMap;
use rusqlite::{Connection, Row, Transaction};

/// Reads all people, in the order in which they were stored.
pub(super) fn read(connection: &Connection, ids: &Numbered) -> Result<Vec<ManagedPerson>, LedgerError> {
    let mut statement = connection.prepare(
        "SELECT external_id, stable_id, email, revoked_by_us, out_since, out_cause, source, reference, mark, name, member_id
         FROM people ORDER BY position",
    )?;
    let mut rows = statement.query([])?;
    let count: i64 = connection.query_row("SELECT count(*) FROM people", [], |row| row.get(0))?;
    let mut people = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
    while let Some(row) = rows.next()? {
        let Some(external_id) = ids.get(row.get(0)?) else { continue };
        people.push(ManagedPerson {
            external_id: external_id.clone(),
            member_id: row.get::<_, Option<Box<str>>>(10)?.map(MemberId::new),
            source: source(row.get(6)?),
            stable_id: row.get::<_, Option<Box<str>>>(1)?.map(StableId::new),
            reference: row.get(7)?,
            email: Email::new(row.get::<_, Box<str>>(2)?),
            revoked_by_us: row.get(3)?,
            out: out(row.get(4)?, row.get::<_, Option<String>>(5)?.as_deref()),
            marks: Marks { number: row.get(8)?, name: row.get(9)? },
        });
    }
    Ok(people)
}

/// A time without a cause was written before causes were kept: the clock begins anew.
fn out(since: Option<i64>, cause: Option<&str>) -> Option<Out> {
    Some(Out { cause: OutCause::from_word(cause?)?, since: Timestamp(since?) })
}

/// One source has most people: its name is stored once.
pub(super) fn source(name: String) -> SourceName {
    if name.is_empty() { SourceName::primary() } else { SourceName::new(name) }
}

/// Makes the table equal to the new state; touches only rows that differ.
pub(super) fn replace<'a>(
    transaction: &Transaction<'_>,
    people: &'a [ManagedPerson],
    ids: &mut ExternalIds<'a>,
) -> Result<(), LedgerError> {
    let mut wanted: HashMap<i64, (i64, &ManagedPerson)> = HashMap::with_capacity(people.len());
    for (person, position) in people.iter().zip(0..) {
        let number = ids.number(&person.external_id)?;
        if wanted.insert(number, (position, person)).is_some() {
            return Err(LedgerError::Twice { external_id: person.external_id.clone() });
        }
    }
    let gone = strike_out_equal(transaction, &mut wanted)?;
    let mut write = transaction.prepare(
        "INSERT INTO people (external_id, source, position, stable_id, email, revoked_by_us,
         out_since, out_cause, reference, mark, name, member_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (external_id) DO UPDATE SET source = ?2, position = ?3, stable_id = ?4, email = ?5,
         revoked_by_us = ?6, out_since = ?7, out_cause = ?8, reference = ?9, mark = ?10, name = ?11, member_id = ?12",
    )?;
    let mut changed: Vec<_> = wanted.into_iter().collect();
    changed.sort_unstable_by_key(|(id, _)| *id);
    for (id, (position, person)) in changed {
        let (since, cause) = (person.out.map(|it| it.since.0), person.out.map(|it| it.cause.word()));
        write.execute((
            id,
            person.source.as_str(),
            position,
            person.stable_id.as_ref().map(StableId::as_str),
            person.email.as_str(),
            person.revoked_by_us,
            since,
            cause,
            person.reference.as_deref(),
            person.marks.number.as_deref(),
            person.marks.name.as_deref(),
            person.member_id.as_ref().map(MemberId::as_str),
        ))?;
    }
    let mut delete = transaction.prepare("DELETE FROM people WHERE external_id = ?1")?;
    for id in gone {
        delete.execute([id])?;
    }
    Ok(())
}

/// Leaves of the wanted people those who are not stored just so; returns the numbers of those who are stored and not wanted.
fn strike_out_equal(
    transaction: &Transaction<'_>,
    wanted: &mut HashMap<i64, (i64, &ManagedPerson)>,
) -> Result<Vec<i64>, LedgerError> {
    let mut statement = transaction.prepare(
        "SELECT external_id, position, stable_id, email, revoked_by_us, out_since, out_cause, source, reference,
         mark, name, member_id FROM people",
    )?;
    let mut rows = statement.query([])?;
    let mut gone = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        match wanted.get(&id) {
            None => gone.push(id),
            Some((position, person)) if is_stored(row, *position, person)? => {
                wanted.remove(&id);
            }
            Some(_) => {}
        }
    }
    Ok(gone)
}

fn is_stored(row: &Row<'_>, position: i64, person: &ManagedPerson) -> Result<bool, LedgerError> {
    let is_text = |column, expected: Option<&str>| -> Result<bool, LedgerError> {
        let stored = row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?;
        Ok(stored == expected)
    };
    Ok(row.get::<_, i64>(1)? == position
        && is_text(2, person.stable_id.as_ref().map(StableId::as_str))?
        && is_text(3, Some(person.email.as_str()))?
        && row.get::<_, bool>(4)? == person.revoked_by_us
        && row.get::<_, Option<i64>>(5)? == person.out.map(|it| it.since.0)
        && is_text(6, person.out.map(|it| it.cause.word()))?
        && is_text(7, Some(person.source.as_str()))?
        && is_text(8, person.reference.as_deref())?
        && is_text(9, person.marks.number.as_deref())?
        && is_text(10, person.marks.name.as_deref())?
        && is_text(11, person.member_id.as_ref().map(MemberId::as_str))?)
}
