//! Entries that are in a directory and that a read does not return.

/// An entry that is there and was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The directory's name for it.
    pub name: String,
    /// Why it was not read.
    pub cause: UnreadCause,
}

/// Why an entry was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnreadCause {
    /// A filter selects it, and it lies where no search looks.
    Elsewhere {
        /// Whether the filter of people selects it, else that of groups.
        as_person: bool,
        /// Where the searches look.
        bases: Vec<String>,
        /// The setting that the bases come from.
        setting: &'static str,
    },
    /// No filter selects it.
    NotSelected {
        /// The filter of people, object class included.
        people: String,
        /// The filter of groups, object class included.
        groups: String,
    },
    /// A filter selects it, and it lies where a search looks: it came, or changed, meanwhile, or nothing of its kind is read.
    Meanwhile {
        /// Whether the filter of people selects it, else that of groups.
        as_person: bool,
    },
}
