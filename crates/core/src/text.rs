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
    lookup: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl TextTable {
    /// The handle of `value`, stored now if it is new.
    ///
    /// # Panics
    /// When more than 4 GiB of text are stored: a directory of that size is out of range.
    pub fn intern(&mut self, value: &str) -> Text {
        let hash = self.hasher.hash_one(value);
        let Self { bytes, ends, lookup, hasher } = self;
        if let Some(found) = lookup.find(hash, |&number| slice(bytes, ends, number) == value) {
            return Text(*found);
        }
        let number = u32::try_from(ends.len()).expect("fewer than 2^32 different strings");
        bytes.push_str(value);
        ends.push(u32::try_from(bytes.len()).expect("less than 4 GiB of text"));
        lookup.insert_unique(hash, number, |&number| hasher.hash_one(slice(bytes, ends, number)));
        Text(number)
    }

    /// The handle of `value` if it was interned before.
    pub fn find(&self, value: &str) -> Option<Text> {
        let hash = self.hasher.hash_one(value);
        self.lookup
            .find(hash, |&number| slice(&self.bytes, &self.ends, number) == value)
            .map(|&number| Text(number))
    }

    /// The string behind a handle of this table.
    pub fn get(&self, text: Text) -> &str {
        slice(&self.bytes, &self.ends, text.0)
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
