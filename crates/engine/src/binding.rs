//! Where the organization's secrets may go.
//!
//! A new sign-in never goes to another machine in clear text unless `allow-http` says so. An installation that was taken
//! over with such an address goes on, and says it in each run: it keeps what it was set up with until its administrator
//! decides otherwise.

use crate::engine::Engine;
use crate::event::{Event, Events};
use crate::installation::SetupError;
use bwdc_core::settings::{
    ConnectorSettings, Endpoints, EnvironmentUrls, Setting, SettingValue, is_clear_text,
};

/// The settings that name an address to which the organization's secrets are sent.
const ADDRESSES: [&str; 3] = ["server", "server.api", "server.identity"];

impl Engine {
    /// The organization's addresses for somebody who signs in.
    ///
    /// # Errors
    /// [`SetupError::ClearText`] where one of them is not encrypted and `allow-http` does not say that it may be so.
    pub(crate) fn endpoints_for_sign_in(
        &self,
        connector: &ConnectorSettings,
    ) -> Result<Endpoints, SetupError> {
        let endpoints = self.endpoints()?;
        let refused = endpoints.in_clear_text().find(|_| !connector.allow_http).map(str::to_owned);
        refused.map_or(Ok(endpoints), |address| Err(SetupError::ClearText { address }))
    }

    /// The organization's addresses for the stored key.
    ///
    /// # Errors
    /// [`SetupError::ClearText`] where one of them is not encrypted, `data.json` does not name it, and `allow-http` does
    /// not say that it may be so.
    pub(crate) fn endpoints_for_stored_key(
        &self,
        connector: &ConnectorSettings,
    ) -> Result<Endpoints, SetupError> {
        let endpoints = self.endpoints()?;
        let stored = self.stored_endpoints()?;
        let named = |address: &str| stored.in_clear_text().any(|it| it == address);
        let refused =
            endpoints.in_clear_text().find(|it| !connector.allow_http && !named(it)).map(str::to_owned);
        refused.map_or(Ok(endpoints), |address| Err(SetupError::ClearText { address }))
    }

    /// Says where the organization's key travels in clear text although nobody said that it may.
    pub(crate) fn warn_of_clear_text(
        &self,
        connector: &ConnectorSettings,
        events: Events<'_>,
    ) -> Result<(), SetupError> {
        let endpoints = self.endpoints()?;
        let addresses: Vec<_> = endpoints.in_clear_text().map(str::to_owned).collect();
        if !connector.allow_http && !addresses.is_empty() {
            events(Event::ClearText { addresses });
        }
        Ok(())
    }

    /// Refuses to set an address of the organization at which its key would travel in clear text.
    pub(crate) fn expect_encrypted(
        &self,
        changes: &[(&Setting, Option<SettingValue>)],
    ) -> Result<(), SetupError> {
        let clear = changes.iter().find_map(|(setting, value)| match value {
            Some(SettingValue::Url(Some(url))) if ADDRESSES.contains(&setting.name) && is_clear_text(url) => {
                Some(url)
            }
            _ => None,
        });
        let Some(address) = clear else { return Ok(()) };
        let of_change = changes.iter().find_map(|(setting, value)| match (setting.name, value) {
            ("allow-http", Some(SettingValue::Flag(flag))) => Some(*flag),
            ("allow-http", _) => Some(false),
            _ => None,
        });
        let allowed = match of_change {
            Some(flag) => flag,
            None => self.connector_settings()?.allow_http,
        };
        if allowed { Ok(()) } else { Err(SetupError::ClearText { address: address.clone() }) }
    }

    /// The addresses that `data.json` names, whatever the environment says.
    fn stored_endpoints(&self) -> Result<Endpoints, SetupError> {
        Ok(EnvironmentUrls::from_stored(self.store.stored().environment_urls()?)?.endpoints())
    }
}
