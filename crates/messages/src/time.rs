//! Times in sentences.

use bwdc_core::names::Timestamp;
use bwdc_engine::clock::to_iso;

/// A time to the minute, in UTC: `2026-11-26 16:40 UTC`.
pub fn moment(time: Timestamp) -> String {
    let iso = to_iso(time);
    let minute = iso.get(..16).unwrap_or(&iso).replace('T', " ");
    format!("{minute} UTC")
}

/// A day, in UTC.
pub fn day(time: Timestamp) -> String {
    let iso = to_iso(time);
    iso.get(..10).unwrap_or(&iso).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_says_its_zone() {
        let time = Timestamp(1_764_175_200_000);
        assert_eq!((moment(time).as_str(), day(time).as_str()), ("2025-11-26 16:40 UTC", "2025-11-26"));
    }
}
