//! What stands between: certificates, proxies, redirects, endless bodies.

use super::{MEMBERS, Told, connect, connection, direct, hasty, import_request, silent, start};
use crate::hint::hint;
use bwdc_core::observed::ServerKind;
use bwdc_engine::http::{HttpError, ProxyChoice, TransportError};
use bwdc_engine::organization::{ApplyError, Organization, OrganizationError};
use bwdc_harness::certificates::Certificates;
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::organization::Options;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::SecretString;
use std::process::Command;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const TOKEN_JSON: &str = r#"{"access_token":"abc","expires_in":3600,"token_type":"Bearer"}"#;
const CONFIG_JSON: &str = r#"{"object":"config","version":"2026.8.0","server":null,"featureStates":{}}"#;

/// Who connects to a raw server, in its own words: the first line of every request.
pub(super) type Lines = Arc<Mutex<Vec<String>>>;

/// A server that hands out a token and a configuration and counts who asks; encrypted when it gets certificates.
pub(super) async fn raw(tls: Option<TlsAcceptor>) -> (u16, Lines) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let lines = Lines::default();
    let heard = Arc::clone(&lines);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let heard = Arc::clone(&heard);
            let tls = tls.clone();
            tokio::spawn(async move {
                match tls {
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            answer(stream, &heard).await;
                        }
                    }
                    None => answer(stream, &heard).await,
                }
            });
        }
    });
    (port, lines)
}

async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin, heard: &Lines) {
    let mut stream = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) <= 2 {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        if first.is_empty() {
            first = line.trim().to_owned();
        }
    }
    stream.read_exact(&mut vec![0; length]).await.expect("the announced body");
    let body = if first.contains("/connect/token") { TOKEN_JSON } else { CONFIG_JSON };
    heard.lock().expect("no test panics while it listens").push(first);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn heard(lines: &Lines) -> Vec<String> {
    lines.lock().expect("no test panics while it listens").clone()
}

fn acceptor(certificates: &Certificates) -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_file(&certificates.server_certificate).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_file(&certificates.server_key).expect("a key");
    accepting(chain, key)
}

/// What shows this chain, whatever is wrong with it.
pub(super) fn accepting(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = provider.key_provider.load_private_key(key).expect("a key");
    let shown = rustls::sign::SingleCertAndKey::from(rustls::sign::CertifiedKey::new(chain, key));
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the default versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn a_company_authority_is_trusted_by_its_file_and_only_by_it() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let certificates = Certificates::make_in(folder.path()).expect("certificates");
    let (port, lines) = raw(Some(acceptor(&certificates))).await;
    let with = |ca: Option<&std::path::Path>| {
        let mut connection = connection(&format!("https://localhost:{port}"), "organization.x", "secret");
        connection.ca_path = ca.map(Into::into);
        direct(connection)
    };

    let facts = with(Some(&certificates.ca)).server(&silent).await.expect("a trusted server");
    assert_eq!(facts.kind, ServerKind::OfficialSelfHosted);
    assert_eq!(heard(&lines).len(), 2);

    for untrusted in [with(Some(&certificates.wrong_ca)), with(None)] {
        let told = Told::default();
        let error = untrusted.server(&told.listen()).await.expect_err("an untrusted server");
        assert!(
            matches!(error, OrganizationError::Transport(TransportError::Certificate { .. })),
            "{error:?}"
        );
        assert!(error.to_string().contains(&format!("https://localhost:{port}/identity")), "{error}");
        assert!(hint(&error).is_some_and(|hint| hint.contains("`organization-ca-path`")));
        assert!(told.waits().is_empty(), "a certificate does not become better by waiting");
        let error = untrusted.apply(&import_request(), &silent).await.expect_err("an untrusted server");
        assert!(error.certainly_nothing_happened());
    }
    assert_eq!(heard(&lines).len(), 2);
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_used_is_an_error_before_anything_is_sent() {
    let mut connection = connection("https://localhost", "organization.x", "secret");
    connection.ca_path = Some("no-such-authority.pem".into());
    let error = Organization::new(connection).err().expect("no client");
    assert!(matches!(error, OrganizationError::Client(HttpError::CaUnreadable { .. })), "{error:?}");
    assert!(error.to_string().contains("`no-such-authority.pem`"), "{error}");
}

#[tokio::test]
async fn a_chosen_proxy_carries_every_request() {
    let (port, lines) = raw(None).await;
    let connection = connection("http://organization.invalid", "organization.x", "secret");
    let proxy = ProxyChoice::Fixed(format!("http://127.0.0.1:{port}"));
    Organization::through(proxy, connection)
        .expect("a client")
        .with_retry(hasty())
        .server(&silent)
        .await
        .expect("an answer through the proxy");
    assert_eq!(
        heard(&lines),
        [
            "POST http://organization.invalid/identity/connect/token HTTP/1.1",
            "GET http://organization.invalid/api/config HTTP/1.1"
        ]
    );
}

/// A SOCKS proxy (RFC 1928) that answers in place of every host it is asked for, and notes the host.
async fn socks() -> (u16, Lines) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let lines = Lines::default();
    let heard = Arc::clone(&lines);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let heard = Arc::clone(&heard);
            tokio::spawn(async move {
                let mut greeting = [0; 3];
                stream.read_exact(&mut greeting).await.expect("a greeting with one method");
                stream.write_all(&[5, 0]).await.expect("a method");
                let mut head = [0; 5];
                stream.read_exact(&mut head).await.expect("a request for a name");
                let mut name = vec![0; usize::from(head[4]) + 2];
                stream.read_exact(&mut name).await.expect("the name and the port");
                name.truncate(name.len() - 2);
                heard
                    .lock()
                    .expect("no test panics while it listens")
                    .push(String::from_utf8(name).expect("text"));
                stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0]).await.expect("consent");
                answer(stream, &Lines::default()).await;
            });
        }
    });
    (port, lines)
}

#[tokio::test]
async fn a_socks_proxy_looks_up_the_name_and_carries_the_request() {
    let (port, lines) = socks().await;
    let connection = connection("http://organization.invalid", "organization.x", "secret");
    let proxy = ProxyChoice::Fixed(format!("socks5h://127.0.0.1:{port}"));
    let organization = Organization::through(proxy, connection).expect("a client").with_retry(hasty());
    organization.server(&silent).await.expect("an answer through the proxy");
    assert_eq!(heard(&lines), ["organization.invalid", "organization.invalid"]);
}

#[tokio::test]
async fn the_proxy_of_the_environment_is_used_unless_it_is_told_not_to() {
    let (port, lines) = raw(None).await;
    let proxy = format!("http://127.0.0.1:{port}");
    assert!(child_succeeds(vec![("HTTP_PROXY", proxy.clone())]).await);
    assert_eq!(heard(&lines).len(), 2);
    assert!(child_succeeds(vec![("all_proxy", proxy.clone())]).await);
    assert_eq!(heard(&lines).len(), 4);
    let exempt = vec![("HTTP_PROXY", proxy), ("NO_PROXY", "organization.invalid".to_owned())];
    assert!(!child_succeeds(exempt).await);
    assert_eq!(heard(&lines).len(), 4);
}

/// Runs the test below in a process of its own, since all tests of this one share an environment.
async fn child_succeeds(environment: Vec<(&'static str, String)>) -> bool {
    let mut command = Command::new(std::env::current_exe().expect("this test's own program"));
    command.args([
        "--ignored",
        "--exact",
        "organization_client::network::a_child_asks_through_the_proxy_of_its_environment",
    ]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"] {
        command.env_remove(name).env_remove(name.to_ascii_lowercase());
    }
    command.envs(environment);
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.expect("the child was waited for").expect("a child process");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("running 1 test"), "{text}");
    output.status.success()
}

#[tokio::test]
#[ignore = "run by the test above, in an environment of its own"]
async fn a_child_asks_through_the_proxy_of_its_environment() {
    let server = std::env::var("BWDC_TEST_SERVER");
    let server = server.as_deref().unwrap_or("http://organization.invalid");
    let connection = connection(server, "organization.x", "secret");
    let organization = Organization::new(connection).expect("a client").with_retry(hasty());
    organization.server(&silent).await.expect("an answer through the proxy");
}

/// What Node programs trust, an installation that is taken over goes on trusting.
#[tokio::test]
async fn authorities_of_the_environment_are_trusted_besides_the_machines() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let certificates = Certificates::make_in(folder.path()).expect("certificates");
    let (port, lines) = raw(Some(acceptor(&certificates))).await;
    let with = |authorities: &std::path::Path| {
        let authorities = authorities.display().to_string();
        vec![("NODE_EXTRA_CA_CERTS", authorities), ("BWDC_TEST_SERVER", format!("https://localhost:{port}"))]
    };
    assert!(child_succeeds(with(&certificates.ca)).await);
    assert_eq!(heard(&lines).len(), 2);
    let damaged = folder.path().join("damaged.pem");
    std::fs::write(&damaged, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        .expect("a file");
    for untrusted in [&certificates.wrong_ca, &damaged, &folder.path().join("missing.pem")] {
        assert!(!child_succeeds(with(untrusted)).await);
    }
    assert_eq!(heard(&lines).len(), 2);
}

#[tokio::test]
async fn a_machine_without_authorities_still_reaches_a_server_without_encryption() {
    let (port, lines) = raw(None).await;
    let none = "no-such-certificates.pem".to_owned();
    let without = [("SSL_CERT_FILE", none.clone()), ("SSL_CERT_DIR", none)];
    let plain = ("HTTP_PROXY", format!("http://127.0.0.1:{port}"));
    assert!(child_succeeds(without.into_iter().chain([plain]).collect()).await);
    assert_eq!(heard(&lines).len(), 2);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_its_secrets_are_not_told() {
    let elsewhere = start(Options::official()).await;
    let server = start(Options::official()).await;
    let organization = connect(&server);
    organization.sign_in(&silent).await.expect("a token");
    let target = format!("{}{MEMBERS}?state=hidden", elsewhere.url());
    let redirect = Answer::empty(307).header("location", &target);
    server.faults().add(Rule::new("*", "/api", Fault::Answer(redirect)));

    let error = organization.members(&silent).await.expect_err("a redirect");
    assert!(error.to_string().contains(&format!("{}{MEMBERS}", elsewhere.url())), "{error}");
    assert!(!error.to_string().contains("hidden"), "{error}");
    assert!(hint(&error).is_some_and(|hint| hint.contains("correct the server URL")));
    let error = organization.apply(&import_request(), &silent).await.expect_err("a redirect");
    assert!(matches!(
        error,
        ApplyError::NotSent(OrganizationError::Transport(TransportError::Redirected { status: 307, .. }))
    ));
    assert!(elsewhere.requests().is_empty());
}

/// Answers every request with this head and then sends this piece again and again, for as long as the client listens.
async fn endless(head: &'static str, piece: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let pieces = piece.repeat(64 * 1024 / piece.len());
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let mut sent = stream.write_all(head.as_bytes()).await;
                while sent.is_ok() {
                    sent = stream.write_all(pieces.as_bytes()).await;
                }
            });
        }
    });
    port
}

async fn sign_in_error(port: u16) -> OrganizationError {
    let connection = connection(&format!("http://127.0.0.1:{port}"), "organization.x", "secret");
    direct(connection).sign_in(&silent).await.err().expect("no token out of zeros")
}

#[tokio::test]
async fn a_huge_answer_is_refused_whether_or_not_it_tells_its_size() {
    for head in [
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n",
    ] {
        let error = sign_in_error(endless(head, "0").await).await;
        assert!(matches!(error, OrganizationError::Transport(TransportError::TooLarge { .. })), "{error:?}");
    }
}

#[tokio::test]
async fn a_refusal_with_a_huge_body_is_still_a_refusal() {
    let error = sign_in_error(endless("HTTP/1.1 400 Bad Request\r\n\r\n", "0").await).await;
    let OrganizationError::SignIn(message) = error else { panic!("{error:?}") };
    assert_eq!((message.status, message.is_worded()), (400, false));
}

/// A list has no size that is too large for every organization: it has a number of entries, and each entry a size.
#[tokio::test]
async fn an_endless_list_is_left_where_no_organization_is_that_large() {
    let member = r#"{"id":"m","type":2,"status":2,"email":"a@x.test","externalId":"e"},"#;
    for (head, piece, many) in [
        ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"data\":[", member, true),
        ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"data\":[{\"id\":\"", "m", false),
    ] {
        let port = endless(head, piece).await;
        let connection = connection(&format!("http://127.0.0.1:{port}"), "organization.x", "secret");
        let token = SecretString::from("e30.eyJleHAiOjk5OTk5OTk5OTl9.c2ln");
        let error = direct(connection).with_token(token).members(&silent).await.expect_err("an endless list");
        match error {
            OrganizationError::Transport(TransportError::TooMany { limit, .. }) if many => {
                assert_eq!(limit, 100_000);
            }
            OrganizationError::Transport(TransportError::TooLarge { .. }) if !many => {}
            error => panic!("{error:?}"),
        }
    }
}
