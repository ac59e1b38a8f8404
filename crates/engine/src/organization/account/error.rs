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
    Refused(Box<ServerMessage>),
    /// The server refuses to hand out a key.
    #[error("{0}")]
    KeyRefused(Box<ServerMessage>),
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
    /// What the server said, where it said something.
    pub fn message(&self) -> Option<&ServerMessage> {
        match self {
            Self::Server(error) => error.message(),
            Self::Refused(message) | Self::KeyRefused(message) => Some(message),
            Self::Derivation { .. } | Self::UnknownDerivation { .. } => None,
        }
    }
}
