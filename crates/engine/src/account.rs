//! Signing in as a person: the key that comes of it is all that is kept.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::event::Events;
use crate::organization::{AccountPlace, AccountSignIn};
use crate::secrets::SecretName;
use crate::store::DataFile;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// For whom and where a second step is remembered: shown to nobody else.
#[derive(Serialize, Deserialize)]
struct Remembered {
    identity: String,
    email: String,
    token: String,
}

impl Engine {
    /// Begins to sign in as a person, whose organization's key [`Engine::log_in`] then takes.
    ///
    /// # Errors
    /// [`EngineError::AlreadySignedIn`], or [`EngineError::Account`] when the server cannot be asked.
    pub async fn begin_account(
        &mut self,
        email: &str,
        password: SecretString,
        events: Events<'_>,
    ) -> Result<AccountSignIn, EngineError> {
        if let Some(client_id) = self.client_id()? {
            return Err(EngineError::AlreadySignedIn { client_id });
        }
        let place = AccountPlace {
            endpoints: self.endpoints()?,
            app_id: self.app_id()?,
            ca_path: self.connector_settings()?.organization_ca_path.map(PathBuf::from),
        };
        Ok(AccountSignIn::begin(place, email, password, events).await?)
    }

    /// What an earlier sign-in of this person at this server was given to be remembered by.
    ///
    /// # Errors
    /// [`EngineError`] when the secrets cannot be read.
    pub fn remembered_two_step(&self, sign_in: &AccountSignIn) -> Result<Option<SecretString>, EngineError> {
        let Some(stored) = self.secrets().get(self.store.data(), SecretName::TwoStepToken)? else {
            return Ok(None);
        };
        // Another program's token, without a person and a server, is none of ours.
        let Ok(stored) = serde_json::from_str::<Remembered>(stored.expose_secret()) else { return Ok(None) };
        let fits = stored.email == sign_in.email() && stored.identity == self.endpoints()?.identity;
        Ok(fits.then(|| SecretString::from(stored.token)))
    }

    /// Keeps what a sign-in was given to be remembered by.
    ///
    /// # Errors
    /// [`EngineError`] when it cannot be stored.
    pub fn remember_two_step(
        &mut self,
        sign_in: &AccountSignIn,
        token: &SecretString,
    ) -> Result<(), EngineError> {
        let remembered = Remembered {
            identity: self.endpoints()?.identity,
            email: sign_in.email().to_owned(),
            token: token.expose_secret().to_owned(),
        };
        let text = serde_json::to_string(&remembered).expect("three texts are JSON");
        self.set_secret(SecretName::TwoStepToken, &SecretString::from(text))
    }

    /// The id of this installation, made when there is none.
    pub(crate) fn app_id(&mut self) -> Result<String, EngineError> {
        Ok(match self.store.data().app_id() {
            Some(id) => id.to_owned(),
            None => self.store.update(DataFile::ensure_app_id)?.value,
        })
    }
}
