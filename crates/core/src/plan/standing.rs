//! What stays different from the directory, and why.

use super::change::Subject;
use super::likeness::Mark;
use crate::ledger::{MendedKind, RefusedKind};
use crate::names::{ExternalId, Timestamp};
use serde::Serialize;

/// A difference between directory and organization that stays. The list is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Standing {
    /// The organization knows the person under another address, and no request can change it.
    AddressDiffers {
        /// Who, with the directory's address.
        person: Subject,
        /// The organization's address.
        observed: String,
    },
    /// The organization knows the person under another address, and has another member under the new one.
    AddressHeld {
        /// Who, with the directory's address.
        person: Subject,
        /// The address of the member whom the organization means.
        observed: String,
    },
    /// The address changed in the directory, nobody sees which one the account has, and the server goes by addresses: the person
    /// is not sent as a member any more.
    AddressUnseen {
        /// Who, with the directory's address.
        person: Subject,
        /// The addresses that the account may have.
        told: Vec<String>,
        /// Whether our runs took the access: it cannot be given back.
        revoked: bool,
    },
    /// The directory told this address of somebody else before, whose account may still have it, and the server goes by addresses.
    AddressOfAnother {
        /// Who, with the directory's address.
        person: Subject,
        /// The other person's address.
        holder: String,
    },
    /// A member with this address has another external id.
    HeldUnderOtherId {
        /// Who, with the directory's id.
        person: Subject,
        /// The organization's id.
        observed: ExternalId,
    },
    /// The ledger remembers a membership as another person's than external id and address tell: nothing is done to it until they
    /// have told the same for a day, or agree.
    MembershipUnclear {
        /// Whose it is by the external id, with the address of the membership.
        person: Subject,
        /// Whom the ledger remembers.
        remembered: Subject,
        /// Since when.
        since: Timestamp,
    },
    /// The directory's id was pushed for somebody else, who had the same name in the directory before.
    ExternalIdTaken {
        /// Who, with the directory's id.
        person: Subject,
        /// The address of whom the id belongs to.
        holder: String,
    },
    /// Another connector has given the directory's id to a member or a group of this organization: it is not ours, and the entry waits.
    IdOfAnother {
        /// Who or which group, as the directory names it.
        about: Subject,
        /// The member's address, or the group's name.
        holder: String,
        /// Whether it is a group.
        group: bool,
    },
    /// Members whom the directory does not list in a group stay in it.
    MembershipsKept {
        /// Which group.
        group: Subject,
        /// External ids, or addresses of members without one.
        members: Vec<String>,
        /// Why.
        because: MembershipsKeptBecause,
    },
    /// Somebody has a leaver's address by now, and the leaver's membership is not theirs.
    AddressOfLeaver {
        /// Who waits, with the new entry's id.
        person: Subject,
        /// The directory's name for the new entry.
        entry: String,
        /// The directory's last name for the entry that had the address.
        former: String,
        /// Whether the membership has access.
        active: bool,
        /// Why it is not.
        because: AddressHeldBecause,
    },
    /// Somebody took this person's access by hand: it is not ours to give back.
    RevokedByHand {
        /// Who.
        person: Subject,
    },
    /// The server keeps a group's first name.
    GroupNameKept {
        /// Which, with the directory's name.
        group: Subject,
        /// The organization's name.
        observed: String,
    },
    /// The directory did not return a managed group, which is kept.
    GroupVanished {
        /// Which.
        group: Subject,
        /// What it says of it.
        because: GroupKeptBecause,
    },
    /// A run set it right after somebody else had changed it, and it was changed again: it is left alone.
    ChangedAgain {
        /// What it is about.
        what: MendedKind,
        /// Whose, or which group.
        about: Subject,
        /// When it was set right.
        since: Timestamp,
    },
    /// The server refused it, and is asked again when something about it changes, else once a day.
    Refused {
        /// What was refused.
        what: RefusedKind,
        /// For whom, or for which group.
        about: Subject,
        /// What the server said.
        reason: String,
        /// When it was first refused.
        since: Timestamp,
    },
}

/// Why somebody does not get the membership that has the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AddressHeldBecause {
    /// It is another person's.
    AnotherPerson {
        /// By what the entries differ.
        mark: Mark,
    },
    /// Access was revoked, and nothing tells whether both entries are the same person.
    NotCompared,
    /// The entry was there before with another address or none, as somebody else's second account.
    KnownBefore,
    /// The directory does not tell what became of the entry that had it.
    Unconfirmed,
    /// A limit holds back that the membership is removed.
    HeldBack,
}

/// Why members stay in a group in which the directory does not list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum MembershipsKeptBecause {
    /// The first run of the group's source takes no membership away: they stay until the next.
    FirstRun,
    /// A source could not be read.
    SourceNotRead,
    /// The directory does not tell whether these people are still there.
    Unconfirmed,
    /// A limit holds back that they go.
    HeldBack,
    /// Others answer to a name that the group lists, too.
    InDoubt,
}

/// What the directory says of a managed group that it did not return, asked for it by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum GroupKeptBecause {
    /// It is gone: the settings or the server keep it.
    Gone,
    /// It is still there, and not selected any more.
    OutOfScope,
    /// It cannot tell, or was not asked.
    Unconfirmed {
        /// What stood in the way, for people; None: nobody asked.
        reason: Option<String>,
    },
}
