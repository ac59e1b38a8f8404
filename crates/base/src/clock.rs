//! The time, as a value that a test can fix.

use bwdc_core::names::Timestamp;

/// Where the time comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// The operating system.
    #[default]
    System,
    /// Always the same point in time.
    Fixed(Timestamp),
}

impl Clock {
    /// The current time.
    pub fn now(self) -> Timestamp {
        match self {
            Self::System => Timestamp(jiff::Timestamp::now().as_millisecond()),
            Self::Fixed(time) => time,
        }
    }

    /// The current time in whole seconds since 1970, as tokens and their claims carry it.
    pub fn seconds(self) -> i64 {
        self.now().0.div_euclid(1_000)
    }
}

/// Writes a time as `2026-11-20T13:18:40.171Z`, the form in `data.json`; a time outside the calendar becomes its nearest end.
pub fn to_iso(time: Timestamp) -> String {
    let end = if time.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    format!("{:.3}", jiff::Timestamp::from_millisecond(time.0).unwrap_or(end))
}

/// Reads an ISO 8601 time with an offset, to the millisecond; None when the text is not one.
pub fn from_iso(text: &str) -> Option<Timestamp> {
    text.trim().parse::<jiff::Timestamp>().ok().map(|time| Timestamp(time.as_millisecond()))
}

/// Writes a time as the fourteen digits with which a generalized time in UTC begins (RFC 4517, 3.3.13), to the second.
pub fn generalized(time: Timestamp) -> String {
    to_iso(time).chars().filter(char::is_ascii_digit).take(14).collect()
}

/// Reads a generalized time in UTC (RFC 4517, 3.3.13), to the second; None when the text is not one.
pub fn from_generalized(text: &str) -> Option<Timestamp> {
    let (digits, rest) = text.trim().split_at_checked(14)?;
    if !digits.bytes().all(|it| it.is_ascii_digit()) || !rest.ends_with('Z') {
        return None;
    }
    let time = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
    Some(Timestamp(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_keeps_its_milliseconds_both_ways() {
        let text = "2026-11-20T13:18:40.171Z";
        let time = from_iso(text).expect("a time");
        assert_eq!(time, Timestamp(1_795_180_720_171));
        assert_eq!(to_iso(time), text);
        assert_eq!(to_iso(Timestamp(0)), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_generalized_time_has_seconds() {
        assert_eq!(generalized(Timestamp(1_795_180_720_171)), "20261120131840");
        for text in ["20261120131840Z", "20261120131840.0Z"] {
            assert_eq!(from_generalized(text), Some(Timestamp(1_795_180_720_000)));
        }
        for text in ["", "20261120131840", "20261320131840Z", "2026112013Z", "20261120131840+0100"] {
            assert_eq!(from_generalized(text), None, "{text}");
        }
    }

    #[test]
    fn an_offset_is_understood_and_nonsense_is_not_a_time() {
        assert_eq!(from_iso("2026-11-20T14:18:40.171+01:00"), from_iso("2026-11-20T13:18:40.171Z"));
        assert_eq!(from_iso("yesterday"), None);
    }

    #[test]
    fn a_time_beyond_the_calendar_is_still_written() {
        assert!(to_iso(Timestamp(i64::MAX)).starts_with("9999-"));
    }
}
