//! From search results to a snapshot: which attributes are asked for and what becomes of them.

use super::account::Accounts;
use super::beside::Beside;
use super::connect::{Connection, is_within};
use super::domain::{self, Domain};
use super::entry::{Entry, Extent};
use super::error::LdapReadError;
use super::membership::Membership;
use super::search::{Elsewhere, Pages, Request};
use super::{filter, name, raw, value};
use crate::clock::{Clock, generalized};
use crate::directory::ReadError;
use crate::directory::mirror::{ObjectKind, RawObject};
use crate::event::{Event, Events};
use crate::notice::Notice;
use bwdc_core::names::Timestamp;
use bwdc_core::settings::{Aliases, DisabledBy, IdAttribute, LdapLayout, LdapScope, LdapSettings};
use bwdc_core::snapshot::{AccountState, PersonEntry, ReadScope, Section, Snapshot, SnapshotBuilder};
use bwdc_core::text::Text;
use ldap3::Scope;
use ldap3::asn1::StructureTag;
use ldap3::controls::RawControl;
use std::borrow::Cow;
use std::collections::HashSet;

pub(super) const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";
/// Shows what the Recycle Bin has let go of, too (MS-ADTS, section 3.1.1.3.4.1.25).
pub(super) const SHOW_RECYCLED: &str = "1.2.840.113556.1.4.2064";
/// Shows entries as they are stored (RFC 3296).
const MANAGE_DSA_IT: &str = "2.16.840.1.113730.3.4.2";
/// Entries between two events.
const ENTRIES_PER_EVENT: usize = 500;
/// Attributes that list members by distinguished name only: nobody's `uid` is needed for them.
const NAMES_ONLY: [&str; 6] = ["member", "uniqueMember", "roleOccupant", "owner", "memberOf", "isMemberOf"];
/// Attributes that identify a person for good, the first one found counts, and where they are asked for.
const STABLE_IDS: [&str; 2] = ["entryUUID", "nsUniqueId"];

/// The filters of the settings, checked.
pub(super) struct Filters {
    pub(super) people: String,
    pub(super) deleted: String,
    pub(super) groups: String,
}

impl Filters {
    pub(super) fn prepare(layout: &LdapLayout) -> Result<Self, LdapReadError> {
        let class = layout.user_object_class.as_deref().map(|class| (class, "sync.userObjectClass"));
        let users = layout.user_filter.as_deref().map(|filter| (filter, "sync.userFilter"));
        let group_class = layout.group_object_class.as_deref().map(|class| (class, "sync.groupObjectClass"));
        let groups = layout.group_filter.as_deref().map(|filter| (filter, "sync.groupFilter"));
        Ok(Self {
            people: filter::join(class, users)?,
            deleted: filter::join(class, Some(("(isDeleted=TRUE)", "sync.userObjectClass")))?,
            groups: filter::join(group_class, groups)?,
        })
    }
}

/// What is read, and how.
#[derive(Clone, Copy)]
pub(super) struct Reading<'r> {
    pub(super) settings: &'r LdapSettings,
    pub(super) layout: &'r LdapLayout,
    pub(super) filters: &'r Filters,
    pub(super) scope: ReadScope,
    pub(super) since: Option<Timestamp>,
}

/// Reads every section of the scope; each ends only with the last page of its search.
pub(super) async fn read(
    connection: &mut Connection,
    reading: Reading<'_>,
    events: Events<'_>,
) -> Result<Snapshot, ReadError> {
    Ok(read_into(connection, reading, Kept::Nothing, events).await?.0)
}

/// As [`read`]; the entries are kept as well, None where one of them has no id that survives a rename.
pub(super) async fn read_and_keep(
    connection: &mut Connection,
    reading: Reading<'_>,
    events: Events<'_>,
) -> Result<(Snapshot, Option<Vec<RawObject>>), ReadError> {
    read_into(connection, reading, Kept::Objects(Vec::new()), events).await
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
            let Some(tag) = raw::decode(&object.body) else { return Ok(None) };
            let Some(entry) = Entry::parse(&tag) else { return Ok(None) };
            reader.person(&entry, state)?;
        }
    }
    reader.notice(Domain::notice_on_people);
    for object in objects.iter().filter(|it| it.kind == ObjectKind::Group) {
        let Some(tag) = raw::decode(&object.body) else { return Ok(None) };
        let Some(entry) = Entry::parse(&tag) else { return Ok(None) };
        let Some(name) = reader.group_name(&entry) else { continue };
        reader.begin_members(&entry);
        if reader.members_of(&entry) != Extent::Whole {
            return Ok(None);
        }
        reader.add_group(&entry, name)?;
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
) -> Result<(Snapshot, Option<Vec<RawObject>>), ReadError> {
    let Reading { settings, layout, filters, scope, .. } = reading;
    let mut reader = Reader::new(reading, kept, events);
    if scope.people {
        for base in &layout.user_bases {
            let setting = base_setting(base, settings, layout.user_base_setting);
            let request = reader.people_request(base.clone(), &filters.people, setting);
            reader.people(connection.search(request), None).await?;
        }
        reader.dates_were_there(connection.server())?;
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
        reader.finish_groups();
        reader.notice(Domain::notice_on_groups);
        reader.builder.end(Section::Groups);
    }
    reader.report();
    let kept = match reader.kept {
        Kept::Objects(objects) => Some(objects),
        Kept::Nothing => None,
    };
    Ok((reader.builder.finish()?, kept))
}

/// What becomes of the entries once they are read.
enum Kept {
    Nothing,
    Objects(Vec<RawObject>),
}

fn base_setting(base: &str, settings: &LdapSettings, path: &'static str) -> &'static str {
    if base == settings.search_root() { "ldap.rootPath" } else { path }
}

pub(super) struct Reader<'r> {
    kept: Kept,
    builder: SnapshotBuilder,
    layout: &'r LdapLayout,
    scope: ReadScope,
    wants_login: bool,
    member_attribute: &'r str,
    domain: Option<Domain>,
    beside: Beside,
    accounts: Accounts<'r>,
    membership: Membership<'r>,
    /// Who was read already, where one entry may come twice.
    seen: Option<HashSet<Text>>,
    events: Events<'r>,
    scratch: String,
    members: Vec<Text>,
    waiting: Vec<WaitingGroup>,
    group_spelled: String,
    taken: usize,
    changes: Option<Changes>,
}

/// What an entry is called.
struct Names {
    reference: Text,
    key: Text,
    external_id: Text,
    guid: Option<String>,
}

/// A group whose members are not all known yet.
struct WaitingGroup {
    reference: Text,
    key: Text,
    external_id: Text,
    stable_id: Option<Text>,
    name: Text,
    members: Vec<Text>,
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
        let Reading { settings, layout, scope, since, .. } = reading;
        let member_attribute = without_range(&layout.member_attribute);
        let now = Clock::System.now();
        Self {
            kept,
            builder: SnapshotBuilder::new(scope),
            layout,
            scope,
            wants_login: scope.groups
                && (layout.logins_as_names
                    || !NAMES_ONLY.iter().any(|it| it.eq_ignore_ascii_case(member_attribute))),
            member_attribute,
            domain: settings.active_directory.then(|| Domain::new(now)),
            beside: Beside::default(),
            accounts: Accounts::new(&layout.disabled_by, now),
            membership: Membership::new(layout),
            seen: (layout.aliases != Aliases::Never).then(HashSet::new),
            events,
            scratch: String::new(),
            members: Vec::new(),
            waiting: Vec::new(),
            group_spelled: String::new(),
            taken: 0,
            changes: since.map(|since| Changes { since: generalized(since), dated: 0 }),
        }
    }

    pub(super) fn people_request(&self, base: String, filter: &str, setting: &'static str) -> Request {
        let layout = self.layout;
        let mut attributes: Vec<&str> = layout.email_attributes.iter().map(String::as_str).collect();
        attributes.extend(layout.email_prefix_attribute.as_deref());
        attributes.push("objectGUID");
        attributes.extend(layout.disabled_by.iter().map(|sign| sign.attribute()));
        attributes.extend(self.membership.attributes());
        attributes.extend(layout.id_attribute.map(IdAttribute::name));
        if self.domain.is_some() {
            attributes.extend(domain::PERSON_ATTRIBUTES);
        }
        if self.wants_login {
            attributes.push("uid");
        }
        if self.scope.stable_ids {
            attributes.extend(STABLE_IDS);
        }
        attributes.extend(self.revision_attribute());
        self.request(base, layout.user_scope, filter, attributes, setting)
    }

    pub(super) fn group_request(&self, base: String, filter: &str, setting: &'static str) -> Request {
        let layout = self.layout;
        let mut attributes = vec![layout.group_name_attribute.as_str(), "cn", "objectGUID"];
        if layout.member_of_attribute.is_none() {
            attributes.push(layout.member_attribute.as_str());
        }
        attributes.extend(self.membership.attributes());
        attributes.extend(layout.id_attribute.map(IdAttribute::name));
        attributes.extend(self.domain.as_ref().map(|_| domain::GROUP_ATTRIBUTE));
        if self.scope.stable_ids || matches!(self.kept, Kept::Objects(_)) {
            attributes.extend(STABLE_IDS);
        }
        if matches!(self.kept, Kept::Objects(_)) {
            attributes.push("objectClass");
            attributes.extend(raw::SEARCHES);
        }
        attributes.extend(self.revision_attribute());
        self.request(base, layout.group_scope, filter, attributes, setting)
    }

    fn request(
        &self,
        base: String,
        scope: LdapScope,
        filter: &str,
        mut attributes: Vec<&str>,
        setting: &'static str,
    ) -> Request {
        let mut position = 0;
        while position < attributes.len() {
            let again = attributes[..position]
                .iter()
                .any(|earlier| earlier.eq_ignore_ascii_case(attributes[position]));
            if again {
                attributes.remove(position);
            } else {
                position += 1;
            }
        }
        let scope = match scope {
            LdapScope::Subtree => Scope::Subtree,
            LdapScope::OneLevel => Scope::OneLevel,
        };
        let mut request = Request::new(base, scope, filter.to_owned(), &attributes, setting);
        request.aliases = self.layout.aliases;
        request
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

    /// Ends the keeping where a group shows members that its entry does not hold, as the server itself tells: which classes
    /// and attributes make a group dynamic is configuration of the server. ManageDsaIT (RFC 3296) shows entries as they are.
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
        let attribute = self.member_attribute;
        let mut shown: HashSet<String> = HashSet::new();
        for object in objects.iter().filter(|it| it.kind == ObjectKind::Group) {
            let Some(tag) = raw::decode(&object.body) else { continue };
            let Some(entry) = Entry::parse(&tag).filter(|it| it.values(attribute).next().is_some()) else {
                continue;
            };
            shown.extend(name::normalized(&text(entry.name())));
        }
        if shown.is_empty() {
            return Ok(());
        }
        let filter = format!("(&{}({attribute}=*))", filters.groups);
        let mut request = Request::new(base.to_owned(), Scope::Subtree, filter, &["1.1"], "ldap.rootPath");
        request.controls.push(RawControl { ctype: MANAGE_DSA_IT.to_owned(), crit: false, val: None });
        request.elsewhere = Elsewhere::Ignored;
        let mut pages = connection.search(request);
        loop {
            match pages.next().await {
                Ok(Some(tag)) => {
                    let stored = Entry::parse(&tag).and_then(|it| name::normalized(&text(it.name())));
                    stored.map(|it| shown.remove(&it));
                }
                Ok(None) => break,
                // A server that does not answer this tells nothing of its groups.
                Err(LdapReadError::Refused { .. }) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        let within = |it: &String| name::normalized(base).is_none_or(|base| is_within(it, &base));
        if shown.iter().any(within) {
            tracing::debug!("the server works out members of groups: every read is a full one");
            self.kept = Kept::Nothing;
        }
        Ok(())
    }

    /// Keeps an entry; one without an id for good, or with members that the server works out, ends the keeping.
    fn keep(&mut self, kind: ObjectKind, tag: StructureTag) {
        let Kept::Objects(objects) = &mut self.kept else { return };
        match raw::object(kind, tag) {
            Some(object) => objects.push(object),
            None => self.kept = Kept::Nothing,
        }
    }

    fn person(&mut self, entry: &Entry<'_>, state: Option<AccountState>) -> Result<(), LdapReadError> {
        let Names { reference, key, external_id, guid } = self.names(entry)?;
        if self.seen.as_mut().is_some_and(|seen| !seen.insert(key)) {
            return Ok(());
        }
        let state = state.unwrap_or_else(|| {
            if self.accounts.is_disabled(entry) { AccountState::Disabled } else { AccountState::Enabled }
        });
        if state != AccountState::Deleted {
            self.membership.person(key, entry, &mut self.builder, &mut self.scratch);
        }
        if state != AccountState::Deleted
            && let Some(domain) = &mut self.domain
        {
            let primary_group = entry.first_value("primaryGroupID").map(text);
            domain.person(key, entry.first_value("objectSid"), primary_group.as_deref());
            let counts = self.layout.disabled_by.contains(&DisabledBy::AccountExpires);
            if let Some(expires) =
                entry.first_value("accountExpires").filter(|_| state == AccountState::Enabled && !counts)
            {
                domain.enabled(&text(entry.name()), &text(expires));
            }
        }
        let person = PersonEntry {
            reference,
            key,
            login: self.login(entry),
            external_id,
            stable_id: self.stable_id(entry, guid.as_deref()),
            mail: self.mail(entry),
            prefix: self
                .layout
                .email_prefix_attribute
                .as_deref()
                .and_then(|prefix| self.first(entry, prefix)),
            state,
        };
        if state != AccountState::Deleted {
            self.beside.person(&person, entry.first_value("uid"), &mut self.builder);
        }
        self.builder.person(person);
        self.further_logins(entry);
        self.mark(entry, key);
        Ok(())
    }

    /// The first value of the first attribute that has one; of `proxyAddresses` the primary one.
    fn mail(&mut self, entry: &Entry<'_>) -> Option<Text> {
        let found = self.layout.email_attributes.iter().find_map(|attribute| {
            if attribute.eq_ignore_ascii_case(value::PROXY_ADDRESSES) {
                value::primary_address(entry.values(attribute))
            } else {
                entry.first_value(attribute)
            }
        });
        found.map(|value| self.builder.text(&text(value)))
    }

    fn revision_attribute(&self) -> Option<&str> {
        self.changes.as_ref().and(self.layout.revision_attribute.as_deref())
    }

    /// Marks an entry whose date is older than what was asked about. One without a date that can be read may have changed.
    fn mark(&mut self, entry: &Entry<'_>, key: Text) {
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

    async fn group(&mut self, entry: &Entry<'_>, pages: &mut Pages<'_>) -> Result<(), LdapReadError> {
        let Some(group_name) = self.group_name(entry) else { return Ok(()) };
        let attribute = self.member_attribute;
        self.begin_members(entry);
        match self.members_of(entry) {
            Extent::Whole => {}
            Extent::Until(next) => {
                let entry_name = text(entry.name());
                let last = entry.values(attribute).last().unwrap_or_default();
                pages.values_from(&entry_name, attribute, next, last, |value| self.member(value)).await?;
                self.beside.long_list(self.members.len());
            }
            Extent::Broken => return Err(pages.broken_range(&text(entry.name()), attribute, 0)),
        }
        self.add_group(entry, group_name)
    }

    /// None, with a notice, for a group that nothing names.
    fn group_name(&mut self, entry: &Entry<'_>) -> Option<Text> {
        let named = self.first(entry, &self.layout.group_name_attribute);
        let name = named.or_else(|| self.first(entry, "cn"));
        if name.is_none() {
            let group = text(entry.name()).to_string();
            let attribute = Some(self.layout.group_name_attribute.clone());
            (self.events)(Event::Notice(Notice::GroupWithoutName { group, attribute }));
        }
        name
    }

    fn begin_members(&mut self, entry: &Entry<'_>) {
        self.members.clear();
        self.beside.begin();
        self.group_spelled = named_text(entry, &self.layout.group_name_attribute).into_owned();
    }

    /// The members that came with the entry itself.
    fn members_of(&mut self, entry: &Entry<'_>) -> Extent {
        if !entry.is_spelled(self.member_attribute) {
            self.beside.other_attribute();
        }
        entry.values_from(self.member_attribute, 0, |value| self.member(value))
    }

    fn member(&mut self, value: &[u8]) {
        let Self { builder, scratch, members, domain, group_spelled, layout, beside, .. } = self;
        if let Some(key) = member_key(value, layout.logins_as_names, scratch, builder) {
            beside.member(members.len(), key, &text(value), builder);
            members.push(key);
        }
        if let Some(domain) = domain.as_mut() {
            domain.member(group_spelled, scratch);
        }
    }

    fn add_group(&mut self, entry: &Entry<'_>, name: Text) -> Result<(), LdapReadError> {
        let Names { reference, key, external_id, guid } = self.names(entry)?;
        if self.seen.as_mut().is_some_and(|seen| !seen.insert(key)) {
            return Ok(());
        }
        let stable_id = self.stable_id(entry, guid.as_deref());
        let sid = entry.first_value(domain::GROUP_ATTRIBUTE);
        let primary = self.domain.as_ref().map_or(&[][..], |domain| domain.primary_members(sid));
        self.beside.primary(self.members.len()..self.members.len() + primary.len());
        self.members.extend_from_slice(primary);
        let numbered = self.membership.primary_members(entry);
        self.members.extend_from_slice(numbered);
        // The date of a primary group says nothing of those who joined or left it.
        let dated = primary.is_empty() && numbered.is_empty();
        if self.membership.is_told_by_members() {
            self.membership.group(key, entry, &mut self.builder, &mut self.scratch);
            let members = std::mem::take(&mut self.members);
            self.waiting.push(WaitingGroup { reference, key, external_id, stable_id, name, members });
            return Ok(());
        }
        self.builder.group(reference, key, external_id, name, &self.members);
        self.builder.group_stable_id(stable_id);
        self.beside.group(key, reference, &mut self.builder);
        if dated {
            self.mark(entry, key);
        }
        Ok(())
    }

    /// Groups whose members are told by the members themselves are whole only once everybody was read.
    fn finish_groups(&mut self) {
        for group in std::mem::take(&mut self.waiting) {
            let WaitingGroup { reference, key, external_id, stable_id, name, mut members } = group;
            members.extend_from_slice(self.membership.members(key));
            self.builder.group(reference, key, external_id, name, &members);
            self.builder.group_stable_id(stable_id);
        }
        self.beside.finish(&mut self.builder);
    }

    fn notice(&self, notice: impl Fn(&Domain) -> Option<Notice>) {
        if let Some(notice) = self.domain.as_ref().and_then(notice) {
            (self.events)(Event::Notice(notice));
        }
    }

    fn names(&mut self, entry: &Entry<'_>) -> Result<Names, LdapReadError> {
        let spelled = text(entry.name());
        let reference = self.builder.text(&name::with_hex_escapes(&spelled));
        if !name::normalize(&spelled, &mut self.scratch) {
            self.scratch.push_str(&spelled.to_lowercase());
        }
        let key = self.builder.text(&self.scratch);
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

    fn login(&mut self, entry: &Entry<'_>) -> Option<Text> {
        if !self.wants_login {
            return None;
        }
        let login = text(entry.first_value("uid")?);
        if login.is_empty() || name::normalize(&login, &mut self.scratch) {
            return None;
        }
        Some(self.builder.text(&name::prepared(&login)))
    }

    /// Values have no order: a member may be listed by any of them.
    fn further_logins(&mut self, entry: &Entry<'_>) {
        if !self.wants_login {
            return;
        }
        for value in entry.values("uid").skip(1) {
            let login = text(value);
            if !login.is_empty() && !name::normalize(&login, &mut self.scratch) {
                let login = self.builder.text(&name::prepared(&login));
                self.beside.further_login(login, entry.first_value("uid"), &mut self.builder);
                self.builder.further_login(login);
            }
        }
    }

    fn stable_id(&mut self, entry: &Entry<'_>, guid: Option<&str>) -> Option<Text> {
        if !self.scope.stable_ids {
            return None;
        }
        self.scratch.clear();
        match guid {
            Some(guid) => {
                self.scratch.push_str("objectGUID:");
                self.scratch.push_str(guid);
            }
            None => {
                let (kind, id) = match (stable_id(entry), self.layout.id_attribute) {
                    (Some((kind, id)), _) => (kind, text(id).into_owned()),
                    (None, Some(attribute)) => (attribute.name(), chosen_id(entry, attribute)?),
                    (None, None) => return None,
                };
                self.scratch.push_str(kind);
                self.scratch.push(':');
                self.scratch.push_str(&id);
            }
        }
        Some(self.builder.text(&self.scratch))
    }

    fn first(&mut self, entry: &Entry<'_>, attribute: &str) -> Option<Text> {
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

/// The attribute that identifies an entry for good, and its value.
pub(super) fn stable_id<'e>(entry: &Entry<'e>) -> Option<(&'static str, &'e [u8])> {
    STABLE_IDS.iter().find_map(|kind| Some((*kind, entry.first_value(kind)?)))
}

/// The value of the attribute that the settings choose; None for an empty one.
fn chosen_id(entry: &Entry<'_>, attribute: IdAttribute) -> Option<String> {
    let value = entry.first_value(attribute.name())?;
    let id = if attribute.is_binary() { value::octets_text(value)? } else { text(value).into_owned() };
    (!id.trim().is_empty()).then_some(id)
}

/// What a member value compares equal to: a comparable name, else a login in lower case; nothing for an empty value.
fn member_key(
    value: &[u8],
    logins_as_names: bool,
    scratch: &mut String,
    builder: &mut SnapshotBuilder,
) -> Option<Text> {
    let value = text(value);
    if name::normalize(name::without_unique_identifier(&value), scratch) {
        // A name of one part is no entry's here: it is a login in other words.
        let login =
            scratch.strip_prefix("uid=").filter(|it| logins_as_names && !it.contains([',', '+', '\\']));
        if let Some(login) = login {
            return Some(builder.text(login));
        }
        return Some(builder.text(scratch));
    }
    (!value.is_empty()).then(|| builder.text(&name::prepared(&value)))
}

fn named_text<'e>(entry: &Entry<'e>, attribute: &str) -> Cow<'e, str> {
    text(entry.first_value(attribute).unwrap_or_else(|| entry.name()))
}

/// The attribute of `member;range=0-499`: who asks for a part gets the rest as well.
pub(super) fn without_range(attribute: &str) -> &str {
    match attribute.split_once(';') {
        Some((name, options)) if options.to_ascii_lowercase().starts_with("range=") => name,
        _ => attribute,
    }
}

pub(super) fn text(value: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(value).map_or_else(|_| String::from_utf8_lossy(value), Cow::Borrowed)
}
