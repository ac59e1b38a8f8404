//! What happens during a run, told while it happens. The engine emits; each front end draws in its own way.

/// One step of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// People and groups read from the directory so far.
    Reading {
        /// People so far.
        people: usize,
        /// Groups so far.
        groups: usize,
    },
    /// The directory was read by what changed since the last read.
    Followed {
        /// Entries that the directory had to return.
        entries: u64,
    },
    /// The organization is being read: requests done so far, of how many.
    Observing {
        /// Answers received.
        done: usize,
        /// Requests in all, as far as known.
        of: usize,
    },
    /// A request is being sent: its number, of how many.
    Sending {
        /// From 1.
        number: usize,
        /// Requests in all.
        of: usize,
    },
    /// The server did not take a request: parts of it are sent, to find the record that it fails on.
    Splitting {
        /// People and groups in the part that is sent now.
        records: usize,
    },
    /// A server asked for patience, or a connection is tried again.
    Waiting {
        /// Whole seconds until the next attempt.
        seconds: u64,
        /// What is waited for.
        reason: String,
    },
    /// The organization's key travels in clear text to these addresses: the installation was taken over with them.
    ClearText {
        /// Addresses of the organization's server.
        addresses: Vec<String>,
    },
    /// Something that the administrator should know and that stops nothing.
    Notice(String),
}

/// Where events go.
pub type Events<'a> = &'a (dyn Fn(Event) + Send + Sync);
