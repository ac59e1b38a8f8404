//! Looks an LDAP server over.

use super::LdapDirectory;
use crate::directory::ReadError;
use crate::directory::probe::{Check, Finding, Grade};
use crate::event::Events;

impl LdapDirectory {
    /// Connects, binds and asks what the server is.
    pub async fn probe(&self, _: Events<'_>) -> Vec<Finding> {
        vec![match self.connect().await {
            Ok(connection) => {
                let finding = Finding::new(Check::SignIn, connection.server(), Grade::Good);
                connection.close().await;
                finding
            }
            Err(error) => {
                let subject = self.settings.hostname.clone();
                Finding::new(Check::SignIn, subject, Grade::Failed(Box::new(ReadError::from(error))))
            }
        }]
    }
}
