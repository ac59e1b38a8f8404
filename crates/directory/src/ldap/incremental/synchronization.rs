//! Content synchronization (RFC 4533): the server tells by its own cookie what changed.
//!
//! Its answer has two forms: either it names who is gone (delete phase), or it names everybody who is still there and
//! has not changed (present phase), and whoever is neither is gone.

use super::changes::{Changed, Changes, Children, Gone, mark};
use super::{Cursor, spelled};
use crate::ldap::connect::Connection;
use crate::ldap::entry::Entry;
use crate::ldap::error::LdapReadError;
use crate::ldap::request::{Elsewhere, MANAGE_DSA_IT, Request};
use crate::ldap::selection::Reading;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ldap3::Scope;
use ldap3::asn1::{PL, StructureTag, Types, parse_tag};
use ldap3::controls::{Control, RawControl, SyncRequest};
use std::collections::HashSet;

const SYNC_STATE: &str = "1.3.6.1.4.1.4203.1.9.1.2";
const SYNC_DONE: &str = "1.3.6.1.4.1.4203.1.9.1.3";
const SYNC_INFO: &[u8] = b"1.3.6.1.4.1.4203.1.9.1.4";
/// Operational: whether there are entries below an entry (X.501).
const HAS_SUBORDINATES: &str = "hasSubordinates";
const OBJECT_CLASS: &str = "objectClass";
/// Operational: the number of an entry's last change, by which OpenLDAP finds it; 389 Directory Server, which has the other one, looks
/// into its log of changes with rights of its own.
const FINDS_CHANGES: [&str; 2] = ["entryCSN", "nsUniqueId"];

/// Where to go on: the cookie of a synchronization that starts from nothing. None also where the account may not see by what the
/// server finds changes.
pub(super) async fn begin(
    connection: &mut Connection,
    reading: Reading<'_>,
) -> Result<Option<Cursor>, LdapReadError> {
    let request = request(connection, reading, None, &FINDS_CHANGES);
    let mut pages = connection.search(request);
    while let Some(item) = pages.next_item().await? {
        if !item.is_intermediate() && !Entry::parse(&item.0).is_some_and(|it| tells_of_changes(&it)) {
            tracing::debug!("changes are not shown to this account: every read is a full one");
            return Ok(None);
        }
    }
    let cookie = done(pages.final_controls()).and_then(|it| it.cookie);
    Ok(cookie.map(|it| cursor(connection.server(), &it)))
}

/// Whether an entry shows by what the server finds that it changed. OpenLDAP searches for it with the rights of the account: what it
/// may not see by is said to be as it was.
fn tells_of_changes(entry: &Entry<'_>) -> bool {
    FINDS_CHANGES.iter().any(|it| entry.first_value(it).is_some())
}

/// Whether the account is shown changes, as far as the first entry below a base tells; true where there is none.
pub(super) async fn shows_changes(connection: &mut Connection, base: &str) -> Result<bool, LdapReadError> {
    let filter = "(objectClass=*)".to_owned();
    let mut request = Request::new(base.to_owned(), Scope::Subtree, filter, &FINDS_CHANGES, "ldap.rootPath");
    request.enough = Some(1);
    request.elsewhere = Elsewhere::Ignored;
    let mut pages = connection.search(request);
    let mut shows = true;
    while let Some(tag) = pages.next().await? {
        shows = Entry::parse(&tag).is_some_and(|it| tells_of_changes(&it));
    }
    Ok(shows)
}

/// What changed since the cookie; None when the server's answer cannot be understood.
pub(super) async fn changes(
    connection: &mut Connection,
    reading: Reading<'_>,
    cookie: &str,
) -> Result<Option<Changes>, LdapReadError> {
    let Ok(cookie) = STANDARD.decode(cookie) else { return Ok(None) };
    let asked = [HAS_SUBORDINATES, OBJECT_CLASS];
    let request = request(connection, reading, Some(cookie.clone()), &asked);
    let mut changed = Vec::new();
    let mut present = HashSet::new();
    let mut deleted = HashSet::new();
    let mut phase_of_deletes = false;
    let mut pages = connection.search(request);
    while let Some(item) = pages.next_item().await? {
        if item.is_intermediate() {
            match information(&item.0) {
                Some(Information::Ids { deletes, ids }) => {
                    if deletes { &mut deleted } else { &mut present }.extend(ids);
                }
                Some(Information::DeletePhase) => phase_of_deletes = true,
                Some(Information::Other) => {}
                None => return Ok(None),
            }
            continue;
        }
        let Some((state, mark)) = state(&item.1) else { return Ok(None) };
        match state {
            State::Present => {
                present.insert(mark);
            }
            State::Delete => {
                deleted.insert(mark);
            }
            State::Changed => {
                let Some(entry) = Entry::parse(&item.0) else { return Ok(None) };
                if is_elsewhere(&entry) {
                    return Ok(None);
                }
                let children = match entry.first_value(HAS_SUBORDINATES) {
                    Some(b"FALSE") => Children::None,
                    Some(b"TRUE") => Children::Some,
                    _ => Children::Unknown,
                };
                changed.push(Changed { mark, name: spelled(&entry), children });
            }
        }
    }
    if pages.names_others() {
        return Ok(None);
    }
    let Some(done) = done(pages.final_controls()) else { return Ok(None) };
    let gone = if phase_of_deletes || done.refresh_deletes || present.is_empty() {
        Gone::These(deleted)
    } else {
        Gone::AllBut(present)
    };
    // A server that has nothing new to tell may leave the cookie out.
    let next = done.cookie.unwrap_or_else(|| cookie.clone());
    let silent = changed.is_empty() && matches!(&gone, Gone::These(gone) if gone.is_empty());
    if silent && next != cookie {
        // Something changed and nothing was told: 389 Directory Server does so where its changelog keeps no unique ids.
        return Ok(None);
    }
    let cursor = cursor(connection.server(), &next);
    Ok(Some(Changes { cursor, changed, gone, deleted: Vec::new() }))
}

fn cursor(server: &str, cookie: &[u8]) -> Cursor {
    Cursor::Synchronization { server: server.to_owned(), cookie: STANDARD.encode(cookie) }
}

/// Whether a part of the directory is on another server from now on; whether it is one that counts, a full read tells.
fn is_elsewhere(entry: &Entry<'_>) -> bool {
    entry.values(OBJECT_CLASS).any(|it| it.eq_ignore_ascii_case(b"referral"))
}

/// The whole naming context without a filter, in one answer: synchronization knows no pages.
///
/// Of referrals and of groups whose members are worked out the server tells what it holds (RFC 3296). Asked for what such a group
/// shows, an OpenLDAP in which the overlay `syncprov` stands before `dynlist` aborts.
fn request(
    connection: &Connection,
    reading: Reading<'_>,
    cookie: Option<Vec<u8>>,
    attributes: &[&str],
) -> Request {
    let context = connection.naming_context(&reading.settings.root_path).to_owned();
    let filter = "(objectClass=*)".to_owned();
    let mut request = Request::new(context, Scope::Subtree, filter, attributes, "ldap.rootPath");
    let control: RawControl = SyncRequest { cookie, ..SyncRequest::default() }.into();
    request.controls.push(RawControl { crit: true, ..control });
    request.controls.push(RawControl { ctype: MANAGE_DSA_IT.to_owned(), crit: false, val: None });
    request.in_pages = false;
    request.elsewhere = Elsewhere::Ignored;
    request
}

enum State {
    Present,
    Changed,
    Delete,
}

/// SyncStateValue ::= SEQUENCE { state ENUMERATED, entryUUID OCTET STRING (16), cookie OPTIONAL }
fn state(controls: &[Control]) -> Option<(State, String)> {
    let fields = control_fields(controls, SYNC_STATE)?;
    let [StructureTag { payload: PL::P(state), .. }, StructureTag { payload: PL::P(id), .. }, ..] =
        fields.as_slice()
    else {
        return None;
    };
    let state = match state.as_slice() {
        [0] => State::Present,
        [1 | 2] => State::Changed,
        [3] => State::Delete,
        _ => return None,
    };
    Some((state, id_mark(id)?))
}

struct Done {
    cookie: Option<Vec<u8>>,
    refresh_deletes: bool,
}

/// SyncDoneValue ::= SEQUENCE { cookie OPTIONAL, refreshDeletes BOOLEAN DEFAULT FALSE }
fn done(controls: &[Control]) -> Option<Done> {
    let mut done = Done { cookie: None, refresh_deletes: false };
    for field in control_fields(controls, SYNC_DONE)? {
        match (field.id, field.payload) {
            (id, PL::P(cookie)) if id == Types::OctetString as u64 => {
                done.cookie = Some(cookie).filter(|it| !it.is_empty());
            }
            (id, PL::P(flag)) if id == Types::Boolean as u64 => {
                done.refresh_deletes = flag.first() != Some(&0);
            }
            _ => return None,
        }
    }
    Some(done)
}

fn control_fields(controls: &[Control], wanted: &str) -> Option<Vec<StructureTag>> {
    let Control(_, raw) = controls.iter().find(|Control(_, raw)| raw.ctype == wanted)?;
    match parse_tag(raw.val.as_deref()?).ok()?.1.payload {
        PL::C(fields) => Some(fields),
        PL::P(_) => None,
    }
}

enum Information {
    /// Of people who are there, or who are gone.
    Ids {
        deletes: bool,
        ids: Vec<String>,
    },
    DeletePhase,
    Other,
}

/// The value of an intermediate message: newcookie [0], refreshDelete [1], refreshPresent [2], syncIdSet [3].
fn information(message: &StructureTag) -> Option<Information> {
    let PL::C(parts) = &message.payload else { return None };
    let part = |id| {
        parts.iter().find(|part| part.id == id).and_then(|part| match &part.payload {
            PL::P(bytes) => Some(bytes.as_slice()),
            PL::C(_) => None,
        })
    };
    if part(0)? != SYNC_INFO {
        return Some(Information::Other);
    }
    let value = parse_tag(part(1)?).ok()?.1;
    match (value.id, value.payload) {
        (1, _) => Some(Information::DeletePhase),
        (3, PL::C(fields)) => {
            let mut deletes = false;
            let mut ids = Vec::new();
            for field in fields {
                match (field.id, field.payload) {
                    (id, PL::P(flag)) if id == Types::Boolean as u64 => deletes = flag.first() != Some(&0),
                    (id, PL::C(set)) if id == Types::Set as u64 => {
                        for member in set {
                            let PL::P(bytes) = member.payload else { return None };
                            ids.push(id_mark(&bytes)?);
                        }
                    }
                    _ => {}
                }
            }
            Some(Information::Ids { deletes, ids })
        }
        (0 | 2, _) => Some(Information::Other),
        _ => None,
    }
}

fn id_mark(bytes: &[u8]) -> Option<String> {
    let bytes: [u8; 16] = bytes.try_into().ok()?;
    Some(mark(&uuid::Uuid::from_bytes(bytes).simple().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ldap3::asn1::TagClass;

    fn tag(class: TagClass, id: u64, payload: PL) -> StructureTag {
        StructureTag { class, id, payload }
    }

    fn primitive(kind: Types, bytes: &[u8]) -> StructureTag {
        tag(TagClass::Universal, kind as u64, PL::P(bytes.to_vec()))
    }

    fn message(value: StructureTag) -> StructureTag {
        let value = crate::ldap::codec::encode(value);
        tag(
            TagClass::Application,
            25,
            PL::C(vec![
                tag(TagClass::Context, 0, PL::P(SYNC_INFO.to_vec())),
                tag(TagClass::Context, 1, PL::P(value)),
            ]),
        )
    }

    fn control(kind: &str, fields: Vec<StructureTag>) -> Control {
        let value = tag(TagClass::Universal, Types::Sequence as u64, PL::C(fields));
        let value = crate::ldap::codec::encode(value);
        Control(None, RawControl { ctype: kind.to_owned(), crit: false, val: Some(value) })
    }

    #[test]
    fn a_set_of_ids_says_whether_they_are_gone() {
        let set = tag(
            TagClass::Universal,
            Types::Set as u64,
            PL::C(vec![primitive(Types::OctetString, &[0xab; 16])]),
        );
        for (flag, expected) in [(0xff, true), (0, false)] {
            let fields = vec![
                primitive(Types::OctetString, b"cookie"),
                primitive(Types::Boolean, &[flag]),
                set.clone(),
            ];
            let found = information(&message(tag(TagClass::Context, 3, PL::C(fields))));
            assert!(matches!(found, Some(Information::Ids { deletes, ids })
                if deletes == expected && ids == ["ab".repeat(16)]));
        }
        let short =
            tag(TagClass::Universal, Types::Set as u64, PL::C(vec![primitive(Types::OctetString, b"x")]));
        assert!(information(&message(tag(TagClass::Context, 3, PL::C(vec![short])))).is_none());
    }

    #[test]
    fn the_end_may_bring_a_cookie() {
        assert!(done(&[]).is_none());
        assert!(done(&[control(SYNC_DONE, Vec::new())]).is_some_and(|it| it.cookie.is_none()));
        let fields = vec![primitive(Types::OctetString, b"rid=1"), primitive(Types::Boolean, &[1])];
        assert!(
            done(&[control(SYNC_DONE, fields)])
                .is_some_and(|it| it.refresh_deletes && it.cookie == Some(b"rid=1".to_vec()))
        );
    }

    #[test]
    fn an_entry_without_a_legible_state_is_not_taken() {
        let id = primitive(Types::OctetString, &[1; 16]);
        let entry = |fields| [control(SYNC_STATE, fields)];
        let state_of = |state: u8| entry(vec![primitive(Types::Enumerated, &[state]), id.clone()]);
        assert!(matches!(state(&state_of(2)), Some((State::Changed, _))));
        assert!(matches!(state(&state_of(3)), Some((State::Delete, _))));
        assert!(state(&state_of(7)).is_none());
        assert!(state(&entry(vec![id.clone()])).is_none());
    }
}
