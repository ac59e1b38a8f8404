//! TLS towards the server: whom to trust, what to show, and under which name.
//!
//! Trust is the operating system's, joined by the authorities of the file in the settings. The name to be verified is
//! kept here and not taken from the URL that the LDAP library parses, since a URL cannot spell a bare IPv6 address.

use super::error::{LdapReadError, TlsFileError};
use bwdc_base::certificate::CertificateLog;
use bwdc_base::certificate::pem::{certificates_of_pem, plain_text};
use bwdc_base::file::CERTIFICATES;
use bwdc_core::settings::{LdapSettings, Security};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::path::Path;
use std::sync::Arc;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

/// How TLS is done with one server.
pub(super) struct Tls {
    /// For the handshake.
    pub(super) config: Arc<ClientConfig>,
    /// The host to put into the URL: sent to the server as its name when it is a DNS name.
    pub(super) url_host: String,
}

impl Tls {
    /// Reads the files that the settings name.
    pub(super) fn prepare(
        settings: &LdapSettings,
        server: &str,
        log: Option<&CertificateLog>,
    ) -> Result<Self, LdapReadError> {
        let failed = |source| LdapReadError::TlsSetup { server: server.into(), source };
        let provider = Arc::new(ring::default_provider());
        let bare = settings.hostname.split('%').next().unwrap_or_default();
        let name = ServerName::try_from(bare.to_owned()).map_err(|_| LdapReadError::Connect {
            server: server.into(),
            source: std::io::Error::new(std::io::ErrorKind::InvalidInput, "this is not a host name"),
        })?;
        let verifier = verifier(settings, &provider, &name, failed)?;
        let verifier = match log {
            Some(log) => log.before(verifier),
            None => verifier,
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match (&settings.tls.certificate_path, &settings.tls.key_path) {
            (Some(certificate), Some(key_path)) => {
                let chain = certificates(certificate, "ldap.sslCertPath", "client certificate")?;
                builder.with_client_auth_cert(chain, private_key(key_path)?).map_err(|source| {
                    LdapReadError::TlsFile {
                        setting: "ldap.sslKeyPath",
                        content: "key of the client certificate",
                        path: key_path.as_str().into(),
                        source: TlsFileError::Refused(source),
                    }
                })?
            }
            _ => builder.with_no_client_auth(),
        };
        let url_host = match &name {
            ServerName::DnsName(name) => name.as_ref().to_owned(),
            _ => {
                config.enable_sni = false;
                "address.invalid".to_owned()
            }
        };
        Ok(Self { config: Arc::new(config), url_host })
    }
}

fn verifier(
    settings: &LdapSettings,
    provider: &Arc<CryptoProvider>,
    name: &ServerName<'static>,
    failed: impl Fn(rustls::Error) -> LdapReadError,
) -> Result<Arc<dyn ServerCertVerifier>, LdapReadError> {
    let setting = if settings.security == Security::StartTls { "ldap.tlsCaPath" } else { "ldap.sslCaPath" };
    let roots = match &settings.tls.ca_path {
        Some(path) => certificates(path, setting, "authorities")?,
        None => Vec::new(),
    };
    if settings.tls.allow_unauthorized {
        let schemes = provider.signature_verification_algorithms.supported_schemes();
        return Ok(Arc::new(Anybody { schemes }));
    }
    let named = roots.clone();
    let inner = match &settings.tls.ca_path {
        Some(path) => Verifier::new_with_extra_roots(roots, Arc::clone(provider)).map_err(|source| {
            LdapReadError::TlsFile {
                setting,
                content: "authorities",
                path: path.as_str().into(),
                source: TlsFileError::Refused(source),
            }
        })?,
        None => {
            let extra = bwdc_base::http::extra_authorities().map(|it| it.certificates).unwrap_or_default();
            Verifier::new_with_extra_roots(extra, Arc::clone(provider)).map_err(failed)?
        }
    };
    Ok(Arc::new(Named { inner, name: name.clone(), own: named }))
}

fn certificates(
    path: &str,
    setting: &'static str,
    content: &'static str,
) -> Result<Vec<CertificateDer<'static>>, LdapReadError> {
    let found = bwdc_base::file::read(Path::new(path), CERTIFICATES).map_err(TlsFileError::Unreadable);
    found
        .and_then(|bytes| match certificates_of_pem(&bytes) {
            Ok(found) if found.is_empty() => Err(TlsFileError::Empty),
            Ok(found) => Ok(found),
            Err(error) => Err(file_error(error)),
        })
        .map_err(|source| LdapReadError::TlsFile { setting, content, path: path.into(), source })
}

fn private_key(path: &str) -> Result<PrivateKeyDer<'static>, LdapReadError> {
    let found = bwdc_base::file::read(Path::new(path), CERTIFICATES).map_err(TlsFileError::Unreadable);
    found.and_then(|bytes| PrivateKeyDer::from_pem_slice(&plain_text(&bytes)).map_err(file_error)).map_err(
        |source| LdapReadError::TlsFile {
            setting: "ldap.sslKeyPath",
            content: "key of the client certificate",
            path: path.into(),
            source,
        },
    )
}

fn file_error(error: pem::Error) -> TlsFileError {
    match error {
        pem::Error::Io(error) => TlsFileError::Unreadable(error),
        pem::Error::NoItemsFound => TlsFileError::Empty,
        other => TlsFileError::NotPem(other),
    }
}

/// Verifies the certificate for the name in the settings, whatever name the connection was opened with.
#[derive(Debug)]
struct Named {
    inner: Verifier,
    name: ServerName<'static>,
    /// The certificates of the file in the settings.
    own: Vec<CertificateDer<'static>>,
}

impl Named {
    /// Whether this very certificate is in the administrator's file, and counts now.
    ///
    /// A certificate that a server made for itself is often its own authority (`openssl req -x509`), which the verifier
    /// takes from no server; other connectors do where the file names it.
    fn is_named_itself(&self, certificate: &CertificateDer<'_>, now: UnixTime) -> bool {
        let counts = || {
            let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
            let validity = parsed.validity();
            let seconds = i64::try_from(now.as_secs()).ok()?;
            Some((validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&seconds))
        };
        self.own.contains(certificate) && counts() == Some(true)
    }
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict =
            self.inner.verify_server_cert(end_entity, intermediates, &self.name, ocsp_response, now);
        match verdict {
            Err(rustls::Error::InvalidCertificate(CertificateError::Other(_)))
                if self.is_named_itself(end_entity, now) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, &self.name)?;
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Accepts every certificate (`ldap.sslAllowUnauthorized`), also those too old to be parsed.
#[derive(Debug)]
struct Anybody {
    schemes: Vec<SignatureScheme>,
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}
