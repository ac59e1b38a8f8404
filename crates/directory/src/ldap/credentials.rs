//! With what a connection is bound, and what messages call the account.

#[cfg(feature = "kerberos")]
use bwdc_core::settings::Security;
use secrecy::SecretString;

/// What messages call who gave no name.
pub(super) const NOBODY: &str = "nobody (anonymous)";
/// What messages call whom a Kerberos ticket stands for.
pub(super) const TICKET_HOLDER: &str = "the holder of the Kerberos ticket";

/// With what a connection is bound.
pub(super) enum Credentials<'a> {
    Password {
        username: &'a str,
        password: &'a SecretString,
    },
    External,
    /// The Kerberos ticket of the account that runs the program.
    #[cfg(feature = "kerberos")]
    Ticket {
        hostname: &'a str,
        security: Security,
    },
    Nobody,
}

impl Credentials<'_> {
    /// What messages call the account.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Password { username, .. } => username,
            Self::External => "whom the client certificate or this process stands for",
            #[cfg(feature = "kerberos")]
            Self::Ticket { .. } => TICKET_HOLDER,
            Self::Nobody => NOBODY,
        }
    }
}
