//! Tokens: got when the first request needs one, renewed before they end, replaced once when a request is refused.

use super::error::WebReadError;
use super::session::WebSession;
use super::signature::{Proof, Signature};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// What a way to get a token returns.
pub type TokenFuture<'a> = Pin<Box<dyn Future<Output = Result<FreshToken, WebReadError>> + Send + 'a>>;

/// A token that was just got.
pub struct FreshToken {
    /// The token itself.
    pub secret: SecretString,
    /// How long it is good from now on.
    pub lifetime: Duration,
    /// Where the token is good only with a proof of possession (RFC 9449).
    pub proof: Option<Proof>,
}

/// What stands in the `Authorization` header.
pub enum Credentials {
    /// A secret that stays the same.
    Fixed {
        /// What stands before the secret, its blank or colon included: `SSWS `.
        prefix: &'static str,
        /// The secret.
        secret: SecretString,
    },
    /// A token with an end; send its request with [`super::WebRequest::without_token`].
    Renewed {
        /// What stands before the token: `Bearer `.
        prefix: &'static str,
        /// How a token is got.
        get: Box<dyn for<'a> Fn(&'a WebSession<'a>) -> TokenFuture<'a> + Send + Sync>,
    },
}

/// The token of now and the way to the next.
pub(super) struct TokenCache {
    credentials: Credentials,
    cached: Mutex<Cached>,
    accepted: AtomicBool,
}

#[derive(Default)]
struct Cached {
    token: Option<(Signature, Instant)>,
    generation: u64,
}

impl TokenCache {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self { credentials, cached: Mutex::default(), accepted: AtomicBool::new(false) }
    }

    /// Whether another token can be had.
    pub(super) fn is_renewable(&self) -> bool {
        matches!(self.credentials, Credentials::Renewed { .. })
    }

    /// Notes that the service has answered a request with a token.
    pub(super) fn accepted(&self) {
        self.accepted.store(true, Ordering::Relaxed);
    }

    /// Whether the service has answered a request with a token.
    pub(super) fn was_accepted(&self) -> bool {
        self.accepted.load(Ordering::Relaxed)
    }

    /// A signature that is good now. All who need a new one wait for the same one.
    pub(super) async fn signature(&self, session: &WebSession<'_>) -> Result<Signature, WebReadError> {
        let (prefix, get) = match &self.credentials {
            Credentials::Fixed { prefix, secret } => {
                return Ok(Signature {
                    header: header(session, prefix, secret)?,
                    proof: None,
                    generation: 0,
                });
            }
            Credentials::Renewed { prefix, get } => (prefix, get),
        };
        let mut cached = self.cached.lock().await;
        if let Some((signature, until)) = &cached.token
            && Instant::now() < *until
        {
            return Ok(signature.clone());
        }
        let FreshToken { secret, lifetime, proof } = get(session).await?;
        // A tenth of its life early, five minutes at most: a request under way must not outlive its token.
        let early = (lifetime / 10).min(Duration::from_secs(300));
        let prefix = if proof.is_some() { "DPoP " } else { prefix };
        cached.generation += 1;
        let signature =
            Signature { header: header(session, prefix, &secret)?, proof, generation: cached.generation };
        cached.token = Some((signature.clone(), Instant::now() + (lifetime - early)));
        Ok(signature)
    }

    /// Drops the token, whichever it is.
    pub(super) async fn renew(&self) {
        self.cached.lock().await.token = None;
    }

    /// Drops the token of this generation; a newer one stays.
    pub(super) async fn refused(&self, generation: u64) {
        let mut cached = self.cached.lock().await;
        if cached.generation == generation {
            cached.token = None;
        }
    }
}

fn header(
    session: &WebSession<'_>,
    prefix: &str,
    secret: &SecretString,
) -> Result<HeaderValue, WebReadError> {
    let mut value = HeaderValue::try_from(format!("{prefix}{}", secret.expose_secret())).map_err(|_| {
        WebReadError::Credentials {
            service: session.service.name(),
            reason: "the secret holds a line break or another sign that cannot be sent".to_owned(),
        }
    })?;
    value.set_sensitive(true);
    Ok(value)
}
