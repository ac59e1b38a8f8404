//! Entries of the directories that are no people of ours: that somebody was there before, under another address or none, tells that
//! an address was handed on.

use crate::names::{Email, SourceName};
use serde::Serialize;

/// An entry of a directory, by the id that survives renames where it has one, else by the one that is pushed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryKey {
    /// The source to which the id belongs.
    pub source: SourceName,
    /// The id.
    pub id: String,
}

/// An entry that a run saw, and that nobody in the organization is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which.
    pub entry: EntryKey,
    /// The address with which it was first seen; blank: none.
    pub email: Email,
}
