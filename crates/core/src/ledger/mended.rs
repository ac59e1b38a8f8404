//! What a run set right after somebody else had changed it: what is changed again is left alone.

use crate::names::Timestamp;
use serde::Serialize;

/// For so long, in milliseconds, a run remembers what it set right: what is changed again later is another matter.
const KEPT_FOR: i64 = 30 * 24 * 60 * 60 * 1000;

/// What was set right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum MendedKind {
    /// The external id of a member, after it was changed to another one.
    MemberId,
    /// The external id of a group, after it was changed to another one.
    GroupId,
    /// Name and members of a group, which the directory had not changed.
    Group,
    /// Nothing yet: the organization shows a membership under another one's external id than the ledger remembers, since then.
    Membership,
}

impl MendedKind {
    const ALL: [Self; 4] = [Self::MemberId, Self::GroupId, Self::Group, Self::Membership];

    /// The word under which a database keeps it.
    pub fn word(self) -> &'static str {
        match self {
            Self::MemberId => "member-id",
            Self::GroupId => "group-id",
            Self::Group => "group",
            Self::Membership => "membership",
        }
    }

    /// What a database keeps under this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// Something that was set right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// What.
    pub kind: MendedKind,
    /// The organization's own id of the membership or the group; for name and members the group's external id.
    pub id: String,
    /// What it was set to: another value is another matter.
    pub mark: String,
    /// When.
    pub at: Timestamp,
}

impl Mended {
    /// Whether it is remembered still.
    pub fn holds(&self, now: Timestamp) -> bool {
        (0..KEPT_FOR).contains(&now.0.saturating_sub(self.at.0))
    }
}
