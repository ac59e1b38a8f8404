//! How to reach an Okta organization, and who of it is wanted.

use super::{SettingsError, filter, service_url, text};
use crate::filter::{Accepted, Filter};
use serde_json::{Map, Value};

/// A checked `directoryOkta`, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OktaSettings {
    /// The organization's address without a trailing slash.
    pub org_url: String,
}

impl OktaSettings {
    /// Checks `directoryOkta`.
    ///
    /// # Errors
    /// [`SettingsError`] when the address is missing or of no use; plain http is accepted on this machine only.
    pub fn from_stored(stored: &Map<String, Value>) -> Result<Self, SettingsError> {
        const KEY: &str = "okta.orgUrl";
        let typed = text(stored, "orgUrl", KEY)?.ok_or(SettingsError::Missing { key: KEY })?;
        Ok(Self { org_url: service_url(&typed, KEY)? })
    }
}

/// Who is wanted: addresses and groups by name, each with a query that Okta itself answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OktaFilters {
    /// People by address.
    pub users: Filter,
    /// Groups by name.
    pub groups: Filter,
}

impl OktaFilters {
    /// Checks the filters of `sync`.
    ///
    /// # Errors
    /// [`SettingsError`] says where a filter is not understood.
    pub fn from_stored(sync: &Map<String, Value>) -> Result<Self, SettingsError> {
        Ok(Self {
            users: filter(sync, "userFilter", "sync.userFilter", Accepted::NAMES_AND_QUERY)?,
            groups: filter(sync, "groupFilter", "sync.groupFilter", Accepted::NAMES_AND_QUERY)?,
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
}
