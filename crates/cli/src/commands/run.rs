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
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc run
  bwdc --profile berlin run")]
pub(crate) struct RunServiceArguments {
    /// Offer no socket to other commands.
    #[arg(long)]
    pub(crate) no_socket: bool,
}

/// The folder that systemd makes for the service's socket.
const RUNTIME_FOLDER: &str = "RUNTIME_DIRECTORY";

pub(super) fn run(arguments: &RunServiceArguments, global: &GlobalArguments) -> Result<Done, Failed> {
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
