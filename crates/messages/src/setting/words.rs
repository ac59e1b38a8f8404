//! What a setting is called, what it is, and what it takes.

use super::labels::LABELS;
use crate::catalogue::render;
use crate::text;
use bwdc_core::settings::{DirectoryKind, Expected, Section, Setting, SettingKind, TextRule, Unit};

/// What a form calls a setting.
pub fn label(setting: &Setting) -> String {
    render(&format!("setting.label.{}", setting.name), labels(setting).0, &[])
}

/// What a setting is, in a line without a full stop.
pub fn help(setting: &Setting) -> String {
    let english = labels(setting).1.replace('{', "{{").replace('}', "}}");
    render(&format!("setting.help.{}", setting.name), &english, &[])
}

fn labels(setting: &Setting) -> (&'static str, &'static str) {
    let found = LABELS.iter().find(|(name, ..)| *name == setting.name);
    found.map_or((setting.name, ""), |(_, label, help)| (*label, *help))
}

/// The title of a section.
pub fn title(section: Section) -> String {
    match section {
        Section::Server => text!("section.server", "Bitwarden server"),
        Section::Directory => text!("section.directory", "Directory"),
        Section::LdapConnection => text!("section.ldap", "LDAP server"),
        Section::LdapEncryption => text!("section.encryption", "Encryption"),
        Section::Entra => text!("section.entra", "Microsoft Entra ID"),
        Section::Google => text!("section.google", "Google Workspace"),
        Section::Okta => text!("section.okta", "Okta"),
        Section::OneLogin => text!("section.onelogin", "OneLogin"),
        Section::Sync => text!("section.sync", "Sync"),
        Section::Schedule => text!("section.schedule", "Schedule"),
        Section::Notifications => text!("section.notifications", "Notifications"),
        Section::People => text!("section.people", "People"),
        Section::Groups => text!("section.groups", "Groups"),
        Section::LdapEntries => text!("section.entries", "Reading LDAP entries"),
        Section::Leavers => text!("section.leavers", "Leavers"),
        Section::Limits => text!("section.limits", "Limits"),
        Section::Invitations => text!("section.invitations", "Invitations"),
        Section::Sources => text!("section.sources", "Several directories"),
        Section::Network => text!("section.network", "Network"),
        Section::TimeLimits => text!("section.time-limits", "Time limits"),
        Section::Secrets => text!("section.secrets", "Secrets"),
        Section::Log => text!("section.log", "Log and history"),
    }
}

/// What a setting takes.
pub fn takes(setting: &Setting) -> String {
    match &setting.kind {
        SettingKind::Text => text!("takes.text", "text; '' clears it"),
        SettingKind::Form(rule) => form(*rule),
        SettingKind::File => text!("takes.file", "the path of a file; '' clears it"),
        SettingKind::DistinguishedName if setting.name == "ldap.rootPath" => {
            text!("takes.root", "a distinguished name such as dc=example,dc=com; '' clears it")
        }
        SettingKind::DistinguishedName => {
            text!("takes.name", "a distinguished name or its beginning, such as ou=people; '' clears it")
        }
        SettingKind::Attribute => {
            text!(
                "takes.attribute",
                "one word, as the directory calls it, such as {word}; '' clears it",
                word = example(setting)
            )
        }
        SettingKind::Attributes => {
            text!(
                "takes.attributes",
                "a comma-separated list of attributes, such as mail,mailAlias; '' clears it"
            )
        }
        SettingKind::Flag => text!("takes.flag", "true or false"),
        SettingKind::Number { range, unit } => number(*unit, *range.start(), *range.end()),
        SettingKind::Directory => {
            let kinds = DirectoryKind::ALL.map(|it| format!("{} ({})", it.number(), it.name()));
            either(&kinds)
        }
        SettingKind::Url => text!("takes.url", "an address, or bitwarden.com"),
        SettingKind::Service if setting.name == "okta.orgUrl" => {
            text!("takes.okta", "an address with https, such as https://example.okta.com; '' clears it")
        }
        SettingKind::Service if setting.name == "onelogin.url" => {
            text!(
                "takes.onelogin",
                "an address with https, such as https://example.onelogin.com; '' clears it"
            )
        }
        SettingKind::Service => text!("takes.service", "an address with https; '' clears it"),
        SettingKind::Address if setting.name == "proxy" => text!(
            "takes.address",
            "`none`, or an address with its scheme, such as http://proxy.example.com:3128, without name and password, \
             which belong in HTTPS_PROXY and HTTP_PROXY; '' clears it"
        ),
        SettingKind::Address => text!(
            "takes.feed",
            "an address with its scheme, such as https://example.com/releases, without name and password, which belong in HTTPS_PROXY and HTTP_PROXY; '' clears it"
        ),
        SettingKind::Webhook => {
            text!(
                "takes.webhook",
                "an address that begins with https, with its `?` and what follows; '' clears it"
            )
        }
        SettingKind::Choice(words) => either(words),
        SettingKind::Words(words) => {
            text!("takes.words", "a comma-separated list of {words}; '' clears it", words = words.join(", "))
        }
        SettingKind::Hosts => text!(
            "takes.hosts",
            "a host name or address without scheme and port, or several separated by commas; '' clears it"
        ),
        SettingKind::Servers => {
            text!("takes.servers", "a comma-separated list of `host` or `host:port`; '' clears it")
        }
        SettingKind::Server => text!("takes.server", "`host` or `host:port`; '' clears it"),
        SettingKind::Listen => {
            text!("takes.listen", "a port of this machine, or an address with a port; '' clears it")
        }
        SettingKind::Mailbox => form(TextRule::Address),
        SettingKind::Mailboxes => {
            text!("takes.mailboxes", "a comma-separated list of e-mail addresses; '' clears it")
        }
        SettingKind::Domains => {
            text!("takes.domain-list", "a comma-separated list of domains such as example.com; '' clears it")
        }
        SettingKind::Sources => text!(
            "takes.sources",
            "a comma-separated list of names such as hr, each once, of lower-case letters, digits and hyphens; '' clears it"
        ),
        SettingKind::List => text!("takes.list", "a comma-separated list; '' clears it"),
        SettingKind::Names => {
            text!("takes.names", "distinguished names separated by semicolons; '' clears it")
        }
        SettingKind::Secret(_) => text!("takes.secret", "a secret"),
    }
}

fn form(rule: TextRule) -> String {
    match rule {
        TextRule::Address => text!("takes.mailbox", "an e-mail address; '' clears it"),
        TextRule::ApplicationId => {
            text!("takes.guid", "an id such as 00001111-aaaa-2222-bbbb-3333cccc4444; '' clears it")
        }
        TextRule::Authority => text!(
            "takes.authority",
            "the sign-in host of a Microsoft cloud, such as login.microsoftonline.com; '' clears it"
        ),
        TextRule::Customer => {
            text!("takes.customer", "`my_customer`, or the customer's id, such as C01234567; '' clears it")
        }
        TextRule::Database => {
            text!(
                "takes.database",
                "an address such as postgres://user@host/database, without a password; '' clears it"
            )
        }
        TextRule::Domain => text!("takes.domain", "a domain such as example.com; '' clears it"),
        TextRule::Domains => {
            text!(
                "takes.domains",
                "one domain, or several separated by commas, such as example.com; '' clears it"
            )
        }
        TextRule::EmailSuffix => {
            text!("takes.suffix", "an `@` and a domain, such as @example.com; '' clears it")
        }
        TextRule::Identifier => text!("takes.identifier", "an id, without blanks; '' clears it"),
        TextRule::Tenant => {
            text!(
                "takes.tenant",
                "the name or the id of a tenant, such as example.onmicrosoft.com; '' clears it"
            )
        }
        TextRule::WebAddress => text!("takes.web-address", "a URL with http or https; '' clears it"),
    }
}

/// What a question about a setting says: what it is and what it takes. An empty line, not two quotes, is no value there.
pub fn help_in_a_question(setting: &Setting) -> String {
    let takes = match setting.kind {
        SettingKind::Text
        | SettingKind::File
        | SettingKind::DistinguishedName
        | SettingKind::Attribute
        | SettingKind::Secret(_) => return help(setting),
        _ => takes(setting),
    };
    let value = match takes.split_once("; ") {
        Some((value, clears)) if clears.starts_with("''") => value,
        _ => &takes,
    };
    text!("setup.help-takes", "{help}: {takes}", help = help(setting), takes = value)
}

/// A name that a directory may have for it.
fn example(setting: &Setting) -> &'static str {
    match setting.name {
        "sync.userObjectClass" => "inetOrgPerson",
        "sync.groupObjectClass" => "groupOfNames",
        "sync.groupNameAttribute" => "cn",
        "sync.memberAttribute" => "member",
        "ldap.member-of-attribute" => "memberOf",
        "leavers.mark-attribute" => "employeeNumber",
        "sync.emailPrefixAttribute" => "uid",
        "sync.creationDateAttribute" => "createTimestamp",
        "sync.revisionDateAttribute" => "modifyTimestamp",
        _ => "mail",
    }
}

/// What would have been accepted in place of a value.
pub fn accepted(key: &str, expected: Expected) -> String {
    match expected {
        Expected::AsSetting => Setting::find(key).map(takes).unwrap_or_default(),
        Expected::Text => text!("takes.string", "a text"),
        Expected::Texts => text!("takes.strings", "a list of texts"),
        Expected::WholeNumber => text!("takes.number", "a whole number, in digits alone"),
        Expected::Url => {
            text!(
                "takes.any-url",
                "a URL such as https://vault.example.com, without name, password, `?` and `#`"
            )
        }
        Expected::UrlWithoutUser => {
            text!("takes.url-without-user", "an address without a name and a password before the host")
        }
        Expected::SecureUrl => {
            text!("takes.secure-url", "a URL with https; http is accepted for this machine only")
        }
        Expected::EmailAddress => text!("takes.email", "an e-mail address"),
        Expected::Host => text!("takes.host", "`host` or `host:port`"),
        Expected::Proxy => text!(
            "takes.proxy",
            "an address such as http://proxy.example.com:3128, without name and password, or `none`"
        ),
        Expected::Cron => text!("takes.cron", "a cron expression of five fields, such as `0 2 * * *`"),
        Expected::TimeZone => text!("takes.time-zone", "the name of a time zone, such as Europe/Berlin"),
        Expected::CronRanges => text!(
            "takes.cron-ranges",
            "five fields within their ranges: minute 0-59, hour 0-23, day 1-31, month 1-12, weekday 0-7"
        ),
        Expected::CronDay => text!("takes.cron-day", "a day that comes, other than the 30th of February"),
        Expected::Port => text!("takes.port-of-host", "a port from 1 to 65535 after the host"),
        Expected::NoBlanks => text!("takes.no-blanks", "an address without blanks"),
        Expected::NoPath => text!("takes.no-path", "an address that ends with its host or port"),
        Expected::HostParts => {
            text!("takes.host-parts", "a host name without an empty part before, between or after its dots")
        }
        Expected::PlainWord => {
            text!("takes.plain-word", "one word of the letters a to z, digits, `-`, `_`, `.` and `;`")
        }
        Expected::Escapes => text!(
            "takes.escapes",
            "after each `\\` a special character such as `,`, or two hexadecimal digits such as `2C`"
        ),
        Expected::QuietHours => {
            text!("takes.quiet-hours", "spans such as 22:00-06:00 that leave some of the day")
        }
        Expected::OneOf(words) => either(words),
        Expected::ListOf(words) => {
            text!("takes.list-of", "a comma-separated list of {words}", words = words.join(", "))
        }
    }
}

fn number(unit: Unit, from: i64, to: i64) -> String {
    match unit {
        Unit::Count => text!("takes.count", "a number from {from} to {to}", from, to),
        Unit::Version => text!("takes.version", "{from} or {to}", from, to),
        Unit::Days => text!("takes.days", "a number of days from {from} to {to}", from, to),
        Unit::Files => text!("takes.files", "a number of files from {from} to {to}", from, to),
        Unit::Hours => text!("takes.hours", "a number of hours from {from} to {to}", from, to),
        Unit::Megabytes => text!("takes.megabytes", "a number of MB from {from} to {to}", from, to),
        Unit::Minutes => text!("takes.minutes", "a number of minutes from {from} to {to}", from, to),
        Unit::Percent => text!("takes.percent", "a percentage from {from} to {to}", from, to),
        Unit::Port => text!("takes.port", "a port from {from} to {to}", from, to),
        Unit::Seconds => text!("takes.seconds", "a number of seconds from {from} to {to}", from, to),
    }
}

fn either<T: AsRef<str>>(words: &[T]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.split_last() {
        Some((last, before)) if !before.is_empty() => {
            text!("takes.either", "{before} or {last}", before = before.join(", "), last)
        }
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_setting_has_a_label_and_a_line_and_nothing_else_has() {
        let named: BTreeSet<&str> = LABELS.iter().map(|(name, ..)| *name).collect();
        let settings: BTreeSet<&str> = Setting::all().iter().map(|it| it.name).collect();
        assert_eq!(named, settings);
        assert_eq!(LABELS.len(), settings.len());
        for (name, label, help) in LABELS {
            assert!(!label.is_empty() && !label.ends_with('.'), "{name}");
            assert!(!help.is_empty() && !help.ends_with('.') && help.chars().count() <= 74, "{name}: {help}");
        }
    }

    #[test]
    fn every_section_has_settings() {
        for section in Section::ALL {
            assert!(Setting::all().iter().any(|it| it.section == section), "{section:?}");
        }
    }

    #[test]
    fn what_a_choice_takes_is_its_words() {
        let takes = |name| takes(Setting::find(name).expect("a setting"));
        assert_eq!(takes("leavers.gone"), "keep, revoke or remove");
        assert_eq!(takes("leavers.vanished-groups"), "keep or delete");
        assert_eq!(takes("ldap.port"), "a port from 1 to 65535");
    }

    #[test]
    fn what_is_said_of_an_address_is_taken() {
        for (name, example) in
            [("proxy", "http://proxy.example.com:3128"), ("update-feed", "https://example.com/releases")]
        {
            let setting = Setting::find(name).expect("a setting");
            assert!(accepted(name, Expected::AsSetting).contains(example), "{name}");
            assert!(setting.parse(example).is_ok() && setting.parse("proxy.corp:3128").is_err(), "{name}");
        }
    }
}
