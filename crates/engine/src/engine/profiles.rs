//! Profiles of this account, and folders elsewhere that become one.

use super::Engine;
use crate::clock::Clock;
use crate::error::EngineError;
use crate::paths::{ProcessEnvironment, ProfileName};
use crate::profiles::{self, Copied, CopiedSecrets, ProfileEntry};
use crate::take_over::{self, FoundFolder, TakenOver};
use std::path::{Path, PathBuf};

impl Engine {
    /// Every profile, the default one first.
    ///
    /// # Errors
    /// [`EngineError::Profile`] when the folder of profiles cannot be told or listed.
    pub fn profiles(environment: &ProcessEnvironment) -> Result<Vec<ProfileEntry>, EngineError> {
        Ok(profiles::list(environment)?)
    }

    /// Makes an empty profile, for its owner only.
    ///
    /// # Errors
    /// [`EngineError::Profile`] when there is one, or its folder cannot be made.
    pub fn create_profile(
        environment: &ProcessEnvironment,
        name: &ProfileName,
    ) -> Result<PathBuf, EngineError> {
        Ok(profiles::create(environment, name)?)
    }

    /// Makes a profile with the settings of another: not its sign-in, its ledger, its history or its last-sync times.
    ///
    /// # Errors
    /// [`EngineError::Profile`]; there is no copy then.
    pub fn copy_profile(
        environment: &ProcessEnvironment,
        from: &ProfileName,
        to: &ProfileName,
        secrets: CopiedSecrets,
    ) -> Result<Copied, EngineError> {
        Ok(profiles::copy(environment, from, to, secrets)?)
    }

    /// Folders elsewhere that have settings which can be taken over.
    pub fn folders_elsewhere(environment: &ProcessEnvironment) -> Vec<PathBuf> {
        take_over::elsewhere(environment)
    }

    /// Looks at a folder elsewhere; nothing is changed.
    ///
    /// # Errors
    /// [`EngineError::TakeOver`] where nothing there can be taken over.
    pub fn look_elsewhere(
        environment: &ProcessEnvironment,
        folder: &Path,
    ) -> Result<FoundFolder, EngineError> {
        Ok(take_over::look(environment, folder, Clock::System)?)
    }

    /// Takes a folder elsewhere over into a profile without settings, and marks it, so that nothing of ours syncs from it.
    ///
    /// # Errors
    /// [`EngineError::TakeOver`]; everything is as it was then.
    pub fn take_over(
        environment: &ProcessEnvironment,
        folder: &Path,
        name: &ProfileName,
    ) -> Result<TakenOver, EngineError> {
        Ok(take_over::take_over(environment, folder, name, Clock::System)?)
    }

    /// Removes a profile with its settings, secrets, ledger and history.
    ///
    /// # Errors
    /// [`EngineError::Profile`] for the default one, while a run is going on, or with what could not be removed.
    pub fn remove_profile(
        environment: &ProcessEnvironment,
        name: &ProfileName,
    ) -> Result<PathBuf, EngineError> {
        Ok(profiles::remove(environment, name, Clock::System)?)
    }
}
