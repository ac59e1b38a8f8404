//! What a request is signed with: a token, and where the service wants one a proof of possession (RFC 9449).

use reqwest::header::{HeaderMap, HeaderValue};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use url::Url;

/// Header with the nonce for the next proof (RFC 9449, section 8).
const NONCE: &str = "dpop-nonce";

/// Makes the `DPoP` header of a request from its method, its address and the nonce that the service gave, if any; None
/// when it cannot be made.
pub type Proof = Arc<dyn Fn(&str, &Url, Option<&str>) -> Option<HeaderValue> + Send + Sync>;

/// The last `DPoP-Nonce` that the service gave: its token endpoint and everything else count apart (RFC 9449, section 9).
#[derive(Default)]
pub(super) struct Nonces {
    last: [Mutex<Option<String>>; 2],
}

impl Nonces {
    pub(super) fn last(&self, with_token: bool) -> Option<String> {
        self.place(with_token).clone()
    }

    pub(super) fn note(&self, with_token: bool, headers: &HeaderMap) {
        if let Some(nonce) = headers.get(NONCE).and_then(|nonce| nonce.to_str().ok()) {
            *self.place(with_token) = Some(nonce.to_owned());
        }
    }

    fn place(&self, with_token: bool) -> MutexGuard<'_, Option<String>> {
        self.last[usize::from(with_token)].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a request is signed with.
#[derive(Clone)]
pub(super) struct Signature {
    pub(super) header: HeaderValue,
    pub(super) proof: Option<Proof>,
    /// Which token it is.
    pub(super) generation: u64,
}
