//! What every stand-in for a service in the cloud has before its own doors: a port, a log, faults, slowness.

use crate::faults::{self, Faults};
use crate::host::Host;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use std::io;
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
}

impl Front {
    /// Takes a port on the loopback address that the system chooses.
    pub(super) fn bind(latency: Duration) -> io::Result<(TcpListener, Arc<Self>)> {
        let listener = Host::bind(0)?;
        let url = format!("http://{}", listener.local_addr()?);
        let front = Self { url, faults: Faults::new(), latency, requests: Mutex::default() };
        Ok((listener, Arc::new(front)))
    }

    /// Serves: each request is noted, waits, meets its faults and is handled.
    pub(super) fn serve(
        self: &Arc<Self>,
        listener: TcpListener,
        name: &str,
        router: Router,
    ) -> io::Result<Host> {
        let router = router
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
}

async fn note(State(front): State<Arc<Front>>, request: Request, next: Next) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    lock(&front.requests).push(path);
    if !front.latency.is_zero() {
        tokio::time::sleep(front.latency).await;
    }
    next.run(request).await
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
