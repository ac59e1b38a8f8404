//! What a directory would bring, on a screen: how many people, which groups, who is left out and why.

use crate::explanation::{not_synced, reasons};
use crate::step::CommandLine;
use crate::text;
use bwdc_core::collation::reading_order;
use bwdc_core::desired::{Desired, UnresolvedBecause};
use bwdc_core::test_report::TestReport;
use std::collections::BTreeMap;

/// Groups that are listed before the others are only counted.
const GROUPS: usize = 20;
/// The widest name of a group that is not cut.
const WIDTH: usize = 48;

/// The summary. `last`: only what changed since the last sync was asked for.
pub fn text(desired: &Desired, last: bool, commands: &CommandLine) -> String {
    let [groups, enabled, disabled, deleted] = TestReport::new(desired).counts();
    let mut lines = vec![verdict(enabled, groups, last)];
    lines.extend(not_synced(desired));
    if disabled + deleted > 0 {
        lines.push(text!(
            "summary.leavers",
            "It also lists {disabled:disabled person/disabled people} and {deleted:deleted person/deleted people}.",
            disabled,
            deleted
        ));
    }
    lines.extend(groups_of(desired));
    lines.extend(left_out(desired));
    lines.push(String::new());
    lines.push(next(commands));
    lines.join("\n")
}

fn verdict(people: usize, groups: usize, last: bool) -> String {
    match last {
        true => text!(
            "summary.changed",
            "Since the last sync, {people:enabled person/enabled people} and {groups:group/groups} changed in the directory.",
            people,
            groups
        ),
        false => text!(
            "summary.all",
            "The directory has {people:enabled person/enabled people} and {groups:group/groups} to sync.",
            people,
            groups
        ),
    }
}

/// The groups with the number of their members, in reading order.
fn groups_of(desired: &Desired) -> Vec<String> {
    let shown: Vec<usize> =
        desired.groups().iter().enumerate().filter(|(_, it)| it.changed).map(|(number, _)| number).collect();
    if shown.is_empty() {
        return Vec::new();
    }
    let name = |number: usize| desired.text(desired.groups()[number].name);
    let order = reading_order(shown.iter().map(|it| name(*it)));
    let groups = shown.len();
    let mut lines = vec![String::new(), text!("summary.groups", "Groups ({groups})", groups)];
    for place in order.into_iter().take(GROUPS) {
        let group = shown[place as usize];
        let members =
            text!("summary.members", "{count:member/members}", count = desired.members_by_use(group).0.len());
        lines.push(format!("  {:<WIDTH$}  {members}", cut(name(group))));
    }
    if let Some(more) = groups.checked_sub(GROUPS).filter(|it| *it > 0) {
        lines.push(text!("summary.more-groups", "  … and {more} more", more));
    }
    lines
}

/// How many people and members are left out for which reason, the most frequent first.
fn left_out(desired: &Desired) -> Vec<String> {
    let mut by_reason: BTreeMap<String, usize> = BTreeMap::new();
    for reason in reasons(desired) {
        *by_reason.entry(reason).or_default() += 1;
    }
    let number = |because| desired.unresolved().iter().filter(|it| it.because == because).count();
    let (unresolved, several) = (number(UnresolvedBecause::Unknown), number(UnresolvedBecause::Several));
    let people: usize = by_reason.values().sum();
    let mut lines = Vec::new();
    if people > 0 {
        lines.extend([String::new(), text!("summary.left-out", "Left out ({people})", people)]);
        let mut rows: Vec<(String, usize)> = by_reason.into_iter().collect();
        rows.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        lines.extend(rows.into_iter().map(|(reason, count)| format!("  {count:>6}  {reason}")));
    }
    if unresolved > 0 {
        lines.push(String::new());
        lines.push(text!(
            "summary.unresolved",
            "Groups list {unresolved:member that is/members that are} neither a person nor a group that is read.",
            unresolved
        ));
    }
    if several > 0 {
        lines.push(String::new());
        lines.push(text!(
            "summary.several",
            "Groups list {several:member/members} by a name that is no single entry's for sure: nobody is chosen.",
            several
        ));
    }
    lines
}

/// What to look at next, a line each.
fn next(commands: &CommandLine) -> String {
    let rows = [
        ("test --explain", text!("summary.explain", "lists who is left out, and why")),
        ("test --pretty", text!("summary.json", "prints everybody as JSON, as a pipe gets it")),
        ("plan", text!("summary.plan", "compares with the organization")),
    ];
    let rows = rows.map(|(words, purpose)| (format!("`{}`", commands.command(words)), purpose));
    let width = rows.iter().map(|(command, _)| command.chars().count()).max().unwrap_or_default();
    rows.map(|(command, purpose)| format!("{command:<width$}  {purpose}")).join("\n")
}

fn cut(name: &str) -> String {
    if name.chars().count() <= WIDTH {
        return name.to_owned();
    }
    name.chars().take(WIDTH - 1).chain(['…']).collect()
}
