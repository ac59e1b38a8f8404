//! From settings to a bound connection that knows its server.

use super::connect::Connection;
use super::credentials::Credentials;
use super::entry::Entry;
use super::error::{LdapReadError, Outcome, Step};
use super::locate::{candidates, url};
use super::password;
use super::request::Request;
use super::root_entry::{self, RootEntry};
use super::transport::{establish, seconds};
#[cfg(feature = "kerberos")]
use bwdc_core::settings::Security;
use bwdc_core::settings::{Bind, LdapSettings, TimeLimits};
use ldap3::Scope;
use secrecy::{ExposeSecret, SecretString};
use std::net::SocketAddr;
use std::sync::OnceLock;
use tokio::time::timeout;

impl Connection {
    /// Opens a connection to the first server that can be reached, or to the one that was found before.
    ///
    /// A server that answers and refuses is the answer: a wrong password tried everywhere would lock the account.
    pub(super) async fn open_any(
        settings: &LdapSettings,
        password: Option<&SecretString>,
        limits: TimeLimits,
        name_server: Option<SocketAddr>,
        found: &OnceLock<LdapSettings>,
    ) -> Result<Self, LdapReadError> {
        if let Some(settings) = found.get() {
            return Self::open(settings, password, limits).await;
        }
        let mut first = None;
        for candidate in candidates(settings, limits, name_server).await? {
            match Self::open(&candidate, password, limits).await {
                Ok(connection) => {
                    // Only this function fills it, and the first success is as good as a second.
                    let _ = found.set(candidate);
                    return Ok(connection);
                }
                Err(error) if is_absence(&error) => {
                    tracing::warn!(%error, "an LDAP server cannot be reached");
                    first.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(first.expect("there is at least one server"))
    }

    /// 1. Prepares TLS, 2. connects, 3. upgrades, 4. binds, 5. reads the server's own entry.
    pub(super) async fn open(
        settings: &LdapSettings,
        password: Option<&SecretString>,
        limits: TimeLimits,
    ) -> Result<Self, LdapReadError> {
        let server = url(settings);
        let credentials = match &settings.bind {
            #[cfg(feature = "kerberos")]
            Bind::CurrentUser => {
                Credentials::Ticket { hostname: &settings.hostname, security: settings.security }
            }
            #[cfg(not(feature = "kerberos"))]
            Bind::CurrentUser => return Err(LdapReadError::KerberosMissing { server }),
            Bind::External => Credentials::External,
            Bind::Anonymous => Credentials::Nobody,
            Bind::Simple { username } => match password.filter(|it| !it.expose_secret().is_empty()) {
                Some(password) => Credentials::Password { username, password },
                None => return Err(LdapReadError::NoPassword { server, username: username.as_str().into() }),
            },
        };
        let (driver, ldap) = establish(settings, &server, limits).await?;
        let mut connection = Self {
            ldap,
            driver: Some(tokio::spawn(driver.drive())),
            server,
            username: credentials.name().into(),
            page_limit: seconds(limits.page),
            root: RootEntry::default(),
            searches: None,
            page_size: 1000,
            page_refused: None,
            password_warning: None,
            entries: 0,
        };
        connection.bind(&credentials, limits.bind).await?;
        connection.read_root_entry().await?;
        connection.root.active_directory |= settings.active_directory;
        connection.root.paging = Some(
            settings.paged_search.unwrap_or(true)
                && connection.root.paging.unwrap_or(settings.paged_search == Some(true)),
        );
        Ok(connection)
    }

    async fn bind(&mut self, credentials: &Credentials<'_>, limit: u64) -> Result<(), LdapReadError> {
        // Done below the library, when the connection was made.
        #[cfg(feature = "kerberos")]
        if matches!(credentials, Credentials::Ticket { security: Security::ClearText, .. }) {
            return Ok(());
        }
        let ldap = &mut self.ldap;
        let answer = async {
            match credentials {
                Credentials::Password { username, password } => {
                    let ldap = ldap.with_controls(password::request());
                    Ok(ldap.simple_bind(username, password.expose_secret()).await)
                }
                Credentials::External => Ok(ldap.sasl_external_bind().await),
                #[cfg(feature = "kerberos")]
                Credentials::Ticket { hostname, .. } => super::kerberos::bind(ldap, hostname)
                    .await
                    .map_err(|failure| failure.into_error(&self.server, hostname)),
                Credentials::Nobody => Ok(ldap.simple_bind("", "").await),
            }
        };
        match timeout(seconds(limit), answer).await {
            Err(_) => Err(LdapReadError::TimeLimit {
                server: self.server.clone(),
                step: Step::Bind,
                seconds: limit,
                setting: "time-limits.bind",
            }),
            Ok(Err(error)) => Err(error),
            Ok(Ok(Err(error))) => Err(self.lost(error, Step::Bind).await),
            Ok(Ok(Ok(result))) if result.rc == 0 => {
                self.password_warning = password::warning(&result.ctrls);
                Ok(())
            }
            Ok(Ok(Ok(result))) => Err(LdapReadError::Bind {
                server: self.server.clone(),
                username: credentials.name().into(),
                fault: password::fault(&result.ctrls),
                outcome: Outcome { code: result.rc, text: result.text },
            }),
        }
    }

    /// A server may hide its own entry: then the settings decide.
    async fn read_root_entry(&mut self) -> Result<(), LdapReadError> {
        let mut root = RootEntry::default();
        let request = Request::new(
            String::new(),
            Scope::Base,
            "(objectClass=*)".to_owned(),
            &root_entry::ATTRIBUTES,
            "ldap.hostname",
        );
        let mut pages = self.search(request);
        loop {
            match pages.next().await {
                Ok(Some(tag)) => {
                    if let Some(entry) = Entry::parse(&tag) {
                        root.take(&entry);
                    }
                }
                Ok(None) | Err(LdapReadError::Refused { .. } | LdapReadError::References { .. }) => break,
                Err(error) => return Err(error),
            }
        }
        self.root = root;
        Ok(())
    }
}

/// Whether the server is not there, or not for now.
fn is_absence(error: &LdapReadError) -> bool {
    const FOR_NOW: [u32; 2] = [51, 52];
    match error {
        LdapReadError::Connect { .. } => true,
        LdapReadError::TimeLimit { step, .. } | LdapReadError::Cut { step, .. } => {
            matches!(step, Step::Connect | Step::StartTls | Step::Handshake | Step::Bind)
        }
        LdapReadError::Bind { outcome, .. } | LdapReadError::StartTlsRefused { outcome, .. } => {
            FOR_NOW.contains(&outcome.code)
        }
        _ => false,
    }
}
