//! What a change of settings causes, said before it is stored.

use crate::text;
use bwdc_core::settings::{Section, Setting, SettingKind};

/// Settings that say which directory it is: another one begins with a ledger of its own.
const PLACES: [&str; 8] = [
    "directory",
    "ldap.hostname",
    "ldap.domain",
    "ldap.rootPath",
    "entra.tenant",
    "okta.orgUrl",
    "onelogin.url",
    "onelogin.region",
];

/// What changes of these settings cause, each once.
pub fn consequences(changed: &[&Setting]) -> Vec<String> {
    let mut said = Vec::new();
    if changed.iter().any(|it| PLACES.contains(&it.name)) {
        said.push(text!(
            "consequence.place",
            "If this is another directory, the next run only records who is there: it removes nobody."
        ));
    }
    if changed.iter().any(|it| decides_about_reading(it)) {
        said.push(text!(
            "consequence.full-read",
            "The next run reads the whole directory, not only what changed."
        ));
    }
    if changed.iter().any(|it| it.section == Section::Server) {
        said.push(text!(
            "consequence.server",
            "The organization's key was entered for the server before. Log in again if it is asked for."
        ));
    }
    said
}

/// Whether a change can make a read bring fewer people or groups: it is counted before and after then.
pub fn may_shrink(setting: &Setting) -> bool {
    let narrows = [
        "rootPath",
        "filter",
        "path",
        "class",
        "scope",
        "domain",
        "customer",
        "groups",
        "users",
        "attribute",
    ];
    let lower = setting.name.to_lowercase();
    decides_about_reading(setting)
        && (setting.name == "directory" || narrows.iter().any(|it| lower.contains(&it.to_lowercase())))
}

fn decides_about_reading(setting: &Setting) -> bool {
    let sections = [
        Section::Directory,
        Section::LdapConnection,
        Section::LdapEntries,
        Section::Entra,
        Section::Google,
        Section::Okta,
        Section::OneLogin,
        Section::People,
        Section::Groups,
    ];
    let is_what = matches!(setting.name, "sync.users" | "sync.groups");
    !matches!(setting.kind, SettingKind::Secret(_)) && (is_what || sections.contains(&setting.section))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(name: &str) -> &'static Setting {
        Setting::find(name).expect("a setting")
    }

    #[test]
    fn what_chooses_people_is_counted_and_what_only_connects_is_not() {
        for name in
            ["sync.userFilter", "sync.userPath", "sync.userObjectClass", "ldap.rootPath", "sync.groups"]
        {
            assert!(may_shrink(setting(name)), "{name}");
        }
        for name in ["ldap.port", "ldap.password", "limits.removals", "sync.interval", "ldap.sslCaPath"] {
            assert!(!may_shrink(setting(name)), "{name}");
        }
    }

    #[test]
    fn each_consequence_is_said_once_and_a_limit_has_none() {
        assert!(consequences(&[setting("limits.removals")]).is_empty());
        assert_eq!(consequences(&[setting("ldap.hostname"), setting("ldap.rootPath")]).len(), 2);
    }
}
