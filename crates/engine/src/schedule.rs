//! When a profile's next run is due: functions over times, which ask no clock.
//!
//! Everything is decided from the wall clock and the last run, never by counting: a machine that slept, a clock that was
//! set and a service that was off come to one run that is due at once, not to many, and to none that is left out.

use crate::clock::Clock;
use bwdc_core::names::Timestamp;
use bwdc_core::settings::{Expected, QuietHours, ScheduleSettings, Setting, SettingValue, SettingsError};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};
use sha2::{Digest, Sha256};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// The smallest interval, in minutes, whatever a file says.
const SMALLEST: i64 = 5;
/// How long after the first failure a run is tried again; doubled with each further one.
const FIRST_RETRY: i64 = 5 * MINUTE;
/// No failure puts a run off for longer.
const LONGEST_RETRY: i64 = HOUR;

/// When runs of a profile start by themselves.
#[derive(Clone, Debug)]
pub struct Schedule {
    every: Every,
    zone: TimeZone,
    quiet: Vec<QuietHours>,
    /// How much later than due this installation starts.
    offset: i64,
    /// How old the last full read may be.
    full: i64,
}

#[derive(Clone, Debug)]
enum Every {
    /// Milliseconds.
    Interval(i64),
    Cron(Box<Cron>),
}

/// What is known of earlier runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    /// When the service, or this schedule, began.
    pub since: Timestamp,
    /// When the last run began, whoever asked for it.
    pub last_start: Option<Timestamp>,
    /// When the last run began that read everything and did all of it.
    pub last_full: Option<Timestamp>,
    /// Runs that failed, since the last one that did not.
    pub failures: u32,
}

impl Past {
    /// The same by a clock that was set back: what it says to have happened later than now happened now.
    #[must_use]
    pub fn not_after(self, now: Timestamp) -> Self {
        let past = |it: Timestamp| it.min(now);
        Self {
            since: past(self.since),
            last_start: self.last_start.map(past),
            last_full: self.last_full.map(past),
            failures: self.failures,
        }
    }
}

impl Schedule {
    /// The schedule that the settings ask for; None where they ask for none. `installation` is anything that tells this
    /// installation from others: its share of the jitter is made of it.
    ///
    /// # Errors
    /// [`SettingsError`] names what is no cron expression, time zone or span of a day.
    pub fn of(
        interval_minutes: Option<i64>,
        settings: &ScheduleSettings,
        installation: &str,
    ) -> Result<Option<Self>, SettingsError> {
        let zone = zone(settings.time_zone.as_deref())?;
        let quiet = QuietHours::all(&settings.quiet_hours)?;
        let every = match (&settings.cron, interval_minutes) {
            (Some(text), _) => Every::Cron(Box::new(cron(text)?)),
            (None, Some(minutes)) if minutes > 0 => Every::Interval(minutes.max(SMALLEST) * MINUTE),
            (None, _) => return Ok(None),
        };
        let jitter = u64::from(settings.jitter_seconds) * SECOND.unsigned_abs();
        let offset = i64::try_from(share(installation, jitter)).unwrap_or_default();
        Ok(Some(Self { every, zone, quiet, offset, full: i64::from(settings.full_hours) * HOUR }))
    }

    /// Minutes between two runs; None where a cron expression says when.
    pub fn interval_minutes(&self) -> Option<i64> {
        match &self.every {
            Every::Interval(milliseconds) => Some(milliseconds / MINUTE),
            Every::Cron(_) => None,
        }
    }

    /// The cron expression; None where an interval says when.
    pub fn cron(&self) -> Option<&str> {
        match &self.every {
            Every::Interval(_) => None,
            Every::Cron(cron) => Some(cron.as_str()),
        }
    }

    /// When the next run is due. A time that has passed means: now.
    pub fn next(&self, past: &Past) -> Timestamp {
        let due = match (past.last_start, past.failures) {
            (Some(last), failures @ 1..) => self.retry(last, failures),
            (Some(last), 0) => self.regular(last).max(past.since.0.saturating_add(self.offset)),
            (None, _) => match &self.every {
                Every::Interval(_) => past.since.0.saturating_add(self.offset),
                Every::Cron(_) => self.regular(past.since),
            },
        };
        Timestamp(self.after_quiet_hours(due))
    }

    /// When the run after one that began at `last` is due, had it been the only one.
    fn regular(&self, last: Timestamp) -> i64 {
        match &self.every {
            Every::Interval(interval) => last.0.saturating_add(*interval),
            Every::Cron(cron) => {
                // A run that began at its offset is the one of the time before.
                let found = self.zoned(last.0).and_then(|it| cron.find_next_occurrence(&it, false).ok());
                found.map_or(i64::MAX, |it| it.timestamp().as_millisecond().saturating_add(self.offset))
            }
        }
    }

    /// After failures: doubling, an hour at most, and never before the interval where that is shorter than an hour.
    fn retry(&self, last: Timestamp, failures: u32) -> i64 {
        let doubled = FIRST_RETRY.saturating_mul(1 << (failures - 1).min(16)).min(LONGEST_RETRY);
        let wait = match &self.every {
            Every::Interval(interval) if *interval < LONGEST_RETRY => doubled.max(*interval),
            Every::Interval(_) | Every::Cron(_) => doubled,
        };
        last.0.saturating_add(wait)
    }

    /// Whether the run that is due now reads everything.
    pub fn is_full_due(&self, past: &Past, now: Timestamp) -> bool {
        past.last_full.is_none_or(|last| now.0.saturating_sub(last.0) >= self.full || last > now)
    }

    /// How old the last success may be before runs are overdue: three intervals.
    pub fn overdue_after(&self, last: Timestamp) -> Timestamp {
        let mut due = last;
        for _ in 0..3 {
            due = Timestamp(self.after_quiet_hours(self.regular(due)));
        }
        due
    }

    fn after_quiet_hours(&self, due: i64) -> i64 {
        let mut due = due;
        // Each span is left once; a second round finds what a change of the clock brought back.
        for _ in 0..=self.quiet.len() * 2 {
            let Some(zoned) = self.zoned(due) else { return due };
            let minute = u16::try_from(i32::from(zoned.hour()) * 60 + i32::from(zoned.minute()));
            let Some(span) = self.quiet.iter().find(|it| minute.is_ok_and(|minute| it.contains(minute)))
            else {
                return due;
            };
            let Some(end) = end_of(&zoned, *span) else { return due };
            due = end;
        }
        due
    }

    fn zoned(&self, at: i64) -> Option<Zoned> {
        Some(jiff::Timestamp::from_millisecond(at).ok()?.to_zoned(self.zone.clone()))
    }
}

/// Checks a value of the schedule before it is stored.
///
/// # Errors
/// As [`Schedule::of`].
pub(crate) fn check(setting: &Setting, value: &SettingValue) -> Result<(), SettingsError> {
    let mut settings = ScheduleSettings::default();
    match (setting.name, value) {
        ("schedule.cron", SettingValue::Text(text)) => settings.cron.clone_from(text),
        ("schedule.time-zone", SettingValue::Text(text)) => settings.time_zone.clone_from(text),
        ("schedule.quiet-hours", SettingValue::List(texts)) => settings.quiet_hours.clone_from(texts),
        _ => return Ok(()),
    }
    Schedule::of(None, &settings, "").map(drop)
}

/// The first end of a span of the day after a time in it.
fn end_of(within: &Zoned, span: QuietHours) -> Option<i64> {
    let (hour, minute) = (i8::try_from(span.to / 60).ok()?, i8::try_from(span.to % 60).ok()?);
    let mut date = within.date();
    for _ in 0..2 {
        let end = date.at(hour, minute, 0, 0).to_zoned(within.time_zone().clone()).ok()?;
        if end.timestamp() > within.timestamp() {
            return Some(end.timestamp().as_millisecond());
        }
        date = date.checked_add(Span::new().days(1)).ok()?;
    }
    None
}

/// A number below `of` that is always the same for one installation.
fn share(installation: &str, of: u64) -> u64 {
    let digest = Sha256::digest(installation.as_bytes());
    let number = digest.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    number.checked_rem(of).unwrap_or_default()
}

fn cron(text: &str) -> Result<Cron, SettingsError> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let refused = |expected| invalid("schedule.cron", text, expected);
    let five = text.split_whitespace().count() == 5;
    let expected = if five { Expected::CronRanges } else { Expected::Cron };
    let cron = parser.parse(text.trim()).map_err(|_| refused(expected))?;
    let begin = jiff::Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
    match cron.find_next_occurrence(&begin, false) {
        Ok(_) => Ok(cron),
        Err(_) => Err(refused(Expected::CronDay)),
    }
}

fn zone(name: Option<&str>) -> Result<TimeZone, SettingsError> {
    match name {
        None => Ok(TimeZone::system()),
        Some(name) => {
            let found = TimeZone::get(name.trim());
            found.map_err(|_| invalid("schedule.time-zone", name, Expected::TimeZone))
        }
    }
}

fn invalid(key: &'static str, value: &str, expected: Expected) -> SettingsError {
    SettingsError::Invalid { key, value: value.to_owned(), expected }
}

/// How long to sleep before the clock is looked at again: to the time that is due, and a minute at most, since a machine
/// that slept, or whose clock was set, wakes nobody.
pub fn nap(due: Option<Timestamp>, clock: Clock) -> std::time::Duration {
    const LONGEST: i64 = MINUTE;
    let left = due.map_or(LONGEST, |due| due.0.saturating_sub(clock.now().0));
    std::time::Duration::from_millis(left.clamp(0, LONGEST).unsigned_abs())
}

#[cfg(test)]
mod tests;
