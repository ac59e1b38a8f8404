//! A folder elsewhere whose settings become those of a profile here: that of another account, of a portable program, or of a
//! program that was told of another folder. Nothing in it is rewritten but for the mark that says where it went.

use crate::clock::Clock;
use crate::desktop_state::{self, DesktopKey};
use crate::installation::{Installation, SetupError};
use crate::lock::{LockError, RunLock};
use crate::paths::{PathError, ProcessEnvironment, Profile, ProfileName, mark, moved_to, owner_only};
use crate::profiles::{self, ProfileError};
use crate::relocation::{self, Left, NamedCommand, Relocation, RelocationError};
use bwdc_core::settings::{DirectoryKind, EnvironmentUrls};
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};

/// The variable by which the official connector is told of a folder.
const FOLDER: &str = "BITWARDENCLI_CONNECTOR_APPDATA_DIR";
/// What the lock of a folder says of who has it.
const COMMAND: &str = "profile take-over";

/// What lies in a folder elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFolder {
    /// The folder.
    pub folder: PathBuf,
    /// The organization's id, where somebody is signed in.
    pub organization: Option<String>,
    /// Where the organization is.
    pub urls: EnvironmentUrls,
    /// The kind of directory.
    pub directory: Option<DirectoryKind>,
    /// Whether the program there syncs by itself.
    pub syncs_by_itself: bool,
    /// Commands in its settings that another account chose, or could.
    pub foreign_commands: Vec<NamedCommand>,
    /// The number of the account that has it, where that is neither this one nor root.
    pub of_account: Option<u32>,
}

/// A folder that was taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenOver {
    /// What was in it.
    pub found: FoundFolder,
    /// The profile that has it now.
    pub name: ProfileName,
    /// The folder of that profile.
    pub to: PathBuf,
    /// What has to be entered again.
    pub left: Vec<Left>,
}

/// Why a folder is not taken over.
#[derive(Debug, thiserror::Error)]
pub enum TakeOverError {
    /// No settings are there.
    #[error("there is no `data.json` in `{}`", folder.display())]
    Nothing {
        /// The folder.
        folder: PathBuf,
    },
    /// It is one of this account's profiles.
    #[error("`{}` is the profile `{name}` already", folder.display())]
    Here {
        /// The folder.
        folder: PathBuf,
        /// The profile.
        name: ProfileName,
    },
    /// It went elsewhere before.
    #[error("the profile in `{}` went to `{}`", folder.display(), to.display())]
    Gone {
        /// The folder.
        folder: PathBuf,
        /// Where it went.
        to: PathBuf,
    },
    /// The profile that is to get it has settings.
    #[error("the profile `{name}` has settings already, in `{}`", folder.display())]
    Occupied {
        /// The profile.
        name: ProfileName,
        /// Its folder.
        folder: PathBuf,
    },
    /// Its settings name commands that another account chose.
    #[error("another account chose what would be run")]
    ForeignCommands {
        /// Them.
        commands: Vec<NamedCommand>,
    },
    /// A run is going on in it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Something cannot be read, copied or marked.
    #[error("cannot take `{}` over", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Its settings or secrets cannot be read or written.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The profiles here cannot be told.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

impl From<PathError> for TakeOverError {
    fn from(error: PathError) -> Self {
        Self::Profile(error.into())
    }
}

impl From<RelocationError> for TakeOverError {
    fn from(error: RelocationError) -> Self {
        match error {
            RelocationError::Io { path, source } => Self::Io { path, source },
            RelocationError::Setup(error) => Self::Setup(error),
        }
    }
}

/// Folders elsewhere that have settings and can be read: beside the program, the system's usual one where a variable names
/// another, and those of other accounts.
pub(crate) fn elsewhere(environment: &ProcessEnvironment) -> Vec<PathBuf> {
    let here = here(environment).unwrap_or_default();
    let mut found: Vec<PathBuf> = Vec::new();
    for folder in environment.folders_of_others() {
        let readable = std::fs::File::open(folder.join("data.json"))
            .is_ok_and(|it| it.metadata().is_ok_and(|it| it.is_file()));
        let Ok(real) = std::fs::canonicalize(&folder) else { continue };
        let is_known = here.iter().any(|(_, it)| *it == real)
            || found.iter().any(|it| std::fs::canonicalize(it).is_ok_and(|it| it == real));
        if readable && !is_known && moved_to(&folder).is_none() {
            found.push(folder);
        }
    }
    found
}

/// The profiles here by their real folders.
fn here(environment: &ProcessEnvironment) -> Result<Vec<(ProfileName, PathBuf)>, TakeOverError> {
    let profiles = profiles::list(environment)?.into_iter();
    Ok(profiles.filter_map(|it| Some((it.name, std::fs::canonicalize(it.folder).ok()?))).collect())
}

/// Looks at a folder, or at the folder of a `data.json`; nothing is changed.
///
/// # Errors
/// [`TakeOverError`] where nothing is there to be taken over, or what is there cannot be read.
pub(crate) fn look(
    environment: &ProcessEnvironment,
    folder: &Path,
    clock: Clock,
) -> Result<FoundFolder, TakeOverError> {
    let folder = match folder.file_name() {
        Some(name) if name == "data.json" => folder.parent().unwrap_or(folder),
        _ => folder,
    };
    let nothing = || TakeOverError::Nothing { folder: folder.to_owned() };
    let profile = Profile::new(folder);
    match std::fs::File::open(&profile.data_json) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(nothing()),
        Err(source) => return Err(TakeOverError::Io { path: profile.data_json, source }),
    }
    let real = std::fs::canonicalize(folder).map_err(failed(folder))?;
    if let Some((name, _)) = here(environment)?.into_iter().find(|(_, it)| *it == real) {
        return Err(TakeOverError::Here { folder: folder.to_owned(), name });
    }
    if let Some(to) = moved_to(folder) {
        return Err(TakeOverError::Gone { folder: folder.to_owned(), to });
    }
    let installation = Installation::open(environment.clone().apart(), profile, clock)?;
    let data = installation.data();
    let urls = data.environment_urls().map_err(SetupError::from)?;
    let text =
        |name: &str| urls.get(name).and_then(Value::as_str).filter(|it| !it.is_empty()).map(str::to_owned);
    let commands = relocation::commands(environment, folder, clock)?;
    Ok(FoundFolder {
        folder: folder.to_owned(),
        organization: data.organization_id().map(str::to_owned),
        urls: EnvironmentUrls {
            base: text("base"),
            web_vault: text("webVault"),
            api: text("api"),
            identity: text("identity"),
        },
        directory: data.directory_kind().map_err(SetupError::from)?,
        syncs_by_itself: desktop_state::get(&installation, DesktopKey::Syncing) == Value::Bool(true),
        foreign_commands: commands.into_iter().filter(|it| it.of_another).collect(),
        of_account: crate::paths::stranger_of_folder(folder),
    })
}

/// Takes a folder over into a profile that has no settings yet, which is made where there is none:
///
/// 1. looks at it, and refuses commands that another account chose;
/// 2. takes the locks of the profiles in it;
/// 3. copies files, and secrets that lie in the keychain;
/// 4. marks it, so that no program of ours syncs from it any more.
///
/// # Errors
/// [`TakeOverError`]; what was made here is gone again then, and the folder is as it was.
pub(crate) fn take_over(
    environment: &ProcessEnvironment,
    folder: &Path,
    name: &ProfileName,
    clock: Clock,
) -> Result<TakenOver, TakeOverError> {
    let found = look(environment, folder, clock)?;
    if !found.foreign_commands.is_empty() {
        return Err(TakeOverError::ForeignCommands { commands: found.foreign_commands });
    }
    let target = Profile::named(environment, name)?;
    if target.data_json.exists() {
        return Err(TakeOverError::Occupied { name: name.clone(), folder: target.folder });
    }
    let _locks = locks(&found.folder, name, clock)?;
    let mut made = Vec::new();
    let copied = copy(environment, &found.folder, (name, &target), clock, &mut made);
    let marked = copied.and_then(|left| {
        mark(&found.folder, &target.folder, clock).map_err(failed(&found.folder))?;
        Ok(left)
    });
    match marked {
        Ok(left) => Ok(TakenOver { found, name: name.clone(), to: target.folder, left }),
        Err(error) => {
            undo(environment, &target, &made);
            Err(error)
        }
    }
}

fn locks(folder: &Path, name: &ProfileName, clock: Clock) -> Result<Vec<RunLock>, TakeOverError> {
    let folders =
        relocation::folders(folder).into_iter().take(if name.is_default() { usize::MAX } else { 1 });
    let lock = |it: PathBuf| Ok(RunLock::acquire(&Profile::new(it), COMMAND, clock.now())?);
    folders.map(lock).collect()
}

fn copy(
    environment: &ProcessEnvironment,
    from: &Path,
    (name, target): (&ProfileName, &Profile),
    clock: Clock,
    made: &mut Vec<PathBuf>,
) -> Result<Vec<Left>, TakeOverError> {
    let to = &target.folder;
    let above = to.parent().unwrap_or(to);
    for folder in [above, to] {
        if !folder.is_dir() {
            owner_only::create_folder(folder).map_err(failed(folder))?;
            made.push(folder.to_owned());
        }
    }
    // The official connector's own entries of the keychain are found by whoever has that folder as its own.
    let old = environment.clone().for_profile(ProfileName::default());
    let old = old.with_variables([(FOLDER.to_owned(), from.display().to_string())]);
    let relocation = Relocation {
        from,
        to,
        old: &old,
        new: environment,
        takes_variables: false,
        // A profile in a profile would be nobody's.
        takes_profiles: name.is_default(),
        clock,
    };
    Ok(relocation.copy(made)?)
}

/// Takes back what was made.
fn undo(environment: &ProcessEnvironment, target: &Profile, made: &[PathBuf]) {
    // The first error is the one to tell; what cannot be removed stays, without a mark that anything was taken over.
    if let Ok(store) = crate::store::Store::open(target) {
        let _ = crate::secrets::Secrets::open(target, environment).forget_keychain(&store);
    }
    for path in made.iter().rev() {
        let _ = if path.is_dir() { std::fs::remove_dir(path) } else { std::fs::remove_file(path) };
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> TakeOverError {
    let path = path.to_owned();
    move |source| TakeOverError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Platform;
    use std::fs::{create_dir_all, read_to_string, write};

    const OFFICIAL: &str = r#"{"version":5,"environmentUrls":{"base":"https://vault.example.com"},"directoryType":0,
        "organizationId":"5b1f0b0e-64c4-4c5d-9c3e-3e7b7b1a2c11","directoryLdap":{"hostname":"dc1","password":"s3cr3t-0f-reader"},
        "syncingDir":true,"somethingElse":7}"#;

    struct Place {
        top: tempfile::TempDir,
        environment: ProcessEnvironment,
    }

    impl Place {
        /// An account without settings, and another account's folder beside it.
        fn new() -> Self {
            let top = tempfile::tempdir().expect("a folder");
            let home = top.path().join("ann");
            create_dir_all(&home).expect("a folder");
            let variables = [("HOME", home.display().to_string())];
            let environment = ProcessEnvironment::new(Platform::Linux, None, variables);
            let place = Self { top, environment };
            create_dir_all(place.theirs()).expect("a folder");
            place
        }

        fn folder(&self, account: &str) -> PathBuf {
            self.top.path().join(account).join(".config").join("Bitwarden Directory Connector")
        }

        fn theirs(&self) -> PathBuf {
            self.folder("bob")
        }

        fn take(&self, name: &str) -> Result<TakenOver, TakeOverError> {
            let name = ProfileName::parse(name).expect("a name");
            take_over(&self.environment, &self.theirs(), &name, Clock::System)
        }
    }

    #[test]
    fn a_folder_elsewhere_is_found_shown_and_taken_over_once() {
        let place = Place::new();
        assert_eq!(elsewhere(&place.environment), Vec::<PathBuf>::new());
        let theirs = place.theirs();
        write(theirs.join("data.json"), OFFICIAL).expect("a file");
        write(theirs.join("bwdc.log"), "a day").expect("a file");
        assert_eq!(elsewhere(&place.environment), [theirs.as_path()]);
        let found = look(&place.environment, &theirs.join("data.json"), Clock::System).expect("settings");
        assert_eq!(found.urls.base.as_deref(), Some("https://vault.example.com"));
        assert!(
            found.syncs_by_itself
                && found.organization.is_some()
                && found.directory == Some(DirectoryKind::Ldap)
        );
        assert_eq!(
            read_to_string(theirs.join("data.json")).expect("a file"),
            OFFICIAL,
            "looking changes nothing"
        );
        assert!(!place.folder("ann").exists());

        let taken = place.take("default").expect("taken over");
        assert_eq!((taken.to.as_path(), taken.left.len()), (place.folder("ann").as_path(), 0));
        assert_eq!(read_to_string(taken.to.join("data.json")).expect("a file"), OFFICIAL);
        assert!(!taken.to.join("bwdc.log").exists(), "a log belongs to its place");
        assert_eq!(moved_to(&theirs), Some(taken.to));
        assert!(matches!(place.take("second"), Err(TakeOverError::Gone { .. })));
        assert_eq!(elsewhere(&place.environment), Vec::<PathBuf>::new());
    }

    #[test]
    fn a_profile_that_has_settings_and_a_folder_without_any_change_nothing() {
        let place = Place::new();
        assert!(matches!(place.take("default"), Err(TakeOverError::Nothing { .. })));
        write(place.theirs().join("data.json"), OFFICIAL).expect("a file");
        create_dir_all(place.folder("ann")).expect("a folder");
        write(place.folder("ann").join("data.json"), "{}").expect("a file");
        assert!(matches!(place.take("default"), Err(TakeOverError::Occupied { .. })));
        assert_eq!(moved_to(&place.theirs()), None);
        let own = look(&place.environment, &place.folder("ann"), Clock::System);
        assert!(matches!(own, Err(TakeOverError::Here { name, .. }) if name.is_default()));
        let named = place.take("berlin").expect("another profile").to;
        assert_eq!(named, place.folder("ann").join("profiles").join("berlin"));
    }

    #[test]
    fn a_run_there_or_a_file_in_the_way_ends_it_and_leaves_both_as_they_were() {
        let place = Place::new();
        write(place.theirs().join("data.json"), OFFICIAL).expect("a file");
        write(place.theirs().join("zz"), "the last one").expect("a file");
        let busy =
            RunLock::acquire(&Profile::new(place.theirs()), "sync", Clock::System.now()).expect("a lock");
        assert!(matches!(place.take("default"), Err(TakeOverError::Lock(_))));
        drop(busy);
        let ours = place.folder("ann");
        create_dir_all(&ours).expect("a folder");
        write(ours.join("zz"), "in the way").expect("a file");
        assert!(matches!(place.take("default"), Err(TakeOverError::Io { .. })));
        assert!(!ours.join("data.json").exists() && moved_to(&place.theirs()).is_none());
        assert_eq!(read_to_string(ours.join("zz")).expect("a file"), "in the way");
    }

    #[test]
    fn commands_that_others_could_have_chosen_are_not_taken_over() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = Place::new();
        write(place.theirs().join("data.json"), OFFICIAL).expect("a file");
        let toml = place.theirs().join("connector.toml");
        write(&toml, "[notify]\ncommand = [\"/tmp/run\"]\n").expect("a file");
        std::fs::set_permissions(&toml, std::fs::Permissions::from_mode(0o666)).expect("its owner");
        let refused = place.take("default");
        assert!(
            matches!(refused, Err(TakeOverError::ForeignCommands { commands }) if commands[0].setting == "notify.command")
        );
        assert!(!place.folder("ann").exists() && moved_to(&place.theirs()).is_none());
    }
}
