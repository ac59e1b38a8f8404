//! Certificates made when the server starts, and the TLS settings that use them.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use super::options::{ClientCertificate, Options, ServerCertificate};

/// Why the server's certificates cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A certificate cannot be made.
    #[error("a certificate cannot be made")]
    Certificate(#[from] rcgen::Error),
    /// The certificates cannot be used.
    #[error("the certificates cannot be used")]
    Settings(#[from] rustls::Error),
    /// Client certificates cannot be checked.
    #[error("client certificates cannot be checked")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

/// A certificate that the server's authority signed, with its key.
#[derive(Clone)]
pub struct ClientIdentity {
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// The private key, PEM.
    pub key_pem: String,
}

/// The server's authority and what it signed.
pub(super) struct Tls {
    pub(super) config: Arc<ServerConfig>,
    pub(super) ca_pem: String,
    pub(super) client: ClientIdentity,
}

impl Tls {
    pub(super) fn make(options: &Options) -> Result<Self, TlsError> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name = named("Sandbox directory authority");
        let ca_key = KeyPair::generate()?;
        let ca = params.self_signed(&ca_key)?;
        let issuer = Issuer::new(params, ca_key);

        let mut server = CertificateParams::new(match options.server_certificate {
            ServerCertificate::OtherHost | ServerCertificate::SelfMadeForOtherHost => {
                vec!["elsewhere.example.test".to_owned()]
            }
            ServerCertificate::Valid
            | ServerCertificate::Expired
            | ServerCertificate::NotYetValid
            | ServerCertificate::SelfMade => {
                vec!["localhost".to_owned(), "127.0.0.1".to_owned()]
            }
        })?;
        match options.server_certificate {
            ServerCertificate::Expired => {
                (server.not_before, server.not_after) =
                    (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
            }
            ServerCertificate::NotYetValid => {
                (server.not_before, server.not_after) =
                    (date_time_ymd(2200, 1, 1), date_time_ymd(2201, 1, 1));
            }
            ServerCertificate::Valid
            | ServerCertificate::OtherHost
            | ServerCertificate::SelfMade
            | ServerCertificate::SelfMadeForOtherHost => {}
        }
        let self_made = matches!(
            options.server_certificate,
            ServerCertificate::SelfMade | ServerCertificate::SelfMadeForOtherHost
        );
        let (server, server_key) = if self_made {
            server.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            server.distinguished_name = named("Sandbox directory");
            let key = KeyPair::generate()?;
            (server.self_signed(&key)?, key)
        } else {
            server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            leaf(server, "Sandbox directory", &issuer)?
        };

        let mut client = CertificateParams::new(Vec::new())?;
        client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let (client, client_key) = leaf(client, "connector", &issuer)?;

        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?;
        let builder = match options.client_certificate {
            ClientCertificate::Ignored => builder.with_no_client_auth(),
            ClientCertificate::Required => {
                let mut roots = RootCertStore::empty();
                roots.add(ca.der().clone())?;
                let provider = Arc::new(default_provider());
                builder.with_client_cert_verifier(
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?,
                )
            }
        };
        let chain: Vec<CertificateDer<'static>> = vec![server.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
        let config = Arc::new(builder.with_single_cert(chain, key)?);
        let client = ClientIdentity { certificate_pem: client.pem(), key_pem: client_key.serialize_pem() };
        let ca_pem = if self_made { server.pem() } else { ca.pem() };
        Ok(Self { config, ca_pem, client })
    }
}

fn leaf(
    mut params: CertificateParams,
    name: &str,
    issuer: &Issuer<'_, KeyPair>,
) -> Result<(rcgen::Certificate, KeyPair), TlsError> {
    params.distinguished_name = named(name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, issuer)?;
    Ok((certificate, key))
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished_name = DistinguishedName::new();
    distinguished_name.push(DnType::CommonName, name);
    distinguished_name
}
