//! The organization's key and the tokens issued for it.
//!
//! Tokens look like the signed tokens of the real servers, because a client may look inside; whether one is
//! good is decided by this table and not by a signature, so that a test can revoke them all.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

/// The scope that opens the public API.
pub(crate) const ORGANIZATION_SCOPE: &str = "api.organization";

#[derive(Default)]
pub(crate) struct Tokens {
    issued: Mutex<HashMap<String, Issued>>,
}

struct Issued {
    scope: String,
    expires: Instant,
    person: Option<String>,
}

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Organization,
    OtherScope,
    Nothing,
}

impl Tokens {
    pub(crate) fn issue(&self, client: &str, issuer: &str, scope: &str, lifetime: Duration) -> String {
        let now = jiff::Timestamp::now().as_second();
        let expires = now.saturating_add(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX));
        let header = json!({ "alg": "RS256", "typ": "at+jwt" });
        let claims = json!({
            "iss": issuer,
            "nbf": now,
            "iat": now,
            "exp": expires,
            "scope": [scope],
            "client_id": client,
            "sub": client.trim_start_matches("organization."),
        });
        let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
        let token =
            format!("{}.{}.{}", encode(header.to_string()), encode(claims.to_string()), random_text::<48>());
        let issued = Issued { scope: scope.to_owned(), expires: Instant::now() + lifetime, person: None };
        self.lock().insert(token.clone(), issued);
        token
    }

    /// Issues a token for a person, known by address and id.
    pub(crate) fn issue_for(
        &self,
        email: &str,
        id: &str,
        issuer: &str,
        scope: &str,
        lifetime: Duration,
    ) -> String {
        let token = self.issue(id, issuer, scope, lifetime);
        if let Some(issued) = self.lock().get_mut(&token) {
            issued.person = Some(email.to_owned());
        }
        token
    }

    /// The address of the person for whom a token was issued, while it is good.
    pub(crate) fn person(&self, token: &str) -> Option<String> {
        let issued = self.lock();
        issued.get(token).filter(|it| it.expires > Instant::now())?.person.clone()
    }

    pub(crate) fn check(&self, token: &str) -> Access {
        match self.lock().get(token) {
            Some(issued) if issued.expires <= Instant::now() => Access::Nothing,
            Some(issued) if issued.scope == ORGANIZATION_SCOPE => Access::Organization,
            Some(_) => Access::OtherScope,
            None => Access::Nothing,
        }
    }

    pub(crate) fn revoke_all(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Issued>> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The API key, and what the identity service still remembers of it.
pub(crate) struct Key {
    secret: String,
    remembered: Option<(String, Instant)>,
}

impl Key {
    pub(crate) fn new(secret: String) -> Key {
        Key { secret, remembered: None }
    }

    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    pub(crate) fn rotate(&mut self) -> String {
        self.secret = random_key();
        self.secret.clone()
    }

    /// Compares with the key as the identity service knows it, which may be an old one for `cache` long.
    pub(crate) fn accepts(&mut self, secret: &str, cache: Duration) -> bool {
        let now = Instant::now();
        let is_fresh = |(_, since): &(String, Instant)| now.duration_since(*since) < cache;
        if !self.remembered.as_ref().is_some_and(is_fresh) {
            self.remembered = Some((self.secret.clone(), now));
        }
        self.remembered.as_ref().is_some_and(|(remembered, _)| remembered == secret)
    }
}

/// Makes text of so many random bytes, in the alphabet of URLs.
/// An API key as the real servers make them: thirty letters and digits.
pub(crate) fn random_key() -> String {
    let letters: String = random_text::<60>().chars().filter(char::is_ascii_alphanumeric).collect();
    letters.chars().take(30).collect()
}

pub(crate) fn random_text<const BYTES: usize>() -> String {
    let mut bytes = [0_u8; BYTES];
    getrandom::fill(&mut bytes).expect("the operating system always has random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}
