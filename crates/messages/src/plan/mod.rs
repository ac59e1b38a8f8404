//! A plan for people: one line a change with its cause, in 80 columns where names allow it.

use crate::change::{cause as why, kept, left_out, standing};
use crate::foreign::fit_in_a_line;
use crate::list::some;
use crate::refusal::{Stage, refusals};
use crate::{CommandLine, notice, text};
use bwdc_core::plan::{Cause, Change, Evidence, Plan, Verdict};
use bwdc_engine::Planned;
use std::collections::HashSet;
use std::fmt::{self, Write};

const WIDTH: usize = 80;
/// Where causes begin when there is room.
const CAUSE_COLUMN: usize = 44;

/// A plan, without a final newline.
pub fn text(planned: &Planned, command_line: &CommandLine) -> String {
    let mut text = String::new();
    // A string takes what is written to it.
    let _ = write(&mut text, planned, command_line);
    text
}

fn write(out: &mut String, planned: &Planned, command_line: &CommandLine) -> fmt::Result {
    let Planned { plan, verdict, left, invites_all_the_same: mailed, .. } = planned;
    let (people, groups): (Vec<_>, Vec<_>) = plan.changes.iter().map(line).partition(|line| line.person);
    changed(out, &text!("plan.people", "People"), &people)?;
    changed(out, &text!("plan.groups", "Groups"), &groups)?;
    let kept = plan.kept.iter().map(|it| (format!("  = {}", it.person.name), kept(it)));
    section(out, &text!("plan.kept", "Kept although not in the directory"), kept.collect())?;
    let left_out = plan.left_out.iter().map(|it| (format!("  ! {}", it.reference), left_out(&it.because)));
    section(out, &text!("plan.left-out", "Left out"), left_out.collect())?;
    let standing = plan.standing.iter().map(|it| standing(it, plan.server()));
    let standing = standing.map(|(name, why)| (format!("  ~ {name}"), why));
    section(out, &text!("plan.standing", "Differences that stay"), standing.collect())?;
    let unconfirmed = plan.unconfirmed.iter().map(|it| (format!("  ? {it}"), String::new()));
    let title = text!("plan.unconfirmed", "Accepted, please confirm in the web vault");
    section(out, &title, unconfirmed.collect())?;
    if !plan.remarks.is_empty() {
        writeln!(out, "{} ({})", text!("plan.notices", "Please check"), plan.remarks.len())?;
        for remark in &plan.remarks {
            writeln!(out, "{}", wrapped(&notice::remark(remark), "  * ", 4))?;
        }
        writeln!(out)?;
    }
    summary(out, plan)?;
    if *mailed {
        let mailed = text!(
            "plan.mailed",
            "`sync.inviteUsersAfterProvisioning` is false, but this server does not support staged members: new members are \
             invited by e-mail."
        );
        writeln!(out, "{}", wrapped(&mailed, "", 0))?;
    }
    if plan.changes.iter().any(|it| matches!(it, Change::Stage { .. })) {
        let staged = text!(
            "plan.staged",
            "`sync.inviteUsersAfterProvisioning` is false, and this server stages new members: nobody is invited by e-mail."
        );
        writeln!(out, "{}", wrapped(&staged, "", 0))?;
    }
    if !plan.waits_for.is_empty() {
        let held = text!(
            "plan.import-waits",
            "No import can be sent, so nobody is invited and no group changes. What takes access away is sent all the same."
        );
        writeln!(out, "{}", wrapped(&held, "", 0))?;
        for paragraph in refusals(&plan.waits_for, Stage::Plan, command_line) {
            writeln!(out, "{}", wrapped(&paragraph, "- ", 2))?;
        }
    }
    match verdict {
        Verdict::Go if plan.is_empty() => out.write_str(&text!("plan.nothing", "Nothing to do.")),
        Verdict::Go => {
            let sync = CommandLine::command(command_line, "sync");
            out.write_str(&text!("plan.go", "Within the limits: `{sync}` would carry this out.", sync))
        }
        Verdict::Held(held) => {
            let sync = CommandLine::command(command_line, "sync");
            let (done, all) = (left.as_ref().map_or(0, |it| it.changes.len()), plan.changes.len());
            out.write_str(&text!(
                "plan.held",
                "Held back in part: `{sync}` would carry out {done} of {all:change/changes}.",
                sync,
                done,
                all
            ))?;
            for paragraph in refusals(&held.refusals, Stage::Plan, command_line) {
                write!(out, "\n{}", wrapped(&paragraph, "- ", 2))?;
            }
            Ok(())
        }
        Verdict::Refused(refused) => {
            let sync = CommandLine::command(command_line, "sync");
            out.write_str(&text!("plan.refused", "Refused: `{sync}` would send nothing.", sync))?;
            for paragraph in refusals(refused, Stage::Plan, command_line) {
                write!(out, "\n{}", wrapped(&paragraph, "- ", 2))?;
            }
            Ok(())
        }
    }
}

/// The changes that somebody who runs a sync is shown: at most `most` of them.
pub fn changes(plan: &Plan, most: usize) -> Vec<String> {
    let mut lines: Vec<String> =
        plan.changes.iter().take(most).map(line).map(|it| row(&it.left, &it.cause)).collect();
    if plan.changes.len() > most {
        let more = plan.changes.len() - most;
        lines.push(text!("plan.more", "  and {more} more", more));
    }
    lines
}

struct Line {
    person: bool,
    left: String,
    cause: String,
    below: Vec<String>,
}

fn line(change: &Change) -> Line {
    let (person, left, cause) = match change {
        Change::Invite { person, cause } => (true, format!("  + invite   {}", person.name), cause),
        Change::Stage { person, cause } => (true, format!("  + stage    {}", person.name), cause),
        Change::Adopt { person, cause } => {
            let none = text!("plan.no-id", "no external id");
            (true, format!("  ~ adopt    {}: {none} → {}", person.name, person.external_id), cause)
        }
        Change::ReplaceExternalId { person, old, cause } => {
            (true, format!("  ~ id       {}: {old} → {}", person.name, person.external_id), cause)
        }
        Change::Restore { person, cause } => (true, format!("  + restore  {}", person.name), cause),
        Change::Revoke { person, cause } => (true, format!("  - revoke   {}", person.name), cause),
        Change::Remove { person, cause } => (true, format!("  - remove   {}", person.name), cause),
        Change::CreateGroup { group, members, cause } => {
            let with =
                text!("plan.with", "{group} with {members:member/members}", group = group.name, members);
            (false, format!("  + create   {with}"), cause)
        }
        Change::RenameGroup { group, old, cause } => {
            (false, format!("  ~ rename   {old} → {}", group.name), cause)
        }
        Change::AdoptGroup { group, old: Some(old), cause: cause @ Cause::Gone } => {
            let what = text!(
                "plan.replace",
                "{group}: takes the place of {old}, with its access to collections",
                group = group.name,
                old = old.as_str()
            );
            (false, format!("  ~ replace  {what}"), cause)
        }
        Change::AdoptGroup { group, old, cause } => {
            let old = old.as_ref().map_or_else(|| text!("plan.no-id", "no external id"), ToString::to_string);
            (false, format!("  ~ adopt    {}: {old} → {}", group.name, group.external_id), cause)
        }
        Change::DeleteGroup { group, removed, cause } => {
            let members = removed.len();
            let with =
                text!("plan.with", "{group} with {members:member/members}", group = group.name, members);
            (false, format!("  - delete   {with}"), cause)
        }
        Change::ChangeMembers { group, added, removed, before, cause, .. } => {
            let (more, fewer) = (added.len(), removed.len());
            let what = text!(
                "plan.members",
                "{group}: +{more} −{fewer} of {before}",
                group = group.name,
                more,
                fewer,
                before
            );
            (false, format!("  ~ members  {what}"), cause)
        }
    };
    let below = match change {
        Change::ChangeMembers { added, removed, outside, .. } => members(added, removed, outside),
        _ => Vec::new(),
    };
    let cause = match change {
        // Not every directory is asked for groups by id.
        Change::DeleteGroup { .. } => text!("cause.group-gone", "no longer a group of the directory"),
        _ => why(*cause),
    };
    Line { person, left, cause, below }
}

/// Who joins and leaves a group.
fn members(added: &[String], removed: &[String], outside: &[String]) -> Vec<String> {
    let by_hand: HashSet<&String> = outside.iter().collect();
    let out: Vec<String> = removed.iter().filter(|it| !by_hand.contains(it)).cloned().collect();
    let joins = (!added.is_empty()).then(|| text!("plan.in", "in: {names}", names = some(added)));
    let leaves = (!out.is_empty()).then(|| text!("plan.out", "out: {names}", names = some(&out)));
    let others = (!outside.is_empty()).then(|| {
        text!(
            "plan.out-outside",
            "out, although outside the directory's scope: {names}",
            names = some(outside)
        )
    });
    joins.into_iter().chain(leaves).chain(others).collect()
}

fn changed(out: &mut String, title: &str, lines: &[Line]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title} ({})", lines.len())?;
    for line in lines {
        writeln!(out, "{}", row(&line.left, &line.cause))?;
        for below in &line.below {
            writeln!(out, "{}", wrapped(below, "             ", 13))?;
        }
    }
    writeln!(out)
}

fn section(out: &mut String, title: &str, rows: Vec<(String, String)>) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title} ({})", rows.len())?;
    for (left, why) in rows {
        writeln!(out, "{}", row(&left, &why))?;
    }
    writeln!(out)
}

/// Both parts on one line where they fit, else the second below the first.
fn row(left: &str, why: &str) -> String {
    let (left, why) = (&*fit_in_a_line(left), &*fit_in_a_line(why));
    if why.is_empty() {
        return left.to_owned();
    }
    let used = left.chars().count();
    let column = CAUSE_COLUMN.max(used + 2);
    if column + why.chars().count() <= WIDTH {
        format!("{left}{:padding$}{why}", "", padding = column - used)
    } else {
        format!("{left}\n{}", wrapped(why, "             ", 13))
    }
}

/// Breaks a text at spaces; `first` begins the first line, `indent` spaces each further one.
fn wrapped(text: &str, first: &str, indent: usize) -> String {
    let mut result = first.to_owned();
    let mut column = first.chars().count();
    let start = column;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > start.max(indent) && column + 1 + length > WIDTH {
            result.push('\n');
            result.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > start.max(indent) {
            result.push(' ');
            column += 1;
        }
        result.push_str(word);
        column += length;
    }
    result
}

fn summary(out: &mut String, plan: &Plan) -> fmt::Result {
    let totals = &plan.totals;
    writeln!(
        out,
        "{}",
        text!(
            "plan.totals",
            "The directory lists {people:person/people} and {groups:group/groups}.",
            people = totals.people,
            groups = totals.groups
        )
    )?;
    let known = match plan.evidence {
        Evidence::Live => text!("plan.live", "as the server says"),
        Evidence::Believed => text!("plan.believed", "as remembered: this server cannot be read"),
        Evidence::Unknown => {
            text!("plan.evidence-unknown", "not known: this server cannot be read, and nothing is remembered")
        }
    };
    writeln!(
        out,
        "{}",
        text!(
            "plan.managed",
            "The organization has {managed:managed member/managed members} and {groups:managed group/managed groups},\n{known}.",
            managed = totals.managed,
            groups = totals.managed_groups,
            known
        )
    )?;
    seats(out, plan)?;
    if plan.baseline {
        let baseline =
            text!("plan.baseline", "This is the first run here: it records who is there and removes nobody.");
        writeln!(out, "{baseline}")?;
    }
    writeln!(out, "{}", wrapped(&counts(plan), "", 0))
}

/// Memberships that end are no changes of their own, and take as much as a person's access.
fn counts(plan: &Plan) -> String {
    let (changes, removals) = (plan.changes.len(), plan.removals().count());
    let (kept, left_out) = (plan.kept.len(), plan.left_out.len());
    let memberships = plan.takings().memberships.len();
    if memberships == 0 {
        return text!(
            "plan.changes",
            "{changes:change/changes}, {removals} of which {removals|takes/take} access away; {kept:member/members} kept, {left_out} left out.",
            changes,
            removals,
            kept,
            left_out
        );
    }
    text!(
        "plan.changes-and-memberships",
        "{changes:change/changes}, {removals} of which {removals|takes/take} access away; {memberships:membership/memberships} in groups {memberships|ends/end}; {kept:member/members} kept, {left_out} left out.",
        changes,
        removals,
        memberships,
        kept,
        left_out
    )
}

fn seats(out: &mut String, plan: &Plan) -> fmt::Result {
    let (needed, bought, missing) = (plan.seats.needed, plan.seats.bought, plan.seats.missing);
    if needed == 0 && missing == 0 {
        return Ok(());
    }
    let line = match plan.seats.free {
        Some(free) if missing > 0 => text!(
            "plan.seats-missing",
            "{needed:seat/seats} needed, {free} free; {missing:person waits/people wait}, because so many seats are missing.",
            needed,
            free,
            missing
        ),
        Some(free) if bought > 0 => text!(
            "plan.seats-bought",
            "{needed:seat/seats} needed, {free} free: {bought} would be bought.",
            needed,
            free,
            bought
        ),
        Some(free) => text!("plan.seats", "{needed:seat/seats} needed, {free} free.", needed, free),
        None => text!(
            "plan.seats-unknown",
            "{needed:seat/seats} needed; the server does not say how many are free.",
            needed
        ),
    };
    writeln!(out, "{line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_one_line_where_it_fits_and_two_where_it_does_not() {
        let short = row("  + invite   ada@example.test", "new in the directory");
        assert_eq!(short, "  + invite   ada@example.test               new in the directory");
        let long = row(&format!("  + invite   {}@example.test", "a".repeat(60)), "new in the directory");
        assert!(long.ends_with("@example.test\n             new in the directory"), "{long}");
    }

    #[test]
    fn a_long_text_is_broken_at_spaces_within_the_width() {
        let text = wrapped(&"word ".repeat(60), "- ", 2);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(text.split_whitespace().count(), 61);
        assert!(text.lines().skip(1).all(|line| line.starts_with("  word")));
    }
}
