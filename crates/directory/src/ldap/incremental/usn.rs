//! Active Directory: each controller numbers the changes that it makes or receives (`uSNChanged`).
//!
//! Numbers are the controller's own, known by its invocation id, which changes when it is restored from a backup. The
//! number is taken before the search, so that what changes meanwhile is told twice rather than never.

use super::changes::{Changed, Changes, Children, Gone, mark};
use super::{Cursor, spelled};
use crate::ldap::connect::Connection;
use crate::ldap::entry::Entry;
use crate::ldap::error::LdapReadError;
use crate::ldap::locate::GLOBAL_CATALOG;
use crate::ldap::reader::Reader;
use crate::ldap::request::{CHANGE_NUMBER, Elsewhere, Request, SHOW_DELETED, SHOW_RECYCLED};
use crate::ldap::selection::Reading;
use crate::ldap::{raw, value};
use crate::snapshot_cache::{ObjectKind, RawObject};
use ldap3::Scope;
use ldap3::controls::RawControl;
use std::collections::HashSet;

/// Classes of entries below which there are no people and groups.
const LEAVES: [&[u8]; 8] = [
    b"person",
    b"group",
    b"contact",
    b"dnsNode",
    b"printQueue",
    b"secret",
    b"serviceConnectionPoint",
    b"foreignSecurityPrincipal",
];

/// Where to go on; None where no deleted entry can be seen (the right to see them may be missing), or the controller does not say who it is.
pub(super) async fn begin(
    connection: &mut Connection,
    reading: Reading<'_>,
) -> Result<Option<Cursor>, LdapReadError> {
    // Its numbers tell of changes to the part that it holds only.
    if GLOBAL_CATALOG.contains(&reading.settings.port) {
        return Ok(None);
    }
    let Some((service, last)) = connection.service().map(|(name, last)| (name.to_owned(), last)) else {
        return Ok(None);
    };
    let request =
        Request::new(service, Scope::Base, "(objectClass=*)".to_owned(), &["invocationId"], "ldap.hostname");
    let mut pages = connection.search(request);
    let mut controller = None;
    while let Some(tag) = pages.next().await? {
        controller =
            Entry::parse(&tag).and_then(|entry| entry.first_value("invocationId").and_then(value::guid_text));
    }
    let Some(controller) = controller else { return Ok(None) };
    let seen = sees_deleted(connection, &reading.settings.root_path).await?;
    Ok(seen.then_some(Cursor::Usn { controller, last }))
}

/// Whether a deleted entry can be seen. Where none can, the right to see them may be missing.
pub(in crate::ldap) async fn sees_deleted(
    connection: &mut Connection,
    root: &str,
) -> Result<bool, LdapReadError> {
    let container = deleted_objects(connection, root);
    let filter = "(isDeleted=TRUE)".to_owned();
    let mut request =
        showing_recycled(Request::new(container, Scope::OneLevel, filter, &["1.1"], "ldap.rootPath"));
    request.enough = Some(1);
    let mut pages = connection.search(request);
    let mut seen = false;
    while pages.next().await?.is_some() {
        seen = true;
    }
    Ok(seen)
}

/// What changed on the controller since its change number `last`; None when this is another controller, or an older state
/// of it.
pub(super) async fn changes(
    connection: &mut Connection,
    reading: Reading<'_>,
    controller: &str,
    last: u64,
) -> Result<Option<Changes>, LdapReadError> {
    let Some(cursor) = begin(connection, reading).await? else { return Ok(None) };
    match &cursor {
        Cursor::Usn { controller: here, last: now } if here == controller && *now >= last => {}
        _ => return Ok(None),
    }
    let newer = format!("({CHANGE_NUMBER}>={})", last.saturating_add(1));
    let context = connection.naming_context(&reading.settings.root_path).to_owned();
    let mut request =
        Request::new(context, Scope::Subtree, newer.clone(), &["objectGUID", "objectClass"], "ldap.rootPath");
    request.elsewhere = Elsewhere::Ignored;
    let mut changed = Vec::new();
    let mut pages = connection.search(request);
    while let Some(tag) = pages.next().await? {
        let Some(entry) = Entry::parse(&tag) else { return Ok(None) };
        let Some(guid) = entry.first_value("objectGUID").and_then(value::guid_text) else { return Ok(None) };
        let leaf =
            entry.values("objectClass").any(|class| LEAVES.iter().any(|it| class.eq_ignore_ascii_case(it)));
        let children = if leaf { Children::None } else { Children::Unknown };
        changed.push(Changed { mark: mark(&guid), name: spelled(&entry), children });
    }
    let container = deleted_objects(connection, &reading.settings.root_path);
    let filter = format!("(&(isDeleted=TRUE){newer})");
    let request = Request::new(container.clone(), Scope::Subtree, filter, &["objectGUID"], "ldap.rootPath");
    let mut gone = HashSet::new();
    let mut pages = connection.search(showing_recycled(request));
    while let Some(tag) = pages.next().await? {
        let Some(entry) = Entry::parse(&tag) else { return Ok(None) };
        let Some(guid) = entry.first_value("objectGUID").and_then(value::guid_text) else { return Ok(None) };
        gone.insert(mark(&guid));
    }
    let mut deleted: Vec<RawObject> = Vec::new();
    if reading.scope.deleted && !gone.is_empty() {
        let filter = format!("(&{}{newer})", reading.filters.deleted);
        let reader = Reader::keeping(reading, &|_| ());
        let request = reader.people_request(container, &filter, "ldap.rootPath");
        let mut pages = connection.search(showing_deleted(request));
        while let Some(tag) = pages.next().await? {
            let Some(object) = raw::object(ObjectKind::Other, tag) else { return Ok(None) };
            deleted.push(object);
        }
    }
    Ok(Some(Changes { cursor, changed, gone: Gone::These(gone), deleted }))
}

fn deleted_objects(connection: &Connection, root: &str) -> String {
    format!("CN=Deleted Objects,{}", connection.naming_context(root))
}

fn showing_deleted(mut request: Request) -> Request {
    request.controls.push(RawControl { ctype: SHOW_DELETED.to_owned(), crit: true, val: None });
    request
}

/// The Recycle Bin may let go at once of what was deleted: that is gone as well.
fn showing_recycled(request: Request) -> Request {
    let mut request = showing_deleted(request);
    request.controls.push(RawControl { ctype: SHOW_RECYCLED.to_owned(), crit: false, val: None });
    request
}
