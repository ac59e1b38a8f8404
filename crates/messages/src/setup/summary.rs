//! What a read, a plan and a run brought, in so few lines that they fit on one screen.

use super::Setup;
use super::page::{Ask, choice, go};
use super::work::SetupPlan;
use crate::change::left_out;
use crate::foreign::fit_in_a_line;
use crate::line::{Line, Tone};
use crate::refusal::message;
use crate::{approval, plan, sync, text};
use bwdc_core::desired::{Desired, DuplicateAddresses, UnresolvedBecause};
use bwdc_core::plan::{Change, LeftOutBecause, Verdict};
use bwdc_core::snapshot::AccountState;
use bwdc_core::test_report::TestReport;
use bwdc_engine::{Planned, SyncReport, Verification};
use std::collections::BTreeMap;

/// People and groups that are shown as examples.
const EXAMPLES: usize = 10;

/// What a read of the directory brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// People with an address who are enabled.
    pub enabled: usize,
    /// People with an address who are disabled.
    pub disabled: usize,
    /// Groups.
    pub groups: usize,
    /// The numbers in words, then who is left out and why.
    pub lines: Vec<Line>,
    /// The first ten people.
    pub people: Vec<String>,
    /// The first ten groups, with how many members each has.
    pub named_groups: Vec<String>,
}

impl Counted {
    /// Counts what was read.
    pub fn of(desired: &Desired) -> Self {
        let [groups, enabled, disabled, deleted] = TestReport::new(desired).counts();
        let mut lines = vec![Line::new(
            text!(
                "setup.counted",
                "{enabled:person/people}, {disabled} disabled, {groups:group/groups}.",
                enabled,
                disabled,
                groups
            ),
            if enabled + groups > 0 { Tone::Good } else { Tone::Warning },
        )];
        if deleted > 0 {
            lines.push(Line::plain(text!(
                "setup.counted-deleted",
                "It also lists {deleted:deleted person/deleted people}.",
                deleted
            )));
        }
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for person in desired.everybody() {
            let Some(because) =
                LeftOutBecause::of_address(desired, person).filter(|_| desired.may_bring(person))
            else {
                continue;
            };
            *reasons.entry(left_out(&because)).or_default() += 1;
        }
        let number = |because| desired.unresolved().iter().filter(|it| it.because == because).count();
        let several = number(UnresolvedBecause::Several);
        if several > 0 {
            lines.push(Line::new(
                text!(
                    "setup.several",
                    "{several:member of a group has/members of groups have} a name that is no single entry's for sure: nobody is chosen.",
                    several
                ),
                Tone::Warning,
            ));
        }
        let unresolved = number(UnresolvedBecause::Unknown);
        if unresolved > 0 {
            lines.push(Line::new(
                text!(
                    "setup.unresolved",
                    "{unresolved:member of a group is/members of groups are} neither a person nor a group that was read.",
                    unresolved
                ),
                Tone::Warning,
            ));
        }
        lines.extend(reasons.into_iter().map(|(reason, number)| {
            Line::new(text!("setup.left-out", "Left out, {number}: {reason}.", number, reason), Tone::Warning)
        }));
        let wanted = desired.people_wanted();
        let people = desired
            .everybody()
            .iter()
            .filter(|it| wanted && it.email.is_some() && it.state == AccountState::Enabled)
            .take(EXAMPLES)
            .map(|it| fit_in_a_line(desired.display_name(it)).into_owned())
            .collect();
        let group = |(number, group): (usize, &bwdc_core::desired::DesiredGroup)| {
            let members = desired.members_by_use(number).0.len();
            let name = fit_in_a_line(desired.text(group.name)).into_owned();
            text!("setup.group", "{name} ({members:member/members})", name, members)
        };
        let named_groups = desired.groups().iter().enumerate().take(EXAMPLES).map(group).collect();
        Self { enabled, disabled, groups, lines, people, named_groups }
    }
}

/// Which entries have one address: the first of them, each address in a line.
pub fn shared_addresses(DuplicateAddresses(found): &DuplicateAddresses) -> String {
    const SHOWN: usize = 5;
    let entries = |names: &[String]| {
        names.iter().map(|it| format!("`{}`", fit_in_a_line(it))).collect::<Vec<_>>().join(", ")
    };
    let lines = found.iter().take(SHOWN).map(|(address, names)| {
        text!("setup.shared-address", "- {address}: {entries}", address, entries = entries(names))
    });
    let more = found.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| text!("setup.shared-more", "… and {more} more", more));
    let title = text!("setup.shared-addresses", "Several entries have the same address:");
    [title].into_iter().chain(lines).chain(more).collect::<Vec<_>>().join("\n")
}

impl SetupPlan {
    /// Puts a plan in short: verdict, numbers, the first changes.
    pub fn of(planned: &Planned) -> Self {
        let built = &planned.plan;
        let has_changes = !built.is_empty();
        let mut lines = Vec::new();
        let mut approval = None;
        match &planned.verdict {
            Verdict::Go if !has_changes => lines.push(Line::new(
                text!("setup.plan-empty", "Nothing to do: the organization is as the directory has it."),
                Tone::Good,
            )),
            Verdict::Go => lines.push(Line::new(
                text!(
                    "setup.plan-go",
                    "{changes:change/changes}, within the limits.",
                    changes = built.changes.len()
                ),
                Tone::Good,
            )),
            held @ (Verdict::Held(_) | Verdict::Refused(_)) => {
                let refusals = held.refusals();
                lines.extend(refusals.iter().map(|it| Line::new(message(it), Tone::Bad)));
                approval = approval::approval(refusals);
            }
        }
        let kinds = plan::rows::counts(built);
        // Both fit on a screen of 24 lines.
        let names = plan::changes(built, if kinds.is_empty() { EXAMPLES } else { EXAMPLES / 2 });
        lines.extend(kinds);
        lines.extend(names.into_iter().map(Line::plain));
        if planned.invites_all_the_same {
            lines.push(Line::new(
                text!(
                    "setup.plan-mailed",
                    "This server does not support staged members: new members are invited by e-mail."
                ),
                Tone::Warning,
            ));
        }
        let mailed = built.changes.iter().filter(|it| match it {
            Change::Invite { .. } => true,
            Change::Stage { .. } => planned.invites_all_the_same,
            _ => false,
        });
        let mailed = mailed.count();
        Self { lines, has_changes, is_allowed: planned.verdict == Verdict::Go, approval, mailed }
    }
}

impl Setup {
    /// What is asked when a plan is made.
    pub(super) fn planned_page(&self) -> Ask {
        if let Some(approval) = &self.planned.approval {
            let label = text!(
                "setup.approve",
                "{mailed} To approve this and sync, type {number}. Enter alone leaves it for now",
                mailed = self.mailed(),
                number = approval.number
            );
            return Ask::Line { label, default: String::new() };
        }
        let choices: Vec<String> = self.after_plan().into_iter().map(go).collect();
        let default = choices.len() - 1;
        let label = match (self.planned.is_allowed, self.planned.has_changes) {
            (true, true) => text!(
                "setup.ask-sync",
                "Sync now? This sends the changes to the organization. {mailed}",
                mailed = self.mailed()
            ),
            (true, false) => text!("setup.ask-no-change", "There is nothing to sync."),
            (false, _) => {
                text!("setup.ask-mend", "This has to be put right before a sync can send anything.")
            }
        };
        choice(label, choices, default)
    }
    /// How many people the sync would write to.
    fn mailed(&self) -> String {
        match self.planned.mailed {
            0 => text!("setup.mails-nobody", "Nobody gets an e-mail."),
            mailed => text!(
                "setup.mails",
                "{mailed:person gets an e-mail/people get an e-mail} with an invitation.",
                mailed
            ),
        }
    }
}

/// What a run did: the verdict first.
pub fn run_lines(report: &SyncReport) -> Vec<Line> {
    let tone = match report.verification {
        Verification::SentNotVerified => Tone::Warning,
        _ => Tone::Good,
    };
    let mut lines = vec![Line::new(sync::complete(), Tone::Strong)];
    lines.push(if report.verification == Verification::NothingSent {
        Line::new(text!("setup.nothing-sent", "There was nothing to send."), Tone::Good)
    } else {
        let (people, groups) = (report.users, report.groups);
        Line::new(
            text!("setup.sent", "Sent {people:person/people} and {groups:group/groups}.", people, groups),
            tone,
        )
    });
    let mut details: Vec<String> = sync::notices(report).collect();
    details.extend(sync::details(report));
    // The list of changes was seen before.
    details.retain(|it| !it.starts_with("  "));
    lines.extend(details.into_iter().map(|it| Line::new(it, tone)));
    if report.verification == Verification::SentNotVerified {
        lines.push(Line::plain(text!(
            "setup.observer",
            "With the personal API key of an owner or administrator, runs can read the organization and verify what they \
             sent: run `bwdc login --observer`."
        )));
    }
    lines
}
