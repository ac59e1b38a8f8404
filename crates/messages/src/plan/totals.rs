//! The numbers of a plan.

use super::layout::wrapped;
use crate::line::Line;
use crate::text;
use bwdc_core::plan::{Evidence, Plan};

/// How large both sides are, what is known of the organization, and how much the plan is about.
pub(super) fn lines(plan: &Plan) -> Vec<Line> {
    let totals = &plan.totals;
    let mut lines = vec![text!(
        "plan.totals",
        "The directory lists {people:person/people} and {groups:group/groups}.",
        people = totals.people,
        groups = totals.groups
    )];
    let known = match plan.evidence {
        Evidence::Live => text!("plan.live", "as the server says"),
        Evidence::Believed => text!("plan.believed", "as remembered: this server cannot be read"),
        Evidence::Unknown => {
            text!("plan.evidence-unknown", "not known: this server cannot be read, and nothing is remembered")
        }
    };
    lines.push(text!(
        "plan.managed",
        "The organization has {managed:managed member/managed members} and {groups:managed group/managed groups},\n{known}.",
        managed = totals.managed,
        groups = totals.managed_groups,
        known
    ));
    lines.extend(seats(plan));
    if plan.baseline {
        lines.push(text!(
            "plan.baseline",
            "This is the first run here: it records who is there and removes nobody."
        ));
    }
    lines.push(wrapped(&counts(plan), "", 0));
    lines.into_iter().map(Line::plain).collect()
}

/// Memberships that end are no changes of their own, and take as much as a person's access.
fn counts(plan: &Plan) -> String {
    let (changes, removals) = (plan.changes.len(), plan.removals().count());
    let (kept, left_out) = (plan.kept.iter().filter(|it| it.is_told()).count(), plan.entries_left_out());
    let memberships = plan.scope().memberships.len();
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

fn seats(plan: &Plan) -> Option<String> {
    let (needed, bought, missing) = (plan.seats.needed, plan.seats.bought, plan.seats.missing);
    if needed == 0 && missing == 0 {
        return None;
    }
    Some(match plan.seats.free {
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
    })
}
