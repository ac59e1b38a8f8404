//! A search result entry seen through the structure that came off the wire: nothing is copied, no map is built.

use ldap3::asn1::{PL, StructureTag};

const SEARCH_RESULT_ENTRY: u64 = 4;

/// One entry with the attributes that were asked for.
pub(super) struct Entry<'e> {
    name: &'e [u8],
    attributes: &'e [StructureTag],
}

/// How far the values of a long attribute reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// To the end.
    Whole,
    /// The server keeps values back from this number on.
    Until(u64),
    /// Not from where they were to be read on.
    Broken,
}

impl<'e> Entry<'e> {
    pub(super) fn parse(tag: &'e StructureTag) -> Option<Self> {
        let PL::C(parts) = &tag.payload else { return None };
        match parts.as_slice() {
            [
                StructureTag { payload: PL::P(name), .. },
                StructureTag { payload: PL::C(attributes), .. },
                ..,
            ] if tag.id == SEARCH_RESULT_ENTRY => Some(Self { name, attributes }),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> &'e [u8] {
        self.name
    }

    /// The first value of an attribute; one without options goes before one with (`mail` before `mail;lang-de`).
    pub(super) fn first_value(&self, wanted: &str) -> Option<&'e [u8]> {
        let mut with_options = None;
        for (kind, values) in self.sets() {
            match options(kind, wanted) {
                Some([]) => {
                    if let Some(value) = primitives(values).next() {
                        return Some(value);
                    }
                }
                Some(_) if with_options.is_none() => with_options = primitives(values).next(),
                _ => {}
            }
        }
        with_options
    }

    /// All values of an attribute, whatever its options.
    pub(super) fn values(&self, wanted: &str) -> impl Iterator<Item = &'e [u8]> {
        self.sets()
            .filter(move |(kind, _)| options(kind, wanted).is_some())
            .flat_map(|(_, values)| primitives(values))
    }

    /// The values of every attribute.
    pub(super) fn all_values(&self) -> impl Iterator<Item = &'e [u8]> {
        self.sets().flat_map(|(_, values)| primitives(values))
    }

    /// Calls `each` with the values of an attribute from number `from` on, as far as the server sent them.
    ///
    /// Active Directory sends long attributes in parts (`member;range=0-1499`, the last one `member;range=4500-*`).
    pub(super) fn values_from(&self, wanted: &str, from: u64, mut each: impl FnMut(&'e [u8])) -> Extent {
        let mut extent = if from == 0 { Extent::Whole } else { Extent::Broken };
        for (kind, values) in self.sets() {
            match options(kind, wanted).map(range) {
                None => {}
                Some(None) if from == 0 => primitives(values).for_each(&mut each),
                Some(None) => {}
                Some(Some((first, _))) if first != from => return Extent::Broken,
                Some(Some((_, last))) => {
                    primitives(values).for_each(&mut each);
                    extent = match last {
                        None => Extent::Whole,
                        Some(last) if last >= from => Extent::Until(last + 1),
                        Some(_) => Extent::Broken,
                    };
                }
            }
        }
        extent
    }

    /// Whether an attribute has exactly this name, by case too.
    pub(super) fn is_spelled(&self, name: &str) -> bool {
        self.sets().any(|(kind, _)| kind.split(|&byte| byte == b';').next() == Some(name.as_bytes()))
    }

    /// The first attribute other than `but` of which the server keeps values back.
    pub(super) fn partial(&self, but: Option<&str>) -> Option<&'e str> {
        self.sets().find_map(|(kind, _)| {
            let kind = std::str::from_utf8(kind).ok()?;
            let (name, rest) = kind.split_at(kind.find(';')?);
            let is_partial = matches!(range(rest.as_bytes()), Some((_, Some(_))));
            (is_partial && !but.is_some_and(|it| it.eq_ignore_ascii_case(name))).then_some(name)
        })
    }

    fn sets(&self) -> impl Iterator<Item = (&'e [u8], &'e [StructureTag])> + use<'e> {
        self.attributes.iter().filter_map(|attribute| match &attribute.payload {
            PL::C(parts) => match parts.as_slice() {
                [StructureTag { payload: PL::P(kind), .. }, StructureTag { payload: PL::C(values), .. }] => {
                    Some((kind.as_slice(), values.as_slice()))
                }
                _ => None,
            },
            PL::P(_) => None,
        })
    }
}

/// Whether a partial attribute is `wanted`, whatever its options.
pub(super) fn is_attribute(attribute: &StructureTag, wanted: &str) -> bool {
    matches!(&attribute.payload, PL::C(parts)
        if matches!(parts.first(), Some(StructureTag { payload: PL::P(kind), .. }) if options(kind, wanted).is_some()))
}

fn primitives(values: &[StructureTag]) -> impl Iterator<Item = &[u8]> {
    values.iter().filter_map(|value| match &value.payload {
        PL::P(bytes) => Some(bytes.as_slice()),
        PL::C(_) => None,
    })
}

/// What stands behind the wanted name (`;binary`), empty for the name alone; None for another attribute.
fn options<'k>(kind: &'k [u8], wanted: &str) -> Option<&'k [u8]> {
    let (name, rest) = kind.split_at_checked(wanted.len())?;
    let same = matches!(rest.first(), None | Some(b';')) && name.eq_ignore_ascii_case(wanted.as_bytes());
    same.then_some(rest)
}

/// The numbers in `;range=<first>-<last or *>`, wherever it stands among the options.
fn range(options: &[u8]) -> Option<(u64, Option<u64>)> {
    let text = std::str::from_utf8(options).ok()?;
    text.split(';').find_map(|option| {
        let (key, numbers) = option.split_once('=')?;
        let (first, last) = numbers.split_once('-').filter(|_| key.eq_ignore_ascii_case("range"))?;
        let last = if last == "*" { None } else { Some(last.parse().ok()?) };
        Some((first.parse().ok()?, last))
    })
}

/// Attributes that identify a person for good, the first one found counts.
pub(super) const STABLE_IDS: [&str; 2] = ["entryUUID", "nsUniqueId"];

/// The attribute that identifies an entry for good, and its value.
pub(super) fn stable_id<'e>(entry: &Entry<'e>) -> Option<(&'static str, &'e [u8])> {
    STABLE_IDS.iter().find_map(|kind| Some((*kind, entry.first_value(kind)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ldap3::asn1::TagClass;

    fn text(value: &str) -> StructureTag {
        StructureTag { class: TagClass::Universal, id: 4, payload: PL::P(value.into()) }
    }

    fn list(id: u64, parts: Vec<StructureTag>) -> StructureTag {
        StructureTag { class: TagClass::Universal, id, payload: PL::C(parts) }
    }

    fn entry(attributes: &[(&str, &[&str])]) -> StructureTag {
        let attributes = attributes.iter().map(|(kind, values)| {
            list(16, vec![text(kind), list(17, values.iter().map(|value| text(value)).collect())])
        });
        list(SEARCH_RESULT_ENTRY, vec![text("cn=a,dc=x"), list(16, attributes.collect())])
    }

    fn read(tag: &StructureTag, from: u64) -> (Extent, Vec<&[u8]>) {
        let mut values = Vec::new();
        let extent =
            Entry::parse(tag).expect("an entry").values_from("member", from, |value| values.push(value));
        (extent, values)
    }

    #[test]
    fn attribute_names_are_compared_without_case_and_with_options() {
        let tag =
            entry(&[("MAIL;lang-de", &["de@x"]), ("Mail", &["first@x", "second@x"]), ("mailbox", &["no"])]);
        let entry = Entry::parse(&tag).expect("an entry");
        assert_eq!((entry.name(), entry.first_value("mail")), (&b"cn=a,dc=x"[..], Some(&b"first@x"[..])));
        assert_eq!(entry.first_value("mail;lang-de"), Some(&b"de@x"[..]));
        assert_eq!(entry.first_value("cn"), None);
        assert_eq!(entry.values("mail").count(), 3);
    }

    #[test]
    fn an_attribute_with_options_stands_in() {
        let tag = entry(&[("mail", &[]), ("mail;lang-de", &["de@x"])]);
        assert_eq!(Entry::parse(&tag).expect("an entry").first_value("mail"), Some(&b"de@x"[..]));
    }

    #[test]
    fn an_attribute_that_came_in_part_is_named() {
        let tag = entry(&[("cn", &["a"]), ("memberOf;range=0-1", &["x", "y"]), ("member;range=0-*", &["z"])]);
        let entry = Entry::parse(&tag).expect("an entry");
        assert_eq!((entry.partial(None), entry.partial(Some("MEMBEROF"))), (Some("memberOf"), None));
    }

    #[test]
    fn ranges_are_followed_by_number() {
        assert_eq!(read(&entry(&[("member", &["a", "b"])]), 0), (Extent::Whole, vec![&b"a"[..], b"b"]));
        assert_eq!(read(&entry(&[]), 0), (Extent::Whole, vec![]));
        let first = entry(&[("member", &[]), ("Member;Range=0-1", &["a", "b"])]);
        assert_eq!(read(&first, 0), (Extent::Until(2), vec![&b"a"[..], b"b"]));
        let last = entry(&[("member;range=2-*", &["c"])]);
        assert_eq!(read(&last, 2), (Extent::Whole, vec![&b"c"[..]]));
        assert_eq!(read(&last, 3).0, Extent::Broken);
        assert_eq!(read(&entry(&[("member", &[])]), 2).0, Extent::Broken);
        assert_eq!(read(&entry(&[("member;range=2-1", &[])]), 2).0, Extent::Broken);
    }
}
