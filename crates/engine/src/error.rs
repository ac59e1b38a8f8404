//! Why a command could not be carried out.

use crate::accounts::SignInError;
use crate::directory::google::KeyFileError;
use crate::directory::open::SourceError;
use crate::history::HistoryError;
use crate::installation::SetupError;
use crate::profiles::ProfileError;
use crate::run::{PlanFileError, RunError};
use crate::settings::SettingsFileError;
use crate::take_over::TakeOverError;

/// Everything that can stand in the way of the engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The installation cannot be used as it is.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// Nobody could be signed in.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// A run, or a look at what a run would do, did not do everything.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The history, or the ledger beside it, does not have what was asked for.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A file is no key file of a Google service account.
    #[error("the key file cannot be used: {0}")]
    KeyFile(#[from] KeyFileError),
    /// A saved plan cannot be read or written.
    #[error(transparent)]
    PlanFile(#[from] PlanFileError),
    /// A file of settings is not taken.
    #[error(transparent)]
    SettingsFile(#[from] SettingsFileError),
    /// A profile cannot be made, copied or removed.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// A folder elsewhere is not taken over.
    #[error(transparent)]
    TakeOver(#[from] TakeOverError),
}

impl From<SourceError> for EngineError {
    fn from(error: SourceError) -> Self {
        RunError::from(error).into()
    }
}
