//! Which memberships the official connector does not see in what is read here: it takes no part of a list that comes in
//! parts, knows no primary groups, and compares names, logins and the names of attributes letter by letter.

use super::name;
use bwdc_core::snapshot::{Overlooked, PersonEntry, SnapshotBuilder};
use bwdc_core::text::Text;
use std::collections::HashMap;
use std::ops::Range;

/// What is known of people and groups, and of the group that is being read.
#[derive(Default)]
pub(super) struct Parity {
    /// How people and groups spell themselves, by what their members compare equal to.
    spelled: HashMap<Text, Text>,
    long_list: usize,
    other_attribute: bool,
    primary: Range<usize>,
    otherwise: Vec<usize>,
    /// Members that are nobody yet: position, key, and spelling.
    unknown: Vec<(usize, Text, Text)>,
    /// The same with the number of their group, once it has one.
    waiting: Vec<(usize, usize, Text, Text)>,
}

impl Parity {
    pub(super) fn person(&mut self, person: &PersonEntry, uid: Option<&[u8]>, builder: &mut SnapshotBuilder) {
        self.spelled.entry(person.key).or_insert(person.reference);
        if let Some((login, uid)) = person.login.zip(uid) {
            let uid = builder.text(&super::value::text(uid));
            self.spelled.entry(login).or_insert(uid);
        }
    }

    /// The official connector knows somebody by the first login only.
    pub(super) fn further_login(&mut self, login: Text, first: Option<&[u8]>, builder: &mut SnapshotBuilder) {
        let first = builder.text(&super::value::text(first.unwrap_or_default()));
        self.spelled.entry(login).or_insert(first);
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

    pub(super) fn member(&mut self, position: usize, key: Text, value: &str, builder: &mut SnapshotBuilder) {
        match self.spelled.get(&key) {
            Some(&spelled) if is_spelled(value, builder.texts().get(spelled)) => {}
            Some(_) => self.otherwise.push(position),
            None => {
                let value = builder.text(value);
                self.unknown.push((position, key, value));
            }
        }
    }

    /// Takes the group that was added last.
    pub(super) fn group(&mut self, key: Text, reference: Text, builder: &mut SnapshotBuilder) {
        let group = builder.counts().1 - 1;
        self.spelled.entry(key).or_insert(reference);
        builder.overlooked(group, 0..self.long_list, Overlooked::LongList);
        builder.overlooked(group, self.primary.clone(), Overlooked::PrimaryGroup);
        if self.other_attribute {
            builder.overlooked(group, 0..self.primary.start, Overlooked::AttributeName);
        }
        for position in self.otherwise.drain(..) {
            builder.overlooked(group, position..position + 1, Overlooked::Spelling);
        }
        let unknown = self.unknown.drain(..);
        self.waiting.extend(unknown.map(|(position, key, value)| (group, position, key, value)));
    }

    /// Groups within groups may have come after them.
    pub(super) fn finish(&mut self, builder: &mut SnapshotBuilder) {
        for (group, position, key, value) in std::mem::take(&mut self.waiting) {
            let Some(&spelled) = self.spelled.get(&key) else { continue };
            let texts = builder.texts();
            if !is_spelled(texts.get(value), texts.get(spelled)) {
                builder.overlooked(group, position..position + 1, Overlooked::Spelling);
            }
        }
    }
}

/// Whether a member is spelled as the entry itself; servers and libraries escape in two ways.
fn is_spelled(value: &str, spelled: &str) -> bool {
    value == spelled || name::with_hex_escapes(value) == spelled
}
