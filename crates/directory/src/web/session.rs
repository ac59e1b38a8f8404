//! One read of a service: requests that wait for their turn, are tried again where that helps, and fail with a name.

use super::WebService;
use super::cause::ServiceCause;
use super::error::{WebReadError, shown};
use super::request::{Answer, WebBody, WebRequest};
use super::signature::Signature;
use bwdc_base::clock::Clock;
use bwdc_base::event::{Awaited, Event, Events};
use bwdc_base::http::{self, Again, Attempts, Body, Call, Repeat, RetryPolicy, TransportError};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Header of proofs of possession, and the error of one without the nonce that is wanted (RFC 9449, sections 4.1 and 8).
const DPOP: &str = "DPoP";
const NONCE_WANTED: &str = "use_dpop_nonce";
/// Waits shorter than this are not worth telling.
const WORTH_TELLING: Duration = Duration::from_secs(2);

/// One read of a service, with the time it may take.
pub struct WebSession<'a> {
    pub(super) service: &'a WebService,
    pub(super) events: Events<'a>,
    pub(super) retry: RetryPolicy,
    pub(super) deadline: Instant,
}

/// A failed attempt and what can help.
struct Failed {
    error: WebReadError,
    cure: Cure,
}

enum Cure {
    /// Time, if anything.
    Again(Again),
    /// Another token: this one was refused.
    FreshToken,
    /// The nonce that came with the refusal, which the proof of possession lacked.
    Nonce,
}

impl<'a> WebSession<'a> {
    /// The time by which tokens are judged.
    pub fn clock(&self) -> Clock {
        self.service.options.clock
    }

    /// The service.
    pub fn service(&self) -> &'a WebService {
        self.service
    }

    /// Asks until there is an answer of this shape or no attempt is left.
    ///
    /// # Errors
    /// [`WebReadError`] of the last attempt.
    pub async fn json<T: DeserializeOwned>(&self, request: &WebRequest) -> Result<Answer<T>, WebReadError> {
        // The request for a token has no place of its own: those that wait for the token may hold them all.
        let _place = match request.with_token {
            true => Some(self.service.places.acquire().await.expect("the places are never closed")),
            false => None,
        };
        let mut attempts = Attempts::new(self.retry);
        let (mut token_tried, mut nonce_taken) = (false, false);
        loop {
            // The token comes first: its own request must not wait for a budget that this one holds.
            let token = match request.with_token {
                true => Some(self.service.tokens.signature(self).await?),
                false => None,
            };
            self.wait_for_turn(request).await?;
            let generation = token.as_ref().map_or(0, |token| token.generation);
            let Failed { error, cure } = match self.attempt(request, token).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            match cure {
                Cure::FreshToken if !token_tried && self.service.tokens.is_renewable() => {
                    token_tried = true;
                    self.service.tokens.refused(generation).await;
                }
                // A token that stays the same and was good a moment ago: services err.
                Cure::FreshToken if !token_tried && self.service.tokens.was_accepted() => {
                    token_tried = true;
                    let again = Again::After(None);
                    let Some(pause) = attempts.next(again) else { return Err(error) };
                    self.pause(pause, again, &error, request).await?;
                }
                Cure::Nonce if !nonce_taken => nonce_taken = true,
                Cure::FreshToken | Cure::Nonce => return Err(error),
                Cure::Again(again) => {
                    let Some(pause) = attempts.next(again) else { return Err(error) };
                    self.pause(pause, again, &error, request).await?;
                }
            }
        }
    }

    /// Has the next request get a token of its own, where another one can be had.
    pub async fn renew_token(&self) {
        self.service.tokens.renew().await;
    }

    async fn pause(
        &self,
        pause: Duration,
        again: Again,
        because: &WebReadError,
        request: &WebRequest,
    ) -> Result<(), WebReadError> {
        let real = self.retry.real(pause);
        if matches!(again, Again::Slower(_)) {
            // Nothing of the bucket goes out meanwhile.
            self.service.budget.hold(request.bucket, real);
        }
        let seconds = pause.as_millis().div_ceil(1000) as u64;
        let reason = match again {
            Again::Slower(_) => Awaited::Patience { of: self.service.options.service.to_string() },
            _ => Awaited::Failed { error: because.to_string() },
        };
        (self.events)(Event::Waiting { seconds, reason });
        self.sleep(real, request).await
    }

    async fn wait_for_turn(&self, request: &WebRequest) -> Result<(), WebReadError> {
        let options = &self.service.options;
        let mut told = false;
        while let Err(pause) = self.service.budget.take(request.bucket, self.retry.speed) {
            if pause > WORTH_TELLING && !told {
                told = true;
                let reason = Awaited::RateLimit { service: options.service.to_string() };
                let seconds = pause.mul_f64(self.retry.speed).as_secs() + 1;
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
        let mut taken = Taken { service: self.service, bucket: request.bucket, headers: None };
        let options = &self.service.options;
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(hopeless(self.out_of_time(request)));
        }
        let call = call(request, options.request_limit.min(left), options.size_limit);
        let proof = token.as_ref().map_or(&request.proof, |token| &token.proof).clone();
        let mut signed = HeaderMap::new();
        if let Some(proof) = &proof {
            let nonce = self.service.nonces.last(request.with_token);
            if let Some(proof) = proof(call.method.as_str(), &request.url, nonce.as_deref()) {
                signed.insert(DPOP, proof);
            }
        }
        if let Some(token) = token {
            signed.insert(AUTHORIZATION, token.header);
        }
        self.service.sent.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        let answered = |status: u16, headers: &HeaderMap| {
            taken.headers = Some(headers.clone());
            self.service.nonces.note(request.with_token, headers);
            tracing::debug!(
                url = shown(&request.url),
                page = request.page,
                status,
                milliseconds = begun.elapsed().as_millis(),
                "asked {}",
                options.service
            );
        };
        let answer = self.service.exchange.send(&call, signed, answered).await;
        let answer = answer.map_err(|error| self.no_answer(request, &call, error))?;
        if !answer.is_success() {
            return Err(self.refusal(request, call.repeat, &answer, proof.is_some()));
        }
        if request.with_token {
            self.service.tokens.accepted();
        }
        match serde_json::from_slice(&answer.body) {
            Ok(value) => {
                Ok(Answer { value, headers: answer.headers, url: request.url.clone(), page: request.page })
            }
            Err(error) => Err(Failed {
                error: self.malformed(request, reason_of(&answer.body, &error)),
                cure: Cure::Again(Again::After(None)),
            }),
        }
    }

    fn refusal(
        &self,
        request: &WebRequest,
        repeat: Repeat,
        answer: &http::Answer,
        has_proof: bool,
    ) -> Failed {
        let options = &self.service.options;
        let (code, message) = words(&answer.body);
        let status = answer.status;
        let asked = http::retry_after(&answer.headers);
        let again = match Again::after_status(repeat, status, asked) {
            Again::No if (options.throttled)(status, &code) => Again::Slower(asked),
            again => again,
        };
        let cure = match again {
            Again::Slower(None) => {
                Cure::Again(Again::Slower(self.service.budget.reset_after(&answer.headers)))
            }
            Again::No if has_proof && wants_nonce(&answer.headers, &code) => Cure::Nonce,
            Again::No if status == 401 && request.with_token => Cure::FreshToken,
            again => Cure::Again(again),
        };
        let cause = match is_page(&answer.body) {
            true => ServiceCause::WebPage,
            false => (options.cause)(status, &code, &message),
        };
        let error = WebReadError::Refused {
            service: options.service,
            url: shown(&request.url),
            page: request.page,
            status,
            code,
            message,
            needs: request.needs,
            cause,
        };
        Failed { error, cure }
    }

    fn no_answer(&self, request: &WebRequest, call: &Call, error: TransportError) -> Failed {
        if matches!(error, TransportError::Timeout { .. }) && Instant::now() >= self.deadline {
            return hopeless(self.out_of_time(request));
        }
        let cure = Cure::Again(Again::after_error(call.repeat, &error));
        let (service, page) = (self.service.options.service, request.page);
        Failed { error: WebReadError::Transport { service, page, error }, cure }
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
        self.service.budget.ended(self.bucket, self.headers.as_ref(), self.service.options.retry.speed);
    }
}

/// Whether a refusal asks for a proof of possession with the nonce that it brings along: a token endpoint says so in the
/// body, anything else in a header (RFC 9449, sections 8 and 9).
fn wants_nonce(headers: &HeaderMap, code: &str) -> bool {
    let challenge = |it: &HeaderValue| it.to_str().is_ok_and(|it| it.contains(NONCE_WANTED));
    code == NONCE_WANTED || headers.get_all(WWW_AUTHENTICATE).iter().any(challenge)
}

/// The request as it is sent, in so much time at most.
fn call(request: &WebRequest, time_limit: Duration, size_limit: usize) -> Call {
    let (method, body) = match &request.body {
        WebBody::None => (Method::GET, Body::None),
        WebBody::Json(json) => (Method::POST, Body::Json(json.to_string().into_bytes())),
        WebBody::Form(fields) => (Method::POST, Body::Form(fields.clone())),
    };
    Call {
        method,
        url: request.url.to_string(),
        body,
        headers: HeaderMap::from_iter(request.headers.iter().cloned()),
        repeat: if request.with_token { Repeat::Read } else { Repeat::Token },
        time_limit,
        size_limit,
    }
}

/// Nothing can help.
fn hopeless(error: WebReadError) -> Failed {
    Failed { error, cure: Cure::Again(Again::No) }
}

/// What is wrong with JSON, without the values in it: they are people's.
fn reason_of(body: &[u8], error: &serde_json::Error) -> String {
    if is_page(body) {
        return "it is a web page".to_owned();
    }
    let what = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Data => "it is JSON of another shape",
        _ => "it is no JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

/// Whether a body is a web page, which no service gives a program.
fn is_page(body: &[u8]) -> bool {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start().starts_with(b"<")
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
    let message = first(&[
        "/errorSummary",
        "/error/message",
        "/error_description",
        "/status/message",
        "/message",
        "/description",
    ]);
    (code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_page_is_told_from_json_and_from_words() {
        for page in
            ["<!DOCTYPE html>", " \r\n<html><body>Blocked</body></html>", "\u{feff}<?xml version='1.0'?>"]
        {
            assert!(is_page(page.as_bytes()), "{page}");
            let error = serde_json::from_str::<Value>(page).expect_err("no JSON");
            assert_eq!(reason_of(page.as_bytes(), &error), "it is a web page");
        }
        for other in ["", "{}", "[]", "Forbidden", "{\"error\":\"<b>\"}"] {
            assert!(!is_page(other.as_bytes()), "{other}");
        }
    }
}
