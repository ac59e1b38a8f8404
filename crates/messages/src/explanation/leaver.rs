//! Who is not in the directory any more, and a member still.

use crate::foreign::fit_in_a_line;
use crate::{change, text};
use bwdc_core::normalize::is_meant;
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
    let is_it = |it: &&Named| is_meant(who, &it.name) || is_called(it.external_id.as_str(), who);
    let kept = plan.kept.iter().map(|it| (&it.person, stays(it)));
    let changed = plan.changes.iter().filter_map(|it| Some((it.person()?, would(explained, it))));
    let mut found: Vec<Leaver<'_>> = Vec::new();
    for (person, line) in changed.chain(kept).filter(|(person, _)| is_it(person)) {
        match found.iter_mut().find(|it| it.person == person) {
            Some(known) => known.next.push(line),
            None => found.push(Leaver { person, next: vec![line] }),
        }
    }
    found
}

/// Whether an external id is this one, or the distinguished name of an entry with this name.
fn is_called(id: &str, who: &str) -> bool {
    let parts = |name: &str| name.split(',').map(|it| it.trim().to_lowercase()).collect::<Vec<_>>();
    let (of_id, of_who) = (parts(id), parts(who));
    let own = of_id.first().filter(|_| of_id.len() > 1).and_then(|it| it.split_once('='));
    id == who || of_id == of_who || own.is_some_and(|(_, name)| name.trim() == who.to_lowercase())
}

/// Why a member whom the directory does not list is kept.
pub(super) fn stays(kept: &Kept) -> String {
    text!("explain.kept", "kept: {why}", why = change::kept(kept))
}

/// What the next sync does of a change, in one line.
pub(super) fn would(explained: &Explained, change: &Change) -> String {
    let change = crate::plan::one_line(change).split_whitespace().collect::<Vec<_>>().join(" ");
    if explained.is_refused {
        text!("explain.refused", "nothing: the limits refuse the run. Without them: {change}", change)
    } else {
        change
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaver_is_found_by_the_name_that_the_entry_had() {
        let id = "uid=Ann,ou=people,dc=example,dc=test";
        for who in [id, "UID=ann, OU=people, DC=example, DC=test", "ann", "Ann"] {
            assert!(is_called(id, who), "{who}");
        }
        for who in ["an", "people", "uid=ann", "ou=people,dc=example,dc=test", ""] {
            assert!(!is_called(id, who), "{who}");
        }
        assert!(is_called("6f1c-8", "6f1c-8") && !is_called("6f1c-8", "6f1c"));
    }
}
