//! Where the organization's server is.

use super::host::has_empty_parts;
use super::port::is_port;
use super::{Expected, SettingsError, text};
use core::net::IpAddr;
use serde_json::{Map, Value};

/// `environmentUrls` as stored: everything absent means Bitwarden's cloud in the United States.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentUrls {
    /// One URL for everything.
    pub base: Option<String>,
    /// The web vault, where it has its own URL.
    pub web_vault: Option<String>,
    /// The API, where it has its own URL.
    pub api: Option<String>,
    /// The identity service, where it has its own URL.
    pub identity: Option<String>,
}

/// The URLs that requests go to, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The API.
    pub api: String,
    /// The identity service.
    pub identity: String,
    /// Whether these are Bitwarden's own.
    pub cloud: bool,
}

impl Endpoints {
    /// The addresses to which secrets would travel in clear text.
    pub fn in_clear_text(&self) -> impl Iterator<Item = &str> {
        [self.identity.as_str(), self.api.as_str()].into_iter().filter(|url| is_clear_text(url))
    }
}

impl EnvironmentUrls {
    /// Checks `environmentUrls`.
    ///
    /// # Errors
    /// [`SettingsError`] names the URL that is not one.
    pub fn from_stored(stored: &Map<String, Value>) -> Result<Self, SettingsError> {
        let read = |field: &str, key| -> Result<Option<String>, SettingsError> {
            text(stored, field, key)?.map(|typed| normalize_url(&typed, key)).transpose()
        };
        Ok(Self {
            base: read("base", "server")?,
            web_vault: read("webVault", "server.webVault")?,
            api: read("api", "server.api")?,
            identity: read("identity", "server.identity")?,
        })
    }

    /// The URLs in use: an own one first, then one under the base, then the cloud's.
    pub fn endpoints(&self) -> Endpoints {
        let region = match self.base.as_deref() {
            None | Some("https://vault.bitwarden.com" | "https://bitwarden.com") => Some("com"),
            Some("https://vault.bitwarden.eu" | "https://bitwarden.eu") => Some("eu"),
            Some(_) => None,
        };
        let under = |service: &str| match (region, self.base.as_deref()) {
            (Some(region), _) => format!("https://{service}.bitwarden.{region}"),
            (None, Some(base)) => format!("{base}/{service}"),
            (None, None) => format!("https://{service}.bitwarden.com"),
        };
        Endpoints {
            api: self.api.clone().unwrap_or_else(|| under("api")),
            identity: self.identity.clone().unwrap_or_else(|| under("identity")),
            cloud: region.is_some() && self.api.is_none() && self.identity.is_none(),
        }
    }
}

/// A typed URL with its scheme and without trailing slashes.
///
/// # Errors
/// [`SettingsError::Invalid`] when no host can be made out.
pub fn normalize_url(typed: &str, key: &'static str) -> Result<String, SettingsError> {
    let invalid = |expected| SettingsError::Invalid { key, value: without_user(typed), expected };
    if typed.trim().contains(char::is_whitespace) {
        return Err(invalid(Expected::NoBlanks));
    }
    let (scheme, rest) = typed.trim().split_once("://").unwrap_or(("https", typed.trim()));
    let rest = rest.trim_end_matches('/');
    let url = match scheme {
        "http" | "https" => format!("{scheme}://{rest}"),
        _ => return Err(invalid(Expected::Url)),
    };
    let host = rest.split('/').next().unwrap_or_default();
    let port = match host.rsplit_once(']') {
        Some((_, after)) => after.strip_prefix(':'),
        None => host.split_once(':').map(|(_, port)| port),
    };
    // A password may hold what else would end the host. Behind a port that is one, an `@` belongs to the path.
    if host.contains('@') || (rest.contains('@') && !port.is_none_or(is_port)) {
        return Err(invalid(Expected::UrlWithoutUser));
    }
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    if name.is_empty() || rest.contains(['#', '?']) {
        Err(invalid(Expected::Url))
    } else if !port.is_none_or(is_port) {
        // `javascript:alert(1)` has no port.
        let is_meant =
            typed.contains("://") || port.is_some_and(|it| it.bytes().all(|it| it.is_ascii_digit()));
        Err(invalid(if is_meant { Expected::Port } else { Expected::Url }))
    } else if !host.starts_with('[') && has_empty_parts(name) {
        Err(invalid(Expected::HostParts))
    } else {
        Ok(url)
    }
}

/// A URL that secrets may be sent to: https, or http on this machine.
///
/// # Errors
/// [`SettingsError::Invalid`] for anything else.
pub fn service_url(typed: &str, key: &'static str) -> Result<String, SettingsError> {
    let url = normalize_url(typed, key)?;
    if !is_clear_text(&url) {
        return Ok(url);
    }
    let expected = Expected::SecureUrl;
    Err(SettingsError::Invalid { key, value: without_user(typed), expected })
}

/// Checks the address of a webhook: one that secrets may be sent to, with its scheme. A query may be part of it, as with
/// Teams and Google Chat.
///
/// # Errors
/// [`SettingsError::Invalid`] for anything else, without the query, which may hold a secret.
pub(super) fn check_webhook(typed: &str, key: &'static str) -> Result<(), SettingsError> {
    let (address, query) = typed.split_once('?').unwrap_or((typed, ""));
    let invalid =
        || SettingsError::Invalid { key, value: without_user(address), expected: Expected::AsSetting };
    service_url(address, key).map_err(|error| match error {
        SettingsError::Invalid { expected: Expected::Url, .. } => invalid(),
        other => other,
    })?;
    let is_whole = address.contains("://")
        && !query.contains(|it: char| it.is_whitespace() || it.is_control() || it == '#');
    if is_whole { Ok(()) } else { Err(invalid()) }
}

/// Whether what is sent to this URL can be read on its way: http beyond this machine. Whatever is not clearly this
/// machine counts as beyond it.
pub fn is_clear_text(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    !is_loopback && !host.eq_ignore_ascii_case("localhost")
}

/// What was typed, with a user's name and password before the host hidden: why it is refused has to be seen.
fn without_user(typed: &str) -> String {
    match (typed.split_once("://"), typed.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://(hidden)@{host}"),
        (None, Some((_, host))) => format!("(hidden)@{host}"),
        _ => typed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_has_its_scheme_and_may_have_a_query() {
        for good in [
            "https://hooks.example.test/a?b=c&d=e",
            "https://hooks.example.test/services/T0/B0/x",
            "http://127.0.0.1:9/?x=1",
            "https://teams.example.test:443/a?sp=%2Ft@x",
        ] {
            assert_eq!(check_webhook(good, "notify.webhook-url"), Ok(()), "{good}");
        }
        for bad in [
            "x",
            "hooks.example.test",
            "ftp://hooks.example.test/?secret",
            "https://",
            "https://?secret",
            "http://hooks.example.test/?secret",
            "https://a.test/?secret#b",
            "https://a.test/?secret b",
            "https://me:hun?secret@a.test",
        ] {
            let error = check_webhook(bad, "notify.webhook-url").expect_err(bad).to_string();
            assert!(!error.contains("secret") && !error.contains("without name"), "{error}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_not_repeated() {
        for typed in ["https://me:hunter2@a.test", "me:hunter2@a.test/x", "ftp://me:hunter2@a.test"] {
            let said = normalize_url(typed, "server").expect_err(typed).to_string();
            assert!(said.contains("(hidden)@a.test") && !said.contains("hunter2"), "{said}");
        }
    }

    fn endpoints(base: Option<&str>) -> (String, String) {
        let urls = EnvironmentUrls { base: base.map(str::to_owned), ..EnvironmentUrls::default() };
        let found = urls.endpoints();
        (found.api, found.identity)
    }

    #[test]
    fn the_cloud_is_the_default_and_europe_has_its_own() {
        assert_eq!(endpoints(None).0, "https://api.bitwarden.com");
        assert_eq!(endpoints(Some("https://vault.bitwarden.eu")).1, "https://identity.bitwarden.eu");
    }

    #[test]
    fn a_base_url_carries_both_services_unless_one_has_its_own() {
        assert_eq!(endpoints(Some("https://vault.example.test")).0, "https://vault.example.test/api");
        let urls = EnvironmentUrls {
            base: Some("https://vault.example.test".into()),
            identity: Some("https://id.example.test".into()),
            ..EnvironmentUrls::default()
        };
        assert_eq!(urls.endpoints().identity, "https://id.example.test");
        assert!(!urls.endpoints().cloud);
    }

    #[test]
    fn clear_text_is_http_to_any_other_machine() {
        let here = ["http://127.0.0.1:8080", "http://127.9.9.9/x", "http://[::1]:80/api", "http://LocalHost"];
        for url in here.into_iter().chain(["https://vault.example.test", "https://localhost"]) {
            assert!(!is_clear_text(url), "{url}");
        }
        let beyond = [
            "http://vault.example.test",
            "http://localhost.example.test",
            "http://127.0.0.1.example.test/api",
            "http://127.0.0.1?.example.test",
            "http://[2001:db8::1]:80",
            "http://10.0.0.1",
            "http://0.0.0.0",
        ];
        for url in beyond {
            assert!(is_clear_text(url), "{url}");
        }
        let urls = EnvironmentUrls {
            base: Some("https://vault.example.test".into()),
            api: Some("http://vault.example.test/api".into()),
            ..EnvironmentUrls::default()
        };
        let endpoints = urls.endpoints();
        assert_eq!(endpoints.in_clear_text().collect::<Vec<_>>(), ["http://vault.example.test/api"]);
    }

    #[test]
    fn typed_urls_gain_a_scheme_and_lose_slashes() {
        assert_eq!(
            normalize_url("vault.example.test//", "server").as_deref(),
            Ok("https://vault.example.test")
        );
        assert_eq!(normalize_url("http://127.0.0.1:8080/", "server").as_deref(), Ok("http://127.0.0.1:8080"));
        for bad in ["", "https://", "ftp://x", "a b", "https://user@host"] {
            assert!(normalize_url(bad, "server").is_err(), "{bad}");
        }
    }
}
