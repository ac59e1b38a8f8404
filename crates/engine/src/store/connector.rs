//! `connector.toml`, read only: it is written by the administrator.

use super::StoreError;
use crate::paths::Profile;
use bwdc_core::settings::ConnectorSettings;

/// Reads `connector.toml`; a missing file means the defaults.
///
/// # Errors
/// [`StoreError::Settings`] names the line of an unknown key or a value of the wrong kind.
pub fn read_connector_settings(profile: &Profile) -> Result<ConnectorSettings, StoreError> {
    let path = &profile.connector_toml;
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(ConnectorSettings::default());
        }
        Err(source) => return Err(StoreError::Read { path: path.clone(), source }),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        StoreError::Settings {
            path: path.clone(),
            line: before.matches('\n').count() + 1,
            reason: error.message().trim().replace('\n', ", "),
        }
    })
}
