//! Every address that a directory has told of the people whom we manage: a server that matches people by address may know somebody
//! under any of them.

use crate::names::{Email, ExternalId};
use hashbrown::HashMap;

/// The addresses of managed people, by external id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    of: HashMap<ExternalId, Vec<Told>>,
}

/// An address that was told of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The address.
    pub email: Email,
    /// Whether access under it was taken by one of our runs, and not given back since.
    pub taken: bool,
}

impl Addresses {
    /// The addresses of one person, in the order in which they were told.
    pub fn of(&self, person: &ExternalId) -> &[Told] {
        self.of.get(person).map_or(&[], Vec::as_slice)
    }

    /// Whether an address was told of a person.
    pub fn has(&self, person: &ExternalId, email: &str) -> bool {
        self.of(person).iter().any(|it| it.email.as_str() == email)
    }

    /// Whether nothing is known of anybody.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Everybody with addresses, by external id.
    pub fn iter(&self) -> impl Iterator<Item = (&ExternalId, &[Told])> {
        let mut all: Vec<_> = self.unordered().collect();
        all.sort_unstable_by_key(|(person, _)| *person);
        all.into_iter()
    }

    /// Everybody with addresses, in no order: for whoever asks nothing of it, and of many people.
    pub fn unordered(&self) -> impl Iterator<Item = (&ExternalId, &[Told])> {
        self.of.iter().map(|(person, told)| (person, told.as_slice()))
    }

    /// Adds an address, unless it is blank or known.
    pub fn note(&mut self, person: &ExternalId, email: &str, taken: bool) {
        if !email.trim().is_empty() && !self.has(person, email) {
            // Nearly everybody has one.
            let told = self.of.entry(person.clone()).or_insert_with(|| Vec::with_capacity(1));
            told.push(Told { email: Email::new(email), taken });
        }
    }

    /// Notes what became of the access under some of a person's addresses.
    pub fn set_taken(&mut self, person: &ExternalId, taken: bool, which: impl Fn(&str) -> bool) {
        let told = self.of.get_mut(person).into_iter().flatten();
        told.filter(|it| which(it.email.as_str())).for_each(|it| it.taken = taken);
    }

    /// Gives the addresses of one id to the one that takes its place.
    pub fn pass_on(&mut self, old: &ExternalId, new: &ExternalId) {
        for Told { email, taken } in self.of.remove(old).unwrap_or_default() {
            self.note(new, email.as_str(), taken);
        }
    }

    /// Forgets that an address was told of a person.
    pub fn forget(&mut self, person: &ExternalId, email: &str) {
        self.of.get_mut(person).into_iter().for_each(|told| told.retain(|it| it.email.as_str() != email));
    }

    /// Forgets everybody else.
    pub fn retain(&mut self, is_kept: impl Fn(&ExternalId) -> bool) {
        self.of.retain(|person, _| is_kept(person));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_noted_once_and_passes_to_the_id_that_replaces_another() {
        let (old, new) = (ExternalId::new("old"), ExternalId::new("new"));
        let mut addresses = Addresses::default();
        for email in ["a@x", "", "b@x", "a@x"] {
            addresses.note(&old, email, false);
        }
        addresses.set_taken(&old, true, |it| it == "b@x");
        addresses.note(&new, "a@x", true);
        addresses.pass_on(&old, &new);
        let told: Vec<_> = addresses.of(&new).iter().map(|it| (it.email.as_str(), it.taken)).collect();
        assert_eq!(told, [("a@x", true), ("b@x", true)]);
        assert!(addresses.of(&old).is_empty());
    }
}
