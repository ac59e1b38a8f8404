//! What the window asks the engine for, and what comes back. Data both ways: neither side waits for the other.

use crate::results::Results;
use bwdc_core::names::Timestamp;
use bwdc_core::settings::{DirectoryKind, EnvironmentUrls};
use bwdc_engine::event::RunEvent;
use bwdc_engine::ledger::{RunId, RunRecord};
use bwdc_engine::secrets::SecretName;
use bwdc_engine::{DesktopKey, Entry, HistoryEntry, Planned, SavedPlan, SyncReport};
use bwdc_messages::finding::Described;
use bwdc_messages::{ErrorKind, NextStep};
use secrecy::SecretString;
use serde_json::Value;
use std::path::PathBuf;

/// Something to be done. The first ones are runs, of which there is one at a time; the others are short.
pub enum Job {
    /// Reads the directory.
    Test {
        /// Only what changed since the last sync.
        since_last: bool,
    },
    /// Compares directory and organization.
    Plan,
    /// Syncs.
    Sync {
        /// Whether the timer asked.
        scheduled: bool,
    },
    /// Carries out a plan exactly.
    Apply {
        /// Which.
        saved: Box<SavedPlan>,
        /// Whether what the limits refuse was approved by typing its number.
        approved: bool,
    },
    /// Checks everything, with these values in place of what is stored.
    Examine {
        /// By the settings' names.
        typed: Vec<(&'static str, String)>,
        /// Secrets that were typed.
        secrets: Vec<(SecretName, SecretString)>,
        /// Who asks.
        of: Asked,
    },
    /// Reads the directory twice: as the settings are, and with these values.
    Count {
        /// By the settings' names.
        typed: Vec<(&'static str, String)>,
    },
    /// Signs in.
    SignIn {
        /// The client id.
        client_id: String,
        /// The client secret.
        secret: SecretString,
    },
    /// Reads what the window shows.
    Overview,
    /// Reads the settings.
    Settings,
    /// Stores settings; None takes one back to its default.
    Save {
        /// By the settings' names.
        changes: Vec<(&'static str, Option<String>)>,
        /// Secrets that were typed.
        secrets: Vec<(SecretName, SecretString)>,
        /// Who asks.
        of: Asked,
    },
    /// Keeps what the window is to remember.
    Remember(Vec<(DesktopKey, Value)>),
    /// Reads what a run did.
    RunDetails(RunId),
    /// Forgets what a run decides by that nothing is new.
    ClearCache,
    /// Forgets the key.
    LogOut,
    /// Asks whether there is a newer version.
    Update,
    /// Writes a text for its owner only.
    Write {
        /// Where.
        path: PathBuf,
        /// What.
        text: String,
    },
    /// Writes a plan.
    WritePlan {
        /// Where.
        path: PathBuf,
        /// Which.
        saved: Box<SavedPlan>,
    },
    /// Writes an archive for support.
    WriteArchive {
        /// Where.
        path: PathBuf,
        /// The findings as text and as JSON.
        report: (String, Value),
    },
    /// Writes the settings, without secrets.
    WriteSettings {
        /// Where.
        path: PathBuf,
    },
}

/// Which part of the window asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The dialog in which the server is chosen.
    Server,
    /// The settings.
    Settings,
    /// The page of checks.
    More,
}

impl Job {
    /// Whether it is one of which there is one at a time, because it takes long.
    pub fn is_long(&self) -> bool {
        matches!(
            self,
            Self::Test { .. }
                | Self::Plan
                | Self::Sync { .. }
                | Self::Apply { .. }
                | Self::Examine { .. }
                | Self::Count { .. }
                | Self::SignIn { .. }
        )
    }
}

/// Why something was not done, in words.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What scripts tell errors apart by.
    pub kind: ErrorKind,
    /// What failed and why.
    pub message: String,
    /// What to do next.
    pub steps: Vec<NextStep>,
    /// Whether somebody asked for the end.
    pub cancelled: bool,
    /// Whether the limits refused it.
    pub refused: bool,
}

/// What the window shows of an installation.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// As whom it is signed in.
    pub client_id: Option<String>,
    /// Where its organization is.
    pub urls: EnvironmentUrls,
    /// The kind of directory.
    pub directory: Option<DirectoryKind>,
    /// When people were last brought over.
    pub last_users: Option<Timestamp>,
    /// When groups were last brought over.
    pub last_groups: Option<Timestamp>,
    /// Minutes between automatic runs.
    pub interval: Option<i64>,
    /// Whether people are brought over.
    pub users: bool,
    /// Whether groups are brought over.
    pub groups: bool,
    /// Whether a sync may delete whom the directory does not list.
    pub overwrites: bool,
    /// The latest runs, newest first.
    pub runs: Vec<RunRecord>,
    /// The folder of the installation.
    pub folder: PathBuf,
    /// What the window remembers.
    pub remembered: Vec<(DesktopKey, Value)>,
}

/// What comes back.
pub enum Reply {
    /// A long job began.
    Began,
    /// Something happened during it.
    Event(RunEvent),
    /// A test ended.
    Tested(Result<Box<Results>, Failure>),
    /// A comparison ended.
    Planned(Result<Box<Planned>, Failure>),
    /// A sync ended.
    Synced {
        /// Whether the timer asked.
        scheduled: bool,
        /// What came of it.
        result: Result<Box<SyncReport>, Failure>,
    },
    /// Checks ended.
    Examined {
        /// Who asked.
        of: Asked,
        /// What was found.
        result: Result<Vec<Described>, Failure>,
    },
    /// The directory was read twice: people and groups before and after.
    Counted(Result<[(usize, usize); 2], Failure>),
    /// A sign-in ended.
    SignedIn(Result<(), Failure>),
    /// What the window shows.
    Overview(Result<Box<Overview>, Failure>),
    /// The settings.
    Settings(Result<Vec<Entry>, Failure>),
    /// Settings were stored, so many.
    Saved {
        /// Who asked.
        of: Asked,
        /// How many.
        result: Result<usize, Failure>,
    },
    /// What a run did.
    RunDetails(Result<(RunRecord, Vec<HistoryEntry>), Failure>),
    /// The cache is cleared.
    CacheCleared(Result<(), Failure>),
    /// Signed out.
    LoggedOut(Result<(), Failure>),
    /// The newer version, where there is one.
    Update(Result<Option<(String, String)>, String>),
    /// A file was written.
    Written(Result<PathBuf, Failure>),
    /// Nothing to tell.
    Done(Result<(), Failure>),
}
