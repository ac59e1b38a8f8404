//! The service control manager of Windows.

use super::command::run;
use super::moved::{copy, failed};
use super::registration::{SERVICE_NAME, VIRTUAL_ACCOUNT};
use super::{Draft, Installed, MovedProfile, Registration, Scope, SystemServiceError, Verb};
use crate::clock::Clock;
use crate::paths::{ProcessEnvironment, Profile, mark, owner_only};
use crate::relocation::{are_same, commands};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};
use windows_service::service::{
    Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceErrorControl, ServiceFailureActions,
    ServiceFailureResetPeriod, ServiceInfo, ServiceSidType, ServiceStartType, ServiceState, ServiceType,
};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};

/// How long the system may take to start, stop or remove the service.
const PATIENCE: Duration = Duration::from_secs(90);
const EACH_LOOK: Duration = Duration::from_millis(100);
/// After a day without a failure, the next one is a first one.
const FORGET_FAILURES: Duration = Duration::from_secs(24 * 60 * 60);
/// How the system is asked for it: the service looks at its installation, and ends.
const CHECK: &str = "doctor";
/// No service of this name, in the system's numbers.
const NO_SUCH_SERVICE: i32 = 1060;
const ACCESS_DENIED: i32 = 5;
const INVALID_LEVEL: i32 = 124;
/// The system and the administrators, by their numbers: their names are other ones in each language.
const SYSTEM: &str = "*S-1-5-18";
const ADMINISTRATORS: &str = "*S-1-5-32-544";

/// The scope in which a service is installed; None: there is none.
pub fn installed(_environment: &ProcessEnvironment) -> Option<Scope> {
    service(ServiceAccess::QUERY_STATUS).ok().map(|_| Scope::Machine)
}

/// Whether this process may install services: an administrator whose rights are not held back.
pub fn is_root() -> bool {
    let rights = ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE;
    ServiceManager::local_computer(None::<&OsStr>, rights).is_ok()
}

/// Carries a draft out: 1. the program; 2. the profile and the mark in its old folder; 3. the registration; 4. who may open the
/// folder; 5. the service's own check, as its account; 6. starts it.
///
/// # Errors
/// [`SystemServiceError::NeedsRoot`] before anything was done; else what stood in the way: what was done until then stays.
pub fn install(
    environment: &ProcessEnvironment,
    draft: &Draft,
    clock: Clock,
) -> Result<Installed, SystemServiceError> {
    let Some(registration) = &draft.registration else { return Err(SystemServiceError::NoManager) };
    if !is_root() {
        return Err(SystemServiceError::NeedsRoot);
    }
    let folder = &draft.layout.folder;
    if draft.copied_profile.is_some() && Profile::new(folder).data_json.exists() {
        return Err(SystemServiceError::Occupied { folder: folder.clone() });
    }
    if installed(environment).is_some() {
        stop()?;
    }
    copy_program(draft)?;
    let moved = copy_profile(environment, draft, clock)?;
    register(draft, registration)?;
    open_to_the_service(environment, folder, &registration.account)?;
    let locks = crate::lock::machine_folder(environment);
    owner_only::create_folder(&locks).map_err(failed(&locks))?;
    // By the service's own number, which whoever looks at the folder knows from an account's.
    open_to_the_service(environment, &locks, VIRTUAL_ACCOUNT)?;
    if let Some(MovedProfile { from, to, .. }) = &moved {
        mark(from, to, clock).map_err(failed(from))?;
    }
    let check = check(folder)?;
    start(&[])?;
    Ok(Installed { moved, unsealed: None, check: Some(check) })
}

fn copy_program(draft: &Draft) -> Result<(), SystemServiceError> {
    let Some(program) = &draft.copied_program else { return Ok(()) };
    let target = &draft.layout.program;
    let folder = target.parent().unwrap_or(target);
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    std::fs::copy(program, target).map(drop).map_err(failed(target))
}

fn copy_profile(
    environment: &ProcessEnvironment,
    draft: &Draft,
    clock: Clock,
) -> Result<Option<MovedProfile>, SystemServiceError> {
    let folder = &draft.layout.folder;
    owner_only::create_folder(folder).map_err(failed(folder))?;
    // Before anything is in it: what lies below is open to every account of the machine otherwise.
    open_to(environment, folder, &[SYSTEM, ADMINISTRATORS])?;
    let Some(from) = &draft.copied_profile else { return Ok(None) };
    let moved = copy(environment, from, folder, clock)?;
    if are_same(&draft.commands, &commands(environment, folder, clock)?) {
        return Ok(Some(moved));
    }
    // Nobody was shown what is in there now.
    std::fs::remove_dir_all(folder).map_err(failed(folder))?;
    Err(SystemServiceError::CommandsChanged { folder: from.clone() })
}

fn register(draft: &Draft, registration: &Registration) -> Result<(), SystemServiceError> {
    let manager = manager(ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE)?;
    let info = ServiceInfo {
        name: SERVICE_NAME.into(),
        display_name: registration.display_name.into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::AutoStart,
        error_control: ServiceErrorControl::Normal,
        executable_path: draft.layout.program.clone(),
        launch_arguments: registration.arguments.iter().map(OsString::from).collect(),
        dependencies: Vec::new(),
        account_name: Some(registration.account.clone().into()),
        account_password: None,
    };
    let rights = ServiceAccess::CHANGE_CONFIG | ServiceAccess::START;
    let service = match service(rights) {
        Ok(service) => service.change_config(&info).map(|()| service).map_err(told)?,
        Err(SystemServiceError::NotInstalled) => manager.create_service(&info, rights).map_err(told)?,
        Err(error) => return Err(error),
    };
    let again = registration.restarts.map(|minutes| ServiceAction {
        action_type: ServiceActionType::Restart,
        delay: Duration::from_secs(minutes * 60),
    });
    let failures = ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(FORGET_FAILURES),
        reboot_msg: None,
        command: None,
        actions: Some(again.to_vec()),
    };
    service.set_description(registration.description).map_err(told)?;
    where_known(service.update_failure_actions(failures))?;
    // Whatever account it runs as, its process has the number of the service, too.
    where_known(service.set_config_service_sid_info(ServiceSidType::Unrestricted))?;
    // After what a machine needs to be usable.
    where_known(service.set_delayed_auto_start(true))
}

/// What a system does not know of, Wine for one, it goes without.
fn where_known(set: windows_service::Result<()>) -> Result<(), SystemServiceError> {
    match set {
        Err(windows_service::Error::Winapi(error)) if error.raw_os_error() == Some(INVALID_LEVEL) => {
            tracing::warn!(%error, "the system does not keep everything that a service is registered with");
            Ok(())
        }
        set => set.map_err(told),
    }
}

/// Lets the system, the administrators and the service into a folder, and nobody else.
fn open_to_the_service(
    environment: &ProcessEnvironment,
    folder: &Path,
    account: &str,
) -> Result<(), SystemServiceError> {
    open_to(environment, folder, &[SYSTEM, ADMINISTRATORS, account])
}

/// Lets these into a folder and what is in it; what the folder above says counts no more.
fn open_to(environment: &ProcessEnvironment, folder: &Path, who: &[&str]) -> Result<(), SystemServiceError> {
    let folder = folder.display().to_string();
    let everything: Vec<String> = who.iter().map(|it| format!("{it}:(OI)(CI)F")).collect();
    let mut arguments = vec![folder.as_str(), "/inheritance:r", "/grant:r"];
    arguments.extend(everything.iter().map(String::as_str));
    arguments.extend(["/T", "/Q"]);
    run(environment, "icacls", &arguments)
}

/// The service's own `doctor`, as its account: whether all is well, and what it says.
fn check(folder: &Path) -> Result<(bool, String), SystemServiceError> {
    let said = folder.join(super::CHECKED);
    start(&[CHECK])?;
    wait_for(ServiceState::Stopped)?;
    let text = std::fs::read_to_string(&said).map_err(failed(&said))?;
    // What stays is written over by the next check.
    let _ = std::fs::remove_file(&said);
    let (code, text) = text.split_once('\n').unwrap_or(("1", ""));
    Ok((code.trim() == "0", text.trim_end().to_owned()))
}

/// Stops a service and removes it. Settings and ledger stay.
///
/// # Errors
/// [`SystemServiceError::NotInstalled`], or what the system says.
pub fn uninstall(_environment: &ProcessEnvironment, _clock: Clock) -> Result<Scope, SystemServiceError> {
    let service = service(ServiceAccess::DELETE | ServiceAccess::QUERY_STATUS)?;
    stop()?;
    service.delete().map_err(told)?;
    Ok(Scope::Machine)
}

/// Starts, stops or restarts an installed service, and waits until it is.
///
/// # Errors
/// [`SystemServiceError::NotInstalled`], or what the system says.
pub fn control(_environment: &ProcessEnvironment, verb: Verb) -> Result<(), SystemServiceError> {
    match verb {
        Verb::Start if state()? == ServiceState::Running => Ok(()),
        Verb::Start => start(&[]),
        Verb::Stop => stop(),
        Verb::Restart => {
            stop()?;
            start(&[])
        }
    }
}

/// Whether an installed service runs; None: there is none.
pub fn is_running(_environment: &ProcessEnvironment) -> Option<bool> {
    state().ok().map(|it| it == ServiceState::Running)
}

/// The latest lines of its log.
///
/// # Errors
/// [`SystemServiceError::NotInstalled`], or why its log cannot be read.
pub fn logs(environment: &ProcessEnvironment, lines: u32) -> Result<String, SystemServiceError> {
    installed(environment).ok_or(SystemServiceError::NotInstalled)?;
    super::log_of(&super::machine_folder(environment), lines)
}

fn start(arguments: &[&str]) -> Result<(), SystemServiceError> {
    service(ServiceAccess::START)?.start(arguments).map_err(told)?;
    if arguments.is_empty() { wait_for(ServiceState::Running) } else { Ok(()) }
}

fn stop() -> Result<(), SystemServiceError> {
    let service = service(ServiceAccess::STOP | ServiceAccess::QUERY_STATUS)?;
    let state = service.query_status().map_err(told)?.current_state;
    if state == ServiceState::Stopped {
        return Ok(());
    }
    if state != ServiceState::StopPending {
        service.stop().map_err(told)?;
    }
    wait_for(ServiceState::Stopped)
}

fn state() -> Result<ServiceState, SystemServiceError> {
    let service = service(ServiceAccess::QUERY_STATUS)?;
    service.query_status().map(|it| it.current_state).map_err(told)
}

/// Waits until the service is in this state; one that stops instead of starting does not.
fn wait_for(wanted: ServiceState) -> Result<(), SystemServiceError> {
    let begun = Instant::now();
    loop {
        let state = state()?;
        if state == wanted {
            return Ok(());
        }
        let waited = begun.elapsed();
        let ended = state == ServiceState::Stopped && waited > Duration::from_secs(5);
        if ended || waited > PATIENCE {
            return Err(SystemServiceError::State {
                wanted: word(wanted),
                found: word(state),
                log: Profile::new(super::machine_folder(&ProcessEnvironment::current())).log(),
            });
        }
        std::thread::sleep(EACH_LOOK);
    }
}

fn word(state: ServiceState) -> &'static str {
    match state {
        ServiceState::Stopped => "stopped",
        ServiceState::StartPending => "starting",
        ServiceState::StopPending => "stopping",
        ServiceState::Running => "running",
        ServiceState::ContinuePending | ServiceState::PausePending | ServiceState::Paused => "paused",
    }
}

fn manager(rights: ServiceManagerAccess) -> Result<ServiceManager, SystemServiceError> {
    ServiceManager::local_computer(None::<&OsStr>, rights).map_err(told)
}

fn service(rights: ServiceAccess) -> Result<Service, SystemServiceError> {
    manager(ServiceManagerAccess::CONNECT)?.open_service(SERVICE_NAME, rights).map_err(told)
}

/// What the service control manager says.
fn told(error: windows_service::Error) -> SystemServiceError {
    let source = match error {
        windows_service::Error::Winapi(source) => source,
        other => io::Error::other(other.to_string()),
    };
    match source.raw_os_error() {
        Some(NO_SUCH_SERVICE) => SystemServiceError::NotInstalled,
        Some(ACCESS_DENIED) => SystemServiceError::NeedsRoot,
        _ => SystemServiceError::Command { command: "services".to_owned(), said: source.to_string() },
    }
}
