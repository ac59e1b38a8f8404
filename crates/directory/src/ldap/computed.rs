//! Whether groups show other members than their entries hold, or may at any time.
//!
//! Which classes and attributes make a group dynamic is configuration of the server, and the account may not see them. So the server
//! is asked for the members once more as they are stored, with ManageDsaIT (RFC 3296). Who is in such a group changes without a change
//! of its entry. A static group that changes between both questions looks the same: that costs a full read.
//!
//! A group whose search finds nobody yet shows what it holds. It has to hold a search, though: where its classes allow one that is
//! not shown, the server has to say that there is none. An account that may not know is not told so.

use super::connect::Connection;
use super::entry::Entry;
use super::error::LdapReadError;
use super::raw;
use super::request::{Elsewhere, MANAGE_DSA_IT, Request};
use super::schema::{self, Searches};
use ldap3::Scope;
use ldap3::controls::RawControl;
use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::BuildHasher;
use std::sync::Arc;

/// Members that groups show.
pub(super) struct Shown<'a> {
    attribute: &'a str,
    searches: Option<Arc<Searches>>,
    groups: HashMap<Vec<u8>, Members>,
    /// Names of groups that may hold a search which is not shown, by its attribute.
    unseen: BTreeMap<String, HashSet<Vec<u8>>>,
    /// Whether there is a group of which nothing tells what it may hold.
    untold: bool,
    hasher: RandomState,
}

/// What a list of members is known again by, in whichever order a server gives it.
#[derive(PartialEq, Eq)]
struct Members {
    count: usize,
    sum: u64,
}

impl<'a> Shown<'a> {
    pub(super) async fn new(connection: &mut Connection, attribute: &'a str) -> Result<Self, LdapReadError> {
        Ok(Self {
            attribute,
            searches: searches(connection).await?,
            groups: HashMap::new(),
            unseen: BTreeMap::new(),
            untold: false,
            hasher: RandomState::new(),
        })
    }

    /// Notes who is in a group, and which searches it may hold. One that shows nobody holds nobody.
    pub(super) fn add(&mut self, group: &Entry<'_>) {
        match &self.searches {
            Some(searches) => {
                for attribute in searches.unseen(group) {
                    self.unseen.entry(attribute.to_owned()).or_default().insert(group.name().to_vec());
                }
            }
            None => self.untold = true,
        }
        let members = self.members(group);
        if members.count > 0 {
            self.groups.insert(group.name().to_vec(), members);
        }
    }

    /// Whether a group shows other members than it holds, or may from one moment to the next; `filter` selects the groups.
    pub(super) async fn differs(
        mut self,
        connection: &mut Connection,
        base: &str,
        scope: Scope,
        filter: &str,
    ) -> Result<bool, LdapReadError> {
        if self.untold {
            return Ok(true);
        }
        for (attribute, mut groups) in std::mem::take(&mut self.unseen) {
            let without = format!("(&{filter}(!({attribute}=*)))");
            let mut pages = connection.search(as_stored(base, scope, without, "1.1"));
            loop {
                match pages.next().await {
                    Ok(Some(tag)) => {
                        Entry::parse(&tag).map(|entry| groups.remove(entry.name()));
                    }
                    Ok(None) if groups.is_empty() => break,
                    Ok(None) | Err(LdapReadError::Refused { .. }) => return Ok(true),
                    Err(error) => return Err(error),
                }
            }
        }
        let filter = format!("(&{filter}({}=*))", self.attribute);
        let request = as_stored(base, scope, filter, self.attribute);
        self.shows_others(connection, request).await
    }

    /// A server that does not answer tells nothing.
    async fn shows_others(
        mut self,
        connection: &mut Connection,
        request: Request,
    ) -> Result<bool, LdapReadError> {
        if self.groups.is_empty() {
            return Ok(false);
        }
        let mut pages = connection.search(request);
        loop {
            let tag = match pages.next().await {
                Ok(Some(tag)) => raw::complete(tag, None, &mut pages).await?,
                Ok(None) => return Ok(!self.groups.is_empty()),
                Err(LdapReadError::Refused { .. }) => return Ok(false),
                Err(error) => return Err(error),
            };
            let Some(stored) = Entry::parse(&tag) else { continue };
            if self.groups.get(stored.name()).is_some_and(|shown| *shown == self.members(&stored)) {
                self.groups.remove(stored.name());
            }
        }
    }

    fn members(&self, group: &Entry<'_>) -> Members {
        let mut members = Members { count: 0, sum: 0 };
        for value in group.values(self.attribute) {
            members.count += 1;
            members.sum = members.sum.wrapping_add(self.hasher.hash_one(value));
        }
        members
    }
}

/// A search for entries as they are stored.
fn as_stored(base: &str, scope: Scope, filter: String, attribute: &str) -> Request {
    let mut request = Request::new(base.to_owned(), scope, filter, &[attribute], "ldap.rootPath");
    request.controls.push(RawControl { ctype: MANAGE_DSA_IT.to_owned(), crit: false, val: None });
    request.elsewhere = Elsewhere::Ignored;
    request
}

/// What the schema says of searches, asked for once; None where the server shows no schema.
pub(super) async fn searches(connection: &mut Connection) -> Result<Option<Arc<Searches>>, LdapReadError> {
    if let Some(known) = &connection.searches {
        return Ok(known.clone());
    }
    let mut searches = None;
    if let Some(base) = connection.root.schema.clone() {
        let filter = "(objectClass=subschema)".to_owned();
        let request = Request::new(base, Scope::Base, filter, &schema::ATTRIBUTES, "ldap.rootPath");
        let mut pages = connection.search(request);
        loop {
            match pages.next().await {
                Ok(Some(tag)) => searches = Entry::parse(&tag).and_then(|it| Searches::of_entry(&it)),
                Ok(None) | Err(LdapReadError::Refused { .. }) => break,
                Err(error) => return Err(error),
            }
        }
    }
    let searches = searches.map(Arc::new);
    connection.searches = Some(searches.clone());
    Ok(searches)
}
