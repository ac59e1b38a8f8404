//! Names and logins as they are spelled, each with the form in which it is compared.
//!
//! Half a million members are some thousand names: what a name compares equal to is worked out once.

use super::name::{self, with_hex_escapes, without_unique_identifier};
use super::prepare::prepared;
use bwdc_core::snapshot::SnapshotBuilder;
use bwdc_core::text::Text;
use std::collections::HashMap;

/// Which names were seen.
#[derive(Default)]
pub(super) struct Spellings {
    names: Vec<bool>,
    scratch: String,
    /// Entries whose names have more than ASCII letters, by the form in which they are compared.
    entries: HashMap<Text, Vec<Text>>,
    /// Such names, of whomever.
    beyond_ascii: Vec<Text>,
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
        let Some(name) = self.name(spelled, builder) else {
            let name = builder.text(spelled);
            let comparable = builder.text(&spelled.to_lowercase());
            builder.compares_as(name, comparable);
            return name;
        };
        let comparable = builder.comparable(name);
        if !builder.texts().get(comparable).is_ascii() {
            let entries = self.entries.entry(comparable).or_default();
            if !entries.contains(&name) {
                entries.push(name);
            }
        }
        name
    }

    /// Names that are no entry's letter by letter, with the entries that answer to them: several, or one whose own name differs by more
    /// than the case of ASCII letters. Servers do not agree on whether such names are one, and the entry that has it may be one
    /// that was not read.
    pub(super) fn unsure(&self, builder: &SnapshotBuilder) -> Vec<(Text, &[Text])> {
        let beyond = |name: Text| builder.texts().get(name).chars().filter(|it| !it.is_ascii());
        let answering = self.beyond_ascii.iter().filter_map(|&name| {
            let entries = self.entries.get(&builder.comparable(name))?;
            Some((name, entries.as_slice())).filter(|_| !entries.contains(&name))
        });
        answering
            .filter(|(name, entries)| !matches!(entries, [entry] if beyond(*name).eq(beyond(*entry))))
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
        if !self.scratch.is_ascii() {
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

fn spelled_login(login: &str, builder: &mut SnapshotBuilder) -> Text {
    let name = builder.text(login);
    let comparable = builder.text(&prepared(login));
    builder.compares_as(name, comparable);
    name
}

/// The login in a name of a single `uid`.
fn login_in_a_name(name: &str) -> Option<&str> {
    let (kind, login) = name.split_once('=')?;
    let login = login.trim();
    let is_plain = !login.is_empty() && !login.contains([',', '+', ';', '\\', '"', '=', '#']);
    (kind.trim().eq_ignore_ascii_case("uid") && is_plain).then_some(login)
}
