//! Tokens for a service account that acts for an administrator: an assertion signed with the account's key (RFC 7523;
//! Google, "Using OAuth 2.0 for server to server applications").

use super::model::TokenResponse;
use super::{NAME, SCOPES};
use crate::web::{FreshToken, SigningKey, WebBody, WebReadError, WebRequest, WebSession, base_url};
use bwdc_base::clock::Clock;
use bwdc_core::settings::GoogleSettings;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, json};
use std::time::Duration;
use url::Url;

/// Whom an assertion is for, also where another server stands in for Google's: that is how Google's own clients have it.
const AUDIENCE: &str = "https://oauth2.googleapis.com/token";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// How long an assertion is good, in seconds; Google accepts an hour at most.
const LIFETIME: i64 = 3_540;
/// Google refuses assertions of the future: a clock that is a little ahead does no harm.
const BACK: i64 = 30;

/// A service account with its key.
pub(super) struct ServiceAccount {
    settings: GoogleSettings,
    key: SigningKey,
    token_url: Url,
}

impl ServiceAccount {
    pub(super) fn new(settings: &GoogleSettings, key: &SecretString) -> Result<Self, WebReadError> {
        let wrong = |reason: String| WebReadError::Credentials {
            service: NAME,
            reason: format!(
                "`gsuite.key` must be the private key of `{}`, and {reason}",
                settings.client_email
            ),
        };
        let key = SigningKey::parse(key.expose_secret()).map_err(|error| wrong(error.to_string()))?;
        if key.public_jwk().is_some() {
            return Err(wrong("it is no RSA key".to_owned()));
        }
        let token_url = base_url(NAME, &settings.token_url)?;
        Ok(Self { settings: settings.clone(), key, token_url })
    }

    pub(super) fn token_url(&self) -> &Url {
        &self.token_url
    }

    /// A token for everything that is needed.
    pub(super) async fn sign_in(&self, session: &WebSession<'_>) -> Result<FreshToken, WebReadError> {
        self.token(session, &SCOPES.join(" ")).await
    }

    /// A token for these scopes, with a blank between them.
    pub(super) async fn token(
        &self,
        session: &WebSession<'_>,
        scopes: &str,
    ) -> Result<FreshToken, WebReadError> {
        let request = self.request(scopes, session.clock())?;
        let answer = session.json::<TokenResponse>(&request).await?.value;
        if answer.access_token.is_empty() {
            return Err(session.malformed(&request, "it holds no access token".to_owned()));
        }
        let lifetime = Duration::from_secs(answer.expires_in);
        Ok(FreshToken { secret: answer.access_token.into(), lifetime, proof: None })
    }

    fn request(&self, scopes: &str, clock: Clock) -> Result<WebRequest, WebReadError> {
        let begun = clock.seconds() - BACK;
        let header = Map::from_iter([("typ".to_owned(), json!("JWT"))]);
        let claims = json!({
            "iss": self.settings.client_email, "sub": self.settings.admin_user, "scope": scopes,
            "aud": AUDIENCE, "iat": begun, "exp": begun + LIFETIME,
        });
        let assertion = self.key.sign(header, &claims).map_err(|error| WebReadError::Credentials {
            service: NAME,
            reason: format!("the private key of the service account: {error}"),
        })?;
        let form = WebBody::Form(vec![("grant_type", GRANT.to_owned()), ("assertion", assertion)]);
        Ok(WebRequest::post(self.token_url.clone(), form).bucket("token").without_token())
    }
}
