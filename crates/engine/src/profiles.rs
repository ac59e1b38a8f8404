//! Profiles: several installations on one machine, each with its own settings, secrets and state.
//!
//! The default one is the official connector's folder; it is neither made nor removed here.

use crate::clock::Clock;
use crate::installation::source_name;
use crate::lock::{LockError, RunLock};
use crate::paths::{PROFILES, PathError, ProcessEnvironment, Profile, ProfileName, owner_only};
use crate::secrets::{SecretError, SecretName, Secrets};
use crate::store::{Overrides, Store, StoreError, copy_connector_settings, read_connector_settings};
use bwdc_core::names::SourceName;
use bwdc_core::settings::DirectoryKind;
use std::io;
use std::path::{Path, PathBuf};

/// One profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileEntry {
    /// Its name.
    pub name: ProfileName,
    /// Its folder.
    pub folder: PathBuf,
    /// Whether it is the one that the environment means.
    pub current: bool,
    /// Whether it has been set up.
    pub has_settings: bool,
}

/// Which secrets go into a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopiedSecrets {
    /// None.
    None,
    /// Those of directories; the sign-in to an organization never does.
    Directories,
}

/// What a copy left out or took along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Secrets that were copied, by source.
    pub secrets: Vec<(SourceName, SecretName)>,
    /// Secrets of directories that have to be entered in the copy.
    pub missing: Vec<(SourceName, SecretName)>,
}

/// Why a profile cannot be made, copied or removed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// There is one of this name.
    #[error("there is a profile `{name}` already, in `{}`", folder.display())]
    Exists {
        /// Its name.
        name: ProfileName,
        /// Its folder.
        folder: PathBuf,
    },
    /// The default profile is the official connector's folder.
    #[error("the default profile is shared with the official connector and is never removed; it is the folder `{}`", folder.display())]
    Default {
        /// Its folder.
        folder: PathBuf,
    },
    /// Its folder cannot be made, listed or removed.
    #[error("cannot change the profile in `{}`", folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The profile, or the environment, is not what it should be.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A run is going on in it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Its settings cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A secret cannot be read, written or removed.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// Every profile, the default one first.
///
/// # Errors
/// [`ProfileError`] when the folder of profiles cannot be told or listed.
pub(crate) fn list(environment: &ProcessEnvironment) -> Result<Vec<ProfileEntry>, ProfileError> {
    let current = environment.profile_name()?;
    let folder = environment.data_folder()?.join(PROFILES);
    let mut names = vec![ProfileName::default()];
    match std::fs::read_dir(&folder) {
        Ok(entries) => {
            for entry in entries {
                let entry = entry.map_err(failed(&folder))?;
                let name =
                    entry.file_name().to_str().and_then(|name| exact(name).filter(|_| entry.path().is_dir()));
                names.extend(name);
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(&folder)(error)),
    }
    names[1..].sort();
    names
        .into_iter()
        .map(|name| {
            let profile = Profile::named(environment, &name)?;
            let has_settings = profile.data_json.exists();
            Ok(ProfileEntry { current: name == current, name, folder: profile.folder, has_settings })
        })
        .collect()
}

/// Makes an empty profile, for its owner only.
///
/// # Errors
/// [`ProfileError::Exists`]; [`ProfileError::Io`] when the folder cannot be made.
pub(crate) fn create(environment: &ProcessEnvironment, name: &ProfileName) -> Result<PathBuf, ProfileError> {
    let profile = Profile::named(environment, name)?;
    let exists = || ProfileError::Exists { name: name.clone(), folder: profile.folder.clone() };
    if name.is_default() {
        return Err(exists());
    }
    let above = profile.folder.parent().unwrap_or(&profile.folder);
    if !above.is_dir() {
        owner_only::create_folder(above).map_err(failed(above))?;
    }
    match owner_only::create_new_folder(&profile.folder) {
        Ok(()) => Ok(profile.folder),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists()),
        Err(error) => Err(failed(&profile.folder)(error)),
    }
}

/// Makes a profile with the settings of another: not its sign-in, its ledger, its history or its last-sync times.
///
/// The copy is an installation of its own: it has another id, and so has each of its directory accounts, so that no
/// secret of one is ever found by the other.
///
/// # Errors
/// [`ProfileError`]; there is no copy then.
pub(crate) fn copy(
    environment: &ProcessEnvironment,
    from: &ProfileName,
    to: &ProfileName,
    secrets: CopiedSecrets,
) -> Result<Copied, ProfileError> {
    let original = Profile::from_environment(&environment.clone().for_profile(from.clone()))?;
    let store = Store::open(&original)?;
    let folder = create(environment, to)?;
    let copied = fill_all(environment, &original, &store, &Profile::new(&folder), secrets);
    if copied.is_err() {
        // The first error is the one to tell.
        let _ = std::fs::remove_dir_all(&folder);
    }
    copied
}

fn fill_all(
    environment: &ProcessEnvironment,
    original: &Profile,
    from: &Store,
    copy: &Profile,
    secrets: CopiedSecrets,
) -> Result<Copied, ProfileError> {
    let mut copied = Copied { secrets: Vec::new(), missing: Vec::new() };
    fill(environment, original, from, copy, secrets, &mut copied)?;
    for source in sources(original)? {
        let (original, copy) = (original.of_source(&source), copy.of_source(&source));
        owner_only::create_folder(&copy.folder).map_err(failed(&copy.folder))?;
        fill(environment, &original, &Store::open(&original)?, &copy, secrets, &mut copied)?;
    }
    Ok(copied)
}

/// The further sources that have a folder.
fn sources(profile: &Profile) -> Result<Vec<SourceName>, ProfileError> {
    let names = read_connector_settings(profile, &Overrides::default())?.sources;
    let names = names.iter().filter_map(|name| source_name(name).ok());
    Ok(names.filter(|name| profile.of_source(name).folder.is_dir()).collect())
}

fn fill(
    environment: &ProcessEnvironment,
    original: &Profile,
    from: &Store,
    copy: &Profile,
    wanted: CopiedSecrets,
    copied: &mut Copied,
) -> Result<(), ProfileError> {
    copy_connector_settings(original, copy)?;
    let mut store = Store::open(copy)?;
    let mut settings = from.stored().settings_only();
    settings.ensure_app_id();
    store.update(|data| *data = settings)?;
    let (ours, theirs) = (Secrets::open(original, environment), Secrets::open(copy, environment));
    for name in DirectoryKind::ALL.map(SecretName::of_directory) {
        if theirs.is_set(store.stored(), name) || !ours.is_set(from.stored(), name) {
            continue;
        }
        let value = match wanted {
            CopiedSecrets::Directories => ours.get(from.stored(), name)?,
            CopiedSecrets::None => None,
        };
        match value {
            Some(value) => {
                theirs.set(&mut store, name, &value)?;
                copied.secrets.push((copy.source.clone(), name));
            }
            None => copied.missing.push((copy.source.clone(), name)),
        }
    }
    Ok(())
}

/// Removes a profile with its settings, secrets, ledger and history:
///
/// 1. takes its lock, so that no run is cut off;
/// 2. forgets what it has in the keychain;
/// 3. removes the files, the lock last.
///
/// # Errors
/// [`ProfileError::Default`]; [`ProfileError::Lock`] while a run is going on; else what could not be removed.
pub(crate) fn remove(
    environment: &ProcessEnvironment,
    name: &ProfileName,
    clock: Clock,
) -> Result<PathBuf, ProfileError> {
    if name.is_default() {
        return Err(ProfileError::Default { folder: environment.data_folder()? });
    }
    let profile = Profile::from_environment(&environment.clone().for_profile(name.clone()))?;
    let folder = profile.folder.clone();
    let is_link = std::fs::symlink_metadata(&folder).map_err(failed(&folder))?.is_symlink();
    if is_link {
        // What a link leads to is not ours to remove.
        std::fs::remove_file(&folder).map_err(failed(&folder))?;
        return Ok(folder);
    }
    let lock = RunLock::acquire(&profile, "profile remove", clock.now())?;
    // A profile whose settings cannot be read has nothing that could be found.
    let further = sources(&profile).unwrap_or_default();
    for profile in further.iter().map(|source| profile.of_source(source)).chain([profile.clone()]) {
        if let Ok(store) = Store::open(&profile) {
            Secrets::open(&profile, environment).forget_keychain(&store)?;
        }
    }
    let kept = |path: &Path| path == profile.lock;
    for entry in std::fs::read_dir(&folder).map_err(failed(&folder))? {
        let path = entry.map_err(failed(&folder))?.path();
        let is_folder = std::fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir());
        let removed = match is_folder {
            _ if kept(&path) => Ok(()),
            true => std::fs::remove_dir_all(&path),
            false => std::fs::remove_file(&path),
        };
        removed.map_err(failed(&path))?;
    }
    drop(lock);
    std::fs::remove_dir_all(&folder).map_err(failed(&folder))?;
    Ok(folder)
}

/// The name of a folder that a profile's name leads to.
fn exact(folder: &str) -> Option<ProfileName> {
    ProfileName::parse(folder).ok().filter(|name| name.as_str() == folder && !name.is_default())
}

fn failed(folder: &Path) -> impl Fn(io::Error) -> ProfileError {
    let folder = folder.to_owned();
    move |source| ProfileError::Io { folder: folder.clone(), source }
}
