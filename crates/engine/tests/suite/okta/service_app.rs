//! A service app: a private key in the place of a token, with proofs of possession where the organization wants them.

use super::{WHOLE, settings, small};
use crate::hint::hint;
use bwdc_core::settings::OktaFilters;
use bwdc_core::snapshot::Snapshot;
use bwdc_engine::directory::ReadError;
use bwdc_engine::directory::okta::OktaDirectory;
use bwdc_engine::directory::web::WebReadError;
use bwdc_sandbox::cloud::okta::{Options, Server, ServiceApp, Tenant};
use bwdc_sandbox::faults::{Answer, Arrival, Fault, Moment, Rule};
use secrecy::SecretString;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const RSA: &str = include_str!("keys/rsa.pem");
const RSA_OLD: &str = include_str!("keys/rsa.old.pem");
const RSA_JWK: &str = include_str!("keys/rsa.jwk");
const RSA_PUBLIC: &str = include_str!("keys/rsa.public.jwk");
pub(super) const EC: &str = include_str!("keys/ec.pem");
const EC_OLD: &str = include_str!("keys/ec.old.pem");
const EC_JWK: &str = include_str!("keys/ec.jwk");
const EC_PUBLIC: &str = include_str!("keys/ec.public.jwk");
pub(super) const APP: &str = "0oa1sandboxapp";

fn start(public: &str, change: impl FnOnce(&mut ServiceApp)) -> Server {
    start_app(small(), public, change)
}

/// An organization with a service app that holds [`EC`].
pub(super) fn start_with(tenant: Tenant, change: impl FnOnce(&mut ServiceApp)) -> Server {
    start_app(tenant, EC_PUBLIC, change)
}

fn start_app(tenant: Tenant, public: &str, change: impl FnOnce(&mut ServiceApp)) -> Server {
    let mut app = ServiceApp::new(APP, serde_json::from_str(public).expect("a key"));
    change(&mut app);
    let options = Options { limit: 100_000, service_app: Some(app), ..Options::new(tenant) };
    Server::start(options).expect("a stand-in")
}

fn directory(server: &Server, key: &str, key_id: Option<&str>) -> Result<OktaDirectory, WebReadError> {
    let settings = settings(server, json!({ "clientId": APP, "keyId": key_id }));
    let options = OktaDirectory::options(0.5).retrying(|it| (it.speed, it.attempts) = (1_000.0, 3));
    OktaDirectory::new(&settings, OktaFilters::default(), SecretString::from(key), options)
}

async fn read(server: &Server, key: &str, key_id: Option<&str>) -> Result<Snapshot, ReadError> {
    directory(server, key, key_id)?.read(WHOLE, &|_| {}).await
}

#[tokio::test]
async fn a_key_of_any_form_signs_in() {
    let rsa = start(RSA_PUBLIC, |_| {});
    for key in [RSA, RSA_OLD, RSA_JWK, &RSA.replace('\n', "\\n")] {
        assert_eq!(read(&rsa, key, Some("key-1")).await.expect("a whole read").people().len(), 450);
    }
    assert!(read(&rsa, RSA_JWK, None).await.is_ok(), "a JSON web key brings its id along");
    let ec = start(EC_PUBLIC, |_| {});
    for key in [EC, EC_JWK] {
        assert_eq!(read(&ec, key, Some("key-2")).await.expect("a whole read").people().len(), 450);
    }
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_again_when_it_ends() {
    let server = Arc::new(start(EC_PUBLIC, |_| {}));
    let (weak, seen) = (Arc::downgrade(&server), AtomicU32::new(0));
    server.faults().on_request(move |arrival: &Arrival| {
        if arrival.moment == Moment::Arrived
            && arrival.path.contains("/groups")
            && seen.fetch_add(1, Ordering::SeqCst) == 3
            && let Some(server) = weak.upgrade()
        {
            server.end_tokens();
        }
    });
    assert!(read(&server, EC, Some("key-2")).await.is_ok());
    let tokens = server.requests().iter().filter(|path| path.contains("/token")).count();
    assert_eq!(tokens, 2);
}

#[tokio::test]
async fn a_proof_of_possession_goes_along_where_the_organization_wants_it() {
    let server = start(RSA_PUBLIC, |app| app.wants_proof = true);
    let snapshot = read(&server, RSA, Some("key-1")).await.expect("a whole read");
    assert_eq!(snapshot.people().len(), 450);
    // Plainly, with a proof, with the nonce.
    let tokens = server.requests().iter().filter(|path| path.contains("/token")).count();
    assert_eq!(tokens, 3);
    // An attempt that is repeated brings a new proof: the old one would be refused.
    server.faults().add(Rule::new("GET", "/api/v1/users", Fault::CutAfterHandling).first(1));
    assert!(read(&server, RSA, Some("key-1")).await.is_ok());
}

#[tokio::test]
async fn a_proof_takes_the_nonce_that_the_service_asks_for_also_when_it_changes() {
    let server = Arc::new(start(EC_PUBLIC, |app| {
        app.wants_proof = true;
        app.wants_nonce = true;
    }));
    let (weak, seen) = (Arc::downgrade(&server), AtomicU32::new(0));
    server.faults().on_request(move |arrival: &Arrival| {
        if arrival.moment == Moment::Arrived
            && arrival.path.contains("/groups/")
            && seen.fetch_add(1, Ordering::SeqCst) == 50
            && let Some(server) = weak.upgrade()
        {
            server.end_nonces();
            server.end_tokens();
        }
    });
    let snapshot = read(&server, EC, Some("key-2")).await.expect("a whole read");
    assert_eq!((snapshot.people().len(), snapshot.groups().len()), (450, 210));
}

#[tokio::test]
async fn what_is_wrong_is_said_without_the_key() {
    let server = start(RSA_PUBLIC, |_| {});
    for (key, id, words) in [
        (EC, Some("key-1"), "the signature is wrong"),
        (RSA, Some("another"), "names another key"),
        (RSA, None, "names another key"),
    ] {
        let error = read(&server, key, id).await.err().expect("a refusal").to_string();
        assert!(error.contains(words) && error.contains("/oauth2/v1/token"), "{error}");
    }
    let narrow = start(RSA_PUBLIC, |app| drop(app.scopes.pop()));
    let error = read(&narrow, RSA, Some("key-1")).await.err().expect("a refusal");
    assert!(error.to_string().contains("invalid_scope"), "{error}");
    assert!(hint(&error).is_some_and(|hint| hint.contains("`okta.groups.read`")), "{error}");
    for (key, words) in [
        ("00abc-api-token", "neither a key in PEM form nor a JSON web key"),
        (EC_OLD, "openssl pkcs8 -topk8"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "no RSA key of 2048 bits"),
    ] {
        let error = directory(&server, key, None).err().expect("no key").to_string();
        assert!(error.contains(words) && !error.contains("AAAA") && !error.contains("00abc"), "{error}");
    }
}

#[tokio::test]
async fn a_token_endpoint_that_fails_fails_the_read() {
    let server = start(EC_PUBLIC, |_| {});
    for fault in [
        Fault::Answer(Answer::empty(500)),
        Fault::CutAfterHandling,
        Fault::TruncateBody(9),
        Fault::Answer(Answer::json(200, "{}")),
    ] {
        server.faults().clear();
        server.faults().add(Rule::new("POST", "/oauth2/v1/token", fault.clone()));
        assert!(read(&server, EC, Some("key-2")).await.is_err(), "{fault:?}");
    }
}
