//! What belongs to external ids, found fast for the members of many groups.

use crate::names::ExternalId;
use hashbrown::HashMap;

/// Finds something by an id. The ids of memberships are the same texts again and again: each is looked for once by its characters,
/// and from then on by where it lies in memory.
pub(crate) struct ById<'a, V> {
    by_text: HashMap<&'a str, V>,
    by_place: HashMap<*const u8, Option<V>>,
}

impl<'a, V: Copy> ById<'a, V> {
    /// Of two with one id, the last one is found.
    pub(crate) fn new(known: impl IntoIterator<Item = (&'a str, V)>) -> Self {
        Self { by_text: known.into_iter().collect(), by_place: HashMap::new() }
    }

    /// By an id that lives as long as this value: no other text comes to lie in its place.
    pub(crate) fn get(&mut self, id: &'a ExternalId) -> Option<V> {
        let text = id.as_str();
        *self.by_place.entry(text.as_ptr()).or_insert_with(|| self.by_text.get(text).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_by_its_characters_and_again_by_its_place() {
        let (one, same, other) = (ExternalId::new("cn=a"), ExternalId::new("cn=a"), ExternalId::new("cn=b"));
        let shared = one.clone();
        let mut numbers = ById::new([("cn=a", 1)]);
        for id in [&one, &same, &shared, &one] {
            assert_eq!(numbers.get(id), Some(1));
        }
        assert_eq!((numbers.get(&other), numbers.get(&other)), (None, None));
        assert_eq!(numbers.by_place.len(), 3);
    }
}
