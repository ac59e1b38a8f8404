//! Which memberships the official connector does not see in what is read here: it takes no part of a list that comes in
//! parts, knows no primary groups, and compares names, logins and the names of attributes letter by letter.

use super::spelling::Listed;
use bwdc_core::snapshot::{Overlooked, PersonEntry, SnapshotBuilder};
use bwdc_core::text::Text;
use std::collections::HashSet;
use std::ops::Range;

/// What is known of people and groups, and of the group that is being read.
#[derive(Default)]
pub(super) struct Parity {
    /// Names and logins by which the official connector finds people and groups.
    spelled: HashSet<Text>,
    /// The forms under which they are found here.
    comparable: HashSet<Text>,
    long_list: usize,
    other_attribute: bool,
    primary: Range<usize>,
    otherwise: Vec<usize>,
    /// Members that are nobody yet, with their positions.
    unknown: Vec<(usize, Listed)>,
    /// The same with the number of their group, once it has one.
    waiting: Vec<(usize, usize, Listed)>,
}

impl Parity {
    pub(super) fn person(&mut self, person: &PersonEntry, builder: &SnapshotBuilder) {
        for name in [Some(person.key), person.login].into_iter().flatten() {
            self.spelled.insert(name);
            self.comparable.insert(builder.comparable(name));
        }
    }

    /// The official connector knows somebody by the first login only.
    pub(super) fn further_login(&mut self, login: Text, builder: &SnapshotBuilder) {
        self.comparable.insert(builder.comparable(login));
    }

    pub(super) fn begin(&mut self) {
        (self.long_list, self.other_attribute, self.primary) = (0, false, 0..0);
        self.otherwise.clear();
        self.unknown.clear();
    }

    /// Notes that so many members came in parts.
    pub(super) fn long_list(&mut self, members: usize) {
        self.long_list = members;
    }

    /// Notes that the members came under another name than that of the settings.
    pub(super) fn other_attribute(&mut self) {
        self.other_attribute = true;
    }

    /// Notes who is in the group by its number only.
    pub(super) fn primary(&mut self, members: Range<usize>) {
        self.primary = members;
    }

    pub(super) fn member(&mut self, position: usize, listed: Listed, builder: &SnapshotBuilder) {
        if self.spelled.contains(&listed.name) {
            if !listed.whole {
                self.otherwise.push(position);
            }
        } else if self.comparable.contains(&builder.comparable(listed.name)) {
            self.otherwise.push(position);
        } else {
            self.unknown.push((position, listed));
        }
    }

    /// Takes the group that was added last.
    pub(super) fn group(&mut self, key: Text, builder: &mut SnapshotBuilder) {
        let group = builder.counts().1 - 1;
        self.spelled.insert(key);
        self.comparable.insert(builder.comparable(key));
        builder.overlooked(group, 0..self.long_list, Overlooked::LongList);
        builder.overlooked(group, self.primary.clone(), Overlooked::PrimaryGroup);
        if self.other_attribute {
            builder.overlooked(group, 0..self.primary.start, Overlooked::AttributeName);
        }
        for position in self.otherwise.drain(..) {
            builder.overlooked(group, position..position + 1, Overlooked::Spelling);
        }
        let unknown = self.unknown.drain(..);
        self.waiting.extend(unknown.map(|(position, listed)| (group, position, listed)));
    }

    /// Groups within groups may have come after them.
    pub(super) fn finish(&mut self, builder: &mut SnapshotBuilder) {
        for (group, position, listed) in std::mem::take(&mut self.waiting) {
            let is_spelled = listed.whole && self.spelled.contains(&listed.name);
            if !is_spelled && self.comparable.contains(&builder.comparable(listed.name)) {
                builder.overlooked(group, position..position + 1, Overlooked::Spelling);
            }
        }
    }
}
