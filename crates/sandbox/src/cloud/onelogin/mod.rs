//! A stand-in for OneLogin: the second version of its API with cursors and totals in headers, the first with links in
//! the body, tokens for client credentials, and the hourly limit.

mod answer;
mod list;
mod tenant;

pub use tenant::{Role, Tenant, User};

use super::front::{Front, Traffic, lock};
use crate::faults::Faults;
use crate::host::Host;
use axum::Router;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What the service is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The id of the API credential.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// How long a token is accepted, in real time.
    pub token_lifetime: Duration,
    /// Requests of one window.
    pub limit: u32,
    /// Whether every answer tells the limit in its headers; else only `/auth/rate_limit` does.
    pub limit_in_headers: bool,
    /// How long a window lasts, by the service's clock.
    pub window: Duration,
    /// How many seconds of the service's clock pass in one real second.
    pub speed: f64,
    /// How long each answer takes, in real time.
    pub latency: Duration,
    /// Who is there.
    pub tenant: Tenant,
}

impl Options {
    /// A tenant with OneLogin's limit of 5,000 requests in an hour.
    pub fn new(tenant: Tenant) -> Self {
        Self {
            client_id: "sandbox-onelogin-client".to_owned(),
            client_secret: "sandbox-onelogin-secret".to_owned(),
            token_lifetime: Duration::from_secs(36_000),
            limit: 5_000,
            limit_in_headers: true,
            window: Duration::from_secs(3_600),
            speed: 1.0,
            latency: Duration::ZERO,
            tenant,
        }
    }
}

/// A running service; dropping it stops it.
pub struct Server {
    shared: Arc<Shared>,
    host: Host,
}

struct Shared {
    options: Options,
    front: Arc<Front>,
    tenant: Mutex<Tenant>,
    tokens: Mutex<HashMap<String, Instant>>,
    /// End of the window by the service's clock, in seconds since the start; requests in it.
    window: Mutex<(f64, u32)>,
    throttled: Mutex<u32>,
    started: Instant,
}

impl Server {
    /// Starts the service on the loopback address, on a port that the system chooses.
    ///
    /// # Errors
    /// When no port or no thread is to be had.
    pub fn start(mut options: Options) -> io::Result<Self> {
        let (listener, front) = Front::bind(options.latency)?;
        let tenant = std::mem::take(&mut options.tenant);
        let shared = Arc::new(Shared {
            window: Mutex::new((options.window.as_secs_f64(), 0)),
            options,
            front: Arc::clone(&front),
            tenant: Mutex::new(tenant),
            tokens: Mutex::default(),
            throttled: Mutex::default(),
            started: Instant::now(),
        });
        let router = Router::new().fallback(answer::handle).with_state(Arc::clone(&shared));
        let host = front.serve(listener, "sandbox-onelogin", router)?;
        Ok(Self { shared, host })
    }

    /// The account's address, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.shared.front.url
    }

    /// The port that is listened on.
    pub fn port(&self) -> u16 {
        self.host.address().port()
    }

    /// The id of the API credential.
    pub fn client_id(&self) -> &str {
        &self.shared.options.client_id
    }

    /// Its secret.
    pub fn client_secret(&self) -> &str {
        &self.shared.options.client_secret
    }

    /// The faults, to which rules may be added at any time.
    pub fn faults(&self) -> &Faults {
        &self.shared.front.faults
    }

    /// Paths with queries in the order of arrival, since the start or the last [`Server::forget_requests`].
    pub fn requests(&self) -> Vec<String> {
        self.shared.front.requests()
    }

    /// Empties the list of requests.
    pub fn forget_requests(&self) {
        self.shared.front.forget_requests();
    }

    /// How the requests came.
    pub fn traffic(&self) -> Traffic {
        self.shared.front.traffic()
    }

    /// How many requests were answered with 429 because the window was used up.
    pub fn throttled(&self) -> u32 {
        *lock(&self.shared.throttled)
    }

    /// The time, as OneLogin writes it: what is changed gets it.
    pub fn now(&self) -> String {
        format!("{:.3}", jiff::Timestamp::now())
    }

    /// Changes the tenant.
    pub fn change(&self, change: impl FnOnce(&mut Tenant)) {
        change(&mut lock(&self.shared.tenant));
    }

    /// Ends every token that was given out.
    pub fn end_tokens(&self) {
        lock(&self.shared.tokens).clear();
    }
}
