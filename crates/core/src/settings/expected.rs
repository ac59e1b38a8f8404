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
    /// Spans of a day.
    QuietHours,
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
