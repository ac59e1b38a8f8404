//! Signing in as a person, whose key is all that is kept; and the administrator's key by which an organization is seen.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::event::Events;
use crate::organization::{AccountPlace, AccountSignIn, ApiKey, Reading};
use crate::secrets::SecretName;
use crate::store::DataFile;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What the client id of a person's own key begins with.
const PERSON: &str = "user.";

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
    /// [`EngineError::Account`] when the server cannot be asked.
    pub async fn begin_account(
        &mut self,
        email: &str,
        password: SecretString,
        events: Events<'_>,
    ) -> Result<AccountSignIn, EngineError> {
        let endpoints = self.endpoints()?;
        let place = AccountPlace {
            proxy: self.proxy_to(&endpoints)?,
            endpoints,
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

    /// Keeps an administrator's own key, by which the organization is observed where its own key sees nothing.
    ///
    /// # Errors
    /// [`EngineError::NotSignedIn`]; [`EngineError::ObserverNotNeeded`] where the organization's key sees everything; why
    /// the organization cannot be seen with this key. Nothing was stored then.
    pub async fn set_observer(&mut self, key: ApiKey, events: Events<'_>) -> Result<(), EngineError> {
        if !key.client_id.starts_with(PERSON) {
            return Err(EngineError::NotAPerson { client_id: key.client_id });
        }
        let organization = self.organization(&self.connector_settings()?)?;
        if matches!(organization.members(events).await?, Reading::Read(_)) {
            return Err(EngineError::ObserverNotNeeded { server: self.endpoints()?.api });
        }
        let (client_id, client_secret) =
            (SecretString::from(key.client_id.clone()), key.client_secret.clone());
        organization.with_observer(key).observed(true, events).await?;
        self.set_secret(SecretName::ObserverClientSecret, &client_secret)?;
        self.set_secret(SecretName::ObserverClientId, &client_id)
    }

    /// As whom the organization is observed; None when nobody was named.
    ///
    /// # Errors
    /// [`EngineError::Secret`] when the secrets cannot be read.
    pub fn observer(&self) -> Result<Option<String>, EngineError> {
        let stored = self.secrets().get(self.store.data(), SecretName::ObserverClientId)?;
        Ok(stored.map(|it| it.expose_secret().to_owned()))
    }

    /// Forgets that key.
    ///
    /// # Errors
    /// [`EngineError::Secret`] when the secrets cannot be changed.
    pub fn forget_observer(&mut self) -> Result<(), EngineError> {
        let secrets = self.secrets();
        secrets.remove(&mut self.store, SecretName::ObserverClientId)?;
        Ok(secrets.remove(&mut self.store, SecretName::ObserverClientSecret)?)
    }

    /// The id of this installation, made when there is none.
    pub(crate) fn app_id(&mut self) -> Result<String, EngineError> {
        Ok(match self.store.data().app_id() {
            Some(id) => id.to_owned(),
            None => self.store.update(DataFile::ensure_app_id)?.value,
        })
    }
}
