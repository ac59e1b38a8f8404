//! Who is not in the directory any more, and a member still.

use crate::foreign::fit_in_a_line;
use crate::{change, text};
use bwdc_core::plan::{Change, Kept, Subject as Named};
use bwdc_engine::explain::Explained;
use std::fmt::Write as _;

/// A member of the organization who is not in the directory.
pub(super) struct Leaver<'a> {
    /// Who.
    pub(super) person: &'a Named,
    /// What the next sync does, one line each.
    pub(super) next: Vec<String>,
}

impl Leaver<'_> {
    /// What is told of it.
    pub(super) fn text(&self) -> String {
        let mut text = text!(
            "explain.leaver",
            "`{who}` is a member of the organization, and not in the directory.",
            who = self.person.name
        );
        let title = text!("explain.next-sync", "next sync");
        for line in &self.next {
            // Writes into a String cannot fail.
            let _ = write!(text, "\n  {title:<21}  {}", fit_in_a_line(line));
        }
        text
    }
}

/// Members with this address or external id whom the plan keeps or takes access from.
pub(super) fn leavers<'e>(explained: &'e Explained, who: &str) -> Vec<Leaver<'e>> {
    let Some(plan) = &explained.plan else { return Vec::new() };
    let who = who.trim();
    let is_it = |it: &&Named| it.name.eq_ignore_ascii_case(who) || it.external_id.as_str() == who;
    let kept = plan.kept.iter().map(|it| (&it.person, stays(it)));
    let changed = plan.changes.iter().filter_map(|it| Some((it.person()?, in_a_line(it))));
    let mut found: Vec<Leaver<'_>> = Vec::new();
    for (person, line) in changed.chain(kept).filter(|(person, _)| is_it(person)) {
        match found.iter_mut().find(|it| it.person == person) {
            Some(known) => known.next.push(line),
            None => found.push(Leaver { person, next: vec![line] }),
        }
    }
    found
}

/// Why a member whom the directory does not list is kept.
pub(super) fn stays(kept: &Kept) -> String {
    text!("explain.kept", "kept: {why}", why = change::kept(kept))
}

/// A change in one line.
pub(super) fn in_a_line(change: &Change) -> String {
    crate::plan::one_line(change).split_whitespace().collect::<Vec<_>>().join(" ")
}
