//! What only the desktop app asks for.

use super::Engine;
use crate::desktop_state::{self, DesktopKey};
use crate::error::EngineError;
use serde_json::Value;

impl Engine {
    /// What the desktop app keeps under a key; null for nothing.
    pub fn desktop_state(&self, key: DesktopKey) -> Value {
        desktop_state::get(&self.installation, key)
    }

    /// Keeps what the desktop app is to remember. Where there is no file of settings yet, nothing is kept.
    ///
    /// # Errors
    /// [`EngineError::Setup`] when the file cannot be written.
    pub fn set_desktop_state(&mut self, values: &[(DesktopKey, Value)]) -> Result<(), EngineError> {
        Ok(desktop_state::set(&mut self.installation, values)?)
    }
}
