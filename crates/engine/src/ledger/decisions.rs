//! What an administrator has decided about people who wait.

use super::{Ledger, LedgerError};
use bwdc_core::ledger::{Choice, Decision, EntryKey, Waiting};
use bwdc_core::names::{Email, ExternalId, SourceName, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Transaction};
use std::collections::HashSet;

impl Ledger {
    /// Notes a decision for the next run, in place of one about the same address.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn decide(&mut self, decision: &Decision, now: Timestamp) -> Result<(), LedgerError> {
        let of = decision.of.as_ref();
        self.connection.execute(
            "INSERT OR REPLACE INTO decisions (email, choice, decided_at, source, entry, membership)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                decision.address.as_str(),
                decision.choice.word(),
                now.0,
                of.map(|it| it.entry.source.as_str()),
                of.map(|it| it.entry.id.as_str()),
                of.map(|it| it.membership.as_str()),
            ),
        )?;
        Ok(())
    }

    /// The decisions that no run has carried out.
    ///
    /// # Errors
    /// [`LedgerError`] when they cannot be read.
    pub fn standing_decisions(&self) -> Result<Vec<Decision>, LedgerError> {
        read(&self.connection)
    }

    /// Takes a decision back that no run has carried out; None: there is none about this address.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn withdraw_decision(&mut self, address: &Email) -> Result<Option<Choice>, LedgerError> {
        let query = "DELETE FROM decisions WHERE email = ?1 RETURNING choice";
        let word: Option<String> =
            self.connection.query_row(query, [address.as_str()], |row| row.get(0)).optional()?;
        Ok(word.as_deref().and_then(Choice::from_word))
    }
}

/// Reads all of them.
pub(super) fn read(connection: &Connection) -> Result<Vec<Decision>, LedgerError> {
    let query = "SELECT email, choice, source, entry, membership FROM decisions ORDER BY email";
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    let mut decisions = Vec::new();
    while let Some(row) = rows.next()? {
        let choice = Choice::from_word(&row.get::<_, String>(1)?);
        let address = Email::new(row.get::<_, Box<str>>(0)?);
        let (source, id): (Option<Box<str>>, Option<String>) = (row.get(2)?, row.get(3)?);
        let membership: Option<Box<str>> = row.get(4)?;
        let entry = source.zip(id).map(|(source, id)| EntryKey { source: SourceName::new(source), id });
        let of = entry.zip(membership);
        let of = of.map(|(entry, it)| Waiting { entry, membership: ExternalId::new(it) });
        decisions.extend(choice.map(|choice| Decision { address, choice, of }));
    }
    Ok(decisions)
}

/// Drops all but these.
pub(super) fn keep(transaction: &Transaction<'_>, decisions: &[Decision]) -> Result<(), LedgerError> {
    let kept: HashSet<&str> = decisions.iter().map(|it| it.address.as_str()).collect();
    for decision in read(transaction)?.iter().filter(|it| !kept.contains(it.address.as_str())) {
        transaction.execute("DELETE FROM decisions WHERE email = ?1", [decision.address.as_str()])?;
    }
    Ok(())
}
