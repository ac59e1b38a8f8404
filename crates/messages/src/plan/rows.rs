//! The rows of a plan.

use super::layout::{Extent, Item, Section, Shown, in_columns};
use super::sections::{PlanIndex, PlanRow, PlanSection};
use super::why;
use crate::change::{access_to, cause};
use crate::line::{Line, Tone};
use crate::list::some;
use crate::{CommandLine, text};
use bwdc_core::names::ExternalId;
use bwdc_core::plan::{Cause, Change, Plan, Subject};
use std::collections::HashSet;

/// How members of groups are called, whose ids the plan has.
type Names<'n> = &'n dyn Fn(&str) -> String;

/// The lines of one section.
pub(super) fn section(
    plan: &Plan,
    (section, places): (PlanSection, &[u32]),
    extent: Extent,
    most: usize,
    commands: &CommandLine,
) -> Vec<Line> {
    let items = places.iter().map(|&place| {
        let row = PlanRow { section, place };
        let place = place as usize;
        let change = plan.changes.get(place).filter(|_| section.is_change());
        let reason = change.map(reason).or_else(|| why(plan, section, place)).unwrap_or_default();
        let reason = commands.in_text(&reason).into_owned();
        Item { reason, name: row.name(plan), place }
    });
    let listed =
        Section { title: section.title(), tone: section.tone_of_rows(), most, items: items.collect() };
    let names = |id: &str| plan.called(id).to_owned();
    listed.lines(extent, &|place| match plan.changes.get(place).filter(|_| section.is_change()) {
        Some(change) => of_change(change, extent, &names),
        None => {
            let name = PlanRow { section, place: place as u32 }.name(plan);
            Shown { row: format!("{} {name}", section.sign()), below: Vec::new() }
        }
    })
}

impl PlanSection {
    /// The sign before its rows.
    pub(crate) fn sign(self) -> char {
        match self {
            Self::Removed | Self::Revoked | Self::GroupsDeleted => '-',
            Self::Invited | Self::Staged | Self::Restored => '+',
            Self::Memberships | Self::Recorded | Self::Groups | Self::Standing => '~',
            Self::Kept => '=',
            Self::LeftOut => '!',
            Self::Unconfirmed => '?',
            Self::Notices => '*',
        }
    }

    /// How many rows of one reason are shown where a list is cut: more where somebody loses something.
    pub(crate) fn most(self) -> usize {
        if self.sign() == '-' { 10 } else { 5 }
    }

    fn tone_of_rows(self) -> Tone {
        match self {
            Self::Memberships | Self::Recorded | Self::Kept | Self::Unconfirmed => Tone::Plain,
            other => other.tone(),
        }
    }
}

/// Why, without whom or how much: those with one reason stand together.
fn reason(change: &Change) -> String {
    match change {
        // Not every directory is asked for groups by id.
        Change::DeleteGroup { .. } => text!("cause.group-gone", "no longer a group of the directory"),
        Change::Adopt { cause: why, .. } => {
            text!("plan-view.adopt", "gets the directory's id: {why}", why = cause(*why))
        }
        Change::RenameGroup { .. } => text!("plan.renamed", "renamed in the directory"),
        Change::AdoptGroup { old: Some(_), cause: Cause::Gone, .. } => {
            text!("plan.replaces", "takes the place of a group that is gone, with its access to collections")
        }
        Change::AdoptGroup { cause: Cause::Differs, .. } => {
            text!("plan.adopts", "made by hand until now: the directory takes it over")
        }
        Change::AdoptGroup { cause: it @ Cause::IdCopied, .. } => cause(*it),
        Change::AdoptGroup { .. } => text!("plan-view.adopt-group", "gets the directory's id"),
        _ => cause(change.cause()),
    }
}

fn of_change(change: &Change, extent: Extent, names: Names<'_>) -> Shown {
    let plain = |sign: char, about: &Subject| format!("{sign} {}", about.name);
    let row = match change {
        Change::Invite { person, .. } | Change::Stage { person, .. } | Change::Restore { person, .. } => {
            plain('+', person)
        }
        Change::Revoke { person, .. } | Change::Remove { person, .. } => plain('-', person),
        Change::Adopt { person, .. } if extent == Extent::Whole => {
            format!("~ {} → {}", person.name, person.external_id)
        }
        Change::ReplaceExternalId { person, old, .. } if extent == Extent::Whole => {
            format!("~ {}: {old} → {}", person.name, shown_id(&person.external_id))
        }
        Change::Adopt { person, .. } | Change::ReplaceExternalId { person, .. } => plain('~', person),
        Change::CreateGroup { group, members, .. } => format!("+ {}", with(group, *members)),
        Change::DeleteGroup { group, removed, .. } => format!("- {}", with(group, removed.len())),
        Change::RenameGroup { group, old, .. } => format!("~ {old} → {}", group.name),
        Change::AdoptGroup { group, collections, cause: Cause::Gone | Cause::Differs, .. } => {
            format!("{}, {}", plain('~', group), access_to(*collections))
        }
        Change::AdoptGroup { group, .. } => plain('~', group),
        Change::ChangeMembers { group, added, removed, before, .. } => {
            let what = members_change(group, added.len(), removed.len(), *before);
            format!("~ {what}")
        }
    };
    let below = match change {
        Change::ChangeMembers { added, removed, outside, .. } => {
            members_below(added, removed, outside, extent, names)
        }
        _ => Vec::new(),
    };
    Shown { row, below }
}

fn with(group: &Subject, members: usize) -> String {
    text!("plan.with", "{group} with {members:member/members}", group = group.name, members)
}

/// Who joins and leaves a group.
pub(crate) fn members_below(
    added: &[String],
    removed: &[String],
    outside: &[String],
    extent: Extent,
    names: Names<'_>,
) -> Vec<String> {
    let listed = |ids: &[&String]| {
        let names: Vec<String> = ids.iter().map(|id| names(id)).collect();
        if extent == Extent::Whole { names.join(", ") } else { some(&names) }
    };
    let by_hand: HashSet<&String> = outside.iter().collect();
    let inside: Vec<&String> = removed.iter().filter(|it| !by_hand.contains(it)).collect();
    let added: Vec<&String> = added.iter().collect();
    let outside: Vec<&String> = outside.iter().collect();
    let joins = (!added.is_empty()).then(|| text!("plan.in", "in: {names}", names = listed(&added)));
    let leaves = (!inside.is_empty()).then(|| text!("plan.out", "out: {names}", names = listed(&inside)));
    let others = (!outside.is_empty()).then(|| {
        text!(
            "plan.out-outside",
            "out, although outside the directory's scope: {names}",
            names = listed(&outside)
        )
    });
    joins.into_iter().chain(leaves).chain(others).collect()
}

/// How many of what; nothing where one section says it all.
pub(crate) fn counts(plan: &Plan) -> Vec<Line> {
    let index = PlanIndex::of(plan);
    let mut counted = Vec::new();
    for (section, places) in index.sections().filter(|(section, _)| section.is_change()) {
        if section == PlanSection::Groups {
            counted.extend(count_groups(plan));
        } else {
            counted.push(count(section, places.len()));
        }
    }
    if counted.len() > 1 { counted } else { Vec::new() }
}

fn count_groups(plan: &Plan) -> Vec<Line> {
    let number = |of: fn(&Change) -> bool| plan.changes.iter().filter(|it| of(it)).count();
    let created = number(|it| matches!(it, Change::CreateGroup { .. }));
    let renamed = number(|it| matches!(it, Change::RenameGroup { .. }));
    let taken_over = number(|it| matches!(it, Change::AdoptGroup { .. }));
    let said = [
        (
            created,
            Tone::Good,
            text!("plan.count-created", "  + {created:group is/groups are} created", created),
        ),
        (
            renamed,
            Tone::Plain,
            text!("plan.count-renamed", "  ~ {renamed:group is/groups are} renamed", renamed),
        ),
        (
            taken_over,
            Tone::Plain,
            text!(
                "plan.count-adopted",
                "  ~ {taken_over:group gets/groups get} the directory's id",
                taken_over
            ),
        ),
    ];
    said.into_iter().filter(|it| it.0 > 0).map(|(_, tone, text)| Line::new(text, tone)).collect()
}

fn count(section: PlanSection, n: usize) -> Line {
    let said = match section {
        PlanSection::Removed => text!("plan.count-removed", "{n:member is/members are} removed", n),
        PlanSection::Revoked => text!("plan.count-revoked", "{n:member loses/members lose} access", n),
        PlanSection::GroupsDeleted => text!("plan.count-deleted", "{n:group is/groups are} deleted", n),
        PlanSection::Memberships => {
            text!("plan.count-members", "{n:group gains or loses/groups gain or lose} members", n)
        }
        PlanSection::Invited => text!("plan.count-invited", "{n:person is/people are} invited by e-mail", n),
        PlanSection::Staged => {
            text!(
                "plan.count-staged",
                "{n:person becomes a member/people become members} without an e-mail",
                n
            )
        }
        PlanSection::Restored => text!("plan.count-restored", "{n:member gets/members get} access back", n),
        PlanSection::Recorded => {
            text!("plan.count-recorded", "{n:member gets/members get} the directory's id", n)
        }
        other => format!("{} ({n})", other.title()),
    };
    Line::new(format!("  {} {said}", section.sign()), section.tone_of_rows())
}

/// The changes that somebody who runs a sync is shown: at most `most` of them.
pub fn changes(plan: &Plan, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = plan.changes.iter().take(most).map(one_line).collect();
    if plan.changes.len() > most {
        let more = plan.changes.len() - most;
        lines.push(text!("plan.more", "  and {more} more", more));
    }
    lines
}

fn no_id() -> String {
    text!("plan.no-id", "no external id")
}

/// An external id; that of whoever has none is none.
fn shown_id(id: &ExternalId) -> String {
    if id.as_str().is_empty() { no_id() } else { id.as_str().to_owned() }
}

/// A change with its cause.
pub(crate) fn one_line(change: &Change) -> String {
    let (what, about) = match change {
        Change::Invite { person, .. } => ("+ invite   ", person.name.clone()),
        Change::Stage { person, .. } => ("+ stage    ", person.name.clone()),
        Change::Adopt { person, .. } => {
            ("~ adopt    ", format!("{}: {} → {}", person.name, no_id(), person.external_id))
        }
        Change::ReplaceExternalId { person, old, .. } => {
            ("~ id       ", format!("{}: {old} → {}", person.name, shown_id(&person.external_id)))
        }
        Change::Restore { person, .. } => ("+ restore  ", person.name.clone()),
        Change::Revoke { person, .. } => ("- revoke   ", person.name.clone()),
        Change::Remove { person, .. } => ("- remove   ", person.name.clone()),
        Change::CreateGroup { group, members, .. } => ("+ create   ", with(group, *members)),
        Change::RenameGroup { group, old, .. } => ("~ rename   ", format!("{old} → {}", group.name)),
        Change::AdoptGroup { group, old: Some(old), collections, cause: Cause::Gone } => {
            let what = text!(
                "plan.replace",
                "{group}: takes the place of {old}, {access}",
                group = group.name,
                old = old.as_str(),
                access = access_to(*collections)
            );
            ("~ replace  ", what)
        }
        Change::AdoptGroup { group, old: None, collections, cause: Cause::Differs } => {
            let what = text!(
                "plan.adopt-by-hand",
                "{group}: made by hand until now, {access}",
                group = group.name,
                access = access_to(*collections)
            );
            ("~ adopt    ", what)
        }
        Change::AdoptGroup { group, old, .. } => {
            let old = old.as_ref().map_or_else(|| text!("plan.no-id", "no external id"), ToString::to_string);
            ("~ adopt    ", format!("{}: {old} → {}", group.name, group.external_id))
        }
        Change::DeleteGroup { group, removed, .. } => ("- delete   ", with(group, removed.len())),
        Change::ChangeMembers { group, added, removed, before, .. } => {
            ("~ members  ", members_change(group, added.len(), removed.len(), *before))
        }
    };
    let why = match change {
        Change::DeleteGroup { .. } => reason(change),
        _ => cause(change.cause()),
    };
    in_columns(&format!("  {what}{about}"), &why)
}

fn members_change(group: &Subject, more: usize, fewer: usize, before: usize) -> String {
    text!("plan.members", "{group}: +{more} −{fewer} of {before}", group = group.name, more, fewer, before)
}
