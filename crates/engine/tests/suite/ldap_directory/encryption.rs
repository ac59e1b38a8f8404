//! TLS: whom we trust, what we show, and what is said when it fails.

use super::{SUFFIX, Setup, people};
use crate::hint::hint;
use bwdc_core::settings::Security;
use bwdc_engine::directory::ldap::{LdapReadError, Step};
use bwdc_harness::slapd::{Options, Slapd};
use bwdc_sandbox::ldap::{self as sandbox, ServerCertificate};
use std::path::Path;

fn encrypted() -> Slapd {
    Options::new(SUFFIX).ldif_text(people(3)).tls().start().unwrap()
}

fn setup(server: &Slapd, security: Security, ca: Option<&Path>) -> Setup {
    let mut setup = Setup::slapd(server);
    setup.settings.security = security;
    if security == Security::Ldaps {
        setup.settings.port = server.ldaps_port();
    }
    setup.settings.tls.ca_path = ca.map(|path| path.display().to_string());
    setup
}

#[tokio::test]
async fn both_ways_of_tls_trust_the_authority_of_the_file() {
    let server = encrypted();
    let ca = server.certificates().unwrap().ca.clone();
    for security in [Security::Ldaps, Security::StartTls] {
        for host in ["127.0.0.1", "localhost"] {
            let mut setup = setup(&server, security, Some(&ca));
            setup.settings.hostname = host.to_owned();
            assert_eq!(setup.read().await.unwrap().people().len(), 3, "{security:?} {host}");
        }
    }
}

#[tokio::test]
async fn a_stranger_is_refused_unless_everybody_is_welcome() {
    let server = encrypted();
    let wrong = server.certificates().unwrap().wrong_ca.clone();
    for security in [Security::Ldaps, Security::StartTls] {
        let mut setup = setup(&server, security, Some(&wrong));
        let error = setup.failure().await;
        assert!(matches!(error, LdapReadError::Tls { .. }), "{error:?}");
        assert!(hint(&error).unwrap().contains("`ldap.sslCaPath`"));
        setup.settings.tls.allow_unauthorized = true;
        assert_eq!(setup.read().await.unwrap().people().len(), 3);
    }
}

#[tokio::test]
async fn each_fault_of_a_certificate_is_told_from_the_others() {
    for (server_certificate, words) in [
        (ServerCertificate::OtherHost, "`ldap.hostname`"),
        (ServerCertificate::Expired, "has expired"),
        (ServerCertificate::NotYetValid, "is not valid yet"),
    ] {
        let options = sandbox::Options {
            ldaps: true,
            start_tls: true,
            server_certificate,
            ..sandbox::Options::with_bind(people(1), super::READER, super::PASSWORD)
        };
        let server = sandbox::Server::start(options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, server.ca_pem().unwrap()).unwrap();
        let mut setup = Setup::sandbox(&server);
        setup.settings.tls.ca_path = Some(ca.display().to_string());
        for (security, port) in
            [(Security::Ldaps, server.ldaps_port().unwrap()), (Security::StartTls, server.port())]
        {
            (setup.settings.security, setup.settings.port) = (security, port);
            let error = setup.failure().await;
            assert!(matches!(error, LdapReadError::Tls { .. }), "{error:?}");
            assert!(hint(&error).unwrap().contains(words), "{error:?} {:?}", hint(&error));
        }
    }
}

#[tokio::test]
async fn a_certificate_that_a_server_made_for_itself_is_trusted_where_the_file_names_it() {
    let start = async |server_certificate| {
        let options = sandbox::Options {
            ldaps: true,
            server_certificate,
            ..sandbox::Options::with_bind(people(1), super::READER, super::PASSWORD)
        };
        sandbox::Server::start(options).await.unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let setup = |server: &sandbox::Server| {
        let mut setup = Setup::sandbox(server);
        (setup.settings.security, setup.settings.port) = (Security::Ldaps, server.ldaps_port().unwrap());
        setup.settings.tls.ca_path = Some(ca.display().to_string());
        setup
    };
    let server = start(ServerCertificate::SelfMade).await;
    std::fs::write(&ca, server.ca_pem().unwrap()).unwrap();
    assert_eq!(setup(&server).read().await.unwrap().people().len(), 1);

    let other = start(ServerCertificate::SelfMade).await;
    let error = setup(&other).failure().await;
    assert!(matches!(error, LdapReadError::Tls { .. }), "another of the same name: {error:?}");
    let elsewhere = start(ServerCertificate::SelfMadeForOtherHost).await;
    std::fs::write(&ca, elsewhere.ca_pem().unwrap()).unwrap();
    let error = setup(&elsewhere).failure().await;
    assert!(matches!(error, LdapReadError::Tls { .. }), "for another host: {error:?}");
    assert!(hint(&error).unwrap().contains("`ldap.hostname`"), "{:?}", hint(&error));
}

#[tokio::test]
async fn a_client_certificate_is_shown_where_it_is_demanded() {
    let server = Options::new(SUFFIX).ldif_text(people(3)).demand_client_certificate().start().unwrap();
    let certificates = server.certificates().unwrap().clone();
    for security in [Security::Ldaps, Security::StartTls] {
        let mut setup = setup(&server, security, Some(&certificates.ca));
        let error = setup.failure().await;
        assert!(
            matches!(error, LdapReadError::Cut { step: Step::Bind, .. } | LdapReadError::Tls { .. }),
            "{error:?}"
        );
        assert!(hint(&error).unwrap().contains("`ldap.sslCertPath`"), "{error:?} {:?}", hint(&error));
        setup.settings.tls.certificate_path = Some(certificates.client_certificate.display().to_string());
        setup.settings.tls.key_path = Some(certificates.client_key.display().to_string());
        assert_eq!(setup.read().await.unwrap().people().len(), 3);
    }
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let server = encrypted();
    let certificates = server.certificates().unwrap().clone();
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let missing = folder.path().join("missing.pem");
    for bad in [&empty, &missing] {
        let path = bad.display().to_string();
        let expect = |error: LdapReadError, wanted: &str| match &error {
            LdapReadError::TlsFile { setting, path: named, .. } => {
                assert_eq!((*setting, named.as_ref()), (wanted, path.as_str()));
                assert!(hint(&error).unwrap().contains(wanted));
            }
            other => panic!("{other:?}"),
        };
        expect(setup(&server, Security::Ldaps, Some(bad)).failure().await, "ldap.sslCaPath");
        expect(setup(&server, Security::StartTls, Some(bad)).failure().await, "ldap.tlsCaPath");
        let mut with_client = setup(&server, Security::Ldaps, Some(&certificates.ca));
        with_client.settings.tls.certificate_path = Some(path.clone());
        with_client.settings.tls.key_path = Some(certificates.client_key.display().to_string());
        expect(with_client.failure().await, "ldap.sslCertPath");
        with_client.settings.tls.certificate_path =
            Some(certificates.client_certificate.display().to_string());
        with_client.settings.tls.key_path = Some(path.clone());
        expect(with_client.failure().await, "ldap.sslKeyPath");
    }
}

#[tokio::test]
async fn a_server_without_start_tls_is_told_from_one_without_tls() {
    let server = Options::new(SUFFIX).ldif_text(people(1)).start().unwrap();
    let error = setup(&server, Security::StartTls, None).failure().await;
    assert!(matches!(error, LdapReadError::StartTlsRefused { .. }), "{error:?}");
    assert!(hint(&error).unwrap().contains("`ldap.startTls`"));

    let mut ldaps = setup(&server, Security::Ldaps, None);
    ldaps.settings.port = server.port();
    ldaps.settings.tls.allow_unauthorized = true;
    let error = ldaps.failure().await;
    assert!(matches!(error, LdapReadError::Tls { .. }), "{error:?}");
    // A server whose certificate has a curve that we lack hangs up in the same way.
    let both = hint(&error).unwrap();
    assert!(both.contains("does not speak TLS on this port") && both.contains("P-521"), "{both}");
}

/// Makes an authority and a server's certificate with keys on these curves, signed with this digest, in the place of the server's own.
fn certify(server: &mut Slapd, (authority, own): (&str, &str), digest: &str) {
    let certificates = server.certificates().unwrap().clone();
    let key = certificates.ca.with_extension("key");
    let make = |curve: &str, key: &Path, certificate: &Path, further: &[&std::ffi::OsStr]| {
        let made = std::process::Command::new("openssl")
            .args(["req", "-x509", "-new", "-nodes", "-newkey", "ec", "-days", "30", "-pkeyopt"])
            .arg(format!("ec_paramgen_curve:{curve}"))
            .args([format!("-{digest}"), "-keyout".to_owned()])
            .arg(key)
            .arg("-out")
            .arg(certificate)
            .args(further)
            .output()
            .expect("openssl is installed");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    let text = std::ffi::OsStr::new;
    make(authority, &key, &certificates.ca, &["-subj", "/CN=Authority"].map(text));
    let by = [text("-CA"), certificates.ca.as_os_str(), text("-CAkey"), key.as_os_str()];
    let names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"].map(text);
    let leaf = ["-addext", "basicConstraints=critical,CA:FALSE"].map(text);
    make(own, &certificates.server_key, &certificates.server_certificate, &[&by[..], &names, &leaf].concat());
    server.restart().unwrap();
}

/// What the TLS library here takes, and what a server meets that has something else: docs/errors/certificates.md says the same.
#[tokio::test]
async fn what_is_signed_in_a_way_that_is_not_supported_is_what_the_message_blames() {
    let mut server = encrypted();
    let ca = server.certificates().unwrap().ca.clone();
    for (authority, own, digest) in
        [("P-384", "P-384", "sha384"), ("P-384", "P-256", "sha256"), ("P-256", "P-256", "sha384")]
    {
        certify(&mut server, (authority, own), digest);
        for security in [Security::Ldaps, Security::StartTls] {
            let read = setup(&server, security, Some(&ca)).read().await;
            assert_eq!(read.unwrap().people().len(), 3, "{authority} {own} {digest}");
        }
    }
    for (authority, own, digest) in [
        ("P-521", "P-256", "sha512"),
        ("P-521", "P-256", "sha256"),
        ("P-384", "P-384", "sha512"),
        ("P-256", "P-256", "sha512"),
        ("P-256", "P-521", "sha256"),
    ] {
        certify(&mut server, (authority, own), digest);
        for security in [Security::Ldaps, Security::StartTls] {
            let error = setup(&server, security, Some(&ca)).failure().await;
            let said = hint(&error).unwrap();
            assert!(matches!(error, LdapReadError::Tls { .. }), "{error:?}");
            let blamed = match (own, security) {
                ("P-521", Security::StartTls) => {
                    "The server agreed to StartTLS, then hung up during the TLS handshake "
                }
                ("P-521", _) => {
                    "The server hung up during the TLS handshake and gave no reason. Either it does not speak TLS "
                }
                _ => {
                    "The certificate, or one in its chain, is signed with an algorithm or a curve that this program does not support "
                }
            };
            assert!(said.starts_with(blamed) && said.contains("P-521"), "{authority} {own} {digest}: {said}");
        }
    }
}
