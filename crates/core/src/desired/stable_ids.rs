//! Ids that survive renames, and tell nothing where several entries of one source have the same one: a restored copy of the
//! directory, or somebody who may write them, would make one person of two.

use super::{Desired, DesiredGroup, DesiredPerson};
use crate::snapshot::AccountState;
use crate::text::Text;
use hashbrown::HashMap;

impl Desired {
    /// Entries, by the directory's name, whose stable id another entry of their source has, too. They are known by the id that
    /// is pushed alone.
    pub fn shared_ids(&self) -> &[Text] {
        &self.shared_ids
    }
}

/// Takes the stable id from entries that share it, and names them.
pub(super) fn doubt(people: &mut [DesiredPerson], groups: &mut [DesiredGroup]) -> Vec<Text> {
    // A deleted entry may be the one that was read a moment before.
    let people = people.iter_mut().filter(|it| it.state != AccountState::Deleted);
    let people = people.map(|it| (&mut it.stable_id, it.reference));
    let groups = groups.iter_mut().map(|it| (&mut it.stable_id, it.reference));
    [shared(people.collect()), shared(groups.collect())].concat()
}

fn shared(mut entries: Vec<(&mut Option<Text>, Text)>) -> Vec<Text> {
    let mut times: HashMap<Text, u32> = HashMap::with_capacity(entries.len());
    for id in entries.iter().filter_map(|(id, _)| **id) {
        *times.entry(id).or_default() += 1;
    }
    entries.retain(|(id, _)| id.is_some_and(|id| times[&id] > 1));
    entries.into_iter().map(|(id, reference)| (*id = None, reference).1).collect()
}
