//! The organization: sign in, look, and apply one request at a time.
//!
//! Nothing here decides what to change. A change is sent exactly once unless it is certain that the server did not act
//! on it; whoever gets [`ApplyError::Unknown`] looks at the organization before anything is sent again.

mod access;
mod account;
mod change;

mod credential;
mod error;
mod list_limits;
mod member;
mod message;
mod observe;
mod observer;
mod rejection;
mod run_time;
mod timeouts;
mod token;
mod transport;

pub use access::OrganizationAccess;
pub use account::{
    Account, AccountError, AccountPlace, AccountSignIn, ApiKey, OwnedOrganization, Proof, Step, TwoStepMethod,
};
pub use error::{ApplyError, Effect, OrganizationError, UnknownCause};
pub use message::{ServerMessage, Wordless};
pub use observe::{Reading, SeatReading, ServerFacts};
pub use timeouts::Timeouts;
pub use token::AccessToken;

use crate::clock::Clock;
use crate::event::Events;
use crate::failpoint;
use crate::http::{
    Answer, Body, BodyError, Call, ClientOptions, Exchange, ListLimits, NoList, ProxyChoice, Repeat, Reply,
    RetryPolicy, Sent, TransportError, read_body, read_list,
};
use crate::lease::Lease;
use bwdc_core::names::{GroupId, MemberId};
use bwdc_core::observed::{MemberStatus, ObservedGroup, ObservedMember, Seats};
use bwdc_core::settings::Endpoints;
use bwdc_core::wire::{ConfigResponse, GroupResponse, MemberResponse, Request, SubscriptionResponse};
use credential::{Credential, Scope, TokenEndpoint};
use list_limits::{ListEntry, ListSizes};
use reqwest::header::HeaderMap;
use reqwest::{Method, Response};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use transport::{Failure, Transport};
use url::Url;

/// Of everything but lists, in bytes. What can be made of such an answer takes many times as much memory, about a hundred times where
/// it is nested deeply; a member with access to 4,000 collections fits.
const SMALL: usize = 512 * 1024;

/// How to reach an organization.
pub struct Connection {
    /// Where its server is.
    pub endpoints: Endpoints,
    /// `organization.<id>`; the caller has refused anything else.
    pub client_id: String,
    /// The API key.
    pub client_secret: SecretString,
    /// The id of this installation, from `data.json`.
    pub app_id: String,
    /// A file with certificate authorities to trust besides the machine's.
    pub ca_path: Option<PathBuf>,
}

/// An organization on a server.
pub struct Organization {
    endpoints: Endpoints,
    app_id: String,
    transport: Transport,
    credential: Credential,
    observer: Option<Credential>,
    sizes: ListSizes,
}

impl Organization {
    /// Prepares the connection, through the proxy that the environment names; nothing is sent yet. A server on this
    /// machine is reached without one.
    ///
    /// # Errors
    /// [`OrganizationError::Client`] when the CA file or the proxy cannot be used.
    pub fn new(connection: Connection) -> Result<Self, OrganizationError> {
        let proxy = proxy_to(&connection.endpoints);
        Self::through(proxy, connection)
    }

    /// Prepares the connection through a chosen proxy, or through none.
    ///
    /// # Errors
    /// As [`Organization::new`].
    pub fn through(proxy: ProxyChoice, connection: Connection) -> Result<Self, OrganizationError> {
        let transport = transport(connection.ca_path.as_deref(), proxy)?;
        let Connection { endpoints, client_id, client_secret, app_id, .. } = connection;
        let credential = Credential::new(Scope::Organization, ApiKey { client_id, client_secret });
        Ok(Self { endpoints, app_id, transport, credential, observer: None, sizes: ListSizes::default() })
    }

    /// Takes a stored token, which is used while more than five minutes of it are left.
    #[must_use]
    pub fn with_token(mut self, stored: SecretString) -> Self {
        self.credential.hold(stored, self.transport.clock.now());
        self
    }

    /// By whose time stored tokens and those of an answer are judged. Comes before [`Organization::with_token`].
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.transport.clock = clock;
        self
    }

    /// Sends nothing but under this lease; None: this machine is alone.
    #[must_use]
    pub(crate) fn under(mut self, lease: Option<Arc<Lease>>) -> Self {
        self.transport.lease = lease;
        self
    }

    /// Replaces the limits of waiting for an answer.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.transport.timeouts = timeouts;
        self
    }

    /// Sets how many entries a list may have, whatever is known; None: that decides.
    #[must_use]
    pub fn with_list_limit(mut self, entries: Option<u32>) -> Self {
        self.sizes.set(entries);
        self
    }

    /// Tells how many people or groups are known: a list may be longer where there are many.
    pub fn expect_entries(&self, known: usize) {
        self.sizes.expect(known);
    }

    /// Tells how many entries the longest list of the last run had: no list can be much longer now.
    pub fn read_before(&self, entries: usize) {
        self.sizes.read_before(entries);
    }

    /// How many memberships may be read of all groups together.
    pub fn most_memberships(&self) -> usize {
        self.sizes.memberships()
    }

    /// The error of a server that lists more than that.
    pub fn too_many_memberships(&self, limit: usize) -> OrganizationError {
        TransportError::TooMany { url: self.api("/public/groups"), limit }.into()
    }

    /// Replaces the rules by which requests are tried again.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.transport.retry = retry;
        self
    }

    /// The token in use, for the store; a run may have replaced the stored one.
    pub async fn token(&self) -> Option<AccessToken> {
        self.credential.held().await
    }

    /// Asks for a new token now, whatever is stored.
    ///
    /// The key alone is sent each time: it is at hand, and no known server gives a refresh token for it.
    ///
    /// # Errors
    /// [`OrganizationError::SignIn`] when the server refuses, [`OrganizationError::NoToken`] when it agrees and gives none.
    pub async fn sign_in(&self, events: Events<'_>) -> Result<AccessToken, OrganizationError> {
        self.credential.renew(&self.token_endpoint(), events).await
    }

    /// Asks the server what it is.
    ///
    /// The question carries the token because a flag can be on for some organizations only.
    ///
    /// # Errors
    /// [`OrganizationError`]: not reached, refused, or an answer that is no server's.
    pub async fn server(&self, events: Events<'_>) -> Result<ServerFacts, OrganizationError> {
        let config: ConfigResponse = self.read("/config", SMALL, events).await?;
        Ok(observe::server(&config, self.endpoints.cloud))
    }

    /// Reads all members.
    ///
    /// # Errors
    /// [`OrganizationError`]: not reached, refused, cut short, or a status or role that is not known.
    pub async fn members(
        &self,
        events: Events<'_>,
    ) -> Result<Reading<Vec<ObservedMember>>, OrganizationError> {
        let list = self.read_list::<MemberResponse>("/public/members", events).await?;
        Ok(match list {
            Reading::Read(list) => {
                self.sizes.members_read(list.len());
                Reading::Read(list.into_iter().map(observe::member).collect::<Result<_, _>>()?)
            }
            Reading::NotOffered => Reading::NotOffered,
        })
    }

    /// Reads all groups, without their members.
    ///
    /// # Errors
    /// [`OrganizationError`]: not reached, refused or cut short.
    pub async fn groups(&self, events: Events<'_>) -> Result<Reading<Vec<ObservedGroup>>, OrganizationError> {
        let list = self.read_list::<GroupResponse>("/public/groups", events).await?;
        Ok(match list {
            Reading::Read(list) => Reading::Read(list.into_iter().map(observe::group).collect()),
            Reading::NotOffered => Reading::NotOffered,
        })
    }

    /// Reads the number of seats.
    ///
    /// # Errors
    /// [`OrganizationError`]: not reached, or an answer that is no server's.
    pub async fn seats(&self, events: Events<'_>) -> Result<SeatReading, OrganizationError> {
        let path = "/public/organization/subscription";
        let plan = match self.read::<SubscriptionResponse>(path, SMALL, events).await {
            Ok(subscription) => subscription.password_manager,
            // A company's own server says so in this way.
            Err(OrganizationError::Refused(message)) if (400..500).contains(&message.status) => {
                return Ok(SeatReading::Hidden);
            }
            Err(error) => return Err(error),
        };
        let seats = plan.and_then(|it| Some(Seats { total: it.seats?, most: it.max_auto_scale_seats }));
        Ok(seats.map_or(SeatReading::NoNumber, SeatReading::Number))
    }

    /// Reads who is in one group.
    ///
    /// # Errors
    /// [`OrganizationError`]: not reached, refused (404 when the group is gone) or cut short.
    pub async fn group_members(
        &self,
        id: &GroupId,
        events: Events<'_>,
    ) -> Result<Vec<MemberId>, OrganizationError> {
        let id = change::path_segment(id.as_str())?;
        let path = format!("/public/groups/{id}/member-ids");
        self.list_as(&self.credential, &path, self.sizes.group(), events).await
    }

    /// Sends one request and reports what became of it. A member who is already as asked for is no error.
    ///
    /// # Errors
    /// [`ApplyError`], which tells whether the organization is certainly as it was.
    pub async fn apply(&self, request: &Request, events: Events<'_>) -> Result<(), ApplyError> {
        if let Request::PutMember { id, external_id } = request {
            return self.replace_external_id(id, external_id, events).await;
        }
        if let Request::Merge { into, from } = request {
            return self.merge(into, from, events).await;
        }
        if let Request::InviteAnew { id, .. } = request {
            return self.invite_anew(id, request, events).await;
        }
        let members = match request {
            Request::TakeOut { group, members } => match self.without(group, members, events).await? {
                None => return Ok(()),
                Some(left) => Some(left),
            },
            _ => None,
        };
        let call = change::call(&self.endpoints.api, request, members.as_ref(), &self.transport.timeouts)?;
        let token = self.fresh_token(events).await?;
        failpoint::hit(&format!("request.{}.before", change::kind(request)));
        let outcome = self.authorized(&call, token, events).await;
        failpoint::hit(&format!("request.{}.after", change::kind(request)));
        match outcome {
            Ok(answer) => match change::judge(request, &call, &answer) {
                Err(ApplyError::Refused { .. }) if self.is_so_already(request, events).await => Ok(()),
                // The member is there, and the address is not.
                Err(ApplyError::Refused { message, .. })
                    if matches!(request, Request::Revoke(_)) && message.is_bare(404) =>
                {
                    Err(ApplyError::NoRevoke)
                }
                judged => judged,
            },
            Err(Failure { error, sent: Sent::CertainlyNot }) => Err(ApplyError::NotSent(error)),
            Err(Failure { error, sent: Sent::Perhaps }) => {
                Err(ApplyError::Unknown { cause: UnknownCause::Lost(Box::new(error)) })
            }
        }
    }

    /// The members of a group without some of them; None: these are not in it.
    async fn without(
        &self,
        group: &GroupId,
        out: &[MemberId],
        events: Events<'_>,
    ) -> Result<Option<Value>, ApplyError> {
        let refused = |error| match error {
            OrganizationError::Refused(message) if message.status == 404 => {
                ApplyError::Refused { message, effect: Effect::None }
            }
            error => error.into(),
        };
        let before = self.group_members(group, events).await.map_err(refused)?;
        let left: Vec<&MemberId> = before.iter().filter(|it| !out.contains(it)).collect();
        Ok((left.len() < before.len()).then(|| json!({ "memberIds": left })))
    }

    /// Whether a refused change of one member is refused because it was made meanwhile: by hand, or by a run that was
    /// killed while the server still worked for it.
    async fn is_so_already(&self, request: &Request, events: Events<'_>) -> bool {
        if let Request::DeleteGroup(id) = request {
            let groups = self.groups(events).await;
            return matches!(groups, Ok(Reading::Read(groups)) if groups.iter().all(|it| it.id.as_ref() != Some(id)));
        }
        let (Request::Revoke(id) | Request::Restore(id) | Request::Remove(id)) = request else {
            return false;
        };
        let Ok(Reading::Read(members)) = self.members(events).await else { return false };
        let status = members.iter().find(|it| it.id.as_ref() == Some(id)).map(|it| it.status);
        match request {
            // Who is no member any more has no access.
            Request::Revoke(_) => status.is_none_or(|it| it == MemberStatus::Revoked),
            Request::Restore(_) => status.is_some_and(|it| it != MemberStatus::Revoked),
            _ => status.is_none(),
        }
    }

    async fn read_list<T: ListEntry>(
        &self,
        path: &str,
        events: Events<'_>,
    ) -> Result<Reading<Vec<T>>, OrganizationError> {
        match self.list_as::<T>(&self.credential, path, self.sizes.list(), events).await {
            Ok(list) => Ok(Reading::Read(list)),
            Err(OrganizationError::Refused(message)) if message.status == 404 && !message.page => {
                Ok(Reading::NotOffered)
            }
            Err(error) => Err(error),
        }
    }

    async fn read<T: DeserializeOwned>(
        &self,
        path: &str,
        size_limit: usize,
        events: Events<'_>,
    ) -> Result<T, OrganizationError> {
        self.read_as(&self.credential, path, size_limit, events).await
    }

    async fn read_as<T: DeserializeOwned>(
        &self,
        credential: &Credential,
        path: &str,
        size_limit: usize,
        events: Events<'_>,
    ) -> Result<T, OrganizationError> {
        let call = self.get(path, size_limit);
        let token = credential.fresh(&self.token_endpoint(), events).await?;
        let sent = self.authorized_as(credential, &call, token, events).await;
        let answer = sent.map_err(|failure| failure.error)?;
        if !answer.is_success() {
            return Err(OrganizationError::Refused(ServerMessage::of(&call.url, &answer)));
        }
        observe::decode(&call.url, &answer.body)
    }

    /// Reads a list while it arrives.
    async fn list_as<T: ListEntry>(
        &self,
        credential: &Credential,
        path: &str,
        limits: ListLimits,
        events: Events<'_>,
    ) -> Result<Vec<T>, OrganizationError> {
        let call = self.get(path, SMALL);
        let token = credential.fresh(&self.token_endpoint(), events).await?;
        let read = async |response| read_list::<T>(response, limits, T::kept).await;
        let sent = self.authorized_and_read(credential, &call, token, events, read).await;
        match sent.map_err(|failure| failure.error)? {
            Reply::Refused(answer) => Err(OrganizationError::Refused(ServerMessage::of(&call.url, &answer))),
            Reply::Success(answer) => {
                answer.body.map_err(|NoList { head, error }| observe::unreadable(&call.url, &head, &error))
            }
        }
    }

    fn get(&self, path: &str, size_limit: usize) -> Call {
        Call {
            method: Method::GET,
            url: self.api(path),
            body: Body::None,
            headers: HeaderMap::new(),
            repeat: Repeat::Read,
            time_limit: self.transport.timeouts.answer,
            size_limit,
        }
    }

    async fn authorized(
        &self,
        call: &Call,
        token: AccessToken,
        events: Events<'_>,
    ) -> Result<Answer, Failure> {
        self.authorized_as(&self.credential, call, token, events).await
    }

    async fn authorized_as(
        &self,
        credential: &Credential,
        call: &Call,
        token: AccessToken,
        events: Events<'_>,
    ) -> Result<Answer, Failure> {
        let read = async |response| read_body(response, call.size_limit).await;
        Ok(match self.authorized_and_read(credential, call, token, events, read).await? {
            Reply::Success(answer) | Reply::Refused(answer) => answer,
        })
    }

    /// Sends with a token; on 401, once more with a fresh one, since the server did not act on the first.
    async fn authorized_and_read<B>(
        &self,
        credential: &Credential,
        call: &Call,
        token: AccessToken,
        events: Events<'_>,
        read: impl AsyncFn(Response) -> Result<B, BodyError>,
    ) -> Result<Reply<B>, Failure> {
        let reply = self.transport.exchange_and_read(call, Some(&token), events, &read).await?;
        if !matches!(&reply, Reply::Refused(answer) if answer.status == 401) {
            return Ok(reply);
        }
        let token = credential
            .replace(&token, &self.token_endpoint(), events)
            .await
            .map_err(|error| Failure { error, sent: Sent::CertainlyNot })?;
        self.transport.exchange_and_read(call, Some(&token), events, &read).await
    }

    async fn fresh_token(&self, events: Events<'_>) -> Result<AccessToken, OrganizationError> {
        self.credential.fresh(&self.token_endpoint(), events).await
    }

    fn token_endpoint(&self) -> TokenEndpoint<'_> {
        TokenEndpoint { transport: &self.transport, identity: &self.endpoints.identity, app_id: &self.app_id }
    }

    fn api(&self, path: &str) -> String {
        format!("{}{path}", self.endpoints.api)
    }
}

/// A server on this machine is reached without a proxy.
fn proxy_to(endpoints: &Endpoints) -> ProxyChoice {
    let urls = [&endpoints.api, &endpoints.identity].map(|url| Url::parse(url));
    match &urls {
        [Ok(api), Ok(identity)] => ProxyChoice::Environment.towards(&[api, identity]),
        _ => ProxyChoice::Environment,
    }
}

fn transport(ca_path: Option<&Path>, proxy: ProxyChoice) -> Result<Transport, OrganizationError> {
    let exchange = Exchange::new(&ClientOptions { ca_path, proxy, ..ClientOptions::default() })?;
    Ok(Transport::new(exchange))
}
