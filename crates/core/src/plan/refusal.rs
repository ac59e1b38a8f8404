//! Why a plan is not carried out.

use crate::names::{ExternalId, SourceName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Whether a plan may be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Go,
    /// In part: the rest waits.
    Held(Held),
    /// No, and nothing at all is sent.
    Refused(Vec<Refusal>),
}

impl Verdict {
    /// Why not everything may be carried out; none: it may.
    pub fn refusals(&self) -> &[Refusal] {
        match self {
            Self::Go => &[],
            Self::Held(held) => &held.refusals,
            Self::Refused(refusals) => refusals,
        }
    }
}

/// The window of limits that nobody changed, in hours.
const DAY: u32 = 24;

fn day() -> u32 {
    DAY
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_day(hours: &u32) -> bool {
    *hours == DAY
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// What the two limits of people who lose access have to be so that a plan passes: the smaller of them counts. None: this one
/// is no hindrance; both None: nobody noted it, as in records of earlier versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RemovalLimits {
    /// `limits.removals`: people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removals: Option<usize>,
    /// `limits.removals-percent`: percent of the members with an external id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removals_percent: Option<usize>,
}

impl RemovalLimits {
    /// Whether it says nothing.
    fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// Why a plan is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Refusal {
    /// More people would lose access than one run may take.
    TooManyRemovals {
        /// People who would lose access.
        planned: usize,
        /// People who may.
        allowed: usize,
        /// Members with an external id.
        managed: usize,
        /// Of `planned`, those who lost access in earlier runs of the window.
        #[serde(default, skip_serializing_if = "is_zero")]
        earlier: usize,
        /// Hours that the limit is about, as `limits.window-hours` has it; 0: one run.
        #[serde(default = "day", skip_serializing_if = "is_day")]
        hours: u32,
        /// What would let them pass in every run.
        #[serde(default, skip_serializing_if = "RemovalLimits::is_unknown")]
        needed: RemovalLimits,
    },
    /// More memberships would be taken away than one run may take.
    TooManyMemberships {
        /// Memberships that would go.
        planned: usize,
        /// Memberships that may.
        allowed: usize,
        /// Of `planned`, those that ended in earlier runs of the window.
        #[serde(default, skip_serializing_if = "is_zero")]
        earlier: usize,
        /// Hours that the limit is about, as `limits.window-hours` has it; 0: one run.
        #[serde(default = "day", skip_serializing_if = "is_day")]
        hours: u32,
    },
    /// A group would lose more than half of its members.
    GroupEmptied {
        /// The group's name.
        group: String,
        /// Members before.
        before: usize,
        /// Members who would go out.
        lost: usize,
        /// Of `lost`, those who went in earlier runs of the window.
        #[serde(default, skip_serializing_if = "is_zero")]
        earlier: usize,
    },
    /// More groups would be emptied or deleted than may be.
    TooManyGroups {
        /// Groups that would have no members any more.
        planned: usize,
        /// Groups that may.
        allowed: usize,
        /// Of `planned`, those that earlier runs of the window left without members.
        #[serde(default, skip_serializing_if = "is_zero")]
        earlier: usize,
    },
    /// More groups would take the place of entries that are gone, and with it their access to collections, than may at once.
    TooManyReplacedGroups {
        /// Groups that would.
        planned: usize,
        /// Groups that may.
        allowed: usize,
        /// Of `planned`, those that did in earlier runs of the window.
        #[serde(default, skip_serializing_if = "is_zero")]
        earlier: usize,
    },
    /// More groups made by hand would become the directory's, with their access to collections, than may at once.
    TooManyAdoptedGroups {
        /// Groups that would.
        planned: usize,
        /// Groups that may.
        allowed: usize,
        /// Of `planned`, those that were in earlier runs of the window.
        #[serde(default, skip_serializing_if = "is_zero")]
        earlier: usize,
        /// Hours that the limit is about, as `limits.window-hours` has it; 0: one run.
        #[serde(default = "day", skip_serializing_if = "is_day")]
        hours: u32,
    },
    /// More memberships would go on under new entries of the directory, because they have the addresses, than may at once.
    TooManyReplacedPeople {
        /// Memberships that would.
        planned: usize,
        /// Memberships that may.
        allowed: usize,
        /// What would let them pass in every run.
        #[serde(default, skip_serializing_if = "RemovalLimits::is_unknown")]
        needed: RemovalLimits,
    },
    /// More people would be invited than a run after the first may invite.
    TooManyInvitations {
        /// People who would be invited.
        planned: usize,
        /// People who may.
        allowed: usize,
    },
    /// More memberships would begin on the first run, because the directory is read better than before, than one run may end.
    TooManyFoundAnew {
        /// Memberships that would begin.
        planned: usize,
        /// Memberships that may.
        allowed: usize,
    },
    /// More seats are taken than there are: the server refuses every import, or buys the missing seats, whatever is in it.
    OverOccupied {
        /// Seats that are taken once the leavers have left.
        occupied: usize,
        /// Seats that there are.
        seats: usize,
        /// Up to how many seats in all the server buys by itself; None: any number.
        most: Option<u32>,
    },
    /// A source returned nobody, and the organization has members who come from it.
    EmptyDirectory {
        /// Which source.
        #[serde(skip_serializing_if = "SourceName::is_primary")]
        source: SourceName,
        /// Members with an external id; of several sources, those who come from this one.
        managed: usize,
        /// People whom it listed, none of them with an address that could be used.
        #[serde(default, skip_serializing_if = "is_zero")]
        listed: usize,
        /// Keys of its settings that say where addresses come from, where it listed somebody.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        settings: Vec<String>,
    },
    /// A source returned no group, and the organization has groups that come from it.
    NoGroups {
        /// Which source.
        #[serde(skip_serializing_if = "SourceName::is_primary")]
        source: SourceName,
        /// Groups with an external id.
        managed: usize,
    },
    /// A first run found few of the members who carry ids of the directory: another base or filter than theirs.
    FewFound {
        /// Those who are asked for.
        found: usize,
        /// Members who carry ids of the directory.
        members: usize,
        /// How many of them have to be found, in percent.
        percent: u32,
        /// Whether nobody is asked for: the settings bring neither people nor groups over.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        nothing_synced: bool,
    },
    /// More people than may lose access have no address in the directory any more, and had one at the last run.
    AddressesLost {
        /// They.
        lost: usize,
        /// How many may at once.
        allowed: usize,
        /// Members with an external id.
        managed: usize,
        /// The source that lists most of them.
        #[serde(default = "SourceName::primary", skip_serializing_if = "SourceName::is_primary")]
        source: SourceName,
        /// Keys of its settings that say where addresses come from; none: there is no choice.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        settings: Vec<String>,
    },
    /// The directory does not show who is in the pilot group, so nobody knows whose turn it is.
    PilotGroupHidden {
        /// The group, as the settings name it.
        group: String,
    },
    /// Two members or two groups of the organization share an external id: the server would answer 500.
    RepeatedExternalId {
        /// The id.
        external_id: ExternalId,
        /// Whether it is groups that share it.
        of_groups: bool,
        /// The members' addresses, or the groups' names.
        holders: Vec<String>,
    },
    /// The server refuses `overwriteExisting` as long as somebody whom it would delete has not finished joining.
    ServerRefusesOverwrite {
        /// Their addresses.
        pending: Vec<String>,
    },
    /// `overwriteExisting` and batches exclude each other.
    OverwriteWithLargeImport,
}

impl Refusal {
    /// The external id that several members share; None: it is about something else.
    pub(super) fn repeated_person(&self) -> Option<&ExternalId> {
        match self {
            Self::RepeatedExternalId { external_id, of_groups: false, .. } => Some(external_id),
            _ => None,
        }
    }

    /// Whether an administrator can approve it; what the server would answer with an error has to be mended.
    pub fn can_be_approved(&self) -> bool {
        match self {
            Self::TooManyRemovals { .. }
            | Self::TooManyMemberships { .. }
            | Self::GroupEmptied { .. }
            | Self::TooManyGroups { .. }
            | Self::TooManyReplacedGroups { .. }
            | Self::TooManyAdoptedGroups { .. }
            | Self::TooManyReplacedPeople { .. }
            | Self::TooManyInvitations { .. }
            | Self::TooManyFoundAnew { .. }
            | Self::EmptyDirectory { .. }
            | Self::NoGroups { .. }
            | Self::AddressesLost { .. }
            | Self::FewFound { .. } => true,
            Self::OverOccupied { .. }
            | Self::PilotGroupHidden { .. }
            | Self::RepeatedExternalId { .. }
            | Self::ServerRefusesOverwrite { .. }
            | Self::OverwriteWithLargeImport => false,
        }
    }
}

/// What a run has to hold back, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Why.
    pub refusals: Vec<Refusal>,
    /// Whether everything is held back that takes access: from people, and from groups.
    pub(super) access: bool,
    /// External ids of groups whose lists are held back.
    pub(super) groups: BTreeSet<String>,
    /// Whether no group made by hand is taken over that gives access to collections.
    pub(super) adoptions: bool,
}
