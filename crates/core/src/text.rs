//! Strings stored once: distinguished names, addresses and ids of half a million people stay small, and comparing two
//! of them is comparing two numbers.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// A string of a [`TextTable`], by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(u32);

impl Text {
    /// The number, dense from 0: usable as an index into a vector of [`TextTable::len`] places.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Owns every string that was interned, each once.
#[derive(Default)]
pub struct TextTable {
    bytes: String,
    ends: Vec<u32>,
    lookup: HashTable<Slot>,
    hasher: DefaultHashBuilder,
}

/// A place of the look-up. The hash beside the number spares reading the string when places are compared or moved.
struct Slot {
    hash: u32,
    number: u32,
}

impl TextTable {
    /// The handle of `value`, stored now if it is new.
    ///
    /// # Panics
    /// When more than 4 GiB of text are stored: a directory of that size is out of range.
    pub fn intern(&mut self, value: &str) -> Text {
        let hash = self.hash(value);
        if let Some(found) = self.find_hashed(hash, value) {
            return found;
        }
        let number = u32::try_from(self.ends.len()).expect("fewer than 2^32 different strings");
        self.bytes.push_str(value);
        self.ends.push(u32::try_from(self.bytes.len()).expect("less than 4 GiB of text"));
        self.lookup.insert_unique(spread(hash), Slot { hash, number }, |slot| spread(slot.hash));
        Text(number)
    }

    /// The handle of `value` if it was interned before.
    pub fn find(&self, value: &str) -> Option<Text> {
        self.find_hashed(self.hash(value), value)
    }

    fn find_hashed(&self, hash: u32, value: &str) -> Option<Text> {
        let is_same = |slot: &Slot| slot.hash == hash && slice(&self.bytes, &self.ends, slot.number) == value;
        self.lookup.find(spread(hash), is_same).map(|slot| Text(slot.number))
    }

    fn hash(&self, value: &str) -> u32 {
        (self.hasher.hash_one(value) >> 32) as u32
    }

    /// The string behind a handle of this table.
    pub fn get(&self, text: Text) -> &str {
        slice(&self.bytes, &self.ends, text.0)
    }

    /// Every string, in the order of the numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len() as u32).map(|number| slice(&self.bytes, &self.ends, number))
    }

    /// How many different strings are stored.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether nothing was interned yet.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// The table takes places from the low bits and tags from the high ones.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

fn slice<'a>(bytes: &'a str, ends: &[u32], number: u32) -> &'a str {
    let number = number as usize;
    let start = if number == 0 { 0 } else { ends[number - 1] as usize };
    &bytes[start..ends[number] as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_stored_once() {
        let mut table = TextTable::default();
        let first = table.intern("zoë@example.test");
        let empty = table.intern("");
        assert_eq!(table.intern("zoë@example.test"), first);
        assert_eq!((table.get(first), table.get(empty), table.len()), ("zoë@example.test", "", 2));
        assert_eq!(table.find("nobody"), None);
    }
}
