//! One file a command. A command returns data and prints nothing.

mod approve;
mod clear_cache;
mod completions;
mod config;
mod data_file;
mod demo;
mod doctor;
mod explain;
mod history;
mod last_sync;
mod ledger;
mod login;
mod logout;
mod man;
mod notify;
mod plan;
mod profile;
mod remote;
mod repair;
mod run;
mod secrets;
mod service;
mod session;
mod status;
mod sync;
mod test;
mod ui;
mod update;

pub(crate) use status::CANNOT_TELL;

use crate::global::GlobalArguments;
use crate::output::{Done, Failed};
use clap::Subcommand;

/// A command, with what it takes.
#[derive(Subcommand)]
pub(crate) enum Command {
    Setup(ui::SetupArguments),
    Ui(ui::UiArguments),
    Login(login::LoginArguments),
    Logout(logout::LogoutArguments),
    Test(test::TestArguments),
    Explain(explain::ExplainArguments),
    Plan(plan::PlanArguments),
    Sync(sync::SyncArguments),
    Apply(sync::ApplyArguments),
    Approve(approve::ApproveArguments),
    Status(status::StatusArguments),
    Run(run::RunServiceArguments),
    Service(service::ServiceArguments),
    Notify(notify::NotifyArguments),
    History(history::HistoryArguments),
    Repair(repair::RepairArguments),
    Ledger(ledger::LedgerArguments),
    LastSync(last_sync::LastSyncArguments),
    Config(config::ConfigArguments),
    Secrets(secrets::SecretsArguments),
    Profile(profile::ProfileArguments),
    DataFile(data_file::DataFileArguments),
    ClearCache(clear_cache::ClearCacheArguments),
    Demo(demo::DemoArguments),
    Doctor(doctor::DoctorArguments),
    Completions(completions::CompletionsArguments),
    Man(man::ManArguments),
    Update(update::UpdateArguments),
}

impl Command {
    /// What the log calls the command.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Setup(_) => "setup",
            Self::Ui(_) => "ui",
            Self::Login(_) => "login",
            Self::Logout(_) => "logout",
            Self::Test(_) => "test",
            Self::Explain(_) => "explain",
            Self::Plan(_) => "plan",
            Self::Sync(_) => "sync",
            Self::Apply(_) => "apply",
            Self::Approve(_) => "approve",
            Self::Status(_) => "status",
            Self::Run(_) => "run",
            Self::Service(_) => "service",
            Self::Notify(_) => "notify",
            Self::History(_) => "history",
            Self::Repair(_) => "repair",
            Self::Ledger(_) => "ledger",
            Self::LastSync(_) => "last-sync",
            Self::Config(_) => "config",
            Self::Profile(_) => "profile",
            Self::Secrets(_) => "secrets",
            Self::DataFile(_) => "data-file",
            Self::ClearCache(_) => "clear-cache",
            Self::Demo(_) => "demo",
            Self::Doctor(_) => "doctor",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
            Self::Update(_) => "update",
        }
    }

    /// Whether variables that give settings matter to it, and it does not name the wrong ones itself.
    pub(crate) fn reads_settings(&self) -> bool {
        match self {
            Self::Completions(_) | Self::Man(_) | Self::Demo(_) | Self::Update(_) | Self::DataFile(_) => {
                false
            }
            Self::Config(arguments) => !arguments.validates(),
            _ => true,
        }
    }

    /// Whether what it does belongs into the installation's log.
    pub(crate) fn is_logged(&self) -> bool {
        matches!(
            self,
            Self::Setup(_)
                | Self::Ui(_)
                | Self::Login(_)
                | Self::Logout(_)
                | Self::Test(_)
                | Self::Explain(_)
                | Self::Plan(_)
                | Self::Sync(_)
                | Self::Apply(_)
                | Self::Approve(_)
                | Self::Run(_)
                | Self::Repair(_)
                | Self::Ledger(_)
                | Self::ClearCache(_)
        )
    }
}

/// Runs a command to its end. `whole`: all that can be typed, for commands that describe it.
pub(crate) fn run(command: Command, global: &GlobalArguments, whole: clap::Command) -> Result<Done, Failed> {
    match command {
        Command::Setup(_) => ui::setup(global),
        Command::Ui(arguments) => ui::ui(&arguments, global),
        Command::Login(arguments) => login::run(arguments, global),
        Command::Logout(arguments) => logout::run(&arguments, global),
        Command::Test(arguments) => test::run(&arguments, global),
        Command::Explain(arguments) => explain::run(&arguments, global),
        Command::Plan(arguments) => plan::run(&arguments, global),
        Command::Sync(arguments) => sync::run(&arguments, global),
        Command::Apply(arguments) => sync::apply(&arguments, global),
        Command::Approve(arguments) => approve::run(&arguments, global),
        Command::Status(_) => status::run(global),
        Command::Run(arguments) => run::run(&arguments, global),
        Command::Notify(arguments) => notify::run(&arguments, global),
        Command::Service(arguments) => service::run(&arguments, global),
        Command::History(arguments) => history::run(&arguments, global),
        Command::Repair(arguments) => repair::run(&arguments, global),
        Command::Ledger(arguments) => ledger::run(&arguments, global),
        Command::LastSync(arguments) => last_sync::run(&arguments, global),
        Command::Config(arguments) => config::run(arguments, global),
        Command::Secrets(arguments) => secrets::run(arguments.command, global),
        Command::Profile(arguments) => profile::run(arguments.command, global),
        Command::DataFile(_) => data_file::run(global),
        Command::ClearCache(_) => clear_cache::run(global),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments, global),
        Command::Completions(arguments) => completions::run(&arguments, whole, global),
        Command::Man(arguments) => man::run(&arguments, whole),
        Command::Update(_) => update::run(global),
    }
}
