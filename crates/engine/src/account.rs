//! Signing in as a person, whose key is all that is kept; and the administrator's key by which an organization is seen.

use crate::engine::Engine;
use crate::event::Events;
use crate::installation::SetupError;
use crate::organization::{AccountError, AccountPlace, AccountSignIn, ApiKey, OrganizationError, Reading};
use crate::secrets::SecretName;
use crate::store::DataFile;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The installation cannot be used as it is.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// An access token is stored.
    #[error("You are already logged in as {client_id}.")]
    AlreadySignedIn {
        /// As whom.
        client_id: String,
    },
    /// The client id is not that of an organization.
    #[error("`{client_id}` is not the client id of an organization: it has to look like `organization.<id>`")]
    NotAnOrganization {
        /// What was given.
        client_id: String,
    },
    /// The client id is not that of a person.
    #[error("`{client_id}` is not the client id of a personal API key: it has to look like `user.<id>`")]
    NotAPerson {
        /// What was given.
        client_id: String,
    },
    /// The organization's own key sees everything.
    #[error("{server} shows the organization to its own key: nobody else's is needed to observe it")]
    ObserverNotNeeded {
        /// The API's URL.
        server: String,
    },
    /// The organization could not be asked.
    #[error(transparent)]
    Organization(#[from] OrganizationError),
    /// Nobody could be signed in as a person.
    #[error(transparent)]
    Account(#[from] AccountError),
}

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
    /// [`SignInError::Account`] when the server cannot be asked.
    pub async fn begin_account(
        &mut self,
        email: &str,
        password: SecretString,
        events: Events<'_>,
    ) -> Result<AccountSignIn, SignInError> {
        let connector = self.connector_settings()?;
        let endpoints = self.endpoints_for_sign_in(&connector)?;
        let place = AccountPlace {
            proxy: self.proxy_to(&endpoints)?,
            endpoints,
            app_id: self.app_id()?,
            ca_path: connector.organization_ca_path.map(PathBuf::from),
        };
        Ok(AccountSignIn::begin(place, email, password, events).await?)
    }

    /// What an earlier sign-in of this person at this server was given to be remembered by.
    ///
    /// # Errors
    /// [`SetupError`] when the secrets cannot be read.
    pub fn remembered_two_step(&self, sign_in: &AccountSignIn) -> Result<Option<SecretString>, SetupError> {
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
    /// [`SetupError`] when it cannot be stored.
    pub fn remember_two_step(
        &mut self,
        sign_in: &AccountSignIn,
        token: &SecretString,
    ) -> Result<(), SetupError> {
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
    /// [`SignInError::NotSignedIn`]; [`SignInError::ObserverNotNeeded`] where the organization's key sees everything; why
    /// the organization cannot be seen with this key. Nothing was stored then.
    pub async fn set_observer(&mut self, key: ApiKey, events: Events<'_>) -> Result<(), SignInError> {
        if !key.client_id.starts_with(PERSON) {
            return Err(SignInError::NotAPerson { client_id: key.client_id });
        }
        let organization = self.organization(&self.connector_settings()?)?.open()?;
        if matches!(organization.members(events).await?, Reading::Read(_)) {
            return Err(SignInError::ObserverNotNeeded { server: self.endpoints()?.api });
        }
        let (client_id, client_secret) =
            (SecretString::from(key.client_id.clone()), key.client_secret.clone());
        organization.with_observer(key).observed(true, events).await?;
        self.set_secret(SecretName::ObserverClientSecret, &client_secret)?;
        Ok(self.set_secret(SecretName::ObserverClientId, &client_id)?)
    }

    /// As whom the organization is observed; None when nobody was named.
    ///
    /// # Errors
    /// [`SetupError::Secret`] when the secrets cannot be read.
    pub fn observer(&self) -> Result<Option<String>, SetupError> {
        let stored = self.secrets().get(self.store.data(), SecretName::ObserverClientId)?;
        Ok(stored.map(|it| it.expose_secret().to_owned()))
    }

    /// Forgets that key.
    ///
    /// # Errors
    /// [`SetupError::Secret`] when the secrets cannot be changed.
    pub fn forget_observer(&mut self) -> Result<(), SetupError> {
        let secrets = self.secrets();
        secrets.remove(&mut self.store, SecretName::ObserverClientId)?;
        Ok(secrets.remove(&mut self.store, SecretName::ObserverClientSecret)?)
    }

    /// The id of this installation, made when there is none.
    pub(crate) fn app_id(&mut self) -> Result<String, SetupError> {
        Ok(match self.store.data().app_id() {
            Some(id) => id.to_owned(),
            None => self.store.update(DataFile::ensure_app_id)?.value,
        })
    }
}
