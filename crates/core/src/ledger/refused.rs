//! What the server refuses to do for one person or group: asked for again when something about it changed, else once a day.

use crate::names::Timestamp;
use crate::wire::Request;
use serde::Serialize;

/// For so long, in milliseconds, the same is not asked for again.
const NOT_AGAIN_FOR: i64 = 24 * 60 * 60 * 1000;

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RefusedKind {
    /// To give a member access again.
    Restore,
    /// To give a member another external id.
    MemberId,
    /// To give a group another external id.
    GroupId,
    /// To delete a group.
    DeleteGroup,
}

impl RefusedKind {
    const ALL: [Self; 4] = [Self::Restore, Self::MemberId, Self::GroupId, Self::DeleteGroup];

    /// What a request is, with the membership or group that it is about. None: it takes access, and is asked for in each run;
    /// or it is an import.
    pub fn of(request: &Request) -> Option<(Self, &str)> {
        match request {
            Request::Restore(id) => Some((Self::Restore, id.as_str())),
            Request::PutMember { id, .. } => Some((Self::MemberId, id.as_str())),
            Request::PutGroup { id, .. } => Some((Self::GroupId, id.as_str())),
            Request::DeleteGroup(id) => Some((Self::DeleteGroup, id.as_str())),
            Request::Revoke(_)
            | Request::Remove(_)
            | Request::InviteAnew { .. }
            | Request::Merge { .. }
            | Request::TakeOut { .. }
            | Request::Import(_)
            | Request::WholeImport(_) => None,
        }
    }

    /// The word under which a database keeps it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Restore => "restore",
            Self::MemberId => "member-id",
            Self::GroupId => "group-id",
            Self::DeleteGroup => "delete-group",
        }
    }

    /// What a database keeps under this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// A refusal that was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedBefore {
    /// What was asked for.
    pub kind: RefusedKind,
    /// The membership or group.
    pub id: String,
    /// What directory and organization held of it then: another value is a reason to ask again.
    pub mark: String,
    /// What the server said.
    pub reason: String,
    /// When it was first refused.
    pub since: Timestamp,
    /// When it was asked for last.
    pub tried_at: Timestamp,
}

impl RefusedBefore {
    /// Whether it is not asked for now.
    pub fn waits(&self, mark: &str, now: Timestamp) -> bool {
        self.mark == mark && (0..NOT_AGAIN_FOR).contains(&now.0.saturating_sub(self.tried_at.0))
    }
}
