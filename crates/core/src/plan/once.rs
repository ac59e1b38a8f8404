//! Ids that two members or two groups have by hand: the ledger takes over one of them, the one that it knew.

use crate::ledger::{ManagedGroup, ManagedPerson};
use crate::names::ExternalId;
use hashbrown::{HashMap, HashSet};
use std::cell::LazyCell;

/// Of several under one external id the one with the address that was known; of somebody new the one with the address that the
/// directory tells, which `is_told` knows; else the first.
pub(super) fn people(
    found: Vec<ManagedPerson>,
    before: &[ManagedPerson],
    is_told: impl Fn(&ManagedPerson) -> bool,
) -> Vec<ManagedPerson> {
    let known = LazyCell::new(|| before.iter().map(|it| (&it.external_id, it)).collect::<HashMap<_, _>>());
    once(
        found,
        |it| &it.external_id,
        |it| known.get(&it.external_id).map_or_else(|| is_told(it), |known| known.email == it.email),
    )
}

/// Of several under one external id the one with the organization's own id that was known, else the first.
pub(super) fn groups(found: Vec<ManagedGroup>, before: &[ManagedGroup]) -> Vec<ManagedGroup> {
    let known = LazyCell::new(|| before.iter().map(|it| (&it.external_id, it)).collect::<HashMap<_, _>>());
    let is_known = |it: &ManagedGroup| {
        known
            .get(&it.external_id)
            .is_some_and(|known| known.group_id.is_some() && known.group_id == it.group_id)
    };
    once(found, |it| &it.external_id, is_known)
}

fn once<T>(found: Vec<T>, id: impl Fn(&T) -> &ExternalId, is_known: impl Fn(&T) -> bool) -> Vec<T> {
    let is_once = {
        let mut seen = HashSet::with_capacity(found.len());
        found.iter().all(|it| seen.insert(id(it)))
    };
    if is_once {
        return found;
    }
    let mut places: HashMap<ExternalId, usize> = HashMap::new();
    let mut one: Vec<T> = Vec::with_capacity(found.len());
    for it in found {
        match places.get(id(&it)) {
            None => {
                places.insert(id(&it).clone(), one.len());
                one.push(it);
            }
            Some(&place) if is_known(&it) => one[place] = it,
            Some(_) => {}
        }
    }
    one
}
