//! A profile that goes to the folder of the machine's service.

use super::SystemServiceError;
use crate::clock::Clock;
use crate::installation::{Installation, SetupError};
use crate::paths::{MOVED, PROFILES, ProcessEnvironment, Profile, owner_only};
use crate::secrets::{SecretName, SecretPlace, check_owner};
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

/// A command that the settings of a profile name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCommand {
    /// The folder of the profile, from that of the default one.
    pub place: PathBuf,
    /// The setting that names it.
    pub setting: &'static str,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Whether an account chose it, or could, that is neither root nor this one.
    pub of_another: bool,
}

/// The folder of a default profile, and those of the profiles in it.
pub(super) fn folders(folder: &Path) -> Vec<PathBuf> {
    let named = std::fs::read_dir(folder.join(PROFILES)).into_iter().flatten().flatten();
    let mut named: Vec<PathBuf> =
        named.map(|it| it.path()).filter(|it| it.join("data.json").exists()).collect();
    named.sort();
    [folder.to_owned()].into_iter().chain(named).collect()
}

/// The commands that the settings in a folder make a service run, with those of its further profiles.
///
/// # Errors
/// [`SetupError`] when settings cannot be read: nobody would know what they name.
pub(super) fn commands(
    environment: &ProcessEnvironment,
    folder: &Path,
    clock: Clock,
) -> Result<Vec<NamedCommand>, SetupError> {
    let mut found = Vec::new();
    for one in folders(folder) {
        let profile = Profile::new(&one);
        let of_another = check_owner(&profile).is_err();
        let settings =
            Installation::open(environment.clone().apart(), profile, clock)?.connector_settings()?;
        let place = one.strip_prefix(folder).map(Path::to_owned).unwrap_or_default();
        let named =
            [("secrets.command", settings.secrets.command), ("notify.command", settings.notify.command)];
        let named = named.into_iter().filter(|(_, command)| !command.is_empty());
        found.extend(named.map(|(setting, command)| NamedCommand {
            place: place.clone(),
            setting,
            command,
            of_another,
        }));
    }
    Ok(found)
}

/// Whether both name the same commands at the same places, whoever owns the files.
pub(super) fn are_same(one: &[NamedCommand], other: &[NamedCommand]) -> bool {
    let key = |it: &NamedCommand| (it.place.clone(), it.setting, it.command.clone());
    one.iter().map(key).eq(other.iter().map(key))
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
    let mut left = copy_secrets(&old, environment, to, clock)?;
    for one in folders(from).into_iter().skip(1) {
        let place = one.strip_prefix(from).map(|it| to.join(it)).unwrap_or_else(|_| to.to_owned());
        let old = Installation::open(environment.clone(), Profile::new(one), clock)?;
        left.extend(copy_secrets(&old, environment, &place, clock)?);
    }
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
