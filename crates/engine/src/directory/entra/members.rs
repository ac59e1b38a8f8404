//! Who is in which group, as far as it was asked for: direct members, and everybody below.

use bwdc_core::text::Text;
use std::collections::{HashMap, HashSet};

/// A member that matters; computers and contacts do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    Person(Text),
    Group(Text),
}

/// The direct members of each list that was read, by its id.
#[derive(Default)]
pub(super) struct Members(HashMap<Text, Vec<Member>>);

impl Members {
    pub(super) fn of(&self, list: Text) -> &[Member] {
        self.0.get(&list).map_or(&[], Vec::as_slice)
    }

    pub(super) fn extend(&mut self, list: Text, more: impl IntoIterator<Item = Member>) {
        self.0.entry(list).or_default().extend(more);
    }

    pub(super) fn is_read(&self, list: Text) -> bool {
        self.0.contains_key(&list)
    }

    /// Groups that stand in one of these lists and were not read themselves, each once.
    pub(super) fn unread(&self, lists: &[Text]) -> Vec<Text> {
        let mut seen = HashSet::new();
        lists
            .iter()
            .flat_map(|list| self.of(*list))
            .filter_map(|member| if let Member::Group(group) = member { Some(*group) } else { None })
            .filter(|group| !self.is_read(*group) && seen.insert(*group))
            .collect()
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
        assert_eq!(members.unread(&[a, b]), [c]);
        members.extend(c, [Member::Person(three)]);
        assert_eq!(members.shown(a, |group| group == b), [one, c, two]);
        assert_eq!(members.shown(a, |_| true), [one, two, three]);
        assert_eq!(members.people_below(&[b]), HashSet::from([one, two, three]));
        assert_eq!(members.people_below(&[c]), HashSet::from([three]));
    }
}
