//! When runs start by themselves, as `connector.toml` has it. Cron expressions and time zones are checked where they are
//! used: that takes the tables of the operating system.

use super::{Expected, SettingsError};
use serde::{Deserialize, Serialize};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// When runs start by themselves, beside `sync.interval`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScheduleSettings {
    /// A cron expression of five fields, in place of an interval.
    pub cron: Option<String>,
    /// The time zone of the expression and of quiet hours. None: the machine's.
    pub time_zone: Option<String>,
    /// Spans of each day in which no run starts by itself, such as `22:00-06:00`.
    pub quiet_hours: Vec<String>,
    /// Up to how many seconds later than due a run starts, so that many machines do not ask at once. The part that is used
    /// is always the same for one installation.
    pub jitter_seconds: u32,
    /// Hours after which a run reads everything, and not what changed only.
    pub full_hours: u32,
    /// Whether no run starts by itself.
    pub paused: bool,
}

impl Default for ScheduleSettings {
    fn default() -> Self {
        Self {
            cron: None,
            time_zone: None,
            quiet_hours: Vec::new(),
            jitter_seconds: 120,
            full_hours: 24,
            paused: false,
        }
    }
}

/// What the service may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServiceSettings {
    /// Whether a person carried out, or agreed to, the first sync: no run starts by itself before.
    pub first_sync_agreed: bool,
    /// The address at which health and metrics are given. None: nothing listens.
    pub listen: Option<String>,
}

/// A span of each day, in minutes since midnight; it may pass midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// The first minute of it.
    pub from: u16,
    /// The first minute after it.
    pub to: u16,
}

impl QuietHours {
    /// Reads the spans of `schedule.quiet-hours`.
    ///
    /// # Errors
    /// [`SettingsError::Invalid`] for what is no span, and for spans that leave nothing of the day.
    pub fn all(texts: &[String]) -> Result<Vec<Self>, SettingsError> {
        let invalid = |value: String| SettingsError::Invalid {
            key: "schedule.quiet-hours",
            value,
            expected: Expected::QuietHours,
        };
        let spans = texts.iter().map(|text| Self::read(text).ok_or_else(|| invalid(text.clone())));
        let spans = spans.collect::<Result<Vec<Self>, _>>()?;
        if (0..DAY).all(|minute| spans.iter().any(|it| it.contains(minute))) {
            return Err(invalid(texts.join(", ")));
        }
        Ok(spans)
    }

    /// Whether a minute of the day lies in it.
    pub fn contains(self, minute: u16) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }

    fn read(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let (from, to) = (time(from.trim())?, time(to.trim())?);
        (from != to).then_some(Self { from, to: to % DAY })
    }
}

/// `HH:MM` as minutes; `24:00` is the end of a day.
fn time(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |it: &str| it.len() <= 2 && it.bytes().all(|byte| byte.is_ascii_digit());
    if minutes.len() != 2 || !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (minutes < 60 && hours * 60 + minutes <= DAY).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(texts: &[&str]) -> Result<Vec<QuietHours>, SettingsError> {
        QuietHours::all(&texts.iter().map(|&it| it.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_span_may_pass_midnight() {
        let spans = spans(&["22:00-06:00", "12:00 - 12:30"]).expect("two spans");
        assert!(spans[0].contains(0) && spans[0].contains(22 * 60) && spans[0].contains(6 * 60 - 1));
        assert!(!spans[0].contains(6 * 60) && !spans[0].contains(22 * 60 - 1));
        assert_eq!(spans[1], QuietHours { from: 720, to: 750 });
    }

    #[test]
    fn what_is_no_span_or_leaves_nothing_of_the_day_is_refused() {
        for texts in [
            &["22-6"][..],
            &["22:00-25:00"],
            &["06:00-06:00"],
            &["00:00-24:00"],
            &["6:0-7:00"],
            &["0:00-12:00", "12:00-24:00"],
        ] {
            assert!(spans(texts).is_err(), "{texts:?}");
        }
        assert!(spans(&["0:00-23:59"]).is_ok());
        assert!(spans(&[]).is_ok());
    }
}
