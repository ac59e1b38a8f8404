//! What every answer is made from, and what the service remembers.

use super::options::{DeltaHabits, Options};
use super::tenant::Tenant;
use super::tokens::Deltas;
use crate::faults::Faults;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// One request as it was received, credentials left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// For a batch the addresses in it, below the version.
    pub items: Vec<String>,
}

/// Makes items of batches fail, each on its own inside an answer of 200.
#[derive(Clone, Debug)]
pub struct ItemFault {
    /// How the item's address begins, such as `/groups/`.
    pub path_prefix: String,
    /// The status of the item.
    pub status: u16,
    /// Seconds of `Retry-After`.
    pub retry_after: Option<u64>,
    /// How many matching items are hit, the first ones.
    pub first: u32,
}

pub(super) struct Shared {
    pub(super) options: Options,
    pub(super) url: String,
    pub(super) faults: Faults,
    pub(super) tenant: Mutex<Tenant>,
    pub(super) tokens: Mutex<HashMap<String, Instant>>,
    pub(super) requests: Mutex<Vec<Request>>,
    pub(super) item_faults: Mutex<Vec<ItemFault>>,
    pub(super) deltas: Mutex<Deltas>,
    pub(super) habits: Mutex<DeltaHabits>,
    pub(super) load: Mutex<Option<f64>>,
}

impl Shared {
    pub(super) fn deltas(&self) -> MutexGuard<'_, Deltas> {
        lock(&self.deltas)
    }

    pub(super) fn delta_habits(&self) -> DeltaHabits {
        *lock(&self.habits)
    }

    pub(super) fn tenant(&self) -> MutexGuard<'_, Tenant> {
        lock(&self.tenant)
    }

    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// A token that is accepted from now on.
    pub(super) fn new_token(&self) -> String {
        let token = format!("graph-token-{}", uuid::Uuid::new_v4());
        lock(&self.tokens).insert(token.clone(), Instant::now() + self.options.token_lifetime);
        token
    }

    pub(super) fn version_url(&self) -> String {
        format!("{}/v1.0", self.url)
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
