//! From search results to a snapshot, section by section: each ends only with the last page of its search.

use super::account::Accounts;
use super::codec;
use super::computed::Shown;
use super::connect::Connection;
use super::domain::Domain;
use super::entry::{Entry, Extent};
use super::error::LdapReadError;
use super::hidden::Hidden;
use super::membership::Membership;
use super::name::{self, is_within};
use super::parity::Parity;
use super::raw;
use super::request::{CHANGE_NUMBER, SHOW_DELETED};
use super::search::Pages;
use super::selection::{Filters, Reading, base_setting, without_range};
use super::spelling::Spellings;
use super::value::{self, text};
use crate::ReadError;
use crate::snapshot_cache::{ObjectKind, RawObject};
use bwdc_base::clock::generalized;
use bwdc_base::event::{Event, Events};
use bwdc_base::notice::Notice;
use bwdc_core::settings::{Aliases, IdAttribute, LdapLayout, LdapSettings};
use bwdc_core::snapshot::{AccountState, ReadScope, Section, Snapshot, SnapshotBuilder};
use bwdc_core::text::Text;
use ldap3::Scope;
use ldap3::asn1::StructureTag;
use ldap3::controls::RawControl;
use std::collections::HashSet;

/// Entries between two events.
const ENTRIES_PER_EVENT: usize = 500;
/// How often everything is read where somebody was deleted in between.
const READS: u32 = 3;
/// Reads every section of the scope; each ends only with the last page of its search.
pub(super) async fn read(
    connection: &mut Connection,
    reading: Reading<'_>,
    events: Events<'_>,
) -> Result<Snapshot, ReadError> {
    Ok(read_whole(connection, reading, false, events).await?.0)
}

/// As [`read`]; the entries are kept as well, None where one of them has no id that survives a rename.
pub(super) async fn read_and_keep(
    connection: &mut Connection,
    reading: Reading<'_>,
    events: Events<'_>,
) -> Result<(Snapshot, Option<Vec<RawObject>>), ReadError> {
    read_whole(connection, reading, true, events).await
}

/// Reads until nobody was deleted between the list of people and that of deleted ones: who is in both is one person, and was in
/// groups that have lost a member since. After a few times such a person is left as listed: the next read tells.
async fn read_whole(
    connection: &mut Connection,
    reading: Reading<'_>,
    keep: bool,
    events: Events<'_>,
) -> Result<(Snapshot, Option<Vec<RawObject>>), ReadError> {
    let mut reads = 1;
    loop {
        let kept = if keep { Kept::Objects(Vec::new()) } else { Kept::Nothing };
        let Read { snapshot, kept, torn } = read_into(connection, reading, kept, events).await?;
        if !torn || reads == READS {
            return Ok((snapshot, kept));
        }
        reads += 1;
        tracing::debug!("somebody was deleted during the read: everything is read again");
    }
}

/// What came of one read.
struct Read {
    snapshot: Snapshot,
    kept: Option<Vec<RawObject>>,
    /// Whether somebody was both there and deleted.
    torn: bool,
}

/// Makes the snapshot out of kept entries, as [`read`] would have made it of the same ones; None where one is not legible.
pub(super) fn read_again(
    reading: Reading<'_>,
    objects: &[RawObject],
    events: Events<'_>,
) -> Result<Option<Snapshot>, ReadError> {
    let mut reader = Reader::new(reading, Kept::Nothing, events);
    let scope = reading.scope;
    for (kind, state) in [(ObjectKind::Person, None), (ObjectKind::Other, Some(AccountState::Deleted))] {
        for object in objects.iter().filter(|it| it.kind == kind) {
            let Some(tag) = codec::decode(&object.body) else { return Ok(None) };
            let Some(entry) = Entry::parse(&tag) else { return Ok(None) };
            reader.person(&entry, state)?;
        }
    }
    reader.notice(Domain::notice_on_people);
    for object in objects.iter().filter(|it| it.kind == ObjectKind::Group) {
        let Some(tag) = codec::decode(&object.body) else { return Ok(None) };
        let Some(entry) = Entry::parse(&tag) else { return Ok(None) };
        let Some(name) = reader.group_name(&entry) else { continue };
        reader.begin_members(&entry);
        if reader.members_of(&entry) != Extent::Whole {
            return Ok(None);
        }
        reader.add_group(&entry, name)?;
    }
    if !reader.spellings.unsure(&reader.builder).is_empty() {
        return Ok(None);
    }
    reader.finish_groups();
    reader.notice(Domain::notice_on_groups);
    for (wanted, section) in [
        (scope.people, Section::People),
        (scope.deleted, Section::DeletedPeople),
        (scope.groups, Section::Groups),
    ] {
        if wanted {
            reader.builder.end(section);
        }
    }
    reader.report();
    Ok(Some(reader.builder.finish()?))
}

async fn read_into(
    connection: &mut Connection,
    reading: Reading<'_>,
    kept: Kept,
    events: Events<'_>,
) -> Result<Read, ReadError> {
    let Reading { settings, layout, filters, scope, .. } = reading;
    let mut reader = Reader::new(reading, kept, events);
    if scope.people {
        for base in &layout.user_bases {
            let setting = base_setting(base, settings, layout.user_base_setting);
            let request = reader.people_request(base.clone(), &filters.people, setting);
            reader.people(connection.search(request), None).await?;
        }
        reader.dates_were_there(connection.server())?;
        reader.people_hide(connection, filters).await?;
        reader.notice(Domain::notice_on_people);
        reader.builder.end(Section::People);
    }
    if scope.deleted {
        if settings.active_directory {
            reader.deleted(connection, settings, filters).await?;
        }
        reader.builder.end(Section::DeletedPeople);
    }
    if scope.groups {
        for base in &layout.group_bases {
            let setting = base_setting(base, settings, layout.group_base_setting);
            let request = reader.group_request(base.clone(), &filters.groups, setting);
            reader.groups(connection.search(request)).await?;
            reader.drop_if_computed(connection, base, filters).await?;
        }
        reader.groups_hide(connection, filters).await?;
        reader.ask_for_names(connection).await?;
        reader.finish_groups();
        reader.notice(Domain::notice_on_groups);
        reader.builder.end(Section::Groups);
    }
    reader.report();
    let kept = match reader.kept {
        Kept::Objects(objects) => Some(objects),
        Kept::Nothing => None,
    };
    Ok(Read { torn: reader.torn, snapshot: reader.builder.finish()?, kept })
}

/// What becomes of the entries once they are read.
enum Kept {
    Nothing,
    Objects(Vec<RawObject>),
}

pub(super) struct Reader<'r> {
    kept: Kept,
    pub(super) builder: SnapshotBuilder,
    pub(super) layout: &'r LdapLayout,
    pub(super) scope: ReadScope,
    pub(super) wants_login: bool,
    pub(super) member_attribute: &'r str,
    pub(super) domain: Option<Domain>,
    pub(super) parity: Parity,
    pub(super) accounts: Accounts<'r>,
    pub(super) membership: Membership<'r>,
    /// Who is there, where the directory lists deleted people, too.
    pub(super) living: Option<HashSet<Text>>,
    /// Whether somebody was both there and deleted.
    pub(super) torn: bool,
    /// Who was read already, where one entry may come twice.
    pub(super) seen: Option<HashSet<Text>>,
    pub(super) events: Events<'r>,
    pub(super) scratch: String,
    pub(super) spellings: Spellings,
    pub(super) members: Vec<Text>,
    pub(super) waiting: Vec<WaitingGroup>,
    pub(super) hidden: Hidden<'r>,
    pub(super) group_spelled: String,
    taken: usize,
    changes: Option<Changes>,
}

/// What an entry is called.
pub(super) struct Names {
    pub(super) reference: Text,
    pub(super) key: Text,
    pub(super) external_id: Text,
    pub(super) guid: Option<String>,
}

/// A group whose members are not all known yet.
pub(super) struct WaitingGroup {
    pub(super) reference: Text,
    pub(super) key: Text,
    pub(super) external_id: Text,
    pub(super) stable_id: Option<Text>,
    pub(super) name: Text,
    pub(super) members: Vec<Text>,
}

/// What is needed to tell changed entries from others.
struct Changes {
    /// Fourteen digits, as a generalized time begins.
    since: String,
    /// Entries that had a date.
    dated: usize,
}

impl<'r> Reader<'r> {
    /// A reader that asks for what is to be kept, too.
    pub(super) fn keeping(reading: Reading<'r>, events: Events<'r>) -> Self {
        Self::new(reading, Kept::Objects(Vec::new()), events)
    }

    fn new(reading: Reading<'r>, kept: Kept, events: Events<'r>) -> Self {
        let Reading { settings, layout, scope, since, now, .. } = reading;
        let member_attribute = without_range(&layout.member_attribute);
        let mut builder = SnapshotBuilder::new(scope);
        builder.addresses_by(&layout.address_settings);
        Self {
            kept,
            builder,
            layout,
            scope,
            wants_login: reading.wants_login(),
            member_attribute,
            domain: settings.active_directory.then(|| Domain::new(now)),
            parity: Parity::default(),
            accounts: Accounts::new(&layout.disabled_by, layout.disabled_by_chosen, now),
            membership: Membership::new(layout),
            living: (scope.deleted && settings.active_directory).then(HashSet::new),
            torn: false,
            seen: (layout.aliases != Aliases::Never).then(HashSet::new),
            events,
            scratch: String::new(),
            spellings: Spellings::default(),
            members: Vec::new(),
            waiting: Vec::new(),
            hidden: Hidden::new(reading),
            group_spelled: String::new(),
            taken: 0,
            changes: since.map(|since| Changes { since: generalized(since), dated: 0 }),
        }
    }

    /// Whether entries are kept for the next read.
    pub(super) fn keeps(&self) -> bool {
        matches!(self.kept, Kept::Objects(_))
    }

    async fn people(
        &mut self,
        mut pages: Pages<'_>,
        state: Option<AccountState>,
    ) -> Result<(), LdapReadError> {
        let kind = if state.is_some() { ObjectKind::Other } else { ObjectKind::Person };
        while let Some(tag) = pages.next().await? {
            let tag = raw::complete(tag, None, &mut pages).await?;
            self.person(&parse(&tag, &pages)?, state)?;
            self.keep(kind, tag);
            self.count();
        }
        Ok(())
    }

    /// Without the right to see deleted people there are none: they only ever add removals.
    async fn deleted(
        &mut self,
        connection: &mut Connection,
        settings: &LdapSettings,
        filters: &Filters,
    ) -> Result<(), LdapReadError> {
        const REFUSALS: [u32; 4] = [1, 12, 32, 50];
        let base = format!("CN=Deleted Objects,{}", connection.naming_context(&settings.root_path));
        let mut request = self.people_request(base, &filters.deleted, "ldap.rootPath");
        request.scope = Scope::Subtree;
        request.controls.push(RawControl { ctype: SHOW_DELETED.to_owned(), crit: true, val: None });
        match self.people(connection.search(request), Some(AccountState::Deleted)).await {
            Err(error @ LdapReadError::Refused { .. }) => match &error {
                LdapReadError::Refused { place, outcome, .. }
                    if place.taken == 0 && REFUSALS.contains(&outcome.code) =>
                {
                    let reason = error.to_string();
                    (self.events)(Event::Notice(Notice::DeletedPeopleUnreadable { reason }));
                    Ok(())
                }
                _ => Err(error),
            },
            result => result,
        }
    }

    async fn groups(&mut self, mut pages: Pages<'_>) -> Result<(), LdapReadError> {
        while let Some(tag) = pages.next().await? {
            let tag = match self.kept {
                // The members are taken as they come: there may be many.
                Kept::Nothing => raw::complete(tag, Some(self.member_attribute), &mut pages).await?,
                Kept::Objects(_) => raw::complete(tag, None, &mut pages).await?,
            };
            self.group(&parse(&tag, &pages)?, &mut pages).await?;
            self.keep(ObjectKind::Group, tag);
            self.count();
        }
        Ok(())
    }

    /// Ends the keeping where a group shows members that its entry does not hold, or may do so.
    async fn drop_if_computed(
        &mut self,
        connection: &mut Connection,
        base: &str,
        filters: &Filters,
    ) -> Result<(), LdapReadError> {
        let Kept::Objects(objects) = &self.kept else { return Ok(()) };
        if self.domain.is_some() || self.layout.member_of_attribute.is_some() {
            return Ok(());
        }
        let above = name::normalized(base);
        let is_here = |entry: &Entry<'_>| {
            let name = name::normalized(&text(entry.name()));
            name.zip(above.as_ref()).is_none_or(|(name, above)| is_within(&name, above))
        };
        let mut shown = Shown::new(connection, self.member_attribute).await?;
        for object in objects.iter().filter(|it| it.kind == ObjectKind::Group) {
            let Some(tag) = codec::decode(&object.body) else { continue };
            if let Some(entry) = Entry::parse(&tag).filter(is_here) {
                shown.add(&entry);
            }
        }
        if shown.differs(connection, base, Scope::Subtree, &filters.groups).await? {
            tracing::debug!("the server works out members of groups: every read is a full one");
            self.kept = Kept::Nothing;
        }
        Ok(())
    }

    pub(super) fn keep_nothing(&mut self) {
        self.kept = Kept::Nothing;
    }

    /// Keeps an entry; one without an id for good, with members that the server works out, or of whose changes an Active Directory does
    /// not tell this account, ends the keeping.
    fn keep(&mut self, kind: ObjectKind, tag: StructureTag) {
        let Kept::Objects(objects) = &mut self.kept else { return };
        let tells_of_changes =
            || Entry::parse(&tag).is_some_and(|it| it.first_value(CHANGE_NUMBER).is_some());
        if self.domain.is_some() && kind != ObjectKind::Other && !tells_of_changes() {
            tracing::debug!("changes are not shown to this account: every read is a full one");
            self.kept = Kept::Nothing;
            return;
        }
        match raw::object(kind, tag) {
            Some(object) => objects.push(object),
            None => self.kept = Kept::Nothing,
        }
    }

    pub(super) fn revision_attribute(&self) -> Option<&str> {
        self.changes.as_ref().and(self.layout.revision_attribute.as_deref())
    }

    /// Marks an entry whose date is older than what was asked about. One without a date that can be read may have changed.
    pub(super) fn mark(&mut self, entry: &Entry<'_>, key: Text) {
        let (Some(changes), Some(attribute)) = (&mut self.changes, &self.layout.revision_attribute) else {
            return;
        };
        let Some(date) = entry.first_value(attribute) else { return };
        changes.dated += 1;
        let digits = date.get(..14).filter(|it| it.iter().all(u8::is_ascii_digit) && date.ends_with(b"Z"));
        if digits.is_some_and(|it| it < changes.since.as_bytes()) {
            self.builder.unchanged(key);
        }
    }

    fn dates_were_there(&self, server: &str) -> Result<(), LdapReadError> {
        match &self.changes {
            Some(Changes { dated: 0, .. }) if self.builder.counts().0 > 0 => {
                Err(LdapReadError::NoRevisionDate {
                    server: server.into(),
                    attribute: self.layout.revision_attribute.as_deref().unwrap_or("whenChanged").into(),
                })
            }
            _ => Ok(()),
        }
    }

    fn notice(&self, notice: impl Fn(&Domain) -> Option<Notice>) {
        if let Some(notice) = self.domain.as_ref().and_then(notice) {
            (self.events)(Event::Notice(notice));
        }
    }

    pub(super) fn names(&mut self, entry: &Entry<'_>) -> Result<Names, LdapReadError> {
        let spelled = text(entry.name());
        let reference = self.builder.text(&name::with_hex_escapes(&spelled));
        let key = self.spellings.of_entry(&spelled, &mut self.builder);
        let guid = entry.first_value("objectGUID").and_then(value::guid_text);
        let external_id = match self.layout.id_attribute {
            None => guid.as_deref().map_or(reference, |guid| self.builder.text(guid)),
            Some(attribute) => {
                let id = chosen_id(entry, attribute).ok_or_else(|| LdapReadError::NoId {
                    entry: spelled.as_ref().into(),
                    attribute: attribute.name(),
                })?;
                self.builder.text(&id)
            }
        };
        Ok(Names { reference, key, external_id, guid })
    }

    pub(super) fn first(&mut self, entry: &Entry<'_>, attribute: &str) -> Option<Text> {
        entry.first_value(attribute).map(|value| self.builder.text(&text(value)))
    }

    fn count(&mut self) {
        self.taken += 1;
        if self.taken.is_multiple_of(ENTRIES_PER_EVENT) {
            self.report();
        }
    }

    fn report(&self) {
        let (people, groups) = self.builder.counts();
        (self.events)(Event::Reading { people, groups });
    }
}

fn parse<'t>(tag: &'t StructureTag, pages: &Pages<'_>) -> Result<Entry<'t>, LdapReadError> {
    Entry::parse(tag).ok_or_else(|| pages.malformed("an entry without a name or attributes"))
}

/// The value of the attribute that the settings choose; None for an empty one.
pub(super) fn chosen_id(entry: &Entry<'_>, attribute: IdAttribute) -> Option<String> {
    let value = entry.first_value(attribute.name())?;
    let id = if attribute.is_binary() { value::octets_text(value)? } else { text(value).into_owned() };
    (!id.trim().is_empty()).then_some(id)
}
