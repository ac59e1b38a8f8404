//! Managed people: read whole, replaced by difference.

use super::LedgerError;
use super::external_ids::ExternalIds;
use bwdc_core::ledger::{ManagedPerson, Marks, Out, OutCause};
use bwdc_core::names::{Email, ExternalId, MemberId, SourceName, StableId, Timestamp};
use hashbrown::{HashMap, HashSet};
use rusqlite::{Connection, Transaction};

/// Reads all people, in the order in which they were stored.
pub(super) fn read(
    connection: &Connection,
    ids: &HashMap<i64, ExternalId>,
) -> Result<Vec<ManagedPerson>, LedgerError> {
    let mut statement = connection.prepare(
        "SELECT external_id, stable_id, email, revoked_by_us, out_since, out_cause, source, reference, mark, name, member_id
         FROM people ORDER BY position",
    )?;
    let mut rows = statement.query([])?;
    let mut people = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(external_id) = ids.get(&row.get::<_, i64>(0)?) else { continue };
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

/// Position, id that survives renames, address, whether our runs took access, why out, source, the directory's name, marks, and the
/// organization's own id.
type PersonRow =
    (i64, Option<String>, String, bool, Option<Out>, String, Option<String>, Marks, Option<String>);

/// Makes the table equal to the new state; touches only rows that differ.
pub(super) fn replace<'a>(
    transaction: &Transaction<'_>,
    people: &'a [ManagedPerson],
    ids: &mut ExternalIds<'a>,
) -> Result<(), LedgerError> {
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
    Ok(())
}
