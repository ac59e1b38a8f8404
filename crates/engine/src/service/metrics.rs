//! What the service counts, in the text format of Prometheus.
//!
//! Everything but requests comes from the ledger, so that it agrees with `status` and the history: runs are counted once each, in
//! the order of their numbers, whoever asked for them, and go on counting when the history forgets them. The format is a dozen
//! lines; a client library would want to hold the numbers itself.

use crate::http;
use crate::ledger::{Ledger, LedgerError, RunId, RunOutcome, RunRecord};
use crate::paths::ProfileName;
use crate::status::{Health, ProfileStatus};
use bwdc_core::names::Timestamp;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Upper bounds of the histogram, in seconds.
const BOUNDS: [u64; 10] = [1, 2, 5, 10, 30, 60, 120, 300, 900, 3600];

/// What the runs of one profile come to.
#[derive(Clone, Debug, Default)]
pub(super) struct Counters {
    /// The last run that is counted.
    last: Option<RunId>,
    runs: BTreeMap<&'static str, u64>,
    changes: BTreeMap<String, u64>,
    durations: Durations,
}

#[derive(Clone, Debug, Default)]
struct Durations {
    /// How many took no longer than each bound.
    within: [u64; BOUNDS.len()],
    count: u64,
    milliseconds: u64,
}

impl Counters {
    /// Counts the runs of a ledger that are not counted yet.
    pub(super) fn read(&mut self, ledger: &Path) -> Result<(), LedgerError> {
        let Some(ledger) = Ledger::open_to_read(ledger)? else { return Ok(()) };
        if ledger.last_number()? < self.last {
            // It was set aside, and another one began at 1.
            self.last = None;
        }
        self.count(&ledger.runs_after(self.last)?);
        Ok(())
    }

    /// Counts runs that follow the last one, oldest first, up to one that has not ended.
    fn count(&mut self, runs: &[RunRecord]) {
        for run in runs {
            let Some(outcome) = run.outcome else { return };
            *self.runs.entry(outcome.name()).or_default() += 1;
            if let Some(finished) = run.finished_at {
                self.durations.note(finished.0.saturating_sub(run.started_at.0).max(0).unsigned_abs());
            }
            if matches!(outcome, RunOutcome::Complete | RunOutcome::Partial) {
                for (kind, number) in run.counts.iter().filter(|(kind, _)| CHANGES.contains(&kind.as_str())) {
                    *self.changes.entry(kind.clone()).or_default() += number;
                }
            }
            self.last = Some(run.id);
        }
    }
}

impl Durations {
    fn note(&mut self, milliseconds: u64) {
        for (bound, number) in BOUNDS.iter().zip(&mut self.within) {
            if milliseconds <= bound * 1000 {
                *number += 1;
            }
        }
        self.count += 1;
        self.milliseconds = self.milliseconds.saturating_add(milliseconds);
    }
}

/// The changes of a plan, as its history names them.
const CHANGES: [&str; 12] = [
    "invite",
    "stage",
    "adopt",
    "replaceExternalId",
    "restore",
    "revoke",
    "remove",
    "createGroup",
    "renameGroup",
    "adoptGroup",
    "changeMembers",
    "deleteGroup",
];

/// One profile as it is scraped.
pub(super) struct Scraped<'s> {
    pub(super) profile: &'s ProfileName,
    /// None: it cannot be told.
    pub(super) status: Option<ProfileStatus>,
    pub(super) counters: Counters,
}

/// What is counted or measured. The words for it are the host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The version of the program.
    BuildInfo,
    /// Runs by how they ended.
    Runs,
    /// Changes by kind.
    Changes,
    /// How long runs took.
    RunDuration,
    /// How a profile is, as an exit code.
    Health,
    /// When the last run began.
    LastRun,
    /// When the last run began that did what it should.
    LastSuccess,
    /// When the next run is due.
    NextRun,
    /// Failures in a row.
    Failures,
    /// Refused runs that wait.
    Approvals,
    /// Managed members.
    Members,
    /// Managed groups.
    Groups,
    /// Requests by recipient.
    Requests,
    /// Answers that asked for fewer of them.
    Throttled,
}

impl Metric {
    fn name(self) -> &'static str {
        match self {
            Self::BuildInfo => "bwdc_build_info",
            Self::Runs => "bwdc_runs_total",
            Self::Changes => "bwdc_changes_total",
            Self::RunDuration => "bwdc_run_duration_seconds",
            Self::Health => "bwdc_profile_health",
            Self::LastRun => "bwdc_last_run_timestamp_seconds",
            Self::LastSuccess => "bwdc_last_success_timestamp_seconds",
            Self::NextRun => "bwdc_next_run_timestamp_seconds",
            Self::Failures => "bwdc_consecutive_failures",
            Self::Approvals => "bwdc_pending_approvals",
            Self::Members => "bwdc_managed_members",
            Self::Groups => "bwdc_managed_groups",
            Self::Requests => "bwdc_http_requests_total",
            Self::Throttled => "bwdc_http_throttled_total",
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Runs | Self::Changes | Self::Requests | Self::Throttled => "counter",
            Self::RunDuration => "histogram",
            _ => "gauge",
        }
    }
}

/// Everything, at this time. `about` puts into a line what a metric is.
pub(super) fn text(profiles: &[Scraped<'_>], now: Timestamp, about: &dyn Fn(Metric) -> String) -> String {
    let mut page = Page { text: String::new(), about };
    page.about(Metric::BuildInfo);
    page.sample(Metric::BuildInfo, "", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    of_runs(&mut page, profiles);
    of_profiles(&mut page, profiles, now);
    of_requests(&mut page);
    page.text
}

fn of_runs(page: &mut Page<'_>, profiles: &[Scraped<'_>]) {
    page.about(Metric::Runs);
    for it in profiles {
        for outcome in RunOutcome::ALL.map(RunOutcome::name) {
            let labels = [("profile", it.profile.as_str()), ("outcome", outcome)];
            page.sample(Metric::Runs, "", &labels, it.counters.runs.get(outcome).unwrap_or(&0));
        }
    }
    page.about(Metric::Changes);
    for it in profiles {
        for kind in CHANGES {
            let labels = [("profile", it.profile.as_str()), ("kind", kind)];
            page.sample(Metric::Changes, "", &labels, it.counters.changes.get(kind).unwrap_or(&0));
        }
    }
    page.about(Metric::RunDuration);
    for it in profiles {
        let Durations { within, count, milliseconds } = &it.counters.durations;
        let profile = ("profile", it.profile.as_str());
        for (bound, number) in BOUNDS.iter().zip(within) {
            page.sample(Metric::RunDuration, "_bucket", &[profile, ("le", &bound.to_string())], number);
        }
        page.sample(Metric::RunDuration, "_bucket", &[profile, ("le", "+Inf")], count);
        let sum = Seconds(i64::try_from(*milliseconds).unwrap_or(i64::MAX));
        page.sample(Metric::RunDuration, "_sum", &[profile], sum);
        page.sample(Metric::RunDuration, "_count", &[profile], count);
    }
}

/// Gauges of a profile: each is left out where it cannot be told.
fn of_profiles(page: &mut Page<'_>, profiles: &[Scraped<'_>], now: Timestamp) {
    page.about(Metric::Health);
    for it in profiles {
        let health = it.status.as_ref().map_or(Health::Unknown, |status| status.health(now));
        page.sample(Metric::Health, "", &[("profile", it.profile.as_str())], health as u8);
    }
    type Gauge = (Metric, fn(&ProfileStatus) -> Option<Number>);
    const GAUGES: [Gauge; 7] = [
        (Metric::LastRun, |it| it.tally.last_start.map(Number::Time)),
        (Metric::LastSuccess, |it| it.tally.last_success.map(Number::Time)),
        (Metric::NextRun, |it| it.next.map(Number::Time)),
        (Metric::Failures, |it| Some(Number::Count(it.tally.failures.into()))),
        (Metric::Approvals, |it| Some(Number::Count(it.pending.is_some().into()))),
        (Metric::Members, |it| it.managed.map(|(members, _)| Number::Count(members))),
        (Metric::Groups, |it| it.managed.map(|(_, groups)| Number::Count(groups))),
    ];
    for (metric, value) in GAUGES {
        page.about(metric);
        for it in profiles {
            if let Some(value) = it.status.as_ref().and_then(value) {
                page.sample(metric, "", &[("profile", it.profile.as_str())], value);
            }
        }
    }
}

fn of_requests(page: &mut Page<'_>) {
    let counted = http::counted();
    page.about(Metric::Requests);
    for (service, counted) in counted {
        page.sample(Metric::Requests, "", &[("service", service)], counted.requests);
    }
    page.about(Metric::Throttled);
    for (service, counted) in counted {
        page.sample(Metric::Throttled, "", &[("service", service)], counted.throttled);
    }
}

/// A value of a gauge.
enum Number {
    Count(u64),
    Time(Timestamp),
}

impl std::fmt::Display for Number {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => count.fmt(formatter),
            Self::Time(time) => Seconds(time.0).fmt(formatter),
        }
    }
}

/// Milliseconds, written as seconds.
struct Seconds(i64);

impl std::fmt::Display for Seconds {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{:03}", self.0.div_euclid(1000), self.0.rem_euclid(1000))
    }
}

struct Page<'p> {
    text: String,
    about: &'p dyn Fn(Metric) -> String,
}

impl Page<'_> {
    fn about(&mut self, metric: Metric) {
        let (name, kind, help) = (metric.name(), metric.kind(), (self.about)(metric));
        // A string takes what is written to it.
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, metric: Metric, end: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels: Vec<String> =
            labels.iter().map(|(label, text)| format!("{label}=\"{}\"", escaped(text))).collect();
        let _ = writeln!(self.text, "{}{end}{{{}}} {value}", metric.name(), labels.join(","));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Counts, Trigger};

    fn run(id: i64, outcome: Option<RunOutcome>, seconds: i64) -> RunRecord {
        RunRecord {
            id: RunId(id),
            trigger: Trigger::default(),
            started_at: Timestamp(id * 100_000),
            finished_at: outcome.map(|_| Timestamp(id * 100_000 + seconds * 1000)),
            outcome,
            counts: Counts::from([("invite".to_owned(), 2), ("people".to_owned(), 40)]),
        }
    }

    fn scraped(counters: Counters) -> String {
        let profile = ProfileName::default();
        text(&[Scraped { profile: &profile, status: None, counters }], Timestamp(0), &|_| "help".to_owned())
    }

    #[test]
    fn each_run_is_counted_once_and_one_that_goes_on_is_counted_when_it_has_ended() {
        let mut counters = Counters::default();
        counters.count(&[run(1, Some(RunOutcome::Complete), 3), run(2, None, 0)]);
        assert_eq!(counters.last, Some(RunId(1)));
        counters.count(&[run(2, Some(RunOutcome::Failed), 7)]);
        let text = scraped(counters);
        for line in [
            "bwdc_runs_total{profile=\"default\",outcome=\"complete\"} 1",
            "bwdc_runs_total{profile=\"default\",outcome=\"failed\"} 1",
            "bwdc_changes_total{profile=\"default\",kind=\"invite\"} 2",
            "bwdc_run_duration_seconds_bucket{profile=\"default\",le=\"5\"} 1",
            "bwdc_run_duration_seconds_bucket{profile=\"default\",le=\"+Inf\"} 2",
            "bwdc_run_duration_seconds_sum{profile=\"default\"} 10.000",
            "bwdc_profile_health{profile=\"default\"} 3",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_name_and_its_type_stand_once_before_its_samples() {
        let text = scraped(Counters::default());
        let names: Vec<&str> = text.lines().filter_map(|it| it.strip_prefix("# TYPE ")).collect();
        let mut once = names.clone();
        once.dedup();
        assert_eq!(names, once);
        for line in text.lines().filter(|it| !it.starts_with('#')) {
            let name = line.split(['{', ' ']).next().expect("a name");
            let base = names.iter().any(|it| name.starts_with(it.split(' ').next().expect("a name")));
            assert!(base, "{line}");
        }
    }
}
