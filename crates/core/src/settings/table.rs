//! The table of settings: name, place, rule, section, when it is shown, default.

use super::DirectoryKind;
use super::key::{Place, Setting, SettingKind, SettingsFile};
use super::kinds::*;
use super::section::{Condition, DefaultList, DefaultValue, PresetName, Section};
use super::{OktaSettings, OneLoginSettings};
use SettingKind::{Address, Attribute, Attributes, DistinguishedName, File, Flag, Service, Text, Url};
use serde_json::Value;

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

    /// Whether it matters as things are. `value_of` gives the value of the setting of that name.
    pub fn is_shown(&self, value_of: &dyn Fn(&str) -> Value) -> bool {
        self.shown_when.iter().all(|it| it.holds(value_of))
    }

    /// Whether it belongs to the chosen kind of directory, or to none.
    pub fn is_of_directory(&self, value_of: &dyn Fn(&str) -> Value) -> bool {
        let mut directories = self.shown_when.iter().filter(|it| matches!(it, Condition::Directory(_)));
        directories.all(|it| it.holds(value_of))
    }

    /// What counts where nobody set it, with the other settings as they are; null for nothing.
    pub fn default_in(&self, value_of: &dyn Fn(&str) -> Value) -> Value {
        self.default.value(value_of)
    }

    const fn new(name: &'static str, place: Place, kind: SettingKind) -> Self {
        let default = match kind {
            SettingKind::Flag => DefaultValue::Flag(false),
            _ => DefaultValue::Nothing,
        };
        Self { name, aliases: &[], place, kind, section: Section::Sync, shown_when: &[], default }
    }

    const fn also(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    const fn within(self, section: Section) -> Self {
        Self { section, ..self }
    }

    const fn when(self, shown_when: &'static [Condition]) -> Self {
        Self { shown_when, ..self }
    }

    const fn or(self, default: DefaultValue) -> Self {
        Self { default, ..self }
    }
}

const fn setting(
    name: &'static str,
    object: &'static str,
    field: &'static str,
    kind: SettingKind,
) -> Setting {
    Setting::new(name, Place { file: SettingsFile::Data, object: Some(object), field }, kind)
}

const fn ours(
    name: &'static str,
    object: Option<&'static str>,
    field: &'static str,
    kind: SettingKind,
) -> Setting {
    Setting::new(name, Place { file: SettingsFile::Connector, object, field }, kind)
}

const fn secret(name: &'static str, object: &'static str, field: &'static str, of: DirectoryKind) -> Setting {
    setting(name, object, field, SettingKind::Secret(of))
}

static SETTINGS: &[Setting] = &[
    setting("server", URLS, "base", Url).also(&["server.base"]).within(Section::Server),
    setting("server.webVault", URLS, "webVault", Url).within(Section::Server),
    setting("server.api", URLS, "api", Url).within(Section::Server),
    setting("server.identity", URLS, "identity", Url).within(Section::Server),
    Setting::new(
        "directory",
        Place { file: SettingsFile::Data, object: None, field: "directoryType" },
        SettingKind::Directory,
    )
    .within(Section::Directory),
    setting("ldap.hostname", LDAP, "hostname", SettingKind::Hosts)
        .within(Section::LdapConnection)
        .when(LDAP_ONLY),
    setting("ldap.port", LDAP, "port", PORT).within(Section::LdapConnection).when(LDAP_ONLY),
    setting("ldap.domain", LDAP, "domain", DOMAIN).within(Section::LdapConnection).when(AD),
    setting("ldap.rootPath", LDAP, "rootPath", DistinguishedName)
        .within(Section::LdapConnection)
        .when(LDAP_ONLY),
    setting("ldap.ad", LDAP, "ad", Flag).within(Section::LdapConnection).when(LDAP_ONLY),
    setting("ldap.currentUser", LDAP, "currentUser", Flag).within(Section::LdapConnection).when(LDAP_ONLY),
    setting("ldap.username", LDAP, "username", Text).within(Section::LdapConnection).when(BY_PASSWORD),
    secret("ldap.password", LDAP, "password", DirectoryKind::Ldap)
        .within(Section::LdapConnection)
        .when(BY_PASSWORD),
    setting("ldap.pagedSearch", LDAP, "pagedSearch", Flag).within(Section::LdapConnection).when(NOT_AD),
    setting("ldap.ssl", LDAP, "ssl", Flag).within(Section::LdapEncryption).when(LDAP_ONLY),
    setting("ldap.startTls", LDAP, "startTls", Flag).within(Section::LdapEncryption).when(TLS),
    setting("ldap.tlsCaPath", LDAP, "tlsCaPath", File).within(Section::LdapEncryption).when(START_TLS),
    setting("ldap.sslAllowUnauthorized", LDAP, "sslAllowUnauthorized", Flag)
        .within(Section::LdapEncryption)
        .when(TLS),
    setting("ldap.sslCaPath", LDAP, "sslCaPath", File).within(Section::LdapEncryption).when(LDAPS),
    setting("ldap.sslCertPath", LDAP, "sslCertPath", File).within(Section::LdapEncryption).when(LDAPS),
    setting("ldap.sslKeyPath", LDAP, "sslKeyPath", File).within(Section::LdapEncryption).when(LDAPS),
    ours("ldap.preset", LDAP_OPTIONS, "preset", PRESET).within(Section::LdapConnection).when(LDAP_ONLY),
    ours("ldap.sign-in", LDAP_OPTIONS, "sign-in", SIGN_IN)
        .within(Section::LdapConnection)
        .when(NO_CURRENT_USER)
        .or(DefaultValue::Text("password")),
    ours("ldap.further-servers", LDAP_OPTIONS, "further-servers", SettingKind::Servers)
        .within(Section::LdapConnection)
        .when(LDAP_ONLY),
    ours("ldap.user-paths", LDAP_OPTIONS, "user-paths", SettingKind::Names)
        .within(Section::LdapEntries)
        .when(LDAP_PEOPLE),
    ours("ldap.group-paths", LDAP_OPTIONS, "group-paths", SettingKind::Names)
        .within(Section::LdapEntries)
        .when(LDAP_GROUPS),
    ours("ldap.user-scope", LDAP_OPTIONS, "user-scope", SCOPE)
        .within(Section::LdapEntries)
        .when(LDAP_PEOPLE)
        .or(DefaultValue::Text("subtree")),
    ours("ldap.group-scope", LDAP_OPTIONS, "group-scope", SCOPE)
        .within(Section::LdapEntries)
        .when(LDAP_GROUPS)
        .or(DefaultValue::Text("subtree")),
    ours("ldap.aliases", LDAP_OPTIONS, "aliases", ALIASES)
        .within(Section::LdapEntries)
        .when(LDAP_ONLY)
        .or(DefaultValue::Text("never")),
    ours("ldap.id-attribute", LDAP_OPTIONS, "id-attribute", ID_ATTRIBUTE)
        .within(Section::LdapEntries)
        .when(NOT_AD),
    ours("ldap.email-attributes", LDAP_OPTIONS, "email-attributes", Attributes)
        .within(Section::LdapEntries)
        .when(LDAP_ONLY),
    ours("ldap.member-of-attribute", LDAP_OPTIONS, "member-of-attribute", Attribute)
        .within(Section::LdapEntries)
        .when(LDAP_ONLY),
    ours("ldap.primary-groups", LDAP_OPTIONS, "primary-groups", Flag)
        .within(Section::LdapEntries)
        .when(NOT_AD)
        .or(DefaultValue::PrimaryGroups),
    ours("ldap.disabled-by", LDAP_OPTIONS, "disabled-by", DISABLED_BY)
        .within(Section::LdapEntries)
        .when(NOT_AD)
        .or(DefaultValue::List(DefaultList::DisabledBy)),
    setting("entra.authority-url", ENTRA, "authorityUrl", Service).within(Section::Entra).when(ENTRA_ONLY),
    setting("entra.graph-url", ENTRA, "graphUrl", Service).within(Section::Entra).when(ENTRA_ONLY),
    setting("entra.identityAuthority", ENTRA, "identityAuthority", AUTHORITY)
        .also(&["azure.identityAuthority"])
        .within(Section::Entra)
        .when(ENTRA_ONLY)
        .or(DefaultValue::Text("login.microsoftonline.com")),
    setting("entra.tenant", ENTRA, "tenant", TENANT)
        .also(&["azure.tenant"])
        .within(Section::Entra)
        .when(ENTRA_ONLY),
    setting("entra.applicationId", ENTRA, "applicationId", APPLICATION)
        .also(&["azure.applicationId"])
        .within(Section::Entra)
        .when(ENTRA_ONLY),
    secret("entra.key", ENTRA, "key", DirectoryKind::Entra)
        .also(&["azure.key"])
        .within(Section::Entra)
        .when(ENTRA_SECRET),
    ours("entra.sign-in", ENTRA_OPTIONS, "sign-in", ENTRA_SIGN_IN)
        .within(Section::Entra)
        .when(ENTRA_ONLY)
        .or(DefaultValue::Text("secret")),
    ours("entra.certificate", ENTRA_OPTIONS, "certificate", File)
        .within(Section::Entra)
        .when(ENTRA_CERTIFICATE),
    ours("entra.token-file", ENTRA_OPTIONS, "token-file", File).within(Section::Entra).when(ENTRA_FEDERATION),
    ours("entra.metadata-url", ENTRA_OPTIONS, "metadata-url", WEB_ADDRESS)
        .within(Section::Entra)
        .when(ENTRA_MANAGED),
    ours("entra.guests", ENTRA_OPTIONS, "guests", GUESTS)
        .within(Section::Entra)
        .when(ENTRA_ONLY)
        .or(DefaultValue::Text("mail")),
    ours("entra.flatten-hidden-groups", ENTRA_OPTIONS, "flatten-hidden-groups", Flag)
        .within(Section::Entra)
        .when(ENTRA_ONLY),
    setting("gsuite.clientEmail", GSUITE, "clientEmail", MAIL_ADDRESS)
        .also(&["google.clientEmail"])
        .within(Section::Google)
        .when(GOOGLE_ONLY),
    setting("gsuite.domain", GSUITE, "domain", DOMAINS)
        .also(&["google.domain"])
        .within(Section::Google)
        .when(GOOGLE_ONLY),
    setting("gsuite.adminUser", GSUITE, "adminUser", MAIL_ADDRESS)
        .also(&["google.adminUser"])
        .within(Section::Google)
        .when(GOOGLE_ONLY),
    setting("gsuite.customer", GSUITE, "customer", CUSTOMER)
        .also(&["google.customer"])
        .within(Section::Google)
        .when(GOOGLE_ONLY),
    setting("gsuite.token-url", GSUITE, "tokenUrl", Service)
        .also(&["google.token-url"])
        .within(Section::Google)
        .when(GOOGLE_ONLY)
        .or(DefaultValue::Text("https://oauth2.googleapis.com/token")),
    setting("gsuite.api-url", GSUITE, "apiUrl", Service)
        .also(&["google.api-url"])
        .within(Section::Google)
        .when(GOOGLE_ONLY)
        .or(DefaultValue::Text("https://admin.googleapis.com")),
    setting("gsuite.flatten-hidden-groups", GSUITE, "flattenHiddenGroups", Flag)
        .also(&["google.flatten-hidden-groups"])
        .within(Section::Google)
        .when(GOOGLE_ONLY),
    secret("gsuite.key", GSUITE, "privateKey", DirectoryKind::Google)
        .also(&["google.key"])
        .within(Section::Google)
        .when(GOOGLE_ONLY),
    setting("okta.orgUrl", OKTA, "orgUrl", Service).also(&["okta.url"]).within(Section::Okta).when(OKTA_ONLY),
    setting("okta.client-id", OKTA, "clientId", IDENTIFIER).within(Section::Okta).when(OKTA_ONLY),
    setting("okta.key-id", OKTA, "keyId", IDENTIFIER).within(Section::Okta).when(OKTA_ONLY),
    setting("okta.active-statuses", OKTA, "activeStatuses", OKTA_STATUSES)
        .within(Section::Okta)
        .when(OKTA_ONLY)
        .or(DefaultValue::List(DefaultList::Words(&OktaSettings::USUALLY_ACTIVE))),
    setting("okta.rate-share", OKTA, "rateShare", SHARE)
        .within(Section::Okta)
        .when(OKTA_ONLY)
        .or(DefaultValue::Number(50)),
    secret("okta.token", OKTA, "token", DirectoryKind::Okta).within(Section::Okta).when(OKTA_ONLY),
    setting("onelogin.clientId", ONELOGIN, "clientId", IDENTIFIER)
        .within(Section::OneLogin)
        .when(ONELOGIN_ONLY),
    setting("onelogin.region", ONELOGIN, "region", REGION).within(Section::OneLogin).when(ONELOGIN_ONLY),
    setting("onelogin.url", ONELOGIN, "url", Service).within(Section::OneLogin).when(ONELOGIN_ONLY),
    setting("onelogin.api-version", ONELOGIN, "apiVersion", API_VERSION)
        .within(Section::OneLogin)
        .when(ONELOGIN_ONLY),
    setting("onelogin.groups", ONELOGIN, "groups", ONELOGIN_GROUPS)
        .within(Section::OneLogin)
        .when(ONELOGIN_ONLY)
        .or(DefaultValue::Text("roles")),
    setting("onelogin.active-statuses", ONELOGIN, "activeStatuses", ONELOGIN_STATUSES)
        .within(Section::OneLogin)
        .when(ONELOGIN_ONLY)
        .or(DefaultValue::List(DefaultList::Words(&OneLoginSettings::USUALLY_ACTIVE))),
    secret("onelogin.secret", ONELOGIN, "clientSecret", DirectoryKind::OneLogin)
        .within(Section::OneLogin)
        .when(ONELOGIN_ONLY),
    setting("sync.users", SYNC, "users", Flag).within(Section::Sync),
    setting("sync.groups", SYNC, "groups", Flag).within(Section::Sync),
    setting("sync.interval", SYNC, "interval", INTERVAL).within(Section::Schedule),
    setting("sync.userFilter", SYNC, "userFilter", Text).within(Section::People).when(PEOPLE),
    setting("sync.groupFilter", SYNC, "groupFilter", Text).within(Section::Groups).when(GROUPS),
    setting("sync.removeDisabled", SYNC, "removeDisabled", Flag).within(Section::Sync),
    setting("sync.overwriteExisting", SYNC, "overwriteExisting", Flag).within(Section::Sync),
    setting("sync.largeImport", SYNC, "largeImport", Flag).within(Section::Sync),
    setting("sync.inviteUsersAfterProvisioning", SYNC, "inviteUsersAfterProvisioning", Flag)
        .within(Section::Sync),
    setting("sync.userPath", SYNC, "userPath", DistinguishedName)
        .within(Section::People)
        .when(LDAP_PEOPLE)
        .or(DefaultValue::Preset(PresetName::UserPath, None)),
    setting("sync.userObjectClass", SYNC, "userObjectClass", Attribute)
        .within(Section::People)
        .when(PEOPLE_NOT_AD)
        .or(DefaultValue::Preset(PresetName::UserClass, None)),
    setting("sync.userEmailAttribute", SYNC, "userEmailAttribute", Attribute)
        .within(Section::People)
        .when(PEOPLE_NOT_AD)
        .or(DefaultValue::Text("mail")),
    setting("sync.useEmailPrefixSuffix", SYNC, "useEmailPrefixSuffix", Flag)
        .within(Section::People)
        .when(COMPOSING),
    setting("sync.emailPrefixAttribute", SYNC, "emailPrefixAttribute", Attribute)
        .within(Section::People)
        .when(COMPOSED_NOT_AD),
    setting("sync.emailSuffix", SYNC, "emailSuffix", EMAIL_SUFFIX).within(Section::People).when(COMPOSED),
    setting("sync.groupPath", SYNC, "groupPath", DistinguishedName)
        .within(Section::Groups)
        .when(LDAP_GROUPS)
        .or(DefaultValue::Preset(PresetName::GroupPath, None)),
    setting("sync.groupObjectClass", SYNC, "groupObjectClass", Attribute)
        .within(Section::Groups)
        .when(GROUPS_NOT_AD)
        .or(DefaultValue::Preset(PresetName::GroupClass, None)),
    setting("sync.groupNameAttribute", SYNC, "groupNameAttribute", Attribute)
        .within(Section::Groups)
        .when(GROUPS_NOT_AD)
        .or(DefaultValue::Text("cn")),
    setting("sync.memberAttribute", SYNC, "memberAttribute", Attribute)
        .within(Section::Groups)
        .when(GROUPS_NOT_AD)
        .or(DefaultValue::Preset(PresetName::Member, Some("member"))),
    setting("sync.creationDateAttribute", SYNC, "creationDateAttribute", Attribute)
        .within(Section::LdapEntries)
        .when(NOT_AD),
    setting("sync.revisionDateAttribute", SYNC, "revisionDateAttribute", Attribute)
        .within(Section::LdapEntries)
        .when(NOT_AD)
        .or(DefaultValue::Preset(PresetName::Revision, None)),
    ours("schedule.cron", SCHEDULE, "cron", Text).within(Section::Schedule),
    ours("schedule.time-zone", SCHEDULE, "time-zone", Text).within(Section::Schedule),
    ours("schedule.quiet-hours", SCHEDULE, "quiet-hours", SettingKind::List).within(Section::Schedule),
    ours("schedule.jitter-seconds", SCHEDULE, "jitter-seconds", JITTER)
        .within(Section::Schedule)
        .or(DefaultValue::Number(120)),
    ours("schedule.full-hours", SCHEDULE, "full-hours", FULL)
        .within(Section::Schedule)
        .or(DefaultValue::Number(24)),
    ours("schedule.paused", SCHEDULE, "paused", Flag).within(Section::Schedule),
    ours("service.first-sync-agreed", SERVICE, "first-sync-agreed", Flag).within(Section::Schedule),
    ours("service.listen", SERVICE, "listen", SettingKind::Listen).within(Section::Schedule),
    ours("lease.database", LEASE, "database", DATABASE).within(Section::Schedule),
    ours("lease.seconds", LEASE, "seconds", LEASE_SECONDS)
        .within(Section::Schedule)
        .or(DefaultValue::Number(30)),
    ours("lease.ca-path", LEASE, "ca-path", File).within(Section::Schedule),
    ours("notify.mail-server", NOTIFY, "mail-server", SettingKind::Server).within(Section::Notifications),
    ours("notify.mail-security", NOTIFY, "mail-security", MAIL_SECURITY)
        .within(Section::Notifications)
        .or(DefaultValue::Text("starttls")),
    ours("notify.mail-user", NOTIFY, "mail-user", Text).within(Section::Notifications),
    ours("notify.mail-from", NOTIFY, "mail-from", SettingKind::Mailbox).within(Section::Notifications),
    ours("notify.mail-to", NOTIFY, "mail-to", SettingKind::Mailboxes).within(Section::Notifications),
    ours("notify.webhook-url", NOTIFY, "webhook-url", SettingKind::Webhook).within(Section::Notifications),
    ours("notify.webhook-format", NOTIFY, "webhook-format", WEBHOOK_FORMAT)
        .within(Section::Notifications)
        .or(DefaultValue::Text("json")),
    ours("notify.command", NOTIFY, "command", SettingKind::List).within(Section::Notifications),
    ours("notify.digest", NOTIFY, "digest", Flag).within(Section::Notifications),
    ours("notify.addresses", NOTIFY, "addresses", Flag).within(Section::Notifications),
    ours("leavers.disabled", LEAVERS, "disabled", LEAVER).within(Section::Leavers),
    ours("leavers.deleted", LEAVERS, "deleted", LEAVER).within(Section::Leavers),
    ours("leavers.gone", LEAVERS, "gone", LEAVER).within(Section::Leavers),
    ours("leavers.out-of-scope", LEAVERS, "out-of-scope", LEAVER).within(Section::Leavers),
    ours("leavers.hidden", LEAVERS, "hidden", HIDDEN).within(Section::Leavers),
    ours("leavers.disabled-grace-hours", LEAVERS, "disabled-grace-hours", HOURS)
        .within(Section::Leavers)
        .or(DefaultValue::Number(0)),
    ours("leavers.deleted-grace-hours", LEAVERS, "deleted-grace-hours", HOURS)
        .within(Section::Leavers)
        .or(DefaultValue::Number(0)),
    ours("leavers.gone-grace-hours", LEAVERS, "gone-grace-hours", HOURS)
        .within(Section::Leavers)
        .or(DefaultValue::Number(0)),
    ours("leavers.out-of-scope-grace-hours", LEAVERS, "out-of-scope-grace-hours", HOURS)
        .within(Section::Leavers)
        .or(DefaultValue::Number(0)),
    ours("leavers.hidden-grace-hours", LEAVERS, "hidden-grace-hours", HOURS)
        .within(Section::Leavers)
        .or(DefaultValue::Number(24)),
    ours("leavers.vanished-groups", LEAVERS, "vanished-groups", VANISHED)
        .within(Section::Leavers)
        .or(DefaultValue::Text("keep")),
    ours("leavers.returning", LEAVERS, "returning", RETURNING)
        .within(Section::Leavers)
        .or(DefaultValue::Text("wait")),
    ours("leavers.mark-attribute", LEAVERS, "mark-attribute", Attribute)
        .within(Section::Leavers)
        .when(&[LDAP_KIND]),
    ours("limits.removals", LIMITS, "removals", COUNT).within(Section::Limits).or(DefaultValue::Number(10)),
    ours("limits.removals-percent", LIMITS, "removals-percent", PERCENT).within(Section::Limits),
    ours("limits.memberships", LIMITS, "memberships", COUNT)
        .within(Section::Limits)
        .or(DefaultValue::Number(20)),
    ours("limits.memberships-percent", LIMITS, "memberships-percent", PERCENT)
        .within(Section::Limits)
        .or(DefaultValue::Number(10)),
    ours("limits.group-percent", LIMITS, "group-percent", PERCENT)
        .within(Section::Limits)
        .or(DefaultValue::Number(50)),
    ours("limits.emptied-groups-percent", LIMITS, "emptied-groups-percent", PERCENT)
        .within(Section::Limits)
        .or(DefaultValue::Number(10)),
    ours("limits.invitations", LIMITS, "invitations", COUNT)
        .within(Section::Limits)
        .or(DefaultValue::Number(20)),
    ours("limits.invitations-percent", LIMITS, "invitations-percent", PERCENT)
        .within(Section::Limits)
        .or(DefaultValue::Number(10)),
    ours("limits.buy-seats", LIMITS, "buy-seats", Flag).within(Section::Limits),
    ours("limits.window-hours", LIMITS, "window-hours", WINDOW)
        .within(Section::Limits)
        .or(DefaultValue::Number(24)),
    ours("limits.first-read-percent", LIMITS, "first-read-percent", PERCENT)
        .within(Section::Limits)
        .or(DefaultValue::Number(50)),
    ours("limits.allow-empty-directory", LIMITS, "allow-empty-directory", Flag).within(Section::Limits),
    ours("limits.off", LIMITS, "off", Flag).within(Section::Limits),
    ours("invitations.per-run", INVITATIONS, "per-run", COUNT).within(Section::Invitations),
    ours("invitations.pilot-group", INVITATIONS, "pilot-group", Text).within(Section::Invitations),
    ours("invitations.pilot-only", INVITATIONS, "pilot-only", Flag).within(Section::Invitations),
    ours("protected", None, "protected", SettingKind::List).within(Section::Leavers),
    ours("allowed-domains", None, "allowed-domains", SettingKind::Domains).within(Section::Invitations),
    ours("adopt-groups", None, "adopt-groups", Flag).within(Section::Groups).when(GROUPS),
    ours("shared-organization", None, "shared-organization", Flag).within(Section::Leavers),
    ours("history.keep-days", HISTORY, "keep-days", DAYS).within(Section::Log).or(DefaultValue::Number(366)),
    ours("sources", None, "sources", SettingKind::Sources).within(Section::Sources),
    ours("conflicts.same-address", CONFLICTS, "same-address", SAME_ADDRESS)
        .within(Section::Sources)
        .or(DefaultValue::Text("fail")),
    ours("conflicts.across-sources", CONFLICTS, "across-sources", ACROSS_SOURCES)
        .within(Section::Sources)
        .or(DefaultValue::Text("fail")),
    ours("conflicts.same-group", CONFLICTS, "same-group", SAME_GROUP)
        .within(Section::Sources)
        .or(DefaultValue::Text("fail")),
    ours("time-limits.connect", TIME_LIMITS, "connect", SECONDS)
        .within(Section::TimeLimits)
        .or(DefaultValue::Number(15)),
    ours("time-limits.bind", TIME_LIMITS, "bind", SECONDS)
        .within(Section::TimeLimits)
        .or(DefaultValue::Number(30)),
    ours("time-limits.page", TIME_LIMITS, "page", SECONDS)
        .within(Section::TimeLimits)
        .or(DefaultValue::Number(120)),
    ours("time-limits.total", TIME_LIMITS, "total", SECONDS)
        .within(Section::TimeLimits)
        .or(DefaultValue::Number(14_400)),
    ours("time-limits.organization", TIME_LIMITS, "organization", SECONDS).within(Section::TimeLimits),
    ours("secrets.store", SECRETS, "store", SettingKind::Choice(&["keychain", "encrypted-file"]))
        .within(Section::Secrets),
    ours("secrets.command", SECRETS, "command", SettingKind::List).within(Section::Secrets),
    ours("allow-http", None, "allow-http", Flag).within(Section::Network),
    ours("organization-ca-path", None, "organization-ca-path", File).within(Section::Network),
    ours("organization-list-limit", None, "organization-list-limit", ENTRIES).within(Section::Network),
    ours("directory-ca-path", None, "directory-ca-path", File).within(Section::Network).when(WEB),
    ours("proxy", None, "proxy", Address).within(Section::Network),
    ours("update-feed", None, "update-feed", Address).within(Section::Network),
    ours("log.level", LOG, "level", LOG_LEVEL).within(Section::Log).or(DefaultValue::Text("info")),
    ours("log.format", LOG, "format", LOG_FORMAT).within(Section::Log).or(DefaultValue::Text("text")),
    ours("log.megabytes", LOG, "megabytes", MEGABYTES).within(Section::Log).or(DefaultValue::Number(5)),
    ours("log.older-files", LOG, "older-files", FILES).within(Section::Log).or(DefaultValue::Number(4)),
];
