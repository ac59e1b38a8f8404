//! What becomes of the entry of a group, and of its members.

use super::connect::Connection;
use super::domain;
use super::entry::{Entry, Extent};
use super::error::LdapReadError;
use super::reader::{Names, Reader, WaitingGroup};
use super::search::Pages;
use super::value::text;
use super::whose::{Whose, whose};
use bwdc_base::event::Event;
use bwdc_base::notice::Notice;
use bwdc_core::text::Text;
use std::borrow::Cow;

impl Reader<'_> {
    pub(super) async fn group(
        &mut self,
        entry: &Entry<'_>,
        pages: &mut Pages<'_>,
    ) -> Result<(), LdapReadError> {
        let Some(group_name) = self.group_name(entry) else { return Ok(()) };
        let attribute = self.member_attribute;
        self.begin_members(entry);
        match self.members_of(entry) {
            Extent::Whole => {}
            Extent::Until(next) => {
                let entry_name = text(entry.name());
                let last = entry.values(attribute).last().unwrap_or_default();
                pages.values_from(&entry_name, attribute, next, last, |value| self.member(value)).await?;
                self.parity.long_list(self.members.len());
            }
            Extent::Broken => return Err(pages.broken_range(&text(entry.name()), attribute, 0)),
        }
        self.add_group(entry, group_name)
    }

    /// None, with a notice, for a group that nothing names.
    pub(super) fn group_name(&mut self, entry: &Entry<'_>) -> Option<Text> {
        let named = self.first(entry, &self.layout.group_name_attribute);
        let name = named.or_else(|| self.first(entry, "cn"));
        if name.is_none() {
            let group = text(entry.name()).to_string();
            let attribute = Some(self.layout.group_name_attribute.clone());
            (self.events)(Event::Notice(Notice::GroupWithoutName { group, attribute }));
        }
        name
    }

    pub(super) fn begin_members(&mut self, entry: &Entry<'_>) {
        self.members.clear();
        self.parity.begin();
        self.group_spelled = named_text(entry, &self.layout.group_name_attribute).into_owned();
    }

    /// The members that came with the entry itself.
    pub(super) fn members_of(&mut self, entry: &Entry<'_>) -> Extent {
        if !entry.is_spelled(self.member_attribute) {
            self.parity.other_attribute();
        }
        entry.values_from(self.member_attribute, 0, |value| self.member(value))
    }

    fn member(&mut self, value: &[u8]) {
        let Self { builder, spellings, members, domain, group_spelled, layout, parity, .. } = self;
        let Some(listed) = spellings.member(&text(value), layout.logins_as_names, builder) else { return };
        parity.member(members.len(), listed, builder);
        members.push(listed.name);
        if let Some(domain) = domain.as_mut() {
            domain.member(group_spelled, builder.texts().get(builder.comparable(listed.name)));
        }
    }

    pub(super) fn add_group(&mut self, entry: &Entry<'_>, name: Text) -> Result<(), LdapReadError> {
        let Names { reference, key, external_id, guid } = self.names(entry)?;
        if self.seen.as_mut().is_some_and(|seen| !seen.insert(key)) {
            return Ok(());
        }
        self.hidden.note_group(key, entry);
        let stable_id = self.stable_id(entry, guid.as_deref());
        let sid = entry.first_value(domain::GROUP_ATTRIBUTE);
        let primary = self.domain.as_ref().map_or(&[][..], |domain| domain.primary_members(sid));
        self.parity.primary(self.members.len()..self.members.len() + primary.len());
        self.members.extend_from_slice(primary);
        let numbered = self.membership.primary_members(entry);
        self.members.extend_from_slice(numbered);
        // The date of a primary group says nothing of those who joined or left it.
        let dated = primary.is_empty() && numbered.is_empty();
        if self.membership.is_told_by_members() {
            self.membership.group(key, entry, &mut self.builder, &mut self.spellings);
            let members = std::mem::take(&mut self.members);
            self.waiting.push(WaitingGroup { reference, key, external_id, stable_id, name, members });
            return Ok(());
        }
        self.builder.group(reference, key, external_id, name, &self.members);
        self.builder.group_stable_id(stable_id);
        self.parity.group(key, &mut self.builder);
        if dated {
            self.mark(entry, key);
        }
        Ok(())
    }

    /// Asks the server whose name it is, where that is its to say. What it answers is not in the entries, so that they are not kept.
    pub(super) async fn ask_for_names(&mut self, connection: &mut Connection) -> Result<(), LdapReadError> {
        let unsure = self.spellings.unsure(&self.builder);
        if unsure.is_empty() {
            return Ok(());
        }
        tracing::debug!(
            names = unsure.len(),
            "names that servers compare in two ways: every read is a full one"
        );
        self.keep_nothing();
        let names = unsure.iter().map(|(name, _)| self.builder.texts().get(*name).to_owned()).collect();
        for ((name, entries), told) in unsure.into_iter().zip(whose(connection, names).await?) {
            let found = match told {
                Whose::Entry(found) => self.spellings.name(&found, &mut self.builder),
                Whose::Nobody => None,
                Whose::Untold => {
                    self.builder.belongs_to_no_one_known(name);
                    continue;
                }
            };
            self.builder.belongs_to(name, found.filter(|it| entries.contains(it)));
        }
        Ok(())
    }

    /// Groups whose members are told by the members themselves are whole only once everybody was read.
    pub(super) fn finish_groups(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let keys: Vec<Text> = waiting.iter().map(|it| it.key).collect();
        let told = self.membership.of_groups(&keys, &self.builder);
        for (group, told) in waiting.into_iter().zip(told) {
            let WaitingGroup { reference, key, external_id, stable_id, name, mut members } = group;
            members.extend(told.members);
            for (member, said) in told.doubtful {
                self.builder.doubtful_member(key, member, said);
            }
            self.builder.group(reference, key, external_id, name, &members);
            self.builder.group_stable_id(stable_id);
        }
        self.parity.finish(&mut self.builder);
    }
}

fn named_text<'e>(entry: &Entry<'e>, attribute: &str) -> Cow<'e, str> {
    text(entry.first_value(attribute).unwrap_or_else(|| entry.name()))
}
