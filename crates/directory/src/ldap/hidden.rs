//! Groups whose members the account may not see: they look empty, and are not.
//!
//! What an account may not read is undefined to a filter (RFC 4511, section 4.5.1.7), and so is its contrary. A group that shows
//! nobody is therefore asked for once more by having no member: a server returns it only where that is so.

use super::computed::searches;
use super::connect::Connection;
use super::entry::Entry;
use super::error::LdapReadError;
use super::request::Request;
use super::value::text;
use bwdc_core::text::Text;
use std::collections::HashSet;

/// Of the groups that a filter selects, those without a member.
pub(super) fn without_members(groups: &str, attribute: &str) -> String {
    format!("(&{groups}(!({attribute}=*)))")
}

/// Which groups show nobody.
#[derive(Default)]
pub(super) struct Empty {
    groups: HashSet<Text>,
    /// Whether another one shows somebody: otherwise the attribute may be one that there is not.
    some_show: bool,
}

impl Empty {
    pub(super) fn note(&mut self, key: Text, shows_somebody: bool) {
        if shows_somebody {
            self.some_show = true;
        } else {
            self.groups.insert(key);
        }
    }

    /// Those that hide who is in them; `without` selects the groups that have no value of `attribute`, and `name` knows a group by
    /// its name. Where no group shows anybody, the schema has to tell that there is such an attribute: otherwise the setting is wrong,
    /// and the limits decide.
    pub(super) async fn hiding(
        self,
        connection: &mut Connection,
        attribute: &str,
        without: Vec<Request>,
        mut name: impl FnMut(&str) -> Option<Text>,
    ) -> Result<HashSet<Text>, LdapReadError> {
        let mut hiding = self.groups;
        if hiding.is_empty() {
            return Ok(hiding);
        }
        if !self.some_show && !searches(connection).await?.is_some_and(|it| it.knows(attribute)) {
            return Ok(HashSet::new());
        }
        for request in without {
            let mut pages = connection.search(request);
            loop {
                match pages.next().await {
                    Ok(Some(tag)) => {
                        let empty = Entry::parse(&tag).and_then(|entry| name(&text(entry.name())));
                        empty.map(|it| hiding.remove(&it));
                    }
                    Ok(None) => break,
                    // What it does not tell nobody knows.
                    Err(LdapReadError::Refused { .. }) => return Ok(HashSet::new()),
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(hiding)
    }
}
