//! `bwdc notify`

use super::session::open;
use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::runtime::block_on;
use bwdc_engine::{Occasion, SetupError};
use bwdc_messages::notification;
use clap::{Args, Subcommand};

/// Try the notifications of failures and refusals.
#[derive(Args)]
#[command(
    after_help = "\
Examples:
  bwdc notify test",
    disable_help_subcommand = true
)]
pub(crate) struct NotifyArguments {
    #[command(subcommand)]
    pub(crate) command: NotifyCommand,
}

#[derive(Subcommand)]
pub(crate) enum NotifyCommand {
    /// Send a test by every way that is set up: mail, webhook, command.
    #[command(after_help = "\
Examples:
  bwdc notify test")]
    Test,
}

pub(super) fn run(arguments: &NotifyArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let NotifyCommand::Test = arguments.command;
    let profile = global.environment().profile_name().map_err(SetupError::from)?;
    let engine = open(global)?;
    let message = notification::message(&Occasion::Test { profile: &profile });
    let results = block_on(async { engine.notify(message, &[]).await.map_err(CommandError::from) })?;
    let failed = results.is_empty() || results.iter().any(|(_, result)| result.is_err());
    let (data, text) = (notification::data(&results), notification::delivered(&results));
    Ok(Done { code: u8::from(failed), ..Done::from(Answer::Report { data, text }) })
}
