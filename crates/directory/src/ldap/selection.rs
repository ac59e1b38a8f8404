//! What is read: the filters of the settings, and the part of the directory that a run wants.

use super::error::LdapReadError;
use super::filter;
use bwdc_core::names::Timestamp;
use bwdc_core::settings::{LdapLayout, LdapSettings};
use bwdc_core::snapshot::ReadScope;

/// The filters of the settings, checked.
pub(super) struct Filters {
    pub(super) people: String,
    pub(super) deleted: String,
    pub(super) groups: String,
}

impl Filters {
    pub(super) fn prepare(layout: &LdapLayout) -> Result<Self, LdapReadError> {
        let class = layout.user_object_class.as_deref().map(|class| (class, "sync.userObjectClass"));
        let users = layout.user_filter.as_deref().map(|filter| (filter, "sync.userFilter"));
        let group_class = layout.group_object_class.as_deref().map(|class| (class, "sync.groupObjectClass"));
        let groups = layout.group_filter.as_deref().map(|filter| (filter, "sync.groupFilter"));
        Ok(Self {
            people: filter::join(class, users)?,
            deleted: filter::join(class, Some(("(isDeleted=TRUE)", "sync.userObjectClass")))?,
            groups: filter::join(group_class, groups)?,
        })
    }
}

/// What is read, and how.
#[derive(Clone, Copy)]
pub(super) struct Reading<'r> {
    pub(super) settings: &'r LdapSettings,
    pub(super) layout: &'r LdapLayout,
    pub(super) filters: &'r Filters,
    pub(super) scope: ReadScope,
    pub(super) since: Option<Timestamp>,
    /// When the read takes place.
    pub(super) now: Timestamp,
}

/// Attributes that list members by distinguished name only: nobody's `uid` is needed for them.
const NAMES_ONLY: [&str; 6] = ["member", "uniqueMember", "roleOccupant", "owner", "memberOf", "isMemberOf"];

impl Reading<'_> {
    /// Whether groups may list people by their `uid`.
    pub(super) fn wants_login(self) -> bool {
        let attribute = without_range(&self.layout.member_attribute);
        self.scope.groups
            && (self.layout.logins_as_names
                || !NAMES_ONLY.iter().any(|it| it.eq_ignore_ascii_case(attribute)))
    }
}

/// The setting that a search base comes from.
pub(super) fn base_setting(base: &str, settings: &LdapSettings, path: &'static str) -> &'static str {
    if base == settings.search_root() { "ldap.rootPath" } else { path }
}

/// The attribute of `member;range=0-499`: who asks for a part gets the rest as well.
pub(super) fn without_range(attribute: &str) -> &str {
    match attribute.split_once(';') {
        Some((name, options)) if options.to_ascii_lowercase().starts_with("range=") => name,
        _ => attribute,
    }
}
