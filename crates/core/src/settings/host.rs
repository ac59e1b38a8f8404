//! What names an LDAP server, wherever one is typed or stored.

use super::{Expected, Server, SettingsError, port};
use core::net::{IpAddr, Ipv6Addr};

/// A host without the brackets of an address of IPv6.
pub(super) fn bare(hostname: &str) -> String {
    hostname.trim_start_matches('[').trim_end_matches(']').to_owned()
}

/// The path of `ldapi://%2frun%2fslapd%2fldapi`, or a path as it is; None for a host.
pub(super) fn socket_path(hostname: &str) -> Option<String> {
    if hostname.starts_with('/') {
        return Some(hostname.to_owned());
    }
    let scheme = hostname.get(..8).filter(|scheme| scheme.eq_ignore_ascii_case("ldapi://"))?;
    let path = hostname[scheme.len()..].trim_end_matches('/');
    Some(path.replace("%2F", "/").replace("%2f", "/"))
}

/// Checks what names the LDAP server: no scheme and no port belong to it, which have settings of their own.
///
/// # Errors
/// [`SettingsError::Invalid`] when it is neither a path of a socket nor hosts.
pub(super) fn check_hosts(typed: &str, key: &'static str) -> Result<(), SettingsError> {
    if socket_path(typed).is_some() {
        return Ok(());
    }
    let (first, others) = host_list(typed);
    let invalid = |expected| SettingsError::Invalid { key, value: typed.to_owned(), expected };
    if !is_host(first) {
        return Err(invalid(Expected::AsSetting));
    }
    if has_empty_parts(first) {
        return Err(invalid(Expected::HostParts));
    }
    others.into_iter().try_for_each(|it| check_server(it, key))
}

/// Checks a server that is asked when another one cannot be reached.
///
/// # Errors
/// [`SettingsError::Invalid`] when it is not `host` or `host:port`.
pub(super) fn check_server(typed: &str, key: &'static str) -> Result<(), SettingsError> {
    further_server(typed, 0, key).map(drop)
}

/// The first of several hosts, and the others.
pub(super) fn host_list(typed: &str) -> (&str, Vec<&str>) {
    let mut hosts = typed.split([',', ';']).map(str::trim).filter(|host| !host.is_empty());
    (hosts.next().unwrap_or_default(), hosts.collect())
}

/// `host`, `host:port`, `[address]:port`, or an address of IPv6 alone.
pub(super) fn further_server(typed: &str, port: u16, key: &'static str) -> Result<Server, SettingsError> {
    let typed = typed.trim();
    let invalid = |expected| SettingsError::Invalid { key, value: typed.to_owned(), expected };
    let (hostname, port) = match typed.rsplit_once(':') {
        Some((host, digits)) if !host.contains(':') || host.ends_with(']') => {
            let expected = if digits.contains('/') { Expected::Host } else { Expected::Port };
            (host, port::typed(digits).ok_or_else(|| invalid(expected))?)
        }
        _ => (typed, port),
    };
    if !is_host(hostname) {
        Err(invalid(Expected::Host))
    } else if has_empty_parts(hostname) {
        Err(invalid(Expected::HostParts))
    } else {
        Ok(Server { hostname: bare(hostname), port })
    }
}

/// Whether a name has nothing between two dots, or before the first one. One dot at the end is the root's.
pub(super) fn has_empty_parts(name: &str) -> bool {
    !name.contains(':') && name.strip_suffix('.').unwrap_or(name).split('.').any(str::is_empty)
}

/// A name, or an address; one of IPv6 with brackets or without.
fn is_host(text: &str) -> bool {
    let is_six = |it: &str| it.split('%').next().unwrap_or_default().parse::<Ipv6Addr>().is_ok();
    match text.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']').is_some_and(is_six),
        None if text.contains(':') => is_six(text),
        None => {
            let is_foreign = |it: char| it.is_whitespace() || it.is_control() || "/@[]?#\\\"'()".contains(it);
            !text.is_empty() && !text.contains(is_foreign)
        }
    }
}

/// Whether a host, without brackets, is this machine.
pub(super) fn is_loopback(hostname: &str) -> bool {
    hostname.eq_ignore_ascii_case("localhost")
        || hostname.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
