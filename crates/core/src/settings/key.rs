//! Every setting of `data.json` and `connector.toml` that an administrator sets, by the name under which the command
//! line knows it.
//!
//! One table serves every front end: it says where a setting is stored and what may be typed, so that a typed value is
//! checked before anything is changed. Secrets are in it by name only; their values never pass through here.

use super::entry_name::{has_right_escapes, is_attribute, is_distinguished_name, is_plain};
use super::environment::check_webhook;
use super::expected::either;
use super::notify::check_mailbox;
use super::port::listen_address;
use super::section::{Condition, DefaultValue, Section};
use super::source_name::first_wrong;
use super::text_rule::{fault_of_address, fault_of_proxy, is_domain, is_proxy};
use super::{
    DirectoryKind, Expected, SettingsError, TextRule, check_hosts, check_server, normalize_url, service_url,
};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
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
    /// What it belongs to.
    pub section: Section,
    /// What has to hold for it to matter; empty: nothing.
    pub shown_when: &'static [Condition],
    /// What counts where it is not set.
    pub default: DefaultValue,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// People, memberships and the like.
    Count,
    /// Days.
    Days,
    /// Files.
    Files,
    /// Hours.
    Hours,
    /// Millions of bytes.
    Megabytes,
    /// Minutes.
    Minutes,
    /// Hundredths.
    Percent,
    /// Nothing: a TCP port.
    Port,
    /// Seconds.
    Seconds,
    /// Nothing: the version of an interface.
    Version,
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
    /// A text of this form; nothing at all clears the setting.
    Form(TextRule),
    /// The path of a file.
    File,
    /// A distinguished name, or the beginning of one.
    DistinguishedName,
    /// The name of an attribute or an object class.
    Attribute,
    /// Any number of names of attributes, typed with commas between them.
    Attributes,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Number {
        /// The values that are accepted.
        range: RangeInclusive<i64>,
        /// What it counts.
        unit: Unit,
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
    /// The address of a webhook, with its scheme and, where it has one, its query; nothing at all clears the setting.
    Webhook,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Any number of texts, typed with commas between them.
    List,
    /// Names of further sources, each once, typed with commas between them.
    Sources,
    /// Any number of domains, typed with commas between them.
    Domains,
    /// Any number of these words, typed with commas between them.
    Words(&'static [&'static str]),
    /// The LDAP server: names or addresses without a scheme, with commas between them, or the path of a local socket.
    Hosts,
    /// Any number of servers, each with or without a port, typed with commas between them.
    Servers,
    /// One server, with or without a port.
    Server,
    /// An address at which this program listens: a port, or an address with one.
    Listen,
    /// An e-mail address, with or without a name before it.
    Mailbox,
    /// Any number of e-mail addresses, typed with commas between them.
    Mailboxes,
    /// Any number of distinguished names, typed with semicolons between them.
    Names,
    /// The secret of this kind of directory, which is kept where secrets are.
    Secret(DirectoryKind),
}

/// What may be typed, for logs.
impl fmt::Display for SettingKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => formatter.write_str("text"),
            Self::Form(rule) => rule.fmt(formatter),
            Self::Domains => formatter.write_str("a comma-separated list of domains"),
            Self::File => formatter.write_str("the path of a file"),
            Self::DistinguishedName => formatter.write_str("a name such as ou=people,dc=example,dc=com"),
            Self::Attribute => {
                formatter.write_str("the name of an attribute or object class, without blanks")
            }
            Self::Attributes => formatter.write_str("names of attributes, separated by commas"),
            Self::Flag => formatter.write_str("true or false"),
            Self::Number { range, unit } => {
                write!(formatter, "{unit} from {} to {}", range.start(), range.end())
            }
            Self::Directory => {
                let kinds = DirectoryKind::ALL.map(|it| format!("{} ({})", it.number(), it.name()));
                formatter.write_str(&either(&kinds))
            }
            Self::Url => formatter.write_str("a URL"),
            Self::Service => formatter.write_str("a URL with https"),
            Self::Webhook => formatter.write_str("a URL with https, with its query"),
            Self::Address => formatter
                .write_str("an address without name and password, which go into HTTPS_PROXY and HTTP_PROXY"),
            Self::Choice(words) => formatter.write_str(&either(words)),
            Self::Sources => formatter.write_str("names of sources, separated by commas"),
            Self::List | Self::Servers | Self::Mailboxes => formatter.write_str("a comma-separated list"),
            Self::Server => formatter.write_str("a host name or an address, with or without a port"),
            Self::Listen => formatter.write_str("a port, or an address with a port"),
            Self::Mailbox => formatter.write_str("an e-mail address"),
            Self::Words(words) => write!(formatter, "a list of {}", words.join(", ")),
            Self::Hosts => formatter.write_str("a host name or an address, without a scheme and a port"),
            Self::Names => formatter.write_str("distinguished names, separated by semicolons"),
            Self::Secret(_) => formatter.write_str("a secret, which is stored with the secrets"),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Count | Self::Version => "a number",
            Self::Days => "a number of days",
            Self::Files => "a number of files",
            Self::Hours => "a number of hours",
            Self::Megabytes => "a number of MB",
            Self::Minutes => "a number of minutes",
            Self::Percent => "a percentage",
            Self::Port => "a port",
            Self::Seconds => "a number of seconds",
        })
    }
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
            (
                SettingKind::List
                | SettingKind::Domains
                | SettingKind::Attributes
                | SettingKind::Words(_)
                | SettingKind::Sources
                | SettingKind::Servers
                | SettingKind::Mailboxes
                | SettingKind::Names,
                Value::Array(items),
            ) => {
                let texts: Option<Vec<String>> =
                    items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                return self.list(texts.ok_or_else(|| self.invalid(&value.to_string()))?);
            }
            (
                SettingKind::Text
                | SettingKind::Form(_)
                | SettingKind::File
                | SettingKind::DistinguishedName
                | SettingKind::Attribute
                | SettingKind::Directory
                | SettingKind::Hosts
                | SettingKind::Url
                | SettingKind::Service
                | SettingKind::Address
                | SettingKind::Webhook
                | SettingKind::Server
                | SettingKind::Listen
                | SettingKind::Mailbox
                | SettingKind::Choice(_),
                Value::String(text),
            )
            | (SettingKind::Secret(_), Value::String(text)) => return self.parse(text),
            _ => false,
        };
        if fits { self.parse(&value.to_string()) } else { Err(self.invalid(&value.to_string())) }
    }

    fn list(&self, texts: Vec<String>) -> Result<SettingValue, SettingsError> {
        for text in &texts {
            match self.kind {
                SettingKind::Words(words) if !words.iter().any(|it| it.eq_ignore_ascii_case(text.trim())) => {
                    return Err(self.invalid(text));
                }
                SettingKind::Attributes if !is_attribute(text) => return Err(self.invalid(text)),
                SettingKind::Attributes if !is_plain(text) => {
                    return Err(self.other(text, Expected::PlainWord));
                }
                SettingKind::Names if !is_distinguished_name(text) => return Err(self.invalid(text)),
                SettingKind::Names if !has_right_escapes(text) => {
                    return Err(self.other(text, Expected::Escapes));
                }
                // An `@` before it is read over.
                SettingKind::Domains if !is_domain(text.trim().trim_start_matches('@')) => {
                    return Err(self.invalid(text));
                }
                SettingKind::Servers => check_server(text, self.name)?,
                SettingKind::Mailboxes => check_mailbox(text, self.name)?,
                _ => {}
            }
        }
        match first_wrong(&texts).filter(|_| self.kind == SettingKind::Sources) {
            Some(name) => Err(self.invalid(name)),
            None => Ok(SettingValue::List(texts)),
        }
    }

    fn invalid(&self, value: &str) -> SettingsError {
        let may_hold_a_password = match self.kind {
            SettingKind::Form(rule) => rule.may_hold_a_password(),
            _ => self.is_secret(),
        };
        let value = if may_hold_a_password { "(hidden)" } else { value }.to_owned();
        SettingsError::Invalid { key: self.name, value, expected: Expected::AsSetting }
    }

    /// What was typed is of the right form, and something else is wrong with it.
    fn other(&self, value: &str, expected: Expected) -> SettingsError {
        SettingsError::Invalid { key: self.name, value: value.to_owned(), expected }
    }

    /// Checks what was typed.
    ///
    /// # Errors
    /// [`SettingsError::Invalid`] says what would be accepted; for a secret it does not repeat what was typed.
    pub fn parse(&self, typed: &str) -> Result<SettingValue, SettingsError> {
        let invalid = || self.invalid(typed);
        let word = typed.trim();
        match &self.kind {
            SettingKind::DistinguishedName if !word.is_empty() && !is_distinguished_name(word) => {
                Err(invalid())
            }
            SettingKind::DistinguishedName if !has_right_escapes(word) => {
                Err(self.other(typed, Expected::Escapes))
            }
            SettingKind::Attribute if !is_attribute(word) => Err(invalid()),
            SettingKind::Attribute if !is_plain(word) => Err(self.other(typed, Expected::PlainWord)),
            SettingKind::Form(rule) if !word.is_empty() && !rule.admits(word) => Err(invalid()),
            SettingKind::Form(TextRule::WebAddress) if fault_of_address(word).is_some() => {
                Err(self.other(typed, fault_of_address(word).unwrap_or(Expected::Url)))
            }
            SettingKind::Text
            | SettingKind::Form(_)
            | SettingKind::File
            | SettingKind::DistinguishedName
            | SettingKind::Attribute => {
                Ok(SettingValue::Text(Some(typed.to_owned()).filter(|text| !text.trim().is_empty())))
            }
            SettingKind::Flag if word.eq_ignore_ascii_case("true") => Ok(SettingValue::Flag(true)),
            SettingKind::Flag if word.eq_ignore_ascii_case("false") => Ok(SettingValue::Flag(false)),
            SettingKind::Flag => Err(invalid()),
            SettingKind::Number { range, .. } => match word.parse() {
                Ok(number) if range.contains(&number) => Ok(SettingValue::Number(number)),
                Err(_) if word.starts_with(|it: char| it.is_ascii_digit()) && !has_letters(word) => {
                    Err(self.other(typed, Expected::WholeNumber))
                }
                _ => Err(invalid()),
            },
            SettingKind::Directory => {
                DirectoryKind::from_typed(word).map(SettingValue::Directory).ok_or_else(invalid)
            }
            SettingKind::Url => {
                Ok(SettingValue::Url(match word.to_ascii_lowercase().trim_end_matches('/') {
                    "null" | "bitwarden.com" | "https://bitwarden.com" => None,
                    _ => Some(normalize_url(word, self.name)?),
                }))
            }
            // Kept as it was typed: the official connector reads it, too.
            SettingKind::Service if word.is_empty() => Ok(SettingValue::Text(None)),
            SettingKind::Service => {
                service_url(word, self.name)?;
                Ok(SettingValue::Text(Some(typed.to_owned())))
            }
            SettingKind::Address if has_credentials(typed) => Err(SettingsError::Invalid {
                key: self.name,
                value: "(hidden)".to_owned(),
                expected: Expected::AsSetting,
            }),
            SettingKind::Address if !word.is_empty() && !is_proxy(word) => Err(invalid()),
            SettingKind::Address => {
                let fault = if self.name == "proxy" { fault_of_proxy(word) } else { fault_of_address(word) };
                if let Some(expected) = fault {
                    return Err(self.other(typed, expected));
                }
                Ok(SettingValue::Text(Some(word.to_owned()).filter(|text| !text.is_empty())))
            }
            SettingKind::Choice(_) if word.is_empty() => Ok(SettingValue::Text(None)),
            SettingKind::Choice(words) => words
                .iter()
                .find(|known| known.eq_ignore_ascii_case(word))
                .map(|known| SettingValue::Text(Some((*known).to_owned())))
                .ok_or_else(invalid),
            SettingKind::Hosts if word.is_empty() => Ok(SettingValue::Text(None)),
            SettingKind::Hosts => {
                check_hosts(word, self.name)?;
                Ok(SettingValue::Text(Some(typed.to_owned())))
            }
            SettingKind::Server | SettingKind::Listen | SettingKind::Mailbox | SettingKind::Webhook
                if word.is_empty() =>
            {
                Ok(SettingValue::Text(None))
            }
            SettingKind::Webhook => {
                check_webhook(word, self.name)?;
                Ok(SettingValue::Text(Some(word.to_owned())))
            }
            SettingKind::Server => {
                check_server(word, self.name)?;
                Ok(SettingValue::Text(Some(word.to_owned())))
            }
            SettingKind::Listen => {
                listen_address(word).map(|_| SettingValue::Text(Some(word.to_owned()))).ok_or_else(invalid)
            }
            SettingKind::Mailbox => {
                check_mailbox(word, self.name)?;
                Ok(SettingValue::Text(Some(word.to_owned())))
            }
            SettingKind::List
            | SettingKind::Domains
            | SettingKind::Attributes
            | SettingKind::Words(_)
            | SettingKind::Sources
            | SettingKind::Servers
            | SettingKind::Mailboxes => self.list(split(typed, ',')),
            SettingKind::Names => self.list(split(typed, ';')),
            SettingKind::Secret(_) => Err(invalid()),
        }
    }
}

/// Whether a number is none for its letters.
fn has_letters(text: &str) -> bool {
    text.contains(char::is_alphabetic)
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

#[cfg(test)]
mod tests;
