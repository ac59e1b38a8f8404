//! The server as tests and the demo hold it: started, inspected, seeded, disturbed and stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;

use super::account::Account;
use super::model::{CollectionAccess, Group, Member, MemberStatus, NewMember, RecordedRequest};
use super::options::{Flavor, Options};
use super::shared::{OrganizationState, Shared};
use super::store::{Holder, StoreError};
use super::{control, official, page, recorder, vaultwarden};
use crate::faults::{self, Faults};
use crate::host::Host;

pub(crate) const ANSWERS: &str = "the sandbox's own database answers";

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port cannot be had, or the system gives no thread.
    #[error("cannot listen on port {port} of the loopback address")]
    Listen {
        /// The port asked for; 0 for any.
        port: u16,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The database cannot be opened or made.
    #[error("cannot open the organization's database")]
    Database(#[source] StoreError),
}

/// A running organization server; dropping it stops it.
///
/// The inspectors and seeders panic when its SQLite file can no longer be read or written.
pub struct Server {
    pub(crate) shared: Arc<Shared>,
    host: Host,
}

impl Server {
    /// Starts a server on the loopback address.
    ///
    /// # Errors
    ///
    /// When the port is taken or the database cannot be opened.
    #[expect(clippy::unused_async, reason = "callers await a start, whatever it does inside")]
    pub async fn start(options: Options) -> Result<Server, StartError> {
        Server::start_blocking(options)
    }

    /// Starts a server from code that is not asynchronous.
    ///
    /// # Errors
    ///
    /// When the port is taken or the database cannot be opened.
    pub fn start_blocking(options: Options) -> Result<Server, StartError> {
        let port = options.port;
        let failed = |source| StartError::Listen { port, source };
        let listener = Host::bind(port).map_err(failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let shared = Arc::new(Shared::open(options, url).map_err(StartError::Database)?);
        let host = Host::serve(listener, "sandbox-organization", router(&shared)).map_err(failed)?;
        Ok(Server { shared, host })
    }

    /// Returns the address of the server without a slash at the end.
    pub fn url(&self) -> String {
        self.shared.url.clone()
    }

    /// Returns the base address of the identity service.
    pub fn identity_url(&self) -> String {
        format!("{}/identity", self.shared.url)
    }

    /// Returns the base address of the API.
    pub fn api_url(&self) -> String {
        format!("{}/api", self.shared.url)
    }

    /// Returns the address of the page that shows the organization in a browser.
    pub fn page_url(&self) -> String {
        format!("{}/", self.shared.url)
    }

    /// Returns the port that is listened on.
    pub fn port(&self) -> u16 {
        self.host.address().port()
    }

    /// Returns the client id of the API key: `organization.` and the organization's id.
    pub fn client_id(&self) -> String {
        self.shared.client_id()
    }

    /// Returns the secret of the API key as it is now.
    pub fn client_secret(&self) -> String {
        self.shared.key().secret().to_owned()
    }

    /// Returns the organization's id.
    pub fn organization_id(&self) -> String {
        self.shared.organization_id.clone()
    }

    /// Lists the members in the order in which they came.
    pub fn members(&self) -> Vec<Member> {
        self.shared.store().full_members().expect(ANSWERS)
    }

    /// Finds a member by address, without regard to case.
    pub fn member(&self, email: &str) -> Option<Member> {
        self.members().into_iter().find(|member| member.email.eq_ignore_ascii_case(email))
    }

    /// Lists the groups in the order in which they came.
    pub fn groups(&self) -> Vec<Group> {
        self.shared.store().full_groups().expect(ANSWERS)
    }

    /// Lists who is in which group by external ids; members and groups without one are left out.
    pub fn membership_by_external_ids(&self) -> BTreeMap<String, BTreeSet<String>> {
        let (members, groups) = {
            let store = self.shared.store();
            (store.full_members().expect(ANSWERS), store.full_groups().expect(ANSWERS))
        };
        let ids: BTreeMap<String, String> = members
            .into_iter()
            .filter_map(|member| member.external_id.map(|external_id| (member.id, external_id)))
            .collect();
        groups
            .into_iter()
            .filter_map(|group| {
                let members = group.members.iter().filter_map(|id| ids.get(id).cloned()).collect();
                group.external_id.map(|external_id| (external_id, members))
            })
            .collect()
    }

    /// Returns the number of seats, which an import in the cloud may have raised.
    pub fn seats(&self) -> Option<u32> {
        self.shared.seats()
    }

    /// Adds a member by hand and returns its id.
    pub fn add_member(&self, new: NewMember) -> String {
        let status = match (&self.shared.options.flavor, new.status) {
            (Flavor::Vaultwarden(_), MemberStatus::Revoked) if new.has_master_password => 2 - 128,
            (Flavor::Vaultwarden(_), MemberStatus::Revoked) => -128,
            (_, status) => status.number(),
        };
        let store = self.shared.store();
        if new.has_master_password {
            store.add_account(&new.email).expect(ANSWERS);
        }
        store.insert_member(&new, status).expect(ANSWERS).id
    }

    /// Makes an account with this address that is not in the organization; only Vaultwarden's import looks for it.
    pub fn add_account(&self, email: &str) {
        self.shared.store().add_account(email).expect(ANSWERS);
    }

    /// Makes an account with which a person can sign in. Whether it is in the organization is decided by its address.
    pub fn sign_up(&self, account: Account) {
        self.shared.store().add_account(&account.email).expect(ANSWERS);
        self.shared.accounts.add(account);
    }

    /// Returns the codes that were mailed, in their order.
    pub fn mailed_codes(&self) -> Vec<String> {
        self.shared.accounts.lock().mails()
    }

    /// Returns client id and secret of a person's own API key; `None` without such an account.
    pub fn personal_key(&self, email: &str) -> Option<(String, String)> {
        let mut accounts = self.shared.accounts.lock();
        accounts.find(email).map(|it| (format!("user.{}", it.id), it.api_key.clone()))
    }

    /// Adds a group by hand with members by their ids, and returns the group's id.
    pub fn add_group(&self, name: &str, external_id: Option<&str>, members: &[&str]) -> String {
        let store = self.shared.store();
        let group = store.insert_group(name, external_id).expect(ANSWERS);
        let rows: Vec<i64> = members
            .iter()
            .filter_map(|id| store.member(id).expect(ANSWERS))
            .map(|member| member.row)
            .collect();
        store.replace_group_members(group.row, rows).expect(ANSWERS);
        group.id
    }

    /// Adds a collection and returns its id.
    pub fn add_collection(&self, external_id: Option<&str>) -> String {
        self.shared.store().insert_collection(external_id).expect(ANSWERS)
    }

    /// Gives a group access to a collection; unknown ids are passed over.
    pub fn give_group(&self, group_id: &str, access: &CollectionAccess) {
        let store = self.shared.store();
        if let Some(group) = store.group(group_id).expect(ANSWERS) {
            store.give_collection(Holder::Group(group.row), access).expect(ANSWERS);
        }
    }

    /// Gives a person a collection of their own, which is never shown, and returns its id.
    pub fn add_default_collection(&self, who: &str) -> Option<String> {
        let store = self.shared.store();
        let member = store.find_member(who).expect(ANSWERS)?;
        let id = store.insert_default_collection().expect(ANSWERS);
        store.give_collection(Holder::Member(member.row), &CollectionAccess::to(&id)).expect(ANSWERS);
        Some(id)
    }

    /// Whether a member has direct access to a collection, shown or not.
    pub fn has_access(&self, who: &str, collection: &str) -> bool {
        let store = self.shared.store();
        let member = store.find_member(who).expect(ANSWERS);
        member.is_some_and(|member| store.has_access(member.row, collection).expect(ANSWERS))
    }

    /// Lists the requests in the order of their arrival; those for the page and its state are left out.
    ///
    /// The last ten thousand or so are kept.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.recorder.requests().into_iter().map(Arc::unwrap_or_clone).collect()
    }

    /// Forgets the requests received so far.
    pub fn clear_requests(&self) {
        self.shared.recorder.clear();
    }

    /// Makes every token issued so far a bad one.
    pub fn revoke_tokens(&self) {
        self.shared.tokens.revoke_all();
    }

    /// Issues a token without asking for the key, with any scope and lifetime.
    pub fn issue_token(&self, scope: &str, lifetime: Duration) -> String {
        let issuer = self.identity_url();
        self.shared.tokens.issue(&self.client_id(), &issuer, scope, lifetime)
    }

    /// Replaces the API key's secret and returns the new one; tokens stay good.
    pub fn rotate_key(&self) -> String {
        self.shared.rotate_key().expect(ANSWERS)
    }

    /// Switches the organization on or off, or takes it away.
    pub fn set_organization_state(&self, state: OrganizationState) {
        self.shared.set_organization_state(state);
    }

    /// Returns the faults, to which rules may be added at any time.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Stops the server and waits until its port is free; requests in flight get half a second.
    pub async fn stop(self) {
        self.host.stop().await;
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Server").field("url", &self.shared.url).finish_non_exhaustive()
    }
}

fn router(shared: &Arc<Shared>) -> Router {
    let imitated = match &shared.options.flavor {
        Flavor::Official(_) => official::router(shared),
        Flavor::Vaultwarden(_) => vaultwarden::router(),
    };
    let controls = if shared.options.control { control::router() } else { Router::new() };
    imitated
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(shared.faults.clone(), faults::apply))
        .layer(middleware::from_fn_with_state(Arc::clone(shared), recorder::record))
        .merge(page::router())
        .merge(controls)
        .with_state(Arc::clone(shared))
}
