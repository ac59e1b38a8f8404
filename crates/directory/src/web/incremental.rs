//! Incremental reads: everything of a source, by what changed since the last read where the service can tell.
//!
//! One driver serves all services: a cache that cannot be understood and any doubt of the service's lead to a full read,
//! and what that brought replaces the cache. A service knows how it tells what changed, and what makes it doubt.

use crate::ReadError;
use crate::snapshot_cache::{IncrementalRead, Refresh, SnapshotCache};
use bwdc_base::clock::to_iso;
use bwdc_base::event::{Event, Events};
use bwdc_core::names::Timestamp;
use bwdc_core::snapshot::Snapshot;
use std::future::Future;

/// How far back a read by dates looks beyond the last one, in milliseconds.
pub const MARGIN: i64 = 60_000;

/// A source that can tell what changed.
pub trait IncrementalSource: Sync {
    /// What the last read brought, legible.
    type Known: Send;
    /// Everything as it is now.
    type State: Send;

    /// Whether what changed can be told completely under these settings.
    fn tells_changes(&self) -> bool;

    /// Reads a cache; None where it cannot be understood.
    fn known(&self, cache: &SnapshotCache) -> Option<Self::Known>;

    /// Everything, by what changed; None at any doubt.
    fn by_changes(
        &self,
        known: Self::Known,
    ) -> impl Future<Output = Result<Option<Changes<Self::State>>, ReadError>> + Send;

    /// Everything, and the cache for the next read, if there is to be one.
    fn whole(&self) -> impl Future<Output = Result<(Self::State, Option<SnapshotCache>), ReadError>> + Send;

    /// The snapshot of a state.
    fn snapshot(&self, state: Self::State) -> impl Future<Output = Result<Snapshot, ReadError>> + Send;
}

/// A state that an incremental read brought.
pub struct Changes<S> {
    /// Everything as it is now.
    pub state: S,
    /// What becomes of the cache.
    pub refresh: Refresh,
    /// How many entries the service returned.
    pub entries: usize,
}

/// Reads everything, by what changed since `cache` where that can be told.
///
/// # Errors
/// [`ReadError`] as for a full read.
pub async fn read<S: IncrementalSource>(
    source: &S,
    cache: Option<SnapshotCache>,
    events: Events<'_>,
) -> Result<IncrementalRead, ReadError> {
    let known = cache.filter(|_| source.tells_changes()).and_then(|cache| source.known(&cache));
    let changes = match known {
        Some(known) => source.by_changes(known).await?,
        None => None,
    };
    let (state, refresh) = match changes {
        Some(Changes { state, refresh, entries }) => {
            events(Event::IncrementalRead { entries: entries as u64 });
            (state, refresh)
        }
        None => {
            let (state, cache) = source.whole().await?;
            let cache = cache.filter(|_| source.tells_changes());
            (state, cache.map_or(Refresh::Drop, Refresh::Replace))
        }
    };
    Ok(IncrementalRead { snapshot: source.snapshot(state).await?, refresh })
}

/// From when on a read by dates asks, as the service writes it.
pub fn margin_before(since: Timestamp) -> String {
    to_iso(Timestamp(since.0.saturating_sub(MARGIN)))
}
