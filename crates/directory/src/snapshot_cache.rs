//! What a directory brought last time, raw, with the place from which it goes on: the ground of an incremental read.
//!
//! A source that can tell completely what changed keeps its objects here as it received them, before any filter of the
//! settings, members by the directory's own ids, and makes every snapshot from them: after a full read and after an
//! incremental one alike. Dropping a cache costs a full read and changes nothing else; at any doubt (an expired token,
//! another server, a gap) the source drops it by itself.

use bwdc_core::snapshot::Snapshot;
use std::fmt;

/// How a run reads the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadMode {
    /// What changed, where the source can tell; else everything.
    Incremental,
    /// Everything.
    Full,
}

/// What is known from earlier reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapshotCache {
    /// Where the source goes on, in its own words.
    pub cursor: String,
    /// In the order in which they came first.
    pub objects: Vec<RawObject>,
}

/// One object as the source received it.
#[derive(Clone, PartialEq, Eq)]
pub struct RawObject {
    /// What it is.
    pub kind: ObjectKind,
    /// The directory's own id that survives a rename, unique among its kind.
    pub id: String,
    /// What the source needs of it, in a form of its own.
    pub body: Vec<u8>,
}

impl fmt::Debug for RawObject {
    /// Leaves the content out, which holds addresses.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} {} ({} bytes)", self.kind, self.id, self.body.len())
    }
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A person, deleted ones too where the directory keeps them.
    Person,
    /// A group with its direct members.
    Group,
    /// Something else that the source must remember.
    Other,
}

/// A complete state of the source, and what becomes of the cache.
pub struct IncrementalRead {
    /// Everything, as a full read would have brought it.
    pub snapshot: Snapshot,
    /// What is to be kept for the next read.
    pub refresh: Refresh,
}

/// What becomes of the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// It is dropped: the next read is a full one.
    Drop,
    /// A full read takes its place.
    Replace(SnapshotCache),
    /// An incremental read brought these.
    Change {
        /// Where the source goes on now.
        cursor: String,
        /// New objects, and changed ones as they are now.
        put: Vec<RawObject>,
        /// What is not there any more.
        gone: Vec<(ObjectKind, String)>,
    },
}
