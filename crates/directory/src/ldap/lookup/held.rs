//! Which ids entries of the directory have, whatever attribute they are values of.
//!
//! Members may carry ids from a time with another `ldap.id-attribute`, and nobody may remember which: the ledger is lost.

use super::question::{OBJECT_GUID, filter, spelled};
use super::{Connection, LdapLayout, LdapReadError, LdapSettings, Request, contexts};
use crate::ldap::entry::Entry;
use crate::ldap::request::Elsewhere;
use crate::ldap::value::guid_bytes;
use bwdc_core::settings::IdAttribute;
use ldap3::Scope;
use std::collections::{HashMap, HashSet};

/// Ids in one search: each is looked for in several attributes.
const IDS_AT_ONCE: usize = 25;

/// Those of `ids` that an entry has. What the server does not answer is nobody's.
pub(in crate::ldap) async fn held(
    connection: &mut Connection,
    settings: &LdapSettings,
    layout: &LdapLayout,
    ids: &[&str],
) -> Result<HashSet<String>, LdapReadError> {
    let attributes: Vec<&'static str> =
        IdAttribute::ALL.into_iter().map(IdAttribute::name).chain([OBJECT_GUID]).collect();
    let mut held = HashSet::new();
    for ids in ids.chunks(IDS_AT_ONCE) {
        let asked: HashMap<String, &str> = ids.iter().map(|id| (id.to_lowercase(), *id)).collect();
        let any: String =
            asked.keys().flat_map(|id| attributes.iter().filter_map(|it| asks(it, id))).collect();
        for context in contexts(connection, settings, layout) {
            let filter = format!("(|{any})");
            let mut request = Request::new(context, Scope::Subtree, filter, &attributes, "ldap.rootPath");
            request.elsewhere = Elsewhere::Ignored;
            let mut pages = connection.search(request);
            loop {
                let tag = match pages.next().await {
                    Ok(Some(tag)) => tag,
                    Ok(None) | Err(LdapReadError::Refused { .. }) => break,
                    Err(error) => return Err(error),
                };
                let Some(entry) = Entry::parse(&tag) else { continue };
                for attribute in &attributes {
                    let values = entry.values(attribute).map(|it| spelled(attribute, it));
                    held.extend(values.filter_map(|it| asked.get(&it)).map(|id| (*id).to_owned()));
                }
            }
        }
    }
    Ok(held)
}

/// The part of a filter that asks for an id in this attribute; None where it can be no value of it.
fn asks(attribute: &str, id: &str) -> Option<String> {
    let is_binary = attribute == OBJECT_GUID || attribute == IdAttribute::Guid.name();
    (!is_binary || guid_bytes(id).is_some()).then(|| filter(attribute, id))
}
