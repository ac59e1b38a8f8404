//! Entries as they came off the wire, to be kept between two reads: the same bytes are parsed again by the same code.

use super::codec::{encode, octets, universal};
use super::entry::{Entry, Extent, is_attribute, stable_id};
use super::error::LdapReadError;
use super::schema::COMPUTED;
use super::search::Pages;
use super::value::{self, text};
use crate::snapshot_cache::{ObjectKind, RawObject};
use ldap3::asn1::{PL, StructureTag, Types};

/// The id that survives a rename, with the attribute that holds it.
fn id(entry: &Entry<'_>) -> Option<String> {
    if let Some(guid) = entry.first_value("objectGUID").and_then(value::guid_text) {
        return Some(format!("objectGUID:{guid}"));
    }
    stable_id(entry).map(|(kind, id)| format!("{kind}:{}", text(id).to_ascii_lowercase()))
}

/// Attributes that hold the search by which a server works members out; whoever asks for them gets those that are derived from them
/// as well.
pub(super) const SEARCHES: [&str; 2] = ["memberURL", "labeledURI"];

/// Whether the server works the members out, so that no change of the entry tells of them. The search may stand in an attribute of
/// any name.
fn is_computed(entry: &Entry<'_>) -> bool {
    let is_search = |value: &[u8]| value.get(..5).is_some_and(|it| it.eq_ignore_ascii_case(b"ldap:"));
    let is_class = |class: &[u8]| COMPUTED.iter().any(|it| class.eq_ignore_ascii_case(it.as_bytes()));
    entry.values("objectClass").any(is_class) || entry.all_values().any(is_search)
}

/// The entry as it is kept; None where it has no id for good, or members that the server works out.
pub(super) fn object(kind: ObjectKind, tag: StructureTag) -> Option<RawObject> {
    let entry = Entry::parse(&tag).filter(|entry| kind != ObjectKind::Group || !is_computed(entry))?;
    let id = id(&entry)?;
    Some(RawObject { kind, id, body: encode(tag) })
}

/// The entry with all values of every attribute but one, also those that the server keeps back.
pub(super) async fn complete(
    mut tag: StructureTag,
    but: Option<&str>,
    pages: &mut Pages<'_>,
) -> Result<StructureTag, LdapReadError> {
    while let Some(attribute) = Entry::parse(&tag).and_then(|it| it.partial(but).map(str::to_owned)) {
        tag = whole(tag, &attribute, pages).await?;
    }
    Ok(tag)
}

async fn whole(
    tag: StructureTag,
    attribute: &str,
    pages: &mut Pages<'_>,
) -> Result<StructureTag, LdapReadError> {
    let Some(entry) = Entry::parse(&tag) else { return Ok(tag) };
    let mut values: Vec<StructureTag> = Vec::new();
    let entry_name = text(entry.name()).into_owned();
    match entry.values_from(attribute, 0, |value| values.push(octets(value))) {
        Extent::Until(next) => {
            let last = entry.values(attribute).last().unwrap_or_default();
            pages.values_from(&entry_name, attribute, next, last, |value| values.push(octets(value))).await?;
        }
        Extent::Whole | Extent::Broken => return Err(pages.broken_range(&entry_name, attribute, 0)),
    }
    Ok(with_values(tag, attribute, values))
}

fn with_values(mut tag: StructureTag, attribute: &str, values: Vec<StructureTag>) -> StructureTag {
    if let PL::C(parts) = &mut tag.payload
        && let Some(StructureTag { payload: PL::C(attributes), .. }) = parts.get_mut(1)
    {
        attributes.retain(|it| !is_attribute(it, attribute));
        let set = universal(Types::Set, PL::C(values));
        attributes.push(universal(Types::Sequence, PL::C(vec![octets(attribute.as_bytes()), set])));
    }
    tag
}

#[cfg(test)]
mod tests {
    use super::super::codec::decode;
    use super::*;
    use ldap3::asn1::TagClass;

    fn entry(attributes: &[(&str, &[&str])]) -> StructureTag {
        let attributes = attributes.iter().map(|(name, values)| {
            let values = values.iter().map(|value| octets(value.as_bytes())).collect();
            let set = universal(Types::Set, PL::C(values));
            universal(Types::Sequence, PL::C(vec![octets(name.as_bytes()), set]))
        });
        let parts = vec![octets(b"cn=a,dc=x"), universal(Types::Sequence, PL::C(attributes.collect()))];
        StructureTag { class: TagClass::Application, id: 4, payload: PL::C(parts) }
    }

    #[test]
    fn an_entry_survives_the_way_there_and_back() {
        let tag = entry(&[("mail", &["a@x.test", "b@x.test"]), ("entryUUID", &["ABC"])]);
        assert_eq!(decode(&encode(tag.clone())), Some(tag.clone()));
        assert_eq!(Entry::parse(&tag).and_then(|it| id(&it)).as_deref(), Some("entryUUID:abc"));
        assert_eq!(decode(b"\x30\x05nothing"), None);
    }

    #[test]
    fn the_parts_of_a_long_attribute_become_one() {
        let tag = entry(&[("cn", &["a"]), ("member", &[]), ("member;range=0-1", &["cn=b", "cn=c"])]);
        let whole = with_values(tag, "member", vec![octets(b"cn=b"), octets(b"cn=c"), octets(b"cn=d")]);
        assert_eq!(whole, entry(&[("cn", &["a"]), ("member", &["cn=b", "cn=c", "cn=d"])]));
    }

    #[test]
    fn a_group_of_addresses_is_worked_out_by_the_server() {
        let computed = entry(&[("objectClass", &["top", "groupOfURLs"])]);
        let listed = entry(&[("objectClass", &["top", "groupOfNames"])]);
        assert!(Entry::parse(&computed).is_some_and(|it| is_computed(&it)));
        assert!(Entry::parse(&listed).is_some_and(|it| !is_computed(&it)));
        for (uri, computed) in [("ldap:///ou=people,dc=x??sub?(cn=*)", true), ("https://x.test sales", false)]
        {
            let group = entry(&[("objectClass", &["groupOfNames"]), ("labeledURI", &[uri])]);
            assert_eq!(Entry::parse(&group).map(|it| is_computed(&it)), Some(computed), "{uri}");
            let derived = entry(&[("objectClass", &["groupOfNames"]), ("companySearch", &[uri])]);
            assert_eq!(Entry::parse(&derived).map(|it| is_computed(&it)), Some(computed), "{uri}");
        }
    }
}
