//! `bwdc logout`

use super::session::open;
use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use bwdc_engine::SetupError;
use bwdc_messages::account as words;
use clap::Args;

/// Sign out: delete the stored API key and token.
///
/// Settings, the organization's id and the id of this installation are kept.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc logout
  bwdc logout --observer")]
pub(crate) struct LogoutArguments {
    /// Delete only the personal API key that observes the organization.
    #[arg(long)]
    pub(crate) observer: bool,
}

pub(super) fn run(arguments: &LogoutArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open(global)?;
    if arguments.observer {
        engine.forget_observer()?;
        return Ok(Answer::title(words::observer_deleted()).into());
    }
    if engine.client_id()?.is_none() {
        return Err(CommandError::from(SetupError::NotSignedIn).into());
    }
    engine.log_out()?;
    Ok(Answer::title(words::logged_out()).into())
}
