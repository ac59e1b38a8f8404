//! The certificates that a server shows, whether they are trusted or not: what there is to say about a refusal.
//!
//! A recorder stands before the verifier that decides and keeps what it was shown; it changes no verdict.

pub mod pem;

use crate::tls_failure::{TlsFailure, failure_of, in_words};
use bwdc_core::names::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use std::sync::{Arc, Mutex, PoisonError};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// One certificate of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whose it is, as a distinguished name.
    pub subject: String,
    /// Who signed it, as a distinguished name.
    pub issuer: String,
    /// The names and addresses that it stands for.
    pub names: Vec<String>,
    /// From when it counts.
    pub begins: Timestamp,
    /// Until when it counts.
    pub ends: Timestamp,
}

/// What became of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It was verified.
    Verified,
    /// It was refused.
    Refused {
        /// In the words of the verifier.
        reason: String,
        /// Why.
        failure: TlsFailure,
    },
    /// An authority on the way to a trusted one is not known here.
    UnknownIssuer,
}

/// The certificates that a server showed, its own first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// As sent. One that cannot be parsed is left out.
    pub certificates: Vec<Certificate>,
    /// What became of them.
    pub trust: Trust,
}

/// What a chain lacks to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The server sends a root, which this machine does not trust.
    Root {
        /// Its distinguished name.
        name: String,
    },
    /// The server does not send this authority, and this machine does not know it.
    Authority {
        /// Its distinguished name.
        name: String,
    },
}

impl Certificate {
    fn parse(der: &[u8]) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(der).ok()?;
        let time = |seconds: i64| Timestamp(seconds.saturating_mul(1000));
        let alternative = parsed.subject_alternative_name().ok().flatten();
        let names = alternative.into_iter().flat_map(|it| &it.value.general_names).filter_map(name).collect();
        Some(Self {
            subject: parsed.subject().to_string(),
            issuer: parsed.issuer().to_string(),
            names,
            begins: time(parsed.validity().not_before.timestamp()),
            ends: time(parsed.validity().not_after.timestamp()),
        })
    }

    /// Whether it is signed by whom it stands for.
    pub fn is_root(&self) -> bool {
        self.subject == self.issuer
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|it| std::net::Ipv4Addr::from(it).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|it| std::net::Ipv6Addr::from(it).to_string()),
            _ => None,
        },
        _ => None,
    }
}

impl Chain {
    /// What is missing where an authority is not known; None where the chain was verified or refused for something else.
    pub fn lack(&self) -> Option<Lack> {
        if self.trust != Trust::UnknownIssuer {
            return None;
        }
        let mut last = self.certificates.first()?;
        // No chain is longer than the number of its certificates, circles included.
        for _ in &self.certificates {
            let signer = self.certificates.iter().find(|it| it.subject == last.issuer && *it != last);
            match signer {
                Some(signer) if !last.is_root() => last = signer,
                _ => break,
            }
        }
        Some(if last.is_root() {
            Lack::Root { name: last.subject.clone() }
        } else {
            Lack::Authority { name: last.issuer.clone() }
        })
    }

    /// Whole days until the first of the certificates ends; negative when one has ended.
    pub fn days_left(&self, now: Timestamp) -> Option<i64> {
        self.certificates.iter().map(|it| (it.ends.0 - now.0).div_euclid(DAY)).min()
    }
}

/// Keeps what verifiers are shown.
#[derive(Clone, Debug, Default)]
pub struct CertificateLog {
    seen: Arc<Mutex<Option<Chain>>>,
}

impl CertificateLog {
    /// Puts the log before a verifier.
    pub fn before(&self, verifier: Arc<dyn ServerCertVerifier>) -> Arc<dyn ServerCertVerifier> {
        Arc::new(Recorder { inner: verifier, log: self.clone() })
    }

    /// What was shown last; None when no server came so far as to show a certificate.
    pub fn chain(&self) -> Option<Chain> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Debug)]
struct Recorder {
    inner: Arc<dyn ServerCertVerifier>,
    log: CertificateLog,
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict =
            self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let shown = std::iter::once(end_entity).chain(intermediates);
        let chain = Chain {
            certificates: shown.filter_map(|it| Certificate::parse(it)).collect(),
            trust: match &verdict {
                Ok(_) => Trust::Verified,
                Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => Trust::UnknownIssuer,
                Err(error) => Trust::Refused { reason: in_words(error), failure: failure_of(error) },
            },
        };
        *self.log.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(chain);
        verdict
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(subject: &str, issuer: &str, ends: i64) -> Certificate {
        Certificate {
            subject: subject.to_owned(),
            issuer: issuer.to_owned(),
            names: Vec::new(),
            begins: Timestamp(0),
            ends: Timestamp(ends),
        }
    }

    fn chain(links: &[(&str, &str)]) -> Chain {
        Chain {
            certificates: links.iter().map(|(subject, issuer)| certificate(subject, issuer, 0)).collect(),
            trust: Trust::UnknownIssuer,
        }
    }

    #[test]
    fn what_a_chain_lacks_is_its_last_signer_or_a_root_that_is_sent_and_not_trusted() {
        let authority = |name: &str| Some(Lack::Authority { name: name.to_owned() });
        let root = |name: &str| Some(Lack::Root { name: name.to_owned() });
        assert_eq!(chain(&[("server", "middle")]).lack(), authority("middle"));
        assert_eq!(chain(&[("server", "middle"), ("middle", "root")]).lack(), authority("root"));
        assert_eq!(chain(&[("server", "middle"), ("root", "root"), ("middle", "root")]).lack(), root("root"));
        assert_eq!(chain(&[("server", "server")]).lack(), root("server"));
        assert_eq!(chain(&[("server", "other"), ("middle", "root")]).lack(), authority("other"));
        assert!(chain(&[("a", "b"), ("b", "a")]).lack().is_some(), "a circle ends");
        assert_eq!(Chain { trust: Trust::Verified, ..chain(&[("a", "b")]) }.lack(), None);
    }

    #[test]
    fn the_first_certificate_to_end_counts() {
        let now = Timestamp(10 * DAY);
        let ends = |days: &[i64]| Chain {
            certificates: days.iter().map(|day| certificate("a", "b", day * DAY + 1)).collect(),
            trust: Trust::Verified,
        };
        assert_eq!(ends(&[40, 12]).days_left(now), Some(2));
        assert_eq!(ends(&[9]).days_left(now), Some(-1));
        assert_eq!(ends(&[]).days_left(now), None);
    }
}
