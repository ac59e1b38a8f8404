//! Directories: where people and groups come from. Each kind returns a complete [`Snapshot`] or an error.

pub mod entra;
pub mod google;
pub mod ldap;
pub mod okta;
pub mod onelogin;
pub mod probe;
pub mod snapshot_cache;
pub mod unread;
pub mod web;

use bwdc_base::event::Events;
use bwdc_core::names::Timestamp;
use bwdc_core::observed::{LookupRequest, Presences};
use bwdc_core::snapshot::{IncompleteRead, ReadScope, Snapshot};
use probe::Finding;
use snapshot_cache::{IncrementalRead, Refresh, SnapshotCache};
use std::collections::HashSet;
use web::Route;

/// A directory of one of the kinds that can be read.
#[expect(clippy::large_enum_variant, reason = "there is one for a whole run")]
pub enum Directory {
    /// Active Directory or any other LDAP server.
    Ldap(ldap::LdapDirectory),
    /// Microsoft Entra ID.
    Entra(Box<entra::EntraDirectory>),
    /// A Google Workspace account.
    Google(Box<google::GoogleDirectory>),
    /// An Okta organization.
    Okta(Box<okta::OktaDirectory>),
    /// A OneLogin account.
    OneLogin(Box<onelogin::OneLoginDirectory>),
}

/// Why a directory could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// An LDAP server could not be read.
    #[error(transparent)]
    Ldap(Box<ldap::LdapReadError>),
    /// A directory behind HTTP could not be read.
    #[error(transparent)]
    Web(Box<web::WebReadError>),
    /// A part of the directory was not read to its end.
    #[error(transparent)]
    Incomplete(#[from] IncompleteRead),
}

impl Directory {
    /// Reads all of `scope`.
    ///
    /// # Errors
    /// [`ReadError`] when any part could not be read to its end; what was read so far is dropped.
    pub async fn read(&self, scope: ReadScope, events: Events<'_>) -> Result<Snapshot, ReadError> {
        match self {
            Self::Ldap(directory) => directory.read(scope, events).await,
            Self::Okta(directory) => directory.read(scope, events).await,
            Self::Entra(directory) => directory.read(scope, events).await,
            Self::OneLogin(directory) => directory.read(scope, events).await,
            Self::Google(directory) => directory.read(scope, events).await,
        }
    }

    /// As [`Directory::read`]; what did not change since then is marked so.
    ///
    /// # Errors
    /// As [`Directory::read`], and when the directory does not tell what changed.
    pub async fn read_since(
        &self,
        scope: ReadScope,
        since: Timestamp,
        events: Events<'_>,
    ) -> Result<Snapshot, ReadError> {
        match self {
            Self::Ldap(directory) => directory.read_since(scope, Some(since), events).await,
            Self::Okta(directory) => directory.read_since(scope, Some(since), events).await,
            Self::Entra(directory) => directory.read(scope, events).await,
            Self::OneLogin(directory) => directory.read_since(scope, since, events).await,
            Self::Google(directory) => directory.read(scope, events).await,
        }
    }

    /// Reads all of `scope`, by what changed since `cache` where the source can tell completely. A source that cannot
    /// reads everything and keeps nothing.
    ///
    /// # Errors
    /// As [`Directory::read`].
    pub async fn follow(
        &self,
        scope: ReadScope,
        snapshot_cache: Option<SnapshotCache>,
        events: Events<'_>,
    ) -> Result<IncrementalRead, ReadError> {
        match self {
            Self::Ldap(directory) => directory.follow(scope, snapshot_cache, events).await,
            Self::Okta(directory) => directory.read_incremental(scope, snapshot_cache, events).await,
            Self::OneLogin(directory) => directory.read_incremental(scope, snapshot_cache, events).await,
            Self::Entra(directory) => directory.read_incremental(scope, snapshot_cache, events).await,
            Self::Google(_) => {
                Ok(IncrementalRead { snapshot: self.read(scope, events).await?, refresh: Refresh::Drop })
            }
        }
    }

    /// Asks for people by their ids, without any filter: absence from a read alone says nothing.
    ///
    /// # Errors
    /// [`ReadError`] when the directory cannot be asked at all; a single answer that does not come is an unknown presence.
    pub async fn look_up(&self, lookups: &[LookupRequest]) -> Result<Presences, ReadError> {
        match self {
            Self::Ldap(directory) => directory.look_up(lookups).await,
            Self::Okta(directory) => directory.lookup(lookups).await,
            Self::Entra(directory) => directory.lookup(lookups).await,
            Self::OneLogin(directory) => directory.lookup(lookups).await,
            Self::Google(directory) => directory.lookup(lookups).await,
        }
    }

    /// As [`Directory::look_up`], for groups.
    ///
    /// # Errors
    /// As [`Directory::look_up`].
    pub async fn look_up_groups(&self, lookups: &[LookupRequest]) -> Result<Presences, ReadError> {
        match self {
            Self::Ldap(directory) => directory.look_up_groups(lookups).await,
            Self::Okta(directory) => directory.lookup_groups(lookups).await,
            Self::Entra(directory) => directory.lookup_groups(lookups).await,
            Self::OneLogin(directory) => directory.lookup_groups(lookups).await,
            Self::Google(directory) => directory.lookup_groups(lookups).await,
        }
    }

    /// Those of `ids` that entries of this directory have, also in another attribute than the one that the settings choose now. Nobody's
    /// where [`Directory::look_up`] knows every id there can be.
    ///
    /// # Errors
    /// As [`Directory::look_up`].
    pub async fn held_ids(&self, ids: &[&str]) -> Result<HashSet<String>, ReadError> {
        match self {
            Self::Ldap(directory) => directory.held_ids(ids).await,
            Self::Okta(_) | Self::Entra(_) | Self::OneLogin(_) | Self::Google(_) => Ok(HashSet::new()),
        }
    }

    /// Whether somebody who is not there costs a question of its own: the service says "not found" of one at a time only.
    pub fn asks_for_each_alone(&self) -> bool {
        match self {
            Self::Okta(_) | Self::OneLogin(_) | Self::Google(_) => true,
            Self::Ldap(_) | Self::Entra(_) => false,
        }
    }

    /// Whether an id can be told to be of this directory without asking: it is the name of an entry below the root.
    pub fn is_own_id(&self, id: &str) -> bool {
        match self {
            Self::Ldap(directory) => directory.names_one_below_root(id),
            Self::Okta(_) | Self::Entra(_) | Self::OneLogin(_) | Self::Google(_) => false,
        }
    }

    /// Looks the directory over piece by piece, without reading it: what cannot be looked at for want of an earlier step
    /// is left out.
    pub async fn probe(&self, events: Events<'_>) -> Vec<Finding> {
        match self {
            Self::Ldap(directory) => directory.probe(events).await,
            Self::Okta(directory) => directory.probe(events).await,
            Self::Entra(directory) => directory.probe(events).await,
            Self::OneLogin(directory) => directory.probe(events).await,
            Self::Google(directory) => directory.probe(events).await,
        }
    }

    /// The addresses that are asked over HTTP; none for LDAP.
    pub fn routes(&self) -> Vec<Route> {
        match self {
            Self::Ldap(_) => Vec::new(),
            Self::Okta(directory) => directory.routes(),
            Self::Entra(directory) => directory.routes(),
            Self::OneLogin(directory) => directory.routes(),
            Self::Google(directory) => directory.routes(),
        }
    }
}

impl From<ldap::LdapReadError> for ReadError {
    fn from(error: ldap::LdapReadError) -> Self {
        Self::Ldap(Box::new(error))
    }
}

impl From<web::WebReadError> for ReadError {
    fn from(error: web::WebReadError) -> Self {
        Self::Web(Box::new(error))
    }
}
