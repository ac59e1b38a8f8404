//! What an administrator should know besides.

use crate::hidden;
use crate::list::{capital, some};
use crate::source::in_a_sentence;
use crate::text;
use bwdc_core::plan::Remark;
use bwdc_core::snapshot::Overlooked;
use bwdc_engine::notice::{Names, Notice};

/// Something that an administrator should know.
pub fn remark(remark: &Remark) -> String {
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
            capital(&in_a_sentence(source))
        ),
        Remark::SourceNew { source } => format!(
            "{} is read for the first time: nothing of its people and groups is taken away in this run.",
            capital(&in_a_sentence(source))
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
        Remark::DeletedOrHidden { because, people, examples, action, grace_hours } => {
            hidden::deleted_or_hidden(because, *people, examples, *action, *grace_hours)
        }
        Remark::RestoresByHand => {
            "This server restores everybody whom a request lists, also people whose access was revoked by hand: this run \
             lists everybody."
                .to_owned()
        }
    }
}

/// The sentence for a notice.
pub fn notice(notice: &Notice) -> String {
    match notice {
        Notice::OpenToOthers(found) => found.to_string(),
        Notice::LedgerDamaged { path } => text!(
            "notice.ledger-damaged",
            "the ledger `{path}` cannot be read: the next sync sets it aside, records who is there and removes nobody",
            path = path.display().to_string()
        ),
        Notice::LedgerSetAside { moved_to } => text!(
            "notice.ledger-set-aside",
            "the ledger could not be read and was set aside as `{path}`; this run records who is there and removes nobody",
            path = moved_to.display().to_string()
        ),
        Notice::LedgerOfAnother => text!(
            "notice.ledger-of-another",
            "the ledger was about another organization or directory: this run records who is there and removes nobody"
        ),
        Notice::SourceOfAnother { source } => text!(
            "notice.source-of-another",
            "source `{source}` is another directory than before: this run records who is there and removes nobody of it",
            source = source.as_str()
        ),
        Notice::SyncedByAnother => text!(
            "notice.synced-by-another",
            "another program has synced since the last run here: the times or the hash in `data.json` are not ours; everything is read and compared anew"
        ),
        Notice::KeptAtFirst { people } => text!(
            "notice.kept-at-first",
            "first run with this ledger: {people} people who would otherwise lose access are kept, and recorded",
            people
        ),
        Notice::OverwriteWithheld => text!(
            "notice.overwrite-withheld",
            "`sync.overwriteExisting` is not carried out: whom it would take out cannot be seen in full yet, or this is the first run"
        ),
        Notice::OrganizationInClearText { addresses } => text!(
            "notice.organization-in-clear-text",
            "The organization's key travels in clear text to {addresses}: everybody on the way can read it. Use an address with https: `bwdc config server https://...`.",
            addresses = addresses.join(" and ")
        ),
        Notice::PasswordInClearText { username, server } => text!(
            "notice.password-in-clear-text",
            "The password of `{username}` goes to {server} in clear text, where others can read it. Set `ldap.ssl` to true, with `ldap.port` 636, or with `ldap.startTls` true on port 389.",
            username,
            server
        ),
        Notice::GroupWithoutName { group, attribute: None } => {
            text!("notice.group-without-name", "The group `{group}` is left out: it has no name.", group)
        }
        Notice::GroupWithoutName { group, attribute: Some(attribute) } => text!(
            "notice.group-without-name-attribute",
            "The group `{group}` is left out: it has neither `{attribute}` nor `cn`.",
            group,
            attribute
        ),
        Notice::DeletedPeopleUnreadable { reason } => {
            text!("notice.deleted-people-unreadable", "Deleted people cannot be read: {reason}.", reason)
        }
        Notice::AccountsExpired { people } => text!(
            "notice.accounts-expired",
            "{count:person/people} whose account has expired (`accountExpires`) count as enabled, as in the official connector: {people}.",
            count = people.count,
            people = listed(people)
        ),
        Notice::MembersOfOtherDomains { members, groups } => text!(
            "notice.members-of-other-domains",
            "Members of other domains are left out, because this server holds no entry of theirs: {members} (in {groups}).",
            members = listed(members),
            groups = listed(groups)
        ),
        Notice::DomainBesideCustomer { domains } => text!(
            "notice.domain-beside-customer",
            "`gsuite.customer` and `gsuite.domain` are both set, so only {domains} is read, not the whole customer. To read all domains, remove `gsuite.domain`.",
            domains = domains.join(", ")
        ),
        Notice::UnitWithoutPeople { unit } => text!(
            "notice.unit-without-people",
            "Nobody is in the org unit `{unit}` that `sync.userFilter` names.",
            unit
        ),
    }
}

fn listed(names: &Names) -> String {
    let first = names.first.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.count - names.first.len() {
        0 => first,
        more => text!("notice.names-and-more", "{first} and {more} more", first, more),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_counted_and_the_first_are_named() {
        let mut people = Names::default();
        people.add("ann");
        let one = notice(&Notice::AccountsExpired { people: people.clone() });
        assert!(one.starts_with("1 person whose") && one.ends_with("`ann`."), "{one}");
        (0..6).for_each(|_| people.add("ben"));
        let seven = notice(&Notice::AccountsExpired { people });
        assert!(seven.starts_with("7 people") && seven.ends_with("`ben` and 2 more."), "{seven}");
    }
}
