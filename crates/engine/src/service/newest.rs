//! Whether there is a newer version, asked once a day where the settings name a list of releases. It is told with the status, and
//! nothing is downloaded.

use crate::clock::Clock;
use crate::event::Cancel;
use crate::paths::ProcessEnvironment;
use crate::update::{self, Newer, UpdateError};
use bwdc_core::names::Timestamp;
use std::cell::{Cell, RefCell};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// What is known of it.
#[derive(Default)]
pub(super) struct Newest {
    found: RefCell<Option<Newer>>,
    asked: Cell<Option<Timestamp>>,
}

impl Newest {
    /// The newer version, where one is known.
    pub(super) fn known(&self) -> Option<Newer> {
        self.found.borrow().clone()
    }

    /// Asks, unless that was within the last day. An answer that does not come is waited for until tomorrow.
    pub(super) async fn ask(&self, environment: &ProcessEnvironment, clock: Clock, stop: &Cancel) {
        if !self.is_due(clock.now()) {
            return;
        }
        match stop.unless_cancelled(update::newer(environment, clock)).await {
            Some(Ok(found)) => drop(self.found.replace(found)),
            Some(Err(UpdateError::NoFeed)) | None => {}
            Some(Err(error)) => tracing::warn!(%error, "it is not known whether there is a newer version"),
        }
    }

    /// Whether a day has passed since it was last due; it counts as asked from now on.
    fn is_due(&self, now: Timestamp) -> bool {
        let due = self.asked.get().is_none_or(|it| now.0 - it.0 >= DAY || it > now);
        if due {
            self.asked.set(Some(now));
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_at_once_and_once_a_day() {
        let newest = Newest::default();
        let due: Vec<i64> = (0..50).filter(|hour| newest.is_due(Timestamp(hour * DAY / 24))).collect();
        assert_eq!(due, [0, 24, 48]);
        assert!(newest.is_due(Timestamp(0)), "a clock that was set back");
    }
}
