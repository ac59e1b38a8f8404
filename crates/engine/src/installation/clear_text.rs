//! Where the organization's secrets may go.
//!
//! A new sign-in never goes to another machine in clear text unless `allow-http` says so. An installation that was taken
//! over with such an address goes on, and says it in each run: it keeps what it was set up with until its administrator
//! decides otherwise.

use super::{Installation, OrganizationConfiguration, SetupError};
use bwdc_core::settings::{Setting, SettingValue, is_clear_text};

/// The settings that name an address to which the organization's secrets are sent.
const ADDRESSES: [&str; 3] = ["server", "server.api", "server.identity"];

impl OrganizationConfiguration {
    /// Whether somebody may sign in there.
    ///
    /// # Errors
    /// [`SetupError::ClearText`] where an address is not encrypted and `allow-http` does not say that it may be so.
    pub(crate) fn expect_encrypted(&self) -> Result<(), SetupError> {
        self.encrypted_but_for(|_| false)
    }

    /// Whether the stored key may be sent there.
    ///
    /// # Errors
    /// [`SetupError::ClearText`] where an address is not encrypted, `data.json` does not name it, and `allow-http` does not
    /// say that it may be so.
    pub(crate) fn expect_encrypted_or_stored(&self) -> Result<(), SetupError> {
        self.encrypted_but_for(|address| self.stored.in_clear_text().any(|it| it == address))
    }

    fn encrypted_but_for(&self, permitted: impl Fn(&str) -> bool) -> Result<(), SetupError> {
        let mut clear = self.endpoints.in_clear_text().filter(|it| !self.allow_http && !permitted(it));
        clear.next().map_or(Ok(()), |it| Err(SetupError::ClearText { address: it.to_owned() }))
    }

    /// Where the organization's key travels in clear text although nobody said that it may.
    pub(crate) fn in_clear_text(&self) -> Vec<String> {
        let addresses = self.endpoints.in_clear_text().filter(|_| !self.allow_http);
        addresses.map(str::to_owned).collect()
    }
}

/// Refuses to set an address of the organization at which its key would travel in clear text.
///
/// # Errors
/// [`SetupError::ClearText`] unless `allow-http` says, or is set to say, that it may.
pub(crate) fn expect_encrypted_changes(
    installation: &Installation,
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
        None => installation.connector_settings()?.allow_http,
    };
    if allowed { Ok(()) } else { Err(SetupError::ClearText { address: address.clone() }) }
}
