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
