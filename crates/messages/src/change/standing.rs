//! Who differs from the directory and stays so, and why.

use crate::text;
use crate::time::moment;
use bwdc_core::ledger::{MendedKind, RefusedKind};
use bwdc_core::names::Timestamp;
use bwdc_core::observed::ServerKind;
use bwdc_core::plan::{AddressHeldBecause, GroupKeptBecause, Mark, MembershipsKeptBecause, Standing};

/// Who differs and stays so, and why.
pub fn standing(difference: &Standing, server: ServerKind) -> (&str, String) {
    match difference {
        Standing::AddressDiffers { person, observed } => (&person.name, new_address(observed, server)),
        Standing::AddressHeld { person, observed } => (
            &person.name,
            text!(
                "standing.address-held",
                "is `{observed}` in the organization, and another member has the new address. Remove neither: an account changes its \
                 address in its own settings, and the other one gives the address up first. Where two exchanged addresses, one \
                 of them takes a third address, then the other one changes, then the first",
                observed
            ),
        ),
        Standing::AddressUnseen { person, told, revoked } => (&person.name, unseen_address(told, *revoked)),
        Standing::AddressOfAnother { person, holder } => (
            &person.name,
            text!(
                "standing.told-of-another",
                "not sent: the directory gave this address to `{holder}` before, whose account may still have it, and this \
                 server would take the two for one person. With `bwdc login --observer` runs see which address each account has, \
                 and nobody waits. If the account of `{holder}` does not have it, run `bwdc approve --invite {address}`",
                holder,
                address = person.name.as_str()
            ),
        ),
        Standing::MembershipUnclear { person, remembered, since } => (
            &person.name,
            text!(
                "standing.membership-unclear",
                "has the external id of one person, and the ledger remembers this membership as that of `{remembered}`, since {since}. \
                 Nothing is taken and nothing given. If external id and address stay as they are for 24 hours, they count",
                remembered = &remembered.name,
                since = moment(*since)
            ),
        ),
        Standing::HeldUnderOtherId { person, observed } => (
            &person.name,
            text!(
                "standing.other-id",
                "the organization has this address under the id `{observed}`, which may be another person's. If nobody \
                 needs that id, clear it in the web vault; the next run sets the directory's",
                observed = observed.as_str()
            ),
        ),
        Standing::AddressOfLeaver { person, entry, former, active, because } => {
            (&person.name, address_of_leaver(&person.name, entry, former, *active, *because))
        }
        Standing::ExternalIdTaken { person, holder } => (
            &person.name,
            text!(
                "standing.id-taken",
                "waits: has the name in the directory under which `{holder}` was brought over. The id becomes free as soon as \
                 `{holder}` has no access any more (`[leavers]` in connector.toml)",
                holder
            ),
        ),
        Standing::IdOfAnother { about, holder, group } => (&about.name, id_of_another(holder, *group)),
        Standing::MembershipsKept { group, members, because } => {
            (&group.name, memberships_kept(members.len(), *because))
        }
        Standing::RevokedByHand { person } => {
            (&person.name, text!("standing.revoked", "access was revoked by hand, and is not given back"))
        }
        Standing::GroupNameKept { group, observed } => (
            &group.name,
            text!("standing.group-name", "the server keeps the group's first name, `{observed}`", observed),
        ),
        Standing::Refused { what, about, reason, since } => {
            let what = match what {
                RefusedKind::Restore => text!("refused.restore", "access was not given back"),
                RefusedKind::MemberId => text!("refused.member-id", "the external id was not changed"),
                RefusedKind::GroupId => text!("refused.group-id", "the group's external id was not changed"),
                RefusedKind::DeleteGroup => text!("refused.delete-group", "the group was not deleted"),
            };
            let why = text!(
                "standing.refused",
                "{what}: the server has refused it since {since} ({reason}). It is tried again once a day, or as soon as \
                 something about it changes",
                what,
                since = moment(*since),
                reason
            );
            (&about.name, why)
        }
        Standing::ChangedAgain { what, about, since } => (&about.name, changed_again(*what, *since)),
        Standing::GroupVanished { group, because } => (&group.name, group_kept(because, server)),
    }
}

/// Why an entry waits whose id another connector has given.
fn id_of_another(holder: &str, group: bool) -> String {
    if group {
        text!(
            "standing.group-of-another",
            "not brought over: the group `{holder}` has this entry's id, and this connector never gave it that. With \
             `shared-organization` it belongs to another connector. If it is yours, give both the same name and run `bwdc ledger rebuild`",
            holder
        )
    } else {
        text!(
            "standing.id-of-another",
            "not brought over: `{holder}` has this entry's id, and this connector never gave it that. With `shared-organization` \
             that member belongs to another connector. If both are one person, give both the same address and run `bwdc ledger rebuild`",
            holder
        )
    }
}

/// Why something that somebody changed by hand, or another program, is left so.
fn changed_again(what: MendedKind, since: Timestamp) -> String {
    let since = moment(since);
    match what {
        MendedKind::MemberId | MendedKind::GroupId | MendedKind::Membership => text!(
            "standing.id-changed-again",
            "another program writes here: the external id was set right on {since}, and changed again since. It is left as it is. Find \
             out who changes it; `sync --full` sets it right once more",
            since
        ),
        MendedKind::Group => text!(
            "standing.group-changed-again",
            "another program writes here: name or members were set right on {since}, and changed again since, while the directory asks \
             for the same. They are left as they are. Find out who changes them; `sync --full` sets them right once more",
            since
        ),
    }
}

/// Why a group that the directory did not return is kept.
fn group_kept(because: &GroupKeptBecause, server: ServerKind) -> String {
    match (because, server) {
        (GroupKeptBecause::OutOfScope, _) => text!(
            "standing.vanished-not-selected",
            "no longer selected, but still in the directory: kept with its access to collections"
        ),
        (GroupKeptBecause::Unconfirmed { reason: None }, _) => text!(
            "standing.vanished-unconfirmed",
            "not returned by the directory, which does not say whether it still exists: kept with its access to collections"
        ),
        (GroupKeptBecause::Unconfirmed { reason: Some(reason) }, _) => text!(
            "standing.vanished-unanswered",
            "not returned by the directory, and nobody knows whether it still exists ({reason}): kept with its access to \
             collections",
            reason
        ),
        (GroupKeptBecause::Gone, ServerKind::Vaultwarden) => text!(
            "standing.vanished-vaultwarden",
            "no longer in the directory, but kept: this server cannot delete groups"
        ),
        (GroupKeptBecause::Gone, _) => text!(
            "standing.vanished",
            "no longer in the directory, but kept with its access to collections: see `leavers.vanished-groups`"
        ),
    }
}

fn address_of_leaver(
    address: &str,
    entry: &str,
    former: &str,
    active: bool,
    because: AddressHeldBecause,
) -> String {
    let access = if active {
        text!("standing.leaver-active", "still has access")
    } else {
        text!("standing.leaver-revoked", "has no access")
    };
    match because {
        AddressHeldBecause::AnotherPerson { mark } => {
            let mark = match mark {
                Mark::EmployeeNumber => text!("mark.employee-number", "employee number"),
                Mark::Name => text!("mark.name", "name"),
            };
            text!(
                "standing.address-of-another",
                "`{entry}` waits: the membership with this address is that of `{former}`, who has another {mark} and {access}. \
                 If both are the same person, run `bwdc approve --restore {address}`. To remove the old membership and invite \
                 the new person, run `bwdc approve --invite {address}`; access that was given by hand ends. \
                 `leavers.returning` decides for all",
                entry,
                former,
                mark,
                access,
                address
            )
        }
        AddressHeldBecause::NotCompared => text!(
            "standing.address-not-compared",
            "`{entry}` waits: the membership with this address is that of `{former}` and {access}, and no employee number or name \
             is known of both. If they are the same person, run `bwdc approve --restore {address}`; if not, run `bwdc approve \
             --invite {address}`, which removes the old membership and invites the new person",
            entry,
            former,
            access,
            address
        ),
        AddressHeldBecause::KnownBefore => text!(
            "standing.address-known-before",
            "`{entry}` waits: the membership with this address is that of `{former}` and {access}, and an earlier run saw `{entry}` \
             with another address or none, so that it may be another account. If both are the same person, run `bwdc approve --restore {address}`; \
             to remove the old membership and invite the new person, run `bwdc approve --invite {address}`. `leavers.returning` decides \
             for all",
            entry,
            former,
            access,
            address
        ),
        AddressHeldBecause::Unconfirmed => text!(
            "standing.address-unconfirmed",
            "`{entry}` waits: the membership with this address is that of `{former}`, and the directory does not say what became \
             of that entry",
            entry,
            former
        ),
        AddressHeldBecause::HeldBack => text!(
            "standing.address-held-back",
            "`{entry}` waits: the membership with this address is that of `{former}`, and a limit holds back that it is removed",
            entry,
            former
        ),
    }
}

fn memberships_kept(members: usize, because: MembershipsKeptBecause) -> String {
    match because {
        MembershipsKeptBecause::FirstRun => text!(
            "standing.memberships-kept",
            "the first run ends no membership: {members:member stays/members stay} until the next",
            members
        ),
        MembershipsKeptBecause::SourceNotRead => text!(
            "standing.memberships-kept-source",
            "a source could not be read: {members:member stays/members stay} in the group until it can",
            members
        ),
        MembershipsKeptBecause::HeldBack => text!(
            "standing.memberships-kept-held-back",
            "{members:member stays/members stay} in the group: a limit holds back that they leave",
            members
        ),
        MembershipsKeptBecause::InDoubt => text!(
            "standing.memberships-kept-in-doubt",
            "{members:member stays/members stay} in the group: the directory does not tell for sure whether they are in it",
            members
        ),
        MembershipsKeptBecause::Unconfirmed => text!(
            "standing.memberships-kept-unconfirmed",
            "{members:member stays/members stay} in the group: the directory does not tell what became of them",
            members
        ),
    }
}

fn unseen_address(told: &[String], revoked: bool) -> String {
    let told = told.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    if revoked {
        text!(
            "standing.unseen-address-revoked",
            "access was revoked by a run and cannot be given back: the account may have any of the addresses {told}, and this \
             server goes by addresses and does not show them. Give it back in the web vault, or let runs see the members with \
             `login --observer`",
            told
        )
    } else {
        text!(
            "standing.unseen-address",
            "the directory changed the address, and the account may have any of {told}. This server goes by addresses and does \
             not show them: the person is not sent as a member any more, and stays in the groups. `login --observer` lets runs \
             see the members",
            told
        )
    }
}

fn new_address(observed: &str, server: ServerKind) -> String {
    match server {
        ServerKind::Vaultwarden => text!(
            "standing.new-address-vaultwarden",
            "has a new address in the directory and stays `{observed}` here, because the server would take the new one \
             for another person. The person can change it in the account's settings",
            observed
        ),
        ServerKind::OfficialCloud | ServerKind::OfficialSelfHosted => text!(
            "standing.new-address",
            "has a new address in the directory and stays `{observed}` here, because no request changes an address. The \
             person can change it in the account's settings; an invitation that was not accepted is replaced",
            observed
        ),
    }
}
