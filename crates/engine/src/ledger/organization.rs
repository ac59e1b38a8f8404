//! Which organization and which directory the ledger is about: what is known of one must never decide over another.

use super::{Ledger, LedgerError, journal};
use rusqlite::OptionalExtension;

impl Ledger {
    /// Whether the ledger is about this organization, or about none yet.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn is_about(&self, server: &str, organization_id: &str) -> Result<bool, LedgerError> {
        Ok(self.organization()?.is_none_or(|known| is_same(&known, server, organization_id)))
    }

    /// Makes the ledger one about this organization. What it knew of another one is forgotten: nobody is managed, and the
    /// next run takes a baseline. The history of runs stays. True: it was about another one.
    ///
    /// # Errors
    /// [`LedgerError`]; the ledger is then as it was before.
    pub fn begin_with(&mut self, server: &str, organization_id: &str) -> Result<bool, LedgerError> {
        let known = self.organization()?;
        if known.as_ref().is_some_and(|known| is_same(known, server, organization_id)) {
            return Ok(false);
        }
        let another = known.is_some();
        let transaction = self.writing()?;
        if another {
            // Another directory may be about the same organization.
            let imports_until = journal::imports_until(&transaction)?;
            for table in [
                "memberships",
                "groups",
                "people",
                "addresses",
                "external_ids",
                "quarantine",
                "taken",
                "facts",
                "mirror_objects",
                "mirrors",
                "sources",
                "shared_marks",
                "refusals",
                "waiting",
                "without_address",
                "decisions",
            ] {
                transaction.execute(&format!("DELETE FROM {table}"), [])?;
            }
            transaction.execute("UPDATE intents SET request = NULL", [])?;
            journal::note_imports_until(&transaction, imports_until)?;
        }
        transaction.execute(
            "INSERT OR REPLACE INTO organization (only, server, id) VALUES (1, ?1, ?2)",
            (server, organization_id),
        )?;
        transaction.commit()?;
        Ok(another)
    }

    /// Server and id.
    fn organization(&self) -> Result<Option<(String, String)>, LedgerError> {
        let row = self
            .connection
            .query_row("SELECT server, id FROM organization", [], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(row.optional()?)
    }
}

fn is_same((known, id): &(String, String), server: &str, organization_id: &str) -> bool {
    known == server && id.eq_ignore_ascii_case(organization_id)
}
