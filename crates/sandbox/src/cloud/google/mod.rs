//! A stand-in for Google Workspace: the token endpoint for service accounts, and the Admin SDK's lists of users, groups and
//! members in pages with tokens, with partial answers, queries and the quota of 2,400 in a minute.
//!
//! It knows as much of Google's query language as its own documentation shows for users and groups, as far as the stand-in's
//! people have such fields. The quota runs by a clock that can be faster than the real one.

mod answer;
mod fields;
mod message;
mod query;
mod sign_in;
mod tenant;

pub use message::PROPERTIES;
pub use tenant::{Group, Member, MemberKind, Tenant, User};

use super::front::{Front, lock};
use crate::faults::Faults;
use crate::host::Host;
use axum::Router;
use serde_json::{Value, json};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tenant::Places;

/// The service account's key that is generally known, and its public half as a JSON web key.
const KEY: &str = include_str!("keys/service-account.pem");
const PUBLIC_KEY: &str = include_str!("keys/service-account.public.jwk");

/// What the service says to a request above the quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverQuota {
    /// 403 with this reason: `userRateLimitExceeded`, `rateLimitExceeded` or `quotaExceeded`.
    Forbidden(&'static str),
    /// 429.
    TooManyRequests,
}

/// What the service is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The service account.
    pub client_email: String,
    /// The administrators in whose names it may read.
    pub admins: Vec<String>,
    /// The scopes that domain-wide delegation grants it.
    pub delegated: Vec<String>,
    /// Whether the Admin SDK API is enabled in the service account's project.
    pub api_enabled: bool,
    /// Whether the administrators' role lets them read users, and groups with members.
    pub privileges: Privileges,
    /// Requests in a minute by the service's clock.
    pub quota: u32,
    /// What is said above it.
    pub over_quota: OverQuota,
    /// How many seconds of the service's clock pass in one real second.
    pub speed: f64,
    /// How long a token is good, in seconds by its own announcement.
    pub token_life: u64,
    /// How long each answer takes, in real time.
    pub latency: Duration,
    /// Who is there.
    pub tenant: Tenant,
}

/// What an administrator's role allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privileges {
    /// Users may be read.
    pub users: bool,
    /// Groups and their members may be read.
    pub groups: bool,
}

impl Options {
    /// A service account with everything that a directory connector needs, and Google's usual quota.
    pub fn new(tenant: Tenant) -> Self {
        Self {
            client_email: "directory-sync@sandbox-project.iam.gserviceaccount.com".to_owned(),
            admins: vec!["admin@example.test".to_owned()],
            delegated: sign_in::SCOPES.map(str::to_owned).to_vec(),
            api_enabled: true,
            privileges: Privileges { users: true, groups: true },
            quota: 2_400,
            over_quota: OverQuota::Forbidden("userRateLimitExceeded"),
            speed: 1.0,
            token_life: 3_599,
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
    public_key: Value,
    front: Arc<Front>,
    tenant: Mutex<(Tenant, Places)>,
    throttled: Mutex<u32>,
    /// Tokens with the scopes of each.
    tokens: Mutex<Vec<(String, Vec<String>)>>,
    /// The end of the quota's minute and what was used of it.
    window: Mutex<(Duration, u32)>,
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
        let places = Places::of(&tenant);
        let shared = Arc::new(Shared {
            options,
            public_key: serde_json::from_str(PUBLIC_KEY)?,
            front: Arc::clone(&front),
            tenant: Mutex::new((tenant, places)),
            throttled: Mutex::default(),
            tokens: Mutex::default(),
            window: Mutex::default(),
            started: Instant::now(),
        });
        let router = Router::new().fallback(answer::handle).with_state(Arc::clone(&shared));
        let host = front.serve(listener, "sandbox-google", router)?;
        Ok(Self { shared, host })
    }

    /// The address of the Admin SDK, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.shared.front.url
    }

    /// The address of the token endpoint.
    pub fn token_url(&self) -> String {
        format!("{}/token", self.shared.front.url)
    }

    /// The port that is listened on.
    pub fn port(&self) -> u16 {
        self.host.address().port()
    }

    /// The service account.
    pub fn client_email(&self) -> &str {
        &self.shared.options.client_email
    }

    /// The service account's private key, in PEM form.
    pub fn private_key(&self) -> &'static str {
        KEY
    }

    /// The service account's key file, as Google's console hands it out.
    pub fn key_file(&self) -> String {
        let key = json!({
            "type": "service_account", "project_id": "sandbox-project",
            "private_key_id": self.shared.public_key["kid"], "private_key": KEY,
            "client_email": self.shared.options.client_email, "client_id": "100000000000000000001",
            "auth_uri": format!("{}/auth", self.url()), "token_uri": self.token_url(),
            "universe_domain": "googleapis.com",
        });
        format!("{key:#}\n")
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

    /// How many requests were refused because the quota was used up.
    pub fn throttled(&self) -> u32 {
        *lock(&self.shared.throttled)
    }

    /// Ends every token that was given out.
    pub fn end_tokens(&self) {
        lock(&self.shared.tokens).clear();
    }

    /// Changes the tenant.
    pub fn change(&self, change: impl FnOnce(&mut Tenant)) {
        let mut held = lock(&self.shared.tenant);
        change(&mut held.0);
        held.1 = Places::of(&held.0);
    }
}
