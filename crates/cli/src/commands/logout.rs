//! `bwdc logout`

use super::session::open;
use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use bwdc_engine::SetupError;
use clap::Args;

/// Forget the API key and the token.
///
/// Settings, the organization's id and the id of this installation stay.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc logout
  bwdc logout --observer")]
pub(crate) struct LogoutArguments {
    /// Forget the personal key only, with which the organization is observed.
    #[arg(long)]
    pub(crate) observer: bool,
}

pub(super) fn run(arguments: &LogoutArguments, global: &GlobalArguments) -> Result<Done, Failed> {
    let mut engine = open(global)?;
    if arguments.observer {
        engine.forget_observer()?;
        return Ok(Answer::title("The observer is forgotten.").into());
    }
    if engine.client_id()?.is_none() {
        return Err(CommandError::from(SetupError::NotSignedIn).into());
    }
    engine.log_out()?;
    Ok(Answer::title("You have logged out.").into())
}
