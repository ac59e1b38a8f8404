//! A directory of awkward entries: names that need escapes, addresses at the limits, groups that go in circles.

/// The suffix of [`LDIF`].
pub const SUFFIX: &str = "dc=example,dc=test";

/// The entries, to be loaded with [`SCHEMA`].
pub const LDIF: &str = include_str!("../data/awkward.ldif");

/// The auxiliary class that lends a few of Active Directory's attributes.
pub const SCHEMA: &str = include_str!("../data/awkward.schema");

/// What a server that holds the awkward directory is started with.
#[must_use]
pub fn options() -> crate::slapd::Options {
    crate::slapd::Options::new(SUFFIX).schema(SCHEMA).ldif_text(LDIF)
}
