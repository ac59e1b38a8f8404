//! What a controller wants to be done, and what came of it. Controllers never wait: a job is carried out elsewhere, and its
//! reports come one by one.

use bwdc_core::names::Timestamp;
use bwdc_core::plan::{Picks, Refusal};
use bwdc_core::settings::{Setting, SettingValue};
use bwdc_engine::ledger::{RunId, RunRecord};
use bwdc_engine::organization::ApiKey;
use bwdc_engine::paths::ProfileName;
use bwdc_engine::profiles::ProfileEntry;
use bwdc_engine::system_service::{Draft, Verb};
use bwdc_engine::take_over::{FoundFolder, TakenOver};
use bwdc_engine::{ApprovalState, Entry, HistoryEntry, Planned, Repairs, SavedPlan, SyncReport};
use bwdc_messages::ErrorText;
use bwdc_messages::approval::Approval;
use bwdc_messages::finding::Described;
use bwdc_messages::line::Line;
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
    /// Keep the new secret of the organization's key.
    Renew(SecretString),
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
    /// The same, because a timer asks.
    ScheduledSync,
    /// The latest runs.
    History,
    /// What one run did.
    Run(RunId),
    /// Check everything.
    Doctor,
    /// All profiles, and folders elsewhere that have settings.
    Profiles,
    /// Make an empty profile.
    CreateProfile(ProfileName),
    /// Look at a folder elsewhere.
    LookElsewhere(PathBuf),
    /// Take a folder elsewhere over.
    TakeOver {
        /// The folder.
        folder: PathBuf,
        /// The profile that gets it.
        name: ProfileName,
    },
    /// Files whose names begin like this.
    Files(String),
    /// What a file of settings has; nothing is brought in.
    ReadSettings(PathBuf),
    /// The run that was refused last.
    Refused,
    /// Take the approval of a run back.
    Withdraw(RunId),
    /// What no sync decides by itself.
    Repairs(Picks),
    /// Carry out what was agreed to.
    Repair {
        /// What the reader picked.
        picks: Picks,
        /// What was shown.
        agreed: Repairs,
    },
    /// The background service.
    Service(ServiceWork),
}

impl Job {
    /// Whether it is a run, or repairs: whoever leaves is asked what becomes of it.
    pub fn is_run(&self) -> bool {
        match self {
            Self::Sync { .. } | Self::ScheduledSync | Self::Repair { .. } => true,
            Self::Setup(work) => matches!(work, SetupWork::Sync | SetupWork::SyncApproved(_)),
            _ => false,
        }
    }

    /// Whether it may send something: the program waits for its end.
    pub(crate) fn sends(&self) -> bool {
        matches!(self, Self::Sync { .. } | Self::ScheduledSync | Self::Setup(_) | Self::Repair { .. })
    }
}

/// What to do with the background service.
pub enum ServiceWork {
    /// See how it is.
    Look,
    /// What an installation would write.
    Draft(ServiceStart),
    /// Install it as it was shown; what its commands are was agreed to where there are any.
    Install(Box<Draft>),
    /// Start, stop or restart it.
    Control(Verb),
    /// The latest lines of its log.
    Log,
    /// Stop and remove it.
    Remove,
}

/// How a service starts runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceStart {
    /// It stays.
    Stays,
    /// A timer starts single runs.
    Timer,
    /// It stays, and is the machine's: the system asks for an administrator.
    Machine,
}

/// How the background service is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceState {
    /// Whether the operating system's service runs; None: none is installed.
    pub running: Option<bool>,
    /// Whether this process may install one for the machine.
    pub is_root: bool,
    /// Whether the system would ask for an administrator.
    pub can_elevate: bool,
    /// Minutes between two runs by a timer.
    pub minutes: i64,
    /// Whether the settings of the profile in use say when runs start.
    pub has_schedule: bool,
    /// How the profiles are, in words.
    pub profiles: String,
    /// Why the service could not be asked itself: what is shown of the profiles is read from their files.
    pub silent: Option<String>,
}

/// A refused run as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRunState {
    /// Its number.
    pub run: RunId,
    /// Why it was refused, and whose access is in question.
    pub lines: Vec<Line>,
    /// What has to be typed to approve it; None: it cannot be approved.
    pub approval: Option<Approval>,
    /// Whether somebody has.
    pub state: ApprovalState,
}

/// What a service says of a plan or a run, in its own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What it says.
    pub lines: Vec<Line>,
    /// What the administrator should know besides.
    pub notices: Vec<String>,
    /// Whether the limits refuse it, wholly or in part.
    pub is_refused: bool,
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
    /// How far the approval of the last run counts.
    pub approval: ApprovalState,
    /// Why the ledger cannot be read.
    pub ledger_error: Option<String>,
    /// The version of `data.json`, where it is later than the one that this program knows.
    pub later_version: Option<i64>,
    /// Whether the service of the machine keeps the profile, and carries everything out.
    pub by_service: bool,
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
    /// All profiles, and folders elsewhere that have settings.
    Profiles(Vec<ProfileEntry>, Vec<PathBuf>),
    /// What lies in a folder elsewhere.
    Found(Box<FoundFolder>),
    /// A folder was taken over.
    TakenOver(Box<TakenOver>),
    /// Files and folders, with a slash at the end of a folder.
    Files(Vec<String>),
    /// What a file of settings has: names, and values as they would be typed; nothing for a setting that it unsets.
    SettingsRead(Vec<(&'static str, String)>),
    /// The refused run.
    Refused(Box<RefusedRunState>),
    /// What no sync decides by itself.
    Repairs(Box<Repairs>),
    /// So many requests of repairs were carried out.
    Repaired(usize),
    /// How the background service is.
    Service(Box<ServiceState>),
    /// What an installation of the service would write.
    Drafted(Box<Draft>),
    /// It was done, in a sentence or a list of lines.
    Said(String),
    /// What the machine's service says of a plan or a run.
    Told(Box<Told>),
}

/// Something that happened in a job.
pub struct Report {
    /// Which.
    pub job: JobId,
    /// What.
    pub what: Happened,
}
