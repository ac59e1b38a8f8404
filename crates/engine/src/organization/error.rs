//! Why the organization could not be read or changed, and whether a failed change can have had an effect.

use super::message::ServerMessage;
use crate::http::{HttpError, TransportError, describe_status};
use crate::lease::LeaseError;
use crate::notice::Belonging;
use bwdc_core::names::MemberId;
use std::time::Duration;

/// Why nothing could be learned from the server.
#[derive(Debug, thiserror::Error)]
pub enum OrganizationError {
    /// No client could be made.
    #[error(transparent)]
    Client(#[from] HttpError),
    /// No answer came.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Each answer came in time, and all of them took longer than so many may: nothing more is sent.
    #[error(
        "{requests} requests to the organization's server took {} min, more than the {} min that so many may take; the next one was to be {url}",
        minutes(*taken),
        minutes(*allowed)
    )]
    TooSlow {
        /// Where the request was to go that is not sent any more.
        url: String,
        /// How many were sent before.
        requests: u64,
        /// How long they took, those at the same time each.
        taken: Duration,
        /// How long so many may take.
        allowed: Duration,
    },
    /// Another machine may be at work: nothing was sent.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// An id is none that can stand in an address.
    #[error("`{id}` is not an id that a request can name")]
    Id {
        /// As the server or the ledger has it.
        id: String,
    },
    /// The identity service gave no token.
    #[error("{0}")]
    SignIn(Box<ServerMessage>),
    /// The identity service said yes and gave nothing.
    #[error("{url} answered without an access token: {found}")]
    NoToken {
        /// Where the request went.
        url: String,
        /// What came instead.
        found: String,
    },
    /// The administrator's key by which the organization is observed was refused.
    #[error("the organization cannot be observed as `{client_id}`: {message}")]
    Observer {
        /// Whose key.
        client_id: String,
        /// What the server said.
        message: Box<ServerMessage>,
    },
    /// The API refused.
    #[error("{0}")]
    Refused(Box<ServerMessage>),
    /// The answer is not what the endpoint gives.
    #[error("the answer of {url} cannot be read: {reason}")]
    Unreadable {
        /// Where the request went.
        url: String,
        /// What is wrong with it, without its contents.
        reason: String,
    },
    /// A status number that nobody has told us the meaning of.
    #[error("member {member} has the status {status}, which is not known")]
    UnknownStatus {
        /// The membership.
        member: MemberId,
        /// The number.
        status: i32,
    },
    /// A role number that nobody has told us the meaning of.
    #[error("member {member} has the role {role}, which is not known")]
    UnknownRole {
        /// The membership.
        member: MemberId,
        /// The number.
        role: i32,
    },
}

fn minutes(time: Duration) -> u64 {
    time.as_secs().div_ceil(60)
}

impl OrganizationError {
    /// What the server said, where it said something.
    pub fn message(&self) -> Option<&ServerMessage> {
        match self {
            Self::SignIn(message) | Self::Refused(message) => Some(message),
            _ => None,
        }
    }
}

/// What became of a change that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The server never acted on it: no token, no connection, or something in between that did not pass it on.
    #[error(transparent)]
    NotSent(#[from] OrganizationError),
    /// The server answered that it refuses.
    #[error("{message}")]
    Refused {
        /// What it said.
        message: Box<ServerMessage>,
        /// Whether a part can have been done before the refusal.
        effect: Effect,
    },
    /// The server knows the member, and not how to take access while the membership is kept.
    #[error("this server cannot revoke access, which Bitwarden servers do since version 2026.2.0")]
    NoRevoke,
    /// Somebody has joined with the invitation that was to go to another address: it is theirs.
    #[error("somebody has joined with this invitation meanwhile, which stays as it is")]
    JoinedMeanwhile,
    /// The external id of a member was replaced, and something else of the member is not as it was.
    #[error(
        "member {member} has got the directory's external id, and changed otherwise meanwhile ({what:?})"
    )]
    Altered {
        /// The membership.
        member: MemberId,
        /// What is not as it was.
        what: Belonging,
    },
    /// The request went out and nobody can say what it did: look at the organization before sending it again.
    #[error("{cause}")]
    Unknown {
        /// What came in place of an answer.
        #[source]
        cause: UnknownCause,
    },
}

/// How much a refused request can have changed: an import is no transaction, so that a refusal can come halfway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// Some steps before the one that was refused.
    Partial,
}

/// Why the effect of a request is unknown.
#[derive(Debug, thiserror::Error)]
pub enum UnknownCause {
    /// A server error: it can have come at any step.
    #[error("{0}")]
    Answer(Box<ServerMessage>),
    /// The connection ended or the time ran out after the request was sent.
    #[error(transparent)]
    Lost(Box<OrganizationError>),
    /// Success was reported by something that is not the server, such as a sign-in page.
    #[error("{url} answered {} with a web page in place of the server's answer", describe_status(*status))]
    Page {
        /// Where the request went.
        url: String,
        /// The HTTP status.
        status: u16,
    },
}

impl ApplyError {
    /// Whether the organization is certainly as it was.
    pub fn certainly_nothing_happened(&self) -> bool {
        match self {
            Self::NotSent(_)
            | Self::NoRevoke
            | Self::JoinedMeanwhile
            | Self::Refused { effect: Effect::None, .. } => true,
            Self::Refused { effect: Effect::Partial, .. } | Self::Altered { .. } | Self::Unknown { .. } => {
                false
            }
        }
    }

    /// Whether the organization may still be carrying the request out: no answer came, or it came from something in between. An
    /// answer of the server's own, be it a failure, is its last word.
    pub fn may_be_under_way(&self) -> bool {
        match self {
            Self::Unknown { cause: UnknownCause::Answer(message) } => message.status != 500 || message.page,
            Self::Unknown { cause: UnknownCause::Lost(_) | UnknownCause::Page { .. } } => true,
            Self::NotSent(_)
            | Self::NoRevoke
            | Self::JoinedMeanwhile
            | Self::Refused { .. }
            | Self::Altered { .. } => false,
        }
    }

    /// Whether the server refuses, or fails on, what was asked for one person or group, so that it may well do the next: a rule, a
    /// policy, a vanished entry or a record that it trips over, and no matter of rights, plan, payment or rate.
    pub(crate) fn concerns_one(&self) -> bool {
        match self {
            Self::Refused { message, effect: Effect::None } => {
                !message.page && matches!(message.status, 400 | 404 | 409 | 422)
            }
            Self::Unknown { cause: UnknownCause::Answer(_) } => !self.may_be_under_way(),
            Self::NoRevoke | Self::JoinedMeanwhile => true,
            _ => false,
        }
    }

    /// Whether there are too few seats: the server invites nobody then, and does not come to the groups.
    pub(crate) fn lacks_seats(&self) -> bool {
        const SAID: [&str; 2] = ["Cannot autoscale", "Seat limit has been reached"];
        let Self::Refused { message, .. } = self else { return false };
        message.status == 400 && SAID.iter().any(|it| message.message.starts_with(it))
    }

    /// Whether a rule of the server forbids it, which stays so until something about it changes.
    pub(crate) fn is_forbidden(&self) -> bool {
        matches!(self, Self::Refused { message, .. } if matches!(message.status, 400 | 422))
    }

    /// What the server said, where it said something.
    pub fn message(&self) -> Option<&ServerMessage> {
        match self {
            Self::NotSent(error) => error.message(),
            Self::Refused { message, .. } | Self::Unknown { cause: UnknownCause::Answer(message) } => {
                Some(message)
            }
            Self::Unknown { cause: UnknownCause::Lost(error) } => error.message(),
            Self::Altered { .. }
            | Self::NoRevoke
            | Self::JoinedMeanwhile
            | Self::Unknown { cause: UnknownCause::Page { .. } } => None,
        }
    }
}
