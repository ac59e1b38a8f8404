//! OneLogin, by either version of its API.
//!
//! The second version tells the total of each list, which proves that it was read to its end; the first, which installed
//! connectors use, only links from page to page. Roles become groups, or OneLogin's own groups. Every read is a full
//! read: OneLogin tells who changed (`updated_since`), but neither who was deleted nor who joined or left a role, so that
//! an incremental read would save a twentieth of the requests and miss what matters most.

mod list;
mod look_up;
mod model;
mod open;
mod probe;
mod read;

use crate::directory::ReadError;
use crate::directory::web::{
    Credentials, FreshToken, Rate, Reset, WebBody, WebOptions, WebReadError, WebRequest, WebService,
    WebSession, base_url, below,
};
use crate::event::Events;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bwdc_core::observed::{Presences, Sought};
use bwdc_core::settings::{OneLoginApi, OneLoginFilters, OneLoginSettings};
use bwdc_core::snapshot::{ReadScope, Snapshot};
use model::TokenResponse;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::time::Duration;
use url::Url;

/// What errors call the service.
const NAME: &str = "OneLogin";
/// Requests under way at one time.
const IN_FLIGHT: usize = 8;
/// The part of the hourly limit that is used; other programs share it.
const SHARE: f64 = 0.9;

/// One OneLogin account with the part of it that matters.
pub struct OneLoginDirectory {
    service: WebService,
    base: Url,
    settings: OneLoginSettings,
    filters: OneLoginFilters,
}

impl OneLoginDirectory {
    /// How OneLogin is spoken to.
    pub fn options() -> WebOptions {
        WebOptions {
            in_flight: IN_FLIGHT,
            rate: Rate::Headers {
                limit: "x-ratelimit-limit",
                remaining: "x-ratelimit-remaining",
                reset: "x-ratelimit-reset",
                reset_is: Reset::Seconds,
                share: SHARE,
            },
            ..WebOptions::new(NAME)
        }
    }

    /// Takes checked settings; nothing is sent before the first read.
    ///
    /// # Errors
    /// [`WebReadError`] when the address or the means to connect are of no use.
    pub fn new(
        settings: OneLoginSettings,
        filters: OneLoginFilters,
        secret: SecretString,
        options: WebOptions,
    ) -> Result<Self, WebReadError> {
        let base = base_url(NAME, &settings.url)?;
        let token_url = below(&base, &["auth", "oauth2", "v2", "token"]);
        let basic = basic(&settings.client_id, &secret)?;
        // The first version's description has a colon here, which the second does not know.
        let prefix = match settings.api {
            OneLoginApi::First => "bearer:",
            OneLoginApi::Second => "Bearer ",
        };
        let credentials = Credentials::Renewed {
            prefix,
            get: Box::new(move |session| Box::pin(sign_in(session, token_url.clone(), basic.clone()))),
        };
        Ok(Self { service: WebService::new(options, credentials)?, base, settings, filters })
    }

    /// Reads all of `scope`: 1. people, 2. roles or groups, 3. who is in each. OneLogin keeps nobody as deleted.
    ///
    /// # Errors
    /// [`ReadError`] when any page could not be read, or a list is not as long as announced.
    pub async fn read(&self, scope: ReadScope, events: Events<'_>) -> Result<Snapshot, ReadError> {
        read::read(self, scope, events).await
    }

    /// Asks for each of `sought` by id.
    ///
    /// # Errors
    /// [`ReadError`] when OneLogin does not accept the credential.
    pub async fn look_up(&self, sought: &[Sought]) -> Result<Presences, ReadError> {
        Ok(look_up::look_up(self, sought).await?)
    }

    /// How many requests were sent so far.
    pub fn requests_sent(&self) -> u64 {
        self.service.requests_sent()
    }

    /// An address of one version of the API.
    fn address(&self, version: &str, path: &[&str]) -> Url {
        below(&below(&self.base, &["api", version]), path)
    }
}

/// Client id and secret as the token endpoint wants them (RFC 7617).
fn basic(client_id: &str, secret: &SecretString) -> Result<HeaderValue, WebReadError> {
    let pair = STANDARD.encode(format!("{client_id}:{}", secret.expose_secret()));
    let mut value = HeaderValue::try_from(format!("Basic {pair}"))
        .map_err(|_| WebReadError::Credentials { service: NAME, reason: "they cannot be sent".to_owned() })?;
    value.set_sensitive(true);
    Ok(value)
}

async fn sign_in(session: &WebSession<'_>, url: Url, basic: HeaderValue) -> Result<FreshToken, WebReadError> {
    let body = WebBody::Json(json!({ "grant_type": "client_credentials" }));
    let request = WebRequest::post(url, body).header(AUTHORIZATION, basic).bucket("token").without_token();
    let answer = session.json::<TokenResponse>(&request).await?.value;
    if answer.access_token.is_empty() {
        return Err(session.malformed(&request, "it holds no access token".to_owned()));
    }
    let lifetime = Duration::from_secs(answer.expires_in.unwrap_or(0));
    Ok(FreshToken { secret: answer.access_token.into(), lifetime, proof: None })
}
