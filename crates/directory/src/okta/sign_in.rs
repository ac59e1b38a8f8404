//! Tokens for a service app (Okta, "Implement OAuth for Okta with a service app"): the app's private key signs an
//! assertion; where the organization asks for it, every request carries a proof of possession (DPoP, RFC 9449).

use super::NAME;
use crate::web::{FreshToken, Proof, SigningKey, WebBody, WebReadError, WebRequest, WebSession, unique};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bwdc_base::clock::Clock;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// What may be read, and nothing else.
const SCOPES: &str = "okta.users.read okta.groups.read";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long an assertion is good, in seconds; Okta accepts an hour at most.
const LIFETIME: i64 = 300;
/// The same for an error.
const NEEDS: &str = "the scopes `okta.users.read` and `okta.groups.read`";
/// Okta's words for "with a proof".
const PROOF_WANTED: &str = "invalid_dpop_proof";

/// A service app with its key.
pub(super) struct ServiceApp {
    client_id: String,
    key_id: Option<String>,
    key: SigningKey,
    token_url: Url,
}

#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
    expires_in: u64,
    #[serde(default)]
    token_type: String,
}

impl ServiceApp {
    pub(super) fn new(
        client_id: String,
        key_id: Option<String>,
        key: &SecretString,
        token_url: Url,
    ) -> Result<Self, WebReadError> {
        let key = SigningKey::parse(key.expose_secret()).map_err(|error| WebReadError::Credentials {
            service: NAME,
            reason: format!("`okta.token` must be the private key of the app `{client_id}`, and {error}"),
        })?;
        let key_id = key_id.or_else(|| key.id().map(str::to_owned));
        Ok(Self { client_id, key_id, key, token_url })
    }

    /// A token: asked for plainly first, with a proof of possession where Okta wants one.
    pub(super) async fn sign_in(&self, session: &WebSession<'_>) -> Result<FreshToken, WebReadError> {
        let plain = session.json::<TokenResponse>(&self.request(session.clock())?).await;
        match plain {
            Err(error) if error.code() == Some(PROOF_WANTED) => self.sign_in_with_proof(session).await,
            other => Ok(fresh(other?.value, None)),
        }
    }

    async fn sign_in_with_proof(&self, session: &WebSession<'_>) -> Result<FreshToken, WebReadError> {
        let key = Arc::new(SigningKey::generate().map_err(cannot_sign)?);
        let request = self.request(session.clock())?.proof(proof(Arc::clone(&key), None, session.clock()));
        let answer = session.json::<TokenResponse>(&request).await?.value;
        if !answer.token_type.eq_ignore_ascii_case("DPoP") {
            return Ok(fresh(answer, None));
        }
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(answer.access_token.as_bytes()));
        Ok(fresh(answer, Some(proof(key, Some(hash), session.clock()))))
    }

    fn request(&self, clock: Clock) -> Result<WebRequest, WebReadError> {
        let now = clock.seconds();
        let mut header = Map::new();
        if let Some(id) = &self.key_id {
            header.insert("kid".to_owned(), id.as_str().into());
        }
        // Without a `jti`: an attempt that was answered too late may be repeated as it is.
        let claims = json!({
            "iss": self.client_id, "sub": self.client_id, "aud": self.token_url.as_str(), "iat": now, "exp": now + LIFETIME,
        });
        let assertion = self.key.sign(header, &claims).map_err(cannot_sign)?;
        let form = WebBody::Form(vec![
            ("grant_type", "client_credentials".to_owned()),
            ("scope", SCOPES.to_owned()),
            ("client_assertion_type", ASSERTION.to_owned()),
            ("client_assertion", assertion),
        ]);
        Ok(WebRequest::post(self.token_url.clone(), form).bucket("token").needs(NEEDS).without_token())
    }
}

fn fresh(answer: TokenResponse, proof: Option<Proof>) -> FreshToken {
    let lifetime = Duration::from_secs(answer.expires_in);
    FreshToken { secret: answer.access_token.into(), lifetime, proof }
}

fn cannot_sign(error: crate::web::KeyError) -> WebReadError {
    WebReadError::Credentials { service: NAME, reason: format!("the private key of the app: {error}") }
}

/// What makes a proof for each request: it names method and address, and is good once.
fn proof(key: Arc<SigningKey>, token_hash: Option<String>, clock: Clock) -> Proof {
    Arc::new(move |method, url, nonce| {
        let mut bare = url.clone();
        bare.set_query(None);
        bare.set_fragment(None);
        let mut claims = json!({
            "jti": unique(), "htm": method, "htu": bare.as_str(), "iat": clock.seconds(),
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        if let Some(hash) = &token_hash {
            claims["ath"] = hash.as_str().into();
        }
        let header = Map::from_iter([
            ("typ".to_owned(), json!("dpop+jwt")),
            ("jwk".to_owned(), key.public_jwk().unwrap_or_default()),
        ]);
        key.sign(header, &claims).ok().and_then(|token| HeaderValue::try_from(token).ok())
    })
}
