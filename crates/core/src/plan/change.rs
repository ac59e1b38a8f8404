//! The vocabulary of a plan.

use crate::desired::{Desired, DesiredPerson, NoAddress, NoUse};
use crate::names::{ExternalId, SourceName, Timestamp};
use serde::{Deserialize, Serialize};

/// Who or what a line of a plan is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// An address, or a group's name.
    pub name: String,
    /// The id in the organization.
    pub external_id: ExternalId,
}

/// Why something is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// In the directory, not in the organization.
    Joined,
    /// In the directory, and not in the organization any more, although one of our runs had brought it over.
    RemovedThere,
    /// The directory lists the person as disabled.
    Disabled,
    /// The directory lists the person as deleted.
    Deleted,
    /// The directory was asked by id and has no such person.
    Gone,
    /// In the directory, and not selected any more.
    OutOfScope,
    /// The directory was asked by id and shows no such person; whether it is deleted or hidden cannot be told.
    Hidden,
    /// Missing from a request that overwrites.
    Overwritten,
    /// Back in the desired state after we had taken access.
    Returned,
    /// The directory's value differs.
    Differs,
    /// Another entry of the directory has the address now.
    EntryReplaced,
    /// Somebody changed or cleared the external id that our runs gave.
    IdChanged,
    /// A newcomer has the name in the directory under which the member was brought over.
    NameUsed,
    /// Somebody gave it another member's or group's external id.
    ChangedThere,
    /// The directory corrected the address before anybody joined with the invitation.
    AddressCorrected,
    /// Several had one address or one external id, and an administrator has decided.
    HeldTwice,
    /// It is a copy of the id of another one, whom the ledger knows: it is taken away.
    IdCopied,
    /// The directory told this address of a leaver, too, whose account may have it: nobody sees which one it has.
    FurtherAddress,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Change {
    /// A person becomes a member.
    Invite {
        /// Who.
        person: Subject,
        /// Why.
        cause: Cause,
    },
    /// A person is stored as a member, and nobody is mailed.
    Stage {
        /// Who.
        person: Subject,
        /// Why.
        cause: Cause,
    },
    /// A member without an external id gets the directory's.
    Adopt {
        /// Who.
        person: Subject,
        /// Why.
        cause: Cause,
    },
    /// A member's external id is replaced; everything else stays.
    ReplaceExternalId {
        /// Who, with the new id.
        person: Subject,
        /// The id before.
        old: ExternalId,
        /// Why.
        cause: Cause,
    },
    /// A member's access is given back.
    Restore {
        /// Who.
        person: Subject,
        /// Why.
        cause: Cause,
    },
    /// A member's access is taken; the membership stays.
    Revoke {
        /// Who.
        person: Subject,
        /// Why.
        cause: Cause,
    },
    /// A member is removed.
    Remove {
        /// Who.
        person: Subject,
        /// Why.
        cause: Cause,
    },
    /// A group appears.
    CreateGroup {
        /// Which.
        group: Subject,
        /// How many members it starts with.
        members: usize,
        /// Why.
        cause: Cause,
    },
    /// A group changes its name.
    RenameGroup {
        /// Which, with the new name.
        group: Subject,
        /// The name before.
        old: String,
        /// Why.
        cause: Cause,
    },
    /// A group of the organization gets the directory's external id; members and access to collections stay.
    AdoptGroup {
        /// Which, with the new id.
        group: Subject,
        /// The id before; None: a group made by hand, or one whose id somebody took away.
        old: Option<ExternalId>,
        /// To how many collections it gives access; None: the server does not tell.
        collections: Option<usize>,
        /// Why: [`Cause::Gone`] where it takes the place of an entry that is gone, [`Cause::RemovedThere`] where somebody took
        /// its id away, [`Cause::Differs`] where it was made by hand.
        cause: Cause,
    },
    /// A group is deleted, and its access to collections with it.
    DeleteGroup {
        /// Which.
        group: Subject,
        /// External ids, or addresses of members without one, that were in it.
        removed: Vec<String>,
        /// Why.
        cause: Cause,
    },
    /// A group gains or loses members.
    ChangeMembers {
        /// Which.
        group: Subject,
        /// External ids that come in.
        added: Vec<String>,
        /// External ids, or addresses of members without one, that go out.
        removed: Vec<String>,
        /// Those of them whom the directory does not select at all: put into the group by hand, or by somebody else.
        outside: Vec<String>,
        /// How many members it had.
        before: usize,
        /// Why.
        cause: Cause,
    },
}

impl Change {
    /// The external id of a person who becomes a member by this.
    pub fn joins(&self) -> Option<&str> {
        match self {
            Self::Invite { person, .. } | Self::Stage { person, .. } => Some(person.external_id.as_str()),
            _ => None,
        }
    }

    /// Who it is about; None: a group.
    pub fn person(&self) -> Option<&Subject> {
        let of_group = matches!(
            self,
            Self::CreateGroup { .. }
                | Self::RenameGroup { .. }
                | Self::AdoptGroup { .. }
                | Self::DeleteGroup { .. }
                | Self::ChangeMembers { .. }
        );
        (!of_group).then(|| self.subject())
    }

    /// Who or which group it is about.
    pub fn subject(&self) -> &Subject {
        match self {
            Self::Invite { person, .. }
            | Self::Stage { person, .. }
            | Self::Adopt { person, .. }
            | Self::ReplaceExternalId { person, .. }
            | Self::Restore { person, .. }
            | Self::Revoke { person, .. }
            | Self::Remove { person, .. } => person,
            Self::CreateGroup { group, .. }
            | Self::RenameGroup { group, .. }
            | Self::AdoptGroup { group, .. }
            | Self::DeleteGroup { group, .. }
            | Self::ChangeMembers { group, .. } => group,
        }
    }

    /// Why.
    pub fn cause(&self) -> Cause {
        match self {
            Self::Invite { cause, .. }
            | Self::Stage { cause, .. }
            | Self::Adopt { cause, .. }
            | Self::ReplaceExternalId { cause, .. }
            | Self::Restore { cause, .. }
            | Self::Revoke { cause, .. }
            | Self::Remove { cause, .. }
            | Self::CreateGroup { cause, .. }
            | Self::RenameGroup { cause, .. }
            | Self::AdoptGroup { cause, .. }
            | Self::DeleteGroup { cause, .. }
            | Self::ChangeMembers { cause, .. } => *cause,
        }
    }

    /// Whether somebody loses access to the organization by this.
    pub fn takes_access(&self) -> bool {
        matches!(self, Self::Revoke { .. } | Self::Remove { .. })
    }
}

/// Somebody who left the desired state and stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    /// Who.
    pub person: Subject,
    /// What happened in the directory; None: the directory could not tell.
    pub cause: Option<Cause>,
    /// Why nothing is done.
    pub because: KeptBecause,
}

impl Kept {
    /// Whether the access stays, and is not over already.
    pub fn stays(&self) -> bool {
        self.is_told() && self.because != KeptBecause::SentAsDeleted
    }

    /// Whether a plan tells of it: also where nobody sees whether access ended.
    pub fn is_told(&self) -> bool {
        self.because != KeptBecause::AlreadyRevoked
    }
}

/// Why a leaver stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum KeptBecause {
    /// The settings say so.
    Policy,
    /// The settings wait until then.
    Grace {
        /// When the action is due.
        until: Timestamp,
    },
    /// Nothing is set, and today's connector leaves such people alone.
    Parity,
    /// Has lost access already; the membership is kept, as the settings say.
    AlreadyRevoked,
    /// A limit holds back whatever takes access.
    HeldBack,
    /// Was sent as deleted under every known address, to a server that does not show what came of it.
    SentAsDeleted,
    /// Somebody else may be a member under an address that the account can have, and the server goes by addresses: whether the
    /// person still has access is not known.
    AddressShared {
        /// Those addresses.
        shared: Vec<SharedAddress>,
    },
    /// In the directory, with an address that cannot be used: no cause to leave.
    NoUsableAddress,
    /// An entry of the directory that was never brought over has this member's address: it may be the same person, entered anew.
    AddressInUse,
    /// An owner, an administrator or a member with custom permissions.
    Role,
    /// There is no free seat to give access back.
    NoSeat {
        /// How many seats are missing for all who wait.
        missing: usize,
    },
    /// The server is too old to take access and keep the membership.
    ServerCannotRevoke,
    /// On the list of protected people.
    Protected,
    /// This run only records who is there.
    Baseline,
    /// The ledger remembers the membership as another person's: whose it is cannot be told.
    MembershipUnclear,
    /// Comes from a directory to which no source leads any more: nobody can be asked.
    FormerDirectory {
        /// Its account.
        directory: String,
    },
    /// The directory did not say whether the person exists.
    Unconfirmed {
        /// What stood in the way.
        reason: String,
    },
}

/// An address of a leaver under which somebody else may be a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedAddress {
    /// The address.
    pub address: String,
    /// Who may be a member under it.
    pub holder: Subject,
}

/// Somebody or something of the directory that is not brought over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// The directory's name for it.
    pub reference: String,
    /// Why.
    pub because: LeftOutBecause,
}

/// Why a person or group is not brought over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum LeftOutBecause {
    /// There is no address.
    NoAddress,
    /// The address is longer than 256 characters.
    AddressTooLong,
    /// The address attribute is blank.
    AddressBlank,
    /// The directory does not show whether the account is enabled: somebody who is disabled would be let in.
    StateNotTold,
    /// Others have the same address, and the settings leave all of them out.
    AddressShared,
    /// The entry is disabled, and an enabled one has the same address.
    Replaced {
        /// The directory's name for the enabled entry.
        by: String,
    },
    /// A group of an earlier source has the same external id.
    GroupIdTaken,
    /// Another group had this name in the directory before, and the directory does not say what became of that one.
    GroupOfBefore,
    /// The server would not take it for an address.
    AddressInvalid {
        /// What the directory holds.
        address: String,
    },
    /// The external id is longer than the server takes.
    ExternalIdTooLong,
    /// The group's name is blank, or longer than the server takes.
    GroupName,
    /// A group made by hand has the name, and gives access to collections: more of them than may be would be taken over.
    AdoptionHeld {
        /// To how many; None: the server does not tell.
        collections: Option<usize>,
    },
    /// A group without members, on a server that cannot be read: it may exist there, and an empty list would empty it.
    EmptyUnseen,
    /// The directory does not show who is in the group: in the organization it stays as it is.
    MembersHidden,
    /// The directory does not show in which groups the person is: who is in one stays, and joins no other one.
    GroupsHidden,
    /// The settings allow no invitations to this domain.
    DomainNotAllowed {
        /// What the directory holds.
        address: String,
    },
    /// A run invites only so many: a later one will.
    WaitsForTurn,
    /// There is no free seat.
    NoSeat {
        /// How many seats are missing for all who wait.
        missing: usize,
    },
    /// Only the pilot group is invited for now.
    NotInPilot,
    /// A source that was not read may have the same person, and the settings let its word count.
    SourceNotRead {
        /// Which.
        source: SourceName,
    },
    /// A member of a group that is neither a person nor a group of this read.
    UnresolvedMember {
        /// The group that lists it.
        group: String,
    },
    /// A member of a group by a name that is no single entry's for sure, none of them letter by letter.
    SeveralMembers {
        /// The group that lists it.
        group: String,
    },
    /// A group of which it cannot be told who is in it: members have names that several entries answer to. Who is in it over there
    /// cannot be seen, so that whatever is sent could take somebody out.
    MembersInDoubt,
}

impl LeftOutBecause {
    /// Why an entry of the directory brings nobody over, as far as its address tells; None: the address can be used.
    pub fn of_address(desired: &Desired, person: &DesiredPerson) -> Option<Self> {
        Some(match desired.no_use(person)? {
            NoUse::None(NoAddress::Missing) => Self::NoAddress,
            NoUse::None(NoAddress::TooLong) => Self::AddressTooLong,
            NoUse::None(NoAddress::Shared { .. }) => Self::AddressShared,
            NoUse::None(NoAddress::Replaced { by }) => Self::Replaced { by: desired.text(by).to_owned() },
            NoUse::Blank => Self::AddressBlank,
            NoUse::Invalid => Self::AddressInvalid { address: desired.display_name(person).to_owned() },
        })
    }
}
