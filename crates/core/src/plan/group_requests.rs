//! What happens to each group; people's fates, and the one list of what is shown, stand in `person_requests.rs`.

use super::change::{Cause, Change, LeftOut, LeftOutBecause, Subject};
use super::notice::PlanNotice;
use super::request_order::Sent;
use super::shown::Shown;
use super::standing::{GroupKeptBecause, MembershipsKeptBecause, Standing};
use crate::ledger::Mended;
use crate::names::{ExternalId, GroupId};
use crate::wire::{ImportGroup, Request};

/// What happens to a group of the directory, or to one that is ours.
pub(super) enum GroupFate {
    /// In the directory, and not brought over; or a member of a group that is neither a person nor a group.
    LeftOut(LeftOut),
    /// In the directory, under an id that another connector has given to a group.
    OfAnother { group: Subject, holder: String },
    /// Ours, not in the directory any more, and kept.
    Vanished { group: Subject, because: GroupKeptBecause },
    /// Ours, not in the directory any more, and deleted.
    Deleted { group: Subject, id: GroupId, removed: Vec<String> },
    /// Appears.
    Created {
        group: Subject,
        cause: Cause,
        /// How many members it starts with.
        members: usize,
        /// A group made by hand has the same name; whether the settings could let the directory take it over.
        same_name: Option<bool>,
        listed: Vec<ExternalId>,
    },
    /// Is there.
    Known(Box<GroupChange>),
}

/// What happens to a group that is there.
pub(super) struct GroupChange {
    pub(super) group: Subject,
    pub(super) adopted: Option<Adoption>,
    /// Where the organization's name is not the directory's.
    pub(super) renamed: Option<Renaming>,
    pub(super) members: MembersChange,
    /// Members who would go out otherwise.
    pub(super) stay: Stay,
    /// The whole membership, where the group is sent.
    pub(super) listed: Option<Vec<ExternalId>>,
    /// Whether it is sent although nothing is known to differ.
    pub(super) sent_again: bool,
    /// What it is set to after somebody else changed it.
    pub(super) mended: Option<Mended>,
    /// Whether that happens for the second time: nothing is sent.
    pub(super) left_alone: bool,
}

/// Members who stay in a group in which the directory does not list them.
#[derive(Default)]
pub(super) struct Stay {
    /// External ids, and addresses of members without one.
    pub(super) members: Vec<String>,
    /// None: nobody stays so.
    pub(super) because: Option<MembershipsKeptBecause>,
}

/// A group of the organization gets the directory's external id.
pub(super) struct Adoption {
    /// The organization's id of the group; None: it has the external id already.
    pub(super) id: Option<GroupId>,
    /// None: a group made by hand, or one whose id somebody took away.
    pub(super) old: Option<ExternalId>,
    /// To how many collections it gives access; None: not known.
    pub(super) collections: Option<usize>,
    pub(super) cause: Cause,
}

/// What becomes of a name that is not the directory's.
pub(super) enum Renaming {
    /// The group gets the directory's; this is the one before.
    From(String),
    /// The server keeps the first one.
    Kept(String),
}

/// What becomes of a group's members.
pub(super) enum MembersChange {
    /// They were not read: a later run compares them.
    Unread,
    Same,
    Differ {
        added: Vec<String>,
        removed: Vec<String>,
        outside: Vec<String>,
        before: usize,
    },
}

impl GroupFate {
    /// A group of the directory that is not brought over.
    pub(super) fn left_out(reference: &str, because: LeftOutBecause) -> Self {
        Self::LeftOut(LeftOut { reference: reference.to_owned(), because })
    }

    /// What is shown of it, and what is sent for it.
    pub(super) fn unfold(self, shown: &mut Shown, sent: &mut Sent) {
        match self {
            Self::LeftOut(left_out) => shown.left_out.push(left_out),
            Self::OfAnother { group: about, holder } => {
                shown.standing.push(Standing::IdOfAnother { about, holder, group: true });
            }
            Self::Vanished { group, because } => {
                shown.standing.push(Standing::GroupVanished { group, because });
            }
            Self::Deleted { group, id, removed } => {
                sent.take(group.clone(), Request::DeleteGroup(id));
                shown.changes.push(Change::DeleteGroup { group, removed, cause: Cause::Gone });
            }
            Self::Created { group, cause, members, same_name, listed } => {
                if let Some(adoptable) = same_name {
                    shown.notices.push(PlanNotice::SameName { group: group.clone(), adoptable });
                }
                sent.import.groups.push(import_group(&group, listed));
                shown.changes.push(Change::CreateGroup { group, members, cause });
            }
            Self::Known(change) => change.unfold(shown, sent),
        }
    }
}

impl GroupChange {
    fn unfold(self, shown: &mut Shown, sent: &mut Sent) {
        let Self { group, adopted, renamed, members, stay, listed, sent_again, mended, left_alone } = self;
        if let Some(Mended { kind: what, at: since, .. }) = mended.filter(|_| left_alone) {
            shown.standing.push(Standing::ChangedAgain { what, about: group.clone(), since });
        }
        sent.again.groups += usize::from(sent_again && listed.is_some() && adopted.is_none());
        if let Some(Adoption { id, old, collections, cause }) = adopted {
            if let Some(id) = id {
                let (name, external_id) = (group.name.clone(), group.external_id.clone());
                sent.repair(group.clone(), Request::PutGroup { id, name, external_id });
            }
            shown.changes.push(Change::AdoptGroup { group: group.clone(), old, collections, cause });
        }
        let cause = Cause::Differs;
        match renamed {
            Some(Renaming::From(old)) => {
                shown.changes.push(Change::RenameGroup { group: group.clone(), old, cause });
            }
            Some(Renaming::Kept(observed)) => {
                shown.standing.push(Standing::GroupNameKept { group: group.clone(), observed });
            }
            None => {}
        }
        if let Some(because) = stay.because {
            let (group, members) = (group.clone(), stay.members);
            shown.standing.push(Standing::MembershipsKept { group, members, because });
        }
        if let Some(listed) = listed {
            sent.import.groups.push(import_group(&group, listed));
        }
        match members {
            MembersChange::Unread => {
                sent.unread.insert(group.external_id);
            }
            MembersChange::Same => {}
            MembersChange::Differ { added, removed, outside, before } => {
                shown.changes.push(Change::ChangeMembers { group, added, removed, outside, before, cause });
            }
        }
    }
}

fn import_group(group: &Subject, member_external_ids: Vec<ExternalId>) -> ImportGroup {
    let member_external_ids = member_external_ids.into();
    ImportGroup { name: group.name.clone(), external_id: group.external_id.clone(), member_external_ids }
}
