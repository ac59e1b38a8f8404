//! How long all requests of a run may take together, answers of any length included, pauses not.
//!
//! A server that answers each request just within its own time limit would hold a run, and its locks, for days. What a run may
//! take grows with what it asks: a start that the slowest honest server needs for its large lists and imports, and a share of the time
//! limit for each request. Reading and sending count apart, so that a slow read leaves what is to be sent its time. Both grow with
//! the setting for the time limit.

use super::error::OrganizationError;
use super::timeouts::Timeouts;
use crate::http::{Call, Repeat};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Of the time limit of one answer: a quarter of an hour by default, in which lists of 100,000 members arrive.
const READING: u32 = 8;
/// Of the time limit of one import: half an hour by default, for an import that cannot be cut and for what is asked again after it.
const SENDING: u32 = 2;
/// The share of its time limit that a request may take on average: ten seconds by default, and 75 for an import.
const EACH: u32 = 12;

/// What the requests of a run took.
#[derive(Debug, Default)]
pub(super) struct RunTime {
    reading: Taken,
    sending: Taken,
}

#[derive(Debug, Default)]
struct Taken {
    requests: AtomicU64,
    /// In milliseconds, of requests at the same time each.
    taken: AtomicU64,
    allowed: AtomicU64,
}

impl RunTime {
    /// Before a request.
    ///
    /// # Errors
    /// [`OrganizationError::TooSlow`] when those before took all the time that there is for so many.
    pub(super) fn begin(&self, call: &Call, timeouts: &Timeouts) -> Result<(), OrganizationError> {
        // A setting that makes one answer's time shorter says nothing of how many there are.
        let usual = Timeouts::default();
        let start = match call.repeat {
            Repeat::Read | Repeat::Token => timeouts.answer.max(usual.answer) * READING,
            Repeat::Change => timeouts.import.max(usual.import) * SENDING,
        };
        let of = self.of(call);
        let each = millis(call.time_limit.max(usual.answer) / EACH);
        let allowed = of.allowed.fetch_add(each, Ordering::Relaxed).saturating_add(each);
        let allowed = start.saturating_add(Duration::from_millis(allowed));
        let before = of.requests.fetch_add(1, Ordering::Relaxed);
        let taken = Duration::from_millis(of.taken.load(Ordering::Relaxed));
        if taken <= allowed {
            return Ok(());
        }
        Err(OrganizationError::TooSlow { url: call.url.clone(), requests: before, taken, allowed })
    }

    /// How long those that only read took.
    #[cfg(test)]
    pub(super) fn reading(&self) -> Duration {
        Duration::from_millis(self.reading.taken.load(Ordering::Relaxed))
    }

    /// After an attempt at it.
    pub(super) fn end(&self, call: &Call, taken: Duration) {
        self.of(call).taken.fetch_add(millis(taken), Ordering::Relaxed);
    }

    fn of(&self, call: &Call) -> &Taken {
        match call.repeat {
            Repeat::Read | Repeat::Token => &self.reading,
            Repeat::Change => &self.sending,
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Body;
    use reqwest::Method;
    use reqwest::header::HeaderMap;

    fn call(repeat: Repeat, time_limit: Duration) -> Call {
        Call {
            method: Method::GET,
            url: "https://a.example/members".to_owned(),
            body: Body::None,
            headers: HeaderMap::new(),
            repeat,
            time_limit,
            size_limit: 1,
        }
    }

    /// How many requests pass that take so many seconds each, and how long that is.
    fn pass(repeat: Repeat, limit: fn(&Timeouts) -> Duration, seconds: u64, most: u64) -> (u64, u64) {
        let (time, timeouts) = (RunTime::default(), Timeouts::default());
        let call = call(repeat, limit(&timeouts));
        let mut passed = 0;
        while passed < most && time.begin(&call, &timeouts).is_ok() {
            time.end(&call, Duration::from_secs(seconds));
            passed += 1;
        }
        (passed, passed * seconds)
    }

    #[test]
    fn a_server_that_uses_its_time_limits_up_ends_a_run_within_the_hour() {
        let slow = pass(Repeat::Read, |it| it.answer, 84, 10_000);
        assert!(slow.0 >= 10 && slow.1 < 60 * 60, "{slow:?}");
        let slow = pass(Repeat::Change, |it| it.answer, 84, 10_000);
        assert!(slow.0 >= 20 && slow.1 < 60 * 60, "{slow:?}");
        let slow = pass(Repeat::Change, |it| it.import, 630, 10_000);
        assert!(slow.0 >= 3 && slow.1 < 60 * 60, "{slow:?}");
    }

    #[test]
    fn a_slow_server_may_do_all_that_there_is_to_do() {
        // All groups that a run reads, 5,000 single changes, and imports for 100,000 people that take a minute each.
        assert_eq!(pass(Repeat::Read, |it| it.answer, 9, 990).0, 990);
        assert_eq!(pass(Repeat::Change, |it| it.answer, 9, 5_000).0, 5_000);
        assert_eq!(pass(Repeat::Change, |it| it.import, 60, 100).0, 100);
        // One list, or one import, may take all of its time.
        assert!(pass(Repeat::Read, |it| it.answer, 119, 6).0 == 6);
        assert!(pass(Repeat::Change, |it| it.import, 899, 2).0 == 2);
    }

    #[test]
    fn reading_leaves_sending_its_time_and_the_error_says_what_took_it() {
        let (time, timeouts) = (RunTime::default(), Timeouts::default());
        let read = call(Repeat::Read, timeouts.answer);
        time.begin(&read, &timeouts).expect("the first");
        time.end(&read, Duration::from_secs(5_000));
        let Err(OrganizationError::TooSlow { url, requests, taken, allowed }) = time.begin(&read, &timeouts)
        else {
            panic!("it took too long")
        };
        assert_eq!((url.as_str(), requests, taken.as_secs()), ("https://a.example/members", 1, 5_000));
        assert_eq!(allowed.as_secs(), 8 * 120 + 20);
        assert!(time.begin(&call(Repeat::Change, timeouts.answer), &timeouts).is_ok());
    }
}
