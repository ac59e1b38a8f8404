//! How the organization's server is asked: with the headers of the official connector, a token, and the policy of retries.

use super::error::OrganizationError;
use super::run_time::RunTime;
use super::timeouts::Timeouts;
use super::token::AccessToken;
use crate::clock::Clock;
use crate::event::{Awaited, Event, Events};
use crate::http::{
    Again, Answer, Attempts, Body, BodyError, Call, Exchange, Reply, RetryPolicy, Sent, TransportError,
    describe_status, read_body, retry_after,
};
use crate::lease::Lease;
use reqwest::Response;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const DEVICE_TYPE: HeaderName = HeaderName::from_static("device-type");
const CLIENT_NAME: HeaderName = HeaderName::from_static("bitwarden-client-name");
const CLIENT_VERSION: HeaderName = HeaderName::from_static("bitwarden-client-version");

/// The connector release whose requests these are: servers compare this header with the official numbers, among which
/// our own would look older than any. Our own version is in the user agent.
const COMPATIBLE_VERSION: HeaderValue = HeaderValue::from_static("2026.6.1");

/// The official number of the device type, and the name that goes with it.
pub(super) const DEVICE: (&str, &str) = if cfg!(windows) {
    ("6", "windows")
} else if cfg!(target_os = "macos") {
    ("7", "macos")
} else {
    ("8", "linux")
};

/// A failed exchange.
pub(super) struct Failure {
    pub(super) error: OrganizationError,
    /// Whether the server can have received the request.
    pub(super) sent: Sent,
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        Self { sent: error.sent(), error: error.into() }
    }
}

/// Pauses of all requests together, those at the same time counted each: a server that asks every request to wait would hold a
/// run, and its locks, for days.
const ALL_PAUSES: Duration = Duration::from_secs(2 * 60 * 60);

/// The client with its limits.
pub(super) struct Transport {
    pub(super) exchange: Exchange,
    pub(super) timeouts: Timeouts,
    pub(super) retry: RetryPolicy,
    pub(super) clock: Clock,
    /// In milliseconds.
    pub(super) paused: AtomicU64,
    pub(super) run_time: RunTime,
    /// By which only one of several machines is at work; None: this one is alone.
    pub(super) lease: Option<Arc<Lease>>,
}

impl Transport {
    /// With the usual limits.
    pub(super) fn new(exchange: Exchange) -> Self {
        Self {
            exchange,
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            clock: Clock::System,
            paused: AtomicU64::new(0),
            run_time: RunTime::default(),
            lease: None,
        }
    }

    /// Whether there is time left for another pause.
    fn may_pause(&self, pause: Duration) -> bool {
        let pause = pause.as_millis() as u64;
        let before = self.paused.fetch_add(pause, Ordering::Relaxed);
        before.saturating_add(pause) <= ALL_PAUSES.as_millis() as u64
    }

    /// Sends a request until there is an answer or no attempt is left; the last answer counts, whatever it says.
    pub(super) async fn exchange(
        &self,
        call: &Call,
        token: Option<&AccessToken>,
        events: Events<'_>,
    ) -> Result<Answer, Failure> {
        let read = async |response| read_body(response, call.size_limit).await;
        Ok(match self.exchange_and_read(call, token, events, read).await? {
            Reply::Success(answer) | Reply::Refused(answer) => answer,
        })
    }

    /// As [`Transport::exchange`]; the body of a success is read by `read`.
    pub(super) async fn exchange_and_read<B>(
        &self,
        call: &Call,
        token: Option<&AccessToken>,
        events: Events<'_>,
        read: impl AsyncFn(Response) -> Result<B, BodyError>,
    ) -> Result<Reply<B>, Failure> {
        let headers = headers(call, token)?;
        let mut attempts = Attempts::new(self.retry);
        loop {
            let begun = self.run_time.begin(call, &self.timeouts);
            begun.map_err(|error| Failure { error, sent: Sent::CertainlyNot })?;
            if let Some(lease) = &self.lease {
                let expected = lease.expect();
                expected.map_err(|error| Failure { error: error.into(), sent: Sent::CertainlyNot })?;
            }
            let (begun, mut status) = (Instant::now(), None);
            let answered = |answered, _: &HeaderMap| status = Some(answered);
            let outcome = self.exchange.send_and_read(call, headers.clone(), answered, &read).await;
            self.run_time.end(call, begun.elapsed());
            tracing::debug!(
                method = %call.method,
                url = call.url,
                status,
                milliseconds = begun.elapsed().as_millis(),
                "asked the organization's server"
            );
            let (again, reason) = verdict(call, &outcome);
            let pause = attempts.next(again).filter(|it| self.may_pause(*it));
            let (Some(pause), Some(reason)) = (pause, reason) else { return Ok(outcome?) };
            events(Event::Waiting { seconds: pause.as_millis().div_ceil(1000) as u64, reason });
            tokio::time::sleep(self.retry.real(pause)).await;
        }
    }
}

fn headers(call: &Call, token: Option<&AccessToken>) -> Result<HeaderMap, TransportError> {
    let mut headers = HeaderMap::from_iter([
        (DEVICE_TYPE, HeaderValue::from_static(DEVICE.0)),
        (CLIENT_NAME, HeaderValue::from_static("connector")),
        (CLIENT_VERSION, COMPATIBLE_VERSION),
    ]);
    if matches!(call.body, Body::Json(_)) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    }
    if let Some(token) = token {
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.secret().expose_secret()))
            .map_err(|_| TransportError::Address { url: call.url.clone() })?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

/// Whether to try again, and what is waited for.
fn verdict<B>(call: &Call, outcome: &Result<Reply<B>, TransportError>) -> (Again, Option<Awaited>) {
    match outcome {
        Ok(Reply::Success(_)) => (Again::No, None),
        Ok(Reply::Refused(answer)) => {
            let asked = retry_after(&answer.headers);
            let reason = match answer.status {
                429 => Awaited::Patience { of: call.url.clone() },
                status => Awaited::Answered { url: call.url.clone(), status: describe_status(status) },
            };
            (Again::after_status(call.repeat, answer.status, asked), Some(reason))
        }
        Err(error) => {
            (Again::after_error(call.repeat, error), Some(Awaited::Failed { error: error.to_string() }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{ClientOptions, ProxyChoice, Repeat};
    use reqwest::Method;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    /// A server that answers each request after this time.
    fn slow_server(after: Duration) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/config", listener.local_addr().expect("bound"));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let _ = stream.read(&mut [0; 4096]);
                std::thread::sleep(after);
                let _ =
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
            }
        });
        url
    }

    #[tokio::test]
    async fn the_time_of_each_answer_counts_and_when_it_is_used_up_nothing_is_sent() {
        let options = ClientOptions { proxy: ProxyChoice::Direct, ..ClientOptions::default() };
        let transport = Transport::new(Exchange::new(&options).expect("a client"));
        let after = Duration::from_millis(60);
        let call = Call {
            method: Method::GET,
            url: slow_server(after),
            body: Body::None,
            headers: HeaderMap::new(),
            repeat: Repeat::Read,
            time_limit: transport.timeouts.answer,
            size_limit: 100,
        };
        for count in 1..=2 {
            let answer = transport.exchange(&call, None, &|_| ()).await;
            assert!(answer.is_ok_and(|it| it.is_success()));
            assert!(transport.run_time.reading() >= after * count);
        }
        transport.run_time.end(&call, Duration::from_secs(24 * 60 * 60));
        let Err(Failure { error, sent }) = transport.exchange(&call, None, &|_| ()).await else {
            panic!("a day is too long")
        };
        assert!(matches!(error, OrganizationError::TooSlow { requests: 2, .. }), "{error}");
        assert_eq!(sent, Sent::CertainlyNot);
    }
}
