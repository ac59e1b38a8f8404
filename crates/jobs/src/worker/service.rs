//! What is done with the background service of the operating system, and how it is.

use super::Teller;
use crate::job::{Happened, ServiceStart, ServiceState, ServiceWork, Told};
use bwdc_engine::Engine;
use bwdc_engine::clock::Clock;
use bwdc_engine::paths::ProcessEnvironment;
use bwdc_engine::service::{Command, PROTOCOL, Request, ask, is_there, keeper, places};
use bwdc_engine::system_service::{
    self as system, ElevatedWork, Elevation, Scope, Start, SystemServiceError, Wish,
};
use bwdc_messages::foreign::fit_in_a_line;
use bwdc_messages::line::Line;
use bwdc_messages::status::{self, report};
use bwdc_messages::{CommandLine, service as words, system_service as system_words};
use serde_json::Value;
use std::time::Duration;

/// How long the service may take to tell how it is.
const PATIENCE: Duration = Duration::from_secs(15);
/// Lines of the log.
const LINES: u32 = 500;
/// The program that shows a window, and never runs as a service.
const WINDOW: &str = "bwdc-desktop";
/// Minutes between single runs where no interval is set, and the fewest.
const INTERVAL: (i64, i64) = (60, 5);

/// Carries it out on a thread for work that waits: other jobs go on.
pub(super) async fn carry_out(work: ServiceWork, environment: &ProcessEnvironment, teller: &Teller) {
    let environment = environment.clone();
    let done = tokio::task::spawn_blocking(move || one(work, &environment)).await;
    match done {
        Ok(Ok(what)) => teller.tell(what),
        Ok(Err(error)) => teller.tell(Happened::Failed(Box::new(system_words::error_text(&error)))),
        // It panicked: the log says where.
        Err(_) => teller.tell(Happened::Failed(Box::new(super::broken()))),
    }
}

fn one(work: ServiceWork, environment: &ProcessEnvironment) -> Result<Happened, SystemServiceError> {
    Ok(match work {
        ServiceWork::Look => Happened::Service(Box::new(look(environment))),
        ServiceWork::Draft(start) => {
            let path = environment.data_folder().unwrap_or_default();
            let program = program().map_err(|source| SystemServiceError::Io { path, source })?;
            let (start, scope) = match start {
                ServiceStart::Stays => (Start::Stays, system::usual_scope(environment)),
                ServiceStart::Machine => (Start::Stays, Scope::Machine),
                ServiceStart::Timer => {
                    (Start::Timer { minutes: minutes(environment) }, system::usual_scope(environment))
                }
            };
            let wish = Wish { program: &program, scope, start, from: None, account: None };
            let draft = system::draft(environment, wish, Clock::System)?;
            Happened::Drafted(Box::new(draft))
        }
        ServiceWork::Install(draft) => {
            let elevation = system::elevation(environment).filter(|_| draft.layout.scope == Scope::Machine);
            if let Some(elevation) = elevation {
                let (from, keep_commands) = (draft.copied_profile.as_deref(), !draft.commands.is_empty());
                return as_administrator(
                    environment,
                    &elevation,
                    ElevatedWork::Install { from, keep_commands },
                );
            }
            let installed = system::install(environment, &draft, Clock::System)?;
            Happened::Said(system_words::installed(&draft, &installed, &commands(environment)))
        }
        ServiceWork::Control(verb) => {
            if let Some(elevation) = elevation_for_machine(environment) {
                return as_administrator(environment, &elevation, ElevatedWork::Control(verb));
            }
            system::control(environment, verb)?;
            Happened::Said(system_words::done(verb))
        }
        ServiceWork::Log => {
            let log = system::logs(environment, LINES)?;
            let lines = log.lines().map(|it| Line::plain(fit_in_a_line(it))).collect();
            Happened::Told(Box::new(Told { lines, ..Told::default() }))
        }
        ServiceWork::Remove => {
            if let Some(elevation) = elevation_for_machine(environment) {
                return as_administrator(environment, &elevation, ElevatedWork::Remove);
            }
            let scope = system::uninstall(environment, Clock::System)?;
            Happened::Said(system_words::uninstalled(scope, &system::machine_folder(environment)))
        }
    })
}

/// How the system asks for an administrator, where the service is the machine's.
fn elevation_for_machine(environment: &ProcessEnvironment) -> Option<Elevation> {
    system::elevation(environment).filter(|_| system::installed(environment) == Some(Scope::Machine))
}

/// Has the command line do it with an administrator's rights, and says what it said.
fn as_administrator(
    environment: &ProcessEnvironment,
    elevation: &Elevation,
    work: ElevatedWork<'_>,
) -> Result<Happened, SystemServiceError> {
    let path = environment.data_folder().unwrap_or_default();
    let program = program().map_err(|source| SystemServiceError::Io { path, source })?;
    let said = system::as_administrator(environment, elevation, &program, work)?;
    // User Account Control hands nothing over that was printed.
    Ok(Happened::Said(if said.is_empty() { system_words::done_as_administrator() } else { said }))
}

/// The program that a service runs: this one, or the command beside it where this is a window.
fn program() -> std::io::Result<std::path::PathBuf> {
    let here = std::env::current_exe()?;
    if here.file_stem().is_none_or(|it| it != WINDOW) {
        return Ok(here);
    }
    let command = here.with_file_name(format!("bwdc{}", std::env::consts::EXE_SUFFIX));
    // Nothing is installed that could not start.
    std::fs::metadata(&command).map(|_| command)
}

fn commands(environment: &ProcessEnvironment) -> CommandLine {
    CommandLine::of(environment)
}

/// How it is: as the service itself says, else as the files of the profiles have it.
fn look(environment: &ProcessEnvironment) -> ServiceState {
    let running = system::is_running(environment);
    let [own, machine] = places(environment);
    let path = if keeper(environment).is_some() { machine } else { own };
    let mut silent = None;
    let mut profiles = None;
    if is_there(&path) {
        let request = Request { protocol: PROTOCOL, profile: None, command: Command::Status };
        match ask(&path, &request, PATIENCE) {
            Ok(reply) => profiles = Some(reply.text),
            Err(error) => silent = Some(words::no_answer(&error)),
        }
    }
    ServiceState {
        running,
        is_root: system::is_root(),
        can_elevate: system::elevation(environment).is_some(),
        minutes: minutes(environment),
        // Where the service has the profile, it is the one to tell.
        has_schedule: keeper(environment).is_some()
            || ["sync.interval", "schedule.cron"].iter().any(|it| value(environment, it).is_some()),
        profiles: profiles.unwrap_or_else(|| of_files(environment, running)),
        silent,
    }
}

fn of_files(environment: &ProcessEnvironment, running: Option<bool>) -> String {
    let Ok(profiles) = Engine::profiles(environment) else { return String::new() };
    let names: Vec<_> = profiles.into_iter().map(|it| it.name).collect();
    let found: Vec<_> = names.iter().map(|name| (name, Engine::status_of(environment, name))).collect();
    let service = match running {
        Some(true) => status::ServiceState::Running,
        Some(false) => status::ServiceState::Stopped,
        None => status::ServiceState::Absent,
    };
    report(&found, service, Clock::System.now(), &commands(environment)).text
}

/// What the settings of the profile that is in use say.
fn value(environment: &ProcessEnvironment, name: &str) -> Option<Value> {
    let settings = Engine::open(environment.clone()).and_then(|it| it.settings()).unwrap_or_default();
    settings.into_iter().find(|it| it.setting.name == name).map(|it| it.value).filter(|it| !it.is_null())
}

/// Minutes between single runs.
fn minutes(environment: &ProcessEnvironment) -> i64 {
    let set = value(environment, "sync.interval").and_then(|it| it.as_i64());
    set.unwrap_or(INTERVAL.0).max(INTERVAL.1)
}
