//! OneLogin, by either version of its API.
//!
//! The second version tells the total of each list, which proves that it was read to its end; the first, which installed
//! connectors use, only links from page to page. Roles become groups, or OneLogin's own groups. Between full reads people
//! are read by what changed; roles are not, since nothing tells who joined or left one.

mod incremental;
mod list;
mod lookup;
mod model;
mod probe;
mod read;

use crate::ReadError;
use crate::snapshot_cache::{IncrementalRead, SnapshotCache};
use crate::web::incremental as driver;
use crate::web::{
    Credentials, FreshToken, Rate, Reset, WebBody, WebOptions, WebReadError, WebRequest, WebService,
    WebSession, base_url, below, lookup,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bwdc_base::event::Events;
use bwdc_core::names::Timestamp;
use bwdc_core::observed::{LookupRequest, Presences};
use bwdc_core::settings::{OneLoginApi, OneLoginFilters, OneLoginGroups, OneLoginSettings};
use bwdc_core::snapshot::{ReadScope, Snapshot};
use incremental::Source;
use lookup::{GroupLookup, Lookup};
use model::{Limit, LimitResponse, TokenResponse};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::time::Duration;
use url::Url;

/// How the id of one of OneLogin's own groups begins: roles and groups are numbered apart, and after a change of the setting
/// nobody may get what a role had.
const GROUP: &str = "group-";

/// What errors call the service.
const NAME: &str = "OneLogin";
/// Requests under way at one time.
const IN_FLIGHT: usize = 8;
/// The part of the hourly limit that is used; other programs share it.
const SHARE: f64 = 0.9;

/// What an API credential needs, in OneLogin's words: for people, and for roles in the second version of the API.
const NEEDS_USERS: &str = "the scope `Read users` or `Read all`";
const NEEDS_ALL: &str = "the scope `Read all`";

/// How long tokens are good where OneLogin does not say.
const LIFETIME: Duration = Duration::from_secs(10 * 60 * 60);
/// The hourly limit may have to be waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(65 * 60);

/// One OneLogin account with the part of it that matters.
pub struct OneLoginDirectory {
    service: WebService,
    base: Url,
    settings: OneLoginSettings,
    filters: OneLoginFilters,
}

impl OneLoginDirectory {
    /// How OneLogin is spoken to.
    pub fn options() -> WebOptions {
        WebOptions {
            in_flight: IN_FLIGHT,
            rate: Rate::Headers {
                limit: "x-ratelimit-limit",
                remaining: "x-ratelimit-remaining",
                reset: "x-ratelimit-reset",
                reset_is: Reset::Seconds,
                share: SHARE,
                window: Duration::from_secs(60 * 60),
            },
            ..WebOptions::new(NAME).retrying(|it| it.longest_pause = LONGEST_PAUSE)
        }
    }

    /// Takes checked settings; nothing is sent before the first read.
    ///
    /// # Errors
    /// [`WebReadError`] when the address or the means to connect are of no use.
    pub fn new(
        settings: OneLoginSettings,
        filters: OneLoginFilters,
        secret: SecretString,
        options: WebOptions,
    ) -> Result<Self, WebReadError> {
        let base = base_url(NAME, &settings.url)?;
        let token_url = below(&base, &["auth", "oauth2", "v2", "token"]);
        let basic = basic(&settings.client_id, &secret)?;
        // The first version's description has a colon here, which the second does not know.
        let prefix = match settings.api {
            OneLoginApi::First => "bearer:",
            OneLoginApi::Second => "Bearer ",
        };
        let credentials = Credentials::Renewed {
            prefix,
            get: Box::new(move |session| Box::pin(sign_in(session, token_url.clone(), basic.clone()))),
        };
        let service = WebService::new(options.at(&[&base]), credentials)?;
        Ok(Self { service, base, settings, filters })
    }

    /// Reads all of `scope`: 1. people, 2. roles or groups, 3. who is in each. OneLogin keeps nobody as deleted.
    ///
    /// # Errors
    /// [`ReadError`] when any page could not be read, or a list is not as long as announced.
    pub async fn read(&self, scope: ReadScope, events: Events<'_>) -> Result<Snapshot, ReadError> {
        read::read(self, scope, None, events).await
    }

    /// As [`OneLoginDirectory::read`]; people whom OneLogin's own dates show to be older than `since` are marked unchanged.
    /// Roles and groups have no date.
    ///
    /// # Errors
    /// As [`OneLoginDirectory::read`].
    pub async fn read_since(
        &self,
        scope: ReadScope,
        since: Timestamp,
        events: Events<'_>,
    ) -> Result<Snapshot, ReadError> {
        read::read(self, scope, Some(since), events).await
    }

    /// As [`OneLoginDirectory::read`], with people by what changed since `cache`.
    ///
    /// # Errors
    /// As [`OneLoginDirectory::read`].
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
    /// [`ReadError`] when OneLogin does not accept the credential.
    pub async fn lookup(&self, lookups: &[LookupRequest]) -> Result<Presences, ReadError> {
        let session = self.service.session(&|_| {});
        Ok(lookup(&Lookup { directory: self, session: &session }, lookups).await?)
    }

    /// Asks for each group of `lookups` by id: roles, and OneLogin's own groups, whichever the settings read now.
    ///
    /// # Errors
    /// As [`OneLoginDirectory::lookup`].
    pub async fn lookup_groups(&self, lookups: &[LookupRequest]) -> Result<Presences, ReadError> {
        let session = self.service.session(&|_| {});
        let (groups, roles): (Vec<_>, Vec<_>) = lookups.iter().cloned().partition(GroupLookup::is_group);
        let mut presences = Presences::new();
        for (kind, lookups) in [(OneLoginGroups::Groups, groups), (OneLoginGroups::Roles, roles)] {
            let endpoint = GroupLookup { of: Lookup { directory: self, session: &session }, kind };
            presences.extend(lookup(&endpoint, &lookups).await?);
        }
        Ok(presences)
    }

    /// Whether an account may be used; None: OneLogin does not tell, or by a number that it added later, and that may mean anything.
    fn is_active(&self, status: Option<u64>) -> Option<bool> {
        let status = status?;
        let known = OneLoginSettings::STATUSES.iter().any(|(number, _)| u64::from(*number) == status);
        known.then(|| self.settings.active_statuses.iter().any(|number| u64::from(*number) == status))
    }

    /// How many requests were sent so far.
    pub fn requests_sent(&self) -> u64 {
        self.service.requests_sent()
    }

    /// Asks for the hourly limit where the answers so far did not tell it. Without an answer to that the service refuses what
    /// is too much, and is waited for.
    async fn watch_limit(&self, session: &WebSession<'_>) {
        if self.service.knows_limit("") {
            return;
        }
        let request = WebRequest::get(below(&self.base, &["auth", "rate_limit"])).needs(NEEDS_USERS);
        match session.json::<LimitResponse>(&request).await {
            Ok(answer) => {
                let Limit { limit, remaining, reset } = answer.value.data;
                self.service.note_limit("", limit, remaining, Duration::from_secs(reset));
            }
            Err(error) => tracing::debug!(%error, "OneLogin does not tell its hourly limit"),
        }
    }

    /// A request to one version of the API. All count against one hourly limit.
    fn request(&self, api: OneLoginApi, path: &[&str], query: &[(&str, &str)]) -> WebRequest {
        let (version, needs) = match api {
            OneLoginApi::Second if path[0] != "users" => ("2", NEEDS_ALL),
            OneLoginApi::Second => ("2", NEEDS_USERS),
            OneLoginApi::First => ("1", NEEDS_USERS),
        };
        let mut url = below(&below(&self.base, &["api", version]), path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        WebRequest::get(url).needs(needs)
    }
}

/// Client id and secret as the token endpoint wants them (RFC 7617).
fn basic(client_id: &str, secret: &SecretString) -> Result<HeaderValue, WebReadError> {
    let pair = STANDARD.encode(format!("{client_id}:{}", secret.expose_secret()));
    let mut value = HeaderValue::try_from(format!("Basic {pair}"))
        .map_err(|_| WebReadError::Credentials { service: NAME, reason: "they cannot be sent".to_owned() })?;
    value.set_sensitive(true);
    Ok(value)
}

async fn sign_in(session: &WebSession<'_>, url: Url, basic: HeaderValue) -> Result<FreshToken, WebReadError> {
    let body = WebBody::Json(json!({ "grant_type": "client_credentials" }));
    let request = WebRequest::post(url, body).header(AUTHORIZATION, basic).without_token();
    let answer = session.json::<TokenResponse>(&request).await?.value;
    if answer.access_token.is_empty() {
        return Err(session.malformed(&request, "it holds no access token".to_owned()));
    }
    let lifetime = answer.expires_in.map_or(LIFETIME, Duration::from_secs);
    Ok(FreshToken { secret: answer.access_token.into(), lifetime, proof: None })
}
