//! Lists as rows: a title, what is said below it, a word at its end.

use crate::change::{access_to, cause as why, kept, left_out, standing};
use crate::finding::{Described, Level};
use crate::foreign::fit_in_a_line;
use crate::line::Tone;
use crate::list::some;
use crate::repair::RepairRow;
use crate::time::moment;
use crate::{CommandLine, explanation, notice, text};
use bwdc_core::desired::Desired;
use bwdc_core::plan::{Cause, Change, Plan, Subject};
use bwdc_engine::ledger::{RunOutcome, RunRecord};
use bwdc_engine::{Happened, HistoryEntry, Planned};

/// How a row is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowTone {
    /// As any other.
    #[default]
    Plain,
    /// Something begins.
    Good,
    /// Somebody should look.
    Warn,
    /// Something ends, or does not work.
    Bad,
}

/// The sign before a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowSign {
    /// None.
    #[default]
    None,
    /// A person.
    Person,
    /// A group.
    Group,
    /// Something begins.
    Plus,
    /// Something ends.
    Minus,
    /// Something changes.
    Change,
    /// As it should be.
    Good,
    /// Somebody should look.
    Warning,
    /// Something does not work.
    Error,
    /// Worth knowing.
    Info,
    /// It waits.
    Clock,
    /// A folder.
    Folder,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowText {
    /// What it is about.
    pub title: String,
    /// What is said of it.
    pub note: String,
    /// A word at the end.
    pub tail: String,
    /// How it is meant.
    pub tone: RowTone,
    /// The sign before it.
    pub sign: RowSign,
    /// Whether it is the title of those that follow.
    pub heading: bool,
    /// Whether it belongs to the one before.
    pub inset: bool,
    /// Everything that is known of it.
    pub detail: String,
}

/// Which part of a plan a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlanPart {
    /// People who come.
    Added,
    /// What differs.
    Changed,
    /// People who lose access, and groups that are deleted.
    Removed,
    /// People who stay although nothing asks for them.
    Kept,
    /// Who is not brought over, and differences that stay.
    LeftOut,
}

/// A plan as rows, with the part that each belongs to, and whether it is about a group.
pub fn plan_rows(planned: &Planned) -> Vec<(PlanPart, bool, RowText)> {
    let plan = &planned.plan;
    let mut rows: Vec<_> = plan.changes.iter().map(|it| change_row(plan, it)).collect();
    rows.sort_by_key(|(part, _, _)| *part);
    let info = |part, title: &str, note: String, tail: String| {
        let title = fit_in_a_line(title).into_owned();
        let detail = note.clone();
        (part, false, RowText { title, note, tail, sign: RowSign::Info, detail, ..RowText::default() })
    };
    rows.extend(
        plan.kept
            .iter()
            .filter(|it| it.is_told())
            .map(|it| info(PlanPart::Kept, &it.person.name, kept(it), text!("desktop-plan.kept", "kept"))),
    );
    rows.extend(plan.each_left_out().map(|(_, it)| {
        let tail = text!("desktop-plan.left-out", "left out");
        info(PlanPart::LeftOut, &it.reference, left_out(&it.because), tail)
    }));
    rows.extend(plan.standing.iter().map(|it| {
        let (name, why) = standing(it, plan.server());
        info(PlanPart::LeftOut, name, why, text!("desktop-plan.stays", "stays"))
    }));
    rows.extend(plan.unconfirmed.iter().map(|it| {
        let why = text!("desktop-plan.confirm", "accepted the invitation; confirm in the web vault");
        info(PlanPart::LeftOut, it, why, text!("desktop-plan.waits", "waits"))
    }));
    rows.extend(plan.notices.iter().map(|it| {
        let (part, group, mut row) =
            info(PlanPart::LeftOut, &notice::plan_notice(it), String::new(), String::new());
        row.detail = row.title.clone();
        (part, group, RowText { tone: RowTone::Warn, sign: RowSign::Warning, ..row })
    }));
    rows
}

fn change_row(plan: &Plan, change: &Change) -> (PlanPart, bool, RowText) {
    use PlanPart::{Added, Changed, Removed};
    let none = || text!("plan.no-id", "no external id");
    let called =
        |ids: &[String]| -> Vec<String> { ids.iter().map(|id| plan.called(id).to_owned()).collect() };
    let (part, group, subject, verb, cause, more) = match change {
        Change::Invite { person, cause } => {
            (Added, false, person, text!("desktop-verb.invite", "invite"), *cause, String::new())
        }
        Change::Stage { person, cause } => (
            Added,
            false,
            person,
            text!("desktop-verb.stage", "add without an invitation"),
            *cause,
            String::new(),
        ),
        Change::Restore { person, cause } => {
            (Added, false, person, text!("desktop-verb.restore", "restore access"), *cause, String::new())
        }
        Change::Adopt { person, cause } => (
            Changed,
            false,
            person,
            text!("desktop-verb.adopt", "set the external id"),
            *cause,
            String::new(),
        ),
        Change::ReplaceExternalId { person, old, cause } => {
            let old = text!("desktop-plan.old-id", "External id until now: {old}", old = old.as_str());
            (Changed, false, person, text!("desktop-verb.replace-id", "replace the external id"), *cause, old)
        }
        Change::Revoke { person, cause } => {
            (Removed, false, person, text!("desktop-verb.revoke", "revoke access"), *cause, String::new())
        }
        Change::Remove { person, cause } => {
            (Removed, false, person, text!("desktop-verb.remove", "remove"), *cause, String::new())
        }
        Change::CreateGroup { group, members, cause } => {
            let with = text!("desktop-plan.members", "{members:member/members}", members);
            (Added, true, group, text!("desktop-verb.create", "create"), *cause, with)
        }
        Change::RenameGroup { group, old, cause } => {
            let old = text!("desktop-plan.old-name", "Name until now: {old}", old);
            (Changed, true, group, text!("desktop-verb.rename", "rename"), *cause, old)
        }
        Change::AdoptGroup { group, old: None, collections, cause: cause @ Cause::Differs } => {
            let access = text!(
                "desktop-plan.by-hand",
                "Made by hand until now, {access}",
                access = access_to(*collections)
            );
            (Changed, true, group, text!("desktop-verb.take-over", "take over"), *cause, access)
        }
        Change::AdoptGroup { group, old, cause, .. } => {
            let old = old.as_ref().map_or_else(none, ToString::to_string);
            let old = text!("desktop-plan.old-id", "External id until now: {old}", old);
            (Changed, true, group, text!("desktop-verb.adopt-group", "set the external id"), *cause, old)
        }
        Change::DeleteGroup { group, removed, cause } => {
            let members = removed.len();
            let with = text!("desktop-plan.members", "{members:member/members}", members);
            (Removed, true, group, text!("desktop-verb.delete", "delete the group"), *cause, with)
        }
        Change::ChangeMembers { group, added, removed, outside, cause, .. } => (
            Changed,
            true,
            group,
            members_verb(added.len(), removed.len()),
            *cause,
            members(&called(added), &called(removed), &called(outside)),
        ),
    };
    let cause = match change {
        Change::DeleteGroup { .. } => text!("cause.group-gone", "no longer a group of the directory"),
        _ => why(cause),
    };
    (part, group, row(part, subject, &verb, &cause, &more))
}

fn row(part: PlanPart, subject: &Subject, verb: &str, cause: &str, more: &str) -> RowText {
    let (tone, sign) = match part {
        PlanPart::Added => (RowTone::Good, RowSign::Plus),
        PlanPart::Removed => (RowTone::Bad, RowSign::Minus),
        _ => (RowTone::Plain, RowSign::Change),
    };
    let id = text!("desktop-plan.id", "External id: {id}", id = subject.external_id.as_str());
    let what = text!("desktop-plan.what", "{verb}: {cause}", verb = crate::list::capital(verb), cause);
    let mut detail = format!("{what}\n{id}");
    if !more.is_empty() {
        detail.push('\n');
        detail.push_str(more);
    }
    RowText {
        title: fit_in_a_line(&subject.name).into_owned(),
        note: cause.to_owned(),
        tail: verb.to_owned(),
        tone,
        sign,
        detail,
        ..RowText::default()
    }
}

fn members_verb(added: usize, removed: usize) -> String {
    match (added, removed) {
        (added, 0) => text!("desktop-verb.in", "{added} in", added),
        (0, removed) => text!("desktop-verb.out", "{removed} out", removed),
        (added, removed) => text!("desktop-verb.in-out", "{added} in, {removed} out", added, removed),
    }
}

fn members(added: &[String], removed: &[String], outside: &[String]) -> String {
    let mut lines = Vec::new();
    if !added.is_empty() {
        lines.push(text!("plan.in", "in: {names}", names = some(added)));
    }
    if !removed.is_empty() {
        lines.push(text!("plan.out", "out: {names}", names = some(removed)));
    }
    if !outside.is_empty() {
        lines.push(text!(
            "plan.out-outside",
            "out, although outside the directory's scope: {names}",
            names = some(outside)
        ));
    }
    lines.join("\n")
}

/// One person or thing that a test leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The directory's name for it.
    pub name: String,
    /// Why.
    pub why: String,
}

/// Who is left out of what the directory asks for, and why.
pub fn people_left_out(desired: &Desired) -> Vec<Left> {
    explanation::each_left_out(desired).into_iter().map(|(name, why)| Left { name, why }).collect()
}

/// A run of the history.
pub fn run_row(run: &RunRecord) -> RowText {
    let (tone, sign) = match run.outcome {
        None => (RowTone::Warn, RowSign::Clock),
        Some(RunOutcome::Complete) => (RowTone::Good, RowSign::Good),
        Some(RunOutcome::Unchanged) => (RowTone::Plain, RowSign::Good),
        Some(RunOutcome::Partial | RunOutcome::Refused | RunOutcome::Interrupted) => {
            (RowTone::Warn, RowSign::Warning)
        }
        Some(RunOutcome::Failed) => (RowTone::Bad, RowSign::Error),
    };
    let outcome = super::label(&format!("outcome.{}", run.outcome.map_or("unfinished", RunOutcome::name)));
    RowText {
        title: moment(run.started_at),
        note: what_changed(run),
        tail: outcome,
        tone,
        sign,
        ..RowText::default()
    }
}

/// What a run changed, and how long it took.
fn what_changed(run: &RunRecord) -> String {
    const SIZES: [&str; 5] = ["kept", "leftOut", "standing", "people", "groups"];
    let counted = run.counts.iter().filter(|(name, number)| **number > 0 && !SIZES.contains(&name.as_str()));
    let parts: Vec<String> =
        counted.map(|(name, number)| format!("{number} × {}", action_named(name))).collect();
    let took = crate::history::duration(run);
    if parts.is_empty() { took } else { format!("{} · {took}", parts.join(", ")) }
}

/// An action of the history as a person calls it; one of a later version by its own name.
fn action_named(name: &str) -> String {
    match name {
        "invite" => text!("desktop-verb.invite", "invite"),
        "stage" => text!("desktop-verb.stage", "add without an invitation"),
        "restore" => text!("desktop-verb.restore", "restore access"),
        "adopt" => text!("desktop-verb.adopt", "set the external id"),
        "replaceExternalId" => text!("desktop-verb.replace-id", "replace the external id"),
        "revoke" => text!("desktop-verb.revoke", "revoke access"),
        "remove" => text!("desktop-verb.remove", "remove"),
        "createGroup" => text!("desktop-verb.create-group", "create group"),
        "renameGroup" => text!("desktop-verb.rename-group", "rename group"),
        "adoptGroup" => text!("desktop-verb.adopt-of-group", "set the external id of group"),
        "deleteGroup" => text!("desktop-verb.delete", "delete the group"),
        "changeMembers" => text!("desktop-verb.members", "change members"),
        "refused" => text!("desktop-verb.refused", "refused"),
        "failed" => text!("desktop-verb.failed", "failed"),
        "sentAgain" => text!("desktop-verb.sent-again", "sent again"),
        other => other.to_owned(),
    }
}

/// One thing that a run did, or why it did nothing.
pub fn action_row(entry: &HistoryEntry) -> RowText {
    let (tone, sign, note) = match &entry.what {
        Happened::Refused(why) => (RowTone::Warn, RowSign::Warning, crate::refusal::message(why)),
        Happened::Failed { error } => (RowTone::Bad, RowSign::Error, error.clone()),
        Happened::Change { cause, added, removed } => {
            let cause = cause.as_deref().map(crate::change::cause_named).unwrap_or_default();
            let more = members(added, removed, &[]);
            let note = if more.is_empty() { cause } else { more.replace('\n', "; ") };
            (RowTone::Plain, RowSign::Change, note)
        }
    };
    let action = action_named(&entry.action);
    let (title, tail) =
        if entry.subject.is_empty() { (action, String::new()) } else { (entry.subject.clone(), action) };
    RowText { title: fit_in_a_line(&title).into_owned(), note, tail, tone, sign, ..RowText::default() }
}

/// A line of the list of repairs: a case, or who is involved in it.
pub fn repair_row(row: &RepairRow) -> RowText {
    let (tone, sign) = match row.tone {
        Tone::Good => (RowTone::Good, RowSign::Good),
        Tone::Bad => (RowTone::Bad, RowSign::Minus),
        _ => (RowTone::Warn, RowSign::Person),
    };
    let heading = row.id.is_none();
    RowText {
        title: row.left.clone(),
        tail: row.right.clone(),
        detail: row.detail.clone(),
        tone: if heading { RowTone::Plain } else { tone },
        sign: if heading { RowSign::None } else { sign },
        heading,
        inset: !heading,
        ..RowText::default()
    }
}

/// One finding of `doctor`.
pub fn finding_row(finding: &Described, command_line: &CommandLine) -> RowText {
    let (tone, sign) = match finding.level() {
        Level::Ok => (RowTone::Good, RowSign::Good),
        Level::Warn => (RowTone::Warn, RowSign::Warning),
        Level::Fail => (RowTone::Bad, RowSign::Error),
        Level::Waiting => (RowTone::Plain, RowSign::Clock),
    };
    let (title, note) = finding.headline();
    let detail = finding.details(command_line);
    RowText { title, note, tail: finding.area(), tone, sign, detail, ..RowText::default() }
}
