//! One read of a service: requests that wait for their turn, are tried again where that helps, and fail with a name.

use super::WebService;
use super::error::{WebReadError, shown};
use super::token::{Proof, Signature};
use crate::event::Event;
use crate::event::Events;
use crate::http::{self, BodyError, Cause};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION, WWW_AUTHENTICATE,
};
use reqwest::{Method, RequestBuilder};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use url::Url;

/// Header of proofs of possession, and the error of one without the nonce that is wanted (RFC 9449, sections 4.1 and 8).
const DPOP: &str = "DPoP";
const NONCE_WANTED: &str = "use_dpop_nonce";
/// A refusal needs no more words than this, in bytes.
const ERROR_LIMIT: usize = 256 * 1024;
/// Waits shorter than this are not worth telling.
const WORTH_TELLING: Duration = Duration::from_secs(2);

/// What is asked for.
#[derive(Clone)]
pub struct WebRequest {
    /// Where.
    pub url: Url,
    /// What is sent along; only requests that change nothing may have a body, since each may be sent again.
    pub body: WebBody,
    /// Further headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The number of the page, from 1; 0 for what has no pages.
    pub page: u32,
    /// The part of the service whose limit counts.
    pub bucket: &'static str,
    /// Whether the service's token goes along.
    pub with_token: bool,
    /// What makes the proof of possession that goes along without a token.
    pub proof: Option<Proof>,
    /// The permission without which the service says no, in its own words; empty where none has a name.
    pub needs: &'static str,
}

/// What a request carries.
#[derive(Clone)]
pub enum WebBody {
    /// Nothing: a GET.
    None,
    /// JSON: a POST.
    Json(Value),
    /// A form: a POST.
    Form(Vec<(&'static str, String)>),
}

impl std::fmt::Debug for WebBody {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::None => "None",
            Self::Json(_) => "Json(..)",
            Self::Form(_) => "Form(..)",
        })
    }
}

impl WebRequest {
    /// A GET without pages.
    pub fn get(url: Url) -> Self {
        Self {
            url,
            body: WebBody::None,
            headers: Vec::new(),
            page: 0,
            bucket: "",
            with_token: true,
            proof: None,
            needs: "",
        }
    }

    /// A POST; it must be one that changes nothing.
    pub fn post(url: Url, body: WebBody) -> Self {
        Self { body, ..Self::get(url) }
    }

    /// Counts against this bucket's limit.
    #[must_use]
    pub fn bucket(mut self, bucket: &'static str) -> Self {
        self.bucket = bucket;
        self
    }

    /// Needs this permission, which an error names.
    #[must_use]
    pub fn needs(mut self, permission: &'static str) -> Self {
        self.needs = permission;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Carries a proof of possession, made anew for every attempt.
    #[must_use]
    pub fn proof(mut self, proof: Proof) -> Self {
        self.proof = Some(proof);
        self
    }

    /// Goes without the service's token: the request by which a token is got.
    #[must_use]
    pub fn without_token(mut self) -> Self {
        self.with_token = false;
        self
    }
}

/// A complete, successful answer.
#[derive(Debug)]
pub struct Answer<T> {
    /// The body.
    pub value: T,
    /// Its headers.
    pub headers: HeaderMap,
    /// What was asked for.
    pub url: Url,
    /// The number of the page, from 1; 0 for what has no pages.
    pub page: u32,
}

/// One read of a service, with the time it may take.
pub struct WebSession<'a> {
    pub(super) service: &'a WebService,
    pub(super) events: Events<'a>,
    /// Attempts of one request in all.
    pub(super) attempts: u32,
    /// The same where the service asks to slow down.
    pub(super) throttled_attempts: u32,
    pub(super) deadline: Instant,
}

/// A failed attempt and whether another can help.
struct Failed {
    error: WebReadError,
    again: Again,
}

enum Again {
    No,
    After(Option<Duration>),
    /// The service wants it slower: nothing of the bucket goes out meanwhile.
    Slower(Option<Duration>),
    /// The token was refused.
    WithFreshToken,
    /// The proof of possession lacked the nonce that came with the refusal.
    WithNonce,
}

impl<'a> WebSession<'a> {
    /// The service.
    pub fn service(&self) -> &'a WebService {
        self.service
    }

    /// Asks until there is an answer of this shape or the patience is at its end.
    ///
    /// # Errors
    /// [`WebReadError`] of the last attempt.
    pub async fn json<T: DeserializeOwned>(&self, request: &WebRequest) -> Result<Answer<T>, WebReadError> {
        let options = &self.service.options;
        // The request for a token has no place of its own: those that wait for the token may hold them all.
        let _place = match request.with_token {
            true => Some(self.service.places.acquire().await.expect("the places are never closed")),
            false => None,
        };
        let (mut attempt, mut token_renewed, mut nonce_taken) = (1, false, false);
        loop {
            // The token comes first: its own request must not wait for a budget that this one holds.
            let token = match request.with_token {
                true => Some(self.service.tokens.signature(self).await?),
                false => None,
            };
            self.wait_for_turn(request).await?;
            let generation = token.as_ref().map_or(0, |token| token.generation);
            let Failed { error, again } = match self.attempt(request, token).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let (asked, slower) = match again {
                Again::No => return Err(error),
                Again::WithFreshToken if token_renewed || !self.service.tokens.is_renewable() => {
                    return Err(error);
                }
                Again::WithFreshToken => {
                    token_renewed = true;
                    self.service.tokens.refused(generation).await;
                    continue;
                }
                Again::WithNonce if nonce_taken => return Err(error),
                Again::WithNonce => {
                    nonce_taken = true;
                    continue;
                }
                Again::After(asked) => (asked, false),
                Again::Slower(asked) => (asked, true),
            };
            let pause = asked.unwrap_or_else(|| backoff(options.first_pause, attempt));
            let most = if slower { self.throttled_attempts } else { self.attempts };
            if attempt >= most || pause > options.longest_pause {
                return Err(error);
            }
            attempt += 1;
            let pause_here = pause.div_f64(options.speed);
            if slower {
                self.service.budget.hold(request.bucket, pause_here);
            }
            let seconds = pause.as_millis().div_ceil(1000) as u64;
            (self.events)(Event::Waiting { seconds, reason: error.to_string() });
            self.sleep(pause_here, request).await?;
        }
    }

    async fn wait_for_turn(&self, request: &WebRequest) -> Result<(), WebReadError> {
        let options = &self.service.options;
        let mut told = false;
        while let Err(pause) = self.service.budget.take(request.bucket, options.speed) {
            if pause > WORTH_TELLING && !told {
                told = true;
                let reason = format!("the rate limit of {}", options.service);
                let seconds = pause.mul_f64(options.speed).as_secs() + 1;
                (self.events)(Event::Waiting { seconds, reason });
            }
            self.sleep(pause, request).await?;
        }
        Ok(())
    }

    async fn sleep(&self, pause: Duration, request: &WebRequest) -> Result<(), WebReadError> {
        if Instant::now() + pause > self.deadline {
            return Err(self.out_of_time(request));
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }

    fn out_of_time(&self, request: &WebRequest) -> WebReadError {
        WebReadError::TotalTime {
            service: self.service.options.service,
            url: shown(&request.url),
            page: request.page,
            limit: self.service.options.total_limit,
        }
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        request: &WebRequest,
        token: Option<Signature>,
    ) -> Result<Answer<T>, Failed> {
        let taken = Taken { service: self.service, bucket: request.bucket, headers: None };
        let options = &self.service.options;
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Failed { error: self.out_of_time(request), again: Again::No });
        }
        let limit = options.request_limit.min(left);
        let mut builder = self.builder(request).timeout(limit).header(ACCEPT, "application/json");
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let proof = token.as_ref().map_or(&request.proof, |token| &token.proof);
        if let Some(proof) = proof {
            let method = if matches!(request.body, WebBody::None) { "GET" } else { "POST" };
            let nonce = self.service.nonces.last(request.with_token);
            if let Some(proof) = proof(method, &request.url, nonce.as_deref()) {
                builder = builder.header(DPOP, proof);
            }
        }
        let has_proof = proof.is_some();
        if let Some(token) = token {
            builder = builder.header(AUTHORIZATION, token.header);
        }
        self.service.sent.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        let response = builder.send().await.map_err(|error| self.connection(request, limit, error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let mut taken = taken;
        taken.headers = Some(headers.clone());
        self.service.nonces.note(request.with_token, &headers);
        tracing::debug!(
            url = shown(&request.url),
            page = request.page,
            status = status.as_u16(),
            milliseconds = begun.elapsed().as_millis(),
            "asked {}",
            options.service
        );
        if status.is_redirection() {
            let error = self.redirected(request, status.as_u16(), &headers);
            return Err(Failed { error, again: Again::No });
        }
        let size_limit = if status.is_success() { options.size_limit } else { ERROR_LIMIT };
        let body = match http::read_body(response, size_limit).await {
            Ok(body) => body,
            // What is refused without words is refused; but words that were cut may have told what to do.
            Err(BodyError::TooLarge) if !status.is_success() => Vec::new(),
            Err(BodyError::Cut(_)) if status.is_server_error() || status.as_u16() == 429 => Vec::new(),
            Err(BodyError::Cut(error)) => return Err(self.connection(request, limit, error)),
            Err(BodyError::TooLarge) => {
                let (service, url) = (options.service, shown(&request.url));
                let error = WebReadError::TooLarge { service, url, page: request.page, limit: size_limit };
                return Err(Failed { error, again: Again::No });
            }
        };
        if !status.is_success() {
            return Err(self.refusal(request, status.as_u16(), &headers, &body, has_proof));
        }
        match serde_json::from_slice(&body) {
            Ok(value) => Ok(Answer { value, headers, url: request.url.clone(), page: request.page }),
            Err(error) => {
                Err(Failed { error: self.malformed(request, reason_of(&error)), again: Again::After(None) })
            }
        }
    }

    fn builder(&self, request: &WebRequest) -> RequestBuilder {
        let client = &self.service.client;
        match &request.body {
            WebBody::None => client.request(Method::GET, request.url.clone()),
            WebBody::Json(json) => client.request(Method::POST, request.url.clone()).json(json),
            WebBody::Form(fields) => client.request(Method::POST, request.url.clone()).form(fields),
        }
    }

    fn refusal(
        &self,
        request: &WebRequest,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
        has_proof: bool,
    ) -> Failed {
        let options = &self.service.options;
        let (code, message) = words(body);
        let asked = http::retry_after(headers, jiff::Timestamp::now());
        let again = if status == 429 || (options.throttled)(status, &code) {
            Again::Slower(asked.or_else(|| self.service.budget.reset_after(headers)))
        } else if status >= 500 {
            Again::After(asked)
        } else if has_proof && wants_nonce(headers, &code) {
            Again::WithNonce
        } else if status == 401 && request.with_token {
            Again::WithFreshToken
        } else {
            Again::No
        };
        let (service, url) = (options.service, shown(&request.url));
        Failed {
            error: WebReadError::Refused {
                service,
                url,
                page: request.page,
                status,
                code,
                message,
                needs: request.needs,
            },
            again,
        }
    }

    fn connection(&self, request: &WebRequest, limit: Duration, error: reqwest::Error) -> Failed {
        let source = error.without_url();
        let (service, url, page) = (self.service.options.service, shown(&request.url), request.page);
        if source.is_builder() {
            let reason = "the request cannot be written".to_owned();
            let error = WebReadError::Malformed { service, url, page, reason };
            return Failed { error, again: Again::No };
        }
        match http::cause(&source) {
            Cause::Certificate(reason) => {
                let error =
                    WebReadError::Connection { service, url, page, reason, certificate: true, source };
                Failed { error, again: Again::No }
            }
            Cause::Other(_) if source.is_timeout() && Instant::now() >= self.deadline => {
                Failed { error: self.out_of_time(request), again: Again::No }
            }
            Cause::Other(_) if source.is_timeout() && source.is_connect() => {
                let limit = self.service.options.connect_limit;
                let error = WebReadError::Unconnected { service, url, limit };
                Failed { error, again: Again::After(None) }
            }
            Cause::Other(_) if source.is_timeout() => {
                let error = WebReadError::Timeout { service, url, page, limit };
                Failed { error, again: Again::After(None) }
            }
            Cause::Other(reason) => {
                let error =
                    WebReadError::Connection { service, url, page, reason, certificate: false, source };
                Failed { error, again: Again::After(None) }
            }
        }
    }

    fn redirected(&self, request: &WebRequest, status: u16, headers: &HeaderMap) -> WebReadError {
        let location = headers.get(LOCATION).and_then(|location| location.to_str().ok()).unwrap_or_default();
        WebReadError::Redirected {
            service: self.service.options.service,
            url: shown(&request.url),
            status,
            location: location.split(['?', '#']).next().unwrap_or_default().to_owned(),
        }
    }

    /// An answer that is not what the service's description says.
    pub fn malformed(&self, request: &WebRequest, reason: String) -> WebReadError {
        let (service, url) = (self.service.options.service, shown(&request.url));
        WebReadError::Malformed { service, url, page: request.page, reason }
    }
}

/// A place in the budget; it is given back also when the request is dropped.
struct Taken<'a> {
    service: &'a WebService,
    bucket: &'static str,
    headers: Option<HeaderMap>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.service.budget.ended(self.bucket, self.headers.as_ref(), self.service.options.speed);
    }
}

/// Whether a refusal asks for a proof of possession with the nonce that it brings along: a token endpoint says so in the
/// body, anything else in a header (RFC 9449, sections 8 and 9).
fn wants_nonce(headers: &HeaderMap, code: &str) -> bool {
    let challenge = |it: &HeaderValue| it.to_str().is_ok_and(|it| it.contains(NONCE_WANTED));
    code == NONCE_WANTED || headers.get_all(WWW_AUTHENTICATE).iter().any(challenge)
}

fn backoff(first: Duration, attempt: u32) -> Duration {
    let chance = getrandom::u32().map_or(0.0, |random| f64::from(random) / f64::from(u32::MAX));
    first.saturating_mul(1 << (attempt - 1).min(8)).mul_f64(1.0 + chance / 4.0)
}

/// What is wrong with JSON, without the values in it: they are people's.
fn reason_of(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Data => "it is JSON of another shape",
        _ => "it is no JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

/// The error code and the words of a refusal, in any of the shapes that the services use.
fn words(body: &[u8]) -> (String, String) {
    let Ok(json) = serde_json::from_slice::<Value>(body) else { return Default::default() };
    let first = |paths: &[&str]| {
        let found = paths.iter().find_map(|path| match json.pointer(path)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        found.unwrap_or_default().chars().take(500).collect::<String>()
    };
    let code =
        first(&["/errorCode", "/error/errors/0/reason", "/error/code", "/error", "/status/type", "/name"]);
    let message =
        first(&["/errorSummary", "/error/message", "/error_description", "/status/message", "/message"]);
    (code, message)
}
