//! A refused run before it is approved: whose access is in question.

use crate::approval::approval;
use crate::line::{Line, Tone};
use crate::plan::sections::PlanSection;
use crate::plan::{Extent, Item, Section, Shown, wrapped};
use crate::refusal::paragraphs;
use crate::time::moment;
use crate::{CommandLine, NextStep, Step, text};
use bwdc_core::plan::ApprovalScope;
use bwdc_engine::ledger::RunId;
use bwdc_engine::{ApprovalState, RefusedRun, SinceRefused, WithdrawnApproval};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Who would lose what, and why the run was refused. A line may hold several, broken for 80 columns.
pub fn lines(refused: &RefusedRun, extent: Extent) -> Vec<Line> {
    let (run, at) = (refused.record.id.0, moment(refused.record.started_at));
    let title = text!("refused-run.title", "Run {run} of {at} was refused by the limits.", run, at);
    let mut lines = vec![Line::new(title, Tone::Strong)];
    match refused.approval {
        ApprovalState::Missing => {}
        ApprovalState::Counts { until } => lines.push(Line::new(
            wrapped(
                &text!(
                    "refused-run.approved",
                    "It is approved already, until {until}. Approving it again begins another 24 hours.",
                    until = moment(until)
                ),
                "",
                0,
            ),
            Tone::Strong,
        )),
        ApprovalState::CarriedOut { by } => lines.push(Line::new(
            wrapped(
                &text!(
                    "refused-run.carried-out",
                    "It was approved, and run {by} carried it out. Approving it again allows the same once more, for 24 hours.",
                    by = by.0
                ),
                "",
                0,
            ),
            Tone::Strong,
        )),
        ApprovalState::Expired { since } => lines.push(Line::new(
            text!("refused-run.expired", "Its approval counted until {since}.", since = moment(since)),
            Tone::Plain,
        )),
    }
    let after = since(refused.record.id, refused.since);
    lines.extend(after.map(|it| Line::new(wrapped(&it, "", 0), Tone::Warning)));
    let said = paragraphs(&refused.refusals());
    lines.extend(said.into_iter().map(|it| Line::new(wrapped(&it, "- ", 2), Tone::Warning)));
    lines.push(Line::default());
    let scope = &refused.scope;
    let none = Vec::new;
    let people = |ids: &mut dyn Iterator<Item = &String>| -> Vec<(String, Vec<String>)> {
        ids.map(|id| (called(refused, id), none())).collect()
    };
    let by_group = |memberships: &BTreeSet<(String, String)>| -> Vec<(String, Vec<String>)> {
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (group, member) in memberships {
            groups.entry(called(refused, group)).or_default().push(called(refused, member));
        }
        groups.into_iter().collect()
    };
    let (removed, revoked) = (PlanSection::Removed, PlanSection::Revoked);
    let parts = [
        (text!("refused-run.removed", "Would be removed"), removed, people(&mut scope.removed.iter())),
        (text!("refused-run.revoked", "Would lose access"), revoked, people(&mut scope.revoked.iter())),
        (
            text!("refused-run.addresses", "Members with further addresses of people who leave"),
            PlanSection::Revoked,
            scope.addresses.iter().map(|(_, address)| (address.clone(), none())).collect(),
        ),
        (
            text!("refused-run.emptied", "Groups left without members or deleted"),
            PlanSection::GroupsDeleted,
            people(&mut scope.emptied_groups.iter()),
        ),
        (
            text!("refused-run.memberships", "Groups that lose members"),
            PlanSection::Memberships,
            by_group(&scope.memberships),
        ),
        (
            text!("refused-run.replaced-groups", "Groups that take the place of groups that are gone"),
            PlanSection::Groups,
            people(&mut scope.replaced_groups.iter()),
        ),
        (
            text!("refused-run.adopted-groups", "Groups made by hand that the directory would take over"),
            PlanSection::Groups,
            scope.adopted_groups.iter().map(|(_, name)| (name.clone(), Vec::new())).collect(),
        ),
        (
            text!("refused-run.replaced-people", "Memberships that go on under new entries of the directory"),
            PlanSection::Recorded,
            people(&mut scope.replaced_people.iter()),
        ),
        (
            text!("refused-run.addresses-lost", "People who have no address any more"),
            PlanSection::LeftOut,
            people(&mut scope.addresses_lost.iter()),
        ),
        (
            text!("refused-run.invited", "Would be invited"),
            PlanSection::Invited,
            people(&mut scope.invited.iter()),
        ),
    ];
    for (title, section, rows) in parts {
        lines.extend(part(title, section, &rows, extent, Direction::Out));
    }
    let anew = text!("refused-run.anew", "Groups that gain members whom the official connector overlooks");
    lines.extend(part(anew, PlanSection::Memberships, &by_group(&scope.anew), extent, Direction::In));
    lines
}

/// That a run that was approved and carried out is not approved again: what its successor takes has a number of its own.
pub fn needs_no_approval(run: RunId, by: RunId) -> String {
    text!(
        "refused-run.needs-none",
        "Run {run} was approved, and run {by} carried it out: it needs no approval. Nothing was changed.",
        run = run.0,
        by = by.0
    )
}

/// The same for scripts.
pub fn needs_no_approval_data(run: RunId, by: RunId) -> Value {
    json!({ "object": "approval", "run": run.0, "carriedOutBy": by.0 })
}

/// That a run is approved, what it may do, and what happened after it.
pub fn approved(run: RunId, scope: &ApprovalScope, happened: SinceRefused) -> String {
    let text = crate::sync::approved(run, scope);
    match since(run, happened) {
        Some(since) => format!("{text}\n{since}"),
        None => text,
    }
}

/// The same for scripts.
pub fn approval_data(run: RunId, scope: &ApprovalScope, happened: SinceRefused) -> Value {
    json!({
        "object": "approval",
        "run": run.0,
        "scope": scope,
        "laterRun": happened.later_run.map(|it| it.0),
        "settingsChanged": happened.settings_changed,
    })
}

/// That the next sync may plan something else than the refused run did; None: nothing happened after it.
fn since(run: RunId, happened: SinceRefused) -> Option<String> {
    let run = run.0;
    let happened = match (happened.later_run, happened.settings_changed) {
        (None, false) => return None,
        (Some(later), false) => {
            text!("refused-run.later", "Run {later} ended after run {run}", later = later.0, run)
        }
        (None, true) => {
            text!("refused-run.changed", "The settings were changed after run {run}", run)
        }
        (Some(later), true) => text!(
            "refused-run.later-and-changed",
            "Run {later} ended after run {run}, and the settings were changed",
            later = later.0,
            run
        ),
    };
    Some(text!(
        "refused-run.since",
        "{happened}, so the next sync may plan something else. Look at `bwdc plan` first. To withdraw an approval, run `bwdc approve --withdraw {run}`.",
        happened,
        run
    ))
}

/// The question, and the number that answers it; None: no number stands for this run.
pub fn question(refused: &RefusedRun) -> Option<(usize, String)> {
    let refusals = refused.refusals();
    approval(&refusals).map(|it| (it.number, it.question))
}

/// That the answer was another one, and what counts now: nothing, or an approval of before until a point in time.
pub fn not_approved(number: usize, run: RunId, approval: ApprovalState) -> String {
    match approval {
        ApprovalState::Counts { until } => text!(
            "refused-run.still-approved",
            "The answer was not {number}, so nothing was changed. Run {run} stays approved until {until}.",
            number,
            run = run.0,
            until = moment(until)
        ),
        ApprovalState::Missing | ApprovalState::CarriedOut { .. } | ApprovalState::Expired { .. } => {
            text!("refused-run.not-approved", "Nothing was approved: the answer was not {number}.", number)
        }
    }
}

/// How the approval of a run is taken back.
pub fn to_withdraw(run: RunId) -> Vec<NextStep> {
    let withdraw = Step::run(format!("approve --withdraw {}", run.0));
    vec![withdraw.to(text!("refused-run.to-withdraw", "To withdraw that"))]
}

/// That somebody without a terminal has to say which run is meant.
pub fn which(run: Option<(RunId, ApprovalState)>, commands: &CommandLine) -> String {
    let run = match run {
        Some((run, state @ ApprovalState::Counts { .. })) => {
            let step = commands
                .sentence(&Step::run("sync").to(text!("refused-run.to-carry-out", "To carry it out")));
            return format!("{} {step}", state_line(run, true, state).text);
        }
        Some((run, state @ ApprovalState::CarriedOut { .. })) => return state_line(run, true, state).text,
        Some((run, ApprovalState::Missing | ApprovalState::Expired { .. })) => Some(run.0),
        None => None,
    };
    match run {
        Some(run) => text!(
            "refused-run.which",
            "Run {run} was refused last. Look at it with `{history}`, then run `{approve}`.",
            run,
            history = commands.command(&format!("history {run}")),
            approve = commands.command(&format!("approve {run}"))
        ),
        None => text!(
            "refused-run.which-unknown",
            "`{history}` lists the runs with their numbers.",
            history = commands.command("history")
        ),
    }
}

/// That an approval counts no more, and what was done with it before.
pub fn withdrawn(withdrawn: &WithdrawnApproval) -> String {
    let run = withdrawn.run.0;
    match &withdrawn.used {
        None => text!(
            "refused-run.withdrawn",
            "The approval of run {run} is withdrawn. What it allowed is refused again.",
            run
        ),
        Some(used) if used.is_whole() => text!(
            "refused-run.withdrawn-late",
            "The approval of run {run} is withdrawn, but run {by} has carried it out already, and that stays done.",
            run,
            by = used.run.0
        ),
        Some(used) => text!(
            "refused-run.withdrawn-rest",
            "The approval of run {run} is withdrawn. Run {by} has done a part of it, and that stays done; the rest is refused again.",
            run,
            by = used.run.0
        ),
    }
}

/// Whether a sync may carry it out.
pub fn state_line(run: RunId, can_be_approved: bool, state: ApprovalState) -> Line {
    let run = run.0;
    match state {
        ApprovalState::Missing if !can_be_approved => Line::new(
            text!(
                "approval.cannot",
                "No number approves run {run}: what stands in its way has to be changed.",
                run
            ),
            Tone::Bad,
        ),
        ApprovalState::Missing => Line::new(
            text!("approval.waits", "Run {run} waits for an approval. Nothing of this was sent.", run),
            Tone::Warning,
        ),
        ApprovalState::Counts { until } => Line::new(
            text!(
                "approval.counts",
                "Run {run} is approved until {until}. A sync carries out this and nothing beyond it.",
                run,
                until = moment(until)
            ),
            Tone::Good,
        ),
        ApprovalState::CarriedOut { by } => Line::new(
            text!(
                "approval.carried-out",
                "Run {run} was approved, and run {by} carried it out.",
                run,
                by = by.0
            ),
            Tone::Good,
        ),
        ApprovalState::Expired { since } => Line::new(
            text!(
                "approval.expired",
                "The approval of run {run} expired {since}, and no sync had carried it out. Nothing of this was sent.",
                run,
                since = moment(since)
            ),
            Tone::Bad,
        ),
    }
}

fn called(refused: &RefusedRun, id: &str) -> String {
    refused.names.get(id).cloned().unwrap_or_else(|| id.to_owned())
}

/// Whether members leave a group or come into it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Out,
    In,
}

fn part(
    title: String,
    section: PlanSection,
    rows: &[(String, Vec<String>)],
    extent: Extent,
    direction: Direction,
) -> Vec<Line> {
    if rows.is_empty() {
        return Vec::new();
    }
    let names = rows.iter().map(|(name, _)| name.as_str().into()).enumerate();
    let items = names.map(|(place, name)| Item { reason: String::new(), name, place }).collect();
    let listed = Section { title, tone: section.tone(), most: section.most(), items };
    let mut lines = listed.lines(extent, &|place| {
        let (name, members) = &rows[place];
        let (added, removed) =
            if direction == Direction::In { (&members[..], &[][..]) } else { (&[][..], &members[..]) };
        let below = crate::plan::members_below(added, removed, &[], extent, &|it| it.to_owned());
        Shown { row: format!("{} {name}", section.sign()), below }
    });
    lines.push(Line::default());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::names::Timestamp;
    use bwdc_engine::ledger::{Counts, RunOutcome, RunRecord, Trigger};

    #[test]
    fn what_happened_after_a_refused_run_is_said_with_its_approval() {
        let (later_run, settings_changed) = (Some(RunId(9)), true);
        for (since, said) in [
            (
                SinceRefused { later_run, settings_changed: false },
                "Run 9 ended after run 7, so the next sync may plan something else.",
            ),
            (
                SinceRefused { later_run: None, settings_changed },
                "The settings were changed after run 7, so the next sync may plan something else.",
            ),
            (
                SinceRefused { later_run, settings_changed },
                "Run 9 ended after run 7, and the settings were changed, so the next sync may plan something else.",
            ),
        ] {
            assert_eq!(
                approved(RunId(7), &ApprovalScope::default(), since),
                format!(
                    "Run 7 is approved for 24 hours.\n{said} Look at `bwdc plan` first. To withdraw an approval, run \
                     `bwdc approve --withdraw 7`."
                )
            );
        }
        let nothing = approved(RunId(7), &ApprovalScope::default(), SinceRefused::default());
        assert_eq!(nothing, "Run 7 is approved for 24 hours.");
        assert_eq!(
            needs_no_approval(RunId(3), RunId(4)),
            "Run 3 was approved, and run 4 carried it out: it needs no approval. Nothing was changed."
        );
    }

    #[test]
    fn everything_that_an_approval_is_about_is_listed_in_the_direction_in_which_it_goes() {
        let record = RunRecord {
            id: RunId(7),
            trigger: Trigger::default(),
            started_at: Timestamp(0),
            finished_at: Some(Timestamp(1)),
            outcome: Some(RunOutcome::Refused),
            counts: Counts::new(),
        };
        let membership = |group: &str, member: &str| (group.to_owned(), member.to_owned());
        let scope = ApprovalScope {
            revoked: ["a".to_owned()].into(),
            memberships: [membership("g", "b")].into(),
            anew: [membership("g", "c")].into(),
            ..ApprovalScope::default()
        };
        let named = [("a", "ann@x.test"), ("b", "bob@x.test"), ("c", "cy@x.test"), ("g", "Staff")];
        let names = named.map(|(id, name)| (id.to_owned(), name.to_owned())).into();
        let approval = ApprovalState::Counts { until: Timestamp(0) };
        let refused = RefusedRun {
            record,
            entries: Vec::new(),
            scope,
            names,
            approval,
            since: SinceRefused::default(),
        };
        let lines: Vec<String> = lines(&refused, Extent::Short).into_iter().map(|it| it.text).collect();
        assert_eq!(
            lines,
            [
                "Run 7 of 1970-01-01 00:00 UTC was refused by the limits.",
                "It is approved already, until 1970-01-01 00:00 UTC. Approving it again begins\nanother 24 hours.",
                "",
                "Would lose access (1)",
                "  - ann@x.test",
                "",
                "Groups that lose members (1)",
                "  ~ Staff",
                "      out: bob@x.test",
                "",
                "Groups that gain members whom the official connector overlooks (1)",
                "  ~ Staff",
                "      in: cy@x.test",
                "",
            ]
        );
    }
}
