//! The way to an address: proxy, name, connection, certificates, clock.

use super::{Area, Check, Concern, Failure, Finding, Findings, Outcome};
use crate::certificate::{CertificateLog, Chain, Trust};
use crate::clock::Clock;
use crate::directory::web::Route;
use crate::http::{
    self, Cause, ClientOptions, ExtraAuthorities, HttpError, ProxyChoice, ProxyInEffect, client_with_log,
    proxy_in_effect,
};
use crate::run::RunError;
use crate::tls_failure::{TlsFailure, tls_failure};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::{Host, Url};

const PATIENCE: Duration = Duration::from_secs(15);
/// Certificates that end within a month want somebody's attention.
const SOON: i64 = 30;
/// Clocks that differ by this many seconds are worth telling.
const NOTABLE: i64 = 60;
/// Signed requests are refused from here on: five minutes are what tokens are given.
const TOO_MUCH: i64 = 300;

/// Looks at the way to an address of HTTP; false where no answer came.
pub(super) async fn look(
    area: Area,
    route: &Route,
    setting: &'static str,
    clock: Clock,
    of_client: impl FnOnce(HttpError) -> RunError,
    findings: Findings<'_>,
) -> bool {
    let subject = origin(&route.url);
    let proxy = proxy_in_effect(&route.proxy, &route.url);
    findings(way(area, &subject, &route.proxy, &proxy));
    let first = match &proxy {
        ProxyInEffect::None => &route.url,
        ProxyInEffect::Through(proxy) => proxy,
    };
    let (host, port) = place(first);
    if !reach(area, (&host, port), true, findings).await {
        return false;
    }
    let log = CertificateLog::default();
    let options = ClientOptions {
        ca_path: route.ca_path.as_deref(),
        proxy: route.proxy.clone(),
        ..ClientOptions::default()
    };
    let client = match client_with_log(&options, &log) {
        Ok(client) => client,
        Err(error) => {
            findings(Finding::new(area, Check::Certificate, subject, Outcome::failed(of_client(error))));
            return false;
        }
    };
    let asked = client.get(route.url.clone()).timeout(PATIENCE).send().await;
    let now = clock.now();
    let mut failed = asked.as_ref().err().map(|error| {
        let (Cause::Certificate(reason) | Cause::Other(reason)) = http::cause(error);
        Failure::NoAnswer { reason, failure: tls_failure(error), setting }
    });
    let refused = failed.take_if(|it| matches!(it, Failure::NoAnswer { failure: Some(_), .. }));
    let chain = log.chain();
    // Whoever hung up before that showed no certificate.
    let is_encrypted = chain.is_some() || refused.is_some() || failed.is_none();
    if route.url.scheme() == "https" && is_encrypted {
        let agreed = refused.map_or(Ok(()), Err);
        findings(certificates(area, &subject, chain, agreed, setting, now.0));
    }
    if let Some(failure) = failed {
        findings(Finding::new(area, Check::Answer, subject.clone(), Outcome::Failed(failure)));
    }
    let Ok(response) = asked else { return false };
    if let Some(date) = http::date(response.headers()) {
        // The header has whole seconds.
        findings(clocks(area, &subject, (now.0 - date.0).div_euclid(1000)));
    }
    true
}

fn way(area: Area, subject: &str, choice: &ProxyChoice, proxy: &ProxyInEffect) -> Finding {
    let finding = Finding::new(area, Check::Proxy, subject, Outcome::Good);
    match (proxy, choice) {
        (ProxyInEffect::Through(proxy), _) => finding.with("through", proxy.to_string()),
        (ProxyInEffect::None, ProxyChoice::Direct) => finding.with("direct", "this-machine"),
        (ProxyInEffect::None, _) => finding.with("direct", "no-proxy"),
    }
}

/// Looks for the addresses of a host and connects to the first that answers; false where none does.
pub(super) async fn reach(
    area: Area,
    (host, port): (&str, u16),
    may_be_proxied: bool,
    findings: Findings<'_>,
) -> bool {
    let subject = joined(host, port);
    let resolved = timeout(PATIENCE, tokio::net::lookup_host((host, port))).await;
    let addresses: Vec<SocketAddr> = match resolved {
        Ok(Ok(addresses)) => addresses.collect(),
        failed => {
            let reason = match failed {
                Ok(Err(error)) => error.to_string(),
                _ => format!("no answer within {} s", PATIENCE.as_secs()),
            };
            findings(Finding::new(area, Check::Name, host, Outcome::Failed(Failure::NoAddress { reason })));
            return false;
        }
    };
    let list: Vec<String> = addresses.iter().map(|it| it.ip().to_string()).collect();
    findings(Finding::new(area, Check::Name, host, Outcome::Good).with("addresses", list.join(", ")));
    let mut reason = "the host has no address".to_owned();
    for address in addresses {
        let begun = Instant::now();
        match timeout(PATIENCE, TcpStream::connect(address)).await {
            Ok(Ok(_)) => {
                let finding = Finding::new(area, Check::Connection, subject, Outcome::Good)
                    .with("address", address.ip().to_string())
                    .with("milliseconds", begun.elapsed().as_millis().to_string());
                findings(finding);
                return true;
            }
            Ok(Err(error)) => reason = format!("{}: {error}", address.ip()),
            Err(_) => reason = format!("{} does not answer within {} s", address.ip(), PATIENCE.as_secs()),
        }
    }
    let outcome = Outcome::Failed(Failure::NoConnection { may_be_proxied, reason });
    findings(Finding::new(area, Check::Connection, subject, outcome));
    false
}

/// What there is to say about the certificates that were shown, and about an encryption that did not come about.
pub(super) fn certificates(
    area: Area,
    subject: &str,
    chain: Option<Chain>,
    answered: Result<(), Failure>,
    setting: &'static str,
    now: i64,
) -> Finding {
    let days = chain.as_ref().and_then(|it| it.days_left(bwdc_core::names::Timestamp(now)));
    let outcome = match (&chain, answered) {
        (Some(Chain { trust: Trust::Refused { reason, failure }, .. }), _) => {
            let (reason, failure) = (reason.clone(), failure.clone());
            Outcome::Failed(Failure::Refused { reason, lack: None, failure, setting })
        }
        (Some(unknown @ Chain { trust: Trust::UnknownIssuer, .. }), _) => {
            let reason = "its issuer is not known here".to_owned();
            let failure = TlsFailure::UnknownAuthority;
            Outcome::Failed(Failure::Refused { reason, lack: unknown.lack(), failure, setting })
        }
        (_, Err(failure)) => Outcome::Failed(failure),
        (Some(_), Ok(())) => match days {
            Some(days) if days < SOON => Outcome::Concern(Concern::EndsSoon { days }),
            _ => Outcome::Good,
        },
        (None, Ok(())) => Outcome::Good,
    };
    let mut finding = Finding::new(area, Check::Certificate, subject, outcome);
    if let Some(days) = days {
        finding = finding.with("days left", days.to_string());
    }
    if let Some(ExtraAuthorities { path, certificates }) = http::extra_authorities() {
        let named = format!("{} ({})", path.display(), certificates.len());
        finding = finding.with("authorities of NODE_EXTRA_CA_CERTS", named);
    }
    finding.chain = chain;
    finding
}

/// What a difference between the clocks means.
pub(super) fn clocks(area: Area, subject: &str, ahead: i64) -> Finding {
    let outcome = match ahead.abs() {
        TOO_MUCH.. => Outcome::Failed(Failure::ClocksDiffer { ahead }),
        NOTABLE.. => Outcome::Concern(Concern::ClocksDiffer { ahead }),
        _ => Outcome::Good,
    };
    Finding::new(area, Check::Clock, subject, outcome).with("seconds ahead", ahead.to_string())
}

/// The part of an address that a connection is made for.
pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn place(url: &Url) -> (String, u16) {
    // The resolver wants an IPv6 address without its brackets.
    let host = match url.host() {
        Some(Host::Ipv6(address)) => address.to_string(),
        Some(host) => host.to_string(),
        None => String::new(),
    };
    let port = match url.scheme() {
        scheme if scheme.starts_with("socks") => 1080,
        _ => 443,
    };
    (host, url.port_or_known_default().unwrap_or(port))
}

pub(super) fn joined(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_may_differ_by_a_minute_and_not_by_five() {
        let outcome = |ahead| clocks(Area::Directory, "https://a.test", ahead).outcome;
        assert!(matches!(outcome(59), Outcome::Good));
        assert!(matches!(outcome(-60), Outcome::Concern(Concern::ClocksDiffer { ahead: -60 })));
        assert!(matches!(outcome(-300), Outcome::Failed(Failure::ClocksDiffer { ahead: -300 })));
    }

    #[test]
    fn a_host_and_a_port_are_one_text_for_both_kinds_of_address() {
        assert_eq!(joined("a.test", 1), "a.test:1");
        assert_eq!(joined("::1", 1), "[::1]:1");
        let url = Url::parse("https://[::1]:8443/x").expect("an address");
        assert_eq!(place(&url), ("::1".to_owned(), 8443));
        let proxy = Url::parse("socks5://proxy.test").expect("an address");
        assert_eq!(place(&proxy), ("proxy.test".to_owned(), 1080));
    }
}
