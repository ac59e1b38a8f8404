//! Which attributes of an entry an answer shows (RFC 4511, 4.5.1.8; RFC 3673), ranges of values included.

use ldap3_proto::proto::LdapPartialAttribute;

use super::entry::Entry;
use super::ldif::Attribute;
use super::syntax::canonical;

/// A list of attributes as asked for.
#[derive(Debug)]
pub(super) struct Selection {
    user: bool,
    operational: bool,
    named: Vec<Named>,
    types_only: bool,
    value_limit: Option<usize>,
}

#[derive(Debug)]
struct Named {
    canonical: String,
    options: Vec<String>,
    range: Option<Range>,
}

/// `range=first-last`, the last one open for `*`.
#[derive(Debug, Clone, Copy)]
struct Range {
    first: usize,
    last: Option<usize>,
}

impl Selection {
    pub(super) fn new(attributes: &[String], types_only: bool, value_limit: Option<usize>) -> Self {
        let named = attributes.iter().filter(|name| !matches!(name.as_str(), "*" | "+" | "1.1"));
        Self {
            user: attributes.is_empty() || attributes.iter().any(|name| name == "*"),
            operational: attributes.iter().any(|name| name == "+"),
            named: named.map(|name| Named::parse(name)).collect(),
            types_only,
            value_limit,
        }
    }

    pub(super) fn of(&self, entry: &Entry) -> Vec<LdapPartialAttribute> {
        let mut shown = Vec::new();
        for attribute in entry.attributes() {
            self.show(attribute, is_operational(&canonical(&attribute.name)), &mut shown);
        }
        if self.operational || !self.named.is_empty() {
            for attribute in entry.computed() {
                self.show(&attribute, true, &mut shown);
            }
        }
        shown
    }

    fn show(&self, attribute: &Attribute, operational: bool, shown: &mut Vec<LdapPartialAttribute>) {
        let named: Vec<&Named> = self.named.iter().filter(|named| named.takes(attribute)).collect();
        let wanted = if operational { self.operational } else { self.user };
        if named.is_empty() && !wanted {
            return;
        }
        let ranges: Vec<Range> = named.iter().filter_map(|named| named.range).collect();
        if self.types_only {
            shown.push(partial(attribute.name.clone(), &[]));
            return;
        }
        for range in &ranges {
            shown.push(self.part(attribute, *range));
        }
        if ranges.is_empty() || wanted || ranges.len() < named.len() {
            match self.value_limit {
                Some(limit) if attribute.values.len() > limit => {
                    shown.push(partial(attribute.name.clone(), &[]));
                    shown.push(self.part(attribute, Range { first: 0, last: None }));
                }
                _ => shown.push(partial(attribute.name.clone(), &attribute.values)),
            }
        }
    }

    fn part(&self, attribute: &Attribute, range: Range) -> LdapPartialAttribute {
        let count = attribute.values.len();
        let first = range.first.min(count);
        let asked = range.last.map_or(count, |last| last.saturating_add(1).min(count));
        let end = self.value_limit.map_or(asked, |limit| asked.min(first + limit)).max(first);
        let last = if end == count { "*".to_owned() } else { (end.saturating_sub(1)).to_string() };
        partial(format!("{};range={first}-{last}", attribute.name), &attribute.values[first..end])
    }
}

impl Named {
    fn parse(description: &str) -> Self {
        let (mut options, mut range) = (Vec::new(), None);
        for option in description.split(';').skip(1) {
            match Range::parse(option) {
                Some(parsed) => range = Some(parsed),
                None => options.push(option.to_ascii_lowercase()),
            }
        }
        Self { canonical: canonical(description), options, range }
    }

    fn takes(&self, attribute: &Attribute) -> bool {
        let has =
            |wanted: &String| attribute.name.split(';').skip(1).any(|each| each.eq_ignore_ascii_case(wanted));
        canonical(&attribute.name) == self.canonical && self.options.iter().all(has)
    }
}

impl Range {
    fn parse(option: &str) -> Option<Self> {
        let (first, last) = option
            .to_ascii_lowercase()
            .strip_prefix("range=")?
            .split_once('-')
            .map(|(first, last)| (first.to_owned(), last.to_owned()))?;
        let last = if last == "*" { None } else { Some(last.parse().ok()?) };
        Some(Self { first: first.parse().ok()?, last })
    }
}

fn partial(name: String, values: &[Vec<u8>]) -> LdapPartialAttribute {
    LdapPartialAttribute { atype: name, vals: values.to_vec() }
}

/// Attributes that servers show only when asked, by name or with `+`.
fn is_operational(canonical: &str) -> bool {
    matches!(
        canonical,
        "entryuuid"
            | "createtimestamp"
            | "modifytimestamp"
            | "creatorsname"
            | "modifiersname"
            | "structuralobjectclass"
            | "entrydn"
            | "entrycsn"
            | "hassubordinates"
            | "numsubordinates"
            | "subschemasubentry"
            | "nsuniqueid"
            | "nsaccountlock"
            | "pwdaccountlockedtime"
            | "pwdchangedtime"
            | "namingcontexts"
            | "supportedcontrol"
            | "supportedextension"
            | "supportedldapversion"
            | "supportedsaslmechanisms"
            | "vendorname"
            | "vendorversion"
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ldap::dn::Dn;
    use crate::ldap::ldif;
    use crate::ldap::tree::Tree;

    fn entry() -> Arc<Entry> {
        let ldif = "dn: cn=a,dc=x\nobjectClass: top\nobjectClass: person\ncn: a\nCN;lang-de: b\nmember: 0\n\
                    member: 1\nmember: 2\nmember: 3\nmember: 4\nnsUniqueId: u\n";
        let tree = Tree::load(ldif::parse(ldif).unwrap()).unwrap();
        Arc::clone(tree.get(&Dn::parse("cn=a,dc=x").unwrap()).unwrap())
    }

    fn shown(attributes: &[&str], limit: Option<usize>) -> Vec<(String, usize)> {
        let attributes: Vec<String> = attributes.iter().map(ToString::to_string).collect();
        let selection = Selection::new(&attributes, false, limit);
        selection.of(&entry()).into_iter().map(|each| (each.atype, each.vals.len())).collect()
    }

    fn names(attributes: &[&str]) -> Vec<String> {
        shown(attributes, None).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn user_and_operational_attributes_are_told_apart() {
        assert_eq!(names(&[]), ["objectClass", "cn", "CN;lang-de", "member"]);
        assert_eq!(names(&["*"]), names(&[]));
        assert!(names(&["1.1"]).is_empty());
        let operational = names(&["+"]);
        assert!(
            operational.contains(&"entryUUID".to_owned()) && operational.contains(&"nsUniqueId".to_owned())
        );
        assert!(!operational.contains(&"cn".to_owned()));
        assert_eq!(names(&["COMMONNAME", "entryuuid"]), ["cn", "CN;lang-de", "entryUUID"]);
        assert_eq!(names(&["cn;lang-DE"]), ["CN;lang-de"]);
        assert_eq!(names(&["*", "cn"]), names(&[]));
    }

    #[test]
    fn types_come_without_values() {
        let selection = Selection::new(&[], true, None);
        assert!(selection.of(&entry()).iter().all(|each| each.vals.is_empty()));
    }

    #[test]
    fn many_values_come_in_ranges() {
        let pair = |name: &str, count: usize| (name.to_owned(), count);
        assert_eq!(shown(&["member"], Some(2)), [pair("member", 0), pair("member;range=0-1", 2)]);
        assert_eq!(shown(&["member;range=2-*"], Some(2)), [pair("member;range=2-3", 2)]);
        assert_eq!(shown(&["member;range=4-*"], Some(2)), [pair("member;range=4-*", 1)]);
        assert_eq!(shown(&["member;range=1-2"], None), [pair("member;range=1-2", 2)]);
        assert_eq!(shown(&["member"], Some(5)), [pair("member", 5)]);
    }
}
