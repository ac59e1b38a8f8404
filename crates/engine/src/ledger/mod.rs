//! What we remember between runs, in `connector.db`: whom we manage, what we were about to do, what we did.
//!
//! SQLite with a write-ahead log, flushed at every commit: a kill or a power failure leaves the last commit, and a
//! screen that shows the history never stands in the way of a run. The price is two more files beside it while it is
//! open. A damaged file is moved aside, never deleted, and an empty ledger begins: the next run takes a baseline and
//! removes nobody.

mod addresses;
mod approval_use;
mod binding;
mod carry;
mod decisions;
mod error;
mod external_ids;
mod groups;
mod history;
mod journal;
mod mended;
mod network;
mod organization;
mod people;
mod quarantine;
mod refusals;
mod schema;
mod seen;
mod shared;
mod snapshot_cache;
mod sources;
mod tally;

pub use approval_use::ApprovalUse;
pub use binding::BoundAddresses;
pub use error::LedgerError;
pub use history::{Counts, Ending, FrontEnd, RecordedAction, RunId, RunOutcome, RunRecord, Trigger};
pub(crate) use history::{FAILED, REFUSED};
pub use journal::Outcome;
pub(crate) use network::file_system as network_file_system;
pub use organization::About;
pub(crate) use quarantine::APPROVAL;
pub use shared::SharedMarks;
pub use sources::SourcePlace;
pub(crate) use tally::{FULL_READ, HELD_BACK, NOT_TAKEN, NOT_VERIFIED, VERIFIED};
pub use tally::{SENT_AGAIN, Tally};

use crate::clock::{self, Clock};
use crate::failpoint::hit;
use crate::file;
use crate::lease;
use crate::paths::owner_only;
use bwdc_core::ledger::LedgerState;
use bwdc_core::names::Timestamp;
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);
/// How much of an older file is copied in one step.
const PAGES: std::ffi::c_int = 4_096;
const BASELINE: &str = "baseline_taken";
/// The fact of how long the longest list of the organization was.
const ENTRIES_READ: &str = "entries_read";
const ACCEPTED: &str = "accepted_settings";
const CLEARED: &str = "cleared";

/// An open ledger, with how it was found.
pub enum Opened {
    /// It was there.
    Existing(Ledger),
    /// There was none.
    New(Ledger),
    /// It could not be read. An empty one has begun: take a baseline, remove nobody, and say so.
    Recovered {
        /// The empty ledger.
        ledger: Ledger,
        /// Where the damaged file is now.
        moved_to: PathBuf,
    },
}

impl Opened {
    fn ledger(&mut self) -> &mut Ledger {
        match self {
            Self::Existing(ledger) | Self::New(ledger) | Self::Recovered { ledger, .. } => ledger,
        }
    }

    /// The ledger, however it was found.
    pub fn into_ledger(self) -> Ledger {
        match self {
            Self::Existing(ledger) | Self::New(ledger) | Self::Recovered { ledger, .. } => ledger,
        }
    }
}

/// The open ledger of one profile.
pub struct Ledger {
    connection: Connection,
    /// For how many days runs are kept.
    retention: u32,
}

impl Ledger {
    /// Opens the ledger to be changed; the caller holds the profile's run lock. The file is made, owner-only, where
    /// there is none, and tightened where others could read it.
    ///
    /// Where the profile needs a lease, it is taken first, and the ledger is that of whoever had it before.
    ///
    /// # Errors
    /// [`LedgerError::Network`], [`LedgerError::Newer`] (the file is left as it is), [`LedgerError::Lease`], or why it cannot be
    /// opened.
    pub fn open(path: &Path, clock: Clock) -> Result<Opened, LedgerError> {
        let lease = lease::of(path)?;
        if let Some(lease) = &lease {
            lease.enter()?;
        }
        let mut opened = Self::open_here(path, clock)?;
        if let Some(lease) = &lease {
            carry::attach(&mut opened.ledger().connection, lease, path, clock.now())?;
        }
        Ok(opened)
    }

    fn open_here(path: &Path, clock: Clock) -> Result<Opened, LedgerError> {
        let now = clock.now();
        refuse_network(path)?;
        expect_files(path)?;
        make_file(path)?;
        match Self::prepare(path, now) {
            Ok((ledger, schema::Found::Ours)) => return Ok(Opened::Existing(ledger)),
            // Also an old file without a table: a kill leaves one right after the file was made.
            Ok((ledger, schema::Found::Empty)) => return Ok(Opened::New(ledger)),
            Ok((ledger, schema::Found::Unreadable)) => drop(ledger),
            Err(error) if error.is_damage() => {}
            Err(error) => return Err(error),
        }
        let moved_to = move_aside(path, now)?;
        make_file(path)?;
        let (ledger, _) = Self::prepare(path, now)?;
        Ok(Opened::Recovered { ledger, moved_to })
    }

    /// Opens the ledger to be looked at, also while a run goes on: nothing is made, moved or changed. None: there is no
    /// ledger, or its file cannot be read.
    ///
    /// # Errors
    /// [`LedgerError::Network`], [`LedgerError::Newer`], or why an intact file cannot be opened.
    pub fn open_to_read(path: &Path) -> Result<Option<Self>, LedgerError> {
        refuse_network(path)?;
        expect_files(path)?;
        match std::fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(file_error(path)(source)),
            Ok(_) => {}
        }
        none_if_damaged((|| {
            // Not opened read-only: that would leave the log's files behind.
            let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            connection.busy_timeout(PATIENCE)?;
            connection.pragma_update(None, "query_only", true)?;
            let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
            let version: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            if application != schema::APPLICATION_ID || version < 1 {
                return Ok(None);
            }
            if version > schema::VERSION {
                return Err(LedgerError::Newer { version, known: schema::VERSION });
            }
            if version < schema::VERSION {
                // Only a run brings the file up to date: who looks before does so in a copy.
                let mut copy = Connection::open_in_memory()?;
                Backup::new(&connection, &mut copy)?.run_to_completion(PAGES, Duration::ZERO, None)?;
                let found = schema::prepare(&mut copy, Timestamp(0))?;
                let ours = matches!(found, schema::Found::Ours);
                return Ok(ours.then_some(Self { connection: copy, retention: history::RETENTION }));
            }
            Ok(Some(Self { connection, retention: history::RETENTION }))
        })())
    }

    /// Whether there is a file that is no ledger, or a damaged one, as far as it can be told without reading all of it.
    ///
    /// # Errors
    /// [`LedgerError::Network`], or why an intact file cannot be opened.
    pub fn is_damaged(path: &Path) -> Result<bool, LedgerError> {
        refuse_network(path)?;
        expect_files(path)?;
        if !path.exists() {
            return Ok(false);
        }
        let strange = (|| {
            let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            connection.busy_timeout(PATIENCE)?;
            connection.pragma_update(None, "query_only", true)?;
            let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
            let tables: i64 =
                connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            Ok(tables > 0 && application != schema::APPLICATION_ID)
        })();
        match strange {
            Err(error) if LedgerError::is_damage(&error) => Ok(true),
            other => other,
        }
    }

    /// Reads the state without changing anything: for a plan. None: there is no ledger, or it cannot be read, which
    /// amounts to the same: nobody may be removed.
    ///
    /// # Errors
    /// As [`Ledger::open_to_read`].
    pub fn peek(path: &Path) -> Result<Option<LedgerState>, LedgerError> {
        match Self::open_to_read(path)? {
            None => Ok(None),
            Some(ledger) => none_if_damaged(ledger.state().map(Some)),
        }
    }

    /// Everything that the ledger knows, at one moment.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn state(&self) -> Result<LedgerState, LedgerError> {
        let snapshot = self.connection.unchecked_transaction()?;
        let ids = external_ids::Numbered::read(&snapshot)?;
        let state = LedgerState {
            people: people::read(&snapshot, &ids)?,
            groups: groups::read(&snapshot, &ids)?,
            open_intents: journal::read_open(&snapshot)?,
            baseline_taken: schema::fact(&snapshot, BASELINE)? == Some(1),
            new_sources: Vec::new(),
            refused: refusals::read(&snapshot)?,
            waiting: refusals::read_waiting(&snapshot)?,
            without_address: refusals::read_without_address(&snapshot)?,
            addresses: addresses::read(&snapshot)?,
            decisions: decisions::read(&snapshot)?,
            mended: mended::read(&snapshot)?,
            seen: seen::read(&snapshot)?,
        };
        snapshot.commit()?;
        Ok(state)
    }

    /// The settings of the last run that the limits let pass as a whole, as a number; None: there was none.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn accepted_settings(&self) -> Result<Option<i64>, LedgerError> {
        schema::fact(&self.connection, ACCEPTED)
    }

    /// Notes the settings of a run that the limits let pass as a whole.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn note_accepted_settings(&mut self, settings: i64) -> Result<(), LedgerError> {
        if self.accepted_settings()? == Some(settings) {
            return Ok(());
        }
        schema::set_fact(&self.connection, ACCEPTED, settings)
    }

    /// How many entries the longest list of the organization had in the last run; None: no run has noted it.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn entries_read(&self) -> Result<Option<usize>, LedgerError> {
        Ok(schema::fact(&self.connection, ENTRIES_READ)?.and_then(|it| usize::try_from(it).ok()))
    }

    /// Notes how many entries the longest list of the organization has.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn note_entries_read(&mut self, entries: usize) -> Result<(), LedgerError> {
        if self.entries_read()? == Some(entries) {
            return Ok(());
        }
        schema::set_fact(&self.connection, ENTRIES_READ, i64::try_from(entries).unwrap_or(i64::MAX))
    }

    /// Whether somebody forgot the cache, and no run has ended since.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn was_cleared(&self) -> Result<bool, LedgerError> {
        Ok(schema::fact(&self.connection, CLEARED)? == Some(1))
    }

    /// How many people or groups it knows, whichever are more.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub fn known_entries(&self) -> Result<usize, LedgerError> {
        let query = "SELECT max((SELECT count(*) FROM people), (SELECT count(*) FROM groups))";
        let count: i64 = self.connection.query_row(query, [], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// Ends a run that reached the organization, in one transaction:
    ///
    /// 1. people, groups and memberships become those of `state`, by difference, and a cleared cache is filled again;
    /// 2. the intents of earlier runs and the answered ones of this run are closed; an unanswered request of this run
    ///    stays open for the next, whatever `state.open_intents` says;
    /// 3. the run and its actions are recorded, and runs older than the retention forgotten.
    ///
    /// # Errors
    /// [`LedgerError`]; the ledger is then as it was before.
    pub fn commit(
        &mut self,
        run: RunId,
        state: &LedgerState,
        ending: &Ending<'_>,
    ) -> Result<(), LedgerError> {
        hit("ledger.commit.before");
        let retention = self.retention;
        let transaction = self.writing()?;
        let mut ids = external_ids::ExternalIds::new(&transaction)?;
        people::replace(&transaction, &state.people, &mut ids)?;
        groups::replace(&transaction, &state.groups, &mut ids)?;
        ids.forget_others()?;
        refusals::replace(&transaction, &state.refused)?;
        refusals::replace_waiting(&transaction, &state.waiting)?;
        refusals::replace_without_address(&transaction, &state.without_address)?;
        addresses::replace(&transaction, state)?;
        mended::replace(&transaction, &state.mended)?;
        seen::replace(&transaction, &state.seen)?;
        decisions::keep(&transaction, &state.decisions)?;
        schema::set_fact(&transaction, BASELINE, state.baseline_taken.into())?;
        schema::set_fact(&transaction, CLEARED, 0)?;
        sources::compared(&transaction, &state.new_sources)?;
        journal::close(&transaction, run)?;
        history::close(&transaction, run, ending, retention)?;
        hit("ledger.commit.inside");
        transaction.commit()?;
        hit("ledger.commit.after");
        Ok(())
    }

    /// Ends a run that changed nothing it could account for: refused, or failed before the organization was compared.
    /// People, groups and open intents stay as they are.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn end_run(&mut self, run: RunId, ending: &Ending<'_>) -> Result<(), LedgerError> {
        let retention = self.retention;
        let transaction = self.writing()?;
        history::close(&transaction, run, ending, retention)?;
        Ok(transaction.commit()?)
    }

    /// Forgets whom we manage, and everything else that decides what is sent, and leaves no trace of it in the file: the next
    /// run takes a baseline. The history of runs, what the limits count of the last day and approvals stay, and until when an
    /// import may still be under way.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be written.
    pub fn purge(&mut self) -> Result<(), LedgerError> {
        let transaction = self.writing()?;
        let imports_until = journal::imports_until(&transaction)?;
        for table in [
            "memberships",
            "groups",
            "people",
            "addresses",
            "external_ids",
            "organization",
            "intents",
            "facts",
            "mirror_objects",
            "mirrors",
            "sources",
            "shared_marks",
            "refusals",
            "waiting",
            "without_address",
            "decisions",
            "mended",
            "seen",
        ] {
            transaction.execute(&format!("DELETE FROM {table}"), [])?;
        }
        journal::note_imports_until(&transaction, imports_until)?;
        transaction.commit()?;
        self.connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")?;
        Ok(())
    }

    fn prepare(path: &Path, now: Timestamp) -> Result<(Self, schema::Found), LedgerError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(PATIENCE)?;
        // Checked before the mode of the file is changed: a newer or foreign file stays as it is.
        let found = schema::prepare(&mut connection, now)?;
        if !matches!(found, schema::Found::Unreadable) {
            connection.execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
                 PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;",
            )?;
        }
        Ok((Self { connection, retention: history::RETENTION }, found))
    }

    fn writing(&mut self) -> Result<Transaction<'_>, LedgerError> {
        Ok(self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

fn none_if_damaged<T>(read: Result<Option<T>, LedgerError>) -> Result<Option<T>, LedgerError> {
    match read {
        Err(error) if error.is_damage() => Ok(None),
        other => other,
    }
}

fn refuse_network(path: &Path) -> Result<(), LedgerError> {
    let folder = path.parent().unwrap_or(path);
    match network::file_system(folder) {
        Some(kind) => Err(LedgerError::Network { folder: folder.to_owned(), kind }),
        None => Ok(()),
    }
}

/// The database waits for whatever lies in the place of one of its files, or takes it for damage.
fn expect_files(path: &Path) -> Result<(), LedgerError> {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let path = PathBuf::from(name);
        file::expect_file(&path).map_err(file_error(&path))?;
    }
    Ok(())
}

/// Makes the file where there is none, since the database would make it readable for all.
fn make_file(path: &Path) -> Result<(), LedgerError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.is_dir()) {
        owner_only::create_folder(folder).map_err(file_error(folder))?;
    }
    match owner_only::create_new(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if owner_only::too_open(path).is_some() {
                owner_only::restrict(path).map_err(file_error(path))?;
            }
            Ok(())
        }
        Err(source) => Err(file_error(path)(source)),
    }
}

/// Moves the file and what belongs to it aside, under a name that tells when.
fn move_aside(path: &Path, now: Timestamp) -> Result<PathBuf, LedgerError> {
    let time = clock::to_iso(now).replace(':', "-");
    let with = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let broken = format!(".broken-{time}");
    let moved_to = with(&broken);
    // First the file itself: without its log it could pass for an intact older one.
    owner_only::rename(path, &moved_to).map_err(file_error(path))?;
    for beside in ["-wal", "-shm"] {
        match owner_only::rename(&with(beside), &with(&format!("{broken}{beside}"))) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(file_error(path)(source));
            }
            _ => {}
        }
    }
    Ok(moved_to)
}

fn file_error(path: &Path) -> impl FnOnce(io::Error) -> LedgerError {
    let path = path.to_owned();
    move |source| LedgerError::File { path, source }
}
