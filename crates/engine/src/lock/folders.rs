//! Where the locks of organizations lie.
//!
//! The service of a machine has a folder of its own, whose locks only root and a group can open: nobody else can hold one
//! and keep every run out. Whoever is outside of that group sees that there is a lock, and does not run beside it. On a
//! machine without a service, each account has a folder of its own, and is protected from itself alone.

use super::LockError;
use super::open::{self, OpenError};
use crate::paths::{Platform, ProcessEnvironment, Profile, owner_only};
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// The group whose members may open the locks of the service.
pub const GROUP: &str = "bwdc";

/// The folder of the machine's service, which need not exist, and the one of this account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockFolders {
    machine: PathBuf,
    own: PathBuf,
}

impl LockFolders {
    /// The folders that this environment means. Without a home, the account's is in the profile.
    pub fn of(environment: &ProcessEnvironment, profile: &Profile) -> Self {
        let under =
            |name: &str, within: &str| environment.variable(name).map(|it| Path::new(it).join(within));
        let own = match environment.platform() {
            Platform::Windows => under("LOCALAPPDATA", "bwdc").or_else(|| under("APPDATA", "bwdc")),
            Platform::MacOs => under("HOME", "Library/Application Support/bwdc"),
            Platform::Linux => under("HOME", ".local/state/bwdc"),
        };
        let own = own.unwrap_or_else(|| profile.of_organization().folder).join("locks");
        Self { machine: machine_folder(environment), own }
    }

    /// Two folders by their paths.
    pub fn new(machine: impl Into<PathBuf>, own: impl Into<PathBuf>) -> Self {
        Self { machine: machine.into(), own: own.into() }
    }

    /// Opens the lock of this name, making it where there is none.
    pub(super) fn open(&self, name: &str) -> Result<(File, PathBuf), LockError> {
        if let Some(metadata) = check_of_machine(&self.machine)? {
            let path = self.machine.join(name);
            if let Some(file) = self.of_service(&path, &metadata)? {
                return Ok((file, path));
            }
        }
        if check(&self.own, is_root())?.is_none() {
            owner_only::create_folder(&self.own)
                .map_err(|source| LockError::Io { path: self.own.clone(), source })?;
        }
        let path = self.own.join(name);
        Ok((open_or_make(&path)?, path))
    }

    /// The lock in the service's folder; None: there is none, and it is not this account's to make one.
    fn of_service(&self, path: &Path, folder: &Metadata) -> Result<Option<File>, LockError> {
        loop {
            match open::existing(path, Some(open::owner(folder))) {
                Ok(Some(file)) => return Ok(Some(file)),
                Ok(None) if !open::is_root_or(open::owner(folder)) => return Ok(None),
                Ok(None) => match make_for_group(path, folder) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    made => return made.map(Some).map_err(|source| io_error(path, source)),
                },
                Err(OpenError::Io(error)) if error.kind() == io::ErrorKind::PermissionDenied => {
                    return Err(LockError::OfService { path: path.to_owned() });
                }
                Err(error) => return Err(lock_error(path, error)),
            }
        }
    }
}

/// Opens a file to be locked in a folder of this account, making it owner-only where there is none.
pub(crate) fn open_or_make(path: &Path) -> Result<File, LockError> {
    let owner = path.parent().and_then(|folder| std::fs::metadata(folder).ok()).map(|it| open::owner(&it));
    loop {
        match open::existing(path, owner) {
            Ok(Some(file)) => return Ok(file),
            Ok(None) => match owner_only::create_new(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => return made.map_err(|source| io_error(path, source)),
            },
            Err(error) => return Err(lock_error(path, error)),
        }
    }
}

/// The folder that [`make_machine_folder`] makes for the service of this machine.
pub fn machine_folder(environment: &ProcessEnvironment) -> PathBuf {
    match environment.platform() {
        Platform::Linux => PathBuf::from("/var/lib/bwdc/locks"),
        Platform::MacOs => PathBuf::from("/Library/Application Support/bwdc/locks"),
        Platform::Windows => {
            let parent =
                environment.variable("ProgramData").map_or_else(|| r"C:\ProgramData".into(), PathBuf::from);
            parent.join("bwdc").join("locks")
        }
    }
}

/// Makes the folder for the locks of the machine's service, as root: everybody can look for the lock of an organization by
/// its name, nobody can list them, and the service's account alone makes them. On Windows the folder takes the access list
/// of the one above it.
///
/// # Errors
/// Whatever the operating system says against it; [`io::ErrorKind::AlreadyExists`] where something else lies there.
pub fn make_machine_folder(path: &Path, service: ServiceAccount) -> io::Result<()> {
    platform::make_machine_folder(path, service)
}

/// The account that the service runs as, and the group [`GROUP`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Its number.
    pub user: u32,
    /// The number of the group.
    pub group: u32,
}

fn check(folder: &Path, trusts_any_owner: bool) -> Result<Option<Metadata>, LockError> {
    open::folder(folder, trusts_any_owner).map_err(|error| lock_error(folder, error))
}

/// The same of the service's folder. Everybody can make one in its place where there was none: on Windows its access list tells.
fn check_of_machine(folder: &Path) -> Result<Option<Metadata>, LockError> {
    let found = check(folder, true)?;
    #[cfg(windows)]
    if found.is_some() && crate::paths::is_open_to_accounts(folder) {
        return Err(lock_error(folder, OpenError::Strange(open::Found::Writable)));
    }
    Ok(found)
}

fn io_error(path: &Path, source: io::Error) -> LockError {
    LockError::Io { path: path.to_owned(), source }
}

fn lock_error(path: &Path, error: OpenError) -> LockError {
    match error {
        OpenError::Io(source) => io_error(path, source),
        OpenError::Strange(found) => LockError::Strange { path: path.to_owned(), found },
    }
}

use platform::{is_root, make_for_group};

#[cfg(unix)]
mod platform {
    use super::{ServiceAccount, open};
    use std::fs::{File, Metadata, OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, chown, fchown};
    use std::path::Path;

    /// Whoever knows a name may look for it.
    const FOLDER: u32 = 0o711;

    /// The owner's and the group's.
    const LOCK: u32 = 0o660;

    pub(super) fn is_root() -> bool {
        rustix::process::geteuid().is_root()
    }

    pub(super) fn make_for_group(path: &Path, folder: &Metadata) -> io::Result<File> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)?;
        // Where the group cannot be given, nobody but the owner opens it: the others see that it is there.
        if fchown(&file, None, Some(open::group(folder))).is_ok() {
            file.set_permissions(Permissions::from_mode(LOCK))?;
        }
        Ok(file)
    }

    pub(super) fn make_machine_folder(path: &Path, service: ServiceAccount) -> io::Result<()> {
        if let Some(above) = path.parent().filter(|it| !it.exists()) {
            std::fs::DirBuilder::new().recursive(true).create(above)?;
            std::fs::set_permissions(above, Permissions::from_mode(FOLDER))?;
        }
        match std::fs::DirBuilder::new().mode(FOLDER).create(path) {
            // An earlier one is put right, unless it is something else.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if !std::fs::symlink_metadata(path)?.is_dir() {
                    return Err(error);
                }
            }
            made => made?,
        }
        chown(path, Some(service.user), Some(service.group))?;
        std::fs::set_permissions(path, Permissions::from_mode(FOLDER))
    }
}

#[cfg(windows)]
mod platform {
    use super::ServiceAccount;
    use std::fs::{File, Metadata, OpenOptions};
    use std::io;
    use std::path::Path;

    pub(super) fn is_root() -> bool {
        false
    }

    pub(super) fn make_for_group(path: &Path, _folder: &Metadata) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).open(path)
    }

    pub(super) fn make_machine_folder(path: &Path, _service: ServiceAccount) -> io::Result<()> {
        std::fs::create_dir_all(path)
    }
}
