//! What the window asks the engine for, and what comes back. Data both ways: neither side waits for the other.

use crate::results::Results;
use bwdc_core::names::Timestamp;
use bwdc_core::settings::{DirectoryKind, EnvironmentUrls};
use bwdc_engine::event::RunEvent;
use bwdc_engine::ledger::{RunId, RunRecord};
use bwdc_engine::paths::ProfileName;
use bwdc_engine::secrets::SecretName;
use bwdc_engine::{DesktopKey, Entry, HistoryEntry, Planned, SavedPlan, SyncReport};
use bwdc_jobs::job::{Happened, State, Told};
use bwdc_messages::finding::Described;
use bwdc_messages::{Condition, ErrorText, NextStep};
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
        /// Approve what the limits refuse when it is this number, which was typed.
        approved: Option<usize>,
    },
    /// Approves what refused the last run when it is this number, which was typed, and syncs.
    SyncApproved(usize),
    /// What a page of the window asks for, which the console UI asks for, too.
    Page {
        /// Who asks: what comes back says the same number.
        ticket: Ticket,
        /// What for.
        job: bwdc_jobs::job::Job,
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
    /// Reads it again, where a file of it changed since.
    Glance,
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
    /// Has this program start when somebody signs in to the computer, or no longer.
    StartAtLogin(bool),
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

/// The number of what a page asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticket(pub u64);

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
                | Self::SyncApproved(_)
                | Self::Examine { .. }
                | Self::Count { .. }
                | Self::SignIn { .. }
        )
    }
}

/// Why something was not done, in words.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What is wrong, in a few words.
    pub condition: Condition,
    /// What failed and why.
    pub message: String,
    /// What to do next.
    pub steps: Vec<NextStep>,
}

impl Failure {
    /// Whether somebody asked for the end.
    pub fn is_cancelled(&self) -> bool {
        self.condition == Condition::Ended
    }

    /// Whether the limits refused it, or a part of it, or the plan is another one by now.
    pub fn is_refused(&self) -> bool {
        matches!(self.condition, Condition::Refused | Condition::HeldInPart | Condition::PlanChanged)
    }
}

impl From<ErrorText> for Failure {
    fn from(text: ErrorText) -> Self {
        Self { condition: text.condition, message: text.message, steps: text.next_steps }
    }
}

/// What the window shows of an installation.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// How it is, as every front end is told.
    pub state: State,
    /// When people were last brought over.
    pub last_users: Option<Timestamp>,
    /// When groups were last brought over.
    pub last_groups: Option<Timestamp>,
    /// The folder of the installation.
    pub folder: PathBuf,
    /// The profile.
    pub profile: ProfileName,
    /// Other profiles, and folders elsewhere, that have settings; looked for where this profile has none.
    pub others: usize,
    /// Whether a service of this account runs: its schedule counts, not the window's.
    pub service_runs: bool,
    /// Whether this program starts when somebody signs in to the computer; None: this desktop has no such thing.
    pub starts_at_login: Option<bool>,
    /// What the window remembers.
    pub remembered: Vec<(DesktopKey, Value)>,
}

impl Overview {
    /// What the window shows of an installation that is like this; what only its own files say stays empty.
    pub fn of(state: State) -> Self {
        Self { state, ..Self::default() }
    }

    /// Whether a service syncs by its schedule.
    pub fn is_serviced(&self) -> bool {
        self.state.by_service || self.service_runs
    }

    /// Where its organization is.
    pub fn urls(&self) -> EnvironmentUrls {
        let text = |name| self.value(name).and_then(Value::as_str).map(str::to_owned);
        EnvironmentUrls {
            base: text("server"),
            web_vault: text("server.webVault"),
            api: text("server.api"),
            identity: text("server.identity"),
        }
    }

    /// The kind of directory.
    pub fn directory(&self) -> Option<DirectoryKind> {
        self.value("directory").and_then(Value::as_i64).and_then(DirectoryKind::from_number)
    }

    /// Minutes between automatic runs.
    pub fn interval(&self) -> Option<i64> {
        self.value("sync.interval").and_then(Value::as_i64)
    }

    /// Whether people are brought over.
    pub fn brings_users(&self) -> bool {
        self.is_on("sync.users")
    }

    /// Whether groups are brought over.
    pub fn brings_groups(&self) -> bool {
        self.is_on("sync.groups")
    }

    /// Whether a sync may delete whom the directory does not list.
    pub fn overwrites(&self) -> bool {
        self.is_on("sync.overwriteExisting")
    }

    fn is_on(&self, name: &str) -> bool {
        self.value(name).and_then(Value::as_bool).unwrap_or_default()
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.state.entries.iter().find(|it| it.setting.name == name).map(|it| &it.value)
    }
}

/// What comes back.
pub enum Reply {
    /// A long job began.
    Began,
    /// Something happened during it.
    Event(RunEvent),
    /// It waits for another run, or the service is at it, in a sentence.
    Waits(String),
    /// Something that the administrator should know and that stops nothing.
    Notice(String),
    /// A test ended.
    Tested(Result<Box<Results>, Failure>),
    /// What the machine's service says of a plan.
    ServicePlanned(Box<Told>),
    /// What the machine's service says of a run.
    ServiceSynced(Box<Told>),
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
    /// What came of what a page asked for.
    Page {
        /// The number that it gave.
        ticket: Ticket,
        /// What.
        what: Happened,
    },
    /// The latest runs of a profile that the service keeps.
    Runs(Vec<RunRecord>),
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
