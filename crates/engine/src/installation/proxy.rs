//! By which way the organization's server and a directory behind HTTP are reached.

use crate::http::{ProxyChoice, is_loopback};
use bwdc_core::settings::{ConnectorSettings, Expected, SettingsError};
use url::Url;

/// The way to these addresses: none stands before this machine's own, else the proxy of the settings, else what the
/// environment says.
///
/// # Errors
/// [`SettingsError::Invalid`] when the proxy of the settings is no address, or carries credentials: those belong into the
/// environment, which other users cannot read.
pub(crate) fn proxy(connector: &ConnectorSettings, urls: &[&str]) -> Result<ProxyChoice, SettingsError> {
    let set = ProxyChoice::of_setting(connector.proxy.as_deref());
    if let ProxyChoice::Fixed(address) = &set {
        check(address)?;
    }
    let here = |url: &&str| Url::parse(url).is_ok_and(|url| is_loopback(&url));
    Ok(if urls.iter().all(here) { ProxyChoice::Direct } else { set })
}

fn check(address: &str) -> Result<(), SettingsError> {
    let invalid = |shown: &str| SettingsError::Invalid {
        key: "proxy",
        value: shown.to_owned(),
        expected: Expected::Proxy,
    };
    let url = Url::parse(address).map_err(|_| invalid("(hidden)"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("(hidden)"));
    }
    if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") || url.host().is_none() {
        return Err(invalid(address));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(set: Option<&str>, urls: &[&str]) -> Result<ProxyChoice, SettingsError> {
        let settings = ConnectorSettings { proxy: set.map(str::to_owned), ..ConnectorSettings::default() };
        proxy(&settings, urls)
    }

    #[test]
    fn this_machine_is_reached_directly_and_the_setting_goes_before_the_environment() {
        let (here, there) = ("http://127.0.0.1:8080", "https://vault.example.test");
        let fixed = ProxyChoice::Fixed("http://proxy.test:3128".to_owned());
        assert_eq!(chosen(None, &[there]), Ok(ProxyChoice::Environment));
        assert_eq!(chosen(None, &[here]), Ok(ProxyChoice::Direct));
        assert_eq!(chosen(Some("http://proxy.test:3128"), &[here, there]), Ok(fixed));
        assert_eq!(chosen(Some("http://proxy.test:3128"), &[here]), Ok(ProxyChoice::Direct));
        assert_eq!(chosen(Some("None"), &[there]), Ok(ProxyChoice::Direct));
        assert_eq!(chosen(Some(""), &[there]), Ok(ProxyChoice::Environment));
    }

    #[test]
    fn a_proxy_that_is_none_or_carries_a_password_is_refused_without_showing_it() {
        for bad in ["proxy.test:3128", "ftp://proxy.test", "http://me:hunter2@proxy.test"] {
            let error = chosen(Some(bad), &["https://a.test"]).expect_err(bad).to_string();
            assert!(error.contains("`proxy`") && !error.contains("hunter2"), "{error}");
        }
    }
}
