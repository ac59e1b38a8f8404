//! `bwdc service`: the operating system's service that keeps `bwdc run` running

use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::prompt::Prompt;
use crate::runtime::block_on;
use bwdc_engine::clock::Clock;
use bwdc_engine::system_service::{
    self as system, Draft, SERVICE_NAME, Scope, Start, SystemServiceError, Verb, Wish,
};
use bwdc_messages::foreign::fit;
use bwdc_messages::system_service as words;
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;

/// Install and control the service that syncs on a schedule.
#[derive(Args)]
#[command(
    after_help = "\
Examples:
  bwdc service install --dry-run
  bwdc service status",
    disable_help_subcommand = true
)]
pub(crate) struct ServiceArguments {
    #[command(subcommand)]
    pub(crate) command: ServiceCommand,
}

#[derive(Subcommand)]
pub(crate) enum ServiceCommand {
    /// Install the service and start it.
    ///
    /// As root, it becomes the machine's service: it gets an account and a folder of its own, the profile is copied there,
    /// and its old folder is marked: nothing syncs from it any more. Otherwise it becomes this account's own service. What
    /// will be written is shown first, and a yes is asked for; elsewhere than at a terminal, `--yes` is required.
    #[command(after_help = "\
Examples:
  bwdc service install --dry-run
  bwdc service install --timer --yes
  bwdc service install --from '/home/ann/.config/Bitwarden Directory Connector'")]
    Install(InstallArguments),
    /// Stop the service and remove it; settings and ledger stay.
    #[command(after_help = "\
Examples:
  bwdc service uninstall")]
    Uninstall,
    /// Start the service.
    #[command(after_help = "\
Examples:
  bwdc service start")]
    Start,
    /// Stop the service: an import that is under way is waited for.
    #[command(after_help = "\
Examples:
  bwdc service stop")]
    Stop,
    /// Stop the service and start it again.
    #[command(after_help = "\
Examples:
  bwdc service restart")]
    Restart,
    /// Tell whether the service runs: the exit code is 0 when it does, else 1. `bwdc status` tells how profiles are.
    #[command(after_help = "\
Examples:
  bwdc service status")]
    Status,
    /// Print the latest lines of the service's log.
    #[command(after_help = "\
Examples:
  bwdc service logs --lines 200")]
    Logs(LogsArguments),
}

#[derive(Args)]
pub(crate) struct InstallArguments {
    /// Install for this account only, root included.
    #[arg(long)]
    pub(crate) user: bool,

    /// Start single runs by a timer, each as a process of its own, at `sync.interval`.
    #[arg(long)]
    pub(crate) timer: bool,

    /// The folder of the profile that the machine's service takes over; by default this account's own.
    #[arg(long, value_name = "FOLDER", conflicts_with = "user")]
    pub(crate) from: Option<PathBuf>,

    /// The account that a service of Windows runs as, without a password: a group managed service account, such as
    /// `EXAMPLE\bwdc$`, or a built-in one; by default one that Windows makes for the service.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) account: Option<String>,

    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,

    /// Let the service run the commands that another account wrote into the settings of the folder.
    #[arg(long)]
    pub(crate) keep_commands: bool,

    /// Print what would be written and as whom, and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args)]
pub(crate) struct LogsArguments {
    /// How many lines.
    #[arg(long, default_value_t = 50, value_name = "NUMBER")]
    pub(crate) lines: u32,
}

/// Minutes between single runs where no interval is set.
const INTERVAL: i64 = 60;

pub(super) fn run(arguments: &ServiceArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let environment = global.environment();
    match &arguments.command {
        ServiceCommand::Install(arguments) => install(arguments, global),
        ServiceCommand::Uninstall => {
            let scope = system::uninstall(&environment, Clock::System).map_err(CommandError::System)?;
            Ok(Answer::title(words::uninstalled(scope, &system::machine_folder(&environment))).into())
        }
        ServiceCommand::Start => control(Verb::Start, global),
        ServiceCommand::Stop => control(Verb::Stop, global),
        ServiceCommand::Restart => control(Verb::Restart, global),
        ServiceCommand::Status => {
            let running = system::is_running(&environment);
            let data = json!({ "object": "service", "installed": running.is_some(), "running": running == Some(true) });
            let done = Done::from(Answer::Report { data, text: words::state(running) });
            Ok(Done { code: u8::from(running != Some(true)), ..done })
        }
        ServiceCommand::Logs(arguments) => {
            let lines = system::logs(&environment, arguments.lines).map_err(CommandError::System)?;
            Ok(Answer::Text(lines).into())
        }
    }
}

fn control(verb: Verb, global: &GlobalArguments) -> Result<Done, Failed> {
    system::control(&global.environment(), verb).map_err(CommandError::System)?;
    Ok(Answer::title(words::done(verb)).into())
}

fn install(arguments: &InstallArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let draft = draft(arguments, global)?;
    let shown = words::draft(&draft);
    let data = json!({
        "object": "service",
        "account": draft.account,
        "program": draft.layout.program,
        "folder": draft.layout.folder,
        "profile": draft.copied_profile,
        "sealedKey": draft.sealed_key,
        "commands": draft.commands.iter().map(|it| {
            json!({ "setting": it.setting, "profile": it.place, "command": it.command, "ofAnother": it.of_another })
        }).collect::<Vec<_>>(),
        "registration": draft.registration.as_ref().map(|it| {
            json!({ "name": SERVICE_NAME, "program": draft.layout.program, "arguments": it.arguments, "account": it.account })
        }),
        "files": draft.files.iter().map(|it| json!({ "path": it.path, "text": it.text })).collect::<Vec<_>>(),
    });
    if arguments.dry_run {
        // Files are shown as they would be written.
        return Ok(Answer::Data { data, text: shown }.into());
    }
    agree(arguments, &draft, &shown, global)?;
    let installed =
        system::install(&global.environment(), &draft, Clock::System).map_err(CommandError::System)?;
    let well = installed.check.as_ref().is_none_or(|(well, _)| *well);
    let text = words::installed(&draft, &installed, &global.commands());
    let done = Done::from(Answer::Report { data, text });
    Ok(Done { code: u8::from(!well), ..done })
}

/// Shows what will be written, and asks for a yes; for another one where somebody else chose what is run.
fn agree(
    arguments: &InstallArguments,
    draft: &Draft,
    shown: &str,
    global: &GlobalArguments,
) -> Result<(), CommandError> {
    let prompt = Prompt { visible: true };
    let foreign = draft.foreign_commands();
    if !arguments.yes {
        prompt.show_colored(&fit(shown))?;
    }
    let asks = |question: &str| -> Result<bool, CommandError> {
        Ok(!global.nointeraction && block_on(prompt.yes(question))?)
    };
    if !foreign.is_empty()
        && !arguments.keep_commands
        && (arguments.yes || !asks(&words::may_run_commands(&draft.account))?)
    {
        let commands = foreign.into_iter().cloned().collect();
        return Err(CommandError::System(SystemServiceError::ForeignCommands { commands }));
    }
    if arguments.yes || asks(&words::may_be_installed())? {
        Ok(())
    } else {
        Err(CommandError::InstallDeclined)
    }
}

fn draft(arguments: &InstallArguments, global: &GlobalArguments) -> Result<Draft, CommandError> {
    let environment = global.environment();
    let program = std::env::current_exe().map_err(CommandError::Runtime)?;
    let scope = if arguments.user { Scope::Account } else { system::usual_scope(&environment) };
    let start = if arguments.timer { Start::Timer { minutes: interval(global) } } else { Start::Stays };
    let wish = Wish {
        program: &program,
        scope,
        start,
        from: arguments.from.as_deref(),
        account: arguments.account.as_deref(),
    };
    system::draft(&environment, wish, Clock::System).map_err(CommandError::System)
}

/// The interval of the profile that is in use.
fn interval(global: &GlobalArguments) -> i64 {
    let settings = super::session::open(global).ok().and_then(|it| it.settings().ok()).unwrap_or_default();
    let set = settings.iter().find(|it| it.setting.name == "sync.interval");
    set.and_then(|it| it.value.as_i64()).unwrap_or(INTERVAL).max(5)
}
