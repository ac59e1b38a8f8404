//! What an administrator decides about somebody who waits: one word for one entry, which the next run carries out.

use super::EntryKey;
use crate::names::{Email, ExternalId};
use serde::Serialize;

/// What becomes of the membership that has an address which is another entry's by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Choice {
    /// It goes on under the new entry, with access.
    Restore,
    /// It is removed, and the address invited anew.
    Invite,
}

impl Choice {
    const ALL: [Self; 2] = [Self::Restore, Self::Invite];

    /// The word under which a database keeps it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Restore => "restore",
            Self::Invite => "invite",
        }
    }

    /// What a database keeps under this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// A decision that no run has carried out yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// The address under which somebody waits, in lower case.
    pub address: Email,
    /// What is to become of the membership.
    pub choice: Choice,
    /// For whom, and of which membership; None: nobody knows, as in ledgers of earlier versions, and it decides nothing.
    #[serde(skip)]
    pub of: Option<Waiting>,
}

/// Who waits for which membership: whoever gets the address later is somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The entry of the directory.
    pub entry: EntryKey,
    /// The external id that the membership has.
    pub membership: ExternalId,
}
