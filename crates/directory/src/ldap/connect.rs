//! A bound connection that knows its server.

use super::error::{LdapReadError, Step};
use super::name::{self, is_within};
use super::password::PasswordWarning;
use super::root_entry::RootEntry;
use super::schema::Searches;
use ldap3::{Ldap, LdapError};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long a polite goodbye, or the reason for a broken connection, is waited for.
pub(super) const GRACE: Duration = Duration::from_secs(1);

/// A bound connection.
pub(super) struct Connection {
    pub(super) ldap: Ldap,
    pub(super) driver: Option<JoinHandle<Result<(), LdapError>>>,
    pub(super) server: Box<str>,
    pub(super) username: Box<str>,
    pub(super) page_limit: Duration,
    pub(super) root: RootEntry,
    /// What the schema says of searches, once it was asked for; None within where it says nothing.
    pub(super) searches: Option<Option<Arc<Searches>>>,
    /// The largest page that the server has not refused.
    pub(super) page_size: i32,
    /// How the server refused to answer in pages, once it has.
    pub(super) page_refused: Option<u32>,
    /// What the server said of the password when it accepted it.
    pub(super) password_warning: Option<PasswordWarning>,
    /// Entries that have come so far.
    pub(super) entries: u64,
}

impl Connection {
    /// Says goodbye; errors no longer matter.
    pub(super) async fn close(mut self) {
        let _ = timeout(GRACE, self.ldap.unbind()).await;
    }

    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// As whom the connection is bound.
    pub(super) fn username(&self) -> &str {
        &self.username
    }

    /// The server's software, where it says.
    pub(super) fn vendor(&self) -> Option<&str> {
        self.root.vendor.as_deref()
    }

    pub(super) fn page_limit(&self) -> Duration {
        self.page_limit
    }

    /// Whether pages can be asked for.
    pub(super) fn offers_pages(&self) -> bool {
        self.root.paging == Some(true) && self.page_refused.is_none()
    }

    pub(super) fn is_active_directory(&self) -> bool {
        self.root.active_directory
    }

    pub(super) fn synchronizes(&self) -> bool {
        self.root.synchronizes
    }

    /// Active Directory: the entry of the controller's service, and the number of its last change before this connection.
    pub(super) fn service(&self) -> Option<(&str, u64)> {
        self.root.service.as_ref().map(|(name, last)| (name.as_str(), *last))
    }

    /// The naming context of the server that holds `base`, else `base` itself.
    pub(super) fn naming_context<'s>(&'s self, base: &'s str) -> &'s str {
        self.containing_context(base).unwrap_or(base)
    }

    /// Whether `base` lies in a naming context of the server; true where it names none.
    pub(super) fn holds(&self, base: &str) -> bool {
        self.root.naming_contexts.is_empty() || self.containing_context(base).is_some()
    }

    fn containing_context(&self, base: &str) -> Option<&str> {
        let (mut below, mut above) = (String::new(), String::new());
        if !name::normalize(base, &mut below) {
            return None;
        }
        let contexts = self.root.naming_contexts.iter().map(String::as_str);
        contexts
            .filter(|context| name::normalize(context, &mut above) && is_within(&below, &above))
            .max_by_key(|it| it.len())
    }

    /// The error for an answer that will not come any more.
    pub(super) async fn lost(&mut self, error: LdapError, step: Step) -> LdapReadError {
        let server = self.server.clone();
        let source = match error {
            LdapError::EndOfStream
            | LdapError::ResultRecv { .. }
            | LdapError::OpSend { .. }
            | LdapError::IdScrubSend { .. } => match self.driver.take() {
                Some(driver) => match timeout(GRACE, driver).await {
                    Ok(Ok(Err(LdapError::Io { source }))) => Some(source),
                    Ok(Ok(Err(other))) => Some(io::Error::other(other)),
                    Ok(Err(panic)) if panic.is_panic() => {
                        return LdapReadError::Malformed { server, what: "something" };
                    }
                    _ => None,
                },
                None => None,
            },
            LdapError::Io { source } => Some(source),
            other => Some(io::Error::other(other)),
        };
        let source = source.filter(|source| source.kind() != io::ErrorKind::UnexpectedEof);
        LdapReadError::Cut { server, step, source }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(driver) = &self.driver {
            driver.abort();
        }
    }
}
