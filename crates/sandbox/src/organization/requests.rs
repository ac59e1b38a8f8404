//! The requests that reached the organization.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::model::RecordedRequest;

/// How many requests are kept; of more the oldest are forgotten.
const KEPT: usize = 10_000;

#[derive(Default)]
pub(crate) struct Recorder {
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    arrived: u64,
    requests: Vec<Arc<RecordedRequest>>,
}

impl Recorder {
    pub(crate) fn requests(&self) -> Vec<Arc<RecordedRequest>> {
        self.lock().requests.clone()
    }

    pub(crate) fn arrived(&self) -> u64 {
        self.lock().arrived
    }

    pub(crate) fn clear(&self) {
        self.lock().requests.clear();
    }

    pub(crate) fn begin(&self, mut request: RecordedRequest) -> u64 {
        let mut log = self.lock();
        log.arrived += 1;
        request.number = log.arrived;
        if log.requests.len() >= KEPT {
            log.requests.drain(..KEPT / 10);
        }
        log.requests.push(Arc::new(request));
        log.arrived
    }

    pub(crate) fn finish(&self, number: u64, status: u16) {
        let mut log = self.lock();
        if let Some(request) = log.requests.iter_mut().rev().find(|request| request.number == number) {
            Arc::make_mut(request).status = Some(status);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
