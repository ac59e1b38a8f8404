//! Certificates made on the spot: a test authority, a server, a client, and an authority that signed nothing.
//!
//! They are new for every server, so that no test depends on a stored key or on its date.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::{HarnessError, write_file};

/// The files of one set of certificates, all in PEM.
#[derive(Debug, Clone)]
pub struct Certificates {
    /// The authority that signed the server's and the client's certificate.
    pub ca: PathBuf,
    /// Another authority, which signed neither.
    pub wrong_ca: PathBuf,
    /// The server's certificate, for `localhost` and `127.0.0.1` unless made for other names.
    pub server_certificate: PathBuf,
    /// The server's key.
    pub server_key: PathBuf,
    /// A client's certificate with the subject `CN=connector`.
    pub client_certificate: PathBuf,
    /// The client's key.
    pub client_key: PathBuf,
}

impl Certificates {
    /// Makes a set in `folder`, which must exist.
    ///
    /// # Errors
    /// A certificate that cannot be made or a file that cannot be written.
    pub fn make_in(folder: &Path) -> Result<Self, HarnessError> {
        Self::make_for(folder, &["localhost", "127.0.0.1"])
    }

    /// Makes a set in `folder`, which must exist, with a server of these names and addresses.
    ///
    /// # Errors
    /// A certificate that cannot be made or a file that cannot be written.
    pub fn make_for(folder: &Path, names: &[&str]) -> Result<Self, HarnessError> {
        let certificates = Self {
            ca: folder.join("ca.pem"),
            wrong_ca: folder.join("wrong-ca.pem"),
            server_certificate: folder.join("server.pem"),
            server_key: folder.join("server.key"),
            client_certificate: folder.join("client.pem"),
            client_key: folder.join("client.key"),
        };
        let issuer = authority("Harness test CA", &certificates.ca)?;
        authority("Another test CA", &certificates.wrong_ca)?;

        let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut server = CertificateParams::new(names)?;
        server.distinguished_name.push(DnType::CommonName, "localhost");
        server.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        leaf(server, &issuer, &certificates.server_certificate, &certificates.server_key)?;

        let mut client = CertificateParams::new(Vec::new())?;
        client.distinguished_name = rcgen::DistinguishedName::new();
        client.distinguished_name.push(DnType::CommonName, "connector");
        client.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
        leaf(client, &issuer, &certificates.client_certificate, &certificates.client_key)?;
        Ok(certificates)
    }
}

fn authority(name: &str, file: &Path) -> Result<Issuer<'static, KeyPair>, HarnessError> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate()?;
    write_file(file, params.self_signed(&key)?.pem())?;
    Ok(Issuer::new(params, key))
}

fn leaf(
    mut params: CertificateParams,
    issuer: &Issuer<'static, KeyPair>,
    certificate_file: &Path,
    key_file: &Path,
) -> Result<(), HarnessError> {
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    write_file(certificate_file, params.signed_by(&key, issuer)?.pem())?;
    write_file(key_file, key.serialize_pem())
}
