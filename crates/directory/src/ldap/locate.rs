//! Which servers hold the directory: those of the settings, or those of a domain by its SRV records (RFC 2782).
//!
//! Equal servers are not drawn by lot: changes are numbered by each server for itself, so that another one on every run
//! would mean a full read on every run. All programs of one kind thereby ask the same server first, which is nothing
//! beside what a domain controller answers anyway.

use super::error::LdapReadError;
use super::transport::seconds;
use bwdc_core::settings::{LdapSettings, Security, TimeLimits};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::proto::rr::rdata::SRV;
use std::net::SocketAddr;
use tokio::time::timeout;

const LDAPS_PORT: u16 = 636;
/// Servers that an error names.
const NAMED: usize = 3;
/// Ports of the global catalog, which is listed under a name of its own.
pub(super) const GLOBAL_CATALOG: [u16; 2] = [3268, 3269];

/// The servers that hold the directory, in the order in which they are asked.
pub(super) async fn candidates(
    settings: &LdapSettings,
    limits: TimeLimits,
    name_server: Option<SocketAddr>,
) -> Result<Vec<LdapSettings>, LdapReadError> {
    if let Some(domain) = &settings.located_in {
        return locate(settings, domain, limits, name_server).await;
    }
    let further = settings.further_servers.iter().map(|server| LdapSettings {
        hostname: server.hostname.clone(),
        port: server.port,
        ..settings.clone()
    });
    Ok(std::iter::once(settings.clone()).chain(further).collect())
}

/// The address of a server, in messages.
pub(super) fn url(settings: &LdapSettings) -> Box<str> {
    if settings.local {
        return format!("ldapi://{}", settings.hostname).into();
    }
    let scheme = if settings.security == Security::Ldaps { "ldaps" } else { "ldap" };
    let host = &settings.hostname;
    let port = settings.port;
    if host.contains(':') {
        format!("{scheme}://[{host}]:{port}")
    } else {
        format!("{scheme}://{host}:{port}")
    }
    .into()
}

/// The servers of the domain in the order in which they are to be asked, as settings for each.
async fn locate(
    settings: &LdapSettings,
    domain: &str,
    limits: TimeLimits,
    name_server: Option<SocketAddr>,
) -> Result<Vec<LdapSettings>, LdapReadError> {
    let record = record(settings, domain);
    let failed =
        |problem: String| LdapReadError::Locate { record: record.as_str().into(), problem: problem.into() };
    let resolver = resolver(name_server).map_err(|error| failed(error.to_string()))?;
    // A name that ends with a dot is not looked for in other domains.
    let answer = timeout(seconds(limits.connect), resolver.srv_lookup(format!("{record}.")))
        .await
        .map_err(|_| failed(format!("no name server answered within {} s", limits.connect)))?
        .map_err(|error| failed(words(&error)))?;
    let found = answer.answers().iter().filter_map(|it| match &it.data {
        RData::SRV(service) => Some(service.clone()),
        _ => None,
    });
    let (servers, strangers): (Vec<_>, Vec<_>) =
        in_order(found.collect()).into_iter().partition(|(hostname, _)| is_within(hostname, domain));
    if servers.is_empty() && strangers.is_empty() {
        return Err(failed("it lists no server".to_owned()));
    }
    if servers.is_empty() {
        let names: Vec<_> = strangers.into_iter().take(NAMED).map(|(hostname, _)| hostname).collect();
        return Err(failed(format!("it lists no server within the domain, but {}", names.join(", "))));
    }
    Ok(servers.into_iter().map(|(hostname, port)| at(settings, hostname, port)).collect())
}

/// Whether a server that DNS lists is one of the domain, or this machine. Answers of DNS can be forged, and whoever forges them has
/// a valid certificate for a name of their own: the password would go there.
fn is_within(hostname: &str, domain: &str) -> bool {
    let (hostname, domain) = (hostname.to_ascii_lowercase(), domain.trim_matches('.').to_ascii_lowercase());
    let below =
        |domain: &str| hostname.strip_suffix(domain).is_some_and(|it| it.is_empty() || it.ends_with('.'));
    below(&domain) || below("localhost")
}

fn record(settings: &LdapSettings, domain: &str) -> String {
    let domain = domain.trim_matches('.');
    if GLOBAL_CATALOG.contains(&settings.port) {
        format!("_gc._tcp.{domain}")
    } else if settings.active_directory {
        // Any LDAP server of the network may be listed without this part (MS-ADTS, section 6.3.2.3).
        format!("_ldap._tcp.dc._msdcs.{domain}")
    } else {
        format!("_ldap._tcp.{domain}")
    }
}

fn resolver(name_server: Option<SocketAddr>) -> Result<TokioResolver, NetError> {
    let builder = match name_server {
        None => TokioResolver::builder_tokio()?,
        Some(address) => {
            let mut server = NameServerConfig::udp_and_tcp(address.ip());
            server.connections.iter_mut().for_each(|it| it.port = address.port());
            let config = ResolverConfig::from_name_servers(vec![server]);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    builder.build()
}

fn words(error: &NetError) -> String {
    if error.is_nx_domain() {
        "there is no such record".to_owned()
    } else if error.is_no_records_found() {
        "it lists no server".to_owned()
    } else {
        error.to_string()
    }
}

/// By priority, then by weight; a target of `.` says that there is no such service.
fn in_order(mut found: Vec<SRV>) -> Vec<(String, u16)> {
    found.retain(|it| !it.target.is_root());
    found.sort_by_cached_key(|it| {
        (it.priority, std::cmp::Reverse(it.weight), it.target.to_lowercase().to_string())
    });
    let servers =
        found.into_iter().map(|it| (it.target.to_string().trim_end_matches('.').to_owned(), it.port));
    servers.collect()
}

/// The port of the settings goes before that of the record, which says nothing of TLS from the first byte.
fn at(settings: &LdapSettings, hostname: String, listed: u16) -> LdapSettings {
    let port = match (settings.port, settings.security) {
        (0, Security::Ldaps) => LDAPS_PORT,
        (0, _) => listed,
        (port, _) => port,
    };
    LdapSettings { hostname, port, ..settings.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_resolver::proto::rr::Name;

    fn listed(priority: u16, weight: u16, target: &str) -> SRV {
        SRV::new(priority, weight, 389, Name::from_ascii(target).expect("a name"))
    }

    #[test]
    fn a_server_outside_of_the_domain_is_none_of_its_servers() {
        for within in ["example.test", "DC1.Example.Test", "dc1.sub.example.test", "localhost"] {
            assert!(is_within(within, "Example.test."), "{within}");
        }
        for stranger in ["evil.test", "notexample.test", "example.test.evil.test", "test", ""] {
            assert!(!is_within(stranger, "example.test"), "{stranger}");
        }
    }

    #[test]
    fn the_order_is_by_priority_then_weight_and_always_the_same() {
        let found = vec![
            listed(10, 100, "far.example.test."),
            listed(0, 50, "small.example.test."),
            listed(0, 100, "DC2.example.test."),
            listed(0, 100, "dc1.example.test."),
            listed(0, 100, "."),
        ];
        let names: Vec<String> = in_order(found).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["dc1.example.test", "DC2.example.test", "small.example.test", "far.example.test"]);
    }
}
