//! The access token: how long it is good for, and what the identity service may answer.
//!
//! Its end is kept on the monotonic clock, so that a machine whose clock is wrong still reuses a token that it was just
//! given; only a stored token has to be judged by the machine's clock.

use super::error::OrganizationError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bwdc_core::names::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::fmt;
use std::time::{Duration, Instant};

/// Names of fields that are told of an answer, and characters of each.
const MOST_NAMES: usize = 8;
const LONGEST_NAME: usize = 64;

/// A token with less than this left is replaced before it is used.
const RENEWAL: Duration = Duration::from_secs(5 * 60);

/// No server gives more, and a larger number would only be a way to overflow.
const LONGEST_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// A bearer token.
#[derive(Clone)]
pub struct AccessToken {
    secret: SecretString,
    expiry: Option<Timestamp>,
    good_until: Option<Instant>,
}

impl AccessToken {
    /// Takes a token from the store; one whose expiry cannot be read counts as expired.
    pub fn stored(secret: SecretString, now: Timestamp) -> Self {
        let expiry = Some(secret.expose_secret()).filter(|token| is_sendable(token)).and_then(expiry);
        let left = expiry.and_then(|expiry| u64::try_from(expiry.0.saturating_sub(now.0)).ok()).unwrap_or(0);
        Self {
            secret,
            expiry,
            good_until: Some(Instant::now() + Duration::from_millis(left).min(LONGEST_LIFE)),
        }
    }

    fn received(secret: SecretString, expires_in: Option<u64>, now: Timestamp) -> Self {
        let Some(seconds) = expires_in else {
            // Without a lifetime the server's refusal tells when it is over.
            let expiry = expiry(secret.expose_secret());
            return Self { secret, expiry, good_until: None };
        };
        let life = Duration::from_secs(seconds).min(LONGEST_LIFE);
        let expiry =
            Some(Timestamp(now.0.saturating_add(i64::try_from(life.as_millis()).unwrap_or(i64::MAX))));
        Self { secret, expiry, good_until: Some(Instant::now() + life) }
    }

    /// The token itself.
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// When it ends by the machine's clock, where that is known.
    pub fn expiry(&self) -> Option<Timestamp> {
        self.expiry
    }

    /// Whether more than five minutes are left.
    pub fn is_fresh(&self) -> bool {
        self.good_until.is_none_or(|end| end.saturating_duration_since(Instant::now()) > RENEWAL)
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.secret.expose_secret() == other.secret.expose_secret()
    }
}

#[derive(Deserialize)]
struct TokenResponse {
    access_token: Option<SecretText>,
    expires_in: Option<u64>,
    token_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct SecretText(String);

/// Reads a successful answer of the identity service.
pub(super) fn read(url: &str, body: &[u8], now: Timestamp) -> Result<AccessToken, OrganizationError> {
    let missing = |found: String| OrganizationError::NoToken { url: url.to_owned(), found };
    let response: TokenResponse = serde_json::from_slice(body).map_err(|_| missing(shape(body)))?;
    let token = response
        .access_token
        .filter(|token| !token.0.trim().is_empty())
        .ok_or_else(|| missing(shape(body)))?;
    if !response.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer")) {
        return Err(missing("a token of another type than Bearer".to_owned()));
    }
    if !is_sendable(&token.0) {
        return Err(missing("a token that cannot be sent in a header".to_owned()));
    }
    Ok(AccessToken::received(SecretString::from(token.0), response.expires_in, now))
}

/// Longer ones fit in no header, and would fill the settings in which they are kept.
const LONGEST_TOKEN: usize = 64 * 1024;

fn is_sendable(token: &str) -> bool {
    token.len() <= LONGEST_TOKEN && token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Describes an answer without repeating it: a part of it can be a token.
fn shape(body: &[u8]) -> String {
    if body.trim_ascii().is_empty() {
        return "an empty answer".to_owned();
    }
    if super::message::is_page(body) {
        return "a web page".to_owned();
    }
    match serde_json::from_slice::<FieldNames>(body) {
        Ok(FieldNames(names)) if names.is_empty() => "an empty object `{}`".to_owned(),
        Ok(FieldNames(names)) => format!("an object with the fields {}", names.join(", ")),
        Err(error) if error.is_data() => "JSON of another kind".to_owned(),
        Err(_) => "something that is not JSON, or that breaks off".to_owned(),
    }
}

/// The first names of an object's fields; of what is in them nothing is kept.
struct FieldNames(Vec<String>);

impl<'de> Deserialize<'de> for FieldNames {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = FieldNames;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<FieldNames, A::Error> {
                let mut names: Vec<String> = Vec::new();
                while let Some(name) = fields.next_key::<String>()? {
                    fields.next_value::<IgnoredAny>()?;
                    if names.len() < MOST_NAMES {
                        names.push(name.chars().take(LONGEST_NAME).collect());
                    }
                }
                Ok(FieldNames(names))
            }
        }
        from.deserialize_map(Names)
    }
}

/// The `exp` of a JSON Web Token, unverified: the server verifies, this only spares a request (RFC 7519, 4.1.4).
fn expiry(token: &str) -> Option<Timestamp> {
    let claims = token.split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let end = claims.get("exp")?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a fraction of a second does not matter, and the cast saturates"
    )]
    let seconds = end.as_i64().or_else(|| end.as_f64().map(|seconds| seconds as i64))?;
    Some(Timestamp(seconds.checked_mul(1000)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn stored(claims: &str) -> AccessToken {
        let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        AccessToken::stored(SecretString::from(token), NOW)
    }

    fn refused(body: &str) -> String {
        match read("https://id.example.test/connect/token", body.as_bytes(), NOW) {
            Ok(_) => panic!("a token out of {body}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_stored_token_is_fresh_while_more_than_five_minutes_are_left() {
        assert!(stored(r#"{"exp":1800003600}"#).is_fresh());
        assert!(stored(r#"{"exp":1800000320}"#).is_fresh());
        assert!(!stored(r#"{"exp":1800000299}"#).is_fresh());
        assert!(!stored(r#"{"exp":1700000000}"#).is_fresh());
        assert!(stored(r#"{"exp":1800003600.75}"#).is_fresh());
        assert!(stored(r#"{"exp":99999999999999}"#).is_fresh());
    }

    #[test]
    fn a_stored_token_that_cannot_be_read_is_not_fresh() {
        let cut_in_lines = "e30.eyJleHAiOjE4MDAwMDM2MDB9.c\n";
        assert!(AccessToken::stored(SecretString::from(cut_in_lines.trim()), NOW).is_fresh());
        for token in ["", "opaque", "a.b.c", "a.e30.c", "..", "e30.eyJleHAiOiJ4In0.c", cut_in_lines] {
            let token = AccessToken::stored(SecretString::from(token), NOW);
            assert!(!token.is_fresh());
            assert_eq!(token.expiry(), None);
        }
    }

    #[test]
    fn a_received_token_lives_as_long_as_the_server_says_whatever_the_clock_says() {
        let body =
            br#"{"access_token":"abc","expires_in":3600,"token_type":"Bearer","scope":"api.organization"}"#;
        let token = read("https://id.example.test", body, Timestamp(0)).expect("a token");
        assert!(token.is_fresh());
        assert_eq!(token.expiry(), Some(Timestamp(3_600_000)));
        assert_eq!(token.secret().expose_secret(), "abc");
        let short = read("https://id.example.test", br#"{"access_token":"abc","expires_in":200}"#, NOW);
        assert!(!short.expect("a token").is_fresh());
    }

    #[test]
    fn an_answer_without_a_token_is_told_by_its_shape_and_never_repeated() {
        assert!(refused("{}").contains("an empty object `{}`"));
        assert!(refused("").contains("an empty answer"));
        assert!(refused("<html>sign in</html>").contains("a web page"));
        assert!(refused(r#"{"access_token":"  "}"#).contains("the fields access_token"));
        assert!(refused(r#"{"access_token":"a\nb"}"#).contains("cannot be sent"));
        let long = format!(r#"{{"access_token":"{}"}}"#, "a".repeat(LONGEST_TOKEN + 1));
        assert!(refused(&long).contains("cannot be sent"));
        assert!(refused(r#"{"access_token":"hidden-part"#).contains("breaks off"));
        assert!(refused(r#"{"refresh_token":"hidden"}"#).contains("refresh_token"));
        assert!(!refused(r#"{"access_token":"hidden","token_type":"mac"}"#).contains("hidden"));
    }
}
