//! An LDAP server as people type it: `dc1`, `dc1:636`, `ldaps://dc1`, `[2001:db8::1]:389`.

use super::Setup;
use crate::form::refused;
use crate::text;
use bwdc_core::settings::Setting;

/// How a connection to an LDAP server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encryption {
    Ldaps,
    StartTls,
    None,
}

impl Encryption {
    pub(super) const ALL: [Self; 3] = [Self::Ldaps, Self::StartTls, Self::None];
}

impl Setup {
    /// The server that counts, with the port that was typed with it.
    pub(super) fn typed_server(&self) -> String {
        let (host, port) = (self.value("ldap.hostname"), self.value("ldap.port"));
        match (self.port_given, host.contains(':')) {
            (false, _) => host,
            (true, true) => format!("[{host}]:{port}"),
            (true, false) => format!("{host}:{port}"),
        }
    }

    /// Takes a server apart; false: it cannot be used.
    pub(super) fn take_server(&mut self, typed: &str) -> bool {
        let server = TypedServer::parse(typed);
        if let Some(Err(error)) =
            Setting::find("ldap.port").zip(server.port.as_deref()).map(|(port, typed)| port.parse(typed))
        {
            self.error = Some(refused(&error));
            return false;
        }
        let is_host = Setting::find("ldap.hostname").map(|it| it.parse(&server.hostname));
        if let Some(Err(_)) = is_host {
            self.error = Some(text!(
                "setup.no-host",
                "Enter a name or an address, with a port where it is not the usual one, such as dc1.example.com:636."
            ));
            return false;
        }
        self.port_given = server.port.is_some();
        self.set("ldap.hostname", server.hostname);
        if let Some(port) = server.port {
            self.set("ldap.port", port);
        }
        if let Some(encrypted) = server.encrypted {
            self.set("ldap.ssl", encrypted.to_string());
            self.set("ldap.startTls", "false");
        }
        true
    }

    pub(super) fn encrypt(&mut self, encryption: Encryption) {
        self.set("ldap.ssl", (encryption != Encryption::None).to_string());
        self.set("ldap.startTls", (encryption == Encryption::StartTls).to_string());
        if !self.port_given {
            self.set("ldap.port", if encryption == Encryption::Ldaps { "636" } else { "389" });
        }
    }
}

/// What was typed, in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TypedServer {
    pub(super) hostname: String,
    pub(super) port: Option<String>,
    /// True for `ldaps://`, false for `ldap://`.
    pub(super) encrypted: Option<bool>,
}

impl TypedServer {
    /// Takes an address apart. A local socket and a list of servers stay as they are.
    pub(super) fn parse(typed: &str) -> Self {
        let typed = typed.trim();
        let whole = || Self { hostname: typed.to_owned(), port: None, encrypted: None };
        if typed.starts_with('/') || typed.contains(',') || typed.to_lowercase().starts_with("ldapi:") {
            return whole();
        }
        let (encrypted, rest) = match typed.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("ldaps") => (Some(true), rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("ldap") => (Some(false), rest),
            Some(_) => return whole(),
            None => (None, typed),
        };
        let rest = rest.trim_end_matches('/');
        let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        let (hostname, port) = match rest.rsplit_once(':') {
            // More than one colon without brackets is an address of IPv6.
            Some((host, port)) if is_number(port) && (!host.contains(':') || host.ends_with(']')) => {
                (host, Some(port.to_owned()))
            }
            _ => (rest, None),
        };
        let hostname = hostname.trim_start_matches('[').trim_end_matches(']').to_owned();
        Self { hostname, port, encrypted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart_and_what_is_none_stays_whole() {
        let parts = |typed| {
            let TypedServer { hostname, port, encrypted } = TypedServer::parse(typed);
            (hostname, port, encrypted)
        };
        let of =
            |host: &str, port: Option<&str>, encrypted| (host.to_owned(), port.map(str::to_owned), encrypted);
        assert_eq!(parts(" dc1.example.test "), of("dc1.example.test", None, None));
        assert_eq!(parts("127.0.0.1:3890"), of("127.0.0.1", Some("3890"), None));
        assert_eq!(parts("ldaps://dc1:6360/"), of("dc1", Some("6360"), Some(true)));
        assert_eq!(parts("LDAP://dc1"), of("dc1", None, Some(false)));
        assert_eq!(parts("[2001:db8::1]:389"), of("2001:db8::1", Some("389"), None));
        assert_eq!(parts("2001:db8::1"), of("2001:db8::1", None, None));
        assert_eq!(parts("/run/slapd/ldapi"), of("/run/slapd/ldapi", None, None));
        assert_eq!(parts("dc1:389,dc2"), of("dc1:389,dc2", None, None));
        assert_eq!(parts("https://dc1"), of("https://dc1", None, None));
    }
}
