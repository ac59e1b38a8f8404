//! The vocabulary of plans and refusals in words for people.

use bwdc_core::plan::{Cause, Kept, KeptBecause, LeftOutBecause, Refusal, Standing};

/// Why something changes.
pub(crate) fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Joined => "new in the directory",
        Cause::Disabled => "disabled in the directory",
        Cause::Deleted => "deleted in the directory",
        Cause::Gone => "the directory, asked by id, has no such entry",
        Cause::OutOfScope => "in the directory, no longer selected",
        Cause::Overwritten => "not in the request that overwrites",
        Cause::Returned => "back in the directory",
        Cause::Differs => "the directory says so",
    }
}

/// What happened to somebody who stays, and why nothing is done.
pub(crate) fn kept(kept: &Kept) -> String {
    let happened = kept.cause.map_or("the directory could not tell", cause);
    let because = match &kept.because {
        KeptBecause::Policy => "`[leavers]` in connector.toml keeps such people",
        KeptBecause::AsToday => "no setting says to remove such people",
        KeptBecause::AddressInUse => "somebody else in the directory has this address now",
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
pub(crate) fn left_out(because: &LeftOutBecause) -> String {
    match because {
        LeftOutBecause::NoAddress => "has no address".to_owned(),
        LeftOutBecause::AddressTooLong => "the address is longer than 256 characters".to_owned(),
        LeftOutBecause::AddressBlank => "the address is blank".to_owned(),
        LeftOutBecause::AddressInvalid { address } => {
            format!("the server would not take `{address}` for an address")
        }
        LeftOutBecause::ExternalIdTooLong => "the id is longer than the server takes".to_owned(),
        LeftOutBecause::GroupName => "the group's name is blank or longer than the server takes".to_owned(),
        LeftOutBecause::UnresolvedMember { group } => {
            format!("member of `{group}`, and neither a person nor a group that was read")
        }
    }
}

/// Who differs and stays so, and why.
pub(crate) fn standing(difference: &Standing) -> (&str, String) {
    match difference {
        Standing::AddressDiffers { person, observed } => (
            &person.name,
            format!("the organization has the address `{observed}`, which no request can change"),
        ),
        Standing::HeldUnderOtherId { person, observed } => {
            (&person.name, format!("the organization has this address under another id, `{observed}`"))
        }
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
            (&group.name, "the group is no longer in the directory, and is kept".to_owned())
        }
    }
}

/// Why a run is refused, and what would let it pass.
pub(crate) fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::TooManyRemovals { planned, allowed, managed } => format!(
            "{planned} of {managed} managed members would lose access, {allowed} may. If they shall, run `bwdc \
             approve`; to allow more in every run, raise `removals` and `removals-percent` under `[limits]` in connector.toml."
        ),
        Refusal::TooManyMemberships { planned, allowed } => format!(
            "{planned} memberships would be taken away, {allowed} may. If they shall, run `bwdc approve`; to allow \
             more in every run, raise `memberships-percent` under `[limits]` in connector.toml."
        ),
        Refusal::GroupEmptied { group, before, lost } => format!(
            "The group `{group}` would lose {lost} of {before} members, more than half. If that is right, run `bwdc \
             approve`."
        ),
        Refusal::EmptyDirectory { managed } => format!(
            "The directory returned nobody, and the organization has {managed} managed members. Check the search base and \
             the filter; if it is right, run `bwdc approve`, or set `allow-empty-directory = true` under `[limits]` in \
             connector.toml."
        ),
        Refusal::NoGroups { managed } => format!(
            "The directory returned no group, and the organization has {managed} managed groups. Check the search base and \
             the filter; if it is right, run `bwdc approve`, or set `allow-empty-directory = true` under `[limits]` in \
             connector.toml."
        ),
        Refusal::RepeatedExternalId { external_id, of_groups } => format!(
            "Two {} of the organization share the external id `{external_id}`: the server would fail. Remove one of them, or \
             its external id, in the web vault.",
            if *of_groups { "groups" } else { "members" }
        ),
        Refusal::ServerRefusesOverwrite { pending } => format!(
            "The server refuses to overwrite as long as people whom it would remove have not finished joining: {}. Set \
             `sync.overwriteExisting` to false, or remove them in the web vault.",
            some(pending)
        ),
        Refusal::OverwriteWithLargeImport => {
            "You cannot use the 'Remove and re-add organization users during the next sync' option with large imports."
                .to_owned()
        }
    }
}

fn some(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len() {
        0..=SHOWN => shown,
        all => format!("{shown} and {} more", all - SHOWN),
    }
}
