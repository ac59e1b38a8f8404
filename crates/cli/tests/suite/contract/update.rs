//! `bwdc update` against a list of releases on this machine.

use crate::contract::stage::{assert_answer, run};
use bwdc_harness::home::Home;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

const NEWER: &str = r#"[{"tag_name":"v9999.1.0","html_url":"https://releases.test/9999.1.0","assets":[
    {"name":"bwdc-9999.1.0-x86_64-unknown-linux-musl.tar.gz","browser_download_url":"https://releases.test/linux-x86_64.tar.gz"},
    {"name":"bwdc-9999.1.0-aarch64-unknown-linux-musl.tar.gz","browser_download_url":"https://releases.test/linux-aarch64.tar.gz"},
    {"name":"bwdc-9999.1.0-x86_64-apple-darwin.tar.gz","browser_download_url":"https://releases.test/macos-x86_64.tar.gz"},
    {"name":"bwdc-9999.1.0-aarch64-apple-darwin.tar.gz","browser_download_url":"https://releases.test/macos-aarch64.tar.gz"},
    {"name":"bwdc-9999.1.0-x86_64-pc-windows-msvc.zip","browser_download_url":"https://releases.test/windows-x86_64.tar.gz"}]},
  {"tag_name":"v9999.2.0","html_url":"https://releases.test/draft","draft":true},
  {"tag_name":"v9999.3.0-rc.1","html_url":"https://releases.test/early","prerelease":true},
  {"tag_name":"v0.0.1","html_url":"https://releases.test/0.0.1"}]"#;
const OLDER: &str = r#"{"tag_name":"v0.0.1","html_url":"https://releases.test/0.0.1"}"#;

/// An address at which this answer is given once; the thread ends with the request that it got.
fn feed(status: &'static str, body: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/releases", listener.local_addr().expect("a port"));
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).expect("a request") > 0 {
            request.push(byte[0]);
        }
        write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
        .expect("an answer");
        String::from_utf8(request).expect("text").to_lowercase()
    });
    (url, served)
}

#[test]
fn a_newer_version_is_named_and_raw_is_the_download_for_this_platform() {
    let download =
        format!("https://releases.test/{}-{}.tar.gz\n", std::env::consts::OS, std::env::consts::ARCH);
    for (arguments, expected) in [
        (&["update"][..], "Version 9999.1.0 is available.\nhttps://releases.test/9999.1.0\n"),
        (&["update", "--raw"], download.as_str()),
    ] {
        let (url, served) = feed("200 OK", NEWER);
        let mut home = Home::new().expect("a home");
        home.set("BWDC_UPDATE_FEED", url);
        assert_answer(&run(&home, arguments), expected);
        assert!(served.join().expect("a request").contains("user-agent: bwdc/"));
    }
}

#[test]
fn the_setting_names_the_list_and_nothing_newer_is_an_answer() {
    for (arguments, expected) in [
        (&["update"][..], concat!("No newer version than ", env!("CARGO_PKG_VERSION"), " is available.\n")),
        (&["update", "--raw"], ""),
    ] {
        let (url, served) = feed("200 OK", OLDER);
        let home = Home::new().expect("a home");
        assert_answer(&run(&home, &["config", "update-feed", &url]), "Saved setting `update-feed`.\n");
        assert_answer(&run(&home, arguments), expected);
        served.join().expect("a request");
    }
}

#[test]
fn what_keeps_the_answer_away_is_one_error_with_the_next_step() {
    let home = Home::new().expect("a home");
    let told = "This build cannot check for updates: no list of releases is set.\nLook for new versions where you got this one. \
                To check from here, run `bwdc config set update-feed <address>`.\n";
    assert_answer(&run(&home, &["update"]), told);
    assert_answer(&run(&home, &["update", "--raw"]), "");
    let answer = run(&home, &["update", "--response"]);
    assert!(answer.code == Some(0) && answer.stdout.starts_with("{\"success\":true,"), "{answer:?}");
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("a port");
    let mut home = Home::new().expect("a home");
    home.set("BWDC_UPDATE_FEED", format!("http://{free}/releases"));
    let output = run(&home, &["update"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{output:?}");
    assert!(lines[0].starts_with(&format!("Cannot read the list of releases at http://{free}/releases: ")));
    assert_eq!(lines[1], "Check the network and the proxy settings, and try again.");
    for (status, body, part) in [
        ("404 Not Found", "", "answered with status 404"),
        ("200 OK", "<html>", "holds no list of releases"),
        ("302 Found", "", "answered with status 302"),
    ] {
        let (url, served) = feed(status, body);
        home.set("BWDC_UPDATE_FEED", url);
        let output = run(&home, &["update"]);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
        assert!(output.stderr.contains(part) && output.stderr.contains("Check the address"), "{output:?}");
        served.join().expect("a request");
    }
    // An update may be what mends an installation that cannot be opened.
    std::fs::write(home.data_json_path(), "{").expect("a file");
    let (url, served) = feed("200 OK", OLDER);
    home.set("BWDC_UPDATE_FEED", url);
    assert_eq!(run(&home, &["update"]).code, Some(0));
    served.join().expect("a request");
}
