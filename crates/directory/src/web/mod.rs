//! What every directory behind HTTP needs: one client, tokens that are renewed in time, a budget of requests, patience
//! with passing faults, and page loops that end only where the service says so.
//!
//! Each service tells this layer how its tokens are got, which answers mean "slower", and what its next page is; nothing
//! here knows a service. The price of one layer is a request type that has a field for each of their habits.

mod budget;
mod cause;
mod error;
pub mod incremental;
mod jwt;
mod lookup;
mod not_found;
mod page;
mod probe;
mod request;
mod session;
mod signature;
mod token;

pub use budget::{Rate, Reset};
pub use cause::{EntraCause, GoogleCause, OktaCause, ServiceCause};
pub use error::WebReadError;
pub use jwt::{KeyError, SigningKey, unique};
pub use lookup::{LookupEndpoint, lookup};
pub use page::{Next, Pages, STARTS, link_next};
pub use request::{Answer, WebBody, WebRequest};
pub use session::WebSession;
pub use signature::Proof;
pub use token::{Credentials, FreshToken, TokenFuture};

use budget::Budget;
use bwdc_base::clock::Clock;
use bwdc_base::event::Events;
use bwdc_base::http::{
    CONNECT_TIMEOUT, ClientOptions, Exchange, Offer, ProxyChoice, Recipient, RetryPolicy, is_loopback,
};
use bwdc_core::settings::ConnectorSettings;
use signature::Nonces;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use token::TokenCache;
use tokio::sync::Semaphore;
use url::Url;

/// How a service is spoken to. Start from [`WebOptions::new`].
#[derive(Clone, Debug)]
pub struct WebOptions {
    /// The service's name in errors, such as `Okta`.
    pub service: &'static str,
    /// How often and how long a request is tried again.
    pub retry: RetryPolicy,
    /// For a connection to come about, encryption included.
    pub connect_limit: Duration,
    /// For one attempt, from the first byte sent to the last received.
    pub request_limit: Duration,
    /// For one whole read, pauses included.
    pub total_limit: Duration,
    /// Requests under way at one time.
    pub in_flight: usize,
    /// How many requests are sent in which time.
    pub rate: Rate,
    /// All services of this process with this word and this rate share one budget.
    pub shared_budget: Option<String>,
    /// The largest body that is read, in bytes.
    pub size_limit: usize,
    /// Whether a refusal other than 429 asks to slow down; it gets the status and the service's error code.
    pub throttled: fn(u16, &str) -> bool,
    /// What a refusal means, by its status, the service's error code and its words.
    pub cause: fn(u16, &str, &str) -> ServiceCause,
    /// A PEM file with certificate authorities that are trusted besides the operating system's.
    pub ca_path: Option<PathBuf>,
    /// Which proxy stands between.
    pub proxy: ProxyChoice,
    /// The time by which tokens and windows are judged.
    pub clock: Clock,
}

impl WebOptions {
    /// The values that suit most services.
    pub fn new(service: &'static str) -> Self {
        Self {
            service,
            // The time limit of the whole read ends the pauses, too.
            retry: RetryPolicy { all_pauses: Duration::MAX, ..RetryPolicy::default() },
            connect_limit: CONNECT_TIMEOUT,
            request_limit: Duration::from_secs(2 * 60),
            total_limit: Duration::from_secs(4 * 60 * 60),
            in_flight: 8,
            rate: Rate::Unlimited,
            shared_budget: None,
            size_limit: 16 * 1024 * 1024,
            throttled: |_, _| false,
            cause: |_, _, _| ServiceCause::Unknown,
            ca_path: None,
            proxy: ProxyChoice::default(),
            clock: Clock::System,
        }
    }

    /// With the CA file, the proxy and the time limits of the settings.
    #[must_use]
    pub fn configured(self, settings: &ConnectorSettings) -> Self {
        let limits = &settings.time_limits;
        Self {
            ca_path: settings.directory_ca_path.as_deref().map(PathBuf::from),
            proxy: ProxyChoice::of_setting(settings.proxy.as_deref()),
            connect_limit: Duration::from_secs(limits.connect),
            request_limit: Duration::from_secs(limits.page),
            total_limit: Duration::from_secs(limits.total),
            ..self
        }
    }

    /// With these rules of trying again changed.
    #[must_use]
    pub fn retrying(mut self, change: impl FnOnce(&mut RetryPolicy)) -> Self {
        change(&mut self.retry);
        self
    }

    /// For a service at these addresses: what is on this machine itself is reached without a proxy.
    #[must_use]
    pub fn at(self, addresses: &[&Url]) -> Self {
        Self { proxy: self.proxy.towards(addresses), ..self }
    }
}

/// An address with the way to it.
#[derive(Clone, Debug)]
pub struct Route {
    /// What is asked.
    pub url: Url,
    /// A PEM file with certificate authorities that are trusted besides the operating system's.
    pub ca_path: Option<PathBuf>,
    /// Which proxy stands between.
    pub proxy: ProxyChoice,
}

/// One service with its client, token and budget; shared by all requests to it.
pub struct WebService {
    options: WebOptions,
    exchange: Exchange,
    tokens: TokenCache,
    budget: Arc<Budget>,
    places: Semaphore,
    sent: AtomicU64,
    nonces: Nonces,
}

impl WebService {
    /// Prepares a client; nothing is sent.
    ///
    /// # Errors
    /// [`WebReadError::Client`] when the CA file or the proxy cannot be used.
    pub fn new(options: WebOptions, credentials: Credentials) -> Result<Self, WebReadError> {
        let exchange = Exchange::new(&ClientOptions {
            ca_path: options.ca_path.as_deref(),
            proxy: options.proxy.clone(),
            offer: Offer::Http2AndGzip,
            connect_limit: Some(options.connect_limit),
            recipient: Recipient::Directory,
        })
        .map_err(|source| WebReadError::Client { service: options.service, source })?;
        Ok(Self {
            exchange,
            tokens: TokenCache::new(credentials),
            budget: match &options.shared_budget {
                Some(name) => Budget::shared(name, options.rate, options.clock),
                None => Arc::new(Budget::new(options.rate, options.clock)),
            },
            places: Semaphore::new(options.in_flight.max(1)),
            sent: AtomicU64::new(0),
            nonces: Nonces::default(),
            options,
        })
    }

    /// Begins a read: its time limit counts from now.
    pub fn session<'a>(&'a self, events: Events<'a>) -> WebSession<'a> {
        WebSession {
            service: self,
            events,
            retry: self.options.retry,
            deadline: Instant::now() + self.options.total_limit,
        }
    }

    /// The service's name.
    pub fn name(&self) -> &'static str {
        self.options.service
    }

    /// Whether the service has said anything of the limit of this bucket.
    pub fn knows_limit(&self, bucket: &'static str) -> bool {
        self.budget.is_known(bucket)
    }

    /// Notes a limit of which the service tells otherwise than by headers: so many requests in a window of which so many are
    /// left, and which ends in so much time.
    pub fn note_limit(&self, bucket: &'static str, limit: u64, remaining: u64, ends_in: Duration) {
        self.budget.tell(bucket, limit, remaining, ends_in, self.options.retry.speed);
    }

    /// How an address of the service is reached.
    pub fn route_to(&self, url: &Url) -> Route {
        Route { url: url.clone(), ca_path: self.options.ca_path.clone(), proxy: self.options.proxy.clone() }
    }

    /// How many requests were sent so far, repeated ones and those for tokens included.
    pub fn requests_sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

/// Checks an address that was set: `https`, or `http` to this machine itself. A missing scheme means `https`.
///
/// # Errors
/// [`WebReadError::Address`] when it is none, [`WebReadError::ClearText`] when secrets would travel in clear text.
pub fn base_url(service: &'static str, typed: &str) -> Result<Url, WebReadError> {
    let typed = typed.trim();
    let whole = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let invalid = || WebReadError::Address { service, url: typed.to_owned() };
    let mut url = Url::parse(&whole).map_err(|_| invalid())?;
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !bare {
        let mut shown = url;
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        return Err(WebReadError::Address { service, url: error::shown(&shown) });
    }
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => Ok(url),
        ("http", Some(_)) if is_loopback(&url) => Ok(url),
        ("http", Some(_)) => Err(WebReadError::ClearText { service, url: error::shown(&url) }),
        _ => Err(invalid()),
    }
}

/// An address below a base: path segments are appended, each escaped.
pub fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_text_is_for_this_machine_only() {
        for good in [
            "https://a.okta.com/",
            "a.okta.com",
            "http://127.0.0.1:8080",
            "http://localhost:1",
            "http://[::1]:1",
        ] {
            assert!(base_url("Okta", good).is_ok(), "{good}");
        }
        for clear in ["http://a.okta.com", "http://127.0.0.1.example.com", "http://10.0.0.1"] {
            assert!(matches!(base_url("Okta", clear), Err(WebReadError::ClearText { .. })), "{clear}");
        }
        for bad in ["", "ftp://a", "https://", "https://a?b=c", "https://a#b"] {
            assert!(matches!(base_url("Okta", bad), Err(WebReadError::Address { .. })), "{bad}");
        }
        let error = base_url("Okta", "https://me:hunter2@a.okta.com").expect_err("a secret in an address");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn segments_are_escaped() {
        let base = base_url("Okta", "https://a.okta.com/").expect("an address");
        assert_eq!(below(&base, &["users", "a/b?c"]).as_str(), "https://a.okta.com/users/a%2Fb%3Fc");
    }
}
