//! The address at which monitoring looks: `/healthz`, `/readyz` and `/metrics`.
//!
//! Off unless a setting names an address. Whoever asks gets numbers: no names, no addresses, no errors in words. Beyond this machine,
//! the numbers are given for a token only.

use super::Host;
use super::duty::{Duty, Mark};
use super::metrics;
use crate::clock::Clock;
use crate::paths::ProcessEnvironment;
use crate::secrets::from_outside;
use crate::status::Health;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::serve::Listener;
use bwdc_core::settings::listen_address;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Sleep, timeout};

/// The name of the token, which comes from outside as those of notifications do.
const TOKEN: &str = "service.metrics-token";

/// Connections at a time.
const MOST: usize = 32;
/// How long a connection may stay.
const LONGEST: Duration = Duration::from_secs(10);
/// How long the service may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How old an answer may be: whoever asks, and how often, costs a look at some files, not a read of the ledgers.
const READY_FOR: Duration = Duration::from_secs(10);
const METRICS_FOR: Duration = Duration::from_secs(1);
/// The content type of the format.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Why the address cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// It is no address.
    #[error("`{address}` is not an address of this machine with a port")]
    Address {
        /// What is set.
        address: String,
    },
    /// Others than this machine could read it, and no token is given.
    #[error("`{address}` can be reached from other machines, and no token is given")]
    TokenMissing {
        /// What is set.
        address: SocketAddr,
    },
    /// A token is given and cannot be read.
    #[error("the token cannot be read: {reason}")]
    Token {
        /// Why.
        reason: String,
    },
    /// The operating system does not give it.
    #[error("`{address}` cannot be listened at")]
    Listen {
        /// What is set.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

#[derive(Clone, Copy)]
enum Page {
    Health,
    Ready,
    Metrics,
}

type Question = (Page, oneshot::Sender<(StatusCode, String)>);

/// An address that answers.
pub(super) struct Endpoint {
    questions: mpsc::Receiver<Question>,
    server: tokio::task::AbortHandle,
    address: SocketAddr,
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[derive(Clone)]
struct Desk {
    ask: mpsc::Sender<Question>,
    token: Option<Arc<SecretString>>,
}

/// Begins to answer at an address: `9464` means that port of the loopback address.
pub(super) async fn open(environment: &ProcessEnvironment, text: &str) -> Result<Endpoint, EndpointError> {
    let address = listen_address(text).ok_or_else(|| EndpointError::Address { address: text.to_owned() })?;
    let token = from_outside(environment, TOKEN).map_err(|reason| EndpointError::Token { reason })?;
    if token.is_none() && !address.ip().is_loopback() {
        return Err(EndpointError::TokenMissing { address });
    }
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|source| EndpointError::Listen { address, source })?;
    let address = listener.local_addr().unwrap_or(address);
    let (ask, questions) = mpsc::channel(MOST);
    let router = Router::new()
        .route("/healthz", get(|desk: State<Desk>| async move { desk.0.answer(Page::Health).await }))
        .route("/readyz", get(|desk: State<Desk>| async move { desk.0.answer(Page::Ready).await }))
        .route("/metrics", get(metrics_page))
        .with_state(Desk { ask, token: token.map(Arc::new) });
    let few = Few { listener, places: Arc::new(Semaphore::new(MOST)) };
    let server = tokio::spawn(axum::serve(few, router).into_future());
    Ok(Endpoint { questions, server: server.abort_handle(), address })
}

async fn metrics_page(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    if desk.token.as_ref().is_some_and(|token| !carries(&headers, token)) {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response();
    }
    desk.answer(Page::Metrics).await
}

/// Compares digests: how long that takes tells nothing of the token.
fn carries(headers: &HeaderMap, token: &SecretString) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|it| it.as_bytes().strip_prefix(b"Bearer "));
    given.is_some_and(|given| Sha256::digest(given) == Sha256::digest(token.expose_secret()))
}

impl Desk {
    async fn answer(&self, page: Page) -> Response {
        let (reply, answer) = oneshot::channel();
        // A service that ends, or is too busy, answers nobody.
        let asked = self.ask.try_send((page, reply)).is_ok();
        match timeout(PATIENCE, answer).await {
            Ok(Ok((status, text))) if asked => {
                (status, [(header::CONTENT_TYPE, FORMAT)], text).into_response()
            }
            _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}

impl Endpoint {
    /// Where it answers.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers for as long as it is awaited.
    pub(super) async fn serve(&mut self, duties: &[Duty<'_>], clock: Clock, host: &dyn Host) {
        let (mut is_ready, mut scrape) = (Remembered::within(READY_FOR), Remembered::within(METRICS_FOR));
        while let Some((page, reply)) = self.questions.recv().await {
            let marks = || duties.iter().map(Duty::mark).collect();
            let answer = match page {
                Page::Health => (StatusCode::OK, "ok\n".to_owned()),
                Page::Ready => is_ready.or_new(marks(), || ready(duties, clock)),
                Page::Metrics => scrape.or_new(marks(), || {
                    let scraped: Vec<_> = duties.iter().map(Duty::scraped).collect();
                    (StatusCode::OK, metrics::text(&scraped, clock.now(), &|it| host.metric(it)))
                }),
            };
            // Whoever asked may have gone.
            let _ = reply.send(answer);
        }
        std::future::pending::<()>().await;
    }
}

type Answer = (StatusCode, String);

/// An answer that counts for a while, unless what it is made of has changed.
struct Remembered {
    longest: Duration,
    last: Option<(Vec<Mark>, Instant, Answer)>,
}

impl Remembered {
    fn within(longest: Duration) -> Self {
        Self { longest, last: None }
    }

    fn or_new(&mut self, marks: Vec<Mark>, new: impl FnOnce() -> Answer) -> Answer {
        match &self.last {
            Some((of, at, answer)) if *of == marks && at.elapsed() < self.longest => answer.clone(),
            _ => {
                let answer = new();
                self.last = Some((marks, Instant::now(), answer.clone()));
                answer
            }
        }
    }
}

/// Ready is a service that can read what it works with, whatever its runs come to.
fn ready(duties: &[Duty<'_>], clock: Clock) -> (StatusCode, String) {
    let now = clock.now();
    let unknown = |it: &Duty<'_>| it.status().map_or(Health::Unknown, |it| it.health(now)) == Health::Unknown;
    match duties.iter().any(unknown) {
        true => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n".to_owned()),
        false => (StatusCode::OK, "ready\n".to_owned()),
    }
}

/// A listener with few connections at a time, each for a short while.
struct Few {
    listener: TcpListener,
    places: Arc<Semaphore>,
}

impl Listener for Few {
    type Io = Short;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Short, SocketAddr) {
        loop {
            let place = Arc::clone(&self.places).acquire_owned().await;
            match (place, self.listener.accept().await) {
                (Ok(place), Ok((stream, address))) => {
                    let end = Box::pin(tokio::time::sleep(LONGEST));
                    return (Short { stream, end, _place: place }, address);
                }
                // Out of file descriptors, for example: those in use come free.
                _ => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends in time.
struct Short {
    stream: TcpStream,
    end: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
}

impl Short {
    fn is_late(&mut self, context: &mut Context<'_>) -> Result<(), io::Error> {
        match self.end.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Short {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.is_late(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Short {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.is_late(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_again_gets_the_same_answer_until_something_changes() {
        let mut remembered = Remembered::within(Duration::from_secs(600));
        let mut made = 0;
        let mut ask = |unrecorded| {
            remembered.or_new(vec![Mark { files: [None; 4], unrecorded }], || {
                made += 1;
                (StatusCode::OK, made.to_string())
            })
        };
        let answers = [ask(0), ask(0), ask(1), ask(1)].map(|it| it.1);
        assert_eq!(answers, ["1", "1", "2", "2"]);
        let mut short = Remembered::within(Duration::ZERO);
        let text = |text: &str| (StatusCode::OK, text.to_owned());
        assert_eq!(short.or_new(Vec::new(), || text("a")).1, "a");
        assert_eq!(short.or_new(Vec::new(), || text("b")).1, "b");
    }

    #[test]
    fn a_token_is_compared_whole() {
        let token = SecretString::from("s3cr3t");
        let with = |value: &'static str| {
            HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().expect("a header"))])
        };
        assert!(carries(&with("Bearer s3cr3t"), &token));
        assert!(!carries(&with("Bearer s3cr3"), &token) && !carries(&with("s3cr3t"), &token));
        assert!(!carries(&HeaderMap::new(), &token));
    }
}
