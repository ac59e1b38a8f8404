//! Tokens: got when the first request needs one, renewed before they end, replaced once when a request is refused.

use super::error::WebReadError;
use super::session::WebSession;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use std::future::Future;
use std::pin::Pin;
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
}

#[derive(Default)]
struct Cached {
    token: Option<(HeaderValue, Instant)>,
    generation: u64,
}

impl TokenCache {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self { credentials, cached: Mutex::default() }
    }

    /// Whether another token can be had.
    pub(super) fn is_renewable(&self) -> bool {
        matches!(self.credentials, Credentials::Renewed { .. })
    }

    /// A header that is good now, and which one it is. All who need a new one wait for the same one.
    pub(super) async fn header(&self, session: &WebSession<'_>) -> Result<(HeaderValue, u64), WebReadError> {
        let (prefix, get) = match &self.credentials {
            Credentials::Fixed { prefix, secret } => return Ok((header(session, prefix, secret)?, 0)),
            Credentials::Renewed { prefix, get } => (prefix, get),
        };
        let mut cached = self.cached.lock().await;
        if let Some((header, until)) = &cached.token
            && Instant::now() < *until
        {
            return Ok((header.clone(), cached.generation));
        }
        let fresh = get(session).await?;
        // A tenth of its life early, five minutes at most: a request under way must not outlive its token.
        let early = (fresh.lifetime / 10).min(Duration::from_secs(300));
        let value = header(session, prefix, &fresh.secret)?;
        cached.generation += 1;
        cached.token = Some((value.clone(), Instant::now() + (fresh.lifetime - early)));
        Ok((value, cached.generation))
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
