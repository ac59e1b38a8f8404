//! What a text has to look like where a setting takes no other: whatever can be told without asking a server.

use super::Expected;
use super::entra_cloud::cloud_of;
use super::host::has_empty_parts;
use super::port::is_port;
use std::fmt;

/// What a text has to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextRule {
    /// An e-mail address, without a name before it.
    Address,
    /// The id of an application of Entra: a GUID.
    ApplicationId,
    /// Where tokens of one of Entra's clouds come from.
    Authority,
    /// `my_customer`, or the id of a customer of Google.
    Customer,
    /// The address of a PostgreSQL database, without a password.
    Database,
    /// A domain.
    Domain,
    /// Domains with a dot in each, with commas between them.
    Domains,
    /// What follows the part of an address that is a person's own.
    EmailSuffix,
    /// An id without blanks.
    Identifier,
    /// The name or the id of a tenant of Entra.
    Tenant,
    /// A URL with http or https.
    WebAddress,
}

impl TextRule {
    /// Whether a text that is not blank is such a one.
    pub(super) fn admits(self, text: &str) -> bool {
        let text = text.trim();
        match self {
            Self::Address => is_address(text),
            Self::ApplicationId => is_guid(text),
            Self::Authority => cloud_of(text).is_some(),
            Self::Customer => text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_'),
            Self::Database => is_database(text),
            Self::Domain => is_domain(text),
            Self::Domains => {
                let mut domains = text.split(',').map(str::trim).filter(|it| !it.is_empty()).peekable();
                domains.peek().is_some() && domains.all(|it| it.contains('.') && is_domain(it))
            }
            Self::EmailSuffix => {
                let parts = text.split_once('@');
                parts.is_some_and(|(before, domain)| !has_blanks(before) && is_domain(domain))
            }
            Self::Identifier => !has_blanks(text),
            Self::Tenant => text.chars().all(|it| it.is_ascii_alphanumeric() || "-._".contains(it)),
            Self::WebAddress => is_web_address(text),
        }
    }

    /// Whether a text that is refused may hold a password, and is not repeated.
    pub(super) fn may_hold_a_password(self) -> bool {
        matches!(self, Self::Database)
    }
}

/// What may be typed, for logs.
impl fmt::Display for TextRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Address => "an e-mail address",
            Self::ApplicationId => "an id such as 00001111-aaaa-2222-bbbb-3333cccc4444",
            Self::Authority => "the host that signs people in to a cloud, such as login.microsoftonline.com",
            Self::Customer => "`my_customer`, or the customer's id, such as C01234567",
            Self::Database => "an address such as postgres://user@host/database, without a password",
            Self::Domain => "a domain such as example.com",
            Self::Domains => "one domain, or several separated by commas, such as example.com",
            Self::EmailSuffix => "an `@` and a domain, such as @example.com",
            Self::Identifier => "an id, without blanks",
            Self::Tenant => "the name or the id of a tenant, such as example.onmicrosoft.com",
            Self::WebAddress => "a URL",
        })
    }
}

/// Whether it can be a domain, or a host of a short name.
pub(super) fn is_domain(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['.', '-'])
        && !text.contains("..")
        && text.chars().all(|it| it.is_alphanumeric() || "-._".contains(it))
}

fn has_blanks(text: &str) -> bool {
    text.contains(|it: char| it.is_whitespace() || it.is_control())
}

fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty()) && !has_blanks(text)
}

fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|it| it.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.concat().bytes().all(|it| it.is_ascii_hexdigit())
}

/// `postgres://user@host/database`, or `host=… user=…`.
fn is_database(text: &str) -> bool {
    let url = ["postgres://", "postgresql://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    match url {
        Some(rest) => {
            let user = rest.rsplit_once('@').map_or("", |(user, _)| user);
            !user.contains(':') && !rest.is_empty() && !rest.contains("password=")
        }
        None => {
            let mut words = text.split_whitespace();
            words.all(|it| it.split_once('=').is_some_and(|(key, _)| !key.is_empty() && key != "password"))
        }
    }
}

/// `none`, or the address of a proxy or of something else that is asked over HTTP.
pub(super) fn is_proxy(text: &str) -> bool {
    text.eq_ignore_ascii_case("none") || is_url(text, &["http", "https", "socks5", "socks5h"])
}

fn is_web_address(text: &str) -> bool {
    is_url(text, &["http", "https"])
}

fn is_url(text: &str, schemes: &[&str]) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    schemes.iter().any(|it| it.eq_ignore_ascii_case(scheme))
        && !rest.is_empty()
        && !rest.starts_with(['/', ':', '?', '#'])
        && !has_blanks(rest)
}

/// What is wrong with an address whose form is right; None: nothing.
pub(super) fn fault_of_address(text: &str) -> Option<Expected> {
    let (_, rest) = text.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (name, port) = match host.rsplit_once(']') {
        Some((_, after)) => ("", after.strip_prefix(':')),
        None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
    };
    if !port.is_none_or(is_port) {
        Some(Expected::Port)
    } else if !name.is_empty() && has_empty_parts(name) {
        Some(Expected::HostParts)
    } else {
        None
    }
}

/// The same for a proxy, which has no path.
pub(super) fn fault_of_proxy(text: &str) -> Option<Expected> {
    let path = text.split_once("://").and_then(|(_, rest)| rest.split_once(['/', '?', '#']));
    let has_path = path.is_some_and(|(_, path)| !path.is_empty());
    fault_of_address(text).or(has_path.then_some(Expected::NoPath))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_takes_what_its_service_has_and_nothing_else() {
        let guid = "00001111-aaaa-2222-BBBB-3333cccc4444";
        for (rule, good, bad) in [
            (TextRule::Address, &["a@x.test", "a.b+c@x"][..], &["a", "@x.test", "a@", "a b@x.test"][..]),
            (
                TextRule::ApplicationId,
                &[guid],
                &["my app", "a", &guid[1..], "{00001111}", "0000111-aaaa-2222-bbbb-3333cccc44444"],
            ),
            (
                TextRule::Authority,
                &["login.microsoftonline.us", "https://login.microsoftonline.com/"],
                &["login.example.test", "graph.microsoft.com"],
            ),
            (TextRule::Customer, &["my_customer", "C01234567"], &["my customer", "C0-1"]),
            (
                TextRule::Database,
                &["postgres://bwdc@db.test/bwdc", "postgresql://db.test:5432/bwdc", "host=db.test user=bwdc"],
                &[
                    "db.test",
                    "mysql://db.test/x",
                    "postgres://bwdc:hunter2@db.test/bwdc",
                    "host=a password=b",
                ],
            ),
            (
                TextRule::Domain,
                &["example.com", "corp", "bücher.example"],
                &["a b", ".com", "a..b", "x@y", "https://x"],
            ),
            (
                TextRule::Domains,
                &["example.com", "a.test, b.test,"],
                &["example", "a.test b.test", ",", "a@b.test"],
            ),
            (
                TextRule::EmailSuffix,
                &["@example.com", ".ext@example.com"],
                &["example.com", "@", "@a b", "@a@b", "@a,b"],
            ),
            (TextRule::Identifier, &["0oa1b2", "a/b=c"], &["an id", "a\tb"]),
            (TextRule::Tenant, &["example.onmicrosoft.com", guid], &["a/../b", "my tenant", "a@b"]),
            (
                TextRule::WebAddress,
                &["http://169.254.169.254/metadata?x=1", "https://a.test"],
                &["a.test", "ftp://a.test", "https://", "https:///x", "http://a b"],
            ),
        ] {
            for text in good {
                assert!(rule.admits(text), "{rule:?}: {text}");
            }
            for text in bad {
                assert!(!rule.admits(text), "{rule:?}: {text}");
            }
        }
        for proxy in ["None", "HTTP://proxy.test:3128", "socks5h://proxy.test"] {
            assert!(is_proxy(proxy), "{proxy}");
        }
        for other in ["proxy.test:3128", "socks5://", "ftp://proxy.test", "http://a b"] {
            assert!(!is_proxy(other), "{other}");
        }
    }
}
