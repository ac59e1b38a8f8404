//! A profile that goes to the folder of the machine's service.

use super::SystemServiceError;
use crate::clock::Clock;
use crate::installation::{Installation, SetupError};
use crate::paths::{MOVED, ProcessEnvironment, Profile, owner_only};
use crate::secrets::{SecretName, SecretPlace};
use crate::settings;
use bwdc_core::names::SourceName;
use bwdc_core::settings::{SecretStoreChoice, Setting, SettingValue};
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

/// A secret that could not be taken along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Whose it is.
    pub source: SourceName,
    /// Which.
    pub name: SecretName,
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
    copy_files(from, to)?;
    let left = copy_secrets(&old, environment, to, clock)?;
    Ok(MovedProfile { from: from.to_owned(), to: to.to_owned(), left })
}

/// What belongs to a moment, to a process, or to the place.
fn stays(name: &str) -> bool {
    name.ends_with(".lock")
        || name.ends_with(".holder")
        || name.ends_with(".sock")
        || name.starts_with("bwdc.log")
        || name == MOVED
        || name == "locks"
}

fn copy_files(from: &Path, to: &Path) -> Result<(), SystemServiceError> {
    for entry in std::fs::read_dir(from).map_err(failed(from))? {
        let entry = entry.map_err(failed(from))?;
        let name = entry.file_name();
        let (source, target) = (entry.path(), to.join(&name));
        let kind = entry.file_type().map_err(failed(&source))?;
        if stays(&name.to_string_lossy()) {
            continue;
        }
        if kind.is_dir() {
            owner_only::create_folder(&target).map_err(failed(&target))?;
            copy_files(&source, &target)?;
        } else if kind.is_file() {
            let text = read_file(&source).map_err(failed(&source))?;
            let mut file = owner_only::create_new(&target).map_err(failed(&target))?;
            io::Write::write_all(&mut file, &text).map_err(failed(&target))?;
        }
    }
    Ok(())
}

/// Reads a file of another account, as root: whatever it was exchanged for in this moment, no link is followed.
#[cfg(unix)]
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut text = Vec::new();
    io::Read::read_to_end(&mut file, &mut text)?;
    Ok(text)
}

#[cfg(not(unix))]
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path)
}

fn copy_secrets(
    old: &Installation,
    environment: &ProcessEnvironment,
    to: &Path,
    clock: Clock,
) -> Result<Vec<Left>, SystemServiceError> {
    let mut new = Installation::open(environment.clone().apart(), Profile::new(to), clock)?;
    if new.connector_settings()?.secrets.store == Some(SecretStoreChoice::Keychain) {
        let store = Setting::find("secrets.store").expect("the table of settings has it");
        settings::set(&mut new, store, &SettingValue::Text(Some("encrypted-file".to_owned())))?;
    }
    let mut left = of_one(old, &mut new)?;
    for source in old.source_names()? {
        left.extend(of_one(&old.open_source(source.as_str())?, &mut new.open_source(source.as_str())?)?);
    }
    Ok(left)
}

fn of_one(old: &Installation, new: &mut Installation) -> Result<Vec<Left>, SetupError> {
    let mut left = Vec::new();
    for name in SecretName::ALL {
        let place = old.secrets().place(old.data(), name);
        if !matches!(place, Some(SecretPlace::Keychain | SecretPlace::Variable)) {
            continue;
        }
        match old.secrets().get(old.data(), name) {
            Ok(Some(secret)) => new.set_secret(name, &secret)?,
            // A keychain that is locked, or another account's.
            Ok(None) | Err(_) => left.push(Left { source: old.profile().source.clone(), name }),
        }
    }
    Ok(left)
}

pub(super) fn failed(path: &Path) -> impl FnOnce(io::Error) -> SystemServiceError {
    let path = path.to_owned();
    move |source| SystemServiceError::Io { path, source }
}
