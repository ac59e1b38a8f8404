//! What a test found, as five lists that can be searched. Nothing is copied out of the desired state: a list is numbers.

use crate::rows::Rows;
use bwdc_core::collation::reading_order;
use bwdc_core::desired::{Desired, UnresolvedBecause};
use bwdc_core::snapshot::AccountState;
use bwdc_messages::desktop::{Left, RowSign, RowText, RowTone, people_left_out};
use bwdc_messages::text;
use std::rc::Rc;

/// The lists, in the order of their tabs.
pub const LISTS: [&str; 5] =
    ["results.users", "results.disabled", "results.deleted", "results.groups", "results.left-out"];
const STATES: [AccountState; 3] = [AccountState::Enabled, AccountState::Disabled, AccountState::Deleted];
const GROUPS: usize = 3;
const LEFT_OUT: usize = 4;

/// A line of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Person(u32),
    Group(u32),
    Member(u32),
    Unresolved(u32),
    Left(u32),
}

/// What a test found.
pub struct Results {
    desired: Desired,
    left: Vec<Left>,
    lists: [Vec<Item>; 5],
    counts: [usize; 5],
}

impl Results {
    /// Puts a desired state in reading order: the work of a moment, for a thread that nobody waits for.
    pub fn new(desired: Desired) -> Self {
        let people = STATES.map(|state| people_of(&desired, state));
        let left = people_left_out(&desired);
        let groups = groups_of(&desired);
        let group_count = groups.iter().filter(|it| matches!(it, Item::Group(_))).count();
        let [enabled, disabled, deleted] = people;
        let lists = [enabled, disabled, deleted, groups, (0..left.len() as u32).map(Item::Left).collect()];
        let mut counts = [0; 5];
        for (count, list) in counts.iter_mut().zip(&lists) {
            *count = list.len();
        }
        counts[GROUPS] = group_count;
        Self { desired, left, lists, counts }
    }

    /// How many stand in each list.
    pub fn counts(&self) -> [usize; 5] {
        self.counts
    }

    /// A list as it is saved: one line each.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (list, title) in self.lists.iter().zip(LISTS) {
            text.push_str(&bwdc_messages::desktop::label(title));
            text.push('\n');
            for item in list {
                let row = self.row_of(*item);
                text.push_str("  ");
                text.push_str(&row.title);
                for more in [row.note, row.tail] {
                    if !more.is_empty() {
                        text.push_str("  ");
                        text.push_str(&more);
                    }
                }
                text.push('\n');
            }
            text.push('\n');
        }
        text
    }

    fn found(&self, list: usize, search: &str) -> Vec<Item> {
        let search = search.trim().to_lowercase();
        if search.is_empty() {
            return self.lists[list].clone();
        }
        let mut found = Vec::new();
        let (mut whole, mut waiting) = (false, None);
        for item in &self.lists[list] {
            match item {
                // A group that is named is shown whole, another with the members who are named.
                Item::Group(_) => {
                    whole = self.has(*item, &search);
                    waiting = Some(*item).filter(|_| !whole);
                    if whole {
                        found.push(*item);
                    }
                }
                Item::Member(_) | Item::Unresolved(_) => {
                    if whole || self.has(*item, &search) {
                        found.extend(waiting.take());
                        found.push(*item);
                    }
                }
                Item::Person(_) | Item::Left(_) if self.has(*item, &search) => found.push(*item),
                Item::Person(_) | Item::Left(_) => {}
            }
        }
        found
    }

    fn has(&self, item: Item, search: &str) -> bool {
        let in_text = |text: &str| contains(text, search);
        match item {
            Item::Person(number) | Item::Member(number) => {
                let person = &self.desired.everybody()[number as usize];
                in_text(self.desired.display_name(person)) || in_text(self.desired.text(person.reference))
            }
            Item::Group(number) => in_text(self.desired.text(self.desired.groups()[number as usize].name)),
            Item::Unresolved(number) => {
                in_text(self.desired.text(self.desired.unresolved()[number as usize].member))
            }
            Item::Left(number) => {
                let left = &self.left[number as usize];
                in_text(&left.name) || in_text(&left.why)
            }
        }
    }

    fn row_of(&self, item: Item) -> RowText {
        match item {
            Item::Person(number) => self.person(number, RowSign::Person),
            Item::Member(number) => RowText { inset: true, ..self.person(number, RowSign::Person) },
            Item::Group(number) => {
                let group = &self.desired.groups()[number as usize];
                let members = self.desired.members(number as usize).len();
                RowText {
                    title: self.desired.text(group.name).to_owned(),
                    note: self.desired.text(group.reference).to_owned(),
                    tail: text!("desktop-plan.members", "{members:member/members}", members),
                    sign: RowSign::Group,
                    ..RowText::default()
                }
            }
            Item::Unresolved(number) => RowText {
                title: self.desired.text(self.desired.unresolved()[number as usize].member).to_owned(),
                tail: match self.desired.unresolved()[number as usize].because {
                    UnresolvedBecause::Unknown => text!("desktop-results.unresolved", "not read"),
                    UnresolvedBecause::Several => {
                        text!("desktop-results.several", "it is no single entry's for sure")
                    }
                },
                tone: RowTone::Warn,
                sign: RowSign::Warning,
                inset: true,
                ..RowText::default()
            },
            Item::Left(number) => {
                let Left { name, why } = &self.left[number as usize];
                RowText {
                    title: name.clone(),
                    note: why.clone(),
                    tone: RowTone::Warn,
                    sign: RowSign::Info,
                    ..RowText::default()
                }
            }
        }
    }

    fn person(&self, number: u32, sign: RowSign) -> RowText {
        let person = &self.desired.everybody()[number as usize];
        let title = self.desired.display_name(person).to_owned();
        let reference = self.desired.text(person.reference);
        let (tail, tone) = match person.state {
            AccountState::Enabled => (String::new(), RowTone::Plain),
            AccountState::Disabled => (text!("state.disabled", "disabled"), RowTone::Warn),
            AccountState::Deleted => (text!("state.deleted", "deleted"), RowTone::Bad),
        };
        let note = if reference == title { String::new() } else { reference.to_owned() };
        RowText { title, note, tail, tone, sign, ..RowText::default() }
    }
}

/// What is typed is in lower case; most of what a directory holds is ASCII, which needs no copy.
fn contains(text: &str, search: &str) -> bool {
    if !text.is_ascii() || !search.is_ascii() {
        return text.to_lowercase().contains(search);
    }
    let (text, search) = (text.as_bytes(), search.as_bytes());
    let Some(first) = search.first() else { return true };
    let last = text.len().saturating_sub(search.len() - 1);
    text.iter().take(last).enumerate().any(|(at, byte)| {
        byte.to_ascii_lowercase() == *first && text[at..at + search.len()].eq_ignore_ascii_case(search)
    })
}

fn people_of(desired: &Desired, state: AccountState) -> Vec<Item> {
    let wanted = |number: &u32| {
        let person = &desired.everybody()[*number as usize];
        desired.people_wanted() && person.email.is_some() && person.state == state && person.changed
    };
    let chosen: Vec<u32> = (0..desired.everybody().len() as u32).filter(wanted).collect();
    let order =
        reading_order(chosen.iter().map(|it| desired.display_name(&desired.everybody()[*it as usize])));
    order.into_iter().map(|place| Item::Person(chosen[place as usize])).collect()
}

fn groups_of(desired: &Desired) -> Vec<Item> {
    let changed = |number: &u32| desired.groups()[*number as usize].changed;
    let chosen: Vec<u32> = (0..desired.groups().len() as u32).filter(changed).collect();
    let order = reading_order(chosen.iter().map(|it| desired.text(desired.groups()[*it as usize].name)));
    let mut unresolved: Vec<Vec<u32>> = vec![Vec::new(); desired.groups().len()];
    for (number, it) in desired.unresolved().iter().enumerate() {
        unresolved[it.group].push(number as u32);
    }
    let mut items = Vec::new();
    for place in order {
        let group = chosen[place as usize];
        items.push(Item::Group(group));
        items.extend(desired.members(group as usize).iter().map(|it| Item::Member(*it)));
        items.extend(unresolved[group as usize].iter().map(|it| Item::Unresolved(*it)));
    }
    items
}

/// One list as it was searched.
#[derive(Clone)]
pub struct FoundList {
    results: Rc<Results>,
    items: Rc<Vec<Item>>,
}

impl FoundList {
    /// What of a list has the words that were typed.
    pub fn new(results: &Rc<Results>, list: usize, search: &str) -> Self {
        let items = Rc::new(results.found(list.min(LEFT_OUT), search));
        Self { results: Rc::clone(results), items }
    }
}

impl Rows for FoundList {
    fn count(&self) -> usize {
        self.items.len()
    }

    fn row(&self, number: usize) -> RowText {
        self.items.get(number).map(|it| self.results.row_of(*it)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::settings::{AddressRule, SyncSettings};
    use bwdc_core::snapshot::{PersonEntry, ReadScope, Section, SnapshotBuilder};

    /// Three people, of whom one is disabled, in a group that also names somebody whom no entry is.
    fn found() -> Rc<Results> {
        let scope = ReadScope { people: true, groups: true, deleted: false, stable_ids: false };
        let mut builder = SnapshotBuilder::new(scope);
        let mut keys = Vec::new();
        for (name, state) in [
            ("user10", AccountState::Enabled),
            ("User9", AccountState::Enabled),
            ("user2", AccountState::Disabled),
        ] {
            let reference = builder.text(&format!("uid={name},dc=example,dc=test"));
            let mail = builder.text(&format!("{name}@example.test"));
            keys.push(reference);
            builder.person(PersonEntry {
                reference,
                key: reference,
                login: None,
                external_id: reference,
                stable_id: None,
                mail: Some(mail),
                prefix: None,
                marks: Default::default(),
                state,
            });
        }
        keys.push(builder.text("uid=nobody,dc=example,dc=test"));
        let (name, reference) = (builder.text("Staff"), builder.text("cn=staff,dc=example,dc=test"));
        builder.group(reference, reference, reference, name, &keys);
        builder.end(Section::People);
        builder.end(Section::Groups);
        let settings = SyncSettings {
            users: true,
            groups: true,
            interval_minutes: None,
            remove_disabled: false,
            overwrite_existing: false,
            large_import: false,
            invite_users_after_provisioning: true,
            address: AddressRule::default(),
        };
        let desired = Desired::build(builder.finish().expect("complete"), &settings).expect("people");
        Rc::new(Results::new(desired))
    }

    fn rows(results: &Rc<Results>, list: usize, search: &str) -> Vec<(String, String, bool)> {
        let list = FoundList::new(results, list, search);
        (0..list.count()).map(|it| list.row(it)).map(|it| (it.title, it.tail, it.inset)).collect()
    }

    fn titles(results: &Rc<Results>, list: usize) -> Vec<String> {
        rows(results, list, "").into_iter().map(|(title, ..)| title).collect()
    }

    #[test]
    fn people_stand_in_the_order_of_their_numbers_whatever_their_case() {
        let found = found();
        assert_eq!(titles(&found, 0), ["user9@example.test", "user10@example.test"]);
        assert_eq!(titles(&found, 1), ["user2@example.test"]);
        assert_eq!(found.counts(), [2, 1, 0, 1, found.counts()[LEFT_OUT]]);
    }

    #[test]
    fn a_groups_members_follow_it_with_their_state_and_who_is_no_entry_is_told() {
        let found = found();
        let rows = rows(&found, GROUPS, "");
        assert_eq!(rows[0].0, "Staff");
        assert!(rows[1..].iter().all(|(_, _, inset)| *inset));
        let tail = |title: &str| rows.iter().find(|it| it.0 == title).map(|it| it.1.as_str());
        assert_eq!(tail("user2@example.test"), Some("disabled"));
        assert_eq!(tail("uid=nobody,dc=example,dc=test"), Some("not read"));
    }

    #[test]
    fn a_group_is_found_by_a_member_and_shown_with_those_who_are_meant() {
        let found = found();
        let shown: Vec<String> =
            rows(&found, GROUPS, "NOBODY").into_iter().map(|(title, ..)| title).collect();
        assert_eq!(shown, ["Staff", "uid=nobody,dc=example,dc=test"]);
    }
}
