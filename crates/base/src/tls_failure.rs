//! Why two sides did not agree on TLS, by the alert that came or the verdict about the certificate. What is not in the table
//! is `Other`: it is shown as it came, and nothing is blamed for it.

use crate::clock::to_iso;
use bwdc_core::names::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

/// Why a TLS handshake failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsFailure {
    /// Nobody that is trusted here signed the certificate.
    UnknownAuthority,
    /// An authority that is known by name did not make this signature.
    BadSignature,
    /// The certificate is for other names.
    OtherName {
        /// Those that it is for, as the verifier tells them.
        names: Vec<String>,
    },
    /// The certificate names no host where names belong (subjectAltName); one in its common name does not count.
    NoNames,
    /// The certificate has ended.
    Expired,
    /// The certificate does not count yet.
    NotYetValid,
    /// The authority took it back.
    Revoked,
    /// Whether it was taken back cannot be told.
    RevocationUnknown,
    /// It is signed in a way, or with a curve, that is not supported here.
    UnsupportedSignature,
    /// It is not for servers.
    OtherPurpose,
    /// It is an authority's own and no server's.
    AuthorityAsServer,
    /// It is signed by a certificate that is no authority's.
    SignedByNoAuthority,
    /// Its authority may not sign for this name.
    OutsideAuthority,
    /// Its authority may not have so many others below it.
    AuthorityBelowAuthority,
    /// The chain is too long, or too tangled to be followed.
    ChainTooLong,
    /// It is of an old version, which names nothing that a host needs.
    OldVersion,
    /// It has an extension that must be understood and is not.
    UnknownExtension,
    /// It cannot be read.
    Unreadable,
    /// The server showed none.
    NoCertificate,
    /// The server asks for a certificate of ours.
    ClientCertificateNeeded,
    /// The server does not accept our certificate.
    ClientCertificateRefused,
    /// Our certificate has ended or was taken back, says the server.
    ClientCertificateEnded,
    /// The two have no cipher suite, curve or signature in common; servers with TLS 1.2 also say so when they want a
    /// certificate of ours.
    NothingInCommon,
    /// The two have no version in common.
    NoVersion,
    /// The server has no host of this name.
    UnknownName,
    /// The answer is not TLS.
    NotTls,
    /// The server hung up without an alert: it may not speak TLS there, or may have a certificate or ciphers that it cannot
    /// use with us.
    Ended,
    /// Anything else.
    Other,
}

/// What the TLS library's sockets say when the other side hangs up before both agree.
const ENDED: &str = "tls handshake eof";

/// What failed, where a TLS library's error lies at the bottom.
pub fn tls_failure(error: &(dyn std::error::Error + 'static)) -> Option<TlsFailure> {
    let mut current = Some(error);
    while let Some(mut error) = current {
        // An I/O error hands on the source of what it wraps, not what it wraps.
        while let Some(wrapped) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            error = wrapped;
        }
        if let Some(found) = error.downcast_ref::<Error>() {
            return Some(of(found));
        }
        if error.to_string() == ENDED {
            return Some(TlsFailure::Ended);
        }
        current = error.source();
    }
    None
}

/// What a TLS library's error says, with names and times as people write them; None: the error is none of a TLS library.
pub fn tls_words(mut error: &(dyn std::error::Error + 'static)) -> Option<String> {
    while let Some(wrapped) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        error = wrapped;
    }
    error.downcast_ref::<Error>().map(in_words)
}

/// The library's own words, but for names and times.
pub(crate) fn in_words(error: &Error) -> String {
    use CertificateError as E;
    match error {
        Error::InvalidCertificate(E::NotValidForNameContext { expected, presented })
            if !presented.is_empty() =>
        {
            let names: Vec<_> = presented.iter().map(|it| plain_name(it)).collect();
            let (expected, names) = (expected.to_str(), names.join(", "));
            format!("the certificate is not for `{expected}`, but for {names}")
        }
        Error::InvalidCertificate(E::ExpiredContext { not_after, .. }) => {
            format!("the certificate expired on {}", minute(*not_after))
        }
        Error::InvalidCertificate(E::NotValidYetContext { not_before, .. }) => {
            format!("the certificate is valid from {} on", minute(*not_before))
        }
        // The verifier's own words list numbers of algorithms.
        error if of(error) == TlsFailure::UnsupportedSignature => {
            "the certificate is signed in a way, or with a curve, that is not supported".to_owned()
        }
        other => other.to_string(),
    }
}

/// Why the verifier refused a certificate.
pub(crate) fn failure_of(error: &Error) -> TlsFailure {
    of(error)
}

/// `dc1.example.com` of `DnsName("dc1.example.com")`.
fn plain_name(presented: &str) -> &str {
    let inner = presented.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(presented).trim_matches('"')
}

fn minute(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let iso = to_iso(Timestamp(seconds.saturating_mul(1000)));
    format!("{} UTC", iso.get(..16).unwrap_or(&iso).replace('T', " "))
}

fn of(error: &Error) -> TlsFailure {
    match error {
        Error::InvalidCertificate(error) => of_certificate(error),
        Error::NoCertificatesPresented => TlsFailure::NoCertificate,
        Error::AlertReceived(alert) => of_alert(*alert),
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        ) => TlsFailure::NoVersion,
        Error::PeerIncompatible(_) => TlsFailure::NothingInCommon,
        Error::InvalidMessage(_) => TlsFailure::NotTls,
        _ => TlsFailure::Other,
    }
}

fn of_certificate(error: &CertificateError) -> TlsFailure {
    use CertificateError as E;
    match error {
        E::UnknownIssuer => TlsFailure::UnknownAuthority,
        E::BadSignature => TlsFailure::BadSignature,
        E::NotValidForNameContext { presented, .. } if presented.is_empty() => TlsFailure::NoNames,
        E::NotValidForNameContext { presented, .. } => {
            TlsFailure::OtherName { names: presented.iter().map(|it| plain_name(it).to_owned()).collect() }
        }
        E::NotValidForName => TlsFailure::OtherName { names: Vec::new() },
        E::Expired | E::ExpiredContext { .. } => TlsFailure::Expired,
        E::NotValidYet | E::NotValidYetContext { .. } => TlsFailure::NotYetValid,
        E::Revoked => TlsFailure::Revoked,
        E::UnknownRevocationStatus
        | E::ExpiredRevocationList
        | E::ExpiredRevocationListContext { .. }
        | E::InvalidOcspResponse => TlsFailure::RevocationUnknown,
        E::UnsupportedSignatureAlgorithmContext { .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => TlsFailure::UnsupportedSignature,
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => TlsFailure::OtherPurpose,
        E::UnhandledCriticalExtension => TlsFailure::UnknownExtension,
        E::BadEncoding => TlsFailure::Unreadable,
        other => of_text(&format!("{other:?}")),
    }
}

/// Verdicts that the verifiers of this system tell in words only: those of the library, and of Windows and macOS.
const VERDICTS: [(&[&str], TlsFailure); 11] = [
    (&["Crl", "RevocationReason", "CertRevocationList"], TlsFailure::RevocationUnknown),
    (&["CaUsedAsEndEntity"], TlsFailure::AuthorityAsServer),
    (&["EndEntityUsedAsCa"], TlsFailure::SignedByNoAuthority),
    (&["UnsupportedSignatureAlgorithm"], TlsFailure::UnsupportedSignature),
    (&["EkuError", "EkuExtension", "RequiredEku"], TlsFailure::OtherPurpose),
    (&["UnsupportedCriticalExtension", "UnsupportedNameType"], TlsFailure::UnknownExtension),
    (&["NameConstraintViolation"], TlsFailure::OutsideAuthority),
    (&["PathLenConstraintViolated"], TlsFailure::AuthorityBelowAuthority),
    (&["Maximum"], TlsFailure::ChainTooLong),
    (&["UnsupportedCertVersion"], TlsFailure::OldVersion),
    (
        &["Malformed", "Invalid", "BadDer", "TrailingData", "SignatureAlgorithmMismatch"],
        TlsFailure::Unreadable,
    ),
];

/// What the verifier tells in words only.
fn of_text(text: &str) -> TlsFailure {
    let found = VERDICTS.iter().find(|(verdicts, _)| verdicts.iter().any(|it| text.contains(it)));
    found.map_or(TlsFailure::Other, |(_, failure)| failure.clone())
}

fn of_alert(alert: AlertDescription) -> TlsFailure {
    use AlertDescription as A;
    match alert {
        A::CertificateRequired => TlsFailure::ClientCertificateNeeded,
        A::BadCertificate
        | A::UnknownCA
        | A::CertificateUnknown
        | A::UnsupportedCertificate
        | A::AccessDenied => TlsFailure::ClientCertificateRefused,
        A::CertificateExpired | A::CertificateRevoked => TlsFailure::ClientCertificateEnded,
        A::HandshakeFailure | A::InsufficientSecurity => TlsFailure::NothingInCommon,
        A::ProtocolVersion => TlsFailure::NoVersion,
        A::UnrecognisedName => TlsFailure::UnknownName,
        _ => TlsFailure::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn names_and_times_are_written_as_people_write_them() {
        use CertificateError as E;
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let expected = rustls::pki_types::ServerName::try_from("dc1.example.test").expect("a name");
        let presented =
            vec!["DnsName(\"dc2.example.test\")".to_owned(), "DnsName(\"*.corp.test\")".to_owned()];
        for (error, words) in [
            (
                E::NotValidForNameContext { expected, presented },
                "the certificate is not for `dc1.example.test`, but for dc2.example.test, *.corp.test",
            ),
            (
                E::ExpiredContext { time: at(1_764_241_427), not_after: at(1_764_155_027) },
                "the certificate expired on 2025-11-26 11:03 UTC",
            ),
            (
                E::NotValidYetContext { time: at(0), not_before: at(1_764_155_027) },
                "the certificate is valid from 2025-11-26 11:03 UTC on",
            ),
            (E::Revoked, "invalid peer certificate: Revoked"),
        ] {
            let error = std::io::Error::other(Error::InvalidCertificate(error));
            assert_eq!(tls_words(&error).as_deref(), Some(words));
        }
        assert_eq!(tls_words(&std::io::Error::other("no route")), None);
    }

    #[test]
    fn each_verdict_and_alert_has_its_cause() {
        use AlertDescription as A;
        use CertificateError as E;
        let algorithm = || E::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id: vec![1],
            supported_algorithms: Vec::new(),
        };
        let name = |presented: &[&str]| E::NotValidForNameContext {
            expected: rustls::pki_types::ServerName::try_from("dc1.example.test").expect("a name"),
            presented: presented.iter().map(|it| (*it).to_owned()).collect(),
        };
        for (error, expected) in [
            (Error::InvalidCertificate(E::UnknownIssuer), TlsFailure::UnknownAuthority),
            (Error::InvalidCertificate(E::BadSignature), TlsFailure::BadSignature),
            (Error::InvalidCertificate(name(&[])), TlsFailure::NoNames),
            (
                Error::InvalidCertificate(name(&["dc2"])),
                TlsFailure::OtherName { names: vec!["dc2".to_owned()] },
            ),
            (Error::InvalidCertificate(E::Expired), TlsFailure::Expired),
            (Error::InvalidCertificate(E::NotValidYet), TlsFailure::NotYetValid),
            (Error::InvalidCertificate(E::Revoked), TlsFailure::Revoked),
            (Error::InvalidCertificate(E::UnknownRevocationStatus), TlsFailure::RevocationUnknown),
            (Error::InvalidCertificate(algorithm()), TlsFailure::UnsupportedSignature),
            (Error::InvalidCertificate(E::InvalidPurpose), TlsFailure::OtherPurpose),
            (Error::InvalidCertificate(E::UnhandledCriticalExtension), TlsFailure::UnknownExtension),
            (Error::InvalidCertificate(E::BadEncoding), TlsFailure::Unreadable),
            (Error::InvalidCertificate(E::ApplicationVerificationFailure), TlsFailure::Other),
            (Error::NoCertificatesPresented, TlsFailure::NoCertificate),
            (Error::AlertReceived(A::CertificateRequired), TlsFailure::ClientCertificateNeeded),
            (Error::AlertReceived(A::UnknownCA), TlsFailure::ClientCertificateRefused),
            (Error::AlertReceived(A::CertificateExpired), TlsFailure::ClientCertificateEnded),
            (Error::AlertReceived(A::HandshakeFailure), TlsFailure::NothingInCommon),
            (Error::AlertReceived(A::ProtocolVersion), TlsFailure::NoVersion),
            (Error::AlertReceived(A::UnrecognisedName), TlsFailure::UnknownName),
            (Error::AlertReceived(A::InternalError), TlsFailure::Other),
            (PeerIncompatible::NoCipherSuitesInCommon.into(), TlsFailure::NothingInCommon),
            (PeerIncompatible::ServerDoesNotSupportTls12Or13.into(), TlsFailure::NoVersion),
            (Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType), TlsFailure::NotTls),
        ] {
            let told = format!("{error:?}");
            assert_eq!(tls_failure(&std::io::Error::other(error)), Some(expected), "{told}");
        }
        let found = tls_failure(&Error::InvalidCertificate(name(&[
            "DnsName(\"dc2.example.test\")",
            "IpAddress(192.0.2.1)",
        ])));
        let names = vec!["dc2.example.test".to_owned(), "192.0.2.1".to_owned()];
        assert_eq!(found, Some(TlsFailure::OtherName { names }));
        assert_eq!(tls_failure(&std::io::Error::other("no route")), None);
        let ended = std::io::Error::new(std::io::ErrorKind::UnexpectedEof, ENDED);
        assert_eq!(tls_failure(&std::io::Error::other(ended)), Some(TlsFailure::Ended));
        for (verdict, expected) in [
            ("CaUsedAsEndEntity", TlsFailure::AuthorityAsServer),
            ("EndEntityUsedAsCa", TlsFailure::SignedByNoAuthority),
            ("EkuError", TlsFailure::OtherPurpose),
            ("EmptyEkuExtension", TlsFailure::OtherPurpose),
            ("UnsupportedCriticalExtension", TlsFailure::UnknownExtension),
            ("UnsupportedNameType", TlsFailure::UnknownExtension),
            ("NameConstraintViolation", TlsFailure::OutsideAuthority),
            ("PathLenConstraintViolated", TlsFailure::AuthorityBelowAuthority),
            ("MaximumPathDepthExceeded", TlsFailure::ChainTooLong),
            ("MaximumPathBuildCallsExceeded", TlsFailure::ChainTooLong),
            ("UnsupportedCertVersion", TlsFailure::OldVersion),
            ("MalformedExtensions", TlsFailure::Unreadable),
            ("InvalidSerialNumber", TlsFailure::Unreadable),
            ("SignatureAlgorithmMismatch", TlsFailure::Unreadable),
            ("UnsupportedDeltaCrl", TlsFailure::RevocationUnknown),
            ("InvalidCrlNumber", TlsFailure::RevocationUnknown),
            ("SomethingNew", TlsFailure::Other),
        ] {
            assert_eq!(of_text(&format!("Other(OtherError({verdict}))")), expected, "{verdict}");
        }
    }
}
