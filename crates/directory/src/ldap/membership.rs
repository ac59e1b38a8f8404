//! Memberships that are told by the members: groups that an entry names as its own (`memberOf`), and the number of a
//! person's primary group (`gidNumber`, RFC 2307).

use super::entry::Entry;
use super::name;
use super::value::text;
use bwdc_core::settings::LdapLayout;
use bwdc_core::snapshot::SnapshotBuilder;
use bwdc_core::text::Text;
use std::collections::HashMap;

const GROUP_NUMBER: &str = "gidNumber";

/// What the members have told so far.
pub(super) struct Membership<'s> {
    member_of: Option<&'s str>,
    by_group: HashMap<Text, Vec<Text>>,
    by_number: Option<HashMap<Box<[u8]>, Vec<Text>>>,
}

impl<'s> Membership<'s> {
    pub(super) fn new(layout: &'s LdapLayout) -> Self {
        Self {
            member_of: layout.member_of_attribute.as_deref(),
            by_group: HashMap::new(),
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
        scratch: &mut String,
    ) {
        self.group(key, entry, builder, scratch);
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
        scratch: &mut String,
    ) {
        let Some(attribute) = self.member_of else { return };
        for value in entry.values(attribute) {
            if name::normalize(&text(value), scratch) {
                self.by_group.entry(builder.text(scratch)).or_default().push(key);
            }
        }
    }

    /// Who says to be in the group of this key, in the directory's order.
    pub(super) fn members(&self, group: Text) -> &[Text] {
        self.by_group.get(&group).map_or(&[], Vec::as_slice)
    }

    /// People who have the number of this group.
    pub(super) fn primary_members(&self, group: &Entry<'_>) -> &[Text] {
        let number = || group.first_value(GROUP_NUMBER);
        let members = self.by_number.as_ref().and_then(|it| it.get(number()?));
        members.map_or(&[], Vec::as_slice)
    }
}
