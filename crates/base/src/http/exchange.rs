//! One exchange with a server: sent once, and read up to a limit.

use super::body::{BodyError, read_body};
use super::client::{CONNECT_TIMEOUT, ClientOptions, HttpError, client};
use super::count::{Recipient, count};
use crate::tls_failure::in_words;
use bwdc_core::names::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderMap, LOCATION};
use reqwest::{Client, Method, RequestBuilder, Response};
use std::error::Error;
use std::time::Duration;

/// A refusal needs no more words than this, in bytes.
const ERROR_LIMIT: usize = 256 * 1024;

/// A request, ready to be sent any number of times.
pub struct Call {
    /// What is done.
    pub method: Method,
    /// Where.
    pub url: String,
    /// What goes along.
    pub body: Body,
    /// Besides those of every request.
    pub headers: HeaderMap,
    /// What happens when it reaches the server twice.
    pub repeat: Repeat,
    /// For one attempt, from the first byte sent to the last received.
    pub time_limit: Duration,
    /// Of a successful answer, in bytes.
    pub size_limit: usize,
}

/// What happens when a request reaches the server twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Nothing: it only reads.
    Read,
    /// Another token is handed out, beside the first.
    Token,
    /// A change is made twice, or two at once: never without knowing what became of the first.
    Change,
}

impl Repeat {
    /// Whether a request may go out again when the server can have received it, or certainly has not.
    pub fn is_safe(self, sent: Sent) -> bool {
        self != Self::Change || sent == Sent::CertainlyNot
    }
}

/// What a request carries.
#[derive(Clone)]
pub enum Body {
    /// Nothing.
    None,
    /// A form.
    Form(Vec<(&'static str, String)>),
    /// JSON.
    Json(Vec<u8>),
}

/// A complete answer that is no redirect.
pub struct Answer<B = Vec<u8>> {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// All of it; nothing where a refusal's words did not arrive.
    pub body: B,
}

/// A complete answer, by what became of the request.
pub enum Reply<B> {
    /// The server did what was asked.
    Success(Answer<B>),
    /// It refused.
    Refused(Answer),
}

impl Answer {
    /// Whether the server did what was asked.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Whether the server can have received a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It cannot.
    CertainlyNot,
    /// It can.
    Perhaps,
}

/// Why an exchange brought no answer. Addresses are shown without what stands behind the question mark: cursors and
/// tokens travel there.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The address is none, or the request cannot be written.
    #[error("`{url}` is not an address that a request can go to")]
    Address {
        /// As set.
        url: String,
    },
    /// There was no connection.
    #[error("cannot reach {url}: {reason}")]
    Unreachable {
        /// Where the request went.
        url: String,
        /// The innermost cause.
        reason: String,
        /// As the client reports it.
        #[source]
        source: reqwest::Error,
    },
    /// There was no connection in time.
    #[error("cannot reach {url}: no connection within {} s", limit.as_secs())]
    NotConnected {
        /// Where the request was to go.
        url: String,
        /// The time limit of a connection.
        limit: Duration,
    },
    /// The server's certificate was not accepted.
    #[error("{url} presents a certificate that is not trusted: {reason}")]
    Certificate {
        /// Where the request went.
        url: String,
        /// What is wrong with it.
        reason: String,
        /// As the client reports it.
        #[source]
        source: reqwest::Error,
    },
    /// No answer in time.
    #[error("{url} did not answer within {} s", limit.as_secs())]
    Timeout {
        /// Where the request went.
        url: String,
        /// The time limit.
        limit: Duration,
        /// As the client reports it.
        #[source]
        source: reqwest::Error,
    },
    /// The connection ended before the answer did.
    #[error("the connection to {url} ended before the whole answer was there: {reason}")]
    Cut {
        /// Where the request went.
        url: String,
        /// The innermost cause.
        reason: String,
        /// As the client reports it.
        #[source]
        source: reqwest::Error,
    },
    /// The answer is larger than any true one.
    #[error("{url} answered with more than {limit} bytes")]
    TooLarge {
        /// Where the request went.
        url: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The answer is a longer list than any true one.
    #[error("{url} answered with a list of more than {limit} entries")]
    TooMany {
        /// Where the request went.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// The server points somewhere else.
    #[error("{url} answers with a redirect ({}) to {location}", describe_status(*status))]
    Redirected {
        /// Where the request went.
        url: String,
        /// The HTTP status.
        status: u16,
        /// Where it points, without the query.
        location: String,
    },
}

impl TransportError {
    /// Whether the server can have received the request. What answers with a redirect has not passed it on.
    pub fn sent(&self) -> Sent {
        match self {
            Self::Timeout { .. } | Self::Cut { .. } | Self::TooLarge { .. } | Self::TooMany { .. } => {
                Sent::Perhaps
            }
            Self::Address { .. }
            | Self::Unreachable { .. }
            | Self::NotConnected { .. }
            | Self::Certificate { .. }
            | Self::Redirected { .. } => Sent::CertainlyNot,
        }
    }

    /// Whether another attempt can meet with better luck.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::NotConnected { .. }
            | Self::Timeout { .. }
            | Self::Cut { .. } => true,
            Self::Address { .. }
            | Self::Certificate { .. }
            | Self::TooLarge { .. }
            | Self::TooMany { .. }
            | Self::Redirected { .. } => false,
        }
    }
}

/// A client that sends calls.
pub struct Exchange {
    client: Client,
    connect_limit: Duration,
    recipient: Recipient,
}

impl Exchange {
    /// Makes the client; nothing is sent.
    ///
    /// # Errors
    /// [`HttpError`] when the CA file or the proxy cannot be used.
    pub fn new(options: &ClientOptions<'_>) -> Result<Self, HttpError> {
        let connect_limit = options.connect_limit.unwrap_or(CONNECT_TIMEOUT);
        Ok(Self { client: client(options)?, connect_limit, recipient: options.recipient })
    }

    /// Sends a call once, with these headers besides its own, and reads the answer. `answered` sees the status and the
    /// headers of every answer, before its body.
    ///
    /// # Errors
    /// [`TransportError`] where no complete answer came. A refusal is one whether or not its words arrive.
    pub async fn send(
        &self,
        call: &Call,
        headers: HeaderMap,
        answered: impl FnOnce(u16, &HeaderMap),
    ) -> Result<Answer, TransportError> {
        let read = async |response| read_body(response, call.size_limit).await;
        Ok(match self.send_and_read(call, headers, answered, read).await? {
            Reply::Success(answer) => answer,
            Reply::Refused(answer) => answer,
        })
    }

    /// As [`Exchange::send`]; the body of a success is read by `read`.
    ///
    /// # Errors
    /// As [`Exchange::send`].
    pub async fn send_and_read<B>(
        &self,
        call: &Call,
        headers: HeaderMap,
        answered: impl FnOnce(u16, &HeaderMap),
        read: impl AsyncFnOnce(Response) -> Result<B, BodyError>,
    ) -> Result<Reply<B>, TransportError> {
        let request = self.request(call).headers(headers).build();
        let request = request.map_err(|_| TransportError::Address { url: shown(&call.url) })?;
        let sent = self.client.execute(request).await;
        count(self.recipient, sent.as_ref().ok().map(|it| it.status().as_u16()));
        let response = sent.map_err(|error| self.failed(call, error))?;
        let status = response.status();
        answered(status.as_u16(), response.headers());
        if status.is_redirection() {
            return Err(redirected(call, &response));
        }
        let headers = response.headers().clone();
        let status = status.as_u16();
        if response.status().is_success() {
            let body = read(response).await.map_err(|error| match error {
                BodyError::TooLarge(limit) => TransportError::TooLarge { url: shown(&call.url), limit },
                BodyError::TooMany(limit) => TransportError::TooMany { url: shown(&call.url), limit },
                BodyError::Cut(error) => self.failed(call, error),
            })?;
            return Ok(Reply::Success(Answer { status, headers, body }));
        }
        let body = match read_body(response, ERROR_LIMIT).await {
            Ok(body) => body,
            // Words that were cut may have told what to do; a change that was refused is not asked for again.
            Err(BodyError::Cut(error)) if may_tell(status, call.repeat) => {
                return Err(self.failed(call, error));
            }
            Err(_) => Vec::new(),
        };
        Ok(Reply::Refused(Answer { status, headers, body }))
    }

    fn request(&self, call: &Call) -> RequestBuilder {
        let builder = self
            .client
            .request(call.method.clone(), &call.url)
            .timeout(call.time_limit)
            .header(ACCEPT, "application/json");
        let builder = match &call.body {
            Body::None => builder,
            Body::Form(fields) => builder.form(fields),
            Body::Json(json) => builder.header(CONTENT_TYPE, "application/json").body(json.clone()),
        };
        builder.headers(call.headers.clone())
    }

    fn failed(&self, call: &Call, error: reqwest::Error) -> TransportError {
        let (url, source) = (shown(&call.url), error.without_url());
        if source.is_builder() {
            return TransportError::Address { url };
        }
        let connected = !source.is_connect();
        match cause(&source) {
            Cause::Certificate(reason) => TransportError::Certificate { url, reason, source },
            Cause::Other(_) if source.is_timeout() && connected => {
                TransportError::Timeout { url, limit: call.time_limit, source }
            }
            Cause::Other(_) if source.is_timeout() => {
                TransportError::NotConnected { url, limit: self.connect_limit.min(call.time_limit) }
            }
            Cause::Other(reason) if connected => TransportError::Cut { url, reason, source },
            Cause::Other(reason) => TransportError::Unreachable { url, reason, source },
        }
    }
}

/// Whether the words of a refusal may matter to what is done next.
fn may_tell(status: u16, repeat: Repeat) -> bool {
    repeat != Repeat::Change && status < 500 && status != 429
}

fn redirected(call: &Call, response: &Response) -> TransportError {
    let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let location = location.map_or_else(|| "nowhere".to_owned(), shown);
    TransportError::Redirected { url: shown(&call.url), status: response.status().as_u16(), location }
}

/// A status with its usual name, as in `502 Bad Gateway`.
pub fn describe_status(status: u16) -> String {
    reqwest::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
}

/// An address without what can be a secret in it: states, cursors and tokens stand behind the question mark.
fn shown(address: &str) -> String {
    address.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// What a server's clock said when it answered (RFC 9110, section 6.6.1).
pub fn date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get(DATE)?.to_str().ok()?)
}

pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    let time = DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(Timestamp(time.as_millisecond()))
}

/// What lies at the bottom of a failed connection, with a certificate's refusal told apart.
#[derive(Debug, PartialEq, Eq)]
pub enum Cause {
    /// The server's certificate was not accepted; trying again changes nothing.
    Certificate(String),
    /// Anything else, in the words of the innermost error.
    Other(String),
}

/// Finds the cause that is worth telling: errors of a client are wrapped several times and only the last says something.
pub fn cause(error: &(dyn Error + 'static)) -> Cause {
    let mut current = error;
    loop {
        if let Some(refusal) = certificate_refusal(current) {
            return Cause::Certificate(refusal);
        }
        match current.source() {
            Some(inner) => current = inner,
            None => return Cause::Other(current.to_string()),
        }
    }
}

fn certificate_refusal(mut error: &(dyn Error + 'static)) -> Option<String> {
    // An I/O error hands on the source of what it wraps, not what it wraps.
    while let Some(wrapped) = error.downcast_ref::<std::io::Error>() {
        error = wrapped.get_ref()?;
    }
    let tls = error.downcast_ref::<rustls::Error>()?;
    matches!(tls, rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented)
        .then(|| in_words(tls))
}
