//! What is wrong, in a few words: what a front end writes above an error, so that a reader knows at once where to look.

use crate::step::Step;
use crate::text;
use bwdc_engine::directory::ReadError;
use bwdc_engine::ledger::LedgerError;
use bwdc_engine::lock::LockError;
use bwdc_engine::organization::{ApplyError, OrganizationError, ServerMessage};
use bwdc_engine::store::StoreError;
use bwdc_engine::take_over::TakeOverError;
use bwdc_engine::{EngineError, HistoryError, RunError, SetupError, SignInError};

/// A state that an installation or a run can be in, and that needs a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// Nobody is signed in.
    SignedOut,
    /// The server refuses the key: it was rotated, or is another organization's.
    KeyRefused,
    /// The key is kept for another organization or address than the settings name.
    KeyOfAnother,
    /// The organization's server does not answer.
    OrganizationUnreachable,
    /// A directory was not read, or not to its end.
    DirectoryNotRead,
    /// A file of settings is damaged.
    SettingsDamaged,
    /// A file of settings is of a version that cannot be read.
    SettingsTooOld,
    /// A file of the installation cannot be read.
    FilesUnreadable,
    /// A file of the installation cannot be written.
    ReadOnly,
    /// The ledger is of a later version.
    LedgerNewer,
    /// The ledger cannot be read or written.
    LedgerUnusable,
    /// A secret store is locked, absent, or does not have what it should.
    SecretsLocked,
    /// A setting is missing or wrong.
    SettingsIncomplete,
    /// Another program is at work.
    Busy,
    /// The server still works on an import of an earlier run.
    Settling,
    /// The limits refused everything.
    Refused,
    /// The limits held a part back.
    HeldInPart,
    /// What was planned is no longer what would be done.
    PlanChanged,
    /// The service of this machine has the profile.
    OfService,
    /// The service of this machine does not answer, or does not let this account ask.
    ServiceSilent,
    /// Somebody ended it.
    Ended,
    /// The program itself failed.
    Broken,
    /// Nothing that has a name of its own.
    #[default]
    Other,
}

impl Condition {
    /// The condition that an error tells of.
    pub fn of(error: &EngineError) -> Self {
        match error {
            EngineError::Setup(error) | EngineError::SignIn(SignInError::Setup(error)) => of_setup(error),
            EngineError::SignIn(SignInError::Organization(error)) => of_organization(error),
            EngineError::Run(error) => of_run(error),
            EngineError::History(error) => match error {
                HistoryError::Setup(error) => of_setup(error),
                HistoryError::Lock(error) => of_lock(error),
                HistoryError::Ledger(error) => of_ledger(error),
                HistoryError::LedgerDamaged { .. } => Self::LedgerUnusable,
                HistoryError::NothingToApprove { .. }
                | HistoryError::NothingToWithdraw { .. }
                | HistoryError::OnlyMended { .. }
                | HistoryError::NoLedger
                | HistoryError::NoAddress { .. }
                | HistoryError::NobodyWaits { .. }
                | HistoryError::CannotInviteAnew { .. }
                | HistoryError::NotDecided { .. }
                | HistoryError::NoSuchRun { .. } => Self::Other,
            },
            EngineError::TakeOver(TakeOverError::Lock(error)) => of_lock(error),
            EngineError::SignIn(_)
            | EngineError::TakeOver(_)
            | EngineError::PlanFile(_)
            | EngineError::KeyFile(_)
            | EngineError::SettingsFile(_)
            | EngineError::Profile(_) => Self::Other,
        }
    }

    /// The condition in a few words, as a title; None: there is no better one than the reader's own place.
    pub fn title(self) -> Option<String> {
        Some(match self {
            Self::SignedOut => text!("condition.signed-out", "Nobody is signed in"),
            Self::KeyRefused => text!("condition.key-refused", "The server refuses the API key"),
            Self::KeyOfAnother => {
                text!("condition.key-of-another", "The API key belongs to another organization or address")
            }
            Self::OrganizationUnreachable => {
                text!("condition.organization", "The organization's server cannot be reached")
            }
            Self::DirectoryNotRead => text!("condition.directory", "The directory could not be read"),
            Self::SettingsDamaged => text!("condition.damaged", "The settings are damaged"),
            Self::SettingsTooOld => text!("condition.too-old", "The settings are of an older version"),
            Self::FilesUnreadable => text!("condition.unreadable", "A file cannot be read"),
            Self::ReadOnly => text!("condition.read-only", "A file cannot be written"),
            Self::LedgerNewer => text!("condition.ledger-newer", "The ledger is of a newer version"),
            Self::LedgerUnusable => text!("condition.ledger", "The ledger cannot be used"),
            Self::SecretsLocked => text!("condition.secrets", "The secret store does not open"),
            Self::SettingsIncomplete => text!("condition.settings", "A setting is missing or wrong"),
            Self::Busy => text!("condition.busy", "Another program is at work"),
            Self::Settling => text!("condition.settling", "The server still works on an earlier import"),
            Self::Refused => text!("condition.refused", "The limits refused the run"),
            Self::HeldInPart => text!("condition.held", "The limits held back a part of the run"),
            Self::PlanChanged => text!("condition.plan-changed", "The plan is no longer current"),
            Self::OfService => text!("condition.of-service", "This profile is kept elsewhere"),
            Self::ServiceSilent => text!("condition.service", "The service cannot be asked"),
            Self::Ended => text!("condition.ended", "The run was ended"),
            Self::Broken => text!("condition.broken", "The program failed"),
            Self::Other => return None,
        })
    }

    /// What can be done about it where a front end stays open, beside what the error asks for, each with a sentence.
    pub fn helpful(self) -> Vec<(Step, String)> {
        let directory = || {
            (
                Step::change("directory"),
                text!("trouble.directory", "Look at the directory connection, and test it"),
            )
        };
        let server = || {
            (
                Step::change("server"),
                text!("trouble.server", "Look at the organization's server and the proxy"),
            )
        };
        let doctor = || (Step::run("doctor"), text!("trouble.doctor", "Check everything"));
        let history = || (Step::run("history"), text!("trouble.history", "See what the runs did"));
        match self {
            Self::DirectoryNotRead => vec![directory(), doctor()],
            Self::OrganizationUnreachable => vec![server(), doctor()],
            Self::KeyRefused | Self::KeyOfAnother => vec![server(), doctor()],
            Self::HeldInPart | Self::Ended => vec![history()],
            Self::Settling | Self::PlanChanged | Self::Broken | Self::Other => {
                vec![history(), doctor()]
            }
            Self::SettingsIncomplete
            | Self::SettingsDamaged
            | Self::SettingsTooOld
            | Self::FilesUnreadable
            | Self::ReadOnly
            | Self::LedgerNewer
            | Self::LedgerUnusable
            | Self::SecretsLocked => vec![doctor()],
            Self::SignedOut | Self::Busy | Self::Refused | Self::OfService | Self::ServiceSilent => {
                Vec::new()
            }
        }
    }
}

fn of_setup(error: &SetupError) -> Condition {
    match error {
        SetupError::NotSignedIn | SetupError::OrganizationMissing => Condition::SignedOut,
        SetupError::KeyOfAnother { .. } | SetupError::EnteredForAnother { .. } => Condition::KeyOfAnother,
        SetupError::Moved { .. } => Condition::OfService,
        SetupError::OfSource { source, .. } => of_setup(source),
        SetupError::NoDirectory
        | SetupError::DirectoryIncomplete(_)
        | SetupError::CredentialsMissing { .. }
        | SetupError::Settings(_)
        | SetupError::LdapFilter(_)
        | SetupError::NoSuchSource { .. }
        | SetupError::SourceName { .. }
        | SetupError::ClearText { .. }
        | SetupError::Override(_) => Condition::SettingsIncomplete,
        SetupError::Store(error) => of_store(error),
        SetupError::Secret(_) => Condition::SecretsLocked,
        SetupError::Ledger(error) => of_ledger(error),
        SetupError::SettingsOfAnother { .. } | SetupError::Path(_) => Condition::FilesUnreadable,
        SetupError::NotOfSource { .. } | SetupError::RepeatsRoot { .. } => Condition::Other,
    }
}

fn of_store(error: &StoreError) -> Condition {
    match error {
        StoreError::Invalid { .. }
        | StoreError::Foreign { .. }
        | StoreError::WrongType { .. }
        | StoreError::Settings { .. } => Condition::SettingsDamaged,
        StoreError::TooOld { .. } | StoreError::OldVersion { .. } => Condition::SettingsTooOld,
        StoreError::Read { .. } => Condition::FilesUnreadable,
        StoreError::Write { .. } | StoreError::Lock { .. } => Condition::ReadOnly,
        StoreError::Held { .. } | StoreError::LockLost { .. } => Condition::Busy,
        StoreError::Busy(error) => of_lock(error),
    }
}

fn of_lock(error: &LockError) -> Condition {
    match error {
        LockError::Held { .. } => Condition::Busy,
        LockError::OfService { .. } => Condition::OfService,
        LockError::Strange { .. } => Condition::FilesUnreadable,
        LockError::Io { .. } => Condition::ReadOnly,
    }
}

fn of_ledger(error: &LedgerError) -> Condition {
    match error {
        LedgerError::Newer { .. } => Condition::LedgerNewer,
        LedgerError::File { .. }
        | LedgerError::Database(_)
        | LedgerError::Network { .. }
        | LedgerError::Lease(_)
        | LedgerError::Request { .. }
        | LedgerError::Twice { .. }
        | LedgerError::NoSuchIntent { .. }
        | LedgerError::NoSuchRun { .. } => Condition::LedgerUnusable,
    }
}

fn of_run(error: &RunError) -> Condition {
    match error {
        RunError::Setup(error) => of_setup(error),
        RunError::Lock(error) => of_lock(error),
        RunError::Ledger(error) => of_ledger(error),
        RunError::Directory(error) => of_directory(error),
        RunError::Source { source, .. } => of_directory(source),
        RunError::SourcesNotRead { .. } => Condition::DirectoryNotRead,
        RunError::Organization(error) => of_organization(error),
        RunError::Apply(ApplyError::NotSent(error)) => of_organization(error),
        RunError::Refused { .. } => Condition::Refused,
        RunError::Held { .. } => Condition::HeldInPart,
        RunError::PlanChanged { .. } => Condition::PlanChanged,
        RunError::ImportUnderWay { .. } => Condition::Settling,
        RunError::Cancelled => Condition::Ended,
        RunError::EndedAfterRefusals { error, .. } | RunError::NotDone { error, .. } => of_run(error),
        RunError::Desired(_)
        | RunError::MembersHidden { .. }
        | RunError::CannotRebuild
        | RunError::PlanOfAnother { .. }
        | RunError::Apply(_)
        | RunError::OverwriteRefused { .. }
        | RunError::OrganizationAtFault(_)
        | RunError::RecordsRefused { .. }
        | RunError::ImportHeldBack { .. }
        | RunError::NotTaken { .. } => Condition::Other,
    }
}

fn of_directory(error: &ReadError) -> Condition {
    match error {
        ReadError::Ldap(_) | ReadError::Web(_) | ReadError::Incomplete(_) => Condition::DirectoryNotRead,
    }
}

fn of_organization(error: &OrganizationError) -> Condition {
    match error {
        OrganizationError::SignIn(message) => of_message(message),
        OrganizationError::Observer { message, .. } => of_message(message),
        OrganizationError::Transport(_) | OrganizationError::TooSlow { .. } => {
            Condition::OrganizationUnreachable
        }
        OrganizationError::Lease(_) => Condition::Busy,
        OrganizationError::Client(_)
        | OrganizationError::NoToken { .. }
        | OrganizationError::Id { .. }
        | OrganizationError::Refused(_)
        | OrganizationError::Unreadable { .. }
        | OrganizationError::UnknownStatus { .. }
        | OrganizationError::UnknownRole { .. } => Condition::Other,
    }
}

/// A server that is out of order refuses no key.
fn of_message(message: &ServerMessage) -> Condition {
    match message.status {
        400 | 401 | 403 if !message.page => Condition::KeyRefused,
        500.. => Condition::OrganizationUnreachable,
        _ => Condition::Other,
    }
}
