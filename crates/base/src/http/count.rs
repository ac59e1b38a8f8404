//! How many requests went to which kind of server since the process began.

use std::sync::atomic::{AtomicU64, Ordering};

/// Whom requests of a client go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recipient {
    /// The organization's server, and everything else that is no directory.
    #[default]
    Organization,
    /// A directory.
    Directory,
}

/// Requests to one kind of server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// That were sent, further tries included.
    pub requests: u64,
    /// Whose answer asked for fewer of them.
    pub throttled: u64,
}

/// Numbers of this process: whoever shows them is not who sends.
static ORGANIZATION: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];
static DIRECTORY: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

/// What was sent so far, by the name of its recipient.
pub fn counted() -> [(&'static str, Counted); 2] {
    [("organization", &ORGANIZATION), ("directory", &DIRECTORY)].map(|(name, [requests, throttled])| {
        let read = |it: &AtomicU64| it.load(Ordering::Relaxed);
        (name, Counted { requests: read(requests), throttled: read(throttled) })
    })
}

/// Counts a request; `status` is that of its answer, where one came.
pub(super) fn count(to: Recipient, status: Option<u16>) {
    let [requests, throttled] = match to {
        Recipient::Organization => &ORGANIZATION,
        Recipient::Directory => &DIRECTORY,
    };
    requests.fetch_add(1, Ordering::Relaxed);
    if status == Some(429) {
        throttled.fetch_add(1, Ordering::Relaxed);
    }
}
