//! Microsoft Entra ID, by Microsoft Graph v1.0.
//!
//! Every read is a full read: people and groups in pages of 999, members twenty lists to a request. That is two hundred
//! requests for a large tenant, at the price of asking for what did not change.

mod address;
mod batch;
mod graph;
mod look_up;
mod members;
mod message;
mod probe;
mod read;

use crate::directory::ReadError;
use crate::directory::web::{Credentials, WebOptions, WebReadError, WebService, base_url};
use crate::event::Events;
use bwdc_core::observed::{Presences, Sought};
use bwdc_core::settings::{EntraFilters, EntraSettings};
use bwdc_core::snapshot::{ReadScope, Snapshot};
use graph::Graph;
use secrecy::SecretString;
use std::time::Duration;
use url::Url;

/// What errors call the service.
const NAME: &str = "Microsoft Entra ID";

/// One tenant with the part of it that matters.
pub struct EntraDirectory {
    service: WebService,
    filters: EntraFilters,
    graph: Url,
    authority: Url,
    pace: Pace,
}

/// How items of batches are asked for again.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    attempts: u32,
    first_pause: Duration,
    longest_pause: Duration,
    in_flight: usize,
    speed: f64,
}

impl Pace {
    /// What the service asks for, else twice as long each time; never longer than the longest pause.
    fn pause(&self, attempt: u32, asked: Option<Duration>) -> Duration {
        let own = || self.first_pause.saturating_mul(1 << (attempt - 1).min(8));
        asked.unwrap_or_else(own).min(self.longest_pause)
    }
}

impl EntraDirectory {
    /// How the service is spoken to.
    pub fn options() -> WebOptions {
        WebOptions { in_flight: 12, ..WebOptions::new(NAME) }
    }

    /// Takes checked settings; nothing is sent before the first read.
    ///
    /// # Errors
    /// [`WebReadError`] when an address or the CA file is of no use.
    pub fn new(
        settings: EntraSettings,
        filters: EntraFilters,
        secret: SecretString,
        options: WebOptions,
    ) -> Result<Self, WebReadError> {
        let graph = base_url(NAME, &settings.graph_url)?;
        let authority = base_url(NAME, &settings.authority_url)?;
        let pace = Pace {
            attempts: options.attempts,
            first_pause: options.first_pause,
            longest_pause: options.longest_pause,
            in_flight: options.in_flight.max(1),
            speed: options.speed,
        };
        let signing = std::sync::Arc::new((settings, authority.clone(), secret));
        let credentials = Credentials::Renewed {
            prefix: "Bearer ",
            get: Box::new(move |session| {
                let signing = std::sync::Arc::clone(&signing);
                Box::pin(async move { graph::sign_in(session, &signing.0, &signing.1, &signing.2).await })
            }),
        };
        let service = WebService::new(options.at(&[&graph, &authority]), credentials)?;
        Ok(Self { service, filters, graph, authority, pace })
    }

    /// Reads all of `scope`.
    ///
    /// # Errors
    /// [`ReadError`] when any page of any list could not be read.
    pub async fn read(&self, scope: ReadScope, events: Events<'_>) -> Result<Snapshot, ReadError> {
        let graph = Graph::new(self.service.session(events), &self.graph, self.pace);
        read::read(&graph, &self.filters, scope, events).await
    }

    /// Asks for each of `sought` by its object id.
    ///
    /// # Errors
    /// [`ReadError`] when the tenant cannot be asked at all.
    pub async fn look_up(&self, sought: &[Sought]) -> Result<Presences, ReadError> {
        if sought.is_empty() {
            return Ok(Presences::new());
        }
        let graph = Graph::new(self.service.session(&|_| ()), &self.graph, self.pace);
        Ok(look_up::look_up(&graph, sought).await?)
    }

    /// How many requests were sent so far.
    pub fn requests_sent(&self) -> u64 {
        self.service.requests_sent()
    }
}
