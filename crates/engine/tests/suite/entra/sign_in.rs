//! The ways to get a token, each against an authority that checks what the real one checks.

use super::{SCOPE, directory, tenant, told, web};
use bwdc_core::settings::{EntraFilters, EntraOptions, EntraSignIn};
use bwdc_engine::directory::entra::{Certificate, CertificateError, EntraCredential, IdentityEndpoint};
use bwdc_engine::directory::web::WebReadError;
use bwdc_sandbox::cloud::graph::{AppCertificate, Options, Server};
use secrecy::SecretString;

const PEM: &str = include_str!("keys/app.pem");

fn server() -> Server {
    let certificate = AppCertificate {
        der: include_bytes!("keys/app.certificate.der").to_vec(),
        public_key: include_bytes!("keys/app.public.der").to_vec(),
    };
    Server::start(Options {
        certificate: Some(certificate),
        federated_token: Some("a.workload.token".to_owned()),
        identity: Some("identity-secret".to_owned()),
        ..Options::new(tenant())
    })
    .unwrap()
}

fn with(sign_in: EntraSignIn) -> EntraOptions {
    EntraOptions { sign_in, ..EntraOptions::default() }
}

#[tokio::test]
async fn a_certificate_signs_in_whatever_file_it_comes_in() {
    let password = SecretString::from("pfx-password");
    let pasted = PEM.replace('\n', "\\n");
    let marked = format!("\u{feff}{PEM}");
    let wide: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, password) in [
        (PEM.as_bytes(), None),
        (marked.as_bytes(), None),
        (&wide, None),
        (pasted.as_bytes(), None),
        (&include_bytes!("keys/modern.pfx")[..], Some(&password)),
        (include_bytes!("keys/legacy.pfx"), Some(&password)),
        (include_bytes!("keys/no-password.pfx"), None),
    ] {
        let server = server();
        let certificate = Certificate::parse(bytes, password).unwrap();
        let credential = EntraCredential::Certificate(Box::new(certificate));
        let directory =
            directory(&server, EntraFilters::default(), &with(EntraSignIn::Certificate), credential);
        assert_eq!(told(&directory.read(SCOPE, &|_| ()).await.unwrap()).0.len(), 6);
    }
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_apart() {
    let wrong = SecretString::from("wrong");
    let (key, certificate) = PEM.split_at(PEM.find("-----BEGIN CERTIFICATE").unwrap());
    let ec = include_str!("../okta/keys/ec.pem").to_owned() + certificate;
    for (bytes, password, expected) in [
        (&b"no certificate"[..], None, CertificateError::Form),
        (b"\xff\xfe", None, CertificateError::Form),
        (key.as_bytes(), None, CertificateError::NoCertificate),
        (include_bytes!("keys/strange.pem"), None, CertificateError::NotItsOwn),
        (include_bytes!("keys/modern.pfx"), Some(&wrong), CertificateError::Pfx),
        (include_bytes!("keys/modern.pfx"), None, CertificateError::Pfx),
        (&include_bytes!("keys/modern.pfx")[..900], None, CertificateError::Pfx),
    ] {
        assert_eq!(Certificate::parse(bytes, password).err(), Some(expected));
    }
    for bytes in [certificate.as_bytes(), ec.as_bytes()] {
        assert!(matches!(Certificate::parse(bytes, None), Err(CertificateError::Key(_))));
    }
}

#[tokio::test]
async fn another_certificate_is_refused_by_the_authority() {
    let server = server();
    let key = include_str!("../okta/keys/rsa.pem");
    let certificate = rcgen_certificate(key);
    let certificate = Certificate::parse((key.to_owned() + &certificate).as_bytes(), None).unwrap();
    let credential = EntraCredential::Certificate(Box::new(certificate));
    let directory = directory(&server, EntraFilters::default(), &with(EntraSignIn::Certificate), credential);
    let error = web(directory.read(SCOPE, &|_| ()).await.err().unwrap());
    assert_eq!((error.status(), error.code()), (Some(401), Some("invalid_client")));
}

/// A certificate of this key, in PEM form.
fn rcgen_certificate(key: &str) -> String {
    let key = rcgen::KeyPair::from_pem(key).unwrap();
    rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap().pem()
}

#[tokio::test]
async fn a_workload_signs_in_with_the_token_in_its_file_as_it_is_now() {
    let server = server();
    let file = tempfile::NamedTempFile::new().unwrap();
    let credential = EntraCredential::Federation(file.path().to_owned());
    let directory =
        directory(&server, EntraFilters::default(), &with(EntraSignIn::WorkloadFederation), credential);
    let error = web(directory.read(SCOPE, &|_| ()).await.err().unwrap());
    assert!(
        matches!(error, WebReadError::Credentials { .. }) && error.to_string().contains("is empty"),
        "{error}"
    );
    std::fs::write(file.path(), "an.old.token").unwrap();
    let error = web(directory.read(SCOPE, &|_| ()).await.err().unwrap());
    assert!(error.status() == Some(401) && !error.to_string().contains("an.old.token"), "{error}");
    std::fs::write(file.path(), "a.workload.token\n").unwrap();
    assert!(directory.read(SCOPE, &|_| ()).await.is_ok());
}

#[tokio::test]
async fn a_machine_and_an_app_service_sign_in_as_what_they_are() {
    let server = server();
    let app = |header: &str| IdentityEndpoint::AppService {
        url: format!("{}/msi/token", server.url()),
        header: SecretString::from(header.to_owned()),
    };
    for (endpoint, accepted) in [
        (IdentityEndpoint::Machine(server.url().to_owned()), true),
        (app("identity-secret"), true),
        (app("another"), false),
    ] {
        let credential = EntraCredential::ManagedIdentity(endpoint);
        let directory =
            directory(&server, EntraFilters::default(), &with(EntraSignIn::ManagedIdentity), credential);
        server.forget_requests();
        match directory.read(SCOPE, &|_| ()).await {
            Ok(_) => assert!(accepted),
            Err(error) => {
                let text = error.to_string();
                assert!(
                    !accepted && text.contains("Azure's identity service") && !text.contains("another"),
                    "{text}"
                );
            }
        }
        let asked = server.requests().iter().filter(|it| it.path.contains("oauth2/v2.0")).count();
        assert_eq!(asked, 0, "the authority is not asked");
    }
}
