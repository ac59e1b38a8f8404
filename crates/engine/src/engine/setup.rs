//! What a guided set-up asks for: a server that is looked at before its settings are whole.

use super::Engine;
use crate::directory::ldap::Discovered;
use crate::discover;
use crate::error::EngineError;
use crate::event::Control;

impl Engine {
    /// What the LDAP server of the settings says of itself: software, naming contexts, containers. The settings need not say
    /// where its people are.
    ///
    /// # Errors
    /// [`EngineError::Run`] when the settings do not suffice to sign in, or the server cannot be asked.
    pub async fn discover(&self, control: Control<'_>) -> Result<Discovered, EngineError> {
        Ok(discover::discover(&self.installation, control).await?)
    }
}
