//! Names and logins as they are spelled, each with the form in which it is compared.
//!
//! Half a million members are some thousand names: what a name compares equal to is worked out once.

use super::name::{self, with_hex_escapes, without_unique_identifier};
use super::prepare::prepared;
use bwdc_core::snapshot::SnapshotBuilder;
use bwdc_core::text::Text;

/// Which names were seen.
#[derive(Default)]
pub(super) struct Spellings {
    names: Vec<bool>,
    scratch: String,
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
        self.name(spelled, builder).unwrap_or_else(|| {
            let name = builder.text(spelled);
            let comparable = builder.text(&spelled.to_lowercase());
            builder.compares_as(name, comparable);
            name
        })
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
