//! What lies in the folder of a profile, on its way into another folder: files, secrets of the keychain, and what its settings
//! would have run there.

use crate::clock::Clock;
use crate::installation::{Installation, SetupError};
use crate::paths::{MOVED, PROFILES, ProcessEnvironment, Profile, owner_only};
use crate::secrets::{SecretName, SecretPlace, check_owner};
use crate::settings;
use bwdc_core::names::SourceName;
use bwdc_core::settings::{SecretStoreChoice, Setting, SettingValue};
use std::io;
use std::path::{Path, PathBuf};

/// Why a profile could not be copied.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RelocationError {
    /// A file cannot be read or written.
    #[error("cannot copy `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Settings or secrets cannot be read or written.
    #[error(transparent)]
    Setup(#[from] SetupError),
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
pub(crate) fn folders(folder: &Path) -> Vec<PathBuf> {
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
pub(crate) fn commands(
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
pub(crate) fn are_same(one: &[NamedCommand], other: &[NamedCommand]) -> bool {
    let key = |it: &NamedCommand| (it.place.clone(), it.setting, it.command.clone());
    one.iter().map(key).eq(other.iter().map(key))
}

/// A profile that is copied, under the locks of whoever copies it.
pub(crate) struct Relocation<'a> {
    /// The folder that has it.
    pub(crate) from: &'a Path,
    /// The folder that gets it, which is there.
    pub(crate) to: &'a Path,
    /// With what the secrets there are opened.
    pub(crate) old: &'a ProcessEnvironment,
    /// With what they are kept here.
    pub(crate) new: &'a ProcessEnvironment,
    /// Whether secrets that variables give are kept, too.
    pub(crate) takes_variables: bool,
    /// Whether the profiles in it come along.
    pub(crate) takes_profiles: bool,
    /// The time.
    pub(crate) clock: Clock,
}

impl Relocation<'_> {
    /// Copies 1. files, noting in `made` what was made; 2. secrets that lie in the keychain. Gives the secrets that could not be
    /// taken along.
    ///
    /// # Errors
    /// [`RelocationError`]; what was made is still there.
    pub(crate) fn copy(&self, made: &mut Vec<PathBuf>) -> Result<Vec<Left>, RelocationError> {
        self.copy_files(self.from, self.to, made)?;
        let mut left = Vec::new();
        let more = if self.takes_profiles { usize::MAX } else { 1 };
        for one in folders(self.from).into_iter().take(more) {
            let place =
                one.strip_prefix(self.from).map_or_else(|_| self.to.to_owned(), |it| self.to.join(it));
            left.extend(self.copy_secrets(one, place)?);
        }
        Ok(left)
    }

    fn copy_files(&self, from: &Path, to: &Path, made: &mut Vec<PathBuf>) -> Result<(), RelocationError> {
        for entry in std::fs::read_dir(from).map_err(failed(from))? {
            let entry = entry.map_err(failed(from))?;
            let name = entry.file_name();
            let (source, target) = (entry.path(), to.join(&name));
            let kind = entry.file_type().map_err(failed(&source))?;
            if stays(&name.to_string_lossy()) || (name == PROFILES && !self.takes_profiles) {
                continue;
            }
            if kind.is_dir() {
                let is_new = !target.exists();
                owner_only::create_folder(&target).map_err(failed(&target))?;
                made.extend(is_new.then(|| target.clone()));
                self.copy_files(&source, &target, made)?;
            } else if kind.is_file() {
                let text = read_file(&source).map_err(failed(&source))?;
                let mut file = owner_only::create_new(&target).map_err(failed(&target))?;
                made.push(target.clone());
                io::Write::write_all(&mut file, &text).map_err(failed(&target))?;
            }
        }
        Ok(())
    }

    fn copy_secrets(&self, from: PathBuf, to: PathBuf) -> Result<Vec<Left>, SetupError> {
        let old = Installation::open(self.old.clone(), Profile::new(from), self.clock)?;
        let mut new = Installation::open(self.new.clone(), Profile::new(to), self.clock)?;
        let wants_keychain = new.connector_settings()?.secrets.store == Some(SecretStoreChoice::Keychain);
        if wants_keychain && !self.new.has_keychain() {
            let store = Setting::find("secrets.store").expect("the table of settings has it");
            settings::set(&mut new, store, &SettingValue::Text(Some("encrypted-file".to_owned())))?;
        }
        let mut left = self.of_one(&old, &mut new)?;
        for source in old.source_names()? {
            let (old, mut new) = (old.open_source(source.as_str())?, new.open_source(source.as_str())?);
            left.extend(self.of_one(&old, &mut new)?);
        }
        Ok(left)
    }

    fn of_one(&self, old: &Installation, new: &mut Installation) -> Result<Vec<Left>, SetupError> {
        let mut left = Vec::new();
        for name in SecretName::ALL {
            match old.secrets().place(old.data(), name) {
                Some(SecretPlace::Keychain) => {}
                Some(SecretPlace::Variable) if self.takes_variables => {}
                _ => continue,
            }
            match old.secrets().get(old.data(), name) {
                Ok(Some(secret)) => new.set_secret(name, &secret)?,
                // A keychain that is locked, or another account's.
                Ok(None) | Err(_) => left.push(Left { source: old.profile().source.clone(), name }),
            }
        }
        Ok(left)
    }
}

/// What belongs to a moment, to a process, or to the place.
fn stays(name: &str) -> bool {
    name.ends_with(".lock")
        || name.ends_with(".holder")
        || name.ends_with(".sock")
        || name.starts_with("bwdc.log")
        || name == "desktop.instance"
        || name == MOVED
        || name == "locks"
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

fn failed(path: &Path) -> impl FnOnce(io::Error) -> RelocationError {
    let path = path.to_owned();
    move |source| RelocationError::Io { path, source }
}
