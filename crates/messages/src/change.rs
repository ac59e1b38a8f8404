//! Why something changes, stays or is left out.

use crate::source::in_a_sentence;
use bwdc_core::observed::ServerKind;
use bwdc_core::plan::{Cause, Kept, KeptBecause, LeftOutBecause, Standing};
use bwdc_engine::clock::to_iso;

/// Why something changes.
pub fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Joined => "new in the directory",
        Cause::RemovedThere => "brought over before, and removed there since",
        Cause::Disabled => "disabled in the directory",
        Cause::Deleted => "deleted in the directory",
        Cause::Gone => "the directory, asked by id, has no such entry",
        Cause::OutOfScope => "in the directory, no longer selected",
        Cause::Hidden => "deleted or hidden in the directory",
        Cause::Overwritten => "not in the request that overwrites",
        Cause::Returned => "back in the directory",
        Cause::Differs => "the directory says so",
    }
}

/// What happened to somebody who stays, and why nothing is done.
pub fn kept(kept: &Kept) -> String {
    let happened = kept.cause.map_or("the directory could not tell", cause);
    let because = match &kept.because {
        KeptBecause::Policy => "`[leavers]` in connector.toml keeps such people",
        KeptBecause::Grace { until } => {
            return format!("{happened}; `[leavers]` in connector.toml waits until {}", to_iso(*until));
        }
        KeptBecause::AsToday => "no setting says to remove such people",
        KeptBecause::AddressInUse => {
            "a new entry of the directory has this address, and may be the same person"
        }
        KeptBecause::Role => "has more rights than a user, and is never touched",
        KeptBecause::Protected => "is on the list of protected people",
        KeptBecause::Baseline => "the first run only records who is there",
        KeptBecause::AlreadyRevoked => "has no access any more, and keeps the membership",
        KeptBecause::NoUsableAddress => {
            return "in the directory, without an address that can be used".to_owned();
        }
        KeptBecause::Unconfirmed { reason } => {
            return format!("{happened}; kept, since it could not be confirmed: {reason}");
        }
    };
    format!("{happened}; {because}")
}

/// Why a person or group is not brought over.
pub fn left_out(because: &LeftOutBecause) -> String {
    match because {
        LeftOutBecause::NoAddress => "has no address".to_owned(),
        LeftOutBecause::AddressTooLong => "the address is longer than 256 characters".to_owned(),
        LeftOutBecause::AddressBlank => "the address is blank".to_owned(),
        LeftOutBecause::AddressShared => {
            "others have the same address, and `[conflicts]` in connector.toml leaves all of them out"
                .to_owned()
        }
        LeftOutBecause::Replaced { by } => {
            format!("is disabled, and the enabled entry `{by}` has the same address")
        }
        LeftOutBecause::GroupIdTaken => {
            "an earlier source has a group with this id, and `conflicts.same-group` lets that one count"
                .to_owned()
        }
        LeftOutBecause::GroupOfBefore => {
            "waits: another group had this name before, and the directory does not say whether that one still exists"
                .to_owned()
        }
        LeftOutBecause::AddressInvalid { address } => {
            format!("the server would not take `{address}` for an address")
        }
        LeftOutBecause::ExternalIdTooLong => "the id is longer than the server takes".to_owned(),
        LeftOutBecause::GroupName => "the group's name is blank or longer than the server takes".to_owned(),
        LeftOutBecause::EmptyUnseen => {
            "has no members, and this server cannot be read: it is sent as soon as it has one".to_owned()
        }
        LeftOutBecause::MembersHidden => {
            "the directory does not show who is in this group, so it stays as it is in the organization; Microsoft Entra ID \
             shows hidden memberships to applications with the permission `Member.Read.Hidden`"
                .to_owned()
        }
        LeftOutBecause::DomainNotAllowed { address } => {
            format!("the domain of `{address}` is not one of `allowed-domains`; not invited")
        }
        LeftOutBecause::WaitsForTurn => {
            "waits for a later run: `invitations.per-run` lets no more in at once".to_owned()
        }
        LeftOutBecause::NotInPilot => "waits: only the pilot group is invited for now".to_owned(),
        LeftOutBecause::SourceNotRead { source } => format!(
            "waits: {} could not be read and may have the same person, whom `conflicts.across-sources` lets it decide about",
            in_a_sentence(source)
        ),
        LeftOutBecause::UnresolvedMember { group } => {
            format!("member of `{group}`, and neither a person nor a group that was read")
        }
    }
}

/// Who differs and stays so, and why.
pub fn standing(difference: &Standing, server: ServerKind) -> (&str, String) {
    match difference {
        Standing::AddressDiffers { person, observed } => (&person.name, new_address(observed, server)),
        Standing::AddressHeld { person, observed } => (
            &person.name,
            format!(
                "is known to the organization as `{observed}`, and another member has the new address: remove one of the \
                 two in the web vault, the one who has less to lose"
            ),
        ),
        Standing::HeldUnderOtherId { person, observed } => (
            &person.name,
            format!(
                "the organization has this address under the id `{observed}`, which may still be somebody's; once \
                     nobody needs that id, clear it in the web vault, and the next run gives the directory's"
            ),
        ),
        Standing::ExternalIdTaken { person, holder } => (
            &person.name,
            format!("has the name in the directory under which `{holder}` was brought over; not sent"),
        ),
        Standing::MembershipsKept { group, members } => (
            &group.name,
            format!("the first run takes nobody out: {} members stay until the next", members.len()),
        ),
        Standing::RevokedByHand { person } => {
            (&person.name, "somebody revoked the access by hand; it is not given back".to_owned())
        }
        Standing::GroupNameKept { group, observed } => {
            (&group.name, format!("the server keeps the group's first name, `{observed}`"))
        }
        Standing::GroupVanished { group } => {
            let why = match server {
                ServerKind::Vaultwarden => {
                    "is no longer in the directory, and is kept: this server deletes no groups"
                }
                _ => {
                    "is no longer in the directory, and is kept with its access to collections: see \
                     `leavers.vanished-groups`"
                }
            };
            (&group.name, why.to_owned())
        }
    }
}

fn new_address(observed: &str, server: ServerKind) -> String {
    match server {
        ServerKind::Vaultwarden => format!(
            "has a new address in the directory and stays `{observed}` here: the server would take the new one for \
             somebody else. The person changes it in the account's settings"
        ),
        ServerKind::OfficialCloud | ServerKind::OfficialSelfHosted => format!(
            "has a new address in the directory and stays `{observed}` here, since no request changes an address. The \
             person changes it in the account's settings; an invitation that nobody accepted is removed and sent anew"
        ),
    }
}
