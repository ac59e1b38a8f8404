//! Answers that are small on the way and large when they are unpacked.

use super::{WHOLE, hasty};
use bwdc_core::settings::{OktaFilters, OktaSettings};
use bwdc_engine::directory::okta::OktaDirectory;
use bwdc_engine::directory::web::WebOptions;
use flate2::Compression;
use flate2::write::GzEncoder;
use secrecy::SecretString;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

/// Serves this body, packed, to everybody until the tests end.
fn packed(body: &[u8]) -> u16 {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(body).unwrap();
    let packed = packer.finish().unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 8192]);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n",
                packed.len()
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&packed));
        }
    });
    port
}

#[tokio::test]
async fn a_packed_answer_counts_by_what_comes_out_of_it() {
    let port = packed(&vec![b' '; 200_000_000]);
    let stored = json!({ "orgUrl": format!("http://127.0.0.1:{port}") });
    let settings = OktaSettings::from_stored(stored.as_object().unwrap()).unwrap();
    let token = SecretString::from("token");
    let options = hasty(WebOptions::new("Okta"));
    let directory = OktaDirectory::new(&settings, OktaFilters::default(), token, options).unwrap();
    let error = directory.read(WHOLE, &|_| ()).await.err().unwrap();
    assert!(error.to_string().contains("more than 16777216 bytes"), "{error}");
}
