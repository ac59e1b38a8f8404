//! What many rows of the table share: objects of the files, kinds of values, conditions.

use super::key::{SettingKind, Unit};
use super::section::Condition;
use super::{DirectoryKind, OktaSettings, OneLoginSettings, TextRule, port};

pub(super) const URLS: &str = "environmentUrls";
pub(super) const LDAP: &str = "directoryLdap";
pub(super) const ENTRA: &str = "directoryEntra";
pub(super) const GSUITE: &str = "directoryGsuite";
pub(super) const OKTA: &str = "directoryOkta";
pub(super) const ONELOGIN: &str = "directoryOnelogin";
pub(super) const SYNC: &str = "sync";
pub(super) const LEAVERS: Option<&str> = Some("leavers");
pub(super) const LIMITS: Option<&str> = Some("limits");
pub(super) const SECRETS: Option<&str> = Some("secrets");
pub(super) const TIME_LIMITS: Option<&str> = Some("time-limits");
pub(super) const LEAVER: SettingKind = SettingKind::Choice(&["keep", "revoke", "remove"]);
pub(super) const HIDDEN: SettingKind = SettingKind::Choice(&["keep", "revoke"]);
pub(super) const VANISHED: SettingKind = SettingKind::Choice(&["keep", "delete"]);
pub(super) const RETURNING: SettingKind = SettingKind::Choice(&["wait", "restore", "invite"]);
pub(super) const LOG: Option<&str> = Some("log");
pub(super) const LOG_LEVEL: SettingKind =
    SettingKind::Choice(&["off", "error", "warn", "info", "debug", "trace"]);
pub(super) const LOG_FORMAT: SettingKind = SettingKind::Choice(&["text", "json"]);
pub(super) const MEGABYTES: SettingKind = SettingKind::Number { range: 1..=1000, unit: Unit::Megabytes };
pub(super) const FILES: SettingKind = SettingKind::Number { range: 0..=99, unit: Unit::Files };
pub(super) const HISTORY: Option<&str> = Some("history");
pub(super) const DAYS: SettingKind = SettingKind::Number { range: 32..=3660, unit: Unit::Days };
pub(super) const CONFLICTS: Option<&str> = Some("conflicts");
pub(super) const SAME_ADDRESS: SettingKind = SettingKind::Choice(&["fail", "skip", "prefer-enabled"]);
pub(super) const ACROSS_SOURCES: SettingKind =
    SettingKind::Choice(&["fail", "skip", "first", "prefer-enabled"]);
pub(super) const SAME_GROUP: SettingKind = SettingKind::Choice(&["fail", "first", "merge"]);
pub(super) const INVITATIONS: Option<&str> = Some("invitations");
pub(super) const LDAP_OPTIONS: Option<&str> = Some("ldap");
pub(super) const DISABLED_BY: SettingKind = SettingKind::Words(&super::ldap_options::DISABLED_BY);
pub(super) const OKTA_STATUSES: SettingKind = SettingKind::Words(&OktaSettings::CAN_BE_ACTIVE);
pub(super) const ONELOGIN_STATUSES: SettingKind = SettingKind::Words(&OneLoginSettings::STATUS_NAMES);
pub(super) const PRESET: SettingKind = SettingKind::Choice(&[
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
pub(super) const SIGN_IN: SettingKind = SettingKind::Choice(&["password", "external", "anonymous"]);
pub(super) const SCOPE: SettingKind = SettingKind::Choice(&["subtree", "one-level"]);
pub(super) const ALIASES: SettingKind = SettingKind::Choice(&["never", "finding", "searching", "always"]);
pub(super) const ID_ATTRIBUTE: SettingKind =
    SettingKind::Choice(&["entryUUID", "nsUniqueId", "ipaUniqueID", "apple-generateduid", "GUID"]);
pub(super) const ENTRA_OPTIONS: Option<&str> = Some("entra");
pub(super) const ENTRA_SIGN_IN: SettingKind =
    SettingKind::Choice(&["secret", "certificate", "managed-identity", "workload-federation"]);
pub(super) const GUESTS: SettingKind = SettingKind::Choice(&["mail", "upn", "skip"]);
pub(super) const DOMAIN: SettingKind = SettingKind::Form(TextRule::Domain);
pub(super) const DOMAINS: SettingKind = SettingKind::Form(TextRule::Domains);
pub(super) const AUTHORITY: SettingKind = SettingKind::Form(TextRule::Authority);
pub(super) const TENANT: SettingKind = SettingKind::Form(TextRule::Tenant);
pub(super) const APPLICATION: SettingKind = SettingKind::Form(TextRule::ApplicationId);
pub(super) const WEB_ADDRESS: SettingKind = SettingKind::Form(TextRule::WebAddress);
pub(super) const MAIL_ADDRESS: SettingKind = SettingKind::Form(TextRule::Address);
pub(super) const CUSTOMER: SettingKind = SettingKind::Form(TextRule::Customer);
pub(super) const IDENTIFIER: SettingKind = SettingKind::Form(TextRule::Identifier);
pub(super) const EMAIL_SUFFIX: SettingKind = SettingKind::Form(TextRule::EmailSuffix);
pub(super) const DATABASE: SettingKind = SettingKind::Form(TextRule::Database);
pub(super) const HOURS: SettingKind = SettingKind::Number { range: 0..=8784, unit: Unit::Hours };
pub(super) const WINDOW: SettingKind = SettingKind::Number { range: 0..=744, unit: Unit::Hours };
pub(super) const REGION: SettingKind = SettingKind::Choice(&["us", "eu"]);
pub(super) const ONELOGIN_GROUPS: SettingKind = SettingKind::Choice(&["roles", "groups"]);
pub(super) const API_VERSION: SettingKind = SettingKind::Number { range: 1..=2, unit: Unit::Version };
pub(super) const SHARE: SettingKind = SettingKind::Number { range: 1..=100, unit: Unit::Percent };
pub(super) const PERCENT: SettingKind = SettingKind::Number { range: 0..=100, unit: Unit::Percent };
pub(super) const COUNT: SettingKind = SettingKind::Number { range: 0..=1_000_000, unit: Unit::Count };
pub(super) const ENTRIES: SettingKind = SettingKind::Number { range: 1..=10_000_000, unit: Unit::Count };
pub(super) const SECONDS: SettingKind = SettingKind::Number { range: 1..=86_400, unit: Unit::Seconds };
pub(super) const PORT: SettingKind = SettingKind::Number { range: port::PORTS, unit: Unit::Port };
pub(super) const INTERVAL: SettingKind = SettingKind::Number { range: 5..=525_600, unit: Unit::Minutes };
pub(super) const LDAP_KIND: Condition = Condition::Directory(&[DirectoryKind::Ldap]);
pub(super) const COMPOSING_KINDS: Condition =
    Condition::Directory(&[DirectoryKind::Ldap, DirectoryKind::OneLogin]);
pub(super) const LDAP_ONLY: &[Condition] = &[LDAP_KIND];
pub(super) const AD: &[Condition] = &[LDAP_KIND, Condition::ActiveDirectory];
pub(super) const NOT_AD: &[Condition] = &[LDAP_KIND, Condition::NoActiveDirectory];
pub(super) const NO_CURRENT_USER: &[Condition] = &[LDAP_KIND, Condition::Off("ldap.currentUser")];
pub(super) const BY_PASSWORD: &[Condition] =
    &[LDAP_KIND, Condition::Off("ldap.currentUser"), Condition::Is("ldap.sign-in", "password")];
pub(super) const TLS: &[Condition] = &[LDAP_KIND, Condition::On("ldap.ssl")];
pub(super) const START_TLS: &[Condition] =
    &[LDAP_KIND, Condition::On("ldap.ssl"), Condition::On("ldap.startTls")];
pub(super) const LDAPS: &[Condition] =
    &[LDAP_KIND, Condition::On("ldap.ssl"), Condition::Off("ldap.startTls")];
pub(super) const PEOPLE: &[Condition] = &[Condition::On("sync.users")];
pub(super) const GROUPS: &[Condition] = &[Condition::On("sync.groups")];
pub(super) const LDAP_PEOPLE: &[Condition] = &[LDAP_KIND, Condition::On("sync.users")];
pub(super) const LDAP_GROUPS: &[Condition] = &[LDAP_KIND, Condition::On("sync.groups")];
pub(super) const PEOPLE_NOT_AD: &[Condition] =
    &[LDAP_KIND, Condition::On("sync.users"), Condition::NoActiveDirectory];
pub(super) const GROUPS_NOT_AD: &[Condition] =
    &[LDAP_KIND, Condition::On("sync.groups"), Condition::NoActiveDirectory];
pub(super) const COMPOSING: &[Condition] = &[COMPOSING_KINDS];
pub(super) const COMPOSED: &[Condition] = &[COMPOSING_KINDS, Condition::On("sync.useEmailPrefixSuffix")];
pub(super) const COMPOSED_NOT_AD: &[Condition] =
    &[LDAP_KIND, Condition::On("sync.useEmailPrefixSuffix"), Condition::NoActiveDirectory];
pub(super) const ENTRA_KIND: Condition = Condition::Directory(&[DirectoryKind::Entra]);
pub(super) const ENTRA_ONLY: &[Condition] = &[ENTRA_KIND];
pub(super) const ENTRA_SECRET: &[Condition] = &[ENTRA_KIND, Condition::Is("entra.sign-in", "secret")];
pub(super) const ENTRA_CERTIFICATE: &[Condition] =
    &[ENTRA_KIND, Condition::Is("entra.sign-in", "certificate")];
pub(super) const ENTRA_FEDERATION: &[Condition] =
    &[ENTRA_KIND, Condition::Is("entra.sign-in", "workload-federation")];
pub(super) const ENTRA_MANAGED: &[Condition] =
    &[ENTRA_KIND, Condition::Is("entra.sign-in", "managed-identity")];
pub(super) const GOOGLE_ONLY: &[Condition] = &[Condition::Directory(&[DirectoryKind::Google])];
pub(super) const OKTA_ONLY: &[Condition] = &[Condition::Directory(&[DirectoryKind::Okta])];
pub(super) const ONELOGIN_ONLY: &[Condition] = &[Condition::Directory(&[DirectoryKind::OneLogin])];
pub(super) const WEB: &[Condition] = &[Condition::Directory(&[
    DirectoryKind::Entra,
    DirectoryKind::Google,
    DirectoryKind::Okta,
    DirectoryKind::OneLogin,
])];
pub(super) const SCHEDULE: Option<&str> = Some("schedule");
pub(super) const SERVICE: Option<&str> = Some("service");
pub(super) const LEASE: Option<&str> = Some("lease");
pub(super) const LEASE_SECONDS: SettingKind = SettingKind::Number { range: 2..=600, unit: Unit::Seconds };
pub(super) const JITTER: SettingKind = SettingKind::Number { range: 0..=3600, unit: Unit::Seconds };
pub(super) const FULL: SettingKind = SettingKind::Number { range: 1..=24, unit: Unit::Hours };
pub(super) const NOTIFY: Option<&str> = Some("notify");
pub(super) const MAIL_SECURITY: SettingKind = SettingKind::Choice(&["starttls", "tls", "none"]);
pub(super) const WEBHOOK_FORMAT: SettingKind = SettingKind::Choice(&["json", "slack", "teams", "mattermost"]);
