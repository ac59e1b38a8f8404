//! What of everything that happens is told: once when it begins, once when it is over, and not more than once an hour.

use bwdc_core::names::Timestamp;

const HOUR: i64 = 3_600_000;
/// After so long, a failure that goes on is told again.
const AGAIN: i64 = 24 * HOUR;

/// What a run came to, for whoever is to hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// It did what it should.
    Well,
    /// It did, but for single people or groups that the server did not take: what they are known by.
    Partly(u64),
    /// The limits, or a rule, stopped it.
    Refused,
    /// It failed, for this kind of cause.
    Failed(&'static str),
}

/// What is to be told now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tell {
    /// A failure began.
    Failing,
    /// It goes on: so many runs failed since it began.
    StillFailing {
        /// Runs.
        failures: u32,
        /// When it began.
        since: Timestamp,
    },
    /// A run was refused.
    Refused,
    /// Single people or groups were.
    PartlyRefused,
    /// Runs work again, after so many that failed.
    Recovered {
        /// Runs.
        failures: u32,
        /// When it began.
        since: Timestamp,
    },
}

/// What was told of one profile.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Desk {
    failing: Option<Failing>,
    /// When the last refusal was told.
    refused: Option<Timestamp>,
    /// Which people and groups were last told to be refused, and when.
    partly: Option<(u64, Timestamp)>,
    /// When a failure was last told, of which cause.
    told: Option<(&'static str, Timestamp)>,
}

#[derive(Clone, Copy, Debug)]
struct Failing {
    cause: &'static str,
    since: Timestamp,
    failures: u32,
    /// When it was told; None: it was not, since the same was told within the hour.
    told: Option<Timestamp>,
}

impl Desk {
    /// One of a service that starts while runs fail: whoever ran before told it.
    pub(crate) fn after(failures: u32, now: Timestamp) -> Self {
        let failing = Failing { cause: "", since: now, failures, told: Some(now) };
        Self { failing: (failures > 0).then_some(failing), ..Self::default() }
    }

    /// What is to be told of a run that came to this; empty: nothing, or nothing again.
    pub(crate) fn hear(&mut self, came: Came, now: Timestamp) -> Vec<Tell> {
        let (over, news) = match came {
            Came::Well => {
                self.partly = None;
                (self.works_again(), None)
            }
            Came::Partly(whom) => (self.works_again(), self.partly_refused(whom, now)),
            Came::Refused => (self.over(), self.refused(now)),
            Came::Failed(cause) => (None, self.failed(cause, now)),
        };
        over.into_iter().chain(news).collect()
    }

    /// A refusal that comes after a success is another one.
    fn works_again(&mut self) -> Option<Tell> {
        self.refused = None;
        self.over()
    }

    /// Runs fail no more. Nobody hears of the end who has not heard of the beginning.
    fn over(&mut self) -> Option<Tell> {
        let Failing { since, failures, told, .. } = self.failing.take()?;
        told.map(|_| Tell::Recovered { failures, since })
    }

    fn refused(&mut self, now: Timestamp) -> Option<Tell> {
        let again = self.refused.is_none_or(|at| age(at, now) >= AGAIN);
        again.then(|| {
            self.refused = Some(now);
            Tell::Refused
        })
    }

    /// The same people are told again after a day, others after an hour.
    fn partly_refused(&mut self, whom: u64, now: Timestamp) -> Option<Tell> {
        let again = self.partly.is_none_or(|(known, at)| {
            let pause = if known == whom { AGAIN } else { HOUR };
            age(at, now) >= pause
        });
        again.then(|| {
            self.partly = Some((whom, now));
            Tell::PartlyRefused
        })
    }

    fn failed(&mut self, cause: &'static str, now: Timestamp) -> Option<Tell> {
        let lately = |told: Option<(&'static str, Timestamp)>| {
            told.is_some_and(|(known, at)| known == cause && age(at, now) < HOUR)
        };
        match &mut self.failing {
            Some(failing) if failing.cause == cause || failing.cause.is_empty() => {
                failing.failures = failing.failures.saturating_add(1);
                failing.cause = cause;
                let (failures, since) = (failing.failures, failing.since);
                let due = match failing.told {
                    Some(at) => age(at, now) >= AGAIN,
                    None => !lately(self.told),
                };
                if !due {
                    return None;
                }
                failing.told = Some(now);
                self.told = Some((cause, now));
                Some(Tell::StillFailing { failures, since })
            }
            other => {
                let (since, failures) = other.as_ref().map_or((now, 1), |it| (it.since, it.failures + 1));
                let told = if lately(self.told) { None } else { Some(now) };
                *other = Some(Failing { cause, since, failures, told });
                told?;
                self.told = Some((cause, now));
                Some(Tell::Failing)
            }
        }
    }
}

fn age(at: Timestamp, now: Timestamp) -> i64 {
    // A clock that was set back makes nobody silent.
    if at > now { AGAIN } else { now.0 - at.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    #[test]
    fn an_outage_of_20_runs_is_told_once_and_so_is_its_end() {
        let mut desk = Desk::default();
        let mut told = Vec::new();
        let mut now = 0;
        for wait in [5, 10, 20, 40].into_iter().chain([60; 16]) {
            told.extend(desk.hear(Came::Failed("directory"), Timestamp(now)));
            now += wait * MINUTE;
        }
        told.extend(desk.hear(Came::Well, Timestamp(now)));
        told.extend(desk.hear(Came::Well, Timestamp(now + 1)));
        assert_eq!(told, [Tell::Failing, Tell::Recovered { failures: 20, since: Timestamp(0) }]);
    }

    #[test]
    fn what_comes_and_goes_is_told_once_an_hour() {
        let mut desk = Desk::default();
        let mut told = Vec::new();
        for minute in 0..120 {
            let came = if minute % 2 == 0 { Came::Failed("directory") } else { Came::Well };
            told.extend(desk.hear(came, Timestamp(minute * MINUTE)).into_iter().map(|it| (minute, it)));
        }
        let failing: Vec<i64> =
            told.iter().filter(|(_, it)| *it == Tell::Failing).map(|(at, _)| *at).collect();
        assert_eq!(failing, [0, 60], "{told:?}");
        assert_eq!(told.len(), 4, "each with its end: {told:?}");
    }

    #[test]
    fn another_cause_is_told_and_one_that_lasts_is_told_again_after_a_day() {
        let mut desk = Desk::default();
        assert_eq!(desk.hear(Came::Failed("directory"), Timestamp(0)), [Tell::Failing]);
        assert_eq!(desk.hear(Came::Failed("organization"), Timestamp(MINUTE)), [Tell::Failing]);
        assert_eq!(desk.hear(Came::Failed("organization"), Timestamp(HOUR)), []);
        let later = Timestamp(25 * HOUR);
        let again = Tell::StillFailing { failures: 4, since: Timestamp(0) };
        assert_eq!(desk.hear(Came::Failed("organization"), later), [again]);
    }

    #[test]
    fn a_refusal_is_told_once_until_a_run_works() {
        let mut desk = Desk::default();
        assert_eq!(desk.hear(Came::Refused, Timestamp(0)), [Tell::Refused]);
        assert_eq!(desk.hear(Came::Refused, Timestamp(HOUR)), []);
        assert_eq!(desk.hear(Came::Well, Timestamp(2 * HOUR)), []);
        assert_eq!(desk.hear(Came::Refused, Timestamp(3 * HOUR)), [Tell::Refused]);
    }

    #[test]
    fn refused_people_are_told_once_others_within_an_hour_later_and_never_as_an_outage() {
        let mut desk = Desk::default();
        assert_eq!(desk.hear(Came::Partly(1), Timestamp(0)), [Tell::PartlyRefused]);
        assert_eq!(desk.hear(Came::Partly(1), Timestamp(2 * HOUR)), []);
        assert_eq!(desk.hear(Came::Partly(2), Timestamp(2 * HOUR)), [Tell::PartlyRefused]);
        assert_eq!(desk.hear(Came::Partly(3), Timestamp(2 * HOUR + MINUTE)), []);
        assert_eq!(desk.hear(Came::Partly(3), Timestamp(3 * HOUR)), [Tell::PartlyRefused]);
        assert_eq!(desk.hear(Came::Partly(3), Timestamp(27 * HOUR)), [Tell::PartlyRefused], "after a day");
        assert_eq!(desk.hear(Came::Well, Timestamp(28 * HOUR)), []);
        assert_eq!(desk.hear(Came::Partly(3), Timestamp(29 * HOUR)), [Tell::PartlyRefused], "anew");
    }

    #[test]
    fn a_run_that_is_refused_after_an_outage_tells_both() {
        let mut desk = Desk::default();
        assert_eq!(desk.hear(Came::Failed("directory"), Timestamp(0)), [Tell::Failing]);
        let over = Tell::Recovered { failures: 1, since: Timestamp(0) };
        assert_eq!(desk.hear(Came::Refused, Timestamp(HOUR)), [over, Tell::Refused]);
    }

    #[test]
    fn a_service_that_starts_in_the_middle_tells_the_end_only() {
        let mut desk = Desk::after(3, Timestamp(0));
        assert_eq!(desk.hear(Came::Failed("directory"), Timestamp(MINUTE)), []);
        let over = Tell::Recovered { failures: 4, since: Timestamp(0) };
        assert_eq!(desk.hear(Came::Well, Timestamp(HOUR)), [over]);
    }
}
