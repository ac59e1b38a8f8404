//! The raw state of the directory at the last read: a cache, replaced or changed in one transaction.

use super::{CLEARED, Ledger, LedgerError, schema};
use crate::directory::snapshot_cache::{ObjectKind, RawObject, Refresh, SnapshotCache};
use bwdc_core::names::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

/// How long reads may go on from one full read, in milliseconds: a day.
const FULL_READ_EVERY: i64 = 24 * 60 * 60 * 1000;

impl Ledger {
    /// The cache of this source; None when there is none, when it was made from another `basis` (the settings that
    /// decide what is read), or when the last full read was not within a day before `now`.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn snapshot_cache(
        &self,
        source: &str,
        basis: &str,
        now: Timestamp,
    ) -> Result<Option<SnapshotCache>, LedgerError> {
        let known: Option<(String, i64)> = self
            .connection
            .query_row(
                "SELECT cursor, full_at FROM mirrors WHERE source = ?1 AND basis = ?2",
                (source, basis),
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((cursor, full_at)) = known else { return Ok(None) };
        if !(0..FULL_READ_EVERY).contains(&now.0.saturating_sub(full_at)) {
            return Ok(None);
        }
        let mut statement = self
            .connection
            .prepare("SELECT kind, id, body FROM mirror_objects WHERE source = ?1 ORDER BY position")?;
        let rows = statement
            .query_map([source], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))?
            .map(|row| {
                let (word, id, body) = row?;
                Ok(kind(&word).map(|kind| RawObject { kind, id, body }))
            });
        let objects: Option<Vec<RawObject>> = rows.collect::<Result<_, rusqlite::Error>>()?;
        Ok(objects.map(|objects| SnapshotCache { cursor, objects }))
    }

    /// Drops every cache of the file at `path`: the next read of each source is a full one.
    ///
    /// # Errors
    /// As [`Ledger::open_to_read`], and when the file cannot be written.
    pub fn forget_snapshot_caches(path: &Path) -> Result<(), LedgerError> {
        Self::without_snapshot_caches(path, false)
    }

    /// As [`Ledger::forget_mirrors`]; the next run also sends everything again to an organization that nobody can look at.
    ///
    /// # Errors
    /// As [`Ledger::forget_mirrors`].
    pub fn forget_cache(path: &Path) -> Result<(), LedgerError> {
        Self::without_snapshot_caches(path, true)
    }

    fn without_snapshot_caches(path: &Path, clears: bool) -> Result<(), LedgerError> {
        let Some(mut ledger) = Self::open_to_read(path)? else { return Ok(()) };
        ledger.connection.pragma_update(None, "query_only", false)?;
        let transaction = ledger.writing()?;
        transaction.execute_batch("DELETE FROM mirror_objects; DELETE FROM mirrors;")?;
        if clears {
            schema::set_fact(&transaction, CLEARED, 1)?;
        }
        Ok(transaction.commit()?)
    }

    /// Carries out what a read says of the cache.
    ///
    /// # Errors
    /// [`LedgerError`]; the cache is then as it was before.
    pub fn refresh_snapshot_cache(
        &mut self,
        source: &str,
        basis: &str,
        refresh: &Refresh,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let transaction = self.writing()?;
        match refresh {
            Refresh::Drop => clear(&transaction, source)?,
            Refresh::Replace(snapshot_cache) => {
                clear(&transaction, source)?;
                transaction.execute(
                    "INSERT INTO mirrors (source, basis, cursor, full_at) VALUES (?1, ?2, ?3, ?4)",
                    (source, basis, &snapshot_cache.cursor, now.0),
                )?;
                put(&transaction, source, &snapshot_cache.objects)?;
            }
            Refresh::Change { cursor, put: changed, gone } => {
                transaction.execute("UPDATE mirrors SET cursor = ?2 WHERE source = ?1", (source, cursor))?;
                let mut delete = transaction
                    .prepare("DELETE FROM mirror_objects WHERE source = ?1 AND kind = ?2 AND id = ?3")?;
                for (kind, id) in gone {
                    delete.execute((source, word(*kind), id))?;
                }
                drop(delete);
                put(&transaction, source, changed)?;
            }
        }
        Ok(transaction.commit()?)
    }
}

fn clear(connection: &Connection, source: &str) -> Result<(), LedgerError> {
    connection.execute("DELETE FROM mirror_objects WHERE source = ?1", [source])?;
    connection.execute("DELETE FROM mirrors WHERE source = ?1", [source])?;
    Ok(())
}

/// Adds objects at the end; one that is known keeps its place.
fn put(connection: &Connection, source: &str, objects: &[RawObject]) -> Result<(), LedgerError> {
    let last: i64 = connection.query_row(
        "SELECT coalesce(max(position), 0) FROM mirror_objects WHERE source = ?1",
        [source],
        |row| row.get(0),
    )?;
    let mut insert = connection.prepare(
        "INSERT INTO mirror_objects (source, kind, id, position, body) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (source, kind, id) DO UPDATE SET body = excluded.body",
    )?;
    for (position, object) in (last + 1..).zip(objects) {
        insert.execute((source, word(object.kind), &object.id, position, &object.body))?;
    }
    Ok(())
}

fn word(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Person => "person",
        ObjectKind::Group => "group",
        ObjectKind::Other => "other",
    }
}

fn kind(word: &str) -> Option<ObjectKind> {
    [ObjectKind::Person, ObjectKind::Group, ObjectKind::Other].into_iter().find(|it| self::word(*it) == word)
}
