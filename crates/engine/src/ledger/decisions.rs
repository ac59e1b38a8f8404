//! What an administrator has decided about people who wait.

use super::{Ledger, LedgerError};
use bwdc_core::ledger::{Choice, Decision};
use bwdc_core::names::{Email, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Transaction};
use std::collections::HashSet;

impl Ledger {
    /// Notes a decision for the next run, in place of one about the same address.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn decide(&mut self, decision: &Decision, now: Timestamp) -> Result<(), LedgerError> {
        self.connection.execute(
            "INSERT OR REPLACE INTO decisions (email, choice, decided_at) VALUES (?1, ?2, ?3)",
            (decision.address.as_str(), decision.choice.word(), now.0),
        )?;
        Ok(())
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
    let mut statement = connection.prepare("SELECT email, choice FROM decisions ORDER BY email")?;
    let mut rows = statement.query([])?;
    let mut decisions = Vec::new();
    while let Some(row) = rows.next()? {
        let choice = Choice::from_word(&row.get::<_, String>(1)?);
        let address = Email::new(row.get::<_, Box<str>>(0)?);
        decisions.extend(choice.map(|choice| Decision { address, choice }));
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
