//! Two machines, one duty: a lease in a PostgreSQL database, with the ledger beside it.
//!
//! Who has the lease is a row with an end by the database's clock and a number that grows with each take-over (fencing): what
//! the ledger takes over goes into the database under that number, in the transaction that checks it, before the local file
//! commits. An advisory lock would end with its connection, which says nothing about whether the other machine still sends.
//!
//! The database is asked by a thread of its own, which renews the lease while the rest of the program waits for a server. Whoever
//! is about to send something looks at a time on this machine first.

mod database;
mod terms;
mod tls;

pub(crate) use terms::Terms;

use crate::clock::Clock;
use database::{Ask, Entered, Push};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// How long the thread may take for an answer, beyond the limits that it has itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why there is no lease.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// Another machine has it.
    #[error("the lease is held by {who}")]
    Held {
        /// That machine, and the process there.
        who: String,
    },
    /// It ended, and nobody knows who is at work.
    #[error("the lease was lost: another machine may be at work")]
    Lost,
    /// The address of the database is none, or has a password in it.
    #[error("`lease.database` {reason}")]
    Address {
        /// What is wrong with it.
        reason: String,
    },
    /// The password cannot be read.
    #[error("the secret `lease.password` cannot be read: {reason}")]
    Secret {
        /// Why.
        reason: String,
    },
    /// The database does not answer, or refuses.
    #[error("the database of the lease cannot be asked: {reason}")]
    Database {
        /// In the words of the library.
        reason: String,
    },
    /// A later version of this program wrote what is there.
    #[error(
        "the ledger in the database is of a newer version of this program ({version}, this program knows {known})"
    )]
    Newer {
        /// The version of its tables.
        version: i32,
        /// The latest version that we read.
        known: i32,
    },
    /// A row of it cannot be read.
    #[error("the ledger in the database cannot be read: {reason}")]
    Unreadable {
        /// Why.
        reason: String,
    },
}

/// A row of the ledger: its table, its key and all of it, both as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) table: String,
    pub(crate) key: String,
    pub(crate) text: String,
}

/// What changed of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// By table and key; None: the row is gone.
    pub(crate) rows: BTreeMap<(String, String), Option<String>>,
    /// Whether what was there before is gone altogether.
    pub(crate) all: bool,
}

/// Until when the lease counts here, by both clocks of this machine: one stops while the machine sleeps, the other one may be set.
#[derive(Default)]
struct Until(Mutex<Option<(Instant, i64)>>);

impl Until {
    fn set(&self, asked: Instant, asked_at: i64, length: Duration) {
        // What the database counts begins later than this.
        let length = length.mul_f64(0.9);
        let at = asked_at.saturating_add(i64::try_from(length.as_millis()).unwrap_or(i64::MAX));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((asked + length, at));
    }

    fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn counts(&self) -> bool {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|(end, at)| Instant::now() < end && Clock::System.now().0 < at)
    }
}

/// The lease of one profile.
pub(crate) struct Lease {
    ask: UnboundedSender<Ask>,
    until: Arc<Until>,
}

impl Lease {
    fn start(terms: Terms) -> Self {
        let (ask, asked) = unbounded_channel();
        let until = Arc::new(Until::default());
        let (terms, known) = (terms, Arc::clone(&until));
        // Without a thread every question fails, and nothing is sent.
        let started = std::thread::Builder::new().name("lease".to_owned());
        if let Err(error) = started.spawn(move || database::work(terms, asked, known)) {
            tracing::error!(%error, "the lease cannot be asked for");
        }
        Self { ask, until }
    }

    /// Takes the lease, or keeps it.
    ///
    /// # Errors
    /// [`LeaseError::Held`] when another machine has it.
    pub(crate) fn enter(&self) -> Result<Entered, LeaseError> {
        self.asked(Ask::Enter)
    }

    /// The ledger as the database has it.
    pub(crate) fn rows(&self) -> Result<Vec<Row>, LeaseError> {
        self.asked(Ask::Rows)
    }

    /// Gives the database what changed. `version`: the number of this change, which is one more than that of the last one.
    ///
    /// # Errors
    /// [`LeaseError::Lost`] when the lease is not ours, or somebody changed something meanwhile.
    pub(crate) fn push(&self, version: i64, tables: i32, changes: Changes) -> Result<(), LeaseError> {
        self.asked(|reply| Ask::Push(Push { version, tables, changes }, reply))
    }

    /// Whether it is ours, as far as it is known here.
    pub(crate) fn counts(&self) -> bool {
        self.until.counts()
    }

    /// Whether something may be sent in this moment.
    ///
    /// # Errors
    /// [`LeaseError::Lost`] when another machine may be at work.
    pub(crate) fn expect(&self) -> Result<(), LeaseError> {
        if self.until.counts() { Ok(()) } else { self.asked(Ask::Renew) }
    }

    fn release(&self) {
        if let Err(error) = self.asked(Ask::Release) {
            tracing::warn!(%error, "the lease was not given back: it ends by itself");
        }
    }

    fn asked<T>(&self, ask: impl FnOnce(database::ReplyTo<T>) -> Ask) -> Result<T, LeaseError> {
        let gone = || LeaseError::Database { reason: "no answer".to_owned() };
        let (reply, answer) = sync_channel(1);
        self.ask.send(ask(reply)).map_err(|_| gone())?;
        answer.recv_timeout(PATIENCE).map_err(|_| gone())?
    }
}

/// The leases of this process, by the ledger that each is about, or why one that is wanted cannot be had.
static LEASES: Mutex<BTreeMap<PathBuf, Wanted>> = Mutex::new(BTreeMap::new());

enum Wanted {
    Known(Terms, Arc<Lease>),
    Unusable(LeaseError),
}

/// Says what the settings of a profile ask for; None: no lease. One that is held under the same terms stays.
pub(crate) fn configure(ledger: &Path, terms: Option<Result<Terms, LeaseError>>) {
    let mut leases = LEASES.lock().unwrap_or_else(PoisonError::into_inner);
    match (terms, leases.get(ledger)) {
        (None, _) => drop(leases.remove(ledger)),
        (Some(Ok(terms)), Some(Wanted::Known(known, _))) if *known == terms => {}
        (Some(Ok(terms)), _) => {
            let lease = Arc::new(Lease::start(terms.clone()));
            leases.insert(ledger.to_owned(), Wanted::Known(terms, lease));
        }
        (Some(Err(error)), _) => drop(leases.insert(ledger.to_owned(), Wanted::Unusable(error))),
    }
}

/// The lease of the profile that has this ledger; None: it needs none.
///
/// # Errors
/// Why one that the settings ask for cannot be asked for.
pub(crate) fn of(ledger: &Path) -> Result<Option<Arc<Lease>>, LeaseError> {
    let leases = LEASES.lock().unwrap_or_else(PoisonError::into_inner);
    match leases.get(ledger) {
        None => Ok(None),
        Some(Wanted::Known(_, lease)) => Ok(Some(Arc::clone(lease))),
        Some(Wanted::Unusable(error)) => Err(error.clone()),
    }
}

/// Who has a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    Nobody,
    ThisMachine,
    Another(String),
}

/// Who has the lease that the settings ask for. Nothing is taken, and nothing is made in the database.
///
/// # Errors
/// Why the database cannot be asked.
pub(crate) async fn holder(terms: &Terms) -> Result<Holder, LeaseError> {
    Ok(match database::holder(terms).await? {
        None => Holder::Nobody,
        Some((holder, _)) if holder == terms.holder => Holder::ThisMachine,
        Some((_, who)) => Holder::Another(who),
    })
}

/// Gives every lease of this process back: another machine need not wait for its end.
pub(crate) fn release_all() {
    let all: Vec<Arc<Lease>> = {
        let leases = LEASES.lock().unwrap_or_else(PoisonError::into_inner);
        let known = leases.values().filter_map(|it| match it {
            Wanted::Known(_, lease) => Some(Arc::clone(lease)),
            Wanted::Unusable(_) => None,
        });
        known.collect()
    };
    all.iter().for_each(|it| it.release());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_counts_for_less_than_its_length_from_the_moment_that_it_was_asked_for() {
        let until = Until::default();
        assert!(!until.counts());
        let (now, at) = (Instant::now(), Clock::System.now().0);
        until.set(now, at, Duration::from_secs(60));
        assert!(until.counts());
        until.set(now, at - 60_000, Duration::from_secs(60));
        assert!(!until.counts(), "by the wall clock it is over, as after a sleep of the machine");
        let before = now.checked_sub(Duration::from_secs(55)).expect("the machine runs for a minute");
        until.set(before, at, Duration::from_secs(60));
        assert!(!until.counts(), "the database's end is not waited for");
        until.set(now, at, Duration::from_secs(60));
        until.clear();
        assert!(!until.counts());
    }
}
