//! What the organization holds, and how we know.

use crate::names::{Email, ExternalId, GroupId, MemberId};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The organization before a run, with the strength of the evidence.
#[derive(Clone, Debug)]
pub enum Observed {
    /// Read from the server in this run.
    Live(OrganizationState),
    /// Taken from the ledger: the server cannot be read. Reports say "sent, not verified".
    Believed(OrganizationState),
    /// The server cannot be read and the ledger knows nothing: nobody may be removed.
    Unknown,
}

impl Observed {
    /// Members and groups, where anything is known of them.
    pub fn state(&self) -> Option<&OrganizationState> {
        match self {
            Self::Live(state) | Self::Believed(state) => Some(state),
            Self::Unknown => None,
        }
    }
}

/// Members and groups of an organization.
#[derive(Clone, Debug, Default)]
pub struct OrganizationState {
    /// In the server's order.
    pub members: Vec<ObservedMember>,
    /// In the server's order.
    pub groups: Vec<ObservedGroup>,
}

/// One member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedMember {
    /// Known only where the server was read.
    pub id: Option<MemberId>,
    /// In lower case.
    pub email: Email,
    /// None or blank: added by hand. Where our runs gave the membership an id, and somebody changed it since: the one that they gave.
    pub external_id: Option<ExternalId>,
    /// What the organization holds in place of that; None: the same.
    pub changed_id: Option<ChangedId>,
    /// Where the person stands on the way into the organization.
    pub status: MemberStatus,
    /// What the person may do.
    pub role: Role,
}

/// The external id of a membership, after somebody changed the one that our runs gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangedId {
    /// There is none.
    Cleared,
    /// Another one.
    Other(ExternalId),
}

impl ChangedId {
    /// The id that there is now.
    pub fn held(&self) -> Option<&ExternalId> {
        match self {
            Self::Cleared => None,
            Self::Other(held) => Some(held),
        }
    }
}

/// Where a member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberStatus {
    /// Access was taken; the membership is kept.
    Revoked,
    /// Has a pending invitation.
    Invited,
    /// Has accepted and waits for confirmation.
    Accepted,
    /// Full member.
    Confirmed,
    /// Stored without an invitation.
    Staged,
}

impl MemberStatus {
    /// Whether such a member takes a seat.
    pub fn takes_seat(self) -> bool {
        matches!(self, Self::Invited | Self::Accepted | Self::Confirmed)
    }
}

/// The seats of an organization that has a number of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seats {
    /// How many there are.
    pub total: u32,
    /// Up to how many the server buys by itself; None: any number.
    pub most: Option<u32>,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Owner.
    Owner,
    /// Administrator.
    Admin,
    /// Ordinary user.
    User,
    /// Custom permissions.
    Custom,
}

/// One group.
#[derive(Clone, Debug)]
pub struct ObservedGroup {
    /// Known only where the server was read.
    pub id: Option<GroupId>,
    /// The name shown to people.
    pub name: String,
    /// None or blank: made by hand.
    pub external_id: Option<ExternalId>,
    /// The membership, where it is known in this run.
    pub members: Membership,
    /// To how many collections it gives access; None: not known.
    pub collections: Option<usize>,
}

/// How the members of a group are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Membership {
    /// Positions in [`OrganizationState::members`], read in this run.
    Read(Vec<usize>),
    /// External ids that were last accepted, from the ledger.
    Remembered(Arc<[ExternalId]>),
    /// Not read and not remembered.
    NotRead,
}

impl Membership {
    /// How many members are known.
    pub fn len(&self) -> usize {
        match self {
            Self::Read(members) => members.len(),
            Self::Remembered(members) => members.len(),
            Self::NotRead => 0,
        }
    }

    /// Whether no member is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The kind of server that answers for the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerKind {
    /// Bitwarden's cloud: limits of 2,000 and requests per minute apply.
    OfficialCloud,
    /// Bitwarden's server run by the company.
    OfficialSelfHosted,
    /// Vaultwarden: matches members by address, cannot be read with an organization key.
    Vaultwarden,
}

/// What the directory answered when it was asked for one id without any filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The entry exists: the person is out of scope, not gone.
    Found {
        /// The directory's name for the entry, where names change and the answer tells it.
        at: Option<String>,
    },
    /// The entry exists, and a read would call the account disabled: the person has left, selected or not.
    Disabled {
        /// As for [`Presence::Found`].
        at: Option<String>,
    },
    /// The directory says that there is no such entry.
    NotFound,
    /// There is no such entry for the account that reads: it is deleted or hidden, which looks the same.
    Hidden(HiddenBecause),
    /// The directory could not or would not tell.
    Unknown {
        /// What stood in the way, for people.
        reason: String,
    },
}

/// Why a deleted entry looks the same as one that may not be seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum HiddenBecause {
    /// The unit in which the entry was last seen cannot be read: it was renamed or deleted, or the account lost the right.
    UnitNotReadable {
        /// The unit's distinguished name.
        unit: String,
    },
    /// The unit in which the entry was last seen can be read and has it no more; parts of the directory are on other servers.
    Elsewhere {
        /// Addresses of those parts.
        servers: Vec<String>,
    },
    /// Nobody knows where the entry was last seen.
    PlaceUnknown,
    /// Active Directory: the account may not read the deleted entries.
    DeletedEntriesNotReadable {
        /// The account.
        account: String,
        /// The unit in which the entry was last seen, where it cannot be read either.
        unit: Option<String>,
    },
    /// Active Directory: neither there nor among the deleted entries. It may have been moved to another domain, or deleted
    /// longer ago than the directory remembers.
    NotAmongDeleted,
}

/// A person whom the ledger knows and the snapshot does not, to be asked for by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LookupRequest {
    /// The id that was pushed.
    pub external_id: ExternalId,
    /// The id that survives renames, where the ledger has it.
    pub stable_id: Option<crate::names::StableId>,
    /// The directory's name for the entry when it was last seen, where the ledger has it.
    pub reference: Option<String>,
}

/// The answers for everybody who was looked up; whoever is missing here was not asked for and counts as unknown.
pub type Presences = BTreeMap<ExternalId, Presence>;
