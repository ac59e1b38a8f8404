//! What a run did, asks, or may do.

use crate::list::some;
use crate::{notice, plan, text};
use bwdc_core::ledger::{Choice, Decision};
use bwdc_core::plan::{ApprovalScope, Cause, Change, Plan, PlanNotice};
use bwdc_engine::ledger::RunId;
use bwdc_engine::{SyncReport, Verification};
use serde_json::{Value, json};

/// Changes that are listed after a run.
const SHOWN: usize = 20;

/// That a run ended well. The official connector's words, which scripts know.
pub fn complete() -> String {
    text!("sync.complete", "Syncing complete.")
}

/// How much was brought over. The official connector's words, which scripts know.
pub fn synced(groups: usize, users: usize) -> String {
    text!("sync.synced", "Synced {groups} group(s) and {users} user(s).", groups, users)
}

/// What is said at once to whoever asks a run to end.
pub fn ending() -> String {
    text!(
        "sync.ending",
        "The run ends as soon as the server has answered the request that is under way. Press Ctrl-C again to leave at once: the next sync then waits until the server has finished."
    )
}

/// To whom a run tells what its plan noticed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ToldTo {
    /// Everybody, a log too: without a change by hand, the run does not do what it is there for.
    Everybody,
    /// Who is there when the run ends.
    WhoAsked,
    /// Nobody: it is the plan's alone, or the end of the run says it.
    Nobody,
}

fn told_to(notice: &PlanNotice) -> ToldTo {
    match notice {
        PlanNotice::DeletedOrHidden { .. }
        | PlanNotice::NobodyHasAddress { .. }
        | PlanNotice::NoPilotGroup { .. }
        | PlanNotice::NothingToDecide { .. } => ToldTo::Everybody,
        PlanNotice::ForeignIds { .. }
        | PlanNotice::IdChanged { .. }
        | PlanNotice::SameName { .. }
        | PlanNotice::GroupsWait { .. }
        | PlanNotice::SourceNew { .. }
        | PlanNotice::SourceNotConfigured { .. }
        | PlanNotice::FormerDirectory { .. }
        | PlanNotice::SharedBySources { .. }
        | PlanNotice::FoundAnew { .. }
        | PlanNotice::SharedIds { .. }
        | PlanNotice::GroupsUnseen { .. }
        | PlanNotice::StayStaged { .. }
        | PlanNotice::EntryReplaced { .. }
        | PlanNotice::SentAgain { .. }
        | PlanNotice::RestoresByHand => ToldTo::WhoAsked,
        PlanNotice::SourceNotRead { .. } | PlanNotice::OneMayLeave => ToldTo::Nobody,
    }
}

fn noticed(report: &SyncReport, told: ToldTo) -> impl Iterator<Item = String> {
    report.plan.notices.iter().filter(move |it| told_to(it) == told).map(notice::plan_notice)
}

/// How a run that ended well left the organization, in sentences: what a window says, where the changes have a page of their own.
pub fn afterwards(report: &SyncReport) -> Vec<String> {
    verification(&report.verification).into_iter().chain(noticed(report, ToldTo::WhoAsked)).collect()
}

/// What somebody who started a run by hand is told of it.
pub fn details(report: &SyncReport) -> Vec<String> {
    let mut lines = Vec::new();
    if report.invited_all_the_same {
        lines.push(text!(
            "sync.invited",
            "This server does not support staged members: new members were invited by e-mail."
        ));
    }
    if report.verification != Verification::NothingSent {
        lines.extend(plan::changes(&report.plan, SHOWN));
    }
    lines.extend(verification(&report.verification));
    lines.extend(noticed(report, ToldTo::WhoAsked));
    lines
}

/// What is said of a run in every case: what keeps it from doing what it is there for, and who is deleted or hidden.
pub fn notices(report: &SyncReport) -> impl Iterator<Item = String> {
    noticed(report, ToldTo::Everybody)
}

pub(crate) fn verification(verification: &Verification) -> Option<String> {
    Some(match verification {
        Verification::NothingSent => return None,
        Verification::Verified => {
            text!("sync.verified", "The organization was read back and is as planned.")
        }
        Verification::VerifiedExcept { groups } => text!(
            "sync.verified-except",
            "The organization was read back and is as planned; the members of {groups:group/groups} are read back by the next runs.",
            groups
        ),
        Verification::SentNotVerified => {
            text!("sync.not-verified", "Sent, not verified: this server cannot be read.")
        }
    })
}

/// Whom `sync.overwriteExisting` would delete, by name.
pub fn overwritten(plan: &Plan) -> Vec<String> {
    let overwritten = plan.changes.iter().filter_map(|change| match change {
        Change::Remove { person, cause: Cause::Overwritten } => Some(person.name.clone()),
        _ => None,
    });
    overwritten.collect()
}

/// Whether these people may be deleted.
pub fn may_overwrite(people: &[String]) -> String {
    let number = people.len();
    let members = if number == 1 {
        text!("sync.this-member", "this member")
    } else {
        text!("sync.members", "{number:member/members}", number)
    };
    text!(
        "sync.may-overwrite",
        "`sync.overwriteExisting` is on, and the directory does not list {members}: {names}. Delete from the organization? (y/N)",
        members,
        names = some(people)
    )
}

/// What an approved run may do.
pub fn approved(run: RunId, scope: &ApprovalScope) -> String {
    let parts = allowed(scope);
    let run = run.0;
    match parts.split_last() {
        None => text!("approval.given-nothing", "Run {run} is approved for 24 hours.", run),
        Some((last, before)) => {
            let parts = match before.is_empty() {
                true => last.clone(),
                false => text!("approval.and", "{before} and {last}", before = before.join(", "), last),
            };
            text!(
                "approval.given",
                "Run {run} is approved for 24 hours: {parts}. Nothing else is.",
                run,
                parts
            )
        }
    }
}

/// Everything that an approval allows, in parts of a sentence.
pub(crate) fn allowed(scope: &ApprovalScope) -> Vec<String> {
    let (people, memberships) = (scope.people().count(), scope.memberships.len());
    let (addresses, adopted) = (scope.addresses.len(), scope.adopted_groups.len());
    let (groups, replaced) = (scope.emptied_groups.len(), scope.replaced_groups.len());
    let (entries, overlooked) = (scope.replaced_people.len(), scope.anew.len());
    let (invited, lost) = (scope.invited.len(), scope.addresses_lost.len());
    let parts = [
        (people > 0, text!("approval.people", "{people:person/people} may lose access", people)),
        (
            addresses > 0,
            text!(
                "approval.addresses",
                "{addresses:further address/further addresses} of leavers may be sent as deleted",
                addresses
            ),
        ),
        (
            memberships > 0,
            text!("approval.memberships", "{memberships:membership/memberships} may end", memberships),
        ),
        (
            groups > 0,
            text!("approval.groups", "{groups:group/groups} may be left without members or deleted", groups),
        ),
        (
            replaced > 0,
            text!(
                "approval.replaced-groups",
                "{replaced:group/groups} may take the place of groups that are gone",
                replaced
            ),
        ),
        (
            adopted > 0,
            text!(
                "approval.adopted-groups",
                "{adopted:group/groups} made by hand may be taken over",
                adopted
            ),
        ),
        (
            entries > 0,
            text!(
                "approval.replaced-people",
                "{entries:membership/memberships} may go on under new entries of the directory",
                entries
            ),
        ),
        (
            overlooked > 0,
            text!(
                "approval.overlooked",
                "{overlooked:membership/memberships} that the official connector overlooks may begin",
                overlooked
            ),
        ),
        (invited > 0, text!("approval.invitations", "{invited:person/people} may be invited", invited)),
        (
            lost > 0,
            text!("approval.addresses-lost", "{lost:member/members} may have no address any more", lost),
        ),
        (scope.empty_directory, text!("approval.no-people", "the directory may return nobody")),
        (scope.no_groups, text!("approval.no-groups", "the directory may return no groups")),
        (
            scope.few_found,
            text!(
                "approval.few-found",
                "the first run may find few of the members who have ids of the directory"
            ),
        ),
    ];
    parts.into_iter().filter(|(applies, _)| *applies).map(|(_, part)| part).collect()
}

/// What is said of a decision about somebody who waits, taken or taken back.
pub fn decision_text(decision: &Decision, withdrawn: bool) -> String {
    if withdrawn { decision_withdrawn(decision) } else { decided(decision) }
}

/// The same for scripts.
pub fn decision_data(decision: &Decision, withdrawn: bool) -> Value {
    json!({
        "object": "approval",
        "address": decision.address,
        "choice": decision.choice,
        "withdrawn": withdrawn,
    })
}

/// What the next run does with a decision about somebody who waits.
fn decided(decision: &Decision) -> String {
    let address = decision.address.as_str();
    match decision.choice {
        Choice::Restore => text!(
            "approval.restore",
            "Approved: the next sync gives the membership of `{address}`, with its access, to the entry that has this address now. \
             The account and its master password stay the same.",
            address
        ),
        Choice::Invite => text!(
            "approval.invite",
            "Approved: the next sync invites the entry that has `{address}` now. A membership that has this address is removed first: access \
             that was given by hand ends, a person without a master password can lose the personal vault, and the account that \
             has the address must be deleted before the new person can join.",
            address
        ),
    }
}

/// That a decision was taken back.
fn decision_withdrawn(decision: &Decision) -> String {
    let address = decision.address.as_str();
    text!("approval.withdrawn-person", "The approval for `{address}` is withdrawn.", address)
}

/// That the ledger is empty.
pub fn ledger_empty() -> String {
    text!("ledger.empty", "The ledger is empty. The next run records who is there and removes nobody.")
}

/// Whether the ledger may be cleared.
pub fn may_be_cleared() -> String {
    text!(
        "ledger.may-be-cleared",
        "Clear the ledger? The next run removes nobody, and people revoked until now do not get their access back by themselves. (y/N)"
    )
}

/// Whether the ledger may be rebuilt.
pub fn may_be_rebuilt() -> String {
    text!(
        "ledger.may-be-rebuilt",
        "Rebuild the ledger? People revoked until now do not get their access back by themselves. (y/N)"
    )
}

/// What a rebuilt ledger holds.
pub fn ledger_rebuilt(people: usize, groups: usize) -> String {
    text!(
        "ledger.rebuilt",
        "The ledger has {people:person/people} and {groups:group/groups}. Nothing was sent.",
        people,
        groups
    )
}

/// That what was sent last is forgotten.
pub fn cache_cleared() -> String {
    text!("sync.cache-cleared", "The sync cache has been cleared.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_approval_names_everything_that_it_allows_and_nothing_comes_after() {
        let ids = |ids: &[&str]| ids.iter().map(|it| (*it).to_owned()).collect();
        let people = ApprovalScope { revoked: ids(&["a", "b"]), ..ApprovalScope::default() };
        assert_eq!(
            approved(RunId(12), &people),
            "Run 12 is approved for 24 hours: 2 people may lose access. Nothing else is."
        );
        let more = ApprovalScope {
            emptied_groups: ids(&["g"]),
            memberships: [("g".to_owned(), "c".to_owned())].into(),
            addresses: [("a".to_owned(), "a2@example.test".to_owned())].into(),
            adopted_groups: [("k".to_owned(), "Sales".to_owned())].into(),
            replaced_groups: ids(&["h", "i"]),
            replaced_people: ids(&["d"]),
            addresses_lost: ids(&["e"]),
            no_groups: true,
            ..people
        };
        assert_eq!(
            approved(RunId(3), &more),
            "Run 3 is approved for 24 hours: 2 people may lose access, 1 further address of leavers may be sent as deleted, 1 \
             membership may end, 1 group may be left without members or deleted, 2 groups may take the place of groups that are \
             gone, 1 group made by hand may be taken over, 1 membership may go on under new entries of the directory, 1 member may \
             have no address any more and the directory may return no groups. Nothing else is."
        );
    }
}
