//! What the server refused for one person or group, so that it is not asked for in every run; who waits for a seat, and who has
//! no address.

use super::LedgerError;
use bwdc_core::ledger::{RefusedBefore, RefusedKind};
use bwdc_core::names::{ExternalId, Timestamp};
use rusqlite::{Connection, Transaction};

/// Reads all of them. What a newer version wrote of a kind that we do not know is left out.
pub(super) fn read(connection: &Connection) -> Result<Vec<RefusedBefore>, LedgerError> {
    let mut statement = connection
        .prepare("SELECT kind, id, mark, reason, since, tried_at FROM refusals ORDER BY kind, id")?;
    let mut rows = statement.query([])?;
    let mut refusals = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(kind) = RefusedKind::from_word(&row.get::<_, String>(0)?) else { continue };
        refusals.push(RefusedBefore {
            kind,
            id: row.get(1)?,
            mark: row.get(2)?,
            reason: row.get(3)?,
            since: Timestamp(row.get(4)?),
            tried_at: Timestamp(row.get(5)?),
        });
    }
    Ok(refusals)
}

/// External ids of people who wait for a seat, those first who wait for longest.
pub(super) fn read_waiting(connection: &Connection) -> Result<Vec<ExternalId>, LedgerError> {
    let mut statement = connection.prepare("SELECT external_id FROM waiting ORDER BY position")?;
    let ids = statement.query_map([], |row| row.get::<_, Box<str>>(0).map(ExternalId::new))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Makes just these people wait.
pub(super) fn replace_waiting(
    transaction: &Transaction<'_>,
    waiting: &[ExternalId],
) -> Result<(), LedgerError> {
    transaction.execute("DELETE FROM waiting", [])?;
    let mut write =
        transaction.prepare("INSERT OR IGNORE INTO waiting (external_id, position) VALUES (?1, ?2)")?;
    for (id, position) in waiting.iter().zip(0_i64..) {
        write.execute((id.as_str(), position))?;
    }
    Ok(())
}

/// External ids of people whose entries had no address when they were last seen.
pub(super) fn read_without_address(connection: &Connection) -> Result<Vec<ExternalId>, LedgerError> {
    let mut statement = connection.prepare("SELECT external_id FROM without_address ORDER BY external_id")?;
    let ids = statement.query_map([], |row| row.get::<_, Box<str>>(0).map(ExternalId::new))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Notes just these people as such.
pub(super) fn replace_without_address(
    transaction: &Transaction<'_>,
    people: &[ExternalId],
) -> Result<(), LedgerError> {
    transaction.execute("DELETE FROM without_address", [])?;
    let mut write = transaction.prepare("INSERT OR IGNORE INTO without_address (external_id) VALUES (?1)")?;
    for id in people {
        write.execute([id.as_str()])?;
    }
    Ok(())
}

/// Makes the table hold just these.
pub(super) fn replace(transaction: &Transaction<'_>, refusals: &[RefusedBefore]) -> Result<(), LedgerError> {
    transaction.execute("DELETE FROM refusals", [])?;
    let mut write = transaction.prepare(
        "INSERT OR REPLACE INTO refusals (kind, id, mark, reason, since, tried_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for RefusedBefore { kind, id, mark, reason, since, tried_at } in refusals {
        write.execute((kind.word(), id, mark, reason, since.0, tried_at.0))?;
    }
    Ok(())
}
