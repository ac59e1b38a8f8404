//! How to reach a OneLogin account, what its groups are, and who of it is wanted.

use super::{AddressRule, Expected, SettingsError, SyncSettings, filter, number, service_url, text, words};
use crate::filter::{Accepted, Filter, Keyword};
use serde_json::{Map, Value};

/// The version of OneLogin's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OneLoginApi {
    /// The one on the hosts of the regions, which today's connector uses. It tells no totals.
    First,
    /// The one on the account's own host. Each list tells its total.
    Second,
}

/// What becomes a group of the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OneLoginGroups {
    /// OneLogin's roles.
    Roles,
    /// OneLogin's groups, of which everybody is in one at most.
    Groups,
}

/// A checked `directoryOnelogin`, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneLoginSettings {
    /// The address without a trailing slash.
    pub url: String,
    /// The version of the API there.
    pub api: OneLoginApi,
    /// The id of the API credential.
    pub client_id: String,
    /// What becomes a group.
    pub groups: OneLoginGroups,
    /// The numbers of the statuses that count as active.
    pub active_statuses: Vec<u8>,
}

impl OneLoginSettings {
    /// The statuses of people, by OneLogin's number (OneLogin, "User API": `status`).
    pub const STATUSES: [(u8, &'static str); 8] = [
        (0, "unactivated"),
        (1, "active"),
        (2, "suspended"),
        (3, "locked"),
        (4, "password-expired"),
        (5, "awaiting-password-reset"),
        (7, "password-pending"),
        (8, "security-questions-required"),
    ];

    /// The same by name alone.
    pub(super) const STATUS_NAMES: [&'static str; 8] = [
        Self::STATUSES[0].1,
        Self::STATUSES[1].1,
        Self::STATUSES[2].1,
        Self::STATUSES[3].1,
        Self::STATUSES[4].1,
        Self::STATUSES[5].1,
        Self::STATUSES[6].1,
        Self::STATUSES[7].1,
    ];

    /// Those that count as active unless a setting says so: all but `suspended`, as today's connector has it.
    pub(super) const USUALLY_ACTIVE: [&'static str; 7] = [
        Self::STATUSES[0].1,
        Self::STATUSES[1].1,
        Self::STATUSES[3].1,
        Self::STATUSES[4].1,
        Self::STATUSES[5].1,
        Self::STATUSES[6].1,
        Self::STATUSES[7].1,
    ];

    /// Checks `directoryOnelogin`.
    ///
    /// # Errors
    /// [`SettingsError`] names what is missing or of no use; plain http is accepted on this machine only.
    pub fn from_stored(stored: &Map<String, Value>) -> Result<Self, SettingsError> {
        const CLIENT_ID: &str = "onelogin.clientId";
        const REGION: &str = "onelogin.region";
        const URL: &str = "onelogin.url";
        let client_id =
            text(stored, "clientId", CLIENT_ID)?.ok_or(SettingsError::Missing { key: CLIENT_ID })?;
        let own = text(stored, "url", URL)?.map(|typed| service_url(&typed, URL)).transpose()?;
        let api = match number(stored, "apiVersion", "onelogin.api-version")? {
            None if own.is_none() => OneLoginApi::First,
            Some(1) => OneLoginApi::First,
            None | Some(2) => OneLoginApi::Second,
            Some(other) => {
                return Err(SettingsError::Invalid {
                    key: "onelogin.api-version",
                    value: other.to_string(),
                    expected: Expected::AsSetting,
                });
            }
        };
        let url = match (own, api) {
            (Some(url), _) => url,
            (None, OneLoginApi::Second) => return Err(SettingsError::Missing { key: URL }),
            (None, OneLoginApi::First) => match text(stored, "region", REGION)?.as_deref() {
                Some("us") => "https://api.us.onelogin.com".to_owned(),
                Some("eu") => "https://api.eu.onelogin.com".to_owned(),
                None => return Err(SettingsError::Missing { key: REGION }),
                Some(other) => {
                    return Err(SettingsError::Invalid {
                        key: REGION,
                        value: other.to_owned(),
                        expected: Expected::AsSetting,
                    });
                }
            },
        };
        let groups = match text(stored, "groups", "onelogin.groups")?.as_deref() {
            None | Some("roles") => OneLoginGroups::Roles,
            Some("groups") => OneLoginGroups::Groups,
            Some(other) => {
                return Err(SettingsError::Invalid {
                    key: "onelogin.groups",
                    value: other.to_owned(),
                    expected: Expected::AsSetting,
                });
            }
        };
        Ok(Self { url, api, client_id, groups, active_statuses: Self::statuses(stored)? })
    }

    /// What tells this account from others in a checked or unchecked `directoryOnelogin`: its own host, else the credential,
    /// since every account of a region is reached by the region's host.
    pub fn account(stored: &Map<String, Value>) -> Option<&str> {
        let text = |field| stored.get(field).and_then(Value::as_str);
        let of_a_region = |url: &&str| {
            let host = url.trim().trim_start_matches("https://").trim_end_matches('/').to_ascii_lowercase();
            host.starts_with("api.") && host.ends_with(".onelogin.com")
        };
        text("url").filter(|url| !of_a_region(url)).or_else(|| text("clientId"))
    }

    fn statuses(stored: &Map<String, Value>) -> Result<Vec<u8>, SettingsError> {
        const KEY: &str = "onelogin.active-statuses";
        let typed = words(stored, "activeStatuses", KEY)?;
        let typed = typed.unwrap_or_else(|| Self::USUALLY_ACTIVE.map(str::to_owned).to_vec());
        let number = |word: &String| {
            let known = Self::STATUSES.iter().find(|(_, name)| name.eq_ignore_ascii_case(word));
            known.map(|(number, _)| *number).ok_or_else(|| SettingsError::Invalid {
                key: KEY,
                value: word.clone(),
                expected: Expected::ListOf(&Self::STATUS_NAMES),
            })
        };
        typed.iter().map(number).collect()
    }
}

/// Who is wanted: people by address, groups by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneLoginFilters {
    /// People by address.
    pub users: Filter,
    /// Groups by name.
    pub groups: Filter,
    /// Whether the filter of groups also says which people are wanted where groups are read: those who are in one of the
    /// groups that are left, as today's connector has it.
    pub groups_choose_people: bool,
    /// Whether disabled people are wanted whatever their groups: they are sent as deleted (`sync.removeDisabled`).
    pub removes_disabled: bool,
    /// How the address is made of somebody who has none: people are chosen by that one too.
    pub address: AddressRule,
}

impl OneLoginFilters {
    /// Checks the filters of `sync`.
    ///
    /// # Errors
    /// [`SettingsError`] says where a filter is not understood.
    pub fn from_stored(sync: &Map<String, Value>) -> Result<Self, SettingsError> {
        let groups = filter(sync, "groupFilter", "sync.groupFilter", Accepted::NAMES_AND_QUERY)?;
        let by_name = [Keyword::Include, Keyword::Exclude].iter().any(|it| groups.values(*it).is_some());
        let SyncSettings { address, remove_disabled, .. } = SyncSettings::from_stored(sync)?;
        Ok(Self {
            users: filter(sync, "userFilter", "sync.userFilter", Accepted::NAMES_AND_QUERY)?,
            groups_choose_people: by_name,
            removes_disabled: remove_disabled,
            groups,
            address,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(fields: Value) -> Result<OneLoginSettings, SettingsError> {
        OneLoginSettings::from_stored(fields.as_object().expect("an object"))
    }

    #[test]
    fn a_region_is_the_first_version_and_an_address_the_second() {
        let region = settings(json!({"clientId": "a", "region": "eu"})).expect("valid");
        assert_eq!((region.url.as_str(), region.api), ("https://api.eu.onelogin.com", OneLoginApi::First));
        let own = settings(json!({"clientId": "a", "region": "us", "url": "example.onelogin.com/"}))
            .expect("valid");
        assert_eq!((own.url.as_str(), own.api), ("https://example.onelogin.com", OneLoginApi::Second));
        let first =
            settings(json!({"clientId": "a", "url": "http://127.0.0.1:1", "apiVersion": 1})).expect("valid");
        assert_eq!((first.url.as_str(), first.api), ("http://127.0.0.1:1", OneLoginApi::First));
    }

    #[test]
    fn the_host_of_a_region_tells_no_account() {
        let account = |fields: Value| {
            OneLoginSettings::account(fields.as_object().expect("an object")).map(str::to_owned)
        };
        let own = json!({"clientId": "a", "url": "https://example.onelogin.com"});
        assert_eq!(account(own).as_deref(), Some("https://example.onelogin.com"));
        for url in [json!(null), json!("https://api.us.onelogin.com/"), json!("API.EU.onelogin.com")] {
            assert_eq!(account(json!({"clientId": "a", "url": url})).as_deref(), Some("a"), "{url}");
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(
            settings(json!({"region": "us"})),
            Err(SettingsError::Missing { key: "onelogin.clientId" })
        );
        assert_eq!(
            settings(json!({"clientId": "a"})),
            Err(SettingsError::Missing { key: "onelogin.region" })
        );
        let second = json!({"clientId": "a", "region": "us", "apiVersion": 2});
        assert_eq!(settings(second), Err(SettingsError::Missing { key: "onelogin.url" }));
        for (field, value) in [
            ("region", json!("asia")),
            ("url", json!("http://example.onelogin.com")),
            ("apiVersion", json!(3)),
            ("groups", json!("apps")),
            ("activeStatuses", json!(["active", "asleep"])),
        ] {
            let mut fields = json!({"clientId": "a", "region": "us"});
            fields[field] = value;
            assert!(matches!(settings(fields), Err(SettingsError::Invalid { .. })), "{field}");
        }
    }

    #[test]
    fn everybody_but_the_suspended_is_active_unless_told() {
        let usual = settings(json!({"clientId": "a", "region": "us"})).expect("valid");
        assert_eq!(usual.active_statuses, [0, 1, 3, 4, 5, 7, 8]);
        let chosen = json!({"clientId": "a", "region": "us", "activeStatuses": ["Active", "locked"]});
        assert_eq!(settings(chosen).expect("valid").active_statuses, [1, 3]);
    }
}
