//! The entries of the directory, ordered by name, and the changes that can be made to them.
//!
//! Entries are shared, never changed in place: a paged search keeps the ones it found, so that what changes between
//! two pages does not change its result.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::SystemTime;

use super::dn::{self, Dn, DnError};
use super::entry::{Entry, timestamp};
use super::ldif::{Attribute, LdifError, Record};
use super::syntax::{canonical, equal, holds_names};

/// Why the directory cannot be loaded or changed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TreeError {
    /// The text is not LDIF.
    #[error("the LDIF cannot be read")]
    Ldif(#[from] LdifError),
    /// A name does not follow RFC 4514.
    #[error("`{dn}` is not a distinguished name")]
    Name {
        /// The name as given.
        dn: String,
        /// What is wrong with it.
        #[source]
        source: DnError,
    },
    /// There is an entry of this name already.
    #[error("`{0}` exists already")]
    Exists(String),
    /// There is no entry of this name.
    #[error("`{0}` does not exist")]
    Missing(String),
    /// The entry has entries below it.
    #[error("`{0}` has entries below it")]
    NotLeaf(String),
    /// An entry cannot be moved below itself.
    #[error("`{0}` cannot move below itself")]
    BelowItself(String),
}

/// All entries.
#[derive(Debug, Default)]
pub(super) struct Tree {
    entries: BTreeMap<Dn, Arc<Entry>>,
    additions: u64,
}

impl Tree {
    /// Loads records in any order. Parents need not exist; names must differ.
    pub(super) fn load(records: Vec<Record>) -> Result<Self, TreeError> {
        let mut tree = Self::default();
        let now = timestamp(SystemTime::now());
        for record in records {
            tree.insert(record, &now)?;
        }
        Ok(tree)
    }

    fn insert(&mut self, record: Record, now: &str) -> Result<(), TreeError> {
        let key = parse(&record.dn)?;
        if self.entries.contains_key(&key) {
            return Err(TreeError::Exists(record.dn));
        }
        let entry = Entry::new(record, &key, self.additions, now);
        self.entries.insert(key, Arc::new(entry));
        Ok(())
    }

    /// Adds records to a running server; an entry deleted before comes back under a new `entryUUID`.
    pub(super) fn add(&mut self, records: Vec<Record>) -> Result<usize, TreeError> {
        let mut names = HashSet::new();
        for record in &records {
            let key = parse(&record.dn)?;
            if self.entries.contains_key(&key) || !names.insert(key) {
                return Err(TreeError::Exists(record.dn.clone()));
            }
        }
        let (count, now) = (records.len(), timestamp(SystemTime::now()));
        self.additions += 1;
        for record in records {
            self.insert(record, &now)?;
        }
        Ok(count)
    }

    pub(super) fn delete(&mut self, dn: &str) -> Result<(), TreeError> {
        let key = parse(dn)?;
        if self.below(&key).nth(1).is_some() {
            return Err(TreeError::NotLeaf(dn.to_owned()));
        }
        self.entries.remove(&key).map(drop).ok_or_else(|| TreeError::Missing(dn.to_owned()))
    }

    /// Replaces the values of one attribute; none removes it.
    pub(super) fn modify(
        &mut self,
        dn: &str,
        attribute: &str,
        values: Vec<Vec<u8>>,
    ) -> Result<(), TreeError> {
        self.change(dn, |entry| entry.set(attribute, values))
    }

    pub(super) fn add_value(&mut self, dn: &str, attribute: &str, value: &[u8]) -> Result<(), TreeError> {
        self.change(dn, |entry| {
            let mut values = entry.stored(attribute);
            if !values.iter().any(|each| equal(&canonical(attribute), each, value)) {
                values.push(value.to_vec());
            }
            entry.set(attribute, values);
        })
    }

    pub(super) fn remove_value(&mut self, dn: &str, attribute: &str, value: &[u8]) -> Result<(), TreeError> {
        self.change(dn, |entry| {
            let mut values = entry.stored(attribute);
            values.retain(|each| !equal(&canonical(attribute), each, value));
            entry.set(attribute, values);
        })
    }

    fn change(&mut self, dn: &str, change: impl FnOnce(&mut Entry)) -> Result<(), TreeError> {
        let entry = self.entries.get_mut(&parse(dn)?).ok_or_else(|| TreeError::Missing(dn.to_owned()))?;
        let entry = Arc::make_mut(entry);
        change(entry);
        entry.modified = timestamp(SystemTime::now());
        Ok(())
    }

    /// Renames an entry and what lies below it; its naming attribute follows. Other entries keep the old name in their values.
    pub(super) fn rename(&mut self, dn: &str, new_dn: &str) -> Result<(), TreeError> {
        let (old, new) = (parse(dn)?, parse(new_dn)?);
        if !self.entries.contains_key(&old) {
            return Err(TreeError::Missing(dn.to_owned()));
        }
        if new != old {
            if self.entries.contains_key(&new) {
                return Err(TreeError::Exists(new_dn.to_owned()));
            }
            if new.is_within(&old) {
                return Err(TreeError::BelowItself(dn.to_owned()));
            }
        }
        let naming =
            |dn: &str| dn::naming_values(dn).map_err(|source| TreeError::Name { dn: dn.to_owned(), source });
        let (old_naming, new_naming) = (naming(dn)?, naming(new_dn)?);
        let moving: Vec<(Dn, Arc<Entry>)> =
            self.below(&old).map(|(key, entry)| (key.clone(), Arc::clone(entry))).collect();
        for (key, _) in &moving {
            self.entries.remove(key);
        }
        let now = timestamp(SystemTime::now());
        for (key, mut shared) in moving {
            let Some(target) = key.moved(&old, &new) else { continue };
            let entry = Arc::make_mut(&mut shared);
            entry.record.dn = respell(entry.dn(), old.depth(), new_dn);
            if target == new {
                for (kind, value) in &old_naming {
                    let mut values = entry.stored(kind);
                    values.retain(|each| !equal(&canonical(kind), each, value));
                    entry.set(kind, values);
                }
                for (kind, value) in &new_naming {
                    let mut values = entry.stored(kind);
                    values.push(value.clone());
                    entry.set(kind, values);
                }
                entry.modified.clone_from(&now);
            }
            self.entries.insert(target, shared);
        }
        Ok(())
    }

    /// Renames and rewrites every value that named the entry or one below it, as referential integrity would.
    pub(super) fn rename_with_references(&mut self, dn: &str, new_dn: &str) -> Result<(), TreeError> {
        self.rename(dn, new_dn)?;
        let old = parse(dn)?;
        let now = timestamp(SystemTime::now());
        let rewritten = |value: &Vec<u8>| {
            let text = std::str::from_utf8(value).ok()?;
            let within = Dn::parse(text).ok()?.is_within(&old);
            within.then(|| respell(text, old.depth(), new_dn).into_bytes())
        };
        for entry in self.entries.values_mut() {
            let names = |each: &&Attribute| holds_names(&canonical(&each.name));
            let refers = entry.attributes().iter().filter(names).flat_map(|each| &each.values);
            if !refers.clone().any(|value| rewritten(value).is_some()) {
                continue;
            }
            let entry = Arc::make_mut(entry);
            for attribute in &mut entry.record.attributes {
                if holds_names(&canonical(&attribute.name)) {
                    for value in &mut attribute.values {
                        if let Some(new) = rewritten(value) {
                            *value = new;
                        }
                    }
                }
            }
            entry.modified.clone_from(&now);
        }
        Ok(())
    }

    pub(super) fn get(&self, dn: &Dn) -> Option<&Arc<Entry>> {
        self.entries.get(dn)
    }

    /// An entry by its textual or binary identifier (`objectGUID`, `entryUUID`).
    pub(super) fn by_guid(&self, guid: &str) -> Option<(&Dn, &Arc<Entry>)> {
        let plain: String = guid.chars().filter(|c| *c != '-').collect();
        let value = u128::from_str_radix(&plain, 16).ok().filter(|_| plain.len() == 32)?;
        // With dashes the first three fields are written as numbers, without as the bytes that lie in the attribute.
        let bytes =
            if guid.contains('-') { uuid::Uuid::from_u128(value).to_bytes_le() } else { value.to_be_bytes() };
        self.entries.iter().find(|(_, entry)| {
            entry.values("objectGUID").any(|each| *each == bytes) || entry.uuid().eq_ignore_ascii_case(guid)
        })
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entry of this name and all below it, parents first.
    pub(super) fn below<'a>(&'a self, base: &'a Dn) -> impl Iterator<Item = (&'a Dn, &'a Arc<Entry>)> {
        self.entries.range(base..).take_while(move |(key, _)| key.is_within(base))
    }

    /// The spelled name of the closest existing entry above, for `matchedDN`.
    pub(super) fn closest(&self, dn: &Dn) -> Option<&str> {
        let mut above = dn.parent();
        while let Some(dn) = above {
            if let Some(entry) = self.entries.get(&dn) {
                return Some(entry.dn());
            }
            above = dn.parent();
        }
        None
    }

    /// The names of the entries that have nothing above them.
    pub(super) fn naming_contexts(&self) -> Vec<String> {
        let mut contexts: Vec<(&Dn, &str)> = Vec::new();
        for (key, entry) in &self.entries {
            if !contexts.last().is_some_and(|(top, _)| key.is_within(top)) {
                contexts.push((key, entry.dn()));
            }
        }
        contexts.into_iter().map(|(_, dn)| dn.to_owned()).collect()
    }

    /// Whether following an attribute from entry to entry leads to a name.
    pub(super) fn reaches(&self, from: &Entry, attribute: &str, wanted: &Dn) -> bool {
        let mut seen = HashSet::new();
        let names = |entry: &Entry| -> Vec<Dn> {
            entry
                .values(attribute)
                .filter_map(|value| Dn::parse(std::str::from_utf8(&value).ok()?).ok())
                .collect()
        };
        let mut open = names(from);
        while let Some(name) = open.pop() {
            if name == *wanted {
                return true;
            }
            if let Some(entry) = self.entries.get(&name) {
                open.extend(names(entry));
            }
            seen.insert(name);
            open.retain(|name| !seen.contains(name));
        }
        false
    }
}

fn parse(dn: &str) -> Result<Dn, TreeError> {
    Dn::parse(dn).map_err(|source| TreeError::Name { dn: dn.to_owned(), source })
}

/// The name with its last `depth` components replaced; what stands before them keeps its spelling.
fn respell(dn: &str, depth: usize, new_end: &str) -> String {
    let components = dn::components(dn);
    let kept = components.len().saturating_sub(depth);
    let mut spelled: Vec<&str> = components[..kept].to_vec();
    spelled.push(new_end);
    spelled.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ldap::ldif;

    const LDIF: &str = "dn: dc=x\ndc: x\n\ndn: ou=People,dc=x\nou: People\n\ndn: cn=Ada,ou=people,DC=x\ncn: Ada\n\n\
                        dn: cn=g,dc=x\nmember: CN=Ada, ou=People, dc=x\nmember: cn=Bo,ou=People,dc=x\n";

    fn tree() -> Tree {
        Tree::load(ldif::parse(LDIF).unwrap()).unwrap()
    }

    fn entry(tree: &Tree, dn: &str) -> Arc<Entry> {
        Arc::clone(tree.get(&Dn::parse(dn).unwrap()).unwrap())
    }

    fn text(entry: &Entry, attribute: &str) -> Vec<String> {
        entry.values(attribute).map(|value| String::from_utf8(value.into_owned()).unwrap()).collect()
    }

    #[test]
    fn names_keep_their_spelling_and_identifiers_are_stable() {
        let (one, two) = (tree(), tree());
        let ada = entry(&one, "CN=ADA,OU=PEOPLE,DC=X");
        assert_eq!(ada.dn(), "cn=Ada,ou=people,DC=x");
        assert_eq!(text(&ada, "entryUUID"), text(&entry(&two, "cn=ada,ou=people,dc=x"), "entryUUID"));
        assert_ne!(text(&ada, "entryUUID"), text(&entry(&one, "dc=x"), "entryUUID"));
        assert_eq!(one.naming_contexts(), ["dc=x"]);
        assert_eq!(one.closest(&Dn::parse("cn=no,ou=none,ou=People,dc=x").unwrap()), Some("ou=People,dc=x"));
    }

    #[test]
    fn an_entry_made_again_is_another_entry() {
        let mut tree = tree();
        let before = text(&entry(&tree, "cn=Ada,ou=People,dc=x"), "entryUUID");
        tree.delete("cn=ada,ou=people,dc=x").unwrap();
        assert_eq!(tree.add(ldif::parse("dn: cn=Ada,ou=People,dc=x\ncn: Ada\n").unwrap()), Ok(1));
        assert_ne!(text(&entry(&tree, "cn=Ada,ou=People,dc=x"), "entryUUID"), before);
    }

    #[test]
    fn a_rename_takes_along_what_lies_below_and_leaves_references_alone() {
        let mut tree = tree();
        let before = text(&entry(&tree, "cn=Ada,ou=People,dc=x"), "entryUUID");
        tree.rename("ou=People,dc=x", "ou=Staff,dc=x").unwrap();
        let ada = entry(&tree, "cn=Ada,ou=Staff,dc=x");
        assert_eq!(ada.dn(), "cn=Ada,ou=Staff,dc=x");
        assert_eq!(text(&ada, "entryUUID"), before);
        assert_eq!(text(&entry(&tree, "ou=Staff,dc=x"), "ou"), ["Staff"]);
        assert_eq!(text(&entry(&tree, "cn=g,dc=x"), "member")[0], "CN=Ada, ou=People, dc=x");
    }

    #[test]
    fn a_rename_with_references_rewrites_them() {
        let mut tree = tree();
        tree.rename_with_references("cn=Ada,ou=People,dc=x", "cn=Ada Lowe,ou=People,dc=x").unwrap();
        let expected = ["cn=Ada Lowe,ou=People,dc=x", "cn=Bo,ou=People,dc=x"];
        assert_eq!(text(&entry(&tree, "cn=g,dc=x"), "member"), expected);
        assert_eq!(text(&entry(&tree, "cn=Ada Lowe,ou=People,dc=x"), "cn"), ["Ada Lowe"]);
    }

    #[test]
    fn changes_that_make_no_sense_are_refused() {
        let mut tree = tree();
        assert_eq!(tree.delete("dc=x"), Err(TreeError::NotLeaf("dc=x".into())));
        assert_eq!(tree.delete("cn=no,dc=x"), Err(TreeError::Missing("cn=no,dc=x".into())));
        assert_eq!(tree.rename("dc=x", "ou=y,dc=x"), Err(TreeError::BelowItself("dc=x".into())));
        assert_eq!(
            tree.rename("cn=g,dc=x", "OU=people,dc=x"),
            Err(TreeError::Exists("OU=people,dc=x".into()))
        );
        let twice = ldif::parse("dn: cn=n,dc=x\n\ndn: CN=N,dc=x\n").unwrap();
        assert_eq!(tree.add(twice), Err(TreeError::Exists("CN=N,dc=x".into())));
        assert_eq!(tree.len(), 4);
    }

    #[test]
    fn values_come_and_go() {
        let mut tree = tree();
        tree.remove_value("cn=g,dc=x", "member", b"cn=ada,ou=people,dc=x").unwrap();
        assert_eq!(text(&entry(&tree, "cn=g,dc=x"), "member"), ["cn=Bo,ou=People,dc=x"]);
        tree.add_value("cn=g,dc=x", "MEMBER", b"CN=bo,ou=People,dc=x").unwrap();
        assert_eq!(text(&entry(&tree, "cn=g,dc=x"), "member").len(), 1);
        tree.modify("cn=g,dc=x", "member", vec![]).unwrap();
        assert!(text(&entry(&tree, "cn=g,dc=x"), "member").is_empty());
    }
}
