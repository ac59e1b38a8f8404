//! What counts as a port, wherever one is given.

use super::{Expected, SettingsError};
use core::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;

/// Every port that a server can have.
pub(super) const PORTS: RangeInclusive<i64> = 1..=65535;

/// Takes a number for a port.
pub(super) fn port(number: i64, key: &'static str) -> Result<u16, SettingsError> {
    let invalid = || SettingsError::Invalid { key, value: number.to_string(), expected: Expected::AsSetting };
    u16::try_from(number).ok().filter(|_| PORTS.contains(&number)).ok_or_else(invalid)
}

/// A port as it is written in an address: digits alone.
pub(super) fn typed(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|it| it.is_ascii_digit());
    text.parse().ok().filter(|it| digits && PORTS.contains(&i64::from(*it)))
}

/// Whether a part of an address is a port, as it is written there.
pub(super) fn is_port(text: &str) -> bool {
    typed(text).is_some()
}

/// Where this program is to listen: `9464` and `localhost:9464` mean that port of the loopback address.
pub fn listen_address(text: &str) -> Option<SocketAddr> {
    let text = text.trim();
    let port = typed(text).or_else(|| typed(text.strip_prefix("localhost:")?));
    port.map(|port| (Ipv4Addr::LOCALHOST, port).into()).or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_the_same_number_in_a_setting_and_in_an_address() {
        for number in [-1, 0, 1, 80, 65_535, 65_536, i64::MAX] {
            assert_eq!(port(number, "ldap.port").is_ok(), is_port(&number.to_string()), "{number}");
        }
        assert_eq!(listen_address("9464"), Some(([127, 0, 0, 1], 9464).into()));
        assert_eq!(listen_address(" localhost:9464"), Some(([127, 0, 0, 1], 9464).into()));
        assert_eq!(listen_address("0.0.0.0:9464"), Some(([0, 0, 0, 0], 9464).into()));
        assert_eq!(listen_address("[::1]:9464").map(|it| it.ip().is_loopback()), Some(true));
        for text in ["", "0", "+9464", "70000", "example.test:9464", "localhost:+1", "127.0.0.1:70000"] {
            assert_eq!(listen_address(text), None, "{text}");
        }
        for text in ["", "+80", " 80", "80 ", "0x50", "99999999999999999999"] {
            assert!(!is_port(text), "{text}");
        }
    }
}
