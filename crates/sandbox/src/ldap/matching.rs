//! Whether a filter takes an entry.

use super::dn;
use super::entry::Entry;
use super::filter::Filter;
use super::syntax::{Syntax, canonical, compare, equal, name, number, prepare, syntax};
use super::tree::Tree;

/// `bitwise AND` of Active Directory.
pub(super) const RULE_BIT_AND: &str = "1.2.840.113556.1.4.803";
/// `bitwise OR` of Active Directory.
pub(super) const RULE_BIT_OR: &str = "1.2.840.113556.1.4.804";
/// `IN_CHAIN` of Active Directory: follows the attribute from entry to entry.
pub(super) const RULE_IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// Whether the filter takes the entry. What the entry lacks is false, so its negation is true.
pub(super) fn matches(filter: &Filter, entry: &Entry, tree: &Tree) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().all(|part| matches(part, entry, tree)),
        Filter::Or(parts) => parts.iter().any(|part| matches(part, entry, tree)),
        Filter::Not(part) => !matches(part, entry, tree),
        // No entry is without a class in a directory with a schema, and this is how everything is asked for.
        Filter::Present(attribute) if canonical(attribute) == "objectclass" => true,
        Filter::Present(attribute) => entry.values(attribute).next().is_some(),
        Filter::Equality(attribute, wanted) => has_value(entry, attribute, wanted),
        Filter::Approximate(attribute, wanted) => {
            let wanted = letters(wanted);
            entry.values(attribute).any(|value| letters(&value) == wanted)
        }
        Filter::GreaterOrEqual(attribute, wanted) => {
            let key = canonical(attribute);
            entry.values(attribute).any(|value| compare(&key, &value, wanted).is_ge())
        }
        Filter::LessOrEqual(attribute, wanted) => {
            let key = canonical(attribute);
            entry.values(attribute).any(|value| compare(&key, &value, wanted).is_le())
        }
        Filter::Substring { attribute, initial, any, last } => {
            let syntax = syntax(&canonical(attribute));
            entry
                .values(attribute)
                .any(|value| substring(syntax, &value, initial.as_deref(), any, last.as_deref()))
        }
        Filter::Extensible { rule, attribute, value, dn_attributes } => {
            extensible(entry, tree, rule.as_deref(), attribute.as_deref(), value, *dn_attributes)
        }
    }
}

/// Whether the entry's attribute has the value.
pub(super) fn has_value(entry: &Entry, attribute: &str, wanted: &[u8]) -> bool {
    let key = canonical(attribute);
    match syntax(&key) {
        Syntax::Name => {
            let Some(wanted) = name(wanted) else { return false };
            entry.values(attribute).any(|value| name(&value).as_ref() == Some(&wanted))
        }
        syntax => {
            let wanted = prepare(syntax, wanted);
            entry.values(attribute).any(|value| prepare(syntax, &value) == wanted)
        }
    }
}

fn letters(value: &[u8]) -> String {
    String::from_utf8_lossy(value)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn substring(
    syntax: Syntax,
    value: &[u8],
    initial: Option<&[u8]>,
    any: &[Vec<u8>],
    last: Option<&[u8]>,
) -> bool {
    // A part's outer spaces are significant where they meet the rest of the value, so parts are only lowered.
    let lower = |part: &[u8]| match syntax {
        Syntax::Text | Syntax::Name => String::from_utf8_lossy(part).to_lowercase().into_bytes(),
        Syntax::Telephone => prepare(syntax, part),
        Syntax::Bytes | Syntax::ExactText => part.to_vec(),
    };
    let value = if syntax == Syntax::Name { lower(value) } else { prepare(syntax, value) };
    let mut rest = value.as_slice();
    if let Some(initial) = initial {
        match rest.strip_prefix(lower(initial).as_slice()) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    for part in any {
        let part = lower(part);
        match find(rest, &part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    last.is_none_or(|last| rest.ends_with(&lower(last)))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() {
        return Some(0);
    }
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn extensible(
    entry: &Entry,
    tree: &Tree,
    rule: Option<&str>,
    attribute: Option<&str>,
    wanted: &[u8],
    dn_attributes: bool,
) -> bool {
    let numbers = |attribute: &str, test: fn(i64, i64) -> bool| {
        let Some(wanted) = number(wanted) else { return false };
        entry.values(attribute).filter_map(|value| number(&value)).any(|value| test(value, wanted))
    };
    match (rule, attribute) {
        (Some(RULE_BIT_AND), Some(attribute)) => numbers(attribute, |value, wanted| value & wanted == wanted),
        (Some(RULE_BIT_OR), Some(attribute)) => numbers(attribute, |value, wanted| value & wanted != 0),
        (Some(RULE_IN_CHAIN), Some(attribute)) => {
            name(wanted).is_some_and(|wanted| tree.reaches(entry, attribute, &wanted))
        }
        (rule, attribute) => {
            let exact =
                matches!(rule, Some("caseExactMatch" | "2.5.13.5" | "octetStringMatch" | "2.5.13.17"));
            let same = |attribute: &str, value: &[u8]| {
                if exact { value == wanted } else { equal(&canonical(attribute), value, wanted) }
            };
            let in_entry = match attribute {
                Some(attribute) => entry.values(attribute).any(|value| same(attribute, &value)),
                None => entry
                    .attributes()
                    .iter()
                    .any(|each| each.values.iter().any(|value| same(&each.name, value))),
            };
            in_entry || (dn_attributes && in_name(entry, attribute, same))
        }
    }
}

fn in_name(entry: &Entry, attribute: Option<&str>, same: impl Fn(&str, &[u8]) -> bool) -> bool {
    dn::components(entry.dn())
        .into_iter()
        .filter_map(|component| dn::naming_values(component).ok())
        .flatten()
        .filter(|(kind, _)| attribute.is_none_or(|wanted| canonical(wanted) == canonical(kind)))
        .any(|(kind, value)| same(&kind, &value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ldap::dn::Dn;
    use crate::ldap::ldif;

    const LDIF: &str = "\
dn: dc=x
dc: x

dn: cn=Ada  Example,ou=People,dc=x
objectClass: inetOrgPerson
cn: Ada Example
mail: Ada@Example.test
userAccountControl: 514
telephoneNumber: +1 555-0100
objectGUID:: /wABAg==
memberOf: CN=Inner,DC=x
homeDirectory: /home/Ada

dn: cn=inner,dc=x
member: CN=ada example, OU=people, DC=X
memberOf: cn=outer,dc=x

dn: cn=outer,dc=x
member: cn=inner,dc=x
memberOf: cn=inner,dc=x
";

    fn equality(attribute: &str, value: &str) -> Filter {
        Filter::Equality(attribute.into(), value.into())
    }

    fn rule(attribute: &str, rule: &str, value: &str) -> Filter {
        Filter::Extensible {
            rule: Some(rule.into()),
            attribute: Some(attribute.into()),
            value: value.into(),
            dn_attributes: false,
        }
    }

    fn found(filter: &Filter) -> Vec<String> {
        let tree = Tree::load(ldif::parse(LDIF).unwrap()).unwrap();
        tree.below(&Dn::default())
            .filter(|(_, entry)| matches(filter, entry, &tree))
            .map(|(_, entry)| entry.dn().to_owned())
            .collect()
    }

    const ADA: &str = "cn=Ada  Example,ou=People,dc=x";

    #[test]
    fn text_ignores_case_and_runs_of_spaces() {
        assert_eq!(found(&equality("COMMONNAME", " ada   EXAMPLE ")), [ADA]);
        assert_eq!(found(&equality("mail", "ada@example.TEST")), [ADA]);
        assert_eq!(found(&equality("telephoneNumber", "+15550100")), [ADA]);
        assert!(found(&equality("homeDirectory", "/home/ada")).is_empty());
        assert_eq!(found(&Filter::Approximate("cn".into(), b"ada-example".to_vec())), [ADA]);
    }

    #[test]
    fn names_compare_as_names_and_bytes_as_bytes() {
        assert_eq!(found(&equality("member", "cn=Ada Example,ou=People,dc=x")), ["cn=inner,dc=x"]);
        assert_eq!(found(&Filter::Equality("objectGUID".into(), vec![0xff, 0, 1, 2])), [ADA]);
        assert!(found(&Filter::Equality("objectGUID".into(), vec![0xff, 0, 1])).is_empty());
    }

    #[test]
    fn parts_are_found_in_order() {
        let parts = |initial: Option<&str>, any: &[&str], last: Option<&str>| Filter::Substring {
            attribute: "mail".into(),
            initial: initial.map(Into::into),
            any: any.iter().map(|part| part.as_bytes().to_vec()).collect(),
            last: last.map(Into::into),
        };
        assert_eq!(found(&parts(Some("ADA"), &["exam"], Some(".test"))), [ADA]);
        assert_eq!(found(&parts(None, &["@", "test"], None)), [ADA]);
        assert!(found(&parts(None, &["test", "@"], None)).is_empty());
        assert!(found(&parts(Some("ada@example.test"), &[], Some("test"))).is_empty());
    }

    #[test]
    fn numbers_order_as_numbers() {
        assert_eq!(found(&Filter::GreaterOrEqual("userAccountControl".into(), b"66".to_vec())), [ADA]);
        assert!(found(&Filter::LessOrEqual("userAccountControl".into(), b"66".to_vec())).is_empty());
    }

    #[test]
    fn active_directory_rules_work() {
        assert_eq!(found(&rule("userAccountControl", RULE_BIT_AND, "2")), [ADA]);
        assert!(found(&rule("userAccountControl", RULE_BIT_AND, "3")).is_empty());
        assert_eq!(found(&rule("userAccountControl", RULE_BIT_OR, "3")), [ADA]);
        assert_eq!(found(&rule("member", RULE_IN_CHAIN, ADA)), ["cn=inner,dc=x", "cn=outer,dc=x"]);
        // inner and outer hold each other, so the walk has to end by itself.
        assert_eq!(found(&rule("memberOf", RULE_IN_CHAIN, "cn=outer,dc=x")).len(), 3);
    }

    #[test]
    fn names_can_be_searched_too() {
        let filter = Filter::Extensible {
            rule: None,
            attribute: Some("ou".into()),
            value: b"people".to_vec(),
            dn_attributes: true,
        };
        assert_eq!(found(&filter), [ADA]);
        let exact = rule("cn", "caseExactMatch", "ada example");
        assert!(found(&exact).is_empty());
    }

    #[test]
    fn empty_and_is_true_and_empty_or_is_false() {
        assert_eq!(found(&Filter::And(vec![])).len(), 4);
        assert!(found(&Filter::Or(vec![])).is_empty());
        assert_eq!(found(&Filter::Not(Box::new(Filter::Present("mail".into())))).len(), 3);
    }
}
