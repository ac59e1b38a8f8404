//! Why something changes, stays or is left out.

mod standing;

pub use standing::standing;

use crate::source::in_a_sentence;
use crate::text;
use crate::time::moment;
use bwdc_core::plan::{Cause, Kept, KeptBecause, LeftOutBecause};

/// Why something changes.
pub fn cause(cause: Cause) -> String {
    match cause {
        Cause::Joined => text!("cause.joined", "new in the directory"),
        Cause::RemovedThere => {
            text!("cause.removed-there", "removed from the organization since the last sync")
        }
        Cause::Disabled => text!("cause.disabled", "disabled in the directory"),
        Cause::Deleted => text!("cause.deleted", "deleted in the directory"),
        Cause::Gone => text!("cause.gone", "no longer in the directory"),
        Cause::OutOfScope => text!("cause.out-of-scope", "in the directory, but no longer selected"),
        Cause::Hidden => text!("cause.hidden", "deleted or hidden in the directory"),
        Cause::Overwritten => text!("cause.overwritten", "not selected, and `sync.overwriteExisting` is on"),
        Cause::Returned => text!("cause.returned", "back in the directory"),
        Cause::EntryReplaced => {
            text!("cause.entry-replaced", "another entry of the directory has this address now")
        }
        Cause::NameUsed => {
            text!("cause.name-used", "a newcomer has this name in the directory now")
        }
        Cause::ChangedThere => {
            text!("cause.changed-there", "someone gave it the external id of another one")
        }
        Cause::IdChanged => {
            text!("cause.id-changed", "someone else changed the external id of this membership")
        }
        Cause::HeldTwice => {
            text!("cause.held-twice", "decided with `repair`: several had this address or external id")
        }
        Cause::IdCopied => {
            text!("cause.id-copied", "a copy of the external id of another one: it is taken away")
        }
        Cause::FurtherAddress => text!(
            "cause.further-address",
            "the directory gave this address to someone who leaves, and this server does not show whose it is now"
        ),
        Cause::AddressCorrected => text!(
            "cause.address-corrected",
            "the address was corrected before anyone joined: the invitation goes to the new one"
        ),
        Cause::Differs => text!("cause.differs", "changed in the directory"),
    }
}

/// The same by the word that the history keeps; one of a later version as it is.
pub fn cause_named(word: &str) -> String {
    serde_json::from_value(word.into()).map_or_else(|_| word.to_owned(), cause)
}

/// What happened to somebody who stays, and why nothing is done.
pub fn kept(kept: &Kept) -> String {
    let happened = kept.cause.map_or_else(
        || text!("kept.unknown", "the directory does not tell what became of this person"),
        cause,
    );
    let because = match &kept.because {
        KeptBecause::Policy => {
            text!("kept.policy", "`{setting}` keeps such people", setting = leavers(kept.cause))
        }
        KeptBecause::Grace { until } => {
            return text!(
                "kept.grace",
                "{happened}; `{setting}` waits until {until}",
                happened,
                setting = grace(kept.cause),
                until = moment(*until)
            );
        }
        KeptBecause::Parity => {
            text!(
                "kept.no-policy",
                "nothing is done while `{setting}` is not set",
                setting = leavers(kept.cause)
            )
        }
        KeptBecause::AddressInUse => {
            text!(
                "kept.address-in-use",
                "a new entry of the directory has this address, and may be the same person"
            )
        }
        KeptBecause::Role => text!("kept.role", "owners, administrators and custom roles are never removed"),
        KeptBecause::NoSeat { missing } => {
            return text!(
                "kept.no-seat",
                "back in the directory, and waits for a seat to get access again: {missing:seat is/seats are} missing. Buy \
                 seats in the web vault, or set `limits.buy-seats` to true",
                missing
            );
        }
        KeptBecause::ServerCannotRevoke if kept.cause == Some(Cause::Hidden) => text!(
            "kept.no-revoke-hidden",
            "this server cannot revoke access, which Bitwarden servers do since version 2026.2.0: update it"
        ),
        KeptBecause::ServerCannotRevoke => text!(
            "kept.no-revoke",
            "this server cannot revoke access, which Bitwarden servers do since version 2026.2.0: update it, or set \
             `{setting}` to remove",
            setting = leavers(kept.cause)
        ),
        KeptBecause::Protected => text!("kept.protected", "`protected` in connector.toml lists this person"),
        KeptBecause::Baseline => text!("kept.baseline", "the first run removes nobody"),
        KeptBecause::AlreadyRevoked => text!("kept.revoked", "has no access, and keeps the membership"),
        KeptBecause::HeldBack => text!("kept.held-back", "waits for an approval: a limit holds it back"),
        KeptBecause::SentAsDeleted => text!(
            "kept.sent-as-deleted",
            "was sent as deleted under every known address; this server does not show whether access ended"
        ),
        KeptBecause::AddressShared { shared } => {
            let others = shared.iter().map(|it| {
                text!(
                    "kept.shared-address",
                    "`{address}` ({holder})",
                    address = &it.address,
                    holder = &it.holder.name
                )
            });
            text!(
                "kept.address-shared",
                "may still have access: this server goes by addresses and does not show them, and someone else may be a member \
                 under {others}, so nothing is sent for it. Revoke the person in the web vault, or let runs see the members \
                 with `login --observer`",
                others = others.collect::<Vec<_>>().join(", ")
            )
        }
        KeptBecause::NoUsableAddress => {
            return text!("kept.no-address", "in the directory, without a usable address");
        }
        KeptBecause::MembershipUnclear => text!(
            "kept.membership-unclear",
            "stays: the ledger remembers this membership as another person's, and whose it is cannot be told"
        ),
        KeptBecause::FormerDirectory { directory } => {
            return text!(
                "kept.former-directory",
                "came from the directory `{directory}`, to which no setting leads any more: kept, and asked for nowhere",
                directory = directory.clone()
            );
        }
        KeptBecause::Unconfirmed { reason } => {
            return text!(
                "kept.unconfirmed",
                "{happened}; kept because that could not be confirmed: {reason}",
                happened,
                reason
            );
        }
    };
    text!("kept.because", "{happened}; {because}", happened, because)
}

/// The setting that says what becomes of people who leave for this cause.
fn leavers(cause: Option<Cause>) -> &'static str {
    match cause {
        Some(Cause::Disabled) => "leavers.disabled",
        Some(Cause::Deleted) => "leavers.deleted",
        Some(Cause::OutOfScope) => "leavers.out-of-scope",
        Some(Cause::Hidden) => "leavers.hidden",
        _ => "leavers.gone",
    }
}

/// The setting that says how long that waits.
fn grace(cause: Option<Cause>) -> String {
    format!("{}-grace-hours", leavers(cause))
}

/// Why a person or group is not brought over.
pub fn left_out(because: &LeftOutBecause) -> String {
    match because {
        LeftOutBecause::NoAddress => text!("left-out.no-address", "has no address"),
        LeftOutBecause::AddressTooLong => {
            text!("left-out.long-address", "the address is longer than 256 characters")
        }
        LeftOutBecause::AddressBlank => text!("left-out.blank-address", "the address is blank"),
        LeftOutBecause::AddressShared => text!(
            "left-out.shared-address",
            "others have the same address, and `conflicts.same-address` leaves all of them out"
        ),
        LeftOutBecause::Replaced { by } => {
            text!("left-out.replaced", "is disabled, and the enabled entry `{by}` has the same address", by)
        }
        LeftOutBecause::GroupIdTaken => text!(
            "left-out.group-id",
            "an earlier source has a group with this id, and `conflicts.same-group` prefers that one"
        ),
        LeftOutBecause::GroupOfBefore => text!(
            "left-out.group-of-before",
            "waits: another group had this name before, and the directory does not say whether that one still exists"
        ),
        LeftOutBecause::AddressInvalid { address } => {
            text!("left-out.invalid-address", "`{address}` is not a valid e-mail address", address)
        }
        LeftOutBecause::ExternalIdTooLong => {
            text!("left-out.long-id", "the id is longer than the server accepts")
        }
        LeftOutBecause::GroupName => {
            text!("left-out.group-name", "the group's name is blank or longer than the server accepts")
        }
        LeftOutBecause::EmptyUnseen => text!(
            "left-out.empty-group",
            "has no members yet; this server cannot be read, so the group is sent as soon as it has one"
        ),
        LeftOutBecause::MembersHidden => text!(
            "left-out.members-hidden",
            "the directory does not show who is in this group, so it stays as it is in the organization; an LDAP server shows \
             it to accounts that may read the attribute of members, Microsoft Entra ID to applications with the permission \
             `Member.Read.Hidden`"
        ),
        LeftOutBecause::StateNotTold => {
            text!("explain.state-not-shown", "the directory does not show whether the account is enabled")
        }
        LeftOutBecause::GroupsHidden => text!(
            "left-out.groups-hidden",
            "the directory does not show in which groups this person is, so the memberships stay as they are in the \
             organization; an LDAP server shows them to accounts that may read the attribute that tells them \
             (`ldap.member-of-attribute`, `gidNumber`, `primaryGroupID`, `uid`)"
        ),
        LeftOutBecause::DomainNotAllowed { address } => text!(
            "left-out.domain",
            "not invited: the domain of `{address}` is not one of `allowed-domains`",
            address
        ),
        LeftOutBecause::NoSeat { missing } => text!(
            "left-out.no-seat",
            "waits for a seat: {missing:seat is/seats are} missing. Buy seats in the web vault, or set `limits.buy-seats` to true",
            missing
        ),
        LeftOutBecause::AdoptionHeld { collections } => text!(
            "left-out.adoption-held",
            "waits: a group made by hand has this name ({access}), and no more may be taken over without an approval",
            access = access_to(*collections)
        ),
        LeftOutBecause::WaitsForTurn => {
            text!("left-out.turn", "waits for a later run: `invitations.per-run` limits invitations")
        }
        LeftOutBecause::NotInPilot => {
            text!("left-out.pilot", "waits: only the pilot group is invited for now")
        }
        LeftOutBecause::SourceNotRead { source } => text!(
            "left-out.source",
            "waits: {source} could not be read and may have the same person (`conflicts.across-sources`)",
            source = in_a_sentence(source)
        ),
        LeftOutBecause::UnresolvedMember { group } => text!(
            "left-out.unresolved",
            "member of `{group}`, but neither a person nor a group that was read",
            group
        ),
        LeftOutBecause::SeveralMembers { group } => text!(
            "left-out.several",
            "member of `{group}` by a name that is no single entry's for sure: nobody is added for it, and those of \
             them who are in the group stay",
            group
        ),
        LeftOutBecause::MembersInDoubt => text!(
            "left-out.members-in-doubt",
            "stays as it is: of some people the directory does not tell for sure whether they are in it, and who is in it now cannot \
             be seen"
        ),
    }
}

/// How much a group gives access to.
pub(crate) fn access_to(collections: Option<usize>) -> String {
    match collections {
        Some(0) => text!("group-access.none", "without access to collections"),
        Some(number) => {
            text!("group-access.number", "with access to {number:collection/collections}", number)
        }
        None => text!("group-access.unknown", "with its access to collections"),
    }
}

#[cfg(test)]
mod tests;
