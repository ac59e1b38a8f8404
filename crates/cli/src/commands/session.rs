//! What commands have in common: the installation that they open, variables, exit codes, options of runs.

use crate::error::CommandError;
use crate::global::GlobalArguments;
use bwdc_engine::Engine;
use bwdc_engine::paths::ProcessEnvironment;
use clap::Args;

#[derive(Args)]
pub(crate) struct RunArguments {
    /// Exit with 0 when nothing changes, 2 when something does, 3 when the limits refuse it.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// The installation that the options name.
pub(super) fn open(global: &GlobalArguments) -> Result<Engine, CommandError> {
    Ok(Engine::open(global.environment())?)
}

/// A variable's text; None when it is unset or empty. One that is no text is refused: half of a secret is none.
pub(super) fn variable(name: &str) -> Result<Option<String>, CommandError> {
    let environment = ProcessEnvironment::current();
    let Some(value) = environment.variable(name) else { return Ok(None) };
    value.to_str().map(|text| Some(text.to_owned())).ok_or(CommandError::NotText { name: name.to_owned() })
}

/// Exit codes of `--detailed-exitcode`.
pub(super) mod detailed {
    pub(crate) const CHANGES: u8 = 2;
    pub(crate) const REFUSED: u8 = 3;
}
