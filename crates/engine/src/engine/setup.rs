//! What a guided set-up asks for: a server that is looked at before its settings are whole.

use super::Engine;
use crate::directory::ldap::Discovered;
use crate::discover;
use crate::error::EngineError;
use crate::event::Control;
use futures_util::future::LocalBoxFuture;

impl Engine {
    /// What the LDAP server of the settings says of itself: software, naming contexts, containers. The settings need not say
    /// where its people are.
    ///
    /// # Errors
    /// [`EngineError::Run`] when the settings do not suffice to sign in, or the server cannot be asked.
    pub fn discover<'a>(
        &'a self,
        control: Control<'a>,
    ) -> LocalBoxFuture<'a, Result<Discovered, EngineError>> {
        Box::pin(async move { Ok(discover::discover(&self.installation, control).await?) })
    }
}
