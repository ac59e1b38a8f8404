//! The certificate by which an application signs in: PEM, or PFX as Windows and Azure export it.

use crate::web::{KeyError, SigningKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bwdc_base::certificate::pem::{certificates_of_pem, plain_text};
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Why a certificate cannot be used; never with a part of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Neither PEM nor PKCS #12.
    #[error("it is neither a certificate in PEM form nor a PFX file")]
    Form,
    /// A PFX file that cannot be opened.
    #[error("the PFX file cannot be opened with the password in `entra.key`, or it is damaged")]
    Pfx,
    /// A PFX file without a key.
    #[error("the PFX file holds no private key")]
    NoKey,
    /// PEM without a certificate.
    #[error("there is no certificate beside the key: put its BEGIN CERTIFICATE lines into the same text")]
    NoCertificate,
    /// None of the certificates is the key's.
    #[error("none of the certificates belongs to the private key")]
    NotItsOwn,
    /// The key itself.
    #[error("its private key cannot be used: {0}")]
    Key(#[from] KeyError),
}

/// A certificate with its key.
pub struct Certificate {
    key: SigningKey,
    /// What names the certificate in an assertion: the hash of its DER form, in Base64.
    thumbprint: String,
}

impl Certificate {
    /// Reads PEM (certificate and key, in any order) or PFX, for which `password` is taken.
    ///
    /// # Errors
    /// [`CertificateError`] says what is wrong.
    pub fn parse(bytes: &[u8], password: Option<&SecretString>) -> Result<Self, CertificateError> {
        const DER_SEQUENCE: u8 = 0x30;
        let (key, certificates) = if bytes.first() == Some(&DER_SEQUENCE) {
            pfx(bytes, password.map_or("", |it| it.expose_secret()))?
        } else {
            pem(std::str::from_utf8(&plain_text(bytes)).map_err(|_| CertificateError::Form)?)?
        };
        if certificates.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        // A certificate spells the key's modulus out.
        let modulus = key.modulus().ok_or(KeyError::Kind)?;
        let own = certificates.iter().find(|it| it.windows(modulus.len()).any(|part| part == modulus));
        let own = own.ok_or(CertificateError::NotItsOwn)?;
        Ok(Self { key, thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(own)) })
    }

    /// A signed assertion of these claims (PS256, with `x5t#S256`).
    ///
    /// # Errors
    /// [`KeyError::Sign`] when the signature does not come about.
    pub fn sign(&self, claims: &Value) -> Result<String, KeyError> {
        let header = Map::from_iter([
            ("typ".to_owned(), json!("JWT")),
            ("x5t#S256".to_owned(), json!(self.thumbprint)),
        ]);
        self.key.sign_pss(header, claims)
    }
}

fn pem(text: &str) -> Result<(SigningKey, Vec<Vec<u8>>), CertificateError> {
    if !text.contains("-----BEGIN") {
        return Err(CertificateError::Form);
    }
    // Text that was pasted into one line has `\n` in the place of line breaks.
    let text = text.replace("\\n", "\n");
    let certificates = certificates_of_pem(text.as_bytes()).map_err(|_| CertificateError::Form)?;
    Ok((SigningKey::parse(&text)?, certificates.iter().map(|it| it.to_vec()).collect()))
}

fn pfx(bytes: &[u8], password: &str) -> Result<(SigningKey, Vec<Vec<u8>>), CertificateError> {
    let store = KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Relaxed)
        .map_err(|_| CertificateError::Pfx)?;
    let (_, chain) = store.private_key_chain().ok_or(CertificateError::NoKey)?;
    let certificates = chain.certs().iter().map(|it| it.as_der().to_vec()).collect();
    Ok((SigningKey::from_pkcs8(chain.key().as_der())?, certificates))
}
