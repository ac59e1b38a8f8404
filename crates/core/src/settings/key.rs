//! Every setting of `data.json` that an administrator sets, by the name under which the command line knows it.
//!
//! One table serves every front end: it says where a setting is stored and what may be typed, so that a typed value is
//! checked before anything is changed. Secrets are in it by name only; their values never pass through here.

use super::{DirectoryKind, SettingsError, normalize_url};
use serde_json::Value;
use std::ops::RangeInclusive;

/// One setting.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name, compared without regard to case.
    pub name: &'static str,
    /// Older names.
    pub aliases: &'static [&'static str],
    /// Where it is stored.
    pub place: Place,
    /// What it holds.
    pub kind: SettingKind,
}

/// A place in `data.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The object that holds the field; None: the file itself.
    pub object: Option<&'static str>,
    /// The key.
    pub field: &'static str,
}

/// What a setting holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// Any text; nothing at all clears the setting.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Number {
        /// The values that are accepted.
        range: RangeInclusive<i64>,
        /// The same in words.
        expected: &'static str,
    },
    /// The kind of directory, by its number.
    Directory,
    /// An address; `null` and `bitwarden.com` stand for Bitwarden's cloud.
    Url,
    /// The secret of this kind of directory, which is kept where secrets are.
    Secret(DirectoryKind),
}

/// A checked value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    /// None: the setting is cleared.
    Text(Option<String>),
    /// On or off.
    Flag(bool),
    /// Within the setting's range.
    Number(i64),
    /// A kind of directory.
    Directory(DirectoryKind),
    /// With its scheme and without trailing slashes; None: the cloud's.
    Url(Option<String>),
}

impl SettingValue {
    /// The value as `data.json` holds it; null for a cleared setting.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Text(text) | Self::Url(text) => text.as_deref().into(),
            Self::Flag(flag) => (*flag).into(),
            Self::Number(number) => (*number).into(),
            Self::Directory(kind) => kind.number().into(),
        }
    }
}

impl Setting {
    /// All settings, in the order in which help lists them.
    pub fn all() -> &'static [Self] {
        SETTINGS
    }

    /// The setting of this name, in any case.
    pub fn find(name: &str) -> Option<&'static Self> {
        let named = |known: &str| known.eq_ignore_ascii_case(name);
        SETTINGS
            .iter()
            .find(|setting| named(setting.name) || setting.aliases.iter().any(|alias| named(alias)))
    }

    /// Checks what was typed.
    ///
    /// # Errors
    /// [`SettingsError::Invalid`] says what would be accepted; for a secret it does not repeat what was typed.
    pub fn parse(&self, typed: &str) -> Result<SettingValue, SettingsError> {
        let invalid = |expected| SettingsError::Invalid { key: self.name, value: typed.to_owned(), expected };
        let word = typed.trim();
        match &self.kind {
            SettingKind::Text => {
                Ok(SettingValue::Text(Some(typed.to_owned()).filter(|text| !text.trim().is_empty())))
            }
            SettingKind::Flag if word.eq_ignore_ascii_case("true") => Ok(SettingValue::Flag(true)),
            SettingKind::Flag if word.eq_ignore_ascii_case("false") => Ok(SettingValue::Flag(false)),
            SettingKind::Flag => Err(invalid("true or false")),
            SettingKind::Number { range, expected } => word
                .parse()
                .ok()
                .filter(|number| range.contains(number))
                .map(SettingValue::Number)
                .ok_or_else(|| invalid(expected)),
            SettingKind::Directory => word
                .parse()
                .ok()
                .and_then(DirectoryKind::from_number)
                .map(SettingValue::Directory)
                .ok_or_else(|| {
                    invalid(
                        "0 (Active Directory / LDAP), 1 (Microsoft Entra ID), 2 (Google Workspace), 3 (Okta) or 4 (OneLogin)",
                    )
                }),
            SettingKind::Url => Ok(SettingValue::Url(match word.to_ascii_lowercase().trim_end_matches('/') {
                "null" | "bitwarden.com" | "https://bitwarden.com" => None,
                _ => Some(normalize_url(word, self.name)?),
            })),
            SettingKind::Secret(_) => Err(SettingsError::Invalid {
                key: self.name,
                value: "(hidden)".to_owned(),
                expected: "to be stored as a secret",
            }),
        }
    }
}

const fn setting(
    name: &'static str,
    object: &'static str,
    field: &'static str,
    kind: SettingKind,
) -> Setting {
    Setting { name, aliases: &[], place: Place { object: Some(object), field }, kind }
}

const fn secret(
    name: &'static str,
    aliases: &'static [&'static str],
    object: &'static str,
    field: &'static str,
    of: DirectoryKind,
) -> Setting {
    Setting { name, aliases, place: Place { object: Some(object), field }, kind: SettingKind::Secret(of) }
}

const URLS: &str = "environmentUrls";
const LDAP: &str = "directoryLdap";
const SYNC: &str = "sync";
const PORT: SettingKind = SettingKind::Number { range: 1..=65535, expected: "a port from 1 to 65535" };
const INTERVAL: SettingKind =
    SettingKind::Number { range: 5..=525_600, expected: "a number of minutes, 5 at least" };

use SettingKind::{Flag, Text, Url};

static SETTINGS: &[Setting] = &[
    setting("server", URLS, "base", Url),
    setting("server.webVault", URLS, "webVault", Url),
    setting("server.api", URLS, "api", Url),
    setting("server.identity", URLS, "identity", Url),
    Setting {
        name: "directory",
        aliases: &[],
        place: Place { object: None, field: "directoryType" },
        kind: SettingKind::Directory,
    },
    setting("ldap.hostname", LDAP, "hostname", Text),
    setting("ldap.port", LDAP, "port", PORT),
    setting("ldap.domain", LDAP, "domain", Text),
    setting("ldap.rootPath", LDAP, "rootPath", Text),
    setting("ldap.ad", LDAP, "ad", Flag),
    setting("ldap.currentUser", LDAP, "currentUser", Flag),
    setting("ldap.username", LDAP, "username", Text),
    secret("ldap.password", &[], LDAP, "password", DirectoryKind::Ldap),
    setting("ldap.pagedSearch", LDAP, "pagedSearch", Flag),
    setting("ldap.ssl", LDAP, "ssl", Flag),
    setting("ldap.startTls", LDAP, "startTls", Flag),
    setting("ldap.tlsCaPath", LDAP, "tlsCaPath", Text),
    setting("ldap.sslAllowUnauthorized", LDAP, "sslAllowUnauthorized", Flag),
    setting("ldap.sslCaPath", LDAP, "sslCaPath", Text),
    setting("ldap.sslCertPath", LDAP, "sslCertPath", Text),
    setting("ldap.sslKeyPath", LDAP, "sslKeyPath", Text),
    secret("entra.key", &["azure.key"], "directoryEntra", "key", DirectoryKind::Entra),
    secret("gsuite.key", &[], "directoryGsuite", "privateKey", DirectoryKind::Google),
    secret("okta.token", &[], "directoryOkta", "token", DirectoryKind::Okta),
    secret("onelogin.secret", &[], "directoryOnelogin", "clientSecret", DirectoryKind::OneLogin),
    setting("sync.users", SYNC, "users", Flag),
    setting("sync.groups", SYNC, "groups", Flag),
    setting("sync.interval", SYNC, "interval", INTERVAL),
    setting("sync.userFilter", SYNC, "userFilter", Text),
    setting("sync.groupFilter", SYNC, "groupFilter", Text),
    setting("sync.removeDisabled", SYNC, "removeDisabled", Flag),
    setting("sync.overwriteExisting", SYNC, "overwriteExisting", Flag),
    setting("sync.largeImport", SYNC, "largeImport", Flag),
    setting("sync.inviteUsersAfterProvisioning", SYNC, "inviteUsersAfterProvisioning", Flag),
    setting("sync.userPath", SYNC, "userPath", Text),
    setting("sync.userObjectClass", SYNC, "userObjectClass", Text),
    setting("sync.userEmailAttribute", SYNC, "userEmailAttribute", Text),
    setting("sync.useEmailPrefixSuffix", SYNC, "useEmailPrefixSuffix", Flag),
    setting("sync.emailPrefixAttribute", SYNC, "emailPrefixAttribute", Text),
    setting("sync.emailSuffix", SYNC, "emailSuffix", Text),
    setting("sync.groupPath", SYNC, "groupPath", Text),
    setting("sync.groupObjectClass", SYNC, "groupObjectClass", Text),
    setting("sync.groupNameAttribute", SYNC, "groupNameAttribute", Text),
    setting("sync.memberAttribute", SYNC, "memberAttribute", Text),
    setting("sync.creationDateAttribute", SYNC, "creationDateAttribute", Text),
    setting("sync.revisionDateAttribute", SYNC, "revisionDateAttribute", Text),
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeSet;

    fn stored(name: &str, typed: &str) -> Result<Value, SettingsError> {
        Setting::find(name).expect("a setting").parse(typed).map(|value| value.to_json())
    }

    #[test]
    fn names_are_found_in_any_case_and_by_their_older_name() {
        assert_eq!(Setting::find("LDAP.Password").map(|it| it.name), Some("ldap.password"));
        assert_eq!(Setting::find("azure.KEY").map(|it| it.name), Some("entra.key"));
        assert_eq!(Setting::find("ldap"), None);
        assert_eq!(Setting::find(""), None);
    }

    #[test]
    fn no_name_and_no_place_occurs_twice() {
        let names: BTreeSet<String> = SETTINGS
            .iter()
            .flat_map(|it| it.aliases.iter().chain([&it.name]))
            .map(|name| name.to_ascii_lowercase())
            .collect();
        assert_eq!(names.len(), SETTINGS.len() + 1);
        let places: BTreeSet<_> = SETTINGS.iter().map(|it| (it.place.object, it.place.field)).collect();
        assert_eq!(places.len(), SETTINGS.len());
    }

    #[test]
    fn each_kind_is_checked_and_stored_as_its_own_type() {
        assert_eq!(stored("ldap.port", " 636 "), Ok(json!(636)));
        assert_eq!(stored("ldap.ssl", "True"), Ok(json!(true)));
        assert_eq!(stored("sync.userFilter", "(cn=a) "), Ok(json!("(cn=a) ")));
        assert_eq!(stored("sync.userFilter", " "), Ok(json!(null)));
        assert_eq!(stored("directory", "3"), Ok(json!(3)));
        assert_eq!(stored("server", "vault.example.test//"), Ok(json!("https://vault.example.test")));
        for cloud in ["null", "bitwarden.com", "https://bitwarden.com/"] {
            assert_eq!(stored("server", cloud), Ok(json!(null)), "{cloud}");
        }
    }

    #[test]
    fn a_wrong_value_says_what_would_be_right() {
        for (name, typed, expected) in [
            ("ldap.port", "0", "from 1 to 65535"),
            ("ldap.port", "abc", "from 1 to 65535"),
            ("ldap.ssl", "1", "true or false"),
            ("sync.interval", "4", "5 at least"),
            ("directory", "abc", "2 (Google Workspace)"),
            ("directory", "5", "2 (Google Workspace)"),
            ("server.api", "ftp://x", "a URL"),
        ] {
            let error = stored(name, typed).expect_err("refused").to_string();
            assert!(error.contains(expected) && error.contains(name), "{error}");
        }
    }

    #[test]
    fn a_typed_secret_is_not_repeated() {
        let error = stored("ldap.password", "hunter2").expect_err("refused").to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
