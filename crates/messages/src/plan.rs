//! A plan for people: one line a change with its cause, in 80 columns where names allow it.

use crate::change::{cause as why, kept, left_out, standing};
use crate::list::some;
use crate::{notice, refusal};
use bwdc_core::plan::{Cause, Change, Evidence, Plan, Verdict};
use bwdc_engine::Planned;
use std::collections::HashSet;
use std::fmt::{self, Write};

const WIDTH: usize = 80;
const MAILED: &str = "`sync.inviteUsersAfterProvisioning` is false, but this server knows no staged members: whoever is new \
                      is invited by mail.";
const STAGED: &str = "`sync.inviteUsersAfterProvisioning` is false, and this server stages whoever is new: nobody is invited by \
                      mail.";
/// Where causes begin when there is room.
const CAUSE_COLUMN: usize = 44;

/// A plan, without a final newline.
pub fn text(planned: &Planned) -> String {
    let mut text = String::new();
    // A string takes what is written to it.
    let _ = write(&mut text, planned);
    text
}

fn write(out: &mut String, planned: &Planned) -> fmt::Result {
    let Planned { plan, verdict, invites_all_the_same: mailed, .. } = planned;
    let (people, groups): (Vec<_>, Vec<_>) = plan.changes.iter().map(line).partition(|line| line.person);
    changed(out, "People", &people)?;
    changed(out, "Groups", &groups)?;
    let names: Vec<String> = plan.kept.iter().map(|it| format!("  = {}", it.person.name)).collect();
    section(
        out,
        "Stay, although the directory does not ask for them",
        names.iter().map(String::as_str).zip(plan.kept.iter().map(kept)),
    )?;
    let names: Vec<String> = plan.left_out.iter().map(|it| format!("  ! {}", it.reference)).collect();
    section(
        out,
        "Left out",
        names.iter().map(String::as_str).zip(plan.left_out.iter().map(|it| left_out(&it.because))),
    )?;
    let standing: Vec<(String, String)> = plan
        .standing
        .iter()
        .map(|it| standing(it, plan.server()))
        .map(|(name, why)| (format!("  ~ {name}"), why))
        .collect();
    section(out, "Differences that stay", standing.iter().map(|(name, why)| (name.as_str(), why.clone())))?;
    let names: Vec<String> = plan.unconfirmed.iter().map(|it| format!("  ? {it}")).collect();
    section(
        out,
        "Accepted, and to be confirmed in the web vault",
        names.iter().map(|it| (it.as_str(), String::new())),
    )?;
    if !plan.remarks.is_empty() {
        writeln!(out, "To be looked at ({})", plan.remarks.len())?;
        for remark in &plan.remarks {
            writeln!(out, "{}", wrapped(&notice::remark(remark), "  * ", 4))?;
        }
        writeln!(out)?;
    }
    summary(out, plan)?;
    if *mailed {
        writeln!(out, "{}", wrapped(MAILED, "", 0))?;
    }
    if plan.changes.iter().any(|it| matches!(it, Change::Stage { .. })) {
        writeln!(out, "{}", wrapped(STAGED, "", 0))?;
    }
    match verdict {
        Verdict::Go if plan.is_empty() => write!(out, "Nothing to do."),
        Verdict::Go => write!(out, "Within the limits: `bwdc sync` would carry this out."),
        Verdict::Refused(refusals) => {
            write!(out, "Refused: `bwdc sync` would send nothing.")?;
            for refusal in refusals {
                write!(out, "\n{}", wrapped(&refusal::refusal(refusal), "- ", 2))?;
            }
            Ok(())
        }
    }
}

/// The changes that somebody who runs a sync is shown: at most `most` of them.
pub fn changes(plan: &Plan, most: usize) -> Vec<String> {
    let mut lines: Vec<String> =
        plan.changes.iter().take(most).map(line).map(|it| row(&it.left, it.cause)).collect();
    if plan.changes.len() > most {
        lines.push(format!("  and {} more", plan.changes.len() - most));
    }
    lines
}

struct Line {
    person: bool,
    left: String,
    cause: &'static str,
    below: Vec<String>,
}

fn line(change: &Change) -> Line {
    let (person, left, cause) = match change {
        Change::Invite { person, cause } => (true, format!("  + invite   {}", person.name), cause),
        Change::Stage { person, cause } => (true, format!("  + stage    {}", person.name), cause),
        Change::Adopt { person, cause } => {
            (true, format!("  ~ adopt    {}: no external id → {}", person.name, person.external_id), cause)
        }
        Change::ReplaceExternalId { person, old, cause } => {
            (true, format!("  ~ id       {}: {old} → {}", person.name, person.external_id), cause)
        }
        Change::Restore { person, cause } => (true, format!("  + restore  {}", person.name), cause),
        Change::Revoke { person, cause } => (true, format!("  - revoke   {}", person.name), cause),
        Change::Remove { person, cause } => (true, format!("  - remove   {}", person.name), cause),
        Change::CreateGroup { group, members, cause } => {
            (false, format!("  + create   {} with {}", group.name, counted(*members, "member")), cause)
        }
        Change::RenameGroup { group, old, cause } => {
            (false, format!("  ~ rename   {old} → {}", group.name), cause)
        }
        Change::AdoptGroup { group, old: Some(old), cause: cause @ Cause::Gone } => {
            let name = &group.name;
            (
                false,
                format!("  ~ replace  {name}: takes the place of {old}, with its access to collections"),
                cause,
            )
        }
        Change::AdoptGroup { group, old, cause } => {
            let old = old.as_ref().map_or("no external id", |it| it.as_str());
            (false, format!("  ~ adopt    {}: {old} → {}", group.name, group.external_id), cause)
        }
        Change::DeleteGroup { group, removed, cause } => {
            (false, format!("  - delete   {} with {}", group.name, counted(removed.len(), "member")), cause)
        }
        Change::ChangeMembers { group, added, removed, before, cause, .. } => {
            let (more, fewer) = (added.len(), removed.len());
            (false, format!("  ~ members  {}: +{more} −{fewer} of {before}", group.name), cause)
        }
    };
    let below = match change {
        Change::ChangeMembers { added, removed, outside, .. } => {
            let by_hand: HashSet<&String> = outside.iter().collect();
            let out: Vec<String> = removed.iter().filter(|it| !by_hand.contains(it)).cloned().collect();
            let parts = [
                ("in:", added.as_slice()),
                ("out:", &out),
                ("taken out, though not in the directory's scope:", outside),
            ];
            let parts = parts.into_iter().filter(|(_, names)| !names.is_empty());
            parts.map(|(what, names)| format!("{what} {}", some(names))).collect()
        }
        _ => Vec::new(),
    };
    let cause = match change {
        // Not every directory is asked for groups by id.
        Change::DeleteGroup { .. } => "no longer among the directory's groups",
        _ => why(*cause),
    };
    Line { person, left, cause, below }
}

fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn changed(out: &mut String, title: &str, lines: &[Line]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title} ({})", lines.len())?;
    for line in lines {
        writeln!(out, "{}", row(&line.left, line.cause))?;
        for below in &line.below {
            writeln!(out, "{}", wrapped(below, "             ", 13))?;
        }
    }
    writeln!(out)
}

fn section<'a>(
    out: &mut String,
    title: &str,
    rows: impl ExactSizeIterator<Item = (&'a str, String)>,
) -> fmt::Result {
    if rows.len() == 0 {
        return Ok(());
    }
    writeln!(out, "{title} ({})", rows.len())?;
    for (left, why) in rows {
        writeln!(out, "{}", row(left, &why))?;
    }
    writeln!(out)
}

/// Both parts on one line where they fit, else the second below the first.
fn row(left: &str, why: &str) -> String {
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
    writeln!(out, "The directory asks for {} people and {} groups.", totals.people, totals.groups)?;
    let known = match plan.evidence {
        Evidence::Live => "as the server says",
        Evidence::Believed => "as remembered: this server cannot be read",
        Evidence::Unknown => "not known: this server cannot be read, and nothing is remembered",
    };
    writeln!(
        out,
        "The organization has {} managed members and {} managed groups,\n{known}.",
        totals.managed, totals.managed_groups
    )?;
    let seats = &plan.seats;
    if seats.needed > 0 {
        write!(out, "{} needed", counted(seats.needed, "seat"))?;
        let free = match seats.free {
            Some(free) if seats.bought > 0 => format!(", {free} free: {} would be bought.", seats.bought),
            Some(free) => format!(", {free} free."),
            None => "; the server does not say how many are free.".to_owned(),
        };
        writeln!(out, "{free}")?;
    }
    if plan.baseline {
        writeln!(out, "This is the first run here: it records who is there and removes nobody.")?;
    }
    let removals = plan.removals().count();
    writeln!(
        out,
        "{} changes, {removals} of which take access away; {} stay, {} left out.",
        plan.changes.len(),
        plan.kept.len(),
        plan.left_out.len()
    )
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
