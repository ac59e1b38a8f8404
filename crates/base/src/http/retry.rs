//! When a request is sent again: one policy as data, one property of the request. Who sends makes the pause.
//!
//! What is safe to send again is known by the request itself ([`Repeat`]). A read may be sent as often as the policy
//! allows. A change is sent again only when the server certainly did not act on it, because an import is no transaction:
//! the price is that a lost answer ends the run, and the next one looks first.

use super::exchange::{Repeat, Sent, TransportError, date, http_date};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::time::Duration;

/// How often and how long a request is tried again: plain numbers, so that a test can run the same rules in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// Attempts in all.
    pub attempts: u32,
    /// Attempts in all where the server asks to slow down.
    pub throttled_attempts: u32,
    /// The first pause where the server names none; each later one is twice as long, and up to a quarter longer by chance.
    pub first_pause: Duration,
    /// The longest single pause: a server that asks for more has refused.
    pub longest_pause: Duration,
    /// All pauses of one request together.
    pub all_pauses: Duration,
    /// How many seconds of a pause pass in one real second: 1 outside tests.
    pub speed: f64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            throttled_attempts: 5,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(5 * 60),
            all_pauses: Duration::from_secs(15 * 60),
            speed: 1.0,
        }
    }
}

impl RetryPolicy {
    /// What a pause takes of the real clock.
    pub fn real(&self, pause: Duration) -> Duration {
        pause.div_f64(self.speed.max(f64::MIN_POSITIVE))
    }
}

/// Whether another attempt can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It cannot, or must not be made.
    No,
    /// It can, after the pause that the server names, if it names one.
    After(Option<Duration>),
    /// It can, and the server wants everything slower.
    Slower(Option<Duration>),
}

impl Again {
    /// After an answer with this status. Whoever is told to slow down was not served, whatever was asked; a fault of the
    /// server can have come after it acted.
    pub fn after_status(repeat: Repeat, status: u16, asked: Option<Duration>) -> Self {
        match status {
            429 => Self::Slower(asked),
            500.. if repeat.is_safe(Sent::Perhaps) => Self::After(asked),
            _ => Self::No,
        }
    }

    /// After an exchange that brought no answer.
    pub fn after_error(repeat: Repeat, error: &TransportError) -> Self {
        if error.is_passing() && repeat.is_safe(error.sent()) { Self::After(None) } else { Self::No }
    }
}

/// The attempts of one request under a policy.
#[derive(Debug)]
pub struct Attempts {
    policy: RetryPolicy,
    made: u32,
    paused: Duration,
}

impl Attempts {
    /// Before the first one.
    pub fn new(policy: RetryPolicy) -> Self {
        Self { policy, made: 1, paused: Duration::ZERO }
    }

    /// The pause before the next attempt; None where there is to be none.
    pub fn next(&mut self, again: Again) -> Option<Duration> {
        let (asked, most) = match again {
            Again::No => return None,
            Again::After(asked) => (asked, self.policy.attempts),
            Again::Slower(asked) => (asked, self.policy.throttled_attempts),
        };
        if self.made >= most {
            return None;
        }
        let pause = asked.unwrap_or_else(|| self.backoff());
        if pause > self.policy.longest_pause || self.paused.saturating_add(pause) > self.policy.all_pauses {
            return None;
        }
        self.made += 1;
        self.paused += pause;
        Some(pause)
    }

    fn backoff(&self) -> Duration {
        let doubled = self.policy.first_pause.saturating_mul(1 << (self.made - 1).min(16));
        let chance = getrandom::u32().map_or(0.0, |random| f64::from(random) / f64::from(u32::MAX));
        doubled.min(self.policy.longest_pause / 2).mul_f64(1.0 + chance / 4.0)
    }
}

/// How long a server asks to wait: seconds, or an HTTP date compared with the `Date` of the same answer, so that no clock of
/// this machine matters.
///
/// A date in the past is no wait at all; what is neither form counts as not said (RFC 9110, section 10.2.3), and so does a
/// date in an answer that does not say when it was given.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let asked = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let (until, now) = (http_date(asked)?, date(headers)?);
    Some(Duration::from_millis(u64::try_from(until.0.saturating_sub(now.0)).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{DATE, HeaderValue};

    const NONE: Again = Again::After(None);

    #[test]
    fn pauses_double_from_a_second_and_end_after_five_attempts() {
        let mut attempts = Attempts::new(RetryPolicy::default());
        for seconds in [1.0, 2.0, 4.0, 8.0] {
            let pause = attempts.next(NONE).expect("attempts are left").as_secs_f64();
            assert!((seconds..=seconds * 1.25).contains(&pause), "{pause} for {seconds}");
        }
        assert_eq!(attempts.next(NONE), None);
        assert_eq!(attempts.next(Again::After(Some(Duration::ZERO))), None);
    }

    #[test]
    fn the_servers_wish_goes_before_ours_up_to_five_minutes_and_fifteen_in_all() {
        let mut attempts = Attempts::new(RetryPolicy::default());
        let asked = |seconds| Again::Slower(Some(Duration::from_secs(seconds)));
        assert_eq!(attempts.next(asked(301)), None);
        for _ in 0..3 {
            assert_eq!(attempts.next(asked(299)), Some(Duration::from_secs(299)));
        }
        assert_eq!(attempts.next(asked(299)), None);
        assert!(attempts.next(asked(3)).is_some());
    }

    #[test]
    fn a_server_that_wants_it_slower_may_get_more_attempts() {
        let policy = RetryPolicy { attempts: 2, throttled_attempts: 3, ..RetryPolicy::default() };
        let mut attempts = Attempts::new(policy);
        assert!(attempts.next(Again::Slower(None)).is_some());
        assert_eq!(attempts.next(Again::After(None)), None);
        assert!(attempts.next(Again::Slower(None)).is_some());
        assert_eq!(attempts.next(Again::Slower(None)), None);
    }

    #[test]
    fn a_change_goes_out_again_only_where_the_server_did_not_act() {
        let cut =
            |repeat| Again::after_error(repeat, &TransportError::TooLarge { url: String::new(), limit: 1 });
        let none = |repeat| {
            let error = TransportError::NotConnected { url: String::new(), limit: Duration::ZERO };
            Again::after_error(repeat, &error)
        };
        for repeat in [Repeat::Read, Repeat::Token] {
            assert_eq!(Again::after_status(repeat, 503, None), NONE);
            assert_eq!((cut(repeat), none(repeat)), (Again::No, NONE));
        }
        assert_eq!(Again::after_status(Repeat::Change, 503, None), Again::No);
        assert_eq!(Again::after_status(Repeat::Change, 429, None), Again::Slower(None));
        assert_eq!((cut(Repeat::Change), none(Repeat::Change)), (Again::No, NONE));
        assert!(!Repeat::Change.is_safe(Sent::Perhaps) && Repeat::Token.is_safe(Sent::Perhaps));
    }

    fn asked(value: &str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(value).expect("a test's own header value"));
        headers.insert(DATE, HeaderValue::from_static("Fri, 20 Nov 2026 13:00:00 GMT"));
        retry_after(&headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn a_wait_is_read_as_seconds_or_as_a_date() {
        assert_eq!(asked("17"), Some(17));
        assert_eq!(asked(" 60 "), Some(60));
        assert_eq!(asked("Fri, 20 Nov 2026 13:00:30 GMT"), Some(30));
        assert_eq!(asked("Fri, 20 Nov 2026 12:00:00 GMT"), Some(0));
        assert_eq!(asked("soon"), None);
        assert_eq!(asked("-5"), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
        let undated =
            HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("Fri, 20 Nov 2026 13:00:30 GMT"))]);
        assert_eq!(retry_after(&undated), None, "by whose clock?");
    }
}
