//! The service of the operating system that keeps `bwdc run` running: what would be written, and the doing of it.
//!
//! What is written is a value before it is a file: whoever installs sees all of it first. A service for the machine has an
//! account and a folder of its own; the profile that was in use is copied there, and its old folder is marked.

mod command;
mod credential;
mod launchd;
mod moved;
mod systemctl;
mod systemd;

pub use moved::{Left, MovedProfile, NamedCommand};

use crate::clock::Clock;
use crate::installation::SetupError;
use crate::paths::{Platform, ProcessEnvironment};
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
    /// It takes root.
    #[error("a service for the machine is installed by root")]
    NeedsRoot,
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
const ACCOUNT: &str = "bwdc";

/// What an installation would do; nothing is changed. `from`: the folder of the profile that the machine's service takes
/// over.
///
/// # Errors
/// [`SystemServiceError::NoManager`] where there is no service manager for it, and why the account's folder cannot be told.
pub fn draft(
    environment: &ProcessEnvironment,
    program: &Path,
    scope: Scope,
    start: Start,
    from: Option<&Path>,
    clock: Clock,
) -> Result<Draft, SystemServiceError> {
    let own = environment.data_folder().map_err(SetupError::from)?;
    let layout = match scope {
        Scope::Machine => Layout { scope, program: PROGRAM.into(), folder: FOLDER.into() },
        Scope::Account => Layout { scope, program: program.to_owned(), folder: own.clone() },
    };
    let of_machine = scope == Scope::Machine;
    let sealed_key = credential::planned(environment, &layout.folder).filter(|_| of_machine);
    let files = match environment.platform() {
        Platform::Linux => systemd_files(environment, &layout, start, sealed_key.as_deref())?,
        Platform::MacOs => vec![UnitFile {
            path: launchd_folder(environment, scope)?.join(format!("{}.plist", launchd::LABEL)),
            text: launchd::job(&layout),
        }],
        Platform::Windows => return Err(SystemServiceError::NoManager),
    };
    let profile = from.map_or(own, Path::to_owned);
    let copied_profile =
        (of_machine && profile.join("data.json").exists() && profile != layout.folder).then_some(profile);
    let commands = match &copied_profile {
        Some(folder) => moved::commands(environment, folder, clock)?,
        None => Vec::new(),
    };
    Ok(Draft {
        account: if of_machine { ACCOUNT.to_owned() } else { String::new() },
        copied_program: (of_machine && program != layout.program).then(|| program.to_owned()),
        copied_profile,
        commands,
        sealed_key,
        layout,
        start,
        files,
    })
}

fn systemd_files(
    environment: &ProcessEnvironment,
    layout: &Layout,
    start: Start,
    sealed_key: Option<&Path>,
) -> Result<Vec<UnitFile>, SystemServiceError> {
    let folder = systemctl::unit_folder(environment, layout.scope)?;
    let mut files = Vec::new();
    if layout.scope == Scope::Machine {
        let path = PathBuf::from("/etc/sysusers.d/bwdc.conf");
        files.push(UnitFile { path, text: systemd::ACCOUNT.to_owned() });
    }
    files.push(UnitFile {
        path: folder.join(systemctl::SERVICE),
        text: systemd::service(layout, start, sealed_key),
    });
    if let Start::Timer { minutes } = start {
        files.push(UnitFile { path: folder.join(systemctl::TIMER), text: systemd::timer(minutes) });
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

pub use systemctl::{control, install, installed, is_root, is_running, logs, uninstall};
