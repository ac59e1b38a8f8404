//! Members of groups by which nobody is in them.

use crate::foreign::fit_in_a_line;
use crate::text;
use bwdc_core::desired::{Desired, UnresolvedBecause};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Members by which nobody is in a group, whatever the reason, by the number of their group.
pub(super) fn by_group(desired: &Desired) -> BTreeMap<usize, Vec<String>> {
    let mut all = because_of(desired, UnresolvedBecause::Unknown);
    for (group, mut members) in because_of(desired, UnresolvedBecause::Several) {
        all.entry(group).or_default().append(&mut members);
    }
    all
}

/// The same one by one, with the reason.
pub(super) fn each(desired: &Desired) -> impl Iterator<Item = (String, String)> {
    desired.unresolved().iter().map(|it| {
        let group = desired.text(desired.groups()[it.group].name);
        let why = match it.because {
            UnresolvedBecause::Unknown => text!(
                "explain.member-unresolved",
                "member of `{group}`, but neither a person nor a group that is read",
                group
            ),
            UnresolvedBecause::Several => text!(
                "explain.member-several",
                "member of `{group}` by a name that is no single entry's for sure: nobody is chosen",
                group
            ),
        };
        (desired.text(it.member).to_owned(), why)
    })
}

/// All of them in lines, by reason and group.
pub(super) fn of_everybody(desired: &Desired) -> String {
    let mut text = String::new();
    let unknown = because_of(desired, UnresolvedBecause::Unknown);
    let count: usize = unknown.values().map(Vec::len).sum();
    let title = text!(
        "explain.unresolved",
        "Members that are neither a person nor a group that is read ({count})",
        count
    );
    text.push_str(&members_by_group(&title, &unknown, desired));
    let several = because_of(desired, UnresolvedBecause::Several);
    if !several.is_empty() {
        let count: usize = several.values().map(Vec::len).sum();
        let title = text!(
            "explain.several",
            "Members by a name that is no single entry's for sure: nobody is chosen ({count})",
            count
        );
        text.push_str(&members_by_group(&title, &several, desired));
    }
    text
}

/// Those of one group, each in a line of its own.
pub(super) fn of_group(desired: &Desired, number: usize) -> String {
    let mut text = String::new();
    for because in [UnresolvedBecause::Unknown, UnresolvedBecause::Several] {
        let all = because_of(desired, because);
        let Some(members) = all.get(&number) else { continue };
        let count = members.len();
        let title = match because {
            UnresolvedBecause::Unknown => {
                text!(
                    "explain.group-unresolved",
                    "neither a person nor a group that is read ({count}):",
                    count
                )
            }
            UnresolvedBecause::Several => text!(
                "explain.group-several",
                "names that are no single entry's for sure, of whom nobody is chosen ({count}):",
                count
            ),
        };
        let _ = write!(text, "\n  {title}");
        for member in members {
            let _ = write!(text, "\n  ? {}", fit_in_a_line(member));
        }
    }
    text
}

fn members_by_group(title: &str, groups: &BTreeMap<usize, Vec<String>>, desired: &Desired) -> String {
    let mut text = format!("{title}\n");
    for (group, members) in groups {
        let name = desired.text(desired.groups()[*group].name);
        // Writes into a String cannot fail.
        let _ = writeln!(text, "  {name} ({})", members.len());
        for member in members {
            let _ = writeln!(text, "    {member}");
        }
    }
    text
}

fn because_of(desired: &Desired, because: UnresolvedBecause) -> BTreeMap<usize, Vec<String>> {
    let mut groups: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for it in desired.unresolved().iter().filter(|it| it.because == because) {
        groups.entry(it.group).or_default().push(desired.text(it.member).to_owned());
    }
    groups
}
