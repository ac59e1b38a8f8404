//! Every address that a directory has told of managed people. Noted before anything is sent: what a run comes to, or whether it is
//! refused, changes nothing about what was told.

use super::{Ledger, LedgerError};
use bwdc_core::ledger::{Addresses, LedgerState};
use bwdc_core::names::ExternalId;
use rusqlite::{Connection, Transaction};
use std::collections::{HashMap, HashSet};

impl Ledger {
    /// Adds what is not noted yet.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn note_addresses(&mut self, addresses: &Addresses) -> Result<(), LedgerError> {
        let known = rows(&read(&self.connection)?);
        let new = rows(addresses).into_iter().filter(|(key, _)| !known.contains_key(key));
        let new: Vec<_> = new.collect();
        if new.is_empty() {
            return Ok(());
        }
        let transaction = self.writing()?;
        write(&transaction, &new)?;
        Ok(transaction.commit()?)
    }
}

/// Reads all of them, in the order in which they were told.
pub(super) fn read(connection: &Connection) -> Result<Addresses, LedgerError> {
    let mut statement = connection
        .prepare("SELECT external_id, email, taken FROM addresses ORDER BY external_id, position")?;
    let mut rows = statement.query([])?;
    let mut addresses = Addresses::default();
    while let Some(row) = rows.next()? {
        let person = ExternalId::new(row.get::<_, Box<str>>(0)?);
        addresses.note(&person, &row.get::<_, String>(1)?, row.get(2)?);
    }
    Ok(addresses)
}

/// Makes the table equal to the new state, as far as it is about managed people; touches only rows that differ.
pub(super) fn replace(transaction: &Transaction<'_>, state: &LedgerState) -> Result<(), LedgerError> {
    let mut stored = rows(&read(transaction)?);
    let managed: HashSet<&str> = state.people.iter().map(|it| it.external_id.as_str()).collect();
    let wanted = rows(&state.addresses).into_iter().filter(|((id, _), _)| managed.contains(id.as_str()));
    let changed: Vec<_> = wanted.filter(|(key, value)| stored.remove(key) != Some(*value)).collect();
    let mut delete = transaction.prepare("DELETE FROM addresses WHERE external_id = ?1 AND email = ?2")?;
    for (person, email) in stored.keys() {
        delete.execute((person, email))?;
    }
    write(transaction, &changed)
}

/// Person and address.
type Key = (String, String);
/// Position and whether access was taken.
type Value = (i64, bool);

fn rows(addresses: &Addresses) -> HashMap<Key, Value> {
    let mut rows = HashMap::new();
    for (person, told) in addresses.iter() {
        for (told, position) in told.iter().zip(0_i64..) {
            let key = (person.as_str().to_owned(), told.email.as_str().to_owned());
            rows.insert(key, (position, told.taken));
        }
    }
    rows
}

fn write(transaction: &Transaction<'_>, rows: &[(Key, Value)]) -> Result<(), LedgerError> {
    let mut write = transaction.prepare(
        "INSERT OR REPLACE INTO addresses (external_id, email, position, taken) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for ((person, email), (position, taken)) in rows {
        write.execute((person, email, position, taken))?;
    }
    Ok(())
}
