//! Active Directory and every other LDAP server.
//!
//! One connection reads everything, one section after the other: pages of one search keep the server's cursor on one
//! connection, and the time goes into decoding, which one core does. Entries are turned into interned texts as they
//! arrive and never kept.

mod account;
mod attributes;
mod cause;
mod codec;
mod computed;
mod connect;
mod credentials;
mod discover;
mod domain;
mod entry;
mod error;
mod filter;
mod find;
mod group;
mod hidden;
mod hides;
mod incremental;
#[cfg(feature = "kerberos")]
mod kerberos;
mod locate;
mod lookup;
mod membership;
pub mod name;
mod parity;
mod password;
mod person;
mod prepare;
mod probe;
mod raw;
mod reader;
mod request;
mod root_entry;
mod schema;
mod search;
mod selection;
mod server;
mod sign_in;
mod spelling;
mod tls;
mod transport;
mod value;
mod whose;

pub use cause::{BindCause, KerberosCause, SearchCause};
pub use discover::{Discovered, discover};
pub use error::{LdapReadError, Outcome, PasswordFault, SearchPlace, Step, TlsFileError};
pub use filter::check_filter;
pub use server::LdapServer;

use crate::ReadError;
use crate::snapshot_cache::{IncrementalRead, SnapshotCache};
use crate::unread::Unread;
use bwdc_base::clock::Clock;
use bwdc_base::event::{Event, Events};
use bwdc_base::notice::Notice;
use bwdc_core::names::Timestamp;
use bwdc_core::observed::{LookupRequest, Presences};
use bwdc_core::settings::{DisabledBy, LdapLayout, LdapSettings, TimeLimits};
use bwdc_core::snapshot::{ReadScope, Snapshot};
use connect::Connection;
use password::PasswordWarning;
use secrecy::SecretString;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::OnceLock;

/// One LDAP server with the part of it that matters.
pub struct LdapDirectory {
    settings: LdapSettings,
    layout: LdapLayout,
    password: Option<SecretString>,
    time_limits: TimeLimits,
    name_server: Option<SocketAddr>,
    clock: Clock,
    /// The server that answered first, once one has.
    found: OnceLock<LdapSettings>,
}

impl LdapDirectory {
    /// Takes checked settings; nothing is sent before the first read.
    pub fn new(
        settings: LdapSettings,
        layout: LdapLayout,
        password: Option<SecretString>,
        time_limits: TimeLimits,
    ) -> Self {
        Self {
            settings,
            layout,
            password,
            time_limits,
            name_server: None,
            clock: Clock::default(),
            found: OnceLock::new(),
        }
    }

    /// The directory with its servers looked for at this name server, not at those of the operating system.
    #[must_use]
    pub fn with_name_server(self, address: SocketAddr) -> Self {
        Self { name_server: Some(address), ..self }
    }

    /// The directory under another clock, by which it says whose account has expired.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Reads all of `scope`: 1. checks the filters, 2. connects and binds, 3. reads the server's own entry,
    /// 4. people, 5. deleted people, 6. groups.
    ///
    /// # Errors
    /// [`ReadError`] when any part could not be read to its end.
    pub async fn read(&self, scope: ReadScope, events: Events<'_>) -> Result<Snapshot, ReadError> {
        self.read_since(scope, None, events).await
    }

    /// As [`LdapDirectory::read`]; entries that the server's own dates show to be older than `since` are marked unchanged.
    ///
    /// # Errors
    /// [`ReadError`] when any part could not be read to its end, or when no entry has a date.
    pub async fn read_since(
        &self,
        scope: ReadScope,
        since: Option<Timestamp>,
        events: Events<'_>,
    ) -> Result<Snapshot, ReadError> {
        let filters = selection::Filters::prepare(&self.layout)?;
        let mut connection = self.connect().await?;
        self.warn(&connection, events);
        let plan = selection::Reading {
            settings: &self.settings,
            layout: &self.layout,
            filters: &filters,
            scope,
            since,
            now: self.clock.now(),
        };
        let snapshot = reader::read(&mut connection, plan, events).await?;
        connection.close().await;
        Ok(snapshot)
    }

    /// As [`LdapDirectory::read`], by what changed since `cache` where the server tells it completely.
    ///
    /// # Errors
    /// As [`LdapDirectory::read`].
    pub async fn follow(
        &self,
        scope: ReadScope,
        snapshot_cache: Option<SnapshotCache>,
        events: Events<'_>,
    ) -> Result<IncrementalRead, ReadError> {
        let filters = selection::Filters::prepare(&self.layout)?;
        let mut connection = self.connect().await?;
        self.warn(&connection, events);
        let (settings, layout) = (&self.settings, &self.layout);
        let reading = selection::Reading {
            settings,
            layout,
            filters: &filters,
            scope,
            since: None,
            now: self.clock.now(),
        };
        let followed = incremental::follow(&mut connection, reading, snapshot_cache, events).await?;
        connection.close().await;
        Ok(followed)
    }

    /// Asks for each of `lookups` by its stable id and by the id that was pushed.
    ///
    /// # Errors
    /// [`ReadError`] when the server cannot be reached, does not accept the bind, or stops answering.
    pub async fn look_up(&self, lookups: &[LookupRequest]) -> Result<Presences, ReadError> {
        self.look_up_by(lookups, &self.layout.disabled_by).await
    }

    /// As [`LdapDirectory::look_up`], for groups: nothing tells whether one is disabled.
    ///
    /// # Errors
    /// As [`LdapDirectory::look_up`].
    pub async fn look_up_groups(&self, lookups: &[LookupRequest]) -> Result<Presences, ReadError> {
        self.look_up_by(lookups, &[]).await
    }

    async fn look_up_by(
        &self,
        lookups: &[LookupRequest],
        signs: &[DisabledBy],
    ) -> Result<Presences, ReadError> {
        if lookups.is_empty() {
            return Ok(Presences::new());
        }
        let mut connection = self.connect().await?;
        let (settings, layout, now) = (&self.settings, &self.layout, self.clock.now());
        let presences = lookup::lookup(&mut connection, settings, layout, lookups, (signs, now)).await?;
        connection.close().await;
        Ok(presences)
    }

    /// Those of `ids` that entries have in whichever attribute that identifies an entry for good.
    ///
    /// # Errors
    /// As [`LdapDirectory::look_up`].
    pub async fn held_ids(&self, ids: &[&str]) -> Result<HashSet<String>, ReadError> {
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let mut connection = self.connect().await?;
        let held = lookup::held::held(&mut connection, &self.settings, &self.layout, ids).await?;
        connection.close().await;
        Ok(held)
    }

    /// Whether an id is the name of an entry below the root of the settings, there or not.
    pub fn names_one_below_root(&self, id: &str) -> bool {
        let (mut below, mut above) = (String::new(), String::new());
        name::normalize(id, &mut below)
            && name::normalize(self.settings.search_root(), &mut above)
            && name::is_within(&below, &above)
    }

    /// Looks for entries that a read does not return, by distinguished name, address or name, and tells why.
    ///
    /// # Errors
    /// [`ReadError`] when the server cannot be asked.
    pub async fn find(&self, who: &str) -> Result<Vec<Unread>, ReadError> {
        let filters = selection::Filters::prepare(&self.layout)?;
        let mut connection = self.connect().await?;
        let found = find::find(&mut connection, &self.settings, &self.layout, &filters, who.trim()).await?;
        connection.close().await;
        Ok(found)
    }

    /// A password in clear text is what many installations have, and works; it is said every time. So is one that ends: each sign-in
    /// after its end may be the last.
    fn warn(&self, connection: &Connection, events: Events<'_>) {
        let settings = self.found.get().unwrap_or(&self.settings);
        if settings.shows_password() {
            let server = connection.server();
            tracing::warn!(server, "the password goes over the network in clear text");
            events(Event::Notice(Notice::PasswordInClearText {
                username: connection.username().to_owned(),
                server: server.to_owned(),
            }));
        }
        let Some(warning) = connection.password_warning else { return };
        let (username, server) = (connection.username().to_owned(), connection.server().to_owned());
        tracing::warn!(server, ?warning, "the password of the account ends");
        events(Event::Notice(match warning {
            PasswordWarning::Grace { left } => Notice::PasswordEnded { username, server, left },
            PasswordWarning::Ends { .. } => {
                let at = warning.ends_at(self.clock.now()).unwrap_or(self.clock.now());
                Notice::PasswordEnds { username, server, at }
            }
        }));
    }

    async fn connect(&self) -> Result<Connection, LdapReadError> {
        let (settings, password) = (&self.settings, self.password.as_ref());
        Connection::open_any(settings, password, self.time_limits, self.name_server, &self.found).await
    }
}
