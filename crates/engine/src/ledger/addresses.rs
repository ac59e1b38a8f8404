//! Every address that a directory has told of managed people. Noted before anything is sent: what a run comes to, or whether it is
//! refused, changes nothing about what was told.

use super::{Ledger, LedgerError};
use bwdc_core::ledger::{Addresses, LedgerState, Told};
use bwdc_core::names::{Email, ExternalId};
use hashbrown::HashSet;
use rusqlite::{Connection, Transaction};

impl Ledger {
    /// Adds what is not noted yet, behind what is.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn note_addresses(&mut self, addresses: &Addresses) -> Result<(), LedgerError> {
        if addresses.is_empty() {
            return Ok(());
        }
        let transaction = self.writing()?;
        let mut write = transaction.prepare(
            "INSERT OR IGNORE INTO addresses (external_id, email, position, taken) VALUES (?1, ?2,
             (SELECT coalesce(max(position) + 1, 0) FROM addresses WHERE external_id = ?1), ?3)",
        )?;
        for (person, told) in addresses.unordered() {
            for it in told {
                write.execute((person.as_str(), it.email.as_str(), it.taken))?;
            }
        }
        drop(write);
        Ok(transaction.commit()?)
    }
}

/// Reads all of them, in the order in which they were told.
pub(super) fn read(connection: &Connection) -> Result<Addresses, LedgerError> {
    let mut addresses = Addresses::default();
    each(connection, |person, told| {
        told.iter().for_each(|it| addresses.note(person, it.email.as_str(), it.taken));
    })?;
    Ok(addresses)
}

/// One person after the other, each with every address.
fn each(connection: &Connection, mut take: impl FnMut(&ExternalId, &[Told])) -> Result<(), LedgerError> {
    let mut statement = connection
        .prepare("SELECT external_id, email, taken FROM addresses ORDER BY external_id, position")?;
    let mut rows = statement.query([])?;
    let mut current: Option<ExternalId> = None;
    let mut told = Vec::new();
    while let Some(row) = rows.next()? {
        let person = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        if current.as_ref().is_none_or(|it| it.as_str() != person) {
            let before = current.replace(ExternalId::new(person));
            before.iter().for_each(|it| take(it, &told));
            told.clear();
        }
        told.push(Told { email: Email::new(row.get::<_, Box<str>>(1)?), taken: row.get(2)? });
    }
    current.iter().for_each(|it| take(it, &told));
    Ok(())
}

/// Makes the table equal to the new state, as far as it is about managed people; touches only people of whom something else was told.
pub(super) fn replace(transaction: &Transaction<'_>, state: &LedgerState) -> Result<(), LedgerError> {
    let ids = state.people.iter().map(|it| &it.external_id);
    let mut changed: HashSet<&ExternalId> = ids.filter(|it| !state.addresses.of(it).is_empty()).collect();
    let mut others = Vec::new();
    each(transaction, |person, told| {
        let stays = told == state.addresses.of(person) && changed.remove(person);
        others.extend((!stays).then(|| person.clone()));
    })?;
    let mut delete = transaction.prepare("DELETE FROM addresses WHERE external_id = ?1")?;
    for person in &others {
        delete.execute([person.as_str()])?;
    }
    let mut write = transaction
        .prepare("INSERT INTO addresses (external_id, email, position, taken) VALUES (?1, ?2, ?3, ?4)")?;
    for person in changed {
        for (told, position) in state.addresses.of(person).iter().zip(0_i64..) {
            write.execute((person.as_str(), told.email.as_str(), position, told.taken))?;
        }
    }
    Ok(())
}
