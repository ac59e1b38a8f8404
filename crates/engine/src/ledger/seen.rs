//! Entries of the directories that are nobody of ours.

use super::LedgerError;
use bwdc_core::ledger::{EntryKey, Seen};
use bwdc_core::names::{Email, SourceName};
use hashbrown::{HashMap, HashSet};
use rusqlite::{Connection, Transaction};

/// Reads all of them, in order.
pub(super) fn read(connection: &Connection) -> Result<Vec<Seen>, LedgerError> {
    let mut statement = connection.prepare("SELECT source, id, email FROM seen ORDER BY source, id")?;
    let seen = statement.query_map([], |row| {
        let entry = EntryKey { source: SourceName::new(row.get::<_, Box<str>>(0)?), id: row.get(1)? };
        Ok(Seen { entry, email: Email::new(row.get::<_, Box<str>>(2)?) })
    })?;
    Ok(seen.collect::<Result<_, _>>()?)
}

/// Makes the table hold just these. What stays is not written again: there can be many.
pub(super) fn replace(transaction: &Transaction<'_>, seen: &[Seen]) -> Result<(), LedgerError> {
    let before = read(transaction)?;
    let known: HashMap<&EntryKey, &Email> = before.iter().map(|it| (&it.entry, &it.email)).collect();
    let kept: HashSet<&EntryKey> = seen.iter().map(|it| &it.entry).collect();
    let mut forget = transaction.prepare("DELETE FROM seen WHERE source = ?1 AND id = ?2")?;
    for Seen { entry, .. } in before.iter().filter(|it| !kept.contains(&it.entry)) {
        forget.execute((entry.source.as_str(), &entry.id))?;
    }
    let mut write =
        transaction.prepare("INSERT OR REPLACE INTO seen (source, id, email) VALUES (?1, ?2, ?3)")?;
    for Seen { entry, email } in seen.iter().filter(|it| known.get(&it.entry) != Some(&&it.email)) {
        write.execute((entry.source.as_str(), &entry.id, email.as_str()))?;
    }
    Ok(())
}
