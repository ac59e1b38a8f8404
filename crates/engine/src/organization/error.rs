//! Why the organization could not be read or changed, and whether a failed change can have had an effect.

use super::message::ServerMessage;
use crate::http::{HttpError, TransportError, describe_status};
use bwdc_core::names::MemberId;

/// Why nothing could be learned from the server.
#[derive(Debug, thiserror::Error)]
pub enum OrganizationError {
    /// No client could be made.
    #[error(transparent)]
    Client(#[from] HttpError),
    /// No answer came.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// An id is none that can stand in an address.
    #[error("`{id}` is not an id that a request can name")]
    Id {
        /// As the server or the ledger has it.
        id: String,
    },
    /// The identity service gave no token.
    #[error("{0}")]
    SignIn(ServerMessage),
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
    Refused(ServerMessage),
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

impl OrganizationError {
    /// The next step for the administrator.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Client(error) => error.hint(),
            Self::Transport(error) => transport_hint(error),
            Self::Id { .. } => "Correct the server URL with `bwdc config server <url>`.",
            Self::NoToken { .. } | Self::Unreadable { .. } => NOT_THE_SERVER,
            Self::SignIn(message) => return sign_in_hint(message).map(str::to_owned),
            Self::Observer { .. } => {
                "Give a valid personal API key of an owner or administrator with `bwdc login --observer`, or go on without observing: `bwdc logout --observer`."
            }
            Self::Refused(message) => return hint(message),
            Self::UnknownStatus { .. } | Self::UnknownRole { .. } => {
                "The server is newer than this program: update `bwdc`."
            }
        };
        Some(fixed.to_owned())
    }

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
        message: ServerMessage,
        /// Whether a part can have been done before the refusal.
        effect: Effect,
    },
    /// The external id of a member was replaced, and something else of the member is not as it was.
    #[error("member {member} has got the directory's external id, and {what} changed meanwhile")]
    Altered {
        /// The membership.
        member: MemberId,
        /// What is not as it was.
        what: &'static str,
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
    Answer(ServerMessage),
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
            Self::NotSent(_) | Self::Refused { effect: Effect::None, .. } => true,
            Self::Refused { effect: Effect::Partial, .. } | Self::Altered { .. } | Self::Unknown { .. } => {
                false
            }
        }
    }

    /// What the server said, where it said something.
    pub fn message(&self) -> Option<&ServerMessage> {
        match self {
            Self::NotSent(error) => error.message(),
            Self::Refused { message, .. } | Self::Unknown { cause: UnknownCause::Answer(message) } => {
                Some(message)
            }
            Self::Unknown { cause: UnknownCause::Lost(error) } => error.message(),
            Self::Altered { .. } | Self::Unknown { cause: UnknownCause::Page { .. } } => None,
        }
    }

    /// The next step for the administrator.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotSent(error) => error.hint(),
            Self::Refused { message, .. } => hint(message),
            Self::Altered { .. } => Some(
                "Look at the member in the web vault: either somebody changed it at the same moment, or the server replaced more than it was asked to."
                    .to_owned(),
            ),
            Self::Unknown { cause } => {
                let mut hint = "It is not known how much of the request took effect. The next run looks first and sends only what is missing.".to_owned();
                if let UnknownCause::Lost(error) = cause
                    && matches!(**error, OrganizationError::Transport(TransportError::Timeout { .. }))
                {
                    hint.push_str(" Where answers take that long, raise `time-limits.organization` in connector.toml.");
                }
                Some(hint)
            }
        }
    }
}

const NOT_THE_SERVER: &str = "Check that the server URL leads to a Bitwarden or Vaultwarden server and not to something in front of it.";

fn transport_hint(error: &TransportError) -> &'static str {
    match error {
        TransportError::Address { .. } | TransportError::Redirected { .. } => {
            "Correct the server URL with `bwdc config server <url>`."
        }
        TransportError::Unreachable { .. } | TransportError::NotConnected { .. } => {
            "Check the server URL, the network and the proxy settings."
        }
        TransportError::Certificate { .. } => {
            "If a company authority signed it, name its PEM file as `organization-ca-path` in `connector.toml`, or add it to this machine's trusted certificates."
        }
        TransportError::Timeout { .. } => {
            "Check the server and what stands between, such as a proxy, and run again; where answers take that long, raise `time-limits.organization` in connector.toml."
        }
        TransportError::Cut { .. } => {
            "Check the server and what stands between, such as a proxy; then run again."
        }
        TransportError::TooLarge { .. } => NOT_THE_SERVER,
    }
}

fn sign_in_hint(message: &ServerMessage) -> Option<&'static str> {
    Some(match message.status {
        429 => "Wait a few minutes: the server limits how often one may sign in.",
        500.. => "Check the server; then run again.",
        404 => "Check the server URL: there is no identity service at this address.",
        _ => {
            "Check client id and secret and run `bwdc login` again. After the key was rotated, Bitwarden accepts the new one within 5 minutes; the organization must be enabled and its plan must include the API."
        }
    })
}

fn hint(message: &ServerMessage) -> Option<String> {
    let fixed = match message.status {
        401 => "Run `bwdc login` again: the server did not accept a fresh token. The stored key was kept.",
        402 => "Check the organization's plan and payment in the web vault.",
        403 => {
            "Check that the key belongs to this organization, and that no proxy or firewall in front of the server blocks the request."
        }
        404 => "Check the server URL, and that the organization still exists.",
        413 => {
            "The request is larger than the server or a proxy in front of it allows: raise that limit (`client_max_body_size` in nginx), or set `sync.largeImport` to send batches."
        }
        429 => {
            return Some(match message.retry_after {
                Some(wait) => {
                    format!("The server asks to wait {} seconds. Run again after that.", wait.as_secs())
                }
                None => "Wait a few minutes and run again.".to_owned(),
            });
        }
        500 => {
            "Look into the server's log. On a Bitwarden server this is often one address or external id that occurs twice in the organization."
        }
        502..=504 => {
            "The server behind the proxy did not answer: check that it runs, and the proxy's time limits."
        }
        _ => return None,
    };
    Some(fixed.to_owned())
}
