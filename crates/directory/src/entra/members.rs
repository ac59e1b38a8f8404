//! Who is in which group, as far as it was asked for: direct members, and everybody below.

use bwdc_core::text::{Text, TextTable};
use std::collections::{HashMap, HashSet};

/// A member that matters; computers and contacts do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Member {
    Person(Text),
    Group(Text),
}

impl Member {
    /// A member by the type that Graph gives it; None for what does not count.
    pub(super) fn of(kind: &str, id: &str, texts: &mut TextTable) -> Option<Self> {
        match kind {
            "#microsoft.graph.user" => Some(Self::Person(texts.intern(id))),
            "#microsoft.graph.group" => Some(Self::Group(texts.intern(id))),
            _ => None,
        }
    }
}

/// Groups and administrative units of whose members nothing is known: they are hidden, and no hidden list shows any.
#[derive(Default)]
pub(super) struct Hiding(HashSet<Text>);

impl Hiding {
    pub(super) fn insert(&mut self, list: Text) {
        self.0.insert(list);
    }

    pub(super) fn contains(&self, list: Text) -> bool {
        self.0.contains(&list)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The direct members of each list that was read, by its id.
#[derive(Default)]
pub(super) struct Members(HashMap<Text, Vec<Member>>);

impl Members {
    pub(super) fn of(&self, list: Text) -> &[Member] {
        #[cfg(test)]
        STEPS.set(STEPS.get() + 1);
        self.0.get(&list).map_or(&[], Vec::as_slice)
    }

    pub(super) fn extend(&mut self, list: Text, more: impl IntoIterator<Item = Member>) {
        self.0.entry(list).or_default().extend(more);
    }

    pub(super) fn is_read(&self, list: Text) -> bool {
        self.0.contains_key(&list)
    }

    /// Puts a list in the place of what was known of it.
    pub(super) fn put(&mut self, list: Text, members: Vec<Member>) {
        self.0.insert(list, members);
    }

    /// Takes over all lists of another read.
    pub(super) fn take(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The lists that were read.
    pub(super) fn lists(&self) -> impl Iterator<Item = Text> {
        self.0.keys().copied()
    }

    pub(super) fn drop_list(&mut self, list: Text) {
        self.0.remove(&list);
    }

    /// What a list shows: its own members in their order, then those of groups that `hidden` names, as if they stood here.
    pub(super) fn shown(&self, list: Text, hidden: impl Fn(Text) -> bool) -> Vec<Text> {
        let mut shown = Vec::new();
        let mut entered = HashSet::from([list]);
        let mut waiting = vec![list];
        while let Some(current) = waiting.pop() {
            let mut inner = Vec::new();
            for member in self.of(current) {
                match *member {
                    Member::Group(group) if hidden(group) => {
                        if entered.insert(group) {
                            inner.push(group);
                        }
                    }
                    Member::Person(id) | Member::Group(id) => shown.push(id),
                }
            }
            waiting.extend(inner.into_iter().rev());
        }
        let mut seen = HashSet::new();
        shown.retain(|it| *it != list && seen.insert(*it));
        shown
    }

    /// Everybody in these lists and in the groups inside them.
    pub(super) fn people_below(&self, lists: &[Text]) -> HashSet<Text> {
        let mut people = HashSet::new();
        let mut entered: HashSet<Text> = lists.iter().copied().collect();
        let mut waiting = lists.to_vec();
        while let Some(current) = waiting.pop() {
            for member in self.of(current) {
                match *member {
                    Member::Person(person) => {
                        people.insert(person);
                    }
                    Member::Group(group) => {
                        if entered.insert(group) {
                            waiting.push(group);
                        }
                    }
                }
            }
        }
        people
    }
}

#[cfg(test)]
std::thread_local! {
    /// How often a list was looked at.
    static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
pub(super) fn steps() -> usize {
    STEPS.get()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::text::TextTable;

    #[test]
    fn hidden_groups_lend_their_people_and_circles_end() {
        let mut texts = TextTable::default();
        let [a, b, c, one, two, three] = ["a", "b", "c", "one", "two", "three"].map(|it| texts.intern(it));
        let mut members = Members::default();
        members.extend(a, [Member::Group(b), Member::Person(one), Member::Group(c)]);
        members.extend(b, [Member::Person(two), Member::Group(a), Member::Group(b), Member::Person(one)]);
        assert!(members.is_read(b) && !members.is_read(c));
        members.extend(c, [Member::Person(three)]);
        assert_eq!(members.shown(a, |group| group == b), [one, c, two]);
        assert_eq!(members.shown(a, |_| true), [one, two, three]);
        assert_eq!(members.people_below(&[b]), HashSet::from([one, two, three]));
        assert_eq!(members.people_below(&[c]), HashSet::from([three]));
    }
}
