//! By what scripts tell errors apart: the value of `kind` in an answer as JSON.

use bwdc_engine::organization::{ApplyError, OrganizationError};
use bwdc_engine::profiles::ProfileError;
use bwdc_engine::take_over::TakeOverError;
use bwdc_engine::{EngineError, HistoryError, RunError, SetupError, SignInError};

/// The kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The sign-in to the organization is missing or refused.
    SignIn,
    /// The organization's server refuses, or cannot be reached.
    Organization,
    /// The directory refuses, cannot be reached, or holds what cannot be brought over.
    Directory,
    /// A setting, a variable or a file of settings is missing or wrong.
    Settings,
    /// A limit or a changed plan stopped the run, and nothing was sent.
    Refused,
    /// Nobody can say what a request did.
    UnknownEffect,
    /// Somebody asked it to end.
    Interrupted,
    /// Another run is going on.
    Busy,
    /// The history does not have what was asked for.
    History,
    /// A file of the installation, a secret or the ledger cannot be read or written.
    Storage,
}

impl ErrorKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::SignIn,
        Self::Organization,
        Self::Directory,
        Self::Settings,
        Self::Refused,
        Self::UnknownEffect,
        Self::Interrupted,
        Self::Busy,
        Self::History,
        Self::Storage,
    ];

    /// What scripts know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Organization => "organization",
            Self::Directory => "directory",
            Self::Settings => "settings",
            Self::Refused => "refused",
            Self::UnknownEffect => "unknown-effect",
            Self::Interrupted => "interrupted",
            Self::Busy => "busy",
            Self::History => "history",
            Self::Storage => "storage",
        }
    }
}

/// The kind of an error of the engine.
pub fn of(error: &EngineError) -> ErrorKind {
    match error {
        EngineError::Setup(error) => of_setup(error),
        EngineError::SignIn(error) => match error {
            SignInError::Setup(error) => of_setup(error),
            SignInError::Organization(error) => of_organization(error),
            SignInError::AlreadySignedIn { .. }
            | SignInError::NotAnOrganization { .. }
            | SignInError::NotAPerson { .. }
            | SignInError::ObserverNotNeeded { .. }
            | SignInError::Account(_) => ErrorKind::SignIn,
        },
        EngineError::Run(error) => of_run(error),
        EngineError::History(error) => match error {
            HistoryError::Setup(error) => of_setup(error),
            HistoryError::Lock(_) => ErrorKind::Busy,
            HistoryError::Ledger(_) | HistoryError::LedgerDamaged { .. } => ErrorKind::Storage,
            HistoryError::NoAddress { .. } => ErrorKind::Settings,
            HistoryError::NothingToApprove { .. }
            | HistoryError::NothingToWithdraw { .. }
            | HistoryError::OnlyMended { .. }
            | HistoryError::NoLedger
            | HistoryError::NobodyWaits { .. }
            | HistoryError::CannotInviteAnew { .. }
            | HistoryError::NotDecided { .. }
            | HistoryError::NoSuchRun { .. } => ErrorKind::History,
        },
        EngineError::PlanFile(_) => ErrorKind::Storage,
        EngineError::KeyFile(_) | EngineError::SettingsFile(_) => ErrorKind::Settings,
        EngineError::Profile(error) | EngineError::TakeOver(TakeOverError::Profile(error)) => {
            of_profile(error)
        }
        EngineError::TakeOver(TakeOverError::Lock(_)) => ErrorKind::Busy,
        EngineError::TakeOver(TakeOverError::Setup(error)) => of_setup(error),
        EngineError::TakeOver(_) => ErrorKind::Settings,
    }
}

fn of_setup(error: &SetupError) -> ErrorKind {
    match error {
        SetupError::NotSignedIn
        | SetupError::OrganizationMissing
        | SetupError::KeyOfAnother { .. }
        | SetupError::ClearText { .. }
        | SetupError::EnteredForAnother { .. } => ErrorKind::SignIn,
        SetupError::NoDirectory
        | SetupError::Moved { .. }
        | SetupError::SettingsOfAnother { .. }
        | SetupError::DirectoryIncomplete(_)
        | SetupError::CredentialsMissing { .. }
        | SetupError::OfSource { .. }
        | SetupError::NoSuchSource { .. }
        | SetupError::NotOfSource { .. }
        | SetupError::RepeatsRoot { .. }
        | SetupError::SourceName { .. }
        | SetupError::Settings(_)
        | SetupError::LdapFilter(_)
        | SetupError::Path(_)
        | SetupError::Override(_) => ErrorKind::Settings,
        SetupError::Store(_) | SetupError::Secret(_) | SetupError::Ledger(_) => ErrorKind::Storage,
    }
}

fn of_run(error: &RunError) -> ErrorKind {
    match error {
        RunError::Setup(error) => of_setup(error),
        RunError::Lock(_) => ErrorKind::Busy,
        RunError::Ledger(_) => ErrorKind::Storage,
        RunError::Directory(_)
        | RunError::Source { .. }
        | RunError::Desired(_)
        | RunError::SourcesNotRead { .. } => ErrorKind::Directory,
        RunError::Cancelled => ErrorKind::Interrupted,
        RunError::EndedAfterRefusals { error, .. } | RunError::NotDone { error, .. } => of_run(error),
        RunError::ImportUnderWay { .. } => ErrorKind::UnknownEffect,
        RunError::Held { .. }
        | RunError::Refused { .. }
        | RunError::PlanOfAnother { .. }
        | RunError::PlanChanged { .. } => ErrorKind::Refused,
        RunError::Organization(error) => of_organization(error),
        RunError::Apply(error) => of_apply(error),
        RunError::OrganizationAtFault(error) => of_fault(error),
        RunError::OverwriteRefused { error, .. } => of_apply(error),
        RunError::MembersHidden { .. }
        | RunError::CannotRebuild
        | RunError::RecordsRefused { .. }
        | RunError::ImportHeldBack { .. }
        | RunError::NotTaken { .. } => ErrorKind::Organization,
    }
}

fn of_profile(error: &ProfileError) -> ErrorKind {
    match error {
        ProfileError::Lock(_) => ErrorKind::Busy,
        ProfileError::Exists { .. }
        | ProfileError::Default { .. }
        | ProfileError::Io { .. }
        | ProfileError::Path(_)
        | ProfileError::Store(_)
        | ProfileError::Secret(_) => ErrorKind::Settings,
    }
}

fn of_organization(error: &OrganizationError) -> ErrorKind {
    match error {
        OrganizationError::SignIn(_) | OrganizationError::NoToken { .. } => ErrorKind::SignIn,
        OrganizationError::Client(_)
        | OrganizationError::Transport(_)
        | OrganizationError::TooSlow { .. }
        | OrganizationError::Lease(_)
        | OrganizationError::Id { .. }
        | OrganizationError::Observer { .. }
        | OrganizationError::Refused(_)
        | OrganizationError::Unreadable { .. }
        | OrganizationError::UnknownStatus { .. }
        | OrganizationError::UnknownRole { .. } => ErrorKind::Organization,
    }
}

fn of_apply(error: &ApplyError) -> ErrorKind {
    match error {
        ApplyError::NotSent(error) => of_organization(error),
        ApplyError::Unknown { .. } => ErrorKind::UnknownEffect,
        ApplyError::Refused { .. }
        | ApplyError::NoRevoke
        | ApplyError::JoinedMeanwhile
        | ApplyError::Altered { .. } => ErrorKind::Organization,
    }
}

fn of_fault(error: &ApplyError) -> ErrorKind {
    match error {
        ApplyError::Unknown { .. } => ErrorKind::UnknownEffect,
        ApplyError::NotSent(_)
        | ApplyError::Refused { .. }
        | ApplyError::NoRevoke
        | ApplyError::JoinedMeanwhile
        | ApplyError::Altered { .. } => ErrorKind::Organization,
    }
}
