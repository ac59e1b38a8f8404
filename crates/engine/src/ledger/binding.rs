//! For which addresses a secret was entered: it is never sent to others.
//!
//! The mark knows its secret by a salted fingerprint. One that another program put in its place is not meant by it.

use super::{Ledger, LedgerError};
use rusqlite::OptionalExtension;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The addresses of an organization that were in force when a secret was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundAddresses {
    /// The API.
    pub api: String,
    /// The identity service.
    pub identity: String,
}

impl Ledger {
    /// For which addresses this secret was entered; None: that was not noted. `name` says whose secret it is.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn binding(&self, name: &str, secret: &SecretString) -> Result<Option<BoundAddresses>, LedgerError> {
        let sql = "SELECT salt, fingerprint, api, identity FROM bindings WHERE secret = ?1";
        let row = self.connection.query_row(sql, [name], |row| {
            let addresses = BoundAddresses { api: row.get(2)?, identity: row.get(3)? };
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, addresses))
        });
        let is_of = |salt: &str, known: &str| fingerprint(salt, secret) == known;
        Ok(row.optional()?.filter(|(salt, known, _)| is_of(salt, known)).map(|(_, _, addresses)| addresses))
    }

    /// Notes for which addresses a secret was entered, in the place of an earlier note.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn bind(
        &mut self,
        name: &str,
        secret: &SecretString,
        addresses: &BoundAddresses,
    ) -> Result<(), LedgerError> {
        let salt = Uuid::new_v4().to_string();
        self.connection.execute(
            "INSERT OR REPLACE INTO bindings (secret, salt, fingerprint, api, identity) VALUES (?1, ?2, ?3, ?4, ?5)",
            (name, &salt, fingerprint(&salt, secret), &addresses.api, &addresses.identity),
        )?;
        Ok(())
    }
}

fn fingerprint(salt: &str, secret: &SecretString) -> String {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update([0]);
    hash.update(secret.expose_secret());
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
