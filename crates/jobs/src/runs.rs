//! Runs that send something: whoever leaves asks them to end, and waits until they have come to a safe place.

use crate::job::JobId;
use bwdc_engine::Cancel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::Duration;

/// How long a run is waited for that was asked to end: an import under way takes so long at most.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const TICK: Duration = Duration::from_millis(20);

/// The runs under way.
#[derive(Clone, Default)]
pub struct Runs(Arc<Mutex<Vec<(JobId, Cancel)>>>);

impl Runs {
    pub(crate) fn begin(&self, job: JobId, cancel: Cancel) {
        self.all().push((job, cancel));
    }

    pub(crate) fn end(&self, job: JobId) {
        self.all().retain(|(id, _)| *id != job);
    }

    /// Asks all of them to end, and returns when they have, or after a minute: what the journal then knows of them settles the
    /// rest.
    pub fn leave(&self) {
        let mut waited = Duration::ZERO;
        for (_, cancel) in self.all().iter() {
            cancel.cancel();
        }
        while !self.all().is_empty() && waited < PATIENCE {
            sleep(TICK);
            waited += TICK;
        }
    }

    fn all(&self) -> MutexGuard<'_, Vec<(JobId, Cancel)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_leaves_waits_for_a_run_that_was_asked_to_end() {
        let (runs, cancel) = (Runs::default(), Cancel::default());
        runs.leave();
        runs.begin(JobId(7), cancel.clone());
        let elsewhere = runs.clone();
        let run = std::thread::spawn(move || {
            while !cancel.is_cancelled() {
                sleep(TICK);
            }
            elsewhere.end(JobId(7));
        });
        runs.leave();
        assert!(runs.all().is_empty());
        run.join().expect("it ends");
    }
}
