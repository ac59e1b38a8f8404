//! What runs set right after somebody else had changed it.

use super::LedgerError;
use bwdc_core::ledger::{Mended, MendedKind};
use bwdc_core::names::Timestamp;
use rusqlite::{Connection, Transaction};

/// Reads all of it. What a newer version wrote of a kind that we do not know is left out.
pub(super) fn read(connection: &Connection) -> Result<Vec<Mended>, LedgerError> {
    let mut statement = connection.prepare("SELECT kind, id, mark, at FROM mended ORDER BY kind, id")?;
    let mut rows = statement.query([])?;
    let mut mended = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(kind) = MendedKind::from_word(&row.get::<_, String>(0)?) else { continue };
        mended.push(Mended { kind, id: row.get(1)?, mark: row.get(2)?, at: Timestamp(row.get(3)?) });
    }
    Ok(mended)
}

/// Makes the table hold just these.
pub(super) fn replace(transaction: &Transaction<'_>, mended: &[Mended]) -> Result<(), LedgerError> {
    transaction.execute("DELETE FROM mended", [])?;
    let mut write =
        transaction.prepare("INSERT OR REPLACE INTO mended (kind, id, mark, at) VALUES (?1, ?2, ?3, ?4)")?;
    for Mended { kind, id, mark, at } in mended {
        write.execute((kind.word(), id, mark, at.0))?;
    }
    Ok(())
}
