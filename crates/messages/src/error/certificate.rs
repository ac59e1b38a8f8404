//! Certificates and encryption: what to do when two sides do not agree on TLS.

use super::page::ErrorPage;
use super::sentence::say;
use crate::NextStep;
use crate::text;
use bwdc_engine::tls_failure::TlsFailure;

/// With whom there is no encrypted connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// An LDAP server.
    Ldap,
    /// An LDAP server that agreed to StartTLS before.
    StartTls,
    /// A directory over HTTP.
    Directory,
    /// The Bitwarden or Vaultwarden server.
    Organization,
}

impl Peer {
    /// Where a CA file is named.
    fn ca_setting(self) -> &'static str {
        match self {
            Self::Ldap | Self::StartTls => "`ldap.sslCaPath` (`ldap.tlsCaPath` with StartTLS)",
            Self::Directory => "`directory-ca-path`",
            Self::Organization => "`organization-ca-path`",
        }
    }

    /// Where the host is named.
    fn host_setting(self) -> &'static str {
        match self {
            Self::Ldap | Self::StartTls => "`ldap.hostname`",
            Self::Directory => "the address of the service",
            Self::Organization => "`server`",
        }
    }
}

/// The same of a certificate that was looked at: the setting that would name further authorities tells whose it is.
pub(crate) fn refused_certificate(failure: &TlsFailure, setting: &str) -> Vec<NextStep> {
    let peer = match setting {
        "organization-ca-path" => Peer::Organization,
        "ldap.tlsCaPath" => Peer::StartTls,
        it if it.starts_with("ldap.") => Peer::Ldap,
        _ => Peer::Directory,
    };
    steps(failure, peer)
}

pub(super) fn steps(failure: &TlsFailure, peer: Peer) -> Vec<NextStep> {
    ErrorPage::Certificates.after(say(words(failure, peer)))
}

fn words(failure: &TlsFailure, peer: Peer) -> String {
    let (setting, host) = (peer.ca_setting(), peer.host_setting());
    match failure {
        TlsFailure::UnknownAuthority => text!(
            "step.tls.unknown-authority",
            "No authority that this machine or {setting} trusts signed the server's certificate. Add the certificate of the authority that signed it, as PEM. If it is there already, the server may not send the intermediate certificate, or a proxy that inspects traffic shows one of its own.",
            setting
        ),
        TlsFailure::BadSignature => text!(
            "step.tls.bad-signature",
            "An authority of the same name is trusted, but it did not make this signature: it may have been renewed with another key. Put its present certificate into {setting}.",
            setting
        ),
        TlsFailure::OtherName { names } if names.is_empty() => text!(
            "step.tls.other-name",
            "The certificate is for another name. Set {host} to a name that the certificate holds, or give the server a certificate for this name.",
            host
        ),
        TlsFailure::OtherName { names } => text!(
            "step.tls.other-names",
            "The certificate is for {names}. Set {host} to one of these names, or give the server a certificate for the name that is set.",
            names = names.join(", "),
            host
        ),
        TlsFailure::NoNames => text!(
            "step.tls.no-names",
            "The certificate names its host only in the common name, or not at all, and that no longer counts. Give the server a certificate with the host in subjectAltName."
        ),
        TlsFailure::Expired => text!(
            "step.tls.expired",
            "The server's certificate, or one that it was signed by, has expired. Renew it on the server; if it has not expired, correct this machine's clock."
        ),
        TlsFailure::NotYetValid => text!(
            "step.tls.not-yet-valid",
            "The server's certificate is not valid yet. Correct this machine's clock, or the certificate."
        ),
        TlsFailure::Revoked => text!(
            "step.tls.revoked",
            "The authority has revoked the server's certificate. Give the server a new one."
        ),
        TlsFailure::RevocationUnknown => text!(
            "step.tls.revocation-unknown",
            "Whether the certificate was revoked could not be checked. Check the authority's revocation list."
        ),
        TlsFailure::UnsupportedSignature => text!(
            "step.tls.unsupported-signature",
            "The certificate, or one in its chain, is signed with an algorithm or a curve that this program does not support (such as P-521, P-384 with SHA-512, or SHA-1). Give the server a certificate with RSA, or with ECDSA on P-256 or P-384 and SHA-256 or SHA-384."
        ),
        TlsFailure::OtherPurpose => text!(
            "step.tls.other-purpose",
            "The certificate is not for servers. Give the server one with the extended key usage `serverAuth`."
        ),
        TlsFailure::AuthorityAsServer => text!(
            "step.tls.authority-as-server",
            "The server shows an authority's certificate as its own. Put this certificate into {setting}, or give the server a certificate that is not an authority.",
            setting
        ),
        TlsFailure::SignedByNoAuthority => text!(
            "step.tls.signed-by-no-authority",
            "The certificate is signed by one that is not an authority (basic constraints `CA:TRUE`). Have an authority sign the server's certificate."
        ),
        TlsFailure::OutsideAuthority => text!(
            "step.tls.outside-authority",
            "The authority that signed the certificate is limited to other names (name constraints). Give the server a certificate of an authority that may sign for this name."
        ),
        TlsFailure::AuthorityBelowAuthority => text!(
            "step.tls.authority-below-authority",
            "An authority in the chain may not have another authority below it (path length). Give the server a certificate that an authority directly below the root signed."
        ),
        TlsFailure::ChainTooLong => text!(
            "step.tls.chain-too-long",
            "The chain of certificates is too long, or leads in too many ways to an authority. Let the server send its own certificate and the intermediate certificates up to the root, each once."
        ),
        TlsFailure::OldVersion => text!(
            "step.tls.old-version",
            "The certificate, or one in its chain, has X.509 version 1 or 2. Give the server one of version 3, with its host in subjectAltName."
        ),
        TlsFailure::UnknownExtension => text!(
            "step.tls.unknown-extension",
            "The certificate has a critical extension that this program does not know, such as a restriction of its authority. Give the server a certificate without it."
        ),
        TlsFailure::Unreadable => {
            text!("step.tls.unreadable", "The server's certificate is malformed. Give the server a new one.")
        }
        TlsFailure::NoCertificate => {
            text!("step.tls.no-certificate", "The server shows no certificate. Configure one on the server.")
        }
        TlsFailure::ClientCertificateNeeded => match peer {
            Peer::Ldap | Peer::StartTls => text!(
                "step.tls.client-needed",
                "The server asks for a client certificate. Name it in `ldap.sslCertPath`, and its key in `ldap.sslKeyPath`."
            ),
            Peer::Directory | Peer::Organization => text!(
                "step.tls.client-needed-http",
                "The server, or a proxy in front of it, asks for a client certificate, which this program does not send over HTTP. Let it in without one."
            ),
        },
        TlsFailure::ClientCertificateRefused => match peer {
            Peer::Ldap | Peer::StartTls => text!(
                "step.tls.client-refused",
                "The server does not accept the client certificate, or wants one. Name one that it trusts in `ldap.sslCertPath`, and its key in `ldap.sslKeyPath`; the server's log says why."
            ),
            Peer::Directory | Peer::Organization => text!(
                "step.tls.client-refused-http",
                "The server, or a proxy in front of it, asks for a client certificate, which this program does not send over HTTP. Let it in without one."
            ),
        },
        TlsFailure::ClientCertificateEnded => text!(
            "step.tls.client-ended",
            "The server says that the client certificate in `ldap.sslCertPath` has expired or was revoked. Renew it."
        ),
        TlsFailure::NothingInCommon => text!(
            "step.tls.nothing-in-common",
            "The two sides have no cipher suite, curve or signature in common. The server must offer ECDHE with AES-GCM or ChaCha20 (TLS 1.2), or TLS 1.3. A server with TLS 1.2 also answers so when it wants a client certificate (`ldap.sslCertPath`, `ldap.sslKeyPath`); its log says which."
        ),
        TlsFailure::NoVersion => text!(
            "step.tls.no-version",
            "The server offers neither TLS 1.2 nor TLS 1.3. Enable one of them on the server."
        ),
        TlsFailure::UnknownName => {
            text!("step.tls.unknown-name", "The server has no host of this name. Check {host}.", host)
        }
        TlsFailure::NotTls => match peer {
            Peer::StartTls => text!(
                "step.tls.not-tls-after-start",
                "The server agreed to StartTLS and then answered without TLS: look at its log, or use LDAPS (`ldap.startTls` set to false, `ldap.port` usually 636)."
            ),
            Peer::Ldap => text!(
                "step.tls.not-tls",
                "The server answered without TLS. Check that `ldap.port` speaks TLS from the first byte (usually 636), or set `ldap.startTls` to true for StartTLS (usually port 389)."
            ),
            Peer::Directory | Peer::Organization => text!(
                "step.tls.not-tls-http",
                "The server answered without TLS. Check the port in the address, and the proxy."
            ),
        },
        TlsFailure::Ended => match peer {
            Peer::StartTls => text!(
                "step.tls.ended-after-start",
                "The server agreed to StartTLS, then hung up during the TLS handshake and gave no reason. It may have no certificate or cipher suite that this program supports: give it a certificate with RSA, or with ECDSA on P-256 or P-384 (not P-521), and TLS 1.2 with ECDHE, or TLS 1.3. The server's log says which."
            ),
            Peer::Ldap => text!(
                "step.tls.ended",
                "The server hung up during the TLS handshake and gave no reason. Either it does not speak TLS on this port: check `ldap.port` (636 for TLS from the first byte; 389 with `ldap.startTls` set to true). Or it has no certificate or cipher suite that this program supports: give it a certificate with RSA, or with ECDSA on P-256 or P-384 (not P-521), and TLS 1.2 with ECDHE, or TLS 1.3. The server's log says which."
            ),
            Peer::Directory | Peer::Organization => text!(
                "step.tls.ended-http",
                "The server, or a proxy or firewall in front of it, hung up during the TLS handshake and gave no reason. Either it does not speak TLS on this port: check the address and the proxy. Or it has no certificate or cipher suite that this program supports: give it a certificate with RSA, or with ECDSA on P-256 or P-384 (not P-521), and TLS 1.2 with ECDHE, or TLS 1.3. The server's log says which."
            ),
        },
        TlsFailure::Other => text!(
            "step.tls.other",
            "The cause is in the message above and, where the server ended the connection, in the server's log."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_step_blames_a_setting_that_has_nothing_to_do_with_the_cause() {
        let ca = Peer::Ldap.ca_setting();
        for failure in [
            TlsFailure::OtherName { names: vec!["dc2.example.test".to_owned()] },
            TlsFailure::NoNames,
            TlsFailure::Expired,
            TlsFailure::NotYetValid,
            TlsFailure::Revoked,
            TlsFailure::RevocationUnknown,
            TlsFailure::UnsupportedSignature,
            TlsFailure::OtherPurpose,
            TlsFailure::SignedByNoAuthority,
            TlsFailure::OutsideAuthority,
            TlsFailure::AuthorityBelowAuthority,
            TlsFailure::ChainTooLong,
            TlsFailure::OldVersion,
            TlsFailure::UnknownExtension,
            TlsFailure::Unreadable,
            TlsFailure::NoCertificate,
            TlsFailure::NothingInCommon,
            TlsFailure::NoVersion,
            TlsFailure::UnknownName,
            TlsFailure::Other,
        ] {
            let words = words(&failure, Peer::Ldap);
            assert!(!words.contains(ca), "{failure:?}: {words}");
            assert!(
                words.contains("`ldap.hostname`")
                    == matches!(failure, TlsFailure::OtherName { .. } | TlsFailure::UnknownName),
                "{failure:?}: {words}"
            );
        }
        for peer in [Peer::Ldap, Peer::Directory, Peer::Organization] {
            let both = words(&TlsFailure::Ended, peer);
            assert!(both.contains("does not speak TLS") && both.contains("P-521"), "{peer:?}: {both}");
        }
        assert!(words(&TlsFailure::NoNames, Peer::Ldap).contains("subjectAltName"));
        assert!(words(&TlsFailure::UnsupportedSignature, Peer::Ldap).contains("P-521"));
        assert!(words(&TlsFailure::UnknownAuthority, Peer::Organization).contains("`organization-ca-path`"));
    }
}
