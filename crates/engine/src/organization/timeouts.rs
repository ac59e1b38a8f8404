//! How long the organization's server may take.

use std::time::Duration;

/// How long an answer of the organization's server is waited for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeouts {
    /// For one request for a token: somebody may sit in front of it.
    pub sign_in: Duration,
    /// For one look-up or one small change, from the first byte sent to the last received.
    pub answer: Duration,
    /// For one import: a self-hosted server takes one of any size and answers when all of it is done.
    pub import: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            sign_in: Duration::from_secs(30),
            answer: Duration::from_secs(2 * 60),
            import: Duration::from_secs(15 * 60),
        }
    }
}

impl Timeouts {
    /// The usual ones, or one limit for every answer where it is set, in seconds.
    pub(crate) fn within(limit: Option<u64>) -> Self {
        let all = |limit| Self { sign_in: limit, answer: limit, import: limit };
        limit.map(Duration::from_secs).map_or_else(Self::default, all)
    }
}
