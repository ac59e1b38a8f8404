//! What is asked of a server in one search.

use bwdc_core::settings::Aliases;
use ldap3::Scope;
use ldap3::controls::RawControl;
use std::sync::Arc;

/// Shows deleted entries (MS-ADTS, section 3.1.1.3.4.1.14).
pub(super) const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";
/// Shows what the Recycle Bin has let go of, too (MS-ADTS, section 3.1.1.3.4.1.25).
pub(super) const SHOW_RECYCLED: &str = "1.2.840.113556.1.4.2064";
/// Active Directory's number of an entry's last change. Whoever may not read it finds no change of the entry by it.
pub(super) const CHANGE_NUMBER: &str = "uSNChanged";
/// Shows entries as they are stored (RFC 3296).
pub(super) const MANAGE_DSA_IT: &str = "2.16.840.1.113730.3.4.2";

/// What is asked.
pub(super) struct Request {
    pub(super) base: String,
    pub(super) scope: Scope,
    pub(super) filter: String,
    pub(super) attributes: Arc<[String]>,
    pub(super) controls: Vec<RawControl>,
    /// Keys of the settings that the base comes from.
    pub(super) setting: &'static str,
    /// How many entries are enough: no pages, and to reach the size limit with some is no error.
    pub(super) enough: Option<i32>,
    /// Whether pages are asked for where the server offers them.
    pub(super) in_pages: bool,
    /// Whether the first page is enough.
    pub(super) one_page: bool,
    /// What references to other servers mean.
    pub(super) elsewhere: Elsewhere,
    /// Whether alias entries are followed.
    pub(super) aliases: Aliases,
}

/// What references to other servers mean for a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Elsewhere {
    /// The answer is not whole.
    Missing,
    /// What other servers hold is not asked for.
    Ignored,
}

impl Request {
    pub(super) fn new(
        base: String,
        scope: Scope,
        filter: String,
        attributes: &[&str],
        setting: &'static str,
    ) -> Self {
        let attributes = attributes.iter().map(|name| (*name).to_owned()).collect();
        Self {
            base,
            scope,
            filter,
            attributes,
            controls: Vec::new(),
            setting,
            enough: None,
            in_pages: true,
            one_page: false,
            elsewhere: Elsewhere::Missing,
            aliases: Aliases::Never,
        }
    }
}
