//! What happens during a run, told while it happens, and the means to end one. The engine emits; each front end draws in its
//! own way.

use crate::notice::Notice;
use bwdc_core::names::SourceName;
use std::future::Future;
use tokio::sync::watch;

/// One step of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A phase began.
    Began,
    /// People and groups read from the directory so far.
    Reading {
        /// People so far.
        people: usize,
        /// Groups so far.
        groups: usize,
    },
    /// The directory was read by what changed since the last read.
    IncrementalRead {
        /// Entries that the directory had to return.
        entries: u64,
    },
    /// The organization is being read: requests done so far, of how many.
    Observing {
        /// Answers received.
        done: usize,
        /// Requests in all, as far as known.
        of: usize,
    },
    /// A request is being sent: its number, of how many.
    Sending {
        /// From 1.
        number: usize,
        /// Requests in all.
        of: usize,
    },
    /// The server did not take a request: parts of it are sent, to find the record that it fails on.
    Splitting {
        /// People and groups in the part that is sent now.
        records: usize,
    },
    /// A server asked for patience, or a connection is tried again.
    Waiting {
        /// Whole seconds until the next attempt.
        seconds: u64,
        /// What is waited for.
        reason: Awaited,
    },
    /// An import of an earlier run has no known end: nothing is imported before the organization has stopped changing.
    Settling {
        /// Whole seconds until then, as far as can be told.
        seconds: u64,
    },
    /// Something that the administrator should know and that stops nothing.
    Notice(Notice),
}

/// Why something is waited for before the next attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// The server, or the service of this name, asks for slower requests.
    Patience {
        /// Its address, or the name of the service.
        of: String,
    },
    /// The rate limit of a service lets the next request pass.
    RateLimit {
        /// The name of the service.
        service: String,
    },
    /// The server could not answer.
    Answered {
        /// What was asked.
        url: String,
        /// The status, as in `502 Bad Gateway`.
        status: String,
    },
    /// There was no answer, or none that could be used.
    Failed {
        /// What happened, with its causes.
        error: String,
    },
}

/// Where the events of one phase go.
pub type Events<'a> = &'a (dyn Fn(Event) + Send + Sync);

/// What a run is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Settings, locks and the ledger.
    Preparation,
    /// A directory is read.
    Directory,
    /// The organization is read.
    Organization,
    /// An import of an earlier run is waited for.
    Settling,
    /// Directories are asked for people who are missing.
    Lookup,
    /// Requests are sent.
    Sending,
    /// The organization is read again.
    Verification,
}

/// An event with its place in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEvent {
    /// What the run is at.
    pub phase: Phase,
    /// Which directory it concerns, where it concerns one.
    pub source: Option<SourceName>,
    /// What happened.
    pub event: Event,
}

/// Where the events of a run go.
pub type RunEvents<'a> = &'a (dyn Fn(RunEvent) + Send + Sync);

/// The means to end a run from outside, for as many hands as there are copies.
#[derive(Clone, Debug)]
pub struct Cancel(watch::Sender<bool>);

impl Default for Cancel {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Cancel {
    /// Asks the run to end at the next safe place: at once while it reads; while it sends, after the answer to the request
    /// that is under way.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether the run was asked to end.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Does `work` unless the run is asked to end meanwhile: the work is dropped then, and None comes back. For work that
    /// changes nothing.
    pub async fn unless_cancelled<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut asked = self.0.subscribe();
        tokio::select! {
            biased;
            // The sender is ours: it does not go before this ends.
            _ = asked.wait_for(|asked| *asked) => None,
            done = work => Some(done),
        }
    }
}

/// What the caller holds of a run.
#[derive(Clone, Copy)]
pub struct Control<'a> {
    /// Where its events go.
    pub events: RunEvents<'a>,
    /// The means to end it.
    pub cancel: &'a Cancel,
}

impl<'a> Control<'a> {
    /// Tells that a phase began, and gives where its events go.
    pub fn begin<'s>(
        self,
        phase: Phase,
        source: Option<&'s SourceName>,
    ) -> impl Fn(Event) + Send + Sync + use<'a, 's> {
        let events = self.events;
        let tell = move |event| events(RunEvent { phase, source: source.cloned(), event });
        tell(Event::Began);
        tell
    }

    /// Tells that a phase began whose work emits nothing itself.
    pub fn tell_of(self, phase: Phase, source: &SourceName) {
        (self.events)(RunEvent { phase, source: Some(source.clone()), event: Event::Began });
    }

    /// Tells of something that stops nothing.
    pub fn notice(self, notice: Notice) {
        let event = Event::Notice(notice);
        (self.events)(RunEvent { phase: Phase::Preparation, source: None, event });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_goes_on_until_somebody_ends_it_and_is_not_begun_after() {
        let cancel = Cancel::default();
        assert_eq!(cancel.unless_cancelled(async { 1 }).await, Some(1));
        let hand = cancel.clone();
        let never = std::future::pending::<()>();
        let (ended, ()) = tokio::join!(cancel.unless_cancelled(never), async move { hand.cancel() });
        assert_eq!(ended, None);
        assert!(cancel.is_cancelled());
        assert_eq!(cancel.unless_cancelled(async { 1 }).await, None);
    }
}
