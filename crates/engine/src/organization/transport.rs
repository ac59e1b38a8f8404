//! One exchange with a server: sent, tried again where that can do no harm, and read up to a limit.
//!
//! A read may be sent as often as patience allows. A change is sent again only when the server certainly did not act on
//! it, because an import is no transaction: the price is that a lost answer ends the run, and the next one looks first.

use super::error::OrganizationError;
use super::message::{ServerMessage, described};
use super::patience::{Patience, Pauses};
use super::token::AccessToken;
use crate::event::{Event, Events};
use crate::http::{self, BodyError, Cause};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use reqwest::{Client, Method, Response};
use secrecy::ExposeSecret;
use std::time::{Duration, Instant};

const DEVICE_TYPE: HeaderName = HeaderName::from_static("device-type");
const CLIENT_NAME: HeaderName = HeaderName::from_static("bitwarden-client-name");
const CLIENT_VERSION: HeaderName = HeaderName::from_static("bitwarden-client-version");

/// The connector release whose requests these are: servers compare this header with the official numbers, among which
/// our own would look older than any. Our own version is in the user agent.
const COMPATIBLE_VERSION: &str = "2026.6.1";

/// No refusal needs more.
const ERROR_LIMIT: usize = 1024 * 1024;

/// The official number of the device type, and the name that goes with it.
pub(super) const DEVICE: (&str, &str) = if cfg!(windows) {
    ("6", "windows")
} else if cfg!(target_os = "macos") {
    ("7", "macos")
} else {
    ("8", "linux")
};

/// A request, ready to be sent any number of times.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) body: Body,
    /// Besides those of every request.
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) repeat: Repeat,
    /// For one attempt.
    pub(super) time_limit: Duration,
    /// Of a successful answer, in bytes.
    pub(super) size_limit: usize,
}

/// What a request carries.
pub(super) enum Body {
    None,
    Form(Vec<(&'static str, String)>),
    Json(Vec<u8>),
}

/// When a request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It changes nothing.
    Freely,
    /// It changes something: only when the server certainly did not act on it.
    OnlyUnsent,
}

/// A complete answer that is no redirect.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    retry_after: Option<Duration>,
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(super) fn message(&self, url: &str) -> ServerMessage {
        let mut message = ServerMessage::read(url, self.status, &self.body);
        message.retry_after = self.retry_after;
        message
    }
}

/// A failed exchange.
pub(super) struct Failure {
    pub(super) error: OrganizationError,
    /// Whether the server can have received the request.
    pub(super) sent: Sent,
}

/// Whether the server can have received a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    CertainlyNot,
    Perhaps,
}

/// The client with its patience.
pub(super) struct Transport {
    pub(super) client: Client,
    pub(super) patience: Patience,
}

impl Transport {
    /// Sends a request until there is an answer or the patience is at its end; the last answer counts, whatever it says.
    pub(super) async fn exchange(
        &self,
        call: &Call,
        token: Option<&AccessToken>,
        events: Events<'_>,
    ) -> Result<Answer, Failure> {
        let request = self.request(call, token)?;
        let mut pauses = Pauses::new(self.patience);
        loop {
            let copy = request.try_clone().ok_or_else(|| unusable(call))?;
            let begun = Instant::now();
            let outcome = self.attempt(call, copy).await;
            tracing::debug!(
                method = %call.method,
                url = call.url,
                status = outcome.as_ref().ok().map(|answer| answer.status),
                milliseconds = begun.elapsed().as_millis(),
                "asked the organization's server"
            );
            let Some((reason, asked)) = again(call, &outcome) else { return outcome };
            let Some(pause) = pauses.next(asked) else { return outcome };
            events(Event::Waiting { seconds: pause.as_millis().div_ceil(1000) as u64, reason });
            pauses.pass(pause).await;
        }
    }

    async fn attempt(&self, call: &Call, request: reqwest::Request) -> Result<Answer, Failure> {
        let response =
            self.client.execute(request).await.map_err(|source| failure(call, source.without_url()))?;
        let status = response.status().as_u16();
        if response.status().is_redirection() {
            return Err(Failure { error: redirected(call, &response), sent: Sent::CertainlyNot });
        }
        let retry_after = http::retry_after(response.headers(), jiff::Timestamp::now());
        let success = response.status().is_success();
        let limit = if success { call.size_limit } else { ERROR_LIMIT };
        let body = match http::read_body(response, limit).await {
            Ok(body) => body,
            // A refusal is one whether or not its words arrive.
            Err(_) if !success => Vec::new(),
            Err(BodyError::TooLarge) => {
                let error = OrganizationError::TooLarge { url: call.url.clone(), limit };
                return Err(Failure { error, sent: Sent::Perhaps });
            }
            Err(BodyError::Cut(source)) => return Err(failure(call, source)),
        };
        Ok(Answer { status, body, retry_after })
    }

    fn request(&self, call: &Call, token: Option<&AccessToken>) -> Result<reqwest::Request, Failure> {
        let builder = self
            .client
            .request(call.method.clone(), &call.url)
            .timeout(call.time_limit)
            .header(ACCEPT, "application/json")
            .header(DEVICE_TYPE, DEVICE.0)
            .header(CLIENT_NAME, "connector")
            .header(CLIENT_VERSION, COMPATIBLE_VERSION);
        let builder = call.headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value));
        let builder = match &call.body {
            Body::None => builder,
            Body::Form(fields) => builder.form(fields),
            Body::Json(json) => {
                builder.header(CONTENT_TYPE, "application/json; charset=utf-8").body(json.clone())
            }
        };
        let mut request = builder.build().map_err(|_| unusable(call))?;
        if let Some(token) = token {
            let mut value = HeaderValue::try_from(format!("Bearer {}", token.secret().expose_secret()))
                .map_err(|_| unusable(call))?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        Ok(request)
    }
}

/// Whether to try again: the reason, and how long the server asks to wait.
fn again(call: &Call, outcome: &Result<Answer, Failure>) -> Option<(String, Option<Duration>)> {
    match outcome {
        Ok(answer) if answer.status == 429 => {
            Some((format!("{} asks to wait", call.url), answer.retry_after))
        }
        Ok(answer) if answer.status >= 500 && call.repeat == Repeat::Freely => {
            Some((format!("{} answered {}", call.url, described(answer.status)), answer.retry_after))
        }
        Ok(_) => None,
        Err(failure) => {
            let harmless = call.repeat == Repeat::Freely || failure.sent == Sent::CertainlyNot;
            let passing = matches!(
                failure.error,
                OrganizationError::Unreachable { .. }
                    | OrganizationError::Timeout { .. }
                    | OrganizationError::Cut { .. }
            );
            (harmless && passing).then(|| (failure.error.to_string(), None))
        }
    }
}

fn unusable(call: &Call) -> Failure {
    Failure { error: OrganizationError::Address { url: call.url.clone() }, sent: Sent::CertainlyNot }
}

fn failure(call: &Call, source: reqwest::Error) -> Failure {
    let url = call.url.clone();
    let connected = !source.is_connect();
    let error = match http::cause(&source) {
        Cause::Certificate(reason) => OrganizationError::Certificate { url, reason, source },
        Cause::Other(_) if source.is_timeout() && connected => {
            OrganizationError::Timeout { url, limit: call.time_limit, source }
        }
        Cause::Other(_) if source.is_timeout() => {
            let reason = format!("no connection within {} s", http::CONNECT_TIMEOUT.as_secs());
            OrganizationError::Unreachable { url, reason, source }
        }
        Cause::Other(reason) if connected => OrganizationError::Cut { url, reason, source },
        Cause::Other(reason) => OrganizationError::Unreachable { url, reason, source },
    };
    Failure { error, sent: if connected { Sent::Perhaps } else { Sent::CertainlyNot } }
}

fn redirected(call: &Call, response: &Response) -> OrganizationError {
    let location = response
        .headers()
        .get(LOCATION)
        .and_then(|location| location.to_str().ok())
        .map_or_else(|| "nowhere".to_owned(), without_query);
    OrganizationError::Redirected { url: call.url.clone(), status: response.status().as_u16(), location }
}

/// An address without what can be a secret in it: sign-in pages carry states and tokens behind the question mark.
fn without_query(location: &str) -> String {
    location.split(['?', '#']).next().unwrap_or_default().to_owned()
}
