//! What counts as a port, wherever one is given.

use super::{Expected, SettingsError};
use std::ops::RangeInclusive;

/// Every port that a server can have.
pub(super) const PORTS: RangeInclusive<i64> = 1..=65535;

/// Takes a number for a port.
pub(super) fn port(number: i64, key: &'static str) -> Result<u16, SettingsError> {
    let invalid = || SettingsError::Invalid { key, value: number.to_string(), expected: Expected::AsSetting };
    u16::try_from(number).ok().filter(|_| PORTS.contains(&number)).ok_or_else(invalid)
}

/// Whether a part of an address is a port, as it is written there: digits alone.
pub(super) fn is_port(text: &str) -> bool {
    let digits = text.bytes().all(|it| it.is_ascii_digit());
    digits && text.parse().is_ok_and(|it| PORTS.contains(&it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_the_same_number_in_a_setting_and_in_an_address() {
        for number in [-1, 0, 1, 80, 65_535, 65_536, i64::MAX] {
            assert_eq!(port(number, "ldap.port").is_ok(), is_port(&number.to_string()), "{number}");
        }
        for text in ["", "+80", " 80", "80 ", "0x50", "99999999999999999999"] {
            assert!(!is_port(text), "{text}");
        }
    }
}
