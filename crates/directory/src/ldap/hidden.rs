//! Groups whose members the account may not see: they look empty, and are not.
//!
//! What an account may not read is undefined to a filter (RFC 4511, section 4.5.1.7), and so is its contrary. A group that shows
//! nobody is therefore asked for once more by having no member: a server returns it only where that is so.

use super::connect::Connection;
use super::entry::Entry;
use super::error::LdapReadError;
use super::reader::Reader;
use super::request::Request;
use super::selection::Filters;
use super::value::text;
use bwdc_core::text::Text;
use ldap3::Scope;
use std::collections::HashSet;

/// Which groups show nobody.
#[derive(Default)]
pub(super) struct Empty {
    groups: HashSet<Text>,
    /// Whether another one shows somebody: otherwise the attribute may be a wrong one, and the limits decide.
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
}

impl Reader<'_> {
    /// Finds out which of the groups that show nobody hide who is in them. Rights may change without a change of the entry, so
    /// that nothing is kept then.
    pub(super) async fn ask_who_hides(
        &mut self,
        connection: &mut Connection,
        filters: &Filters,
    ) -> Result<(), LdapReadError> {
        let mut hiding = std::mem::take(&mut self.empty.groups);
        if hiding.is_empty() || !self.empty.some_show {
            return Ok(());
        }
        let filter = format!("(&{}(!({}=*)))", filters.groups, self.member_attribute);
        for base in &self.layout.group_bases {
            let mut request =
                Request::new(base.clone(), Scope::Subtree, filter.clone(), &["1.1"], "ldap.rootPath");
            request.aliases = self.layout.aliases;
            let mut pages = connection.search(request);
            loop {
                match pages.next().await {
                    Ok(Some(tag)) => {
                        let Some(entry) = Entry::parse(&tag) else { continue };
                        let name = self.spellings.name(&text(entry.name()), &mut self.builder);
                        name.map(|it| hiding.remove(&it));
                    }
                    Ok(None) => break,
                    // What it does not tell nobody knows.
                    Err(LdapReadError::Refused { .. }) => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
        }
        if !hiding.is_empty() {
            tracing::debug!(
                groups = hiding.len(),
                "groups whose members are not shown: every read is a full one"
            );
            self.keep_nothing();
        }
        hiding.into_iter().for_each(|it| self.builder.hides_members(it));
        Ok(())
    }
}
