//! A profile that goes to the folder of the machine's service.

use super::SystemServiceError;
use crate::clock::Clock;
use crate::installation::Installation;
use crate::paths::{ProcessEnvironment, Profile, owner_only};
use crate::relocation::{Left, Relocation, RelocationError};
use std::io;
use std::path::{Path, PathBuf};

/// A profile that was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedProfile {
    /// Where it was.
    pub from: PathBuf,
    /// Where it is.
    pub to: PathBuf,
    /// What has to be entered again.
    pub left: Vec<Left>,
}

/// Copies a profile: 1. under its lock; 2. its files; 3. secrets of the keychain, which no service can open, into a store of
/// its own.
pub(super) fn copy(
    environment: &ProcessEnvironment,
    from: &Path,
    to: &Path,
    clock: Clock,
) -> Result<MovedProfile, SystemServiceError> {
    if to.join("data.json").exists() {
        return Err(SystemServiceError::Occupied { folder: to.to_owned() });
    }
    let old = Installation::open(environment.clone(), Profile::new(from), clock)?;
    let _run_lock = old.lock("service install").map_err(|error| SystemServiceError::Command {
        command: "lock".to_owned(),
        said: error.to_string(),
    })?;
    owner_only::create_folder(to).map_err(failed(to))?;
    let new = environment.clone().apart();
    let relocation = Relocation {
        from,
        to,
        old: environment,
        new: &new,
        takes_variables: true,
        takes_profiles: true,
        clock,
    };
    let left = relocation.copy(&mut Vec::new())?;
    Ok(MovedProfile { from: from.to_owned(), to: to.to_owned(), left })
}

impl From<RelocationError> for SystemServiceError {
    fn from(error: RelocationError) -> Self {
        match error {
            RelocationError::Io { path, source } => Self::Io { path, source },
            RelocationError::Setup(error) => Self::Setup(error),
        }
    }
}

pub(super) fn failed(path: &Path) -> impl FnOnce(io::Error) -> SystemServiceError {
    let path = path.to_owned();
    move |source| SystemServiceError::Io { path, source }
}
