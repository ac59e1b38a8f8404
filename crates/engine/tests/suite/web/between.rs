//! What stands between: encryption with and without HTTP/2, a proxy, an authority that nobody knows.

use super::{WHOLE, behind, hasty, onelogin};
use crate::hint::hint;
use bwdc_core::settings::ConnectorSettings;
use bwdc_engine::directory::ReadError;
use bwdc_engine::directory::onelogin::OneLoginDirectory;
use bwdc_engine::directory::web::{WebOptions, WebReadError, base_url};
use bwdc_engine::http::{ProxyChoice, TransportError};
use bwdc_harness::certificates::Certificates;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// An encrypted front of a service on this machine, which offers these protocols; its port.
async fn encrypted(to: u16, certificates: &Certificates, protocols: &[&str]) -> u16 {
    let chain = vec![CertificateDer::from_pem_file(&certificates.server_certificate).unwrap()];
    let key = PrivateKeyDer::from_pem_file(&certificates.server_key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut client) = acceptor.accept(stream).await else { return };
                let mut service = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut service).await;
            });
        }
    });
    port
}

/// A proxy that connects everybody to this port, whatever the name; what it was asked for.
async fn proxy(to: u16) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let heard = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let heard = Arc::clone(&heard);
            tokio::spawn(async move {
                let mut client = BufReader::new(stream);
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    if client.read_line(&mut head).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                heard.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
                client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
                let mut service = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut service).await;
            });
        }
    });
    (port, asked)
}

/// Options as the settings make them.
fn options(ca: Option<&Path>) -> WebOptions {
    let settings = ConnectorSettings {
        directory_ca_path: ca.map(|path| path.display().to_string()),
        ..ConnectorSettings::default()
    };
    hasty(OneLoginDirectory::options().configured(&settings))
}

#[tokio::test]
async fn everything_goes_by_http2_and_compressed_where_the_service_offers_it() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::make_in(folder.path()).unwrap();
    for (protocols, modern) in [(&["h2", "http/1.1"][..], true), (&["http/1.1"], false), (&[], false)] {
        let server = onelogin(20, |_| {});
        let port = encrypted(server.port(), &certificates, protocols).await;
        let url = format!("https://localhost:{port}");
        let directory = behind(&url, &server, options(Some(&certificates.ca)));
        let snapshot = directory.read(WHOLE, &|_| ()).await.unwrap();
        assert_eq!((snapshot.people().len(), snapshot.groups().len()), (130, 20));
        let (requests, traffic) = (server.requests().len(), server.traffic());
        assert_eq!(requests, 1 + 1 + 1 + 20);
        assert_eq!(traffic.http2, if modern { requests } else { 0 }, "{protocols:?}");
        assert_eq!(traffic.compressed, requests, "{protocols:?}");
    }
}

#[tokio::test]
async fn an_authority_that_nobody_knows_is_one_error_that_names_the_setting() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::make_in(folder.path()).unwrap();
    let server = onelogin(1, |_| {});
    let url = format!("https://localhost:{}", encrypted(server.port(), &certificates, &["h2"]).await);
    for ca in [None, Some(certificates.wrong_ca.as_path())] {
        let error = behind(&url, &server, options(ca)).read(WHOLE, &|_| ()).await.err().unwrap();
        assert!(hint(&error).unwrap().contains("`directory-ca-path`"), "{error}");
        let ReadError::Web(error) = error else { panic!("{error}") };
        assert!(
            matches!(*error, WebReadError::Transport { error: TransportError::Certificate { .. }, .. }),
            "{error}"
        );
        assert!(error.to_string().contains("/auth/oauth2/v2/token"), "{error}");
    }
    assert_eq!(server.requests(), Vec::<String>::new(), "nothing is said to a stranger");
}

#[tokio::test]
async fn a_proxy_carries_every_request() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::make_for(folder.path(), &["company.onelogin.test"]).unwrap();
    let server = onelogin(3, |_| {});
    let (port, asked) = proxy(encrypted(server.port(), &certificates, &["h2"]).await).await;
    let options = WebOptions {
        proxy: ProxyChoice::Fixed(format!("http://127.0.0.1:{port}")),
        ..options(Some(&certificates.ca))
    };
    let directory = behind("https://company.onelogin.test", &server, options);
    assert_eq!(directory.read(WHOLE, &|_| ()).await.unwrap().groups().len(), 3);
    let asked = asked.lock().unwrap();
    assert!(!asked.is_empty());
    assert!(asked.iter().all(|it| it == "CONNECT company.onelogin.test:443 HTTP/1.1"), "{asked:?}");
}

#[test]
fn this_machine_is_reached_without_a_proxy() {
    let proxy_to = |urls: &[&str], proxy: ProxyChoice| {
        let urls: Vec<_> = urls.iter().map(|url| base_url("Okta", url).unwrap()).collect();
        let urls: Vec<_> = urls.iter().collect();
        WebOptions { proxy, ..WebOptions::new("Okta") }.at(&urls).proxy
    };
    let fixed = ProxyChoice::Fixed("http://10.0.0.1:3128".to_owned());
    assert_eq!(proxy_to(&["http://127.0.0.1:1"], ProxyChoice::Environment), ProxyChoice::Direct);
    assert_eq!(
        proxy_to(&["https://localhost", "http://[::1]:2"], ProxyChoice::Environment),
        ProxyChoice::Direct
    );
    assert_eq!(proxy_to(&["https://a.okta.com"], ProxyChoice::Environment), ProxyChoice::Environment);
    assert_eq!(
        proxy_to(&["http://127.0.0.1:1", "https://a.okta.com"], ProxyChoice::Environment),
        ProxyChoice::Environment
    );
    assert_eq!(proxy_to(&["http://127.0.0.1:1"], fixed.clone()), ProxyChoice::Direct);
    assert_eq!(proxy_to(&["https://a.okta.com"], fixed.clone()), fixed);
}
