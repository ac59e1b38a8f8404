//! Which proxy stands between, and which addresses need none.

use hyper_util::client::proxy::matcher::Matcher;
use url::{Host, Url};

/// Which proxy requests go through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProxyChoice {
    /// What `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in capitals or not.
    #[default]
    Environment,
    /// This one for everything, whatever the environment says.
    Fixed(String),
    /// None, whatever the environment says.
    Direct,
}

impl ProxyChoice {
    /// The choice that a setting stands for: nothing, the word `none`, or an address.
    pub fn of_setting(set: Option<&str>) -> Self {
        match set.map(str::trim).filter(|it| !it.is_empty()) {
            None => Self::Environment,
            Some(none) if none.eq_ignore_ascii_case("none") => Self::Direct,
            Some(address) => Self::Fixed(address.to_owned()),
        }
    }

    /// This choice for these addresses: where all of them are this machine's own, none stands between.
    #[must_use]
    pub fn towards(self, addresses: &[&Url]) -> Self {
        if addresses.iter().all(|url| is_loopback(url)) { Self::Direct } else { self }
    }
}

/// By which proxy an address is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyInEffect {
    /// By none.
    None,
    /// By the one at this address, shown without its credentials.
    Through(Url),
}

/// Tells by which proxy a client with this choice reaches an address: what the client itself would find.
pub fn proxy_in_effect(choice: &ProxyChoice, url: &Url) -> ProxyInEffect {
    let matcher = match choice {
        ProxyChoice::Environment => Matcher::from_system(),
        ProxyChoice::Direct => return ProxyInEffect::None,
        ProxyChoice::Fixed(address) => Matcher::builder().all(address.as_str()).build(),
    };
    let found = url.as_str().parse().ok().and_then(|uri| matcher.intercept(&uri));
    let shown = found.and_then(|proxy| Url::parse(&proxy.uri().to_string()).ok());
    match shown {
        None => ProxyInEffect::None,
        Some(mut proxy) => {
            let _ = proxy.set_username("");
            let _ = proxy.set_password(None);
            ProxyInEffect::Through(proxy)
        }
    }
}

/// Whether an address is one of this machine itself.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}
