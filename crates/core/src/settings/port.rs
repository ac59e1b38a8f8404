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
