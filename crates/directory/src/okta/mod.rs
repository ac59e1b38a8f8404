//! Okta, read with an API token (`SSWS`) or as a service app (OAuth 2.0).
//!
//! Lists are followed by their `Link` headers one after the other; group members, one request for each group, are asked
//! for side by side under the rate limit that Okta's own headers tell. Okta has no groups within groups.

mod cause;
mod incremental;
mod lookup;
mod model;
mod probe;
mod read;
mod sign_in;
mod tenant;

use crate::ReadError;
use crate::snapshot_cache::{IncrementalRead, SnapshotCache};
use crate::web::incremental as driver;
use crate::web::{Credentials, Rate, Reset, WebOptions, WebReadError, WebService, base_url, below, lookup};
use bwdc_base::event::Events;
use bwdc_core::names::Timestamp;
use bwdc_core::observed::{LookupRequest, Presences};
use bwdc_core::settings::{OktaFilters, OktaSettings, OktaSignIn};
use bwdc_core::snapshot::{AccountState, ReadScope, Snapshot};
use incremental::Source;
use lookup::{GroupLookup, Lookup};
use secrecy::SecretString;
use sign_in::ServiceApp;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// The most requests under way at one time: other programs of the organization share Okta's 75.
const IN_FLIGHT: usize = 10;

/// Attempts where Okta refuses for the number of requests: others of the organization may be to blame, for minutes.
const THROTTLED_ATTEMPTS: u32 = 8;

/// What errors call the service.
const NAME: &str = "Okta";

/// What has to be granted for what is read, in Okta's words.
#[derive(Clone, Copy)]
struct Needs {
    users: &'static str,
    groups: &'static str,
}

impl Needs {
    /// For an API token, which has its administrator's rights.
    const TOKEN: Self = Self {
        users: "an administrator role that may view users, such as Read-only Administrator",
        groups: "an administrator role that may view groups and their members, such as Read-only Administrator",
    };

    /// For a service app, which needs scopes and a role.
    const APP: Self = Self {
        users: "the scope `okta.users.read` and an admin role that may view users",
        groups: "the scope `okta.groups.read` and an admin role that may view groups and their members",
    };
}

/// One Okta organization with the part of it that matters.
pub struct OktaDirectory {
    service: WebService,
    api: Url,
    filters: OktaFilters,
    active_statuses: Vec<String>,
    needs: Needs,
}

impl OktaDirectory {
    /// How Okta is spoken to, with this part of its rate limit, from 0 to 1.
    pub fn options(rate_share: f64) -> WebOptions {
        WebOptions {
            in_flight: IN_FLIGHT,
            rate: Rate::Headers {
                limit: "x-rate-limit-limit",
                remaining: "x-rate-limit-remaining",
                reset: "x-rate-limit-reset",
                reset_is: Reset::Epoch,
                share: rate_share,
                window: Duration::from_secs(60),
            },
            cause: cause::of,
            ..WebOptions::new(NAME).retrying(|it| it.throttled_attempts = THROTTLED_ATTEMPTS)
        }
    }

    /// Takes checked settings; nothing is sent before the first read.
    ///
    /// # Errors
    /// [`WebReadError`] when the address or the means to connect are of no use.
    pub fn new(
        settings: &OktaSettings,
        filters: OktaFilters,
        secret: SecretString,
        options: WebOptions,
    ) -> Result<Self, WebReadError> {
        let base = base_url(options.service, &settings.org_url)?;
        let credentials = match &settings.sign_in {
            OktaSignIn::Token => Credentials::Fixed { prefix: "SSWS ", secret },
            OktaSignIn::ServiceApp { client_id, key_id } => {
                let token_url = below(&base, &["oauth2", "v1", "token"]);
                let app = ServiceApp::new(client_id.clone(), key_id.clone(), &secret, token_url)?;
                let app = Arc::new(app);
                Credentials::Renewed {
                    prefix: "Bearer ",
                    get: Box::new(move |session| {
                        let app = Arc::clone(&app);
                        Box::pin(async move { app.sign_in(session).await })
                    }),
                }
            }
        };
        let needs = match settings.sign_in {
            OktaSignIn::Token => Needs::TOKEN,
            OktaSignIn::ServiceApp { .. } => Needs::APP,
        };
        Ok(Self {
            service: WebService::new(options.at(&[&base]), credentials)?,
            api: below(&base, &["api", "v1"]),
            filters,
            active_statuses: settings.active_statuses.clone(),
            needs,
        })
    }

    /// What a status means under the settings; None: it is one that Okta added later, and may mean anything.
    fn state(&self, status: &str) -> Option<AccountState> {
        Some(match status {
            "DEPROVISIONED" => AccountState::Deleted,
            known if !OktaSettings::STATUSES.contains(&known) => return None,
            known if self.active_statuses.iter().any(|active| active == known) => AccountState::Enabled,
            _ => AccountState::Disabled,
        })
    }

    /// Reads all of `scope`: 1. people, 2. people whom Okta keeps as deprovisioned, 3. groups, 4. the members of each.
    ///
    /// # Errors
    /// [`ReadError`] when any page could not be read.
    pub async fn read(&self, scope: ReadScope, events: Events<'_>) -> Result<Snapshot, ReadError> {
        self.read_since(scope, None, events).await
    }

    /// As [`OktaDirectory::read`]; what Okta's own dates show to be older than `since` is marked unchanged. A group counts
    /// as changed also when only its members did.
    ///
    /// # Errors
    /// As [`OktaDirectory::read`].
    pub async fn read_since(
        &self,
        scope: ReadScope,
        since: Option<Timestamp>,
        events: Events<'_>,
    ) -> Result<Snapshot, ReadError> {
        read::read(self, scope, since, events).await
    }

    /// As [`OktaDirectory::read`], by what changed since `cache`.
    ///
    /// # Errors
    /// As [`OktaDirectory::read`].
    pub async fn read_incremental(
        &self,
        scope: ReadScope,
        snapshot_cache: Option<SnapshotCache>,
        events: Events<'_>,
    ) -> Result<IncrementalRead, ReadError> {
        let session = self.service.session(events);
        let source = Source { directory: self, session: &session, scope, events };
        driver::read(&source, snapshot_cache, events).await
    }

    /// Asks for each of `lookups` by id.
    ///
    /// # Errors
    /// [`ReadError`] when Okta does not accept the token.
    pub async fn lookup(&self, lookups: &[LookupRequest]) -> Result<Presences, ReadError> {
        let session = self.service.session(&|_| {});
        Ok(lookup(&Lookup { directory: self, session: &session }, lookups).await?)
    }

    /// Asks for each group of `lookups` by id.
    ///
    /// # Errors
    /// As [`OktaDirectory::lookup`].
    pub async fn lookup_groups(&self, lookups: &[LookupRequest]) -> Result<Presences, ReadError> {
        let session = self.service.session(&|_| {});
        let endpoint = GroupLookup(Lookup { directory: self, session: &session });
        Ok(lookup(&endpoint, lookups).await?)
    }

    /// How many requests were sent so far.
    pub fn requests_sent(&self) -> u64 {
        self.service.requests_sent()
    }
}
