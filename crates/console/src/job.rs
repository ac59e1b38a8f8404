//! What a controller wants to be done, and what came of it. Controllers never wait: a job is carried out elsewhere, and its
//! reports come one by one.

use bwdc_core::names::Timestamp;
use bwdc_core::plan::Refusal;
use bwdc_core::settings::{Setting, SettingValue};
use bwdc_engine::ledger::{RunId, RunRecord};
use bwdc_engine::organization::ApiKey;
use bwdc_engine::profiles::ProfileEntry;
use bwdc_engine::{Entry, HistoryEntry, Planned, SavedPlan, SyncReport};
use bwdc_messages::ErrorText;
use bwdc_messages::finding::Described;
use bwdc_messages::setup::{SetupDone, SetupWork};
use secrecy::SecretString;
use std::path::PathBuf;

/// The number of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// One thing to do.
pub enum Job {
    /// Look at the installation.
    State,
    /// Store settings and secrets.
    Save {
        /// Settings with their values; None: back to the default.
        settings: Vec<(&'static Setting, Option<SettingValue>)>,
        /// Secrets of directories.
        secrets: Vec<(&'static Setting, SecretString)>,
    },
    /// Forget token and key.
    LogOut,
    /// Keep a person's own key, by which the organization is read.
    Observe(ApiKey),
    /// Carry out a step of the guided set-up, or test what a form has.
    Setup(SetupWork),
    /// Compare directory and organization.
    Plan,
    /// Write a plan into a file.
    WritePlan {
        /// The file.
        path: PathBuf,
        /// The plan.
        saved: SavedPlan,
    },
    /// Make the organization follow the directory.
    Sync {
        /// Only when the plan is still this one.
        expected: Option<SavedPlan>,
        /// Approve what the limits refuse when it is this number.
        approved: Option<usize>,
    },
    /// The latest runs.
    History,
    /// What one run did.
    Run(RunId),
    /// Check everything.
    Doctor,
    /// All profiles.
    Profiles,
    /// Files whose names begin like this.
    Files(String),
}

/// What the installation is at.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// As whom it is signed in.
    pub client_id: Option<String>,
    /// As whom the organization is read, where somebody was named.
    pub observer: Option<String>,
    /// Every setting.
    pub entries: Vec<Entry>,
    /// The latest runs, newest first; empty also where the ledger cannot be read.
    pub runs: Vec<RunRecord>,
    /// When the next run is due; None: none starts by itself.
    pub next: Option<Timestamp>,
    /// What refused the last run.
    pub refused: Vec<Refusal>,
    /// Why the ledger cannot be read.
    pub ledger_error: Option<String>,
}

/// What came of a job.
pub enum Happened {
    /// The installation as it is, after a change where one was asked for.
    State(Box<State>),
    /// It came to nothing.
    Failed(Box<ErrorText>),
    /// How far it is.
    Progress(String),
    /// Another run is going on, and is waited for.
    Held(String),
    /// Something that the administrator should know and that stops nothing.
    Notice(String),
    /// What came of a step of the set-up.
    Setup(Box<SetupDone>),
    /// A plan.
    Planned(Box<Planned>),
    /// The plan is in the file.
    Written(PathBuf),
    /// A run has ended well.
    Synced(Box<SyncReport>),
    /// The latest runs.
    History(Vec<RunRecord>),
    /// What one run did.
    Run(Box<RunRecord>, Vec<HistoryEntry>),
    /// One check.
    Finding(Box<Described>),
    /// All checks were made.
    Examined,
    /// All profiles.
    Profiles(Vec<ProfileEntry>),
    /// Files and folders, with a slash at the end of a folder.
    Files(Vec<String>),
}

/// Something that happened in a job.
pub struct Report {
    /// Which.
    pub job: JobId,
    /// What.
    pub what: Happened,
}
