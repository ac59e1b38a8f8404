//! What the server's schema (RFC 4512, section 4.2) says of the searches by which a server works members out.
//!
//! Which attribute holds such a search is configuration, but not any attribute can: OpenLDAP takes `labeledURI`, `memberURL` and
//! what is derived from them. An entry holds one only where one of its classes allows it, which is told also where the account may
//! not see the attribute itself.

use super::entry::Entry;
use super::value::text;
use std::collections::{HashMap, HashSet};

/// What is asked for.
pub(super) const ATTRIBUTES: [&str; 3] = ["attributeTypes", "objectClasses", "dITContentRules"];
/// Attributes that hold a search, in lower case.
const SEARCHES: [&str; 2] = ["labeleduri", "memberurl"];
/// Classes of groups whose members the server works out at every search, in lower case.
pub(super) const COMPUTED: [&str; 3] = ["groupofurls", "dynamicgroup", "nsfilteredroledefinition"];
/// The class that allows every attribute (RFC 4512, section 4.3).
const ANYTHING: &str = "extensibleobject";

/// Attributes that hold a search, and which classes allow which of them.
#[derive(Default)]
pub(super) struct Searches {
    /// Each by its first name.
    attributes: Vec<String>,
    /// What each class allows, by each of its names: positions among the attributes.
    classes: HashMap<String, HashSet<usize>>,
    /// Every attribute that there is, by each of its names, in lower case.
    known: HashSet<String>,
}

impl Searches {
    /// As the server's entry of its schema says; None where it does not.
    pub(super) fn of_entry(entry: &Entry<'_>) -> Option<Self> {
        let all = |kind| -> Vec<String> { entry.values(kind).map(|it| text(it).into_owned()).collect() };
        let [types, classes, rules] = ATTRIBUTES.map(all);
        (!types.is_empty() && !classes.is_empty()).then(|| Self::of(&types, &classes, &rules))
    }

    fn of(types: &[String], classes: &[String], rules: &[String]) -> Self {
        let types = definitions(types);
        let derived = derived(&types, &SEARCHES);
        let names = types.iter().flat_map(|it| it.names.iter().chain([&it.id]));
        let mut searches = Self { known: names.cloned().collect(), ..Self::default() };
        let mut positions: HashMap<String, usize> = HashMap::new();
        for definition in types.iter().filter(|it| derived.contains(&it.id)) {
            let names = definition.names.iter().chain([&definition.id]);
            positions.extend(names.map(|name| (name.clone(), searches.attributes.len())));
            searches.attributes.push(definition.names.first().unwrap_or(&definition.id).clone());
        }
        let allowed = |definition: &Definition| -> HashSet<usize> {
            definition.attributes.iter().filter_map(|it| positions.get(it).copied()).collect()
        };
        let classes = definitions(classes);
        let mut more: HashMap<String, HashSet<usize>> = HashMap::new();
        for rule in definitions(rules) {
            more.entry(rule.id.clone()).or_default().extend(allowed(&rule));
        }
        let by_name = by_name(&classes);
        for class in &classes {
            // What cannot be followed to its top may allow anything.
            let Some(line) = line(class, &by_name) else { continue };
            if line.iter().any(|it| it.is_called(ANYTHING) || COMPUTED.iter().any(|name| it.is_called(name)))
            {
                continue;
            }
            let mut held: HashSet<usize> = line.iter().flat_map(|it| allowed(it)).collect();
            held.extend(more.get(&class.id).into_iter().flatten());
            let names = class.names.iter().chain([&class.id]);
            searches.classes.extend(names.map(|name| (name.clone(), held.clone())));
        }
        searches
    }

    /// Whether there is an attribute of this name: a filter that names another one is neither true nor false of any entry.
    pub(super) fn knows(&self, attribute: &str) -> bool {
        self.known.contains(&attribute.to_ascii_lowercase())
    }

    /// Attributes with a search that an entry may hold and does not show: its classes allow them.
    pub(super) fn unseen<'s>(&'s self, entry: &Entry<'_>) -> Vec<&'s str> {
        let mut allowed: HashSet<usize> = HashSet::new();
        let mut classes = entry.values("objectClass").peekable();
        let mut is_known = classes.peek().is_some();
        for class in classes {
            match self.classes.get(&text(class).to_ascii_lowercase()) {
                Some(held) => allowed.extend(held),
                None => is_known = false,
            }
        }
        let attributes = self.attributes.iter().enumerate();
        attributes
            .filter(|(position, _)| !is_known || allowed.contains(position))
            .map(|(_, attribute)| attribute.as_str())
            .filter(|attribute| entry.values(attribute).next().is_none())
            .collect()
    }
}

/// One definition of a schema, its names in lower case.
struct Definition {
    id: String,
    names: Vec<String>,
    above: Vec<String>,
    attributes: Vec<String>,
}

impl Definition {
    fn is_called(&self, name: &str) -> bool {
        self.id == name || self.names.iter().any(|it| it == name)
    }
}

fn definitions(texts: &[String]) -> Vec<Definition> {
    texts.iter().filter_map(|it| definition(it)).collect()
}

/// `( 1.2.3 NAME ( 'a' 'b' ) DESC 'words' SUP c MAY ( d $ e ) … )`
fn definition(text: &str) -> Option<Definition> {
    let mut tokens = tokens(text).into_iter();
    if tokens.next()? != "(" {
        return None;
    }
    let id = tokens.next()?.to_ascii_lowercase();
    let mut definition = Definition { id, names: Vec::new(), above: Vec::new(), attributes: Vec::new() };
    let mut unused = Vec::new();
    let mut list = &mut unused;
    let mut depth = 0_u32;
    for token in tokens {
        match token {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "$" => {}
            "NAME" if depth == 0 => list = &mut definition.names,
            "SUP" if depth == 0 => list = &mut definition.above,
            "MUST" | "MAY" if depth == 0 => list = &mut definition.attributes,
            quoted if quoted.starts_with('\'') => list.push(quoted.trim_matches('\'').to_ascii_lowercase()),
            word if depth == 0 && is_keyword(word) => list = &mut unused,
            word => list.push(word.to_ascii_lowercase()),
        }
    }
    Some(definition)
}

/// Whether a word begins another part: these stand in capitals, which no name of an attribute in use does.
fn is_keyword(word: &str) -> bool {
    const OTHERS: [&str; 14] = [
        "DESC",
        "OBSOLETE",
        "ABSTRACT",
        "STRUCTURAL",
        "AUXILIARY",
        "AUX",
        "NOT",
        "EQUALITY",
        "ORDERING",
        "SUBSTR",
        "SYNTAX",
        "SINGLE-VALUE",
        "COLLECTIVE",
        "USAGE",
    ];
    OTHERS.contains(&word) || word == "NO-USER-MODIFICATION" || word.starts_with("X-")
}

fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '(' | ')' | '$' => 1,
            '\'' => rest[1..].find('\'').map_or(rest.len(), |end| end + 2),
            _ => rest.find(|it: char| it.is_whitespace() || "()$'".contains(it)).unwrap_or(rest.len()),
        };
        tokens.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    tokens
}

fn by_name(definitions: &[Definition]) -> HashMap<&str, &Definition> {
    let named = |it| {
        let definition: &Definition = it;
        definition.names.iter().chain([&definition.id]).map(move |name| (name.as_str(), definition))
    };
    definitions.iter().flat_map(named).collect()
}

/// The ids of the definitions that are, or are derived from, one of these.
fn derived(definitions: &[Definition], roots: &[&str]) -> HashSet<String> {
    let by_name = by_name(definitions);
    let is_derived = |it: &&Definition| {
        let line = line(it, &by_name).unwrap_or_default();
        line.iter().any(|above| roots.iter().any(|root| above.is_called(root)))
    };
    definitions.iter().filter(is_derived).map(|it| it.id.clone()).collect()
}

/// A definition and all above it; None where one of them is not told.
fn line<'d>(
    definition: &'d Definition,
    by_name: &HashMap<&str, &'d Definition>,
) -> Option<Vec<&'d Definition>> {
    let mut line = vec![definition];
    let mut next = 0;
    while let Some(definition) = line.get(next) {
        next += 1;
        for above in &definition.above {
            let above = *by_name.get(above.as_str())?;
            if !line.iter().any(|known| std::ptr::eq(*known, above)) {
                line.push(above);
            }
        }
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::super::codec::{octets, universal};
    use super::*;
    use ldap3::asn1::{PL, StructureTag, TagClass, Types};

    const TYPES: [&str; 6] = [
        "( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'RFC4519: MAY ( labeledURI )' SUP name )",
        "( 2.5.4.41 NAME 'name' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{32768} )",
        "( 1.3.6.1.4.1.250.1.57 NAME ( 'labeledURI' 'labeledURL' ) EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
        "( 1.9.1 NAME 'companySearch' SUP labeledURI X-ORIGIN 'us' )",
        "( 1.9.2 NAME 'teamSearch' SUP 1.9.1 )",
        "( 2.16.840.1.113730.3.1.198 NAME 'memberURL' SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )",
    ];
    const CLASSES: [&str; 11] = [
        "( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )",
        "( 2.5.6.9 NAME 'groupOfNames' SUP top STRUCTURAL MUST ( member $ cn ) MAY ( businessCategory $ owner ) )",
        "( 1.9.3 NAME 'companyGroup' DESC 'takes no labeledURI' SUP groupOfNames STRUCTURAL )",
        "( 1.9.4 NAME ( 'team' 'crew' ) SUP companyGroup AUXILIARY MAY ( cn $ TeamSearch ) )",
        "( 1.9.5 NAME 'smallTeam' SUP CREW )",
        "( 1.3.6.1.4.1.250.3.15 NAME 'labeledURIObject' SUP top AUXILIARY MAY labeledURL )",
        "( 1.3.6.1.4.1.1466.101.120.111 NAME 'extensibleObject' SUP top AUXILIARY )",
        "( 2.16.840.1.113730.3.2.33 NAME 'groupOfURLs' SUP top STRUCTURAL MUST cn MAY memberURL )",
        "( 1.9.6 NAME 'ourURLs' SUP groupOfURLs STRUCTURAL )",
        "( 1.9.7 NAME 'orphan' SUP nobodyKnows STRUCTURAL )",
        "( 1.9.8 NAME 'ruled' SUP top STRUCTURAL )",
    ];

    fn unseen(attributes: &[(&str, &[&str])]) -> Vec<String> {
        let own = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let rules = ["( 1.9.8 NAME 'rule' AUX team MAY companySearch )"];
        let searches = Searches::of(&own(&TYPES), &own(&CLASSES), &own(&rules));
        let attributes = attributes.iter().map(|(name, values)| {
            let values = values.iter().map(|value| octets(value.as_bytes())).collect();
            let set = universal(Types::Set, PL::C(values));
            universal(Types::Sequence, PL::C(vec![octets(name.as_bytes()), set]))
        });
        let parts = vec![octets(b"cn=a,dc=x"), universal(Types::Sequence, PL::C(attributes.collect()))];
        let tag = StructureTag { class: TagClass::Application, id: 4, payload: PL::C(parts) };
        searches.unseen(&Entry::parse(&tag).unwrap()).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn which_searches_an_entry_may_hold_is_told_by_its_classes() {
        let all: &[&str] = &["labeleduri", "companysearch", "teamsearch", "memberurl"];
        for (classes, expected) in [
            (&["top", "groupOfNames"][..], &[][..]),
            (&["companyGroup"], &[]),
            (&["companyGroup", "TEAM"], &["teamsearch"]),
            (&["1.9.5"], &["teamsearch"]),
            (&["groupOfNames", "labeledURIObject"], &["labeleduri"]),
            (&["ruled"], &["companysearch"]),
            // What allows everything, what is not told, and nothing at all.
            (&["groupOfNames", "extensibleObject"], all),
            (&["ourURLs"], all),
            (&["groupOfNames", "unheardOf"], all),
            (&["orphan"], all),
            (&[], all),
        ] {
            assert_eq!(unseen(&[("objectClass", classes)]), expected, "{classes:?}");
        }
        let shown = [("objectClass", &["labeledURIObject", "team"][..]), ("labeledURI", &["https://x.test"])];
        assert_eq!(unseen(&shown), ["teamsearch"]);
    }

    #[test]
    fn what_is_no_definition_tells_nothing() {
        for text in ["", "NAME 'x'", "("] {
            assert!(definition(text).is_none(), "{text}");
        }
        let torn = definition("( 1.2 NAME ( 'a 'b' SUP ( c").unwrap();
        assert_eq!(torn.id, "1.2");
    }
}
