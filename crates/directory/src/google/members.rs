//! Who is in which group, as far as it was asked for, and everybody below.

use super::model::MemberResponse;
use bwdc_core::snapshot::{AccountState, SnapshotBuilder};
use bwdc_core::text::Text;
use std::collections::{HashMap, HashSet};

/// A member, whatever its role: owners and managers are members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    /// Somebody of the account: id and address.
    Person(Text, Text),
    /// A group of the account: id and address.
    Group(Text, Text),
    /// Somebody of the account whose account is not active, by id: as with today's connector in no group, but still one of
    /// those whom a filter means by naming the group.
    Inactive(Text),
    /// Everybody of the account.
    Everybody,
    /// A person of whom the answer does not say whether the account is active: id and address. Google says it of the
    /// account's own people only, but an answer may lack it.
    Untold(Text, Text),
    /// Somebody or something that is not of the account, by address.
    Outside(Text),
}

impl Member {
    /// Of an answer that says who it is about.
    pub(super) fn of(response: MemberResponse, builder: &mut SnapshotBuilder) -> Self {
        let MemberResponse { id, email, kind, status } = response;
        let filled = |text: Option<String>| text.filter(|it| !it.trim().is_empty());
        let (id, status) = (filled(id), filled(status));
        let kind = kind.unwrap_or_default().to_ascii_uppercase();
        let shown =
            filled(email).or_else(|| id.clone()).unwrap_or_else(|| format!("a member of type `{kind}`"));
        let address = builder.text(&shown);
        match (kind.as_str(), id, status) {
            ("CUSTOMER", ..) => Self::Everybody,
            ("GROUP", Some(id), _) => Self::Group(builder.text(&id), address),
            ("USER", Some(id), Some(status)) if status.eq_ignore_ascii_case("ACTIVE") => {
                Self::Person(builder.text(&id), address)
            }
            ("USER", Some(id), Some(_)) => Self::Inactive(builder.text(&id)),
            ("USER", Some(id), None) => Self::Untold(builder.text(&id), address),
            _ => Self::Outside(address),
        }
    }
}

/// The direct members of each group that was read, by its id.
#[derive(Default)]
pub(super) struct Members {
    lists: HashMap<Text, Vec<Member>>,
    /// Groups of other accounts, whose members nobody here may see.
    foreign: HashSet<Text>,
}

/// Everybody in some groups and in the groups inside them.
#[derive(Default)]
pub(super) struct Below {
    people: HashSet<Text>,
    inactive: HashSet<Text>,
    everybody: bool,
}

impl Below {
    /// The people among these members themselves.
    pub(super) fn of<'m>(members: impl IntoIterator<Item = &'m Member>) -> Self {
        let mut below = Self::default();
        members.into_iter().for_each(|member| below.take(member));
        below
    }

    fn take(&mut self, member: &Member) {
        match member {
            Member::Person(id, _) => drop(self.people.insert(*id)),
            Member::Inactive(id) => drop(self.inactive.insert(*id)),
            Member::Everybody => self.everybody = true,
            Member::Group(..) | Member::Untold(..) | Member::Outside(_) => {}
        }
    }

    /// Whether somebody is among them, with an active account or with any.
    pub(super) fn has(&self, person: Text, inactive_too: bool) -> bool {
        self.everybody || self.people.contains(&person) || inactive_too && self.inactive.contains(&person)
    }
}

impl Members {
    pub(super) fn put(&mut self, group: Text, members: Vec<Member>) {
        self.lists.insert(group, members);
    }

    /// Notes that a group is another account's.
    pub(super) fn put_foreign(&mut self, group: Text) {
        self.lists.insert(group, Vec::new());
        self.foreign.insert(group);
    }

    pub(super) fn is_read(&self, group: Text) -> bool {
        self.lists.contains_key(&group)
    }

    fn of(&self, group: Text) -> &[Member] {
        self.lists.get(&group).map_or(&[], Vec::as_slice)
    }

    /// Says of whom the answers did not tell whether the account is active what the list of people says: `states` knows
    /// everybody who was read, and the state of whom it is told. Whoever was not read is of elsewhere.
    pub(super) fn settle(&mut self, states: &HashMap<Text, Option<AccountState>>) {
        for member in self.lists.values_mut().flatten() {
            let Member::Untold(id, address) = *member else { continue };
            *member = match states.get(&id) {
                Some(Some(AccountState::Enabled) | None) => Member::Person(id, address),
                Some(Some(_)) => Member::Inactive(id),
                None => Member::Outside(address),
            };
        }
    }

    /// The address of a group of another account in or below these.
    pub(super) fn foreign_below(&self, groups: &[Text]) -> Option<Text> {
        let mut foreign = None;
        self.walk(groups, |_, members| {
            foreign = foreign.or(members.iter().find_map(|member| match *member {
                Member::Group(id, address) if self.foreign.contains(&id) => Some(address),
                _ => None,
            }));
        });
        foreign
    }

    /// Groups in or below these that were not read, each once.
    pub(super) fn unread(&self, groups: &[Text]) -> Vec<Text> {
        let mut unread = Vec::new();
        self.walk(groups, |group, _| {
            if !self.is_read(group) {
                unread.push(group);
            }
        });
        unread
    }

    /// Everybody in these groups and in the groups inside them, active or not.
    pub(super) fn below(&self, groups: &[Text]) -> Below {
        let mut below = Below::default();
        self.walk(groups, |_, members| members.iter().for_each(|member| below.take(member)));
        below
    }

    /// What a group shows: its own members in their order, then those of groups that `hidden` names, as if they stood here.
    pub(super) fn shown(&self, group: Text, hidden: impl Fn(Text) -> bool) -> Vec<Member> {
        let mut shown = Vec::new();
        let mut entered = HashSet::from([group]);
        let mut waiting = vec![group];
        while let Some(current) = waiting.pop() {
            let mut inner = Vec::new();
            for member in self.of(current) {
                match *member {
                    Member::Group(id, _) if hidden(id) && !self.foreign.contains(&id) => {
                        if entered.insert(id) {
                            inner.push(id);
                        }
                    }
                    other => shown.push(other),
                }
            }
            waiting.extend(inner.into_iter().rev());
        }
        shown
    }

    fn walk(&self, groups: &[Text], mut visit: impl FnMut(Text, &[Member])) {
        let mut entered = HashSet::new();
        let mut waiting = groups.to_vec();
        while let Some(group) = waiting.pop() {
            if !entered.insert(group) {
                continue;
            }
            let members = self.of(group);
            visit(group, members);
            waiting.extend(members.iter().filter_map(|member| match member {
                Member::Group(id, _) => Some(*id),
                _ => None,
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::snapshot::ReadScope;

    fn builder() -> SnapshotBuilder {
        SnapshotBuilder::new(ReadScope { people: true, groups: true, deleted: true, stable_ids: true })
    }

    #[test]
    fn types_and_statuses_of_members() {
        let mut builder = builder();
        for (kind, status, expected) in [
            (Some("USER"), Some("ACTIVE"), "person"),
            (Some("user"), Some("active"), "person"),
            (Some("USER"), Some("SUSPENDED"), "inactive"),
            (Some("USER"), Some("ARCHIVED"), "inactive"),
            (Some("USER"), None, "untold"),
            (Some("USER"), Some(" "), "untold"),
            (Some("EXTERNAL"), None, "outside"),
            (Some("EXTERNAL"), Some("ACTIVE"), "outside"),
            (Some("GROUP"), Some("ACTIVE"), "group"),
            (Some("GROUP"), None, "group"),
            (Some("CUSTOMER"), None, "everybody"),
            (None, Some("ACTIVE"), "outside"),
        ] {
            let response = MemberResponse {
                id: Some("1".to_owned()),
                email: Some("a@x.test".to_owned()),
                kind: kind.map(str::to_owned),
                status: status.map(str::to_owned),
            };
            let (id, address) = (builder.text("1"), builder.text("a@x.test"));
            let expected = match expected {
                "person" => Member::Person(id, address),
                "inactive" => Member::Inactive(id),
                "group" => Member::Group(id, address),
                "everybody" => Member::Everybody,
                "untold" => Member::Untold(id, address),
                _ => Member::Outside(address),
            };
            assert_eq!(Member::of(response, &mut builder), expected, "{kind:?} {status:?}");
        }
    }

    #[test]
    fn whose_status_is_not_told_is_whoever_the_list_of_people_says() {
        let mut builder = builder();
        let [group, one, two, three, four] =
            ["group", "one", "two", "three", "four"].map(|it| builder.text(it));
        let mut members = Members::default();
        members.put(group, [one, two, three, four].map(|it| Member::Untold(it, it)).into());
        members.settle(&HashMap::from([
            (one, Some(AccountState::Enabled)),
            (two, Some(AccountState::Disabled)),
            (three, None),
        ]));
        let expected = [
            Member::Person(one, one),
            Member::Inactive(two),
            Member::Person(three, three),
            Member::Outside(four),
        ];
        assert_eq!(members.of(group), expected);
    }

    #[test]
    fn hidden_groups_lend_their_people_and_circles_end() {
        let mut builder = builder();
        let [a, b, c, one, two, three] = ["a", "b", "c", "one", "two", "three"].map(|it| builder.text(it));
        let (group, person) = (|id| Member::Group(id, id), |id| Member::Person(id, id));
        let mut members = Members::default();
        members.put(a, vec![group(b), person(one), group(c)]);
        members.put(b, vec![person(two), group(a), group(b)]);
        assert_eq!(members.unread(&[b]), [c]);
        members.put(c, vec![person(three)]);
        assert_eq!(members.shown(a, |group| group == b), [person(one), group(c), person(two), group(a)]);
        assert_eq!(members.shown(a, |_| true), [person(one), person(two), person(three)]);
        assert!([one, two, three].into_iter().all(|it| members.below(&[b]).has(it, false)));
        assert!(members.below(&[c]).has(three, false) && !members.below(&[c]).has(one, true));
        members.put(c, vec![Member::Inactive(three)]);
        assert!(members.below(&[a]).has(three, true) && !members.below(&[a]).has(three, false));
        members.put(c, vec![Member::Everybody]);
        assert!(members.below(&[a]).has(a, false));
    }
}
