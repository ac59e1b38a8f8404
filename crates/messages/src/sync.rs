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

/// How a run that ended well left the organization, in sentences: what a window says, where the changes have a page of their own.
pub fn afterwards(report: &SyncReport) -> Vec<String> {
    let is_of_run = |it: &&PlanNotice| {
        matches!(
            it,
            PlanNotice::GroupsWait { .. }
                | PlanNotice::GroupsUnseen { .. }
                | PlanNotice::SentAgain { .. }
                | PlanNotice::RestoresByHand
        )
    };
    let notices = report.plan.notices.iter().filter(is_of_run).map(notice::plan_notice);
    verification(&report.verification).into_iter().chain(notices).collect()
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
    let is_of_run = |it: &&PlanNotice| {
        matches!(
            it,
            PlanNotice::GroupsWait { .. }
                | PlanNotice::GroupsUnseen { .. }
                | PlanNotice::SentAgain { .. }
                | PlanNotice::RestoresByHand
        )
    };
    lines.extend(report.plan.notices.iter().filter(is_of_run).map(notice::plan_notice));
    lines
}

/// What is said of a run in every case: who is deleted or hidden, and what becomes of them.
pub fn notices(report: &SyncReport) -> impl Iterator<Item = String> {
    let hidden = |it: &&PlanNotice| matches!(it, PlanNotice::DeletedOrHidden { .. });
    report.plan.notices.iter().filter(hidden).map(notice::plan_notice)
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
    let people = scope.people().count();
    let memberships = scope.memberships.len();
    let mut text = text!(
        "approval.given",
        "Run {run} is approved for 24 hours. {people:person/people} may lose access and {memberships:membership/memberships} may end; nothing else.",
        run = run.0,
        people,
        memberships
    );
    let (groups, overlooked) = (scope.emptied_groups.len(), scope.anew.len());
    let invited = scope.invited.len();
    let further = [
        (
            groups > 0,
            text!("approval.groups", "{groups:group/groups} may be left without members or deleted.", groups),
        ),
        (
            overlooked > 0,
            text!(
                "approval.overlooked",
                "{overlooked:membership/memberships} that the official connector overlooks may begin.",
                overlooked
            ),
        ),
        (invited > 0, text!("approval.invitations", "{invited:person/people} may be invited.", invited)),
        (scope.empty_directory, text!("approval.no-people", "The directory may return nobody.")),
        (scope.no_groups, text!("approval.no-groups", "The directory may return no groups.")),
        (
            scope.few_found,
            text!(
                "approval.few-found",
                "The first run may find few of those who carry ids of the directory."
            ),
        ),
    ];
    for (_, sentence) in further.into_iter().filter(|(applies, _)| *applies) {
        text.push(' ');
        text.push_str(&sentence);
    }
    text
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
            "Approved: the next sync removes the membership of `{address}` and invites the entry that has this address now. Access \
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
