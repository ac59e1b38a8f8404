//! What an administrator should know about a plan.

use crate::error::sentence;
use crate::hidden;
use crate::list::{capital, some};
use crate::refusal::check_addresses;
use crate::source::in_a_sentence;
use crate::time::moment;
use crate::{CommandLine, NextStep, Step, text};
use bwdc_core::names::SourceName;
use bwdc_core::plan::PlanNotice;
use bwdc_core::snapshot::Overlooked;
use bwdc_engine::notice::{Belonging, Names, Notice};
use bwdc_engine::service::name_of;
use std::path::Path;

/// Something that an administrator should know.
pub fn plan_notice(plan_notice: &PlanNotice) -> String {
    match plan_notice {
        PlanNotice::ForeignIds { people, groups, examples, may_be_shared: true } => text!(
            "notice.foreign-ids-many",
            "{people:member/members} and {groups:group/groups} have external ids that neither the directory nor the ledger \
             knows, for example {examples}. If another connector brings them over, set `shared-organization` to true: members and \
             groups whose ids are not ours are then never revoked, renamed or written.",
            people,
            groups,
            examples = examples.join(", ")
        ),
        PlanNotice::ForeignIds { people, groups, examples, .. } => text!(
            "notice.foreign-ids",
            "{people:member/members} and {groups:group/groups} have external ids that neither the directory nor the ledger \
             knows: another connector, or an earlier configuration, imported them. For example {examples}.",
            people,
            groups,
            examples = examples.join(", ")
        ),
        PlanNotice::OneMayLeave => text!(
            "notice.one-may-leave",
            "One person would lose access although `limits.removals` is 0: the limits always let one person pass. With `keep` in \
             `leavers` nobody loses access."
        ),
        PlanNotice::NothingToDecide { address } => text!(
            "notice.nothing-to-decide",
            "An approval names `{address}`, but the entry for which it was given does not wait under this address. The approval ends with \
             the next run.",
            address
        ),
        PlanNotice::IdChanged { person, observed } => text!(
            "notice.id-changed",
            "`{person}` was imported as `{id}` and now has the external id `{observed}`. Does another connector write to this \
             organization?",
            person = person.name,
            id = person.external_id.as_str(),
            observed = observed.as_str()
        ),
        PlanNotice::SameName { group, adoptable: false } => text!(
            "notice.same-name-stays",
            "A group `{group}` that was made by hand exists, and the directory's group of that name becomes a second one. This server gives no \
             external id to a group that exists, so `adopt-groups` has no effect here: rename or delete one of the two.",
            group = group.name
        ),
        PlanNotice::SameName { group, adoptable: true } => text!(
            "notice.same-name",
            "A group `{group}` that was made by hand exists, and the directory's group of that name becomes a second one. With \
             `adopt-groups = true` in connector.toml the directory takes over the first one and its access to collections.",
            group = group.name
        ),
        PlanNotice::SourceNotRead { source, reason, people, groups } => text!(
            "notice.source-not-read",
            "{source} could not be read: {reason}. Its {people:person/people} and {groups:group/groups} stay as they are. \
             In this run, nobody loses access because the directory does not list them.",
            source = capital(&in_a_sentence(source)),
            reason,
            people,
            groups
        ),
        PlanNotice::NobodyHasAddress { source, listed, settings } => text!(
            "notice.nobody-has-address",
            "{source} lists {listed:person/people}, nobody with an address that can be used: nobody is brought over. {check}",
            source = capital(&in_a_sentence(source)),
            listed,
            check = check_addresses(source, settings)
        ),
        PlanNotice::SourceNew { source } => text!(
            "notice.source-new",
            "{source} is read for the first time: this run removes none of its people and groups.",
            source = capital(&in_a_sentence(source))
        ),
        PlanNotice::SourceNotConfigured { source, people } => text!(
            "notice.source-not-configured",
            "{people:member/members} came from the source `{source}`, which `sources` no longer names. They stay, because \
             nothing can tell whether they are still there.",
            people,
            source = source.to_string()
        ),
        PlanNotice::FormerDirectory { directory, people, groups } => text!(
            "notice.former-directory",
            "{people:member/members} and {groups:group/groups} came from the directory `{directory}`, to which no setting leads \
             any more. They stay. An entry of the current directory with the same address and the same employee number or name takes \
             the membership over, and a group of the same name takes over the group.",
            people,
            groups,
            directory = directory.clone()
        ),
        PlanNotice::SharedBySources { people, examples } => text!(
            "notice.shared-by-sources",
            "{people:person is/people are} in several sources. Each of them is one member, in the groups of all of these \
             sources (`conflicts.across-sources`). For example {examples}.",
            people,
            examples = examples.join(", ")
        ),
        PlanNotice::GroupsWait { groups } => text!(
            "notice.groups-wait",
            "{groups:group is/groups are} compared by later runs: one run asks the server for the members of a limited \
             number of groups.",
            groups
        ),
        PlanNotice::NoPilotGroup { name } => text!(
            "notice.no-pilot-group",
            "The directory has no group `{name}`, which `invitations.pilot-group` names.",
            name
        ),
        PlanNotice::FoundAnew { group, members, why } => text!(
            "notice.overlooked",
            "The official connector does not find {members:member/members} of the group `{group}`: {why}. bwdc adds {names}.",
            members = members.len(),
            group = group.name,
            why = overlooked(*why),
            names = some(members)
        ),
        PlanNotice::GroupsUnseen { groups } => text!(
            "notice.groups-unseen",
            "{groups:group is/groups are} sent without confirmation: Vaultwarden accepts groups only where they are switched \
             on (`ORG_GROUPS_ENABLED=true`), and answers the same where they are not. If they are missing in the web vault, \
             switch them on, then run `bwdc ledger purge`: the next run sends everything again.",
            groups
        ),
        PlanNotice::SharedIds { entries, examples } => text!(
            "notice.shared-ids",
            "{entries:entry has/entries have} an id that another entry of the directory has, too, although it should tell them \
             apart. Each is known by its name alone; a rename would look like a leaver and a joiner. Please check how the ids \
             came about. For example {examples}.",
            entries,
            examples = examples.join(", ")
        ),
        PlanNotice::StayStaged { people, examples } => text!(
            "notice.staged",
            "{people:member was/members were} stored without an invitation, and no sync invites them: invite them in the web \
             vault. For example {examples}.",
            people,
            examples = examples.join(", ")
        ),
        PlanNotice::DeletedOrHidden { because, people, examples, action, grace_hours } => {
            hidden::deleted_or_hidden(because, *people, examples, *action, *grace_hours)
        }
        PlanNotice::EntryReplaced { person, entry, former, compared } if entry == former => {
            let made_again = text!(
                "notice.entry-made-again",
                "The membership of {person} goes on under the entry `{entry}`, which was deleted and made again.",
                person = person.name,
                entry
            );
            let unseen = text!(
                "notice.entry-unseen",
                "No employee number or name is known of both: please check that it is the same person."
            );
            if *compared { made_again } else { format!("{made_again} {unseen}") }
        }
        PlanNotice::EntryReplaced { person, entry, former, compared: true } => text!(
            "notice.entry-replaced",
            "The membership of {person} goes on under the new entry `{entry}`: the old one, `{former}`, is of the same person and \
             not in use any more.",
            person = person.name,
            entry,
            former
        ),
        PlanNotice::EntryReplaced { person, entry, former, compared: false } => text!(
            "notice.entry-replaced-unseen",
            "The membership of {person} goes on under the new entry `{entry}`, which has the address of the old one, `{former}`. No \
             employee number or name is known of both: please check that it is the same person.",
            person = person.name,
            entry,
            former
        ),
        PlanNotice::SentAgain { people, groups } => text!(
            "notice.sent-again",
            "This run sends {people:person/people} and {groups:group/groups} again, although nothing is known to differ: this server cannot be read.",
            people,
            groups
        ),
        PlanNotice::RestoresByHand => text!(
            "notice.restores",
            "This run lists everybody, and this server restores everybody whom a request lists, including people whose \
             access was revoked by hand."
        ),
    }
}

fn overlooked(why: Overlooked) -> String {
    match why {
        Overlooked::LongList => text!("overlooked.long-list", "the server returns the list in parts"),
        Overlooked::PrimaryGroup => {
            text!("overlooked.primary-group", "it is their primary group, which lists nobody")
        }
        Overlooked::Spelling => {
            text!("overlooked.spelling", "the group spells their names differently, by case or blanks")
        }
        Overlooked::AttributeName => {
            text!("overlooked.attribute", "the server spells `sync.memberAttribute` differently, by case")
        }
    }
}

/// The sentence for a notice.
pub fn notice(notice: &Notice) -> String {
    worded(notice, None)
}

/// The sentence for a notice of a run, which may be about one of several directories.
pub fn notice_of(notice: &Notice, source: Option<&SourceName>) -> String {
    let Some(source) = source.filter(|it| !it.is_primary()) else { return self::notice(notice) };
    text!(
        "notice.of-source",
        "{source}: {notice}",
        source = capital(&in_a_sentence(source)),
        notice = worded(notice, Some(source))
    )
}

/// The command that enters the password of a directory.
fn enter_password(source: Option<&SourceName>) -> String {
    let step = NextStep::from(Step::enter("ldap.password"));
    let step = source.map_or_else(|| step.clone(), |it| step.clone().of_source(&it.to_string()));
    CommandLine::default().command_of(&step)
}

fn worded(notice: &Notice, source: Option<&SourceName>) -> String {
    match notice {
        Notice::OpenToOthers(found) => sentence(&found.to_string()),
        Notice::OpenToEverybody { path } => everybody_writes(path),
        Notice::OpenToGroup { path } => text!(
            "notice.open-to-group",
            "Other accounts of a group can write to `{path}`, and with it decide who has access and where secrets are sent. {cure}",
            path = path.display().to_string(),
            cure = close_folder(path)
        ),
        Notice::FileOfAnother { path, user } => text!(
            "notice.file-of-another",
            "`{path}` belongs to the account `{account}`, which is neither yours nor that of the folder. If you do not know why, check \
             the file; then give it to the owner of the folder with `chown`.",
            path = path.display().to_string(),
            account = name_of(*user)
        ),
        Notice::LimitsOff => text!(
            "notice.limits-off",
            "`limits.off` is true: nothing stops a run that takes access from many. Run `bwdc config unset limits.off` to have limits again."
        ),
        Notice::LedgerDamaged { path } => text!(
            "notice.ledger-damaged",
            "The ledger `{path}` cannot be read. The next sync sets it aside, records who is there and removes nobody.",
            path = path.display().to_string()
        ),
        Notice::LedgerSetAside { moved_to } => text!(
            "notice.ledger-set-aside",
            "The ledger could not be read and was set aside as `{path}`. This run records who is there and removes nobody.",
            path = moved_to.display().to_string()
        ),
        Notice::LedgerOfAnother => text!(
            "notice.ledger-of-another",
            "The ledger belonged to another organization. This run records who is there and removes nobody."
        ),
        Notice::DirectoryOfAnother => text!(
            "notice.directory-of-another",
            "The settings lead to another directory now. What came from the former one is remembered and kept; this run records who \
             is there and removes nobody."
        ),
        Notice::SourceOfAnother { source } => text!(
            "notice.source-of-another",
            "The source `{source}` is now another directory. What came from the former one is remembered and kept; this run records \
             who is there and removes nobody of it.",
            source = source.as_str()
        ),
        Notice::SyncedByAnother => text!(
            "notice.synced-by-another",
            "Another program has synced since the last run here: the times or the hash in `data.json` are not ours. This run reads and compares everything."
        ),
        Notice::KeptAtFirst { people } => text!(
            "notice.kept-at-first",
            "This is the first run with this ledger: {people:person/people} who would otherwise lose access are kept and recorded.",
            people
        ),
        Notice::OverwriteWithheld => text!(
            "notice.overwrite-withheld",
            "`sync.overwriteExisting` is not carried out, because not everybody whom it would remove can be seen yet, or this is the first run."
        ),
        Notice::OrganizationInClearText { addresses } => text!(
            "notice.organization-in-clear-text",
            "The organization's key travels in clear text to {addresses}: others can read it on the way. Use an address with https: `bwdc config server https://...`.",
            addresses = addresses.join(" and ")
        ),
        Notice::PasswordInClearText { username, server } => text!(
            "notice.password-in-clear-text",
            "The password of `{username}` goes to {server} in clear text, where others can read it. Set `ldap.ssl` to true, with `ldap.port` 636, or with `ldap.startTls` true on port 389.",
            username,
            server
        ),
        Notice::ImportUnderWay => text!(
            "notice.import-under-way",
            "An import of an earlier run ended without an answer, and the server may still be working on it. The next sync first takes access from leavers, then waits until the organization has stopped changing."
        ),
        Notice::WaitedForImport { seconds } => text!(
            "notice.waited-for-import",
            "An import of an earlier run had ended without an answer. This run waited {seconds} s until the organization had stopped changing.",
            seconds
        ),
        Notice::ChangedMeanwhile { member, what } => text!(
            "notice.changed-meanwhile",
            "Please check `{member}` in the web vault: {what} changed at the moment in which this run set the external id. Nothing of it was undone.",
            member,
            what = belonging(*what)
        ),
        Notice::GroupsOff => text!(
            "notice.groups-off",
            "Groups are switched off on this server, so no group is brought over. Set `ORG_GROUPS_ENABLED=true` there, or `sync.groups` to false."
        ),
        Notice::ReadingSlow { seconds, limit } => text!(
            "notice.reading-slow",
            "Reading the members took {seconds} s. After {limit} s a run gives up: `time-limits.organization` in connector.toml sets another limit.",
            seconds,
            limit
        ),
        Notice::SeatsHidden => text!(
            "notice.seats-hidden",
            "The server does not show the subscription, so this run gives nobody a seat except those that it frees. With `limits.buy-seats = true` the server may buy seats."
        ),
        Notice::WholeImportSlow { seconds } => text!(
            "notice.whole-import-slow",
            "The last import with `sync.overwriteExisting` took {seconds} s, and such an import is never split. A gateway in front of the server may close the connection after 60 to 100 s (nginx: `proxy_read_timeout`), while the server goes on. Raise that limit, or turn `sync.overwriteExisting` off.",
            seconds
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
        Notice::PasswordEnds { username, server, at } => text!(
            "notice.password-ends",
            "The password of `{username}` at {server} ends at {at}. Change it before, and enter the new one with `{command}`.",
            username,
            server,
            at = moment(*at),
            command = enter_password(source)
        ),
        Notice::PasswordEnded { username, server, left } => text!(
            "notice.password-ended",
            "The password of `{username}` at {server} has ended. The server accepts {left:more sign-in/more sign-ins} with it, and each run takes several. Change it now, and enter the new one with `{command}`.",
            username,
            server,
            left,
            command = enter_password(source)
        ),
        Notice::DomainBesideCustomer { domains } => text!(
            "notice.domain-beside-customer",
            "`gsuite.customer` and `gsuite.domain` are both set, so only {domains} is read, not the whole customer. To read all domains, remove `gsuite.domain`.",
            domains = domains.join(", ")
        ),
        Notice::UnitWithoutPeople { unit } => text!(
            "notice.unit-without-people",
            "The org unit `{unit}`, which `sync.userFilter` names, has no people.",
            unit
        ),
    }
}

fn everybody_writes(path: &Path) -> String {
    text!(
        "notice.open-to-everybody",
        "Everybody on this machine can write to `{path}`, and with it decide who has access. {cure}",
        path = path.display().to_string(),
        cure = close_folder(path)
    )
}

/// What closes a folder that everybody can write.
pub(crate) fn close_folder(path: &Path) -> String {
    let folder = path.display().to_string();
    if cfg!(windows) {
        text!(
            "notice.close-folder-windows",
            "Run `icacls \"{folder}\" /inheritance:r /grant:r \"%USERNAME%:(OI)(CI)F\"`.",
            folder
        )
    } else {
        text!("notice.close-folder", "Run `chmod go-w \"{folder}\"`.", folder)
    }
}

pub(crate) fn belonging(what: Belonging) -> String {
    match what {
        Belonging::Role => text!("belonging.role", "the role"),
        Belonging::Permissions => text!("belonging.permissions", "the permissions"),
        Belonging::Collections => text!("belonging.collections", "access to collections"),
        Belonging::Groups => text!("belonging.groups", "the groups"),
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

    /// An entry that was deleted and made again has the name that it had: it is not called a new one beside an old one.
    #[test]
    fn an_entry_that_was_made_again_is_not_told_by_two_equal_names() {
        use bwdc_core::names::ExternalId;
        use bwdc_core::plan::Subject;
        let of = |former: &str, compared| {
            plan_notice(&PlanNotice::EntryReplaced {
                person: Subject { name: "ann@x.test".to_owned(), external_id: ExternalId::new("ann") },
                entry: "uid=ann".to_owned(),
                former: former.to_owned(),
                compared,
            })
        };
        assert_eq!(
            of("uid=ann", true),
            "The membership of ann@x.test goes on under the entry `uid=ann`, which was deleted and made again."
        );
        assert!(of("uid=ann", false).ends_with("please check that it is the same person."));
        assert!(of("uid=old", true).contains("`uid=old`"));
    }
}
