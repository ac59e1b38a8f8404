//! Whether groups show other members than their entries hold.
//!
//! Which classes and attributes make a group dynamic is configuration of the server, and the account may not see them. So the server
//! is asked for the members once more as they are stored, with ManageDsaIT (RFC 3296). Who is in such a group changes without a change
//! of its entry. A static group that changes between both questions looks the same: that costs a full read.

use super::connect::Connection;
use super::entry::Entry;
use super::error::LdapReadError;
use super::raw;
use super::request::{Elsewhere, MANAGE_DSA_IT, Request};
use ldap3::Scope;
use ldap3::controls::RawControl;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// Members that groups show.
pub(super) struct Shown<'a> {
    attribute: &'a str,
    groups: HashMap<Vec<u8>, Members>,
    hasher: RandomState,
}

/// What a list of members is known again by, in whichever order a server gives it.
#[derive(PartialEq, Eq)]
struct Members {
    count: usize,
    sum: u64,
}

impl<'a> Shown<'a> {
    pub(super) fn new(attribute: &'a str) -> Self {
        Self { attribute, groups: HashMap::new(), hasher: RandomState::new() }
    }

    /// Notes who is in a group. One that shows nobody holds nobody.
    pub(super) fn add(&mut self, group: &Entry<'_>) {
        let members = self.members(group);
        if members.count > 0 {
            self.groups.insert(group.name().to_vec(), members);
        }
    }

    /// Whether a group shows other members than it holds; `filter` selects the groups. A server that does not answer tells nothing.
    pub(super) async fn differs(
        mut self,
        connection: &mut Connection,
        (base, scope): (String, Scope),
        filter: &str,
    ) -> Result<bool, LdapReadError> {
        if self.groups.is_empty() {
            return Ok(false);
        }
        let filter = format!("(&{filter}({}=*))", self.attribute);
        let mut request = Request::new(base, scope, filter, &[self.attribute], "ldap.rootPath");
        request.controls.push(RawControl { ctype: MANAGE_DSA_IT.to_owned(), crit: false, val: None });
        request.elsewhere = Elsewhere::Ignored;
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
