//! What an administrator should know of a plan, besides its changes.

use super::change::Subject;
use crate::names::{ExternalId, SourceName};
use crate::observed::HiddenBecause;
use crate::settings::HiddenAction;
use crate::snapshot::Overlooked;
use serde::Serialize;

/// Whether so many members of all that have an external id, by the ids that this connector never gave, are no accident: another
/// connector may write to the same organization.
pub fn may_be_shared(strange: usize, with_id: usize) -> bool {
    strange >= 5 && strange * 10 >= with_id
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// Something that an administrator should know of, and that changes nothing. The list is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PlanNotice {
    /// Members or groups carry external ids that neither the directory nor the ledger knows: another connector, or an
    /// earlier configuration, brought them over.
    ForeignIds {
        /// Members with such an id.
        people: usize,
        /// Groups with such an id.
        groups: usize,
        /// A few of them, by address or name.
        examples: Vec<String>,
        /// Whether they are so many members that another connector may be at work, and no setting says so.
        #[serde(skip_serializing_if = "is_false")]
        may_be_shared: bool,
    },
    /// A member whom we brought over has another external id by now: somebody else writes to this organization.
    IdChanged {
        /// Who, with the id that we gave.
        person: Subject,
        /// The organization's id.
        observed: ExternalId,
    },
    /// A group made by hand has the name of a group that will be created: there will be two.
    SameName {
        /// The group of the directory.
        group: Subject,
        /// Whether the settings could let the directory take over the first one.
        adoptable: bool,
    },
    /// A source could not be read: its people are unknown, and nothing of theirs is taken away.
    SourceNotRead {
        /// Which.
        source: SourceName,
        /// What stood in the way.
        reason: String,
        /// Managed people who come from it.
        people: usize,
        /// Managed groups that come from it.
        groups: usize,
    },
    /// A run asks the server for the members of so many groups only; these are compared by later runs.
    GroupsWait {
        /// How many.
        groups: usize,
    },
    /// A source lists people, none of them with an address that could be used, and none of them is a member: nobody is brought over.
    NobodyHasAddress {
        /// Which.
        source: SourceName,
        /// How many it lists.
        listed: usize,
        /// Keys of its settings that say where addresses come from; none: there is no choice.
        settings: Vec<String>,
    },
    /// A source is read for the first time: nothing of its people and groups is taken away in this run.
    SourceNew {
        /// Which.
        source: SourceName,
    },
    /// The settings do not name a source any more from which people came: nobody can ask for them.
    SourceNotConfigured {
        /// Which.
        source: SourceName,
        /// Managed people who come from it.
        people: usize,
    },
    /// A source led to another directory before: what came from there is remembered and kept.
    FormerDirectory {
        /// Its account.
        directory: String,
        /// People who come from it.
        people: usize,
        /// Groups that come from it.
        groups: usize,
    },
    /// Several sources have the same people.
    SharedBySources {
        /// How many.
        people: usize,
        /// A few of them.
        examples: Vec<String>,
    },
    /// The pilot group that the settings name is not in the directory.
    NoPilotGroup {
        /// What the settings name.
        name: String,
    },
    /// The first run finds these members in a group because it reads the directory better than the official connector,
    /// whose installation it takes over.
    FoundAnew {
        /// Which group.
        group: Subject,
        /// Their addresses.
        members: Vec<String>,
        /// Why they were not found before.
        why: Overlooked,
    },
    /// Entries of one source have one and the same id that should tell them apart.
    SharedIds {
        /// How many.
        entries: usize,
        /// A few of them, by the directory's name.
        examples: Vec<String>,
    },
    /// The server cannot be read, and takes groups only where somebody switched them on; its answer is the same.
    GroupsUnseen {
        /// Groups that are sent.
        groups: usize,
    },
    /// The settings ask for invitations, and these members were stored without one before: no import invites them.
    StayStaged {
        /// How many.
        people: usize,
        /// A few of them.
        examples: Vec<String>,
    },
    /// People whom the directory does not show any more, and of whom it does not tell whether they are deleted or hidden.
    DeletedOrHidden {
        /// Why it cannot be told, with the unit that cannot be read.
        because: HiddenBecause,
        /// How many people.
        people: usize,
        /// A few of them, by address.
        examples: Vec<String>,
        /// What the settings do about them.
        action: HiddenAction,
        /// After how many hours.
        grace_hours: u32,
    },
    /// The membership of somebody whose entry is gone, disabled or deleted goes on under a new entry with the same address.
    EntryReplaced {
        /// Who, with the new entry's id.
        person: Subject,
        /// The directory's name for the new entry.
        entry: String,
        /// The directory's last name for the entry before.
        former: String,
        /// Whether employee number or name of both were compared.
        compared: bool,
    },
    /// Somebody asked for everything to be sent again where nobody can look: so much of it is not known to differ.
    SentAgain {
        /// How many people.
        people: usize,
        /// How many groups.
        groups: usize,
    },
    /// Somebody has decided about an address under which nobody waits: the decision holds no longer.
    NothingToDecide {
        /// The address.
        address: String,
    },
    /// The server restores everybody whom the request lists, also those whose access was revoked by hand.
    RestoresByHand,
    /// `limits.removals` is 0, and one person loses access all the same: the limits always let one pass.
    OneMayLeave,
}
