//! Every connection over HTTP takes the proxy, from the environment or from the settings; LDAP and this machine do not.

use crate::contract::stage::{Stage, assert_answer, run};
use bwdc_harness::home::Home;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A proxy that lets nobody through, and tells what it was asked for.
struct Proxy {
    url: String,
    asked: Receiver<String>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("a port"));
        let (tell, asked) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut request = [0; 4096];
                let length = stream.read(&mut request).unwrap_or(0);
                let line = String::from_utf8_lossy(&request[..length]);
                let _ = tell.send(line.lines().next().unwrap_or_default().to_owned());
                let _ = write!(
                    stream,
                    "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
            }
        });
        Self { url, asked }
    }

    /// Runs a command until the proxy is asked, and says for what.
    fn asked_by(&self, home: &Home, arguments: &[&str]) -> String {
        let mut child = home.spawn(env!("CARGO_BIN_EXE_bwdc"), arguments).expect("the program");
        let asked = self.asked.recv_timeout(Duration::from_secs(30));
        child.kill().expect("it runs");
        child.wait().expect("it ended");
        // What was asked besides, before it ended.
        while self.asked.try_recv().is_ok() {}
        asked.unwrap_or_else(|_| "nothing".to_owned())
    }
}

/// Settings of an installation that is signed in, with this kind of directory.
fn settings(kind: u8, key: &str, directory: Value) -> Value {
    let mut settings = json!({
        "stateVersion": 8,
        "appId": "0d7c1c0e-53a4-4f0c-8f0a-64c1b86b1c55",
        "directoryType": kind,
        "sync": { "users": true, "groups": true },
        "environmentUrls": { "base": "https://vault.example.test" },
        "organizationId": "6d1f7f0a-3f0b-4e0e-9a5b-2c1f6a7c9d10",
        "accessToken": "a token",
        "apiKeyClientId": "organization.6d1f7f0a-3f0b-4e0e-9a5b-2c1f6a7c9d10",
        "apiKeyClientSecret": "a secret",
    });
    settings[key] = directory;
    settings
}

fn installations() -> Vec<(&'static str, Value, &'static [&'static str], &'static str)> {
    let okta = json!({ "id": "1", "orgUrl": "https://acme.okta.example.test", "token": "a token" });
    let onelogin = json!({ "id": "1", "clientId": "c", "clientSecret": "s", "region": "us" });
    let entra = json!({
        "id": "1", "identityAuthority": "login.microsoftonline.com", "tenant": "acme.example.test",
        "applicationId": "a", "key": "k",
    });
    vec![
        (
            "organization",
            settings(3, "directoryOkta", okta.clone()),
            &["sync"],
            "CONNECT vault.example.test:443 HTTP/1.1",
        ),
        (
            "Okta",
            settings(3, "directoryOkta", okta),
            &["test"],
            "CONNECT acme.okta.example.test:443 HTTP/1.1",
        ),
        (
            "OneLogin",
            settings(4, "directoryOnelogin", onelogin),
            &["test"],
            "CONNECT api.us.onelogin.com:443 HTTP/1.1",
        ),
        (
            "Entra ID",
            settings(1, "directoryEntra", entra),
            &["test"],
            "CONNECT login.microsoftonline.com:443 HTTP/1.1",
        ),
    ]
}

#[test]
fn every_connection_takes_the_proxy_of_the_environment_or_of_the_settings() {
    let proxy = Proxy::start();
    for (name, data, command, expected) in installations() {
        for by_setting in [false, true] {
            let mut home = Home::with_plaintext_secrets().expect("a home");
            home.write_data_json(&data).expect("settings");
            match by_setting {
                true => {
                    assert_answer(&run(&home, &["config", "proxy", &proxy.url]), "Saved setting `proxy`.\n");
                }
                false => home.set("HTTPS_PROXY", &proxy.url),
            }
            assert_eq!(proxy.asked_by(&home, command), expected, "{name}, by setting: {by_setting}");
        }
    }
    let mut home = Home::new().expect("a home");
    home.set("BWDC_UPDATE_FEED", "https://releases.example.test/list");
    assert_answer(&run(&home, &["config", "proxy", &proxy.url]), "Saved setting `proxy`.\n");
    assert_eq!(proxy.asked_by(&home, &["update"]), "CONNECT releases.example.test:443 HTTP/1.1");
    let login = ["login", "organization.6d1f7f0a-3f0b-4e0e-9a5b-2c1f6a7c9d10", "secret"];
    assert_eq!(proxy.asked_by(&home, &login), "CONNECT identity.bitwarden.com:443 HTTP/1.1");
}

#[test]
fn ldap_and_this_machine_are_reached_without_it() {
    let mut stage = Stage::signed_in();
    let proxy = Proxy::start();
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        stage.home.set(name, &proxy.url);
    }
    assert_answer(&stage.run(&["sync"]), "Syncing complete.\nSynced 2 group(s) and 2 user(s).\n");
    assert_answer(&stage.run(&["config", "proxy", &proxy.url]), "Saved setting `proxy`.\n");
    assert_answer(&stage.run(&["sync"]), "Syncing complete.\nSynced 0 group(s) and 0 user(s).\n");
    assert_eq!(proxy.asked.try_recv().ok(), None);
}

#[test]
fn the_word_none_goes_before_the_environment() {
    let proxy = Proxy::start();
    let mut home = Home::new().expect("a home");
    home.set("HTTPS_PROXY", &proxy.url);
    // Nothing has this name, so that the answer comes at once.
    home.set("BWDC_UPDATE_FEED", "https://releases.invalid/list");
    assert_answer(&run(&home, &["config", "proxy", "none"]), "Saved setting `proxy`.\n");
    assert_eq!(run(&home, &["update"]).code, Some(1));
    assert_eq!(proxy.asked.try_recv().ok(), None);
}
