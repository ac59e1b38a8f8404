//! A stand-in for Okta: users, groups and members in pages with `Link` headers, rate limits in headers, an API token.
//!
//! It knows as much of Okta's filter expressions as a directory connector sends: the status, and the last change. Each part
//! of the API has a window of its own, in a clock that can run faster than the real one.

mod answer;
mod oauth;
mod tenant;

pub use oauth::ServiceApp;
pub use tenant::{Group, Tenant, User};

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
    /// The token that is accepted.
    pub token: String,
    /// The service app that is known beside the token.
    pub service_app: Option<ServiceApp>,
    /// Requests of one window for each part of the API.
    pub limit: u32,
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
    /// A tenant with Okta's usual limit of 600 in a minute.
    pub fn new(tenant: Tenant) -> Self {
        Self {
            token: "sandbox-okta-token".to_owned(),
            service_app: None,
            limit: 600,
            window: Duration::from_secs(60),
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
    /// The place of each person in the tenant, by id.
    places: Mutex<HashMap<String, usize>>,
    throttled: Mutex<u32>,
    /// The most requests of any window.
    busiest: Mutex<u32>,
    issued: Mutex<oauth::Issued>,
    windows: Mutex<HashMap<String, (u64, u32)>>,
    started: (Instant, jiff::Timestamp),
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
            options,
            front: Arc::clone(&front),
            places: Mutex::new(places(&tenant)),
            tenant: Mutex::new(tenant),
            throttled: Mutex::default(),
            busiest: Mutex::default(),
            issued: Mutex::default(),
            windows: Mutex::default(),
            started: (Instant::now(), jiff::Timestamp::now()),
        });
        let router = Router::new().fallback(answer::handle).with_state(Arc::clone(&shared));
        let host = front.serve(listener, "sandbox-okta", router)?;
        Ok(Self { shared, host })
    }

    /// The organization's address, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.shared.front.url
    }

    /// The port that is listened on.
    pub fn port(&self) -> u16 {
        self.host.address().port()
    }

    /// The token that is accepted.
    pub fn token(&self) -> &str {
        &self.shared.options.token
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

    /// How many requests were answered with 429 because a window was used up.
    pub fn throttled(&self) -> u32 {
        *lock(&self.shared.throttled)
    }

    /// The most requests that came within one window of one part of the API.
    pub fn busiest_window(&self) -> u32 {
        *lock(&self.shared.busiest)
    }

    /// The time by the service's clock, as Okta writes it.
    pub fn now(&self) -> String {
        let passed = self.shared.started.0.elapsed().mul_f64(self.shared.options.speed);
        (self.shared.started.1 + passed).strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
    }

    /// Ends every token that a service app was given.
    pub fn end_tokens(&self) {
        oauth::end_tokens(&self.shared);
    }

    /// Ends the nonces for proofs of possession: the next proofs need new ones.
    pub fn end_nonces(&self) {
        oauth::end_nonces(&self.shared);
    }

    /// Changes the tenant.
    pub fn change(&self, change: impl FnOnce(&mut Tenant)) {
        let mut tenant = lock(&self.shared.tenant);
        change(&mut tenant);
        *lock(&self.shared.places) = places(&tenant);
    }
}

fn places(tenant: &Tenant) -> HashMap<String, usize> {
    tenant.users.iter().enumerate().map(|(place, user)| (user.id.clone(), place)).collect()
}
