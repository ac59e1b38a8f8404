//! What would have been accepted in place of a value.

use std::fmt;

/// What would have been accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// What the setting takes.
    AsSetting,
    /// Text.
    Text,
    /// A list of texts.
    Texts,
    /// A whole number.
    WholeNumber,
    /// An address.
    Url,
    /// An address without a name and a password.
    UrlWithoutUser,
    /// An address with https, or of this machine.
    SecureUrl,
    /// An e-mail address.
    EmailAddress,
    /// A host, with or without a port.
    Host,
    /// The address of a proxy, or `none`.
    Proxy,
    /// A cron expression of five fields.
    Cron,
    /// The name of a time zone.
    TimeZone,
    /// A cron expression whose five fields are within their ranges.
    CronRanges,
    /// A cron expression that comes at some time: the 30th of February never does.
    CronDay,
    /// Spans of a day.
    QuietHours,
    /// A port behind a host.
    Port,
    /// An address without blanks.
    NoBlanks,
    /// An address that ends with its host or port.
    NoPath,
    /// A host without an empty part between dots.
    HostParts,
    /// Letters of ASCII and what else the name of an attribute may have.
    PlainWord,
    /// A distinguished name in which a backslash stands only where one may.
    Escapes,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Any of these words.
    ListOf(&'static [&'static str]),
}

/// For logs.
impl fmt::Display for Expected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AsSetting => "what the setting takes",
            Self::Text => "a string",
            Self::Texts => "a list of words",
            Self::WholeNumber => "a whole number",
            Self::Url => "a URL such as https://vault.example.com",
            Self::UrlWithoutUser => "an address without a name and a password before the host",
            Self::SecureUrl => "a URL with https; http is accepted for this machine only",
            Self::EmailAddress => "an e-mail address",
            Self::Host => "`host` or `host:port`",
            Self::Proxy => {
                "an address such as http://proxy.example.com:3128, without name and password, or `none`"
            }
            Self::Cron => "a cron expression of five fields, such as `0 2 * * *`",
            Self::TimeZone => "the name of a time zone, such as Europe/Berlin",
            Self::CronRanges => "minutes 0-59, hours 0-23, days 1-31, months 1-12, weekdays 0-7",
            Self::CronDay => "a day that some year has",
            Self::Port => "a port from 1 to 65535 after the host",
            Self::NoBlanks => "an address without blanks",
            Self::NoPath => "an address that ends with its host or port",
            Self::HostParts => "a host name without an empty part between dots",
            Self::PlainWord => "letters from a to z, digits, `-`, `_`, `.` and `;`",
            Self::Escapes => "behind each `\\` a special character or two hexadecimal digits",
            Self::QuietHours => "spans such as 22:00-06:00 that leave some of the day",
            Self::OneOf(words) => return formatter.write_str(&either(words)),
            Self::ListOf(words) => return write!(formatter, "a list of {}", words.join(", ")),
        })
    }
}

/// `a, b or c`
pub(super) fn either<T: AsRef<str>>(words: &[T]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => words.concat(),
    }
}
