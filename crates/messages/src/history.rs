//! Earlier runs: as a table, one by one, for scripts and for spreadsheets.

use crate::foreign::fit_in_a_line;
use crate::line::Line;
use crate::plan::sections::PlanSection;
use crate::plan::{Extent, Item, Section, Shown, members_below, wrapped};
use crate::refusal::{Stage, message, refusal};
use crate::refused_run::state_line;
use crate::wrap::broken;
use crate::{CommandLine, text};
use bwdc_core::names::Timestamp;
use bwdc_engine::clock::to_iso;
use bwdc_engine::ledger::{RunOutcome, RunRecord, SENT_AGAIN};
use bwdc_engine::{ApprovalState, Happened, HistoryEntry};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// That something else than the number of a run was typed.
pub fn not_a_run() -> String {
    text!("history.not-a-run", "not the number of a run; `bwdc history` lists them")
}

/// Runs for scripts.
pub fn table_data(runs: &[RunRecord]) -> Value {
    let list: Vec<Value> = runs.iter().map(data_of).collect();
    json!({ "object": "list", "data": list })
}

/// A run for scripts: what it did and why.
pub fn run_data(run: &RunRecord, actions: &[HistoryEntry]) -> Value {
    let mut data = data_of(run);
    data["actions"] = actions.iter().map(action_data).collect();
    data
}

/// How many runs were deleted.
pub fn forgotten(runs: usize) -> String {
    text!("history.forgotten", "Deleted {runs:run/runs}.", runs)
}

pub(crate) fn data_of(run: &RunRecord) -> Value {
    json!({
        "object": "run",
        "id": run.id.0,
        "startedBy": started_by(run),
        "startedAt": to_iso(run.started_at),
        "finishedAt": run.finished_at.map(to_iso),
        "outcome": outcome(run),
        "counts": run.counts,
    })
}

fn started_by(run: &RunRecord) -> &'static str {
    if run.trigger.scheduled { "schedule" } else { run.trigger.by.name() }
}

fn action_data(action: &HistoryEntry) -> Value {
    json!({ "action": action.action, "subject": action.subject, "change": action.json })
}

/// How a run ended, in one word.
pub fn outcome(run: &RunRecord) -> &'static str {
    match run.outcome {
        None => "unfinished",
        Some(RunOutcome::Complete) => "complete",
        Some(RunOutcome::Unchanged) => "unchanged",
        Some(RunOutcome::Partial) => "partial",
        Some(RunOutcome::Refused) => "refused",
        Some(RunOutcome::Failed) => "failed",
        Some(RunOutcome::Interrupted) => "interrupted",
    }
}

/// How a run ended, for people: one that did nothing did no part of anything.
pub fn outcome_in_words(run: &RunRecord) -> String {
    match run.outcome {
        Some(RunOutcome::Partial) if has_changes(run) => outcome(run).to_owned(),
        Some(RunOutcome::Partial) if run.is_refused() => text!("history.held-back", "held back"),
        Some(RunOutcome::Partial) => text!("history.not-done", "not done"),
        _ => outcome(run).to_owned(),
    }
}

/// Seconds, to a tenth.
pub(crate) fn duration(run: &RunRecord) -> String {
    let Some(Timestamp(end)) = run.finished_at else { return "-".to_owned() };
    let tenths = end.saturating_sub(run.started_at.0).max(0) / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// What changed, in words; sizes of the desired state are left to the JSON form.
pub fn changes(run: &RunRecord) -> String {
    let parts: Vec<String> = counted(run).map(|(name, number)| count(name, *number)).collect();
    let counts = parts.join(", ");
    match run.outcome {
        _ if parts.is_empty() => text!("history.nothing", "nothing"),
        // The limits let nothing be sent of it.
        Some(RunOutcome::Refused) => text!("history.planned", "nothing; planned: {counts}", counts),
        _ => counts,
    }
}

/// How many of what, in the words of a plan; what a later version counts by its own name.
fn count(action: &str, n: u64) -> String {
    match action {
        "invite" => text!("history.invited", "{n:invitation/invitations}", n),
        "stage" => text!("history.staged", "{n:staged member/staged members}", n),
        "restore" => text!("history.restored", "{n:restored member/restored members}", n),
        "revoke" => text!("history.revoked", "{n:revoked member/revoked members}", n),
        "remove" => text!("history.removed", "{n:removed member/removed members}", n),
        "adopt" | "replaceExternalId" => text!("history.ids", "{n:external id/external ids}", n),
        "createGroup" => text!("history.groups-created", "{n:new group/new groups}", n),
        "renameGroup" => text!("history.groups-renamed", "{n:renamed group/renamed groups}", n),
        "adoptGroup" => text!("history.groups-adopted", "{n:group taken over/groups taken over}", n),
        "deleteGroup" => text!("history.groups-deleted", "{n:deleted group/deleted groups}", n),
        "changeMembers" => text!("history.members", "members of {n:group/groups}", n),
        other => format!("{other} {n}"),
    }
}

/// How many changes a run made.
pub fn number_of_changes(run: &RunRecord) -> u64 {
    counted(run).map(|(_, number)| number).sum()
}

/// Whether anything changed.
pub fn has_changes(run: &RunRecord) -> bool {
    counted(run).next().is_some()
}

fn counted(run: &RunRecord) -> impl Iterator<Item = (&String, &u64)> {
    const OTHERS: [&str; 10] = [
        "kept",
        "leftOut",
        "standing",
        "people",
        "groups",
        "fullRead",
        "notTaken",
        "heldBack",
        "verified",
        "notVerified",
    ];
    run.counts.iter().filter(|(name, number)| **number > 0 && !OTHERS.contains(&name.as_str()))
}

/// Columns of the table, and the one where changes begin.
const WIDTH: usize = 80;
const CHANGES: usize = 52;

/// Runs for people, one line each.
pub fn table(runs: &[RunRecord]) -> String {
    table_within(runs, WIDTH)
}

fn table_within(runs: &[RunRecord], width: usize) -> String {
    if runs.is_empty() {
        return text!("history.none", "There are no runs yet.");
    }
    let titles = [
        text!("history.run", "run"),
        text!("history.started", "started (UTC)"),
        text!("history.outcome", "outcome"),
        text!("history.took", "took"),
        text!("history.changes", "changes"),
    ];
    let [run, started, outcome_title, took, what] = titles;
    let mut text = format!("{run:>5}  {started:<20}  {outcome_title:<11}  {took:>8}  {what}");
    for run in runs {
        let started = to_iso(run.started_at);
        let started = started.split('.').next().unwrap_or_default().replace('T', " ");
        let (outcome, took) = (outcome_in_words(run), duration(run));
        // A string takes what is written to it.
        let what = broken(&changes(run), Some(width), CHANGES);
        let _ = write!(text, "\n{:>5}  {started:<20}  {outcome:<11}  {took:>8}  {what}", run.id.0);
    }
    text
}

/// A run for people: what it did and why, in the words of a plan.
pub fn run(run: &RunRecord, entries: &[HistoryEntry], extent: Extent, commands: &CommandLine) -> String {
    let lines = run_lines(run, entries, (extent, WIDTH), commands).into_iter().map(|it| it.text);
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// The same, line by line, the table within `width` columns. A line that is too long for 80 columns holds its breaks.
pub fn run_lines(
    run: &RunRecord,
    entries: &[HistoryEntry],
    (extent, width): (Extent, usize),
    commands: &CommandLine,
) -> Vec<Line> {
    let table = table_within(std::slice::from_ref(run), width);
    let mut lines: Vec<Line> = table.lines().map(Line::plain).collect();
    lines.push(Line::default());
    lines.extend(reasons(run, entries, commands));
    let done = done(entries, extent);
    if run.outcome == Some(RunOutcome::Refused) && !done.is_empty() {
        lines.push(Line::plain(text!("history.would", "What it would have done, and did not:")));
    }
    lines.extend(done);
    if entries.is_empty() {
        let again = run.counts.get(SENT_AGAIN).copied().unwrap_or_default();
        lines.push(Line::plain(match again {
            0 => text!("history.no-change", "No change was made."),
            _ => text!(
                "history.sent-again",
                "{again:person or group was/people and groups were} sent again, although nothing was known to differ.",
                again
            ),
        }));
    }
    lines.extend(left_behind(run).into_iter().map(Line::plain));
    while lines.pop_if(|it| it.text.is_empty()).is_some() {}
    lines
}

/// Why it was refused, or what ended it.
fn reasons(run: &RunRecord, entries: &[HistoryEntry], commands: &CommandLine) -> Vec<Line> {
    let of_run = Stage::Run(Some(run.id.0));
    let said = entries.iter().filter_map(|it| {
        Some(match (&it.what, reason(it, of_run)?) {
            (Happened::Failed { .. }, error) => text!("history.failed", "Failed: {error}", error),
            // What is approved already needs no advice to approve it.
            (Happened::Refused(refusal), _) if is_approved(it) => {
                text!("history.refused", "Refused: {why}", why = message(refusal))
            }
            (_, why) => text!("history.refused", "Refused: {why}", why),
        })
    });
    let mut lines: Vec<Line> =
        said.map(|it| Line::plain(wrapped(&fit_in_a_line(&commands.in_text(&it)), "", 2))).collect();
    let approved = entries.iter().find(|it| is_approved(it));
    lines.extend(approved.map(|it| {
        let state = state_line(run.id, true, it.approval);
        Line { text: wrapped(&state.text, "", 2), ..state }
    }));
    if !lines.is_empty() {
        lines.push(Line::default());
    }
    lines
}

fn is_approved(entry: &HistoryEntry) -> bool {
    matches!(entry.approval, ApprovalState::Counts { .. } | ApprovalState::CarriedOut { .. })
}

/// What it changed, or would have changed, in sections.
fn done(entries: &[HistoryEntry], extent: Extent) -> Vec<Line> {
    let mut lines = Vec::new();
    for wanted in PlanSection::ALL {
        let of_section = |it: &&(usize, &HistoryEntry)| PlanSection::of_action(&it.1.action) == Some(wanted);
        let numbered: Vec<(usize, &HistoryEntry)> = entries.iter().enumerate().collect();
        let items = numbered.iter().filter(of_section).map(|&(place, entry)| Item {
            reason: change(entry).0.map(crate::change::cause_named).unwrap_or_default(),
            name: entry.subject.as_str().into(),
            place,
        });
        let items: Vec<Item<'_>> = items.collect();
        if items.is_empty() {
            continue;
        }
        let section = Section { title: wanted.title(), tone: wanted.tone(), most: wanted.most(), items };
        lines.extend(section.lines(extent, &|place| shown(wanted, &entries[place], extent)));
        lines.push(Line::default());
    }
    // What a later version wrote, and what was noted beside changes.
    let others = entries.iter().filter(|it| PlanSection::of_action(&it.action).is_none());
    let others = others.filter(|it| matches!(it.what, Happened::Change { .. }));
    lines.extend(
        others
            .map(|it| Line::plain(format!("{}: {}", fit_in_a_line(&it.action), fit_in_a_line(&it.subject)))),
    );
    lines
}

fn shown(section: PlanSection, entry: &HistoryEntry, extent: Extent) -> Shown {
    let (_, added, removed) = change(entry);
    let below = members_below(added, removed, &[], extent, &|name| name.to_owned());
    let below = if section == PlanSection::GroupsDeleted { Vec::new() } else { below };
    let old = entry.json.get("old").and_then(Value::as_str).filter(|_| entry.action == "renameGroup");
    let name = match old {
        Some(old) => format!("{old} → {}", entry.subject),
        None => entry.subject.clone(),
    };
    Shown { row: format!("{} {name}", sign(section, &entry.action)), below }
}

fn sign(section: PlanSection, action: &str) -> char {
    if action == "createGroup" { '+' } else { section.sign() }
}

/// What a run left to be known, one line a kind.
fn left_behind(run: &RunRecord) -> Vec<String> {
    let number = |name: &str| run.counts.get(name).copied().unwrap_or_default();
    let (left_out, standing, kept) = (number("leftOut"), number("standing"), number("kept"));
    let lines = [
        (left_out, text!("history.left-out", "Left out: {left_out}.", left_out)),
        (standing, text!("history.standing", "Differences that stayed: {standing}.", standing)),
        (kept, text!("history.kept", "Kept although not brought over: {kept}.", kept)),
        (number("verified"), text!("history.verified", "The organization was read back and was as planned.")),
        (
            number("notVerified"),
            text!("history.not-verified", "Sent, not verified: the server could not be read."),
        ),
    ];
    lines.into_iter().filter(|(number, _)| *number > 0).map(|(_, line)| line).collect()
}

/// Why a run was refused, or what ended it; None: the entry is a change.
fn reason(entry: &HistoryEntry, stage: Stage) -> Option<String> {
    match &entry.what {
        Happened::Refused(why) => Some(refusal(why, stage)),
        Happened::Failed { error } => Some(error.clone()),
        Happened::Change { .. } => None,
    }
}

/// Why something was changed, and who came into a group and went out of it.
fn change(entry: &HistoryEntry) -> (Option<&str>, &[String], &[String]) {
    match &entry.what {
        Happened::Change { cause, added, removed } => (cause.as_deref(), added, removed),
        Happened::Refused(_) | Happened::Failed { .. } => (None, &[], &[]),
    }
}

/// Runs for spreadsheets.
pub fn table_csv(runs: &[RunRecord]) -> String {
    let mut text = "run,started,finished,outcome,changes,started by,seconds".to_owned();
    for run in runs {
        let finished = run.finished_at.map(to_iso).unwrap_or_default();
        let seconds = duration(run);
        let fields = [
            run.id.0.to_string(),
            to_iso(run.started_at),
            finished,
            outcome(run).to_owned(),
            counted(run).map(|(name, number)| format!("{name} {number}")).collect::<Vec<_>>().join(", "),
            started_by(run).to_owned(),
            seconds.trim_end_matches(" s").trim_start_matches('-').to_owned(),
        ];
        let _ = write!(text, "\n{}", csv_line(&fields));
    }
    text
}

/// What a run did, for spreadsheets.
pub fn run_csv(actions: &[HistoryEntry]) -> String {
    let mut text = "action,subject,cause,in,out".to_owned();
    for action in actions {
        let (cause, added, removed) = change(action);
        let cause = cause.unwrap_or_default().to_owned();
        let fields = [
            action.action.clone(),
            action.subject.clone(),
            reason(action, Stage::Run(None)).unwrap_or(cause),
            added.join(" "),
            removed.join(" "),
        ];
        let _ = write!(text, "\n{}", csv_line(&fields));
    }
    text
}

/// RFC 4180; a field that a spreadsheet would take for a formula is kept from being one.
fn csv_line(fields: &[String]) -> String {
    let quoted = fields.iter().map(|field| {
        let guarded = if field.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            format!("'{field}")
        } else {
            field.clone()
        };
        // Some spreadsheets separate by semicolons or tabs.
        if guarded.contains([',', ';', '\t', '"', '\n', '\r']) {
            format!("\"{}\"", guarded.replace('"', "\"\""))
        } else {
            guarded
        }
    });
    quoted.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_did_nothing_did_no_part_of_anything() {
        let partial = |counts: &[(&str, u64)]| {
            let run = RunRecord {
                id: bwdc_engine::ledger::RunId(1),
                trigger: bwdc_engine::Trigger::asked(bwdc_engine::FrontEnd::Command),
                started_at: Timestamp(0),
                finished_at: None,
                outcome: Some(RunOutcome::Partial),
                counts: counts.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect(),
            };
            outcome_in_words(&run)
        };
        assert_eq!(partial(&[("invite", 2), ("heldBack", 3)]), "partial");
        assert_eq!(partial(&[("heldBack", 3), ("kept", 1)]), "held back");
        assert_eq!(partial(&[("notTaken", 1)]), "not done");
    }

    #[test]
    fn a_field_with_commas_or_formulas_stays_one_harmless_field() {
        let fields = ["a,b", "say \"x\"", "=1+1", "plain", "a;=1+1", "\t=1"].map(str::to_owned);
        assert_eq!(csv_line(&fields), "\"a,b\",\"say \"\"x\"\"\",'=1+1,plain,\"a;=1+1\",\"'\t=1\"");
    }
}
