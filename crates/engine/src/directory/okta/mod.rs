//! Okta, read with an API token (`SSWS`).
//!
//! Lists are followed by their `Link` headers one after the other; group members, one request for each group, are asked
//! for side by side under the rate limit that Okta's own headers tell. Okta has no groups within groups.

mod look_up;
mod model;
mod open;
mod read;

use crate::directory::ReadError;
use crate::directory::web::{
    Credentials, Rate, Reset, WebOptions, WebReadError, WebService, base_url, below,
};
use crate::event::Events;
use bwdc_core::names::Timestamp;
use bwdc_core::observed::{Presences, Sought};
use bwdc_core::settings::{OktaFilters, OktaSettings};
use bwdc_core::snapshot::{ReadScope, Snapshot};
use secrecy::SecretString;
use url::Url;

/// The most requests under way at one time: other programs of the organization share Okta's 75.
const IN_FLIGHT: usize = 10;

/// The part of the organization's rate limit that is used.
const SHARE: f64 = 0.5;

/// One Okta organization with the part of it that matters.
pub struct OktaDirectory {
    service: WebService,
    api: Url,
    filters: OktaFilters,
}

impl OktaDirectory {
    /// How Okta is spoken to.
    pub fn options() -> WebOptions {
        WebOptions {
            in_flight: IN_FLIGHT,
            rate: Rate::Headers {
                limit: "x-rate-limit-limit",
                remaining: "x-rate-limit-remaining",
                reset: "x-rate-limit-reset",
                reset_is: Reset::Epoch,
                share: SHARE,
            },
            ..WebOptions::new("Okta")
        }
    }

    /// Takes checked settings; nothing is sent before the first read.
    ///
    /// # Errors
    /// [`WebReadError`] when the address or the means to connect are of no use.
    pub fn new(
        settings: &OktaSettings,
        filters: OktaFilters,
        token: SecretString,
        options: WebOptions,
    ) -> Result<Self, WebReadError> {
        let base = base_url(options.service, &settings.org_url)?;
        let credentials = Credentials::Fixed { prefix: "SSWS ", secret: token };
        Ok(Self {
            service: WebService::new(options, credentials)?,
            api: below(&base, &["api", "v1"]),
            filters,
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

    /// Asks for each of `sought` by id.
    ///
    /// # Errors
    /// [`ReadError`] when Okta does not accept the token.
    pub async fn look_up(&self, sought: &[Sought]) -> Result<Presences, ReadError> {
        Ok(look_up::look_up(self, sought).await?)
    }

    /// How many requests were sent so far.
    pub fn requests_sent(&self) -> u64 {
        self.service.requests_sent()
    }
}
