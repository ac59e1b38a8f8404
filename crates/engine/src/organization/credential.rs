//! A key and the token that it was last given.

use super::error::OrganizationError;
use super::message::ServerMessage;
use super::token::{self, AccessToken};
use super::transport::{DEVICE, Transport};
use super::{ApiKey, SMALL};
use crate::event::Events;
use crate::http::{Body, Call, Repeat};
use bwdc_core::names::Timestamp;
use reqwest::Method;
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// An organization's Public API.
    Organization,
    /// What a person may do.
    Person,
}

impl Scope {
    fn name(self) -> &'static str {
        match self {
            Self::Organization => "api.organization",
            Self::Person => "api",
        }
    }
}

/// Where tokens are given out, and to which installation.
pub(super) struct TokenEndpoint<'a> {
    pub(super) transport: &'a Transport,
    pub(super) identity: &'a str,
    pub(super) app_id: &'a str,
}

/// An API key with its token.
pub(super) struct Credential {
    scope: Scope,
    key: ApiKey,
    token: Mutex<Option<AccessToken>>,
}

impl Credential {
    pub(super) fn new(scope: Scope, key: ApiKey) -> Self {
        Self { scope, key, token: Mutex::new(None) }
    }

    pub(super) fn client_id(&self) -> &str {
        &self.key.client_id
    }

    /// Takes a stored token, which is used while more than five minutes of it are left.
    pub(super) fn hold(&mut self, stored: SecretString, now: Timestamp) {
        self.token = Mutex::new(Some(AccessToken::stored(stored, now)));
    }

    /// The token in use.
    pub(super) async fn held(&self) -> Option<AccessToken> {
        self.token.lock().await.clone()
    }

    /// A token with more than five minutes left.
    pub(super) async fn fresh(
        &self,
        endpoint: &TokenEndpoint<'_>,
        events: Events<'_>,
    ) -> Result<AccessToken, OrganizationError> {
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref().filter(|token| token.is_fresh()) {
            return Ok(token.clone());
        }
        let token = self.ask(endpoint, events).await?;
        *held = Some(token.clone());
        Ok(token)
    }

    /// A token in the place of one that the server refused.
    pub(super) async fn replace(
        &self,
        refused: &AccessToken,
        endpoint: &TokenEndpoint<'_>,
        events: Events<'_>,
    ) -> Result<AccessToken, OrganizationError> {
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref().filter(|token| !token.is_same(refused)) {
            return Ok(token.clone());
        }
        let token = self.ask(endpoint, events).await?;
        *held = Some(token.clone());
        Ok(token)
    }

    /// A new token, whatever is held.
    pub(super) async fn renew(
        &self,
        endpoint: &TokenEndpoint<'_>,
        events: Events<'_>,
    ) -> Result<AccessToken, OrganizationError> {
        let mut held = self.token.lock().await;
        let token = self.ask(endpoint, events).await?;
        *held = Some(token.clone());
        Ok(token)
    }

    async fn ask(
        &self,
        endpoint: &TokenEndpoint<'_>,
        events: Events<'_>,
    ) -> Result<AccessToken, OrganizationError> {
        let fields = [
            ("scope", self.scope.name()),
            ("client_id", self.key.client_id.as_str()),
            ("deviceType", DEVICE.0),
            ("deviceIdentifier", endpoint.app_id),
            ("deviceName", DEVICE.1),
            ("grant_type", "client_credentials"),
            ("client_secret", self.key.client_secret.expose_secret()),
        ];
        let call = Call {
            method: Method::POST,
            url: format!("{}/connect/token", endpoint.identity),
            body: Body::Form(fields.map(|(name, value)| (name, value.to_owned())).to_vec()),
            headers: HeaderMap::new(),
            repeat: Repeat::Token,
            time_limit: endpoint.transport.timeouts.sign_in,
            size_limit: SMALL,
        };
        let answer =
            endpoint.transport.exchange(&call, None, events).await.map_err(|failure| failure.error)?;
        if !answer.is_success() {
            return Err(OrganizationError::SignIn(ServerMessage::of(&call.url, &answer)));
        }
        token::read(&call.url, &answer.body, endpoint.transport.clock.now())
    }
}
