//! Google Workspace, by the directory API of the Admin SDK, as a service account that acts for an administrator.
//!
//! Every read is a full read: Google does not tell what changed in a group, and neither the date nor the `etag` of a group
//! moves with its members. People are listed beside groups and members, so that the quota is the only limit; the price of
//! one read is a request for every 500 people, every 200 groups and every 200 members of each group.

mod cause;
mod key_file;
mod list;
mod lookup;
mod members;
mod model;
mod probe;
mod read;
mod sign_in;

pub use key_file::{KeyFile, KeyFileError};

use crate::ReadError;
use crate::web::{Credentials, Rate, Route, WebOptions, WebReadError, WebService, base_url, below, lookup};
use bwdc_base::event::Events;
use bwdc_core::observed::{LookupRequest, Presences};
use bwdc_core::settings::{GoogleFilters, GoogleSettings};
use bwdc_core::snapshot::{ReadScope, Snapshot};
use lookup::{GroupLookup, Lookup};
use secrecy::SecretString;
use sign_in::ServiceAccount;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// What errors call the service.
const NAME: &str = "Google Workspace";

/// Google's reason for "no such object"; a 404 without it comes from a proxy or from another service.
const NOT_FOUND: &str = "notFound";

/// Google's reason for what this administrator may not see; a quota that is used up is a 403 with another one.
const FORBIDDEN: &str = "forbidden";

/// What may be read, and nothing else.
pub const SCOPES: [&str; 3] = [
    "https://www.googleapis.com/auth/admin.directory.user.readonly",
    "https://www.googleapis.com/auth/admin.directory.group.readonly",
    "https://www.googleapis.com/auth/admin.directory.group.member.readonly",
];

/// The most requests under way at one time: at 40 in a second that is enough for answers that take 400 ms.
const IN_FLIGHT: usize = 16;

/// Google allows 2,400 queries in a minute for each user and project (Google, "Directory API: limits and quotas").
const RATE: Rate = Rate::Fixed { requests: 2_390, per: Duration::from_secs(60) };

/// The quota is a minute's: so many attempts outlast one that others have used up.
const THROTTLED_ATTEMPTS: u32 = 8;

/// One account with the part of it that matters.
pub struct GoogleDirectory {
    service: WebService,
    api: Url,
    account: Arc<ServiceAccount>,
    settings: GoogleSettings,
    filters: GoogleFilters,
}

impl GoogleDirectory {
    /// How Google is spoken to. All directories of this process that ask the same API with service accounts of one project
    /// share one budget.
    pub fn options(settings: &GoogleSettings) -> WebOptions {
        let project = settings.client_email.rsplit('@').next().unwrap_or_default();
        WebOptions {
            in_flight: IN_FLIGHT,
            rate: RATE,
            shared_budget: Some(format!("{} {project}", settings.api_url)),
            throttled: |status, reason| status == 403 && cause::is_quota(reason),
            cause: cause::of,
            ..WebOptions::new(NAME).retrying(|it| it.throttled_attempts = THROTTLED_ATTEMPTS)
        }
    }

    /// Takes checked settings; nothing is sent before the first read.
    ///
    /// # Errors
    /// [`WebReadError`] when an address, the key or the means to connect are of no use.
    pub fn new(
        settings: GoogleSettings,
        filters: GoogleFilters,
        key: &SecretString,
        options: WebOptions,
    ) -> Result<Self, WebReadError> {
        let api = below(&base_url(NAME, &settings.api_url)?, &["admin", "directory", "v1"]);
        let account = Arc::new(ServiceAccount::new(&settings, key)?);
        let signing = Arc::clone(&account);
        let credentials = Credentials::Renewed {
            prefix: "Bearer ",
            get: Box::new(move |session| {
                let signing = Arc::clone(&signing);
                Box::pin(async move { signing.sign_in(session).await })
            }),
        };
        let options = options.at(&[&api, account.token_url()]);
        Ok(Self { service: WebService::new(options, credentials)?, api, account, settings, filters })
    }

    /// Reads all of `scope`: people and deleted people beside groups and the members of each.
    ///
    /// # Errors
    /// [`ReadError`] when any page could not be read.
    pub async fn read(&self, scope: ReadScope, events: Events<'_>) -> Result<Snapshot, ReadError> {
        read::read(self, scope, events).await
    }

    /// Asks for each of `lookups` by id.
    ///
    /// # Errors
    /// [`ReadError`] when Google does not accept the service account.
    pub async fn lookup(&self, lookups: &[LookupRequest]) -> Result<Presences, ReadError> {
        let session = self.service.session(&|_| {});
        let endpoint = Lookup { directory: self, session: &session };
        Ok(lookup(&endpoint, lookups).await?)
    }

    /// Asks for each group of `lookups` by id.
    ///
    /// # Errors
    /// As [`GoogleDirectory::lookup`].
    pub async fn lookup_groups(&self, lookups: &[LookupRequest]) -> Result<Presences, ReadError> {
        let session = self.service.session(&|_| {});
        let endpoint = GroupLookup { directory: self, session: &session };
        Ok(lookup(&endpoint, lookups).await?)
    }

    /// The addresses of the token endpoint and of the API.
    pub fn routes(&self) -> Vec<Route> {
        [self.account.token_url(), &self.api].map(|url| self.service.route_to(url)).into()
    }

    /// How many requests were sent so far.
    pub fn requests_sent(&self) -> u64 {
        self.service.requests_sent()
    }
}
