//! Runs that failed where nothing could be written down: without settings or a disk there is no history to go by, and a run that
//! nobody remembers is due again at once.

use crate::schedule::Past;
use bwdc_core::names::Timestamp;
use std::cell::Cell;

/// Failures since the last run that is on record.
#[derive(Default)]
pub(super) struct Unrecorded(Cell<Option<Missed>>);

#[derive(Clone, Copy)]
struct Missed {
    last_start: Timestamp,
    failures: u32,
}

impl Unrecorded {
    /// Another one, which began then.
    pub(super) fn note(&self, began: Timestamp) {
        let failures = self.failures().saturating_add(1);
        self.0.set(Some(Missed { last_start: began, failures }));
    }

    /// A run is on record.
    pub(super) fn forget(&self) {
        self.0.set(None);
    }

    /// How many there are.
    pub(super) fn failures(&self) -> u32 {
        self.0.get().map_or(0, |it| it.failures)
    }

    /// What is known of earlier runs, with these.
    pub(super) fn add_to(&self, past: Past) -> Past {
        let Some(Missed { last_start, failures }) = self.0.get() else { return past };
        Past {
            last_start: Some(past.last_start.map_or(last_start, |it| it.max(last_start))),
            failures: past.failures.saturating_add(failures),
            ..past
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_that_nothing_remembers_put_off_the_next_run_until_one_is_on_record() {
        let past = Past { since: Timestamp(0), last_start: Some(Timestamp(5)), last_full: None, failures: 1 };
        let unrecorded = Unrecorded::default();
        assert_eq!(unrecorded.add_to(past), past);
        unrecorded.note(Timestamp(7));
        unrecorded.note(Timestamp(9));
        let with = unrecorded.add_to(past);
        assert_eq!((with.last_start, with.failures), (Some(Timestamp(9)), 3));
        unrecorded.forget();
        assert_eq!(unrecorded.add_to(past), past);
    }
}
