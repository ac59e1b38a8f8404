//! How long an import by the official server takes.

use std::time::Duration;

use tokio::time::Instant;

/// The time an import takes, during which the organization is as the import found it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImportPace {
    /// None: nothing else happens in between.
    #[default]
    AtOnce,
    /// So long for each new member and for each listed group.
    Paced {
        /// For each new member; all of them are then there at once.
        member: Duration,
        /// For each listed group; each is there when its time is over.
        group: Duration,
    },
}

impl ImportPace {
    /// As measured on a small machine: 5,000 people and 500 groups take 18 seconds.
    pub fn measured() -> ImportPace {
        ImportPace::Paced { member: Duration::from_micros(800), group: Duration::from_millis(28) }
    }
}

/// Lets the time of one import pass, by a clock: what a step takes by itself is part of its time.
pub(crate) struct Pacer {
    pace: ImportPace,
    until: Instant,
}

impl Pacer {
    pub(crate) fn start(pace: ImportPace) -> Pacer {
        Pacer { pace, until: Instant::now() }
    }

    /// Waits for so many new members.
    pub(crate) async fn members(&mut self, count: usize) {
        if let ImportPace::Paced { member, .. } = self.pace {
            self.wait(member.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))).await;
        }
    }

    /// Waits for one group.
    pub(crate) async fn group(&mut self) {
        if let ImportPace::Paced { group, .. } = self.pace {
            self.wait(group).await;
        }
    }

    async fn wait(&mut self, time: Duration) {
        self.until += time;
        // Nothing else comes in between where there is nothing to wait for.
        if !time.is_zero() {
            tokio::time::sleep_until(self.until).await;
        }
    }
}
