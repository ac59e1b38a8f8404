//! Every setting of `data.json` and `connector.toml` that an administrator sets, by the name under which the command
//! line knows it.
//!
//! One table serves every front end: it says where a setting is stored and what may be typed, so that a typed value is
//! checked before anything is changed. Secrets are in it by name only; their values never pass through here.

use super::expected::either;
use super::section::{Condition, DefaultValue, Section};
use super::{DirectoryKind, Expected, SettingsError, normalize_url, service_url};
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
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Any number of texts, typed with commas between them.
    List,
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
            Self::Address => formatter
                .write_str("an address without name and password, which go into HTTPS_PROXY and HTTP_PROXY"),
            Self::Choice(words) => formatter.write_str(&either(words)),
            Self::List => formatter.write_str("a comma-separated list"),
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

    fn invalid(&self, value: &str) -> SettingsError {
        let value = if self.is_secret() { "(hidden)" } else { value }.to_owned();
        SettingsError::Invalid { key: self.name, value, expected: Expected::AsSetting }
    }

    /// Checks what was typed.
    ///
    /// # Errors
    /// [`SettingsError::Invalid`] says what would be accepted; for a secret it does not repeat what was typed.
    pub fn parse(&self, typed: &str) -> Result<SettingValue, SettingsError> {
        let invalid = || self.invalid(typed);
        let word = typed.trim();
        match &self.kind {
            SettingKind::Text => {
                Ok(SettingValue::Text(Some(typed.to_owned()).filter(|text| !text.trim().is_empty())))
            }
            SettingKind::Flag if word.eq_ignore_ascii_case("true") => Ok(SettingValue::Flag(true)),
            SettingKind::Flag if word.eq_ignore_ascii_case("false") => Ok(SettingValue::Flag(false)),
            SettingKind::Flag => Err(invalid()),
            SettingKind::Number { range, .. } => word
                .parse()
                .ok()
                .filter(|number| range.contains(number))
                .map(SettingValue::Number)
                .ok_or_else(invalid),
            SettingKind::Directory => word
                .parse()
                .ok()
                .and_then(DirectoryKind::from_number)
                .map(SettingValue::Directory)
                .ok_or_else(invalid),
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
            SettingKind::Address => {
                Ok(SettingValue::Text(Some(word.to_owned()).filter(|text| !text.is_empty())))
            }
            SettingKind::Choice(_) if word.is_empty() => Ok(SettingValue::Text(None)),
            SettingKind::Choice(words) => words
                .iter()
                .find(|known| known.eq_ignore_ascii_case(word))
                .map(|known| SettingValue::Text(Some((*known).to_owned())))
                .ok_or_else(invalid),
            SettingKind::List => Ok(SettingValue::List(split(typed, ','))),
            SettingKind::Names => Ok(SettingValue::List(split(typed, ';'))),
            SettingKind::Secret(_) => Err(invalid()),
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
        let names: BTreeSet<String> = Setting::all()
            .iter()
            .flat_map(|it| it.aliases.iter().chain([&it.name]))
            .map(|name| name.to_ascii_lowercase())
            .collect();
        assert_eq!(names.len(), Setting::all().iter().map(|it| 1 + it.aliases.len()).sum::<usize>());
        let places: BTreeSet<_> =
            Setting::all().iter().map(|it| (it.place.file, it.place.object, it.place.field)).collect();
        assert_eq!(places.len(), Setting::all().len());
    }

    #[test]
    fn each_setting_has_a_variable_of_its_own_that_means_nothing_else() {
        let variable = |name| Setting::find(name).expect("a setting").variable();
        assert_eq!(variable("ldap.hostname"), "BWDC_LDAP_HOSTNAME");
        assert_eq!(variable("ldap.sslAllowUnauthorized"), "BWDC_LDAP_SSL_ALLOW_UNAUTHORIZED");
        assert_eq!(variable("leavers.out-of-scope"), "BWDC_LEAVERS_OUT_OF_SCOPE");
        let variables: BTreeSet<_> = Setting::all().iter().map(Setting::variable).collect();
        assert_eq!(variables.len(), Setting::all().len());
        for other in ["BWDC_PROFILE", "BWDC_SECRETS_DIR", "BWDC_SECRETS_PASSPHRASE"] {
            assert!(!variables.contains(other), "{other}");
        }
        assert!(!variables.iter().any(|it| it.starts_with("BWDC_SECRET_")));
    }

    #[test]
    fn every_setting_of_our_own_file_is_one_that_the_file_takes() {
        let mut file = json!({});
        for setting in Setting::all().iter().filter(|it| it.place.file == SettingsFile::Connector) {
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
    fn the_default_of_our_own_file_is_the_table_s() {
        let known = serde_json::to_value(crate::settings::ConnectorSettings::default()).expect("JSON");
        let none = |_: &str| Value::Null;
        for setting in Setting::all().iter().filter(|it| it.place.file == SettingsFile::Connector) {
            let object = setting.place.object.map_or(&known, |it| &known[it]);
            let counts = match &object[setting.place.field] {
                Value::Array(items) if items.is_empty() => Value::Null,
                // Not set is off.
                Value::Null if setting.kind == SettingKind::Flag => Value::Bool(false),
                counts => counts.clone(),
            };
            assert_eq!(setting.default_in(&none), counts, "{}", setting.name);
        }
    }

    #[test]
    fn what_is_shown_depends_on_settings_that_there_are() {
        for setting in Setting::all() {
            for condition in setting.shown_when {
                let named = match condition {
                    Condition::On(name) | Condition::Off(name) => (*name, SettingKind::Flag, None),
                    Condition::Is(name, value) => {
                        let kind = Setting::find(name).map(|it| it.kind.clone()).expect("a setting");
                        (*name, kind, Some(*value))
                    }
                    _ => continue,
                };
                let found = Setting::find(named.0).expect("a setting");
                assert_eq!(found.kind, named.1, "{}", setting.name);
                if let Some(value) = named.2 {
                    assert!(found.parse(value).is_ok(), "{}", setting.name);
                }
            }
        }
    }

    #[test]
    fn a_setting_is_shown_where_it_matters_and_its_default_follows_the_others() {
        let values = json!({ "directory": 0, "ldap.ssl": true, "ldap.preset": "lldap", "sync.users": true });
        let value_of = |name: &str| values[name].clone();
        let shown = |name| Setting::find(name).expect("a setting").is_shown(&value_of);
        assert!(shown("ldap.sslCaPath") && shown("sync.userObjectClass") && shown("limits.removals"));
        assert!(!shown("ldap.tlsCaPath") && !shown("ldap.domain") && !shown("okta.token"));
        assert!(!shown("sync.groupFilter"));
        let default = |name| Setting::find(name).expect("a setting").default_in(&value_of);
        assert_eq!(default("sync.userPath"), json!("ou=people"));
        assert_eq!(default("sync.memberAttribute"), json!("member"));
        assert_eq!(default("sync.groupObjectClass"), json!("groupOfUniqueNames"));
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
            ("sync.interval", "4", "from 5"),
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
