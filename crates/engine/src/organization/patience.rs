//! How long an answer is waited for and how often a request is tried: plain numbers, so that a test can run the same
//! rules in milliseconds.

use std::time::Duration;

/// How long one attempt may take, and how often and how long a request is tried again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Patience {
    /// Attempts in all.
    pub attempts: u32,
    /// The first pause where the server names none; each later one is twice as long, and up to a quarter longer by chance.
    pub first_pause: Duration,
    /// The longest single pause: a server that asks for more has refused.
    pub longest_pause: Duration,
    /// All pauses of one request together.
    pub all_pauses: Duration,
    /// For one request for a token: somebody may sit in front of it.
    pub sign_in: Duration,
    /// For one look-up or one small change, from the first byte sent to the last received.
    pub answer: Duration,
    /// For one import: a self-hosted server takes one of any size and answers when all of it is done.
    pub import: Duration,
    /// How many seconds of a pause pass in one real second: 1 outside tests.
    pub speed: f64,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(5 * 60),
            all_pauses: Duration::from_secs(15 * 60),
            sign_in: Duration::from_secs(30),
            answer: Duration::from_secs(2 * 60),
            import: Duration::from_secs(15 * 60),
            speed: 1.0,
        }
    }
}

impl Patience {
    /// The usual rules, with one limit for every answer where there is one, in seconds.
    pub(crate) fn within(limit: Option<u64>) -> Self {
        let usual = Self::default();
        match limit.map(Duration::from_secs) {
            Some(limit) => Self { sign_in: limit, answer: limit, import: limit, ..usual },
            None => usual,
        }
    }
}

/// The pauses of one request.
#[derive(Debug)]
pub(super) struct Pauses {
    patience: Patience,
    attempts: u32,
    paused: Duration,
}

impl Pauses {
    pub(super) fn new(patience: Patience) -> Self {
        Self { patience, attempts: 1, paused: Duration::ZERO }
    }

    /// The pause before the next attempt; None when the patience is at its end.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        if self.attempts >= self.patience.attempts {
            return None;
        }
        let pause = asked.unwrap_or_else(|| self.backoff());
        if pause > self.patience.longest_pause || self.paused + pause > self.patience.all_pauses {
            return None;
        }
        self.attempts += 1;
        self.paused += pause;
        Some(pause)
    }

    /// Lets a pause pass.
    pub(super) async fn pass(&self, pause: Duration) {
        tokio::time::sleep(pause.div_f64(self.patience.speed.max(1.0))).await;
    }

    fn backoff(&self) -> Duration {
        let doubled = self.patience.first_pause.saturating_mul(1 << (self.attempts - 1).min(16));
        let chance = getrandom::u32().map_or(0.0, |random| f64::from(random) / f64::from(u32::MAX));
        doubled.min(self.patience.longest_pause / 2).mul_f64(1.0 + chance / 4.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_a_second_and_end_after_five_attempts() {
        let mut pauses = Pauses::new(Patience::default());
        for seconds in [1.0, 2.0, 4.0, 8.0] {
            let pause = pauses.next(None).expect("patience is left").as_secs_f64();
            assert!((seconds..=seconds * 1.25).contains(&pause), "{pause} for {seconds}");
        }
        assert_eq!(pauses.next(None), None);
        assert_eq!(pauses.next(Some(Duration::ZERO)), None);
    }

    #[test]
    fn the_servers_wish_goes_before_ours_up_to_five_minutes_and_fifteen_in_all() {
        let mut pauses = Pauses::new(Patience::default());
        assert_eq!(pauses.next(Some(Duration::from_secs(301))), None);
        for _ in 0..3 {
            assert_eq!(pauses.next(Some(Duration::from_secs(299))), Some(Duration::from_secs(299)));
        }
        assert_eq!(pauses.next(Some(Duration::from_secs(299))), None);
        assert!(pauses.next(Some(Duration::from_secs(3))).is_some());
    }
}
