//! Why a run is refused.

use crate::list::{capital, some};
use crate::source::in_a_sentence;
use bwdc_core::plan::Refusal;

/// Why a run is refused, and what would let it pass.
pub fn refusal(refusal: &Refusal) -> String {
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
        Refusal::TooManyReplacedGroups { planned, allowed } => format!(
            "{planned} groups of the directory would take the place of groups that are gone, and get their access to \
             collections. The limit is {allowed}. If this is intended, run `bwdc approve`. To allow more in every run, raise \
             `emptied-groups-percent` under `[limits]` in connector.toml."
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
            capital(&in_a_sentence(source))
        ),
        Refusal::NoGroups { managed, source } => format!(
            "{} returned no group, and the organization has {managed} managed groups from it. Check the search base and \
             the filter; if it is right, run `bwdc approve`, or set `allow-empty-directory = true` under `[limits]` in \
             connector.toml.",
            capital(&in_a_sentence(source))
        ),
        Refusal::FewFound { found, members, percent } => format!(
            "This first run asks for {found} of {members} members who carry ids of this directory, and at least {percent} % of \
             them have to be found: a search base or a filter may be another than before. Check the paths and filters with \
             `bwdc doctor`. If this is intended, run `bwdc sync`, then `bwdc approve`; to allow it in general, lower \
             `first-read-percent` under `[limits]` in connector.toml."
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
