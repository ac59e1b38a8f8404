//! Memberships that are told by the members: groups that an entry names as its own (`memberOf`), and the number of a
//! person's primary group (`gidNumber`, RFC 2307).

use super::entry::Entry;
use super::spelling::Spellings;
use super::value::text;
use bwdc_core::settings::LdapLayout;
use bwdc_core::snapshot::SnapshotBuilder;
use bwdc_core::text::Text;
use std::collections::{BTreeMap, HashMap, HashSet};

pub(super) const GROUP_NUMBER: &str = "gidNumber";

/// What the members have told so far.
pub(super) struct Membership<'s> {
    member_of: Option<&'s str>,
    by_group: BTreeMap<Text, Vec<Text>>,
    by_number: Option<HashMap<Box<[u8]>, Vec<Text>>>,
}

/// What members say of one group.
pub(super) struct Told {
    pub(super) members: Vec<Text>,
    /// Members of whom it cannot be told whether they mean this group, with the name that they say.
    pub(super) doubtful: Vec<(Text, Text)>,
}

impl<'s> Membership<'s> {
    pub(super) fn new(layout: &'s LdapLayout) -> Self {
        Self {
            member_of: layout.member_of_attribute.as_deref(),
            by_group: BTreeMap::new(),
            by_number: layout.primary_groups.then(HashMap::new),
        }
    }

    /// Attributes of people and of groups.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &'s str> {
        self.member_of.into_iter().chain(self.by_number.is_some().then_some(GROUP_NUMBER))
    }

    /// Whether the groups' own lists do not count.
    pub(super) fn is_told_by_members(&self) -> bool {
        self.member_of.is_some()
    }

    pub(super) fn person(
        &mut self,
        key: Text,
        entry: &Entry<'_>,
        builder: &mut SnapshotBuilder,
        spellings: &mut Spellings,
    ) {
        self.group(key, entry, builder, spellings);
        if let Some((numbers, number)) = self.by_number.as_mut().zip(entry.first_value(GROUP_NUMBER)) {
            numbers.entry(number.into()).or_default().push(key);
        }
    }

    /// Notes in which groups an entry is.
    pub(super) fn group(
        &mut self,
        key: Text,
        entry: &Entry<'_>,
        builder: &mut SnapshotBuilder,
        spellings: &mut Spellings,
    ) {
        let Some(attribute) = self.member_of else { return };
        for value in entry.values(attribute) {
            if let Some(group) = spellings.name(&text(value), builder) {
                self.by_group.entry(group).or_default().push(key);
            }
        }
    }

    /// Who says to be in each of these groups, in the directory's order. Who says a name that several of the groups answer to, none of
    /// them letter by letter, or of which the server was asked in vain, is a doubt for each of them.
    pub(super) fn of_groups(&self, groups: &[Text], builder: &SnapshotBuilder) -> Vec<Told> {
        let spelled: HashSet<Text> = groups.iter().copied().collect();
        let mut answering: HashMap<Text, usize> = HashMap::new();
        for &group in &spelled {
            *answering.entry(builder.comparable(group)).or_default() += 1;
        }
        let mut otherwise: HashMap<Text, Vec<(Text, Text)>> = HashMap::new();
        let mut untold: HashMap<Text, Vec<(Text, Text)>> = HashMap::new();
        let mut told: HashMap<Text, Vec<Text>> = HashMap::new();
        for (group, members) in self.by_group.iter().filter(|(group, _)| !spelled.contains(*group)) {
            match builder.owner(*group) {
                Some(Some(key)) => told.entry(key).or_default().extend(members),
                Some(None) => {}
                None => {
                    let doubts = members.iter().map(|&member| (member, *group));
                    let doubted = if builder.is_undecided(*group) { &mut untold } else { &mut otherwise };
                    doubted.entry(builder.comparable(*group)).or_default().extend(doubts);
                }
            }
        }
        let of = |group: &Text| {
            let mut members = self.by_group.get(group).cloned().unwrap_or_default();
            if let Some(more) = told.get(group) {
                members.extend(more);
                members.sort_unstable();
            }
            let comparable = builder.comparable(*group);
            let mut doubtful = untold.get(&comparable).cloned().unwrap_or_default();
            match otherwise.get(&comparable) {
                Some(more) if answering[&comparable] > 1 => doubtful.extend(more),
                Some(more) => {
                    members.extend(more.iter().map(|(member, _)| *member));
                    members.sort_unstable();
                }
                None => {}
            }
            Told { members, doubtful }
        };
        groups.iter().map(of).collect()
    }

    /// People who have the number of this group.
    pub(super) fn primary_members(&self, group: &Entry<'_>) -> &[Text] {
        let number = || group.first_value(GROUP_NUMBER);
        let members = self.by_number.as_ref().and_then(|it| it.get(number()?));
        members.map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::snapshot::ReadScope;

    #[test]
    fn whose_name_the_server_does_not_tell_is_a_doubt() {
        let scope = ReadScope { people: true, groups: true, deleted: false, stable_ids: false };
        let (mut builder, mut spellings) = (SnapshotBuilder::new(scope), Spellings::default());
        let group = spellings.of_entry("cn=b\u{1d52}ard,dc=x", &mut builder);
        let mut name = |spelled: &str| spellings.name(spelled, &mut builder).unwrap();
        let (ann, ben, cyd) = (name("cn=ann,dc=x"), name("cn=ben,dc=x"), name("cn=cyd,dc=x"));
        let (board, capitals) = (name("cn=board,dc=x"), name("CN=B\u{1d52}ARD,dc=x"));
        let by_group = BTreeMap::from([(group, vec![ann]), (board, vec![ben]), (capitals, vec![cyd])]);
        let membership = Membership { member_of: Some("memberOf"), by_group, by_number: None };
        let mut told = |asked: fn(&mut SnapshotBuilder, Text)| {
            asked(&mut builder, board);
            let all = membership.of_groups(&[group], &builder);
            (all[0].members.clone(), all[0].doubtful.clone())
        };
        assert_eq!(told(SnapshotBuilder::belongs_to_no_one_known), (vec![ann, cyd], vec![(ben, board)]));
        assert_eq!(told(|builder, name| builder.belongs_to(name, None)), (vec![ann, cyd], vec![]));
    }
}
