//! Looks for entries that no search has returned, and tells why.

use super::connect::Connection;
use super::entry::Entry;
use super::error::LdapReadError;
use super::incremental::is_below;
use super::name;
use super::request::{Elsewhere, Request};
use super::selection::{Filters, base_setting};
use super::value::text;
use crate::unread::{Unread, UnreadCause};
use bwdc_core::settings::{LdapLayout, LdapSettings};
use ldap3::{Scope, ldap_escape};

/// Attributes by which people speak of each other, and of groups.
const SPOKEN: [&str; 6] = ["mail", "userPrincipalName", "cn", "uid", "sAMAccountName", "displayName"];
/// Names that are enough to see that a question was not clear.
const ENOUGH: usize = 20;
const NO_SUCH_OBJECT: u32 = 32;

/// Every entry that answers to `who`: by its distinguished name, else by an address or a name.
pub(super) async fn find(
    connection: &mut Connection,
    settings: &LdapSettings,
    layout: &LdapLayout,
    filters: &Filters,
    who: &str,
) -> Result<Vec<Unread>, LdapReadError> {
    let (base, scope, filter) = if name::normalized(who).is_some() {
        (who.to_owned(), Scope::Base, "(objectClass=*)".to_owned())
    } else {
        let value = ldap_escape(who);
        let attributes = SPOKEN.into_iter().chain(layout.email_attributes.iter().map(String::as_str));
        let any: String = attributes.map(|attribute| format!("({attribute}={value})")).collect();
        (connection.naming_context(&settings.root_path).to_owned(), Scope::Subtree, format!("(|{any})"))
    };
    let mut found = Vec::new();
    for name in names(connection, base, scope, filter).await?.into_iter().take(ENOUGH) {
        let cause = cause(connection, (settings, layout), filters, &name).await?;
        found.push(Unread { name, cause });
    }
    Ok(found)
}

async fn cause(
    connection: &mut Connection,
    (settings, layout): (&LdapSettings, &LdapLayout),
    filters: &Filters,
    name: &str,
) -> Result<UnreadCause, LdapReadError> {
    let places = [
        (true, &filters.people, &layout.user_bases, layout.user_scope, layout.user_base_setting),
        (false, &filters.groups, &layout.group_bases, layout.group_scope, layout.group_base_setting),
    ];
    for (as_person, filter, bases, scope, setting) in places {
        if names(connection, name.to_owned(), Scope::Base, filter.clone()).await?.is_empty() {
            continue;
        }
        let is_below = name::normalized(name).and_then(|it| is_below(&it, bases, scope));
        return Ok(match is_below {
            Some(true) => UnreadCause::Meanwhile { as_person },
            _ => {
                let root = bases.first().filter(|_| bases.len() == 1);
                let setting = root.map_or(setting, |it| base_setting(it, settings, setting));
                UnreadCause::Elsewhere { as_person, bases: bases.clone(), setting }
            }
        });
    }
    Ok(UnreadCause::NotSelected { people: filters.people.clone(), groups: filters.groups.clone() })
}

async fn names(
    connection: &mut Connection,
    base: String,
    scope: Scope,
    filter: String,
) -> Result<Vec<String>, LdapReadError> {
    let mut request = Request::new(base, scope, filter, &["1.1"], "ldap.rootPath");
    request.elsewhere = Elsewhere::Ignored;
    let mut pages = connection.search(request);
    let mut names = Vec::new();
    loop {
        match pages.next().await {
            Ok(Some(tag)) => names.extend(Entry::parse(&tag).map(|entry| text(entry.name()).into_owned())),
            Ok(None) => return Ok(names),
            Err(LdapReadError::Refused { outcome, .. }) if outcome.code == NO_SUCH_OBJECT => {
                return Ok(names);
            }
            Err(error) => return Err(error),
        }
    }
}
