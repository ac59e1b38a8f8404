//! Settings as they are stored (any JSON that an installation holds) and as they are used (checked).

mod connector;
mod directory;
mod document;
mod entra;
mod entra_cloud;
mod entra_options;
mod entry_name;
mod environment;
mod expected;
mod google;
mod host;
mod json_schema;
mod key;
mod kinds;
mod ldap;
mod ldap_options;
mod lease;
mod notify;
mod okta;
mod onelogin;
mod port;
mod schedule;
mod section;
mod source_name;
mod sync;
mod table;
mod text_rule;

pub use connector::{
    AcrossSources, ConflictRules, ConnectorSettings, HiddenAction, HistorySettings, Invitations,
    LeaverAction, LeaverPolicy, Limits, LogFormat, LogLevel, LogSettings, Returning, SameAddress, SameGroup,
    SecretOptions, SecretStoreChoice, TimeLimits, VanishedGroups,
};
pub use directory::DirectorySettings;
pub use document::{Change as SettingChange, read_document, write_document};
pub use entra::{EntraFilters, EntraSettings, filter};
pub use entra_options::{EntraOptions, EntraSignIn, Guests};
pub use environment::{Endpoints, EnvironmentUrls, is_clear_text, normalize_url, service_url};
pub use expected::Expected;
pub use google::{GoogleFilters, GoogleSettings, is_below};
use host::{check_hosts, check_server};
use json_schema::settings_file_name;
pub use json_schema::settings_schema;
pub use key::{Place, Setting, SettingKind, SettingValue, SettingsFile, Unit, without_credentials};
pub use ldap::{Bind, LdapLayout, LdapSettings, LdapTls, Security, Server};
pub use ldap_options::{
    Aliases, DisabledBy, IdAttribute, LdapOptions, LdapPreset, LdapScope, LdapSignIn, PresetNames,
};
pub use lease::LeaseSettings;
pub use notify::{MailSecurity, NotifySettings, WebhookFormat, host_and_port};
pub use okta::{OktaFilters, OktaSettings, OktaSignIn};
pub use onelogin::{OneLoginApi, OneLoginFilters, OneLoginGroups, OneLoginSettings};
pub use port::listen_address;
pub use schedule::{QuietHours, ScheduleSettings, ServiceSettings};
pub use section::{Condition, DefaultList, DefaultValue, PresetName, Section};
pub use source_name::is_source_name;
pub use sync::{AddressRule, SyncSettings};
pub use text_rule::TextRule;

use serde_json::{Map, Value};

/// The kinds of directory, with the number that stands for each in `data.json` and on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectoryKind {
    /// 0: Active Directory and any LDAP server.
    Ldap,
    /// 1: Microsoft Entra ID.
    Entra,
    /// 2: Google Workspace.
    Google,
    /// 3: Okta.
    Okta,
    /// 4: OneLogin.
    OneLogin,
}

impl DirectoryKind {
    /// Every kind, in the order of the numbers.
    pub const ALL: [Self; 5] = [Self::Ldap, Self::Entra, Self::Google, Self::Okta, Self::OneLogin];

    /// The name by which each of them is typed, in the order of the numbers; there are others.
    pub const WORDS: [&'static str; 5] = ["ldap", "entra", "google", "okta", "onelogin"];

    /// The kind behind a stored number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| i64::from(kind.number()) == number)
    }

    /// The kind that somebody means: by its number, or by a name that it goes by.
    pub fn from_typed(typed: &str) -> Option<Self> {
        if let Ok(number) = typed.parse() {
            return Self::from_number(number);
        }
        match typed.to_ascii_lowercase().as_str() {
            "ldap" | "ad" | "active-directory" => Some(Self::Ldap),
            "entra" | "entra-id" | "azure" => Some(Self::Entra),
            "google" | "gsuite" => Some(Self::Google),
            "okta" => Some(Self::Okta),
            "onelogin" => Some(Self::OneLogin),
            _ => None,
        }
    }

    /// The stored number.
    pub fn number(self) -> u8 {
        match self {
            Self::Ldap => 0,
            Self::Entra => 1,
            Self::Google => 2,
            Self::Okta => 3,
            Self::OneLogin => 4,
        }
    }

    /// The name shown to people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ldap => "Active Directory / LDAP",
            Self::Entra => "Microsoft Entra ID",
            Self::Google => "Google Workspace",
            Self::Okta => "Okta",
            Self::OneLogin => "OneLogin",
        }
    }
}

/// A stored setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A needed setting is absent.
    #[error("`{key}` is not set")]
    Missing {
        /// The name by which `bwdc config` knows the setting.
        key: &'static str,
    },
    /// A setting has a value of the wrong kind or out of its range.
    #[error("`{key}` is `{value}`, expected {}", accepted(key, *expected))]
    Invalid {
        /// The name by which `bwdc config` knows the setting.
        key: &'static str,
        /// The stored value; never a secret.
        value: String,
        /// What would be accepted.
        expected: Expected,
    },
    /// Two settings contradict each other.
    #[error("`{}` and `{}` contradict each other", .0.settings().0, .0.settings().1)]
    Contradiction(Contradiction),
    /// A filter cannot be understood.
    #[error("`{key}`: {source}")]
    Filter {
        /// The name by which `bwdc config` knows the setting.
        key: &'static str,
        /// Where, and what would be accepted.
        #[source]
        source: crate::filter::FilterError,
    },
}

/// Two settings that cannot both be as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// StartTLS without TLS.
    StartTlsWithoutTls,
    /// A client certificate without its key, or a key without its certificate.
    HalfClientCertificate,
    /// A sign-in by certificate without TLS or without a certificate.
    ExternalWithoutCertificate,
    /// The account that runs the program, by Kerberos, at a local socket.
    CurrentUserAtSocket,
    /// Further servers beside those of a domain.
    FurtherServersOfDomain,
    /// Further servers beside a local socket.
    FurtherServersOfSocket,
}

impl Contradiction {
    /// The names of the two settings.
    pub fn settings(self) -> (&'static str, &'static str) {
        match self {
            Self::StartTlsWithoutTls => ("ldap.startTls", "ldap.ssl"),
            Self::HalfClientCertificate => ("ldap.sslCertPath", "ldap.sslKeyPath"),
            Self::ExternalWithoutCertificate => ("ldap.sign-in", "ldap.sslCertPath"),
            Self::CurrentUserAtSocket => ("ldap.currentUser", "ldap.hostname"),
            Self::FurtherServersOfDomain => ("ldap.further-servers", "ldap.hostname"),
            Self::FurtherServersOfSocket => ("ldap.hostname", "ldap.further-servers"),
        }
    }
}

/// What a setting takes, for logs.
fn accepted(key: &str, expected: Expected) -> String {
    match (expected, Setting::find(key)) {
        (Expected::AsSetting, Some(setting)) => setting.kind.to_string(),
        (expected, _) => expected.to_string(),
    }
}

/// A trimmed, non-empty string at `field`, or None when it is absent, null or blank.
pub(crate) fn text(
    object: &Map<String, Value>,
    field: &str,
    key: &'static str,
) -> Result<Option<String>, SettingsError> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(value)) if value.trim().is_empty() => Ok(None),
        Some(Value::String(value)) => Ok(Some(value.trim().to_owned())),
        Some(other) => {
            Err(SettingsError::Invalid { key, value: other.to_string(), expected: Expected::Text })
        }
    }
}

/// A list of words at `field`, or None when it is absent, null or empty.
pub(crate) fn words(
    object: &Map<String, Value>,
    field: &str,
    key: &'static str,
) -> Result<Option<Vec<String>>, SettingsError> {
    let invalid =
        |value: &Value| SettingsError::Invalid { key, value: value.to_string(), expected: Expected::Texts };
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) if items.is_empty() => Ok(None),
        Some(list @ Value::Array(items)) => {
            let words = items.iter().map(|item| item.as_str().map(|word| word.trim().to_owned()));
            words.collect::<Option<_>>().map(Some).ok_or_else(|| invalid(list))
        }
        Some(other) => Err(invalid(other)),
    }
}

/// A boolean at `field`; absent and null count as `false`.
pub(crate) fn flag(
    object: &Map<String, Value>,
    field: &str,
    key: &'static str,
) -> Result<bool, SettingsError> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(other) => {
            Err(SettingsError::Invalid { key, value: other.to_string(), expected: Expected::AsSetting })
        }
    }
}

/// A whole number at `field`, also when it is stored as a string.
pub(crate) fn number(
    object: &Map<String, Value>,
    field: &str,
    key: &'static str,
) -> Result<Option<i64>, SettingsError> {
    let invalid = |value: String| SettingsError::Invalid { key, value, expected: Expected::WholeNumber };
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(value)) if value.trim().is_empty() => Ok(None),
        Some(Value::String(value)) => value.trim().parse().map(Some).map_err(|_| invalid(value.clone())),
        Some(Value::Number(value)) => value.as_i64().map(Some).ok_or_else(|| invalid(value.to_string())),
        Some(other) => Err(invalid(other.to_string())),
    }
}
