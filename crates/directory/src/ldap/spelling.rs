//! Names and logins as they are spelled, each with the form in which it is compared.
//!
//! Half a million members are some thousand names: what a name compares equal to is worked out once.

use super::name::{self, with_hex_escapes, without_unique_identifier};
use super::prepare::prepared_login;
use bwdc_core::snapshot::SnapshotBuilder;
use bwdc_core::text::Text;
use std::collections::{HashMap, HashSet};

/// Which names were seen.
#[derive(Default)]
pub(super) struct Spellings {
    names: Vec<bool>,
    /// The same, in the order in which they were seen.
    seen: Vec<Text>,
    scratch: String,
    /// Names with more than ASCII letters.
    beyond_ascii: Vec<Text>,
    /// Names of entries.
    entries: Vec<Text>,
}

/// What a group lists.
#[derive(Clone, Copy)]
pub(super) struct Listed {
    /// A name or a login, letter by letter.
    pub(super) name: Text,
    /// Whether it stands so in the group, without more or less.
    pub(super) whole: bool,
}

impl Spellings {
    /// The name of an entry. One that is no distinguished name is compared without case.
    pub(super) fn of_entry(&mut self, spelled: &str, builder: &mut SnapshotBuilder) -> Text {
        let Some(name) = self.name(spelled, builder) else { return spelled_login(spelled, builder) };
        self.entries.push(name);
        name
    }

    /// Names that are no entry's letter by letter, with the entries that answer to them, where there are letters beyond ASCII on either
    /// side: several entries, or one whose own name differs by more than the case of ASCII letters. Servers do not agree on whether
    /// such names are one (`ceᵒ` and `ceo` are two to most), and the entry that has it may be one that was not read, or is gone.
    ///
    /// So it is with the dot of an i, whose case is another one in each language: `İbrahim` and `ibrahim` are one to OpenLDAP.
    pub(super) fn unsure(&self, builder: &SnapshotBuilder) -> Vec<(Text, Vec<Text>)> {
        let mut beyond: HashSet<Text> = self.beyond_ascii.iter().map(|it| builder.comparable(*it)).collect();
        let alike = alike(&beyond, builder);
        beyond.extend(alike.values());
        let mut entries: HashMap<Text, Vec<Text>> = HashMap::new();
        let compared = |name: &Text| {
            let comparable = builder.comparable(*name);
            let comparable = alike.get(&comparable).copied().unwrap_or(comparable);
            Some(comparable).filter(|it| beyond.contains(it))
        };
        for (entry, comparable) in self.entries.iter().filter_map(|it| Some((*it, compared(it)?))) {
            let entries = entries.entry(comparable).or_default();
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        if entries.is_empty() {
            return Vec::new();
        }
        let spelled = |name: Text| builder.texts().get(name);
        let is_sure = |name: Text, entries: &[Text]| {
            entries.contains(&name)
                || matches!(entries, [entry] if spelled(*entry).eq_ignore_ascii_case(spelled(name)))
        };
        let answering = self.seen.iter().filter_map(|name| Some((*name, entries.get(&compared(name)?)?)));
        answering
            .filter(|(name, entries)| !is_sure(*name, entries))
            .map(|(name, entries)| (name, entries.clone()))
            .collect()
    }

    /// A distinguished name; None for anything else.
    pub(super) fn name(&mut self, spelled: &str, builder: &mut SnapshotBuilder) -> Option<Text> {
        let escaped = with_hex_escapes(spelled);
        if let Some(known) = builder.texts().find(&escaped).filter(|it| self.is_known(*it)) {
            return Some(known);
        }
        if !name::normalize(spelled, &mut self.scratch) {
            return None;
        }
        let name = builder.text(&escaped);
        let comparable = builder.text(&self.scratch);
        builder.compares_as(name, comparable);
        self.seen.push(name);
        if is_beyond_ascii(&escaped) {
            self.beyond_ascii.push(name);
        }
        if self.names.len() <= name.index() {
            self.names.resize(name.index() + 1, false);
        }
        self.names[name.index()] = true;
        Some(name)
    }

    /// A login; None where it is empty, or a distinguished name.
    pub(super) fn login(&mut self, login: &str, builder: &mut SnapshotBuilder) -> Option<Text> {
        let is_login = !login.is_empty() && !name::normalize(login, &mut self.scratch);
        is_login.then(|| spelled_login(login, builder))
    }

    /// What a value among a group's members means: a distinguished name, else a login; None for an empty value.
    pub(super) fn member(
        &mut self,
        value: &str,
        logins_as_names: bool,
        builder: &mut SnapshotBuilder,
    ) -> Option<Listed> {
        let listed = without_unique_identifier(value);
        // A name of one part is no entry's here: it is a login in other words.
        if logins_as_names && let Some(login) = login_in_a_name(listed) {
            return Some(Listed { name: spelled_login(login, builder), whole: false });
        }
        if let Some(name) = self.name(listed, builder) {
            return Some(Listed { name, whole: listed.len() == value.len() });
        }
        (!value.is_empty()).then(|| Listed { name: spelled_login(value, builder), whole: true })
    }

    fn is_known(&self, name: Text) -> bool {
        self.names.get(name.index()).is_some_and(|it| *it)
    }
}

/// Names that differ from another one by the dot of an i, each with what stands for all of them.
fn alike(names: &HashSet<Text>, builder: &SnapshotBuilder) -> HashMap<Text, Text> {
    let mut standing: HashMap<String, Text> = HashMap::new();
    let mut alike = HashMap::new();
    for &name in names {
        let spelled = builder.texts().get(name);
        let plain = spelled.replace("i\u{307}", "i").replace('\u{131}', "i");
        if plain != spelled {
            let known = builder.texts().find(&plain);
            alike.insert(name, known.unwrap_or_else(|| *standing.entry(plain).or_insert(name)));
        }
    }
    alike
}

fn spelled_login(login: &str, builder: &mut SnapshotBuilder) -> Text {
    let name = builder.text(login);
    let comparable = builder.text(&prepared_login(login));
    builder.compares_as(name, comparable);
    name
}

/// Whether a name, its escapes written as pairs of hexadecimal digits, has letters beyond ASCII.
fn is_beyond_ascii(escaped: &str) -> bool {
    let is_beyond = |pair: &str| pair.as_bytes().first().is_some_and(|digit| *digit >= b'8');
    !escaped.is_ascii() || escaped.split('\\').skip(1).any(is_beyond)
}

/// The login in a name of a single `uid`.
fn login_in_a_name(name: &str) -> Option<&str> {
    let (kind, login) = name.split_once('=')?;
    let login = login.trim();
    let is_plain = !login.is_empty() && !login.contains([',', '+', ';', '\\', '"', '=', '#']);
    (kind.trim().eq_ignore_ascii_case("uid") && is_plain).then_some(login)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::snapshot::ReadScope;

    fn builder() -> SnapshotBuilder {
        SnapshotBuilder::new(ReadScope { people: true, groups: true, deleted: false, stable_ids: false })
    }

    /// How many entries answer to the name of a member, of which the server is to say whose it is; 0: it is not asked.
    fn asked(entries: &[&str], member: &str) -> usize {
        let (mut spellings, mut builder) = (Spellings::default(), builder());
        for entry in entries {
            spellings.of_entry(&format!("cn={entry},dc=x"), &mut builder);
        }
        spellings.member(&format!("cn={member},dc=x"), false, &mut builder);
        let unsure = spellings.unsure(&builder);
        assert!(unsure.len() < 2, "one name is asked about: {unsure:?}");
        unsure.first().map_or(0, |(_, entries)| entries.len())
    }

    #[test]
    fn whose_a_name_is_that_looks_like_another_is_the_servers_to_say() {
        for (entry, member) in [
            ("ce\u{1d52}", "ceo"),
            ("ceo", "ce\u{1d52}"),
            ("ce\\E1\\B5\\92", "ceo"),
            ("ce\\e1\\b5\\92", "CEO"),
            ("\u{ff43}eo", "ceo"),
            ("o\u{fb03}ce", "office"),
            ("\u{212a}ay", "kay"),
            ("a\u{a0}b", "a b"),
            // As many letters beyond ASCII, elsewhere.
            ("\u{1d52}o", "o\u{1d52}"),
            ("J\u{fc}rgen", "Ju\u{308}rgen"),
            ("J\u{fc}rgen", "J\u{dc}rgen"),
            ("\u{130}brahim", "ibrahim"),
            ("\u{130}brahim", "IBRAHIM"),
            ("\u{131}brahim", "ibrahim"),
            ("\u{130}brahim", "\u{131}brahim"),
        ] {
            assert_eq!(asked(&[entry], member), 1, "{entry} {member}");
            assert_eq!(asked(&[member], entry), 1, "{member} {entry}");
        }
        assert_eq!(asked(&["ceo", "ce\u{1d52}"], "CEO"), 2);
    }

    #[test]
    fn what_every_server_takes_for_one_name_is_not_asked_about() {
        for (entry, member) in [
            ("ceo", "CEO"),
            ("a  b", "A b"),
            ("a\\, b", "A\\2c b"),
            ("J\u{fc}rgen", "j\u{fc}RGEN"),
            ("ce\u{1d52}", "ce\u{1d52}"),
            ("ce\u{1d52}", "cto"),
        ] {
            assert_eq!(asked(&[entry], member), 0, "{entry} {member}");
        }
        assert_eq!(asked(&["ceo", "ce\u{1d52}"], "ceo"), 0);
    }

    #[test]
    fn a_login_means_nobody_whose_login_only_looks_like_it() {
        let is_one = |one: &str, other: &str| {
            let (mut spellings, mut builder) = (Spellings::default(), builder());
            let one = spellings.login(one, &mut builder).unwrap();
            let other = spellings.member(other, false, &mut builder).unwrap().name;
            builder.comparable(one) == builder.comparable(other)
        };
        for (one, other) in [("joe", "JOE"), ("J\u{fc}rgen", "Ju\u{308}RGEN"), ("\u{e9}va", "\u{c9}VA")] {
            assert!(is_one(one, other) && is_one(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("j\u{1d52}e", "joe"),
            ("\u{ff4a}oe", "joe"),
            ("\u{212a}ay", "kay"),
            ("\u{212a}\u{e4}y", "k\u{e4}y"),
            ("\u{fc}\u{1d52}", "\u{fc}o"),
            ("\u{130}da", "ida"),
        ] {
            assert!(!is_one(one, other) && !is_one(other, one), "{one} {other}");
        }
    }
}
