//! systemd and launchd, asked by their own commands.

use super::command::{run, said};
use super::credential::{property, seal, unseal};
use super::moved::{copy, failed};
use super::systemd::{SERVICE, TIMER, unit_folder};
use super::{Draft, Installed, MovedProfile, PROGRAM, Scope, Start, SystemServiceError, Verb, launchd};
use crate::clock::Clock;
use crate::installation::SetupError;
use crate::paths::{Platform, ProcessEnvironment, Profile, mark};
use crate::relocation::{are_same, commands};
use std::path::Path;
use std::process::Command;

/// The scope in which a service is installed, the account's own first; None: in none.
pub fn installed(environment: &ProcessEnvironment) -> Option<Scope> {
    let file = |scope| {
        let path = match environment.platform() {
            Platform::MacOs => {
                super::launchd_folder(environment, scope).ok()?.join(format!("{}.plist", launchd::LABEL))
            }
            _ => unit_folder(environment, scope).ok()?.join(SERVICE),
        };
        path.exists().then_some(scope)
    };
    file(Scope::Account).or_else(|| file(Scope::Machine))
}

/// Carries a draft out: 1. the account; 2. the program; 3. the profile and the mark in its old folder; 4. the files; 5. starts
/// it; 6. the service's own check, as its account.
///
/// # Errors
/// [`SystemServiceError::NeedsRoot`] before anything was done; else what stood in the way: what was done until then stays.
pub fn install(
    environment: &ProcessEnvironment,
    draft: &Draft,
    clock: Clock,
) -> Result<Installed, SystemServiceError> {
    let of_machine = draft.layout.scope == Scope::Machine;
    if of_machine && !is_root() {
        return Err(SystemServiceError::NeedsRoot);
    }
    let folder = &draft.layout.folder;
    if draft.copied_profile.is_some() && Profile::new(folder).data_json.exists() {
        return Err(SystemServiceError::Occupied { folder: folder.clone() });
    }
    for file in &draft.files {
        let folder = file.path.parent().unwrap_or(Path::new("/"));
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        std::fs::write(&file.path, &file.text).map_err(failed(&file.path))?;
    }
    if environment.platform() == Platform::MacOs {
        return launch(environment, draft);
    }
    let (moved, unsealed) =
        if of_machine { prepare_machine(environment, draft, clock)? } else { (None, None) };
    systemctl(environment, draft.layout.scope, &["daemon-reload"])?;
    let unit = if draft.start == Start::Stays { SERVICE } else { TIMER };
    systemctl(environment, draft.layout.scope, &["enable", unit])?;
    systemctl(environment, draft.layout.scope, &["restart", unit])?;
    let sealed_key = draft.sealed_key.as_deref().filter(|_| unsealed.is_none());
    let check = if of_machine { Some(check(&draft.layout.folder, sealed_key)?) } else { None };
    Ok(Installed { moved, unsealed, check })
}

fn prepare_machine(
    environment: &ProcessEnvironment,
    draft: &Draft,
    clock: Clock,
) -> Result<(Option<MovedProfile>, Option<String>), SystemServiceError> {
    run(environment, "systemd-sysusers", &["/etc/sysusers.d/bwdc.conf"])?;
    if let Some(program) = &draft.copied_program {
        // Beside it and moved: a program that runs cannot be written.
        let new = Path::new(PROGRAM).with_extension("new");
        std::fs::copy(program, &new).map_err(failed(&new))?;
        run(environment, "chmod", &["0755", &new.display().to_string()])?;
        std::fs::rename(&new, PROGRAM).map_err(failed(Path::new(PROGRAM)))?;
    }
    let folder = &draft.layout.folder;
    let state = folder.parent().unwrap_or(folder);
    std::fs::create_dir_all(state).map_err(failed(state))?;
    run(environment, "chmod", &["0711", &state.display().to_string()])?;
    let mut moved = None;
    if let Some(from) = &draft.copied_profile {
        moved = Some(copy(environment, from, folder, clock)?);
        if !are_same(&draft.commands, &commands(environment, folder, clock)?) {
            // Nobody was shown what is in there now.
            std::fs::remove_dir_all(folder).map_err(failed(folder))?;
            return Err(SystemServiceError::CommandsChanged { folder: from.clone() });
        }
    } else if !folder.exists() {
        crate::paths::owner_only::create_folder(folder).map_err(failed(folder))?;
    }
    let unsealed = seal_key(environment, draft, clock)?;
    run(environment, "chown", &["-R", "bwdc:bwdc", &state.display().to_string()])?;
    let locks = crate::lock::machine_folder(environment);
    run(
        environment,
        "install",
        &["-d", "-m", "0711", "-o", "bwdc", "-g", "bwdc", &locks.display().to_string()],
    )?;
    if let Some(MovedProfile { from, to, .. }) = &moved {
        mark(from, to, clock).map_err(failed(from))?;
    }
    Ok((moved, unsealed))
}

/// Seals the key of the service's secrets. Where that cannot be done, the key stays in a file and the unit names no other: why.
fn seal_key(
    environment: &ProcessEnvironment,
    draft: &Draft,
    clock: Clock,
) -> Result<Option<String>, SystemServiceError> {
    let Some(path) = &draft.sealed_key else { return Ok(None) };
    let Err(error) = seal(environment, path, &draft.layout.folder, clock) else { return Ok(None) };
    let line = property(path);
    for file in &draft.files {
        let text: String = file.text.split_inclusive('\n').filter(|it| it.trim_end() != line).collect();
        std::fs::write(&file.path, text).map_err(failed(&file.path))?;
    }
    Ok(Some(error.to_string()))
}

/// The service's own `doctor`, as its account: whether all is well, and what it says.
fn check(folder: &Path, sealed_key: Option<&Path>) -> Result<(bool, String), SystemServiceError> {
    let folder = format!("BITWARDENCLI_CONNECTOR_APPDATA_DIR={}", folder.display());
    let program = if sealed_key.is_some() { "systemd-run" } else { "runuser" };
    let mut command = Command::new(program);
    match sealed_key {
        // Only systemd opens its key.
        Some(path) => {
            command.args(["--quiet", "--wait", "--pipe", "--collect", "--service-type=exec"]);
            command.arg(format!("--uid={}", super::ACCOUNT)).arg(format!("--property={}", property(path)));
            command.args(["--setenv", &folder, PROGRAM, "doctor"]);
        }
        None => {
            command.args([
                "-u",
                super::ACCOUNT,
                "--",
                "env",
                "-i",
                "PATH=/usr/bin:/bin",
                &folder,
                PROGRAM,
                "doctor",
            ]);
        }
    }
    let output = command.output().map_err(failed(Path::new(program)))?;
    Ok((output.status.success(), String::from_utf8_lossy(&output.stdout).trim_end().to_owned()))
}

fn launch(environment: &ProcessEnvironment, draft: &Draft) -> Result<Installed, SystemServiceError> {
    let Some(file) = draft.files.first() else { return Err(SystemServiceError::NoManager) };
    run(
        environment,
        "launchctl",
        &["bootstrap", &domain(environment, draft.layout.scope), &file.path.display().to_string()],
    )?;
    Ok(Installed { moved: None, unsealed: None, check: None })
}

/// Stops a service and removes what was written for it. Settings and ledger stay.
///
/// # Errors
/// [`SystemServiceError::NotInstalled`], or what the service manager says.
pub fn uninstall(environment: &ProcessEnvironment, clock: Clock) -> Result<Scope, SystemServiceError> {
    let scope = installed(environment).ok_or(SystemServiceError::NotInstalled)?;
    if scope == Scope::Machine && !is_root() {
        return Err(SystemServiceError::NeedsRoot);
    }
    if environment.platform() == Platform::MacOs {
        run(
            environment,
            "launchctl",
            &["bootout", &format!("{}/{}", domain(environment, scope), launchd::LABEL)],
        )?;
        let path = super::launchd_folder(environment, scope)?.join(format!("{}.plist", launchd::LABEL));
        std::fs::remove_file(&path).map_err(failed(&path))?;
        return Ok(scope);
    }
    let folder = unit_folder(environment, scope)?;
    for unit in [TIMER, SERVICE] {
        let path = folder.join(unit);
        if path.exists() {
            systemctl(environment, scope, &["disable", "--now", unit])?;
            std::fs::remove_file(&path).map_err(failed(&path))?;
        }
    }
    systemctl(environment, scope, &["daemon-reload"])?;
    if scope == Scope::Machine {
        // What stays is whole without systemd.
        unseal(environment, Path::new(super::FOLDER), clock)?;
    }
    Ok(scope)
}

/// Starts, stops or restarts an installed service.
///
/// # Errors
/// [`SystemServiceError::NotInstalled`], or what the service manager says.
pub fn control(environment: &ProcessEnvironment, verb: Verb) -> Result<(), SystemServiceError> {
    let scope = installed(environment).ok_or(SystemServiceError::NotInstalled)?;
    if environment.platform() == Platform::MacOs {
        let job = format!("{}/{}", domain(environment, scope), launchd::LABEL);
        return match verb {
            Verb::Start => run(environment, "launchctl", &["kickstart", &job]),
            Verb::Stop => run(environment, "launchctl", &["kill", "TERM", &job]),
            Verb::Restart => run(environment, "launchctl", &["kickstart", "-k", &job]),
        };
    }
    let word = match verb {
        Verb::Start => "start",
        Verb::Stop => "stop",
        Verb::Restart => "restart",
    };
    systemctl(environment, scope, &[word, unit(environment, scope)])
}

/// Whether an installed service runs; None: there is none.
pub fn is_running(environment: &ProcessEnvironment) -> Option<bool> {
    let scope = installed(environment)?;
    if environment.platform() == Platform::MacOs {
        let job = format!("{}/{}", domain(environment, scope), launchd::LABEL);
        return Some(run(environment, "launchctl", &["print", &job]).is_ok());
    }
    Some(systemctl(environment, scope, &["is-active", "--quiet", unit(environment, scope)]).is_ok())
}

/// The latest lines of its log.
///
/// # Errors
/// [`SystemServiceError::NotInstalled`], or what the command says.
pub fn logs(environment: &ProcessEnvironment, lines: u32) -> Result<String, SystemServiceError> {
    let scope = installed(environment).ok_or(SystemServiceError::NotInstalled)?;
    if environment.platform() == Platform::MacOs {
        let folder = if scope == Scope::Machine {
            super::machine_folder(environment)
        } else {
            environment.data_folder().map_err(SetupError::from)?
        };
        return super::log_of(&folder, lines);
    }
    let lines = lines.to_string();
    let mut arguments = vec!["--no-pager", "--output=short-iso", "-n", &lines, "-u", SERVICE];
    if scope == Scope::Account {
        arguments.insert(0, "--user");
    }
    said(environment, "journalctl", &arguments)
}

/// The unit that is started: the timer where there is one.
fn unit(environment: &ProcessEnvironment, scope: Scope) -> &'static str {
    let timer = unit_folder(environment, scope).is_ok_and(|it| it.join(TIMER).exists());
    if timer { TIMER } else { SERVICE }
}

fn systemctl(
    environment: &ProcessEnvironment,
    scope: Scope,
    arguments: &[&str],
) -> Result<(), SystemServiceError> {
    let mut all = Vec::from(arguments);
    if scope == Scope::Account {
        all.insert(0, "--user");
    }
    run(environment, "systemctl", &all)
}

#[cfg(unix)]
fn domain(environment: &ProcessEnvironment, scope: Scope) -> String {
    let _ = environment;
    match scope {
        Scope::Machine => "system".to_owned(),
        Scope::Account => format!("gui/{}", rustix::process::getuid().as_raw()),
    }
}

#[cfg(not(unix))]
fn domain(_environment: &ProcessEnvironment, _scope: Scope) -> String {
    "system".to_owned()
}

/// Whether this process may do everything.
#[cfg(unix)]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether this process may do everything.
#[cfg(not(unix))]
pub fn is_root() -> bool {
    false
}
