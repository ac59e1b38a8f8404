//! What an administrator should know besides.

use crate::hidden;
use crate::list::{capital, some};
use crate::source::in_a_sentence;
use bwdc_core::plan::Remark;
use bwdc_core::snapshot::Overlooked;

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
