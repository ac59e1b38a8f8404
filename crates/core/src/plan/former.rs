//! What is remembered of a directory to which a source led before.
//!
//! Nobody of it is asked for in the directory of now, and nobody is a leaver by its absence. An entry of now that is known by an
//! id which no two directories share is the same entry, found again: another root, or another server, shows it.

use crate::desired::Desired;
use crate::ledger::LedgerState;
use crate::names::{SourceName, StableId};
use hashbrown::{HashMap, HashSet};

/// Hexadecimal digits of an id that is made at random.
const RANDOM: usize = 32;

/// Gives people and groups of former directories back to the source that lists their entries now.
pub fn meet_again(ledger: &mut LedgerState, desired: &Desired) {
    let people = desired.everybody().iter().map(|it| (it.stable_id, it.source));
    let people = lasting(people, desired);
    let known: HashSet<StableId> = ledger
        .people
        .iter()
        .filter(|it| !it.source.is_former())
        .filter_map(|it| it.stable_id.clone())
        .collect();
    for person in ledger.people.iter_mut().filter(|it| it.source.is_former()) {
        let stable = person.stable_id.as_ref().filter(|it| !known.contains(*it));
        if let Some(source) = stable.and_then(|it| people.get(it.as_str())) {
            person.source.clone_from(source);
        }
    }
    let groups = desired.groups().iter().map(|it| (it.stable_id, it.source));
    let groups = lasting(groups, desired);
    let known: HashSet<StableId> = ledger
        .groups
        .iter()
        .filter(|it| !it.source.is_former())
        .filter_map(|it| it.stable_id.clone())
        .collect();
    for group in ledger.groups.iter_mut().filter(|it| it.source.is_former()) {
        let stable = group.stable_id.as_ref().filter(|it| !known.contains(*it));
        if let Some(source) = stable.and_then(|it| groups.get(it.as_str())) {
            group.source.clone_from(source);
        }
    }
}

/// The source of every entry that has an id which no two directories share, by that id.
fn lasting(
    entries: impl Iterator<Item = (Option<crate::text::Text>, u16)>,
    desired: &Desired,
) -> HashMap<&str, &SourceName> {
    let ids = entries.filter_map(|(id, source)| Some((desired.text(id?), desired.source(source))));
    ids.filter(|(id, _)| is_lasting(id)).collect()
}

/// Whether an id is one of those that are made at random, as entryUUID, objectGUID and nsUniqueId are.
fn is_lasting(id: &str) -> bool {
    let value = id.rsplit(':').next().unwrap_or_default();
    let digits = value.bytes().filter(u8::is_ascii_hexdigit).count();
    digits == RANDOM && value.bytes().all(|it| it == b'-' || it.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_made_at_random_are_the_same_in_no_two_directories() {
        for (id, expected) in [
            ("entryUUID:0b6d3d5e-1111-4222-8333-944455556666", true),
            ("objectGUID:0b6d3d5e111142228333944455556666", true),
            ("nsUniqueId:0b6d3d5e-11114222-83339444-55556666", true),
            ("0b6d3d5e-1111-4222-8333-944455556666", true),
            ("uidNumber:1000", false),
            ("100004", false),
            ("00u0000000000000001", false),
            ("employeeNumber:", false),
        ] {
            assert_eq!(is_lasting(id), expected, "{id}");
        }
    }
}
