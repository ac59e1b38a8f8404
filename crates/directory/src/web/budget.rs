//! How many requests are sent in which time, so that a service never has to say "slower".
//!
//! Windows follow what the service's own headers say; until the first answer has said so, one request at a time goes out.
//! Limits belong to a part of the service (a bucket): each has a window of its own.

use bwdc_base::clock::Clock;
use bwdc_base::http;
use reqwest::header::HeaderMap;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How a service limits the number of requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// Only by refusing.
    Unlimited,
    /// So many in so much time, evenly spread.
    Fixed {
        /// Requests.
        requests: u32,
        /// In this time.
        per: Duration,
    },
    /// By windows that each answer describes.
    Headers {
        /// Header with the requests of one window.
        limit: &'static str,
        /// Header with what is left of them.
        remaining: &'static str,
        /// Header with the end of the window.
        reset: &'static str,
        /// What the end is counted in.
        reset_is: Reset,
        /// The part of the limit that is ours, from 0 to 1: others use the service too.
        share: f64,
        /// How long a window lasts where no answer says so.
        window: Duration,
    },
    /// As the service tells how much of a window is used up: from four fifths on there are pauses, longer the nearer the
    /// end of it is.
    Load {
        /// Header with the part of the window that is used, 1 for all of it.
        header: &'static str,
        /// How long a window lasts.
        window: Duration,
    },
}

/// What the end of a window is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// Seconds since 1970, by the service's clock.
    Epoch,
    /// Seconds from the answer on.
    Seconds,
}

/// How long to wait before asking again, while nothing is known yet.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// The part of a window from which on there are pauses.
const BUSY: f64 = 0.8;

/// A timer rings up to so much too late: what was lost by it is caught up.
const LATE: Duration = Duration::from_millis(20);

/// Budgets that several services of this process have in common.
static SHARED: Mutex<Vec<(String, Arc<Budget>)>> = Mutex::new(Vec::new());

/// The budget of one service.
pub(super) struct Budget {
    rate: Rate,
    clock: Clock,
    buckets: Mutex<HashMap<&'static str, Bucket>>,
}

#[derive(Default)]
struct Bucket {
    held_until: Option<Instant>,
    next: Option<Instant>,
    window: Option<Window>,
    /// Whether answers come without saying anything of a limit: then nobody waits to hear of one.
    silent: bool,
    under_way: u64,
}

struct Window {
    limit: u64,
    remaining: u64,
    ours: u64,
    /// As the service wrote it: another value means another window.
    mark: u64,
    until: Instant,
    /// Whether its end has passed and nothing of the next is known yet.
    over: bool,
}

impl Budget {
    pub(super) fn new(rate: Rate, clock: Clock) -> Self {
        Self { rate, clock, buckets: Mutex::default() }
    }

    /// The one budget of this name in this process.
    pub(super) fn shared(name: &str, rate: Rate, clock: Clock) -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, budget)) = shared.iter().find(|(known, budget)| known == name && budget.rate == rate)
        {
            return Arc::clone(budget);
        }
        let budget = Arc::new(Self::new(rate, clock));
        shared.push((name.to_owned(), Arc::clone(&budget)));
        budget
    }

    /// Takes a place for one request now, or says how long to wait before asking again, and whether that is worth telling.
    pub(super) fn take(&self, bucket: &'static str, speed: f64) -> Result<(), Duration> {
        let now = Instant::now();
        let mut buckets = self.lock();
        let bucket = buckets.entry(bucket).or_default();
        if let Some(held) = bucket.held_until.filter(|held| *held > now) {
            return Err(held - now);
        }
        match self.rate {
            Rate::Unlimited | Rate::Load { .. } => {}
            Rate::Fixed { requests, per } => {
                let next = bucket.next.filter(|next| *next > now);
                if let Some(next) = next {
                    return Err(next - now);
                }
                let earliest = now.checked_sub(LATE).unwrap_or(now);
                let due = bucket.next.map_or(now, |next| next.max(earliest));
                bucket.next = Some(due + per.div_f64(speed) / requests.max(1));
            }
            Rate::Headers { share, window, .. } => {
                bucket.take_of_window(now, share, window.div_f64(speed))?;
            }
        }
        bucket.under_way += 1;
        Ok(())
    }

    /// Notes that a request has ended, with the headers of its answer where there was one.
    pub(super) fn ended(&self, bucket: &'static str, headers: Option<&HeaderMap>, speed: f64) {
        let mut buckets = self.lock();
        let bucket = buckets.entry(bucket).or_default();
        bucket.under_way = bucket.under_way.saturating_sub(1);
        if let (Rate::Load { header, window }, Some(headers)) = (self.rate, headers) {
            let told = headers.get(header).and_then(|it| it.to_str().ok()?.trim().parse::<f64>().ok());
            if let Some(load) = told.filter(|load| *load >= BUSY) {
                let pause = window.mul_f64(((load - BUSY) / (2.0 * (1.0 - BUSY))).min(1.0)).div_f64(speed);
                let until = Instant::now() + pause;
                bucket.held_until = Some(bucket.held_until.map_or(until, |held| held.max(until)));
            }
            return;
        }
        let (Rate::Headers { limit, remaining, reset, reset_is, .. }, Some(headers)) = (self.rate, headers)
        else {
            return;
        };
        let (Some(limit), Some(remaining), Some(reset)) =
            (number(headers, limit), number(headers, remaining), number(headers, reset))
        else {
            bucket.silent = true;
            return;
        };
        if limit == 0 {
            // No window: so Okta refuses when too many requests are under way at one time.
            return;
        }
        let seconds = match reset_is {
            Reset::Seconds => reset,
            Reset::Epoch => reset.saturating_sub(self.service_seconds(headers)),
        };
        // Both times are whole seconds, rounded down: the window may last one longer than their difference.
        let until = Instant::now() + Duration::from_secs((seconds + 1).min(24 * 60 * 60)).div_f64(speed);
        bucket.learn(limit, remaining, if reset_is == Reset::Epoch { reset } else { 0 }, until);
    }

    /// Whether anything is known of the limit of this bucket.
    pub(super) fn is_known(&self, bucket: &'static str) -> bool {
        self.lock().get(bucket).is_some_and(|bucket| bucket.window.is_some())
    }

    /// Notes what was learned of a window otherwise than by headers.
    pub(super) fn tell(
        &self,
        bucket: &'static str,
        limit: u64,
        remaining: u64,
        ends_in: Duration,
        speed: f64,
    ) {
        let until = Instant::now() + (ends_in + Duration::from_secs(1)).div_f64(speed);
        self.lock().entry(bucket).or_default().learn(limit, remaining, 0, until);
    }

    /// Sends nothing of this bucket for so long: the service asked for it.
    pub(super) fn hold(&self, bucket: &'static str, pause: Duration) {
        let until = Instant::now() + pause;
        let mut buckets = self.lock();
        let held = &mut buckets.entry(bucket).or_default().held_until;
        *held = Some(held.map_or(until, |held| held.max(until)));
    }

    /// Seconds since 1970 by the service's own clock, so that a wrong clock here does no harm.
    fn service_seconds(&self, headers: &HeaderMap) -> u64 {
        let time = http::date(headers).unwrap_or_else(|| self.clock.now());
        u64::try_from(time.0 / 1_000).unwrap_or(0)
    }

    /// The end of the window, where the headers of a refusal tell it.
    pub(super) fn reset_after(&self, headers: &HeaderMap) -> Option<Duration> {
        let Rate::Headers { reset, reset_is, .. } = self.rate else { return None };
        let reset = number(headers, reset).filter(|reset| *reset > 0)?;
        let seconds = match reset_is {
            Reset::Seconds => reset,
            Reset::Epoch => reset.saturating_sub(self.service_seconds(headers)),
        };
        Some(Duration::from_secs(seconds + 1))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<&'static str, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    fn take_of_window(&mut self, now: Instant, share: f64, length: Duration) -> Result<(), Duration> {
        let Some(window) = &mut self.window else {
            return if self.under_way == 0 || self.silent { Ok(()) } else { Err(ASK_AGAIN) };
        };
        if window.until <= now {
            // A new window of which nothing is known but its size.
            window.ours = 0;
            window.remaining = window.limit;
            window.until = now + length;
            window.over = true;
        }
        let allowed = ((window.limit as f64 * share.clamp(0.0, 1.0)) as u64).max(1);
        // A tenth is left in any case: somebody else may be quicker than the headers.
        let left = window.remaining > window.limit / 10;
        if window.ours >= allowed || !left {
            return Err(window.until.saturating_duration_since(now).max(ASK_AGAIN));
        }
        window.ours += 1;
        window.remaining -= 1;
        Ok(())
    }

    fn learn(&mut self, limit: u64, remaining: u64, mark: u64, until: Instant) {
        let under_way = self.under_way;
        match &mut self.window {
            // An answer that was late: its window is over.
            Some(window) if mark != 0 && (mark < window.mark || window.over && mark == window.mark) => {}
            Some(window) if mark != 0 && mark == window.mark => {
                window.limit = limit;
                window.remaining = window.remaining.min(remaining);
                window.until = window.until.min(until);
            }
            Some(window) => {
                let new = window.until.saturating_duration_since(until) > Duration::from_secs(60);
                let ours = if mark == 0 && !new { window.ours } else { under_way + 1 };
                *window = Window {
                    limit,
                    remaining: remaining.saturating_sub(under_way),
                    ours,
                    mark,
                    until,
                    over: false,
                };
            }
            None => {
                let remaining = remaining.saturating_sub(under_way);
                self.window =
                    Some(Window { limit, remaining, ours: under_way + 1, mark, until, over: false });
            }
        }
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate::Fixed { requests: 100, per: Duration::from_secs(1) };

    #[test]
    fn the_busier_a_service_says_it_is_the_longer_is_the_pause() {
        for (told, pause) in
            [("0.79", 0.0), ("0.8", 0.0), ("0.9", 2.5), ("1", 5.0), ("1.8", 10.0), ("much", 0.0)]
        {
            let budget =
                Budget::new(Rate::Load { header: "x-load", window: Duration::from_secs(10) }, Clock::System);
            assert!(budget.take("", 1.0).is_ok());
            let headers = HeaderMap::from_iter([(
                reqwest::header::HeaderName::from_static("x-load"),
                reqwest::header::HeaderValue::from_static(told),
            )]);
            budget.ended("", Some(&headers), 1.0);
            let held = budget.take("", 1.0).err().unwrap_or_default().as_secs_f64();
            assert!(held <= pause && held >= pause - 0.5, "{told}: {held}");
        }
    }

    #[test]
    fn those_who_name_the_same_budget_share_it() {
        let (one, other) = (
            Budget::shared("a test's", RATE, Clock::System),
            Budget::shared("a test's", RATE, Clock::System),
        );
        let apart = Budget::shared("another test's", RATE, Clock::System);
        assert!(one.take("", 1.0).is_ok());
        assert!(other.take("", 1.0).is_err());
        assert!(apart.take("", 1.0).is_ok());
        one.hold("", Duration::from_secs(5));
        assert!(other.take("", 1.0).is_err_and(|pause| pause > Duration::from_secs(4)));
    }

    #[test]
    fn requests_are_spread_evenly_and_idle_time_is_not_saved_up() {
        let budget = Budget::new(RATE, Clock::System);
        let mut taken = 0;
        std::thread::sleep(Duration::from_millis(100));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(300) {
            match budget.take("", 1.0) {
                Ok(()) => taken += 1,
                Err(pause) => {
                    assert!(pause <= Duration::from_millis(10), "longer than the rate asks for: {pause:?}");
                    std::thread::sleep(pause);
                }
            }
        }
        // 30 in 300 ms, one at the beginning, two caught up.
        let most = 3 + begun.elapsed().as_millis() / 10;
        assert!(taken <= most, "{taken} of {most}");
    }
}
