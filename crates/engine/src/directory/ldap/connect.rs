//! A bound connection that knows its server.

use super::entry::Entry;
use super::error::{LdapReadError, Outcome, SearchPlace, Step};
use super::locate::locate;
use super::name;
use super::search::{Pages, Request};
use super::transport::{establish, seconds};
use bwdc_core::settings::{Bind, LdapSettings, Security, TimeLimits};
use ldap3::{Ldap, LdapError, Scope};
use secrecy::{ExposeSecret, SecretString};
use std::io;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long a polite goodbye, or the reason for a broken connection, is waited for.
pub(super) const GRACE: Duration = Duration::from_secs(1);
const PAGED_RESULTS: &[u8] = b"1.2.840.113556.1.4.319";
const CONTENT_SYNCHRONIZATION: &[u8] = b"1.3.6.1.4.1.4203.1.9.1.1";
const ACTIVE_DIRECTORY: &[u8] = b"1.2.840.113556.1.4.800";

/// A bound connection.
pub(super) struct Connection {
    pub(super) ldap: Ldap,
    driver: Option<JoinHandle<Result<(), LdapError>>>,
    server: Box<str>,
    username: Box<str>,
    page_limit: Duration,
    root: RootEntry,
    /// The largest page that the server has not refused.
    pub(super) page_size: i32,
    /// How the server refused to answer in pages, once it has.
    pub(super) page_refused: Option<u32>,
    /// Entries that have come so far.
    pub(super) entries: u64,
}

/// What messages call who gave no name.
pub(super) const NOBODY: &str = "nobody (anonymous)";
/// What messages call whom a Kerberos ticket stands for.
pub(super) const TICKET_HOLDER: &str = "the holder of the Kerberos ticket";

/// With what a connection is bound.
enum Credentials<'a> {
    Password {
        username: &'a str,
        password: &'a SecretString,
    },
    External,
    /// The Kerberos ticket of the account that runs the program.
    #[cfg(feature = "kerberos")]
    Ticket {
        hostname: &'a str,
        security: Security,
    },
    Nobody,
}

impl Credentials<'_> {
    /// What messages call the account.
    fn name(&self) -> &str {
        match self {
            Self::Password { username, .. } => username,
            Self::External => "whom the client certificate or this process stands for",
            #[cfg(feature = "kerberos")]
            Self::Ticket { .. } => TICKET_HOLDER,
            Self::Nobody => NOBODY,
        }
    }
}

/// What the server says of itself.
#[derive(Default)]
struct RootEntry {
    /// None where the server says nothing.
    paging: Option<bool>,
    active_directory: bool,
    naming_contexts: Vec<String>,
    vendor: Option<Box<str>>,
    /// Whether changes can be asked for by content synchronization (RFC 4533).
    synchronizes: bool,
    /// Active Directory: the entry of the controller's service, and the number of its last change.
    service: Option<(String, u64)>,
}

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
            page_size: 1000,
            page_refused: None,
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

    /// Says goodbye; errors no longer matter.
    pub(super) async fn close(mut self) {
        let _ = timeout(GRACE, self.ldap.unbind()).await;
    }

    pub(super) fn search(&mut self, request: Request) -> Pages<'_> {
        Pages::new(self, request)
    }

    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// As whom the connection is bound.
    pub(super) fn username(&self) -> &str {
        &self.username
    }

    /// The server's software, where it says.
    pub(super) fn vendor(&self) -> Option<&str> {
        self.root.vendor.as_deref()
    }

    pub(super) fn page_limit(&self) -> Duration {
        self.page_limit
    }

    /// Whether pages can be asked for.
    pub(super) fn offers_pages(&self) -> bool {
        self.root.paging == Some(true) && self.page_refused.is_none()
    }

    pub(super) fn is_active_directory(&self) -> bool {
        self.root.active_directory
    }

    pub(super) fn synchronizes(&self) -> bool {
        self.root.synchronizes
    }

    /// Active Directory: the entry of the controller's service, and the number of its last change before this connection.
    pub(super) fn service(&self) -> Option<(&str, u64)> {
        self.root.service.as_ref().map(|(name, last)| (name.as_str(), *last))
    }

    /// The naming context of the server that holds `base`, else `base` itself.
    pub(super) fn naming_context<'s>(&'s self, base: &'s str) -> &'s str {
        self.containing_context(base).unwrap_or(base)
    }

    /// Whether `base` lies in a naming context of the server; true where it names none.
    pub(super) fn holds(&self, base: &str) -> bool {
        self.root.naming_contexts.is_empty() || self.containing_context(base).is_some()
    }

    fn containing_context(&self, base: &str) -> Option<&str> {
        let (mut below, mut above) = (String::new(), String::new());
        if !name::normalize(base, &mut below) {
            return None;
        }
        let contexts = self.root.naming_contexts.iter().map(String::as_str);
        contexts
            .filter(|context| name::normalize(context, &mut above) && is_within(&below, &above))
            .max_by_key(|it| it.len())
    }

    pub(super) fn place(&self, request: &Request, paged: bool) -> SearchPlace {
        SearchPlace {
            server: self.server.clone(),
            base: request.base.clone(),
            filter: request.filter.clone(),
            setting: request.setting,
            vendor: self.root.vendor.clone(),
            username: Some(self.username.clone()),
            paged,
            page: 1,
            taken: 0,
        }
    }

    /// The error for an answer that will not come any more.
    pub(super) async fn lost(&mut self, error: LdapError, step: Step) -> LdapReadError {
        let server = self.server.clone();
        let source = match error {
            LdapError::EndOfStream
            | LdapError::ResultRecv { .. }
            | LdapError::OpSend { .. }
            | LdapError::IdScrubSend { .. } => match self.driver.take() {
                Some(driver) => match timeout(GRACE, driver).await {
                    Ok(Ok(Err(LdapError::Io { source }))) => Some(source),
                    Ok(Ok(Err(other))) => Some(io::Error::other(other)),
                    Ok(Err(panic)) if panic.is_panic() => {
                        return LdapReadError::Malformed { server, what: "something" };
                    }
                    _ => None,
                },
                None => None,
            },
            LdapError::Io { source } => Some(source),
            other => Some(io::Error::other(other)),
        };
        let source = source.filter(|source| source.kind() != io::ErrorKind::UnexpectedEof);
        LdapReadError::Cut { server, step, source }
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
            Ok(Ok(Ok(result))) if result.rc == 0 => Ok(()),
            Ok(Ok(Ok(result))) => Err(LdapReadError::Bind {
                server: self.server.clone(),
                username: credentials.name().into(),
                outcome: Outcome { code: result.rc, text: result.text },
            }),
        }
    }

    /// A server may hide its own entry: then the settings decide.
    async fn read_root_entry(&mut self) -> Result<(), LdapReadError> {
        let attributes = [
            "supportedControl",
            "supportedCapabilities",
            "namingContexts",
            "vendorName",
            "vendorVersion",
            "objectClass",
            "dsServiceName",
            "highestCommittedUSN",
        ];
        let mut root = RootEntry::default();
        let request = Request::new(
            String::new(),
            Scope::Base,
            "(objectClass=*)".to_owned(),
            &attributes,
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

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(driver) = &self.driver {
            driver.abort();
        }
    }
}

impl RootEntry {
    fn take(&mut self, entry: &Entry<'_>) {
        let holds = |attribute, value: &[u8]| entry.values(attribute).any(|it| it == value);
        if entry.values("supportedControl").next().is_some() {
            self.paging = Some(holds("supportedControl", PAGED_RESULTS));
        }
        self.synchronizes = holds("supportedControl", CONTENT_SYNCHRONIZATION);
        self.active_directory = holds("supportedCapabilities", ACTIVE_DIRECTORY);
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        self.naming_contexts = entry.values("namingContexts").map(text).filter(|it| !it.is_empty()).collect();
        let last = entry.first_value("highestCommittedUSN").map(text).and_then(|it| it.parse().ok());
        self.service = entry.first_value("dsServiceName").map(text).zip(last);
        let words: Vec<String> = ["vendorName", "vendorVersion"]
            .iter()
            .filter_map(|name| entry.first_value(name).map(text))
            .collect();
        self.vendor = if !words.is_empty() {
            Some(words.join(" ").into())
        } else if holds("objectClass", b"OpenLDAProotDSE") {
            Some("OpenLDAP".into())
        } else if self.active_directory {
            Some("Active Directory".into())
        } else {
            None
        };
    }
}

/// The servers that hold the directory, in the order in which they are asked.
pub(super) async fn candidates(
    settings: &LdapSettings,
    limits: TimeLimits,
    name_server: Option<SocketAddr>,
) -> Result<Vec<LdapSettings>, LdapReadError> {
    if let Some(domain) = &settings.located_in {
        return locate(settings, domain, limits, name_server).await;
    }
    let further = settings.further_servers.iter().map(|server| LdapSettings {
        hostname: server.hostname.clone(),
        port: server.port,
        ..settings.clone()
    });
    Ok(std::iter::once(settings.clone()).chain(further).collect())
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

/// Whether a comparable name is `above` or below it.
pub(super) fn is_within(below: &str, above: &str) -> bool {
    below.strip_suffix(above).is_some_and(|rest| rest.is_empty() || rest.ends_with(','))
}

pub(super) fn url(settings: &LdapSettings) -> Box<str> {
    if settings.local {
        return format!("ldapi://{}", settings.hostname).into();
    }
    let scheme = if settings.security == Security::Ldaps { "ldaps" } else { "ldap" };
    let host = &settings.hostname;
    let port = settings.port;
    if host.contains(':') {
        format!("{scheme}://[{host}]:{port}")
    } else {
        format!("{scheme}://{host}:{port}")
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_is_by_whole_components() {
        assert!(is_within("ou=a,dc=x", "dc=x") && is_within("dc=x", "dc=x"));
        assert!(!is_within("ou=a,adc=x", "dc=x") && !is_within("dc=x", "ou=a,dc=x"));
    }
}
