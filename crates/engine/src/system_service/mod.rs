//! The service of the operating system that keeps `bwdc run` running: what would be written, and the doing of it.
//!
//! What is written is a value before it is a file: whoever installs sees all of it first. A service for the machine has an
//! account and a folder of its own; the profile that was in use is copied there, and its old folder is marked.

mod command;
mod credential;
mod elevation;
mod launchd;
mod moved;
mod registration;
#[cfg(not(windows))]
mod systemctl;
mod systemd;
#[cfg(windows)]
mod windows;

pub use crate::relocation::{Left, NamedCommand};
pub use elevation::{ElevatedWork, Elevation, as_administrator, elevation};
pub use moved::MovedProfile;
pub use registration::{Registration, SERVICE_NAME};
#[cfg(not(windows))]
pub use systemctl::{control, install, installed, is_root, is_running, logs, uninstall};
#[cfg(windows)]
pub use windows::{control, install, installed, is_root, is_running, logs, uninstall};

use crate::clock::Clock;
use crate::installation::SetupError;
use crate::log_file;
use crate::paths::{Platform, ProcessEnvironment, Profile};
use std::io;
use std::path::{Path, PathBuf};

/// Whose service it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The machine's: it has an account and a folder of its own.
    Machine,
    /// This account's: it keeps the account's folder.
    Account,
}

/// How runs are started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// By a service that stays.
    Stays,
    /// By a timer, each as a process of its own.
    Timer {
        /// Minutes between two.
        minutes: i64,
    },
}

/// What can be asked of an installed service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// To start.
    Start,
    /// To stop.
    Stop,
    /// To stop and start.
    Restart,
}

/// Where an installed service has what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Whose it is.
    pub scope: Scope,
    /// The program.
    pub program: PathBuf,
    /// The folder of its default profile.
    pub folder: PathBuf,
}

/// A file that an installation writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitFile {
    /// Where.
    pub path: PathBuf,
    /// Everything in it.
    pub text: String,
}

/// What an installation would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Where everything will be.
    pub layout: Layout,
    /// How runs are started.
    pub start: Start,
    /// The account that it runs as.
    pub account: String,
    /// The program that is copied to its place; None: it is there.
    pub copied_program: Option<PathBuf>,
    /// The profile that is copied to the service's folder; None: there is none to copy.
    pub copied_profile: Option<PathBuf>,
    /// The commands that the settings of that profile make the service run.
    pub commands: Vec<NamedCommand>,
    /// The file with the key of the service's secrets, which only systemd of this machine opens; None: the key is in its folder.
    pub sealed_key: Option<PathBuf>,
    /// The files that are written.
    pub files: Vec<UnitFile>,
    /// What Windows keeps of the service; None elsewhere.
    pub registration: Option<Registration>,
}

impl Draft {
    /// The commands that an account chose which is neither root nor this one: whoever installs decides about them.
    pub fn foreign_commands(&self) -> Vec<&NamedCommand> {
        self.commands.iter().filter(|it| it.of_another).collect()
    }
}

/// Why a service cannot be installed or asked for something.
#[derive(Debug, thiserror::Error)]
pub enum SystemServiceError {
    /// No service manager that we know runs here.
    #[error("no service manager that this program knows runs on this machine")]
    NoManager,
    /// It takes root, or an administrator.
    #[error("a service for the machine is installed by root")]
    NeedsRoot,
    /// Nobody agreed when the system asked for an administrator.
    #[error("no administrator agreed")]
    NotAgreed,
    /// An account cannot have one here.
    #[error("a service is the machine's on this system")]
    NotForAccounts,
    /// Only systemd has timers.
    #[error("single runs are started by a timer of systemd only")]
    NoTimer,
    /// Only a service of Windows runs as an account of choice.
    #[error("the account of the service cannot be chosen on this system")]
    NoAccount,
    /// It did not become what was asked for.
    #[error("the service is {found} instead of {wanted}")]
    State {
        /// What it should be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
        /// The log that says why.
        log: PathBuf,
    },
    /// There is none.
    #[error("no service is installed")]
    NotInstalled,
    /// The service's folder has a profile already.
    #[error("there is a profile in `{}` already", folder.display())]
    Occupied {
        /// The folder.
        folder: PathBuf,
    },
    /// A file cannot be read, copied or written.
    #[error("cannot write `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Commands that another account chose, and nobody agreed to.
    #[error("another account chose what the service would run")]
    ForeignCommands {
        /// Them.
        commands: Vec<NamedCommand>,
    },
    /// The settings name other commands than those that were shown.
    #[error("the commands in the settings of `{}` changed while the service was installed", folder.display())]
    CommandsChanged {
        /// The folder that was copied.
        folder: PathBuf,
    },
    /// A command of the operating system failed.
    #[error("`{command}` failed: {said}")]
    Command {
        /// The command.
        command: String,
        /// What it said.
        said: String,
    },
    /// The profile cannot be copied.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// Where the machine's service has its program and its folder.
const PROGRAM: &str = "/usr/local/bin/bwdc";
const FOLDER: &str = "/var/lib/bwdc/data";
const FOLDER_OF_MACOS: &str = "/Library/Application Support/Bitwarden Directory Connector";
const ACCOUNT: &str = "bwdc";
/// Where a service of Windows leaves what its own check says, in its folder.
pub const CHECKED: &str = "checked.txt";

/// What somebody wants installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish<'w> {
    /// The program that is running.
    pub program: &'w Path,
    /// Whose service it is to be.
    pub scope: Scope,
    /// How runs are started.
    pub start: Start,
    /// The folder of the profile that the machine's service takes over; None: this account's.
    pub from: Option<&'w Path>,
    /// The account that it runs as, on Windows; None: one of its own.
    pub account: Option<&'w str>,
}

/// Whose service it is unless somebody asks for another: root installs the machine's. On Windows only the machine has services;
/// whoever may not install them is told so.
pub fn usual_scope(environment: &ProcessEnvironment) -> Scope {
    match environment.platform() {
        Platform::Linux | Platform::MacOs if !is_root() => Scope::Account,
        _ => Scope::Machine,
    }
}

/// What an installation would do; nothing is changed.
///
/// # Errors
/// [`SystemServiceError::NoManager`] where there is no service manager for it, what the system has no service for, and why the
/// account's folder cannot be told.
pub fn draft(
    environment: &ProcessEnvironment,
    wish: Wish<'_>,
    clock: Clock,
) -> Result<Draft, SystemServiceError> {
    let Wish { program, scope, start, from, account } = wish;
    let platform = environment.platform();
    match (platform, scope, start) {
        (Platform::Windows, Scope::Account, _) => return Err(SystemServiceError::NotForAccounts),
        (Platform::Windows | Platform::MacOs, _, Start::Timer { .. }) => {
            return Err(SystemServiceError::NoTimer);
        }
        (Platform::Linux | Platform::MacOs, ..) if account.is_some() => {
            return Err(SystemServiceError::NoAccount);
        }
        _ => {}
    }
    let own = environment.data_folder().map_err(SetupError::from)?;
    let layout = match (platform, scope) {
        (Platform::Windows, _) => registration::layout(environment),
        (_, Scope::Machine) => Layout { scope, program: PROGRAM.into(), folder: machine_folder(environment) },
        (_, Scope::Account) => Layout { scope, program: program.to_owned(), folder: own.clone() },
    };
    let registration = (platform == Platform::Windows).then(|| Registration::of(&layout, account));
    let of_machine = scope == Scope::Machine;
    let sealed_key = credential::planned(environment, &layout.folder).filter(|_| of_machine);
    let files = match platform {
        Platform::Linux => systemd_files(environment, &layout, start, sealed_key.as_deref())?,
        Platform::MacOs => vec![UnitFile {
            path: launchd_folder(environment, scope)?.join(format!("{}.plist", launchd::LABEL)),
            text: launchd::job(&layout),
        }],
        Platform::Windows => Vec::new(),
    };
    let profile = from.map_or(own, Path::to_owned);
    let copied_profile =
        (of_machine && profile.join("data.json").exists() && profile != layout.folder).then_some(profile);
    let commands = match &copied_profile {
        Some(folder) => crate::relocation::commands(environment, folder, clock)?,
        None => Vec::new(),
    };
    let machine_account =
        || registration.as_ref().map_or_else(|| ACCOUNT.to_owned(), |it| it.account.clone());
    Ok(Draft {
        account: if of_machine { machine_account() } else { String::new() },
        copied_program: (of_machine && program != layout.program).then(|| program.to_owned()),
        copied_profile,
        commands,
        sealed_key,
        layout,
        start,
        files,
        registration,
    })
}

fn systemd_files(
    environment: &ProcessEnvironment,
    layout: &Layout,
    start: Start,
    sealed_key: Option<&Path>,
) -> Result<Vec<UnitFile>, SystemServiceError> {
    let folder = systemd::unit_folder(environment, layout.scope)?;
    let mut files = Vec::new();
    if layout.scope == Scope::Machine {
        let path = PathBuf::from("/etc/sysusers.d/bwdc.conf");
        files.push(UnitFile { path, text: systemd::ACCOUNT.to_owned() });
    }
    files.push(UnitFile {
        path: folder.join(systemd::SERVICE),
        text: systemd::service(layout, start, sealed_key),
    });
    if let Start::Timer { minutes } = start {
        files.push(UnitFile { path: folder.join(systemd::TIMER), text: systemd::timer(minutes) });
    }
    Ok(files)
}

fn launchd_folder(environment: &ProcessEnvironment, scope: Scope) -> Result<PathBuf, SystemServiceError> {
    match (scope, environment.variable("HOME")) {
        (Scope::Machine, _) => Ok("/Library/LaunchDaemons".into()),
        (Scope::Account, Some(home)) => Ok(PathBuf::from(home).join("Library/LaunchAgents")),
        (Scope::Account, None) => Err(SystemServiceError::NoManager),
    }
}

/// The folder of the machine's service, whether or not there is one.
pub fn machine_folder(environment: &ProcessEnvironment) -> PathBuf {
    match environment.platform() {
        Platform::Windows => registration::layout(environment).folder,
        Platform::MacOs => FOLDER_OF_MACOS.into(),
        Platform::Linux => FOLDER.into(),
    }
}

/// The latest lines of the log in a service's folder.
fn log_of(folder: &Path, lines: u32) -> Result<String, SystemServiceError> {
    /// As much as anybody reads.
    const MOST: u64 = 1024 * 1024;
    let profile = Profile::new(folder);
    let text = log_file::end(&profile, MOST).map_err(moved::failed(&profile.log()))?.unwrap_or_default();
    let lines = usize::try_from(lines).unwrap_or(usize::MAX);
    let mut last: Vec<&str> = text.lines().rev().take(lines).collect();
    last.reverse();
    Ok(last.join("\n"))
}

/// What came of an installation.
#[derive(Debug)]
pub struct Installed {
    /// Where the profile went, and what could not be taken along.
    pub moved: Option<MovedProfile>,
    /// Why the key of its secrets could not be sealed: it is in the service's folder.
    pub unsealed: Option<String>,
    /// What the service's own check says, run as its account: whether all is well, and its words.
    pub check: Option<(bool, String)>,
}
