//! The vocabulary of plans and refusals in words for people.

use bwdc_core::names::SourceName;
use bwdc_core::observed::ServerKind;
use bwdc_core::plan::{Cause, Kept, KeptBecause, LeftOutBecause, Refusal, Remark, Standing};
use bwdc_core::snapshot::Overlooked;
use bwdc_engine::clock::to_iso;

/// Why something changes.
pub(crate) fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Joined => "new in the directory",
        Cause::RemovedThere => "brought over before, and removed there since",
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
        KeptBecause::Grace { until } => {
            return format!("{happened}; `[leavers]` in connector.toml waits until {}", to_iso(*until));
        }
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
        LeftOutBecause::AddressShared => {
            "others have the same address, and `[conflicts]` in connector.toml leaves all of them out"
                .to_owned()
        }
        LeftOutBecause::GroupIdTaken => {
            "an earlier source has a group with this id, and `conflicts.same-group` lets that one count"
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
        LeftOutBecause::DomainNotAllowed { address } => {
            format!("the domain of `{address}` is not one of `allowed-domains`; not invited")
        }
        LeftOutBecause::WaitsForTurn => {
            "waits for a later run: `invitations.per-run` lets no more in at once".to_owned()
        }
        LeftOutBecause::NotInPilot => "waits: only the pilot group is invited for now".to_owned(),
        LeftOutBecause::SourceNotRead { source } => format!(
            "waits: {} could not be read and may have the same person, whom `conflicts.across-sources` lets it decide about",
            from(source)
        ),
        LeftOutBecause::UnresolvedMember { group } => {
            format!("member of `{group}`, and neither a person nor a group that was read")
        }
    }
}

/// Who differs and stays so, and why.
pub(crate) fn standing(difference: &Standing, server: ServerKind) -> (&str, String) {
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

/// Something that an administrator should know.
pub(crate) fn remark(remark: &Remark) -> String {
    match remark {
        Remark::ForeignIds { people, groups, examples } => format!(
            "{people} members and {groups} groups have external ids that neither the directory nor this connector's \
             ledger knows: another connector, or an earlier configuration, brought them over. For example {}.",
            examples.join(", ")
        ),
        Remark::IdChanged { person, observed } => format!(
            "`{}` was brought over as `{}` and has the external id `{observed}` by now: does another connector write to \
             this organization?",
            person.name, person.external_id
        ),
        Remark::SameName { group } => format!(
            "A group `{}` made by hand exists already, and a second one of that name will be created. With `adopt-groups = \
             true` in connector.toml the directory takes over the first, with its access to collections.",
            group.name
        ),
        Remark::SourceNotRead { source, reason, people, groups } => format!(
            "{} could not be read: {reason}. Its {people} people and {groups} groups stay as they are, and nobody loses \
             access in this run because the directory does not list them.",
            capital(&from(source))
        ),
        Remark::SourceNew { source } => format!(
            "{} is read for the first time: nothing of its people and groups is taken away in this run.",
            capital(&from(source))
        ),
        Remark::SourceNotConfigured { source, people } => format!(
            "{people} members came from the source `{source}`, which `sources` does not name any more. They stay, since \
             nobody can say whether they are still there."
        ),
        Remark::SharedBySources { people, examples } => format!(
            "{people} people are in several sources and are one member each, in the groups of all of them, as \
             `conflicts.across-sources` says. For example {}.",
            examples.join(", ")
        ),
        Remark::GroupsWait { groups } => format!(
            "{groups} groups are compared by later runs: one run asks the server for the members of so many only."
        ),
        Remark::NoPilotGroup { name } => {
            format!("The directory has no group `{name}`, which `invitations.pilot-group` names.")
        }
        Remark::FoundAnew { group, members, why } => format!(
            "{} people come into the group `{}`, where the official connector did not find them: {}. They are {}.",
            members.len(),
            group.name,
            match why {
                Overlooked::LongList => "the server hands its members out in parts",
                Overlooked::PrimaryGroup => "it is their primary group, which lists nobody",
                Overlooked::Spelling => "the group spells them otherwise than their own entries, by case or blanks",
                Overlooked::AttributeName => "the server spells `sync.memberAttribute` otherwise, by case",
            },
            some(members)
        ),
        Remark::GroupsUnseen { groups } => format!(
            "{groups} groups are sent unconfirmed: Vaultwarden takes groups only where they are switched on \
             (`ORG_GROUPS_ENABLED=true`), and its answer is the same where they are not. If they are missing in the web vault, \
             switch them on; `bwdc ledger purge` lets the next run send everything anew."
        ),
        Remark::StayStaged { people, examples } => format!(
            "{people} members were stored without an invitation, and no sync invites them: do it in the web vault. For \
             example {}.",
            examples.join(", ")
        ),
        Remark::RestoresByHand => {
            "This server restores everybody whom a request lists, also people whose access was revoked by hand: this run \
             lists everybody."
                .to_owned()
        }
    }
}

/// Why a run is refused, and what would let it pass.
pub(crate) fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::TooManyRemovals { planned, allowed, managed } => format!(
            "{planned} of {managed} managed members would have lost access within a day, {allowed} may. If they shall, run `bwdc \
             approve`; to allow more in every run, raise `removals` and `removals-percent` under `[limits]` in connector.toml."
        ),
        Refusal::TooManyMemberships { planned, allowed } => format!(
            "{planned} memberships would have been taken away within a day, {allowed} may. If they shall, run `bwdc \
             approve`; to allow more, raise `memberships` or `memberships-percent` under `[limits]` in connector.toml."
        ),
        Refusal::GroupEmptied { group, before, lost } => format!(
            "The group `{group}` would lose {lost} of {before} members, more than `group-percent` under `[limits]` in \
             connector.toml allows. If that is right, run `bwdc approve`."
        ),
        Refusal::TooManyGroups { planned, allowed } => format!(
            "{planned} groups would be left without members or deleted, {allowed} may. If they shall, run `bwdc approve`; to \
             allow more in every run, raise `emptied-groups-percent` under `[limits]` in connector.toml."
        ),
        Refusal::TooManyInvitations { planned, allowed } => format!(
            "{planned} people would be invited, {allowed} may at once. If they shall, run `bwdc approve`; to invite in \
             portions, set `per-run` under `[invitations]`; to allow more in every run, raise `invitations` and \
             `invitations-percent` under `[limits]` in connector.toml."
        ),
        Refusal::TooManyFoundAnew { planned, allowed } => format!(
            "{planned} memberships would begin because this connector finds members whom the official one overlooked, \
             {allowed} may on the first run; `bwdc plan` names them. If they shall, run `bwdc approve`; else leave their \
             groups out with `sync.groupFilter`."
        ),
        Refusal::SeatsBought { needed, free, bought } => format!(
            "{needed} seats are needed and {free} are free: the server would buy {bought}. If it shall, run `bwdc approve`; \
             to let every run buy seats, set `buy-seats = true` under `[limits]` in connector.toml."
        ),
        Refusal::NoSeats { needed, free, most } => format!(
            "{needed} seats are needed, {free} are free, and the subscription grows to {most} at most: the server would \
             refuse. Raise the limit of seats in the web vault, or bring fewer people over."
        ),
        Refusal::EmptyDirectory { managed, source } => format!(
            "{} returned nobody, and the organization has {managed} managed members from it. Check the search base and \
             the filter; if it is right, run `bwdc approve`, or set `allow-empty-directory = true` under `[limits]` in \
             connector.toml.",
            capital(&from(source))
        ),
        Refusal::NoGroups { managed, source } => format!(
            "{} returned no group, and the organization has {managed} managed groups from it. Check the search base and \
             the filter; if it is right, run `bwdc approve`, or set `allow-empty-directory = true` under `[limits]` in \
             connector.toml.",
            capital(&from(source))
        ),
        Refusal::RepeatedExternalId { external_id, of_groups, holders } => format!(
            "{} {} of the organization share the external id `{external_id}`: {}. The server would fail. Remove all but one \
             of them, or their external id, in the web vault; nothing can be sent before.",
            holders.len(),
            if *of_groups { "groups" } else { "members" },
            some(holders)
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

/// A source, as it stands in a sentence.
fn from(source: &SourceName) -> String {
    if source.is_primary() { "the directory".to_owned() } else { format!("source `{source}`") }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

pub(crate) fn some(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len() {
        0..=SHOWN => shown,
        all => format!("{shown} and {} more", all - SHOWN),
    }
}
