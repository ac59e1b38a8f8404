//! Every setting of `data.json` and `connector.toml` that an administrator sets, by the name under which the command
//! line knows it.
//!
//! One table serves every front end: it says where a setting is stored and what may be typed, so that a typed value is
//! checked before anything is changed. Secrets are in it by name only; their values never pass through here.

use super::{DirectoryKind, SettingsError, normalize_url, port, service_url};
use serde_json::Value;
use std::borrow::Cow;
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

/// The files that hold settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SettingsFile {
    /// `data.json`, shared with the official connector.
    Data,
    /// `connector.toml`, ours.
    Connector,
}

/// A place in a file of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: SettingsFile,
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
    /// The address of a directory's service, which secrets are sent to; nothing at all clears the setting.
    Service,
    /// An address such as a proxy's, which others may see: a name and a password have no place in it. Nothing at all
    /// clears the setting.
    Address,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Any number of texts, typed with commas between them.
    List,
    /// Any number of distinguished names, typed with semicolons between them.
    Names,
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
    /// Any number of texts.
    List(Vec<String>),
}

impl SettingValue {
    /// The value as `data.json` holds it; null for a cleared setting.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Text(text) | Self::Url(text) => text.as_deref().into(),
            Self::Flag(flag) => (*flag).into(),
            Self::Number(number) => (*number).into(),
            Self::Directory(kind) => kind.number().into(),
            Self::List(texts) => texts.as_slice().into(),
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

    /// The environment variable that gives its value for one run: `BWDC_` and the name, a `_` between the words.
    pub fn variable(&self) -> String {
        let mut variable = String::from("BWDC_");
        let mut before = '.';
        for letter in self.name.chars() {
            if letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
                variable.push('_');
            }
            variable.push(if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' });
            before = letter;
        }
        variable
    }

    /// Whether a further source has it for itself; everything else counts for the organization.
    pub fn is_of_source(&self) -> bool {
        let of_organization = [
            "sync.users",
            "sync.interval",
            "sync.removeDisabled",
            "sync.overwriteExisting",
            "sync.largeImport",
            "sync.inviteUsersAfterProvisioning",
        ];
        let sections = ["ldap", "entra", "gsuite", "okta", "onelogin", "sync", "time-limits"];
        let section = self.name.split_once('.').map_or("", |(section, _)| section);
        self.name == "directory" || (sections.contains(&section) && !of_organization.contains(&self.name))
    }

    /// Whether it is a secret, whose value no list shows.
    pub fn is_secret(&self) -> bool {
        matches!(self.kind, SettingKind::Secret(_))
    }

    /// Checks a value of a file of settings, where it has a type of its own.
    ///
    /// # Errors
    /// As [`Setting::parse`].
    pub fn parse_json(&self, value: &Value) -> Result<SettingValue, SettingsError> {
        let fits = match (&self.kind, value) {
            (SettingKind::Flag, Value::Bool(_))
            | (SettingKind::Number { .. } | SettingKind::Directory, Value::Number(_)) => true,
            (SettingKind::List | SettingKind::Names, Value::Array(items)) => {
                let texts = items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>();
                return texts.map(SettingValue::List).ok_or_else(|| self.invalid(&value.to_string()));
            }
            (
                SettingKind::Text
                | SettingKind::Url
                | SettingKind::Service
                | SettingKind::Address
                | SettingKind::Choice(_),
                Value::String(text),
            )
            | (SettingKind::Secret(_), Value::String(text)) => return self.parse(text),
            _ => false,
        };
        if fits { self.parse(&value.to_string()) } else { Err(self.invalid(&value.to_string())) }
    }

    /// What may be typed, in words.
    pub fn expected(&self) -> &'static str {
        match &self.kind {
            SettingKind::Text => "text; '' clears it",
            SettingKind::Flag => "true or false",
            SettingKind::Number { expected, .. } => expected,
            SettingKind::Directory => "0 LDAP, 1 Entra, 2 Google, 3 Okta, 4 OneLogin",
            SettingKind::Url => "an address, or bitwarden.com",
            SettingKind::Service => "an address with https; '' clears it",
            SettingKind::Address => "an address without name and password; '' clears it",
            SettingKind::Choice(["keep", "delete"]) => "keep or delete",
            SettingKind::Choice(["keep", ..]) => "keep, revoke or remove",
            SettingKind::Choice(["off", ..]) => "off, error, warn, info, debug or trace",
            SettingKind::Choice(["text", ..]) => "text or json",
            SettingKind::Choice(["fail", "skip", "first", ..]) => "fail, skip, first or prefer-enabled",
            SettingKind::Choice(["fail", "skip", ..]) => "fail, skip or prefer-enabled",
            SettingKind::Choice(["fail", ..]) => "fail, first or merge",
            SettingKind::Choice(["roles", ..]) => "roles or groups",
            SettingKind::Choice(["secret", ..]) => {
                "secret, certificate, managed-identity or workload-federation"
            }
            SettingKind::Choice(["mail", ..]) => "mail, upn or skip",
            SettingKind::Choice(["keychain", ..]) => "keychain or encrypted-file",
            SettingKind::Choice(["us", ..]) => "us or eu",
            SettingKind::Choice(["password", ..]) => "password, external or anonymous",
            SettingKind::Choice(["subtree", ..]) => "subtree or one-level",
            SettingKind::Choice(["never", ..]) => "never, finding, searching or always",
            SettingKind::Choice(["entryUUID", ..]) => {
                "entryUUID, nsUniqueId, ipaUniqueID, apple-generateduid or GUID"
            }
            SettingKind::Choice(_) => {
                "active-directory, openldap, directory-server, freeipa, apacheds, edirectory, open-directory, lldap or samba"
            }
            SettingKind::Names => "distinguished names with semicolons between them; '' clears it",
            SettingKind::List => "texts with commas between them; '' clears it",
            SettingKind::Secret(_) => "a secret",
        }
    }

    fn invalid(&self, value: &str) -> SettingsError {
        let value = if self.is_secret() { "(hidden)" } else { value }.to_owned();
        SettingsError::Invalid { key: self.name, value, expected: self.expected() }
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
            // Kept as it was typed: the official connector reads it, too.
            SettingKind::Service if word.is_empty() => Ok(SettingValue::Text(None)),
            SettingKind::Service => {
                service_url(word, self.name)?;
                Ok(SettingValue::Text(Some(typed.to_owned())))
            }
            SettingKind::Address if has_credentials(typed) => Err(SettingsError::Invalid {
                key: self.name,
                value: "(hidden)".to_owned(),
                expected: "an address without name and password: those of a proxy go into HTTPS_PROXY and HTTP_PROXY, which other users cannot read",
            }),
            SettingKind::Address => {
                Ok(SettingValue::Text(Some(word.to_owned()).filter(|text| !text.is_empty())))
            }
            SettingKind::Choice(_) if word.is_empty() => Ok(SettingValue::Text(None)),
            SettingKind::Choice(words) => words
                .iter()
                .find(|known| known.eq_ignore_ascii_case(word))
                .map(|known| SettingValue::Text(Some((*known).to_owned())))
                .ok_or_else(|| self.invalid(typed)),
            SettingKind::List => Ok(SettingValue::List(split(typed, ','))),
            SettingKind::Names => Ok(SettingValue::List(split(typed, ';'))),
            SettingKind::Secret(_) => Err(SettingsError::Invalid {
                key: self.name,
                value: "(hidden)".to_owned(),
                expected: "to be stored as a secret",
            }),
        }
    }
}

/// Whether an address has a name, or a password, before its host. A password may hold what else would end the host.
fn has_credentials(address: &str) -> bool {
    address.contains('@')
}

/// The text of a setting as it may be shown: what stands before the host of an address is left out, since it can be a
/// password.
pub fn without_credentials(text: &str) -> Cow<'_, str> {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://(hidden)@{host}").into(),
        _ => text.into(),
    }
}

fn split(typed: &str, between: char) -> Vec<String> {
    typed.split(between).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

const fn setting(
    name: &'static str,
    object: &'static str,
    field: &'static str,
    kind: SettingKind,
) -> Setting {
    Setting { name, aliases: &[], place: stored_in(object, field), kind }
}

const fn stored_in(object: &'static str, field: &'static str) -> Place {
    Place { file: SettingsFile::Data, object: Some(object), field }
}

/// A setting that had, or has elsewhere, another name.
const fn renamed(
    name: &'static str,
    aliases: &'static [&'static str],
    object: &'static str,
    field: &'static str,
    kind: SettingKind,
) -> Setting {
    Setting { name, aliases, place: stored_in(object, field), kind }
}

const fn ours(
    name: &'static str,
    object: Option<&'static str>,
    field: &'static str,
    kind: SettingKind,
) -> Setting {
    Setting { name, aliases: &[], place: Place { file: SettingsFile::Connector, object, field }, kind }
}

const fn secret(
    name: &'static str,
    aliases: &'static [&'static str],
    object: &'static str,
    field: &'static str,
    of: DirectoryKind,
) -> Setting {
    Setting { name, aliases, place: stored_in(object, field), kind: SettingKind::Secret(of) }
}

const URLS: &str = "environmentUrls";
const LDAP: &str = "directoryLdap";
const ENTRA: &str = "directoryEntra";
const GSUITE: &str = "directoryGsuite";
const OKTA: &str = "directoryOkta";
const ONELOGIN: &str = "directoryOnelogin";
const SYNC: &str = "sync";
const LEAVERS: Option<&str> = Some("leavers");
const LIMITS: Option<&str> = Some("limits");
const SECRETS: Option<&str> = Some("secrets");
const TIME_LIMITS: Option<&str> = Some("time-limits");
const LEAVER: SettingKind = SettingKind::Choice(&["keep", "revoke", "remove"]);
const HIDDEN: SettingKind = SettingKind::Choice(&["keep", "revoke"]);
const VANISHED: SettingKind = SettingKind::Choice(&["keep", "delete"]);
const LOG: Option<&str> = Some("log");
const LOG_LEVEL: SettingKind = SettingKind::Choice(&["off", "error", "warn", "info", "debug", "trace"]);
const LOG_FORMAT: SettingKind = SettingKind::Choice(&["text", "json"]);
const MEGABYTES: SettingKind =
    SettingKind::Number { range: 1..=1000, expected: "a number of MB from 1 to 1000" };
const FILES: SettingKind = SettingKind::Number { range: 0..=99, expected: "a number of files from 0 to 99" };
const HISTORY: Option<&str> = Some("history");
const DAYS: SettingKind =
    SettingKind::Number { range: 32..=3660, expected: "a number of days from 32 to 3660" };
const CONFLICTS: Option<&str> = Some("conflicts");
const SAME_ADDRESS: SettingKind = SettingKind::Choice(&["fail", "skip", "prefer-enabled"]);
const ACROSS_SOURCES: SettingKind = SettingKind::Choice(&["fail", "skip", "first", "prefer-enabled"]);
const SAME_GROUP: SettingKind = SettingKind::Choice(&["fail", "first", "merge"]);
const INVITATIONS: Option<&str> = Some("invitations");
const LDAP_OPTIONS: Option<&str> = Some("ldap");
const PRESET: SettingKind = SettingKind::Choice(&[
    "active-directory",
    "openldap",
    "directory-server",
    "freeipa",
    "apacheds",
    "edirectory",
    "open-directory",
    "lldap",
    "samba",
]);
const SIGN_IN: SettingKind = SettingKind::Choice(&["password", "external", "anonymous"]);
const SCOPE: SettingKind = SettingKind::Choice(&["subtree", "one-level"]);
const ALIASES: SettingKind = SettingKind::Choice(&["never", "finding", "searching", "always"]);
const ID_ATTRIBUTE: SettingKind =
    SettingKind::Choice(&["entryUUID", "nsUniqueId", "ipaUniqueID", "apple-generateduid", "GUID"]);
const ENTRA_OPTIONS: Option<&str> = Some("entra");
const ENTRA_SIGN_IN: SettingKind =
    SettingKind::Choice(&["secret", "certificate", "managed-identity", "workload-federation"]);
const GUESTS: SettingKind = SettingKind::Choice(&["mail", "upn", "skip"]);
const HOURS: SettingKind =
    SettingKind::Number { range: 0..=8784, expected: "a number of hours from 0 to 8784, a year" };
const WINDOW: SettingKind =
    SettingKind::Number { range: 0..=744, expected: "a number of hours from 0 to 744, a month" };
const REGION: SettingKind = SettingKind::Choice(&["us", "eu"]);
const ONELOGIN_GROUPS: SettingKind = SettingKind::Choice(&["roles", "groups"]);
const API_VERSION: SettingKind = SettingKind::Number { range: 1..=2, expected: "1 or 2" };
const SHARE: SettingKind =
    SettingKind::Number { range: 1..=100, expected: "a number of percent from 1 to 100" };
const PERCENT: SettingKind =
    SettingKind::Number { range: 0..=100, expected: "a number of percent from 0 to 100" };
const COUNT: SettingKind =
    SettingKind::Number { range: 0..=1_000_000, expected: "a number of people from 0 to 1000000" };
const SECONDS: SettingKind =
    SettingKind::Number { range: 1..=86_400, expected: "a number of seconds from 1 to 86400" };
const PORT: SettingKind = SettingKind::Number { range: port::PORTS, expected: port::EXPECTED };
const INTERVAL: SettingKind =
    SettingKind::Number { range: 5..=525_600, expected: "a number of minutes, 5 at least" };

use SettingKind::{Address, Flag, Service, Text, Url};

static SETTINGS: &[Setting] = &[
    renamed("server", &["server.base"], URLS, "base", Url),
    setting("server.webVault", URLS, "webVault", Url),
    setting("server.api", URLS, "api", Url),
    setting("server.identity", URLS, "identity", Url),
    Setting {
        name: "directory",
        aliases: &[],
        place: Place { file: SettingsFile::Data, object: None, field: "directoryType" },
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
    ours("ldap.preset", LDAP_OPTIONS, "preset", PRESET),
    ours("ldap.sign-in", LDAP_OPTIONS, "sign-in", SIGN_IN),
    ours("ldap.further-servers", LDAP_OPTIONS, "further-servers", SettingKind::List),
    ours("ldap.user-paths", LDAP_OPTIONS, "user-paths", SettingKind::Names),
    ours("ldap.group-paths", LDAP_OPTIONS, "group-paths", SettingKind::Names),
    ours("ldap.user-scope", LDAP_OPTIONS, "user-scope", SCOPE),
    ours("ldap.group-scope", LDAP_OPTIONS, "group-scope", SCOPE),
    ours("ldap.aliases", LDAP_OPTIONS, "aliases", ALIASES),
    ours("ldap.id-attribute", LDAP_OPTIONS, "id-attribute", ID_ATTRIBUTE),
    ours("ldap.email-attributes", LDAP_OPTIONS, "email-attributes", SettingKind::List),
    ours("ldap.member-of-attribute", LDAP_OPTIONS, "member-of-attribute", Text),
    ours("ldap.primary-groups", LDAP_OPTIONS, "primary-groups", Flag),
    ours("ldap.disabled-by", LDAP_OPTIONS, "disabled-by", SettingKind::List),
    setting("entra.authority-url", ENTRA, "authorityUrl", Service),
    setting("entra.graph-url", ENTRA, "graphUrl", Service),
    renamed("entra.identityAuthority", &["azure.identityAuthority"], ENTRA, "identityAuthority", Text),
    renamed("entra.tenant", &["azure.tenant"], ENTRA, "tenant", Text),
    renamed("entra.applicationId", &["azure.applicationId"], ENTRA, "applicationId", Text),
    secret("entra.key", &["azure.key"], ENTRA, "key", DirectoryKind::Entra),
    ours("entra.sign-in", ENTRA_OPTIONS, "sign-in", ENTRA_SIGN_IN),
    ours("entra.certificate", ENTRA_OPTIONS, "certificate", Text),
    ours("entra.token-file", ENTRA_OPTIONS, "token-file", Text),
    ours("entra.metadata-url", ENTRA_OPTIONS, "metadata-url", Text),
    ours("entra.guests", ENTRA_OPTIONS, "guests", GUESTS),
    ours("entra.flatten-hidden-groups", ENTRA_OPTIONS, "flatten-hidden-groups", Flag),
    renamed("gsuite.clientEmail", &["google.clientEmail"], GSUITE, "clientEmail", Text),
    renamed("gsuite.domain", &["google.domain"], GSUITE, "domain", Text),
    renamed("gsuite.adminUser", &["google.adminUser"], GSUITE, "adminUser", Text),
    renamed("gsuite.customer", &["google.customer"], GSUITE, "customer", Text),
    renamed("gsuite.token-url", &["google.token-url"], GSUITE, "tokenUrl", Service),
    renamed("gsuite.api-url", &["google.api-url"], GSUITE, "apiUrl", Service),
    renamed(
        "gsuite.flatten-hidden-groups",
        &["google.flatten-hidden-groups"],
        GSUITE,
        "flattenHiddenGroups",
        Flag,
    ),
    secret("gsuite.key", &["google.key"], GSUITE, "privateKey", DirectoryKind::Google),
    renamed("okta.orgUrl", &["okta.url"], OKTA, "orgUrl", Service),
    setting("okta.client-id", OKTA, "clientId", Text),
    setting("okta.key-id", OKTA, "keyId", Text),
    setting("okta.active-statuses", OKTA, "activeStatuses", SettingKind::List),
    setting("okta.rate-share", OKTA, "rateShare", SHARE),
    secret("okta.token", &[], OKTA, "token", DirectoryKind::Okta),
    setting("onelogin.clientId", ONELOGIN, "clientId", Text),
    setting("onelogin.region", ONELOGIN, "region", REGION),
    setting("onelogin.url", ONELOGIN, "url", Service),
    setting("onelogin.api-version", ONELOGIN, "apiVersion", API_VERSION),
    setting("onelogin.groups", ONELOGIN, "groups", ONELOGIN_GROUPS),
    setting("onelogin.active-statuses", ONELOGIN, "activeStatuses", SettingKind::List),
    secret("onelogin.secret", &[], ONELOGIN, "clientSecret", DirectoryKind::OneLogin),
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
    ours("leavers.disabled", LEAVERS, "disabled", LEAVER),
    ours("leavers.deleted", LEAVERS, "deleted", LEAVER),
    ours("leavers.gone", LEAVERS, "gone", LEAVER),
    ours("leavers.out-of-scope", LEAVERS, "out-of-scope", LEAVER),
    ours("leavers.hidden", LEAVERS, "hidden", HIDDEN),
    ours("leavers.disabled-grace-hours", LEAVERS, "disabled-grace-hours", HOURS),
    ours("leavers.deleted-grace-hours", LEAVERS, "deleted-grace-hours", HOURS),
    ours("leavers.gone-grace-hours", LEAVERS, "gone-grace-hours", HOURS),
    ours("leavers.out-of-scope-grace-hours", LEAVERS, "out-of-scope-grace-hours", HOURS),
    ours("leavers.hidden-grace-hours", LEAVERS, "hidden-grace-hours", HOURS),
    ours("leavers.vanished-groups", LEAVERS, "vanished-groups", VANISHED),
    ours("limits.removals", LIMITS, "removals", COUNT),
    ours("limits.removals-percent", LIMITS, "removals-percent", PERCENT),
    ours("limits.memberships", LIMITS, "memberships", COUNT),
    ours("limits.memberships-percent", LIMITS, "memberships-percent", PERCENT),
    ours("limits.group-percent", LIMITS, "group-percent", PERCENT),
    ours("limits.emptied-groups-percent", LIMITS, "emptied-groups-percent", PERCENT),
    ours("limits.invitations", LIMITS, "invitations", COUNT),
    ours("limits.invitations-percent", LIMITS, "invitations-percent", PERCENT),
    ours("limits.buy-seats", LIMITS, "buy-seats", Flag),
    ours("limits.window-hours", LIMITS, "window-hours", WINDOW),
    ours("limits.first-read-percent", LIMITS, "first-read-percent", PERCENT),
    ours("limits.allow-empty-directory", LIMITS, "allow-empty-directory", Flag),
    ours("limits.off", LIMITS, "off", Flag),
    ours("invitations.per-run", INVITATIONS, "per-run", COUNT),
    ours("invitations.pilot-group", INVITATIONS, "pilot-group", Text),
    ours("invitations.pilot-only", INVITATIONS, "pilot-only", Flag),
    ours("protected", None, "protected", SettingKind::List),
    ours("allowed-domains", None, "allowed-domains", SettingKind::List),
    ours("adopt-groups", None, "adopt-groups", Flag),
    ours("history.keep-days", HISTORY, "keep-days", DAYS),
    ours("sources", None, "sources", SettingKind::List),
    ours("conflicts.same-address", CONFLICTS, "same-address", SAME_ADDRESS),
    ours("conflicts.across-sources", CONFLICTS, "across-sources", ACROSS_SOURCES),
    ours("conflicts.same-group", CONFLICTS, "same-group", SAME_GROUP),
    ours("time-limits.connect", TIME_LIMITS, "connect", SECONDS),
    ours("time-limits.bind", TIME_LIMITS, "bind", SECONDS),
    ours("time-limits.page", TIME_LIMITS, "page", SECONDS),
    ours("time-limits.total", TIME_LIMITS, "total", SECONDS),
    ours("time-limits.organization", TIME_LIMITS, "organization", SECONDS),
    ours("secrets.store", SECRETS, "store", SettingKind::Choice(&["keychain", "encrypted-file"])),
    ours("secrets.command", SECRETS, "command", SettingKind::List),
    ours("allow-http", None, "allow-http", Flag),
    ours("organization-ca-path", None, "organization-ca-path", Text),
    ours("directory-ca-path", None, "directory-ca-path", Text),
    ours("proxy", None, "proxy", Address),
    ours("update-feed", None, "update-feed", Address),
    ours("log.level", LOG, "level", LOG_LEVEL),
    ours("log.format", LOG, "format", LOG_FORMAT),
    ours("log.megabytes", LOG, "megabytes", MEGABYTES),
    ours("log.older-files", LOG, "older-files", FILES),
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
        assert_eq!(names.len(), SETTINGS.iter().map(|it| 1 + it.aliases.len()).sum::<usize>());
        let places: BTreeSet<_> =
            SETTINGS.iter().map(|it| (it.place.file, it.place.object, it.place.field)).collect();
        assert_eq!(places.len(), SETTINGS.len());
    }

    #[test]
    fn each_setting_has_a_variable_of_its_own_that_means_nothing_else() {
        let variable = |name| Setting::find(name).expect("a setting").variable();
        assert_eq!(variable("ldap.hostname"), "BWDC_LDAP_HOSTNAME");
        assert_eq!(variable("ldap.sslAllowUnauthorized"), "BWDC_LDAP_SSL_ALLOW_UNAUTHORIZED");
        assert_eq!(variable("leavers.out-of-scope"), "BWDC_LEAVERS_OUT_OF_SCOPE");
        let variables: BTreeSet<_> = SETTINGS.iter().map(Setting::variable).collect();
        assert_eq!(variables.len(), SETTINGS.len());
        for other in ["BWDC_PROFILE", "BWDC_SECRETS_DIR", "BWDC_SECRETS_PASSPHRASE"] {
            assert!(!variables.contains(other), "{other}");
        }
        assert!(!variables.iter().any(|it| it.starts_with("BWDC_SECRET_")));
    }

    #[test]
    fn every_setting_of_our_own_file_is_one_that_the_file_takes() {
        let mut file = json!({});
        for setting in SETTINGS.iter().filter(|it| it.place.file == SettingsFile::Connector) {
            let value = match &setting.kind {
                SettingKind::Choice(words) => json!(words[0]),
                SettingKind::Flag => json!(true),
                SettingKind::Number { range, .. } => json!(range.start()),
                SettingKind::List | SettingKind::Names => json!(["a", "b"]),
                _ => json!("text"),
            };
            let value = setting.parse_json(&value).expect("a value of its kind").to_json();
            match setting.place.object {
                Some(object) => file[object][setting.place.field] = value,
                None => file[setting.place.field] = value,
            }
        }
        let known = serde_json::to_value(crate::settings::ConnectorSettings::default()).expect("JSON");
        let settings: crate::settings::ConnectorSettings =
            serde_json::from_value(file.clone()).expect("all known");
        assert_eq!(serde_json::to_value(settings).expect("JSON"), file);
        let leaves = |value: &Value| -> usize {
            let parts = value.as_object().expect("an object").values();
            parts.map(|part| part.as_object().map_or(1, serde_json::Map::len)).sum()
        };
        assert_eq!(leaves(&known), leaves(&file), "a key of `connector.toml` cannot be set");
    }

    #[test]
    fn a_value_of_another_type_is_refused_in_a_file() {
        let parse = |name, value| Setting::find(name).expect("a setting").parse_json(&value);
        assert!(parse("ldap.ssl", json!("true")).is_err());
        assert!(parse("ldap.hostname", json!(3)).is_err());
        assert!(parse("protected", json!(["a", 1])).is_err());
        assert_eq!(parse("ldap.port", json!(636)), Ok(SettingValue::Number(636)));
        assert!(parse("leavers.gone", json!("delete")).is_err());
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
    fn a_password_in_an_address_is_refused_and_not_shown() {
        let typed = [
            "http://me:hunter2@p.test",
            "me:hunter2@p.test",
            "http://hunter2@p.test",
            "http://a:hun/ter2@p.test",
        ];
        for name in ["proxy", "update-feed"] {
            for typed in typed {
                let error = stored(name, typed).expect_err(typed).to_string();
                assert!(!error.contains("ter2") && error.contains("HTTPS_PROXY"), "{error}");
            }
            assert_eq!(stored(name, " http://p.test:3128 "), Ok(json!("http://p.test:3128")));
            assert_eq!(stored(name, ""), Ok(json!(null)));
        }
        assert_eq!(without_credentials("http://me:hun@ter2@p.test"), "http://(hidden)@p.test");
        assert_eq!(without_credentials("(mail=*@example.test)"), "(mail=*@example.test)");
    }

    #[test]
    fn a_typed_secret_is_not_repeated() {
        let error = stored("ldap.password", "hunter2").expect_err("refused").to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
