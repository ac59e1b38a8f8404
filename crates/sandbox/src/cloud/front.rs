//! What every stand-in for a service in the cloud has before its own doors: a port, a log, faults, slowness, compression.

use crate::faults::{self, Faults};
use crate::host::Host;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The part of a stand-in that knows nothing of its service.
pub(super) struct Front {
    /// Without a slash at the end.
    pub(super) url: String,
    pub(super) faults: Faults,
    latency: Duration,
    requests: Mutex<Vec<String>>,
    traffic: Mutex<Traffic>,
}

/// How the requests came, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// How many are being answered.
    pub at_once: usize,
    /// The most that were being answered at one time.
    pub most_at_once: usize,
    /// How many came by HTTP/2.
    pub http2: usize,
    /// How many answers left compressed.
    pub compressed: usize,
}

impl Front {
    /// Takes a port on the loopback address that the system chooses.
    pub(super) fn bind(latency: Duration) -> io::Result<(TcpListener, Arc<Self>)> {
        let listener = Host::bind(0)?;
        let url = format!("http://{}", listener.local_addr()?);
        let faults = Faults::new();
        let front = Self { url, faults, latency, requests: Mutex::default(), traffic: Mutex::default() };
        Ok((listener, Arc::new(front)))
    }

    /// Serves: each request is noted, waits, meets its faults and is handled; what is handled is compressed where the
    /// client accepts it.
    pub(super) fn serve(
        self: &Arc<Self>,
        listener: TcpListener,
        name: &str,
        router: Router,
    ) -> io::Result<Host> {
        let router = router
            .layer(middleware::from_fn_with_state(Arc::clone(self), compress))
            .layer(middleware::from_fn_with_state(self.faults.clone(), faults::apply))
            .layer(middleware::from_fn_with_state(Arc::clone(self), note));
        Host::serve(listener, name, router)
    }

    /// Paths with queries in the order of arrival.
    pub(super) fn requests(&self) -> Vec<String> {
        lock(&self.requests).clone()
    }

    pub(super) fn forget_requests(&self) {
        lock(&self.requests).clear();
    }

    pub(super) fn traffic(&self) -> Traffic {
        *lock(&self.traffic)
    }
}

async fn note(State(front): State<Arc<Front>>, request: Request, next: Next) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    lock(&front.requests).push(path);
    let _counted = Counted::new(&front, request.version());
    if !front.latency.is_zero() {
        tokio::time::sleep(front.latency).await;
    }
    next.run(request).await
}

/// A request that is being answered; it also ends when the client leaves.
struct Counted<'f>(&'f Front);

impl<'f> Counted<'f> {
    fn new(front: &'f Front, version: Version) -> Self {
        let mut traffic = lock(&front.traffic);
        traffic.at_once += 1;
        traffic.most_at_once = traffic.most_at_once.max(traffic.at_once);
        traffic.http2 += usize::from(version == Version::HTTP_2);
        Self(front)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        lock(&self.0.traffic).at_once -= 1;
    }
}

async fn compress(State(front): State<Arc<Front>>, request: Request, next: Next) -> Response {
    let accepted = request.headers().get(header::ACCEPT_ENCODING).and_then(|it| it.to_str().ok());
    let wanted = accepted.is_some_and(|it| it.split(',').any(|it| it.trim().starts_with("gzip")));
    let response = next.run(request).await;
    if !wanted {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let packed = match to_bytes(body, usize::MAX).await {
        Ok(plain) => gzip(&plain),
        Err(_) => None,
    };
    let Some(packed) = packed else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    lock(&front.traffic).compressed += 1;
    Response::from_parts(parts, Body::from(packed))
}

fn gzip(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).ok()?;
    Some(encoder.finish().ok()?.into())
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
