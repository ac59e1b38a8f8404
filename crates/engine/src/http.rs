//! The HTTP client: whom it trusts, how long it waits, and what it never does.
//!
//! TLS is rustls with ring, so that every platform builds alike, and trust is the operating system's plus one CA file.
//! Redirects are not followed: a request carries credentials, and one that moves to another address is a setting to
//! correct, at the price of a question where a browser would just go on.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::certificate::CertificateLog;
use hyper_util::client::proxy::matcher::Matcher;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use rustls::RootCertStore;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;
use url::{Host, Url};

/// How long a connection may take to come about, its encryption included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// How long an idle connection is kept: shorter than servers do, so that a request seldom meets one that is being closed.
const IDLE: Duration = Duration::from_secs(3);

/// What a client is made of.
#[derive(Clone, Debug, Default)]
pub struct ClientOptions<'a> {
    /// A PEM or DER file with certificate authorities that are trusted besides the operating system's.
    pub ca_path: Option<&'a Path>,
    /// Which proxy stands between.
    pub proxy: ProxyChoice,
    /// What is offered to the server beside plain HTTP/1.1.
    pub offer: Offer,
    /// How long a connection may take to come about; None: [`CONNECT_TIMEOUT`].
    pub connect_limit: Option<Duration>,
}

/// What a client offers to a server beside plain HTTP/1.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offer {
    /// Nothing: one connection carries one request at a time, so that one that breaks off spoils one request. This suits
    /// requests that change something.
    #[default]
    Nothing,
    /// HTTP/2 where the connection is encrypted, and bodies compressed by gzip: for many requests that only read.
    Http2AndGzip,
}

/// Which proxy requests go through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProxyChoice {
    /// What `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in capitals or not.
    #[default]
    Environment,
    /// This one for everything, whatever the environment says.
    Fixed(String),
    /// None, whatever the environment says.
    Direct,
}

impl ProxyChoice {
    /// The choice that a setting stands for: nothing, the word `none`, or an address.
    pub fn of_setting(set: Option<&str>) -> Self {
        match set.map(str::trim).filter(|it| !it.is_empty()) {
            None => Self::Environment,
            Some(none) if none.eq_ignore_ascii_case("none") => Self::Direct,
            Some(address) => Self::Fixed(address.to_owned()),
        }
    }
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The CA file cannot be read.
    #[error("cannot read the CA file `{}`: {source}", path.display())]
    CaUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The CA file holds nothing that is a certificate.
    #[error("the CA file `{}` holds no certificate", path.display())]
    CaEmpty {
        /// The file.
        path: PathBuf,
    },
    /// A certificate in the CA file is damaged.
    #[error("the CA file `{}` holds a certificate that cannot be used: {reason}", path.display())]
    CaDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Encryption cannot be set up.
    #[error("cannot set up encryption: {source}")]
    Tls {
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// The proxy is not an address.
    #[error("the proxy cannot be used: {source}")]
    Proxy {
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// Anything else that keeps a client from being made.
    #[error("cannot prepare connections: {source}")]
    Build {
        /// Why.
        #[source]
        source: reqwest::Error,
    },
}

impl HttpError {
    /// The next step for the administrator.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::CaUnreadable { .. } => "Correct the path of the CA file or its permissions.",
            Self::CaEmpty { .. } | Self::CaDamaged { .. } => {
                "Give a PEM file with the certificate of the authority, between its BEGIN CERTIFICATE and END CERTIFICATE lines."
            }
            Self::Tls { .. } => "This is a fault of the program: please report it.",
            Self::Proxy { .. } | Self::Build { .. } => {
                "Check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY."
            }
        }
    }
}

/// Makes a client.
///
/// Every request must bring its own overall time limit: a look-up and a large import have nothing in common.
///
/// # Errors
/// [`HttpError`] when the CA file or the proxy cannot be used. A machine without authorities of its own is no error: it
/// trusts nobody.
pub fn client(options: &ClientOptions<'_>) -> Result<reqwest::Client, HttpError> {
    build(options, None)
}

/// As [`client`], with a log of the certificates that servers show.
///
/// # Errors
/// As [`client`].
pub fn client_with_log(
    options: &ClientOptions<'_>,
    log: &CertificateLog,
) -> Result<reqwest::Client, HttpError> {
    build(options, Some(log))
}

fn build(options: &ClientOptions<'_>, log: Option<&CertificateLog>) -> Result<reqwest::Client, HttpError> {
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls(options, log)?)
        .gzip(options.offer == Offer::Http2AndGzip)
        .user_agent(concat!("bwdc/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .connect_timeout(options.connect_limit.unwrap_or(CONNECT_TIMEOUT))
        .pool_idle_timeout(IDLE);
    let builder = match &options.proxy {
        ProxyChoice::Environment => builder,
        ProxyChoice::Direct => builder.no_proxy(),
        ProxyChoice::Fixed(address) => builder.no_proxy().proxy(
            reqwest::Proxy::all(address)
                .map_err(|source| HttpError::Proxy { source: source.without_url() })?,
        ),
    };
    builder.build().map_err(|source| HttpError::Build { source: source.without_url() })
}

/// By which proxy an address is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyInEffect {
    /// By none.
    None,
    /// By the one at this address, shown without its credentials.
    Through(Url),
}

/// Tells by which proxy a client with this choice reaches an address: what the client itself would find.
pub fn proxy_in_effect(choice: &ProxyChoice, url: &Url) -> ProxyInEffect {
    let matcher = match choice {
        ProxyChoice::Environment => Matcher::from_system(),
        ProxyChoice::Direct => return ProxyInEffect::None,
        ProxyChoice::Fixed(address) => Matcher::builder().all(address.as_str()).build(),
    };
    let found = url.as_str().parse().ok().and_then(|uri| matcher.intercept(&uri));
    let shown = found.and_then(|proxy| Url::parse(&proxy.uri().to_string()).ok());
    match shown {
        None => ProxyInEffect::None,
        Some(mut proxy) => {
            let _ = proxy.set_username("");
            let _ = proxy.set_password(None);
            ProxyInEffect::Through(proxy)
        }
    }
}

fn tls(options: &ClientOptions<'_>, log: Option<&CertificateLog>) -> Result<rustls::ClientConfig, HttpError> {
    let mut config = trusting(options.ca_path, log)?;
    if options.offer == Offer::Http2AndGzip {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    Ok(config)
}

fn trusting(ca_path: Option<&Path>, log: Option<&CertificateLog>) -> Result<rustls::ClientConfig, HttpError> {
    let provider = Arc::new(ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|source| HttpError::Tls { source })?;
    let authorities = ca_path.map(authorities).transpose()?.unwrap_or_default();
    match (Verifier::new_with_extra_roots(authorities, provider), ca_path) {
        (Ok(verifier), _) => {
            let verifier: Arc<dyn ServerCertVerifier> = match log {
                Some(log) => log.before(Arc::new(verifier)),
                None => Arc::new(verifier),
            };
            Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
        }
        (Err(error), Some(path)) => {
            Err(HttpError::CaDamaged { path: path.to_owned(), reason: error.to_string() })
        }
        // A bare container has no authorities, and a server without encryption needs none: nobody is trusted.
        (Err(error), None) => {
            tracing::warn!(%error, "this machine's trusted certificates cannot be read; no certificate will be accepted");
            Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
        }
    }
}

/// Reads the certificates of a CA file: any number in PEM, or one in DER.
///
/// # Errors
/// [`HttpError`] names the file: unreadable, without a certificate, or with one that is damaged.
pub fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, HttpError> {
    let bytes =
        std::fs::read(path).map_err(|source| HttpError::CaUnreadable { path: path.to_owned(), source })?;
    const DER_SEQUENCE: u8 = 0x30;
    if bytes.first() == Some(&DER_SEQUENCE) {
        return Ok(vec![CertificateDer::from(bytes)]);
    }
    let certificates = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| HttpError::CaDamaged { path: path.to_owned(), reason: error.to_string() })?;
    if certificates.is_empty() {
        return Err(HttpError::CaEmpty { path: path.to_owned() });
    }
    Ok(certificates)
}

/// Whether an address is one of this machine itself.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// A body, or why there is none.
#[derive(Debug)]
pub enum BodyError {
    /// It is larger than allowed.
    TooLarge,
    /// The connection ended or the time ran out first.
    Cut(reqwest::Error),
}

/// Reads a body of at most `limit` bytes; one that announces more is not read at all.
///
/// # Errors
/// [`BodyError`] when it is larger, or ends before its announced length.
pub async fn read_body(mut response: reqwest::Response, limit: usize) -> Result<Vec<u8>, BodyError> {
    let announced = response.content_length().unwrap_or(0);
    if announced > limit as u64 {
        return Err(BodyError::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| BodyError::Cut(error.without_url()))? {
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What a server's clock said when it answered (RFC 9110, section 6.6.1).
pub fn date(headers: &HeaderMap) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(headers.get(DATE)?.to_str().ok()?.trim()).ok()
}

/// How long a server asks to wait: seconds, or an HTTP date compared with `now`.
///
/// A date in the past is no wait at all; what is neither form counts as not said (RFC 9110, section 10.2.3).
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let said = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = said.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTimeParser::new().parse_timestamp(said).ok()?;
    Some(Duration::try_from(now.duration_until(until)).unwrap_or(Duration::ZERO))
}

/// What lies at the bottom of a failed connection, with a certificate's refusal told apart.
#[derive(Debug, PartialEq, Eq)]
pub enum Cause {
    /// The server's certificate was not accepted; trying again changes nothing.
    Certificate(String),
    /// Anything else, in the words of the innermost error.
    Other(String),
}

/// Finds the cause that is worth telling: errors of a client are wrapped several times and only the last says something.
pub fn cause(error: &(dyn Error + 'static)) -> Cause {
    let mut current = error;
    loop {
        if let Some(refusal) = certificate_refusal(current) {
            return Cause::Certificate(refusal);
        }
        match current.source() {
            Some(inner) => current = inner,
            None => return Cause::Other(current.to_string()),
        }
    }
}

fn certificate_refusal(mut error: &(dyn Error + 'static)) -> Option<String> {
    // An I/O error hands on the source of what it wraps, not what it wraps.
    while let Some(wrapped) = error.downcast_ref::<std::io::Error>() {
        error = wrapped.get_ref()?;
    }
    let tls = error.downcast_ref::<rustls::Error>()?;
    matches!(tls, rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented)
        .then(|| tls.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn asked(value: &str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(value).expect("a test's own header value"));
        let now: Timestamp = "2026-11-20T13:00:00Z".parse().expect("a test's own time");
        retry_after(&headers, now).map(|wait| wait.as_secs())
    }

    #[test]
    fn a_wait_is_read_as_seconds_or_as_a_date() {
        assert_eq!(asked("17"), Some(17));
        assert_eq!(asked(" 60 "), Some(60));
        assert_eq!(asked("Fri, 20 Nov 2026 13:00:30 GMT"), Some(30));
        assert_eq!(asked("Fri, 20 Nov 2026 12:00:00 GMT"), Some(0));
        assert_eq!(asked("soon"), None);
        assert_eq!(asked("-5"), None);
        assert_eq!(retry_after(&HeaderMap::new(), Timestamp::UNIX_EPOCH), None);
    }

    #[test]
    fn a_ca_file_that_is_missing_empty_or_damaged_is_named() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("authority.pem");
        let refused = |contents: Option<&str>| {
            if let Some(contents) = contents {
                std::fs::write(&path, contents).expect("a file for the test");
            }
            let error = client(&ClientOptions { ca_path: Some(&path), ..ClientOptions::default() })
                .expect_err("a CA file that cannot be used");
            assert!(error.to_string().contains("authority.pem"), "{error}");
            error
        };
        assert!(matches!(refused(None), HttpError::CaUnreadable { .. }));
        assert!(matches!(refused(Some("")), HttpError::CaEmpty { .. }));
        assert!(matches!(refused(Some("no certificate here\n")), HttpError::CaEmpty { .. }));
        let truncated = "-----BEGIN CERTIFICATE-----\nAAAA\n";
        assert!(matches!(refused(Some(truncated)), HttpError::CaDamaged { .. }));
        let rubbish = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(refused(Some(rubbish)), HttpError::CaDamaged { .. }));
    }
}
