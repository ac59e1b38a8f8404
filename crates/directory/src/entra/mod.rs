//! Microsoft Entra ID, by Microsoft Graph v1.0.
//!
//! A full read takes people and groups in pages of 999 and members twenty lists to a request. Beside the first one the delta
//! functions are gone through, so that later reads ask for what changed.

mod address;
mod batch;
mod cause;
mod certificate;
mod delta;
mod graph;
mod hidden;
mod incremental;
mod lookup;
mod members;
mod message;
mod probe;
mod read;
mod sign_in;
mod stored;
mod tenant;

use crate::ReadError;
use crate::snapshot_cache::{IncrementalRead, SnapshotCache};
use crate::web::incremental as driver;
use crate::web::{Credentials, Rate, WebOptions, WebReadError, WebService, WebSession, base_url, lookup};
use bwdc_base::event::Events;
use bwdc_base::http::RetryPolicy;
use bwdc_core::observed::{LookupRequest, Presences};
use bwdc_core::settings::{EntraFilters, EntraOptions, EntraSettings};
use bwdc_core::snapshot::{ReadScope, Snapshot};
use graph::Graph;
use incremental::Source;
use lookup::{GroupLookup, Lookup};
use read::Reading;
use sign_in::SignIn;
use std::sync::Arc;
use std::time::Duration;
use tenant::Wanted;
use url::Url;

pub use certificate::{Certificate, CertificateError};
pub use sign_in::{EntraCredential, IdentityEndpoint, METADATA};

/// What errors call the service.
/// What the service is called.
pub const NAME: &str = "Microsoft Entra ID";

/// What Graph tells of the quota of this application in this tenant, which is counted anew every ten seconds (Microsoft
/// Graph, "Identity and access service limits").
const LOAD: Rate = Rate::Load { header: "x-ms-throttle-limit-percentage", window: Duration::from_secs(10) };

/// One tenant with the part of it that matters.
pub struct EntraDirectory {
    service: WebService,
    wanted: Wanted,
    graph: Url,
    authority: Url,
    /// By which rules items of batches are asked for again.
    retry: RetryPolicy,
    in_flight: usize,
}

impl EntraDirectory {
    /// How the service is spoken to.
    pub fn options() -> WebOptions {
        WebOptions {
            in_flight: 12,
            rate: LOAD,
            throttled: cause::is_busy,
            cause: cause::of,
            ..WebOptions::new(NAME)
        }
    }

    /// Takes checked settings; nothing is sent before the first read.
    ///
    /// # Errors
    /// [`WebReadError`] when an address or the CA file is of no use.
    pub fn new(
        settings: EntraSettings,
        filters: EntraFilters,
        choices: &EntraOptions,
        credential: EntraCredential,
        options: WebOptions,
    ) -> Result<Self, WebReadError> {
        let wanted =
            Wanted { filters, guests: choices.guests, flatten_hidden_groups: choices.flatten_hidden_groups };
        let graph = base_url(NAME, &settings.graph_url)?;
        let authority = base_url(NAME, &settings.authority_url)?;
        let (retry, in_flight) = (options.retry, options.in_flight.max(1));
        let sign_in = Arc::new(SignIn::new(&settings, &authority, credential, &options)?);
        let credentials = Credentials::Renewed {
            prefix: "Bearer ",
            get: Box::new(move |session| {
                let sign_in = Arc::clone(&sign_in);
                Box::pin(async move { sign_in.token(session).await })
            }),
        };
        let service = WebService::new(options.at(&[&graph, &authority]), credentials)?;
        Ok(Self { service, wanted, graph, authority, retry, in_flight })
    }

    /// Reads all of `scope`.
    ///
    /// # Errors
    /// [`ReadError`] when any page of any list could not be read.
    pub async fn read(&self, scope: ReadScope, events: Events<'_>) -> Result<Snapshot, ReadError> {
        let graph = self.graph(self.service.session(events));
        let reading = Reading { graph: &graph, wanted: &self.wanted, scope, events, keeps: false };
        reading.whole().await?.whole_snapshot(&self.wanted, scope)
    }

    /// As [`EntraDirectory::read`], by what changed since `cache`.
    ///
    /// # Errors
    /// As [`EntraDirectory::read`].
    pub async fn read_incremental(
        &self,
        scope: ReadScope,
        snapshot_cache: Option<SnapshotCache>,
        events: Events<'_>,
    ) -> Result<IncrementalRead, ReadError> {
        let graph = self.graph(self.service.session(events));
        let reading = Reading { graph: &graph, wanted: &self.wanted, scope, events, keeps: true };
        driver::read(&Source(&reading), snapshot_cache, events).await
    }

    /// Asks for each of `lookups` by its object id.
    ///
    /// # Errors
    /// [`ReadError`] when the tenant cannot be asked at all.
    pub async fn lookup(&self, lookups: &[LookupRequest]) -> Result<Presences, ReadError> {
        if lookups.is_empty() {
            return Ok(Presences::new());
        }
        let graph = self.graph(self.service.session(&|_| ()));
        Ok(lookup(&Lookup { graph: &graph }, lookups).await?)
    }

    /// Asks for each group of `lookups` by its object id.
    ///
    /// # Errors
    /// As [`EntraDirectory::lookup`].
    pub async fn lookup_groups(&self, lookups: &[LookupRequest]) -> Result<Presences, ReadError> {
        if lookups.is_empty() {
            return Ok(Presences::new());
        }
        let graph = self.graph(self.service.session(&|_| ()));
        Ok(lookup(&GroupLookup { graph: &graph }, lookups).await?)
    }

    fn graph<'a>(&self, session: WebSession<'a>) -> Graph<'a> {
        Graph::new(session, &self.graph, self.retry, self.in_flight)
    }

    /// How many requests were sent so far.
    pub fn requests_sent(&self) -> u64 {
        self.service.requests_sent()
    }
}
