//! Every address that a directory has told of managed people. Noted before anything is sent: what a run comes to, or whether it is
//! refused, changes nothing about what was told.

use super::{Ledger, LedgerError};
use bwdc_core::ledger::{Addresses, LedgerState, Told};
use bwdc_core::names::ExternalId;
use hashbrown::HashSet;
use rusqlite::{Connection, Transaction};

impl Ledger {
    /// Adds what is not noted yet.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn note_addresses(&mut self, addresses: &Addresses) -> Result<(), LedgerError> {
        let known = read(&self.connection)?;
        let is_new = |person: &ExternalId, told: &Told| {
            !known.of(person).iter().any(|known| known.email == told.email)
        };
        let new = addresses.unordered().flat_map(|(person, told)| {
            let told = told.iter().zip(0_i64..);
            told.filter(move |(told, _)| is_new(person, told)).map(move |(told, at)| (person, at, told))
        });
        let mut new = new.peekable();
        if new.peek().is_none() {
            return Ok(());
        }
        let transaction = self.writing()?;
        write(&transaction, new)?;
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

/// Makes the table equal to the new state, as far as it is about managed people; touches only people of whom something else was told.
pub(super) fn replace(transaction: &Transaction<'_>, state: &LedgerState) -> Result<(), LedgerError> {
    let stored = read(transaction)?;
    let managed: HashSet<&ExternalId> = state.people.iter().map(|it| &it.external_id).collect();
    let is_wanted = |person: &ExternalId| managed.contains(person) && !state.addresses.of(person).is_empty();
    let differs = |person: &ExternalId| stored.of(person) != state.addresses.of(person);
    let mut delete = transaction.prepare("DELETE FROM addresses WHERE external_id = ?1")?;
    for (person, _) in stored.unordered().filter(|(person, _)| !is_wanted(person) || differs(person)) {
        delete.execute([person.as_str()])?;
    }
    let changed = state.addresses.unordered().filter(|(person, _)| is_wanted(person) && differs(person));
    let told =
        changed.flat_map(|(person, told)| told.iter().zip(0..).map(move |(told, at)| (person, at, told)));
    write(transaction, told)
}

fn write<'a>(
    transaction: &Transaction<'_>,
    told: impl Iterator<Item = (&'a ExternalId, i64, &'a Told)>,
) -> Result<(), LedgerError> {
    let mut write = transaction.prepare(
        "INSERT OR REPLACE INTO addresses (external_id, email, position, taken) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (person, position, told) in told {
        write.execute((person.as_str(), told.email.as_str(), position, told.taken))?;
    }
    Ok(())
}
