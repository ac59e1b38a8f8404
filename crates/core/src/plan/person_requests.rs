//! What happens to each person and to each group: one value says what, why, and what is sent for it.
//!
//! What a plan shows and what it sends are unfolded from this one list, in one place, so that they cannot differ.

use super::change::{Cause, Change, Kept, KeptBecause, LeftOut, Subject};
use super::request_order::Sent;
use super::shown::Shown;
use super::standing::{AddressHeldBecause, Standing};
use crate::names::{ExternalId, MemberId};
use crate::wire::{ImportMember, Request};

/// What happens to somebody of the directory, or to a member.
pub(super) enum PersonFate {
    /// In the directory, and not brought over.
    LeftOut(LeftOut),
    /// A member whose address in the directory cannot be used.
    Unusable { left_out: LeftOut, member: Subject },
    /// In the directory, under an id that another connector has given.
    IdOfAnother {
        person: Subject,
        /// The address of the member who has the id.
        holder: String,
    },
    /// In the directory, under an id that belongs to somebody else.
    IdTaken {
        person: Subject,
        /// The address of whom the id belongs to.
        holder: String,
    },
    /// In the directory, with an address under which somebody else may be known where nobody can look.
    AddressOfAnother {
        person: Subject,
        /// The address of whom it was told before.
        holder: String,
    },
    /// Managed, with several addresses, where nothing is known of the organization and it goes by addresses.
    AddressUnseen { person: Subject, told: Vec<String> },
    /// In the directory; a member with this address has another id, and keeps it.
    HeldUnderOtherId { person: Subject, observed: ExternalId },
    /// In the directory, with a leaver's address whose membership is not theirs.
    AddressOfLeaver(Box<LeaversAddress>),
    /// A leaver's id is a newcomer's from now on, and the leaver's membership gets another one.
    Freed { person: Subject, old: ExternalId, by: Freeing },
    /// No cause to be a member, and somebody changed or cleared the id: groups go by it, so that the member gets it back.
    IdGivenBack { person: Subject, old: Option<ExternalId>, by: GivingBack },
    /// Has an invitation that nobody has accepted, and another address by now.
    InvitedAnew { person: Subject, id: MemberId, from: String },
    /// Becomes a member.
    Joins { person: Subject, cause: Cause, staged: bool },
    /// Is a member, and shall be one.
    Member(Box<MemberFate>),
    /// Loses access.
    Leaves { person: Subject, cause: Cause, by: Taking },
    /// Left the desired state, and stays.
    Kept(Kept),
}

/// Somebody who has a leaver's address by now, and waits.
pub(super) struct LeaversAddress {
    pub(super) person: Subject,
    pub(super) entry: String,
    pub(super) former: String,
    pub(super) active: bool,
    pub(super) because: AddressHeldBecause,
}

/// By what a member gets back the id that somebody changed.
pub(super) enum GivingBack {
    Put(MemberId),
    /// The import lists the member as it is: whoever has no access, as deleted.
    Import {
        deleted: bool,
    },
}

/// By what a leaver's membership gets another id.
pub(super) enum Freeing {
    Put(MemberId),
    /// The import lists the leaver as deleted.
    Import,
    /// The import that takes access does it.
    WithAccess,
}

/// What happens to a member whom the directory wants.
pub(super) struct MemberFate {
    pub(super) person: Subject,
    /// As an import names the person.
    pub(super) entry: ImportMember,
    pub(super) address: AddressDifference,
    pub(super) id: IdChange,
    pub(super) access: Access,
    /// Whether the person is sent although nothing is known to differ.
    pub(super) sent_again: bool,
    /// Whether the membership was another entry's before.
    pub(super) passed_on: bool,
    /// Whether somebody changed or cleared the id that our runs gave.
    pub(super) given_back: bool,
}

/// Whether the organization knows a member under another address, which no request can change.
pub(super) enum AddressDifference {
    None,
    /// It does.
    Differs {
        observed: String,
    },
    /// It does: that of a new entry, which is the same person.
    Told {
        told: String,
    },
    /// It does, and another member has the directory's address.
    Held {
        observed: String,
    },
    /// Nobody sees under which of these, and the server goes by addresses: the person cannot be sent.
    Unseen {
        told: Vec<String>,
        /// Whether access that our runs took cannot be given back therefore.
        revoked: bool,
    },
}

/// What becomes of a member's external id.
pub(super) enum IdChange {
    /// It is the directory's.
    None,
    /// There is none: the import gives the directory's.
    Adopted,
    /// Another one is replaced, by the import.
    Replaced(ExternalId),
    /// Another one is replaced, by a request for this member.
    Put { old: ExternalId, member: MemberId },
}

/// Whether a member has access.
pub(super) enum Access {
    Has,
    /// It was taken by hand, and is not ours to give back.
    TakenByHand,
    /// It was taken by us, and nobody knows whether it is to be given back.
    Unsure(KeptBecause),
    /// Given back by a request for this member.
    Restored(MemberId),
    /// Given back by the import.
    RestoredByImport,
    /// A run that was cut off may have invited the person.
    InvitedAgain {
        staged: bool,
    },
    /// A run that was cut off may have taken it.
    RestoredAgain,
}

/// By what somebody loses access.
pub(super) enum Taking {
    Revoke(MemberId),
    Remove(MemberId),
    /// Under each of these addresses.
    RevokeByImport(Vec<String>),
    RemoveByImport,
    /// By an import that overwrites and does not list the person.
    Overwrite,
    /// The same, once the member has the id again that somebody cleared.
    OverwriteByOwnId(MemberId, ExternalId),
}

impl PersonFate {
    /// Who loses a seat by it; None: nobody does.
    pub(super) fn frees_seat(&self) -> Option<&ExternalId> {
        match self {
            Self::Leaves { person, .. } => Some(&person.external_id),
            _ => None,
        }
    }

    /// The address of somebody who is removed for another entry that has it.
    pub(super) fn is_replaced(&self) -> Option<&str> {
        match self {
            Self::Leaves { person, cause: Cause::EntryReplaced, .. } => Some(&person.name),
            _ => None,
        }
    }

    /// Under which address somebody joins.
    pub(super) fn joins_as(&self) -> Option<&str> {
        if let Self::Joins { person, .. } = self { Some(&person.name) } else { None }
    }

    /// Who needs a seat for it, and whether it is a newcomer's; None: nobody does.
    pub(super) fn seeks_seat(&self) -> Option<(&ExternalId, bool)> {
        match self {
            Self::Joins { person, staged: false, .. } => Some((&person.external_id, true)),
            Self::Member(member) => {
                matches!(member.access, Access::Restored(_)).then_some((&member.person.external_id, false))
            }
            _ => None,
        }
    }

    /// Who gets access back by a request for this member.
    pub(super) fn restored(&self) -> Option<(&Subject, &MemberId)> {
        match self {
            Self::Member(member) => match &member.access {
                Access::Restored(id) => Some((&member.person, id)),
                _ => None,
            },
            _ => None,
        }
    }

    /// How an import names somebody who shall be a member; None: it does not.
    pub(super) fn live(&self) -> Option<ImportMember> {
        match self {
            Self::Joins { person, .. } => Some(entry(person, false)),
            Self::Member(member) => Some(member.entry.clone()),
            _ => None,
        }
    }

    /// What is shown of it, and what is sent for it.
    pub(super) fn unfold(self, shown: &mut Shown, sent: &mut Sent) {
        match self {
            Self::LeftOut(left_out) => shown.left_out.push(left_out),
            Self::Unusable { left_out, member: person } => {
                shown.left_out.push(left_out);
                shown.kept.push(Kept { person, cause: None, because: KeptBecause::NoUsableAddress });
            }
            Self::IdTaken { person, holder } => {
                shown.standing.push(Standing::ExternalIdTaken { person, holder });
            }
            Self::IdOfAnother { person: about, holder } => {
                shown.standing.push(Standing::IdOfAnother { about, holder, group: false });
            }
            Self::AddressOfAnother { person, holder } => {
                shown.standing.push(Standing::AddressOfAnother { person, holder });
            }
            Self::AddressUnseen { person, told } => {
                shown.standing.push(Standing::AddressUnseen { person, told, revoked: false });
            }
            Self::HeldUnderOtherId { person, observed } => {
                shown.standing.push(Standing::HeldUnderOtherId { person, observed });
            }
            Self::AddressOfLeaver(held) => {
                let LeaversAddress { person, entry, former, active, because } = *held;
                shown.standing.push(Standing::AddressOfLeaver { person, entry, former, active, because });
            }
            Self::Freed { person, old, by } => {
                match by {
                    Freeing::Put(id) => {
                        let external_id = person.external_id.clone();
                        sent.repair(person.clone(), Request::PutMember { id, external_id });
                    }
                    Freeing::Import => sent.import.members.insert(0, entry(&person, true)),
                    Freeing::WithAccess => {}
                }
                let cause = Cause::NameUsed;
                shown.changes.push(Change::ReplaceExternalId { person, old, cause });
            }
            Self::IdGivenBack { person, old, by } => {
                match by {
                    GivingBack::Put(id) => {
                        let external_id = person.external_id.clone();
                        sent.repair(person.clone(), Request::PutMember { id, external_id });
                    }
                    GivingBack::Import { deleted } => sent.import.members.push(entry(&person, deleted)),
                }
                let cause = Cause::IdChanged;
                shown.changes.push(match old {
                    Some(old) => Change::ReplaceExternalId { person, old, cause },
                    None => Change::Adopt { person, cause },
                });
            }
            Self::InvitedAnew { person, id, from } => {
                let (email, external_id) = (person.name.clone(), person.external_id.clone());
                sent.repair(person.clone(), Request::InviteAnew { id, from, email, external_id });
                shown.changes.push(Change::Invite { person, cause: Cause::AddressCorrected });
            }
            Self::Joins { person, cause, staged } => {
                sent.import.members.push(entry(&person, false));
                shown.changes.push(joining(person, cause, staged));
            }
            Self::Member(member) => member.unfold(shown, sent),
            Self::Leaves { person, cause, by } => by.unfold(person, cause, shown, sent),
            Self::Kept(kept) => shown.kept.push(kept),
        }
    }
}

impl Taking {
    fn unfold(self, person: Subject, cause: Cause, shown: &mut Shown, sent: &mut Sent) {
        let about = person.clone();
        match self {
            Self::Revoke(id) => {
                shown.changes.push(Change::Revoke { person, cause });
                sent.take(about, Request::Revoke(id));
            }
            Self::Remove(id) => {
                shown.changes.push(Change::Remove { person, cause });
                sent.take(about, Request::Remove(id));
            }
            Self::RevokeByImport(addresses) => {
                // Under each address there can be a member: nobody loses access unseen.
                let first = addresses.iter().find(|it| **it == person.name).or(addresses.first()).cloned();
                let further =
                    addresses.iter().filter(|it| first.as_ref() != Some(*it)).map(|it| Change::Revoke {
                        person: Subject { name: it.clone(), external_id: person.external_id.clone() },
                        cause: Cause::FurtherAddress,
                    });
                let further: Vec<Change> = further.collect();
                let name = first.unwrap_or_else(|| person.name.clone());
                shown.changes.push(Change::Revoke { person: Subject { name, ..person }, cause });
                shown.changes.extend(further);
                let entries = addresses.into_iter().map(|address| ImportMember {
                    email: Some(address),
                    external_id: about.external_id.clone(),
                    deleted: true,
                });
                sent.import.members.extend(entries);
            }
            Self::RemoveByImport => {
                shown.changes.push(Change::Remove { person, cause });
                sent.import.members.push(entry(&about, true));
            }
            Self::Overwrite => shown.changes.push(Change::Remove { person, cause }),
            Self::OverwriteByOwnId(id, external_id) => {
                shown.changes.push(Change::Remove { person, cause });
                sent.repair(about, Request::PutMember { id, external_id });
            }
        }
    }
}

impl MemberFate {
    fn unfold(self, shown: &mut Shown, sent: &mut Sent) {
        let Self { person, entry, address, id, access, sent_again, passed_on, given_back } = self;
        let because = |usual: Cause| if passed_on { Cause::EntryReplaced } else { usual };
        shown.standing.extend(address.standing(&person));
        let usual = if given_back { Cause::IdChanged } else { Cause::Differs };
        let by_id = id.unfold(&person, because(usual), shown, sent);
        let by_access = access.unfold(person, because(Cause::Returned), shown, sent);
        sent.again.people += usize::from(sent_again && !by_id && !by_access);
        if sent_again || by_id || by_access {
            sent.import.members.push(entry);
        }
    }
}

impl AddressDifference {
    fn standing(self, person: &Subject) -> Option<Standing> {
        let person = person.clone();
        Some(match self {
            Self::None => return None,
            Self::Differs { observed } => Standing::AddressDiffers { person, observed },
            Self::Told { told } => {
                let observed = person.name;
                Standing::AddressDiffers { person: Subject { name: told, ..person }, observed }
            }
            Self::Held { observed } => Standing::AddressHeld { person, observed },
            Self::Unseen { told, revoked } => Standing::AddressUnseen { person, told, revoked },
        })
    }
}

impl IdChange {
    /// Whether the import has to name the person.
    fn unfold(self, person: &Subject, cause: Cause, shown: &mut Shown, sent: &mut Sent) -> bool {
        let person = person.clone();
        match self {
            Self::None => false,
            Self::Adopted => {
                shown.changes.push(Change::Adopt { person, cause });
                true
            }
            Self::Replaced(old) => {
                shown.changes.push(Change::ReplaceExternalId { person, old, cause });
                true
            }
            Self::Put { old, member } => {
                let external_id = person.external_id.clone();
                sent.repair(person.clone(), Request::PutMember { id: member, external_id });
                shown.changes.push(Change::ReplaceExternalId { person, old, cause });
                false
            }
        }
    }
}

impl Access {
    /// Whether the import has to name the person.
    fn unfold(self, person: Subject, cause: Cause, shown: &mut Shown, sent: &mut Sent) -> bool {
        match self {
            Self::Has => false,
            Self::TakenByHand => {
                shown.standing.push(Standing::RevokedByHand { person });
                false
            }
            Self::Unsure(because) => {
                shown.kept.push(Kept { person, cause: None, because });
                false
            }
            Self::Restored(member) => {
                sent.restore(person.clone(), Request::Restore(member));
                shown.changes.push(Change::Restore { person, cause });
                false
            }
            Self::RestoredByImport | Self::RestoredAgain => {
                shown.changes.push(Change::Restore { person, cause });
                true
            }
            Self::InvitedAgain { staged } => {
                shown.changes.push(joining(person, Cause::Joined, staged));
                true
            }
        }
    }
}

fn joining(person: Subject, cause: Cause, staged: bool) -> Change {
    if staged { Change::Stage { person, cause } } else { Change::Invite { person, cause } }
}

fn entry(person: &Subject, deleted: bool) -> ImportMember {
    ImportMember { email: Some(person.name.clone()), external_id: person.external_id.clone(), deleted }
}
