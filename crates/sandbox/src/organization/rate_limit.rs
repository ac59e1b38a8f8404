//! Limits on the number of requests, on a clock that a test may speed up.
//!
//! The official servers count in fixed windows per client address; Vaultwarden refills a bucket. Whether the
//! official counters are kept per path or shared is not settled; here they are shared per method.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::options::RateLimits;

/// A limit: so many requests in so many seconds of the limiter's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) count: u32,
    pub(crate) seconds: u32,
}

impl Limit {
    /// The way the official servers write the period in their message.
    pub(crate) fn period(self) -> String {
        if self.seconds.is_multiple_of(60) {
            format!("{}m", self.seconds / 60)
        } else {
            format!("{}s", self.seconds)
        }
    }
}

/// A request that came too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany {
    pub(crate) limit: Limit,
    /// Real seconds until the next one is let in, at least 1.
    pub(crate) retry_after: u64,
}

pub(crate) struct Limiter {
    limits: RateLimits,
    windows: Mutex<HashMap<(IpAddr, &'static str, u32), Window>>,
}

struct Window {
    since: Instant,
    count: u32,
}

impl Limiter {
    pub(crate) fn new(limits: RateLimits) -> Limiter {
        Limiter { limits, windows: Mutex::default() }
    }

    /// Counts a request against fixed windows; one that is refused is not counted.
    pub(crate) fn admit(
        &self,
        address: IpAddr,
        counter: &'static str,
        limits: &[Limit],
    ) -> Result<(), TooMany> {
        let RateLimits::On { clock } = self.limits else { return Ok(()) };
        let now = Instant::now();
        let mut windows = self.lock();
        for limit in limits {
            let window = windows
                .entry((address, counter, limit.seconds))
                .or_insert_with(|| Window { since: now, count: 0 });
            let passed = now.duration_since(window.since).as_secs_f64() * clock;
            let left = f64::from(limit.seconds) - passed;
            if left <= 0.0 {
                *window = Window { since: now, count: 0 };
            } else if window.count >= limit.count {
                return Err(TooMany { limit: *limit, retry_after: whole_seconds(left / clock) });
            }
        }
        for limit in limits {
            if let Some(window) = windows.get_mut(&(address, counter, limit.seconds)) {
                window.count += 1;
            }
        }
        Ok(())
    }

    /// Takes one from a bucket of `count` that regains one every `seconds`.
    pub(crate) fn take(&self, address: IpAddr, counter: &'static str, limit: Limit) -> Result<(), TooMany> {
        let RateLimits::On { clock } = self.limits else { return Ok(()) };
        let now = Instant::now();
        let mut windows = self.lock();
        let bucket = windows
            .entry((address, counter, limit.seconds))
            .or_insert_with(|| Window { since: now, count: 0 });
        let refill = f64::from(limit.seconds) / clock;
        while bucket.count > 0 && now.duration_since(bucket.since).as_secs_f64() >= refill {
            bucket.count -= 1;
            bucket.since += std::time::Duration::from_secs_f64(refill);
        }
        if bucket.count >= limit.count {
            let left = refill - now.duration_since(bucket.since).as_secs_f64();
            return Err(TooMany { limit, retry_after: whole_seconds(left) });
        }
        if bucket.count == 0 {
            bucket.since = now;
        }
        bucket.count += 1;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(IpAddr, &'static str, u32), Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn whole_seconds(seconds: f64) -> u64 {
    std::time::Duration::try_from_secs_f64(seconds.ceil()).map_or(1, |wait| wait.as_secs()).max(1)
}
