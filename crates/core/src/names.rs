//! Names that must not be mixed up, each a type of its own. A copy shares the text: ids stand in many lists.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the name as it is.
            pub fn new(value: impl Into<Arc<str>>) -> Self {
                Self(value.into())
            }

            /// The name as a string.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

name!(
    /// The id under which a person or group is pushed to the organization.
    ExternalId
);
name!(
    /// The id that a directory keeps through renames and moves, with its kind: `entryUUID:…`, `objectGUID:…`.
    StableId
);
name!(
    /// One of the directories from which people come; blank: the one that `data.json` describes.
    SourceName
);

/// How the name of a directory to which a source led before begins.
const FORMER: &str = "was ";

impl SourceName {
    /// The directory that `data.json` describes.
    pub fn primary() -> Self {
        Self::new("")
    }

    /// Whether it is the directory that `data.json` describes.
    pub fn is_primary(&self) -> bool {
        self.as_str().is_empty()
    }

    /// One of several, and nobody noted which: no source can be named so.
    pub fn untold() -> Self {
        Self::new("?")
    }

    /// Whether nobody noted which source it is.
    pub fn is_untold(&self) -> bool {
        *self == Self::untold()
    }

    /// A directory to which a source led before, by kind and account: what came from there is remembered, and no directory of now
    /// is asked for it. No source can be named so.
    pub fn former(place: &str) -> Self {
        Self::new(format!("{FORMER}{place}"))
    }

    /// Whether it is a directory to which a source led before.
    pub fn is_former(&self) -> bool {
        self.as_str().starts_with(FORMER)
    }

    /// The account of a directory to which a source led before; None: a source of now.
    pub fn former_account(&self) -> Option<&str> {
        let place = self.as_str().strip_prefix(FORMER)?;
        Some(place.split_once(' ').map_or(place, |(_, account)| account))
    }
}

name!(
    /// An address, trimmed and in lower case.
    Email
);
name!(
    /// The organization's id of one membership.
    MemberId
);
name!(
    /// The organization's id of one group.
    GroupId
);

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// What tells people apart who have one address, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The employee number.
    pub number: Option<String>,
    /// The name, as the directory shows it to people.
    pub name: Option<String>,
}
