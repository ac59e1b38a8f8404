//! What the server refused for one person or group, so that it is not asked for in every run.

use super::LedgerError;
use bwdc_core::ledger::{RefusedBefore, RefusedKind};
use bwdc_core::names::Timestamp;
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
