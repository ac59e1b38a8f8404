//! `bwdc run`: the service in the foreground

use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::host::CommandHost;
use crate::output::{Answer, Done, Failed};
use crate::runtime::block_on_alone;
use bwdc_engine::clock::Clock;
use bwdc_engine::paths::ProcessEnvironment;
use bwdc_engine::service::{self, ServiceOptions, ServiceSocket, places};
use clap::Args;
use std::path::PathBuf;

/// Stay in the foreground and sync every profile on its schedule.
///
/// A profile takes part when `sync.interval` or `schedule.cron` is set, it is not paused, and a first `bwdc sync` was
/// carried out by hand (or `service.first-sync-agreed` is set). With `--profile` only that one is synced. Settings are read
/// again when they change; SIGHUP does so at once, SIGTERM stops.
#[derive(Args, Clone)]
#[command(after_help = "\
Examples:
  bwdc run
  bwdc --profile berlin run")]
pub(crate) struct RunServiceArguments {
    /// Offer no socket to other commands.
    #[arg(long)]
    pub(crate) no_socket: bool,

    /// Run as the service that Windows started.
    #[cfg(windows)]
    #[arg(long, hide = true)]
    pub(crate) windows_service: bool,
}

/// The folder that systemd makes for the service's socket.
const RUNTIME_FOLDER: &str = "RUNTIME_DIRECTORY";

#[cfg(windows)]
pub(super) fn run(arguments: &RunServiceArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    if !arguments.windows_service {
        return serve(arguments, global);
    }
    windows::run(arguments, global).map_err(|source| CommandError::Runtime(source).into())
}

/// Serves until the operating system asks for an end.
#[cfg(not(windows))]
pub(super) fn run(arguments: &RunServiceArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    serve(arguments, global)
}

fn serve(arguments: &RunServiceArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let environment = global.environment();
    let options = ServiceOptions {
        socket: (!arguments.no_socket).then(|| socket(&environment)),
        profile: named(global, &environment)?,
        environment,
        clock: Clock::System,
    };
    let host = CommandHost::new(global);
    block_on_alone(async { service::run(options, &host).await.map_err(CommandError::Serve) })?;
    Ok(Answer::Text(String::new()).into())
}

/// The one profile that was named; None: all.
fn named(
    global: &GlobalArguments,
    environment: &ProcessEnvironment,
) -> Result<Option<bwdc_engine::paths::ProfileName>, CommandError> {
    if global.profile.is_none() && environment.variable("BWDC_PROFILE").is_none() {
        return Ok(None);
    }
    // It has to be there: a mistyped name would wait for ever.
    bwdc_engine::paths::Profile::from_environment(environment).map_err(bwdc_engine::SetupError::from)?;
    Ok(Some(environment.profile_name().map_err(bwdc_engine::SetupError::from)?))
}

/// The machine's service has a folder of its own, whose mode says who reaches it.
fn socket(environment: &ProcessEnvironment) -> ServiceSocket {
    let [own, machine] = places(environment);
    let given = environment.variable(RUNTIME_FOLDER).map(|it| PathBuf::from(it).join("bwdc.sock"));
    match given {
        Some(path) => ServiceSocket { for_group: path == machine, path },
        None => ServiceSocket { path: own, for_group: false },
    }
}

/// As a service of Windows.
#[cfg(windows)]
mod windows {
    use super::{Answer, Done, GlobalArguments, RunServiceArguments, serve};
    use bwdc_engine::service::run_as_service;
    use bwdc_engine::system_service::CHECKED;
    use std::io;
    use std::process::Command;

    /// Serves, or carries out the one check that an installation asks for. A failure is in the log, and in the exit code.
    pub(super) fn run(arguments: &RunServiceArguments, global: &GlobalArguments) -> io::Result<Done> {
        let (arguments, global) = (arguments.clone(), global.clone());
        run_as_service(move |asked| {
            if asked.iter().any(|it| it == "doctor") {
                return check(&global).map_or_else(|error| failed(&error), |()| 0);
            }
            match serve(&arguments, &global) {
                Ok(done) => done.code,
                Err(failed) => {
                    tracing::error!(kind = failed.error.kind(), "{}", failed.error.message());
                    failed.code
                }
            }
        })?;
        Ok(Answer::Text(String::new()).into())
    }

    fn failed(error: &io::Error) -> u8 {
        tracing::error!(%error, "the installation cannot be checked");
        1
    }

    /// Leaves what `doctor` says, as this account, in the folder: its exit code, then its words.
    fn check(global: &GlobalArguments) -> io::Result<()> {
        let folder = global.data_folder.as_ref().ok_or(io::ErrorKind::InvalidInput)?;
        let output =
            Command::new(std::env::current_exe()?).arg("--data-folder").arg(folder).arg("doctor").output()?;
        let code = output.status.code().unwrap_or(1);
        let said = String::from_utf8_lossy(&output.stdout);
        std::fs::write(folder.join(CHECKED), format!("{code}\n{said}"))
    }
}
