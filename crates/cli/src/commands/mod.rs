//! One file a command. A command returns data and prints nothing.

mod approve;
mod clear_cache;
mod completions;
mod config;
mod data_file;
pub(crate) mod demo;
mod doctor;
mod explain;
mod history;
mod last_sync;
mod ledger;
pub(crate) mod login;
mod logout;
pub(crate) mod man;
mod plan;
mod profile;
mod secrets;
mod sync;
mod test;
mod update;

use crate::args::{Command, GlobalArguments};
use crate::error::CommandError;
use crate::output::{Done, Failed};
use bwdc_engine::Engine;
use bwdc_engine::paths::ProcessEnvironment;

/// Runs a command to its end.
pub(crate) fn run(command: Command, global: &GlobalArguments) -> Result<Done, Failed> {
    match command {
        Command::Login(arguments) => login::run(arguments, global),
        Command::Logout(arguments) => logout::run(&arguments, global),
        Command::Test(arguments) => test::run(&arguments, global),
        Command::Explain(arguments) => explain::run(&arguments, global),
        Command::Plan(arguments) => plan::run(&arguments, global),
        Command::Sync(arguments) => sync::run(&arguments, global),
        Command::Apply(arguments) => sync::apply(&arguments, global),
        Command::Approve(arguments) => approve::run(&arguments, global),
        Command::History(arguments) => history::run(&arguments, global),
        Command::Ledger(arguments) => ledger::run(&arguments, global),
        Command::LastSync(arguments) => last_sync::run(&arguments, global),
        Command::Config(arguments) => config::run(arguments, global),
        Command::Secrets(arguments) => secrets::run(arguments.command, global),
        Command::Profile(arguments) => profile::run(arguments.command, global),
        Command::DataFile => data_file::run(global),
        Command::ClearCache => clear_cache::run(global),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments, global),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
        Command::Update => update::run(global),
    }
}

fn open(global: &GlobalArguments) -> Result<Engine, CommandError> {
    Ok(Engine::open(global.environment())?)
}

/// A variable's text; None when it is unset or empty. One that is no text is refused: half of a secret is none.
fn variable(name: &str) -> Result<Option<String>, CommandError> {
    let environment = ProcessEnvironment::current();
    let Some(value) = environment.variable(name) else { return Ok(None) };
    value.to_str().map(|text| Some(text.to_owned())).ok_or(CommandError::NotText { name: name.to_owned() })
}

/// Exit codes of `--detailed-exitcode`.
mod detailed {
    pub(super) const CHANGES: u8 = 2;
    pub(super) const REFUSED: u8 = 3;
}
