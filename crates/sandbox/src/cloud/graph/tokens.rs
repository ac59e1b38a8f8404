//! What the tokens of the delta functions stand for.

use super::tenant::Tenant;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// What tokens stand for.
#[derive(Default)]
pub(super) struct Deltas {
    pub(super) pages: HashMap<String, Pages>,
    pub(super) links: HashMap<String, Link>,
    given: u64,
}

impl Deltas {
    /// Forgets every token.
    pub(super) fn expire(&mut self) {
        self.pages.clear();
        self.links.clear();
    }

    /// A new token.
    pub(super) fn token(&mut self) -> String {
        self.given += 1;
        format!("{}-{}", self.given, uuid::Uuid::new_v4().simple())
    }
}

/// The rest of an answer that is given in pages.
pub(super) struct Pages {
    pub(super) items: Vec<Value>,
    pub(super) link: Link,
}

/// Where a delta link goes on.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) of: Kind,
    pub(super) select: Vec<String>,
    pub(super) since: Arc<Tenant>,
}

/// Which of the functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Users,
    Groups,
}

impl Kind {
    /// The function at this path, in any of its spellings.
    pub(super) fn at(segments: &[&str]) -> Option<Self> {
        let [list, function] = segments else { return None };
        let is_delta = ["delta", "delta()", "microsoft.graph.delta", "microsoft.graph.delta()"];
        match *list {
            "users" if is_delta.contains(function) => Some(Self::Users),
            "groups" if is_delta.contains(function) => Some(Self::Groups),
            _ => None,
        }
    }

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Users => "/users/delta",
            Self::Groups => "/groups/delta",
        }
    }
}
