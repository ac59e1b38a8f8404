//! Signing in as a person, for as long as it takes to fetch an API key.
//!
//! Password, hash and the person's token live in these values only: nothing of them is stored, and they are wiped from
//! memory when the values are dropped. The price is that a sign-in always starts from the password.

mod derivation;
mod error;
mod step;

pub use error::AccountError;
use futures_util::future::LocalBoxFuture;
use step::Asked;
pub use step::{Proof, TwoStepMethod};

use super::change::path_segment;
use super::error::OrganizationError;
use super::message::ServerMessage;
use super::observe::decode;
use super::observer::PERSON;
use super::transport::{DEVICE, Transport};
use super::{AccessToken, SMALL, transport};
use crate::clock::Clock;
use crate::event::Events;
use crate::http::{Answer, Body, Call, ProxyChoice, Repeat};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bwdc_core::settings::Endpoints;
use bwdc_core::wire::{PreloginResponse, ProfileResponse};
use derivation::{Derivation, normalized};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use std::path::PathBuf;

/// Servers before autumn 2025 refuse a password without it.
const AUTH_EMAIL: HeaderName = HeaderName::from_static("auth-email");

/// Numbers on the wire: an owner, and somebody who has joined for good.
const OWNER: i32 = 0;
const CONFIRMED: i32 = 2;

/// Where a person signs in.
pub struct AccountPlace {
    /// Where the server is.
    pub endpoints: Endpoints,
    /// The id of this installation, from `data.json`.
    pub app_id: String,
    /// A file with certificate authorities to trust besides the machine's.
    pub ca_path: Option<PathBuf>,
    /// Which proxy stands between.
    pub proxy: ProxyChoice,
    /// The time by which its tokens are judged.
    pub clock: Clock,
}

/// A person whose password is known and not yet accepted.
pub struct AccountSignIn {
    transport: Transport,
    place: AccountPlace,
    email: String,
    hash: SecretString,
}

/// What an attempt to sign in came to.
pub enum Step<'a> {
    /// The server accepted.
    SignedIn(Account<'a>),
    /// A second step is needed: one of these.
    TwoStep(Vec<TwoStepMethod>),
    /// This machine is new to the account: a code was mailed to its address.
    NewDevice,
}

/// A person who is signed in.
pub struct Account<'a> {
    sign_in: &'a AccountSignIn,
    token: AccessToken,
    remembered: Option<SecretString>,
}

/// An organization in which the person is an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedOrganization {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// An API key.
pub struct ApiKey {
    /// `organization.<id>` or `user.<id>`.
    pub client_id: String,
    /// The secret.
    pub client_secret: SecretString,
}

impl AccountSignIn {
    /// Asks how the password becomes a key, and makes the hash. The password is not sent, now or later.
    ///
    /// # Errors
    /// [`AccountError`]: not reached, or numbers that are not acceptable.
    pub async fn begin(
        place: AccountPlace,
        email: &str,
        password: SecretString,
        events: Events<'_>,
    ) -> Result<Self, AccountError> {
        let transport =
            Transport { clock: place.clock, ..transport(place.ca_path.as_deref(), place.proxy.clone())? };
        let email = normalized(email);
        let call = Call {
            method: Method::POST,
            url: format!("{}/accounts/prelogin", place.endpoints.identity),
            body: json_body(&json!({ "email": email })),
            headers: HeaderMap::new(),
            repeat: Repeat::Read,
            time_limit: transport.timeouts.sign_in,
            size_limit: SMALL,
        };
        let answer = transport.exchange(&call, None, events).await.map_err(|failure| failure.error)?;
        if !answer.is_success() {
            return Err(AccountError::Refused(ServerMessage::of(&call.url, &answer)));
        }
        let response: PreloginResponse = decode(&call.url, &answer.body)?;
        let derivation = Derivation::check(&response, &email)?;
        let hash = tokio::task::spawn_blocking(move || derivation.hash(&password)).await;
        let hash = hash.map_err(|_| AccountError::UnknownDerivation { kdf: response.kdf })??;
        Ok(Self { transport, place, email, hash })
    }

    /// The address as it is sent: trimmed and in lower case.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// Tries to sign in. A code goes out once: servers take each one a single time.
    ///
    /// # Errors
    /// [`AccountError::Refused`] for a wrong password or code; else why the server could not be asked.
    pub fn attempt<'s: 'a, 'a>(
        &'s self,
        proof: &'a Proof,
        events: Events<'a>,
    ) -> LocalBoxFuture<'a, Result<Step<'s>, AccountError>> {
        Box::pin(async move {
            let mut fields = vec![
                ("grant_type", "password".to_owned()),
                ("username", self.email.clone()),
                ("password", self.hash.expose_secret().to_owned()),
                ("scope", "api offline_access".to_owned()),
                ("client_id", "connector".to_owned()),
                ("deviceType", DEVICE.0.to_owned()),
                ("deviceIdentifier", self.place.app_id.clone()),
                ("deviceName", DEVICE.1.to_owned()),
            ];
            fields.extend(proof.fields());
            let call = Call {
                method: Method::POST,
                url: format!("{}/connect/token", self.place.endpoints.identity),
                body: Body::Form(fields),
                headers: HeaderMap::from_iter([(AUTH_EMAIL, encoded(&self.email))]),
                repeat: Repeat::Change,
                time_limit: self.transport.timeouts.sign_in,
                size_limit: SMALL,
            };
            let answer =
                self.transport.exchange(&call, None, events).await.map_err(|failure| failure.error)?;
            if answer.is_success() {
                let token = super::token::read(&call.url, &answer.body, self.transport.clock.now())?;
                let remembered = step::remembered(&answer.body);
                return Ok(Step::SignedIn(Account { sign_in: self, token, remembered }));
            }
            match step::asked(&answer.body) {
                Some(Asked::TwoStep(methods)) => Ok(Step::TwoStep(methods)),
                Some(Asked::NewDevice) => Ok(Step::NewDevice),
                None => Err(AccountError::Refused(ServerMessage::of(&call.url, &answer))),
            }
        })
    }

    /// Has the code of the two-step login by e-mail sent; the server does so by itself only where it is the sole way.
    ///
    /// # Errors
    /// [`AccountError`]: not reached or refused.
    pub fn mail_code<'a>(&'a self, events: Events<'a>) -> LocalBoxFuture<'a, Result<(), AccountError>> {
        Box::pin(async move {
            let body = json!({
                "email": self.email,
                "masterPasswordHash": self.hash.expose_secret(),
                "deviceIdentifier": self.place.app_id,
            });
            let call = self.call(Method::POST, "/two-factor/send-email-login", json_body(&body));
            let answer =
                self.transport.exchange(&call, None, events).await.map_err(|failure| failure.error)?;
            if answer.is_success() {
                Ok(())
            } else {
                Err(AccountError::Refused(ServerMessage::of(&call.url, &answer)))
            }
        })
    }

    fn call(&self, method: Method, path: &str, body: Body) -> Call {
        Call {
            repeat: if method == Method::GET { Repeat::Read } else { Repeat::Change },
            method,
            url: format!("{}{path}", self.place.endpoints.api),
            body,
            headers: HeaderMap::new(),
            time_limit: self.transport.timeouts.answer,
            size_limit: SMALL,
        }
    }
}

impl Account<'_> {
    /// What the next sign-in on this machine may show in the place of a code, where that was asked for.
    pub fn remembered(&self) -> Option<&SecretString> {
        self.remembered.as_ref()
    }

    /// The organizations in use in which the person is an owner, by name.
    ///
    /// # Errors
    /// [`AccountError`]: not reached, refused, or an answer that cannot be read.
    pub fn owned<'a>(
        &'a self,
        events: Events<'a>,
    ) -> LocalBoxFuture<'a, Result<Vec<OwnedOrganization>, AccountError>> {
        Box::pin(async move {
            let profile = self.profile(events).await?;
            let mut owned: Vec<OwnedOrganization> = profile
                .organizations
                .into_iter()
                .filter(|it| it.role == OWNER && it.status == CONFIRMED && it.enabled)
                .map(|it| OwnedOrganization { name: it.name.unwrap_or_else(|| it.id.clone()), id: it.id })
                .collect();
            owned.sort_by(|left, right| (&left.name, &left.id).cmp(&(&right.name, &right.id)));
            Ok(owned)
        })
    }

    /// Fetches an organization's API key.
    ///
    /// # Errors
    /// [`AccountError::KeyRefused`] when the server does not hand it out.
    pub fn organization_key<'a>(
        &'a self,
        organization: &'a OwnedOrganization,
        events: Events<'a>,
    ) -> LocalBoxFuture<'a, Result<ApiKey, AccountError>> {
        Box::pin(async move {
            let id = path_segment(&organization.id)?;
            let client_secret = self.key(&format!("/organizations/{id}/api-key"), events).await?;
            Ok(ApiKey { client_id: format!("organization.{id}"), client_secret })
        })
    }

    /// Fetches the person's own API key, which can look where an organization's key cannot.
    ///
    /// # Errors
    /// [`AccountError::KeyRefused`] when the server does not hand it out.
    pub fn personal_key<'a>(
        &'a self,
        events: Events<'a>,
    ) -> LocalBoxFuture<'a, Result<ApiKey, AccountError>> {
        Box::pin(async move {
            let id = self.profile(events).await?.id;
            let client_secret = self.key("/accounts/api-key", events).await?;
            Ok(ApiKey { client_id: format!("{PERSON}{id}"), client_secret })
        })
    }

    async fn profile(&self, events: Events<'_>) -> Result<ProfileResponse, AccountError> {
        let call = self.sign_in.call(Method::GET, "/accounts/profile", Body::None);
        let answer = self.exchange(&call, events).await?;
        if !answer.is_success() {
            return Err(OrganizationError::Refused(ServerMessage::of(&call.url, &answer)).into());
        }
        Ok(decode(&call.url, &answer.body)?)
    }

    async fn key(&self, path: &str, events: Events<'_>) -> Result<SecretString, AccountError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct ApiKeyResponse {
            api_key: String,
        }
        let body = json_body(&json!({ "masterPasswordHash": self.sign_in.hash.expose_secret() }));
        let call = self.sign_in.call(Method::POST, path, body);
        let answer = self.exchange(&call, events).await?;
        if !answer.is_success() {
            return Err(AccountError::KeyRefused(ServerMessage::of(&call.url, &answer)));
        }
        let response: ApiKeyResponse = decode(&call.url, &answer.body)?;
        Ok(SecretString::from(response.api_key))
    }

    async fn exchange(&self, call: &Call, events: Events<'_>) -> Result<Answer, AccountError> {
        let sent = self.sign_in.transport.exchange(call, Some(&self.token), events).await;
        Ok(sent.map_err(|failure| failure.error)?)
    }
}

/// An address in letters that a header takes.
fn encoded(email: &str) -> HeaderValue {
    HeaderValue::try_from(URL_SAFE_NO_PAD.encode(email)).expect("base64 has no other letters")
}

fn json_body(body: &serde_json::Value) -> Body {
    Body::Json(body.to_string().into_bytes())
}
