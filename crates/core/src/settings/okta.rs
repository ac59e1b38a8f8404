//! How to reach an Okta organization, and who of it is wanted.

use super::{Expected, SettingsError, filter, flag, number, service_url, text, words};
use crate::filter::{Accepted, Filter, Keyword};
use serde_json::{Map, Value};

/// How the program proves to Okta who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OktaSignIn {
    /// With an API token of an administrator (`SSWS`).
    Token,
    /// As a service app, with a private key in the place of the token (OAuth 2.0, `private_key_jwt`).
    ServiceApp {
        /// The app's client id.
        client_id: String,
        /// The id of the key, where the app has several.
        key_id: Option<String>,
    },
}

/// A checked `directoryOkta`, without its secret.
#[derive(Clone, Debug, PartialEq)]
pub struct OktaSettings {
    /// The organization's address without a trailing slash.
    pub org_url: String,
    /// How the program proves who it is.
    pub sign_in: OktaSignIn,
    /// The statuses of people that count as active.
    pub active_statuses: Vec<String>,
    /// The part of the organization's rate limit that is used, from 0.01 to 1.
    pub rate_share: f64,
}

impl OktaSettings {
    /// The statuses of people (Okta, "Users": `status`); one that Okta adds later counts as active.
    pub const STATUSES: [&'static str; 8] = [
        "STAGED",
        "PROVISIONED",
        "ACTIVE",
        "RECOVERY",
        "PASSWORD_EXPIRED",
        "LOCKED_OUT",
        "SUSPENDED",
        "DEPROVISIONED",
    ];

    /// Statuses that count as active unless a setting says so, as today's connector has it.
    /// Those that can count as active: DEPROVISIONED always means deleted.
    pub(super) const CAN_BE_ACTIVE: [&'static str; 7] =
        ["STAGED", "PROVISIONED", "ACTIVE", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT", "SUSPENDED"];

    pub(super) const USUALLY_ACTIVE: [&'static str; 6] =
        ["STAGED", "PROVISIONED", "ACTIVE", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT"];

    /// Checks `directoryOkta`.
    ///
    /// # Errors
    /// [`SettingsError`] when the address is missing or of no use (plain http is accepted on this machine only), or when
    /// a setting has a value that it cannot have.
    pub fn from_stored(stored: &Map<String, Value>) -> Result<Self, SettingsError> {
        const KEY: &str = "okta.orgUrl";
        const STATUSES: &str = "okta.active-statuses";
        const SHARE: &str = "okta.rate-share";
        let typed = text(stored, "orgUrl", KEY)?.ok_or(SettingsError::Missing { key: KEY })?;
        let key_id = text(stored, "keyId", "okta.key-id")?;
        let sign_in = match text(stored, "clientId", "okta.client-id")? {
            Some(client_id) => OktaSignIn::ServiceApp { client_id, key_id },
            None => OktaSignIn::Token,
        };
        let active_statuses = match words(stored, "activeStatuses", STATUSES)? {
            None => Self::USUALLY_ACTIVE.map(str::to_owned).to_vec(),
            Some(words) => words.iter().map(|word| Self::status(word, STATUSES)).collect::<Result<_, _>>()?,
        };
        let percent = number(stored, "rateShare", SHARE)?.unwrap_or(50);
        if !(1..=100).contains(&percent) {
            return Err(SettingsError::Invalid {
                key: SHARE,
                value: percent.to_string(),
                expected: Expected::AsSetting,
            });
        }
        let rate_share = percent as f64 / 100.0;
        Ok(Self { org_url: service_url(&typed, KEY)?, sign_in, active_statuses, rate_share })
    }

    fn status(word: &str, key: &'static str) -> Result<String, SettingsError> {
        let known = Self::STATUSES.iter().filter(|it| **it != "DEPROVISIONED");
        known.copied().find(|it| it.eq_ignore_ascii_case(word)).map(str::to_owned).ok_or_else(|| {
            SettingsError::Invalid {
                key,
                value: word.to_owned(),
                expected: Expected::ListOf(&Self::CAN_BE_ACTIVE),
            }
        })
    }
}

/// Who is wanted: addresses and groups by name, each with a query that Okta itself answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OktaFilters {
    /// People by address.
    pub users: Filter,
    /// Groups by name.
    pub groups: Filter,
    /// Whether `include:` or `exclude:` of the groups also says which people are wanted where groups are read: those who are
    /// in one of the groups that are left, as today's connector has it.
    pub groups_choose_people: bool,
    /// Whether disabled people are wanted whatever their groups: they are sent as deleted (`sync.removeDisabled`).
    pub removes_disabled: bool,
}

impl OktaFilters {
    /// Checks the filters of `sync`.
    ///
    /// # Errors
    /// [`SettingsError`] says where a filter is not understood.
    pub fn from_stored(sync: &Map<String, Value>) -> Result<Self, SettingsError> {
        let groups = filter(sync, "groupFilter", "sync.groupFilter", Accepted::NAMES_AND_QUERY)?;
        let by_name = [Keyword::Include, Keyword::Exclude].iter().any(|it| groups.values(*it).is_some());
        Ok(Self {
            users: filter(sync, "userFilter", "sync.userFilter", Accepted::NAMES_AND_QUERY)?,
            groups_choose_people: by_name,
            removes_disabled: flag(sync, "removeDisabled", "sync.removeDisabled")?,
            groups,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(stored: Value) -> Result<OktaSettings, SettingsError> {
        OktaSettings::from_stored(stored.as_object().expect("an object"))
    }

    #[test]
    fn an_address_is_completed_and_clear_text_refused() {
        let checked = settings(json!({"orgUrl": "example.okta.com/"})).expect("an address");
        assert_eq!(checked.org_url, "https://example.okta.com");
        assert!(settings(json!({"orgUrl": "http://127.0.0.1:80"})).is_ok());
        assert!(matches!(
            settings(json!({"orgUrl": "http://example.okta.com"})),
            Err(SettingsError::Invalid { .. })
        ));
        assert_eq!(settings(json!({})), Err(SettingsError::Missing { key: "okta.orgUrl" }));
    }

    #[test]
    fn a_client_id_makes_it_a_service_app() {
        let of = |fields: Value| settings(fields).map(|it| it.sign_in);
        assert_eq!(of(json!({"orgUrl": "a.okta.com", "keyId": "k"})), Ok(OktaSignIn::Token));
        assert_eq!(
            of(json!({"orgUrl": "a.okta.com", "clientId": "0oa", "keyId": "k"})),
            Ok(OktaSignIn::ServiceApp { client_id: "0oa".to_owned(), key_id: Some("k".to_owned()) })
        );
    }

    #[test]
    fn statuses_and_share_are_checked() {
        let usual = settings(json!({"orgUrl": "a.okta.com"})).expect("valid");
        assert_eq!((usual.active_statuses.len(), usual.rate_share), (6, 0.5));
        let chosen = settings(json!({"orgUrl": "a.okta.com", "activeStatuses": ["active"], "rateShare": 80}))
            .expect("valid");
        assert_eq!((chosen.active_statuses, chosen.rate_share), (vec!["ACTIVE".to_owned()], 0.8));
        for (field, value) in [
            ("activeStatuses", json!(["DEPROVISIONED"])),
            ("activeStatuses", json!("ACTIVE")),
            ("rateShare", json!(0)),
            ("rateShare", json!(101)),
        ] {
            let mut fields = json!({"orgUrl": "a.okta.com"});
            fields[field] = value;
            assert!(matches!(settings(fields), Err(SettingsError::Invalid { .. })), "{field}");
        }
    }
}
