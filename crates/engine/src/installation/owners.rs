//! Files of accounts that have nothing to do with the installation: where several accounts can write to the folder, each of them
//! could put its own settings there.

use super::SetupError;
use crate::paths::{Profile, stranger_of_file};
use std::path::PathBuf;

/// Refuses settings that belong to neither this account, nor root, nor the owner of the folder.
///
/// # Errors
/// [`SetupError::SettingsOfAnother`].
pub(crate) fn expect_own(profile: &Profile) -> Result<(), SetupError> {
    let path = &profile.data_json;
    match stranger_of_file(path, &profile.folder) {
        Some(user) => Err(SetupError::SettingsOfAnother { path: path.clone(), user }),
        None => Ok(()),
    }
}

/// The files of an installation that belong to such an account, and the number of that account.
pub(crate) fn strangers(profile: &Profile) -> Vec<(PathBuf, u32)> {
    let files = [
        profile.data_json.clone(),
        profile.connector_toml.clone(),
        profile.connector_db.clone(),
        profile.secrets_json(),
        profile.secrets_key(),
    ];
    let found = files.into_iter().map(|path| (stranger_of_file(&path, &profile.folder), path));
    found.filter_map(|(user, path)| user.map(|user| (path, user))).collect()
}
