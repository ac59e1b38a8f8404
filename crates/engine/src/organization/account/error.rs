//! Why nobody could be signed in as a person.

use crate::organization::error::OrganizationError;
use crate::organization::message::ServerMessage;

/// Why a person could not be signed in, or a key could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The server could not be asked, or its answer is none.
    #[error(transparent)]
    Server(#[from] OrganizationError),
    /// The server refuses address, password or code.
    #[error("{0}")]
    Refused(ServerMessage),
    /// The server refuses to hand out a key.
    #[error("{0}")]
    KeyRefused(ServerMessage),
    /// The server asks for a way from password to key that is weak, or that would not end.
    #[error(
        "the server asks for {asked} {what}, and between {least} and {most} are acceptable: nothing was sent"
    )]
    Derivation {
        /// Of what.
        what: &'static str,
        /// The number that the server gave; 0 when it gave none.
        asked: u32,
        /// The smallest number that is strong enough.
        least: u32,
        /// The largest number that is worked through.
        most: u32,
    },
    /// The server asks for a way from password to key that is not known.
    #[error("the server derives keys in a way that is not known (number {kdf}): nothing was sent")]
    UnknownDerivation {
        /// The server's number for it.
        kdf: u32,
    },
}

impl AccountError {
    /// The next step for the administrator.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Server(error) => return error.hint(),
            Self::Refused(message) => match message.status {
                429 => "Wait a few minutes: the server limits how often one may sign in.",
                500.. => "Check the server; then run again.",
                404 => "Check the server URL: there is no identity service at this address.",
                _ => {
                    "Check address, master password and code. A mailed code also needs `--method 1`; accounts that sign in through a company's single sign-on need the organization's API key: `bwdc login organization.<id>`."
                }
            },
            Self::KeyRefused(_) => {
                "Only an owner can see the organization's API key, and the plan must include the API. It is shown in the web vault under the organization's settings."
            }
            Self::Derivation { .. } => {
                "Check that the server URL is right. If it is, raise the account's key settings in the web vault, or sign in with the organization's API key."
            }
            Self::UnknownDerivation { .. } => "The server is newer than this program: update `bwdc`.",
        };
        Some(fixed.to_owned())
    }

    /// What the server said, where it said something.
    pub fn message(&self) -> Option<&ServerMessage> {
        match self {
            Self::Server(error) => error.message(),
            Self::Refused(message) | Self::KeyRefused(message) => Some(message),
            Self::Derivation { .. } | Self::UnknownDerivation { .. } => None,
        }
    }
}
