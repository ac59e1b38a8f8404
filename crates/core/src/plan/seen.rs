//! Entries that were seen before: one that had another address, or none, is not the person whose address it has now, whatever it is
//! called. A second account of somebody can be called like the first.

use super::PlanInput;
use crate::desired::{Desired, DesiredPerson, NoAddress};
use crate::ledger::{EntryKey, Seen};
use crate::names::{Email, SourceName};
use crate::snapshot::AccountState;
use hashbrown::{HashMap, HashSet};

/// What runs remember of entries that are nobody of ours.
pub(super) struct SeenBefore<'a> {
    addresses: HashMap<(&'a str, &'a str), &'a str>,
    /// Ids of entries without an address, as ledgers of earlier versions have them.
    without: HashSet<&'a str>,
}

impl<'a> SeenBefore<'a> {
    pub(super) fn new(input: &PlanInput<'a>) -> Self {
        let key = |it: &'a Seen| ((it.entry.source.as_str(), it.entry.id.as_str()), it.email.as_str());
        Self {
            addresses: input.ledger.seen.iter().map(key).collect(),
            without: input.ledger.without_address.iter().map(|it| it.as_str()).collect(),
        }
    }

    /// Whether the entry was first seen with another address than it has now, or with none.
    pub(super) fn with_another_address(&self, number: usize, desired: &Desired) -> bool {
        let now = address(&desired.everybody()[number], desired);
        self.address(number, desired).is_some_and(|it| now != Some(it))
    }

    /// The address with which the entry was first seen; None: it is new.
    fn address(&self, number: usize, desired: &Desired) -> Option<&'a str> {
        let entry = &desired.everybody()[number];
        let (source, id) = place(entry, desired);
        let without = || self.without.contains(desired.text(entry.external_id)).then_some("");
        self.addresses.get(&(source.as_str(), id)).copied().or_else(without)
    }
}

/// The entry at this position.
pub(super) fn key(number: usize, desired: &Desired) -> EntryKey {
    let (source, id) = place(&desired.everybody()[number], desired);
    EntryKey { source: source.clone(), id: id.to_owned() }
}

/// What is remembered after a run: entries that are nobody of ours by then, each with the address under which it was first seen, and
/// those of sources that were not read. `ours` tells of a position in the directory.
pub(super) fn seen_after(input: &PlanInput<'_>, ours: impl Fn(usize) -> bool) -> Vec<Seen> {
    let desired = input.desired;
    let before = SeenBefore::new(input);
    let failed: HashSet<&SourceName> =
        desired.sources().iter().filter(|it| it.failure.is_some()).map(|it| &it.name).collect();
    let kept = input.ledger.seen.iter().filter(|it| failed.contains(&it.entry.source)).cloned();
    let listed = desired.everybody().iter().enumerate().filter(|(number, entry)| {
        entry.state != AccountState::Deleted
            && !failed.contains(desired.source(entry.source))
            && !ours(*number)
    });
    let listed = listed.filter_map(|(number, entry)| {
        let first = before.address(number, desired).or_else(|| address(entry, desired))?;
        Some(Seen { entry: key(number, desired), email: Email::new(first) })
    });
    let mut seen: Vec<Seen> = kept.chain(listed).collect();
    seen.sort_unstable_by(|one, other| one.entry.cmp(&other.entry));
    seen.dedup_by(|one, other| one.entry == other.entry);
    seen
}

fn place<'d>(entry: &DesiredPerson, desired: &'d Desired) -> (&'d SourceName, &'d str) {
    (desired.source(entry.source), desired.text(entry.stable_id.unwrap_or(entry.external_id)))
}

/// The address that an entry has, also one that others have, too; None: nobody knows it, since an enabled entry has it.
fn address<'d>(entry: &DesiredPerson, desired: &'d Desired) -> Option<&'d str> {
    match entry.unusable {
        Some(NoAddress::Shared { address }) => Some(desired.text(address)),
        Some(NoAddress::Replaced { .. }) => None,
        _ => Some(entry.email.map_or("", |it| desired.text(it))),
    }
}
