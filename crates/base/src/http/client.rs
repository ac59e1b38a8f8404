//! The HTTP client: whom it trusts, how long a connection may take, and what it never does.
//!
//! TLS is rustls with ring, so that every platform builds alike, and trust is the operating system's plus one CA file.
//! Redirects are not followed: a request carries credentials, and one that moves to another address is a setting to
//! correct, at the price of a question where a browser would just go on.

use super::count::Recipient;
use super::proxy::ProxyChoice;
use crate::certificate::CertificateLog;
use crate::certificate::pem::certificates_of_pem;
use crate::file;
use reqwest::redirect::Policy;
use rustls::RootCertStore;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring;
use rustls_pki_types::CertificateDer;
use rustls_platform_verifier::Verifier;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

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
    /// Whom its requests are counted for.
    pub recipient: Recipient,
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

/// By what an encrypted connection is made that is none of HTTP: the same authorities are trusted.
///
/// # Errors
/// As [`client`].
pub fn tls_config(options: &ClientOptions<'_>) -> Result<rustls::ClientConfig, HttpError> {
    trusting(options.ca_path, None)
}

fn tls(options: &ClientOptions<'_>, log: Option<&CertificateLog>) -> Result<rustls::ClientConfig, HttpError> {
    let mut config = trusting(options.ca_path, log)?;
    if options.offer == Offer::Http2AndGzip {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    Ok(config)
}

/// The variable in which Node programs find further authorities: installations that are taken over may rely on it.
const EXTRA_AUTHORITIES: &str = "NODE_EXTRA_CA_CERTS";

/// Authorities that are trusted besides the operating system's because the environment names their file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraAuthorities {
    /// The file that `NODE_EXTRA_CA_CERTS` names.
    pub path: PathBuf,
    /// Those of them that can be used.
    pub certificates: Vec<CertificateDer<'static>>,
}

/// What `NODE_EXTRA_CA_CERTS` names. As with Node, a file that cannot be used is no reason to stop.
pub fn extra_authorities() -> Option<ExtraAuthorities> {
    let path = PathBuf::from(std::env::var_os(EXTRA_AUTHORITIES).filter(|it| !it.is_empty())?);
    let mut certificates = authorities(&path).unwrap_or_else(|error| {
        tracing::warn!(%error, "the authorities of {EXTRA_AUTHORITIES} are not trusted");
        Vec::new()
    });
    let mut store = RootCertStore::empty();
    certificates.retain(|certificate| store.add(certificate.clone()).is_ok());
    Some(ExtraAuthorities { path, certificates })
}

fn trusting(ca_path: Option<&Path>, log: Option<&CertificateLog>) -> Result<rustls::ClientConfig, HttpError> {
    let provider = Arc::new(ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|source| HttpError::Tls { source })?;
    let mut authorities = ca_path.map(authorities).transpose()?.unwrap_or_default();
    authorities.extend(extra_authorities().into_iter().flat_map(|it| it.certificates));
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
    let bytes = file::read(path, file::CERTIFICATES)
        .map_err(|source| HttpError::CaUnreadable { path: path.to_owned(), source })?;
    const DER_SEQUENCE: u8 = 0x30;
    if bytes.first() == Some(&DER_SEQUENCE) {
        return Ok(vec![CertificateDer::from(bytes)]);
    }
    let certificates = certificates_of_pem(&bytes)
        .map_err(|error| HttpError::CaDamaged { path: path.to_owned(), reason: error.to_string() })?;
    if certificates.is_empty() {
        return Err(HttpError::CaEmpty { path: path.to_owned() });
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

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
