//! What clients asked, in the order of arrival.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ldap3_proto::proto::LdapSearchScope;

/// One thing a client did. `connection` counts from 1.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum LoggedOperation {
    /// A connection was taken.
    Connected {
        /// Which connection.
        connection: u64,
        /// Whether it came in on the LDAPS port.
        ldaps: bool,
    },
    /// StartTLS was asked for.
    StartTls {
        /// Which connection.
        connection: u64,
    },
    /// A bind was asked for.
    Bind {
        /// Which connection.
        connection: u64,
        /// The name, empty for an anonymous bind.
        name: String,
        /// `simple`, or the SASL mechanism.
        method: String,
        /// Whether the connection was encrypted.
        encrypted: bool,
    },
    /// A search, or a further page of one, was asked for.
    Search {
        /// Which connection.
        connection: u64,
        /// The base as sent.
        base: String,
        /// The scope.
        scope: LdapSearchScope,
        /// The filter as RFC 4515 text.
        filter: String,
        /// The attributes asked for; empty means all.
        attributes: Vec<String>,
        /// The page size asked for; `None` without paging.
        page_size: Option<usize>,
        /// Which page of the search this is, from 1.
        page: usize,
        /// The client's own size limit, 0 for none.
        size_limit: usize,
    },
    /// An extended operation other than StartTLS.
    Extended {
        /// Which connection.
        connection: u64,
        /// Its object identifier.
        oid: String,
    },
    /// An operation was given up.
    Abandon {
        /// Which connection.
        connection: u64,
    },
    /// The client said goodbye.
    Unbind {
        /// Which connection.
        connection: u64,
    },
    /// The connection ended, whoever ended it.
    Closed {
        /// Which connection.
        connection: u64,
    },
}

/// How often things happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Connections taken.
    pub connections: usize,
    /// Binds asked for.
    pub binds: usize,
    /// Searches, without their further pages, the root DSE included.
    pub searches: usize,
    /// Answers to paged searches.
    pub pages: usize,
}

#[derive(Debug, Default)]
pub(super) struct Log {
    operations: Mutex<Vec<LoggedOperation>>,
    grown: Condvar,
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, Vec<LoggedOperation>> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, operation: LoggedOperation) {
        self.lock().push(operation);
        self.grown.notify_all();
    }

    pub(super) fn all(&self) -> Vec<LoggedOperation> {
        self.lock().clone()
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for operation in self.lock().iter() {
            match operation {
                LoggedOperation::Connected { .. } => counts.connections += 1,
                LoggedOperation::Bind { .. } => counts.binds += 1,
                LoggedOperation::Search { page, page_size, .. } => {
                    counts.searches += usize::from(*page == 1);
                    counts.pages += usize::from(page_size.is_some());
                }
                _ => {}
            }
        }
        counts
    }

    pub(super) fn wait_for(&self, wanted: impl Fn(&[LoggedOperation]) -> bool, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        let mut operations = self.lock();
        while !wanted(&operations) {
            let Some(left) = end.checked_duration_since(Instant::now()) else { return false };
            operations = self.grown.wait_timeout(operations, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
