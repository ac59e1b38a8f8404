//! Attributes that the account may not see: their entries look as if they had none.
//!
//! What an account may not read is undefined to a filter (RFC 4511, section 4.5.1.7), and so is its contrary. Entries that show no
//! value are therefore asked for once more by having none: a server returns them only where that is so. A group that hides its
//! members is not empty, somebody who hides what tells who is disabled may be, and who hides in which groups they are may be in any.

use super::computed::searches;
use super::connect::Connection;
use super::entry::Entry;
use super::error::LdapReadError;
use super::membership::GROUP_NUMBER;
use super::request::Request;
use super::selection::{Reading, without_range};
use super::value::text;
use bwdc_core::snapshot::AccountState;
use bwdc_core::text::Text;
use ldap3::Scope;
use std::collections::HashSet;

/// It has no rules of access to single attributes, and answers a question about the presence of some by their names alone.
const SHOWS_ALL: &str = "lldap";

/// By which groups may list people.
const LOGIN: &str = "uid";

/// Of the entries that a filter selects, those without a value of an attribute.
pub(super) fn without(filter: &str, attribute: &str) -> String {
    format!("(&{filter}(!({attribute}=*)))")
}

/// The attributes by which people tell who is disabled. An account of Active Directory always has its own: there they are missing
/// only where they are hidden.
fn signs(reading: Reading<'_>) -> impl Iterator<Item = &'static str> {
    let signs = reading.layout.disabled_by.iter().map(|it| it.attribute());
    signs.filter(move |_| !reading.settings.active_directory)
}

/// The attributes that tell who is disabled, and in which groups people are.
pub(super) fn of_person(reading: Reading<'_>) -> Vec<&str> {
    let signs: Vec<&str> = signs(reading).filter(|_| reading.layout.disabled_by_chosen).collect();
    signs.into_iter().chain(places(reading)).collect()
}

/// The attributes that tell who is in a group.
pub(super) fn of_group(reading: Reading<'_>) -> Vec<&str> {
    let layout = reading.layout;
    let list = layout.member_of_attribute.is_none().then(|| without_range(&layout.member_attribute));
    list.into_iter().chain(layout.primary_groups.then_some(GROUP_NUMBER)).collect()
}

/// The attributes by which people tell in which groups they are, or are known to them.
fn places<'r>(reading: Reading<'r>) -> impl Iterator<Item = &'r str> {
    let layout = reading.layout;
    let member_of = layout.member_of_attribute.as_deref();
    let number = layout.primary_groups.then_some(GROUP_NUMBER);
    // Who is in a group is told by the members alone where they name it; else also by what a group calls them.
    let login = (member_of.is_none() && reading.wants_login()).then_some(LOGIN);
    let all = member_of.into_iter().chain(number).chain(login);
    all.filter(move |_| reading.scope.groups)
}

/// Whether the server says that an entry has no value of an attribute.
pub(super) async fn is_without(
    connection: &mut Connection,
    filter: &str,
    attribute: &str,
    name: &str,
) -> Result<bool, LdapReadError> {
    let filter = without(filter, attribute);
    let mut pages =
        connection.search(Request::new(name.to_owned(), Scope::Base, filter, &["1.1"], "ldap.rootPath"));
    let mut is_without = false;
    loop {
        match pages.next().await {
            Ok(Some(_)) => is_without = true,
            Ok(None) => return Ok(is_without),
            Err(LdapReadError::Refused { .. }) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}

/// Which entries show no value of one attribute.
pub(super) struct Unshown<'r> {
    pub(super) attribute: &'r str,
    entries: HashSet<Text>,
    /// Whether another one shows some: otherwise the attribute may be one that there is not.
    some_show: bool,
    /// Whether somebody says that there is such an attribute: the usual sign of who is disabled is none where nobody shows it.
    is_meant: bool,
}

impl<'r> Unshown<'r> {
    fn of(attribute: &'r str) -> Self {
        Self { attribute, entries: HashSet::new(), some_show: false, is_meant: true }
    }

    fn note(&mut self, key: Text, entry: &Entry<'_>) {
        if entry.values(self.attribute).next().is_some() {
            self.some_show = true;
        } else {
            self.entries.insert(key);
        }
    }

    /// Those that hide it; `requests` ask for those without one, and `name` knows an entry by its name. Where nobody shows any, the
    /// schema has to tell that there is such an attribute: otherwise the setting is wrong. What a server refuses to tell is hidden.
    pub(super) async fn hiding(
        self,
        connection: &mut Connection,
        requests: Vec<Request>,
        mut name: impl FnMut(&str) -> Option<Text>,
    ) -> Result<HashSet<Text>, LdapReadError> {
        let mut hiding = self.entries;
        if hiding.is_empty() || shows_all(connection) {
            return Ok(HashSet::new());
        }
        let there_is = self.some_show || self.is_meant && may_be_known(connection, self.attribute).await?;
        if !there_is {
            return Ok(HashSet::new());
        }
        for request in requests {
            let mut pages = connection.search(request);
            loop {
                match pages.next().await {
                    Ok(Some(tag)) => {
                        let without = Entry::parse(&tag).and_then(|entry| name(&text(entry.name())));
                        without.map(|it| hiding.remove(&it));
                    }
                    Ok(None) | Err(LdapReadError::Refused { .. }) => break,
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(hiding)
    }
}

fn shows_all(connection: &Connection) -> bool {
    connection.vendor().is_some_and(|it| it.to_ascii_lowercase().contains(SHOWS_ALL))
}

/// Whether there may be such an attribute: the schema knows it, or is not shown.
pub(super) async fn may_be_known(
    connection: &mut Connection,
    attribute: &str,
) -> Result<bool, LdapReadError> {
    Ok(searches(connection).await?.is_none_or(|it| it.knows(attribute)))
}

/// What people and groups did not show.
pub(super) struct Hidden<'r> {
    /// What tells who is disabled, of those who do not seem to be.
    pub(super) states: Vec<Unshown<'r>>,
    /// What people tell of their groups.
    pub(super) places: Vec<Unshown<'r>>,
    /// What groups tell of theirs.
    pub(super) places_of_groups: Option<Unshown<'r>>,
    /// Who is in a group: its list, and the number that people tell.
    pub(super) members: Vec<Unshown<'r>>,
}

impl<'r> Hidden<'r> {
    pub(super) fn new(reading: Reading<'r>) -> Self {
        let member_of = reading.layout.member_of_attribute.as_deref();
        Self {
            states: signs(reading)
                .map(|it| Unshown { is_meant: reading.layout.disabled_by_chosen, ..Unshown::of(it) })
                .collect(),
            places: places(reading).map(Unshown::of).collect(),
            places_of_groups: member_of.map(Unshown::of),
            members: of_group(reading).into_iter().map(Unshown::of).collect(),
        }
    }

    pub(super) fn note_person(&mut self, key: Text, entry: &Entry<'_>, state: AccountState) {
        let shows = |it: &Unshown<'_>| entry.values(it.attribute).next().is_some();
        let states = self.states.iter_mut().filter(|it| state == AccountState::Enabled || shows(it));
        states.chain(&mut self.places).for_each(|it| it.note(key, entry));
    }

    pub(super) fn note_group(&mut self, key: Text, entry: &Entry<'_>) {
        self.members.iter_mut().chain(&mut self.places_of_groups).for_each(|it| it.note(key, entry));
    }
}
